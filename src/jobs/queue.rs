//! The table of jobs.

use super::Job;
use crate::db::{Reader, Sql, Timestamp, Tx, Writer};
use crate::error::{Code, Error, Result};
use crate::sql;
use crate::text_enum;
use sqlx::FromRow;
use sqlx::types::Json;
use std::time::Duration;
use uuid::Uuid;

/// Attempts before a job is given up.
const ATTEMPTS: i32 = 12;
/// How long a worker may keep a job without a sign of life.
pub const LEASE: Duration = Duration::from_secs(6);
/// Jobs that are done along with another at once.
const MOST_ALONG: u16 = 500;
const LONGEST_WAIT: u64 = 60 * 60;
/// Later than this, a job that is due is overdue.
const TOLERANCE: Duration = Duration::from_secs(2);

/// A job that a worker has taken.
#[derive(Debug, FromRow)]
pub struct Taken {
    pub id: Uuid,
    pub kind: String,
    pub payload: Json<serde_json::Value>,
    pub attempts: i32,
}

/// How much there is to do, and how late it is.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Jobs that are due or will be.
    pub waiting: i64,
    /// Jobs that were given up.
    pub dead: i64,
    /// Jobs that should have been done more than two seconds ago.
    pub overdue: i64,
    /// For how many seconds the oldest of those that are due has been.
    pub oldest_secs: i64,
}

text_enum! {
    /// Where a job failed.
    pub enum FailureClass {
        /// The database was away, busy or full.
        Storage = "storage",
        /// It was refused for the state of a record.
        Refused = "refused",
        /// Something outside the house, such as mail.
        Outside = "outside",
        /// The program itself.
        Program = "program",
    }
}

/// What a job failed of: the text for the log alone.
#[derive(Debug)]
pub struct Failure {
    pub class: FailureClass,
    pub code: &'static str,
    pub told: String,
}

impl Failure {
    pub fn program(told: impl Into<String>) -> Self {
        Self { class: FailureClass::Program, code: Code::Internal.as_str(), told: told.into() }
    }

    pub fn of(error: &anyhow::Error) -> Self {
        let told = format!("{error:#}");
        let code = error.downcast_ref::<Error>().map(|error| error.code);
        let (class, code) = match code {
            Some(code @ (Code::Unavailable | Code::DiskFull)) => (FailureClass::Storage, code),
            Some(Code::Internal) => (FailureClass::Program, Code::Internal),
            Some(code) => (FailureClass::Refused, code),
            None if error.downcast_ref::<sqlx::Error>().is_some() => (FailureClass::Storage, Code::Unavailable),
            None if error.downcast_ref::<serde_json::Error>().is_some() => (FailureClass::Program, Code::Internal),
            None => (FailureClass::Outside, Code::Unavailable),
        };
        Self { class, code: code.as_str(), told }
    }
}

/// Which jobs a worker takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// Only those that must happen at their moment.
    pub prompt: bool,
    /// Only this kind; empty for all.
    pub only: &'static str,
    /// Not this kind, which has a line to itself.
    pub without: &'static str,
}

/// SQLite has one writer; PostgreSQL's workers step around each other's rows.
const TAKE: Sql = sql!(
    "UPDATE jobs SET attempts = attempts + 1, locked_by = $1, locked_until = $3 \
     WHERE id = (SELECT id FROM jobs WHERE dead_at IS NULL AND run_at <= $2 AND (locked_until IS NULL OR locked_until < $2) AND (prompt OR NOT $4) \
                 AND ($5 = '' OR kind = $5) AND kind <> $6 \
                 ORDER BY run_at, id LIMIT 1" ["" | " FOR UPDATE SKIP LOCKED"] ") \
     RETURNING id, kind, payload, attempts"
);

/// Puts off a job that runs just now: it is tried again in a minute.
///
/// # Errors
/// When the database fails.
pub async fn put_off<J: Job>(on: impl Writer<'_>, job: &J, now: Timestamp) -> Result<Uuid> {
    enqueue(on, job, now.plus(Duration::from_mins(1)), now).await
}

/// Writes a job to be done at `run_at` or later. One that waits under the same key gives way, so that who runs it just now does not end this one.
///
/// # Errors
/// When the database fails.
pub async fn enqueue<J: Job>(on: impl Writer<'_>, job: &J, run_at: Timestamp, now: Timestamp) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let payload = serde_json::to_value(job).map_err(Error::internal)?;
    let (article, language) = job.text().unzip();
    on.query(
        "INSERT INTO jobs (id, kind, payload, run_at, attempts, created_at, dedupe_key, article_id, language, prompt) \
         VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9) ON CONFLICT (dedupe_key) WHERE dead_at IS NULL AND dedupe_key IS NOT NULL \
         DO UPDATE SET id = excluded.id, payload = excluded.payload, run_at = excluded.run_at, attempts = 0, created_at = excluded.created_at, \
         locked_by = NULL, locked_until = NULL, last_error = NULL, error_class = NULL, error_code = NULL",
    )
    .bind(id)
    .bind(J::KIND)
    .bind(Json(payload))
    .bind(run_at)
    .bind(now)
    .bind(job.key())
    .bind(article)
    .bind(language)
    .bind(J::PROMPT)
    .execute()
    .await?;
    Ok(id)
}

