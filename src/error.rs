//! Every error of every path: one type, one problem document (RFC 9457), one code per kind.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use utoipa::ToSchema;

pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $variant:ident = $code:literal, $status:ident, $title:literal;)+) => {
        /// What went wrong, for programs. Each has a page at `/problems/{code}`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $meaning])+ $variant),+ }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// What it means and what to do, for its page.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+)),+ }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or a member is missing, unknown or of another type. `errors` points to each fault that was seen.
    MalformedBody = "malformed_body", BAD_REQUEST, "The body cannot be read";
    /// A parameter of the path, the query or a header is unknown or has a value that is not allowed. `errors` names it and says what would do.
    InvalidParameter = "invalid_parameter", BAD_REQUEST, "A parameter is not right";
    /// The cursor is not one of ours, or was made for another sort or other filters. Start again without a cursor.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor does not fit";
    /// The request cannot be understood as HTTP.
    BadRequest = "bad_request", BAD_REQUEST, "The request cannot be understood";
    /// There are no credentials, or they are not valid (any longer). Sign in again, refresh the token, or ask for a new key.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Valid credentials are needed";
    /// E-mail and password do not belong together, or the account cannot sign in. For the safety of the account the answer is the same for all reasons.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "The credentials are not right";
    /// We know you, but your role or scope does not allow this here. `GET /v1/me` lists your permissions.
    Forbidden = "forbidden", FORBIDDEN, "You may not do this";
    /// There is nothing under this address, or you may not know of it.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// The article is public, but not in the language asked for. `available_languages` lists those it has; `fallback=` asks for a replacement.
    LanguageNotPublished = "language_not_published", NOT_FOUND, "Not published in this language";
    /// The address exists but does not know the method. `Allow` lists those that it does.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    /// None of the representations that the request accepts is on offer. We answer JSON.
    NotAcceptable = "not_acceptable", NOT_ACCEPTABLE, "Nothing acceptable to send";
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The body came too slowly";
    /// The state of the record does not allow this step. `detail` says the state and the steps that it allows.
    IllegalTransition = "illegal_transition", CONFLICT, "Not possible in this state";
    /// What goes out by itself must be approved, and its newest revision is not. Approve it, or publish it by hand.
    NotApproved = "not_approved", CONFLICT, "The newest revision is not approved";
    /// The agency asks for four eyes: whoever wrote the last revision cannot approve, publish, kill or lift it, and whoever ordered the kill of a story cannot confirm it. Ask a colleague.
    FourEyesRequired = "four_eyes_required", CONFLICT, "A second person must approve this";
    /// Something with this name, address or language exists already.
    AlreadyExists = "already_exists", CONFLICT, "It exists already";
    /// The request contradicts another record, for example one that still uses this one. `detail` says which.
    Conflict = "conflict", CONFLICT, "In conflict with another record";
    /// The file was made from an older revision of the original, or of the text, than there is now: `made_from` and `current` say which. Export it anew,
    /// or take it as it is with `accept_stale=true`.
    StaleSource = "stale_source", CONFLICT, "The file is older than the text";
    /// A request with the same `Idempotency-Key` is still being worked on. Repeat it in a moment.
    IdempotencyInProgress = "idempotency_in_progress", CONFLICT, "The same request is under way";
    /// The text was withdrawn for good. `public_note` says why, where that is public; `replaced_by` has the `id` and `url` of what is read in its place, where there is such.
    Withdrawn = "withdrawn", GONE, "Withdrawn for good";
    /// The record changed since you read it. `current` has its ETag, when it changed and who changed it; read it again and repeat your change.
    /// Of a text, `comparison` shows what others changed (`theirs`) and what you did (`yours`) since the revision that you had (`base`), by field, block and word; `conflicts` names what both changed. Put the rest together, decide those, and send it with the new ETag.
    StaleVersion = "stale_version", PRECONDITION_FAILED, "The record has changed";
    /// The body is larger than this operation takes (1 MB where nothing else is said).
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body must be of the media type that the operation names, and must not be compressed.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    /// The body can be read, but values in it break a rule. `errors` points to all of them at once.
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY, "Some values are not right";
    /// This `Idempotency-Key` was used for another request. Use a new key for each new request.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The idempotency key was used before";
    /// Changing an existing record needs `If-Match` with the ETag that you read (creating by PUT: `If-None-Match: *`), so that nobody is overwritten unseen.
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "If-Match is missing";
    /// Too many requests. `Retry-After` says in how many seconds the next one is welcome.
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    /// Too many failed attempts to sign in. `Retry-After` says in how many seconds to try again.
    TooManyFailures = "too_many_failures", TOO_MANY_REQUESTS, "Too many failed attempts";
    /// Something failed on our side. It is logged under the `request_id`.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something failed on our side";
    /// The service is busy or starting. Nothing was changed; repeat the request after `Retry-After` seconds. Only where the problem has `"outcome": "unknown"`
    /// the database was lost at the moment of the change: read the record again, or repeat the request under the `Idempotency-Key` that it had.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available for the moment";
    /// The storage is full. Nothing was changed.
    DiskFull = "disk_full", INSUFFICIENT_STORAGE, "No space left";
}

