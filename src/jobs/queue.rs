//! The table of jobs.

use super::Job;
use crate::db::{Reader, Sql, Timestamp, Writer};
use crate::error::{Error, Result};
use crate::sql;
use sqlx::FromRow;
use sqlx::types::Json;
use std::time::Duration;
use uuid::Uuid;

/// Attempts before a job is given up.
const ATTEMPTS: i32 = 12;
/// How long a worker may keep a job before another takes it.
const LEASE: Duration = Duration::from_mins(1);
const LONGEST_WAIT: u64 = 60 * 60;

/// A job that a worker has taken.
#[derive(Debug, FromRow)]
pub struct Taken {
    pub id: Uuid,
    pub kind: String,
    pub payload: Json<serde_json::Value>,
    pub attempts: i32,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, FromRow)]
pub struct Waiting {
    /// Jobs that are due or will be.
    pub waiting: i64,
    /// Jobs that were given up.
    pub dead: i64,
}

/// SQLite has one writer; PostgreSQL's workers step around each other's rows.
const TAKE: Sql = sql!(
    "UPDATE jobs SET attempts = attempts + 1, locked_by = $1, locked_until = $3 \
     WHERE id = (SELECT id FROM jobs WHERE dead_at IS NULL AND run_at <= $2 AND (locked_until IS NULL OR locked_until < $2) \
                 ORDER BY run_at, id LIMIT 1" ["" | " FOR UPDATE SKIP LOCKED"] ") \
     RETURNING id, kind, payload, attempts"
);

/// Writes a job to be done at `run_at` or later.
///
/// # Errors
/// When the database fails.
pub async fn enqueue<J: Job>(on: impl Writer<'_>, job: &J, run_at: Timestamp, now: Timestamp) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let payload = serde_json::to_value(job).map_err(Error::internal)?;
    on.query("INSERT INTO jobs (id, kind, payload, run_at, attempts, created_at) VALUES ($1, $2, $3, $4, 0, $5)")
        .bind(id)
        .bind(J::KIND)
        .bind(Json(payload))
        .bind(run_at)
        .bind(now)
        .execute()
        .await?;
    Ok(id)
}

/// Leases the next job that is due.
pub(super) async fn take(on: impl Writer<'_>, worker: &str, now: Timestamp) -> Result<Option<Taken>> {
    Ok(on.query(TAKE).bind(worker).bind(now).bind(now.plus(LEASE)).optional().await?)
}

/// It is done, whoever else has taken it meanwhile.
pub(super) async fn done(on: impl Writer<'_>, id: Uuid) -> Result<()> {
    on.query("DELETE FROM jobs WHERE id = $1").bind(id).execute().await?;
    Ok(())
}

/// Keeps a job that failed for another attempt, or gives it up. Says whether it was given up.
pub(super) async fn failed(on: impl Writer<'_>, job: &Taken, worker: &str, error: &str, now: Timestamp) -> Result<bool> {
    let dead = job.attempts >= ATTEMPTS;
    let wait = Duration::from_secs(2u64.saturating_pow(job.attempts.clamp(0, 20).unsigned_abs()).min(LONGEST_WAIT));
    let told: String = error.chars().take(1_000).collect();
    on.query("UPDATE jobs SET run_at = $3, last_error = $4, dead_at = $5, locked_by = NULL, locked_until = NULL WHERE id = $1 AND locked_by = $2")
        .bind(job.id)
        .bind(worker)
        .bind(now.plus(wait))
        .bind(told.replace('\0', ""))
        .bind(dead.then_some(now))
        .execute()
        .await?;
    Ok(dead)
}

/// # Errors
/// When the database fails.
pub async fn waiting(on: impl Reader<'_>) -> Result<Waiting> {
    Ok(on.query("SELECT count(*) FILTER (WHERE dead_at IS NULL) AS waiting, count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead FROM jobs").one().await?)
}
