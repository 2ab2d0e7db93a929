//! Preview links: what they show, to whom, and when they stop.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_draft_is_shown_in_the_shape_of_delivery,
    what_is_published_looks_as_readers_see_it,
    a_link_shows_the_newest_revision_or_the_one_it_names,
    other_languages_are_named_beside_it,
    looking_changes_nothing,
    a_link_ends_at_its_time,
    a_link_can_be_revoked,
    a_token_that_was_changed_shows_nothing,
    a_link_is_worth_what_its_maker_may_see,
    a_killed_text_is_shown_to_nobody,
    values_that_are_wrong_are_named,
    the_address_is_told_once,
    making_one_is_for_those_who_edit_or_review,
    every_link_is_in_the_log,
    so_many_links_are_good_at_a_time,
);

const EDITOR: &str = "editor@trend.example";

async fn so_many_links_are_good_at_a_time(app: App) {
    let editor = app.staff(EDITOR).await;
    let article = story(&editor).await;
    let first = make(&editor, &article, &json!({})).await;
    for _ in 1..50 {
        make(&editor, &article, &json!({})).await;
    }
    let path = format!("{}/preview-links", place(&article));
    assert_eq!(editor.post(&path).json(&json!({})).expect(409).await.code(), "conflict");
    editor.delete(&format!("/v1/preview-links/{}", first["id"].as_str().unwrap())).expect(204).await;
    make(&editor, &article, &json!({})).await;
}

async fn story(caller: &Caller) -> String {
    let new = json!({
        "original_language": "en", "headline": "Wind on the coast", "summary": "It is strong.", "body_html": "<p>The wind is <b>strong</b>.</p>", "urgency": 2,
        "section": "economy", "topics": ["medtop:20000344"], "ednote": "zqsecret"
    });
    caller.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned()
}

fn place(article: &str) -> String {
    format!("/v1/articles/{article}/translations/en")
}

async fn make(caller: &Caller, article: &str, order: &Value) -> Value {
    caller.post(&format!("{}/preview-links", place(article))).json(order).expect(201).await.json()
}

/// The path of a link, without the host.
fn path(link: &Value) -> String {
    link["url"].as_str().unwrap().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
}

async fn step(caller: &Caller, article: &str, step: &str, order: Value) -> Answer {
    let etag = caller.get(&place(article)).expect(200).await.etag();
    let request = caller.post(&format!("{}/{step}", place(article))).if_match(&etag);
    if order.is_null() { request.expect(200).await } else { request.json(&order).expect(200).await }
}

async fn edit(caller: &Caller, article: &str, change: &Value) {
    let etag = caller.get(&place(article)).expect(200).await.etag();
    caller.patch(&place(article)).if_match(&etag).json(change).expect(200).await;
}

async fn shows_nothing(app: &App, path: &str) {
    let answer = app.anonymous().get(path).expect(404).await;
    assert_eq!(answer.code(), "not_found", "{path}");
    assert_eq!(answer.header("Cache-Control"), Some("private, no-store"));
}

