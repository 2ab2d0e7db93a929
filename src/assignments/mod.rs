//! Work that is asked of somebody: to write, to translate, to review a text of a story.
//!
//! An agency is asked, or one of its people. Whoever claims the work has it alone, for two hours at first; from their first words on
//! it follows the text by itself: handing it in is the text's submit, and its approval the acceptance. [`after`] is the whole machine.

mod changes;
mod coverage;
mod follow;
mod handover;
mod http;
mod lease;
mod list;
mod request;
mod steps;
mod store;

pub use changes::open_for_change;
pub use follow::{Event, close, follow, given, making};
pub use handover::{hand_over, stories_of};
pub use http::routes;
pub use lease::Lapse;

use crate::db::{TextEnum, Timestamp};
use crate::error::{Code, Error, Result};
use crate::language::Tag;
use crate::policy::{Actor, AssignWork, Permission};
use crate::precondition::Standing;
use crate::publication::ChangeKind;
use crate::text_enum;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long a claim holds before the first words are written.
const LEASE: Duration = Duration::from_hours(2);

text_enum! {
    /// What is asked for.
    pub enum AssignmentKind {
        Write = "write",
        Translate = "translate",
        /// To approve or return a text.
        Review = "review",
    }
}

text_enum! {
    /// Where a piece of work stands.
    pub enum AssignmentState {
        /// Nobody does it yet; where it has an assignee, that person is asked.
        Requested = "requested",
        /// Somebody has it, for a time.
        Claimed = "claimed",
        InProgress = "in_progress",
        /// The text is in review.
        Submitted = "submitted",
        /// The text came back from review.
        Returned = "returned",
        Accepted = "accepted",
        Declined = "declined",
        Canceled = "canceled",
    }
}

text_enum! {
    /// What is done with a piece of work. Those from `write` to `accept` are done to the text, and the work follows.
    pub enum AssignmentStep {
        Claim = "claim",
        Renew = "renew",
        Release = "release",
        Write = "write",
        Submit = "submit",
        Return = "return",
        Accept = "accept",
        Decline = "decline",
        Cancel = "cancel",
    }
}

impl AssignmentState {
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Accepted | Self::Declined | Self::Canceled)
    }
}

impl AssignmentStep {
    const fn participle(self) -> &'static str {
        match self {
            Self::Claim => "claimed",
            Self::Renew => "renewed",
            Self::Release => "released",
            Self::Write => "begun",
            Self::Submit => "handed in",
            Self::Return => "returned",
            Self::Accept => "accepted",
            Self::Decline => "declined",
            Self::Cancel => "canceled",
        }
    }
}

/// Where a piece of work stands after a step; `None` where its state does not allow the step.
///
/// A text that is published is accepted, whoever wrote it. An approval that is taken back takes the acceptance back.
#[must_use]
pub const fn after(kind: AssignmentKind, state: AssignmentState, step: AssignmentStep) -> Option<AssignmentState> {
    use {AssignmentState as S, AssignmentStep as T};
    let makes = !matches!(kind, AssignmentKind::Review);
    match (step, state) {
        (T::Return, S::Submitted | S::Accepted) if makes => Some(S::Returned),
        (_, S::Accepted | S::Declined | S::Canceled) => None,
        (T::Accept, _) => Some(S::Accepted),
        (T::Cancel, _) => Some(S::Canceled),
        (T::Claim, S::Requested) | (T::Renew, S::Claimed) => Some(S::Claimed),
        (T::Release, S::Claimed | S::InProgress | S::Returned) => Some(S::Requested),
        (T::Decline, S::Requested | S::Claimed | S::InProgress | S::Returned) => Some(S::Declined),
        (T::Write, _) if makes => Some(S::InProgress),
        (T::Submit, S::Requested | S::Claimed | S::InProgress | S::Returned) if makes => Some(S::Submitted),
        _ => None,
    }
}

/// A piece of work.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Assignment {
    pub id: Uuid,
    pub article_id: Uuid,
    /// The handle of the story; `null` where you may not see it any more.
    pub slugline: Option<String>,
    /// Of the story, from 1 (flash) to 9; `null` where you may not see it any more.
    pub urgency: Option<i32>,
    pub language: Tag,
    pub kind: AssignmentKind,
    pub state: AssignmentState,
    /// The steps that its state allows; who may take them is another matter.
    pub allowed_transitions: Vec<AssignmentStep>,
    /// Whose story it is.
    pub story_agency_id: Uuid,
    /// The agency that is asked.
    pub agency_id: Uuid,
    /// Whoever asked, and their agency then.
    pub requested_by: Uuid,
    pub requested_agency_id: Uuid,
    /// Who is asked, or does it; `null` where the desk is asked.
    pub assignee_id: Option<Uuid>,
    /// Until when the claim holds.
    pub lease_expires_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
    /// Whether it is open past its due time.
    pub overdue: bool,
    /// For whoever does it.
    pub note: Option<String>,
    /// Why it was returned, declined or canceled.
    pub reason: Option<String>,
    /// The change of the original that opened it by itself.
    pub change_kind: Option<ChangeKind>,
    /// The revision of the text that was handed in.
    pub revision: Option<i32>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub updated_by: Uuid,
    pub closed_at: Option<Timestamp>,
    #[serde(skip)]
    pub version: i64,
    /// Whether the story is shared with the platform.
    #[serde(skip)]
    pub shared: bool,
}

