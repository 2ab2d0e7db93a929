//! Public profiles of agencies, sections and bylined staff.

use super::store;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::language::Tag;
use crate::names::Names;
use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

/// An agency, as the public may know it.
#[derive(Serialize, ToSchema)]
pub struct AgencyProfile {
    pub id: Uuid,
    pub slug: String,
    /// `platform` or `member`.
    pub kind: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub languages: Vec<Tag>,
    pub names: Names,
    pub descriptions: Names,
    pub website: Option<String>,
    pub offices: Vec<OfficeProfile>,
}

/// A place of an agency.
#[derive(Serialize, FromRow, ToSchema)]
pub struct OfficeProfile {
    #[schema(value_type = Names)]
    pub names: Json<Names>,
    pub country: String,
    pub city: String,
    pub address: Option<String>,
    pub time_zone: String,
    pub opened_on: Option<chrono::NaiveDate>,
    pub head_office: bool,
}

/// A section of the site.
#[derive(Serialize, ToSchema)]
pub struct SectionProfile {
    pub id: Uuid,
    pub slug: String,
    pub names: Names,
    pub position: i32,
}

/// Somebody whose name stands over texts.
#[derive(Serialize, ToSchema)]
pub struct StaffProfile {
    pub id: Uuid,
    pub names: Names,
    pub bios: Names,
    pub languages: Vec<Tag>,
    pub agency_id: Uuid,
    pub agency_slug: String,
}

/// Writes a profile. Says whether it differs from the one there was.
async fn put(tx: &mut Tx, kind: &str, id: Uuid, slug: &str, position: i32, profile: &impl Serialize, now: Timestamp) -> Result<bool> {
    let document = serde_json::to_string(profile).map_err(Error::internal)?;
    let known: Option<(String, i32)> =
        tx.query("SELECT document, position FROM published_profiles WHERE kind = $1 AND id = $2").bind(kind).bind(id).optional().await?;
    if known.is_some_and(|(known, place)| known == document && place == position) {
        return Ok(false);
    }
    tx.query(
        "INSERT INTO published_profiles (kind, id, slug, position, document, updated_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (kind, id) DO UPDATE SET slug = excluded.slug, position = excluded.position, document = excluded.document, \
         updated_at = excluded.updated_at",
    )
    .bind(kind)
    .bind(id)
    .bind(slug)
    .bind(position)
    .bind(document)
    .bind(now)
    .execute()
    .await?;
    Ok(true)
}

/// Takes a profile away. Says whether there was one.
async fn remove(tx: &mut Tx, kind: &str, id: Uuid) -> Result<bool> {
    Ok(tx.query("DELETE FROM published_profiles WHERE kind = $1 AND id = $2").bind(kind).bind(id).execute().await? > 0)
}

#[derive(FromRow)]
struct Agency {
    slug: String,
    kind: String,
    country: String,
    languages: Json<Vec<Tag>>,
    names: Json<Names>,
    descriptions: Json<Names>,
    website: Option<String>,
}

/// Brings the public profile of an agency, and those of its people, to what the tables say; a suspended one has none.
///
/// Rows come before stamps everywhere, so that nobody waits in a circle.
///
/// # Errors
/// When the database fails.
pub async fn refresh_agency(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<()> {
    let staff: Vec<(Uuid,)> = tx.query("SELECT id FROM staff WHERE agency_id = $1 AND byline ORDER BY id").bind(id).all().await?;
    let mut people = false;
    for (member,) in staff {
        people |= write_staff(tx, member, now).await?;
    }
    if write_agency(tx, id, now).await? {
        store::stamp(tx, "agency", None, now).await?;
    }
    if people { store::stamp(tx, "staff", None, now).await } else { Ok(()) }
}

/// Brings the public profile of a section to what its table says; a retired one has none.
///
/// # Errors
/// When the database fails.
pub async fn refresh_section(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<()> {
    if write_section(tx, id, now).await? { store::stamp(tx, "section", None, now).await } else { Ok(()) }
}

/// Brings the public profile of a staff member to what their row says; only active people with a byline have one.
///
/// # Errors
/// When the database fails.
pub async fn refresh_staff(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<()> {
    if write_staff(tx, id, now).await? { store::stamp(tx, "staff", None, now).await } else { Ok(()) }
}

async fn write_agency(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool> {
    let agency: Option<Agency> = tx
        .query("SELECT slug, kind, country, languages, names, descriptions, website FROM agencies WHERE id = $1 AND state = 'active'")
        .bind(id)
        .optional()
        .await?;
    let Some(agency) = agency else { return remove(tx, "agency", id).await };
    let offices: Vec<OfficeProfile> = tx
        .query(
            "SELECT names, country, city, address, time_zone, opened_on, head_office FROM offices WHERE agency_id = $1 \
             ORDER BY head_office DESC, created_at, id",
        )
        .bind(id)
        .all()
        .await?;
    let profile = AgencyProfile {
        id,
        slug: agency.slug,
        kind: agency.kind,
        country: agency.country,
        languages: agency.languages.0,
        names: agency.names.0,
        descriptions: agency.descriptions.0,
        website: agency.website,
        offices,
    };
    let position = i32::from(profile.kind != "platform");
    put(tx, "agency", id, &profile.slug, position, &profile, now).await
}

async fn write_section(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool> {
    let section: Option<(String, Json<Names>, i32)> =
        tx.query("SELECT slug, names, position FROM sections WHERE id = $1 AND state = 'active'").bind(id).optional().await?;
    let Some((slug, names, position)) = section else { return remove(tx, "section", id).await };
    let profile = SectionProfile { id, slug, names: names.0, position };
    put(tx, "section", id, &profile.slug, position, &profile, now).await
}

#[derive(FromRow)]
struct Staff {
    names: Json<Names>,
    bios: Json<Names>,
    languages: Json<Vec<Tag>>,
    agency_id: Uuid,
    agency_slug: String,
}

async fn write_staff(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool> {
    let staff: Option<Staff> = tx
        .query(
            "SELECT s.names, s.bios, s.languages, s.agency_id, a.slug AS agency_slug FROM staff s JOIN agencies a ON a.id = s.agency_id \
             WHERE s.id = $1 AND s.byline AND s.state = 'active' AND a.state = 'active'",
        )
        .bind(id)
        .optional()
        .await?;
    let Some(staff) = staff else { return remove(tx, "staff", id).await };
    let profile =
        StaffProfile { id, names: staff.names.0, bios: staff.bios.0, languages: staff.languages.0, agency_id: staff.agency_id, agency_slug: staff.agency_slug };
    put(tx, "staff", id, &id.to_string(), 0, &profile, now).await
}
