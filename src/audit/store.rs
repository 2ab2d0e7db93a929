//! Reading the log.

use super::chain::{Row, hex};
use super::{Action, ActorKind, SubjectKind};
use crate::agencies;
use crate::db::{Db, Query, Reader, TextEnum, Timestamp};
use crate::error::{Error, Result};
use crate::extract::List;
use crate::language::Tag;
use crate::names::{self, Names};
use crate::page::{Asked, Page};
use crate::policy::Actor;
use crate::text_enum;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

text_enum! {
    pub enum AuditSort {
        NewestFirst = "-seq",
        OldestFirst = "seq",
    }
}

/// Filters of the log.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    #[param(value_type = Option<String>, example = "text.published,text.corrected")]
    pub action: Option<List<Action>>,
    /// The staff member or key that did it.
    pub actor: Option<Uuid>,
    /// The article, staff member, key, agency, office, agreement or section that it was done to.
    pub subject: Option<Uuid>,
    /// Ids or slugs of agencies. Those whose entries you may not read add none.
    #[param(value_type = Option<String>, example = "kazinform")]
    pub agency: Option<List<String>>,
    /// Of the text that it was done to.
    #[param(value_type = Option<String>, example = "kk,kk-Latn")]
    pub language: Option<List<Tag>>,
    #[param(value_type = Option<Timestamp>)]
    pub after: Option<Timestamp>,
    #[param(value_type = Option<Timestamp>)]
    pub before: Option<Timestamp>,
    #[param(value_type = Option<AuditSort>, inline)]
    pub sort: Option<AuditSort>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
    pub cursor: Option<String>,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditActor {
    #[schema(value_type = ActorKind)]
    pub kind: String,
    pub id: Option<Uuid>,
    /// What they are called now.
    pub name: Option<String>,
}

/// What it was done to.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditSubject {
    pub kind: SubjectKind,
    /// `null` for the house as a whole.
    pub id: Option<Uuid>,
}

/// An entry of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Counts all entries of the house, without gaps.
    pub seq: i64,
    pub at: Timestamp,
    pub actor: AuditActor,
    #[schema(value_type = Action)]
    pub action: String,
    /// Whose administrators may read it; `null` for those of the platform alone.
    pub agency_id: Option<Uuid>,
    pub subject: AuditSubject,
    /// Of the text, where one text of an article is meant.
    #[schema(value_type = Option<Tag>)]
    pub language: Option<String>,
    /// What else is to be said, by action: of a change old and new values as `from` and `to`.
    #[schema(value_type = Object)]
    pub details: Value,
    /// SHA-256, in hexadecimal digits, by which the next entry hangs on this one.
    pub hash: String,
}

#[derive(FromRow)]
struct Named {
    #[sqlx(flatten)]
    row: Row,
    staff_names: Option<Json<Names>>,
    key_name: Option<String>,
}

const NAMED: &str = "SELECT a.seq, a.at, a.actor_kind, a.actor_id, a.agency_id, a.action, a.subject_id, a.language, a.details, a.hash, \
     s.names AS staff_names, k.name AS key_name FROM audit_log a LEFT JOIN staff s ON s.id = a.actor_id LEFT JOIN api_keys k ON k.id = a.actor_id \
     WHERE a.seq > 0";

/// The subject that a row speaks of.
pub(super) fn subject(row: &Row) -> AuditSubject {
    let kind = Action::ALL.iter().find(|action| action.as_str() == row.action).map_or(SubjectKind::House, |action| action.subject());
    AuditSubject { kind, id: Some(row.subject_id).filter(|id| *id != super::HOUSE) }
}

fn entry(named: Named) -> Result<AuditEntry> {
    let row = named.row;
    let english = Tag::parse("en").map_err(Error::internal)?;
    let name = named.staff_names.map(|names| names::pick(&names, &english).to_owned()).or(named.key_name);
    Ok(AuditEntry {
        seq: row.seq,
        at: row.at,
        subject: subject(&row),
        actor: AuditActor { kind: row.actor_kind, id: row.actor_id, name },
        action: row.action,
        agency_id: row.agency_id,
        language: row.language,
        details: serde_json::from_str(&row.details).unwrap_or(Value::String(row.details)),
        hash: hex(&row.hash),
    })
}

/// What a caller may read: admins of the platform all, others what is their agency's.
pub(super) fn visible<'q>(query: Query<'q>, actor: &Actor) -> Query<'q> {
    query.push_some(" AND a.agency_id = ", (!actor.platform).then_some(actor.agency))
}

/// A page of the entries that the caller may read.
pub(super) async fn list(db: &Db, actor: &Actor, filter: &AuditFilter) -> Result<Page<AuditEntry>> {
    let filters = (&filter.action, filter.actor, filter.subject, &filter.agency, &filter.language, filter.after, filter.before, filter.sort);
    let asked = Asked::<i64>::read(filter.limit, filter.cursor.as_deref(), &filters)?;
    let mut query = visible(db.query(NAMED), actor);
    if let Some(actions) = &filter.action {
        query = query.push(" AND a.action IN (").push_list(actions.0.iter().copied()).push(")");
    }
    if let Some(references) = &filter.agency {
        query = query.push(" AND a.agency_id IN (").push_list(agencies::find_ids(db, references).await?).push(")");
    }
    if let Some(languages) = &filter.language {
        query = query.push(" AND a.language IN (").push_list(languages.0.iter()).push(")");
    }
    query = query
        .push_some(" AND a.actor_id = ", filter.actor)
        .push_some(" AND a.subject_id = ", filter.subject)
        .push_some(" AND a.at > ", filter.after)
        .push_some(" AND a.at < ", filter.before);
    query = match filter.sort.unwrap_or(AuditSort::NewestFirst) {
        AuditSort::NewestFirst => query.push_some(" AND a.seq < ", asked.after).push(" ORDER BY a.seq DESC"),
        AuditSort::OldestFirst => query.push_some(" AND a.seq > ", asked.after).push(" ORDER BY a.seq"),
    };
    let found: Vec<Named> = query.push(" LIMIT ").push_bind(asked.fetch()).all().await?;
    let found = found.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
    Ok(asked.page(found, |entry| entry.seq))
}

/// A row, and the hash of the one before.
#[derive(FromRow)]
pub(super) struct Linked {
    #[sqlx(flatten)]
    pub row: Row,
    pub previous_hash: Option<Vec<u8>>,
}

/// Up to `limit` entries after `seq` that the caller may read, the oldest first.
pub(super) async fn after(db: &Db, actor: &Actor, seq: i64, limit: u16) -> Result<Vec<Linked>> {
    let query = db
        .query(
            "SELECT a.seq, a.at, a.actor_kind, a.actor_id, a.agency_id, a.action, a.subject_id, a.language, a.details, a.hash, \
             p.hash AS previous_hash FROM audit_log a LEFT JOIN audit_log p ON p.seq = a.seq - 1 WHERE a.seq > $1",
        )
        .bind(seq.max(0));
    Ok(visible(query, actor).push(" ORDER BY a.seq LIMIT ").push_limit(limit).all().await?)
}
