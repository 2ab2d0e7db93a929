//! The table of the lexicon.

use super::{Direction, LexiconEntry, check_word};
use crate::db::{Query, Reader, Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result, Unique};
use crate::policy::Actor;
use std::collections::HashMap;
use uuid::Uuid;

const ENTRY: &str = "SELECT id, agency_id, from_language AS \"from\", to_language AS \"to\", NULLIF(orthography, '') AS orthography, word, replacement, \
     created_at, created_by, updated_at, updated_by, version FROM lexicon_entries WHERE ";
/// Words that are asked for at once: fewer than a statement may have arguments.
const AT_ONCE: usize = 10_000;

/// The entries that `actor` may see.
pub(super) fn visible<'q>(on: impl Reader<'q>, actor: &Actor) -> Query<'q> {
    let query = on.query(ENTRY);
    if actor.platform { query.push("TRUE") } else { query.push("(agency_id IS NULL OR agency_id = ").push_bind(actor.agency).push(")") }
}

pub(super) async fn find(on: impl Reader<'_>, actor: &Actor, id: Uuid) -> Result<LexiconEntry> {
    let found: Option<LexiconEntry> = visible(on, actor).push(" AND id = ").push_bind(id).optional().await?;
    found.ok_or_else(|| Error::not_found("entry"))
}

/// What is known of these words, in lower case: the agency's before everybody's, for this alphabet before any.
///
/// # Errors
/// When the database fails.
pub async fn known(tx: &mut Tx, agency: Uuid, direction: Direction<'_>, words: &[String]) -> Result<HashMap<String, String>> {
    let mut known = HashMap::new();
    for words in words.chunks(AT_ONCE) {
        let found: Vec<(String, String)> = tx
            .query("SELECT word, replacement FROM lexicon_entries WHERE from_language = $1 AND to_language = $2 AND orthography IN ('', $3) AND (agency_id IS NULL OR agency_id = $4) AND word IN (")
            .bind(direction.from)
            .bind(direction.to)
            .bind(direction.orthography.unwrap_or_default())
            .bind(agency)
            .push_list(words.iter())
            .push(") ORDER BY CASE WHEN agency_id IS NULL THEN 0 ELSE 1 END, orthography")
            .all()
            .await?;
        known.extend(found);
    }
    Ok(known)
}

/// Teaches a word, in place of what was known of it: one agency's, or everybody's (`None`).
///
/// # Errors
/// `validation_failed`, and when the database fails.
pub async fn learn(
    tx: &mut Tx,
    actor: &Actor,
    agency: Option<Uuid>,
    direction: Direction<'_>,
    (word, replacement): (&str, &str),
    now: Timestamp,
) -> Result<()> {
    let mut faults = Faults::default();
    check_word(&mut faults, "/text", replacement);
    faults.finish()?;
    let query = tx
        .query("UPDATE lexicon_entries SET replacement = $1, version = version + 1, updated_at = $2, updated_by = $3 WHERE from_language = $4 AND to_language = $5 AND word = $6 AND orthography = $7")
        .bind(replacement)
        .bind(now)
        .bind(actor.id())
        .bind(direction.from)
        .bind(direction.to)
        .bind(word)
        .bind(direction.orthography.unwrap_or_default());
    let query = match agency {
        Some(agency) => query.push(" AND agency_id = ").push_bind(agency),
        None => query.push(" AND agency_id IS NULL"),
    };
    if query.execute().await? == 0 {
        insert(tx, actor, agency, direction, (word, replacement), now).await?;
    }
    Ok(())
}

/// Writes a new entry.
///
/// # Errors
/// `already_exists`, and when the database fails.
pub(super) async fn insert(
    tx: &mut Tx,
    actor: &Actor,
    agency: Option<Uuid>,
    direction: Direction<'_>,
    (word, replacement): (&str, &str),
    now: Timestamp,
) -> Result<LexiconEntry> {
    let id = Uuid::now_v7();
    tx.query(
        "INSERT INTO lexicon_entries (id, agency_id, from_language, to_language, orthography, word, replacement, version, created_at, created_by, \
         updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $8, $9)",
    )
    .bind(id)
    .bind(agency)
    .bind(direction.from)
    .bind(direction.to)
    .bind(direction.orthography.unwrap_or_default())
    .bind(word)
    .bind(replacement)
    .bind(now)
    .bind(actor.id())
    .execute()
    .await
    .unique(|| Error::new(Code::AlreadyExists, format!("{word} is in the lexicon already.")))?;
    find(tx, actor, id).await
}

pub(super) async fn update(tx: &mut Tx, actor: &Actor, old: &LexiconEntry, replacement: &str, now: Timestamp) -> Result<LexiconEntry> {
    tx.query("UPDATE lexicon_entries SET replacement = $2, version = version + 1, updated_at = $3, updated_by = $4 WHERE id = $1")
        .bind(old.id)
        .bind(replacement)
        .bind(now)
        .bind(actor.id())
        .execute()
        .await?;
    find(tx, actor, old.id).await
}

pub(super) async fn delete(tx: &mut Tx, id: Uuid) -> Result<()> {
    tx.query("DELETE FROM lexicon_entries WHERE id = $1").bind(id).execute().await?;
    Ok(())
}
