//! What staff members are told: work that is asked of them, what became of theirs, and what failed.
//!
//! A notice holds no words of a text: whoever may no longer see the text learns no more from it than they were told.

mod http;
mod mails;
mod store;

pub use http::routes;
pub use mails::NoticeMail;
pub use store::{desk, people_of, platform_desk, seconds, tell, tidy};

use crate::language::Tag;
use crate::text_enum;
use serde_json::Value;
use uuid::Uuid;

text_enum! {
    /// What a notice is about.
    pub enum NoticeKind {
        /// Work is asked of you or your desk, or a text was given to you.
        Assigned = "assigned",
        /// Work that you asked for was declined.
        Declined = "declined",
        /// Work that you asked for was handed in.
        HandedIn = "handed_in",
        /// Work that you asked for was accepted.
        Accepted = "accepted",
        /// Work that was asked of you is not needed any more.
        Canceled = "canceled",
        /// A claim has run out: the work is to be had again.
        LeaseExpired = "lease_expired",
        /// A text of yours was returned.
        Returned = "returned",
        /// The original of a text of yours was clarified or corrected.
        Corrected = "corrected",
        /// A text of yours was killed.
        Killed = "killed",
        /// A text of yours was taken from readers because its original was killed: confirm or lift.
        Withheld = "withheld",
        /// A text that was withheld with a story of yours is public again.
        Lifted = "lifted",
        /// A colleague wants a story to be killed: confirm or cancel.
        KillOrdered = "kill_ordered",
        /// The kill of a story that you ordered was canceled.
        KillCanceled = "kill_canceled",
        /// Somebody commented on a text of yours, or in a thread in which you take part.
        Commented = "commented",
        /// Somebody named you in a comment.
        Mentioned = "mentioned",
        /// What you scheduled did not happen.
        JobFailed = "job_failed",
        /// What a colleague had scheduled who left your agency waits in nobody's name: schedule it anew.
        ScheduleOrphaned = "schedule_orphaned",
    }
}

/// What is told.
#[derive(Debug)]
pub struct Notice<'a> {
    pub kind: NoticeKind,
    pub article: Option<Uuid>,
    pub language: Option<&'a Tag>,
    /// Who did it; they are not told.
    pub by: Option<Uuid>,
    /// An object, without words of the text.
    pub details: Value,
}
