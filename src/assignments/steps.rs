//! The steps of a piece of work: claim, renew, release, decline, cancel.

use super::http::{AssignmentPath, answer, forbidden, give_text, take_text};
use super::store;
use super::{Assignment, AssignmentKind, AssignmentStep, follow, lease};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::notices::NoticeKind;
use crate::policy::{Actor, AssignWork, ClaimWork, Permission, ReviewWork};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(claim_assignment).service(renew_assignment).service(release_assignment).service(decline_assignment).service(cancel_assignment);
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

/// The work that a caller of the asked agency wants to do something with.
async fn asked_of(tx: &mut Tx, actor: &Actor, id: Uuid, now: Timestamp) -> Result<Assignment> {
    let work = store::hold(tx, actor, id, now).await?;
    if !work.is_asked_of(actor) {
        return Err(forbidden("Another agency is asked for this work."));
    }
    Ok(work)
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
            take_text(tx, &caller, &declined, now).await?;
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
            let canceled = follow::cancel(tx, &caller, work, &order.reason, now).await?;
            take_text(tx, &caller, &canceled, now).await?;
            answer(&canceled)
        })
        .await
}
