//! Sorting by the alphabet of a language: keys that compare as its readers expect.
//!
//! CLDR has the order of most of our languages. Where it has none (Tatar, Kazakh in Latin letters), or knows one spelling of several (Uzbek,
//! whose `oʻ` is typed with five different apostrophes and is `ö` since 2026), the alphabets below decide.
//!
//! Source: CLDR 48 by way of ICU; the alphabets as their laws have them, typed anew. Letters of other languages stand where their neighbours
//! in ASCII or Cyrillic are.

use super::search::is_apostrophe;
use super::{COMMON_TURKIC, Tag, lowercase};
use icu_collator::CollatorBorrowed;
use icu_collator::options::CollatorOptions;
use icu_locale::Locale;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use std::collections::HashMap;

/// The alphabets that CLDR lacks. Letters of several characters are one; letters beside each other after `=` have one place.
const ALPHABETS: &[(&str, &str)] = &[
    ("az-Cyrl", "а б в г ғ д е ё ә ж з и ы й ј к ҝ л м н о ө п р с т у ү ф х һ ц ч ҹ ш щ ъ ь э ю я"),
    ("ba", "а б в г ғ д ҙ е ё ж з и й к ҡ л м н ң о ө п р с ҫ т у ү ф х һ ц ч ш щ ъ ы ь э ә ю я"),
    ("crh", "а б в г гъ д е ё ж з и й к къ л м н нъ о п р с т у ф х ц ч дж ш щ ъ ы ь э ю я"),
    ("crh-Latn", "a â b c ç d e f g ğ h ı i j k l m n ñ o ö p q r s ş t u ü v w x y z"),
    ("gag", "a ä b c ç d e ê f g h ı i j k l m n o ö p q r s ş t ţ u ü v w x y z"),
    ("kaa", "а ә б в г ғ д е ё ж з и й к қ л м н ң о ө п р с т у ү ў ф х ҳ ц ч ш щ ъ ы ь э ю я"),
    ("kaa-Latn", "a á b d e f g ǵ h x ı i j k q l m n ń o ó p r s t u ú v w y z sh c ch"),
    ("kk-Latn", "a ä b c d e f g ğ h ı i j k l m n ñ o ö p q r s ş t u ū ü v w x y z"),
    ("ky-Latn", "a b c ç d e f g ğ h ı i j k l m n ñ o ö p q r s ş t u ü v w x y z"),
    ("tk-Cyrl", "а б в г д е ё ж җ з и й к л м н ң о ө п р с т у ү ф х ц ч ш щ ъ ы ь э ә ю я"),
    ("tt", "а ә б в г д е ё ж җ з и й к л м н ң о ө п р с т у ү ф х һ ц ч ш щ ъ ы ь э ю я"),
    ("tt-Latn", "a ä b c ç d e f g ğ h ı i j k l m n ñ o ö p q r s ş t u ü v w x y z"),
    ("ug-Cyrl", "а б в г ғ д е ә ж җ з и й к қ л м н ң о ө п р с т у ү ф х һ ц ч ш щ ъ ы ь э ю я"),
    ("ug-Latn", "a e b p t j ch x d r z zh s sh gh f q k g ng l m n h o u ö ü w ë i y c v"),
    ("uz", "a b c d e f g h i j k l m n o p q r s t u v w x y z oʻ=ö gʻ=ğ sh=ş ch=ç"),
    ("uz-Cyrl", "а б в г д е ё ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ы ь э ю я ў қ ғ ҳ"),
];

/// Bytes that compare as the readers of a language sort: by letters first, then by accents, then small before capital. Two texts have one key
/// only if they are the same. For many texts, make a [`Sorter`] once.
#[must_use]
pub fn sort_key(text: &str, language: &Tag) -> Vec<u8> {
    Sorter::new(language).key(text)
}

/// The order of one language.
#[derive(Debug)]
pub struct Sorter(Order);

#[derive(Debug)]
enum Order {
    Cldr(Box<CollatorBorrowed<'static>>),
    Own(Alphabet),
}

impl Sorter {
    #[must_use]
    pub fn new(language: &Tag) -> Self {
        let own = ALPHABETS.iter().find(|(tag, _)| *tag == language.as_str());
        let cldr = || {
            let locale = Locale::try_from_str(language.as_str()).unwrap_or(Locale::UNKNOWN);
            CollatorBorrowed::try_new(locale.into(), CollatorOptions::default()).ok()
        };
        Self(match own {
            Some((_, letters)) => Order::Own(Alphabet::new(letters.split(' '), language.clone())),
            None => cldr().map_or_else(|| Order::Own(Alphabet::new([], language.clone())), |collator| Order::Cldr(Box::new(collator))),
        })
    }

