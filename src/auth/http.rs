//! Signing in and out, and oneself.

use super::links::{self, Purpose};
use super::mails::ResetMail;
use super::password::{self, Verdict};
use super::session::{self, Client, Opened, Session};
use super::store::{self, Me};
use super::{Caller, throttle, token, traces};
use crate::answer::Answer;
use crate::audit::{Action, By};
use crate::db::Timestamp;
use crate::edge::address_of;
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::jobs;
use crate::names::{self, NamesChange};
use crate::notices::NoticeKind;
use crate::page::Page;
use crate::patch::Patch;
use crate::policy::{Actor, Myself, Who};
use crate::precondition::{IfMatch, Precondition, Standing};
use crate::publication;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(log_in)
        .service(refresh_token)
        .service(log_out)
        .service(accept_invitation)
        .service(request_password_reset)
        .service(reset_password)
        .service(get_me)
        .service(update_me)
        .service(change_password)
        .service(list_sessions)
        .service(revoke_other_sessions)
        .service(revoke_session);
}

/// The public keys, outside of `/v1`.
pub fn keys(config: &mut ServiceConfig) {
    config.service(get_jwks);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "editor@trend.example", "password": "correct horse battery"}))]
struct Login {
    email: String,
    #[schema(format = Password)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Refresh {
    refresh_token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Redeem {
    /// The secret of the link.
    token: String,
    /// 12 to 256 characters, not a common one.
    #[schema(format = Password, min_length = 12, max_length = 256)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "editor@trend.example"}))]
struct ResetRequest {
    email: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    #[schema(format = Password)]
    current_password: String,
    #[schema(format = Password, min_length = 12, max_length = 256)]
    new_password: String,
}

/// Changes of one's own profile. A language with `null` is removed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"bios": {"en": "Covers energy and transport."}}))]
struct MeChange {
    #[serde(default)]
    #[schema(value_type = Option<NamesChange>)]
    names: Patch<NamesChange>,
    #[serde(default)]
    #[schema(value_type = Option<NamesChange>)]
    bios: Patch<NamesChange>,
    /// The kinds of notices that you want as messages too; none at first.
    #[serde(default)]
    #[schema(value_type = Option<Vec<NoticeKind>>, example = json!(["assigned", "returned", "mentioned"]))]
    notice_mail: Patch<Vec<NoticeKind>>,
}

/// Tokens of a session.
#[derive(Serialize, ToSchema)]
struct Tokens {
    /// A JWT for `Authorization: Bearer`.
    access_token: String,
    token_type: &'static str,
    /// Seconds that the access token lives.
    expires_in: i64,
    /// For `POST /v1/auth/refresh`, once; the answer has the next one.
    refresh_token: String,
    staff: Me,
}

/// Said whether or not there is such an account.
#[derive(Serialize, ToSchema)]
struct ResetAnswer {
    detail: &'static str,
}

#[derive(Deserialize, IntoParams)]
struct SessionPath {
    id: Uuid,
}

fn client(request: &HttpRequest) -> Client {
    let user_agent = request.headers().get("User-Agent").and_then(|value| value.to_str().ok()).map(|text| text.chars().take(200).collect());
    Client { address: address_of(request), user_agent }
}

fn session_life(state: &State) -> Duration {
    Duration::from_secs(u64::from(state.config.auth.session_days) * 24 * 60 * 60)
}

async fn tokens(state: &State, tx: &mut crate::db::Tx, opened: Opened, now: Timestamp) -> Result<Answer> {
    let access_token = token::issue(&state.secrets, &state.config.auth, opened.staff, opened.session, now)?;
    let staff = store::me(tx, opened.staff).await?;
    Answer::ok(&Tokens { access_token, token_type: "Bearer", expires_in: token::LIFE, refresh_token: opened.refresh_token, staff })
}

async fn admit_address(state: &State, request: &HttpRequest, now: Timestamp) -> Result<()> {
    if !state.config.rate_limit.enabled {
        return Ok(());
    }
    throttle::take_address(&state.db, request, state.config.rate_limit.login, now).await
}

/// Sign in
///
/// Opens a session. The access token lives for five minutes; the refresh token gets the next pair.
#[utoipa::path(tag = "auth", request_body = Login, responses((status = 200, description = "Signed in", body = Tokens)),
    extensions(("x-problems" = json!(["invalid_credentials", "too_many_failures"]))))]
