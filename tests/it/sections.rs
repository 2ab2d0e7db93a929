//! The sections of the site, their names and their order; and the topics that stories can have.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use futures_util::future::join_all;
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

on_both!(
    a_section_is_added_after_all_others,
    sections_added_at_once_have_places_of_their_own,
    sections_are_arranged_by_the_platform,
    a_slug_is_one_section_s,
    a_slug_leads_to_its_section,
    all_faults_of_a_section_are_told_at_once,
    a_patch_merges_the_names_of_a_section,
    a_patch_of_a_section_breaks_no_rule,
    a_patch_of_a_section_has_seen_it,
    renaming_a_section_renders_its_documents_anew,
    other_changes_of_a_section_render_nothing,
    a_retired_section_takes_no_new_stories,
    a_retired_section_comes_back,
    an_order_names_every_section_in_use_once,
    the_public_list_follows_the_order,
    who_is_retired_is_not_ordered,
    sections_in_use_have_places_of_their_own,
    of_two_orders_at_once_one_is_last,
    an_order_keeps_the_names_of_the_hour,
    sections_are_listed_strictly,
    topics_are_found_by_the_starts_of_their_words,
    retired_topics_are_hidden,
    topics_are_found_below_a_broader_one,
    topics_come_in_pages,
    topics_are_read_strictly,
    topics_are_for_the_house,
);

const SECTIONS: &str = "/v1/sections";
const ORDER: &str = "/v1/sections/order";
const TOPICS: &str = "/v1/topics";
const DELIVERY: &str = "/v1/delivery";
const PLATFORM: &str = "admin@platform.example";
const ADMIN: &str = "admin@trend.example";
const EDITOR: &str = "editor@trend.example";
const JOURNALIST: &str = "journalist@trend.example";
const SEEDED: [&str; 8] = ["politics", "economy", "society", "culture", "science", "environment", "sport", "travel"];

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}

fn items(page: &Value) -> Vec<Value> {
    page["data"].as_array().unwrap().clone()
}

/// What the items of a list say under a name.
fn each(page: &Value, member: &str) -> Vec<String> {
    items(page).iter().map(|item| text(&item[member])).collect()
}

/// The value with further members, or others.
fn with(mut value: Value, members: &Value) -> Value {
    for (name, member) in members.as_object().unwrap() {
        value[name.as_str()] = member.clone();
    }
    value
}

