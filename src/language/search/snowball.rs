//! Endings of languages that the light stemmer does not know: Snowball's algorithms for English, Russian and Turkish.
//!
//! Source: snowballstem.org, by way of `snowball_stemmers_rs`.

use super::fold::fold;
use crate::language::{Script, Tag};
use snowball_stemmers_rs::{Algorithm, Stemmer};

const ALGORITHMS: [(&str, Script, Algorithm); 3] =
    [("en", Script::Latn, Algorithm::English), ("ru", Script::Cyrl, Algorithm::Russian), ("tr", Script::Latn, Algorithm::Turkish)];

/// Letters of a word that are looked at; more is no word.
const LONGEST: usize = 40;

/// The key of a word without its endings, where its language is one of those; `word` is in small letters.
#[must_use]
pub fn language_stem(word: &str, language: &Tag) -> Option<String> {
    let (.., algorithm) = ALGORITHMS.iter().find(|(code, ..)| *code == language.language())?;
    if word.chars().nth(LONGEST).is_some() {
        return None;
    }
    fold(&Stemmer::create(*algorithm).stem(word), language).into_iter().next()
}

/// The keys that a word of a query has without its endings, in each of those languages that it may be in. `word` is in small letters.
#[must_use]
pub fn query_stems(word: &str) -> Vec<String> {
    let is_cyrillic = word.chars().any(|c| ('\u{400}'..'\u{530}').contains(&c));
    let script = if is_cyrillic { Script::Cyrl } else { Script::Latn };
    let languages = ALGORITHMS.iter().filter(|(_, of, _)| *of == script).filter_map(|(code, ..)| Tag::parse(code).ok());
    languages.filter_map(|language| language_stem(word, &language)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for (language, forms) in [
            ("en", ["minister", "ministers"]),
            ("en", ["company", "companies"]),
            ("ru", ["город", "города"]),
            ("ru", ["стамбул", "стамбуле"]),
            ("tr", ["okul", "okullar"]),
        ] {
            let language = Tag::parse(language).unwrap();
            let [one, other] = forms.map(|form| language_stem(form, &language));
            assert_eq!(one, other, "{forms:?}");
            assert!(forms.iter().all(|form| query_stems(form).contains(&one.clone().unwrap())), "{forms:?}");
        }
        assert_eq!(language_stem("қалада", &Tag::parse("kk").unwrap()), None);
    }

    proptest! {
        #[test]
        fn no_word_is_too_strange(word: String) {
            for language in ["en", "ru", "tr"] {
                let _ = language_stem(&word, &Tag::parse(language).unwrap());
            }
            let _ = query_stems(&word);
        }
    }
}
