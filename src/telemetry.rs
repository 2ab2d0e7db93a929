//! Logs and metrics.

use crate::cache::Answers;
use crate::config::{Log, LogFormat};
use crate::db::Statements;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Sends logs to standard error, in the form asked for.
///
/// # Errors
/// When the filter cannot be read, or logs are sent somewhere already.
pub fn init(settings: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.filter)?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.format {
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
        LogFormat::Human => logs.with_target(false).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("logs cannot be set up: {error}"))
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    method: String,
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct JobLabels {
    kind: String,
    outcome: String,
}

/// What `/metrics` tells.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    jobs: Family<JobLabels, Counter>,
    /// Open at this moment, on the listener of clients.
    pub connections_of_clients: Gauge,
    connections: Gauge,
    idle_connections: Gauge,
    jobs_waiting: Gauge,
    jobs_dead: Gauge,
    jobs_overdue: Gauge,
    jobs_oldest_seconds: Gauge,
    schedule_failed: Gauge,
    audit_whole: Gauge,
    audit_signed: Gauge,
    cache_answers: Gauge,
    cache_bytes: Gauge,
    followers: Gauge,
}

/// What is measured when `/metrics` is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauges {
    pub connections: u32,
    pub idle_connections: usize,
    pub jobs_waiting: i64,
    pub jobs_dead: i64,
    pub jobs_overdue: i64,
    pub jobs_oldest_seconds: i64,
    pub schedule_failed: i64,
    /// 1, or 0 where something is wrong with the audit log.
    pub audit_whole: i64,
    /// The last entry that a checkpoint covers; -1 for none.
    pub audit_signed: i64,
    pub cache_answers: usize,
    pub cache_bytes: u64,
    /// Those who follow the stream of public events, or wait for the next one.
    pub followers: usize,
}

fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

impl Metrics {
    #[must_use]
    pub fn new(answers: &Answers, statements: &Statements) -> Self {
        let mut registry = Registry::with_prefix("newsroom");
        let requests = Family::default();
        let durations = Family::new_with_constructor(histogram as fn() -> Histogram);
        let jobs = Family::default();
        let [connections, idle_connections, jobs_waiting, jobs_dead] = std::array::from_fn(|_| Gauge::default());
        let [jobs_overdue, jobs_oldest_seconds, schedule_failed] = std::array::from_fn(|_| Gauge::default());
        let [audit_whole, audit_signed, cache_answers, cache_bytes, followers] = std::array::from_fn(|_| Gauge::default());
        registry.register("http_requests", "Requests answered, by matched route", requests.clone());
        registry.register("http_request_duration_seconds", "Time to the head of the answer", durations.clone());
        registry.register("jobs", "Jobs run, by outcome", jobs.clone());
        registry.register("database_connections", "Connections open", connections.clone());
        let connections_of_clients = Gauge::default();
        registry.register("http_connections", "Connections of clients open", connections_of_clients.clone());
        registry.register("database_statements", "Statements run", statements.counter());
        registry.register("database_connections_idle", "Connections open and idle", idle_connections.clone());
        registry.register("jobs_waiting", "Jobs waiting to be run", jobs_waiting.clone());
        registry.register("jobs_dead", "Jobs given up", jobs_dead.clone());
        registry.register("jobs_overdue", "Jobs due for more than two seconds", jobs_overdue.clone());
        registry.register("jobs_oldest_seconds", "How long the oldest job that is due has been", jobs_oldest_seconds.clone());
        registry.register("schedule_failed", "Scheduled steps that did not happen and were not seen to", schedule_failed.clone());
        registry.register("audit_whole", "Whether the audit log is whole", audit_whole.clone());
        registry.register("audit_signed", "The last entry of the audit log that a checkpoint covers", audit_signed.clone());
        registry.register("cache_hits", "Answers of delivery from memory", answers.hits.clone());
        registry.register("cache_misses", "Answers of delivery that were made", answers.misses.clone());
        registry.register("cache_answers", "Answers of delivery in memory", cache_answers.clone());
        registry.register("cache_bytes", "Memory that they take", cache_bytes.clone());
        registry.register("followers", "Clients that follow the public events, or wait for the next one", followers.clone());
        Self {
            registry,
            requests,
            durations,
            jobs,
            connections_of_clients,
            connections,
            idle_connections,
            jobs_waiting,
            jobs_dead,
            jobs_overdue,
            jobs_oldest_seconds,
            schedule_failed,
            audit_whole,
            audit_signed,
            cache_answers,
            cache_bytes,
            followers,
        }
    }

    /// Counts an answer. `route` is the pattern that matched, never the path.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let (method, route) = (method.to_owned(), route.to_owned());
        self.requests.get_or_create(&RequestLabels { method: method.clone(), route: route.clone(), status }).inc();
        self.durations.get_or_create(&RouteLabels { method, route }).observe(took.as_secs_f64());
    }

    /// Counts a job that ran.
    pub fn job(&self, kind: &str, outcome: &str) {
        self.jobs.get_or_create(&JobLabels { kind: kind.to_owned(), outcome: outcome.to_owned() }).inc();
    }

    /// Everything, as OpenMetrics text.
    #[must_use]
    pub fn render(&self, gauges: Gauges) -> String {
        self.connections.set(gauges.connections.into());
        self.idle_connections.set(i64::try_from(gauges.idle_connections).unwrap_or(i64::MAX));
        self.jobs_waiting.set(gauges.jobs_waiting);
        self.jobs_dead.set(gauges.jobs_dead);
        self.jobs_overdue.set(gauges.jobs_overdue);
        self.jobs_oldest_seconds.set(gauges.jobs_oldest_seconds);
        self.schedule_failed.set(gauges.schedule_failed);
        self.audit_whole.set(gauges.audit_whole);
        self.audit_signed.set(gauges.audit_signed);
        self.cache_answers.set(i64::try_from(gauges.cache_answers).unwrap_or(i64::MAX));
        self.cache_bytes.set(i64::try_from(gauges.cache_bytes).unwrap_or(i64::MAX));
        self.followers.set(i64::try_from(gauges.followers).unwrap_or(i64::MAX));
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics cannot be written");
        }
        text
    }
}
