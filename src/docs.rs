//! The contract, for programs and people: `/openapi.json`, `/docs` without a network, a page for every problem.

use crate::api;
use crate::error::{Code, Error, Result};
use crate::extract::Path;
use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::{Config, Url};

/// The reference page needs its own scripts and styles, from here alone.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Pages of the problems.
pub fn problem_routes(config: &mut ServiceConfig) {
    config.service(get_problem);
}

/// The document and its page.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(openapi).service(web::redirect("/docs", "/docs/")).service(
        web::scope("/docs")
            .wrap(actix_web::middleware::DefaultHeaders::new().add((header::CONTENT_SECURITY_POLICY, PAGE_POLICY)))
            .service(utoipa_swagger_ui::SwaggerUi::new("/{_:.*}").config(Config::new([Url::new("newsroom", "/openapi.json")]).validator_url("none"))),
    );
}

#[get("/openapi.json")]
async fn openapi() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .json(api::document())
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
