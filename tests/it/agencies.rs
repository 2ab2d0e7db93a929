//! The members of the house: joining, changing, suspending; their offices, agreements and public profiles.

use crate::on_both;
use crate::support::{Answer, App, Caller, NOON, PASSWORD};
use futures_util::future::join_all;
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

on_both!(
    the_platform_takes_in_an_agency,
    only_the_platform_takes_agencies_in,
    a_slug_is_one_agency_s,
    all_faults_of_an_agency_are_told_at_once,
    what_an_agency_may_be_has_its_limits,
    an_agency_is_read_by_id_and_slug,
    agencies_are_listed_by_slug,
    agencies_come_in_pages,
    a_patch_merges_what_is_said_by_language,
    a_patch_of_an_agency_breaks_no_rule,
    a_patch_of_an_agency_has_seen_it,
    an_agency_is_changed_by_its_admins,
    renaming_an_agency_renders_its_documents_anew,
    other_changes_of_an_agency_render_nothing,
    suspension_shuts_an_agency_out_at_once,
    steps_of_an_agency_have_an_order,
    who_is_suspended_is_changed_without_being_shown,
    offices_come_and_go,
    all_faults_of_an_office_are_told_at_once,
    an_agency_has_one_head_office,
    of_two_head_offices_at_once_one_stays,
    offices_are_their_agency_s,
    the_public_profile_follows_the_offices,
    agreements_are_recorded_and_changed,
    an_agreement_does_not_end_before_it_begins,
    agreements_are_between_the_agency_and_the_platform,
    an_agreement_opens_unshared_stories_on_its_days,
    an_agreement_counts_from_the_next_request_on,
);

const AGENCIES: &str = "/v1/agencies";
const TREND: &str = "/v1/agencies/trend";
const OFFICES: &str = "/v1/agencies/trend/offices";
const AGREEMENTS: &str = "/v1/agencies/trend/agreements";
const DELIVERY: &str = "/v1/delivery";
const PLATFORM: &str = "admin@platform.example";
const ADMIN: &str = "admin@trend.example";
const EDITOR: &str = "editor@trend.example";
const JOURNALIST: &str = "journalist@trend.example";

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}

fn items(page: &Value) -> Vec<Value> {
    page["data"].as_array().unwrap().clone()
}

fn slugs(page: &Value) -> Vec<String> {
    items(page).iter().map(|agency| text(&agency["slug"])).collect()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.text());
}

/// Refused for values of the body, here and nowhere else.
#[track_caller]
fn invalid(answer: &Answer, pointers: &[&str]) {
    refused(answer, 422, "validation_failed");
    assert_eq!(answer.faults(), pointers, "{}", answer.text());
}

#[track_caller]
fn malformed(answer: &Answer, pointer: &str) {
    refused(answer, 400, "malformed_body");
    assert_eq!(answer.faults(), [pointer], "{}", answer.text());
}

/// Refused for a parameter, which is named.
#[track_caller]
fn odd_parameter(answer: &Answer, code: &str, name: &str) {
    refused(answer, 400, code);
    assert_eq!(answer.faults(), [name], "{}", answer.text());
}

async fn etag(caller: &Caller, path: &str) -> String {
    caller.get(path).expect(200).await.etag()
}

/// Changes a record as somebody who has just read it.
async fn patch(caller: &Caller, path: &str, change: &Value) -> Answer {
    let etag = etag(caller, path).await;
    caller.patch(path).if_match(&etag).json(change).send().await
}

/// Takes a step with a record as somebody who has just read it.
async fn step(caller: &Caller, path: &str, step: &str) -> Answer {
    let etag = etag(caller, path).await;
    caller.post(&format!("{path}/{step}")).if_match(&etag).send().await
}

async fn id_of(app: &App, slug: &str) -> String {
    let (id,): (Uuid,) = app.state.db.query("SELECT id FROM agencies WHERE slug = $1").bind(slug).one().await.unwrap();
    id.to_string()
}

/// An admin of an agency that has only an editor.
async fn foreign_admin(app: &App) -> Caller {
    let platform = app.staff(PLATFORM).await;
    let foreign = app.staff("editor@kazinform.example").await;
    let promoted = patch(&platform, &format!("/v1/staff/{}", foreign.id), &json!({"role": "admin"})).await;
    assert_eq!(promoted.status, 200, "{}", promoted.text());
    foreign
}

async fn key(app: &App, scopes: &[&str]) -> Caller {
    let admin = app.staff(ADMIN).await;
    let made = admin.post(&format!("{TREND}/api-keys")).json(&json!({"name": "Wire", "scopes": scopes})).expect(201).await.json();
    app.with_token(made["key"].as_str().unwrap())
}

/// What the public knows of the house.
async fn profile(app: &App, path: &str) -> Value {
    app.anonymous().get(&format!("{DELIVERY}/{path}")).expect(200).await.json()
}

async fn log_in(app: &App, email: &str) -> u16 {
    let answer = app.anonymous().post("/v1/auth/login").json(&json!({"email": email, "password": PASSWORD})).send().await;
    answer.status.as_u16()
}

fn steppe() -> Value {
    json!({"slug": "steppe-news", "country": "KZ", "languages": ["kk", "ru"], "names": {"kk": "Дала жаңалықтары", "en": "Steppe News"}, "time_zone": "Asia/Aqtau"})
}

/// The value with further members, or others.
fn with(mut value: Value, members: &Value) -> Value {
    for (name, member) in members.as_object().unwrap() {
        value[name.as_str()] = member.clone();
    }
    value
}

async fn agencies(app: &App) -> i64 {
    app.number("SELECT count(*) FROM agencies").await
}

async fn jobs(app: &App) -> i64 {
    app.number("SELECT count(*) FROM jobs").await
}

async fn the_platform_takes_in_an_agency(app: App) {
    let platform = app.staff(PLATFORM).await;
    let new = with(
        steppe(),
        &json!({
            "languages": ["kaz", "ru", "uz-Latin"], "names": {"kaz": "Дала жаңалықтары", "en": "Steppe News"}, "descriptions": {"en": "Covers the west."},
            "website": "https://steppe-news.example", "four_eyes": true,
        }),
    );
    let created = platform.post(AGENCIES).json(&new).expect(201).await;
    let agency = created.json();
    let id = text(&agency["id"]);
    assert_eq!(Uuid::try_parse(&id).unwrap().get_version_num(), 7);
    assert_eq!(created.header("Location"), Some(app.state.url(&format!("{AGENCIES}/{id}")).as_str()));
    assert_eq!(created.etag(), "\"v1\"");
    assert_eq!(created.header("Cache-Control"), Some("private, no-store"));
    let expected = json!({
        "id": id, "slug": "steppe-news", "kind": "member", "state": "active", "country": "KZ", "languages": ["kk", "ru", "uz"],
        "names": {"kk": "Дала жаңалықтары", "en": "Steppe News"}, "descriptions": {"en": "Covers the west."}, "time_zone": "Asia/Aqtau",
        "website": "https://steppe-news.example", "four_eyes": true, "variant_rules": [], "created_at": NOON, "updated_at": NOON,
    });
    assert_eq!(agency, expected);
    let read = app.staff(JOURNALIST).await.get(&format!("{AGENCIES}/steppe-news")).expect(200).await;
    assert_eq!((read.json(), read.etag()), (expected, created.etag()));
    let public = profile(&app, "agencies/steppe-news").await;
    assert_eq!((&public["id"], &public["names"], &public["offices"]), (&json!(id), &agency["names"], &json!([])));
    // What is not said.
    let plain = platform.post(AGENCIES).json(&with(steppe(), &json!({"slug": "plain"}))).expect(201).await.json();
    assert_eq!((&plain["descriptions"], &plain["website"], &plain["four_eyes"]), (&json!({}), &Value::Null, &json!(false)));
    // Its first admin is invited by the platform, and by nobody of another member.
    let first = json!({"email": "first@steppe.example", "role": "admin", "languages": ["kk"], "names": {"kk": "Дана"}, "agency": "steppe-news"});
    refused(&app.staff(ADMIN).await.post("/v1/staff").json(&first).send().await, 403, "forbidden");
    assert_eq!(platform.post("/v1/staff").json(&first).expect(201).await.json()["agency_id"], id.as_str());
}

