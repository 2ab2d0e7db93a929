//! The language of a span: any BCP 47 tag, since a text may quote a language the house does not publish in.

use icu_locale::{Direction as IcuDirection, LanguageIdentifier, LocaleDirectionality};

use crate::language::{Direction, Tag};

/// Longest tag, in characters (RFC 5646, section 4.4.1).
const MAX_TAG: usize = 35;

/// The tag as it is stored. The house's own languages become its canonical tags (`kaz` is `kk`, `kz-KZ` is `kk-KZ`).
pub(super) fn canonical(text: &str) -> Option<String> {
    if text.len() > MAX_TAG {
        return None;
    }
    if let Ok(tag) = Tag::parse(text) {
        return Some(tag.to_string());
    }
    let mut id = LanguageIdentifier::try_from_str(text).ok()?;
    if id.language.is_unknown() {
        return None;
    }
    if let Ok(tag) = Tag::parse(id.language.as_str()) {
        id.language = tag.language().parse().ok()?;
    }
    Some(id.to_string())
}

/// The direction of text in this language, where it is known.
pub(super) fn direction(tag: &str) -> Option<Direction> {
    if let Ok(tag) = Tag::parse(tag) {
        return Some(tag.direction());
    }
    let id = LanguageIdentifier::try_from_str(tag).ok()?;
    let direction = LocaleDirectionality::new_extended().get(&id)?;
    Some(if direction == IcuDirection::RightToLeft { Direction::Rtl } else { Direction::Ltr })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_canonical_and_have_a_direction() {
        let tags = [
            ("kk", Some("kk"), Some("ltr")),
            ("kaz", Some("kk"), Some("ltr")),
            ("kk-arab", Some("kk-Arab"), Some("rtl")),
            ("EN-us", Some("en-US"), Some("ltr")),
            ("kz-KZ", Some("kk-KZ"), Some("ltr")),
            ("ar", Some("ar"), Some("rtl")),
            ("he-IL", Some("he-IL"), Some("rtl")),
            ("la", Some("la"), Some("ltr")),
            ("und", None, None),
            ("", None, None),
            ("-", None, None),
            ("english language", None, None),
            ("en\" onclick=\"x", None, None),
        ];
        for (given, expected, expected_direction) in tags {
            let found = canonical(given);
            assert_eq!(found.as_deref(), expected, "{given}");
            assert_eq!(found.as_deref().and_then(direction).map(Direction::as_str), expected_direction, "{given}");
            if let Some(found) = found {
                assert_eq!(canonical(&found), Some(found.clone()), "{given}");
            }
        }
    }
}
