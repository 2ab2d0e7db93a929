//! What was withheld with a story comes back by its own agency's word, or goes for good.

use super::{CORRIDOR, Story, last_change, refused};
use crate::on_both;
use crate::support::App;
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_withheld_text_is_lifted_by_its_own_agency,
    a_lifted_text_comes_back_as_readers_saw_it,
    a_lifted_text_lives_on,
    a_withheld_text_is_killed_in_the_end,
    only_what_is_withheld_is_lifted,
    what_nobody_saw_is_frozen,
    a_withheld_text_has_no_preview,
    what_is_lifted_after_its_embargo_can_be_withdrawn,
);

fn reason() -> Value {
    json!({"reason": "Our text rests on another source."})
}

async fn a_withheld_text_is_lifted_by_its_own_agency(app: App) {
    let story = Story::demo(&app, CORRIDOR, "editor@trend.example", "editor@kazinform.example").await;
    let before = story.public("?language=kk").await.json();
    story.kill().await;
    refused(&story.public("?language=kk").await, 404, "not_found");
    for (caller, status, code) in [
        (&story.owner, 403, "forbidden"),
        (&app.staff("editor@kabar.example").await, 403, "forbidden"),
        (&app.staff("journalist@platform.example").await, 403, "forbidden"),
        (&app.staff("journalist@trend.example").await, 403, "forbidden"),
    ] {
        refused(&story.try_step(caller, "kk", "lift", &reason()).await, status, code);
    }
    refused(&story.try_step(&story.partner, "kk", "lift", &json!({"reason": ""})).await, 422, "validation_failed");
    app.advance(Duration::from_mins(1));
    let log = last_change(&app).await;
    let lifted = story.step(&story.partner, "kk", "lift", &reason()).await;
    for (member, value) in [
        ("publication", json!("published")),
        ("review", json!("settled")),
        ("freshness", json!("detached")),
        ("freshness_reason", json!("Our text rests on another source.")),
        ("detached_at", json!("2026-07-24T12:01:00Z")),
        ("published_at", json!("2026-07-24T12:01:00Z")),
        ("first_published_at", before["published_at"].clone()),
    ] {
        assert_eq!(lifted[member], value, "{member}");
    }
    let after = story.public("?language=kk").await.json();
    for member in ["headline", "body", "slug", "url", "published_at", "version"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(after["available_languages"].as_array().unwrap().len(), 1, "the others are not back");
    assert_eq!(story.changes_after(log).await, [("published".to_owned(), "kk".to_owned(), None, None, None)]);
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action = 'text.lifted'").await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM notices n JOIN staff s ON s.id = n.staff_id WHERE n.kind = 'lifted' AND s.email_key = 'editor@trend.example'").await,
        1
    );
    // Something of the story is public: by its id it is not gone, but the killed original is.
    refused(&story.public("").await, 404, "language_not_published");
    refused(&story.public("?language=az").await, 410, "withdrawn");
    // The platform does not, on what is shared with it neither.
    let platform = app.staff("editor@platform.example").await;
    refused(&story.try_step(&platform, "ky", "lift", &reason()).await, 403, "forbidden");
}

