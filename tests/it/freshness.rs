//! How translations stand to their originals, and what their people say to that.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_text_is_current_until_its_original_moves_on,
    before_the_first_publication_any_change_counts,
    the_gravest_change_decides,
    publishing_the_same_again_changes_nothing,
    what_was_written_before_a_correction_does_not_have_it,
    without_its_original_a_text_is_orphaned,
    checking_needs_no_revision,
    a_text_may_go_its_own_way,
    the_original_follows_nothing,
    the_report_says_what_changed,
    lists_find_what_is_stale,
    every_text_says_what_may_be_done_with_it,
);

/// A story of one original, in English, and a translation into Russian.
struct Story {
    editor: Caller,
    at: String,
}

impl Story {
    async fn new(app: &App) -> Self {
        let editor = app.staff("editor@trend.example").await;
        let new = json!({"original_language": "en", "headline": "Wind", "body_html": "<p>The wind is strong.</p><p>It is cold.</p>"});
        let created = editor.post("/v1/articles").json(&new).expect(201).await.json();
        let story = Self { at: format!("/v1/articles/{}", created["id"].as_str().unwrap()), editor };
        let text = json!({"headline": "Ветер", "body_html": "<p>Сильный ветер.</p>"});
        story.editor.put(&story.text("ru")).header("If-None-Match", "*").json(&text).expect(201).await;
        story
    }

    /// One whose texts are public.
    async fn public(app: &App) -> Self {
        let story = Self::new(app).await;
        story.step("en", "publish", &Value::Null).await;
        story.step("ru", "publish", &Value::Null).await;
        story
    }

    fn text(&self, language: &str) -> String {
        format!("{}/translations/{language}", self.at)
    }

    async fn read(&self, language: &str) -> Answer {
        self.editor.get(&self.text(language)).expect(200).await
    }

    async fn freshness(&self) -> Value {
        self.read("ru").await.json()["freshness"].clone()
    }

    async fn report(&self) -> Value {
        self.editor.get(&format!("{}/freshness", self.text("ru"))).expect(200).await.json()
    }

    async fn try_step(&self, language: &str, step: &str, order: &Value) -> Answer {
        let etag = self.read(language).await.etag();
        let request = self.editor.post(&format!("{}/{step}", self.text(language))).if_match(&etag);
        if order.is_null() { request.send().await } else { request.json(order).send().await }
    }

    async fn step(&self, language: &str, step: &str, order: &Value) {
        let answer = self.try_step(language, step, order).await;
        assert_eq!(answer.status, 200, "{step}: {}", answer.text());
    }

    /// Another revision of the original, which readers do not see.
    async fn edit(&self, headline: &str) {
        let etag = self.read("en").await.etag();
        self.editor.patch(&self.text("en")).if_match(&etag).json(&json!({"headline": headline})).expect(200).await;
    }

    /// Another revision of the original, for readers too.
    async fn republish(&self, kind: &str) {
        self.edit(&format!("Wind, {kind}")).await;
        self.step("en", "publish", &json!({"change_kind": kind, "public_note": "A note."})).await;
    }
}

fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, code), "{}", answer.text());
}

async fn a_text_is_current_until_its_original_moves_on(app: App) {
    let story = Story::public(&app).await;
    assert_eq!(story.freshness().await, "current");
    story.edit("A draft").await;
    assert_eq!(story.freshness().await, "current", "readers see the same as before");
    story.step("en", "publish", &json!({"change_kind": "fix"})).await;
    assert_eq!(story.freshness().await, "drifted");
    story.republish("update").await;
    assert_eq!(story.freshness().await, "stale");
    let etag = story.read("ru").await.etag();
    story.editor.patch(&story.text("ru")).if_match(&etag).json(&json!({"headline": "Ветер 2"})).expect(200).await;
    assert_eq!(story.freshness().await, "stale", "an edit alone promises nothing");
    story.step("ru", "publish", &json!({"change_kind": "update"})).await;
    assert_eq!(story.freshness().await, "current");
}

async fn before_the_first_publication_any_change_counts(app: App) {
    let story = Story::new(&app).await;
    assert_eq!(story.freshness().await, "current");
    story.edit("Wind 2").await;
    assert_eq!(story.freshness().await, "stale");
    assert_eq!(story.report().await["severity"], Value::Null);
    assert_eq!(story.report().await["since"], "2026-07-24T12:00:00Z");
    story.step("en", "publish", &Value::Null).await;
    assert_eq!(story.freshness().await, "stale", "the first publication is no smaller a change");
    story.step("ru", "freshness/check", &json!({"original_revision": 2})).await;
    story.republish("fix").await;
    assert_eq!(story.freshness().await, "drifted");
}

async fn the_gravest_change_decides(app: App) {
    for kind in ["update", "clarification", "correction"] {
        let story = Story::public(&app).await;
        story.republish("fix").await;
        story.republish(kind).await;
        story.republish("fix").await;
        assert_eq!(story.freshness().await, "stale", "{kind}");
        assert_eq!(story.report().await["severity"], kind);
    }
}

