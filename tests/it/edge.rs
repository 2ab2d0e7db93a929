//! What holds for every request and every answer, whatever the route.

use crate::on_both;
use crate::support::{Answer, App, NOON, PASSWORD, Request};
use actix_web::http::Method;
use newsroom::api;
use newsroom::config::Config;
use newsroom::error::Code;
use serde_json::{Value, json};
use uuid::Uuid;

on_both!(
    unknown_addresses_are_404,
    an_empty_segment_is_no_address,
    wrong_methods_are_405,
    options_tells_the_methods,
    the_contract_s_own_addresses_know_their_methods,
    head_is_like_get,
    a_request_id_is_taken_or_made,
    every_answer_is_guarded,
    editorial_answers_are_not_stored,
    encoded_bodies_are_refused,
    bodies_are_of_their_media_type,
    bodies_have_a_megabyte,
    json_nests_sixty_four_deep,
    what_is_not_json_is_400,
    a_list_is_no_object,
    nul_is_refused,
    unknown_members_are_named,
    unknown_parameters_are_named,
    answers_are_json,
    every_problem_has_its_page,
    the_document_is_served,
    the_reference_works_without_a_network,
    no_origin_is_admitted_by_itself,
    any_page_reads_delivery,
);

/// As `on_both!`, in a house with other settings.
macro_rules! on_both_with {
    ($($settings:ident: $($name:ident),+;)+) => { $($(mod $name {
        #[actix_web::test]
        async fn sqlite() {
            super::$name(crate::support::App::sqlite_with(super::$settings).await).await;
        }
        #[actix_web::test]
        async fn postgres() {
            if let Some(app) = crate::support::App::postgres_with(super::$settings).await {
                super::$name(app).await;
            }
        }
    })+)+ };
}

on_both_with!(
    three_requests_a_caller: a_caller_has_a_budget, a_caller_s_refusal_tells_the_budget;
    four_requests_an_address: an_address_has_a_budget, an_address_s_refusal_tells_the_budget;
    behind_a_proxy: the_proxy_is_believed;
    with_a_desk: the_desk_works_from_a_browser, a_browser_can_read_refusals;
    over_https: addresses_are_those_of_the_settings, https_is_strict;
);

const EDITOR: &str = "editor@trend.example";
const JOURNALIST: &str = "journalist@trend.example";
const ADMIN: &str = "admin@trend.example";
const DESK: &str = "https://desk.example.org";
const EVIL: &str = "https://evil.example";

fn three_requests_a_caller(config: &mut Config) {
    config.rate_limit.enabled = true;
    config.rate_limit.editorial = 3;
}

fn four_requests_an_address(config: &mut Config) {
    config.rate_limit.enabled = true;
    config.rate_limit.delivery = 4;
}

fn behind_a_proxy(config: &mut Config) {
    config.rate_limit.enabled = true;
    config.rate_limit.delivery = 2;
    config.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
}

fn with_a_desk(config: &mut Config) {
    config.http.cors_origins = vec![DESK.to_owned(), "http://localhost:5173".to_owned()];
}

fn over_https(config: &mut Config) {
    "https://api.newsroom.example".clone_into(&mut config.public_url);
}

/// A story without faults.
fn story() -> Value {
    json!({"original_language": "az", "headline": "Xəzərdə külək"})
}

#[track_caller]
fn problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.text());
    let json = answer.json();
    assert_eq!(json["status"], status);
    assert_eq!(json["request_id"].as_str(), answer.header("X-Request-Id"));
    assert!(json["type"].as_str().unwrap().ends_with(&format!("/problems/{code}")), "{json}");
}

/// All headers but the one that is never the same.
fn headers(answer: &Answer) -> Vec<(String, String)> {
    let mut headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("x-request-id")).cloned().collect();
    headers.sort();
    headers
}

/// The values of a header, in small letters and in order.
fn listed(answer: &Answer, name: &str) -> Vec<String> {
    let mut values: Vec<String> = answer.header(name).unwrap_or_default().split(',').map(|value| value.trim().to_ascii_lowercase()).collect();
    values.sort();
    values
}

async fn unknown_addresses_are_404(app: App) {
    for path in ["/", "/v1", "/v1/", "/v1/nothing", "/v1/nothing?x=1", "/v2/articles", "/V1/articles", "/v1/articles/a/b/c", "/v1/delivery/nothing", "/.env"] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::DELETE, Method::OPTIONS] {
            let answer = app.anonymous().request(method.clone(), path).send().await;
            problem(&answer, 404, "not_found");
            assert_eq!(answer.header("Allow"), None, "{method} {path}");
            let members: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
            assert_eq!(members, ["type", "title", "status", "detail", "code", "request_id"]);
            assert_eq!(answer.json()["type"], "http://127.0.0.1:8080/problems/not_found");
        }
    }
}

async fn an_empty_segment_is_no_address(app: App) {
    let editor = app.staff(EDITOR).await;
    for path in ["/v1/articles/", "/v1/me/", "/v1/me/sessions/", "/v1/delivery/articles/", "/v1/delivery/articles/en/", "/problems/"] {
        for method in [Method::GET, Method::OPTIONS] {
            let answer = editor.request(method, path).send().await;
            problem(&answer, 404, "not_found");
            assert_eq!(answer.header("Allow"), None, "{path}");
        }
    }
}