impl Assignment {
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: Some(self.updated_by) }
    }

    fn allowed(kind: AssignmentKind, state: AssignmentState) -> Vec<AssignmentStep> {
        AssignmentStep::ALL.iter().filter(|step| after(kind, state, **step).is_some()).copied().collect()
    }

    /// The state after a step.
    ///
    /// # Errors
    /// `illegal_transition`, with what would be possible.
    pub fn step(&self, step: AssignmentStep) -> Result<AssignmentState> {
        after(self.kind, self.state, step).ok_or_else(|| {
            let possible = if self.allowed_transitions.is_empty() { "nothing more".to_owned() } else { names(&self.allowed_transitions).join(", ") };
            let detail = format!("Work that is {} cannot be {}; possible: {possible}.", self.state, step.participle());
            self.explain(Error::new(Code::IllegalTransition, detail))
        })
    }

    /// Says where the work stands.
    fn explain(&self, error: Error) -> Error {
        error
            .with("state", self.state.as_str())
            .with("allowed_transitions", names(&self.allowed_transitions))
            .with("assignee_id", self.assignee_id.map(|id| id.to_string()))
            .with("lease_expires_at", self.lease_expires_at.map(|at| at.to_string()))
    }

    /// The problem of those who come second.
    fn taken(&self) -> Error {
        let until = self.lease_expires_at.map(|at| format!(" until {at}")).unwrap_or_default();
        self.explain(Error::new(Code::Conflict, format!("Somebody else has or is asked for this work{until}: `assignee_id`.")))
    }

    /// Whether the caller's agency is asked.
    #[must_use]
    pub fn is_asked_of(&self, actor: &Actor) -> bool {
        self.agency_id == actor.agency
    }

    /// Whether the caller may give the work to others, and take it back.
    fn is_given_by(&self, actor: &Actor) -> bool {
        actor.may(AssignWork::RULE) && (self.story_agency_id == actor.agency || (actor.platform && self.shared))
    }

    /// Whether the caller leads the desk that is asked.
    fn is_led_by(&self, actor: &Actor) -> bool {
        actor.may(AssignWork::RULE) && self.is_asked_of(actor)
    }

    fn is_with(&self, actor: &Actor) -> bool {
        self.assignee_id.is_some() && self.assignee_id == actor.staff_id()
    }

    /// Lets through whoever may write the text that is asked for: not those who would do the work of others.
    ///
    /// # Errors
    /// `conflict`, with who has it.
    pub fn admit_writer(&self, actor: &Actor) -> Result<()> {
        if !self.is_asked_of(actor) {
            let detail = "Another agency was asked for this text; cancel the assignment first.";
            return Err(self.explain(Error::new(Code::Conflict, detail)).with("assignment_id", self.id.to_string()));
        }
        if self.assignee_id.is_some() && !self.is_with(actor) {
            return Err(self.taken().with("assignment_id", self.id.to_string()));
        }
        Ok(())
    }
}

fn names(steps: &[AssignmentStep]) -> Vec<&'static str> {
    steps.iter().copied().map(AssignmentStep::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use AssignmentKind::{Review, Translate, Write};

    #[test]
    fn the_whole_machine() {
        let table = |kind| {
            let mut table = vec![];
            for &state in AssignmentState::ALL {
                let steps: Vec<String> =
                    AssignmentStep::ALL.iter().filter_map(|&step| after(kind, state, step).map(|to| format!("{}→{to}", step.as_str()))).collect();
                table.push(format!("{state}: {}", steps.join(" ")));
            }
            table.join("\n")
        };
        assert_eq!(table(Write), table(Translate));
        insta::assert_snapshot!(format!("{}\n\nreview\n{}", table(Translate), table(Review)), @r"
        requested: claim→claimed write→in_progress submit→submitted accept→accepted decline→declined cancel→canceled
        claimed: renew→claimed release→requested write→in_progress submit→submitted accept→accepted decline→declined cancel→canceled
        in_progress: release→requested write→in_progress submit→submitted accept→accepted decline→declined cancel→canceled
        submitted: write→in_progress return→returned accept→accepted cancel→canceled
        returned: release→requested write→in_progress submit→submitted accept→accepted decline→declined cancel→canceled
        accepted: return→returned
        declined: 
        canceled: 

        review
        requested: claim→claimed accept→accepted decline→declined cancel→canceled
        claimed: renew→claimed release→requested accept→accepted decline→declined cancel→canceled
        in_progress: release→requested accept→accepted decline→declined cancel→canceled
        submitted: accept→accepted cancel→canceled
        returned: release→requested accept→accepted decline→declined cancel→canceled
        accepted: 
        declined: 
        canceled: 
        ");
    }
}
