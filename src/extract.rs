//! How a request is read: strictly, within limits, every fault named.

use crate::error::{Code, Error, Fault, Result};
use crate::secrets::sha256;
use crate::state::State;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde_json::Value;
use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Bytes of a JSON body.
pub const BODY_LIMIT: usize = 1 << 20;
/// How deep JSON may nest.
const DEPTH_LIMIT: usize = 64;
/// The hash of the body that this request brought, for idempotency.
#[derive(Clone, Copy)]
pub struct Fingerprint(pub [u8; 32]);

/// A JSON body.
pub struct Body<T>(pub T);

/// A body as it came, with its media type.
pub struct Raw {
    pub media_type: String,
    pub bytes: Vec<u8>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let raw = Raw::from_request(request, payload);
        Box::pin(async move { raw.await?.json().map(Self) })
    }
}

/// A JSON body that may be left out.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let raw = Raw::from_request(request, payload);
        Box::pin(async move {
            let raw = raw.await?;
            let left_out = raw.bytes.is_empty() || raw.bytes.trim_ascii() == b"null";
            if left_out { Ok(Self(T::default())) } else { raw.json().map(Self) }
        })
    }
}

impl Raw {
    /// Reads the body as JSON, which it must say that it is.
    ///
    /// # Errors
    /// `unsupported_media_type`, and those of [`from_json`].
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if self.media_type != "application/json" {
            return Err(Error::new(Code::UnsupportedMediaType, "The body must be sent as application/json."));
        }
        object_from_json(&self.bytes)
    }
}

impl FromRequest for Raw {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let media_type = media_type(&request);
            let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
            if declared.is_some_and(|length| length > BODY_LIMIT) {
                return Err(too_large());
            }
            let mut bytes = Vec::with_capacity(declared.unwrap_or(0).min(64 * 1024));
            let patience = Patience::of(&request);
            while let Some(chunk) = timeout_at(patience.ends(bytes.len()), payload.next()).await.map_err(|_| too_slow())? {
                let chunk = chunk.map_err(|_| Error::new(Code::BadRequest, "The body broke off."))?;
                if bytes.len() + chunk.len() > BODY_LIMIT {
                    return Err(too_large());
                }
                bytes.extend_from_slice(&chunk);
            }
            request.extensions_mut().insert(Fingerprint(sha256(&bytes)));
            Ok(Self { media_type, bytes })
        })
    }
}

/// How slowly a body may come.
struct Patience {
    begun: Instant,
    total: Duration,
    grace: Duration,
    bytes_per_second: u32,
}

impl Patience {
    fn of(request: &HttpRequest) -> Self {
        let settings = request.app_data::<Data<State>>().map(|state| state.config.http.clone()).unwrap_or_default();
        Self {
            begun: Instant::now(),
            total: Duration::from_secs(settings.body_timeout),
            grace: Duration::from_secs(settings.body_grace),
            bytes_per_second: settings.least_rate.max(1),
        }
    }

    /// When more than this must have come.
    fn ends(&self, bytes: usize) -> Instant {
        let earned = Duration::from_secs_f64(u32::try_from(bytes).map_or(f64::from(u32::MAX), f64::from) / f64::from(self.bytes_per_second));
        self.begun + self.total.min(self.grace.saturating_add(earned))
    }
}

fn too_slow() -> Error {
    Error::new(Code::RequestTimeout, "The body came too slowly; the connection is closed.")
}

fn media_type(request: &HttpRequest) -> String {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn too_large() -> Error {
    Error::new(Code::BodyTooLarge, "The body may have 1 MB at most.")
}

/// As [`from_json`], for what is an object. serde would read a list as its members in their order.
///
/// # Errors
/// As [`from_json`].
pub fn object_from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.trim_ascii_start().first() == Some(&b'[') && !too_deep(bytes) {
        let fault = Fault { pointer: Some(String::new()), parameter: None, code: "wrong_type".into(), detail: "must be an object".to_owned() };
        return Err(Error { faults: vec![fault], ..Error::new(Code::MalformedBody, "The body must be a JSON object, not a list.") });
    }
    from_json(bytes)
}