/// Addresses, a method that they do not know, and those that they do.
fn methods() -> Vec<(String, Method, Vec<&'static str>)> {
    let article = format!("/v1/articles/{}", Uuid::nil());
    vec![
        ("/v1/articles".to_owned(), Method::DELETE, vec!["get", "head", "options", "post"]),
        (article.clone(), Method::POST, vec!["delete", "get", "head", "options", "patch"]),
        (format!("{article}/translations/az"), Method::POST, vec!["delete", "get", "head", "options", "patch", "put"]),
        (format!("{article}/translations/az/publish"), Method::GET, vec!["options", "post"]),
        ("/v1/auth/login".to_owned(), Method::GET, vec!["options", "post"]),
        ("/v1/auth/login".to_owned(), Method::HEAD, vec!["options", "post"]),
        ("/v1/me".to_owned(), Method::PUT, vec!["get", "head", "options", "patch"]),
        ("/v1/me/sessions".to_owned(), Method::POST, vec!["delete", "get", "head", "options"]),
        ("/v1/delivery/articles".to_owned(), Method::POST, vec!["get", "head", "options"]),
        ("/v1/delivery/languages".to_owned(), Method::from_bytes(b"BREW").unwrap(), vec!["get", "head", "options"]),
        ("/health/live".to_owned(), Method::DELETE, vec!["get", "head", "options"]),
        ("/.well-known/jwks.json".to_owned(), Method::PATCH, vec!["get", "head", "options"]),
        ("/problems/not_found".to_owned(), Method::PUT, vec!["get", "head", "options"]),
    ]
}

async fn wrong_methods_are_405(app: App) {
    let editor = app.staff(EDITOR).await;
    for (path, method, allow) in methods() {
        for caller in [&editor, &app.anonymous()] {
            let answer = caller.request(method.clone(), &path).json(&json!({})).send().await;
            problem(&answer, 405, "method_not_allowed");
            assert_eq!(listed(&answer, "Allow"), allow, "{method} {path}");
        }
    }
}

async fn options_tells_the_methods(app: App) {
    for (path, _, allow) in methods() {
        let answer = app.anonymous().request(Method::OPTIONS, &path).expect(204).await;
        assert_eq!(listed(&answer, "Allow"), allow, "{path}");
        assert!(answer.body.is_empty());
    }
}

async fn the_contract_s_own_addresses_know_their_methods(app: App) {
    for path in ["/openapi.json", "/docs/"] {
        let answer = app.anonymous().post(path).send().await;
        problem(&answer, 405, "method_not_allowed");
        assert_eq!(listed(&answer, "Allow"), ["get", "head", "options"], "{path}");
        let answer = app.anonymous().request(Method::OPTIONS, path).expect(204).await;
        assert_eq!(listed(&answer, "Allow"), ["get", "head", "options"], "{path}");
    }
}

async fn head_is_like_get(app: App) {
    let editor = app.staff(EDITOR).await;
    for (path, status) in [
        ("/v1/delivery/articles?language=en&limit=2", 200),
        ("/v1/delivery/languages", 200),
        ("/v1/me", 200),
        ("/v1/articles?limit=1", 200),
        ("/v1/agencies/trend", 200),
        ("/health/live", 200),
        ("/openapi.json", 200),
        ("/docs/", 200),
        ("/v1/delivery/agencies/nowhere", 404),
        ("/v1/articles?limit=0", 400),
        ("/v1/agencies/trend/api-keys", 403),
    ] {
        let get = editor.get(path).expect(status).await;
        let head = editor.request(Method::HEAD, path).expect(status).await;
        assert_eq!(headers(&head), headers(&get), "{path}");
    }
    let etag = app.anonymous().get("/v1/delivery/languages").expect(200).await.etag();
    app.anonymous().request(Method::HEAD, "/v1/delivery/languages").header("If-None-Match", &etag).expect(304).await;
}

async fn a_request_id_is_taken_or_made(app: App) {
    let given = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let answer = app.anonymous().get("/health/live").header("X-Request-Id", given).expect(200).await;
    assert_eq!(answer.header("X-Request-Id"), Some(given));
    let answer = app.anonymous().get("/v1/me").header("X-Request-Id", given).expect(401).await;
    assert_eq!((answer.header("X-Request-Id"), &answer.json()["request_id"]), (Some(given), &json!(given)));
    let mut made = vec![];
    let long = "7".repeat(4_000);
    for wrong in ["", "7", "not-a-uuid", "0f8fad5b-d9cb-469f-a165-70867728950e; drop", "<script>", &long] {
        let answer = app.anonymous().get("/v1/me").header("X-Request-Id", wrong).expect(401).await;
        let id = answer.header("X-Request-Id").unwrap().to_owned();
        assert!(Uuid::try_parse(&id).is_ok() && id != wrong, "{id}");
        assert_eq!(answer.json()["request_id"], json!(id));
        made.push(id);
    }
    let answer = app.anonymous().get("/health/live").expect(200).await;
    made.push(answer.header("X-Request-Id").unwrap().to_owned());
    let count = made.len();
    made.sort();
    made.dedup();
    assert_eq!(made.len(), count, "each is its own");
}

