//! The table of sections.

use super::{Section, SectionState};
use crate::db::{Db, Query, Reader, Sql, Timestamp, Tx};
use crate::error::{Code, Error, Result, Unique};
use crate::extract::List;
use crate::sql;
use uuid::Uuid;

const SECTION: &str = "SELECT id, slug, names, position, state, created_at, updated_at, updated_by, version FROM sections";
const HOLD: Sql = sql!(["" | " FOR NO KEY UPDATE"]);
/// Always in the same order, so that nobody waits for each other.
const HOLD_ALL: Sql = sql!(" ORDER BY id"["" | " FOR NO KEY UPDATE"]);

/// Sections in their order; all, or those in the states given.
pub(super) async fn list(on: impl Reader<'_>, states: Option<&[SectionState]>) -> Result<Vec<Section>> {
    let mut query = on.query(SECTION);
    if let Some(states) = states {
        query = query.push(" WHERE state IN (").push_list(states.iter().copied()).push(")");
    }
    Ok(query.push(" ORDER BY position, slug").all().await?)
}

fn by_reference<'c>(query: Query<'c>, reference: &str) -> Query<'c> {
    match Uuid::try_parse(reference) {
        Ok(id) => query.push(" WHERE id = ").push_bind(id),
        Err(_) => query.push(" WHERE slug = ").push_bind(reference),
    }
}

/// A section by id or slug.
pub(super) async fn find(on: impl Reader<'_>, reference: &str) -> Result<Section> {
    let found: Option<Section> = by_reference(on.query(SECTION), reference).optional().await?;
    found.ok_or_else(|| Error::not_found("section"))
}

/// The id of a section, retired or not, by id or slug.
///
/// # Errors
/// `not_found`, and when the database fails.
pub async fn find_id(on: impl Reader<'_>, reference: &str) -> Result<Uuid> {
    let found: Option<(Uuid,)> = by_reference(on.query("SELECT id FROM sections"), reference).optional().await?;
    found.map(|(id,)| id).ok_or_else(|| Error::not_found("section"))
}

/// The ids of what the filter `section` of a list names, each by id or slug.
///
/// # Errors
/// `invalid_parameter` for a name of nothing, and when the database fails.
pub async fn find_ids(db: &Db, references: &List<String>) -> Result<Vec<Uuid>> {
    let mut ids = vec![];
    for reference in &references.0 {
        ids.push(find_id(db, reference).await.map_err(|error| match error.code {
            Code::NotFound => Error::parameter("section", format!("has {reference:?}, which names no section that there is")),
            _ => error,
        })?);
    }
    Ok(ids)
}

/// The id of a section in use, by id or slug.
///
/// # Errors
/// `not_found`, and when the database fails.
pub async fn find_active(on: impl Reader<'_>, reference: &str) -> Result<Uuid> {
    let found: Option<(Uuid,)> = by_reference(on.query("SELECT id FROM sections"), reference).push(" AND state = 'active'").optional().await?;
    found.map(|(id,)| id).ok_or_else(|| Error::not_found("section"))
}

/// A section that nobody else changes until the end of the transaction.
pub(super) async fn hold(tx: &mut Tx, reference: &str) -> Result<Section> {
    let found: Option<Section> = by_reference(tx.query(SECTION), reference).push(HOLD).optional().await?;
    found.ok_or_else(|| Error::not_found("section"))
}

/// All sections, which nobody else changes until the end of the transaction.
pub(super) async fn hold_all(tx: &mut Tx) -> Result<Vec<Section>> {
    Ok(tx.query(SECTION).push(HOLD_ALL).all().await?)
}

/// The position of the last section; 0 where there is none. Nobody else gives a place until the end of the transaction.
pub(super) async fn last_position(tx: &mut Tx) -> Result<i32> {
    hold_all(tx).await?;
    let last: Option<i32> = tx.query("SELECT MAX(position) FROM sections").value().await?;
    Ok(last.unwrap_or(0))
}

/// Writes a new row.
pub(super) async fn insert(tx: &mut Tx, section: &Section) -> Result<()> {
    tx.query(
        "INSERT INTO sections (id, slug, names, position, state, created_at, updated_at, updated_by, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(section.id)
    .bind(&section.slug)
    .bind(&section.names)
    .bind(section.position)
    .bind(section.state)
    .bind(section.created_at)
    .bind(section.updated_at)
    .bind(section.updated_by)
    .bind(section.version)
    .execute()
    .await
    .unique(|| Error::new(Code::AlreadyExists, "There is a section with this slug already."))?;
    Ok(())
}

/// Writes a row anew. It is held.
pub(super) async fn update(tx: &mut Tx, section: Section, by: Uuid, now: Timestamp) -> Result<Section> {
    let section = Section { version: section.version + 1, updated_at: now, updated_by: Some(by), ..section };
    tx.query("UPDATE sections SET names = $2, position = $3, state = $4, updated_at = $5, updated_by = $6, version = $7 WHERE id = $1")
        .bind(section.id)
        .bind(&section.names)
        .bind(section.position)
        .bind(section.state)
        .bind(section.updated_at)
        .bind(section.updated_by)
        .bind(section.version)
        .execute()
        .await?;
    Ok(section)
}
