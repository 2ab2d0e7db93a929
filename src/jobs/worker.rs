//! Who does the jobs: a step that tests can call, and loops around it.

use super::queue::{Failure, Taken};
use super::{Job, LEASE, queue};
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

#[derive(Clone, Copy)]
struct Kind {
    run: Handler,
    given_up: Handler,
}

/// The kinds of jobs that this program can do.
#[derive(Default)]
pub struct Registry(HashMap<&'static str, Kind>);

impl Registry {
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        let run: Handler = |payload, state| {
            Box::pin(async move {
                let job: J = serde_json::from_value(payload)?;
                job.run(state).await
            })
        };
        let given_up: Handler = |payload, state| {
            Box::pin(async move {
                let job: J = serde_json::from_value(payload)?;
                job.given_up(state).await
            })
        };
        self.0.insert(J::KIND, Kind { run, given_up });
        self
    }
}

/// Does one job that is due. Says whether there was one.
///
/// # Errors
/// When the database fails; a job that fails is kept.
pub async fn step(state: &State, registry: &Registry, worker: &str) -> Result<bool> {
    step_of(state, registry, worker, false).await
}

async fn step_of(state: &State, registry: &Registry, worker: &str, prompt: bool) -> Result<bool> {
    let Some(job) = queue::take(state.db.write(), worker, prompt, state.clock.now()).await? else { return Ok(false) };
    let kind = registry.0.get(job.kind.as_str()).copied();
    let outcome = match kind {
        Some(kind) => attempt(state, kind, &job, worker).await,
        None => Err(Failure::program(format!("this program does not know the kind {}", job.kind))),
    };
    match outcome {
        Ok(()) => {
            queue::done(state.db.write(), job.id).await?;
            state.metrics.job(&job.kind, "done");
        }
        Err(failure) => {
            let dead = queue::failed(state.db.write(), &job, worker, &failure, state.clock.now()).await?;
            tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, dead, error = failure.told, "a job failed");
            state.metrics.job(&job.kind, if dead { "dead" } else { "failed" });
            if let Some(kind) = kind.filter(|_| dead)
                && let Err(error) = (kind.given_up)(job.payload.0, state).await
            {
                tracing::error!(job = %job.id, error = format!("{error:#}"), "those concerned could not be told of a job that was given up");
            }
        }
    }
    Ok(true)
}

/// Runs a job, and keeps it from others as long as it runs.
async fn attempt(state: &State, kind: Kind, job: &Taken, worker: &str) -> std::result::Result<(), Failure> {
    let run = AssertUnwindSafe((kind.run)(job.payload.0.clone(), state)).catch_unwind();
    let beat = async {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            if let Err(error) = queue::keep(state.db.write(), job.id, worker, state.clock.now()).await {
                error.log("jobs");
            }
        }
    };
    tokio::select! {
        outcome = run => match outcome {
            Ok(outcome) => outcome.map_err(|error| Failure::of(&error)),
            Err(_) => Err(Failure::program("it panicked")),
        },
        () = beat => Ok(()),
    }
}

/// Does jobs until the process stops: those that must happen at their moment on a line of their own.
pub async fn run(state: Arc<State>, registry: Arc<Registry>) {
    tokio::join!(serve(&state, &registry, true), serve(&state, &registry, false));
}

async fn serve(state: &State, registry: &Registry, prompt: bool) {
    let worker = Uuid::now_v7().to_string();
    while !state.stopping.load(Ordering::Relaxed) {
        match step_of(state, registry, &worker, prompt).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                error.log("jobs");
                tokio::time::sleep(PAUSE * 2).await;
            }
        }
    }
}
