//! The sections of the site: what they are called, their order, which of them are in use.
//!
//! A retired section keeps its slug and its stories, and can come back.

mod http;
mod store;

pub use http::routes;
pub use store::{find_active, find_id, find_ids};

use crate::agencies::check_slug;
use crate::audit::{self, Action, By, Changes, Entry};
use crate::db::{Timestamp, Tx};
use crate::error::{Error, Faults, Result};
use crate::names::{self, Names, NamesChange};
use crate::patch::Patch;
use crate::precondition::Standing;
use crate::{publication, text_enum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// Whether a section is in use.
    pub enum SectionState {
        Active = "active",
        /// Not shown to the public.
        Retired = "retired",
    }
}

/// A section of the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Section {
    pub id: Uuid,
    /// For addresses; it never changes.
    pub slug: String,
    /// The name, by language.
    #[schema(value_type = Names)]
    pub names: Json<Names>,
    /// Its place among the others; those in use are counted from 1.
    pub position: i32,
    pub state: SectionState,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(skip)]
    pub updated_by: Option<Uuid>,
    #[serde(skip)]
    pub version: i64,
}

impl Section {
    /// For the precondition of a change.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: self.updated_by }
    }
}

/// A section to add.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slug": "radio", "names": {"az": "Radio", "kk": "Радио", "en": "Radio"}}))]
pub struct NewSection {
    /// For addresses; it can never be changed. Not a UUID.
    #[schema(min_length = 2, max_length = 40, pattern = "^[a-z0-9-]{2,40}$")]
    pub slug: String,
    /// The name, in at least one language; 100 characters at most.
    pub names: Names,
}

/// Changes of a section.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"names": {"az": "Siyasət", "kk": "Саясат", "en": "Politics"}}))]
pub struct SectionChange {
    #[serde(default)]
    #[schema(value_type = Option<NamesChange>)]
    pub names: Patch<NamesChange>,
    #[serde(default)]
    #[schema(value_type = Option<SectionState>)]
    pub state: Patch<SectionState>,
}

impl SectionChange {
    /// The section as it would be.
    fn apply(self, old: &Section, faults: &mut Faults) -> Section {
        let mut section = old.clone();
        section.names = Json(names::merge(self.names, section.names.0));
        section.state = self.state.kept("/state", section.state, faults);
        names::check(faults, "/names", &section.names, 1, 100);
        section
    }
}

/// Sections that an order may name.
const MOST: usize = 500;

/// Puts the sections in use into the order of `references`, their ids or slugs, which name each of them once.
///
/// # Errors
/// `validation_failed` with what is unknown, named twice or missing.
fn arrange<'a>(sections: &'a [Section], references: &[String]) -> Result<Vec<&'a Section>> {
    if references.len() > MOST {
        return Err(Error::invalid("/sections", "too_many", format!("has more than {MOST} sections")));
    }
    let active = || sections.iter().filter(|section| section.state == SectionState::Active);
    let mut faults = Faults::default();
    let mut order: Vec<&Section> = vec![];
    for (i, reference) in references.iter().enumerate() {
        let pointer = format!("/sections/{i}");
        let id = Uuid::try_parse(reference).ok();
        match active().find(|section| Some(section.id) == id || section.slug == *reference) {
            None => faults.add(pointer, "unknown_section", "is not a section in use; GET /v1/sections?state=active lists them"),
            Some(section) if order.contains(&section) => faults.add(pointer, "duplicate", "is there twice"),
            Some(section) => order.push(section),
        }
    }
    let missing: Vec<&str> = active().filter(|section| !order.contains(section)).map(|section| section.slug.as_str()).collect();
    if !missing.is_empty() {
        faults.add("/sections", "incomplete", format!("must name every section in use; missing: {}", missing.join(", ")));
    }
    faults.finish()?;
    Ok(order)
}

/// Where a section that comes back stands: in its old place, or behind all others where that was taken.
fn place(sections: &[Section], back: &Section) -> i32 {
    let taken = sections.iter().any(|other| other.id != back.id && other.state == SectionState::Active && other.position == back.position);
    if !taken {
        return back.position;
    }
    sections.iter().map(|section| section.position).max().unwrap_or(0).saturating_add(1)
}

/// Leaves a trace of what was done to a section, for the platform.
async fn record(tx: &mut Tx, by: By, action: Action, section: Uuid, details: Value, now: Timestamp) -> Result<()> {
    audit::record(tx, by, Entry { action, agency: None, subject: section, language: None, details }, now).await
}

