//! The contract, for programs and people: `/openapi.json`, and `/docs` without a network.

use crate::api;
use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use std::sync::LazyLock;
use utoipa_swagger_ui::{Config, Url};

/// The reference page needs its own scripts and styles, from here alone.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The document and its page.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(openapi).service(web::redirect("/docs", "/docs/")).service(
        web::scope("/docs")
            .wrap(actix_web::middleware::DefaultHeaders::new().add((header::CONTENT_SECURITY_POLICY, PAGE_POLICY)))
            .service(utoipa_swagger_ui::SwaggerUi::new("/{_:.*}").config(Config::new([Url::new("newsroom", "/openapi.json")]).validator_url("none"))),
    );
}

static TEXT: LazyLock<String> = LazyLock::new(|| api::document().to_string());

#[get("/openapi.json")]
async fn openapi() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=60"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .content_type("application/json")
        .body(TEXT.as_str())
}
