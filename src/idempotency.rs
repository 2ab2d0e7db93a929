//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a write that is repeated happens once.
//!
//! [`Write::run`] gives a handler its transaction. The answer is stored in it, beside the effect, and is
//! answered again for 24 hours.

use crate::answer::Answer;
use crate::db::{Reader, Sql, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::extract::Fingerprint;
use crate::policy::Actor;
use crate::sql;
use crate::state::State;
use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use sqlx::FromRow;
use std::future::{Ready, ready};
use std::time::Duration;

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_hours(24);
const HEADER: &str = "Idempotency-Key";

/// A request that changes something.
pub struct Write {
    state: Data<State>,
    request: HttpRequest,
}

impl FromRequest for Write {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<State>>().cloned().ok_or_else(|| Error::internal("the app has no state"));
        ready(state.map(|state| Self { state, request: request.clone() }))
    }
}

#[derive(FromRow)]
struct Stored {
    operation: String,
    fingerprint: Vec<u8>,
    status: i32,
    etag: Option<String>,
    location: Option<String>,
    body: String,
}

/// Takes the key for this transaction; on SQLite there is one writer anyway.
const TAKE: Sql = sql!("SELECT "["TRUE WHERE $1 <> ''" | "pg_try_advisory_xact_lock(hashtextextended($1, 0))"]);

impl Write {
    /// Runs `work` in a transaction and commits it. With an `Idempotency-Key` on a POST, work that was done is not done again.
    ///
    /// # Errors
    /// What the work fails of, and `idempotency_in_progress`, `idempotency_key_reused`.
    pub async fn run(self, actor: &Actor, work: impl AsyncFnOnce(&mut Tx) -> Result<Answer>) -> Result<Answer> {
        let key = self.key()?;
        let mut tx = self.state.db.begin().await?;
        let outcome = self.once(&mut tx, actor, key.as_deref(), work).await;
        match &outcome {
            Ok(_) => tx.commit().await?,
            // Not left to the end of its connection: the next request may want what it holds.
            Err(_) => {
                if let Err(error) = tx.rollback().await {
                    tracing::warn!(%error, "a transaction could not be undone at once");
                }
            }
        }
        outcome
    }

    /// The answer to be given again, for a handler that has more to do than its transaction.
    ///
    /// # Errors
    /// `idempotency_key_reused`, and when the database fails.
    pub async fn answered(&self, actor: &Actor) -> Result<Option<Answer>> {
        match self.key()? {
            Some(key) => self.find(&self.state.db, actor, &key).await,
            None => Ok(None),
        }
    }

    async fn once(&self, tx: &mut Tx, actor: &Actor, key: Option<&str>, work: impl AsyncFnOnce(&mut Tx) -> Result<Answer>) -> Result<Answer> {
        let Some(key) = key else { return work(tx).await };
        let lock = format!("{}/{key}", actor.id());
        let taken = tx.query(TAKE).bind(lock).optional::<(bool,)>().await?;
        if !taken.is_some_and(|(taken,)| taken) {
            return Err(Error::new(Code::IdempotencyInProgress, "A request with this Idempotency-Key is being worked on.").retry_after(1));
        }
        if let Some(answer) = self.find(&mut *tx, actor, key).await? {
            return Ok(answer);
        }
        let answer = work(&mut *tx).await?;
        self.store(tx, actor, key, &answer).await?;
        Ok(answer)
    }

    fn key(&self) -> Result<Option<String>> {
        if self.request.method() != Method::POST {
            return Ok(None);
        }
        read(self.request.headers())
    }

    fn operation(&self) -> String {
        format!("{} {}", self.request.method(), self.request.uri())
    }

    /// Of what the request asks: its body and its precondition. Under a key, for there may be a password in it.
    fn fingerprint(&self) -> Vec<u8> {
        let body = self.request.extensions().get::<Fingerprint>().map_or([0; 32], |fingerprint| fingerprint.0);
        let precondition = self.request.headers().get("If-Match").map_or(&b""[..], |value| value.as_bytes());
        self.state.secrets.refresh.mac(&[b"idempotency", &body, precondition]).to_vec()
    }

    async fn find(&self, on: impl Reader<'_>, actor: &Actor, key: &str) -> Result<Option<Answer>> {
        let stored: Option<Stored> = on
            .query(
                "SELECT operation, fingerprint, status, etag, location, body FROM idempotency_keys \
                 WHERE actor_id = $1 AND key = $2 AND expires_at > $3",
            )
            .bind(actor.id())
            .bind(key)
            .bind(self.state.clock.now())
            .optional()
            .await?;
        let Some(stored) = stored else { return Ok(None) };
        if stored.operation != self.operation() || stored.fingerprint != self.fingerprint() {
            return Err(Error::new(Code::IdempotencyKeyReused, "This Idempotency-Key was used for another request."));
        }
        let status = u16::try_from(stored.status).ok().and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
        Ok(Some(Answer { status, etag: stored.etag, location: stored.location, link: None, body: stored.body, stored: None, replayed: true }))
    }

    async fn store(&self, tx: &mut Tx, actor: &Actor, key: &str, answer: &Answer) -> Result<()> {
        let now = self.state.clock.now();
        tx.query("DELETE FROM idempotency_keys WHERE actor_id = $1 AND key = $2").bind(actor.id()).bind(key).execute().await?;
        tx.query(
            "INSERT INTO idempotency_keys (actor_id, key, operation, fingerprint, status, etag, location, body, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(actor.id())
        .bind(key)
        .bind(self.operation())
        .bind(self.fingerprint())
        .bind(i32::from(answer.status.as_u16()))
        .bind(&answer.etag)
        .bind(&answer.location)
        .bind(answer.stored.as_ref().unwrap_or(&answer.body))
        .bind(now)
        .bind(now.plus(KEPT))
        .execute()
        .await?;
        Ok(())
    }
}

fn read(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| (1..=255).contains(&key.len()));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| Error::parameter(HEADER, "must have 1 to 255 printable characters"))
}

/// Refuses a key that cannot be one, also where nothing is stored under it.
///
/// # Errors
/// `invalid_parameter`.
pub fn check(headers: &HeaderMap) -> Result<()> {
    read(headers).map(drop)
}

/// Forgets answers that were kept long enough.
///
/// # Errors
/// When the database fails.
pub async fn tidy(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(tx.query("DELETE FROM idempotency_keys WHERE expires_at <= $1").bind(now).execute().await?)
}
