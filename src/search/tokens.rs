//! Words of a text (UAX 29), and how they are written in the index.

use crate::language::{Tag, fold, language_stem, lowercase, stem};
use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use unicode_segmentation::UnicodeSegmentation;

/// Letters of a word that count.
const LONGEST: usize = 40;

/// A word where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// The first letters of it, where it is very long.
    pub word: &'t str,
    /// Where it begins, in code points.
    pub index: usize,
    /// Its length, in code points.
    pub length: usize,
}

/// Apostrophes that are no part of words for Unicode, but for those who type them.
const STRANGE_APOSTROPHES: [char; 6] = ['`', '´', '′', 'ʹ', '＇', 'ˊ'];

/// The text with apostrophes that keep words together. Code points stay where they are.
pub fn prepare(text: &str) -> Cow<'_, str> {
    if text.contains(STRANGE_APOSTROPHES) { Cow::Owned(text.replace(STRANGE_APOSTROPHES, "’")) } else { Cow::Borrowed(text) }
}

/// The words of a [prepared](prepare) text.
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let (mut byte, mut index) = (0, 0);
    text.unicode_word_indices().map(move |(at, word)| {
        index += text.get(byte..at).map_or(0, |between| between.chars().count());
        byte = at;
        let length = word.chars().count();
        let end = if length > LONGEST { word.char_indices().nth(LONGEST).map_or(word.len(), |(end, _)| end) } else { word.len() };
        Token { word: word.get(..end).unwrap_or(word), index, length }
    })
}

/// A word in lower case, as it stands: composed, with one apostrophe for all, and without what cannot be seen.
pub fn exact(word: &str, language: &Tag) -> String {
    let lower = lowercase(word, language);
    ComposingNormalizerBorrowed::new_nfc().normalize(&lower).chars().filter_map(written).collect()
}

fn written(c: char) -> Option<char> {
    match c {
        '\'' | '’' | '‘' | 'ʻ' | 'ʼ' | 'ʽ' | 'ˈ' => Some('ʼ'),
        // Format characters, which words may contain (UAX 29, WB4).
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => None,
        // The engines would split words there.
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some('·'),
        // What has an ASCII capital still, an engine would lower.
        c => Some(c.to_ascii_lowercase()),
    }
}

/// A word as it stands, in eight hexadecimal digits: another word has the same ones once in four thousand million. The words themselves would
/// take more room than all the rest.
pub fn spelling(exact: &str) -> String {
    // FNV-1a, of which the high bits are folded into those that are kept.
    let hash = exact.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{:08x}", (hash ^ (hash >> 32)) & 0xffff_ffff)
}

/// How a word of a text is read.
#[derive(Debug, Default)]
pub struct Reading {
    /// See [`fold`]; what has no key is its own.
    pub keys: Vec<String>,
    /// The stem of each key.
    pub stems: Vec<String>,
    /// See [`language_stem`].
    pub language_stem: Option<String>,
    /// See [`exact`].
    pub exact: String,
    /// See [`spelling`].
    pub spelling: String,
}

/// The keys of a word, which are none of themselves.
pub fn or_itself(keys: Vec<String>, exact: &str) -> Vec<String> {
    if keys.is_empty() && !exact.is_empty() { vec![exact.to_owned()] } else { keys }
}

/// Words of a language whose readings a thread remembers: texts are made of the same ones.
const REMEMBERED: usize = 5_000;

thread_local! {
    static READINGS: RefCell<HashMap<&'static str, HashMap<String, Rc<Reading>>>> = RefCell::default();
}

/// The reading of a word of a text.
pub fn reading(word: &str, language: &Tag) -> Rc<Reading> {
    READINGS.with_borrow_mut(|all| {
        let known = all.entry(language.as_str()).or_default();
        if let Some(reading) = known.get(word) {
            return Rc::clone(reading);
        }
        let exact = exact(word, language);
        let keys = or_itself(fold(word, language), &exact);
        let stems = keys.iter().map(|key| stem(key).to_owned()).collect();
        let reading = Rc::new(Reading { stems, keys, language_stem: language_stem(&exact, language), spelling: spelling(&exact), exact });
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(word.to_owned(), Rc::clone(&reading));
        reading
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tag(text: &str) -> Tag {
        Tag::parse(text).unwrap()
    }

    fn words(text: &str) -> Vec<(String, usize, usize)> {
        tokens(&prepare(text)).map(|token| (token.word.to_owned(), token.index, token.length)).collect()
    }

    #[test]
    fn words_stand_where_they_are() {
        let found = words("«Қазақстан», O`zbekiston 2026 — нур-султан");
        let expected = [("Қазақстан", 1, 9), ("O’zbekiston", 13, 11), ("2026", 25, 4), ("нур", 32, 3), ("султан", 36, 6)];
        assert_eq!(found, expected.map(|(word, index, length)| (word.to_owned(), index, length)));
        let long = words(&"ә".repeat(100));
        assert_eq!((long[0].0.chars().count(), long[0].2), (40, 100));
    }

    #[test]
    fn words_are_written_in_one_way() {
        for (language, word, written) in [
            ("uz", "OʻZBEKISTON", "oʼzbekiston"),
            ("uz", "O'zbekiston", "oʼzbekiston"),
            ("tr", "ISPARTA", "ısparta"),
            ("en", "e\u{301}t\u{200d}e\u{301}", "été"),
            ("en", "turkic.world", "turkic·world"),
        ] {
            assert_eq!(exact(word, &tag(language)), written);
        }
    }

    proptest! {
        #[test]
        fn tokens_are_parts_of_any_text(text in any::<String>()) {
            let prepared = prepare(&text);
            let letters: Vec<char> = prepared.chars().collect();
            for token in tokens(&prepared) {
                let there: String = letters[token.index..token.index + token.length].iter().collect();
                prop_assert!(there.starts_with(token.word));
                let written = exact(token.word, &tag("tr"));
                prop_assert!(written.chars().all(|c| !c.is_ascii() || c.is_ascii_lowercase() || c.is_ascii_digit()), "{written:?}");
            }
        }
    }
}
