//! Spelling reforms, which tags do not know, and the tags of texts that a machine derived.

use super::Tag;
use super::search::is_apostrophe;

/// What a tag's spelling may be; the first is what is meant where nothing is said.
///
/// Source: the Uzbek laws of 1995 and 2026, and the Kazakh alphabet of 2021. IANA has registered no variants for them.
const ORTHOGRAPHIES: &[(&str, &[&str])] = &[("uz", &["1995", "2026"]), ("kk-Latn", &["2021"])];

/// Why an orthography is not one of its tag, and what would do: for people, and safe to show them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrthographyError {
    #[error("{tag} has one orthography here: leave it out")]
    None { tag: Tag },
    #[error("is not an orthography of {tag}; use {known}", known = quoted(.tag))]
    Unknown { tag: Tag },
}

/// The ids of a tag's orthographies, the usual one first; empty where it has but one, which has no name.
#[must_use]
pub fn orthographies(tag: &Tag) -> &'static [&'static str] {
    ORTHOGRAPHIES.iter().find(|(of, _)| *of == tag.as_str()).map_or(&[], |(_, ids)| ids)
}

/// The orthography that is meant by `given`, or by nothing: `1995` of Uzbek in Latin letters. `None` for a tag that has but one.
///
/// # Errors
/// Where `given` is not one of the tag.
pub fn orthography(tag: &Tag, given: Option<&str>) -> Result<Option<&'static str>, OrthographyError> {
    let known = orthographies(tag);
    match given {
        None => Ok(known.first().copied()),
        Some(_) if known.is_empty() => Err(OrthographyError::None { tag: tag.clone() }),
        Some(given) => known.iter().find(|id| **id == given).copied().map(Some).ok_or_else(|| OrthographyError::Unknown { tag: tag.clone() }),
    }
}

/// The tag of a text in `target` that was derived from one in `source`, with its origin in the `-t-` extension: `kk-Latn-t-kk-cyrl`. The
/// script of the origin is always told.
///
/// Source: RFC 6497, §2.2; the extension is in lower case, which is its canonical form.
#[must_use]
pub fn derived_tag(target: &Tag, source: &Tag) -> String {
    format!("{target}-t-{}-{}", source.language(), source.script().as_str().to_lowercase())
}

/// Whether an Uzbek text is rather in `orthography` than in the other one: it has more letters that only that has. `false` for any other
/// language.
#[must_use]
pub fn is_rather(text: &str, language: &Tag, orthography: &str) -> bool {
    if language.as_str() != "uz" {
        return false;
    }
    let (mut older, mut newer, mut before) = (0_usize, 0_usize, ' ');
    for c in text.chars().flat_map(char::to_lowercase) {
        match (before, c) {
            (_, 'ö' | 'ğ' | 'ş' | 'ç') => newer += 1,
            ('s' | 'c', 'h') => older += 1,
            ('o' | 'g', apostrophe) if is_apostrophe(apostrophe) => older += 1,
            _ => {}
        }
        before = c;
    }
    if orthography == "2026" { newer > older } else { older > newer }
}

fn quoted(tag: &Tag) -> String {
    orthographies(tag).iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::CONVERSIONS;
    use icu_locale::Locale;
    use proptest::prelude::*;

    fn tag(text: &str) -> Tag {
        Tag::parse(text).unwrap()
    }

    #[test]
    fn the_usual_one_is_meant_where_nothing_is_said() {
        for (of, given, expected) in [
            ("uz", None, Ok(Some("1995"))),
            ("uz", Some("2026"), Ok(Some("2026"))),
            ("kk-Latn", None, Ok(Some("2021"))),
            ("kk", None, Ok(None)),
            ("uz", Some("2021"), Err("is not an orthography of uz; use \"1995\" or \"2026\"")),
            ("uz-Cyrl", Some("1995"), Err("uz-Cyrl has one orthography here: leave it out")),
        ] {
            assert_eq!(orthography(&tag(of), given).map_err(|error| error.to_string()), expected.map_err(str::to_owned), "{of} {given:?}");
        }
    }

    #[test]
    fn the_conversions_make_known_orthographies() {
        for way in CONVERSIONS.iter().filter(|way| way.orthography.is_some()) {
            assert_eq!(orthography(&tag(way.to), way.orthography), Ok(way.orthography));
        }
    }

    /// What ICU reads, canonicalises and writes is the same.
    #[test]
    fn derived_tags_are_those_of_icu() {
        assert_eq!(derived_tag(&tag("kk-Latn"), &tag("kk")), "kk-Latn-t-kk-cyrl");
        assert_eq!(derived_tag(&tag("uz"), &tag("uz-Cyrl")), "uz-t-uz-cyrl");
        for way in CONVERSIONS {
            let derived = derived_tag(&tag(way.to), &tag(way.from));
            let read = Locale::try_from_str(&derived).unwrap();
            assert_eq!(read.to_string(), derived);
            assert_eq!(read.id.to_string(), way.to);
            let origin = read.extensions.transform.lang.unwrap();
            assert_eq!((origin.language.as_str(), origin.script.unwrap().as_str()), (tag(way.from).language(), tag(way.from).script().as_str()));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_orthography_or_a_short_message(text: String) {
            for of in ["uz", "kk-Latn", "en"] {
                if let Err(error) = orthography(&tag(of), Some(&text)) {
                    prop_assert!(error.to_string().len() < 200);
                }
            }
        }
    }
}
