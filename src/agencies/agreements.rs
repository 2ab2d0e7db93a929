//! The memoranda by which agencies joined, and what they share by them.
//!
//! What an agreement shares counts from the next request on, on the days on which it is in force.

mod http;
mod store;

pub use http::routes;

use super::rules::check_date;
use crate::audit::{Action, By, Changes};
use crate::db::{Timestamp, Tx};
use crate::error::{Faults, Result};
use crate::patch::Patch;
use crate::precondition::Standing;
use crate::text_enum;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// Which stories of the agency the platform may work on.
    pub enum Sharing {
        /// Those that are flagged as shared.
        Flagged = "flagged",
        /// All, while the agreement is in force.
        All = "all",
    }
}

/// A memorandum between an agency and the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Agreement {
    pub id: Uuid,
    pub agency_id: Uuid,
    pub title: String,
    pub signed_on: Option<NaiveDate>,
    /// The first day; without one, it has been in force ever since.
    pub in_force_from: Option<NaiveDate>,
    /// The last day; without one, there is no end.
    pub in_force_to: Option<NaiveDate>,
    pub sharing: Sharing,
    pub note: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(skip)]
    pub updated_by: Option<Uuid>,
    #[serde(skip)]
    pub version: i64,
}

impl Agreement {
    fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: self.updated_by }
    }

    fn check(&self, faults: &mut Faults) {
        faults.text("/title", &self.title, 1, 200);
        check_date(faults, "/signed_on", self.signed_on);
        check_date(faults, "/in_force_from", self.in_force_from);
        check_date(faults, "/in_force_to", self.in_force_to);
        if let (Some(from), Some(to)) = (self.in_force_from, self.in_force_to) {
            faults.check(from <= to, "/in_force_to", "too_early", "must not be before in_force_from");
        }
        if let Some(note) = &self.note {
            faults.text("/note", note, 1, 2_000);
        }
    }
}

/// An agreement to record.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Memorandum of cooperation", "signed_on": "2024-02-15", "in_force_from": "2024-03-01", "in_force_to": "2027-02-28",
    "sharing": "flagged", "note": "To be renewed three months before its end."}))]
pub struct NewAgreement {
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    pub signed_on: Option<NaiveDate>,
    /// The first day.
    pub in_force_from: Option<NaiveDate>,
    /// The last day.
    pub in_force_to: Option<NaiveDate>,
    pub sharing: Sharing,
    #[schema(min_length = 1, max_length = 2000)]
    pub note: Option<String>,
}

/// Changes of an agreement.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"in_force_to": "2027-02-28", "sharing": "all"}))]
pub struct AgreementChange {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub title: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    pub signed_on: Patch<NaiveDate>,
    /// The first day.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    pub in_force_from: Patch<NaiveDate>,
    /// The last day.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    pub in_force_to: Patch<NaiveDate>,
    #[serde(default)]
    #[schema(value_type = Option<Sharing>)]
    pub sharing: Patch<Sharing>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 2000)]
    pub note: Patch<String>,
}

impl AgreementChange {
    /// The agreement as it would be.
    fn apply(self, old: Agreement, faults: &mut Faults) -> Agreement {
        let agreement = Agreement {
            title: self.title.kept("/title", old.title, faults),
            signed_on: self.signed_on.apply(old.signed_on),
            in_force_from: self.in_force_from.apply(old.in_force_from),
            in_force_to: self.in_force_to.apply(old.in_force_to),
            sharing: self.sharing.kept("/sharing", old.sharing, faults),
            note: self.note.apply(old.note),
            ..old
        };
        agreement.check(faults);
        agreement
    }
}

/// What a change of an agreement comes to.
fn changes(old: &Agreement, new: &Agreement) -> Changes {
    Changes::default()
        .small("sharing", &old.sharing, &new.sharing)
        .small("signed_on", &old.signed_on, &new.signed_on)
        .small("in_force_from", &old.in_force_from, &new.in_force_from)
        .small("in_force_to", &old.in_force_to, &new.in_force_to)
        .large("title", &old.title, &new.title)
        .large("note", &old.note, &new.note)
}

/// Records an agreement of an agency.
///
/// # Errors
/// `validation_failed`, and when the database fails.
pub async fn create(tx: &mut Tx, agency: Uuid, new: NewAgreement, by: Option<Uuid>, now: Timestamp) -> Result<Agreement> {
    let agreement = Agreement {
        id: Uuid::now_v7(),
        agency_id: agency,
        title: new.title,
        signed_on: new.signed_on,
        in_force_from: new.in_force_from,
        in_force_to: new.in_force_to,
        sharing: new.sharing,
        note: new.note,
        created_at: now,
        updated_at: now,
        updated_by: by,
        version: 1,
    };
    let mut faults = Faults::default();
    agreement.check(&mut faults);
    faults.finish()?;
    store::insert(tx, &agreement).await?;
    let details = json!({ "sharing": agreement.sharing, "in_force_from": agreement.in_force_from, "in_force_to": agreement.in_force_to });
    super::record(tx, By::from(by), Action::AgreementCreated, agency, agreement.id, details, now).await?;
    Ok(agreement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_does_not_end_before_it_begins() {
        let old = Agreement {
            id: Uuid::from_u128(1),
            agency_id: Uuid::from_u128(2),
            title: "Memorandum".to_owned(),
            signed_on: None,
            in_force_from: NaiveDate::from_ymd_opt(2024, 3, 1),
            in_force_to: None,
            sharing: Sharing::Flagged,
            note: Some("Renew it.".to_owned()),
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            updated_by: None,
            version: 1,
        };
        for (patch, expected) in [
            (r"{}", vec![]),
            (r#"{"in_force_to": "2024-03-01", "note": null}"#, vec![]),
            (r#"{"in_force_to": "2024-02-29"}"#, vec!["/in_force_to"]),
            (r#"{"in_force_from": null, "in_force_to": "2024-02-29", "sharing": "all"}"#, vec![]),
            (r#"{"signed_on": "+12024-02-29", "title": " ", "note": ""}"#, vec!["/title", "/signed_on", "/note"]),
            (r#"{"title": null, "sharing": null}"#, vec!["/title", "/sharing"]),
        ] {
            let change: AgreementChange = serde_json::from_str(patch).unwrap();
            let mut faults = Faults::default();
            let _ = change.apply(old.clone(), &mut faults);
            let found = faults.finish().map_or_else(|error| error.faults, |()| vec![]);
            let found: Vec<&str> = found.iter().filter_map(|fault| fault.pointer.as_deref()).collect();
            assert_eq!(found, expected, "{patch}");
        }
    }
}
