//! Reading, inviting and changing staff.

use super::store::{self, StaffFilter};
use super::{Entry, NewStaff, StaffChange, StaffMember, Step, import, standing, taken, trace, traces};
use crate::answer::Answer;
use crate::audit::{self, Action, By};
use crate::auth::{self, Caller, Purpose, ResetMail};
use crate::db::Timestamp;
use crate::error::{Faults, Result};
use crate::extract::{Body, Path, Query};
use crate::idempotency::Write;
use crate::jobs;
use crate::page::Page;
use crate::patch::Patch;
use crate::policy::{ManageStaff, ReadStaff};
use crate::precondition::{IfMatch, Precondition};
use crate::publication;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_staff)
        .service(invite_staff_member)
        .configure(import::routes)
        .service(get_staff_member)
        .service(update_staff_member)
        .service(renew_invitation)
        .service(reset_staff_password)
        .configure(standing::routes);
}

#[derive(Deserialize, IntoParams)]
pub(super) struct StaffPath {
    pub id: Uuid,
}

/// A link that works once, on its way by e-mail. Its secret is told nowhere else.
#[derive(Serialize, ToSchema)]
struct SentLink {
    expires_at: Timestamp,
}

/// Somebody who is invited.
#[derive(Serialize, ToSchema)]
struct InvitedStaff {
    #[serde(flatten)]
    member: StaffMember,
    invitation: SentLink,
}

pub(super) fn answer(member: &StaffMember) -> Result<Answer> {
    Ok(Answer::ok(member)?.version(member.version))
}

/// List staff
///
/// Everybody of your agency, also those who have left; staff of the platform see all agencies. In the order in which they came, or by name in the alphabet of
/// a language.
#[utoipa::path(tag = "staff", params(StaffFilter), responses((status = 200, description = "A page of staff", body = Page<StaffMember>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/staff")]
async fn list_staff(state: Data<State>, request: HttpRequest, caller: Caller<ReadStaff>, Query(filter): Query<StaffFilter>) -> Result<Answer> {
    store::list(&state.db, &caller, &filter).await?.answer(&state.url("/v1/staff"), request.query_string())
}

/// Read a staff member
#[utoipa::path(tag = "staff", params(StaffPath), responses((status = 200, description = "The staff member", body = StaffMember)))]
#[get("/staff/{id}")]
async fn get_staff_member(state: Data<State>, caller: Caller<ReadStaff>, Path(path): Path<StaffPath>) -> Result<Answer> {
    answer(&store::find(&state.db, &caller, path.id).await?)
}

/// Invite a staff member
///
/// Sends a link that works once, with which the person sets a first password. Where no mail server is set, messages lie in
/// `outbox` of the data directory.
#[utoipa::path(tag = "staff", request_body = NewStaff, responses((status = 201, description = "Invited", body = InvitedStaff)),
    extensions(("x-problems" = json!(["already_exists"]))))]
#[post("/staff")]
async fn invite_staff_member(state: Data<State>, caller: Caller<ManageStaff>, write: Write, Body(new): Body<NewStaff>) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let mut faults = Faults::default();
            new.check(&mut faults);
            let agency = store::place(tx, &caller, new.agency.as_deref(), &mut faults).await?;
            faults.finish()?;
            let agency = agency.unwrap_or(caller.agency);
            let member = store::insert(tx, &new, agency, Entry::Invited, Some(caller.id()), now).await?.ok_or_else(taken)?;
            let expires_at = store::send_invitation(tx, &state, member.id, now).await?;
            publication::refresh_staff(tx, member.id, now).await?;
            audit::record(tx, By::from(&*caller), trace(&member, Action::StaffInvited, json!({ "role": member.role })), now).await?;
            let (location, version) = (state.url(&format!("/v1/staff/{}", member.id)), member.version);
            Ok(Answer::created(location, &InvitedStaff { member, invitation: SentLink { expires_at } })?.version(version))
        })
        .await
}

/// Renew an invitation
///
/// Sends a new link to somebody who has not accepted yet; the one before no longer works.
#[utoipa::path(tag = "staff", params(StaffPath), responses((status = 200, description = "Sent again", body = InvitedStaff)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/staff/{id}/invitation")]
async fn renew_invitation(state: Data<State>, caller: Caller<ManageStaff>, Path(path): Path<StaffPath>, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let member = store::hold(tx, &caller, path.id).await?;
            member.state.step(Step::RenewInvitation)?;
            let expires_at = store::send_invitation(tx, &state, member.id, now).await?;
            audit::record(tx, By::from(&*caller), trace(&member, Action::InvitationRenewed, json!({})), now).await?;
            let version = member.version;
            Ok(Answer::ok(&InvitedStaff { member, invitation: SentLink { expires_at } })?.version(version))
        })
        .await
}

/// Change a staff member
///
/// Role, languages, profile, and for admins of the platform the agency. It counts from the person's next request on. Nobody
/// demotes or moves themselves, nor the last active admin of an agency. Whoever moves leaves their open work behind, to be
/// assigned anew.
#[utoipa::path(tag = "staff", params(StaffPath, IfMatch), request_body = StaffChange, responses((status = 200, description = "Changed", body = StaffMember)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[patch("/staff/{id}")]
async fn update_staff_member(
    state: Data<State>,
    caller: Caller<ManageStaff>,
    Path(path): Path<StaffPath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<StaffChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let old = store::hold(tx, &caller, path.id).await?;
            precondition.check(old.standing())?;
            old.state.step(Step::Change)?;
            let mut faults = Faults::default();
            let agency = match &change.agency {
                Patch::Absent => None,
                Patch::Null => {
                    faults.add("/agency", "required", "cannot be null");
                    None
                }
                Patch::Value(reference) => store::place(tx, &caller, Some(reference), &mut faults).await?,
            };
            let changed = change.apply(&old, &mut faults);
            faults.finish()?;
            let changed = StaffMember { agency_id: agency.unwrap_or(old.agency_id), ..changed };
            if changed.role < old.role || changed.agency_id != old.agency_id {
                store::check_can_go(tx, &caller, &old).await?;
            }
            if changed.agency_id != old.agency_id {
                store::hand_over(tx, old.id, None, &caller, now).await?;
            }
            let member = store::update(tx, &changed, caller.id(), now).await?;
            publication::refresh_staff(tx, member.id, now).await?;
            audit::record_all(tx, By::from(&*caller), traces(&old, &member), now).await?;
            answer(&member)
        })
        .await
}

/// Reset a staff member's password
///
/// Ends all sessions of the person and sends a link that works once, to set a new password. The old one is good until then.
#[utoipa::path(tag = "staff", params(StaffPath), responses((status = 202, description = "A message with a link is on its way", body = SentLink)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/staff/{id}/password-reset")]
async fn reset_staff_password(state: Data<State>, caller: Caller<ManageStaff>, Path(path): Path<StaffPath>, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let member = store::hold(tx, &caller, path.id).await?;
            member.state.step(Step::ResetPassword)?;
            auth::revoke_all_sessions(&mut *tx, member.id, None, now).await?;
            let life = Duration::from_secs(u64::from(state.config.auth.reset_minutes) * 60);
            let (link, expires_at) = auth::make_link(tx, &state.secrets.refresh, member.id, Purpose::PasswordReset, life, now).await?;
            jobs::enqueue(&mut *tx, &ResetMail { link }, now, now).await?;
            audit::record(tx, By::from(&*caller), trace(&member, Action::ResetSent, json!({})), now).await?;
            Answer::accepted(&SentLink { expires_at })
        })
        .await
}
