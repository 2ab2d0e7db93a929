//! Work across agencies: who is asked sees exactly the story that it is about.

use super::{Desk, Work, hire, notices, step_of, story};
use crate::on_both;
use crate::support::{App, Caller};
use newsroom::db::Reader;
use serde_json::{Value, json};

on_both!(
    who_is_asked_sees_that_story_and_no_other,
    who_is_asked_adds_that_text_and_no_other,
    it_is_over_when_it_is_declined_or_canceled,
    it_is_over_when_it_is_accepted,
    the_desk_of_the_other_agency_says_who,
    the_platform_sees_what_is_shared,
    the_credit_follows,
    the_credit_is_of_who_translated,
);

/// A story of Trend that Kazinform is asked to translate, beside another that it is not.
struct Border {
    desk: Desk,
    secret: String,
    work: Work,
    theirs: Caller,
    journalist: Caller,
}

impl Border {
    async fn new(app: &App) -> Self {
        let desk = Desk::new(app).await;
        let secret = story(&desk.editor, "Gizli").await;
        let journalist = hire(app, "kazinform", "dana@kazinform.example", "journalist").await;
        let theirs = app.staff("editor@kazinform.example").await;
        for who in [&theirs, &journalist] {
            who.get(&desk.at()).expect(404).await;
        }
        let other = desk.editor.post(&format!("/v1/articles/{secret}/translation-requests")).json(&json!({"languages": ["kk"]})).expect(201).await;
        assert_eq!(other.json()["data"].as_array().unwrap().len(), 1);
        let work = desk.asked(&json!({"languages": ["kk"], "agency": "kazinform"})).await;
        Self { desk, secret, work, theirs, journalist }
    }
}

async fn ids(who: &Caller, path: &str) -> Vec<String> {
    let list = who.get(path).expect(200).await.json();
    let id = |row: &Value| row["article_id"].as_str().or(row["id"].as_str()).unwrap().to_owned();
    list["data"].as_array().unwrap().iter().map(id).collect()
}

async fn who_is_asked_sees_that_story_and_no_other(app: App) {
    let Border { desk, secret, theirs, journalist, .. } = Border::new(&app).await;
    for who in [&theirs, &journalist] {
        who.get(&desk.at()).expect(200).await;
        for path in ["/translations", "/translations/az", "/translations/az/revisions", "/translations/az/revisions/1", "/translations/az/freshness"] {
            who.get(&format!("{}{path}", desk.at())).expect(200).await;
            who.get(&format!("/v1/articles/{secret}{path}")).expect(404).await;
        }
        who.get(&format!("/v1/articles/{secret}/translations/az/compare?from=1&to=1")).expect(404).await;
        who.get(&format!("/v1/articles/{secret}")).expect(404).await;
        for path in ["/v1/articles?agency=trend&state=draft&limit=100", "/v1/articles?headline=i&state=draft&limit=100", "/v1/coverage?limit=100"] {
            assert!(!ids(who, path).await.contains(&secret), "{path}");
        }
        assert_eq!(ids(who, "/v1/assignments").await, [desk.id.as_str()]);
        assert_eq!(ids(who, &format!("/v1/assignments?article={secret}")).await, [""; 0]);
        assert!(ids(who, "/v1/coverage?limit=100").await.contains(&desk.id));
        let drafts = who.get("/v1/articles?agency=trend&state=unreleased&limit=100&count=exact").expect(200).await.json();
        let known = drafts["data"].as_array().unwrap();
        assert_eq!(drafts["meta"]["count"], json!(known.len()), "what cannot be seen is not counted");
    }
    for stranger in [app.staff("editor@kabar.example").await, app.staff("editor@platform.example").await] {
        stranger.get(&desk.at()).expect(404).await;
        assert_eq!(ids(&stranger, "/v1/assignments").await, [""; 0]);
    }
    let seen = desk.editor.get("/v1/assignments").expect(200).await.json();
    assert_eq!(seen["data"].as_array().unwrap().len(), 2);
}

