//! Names and texts by language: `{"az": "…", "kk": "…"}`.

use crate::error::Faults;
use crate::language::Tag;
use crate::patch::Patch;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use utoipa::openapi::schema::{AdditionalProperties, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

/// A text by language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Names(BTreeMap<Tag, String>);

impl Deref for Names {
    type Target = BTreeMap<Tag, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Names {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl FromIterator<(Tag, String)> for Names {
    fn from_iter<I: IntoIterator<Item = (Tag, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl utoipa::PartialSchema for Names {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("A text by language tag (BCP 47)."))
            .property_names(language())
            .additional_properties(Some(AdditionalProperties::RefOr(ObjectBuilder::new().schema_type(Type::String).into())))
            .examples([serde_json::json!({ "az": "Siyasət", "kk": "Саясат" })])
            .into()
    }
}

/// What a text by language can be called.
fn language() -> Option<Schema> {
    match <Tag as utoipa::PartialSchema>::schema() {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(_) => None,
    }
}

impl utoipa::ToSchema for Names {
    fn name() -> Cow<'static, str> {
        "Names".into()
    }
}

/// Changes of a text by language, as JSON Merge Patch has them: `null` removes a language, and those not named stay.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct NamesChange(BTreeMap<Tag, Option<String>>);

impl utoipa::PartialSchema for NamesChange {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Texts by language tag (BCP 47): `null` removes one, and languages that are not named stay."))
            .property_names(language())
            .additional_properties(Some(AdditionalProperties::RefOr(text.into())))
            .examples([serde_json::json!({ "kk": "Саясат", "en": null })])
            .into()
    }
}

impl utoipa::ToSchema for NamesChange {
    fn name() -> Cow<'static, str> {
        "NamesChange".into()
    }
}

/// The names after a change; `null` for the whole leaves none.
#[must_use]
pub fn merge(change: Patch<NamesChange>, mut names: Names) -> Names {
    match change {
        Patch::Absent => {}
        Patch::Null => names.clear(),
        Patch::Value(NamesChange(changes)) => {
            for (language, text) in changes {
                match text {
                    Some(text) => drop(names.insert(language, text)),
                    None => drop(names.remove(&language)),
                }
            }
        }
    }
    names
}

/// At least `min` names of 1 to `max` characters.
pub fn check(faults: &mut Faults, pointer: &str, names: &Names, min: usize, max: usize) {
    if names.len() < min {
        faults.add(pointer, "too_few", format!("needs a text in at least {min} language"));
    }
    for (language, name) in names.iter() {
        faults.text(&format!("{pointer}/{language}"), name, 1, max);
    }
}

/// The name in the language asked for, or in one that its readers know, or in any.
#[must_use]
pub fn pick<'a>(names: &'a Names, language: &Tag) -> &'a str {
    let own = names.get(language);
    let known = || language.fallbacks().into_iter().find_map(|tag| names.get(&tag));
    own.or_else(known).or_else(|| names.values().next()).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let old: Names = serde_json::from_str(r#"{"az": "a", "kk": "b"}"#).unwrap();
        let change = |json: &str| Patch::Value(serde_json::from_str::<NamesChange>(json).unwrap());
        let json = |names: &Names| serde_json::to_string(names).unwrap();
        assert_eq!(json(&merge(change(r#"{"kk": null, "en": "c"}"#), old.clone())), r#"{"az":"a","en":"c"}"#);
        assert_eq!(merge(Patch::Absent, old.clone()), old);
        assert!(merge(Patch::Null, old).is_empty());
    }
}