/// One answer of many kinds.
async fn all_kinds(app: &App) -> Vec<(u16, Answer)> {
    let editor = app.staff(EDITOR).await;
    let languages = "/v1/delivery/languages";
    let etag = app.anonymous().get(languages).expect(200).await.etag();
    let requests: Vec<(u16, Request)> = vec![
        (200, app.anonymous().get("/health/live")),
        (200, app.anonymous().get(languages)),
        (200, app.anonymous().get("/openapi.json")),
        (200, app.anonymous().get("/problems/not_found")),
        (200, editor.get("/v1/me")),
        (201, editor.post("/v1/articles").json(&story())),
        (204, app.anonymous().request(Method::OPTIONS, "/v1/me")),
        (304, app.anonymous().get(languages).header("If-None-Match", &etag)),
        (307, app.anonymous().get("/docs")),
        (400, editor.post("/v1/articles").json(&json!({"headlin": "x"}))),
        (400, editor.get("/v1/articles?x=1")),
        (401, app.anonymous().get("/v1/me")),
        (403, editor.get("/v1/agencies/trend/api-keys")),
        (404, app.anonymous().get("/nothing")),
        (405, app.anonymous().delete("/v1/articles")),
        (406, editor.get("/v1/me").header("Accept", "image/png")),
        (412, editor.patch("/v1/me").if_match("\"v0\"").json(&json!({}))),
        (413, editor.post("/v1/articles").body("application/json", vec![b' '; (1 << 20) + 1])),
        (415, editor.post("/v1/articles").body("text/plain", "x")),
        (415, editor.post("/v1/articles").header("Content-Encoding", "gzip").json(&story())),
        (422, editor.post("/v1/articles").json(&json!({"original_language": "az", "headline": ""}))),
        (428, editor.patch("/v1/me").json(&json!({}))),
    ];
    let mut answers = vec![];
    for (status, request) in requests {
        answers.push((status, request.expect(status).await));
    }
    answers
}

async fn every_answer_is_guarded(app: App) {
    for (status, answer) in all_kinds(&app).await {
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{status}");
        assert_eq!(answer.header("Content-Security-Policy"), Some("default-src 'none'; frame-ancestors 'none'"), "{status}");
        assert_eq!(answer.header("Referrer-Policy"), Some("no-referrer"), "{status}");
        assert!(Uuid::try_parse(answer.header("X-Request-Id").unwrap()).is_ok(), "{status}");
        assert_eq!(answer.header("Strict-Transport-Security"), None, "only behind TLS");
        assert_eq!((answer.header("Server"), answer.header("X-Powered-By")), (None, None));
        if status >= 400 {
            assert!(Code::parse(&answer.code()).is_some_and(|code| code.status().as_u16() == status), "{}", answer.text());
        }
    }
}

async fn editorial_answers_are_not_stored(app: App) {
    let (editor, anonymous) = (app.staff(EDITOR).await, app.anonymous());
    for request in [
        editor.get("/v1/me"),
        editor.get("/v1/me/sessions"),
        editor.get("/v1/articles"),
        editor.get("/v1/staff"),
        editor.get("/v1/agencies/trend"),
        editor.get("/v1/topics"),
        editor.post("/v1/articles").json(&story()),
        editor.post("/v1/articles").json(&json!({})),
        editor.get("/v1/agencies/trend/api-keys"),
        anonymous.get("/v1/me"),
        anonymous.post("/v1/auth/login").json(&json!({"email": EDITOR, "password": PASSWORD})),
        anonymous.request(Method::OPTIONS, "/v1/articles"),
        anonymous.get("/v1/delivery/agencies/nowhere"),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.header("Cache-Control"), Some("private, no-store"), "{}", answer.text());
    }
    let public = anonymous.get("/v1/delivery/articles").expect(200).await;
    assert_eq!(public.header("Cache-Control"), Some("public, max-age=0, s-maxage=10"));
}

async fn encoded_bodies_are_refused(app: App) {
    let editor = app.staff(EDITOR).await;
    let articles = app.number("SELECT count(*) FROM articles").await;
    for encoding in ["gzip", "br", "deflate", "zstd", "x-nonsense", "identity, gzip", "gzip, identity"] {
        let answer = editor.post("/v1/articles").header("Content-Encoding", encoding).json(&story()).send().await;
        problem(&answer, 415, "unsupported_media_type");
        // Before anybody is known, and where no body is wanted.
        let answer = app.anonymous().get("/v1/delivery/languages").header("Content-Encoding", encoding).send().await;
        problem(&answer, 415, "unsupported_media_type");
    }
    assert_eq!(app.number("SELECT count(*) FROM articles").await, articles);
    editor.post("/v1/articles").header("Content-Encoding", "identity").json(&story()).expect(201).await;
}

async fn bodies_are_of_their_media_type(app: App) {
    let editor = app.staff(EDITOR).await;
    let body = story().to_string();
    for media in ["", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "json"] {
        let answer = editor.post("/v1/articles").body(media, body.clone()).send().await;
        problem(&answer, 415, "unsupported_media_type");
        let login = json!({"email": EDITOR, "password": PASSWORD}).to_string();
        problem(&app.anonymous().post("/v1/auth/login").body(media, login).send().await, 415, "unsupported_media_type");
    }
    for media in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        editor.post("/v1/articles").body(media, body.clone()).expect(201).await;
    }
    // The body of a step may be left out, but not be of another kind.
    let id = editor.post("/v1/articles").json(&story()).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    let publish = format!("/v1/articles/{id}/translations/az/publish");
    problem(&editor.post(&publish).if_match("\"v1\"").body("text/plain", "{}").send().await, 415, "unsupported_media_type");
}

