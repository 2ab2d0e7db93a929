//! The places of an agency.

mod http;
mod store;

pub use http::routes;

use super::rules::{check_date, check_place};
use crate::audit::{Action, By, Changes};
use crate::db::{Timestamp, Tx};
use crate::error::{Faults, Result};
use crate::names::{self, Names, NamesChange};
use crate::patch::Patch;
use crate::precondition::Standing;
use crate::publication;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

/// A place of an agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct Office {
    pub id: Uuid,
    pub agency_id: Uuid,
    /// The name, by language.
    #[schema(value_type = Names)]
    pub names: Json<Names>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// As the city is called there.
    pub city: String,
    pub address: Option<String>,
    /// IANA name.
    pub time_zone: String,
    pub opened_on: Option<NaiveDate>,
    /// An agency has one at most.
    pub head_office: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(skip)]
    pub updated_by: Option<Uuid>,
    #[serde(skip)]
    pub version: i64,
}

impl Office {
    fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: self.updated_by }
    }

    fn check(&self, faults: &mut Faults) {
        names::check(faults, "/names", &self.names, 1, 200);
        check_place(faults, &self.country, &self.time_zone);
        faults.text("/city", &self.city, 1, 100);
        if let Some(address) = &self.address {
            faults.text("/address", address, 1, 300);
        }
        check_date(faults, "/opened_on", self.opened_on);
    }
}

/// An office to add.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"names": {"kk": "Ақтау бөлімшесі", "en": "Aktau bureau"}, "country": "KZ", "city": "Ақтау", "address": "7-шағын аудан, 12",
    "time_zone": "Asia/Aqtau", "opened_on": "2024-03-01", "head_office": false}))]
pub struct NewOffice {
    /// The name, in at least one language; 200 characters at most.
    pub names: Names,
    /// ISO 3166-1 alpha-2.
    #[schema(min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    pub country: String,
    /// As the city is called there.
    #[schema(min_length = 1, max_length = 100)]
    pub city: String,
    #[schema(min_length = 1, max_length = 300)]
    pub address: Option<String>,
    /// IANA name: `Asia/Baku`.
    #[schema(max_length = 50)]
    pub time_zone: String,
    pub opened_on: Option<NaiveDate>,
    /// An agency has one at most.
    #[serde(default)]
    pub head_office: bool,
}

/// Changes of an office.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"address": null, "opened_on": "2024-03-01"}))]
pub struct OfficeChange {
    #[serde(default)]
    #[schema(value_type = Option<NamesChange>)]
    pub names: Patch<NamesChange>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    pub country: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub city: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    pub address: Patch<String>,
    /// IANA name: `Asia/Baku`.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 50)]
    pub time_zone: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    pub opened_on: Patch<NaiveDate>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub head_office: Patch<bool>,
}

impl OfficeChange {
    /// The office as it would be.
    fn apply(self, old: Office, faults: &mut Faults) -> Office {
        let office = Office {
            names: Json(names::merge(self.names, old.names.0)),
            country: self.country.kept("/country", old.country, faults),
            city: self.city.kept("/city", old.city, faults),
            address: self.address.apply(old.address),
            time_zone: self.time_zone.kept("/time_zone", old.time_zone, faults),
            opened_on: self.opened_on.apply(old.opened_on),
            head_office: self.head_office.kept("/head_office", old.head_office, faults),
            ..old
        };
        office.check(faults);
        office
    }
}

/// What a change of an office comes to.
fn changes(old: &Office, new: &Office) -> Changes {
    Changes::default()
        .small("country", &old.country, &new.country)
        .small("head_office", &old.head_office, &new.head_office)
        .small("time_zone", &old.time_zone, &new.time_zone)
        .small("opened_on", &old.opened_on, &new.opened_on)
        .large("names", &old.names, &new.names)
        .large("city", &old.city, &new.city)
        .large("address", &old.address, &new.address)
}

/// Makes an office of an agency.
///
/// # Errors
/// `validation_failed`, `conflict` for a second head office, and when the database fails.
pub async fn create(tx: &mut Tx, agency: Uuid, new: NewOffice, by: Option<Uuid>, now: Timestamp) -> Result<Office> {
    let office = Office {
        id: Uuid::now_v7(),
        agency_id: agency,
        names: Json(new.names),
        country: new.country,
        city: new.city,
        address: new.address,
        time_zone: new.time_zone,
        opened_on: new.opened_on,
        head_office: new.head_office,
        created_at: now,
        updated_at: now,
        updated_by: by,
        version: 1,
    };
    let mut faults = Faults::default();
    office.check(&mut faults);
    faults.finish()?;
    super::store::hold(tx, agency).await?;
    store::check_head_office(tx, &office).await?;
    store::insert(tx, &office).await?;
    publication::refresh_agency(tx, agency, now).await?;
    let details = json!({ "country": office.country, "head_office": office.head_office });
    super::record(tx, By::from(by), Action::OfficeCreated, agency, office.id, details, now).await?;
    Ok(office)
}
