//! Whether the process lives and is ready, and what operators see on their own listener.

use crate::db::Reader;
use crate::error::{Code, Error, Result};
use crate::jobs;
use crate::schedule;
use crate::state::State;
use crate::telemetry::Gauges;
use actix_web::web::Data;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

const PATIENCE: Duration = Duration::from_secs(2);

pub fn routes(config: &mut ServiceConfig) {
    config.service(get_live).service(get_ready);
}

/// The operators' listener.
pub fn operator_routes(config: &mut web::ServiceConfig) {
    config.service(metrics).service(ready_in_detail);
}

/// Said by the probes.
#[derive(Serialize, ToSchema)]
struct Probe {
    status: &'static str,
}

/// Live
///
/// Whether the process answers at all.
#[utoipa::path(tag = "operations", responses((status = 200, description = "It lives", body = Probe)))]
#[get("/health/live")]
async fn get_live() -> HttpResponse {
    HttpResponse::Ok().json(Probe { status: "live" })
}

/// Ready
///
/// Whether requests can be served. Not while the process stops, nor without its database.
#[utoipa::path(tag = "operations", responses((status = 200, description = "Ready", body = Probe)))]
#[get("/health/ready")]
async fn get_ready(state: Data<State>) -> Result<HttpResponse> {
    let ready = !state.stopping.load(Ordering::Relaxed) && database_answers(&state).await;
    if ready { Ok(HttpResponse::Ok().json(Probe { status: "ready" })) } else { Err(Error::new(Code::Unavailable, "Not ready.").retry_after(1)) }
}

async fn database_answers(state: &State) -> bool {
    let house = state.db.query("SELECT value FROM sequences WHERE name = 'changes'").optional::<(i64,)>();
    let delivery = state.public.query("SELECT at FROM published_stamps LIMIT 1").optional::<(crate::db::Timestamp,)>();
    let answers = async { matches!(house.await, Ok(Some(_))) && delivery.await.is_ok() };
    tokio::time::timeout(PATIENCE, answers).await.unwrap_or(false)
}

async fn gauges(state: &State) -> Gauges {
    let (connections, idle_connections) = state.db.connections();
    let standing = async { Ok::<_, Error>((jobs::standing(&state.db, state.clock.now()).await?, schedule::failed(&state.db).await?)) };
    let standing = tokio::time::timeout(PATIENCE, standing).await.ok().and_then(Result::ok);
    let of = |number: fn(&jobs::Standing) -> i64| standing.as_ref().map_or(-1, |(jobs, _)| number(jobs));
    let audit = state.audit_standing();
    let (cache_answers, cache_bytes) = state.answers.size();
    Gauges {
        connections,
        idle_connections,
        jobs_waiting: of(|jobs| jobs.waiting),
        jobs_dead: of(|jobs| jobs.dead),
        jobs_overdue: of(|jobs| jobs.overdue),
        jobs_oldest_seconds: of(|jobs| jobs.oldest_secs),
        schedule_failed: standing.as_ref().map_or(-1, |(_, failed)| *failed),
        audit_whole: i64::from(audit.fault.is_none()),
        audit_signed: audit.signed.unwrap_or(-1),
        cache_answers,
        cache_bytes,
        followers: state.answers.stamps.followers(),
    }
}

#[get("/metrics")]
async fn metrics(state: Data<State>) -> HttpResponse {
    let text = state.metrics.render(gauges(&state).await);
    HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text)
}

#[derive(Serialize)]
struct Details {
    ready: bool,
    stopping: bool,
    database: bool,
    change_sequence: Option<i64>,
    jobs_waiting: i64,
    jobs_dead: i64,
    jobs_overdue: i64,
    jobs_oldest_seconds: i64,
    schedule_failed: i64,
    /// What is wrong with the audit log.
    audit_fault: Option<String>,
    /// The last entry of it that a checkpoint covers.
    audit_signed: Option<i64>,
    connections: u32,
    idle_connections: usize,
    version: &'static str,
}

#[get("/health/ready")]
async fn ready_in_detail(state: Data<State>) -> HttpResponse {
    let database = database_answers(&state).await;
    let stopping = state.stopping.load(Ordering::Relaxed);
    let gauges = gauges(&state).await;
    let sequence = state.db.query("SELECT value FROM sequences WHERE name = 'changes'").optional::<(i64,)>().await.ok().flatten();
    let ready = database && !stopping;
    let audit = state.audit_standing();
    let details = Details {
        ready,
        stopping,
        database,
        change_sequence: sequence.map(|(value,)| value),
        jobs_waiting: gauges.jobs_waiting,
        jobs_dead: gauges.jobs_dead,
        jobs_overdue: gauges.jobs_overdue,
        jobs_oldest_seconds: gauges.jobs_oldest_seconds,
        schedule_failed: gauges.schedule_failed,
        audit_fault: audit.fault,
        audit_signed: audit.signed,
        connections: gauges.connections,
        idle_connections: gauges.idle_connections,
        version: env!("CARGO_PKG_VERSION"),
    };
    let mut response = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(details)
}
