//! What is asked of the database: how often, and, where somebody wants to know, in which words.

use prometheus_client::metrics::counter::Counter;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The statements of a database's handles. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Statements(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    run: Counter,
    keeping: AtomicBool,
    texts: Mutex<BTreeSet<String>>,
}

impl Statements {
    pub(super) fn note(&self, sql: &str) {
        self.0.run.inc();
        if self.0.keeping.load(Ordering::Relaxed) {
            self.0.texts.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.to_owned());
        }
    }

    /// How many were run. Beginning and ending a transaction are none.
    #[must_use]
    pub fn run(&self) -> u64 {
        self.0.run.get()
    }

    /// The same, for the metrics.
    #[must_use]
    pub fn counter(&self) -> Counter {
        self.0.run.clone()
    }

    /// From now on, keeps the texts of what is run: for looking at their plans.
    pub fn keep_texts(&self) {
        self.0.keeping.store(true, Ordering::Relaxed);
    }

    /// The different texts that were kept since this was last asked.
    #[must_use]
    pub fn take_texts(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.texts.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}
