//! The chain: what a row's hash is made of, and how the next row is written.

use super::{Action, By};
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::language::Tag;
use crate::secrets::sha256;
use serde_json::{Value, json};
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
    /// An object; no secrets and no words of texts.
    pub details: Value,
}

/// Appends to the log. The last thing that a transaction does.
///
/// # Errors
/// When the database fails.
pub async fn record(tx: &mut Tx, by: By, entry: Entry<'_>, now: Timestamp) -> Result<()> {
    let seq: i64 = tx.query("UPDATE sequences SET value = value + 1 WHERE name = 'audit' RETURNING value").value().await?;
    let before: Option<(Vec<u8>,)> = tx.query("SELECT hash FROM audit_log WHERE seq = $1").bind(seq - 1).optional().await?;
    let (kind, actor) = by.parts();
    let details = serde_json::to_string(&entry.details).map_err(Error::internal)?;
    let row = [
        json!(seq),
        json!(now.micros()),
        json!(kind),
        json!(actor),
        json!(entry.agency),
        json!(entry.action),
        json!(entry.subject),
        json!(entry.language),
        json!(details),
    ];
    let hash = link(before.as_ref().map(|(hash,)| hash.as_slice()), &Value::from(row.to_vec()));
    tx.query(
        "INSERT INTO audit_log (seq, at, actor_kind, actor_id, agency_id, action, subject_id, language, details, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(seq)
    .bind(now)
    .bind(kind)
    .bind(actor)
    .bind(entry.agency)
    .bind(entry.action)
    .bind(entry.subject)
    .bind(entry.language)
    .bind(details)
    .bind(hash.to_vec())
    .execute()
    .await?;
    Ok(())
}

/// SHA-256 over the hash before and the row, as JSON.
fn link(before: Option<&[u8]>, row: &Value) -> [u8; 32] {
    let mut bytes = before.unwrap_or_default().to_vec();
    bytes.extend_from_slice(row.to_string().as_bytes());
    sha256(&bytes)
}
