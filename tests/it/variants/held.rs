//! What an embargo keeps from readers does not reach them in another script.

use super::Story;
use super::rules::ask_for;
use crate::on_both;
use crate::support::{Answer, App};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_rule_publishes_nothing_of_a_held_source,
    a_variant_is_under_the_embargo_of_its_source,
    a_variant_goes_along_with_the_embargo_of_its_source,
    a_variant_that_was_let_go_waits_for_its_source_all_the_same,
);

const ONE: &str = "2026-07-24T13:00:00Z";
const TWO: &str = "2026-07-24T14:00:00Z";

impl Story {
    async fn embargo(&self, language: &str, until: &str) -> Answer {
        let etag = self.read(language).await.etag();
        self.editor.put(&format!("{}/embargo", self.text(language))).if_match(&etag).json(&json!({"until": until})).send().await
    }

    async fn try_act(&self, language: &str, step: &str, order: &Value) -> Answer {
        let etag = self.read(language).await.etag();
        let request = self.editor.post(&format!("{}/{step}", self.text(language))).if_match(&etag);
        if order.is_null() { request.send().await } else { request.json(order).send().await }
    }

    async fn lift(&self, language: &str) -> Answer {
        self.try_act(language, "embargo/lift", &json!({"reason": "The ministry was quicker."})).await
    }

    async fn until(&self, language: &str) -> Value {
        self.read(language).await.json()["embargo_until"].clone()
    }

    pub async fn is_public(&self, app: &App, language: &str) -> bool {
        app.anonymous().get(&format!("{}?language={language}", self.at.replace("/v1/", "/v1/delivery/"))).send().await.status == 200
    }
}

async fn a_rule_publishes_nothing_of_a_held_source(app: App) {
    ask_for(&app, json!([{"from": "kk", "to": "kk-Latn", "auto_create": true, "auto_publish": true}])).await;
    let mut story = Story::new(&app, "editor@kazinform.example", "ru", "Язык", "<p>Язык.</p>").await;
    story.publish("ru", &Value::Null).await;
    let text = json!({"headline": "Қазақ тілі", "body_html": "<p>Бір тіл.</p>"});
    story.editor.put(&story.text("kk")).header("If-None-Match", "*").json(&text).expect(201).await;
    assert_eq!(story.embargo("kk", ONE).await.status, 200);
    story.publish("kk", &Value::Null).await;
    app.drain_jobs().await;
    story.editor.get(&story.text("kk-Latn")).expect(404).await;
    assert!(!story.is_public(&app, "kk-Latn").await);
    app.advance(Duration::from_hours(1));
    app.drain_jobs().await;
    story.editor = app.staff("editor@kazinform.example").await;
    assert!(story.is_public(&app, "kk").await && story.is_public(&app, "kk-Latn").await, "its end is when the rule has its turn");
}

/// A public story whose Kazakh text is under embargo.
async fn embargoed(app: &App) -> Story {
    ask_for(app, json!([])).await;
    let story = Story::new(app, "editor@kazinform.example", "ru", "Язык", "<p>Язык.</p>").await;
    story.publish("ru", &Value::Null).await;
    let text = json!({"headline": "Қазақ тілі", "body_html": "<p>Бір тіл.</p>"});
    story.editor.put(&story.text("kk")).header("If-None-Match", "*").json(&text).expect(201).await;
    assert_eq!(story.embargo("kk", ONE).await.status, 200);
    story
}

async fn a_variant_is_under_the_embargo_of_its_source(app: App) {
    let mut story = embargoed(&app).await;
    assert_eq!(story.make("kk", json!({"language": "kk-Latn"})).await.json()["embargo_until"], ONE);
    story.publish("kk-Latn", &Value::Null).await;
    assert!(!story.is_public(&app, "kk-Latn").await);
    assert_eq!(story.lift("kk-Latn").await.code(), "conflict", "it says what its source says");
    assert_eq!(story.embargo("kk-Latn", "2026-07-24T12:30:00Z").await.code(), "conflict");
    app.advance(Duration::from_hours(1));
    app.drain_jobs().await;
    story.editor = app.staff("editor@kazinform.example").await;
    assert!(story.is_public(&app, "kk-Latn").await);
    assert_eq!(story.until("kk-Latn").await, Value::Null);
}

async fn a_variant_goes_along_with_the_embargo_of_its_source(app: App) {
    ask_for(&app, json!([])).await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Қазақ тілі", "<p>Бір тіл.</p>").await;
    story.make("kk", json!({"language": "kk-Latn"})).await;
    for until in [TWO, ONE] {
        assert_eq!(story.embargo("kk", until).await.status, 200);
        assert_eq!(story.until("kk-Latn").await, until);
    }
    story.publish("kk", &Value::Null).await;
    story.publish("kk-Latn", &Value::Null).await;
    assert_eq!(story.embargo("kk", TWO).await.status, 200);
    assert_eq!(story.until("kk-Latn").await, TWO);
    app.advance(Duration::from_secs(3_601));
    app.drain_jobs().await;
    assert!(!story.is_public(&app, "kk-Latn").await, "the embargo was prolonged");
    let story = Story { editor: app.staff("editor@kazinform.example").await, at: story.at };
    assert_eq!(story.lift("kk").await.status, 200);
    assert!(story.is_public(&app, "kk").await && story.is_public(&app, "kk-Latn").await);
}

async fn a_variant_that_was_let_go_waits_for_its_source_all_the_same(app: App) {
    ask_for(&app, json!([])).await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Қазақ тілі", "<p>Бір тіл.</p>").await;
    story.publish("kk", &Value::Null).await;
    story.make("kk", json!({"language": "kk-Latn"})).await;
    assert_eq!(story.try_act("kk", "unpublish", &Value::Null).await.status, 200);
    assert_eq!(story.step("kk", "kk-Latn", "detach", &json!({"reason": "Other readers."})).await.status, 200);
    assert_eq!(story.embargo("kk", ONE).await.status, 200);
    let refused = story.try_act("kk-Latn", "publish", &Value::Null).await;
    assert_eq!((refused.code().as_str(), &refused.json()["embargo_until"]), ("conflict", &json!(ONE)));
}