async fn only_the_platform_takes_agencies_in(app: App) {
    let before = agencies(&app).await;
    for email in [ADMIN, EDITOR, "editor@platform.example", "journalist@platform.example"] {
        refused(&app.staff(email).await.post(AGENCIES).json(&steppe()).send().await, 403, "forbidden");
    }
    let wide = key(&app, &["partner:read", "articles:read", "articles:submit", "articles:publish"]).await;
    refused(&wide.post(AGENCIES).json(&steppe()).send().await, 403, "forbidden");
    refused(&app.anonymous().post(AGENCIES).json(&steppe()).send().await, 401, "unauthenticated");
    // Who may not is not told what is wrong.
    refused(&app.staff(ADMIN).await.post(AGENCIES).json(&json!({"slug": "trend"})).send().await, 403, "forbidden");
    assert_eq!(agencies(&app).await, before);
    app.anonymous().get(&format!("{DELIVERY}/agencies/steppe-news")).expect(404).await;
}

async fn a_slug_is_one_agency_s(app: App) {
    let platform = app.staff(PLATFORM).await;
    let before = agencies(&app).await;
    let taken = with(steppe(), &json!({"slug": "trend"}));
    refused(&platform.post(AGENCIES).json(&taken).send().await, 409, "already_exists");
    assert_eq!(profile(&app, "agencies/trend").await["country"], "AZ", "the other one is as it was");
    assert_eq!(step(&platform, "/v1/agencies/tdh", "suspend").await.status, 200);
    refused(&platform.post(AGENCIES).json(&with(steppe(), &json!({"slug": "tdh"}))).send().await, 409, "already_exists");
    assert_eq!(agencies(&app).await, before);
    // Of several at once, one.
    let at_once = join_all((0..4).map(|_| platform.post(AGENCIES).json(&steppe()).send())).await;
    let created = at_once.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    for answer in at_once.iter().filter(|answer| answer.status != 201) {
        refused(answer, 409, "already_exists");
    }
    assert_eq!(agencies(&app).await, before + 1);
    // The same request again is the same agency.
    let new = with(steppe(), &json!({"slug": "twice"}));
    let first = platform.post(AGENCIES).header("Idempotency-Key", "a").json(&new).expect(201).await;
    let again = platform.post(AGENCIES).header("Idempotency-Key", "a").json(&new).expect(201).await;
    assert_eq!((again.header("Idempotency-Replayed"), again.json(), again.etag()), (Some("true"), first.json(), first.etag()));
    assert_eq!(again.header("Location"), first.header("Location"));
    assert_eq!(agencies(&app).await, before + 2);
}

async fn all_faults_of_an_agency_are_told_at_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    let before = agencies(&app).await;
    let wrong = json!({
        "slug": "Steppe News", "country": "kz", "languages": ["kk", "ru", "kaz"], "names": {}, "descriptions": {"en": " ", "ru": "Хорошо."},
        "time_zone": "Asia/Astana", "website": "ftp://steppe-news.example",
    });
    let pointers = ["/slug", "/country", "/time_zone", "/languages/2", "/names", "/descriptions/en", "/website"];
    invalid(&platform.post(AGENCIES).json(&wrong).send().await, &pointers);
    let answer = platform.post(AGENCIES).json(&wrong).send().await.json();
    for error in answer["errors"].as_array().unwrap() {
        assert!(error["code"].is_string() && error["detail"].is_string(), "{error}");
    }
    for (change, pointer) in [
        (json!({"kind": "platform"}), "/kind"),
        (json!({"state": "active"}), "/state"),
        (json!({"id": Uuid::nil()}), "/id"),
        (json!({"languages": ["kk", "xx"]}), "/languages/1"),
        (json!({"names": {"klingon": "a"}}), "/names/klingon"),
        (json!({"names": {"en": null}}), "/names/en"),
        (json!({"four_eyes": "yes"}), "/four_eyes"),
        (json!({"slug": null}), "/slug"),
    ] {
        malformed(&platform.post(AGENCIES).json(&with(steppe(), &change)).send().await, pointer);
    }
    let mut incomplete = steppe();
    incomplete.as_object_mut().unwrap().shift_remove("time_zone");
    malformed(&platform.post(AGENCIES).json(&incomplete).send().await, "/time_zone");
    invalid(&platform.post(AGENCIES).json(&with(steppe(), &json!({"names": {"en": "a\u{0}b"}}))).send().await, &["/names/en"]);
    refused(&platform.post(AGENCIES).body("text/plain", steppe().to_string()).send().await, 415, "unsupported_media_type");
    assert_eq!(agencies(&app).await, before);
}

async fn what_an_agency_may_be_has_its_limits(app: App) {
    let platform = app.staff(PLATFORM).await;
    let long = |n: usize| "ә".repeat(n);
    for (change, pointer) in [
        (json!({"slug": "a"}), "/slug"),
        (json!({"slug": "a".repeat(41)}), "/slug"),
        (json!({"slug": "01980000-0000-7000-8000-000000000000"}), "/slug"),
        (json!({"country": "XX"}), "/country"),
        (json!({"languages": []}), "/languages"),
        (json!({"names": {"kk": long(201)}}), "/names/kk"),
        (json!({"names": {"kk": "  "}}), "/names/kk"),
        (json!({"descriptions": {"kk": long(2_001)}}), "/descriptions/kk"),
        (json!({"website": "https://user:secret@a.example"}), "/website"),
        (json!({"website": "javascript:alert(1)"}), "/website"),
        (json!({"website": ""}), "/website"),
    ] {
        invalid(&platform.post(AGENCIES).json(&with(steppe(), &change)).send().await, &[pointer]);
    }
    let most = json!({"slug": "a".repeat(40), "names": {"kk": long(200)}, "descriptions": {"kk": long(2_000)}, "website": null});
    let created = platform.post(AGENCIES).json(&with(steppe(), &most)).expect(201).await.json();
    assert_eq!((&created["names"], &created["descriptions"]), (&most["names"], &most["descriptions"]));
    platform.post(AGENCIES).json(&with(steppe(), &json!({"slug": "a1"}))).expect(201).await;
}

async fn an_agency_is_read_by_id_and_slug(app: App) {
    let id = id_of(&app, "trend").await;
    let reader = key(&app, &["articles:submit"]).await;
    for caller in [app.staff(JOURNALIST).await, app.staff("editor@uza.example").await, reader] {
        let by_slug = caller.get(TREND).expect(200).await;
        let by_id = caller.get(&format!("{AGENCIES}/{id}")).expect(200).await;
        assert_eq!((&by_slug.body, by_slug.etag()), (&by_id.body, by_id.etag()));
        assert_eq!((by_slug.etag().as_str(), &by_slug.json()["id"]), ("\"v1\"", &json!(id)));
        for unknown in ["nobody", "TREND", "019f0000-0000-7000-8000-000000000000"] {
            refused(&caller.get(&format!("{AGENCIES}/{unknown}")).send().await, 404, "not_found");
        }
    }
    let narrow = key(&app, &["articles:read"]).await;
    for path in [AGENCIES, TREND] {
        refused(&narrow.get(path).send().await, 403, "forbidden");
        refused(&app.anonymous().get(path).send().await, 401, "unauthenticated");
    }
}