    /// The order of the common Turkic alphabet. `language` is that of the texts, for their capitals.
    #[must_use]
    pub fn common_turkic(language: &Tag) -> Self {
        let letters = COMMON_TURKIC.char_indices().filter_map(|(at, c)| COMMON_TURKIC.get(at..at + c.len_utf8()));
        Self(Order::Own(Alphabet::new(letters, language.clone())))
    }

    /// As [`sort_key`].
    #[must_use]
    pub fn key(&self, text: &str) -> Vec<u8> {
        let mut key = vec![];
        match &self.0 {
            Order::Cldr(collator) => {
                let Ok(()) = collator.write_sort_key_to(text, &mut key);
            }
            Order::Own(alphabet) => alphabet.write(text, &mut key),
        }
        // Nothing is left to chance. UTF-8 has no byte of 255, and the 0 before is no byte of it.
        key.push(0);
        key.extend(text.bytes().map(|byte| byte.saturating_add(1)));
        key
    }
}

/// An alphabet of ours.
#[derive(Debug)]
struct Alphabet {
    /// The place of each letter, by its characters.
    places: HashMap<Vec<char>, u8>,
    longest: usize,
    language: Tag,
}

/// What comes before all letters: spaces and signs, then digits.
const SIGN: u8 = 1;
const DIGIT: u8 = 2;
const FIRST: u8 = 3;
/// What comes after all letters: those of other scripts.
const FOREIGN: u8 = 255;

impl Alphabet {
    fn new<'a>(letters: impl IntoIterator<Item = &'a str>, language: Tag) -> Self {
        let mut places = HashMap::new();
        for (place, letter) in (FIRST..FOREIGN).zip(letters) {
            for spelling in letter.split('=') {
                places.insert(spelling.chars().collect::<Vec<_>>(), place);
            }
        }
        let longest = places.keys().map(Vec::len).max().unwrap_or(1);
        Self { places, longest, language }
    }

    fn write(&self, text: &str, key: &mut Vec<u8>) {
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
        let small = lowercase(&composed, &self.language);
        let letters: Vec<char> = small.chars().map(|c| if is_apostrophe(c) && c != '\u{301}' { 'ʻ' } else { c }).collect();
        let mut at = 0;
        while at < letters.len() {
            at += self.write_one(letters.get(at..).unwrap_or_default(), key);
        }
        key.push(0);
        key.extend(small.bytes().map(|byte| byte.saturating_add(1)));
        key.push(0);
        key.extend(composed.chars().map(|c| if c.is_uppercase() { 2 } else { 1 }));
    }

