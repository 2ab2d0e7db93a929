//! The members of the house: agencies, their offices, the agreements by which they joined, and the keys of their programs.
//!
//! One agency is the platform itself; only the seed and the command line make it. Whoever changes an agency or one of its offices holds the agency's row
//! until the end of the transaction, so that its public profile is made of what is.

mod agreements;
mod api_keys;
mod countries;
mod http;
mod offices;
mod rules;
mod store;

pub use self::AgencyKind as Kind;
pub use agreements::{Agreement, NewAgreement, Sharing, create as create_agreement};
pub use http::routes;
pub use offices::{NewOffice, Office, create as create_office};
pub use rules::{VariantRule, check_slug};
pub use store::{asks_for_four_eyes, find_active, find_id, find_ids, find_managed, is_active, languages, platform, variant_rules};

use crate::audit::{self, Action, By, Changes, Entry};
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::Object;
use crate::language::Tag;
use crate::names::{self, Names, NamesChange};
use crate::patch::Patch;
use crate::precondition::Standing;
use crate::{publication, text_enum};
use rules::{check_place, is_website};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// What an agency is in the house.
    pub enum AgencyKind {
        /// The joint desk, whose staff work across agencies. There is one.
        Platform = "platform",
        Member = "member",
    }
}

text_enum! {
    /// Where an agency stands with the house.
    pub enum AgencyState {
        Active = "active",
        /// Its staff and keys cannot sign in, and it has no public profile.
        Suspended = "suspended",
    }
}

/// What is done with an agency as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Suspend,
    Reinstate,
}

impl AgencyState {
    /// The state after a step; `None` where it is not possible.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Active, Step::Suspend) => Some(Self::Suspended),
            (Self::Suspended, Step::Reinstate) => Some(Self::Active),
            _ => None,
        }
    }
}

/// A member of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Agency {
    pub id: Uuid,
    /// For addresses; it never changes.
    pub slug: String,
    pub kind: AgencyKind,
    pub state: AgencyState,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The languages that it publishes in.
    #[schema(value_type = Vec<Tag>)]
    pub languages: Json<Vec<Tag>>,
    /// The name, by language.
    #[schema(value_type = Names)]
    pub names: Json<Names>,
    /// A few sentences about it, by language.
    #[schema(value_type = Names)]
    pub descriptions: Json<Names>,
    /// IANA name.
    pub time_zone: String,
    pub website: Option<String>,
    /// Whether nobody approves or publishes what they wrote last themselves.
    pub four_eyes: bool,
    /// What happens with texts in other scripts by itself.
    #[schema(value_type = Vec<VariantRule>)]
    pub variant_rules: Json<Vec<VariantRule>>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(skip)]
    pub updated_by: Option<Uuid>,
    #[serde(skip)]
    pub version: i64,
}

impl Agency {
    /// For the precondition of a change.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: self.updated_by }
    }

    /// The state after a step.
    ///
    /// # Errors
    /// `conflict` for suspending the platform, `illegal_transition` for what is so already.
    pub fn step(&self, step: Step) -> Result<AgencyState> {
        if self.kind == AgencyKind::Platform && step == Step::Suspend {
            return Err(Error::new(Code::Conflict, "The platform agency cannot be suspended: nobody could reinstate it."));
        }
        self.state
            .after(step)
            .ok_or_else(|| Error::new(Code::IllegalTransition, format!("The agency is {} already.", self.state)).with("state", self.state.as_str()))
    }

    /// Checks what is said of an agency, its slug apart.
    fn check(&self, faults: &mut Faults) {
        check_place(faults, &self.country, &self.time_zone);
        faults.check(!self.languages.is_empty(), "/languages", "too_few", "needs at least one language");
        faults.check(self.languages.len() <= 50, "/languages", "too_many", "has more than 50 languages");
        for (i, language) in self.languages.iter().enumerate().take(50) {
            let again = self.languages.iter().take(i).any(|other| other == language);
            faults.check(!again, &format!("/languages/{i}"), "duplicate", "is there twice");
        }
        rules::check_variants(faults, &self.variant_rules);
        names::check(faults, "/names", &self.names, 1, 200);
        names::check(faults, "/descriptions", &self.descriptions, 0, 2_000);
        if let Some(website) = &self.website {
            faults.check(is_website(website), "/website", "invalid_url", "must be an address such as https://agency.example, with at most 2048 characters");
        }
    }
}