#[post("/auth/login")]
async fn log_in(state: Data<State>, request: HttpRequest, Body(login): Body<Login>) -> Result<Answer> {
    let now = state.clock.now();
    admit_address(&state, &request, now).await?;
    let address = address_of(&request);
    let key = store::email_key(&login.email);
    throttle::take_account(&state.db, &key, address, now).await?;
    let known = store::account(&state.db, &login.email).await?;
    let whose = known.as_ref().map(|account| account.id);
    let account = known.filter(|account| account.open);
    let stored = account.as_ref().and_then(|account| account.password_hash.clone());
    let verdict = password::verify(login.password.clone(), stored).await?;
    let Some(account) = account.filter(|_| verdict != Verdict::Wrong) else {
        traces::attempt(state.db.write(), whose, Action::SessionRefused, now).await?;
        return Err(Error::new(Code::InvalidCredentials, "E-mail and password do not belong together, or the account cannot sign in."));
    };
    throttle::forgive(&state.db, &key, address).await?;
    let rehashed = if verdict == Verdict::RightButWeak { Some(password::hash(login.password).await?) } else { None };
    let mut tx = state.db.begin().await?;
    if !store::note_login(&mut tx, &account, rehashed, now).await? {
        tx.rollback().await?;
        traces::attempt(state.db.write(), Some(account.id), Action::SessionRefused, now).await?;
        return Err(Error::new(Code::InvalidCredentials, "E-mail and password do not belong together, or the account cannot sign in."));
    }
    let opened = session::open(&mut tx, account.id, &client(&request), session_life(&state), now).await?;
    let session = opened.session;
    let answer = tokens(&state, &mut tx, opened, now).await?;
    traces::record(&mut tx, By::Staff(account.id), Action::SessionOpened, account.agency_id, account.id, json!({ "session": session }), now).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Get the next tokens
///
/// Exchanges a refresh token for a new pair. The same exchange within ten seconds gets the same refresh token; a later
/// one ends the session, because somebody else has the token.
#[utoipa::path(tag = "auth", request_body = Refresh, responses((status = 200, description = "The next pair", body = Tokens)),
    extensions(("x-problems" = json!(["invalid_credentials", "too_many_failures"]))))]
#[post("/auth/refresh")]
async fn refresh_token(state: Data<State>, request: HttpRequest, Body(body): Body<Refresh>) -> Result<Answer> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let opened = session::rotate(&mut tx, &state.secrets.refresh, &body.refresh_token, session_life(&state), now).await?;
    let open = match &opened {
        Some(opened) => store::account_by_id(&mut tx, opened.staff).await?.is_some_and(|account| account.open),
        None => false,
    };
    let answer = match opened {
        Some(opened) if open => Some(tokens(&state, &mut tx, opened, now).await?),
        _ => None,
    };
    tx.commit().await?;
    if answer.is_none() {
        admit_address(&state, &request, now).await?;
    }
    answer.ok_or_else(|| Error::new(Code::InvalidCredentials, "The refresh token is not good; sign in again."))
}

/// Sign out
///
/// Ends the session of the access token; its tokens are refused from the next request on.
#[utoipa::path(tag = "auth", responses((status = 204, description = "Signed out")))]
#[post("/auth/logout")]
async fn log_out(state: Data<State>, caller: Caller<Myself>) -> Result<Answer> {
    if let Who::Staff { session, .. } = caller.who {
        end_session(&state, &caller, session, Action::SessionClosed).await?;
    }
    Ok(Answer::no_content())
}

/// Ends one of the caller's sessions; says whether there was one.
async fn end_session(state: &State, caller: &Actor, session: Uuid, action: Action) -> Result<bool> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let ended = session::revoke(&mut tx, caller.id(), session, now).await?;
    if ended {
        traces::record(&mut tx, By::from(caller), action, caller.agency, caller.id(), json!({ "session": session }), now).await?;
    }
    tx.commit().await?;
    Ok(ended)
}

async fn redeem(state: &State, request: &HttpRequest, body: Redeem, purpose: Purpose) -> Result<Answer> {
    let now = state.clock.now();
    admit_address(state, request, now).await?;
    password::check("/password", &body.password, "")?;
    let hash = password::hash(body.password.clone()).await?;
    let mut tx = state.db.begin().await?;
    // People before their links, as everybody does.
    if let Some(staff) = links::owner(&mut tx, &body.token, purpose).await? {
        store::hold(&mut tx, staff).await?;
    }
    let staff = links::take(&mut tx, &body.token, purpose, now).await?;
    let account = store::account_by_id(&mut tx, staff).await?.ok_or_else(|| Error::not_found("staff member"))?;
    password::check("/password", &body.password, &account.email)?;
    store::set_password(&mut tx, staff, &hash, now).await?;
    session::revoke_all(&mut tx, staff, None, now).await?;
    publication::refresh_staff(&mut tx, staff, now).await?;
    if !store::account_by_id(&mut tx, staff).await?.is_some_and(|account| account.open) {
        return Err(Error::new(Code::InvalidCredentials, "The account cannot sign in."));
    }
    let opened = session::open(&mut tx, staff, &client(request), session_life(state), now).await?;
    let session = opened.session;
    let answer = tokens(state, &mut tx, opened, now).await?;
    let action = match purpose {
        Purpose::Invitation => Action::InvitationAccepted,
        Purpose::PasswordReset => Action::PasswordReset,
    };
    traces::record(&mut tx, By::Staff(staff), action, account.agency_id, staff, json!({ "session": session }), now).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Accept an invitation
///
/// Sets the first password with the secret of the link, and signs in.
#[utoipa::path(tag = "auth", request_body = Redeem, responses((status = 200, description = "Accepted and signed in", body = Tokens)),
    extensions(("x-problems" = json!(["invalid_credentials", "too_many_failures"]))))]
