//! What colleagues say to a text, or to a block of it: threads that are open or resolved. Never public.
//!
//! Whoever may see the text may comment on it. A thread has the id of its first comment.

mod http;
mod store;
mod threads;

pub use http::routes;

use crate::body::{Block, Body};
use crate::db::{TextEnum, Timestamp};
use crate::error::{Code, Error, Faults, Result};
use crate::language::Tag;
use crate::names::Names;
use crate::precondition::Standing;
use crate::text_enum;
use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

/// People that a comment may name.
const MOST_MENTIONS: usize = 20;
/// Comments of a thread.
const MOST_COMMENTS: i64 = 200;
/// Comments of a page of threads, but for a single thread that has more.
const MOST_OF_PAGE: i64 = 100;
/// Characters of a comment.
const MOST_CHARACTERS: usize = 4_000;

text_enum! {
    /// Where a thread stands.
    pub enum ThreadState {
        Open = "open",
        /// There is nothing more to say, for now.
        Resolved = "resolved",
    }
}

text_enum! {
    /// What is done with a thread.
    pub enum Step {
        Resolve = "resolve",
        Reopen = "reopen",
        /// Of one that is resolved, it opens the thread again.
        Reply = "reply",
    }
}

impl ThreadState {
    /// The state after a step; `None` where it is not possible.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Open, Step::Resolve) => Some(Self::Resolved),
            (Self::Resolved, Step::Reopen) | (_, Step::Reply) => Some(Self::Open),
            _ => None,
        }
    }

    /// The state after a step.
    ///
    /// # Errors
    /// `illegal_transition`, with the steps that are possible.
    pub fn step(self, step: Step) -> Result<Self> {
        self.after(step).ok_or_else(|| {
            let allowed: Vec<&str> = Step::ALL.iter().filter(|step| self.after(**step).is_some()).map(|step| step.as_str()).collect();
            let detail = format!("With a thread that is {self} one cannot {step}; possible: {}.", allowed.join(", "));
            Error::new(Code::IllegalTransition, detail).with("state", self.as_str()).with("allowed_transitions", allowed)
        })
    }
}

/// What was said to a text, and answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Thread {
    pub id: Uuid,
    pub article_id: Uuid,
    pub language: Tag,
    /// The `_key` of the block that it is about; `null` for the whole text.
    pub block: Option<String>,
    /// Whether that block is no longer in the newest revision.
    pub outdated: bool,
    pub state: ThreadState,
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub resolved_by: Option<Uuid>,
    pub resolved_at: Option<Timestamp>,
    /// The oldest first.
    pub comments: Vec<Comment>,
}

/// What somebody said.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
pub struct Comment {
    pub id: Uuid,
    pub thread_id: Uuid,
    /// Plain text; `null` where it was deleted.
    pub text: Option<String>,
    /// Staff members who are named.
    #[schema(value_type = Vec<Uuid>)]
    pub mentions: Json<Vec<Uuid>>,
    pub deleted: bool,
    pub created_by: Uuid,
    /// The author's name, by language.
    #[schema(value_type = Names)]
    pub author_names: Json<Names>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(skip)]
    pub version: i64,
}

impl Comment {
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: Some(self.created_by) }
    }
}

/// Checks what can be seen without the database.
fn check(faults: &mut Faults, text: &str, mentions: &[Uuid]) {
    faults.text("/text", text, 1, MOST_CHARACTERS);
    faults.check(mentions.len() <= MOST_MENTIONS, "/mentions", "too_many", "names more than 20 people");
    for (i, person) in mentions.iter().take(MOST_MENTIONS).enumerate() {
        faults.check(!mentions[..i].contains(person), &format!("/mentions/{i}"), "duplicate", "is there twice");
    }
}

/// Whether a body has the block that a thread is about.
fn is_there(body: &Body, block: &str) -> bool {
    body.blocks().iter().map(Block::key).any(|key| key == block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_machine() {
        use ThreadState::{Open, Resolved};
        for (state, step, after) in [
            (Open, Step::Resolve, Some(Resolved)),
            (Open, Step::Reopen, None),
            (Open, Step::Reply, Some(Open)),
            (Resolved, Step::Resolve, None),
            (Resolved, Step::Reopen, Some(Open)),
            (Resolved, Step::Reply, Some(Open)),
        ] {
            assert_eq!(state.after(step), after, "{state} {step}");
        }
    }
}