async fn agencies_are_listed_by_slug(app: App) {
    let platform = app.staff(PLATFORM).await;
    assert_eq!(step(&platform, "/v1/agencies/tdh", "suspend").await.status, 200);
    let caller = app.staff(JOURNALIST).await;
    let all = ["albayrak", "kabar", "kazinform", "platform", "tdh", "trend", "uza"];
    for (query, expected) in [
        ("", &all[..]),
        ("?state=active,suspended", &all[..]),
        ("?state=suspended", &["tdh"]),
        ("?state=active", &["albayrak", "kabar", "kazinform", "platform", "trend", "uza"]),
        ("?country=AZ", &["platform", "trend"]),
        ("?country=KZ,%20TM,DE", &["kazinform", "tdh"]),
        ("?country=TM&state=active", &[]),
    ] {
        let page = caller.get(&format!("{AGENCIES}{query}")).expect(200).await;
        assert_eq!(slugs(&page.json()), expected, "{query}");
        assert_eq!(page.json()["meta"], json!({"limit": 25, "has_more": false, "next_cursor": null}), "{query}");
        assert_eq!(page.header("Link"), None, "{query}");
    }
    let one = caller.get(&format!("{AGENCIES}?country=KZ")).expect(200).await.json();
    assert_eq!(items(&one)[0], caller.get(&format!("{AGENCIES}/kazinform")).expect(200).await.json());
    for (query, name) in [
        ("country=kz", "country"),
        ("country=KZ,XX", "country"),
        ("state=gone", "state"),
        ("state=", "state"),
        ("slug=trend", "slug"),
        ("state=active&state=suspended", "state"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("offset=1", "offset"),
    ] {
        odd_parameter(&caller.get(&format!("{AGENCIES}?{query}")).send().await, "invalid_parameter", name);
    }
}

async fn agencies_come_in_pages(app: App) {
    let caller = app.staff(JOURNALIST).await;
    let mut path = format!("{AGENCIES}?state=active&limit=3");
    let mut seen = vec![];
    let mut cursors = vec![];
    loop {
        let answer = caller.get(&path).expect(200).await;
        let page = answer.json();
        assert_eq!(page["meta"]["limit"], 3);
        seen.extend(slugs(&page));
        let Some(link) = answer.header("Link") else {
            assert_eq!((&page["meta"]["has_more"], &page["meta"]["next_cursor"]), (&json!(false), &Value::Null));
            break;
        };
        let address = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        address.strip_prefix(app.state.url("").as_str()).unwrap().clone_into(&mut path);
        assert!(path.starts_with(&format!("{AGENCIES}?state=active&limit=3&cursor=")), "{path}");
        assert_eq!(page["meta"]["has_more"], true);
        cursors.push(text(&page["meta"]["next_cursor"]));
        assert!(path.ends_with(cursors.last().unwrap()));
    }
    assert_eq!(seen, ["albayrak", "kabar", "kazinform", "platform", "tdh", "trend", "uza"]);
    assert_eq!(cursors.len(), 2);
    // A cursor belongs to its filters; the size of the page is no filter.
    let cursor = &cursors[0];
    let rest = caller.get(&format!("{AGENCIES}?state=active&limit=100&cursor={cursor}")).expect(200).await.json();
    assert_eq!(slugs(&rest), ["platform", "tdh", "trend", "uza"]);
    for query in [format!("cursor={cursor}"), format!("state=suspended&cursor={cursor}"), "cursor=nonsense".to_owned(), "cursor=".to_owned()] {
        odd_parameter(&caller.get(&format!("{AGENCIES}?{query}")).send().await, "invalid_cursor", "cursor");
    }
}

async fn a_patch_merges_what_is_said_by_language(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = admin.get(TREND).expect(200).await.json();
    app.advance(secs(60));
    let change = json!({"names": {"en": "Trend", "kaz": null, "tt": "Тренд агентлыгы", "ug": null}, "descriptions": {"en": null}, "website": null});
    let changed = patch(&admin, TREND, &change).await;
    assert_eq!((changed.status.as_u16(), changed.etag().as_str()), (200, "\"v2\""), "{}", changed.text());
    let mut expected = with(before, &json!({"website": null, "updated_at": "2026-07-24T12:01:00Z"}));
    let names = expected["names"].as_object_mut().unwrap();
    names.insert("en".to_owned(), json!("Trend"));
    names.insert("tt".to_owned(), json!("Тренд агентлыгы"));
    assert!(names.shift_remove("kk").is_some(), "it was there");
    assert!(expected["descriptions"].as_object_mut().unwrap().shift_remove("en").is_some(), "it was there");
    assert_eq!(changed.json(), expected);
    assert_eq!(admin.get(TREND).expect(200).await.json(), expected);
    let public = profile(&app, "agencies/trend").await;
    assert_eq!((&public["names"], &public["descriptions"], &public["website"]), (&expected["names"], &expected["descriptions"], &Value::Null));
    // Languages are a list: they are replaced. Texts that an agency needs not can go altogether.
    let change = json!({"languages": ["tr"], "descriptions": null, "country": "TR", "time_zone": "Europe/Istanbul", "website": "https://trend.example", "four_eyes": true});
    let changed = patch(&admin, TREND, &change).await.json();
    assert_eq!(changed, with(expected, &with(change, &json!({"descriptions": {}}))));
    // Nothing said is nothing changed.
    let same = patch(&admin, TREND, &json!({})).await;
    assert_eq!((same.status.as_u16(), same.json()), (200, changed));
}

async fn a_patch_of_an_agency_breaks_no_rule(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = admin.get(TREND).expect(200).await;
    let none = json!({"az": null, "tr": null, "kk": null, "ky": null, "uz": null, "tk": null, "ru": null, "en": null});
    let wrong = json!({
        "country": null, "languages": null, "time_zone": null, "four_eyes": null, "names": none, "descriptions": {"kk": ""}, "website": "trend.az",
    });
    let pointers = ["/country", "/languages", "/time_zone", "/four_eyes", "/names", "/descriptions/kk", "/website"];
    invalid(&patch(&admin, TREND, &wrong).await, &pointers);
    let change = json!({"country": "ZZ", "time_zone": "Mars/Olympus", "languages": ["az", "aze"], "names": {"en": " "}});
    invalid(&patch(&admin, TREND, &change).await, &["/country", "/time_zone", "/languages/1", "/names/en"]);
    invalid(&patch(&admin, TREND, &json!({"names": null})).await, &["/names"]);
    for (change, pointer) in [
        (json!({"slug": "trend-az"}), "/slug"),
        (json!({"kind": "platform"}), "/kind"),
        (json!({"state": "suspended"}), "/state"),
        (json!({"names": {"xx": null}}), "/names/xx"),
        (json!({"names": "Trend"}), "/names"),
        (json!({"names": {"en": 7}}), "/names/en"),
        (json!({"languages": "az"}), "/languages"),
        (json!({"four_eyes": 1}), "/four_eyes"),
    ] {
        malformed(&patch(&admin, TREND, &change).await, pointer);
    }
    let after = admin.get(TREND).expect(200).await;
    assert_eq!((after.body.clone(), after.etag()), (before.body.clone(), before.etag()));
    assert_eq!(jobs(&app).await, 0);
}

async fn a_patch_of_an_agency_has_seen_it(app: App) {
    let admin = app.staff(ADMIN).await;
    let change = json!({"website": "https://one.example"});
    refused(&admin.patch(TREND).json(&change).send().await, 428, "precondition_required");
    let old = etag(&admin, TREND).await;
    app.advance(secs(1));
    admin.patch(TREND).if_match(&old).json(&change).expect(200).await;
    let late = admin.patch(TREND).if_match(&old).json(&json!({"website": "https://two.example"})).send().await;
    refused(&late, 412, "stale_version");
    assert_eq!(late.json()["current"], json!({"etag": "\"v2\"", "updated_at": "2026-07-24T12:00:01Z", "updated_by": admin.id}));
    refused(&admin.patch(TREND).if_match("v2").json(&change).send().await, 400, "invalid_parameter");
    for weak in ["W/\"v2\"", "\"v3\"", "\"\""] {
        refused(&admin.patch(TREND).if_match(weak).json(&change).send().await, 412, "stale_version");
    }
    assert_eq!(admin.get(TREND).expect(200).await.json()["website"], "https://one.example");
    // Two who have seen the same.
    let etag = etag(&admin, TREND).await;
    let others = ["https://a.example", "https://b.example", "https://c.example"];
    let answers = join_all(others.map(|website| admin.patch(TREND).if_match(&etag).json(&json!({"website": website})).send())).await;
    let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        refused(answer, 412, "stale_version");
    }
    let now = admin.get(TREND).expect(200).await;
    assert_eq!((now.json(), now.etag()), (won[0].json(), "\"v3\"".to_owned()));
    assert_eq!(profile(&app, "agencies/trend").await["website"], now.json()["website"]);
}