/// An agency that joins.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"slug": "steppe-news", "country": "KZ", "languages": ["kk", "ru"], "names": {"kk": "Дала жаңалықтары", "en": "Steppe News"},
    "descriptions": {"en": "Covers the west of Kazakhstan."}, "time_zone": "Asia/Aqtau", "website": "https://steppe-news.example", "four_eyes": true}))]
pub struct NewAgency {
    /// For addresses; it can never be changed. Not a UUID.
    #[schema(min_length = 2, max_length = 40, pattern = "^[a-z0-9-]{2,40}$")]
    pub slug: String,
    /// ISO 3166-1 alpha-2.
    #[schema(min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    pub country: String,
    /// The languages that it publishes in.
    #[schema(min_items = 1, max_items = 50)]
    pub languages: Vec<Tag>,
    /// The name, in at least one language; 200 characters at most.
    pub names: Names,
    /// A few sentences about it, by language; 2000 characters at most.
    #[serde(default)]
    pub descriptions: Names,
    /// IANA name: `Asia/Baku`.
    #[schema(max_length = 50)]
    pub time_zone: String,
    /// An `http` or `https` address.
    #[schema(max_length = 2048)]
    pub website: Option<String>,
    /// Whether nobody approves or publishes what they wrote last themselves.
    #[serde(default)]
    pub four_eyes: bool,
}

/// Changes of an agency.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"website": "https://www.trend.az", "four_eyes": true}))]
pub struct AgencyChange {
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    pub country: Patch<String>,
    /// Replaces the languages.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Tag>>, min_items = 1, max_items = 50)]
    pub languages: Patch<Vec<Tag>>,
    #[serde(default)]
    #[schema(value_type = Option<NamesChange>)]
    pub names: Patch<NamesChange>,
    #[serde(default)]
    #[schema(value_type = Option<NamesChange>)]
    pub descriptions: Patch<NamesChange>,
    /// IANA name: `Asia/Baku`.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 50)]
    pub time_zone: Patch<String>,
    /// An `http` or `https` address.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2048)]
    pub website: Patch<String>,
    /// Whether nobody approves or publishes what they wrote last themselves.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub four_eyes: Patch<bool>,
    /// Replaces what happens with texts in other scripts by itself.
    #[serde(default)]
    #[schema(value_type = Option<Vec<VariantRule>>, max_items = 50)]
    pub variant_rules: Patch<Vec<Object<VariantRule>>>,
}

impl AgencyChange {
    /// The agency as it would be.
    fn apply(self, old: &Agency, faults: &mut Faults) -> Agency {
        let agency = old.clone();
        let agency = Agency {
            country: self.country.kept("/country", agency.country, faults),
            languages: Json(self.languages.kept("/languages", agency.languages.0, faults)),
            names: Json(names::merge(self.names, agency.names.0)),
            descriptions: Json(names::merge(self.descriptions, agency.descriptions.0)),
            time_zone: self.time_zone.kept("/time_zone", agency.time_zone, faults),
            website: self.website.apply(agency.website),
            four_eyes: self.four_eyes.kept("/four_eyes", agency.four_eyes, faults),
            variant_rules: match self.variant_rules {
                Patch::Absent => agency.variant_rules,
                Patch::Null => Json(vec![]),
                Patch::Value(rules) => Json(rules.into_iter().map(|Object(rule)| rule).collect()),
            },
            ..agency
        };
        agency.check(faults);
        agency
    }
}

/// Leaves a trace of what was done to an agency, or to something that belongs to it.
async fn record(tx: &mut Tx, by: By, action: Action, agency: Uuid, subject: Uuid, details: Value, now: Timestamp) -> Result<()> {
    audit::record(tx, by, Entry { action, agency: Some(agency), subject, language: None, details }, now).await
}

/// What a change of an agency comes to.
fn changes(old: &Agency, new: &Agency) -> Changes {
    Changes::default()
        .small("country", &old.country, &new.country)
        .small("four_eyes", &old.four_eyes, &new.four_eyes)
        .large("variant_rules", &old.variant_rules, &new.variant_rules)
        .small("time_zone", &old.time_zone, &new.time_zone)
        .large("languages", &old.languages, &new.languages)
        .large("names", &old.names, &new.names)
        .large("descriptions", &old.descriptions, &new.descriptions)
        .large("website", &old.website, &new.website)
}

