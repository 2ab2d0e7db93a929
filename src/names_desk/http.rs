//! The list of names: reading, adding, changing, retiring.

use super::list::{self, NameFilter};
use super::{Name, NameChange, NameState, NewName, lookup, store, traced};
use crate::answer::Answer;
use crate::audit::{self, Action, By, Entry};
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Faults, Result};
use crate::extract::{Body, Path, Query};
use crate::idempotency::Write;
use crate::page::{Page, next_link};
use crate::policy::{Actor, EditNames, ReadNames};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, delete, get, patch, post};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    // Before the names themselves: `lookup` is none of their ids.
    config.configure(lookup::routes).service(list_names).service(create_name).service(get_name).service(update_name).service(delete_name);
}

#[derive(Deserialize, IntoParams)]
struct NamePath {
    id: Uuid,
}

fn answer(name: &Name) -> Result<Answer> {
    Ok(Answer::ok(name)?.version(name.version))
}

async fn record(tx: &mut Tx, actor: &Actor, action: Action, name: &Name, details: Value, now: Timestamp) -> Result<()> {
    let entry = Entry { action, agency: Some(actor.agency), subject: name.id, language: None, details };
    audit::record(tx, By::from(actor), entry, now).await
}

/// List names
///
/// Those in use, the newest first. `q` finds them in any language and script.
#[utoipa::path(tag = "names", params(NameFilter), responses((status = 200, description = "A page of names", body = Page<Name>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/names")]
async fn list_names(state: Data<State>, request: HttpRequest, _caller: Caller<ReadNames>, Query(filter): Query<NameFilter>) -> Result<Answer> {
    let page = list::page(&state.db, &filter).await?;
    let link = page.meta.next_cursor.as_deref().map(|cursor| next_link(&state.url("/v1/names"), request.query_string(), cursor));
    Ok(Answer { link, ..Answer::ok(&page)? })
}

/// Read a name
#[utoipa::path(tag = "names", params(NamePath), responses((status = 200, description = "The name", body = Name)))]
#[get("/names/{id}")]
async fn get_name(state: Data<State>, _caller: Caller<ReadNames>, Path(path): Path<NamePath>) -> Result<Answer> {
    answer(&store::find(&state.db, path.id).await?)
}

/// Put a name on the list
///
/// The list is for all agencies: searches of readers and texts of all know the name at once. A name of the same code, or of the same kind,
/// code and spellings, is there once; `name_id` of the problem says which it is. Different names may be spelled alike.
#[utoipa::path(tag = "names", request_body = NewName, responses((status = 201, description = "On the list", body = Name)),
    extensions(("x-problems" = json!(["already_exists"]))))]
#[post("/names")]
async fn create_name(state: Data<State>, caller: Caller<EditNames>, write: Write, Body(new): Body<NewName>) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let mut faults = Faults::default();
            let name = new.read(caller.staff_id(), now, &mut faults);
            faults.finish()?;
            store::insert(tx, &name).await?;
            record(tx, &caller, Action::NameCreated, &name, json!({ "kind": name.kind, "code": name.code }), now).await?;
            Ok(Answer::created(state.url(&format!("/v1/names/{}", name.id)), &name)?.version(name.version))
        })
        .await
}

/// Change a name
///
/// Languages that are not named stay as they are, and `null` takes one out. With `state` it is retired, or taken into use again.
#[utoipa::path(tag = "names", params(NamePath, IfMatch), request_body = NameChange, responses((status = 200, description = "Changed", body = Name)),
    extensions(("x-problems" = json!(["already_exists"]))))]
#[patch("/names/{id}")]
async fn update_name(
    state: Data<State>,
    caller: Caller<EditNames>,
    Path(path): Path<NamePath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<NameChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let old = store::hold(tx, path.id).await?;
            precondition.check(old.standing())?;
            let mut faults = Faults::default();
            let new = change.apply(&old, &mut faults);
            faults.finish()?;
            change_to(tx, &caller, &old, new, now).await
        })
        .await
}

/// Writes a change of a name and its trace, if there is one.
async fn change_to(tx: &mut Tx, actor: &Actor, old: &Name, new: Name, now: Timestamp) -> Result<Answer> {
    let Some((action, details)) = traced(old, &new) else { return answer(old) };
    let name = store::update(tx, new, actor.id(), now).await?;
    record(tx, actor, action, &name, details, now).await?;
    answer(&name)
}

/// Retire a name
///
/// It stays on record, but searches and texts do not know it any more. A change of its `state` brings it back.
#[utoipa::path(tag = "names", params(NamePath, IfMatch), responses((status = 200, description = "Retired", body = Name)))]
#[delete("/names/{id}")]
async fn delete_name(state: Data<State>, caller: Caller<EditNames>, Path(path): Path<NamePath>, precondition: Precondition, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let old = store::hold(tx, path.id).await?;
            precondition.check(old.standing())?;
            let new = Name { state: NameState::Retired, ..old.clone() };
            change_to(tx, &caller, &old, new, now).await
        })
        .await
}
