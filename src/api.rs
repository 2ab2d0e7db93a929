//! The route table and the contract, which is made of it: `document()` needs no state and no database.

use crate::error::{Code, Problem};
use crate::policy::{Access, Role, access};
use crate::{
    agencies, articles, assignments, audit, auth, comments, cors, delivery, edge, front_pages, health, jobs, language_tools, lexicon, names_desk, notices,
    partner, presence, preview, problems, schedule, sections, staff, topics, translations, xliff,
};
use actix_web::App;
use actix_web::middleware::from_fn;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Info, License, OpenApi, OpenApiBuilder, Tag};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Everything that the API answers. `origins` may call the editorial side from a browser.
pub fn routes(config: &mut ServiceConfig, origins: &[String]) {
    config
        .configure(health::routes)
        .configure(auth::keys)
        .configure(problems::routes)
        .service(scope("/v1/delivery").wrap(from_fn(edge::admit)).wrap(cors::anyone()).configure(delivery::routes))
        .service(
            scope("/v1")
                .wrap(from_fn(auth::identify))
                .wrap(from_fn(edge::admit))
                .wrap(cors::origins(origins))
                .configure(auth::routes)
                .configure(agencies::routes)
                .configure(staff::routes)
                .configure(sections::routes)
                .configure(topics::routes)
                .configure(names_desk::routes)
                .configure(audit::routes)
                .configure(articles::routes)
                .configure(translations::routes)
                .configure(assignments::routes)
                .configure(schedule::routes)
                .configure(partner::routes)
                .configure(preview::routes)
                .configure(front_pages::routes)
                .configure(jobs::routes)
                .configure(comments::routes)
                .configure(presence::routes)
                .configure(notices::routes)
                .configure(xliff::routes)
                .configure(language_tools::routes)
                .configure(lexicon::routes),
        );
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(build);

/// The OpenAPI document.
#[must_use]
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// Answers of a real newsroom, recorded by a test: see `tests/it/contract/`.
const EXAMPLES: &str = include_str!("../openapi/examples.json");

fn base() -> OpenApi {
    let tags = [
        ("delivery", "What anyone may read: published texts, the same for every caller."),
        ("auth", "Signing in and out."),
        ("me", "Oneself."),
        ("articles", "Stories, without regard to language."),
        ("translations", "The texts of a story, one for each language and script. The original is one of them."),
        ("workflow", "The steps of a text from draft to readers and back."),
        ("assignments", "Work that is asked of agencies and people, and what is covered in which language."),
        ("variants", "A text in another script of its language, made by the rules of its letters and by the people who know better."),
        ("orthographies", "A language is written in another alphabet from a day on, and the archive follows."),
        ("lexicon", "Words that go their own way from one script into another."),
        ("revisions", "Earlier revisions of a text."),
        ("schedule", "What is to happen by itself: publishing and unpublishing at a time, and texts that go out together."),
        ("embargo", "Texts that are kept from readers until a time."),
        ("partner", "What partners see before readers do, by API key. Never cached; what is read is recorded."),
        ("previews", "Texts shown before readers see them, without a login."),
        ("front-pages", "What stands on the front pages, in each language."),
        ("comments", "What colleagues say to a text, or a block of it; never public."),
        ("presence", "Who is in a text at the moment. It holds nobody up."),
        ("agencies", "Agencies, their offices, agreements and keys."),
        ("staff", "People and their invitations."),
        ("sections", "Sections of the site."),
        ("topics", "IPTC Media Topics."),
        ("names", "People, places and bodies, and how they are spelled in each language and script."),
        ("language", "What an editor's tool asks about words: another script, a language, warnings, slugs, order. Nothing is stored."),
        ("audit", "Who did what, in a log that shows when it was tampered with."),
        ("operations", "For those who run the service."),
    ];
    let mut info = Info::new("newsroom", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "A headless newsroom for agencies that publish together, in many languages and scripts.\n\n\
         Errors are problem documents (RFC 9457) with a `code`, each of which has a page at `/problems/{code}`. \
         Existing records are changed with `If-Match`; POST takes an `Idempotency-Key`. Lists have cursors. \
         Language tags are BCP 47."
            .to_owned(),
    );
    info.license = Some(License::new("Apache-2.0"));
    let bearer = |description: &str, format: Option<&str>| {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.description = Some(description.to_owned());
        http.bearer_format = format.map(str::to_owned);
        SecurityScheme::Http(http)
    };
    let components = ComponentsBuilder::new()
        .security_scheme("access_token", bearer("An access token of `POST /v1/auth/login`.", Some("JWT")))
        .security_scheme("api_key", bearer("An API key of an agency, `nwk_…`.", None))
        .schema(Problem::name(), Problem::schema())
        .schema(crate::error::Fault::name(), crate::error::Fault::schema())
        .build();
    let tags = tags.map(|(name, description)| {
        let mut tag = Tag::new(name);
        tag.description = Some(description.to_owned());
        tag
    });
    OpenApiBuilder::new().info(info).components(Some(components)).tags(Some(tags)).build()
}

fn build() -> Value {
    let (_, document) = App::new().into_utoipa_app().openapi(base()).configure(|config| routes(config, &[])).split_for_parts();
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    document["components"]["examples"] = problem_examples();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                if operation["operationId"].is_string() {
                    finish(path, method, operation, &examples);
                }
            }
        }
    }
    document
}

