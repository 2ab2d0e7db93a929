//! A page for every kind of problem (RFC 9457, section 3.1.1).

use crate::error::{Code, Error, Result};
use crate::extract::Path;
use actix_web::http::header;
use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(get_problem);
}

/// A kind of error, explained.
#[derive(Serialize, ToSchema)]
struct ProblemPage {
    code: &'static str,
    title: &'static str,
    /// The HTTP status it comes with.
    status: u16,
    /// What it means and what to do.
    meaning: &'static str,
}

#[derive(Deserialize, IntoParams)]
struct ProblemPath {
    /// As in the `code` of a problem document.
    code: String,
}

/// Read what a problem means
#[utoipa::path(tag = "operations", params(ProblemPath), responses((status = 200, description = "What it means", body = ProblemPage)))]
#[get("/problems/{code}")]
async fn get_problem(Path(path): Path<ProblemPath>) -> Result<HttpResponse> {
    let code = Code::parse(&path.code).ok_or_else(|| Error::not_found("problem"))?;
    let page = ProblemPage { code: code.as_str(), title: code.title(), status: code.status().as_u16(), meaning: code.meaning().trim() };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=3600")).json(page))
}
