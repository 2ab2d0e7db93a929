//! Answers that caches can keep: ETag, Last-Modified, 304 (RFC 9110, section 13; RFC 9111).

use crate::db::Timestamp;
use crate::secrets::sha256;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use chrono::DateTime;
use std::fmt::Write;

const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=0, s-maxage=10");
const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// An answer of delivery before it knows whether the client has it already.
pub struct Public {
    pub body: String,
    /// Without quotes.
    pub etag: String,
    pub modified_at: Timestamp,
    pub surrogate_key: String,
    pub language: Option<String>,
    pub links: String,
    /// Whether `Accept-Language` had a say.
    pub varies: bool,
}

/// The ETag of a body that nothing else names.
pub fn hash(body: &str) -> String {
    let mut text = String::with_capacity(32);
    for byte in sha256(body.as_bytes()).iter().take(12) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl Public {
    /// 200 with the body, or 304 where the client has it.
    pub fn answer(self, request: &HttpRequest) -> HttpResponse {
        let etag = format!("\"{}\"", self.etag);
        let unchanged = is_unchanged(request, &etag, self.modified_at);
        let mut response = HttpResponse::build(if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
        response
            .insert_header((header::ETAG, etag))
            .insert_header((header::LAST_MODIFIED, self.modified_at.http_date()))
            .insert_header((header::CACHE_CONTROL, CACHE_CONTROL))
            .insert_header((SURROGATE_KEY, self.surrogate_key));
        optional(&mut response, header::CONTENT_LANGUAGE, self.language);
        optional(&mut response, header::LINK, Some(self.links).filter(|links| !links.is_empty()));
        if self.varies {
            response.insert_header((header::VARY, "Accept-Language"));
        }
        if unchanged { response.finish() } else { response.content_type("application/json").body(self.body) }
    }
}

fn optional(response: &mut HttpResponseBuilder, name: HeaderName, value: Option<String>) {
    if let Some(value) = value {
        response.insert_header((name, value));
    }
}

/// `If-None-Match` decides where it is there; else `If-Modified-Since`.
fn is_unchanged(request: &HttpRequest, etag: &str, modified_at: Timestamp) -> bool {
    let read = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(tags) = read(header::IF_NONE_MATCH) {
        return tags.trim() == "*" || tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
    }
    let since = read(header::IF_MODIFIED_SINCE).and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    since.is_some_and(|since| modified_at.secs() <= since.timestamp())
}

/// `Link` values, one after the other.
pub fn join_links(first: String, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (_, true) => first,
        (true, false) => second.to_owned(),
        (false, false) => format!("{first}, {second}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let modified = Timestamp::parse("2026-07-24T09:30:00.5Z").unwrap();
        let date = "Fri, 24 Jul 2026 09:30:00 GMT";
        for (name, value, unchanged) in [
            ("If-None-Match", "\"a\"", true),
            ("If-None-Match", "\"b\", W/\"a\"", true),
            ("If-None-Match", "*", true),
            ("If-None-Match", "\"b\"", false),
            ("If-Modified-Since", date, true),
            ("If-Modified-Since", "Fri, 24 Jul 2026 09:29:59 GMT", false),
            ("If-Modified-Since", "nonsense", false),
        ] {
            let request = TestRequest::default().insert_header((name, value)).to_http_request();
            assert_eq!(is_unchanged(&request, "\"a\"", modified), unchanged, "{name}: {value}");
        }
        let both = TestRequest::default().insert_header(("If-None-Match", "\"b\"")).insert_header(("If-Modified-Since", date)).to_http_request();
        assert!(!is_unchanged(&both, "\"a\"", modified));
    }
}