/// A problem document of every code.
fn problem_examples() -> Value {
    let example = |code: &Code| {
        let problem = json!({
            "type": format!("http://127.0.0.1:8080/problems/{}", code.as_str()), "title": code.title(), "status": code.status().as_u16(),
            "detail": code.meaning().trim(), "code": code.as_str(), "request_id": "01980000-0000-7000-8000-000000000000"
        });
        (code.as_str().to_owned(), json!({ "summary": code.title(), "value": problem }))
    };
    Value::Object(Code::ALL.iter().map(example).collect())
}

/// Says of an operation what follows from the policy table and the conventions of the house.
fn finish(path: &str, method: &str, operation: &mut Value, examples: &Value) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let access = access(&id);
    let is_secured = matches!(access, Some(Access::Needs(_)));
    describe_access(operation, access);
    let is_post = method == "post";
    if is_post && is_secured {
        add_parameter(
            operation,
            json!({
                "name": "Idempotency-Key", "in": "header", "required": false, "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
                "description": "Repeating the request under the same key answers what it answered first, for 24 hours."
            }),
        );
    }
    let problems = problems(path, is_post, is_secured, operation);
    add_problems(operation, &problems);
    describe_headers(path, operation);
    add_examples(operation, &examples[&id]);
    if let Some(members) = operation.as_object_mut() {
        members.remove("x-problems");
    }
}

fn describe_access(operation: &mut Value, access: Option<Access>) {
    match access {
        Some(Access::Needs(rule)) => {
            let mut security = if rule.roles.is_empty() { vec![] } else { vec![json!({ "access_token": [] })] };
            if rule.scope.is_some() || rule.any_key {
                security.push(json!({ "api_key": [] }));
            }
            operation["security"] = Value::Array(security);
            let roles: Vec<&str> = rule.roles.iter().copied().map(Role::as_str).collect();
            operation["x-permissions"] = json!([rule.name]);
            operation["x-roles"] = json!(roles);
            if let Some(scope) = rule.scope {
                operation["x-scopes"] = json!([scope.as_str()]);
            }
            if rule.platform {
                operation["x-platform-only"] = json!(true);
            }
        }
        Some(Access::Public) | None => {
            operation["security"] = json!([]);
            operation["x-permissions"] = json!([]);
        }
    }
}

