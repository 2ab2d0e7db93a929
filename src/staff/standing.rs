//! Suspending people, taking them back, seeing them off.

use super::http::{StaffPath, answer};
use super::store::{self, HandedOver};
use super::{StaffMember, Step, trace};
use crate::answer::Answer;
use crate::audit::{self, Action, By};
use crate::auth::{self, Caller};
use crate::error::{Error, Faults, Result};
use crate::extract::{OptionalBody, Path};
use crate::idempotency::Write;
use crate::policy::ManageStaff;
use crate::precondition::{IfMatch, Precondition};
use crate::publication;
use crate::state::State;
use actix_web::post;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(suspend_staff_member).service(reinstate_staff_member).service(depart_staff_member);
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"reason": "On leave until September."}))]
struct StandingOrder {
    /// Why; kept in the log of the service.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
}

impl StandingOrder {
    fn validate(&self) -> Result<()> {
        let mut faults = Faults::default();
        if let Some(reason) = &self.reason {
            faults.text("/reason", reason, 1, 500);
        }
        faults.finish()
    }
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"successor": null}))]
struct DepartureOrder {
    /// Who takes over the open work: an active staff member of the same agency. Without one it is nobody's.
    successor: Option<Uuid>,
}

/// Somebody who has left, and what they leave to others.
#[derive(Serialize, ToSchema)]
struct DepartedStaff {
    #[serde(flatten)]
    member: StaffMember,
    /// Texts that were not finished, which are the successor's or nobody's now.
    handed_over: Vec<HandedOver>,
}

/// Suspend a staff member
///
/// Ends all sessions; the person cannot sign in until reinstated. Nobody suspends themselves, nor the last active admin of
/// an agency.
#[utoipa::path(tag = "staff", params(StaffPath, IfMatch), request_body(content = Option<StandingOrder>, content_type = "application/json"),
    responses((status = 200, description = "Suspended", body = StaffMember)), extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/staff/{id}/suspend")]
async fn suspend_staff_member(
    state: Data<State>,
    caller: Caller<ManageStaff>,
    Path(path): Path<StaffPath>,
    precondition: Precondition,
    write: Write,
    OptionalBody(order): OptionalBody<StandingOrder>,
) -> Result<Answer> {
    order.validate()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let old = store::hold(tx, &caller, path.id).await?;
            precondition.check(old.standing())?;
            let to = old.state.step(Step::Suspend)?;
            store::check_can_go(tx, &caller, &old).await?;
            let member = store::update(tx, &StaffMember { state: to, ..old }, caller.id(), now).await?;
            auth::revoke_all_sessions(&mut *tx, member.id, None, now).await?;
            publication::refresh_staff(tx, member.id, now).await?;
            audit::record(tx, By::from(&*caller), trace(&member, Action::StaffSuspended, json!({})), now).await?;
            tracing::info!(staff = %member.id, by = %caller.id(), reason = order.reason.as_deref(), "suspended");
            answer(&member)
        })
        .await
}

/// Reinstate a staff member
///
/// Who was suspended is active again, with the password they had.
#[utoipa::path(tag = "staff", params(StaffPath, IfMatch), request_body(content = Option<StandingOrder>, content_type = "application/json"),
    responses((status = 200, description = "Active again", body = StaffMember)), extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/staff/{id}/reinstate")]
async fn reinstate_staff_member(
    state: Data<State>,
    caller: Caller<ManageStaff>,
    Path(path): Path<StaffPath>,
    precondition: Precondition,
    write: Write,
    OptionalBody(order): OptionalBody<StandingOrder>,
) -> Result<Answer> {
    order.validate()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let old = store::hold(tx, &caller, path.id).await?;
            precondition.check(old.standing())?;
            let to = old.state.step(Step::Reinstate)?;
            let member = store::update(tx, &StaffMember { state: to, ..old }, caller.id(), now).await?;
            publication::refresh_staff(tx, member.id, now).await?;
            audit::record(tx, By::from(&*caller), trace(&member, Action::StaffReinstated, json!({})), now).await?;
            tracing::info!(staff = %member.id, by = %caller.id(), reason = order.reason.as_deref(), "reinstated");
            answer(&member)
        })
        .await
}

/// See a staff member off
///
/// For good: all sessions end, an invitation no longer works, and open work goes to the successor, or to nobody. What the
/// person wrote stays theirs.
#[utoipa::path(tag = "staff", params(StaffPath, IfMatch), request_body(content = Option<DepartureOrder>, content_type = "application/json"),
    responses((status = 200, description = "Departed", body = DepartedStaff)), extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/staff/{id}/depart")]
async fn depart_staff_member(
    state: Data<State>,
    caller: Caller<ManageStaff>,
    Path(path): Path<StaffPath>,
    precondition: Precondition,
    write: Write,
    OptionalBody(order): OptionalBody<DepartureOrder>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let old = store::hold(tx, &caller, path.id).await?;
            precondition.check(old.standing())?;
            let (from, to) = (old.state, old.state.step(Step::Depart)?);
            store::check_can_go(tx, &caller, &old).await?;
            if let Some(successor) = order.successor {
                let agency = store::find_active(&mut *tx, successor).await?;
                if successor == old.id || agency != Some(old.agency_id) {
                    return Err(Error::invalid("/successor", "unknown_staff", "is not another active staff member of the same agency"));
                }
            }
            let member = store::update(tx, &StaffMember { state: to, ..old }, caller.id(), now).await?;
            let handed_over = store::hand_over(tx, member.id, order.successor, &caller, now).await?;
            auth::revoke_all_sessions(&mut *tx, member.id, None, now).await?;
            publication::refresh_staff(tx, member.id, now).await?;
            let details = json!({ "from": from, "texts": handed_over.len(), "successor": order.successor });
            audit::record(tx, By::from(&*caller), trace(&member, Action::StaffDeparted, details), now).await?;
            tracing::info!(staff = %member.id, by = %caller.id(), texts = handed_over.len(), "departed");
            let version = member.version;
            Ok(Answer::ok(&DepartedStaff { member, handed_over })?.version(version))
        })
        .await
}
