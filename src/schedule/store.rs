//! The table of the schedule.

use super::{EntryState, Failure, ScheduleEntry, ScheduledStep};
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result, Unique};
use crate::language::Tag;
use crate::publication::ChangeKind;
use crate::when::Moment;
use uuid::Uuid;

pub const COLUMNS: &str = "SELECT s.id, s.article_id, s.language, s.action, s.run_at, s.local_time, s.time_zone, s.change_kind, s.public_note, s.state, \
     s.failure_code, s.failure_detail, s.release_id, s.finished_at, s.created_by, s.created_at, s.updated_at, s.updated_by, s.version FROM schedule s";

/// An entry to make.
pub struct NewEntry<'a> {
    pub article: Uuid,
    pub language: &'a Tag,
    pub action: ScheduledStep,
    /// `None`: it waits for the other texts of its release.
    pub moment: Option<&'a Moment>,
    pub change_kind: Option<ChangeKind>,
    pub public_note: Option<&'a str>,
    pub release: Option<Uuid>,
}

/// # Errors
/// `already_exists` where one waits already, and when the database fails.
pub async fn insert(tx: &mut Tx, by: Uuid, new: NewEntry<'_>, now: Timestamp) -> Result<ScheduleEntry> {
    let id = Uuid::now_v7();
    tx.query(
        "INSERT INTO schedule (id, article_id, language, action, run_at, local_time, time_zone, change_kind, public_note, state, release_id, created_by, \
         version, created_at, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', $10, $11, 1, $12, $12, $11)",
    )
    .bind(id)
    .bind(new.article)
    .bind(new.language)
    .bind(new.action)
    .bind(new.moment.map_or_else(super::never, |moment| moment.at))
    .bind(new.moment.and_then(|moment| moment.local.as_deref()))
    .bind(new.moment.and_then(|moment| moment.time_zone.as_deref()))
    .bind(new.change_kind)
    .bind(new.public_note)
    .bind(new.release)
    .bind(by)
    .bind(now)
    .execute()
    .await
    .unique(|| Error::new(Code::AlreadyExists, format!("The text in {} waits to be {}ed already: move that, or cancel it.", new.language, new.action)))?;
    read(tx, id).await?.ok_or_else(|| Error::internal("the entry that was written is not there"))
}

pub async fn read(on: impl Reader<'_>, id: Uuid) -> Result<Option<ScheduleEntry>> {
    Ok(on.query(COLUMNS).push(" WHERE s.id = ").push_bind(id).optional().await?)
}

/// The entries of a release, the original first.
pub async fn of_release(on: impl Reader<'_>, release: Uuid) -> Result<Vec<ScheduleEntry>> {
    let query = on.query(COLUMNS).push(" JOIN translations t ON t.article_id = s.article_id AND t.language = s.language WHERE s.release_id = ");
    Ok(query.push_bind(release).push(" ORDER BY t.is_original DESC, s.language, s.id").all().await?)
}

/// Writes a moved entry.
pub async fn update(tx: &mut Tx, by: Uuid, entry: &ScheduleEntry, now: Timestamp) -> Result<()> {
    tx.query(
        "UPDATE schedule SET run_at = $2, local_time = $3, time_zone = $4, change_kind = $5, public_note = $6, version = version + 1, updated_at = $7, \
         updated_by = $8 WHERE id = $1",
    )
    .bind(entry.id)
    .bind(entry.run_at)
    .bind(&entry.local_time)
    .bind(&entry.time_zone)
    .bind(entry.change_kind)
    .bind(&entry.public_note)
    .bind(now)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

/// Ends an entry. What failed and is canceled keeps its reason.
pub async fn finish(tx: &mut Tx, by: Uuid, id: Uuid, state: EntryState, failure: Option<&Failure>, now: Timestamp) -> Result<()> {
    tx.query(
        "UPDATE schedule SET state = $2, failure_code = CASE WHEN $7 THEN failure_code ELSE $3 END, \
         failure_detail = CASE WHEN $7 THEN failure_detail ELSE $4 END, finished_at = $5, version = version + 1, updated_at = $5, updated_by = $6 WHERE id = $1",
    )
    .bind(id)
    .bind(state)
    .bind(failure.map(|failure| failure.code.as_str()))
    .bind(failure.map(|failure| failure.detail.as_str()))
    .bind(now)
    .bind(by)
    .bind(state == EntryState::Canceled)
    .execute()
    .await?;
    Ok(())
}

/// What waits for a text, or for all texts of an article.
pub async fn pending(on: impl Reader<'_>, article: Uuid, language: Option<&Tag>) -> Result<Vec<ScheduleEntry>> {
    let query = on.query(COLUMNS).push(" WHERE s.state = 'pending' AND s.article_id = ").push_bind(article);
    Ok(query.push_some(" AND s.language = ", language).push(" ORDER BY s.id").all().await?)
}

/// Cancels what waits for a text, or for all texts of an article.
pub async fn cancel_pending(tx: &mut Tx, by: Uuid, article: Uuid, language: Option<&Tag>, now: Timestamp) -> Result<Vec<ScheduleEntry>> {
    let entries = pending(&mut *tx, article, language).await?;
    for entry in &entries {
        finish(tx, by, entry.id, EntryState::Canceled, None, now).await?;
    }
    Ok(entries)
}

/// Takes a text, or all texts of an article, from partners.
pub async fn withdraw_from_partners(tx: &mut Tx, article: Uuid, language: Option<&Tag>) -> Result<()> {
    let texts: Vec<(Tag,)> = tx.query("SELECT language FROM partner_documents WHERE article_id = $1").bind(article).all().await?;
    for (text,) in texts.iter().filter(|(text,)| language.is_none_or(|language| language == text)) {
        crate::publication::withdraw_from_partners(tx, article, text).await?;
    }
    Ok(())
}

/// The agency of a text.
pub async fn agency_of(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<Option<Uuid>> {
    let found: Option<(Uuid,)> =
        on.query("SELECT agency_id FROM translations WHERE article_id = $1 AND language = $2").bind(article).bind(language).optional().await?;
    Ok(found.map(|(agency,)| agency))
}

/// How many steps failed that nobody has seen to.
///
/// # Errors
/// When the database fails.
pub async fn failed(on: impl Reader<'_>) -> Result<i64> {
    Ok(on.query("SELECT count(*) FROM schedule WHERE state = 'failed'").value().await?)
}