async fn an_agency_is_changed_by_its_admins(app: App) {
    let admin = app.staff(ADMIN).await;
    let foreign = foreign_admin(&app).await;
    let change = json!({"four_eyes": true});
    let submit = key(&app, &["articles:submit", "articles:publish"]).await;
    for caller in [app.staff(EDITOR).await, app.staff(JOURNALIST).await, app.staff("editor@platform.example").await, submit] {
        refused(&caller.patch(TREND).if_match("\"v1\"").json(&change).send().await, 403, "forbidden");
    }
    for reference in ["trend", id_of(&app, "trend").await.as_str(), "platform", "nobody"] {
        refused(&foreign.patch(&format!("{AGENCIES}/{reference}")).if_match("\"v1\"").json(&change).send().await, 404, "not_found");
    }
    refused(&app.anonymous().patch(TREND).if_match("\"v1\"").json(&change).send().await, 401, "unauthenticated");
    let untouched = admin.get(TREND).expect(200).await;
    assert_eq!((untouched.etag().as_str(), &untouched.json()["four_eyes"]), ("\"v1\"", &json!(false)));
    assert_eq!(patch(&admin, TREND, &change).await.status, 200);
    assert_eq!(patch(&app.staff(PLATFORM).await, TREND, &json!({"four_eyes": false})).await.json()["four_eyes"], false);
    assert_eq!(patch(&foreign, "/v1/agencies/kazinform", &change).await.json()["four_eyes"], true);
    assert_eq!(patch(&app.staff(PLATFORM).await, "/v1/agencies/platform", &json!({"website": null})).await.json()["website"], Value::Null);
}

/// The public text of a demo story in a language.
async fn document(app: &App, slugline: &str, language: &str) -> Answer {
    let (id,): (Uuid,) = app.state.db.query("SELECT id FROM articles WHERE slugline = $1").bind(slugline).one().await.unwrap();
    app.anonymous().get(&format!("{DELIVERY}/articles/{id}?language={language}")).expect(200).await
}

async fn renaming_an_agency_renders_its_documents_anew(app: App) {
    let own = [("MIDDLE-CORRIDOR", "az"), ("MIDDLE-CORRIDOR", "kk"), ("SAIGA-STEPPE", "az"), ("NOWRUZ-JOINT-COVERAGE", "az")];
    let others = [("SAIGA-STEPPE", "kk"), ("SAIGA-STEPPE", "ru"), ("NOWRUZ-JOINT-COVERAGE", "ru")];
    let read = async |texts: &[(&'static str, &'static str)]| join_all(texts.iter().map(|(story, language)| document(&app, story, language))).await;
    let (before, untouched) = (read(&own).await, read(&others).await);
    let changes = app.number("SELECT count(*) FROM published_changes").await;
    app.advance(secs(60));
    let admin = app.staff(ADMIN).await;
    let renamed = patch(&admin, TREND, &json!({"names": {"az": "Yeni Trend", "kk": "Жаңа Тренд"}})).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    assert_eq!(profile(&app, "agencies/trend").await["names"]["az"], "Yeni Trend", "the profile at once");
    for (old, new) in before.iter().zip(read(&own).await) {
        assert_eq!((old.etag(), &old.body), (new.etag(), &new.body), "the documents later");
    }
    assert!(app.drain_jobs().await > 0);
    assert_eq!(jobs(&app).await, 0, "a job failed");
    let after = read(&own).await;
    for ((old, new), (story, language)) in before.iter().zip(&after).zip(own) {
        assert_ne!(old.etag(), new.etag(), "{story} {language}");
        assert_eq!(new.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"), "{story} {language}");
        let (old, new) = (old.json(), new.json());
        for member in ["headline", "body", "slug", "published_at", "updated_at", "version", "last_change", "available_languages"] {
            assert_eq!(old[member], new[member], "{member} of {story} {language}: what was published is published, no newer edit");
        }
    }
    let credit = |answer: &Answer| (text(&answer.json()["agency"]["name"]), text(&answer.json()["credit_line"]));
    let kazinform = "«Қазинформ» халықаралық ақпарат агенттігі";
    assert_eq!(credit(&after[0]), ("Yeni Trend".to_owned(), "Yeni Trend".to_owned()));
    assert_eq!(
        credit(&after[1]),
        (kazinform.to_owned(), format!("Жаңа Тренд (Вугар Гамзали) / {kazinform} (Самал Ермекова)")),
        "a translation names whose story it is"
    );
    assert_eq!(
        credit(&after[2]),
        ("Yeni Trend".to_owned(), "Kazinform Beynəlxalq İnformasiya Agentliyi (Samal Yermekova) / Yeni Trend (Vüqar Həmzəli)".to_owned())
    );
    for (old, new) in untouched.iter().zip(read(&others).await) {
        assert_eq!((old.etag(), &old.body), (new.etag(), &new.body), "texts of others on their own stories");
    }
    assert_eq!(app.number("SELECT count(*) FROM published_changes").await, changes, "nothing was published");
    let listed = app.anonymous().get(&format!("{DELIVERY}/articles?language=az&limit=100")).expect(200).await.text();
    assert!(listed.contains("Yeni Trend") && !listed.contains("Trend İnformasiya Agentliyi"), "lists say it too");
    let known = app.anonymous().get(&format!("{DELIVERY}/articles/{}?language=az", text(&after[0].json()["id"])));
    assert_eq!(known.header("If-None-Match", &before[0].etag()).expect(200).await.etag(), after[0].etag());
}

async fn other_changes_of_an_agency_render_nothing(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = document(&app, "MIDDLE-CORRIDOR", "az").await.etag();
    for change in [
        json!({"website": "https://trend.example"}),
        json!({"descriptions": {"az": "Yeni təsvir."}}),
        json!({"names": {"en": "Trend News Agency", "ug": null}}),
        json!({}),
    ] {
        assert_eq!(patch(&admin, TREND, &change).await.status, 200);
        assert_eq!(jobs(&app).await, 0, "{change}");
    }
    assert_eq!(profile(&app, "agencies/trend").await["descriptions"]["az"], "Yeni təsvir.");
    assert_eq!(document(&app, "MIDDLE-CORRIDOR", "az").await.etag(), before);
}

async fn suspension_shuts_an_agency_out_at_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    let (admin, editor) = (app.staff(ADMIN).await, app.staff(EDITOR).await);
    let submit = key(&app, &["articles:submit"]).await;
    submit.get(TREND).expect(200).await;
    let person = format!("staff/{}", editor.id);
    let (agency, member) = (profile(&app, "agencies/trend").await, profile(&app, &person).await);
    let people = items(&profile(&app, "staff?limit=100").await).len();
    let corridor = document(&app, "MIDDLE-CORRIDOR", "az").await.etag();

    let suspended = step(&platform, TREND, "suspend").await;
    assert_eq!((suspended.status.as_u16(), suspended.etag().as_str(), &suspended.json()["state"]), (200, "\"v2\"", &json!("suspended")));
    for caller in [&admin, &editor, &submit] {
        refused(&caller.get(TREND).send().await, 401, "unauthenticated");
        let story = json!({"original_language": "az", "headline": "Yox"});
        refused(&caller.post("/v1/articles").json(&story).send().await, 401, "unauthenticated");
    }
    assert_eq!(app.number("SELECT count(*) FROM articles WHERE slugline = 'YOX'").await, 0);
    for email in [ADMIN, EDITOR, JOURNALIST] {
        assert_eq!(log_in(&app, email).await, 401, "{email}");
    }
    for path in ["agencies/trend", person.as_str()] {
        refused(&app.anonymous().get(&format!("{DELIVERY}/{path}")).send().await, 404, "not_found");
    }
    assert_eq!(items(&profile(&app, "staff?limit=100").await).len(), people - 2);
    assert_eq!(document(&app, "MIDDLE-CORRIDOR", "az").await.etag(), corridor, "what it published stays");
    // Others go on, and still know of it.
    let other = app.staff("editor@kabar.example").await;
    assert_eq!(other.get(TREND).expect(200).await.json()["state"], "suspended");

    let reinstated = step(&platform, TREND, "reinstate").await;
    assert_eq!((reinstated.etag().as_str(), &reinstated.json()["state"]), ("\"v3\"", &json!("active")));
    for caller in [&admin, &editor, &submit] {
        caller.get(TREND).expect(200).await;
    }
    assert_eq!(log_in(&app, EDITOR).await, 200);
    assert_eq!((profile(&app, "agencies/trend").await, profile(&app, &person).await), (agency, member));
    assert_eq!(items(&profile(&app, "staff?limit=100").await).len(), people);
}

