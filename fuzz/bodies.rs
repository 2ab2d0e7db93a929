//! What the fuzz targets do with some bytes. A test of the main crate runs the same with bytes of its own, so that they cannot rot.
//!
//! Bytes that are no UTF-8 are read with replacement characters, as the front door refuses them.

use newsroom::language::guard::Guard;
use newsroom::language::{
    CONVERSIONS, Folder, Sorter, Tag, common_turkic, detect, fold, lowercase, negotiate, query_keys, slug, sort_key, stem, titlecase_first, uppercase,
};

pub type Body = fn(&[u8]);

/// Every target: its name, and what it does. A target is a file of this name in `fuzz_targets/`.
pub const TARGETS: [(&str, Body); 11] = [
    ("tags", tags),
    ("accept_language", accept_language),
    ("folding", folding),
    ("conversions", conversions),
    ("casing", casing),
    ("slugs", slugs),
    ("common_letters", common_letters),
    ("sorting", sorting),
    ("stems", stems),
    ("detection", detection),
    ("guarding", guarding),
];

const LANGUAGES: [&str; 29] = [
    "az", "az-Cyrl", "az-Arab", "tr", "kk", "kk-Latn", "kk-Arab", "ky", "ky-Latn", "ky-Arab", "uz", "uz-Cyrl", "uz-Arab", "tk", "tk-Cyrl", "tk-Arab", "ru",
    "en", "tt", "tt-Latn", "ba", "kaa", "kaa-Latn", "ug", "ug-Cyrl", "ug-Latn", "crh", "crh-Latn", "gag",
];

fn every_language() -> impl Iterator<Item = Tag> {
    LANGUAGES.iter().filter_map(|tag| Tag::parse(tag).ok())
}

/// The first byte chooses the language, so that one input is one piece of work.
fn language_and_text(bytes: &[u8]) -> (Tag, String) {
    let (first, rest) = bytes.split_first().map_or((0, bytes), |(first, rest)| (*first, rest));
    let languages: Vec<Tag> = every_language().collect();
    (languages[usize::from(first) % languages.len()].clone(), String::from_utf8_lossy(rest).into_owned())
}

/// A tag that is read is canonical, and is read again as itself.
pub fn tags(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Tag::parse(&text) {
        Ok(tag) => assert_eq!(Tag::parse(tag.as_str()).as_ref(), Ok(&tag)),
        Err(error) => assert!(error.to_string().len() < 1_000, "{error}"),
    }
}

/// Whatever is asked for, the answer is one of what there is.
pub fn accept_language(bytes: &[u8]) {
    let available: Vec<Tag> = every_language().collect();
    let found = negotiate(&String::from_utf8_lossy(bytes), &available);
    assert!(found.is_none_or(|tag| available.contains(&tag)));
}

/// Keys are of small ASCII letters and digits, two at most, and the same whoever makes them.
pub fn folding(bytes: &[u8]) {
    let (language, text) = language_and_text(bytes);
    let keys = fold(&text, &language);
    assert!(keys.len() <= 2);
    let mut folder = Folder::default();
    let _ = folder.fold("Қазақстан", &language).count();
    assert!(folder.fold(&text, &language).eq(keys.iter().map(String::as_str)));
    for key in keys.iter().chain(&query_keys(&text)) {
        assert!(!key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{key:?}");
    }
}

/// Warnings are about places in the text, and bounded.
pub fn conversions(bytes: &[u8]) {
    let (first, rest) = bytes.split_first().map_or((0, bytes), |(first, rest)| (*first, rest));
    let text = String::from_utf8_lossy(rest);
    let way = &CONVERSIONS[usize::from(first) % CONVERSIONS.len()];
    let made = way.apply(&text, |word| (word == "a").then(|| "b".to_owned()));
    let length = text.chars().count();
    assert!(made.warnings.iter().all(|warning| warning.index + warning.length <= length));
    assert!(made.warnings.len() < 2_200 && made.words.len() <= made.warnings.len());
}

/// Small letters stay small.
pub fn casing(bytes: &[u8]) {
    let (language, text) = language_and_text(bytes);
    let small = lowercase(&text, &language);
    assert_eq!(lowercase(&small, &language), small);
    let _ = uppercase(&text, &language);
    let _ = titlecase_first(&text, &language);
}

/// A slug is of small ASCII letters, digits and single hyphens between them.
pub fn slugs(bytes: &[u8]) {
    let (language, text) = language_and_text(bytes);
    let made = slug(&text, &language);
    assert!(made.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{made:?}");
    assert!(!made.starts_with('-') && !made.ends_with('-') && !made.contains("--"), "{made:?}");
}

/// What is in common letters stays so.
pub fn common_letters(bytes: &[u8]) {
    let (language, text) = language_and_text(bytes);
    if let Some(made) = common_turkic(&text, &language) {
        let again = Tag::parse("az").ok().and_then(|az| common_turkic(&made, &az));
        assert_eq!(again.as_ref(), Some(&made));
    }
}

/// Two texts have one key only if they are the same.
pub fn sorting(bytes: &[u8]) {
    let (language, text) = language_and_text(bytes);
    let (one, other) = text.split_once('\n').unwrap_or((&text, ""));
    let sorter = Sorter::new(&language);
    assert_eq!(sorter.key(one) == sorter.key(other), one == other);
    assert_eq!(sorter.key(one), sort_key(one, &language));
}

/// A stem is the beginning of its key, and its own beginning.
pub fn stems(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let cut = stem(&text);
    assert!(text.starts_with(cut));
}

/// Guesses are few, the best comes first, and together they are sure.
pub fn detection(bytes: &[u8]) {
    let guesses = detect(&String::from_utf8_lossy(bytes));
    assert!(guesses.len() <= 5 && guesses.is_sorted_by(|a, b| a.confidence >= b.confidence));
    let sum: f32 = guesses.iter().map(|guess| guess.confidence).sum();
    assert!(guesses.is_empty() || (sum - 1.0).abs() < 0.01);
}

/// Findings are about places in the text.
pub fn guarding(bytes: &[u8]) {
    let (language, text) = language_and_text(bytes);
    let found = Guard::new(&language, detect, [text.as_str()]).letters(&text);
    let length = text.chars().count();
    assert!(found.found.iter().all(|finding| finding.index + finding.length <= length));
}