fn at(section: &str) -> String {
    format!("{SECTIONS}/{section}")
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

#[track_caller]
fn done(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn etag(caller: &Caller, path: &str) -> String {
    caller.get(path).expect(200).await.etag()
}

/// Changes a section as somebody who has just read it.
async fn patch(caller: &Caller, section: &str, change: &Value) -> Answer {
    let etag = etag(caller, &at(section)).await;
    caller.patch(&at(section)).if_match(&etag).json(change).send().await
}

async fn retire(caller: &Caller, section: &str) {
    assert_eq!(done(&patch(caller, section, &json!({"state": "retired"})).await)["state"], "retired");
}

async fn order(caller: &Caller, sections: &[&str]) -> Answer {
    caller.post(ORDER).json(&json!({"sections": sections})).send().await
}

/// All sections, in their order, as the house lists them.
async fn sections(caller: &Caller) -> Value {
    caller.get(SECTIONS).expect(200).await.json()
}

/// The sections that the public sees, in their order.
async fn public(app: &App) -> Vec<Value> {
    items(&app.anonymous().get(&format!("{DELIVERY}/sections")).expect(200).await.json())
}

async fn public_slugs(app: &App) -> Vec<String> {
    public(app).await.iter().map(|section| text(&section["slug"])).collect()
}

async fn jobs(app: &App) -> i64 {
    app.number("SELECT count(*) FROM jobs").await
}

async fn count(app: &App) -> i64 {
    app.number("SELECT count(*) FROM sections").await
}

async fn key(app: &App, scopes: &[&str]) -> Caller {
    let admin = app.staff(ADMIN).await;
    let made = admin.post("/v1/agencies/trend/api-keys").json(&json!({"name": "Wire", "scopes": scopes})).expect(201).await.json();
    app.with_token(made["key"].as_str().unwrap())
}

fn radio() -> Value {
    json!({"slug": "radio", "names": {"az": "Radio", "kk": "Радио"}})
}

fn story(section: &str) -> Value {
    json!({"original_language": "az", "headline": "Xəzərdə külək", "body_html": "<p>Külək güclüdür.</p>", "section": section})
}

/// The public text of a demo story in a language.
async fn document(app: &App, slugline: &str, language: &str) -> Answer {
    let (id,): (Uuid,) = app.state.db.query("SELECT id FROM articles WHERE slugline = $1").bind(slugline).one().await.unwrap();
    app.anonymous().get(&format!("{DELIVERY}/articles/{id}?language={language}")).expect(200).await
}

async fn a_section_is_added_after_all_others(app: App) {
    let platform = app.staff(PLATFORM).await;
    app.advance(secs(60));
    let created = platform.post(SECTIONS).json(&with(radio(), &json!({"names": {"az": "Radio", "kaz": "Радио"}}))).expect(201).await;
    let section = created.json();
    let id = text(&section["id"]);
    let now = "2026-07-24T12:01:00Z";
    let expected = with(radio(), &json!({"id": id, "position": 9, "state": "active", "created_at": now, "updated_at": now}));
    assert_eq!(section, expected);
    assert_eq!((created.etag().as_str(), created.header("Location")), ("\"v1\"", Some(app.state.url(&at(&id)).as_str())));
    assert_eq!(created.header("Cache-Control"), Some("private, no-store"));
    let reader = key(&app, &["articles:submit"]).await;
    for caller in [app.staff(JOURNALIST).await, reader] {
        for reference in ["radio", id.as_str()] {
            let read = caller.get(&at(reference)).expect(200).await;
            assert_eq!((read.json(), read.etag().as_str()), (expected.clone(), "\"v1\""));
        }
        let list = sections(&caller).await;
        assert_eq!(each(&list, "slug"), [SEEDED.as_slice(), ["radio"].as_slice()].concat());
        assert_eq!(list["meta"], json!({"limit": 9, "has_more": false, "next_cursor": null}));
        for unknown in ["television", "RADIO", "019f0000-0000-7000-8000-000000000000"] {
            refused(&caller.get(&at(unknown)).send().await, 404, "not_found");
        }
    }
    let answer = app.anonymous().get(&format!("{DELIVERY}/sections")).expect(200).await;
    assert_eq!(items(&answer.json())[8], json!({"id": id, "slug": "radio", "names": section["names"], "position": 9}));
    assert_eq!(answer.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"));
    let article = app.staff(EDITOR).await.post("/v1/articles").json(&story("radio")).expect(201).await.json();
    assert_eq!(article["section_id"], id.as_str());
}

async fn sections_added_at_once_have_places_of_their_own(app: App) {
    let platform = app.staff(PLATFORM).await;
    let new = ["radio", "television", "video"].map(|slug| with(radio(), &json!({"slug": slug})));
    let answers = join_all(new.iter().map(|new| platform.post(SECTIONS).json(new).send())).await;
    let mut positions: Vec<i64> = answers.iter().map(|answer| answer.json()["position"].as_i64().unwrap()).collect();
    positions.sort_unstable();
    assert_eq!(positions, [9, 10, 11], "each after all others");
}

async fn sections_are_arranged_by_the_platform(app: App) {
    let before = sections(&app.staff(JOURNALIST).await).await;
    let wide = key(&app, &["partner:read", "articles:read", "articles:submit", "articles:publish"]).await;
    for (caller, status, code) in [
        (app.staff(ADMIN).await, 403, "forbidden"),
        (app.staff(JOURNALIST).await, 403, "forbidden"),
        (app.staff("editor@platform.example").await, 403, "forbidden"),
        (wide, 403, "forbidden"),
        (app.anonymous(), 401, "unauthenticated"),
    ] {
        refused(&caller.post(SECTIONS).json(&radio()).send().await, status, code);
        refused(&caller.post(SECTIONS).json(&json!({})).send().await, status, code);
        refused(&caller.patch(&at("politics")).if_match("\"v1\"").json(&json!({"state": "retired"})).send().await, status, code);
        refused(&caller.patch(&at("nobody")).if_match("\"v1\"").json(&json!({})).send().await, status, code);
        refused(&order(&caller, &SEEDED).await, status, code);
    }
    let narrow = key(&app, &["articles:read"]).await;
    for path in [SECTIONS, at("politics").as_str()] {
        refused(&narrow.get(path).send().await, 403, "forbidden");
        refused(&app.anonymous().get(path).send().await, 401, "unauthenticated");
    }
    let deleted = app.staff(PLATFORM).await.delete(&at("politics")).if_match("\"v1\"").send().await;
    refused(&deleted, 405, "method_not_allowed");
    assert_eq!(sections(&app.staff(JOURNALIST).await).await, before);
}

async fn a_slug_is_one_section_s(app: App) {
    let platform = app.staff(PLATFORM).await;
    retire(&platform, "travel").await;
    for taken in ["politics", "travel"] {
        refused(&platform.post(SECTIONS).json(&with(radio(), &json!({"slug": taken}))).send().await, 409, "already_exists");
    }
    assert_eq!((count(&app).await, public_slugs(&app).await.len()), (8, 7));
    let answers = join_all((0..3).map(|_| platform.post(SECTIONS).json(&radio()).send())).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        refused(answer, 409, "already_exists");
    }
    let video = with(radio(), &json!({"slug": "video"}));
    let first = platform.post(SECTIONS).header("Idempotency-Key", "k").json(&video).expect(201).await;
    let again = platform.post(SECTIONS).header("Idempotency-Key", "k").json(&video).expect(201).await;
    assert_eq!((again.header("Idempotency-Replayed"), again.json(), again.etag()), (Some("true"), first.json(), first.etag()));
    assert_eq!(count(&app).await, 10);
}

/// `/v1/sections/order` is an address of its own.
async fn a_slug_leads_to_its_section(app: App) {
    let platform = app.staff(PLATFORM).await;
    let answer = platform.post(SECTIONS).json(&with(radio(), &json!({"slug": "order"}))).send().await;
    if answer.status == 201 {
        assert_eq!(platform.get(&at("order")).expect(200).await.json(), answer.json());
    } else {
        invalid(&answer, &["/slug"]);
        assert_eq!(count(&app).await, 8);
    }
}

async fn all_faults_of_a_section_are_told_at_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    invalid(&platform.post(SECTIONS).json(&json!({"slug": "Радио", "names": {}})).send().await, &["/slug", "/names"]);
    let post = async |change: Value| platform.post(SECTIONS).json(&with(radio(), &change)).send().await;
    for (change, pointers) in [
        (json!({"slug": "r"}), vec!["/slug"]),
        (json!({"slug": "r".repeat(41)}), vec!["/slug"]),
        (json!({"slug": "radio tv"}), vec!["/slug"]),
        (json!({"slug": "019f0000-0000-7000-8000-000000000000"}), vec!["/slug"]),
        (json!({"names": {"az": "ə".repeat(101), "kk": " "}}), vec!["/names/az", "/names/kk"]),
        (json!({"names": {"az": "a\u{0}"}}), vec!["/names/az"]),
    ] {
        invalid(&post(change).await, &pointers);
    }
    for (change, pointer) in [
        (json!({"slug": null}), "/slug"),
        (json!({"names": {"xx": "a"}}), "/names/xx"),
        (json!({"names": {"az": null}}), "/names/az"),
        (json!({"names": "Radio"}), "/names"),
        (json!({"position": 1}), "/position"),
        (json!({"state": "retired"}), "/state"),
        (json!({"id": Uuid::nil()}), "/id"),
    ] {
        malformed(&post(change).await, pointer);
    }
    malformed(&platform.post(SECTIONS).json(&json!({"names": {"az": "Radio"}})).send().await, "/slug");
    assert_eq!((count(&app).await, public(&app).await.len()), (8, 8));
    assert_eq!(post(json!({"slug": "r".repeat(40), "names": {"az": "ə".repeat(100)}})).await.status, 201);
}

async fn a_patch_merges_the_names_of_a_section(app: App) {
    let platform = app.staff(PLATFORM).await;
    let before = platform.get(&at("politics")).expect(200).await.json();
    app.advance(secs(5));
    let changed = patch(&platform, "politics", &json!({"names": {"az": "Siyasi xəbərlər", "kaz": null, "tt": "Сәясәт"}})).await;
    let names = json!({
        "az": "Siyasi xəbərlər", "tr": "Siyaset", "ky": "Саясат", "uz": "Siyosat", "tk": "Syýasat", "ru": "Политика", "en": "Politics", "tt": "Сәясәт",
    });
    let expected = with(before, &json!({"names": names, "updated_at": "2026-07-24T12:00:05Z"}));
    assert_eq!((done(&changed), changed.etag().as_str()), (expected.clone(), "\"v2\""));
    assert_eq!(platform.get(&at("politics")).expect(200).await.json(), expected);
    assert_eq!(public(&app).await[0]["names"], names, "at once");
    assert_eq!(public_slugs(&app).await, SEEDED, "its place is the same");
    // By its id too.
    let by_id = patch(&platform, &text(&expected["id"]), &json!({"names": {"tt": null}})).await;
    assert_eq!((&done(&by_id)["names"]["tt"], by_id.etag().as_str()), (&Value::Null, "\"v3\""));
}

async fn a_patch_of_a_section_breaks_no_rule(app: App) {
    let platform = app.staff(PLATFORM).await;
    let before = platform.get(&at("politics")).expect(200).await;
    let none = json!({"az": null, "tr": null, "kk": null, "ky": null, "uz": null, "tk": null, "ru": null, "en": null});
    invalid(&patch(&platform, "politics", &json!({"names": none, "state": null})).await, &["/state", "/names"]);
    invalid(&patch(&platform, "politics", &json!({"names": null})).await, &["/names"]);
    invalid(&patch(&platform, "politics", &json!({"names": {"az": "", "en": "a".repeat(101)}})).await, &["/names/az", "/names/en"]);
    for (change, pointer) in [
        (json!({"slug": "policy"}), "/slug"),
        (json!({"position": 1}), "/position"),
        (json!({"state": "gone"}), "/state"),
        (json!({"names": {"xx": null}}), "/names/xx"),
        (json!({"names": ["a"]}), "/names"),
    ] {
        malformed(&patch(&platform, "politics", &change).await, pointer);
    }
    refused(&platform.patch(&at("television")).if_match("*").json(&json!({})).send().await, 404, "not_found");
    let after = platform.get(&at("politics")).expect(200).await;
    assert_eq!((after.json(), after.etag()), (before.json(), before.etag()));
    assert_eq!(jobs(&app).await, 0);
}

async fn a_patch_of_a_section_has_seen_it(app: App) {
    let platform = app.staff(PLATFORM).await;
    let path = at("politics");
    let change = json!({"state": "retired"});
    refused(&platform.patch(&path).json(&change).send().await, 428, "precondition_required");
    app.advance(secs(1));
    platform.patch(&path).if_match("\"v1\"").json(&json!({"names": {"en": "Policy"}})).expect(200).await;
    let late = platform.patch(&path).if_match("\"v1\"").json(&change).send().await;
    refused(&late, 412, "stale_version");
    assert_eq!(late.json()["current"], json!({"etag": "\"v2\"", "updated_at": "2026-07-24T12:00:01Z", "updated_by": platform.id}));
    refused(&platform.patch(&path).if_match("W/\"v2\"").json(&change).send().await, 412, "stale_version");
    assert_eq!(platform.get(&path).expect(200).await.json()["state"], "active");
    let names = ["One", "Two", "Three"].map(|name| json!({"names": {"en": name}}));
    let answers = join_all(names.iter().map(|change| platform.patch(&path).if_match("\"v2\"").json(change).send())).await;
    let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        refused(answer, 412, "stale_version");
    }
    let now = platform.get(&path).expect(200).await;
    assert_eq!((now.json(), now.etag().as_str()), (won[0].json(), "\"v3\""));
    assert_eq!(public(&app).await[0]["names"], now.json()["names"]);
}

