//! How a name is spelled, by language.

use crate::error::Faults;
use crate::extract::Object;
use crate::language::{Tag, fold, normalise_apostrophes};
use crate::patch::Patch;
use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Characters of a spelling.
const LONGEST: usize = 120;
/// Other spellings in one language.
const MOST_ALSO: usize = 10;

/// A name in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Spelling {
    /// As the house writes it.
    #[schema(min_length = 1, max_length = 120, example = "Bakı")]
    pub name: String,
    /// As others write it, or as it is written short. It is found by these as well.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub also: Vec<String>,
}

impl Spelling {
    /// All spellings, the one of the house first.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.also.iter().map(String::as_str))
    }
}

/// Changes of a name in one language, as JSON Merge Patch has them.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpellingChange {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 120)]
    pub name: Patch<String>,
    /// Takes the place of those there were.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 10)]
    pub also: Patch<Vec<String>>,
}

/// The spellings of a name.
pub type Spellings = BTreeMap<Tag, Spelling>;

/// The spellings of a new name, as they are sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct NewSpellings(BTreeMap<Tag, Object<Spelling>>);

/// Changes of the spellings of a name: `null` takes a language out, and those that are not named stay.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct SpellingsChange(BTreeMap<Tag, Option<Object<SpellingChange>>>);

impl From<NewSpellings> for Spellings {
    fn from(new: NewSpellings) -> Self {
        new.0.into_iter().map(|(language, Object(spelling))| (language, spelling)).collect()
    }
}

/// An object by language tag.
fn by_language(description: &str, value: RefOr<Schema>) -> RefOr<Schema> {
    let language = match Tag::schema() {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(_) => None,
    };
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(description))
        .property_names(language)
        .additional_properties(Some(AdditionalProperties::RefOr(value)))
        .into()
}

impl PartialSchema for NewSpellings {
    fn schema() -> RefOr<Schema> {
        by_language("Spellings by language tag (BCP 47).", Ref::from_schema_name(Spelling::name()).into())
    }
}

impl ToSchema for NewSpellings {
    fn name() -> Cow<'static, str> {
        "Spellings".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Spelling::name().into_owned(), Spelling::schema()));
    }
}

impl PartialSchema for SpellingsChange {
    fn schema() -> RefOr<Schema> {
        let change = utoipa::openapi::OneOfBuilder::new()
            .item(Ref::from_schema_name(SpellingChange::name()))
            .item(ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Null])));
        by_language("Changes by language tag (BCP 47): `null` takes one out, and languages that are not named stay.", change.into())
    }
}

impl ToSchema for SpellingsChange {
    fn name() -> Cow<'static, str> {
        "SpellingsChange".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((SpellingChange::name().into_owned(), SpellingChange::schema()));
    }
}

/// The spellings after a change. A name in a new language needs its `name`.
pub fn merge(change: Patch<SpellingsChange>, mut spellings: Spellings, faults: &mut Faults) -> Spellings {
    match change {
        Patch::Absent => {}
        Patch::Null => spellings.clear(),
        Patch::Value(SpellingsChange(changes)) => {
            for (language, change) in changes {
                let Some(Object(change)) = change else {
                    spellings.remove(&language);
                    continue;
                };
                let pointer = format!("/spellings/{language}/name");
                let old = spellings.remove(&language).unwrap_or_default();
                let name = change.name.kept(&pointer, old.name, faults);
                spellings.insert(language, Spelling { name, also: change.also.apply(Some(old.also)).unwrap_or_default() });
            }
        }
    }
    spellings
}

/// Brings spellings into the form that is stored: composed (NFC), single spaces, the apostrophes that texts are stored with, none twice.
#[must_use]
pub fn tidy(spellings: Spellings) -> Spellings {
    let neat = |text: &str, language: &Tag| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        normalise_apostrophes(&ComposingNormalizerBorrowed::new_nfc().normalize(&text), language).into_owned()
    };
    let tidied = |language: &Tag, spelling: Spelling| {
        let name = neat(&spelling.name, language);
        let mut also: Vec<String> = vec![];
        for other in spelling.also.iter().map(|other| neat(other, language)) {
            if other != name && !also.contains(&other) {
                also.push(other);
            }
        }
        Spelling { name, also }
    };
    spellings
        .into_iter()
        .map(|(language, spelling)| {
            let tidied = tidied(&language, spelling);
            (language, tidied)
        })
        .collect()
}

