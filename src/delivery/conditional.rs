//! Answers that caches can keep, ours among them: ETag, Last-Modified, 304 (RFC 9110, section 13; RFC 9111).

use crate::cache::{Made, Source, keys_of};
use crate::config::Config;
use crate::db::{Conn, Timestamp};
use crate::error::{Error, Result};
use crate::secrets::sha256;
use crate::state::State;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use std::fmt::Write;
use std::sync::Arc;

const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=0, s-maxage=10");
const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
const SURROGATE_CONTROL: HeaderName = HeaderName::from_static("surrogate-control");

/// An answer of delivery before it knows who asks.
pub struct Public {
    pub body: String,
    /// Without quotes.
    pub etag: String,
    pub modified_at: Timestamp,
    /// Keys of its own, beside those that follow from its sources.
    pub surrogate_key: String,
    pub language: Option<String>,
    pub links: String,
    /// Whether `Accept-Language` had a say.
    pub varies: bool,
    /// Whether search engines are to leave it out.
    pub noindex: bool,
    /// What it tells of: when that changes, it is made anew.
    pub sources: Vec<Source>,
    /// When it is no longer true by itself.
    pub expires: Option<Timestamp>,
}

/// The ETag of a body that nothing else names.
pub fn hash(body: &str) -> String {
    let mut text = String::with_capacity(32);
    for byte in sha256(body.as_bytes()).iter().take(12) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Answers from memory, or with what `make` reads. `key` says what is asked for: the same for all requests that mean the same, and other
/// for all others. Requests that mean something else in another `Accept-Language` are to have that in their key.
pub async fn answer(state: &State, request: &HttpRequest, key: String, make: impl AsyncFnOnce(&mut Conn) -> Result<Public>) -> Result<HttpResponse> {
    let key: Arc<str> = format!("{} {key}", request.match_pattern().unwrap_or_default()).into();
    let keep = async || {
        let mut on = state.public.acquire().await?;
        make(&mut on).await?.keep(request, &state.config)
    };
    let answer = state.answers.get(&key, state.clock.now(), keep).await?;
    // Whoever negotiates is recognised by more than the address.
    if !answer.varies
        && let Some(target) = request.uri().path_and_query()
    {
        state.answers.note(target.as_str(), &key);
    }
    Ok(answer.respond(request))
}

/// What `Accept-Language` says, for the key of an answer that it has a say in.
pub fn accepted_languages(request: &HttpRequest) -> &str {
    request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl Public {
    /// One in no language, without links, that stays true until one of its sources changes.
    pub fn of(etag: String, body: String, modified_at: Timestamp, surrogate_key: String, sources: Vec<Source>) -> Self {
        Self { body, etag, modified_at, surrogate_key, language: None, links: String::new(), varies: false, noindex: false, sources, expires: None }
    }

    fn keep(self, request: &HttpRequest, config: &Config) -> Result<Made> {
        let vary = if self.varies { "Accept-Encoding, Accept-Language" } else { "Accept-Encoding" };
        let text = |value: String| HeaderValue::try_from(value).map_err(Error::internal);
        let mut headers = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (header::LAST_MODIFIED, text(self.modified_at.http_date())?),
            (header::VARY, HeaderValue::from_static(vary)),
        ];
        // Nobody tells a cache of what ends by itself.
        headers.extend(for_caches(config, &self.surrogate_key, &self.sources, self.expires.is_none())?);
        for (name, value) in [(header::CONTENT_LANGUAGE, self.language), (header::LINK, Some(self.links).filter(|links| !links.is_empty()))] {
            if let Some(value) = value {
                headers.push((name, text(value)?));
            }
        }
        if self.noindex {
            headers.push((HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")));
        }
        Ok(Made {
            route: request.match_pattern().unwrap_or_default(),
            etag: self.etag,
            modified_at: self.modified_at,
            varies: self.varies,
            headers,
            body: self.body,
            sources: self.sources,
            expires: self.expires,
        })
    }
}

/// What shared caches are told: how long they may keep an answer, and by which keys they are told that it is no longer true. Those that
/// are told of every change (`is_told`, where there are such) may keep it longer.
///
/// Problems have none of it. They are `no-store`: what is missing now may be published in a moment, and each carries the id of its request.
pub fn for_caches(config: &Config, own_keys: &str, sources: &[Source], is_told: bool) -> Result<Vec<(HeaderName, HeaderValue)>> {
    let text = |value: String| HeaderValue::try_from(value).map_err(Error::internal);
    let mut headers = vec![(header::CACHE_CONTROL, CACHE_CONTROL), (SURROGATE_KEY, text(keys_of(own_keys, sources))?)];
    if is_told && !config.purge.urls.is_empty() {
        headers.push((SURROGATE_CONTROL, text(format!("max-age={}", config.purge.max_age))?));
    }
    Ok(headers)
}

/// `Link` values, one after the other.
pub fn join_links(first: String, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (_, true) => first,
        (true, false) => second.to_owned(),
        (false, false) => format!("{first}, {second}"),
    }
}
