//! What those who run the service see of the jobs, and what they can do about those that were given up.

use super::queue::FailureClass;
use crate::answer::Answer;
use crate::audit::{self, Action, Entry};
use crate::auth::Caller;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result, Unique};
use crate::extract::{Path, Query};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::page::{Asked, Page};
use crate::policy::{Actor, ManageJobs};
use crate::state::State;
use crate::text_enum;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_jobs).service(retry_job).service(discard_job);
}

text_enum! {
    pub enum JobState {
        /// It is due or will be.
        Waiting = "waiting",
        /// It was given up after too many attempts.
        Dead = "dead",
    }
}

/// A piece of background work.
#[derive(Debug, FromRow, Serialize, ToSchema)]
struct JobRecord {
    id: Uuid,
    kind: String,
    state: JobState,
    /// When it is to be done, or done again.
    run_at: Timestamp,
    /// How often it was tried.
    attempts: i32,
    /// Where the last attempt failed; the log tells more.
    error_class: Option<FailureClass>,
    /// Of what the last attempt failed: a code of the problems.
    error_code: Option<String>,
    /// The text that it is about.
    article_id: Option<Uuid>,
    language: Option<Tag>,
    created_at: Timestamp,
    /// When it was given up.
    dead_at: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT id, kind, CASE WHEN dead_at IS NULL THEN 'waiting' ELSE 'dead' END AS state, run_at, attempts, error_class, error_code, \
     article_id, language, created_at, dead_at FROM jobs";

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JobFilter {
    #[param(value_type = Option<JobState>, inline)]
    state: Option<JobState>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
struct JobPath {
    id: Uuid,
}

/// List jobs
///
/// Background work that waits and what was given up, the earliest first.
#[utoipa::path(tag = "operations", params(JobFilter), responses((status = 200, description = "A page of jobs", body = Page<JobRecord>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/jobs")]
async fn list_jobs(state: Data<State>, request: HttpRequest, _caller: Caller<ManageJobs>, Query(filter): Query<JobFilter>) -> Result<Answer> {
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &filter.state)?;
    let mut query = state.db.query(COLUMNS).push(match filter.state {
        None => " WHERE 1 = 1",
        Some(JobState::Waiting) => " WHERE dead_at IS NULL",
        Some(JobState::Dead) => " WHERE dead_at IS NOT NULL",
    });
    if let Some((at, id)) = asked.after {
        query = query.push(" AND (run_at, id) > (").push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")");
    }
    let rows: Vec<JobRecord> = query.push(" ORDER BY run_at, id LIMIT ").push_bind(asked.fetch()).all().await?;
    asked.page(rows, |job| (job.run_at.micros(), job.id)).answer(&state.url("/v1/jobs"), request.query_string())
}

/// The job, if it was given up.
async fn dead(tx: &mut Tx, id: Uuid) -> Result<JobRecord> {
    let job: Option<JobRecord> = tx.query(COLUMNS).push(" WHERE id = ").push_bind(id).optional().await?;
    let job = job.ok_or_else(|| Error::not_found("job"))?;
    match job.state {
        JobState::Dead => Ok(job),
        JobState::Waiting => Err(Error::new(Code::IllegalTransition, "A job that waits is done by itself: only what was given up is retried or discarded.")),
    }
}

async fn record(tx: &mut Tx, actor: &Actor, action: Action, job: &JobRecord, now: Timestamp) -> Result<()> {
    let details = json!({ "kind": job.kind, "attempts": job.attempts, "code": job.error_code, "article_id": job.article_id });
    let entry = Entry { action, agency: Some(actor.agency), subject: job.id, language: job.language.as_ref(), details };
    audit::record(tx, actor.into(), entry, now).await
}

/// Retry a job
///
/// One that was given up is done again, at once.
#[utoipa::path(tag = "operations", params(JobPath), responses((status = 200, description = "It waits again", body = JobRecord)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/jobs/{id}/retry")]
async fn retry_job(state: Data<State>, caller: Caller<ManageJobs>, Path(path): Path<JobPath>, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            dead(tx, path.id).await?;
            tx.query("UPDATE jobs SET dead_at = NULL, run_at = $2, attempts = 0, locked_by = NULL, locked_until = NULL WHERE id = $1")
                .bind(path.id)
                .bind(now)
                .execute()
                .await
                .unique(|| Error::new(Code::Conflict, "Another job waits that does the same."))?;
            let job: JobRecord = tx.query(COLUMNS).push(" WHERE id = ").push_bind(path.id).one().await?;
            record(tx, &caller, Action::JobRetried, &job, now).await?;
            Answer::ok(&job)
        })
        .await
}

/// Discard a job
///
/// One that was given up is forgotten.
#[utoipa::path(tag = "operations", params(JobPath), responses((status = 204, description = "Forgotten")),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/jobs/{id}/discard")]
async fn discard_job(state: Data<State>, caller: Caller<ManageJobs>, Path(path): Path<JobPath>, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let job = dead(tx, path.id).await?;
            tx.query("DELETE FROM jobs WHERE id = $1").bind(path.id).execute().await?;
            record(tx, &caller, Action::JobDiscarded, &job, now).await?;
            Ok(Answer::no_content())
        })
        .await
}