    /// Writes the place of what `rest` begins with, and says how many characters that is.
    fn write_one(&self, rest: &[char], key: &mut Vec<u8>) -> usize {
        for length in (1..=self.longest.min(rest.len())).rev() {
            if let Some(place) = rest.get(..length).and_then(|letters| self.places.get(letters)) {
                key.push(*place);
                return length;
            }
        }
        let Some(&c) = rest.first() else { return 1 };
        let mut buffer = [0; 4];
        let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(c.encode_utf8(&mut buffer));
        match apart.chars().next().and_then(|base| self.places.get([base].as_slice())) {
            Some(place) => key.push(*place),
            // Apostrophes and accents divide nothing: `maʼno` stands beside `mano`.
            None if c == 'ʻ' || matches!(c, '\u{300}'..='\u{36f}') => {}
            None => {
                key.push(if c.is_numeric() {
                    DIGIT
                } else if c.is_alphabetic() {
                    FOREIGN
                } else {
                    SIGN
                });
                key.extend(c.encode_utf8(&mut buffer).bytes().map(|byte| byte.saturating_add(1)));
            }
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tag(text: &str) -> Tag {
        Tag::parse(text).unwrap()
    }

    fn sorted(sorter: &Sorter, words: &str) -> String {
        let mut all: Vec<&str> = words.split(' ').collect();
        all.reverse();
        all.sort_by_key(|word| sorter.key(word));
        all.join(" ")
    }

    /// Each line is in its order.
    #[test]
    fn each_language_has_its_order() {
        for (language, words) in [
            ("az", "ad azad cib çay dağ el əl gül ğ hal xal ılıq il kitab qala lalə oba ötən sal şal ud üz yol zal"),
            ("az-Cyrl", "ад бал гала ғ дағ ел әл зал ишыг ыстәк јол кар ҝүл һава чај ҹиб шал"),
            ("tr", "can çan dağ gaz ığdır ilk İlker oba öte sal şal ulu ülke yol zil"),
            ("kk", "ана әке бала гүл ғалым дала жол қала ңа ой өмір тау ұл ұшақ үй хабар һауа ыдыс ілім"),
            ("kk-Latn", "ana äke bala dala gül ğalym habar ıs Itil ilim jol kün ñ oi ömir qala sana şana tau ul ūl üi ydys zat"),
            ("kk-Arab", "انا بالا"),
            ("ky", "ата бала жол кыз нан ңа ой өмүр там ун үй ыр эл"),
            ("uz", "ana bola dala gul hayot non Oila ona qor sana xona yer zar oʻt oʻzbek gʻoz shahar choy"),
            ("uz", "ona zar Öt oʻzbek ğoz şahar shamol çoy"),
            ("uz-Cyrl", "ана бола хона шаҳар эл юз яна ўзбек қор ғоз ҳаво"),
            ("tk", "ada çaga daş el ähli gül halk iş jan žurnal kak naň ňa oba öý sag şa ur ün ýol zat"),
            ("tt", "ана әни бала җыр зур нарат ңа ой өй ут үз хат һава шәһәр ыру эт"),
            ("ba", "ана ғаилә дала ҙур ел ҡала ңа ой өй сана ҫа үҙ һыу эш әсә юл"),
            ("ru", "арбуз ёлка ель жук йод кот"),
            ("ug", "ئانا بالا پىل تاغ"),
            ("en", "apple Banana cherry"),
            ("crh", "гуль гъарип кол къол"),
        ] {
            assert_eq!(sorted(&Sorter::new(&tag(language)), words), words, "{language}");
        }
        let words = "ad cib çay el əl gül ğ hal xal ıs is kar qar nan ñan ov öv ud üd ûd zal";
        assert_eq!(sorted(&Sorter::common_turkic(&tag("az")), words), words);
    }

    #[test]
    fn any_apostrophe_of_uzbek_sorts_alike() {
        let words = "zar o'q o’t oʻz mano maʼno";
        let sorter = Sorter::new(&tag("uz"));
        assert_eq!(sorted(&sorter, words), "mano maʼno zar o'q o’t oʻz");
    }

    #[test]
    fn small_comes_before_capital_and_accents_count_last() {
        for language in ["tt", "kk-Latn", "uz", "kk", "az", "en"] {
            let sorter = Sorter::new(&tag(language));
            let (small, capital) = if matches!(language, "tt" | "kk") { ("да", "Да") } else { ("da", "Da") };
            assert!(sorter.key(small) < sorter.key(capital), "{language}");
            assert!(sorter.key(capital) < sorter.key(&format!("{small}{small}")), "{language}");
        }
        let sorter = Sorter::new(&tag("uz"));
        assert!(sorter.key("cafe") < sorter.key("café") && sorter.key("café") < sorter.key("cafes"));
        assert!(sorter.key("1 uy") < sorter.key("uy") && sorter.key("uy") < sorter.key("дом"));
    }

    #[test]
    fn every_alphabet_has_each_letter_once() {
        for (language, letters) in ALPHABETS {
            let all: Vec<&str> = letters.split([' ', '=']).collect();
            let distinct: std::collections::BTreeSet<_> = all.iter().collect();
            assert_eq!(all.len(), distinct.len(), "{language}");
            assert_eq!(tag(language).as_str(), *language);
        }
    }

    proptest! {
        #[test]
        fn only_the_same_text_has_the_same_key(one in any::<String>(), other in any::<String>()) {
            for language in ["kk", "kk-Latn", "uz", "tt", "ug"] {
                let sorter = Sorter::new(&tag(language));
                prop_assert_eq!(sorter.key(&one) == sorter.key(&other), one == other);
                prop_assert_eq!(sorter.key(&one), sort_key(&one, &tag(language)));
            }
        }
    }
}
