//! Pieces of work: reading, taking, giving back, changing.

use super::list::{self, AssignmentFilter};
use super::store;
use super::{Assignment, AssignmentKind, AssignmentState, AssignmentStep, coverage, follow, lease, request};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path, Query};
use crate::idempotency::Write;
use crate::notices::NoticeKind;
use crate::page::Page;
use crate::patch::Patch;
use crate::policy::{Actor, AssignWork, ClaimWork, Permission, ReadAssignments, ReviewWork};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use crate::{staff, translations};
use actix_web::web::Data;
use actix_web::{HttpRequest, get, patch, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_assignments)
        .service(get_assignment)
        .service(update_assignment)
        .service(claim_assignment)
        .service(renew_assignment)
        .service(release_assignment)
        .service(decline_assignment)
        .service(cancel_assignment)
        .configure(request::routes)
        .configure(coverage::routes);
}

#[derive(Deserialize, IntoParams)]
struct AssignmentPath {
    id: Uuid,
}

/// Changes of a piece of work.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"due_at": "2027-07-24T18:00:00Z"}))]
struct AssignmentChange {
    /// An active staff member of the agency that is asked; `null` for its desk.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    assignee_id: Patch<Uuid>,
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>)]
    due_at: Patch<Timestamp>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000)]
    note: Patch<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Nobody at the desk reads Uzbek today."}))]
struct AssignmentReason {
    /// For the other side.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

impl AssignmentReason {
    fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        faults.text("/reason", &self.reason, 1, 2_000);
        faults.finish()
    }
}

fn answer(work: &Assignment) -> Result<Answer> {
    Ok(Answer::ok(work)?.version(work.version))
}

fn forbidden(detail: &'static str) -> Error {
    Error::new(Code::Forbidden, detail)
}

/// The work that a caller of the asked agency wants to do something with.
async fn asked_of(tx: &mut Tx, actor: &Actor, id: Uuid, now: Timestamp) -> Result<Assignment> {
    let work = store::hold(tx, actor, id, now).await?;
    if !work.is_asked_of(actor) {
        return Err(forbidden("Another agency is asked for this work."));
    }
    Ok(work)
}

/// Says whose the text is, where there is one to be made.
async fn give_text(tx: &mut Tx, actor: &Actor, work: &Assignment, now: Timestamp) -> Result<()> {
    if work.kind == AssignmentKind::Review {
        return Ok(());
    }
    translations::give(tx, actor, work.article_id, &work.language, work.assignee_id, now).await
}

/// List assignments
///
/// What is asked of your agency, what is asked for stories of your agency, and for the platform what is asked for shared stories; what is
/// due first comes first.
#[utoipa::path(tag = "assignments", params(AssignmentFilter), responses((status = 200, description = "A page of assignments", body = Page<Assignment>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/assignments")]
async fn list_assignments(state: Data<State>, request: HttpRequest, caller: Caller<ReadAssignments>, Query(filter): Query<AssignmentFilter>) -> Result<Answer> {
    list::list(&state, &caller, &filter).await?.answer(&state.url("/v1/assignments"), request.query_string())
}

/// Read an assignment
#[utoipa::path(tag = "assignments", params(AssignmentPath), responses((status = 200, description = "The assignment", body = Assignment)))]
#[get("/assignments/{id}")]
async fn get_assignment(state: Data<State>, caller: Caller<ReadAssignments>, Path(path): Path<AssignmentPath>) -> Result<Answer> {
    answer(&store::find(&state.db, &caller, path.id, state.clock.now()).await?)
}

/// Change an assignment
///
/// Whoever asked changes all of it; editors of the agency that is asked say who does it.
#[utoipa::path(tag = "assignments", params(AssignmentPath, IfMatch), request_body = AssignmentChange,
    responses((status = 200, description = "Changed", body = Assignment)), extensions(("x-problems" = json!(["illegal_transition"]))))]
