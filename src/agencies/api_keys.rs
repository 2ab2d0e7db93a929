//! The API keys of an agency's programs.

use super::find_managed;
use super::http::AgencyPath;
use crate::answer::Answer;
use crate::audit::{Action, By};
use crate::auth::api_keys::{ApiKey, NewApiKey};
use crate::auth::{Caller, api_keys};
use crate::error::Result;
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::page::Page;
use crate::policy::ManageKeys;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{delete, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_api_keys).service(create_api_key).service(revoke_api_key);
}

/// A new key, with its text.
#[derive(Serialize, ToSchema)]
struct CreatedKey {
    #[serde(flatten)]
    record: ApiKey,
    /// The key, shown only this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

#[derive(Deserialize, IntoParams)]
struct KeyPath {
    /// Id or slug of the agency.
    agency: String,
    id: Uuid,
}

/// List the API keys of an agency
#[utoipa::path(tag = "agencies", params(AgencyPath), responses((status = 200, description = "Its keys, the newest first", body = Page<ApiKey>)))]
#[get("/agencies/{agency}/api-keys")]
async fn list_api_keys(state: Data<State>, caller: Caller<ManageKeys>, Path(path): Path<AgencyPath>) -> Result<Answer> {
    let agency = find_managed(&state.db, &caller, &path.agency).await?;
    Answer::ok(&Page::whole(api_keys::list(&state.db, agency).await?))
}

/// Make an API key
///
/// The answer is the only place where the key is shown.
#[utoipa::path(tag = "agencies", params(AgencyPath), request_body = NewApiKey, responses((status = 201, description = "Made", body = CreatedKey)))]
#[post("/agencies/{agency}/api-keys")]
async fn create_api_key(
    state: Data<State>,
    caller: Caller<ManageKeys>,
    Path(path): Path<AgencyPath>,
    write: Write,
    Body(new): Body<NewApiKey>,
) -> Result<Answer> {
    new.validate()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency = find_managed(&mut *tx, &caller, &path.agency).await?;
            let (record, text) = api_keys::create(tx, &state.secrets.api_keys, agency, caller.id(), new, now).await?;
            let details = json!({ "scopes": record.scopes, "expires_at": record.expires_at });
            super::record(tx, By::from(&*caller), Action::KeyCreated, agency, record.id, details, now).await?;
            let location = state.url(&format!("/v1/agencies/{agency}/api-keys/{}", record.id));
            let stored = CreatedKey { record: record.clone(), key: None };
            Answer::created(location, &CreatedKey { record, key: Some(text) })?.stored_as(&stored)
        })
        .await
}

/// Revoke an API key
///
/// It is refused from the next request on.
#[utoipa::path(tag = "agencies", params(KeyPath), responses((status = 204, description = "Revoked")))]
#[delete("/agencies/{agency}/api-keys/{id}")]
async fn revoke_api_key(state: Data<State>, caller: Caller<ManageKeys>, Path(path): Path<KeyPath>, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency = find_managed(&mut *tx, &caller, &path.agency).await?;
            if api_keys::revoke(tx, agency, path.id, now).await? {
                super::record(tx, By::from(&*caller), Action::KeyRevoked, agency, path.id, json!({}), now).await?;
            }
            Ok(Answer::no_content())
        })
        .await
}
