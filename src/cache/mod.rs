//! Answers of delivery, kept whole in memory until what they tell has changed.
//!
//! An answer is found by its canonical request: requests that mean the same have one key. A second, small map leads from requests as they
//! were written to keys, so that a request that was seen before is answered before anything of it is parsed.

mod answer;
mod keys;
mod stamps;

pub use answer::Answer;
pub use keys::{EVERYTHING, keys_of, keys_to_purge};
pub use stamps::{Source, Stamps};

use crate::db::Timestamp;
use crate::error::Result;
use actix_web::http::header::{HeaderName, HeaderValue};
use answer::Encoded;
use prometheus_client::metrics::counter::Counter;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use stamps::Slot;
use std::sync::Arc;

/// How often an answer is waited for that others are making, before it is made alone.
const PATIENCE: usize = 3;
/// Of the memory that there is, the part for requests as they were written.
const TARGETS: u64 = 16;

/// An answer to keep.
pub struct Made {
    /// The pattern of the route, for the metrics.
    pub route: String,
    /// Without quotes and encoding.
    pub etag: String,
    pub modified_at: Timestamp,
    /// Whether more than the address of the request decides which answer it is.
    pub varies: bool,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: String,
    /// What it tells of.
    pub sources: Vec<Source>,
    /// When it is no longer true by itself.
    pub expires: Option<Timestamp>,
}

#[derive(Clone)]
struct Weigher;

impl Weighter<Arc<str>, Arc<Answer>> for Weigher {
    fn weight(&self, key: &Arc<str>, answer: &Arc<Answer>) -> u64 {
        answer.weight() + u64::try_from(key.len()).unwrap_or(0) + 64
    }
}

impl Weighter<Box<str>, Arc<str>> for Weigher {
    fn weight(&self, target: &Box<str>, key: &Arc<str>) -> u64 {
        u64::try_from(target.len() + key.len()).unwrap_or(0) + 128
    }
}

/// The cache of a process.
pub struct Answers {
    pub stamps: Stamps,
    entries: Cache<Arc<str>, Arc<Answer>, Weigher>,
    targets: Cache<Box<str>, Arc<str>, Weigher>,
    /// Answers from memory, and those that were made.
    pub hits: Counter,
    pub misses: Counter,
}

impl Answers {
    /// A cache of at most `bytes`.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let items = |bytes: u64, each: u64| usize::try_from(bytes / each).unwrap_or(0).max(16);
        let for_targets = bytes / TARGETS;
        let for_answers = bytes - for_targets;
        Self {
            stamps: Stamps::default(),
            entries: Cache::with_weighter(items(for_answers, 8192), for_answers, Weigher),
            targets: Cache::with_weighter(items(for_targets, 256), for_targets, Weigher),
            hits: Counter::default(),
            misses: Counter::default(),
        }
    }

    /// The answer to a request that was written so before, if it is still true.
    pub fn known(&self, target: &str, now: Timestamp) -> Option<Arc<Answer>> {
        let key = self.targets.get(target)?;
        let answer = self.entries.get(&key).filter(|answer| self.is_true(answer, now))?;
        self.hits.inc();
        Some(answer)
    }

    /// Notes how a request is written whose answer has a key.
    pub fn note(&self, target: &str, key: &Arc<str>) {
        if !self.targets.contains_key(target) {
            self.targets.insert(target.into(), Arc::clone(key));
        }
    }

    /// The answer with a key, from memory or made by `make`, once for all who wait for it.
    ///
    /// # Errors
    /// What `make` fails with; that is not kept.
    pub async fn get(&self, key: &Arc<str>, now: Timestamp, make: impl AsyncFnOnce() -> Result<Made>) -> Result<Arc<Answer>> {
        for _ in 0..PATIENCE {
            match self.entries.get_value_or_guard_async(key).await {
                Ok(answer) if self.is_true(&answer, now) => {
                    self.hits.inc();
                    return Ok(answer);
                }
                Ok(old) => {
                    self.entries.remove_if(key, |answer| Arc::ptr_eq(answer, &old));
                }
                Err(place) => {
                    let answer = self.make(make).await?;
                    // What changed meanwhile is not kept for others. It is true for who asked before that.
                    if self.is_true(&answer, now) {
                        let _ = place.insert(Arc::clone(&answer));
                    }
                    return Ok(answer);
                }
            }
        }
        self.make(make).await
    }

    async fn make(&self, make: impl AsyncFnOnce() -> Result<Made>) -> Result<Arc<Answer>> {
        self.misses.inc();
        let begun = self.stamps.now();
        let Made { route, etag, modified_at, varies, headers, body, sources, expires } = make().await?;
        let slots = sources.iter().map(Slot::of).collect();
        Ok(Arc::new(Answer { route, made: begun, slots, expires, etag, modified_at, varies, headers, body: body.into(), encoded: Encoded::default() }))
    }

    fn is_true(&self, answer: &Answer, now: Timestamp) -> bool {
        answer.expires.is_none_or(|at| now < at) && self.stamps.is_fresh(answer.made, &answer.slots)
    }

    /// How many answers there are, and the bytes that they and what leads to them take.
    #[must_use]
    pub fn size(&self) -> (usize, u64) {
        (self.entries.len(), self.entries.weight() + self.targets.weight())
    }
}