#[patch("/assignments/{id}")]
async fn update_assignment(
    state: Data<State>,
    caller: Caller<AssignWork>,
    Path(path): Path<AssignmentPath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<AssignmentChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            // People before stories, as a departure locks them.
            let worker = match change.assignee_id {
                Patch::Value(id) => staff::find_worker(&mut *tx, id).await?,
                Patch::Absent | Patch::Null => None,
            };
            let work = store::hold(tx, &caller, path.id, now).await?;
            let gives = work.is_given_by(&caller);
            let plain = change.due_at == Patch::Absent && change.note == Patch::Absent;
            if !gives && !(work.is_led_by(&caller) && plain) {
                return Err(forbidden("Editors of the story's agency change this; those of the agency that is asked say who does it."));
            }
            precondition.check(work.standing())?;
            // What is closed can be canceled no more, nor changed.
            work.step(AssignmentStep::Cancel)?;
            let mut faults = Faults::default();
            if matches!(change.assignee_id, Patch::Value(_)) {
                let fits = worker.as_ref().is_some_and(|worker| worker.agency_id == work.agency_id);
                faults.check(fits, "/assignee_id", "unknown_staff", "is not an active staff member of the agency that is asked");
                let reviews = work.kind != AssignmentKind::Review || worker.is_none_or(|worker| ReviewWork::RULE.roles.contains(&worker.role));
                faults.check(reviews, "/assignee_id", "not_a_reviewer", "is a journalist; journalists do not review");
            }
            answer(&apply(tx, &caller, work, change, faults, now).await?)
        })
        .await
}

async fn apply(tx: &mut Tx, actor: &Actor, work: Assignment, change: AssignmentChange, mut faults: Faults, now: Timestamp) -> Result<Assignment> {
    if let Patch::Value(at) = change.due_at {
        faults.check(at > now, "/due_at", "past", "must be in the future");
    }
    if let Patch::Value(note) = &change.note {
        faults.text("/note", note, 1, 2_000);
    }
    faults.finish()?;
    let to = change.assignee_id.apply(work.assignee_id);
    let is_given = to != work.assignee_id;
    let had_it = work.state != AssignmentState::Requested;
    let changed = if is_given { work.given_to(to) } else { work.clone() };
    let changed = Assignment { due_at: change.due_at.apply(work.due_at), note: change.note.apply(work.note), ..changed };
    let changed = store::put(tx, actor, changed, now).await?;
    if is_given {
        if had_it {
            give_text(tx, actor, &changed, now).await?;
        }
        follow::ask(tx, actor, &changed, now).await?;
    }
    Ok(changed)
}

/// Claim an assignment
///
/// It is yours alone, for two hours: renew the claim, or begin to write. A claim that has run out counts for nothing. Whoever comes second
/// is told who has it, and until when.
#[utoipa::path(tag = "assignments", params(AssignmentPath, IfMatch), responses((status = 200, description = "Yours", body = Assignment)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/assignments/{id}/claim")]
async fn claim_assignment(
    state: Data<State>,
    caller: Caller<ClaimWork>,
    Path(path): Path<AssignmentPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let work = asked_of(tx, &caller, path.id, now).await?;
            if work.kind == AssignmentKind::Review && !caller.may(ReviewWork::RULE) {
                return Err(forbidden("Editors review."));
            }
            // Who comes second has read an older version, and is helped more by who was first.
            if !precondition.is_blind() && !work.state.is_closed() && work.assignee_id.is_some() && !work.is_with(&caller) {
                return Err(work.taken());
            }
            precondition.check(work.standing())?;
            let state = work.step(AssignmentStep::Claim)?;
            let until = lease::begin(tx, work.id, now).await?;
            let claimed = Assignment { state, assignee_id: caller.staff_id(), lease_expires_at: Some(until), ..work };
            let claimed = store::put(tx, &caller, claimed, now).await?;
            give_text(tx, &caller, &claimed, now).await?;
            answer(&claimed)
        })
        .await
}

