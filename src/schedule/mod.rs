//! What is to happen by itself: publishing and unpublishing at a time, and several texts that go out together.
//!
//! An entry is no state of its text. At its time a job takes the very step that its person would take by hand, with their rights of that
//! moment. What cannot happen is marked as failed, and those concerned are told: nothing is tried in silence.

mod handover;
mod http;
mod jobs;
mod list;
mod release;
mod release_http;
mod store;

pub use handover::{hand_over, stories_of};
pub use http::routes;
pub use jobs::RunEntry;
pub use release::{RunRelease, approved};
pub use store::failed;

use crate::audit::{self, Action};
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::language::Tag;
use crate::policy::Actor;
use crate::precondition::Standing;
use crate::publication::ChangeKind;
use crate::text_enum;
use crate::translations::{Review, Translation};
use serde::{Serialize, Serializer};
use serde_json::json;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// What is to be done with a text.
    pub enum ScheduledStep {
        Publish = "publish",
        Unpublish = "unpublish",
    }
}

text_enum! {
    /// What became of it.
    pub enum EntryState {
        Pending = "pending",
        Done = "done",
        /// It could not be done, and is not tried again.
        Failed = "failed",
        Canceled = "canceled",
    }
}

/// A step that a text takes by itself.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct ScheduleEntry {
    pub id: Uuid,
    pub article_id: Uuid,
    pub language: Tag,
    pub action: ScheduledStep,
    /// `null` where it waits for the other texts of its release.
    #[serde(serialize_with = "due")]
    #[schema(value_type = Option<Timestamp>)]
    pub run_at: Timestamp,
    /// The time of day in `time_zone`.
    pub local_time: Option<String>,
    pub time_zone: Option<String>,
    pub change_kind: Option<ChangeKind>,
    pub public_note: Option<String>,
    pub state: EntryState,
    /// Why it failed: a code of the problems.
    pub failure_code: Option<String>,
    /// Why it failed, for people.
    pub failure_detail: Option<String>,
    /// The joint release that it is part of.
    pub release_id: Option<Uuid>,
    pub finished_at: Option<Timestamp>,
    /// In whose name it happens.
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub updated_by: Uuid,
    #[serde(skip)]
    pub version: i64,
}

/// The end of all times: where what has no time of its own stands in the order of the schedule.
fn never() -> Timestamp {
    Timestamp::from_micros(i64::MAX)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn due<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    Some(at).filter(|at| **at != never()).serialize(serializer)
}

impl ScheduleEntry {
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: Some(self.updated_by) }
    }

    /// Whether its job may act: what was given up for a failure on our side may be tried again.
    fn may_run(&self) -> bool {
        self.state == EntryState::Pending || (self.state == EntryState::Failed && self.failure_code.as_deref() == Some(Code::Internal.as_str()))
    }
}

/// Why a step failed, for its record.
#[derive(Clone, Debug)]
struct Failure {
    code: Code,
    detail: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let faults = error.faults.iter().map(|fault| format!(" {}: {}.", fault.pointer.as_deref().unwrap_or_default(), fault.detail));
        let detail = [error.detail.to_string()].into_iter().chain(faults).collect();
        Self { code: error.code, detail }
    }
}

/// Whether it may be tried again: the failure is ours, not of the step.
fn is_ours(error: &Error) -> bool {
    matches!(error.code, Code::Internal | Code::Unavailable | Code::DiskFull)
}

/// What goes out by itself must have been approved: nobody looks at it at that moment.
fn ready(text: &Translation) -> Result<()> {
    if matches!(text.review, Review::Approved | Review::Settled) {
        return Ok(());
    }
    let detail = format!("The newest revision ({}) is {}: only what is approved goes out by itself.", text.revision, text.review);
    Err(Error::new(Code::NotApproved, detail).with("review", text.review.as_str()))
}

/// What can be said about an order before its time comes.
fn check_order(faults: &mut Faults, kind: Option<ChangeKind>, note: Option<&str>) {
    if let Some(note) = note {
        faults.text("/public_note", note, 1, 1_000);
    } else {
        let told = matches!(kind, Some(ChangeKind::Clarification | ChangeKind::Correction));
        faults.check(!told, "/public_note", "required", "readers must be told what was clarified or corrected");
    }
}

/// Cancels all that waits for a text that is gone for good, or for all texts of an article, and takes it from partners. Comes after the
/// change log: it writes to the audit log.
///
/// # Errors
/// When the database fails.
pub async fn cancel_for(tx: &mut Tx, actor: &Actor, article: Uuid, language: Option<&Tag>, now: Timestamp) -> Result<()> {
    store::withdraw_from_partners(tx, article, language).await?;
    let entries = store::cancel_pending(tx, actor.id(), article, language, now).await?;
    for entry in &entries {
        crate::jobs::forget(&mut *tx, &jobs::key(entry.id)).await?;
        record(tx, actor.into(), Action::ScheduleCanceled, entry, json!({ "entry": entry.id, "reason": "the text is gone" }), now).await?;
    }
    for release in entries.iter().filter_map(|entry| entry.release_id) {
        release::settle(tx, actor, release, now).await?;
    }
    Ok(())
}

/// Ends what waits for a text that has just taken the same step by hand: it must not happen once more after somebody has taken it back.
/// In a joint release the text counts as out. Comes after the change log: it writes to the audit log.
///
/// # Errors
/// When the database fails.
pub async fn done_by_hand(tx: &mut Tx, actor: &Actor, text: &Translation, action: ScheduledStep, now: Timestamp) -> Result<()> {
    let reason = format!("{action}ed by hand");
    for entry in store::pending(&mut *tx, text.article_id, Some(&text.language)).await?.iter().filter(|entry| entry.action == action) {
        let state = if entry.release_id.is_some() { EntryState::Done } else { EntryState::Canceled };
        store::finish(tx, actor.id(), entry.id, state, None, now).await?;
        crate::jobs::forget(&mut *tx, &jobs::key(entry.id)).await?;
        let trace = if state == EntryState::Done { Action::ScheduleDone } else { Action::ScheduleCanceled };
        record(tx, actor.into(), trace, entry, json!({ "entry": entry.id, "action": action, "reason": reason }), now).await?;
        if let Some(release) = entry.release_id {
            release::settle(tx, actor, release, now).await?;
        }
    }
    Ok(())
}

async fn record(tx: &mut Tx, by: audit::By, action: Action, entry: &ScheduleEntry, details: serde_json::Value, now: Timestamp) -> Result<()> {
    let agency = store::agency_of(&mut *tx, entry.article_id, &entry.language).await?;
    audit::record(tx, by, audit::Entry { action, agency, subject: entry.article_id, language: Some(&entry.language), details }, now).await
}