impl Code {
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == code)
    }
}

/// One fault of the request: where it is, what it is, what would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON Pointer (RFC 6901) into the body; where that is XML, the path of the element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The name of the query parameter, path parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong, for programs.
    pub code: Cow<'static, str>,
    /// What is wrong and what would do, for people.
    pub detail: String,
}

/// Faults that are told at once.
const MOST_FAULTS: usize = 50;

/// The faults of a body, collected so that all are told at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a fault of the member at `pointer` (`/names/kk`).
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        if self.0.len() < MOST_FAULTS {
            self.0.push(Fault { pointer: Some(pointer.into()), parameter: None, code: code.into(), detail: detail.into() });
        }
    }

    /// Notes a fault unless `ok`.
    pub fn check(&mut self, ok: bool, pointer: &str, code: &'static str, detail: &str) {
        if !ok {
            self.add(pointer, code, detail);
        }
    }

    /// A text of `min..=max` characters that is not wholly blank.
    pub fn text(&mut self, pointer: &str, text: &str, min: usize, max: usize) {
        let length = text.chars().count();
        if length < min || (min > 0 && text.trim().is_empty()) {
            self.add(pointer, "too_short", format!("needs at least {min} characters that are not blank"));
        } else if length > max {
            self.add(pointer, "too_long", format!("has {length} characters; at most {max} are allowed"));
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether no more would be told.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.len() >= MOST_FAULTS
    }

    /// # Errors
    /// `validation_failed` with all that was noted.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let n = self.0.len();
        let detail = if n == 1 { "One value breaks a rule.".to_owned() } else { format!("{n} values break a rule.") };
        Err(Error { faults: self.0, ..Error::new(Code::ValidationFailed, detail) })
    }
}

