//! Links under which somebody without a login sees a text before readers do: signed, expiring, revocable, and good only as long as
//! whoever made one may see the text.

mod http;
mod store;

pub use http::routes;

use crate::db::Timestamp;
use crate::language::Tag;
use crate::secrets::MacKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sqlx::FromRow;
use std::time::Duration;
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);
/// Minutes that a link lives where nothing is said: a day.
const USUAL_MINUTES: u32 = 24 * 60;
/// Minutes that a link lives at most: a week.
const MOST_MINUTES: u32 = 7 * USUAL_MINUTES;

/// Links of a text that are good at the same time.
const MOST_LINKS: usize = 50;

/// A preview link, without its address.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
pub struct PreviewLink {
    pub id: Uuid,
    pub article_id: Uuid,
    pub language: Tag,
    /// The revision that it shows; `null` for the newest at the time of reading.
    pub revision: Option<i32>,
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl PreviewLink {
    fn mac(&self, key: &MacKey) -> [u8; 32] {
        let expiry = self.expires_at.micros().to_be_bytes();
        key.mac(&[b"preview", self.id.as_bytes(), self.article_id.as_bytes(), self.language.as_str().as_bytes(), &expiry])
    }

    /// What its address ends with.
    fn token(&self, key: &MacKey) -> String {
        URL_SAFE_NO_PAD.encode([self.id.as_bytes().as_slice(), &self.mac(key)].concat())
    }

    /// Whether the link is good at `now`, and `signature` is of it.
    fn admits(&self, key: &MacKey, signature: &[u8], now: Timestamp) -> bool {
        bool::from(self.mac(key).as_slice().ct_eq(signature)) && self.revoked_at.is_none() && now < self.expires_at
    }
}

/// The id of the link that a token is of, and its signature.
fn parse(token: &str) -> Option<(Uuid, Vec<u8>)> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, signature) = bytes.split_at_checked(16)?;
    Some((Uuid::from_slice(id).ok()?, signature.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> PreviewLink {
        PreviewLink {
            id: Uuid::from_u128(7),
            article_id: Uuid::from_u128(8),
            language: Tag::parse("kk").unwrap(),
            revision: None,
            created_by: Uuid::from_u128(9),
            created_at: Timestamp::of_secs(0),
            expires_at: Timestamp::of_secs(60),
            revoked_at: None,
        }
    }

    #[test]
    fn a_token_is_bound_to_its_link() {
        let key = MacKey::of([1; 32]);
        let good = link();
        let (id, signature) = parse(&good.token(&key)).unwrap();
        assert_eq!(id, good.id);
        let now = Timestamp::of_secs(59);
        assert!(good.admits(&key, &signature, now));
        assert!(!good.admits(&key, &signature, Timestamp::of_secs(60)), "its time is over");
        assert!(!good.admits(&MacKey::of([2; 32]), &signature, now));
        assert!(!good.admits(&key, &signature[..31], now));
        for other in [
            PreviewLink { id: Uuid::from_u128(6), ..link() },
            PreviewLink { article_id: Uuid::from_u128(6), ..link() },
            PreviewLink { language: Tag::parse("kk-Latn").unwrap(), ..link() },
            PreviewLink { expires_at: Timestamp::of_secs(61), ..link() },
            PreviewLink { revoked_at: Some(now), ..link() },
        ] {
            assert!(!other.admits(&key, &signature, now), "{other:?}");
        }
    }

    #[test]
    fn nonsense_is_no_token() {
        for wrong in ["", "a", "AAAA", "ä", "////"] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }
}
