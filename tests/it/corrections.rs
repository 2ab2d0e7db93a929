//! Corrections of an original travel: delivery marks its translations until readers of theirs have been told.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_correction_is_pending_until_the_translation_says_so,
    only_clarifications_and_corrections_are_pending,
    a_fix_of_the_translation_does_not_tell_its_readers,
    checking_settles_a_correction,
    what_was_written_after_it_has_nothing_pending,
    what_goes_its_own_way_has_nothing_pending,
    caches_learn_of_it,
);

struct Story {
    app: App,
    editor: Caller,
    id: String,
}

impl Story {
    /// An English original and a Russian text, both public.
    async fn new(app: &App) -> Self {
        let editor = app.staff("editor@trend.example").await;
        let new = json!({"original_language": "en", "headline": "Wind", "body_html": "<p>The wind is strong.</p>"});
        let created = editor.post("/v1/articles").json(&new).expect(201).await.json();
        let story = Self { app: app.clone(), editor, id: created["id"].as_str().unwrap().to_owned() };
        story.step("en", "publish", &Value::Null).await;
        story.add("ru").await;
        story.step("ru", "publish", &Value::Null).await;
        story
    }

    fn text(&self, language: &str) -> String {
        format!("/v1/articles/{}/translations/{language}", self.id)
    }

    async fn add(&self, language: &str) {
        let text = json!({"headline": format!("Wind in {language}"), "body_html": "<p>Wind.</p>"});
        self.editor.put(&self.text(language)).header("If-None-Match", "*").json(&text).expect(201).await;
    }

    async fn read(&self, language: &str) -> Answer {
        self.editor.get(&self.text(language)).expect(200).await
    }

    async fn step(&self, language: &str, step: &str, order: &Value) {
        let etag = self.read(language).await.etag();
        let request = self.editor.post(&format!("{}/{step}", self.text(language))).if_match(&etag);
        let request = if order.is_null() { request } else { request.json(order) };
        request.expect(200).await;
    }

    /// A further revision that readers see.
    async fn republish(&self, language: &str, kind: &str) {
        let read = self.read(language).await;
        let headline = format!("{}, {kind}", read.json()["headline"].as_str().unwrap());
        self.editor.patch(&self.text(language)).if_match(&read.etag()).json(&json!({"headline": headline})).expect(200).await;
        self.app.advance(Duration::from_secs(1));
        let note = if matches!(kind, "clarification" | "correction") { json!("The wind is weak.") } else { Value::Null };
        self.step(language, "publish", &json!({"change_kind": kind, "public_note": note})).await;
    }

    async fn public(&self, language: &str) -> Answer {
        self.app.anonymous().get(&format!("/v1/delivery/articles/{}?language={language}", self.id)).expect(200).await
    }

    /// What delivery says of the text, in its document and in the list, and what the house sees.
    async fn pending(&self, language: &str) -> bool {
        let document = self.public(language).await.json()["correction_pending"].as_bool().unwrap();
        let list = self.app.anonymous().get(&format!("/v1/delivery/articles?language={language}")).expect(200).await.json();
        let card = list["data"].as_array().unwrap().iter().find(|card| card["id"] == self.id.as_str()).unwrap();
        assert_eq!(card["correction_pending"], document, "{language} in the list");
        assert_eq!(self.read(language).await.json()["correction_pending"], document, "{language} for the house");
        document
    }
}

async fn a_correction_is_pending_until_the_translation_says_so(app: App) {
    for kind in ["clarification", "correction"] {
        let story = Story::new(&app).await;
        assert!(!story.pending("en").await && !story.pending("ru").await);
        story.republish("en", kind).await;
        assert!(story.pending("ru").await, "{kind}");
        assert!(!story.pending("en").await, "the original has told its readers");
        story.republish("ru", kind).await;
        assert!(!story.pending("ru").await, "{kind}");
        // The next one is another.
        story.republish("en", "correction").await;
        assert!(story.pending("ru").await);
    }
}

