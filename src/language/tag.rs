//! The identity of a text's language and script.

use std::fmt;

use super::script::{Direction, Script};
use super::table::{LANGUAGES, VARIANTS, Variant};

/// A language of the newsroom in one script: a canonical BCP 47 tag such as `kk` or `uz-Cyrl`.
///
/// Aliases are accepted and never emitted, and the default script is left out, so that equal tags are
/// equal strings. A reference to a row of our table: as cheap to clone as a pointer. Region, variant
/// and extension are no part of it; spelling reforms and provenance are kept beside the tag.
///
/// Source: RFC 5646, and the languages and fallbacks of `table.rs`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(&'static Variant);

/// Why a text is not a tag, and what would do: for people, and safe to show them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    #[error("a language tag is missing; use one such as \"kk\" or \"uz-Cyrl\"")]
    Empty,
    #[error("{0:?} is not a language known here; use one of {known}", known = known_languages())]
    UnknownLanguage(String),
    #[error("{language:?} is not written in {script:?} here; use {known}", known = scripts_of(.language))]
    UnknownScript { language: &'static str, script: String },
    #[error("{given:?} is more than a language and a script; use \"{instead}\"")]
    TooExact { given: String, instead: Tag },
}

impl Tag {
    /// Reads a tag in any case, with `-` or `_`: `kk`, `KK_cyrl`, `kaz`, `uz-Latin`.
    ///
    /// # Errors
    /// Fails where the language or script is not in our table, or more is said than these two.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let Reading { tag, more, .. } = read(text)?;
        if more {
            return Err(TagError::TooExact { given: shown(text), instead: tag });
        }
        Ok(tag)
    }

    /// The canonical tag: `kk`, `uz-Cyrl`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0.tag
    }

    /// The language without its script: `uz` of `uz-Cyrl`.
    #[must_use]
    pub const fn language(&self) -> &'static str {
        self.0.language
    }

    #[must_use]
    pub const fn script(&self) -> Script {
        self.0.script
    }

    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.0.script.direction()
    }

    /// The language's name for itself, for a reader to choose by: `Қазақша (latyn)`.
    #[must_use]
    pub const fn autonym(&self) -> &'static str {
        self.0.autonym
    }

    /// What to offer, best first, where a text in this tag is missing: the same language in its other
    /// scripts, then the house's table. Not to be used silently.
    #[must_use]
    pub fn fallbacks(&self) -> Vec<Self> {
        let scripts = VARIANTS.iter().filter(|other| other.language == self.0.language && other.script != self.0.script);
        let others = LANGUAGES
            .iter()
            .filter(|language| language.code == self.0.language)
            .flat_map(|language| language.fallbacks)
            .filter_map(|tag| VARIANTS.iter().find(|other| other.tag == *tag));
        scripts.chain(others).map(Self).collect()
    }
}

/// What [`read`] found at the start of a tag.
pub(super) struct Reading {
    pub tag: Tag,
    /// The script was named, not taken as the default.
    pub script_given: bool,
    /// Something follows language and script.
    pub more: bool,
}

/// Reads language and script off the start of a tag, and says whether something follows.
pub(super) fn read(text: &str) -> Result<Reading, TagError> {
    if text.is_empty() {
        return Err(TagError::Empty);
    }
    let mut subtags = text.split(['-', '_']).peekable();
    let code = subtags.next().unwrap_or_default();
    let language = LANGUAGES.iter().find(|language| language.answers_to(code)).ok_or_else(|| TagError::UnknownLanguage(shown(code)))?;
    let script = subtags.next_if(|subtag| looks_like_script(subtag));
    let variant = VARIANTS
        .iter()
        .filter(|variant| variant.language == language.code)
        .find(|variant| match script {
            Some(subtag) => variant.script.answers_to(subtag),
            None => variant.tag == language.code,
        })
        .ok_or_else(|| TagError::UnknownScript { language: language.code, script: shown(script.unwrap_or_default()) })?;
    Ok(Reading { tag: Tag(variant), script_given: script.is_some(), more: subtags.next().is_some() })
}

/// RFC 5646 gives scripts four letters, and nothing else in second place; we take names as well.
fn looks_like_script(subtag: &str) -> bool {
    subtag.len() == 4 && subtag.bytes().all(|byte| byte.is_ascii_alphabetic()) || Script::ALL.into_iter().any(|script| script.answers_to(subtag))
}

/// The start of what was given, to be quoted: RFC 5646 (§4.4.1) lets a tag have 35 characters.
fn shown(text: &str) -> String {
    text.chars().take(35).collect()
}

fn known_languages() -> String {
    LANGUAGES.iter().map(|language| language.code).collect::<Vec<_>>().join(", ")
}