async fn who_is_asked_adds_that_text_and_no_other(app: App) {
    let Border { desk, work, theirs, journalist, .. } = Border::new(&app).await;
    assert_eq!(desk.add(&journalist, "ru").await.status, 403, "another language");
    assert_eq!(desk.edit(&theirs, "az", "Forged").await.status, 403, "the original is theirs");
    let etag = theirs.get(&desk.at()).expect(200).await.etag();
    theirs.patch(&desk.at()).if_match(&etag).json(&json!({"urgency": 1})).expect(403).await;
    theirs.post(&format!("{}/translation-requests", desk.at())).json(&json!({"languages": ["uz"]})).expect(403).await;
    assert_eq!(desk.add(&desk.editor, "kk").await.code(), "conflict", "nor does the other side do what it has asked for");
    work.step(&journalist, "claim").await;
    let text = desk.add(&journalist, "kk").await;
    assert_eq!(text.status, 201, "{}", text.text());
    let agency = theirs.get("/v1/me").expect(200).await.json()["agency"]["id"].clone();
    assert_eq!(text.json()["agency_id"], agency);
    step_of(&journalist, &desk.text("kk"), "submit", &Value::Null).await;
    assert_eq!(desk.editor.post(&format!("{}/approve", desk.text("kk"))).if_match("\"v2\"").expect(403).await.code(), "forbidden");
    step_of(&theirs, &desk.text("kk"), "publish", &Value::Null).await;
    for who in [&theirs, &journalist] {
        assert_eq!(desk.add(who, "ru").await.status, 403, "nor after its own text is there");
    }
    assert_eq!(work.state(&desk.editor).await, "accepted");
    journalist.get(&desk.at()).expect(200).await;
    assert_eq!(desk.add(&theirs, "ru").await.status, 403, "nor after the work is done");
    desk.asked(&json!({"languages": ["ru"], "agency": "kazinform"})).await;
    assert_eq!(desk.add(&theirs, "ru").await.status, 201, "but what it is asked for next");
}

async fn it_is_over_when_it_is_declined_or_canceled(app: App) {
    let Border { desk, work, theirs, journalist, .. } = Border::new(&app).await;
    assert_eq!(work.try_step(&journalist, "decline", &json!({"reason": "x"})).await.status, 403, "for the desk its editors speak");
    let declined = work.try_step(&theirs, "decline", &json!({"reason": "Nobody is free."})).await;
    assert_eq!(declined.json()["slugline"], Value::Null);
    assert_eq!(notices(&app, &desk.editor).await, ["declined"]);
    for who in [&theirs, &journalist] {
        who.get(&desk.at()).expect(404).await;
        assert!(!ids(who, "/v1/articles?limit=100").await.contains(&desk.id));
        assert!(!ids(who, "/v1/coverage?limit=100").await.contains(&desk.id));
        assert_eq!(desk.add(who, "kk").await.status, 404);
    }
    let work = desk.asked(&json!({"languages": ["kk"], "agency": "kazinform"})).await;
    theirs.get(&desk.at()).expect(200).await;
    assert_eq!(work.try_step(&theirs, "cancel", &json!({"reason": "x"})).await.status, 403);
    assert_eq!(work.try_step(&desk.editor, "cancel", &json!({"reason": "Not needed."})).await.status, 200);
    theirs.get(&desk.at()).expect(404).await;
    let work = desk.asked(&json!({"languages": ["kk"], "agency": "kazinform"})).await;
    assert_eq!(desk.add(&theirs, "kk").await.status, 201);
    assert_eq!(work.try_step(&desk.editor, "cancel", &json!({"reason": "Not needed."})).await.status, 200);
    theirs.get(&desk.at()).expect(200).await;
}

async fn it_is_over_when_it_is_accepted(app: App) {
    let Border { desk, theirs, .. } = Border::new(&app).await;
    let kabar = app.staff("editor@kabar.example").await;
    let review = json!({"kind": "review", "agency": "kabar"});
    let review = desk.editor.post(&format!("{}/assignments", desk.at())).json(&review).expect(201).await.json();
    kabar.get(&desk.at()).expect(200).await;
    desk.step(&desk.editor, "az", "publish", &Value::Null).await;
    let review = Work(review["id"].as_str().unwrap().to_owned());
    let closed = review.read(&kabar).await;
    assert_eq!((&closed["state"], &closed["slugline"]), (&json!("accepted"), &Value::Null));
    kabar.get(&desk.at()).expect(404).await;
    assert!(!ids(&kabar, "/v1/articles?limit=100").await.contains(&desk.id));
    theirs.get(&desk.at()).expect(200).await;
}

async fn the_desk_of_the_other_agency_says_who(app: App) {
    let Border { desk, work, theirs, journalist, .. } = Border::new(&app).await;
    assert_eq!(notices(&app, &theirs).await, ["assigned"]);
    let etag = theirs.get(&work.at()).expect(200).await.etag();
    theirs.patch(&work.at()).if_match(&etag).json(&json!({"note": "x"})).expect(403).await;
    theirs.patch(&work.at()).if_match(&etag).json(&json!({"assignee_id": desk.journalist.id})).expect(422).await;
    theirs.patch(&work.at()).if_match(&etag).json(&json!({"assignee_id": journalist.id})).expect(200).await;
    assert_eq!(notices(&app, &journalist).await, ["assigned"]);
    let refused = work.try_step(&theirs, "claim", &Value::Null).await;
    assert_eq!((refused.code(), &refused.json()["assignee_id"]), ("conflict".to_owned(), &json!(journalist.id)));
    work.step(&journalist, "claim").await;
    assert_eq!(work.try_step(&desk.journalist, "release", &Value::Null).await.status, 403);
    work.step(&theirs, "release").await;
}

