//! Sessions: families of refresh tokens (RFC 9700, section 4.14.2), of which one is good at a time.
//!
//! A token's successor is derived from it, so a client that lost an answer and tries again within
//! ten seconds gets the same one. A token that comes later again was stolen: its session ends.

use super::{store, traces};
use crate::audit::{Action, By};
use crate::db::{Reader, Timestamp, Tx, Writer};
use crate::error::{Error, Result};
use crate::secrets::{MacKey, random_text, sha256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;
use sqlx::FromRow;
use std::net::IpAddr;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

const RETRY: Duration = Duration::from_secs(10);
const PREFIX: &str = "nwr_";

/// A place where somebody is signed in.
#[derive(Debug, Serialize, FromRow, ToSchema)]
pub struct Session {
    pub id: Uuid,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// Where it signed in from.
    pub address: String,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whether this request came through it.
    #[sqlx(default)]
    pub current: bool,
}

/// Where and how somebody signs in.
#[derive(Clone, Debug)]
pub struct Client {
    pub address: IpAddr,
    pub user_agent: Option<String>,
}

/// A refresh token and the session it belongs to.
#[derive(Debug)]
pub struct Opened {
    pub session: Uuid,
    pub staff: Uuid,
    pub refresh_token: String,
}

fn hash(token: &str) -> Vec<u8> {
    sha256(token.as_bytes()).to_vec()
}

/// Opens a session; `life` without use ends it.
///
/// # Errors
/// When the database or the system's randomness fails.
pub async fn open(tx: &mut Tx, staff: Uuid, client: &Client, life: Duration, now: Timestamp) -> Result<Opened> {
    let session = Uuid::now_v7();
    let refresh_token = format!("{PREFIX}{}", random_text::<32>().map_err(Error::internal)?);
    tx.query(
        "INSERT INTO sessions (id, staff_id, token_hash, rotated_at, user_agent, address, created_at, last_used_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $4, $4, $7)",
    )
    .bind(session)
    .bind(staff)
    .bind(hash(&refresh_token))
    .bind(now)
    .bind(&client.user_agent)
    .bind(client.address.to_string())
    .bind(now.plus(life))
    .execute()
    .await?;
    Ok(Opened { session, staff, refresh_token })
}

#[derive(FromRow)]
struct Family {
    id: Uuid,
    staff_id: Uuid,
    rotated_at: Timestamp,
}

/// Exchanges a refresh token for its successor. The caller commits in either case: a stolen token ends its session.
///
/// # Errors
/// When the database fails. `Ok(None)` when the token is not good.
pub async fn rotate(tx: &mut Tx, key: &MacKey, token: &str, life: Duration, now: Timestamp) -> Result<Option<Opened>> {
    let old = hash(token);
    let successor = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(key.mac(&[b"refresh", token.as_bytes()])));
    tx.query(
        "INSERT INTO spent_tokens (hash, session_id, spent_at) SELECT previous_hash, id, $2 FROM sessions \
         WHERE token_hash = $1 AND previous_hash IS NOT NULL AND revoked_at IS NULL ON CONFLICT (hash) DO NOTHING",
    )
    .bind(old.clone())
    .bind(now)
    .execute()
    .await?;
    let rotated: Option<Family> = tx
        .query(
            "UPDATE sessions SET previous_hash = token_hash, token_hash = $2, rotated_at = $3, last_used_at = $3, expires_at = $4 \
             WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $3 RETURNING id, staff_id, rotated_at",
        )
        .bind(old.clone())
        .bind(hash(&successor))
        .bind(now)
        .bind(now.plus(life))
        .optional()
        .await?;
    if let Some(family) = rotated {
        return Ok(Some(Opened { session: family.id, staff: family.staff_id, refresh_token: successor }));
    }
    let reused: Option<Family> = tx
        .query("SELECT id, staff_id, rotated_at FROM sessions WHERE previous_hash = $1 AND revoked_at IS NULL AND expires_at > $2")
        .bind(old.clone())
        .bind(now)
        .optional()
        .await?;
    match reused {
        Some(family) if family.rotated_at.plus(RETRY) >= now => Ok(Some(Opened { session: family.id, staff: family.staff_id, refresh_token: successor })),
        Some(family) => {
            tracing::warn!(session = %family.id, "a refresh token was used again: its session ends");
            revoke(&mut *tx, family.staff_id, family.id, now).await?;
            stolen(tx, family.staff_id, family.id, now).await?;
            Ok(None)
        }
        None => {
            let ended: Option<(Uuid, Uuid)> = tx
                .query(
                    "UPDATE sessions SET revoked_at = $2 WHERE revoked_at IS NULL AND id = (SELECT session_id FROM spent_tokens WHERE hash = $1) \
                     RETURNING staff_id, id",
                )
                .bind(old)
                .bind(now)
                .optional()
                .await?;
            if let Some((staff, session)) = ended {
                stolen(tx, staff, session, now).await?;
            }
            Ok(None)
        }
    }
}