fn scripts_of(language: &str) -> String {
    let tags = VARIANTS.iter().filter(|variant| variant.language == language);
    tags.map(|variant| format!("\"{}\"", variant.tag)).collect::<Vec<_>>().join(" or ")
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tag").field(&self.as_str()).finish()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl AsRef<str> for Tag {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> String {
        Tag::parse(text).map_or_else(|error| error.to_string(), |tag| tag.to_string())
    }

    #[test]
    fn aliases_and_default_scripts_are_never_emitted() {
        let table = "
            az=az aze=az azj=az az-Latn=az AZ_CYRL=az-Cyrl tr=tr tur=tr tr-Latn=tr tr-Latin=tr
            kk=kk kaz=kk kz=kk KZ=kk kk-Cyrl=kk kk-Latin=kk-Latn kk_latn=kk-Latn kaz-Arabic=kk-Arab
            ky=ky kir=ky kg=ky ky-Cyrl=ky uz=uz uzb=uz uzn=uz oz=uz uz-Latn=uz uz-Latin=uz
            uz-Cyrillic=uz-Cyrl uzn-cyrl=uz-Cyrl tk=tk tuk=tk tk-Latn=tk tk-Cyrl=tk-Cyrl
            ru=ru rus=ru ru-Cyrl=ru en=en eng=en en-Latn=en tat-Latn=tt-Latn uig=ug ug-Arab=ug
        ";
        for (given, tag) in table.split_whitespace().filter_map(|pair| pair.split_once('=')) {
            assert_eq!(canonical(given), tag, "{given}");
        }
    }

    #[test]
    fn refusals_name_what_would_do() {
        let table = r#"
            | a language tag is missing; use one such as "kk" or "uz-Cyrl"
            und-KZ | "und" is not a language known here; use one of az, tr, kk, ky, uz, tk, ru, en,
            kk-KZ | "kk-KZ" is more than a language and a script; use "kk"
            en-GB | "en-GB" is more than a language and a script; use "en"
            kaz_Latin_KZ | "kaz_Latin_KZ" is more than a language and a script; use "kk-Latn"
            uz-t-uz-cyrl | "uz-t-uz-cyrl" is more than a language and a script; use "uz"
            kk- | "kk-" is more than a language and a script; use "kk"
            tr-Cyrl | "tr" is not written in "Cyrl" here; use "tr"
            tat-Hebr | "tt" is not written in "Hebr" here; use "tt" or "tt-Latn"
        "#;
        for (given, message) in table.lines().filter_map(|row| row.split_once('|')) {
            let found = canonical(given.trim());
            assert!(found.starts_with(message.trim()), "{given}: {found}");
        }
    }

    #[test]
    fn facts_of_a_tag() {
        let table = "
            az|az|Latn|ltr|Azərbaycanca|az-Cyrl az-Arab tr en ru
            tr|tr|Latn|ltr|Türkçe|az en
            kk|kk|Cyrl|ltr|Қазақша|kk-Latn kk-Arab ky kaa ru en
            kk-Latn|kk|Latn|ltr|Қазақша (latyn)|kk kk-Arab ky kaa ru en
            kk-Arab|kk|Arab|rtl|قازاقشا|kk kk-Latn ky kaa ru en
            ky|ky|Cyrl|ltr|Кыргызча|ky-Latn ky-Arab kk ru en
            uz|uz|Latn|ltr|O\u{2bb}zbekcha|uz-Cyrl uz-Arab kaa ru en
            uz-Cyrl|uz|Cyrl|ltr|O\u{2bb}zbekcha (кирилл)|uz uz-Arab kaa ru en
            tk|tk|Latn|ltr|Türkmençe|tk-Cyrl tk-Arab az tr ru en
            ru|ru|Cyrl|ltr|Русский|en
            en|en|Latn|ltr|English|
            tt|tt|Cyrl|ltr|Татарча|tt-Latn ba ru tr
            kaa|kaa|Cyrl|ltr|Қарақалпақша|kaa-Latn kk uz ru
            ug|ug|Arab|rtl|ئۇيغۇرچە|ug-Cyrl ug-Latn
        ";
        for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
            let tag = Tag::parse(row.split('|').next().unwrap()).unwrap();
            let fallbacks: Vec<_> = tag.fallbacks().iter().map(Tag::as_str).collect();
            let fallbacks = fallbacks.join(" ");
            let found = [tag.as_str(), tag.language(), tag.script().as_str(), tag.direction().as_str(), tag.autonym(), fallbacks.as_str()];
            assert_eq!(found.join("|"), row);
        }
    }

    #[test]
    fn tags_sort_and_print_as_their_text() {
        let mut tags: Vec<_> = VARIANTS.iter().map(Tag).collect();
        tags.sort();
        assert!(tags.is_sorted_by_key(Tag::as_str));
        assert_eq!(format!("{:?}", Tag::parse("oz").unwrap()), "Tag(\"uz\")");
    }

    proptest! {
        #[test]
        fn a_tag_reads_back_as_itself(index in 0..VARIANTS.len()) {
            let tag = Tag(&VARIANTS[index]);
            prop_assert_eq!(Tag::parse(tag.as_str()), Ok(tag.clone()));
            let written_out = format!("{}_{}", tag.language(), tag.script().as_str());
            prop_assert_eq!(Tag::parse(&written_out.to_uppercase()), Ok(tag));
        }

        #[test]
        fn any_text_is_a_tag_or_a_short_message(text: String) {
            if let Err(error) = Tag::parse(&text) {
                prop_assert!(error.to_string().chars().count() < 500);
            }
        }
    }
}
