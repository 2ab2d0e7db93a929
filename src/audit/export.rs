//! The log for other programs, in the order of the chain and with what it takes to verify it.

use super::ActorKind;
use super::chain::hex;
use super::store::{AuditSubject, Linked, subject};
use crate::db::Timestamp;
use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
struct ExportedActor {
    #[schema(value_type = ActorKind)]
    kind: String,
    id: Option<Uuid>,
}

/// A line of the export.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedEntry {
    seq: i64,
    at: Timestamp,
    actor: ExportedActor,
    action: String,
    agency_id: Option<Uuid>,
    subject: AuditSubject,
    language: Option<String>,
    #[schema(value_type = Object)]
    details: Value,
    /// The text that is hashed.
    hashed: String,
    /// The hash of the entry before, in hexadecimal digits.
    previous_hash: Option<String>,
    hash: String,
}

impl From<Linked> for ExportedEntry {
    fn from(linked: Linked) -> Self {
        let row = linked.row;
        Self {
            hashed: row.hashed(),
            subject: subject(&row),
            previous_hash: linked.previous_hash.as_deref().map(hex),
            hash: hex(&row.hash),
            details: serde_json::from_str(&row.details).unwrap_or(Value::String(row.details)),
            seq: row.seq,
            at: row.at,
            actor: ExportedActor { kind: row.actor_kind, id: row.actor_id },
            action: row.action,
            agency_id: row.agency_id,
            language: row.language,
        }
    }
}

/// A JSON object a line.
pub fn ndjson(entries: Vec<Linked>) -> Result<Vec<u8>> {
    let mut text = vec![];
    for entry in entries {
        serde_json::to_writer(&mut text, &ExportedEntry::from(entry)).map_err(Error::internal)?;
        text.push(b'\n');
    }
    Ok(text)
}

const HEADER: [&str; 13] =
    ["seq", "at", "actor_kind", "actor_id", "action", "agency_id", "subject_kind", "subject_id", "language", "details", "hashed", "previous_hash", "hash"];

/// A table with a header (RFC 4180).
pub fn csv(entries: Vec<Linked>) -> Result<Vec<u8>> {
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(vec![]);
    writer.write_record(HEADER).map_err(Error::internal)?;
    for entry in entries.into_iter().map(ExportedEntry::from) {
        let cells = [
            entry.seq.to_string(),
            entry.at.to_string(),
            entry.actor.kind,
            text(entry.actor.id),
            entry.action,
            text(entry.agency_id),
            entry.subject.kind.to_string(),
            text(entry.subject.id),
            entry.language.unwrap_or_default(),
            entry.details.to_string(),
            entry.hashed,
            entry.previous_hash.unwrap_or_default(),
            entry.hash,
        ];
        writer.write_record(cells).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(|error| Error::internal(error.to_string()))
}
