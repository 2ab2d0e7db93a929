//! What a handler answers on the editorial side, in a form that can be stored and replayed.

use crate::error::Result;
use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

/// A JSON answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub etag: Option<String>,
    pub location: Option<String>,
    pub link: Option<String>,
    /// The JSON text; empty for 204.
    pub body: String,
    /// What is stored for a replay, where the answer holds a secret.
    pub stored: Option<String>,
    pub replayed: bool,
}

impl Answer {
    fn of(status: StatusCode, body: String) -> Self {
        Self { status, etag: None, location: None, link: None, body, stored: None, replayed: false }
    }

    /// # Errors
    /// When the value cannot be JSON.
    pub fn ok(value: &impl Serialize) -> Result<Self> {
        Ok(Self::of(StatusCode::OK, to_json(value)?))
    }

    /// 201, with the address of what was made.
    ///
    /// # Errors
    /// When the value cannot be JSON.
    pub fn created(location: impl Into<String>, value: &impl Serialize) -> Result<Self> {
        Ok(Self { location: Some(location.into()), ..Self::of(StatusCode::CREATED, to_json(value)?) })
    }

    /// 202: it will be done.
    ///
    /// # Errors
    /// When the value cannot be JSON.
    pub fn accepted(value: &impl Serialize) -> Result<Self> {
        Ok(Self::of(StatusCode::ACCEPTED, to_json(value)?))
    }

    #[must_use]
    pub fn no_content() -> Self {
        Self::of(StatusCode::NO_CONTENT, String::new())
    }

    /// Names the version of the record in the answer.
    #[must_use]
    pub fn version(self, version: i64) -> Self {
        Self { etag: Some(etag(version)), ..self }
    }

    /// Stores `value` for a replay in place of the answer, which holds a secret.
    ///
    /// # Errors
    /// When the value cannot be JSON.
    pub fn stored_as(self, value: &impl Serialize) -> Result<Self> {
        Ok(Self { stored: Some(to_json(value)?), ..self })
    }
}

/// The strong ETag of a record's version.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("\"v{version}\"")
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(crate::error::Error::internal)
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for (name, value) in [(header::ETAG, self.etag), (header::LOCATION, self.location), (header::LINK, self.link)] {
            if let Some(value) = value {
                response.insert_header((name, value));
            }
        }
        if self.replayed {
            response.insert_header(("Idempotency-Replayed", "true"));
        }
        if self.status == StatusCode::NO_CONTENT {
            return response.finish();
        }
        response.content_type("application/json").body(self.body)
    }
}
