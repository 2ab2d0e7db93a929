//! What the process holds while it serves.

use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::limits::Limits;
use crate::mail::Mailer;
use crate::secrets::Secrets;
use crate::telemetry::Metrics;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Shared by all workers.
pub struct State {
    pub config: Config,
    pub db: Db,
    /// Reads the published tables, and nothing else of the house does.
    pub public: Db,
    pub clock: Clock,
    pub secrets: Secrets,
    pub limits: Limits,
    pub mailer: Arc<dyn Mailer>,
    pub metrics: Arc<Metrics>,
    /// Set when the process was asked to stop: not ready at once.
    pub stopping: AtomicBool,
}

impl State {
    #[must_use]
    pub fn new(config: Config, db: Db, public: Db, clock: Clock, secrets: Secrets, mailer: Arc<dyn Mailer>) -> Self {
        let limits = Limits::new(&config.rate_limit);
        Self { config, db, public, clock, secrets, limits, mailer, metrics: Arc::new(Metrics::new()), stopping: AtomicBool::new(false) }
    }

    /// An absolute address of ours: `path` begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.public_url)
    }
}
