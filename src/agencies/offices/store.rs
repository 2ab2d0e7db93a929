//! The table of offices.

use super::Office;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use uuid::Uuid;

const OFFICE: &str = "SELECT id, agency_id, names, country, city, address, time_zone, opened_on, head_office, created_at, updated_at, updated_by, \
     version FROM offices WHERE agency_id = $1";

/// The offices of an agency, the head office first.
pub(super) async fn list(on: impl Reader<'_>, agency: Uuid) -> Result<Vec<Office>> {
    Ok(on.query(OFFICE).bind(agency).push(" ORDER BY head_office DESC, created_at, id").all().await?)
}

/// An office of an agency.
pub(super) async fn find(on: impl Reader<'_>, agency: Uuid, id: Uuid) -> Result<Office> {
    let found: Option<Office> = on.query(OFFICE).bind(agency).push(" AND id = ").push_bind(id).optional().await?;
    found.ok_or_else(|| Error::not_found("office"))
}

/// Lets an office be the head office only where no other is. The agency is held.
pub(super) async fn check_head_office(tx: &mut Tx, office: &Office) -> Result<()> {
    if !office.head_office {
        return Ok(());
    }
    let others: i64 =
        tx.query("SELECT count(*) FROM offices WHERE agency_id = $1 AND id <> $2 AND head_office").bind(office.agency_id).bind(office.id).value().await?;
    if others > 0 {
        return Err(Error::new(Code::Conflict, "The agency has a head office already; change that office first."));
    }
    Ok(())
}

/// Writes a new row.
pub(super) async fn insert(tx: &mut Tx, office: &Office) -> Result<()> {
    tx.query(
        "INSERT INTO offices (id, agency_id, names, country, city, address, time_zone, opened_on, head_office, created_at, updated_at, updated_by, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(office.id)
    .bind(office.agency_id)
    .bind(&office.names)
    .bind(&office.country)
    .bind(&office.city)
    .bind(&office.address)
    .bind(&office.time_zone)
    .bind(office.opened_on)
    .bind(office.head_office)
    .bind(office.created_at)
    .bind(office.updated_at)
    .bind(office.updated_by)
    .bind(office.version)
    .execute()
    .await?;
    Ok(())
}

/// Writes a row anew. The agency is held.
pub(super) async fn update(tx: &mut Tx, office: Office, by: Uuid, now: Timestamp) -> Result<Office> {
    let office = Office { version: office.version + 1, updated_at: now, updated_by: Some(by), ..office };
    tx.query(
        "UPDATE offices SET names = $2, country = $3, city = $4, address = $5, time_zone = $6, opened_on = $7, head_office = $8, updated_at = $9, \
         updated_by = $10, version = $11 WHERE id = $1",
    )
    .bind(office.id)
    .bind(&office.names)
    .bind(&office.country)
    .bind(&office.city)
    .bind(&office.address)
    .bind(&office.time_zone)
    .bind(office.opened_on)
    .bind(office.head_office)
    .bind(office.updated_at)
    .bind(office.updated_by)
    .bind(office.version)
    .execute()
    .await?;
    Ok(office)
}

/// Deletes a row. The agency is held.
pub(super) async fn delete(tx: &mut Tx, id: Uuid) -> Result<()> {
    tx.query("DELETE FROM offices WHERE id = $1").bind(id).execute().await?;
    Ok(())
}
