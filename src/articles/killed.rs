//! Stories that were withdrawn for good, as a whole: nothing of what they say of themselves changes any more.

use super::Article;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::policy::Actor;
use uuid::Uuid;

/// What is said of a kill.
#[derive(Clone, Copy, Debug)]
pub struct Killing<'a> {
    /// For the record of the house.
    pub reason: &'a str,
    /// What its addresses say from now on.
    pub public_note: &'a str,
    /// What partners are asked to do.
    pub instruction: Option<&'a str>,
}

/// Lets only what was not killed be changed or added to.
///
/// # Errors
/// `illegal_transition`.
pub fn must_live(article: &Article) -> Result<()> {
    lives(article.killed_at)
}

/// As [`must_live`], for who does not have the story at hand; nor may its original have been killed.
///
/// # Errors
/// `illegal_transition`, and when the database fails.
pub async fn check_lives(tx: &mut Tx, id: Uuid) -> Result<()> {
    let found: Option<(Option<Timestamp>,)> = tx
        .query(
            "SELECT COALESCE(a.killed_at, o.killed_at) FROM articles a LEFT JOIN translations o ON o.article_id = a.id AND o.is_original \
             AND o.deleted_at IS NULL WHERE a.id = $1",
        )
        .bind(id)
        .optional()
        .await?;
    lives(found.and_then(|(killed_at,)| killed_at))
}

fn lives(killed_at: Option<Timestamp>) -> Result<()> {
    let Some(at) = killed_at else { return Ok(()) };
    let none: [&str; 0] = [];
    Err(Error::new(
        Code::IllegalTransition,
        "The story, or its original, was killed: nothing can be changed or added. A new article may say that it replaces it.",
    )
    .with("killed_at", at.to_string())
    .with("allowed_transitions", none.as_slice()))
}

/// Notes that a story was killed, with all that is said of that.
///
/// # Errors
/// When the database fails.
pub async fn kill(tx: &mut Tx, actor: &Actor, article: Article, killing: Killing<'_>, now: Timestamp) -> Result<Article> {
    tx.query(
        "UPDATE articles SET killed_at = $2, kill_reason = $3, kill_public_note = $4, kill_instruction = $5, version = version + 1, updated_at = $2, \
         updated_by = $6 WHERE id = $1",
    )
    .bind(article.id)
    .bind(now)
    .bind(killing.reason)
    .bind(killing.public_note)
    .bind(killing.instruction)
    .bind(actor.id())
    .execute()
    .await?;
    Ok(Article {
        killed_at: Some(now),
        kill_reason: Some(killing.reason.to_owned()),
        kill_public_note: Some(killing.public_note.to_owned()),
        kill_instruction: killing.instruction.map(str::to_owned),
        version: article.version + 1,
        updated_at: now,
        updated_by: actor.id(),
        ..article
    })
}

/// Notes that a kill of the story was ordered or canceled: who decides next must have seen it.
///
/// # Errors
/// When the database fails.
pub async fn note_order(tx: &mut Tx, actor: &Actor, article: Article, now: Timestamp) -> Result<Article> {
    tx.query("UPDATE articles SET version = version + 1, updated_at = $2, updated_by = $3 WHERE id = $1")
        .bind(article.id)
        .bind(now)
        .bind(actor.id())
        .execute()
        .await?;
    Ok(Article { version: article.version + 1, updated_at: now, updated_by: actor.id(), ..article })
}
