//! Agreements: lists, reading, recording, changing.

use super::{Agreement, AgreementChange, NewAgreement, changes, store};
use crate::agencies::http::AgencyPath;
use crate::agencies::{find_managed, record};
use crate::answer::Answer;
use crate::audit::{Action, By};
use crate::auth::Caller;
use crate::error::{Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::page::Page;
use crate::policy::ManageAgency;
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{get, patch, post};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_agreements).service(create_agreement).service(get_agreement).service(update_agreement);
}

#[derive(Deserialize, IntoParams)]
struct AgreementPath {
    /// Id or slug of the agency.
    agency: String,
    id: Uuid,
}

/// List the agreements of an agency
///
/// One's own, or any for admins of the platform. The oldest first.
#[utoipa::path(tag = "agencies", params(AgencyPath), responses((status = 200, description = "Its agreements", body = Page<Agreement>)))]
#[get("/agencies/{agency}/agreements")]
async fn list_agreements(state: Data<State>, caller: Caller<ManageAgency>, Path(path): Path<AgencyPath>) -> Result<Answer> {
    let agency = find_managed(&state.db, &caller, &path.agency).await?;
    Answer::ok(&Page::whole(store::list(&state.db, agency).await?))
}

/// Read an agreement
#[utoipa::path(tag = "agencies", params(AgreementPath), responses((status = 200, description = "The agreement", body = Agreement)))]
#[get("/agencies/{agency}/agreements/{id}")]
async fn get_agreement(state: Data<State>, caller: Caller<ManageAgency>, Path(path): Path<AgreementPath>) -> Result<Answer> {
    let agency = find_managed(&state.db, &caller, &path.agency).await?;
    let agreement = store::find(&state.db, agency, path.id).await?;
    Ok(Answer::ok(&agreement)?.version(agreement.version))
}

/// Record an agreement
///
/// What it shares counts at once, on the days on which it is in force.
#[utoipa::path(tag = "agencies", params(AgencyPath), request_body = NewAgreement, responses((status = 201, description = "Recorded", body = Agreement)))]
#[post("/agencies/{agency}/agreements")]
async fn create_agreement(
    state: Data<State>,
    caller: Caller<ManageAgency>,
    Path(path): Path<AgencyPath>,
    write: Write,
    Body(new): Body<NewAgreement>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency = find_managed(&mut *tx, &caller, &path.agency).await?;
            let agreement = super::create(tx, agency, new, Some(caller.id()), now).await?;
            let location = state.url(&format!("/v1/agencies/{agency}/agreements/{}", agreement.id));
            Ok(Answer::created(location, &agreement)?.version(agreement.version))
        })
        .await
}

/// Change an agreement
///
/// To end one, set its last day.
#[utoipa::path(tag = "agencies", params(AgreementPath, IfMatch), request_body = AgreementChange,
    responses((status = 200, description = "Changed", body = Agreement)))]
#[patch("/agencies/{agency}/agreements/{id}")]
async fn update_agreement(
    state: Data<State>,
    caller: Caller<ManageAgency>,
    Path(path): Path<AgreementPath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<AgreementChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency = find_managed(&mut *tx, &caller, &path.agency).await?;
            let old = store::hold(tx, agency, path.id).await?;
            precondition.check(old.standing())?;
            let mut faults = Faults::default();
            let new = change.apply(old.clone(), &mut faults);
            faults.finish()?;
            let agreement = store::update(tx, new, caller.id(), now).await?;
            let changes = changes(&old, &agreement);
            if !changes.is_empty() {
                record(tx, By::from(&*caller), Action::AgreementChanged, agency, agreement.id, changes.details(), now).await?;
            }
            Ok(Answer::ok(&agreement)?.version(agreement.version))
        })
        .await
}
