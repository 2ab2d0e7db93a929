//! Caches in front of us are told to forget what a change has made untrue.
//!
//! A change enqueues its purge in its own transaction, and only where the settings name caches. What waits is done together: a purge names
//! keys, and naming one twice does no harm.

mod caches;

use crate::cache::{EVERYTHING, keys_to_purge};
use crate::db::{Timestamp, Tx};
use crate::error::Result;
use crate::jobs::{self, Job};
use crate::state::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// After this, everything is purged once more. What a cache had asked for before the change may have reached it after the first purge, as
/// may the answer of another process that heard of the change a moment later.
const AGAIN: Duration = Duration::from_secs(1);

/// Has caches forget all answers that have one of the keys.
#[derive(Debug, Serialize, Deserialize)]
pub struct Purge {
    keys: Vec<String>,
    /// Whether it is the second time.
    again: bool,
}

impl Job for Purge {
    const KIND: &'static str = "purge";

    fn key(&self) -> Option<String> {
        (!self.again).then(|| format!("purge {}", self.keys.join(" ")))
    }

    async fn run(self, state: &State) -> anyhow::Result<()> {
        let settings = &state.config.purge;
        // It may be left of a time when there were caches.
        if settings.urls.is_empty() {
            return Ok(());
        }
        let now = state.clock.now();
        let (along, others): (Vec<Uuid>, Vec<Self>) = jobs::waiting::<Self>(&state.db, now).await?.into_iter().unzip();
        let purges = || [&self].into_iter().chain(&others);
        caches::forget(settings, &merge(purges())).await?;
        let mut tx = state.db.begin().await?;
        jobs::finish(&mut tx, &along).await?;
        let keys = merge(purges().filter(|purge| !purge.again));
        if !keys.is_empty() {
            let now = state.clock.now();
            jobs::enqueue(&mut tx, &Self { keys, again: true }, now.plus(AGAIN), now).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Every key once; where one names all answers, that alone.
fn merge<'a>(purges: impl Iterator<Item = &'a Purge>) -> Vec<String> {
    let keys: BTreeSet<&String> = purges.flat_map(|purge| &purge.keys).collect();
    if keys.iter().any(|key| *key == EVERYTHING) {
        return vec![EVERYTHING.to_owned()];
    }
    keys.into_iter().cloned().collect()
}

/// Has caches told that a part of what is public has changed, for one story or for all that there may be: when the transaction has been
/// committed, and where there are caches.
///
/// # Errors
/// When the database fails.
pub async fn enqueue(tx: &mut Tx, part: &str, article: Option<Uuid>, now: Timestamp) -> Result<()> {
    if tx.has_caches() {
        jobs::enqueue(tx, &Purge { keys: keys_to_purge(part, article), again: false }, now, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purge(keys: &[&str]) -> Purge {
        Purge { keys: keys.iter().map(|key| (*key).to_owned()).collect(), again: false }
    }

    #[test]
    fn keys_are_named_once() {
        let purges = [purge(&["article-2", "articles"]), purge(&["article-1", "articles"])];
        assert_eq!(merge(purges.iter()), ["article-1", "article-2", "articles"]);
        let purges = [purge(&["article-2", "articles"]), purge(&[EVERYTHING])];
        assert_eq!(merge(purges.iter()), [EVERYTHING]);
        assert!(merge([].iter()).is_empty());
    }
}
