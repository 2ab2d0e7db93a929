//! What people are told, where they read it, and who gets a message.

use crate::assignments::hire;
use crate::on_both;
use crate::schedule::Desk;
use crate::support::{App, Caller};
use newsroom::db::Reader;
use newsroom::language::Tag;
use newsroom::notices::{self, Notice, NoticeKind};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

on_both!(
    work_and_returns_are_told,
    whoever_takes_over_is_told_once,
    what_was_scheduled_is_handed_over_or_told,
    who_has_moved_is_told_nothing_of_the_texts_they_left,
    lists_are_filtered_counted_and_paged,
    notices_are_read_one_by_one_or_up_to_one,
    notices_are_ones_own,
    headlines_are_of_what_may_be_seen,
    who_wants_a_message_gets_one,
    a_message_says_no_more_than_may_be_seen,
    what_was_read_is_forgotten_in_time,
);

/// A text of the journalist in review.
async fn text(app: &App) -> (String, String) {
    let journalist = app.staff("journalist@trend.example").await;
    let new = json!({"original_language": "en", "headline": "Wind", "body_html": "<p>It is strong.</p>"});
    let created = journalist.post("/v1/articles").json(&new).expect(201).await.json();
    let id = created["id"].as_str().unwrap().to_owned();
    let at = format!("/v1/articles/{id}/translations/en");
    (id, at)
}

async fn step(who: &Caller, at: &str, step: &str, order: &Value) {
    let etag = who.get(at).expect(200).await.etag();
    let request = who.post(&format!("{at}/{step}")).if_match(&etag);
    if order.is_null() {
        request.expect(200).await
    } else {
        request.json(order).expect(200).await
    };
}

async fn list(who: &Caller, query: &str) -> Value {
    who.get(&format!("/v1/me/notices{query}")).expect(200).await.json()
}

fn kinds(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|notice| notice["kind"].as_str().unwrap()).collect()
}