async fn the_platform_sees_what_is_shared(app: App) {
    let desk = Desk::new(&app).await;
    let platform = app.staff("editor@platform.example").await;
    let work = desk.asked(&json!({"languages": ["kk"]})).await;
    platform.get(&work.at()).expect(404).await;
    let etag = desk.editor.get(&desk.at()).expect(200).await.etag();
    desk.editor.patch(&desk.at()).if_match(&etag).json(&json!({"shared": true})).expect(200).await;
    platform.get(&work.at()).expect(200).await;
    assert_eq!(ids(&platform, "/v1/assignments").await, [desk.id.as_str()]);
    let asked = platform.post(&format!("{}/translation-requests", desk.at())).json(&json!({"languages": ["ky"], "agency": "kabar"})).expect(201).await;
    assert_eq!(asked.json()["data"][0]["language"], "ky");
    app.staff("editor@kabar.example").await.get(&desk.at()).expect(200).await;
    assert_eq!(work.try_step(&platform, "cancel", &json!({"reason": "x"})).await.status, 200);
}

async fn the_credit_is_of_who_translated(app: App) {
    let Border { desk, theirs, journalist, .. } = Border::new(&app).await;
    app.state.db.write().query("UPDATE staff SET byline = $1").bind(true).execute().await.unwrap();
    let translators = async || {
        let public = app.anonymous().get(&format!("/v1/delivery/articles/{}?language=kk", desk.id)).expect(200).await.json();
        public["translators"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>()
    };
    step_of(&desk.editor, &desk.text("az"), "publish", &Value::Null).await;
    desk.add(&journalist, "kk").await;
    step_of(&theirs, &desk.text("kk"), "publish", &Value::Null).await;
    // Somebody else follows a correction of the original.
    let etag = theirs.get(&desk.text("kk")).expect(200).await.etag();
    theirs.post(&format!("{}/assign", desk.text("kk"))).if_match(&etag).json(&json!({"staff_id": theirs.id})).expect(200).await;
    desk.edit(&desk.editor, "az", "Güclü külək").await;
    step_of(&desk.editor, &desk.text("az"), "publish", &json!({"change_kind": "correction", "public_note": "Qeyd."})).await;
    desk.edit(&theirs, "kk", "Strong wind").await;
    step_of(&theirs, &desk.text("kk"), "publish", &json!({"change_kind": "correction", "public_note": "Note."})).await;
    assert_eq!(translators().await, [json!(journalist.id)]);
    // Who was asked and wrote nothing.
    let work = desk.asked(&json!({"languages": ["kk"], "agency": "kazinform"})).await;
    let idle = hire(&app, "kazinform", "idle@kazinform.example", "journalist").await;
    work.step(&idle, "claim").await;
    desk.edit(&theirs, "kk", "Wind").await;
    step_of(&theirs, &desk.text("kk"), "publish", &json!({"change_kind": "fix"})).await;
    assert_eq!(work.state(&desk.editor).await, "accepted");
    assert_eq!(translators().await, [json!(journalist.id)]);
}

async fn the_credit_follows(app: App) {
    let Border { desk, work, theirs, journalist, .. } = Border::new(&app).await;
    for who in [&desk.editor, &journalist] {
        let me = who.get("/v1/me").expect(200).await;
        let change = json!({"byline": true});
        let admin = app.staff("admin@platform.example").await;
        let path = format!("/v1/staff/{}", who.id);
        let etag = admin.get(&path).expect(200).await.etag();
        admin.patch(&path).if_match(&etag).json(&change).expect(200).await;
        assert_eq!(me.status, 200);
    }
    step_of(&desk.editor, &desk.text("az"), "publish", &Value::Null).await;
    desk.add(&journalist, "kk").await;
    step_of(&theirs, &desk.text("kk"), "publish", &Value::Null).await;
    assert_eq!(work.state(&theirs).await, "accepted");
    let public = app.anonymous().get(&format!("/v1/delivery/articles/{}?language=kk", desk.id)).expect(200).await.json();
    assert_eq!(public["translators"], json!([{"id": journalist.id, "name": "dana@kazinform.example"}]));
    let line = public["credit_line"].as_str().unwrap();
    let writer = app.anonymous().get(&format!("/v1/delivery/articles/{}", desk.id)).expect(200).await.json();
    let name = |value: &Value| value["authors"][0]["name"].as_str().unwrap().to_owned();
    assert!(line.ends_with(" (dana@kazinform.example)"), "{line}");
    assert!(line.contains(") / "), "who wrote it, then who translated it: {line}");
    assert_eq!(writer["translators"], json!([]));
    assert!(!name(&writer).is_empty());
}
