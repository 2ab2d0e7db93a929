//! Uzbek: Cyrillic, the Latin alphabet of 1995, and the one that was approved in 2026.

use super::{Piece, Word};
use crate::language::search::is_apostrophe;

const fn is_vowel(letter: char) -> bool {
    matches!(letter, 'а' | 'е' | 'ё' | 'и' | 'о' | 'у' | 'ў' | 'э' | 'ю' | 'я')
}

pub(super) fn to_latin(word: &Word<'_>, at: usize) -> Option<Piece> {
    let before = word.before(at);
    let next = word.get(at + 1);
    let text = match (word.get(at)?, before, next) {
        ('е', None | Some('ъ' | 'ь'), _) => "ye",
        ('е', Some(vowel), _) if is_vowel(vowel) => "ye",
        ('ц', Some('ц'), _) | ('ъ', _, Some('е' | 'ё' | 'ю' | 'я')) => "",
        ('ц', Some(vowel), Some(next)) if is_vowel(vowel) && next != 'ц' => "ts",
        ('ц', ..) | ('с', _, None) => "s",
        ('с', _, Some('ҳ')) => "sʼ",
        ('ъ', ..) => "ʼ",
        ('ь', _, Some('а' | 'о')) => "y",
        ('ь', ..) => "",
        (letter, ..) => latin(letter)?,
    };
    Some(Piece::of(1, text))
}

pub(super) fn to_latin_2026(word: &Word<'_>, at: usize) -> Option<Piece> {
    let piece = to_latin(word, at)?;
    let text = match piece.text {
        "oʻ" => "ö",
        "gʻ" => "ğ",
        "sh" => "ş",
        "ch" => "ç",
        "sʼ" => "s",
        same => same,
    };
    Some(Piece { text, ..piece })
}

fn latin(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' | 'э' => "e",
        'ё' => "yo",
        'ж' => "j",
        'з' => "z",
        'и' | 'ы' => "i",
        'й' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "x",
        'ч' => "ch",
        'ш' | 'щ' => "sh",
        'ю' => "yu",
        'я' => "ya",
        'ў' => "oʻ",
        'қ' => "q",
        'ғ' => "gʻ",
        'ҳ' => "h",
        _ => return None,
    })
}

/// From 1995 to 2026. `s` and `h` that are two sounds need their apostrophe no more.
pub(super) fn newer(word: &Word<'_>, at: usize) -> Option<Piece> {
    let ahead = |offset: usize| word.get(at + offset);
    let apostrophe = ahead(1).is_some_and(is_apostrophe);
    match (word.get(at)?, ahead(1)) {
        ('o', _) if apostrophe => Some(Piece::of(2, "ö")),
        ('g', _) if apostrophe => Some(Piece::of(2, "ğ")),
        ('s', _) if apostrophe && ahead(2) == Some('h') => Some(Piece::of(3, "sh")),
        ('s', Some('h')) => Some(Piece::of(2, "ş")),
        ('c', Some('h')) => Some(Piece::of(2, "ç")),
        (letter, _) if is_apostrophe(letter) => Some(Piece::of(1, "ʼ")),
        _ => None,
    }
}

pub(super) fn older(word: &Word<'_>, at: usize) -> Option<Piece> {
    match (word.get(at)?, word.get(at + 1)) {
        ('ö', _) => Some(Piece::of(1, "oʻ")),
        ('ğ', _) => Some(Piece::of(1, "gʻ")),
        ('ş', _) => Some(Piece::of(1, "sh")),
        ('ç', _) => Some(Piece::of(1, "ch")),
        ('s', Some('h')) => Some(Piece::of(2, "sʼh")),
        _ => None,
    }
}

pub(super) fn to_cyrillic(word: &Word<'_>, at: usize) -> Option<Piece> {
    several(word, at).or_else(|| single(word, at))
}

/// Letters that are written with two, and those that depend on their neighbours.
fn several(word: &Word<'_>, at: usize) -> Option<Piece> {
    let ahead = |offset: usize| word.get(at + offset);
    let before = word.before(at);
    let marked = |offset: usize| ahead(offset).is_some_and(is_apostrophe);
    let ends_in_iya = || ahead(1) == Some('i') && ahead(2) == Some('y') && ahead(3) == Some('a');
    Some(match (word.get(at)?, ahead(1)) {
        ('o', _) if marked(1) => Piece::of(2, "ў"),
        ('g', _) if marked(1) => Piece::of(2, "ғ"),
        ('s', _) if marked(1) && ahead(2) == Some('h') => Piece::of(2, "с"),
        ('s', Some('h')) => Piece::of(2, "ш"),
        ('c', Some('h')) => Piece::of(2, "ч"),
        ('y', Some('o')) if marked(2) => Piece::of(1, "й"),
        ('y', Some('o')) => Piece::of(2, "ё"),
        ('y', Some('a')) => Piece::of(2, "я"),
        ('y', Some('u')) => Piece::of(2, "ю"),
        // субъект, объект
        ('y', Some('e')) if before == Some('b') => Piece::guessed(2, "ъе", "hard_sign", "ье"),
        ('y', Some('e')) if before.is_some_and(is_consonant) => Piece::guessed(2, "ье", "soft_sign", "ъе"),
        ('y', Some('e')) => Piece::of(2, "е"),
        ('t', Some('s')) => Piece::guessed(2, "ц", "ts", "тс"),
        ('s', _) if ends_in_iya() && matches!(before, Some('k' | 'p')) => Piece::guessed(1, "ц", "ts", "с"),
        ('e', _) if before.is_none_or(|before| matches!(before, 'a' | 'e' | 'i' | 'o' | 'u') || is_apostrophe(before)) => Piece::of(1, "э"),
        _ => return None,
    })
}

const fn is_consonant(letter: char) -> bool {
    matches!(letter, 'b'..='d' | 'f'..='h' | 'j'..='n' | 'p'..='t' | 'v' | 'x' | 'z')
}

fn single(word: &Word<'_>, at: usize) -> Option<Piece> {
    let text = match word.get(at)? {
        'a' => "а",
        'b' => "б",
        'c' => "ц",
        'd' => "д",
        'e' => "е",
        'f' => "ф",
        'g' => "г",
        'h' => "ҳ",
        'i' => "и",
        'j' => "ж",
        'k' => "к",
        'l' => "л",
        'm' => "м",
        'n' => "н",
        'o' => "о",
        'p' => "п",
        'q' => "қ",
        'r' => "р",
        's' => "с",
        't' => "т",
        'u' => "у",
        'v' | 'w' => "в",
        'x' => "х",
        'y' => "й",
        'z' => "з",
        'ö' => "ў",
        'ğ' => "ғ",
        'ş' => "ш",
        'ç' => "ч",
        apostrophe if is_apostrophe(apostrophe) => "ъ",
        _ => return None,
    };
    Some(Piece::of(1, text))
}