/// Reads JSON: no deeper than 64, no NUL character, no unknown member.
///
/// # Errors
/// `malformed_body` with a pointer to what was wrong; `validation_failed` for NUL.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let malformed = |detail: String| Error::new(Code::MalformedBody, detail);
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("The body is not UTF-8.".to_owned()))?;
    if too_deep(bytes) {
        return Err(malformed(format!("The JSON nests deeper than {DEPTH_LIMIT} levels.")));
    }
    let mut value: Value = serde_json::from_str(text).map_err(|e| {
        let what = if e.is_eof() { "ends too early" } else { "is not JSON" };
        malformed(format!("The body {what}, at line {}, column {}.", e.line(), e.column()))
    })?;
    whole_numbers(&mut value);
    if let Some(pointer) = find_nul(&value) {
        return Err(Error::invalid(&pointer, "nul", "contains the character U+0000, which cannot be stored"));
    }
    serde_path_to_error::deserialize(value).map_err(|e| {
        let (member, code, detail) = explain(&e.inner().to_string());
        let mut pointer = String::new();
        let mut step = |key: &str| {
            pointer.push('/');
            pointer.push_str(&escape(key));
        };
        for segment in e.path() {
            use serde_path_to_error::Segment;
            match segment {
                Segment::Seq { index } => step(&index.to_string()),
                Segment::Map { key } => step(key),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        if let Some(member) = member.filter(|member| !pointer.ends_with(&format!("/{}", escape(member)))) {
            pointer.push('/');
            pointer.push_str(&escape(&member));
        }
        let at = if pointer.is_empty() { "The body".to_owned() } else { format!("`{pointer}`") };
        let fault = Fault { pointer: Some(pointer), parameter: None, code: code.into(), detail: detail.clone() };
        Error { faults: vec![fault], ..malformed(format!("{at} {detail}.")) }
    })
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// serde's words into ours: the member it speaks of, a code, and a sentence.
fn explain(message: &str) -> (Option<String>, &'static str, String) {
    let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
    let allowed = |text: &str| text.split_once(", expected ").map(|(_, rest)| rest.replace("one of ", ""));
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let known = allowed(rest).filter(|known| !known.starts_with("there are no")).unwrap_or_default();
        let hint = if known.is_empty() { String::new() } else { format!("; known are {known}") };
        return (quoted(rest), "unknown_member", format!("is not a member of this{hint}"));
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        return (quoted(rest), "missing_member", "is missing".to_owned());
    }
    if let Some(rest) = message.strip_prefix("duplicate field ") {
        return (quoted(rest), "duplicate_member", "is there twice".to_owned());
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        return (None, "unknown_value", format!("is not one of {}", allowed(rest).unwrap_or_default()));
    }
    if message.starts_with("invalid type: ") || message.starts_with("invalid value: ") || message.starts_with("invalid length ") {
        let wanted = allowed(message).map_or("another type", |wanted| match wanted.split(' ').next().unwrap_or_default() {
            "a" if wanted.contains("map") => "an object",
            "a" if wanted.contains("sequence") => "an array",
            "a" if wanted.contains("boolean") => "true or false",
            "a" if wanted.contains("string") || wanted.contains("formatted") => "a string",
            "struct" | "map" => "an object",
            first if first.starts_with(['i', 'u']) && first.len() <= 5 => "a whole number in its range",
            "UUID" => "a UUID",
            "enum" => "a string",
            _ => "another type",
        });
        return (None, "wrong_type", format!("must be {wanted}"));
    }
    if message.starts_with("UUID parsing failed") {
        return (None, "wrong_type", "must be a UUID".to_owned());
    }
    if message.starts_with("invalid digit") || message.starts_with("number too") || message.starts_with("cannot parse integer") {
        return (None, "wrong_type", "must be a whole number in its range".to_owned());
    }
    if message.starts_with("provided string was not") {
        return (None, "wrong_type", "must be true or false".to_owned());
    }
    if message.starts_with("premature end of input")
        || message.starts_with("input contains")
        || message.starts_with("input is out of range")
        || message.starts_with("trailing input")
    {
        return (None, "wrong_type", "must be a date such as 2026-07-24".to_owned());
    }
    // What our own types say begins with a verb.
    (None, "invalid", message.trim_end_matches('.').to_owned())
}

fn too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > DEPTH_LIMIT {
                    return true;
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// JSON does not tell 1.0 from 1; serde does.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(members) => members.values_mut().for_each(whole_numbers),
        Value::Number(number) if number.is_f64() => {
            // Up to 2^53 every whole number is a float of its own.
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
            let whole = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0).map(|float| float as i64);
            if let Some(whole) = whole {
                *number = whole.into();
            }
        }
        _ => {}
    }
}

/// Where a NUL is. The path is put together on the way back from it, not on the way to every text.
fn find_nul(value: &Value) -> Option<String> {
    let within = |step: &str, inner: String| format!("/{}{inner}", escape(step));
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items.iter().enumerate().find_map(|(i, item)| find_nul(item).map(|inner| within(&i.to_string(), inner))),
        Value::Object(members) => {
            members.iter().find_map(|(key, member)| if key.contains('\0') { Some(String::new()) } else { find_nul(member).map(|inner| within(key, inner)) })
        }
        _ => None,
    }
}

