//! Texts that go out together.

use crate::on_both;
use crate::schedule::{ALMOST_AN_HOUR, Desk, HOUR, MICRO};
use crate::support::{Answer, App};
use newsroom::db::Reader;
use serde_json::{Value, json};
use uuid::Uuid;

on_both!(
    they_go_when_all_are_approved,
    what_is_approved_already_goes_at_once,
    a_deadline_takes_what_is_ready,
    all_or_none_where_no_deadline_has_come,
    publishing_one_by_hand_does_not_stop_the_rest,
    taking_one_out_lets_the_others_go,
    a_release_is_canceled,
    killing_all_of_it_cancels_it,
    only_texts_that_one_may_publish,
    orders_that_are_not_right_are_refused,
    a_text_waits_in_one_place,
    the_newest_are_listed,
    what_was_taken_down_by_hand_stays_down,
    a_deleted_text_does_not_keep_the_release,
);

impl Desk {
    async fn try_release(&self, order: &Value) -> Answer {
        self.editor().await.post(&format!("/v1/articles/{}/releases", self.article)).json(order).send().await
    }

    async fn release(&self, order: &Value) -> String {
        let answer = self.try_release(order).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn get_release(&self, id: &str) -> Answer {
        self.editor().await.get(&format!("/v1/releases/{id}")).expect(200).await
    }

    /// The state of the release, then of each text with its failure.
    async fn told(&self, id: &str) -> (String, Vec<String>) {
        let release = self.get_release(id).await.json();
        let texts = release["texts"].as_array().unwrap().iter().map(|text| {
            let of = |member: &str| text[member].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", of("language"), of("state"), of("failure_code")).trim().to_owned()
        });
        (release["state"].as_str().unwrap().to_owned(), texts.collect())
    }
}

async fn the_newest_are_listed(app: App) {
    let desk = Desk::new(&app, &[]).await;
    let id = desk.release(&json!({"languages": ["en"], "when": "all_approved"})).await;
    for _ in 0..100 {
        let copy = "INSERT INTO releases (id, article_id, mode, state, created_by, version, created_at, updated_at, updated_by)                     SELECT $1, article_id, mode, 'canceled', created_by, 1, created_at, updated_at, updated_by FROM releases WHERE id = $2";
        app.state.db.write().query(copy).bind(Uuid::now_v7()).bind(Uuid::try_parse(&id).unwrap()).execute().await.unwrap();
    }
    let list = desk.editor().await.get(&format!("/v1/articles/{}/releases", desk.article)).expect(200).await.json();
    let listed = list["data"].as_array().unwrap();
    assert_eq!((listed.len(), listed.iter().any(|release| release["id"] == id)), (100, false));
}

fn told(state: &str, texts: &[&str]) -> (String, Vec<String>) {
    (state.to_owned(), texts.iter().map(|text| (*text).to_owned()).collect())
}

async fn they_go_when_all_are_approved(app: App) {
    let desk = Desk::new(&app, &["kk", "ru"]).await;
    let id = desk.release(&json!({"languages": ["kk", "en", "ru"], "when": "all_approved"})).await;
    let entry = desk.get_release(&id).await.json();
    assert_eq!((&entry["when"], &entry["texts"][0]["run_at"]), (&json!("all_approved"), &Value::Null));
    for language in ["en", "kk"] {
        desk.approve(language).await;
        app.drain_jobs().await;
        assert!(!desk.is_public(language).await, "not all are approved");
    }
    let before = app.number("SELECT max(seq) FROM published_changes").await;
    desk.approve("ru").await;
    app.drain_jobs().await;
    for language in ["en", "kk", "ru"] {
        assert!(desk.is_public(language).await, "{language}");
        assert_eq!(desk.read(language).await["published_at"], "2026-07-24T12:00:00Z");
    }
    assert_eq!(app.number("SELECT max(seq) FROM published_changes").await, before + 3);
    assert_eq!(desk.told(&id).await, told("done", &["en done", "kk done", "ru done"]));
    let list = desk.editor().await.get(&format!("/v1/articles/{}/releases", desk.article)).expect(200).await.json();
    assert_eq!(list["data"][0]["id"], id.as_str());
    assert_eq!(desk.read("kk").await["freshness"], "current", "made from what readers see");
}

async fn what_is_approved_already_goes_at_once(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    desk.approve("en").await;
    desk.approve("kk").await;
    let id = desk.release(&json!({"languages": ["en", "kk"], "when": "all_approved"})).await;
    app.drain_jobs().await;
    assert_eq!(desk.told(&id).await, told("done", &["en done", "kk done"]));
}

async fn a_deadline_takes_what_is_ready(app: App) {
    for when in ["deadline", "all_approved"] {
        let desk = Desk::new(&app, &["kk", "ru"]).await;
        let at = app.state.clock.now().plus(HOUR).to_string();
        let id = desk.release(&json!({"languages": ["en", "kk", "ru"], "when": when, "at": at})).await;
        desk.approve("en").await;
        desk.approve("kk").await;
        desk.step("ru", "submit", &Value::Null).await;
        app.advance(ALMOST_AN_HOUR);
        app.drain_jobs().await;
        assert!(!desk.is_public("en").await, "one microsecond too early");
        app.advance(MICRO);
        app.drain_jobs().await;
        assert_eq!(desk.told(&id).await, told("done", &["en done", "kk done", "ru failed not_approved"]), "{when}");
        assert!(desk.is_public("en").await && desk.is_public("kk").await && !desk.is_public("ru").await);
    }
    assert_eq!(app.number("SELECT count(*) FROM notices WHERE kind = 'job_failed'").await, 2, "one for each that stayed");
}

async fn all_or_none_where_no_deadline_has_come(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let editor = desk.editor().await;
    let etag = editor.get(&desk.text("kk")).expect(200).await.etag();
    editor.patch(&desk.text("kk")).if_match(&etag).json(&json!({"slug": "taken-address"})).expect(200).await;
    let other = json!({"original_language": "kk", "headline": "Other", "body_html": "<p>x</p>", "slug": "taken-address"});
    let other = editor.post("/v1/articles").json(&other).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/articles/{other}/translations/kk");
    let etag = editor.get(&path).expect(200).await.etag();
    editor.post(&format!("{path}/publish")).if_match(&etag).expect(200).await;
    let id = desk.release(&json!({"languages": ["en", "kk"], "when": "all_approved"})).await;
    desk.approve("en").await;
    desk.approve("kk").await;
    let before = app.number("SELECT count(*) FROM published_changes").await;
    app.drain_jobs().await;
    assert_eq!(desk.told(&id).await, told("failed", &["en failed conflict", "kk failed already_exists"]));
    assert_eq!((desk.is_public("en").await, app.number("SELECT count(*) FROM published_changes").await), (false, before));
    assert_eq!(desk.read("en").await["publication"], "unreleased", "nothing is half done");
}

async fn publishing_one_by_hand_does_not_stop_the_rest(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let id = desk.release(&json!({"languages": ["en", "kk"], "when": "all_approved"})).await;
    desk.approve("kk").await;
    desk.step("en", "publish", &Value::Null).await;
    app.drain_jobs().await;
    assert_eq!(desk.told(&id).await, told("done", &["en done", "kk done"]));
}

async fn taking_one_out_lets_the_others_go(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let id = desk.release(&json!({"languages": ["en", "kk"], "when": "all_approved"})).await;
    desk.approve("en").await;
    let entry = desk.get_release(&id).await.json()["texts"][1]["id"].as_str().unwrap().to_owned();
    let editor = desk.editor().await;
    let etag = editor.get(&format!("/v1/schedule/{entry}")).expect(200).await.etag();
    let moved = editor.patch(&format!("/v1/schedule/{entry}")).if_match(&etag).json(&json!({"at": "2026-07-25T00:00:00Z"})).expect(409).await;
    assert_eq!(moved.code(), "conflict");
    editor.post(&format!("/v1/schedule/{entry}/cancel")).if_match(&etag).expect(200).await;
    app.drain_jobs().await;
    assert_eq!(desk.told(&id).await, told("done", &["en done", "kk canceled"]));
}

async fn a_release_is_canceled(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let id = desk.release(&json!({"languages": ["en", "kk"], "when": "deadline", "at": "2026-07-24T17:00", "time_zone": "Asia/Baku"})).await;
    let release = desk.get_release(&id).await;
    assert_eq!((&release.json()["run_at"], &release.json()["local_time"]), (&json!("2026-07-24T13:00:00Z"), &json!("2026-07-24T17:00:00")));
    let path = format!("/v1/releases/{id}/cancel");
    let editor = desk.editor().await;
    editor.post(&path).expect(428).await;
    let canceled = editor.post(&path).if_match(&release.etag()).expect(200).await;
    assert_eq!(desk.told(&id).await, told("canceled", &["en canceled", "kk canceled"]));
    assert_eq!(editor.post(&path).if_match(&canceled.etag()).expect(409).await.code(), "illegal_transition");
    desk.approve("en").await;
    desk.approve("kk").await;
    app.advance(HOUR);
    assert_eq!((app.drain_jobs().await, desk.is_public("en").await), (0, false));
}

async fn killing_all_of_it_cancels_it(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let id = desk.release(&json!({"languages": ["en", "kk"], "when": "all_approved"})).await;
    for language in ["en", "kk"] {
        desk.step(language, "kill", &json!({"reason": "Forged.", "public_note": "Withdrawn."})).await;
    }
    assert_eq!(desk.told(&id).await, told("canceled", &["en canceled", "kk canceled"]));
}

async fn only_texts_that_one_may_publish(app: App) {
    let desk = Desk::new(&app, &[]).await;
    let platform = app.staff("editor@platform.example").await;
    platform.put(&desk.text("tr")).header("If-None-Match", "*").json(&json!({"headline": "Rüzgâr", "body_html": "<p>x</p>"})).expect(201).await;
    let order = json!({"languages": ["en", "tr"], "when": "all_approved"});
    let refused = desk.try_release(&order).await;
    assert_eq!((refused.status.as_u16(), refused.json()["language"].as_str()), (403, Some("tr")), "the text of another agency");
    // The platform may publish both: the story is shared.
    let path = format!("/v1/articles/{}/releases", desk.article);
    let made = platform.post(&path).json(&order).expect(201).await.json();
    let id = made["id"].as_str().unwrap();
    app.staff("editor@kazinform.example").await.get(&format!("/v1/releases/{id}")).expect(404).await;
    app.staff("journalist@trend.example").await.get(&format!("/v1/releases/{id}")).expect(200).await;
    let etag = desk.get_release(id).await.etag();
    desk.editor().await.post(&format!("/v1/releases/{id}/cancel")).if_match(&etag).expect(403).await;
}

async fn orders_that_are_not_right_are_refused(app: App) {
    let desk = Desk::new(&app, &[]).await;
    for (order, pointer) in [
        (json!({"languages": [], "when": "all_approved"}), "/languages"),
        (json!({"languages": ["en", "en"], "when": "all_approved"}), "/languages/1"),
        (json!({"languages": ["en", "tr"], "when": "all_approved"}), "/languages/1"),
        (json!({"languages": ["en"], "when": "deadline"}), "/at"),
        (json!({"languages": ["en"], "when": "deadline", "at": "2026-07-24T11:00:00Z"}), "/at"),
        (json!({"languages": ["en"], "when": "all_approved", "change_kind": "correction"}), "/public_note"),
    ] {
        let answer = desk.try_release(&order).await;
        assert_eq!((answer.status.as_u16(), answer.faults()), (422, vec![pointer.to_owned()]), "{order}");
    }
    assert_eq!(app.number("SELECT count(*) FROM releases").await, 0);
}

async fn a_text_waits_in_one_place(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    desk.release(&json!({"languages": ["en"], "when": "all_approved"})).await;
    let order = json!({"languages": ["en", "kk"], "when": "all_approved"});
    assert_eq!(desk.try_release(&order).await.code(), "already_exists");
    let alone = json!({"action": "publish", "at": "2026-07-24T13:00:00Z"});
    let answer = desk.editor().await.post(&format!("{}/schedule", desk.text("en"))).json(&alone).expect(409).await;
    assert_eq!(answer.code(), "already_exists");
    assert_eq!(app.number("SELECT count(*) FROM releases").await, 1);
}

async fn what_was_taken_down_by_hand_stays_down(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let id = desk.release(&json!({"languages": ["en", "kk"], "when": "deadline", "at": "2026-07-24T13:00:00Z"})).await;
    desk.approve("kk").await;
    desk.step("en", "publish", &Value::Null).await;
    desk.step("en", "unpublish", &Value::Null).await;
    app.advance(HOUR);
    app.drain_jobs().await;
    assert_eq!((desk.is_public("en").await, desk.is_public("kk").await), (false, true));
    assert_eq!(desk.told(&id).await, told("done", &["en done", "kk done"]));
    let other = Desk::new(&app, &[]).await;
    let id = other.release(&json!({"languages": ["en"], "when": "all_approved"})).await;
    other.step("en", "publish", &Value::Null).await;
    assert_eq!(other.told(&id).await, told("done", &["en done"]));
}

async fn a_deleted_text_does_not_keep_the_release(app: App) {
    let desk = Desk::new(&app, &["kk", "ru"]).await;
    let editor = desk.editor().await;
    let delete = async |language: &str| {
        let etag = editor.get(&desk.text(language)).expect(200).await.etag();
        editor.delete(&desk.text(language)).if_match(&etag).expect(204).await;
    };
    let id = desk.release(&json!({"languages": ["en", "kk"], "when": "all_approved"})).await;
    delete("kk").await;
    let etag = desk.get_release(&id).await.etag();
    editor.post(&format!("/v1/releases/{id}/cancel")).if_match(&etag).expect(200).await;
    assert_eq!(desk.told(&id).await, told("canceled", &["en canceled", "kk canceled"]));
    let id = desk.release(&json!({"languages": ["ru"], "when": "all_approved"})).await;
    delete("ru").await;
    assert_eq!(desk.told(&id).await, told("canceled", &["ru canceled"]));
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action = 'release.canceled'").await, 2);
}
