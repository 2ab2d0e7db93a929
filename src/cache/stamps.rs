//! What an answer was made from, and whether that is still so.
//!
//! Time is counted in changes. Every change of something public moves the clock on by one and stamps what it is about; an answer that was
//! begun before the stamp of anything it tells of is never served again. Many things share a stamp, so some answers are made again for
//! nothing: that is cheaper than remembering them all.

use crate::db::Announcement;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;
use uuid::Uuid;

const SLOTS: usize = 1 << 16;

/// What an answer tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// One story, in whatever language.
    Article(Uuid),
    /// Everything of a part: `articles`, `agency`, `front_page`.
    Part(&'static str),
}

/// A moment, counted in changes that this process knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// The stamps of all that is public.
pub struct Stamps {
    clock: AtomicU64,
    everything: AtomicU64,
    slots: Box<[AtomicU64]>,
    /// Told of every change.
    changed: watch::Sender<()>,
    /// For each part, which of its changes are known here.
    known: Mutex<HashMap<String, Known>>,
}

/// The changes of a part that were heard of.
#[derive(Debug, Default)]
struct Known {
    /// All up to this one.
    all: i64,
    /// Others after it: announcements come in any order.
    more: BTreeSet<i64>,
}

impl Known {
    fn hear(&mut self, version: i64) {
        if version > self.all {
            self.more.insert(version);
        }
        while self.more.first() == Some(&(self.all + 1)) {
            self.more.pop_first();
            self.all += 1;
        }
    }

    /// Says whether some up to `version` were never heard of; from now on they count as known.
    fn catch_up(&mut self, version: i64) -> bool {
        if version <= self.all {
            return false;
        }
        self.all = version;
        self.more = self.more.split_off(&(version + 1));
        self.hear(version);
        true
    }
}

impl Default for Stamps {
    fn default() -> Self {
        let slots = std::iter::repeat_with(|| AtomicU64::new(0)).take(SLOTS).collect();
        Self { clock: AtomicU64::new(0), everything: AtomicU64::new(0), slots, changed: watch::Sender::new(()), known: Mutex::default() }
    }
}

/// Where the stamp of a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u16);

impl Slot {
    pub(super) fn of(source: &Source) -> Self {
        match source {
            Source::Article(id) => Self::hash(id),
            Source::Part(part) => Self::hash(part),
        }
    }

    fn hash(thing: &(impl Hash + ?Sized)) -> Self {
        let mut hasher = DefaultHasher::new();
        thing.hash(&mut hasher);
        #[expect(clippy::cast_possible_truncation, reason = "as many as there are slots")]
        Self(hasher.finish() as u16)
    }
}

impl Stamps {
    /// Now: to be taken before what an answer is made of is read.
    pub fn now(&self) -> Moment {
        Moment(self.clock.load(Ordering::SeqCst))
    }

    /// Whether nothing that an answer tells of has changed since it was begun.
    pub(super) fn is_fresh(&self, since: Moment, slots: &[Slot]) -> bool {
        let stamps = slots.iter().filter_map(|slot| self.slots.get(usize::from(slot.0))).chain([&self.everything]);
        stamps.into_iter().all(|stamp| stamp.load(Ordering::SeqCst) <= since.0)
    }

    /// Is told of every change from now on, and when the process is about to stop.
    pub fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// How many wait for a change, or follow all of them.
    pub fn followers(&self) -> usize {
        self.changed.receiver_count()
    }

    /// Wakes everybody who waits for a change.
    pub fn wake(&self) {
        self.changed.send_replace(());
    }

    /// Takes note of changes, each once or more often.
    pub fn hear(&self, announcements: &[Announcement]) {
        for announcement in announcements {
            self.strike(&announcement.part, announcement.article);
            self.known().entry(announcement.part.clone()).or_default().hear(announcement.version);
        }
    }

    /// Compares with how often each part has changed in the database. What was not heard of may have been about anything.
    pub fn catch_up(&self, versions: &[(String, i64)]) {
        let missed: Vec<&String> = {
            let mut known = self.known();
            versions.iter().filter(|(part, version)| known.entry(part.clone()).or_default().catch_up(*version)).map(|(part, _)| part).collect()
        };
        for part in missed {
            self.strike(part, None);
        }
    }

    fn strike(&self, part: &str, article: Option<Uuid>) {
        let moment = self.clock.fetch_add(1, Ordering::SeqCst) + 1;
        let strike = |slot: Slot| {
            if let Some(stamp) = self.slots.get(usize::from(slot.0)) {
                stamp.fetch_max(moment, Ordering::SeqCst);
            }
        };
        strike(Slot::hash(part));
        match article {
            Some(id) => strike(Slot::hash(&id)),
            // Answers about one story do not name its part.
            None if part == "articles" => {
                self.everything.fetch_max(moment, Ordering::SeqCst);
            }
            None => {}
        }
        self.wake();
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(part: &str, version: i64, article: Option<u128>) -> Announcement {
        Announcement { part: part.to_owned(), version, article: article.map(Uuid::from_u128) }
    }

    #[test]
    fn a_change_ends_what_was_made_of_it_and_nothing_else() {
        let stamps = Stamps::default();
        let [one, two] = [1, 2].map(|n| Slot::of(&Source::Article(Uuid::from_u128(n))));
        let [articles, agency] = ["articles", "agency"].map(|part| Slot::of(&Source::Part(part)));
        let before = stamps.now();
        stamps.hear(&[heard("articles", 1, Some(1))]);
        assert!(!stamps.is_fresh(before, &[one]));
        assert!(!stamps.is_fresh(before, &[two, articles]));
        assert!(stamps.is_fresh(before, &[two]) && stamps.is_fresh(before, &[agency]));
        assert!(stamps.is_fresh(stamps.now(), &[one, two, articles, agency]));
        let before = stamps.now();
        stamps.hear(&[heard("articles", 2, None)]);
        assert!(!stamps.is_fresh(before, &[two]) && !stamps.is_fresh(before, &[agency]), "all stories, and whatever else");
    }

    #[test]
    fn what_was_not_heard_is_found_by_counting() {
        let stamps = Stamps::default();
        let two = [Slot::of(&Source::Article(Uuid::from_u128(2)))];
        // The third came before the second.
        stamps.hear(&[heard("articles", 1, Some(1)), heard("articles", 3, Some(1))]);
        let before = stamps.now();
        stamps.catch_up(&[("articles".to_owned(), 1)]);
        stamps.hear(&[heard("articles", 2, Some(1))]);
        stamps.catch_up(&[("articles".to_owned(), 3)]);
        assert!(stamps.is_fresh(before, &two), "nothing was missed");
        stamps.catch_up(&[("articles".to_owned(), 4)]);
        assert!(!stamps.is_fresh(before, &two), "the fourth may have been about anything");
        let before = stamps.now();
        stamps.catch_up(&[("articles".to_owned(), 4)]);
        assert!(stamps.is_fresh(before, &two), "once");
    }
}
