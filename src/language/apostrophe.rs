//! The two apostrophes of Uzbek in Latin letters, of which most text has others.

use super::search::is_apostrophe;
use super::{Script, Tag};
use std::borrow::Cow;

/// Turns the comma: it is a part of the letters `oʻ` and `gʻ`.
const TURNED: char = '\u{2bb}';
/// The sign of the glottal stop, and between `s` and `h` that are two letters.
const MODIFIER: char = '\u{2bc}';

/// Whether texts of this tag have these apostrophes.
#[must_use]
pub fn has_apostrophes(tag: &Tag) -> bool {
    tag.language() == "uz" && tag.script() == Script::Latn
}

/// `text` with the right apostrophes in its words: U+02BB after `o` and `g`, U+02BC between other letters. Every character stays in its
/// place, so that offsets into the text do not change. Addresses and handles are left alone, and so are quotation marks, and names such as
/// `O'Brien`. What is not Uzbek in Latin letters stays as it is.
///
/// Source: the Uzbek law of 1995; Unicode, chapter 6.2, for the characters.
#[must_use]
pub fn normalise_apostrophes<'t>(text: &'t str, tag: &Tag) -> Cow<'t, str> {
    if !has_apostrophes(tag) || !text.chars().any(is_typed) {
        return Cow::Borrowed(text);
    }
    let mut letters: Vec<char> = text.chars().collect();
    let mut start = 0;
    while start < letters.len() {
        let length = letters.iter().skip(start).take_while(|c| !c.is_whitespace()).count();
        if let Some(token) = letters.get_mut(start..start + length).filter(|token| !is_address(token)) {
            token_of(token);
        }
        start += length + 1;
    }
    Cow::Owned(letters.into_iter().collect())
}

/// What people type for an apostrophe. The combining acute is none: it makes another letter of the one before it.
fn is_typed(c: char) -> bool {
    (is_apostrophe(c) && c != '\u{301}' && c != 'ʺ') || c == '\u{201b}'
}

/// Unicode counts the right apostrophes among the letters.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_typed(c)
}

/// Addresses, mail addresses and handles, as [`super::convert`] knows them.
pub(super) fn is_address(token: &[char]) -> bool {
    let core = token.iter().position(|c| c.is_alphanumeric() || *c == '@').and_then(|at| token.get(at..)).unwrap_or_default();
    core.contains(&'@') || core.starts_with(&['w', 'w', 'w', '.']) || core.windows(3).any(|three| three == [':', '/', '/'])
}

/// A run without spaces.
fn token_of(token: &mut [char]) {
    // A quotation mark before a word waits for the one after it.
    let mut is_quoted = false;
    for at in 0..token.len() {
        let before = at.checked_sub(1).and_then(|before| token.get(before)).copied();
        let (Some(&c), next) = (token.get(at), token.get(at + 1).copied()) else { continue };
        if !is_typed(c) {
            continue;
        }
        let right = match (before.filter(|before| is_letter(*before)), next.filter(|next| is_letter(*next))) {
            (None, Some(_)) => {
                is_quoted = true;
                None
            }
            (Some(before), Some(next)) if is_foreign(token, at, before, next) => None,
            (Some('o' | 'O' | 'g' | 'G'), Some(_)) => Some(TURNED),
            (Some(_), Some(_)) => Some(MODIFIER),
            // The letter at the end of a word, unless it closes a quotation.
            (Some('o' | 'O' | 'g' | 'G'), None) if !is_quoted || matches!(c, 'ʻ' | 'ʼ' | '‘') => Some(TURNED),
            _ => None,
        };
        if let (Some(right), Some(place)) = (right, token.get_mut(at)) {
            *place = right;
        }
    }
}

/// `O'Brien`, `D'Artagnan`: one capital, an apostrophe, and a capital in a word that has small letters.
fn is_foreign(token: &[char], at: usize, before: char, next: char) -> bool {
    let begins = at < 2 || token.get(at - 2).is_none_or(|c| !is_letter(*c));
    begins && before.is_uppercase() && next.is_uppercase() && token.get(at + 2).is_some_and(|c| c.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uzbek(text: &str) -> String {
        normalise_apostrophes(text, &Tag::parse("uz").unwrap()).into_owned()
    }

    #[test]
    fn each_has_its_place() {
        for (typed, right) in [
            ("O'zbekiston, tog', bog‘i, G`alaba", "Oʻzbekiston, togʻ, bogʻi, Gʻalaba"),
            ("ma'no sanʻat e’lon Is'hoq san´at", "maʼno sanʼat eʼlon Isʼhoq sanʼat"),
            ("O'ZBEKISTON MA'MURIYATI", "OʻZBEKISTON MAʼMURIYATI"),
            ("'bog' va ‘tog’ hamda 'qalam'", "'bog' va ‘tog’ hamda 'qalam'"),
            ("‘tog‘’ O'Brien D'Artagnan", "‘togʻ’ O'Brien D'Artagnan"),
            ("https://o'z.uz/a'b @o'zim o'zim@mail.uz o'zim", "https://o'z.uz/a'b @o'zim o'zim@mail.uz oʻzim"),
            ("oʻzbek maʼno", "oʻzbek maʼno"),
            ("' o' 5'", "' oʻ 5'"),
        ] {
            assert_eq!(uzbek(typed), right);
        }
        for other in ["tr", "uz-Cyrl", "en"] {
            assert_eq!(normalise_apostrophes("o'zbek", &Tag::parse(other).unwrap()), "o'zbek");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_once_is_enough(text in "([og'’‘ʻʼ`a-z OGB@:/.]|\\PC){0,60}") {
            let once = uzbek(&text);
            prop_assert_eq!(uzbek(&once), once.clone());
            prop_assert_eq!(once.chars().count(), text.chars().count());
            prop_assert!(once.chars().zip(text.chars()).all(|(a, b)| a == b || (is_typed(a) && is_typed(b))));
        }

        #[test]
        fn no_text_is_too_strange(text: String) {
            prop_assert_eq!(uzbek(&text).chars().count(), text.chars().count());
        }
    }
}
