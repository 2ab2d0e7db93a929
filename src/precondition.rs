//! `If-Match` and `If-None-Match` (RFC 9110, section 13): nobody overwrites what they have not seen.

use crate::answer::etag;
use crate::db::Timestamp;
use crate::error::{Code, Error, Result};
use actix_web::dev::Payload;
use actix_web::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpRequest};
use std::future::{Ready, ready};
use uuid::Uuid;

/// For the contract: the header that a change of an existing record needs.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes")]
pub struct IfMatch {
    /// The ETag that you read.
    #[param(rename = "If-Match", example = "\"v1\"")]
    if_match: String,
}

/// The preconditions of a write.
#[derive(Clone, Debug, Default)]
pub struct Precondition {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

/// Where a record stands, for the one who is late.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub version: i64,
    pub updated_at: Timestamp,
    pub updated_by: Option<Uuid>,
}

impl FromRequest for Precondition {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = |name: &HeaderName| match request.headers().get(name).map(|value| value.to_str()) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text.to_owned())),
            Some(Err(_)) => Err(Error::parameter(name.as_str(), "must be an ETag in quotes")),
        };
        ready(read(&IF_MATCH).and_then(|if_match| Ok(Self { if_match, if_none_match: read(&IF_NONE_MATCH)? })))
    }
}

impl Precondition {
    /// Whether the request wants to create what is not there (`If-None-Match: *`).
    #[must_use]
    pub fn wants_new(&self) -> bool {
        self.if_none_match.as_deref().is_some_and(|value| value.trim() == "*")
    }

    /// Whether the request says nothing of what it has seen.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.if_match.is_none() && !self.wants_new()
    }

    /// The newest version that the request says it has seen, whether or not there ever was such a one.
    #[must_use]
    pub fn seen(&self) -> Option<i64> {
        let tags = self.if_match.as_deref()?.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
        tags.filter_map(|tag| tag.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok()).max()
    }

    /// The problem of a request that says nothing of what it has seen.
    #[must_use]
    pub fn missing() -> Error {
        Error::new(Code::PreconditionRequired, "Send If-Match with the ETag that you read.")
    }

    /// Lets the write through only when it has seen the record as it is.
    ///
    /// # Errors
    /// 428 without `If-Match`, 400 with what is no `ETag` (RFC 9110, 8.8.3), 412 with another's.
    pub fn check(&self, current: Standing) -> Result<()> {
        let Some(given) = &self.if_match else {
            return Err(Self::missing());
        };
        let now = etag(current.version);
        if given.trim() == "*" || given.split(',').any(|tag| tag.trim() == now) {
            return Ok(());
        }
        let quoted = |tag: &str| tag.trim_start_matches("W/").strip_prefix('"').is_some_and(|rest| rest.ends_with('"'));
        if !given.split(',').all(|tag| quoted(tag.trim())) {
            return Err(Error::parameter("If-Match", "must be an ETag in its quotes, such as \"v1\""));
        }
        let standing = serde_json::json!({ "etag": now, "updated_at": current.updated_at, "updated_by": current.updated_by });
        Err(Error::new(Code::StaleVersion, "The record has changed since you read it.").with("current", standing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_seen_is_known() {
        for (given, seen) in [("\"v2\"", Some(2)), ("\"v1\", W/\"v3\"", Some(3)), ("*", None), ("v3", None), ("\"vx\"", None)] {
            assert_eq!(Precondition { if_match: Some(given.to_owned()), if_none_match: None }.seen(), seen, "{given}");
        }
    }

    #[test]
    fn only_the_version_that_is_passes() {
        let current = Standing { version: 3, updated_at: Timestamp::from_micros(0), updated_by: None };
        for (given, outcome) in [
            (None, Err(Code::PreconditionRequired)),
            (Some("\"v3\""), Ok(())),
            (Some("\"v1\", \"v3\""), Ok(())),
            (Some("*"), Ok(())),
            (Some("\"v2\""), Err(Code::StaleVersion)),
            (Some("W/\"v3\""), Err(Code::StaleVersion)),
            (Some("v3"), Err(Code::InvalidParameter)),
            (Some("\"v3"), Err(Code::InvalidParameter)),
        ] {
            let precondition = Precondition { if_match: given.map(str::to_owned), if_none_match: None };
            assert_eq!(precondition.check(current).map_err(|e| e.code), outcome, "{given:?}");
        }
    }
}