async fn steps_of_an_agency_have_an_order(app: App) {
    let platform = app.staff(PLATFORM).await;
    let refusal = step(&platform, "/v1/agencies/platform", "suspend").await;
    refused(&refusal, 409, "conflict");
    refused(&step(&platform, "/v1/agencies/platform", "reinstate").await, 409, "illegal_transition");
    platform.get("/v1/me").expect(200).await;
    assert_eq!(platform.get("/v1/agencies/platform").expect(200).await.etag(), "\"v1\"");
    refused(&step(&platform, TREND, "reinstate").await, 409, "illegal_transition");
    let suspend = format!("{TREND}/suspend");
    refused(&platform.post(&suspend).send().await, 428, "precondition_required");
    refused(&platform.post(&suspend).if_match("\"v9\"").send().await, 412, "stale_version");
    refused(&platform.post(&format!("{AGENCIES}/nobody/suspend")).if_match("*").send().await, 404, "not_found");
    for email in [ADMIN, EDITOR, "editor@platform.example"] {
        let caller = app.staff(email).await;
        for step in ["suspend", "reinstate"] {
            refused(&caller.post(&format!("{TREND}/{step}")).if_match("\"v1\"").send().await, 403, "forbidden");
        }
    }
    refused(&app.anonymous().post(&suspend).if_match("\"v1\"").send().await, 401, "unauthenticated");
    let untouched = platform.get(TREND).expect(200).await;
    assert_eq!((untouched.etag().as_str(), &untouched.json()["state"]), ("\"v1\"", &json!("active")));
    // By its id too, and of two at once one.
    let id = id_of(&app, "trend").await;
    let at_once = join_all((0..2).map(|_| platform.post(&format!("{AGENCIES}/{id}/suspend")).if_match("\"v1\"").send())).await;
    let mut statuses: Vec<u16> = at_once.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let again = step(&platform, TREND, "suspend").await;
    refused(&again, 409, "illegal_transition");
    assert_eq!(again.json()["state"], "suspended");
    assert_eq!(platform.get(TREND).expect(200).await.etag(), "\"v2\"");
}

async fn who_is_suspended_is_changed_without_being_shown(app: App) {
    let platform = app.staff(PLATFORM).await;
    assert_eq!(step(&platform, TREND, "suspend").await.status, 200);
    assert_eq!(patch(&platform, TREND, &json!({"names": {"en": "Trend, renamed"}})).await.json()["state"], "suspended");
    let office = json!({"names": {"en": "Bureau"}, "country": "AZ", "city": "Gəncə", "time_zone": "Asia/Baku"});
    platform.post(OFFICES).json(&office).expect(201).await;
    app.drain_jobs().await;
    let hidden = app.anonymous().get(&format!("{DELIVERY}/agencies/trend")).send().await;
    refused(&hidden, 404, "not_found");
    assert!(!slugs(&profile(&app, "agencies").await).contains(&"trend".to_owned()));
    assert_eq!(step(&platform, TREND, "reinstate").await.status, 200);
    let shown = profile(&app, "agencies/trend").await;
    assert_eq!((&shown["names"]["en"], shown["offices"].as_array().unwrap().len()), (&json!("Trend, renamed"), 2));
}

fn bureau() -> Value {
    json!({"names": {"az": "Gəncə bürosu", "en": "Ganja bureau"}, "country": "AZ", "city": "Gəncə", "address": "Nizami küçəsi 1", "time_zone": "Asia/Baku", "opened_on": "2024-02-29"})
}

async fn add_office(caller: &Caller, agency: &str, office: &Value) -> Answer {
    caller.post(&format!("{AGENCIES}/{agency}/offices")).json(office).expect(201).await
}