#[post("/auth/invitations/accept")]
async fn accept_invitation(state: Data<State>, request: HttpRequest, Body(body): Body<Redeem>) -> Result<Answer> {
    redeem(&state, &request, body, Purpose::Invitation).await
}

/// Ask for a new password
///
/// Sends a link to the address, if somebody has it. The answer is the same in any case.
#[utoipa::path(tag = "auth", request_body = ResetRequest, responses((status = 202, description = "Accepted", body = ResetAnswer)),
    extensions(("x-problems" = json!(["too_many_failures"]))))]
#[post("/auth/password-resets")]
async fn request_password_reset(state: Data<State>, request: HttpRequest, Body(body): Body<ResetRequest>) -> Result<Answer> {
    let now = state.clock.now();
    admit_address(&state, &request, now).await?;
    throttle::take_account(&state.db, &format!("reset {}", store::email_key(&body.email)), address_of(&request), now).await?;
    let mut tx = state.db.begin().await?;
    if let Some(account) = store::account(&mut tx, &body.email).await?.filter(|account| account.open) {
        let life = Duration::from_secs(u64::from(state.config.auth.reset_minutes) * 60);
        let (link, _) = links::make(&mut tx, &state.secrets.refresh, account.id, Purpose::PasswordReset, life, now).await?;
        jobs::enqueue(&mut tx, &ResetMail { link }, now, now).await?;
        traces::attempt(&mut tx, Some(account.id), Action::ResetRequested, now).await?;
    } else {
        // As much is written for nobody, so that time does not tell.
        jobs::enqueue(&mut tx, &ResetMail { link: Uuid::new_v4() }, now, now).await?;
        traces::attempt(&mut tx, None, Action::ResetRequested, now).await?;
    }
    tx.commit().await?;
    Answer::accepted(&ResetAnswer { detail: "If somebody here has this address, a message with a link is on its way to it." })
}

/// Set a new password
///
/// Sets the password with the secret of the link, ends all sessions, and signs in.
#[utoipa::path(tag = "auth", request_body = Redeem, responses((status = 200, description = "Set and signed in", body = Tokens)),
    extensions(("x-problems" = json!(["invalid_credentials", "too_many_failures"]))))]
#[post("/auth/password-resets/complete")]
async fn reset_password(state: Data<State>, request: HttpRequest, Body(body): Body<Redeem>) -> Result<Answer> {
    redeem(&state, &request, body, Purpose::PasswordReset).await
}

/// Read oneself
///
/// With the permissions in force.
#[utoipa::path(tag = "me", responses((status = 200, description = "Oneself", body = Me)))]
#[get("/me")]
async fn get_me(state: Data<State>, caller: Caller<Myself>) -> Result<Answer> {
    let me = store::me(&state.db, caller.id()).await?;
    Ok(Answer::ok(&me)?.version(me.version))
}

/// Change one's profile
#[utoipa::path(tag = "me", params(IfMatch), request_body(content = MeChange, content_type = "application/json"), responses((status = 200, description = "Changed", body = Me)))]
#[patch("/me")]
async fn update_me(state: Data<State>, caller: Caller<Myself>, precondition: Precondition, write: Write, Body(change): Body<MeChange>) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            store::hold(tx, caller.id()).await?;
            let mut me = store::me(&mut *tx, caller.id()).await?;
            precondition.check(Standing { version: me.version, updated_at: me.updated_at, updated_by: me.updated_by })?;
            me.names = names::merge(change.names, me.names);
            me.bios = names::merge(change.bios, me.bios);
            me.notice_mail = change.notice_mail.apply(Some(me.notice_mail)).unwrap_or_default();
            let mut faults = Faults::default();
            names::check(&mut faults, "/names", &me.names, 1, 200);
            names::check(&mut faults, "/bios", &me.bios, 0, 2_000);
            for (i, kind) in me.notice_mail.iter().enumerate() {
                faults.check(!me.notice_mail[..i].contains(kind), &format!("/notice_mail/{i}"), "duplicate", "is there twice");
            }
            faults.finish()?;
            store::update_profile(tx, &me, now).await?;
            publication::refresh_staff(tx, me.id, now).await?;
            let me = store::me(tx, me.id).await?;
            Ok(Answer::ok(&me)?.version(me.version))
        })
        .await
}

