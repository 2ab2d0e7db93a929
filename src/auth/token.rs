//! Access tokens: JWTs of the profile of RFC 9068, signed with Ed25519 (RFC 8037), verified strictly.

use crate::config;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::secrets::Secrets;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Seconds that an access token lives.
pub const LIFE: i64 = 300;
/// The longest life that is accepted.
const LONGEST_LIFE: i64 = 600;
/// Seconds that clocks may differ.
const LEEWAY: i64 = 5;
const TYPE: &str = "at+jwt";

/// What a token says; all of it is required.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The staff member.
    pub sub: Uuid,
    /// The session.
    pub sid: Uuid,
    pub jti: Uuid,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
}

/// Signs a token for a session.
///
/// # Errors
/// When the key cannot sign.
pub fn issue(secrets: &Secrets, settings: &config::Auth, staff: Uuid, session: Uuid, now: Timestamp) -> Result<String> {
    let now = now.secs();
    let claims = Claims {
        iss: settings.issuer.clone(),
        aud: settings.audience.clone(),
        sub: staff,
        sid: session,
        jti: Uuid::now_v7(),
        iat: now,
        nbf: now,
        exp: now + LIFE,
    };
    let key = secrets.signing.first().ok_or_else(|| Error::internal("there is no signing key"))?;
    let header = Header { typ: Some(TYPE.to_owned()), kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&key.pkcs8)).map_err(Error::internal)
}

/// Reads a token that is wholly right.
///
/// # Errors
/// `unauthenticated`, without saying why.
pub fn verify(secrets: &Secrets, settings: &config::Auth, token: &str, now: Timestamp) -> Result<Claims> {
    read(secrets, settings, token, now.secs()).ok_or_else(|| Error::new(Code::Unauthenticated, "The access token is not valid or has expired."))
}

#[expect(clippy::disallowed_methods, reason = "the one strict wrapper: times are checked below, by our clock")]
fn read(secrets: &Secrets, settings: &config::Auth, token: &str, now: i64) -> Option<Claims> {
    let header = header(token)?;
    let typ = header.get("typ").and_then(Value::as_str)?;
    if !typ.eq_ignore_ascii_case(TYPE) || header.get("alg").and_then(Value::as_str) != Some("EdDSA") || header.get("crit").is_some() {
        return None;
    }
    let kid = header.get("kid").and_then(Value::as_str)?;
    let key = secrets.signing.iter().find(|key| key.kid == kid)?;
    let key = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(&key.public)).ok()?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[&settings.issuer]);
    validation.set_audience(&[&settings.audience]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).ok()?.claims;
    let in_time = claims.exp > now - LEEWAY && claims.nbf <= now + LEEWAY && claims.iat <= now + LEEWAY;
    let short = claims.exp.checked_sub(claims.iat).is_some_and(|life| (0..=LONGEST_LIFE).contains(&life));
    let exact = claims.iss == settings.issuer && claims.aud == settings.audience;
    (in_time && short && exact).then_some(claims)
}

fn header(token: &str) -> Option<Value> {
    if token.len() > 4_096 || token.split('.').count() != 3 {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?).ok()
}

/// The public keys (RFC 7517): those that sign, and those that still verify.
#[must_use]
pub fn jwks(secrets: &Secrets) -> Value {
    let keys: Vec<Value> = secrets
        .signing
        .iter()
        .map(|key| json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.kid, "x": URL_SAFE_NO_PAD.encode(&key.public) }))
        .collect();
    json!({ "keys": keys })
}

/// Notes our keys in the database, where every process of the house must find its own.
///
/// # Errors
/// When the database knows other keys than ours: this process has the wrong key files.
pub async fn register_keys(tx: &mut Tx, secrets: &Secrets, now: Timestamp) -> anyhow::Result<()> {
    let known: Vec<(String,)> = tx.query("SELECT kid FROM signing_keys").all().await?;
    let ours = |kid: &str| secrets.signing.iter().any(|key| key.kid == kid);
    if !known.is_empty() && !known.iter().any(|(kid,)| ours(kid)) {
        anyhow::bail!("the key files are not those of this database: mount the keys folder of the house, or run `newsroom keys rotate` to give it new ones");
    }
    for key in secrets.signing.iter().filter(|key| !known.iter().any(|(kid,)| *kid == key.kid)) {
        tx.query("INSERT INTO signing_keys (kid, created_at) VALUES ($1, $2)").bind(&key.kid).bind(now).execute().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::of_secs(1_800_000_000);

    fn sign(secrets: &Secrets, header: &Value, claims: &Value) -> String {
        let key = EncodingKey::from_ed_der(&secrets.signing[0].pkcs8);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }

    #[test]
    fn only_what_is_wholly_right_passes() {
        let (secrets, settings) = (Secrets::ephemeral().unwrap(), config::Auth::default());
        let now = NOW.secs();
        let header = json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": secrets.signing[0].kid });
        let claims = json!({
            "iss": settings.issuer, "aud": settings.audience, "sub": Uuid::nil(), "sid": Uuid::nil(), "jti": Uuid::nil(),
            "iat": now, "nbf": now, "exp": now + 300
        });
        let passes = |header: &Value, claims: &Value| verify(&secrets, &settings, &sign(&secrets, header, claims), NOW).is_ok();
        assert!(passes(&header, &claims));
        let with = |base: &Value, member: &str, value: Value| {
            let mut changed = base.clone();
            if value.is_null() {
                changed.as_object_mut().unwrap().remove(member);
            } else {
                changed[member] = value;
            }
            changed
        };
        for (member, value) in [
            ("typ", json!("JWT")),
            ("typ", Value::Null),
            ("alg", json!("none")),
            ("alg", json!("HS256")),
            ("kid", json!("other")),
            ("kid", Value::Null),
            ("crit", json!(["exp"])),
        ] {
            assert!(!passes(&with(&header, member, value.clone()), &claims), "header {member}={value}");
        }
        for (member, value) in [
            ("iss", json!("other")),
            ("aud", json!("other")),
            ("aud", json!([settings.audience])),
            ("exp", json!(now - 6)),
            ("exp", json!(now + 601)),
            ("nbf", json!(now + 6)),
            ("iat", json!(now + 6)),
            ("iat", json!(i64::MIN)),
            ("sub", json!("x")),
            ("exp", json!("soon")),
            ("iss", Value::Null),
            ("aud", Value::Null),
            ("sub", Value::Null),
            ("sid", Value::Null),
            ("jti", Value::Null),
            ("iat", Value::Null),
            ("nbf", Value::Null),
            ("exp", Value::Null),
        ] {
            assert!(!passes(&header, &with(&claims, member, value.clone())), "claim {member}={value}");
        }
        let token = issue(&secrets, &settings, Uuid::nil(), Uuid::nil(), NOW).unwrap();
        assert!(verify(&secrets, &settings, &token, NOW).is_ok());
        let other = Secrets::ephemeral().unwrap();
        assert!(verify(&other, &settings, &token, NOW).is_err());
        let (message, _) = token.rsplit_once('.').unwrap();
        for broken in [format!("{message}."), format!("{message}.AAAA"), message.to_owned(), String::new(), "a.b.c".to_owned()] {
            assert!(verify(&secrets, &settings, &broken, NOW).is_err());
        }
    }
}