async fn a_draft_is_shown_in_the_shape_of_delivery(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let link = make(&editor, &id, &json!({})).await;
    assert_eq!(link["expires_at"], "2026-07-25T12:00:00Z", "a day");
    let shown = app.anonymous().get(&path(&link)).expect(200).await;
    for (name, value) in [
        ("Cache-Control", "private, no-store"),
        ("X-Robots-Tag", "noindex"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Language", "en"),
        ("Content-Type", "application/json"),
    ] {
        assert_eq!(shown.header(name), Some(value), "{name}");
    }
    assert_eq!((shown.header("ETag"), shown.header("Surrogate-Key")), (None, None));
    let draft = shown.json();
    assert_eq!((&draft["headline"], &draft["version"], &draft["last_change"]), (&json!("Wind on the coast"), &json!(1), &Value::Null));
    assert!(!shown.text().contains("zqsecret"), "a note to editors is for editors");
    app.anonymous().get(&format!("/v1/delivery/articles/{id}")).expect(404).await;
    // Published at the same moment, it is the same.
    step(&editor, &id, "publish", Value::Null).await;
    assert_eq!(app.anonymous().get(&format!("/v1/delivery/articles/{id}")).expect(200).await.json(), draft);
    let head = app.anonymous().request("HEAD".parse().unwrap(), &path(&link)).expect(200).await;
    assert_eq!(head.header("X-Robots-Tag"), Some("noindex"));
}

async fn what_is_published_looks_as_readers_see_it(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    step(&editor, &id, "publish", Value::Null).await;
    app.advance(Duration::from_mins(2));
    edit(&editor, &id, &json!({ "headline": "Wind on the western coast" })).await;
    step(&editor, &id, "publish", json!({ "change_kind": "correction", "public_note": "It is the western coast." })).await;
    let link = make(&editor, &id, &json!({})).await;
    app.advance(Duration::from_mins(2));
    for form in ["", "?body_format=portable_text", "?body_format=html", "?body_format=text"] {
        let public = app.anonymous().get(&format!("/v1/delivery/articles/{id}{form}")).expect(200).await.json();
        assert_eq!(app.anonymous().get(&format!("{}{form}", path(&link))).expect(200).await.json(), public, "{form}");
    }
    // An edit that readers do not see yet: what is said of the last change is not of it.
    edit(&editor, &id, &json!({ "headline": "Wind everywhere" })).await;
    let draft = app.anonymous().get(&path(&link)).expect(200).await.json();
    assert_eq!((&draft["headline"], &draft["version"], &draft["last_change"]), (&json!("Wind everywhere"), &json!(3), &Value::Null));
    assert_eq!((&draft["published_at"], &draft["updated_at"]), (&json!("2026-07-24T12:00:00Z"), &json!("2026-07-24T12:04:00Z")));
    assert_eq!(draft["corrections"].as_array().unwrap().len(), 1);
}

async fn a_link_shows_the_newest_revision_or_the_one_it_names(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let newest = make(&editor, &id, &json!({})).await;
    let first = make(&editor, &id, &json!({ "revision": 1 })).await;
    assert_eq!((&newest["revision"], &first["revision"]), (&Value::Null, &json!(1)));
    edit(&editor, &id, &json!({ "headline": "A second thought" })).await;
    for (link, headline) in [(newest, "A second thought"), (first, "Wind on the coast")] {
        assert_eq!(app.anonymous().get(&path(&link)).expect(200).await.json()["headline"], headline);
    }
}

async fn other_languages_are_named_beside_it(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    step(&editor, &id, "publish", Value::Null).await;
    for (language, publishes) in [("az", true), ("ru", false), ("tr", true)] {
        let place = format!("/v1/articles/{id}/translations/{language}");
        let new = json!({ "headline": "Külək", "body_html": "<p>x</p>" });
        let text = editor.put(&place).header("If-None-Match", "*").json(&new).expect(201).await;
        if publishes {
            editor.post(&format!("{place}/publish")).if_match(&text.etag()).expect(200).await;
        }
    }
    let link = editor.post(&format!("/v1/articles/{id}/translations/ru/preview-links")).expect(201).await.json();
    let shown = app.anonymous().get(&path(&link)).expect(200).await.json();
    let languages: Vec<&Value> = shown["available_languages"].as_array().unwrap().iter().map(|other| &other["language"]).collect();
    assert_eq!(languages, ["en", "az", "ru", "tr"]);
    assert_eq!((&shown["available_languages"][2]["url"], &shown["is_original"]), (&shown["url"], &json!(false)));
}

async fn looking_changes_nothing(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let link = make(&editor, &id, &json!({})).await;
    let counts = async || {
        let mut found = vec![];
        for sql in [
            "SELECT count(*) FROM published_documents",
            "SELECT count(*) FROM published_changes",
            "SELECT count(*) FROM published_slugs",
            "SELECT count(*) FROM body_links",
            "SELECT count(*) FROM audit_log",
            "SELECT count(*) FROM jobs",
        ] {
            found.push(app.number(sql).await);
        }
        found
    };
    let before = (counts().await, editor.get(&place(&id)).expect(200).await.etag());
    app.anonymous().get(&path(&link)).expect(200).await;
    assert_eq!((counts().await, editor.get(&place(&id)).expect(200).await.etag()), before);
}

async fn a_link_ends_at_its_time(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let link = make(&editor, &id, &json!({ "expires_in_minutes": 1 })).await;
    assert_eq!(link["expires_at"], "2026-07-24T12:01:00Z");
    app.advance(Duration::from_secs(59));
    app.anonymous().get(&path(&link)).expect(200).await;
    app.advance(Duration::from_secs(1));
    shows_nothing(&app, &path(&link)).await;
    assert_eq!(editor.get(&format!("{}/preview-links", place(&id))).expect(200).await.json()["data"], json!([]));
}

async fn a_link_can_be_revoked(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let (one, other) = (make(&editor, &id, &json!({})).await, make(&editor, &id, &json!({})).await);
    assert_ne!(path(&one), path(&other));
    let admin = app.staff("admin@trend.example").await;
    let at = format!("/v1/preview-links/{}", one["id"].as_str().unwrap());
    let stranger = app.staff("editor@kazinform.example").await;
    stranger.delete(&at).expect(404).await;
    for _ in 0..2 {
        admin.delete(&at).expect(204).await;
    }
    shows_nothing(&app, &path(&one)).await;
    app.anonymous().get(&path(&other)).expect(200).await;
    let left = editor.get(&format!("{}/preview-links", place(&id))).expect(200).await.json();
    assert_eq!((left["data"].as_array().unwrap().len(), &left["data"][0]["id"]), (1, &other["id"]));
}

async fn a_token_that_was_changed_shows_nothing(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let good = path(&make(&editor, &id, &json!({})).await);
    let other = path(&make(&editor, &id, &json!({})).await);
    let token = good.strip_prefix("/v1/preview/").unwrap();
    for i in 0..token.len() {
        let mut letters: Vec<char> = token.chars().collect();
        letters[i] = if letters[i] == 'A' { 'B' } else { 'A' };
        shows_nothing(&app, &format!("/v1/preview/{}", letters.into_iter().collect::<String>())).await;
    }
    // The id of one with the signature of the other.
    shows_nothing(&app, &format!("/v1/preview/{}{}", &token[..22], &other.strip_prefix("/v1/preview/").unwrap()[22..])).await;
    for wrong in [&token[..63], "x", "%00", "..", &format!("{token}A")] {
        let answer = app.anonymous().get(&format!("/v1/preview/{wrong}")).send().await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{wrong}: {}", answer.text());
    }
    // A row that somebody changed no longer fits its signature.
    app.state.db.write().query("UPDATE preview_links SET expires_at = $1").bind(app.state.clock.now().plus(Duration::from_hours(99))).execute().await.unwrap();
    shows_nothing(&app, &good).await;
}

async fn a_link_is_worth_what_its_maker_may_see(app: App) {
    for ends in ["suspended", "departed", "moved", "agency"] {
        let editor = app.staff(EDITOR).await;
        let id = story(&editor).await;
        let journalist = app.staff("journalist@trend.example").await;
        let own = story(&journalist).await;
        let link = path(&make(&journalist, &own, &json!({})).await);
        let others = path(&make(&editor, &id, &json!({})).await);
        app.anonymous().get(&link).expect(200).await;
        let write = app.state.db.write();
        let before = "UPDATE staff SET state = 'active', agency_id = (SELECT id FROM agencies WHERE slug = 'trend') WHERE id = $1";
        match ends {
            "moved" => write.query("UPDATE staff SET agency_id = (SELECT id FROM agencies WHERE slug = 'kazinform') WHERE id = $1").bind(journalist.id),
            "agency" => write.query("UPDATE agencies SET state = 'suspended' WHERE slug = 'trend'"),
            state => write.query("UPDATE staff SET state = $2 WHERE id = $1").bind(journalist.id).bind(state),
        }
        .execute()
        .await
        .unwrap();
        shows_nothing(&app, &link).await;
        if ends == "agency" {
            shows_nothing(&app, &others).await;
        } else {
            app.anonymous().get(&others).expect(200).await;
            app.state.db.write().query(before).bind(journalist.id).execute().await.unwrap();
            app.anonymous().get(&link).expect(200).await;
        }
    }
}

async fn a_killed_text_is_shown_to_nobody(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let link = path(&make(&editor, &id, &json!({})).await);
    step(&editor, &id, "kill", json!({ "reason": "x", "public_note": "x" })).await;
    shows_nothing(&app, &link).await;
    let refused = editor.post(&format!("{}/preview-links", place(&id))).expect(409).await;
    assert_eq!(refused.code(), "illegal_transition");
    // Nor one that is deleted.
    let id = story(&editor).await;
    let link = path(&make(&editor, &id, &json!({})).await);
    let at = format!("/v1/articles/{id}");
    let etag = editor.get(&at).expect(200).await.etag();
    editor.delete(&at).if_match(&etag).expect(204).await;
    shows_nothing(&app, &link).await;
}

async fn values_that_are_wrong_are_named(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let at = format!("{}/preview-links", place(&id));
    for (order, pointer) in [
        (json!({ "expires_in_minutes": 0 }), "/expires_in_minutes"),
        (json!({ "expires_in_minutes": 10_081 }), "/expires_in_minutes"),
        (json!({ "revision": 2 }), "/revision"),
        (json!({ "revision": 0 }), "/revision"),
    ] {
        let refused = editor.post(&at).json(&order).expect(422).await;
        assert_eq!(refused.faults(), [pointer], "{order}");
    }
    editor.post(&at).json(&json!({ "expires_in_minutes": 10_080, "revision": 1 })).expect(201).await;
    assert_eq!(editor.post(&at).json(&json!({ "article_id": id })).expect(400).await.code(), "malformed_body");
    let link = path(&make(&editor, &id, &json!({})).await);
    for query in ["body_format=markdown", "language=en", "include=related"] {
        assert_eq!(app.anonymous().get(&format!("{link}?{query}")).expect(400).await.code(), "invalid_parameter", "{query}");
    }
    editor.post(&format!("/v1/articles/{id}/translations/kk/preview-links")).expect(404).await;
}

async fn the_address_is_told_once(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let at = format!("{}/preview-links", place(&id));
    let first = editor.post(&at).header("Idempotency-Key", "a").expect(201).await;
    let again = editor.post(&at).header("Idempotency-Key", "a").expect(201).await;
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!((&again.json()["id"], &again.json()["url"]), (&first.json()["id"], &Value::Null));
    let token = path(&first.json())["/v1/preview/".len()..].to_owned();
    assert!(!editor.get(&at).expect(200).await.text().contains(&token));
    let stored: Vec<(String,)> = app.state.db.query("SELECT body FROM idempotency_keys").all().await.unwrap();
    assert!(stored.iter().all(|(body,)| !body.contains(&token)));
}

async fn making_one_is_for_those_who_edit_or_review(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let id = story(&app.staff(EDITOR).await).await;
    let at = format!("{}/preview-links", place(&id));
    journalist.get(&place(&id)).expect(200).await;
    assert_eq!(journalist.post(&at).expect(403).await.code(), "forbidden");
    assert_eq!(app.staff("editor@kazinform.example").await.post(&at).expect(404).await.code(), "not_found");
    app.anonymous().post(&at).expect(401).await;
    make(&journalist, &story(&journalist).await, &json!({})).await;
    make(&app.staff("admin@trend.example").await, &id, &json!({})).await;
}

async fn every_link_is_in_the_log(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = story(&editor).await;
    let link = make(&editor, &id, &json!({})).await;
    let at = format!("/v1/preview-links/{}", link["id"].as_str().unwrap());
    for _ in 0..2 {
        editor.delete(&at).expect(204).await;
    }
    let rows: Vec<(String, String)> =
        app.state.db.query("SELECT action, details FROM audit_log WHERE action LIKE 'preview.%' ORDER BY seq").all().await.unwrap();
    assert_eq!(rows.iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>(), ["preview.created", "preview.revoked"]);
    assert!(rows.iter().all(|(_, details)| details.contains(link["id"].as_str().unwrap()) && !details.contains(&path(&link)[12..])));
}