/// Tells somebody a thing a minute later.
async fn tell(app: &App, to: Uuid, kind: NoticeKind, article: Option<Uuid>) {
    app.advance(Duration::from_secs(1));
    let language = Tag::parse("en").unwrap();
    let notice = Notice { kind, article, language: article.is_some().then_some(&language), by: None, details: json!({}) };
    let mut tx = app.state.db.begin().await.unwrap();
    notices::tell(&mut tx, &[to, to], &notice, app.state.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn work_and_returns_are_told(app: App) {
    let (id, at) = text(&app).await;
    let (editor, journalist) = (app.staff("editor@trend.example").await, app.staff("journalist@trend.example").await);
    let admin = app.staff("admin@trend.example").await;
    step(&journalist, &at, "submit", &Value::Null).await;
    step(&editor, &at, "return", &json!({"reason": "Too short."})).await;
    step(&editor, &at, "assign", &json!({"staff_id": admin.id})).await;
    step(&editor, &at, "assign", &json!({"staff_id": admin.id})).await;
    step(&editor, &at, "assign", &json!({"staff_id": editor.id})).await;
    step(&editor, &at, "assign", &json!({"staff_id": null})).await;
    let told = list(&journalist, "").await;
    let notice = &told["data"][0];
    assert_eq!(kinds(&told), ["returned"]);
    for (member, value) in [
        ("article_id", json!(id)),
        ("language", json!("en")),
        ("headline", json!("Wind")),
        ("by_id", json!(editor.id)),
        ("details", json!({"revision": 1})),
        ("created_at", json!("2026-07-24T12:00:00Z")),
        ("read_at", Value::Null),
    ] {
        assert_eq!(notice[member], value, "{member}");
    }
    assert!(notice["by_names"].as_object().is_some_and(|names| !names.is_empty()));
    assert!(!notice.to_string().contains("short"), "the reason stays with the text");
    assert_eq!(kinds(&list(&admin, "").await), ["assigned"], "once for the same work");
    assert!(kinds(&list(&editor, "").await).is_empty(), "nobody is told what they did");
}

async fn whoever_takes_over_is_told_once(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let open = app.number("SELECT count(*) FROM translations t JOIN staff s ON s.id = t.assignee_id WHERE s.email = 'journalist@trend.example'").await;
    for _ in 0..2 {
        text(&app).await;
    }
    let (admin, editor) = (app.staff("admin@trend.example").await, app.staff("editor@trend.example").await);
    let at = format!("/v1/staff/{}", journalist.id);
    let etag = admin.get(&at).expect(200).await.etag();
    admin.post(&format!("{at}/depart")).if_match(&etag).json(&json!({"successor": editor.id})).expect(200).await;
    let told = list(&editor, "").await;
    assert_eq!(kinds(&told), ["assigned"]);
    assert_eq!(told["data"][0]["details"], json!({"texts": open + 2, "from": journalist.id}));
    assert_eq!((&told["data"][0]["article_id"], &told["data"][0]["headline"]), (&Value::Null, &Value::Null));
}

async fn what_was_scheduled_is_handed_over_or_told(app: App) {
    let desk = Desk::new(&app, &["ru"]).await;
    let second = hire(&app, "trend", "second@trend.example", "editor").await;
    let (admin, journalist) = (app.staff("admin@trend.example").await, app.staff("journalist@trend.example").await);
    for language in ["en", "ru"] {
        desk.approve(language).await;
    }
    let order = json!({"action": "publish", "at": "2026-07-24T12:10:00Z"});
    let entry = desk.editor().await.post(&format!("{}/schedule", desk.text("en"))).json(&order).expect(201).await.json();
    let order = json!({"languages": ["ru"], "when": "deadline", "at": "2026-07-24T12:10:00Z"});
    let release = desk.editor().await.post(&format!("/v1/articles/{}/releases", desk.article)).json(&order).expect(201).await.json();
    let depart = async |who: &Caller, successor: &Caller| {
        let at = format!("/v1/staff/{}", who.id);
        let etag = admin.get(&at).expect(200).await.etag();
        admin.post(&format!("{at}/depart")).if_match(&etag).json(&json!({"successor": successor.id})).expect(200).await;
    };
    depart(&desk.editor().await, &second).await;
    for (path, id) in [("schedule", &entry["id"]), ("releases", &release["id"])] {
        let waits = second.get(&format!("/v1/{path}/{}", id.as_str().unwrap())).expect(200).await.json();
        assert_eq!((&waits["state"], &waits["created_by"]), (&json!("pending"), &json!(second.id)), "{path}");
    }
    depart(&second, &journalist).await;
    let told = list(&admin, "?kind=schedule_orphaned").await;
    let languages: Vec<&str> = told["data"].as_array().unwrap().iter().map(|notice| notice["language"].as_str().unwrap()).collect();
    assert_eq!(languages.len(), 2, "journalists publish nothing: {told}");
    assert_eq!(told["data"][0]["details"]["from"], json!(second.id));
    assert!(list(&journalist, "?kind=schedule_orphaned").await["data"].as_array().unwrap().is_empty());
}

async fn who_has_moved_is_told_nothing_of_the_texts_they_left(app: App) {
    let (_, at) = text(&app).await;
    let (editor, journalist) = (app.staff("editor@trend.example").await, app.staff("journalist@trend.example").await);
    let admin = app.staff("admin@platform.example").await;
    let path = format!("/v1/staff/{}", journalist.id);
    let etag = admin.get(&path).expect(200).await.etag();
    admin.patch(&path).if_match(&etag).json(&json!({"agency": "kabar"})).expect(200).await;
    let second = app.staff("admin@trend.example").await;
    step(&second, &at, "kill", &json!({"reason": "A secret.", "public_note": "Withdrawn."})).await;
    assert!(kinds(&list(&app.staff("journalist@trend.example").await, "").await).is_empty());
    assert_eq!(kinds(&list(&editor, "").await), ["killed"], "the desk is told instead");
}

async fn lists_are_filtered_counted_and_paged(app: App) {
    let editor = app.staff("editor@trend.example").await;
    for kind in [NoticeKind::Assigned, NoticeKind::Returned, NoticeKind::Assigned, NoticeKind::Killed] {
        tell(&app, editor.id, kind, None).await;
    }
    let all = list(&editor, "").await;
    assert_eq!(kinds(&all), ["killed", "assigned", "returned", "assigned"]);
    assert_eq!(all["meta"], json!({"limit": 25, "has_more": false, "next_cursor": null, "unread": 4}));
    assert_eq!(kinds(&list(&editor, "?kind=assigned,killed").await), ["killed", "assigned", "assigned"]);
    let newest = all["data"][0]["id"].as_str().unwrap();
    editor.post(&format!("/v1/me/notices/{newest}/read")).expect(204).await;
    let unread = list(&editor, "?unread=true&limit=2").await;
    assert_eq!((kinds(&unread), &unread["meta"]["unread"]), (vec!["assigned", "returned"], &json!(3)));
    assert_eq!(kinds(&list(&editor, "?unread=false").await), ["killed"]);
    let cursor = unread["meta"]["next_cursor"].as_str().unwrap();
    let next = editor.get(&format!("/v1/me/notices?unread=true&limit=2&cursor={cursor}")).expect(200).await;
    assert_eq!(kinds(&next.json()), ["assigned"]);
    assert_eq!(editor.get(&format!("/v1/me/notices?limit=2&cursor={cursor}")).expect(400).await.code(), "invalid_cursor");
    assert!(editor.get("/v1/me/notices?limit=1").expect(200).await.header("Link").unwrap().contains("rel=\"next\""));
    for query in ["?unread=maybe", "?kind=gossip", "?limit=101", "?sort=kind"] {
        assert_eq!(editor.get(&format!("/v1/me/notices{query}")).expect(400).await.code(), "invalid_parameter", "{query}");
    }
}

async fn notices_are_read_one_by_one_or_up_to_one(app: App) {
    let editor = app.staff("editor@trend.example").await;
    for _ in 0..4 {
        tell(&app, editor.id, NoticeKind::Assigned, None).await;
    }
    let all = list(&editor, "").await;
    let at = |i: usize| all["data"][i]["id"].as_str().unwrap();
    editor.post(&format!("/v1/me/notices/{}/read", at(3))).expect(204).await;
    let first = list(&editor, "?unread=false").await["data"][0]["read_at"].clone();
    app.advance(Duration::from_mins(1));
    editor.post(&format!("/v1/me/notices/{}/read", at(3))).expect(204).await;
    assert_eq!(list(&editor, "?unread=false").await["data"][0]["read_at"], first, "it was read once");
    let up_to = editor.post("/v1/me/notices/read").json(&json!({"up_to": at(1)})).expect(200).await;
    assert_eq!(up_to.json(), json!({"marked": 2, "unread": 1}));
    assert_eq!(list(&editor, "?unread=true").await["data"][0]["id"], at(0), "what came later was not seen");
    assert_eq!(editor.post("/v1/me/notices/read").expect(200).await.json(), json!({"marked": 1, "unread": 0}));
}

async fn notices_are_ones_own(app: App) {
    let (editor, journalist) = (app.staff("editor@trend.example").await, app.staff("journalist@trend.example").await);
    tell(&app, editor.id, NoticeKind::Assigned, None).await;
    let id = list(&editor, "").await["data"][0]["id"].as_str().unwrap().to_owned();
    assert!(kinds(&list(&journalist, "").await).is_empty());
    assert_eq!(journalist.post(&format!("/v1/me/notices/{id}/read")).expect(404).await.code(), "not_found");
    let refused = journalist.post("/v1/me/notices/read").json(&json!({"up_to": id})).expect(422).await;
    assert_eq!(refused.faults(), ["/up_to"]);
    assert_eq!(journalist.post("/v1/me/notices/read").expect(200).await.json(), json!({"marked": 0, "unread": 0}));
    assert_eq!(list(&editor, "").await["meta"]["unread"], 1);
}

async fn headlines_are_of_what_may_be_seen(app: App) {
    let (id, at) = text(&app).await;
    let (editor, stranger) = (app.staff("editor@trend.example").await, app.staff("editor@kazinform.example").await);
    let article: Uuid = id.parse().unwrap();
    tell(&app, editor.id, NoticeKind::Corrected, Some(article)).await;
    tell(&app, stranger.id, NoticeKind::Corrected, Some(article)).await;
    let etag = editor.get(&at).expect(200).await.etag();
    editor.patch(&at).if_match(&etag).json(&json!({"headline": "A gale"})).expect(200).await;
    assert_eq!(list(&editor, "").await["data"][0]["headline"], "A gale", "as it is now");
    let told = list(&stranger, "").await;
    assert_eq!((&told["data"][0]["headline"], &told["data"][0]["article_id"]), (&Value::Null, &json!(id)));
    assert!(!told.to_string().contains("gale"));
}

/// What the last message says, decoded.
fn last_mail(app: &App) -> String {
    let mail = app.outbox().pop().unwrap();
    mail.replace("=\r\n", "").replace("=3D", "=")
}

async fn who_wants_a_message_gets_one(app: App) {
    let (_, at) = text(&app).await;
    let (editor, journalist) = (app.staff("editor@trend.example").await, app.staff("journalist@trend.example").await);
    let me = journalist.get("/v1/me").expect(200).await;
    assert_eq!(me.json()["notice_mail"], json!([]), "nobody is bothered who did not ask");
    step(&journalist, &at, "submit", &Value::Null).await;
    step(&editor, &at, "return", &json!({"reason": "Too short."})).await;
    assert_eq!((app.drain_jobs().await, app.outbox().len()), (0, 0));
    let wish = json!({"notice_mail": ["returned"]});
    let me = journalist.patch("/v1/me").if_match(&me.etag()).json(&wish).expect(200).await;
    assert_eq!(me.json()["notice_mail"], wish["notice_mail"]);
    step(&journalist, &at, "submit", &Value::Null).await;
    step(&editor, &at, "return", &json!({"reason": "Too short."})).await;
    step(&editor, &at, "assign", &json!({"staff_id": null})).await;
    step(&editor, &at, "assign", &json!({"staff_id": journalist.id})).await;
    app.drain_jobs().await;
    let mails = app.outbox();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = last_mail(&app);
    for words in ["To: journalist@trend.example", "Subject: A text of yours was returned", "\"Wind\"", &app.state.url(&at), "notice_mail"] {
        assert!(mail.contains(words), "{words} in {mail}");
    }
    assert!(!mail.contains("short"), "{mail}");
    let twice = json!({"notice_mail": ["returned", "returned"]});
    assert_eq!(journalist.patch("/v1/me").if_match(&me.etag()).json(&twice).expect(422).await.faults(), ["/notice_mail/1"]);
    let unknown = json!({"notice_mail": ["gossip"]});
    assert_eq!(journalist.patch("/v1/me").if_match(&me.etag()).json(&unknown).expect(400).await.code(), "malformed_body");
    let none = journalist.patch("/v1/me").if_match(&me.etag()).json(&json!({"notice_mail": null})).expect(200).await;
    assert_eq!(none.json()["notice_mail"], json!([]));
}

async fn a_message_says_no_more_than_may_be_seen(app: App) {
    let (id, _) = text(&app).await;
    let stranger = app.staff("editor@kazinform.example").await;
    let me = stranger.get("/v1/me").expect(200).await;
    stranger.patch("/v1/me").if_match(&me.etag()).json(&json!({"notice_mail": ["corrected", "killed"]})).expect(200).await;
    tell(&app, stranger.id, NoticeKind::Corrected, Some(id.parse().unwrap())).await;
    tell(&app, stranger.id, NoticeKind::Killed, Some(id.parse().unwrap())).await;
    let killed = list(&stranger, "?kind=killed").await["data"][0]["id"].as_str().unwrap().to_owned();
    stranger.post(&format!("/v1/me/notices/{killed}/read")).expect(204).await;
    app.drain_jobs().await;
    assert_eq!(app.outbox().len(), 1, "what was read needs no message");
    let mail = last_mail(&app);
    assert!(mail.contains("was corrected") && !mail.contains("Wind"), "{mail}");
    tell(&app, stranger.id, NoticeKind::Corrected, None).await;
    app.state.db.write().query("UPDATE staff SET state = 'suspended' WHERE id = $1").bind(stranger.id).execute().await.unwrap();
    app.drain_jobs().await;
    assert_eq!(app.outbox().len(), 1, "nobody writes to who cannot sign in");
}

async fn what_was_read_is_forgotten_in_time(app: App) {
    let editor = app.staff("editor@trend.example").await;
    tell(&app, editor.id, NoticeKind::Assigned, None).await;
    tell(&app, editor.id, NoticeKind::Returned, None).await;
    let id = list(&editor, "?kind=assigned").await["data"][0]["id"].as_str().unwrap().to_owned();
    editor.post(&format!("/v1/me/notices/{id}/read")).expect(204).await;
    let tidy = async || {
        let mut tx = app.state.db.begin().await.unwrap();
        let gone = notices::tidy(&mut tx, app.state.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        gone
    };
    app.advance(Duration::from_hours(89 * 24));
    assert_eq!(tidy().await, 0);
    app.advance(Duration::from_hours(2 * 24));
    assert_eq!(tidy().await, 1);
    let editor = app.staff("editor@trend.example").await;
    assert_eq!(kinds(&list(&editor, "").await), ["returned"], "what was not read is kept");
}