async fn only_clarifications_and_corrections_are_pending(app: App) {
    let story = Story::new(&app).await;
    story.republish("en", "fix").await;
    story.republish("en", "update").await;
    assert!(!story.pending("ru").await);
    assert_eq!(story.read("ru").await.json()["freshness"], "stale", "it is behind all the same");
}

async fn a_fix_of_the_translation_does_not_tell_its_readers(app: App) {
    let story = Story::new(&app).await;
    story.republish("en", "correction").await;
    story.republish("ru", "fix").await;
    story.republish("ru", "update").await;
    assert_eq!(story.read("ru").await.json()["freshness"], "current", "publishing pinned it anew");
    assert!(story.pending("ru").await, "and still its readers were told nothing");
    story.step("ru", "unpublish", &Value::Null).await;
    story.step("ru", "publish", &Value::Null).await;
    assert!(story.pending("ru").await, "nor by coming back");
    story.step("ru", "freshness/check", &json!({"original_revision": 2})).await;
    assert!(!story.pending("ru").await, "somebody has compared them");
}

async fn checking_settles_a_correction(app: App) {
    let story = Story::new(&app).await;
    story.republish("en", "correction").await;
    let before = story.read("ru").await.json();
    story.step("ru", "freshness/check", &json!({"original_revision": 2})).await;
    assert!(!story.pending("ru").await);
    let after = story.read("ru").await.json();
    assert_eq!((&after["revision"], &after["published_at"]), (&before["revision"], &before["published_at"]), "without a revision");
    story.republish("en", "correction").await;
    assert!(story.pending("ru").await, "a later one was not looked at");
}

async fn what_was_written_after_it_has_nothing_pending(app: App) {
    let story = Story::new(&app).await;
    story.republish("en", "correction").await;
    story.add("kk").await;
    assert_eq!(story.read("kk").await.json()["correction_pending"], false, "nobody saw it yet");
    story.step("kk", "publish", &Value::Null).await;
    assert!(!story.pending("kk").await);
    assert!(story.pending("ru").await);
    story.republish("en", "clarification").await;
    assert!(story.pending("kk").await);
}

async fn what_goes_its_own_way_has_nothing_pending(app: App) {
    let story = Story::new(&app).await;
    story.republish("en", "correction").await;
    assert!(story.pending("ru").await);
    story.step("ru", "freshness/detach", &json!({"reason": "For one country."})).await;
    assert!(!story.pending("ru").await);
    story.republish("en", "correction").await;
    assert!(!story.pending("ru").await);
    story.step("ru", "freshness/attach", &json!({"reason": "Not after all."})).await;
    assert!(story.pending("ru").await);
}

async fn caches_learn_of_it(app: App) {
    let story = Story::new(&app).await;
    let address = format!("/v1/delivery/articles/{}?language=ru", story.id);
    let modified = |answer: &Answer| answer.header("Last-Modified").unwrap().to_owned();
    let before = story.public("ru").await;
    story.republish("en", "correction").await;
    let marked = story.public("ru").await;
    assert_ne!(before.etag(), marked.etag());
    assert_ne!(modified(&before), modified(&marked));
    assert_eq!(before.json()["updated_at"], marked.json()["updated_at"], "the text itself is the same");
    app.advance(Duration::from_secs(10));
    let list = app.anonymous().get("/v1/delivery/articles?language=ru").expect(200).await;
    story.step("ru", "freshness/check", &json!({"original_revision": 2})).await;
    app.anonymous().get(&address).header("If-None-Match", &marked.etag()).expect(200).await;
    let later = app.anonymous().get("/v1/delivery/articles?language=ru").expect(200).await;
    assert_ne!((list.etag(), modified(&list)), (later.etag(), modified(&later)));
    // What changes nothing for readers leaves caches alone.
    let settled = story.public("ru").await;
    story.step("ru", "freshness/detach", &json!({"reason": "x"})).await;
    app.anonymous().get(&address).header("If-None-Match", &settled.etag()).expect(304).await;
}