/// Makes an agency and its public profile.
///
/// # Errors
/// `validation_failed`, `already_exists`, and when the database fails.
pub async fn create(tx: &mut Tx, new: NewAgency, kind: AgencyKind, by: Option<Uuid>, now: Timestamp) -> Result<Agency> {
    let agency = Agency {
        id: Uuid::now_v7(),
        slug: new.slug,
        kind,
        state: AgencyState::Active,
        country: new.country,
        languages: Json(new.languages),
        names: Json(new.names),
        descriptions: Json(new.descriptions),
        time_zone: new.time_zone,
        website: new.website,
        four_eyes: new.four_eyes,
        variant_rules: Json(vec![]),
        created_at: now,
        updated_at: now,
        updated_by: by,
        version: 1,
    };
    let mut faults = Faults::default();
    check_slug(&mut faults, "/slug", &agency.slug);
    agency.check(&mut faults);
    faults.finish()?;
    store::insert(tx, &agency).await?;
    publication::refresh_agency(tx, agency.id, now).await?;
    let details = json!({ "slug": agency.slug, "kind": agency.kind, "four_eyes": agency.four_eyes });
    record(tx, By::from(by), Action::AgencyCreated, agency.id, agency.id, details, now).await?;
    Ok(agency)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agency() -> Agency {
        let kazakh = Tag::parse("kk").unwrap();
        Agency {
            id: Uuid::from_u128(1),
            slug: "kazinform".to_owned(),
            kind: AgencyKind::Member,
            state: AgencyState::Active,
            country: "KZ".to_owned(),
            languages: Json(vec![kazakh.clone()]),
            names: Json(Names::from_iter([(kazakh.clone(), "Қазинформ".to_owned())])),
            descriptions: Json(Names::from_iter([(kazakh, "Агенттік.".to_owned())])),
            time_zone: "Asia/Almaty".to_owned(),
            website: Some("https://www.inform.kz".to_owned()),
            four_eyes: false,
            variant_rules: Json(vec![]),
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            updated_by: None,
            version: 1,
        }
    }

    fn pointers(faults: Faults) -> Vec<String> {
        faults.finish().map_or_else(|error| error.faults.into_iter().filter_map(|fault| fault.pointer).collect(), |()| vec![])
    }

    #[test]
    fn the_whole_machine() {
        use AgencyState::{Active, Suspended};
        for (state, step, after) in [
            (Active, Step::Suspend, Some(Suspended)),
            (Active, Step::Reinstate, None),
            (Suspended, Step::Suspend, None),
            (Suspended, Step::Reinstate, Some(Active)),
        ] {
            assert_eq!(state.after(step), after, "{state} {step:?}");
            let member = Agency { state, ..agency() };
            assert_eq!(member.step(step).map_err(|error| error.code), after.ok_or(Code::IllegalTransition), "{state} {step:?}");
        }
        let platform = Agency { kind: AgencyKind::Platform, ..agency() };
        assert_eq!(platform.step(Step::Suspend).map_err(|error| error.code), Err(Code::Conflict));
    }

    #[test]
    fn all_faults_of_a_change_are_told() {
        for (patch, expected) in [
            (r"{}", vec![]),
            (r#"{"website": null, "descriptions": null, "four_eyes": true, "country": "UZ", "time_zone": "Asia/Samarkand"}"#, vec![]),
            (
                r#"{"country": null, "languages": null, "names": null, "time_zone": null, "four_eyes": null}"#,
                vec!["/country", "/languages", "/time_zone", "/four_eyes", "/names"],
            ),
            (r#"{"country": "kz", "time_zone": "Asia/Astana", "website": "inform.kz"}"#, vec!["/country", "/time_zone", "/website"]),
            (r#"{"languages": [], "names": {"kk": null}, "descriptions": {"kk": " "}}"#, vec!["/languages", "/names", "/descriptions/kk"]),
            (r#"{"languages": ["kk", "ru", "kaz"]}"#, vec!["/languages/2"]),
        ] {
            let change: AgencyChange = serde_json::from_str(patch).unwrap();
            let mut faults = Faults::default();
            let _ = change.apply(&agency(), &mut faults);
            assert_eq!(pointers(faults), expected, "{patch}");
        }
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let change: AgencyChange = serde_json::from_str(r#"{"website": null, "names": {"en": "Kazinform"}}"#).unwrap();
        let changed = change.apply(&agency(), &mut Faults::default());
        let names = Json(serde_json::from_str(r#"{"en": "Kazinform", "kk": "Қазинформ"}"#).unwrap());
        assert_eq!(changed, Agency { website: None, names, ..agency() });
    }
}
