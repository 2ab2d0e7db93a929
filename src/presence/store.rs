//! The table of presences.

use super::LEASE;
use crate::db::{Reader, Timestamp, Tx, Writer};
use crate::error::Result;
use crate::language::Tag;
use crate::names::Names;
use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody who is in a text.
#[derive(Debug, Serialize, FromRow, ToSchema)]
pub(super) struct Editing {
    pub staff_id: Uuid,
    pub agency_id: Uuid,
    /// The name, by language.
    #[schema(value_type = Names)]
    pub names: Json<Names>,
    /// The `_key` of the block that they are at, where they say so.
    pub block: Option<String>,
    pub since: Timestamp,
    /// When they count as gone, unless they say again that they are there.
    pub until: Timestamp,
}

/// Notes that somebody is in a text from now on, or still is. Says until when.
///
/// # Errors
/// When the database fails.
pub(super) async fn put(on: impl Writer<'_>, article: Uuid, language: &Tag, staff: Uuid, block: Option<&str>, now: Timestamp) -> Result<Timestamp> {
    let until = now.plus(LEASE);
    on.query(
        "INSERT INTO presences (article_id, language, staff_id, block, since, expires_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (article_id, language, staff_id) DO UPDATE SET block = excluded.block, expires_at = excluded.expires_at, \
         since = CASE WHEN presences.expires_at > excluded.since THEN presences.since ELSE excluded.since END",
    )
    .bind(article)
    .bind(language)
    .bind(staff)
    .bind(block)
    .bind(now)
    .bind(until)
    .execute()
    .await?;
    Ok(until)
}

/// Who is in a text, the first to come first.
///
/// # Errors
/// When the database fails.
pub(super) async fn list(on: impl Reader<'_>, article: Uuid, language: &Tag, now: Timestamp) -> Result<Vec<Editing>> {
    Ok(on
        .query(
            "SELECT p.staff_id, s.agency_id, s.names, p.block, p.since, p.expires_at AS until FROM presences p \
             JOIN staff s ON s.id = p.staff_id AND s.state = 'active' \
             WHERE p.article_id = $1 AND p.language = $2 AND p.expires_at > $3 ORDER BY p.since, p.staff_id",
        )
        .bind(article)
        .bind(language)
        .bind(now)
        .all()
        .await?)
}

/// Notes that somebody has left a text.
///
/// # Errors
/// When the database fails.
pub(super) async fn delete(on: impl Writer<'_>, article: Uuid, language: &Tag, staff: Uuid) -> Result<()> {
    on.query("DELETE FROM presences WHERE article_id = $1 AND language = $2 AND staff_id = $3").bind(article).bind(language).bind(staff).execute().await?;
    Ok(())
}

/// Forgets who is gone.
///
/// # Errors
/// When the database fails.
pub async fn tidy(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(tx.query("DELETE FROM presences WHERE expires_at <= $1").bind(now).execute().await?)
}