async fn publishing_the_same_again_changes_nothing(app: App) {
    let story = Story::public(&app).await;
    for step in ["unpublish", "publish"] {
        story.step("en", step, &Value::Null).await;
    }
    assert_eq!(story.freshness().await, "current");
    story.republish("fix").await;
    for step in ["unpublish", "publish"] {
        story.step("en", step, &Value::Null).await;
    }
    assert_eq!(story.freshness().await, "drifted");
    app.advance(Duration::from_mins(1));
    let (since, told) = (story.report().await["since"].clone(), story.report().await["changes"].clone());
    assert_eq!((since, &told[0]["type"]), (json!("2026-07-24T12:00:00Z"), &json!("updated")), "what was withdrawn once is public again");
}

async fn without_its_original_a_text_is_orphaned(app: App) {
    let story = Story::public(&app).await;
    app.advance(Duration::from_mins(4));
    story.step("en", "unpublish", &Value::Null).await;
    assert_eq!(story.freshness().await, "orphaned");
    assert_eq!(story.report().await["since"], "2026-07-24T12:04:00Z");
    refused(&story.try_step("ru", "freshness/check", &json!({"original_revision": 1})).await, "conflict");
    story.step("en", "publish", &Value::Null).await;
    assert_eq!(story.freshness().await, "current");
    story.step("en", "kill", &json!({"reason": "Forged.", "public_note": "Withdrawn."})).await;
    assert_eq!(story.freshness().await, "orphaned");
    story.step("ru", "kill", &json!({"reason": "Forged.", "public_note": "Withdrawn."})).await;
    assert_eq!(story.freshness().await, Value::Null, "there is no work left in it");
}

async fn checking_needs_no_revision(app: App) {
    let story = Story::public(&app).await;
    story.republish("correction").await;
    let before = story.read("ru").await;
    let unread = story.try_step("ru", "freshness/check", &json!({"original_revision": 1})).await;
    refused(&unread, "conflict");
    assert_eq!(unread.json()["original_revision"], 2, "nobody confirms a correction that they have not read");
    story.step("ru", "freshness/check", &json!({"original_revision": 2})).await;
    let after = story.read("ru").await;
    assert_ne!(before.etag(), after.etag());
    let (before, after) = (before.json(), after.json());
    for member in ["revision", "published_revision", "review", "publication", "headline", "last_author"] {
        assert_eq!(before[member], after[member], "{member}");
    }
    assert_eq!((&after["freshness"], &after["base_revision"]), (&json!("current"), &json!(2)));
    let stale = story.editor.post(&format!("{}/freshness/check", story.text("ru"))).if_match("\"v1\"").json(&json!({"original_revision": 2})).send().await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (412, "stale_version"));
}

async fn a_text_may_go_its_own_way(app: App) {
    let story = Story::public(&app).await;
    let reason = json!({"reason": "Rewritten for readers in Moscow."});
    refused(&story.try_step("ru", "freshness/attach", &reason).await, "conflict");
    let empty = story.try_step("ru", "freshness/detach", &json!({"reason": ""})).await;
    assert_eq!((empty.status.as_u16(), empty.faults()), (422, vec!["/reason".to_owned()]));
    story.step("ru", "freshness/detach", &reason).await;
    story.republish("correction").await;
    let text = story.read("ru").await.json();
    assert_eq!((&text["freshness"], &text["freshness_reason"]), (&json!("detached"), &reason["reason"]));
    assert_eq!(story.report().await["since"], text["detached_at"]);
    refused(&story.try_step("ru", "freshness/detach", &reason).await, "conflict");
    refused(&story.try_step("ru", "freshness/check", &json!({"original_revision": 1})).await, "conflict");
    let etag = story.read("ru").await.etag();
    story.editor.patch(&story.text("ru")).if_match(&etag).json(&json!({"headline": "Ветер 2"})).expect(200).await;
    story.step("ru", "publish", &json!({"change_kind": "update"})).await;
    assert_eq!(story.freshness().await, "detached", "its own news are not its original's");
    story.step("ru", "freshness/attach", &json!({"reason": "It is the same story after all."})).await;
    let text = story.read("ru").await.json();
    assert_eq!((&text["freshness"], &text["detached_at"], &text["base_revision"]), (&json!("stale"), &Value::Null, &json!(1)));
}

async fn the_original_follows_nothing(app: App) {
    let story = Story::public(&app).await;
    assert_eq!(story.read("en").await.json()["freshness"], Value::Null);
    let report = story.editor.get(&format!("{}/freshness", story.text("en"))).expect(200).await.json();
    assert_eq!((&report["freshness"], &report["original_language"], &report["difference"]), (&Value::Null, &Value::Null, &Value::Null));
    refused(&story.try_step("en", "freshness/check", &json!({"original_revision": 1})).await, "conflict");
    refused(&story.try_step("en", "freshness/detach", &json!({"reason": "x"})).await, "conflict");
    story.step("ru", "kill", &json!({"reason": "Forged.", "public_note": "Withdrawn."})).await;
    refused(&story.try_step("ru", "freshness/check", &json!({"original_revision": 1})).await, "illegal_transition");
}

