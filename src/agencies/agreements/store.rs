//! The table of agreements.

use super::Agreement;
use crate::db::{Reader, Sql, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::sql;
use uuid::Uuid;

const AGREEMENT: &str = "SELECT id, agency_id, title, signed_on, in_force_from, in_force_to, sharing, note, created_at, updated_at, updated_by, version \
     FROM agreements WHERE agency_id = $1";
const HOLD: Sql = sql!(["" | " FOR UPDATE"]);

/// The agreements of an agency, the oldest first.
pub(super) async fn list(on: impl Reader<'_>, agency: Uuid) -> Result<Vec<Agreement>> {
    Ok(on.query(AGREEMENT).bind(agency).push(" ORDER BY created_at, id").all().await?)
}

/// An agreement of an agency.
pub(super) async fn find(on: impl Reader<'_>, agency: Uuid, id: Uuid) -> Result<Agreement> {
    let found: Option<Agreement> = on.query(AGREEMENT).bind(agency).push(" AND id = ").push_bind(id).optional().await?;
    found.ok_or_else(|| Error::not_found("agreement"))
}

/// An agreement that nobody else changes until the end of the transaction.
pub(super) async fn hold(tx: &mut Tx, agency: Uuid, id: Uuid) -> Result<Agreement> {
    let found: Option<Agreement> = tx.query(AGREEMENT).bind(agency).push(" AND id = ").push_bind(id).push(HOLD).optional().await?;
    found.ok_or_else(|| Error::not_found("agreement"))
}

/// Writes a new row.
pub(super) async fn insert(tx: &mut Tx, agreement: &Agreement) -> Result<()> {
    tx.query(
        "INSERT INTO agreements (id, agency_id, title, signed_on, in_force_from, in_force_to, sharing, note, created_at, updated_at, updated_by, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(agreement.id)
    .bind(agreement.agency_id)
    .bind(&agreement.title)
    .bind(agreement.signed_on)
    .bind(agreement.in_force_from)
    .bind(agreement.in_force_to)
    .bind(agreement.sharing)
    .bind(&agreement.note)
    .bind(agreement.created_at)
    .bind(agreement.updated_at)
    .bind(agreement.updated_by)
    .bind(agreement.version)
    .execute()
    .await?;
    Ok(())
}

/// Writes a row anew. It is held.
pub(super) async fn update(tx: &mut Tx, agreement: Agreement, by: Uuid, now: Timestamp) -> Result<Agreement> {
    let agreement = Agreement { version: agreement.version + 1, updated_at: now, updated_by: Some(by), ..agreement };
    tx.query(
        "UPDATE agreements SET title = $2, signed_on = $3, in_force_from = $4, in_force_to = $5, sharing = $6, note = $7, updated_at = $8, \
         updated_by = $9, version = $10 WHERE id = $1",
    )
    .bind(agreement.id)
    .bind(&agreement.title)
    .bind(agreement.signed_on)
    .bind(agreement.in_force_from)
    .bind(agreement.in_force_to)
    .bind(agreement.sharing)
    .bind(&agreement.note)
    .bind(agreement.updated_at)
    .bind(agreement.updated_by)
    .bind(agreement.version)
    .execute()
    .await?;
    Ok(agreement)
}
