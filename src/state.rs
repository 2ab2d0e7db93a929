//! What the process holds while it serves.

use crate::cache::Answers;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::limits::Limits;
use crate::mail::Mailer;
use crate::secrets::Secrets;
use crate::telemetry::Metrics;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Shared by all workers.
pub struct State {
    pub config: Config,
    pub db: Db,
    /// Reads the published tables, and nothing else of the house does.
    pub public: Db,
    /// What delivery has answered, as long as it is true.
    pub answers: Arc<Answers>,
    pub clock: Clock,
    pub secrets: Secrets,
    pub limits: Limits,
    pub mailer: Arc<dyn Mailer>,
    pub metrics: Arc<Metrics>,
    /// Set when the process was asked to stop: not ready at once.
    pub stopping: AtomicBool,
    audit: RwLock<AuditStanding>,
}

/// How the audit log was when it was last looked at.
#[derive(Clone, Debug, Default)]
pub struct AuditStanding {
    /// What is wrong with it.
    pub fault: Option<String>,
    /// The last entry that a checkpoint covers.
    pub signed: Option<i64>,
}

impl State {
    #[must_use]
    pub fn new(config: Config, db: Db, public: Db, clock: Clock, secrets: Secrets, mailer: Arc<dyn Mailer>) -> Self {
        let limits = Limits::new(&config.rate_limit);
        let audit = RwLock::default();
        let answers = Arc::new(Answers::new(u64::from(config.delivery.cache_mib) << 20));
        let listener = Arc::clone(&answers);
        db.announced().follow(move |announcements| listener.stamps.hear(announcements));
        if !config.purge.urls.is_empty() {
            db.announced().have_caches();
        }
        let metrics = Arc::new(Metrics::new(&answers, db.statements()));
        Self { config, db, public, answers, clock, secrets, limits, mailer, metrics, stopping: AtomicBool::new(false), audit }
    }

    /// Whether the process was asked to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Notes that the process was asked to stop: whoever waits for something to happen is sent away.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.answers.stamps.wake();
    }

    #[must_use]
    pub fn audit_standing(&self) -> AuditStanding {
        self.audit.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes how the audit log was found.
    pub fn note_audit(&self, standing: AuditStanding) {
        *self.audit.write().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    /// An absolute address of ours: `path` begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.public_url)
    }
}
