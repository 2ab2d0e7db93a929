//! The table of the lexicon.

use super::{Direction, LexiconEntry, read_replacement};
use crate::audit::{self, Action, By, Entry};
use crate::db::{Query, Reader, Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result, Unique};
use crate::policy::Actor;
use serde_json::json;
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
    let replacement = read_replacement(&mut faults, "/text", direction.to, replacement);
    faults.finish()?;
    // Two who teach one word at once both do: it stays as the later one has it.
    let whose = match agency {
        Some(_) => " ON CONFLICT (from_language, to_language, word, orthography, agency_id) WHERE agency_id IS NOT NULL",
        None => " ON CONFLICT (from_language, to_language, word, orthography) WHERE agency_id IS NULL",
    };
    let query = new_entry(tx, actor, agency, direction, (word, &replacement), now).push(whose);
    let query = query.push(
        " DO UPDATE SET replacement = excluded.replacement, version = lexicon_entries.version + 1, updated_at = excluded.updated_at, \
         updated_by = excluded.updated_by RETURNING id, version",
    );
    let (id, version): (Uuid, i64) = query.one().await?;
    let action = if version == 1 { Action::LexiconEntryCreated } else { Action::LexiconEntryChanged };
    let entry: LexiconEntry = tx.query(ENTRY).push("id = ").push_bind(id).one().await?;
    record(tx, actor, action, &entry, None, now).await
}

/// Tells the log of an entry as it is from now on, or was; `before` is what the word became until now.
async fn record(tx: &mut Tx, actor: &Actor, action: Action, entry: &LexiconEntry, before: Option<&str>, now: Timestamp) -> Result<()> {
    let replacement = before.map_or_else(|| json!(entry.replacement), |before| json!({ "from": before, "to": entry.replacement }));
    let details = json!({
        "from": entry.from, "to": entry.to, "orthography": entry.orthography, "word": entry.word, "replacement": replacement,
        "for_all": entry.agency_id.is_none()
    });
    let agency = entry.agency_id.unwrap_or(actor.agency);
    let entry = Entry { action, agency: Some(agency), subject: entry.id, language: None, details };
    audit::record(tx, By::from(actor), entry, now).await
}

fn new_entry<'t>(
    tx: &'t mut Tx,
    actor: &Actor,
    agency: Option<Uuid>,
    direction: Direction<'_>,
    (word, replacement): (&str, &str),
    now: Timestamp,
) -> Query<'t> {
    tx.query(
        "INSERT INTO lexicon_entries (id, agency_id, from_language, to_language, orthography, word, replacement, version, created_at, created_by, \
         updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $8, $9)",
    )
    .bind(Uuid::now_v7())
    .bind(agency)
    .bind(direction.from)
    .bind(direction.to)
    .bind(direction.orthography.unwrap_or_default())
    .bind(word)
    .bind(replacement)
    .bind(now)
    .bind(actor.id())
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
    let (id,): (Uuid,) = new_entry(tx, actor, agency, direction, (word, replacement), now)
        .push(" RETURNING id")
        .one()
        .await
        .unique(|| Error::new(Code::AlreadyExists, format!("{word} is in the lexicon already.")))?;
    let entry = find(&mut *tx, actor, id).await?;
    record(tx, actor, Action::LexiconEntryCreated, &entry, None, now).await?;
    Ok(entry)
}

pub(super) async fn update(tx: &mut Tx, actor: &Actor, old: &LexiconEntry, replacement: &str, now: Timestamp) -> Result<LexiconEntry> {
    tx.query("UPDATE lexicon_entries SET replacement = $2, version = version + 1, updated_at = $3, updated_by = $4 WHERE id = $1")
        .bind(old.id)
        .bind(replacement)
        .bind(now)
        .bind(actor.id())
        .execute()
        .await?;
    let entry = find(&mut *tx, actor, old.id).await?;
    record(tx, actor, Action::LexiconEntryChanged, &entry, Some(&old.replacement), now).await?;
    Ok(entry)
}

pub(super) async fn delete(tx: &mut Tx, actor: &Actor, old: &LexiconEntry, now: Timestamp) -> Result<()> {
    tx.query("DELETE FROM lexicon_entries WHERE id = $1").bind(old.id).execute().await?;
    record(tx, actor, Action::LexiconEntryDeleted, old, None, now).await
}
