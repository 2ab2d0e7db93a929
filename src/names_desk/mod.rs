//! The names desk: people, places and bodies with their spelling in each language and script.
//!
//! One list for all agencies. Search finds by it what a query names in another language ([`also_called`]), conversion spells by it what
//! rules would not ([`spelled`]), and the guard tells by it where a text spells a name otherwise than the house ([`unusual`]).
//! What is on the list, and in use, is no secret: readers' search knows it.

mod http;
mod keys;
mod list;
mod lookup;
mod published;
mod seed;
mod spellings;
mod store;
mod uses;

pub use http::routes;
pub use lookup::{NameInText, compare};
pub use seed::begin;
pub use spellings::{NewSpellings, Spelling, SpellingChange, Spellings, SpellingsChange};
pub use uses::{Alternative, Unusual, also_called, call, spelled, unusual};

use crate::audit::{Action, Changes};
use crate::db::Timestamp;
use crate::error::Faults;
use crate::patch::Patch;
use crate::precondition::Standing;
use crate::secrets::sha256;
use crate::text_enum;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// What a name is of.
    pub enum NameKind {
        Person = "person",
        Place = "place",
        /// An organization.
        Body = "body",
    }
}

text_enum! {
    /// Whether a name is in use.
    pub enum NameState {
        Active = "active",
        /// Searches and texts do not know it; it can come back.
        Retired = "retired",
    }
}

/// A name on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Name {
    pub id: Uuid,
    pub kind: NameKind,
    /// What it is called elsewhere, with the list that calls it so: `iso3166:AZ`, `wikidata:Q9248`, `tz:Asia/Baku`.
    #[schema(example = "iso3166:AZ")]
    pub code: Option<String>,
    #[schema(value_type = NewSpellings)]
    pub spellings: Json<Spellings>,
    /// For colleagues: which of two, how it is pronounced, where the spelling is from.
    pub note: Option<String>,
    pub state: NameState,
    pub created_at: Timestamp,
    /// Who put it on the list; `null` for what the house began with.
    pub created_by: Option<Uuid>,
    pub updated_at: Timestamp,
    /// Who changed it last.
    pub updated_by: Option<Uuid>,
    #[serde(skip)]
    pub version: i64,
}

impl Name {
    /// For the precondition of a change.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: self.updated_by }
    }

    /// The same for two names that nothing tells apart.
    fn fingerprint(&self) -> String {
        let spellings = serde_json::to_string(&self.spellings).unwrap_or_default();
        let code = self.code.as_deref().unwrap_or_default();
        URL_SAFE_NO_PAD.encode(sha256(format!("{}\n{code}\n{spellings}", self.kind).as_bytes()))
    }

    fn check(&self, faults: &mut Faults) {
        spellings::check(&self.spellings, faults);
        if let Some(code) = &self.code {
            faults.check(is_code(code), "/code", "invalid", "must be a list and what it says, such as iso3166:AZ or wikidata:Q9248");
        }
        if let Some(note) = &self.note {
            faults.text("/note", note, 1, 500);
        }
    }
}

/// A scheme of small letters and digits, and a value without spaces. Those that we know must look as theirs do.
fn is_code(code: &str) -> bool {
    let Some((scheme, value)) = code.split_once(':') else { return false };
    let is_scheme = (2..=20).contains(&scheme.len()) && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_value = (1..=64).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+.-".contains(&b));
    let is_theirs = match scheme {
        "iso3166" => value.len() == 2 && value.bytes().all(|b| b.is_ascii_uppercase()),
        "wikidata" => value.strip_prefix('Q').is_some_and(|n| !n.is_empty() && !n.starts_with('0') && n.bytes().all(|b| b.is_ascii_digit())),
        _ => true,
    };
    is_scheme && is_value && is_theirs
}

/// A name to put on the list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "place",
    "code": "wikidata:Q486396",
    "spellings": { "az": { "name": "Ağdam" }, "tr": { "name": "Ağdam" }, "kk": { "name": "Ағдам" }, "ru": { "name": "Агдам" }, "en": { "name": "Aghdam", "also": ["Agdam"] } },
    "note": "The city, not the district."
}))]
pub struct NewName {
    pub kind: NameKind,
    #[schema(max_length = 85, pattern = "^[a-z0-9]{2,20}:[A-Za-z0-9/_+.-]{1,64}$")]
    pub code: Option<String>,
    /// In at least one language.
    pub spellings: NewSpellings,
    #[schema(min_length = 1, max_length = 500)]
    pub note: Option<String>,
}

impl NewName {
    fn read(self, by: Option<Uuid>, now: Timestamp, faults: &mut Faults) -> Name {
        let name = Name {
            id: Uuid::now_v7(),
            kind: self.kind,
            code: self.code,
            spellings: Json(spellings::tidy(self.spellings.into())),
            note: self.note,
            state: NameState::Active,
            created_at: now,
            created_by: by,
            updated_at: now,
            updated_by: by,
            version: 1,
        };
        name.check(faults);
        name
    }
}

/// Changes of a name.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "spellings": { "uz": { "name": "Ogʻdam" }, "en": { "also": ["Agdam", "Akdam"] } } }))]
pub struct NameChange {
    #[serde(default)]
    #[schema(value_type = Option<NameKind>)]
    pub kind: Patch<NameKind>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 85)]
    pub code: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<SpellingsChange>)]
    pub spellings: Patch<SpellingsChange>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    pub note: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<NameState>)]
    pub state: Patch<NameState>,
}

impl NameChange {
    fn apply(self, old: &Name, faults: &mut Faults) -> Name {
        let old = old.clone();
        let name = Name {
            kind: self.kind.kept("/kind", old.kind, faults),
            code: self.code.apply(old.code),
            spellings: Json(spellings::tidy(spellings::merge(self.spellings, old.spellings.0, faults))),
            note: self.note.apply(old.note),
            state: self.state.kept("/state", old.state, faults),
            ..old
        };
        name.check(faults);
        name
    }
}

/// What the log says of a change; `None` where there is none.
fn traced(old: &Name, new: &Name) -> Option<(Action, serde_json::Value)> {
    let changes = Changes::default()
        .small("kind", &old.kind, &new.kind)
        .small("code", &old.code, &new.code)
        .small("state", &old.state, &new.state)
        .large("spellings", &old.spellings, &new.spellings)
        .large("note", &old.note, &new.note);
    let action = match (old.state, new.state) {
        (NameState::Active, NameState::Retired) => Action::NameRetired,
        (NameState::Retired, NameState::Active) => Action::NameRestored,
        _ => Action::NameChanged,
    };
    (!changes.is_empty()).then(|| (action, changes.details()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_whose_they_are() {
        for code in ["iso3166:AZ", "wikidata:Q9248", "tz:America/Argentina/Buenos_Aires", "place:cholpon-ata"] {
            assert!(is_code(code), "{code}");
        }
        for code in
            ["", "AZ", ":AZ", "iso3166:", "iso3166:az", "iso3166:AZE", "wikidata:9248", "wikidata:Q", "wikidata:Q0", "ISO:AZ", "tz:Asia Baku", "x:1", "tz:Bakı"]
        {
            assert!(!is_code(code), "{code}");
        }
    }
}
