//! The time, as a parameter: nothing else in the house asks the machine for it.

use crate::db::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// What the time is.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// One that stands until it is moved, for tests: microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    #[must_use]
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.micros())))
    }

    /// Cut to microseconds, which is what both engines keep.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => chrono::Utc::now().into(),
            Self::Manual(at) => Timestamp::from_micros(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock on; the machine's moves by itself.
    pub fn advance(&self, span: Duration) {
        if let Self::Manual(at) = self {
            at.store(self.now().plus(span).micros(), Ordering::SeqCst);
        }
    }
}