/// Leaves a trace of a session that ended because its token came again.
async fn stolen(tx: &mut Tx, staff: Uuid, session: Uuid, now: Timestamp) -> Result<()> {
    let Some(account) = store::account_by_id(&mut *tx, staff).await? else { return Ok(()) };
    traces::record(tx, By::Anonymous, Action::TokenReused, account.agency_id, staff, json!({ "session": session }), now).await
}

/// Ends a session of a staff member; says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn revoke(on: impl Writer<'_>, staff: Uuid, session: Uuid, now: Timestamp) -> Result<bool> {
    let ended = on
        .query("UPDATE sessions SET revoked_at = $3 WHERE id = $1 AND staff_id = $2 AND revoked_at IS NULL")
        .bind(session)
        .bind(staff)
        .bind(now)
        .execute()
        .await?;
    Ok(ended > 0)
}

/// Ends all sessions of a staff member but one; says how many.
///
/// # Errors
/// When the database fails.
pub async fn revoke_all(on: impl Writer<'_>, staff: Uuid, except: Option<Uuid>, now: Timestamp) -> Result<u64> {
    let ended = on
        .query("UPDATE sessions SET revoked_at = $2 WHERE staff_id = $1 AND revoked_at IS NULL AND id <> $3")
        .bind(staff)
        .bind(now)
        .bind(except.unwrap_or(Uuid::nil()))
        .execute()
        .await?;
    Ok(ended)
}

/// The sessions of a staff member that are open, the last used first.
///
/// # Errors
/// When the database fails.
pub async fn list(on: impl Reader<'_>, staff: Uuid, current: Uuid, now: Timestamp) -> Result<Vec<Session>> {
    let mut sessions: Vec<Session> = on
        .query(
            "SELECT id, user_agent, address, created_at, last_used_at, expires_at FROM sessions \
             WHERE staff_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY last_used_at DESC, id DESC",
        )
        .bind(staff)
        .bind(now)
        .all()
        .await?;
    for session in &mut sessions {
        session.current = session.id == current;
    }
    Ok(sessions)
}

/// Forgets what ended long ago.
///
/// # Errors
/// When the database fails.
pub async fn tidy(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let long_ago = now.minus(Duration::from_hours(720));
    tx.query("DELETE FROM spent_tokens WHERE session_id IN (SELECT id FROM sessions WHERE expires_at < $1 OR revoked_at < $1)")
        .bind(long_ago)
        .execute()
        .await?;
    tx.query("DELETE FROM sessions WHERE expires_at < $1 OR revoked_at < $1").bind(long_ago).execute().await?;
    tx.query("DELETE FROM login_attempts WHERE expires_at < $1").bind(now).execute().await?;
    tx.query("DELETE FROM links WHERE expires_at < $1").bind(long_ago).execute().await?;
    Ok(())
}
