//! The chain: what a row's hash is made of, and how the next row is written.

use super::{Action, By};
use crate::db::{Reader, Sql, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::language::Tag;
use crate::secrets::sha256;
use crate::sql;
use serde_json::{Value, json};
use sqlx::FromRow;
use std::fmt::Write;
use uuid::Uuid;

/// What is to be recorded.
#[derive(Debug)]
pub struct Entry<'a> {
    pub action: Action,
    /// Whose administrators may read it; the platform's read all.
    pub agency: Option<Uuid>,
    /// The article, staff member, key, agency… that it was done to.
    pub subject: Uuid,
    /// Of the text, where the subject is an article.
    pub language: Option<&'a Tag>,
    /// An object; no secrets, no words of texts and no e-mail addresses.
    pub details: Value,
}

/// A row as it is stored, whatever it says: also one that was tampered with can be read.
#[derive(Clone, Debug, FromRow)]
pub struct Row {
    pub seq: i64,
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub agency_id: Option<Uuid>,
    pub action: String,
    pub subject_id: Uuid,
    pub language: Option<String>,
    /// JSON, kept as text: its bytes are hashed.
    pub details: String,
    pub hash: Vec<u8>,
}

impl Row {
    /// The text that is hashed: a JSON array without blanks.
    pub fn hashed(&self) -> String {
        let row =
            json!([self.seq, self.at.micros(), self.actor_kind, self.actor_id, self.agency_id, self.action, self.subject_id, self.language, self.details,]);
        row.to_string()
    }

    /// SHA-256 over the hash of the row before and the text of this one.
    pub fn hash_after(&self, before: &[u8]) -> [u8; 32] {
        let mut bytes = before.to_vec();
        bytes.extend_from_slice(self.hashed().as_bytes());
        sha256(&bytes)
    }
}

/// Bytes as small hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Appends to the log. The last thing that a transaction does.
///
/// # Errors
/// When the database fails.
pub async fn record(tx: &mut Tx, by: By, entry: Entry<'_>, now: Timestamp) -> Result<()> {
    record_all(tx, by, vec![entry], now).await
}

/// Appends several entries at once, for deeds with many subjects.
///
/// # Errors
/// When the database fails.
pub async fn record_all(tx: &mut Tx, by: By, entries: Vec<Entry<'_>>, now: Timestamp) -> Result<()> {
    let count = i64::try_from(entries.len()).map_err(Error::internal)?;
    if count == 0 {
        return Ok(());
    }
    let last: i64 = tx.query("UPDATE sequences SET value = value + $1 WHERE name = 'audit' RETURNING value").bind(count).value().await?;
    let before: Option<(Vec<u8>,)> = tx.query("SELECT hash FROM audit_log WHERE seq = $1").bind(last - count).optional().await?;
    // Where somebody has removed it, work goes on; the gap is for `verify` to tell.
    let mut before = before.map(|(hash,)| hash).unwrap_or_default();
    let (kind, actor_id) = by.parts();
    for (seq, entry) in (last - count + 1..).zip(entries) {
        let mut row = Row {
            seq,
            at: now,
            actor_kind: kind.to_string(),
            actor_id,
            agency_id: entry.agency,
            action: entry.action.to_string(),
            subject_id: entry.subject,
            language: entry.language.map(ToString::to_string),
            details: entry.details.to_string(),
            hash: vec![],
        };
        row.hash = row.hash_after(&before).to_vec();
        before.clone_from(&row.hash);
        insert(tx, row).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, row: Row) -> Result<()> {
    tx.query(
        "INSERT INTO audit_log (seq, at, actor_kind, actor_id, agency_id, action, subject_id, language, details, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row.seq)
    .bind(row.at)
    .bind(row.actor_kind)
    .bind(row.actor_id)
    .bind(row.agency_id)
    .bind(row.action)
    .bind(row.subject_id)
    .bind(row.language)
    .bind(row.details)
    .bind(row.hash)
    .execute()
    .await?;
    Ok(())
}

const HOLD: Sql = sql!("SELECT value FROM sequences WHERE name = 'audit'"["" | " FOR UPDATE"]);

/// Appends an entry where there is none of the same action, subject and details: for jobs, which may run twice.
///
/// # Errors
/// When the database fails.
pub async fn record_once(tx: &mut Tx, by: By, entry: Entry<'_>, now: Timestamp) -> Result<()> {
    tx.query(HOLD).optional::<(i64,)>().await?;
    let known: Option<(i64,)> = tx
        .query("SELECT seq FROM audit_log WHERE subject_id = $1 AND action = $2 AND details = $3 LIMIT 1")
        .bind(entry.subject)
        .bind(entry.action)
        .bind(entry.details.to_string())
        .optional()
        .await?;
    if known.is_some() { Ok(()) } else { record(tx, by, entry, now).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever verifies an export relies on these bytes.
    #[test]
    fn the_hashed_text_is_this() {
        let row = Row {
            seq: 7,
            at: Timestamp::of_secs(1),
            actor_kind: "staff".to_owned(),
            actor_id: Some(Uuid::from_u128(1)),
            agency_id: None,
            action: "text.published".to_owned(),
            subject_id: Uuid::from_u128(2),
            language: Some("kk".to_owned()),
            details: r#"{"note":"ə\n"}"#.to_owned(),
            hash: vec![],
        };
        let expected = "[7,1000000,\"staff\",\"00000000-0000-0000-0000-000000000001\",null,\"text.published\",\
             \"00000000-0000-0000-0000-000000000002\",\"kk\",\"{\\\"note\\\":\\\"ə\\\\n\\\"}\"]";
        assert_eq!(row.hashed(), expected);
        assert_eq!(row.hash_after(&[9; 32]), sha256(&[&[9; 32], expected.as_bytes()].concat()));
    }
}
