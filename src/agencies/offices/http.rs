//! Offices: lists, reading, adding, changing, deleting.

use super::{NewOffice, Office, OfficeChange, changes, store};
use crate::agencies::http::AgencyPath;
use crate::agencies::store::hold;
use crate::agencies::{find_id, find_managed, record};
use crate::answer::Answer;
use crate::audit::{Action, By};
use crate::auth::Caller;
use crate::error::{Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::page::Page;
use crate::policy::{ManageAgency, ReadHouse};
use crate::precondition::{IfMatch, Precondition};
use crate::publication;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{delete, get, patch, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_offices).service(create_office).service(get_office).service(update_office).service(delete_office);
}

#[derive(Deserialize, IntoParams)]
struct OfficePath {
    /// Id or slug of the agency.
    agency: String,
    id: Uuid,
}

/// List the offices of an agency
///
/// The head office first.
#[utoipa::path(tag = "agencies", params(AgencyPath), responses((status = 200, description = "Its offices", body = Page<Office>)))]
#[get("/agencies/{agency}/offices")]
async fn list_offices(state: Data<State>, _caller: Caller<ReadHouse>, Path(path): Path<AgencyPath>) -> Result<Answer> {
    let agency = find_id(&state.db, &path.agency).await?;
    Answer::ok(&Page::whole(store::list(&state.db, agency).await?))
}

/// Read an office
#[utoipa::path(tag = "agencies", params(OfficePath), responses((status = 200, description = "The office", body = Office)))]
#[get("/agencies/{agency}/offices/{id}")]
async fn get_office(state: Data<State>, _caller: Caller<ReadHouse>, Path(path): Path<OfficePath>) -> Result<Answer> {
    let agency = find_id(&state.db, &path.agency).await?;
    let office = store::find(&state.db, agency, path.id).await?;
    Ok(Answer::ok(&office)?.version(office.version))
}

/// Add an office
#[utoipa::path(tag = "agencies", params(AgencyPath), request_body = NewOffice, responses((status = 201, description = "Added", body = Office)),
    extensions(("x-problems" = json!(["conflict"]))))]
#[post("/agencies/{agency}/offices")]
async fn create_office(
    state: Data<State>,
    caller: Caller<ManageAgency>,
    Path(path): Path<AgencyPath>,
    write: Write,
    Body(new): Body<NewOffice>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency = find_managed(&mut *tx, &caller, &path.agency).await?;
            let office = super::create(tx, agency, new, Some(caller.id()), now).await?;
            let location = state.url(&format!("/v1/agencies/{agency}/offices/{}", office.id));
            Ok(Answer::created(location, &office)?.version(office.version))
        })
        .await
}

/// Change an office
#[utoipa::path(tag = "agencies", params(OfficePath, IfMatch), request_body = OfficeChange, responses((status = 200, description = "Changed", body = Office)),
    extensions(("x-problems" = json!(["conflict"]))))]
#[patch("/agencies/{agency}/offices/{id}")]
async fn update_office(
    state: Data<State>,
    caller: Caller<ManageAgency>,
    Path(path): Path<OfficePath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<OfficeChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency = find_managed(&mut *tx, &caller, &path.agency).await?;
            hold(tx, agency).await?;
            let old = store::find(&mut *tx, agency, path.id).await?;
            precondition.check(old.standing())?;
            let mut faults = Faults::default();
            let new = change.apply(old.clone(), &mut faults);
            faults.finish()?;
            store::check_head_office(tx, &new).await?;
            let office = store::update(tx, new, caller.id(), now).await?;
            publication::refresh_agency(tx, agency, now).await?;
            let changes = changes(&old, &office);
            if !changes.is_empty() {
                record(tx, By::from(&*caller), Action::OfficeChanged, agency, office.id, changes.details(), now).await?;
            }
            Ok(Answer::ok(&office)?.version(office.version))
        })
        .await
}

/// Delete an office
#[utoipa::path(tag = "agencies", params(OfficePath, IfMatch), responses((status = 204, description = "Deleted")))]
#[delete("/agencies/{agency}/offices/{id}")]
async fn delete_office(
    state: Data<State>,
    caller: Caller<ManageAgency>,
    Path(path): Path<OfficePath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency = find_managed(&mut *tx, &caller, &path.agency).await?;
            hold(tx, agency).await?;
            let old = store::find(&mut *tx, agency, path.id).await?;
            precondition.check(old.standing())?;
            store::delete(tx, old.id).await?;
            publication::refresh_agency(tx, agency, now).await?;
            record(tx, By::from(&*caller), Action::OfficeDeleted, agency, old.id, json!({}), now).await?;
            Ok(Answer::no_content())
        })
        .await
}
