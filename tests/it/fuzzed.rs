//! The bodies of the fuzz targets, without a fuzzer: on random bytes, and on texts that are trouble.

#[path = "../../fuzz/bodies.rs"]
mod bodies;

use std::path::Path;

/// Numbers that are the same every time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }
}

const LETTERS: &str = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюяҒӘЖЦЩIİıişçğñöüûūəäxqwýžňʻʼ’'`´\u{301}\u{307}\u{308} ،؛ءٴاەۇۋىيشقكگڭ٠۴0a-_.,:@/\u{200d}\u{202e}\u{feff}\0\u{fffd}ßΣς日🇰🇿";

fn troubles() -> Vec<Vec<u8>> {
    let long = |text: &str| text.repeat(65_536 / text.len()).into_bytes();
    let mut all: Vec<Vec<u8>> = vec![
        vec![],
        b"\0".to_vec(),
        b"\xff\xfe\xed\xa0\x80".to_vec(),
        "\u{301}".into(),
        "\u{307}\u{307}I\u{307}".into(),
        "\u{202e}\u{2066}abc\u{2069}".into(),
        "ʼ'’ʻ".into(),
        "oʻʻ'g’’".into(),
        "kk-Latn-x-".into(),
        "*;q=0.1,,;;q=,kk;q=9".into(),
        "ǅ ﬁ ẞ ŉ".into(),
    ];
    // Words in which every letter is guessed.
    all.extend(["h", "ا"].map(|letter| letter.repeat(20_000).into_bytes()));
    all.extend(["h ", "ا "].map(|word| word.repeat(20_000).into_bytes()));
    for text in ["a", "ж", "ا", "ә", "'", "ʻ", "ʼ", "\u{301}", "\0", "-", ",", "lar", "www.", "@", "ء", "İ", "日", "s", "n", "k", "е"] {
        all.push(long(text));
    }
    all
}

#[test]
fn no_text_is_too_strange() {
    let letters: Vec<char> = LETTERS.chars().collect();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut inputs = vec![];
    for trouble in troubles() {
        // The first byte chooses a language for some.
        let languages = if trouble.len() > 1_000 { vec![u8::try_from(numbers.below(29)).unwrap()] } else { (0..29).collect() };
        inputs.extend(languages.into_iter().map(|first| [vec![first], trouble.clone()].concat()));
    }
    for _ in 0..1_500 {
        let length = numbers.below(40);
        inputs.push((0..length).map(|_| u8::try_from(numbers.below(256)).unwrap()).collect());
        let text: String = (0..length).map(|_| letters[numbers.below(letters.len())]).collect();
        inputs.push([vec![u8::try_from(numbers.below(256)).unwrap()], text.into_bytes()].concat());
    }
    for (_, body) in bodies::TARGETS {
        for input in &inputs {
            body(input);
        }
    }
}

#[test]
fn every_body_is_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in bodies::TARGETS {
        let target = std::fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(target.contains(&format!("bodies::{name}(bytes)")) && manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    assert_eq!(std::fs::read_dir(folder.join("fuzz_targets")).unwrap().count(), bodies::TARGETS.len());
}
