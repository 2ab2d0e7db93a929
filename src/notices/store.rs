//! The table of notices.

use super::Notice;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::language::Tag;
use sqlx::types::Json;
use uuid::Uuid;

/// Tells something to people, each once, but not to who did it.
///
/// # Errors
/// When the database fails.
pub async fn tell(tx: &mut Tx, to: &[Uuid], notice: &Notice<'_>, now: Timestamp) -> Result<()> {
    for (i, person) in to.iter().enumerate() {
        if Some(*person) == notice.by || to[..i].contains(person) {
            continue;
        }
        tx.query("INSERT INTO notices (id, staff_id, kind, article_id, language, by_id, details, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(Uuid::now_v7())
            .bind(*person)
            .bind(notice.kind)
            .bind(notice.article)
            .bind(notice.language)
            .bind(notice.by)
            .bind(Json(&notice.details))
            .bind(now)
            .execute()
            .await?;
    }
    Ok(())
}

/// The active people of a text: who works on it and who wrote it last; where there is none, the editors of its agency.
///
/// # Errors
/// When the database fails.
pub async fn people_of(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<Vec<Uuid>> {
    let people: Vec<(Uuid,)> = tx
        .query(
            "SELECT s.id FROM translations t JOIN staff s ON s.id IN (t.assignee_id, t.last_author) AND s.state = 'active' \
             WHERE t.article_id = $1 AND t.language = $2 AND t.deleted_at IS NULL ORDER BY s.id",
        )
        .bind(article)
        .bind(language)
        .all()
        .await?;
    if !people.is_empty() {
        return Ok(people.into_iter().map(|(id,)| id).collect());
    }
    let agency: Option<(Uuid,)> =
        tx.query("SELECT agency_id FROM translations WHERE article_id = $1 AND language = $2").bind(article).bind(language).optional().await?;
    match agency {
        Some((agency,)) => desk(tx, agency).await,
        None => Ok(vec![]),
    }
}

/// The active editors of an agency; where it has none, its administrators.
///
/// # Errors
/// When the database fails.
pub async fn desk(tx: &mut Tx, agency: Uuid) -> Result<Vec<Uuid>> {
    for role in ["editor", "admin"] {
        let people: Vec<(Uuid,)> =
            tx.query("SELECT id FROM staff WHERE agency_id = $1 AND state = 'active' AND role = $2 ORDER BY id").bind(agency).bind(role).all().await?;
        if !people.is_empty() {
            return Ok(people.into_iter().map(|(id,)| id).collect());
        }
    }
    Ok(vec![])
}

/// Who could be the second pair of eyes for somebody: the other active editors of an agency; where there are none, its other
/// administrators.
///
/// # Errors
/// When the database fails.
pub async fn seconds(tx: &mut Tx, agency: Uuid, first: Uuid) -> Result<Vec<Uuid>> {
    for role in ["editor", "admin"] {
        let people: Vec<(Uuid,)> = tx
            .query("SELECT id FROM staff WHERE agency_id = $1 AND state = 'active' AND role = $2 AND id <> $3 ORDER BY id")
            .bind(agency)
            .bind(role)
            .bind(first)
            .all()
            .await?;
        if !people.is_empty() {
            return Ok(people.into_iter().map(|(id,)| id).collect());
        }
    }
    Ok(vec![])
}