/// At least one spelling, each of 1 to 120 characters that can be seen, with letters or digits among them.
pub fn check(spellings: &Spellings, faults: &mut Faults) {
    faults.check(!spellings.is_empty(), "/spellings", "too_few", "needs a spelling in at least 1 language");
    for (language, spelling) in spellings {
        if spelling.also.len() > MOST_ALSO {
            faults.add(format!("/spellings/{language}/also"), "too_many", format!("may have {MOST_ALSO} items at most"));
        }
        for (n, text) in spelling.all().enumerate() {
            let pointer = if n == 0 { format!("/spellings/{language}/name") } else { format!("/spellings/{language}/also/{}", n - 1) };
            faults.text(&pointer, text, 1, LONGEST);
            if let Some(c) = text.chars().find(|c| is_unseen(*c)) {
                faults.add(&pointer, "invisible_character", format!("contains the character U+{:04X}, which cannot be seen", u32::from(c)));
            } else if !text.trim().is_empty() && super::keys::words(text).all(|(_, word)| fold(word, language).is_empty()) {
                faults.add(&pointer, "no_letters", "needs letters of a script that is written here, or digits");
            }
        }
    }
}

/// Control characters, and those that turn the direction of a text (Unicode, UAX 9). The joiners of Arabic script are letters' business.
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: serde_json::Value) -> Spellings {
        tidy(serde_json::from_value::<NewSpellings>(value).unwrap().into())
    }

    fn faults(spellings: &Spellings) -> Vec<String> {
        let mut faults = Faults::default();
        check(spellings, &mut faults);
        faults.finish().map_or_else(|error| error.faults.into_iter().filter_map(|fault| fault.pointer).collect(), |()| vec![])
    }

    #[test]
    fn spellings_are_stored_in_one_form() {
        let spellings = of(json!({ "kaz": { "name": "  Баку \n қаласы", "also": ["Баку", "Баку ", "Баку қаласы"] }, "az": { "name": "S\u{327}us\u{327}a" } }));
        assert_eq!(
            serde_json::to_value(&spellings).unwrap(),
            json!({ "az": { "name": "Şuşa", "also": [] }, "kk": { "name": "Баку қаласы", "also": ["Баку"] } })
        );
    }

    #[test]
    fn what_cannot_be_a_spelling_is_named() {
        for (spellings, wrong) in [
            (json!({ "az": { "name": "Bakı" } }), vec![]),
            (json!({}), vec!["/spellings"]),
            (json!({ "az": { "name": " " } }), vec!["/spellings/az/name"]),
            (json!({ "az": { "name": "a".repeat(121) } }), vec!["/spellings/az/name"]),
            (json!({ "az": { "name": "a".repeat(120) } }), vec![]),
            (json!({ "az": { "name": "Bakı", "also": ["B\u{202e}ku", "\u{7}a"] } }), vec!["/spellings/az/also/0", "/spellings/az/also/1"]),
            (json!({ "az": { "name": "…!" } }), vec!["/spellings/az/name"]),
            (json!({ "en": { "name": "北京" } }), vec!["/spellings/en/name"]),
            (json!({ "az": { "name": "Bakı", "also": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"] } }), vec!["/spellings/az/also"]),
        ] {
            assert_eq!(faults(&of(spellings.clone())), wrong, "{spellings}");
        }
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let old = of(json!({ "az": { "name": "Bakı", "also": ["Baki"] }, "ru": { "name": "Баку" } }));
        let change = |value| Patch::Value(serde_json::from_value::<SpellingsChange>(value).unwrap());
        let mut faults = Faults::default();
        let new = merge(change(json!({ "az": { "also": null }, "ru": null, "tr": { "name": "Bakü" } })), old.clone(), &mut faults);
        assert_eq!(new, of(json!({ "az": { "name": "Bakı" }, "tr": { "name": "Bakü" } })));
        assert_eq!(merge(Patch::Absent, old.clone(), &mut faults), old);
        assert!(merge(Patch::Null, old.clone(), &mut faults).is_empty() && faults.is_empty());
        merge(change(json!({ "az": { "name": null } })), old, &mut faults);
        assert!(!faults.is_empty());
    }
}
