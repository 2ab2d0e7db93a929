//! Which pages may call us from a browser (the CORS protocol of the Fetch standard).

use actix_cors::Cors;
use actix_web::http::Method;

const EXPOSED: [&str; 9] =
    ["ETag", "Link", "Location", "Content-Language", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id", "Idempotency-Replayed"];

/// The same, as a header: delivery says it to everybody.
pub const EXPOSED_LIST: &str = "ETag, Link, Location, Content-Language, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Idempotency-Replayed";

/// Delivery: any page, without credentials.
pub fn anyone() -> Cors {
    Cors::default()
        .allow_any_origin()
        .send_wildcard()
        .disable_vary_header()
        .allowed_methods([Method::GET, Method::HEAD])
        .allowed_headers([
            "Accept",
            "Accept-Language",
            "Cache-Control",
            "Content-Type",
            "If-None-Match",
            "If-Modified-Since",
            "Last-Event-ID",
            "X-Request-Id",
            "traceparent",
        ])
        .max_age(86_400)
}

/// The editorial side: exactly the origins of the settings.
pub fn origins(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allowed_headers(["Accept", "Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id", "traceparent"])
        .expose_headers(EXPOSED)
        .block_on_origin_mismatch(false)
        .max_age(600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