fn add_parameter(operation: &mut Value, parameter: Value) {
    match operation.get_mut("parameters").and_then(Value::as_array_mut) {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

/// The codes that an operation can answer.
fn problems(path: &str, is_post: bool, is_secured: bool, operation: &Value) -> Vec<Code> {
    let parameters = || operation["parameters"].as_array().into_iter().flatten();
    let has = |place: &str| parameters().any(|parameter| parameter["in"] == place);
    let requires = |name: &str| parameters().any(|parameter| parameter["name"] == name && parameter["required"] == true);
    let mut codes = vec![Code::Internal, Code::Unavailable, Code::RateLimited, Code::UnsupportedMediaType, Code::InvalidParameter, Code::BadRequest];
    if path.starts_with("/v1/") {
        codes.push(Code::NotAcceptable);
    }
    if has("path") {
        codes.push(Code::NotFound);
    }
    if requires("If-Match") {
        codes.extend([Code::StaleVersion, Code::PreconditionRequired]);
    }
    if operation["requestBody"].is_object() {
        codes.extend([Code::MalformedBody, Code::BodyTooLarge, Code::RequestTimeout, Code::ValidationFailed]);
    }
    if is_secured {
        codes.extend([Code::Unauthenticated, Code::Forbidden]);
        if is_post {
            codes.extend([Code::IdempotencyInProgress, Code::IdempotencyKeyReused]);
        }
    }
    if operation["requestBody"].is_object() || is_post || requires("If-Match") {
        codes.push(Code::DiskFull);
    }
    let named = operation["x-problems"].as_array().into_iter().flatten().filter_map(Value::as_str).filter_map(Code::parse);
    codes.extend(named);
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn add_problems(operation: &mut Value, codes: &[Code]) {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    for (status, codes) in by_status {
        let titles: Vec<&str> = codes.iter().map(|code| code.title()).collect();
        let mut examples = Map::new();
        for code in &codes {
            examples.insert(code.as_str().to_owned(), json!({ "$ref": format!("#/components/examples/{}", code.as_str()) }));
        }
        // A handler whose problem has further members says which.
        let own = operation["responses"][status.to_string()]["content"]["application/problem+json"]["schema"].clone();
        let schema = if own.is_object() { own } else { json!({ "$ref": "#/components/schemas/Problem" }) };
        let mut response = json!({
            "description": titles.join("; or "),
            "content": { "application/problem+json": { "schema": schema, "examples": examples } }
        });
        if matches!(status, 429 | 503) {
            response["headers"] = json!({ "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 1 } } });
        }
        operation["responses"][status.to_string()] = response;
    }
}

/// Says which headers tell something beside the body.
fn describe_headers(path: &str, operation: &mut Value) {
    let header = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let is_delivery = path.starts_with("/v1/delivery/") && path != "/v1/delivery/stream";
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let changes = parameters.clone().any(|parameter| parameter["name"] == "If-Match");
    let is_one_record = path.ends_with('}') || path == "/v1/me";
    let reads_record = !is_delivery && is_one_record && operation["requestBody"].is_null();
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut().filter(|(status, _)| matches!(status.as_str(), "200" | "201" | "304" | "308")) {
        let mut headers = Map::new();
        if is_delivery && status != "308" {
            headers.insert("ETag".to_owned(), header("Of these bytes; for If-None-Match."));
            headers.insert("Last-Modified".to_owned(), header("For If-Modified-Since."));
            headers.insert("Cache-Control".to_owned(), header("How long caches may keep it."));
            headers.insert("Surrogate-Key".to_owned(), header("What a purging cache may know it by."));
            headers.insert("Link".to_owned(), header("Alternates of a text; the next page of a list (RFC 8288)."));
            headers.insert("Content-Language".to_owned(), header("The language of the text."));
        } else if status == "308" {
            headers.insert("Location".to_owned(), header("The address that the text has now."));
        } else if changes || reads_record || status == "201" {
            headers.insert("ETag".to_owned(), header("The version of the record, where it has one; for If-Match."));
        }
        if status == "201" {
            headers.insert("Location".to_owned(), header("Where the new record is."));
        }
        if !headers.is_empty() {
            response["headers"] = Value::Object(headers);
        }
    }
}

/// Adds what a real request and its answer looked like.
fn add_examples(operation: &mut Value, example: &Value) {
    let Some(status) = example["status"].as_u64() else { return };
    // Only where JSON is declared: indexing would declare it.
    let places = [("response", format!("/responses/{status}/content/application~1json")), ("request", "/requestBody/content/application~1json".to_owned())];
    for (member, pointer) in places {
        if let Some(content) = operation.pointer_mut(&pointer).filter(|content| content.is_object() && !example[member].is_null()) {
            content["example"] = example[member].clone();
        }
    }
}
