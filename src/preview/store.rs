//! The table of preview links.

use super::PreviewLink;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::language::Tag;
use uuid::Uuid;

const COLUMNS: &str = "SELECT id, article_id, language, revision, created_by, created_at, expires_at, revoked_at FROM preview_links WHERE ";

pub async fn insert(tx: &mut Tx, link: &PreviewLink) -> Result<()> {
    tx.query("INSERT INTO preview_links (id, article_id, language, revision, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(link.id)
        .bind(link.article_id)
        .bind(&link.language)
        .bind(link.revision)
        .bind(link.created_by)
        .bind(link.created_at)
        .bind(link.expires_at)
        .execute()
        .await?;
    Ok(())
}

pub async fn find(on: impl Reader<'_>, id: Uuid) -> Result<Option<PreviewLink>> {
    Ok(on.query(COLUMNS).push("id = ").push_bind(id).optional().await?)
}

/// Those of a text that are good, the newest first.
pub async fn list(on: impl Reader<'_>, article: Uuid, language: &Tag, now: Timestamp) -> Result<Vec<PreviewLink>> {
    let query = on.query(COLUMNS).push("article_id = ").push_bind(article).push(" AND language = ").push_bind(language);
    Ok(query.push(" AND revoked_at IS NULL AND expires_at > ").push_bind(now).push(" ORDER BY created_at DESC, id DESC").all().await?)
}

/// Ends a link. Says whether it was good.
pub async fn revoke(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool> {
    Ok(tx.query("UPDATE preview_links SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL").bind(id).bind(now).execute().await? > 0)
}
