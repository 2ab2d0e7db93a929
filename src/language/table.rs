//! The languages of the newsroom: what is known of each, as data.
//!
//! Default scripts are those of CLDR 48 (`likelySubtags`; a test compares them), so that a tag means
//! to every reader what it means here. The fallbacks are ours: CLDR sends every Turkic language to
//! Russian and inherits nothing across scripts.

use super::script::Script::{self, Arab, Cyrl, Latn};

/// A language, by its shortest ISO 639 code.
pub(super) struct Language {
    pub code: &'static str,
    /// Other codes accepted on input and never emitted: ISO 639-2 and -3, and common mistakes.
    pub aliases: &'static [&'static str],
    /// Languages to offer where a text is missing, best first. Other scripts come before them.
    pub fallbacks: &'static [&'static str],
}

impl Language {
    pub(super) fn answers_to(&self, subtag: &str) -> bool {
        subtag.eq_ignore_ascii_case(self.code) || self.aliases.iter().any(|alias| subtag.eq_ignore_ascii_case(alias))
    }
}

const fn language(code: &'static str, aliases: &'static [&'static str], fallbacks: &'static [&'static str]) -> Language {
    Language { code, aliases, fallbacks }
}

pub(super) static LANGUAGES: [Language; 14] = [
    language("az", &["aze", "azj"], &["tr", "en", "ru"]),
    language("tr", &["tur"], &["az", "en"]),
    language("kk", &["kaz", "kz"], &["ky", "kaa", "ru", "en"]),
    language("ky", &["kir", "kg"], &["kk", "ru", "en"]),
    language("uz", &["uzb", "uzn", "oz"], &["kaa", "ru", "en"]),
    language("tk", &["tuk"], &["az", "tr", "ru", "en"]),
    language("ru", &["rus"], &["en"]),
    language("en", &["eng"], &[]),
    language("tt", &["tat"], &["ba", "ru", "tr"]),
    language("ba", &["bak"], &[]),
    language("kaa", &[], &["kk", "uz", "ru"]),
    language("ug", &["uig"], &[]),
    language("crh", &[], &[]),
    language("gag", &[], &[]),
];

/// A language in one script. The tag is unique and comes first: it alone decides the order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Variant {
    /// The canonical tag, which leaves out the language's default script.
    pub tag: &'static str,
    pub language: &'static str,
    pub script: Script,
    pub autonym: &'static str,
}

const fn variant(tag: &'static str, language: &'static str, script: Script, autonym: &'static str) -> Variant {
    Variant { tag, language, script, autonym }
}

/// Autonyms are in the language's default script, followed by the name of the script where that is
/// another one. Where one of the two is Arabic they are in the script itself: brackets around a word
/// of the other direction do not read well.
pub(super) static VARIANTS: [Variant; 29] = [
    variant("az", "az", Latn, "Azərbaycanca"),
    variant("az-Cyrl", "az", Cyrl, "Azərbaycanca (кирил)"),
    variant("az-Arab", "az", Arab, "آذربایجانجا"),
    variant("tr", "tr", Latn, "Türkçe"),
    variant("kk", "kk", Cyrl, "Қазақша"),
    variant("kk-Latn", "kk", Latn, "Қазақша (latyn)"),
    variant("kk-Arab", "kk", Arab, "قازاقشا"),
    variant("ky", "ky", Cyrl, "Кыргызча"),
    variant("ky-Latn", "ky", Latn, "Кыргызча (latın)"),
    variant("ky-Arab", "ky", Arab, "قىرعىزچا"),
    variant("uz", "uz", Latn, "Oʻzbekcha"),
    variant("uz-Cyrl", "uz", Cyrl, "Oʻzbekcha (кирилл)"),
    variant("uz-Arab", "uz", Arab, "اوزبیکچه"),
    variant("tk", "tk", Latn, "Türkmençe"),
    variant("tk-Cyrl", "tk", Cyrl, "Türkmençe (кирилл)"),
    variant("tk-Arab", "tk", Arab, "تورکمنچه"),
    variant("ru", "ru", Cyrl, "Русский"),
    variant("en", "en", Latn, "English"),
    variant("tt", "tt", Cyrl, "Татарча"),
    variant("tt-Latn", "tt", Latn, "Татарча (latin)"),
    variant("ba", "ba", Cyrl, "Башҡортса"),
    variant("kaa", "kaa", Cyrl, "Қарақалпақша"),
    variant("kaa-Latn", "kaa", Latn, "Қарақалпақша (latın)"),
    variant("ug", "ug", Arab, "ئۇيغۇرچە"),
    variant("ug-Cyrl", "ug", Cyrl, "Уйғурчә"),
    variant("ug-Latn", "ug", Latn, "Uyghurche"),
    variant("crh", "crh", Cyrl, "Къырымтатарджа"),
    variant("crh-Latn", "crh", Latn, "Къырымтатарджа (latin)"),
    variant("gag", "gag", Latn, "Gagauzça"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use icu_locale::{LanguageIdentifier, Locale, LocaleCanonicalizer, LocaleExpander};

    use super::*;

    #[test]
    fn every_language_has_one_default_and_the_scripts_are_told_apart() {
        let tags: BTreeSet<_> = VARIANTS.iter().map(|variant| variant.tag).collect();
        assert_eq!(tags.len(), VARIANTS.len());
        for language in &LANGUAGES {
            let variants = || VARIANTS.iter().filter(|variant| variant.language == language.code);
            assert_eq!(variants().filter(|variant| variant.tag == language.code).count(), 1);
            let scripts: BTreeSet<_> = variants().map(|variant| variant.script).collect();
            assert_eq!(scripts.len(), variants().count(), "{}", language.code);
        }
    }

    #[test]
    fn codes_and_aliases_name_one_language_each() {
        for language in &LANGUAGES {
            for code in language.aliases.iter().chain([&language.code]) {
                let found = LANGUAGES.iter().filter(|other| other.answers_to(code)).count();
                assert_eq!(found, 1, "{code}");
            }
        }
    }

    #[test]
    fn fallbacks_are_tags_of_other_languages() {
        for language in &LANGUAGES {
            for fallback in language.fallbacks {
                assert!(VARIANTS.iter().any(|variant| variant.tag == *fallback), "{fallback}");
                assert_ne!(*fallback, language.code);
            }
        }
    }

    #[test]
    fn default_scripts_are_those_of_cldr() {
        let expander = LocaleExpander::new_extended();
        for variant in &VARIANTS {
            let mut id = LanguageIdentifier::try_from_str(variant.tag).unwrap();
            let explicit = id.script.is_some();
            expander.maximize(&mut id);
            assert_eq!(id.script.unwrap().as_str(), variant.script.as_str(), "{}", variant.tag);
            assert_eq!(explicit, variant.tag != variant.language);
        }
    }

    #[test]
    fn three_letter_aliases_are_those_of_cldr() {
        let canonicalizer = LocaleCanonicalizer::new_extended();
        for language in &LANGUAGES {
            for alias in language.aliases.iter().filter(|alias| alias.len() == 3) {
                let mut locale = Locale::try_from_str(alias).unwrap();
                canonicalizer.canonicalize(&mut locale);
                assert_eq!(locale.id.language.as_str(), language.code, "{alias}");
            }
        }
    }
}