async fn bodies_have_a_megabyte(app: App) {
    let editor = app.staff(EDITOR).await;
    let mut body = story().to_string().into_bytes();
    body.resize(1 << 20, b' ');
    editor.post("/v1/articles").body("application/json", body.clone()).expect(201).await;
    let articles = app.number("SELECT count(*) FROM articles").await;
    body.push(b' ');
    problem(&editor.post("/v1/articles").body("application/json", body.clone()).send().await, 413, "body_too_large");
    // What says that it will be too large is not awaited.
    let declared = editor.post("/v1/articles").json(&story()).header("Content-Length", "1048577").send().await;
    problem(&declared, 413, "body_too_large");
    let table = app.staff(ADMIN).await.post("/v1/staff/import").body("text/csv", body).send().await;
    problem(&table, 413, "body_too_large");
    assert_eq!(app.number("SELECT count(*) FROM articles").await, articles);
}

async fn json_nests_sixty_four_deep(app: App) {
    let login = |body: String| app.anonymous().post("/v1/auth/login").body("application/json", body).send();
    let lists = |n: usize| format!("{{\"extra\":{}{}}}", "[".repeat(n), "]".repeat(n));
    let answer = login(lists(63)).await;
    problem(&answer, 400, "malformed_body");
    assert_eq!(answer.faults(), ["/extra"], "it was read");
    let objects = format!("{}1{}", "{\"a\":".repeat(65), "}".repeat(65));
    for bomb in [lists(64), lists(100_000), format!("{{\"extra\":{}", "[".repeat(200_000)), objects, "{\"a\":[".repeat(50_000)] {
        let answer = login(bomb).await;
        problem(&answer, 400, "malformed_body");
        assert!(answer.json()["detail"].as_str().unwrap().contains("64"), "{}", answer.text());
    }
    // Brackets in a text are no depth.
    let headline = format!("\"{}\\", "[{".repeat(100));
    let made = app.staff(EDITOR).await.post("/v1/articles").json(&json!({"original_language": "az", "headline": headline})).expect(201).await;
    assert_eq!(made.json()["original"]["headline"], json!(headline));
}

async fn what_is_not_json_is_400(app: App) {
    let editor = app.staff(EDITOR).await;
    let post = |body: Vec<u8>| editor.post("/v1/articles").body("application/json", body).send();
    for body in ["", " ", "nonsense", "{", "{\"headline\": }", "{} {}", "{\"headline\": 'x'}", "{\"urgency\": 1e999}", "{\"headline\": \"\\ud800\"}"] {
        let answer = post(body.as_bytes().to_vec()).await;
        problem(&answer, 400, "malformed_body");
        let text = answer.text();
        assert!(!text.contains("serde") && !text.contains("expected value") && !text.contains("EOF"), "words of a library: {text}");
    }
    problem(&post(b"{\"headline\": \"\xff\"}".to_vec()).await, 400, "malformed_body");
    for (body, pointer) in [
        (json!({"original_language": "az", "headline": 7}), "/headline"),
        (json!({"original_language": "az"}), "/headline"),
        (json!({"original_language": "az", "headline": "x", "urgency": 1.5}), "/urgency"),
        (json!({"original_language": "az", "headline": "x", "topics": "medtop:20000344"}), "/topics"),
        (json!({"original_language": "az", "headline": "x", "related": ["none"]}), "/related/0"),
        (json!({"original_language": "az", "headline": "x", "seo": {"title": 7}}), "/seo/title"),
        (json!("a text"), ""),
        (json!(null), ""),
    ] {
        let answer = editor.post("/v1/articles").json(&body).send().await;
        problem(&answer, 400, "malformed_body");
        assert_eq!(answer.faults(), [pointer], "{body}");
    }
}

/// The members of an object have names: a list of their values is something else.
async fn a_list_is_no_object(app: App) {
    let login = app.anonymous().post("/v1/auth/login").json(&json!([EDITOR, PASSWORD])).send().await;
    problem(&login, 400, "malformed_body");
    assert_eq!(login.faults(), [""]);
    let seo = json!({"original_language": "az", "headline": "x", "seo": ["a title", "a description"]});
    let answer = app.staff(EDITOR).await.post("/v1/articles").json(&seo).send().await;
    problem(&answer, 400, "malformed_body");
    assert_eq!(answer.faults(), ["/seo"]);
}

async fn nul_is_refused(app: App) {
    let editor = app.staff(EDITOR).await;
    let articles = app.number("SELECT count(*) FROM articles").await;
    for (body, pointer) in [
        (json!({"original_language": "az", "headline": "a\0b"}), "/headline"),
        (json!({"original_language": "az\0", "headline": "a"}), "/original_language"),
        (json!({"original_language": "az", "headline": "a", "body_html": "<p>\0</p>"}), "/body_html"),
        (json!({"original_language": "az", "headline": "a", "seo": {"title": "\0"}}), "/seo/title"),
        (json!({"original_language": "az", "headline": "a", "topics": ["medtop:20000344", "\0"]}), "/topics/1"),
        (json!({"original_language": "az", "headline": "a", "seo": {"ti\0tle": "x"}}), "/seo"),
    ] {
        let answer = editor.post("/v1/articles").json(&body).send().await;
        problem(&answer, 422, "validation_failed");
        assert_eq!((answer.faults(), &answer.json()["errors"][0]["code"]), (vec![pointer.to_owned()], &json!("nul")));
    }
    assert_eq!(app.number("SELECT count(*) FROM articles").await, articles);
    let raw = b"{\"original_language\": \"az\", \"headline\": \"a\0b\"}".to_vec();
    problem(&editor.post("/v1/articles").body("application/json", raw).send().await, 400, "malformed_body");
    let login = app.anonymous().post("/v1/auth/login").json(&json!({"email": "\0", "password": PASSWORD})).send().await;
    problem(&login, 422, "validation_failed");
    for (path, parameter) in [
        ("/v1/articles?headline=a%00", "headline"),
        ("/v1/articles?cursor=%00", "cursor"),
        ("/v1/agencies/%00", "agency"),
        ("/v1/delivery/agencies/a%00b", "agency"),
        ("/v1/delivery/articles/en/a%00b", "slug"),
        ("/problems/%00", "code"),
    ] {
        let answer = editor.get(path).send().await;
        problem(&answer, 400, "invalid_parameter");
        assert_eq!(answer.faults(), [parameter], "{path}");
    }
}