/// An object within a body: serde alone would read a list as its members in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object<T>(pub T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: DeserializeOwned> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// The query of the address. Unknown, repeated and unreadable parameters are refused by name.
pub struct Query<T>(pub T);

/// The variable parts of the path.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(from_query(request.query_string()).map(Self))
    }
}

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs: Vec<(String, String)> = request
            .match_info()
            .iter()
            .map(|(name, value)| (name.to_owned(), percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()))
            .collect();
        let read = serde_urlencoded::to_string(&pairs).map_err(Error::internal).and_then(|encoded| from_query(&encoded));
        ready(read.map(Self))
    }
}

/// # Errors
/// `invalid_parameter`, naming it.
pub fn from_query<T: DeserializeOwned>(query: &str) -> Result<T> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query).map_err(|_| Error::new(Code::InvalidParameter, "The query cannot be read as name=value pairs."))?;
    for (i, (name, value)) in pairs.iter().enumerate() {
        if pairs[..i].iter().any(|(other, _)| other == name) {
            return Err(Error::parameter(name, "is there twice; separate several values by commas"));
        }
        if value.contains('\0') || name.contains('\0') {
            return Err(Error::parameter(&name.replace('\0', "\u{FFFD}"), "contains the character U+0000"));
        }
    }
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(query.as_bytes()))).map_err(|e| {
        let (member, _, detail) = explain(&e.inner().to_string());
        let name = member.unwrap_or_else(|| e.path().to_string());
        Error::parameter(&name, detail.replace("a member of this", "a parameter of this"))
    })
}

/// Several values in one parameter, with commas between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::IntoDeserializer;
        use serde::de::value::StrDeserializer;
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(|item| {
            let plain: StrDeserializer<'_, serde::de::value::Error> = item.into_deserializer();
            T::deserialize(plain).map_err(|e| serde::de::Error::custom(explain(&e.to_string()).2))
        });
        let items = items.collect::<Result<Vec<T>, D::Error>>()?;
        if items.is_empty() || items.len() > 50 {
            return Err(serde::de::Error::custom("needs 1 to 50 values with commas between"));
        }
        Ok(Self(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by serde")]
    struct Sample {
        name: String,
        #[serde(default)]
        size: Option<u8>,
        #[serde(default)]
        inner: Option<Box<Sample>>,
    }

    #[test]
    fn body_faults_point_to_their_place() {
        for (body, pointer, code) in [
            (r#"{"name": 1}"#, "/name", "wrong_type"),
            (r#"{"name": "a", "nmae": "b"}"#, "/nmae", "unknown_member"),
            (r#"{"size": 3}"#, "/name", "missing_member"),
            (r#"{"name": "a", "inner": {"name": "b", "size": 300}}"#, "/inner/size", "wrong_type"),
            (r#"{"name": "a", "inner": {}}"#, "/inner/name", "missing_member"),
            (r#"{"name": "a", "size": 1.5}"#, "/size", "wrong_type"),
            (r#"{"name": "a", "size": 1e300}"#, "/size", "wrong_type"),
        ] {
            let error = from_json::<Sample>(body.as_bytes()).unwrap_err();
            assert_eq!(error.code, Code::MalformedBody, "{body}");
            let fault = &error.faults[0];
            assert_eq!((fault.pointer.as_deref(), fault.code.as_ref()), (Some(pointer), code), "{body}: {fault:?}");
        }
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        for size in ["3", "3.0", "0.3e1"] {
            assert_eq!(from_json::<Sample>(format!(r#"{{"name": "a", "size": {size}}}"#).as_bytes()).unwrap().size, Some(3));
        }
    }

    #[test]
    fn nul_depth_and_nonsense_are_refused() {
        let nul = from_json::<Sample>(br#"{"name": "a\u0000"}"#).unwrap_err();
        assert_eq!((nul.code, nul.faults[0].pointer.as_deref()), (Code::ValidationFailed, Some("/name")));
        for body in [b"".as_slice(), b"{", b"nope", b"\xff", "[".repeat(65).as_bytes()] {
            assert_eq!(from_json::<Value>(body).unwrap_err().code, Code::MalformedBody);
        }
    }

    #[test]
    fn query_faults_are_named() {
        for (query, name) in [("name=a&size=x", "size"), ("name=a&other=1", "other"), ("name=a&name=b", "name"), ("size=1", "name"), ("name=%00", "name")] {
            let error = from_query::<Sample>(query).unwrap_err();
            assert_eq!(error.code, Code::InvalidParameter, "{query}");
            assert_eq!(error.faults[0].parameter.as_deref(), Some(name), "{query}: {error}");
        }
    }
}
