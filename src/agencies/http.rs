//! Agencies as a whole: reading, joining, changing, suspending.

use super::store::{self, AgencyFilter};
use super::{Agency, AgencyChange, AgencyKind, NewAgency, Step, agreements, api_keys, changes, find_id, find_managed, offices, record};
use crate::answer::Answer;
use crate::audit::{Action, By};
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Faults, Result};
use crate::extract::{Body, Path, Query};
use crate::idempotency::Write;
use crate::jobs;
use crate::page::Page;
use crate::policy::{Actor, ManageAgencies, ManageAgency, ReadHouse};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::{self, Rebuild, RebuildSelection};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, patch, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_agencies)
        .service(create_agency)
        .service(get_agency)
        .service(update_agency)
        .service(suspend_agency)
        .service(reinstate_agency)
        .configure(offices::routes)
        .configure(agreements::routes)
        .configure(api_keys::routes);
}

#[derive(Deserialize, IntoParams)]
pub(super) struct AgencyPath {
    /// Id or slug of the agency.
    pub agency: String,
}

fn answer(agency: &Agency) -> Result<Answer> {
    Ok(Answer::ok(agency)?.version(agency.version))
}

/// List agencies
///
/// By slug, or by name in the alphabet of a language.
#[utoipa::path(tag = "agencies", params(AgencyFilter), responses((status = 200, description = "A page of agencies", body = Page<Agency>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/agencies")]
async fn list_agencies(state: Data<State>, request: HttpRequest, _caller: Caller<ReadHouse>, Query(filter): Query<AgencyFilter>) -> Result<Answer> {
    store::list(&state.db, &filter).await?.answer(&state.url("/v1/agencies"), request.query_string())
}

/// Read an agency
#[utoipa::path(tag = "agencies", params(AgencyPath), responses((status = 200, description = "The agency", body = Agency)))]
#[get("/agencies/{agency}")]
async fn get_agency(state: Data<State>, _caller: Caller<ReadHouse>, Path(path): Path<AgencyPath>) -> Result<Answer> {
    answer(&store::find(&state.db, &path.agency).await?)
}

/// Add an agency
///
/// As a member of the house. Its first admin is invited by one of the platform.
#[utoipa::path(tag = "agencies", request_body = NewAgency, responses((status = 201, description = "Added", body = Agency)),
    extensions(("x-problems" = json!(["already_exists"]))))]
#[post("/agencies")]
async fn create_agency(state: Data<State>, caller: Caller<ManageAgencies>, write: Write, Body(new): Body<NewAgency>) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency = super::create(tx, new, AgencyKind::Member, Some(caller.id()), now).await?;
            let location = state.url(&format!("/v1/agencies/{}", agency.id));
            Ok(Answer::created(location, &agency)?.version(agency.version))
        })
        .await
}

/// Change an agency
///
/// One's own, or any for admins of the platform. The slug stays. Public texts that name the agency are rendered anew.
#[utoipa::path(tag = "agencies", params(AgencyPath, IfMatch), request_body = AgencyChange, responses((status = 200, description = "Changed", body = Agency)))]
#[patch("/agencies/{agency}")]
async fn update_agency(
    state: Data<State>,
    caller: Caller<ManageAgency>,
    Path(path): Path<AgencyPath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<AgencyChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let id = find_managed(&mut *tx, &caller, &path.agency).await?;
            let old = store::hold(tx, id).await?;
            precondition.check(old.standing())?;
            let mut faults = Faults::default();
            let new = change.apply(&old, &mut faults);
            faults.finish()?;
            let agency = store::update(tx, new, caller.id(), now).await?;
            publication::refresh_agency(tx, id, now).await?;
            if agency.names != old.names || agency.variant_rules != old.variant_rules {
                jobs::enqueue(&mut *tx, &Rebuild::of(RebuildSelection::Agency(id)), now, now).await?;
            }
            let changes = changes(&old, &agency);
            if !changes.is_empty() {
                record(tx, By::from(&*caller), Action::AgencyChanged, id, id, changes.details(), now).await?;
            }
            answer(&agency)
        })
        .await
}

/// Suspend an agency
///
/// From the next request on its staff and keys are refused. Its public profile is gone until it is reinstated; what it published stays.
#[utoipa::path(tag = "agencies", params(AgencyPath, IfMatch), responses((status = 200, description = "Suspended", body = Agency)),
    extensions(("x-problems" = json!(["conflict", "illegal_transition"]))))]
#[post("/agencies/{agency}/suspend")]
async fn suspend_agency(
    state: Data<State>,
    caller: Caller<ManageAgencies>,
    Path(path): Path<AgencyPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write.run(&caller, async |tx| answer(&take_step(tx, &path.agency, &precondition, Step::Suspend, &caller, now).await?)).await
}

/// Reinstate an agency
///
/// Its staff and keys are admitted again, as they were.
#[utoipa::path(tag = "agencies", params(AgencyPath, IfMatch), responses((status = 200, description = "Active again", body = Agency)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/agencies/{agency}/reinstate")]
async fn reinstate_agency(
    state: Data<State>,
    caller: Caller<ManageAgencies>,
    Path(path): Path<AgencyPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write.run(&caller, async |tx| answer(&take_step(tx, &path.agency, &precondition, Step::Reinstate, &caller, now).await?)).await
}

async fn take_step(tx: &mut Tx, reference: &str, precondition: &Precondition, step: Step, actor: &Actor, now: Timestamp) -> Result<Agency> {
    let id = find_id(&mut *tx, reference).await?;
    let old = store::hold(tx, id).await?;
    precondition.check(old.standing())?;
    let state = old.step(step)?;
    let agency = store::update(tx, Agency { state, ..old }, actor.id(), now).await?;
    publication::refresh_agency(tx, id, now).await?;
    let action = match step {
        Step::Suspend => Action::AgencySuspended,
        Step::Reinstate => Action::AgencyReinstated,
    };
    record(tx, By::from(actor), action, id, id, json!({}), now).await?;
    tracing::info!(agency = %id, by = %actor.id(), state = %agency.state, "an agency was suspended or reinstated");
    Ok(agency)
}