async fn a_lifted_text_comes_back_as_readers_saw_it(app: App) {
    let story = Story::new(&app).await;
    let change = json!({"headline": "Not yet for readers", "slug": "another-address"});
    story.partner.patch(&story.text("tr")).if_match(&story.read("tr").await.etag()).json(&change).expect(200).await;
    let before = story.public("?language=tr").await.json();
    story.kill().await;
    let lifted = story.step(&story.partner, "tr", "lift", &reason()).await;
    assert_eq!((&lifted["publication"], &lifted["review"], &lifted["headline"]), (&json!("published"), &json!("draft"), &json!("Not yet for readers")));
    let after = story.public("?language=tr").await.json();
    for member in ["headline", "slug", "url", "body"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert_eq!(story.address("tr/another-address").await.status, 404);
    // What was unpublished when the story was killed is public again too, where it was.
    story.step(&story.partner, "kk", "lift", &reason()).await;
    assert_eq!(story.address("kk/wind-in-kk").await.json()["headline"], "Wind in kk");
}

async fn a_lifted_text_lives_on(app: App) {
    let story = Story::new(&app).await;
    story.kill().await;
    story.step(&story.partner, "tr", "lift", &reason()).await;
    let edited = story.partner.patch(&story.text("tr")).if_match(&story.read("tr").await.etag()).json(&json!({"headline": "Better"})).send().await;
    assert_eq!(edited.status, 200, "{}", edited.text());
    story.step(&story.partner, "tr", "publish", &json!({"change_kind": "correction", "public_note": "It was wrong."})).await;
    assert_eq!(story.public("?language=tr").await.json()["headline"], "Better");
    assert_eq!(story.read("tr").await.json()["freshness"], "detached");
    story.step(&story.partner, "tr", "unpublish", &Value::Null).await;
    story.step(&story.partner, "tr", "publish", &Value::Null).await;
    // What the story says of itself stays as it was killed.
    let etag = story.article().await.etag();
    refused(&story.partner.patch(&story.path()).if_match(&etag).json(&json!({"urgency": 1})).send().await, 409, "illegal_transition");
    app.drain_jobs().await;
    assert_eq!(story.public("?language=tr").await.status, 200);
}

async fn a_withheld_text_is_killed_in_the_end(app: App) {
    let story = Story::new(&app).await;
    story.kill().await;
    let log = last_change(&app).await;
    story.step(&story.partner, "tr", "kill", &json!({"reason": "Confirmed.", "public_note": "Ours was not true either."})).await;
    for gone in [story.public("?language=tr").await, story.address("tr/wind-in-tr").await] {
        refused(&gone, 410, "withdrawn");
        assert_eq!(gone.json()["public_note"], "Ours was not true either.");
    }
    let note = Some("Ours was not true either.".to_owned());
    assert_eq!(story.changes_after(log).await, [("killed".to_owned(), "tr".to_owned(), None, note, None)]);
    refused(&story.try_step(&story.partner, "tr", "lift", &reason()).await, 409, "illegal_transition");
}

async fn only_what_is_withheld_is_lifted(app: App) {
    let story = Story::new(&app).await;
    for (language, caller) in [("tr", &story.partner), ("kk", &story.partner), ("ky", &story.partner), ("en", &story.owner)] {
        let before = story.read(language).await;
        refused(&story.try_step(caller, language, "lift", &reason()).await, 409, "illegal_transition");
        assert_eq!(story.read(language).await.etag(), before.etag());
    }
}

/// With a text of the partner that is published, and that an embargo keeps from readers until one o'clock.
async fn with_held(app: &App) -> Story {
    let story = Story::new(app).await;
    let until = json!({"until": "2026-07-24T13:00:00Z"});
    story.partner.put(&format!("{}/embargo", story.text("ky"))).if_match(&story.read("ky").await.etag()).json(&until).expect(200).await;
    story.step(&story.partner, "ky", "publish", &Value::Null).await;
    story
}

async fn what_nobody_saw_is_frozen(app: App) {
    for unpublished in [false, true] {
        let story = with_held(&app).await;
        if unpublished {
            story.step(&story.partner, "ky", "unpublish", &Value::Null).await;
            let etag = story.read("ky").await.etag();
            story.partner.delete(&format!("{}/embargo", story.text("ky"))).if_match(&etag).expect(200).await;
        }
        let preview = story.preview().await;
        let effect = |language: &str| preview["texts"].as_array().unwrap().iter().find(|text| text["language"] == language).unwrap()["effect"].clone();
        assert_eq!((effect("ky"), effect("tr")), (json!("freeze"), json!("withhold")));
        let log = last_change(&app).await;
        story.kill().await;
        assert_eq!(story.states().await["ky"], "killed");
        assert!(story.changes_after(log).await.iter().all(|(_, language, ..)| language != "ky"));
        refused(&story.try_step(&story.partner, "ky", "lift", &reason()).await, 409, "illegal_transition");
    }
}

async fn what_is_lifted_after_its_embargo_can_be_withdrawn(app: App) {
    let mut story = with_held(&app).await;
    story.kill().await;
    // As versions left it that withheld what nobody had seen.
    let sql = "UPDATE translations SET publication = 'withheld', killed_at = NULL WHERE language = 'ky' AND publication = 'killed'";
    app.state.db.write().query(sql).execute().await.unwrap();
    app.advance(Duration::from_hours(1));
    (story.owner, story.partner) = (app.staff("editor@trend.example").await, app.staff("editor@platform.example").await);
    let lifted = story.step(&story.partner, "ky", "lift", &reason()).await;
    let one = json!("2026-07-24T13:00:00Z");
    assert_eq!((&lifted["first_published_at"], &lifted["published_at"]), (&one, &one));
    assert_eq!(story.public("?language=ky").await.status, 200);
    story.step(&story.partner, "ky", "unpublish", &Value::Null).await;
    refused(&story.public("?language=ky").await, 404, "not_found");
    story.step(&story.partner, "ky", "publish", &Value::Null).await;
    story.step(&story.partner, "ky", "kill", &json!({"reason": "x", "public_note": "x"})).await;
    refused(&story.public("?language=ky").await, 410, "withdrawn");
}

async fn a_withheld_text_has_no_preview(app: App) {
    let story = Story::new(&app).await;
    let links = format!("{}/preview-links", story.text("tr"));
    let link = story.partner.post(&links).json(&json!({})).expect(201).await.json();
    let shown = link["url"].as_str().unwrap().strip_prefix("http://127.0.0.1:8080").unwrap();
    app.anonymous().get(shown).expect(200).await;
    story.kill().await;
    app.anonymous().get(shown).expect(404).await;
    refused(&story.partner.post(&links).json(&json!({})).send().await, 409, "illegal_transition");
}
