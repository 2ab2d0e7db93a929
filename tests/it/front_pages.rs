//! Front pages: who sets them, what readers see of them, and changes that happen by themselves.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use newsroom::db::Reader;
use newsroom::front_pages::CarryOut;
use newsroom::jobs::Job;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    readers_see_the_slots_in_their_order,
    what_is_not_public_leaves_no_trace,
    a_slot_ends_at_its_time,
    a_page_is_strict_about_its_language,
    editors_see_every_slot,
    nobody_overwrites_what_they_have_not_seen,
    slots_that_are_wrong_are_named,
    the_house_sets_its_pages_and_agencies_theirs,
    a_change_happens_at_its_time_and_not_before,
    changes_happen_in_the_order_of_their_times,
    what_is_due_comes_before_what_was_not_seen,
    a_change_can_be_canceled,
    changes_that_are_wrong_are_named,
    every_change_is_in_the_log,
    dates_move_when_readers_see_something_else,
    who_may_not_edit_any_more_changes_nothing,
);

const HOME: &str = "/v1/delivery/front-pages/home?language=en";
const EDITION: &str = "/v1/front-pages/home/en";
const EDITOR: &str = "editor@platform.example";

/// A story of the platform in English.
async fn draft(editor: &Caller, headline: &str) -> String {
    let new = json!({ "original_language": "en", "headline": headline, "body_html": "<p>x</p>" });
    editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned()
}

async fn step(editor: &Caller, article: &str, step: &str) {
    let place = format!("/v1/articles/{article}/translations/en");
    let etag = editor.get(&place).expect(200).await.etag();
    let request = editor.post(&format!("{place}/{step}")).if_match(&etag);
    let request = if step == "kill" { request.json(&json!({ "reason": "x", "public_note": "x" })) } else { request };
    request.expect(200).await;
}

async fn published(editor: &Caller, headline: &str) -> String {
    let id = draft(editor, headline).await;
    step(editor, &id, "publish").await;
    id
}

fn slots(articles: &[&String]) -> Value {
    Value::Array(articles.iter().map(|id| json!({ "article_id": id })).collect())
}

/// Sets the home page, whatever stands on it.
async fn set(editor: &Caller, slots: Value) -> Answer {
    let now = editor.get(EDITION).send().await;
    let request = editor.put(EDITION);
    let request = if now.status == 200 { request.if_match(&now.etag()) } else { request.header("If-None-Match", "*") };
    let answer = request.json(&json!({ "slots": slots })).send().await;
    assert!(answer.status.is_success(), "{}", answer.text());
    answer
}

async fn house(app: &App) -> Caller {
    let editor = app.staff(EDITOR).await;
    editor.post("/v1/front-pages").json(&json!({ "name": "home" })).expect(201).await;
    editor
}

