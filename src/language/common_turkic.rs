//! The common Turkic alphabet: a text of any Turkic language in letters that readers of all the others know.
//!
//! A reader's view, computed and never stored. One sound has one letter: what is `j` in Uzbek and Turkmen, `ж` in Kyrgyz and `c` in
//! Azerbaijani is `c`.
//!
//! Source: the alphabet of 34 letters that the Turkic World Common Alphabet Commission agreed on in Baku in September 2024.

use super::Tag;
use super::convert::{CONVERSIONS, Conversion, into_common, newer_uzbek_into_common};
use icu_normalizer::ComposingNormalizerBorrowed;

/// The letters in their order.
pub const COMMON_TURKIC: &str = "abcçdeəfgğhxıijkqlmnñoöprsştuüûvyz";

/// The languages that can be read so.
pub const COMMON_TURKIC_LANGUAGES: [&str; 6] = ["az", "tr", "kk", "ky", "uz", "tk"];

/// `text` in the common Turkic alphabet; `None` for a language and script that have no such view. Addresses, mail addresses and handles stay
/// as they are, and so does what is no letter of the language. Uzbek may be of 1995 or of 2026.
#[must_use]
pub fn common_turkic(text: &str, from: &Tag) -> Option<String> {
    let (source, way) = into_common(from)?;
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let composed = nfc.normalize(text);
    // Marks that stood on letters of another script may have to be composed anew.
    let made = |way: &Conversion, text: &str| nfc.normalize(&way.apply(text, |_| None).text).into_owned();
    if source != from.as_str() {
        let there = CONVERSIONS.iter().find(|way| way.from == from.as_str() && way.to == source)?;
        return Some(made(way, &made(there, &composed)));
    }
    let way = if source == "uz" && is_newer_uzbek(&composed) { newer_uzbek_into_common() } else { way };
    Some(made(way, &composed))
}

/// Whether a language and script have the view.
#[must_use]
pub fn has_common_turkic(from: &Tag) -> bool {
    into_common(from).is_some()
}

/// Whether most of what the two Uzbek alphabets write differently is written as in that of 2026. A Turkish name makes no text newer.
fn is_newer_uzbek(text: &str) -> bool {
    let (mut newer, mut older, mut before) = (0_usize, 0_usize, ' ');
    for c in text.chars() {
        match (before, c) {
            (_, 'ş' | 'Ş' | 'ç' | 'Ç' | 'ö' | 'Ö' | 'ğ' | 'Ğ') => newer += 1,
            ('s' | 'S' | 'c' | 'C', 'h' | 'H') => older += 1,
            ('o' | 'O' | 'g' | 'G', c) if super::search::is_apostrophe(c) => older += 1,
            _ => {}
        }
        before = c;
    }
    newer > older
}

