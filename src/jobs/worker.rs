//! Who does the jobs: a step that tests can call, and loops around it.

use super::queue::{Failure, Line, Taken};
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
pub struct Registry {
    kinds: HashMap<&'static str, Kind>,
    /// The kind that has a line to itself; empty for none.
    apart: &'static str,
}

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
        self.kinds.insert(J::KIND, Kind { run, given_up });
        self
    }

    /// As [`Registry::with`], a kind that waits for no other, and for which no other waits.
    #[must_use]
    pub fn with_apart<J: Job>(mut self) -> Self {
        self.apart = J::KIND;
        self.with::<J>()
    }
}

/// Does one job that is due. Says whether there was one.
///
/// # Errors
/// When the database fails; a job that fails is kept.
pub async fn step(state: &State, registry: &Registry, worker: &str) -> Result<bool> {
    step_of(state, registry, worker, Line::default()).await
}

async fn step_of(state: &State, registry: &Registry, worker: &str, line: Line) -> Result<bool> {
    let Some(job) = queue::take(state.db.write(), worker, line, state.clock.now()).await? else { return Ok(false) };
    let kind = registry.kinds.get(job.kind.as_str()).copied();
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

/// Does jobs until the process stops: those that must happen at their moment on a line of their own, and a kind that stands apart on another.
pub async fn run(state: Arc<State>, registry: Arc<Registry>) {
    // Without caches there is nothing that would stand apart.
    let without = if state.config.purge.urls.is_empty() { "" } else { registry.apart };
    let apart = async {
        if !without.is_empty() {
            serve(&state, &registry, Line { only: without, ..Line::default() }).await;
        }
    };
    let prompt = serve(&state, &registry, Line { prompt: true, without, ..Line::default() });
    tokio::join!(prompt, serve(&state, &registry, Line { without, ..Line::default() }), apart);
}

async fn serve(state: &State, registry: &Registry, line: Line) {
    let worker = Uuid::now_v7().to_string();
    // What changes something for readers may have left work behind.
    let mut changed = state.answers.stamps.changed();
    while !state.stopping.load(Ordering::Relaxed) {
        match step_of(state, registry, &worker, line).await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = changed.changed() => {}
            },
            Err(error) => {
                error.log("jobs");
                tokio::time::sleep(PAUSE * 2).await;
            }
        }
    }
}
