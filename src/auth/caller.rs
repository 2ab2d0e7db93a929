//! The caller of a request, as a parameter that admits only those who may do it at all.

use super::{api_keys, token};
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::policy::{Actor, Permission, Role, Scope, Who};
use crate::state::State;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use sqlx::types::Json;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;
use uuid::Uuid;

/// Someone who may do `P`.
pub struct Caller<P>(Actor, PhantomData<P>);

impl<P> Deref for Caller<P> {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.0
    }
}

impl<P: Permission> FromRequest for Caller<P> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let identified = request.extensions_mut().remove::<Identified>();
        ready(identified.map_or_else(|| Err(Error::internal("nobody asked who calls")), |identified| identified.0).and_then(|actor| {
            if actor.may(P::RULE) {
                Ok(Self(actor, PhantomData))
            } else {
                Err(Error::new(Code::Forbidden, format!("This needs the permission {}.", P::RULE.name)))
            }
        }))
    }
}

/// Who the credentials of a request belong to, or what is wrong with them.
struct Identified(Result<Actor>);

/// Finds out who calls before the rest of the request is looked at: whoever may not call learns nothing of their faults.
///
/// # Errors
/// What fails inside another middleware.
pub async fn identify(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let identified = known(request.request()).await;
    request.extensions_mut().insert(Identified(identified));
    Ok(next.call(request).await?.map_into_boxed_body())
}

async fn known(request: &HttpRequest) -> Result<Actor> {
    let state = request.app_data::<Data<State>>().ok_or_else(|| Error::internal("the app has no state"))?;
    let actor = by_credentials(state, request).await?;
    let mut told = request.extensions_mut();
    state.limits.actor(actor.id(), &mut told)?;
    if is_write(request) {
        state.limits.write(actor.id(), &mut told)?;
    }
    drop(told);
    Ok(actor)
}

/// The tools of the language read a text that is sent to them, and keep nothing.
fn is_write(request: &HttpRequest) -> bool {
    !request.method().is_safe() && !request.path().starts_with("/v1/language/")
}

async fn by_credentials(state: &State, request: &HttpRequest) -> Result<Actor> {
    let missing = || Error::new(Code::Unauthenticated, "Send Authorization: Bearer with an access token or an API key.");
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, credentials) = value.trim().split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    let credentials = credentials.trim();
    if credentials.starts_with("nwk_") { by_key(state, credentials).await } else { by_token(state, credentials).await }
}

async fn by_token(state: &State, token: &str) -> Result<Actor> {
    let now = state.clock.now();
    let claims = token::verify(&state.secrets, &state.config.auth, token, now)?;
    let found: Option<(Uuid, String, Role)> = state
        .db
        .query(
            "SELECT s.agency_id, a.kind, s.role FROM sessions x JOIN staff s ON s.id = x.staff_id JOIN agencies a ON a.id = s.agency_id \
             WHERE x.id = $1 AND s.id = $2 AND x.revoked_at IS NULL AND x.expires_at > $3 AND s.state = 'active' AND a.state = 'active'",
        )
        .bind(claims.sid)
        .bind(claims.sub)
        .bind(now)
        .optional()
        .await?;
    let (agency, kind, role) = found.ok_or_else(|| Error::new(Code::Unauthenticated, "The session has ended; sign in again."))?;
    Ok(Actor { agency, platform: kind == "platform", who: Who::Staff { id: claims.sub, role, session: claims.sid } })
}

/// A staff member as they stand at this moment, whether or not they are signed in; `None` for who may not act.
///
/// # Errors
/// When the database fails.
pub async fn actor_of(on: impl Reader<'_>, staff: Uuid) -> Result<Option<Actor>> {
    let found: Option<(Uuid, String, Role)> = on
        .query(
            "SELECT s.agency_id, a.kind, s.role FROM staff s JOIN agencies a ON a.id = s.agency_id \
             WHERE s.id = $1 AND s.state = 'active' AND a.state = 'active'",
        )
        .bind(staff)
        .optional()
        .await?;
    Ok(found.map(|(agency, kind, role)| Actor { agency, platform: kind == "platform", who: Who::Staff { id: staff, role, session: Uuid::nil() } }))
}

async fn by_key(state: &State, text: &str) -> Result<Actor> {
    let now = state.clock.now();
    let known = api_keys::find(&state.db, &state.secrets.api_keys, text, now).await?;
    let known = known.ok_or_else(|| Error::new(Code::Unauthenticated, "The API key is not valid, was revoked or has expired."))?;
    if known.last_used_at.is_none_or(|at| at.plus(Duration::from_mins(1)) < now) {
        state.db.write().query("UPDATE api_keys SET last_used_at = $2 WHERE id = $1").bind(known.id).bind(now).execute().await?;
    }
    Ok(Actor { agency: known.agency_id, platform: false, who: Who::Key { id: known.id, scopes: known.scopes.0 } })
}

/// Somebody, or a key, with the rights that they have now, for what happens in their name while they are away; `None` for whoever is
/// not here any more.
///
/// # Errors
/// When the database fails.
pub async fn act_as(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<Option<Actor>> {
    if let Some(actor) = actor_of(&mut *tx, id).await? {
        return Ok(Some(actor));
    }
    let key: Option<(Uuid, Json<Vec<Scope>>)> = tx
        .query(
            "SELECT k.agency_id, k.scopes FROM api_keys k JOIN agencies a ON a.id = k.agency_id \
             WHERE k.id = $1 AND k.revoked_at IS NULL AND k.expires_at > $2 AND a.state = 'active'",
        )
        .bind(id)
        .bind(now)
        .optional()
        .await?;
    Ok(key.map(|(agency, scopes)| Actor { agency, platform: false, who: Who::Key { id, scopes: scopes.0 } }))
}
