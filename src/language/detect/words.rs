//! The words of a text as detection sees them: in small letters, each in one script.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::super::Script;

/// The longest n-gram that counts.
pub const LONGEST: usize = 4;

/// How many bits of an n-gram's key are kept.
pub const KEY_BITS: u32 = 24;

/// Stands before and after a word in its n-grams.
const EDGE: char = ' ';

/// Hands every word of a text to `each`, with the script of most of its letters.
///
/// Letters are small, composed (NFKC) and without stray marks, tatweel, joiners and bidi controls. The dots of capital I are not trusted:
/// `I` and `İ` are both `i`. The apostrophes that people type are one, `'`, within a word and after the o and g of Uzbek. Addresses,
/// handles, digits and signs are no words; nor are letters of other scripts than ours.
pub fn words(text: &str, mut each: impl FnMut(Script, &[char])) {
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let mut word = Word::default();
    for token in text.split_whitespace().filter(|token| !is_address(token)) {
        let straight = token.chars().map(|letter| if is_apostrophe(letter) { '\'' } else { letter });
        for letter in normalizer.normalize_iter(straight).flat_map(char::to_lowercase) {
            match letter {
                // The high hamza of Kazakh is mostly typed as the other one.
                '\u{674}' => word.push('\u{621}'),
                _ if is_dropped(letter) => {}
                '\'' if !word.letters.is_empty() && !word.apostrophe => word.apostrophe = true,
                _ if letter.is_alphabetic() => word.push(letter),
                _ => word.end(&mut each),
            }
        }
        word.end(&mut each);
    }
}

/// Hands the length and the key of every n-gram of a word to `each`: of one letter up to [`LONGEST`], with the word's edges.
///
/// A key is 24 bits of FNV-1a over the code points: two n-grams share one so seldom that it does not show.
pub fn grams(word: &[char], mut each: impl FnMut(usize, u32)) {
    let padded = |index: usize| match index.checked_sub(1) {
        Some(index) if index < word.len() => word.get(index).copied(),
        Some(index) if index > word.len() => None,
        _ => Some(EDGE),
    };
    for start in 0..=word.len() {
        let mut hash = 0x811c_9dc5_u32;
        for (length, letter) in (1..=LONGEST).zip((start..).map_while(padded)) {
            hash = (hash ^ u32::from(letter)).wrapping_mul(0x0100_0193);
            hash ^= hash >> 15;
            if length > 1 || letter != EDGE {
                each(length, hash >> (u32::BITS - KEY_BITS));
            }
        }
    }
}

#[derive(Default)]
struct Word {
    letters: Vec<char>,
    /// Letters by script, in the order of [`Script::ALL`].
    scripts: [usize; 3],
    /// One was seen, and is kept if a letter follows.
    apostrophe: bool,
}

impl Word {
    fn push(&mut self, letter: char) {
        if std::mem::take(&mut self.apostrophe) {
            self.letters.push('\'');
        }
        self.letters.push(letter);
        let script = script_of(letter);
        for (count, known) in self.scripts.iter_mut().zip(Script::ALL) {
            *count += usize::from(script == Some(known));
        }
    }

    fn end(&mut self, each: &mut impl FnMut(Script, &[char])) {
        if self.apostrophe && matches!(self.letters.last(), Some('o' | 'g')) {
            self.letters.push('\'');
        }
        let (count, script) = self.scripts.into_iter().zip(Script::ALL).rev().max_by_key(|(count, _)| *count).unwrap_or((0, Script::Latn));
        if count > 0 {
            each(script, &self.letters);
        }
        self.letters.clear();
        self.scripts = [0; 3];
        self.apostrophe = false;
    }
}

/// What is copied and not written: `https://…`, `www.…`, `name@host`, `@handle`.
fn is_address(token: &str) -> bool {
    token.contains("://") || token.contains('@') || token.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."))
}

const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '`' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | '‘' | '’' | '‛' | '′' | '＇')
}

/// Marks that nothing was composed with, Arabic vowel signs, tatweel, soft hyphen, joiners and bidi controls: they part no word.
const fn is_dropped(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{652}' | '\u{670}' | '\u{640}' | '\u{ad}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The script of a small letter, where it is one of ours.
const fn script_of(letter: char) -> Option<Script> {
    match letter {
        'a'..='z' | '\u{aa}'..='\u{2af}' | '\u{1e00}'..='\u{1eff}' => Some(Script::Latn),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}' => Some(Script::Cyrl),
        '\u{600}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => Some(Script::Arab),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        let mut found = Vec::new();
        words(text, |script, word| found.push(format!("{}:{}", &script.as_str()[..1], word.iter().collect::<String>())));
        found.join(" ")
    }

    #[test]
    fn words_are_small_letters_without_what_is_around_them() {
        for (text, expected) in [
            ("İSTANBUL Irak, 2026-жылы!", "L:istanbul L:irak C:жылы"),
            ("Oʻzbekiston O'zbekiston O’zbekiston O`zbekiston O´zbekiston", "L:o'zbekiston L:o'zbekiston L:o'zbekiston L:o'zbekiston L:o'zbekiston"),
            ("‘yo‘l’ togʻ 'go' x''y", "L:yo'l L:tog' L:go' L:x L:y"),
            ("и\u{306}од\u{301} ке\u{ad}л", "C:йод C:кел"),
            ("www.trend.az https://uza.uz/uz a@b.kz @nodir Ок", "C:ок"),
            ("قازاق\u{640}ستان، ءتىل", "A:قازاقستان A:ءتىل"),
            ("халқaро 漢字 αβγ", "C:халқaро"),
            ("12 — …", ""),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn grams_have_the_edges_of_the_word() {
        let count = |word: &str| {
            let mut keys = Vec::new();
            grams(&word.chars().collect::<Vec<_>>(), |_, key| keys.push(key));
            assert!(keys.iter().all(|key| *key < 1 << KEY_BITS));
            keys.sort_unstable();
            keys.dedup();
            keys.len()
        };
        // `a`, ` a`, `a `, ` a `
        assert_eq!(count("a"), 4);
        // 2 of one, 3 of two, 2 of three, 1 of four.
        assert_eq!(count("ab"), 8);
        assert_eq!(count(""), 1);
    }
}
