//! What is read in place of a killed story.

use super::{Story, refused};
use crate::on_both;
use crate::support::App;
use serde_json::{Value, json};
use uuid::Uuid;

on_both!(what_replaces_a_killed_story_is_named, a_text_killed_alone_is_replaced_too, only_what_was_killed_is_replaced, what_nobody_saw_is_not_named);

fn new(replaces: &str) -> Value {
    json!({"original_language": "en", "headline": "What really happened", "body_html": "<p>x</p>", "replaces": replaces})
}

async fn what_replaces_a_killed_story_is_named(app: App) {
    let story = Story::new(&app).await;
    story.kill().await;
    let made = story.owner.post("/v1/articles").json(&new(&story.id)).expect(201).await.json();
    assert_eq!(made["replaces"], story.id.as_str());
    let replacement = Story { id: made["id"].as_str().unwrap().to_owned(), app: app.clone(), owner: story.owner.clone(), partner: story.partner.clone() };
    assert!(story.public("").await.json().get("replaced_by").is_none(), "nobody sees it yet");
    replacement.step(&story.owner, "en", "publish", &Value::Null).await;
    let expected = json!({"id": replacement.id, "url": app.state.url("/v1/delivery/articles/en/what-really-happened")});
    for gone in [story.public("").await, story.address("en/wind-over-the-caspian").await, story.address("ru/wind-in-ru").await] {
        refused(&gone, 410, "withdrawn");
        assert_eq!(gone.json()["replaced_by"], expected);
    }
    assert_eq!(replacement.public("").await.json()["replaces"], story.id.as_str());
    // In the language of what is gone, where it is public in that.
    let text = json!({"headline": "Как было на самом деле", "body_html": "<p>x</p>", "slug": "pravda"});
    story.owner.put(&replacement.text("ru")).header("If-None-Match", "*").json(&text).expect(201).await;
    replacement.step(&story.owner, "ru", "publish", &Value::Null).await;
    let russian = story.address("ru/wind-in-ru").await.json();
    assert_eq!(russian["replaced_by"]["url"], app.state.url("/v1/delivery/articles/ru/pravda"));
    assert_eq!(story.address("en/wind-over-the-caspian").await.json()["replaced_by"], expected);
    replacement.step(&story.owner, "ru", "unpublish", &Value::Null).await;
    replacement.step(&story.owner, "en", "unpublish", &Value::Null).await;
    assert!(story.public("").await.json().get("replaced_by").is_none());
}

async fn a_text_killed_alone_is_replaced_too(app: App) {
    let story = Story::new(&app).await;
    story.step(&story.owner, "ru", "kill", &json!({"reason": "x", "public_note": "x"})).await;
    let made = story.owner.post("/v1/articles").json(&json!({"original_language": "ru", "headline": "Ветер", "body_html": "<p>x</p>"})).expect(201).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    story.owner.post(&format!("/v1/articles/{id}/translations/ru/publish")).if_match("\"v1\"").expect(200).await;
    let path = format!("/v1/articles/{id}");
    let changed = story.owner.patch(&path).if_match(&made.etag()).json(&json!({"replaces": story.id})).expect(200).await;
    assert_eq!(changed.json()["replaces"], story.id.as_str());
    app.drain_jobs().await;
    assert_eq!(story.address("ru/wind-in-ru").await.json()["replaced_by"]["id"], id.as_str());
    let read = story.owner.get(&path).expect(200).await;
    story.owner.patch(&path).if_match(&read.etag()).json(&json!({"replaces": null})).expect(200).await;
    app.drain_jobs().await;
    assert!(story.address("ru/wind-in-ru").await.json().get("replaced_by").is_none());
}

async fn only_what_was_killed_is_replaced(app: App) {
    let story = Story::new(&app).await;
    let foreign = app.staff("editor@kazinform.example").await;
    let faults = async |answer: crate::support::Answer| {
        refused(&answer, 422, "validation_failed");
        (answer.faults(), answer.json()["errors"][0]["code"].as_str().unwrap().to_owned())
    };
    let pointer = vec!["/replaces".to_owned()];
    let lives = story.owner.post("/v1/articles").json(&new(&story.id)).send().await;
    assert_eq!(faults(lives).await, (pointer.clone(), "not_killed".to_owned()));
    story.kill().await;
    for (caller, id) in [(&story.owner, Uuid::new_v4().to_string()), (&foreign, story.id.clone())] {
        let unknown = caller.post("/v1/articles").json(&new(&id)).send().await;
        assert_eq!(faults(unknown).await, (pointer.clone(), "unknown_article".to_owned()));
    }
    let made = story.owner.post("/v1/articles").json(&new(&story.id)).expect(201).await;
    let path = format!("/v1/articles/{}", made.json()["id"].as_str().unwrap());
    let itself = story.owner.patch(&path).if_match(&made.etag()).json(&json!({"replaces": made.json()["id"]})).send().await;
    refused(&itself, 422, "validation_failed");
    assert!(itself.faults().contains(&"/replaces".to_owned()));
}

/// The id of a story that was never public stays in the house.
async fn what_nobody_saw_is_not_named(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let secret = editor.post("/v1/articles").json(&json!({"original_language": "en", "headline": "Secret", "body_html": "<p>x</p>"})).expect(201).await;
    let id = secret.json()["id"].as_str().unwrap().to_owned();
    editor.post(&format!("/v1/articles/{id}/kill")).if_match(&secret.etag()).json(&super::order()).expect(200).await;
    assert_eq!(app.anonymous().get(&format!("/v1/delivery/articles/{id}")).send().await.status, 404);
    let made = editor.post("/v1/articles").json(&new(&id)).expect(201).await.json();
    let at = format!("/v1/articles/{}/translations/en/publish", made["id"].as_str().unwrap());
    editor.post(&at).if_match("\"v1\"").expect(200).await;
    let public = app.anonymous().get("/v1/delivery/articles/en/what-really-happened").expect(200).await;
    assert_eq!(public.json()["replaces"], Value::Null);
    assert!(!public.text().contains(&id));
}