async fn unknown_members_are_named(app: App) {
    let (editor, admin) = (app.staff(EDITOR).await, app.staff(ADMIN).await);
    let invitation = json!({"email": "a@b.example", "role": "editor", "languages": ["az"], "names": {"az": "A"}, "state": "active"});
    for (request, pointer) in [
        (editor.post("/v1/articles").json(&json!({"original_language": "az", "headlin": "x"})), "/headlin"),
        (editor.post("/v1/articles").json(&json!({"original_language": "az", "headline": "x", "seo": {"titel": "x"}})), "/seo/titel"),
        (editor.post("/v1/articles").json(&json!({"original_language": "az", "headline": "x", "a/b~c": 1})), "/a~1b~0c"),
        (editor.post("/v1/articles").json(&json!({"original_language": "az", "headline": "x", "agency_id": Uuid::nil()})), "/agency_id"),
        (editor.patch("/v1/me").if_match("*").json(&json!({"role": "admin"})), "/role"),
        (admin.post("/v1/staff").json(&invitation), "/state"),
        (app.anonymous().post("/v1/auth/login").json(&json!({"email": EDITOR, "password": PASSWORD, "remember": true})), "/remember"),
    ] {
        let answer = request.send().await;
        problem(&answer, 400, "malformed_body");
        assert_eq!((answer.faults(), &answer.json()["errors"][0]["code"]), (vec![pointer.to_owned()], &json!("unknown_member")));
    }
}

async fn unknown_parameters_are_named(app: App) {
    let (editor, anonymous) = (app.staff(EDITOR).await, app.anonymous());
    for (request, parameter) in [
        (editor.get("/v1/articles?stat=draft"), "stat"),
        (editor.get("/v1/articles?limit=1&Limit=2"), "Limit"),
        (editor.get("/v1/me?full=1"), "full"),
        (editor.post("/v1/articles?dry_run=true").json(&story()), "dry_run"),
        (editor.get("/v1/articles?limit=1&limit=2"), "limit"),
        (editor.get("/v1/articles?limit=0"), "limit"),
        (editor.get("/v1/articles?limit=101"), "limit"),
        (editor.get("/v1/articles?limit=many"), "limit"),
        (editor.get("/v1/articles?state=nonsense"), "state"),
        (editor.get("/v1/articles/none"), "id"),
        (anonymous.get("/v1/delivery/articles?langauge=en"), "langauge"),
        (anonymous.get("/v1/delivery/languages?utm_source=x"), "utm_source"),
        (anonymous.get("/health/live?verbose"), "verbose"),
        (anonymous.get("/problems/not_found?x=1"), "x"),
        (anonymous.get("/.well-known/jwks.json?kid=1"), "kid"),
        (anonymous.post("/v1/auth/login?next=%2F").json(&json!({"email": EDITOR, "password": PASSWORD})), "next"),
        // Also when nobody is known yet.
        (anonymous.get("/v1/me?full=1"), "full"),
    ] {
        let answer = request.send().await;
        problem(&answer, 400, "invalid_parameter");
        assert_eq!(answer.faults(), [parameter]);
    }
    let cursor = editor.get("/v1/articles?cursor=nonsense").send().await;
    problem(&cursor, 400, "invalid_cursor");
    assert_eq!(cursor.faults(), ["cursor"]);
}

async fn answers_are_json(app: App) {
    let editor = app.staff(EDITOR).await;
    for accept in ["text/html", "image/*", "application/xml, text/html;q=0.9", "application/json;q=0", "application/json; q=0.0, text/html"] {
        for request in [editor.get("/v1/me"), editor.post("/v1/articles").json(&story()), app.anonymous().get("/v1/delivery/articles")] {
            problem(&request.header("Accept", accept).send().await, 406, "not_acceptable");
        }
    }
    for accept in ["*/*", "", "application/json", "application/*", "APPLICATION/JSON", "text/html, */*;q=0.1", "text/html, application/json;q=0.5"] {
        let answer = editor.get("/v1/me").header("Accept", accept).expect(200).await;
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
    }
    // A person may look at the rest with a browser.
    for path in ["/problems/not_found", "/openapi.json", "/docs/"] {
        app.anonymous().get(path).header("Accept", "text/html").expect(200).await;
    }
}