async fn offices_come_and_go(app: App) {
    let admin = app.staff(ADMIN).await;
    let trend = id_of(&app, "trend").await;
    let created = add_office(&admin, "trend", &bureau()).await;
    let office = created.json();
    let id = text(&office["id"]);
    let path = format!("{OFFICES}/{id}");
    assert_eq!(created.header("Location"), Some(app.state.url(&format!("{AGENCIES}/{trend}/offices/{id}")).as_str()));
    assert_eq!(created.etag(), "\"v1\"");
    let expected = with(bureau(), &json!({"id": id, "agency_id": trend, "head_office": false, "created_at": NOON, "updated_at": NOON}));
    assert_eq!(office, expected);
    let read = app.staff(JOURNALIST).await.get(&format!("{AGENCIES}/{trend}/offices/{id}")).expect(200).await;
    assert_eq!((read.json(), read.etag()), (expected.clone(), created.etag()));
    let list = admin.get(OFFICES).expect(200).await.json();
    let heads: Vec<bool> = items(&list).iter().map(|office| office["head_office"] == true).collect();
    assert_eq!((heads, &items(&list)[1]), (vec![true, false], &expected), "the head office first");
    assert_eq!(list["meta"], json!({"limit": 2, "has_more": false, "next_cursor": null}));

    app.advance(secs(5));
    let change = json!({"names": {"en": null, "ru": "Бюро в Гяндже"}, "address": null, "opened_on": "2024-03-01", "city": "Gəncə şəhəri"});
    let changed = patch(&admin, &path, &change).await;
    let names = json!({"az": "Gəncə bürosu", "ru": "Бюро в Гяндже"});
    let expected = with(expected, &with(change, &json!({"names": names, "updated_at": "2026-07-24T12:00:05Z"})));
    assert_eq!((changed.status.as_u16(), changed.etag().as_str(), changed.json()), (200, "\"v2\"", expected));
    assert_eq!(patch(&admin, &path, &json!({"opened_on": null})).await.json()["opened_on"], Value::Null);

    let deleted = admin.delete(&path).if_match("\"v3\"").expect(204).await;
    assert!(deleted.body.is_empty());
    refused(&admin.get(&path).send().await, 404, "not_found");
    refused(&admin.delete(&path).if_match("\"v3\"").send().await, 404, "not_found");
    refused(&admin.patch(&path).if_match("\"v3\"").json(&json!({})).send().await, 404, "not_found");
    assert_eq!(items(&admin.get(OFFICES).expect(200).await.json()).len(), 1);
    assert_eq!(app.number("SELECT count(*) FROM offices").await, 7);
}

async fn all_faults_of_an_office_are_told_at_once(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = app.number("SELECT count(*) FROM offices").await;
    let wrong =
        json!({"names": {}, "country": "Azərbaycan", "city": " ", "address": "", "time_zone": "Baku", "opened_on": "+12024-01-01", "head_office": true});
    invalid(&admin.post(OFFICES).json(&wrong).send().await, &["/names", "/country", "/time_zone", "/city", "/address", "/opened_on"]);
    for (change, pointer) in [
        (json!({"city": "ə".repeat(101)}), "/city"),
        (json!({"address": "ə".repeat(301)}), "/address"),
        (json!({"names": {"az": "ə".repeat(201)}}), "/names/az"),
    ] {
        invalid(&admin.post(OFFICES).json(&with(bureau(), &change)).send().await, &[pointer]);
    }
    for (change, pointer) in [
        (json!({"opened_on": "2023-02-29"}), "/opened_on"),
        (json!({"opened_on": "29.02.2024"}), "/opened_on"),
        (json!({"opened_on": "2024-02-29T00:00:00Z"}), "/opened_on"),
        (json!({"head_office": "yes"}), "/head_office"),
        (json!({"agency_id": Uuid::nil()}), "/agency_id"),
        (json!({"phone": "1"}), "/phone"),
    ] {
        malformed(&admin.post(OFFICES).json(&with(bureau(), &change)).send().await, pointer);
    }
    assert_eq!(app.number("SELECT count(*) FROM offices").await, before);
    let path = format!("{OFFICES}/{}", text(&items(&admin.get(OFFICES).expect(200).await.json())[0]["id"]));
    let change = json!({"names": null, "country": null, "city": null, "time_zone": null, "head_office": null});
    invalid(&patch(&admin, &path, &change).await, &["/country", "/city", "/time_zone", "/head_office", "/names"]);
    assert_eq!(etag(&admin, &path).await, "\"v1\"");
}

async fn an_agency_has_one_head_office(app: App) {
    let admin = app.staff(ADMIN).await;
    let head = format!("{OFFICES}/{}", text(&items(&admin.get(OFFICES).expect(200).await.json())[0]["id"]));
    let second = with(bureau(), &json!({"head_office": true}));
    refused(&admin.post(OFFICES).json(&second).send().await, 409, "conflict");
    let other = format!("{OFFICES}/{}", text(&add_office(&admin, "trend", &bureau()).await.json()["id"]));
    refused(&patch(&admin, &other, &json!({"head_office": true})).await, 409, "conflict");
    assert_eq!(etag(&admin, &other).await, "\"v1\"");
    // To stay the head office is no conflict, and another agency has one of its own.
    assert_eq!(patch(&admin, &head, &json!({"head_office": true, "address": "1"})).await.json()["head_office"], true);
    assert_eq!(patch(&admin, &head, &json!({"head_office": false})).await.json()["head_office"], false);
    assert_eq!(patch(&admin, &other, &json!({"head_office": true})).await.json()["head_office"], true);
    refused(&patch(&admin, &head, &json!({"head_office": true})).await, 409, "conflict");
    let listed = items(&admin.get(OFFICES).expect(200).await.json());
    assert!(other.ends_with(listed[0]["id"].as_str().unwrap()) && head.ends_with(listed[1]["id"].as_str().unwrap()), "{listed:?}");
    assert_eq!(app.number("SELECT count(*) FROM offices WHERE head_office").await, 7);
    let etag = etag(&admin, &other).await;
    admin.delete(&other).if_match(&etag).expect(204).await;
    add_office(&admin, "trend", &second).await;
}

async fn of_two_head_offices_at_once_one_stays(app: App) {
    let platform = app.staff(PLATFORM).await;
    let offices = "/v1/agencies/kabar/offices";
    let path = format!("{offices}/{}", text(&items(&platform.get(offices).expect(200).await.json())[0]["id"]));
    assert_eq!(patch(&platform, &path, &json!({"head_office": false})).await.status, 200);
    let other = format!("{offices}/{}", text(&add_office(&platform, "kabar", &bureau()).await.json()["id"]));
    let head = json!({"head_office": true});
    let answers = join_all([
        platform.post(offices).json(&with(bureau(), &head)).send(),
        platform.patch(&path).if_match("*").json(&head).send(),
        platform.patch(&other).if_match("*").json(&head).send(),
    ])
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.status.is_success()).count(), 1);
    for answer in answers.iter().filter(|answer| !answer.status.is_success()) {
        refused(answer, 409, "conflict");
    }
    let listed = items(&platform.get(offices).expect(200).await.json());
    assert_eq!(listed.iter().filter(|office| office["head_office"] == true).count(), 1);
    let public = profile(&app, "agencies/kabar").await["offices"].as_array().unwrap().clone();
    let shown: Vec<(&Value, &Value)> = public.iter().map(|office| (&office["city"], &office["head_office"])).collect();
    let stored: Vec<(&Value, &Value)> = listed.iter().map(|office| (&office["city"], &office["head_office"])).collect();
    assert_eq!(shown, stored, "the public sees what is");
}