async fn schedule(editor: &Caller, at: &str, slots: Value) -> String {
    let made = editor.post(&format!("{EDITION}/changes")).json(&json!({ "at": at, "slots": slots })).expect(201).await;
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn read(app: &App, path: &str) -> Answer {
    app.anonymous().get(path).expect(200).await
}

async fn headlines(app: &App) -> Vec<String> {
    let answer = app.anonymous().get(HOME).send().await;
    if answer.status == 404 {
        return vec![];
    }
    answer.json()["data"].as_array().unwrap().iter().map(|item| item["headline"].as_str().unwrap().to_owned()).collect()
}

async fn readers_see_the_slots_in_their_order(app: App) {
    let editor = house(&app).await;
    let (one, two) = (published(&editor, "One").await, published(&editor, "Two").await);
    set(&editor, json!([{ "article_id": two, "pinned": true }, { "article_id": one }])).await;
    let answer = read(&app, HOME).await;
    for (name, value) in [
        ("Surrogate-Key", "front-pages front-page-home articles language-en delivery"),
        ("Cache-Control", "public, max-age=0, s-maxage=10"),
        ("Content-Language", "en"),
        ("Access-Control-Allow-Origin", "*"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let json = answer.json();
    assert_eq!(json["meta"], json!({ "limit": 2, "has_more": false, "next_cursor": null }));
    for (i, (id, pinned)) in [(two, true), (one, false)].into_iter().enumerate() {
        let mut card = read(&app, &format!("/v1/delivery/articles?id={id}")).await.json()["data"][0].clone();
        card["pinned"] = json!(pinned);
        assert_eq!(json["data"][i], card);
    }
    let list = read(&app, "/v1/delivery/front-pages").await.json();
    assert_eq!(list["data"], json!([{ "name": "home", "agency_id": null, "languages": ["en"] }]));
    app.anonymous().get(HOME).header("If-None-Match", &answer.etag()).expect(304).await;
    let head = app.anonymous().request("HEAD".parse().unwrap(), HOME).expect(200).await;
    assert_eq!(head.etag(), answer.etag());
    // The order is what the page is.
    set(&editor, json!([{ "article_id": json["data"][1]["id"] }, { "article_id": json["data"][0]["id"] }])).await;
    assert_ne!(read(&app, HOME).await.etag(), answer.etag());
    assert_eq!(headlines(&app).await, ["One", "Two"]);
}

async fn what_is_not_public_leaves_no_trace(app: App) {
    let editor = house(&app).await;
    let hidden = draft(&editor, "Hidden").await;
    let absent = app.anonymous().get("/v1/delivery/front-pages/nothing?language=en").expect(404).await;
    set(&editor, slots(&[&hidden])).await;
    let nothing = app.anonymous().get(HOME).expect(404).await;
    assert_eq!((nothing.code(), &nothing.json()["detail"]), (absent.code(), &absent.json()["detail"]), "as if there were no such page");
    assert_eq!(read(&app, "/v1/delivery/front-pages").await.json()["data"], json!([]));
    let (one, two) = (published(&editor, "One").await, published(&editor, "Two").await);
    set(&editor, slots(&[&one, &two])).await;
    let alone = read(&app, HOME).await;
    app.advance(Duration::from_mins(2));
    set(&editor, slots(&[&hidden, &one, &two])).await;
    let with_hidden = read(&app, HOME).await;
    assert_eq!((with_hidden.body, with_hidden.headers.len()), (alone.body.clone(), alone.headers.len()));
    for name in ["ETag", "Last-Modified"] {
        assert_eq!(read(&app, HOME).await.header(name), alone.header(name), "{name} of a page in which something is hidden");
    }
    // Published, withdrawn, killed: at once.
    step(&editor, &hidden, "publish").await;
    assert_eq!(headlines(&app).await, ["Hidden", "One", "Two"]);
    step(&editor, &one, "unpublish").await;
    assert_eq!(headlines(&app).await, ["Hidden", "Two"]);
    step(&editor, &two, "kill").await;
    assert_eq!(headlines(&app).await, ["Hidden"]);
    step(&editor, &one, "publish").await;
    assert_eq!(headlines(&app).await, ["Hidden", "One"]);
}

async fn a_slot_ends_at_its_time(app: App) {
    let editor = house(&app).await;
    let (one, two) = (published(&editor, "One").await, published(&editor, "Two").await);
    set(&editor, json!([{ "article_id": one, "until": "2026-07-24T12:01:00Z" }, { "article_id": two }])).await;
    let before = read(&app, HOME).await;
    app.advance(Duration::from_secs(59));
    assert_eq!(headlines(&app).await, ["One", "Two"]);
    let date = before.header("Last-Modified").unwrap().to_owned();
    app.advance(Duration::from_secs(1));
    let after = app.anonymous().get(HOME).header("If-Modified-Since", &date).expect(200).await;
    assert_eq!(headlines(&app).await, ["Two"]);
    assert_ne!(after.etag(), before.etag());
    assert_eq!(after.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"));
    let edition = editor.get(EDITION).expect(200).await.json();
    assert_eq!((&edition["slots"][0]["shown"], &edition["slots"][1]["shown"]), (&json!(false), &json!(true)));
    // What has left may stay in the list, and go from it, without another date for readers.
    app.advance(Duration::from_mins(1));
    set(&editor, json!([{ "article_id": one, "until": "2026-07-24T12:01:00Z" }, { "article_id": two }])).await;
    set(&editor, slots(&[&two])).await;
    assert_eq!(read(&app, HOME).await.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"));
}

async fn a_page_is_strict_about_its_language(app: App) {
    let editor = house(&app).await;
    let id = published(&editor, "One").await;
    set(&editor, slots(&[&id])).await;
    let page = "/v1/delivery/front-pages/home";
    let reader = app.anonymous();
    let strict = reader.get(&format!("{page}?language=kk")).expect(404).await;
    assert_eq!((strict.code(), &strict.json()["available_languages"]), ("language_not_published".to_owned(), &json!(["en"])));
    let fallback = read(&app, &format!("{page}?language=kk&fallback=ru,en")).await;
    let item = fallback.json()["data"][0].clone();
    assert_eq!((&item["language"], &item["requested_language"], &item["fallback"]), (&json!("en"), &json!("kk"), &json!(true)));
    assert_eq!(fallback.header("Content-Language"), Some("en"));
    assert_ne!(fallback.etag(), read(&app, HOME).await.etag());
    let negotiated = reader.get(&format!("{page}?language=auto")).header("Accept-Language", "kk, en;q=0.5").expect(200).await;
    assert_eq!((negotiated.header("Vary"), negotiated.header("Content-Language")), (Some("Accept-Encoding, Accept-Language"), Some("en")));
    for accepted in ["de", ""] {
        let any = reader.get(&format!("{page}?language=auto")).header("Accept-Language", accepted).expect(200).await;
        assert_eq!(any.header("Content-Language"), Some("en"), "nothing fits: something is better than nothing");
    }
    for (query, name) in [("", "language"), ("?language=xx", "language"), ("?language=en&limit=3", "limit")] {
        assert_eq!(reader.get(&format!("{page}{query}")).expect(400).await.faults(), [name], "{query}");
    }
    // The same article in another language is another text.
    let place = format!("/v1/articles/{id}/translations/kk");
    editor.put(&place).header("If-None-Match", "*").json(&json!({ "headline": "Бір", "body_html": "<p>x</p>" })).expect(201).await;
    editor.put("/v1/front-pages/home/kk").header("If-None-Match", "*").json(&json!({ "slots": slots(&[&id]) })).expect(201).await;
    reader.get(&format!("{page}?language=kk")).expect(404).await;
}

async fn editors_see_every_slot(app: App) {
    let editor = house(&app).await;
    let (public, hidden) = (published(&editor, "Public").await, draft(&editor, "Hidden").await);
    let put = set(&editor, json!([{ "article_id": hidden, "pinned": true, "until": "2026-07-25T00:00:00Z" }, { "article_id": public }])).await;
    assert_eq!(put.status, 201);
    assert_eq!(put.header("Location"), Some("http://127.0.0.1:8080/v1/front-pages/home/en"));
    let edition = editor.get(EDITION).expect(200).await;
    assert_eq!((edition.json(), edition.etag()), (put.json(), put.etag()));
    assert_eq!(
        edition.json()["slots"],
        json!([
            { "article_id": hidden, "pinned": true, "until": "2026-07-25T00:00:00Z", "headline": "Hidden", "publication": "unreleased", "shown": false },
            { "article_id": public, "pinned": false, "until": null, "headline": "Public", "publication": "published", "shown": true }
        ])
    );
    // Others in the house see the page, and what they may see of its texts.
    let other = app.staff("journalist@trend.example").await.get(EDITION).expect(200).await.json();
    assert_eq!((&other["slots"][0]["headline"], &other["slots"][0]["publication"]), (&Value::Null, &Value::Null));
    assert_eq!((&other["slots"][1]["headline"], &other["slots"][1]["publication"]), (&json!("Public"), &json!("published")));
    assert_eq!(editor.get("/v1/front-pages/home/kk").expect(404).await.code(), "not_found");
    assert_eq!(editor.get("/v1/front-pages/home").expect(200).await.json()["languages"], json!(["en"]));
}

async fn nobody_overwrites_what_they_have_not_seen(app: App) {
    let editor = house(&app).await;
    let body = json!({ "slots": [] });
    assert_eq!(editor.put(EDITION).json(&body).expect(428).await.code(), "precondition_required");
    assert_eq!(editor.put(EDITION).if_match("\"v1\"").json(&body).expect(404).await.code(), "not_found");
    let first = editor.put(EDITION).header("If-None-Match", "*").json(&body).expect(201).await;
    assert_eq!(editor.put(EDITION).header("If-None-Match", "*").json(&body).expect(409).await.code(), "already_exists");
    assert_eq!(editor.put(EDITION).json(&body).expect(428).await.code(), "precondition_required");
    editor.put(EDITION).if_match(&first.etag()).json(&body).expect(200).await;
    let stale = editor.put(EDITION).if_match(&first.etag()).json(&body).expect(412).await;
    assert_eq!((stale.code(), &stale.json()["current"]["updated_by"]), ("stale_version".to_owned(), &json!(editor.id)));
}

async fn slots_that_are_wrong_are_named(app: App) {
    let editor = house(&app).await;
    let id = published(&editor, "One").await;
    let trend = app.staff("editor@trend.example").await;
    let foreign = draft(&trend, "Not shared").await;
    set(&editor, json!([])).await;
    let etag = editor.get(EDITION).expect(200).await.etag();
    let put = |slots: Value| editor.put(EDITION).if_match(&etag).json(&json!({ "slots": slots })).send();
    let wrong = put(json!([
        { "article_id": id }, { "article_id": id }, { "article_id": foreign }, { "article_id": uuid::Uuid::new_v4() },
        { "article_id": id, "until": "2026-07-24T12:00:00Z" }
    ]))
    .await;
    assert_eq!(wrong.code(), "validation_failed");
    assert_eq!(wrong.faults(), ["/slots/1/article_id", "/slots/2/article_id", "/slots/3/article_id", "/slots/4/article_id", "/slots/4/until"]);
    let many: Vec<Value> = (0..101).map(|_| json!({ "article_id": uuid::Uuid::new_v4() })).collect();
    assert_eq!(put(Value::Array(many)).await.faults(), ["/slots"]);
    for (slots, pointer) in [(json!([{ "id": id }]), "/slots/0/id"), (json!([[id]]), "/slots/0"), (json!({}), "/slots")] {
        let malformed = put(slots).await;
        assert_eq!((malformed.code(), malformed.faults()), ("malformed_body".to_owned(), vec![pointer.to_owned()]));
    }
    assert_eq!(headlines(&app).await, Vec::<String>::new());
    // What everybody may read may stand on any page, and what is on the page may stay.
    step(&trend, &foreign, "publish").await;
    set(&editor, slots(&[&foreign])).await;
    step(&trend, &foreign, "unpublish").await;
    set(&editor, slots(&[&foreign, &id])).await;
}

async fn the_house_sets_its_pages_and_agencies_theirs(app: App) {
    let editor = house(&app).await;
    let trend = app.staff("editor@trend.example").await;
    let body = json!({ "slots": [] });
    trend.get("/v1/front-pages/home").expect(200).await;
    let refused = trend.put(EDITION).header("If-None-Match", "*").json(&body).expect(403).await;
    assert_eq!(refused.code(), "forbidden");
    trend.post(&format!("{EDITION}/changes")).json(&json!({ "at": "2026-07-25T00:00:00Z", "slots": [] })).expect(403).await;
    let own = trend.post("/v1/front-pages").json(&json!({ "name": "trend-home" })).expect(201).await;
    assert_eq!(
        (&own.json()["agency_id"], own.header("Location")),
        (&trend.get("/v1/me").expect(200).await.json()["agency"]["id"], Some("http://127.0.0.1:8080/v1/front-pages/trend-home"))
    );
    let at = "/v1/front-pages/trend-home/en";
    trend.put(at).header("If-None-Match", "*").json(&body).expect(201).await;
    let stranger = app.staff("editor@kazinform.example").await;
    for path in ["/v1/front-pages/trend-home", at, "/v1/front-pages/trend-home/en/changes"] {
        stranger.get(path).expect(404).await;
        editor.get(path).expect(200).await;
    }
    stranger.put(at).if_match("*").json(&body).expect(404).await;
    let names = async |caller: &Caller| {
        let list = caller.get("/v1/front-pages").expect(200).await.json();
        list["data"].as_array().unwrap().iter().map(|page| page["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((names(&stranger).await, names(&trend).await), (vec!["home".to_owned()], vec!["home".to_owned(), "trend-home".to_owned()]));
    let journalist = app.staff("journalist@platform.example").await;
    journalist.put(EDITION).header("If-None-Match", "*").json(&body).expect(403).await;
    assert_eq!(trend.post("/v1/front-pages").json(&json!({ "name": "home" })).expect(409).await.code(), "already_exists");
    for (new, pointer) in [(json!({ "name": "Home" }), "/name"), (json!({ "name": "x1", "agency": "kazinform" }), "/agency")] {
        assert_eq!(trend.post("/v1/front-pages").json(&new).expect(422).await.faults(), [pointer]);
    }
}

async fn a_change_happens_at_its_time_and_not_before(app: App) {
    let editor = house(&app).await;
    let (one, two) = (published(&editor, "One").await, published(&editor, "Two").await);
    set(&editor, slots(&[&one])).await;
    let before = editor.get(EDITION).expect(200).await.etag();
    let change = schedule(&editor, "2026-07-24T17:01:00+05:00", slots(&[&two, &one])).await;
    let waiting = editor.get(&format!("{EDITION}/changes")).expect(200).await.json();
    assert_eq!((&waiting["data"][0]["at"], &waiting["data"][0]["state"]), (&json!("2026-07-24T12:01:00Z"), &json!("waiting")));
    app.drain_jobs().await;
    app.advance(Duration::from_micros(59_999_999));
    app.drain_jobs().await;
    assert_eq!(headlines(&app).await, ["One"]);
    app.advance(Duration::from_micros(1));
    assert_eq!(app.drain_jobs().await, 1);
    assert_eq!(headlines(&app).await, ["Two", "One"]);
    let done = editor.get(&format!("{EDITION}/changes/{change}")).expect(200).await.json();
    assert_eq!((&done["state"], &done["ended_at"]), (&json!("done"), &json!("2026-07-24T12:01:00Z")));
    assert_eq!(editor.get(&format!("{EDITION}/changes")).expect(200).await.json()["data"], json!([]));
    assert_ne!(editor.get(EDITION).expect(200).await.etag(), before);
    let refused = editor.delete(&format!("{EDITION}/changes/{change}")).expect(409).await;
    assert_eq!(refused.code(), "illegal_transition");
    // A page that was never set may begin so.
    let first = editor.post("/v1/front-pages/home/kk/changes").json(&json!({ "at": "2026-07-24T12:02:00Z", "slots": [] })).expect(201).await;
    assert_eq!(first.json()["language"], "kk");
    app.advance(Duration::from_mins(1));
    app.drain_jobs().await;
    editor.get("/v1/front-pages/home/kk").expect(200).await;
}

async fn changes_happen_in_the_order_of_their_times(app: App) {
    let editor = house(&app).await;
    let (one, two, three) = (published(&editor, "One").await, published(&editor, "Two").await, published(&editor, "Three").await);
    schedule(&editor, "2026-07-24T12:03:00Z", slots(&[&three])).await;
    schedule(&editor, "2026-07-24T12:01:00Z", slots(&[&one])).await;
    schedule(&editor, "2026-07-24T12:02:00Z", slots(&[&two])).await;
    // The first was kept from its time, and comes back after the others.
    app.state
        .db
        .write()
        .query("UPDATE jobs SET run_at = $1 WHERE run_at = $2")
        .bind(app.state.clock.now().plus(Duration::from_mins(9)))
        .bind(app.state.clock.now().plus(Duration::from_mins(1)))
        .execute()
        .await
        .unwrap();
    app.advance(Duration::from_secs(150));
    app.drain_jobs().await;
    assert_eq!(headlines(&app).await, ["Two"]);
    app.advance(Duration::from_mins(10));
    app.drain_jobs().await;
    assert_eq!(headlines(&app).await, ["Three"]);
    assert_eq!(app.number("SELECT count(*) FROM jobs").await, 0);
}

async fn what_is_due_comes_before_what_was_not_seen(app: App) {
    let editor = house(&app).await;
    let (one, two) = (published(&editor, "One").await, published(&editor, "Two").await);
    let seen = set(&editor, slots(&[&one])).await.etag();
    schedule(&editor, "2026-07-24T12:01:00Z", slots(&[&two])).await;
    app.advance(Duration::from_mins(1));
    // The job has not come yet, but its change is due: whoever writes now has not seen it.
    editor.put(EDITION).if_match(&seen).json(&json!({ "slots": [] })).expect(412).await;
    app.drain_jobs().await;
    set(&editor, slots(&[&one, &two])).await;
    app.drain_jobs().await;
    assert_eq!(headlines(&app).await, ["One", "Two"]);
}

async fn a_change_can_be_canceled(app: App) {
    let editor = house(&app).await;
    let one = published(&editor, "One").await;
    let change = schedule(&editor, "2026-07-24T12:01:00Z", slots(&[&one])).await;
    let at = format!("{EDITION}/changes/{change}");
    app.staff("editor@trend.example").await.delete(&at).expect(403).await;
    editor.delete(&format!("/v1/front-pages/home/kk/changes/{change}")).expect(404).await;
    for _ in 0..2 {
        editor.delete(&at).expect(204).await;
    }
    assert_eq!(editor.get(&at).expect(200).await.json()["state"], "canceled");
    app.advance(Duration::from_mins(2));
    app.drain_jobs().await;
    assert_eq!(headlines(&app).await, Vec::<String>::new());
    assert_eq!(app.number("SELECT count(*) FROM jobs").await, 0);
}

async fn changes_that_are_wrong_are_named(app: App) {
    let editor = house(&app).await;
    let one = published(&editor, "One").await;
    let post = |at: &str, slots: Value| editor.post(&format!("{EDITION}/changes")).json(&json!({ "at": at, "slots": slots })).send();
    for at in ["2026-07-24T12:00:00Z", "2026-07-24T11:00:00Z", "2028-01-01T00:00:00Z"] {
        assert_eq!(post(at, json!([])).await.faults(), ["/at"], "{at}");
    }
    assert_eq!(post("2026-07-25", json!([])).await.code(), "malformed_body");
    let over = post("2026-07-25T00:00:00Z", json!([{ "article_id": one, "until": "2026-07-24T18:00:00Z" }])).await;
    assert_eq!(over.faults(), ["/slots/0/until"], "over before it begins");
    for _ in 0..100 {
        assert_eq!(post("2026-07-25T00:00:00Z", json!([])).await.status, 201);
    }
    assert_eq!(post("2026-07-25T00:00:00Z", json!([])).await.code(), "conflict");
}

async fn every_change_is_in_the_log(app: App) {
    let editor = house(&app).await;
    let one = published(&editor, "One").await;
    set(&editor, slots(&[&one])).await;
    let canceled = schedule(&editor, "2026-07-24T12:01:00Z", slots(&[])).await;
    editor.delete(&format!("{EDITION}/changes/{canceled}")).expect(204).await;
    schedule(&editor, "2026-07-24T12:01:00Z", slots(&[])).await;
    app.advance(Duration::from_mins(1));
    app.drain_jobs().await;
    let rows: Vec<(String, String)> =
        app.state.db.query("SELECT action, actor_kind FROM audit_log WHERE action LIKE 'front_page.%' ORDER BY seq").all().await.unwrap();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(action, kind)| (action.as_str(), kind.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("front_page.created", "staff"),
            ("front_page.changed", "staff"),
            ("front_page.scheduled", "staff"),
            ("front_page.canceled", "staff"),
            ("front_page.scheduled", "staff"),
            ("front_page.changed", "service"),
        ]
    );
}

async fn dates_move_when_readers_see_something_else(app: App) {
    let editor = house(&app).await;
    let (one, two) = (published(&editor, "One").await, published(&editor, "Two").await);
    set(&editor, slots(&[&one])).await;
    for change in [slots(&[&two, &one]), json!([{ "article_id": two, "pinned": true }, { "article_id": one }]), slots(&[&one])] {
        let mut dates = vec![];
        for page in [HOME, "/v1/delivery/front-pages"] {
            dates.push((page, read(&app, page).await.header("Last-Modified").unwrap().to_owned()));
        }
        app.advance(Duration::from_secs(10));
        set(&editor, change).await;
        for (page, date) in dates {
            app.anonymous().get(page).header("If-Modified-Since", &date).expect(200).await;
        }
    }
    let date = read(&app, HOME).await.header("Last-Modified").unwrap().to_owned();
    app.advance(Duration::from_secs(10));
    step(&editor, &one, "unpublish").await;
    set(&editor, slots(&[&one, &two])).await;
    let after = app.anonymous().get(HOME).header("If-Modified-Since", &date).expect(200).await;
    assert_eq!(after.json()["data"][0]["headline"], "Two");
}

async fn who_may_not_edit_any_more_changes_nothing(app: App) {
    let editor = house(&app).await;
    let (one, two) = (published(&editor, "One").await, published(&editor, "Two").await);
    set(&editor, slots(&[&one])).await;
    let change = schedule(&editor, "2026-07-24T12:01:00Z", slots(&[&two])).await;
    assert_eq!(app.number("SELECT count(*) FROM jobs WHERE kind = 'front_pages.carry_out' AND prompt").await, 1, "it does not wait behind other work");
    let told = async || {
        let query = app.state.db.query("SELECT count(*) FROM notices WHERE kind = 'job_failed' AND staff_id = $1");
        query.bind(editor.id).value::<i64>().await.unwrap()
    };
    let job: CarryOut = serde_json::from_value(json!({ "change": change })).unwrap();
    job.given_up(&app.state).await.unwrap();
    assert_eq!(told().await, 1);
    app.state.db.write().query("UPDATE staff SET role = 'journalist' WHERE id = $1").bind(editor.id).execute().await.unwrap();
    app.advance(Duration::from_mins(1));
    app.drain_jobs().await;
    assert_eq!(read(&app, HOME).await.json()["data"][0]["headline"], "One");
    assert_eq!(app.number("SELECT count(*) FROM front_page_changes WHERE state = 'canceled'").await, 1);
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action = 'front_page.canceled' AND actor_kind = 'service'").await, 1);
    assert_eq!(told().await, 2);
}
