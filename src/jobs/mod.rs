//! The outbox: work that follows a change, written in its transaction and done after its commit.
//!
//! A job is a type with a kind and a payload. [`enqueue`] writes it; [`step`] takes one that is due by lease, runs it,
//! and keeps what fails for another attempt, until it is given up.

mod queue;
mod worker;

pub use queue::{Waiting, enqueue, waiting};
pub use worker::{Registry, run, step};

use crate::state::State;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;

/// A kind of work.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// Names it in the table and the metrics.
    const KIND: &'static str;

    /// Does it. It may be done more than once, so it must do no harm twice.
    fn run(self, state: &State) -> impl Future<Output = anyhow::Result<()>> + Send;
}