async fn the_report_says_what_changed(app: App) {
    let story = Story::public(&app).await;
    let calm = story.report().await;
    assert_eq!((&calm["since"], &calm["changes"], &calm["difference"]), (&Value::Null, &json!([]), &Value::Null));
    app.advance(Duration::from_mins(4));
    let etag = story.read("en").await.etag();
    let change = json!({"body_html": "<p>The wind is weak.</p><p>It is cold.</p>"});
    story.editor.patch(&story.text("en")).if_match(&etag).json(&change).expect(200).await;
    story.step("en", "publish", &json!({"change_kind": "correction", "public_note": "The wind is weak."})).await;
    let report = story.report().await;
    let change = json!({"type": "corrected", "revision": 2, "change_kind": "correction", "public_note": "The wind is weak.", "at": "2026-07-24T12:04:00Z"});
    assert_eq!(report["changes"], json!([change]));
    for (member, value) in [
        ("freshness", json!("stale")),
        ("severity", json!("correction")),
        ("since", json!("2026-07-24T12:04:00Z")),
        ("original_language", json!("en")),
        ("base_revision", json!(1)),
        ("original_revision", json!(2)),
    ] {
        assert_eq!(report[member], value, "{member}");
    }
    let words = [("equal", "The wind is "), ("deleted", "strong"), ("inserted", "weak"), ("equal", ".")].map(|(op, text)| json!({"op": op, "text": text}));
    assert_eq!(report["difference"]["blocks"][0]["words"], json!(words));
    assert_eq!(report["difference"]["blocks"][1]["op"], "equal");
}

/// A text that was ready before its original was corrected goes out as it is, and says so.
async fn what_was_written_before_a_correction_does_not_have_it(app: App) {
    let story = Story::new(&app).await;
    story.step("en", "publish", &Value::Null).await;
    app.advance(Duration::from_mins(1));
    story.edit("Wind, corrected").await;
    story.step("en", "publish", &json!({"change_kind": "correction", "public_note": "A note."})).await;
    app.advance(Duration::from_mins(1));
    story.step("ru", "publish", &Value::Null).await;
    assert_eq!(story.freshness().await, "stale");
    assert_eq!(story.read("ru").await.json()["correction_pending"], true);
    let etag = story.read("ru").await.etag();
    story.editor.patch(&story.text("ru")).if_match(&etag).json(&json!({"headline": "Ветер 2"})).expect(200).await;
    story.step("ru", "publish", &json!({"change_kind": "correction", "public_note": "A note."})).await;
    assert_eq!(story.freshness().await, "current");
    assert_eq!(story.read("ru").await.json()["correction_pending"], false);
}

async fn lists_find_what_is_stale(app: App) {
    let story = Story::public(&app).await;
    let id = story.at.rsplit('/').next().unwrap();
    let found = async |freshness: &str| {
        let list = story.editor.get(&format!("/v1/articles?limit=100&freshness={freshness}")).expect(200).await.json();
        list["data"].as_array().unwrap().iter().any(|article| article["id"] == id)
    };
    assert!(found("current").await && !found("stale").await);
    story.republish("update").await;
    assert!(!found("current").await && found("stale").await && found("drifted,stale").await);
    let list = story.editor.get("/v1/articles?limit=100&freshness=stale&language=ru").expect(200).await.json();
    let article = list["data"].as_array().unwrap().iter().find(|article| article["id"] == id).unwrap();
    let told: Vec<&Value> = article["translations"].as_array().unwrap().iter().map(|text| &text["freshness"]).collect();
    assert_eq!(told, [&Value::Null, &json!("stale")]);
    let list = story.editor.get("/v1/articles?limit=100&freshness=stale&language=tr").expect(200).await.json();
    assert!(list["data"].as_array().unwrap().iter().all(|article| article["id"] != id), "it is the Russian text that is stale");
    let unknown = story.editor.get("/v1/articles?freshness=old").send().await;
    assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (400, "invalid_parameter"));
}

async fn every_text_says_what_may_be_done_with_it(app: App) {
    let story = Story::new(&app).await;
    let allowed = async |language| story.read(language).await.json()["allowed_transitions"].clone();
    assert_eq!(allowed("ru").await, json!(["edit", "submit", "publish", "kill", "delete"]));
    assert_eq!(allowed("en").await, allowed("ru").await);
    story.step("en", "publish", &Value::Null).await;
    assert_eq!(allowed("en").await, json!(["edit", "unpublish", "kill"]));
    let again = story.try_step("en", "publish", &Value::Null).await;
    refused(&again, "illegal_transition");
    assert_eq!(again.json()["allowed_transitions"], json!(["edit", "unpublish", "kill"]));
    story.step("en", "kill", &json!({"reason": "Forged.", "public_note": "Withdrawn."})).await;
    assert_eq!(allowed("en").await, json!([]));
}
