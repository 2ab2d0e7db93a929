//! How work follows its text, and who is told.

use super::store;
use super::{Assignment, AssignmentKind, AssignmentState, AssignmentStep, after};
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::Actor;
use serde_json::json;
use uuid::Uuid;

/// What happened to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// It has a first or a further revision.
    Written,
    Submitted,
    /// With a reason.
    Returned(&'a str),
    Approved,
    Published,
    /// Nothing needed to change for what became of the original.
    Checked,
    /// It goes its own way.
    Detached,
}

impl Event<'_> {
    /// What follows for a piece of work, if anything.
    fn step(self, work: &Assignment) -> Option<AssignmentStep> {
        use AssignmentStep as T;
        let is_review = work.kind == AssignmentKind::Review;
        match self {
            Self::Written => Some(T::Write),
            Self::Submitted => Some(T::Submit),
            Self::Returned(_) => Some(if is_review { T::Accept } else { T::Return }),
            Self::Approved | Self::Published => Some(T::Accept),
            Self::Checked => work.change_kind.map(|_| T::Accept),
            Self::Detached => work.change_kind.map(|_| T::Cancel),
        }
    }
}

/// Brings the work on a text to where the text is now. The story is held.
///
/// # Errors
/// When the database fails.
pub async fn follow(tx: &mut Tx, actor: &Actor, (article, language, revision): (Uuid, &Tag, i32), event: Event<'_>, now: Timestamp) -> Result<()> {
    let mut works = store::open(tx, actor, article, Some(language), now).await?;
    if let Event::Returned(_) = event {
        works.extend(store::accepted_with(tx, actor, article, language, revision, now).await?);
    }
    for work in works {
        let Some(state) = event.step(&work).and_then(|step| after(work.kind, work.state, step)) else { continue };
        let assignee_id = match (event, work.state) {
            // What was handed in is a draft again.
            (Event::Written, AssignmentState::Submitted | AssignmentState::Returned) => work.assignee_id,
            (Event::Written, _) if actor.staff_id().is_some() && work.admit_writer(actor).is_ok() => actor.staff_id(),
            (Event::Written, _) => continue,
            _ => work.assignee_id,
        };
        if (state, assignee_id) == (work.state, work.assignee_id) {
            continue;
        }
        let reason = match event {
            Event::Returned(reason) if state == AssignmentState::Returned => Some(reason.to_owned()),
            Event::Detached => Some("The text goes its own way.".to_owned()),
            _ => None,
        };
        let revision = if matches!(state, AssignmentState::Submitted | AssignmentState::Accepted) { Some(revision) } else { work.revision };
        let closed_at = work.closed_at.filter(|_| state.is_closed());
        let changed = Assignment { state, assignee_id, reason, revision, lease_expires_at: None, closed_at, ..work };
        let changed = store::put(tx, actor, changed, now).await?;
        report(tx, actor, &changed, now).await?;
    }
    Ok(())
}

/// Tells whoever asked how far the work is. What a change of the original opened was asked by nobody.
async fn report(tx: &mut Tx, actor: &Actor, work: &Assignment, now: Timestamp) -> Result<()> {
    let kind = match work.state {
        AssignmentState::Submitted => NoticeKind::HandedIn,
        AssignmentState::Accepted => NoticeKind::Accepted,
        _ => return Ok(()),
    };
    if work.change_kind.is_some() {
        return Ok(());
    }
    let people = active(tx, work.requested_by).await?;
    tell(tx, actor, &people, kind, work, now).await
}

/// The person, where they still work here.
async fn active(tx: &mut Tx, person: Uuid) -> Result<Vec<Uuid>> {
    let found: Option<(Uuid,)> = tx.query("SELECT id FROM staff WHERE id = $1 AND state = 'active'").bind(person).optional().await?;
    Ok(found.map(|(person,)| person).into_iter().collect())
}

/// The open work to make a text in a language. The story is held.
///
/// # Errors
/// When the database fails.
pub async fn making(tx: &mut Tx, actor: &Actor, article: Uuid, language: &Tag, now: Timestamp) -> Result<Vec<Assignment>> {
    let mut works = store::open(tx, actor, article, Some(language), now).await?;
    works.retain(|work| work.kind != AssignmentKind::Review);
    Ok(works)
}

/// Lets the work on a text follow when an editor gives the text to somebody, or to nobody.
///
/// # Errors
/// When the database fails.
pub async fn given(tx: &mut Tx, actor: &Actor, article: Uuid, language: &Tag, to: Option<Uuid>, now: Timestamp) -> Result<()> {
    for work in making(tx, actor, article, language, now).await? {
        if work.assignee_id != to {
            store::put(tx, actor, work.given_to(to), now).await?;
        }
    }
    Ok(())
}

/// Cancels all open work on a story, or on one of its texts, and tells those who had it.
///
/// # Errors
/// When the database fails.
pub async fn close(tx: &mut Tx, actor: &Actor, article: Uuid, language: Option<&Tag>, reason: &str, now: Timestamp) -> Result<()> {
    for work in store::open(tx, actor, article, language, now).await? {
        cancel(tx, actor, work, reason, now).await?;
    }
    Ok(())
}

/// Cancels a piece of work, and tells those who had it.
pub(super) async fn cancel(tx: &mut Tx, actor: &Actor, work: Assignment, reason: &str, now: Timestamp) -> Result<Assignment> {
    let state = work.step(AssignmentStep::Cancel)?;
    let people = asked(tx, &work).await?;
    let changed = store::put(tx, actor, Assignment { state, reason: Some(reason.to_owned()), lease_expires_at: None, ..work }, now).await?;
    tell(tx, actor, &people, NoticeKind::Canceled, &changed, now).await?;
    Ok(changed)
}

/// Tells those who are asked for a piece of work.
pub(super) async fn ask(tx: &mut Tx, actor: &Actor, work: &Assignment, now: Timestamp) -> Result<()> {
    let people = asked(tx, work).await?;
    tell(tx, actor, &people, NoticeKind::Assigned, work, now).await
}

/// The assignee; without one, the desk of the agency.
pub(super) async fn asked(tx: &mut Tx, work: &Assignment) -> Result<Vec<Uuid>> {
    match work.assignee_id {
        Some(person) => Ok(vec![person]),
        None => notices::desk(tx, work.agency_id).await,
    }
}

/// Whoever asked; their desk, where they cannot be told.
pub(super) async fn asker(tx: &mut Tx, work: &Assignment) -> Result<Vec<Uuid>> {
    let people = active(tx, work.requested_by).await?;
    if people.is_empty() { notices::desk(tx, work.requested_agency_id).await } else { Ok(people) }
}

pub(super) async fn tell(tx: &mut Tx, actor: &Actor, to: &[Uuid], kind: NoticeKind, work: &Assignment, now: Timestamp) -> Result<()> {
    let details = json!({ "assignment_id": work.id, "kind": work.kind, "due_at": work.due_at, "reason": work.reason, "change_kind": work.change_kind });
    let notice = Notice { kind, article: Some(work.article_id), language: Some(&work.language), by: Some(actor.id()), details };
    notices::tell(tx, to, &notice, now).await
}
