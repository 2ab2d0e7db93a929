//! Links that work once: invitations and password resets.
//!
//! A link's secret is derived from its id under a key of the house, so that the mail can be written later without the
//! secret lying in the database, which keeps its hash.

use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::secrets::{MacKey, sha256};
use crate::text_enum;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::Duration;
use uuid::Uuid;

text_enum! {
    pub enum Purpose {
        Invitation = "invitation",
        PasswordReset = "password_reset",
    }
}

/// The secret of a link.
#[must_use]
pub fn secret(key: &MacKey, link: Uuid) -> String {
    format!("nwl_{}", URL_SAFE_NO_PAD.encode(key.mac(&[b"link", link.as_bytes()])))
}

/// Makes a link, in place of earlier ones for the same purpose.
///
/// # Errors
/// When the database fails.
pub async fn make(tx: &mut Tx, key: &MacKey, staff: Uuid, purpose: Purpose, life: Duration, now: Timestamp) -> Result<(Uuid, Timestamp)> {
    // A link known only to the process that made it: v4, which nobody can guess.
    let id = Uuid::new_v4();
    tx.query("UPDATE links SET used_at = $3 WHERE staff_id = $1 AND purpose = $2 AND used_at IS NULL").bind(staff).bind(purpose).bind(now).execute().await?;
    tx.query("INSERT INTO links (id, staff_id, purpose, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(staff)
        .bind(purpose)
        .bind(sha256(secret(key, id).as_bytes()).to_vec())
        .bind(now)
        .bind(now.plus(life))
        .execute()
        .await?;
    Ok((id, now.plus(life)))
}

/// Whose link it is, whether or not it is still good.
///
/// # Errors
/// When the database fails.
pub async fn owner(tx: &mut Tx, secret: &str, purpose: Purpose) -> Result<Option<Uuid>> {
    let found: Option<(Uuid,)> =
        tx.query("SELECT staff_id FROM links WHERE hash = $1 AND purpose = $2").bind(sha256(secret.as_bytes()).to_vec()).bind(purpose).optional().await?;
    Ok(found.map(|(staff,)| staff))
}

/// Uses a link up and says whose it was.
///
/// # Errors
/// `invalid_credentials` for a link that was used, replaced or has expired, or never was.
pub async fn take(tx: &mut Tx, secret: &str, purpose: Purpose, now: Timestamp) -> Result<Uuid> {
    let taken: Option<(Uuid,)> = tx
        .query("UPDATE links SET used_at = $3 WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING staff_id")
        .bind(sha256(secret.as_bytes()).to_vec())
        .bind(purpose)
        .bind(now)
        .optional()
        .await?;
    taken.map(|(staff,)| staff).ok_or_else(|| Error::new(Code::InvalidCredentials, "The link was used, replaced or has expired; ask for a new one."))
}
