//! The outbox: work that follows a change, written in its transaction and done after its commit.
//!
//! A job is a type with a kind and a payload. [`enqueue`] writes it; [`step`] takes one that is due by lease, runs it,
//! and keeps what fails for another attempt, until it is given up. Who takes a job keeps it as long as it runs; what a killed
//! process had taken is free again after [`LEASE`].

mod http;
mod queue;
mod worker;

pub use http::routes;
pub use queue::{LEASE, Line, Standing, enqueue, finish, forget, put_off, standing, waiting};
pub use worker::{Registry, run, step};

use crate::language::Tag;
use crate::state::State;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use uuid::Uuid;

/// A kind of work.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// Names it in the table and the metrics.
    const KIND: &'static str;
    /// Whether it must happen at its moment: it does not wait behind work that may come later.
    const PROMPT: bool = false;

    /// Does it. It may be done more than once, so it must do no harm twice.
    fn run(self, state: &State) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// What it is called, where one that waits is enough: another under this key takes its place.
    fn key(&self) -> Option<String> {
        None
    }

    /// The text that it is about.
    fn text(&self) -> Option<(Uuid, Tag)> {
        None
    }

    /// Tells those concerned that it was given up.
    fn given_up(self, _state: &State) -> impl Future<Output = anyhow::Result<()>> + Send {
        async { Ok(()) }
    }
}