async fn offices_are_their_agency_s(app: App) {
    let (admin, foreign) = (app.staff(ADMIN).await, foreign_admin(&app).await);
    let id = text(&add_office(&admin, "trend", &bureau()).await.json()["id"]);
    let path = format!("{OFFICES}/{id}");
    for caller in [app.staff(EDITOR).await, app.staff(JOURNALIST).await, app.staff("editor@platform.example").await] {
        caller.get(&path).expect(200).await;
        refused(&caller.post(OFFICES).json(&bureau()).send().await, 403, "forbidden");
        refused(&caller.patch(&path).if_match("\"v1\"").json(&json!({})).send().await, 403, "forbidden");
        refused(&caller.delete(&path).if_match("\"v1\"").send().await, 403, "forbidden");
    }
    foreign.get(&path).expect(200).await;
    refused(&foreign.post(OFFICES).json(&bureau()).send().await, 404, "not_found");
    refused(&foreign.patch(&path).if_match("\"v1\"").json(&json!({})).send().await, 404, "not_found");
    refused(&foreign.delete(&path).if_match("\"v1\"").send().await, 404, "not_found");
    // Not by way of one's own agency either.
    let detour = format!("{AGENCIES}/kazinform/offices/{id}");
    refused(&foreign.get(&detour).send().await, 404, "not_found");
    refused(&foreign.patch(&detour).if_match("\"v1\"").json(&json!({})).send().await, 404, "not_found");
    refused(&foreign.delete(&detour).if_match("\"v1\"").send().await, 404, "not_found");
    refused(&admin.get("/v1/agencies/nobody/offices").send().await, 404, "not_found");
    odd_parameter(&admin.get(&format!("{OFFICES}/nobody")).send().await, "invalid_parameter", "id");
    for request in [admin.patch(&path).json(&json!({"city": "x"})), admin.delete(&path)] {
        refused(&request.send().await, 428, "precondition_required");
    }
    for request in [admin.patch(&path).if_match("\"v0\"").json(&json!({"city": "x"})), admin.delete(&path).if_match("\"v0\"")] {
        refused(&request.send().await, 412, "stale_version");
    }
    let untouched = admin.get(&path).expect(200).await;
    assert_eq!((untouched.etag().as_str(), &untouched.json()["city"]), ("\"v1\"", &json!("Gəncə")));
    let platform = app.staff(PLATFORM).await;
    assert_eq!(patch(&platform, &path, &json!({"city": "Gəncə şəhəri"})).await.etag(), "\"v2\"");
    platform.delete(&path).if_match("\"v2\"").expect(204).await;
}

