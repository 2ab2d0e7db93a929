//! The light stemmer of the Turkic languages, which works on folded keys: one for all of them, in whatever script.

use std::sync::LazyLock;

/// Letters that are left of a word at least.
const SHORTEST: usize = 4;

/// Endings, in the letters of keys; capitals stand for the vowels and consonants that harmony changes.
const CASES: &[&str] = &[
    "nIn", "DIn", "nI", "DI", "kA", "nA", "DA", "nDA", "DAn", "nAn", "nDAn", "DAki", "nDAki", "men", "ben", "pen", "lA", "kaca", "kece", "nca", "nce", "DAi",
    "ca", "ce", "sA", "siz", "suz", "iA",
];
const POSSESSIVES: &[&str] = &["sI", "sIn", "Im", "In", "ImIz", "InIz", "mIz", "nIz", "IbIz", "bIz", "mIs", "nIs"];
const PLURALS: &[&str] = &["LAr"];

struct Endings {
    cases: Vec<String>,
    possessives: Vec<String>,
    plurals: Vec<String>,
}

static ENDINGS: LazyLock<Endings> = LazyLock::new(|| Endings { cases: spell(CASES), possessives: spell(POSSESSIVES), plurals: spell(PLURALS) });

/// All spellings of some patterns, the longest first.
fn spell(patterns: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = vec![];
    for pattern in patterns {
        let mut spelt = vec![String::new()];
        for c in pattern.chars() {
            let letters = match c {
                'A' => "aeu",
                'I' => "iu",
                'D' => "dt",
                'L' => "ldtn",
                _ => "",
            };
            let choices: Vec<char> = if letters.is_empty() { vec![c] } else { letters.chars().collect() };
            spelt = spelt.iter().flat_map(|start| choices.iter().map(move |letter| format!("{start}{letter}"))).collect();
        }
        all.extend(spelt);
    }
    all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    all.dedup();
    all
}

fn strip<'k>(key: &'k str, endings: &[String]) -> &'k str {
    let fits = |rest: &&str| rest.len() >= SHORTEST && rest.bytes().any(is_vowel);
    endings.iter().find_map(|ending| key.strip_suffix(ending.as_str()).filter(fits)).unwrap_or(key)
}

const fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u')
}

/// Kazakhstan and the others: their last syllable is no ending.
fn country(key: &str) -> Option<&str> {
    let at = ["stan", "stun"].iter().find_map(|land| key.rfind(land)).filter(|at| *at >= 3)?;
    key.get(..at + 4)
}

/// A key without the endings of case, possession and number, and without the vowels at its end.
#[must_use]
pub fn stem(key: &str) -> &str {
    if let Some(country) = country(key) {
        return country;
    }
    let mut rest = strip(key, &ENDINGS.cases);
    if rest.ends_with("ki") {
        rest = strip(rest, &ENDINGS.cases);
    }
    rest = strip(rest, &ENDINGS.possessives);
    rest = strip(rest, &ENDINGS.plurals);
    while rest.len() > SHORTEST
        && let Some(shorter) = rest.strip_suffix(|c: char| u8::try_from(c).is_ok_and(is_vowel))
    {
        rest = shorter;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Tag, fold};

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for (language, words) in [
            ("kk", &["Қазақстан", "Қазақстанның", "Қазақстанда", "Қазақстаннан"][..]),
            ("az", &["şəhər", "şəhərdə", "şəhərlərin"]),
            ("tr", &["İstanbul", "İstanbulda", "İstanbuldan"]),
            ("uz", &["Toshkent", "Toshkentda", "Toshkentdan"]),
            ("ky", &["Бишкек", "Бишкекте", "Бишкектен"]),
        ] {
            let language = Tag::parse(language).unwrap();
            let stems: Vec<String> = words.iter().map(|word| stem(&fold(word, &language)[0]).to_owned()).collect();
            assert!(stems.iter().all(|other| *other == stems[0]), "{stems:?}");
        }
    }

    #[test]
    fn a_stem_is_never_short() {
        for key in ["", "a", "kala", "lar", "dan", "balalarimizdan"] {
            let stem = stem(key);
            assert!(key.starts_with(stem) && (stem.len() >= SHORTEST || stem == key), "{key}: {stem}");
        }
    }
}