/// What the letters are made of, as BCP 47 has it: `kk-Latn-t-kk-cyrl`, Latin made of Cyrillic (RFC 6497).
#[must_use]
pub fn common_turkic_tag(from: &Tag) -> String {
    format!("{0}-Latn-t-{0}-{1}", from.language(), from.script().as_str().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::lowercase;
    use proptest::prelude::*;

    fn tag(text: &str) -> Tag {
        Tag::parse(text).unwrap()
    }

    fn common(text: &str, from: &str) -> String {
        common_turkic(text, &tag(from)).unwrap()
    }

    #[test]
    fn each_language_in_common_letters() {
        for (from, text, expected) in [
            ("az", "Azərbaycan, İlham, Işıq", "Azərbaycan, İlham, Işıq"),
            ("az-Cyrl", "Азәрбајҹан", "Azərbaycan"),
            ("tr", "Hükûmet, kâğıt, millî İSTANBUL", "Hükumet, kağıt, milli İSTANBUL"),
            ("kk", "Қазақстан Республикасы, ұлы дала", "Qazaqstan Respublikası, ûlı dala"),
            ("kk", "ӘЛЕМ ЖАҢАЛЫҚТАРЫ, іс, тіл", "ƏLEM JAÑALIQTARI, is, til"),
            ("kk", "һәм халық; Юрий, яғни цирк", "həm xalıq; Yuriy, yağni tsirk"),
            ("kk-Latn", "Qazaqstan ğylymi jäne ūly", "Qazaqstan ğılımi jəne ûlı"),
            ("kk-Latn", "Ilim, aiaq", "İlim, ayaq"),
            ("kk-Arab", "قازاقستان", "Qazaqstan"),
            ("ky", "Бардык адамдар өз беделинде жана укуктарында эркин", "Bardık adamdar öz bedelinde cana ukuktarında erkin"),
            ("ky-Latn", "Kyrgyzstan jañylyk bayram ayyl", "Kırgızstan cañılık bayram ayıl"),
            ("uz", "Oʻzbekiston Respublikasi, gʻarb, shahar, choy, jahon, Isʼhoq", "Özbekiston Respublikasi, ğarb, şahar, çoy, cahon, İshoq"),
            ("uz", "O‘ZBEKISTON IQTISODIYOTI", "ÖZBEKİSTON İQTİSODİYOTİ"),
            ("uz", "Özbekiston, şahar, çoy; Ashob", "Özbekiston, şahar, çoy; Ashob"),
            ("uz", "Erdoğan bugun Toshkentga tashrif buyurdi, qabul qilingan", "Erdoğan bugun Toşkentga taşrif buyurdi, qabul qilingan"),
            ("uz-Cyrl", "Ўзбекистон жаҳон шаҳар", "Özbekiston cahon şahar"),
            ("tk", "Türkmenistanyň Ýaşlary, jaň, žurnal, wagt, ähli", "Türkmenistanıñ Yaşları, cañ, jurnal, vagt, əhli"),
            ("tk-Cyrl", "Ашгабат шәхери, җаң", "Aşgabat şəheri, cañ"),
        ] {
            // The Arabic alphabet has no capitals.
            let expected = if from == "kk-Arab" { expected.to_lowercase() } else { expected.to_owned() };
            assert_eq!(common(text, from), expected, "{from}");
        }
    }

    #[test]
    fn addresses_stay_and_other_languages_have_none() {
        let text = "https://жаңа.kz/жол @қазақ хат@қала.kz www.жол.kz жол";
        assert_eq!(common(text, "kk"), "https://жаңа.kz/жол @қазақ хат@қала.kz www.жол.kz jol");
        for other in ["ru", "en", "ug", "tt", "az-Arab", "uz-Arab", "ky-Arab", "crh-Latn", "gag"] {
            assert_eq!(common_turkic("x", &tag(other)), None, "{other}");
            assert!(!has_common_turkic(&tag(other)));
        }
    }

    #[test]
    fn the_alphabet_has_34_letters() {
        let letters: std::collections::BTreeSet<char> = COMMON_TURKIC.chars().collect();
        assert_eq!((letters.len(), COMMON_TURKIC.chars().count()), (34, 34));
    }

    /// The letters of each alphabet, and what Uzbek needs beside them.
    const ALPHABETS: [(&str, &str); 11] = [
        ("az", "abcçdeəfgğhxıijkqlmnoöprsştuüvyz"),
        ("az-Cyrl", "абвгғдеәжзиыјкҝлмноөпрстуүфхһчҹш"),
        ("tr", "abcçdefgğhıijklmnoöprsştuüvyzâîû"),
        ("kk", "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"),
        ("kk-Latn", "aäbdefgğhıijklmnñoöpqrsştuūüvyz"),
        ("kk-Arab", "اٵبۆگعدەجزيكقلمنڭوپرستۋۇفحھشچىء"),
        ("ky", "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя"),
        ("uz", "abdefghijklmnopqrstuvxyzʻʼşçöğ"),
        ("uz-Cyrl", "абвгдеёжзийклмнопрстуфхцчшъьэюяўқғҳ"),
        ("tk", "abçdeäfghijžklmnňoöprsştuüwyýz"),
        ("tk-Cyrl", "абвгдеёжҗзийклмнңоөпрстуүфхцчшщъыьэәюя"),
    ];

    fn word_of(alphabet: &'static str) -> impl Strategy<Value = String> {
        let letters: Vec<char> = alphabet.chars().collect();
        proptest::collection::vec(proptest::sample::select(letters), 1..12).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn only_common_letters_are_left((from, word) in proptest::sample::select(&ALPHABETS[..]).prop_flat_map(|(from, letters)| (Just(from), word_of(letters))), capitals in any::<bool>()) {
            let word = if capitals { crate::language::uppercase(&word, &tag(from)) } else { word };
            let made = common(&word, from);
            let az = tag("az");
            for letter in lowercase(&made, &az).chars().filter(|c| c.is_alphabetic() && !matches!(c, 'ʻ' | 'ʼ')) {
                // An apostrophe of Uzbek after a letter that has none stays what it is; ٵ is written decomposed by us.
                prop_assert!(COMMON_TURKIC.contains(letter) || letter == 'ٵ', "{from} {word}: {made}");
            }
            // What is in common letters is so for good.
            prop_assert_eq!(common(&made, "az"), made);
        }

        #[test]
        fn the_view_of_cyrillic_is_stable(word in word_of("аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя")) {
            for from in ["kk", "ky"] {
                let once = common(&word, from);
                prop_assert_eq!(common(&once, from), once);
            }
        }

        #[test]
        fn no_text_is_too_strange(text in any::<String>()) {
            for (from, _) in ALPHABETS {
                let _ = common(&text, from);
            }
        }
    }
}
