//! What happens to every request and every answer, whatever the route.

use crate::cache::Answer;
use crate::cors;
use crate::error::{Code, Error};
use crate::idempotency;
use crate::limits::Told;
use crate::routes::Routes;
use crate::state::State;
use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use futures_util::stream;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Addresses that answer with something else than JSON, and look at `Accept` themselves.
const OTHER_TYPES: [&str; 1] = ["/v1/audit/export"];

/// The id under which this request is logged.
#[derive(Clone)]
pub struct RequestId(pub String);

/// Where the request came from, past the proxies that we trust.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub IpAddr);

/// The outermost middleware: ids, refusals, problem documents, headers, log and metrics.
///
/// # Errors
/// What fails inside another middleware; handlers answer their errors, which become problem documents here.
pub async fn edge(mut request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let started = Instant::now();
    let Some(state) = request.app_data::<Data<State>>().cloned() else {
        return Ok(request.into_response(HttpResponse::InternalServerError().finish()));
    };
    let id = request_id(request.headers());
    let address = client_address(&request, &state);
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(ClientAddress(address));
    let method = request.method().clone();
    if method == Method::HEAD {
        // The handlers of GET answer; the codec leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let hot = remembered(&request, &state);
    let response = if let Some(answer) = &hot {
        match admit_known(&request, &state) {
            Ok(()) => {
                let response = answer.respond(request.request());
                request.into_response(response)
            }
            Err(refusal) => refuse(request, refusal),
        }
    } else {
        // Under /v1 CORS comes first.
        let checked = if request.path().starts_with("/v1/") { Ok(()) } else { check(&request) };
        match checked {
            Ok(()) => next.call(request).await?.map_into_boxed_body(),
            Err(refusal) => refuse(request, refusal),
        }
    };
    let mut response = render_problem(response, &state, &id);
    if method == Method::HEAD && response.response().body().size() == BodySize::Stream {
        // Nobody would read it, and it may have no end.
        response = response.map_body(|_, _| BoxBody::new(BodyStream::new(stream::empty::<Result<Bytes, Infallible>>())));
    }
    finish_headers(&mut response, &state, &id);
    let route = match hot {
        Some(answer) => answer.route.clone(),
        None => response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned()),
    };
    let (status, took) = (response.status().as_u16(), started.elapsed());
    state.metrics.request(known(&method), &route, status, took);
    let trace = response.request().headers().get("traceparent").and_then(|value| trace_id(value.to_str().ok()?));
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    // Readers come by the million; what editors and programs do is worth a line.
    if route.starts_with("/v1/delivery") || route.starts_with("/health") {
        tracing::debug!(request_id = id, trace_id = trace, method = method.as_str(), route, status, micros, "answered");
    } else {
        tracing::info!(request_id = id, trace_id = trace, method = method.as_str(), route, status, micros, "answered");
    }
    Ok(response)
}

/// The method, for the metrics: what clients make up would never be forgotten.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => method.as_str(),
        _ => "other",
    }
}

/// Refuses what no handler should see. It stands behind CORS, so that a page may read the refusal.
///
/// # Errors
/// What fails inside another middleware; refusals are answers.
pub async fn admit(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match check(&request) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(refusal) => Ok(refuse(request, refusal)),
    }
}

fn refuse(request: ServiceRequest, refusal: Error) -> ServiceResponse<BoxBody> {
    let (request, _) = request.into_parts();
    ServiceResponse::new(request, HttpResponse::from_error(refusal))
}

/// The answer to a request of delivery that was asked before, in the same words.
fn remembered(request: &ServiceRequest, state: &State) -> Option<Arc<Answer>> {
    if request.method() != Method::GET || !request.path().starts_with("/v1/delivery/") {
        return None;
    }
    state.answers.known(request.uri().path_and_query()?.as_str(), state.clock.now())
}

/// As [`check`], of a request that was found right before but for its headers.
fn admit_known(request: &ServiceRequest, state: &State) -> Result<(), Error> {
    let address = address_of(request.request());
    state.limits.address(address, &mut request.extensions_mut())?;
    check_headers(request)
}

fn check(request: &ServiceRequest) -> Result<(), Error> {
    let Some(state) = request.app_data::<Data<State>>() else { return Ok(()) };
    admit_known(request, state)?;
    if let Some(routes) = request.app_data::<Data<Routes>>() {
        // Delivery has one method, and no time to lose.
        if request.method() != Method::GET || !request.path().starts_with("/v1/delivery/") {
            routes.check_method(request.method().as_str(), request.path())?;
        }
        if !request.query_string().is_empty() {
            routes.check_query(request.method().as_str(), request.path(), request.query_string())?;
        }
    }
    Ok(())
}

fn check_headers(request: &ServiceRequest) -> Result<(), Error> {
    let encoded = request.headers().get(header::CONTENT_ENCODING).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded {
        return Err(Error::new(Code::UnsupportedMediaType, "Send the body as it is: encoded bodies are not read."));
    }
    idempotency::check(request.headers())?;
    let also = match request.path() {
        "/v1/delivery/stream" => EVENTS,
        path if path.ends_with("/xliff") => XLIFF,
        _ => &[],
    };
    if !accepts(request.headers(), also) && request.path().starts_with("/v1/") && !OTHER_TYPES.contains(&request.path()) {
        return Err(Error::new(Code::NotAcceptable, "The answers of this API are application/json."));
    }
    Ok(())
}

