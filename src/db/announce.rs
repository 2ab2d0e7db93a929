//! Telling others what a transaction has changed: in this process when it is committed, in other processes by `LISTEN`/`NOTIFY`.

use sqlx::postgres::PgListener;
use sqlx::{PgPool, Result};
use std::fmt;
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// The channel of PostgreSQL on which announcements travel.
pub const CHANNEL: &str = "newsroom_public";

/// A part of what readers see has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// `articles`, or a kind of profile.
    pub part: String,
    /// How often the part has changed so far: every change of it has one number, and none is left out.
    pub version: i64,
    /// The only story that the change is about; `None` where it may be about all.
    pub article: Option<Uuid>,
}

impl Announcement {
    /// As it is written on the channel: the part, the number, and the story or `*`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (part, version, article) = (words.next()?, words.next()?, words.next()?);
        let article = if article == "*" { None } else { Some(Uuid::try_parse(article).ok()?) };
        Some(Self { part: part.to_owned(), version: version.parse().ok()?, article })
    }
}

type Listener = dyn Fn(&[Announcement]) + Send + Sync;

/// Who in this process is told. Cheap to clone.
#[derive(Clone, Default)]
pub struct Announced(Arc<OnceLock<Box<Listener>>>);

impl Announced {
    /// Tells `listener` from now on, in the moment after a commit, before whoever committed goes on. The first one stays.
    pub fn follow(&self, listener: impl Fn(&[Announcement]) + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(listener));
    }

    pub(super) fn tell(&self, announcements: &[Announcement]) {
        if !announcements.is_empty()
            && let Some(listener) = self.0.get()
        {
            listener(announcements);
        }
    }
}

impl fmt::Debug for Announced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Announced").field(&self.0.get().is_some()).finish()
    }
}

/// Announcements of all processes on one PostgreSQL.
pub struct Notifications(PgListener);

impl Notifications {
    pub(super) async fn open(pool: &PgPool) -> Result<Self> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// The next one; `None` for what is none of ours.
    ///
    /// # Errors
    /// When the connection is lost: what was announced meanwhile is not told again.
    pub async fn next(&mut self) -> Result<Option<Announcement>> {
        self.0.recv().await.map(|notification| Announcement::parse(notification.payload()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_read_or_ignored() {
        let article = Uuid::from_u128(7);
        let found = Announcement::parse(&format!("articles 12 {article}"));
        assert_eq!(found, Some(Announcement { part: "articles".to_owned(), version: 12, article: Some(article) }));
        assert_eq!(Announcement::parse("staff 1 *").map(|found| found.article), Some(None));
        for wrong in ["", "articles", "articles x *", "articles 1 x"] {
            assert_eq!(Announcement::parse(wrong), None, "{wrong}");
        }
    }
}