/// Change one's password
///
/// Ends all other sessions.
#[utoipa::path(tag = "me", request_body = PasswordChange, responses((status = 204, description = "Changed")),
    extensions(("x-problems" = json!(["invalid_credentials", "too_many_failures"]))))]
#[post("/me/password")]
async fn change_password(state: Data<State>, request: HttpRequest, caller: Caller<Myself>, write: Write, Body(body): Body<PasswordChange>) -> Result<Answer> {
    if let Some(answer) = write.answered(&caller).await? {
        return Ok(answer);
    }
    let now = state.clock.now();
    let account = store::account_by_id(&state.db, caller.id()).await?.ok_or_else(|| Error::not_found("staff member"))?;
    let bucket = store::email_key(&account.email);
    password::check("/new_password", &body.new_password, &account.email)?;
    throttle::take_account(&state.db, &bucket, address_of(&request), now).await?;
    let verified = account.password_hash.clone();
    if password::verify(body.current_password, account.password_hash).await? == Verdict::Wrong {
        return Err(Error::new(Code::InvalidCredentials, "The current password is not right."));
    }
    throttle::forgive(&state.db, &bucket, address_of(&request)).await?;
    let hash = password::hash(body.new_password).await?;
    write
        .run(&caller, async |tx| {
            store::hold(tx, caller.id()).await?;
            let still = store::account_by_id(&mut *tx, caller.id()).await?.filter(|still| still.open);
            if still.is_none_or(|still| still.password_hash != verified) {
                return Err(Error::new(Code::InvalidCredentials, "The password was changed meanwhile."));
            }
            store::set_password(tx, caller.id(), &hash, now).await?;
            let current = match caller.who {
                Who::Staff { session, .. } => Some(session),
                Who::Key { .. } => None,
            };
            session::revoke_all(&mut *tx, caller.id(), current, now).await?;
            traces::record(tx, By::from(&*caller), Action::PasswordChanged, caller.agency, caller.id(), json!({}), now).await?;
            Ok(Answer::no_content())
        })
        .await
}

/// List one's sessions
#[utoipa::path(tag = "me", responses((status = 200, description = "Sessions that are open", body = Page<Session>)))]
#[get("/me/sessions")]
async fn list_sessions(state: Data<State>, caller: Caller<Myself>) -> Result<Answer> {
    let Who::Staff { id, session, .. } = caller.who else { return Err(Error::not_found("session")) };
    Answer::ok(&Page::whole(session::list(&state.db, id, session, state.clock.now()).await?))
}

/// End one's other sessions
#[utoipa::path(tag = "me", responses((status = 204, description = "Ended")))]
#[delete("/me/sessions")]
async fn revoke_other_sessions(state: Data<State>, caller: Caller<Myself>) -> Result<Answer> {
    if let Who::Staff { id, session, .. } = caller.who {
        let now = state.clock.now();
        let mut tx = state.db.begin().await?;
        let ended = session::revoke_all(&mut tx, id, Some(session), now).await?;
        if ended > 0 {
            let details = json!({ "sessions": ended });
            traces::record(&mut tx, By::from(&*caller), Action::SessionRevoked, caller.agency, id, details, now).await?;
        }
        tx.commit().await?;
    }
    Ok(Answer::no_content())
}

/// End one of one's sessions
#[utoipa::path(tag = "me", params(SessionPath), responses((status = 204, description = "Ended")))]
#[delete("/me/sessions/{id}")]
async fn revoke_session(state: Data<State>, caller: Caller<Myself>, Path(path): Path<SessionPath>) -> Result<Answer> {
    if !end_session(&state, &caller, path.id, Action::SessionRevoked).await? {
        return Err(Error::not_found("session"));
    }
    Ok(Answer::no_content())
}

/// Read the public keys
///
/// The keys that verify access tokens (RFC 7517).
#[utoipa::path(tag = "auth", responses((status = 200, description = "A JSON Web Key Set", body = Object)))]
#[get("/.well-known/jwks.json")]
async fn get_jwks(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=300")).json(token::jwks(&state.secrets))
}