/// What was done to a section; `None` for nothing.
fn traced(old: &Section, new: &Section) -> Option<(Action, Value)> {
    let changes = Changes::default().small("state", &old.state, &new.state).large("names", &old.names, &new.names);
    let action = match (old.state, new.state) {
        (SectionState::Active, SectionState::Retired) => Action::SectionRetired,
        (SectionState::Retired, SectionState::Active) => Action::SectionRestored,
        _ => Action::SectionChanged,
    };
    (!changes.is_empty()).then(|| (action, changes.details()))
}

/// Makes a section, after all others, and its public profile.
///
/// # Errors
/// `validation_failed`, `already_exists`, and when the database fails.
pub async fn create(tx: &mut Tx, new: NewSection, by: Option<Uuid>, now: Timestamp) -> Result<Section> {
    let mut faults = Faults::default();
    check_slug(&mut faults, "/slug", &new.slug);
    faults.check(new.slug != "order", "/slug", "reserved", "is an address of ours");
    names::check(&mut faults, "/names", &new.names, 1, 100);
    faults.finish()?;
    let section = Section {
        id: Uuid::now_v7(),
        slug: new.slug,
        names: Json(new.names),
        position: store::last_position(tx).await?.saturating_add(1),
        state: SectionState::Active,
        created_at: now,
        updated_at: now,
        updated_by: by,
        version: 1,
    };
    store::insert(tx, &section).await?;
    publication::refresh_section(tx, section.id, now).await?;
    record(tx, By::from(by), Action::SectionCreated, section.id, json!({ "slug": section.slug }), now).await?;
    Ok(section)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Tag;

    fn section(n: u128, slug: &str, state: SectionState) -> Section {
        Section {
            id: Uuid::from_u128(n),
            slug: slug.to_owned(),
            names: Json(Names::from_iter([(Tag::parse("en").unwrap(), slug.to_owned())])),
            position: 1,
            state,
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            updated_by: None,
            version: 1,
        }
    }

    fn faults(error: Error) -> Vec<String> {
        error.faults.into_iter().filter_map(|fault| fault.pointer).collect()
    }

    #[test]
    fn an_order_names_every_section_in_use_once() {
        let sections =
            [section(1, "politics", SectionState::Active), section(2, "economy", SectionState::Active), section(3, "horoscope", SectionState::Retired)];
        let economy = Uuid::from_u128(2).to_string();
        for (references, expected) in [
            (vec!["politics", "economy"], Ok(vec!["politics", "economy"])),
            (vec![economy.as_str(), "politics"], Ok(vec!["economy", "politics"])),
            (vec![], Err(vec!["/sections"])),
            (vec!["politics"], Err(vec!["/sections"])),
            (vec!["politics", "economy", economy.as_str()], Err(vec!["/sections/2"])),
            (vec!["politics", "horoscope", "economy"], Err(vec!["/sections/1"])),
            (vec!["sport", "economy", "economy"], Err(vec!["/sections/0", "/sections/2", "/sections"])),
        ] {
            let given: Vec<String> = references.iter().map(|reference| (*reference).to_owned()).collect();
            let found = arrange(&sections, &given).map_err(faults);
            let found = found.map(|order| order.into_iter().map(|section| section.slug.clone()).collect::<Vec<_>>());
            let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(found, expected.map(owned).map_err(owned), "{references:?}");
        }
    }

    #[test]
    fn names_and_state_cannot_be_emptied() {
        let old = section(1, "politics", SectionState::Active);
        for (patch, expected) in [
            (r"{}", vec![]),
            (r#"{"state": "retired", "names": {"kk": "Саясат"}}"#, vec![]),
            (r#"{"state": null, "names": null}"#, vec!["/state", "/names"]),
            (r#"{"names": {}}"#, vec![]),
            (r#"{"names": null}"#, vec!["/names"]),
            (r#"{"names": {"en": "Politics", "kk": ""}}"#, vec!["/names/kk"]),
        ] {
            let change: SectionChange = serde_json::from_str(patch).unwrap();
            let mut noted = Faults::default();
            let _ = change.apply(&old, &mut noted);
            assert_eq!(noted.finish().map_or_else(faults, |()| vec![]), expected, "{patch}");
        }
    }
}