async fn the_public_profile_follows_the_offices(app: App) {
    let admin = app.staff(ADMIN).await;
    let public = async || app.anonymous().get(&format!("{DELIVERY}/agencies/trend")).expect(200).await;
    let before = public().await;
    app.advance(secs(60));
    let path = format!("{OFFICES}/{}", text(&add_office(&admin, "trend", &bureau()).await.json()["id"]));
    let added = public().await;
    let office = with(bureau(), &json!({"head_office": false}));
    assert_eq!(added.json()["offices"].as_array().unwrap().len(), 2);
    assert_eq!(added.json()["offices"][1], office, "what the public knows of an office, and no more");
    assert_ne!(added.etag(), before.etag());
    assert_eq!(added.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"));
    let known = app.anonymous().get(&format!("{DELIVERY}/agencies/trend")).header("If-None-Match", &added.etag());
    known.expect(304).await;
    assert_eq!(patch(&admin, &path, &json!({"city": "Şəki", "address": null})).await.status, 200);
    let changed = public().await.json();
    assert_eq!(changed["offices"][1], with(office, &json!({"city": "Şəki", "address": null})));
    let listed = items(&profile(&app, "agencies").await).into_iter().find(|agency| agency["slug"] == "trend").unwrap();
    assert_eq!(listed, changed, "the list shows the same");
    admin.delete(&path).if_match("\"v2\"").expect(204).await;
    let gone = public().await;
    assert_eq!((gone.json(), gone.etag()), (before.json(), before.etag()));
}

fn memorandum() -> Value {
    json!({"title": "Memorandum", "signed_on": "2024-02-15", "in_force_from": "2024-03-01", "in_force_to": "2027-02-28", "sharing": "flagged", "note": "Renew it."})
}

async fn record(caller: &Caller, agreement: &Value) -> Answer {
    caller.post(AGREEMENTS).json(agreement).expect(201).await
}

async fn agreements_are_recorded_and_changed(app: App) {
    let admin = app.staff(ADMIN).await;
    let trend = id_of(&app, "trend").await;
    let created = record(&admin, &memorandum()).await;
    let agreement = created.json();
    let id = text(&agreement["id"]);
    let path = format!("{AGREEMENTS}/{id}");
    assert_eq!(created.header("Location"), Some(app.state.url(&format!("{AGENCIES}/{trend}/agreements/{id}")).as_str()));
    assert_eq!(created.etag(), "\"v1\"");
    let expected = with(memorandum(), &json!({"id": id, "agency_id": trend, "created_at": NOON, "updated_at": NOON}));
    assert_eq!(agreement, expected);
    let read = admin.get(&path).expect(200).await;
    assert_eq!((read.json(), read.etag()), (expected.clone(), "\"v1\"".to_owned()));
    app.advance(secs(1));
    let plain = record(&admin, &json!({"title": "Annex", "sharing": "flagged"})).await.json();
    for member in ["signed_on", "in_force_from", "in_force_to", "note"] {
        assert_eq!(plain[member], Value::Null, "{member}");
    }
    let list = admin.get(AGREEMENTS).expect(200).await.json();
    let titles: Vec<String> = items(&list).iter().map(|agreement| text(&agreement["title"])).collect();
    assert_eq!(titles, ["Founding agreement of the Turkic World platform", "Memorandum", "Annex"], "the oldest first");
    assert_eq!(list["meta"]["has_more"], false);

    let change = json!({"title": "Memorandum of cooperation", "sharing": "all", "in_force_to": null, "note": null});
    let changed = patch(&admin, &path, &change).await;
    assert_eq!((changed.status.as_u16(), changed.etag().as_str()), (200, "\"v2\""));
    let expected = with(expected, &with(change, &json!({"updated_at": "2026-07-24T12:00:01Z"})));
    assert_eq!(changed.json(), expected);
    refused(&admin.patch(&path).json(&json!({"note": "x"})).send().await, 428, "precondition_required");
    let late = admin.patch(&path).if_match("\"v1\"").json(&json!({"note": "x"})).send().await;
    refused(&late, 412, "stale_version");
    assert_eq!(late.json()["current"]["updated_by"], json!(admin.id));
    // It is the record of a promise: it ends, and is not deleted.
    let kept = admin.delete(&path).if_match("\"v2\"").send().await;
    refused(&kept, 405, "method_not_allowed");
    assert_eq!(kept.header("Allow"), Some("GET, PATCH, HEAD, OPTIONS"));
    assert_eq!(admin.get(&path).expect(200).await.json(), expected);
}

async fn an_agreement_does_not_end_before_it_begins(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = app.number("SELECT count(*) FROM agreements").await;
    let wrong = json!({"title": " ", "signed_on": "+12024-02-15", "in_force_from": "2026-07-25", "in_force_to": "2026-07-24", "sharing": "all", "note": ""});
    invalid(&admin.post(AGREEMENTS).json(&wrong).send().await, &["/title", "/signed_on", "/in_force_to", "/note"]);
    for (change, pointer) in [
        (json!({"title": "a".repeat(201)}), "/title"),
        (json!({"note": "a".repeat(2_001)}), "/note"),
        (json!({"in_force_to": "2024-02-29"}), "/in_force_to"),
        (json!({"in_force_from": "2027-03-01"}), "/in_force_to"),
    ] {
        invalid(&admin.post(AGREEMENTS).json(&with(memorandum(), &change)).send().await, &[pointer]);
    }
    for (change, pointer) in [
        (json!({"sharing": "some"}), "/sharing"),
        (json!({"sharing": null}), "/sharing"),
        (json!({"in_force_from": "2026-02-30"}), "/in_force_from"),
        (json!({"signed_on": "yesterday"}), "/signed_on"),
        (json!({"agency_id": Uuid::nil()}), "/agency_id"),
    ] {
        malformed(&admin.post(AGREEMENTS).json(&with(memorandum(), &change)).send().await, pointer);
    }
    assert_eq!(app.number("SELECT count(*) FROM agreements").await, before);
    // One day is long enough.
    let day = with(memorandum(), &json!({"in_force_from": "2024-03-01", "in_force_to": "2024-03-01"}));
    let path = format!("{AGREEMENTS}/{}", text(&record(&admin, &day).await.json()["id"]));
    invalid(&patch(&admin, &path, &json!({"in_force_to": "2024-02-29"})).await, &["/in_force_to"]);
    invalid(&patch(&admin, &path, &json!({"in_force_from": "2024-03-02"})).await, &["/in_force_to"]);
    invalid(&patch(&admin, &path, &json!({"title": null, "sharing": null})).await, &["/title", "/sharing"]);
    assert_eq!(etag(&admin, &path).await, "\"v1\"");
    let moved = json!({"in_force_from": "2025-01-01", "in_force_to": "2025-01-02"});
    assert_eq!(patch(&admin, &path, &moved).await.json()["in_force_to"], "2025-01-02");
    assert_eq!(patch(&admin, &path, &json!({"in_force_from": null, "in_force_to": "1999-12-31"})).await.status, 200);
}

async fn agreements_are_between_the_agency_and_the_platform(app: App) {
    let (admin, foreign) = (app.staff(ADMIN).await, foreign_admin(&app).await);
    let id = text(&record(&admin, &memorandum()).await.json()["id"]);
    let path = format!("{AGREEMENTS}/{id}");
    let submit = key(&app, &["articles:submit"]).await;
    for (caller, status, code) in [
        (app.staff(EDITOR).await, 403, "forbidden"),
        (app.staff(JOURNALIST).await, 403, "forbidden"),
        (app.staff("editor@platform.example").await, 403, "forbidden"),
        (submit, 403, "forbidden"),
        (foreign.clone(), 404, "not_found"),
        (app.anonymous(), 401, "unauthenticated"),
    ] {
        refused(&caller.get(AGREEMENTS).send().await, status, code);
        refused(&caller.get(&path).send().await, status, code);
        refused(&caller.post(AGREEMENTS).json(&memorandum()).send().await, status, code);
        refused(&caller.patch(&path).if_match("\"v1\"").json(&json!({"sharing": "all"})).send().await, status, code);
    }
    let detour = format!("{AGENCIES}/kazinform/agreements/{id}");
    refused(&foreign.get(&detour).send().await, 404, "not_found");
    refused(&foreign.patch(&detour).if_match("\"v1\"").json(&json!({"sharing": "all"})).send().await, 404, "not_found");
    refused(&admin.get(&format!("{AGREEMENTS}/{}", Uuid::now_v7())).send().await, 404, "not_found");
    let untouched = admin.get(&path).expect(200).await;
    assert_eq!((untouched.etag().as_str(), &untouched.json()["sharing"]), ("\"v1\"", &json!("flagged")));
    assert_eq!(app.number("SELECT count(*) FROM agreements").await, 7);
    let platform = app.staff(PLATFORM).await;
    assert_eq!(items(&platform.get(AGREEMENTS).expect(200).await.json()).len(), 2);
    assert_eq!(patch(&platform, &path, &json!({"note": "Seen."})).await.json()["note"], "Seen.");
    record(&platform, &memorandum()).await;
}

/// Stories of the test are newer than those of the demo.
const NEW: &str = "/v1/articles?limit=100&updated_after=2026-07-24T11%3A59%3A59Z";

/// Whether somebody reads a story, its text, and finds it in the list.
async fn sees(app: &App, email: &str, article: &str) -> (u16, u16, bool) {
    let caller = app.staff(email).await;
    let path = format!("/v1/articles/{article}");
    let story = caller.get(&path).send().await;
    let original = caller.get(&format!("{path}/translations/az")).send().await;
    let listed = items(&caller.get(NEW).expect(200).await.json()).iter().any(|item| item["id"] == article);
    (story.status.as_u16(), original.status.as_u16(), listed)
}

/// A story of Trend that is not shared.
async fn unshared(app: &App) -> String {
    let story = json!({"original_language": "az", "headline": "Yalnız bizim", "body_html": "<p>Mətn.</p>", "shared": false});
    text(&app.staff(EDITOR).await.post("/v1/articles").json(&story).expect(201).await.json()["id"])
}

const SEEN: (u16, u16, bool) = (200, 200, true);
const HIDDEN: (u16, u16, bool) = (404, 404, false);

async fn an_agreement_opens_unshared_stories_on_its_days(app: App) {
    let id = unshared(&app).await;
    let path = format!("/v1/articles/{id}");
    let admin = app.staff(ADMIN).await;
    let agreement = json!({"title": "Two days of everything", "in_force_from": "2026-07-25", "in_force_to": "2026-07-26", "sharing": "all"});
    record(&admin, &agreement).await;
    let people = ["editor@platform.example", "journalist@platform.example", PLATFORM];
    let everybody = async || join_all(people.iter().map(|email| sees(&app, email, &id))).await;
    assert_eq!(everybody().await, [HIDDEN; 3], "not yet");
    app.advance(secs(12 * 60 * 60));
    assert_eq!(everybody().await, [SEEN; 3], "from the first minute of its first day");
    assert_eq!(sees(&app, "editor@kazinform.example", &id).await, HIDDEN, "to the platform alone");
    let editor = app.staff("editor@platform.example").await;
    let changed = patch(&editor, &path, &json!({"urgency": 3})).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["shared"]), (200, &json!(false)), "{}", changed.text());
    let journalist = app.staff("journalist@platform.example").await;
    refused(&patch(&journalist, &path, &json!({"urgency": 1})).await, 403, "forbidden");
    app.advance(secs(48 * 60 * 60 - 1));
    assert_eq!(everybody().await, [SEEN; 3], "to the last second of its last day");
    app.advance(secs(1));
    assert_eq!(everybody().await, [HIDDEN; 3], "no longer");
    let editor = app.staff("editor@platform.example").await;
    refused(&editor.patch(&path).if_match("*").json(&json!({"urgency": 1})).send().await, 404, "not_found");
    assert_eq!(app.staff(EDITOR).await.get(&path).expect(200).await.json()["urgency"], 3);
}

async fn an_agreement_counts_from_the_next_request_on(app: App) {
    let id = unshared(&app).await;
    let platform = "editor@platform.example";
    assert_eq!(sees(&app, platform, &id).await, HIDDEN);
    let admin = app.staff(ADMIN).await;
    let flagged = json!({"title": "Everything", "sharing": "flagged"});
    let path = format!("{AGREEMENTS}/{}", text(&record(&admin, &flagged).await.json()["id"]));
    assert_eq!(sees(&app, platform, &id).await, HIDDEN);
    for (change, expected) in [
        (json!({"sharing": "all"}), SEEN),
        (json!({"in_force_from": "2026-07-25"}), HIDDEN),
        (json!({"in_force_from": "2026-07-24"}), SEEN),
        (json!({"in_force_to": "2026-07-24"}), SEEN),
        (json!({"in_force_from": null, "in_force_to": "2026-07-23"}), HIDDEN),
        (json!({"in_force_to": null}), SEEN),
        (json!({"sharing": "flagged"}), HIDDEN),
    ] {
        assert_eq!(patch(&admin, &path, &change).await.status, 200);
        assert_eq!(sees(&app, platform, &id).await, expected, "{change}");
    }
    // A story that is flagged as shared needs no agreement of all.
    let editor = app.staff(EDITOR).await;
    assert_eq!(patch(&editor, &format!("/v1/articles/{id}"), &json!({"shared": true})).await.status, 200);
    assert_eq!(sees(&app, platform, &id).await, SEEN);
}
