//! API keys of partners: `nwk_<id>_<secret>_<crc>`, of which only a keyed hash is kept.

use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Error, Faults, Result};
use crate::policy::Scope;
use crate::secrets::{MacKey, random};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use std::fmt::Write;
use std::time::Duration;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;

const DAY: Duration = Duration::from_hours(24);
const LONGEST_LIFE_DAYS: u32 = 365;

/// A key of a partner's program.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
pub struct ApiKey {
    pub id: Uuid,
    pub name: String,
    #[schema(value_type = Vec<Scope>)]
    pub scopes: Json<Vec<Scope>>,
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Wire import", "scopes": ["articles:submit", "articles:read"], "expires_in_days": 90}))]
pub struct NewApiKey {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    #[schema(min_items = 1)]
    pub scopes: Vec<Scope>,
    /// 365 where nothing is said.
    #[schema(minimum = 1, maximum = 365)]
    pub expires_in_days: Option<u32>,
}

impl NewApiKey {
    /// # Errors
    /// `validation_failed`.
    pub fn validate(&self) -> Result<()> {
        let mut faults = Faults::default();
        faults.text("/name", &self.name, 1, 100);
        faults.check(!self.scopes.is_empty(), "/scopes", "too_few", "needs at least one scope");
        faults.check(
            self.expires_in_days.is_none_or(|days| (1..=LONGEST_LIFE_DAYS).contains(&days)),
            "/expires_in_days",
            "out_of_range",
            "must be from 1 to 365",
        );
        faults.finish()
    }
}

fn text(id: Uuid, secret: &[u8; 32]) -> String {
    let mut text = format!("nwk_{}_", id.simple());
    for byte in secret {
        let _ = write!(text, "{byte:02x}");
    }
    let crc = crc32fast::hash(text.as_bytes());
    let _ = write!(text, "_{crc:08x}");
    text
}

/// The id and secret of a key that is whole.
fn parse(text: &str) -> Option<(Uuid, &str)> {
    let (signed, crc) = text.rsplit_once('_')?;
    if u32::from_str_radix(crc, 16).ok()? != crc32fast::hash(signed.as_bytes()) {
        return None;
    }
    let (id, secret) = signed.strip_prefix("nwk_")?.split_once('_')?;
    Some((Uuid::try_parse(id).ok()?, secret))
}

/// Makes a key; its text is told this once.
///
/// # Errors
/// When the database or the system's randomness fails.
pub async fn create(tx: &mut Tx, mac: &MacKey, agency: Uuid, by: Uuid, new: NewApiKey, now: Timestamp) -> Result<(ApiKey, String)> {
    let id = Uuid::now_v7();
    let text = text(id, &random::<32>().map_err(Error::internal)?);
    let secret = parse(&text).map_or("", |(_, secret)| secret);
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    let key = tx
        .query(
            "INSERT INTO api_keys (id, agency_id, name, mac, scopes, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             RETURNING id, name, scopes, created_by, created_at, expires_at, revoked_at, last_used_at",
        )
        .bind(id)
        .bind(agency)
        .bind(new.name.trim())
        .bind(mac.mac(&[id.as_bytes(), secret.as_bytes()]).to_vec())
        .bind(Json(scopes))
        .bind(by)
        .bind(now)
        .bind(now.plus(DAY * new.expires_in_days.unwrap_or(LONGEST_LIFE_DAYS)))
        .one()
        .await?;
    Ok((key, text))
}

/// The keys of an agency, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(on: impl Reader<'_>, agency: Uuid) -> Result<Vec<ApiKey>> {
    Ok(on
        .query(
            "SELECT id, name, scopes, created_by, created_at, expires_at, revoked_at, last_used_at FROM api_keys \
             WHERE agency_id = $1 ORDER BY created_at DESC, id DESC",
        )
        .bind(agency)
        .all()
        .await?)
}

/// Ends a key of an agency; says whether it was good until now.
///
/// # Errors
/// `not_found`, and when the database fails.
pub async fn revoke(tx: &mut Tx, agency: Uuid, id: Uuid, now: Timestamp) -> Result<bool> {
    let ended = tx
        .query("UPDATE api_keys SET revoked_at = $3 WHERE id = $1 AND agency_id = $2 AND revoked_at IS NULL")
        .bind(id)
        .bind(agency)
        .bind(now)
        .execute()
        .await?;
    if ended == 0 {
        let known: Option<(Uuid,)> = tx.query("SELECT id FROM api_keys WHERE id = $1 AND agency_id = $2").bind(id).bind(agency).optional().await?;
        known.ok_or_else(|| Error::not_found("API key"))?;
    }
    Ok(ended > 0)
}

/// A key that is good, and its agency.
#[derive(FromRow)]
pub struct Known {
    pub id: Uuid,
    pub agency_id: Uuid,
    pub scopes: Json<Vec<Scope>>,
    pub last_used_at: Option<Timestamp>,
    mac: Vec<u8>,
}

/// Finds the key that a request brought.
///
/// # Errors
/// When the database fails.
pub async fn find(on: impl Reader<'_>, mac: &MacKey, text: &str, now: Timestamp) -> Result<Option<Known>> {
    let Some((id, secret)) = parse(text) else { return Ok(None) };
    let known: Option<Known> = on
        .query(
            "SELECT k.id, k.agency_id, k.scopes, k.last_used_at, k.mac FROM api_keys k JOIN agencies a ON a.id = k.agency_id \
             WHERE k.id = $1 AND k.revoked_at IS NULL AND k.expires_at > $2 AND a.state = 'active'",
        )
        .bind(id)
        .bind(now)
        .optional()
        .await?;
    let right = mac.mac(&[id.as_bytes(), secret.as_bytes()]);
    Ok(known.filter(|known| bool::from(known.mac.as_slice().ct_eq(&right))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_a_wrong_letter_is_seen_without_the_database() {
        let whole = text(Uuid::from_u128(7), &[9; 32]);
        assert_eq!(parse(&whole).map(|(id, _)| id), Some(Uuid::from_u128(7)));
        let broken = whole.replacen("0909", "0908", 1);
        for wrong in [broken.as_str(), "", "nwk_", "nwk_a_b_c", &whole[1..]] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }
}