async fn renaming_a_section_renders_its_documents_anew(app: App) {
    let own = ["az", "kk", "tr", "en"];
    let read = async || join_all(own.map(|language| document(&app, "MIDDLE-CORRIDOR", language))).await;
    let (before, other) = (read().await, document(&app, "SAIGA-STEPPE", "az").await);
    assert_eq!(before[0].json()["section"]["name"], "İqtisadiyyat");
    let changes = app.number("SELECT count(*) FROM published_changes").await;
    app.advance(secs(60));
    let platform = app.staff(PLATFORM).await;
    done(&patch(&platform, "economy", &json!({"names": {"az": "Yeni iqtisadiyyat", "kk": "Жаңа экономика", "tr": null}})).await);
    for (old, new) in before.iter().zip(read().await) {
        assert_eq!((old.etag(), &old.body), (new.etag(), &new.body), "the documents later");
    }
    assert!(app.drain_jobs().await > 0);
    assert_eq!(jobs(&app).await, 0, "a job failed");
    let after = read().await;
    let named: Vec<String> = after.iter().map(|answer| text(&answer.json()["section"]["name"])).collect();
    assert_eq!(named, ["Yeni iqtisadiyyat", "Жаңа экономика", "Yeni iqtisadiyyat", "Economy"], "in the nearest language where there is no name");
    for (old, new) in before[..3].iter().zip(&after) {
        assert_ne!(old.etag(), new.etag());
        assert_eq!(new.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"));
        let section = json!({"id": old.json()["section"]["id"], "slug": "economy", "name": new.json()["section"]["name"]});
        assert_eq!(new.json(), with(old.json(), &json!({"section": section})), "nothing else is new");
    }
    let again = document(&app, "SAIGA-STEPPE", "az").await;
    assert_eq!((again.etag(), again.body), (other.etag(), other.body), "another section's");
    assert_eq!(app.number("SELECT count(*) FROM published_changes").await, changes, "nothing was published");
    let listed = app.anonymous().get(&format!("{DELIVERY}/articles?section=economy&language=az")).expect(200).await.json();
    assert_eq!(items(&listed)[0]["section"]["name"], "Yeni iqtisadiyyat");
    let known = app.anonymous().get(&format!("{DELIVERY}/articles/{}?language=az", text(&after[0].json()["id"])));
    assert_eq!(known.header("If-None-Match", &before[0].etag()).expect(200).await.etag(), after[0].etag());
}

async fn other_changes_of_a_section_render_nothing(app: App) {
    let platform = app.staff(PLATFORM).await;
    let before = document(&app, "MIDDLE-CORRIDOR", "az").await.etag();
    for change in [json!({"names": {"az": "İqtisadiyyat", "tt": null}}), json!({"state": "retired"}), json!({"state": "active"}), json!({})] {
        done(&patch(&platform, "economy", &change).await);
        assert_eq!(jobs(&app).await, 0, "{change}");
    }
    let mut moved = SEEDED;
    moved.reverse();
    done(&order(&platform, &moved).await);
    assert_eq!(jobs(&app).await, 0);
    assert_eq!(document(&app, "MIDDLE-CORRIDOR", "az").await.etag(), before);
}

async fn a_retired_section_takes_no_new_stories(app: App) {
    let (platform, editor) = (app.staff(PLATFORM).await, app.staff(EDITOR).await);
    let old = editor.post("/v1/articles").json(&story("economy")).expect(201).await.json();
    let path = format!("/v1/articles/{}", text(&old["id"]));
    let corridor = document(&app, "MIDDLE-CORRIDOR", "az").await.etag();
    let id = text(&platform.get(&at("economy")).expect(200).await.json()["id"]);
    retire(&platform, "economy").await;
    assert_eq!(public_slugs(&app).await, ["politics", "society", "culture", "science", "environment", "sport", "travel"]);
    let stories = app.number("SELECT count(*) FROM articles").await;
    for reference in ["economy", id.as_str(), "nowhere"] {
        invalid(&editor.post("/v1/articles").json(&story(reference)).send().await, &["/section"]);
        invalid(&editor.patch(&path).if_match("\"v1\"").json(&json!({"section": reference})).send().await, &["/section"]);
    }
    assert_eq!(app.number("SELECT count(*) FROM articles").await, stories);
    // What it has, it keeps; and it is known to the house.
    let changed = editor.patch(&path).if_match("\"v1\"").json(&json!({"urgency": 3})).expect(200).await.json();
    assert_eq!((&changed["section_id"], &changed["urgency"]), (&json!(id), &json!(3)));
    assert_eq!(document(&app, "MIDDLE-CORRIDOR", "az").await.etag(), corridor);
    assert_eq!(editor.get(&at("economy")).expect(200).await.json()["state"], "retired");
    let moved = editor.patch(&path).if_match("\"v2\"").json(&json!({"section": "society"})).expect(200).await.json();
    assert_ne!(moved["section_id"], id.as_str());
    invalid(&editor.patch(&path).if_match("\"v3\"").json(&json!({"section": "economy"})).send().await, &["/section"]);
}

async fn a_retired_section_comes_back(app: App) {
    let (platform, editor) = (app.staff(PLATFORM).await, app.staff(EDITOR).await);
    let before = public(&app).await;
    retire(&platform, "sport").await;
    for (query, expected) in [
        ("", SEEDED.to_vec()),
        ("?state=retired", vec!["sport"]),
        ("?state=active", vec!["politics", "economy", "society", "culture", "science", "environment", "travel"]),
        ("?state=active,retired", SEEDED.to_vec()),
    ] {
        assert_eq!(each(&editor.get(&format!("{SECTIONS}{query}")).expect(200).await.json(), "slug"), expected, "{query}");
    }
    done(&patch(&platform, "sport", &json!({"names": {"en": "Sports"}})).await);
    assert!(!public_slugs(&app).await.contains(&"sport".to_owned()), "a new name does not show it");
    let back = patch(&platform, "sport", &json!({"state": "active"})).await;
    assert_eq!((&done(&back)["state"], back.etag().as_str()), (&json!("active"), "\"v4\""));
    let mut expected = before;
    expected[6]["names"]["en"] = json!("Sports");
    assert_eq!(public(&app).await, expected);
    editor.post("/v1/articles").json(&story("sport")).expect(201).await;
}

async fn an_order_names_every_section_in_use_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    let id = text(&platform.get(&at("politics")).expect(200).await.json()["id"]);
    let before = sections(&platform).await;
    let (first, rest) = (&SEEDED[..1], &SEEDED[1..]);
    for (given, pointers) in [
        (vec![], vec!["/sections"]),
        (rest.to_vec(), vec!["/sections"]),
        ([SEEDED.as_slice(), ["politics"].as_slice()].concat(), vec!["/sections/8"]),
        ([SEEDED.as_slice(), [id.as_str()].as_slice()].concat(), vec!["/sections/8"]),
        ([["television"].as_slice(), SEEDED.as_slice()].concat(), vec!["/sections/0"]),
        ([["POLITICS"].as_slice(), rest].concat(), vec!["/sections/0", "/sections"]),
        ([first, first, &rest[1..]].concat(), vec!["/sections/1", "/sections"]),
        (vec!["a"; 501], vec!["/sections"]),
    ] {
        invalid(&order(&platform, &given).await, &pointers);
    }
    let missing = order(&platform, &SEEDED[2..]).await.text();
    assert!(missing.contains("politics") && missing.contains("economy") && !missing.contains("society"), "says which: {missing}");
    retire(&platform, "politics").await;
    invalid(&order(&platform, &SEEDED).await, &["/sections/0"]);
    done(&patch(&platform, "politics", &json!({"state": "active"})).await);
    for (body, pointer) in [
        (json!({"sections": "politics"}), "/sections"),
        (json!({"sections": [1]}), "/sections/0"),
        (json!({"sections": null}), "/sections"),
        (json!({"order": SEEDED}), "/order"),
        (json!({}), "/sections"),
    ] {
        malformed(&platform.post(ORDER).json(&body).send().await, pointer);
    }
    let after = sections(&platform).await;
    assert_eq!(each(&after, "slug"), SEEDED);
    assert_eq!(items(&after)[1..], items(&before)[1..]);
}

