//! Upper and lower case, right for each alphabet.
//!
//! In half of our Latin alphabets `i` and `ı` are two letters, whose capitals are `İ` and `I`. ICU knows
//! that of Turkish and Azerbaijani alone, so it is told "Turkish" for the others. Not for addresses,
//! identifiers or code.

use icu_casemap::options::{TitlecaseOptions, TrailingCase};
use icu_casemap::{CaseMapperBorrowed, TitlecaseMapperBorrowed};
use icu_locale::{LanguageIdentifier, langid};

use super::script::Script;
use super::tag::Tag;

/// `text` in lower case: `QIRGʻIZ` → `qirgʻiz` in Uzbek, `IŞIK` → `ışık` in Turkish.
///
/// Source: Unicode, `SpecialCasing.txt`, by way of ICU.
#[must_use]
pub fn lowercase(text: &str, tag: &Tag) -> String {
    CaseMapperBorrowed::new().lowercase_to_string(text, &rules(tag)).into_owned()
}

/// `text` in upper case: `istanbul` → `İSTANBUL` in Turkish, `ISTANBUL` in English.
///
/// Source: as of [`lowercase`].
#[must_use]
pub fn uppercase(text: &str, tag: &Tag) -> String {
    CaseMapperBorrowed::new().uppercase_to_string(text, &rules(tag)).into_owned()
}

/// `text` with a capital at its start, past quotation marks and the like; the rest stays as it is.
///
/// Source: as of [`lowercase`].
#[must_use]
pub fn titlecase_first(text: &str, tag: &Tag) -> String {
    let mut options = TitlecaseOptions::default();
    options.trailing_case = Some(TrailingCase::Unchanged);
    TitlecaseMapperBorrowed::new().titlecase_segment_to_string(text, &rules(tag), options).into_owned()
}

/// The language whose rules ICU is to apply.
fn rules(tag: &Tag) -> LanguageIdentifier {
    match (tag.language(), tag.script()) {
        ("tr" | "az" | "crh" | "gag", _) | ("kk" | "tt", Script::Latn) => langid!("tr"),
        _ => LanguageIdentifier::UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tag(text: &str) -> Tag {
        Tag::parse(text).unwrap()
    }

    #[test]
    fn each_alphabet_has_its_own_pairs() {
        for (language, lower, upper) in [
            ("az", "işıq və iqtisadiyyat", "İŞIQ VƏ İQTİSADİYYAT"),
            ("tr", "diyarbakır ılıca istanbul", "DİYARBAKIR ILICA İSTANBUL"),
            ("kk", "қазақстан әңгімесі һ ұ", "ҚАЗАҚСТАН ӘҢГІМЕСІ Һ Ұ"),
            ("kk-Latn", "bılım jäne ğylymi", "BILIM JÄNE ĞYLYMİ"),
            ("ky", "кыргыз өкмөтү, жаңылык", "КЫРГЫЗ ӨКМӨТҮ, ЖАҢЫЛЫК"),
            ("uz", "o\u{2bb}zbekiston iqtisodiyoti", "O\u{2bb}ZBEKISTON IQTISODIYOTI"),
            ("uz-Cyrl", "ўзбекистон ҳақида", "ЎЗБЕКИСТОН ҲАҚИДА"),
            ("tk", "türkmenistanyň ýazyjysy", "TÜRKMENISTANYŇ ÝAZYJYSY"),
            ("ru", "ещё объявление", "ЕЩЁ ОБЪЯВЛЕНИЕ"),
            ("en", "international", "INTERNATIONAL"),
            ("tt-Latn", "qıñğır işek", "QIÑĞIR İŞEK"),
            ("crh-Latn", "qırım tili", "QIRIM TİLİ"),
            ("gag", "gagauz dili, ırak", "GAGAUZ DİLİ, IRAK"),
            ("ug", "ئۇيغۇرچە", "ئۇيغۇرچە"),
        ] {
            assert_eq!(uppercase(lower, &tag(language)), upper, "{language}");
            assert_eq!(lowercase(upper, &tag(language)), lower, "{language}");
        }
    }

    #[test]
    fn a_decomposed_capital_leaves_no_dot_behind() {
        assert_eq!(lowercase("I\u{307}stanbul", &tag("tr")), "istanbul");
    }

    #[test]
    fn only_the_first_letter_is_raised() {
        for (language, text, expected) in [
            ("az", "iqtisadiyyat BMT", "İqtisadiyyat BMT"),
            ("tr", "ığdır'da NATO", "Iğdır'da NATO"),
            ("kk", "«әлем» жаңалығы", "«Әлем» жаңалығы"),
            ("kk-Latn", "ıs-äreket", "Is-äreket"),
            ("ky", "өкмөт", "Өкмөт"),
            ("uz", "shahar", "Shahar"),
            ("tk", "ýurt", "Ýurt"),
            ("ru", "2024 год", "2024 год"),
            ("en", "iPhone", "IPhone"),
            ("en", "", ""),
        ] {
            assert_eq!(titlecase_first(text, &tag(language)), expected, "{language}");
        }
    }

    proptest! {
        #[test]
        fn lower_case_is_stable(text: String) {
            for language in ["kk", "kk-Latn", "tr", "uz", "en"] {
                let once = lowercase(&text, &tag(language));
                prop_assert_eq!(lowercase(&once, &tag(language)), once);
            }
        }
    }
}