async fn every_problem_has_its_page(app: App) {
    assert!(Code::ALL.len() > 20);
    for code in Code::ALL {
        let answer = app.anonymous().get(&format!("/problems/{}", code.as_str())).expect(200).await;
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        let json = answer.json();
        assert_eq!((&json["code"], &json["title"], &json["status"]), (&json!(code.as_str()), &json!(code.title()), &json!(code.status().as_u16())));
        let meaning = json["meaning"].as_str().unwrap();
        assert!(meaning.len() > 20 && meaning.trim() == meaning, "{meaning:?}");
    }
    problem(&app.anonymous().get("/problems/no_such_code").send().await, 404, "not_found");
    problem(&app.anonymous().get("/problems/NOT_FOUND").send().await, 404, "not_found");
}

async fn the_document_is_served(app: App) {
    let answer = app.anonymous().get("/openapi.json").expect(200).await;
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"));
    let json = answer.json();
    assert!(json["openapi"].as_str().unwrap().starts_with("3.1."), "{}", json["openapi"]);
    assert_eq!(json, *api::document());
}

/// What a page refers to by this attribute.
fn references<'a>(page: &'a str, attribute: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next())
}

async fn the_reference_works_without_a_network(app: App) {
    let redirect = app.anonymous().get("/docs").send().await;
    assert!(redirect.status.is_redirection(), "{}", redirect.status);
    assert_eq!(redirect.header("Location"), Some("/docs/"));
    let page = app.anonymous().get("/docs/").expect(200).await;
    assert!(page.header("Content-Type").unwrap().starts_with("text/html"));
    let policy = page.header("Content-Security-Policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("http") && !policy.contains('*'), "from here alone: {policy}");
    assert_eq!(page.header("X-Content-Type-Options"), Some("nosniff"));
    let html = page.text();
    let files: Vec<&str> = references(&html, "src=\"").chain(references(&html, "href=\"")).collect();
    assert!(files.len() >= 3, "{html}");
    for file in files {
        assert!(!file.contains("//"), "{file} is elsewhere");
        let answer = app.anonymous().get(&format!("/docs/{}", file.trim_start_matches("./"))).expect(200).await;
        assert!(!answer.body.is_empty(), "{file}");
        assert_eq!(answer.header("Content-Security-Policy"), Some(policy));
    }
    let start = app.anonymous().get("/docs/swagger-initializer.js").expect(200).await.text();
    assert!(start.contains("\"/openapi.json\"") && !start.contains("petstore"), "{start}");
    for path in ["/docs/nothing", "/docs/..%2f..%2fCargo.toml", "/docs/%2e%2e/Cargo.toml"] {
        problem(&app.anonymous().get(path).send().await, 404, "not_found");
    }
}

/// Remaining requests and seconds, as `RateLimit` tells them.
fn budget(answer: &Answer) -> (u32, u64) {
    let text = answer.header("RateLimit").unwrap_or_else(|| panic!("no RateLimit: {:?}", answer.headers));
    let (remaining, reset) = text.strip_prefix("\"default\";r=").and_then(|rest| rest.split_once(";t=")).unwrap();
    (remaining.parse().unwrap(), reset.parse().unwrap())
}

fn retry_after(answer: &Answer) -> u64 {
    answer.header("Retry-After").unwrap().parse().unwrap()
}

async fn a_caller_has_a_budget(app: App) {
    let editor = app.staff(EDITOR).await;
    for left in [2, 1, 0] {
        let answer = editor.get("/v1/me").expect(200).await;
        assert_eq!(answer.header("RateLimit-Policy"), Some("\"default\";q=3;w=60"));
        let (remaining, reset) = budget(&answer);
        assert_eq!(remaining, left);
        assert!((1..=60).contains(&reset), "{reset}");
    }
    let articles = app.number("SELECT count(*) FROM articles").await;
    // The budget is the person's, whatever they do, from wherever, in whichever session.
    for request in [
        editor.get("/v1/me"),
        editor.post("/v1/articles").json(&story()),
        editor.get("/v1/me").from("203.0.113.9"),
        app.staff(EDITOR).await.get("/v1/articles"),
    ] {
        let answer = request.send().await;
        problem(&answer, 429, "rate_limited");
        assert!((1..=21).contains(&retry_after(&answer)), "{:?}", answer.headers);
    }
    assert_eq!(app.number("SELECT count(*) FROM articles").await, articles);
    assert_eq!(budget(&app.staff(JOURNALIST).await.get("/v1/me").expect(200).await).0, 2);
    let public = editor.get("/v1/delivery/languages").expect(200).await;
    assert_eq!(public.header("RateLimit-Policy"), Some("\"default\";q=6000;w=60"), "delivery ignores credentials");
}

async fn a_caller_s_refusal_tells_the_budget(app: App) {
    let editor = app.staff(EDITOR).await;
    for _ in 0..3 {
        editor.get("/v1/me").expect(200).await;
    }
    let refused = editor.get("/v1/me").expect(429).await;
    assert_eq!(refused.header("RateLimit-Policy"), Some("\"default\";q=3;w=60"));
    assert_eq!(budget(&refused).0, 0);
}

async fn an_address_has_a_budget(app: App) {
    let ask = |forwarded: &str| app.anonymous().get("/v1/delivery/languages").header("X-Forwarded-For", forwarded);
    for n in 0..4u32 {
        // Nobody has said that this proxy is to be believed.
        let answer = ask(&format!("198.51.100.{n}")).expect(200).await;
        assert_eq!((answer.header("RateLimit-Policy"), budget(&answer).0), (Some("\"default\";q=4;w=60"), 3 - n));
    }
    for request in [ask("198.51.100.99"), app.anonymous().get("/nothing"), app.anonymous().post("/v1/auth/login").json(&json!({}))] {
        let answer = request.send().await;
        problem(&answer, 429, "rate_limited");
        assert!((1..=16).contains(&retry_after(&answer)), "{:?}", answer.headers);
    }
    ask("127.0.0.1").from("203.0.113.9").expect(200).await;
    // A household of IPv6 is one.
    for n in 0..4 {
        ask("").from(&format!("2001:db8:1:1::{n}")).expect(200).await;
    }
    problem(&ask("").from("2001:db8:1:1:ffff::1").send().await, 429, "rate_limited");
    ask("").from("2001:db8:1:2::1").expect(200).await;
    // An address of IPv4 does not become another by writing it as IPv6.
    problem(&ask("").from("::ffff:127.0.0.1").send().await, 429, "rate_limited");
}

async fn an_address_s_refusal_tells_the_budget(app: App) {
    for _ in 0..4 {
        app.anonymous().get("/v1/delivery/languages").expect(200).await;
    }
    let refused = app.anonymous().get("/v1/delivery/languages").expect(429).await;
    assert_eq!(refused.header("RateLimit-Policy"), Some("\"default\";q=4;w=60"));
    assert_eq!(budget(&refused).0, 0);
}

async fn the_proxy_is_believed(app: App) {
    let ask = |forwarded: &str| app.anonymous().get("/v1/delivery/languages").header("X-Forwarded-For", forwarded);
    ask("198.51.100.1").expect(200).await;
    ask("198.51.100.1").expect(200).await;
    for forwarded in [
        "198.51.100.1",
        // What the client wrote itself does not count.
        "203.0.113.200, 198.51.100.1",
        "127.0.0.1, 198.51.100.1",
        // Nor does a proxy of ours.
        "198.51.100.1, 10.0.0.5",
        "9.9.9.9,198.51.100.1,10.0.0.5,127.0.0.1",
        "::ffff:198.51.100.1",
    ] {
        problem(&ask(forwarded).send().await, 429, "rate_limited");
    }
    ask("198.51.100.2").expect(200).await;
    ask("unknown").expect(200).await;
    // Only the proxy is believed.
    ask("198.51.100.1").from("192.0.2.1").expect(200).await;
    // It is also the address that sessions show.
    let credentials = json!({"email": EDITOR, "password": PASSWORD});
    let request = app.anonymous().post("/v1/auth/login").header("X-Forwarded-For", "203.0.113.77, 198.51.100.50").json(&credentials);
    let token = request.expect(200).await.json()["access_token"].as_str().unwrap().to_owned();
    let list = app.with_token(&token).get("/v1/me/sessions").header("X-Forwarded-For", "198.51.100.60").expect(200).await.json();
    assert_eq!((&list["data"][0]["address"], &list["data"][0]["created_at"]), (&json!("198.51.100.50"), &json!(NOON)));
}

const EXPOSED: [&str; 8] = ["content-language", "etag", "link", "location", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"];

#[track_caller]
fn exposes(answer: &Answer) {
    let exposed = listed(answer, "Access-Control-Expose-Headers");
    assert!(EXPOSED.iter().all(|name| exposed.iter().any(|other| other == name)), "{exposed:?}");
}

fn preflight(app: &App, path: &str, origin: &str, method: &str, wanted: &str) -> Request {
    let request = app.anonymous().request(Method::OPTIONS, path).header("Origin", origin);
    request.header("Access-Control-Request-Method", method).header("Access-Control-Request-Headers", wanted)
}

async fn no_origin_is_admitted_by_itself(app: App) {
    let answer = app.staff(EDITOR).await.get("/v1/me").header("Origin", DESK).expect(200).await;
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    let answer = preflight(&app, "/v1/me", DESK, "GET", "authorization").send().await;
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    problem(&answer, 400, "bad_request");
}

async fn any_page_reads_delivery(app: App) {
    let plain = app.anonymous().get("/v1/delivery/articles").expect(200).await;
    assert_ne!(plain.header("Access-Control-Allow-Credentials"), Some("true"));
    for (path, status) in [("/v1/delivery/articles", 200), ("/v1/delivery/agencies/nowhere", 404), ("/v1/delivery/nothing", 404)] {
        let answer = app.anonymous().get(path).header("Origin", EVIL).expect(status).await;
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"), "{path}");
        assert_eq!(answer.header("Access-Control-Allow-Credentials"), None);
        exposes(&answer);
        // The answer is the same for every origin: caches keep one.
        assert!(!listed(&answer, "Vary").contains(&"origin".to_owned()), "{:?}", answer.header("Vary"));
    }
    let etag = plain.etag();
    let answer = app.anonymous().get("/v1/delivery/articles").header("Origin", EVIL).header("If-None-Match", &etag).expect(304).await;
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"));
    let asked = preflight(&app, "/v1/delivery/articles", EVIL, "GET", "if-none-match, accept-language").send().await;
    assert!(asked.status.is_success(), "{}", asked.text());
    assert_eq!(asked.header("Access-Control-Allow-Origin"), Some("*"));
    assert!(listed(&asked, "Access-Control-Allow-Methods").contains(&"get".to_owned()));
    problem(&preflight(&app, "/v1/delivery/articles", EVIL, "DELETE", "if-none-match").send().await, 400, "bad_request");
}

async fn the_desk_works_from_a_browser(app: App) {
    let editor = app.staff(EDITOR).await;
    for origin in [DESK, "http://localhost:5173"] {
        for (request, status) in [
            (editor.get("/v1/me"), 200),
            (editor.post("/v1/articles").json(&story()), 201),
            (editor.post("/v1/articles").json(&json!({})), 400),
            (app.anonymous().get("/v1/me"), 401),
            (editor.get("/v1/articles/00000000-0000-0000-0000-000000000000"), 404),
            (editor.patch("/v1/me").json(&json!({})), 428),
        ] {
            let answer = request.header("Origin", origin).expect(status).await;
            assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(origin), "{status}");
            assert!(listed(&answer, "Vary").contains(&"origin".to_owned()), "{:?}", answer.header("Vary"));
            exposes(&answer);
        }
    }
    let wanted = "authorization, content-type, if-match, if-none-match, idempotency-key, x-request-id, traceparent";
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let asked = preflight(&app, "/v1/articles", DESK, method, wanted).send().await;
        assert!(asked.status.is_success(), "{method}: {}", asked.text());
        assert_eq!(asked.header("Access-Control-Allow-Origin"), Some(DESK));
        assert!(listed(&asked, "Access-Control-Allow-Methods").contains(&method.to_ascii_lowercase()));
        let admitted = listed(&asked, "Access-Control-Allow-Headers");
        assert!(wanted.split(", ").all(|name| admitted.iter().any(|other| other == name)), "{admitted:?}");
    }
    for origin in [EVIL, "https://desk.example.org.evil.example", "http://desk.example.org", "https://desk.example.org:8443", "null"] {
        let answer = editor.get("/v1/me").header("Origin", origin).expect(200).await;
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None, "{origin}");
        let asked = preflight(&app, "/v1/articles", origin, "POST", "authorization").send().await;
        assert_eq!(asked.header("Access-Control-Allow-Origin"), None, "{origin}");
        problem(&asked, 400, "bad_request");
    }
    // Tokens come in a header, never in a cookie.
    let answer = editor.get("/v1/me").header("Origin", DESK).expect(200).await;
    assert_eq!(answer.header("Access-Control-Allow-Credentials"), None);
}

