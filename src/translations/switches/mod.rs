//! A language is written in another alphabet from a day on: Uzbek of 1995 in that of 2026.
//!
//! An admin orders it, for their agency or for the whole site. At its time [`RunSwitch`] walks through the texts that there are, one in a
//! transaction, so that a crash loses nothing and repeats nothing. Addresses stay. New texts take the new alphabet from then on
//! ([`usual`]). It is the same words in other letters: who wrote a text, what it is a translation of, and the work on it stay as they were.

mod http;
mod job;
mod respell;
mod store;

pub use http::routes;
pub use job::RunSwitch;

pub(super) use store::usual;

use crate::db::Timestamp;
use crate::language::Tag;
use crate::precondition::Standing;
use crate::text_enum;
use serde::Serialize;
use sqlx::FromRow;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// Where a switch stands.
    pub enum SwitchState {
        Waiting = "waiting",
        /// It goes through the texts; new ones take the new alphabet.
        Running = "running",
        Done = "done",
        /// Before it ran, or stopped: what was converted by then stays.
        Canceled = "canceled",
    }
}

text_enum! {
    /// What became of a text.
    pub enum SwitchOutcome {
        /// Converted, and readers see it so: a fix.
        Published = "published",
        /// Converted: a further revision, which nobody published.
        Converted = "converted",
        /// It reads the same in both alphabets.
        Unchanged = "unchanged",
        LeftAlone = "left_alone",
        /// It could not be converted; a further switch tries again.
        Failed = "failed",
    }
}

/// The switch of a language to another alphabet.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct OrthographySwitch {
    pub id: Uuid,
    /// Whose texts; `null` for those of all agencies.
    pub agency_id: Option<Uuid>,
    pub language: Tag,
    /// The alphabet from then on: `2026`.
    pub to: String,
    pub run_at: Timestamp,
    pub state: SwitchState,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// Who ordered it.
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub updated_by: Uuid,
    /// How far it is.
    #[sqlx(skip)]
    pub progress: SwitchProgress,
    #[serde(skip)]
    pub version: i64,
}

impl OrthographySwitch {
    fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: Some(self.updated_by) }
    }
}

/// How many texts became what.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct SwitchProgress {
    /// Converted, and published as a fix.
    pub published: i64,
    /// Converted; readers see nothing of it.
    pub converted: i64,
    /// The same in both alphabets.
    pub unchanged: i64,
    pub left_alone: i64,
    pub failed: i64,
    /// Of the converted, how many have words that somebody should look at.
    pub doubtful: i64,
    /// Why texts were left alone or failed, and how many of them.
    pub reasons: BTreeMap<String, i64>,
    /// Texts that are still to be gone through; in lists `null`.
    pub remaining: Option<i64>,
}

/// What became of a text in a switch.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct SwitchedText {
    pub article_id: Uuid,
    pub agency_id: Uuid,
    pub outcome: SwitchOutcome,
    /// Of a text that was left alone: `killed`, `withheld`, `kill_pending`, `approved` (somebody approved it letter by letter) or
    /// `written_otherwise` (it is in the other alphabet already, though it says that it is not). Of one that failed, a code of the problems. Of
    /// one that was converted: `readers_see_earlier`, where an earlier revision is public and stays as it is.
    pub reason: Option<String>,
    /// The newest revision of the text then.
    pub revision: i32,
    /// Words that somebody should look at.
    pub doubtful: i32,
    pub at: Timestamp,
}
