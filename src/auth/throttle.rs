//! Attempts to sign in, counted in the database before they are made: any number at once verifies no more than the limit.

use crate::db::{Db, Reader, Timestamp};
use crate::edge::address_of;
use crate::error::{Code, Error, Result};
use crate::limits::{Budget, Left, network};
use crate::secrets::sha256;
use actix_web::{HttpMessage, HttpRequest};
use std::fmt::Write;
use std::net::IpAddr;
use std::time::Duration;

/// Failures of one account from one network; an editor is not locked out from elsewhere.
const FAILURES: i32 = 10;
const FAILURE_WINDOW: Duration = Duration::from_mins(15);
const ADDRESS_WINDOW: Duration = Duration::from_mins(1);

/// Counts an attempt in a bucket, and says how many there were and when they are forgotten. Buckets are hashes: the table shows no
/// e-mail address.
async fn count(db: &Db, bucket: &str, window: Duration, now: Timestamp) -> Result<(i32, Timestamp)> {
    let counted = db
        .write()
        .query(
            "INSERT INTO login_attempts (bucket, attempts, expires_at) VALUES ($1, 1, $2) ON CONFLICT (bucket) DO UPDATE SET \
             attempts = CASE WHEN login_attempts.expires_at <= $3 THEN 1 ELSE login_attempts.attempts + 1 END, \
             expires_at = CASE WHEN login_attempts.expires_at <= $3 THEN excluded.expires_at ELSE login_attempts.expires_at END \
             RETURNING attempts, expires_at",
        )
        .bind(bucket)
        .bind(now.plus(window))
        .bind(now)
        .one()
        .await?;
    Ok(counted)
}

fn too_many(seconds: u64) -> Error {
    Error::new(Code::TooManyFailures, "Too many attempts; wait and try again.").retry_after(seconds + 1)
}

fn seconds_until(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(then.secs() - now.secs()).unwrap_or(1)
}

fn account_bucket(account: &str, address: IpAddr) -> String {
    let mut name = String::with_capacity(64);
    for byte in sha256(format!("account {account} {}", network(address)).as_bytes()) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// Takes one attempt of an address, and tells its request what is left of them.
///
/// # Errors
/// `too_many_failures`.
pub async fn take_address(db: &Db, request: &HttpRequest, quota: u32, now: Timestamp) -> Result<()> {
    let (attempts, expires_at) = count(db, &format!("address {}", network(address_of(request))), ADDRESS_WINDOW, now).await?;
    let (attempts, reset) = (u32::try_from(attempts).unwrap_or(u32::MAX), seconds_until(expires_at, now));
    Left { budget: Budget::Login, quota, remaining: quota.saturating_sub(attempts), reset }.tell(&mut request.extensions_mut());
    if attempts > quota { Err(too_many(reset).with("policy", "login")) } else { Ok(()) }
}

/// Takes one attempt at an account, which [`forgive`] gives back when it was right.
///
/// # Errors
/// `too_many_failures`.
pub async fn take_account(db: &Db, account: &str, address: IpAddr, now: Timestamp) -> Result<()> {
    let (attempts, expires_at) = count(db, &account_bucket(account, address), FAILURE_WINDOW, now).await?;
    if attempts > FAILURES { Err(too_many(seconds_until(expires_at, now))) } else { Ok(()) }
}

/// # Errors
/// When the database fails.
pub async fn forgive(db: &Db, account: &str, address: IpAddr) -> Result<()> {
    db.write().query("DELETE FROM login_attempts WHERE bucket = $1").bind(account_bucket(account, address)).execute().await?;
    Ok(())
}
