//! A whole answer: headers and bytes, in every encoding that was asked for once.

use super::stamps::{Moment, Slot};
use crate::db::Timestamp;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::DateTime;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::sync::OnceLock;

/// Shorter bodies are sent as they are: encoded they are hardly shorter.
const WORTHWHILE: usize = 512;

/// How the bytes of a body are encoded (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

/// An answer that was made.
pub struct Answer {
    pub(super) made: Moment,
    pub(super) slots: Vec<Slot>,
    pub(super) expires: Option<Timestamp>,
    /// The pattern of the route, for the metrics.
    pub route: String,
    /// Without quotes and encoding.
    pub etag: String,
    pub modified_at: Timestamp,
    /// Whether more than the address of the request decides which answer it is.
    pub varies: bool,
    /// All but those that depend on the request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    pub(super) encoded: Encoded,
}

/// The body in other encodings, made when somebody first asks.
#[derive(Default)]
pub(super) struct Encoded {
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

impl Answer {
    /// Bytes that it takes, with those that it may come to take.
    pub(super) fn weight(&self) -> u64 {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
        u64::try_from(self.body.len() + self.body.len() / 2 + headers + 256).unwrap_or(u64::MAX)
    }

    /// 200 with the body in the best encoding that the client takes, or 304 where the client has it.
    pub fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let encoding = if self.body.len() < WORTHWHILE { Encoding::Identity } else { accepted(request.headers()) };
        let etag = match encoding {
            Encoding::Identity => format!("\"{}\"", self.etag),
            Encoding::Gzip => format!("\"{}-gzip\"", self.etag),
            Encoding::Brotli => format!("\"{}-br\"", self.etag),
        };
        let unchanged = is_unchanged(request.headers(), &etag, self.modified_at);
        let mut response = HttpResponse::new(if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        if let Ok(etag) = HeaderValue::from_maybe_shared(Bytes::from(etag)) {
            headers.insert(header::ETAG, etag);
        }
        if unchanged {
            headers.remove(header::CONTENT_TYPE);
            return response;
        }
        let (body, coding) = match encoding {
            Encoding::Identity => (self.body.clone(), None),
            Encoding::Gzip => (self.encoded.gzip.get_or_init(|| gzip(&self.body)).clone(), Some("gzip")),
            Encoding::Brotli => (self.encoded.brotli.get_or_init(|| brotli(&self.body)).clone(), Some("br")),
        };
        if let Some(coding) = coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response.set_body(body).map_into_boxed_body()
    }
}

/// What a client takes of what we have: brotli before gzip where it likes both as much (RFC 9110, section 12.5.3).
fn accepted(headers: &HeaderMap) -> Encoding {
    let Some(accepted) = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else { return Encoding::Identity };
    let (mut gzip, mut brotli, mut others) = (None, None, None);
    for range in accepted.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="))).map_or(1.0, |q| q.parse().unwrap_or(0.0_f32));
        if coding.eq_ignore_ascii_case("br") {
            brotli = Some(quality);
        } else if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            gzip = Some(quality);
        } else if coding == "*" {
            others = Some(quality);
        }
    }
    let of = |quality: Option<f32>| quality.or(others).unwrap_or(0.0);
    match (of(brotli), of(gzip)) {
        (brotli, gzip) if brotli > 0.0 && brotli >= gzip => Encoding::Brotli,
        (_, gzip) if gzip > 0.0 => Encoding::Gzip,
        _ => Encoding::Identity,
    }
}

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::new(6));
    // A Vec takes everything.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default().into()
}

fn brotli(body: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(body.len() / 3);
    {
        let mut encoder = brotli::CompressorWriter::new(&mut bytes, 4096, 5, 20);
        let _ = encoder.write_all(body);
    }
    bytes.into()
}

/// `If-None-Match` decides where it is there; else `If-Modified-Since` (RFC 9110, section 13.2.2).
fn is_unchanged(headers: &HeaderMap, etag: &str, modified_at: Timestamp) -> bool {
    let read = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(tags) = read(header::IF_NONE_MATCH) {
        return tags.trim() == "*" || tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
    }
    let since = read(header::IF_MODIFIED_SINCE).and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    since.is_some_and(|since| modified_at.secs() <= since.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use std::io::Read;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        TestRequest::default().insert_header((name, value)).to_http_request().headers().clone()
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let modified = Timestamp::parse("2026-07-24T09:30:00.5Z").unwrap();
        let date = "Fri, 24 Jul 2026 09:30:00 GMT";
        for (name, value, unchanged) in [
            ("If-None-Match", "\"a\"", true),
            ("If-None-Match", "\"b\", W/\"a\"", true),
            ("If-None-Match", "*", true),
            ("If-None-Match", "\"b\"", false),
            ("If-None-Match", "\"a-gzip\"", false),
            ("If-Modified-Since", date, true),
            ("If-Modified-Since", "Fri, 24 Jul 2026 09:29:59 GMT", false),
            ("If-Modified-Since", "nonsense", false),
        ] {
            assert_eq!(is_unchanged(&headers(name, value), "\"a\"", modified), unchanged, "{name}: {value}");
        }
        let both = TestRequest::default().insert_header(("If-None-Match", "\"b\"")).insert_header(("If-Modified-Since", date)).to_http_request();
        assert!(!is_unchanged(both.headers(), "\"a\"", modified));
    }

    #[test]
    fn the_client_says_which_encodings_it_takes() {
        for (value, expected) in [
            ("gzip, deflate, br", Encoding::Brotli),
            ("gzip", Encoding::Gzip),
            ("br;q=0.5, gzip", Encoding::Gzip),
            ("br;q=0, *", Encoding::Gzip),
            ("*", Encoding::Brotli),
            ("identity", Encoding::Identity),
            ("gzip;q=0", Encoding::Identity),
            ("gzip;q=nonsense", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            assert_eq!(accepted(&headers("Accept-Encoding", value)), expected, "{value:?}");
        }
    }

    #[test]
    fn encoded_bodies_are_the_same_bodies() {
        let body = "Қазақстан Республикасы. ".repeat(200).into_bytes();
        let mut read = vec![];
        flate2::read::GzDecoder::new(&*gzip(&body)).read_to_end(&mut read).unwrap();
        assert_eq!(read, body);
        read.clear();
        brotli::Decompressor::new(&*brotli(&body), 4096).read_to_end(&mut read).unwrap();
        assert_eq!(read, body);
    }
}
