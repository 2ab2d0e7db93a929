//! Who did what: a log in which every row is chained to the one before by its hash.
//!
//! [`record`] writes in the transaction of the deed. The end of the chain stays locked until that transaction ends, so it comes last:
//! after the change log and its stamps, always in this order.

mod chain;

pub use chain::{Entry, record};

use crate::policy::{Actor, Who};
use crate::text_enum;
use uuid::Uuid;

text_enum! {
    /// What was done.
    pub enum Action {
        TextPublished = "text.published",
        TextUnpublished = "text.unpublished",
        TextKilled = "text.killed",
        TextWithheld = "text.withheld",
        TextLifted = "text.lifted",
        ArticleKilled = "article.killed",
        KillOrdered = "article.kill_ordered",
        KillCanceled = "article.kill_canceled",
        EmbargoSet = "embargo.set",
        EmbargoLifted = "embargo.lifted",
        /// Its time came, and readers see the text.
        EmbargoEnded = "embargo.ended",
        Scheduled = "schedule.created",
        ScheduleMoved = "schedule.moved",
        ScheduleCanceled = "schedule.canceled",
        /// What was scheduled was done; the step itself has an entry of its own.
        ScheduleDone = "schedule.done",
        ScheduleFailed = "schedule.failed",
        ReleaseCreated = "release.created",
        ReleaseCanceled = "release.canceled",
        ReleaseDone = "release.done",
        ReleaseFailed = "release.failed",
        JobRetried = "job.retried",
        JobDiscarded = "job.discarded",
        PreviewCreated = "preview.created",
        PreviewRevoked = "preview.revoked",
        FrontPageCreated = "front_page.created",
        FrontPageChanged = "front_page.changed",
        FrontPageScheduled = "front_page.scheduled",
        FrontPageCanceled = "front_page.canceled",
    }
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Staff(Uuid),
    Key(Uuid),
    /// The service itself, or whoever runs it.
    Service,
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        match actor.who {
            Who::Staff { id, .. } => Self::Staff(id),
            Who::Key { id, .. } => Self::Key(id),
        }
    }
}

impl By {
    const fn parts(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Staff(id) => ("staff", Some(id)),
            Self::Key(id) => ("key", Some(id)),
            Self::Service => ("service", None),
        }
    }
}