/// What an address that ends so answers, beside problems.
const XLIFF: &[&str] = &["application/xliff+xml", "application/xml", "text/xml"];

/// What the stream of events answers.
const EVENTS: &[&str] = &["text/event-stream", "text/*"];

/// Whether JSON may be answered, or one of the other types of this address.
fn accepts(headers: &HeaderMap, also: &[&str]) -> bool {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else { return true };
    accept.trim().is_empty()
        || accept.split(',').any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let refused = parts.any(|part| matches!(part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()), Some(q) if q <= 0.0));
            let known = matches!(media.as_str(), "*/*" | "application/*" | "application/json" | "application/problem+json");
            (known || also.contains(&media.as_str())) && !refused
        })
}

fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|value| Uuid::try_parse(value.to_str().ok()?).ok());
    given.unwrap_or_else(Uuid::now_v7).to_string()
}

/// The trace of W3C Trace Context: `00-{32 hex}-{16 hex}-{2 hex}`.
fn trace_id(value: &str) -> Option<&str> {
    let mut parts = value.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let hex = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (hex(version, 2) && hex(trace, 32) && trace.bytes().any(|b| b != b'0')).then_some(trace)
}

fn client_address(request: &ServiceRequest, state: &State) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip().to_canonical());
    let trusted = |address: IpAddr| state.config.http.trusted_proxies.iter().any(|net| net.contains(&address));
    if !trusted(peer) {
        return peer;
    }
    let forwarded = request.headers().get_all("X-Forwarded-For").filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> = forwarded.flat_map(|value| value.split(',')).filter_map(|hop| Some(hop.trim().parse::<IpAddr>().ok()?.to_canonical())).collect();
    hops.iter().rev().copied().find(|hop| !trusted(*hop)).or_else(|| hops.first().copied()).unwrap_or(peer)
}

/// Turns every error into its problem document.
fn render_problem(response: ServiceResponse<BoxBody>, state: &State, id: &str) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_problem(response.headers()) {
        return response;
    }
    let known = response.response().error().and_then(|error| error.as_error::<Error>());
    let problem = if let Some(error) = known {
        error.log(id);
        error.problem(&state.config.public_url, id)
    } else {
        if status.is_server_error() {
            tracing::error!(request_id = id, status = status.as_u16(), error = ?response.response().error(), "a request failed inside");
        }
        let is_preflight = response.request().headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if is_preflight && status == StatusCode::BAD_REQUEST {
            let refusal = Error::new(
                Code::BadRequest,
                "Pages of this origin may not call this, or not in this way; NEWSROOM_HTTP__CORS_ORIGINS lists the origins that may.",
            );
            let (request, _) = response.into_parts();
            return ServiceResponse::new(request, refusal.problem(&state.config.public_url, id));
        }
        let code = match status {
            StatusCode::NOT_FOUND => Code::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
            StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
            StatusCode::NOT_ACCEPTABLE => Code::NotAcceptable,
            _ if status.is_client_error() => Code::BadRequest,
            _ => Code::Internal,
        };
        Error::new(code, code.title()).problem(&state.config.public_url, id)
    };
    let (request, old) = response.into_parts();
    let mut problem = problem;
    // What middleware of the route has said (CORS, for one) stays.
    for (name, value) in old.headers() {
        if !problem.headers().contains_key(name) && name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
            problem.headers_mut().append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, problem)
}

fn is_problem(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes() == b"application/problem+json")
}

fn finish_headers(response: &mut ServiceResponse<BoxBody>, state: &State, id: &str) {
    let budgets = response.request().extensions().get::<Told>().and_then(|told| state.limits.headers(told));
    let is_delivery = response.request().path().starts_with("/v1/delivery/");
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: HeaderValue| {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    };
    if let Ok(value) = HeaderValue::from_str(id) {
        set(REQUEST_ID, value);
    }
    set(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if is_delivery {
        // Also without Origin: a shared cache keeps one answer for all.
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(cors::EXPOSED_LIST));
    }
    set(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if state.config.is_https() {
        set(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    if let Some((policy, left)) = budgets {
        set(HeaderName::from_static("ratelimit-policy"), policy);
        set(HeaderName::from_static("ratelimit"), left);
    }
}

/// The address of the caller, for throttling.
#[must_use]
pub fn address_of(request: &HttpRequest) -> IpAddr {
    request.extensions().get::<ClientAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_or_ignored() {
        assert_eq!(trace_id("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        for wrong in ["", "00", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-x-01"] {
            assert_eq!(trace_id(wrong), None);
        }
    }

    #[test]
    fn accept_is_honoured() {
        let accepts = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_str(value).unwrap());
            super::accepts(&headers, &[])
        };
        assert!(accepts("*/*") && accepts("text/html, application/json;q=0.1") && accepts("application/*"));
        assert!(!accepts("text/html") && !accepts("application/json;q=0"));
    }
}
