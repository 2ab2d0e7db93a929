//! Who does the jobs: a step that tests can call, and a loop around it.

use super::{Job, queue};
use crate::error::Result;
use crate::state::State;
use futures_util::FutureExt;
use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

/// How often the table is looked at while there is nothing to do.
const PAUSE: Duration = Duration::from_millis(500);

type Outcome<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>>;
type Handler = fn(serde_json::Value, &State) -> Outcome<'_>;

/// The kinds of jobs that this program can do.
#[derive(Default)]
pub struct Registry(HashMap<&'static str, Handler>);

impl Registry {
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        self.0.insert(J::KIND, |payload, state| {
            Box::pin(async move {
                let job: J = serde_json::from_value(payload)?;
                job.run(state).await
            })
        });
        self
    }
}

/// Does one job that is due. Says whether there was one.
///
/// # Errors
/// When the database fails; a job that fails is kept.
pub async fn step(state: &State, registry: &Registry, worker: &str) -> Result<bool> {
    let Some(job) = queue::take(state.db.write(), worker, state.clock.now()).await? else { return Ok(false) };
    let outcome = match registry.0.get(job.kind.as_str()) {
        Some(handler) => {
            let run = AssertUnwindSafe(handler(job.payload.0.clone(), state)).catch_unwind();
            run.await.unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")))
        }
        None => Err(anyhow::anyhow!("this program does not know the kind {}", job.kind)),
    };
    match outcome {
        Ok(()) => {
            queue::done(state.db.write(), job.id).await?;
            state.metrics.job(&job.kind, "done");
        }
        Err(error) => {
            let told = format!("{error:#}");
            let dead = queue::failed(state.db.write(), &job, worker, &told, state.clock.now()).await?;
            tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, dead, error = told, "a job failed");
            state.metrics.job(&job.kind, if dead { "dead" } else { "failed" });
        }
    }
    Ok(true)
}

/// Does jobs until the process stops.
pub async fn run(state: Arc<State>, registry: Arc<Registry>) {
    let worker = Uuid::now_v7().to_string();
    while !state.stopping.load(Ordering::Relaxed) {
        match step(&state, &registry, &worker).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                error.log("jobs");
                tokio::time::sleep(PAUSE * 4).await;
            }
        }
    }
}