async fn the_public_list_follows_the_order(app: App) {
    let platform = app.staff(PLATFORM).await;
    let science = text(&platform.get(&at("science")).expect(200).await.json()["id"]);
    let before = app.anonymous().get(&format!("{DELIVERY}/sections")).expect(200).await;
    let wanted = ["economy", "politics", "society", "culture", "travel", science.as_str(), "environment", "sport"];
    let slugs = ["economy", "politics", "society", "culture", "travel", "science", "environment", "sport"];
    app.advance(secs(60));
    let ordered = order(&platform, &wanted).await;
    let list = done(&ordered);
    assert_eq!(each(&list, "slug"), slugs, "the answer is the whole list");
    assert_eq!(list, sections(&platform).await);
    for (position, section) in (1..).zip(items(&list)) {
        assert_eq!(section["position"], position);
        let slug = text(&section["slug"]);
        let moved = !["society", "culture"].contains(&slug.as_str());
        assert_eq!(etag(&platform, &at(&slug)).await, if moved { "\"v2\"" } else { "\"v1\"" }, "{slug}");
        assert_eq!(section["updated_at"] == "2026-07-24T12:01:00Z", moved, "{slug}");
    }
    let after = app.anonymous().get(&format!("{DELIVERY}/sections")).expect(200).await;
    assert_eq!(each(&after.json(), "slug"), slugs);
    assert_eq!(items(&after.json()).iter().map(|section| section["position"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_ne!(after.etag(), before.etag());
    assert_eq!(after.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"));
    // Again, nothing moves.
    done(&order(&platform, &slugs).await);
    assert_eq!(etag(&platform, &at("economy")).await, "\"v2\"");
    // A new one still comes last.
    assert_eq!(platform.post(SECTIONS).json(&radio()).expect(201).await.json()["position"], 9);
    assert_eq!(public_slugs(&app).await, [slugs.as_slice(), ["radio"].as_slice()].concat());
}

async fn who_is_retired_is_not_ordered(app: App) {
    let platform = app.staff(PLATFORM).await;
    retire(&platform, "politics").await;
    let wanted = ["travel", "sport", "environment", "science", "culture", "society", "economy"];
    let list = done(&order(&platform, &wanted).await);
    assert_eq!(items(&list).len(), 8, "the answer has the retired ones too");
    let in_use: Vec<Value> = items(&list).into_iter().filter(|section| section["state"] == "active").collect();
    let places: Vec<(String, i64)> = in_use.iter().map(|section| (text(&section["slug"]), section["position"].as_i64().unwrap())).collect();
    let expected: Vec<(String, i64)> = (1..).zip(wanted).map(|(position, slug)| (slug.to_owned(), position)).collect();
    assert_eq!(places, expected, "those in use are counted from 1");
    assert_eq!(public_slugs(&app).await, wanted);
    assert_eq!(each(&platform.get(&format!("{SECTIONS}?state=active")).expect(200).await.json(), "slug"), wanted);
}

async fn sections_in_use_have_places_of_their_own(app: App) {
    let platform = app.staff(PLATFORM).await;
    retire(&platform, "culture").await;
    done(&order(&platform, &["travel", "sport", "environment", "science", "society", "economy", "politics"]).await);
    done(&patch(&platform, "culture", &json!({"state": "active"})).await);
    let positions: Vec<i64> = public(&app).await.iter().map(|section| section["position"].as_i64().unwrap()).collect();
    assert_eq!(positions.iter().collect::<BTreeSet<_>>().len(), 8, "no two stand in one place: {positions:?}");
    assert!(positions.is_sorted());
}

async fn of_two_orders_at_once_one_is_last(app: App) {
    let platform = app.staff(PLATFORM).await;
    let mut turned = SEEDED;
    turned.reverse();
    let mut halves = SEEDED;
    halves.rotate_left(4);
    let answers = join_all([order(&platform, &turned), order(&platform, &halves), order(&platform, &turned)]).await;
    for answer in &answers {
        done(answer);
    }
    let list = sections(&platform).await;
    assert!(each(&list, "slug") == turned || each(&list, "slug") == halves, "{list}");
    assert_eq!(items(&list).iter().map(|section| section["position"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(public_slugs(&app).await, each(&list, "slug"), "the public sees what is");
}

async fn an_order_keeps_the_names_of_the_hour(app: App) {
    let platform = app.staff(PLATFORM).await;
    let mut turned = SEEDED;
    turned.reverse();
    let rename = |slug: &str| platform.patch(&at(slug)).if_match("*").json(&json!({"names": {"en": format!("New {slug}")}})).send();
    let ordering = platform.post(ORDER).json(&json!({"sections": turned})).send();
    let answers = join_all([rename("politics"), ordering, rename("travel")]).await;
    for answer in &answers {
        done(answer);
    }
    let shown = public(&app).await;
    let slugs: Vec<String> = shown.iter().map(|section| text(&section["slug"])).collect();
    assert_eq!(slugs, turned);
    assert_eq!((&shown[7]["names"]["en"], &shown[0]["names"]["en"]), (&json!("New politics"), &json!("New travel")), "both count");
    assert_eq!(etag(&platform, &at("politics")).await, "\"v3\"");
}

async fn sections_are_listed_strictly(app: App) {
    let editor = app.staff(EDITOR).await;
    for (query, name) in [("state=gone", "state"), ("state=", "state"), ("limit=3", "limit"), ("slug=sport", "slug"), ("state=active&state=retired", "state")] {
        odd_parameter(&editor.get(&format!("{SECTIONS}?{query}")).send().await, "invalid_parameter", name);
    }
}

/// A term of the vocabulary, as it lies in the table: id, broader topic, `retired`, name.
type Term = [&'static str; 4];

fn vocabulary() -> Vec<Term> {
    let lines = include_str!("../../src/topics/mediatopics.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap()).collect()
}

/// The ids of the terms that pass, by name.
fn terms(passes: impl Fn(&Term) -> bool) -> Vec<String> {
    let mut found: Vec<(String, &str)> = vocabulary().into_iter().filter(passes).map(|term| (term[3].to_lowercase(), term[0])).collect();
    found.sort();
    found.into_iter().map(|(_, id)| id.to_owned()).collect()
}

async fn topics(caller: &Caller, query: &str) -> Value {
    caller.get(&format!("{TOPICS}?limit=100&{query}")).expect(200).await.json()
}

async fn topics_are_found_by_the_starts_of_their_words(app: App) {
    let caller = app.staff(JOURNALIST).await;
    let sport = [
        "sport",
        "sport climbing",
        "sport event",
        "sport industry",
        "sport organisation",
        "sport shooting",
        "sport venue",
        "sports facilities",
        "sports policies",
        "disciplinary action in sport",
        "drug abuse in sport",
        "drug testing in sport",
        "drug use in sport",
        "icestock sport",
        "medical drug use in sport",
        "recreational and sporting goods",
        "roller sports",
        "underwater sports",
    ];
    let water = ["water", "water pollution", "water polo", "water skiing", "water supply", "waterway and maritime transport"];
    for (query, expected) in [
        ("sport", sport.to_vec()),
        ("%20SPORT%20", sport.to_vec()),
        ("sports", vec!["sports facilities", "sports policies", "roller sports", "underwater sports"]),
        ("climate", vec!["climate change"]),
        ("change%20climate", vec!["climate change"]),
        ("water", water.to_vec()),
        ("hous", vec!["house and home", "house building", "housing and urban planning policy", "lower house (parliament)", "upper house (parliament)"]),
        ("media%20ent", vec!["arts, culture, entertainment and media"]),
        ("entertainment,%20media!", vec!["arts, culture, entertainment and media"]),
        ("tainment", vec![]),
        ("climate%20sport", vec![]),
        ("%25", vec![]),
        ("!", vec![]),
        ("%D0%BA%D0%BB%D0%B8%D0%BC%D0%B0%D1%82", vec![]),
    ] {
        assert_eq!(each(&topics(&caller, &format!("q={query}")).await, "name"), expected, "{query}");
    }
    let first = items(&topics(&caller, "q=sport").await);
    assert_eq!(first[0], json!({"id": "medtop:15000000", "name": "sport", "broader": null, "retired": false}));
    assert_eq!(first[1], json!({"id": "medtop:20000887", "name": "sport climbing", "broader": "medtop:20000884", "retired": false}));
}

async fn retired_topics_are_hidden(app: App) {
    let editor = app.staff(EDITOR).await;
    let war = json!({"id": "medtop:20000064", "name": "war crime action", "broader": "medtop:20000062", "retired": true});
    for (query, expected) in [
        ("q=war%20crime", vec!["war crime"]),
        ("q=war%20crime&retired=false", vec!["war crime"]),
        ("q=war%20crime&retired=true", vec!["war crime", "war crime action"]),
        ("q=court%20administration", vec![]),
        ("q=court%20administration&retired=true", vec!["court administration"]),
        ("broader=medtop:20000062&q=war", vec!["civil war"]),
        ("broader=medtop:20000062&q=war&retired=true", vec!["war crime action", "civil war"]),
    ] {
        assert_eq!(each(&topics(&editor, query).await, "name"), expected, "{query}");
    }
    assert_eq!(items(&topics(&editor, "q=war%20crime%20action&retired=true").await), [war]);
    // What the list shows, a story can have.
    let post = async |topic: &str| editor.post("/v1/articles").json(&with(story("society"), &json!({"topics": [topic]}))).send().await;
    invalid(&post("medtop:20000064").await, &["/topics/0"]);
    assert_eq!(post("medtop:20000105").await.json()["topics"], json!(["medtop:20000105"]));
}

async fn topics_are_found_below_a_broader_one(app: App) {
    let caller = app.staff(JOURNALIST).await;
    let environment = ["climate change", "conservation", "environmental politics", "environmental pollution", "natural resources", "nature"];
    let page = topics(&caller, "broader=medtop:06000000").await;
    assert_eq!(each(&page, "name"), environment, "one level down, by name");
    assert_eq!(each(&page, "broader"), ["medtop:06000000"; 6]);
    assert_eq!(each(&topics(&caller, "broader=medtop:06000000&q=nat").await, "name"), ["natural resources", "nature"]);
    assert_eq!(each(&topics(&caller, "broader=medtop:06000000&q=sport").await, "name"), Vec::<String>::new());
    for broader in ["medtop:03000000", "medtop:15000000", "medtop:20000062"] {
        let below = |retired: bool| terms(|term| term[1] == broader && (retired || term[2].is_empty()));
        assert_eq!(each(&topics(&caller, &format!("broader={broader}")).await, "id"), below(false), "{broader}");
        assert_eq!(each(&topics(&caller, &format!("broader={broader}&retired=true")).await, "id"), below(true), "{broader}");
    }
    // The last ones have none below.
    assert_eq!(items(&topics(&caller, "broader=medtop:20000418").await).len(), terms(|term| term[1] == "medtop:20000418" && term[2].is_empty()).len());
}

async fn topics_come_in_pages(app: App) {
    let caller = app.staff(JOURNALIST).await;
    for (query, expected) in [(String::new(), terms(|term| term[2].is_empty())), ("retired=true&".to_owned(), terms(|_| true))] {
        let mut path = format!("{TOPICS}?{query}limit=100");
        let mut seen = vec![];
        loop {
            let answer = caller.get(&path).expect(200).await;
            let page = answer.json();
            seen.extend(each(&page, "id"));
            assert_eq!(page["meta"]["limit"], 100);
            let Some(link) = answer.header("Link") else {
                assert_eq!((&page["meta"]["has_more"], &page["meta"]["next_cursor"]), (&json!(false), &Value::Null));
                break;
            };
            assert_eq!((items(&page).len(), &page["meta"]["has_more"]), (100, &json!(true)));
            let address = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            address.strip_prefix(app.state.url("").as_str()).unwrap().clone_into(&mut path);
        }
        assert_eq!(seen, expected, "each once, by name");
    }
    assert_eq!(items(&caller.get(TOPICS).expect(200).await.json()).len(), 25);
    // The best come first across pages too.
    let first = caller.get(&format!("{TOPICS}?q=sport&limit=4")).expect(200).await.json();
    let cursor = text(&first["meta"]["next_cursor"]);
    let rest = topics(&caller, &format!("q=sport&cursor={cursor}")).await;
    assert_eq!([each(&first, "name"), each(&rest, "name")].concat(), each(&topics(&caller, "q=sport").await, "name"));
    for query in ["q=sports", "q=sport&retired=true", "q=sport&broader=medtop:15000000", ""] {
        odd_parameter(&caller.get(&format!("{TOPICS}?{query}&cursor={cursor}")).send().await, "invalid_cursor", "cursor");
    }
    odd_parameter(&caller.get(&format!("{TOPICS}?cursor=nonsense")).send().await, "invalid_cursor", "cursor");
}

async fn topics_are_read_strictly(app: App) {
    let caller = app.staff(JOURNALIST).await;
    let long = format!("q={}", "a".repeat(101));
    for (query, name) in [
        ("q=", "q"),
        ("q=%20%20", "q"),
        (long.as_str(), "q"),
        ("q=a&q=b", "q"),
        ("q=a%00b", "q"),
        ("broader=", "broader"),
        ("broader=06000000", "broader"),
        ("broader=medtop:99999999", "broader"),
        ("retired=maybe", "retired"),
        ("retired=1", "retired"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("language=az", "language"),
        ("name=sport", "name"),
        ("offset=100", "offset"),
    ] {
        odd_parameter(&caller.get(&format!("{TOPICS}?{query}")).send().await, "invalid_parameter", name);
    }
    let most = format!("q={}", "a".repeat(100));
    assert_eq!(items(&topics(&caller, &most).await).len(), 0);
    refused(&caller.post(TOPICS).json(&json!({})).send().await, 405, "method_not_allowed");
}

async fn topics_are_for_the_house(app: App) {
    refused(&app.anonymous().get(TOPICS).send().await, 401, "unauthenticated");
    refused(&key(&app, &["articles:read"]).await.get(TOPICS).send().await, 403, "forbidden");
    let submit = key(&app, &["articles:submit"]).await.get(TOPICS).expect(200).await;
    assert_eq!(submit.header("Cache-Control"), Some("private, no-store"));
    assert_eq!(submit.json(), app.staff("journalist@platform.example").await.get(TOPICS).expect(200).await.json());
}
