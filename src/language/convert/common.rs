//! Into the common Turkic alphabet: one sound, one letter.
//!
//! Source: the values of the letters in the languages' own alphabets, typed anew.

use super::{Conversion, Piece, Trust, Word, letters, uzbek, way};
use crate::language::Tag;
use crate::language::search::is_apostrophe;

/// The letter of Kazakh `ұ`. Some print the alphabet with `ū`; this is its one place here.
const KAZAKH_U: &str = "û";

/// The script of a tag from which common letters are made.
const SOURCES: &[(&str, &str)] = &[("az-Cyrl", "az"), ("kk-Latn", "kk"), ("kk-Arab", "kk"), ("uz-Cyrl", "uz"), ("tk-Cyrl", "tk")];

/// Capitals are those of Azerbaijani: `i` has `İ`, and `ı` has `I`.
static COMMON: &[Conversion] = &[
    common("az", |_, _| None),
    common("tr", turkish),
    common("kk", kazakh),
    common("ky", kyrgyz),
    common("ky-Latn", kyrgyz_latin),
    common("uz", uzbek_1995),
    common("tk", turkmen),
];
static UZBEK_2026: Conversion = common("uz", uzbek_2026);

const fn common(from: &'static str, rules: super::Rules) -> Conversion {
    way(from, "az", None, Trust::Review, rules)
}

/// The tag from which the common letters of another are made, and the way there; `None` where there is none.
pub fn into_common(from: &Tag) -> Option<(&'static str, &'static Conversion)> {
    let source = SOURCES.iter().find(|(tag, _)| *tag == from.as_str()).map_or(from.as_str(), |(_, source)| *source);
    COMMON.iter().find(|way| way.from == source).map(|way| (source, way))
}

/// In the Uzbek letters of 2026 `sh` and `ch` are two sounds.
pub fn newer_uzbek_into_common() -> &'static Conversion {
    &UZBEK_2026
}

/// The letters that Turkish marks for length.
fn turkish(word: &Word<'_>, at: usize) -> Option<Piece> {
    Some(Piece::of(
        1,
        match word.get(at)? {
            'â' => "a",
            'î' => "i",
            'û' => "u",
            _ => return None,
        },
    ))
}

fn kazakh(word: &Word<'_>, at: usize) -> Option<Piece> {
    Some(Piece::of(
        1,
        match word.get(at)? {
            'ә' => "ə",
            'г' => "g",
            'ғ' => "ğ",
            'ж' => "j",
            'қ' => "q",
            'ң' => "ñ",
            'ұ' => KAZAKH_U,
            'һ' => "h",
            'і' => "i",
            letter => shared(letter)?,
        },
    ))
}

fn kyrgyz(word: &Word<'_>, at: usize) -> Option<Piece> {
    Some(Piece::of(
        1,
        match word.get(at)? {
            'г' => "g",
            'ж' => "c",
            'ң' => "ñ",
            letter => shared(letter)?,
        },
    ))
}

/// What Kazakh and Kyrgyz have in common.
fn shared(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ё' => "yo",
        'й' => "y",
        'х' => "x",
        'ы' => "ı",
        'ю' => "yu",
        'я' => "ya",
        _ => return letters::common(letter),
    })
}

/// Our Latin Kyrgyz has one `y` for two letters: beside a vowel it is a consonant.
fn kyrgyz_latin(word: &Word<'_>, at: usize) -> Option<Piece> {
    let is_vowel = |letter: Option<char>| matches!(letter, Some('a' | 'e' | 'i' | 'o' | 'ö' | 'u' | 'ü'));
    Some(Piece::of(
        1,
        match word.get(at)? {
            'y' if is_vowel(word.before(at)) || is_vowel(word.get(at + 1)) => "y",
            'y' => "ı",
            'j' => "c",
            'h' => "x",
            'i' => "i",
            _ => return None,
        },
    ))
}

fn turkmen(word: &Word<'_>, at: usize) -> Option<Piece> {
    Some(Piece::of(
        1,
        match word.get(at)? {
            'ä' => "ə",
            'i' => "i",
            'j' => "c",
            'ň' => "ñ",
            'w' => "v",
            'y' => "ı",
            'ý' => "y",
            'ž' => "j",
            _ => return None,
        },
    ))
}

/// `ng` stays: in `qilingan` it is two sounds.
fn uzbek_1995(word: &Word<'_>, at: usize) -> Option<Piece> {
    uzbek::newer(word, at).or_else(|| uzbek_2026(word, at))
}

fn uzbek_2026(word: &Word<'_>, at: usize) -> Option<Piece> {
    match word.get(at)? {
        'i' => Some(Piece::of(1, "i")),
        'j' => Some(Piece::of(1, "c")),
        letter if is_apostrophe(letter) => Some(Piece::of(1, "ʼ")),
        _ => None,
    }
}