/// Also what is refused before any handler, or a page would show nothing but a failed request.
async fn a_browser_can_read_refusals(app: App) {
    let editor = app.staff(EDITOR).await;
    for (request, status) in [
        (editor.get("/v1/articles?stat=draft"), 400),
        (editor.get("/v1/me").header("Accept", "text/html"), 406),
        (editor.post("/v1/articles").header("Content-Encoding", "gzip").json(&story()), 415),
        (editor.delete("/v1/articles"), 405),
        (editor.get("/v1/nothing"), 404),
    ] {
        let answer = request.header("Origin", DESK).expect(status).await;
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(DESK), "{status}");
        exposes(&answer);
    }
    let strange = editor.get("/v1/articles?stat=draft").header("Origin", EVIL).expect(400).await;
    assert_eq!(strange.header("Access-Control-Allow-Origin"), None);
    let public = app.anonymous().get("/v1/delivery/articles?langauge=en").header("Origin", EVIL).expect(400).await;
    assert_eq!(public.header("Access-Control-Allow-Origin"), Some("*"));
}

async fn addresses_are_those_of_the_settings(app: App) {
    const HOUSE: &str = "https://api.newsroom.example";
    let (editor, admin) = (app.staff(EDITOR).await, app.staff(ADMIN).await);
    let lured = |request: Request| request.header("Host", "evil.example").header("X-Forwarded-Host", "evil.example").header("Forwarded", "host=evil.example");
    let made = lured(editor.post("/v1/articles").json(&story())).expect(201).await;
    assert_eq!(made.header("Location"), Some(format!("{HOUSE}/v1/articles/{}", made.json()["id"].as_str().unwrap()).as_str()));
    let key = json!({"name": "Wire", "scopes": ["articles:read"]});
    let key = lured(admin.post("/v1/agencies/trend/api-keys").json(&key)).expect(201).await;
    assert!(key.header("Location").unwrap().starts_with(&format!("{HOUSE}/v1/agencies/")), "{:?}", key.headers);
    let refused = lured(app.anonymous().get("/v1/me")).expect(401).await;
    assert_eq!(refused.json()["type"], json!(format!("{HOUSE}/problems/unauthenticated")));
    for (caller, path) in [(&editor, "/v1/articles?limit=1"), (&app.anonymous(), "/v1/delivery/articles?limit=1"), (&admin, "/v1/staff?limit=1")] {
        let list = lured(caller.get(path)).expect(200).await;
        let link = list.header("Link").unwrap();
        let list_path = path.split('?').next().unwrap();
        assert!(link.starts_with(&format!("<{HOUSE}{list_path}?limit=1&cursor=")) && link.contains(">; rel=\"next\""), "{link}");
        assert!(!list.text().contains("evil.example"));
    }
    for answer in [&made, &key, &refused] {
        assert!(!format!("{:?} {}", answer.headers, answer.text()).contains("evil.example"));
    }
}

async fn https_is_strict(app: App) {
    for (status, answer) in all_kinds(&app).await {
        let strict = answer.header("Strict-Transport-Security").unwrap_or_else(|| panic!("{status}: {:?}", answer.headers));
        let age: u64 = strict.split(';').find_map(|part| part.trim().strip_prefix("max-age=")).unwrap().parse().unwrap();
        assert!(age >= 31_536_000, "{strict}");
    }
}