/// Renew a claim
///
/// For two hours from now.
#[utoipa::path(tag = "assignments", params(AssignmentPath, IfMatch), responses((status = 200, description = "Renewed", body = Assignment)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/assignments/{id}/renew")]
async fn renew_assignment(
    state: Data<State>,
    caller: Caller<ClaimWork>,
    Path(path): Path<AssignmentPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let work = asked_of(tx, &caller, path.id, now).await?;
            precondition.check(work.standing())?;
            let state = work.step(AssignmentStep::Renew)?;
            if !work.is_with(&caller) {
                return Err(forbidden("Only whoever has claimed it renews the claim."));
            }
            let until = lease::begin(tx, work.id, now).await?;
            answer(&store::put(tx, &caller, Assignment { state, lease_expires_at: Some(until), ..work }, now).await?)
        })
        .await
}

/// Release an assignment
///
/// Gives it back: the agency's desk is asked again. By whoever has it, or an editor.
#[utoipa::path(tag = "assignments", params(AssignmentPath, IfMatch), responses((status = 200, description = "Asked for again", body = Assignment)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/assignments/{id}/release")]
async fn release_assignment(
    state: Data<State>,
    caller: Caller<ClaimWork>,
    Path(path): Path<AssignmentPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let work = asked_of(tx, &caller, path.id, now).await?;
            precondition.check(work.standing())?;
            let state = work.step(AssignmentStep::Release)?;
            if !work.is_with(&caller) && !work.is_led_by(&caller) {
                return Err(forbidden("Whoever has it gives it back, or an editor of their agency."));
            }
            let released = store::put(tx, &caller, Assignment { state, assignee_id: None, lease_expires_at: None, ..work }, now).await?;
            give_text(tx, &caller, &released, now).await?;
            follow::ask(tx, &caller, &released, now).await?;
            answer(&released)
        })
        .await
}

/// Decline an assignment
///
/// By whoever is asked or has it, or an editor of the agency that is asked. Whoever asked is told why.
#[utoipa::path(tag = "assignments", params(AssignmentPath, IfMatch), request_body = AssignmentReason,
    responses((status = 200, description = "Declined", body = Assignment)), extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/assignments/{id}/decline")]
async fn decline_assignment(
    state: Data<State>,
    caller: Caller<ClaimWork>,
    Path(path): Path<AssignmentPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<AssignmentReason>,
) -> Result<Answer> {
    order.check()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let work = asked_of(tx, &caller, path.id, now).await?;
            precondition.check(work.standing())?;
            let state = work.step(AssignmentStep::Decline)?;
            if !work.is_with(&caller) && !work.is_led_by(&caller) {
                return Err(forbidden("Whoever is asked declines, or an editor of their agency."));
            }
            let people = follow::asker(tx, &work).await?;
            let declined = Assignment { state, reason: Some(order.reason), lease_expires_at: None, ..work };
            let declined = store::put(tx, &caller, declined, now).await?;
            follow::tell(tx, &caller, &people, NoticeKind::Declined, &declined, now).await?;
            answer(&declined)
        })
        .await
}

/// Cancel an assignment
///
/// By editors of the story's agency, and of the platform where the story is shared. People of another agency that was asked see the story
/// no more, unless they have a text of it.
#[utoipa::path(tag = "assignments", params(AssignmentPath, IfMatch), request_body = AssignmentReason,
    responses((status = 200, description = "Canceled", body = Assignment)), extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/assignments/{id}/cancel")]
async fn cancel_assignment(
    state: Data<State>,
    caller: Caller<AssignWork>,
    Path(path): Path<AssignmentPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<AssignmentReason>,
) -> Result<Answer> {
    order.check()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let work = store::hold(tx, &caller, path.id, now).await?;
            if !work.is_given_by(&caller) {
                return Err(forbidden("Editors of the story's agency cancel; an agency that is asked declines."));
            }
            precondition.check(work.standing())?;
            answer(&follow::cancel(tx, &caller, work, &order.reason, now).await?)
        })
        .await
}