/// What a request failed of.
#[derive(Debug)]
pub struct Error {
    pub code: Code,
    pub detail: Cow<'static, str>,
    pub faults: Vec<Fault>,
    /// Further members of the problem document.
    pub members: Box<Map<String, Value>>,
    /// For `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// For `Allow`.
    pub allow: Option<String>,
    /// What failed inside; logged, never told.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), faults: vec![], members: Box::default(), retry_after: None, allow: None, source: None }
    }

    /// `what` names the kind of record: "article".
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}, or you may not see it."))
    }

    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let fault = Fault { pointer: None, parameter: Some(name.to_owned()), code: "invalid".into(), detail: detail.clone() };
        Self { faults: vec![fault], ..Self::new(Code::InvalidParameter, format!("`{name}` {detail}.")) }
    }

    /// One value of the body that breaks a rule.
    pub fn invalid(pointer: &str, code: &'static str, detail: impl Into<String>) -> Self {
        let fault = Fault { pointer: Some(pointer.to_owned()), parameter: None, code: code.into(), detail: detail.into() };
        Self { faults: vec![fault], ..Self::new(Code::ValidationFailed, "One value breaks a rule.") }
    }

    #[must_use]
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..Self::new(Code::Internal, "The request failed on our side; it is logged.") }
    }

    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn retry_after(mut self, secs: u64) -> Self {
        self.retry_after = Some(secs.max(1));
        self
    }

    /// The problem document, as an answer.
    #[must_use]
    pub fn problem(&self, public_url: &str, request_id: &str) -> HttpResponse {
        let status = self.code.status();
        let mut answer = HttpResponse::build(status);
        if let Some(secs) = self.retry_after {
            answer.insert_header((header::RETRY_AFTER, secs.to_string()));
        }
        if let Some(allow) = &self.allow {
            answer.insert_header((header::ALLOW, allow.clone()));
        }
        if status == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"newsroom\"")));
        }
        let document = Document {
            r#type: format!("{public_url}/problems/{}", self.code.as_str()),
            title: self.code.title(),
            status: status.as_u16(),
            detail: &self.detail,
            code: self.code.as_str(),
            request_id,
            errors: &self.faults,
            members: &self.members,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        answer.content_type("application/problem+json").body(body)
    }

    /// Logs what failed inside, with its chain.
    pub fn log(&self, request_id: &str) {
        if let Some(source) = &self.source {
            let mut chain = source.to_string();
            let mut next = source.source();
            while let Some(error) = next {
                chain.push_str(": ");
                chain.push_str(&error.to_string());
                next = error.source();
            }
            tracing::error!(request_id, code = self.code.as_str(), error = chain, "a request failed inside");
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    errors: &'a [Fault],
    #[serde(flatten)]
    members: &'a Map<String, Value>,
}

/// The problem document of every error (RFC 9457). Some codes carry further members.
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// Address of the page that explains the code.
    pub r#type: String,
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here, for people.
    pub detail: String,
    /// What happened, for programs.
    pub code: String,
    /// The request in our log.
    pub request_id: String,
    /// The faults of the request, all at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<Fault>>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)?;
        for fault in &self.faults {
            let place = fault.pointer.as_deref().or(fault.parameter.as_deref()).unwrap_or_default();
            write!(f, " {place} {}", fault.detail)?;
        }
        match &self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// The edge turns it into the problem document: only it knows the request.
impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.code.status())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => Code::Unavailable,
            sqlx::Error::Database(e) => match e.code().as_deref() {
                // SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC: nobody knows what the disk has. Only a new start can tell.
                Some("1034" | "1290") => {
                    tracing::error!(%error, "the disk does not keep what it is given; the process ends");
                    std::process::abort();
                }
                // SQLITE_FULL; disk_full of PostgreSQL.
                Some("13" | "53100") => Code::DiskFull,
                // SQLITE_BUSY and its kin; PostgreSQL shutting down, out of connections, deadlocked.
                Some("5" | "261" | "517" | "57P01" | "57P02" | "57P03" | "53300" | "40001" | "40P01") => Code::Unavailable,
                _ => Code::Internal,
            },
            _ => Code::Internal,
        };
        let detail = match code {
            Code::DiskFull => "The storage is full; nothing was changed.",
            Code::Unavailable => "The database is busy or away; nothing was changed.",
            _ => "The request failed on our side; it is logged.",
        };
        let retry_after = (code == Code::Unavailable).then_some(1);
        Self { source: Some(Box::new(error)), retry_after, ..Self::new(code, detail) }
    }
}

impl Error {
    /// What a commit failed of. Where its answer was lost, nobody knows whether it was made.
    #[must_use]
    pub fn of_commit(error: sqlx::Error) -> Self {
        let is_known = match &error {
            // PostgreSQL ends a connection in the midst of its work with the class 57; every other refusal undoes the transaction.
            sqlx::Error::Database(e) => !e.code().is_some_and(|code| code.starts_with("57P")),
            _ => false,
        };
        if is_known {
            return error.into();
        }
        let detail = "The database was lost at the moment of the change: it is not known whether it was made.";
        Self { source: Some(Box::new(error)), ..Self::new(Code::Unavailable, detail).retry_after(1).with("outcome", "unknown") }
    }
}

/// Reads an outcome where two records may not be alike.
pub trait Unique<T> {
    /// # Errors
    /// `error` when the statement hit a unique index, whatever else it failed of otherwise.
    fn unique(self, error: impl FnOnce() -> Error) -> Result<T>;
}

impl<T> Unique<T> for sqlx::Result<T> {
    fn unique(self, error: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|e| match &e {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => error(),
            _ => e.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_found_again() {
        for &code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(!code.meaning().trim().is_empty());
        }
        assert_eq!(Code::parse("no_such_code"), None);
    }

    #[test]
    fn no_text_from_inside_is_told() {
        let error = Error::from(sqlx::Error::Protocol("secret table".into()));
        assert!(!error.detail.contains("secret"));
        assert_eq!(error.code, Code::Internal);
    }

    #[test]
    fn a_lost_commit_is_not_called_undone() {
        let lost = Error::of_commit(sqlx::Error::Io(std::io::ErrorKind::BrokenPipe.into()));
        assert_eq!((lost.code, lost.members.get("outcome")), (Code::Unavailable, Some(&"unknown".into())));
        assert!(lost.retry_after.is_some() && !lost.detail.contains("nothing was changed"));
        assert!(Error::from(sqlx::Error::PoolTimedOut).detail.contains("nothing was changed"));
    }
}