/// Takes back what waits under a key.
///
/// # Errors
/// When the database fails.
pub async fn forget(on: impl Writer<'_>, key: &str) -> Result<()> {
    on.query("DELETE FROM jobs WHERE dedupe_key = $1 AND dead_at IS NULL").bind(key).execute().await?;
    Ok(())
}

/// Leases the next job of a line that is due.
pub(super) async fn take(on: impl Writer<'_>, worker: &str, line: Line, now: Timestamp) -> Result<Option<Taken>> {
    let query = on.query(TAKE).bind(worker).bind(now).bind(now.plus(LEASE)).bind(line.prompt);
    Ok(query.bind(line.only).bind(line.without).optional().await?)
}

/// Jobs of a kind that wait and that nobody has taken: what is due, and what has failed before. Who does them along with their own says so
/// with [`finish`].
///
/// # Errors
/// When the database fails, or a payload cannot be read.
pub async fn waiting<J: Job>(on: impl Reader<'_>, now: Timestamp) -> Result<Vec<(Uuid, J)>> {
    let query = on.query(
        "SELECT id, payload FROM jobs WHERE kind = $1 AND dead_at IS NULL AND (run_at <= $2 OR attempts > 0) \
         AND (locked_until IS NULL OR locked_until < $2) ORDER BY run_at, id LIMIT ",
    );
    let rows: Vec<(Uuid, Json<serde_json::Value>)> = query.bind(J::KIND).bind(now).push_limit(MOST_ALONG).all().await?;
    rows.into_iter().map(|(id, payload)| Ok((id, serde_json::from_value(payload.0).map_err(Error::internal)?))).collect()
}

/// Jobs that were done along with another. One that was written anew meanwhile has another id, and stays.
///
/// # Errors
/// When the database fails.
pub async fn finish(tx: &mut Tx, ids: &[Uuid]) -> Result<()> {
    // Who holds several of them writes them anew: waiting for that could be a circle.
    let query = tx.query("DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE id IN (").push_list(ids.iter().copied()).push(")");
    query.push(UNHELD).push(")").execute().await?;
    Ok(())
}

const UNHELD: Sql = sql!(""["" | " FOR UPDATE SKIP LOCKED"]);

/// Keeps a job that still runs.
pub(super) async fn keep(on: impl Writer<'_>, id: Uuid, worker: &str, now: Timestamp) -> Result<()> {
    on.query("UPDATE jobs SET locked_until = $3 WHERE id = $1 AND locked_by = $2").bind(id).bind(worker).bind(now.plus(LEASE)).execute().await?;
    Ok(())
}

/// It is done, whoever else has taken it meanwhile.
pub(super) async fn done(on: impl Writer<'_>, id: Uuid) -> Result<()> {
    on.query("DELETE FROM jobs WHERE id = $1").bind(id).execute().await?;
    Ok(())
}

/// Keeps a job that failed for another attempt, or gives it up. Says whether it was given up.
pub(super) async fn failed(on: impl Writer<'_>, job: &Taken, worker: &str, failure: &Failure, now: Timestamp) -> Result<bool> {
    let dead = job.attempts >= ATTEMPTS;
    let wait = Duration::from_secs(2u64.saturating_pow(job.attempts.clamp(0, 20).unsigned_abs()).min(LONGEST_WAIT));
    let told: String = failure.told.chars().take(1_000).collect();
    let changed = on
        .query(
            "UPDATE jobs SET run_at = $3, last_error = $4, dead_at = $5, error_class = $6, error_code = $7, locked_by = NULL, locked_until = NULL \
             WHERE id = $1 AND locked_by = $2",
        )
        .bind(job.id)
        .bind(worker)
        .bind(now.plus(wait))
        .bind(told.replace('\0', ""))
        .bind(dead.then_some(now))
        .bind(failure.class)
        .bind(failure.code)
        .execute()
        .await?;
    Ok(dead && changed > 0)
}

/// How the work stands.
///
/// # Errors
/// When the database fails.
pub async fn standing(on: impl Reader<'_>, now: Timestamp) -> Result<Standing> {
    let (waiting, dead, overdue, oldest): (i64, i64, i64, Option<Timestamp>) = on
        .query(
            "SELECT count(*) FILTER (WHERE dead_at IS NULL), count(*) FILTER (WHERE dead_at IS NOT NULL), \
             count(*) FILTER (WHERE dead_at IS NULL AND run_at < $1), min(run_at) FILTER (WHERE dead_at IS NULL AND run_at <= $2) FROM jobs",
        )
        .bind(now.minus(TOLERANCE))
        .bind(now)
        .one()
        .await?;
    Ok(Standing { waiting, dead, overdue, oldest_secs: oldest.map_or(0, |at| now.secs() - at.secs()) })
}
