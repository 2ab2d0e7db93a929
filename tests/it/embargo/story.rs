//! An embargo among the texts of its story: translations stay with their original, and nothing tells of either.

use crate::on_both;
use crate::schedule::{Desk, HOUR};
use crate::support::{Answer, App};
use newsroom::db::Reader;
use newsroom::jobs::Job;
use newsroom::translations::EndEmbargo;
use serde_json::{Value, json};

on_both!(
    credits_name_nobody_before_their_time,
    the_original_goes_first,
    nothing_is_held_for_ever,
    what_was_held_counts_as_unseen,
    nobody_frees_their_own_words_alone,
    translations_stay_with_their_original,
    an_end_that_failed_is_told,
);

async fn credits_name_nobody_before_their_time(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let (admin, journalist) = (app.staff("admin@platform.example").await, app.staff("journalist@trend.example").await);
    let at = format!("/v1/staff/{}", journalist.id);
    let etag = admin.get(&at).expect(200).await.etag();
    admin.patch(&at).if_match(&etag).json(&json!({"byline": true, "names": {"kk": "Zqwriter"}})).expect(200).await;
    for language in ["en", "kk"] {
        desk.step(language, "publish", &Value::Null).await;
    }
    desk.step("en", "unpublish", &Value::Null).await;
    let editor = desk.editor().await;
    let change = json!({"headline": "Wind, in other hands", "authors": [journalist.id]});
    editor.patch(&desk.text("en")).if_match(&editor.get(&desk.text("en")).expect(200).await.etag()).json(&change).expect(200).await;
    desk.embargo("en", "2026-07-24T13:00:00Z").await;
    desk.step("en", "publish", &json!({"change_kind": "update"})).await;
    let credit = async || desk.public("kk").await["credit_line"].as_str().unwrap().to_owned();
    app.drain_jobs().await;
    desk.edit("kk", "Wind in kk, again").await;
    desk.step("kk", "publish", &json!({"change_kind": "fix"})).await;
    assert!(!credit().await.contains("Zqwriter"), "nobody knows who writes the original now");
    app.advance(HOUR);
    app.drain_jobs().await;
    assert!(desk.is_public("en").await);
    assert!(credit().await.contains("Zqwriter"), "credits follow when the embargo ends");
}

async fn the_original_goes_first(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    for language in ["kk", "en"] {
        desk.embargo(language, "2026-07-24T13:00:00Z").await;
        desk.step(language, "publish", &Value::Null).await;
    }
    app.advance(HOUR);
    app.drain_jobs().await;
    let order: Vec<(String,)> = app.state.db.query("SELECT language FROM published_changes ORDER BY seq DESC LIMIT 2").all().await.unwrap();
    assert_eq!(order, [("kk".to_owned(),), ("en".to_owned(),)]);
}

async fn nothing_is_held_for_ever(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.embargo("en", "2026-07-24T13:00:00Z").await;
    // As if the end had come while somebody was publishing.
    app.state_sql("DELETE FROM jobs").await;
    desk.step("en", "publish", &Value::Null).await;
    app.advance(HOUR);
    app.drain_jobs().await;
    assert!(desk.is_public("en").await);
}

async fn what_was_held_counts_as_unseen(app: App) {
    // Its end is late, and a newer revision is published first.
    let desk = Desk::new(&app, &[]).await;
    desk.embargo("en", "2026-07-24T13:00:00Z").await;
    desk.step("en", "publish", &Value::Null).await;
    app.advance(HOUR);
    desk.edit("en", "Wind, at last").await;
    assert_eq!(desk.try_step("en", "publish", &json!({"change_kind": "fix"})).await.faults(), ["/change_kind"]);
    desk.step("en", "publish", &Value::Null).await;
    let newest = app.number("SELECT count(*) FROM published_changes WHERE seq = (SELECT max(seq) FROM published_changes) AND type = 'published'").await;
    assert_eq!((newest, desk.public("en").await["headline"].clone()), (1, json!("Wind, at last")));
    // Readers saw that revision; the next was held and taken back.
    desk.step("en", "unpublish", &Value::Null).await;
    desk.edit("en", "Wind, a second time").await;
    desk.embargo("en", "2026-07-24T15:00:00Z").await;
    desk.step("en", "publish", &json!({"change_kind": "update"})).await;
    desk.step("en", "unpublish", &Value::Null).await;
    let order = json!({"action": "publish", "at": "2026-07-24T14:00:00Z"});
    let refused = desk.editor().await.post(&format!("{}/schedule", desk.text("en"))).json(&order).send().await;
    assert_eq!(refused.faults(), ["/change_kind"]);
    assert_eq!(desk.try_step("en", "publish", &Value::Null).await.faults(), ["/change_kind"]);
    desk.step("en", "publish", &json!({"change_kind": "update"})).await;
}

async fn nobody_frees_their_own_words_alone(app: App) {
    let desk = Desk::new(&app, &[]).await;
    app.state_sql("UPDATE agencies SET four_eyes = TRUE WHERE slug = 'trend'").await;
    desk.embargo("en", "2026-07-24T13:00:00Z").await;
    desk.embargo("en", "2026-07-24T14:00:00Z").await;
    let code = |answer: Answer| (answer.status.as_u16(), answer.code());
    let refused = (409, "four_eyes_required".to_owned());
    assert_eq!(code(desk.try_embargo("en", "2026-07-24T13:00:00Z").await), refused);
    assert_eq!(code(desk.try_step("en", "embargo/lift", &json!({"reason": "x"})).await), refused);
    let path = format!("{}/embargo", desk.text("en"));
    let etag = desk.editor().await.get(&desk.text("en")).expect(200).await.etag();
    assert_eq!(code(desk.editor().await.delete(&path).if_match(&etag).send().await), refused);
    let second = app.staff("editor@platform.example").await;
    second.post(&format!("{path}/lift")).if_match(&etag).json(&json!({"reason": "x"})).expect(200).await;
}

async fn translations_stay_with_their_original(app: App) {
    let desk = Desk::new(&app, &["kk", "ru", "tr"]).await;
    desk.embargo("en", "2026-07-24T14:00:00Z").await;
    desk.embargo("ru", "2026-07-24T13:00:00Z").await;
    let log = app.number("SELECT max(seq) FROM published_changes").await;
    for language in ["kk", "ru"] {
        let refused = desk.try_step(language, "publish", &Value::Null).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "conflict"));
        assert_eq!(refused.json()["embargo_until"], "2026-07-24T14:00:00Z");
    }
    // Nor by itself, nor with others.
    desk.approve("kk").await;
    desk.approve("tr").await;
    let editor = desk.editor().await;
    let order = json!({"action": "publish", "at": "2026-07-24T13:00:00Z"});
    let entry = editor.post(&format!("{}/schedule", desk.text("kk"))).json(&order).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    let order = json!({"languages": ["tr"], "when": "all_approved"});
    let release = editor.post(&format!("/v1/articles/{}/releases", desk.article)).json(&order).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    app.advance(HOUR);
    app.drain_jobs().await;
    let editor = desk.editor().await;
    let entry = editor.get(&format!("/v1/schedule/{entry}")).expect(200).await.json();
    let release = editor.get(&format!("/v1/releases/{release}")).expect(200).await.json();
    assert_eq!((&entry["failure_code"], &release["texts"][0]["failure_code"]), (&json!("conflict"), &json!("conflict")));
    assert_eq!(app.number("SELECT max(seq) FROM published_changes").await, log, "nothing tells of the story");
    // A new one starts under the same embargo.
    let text = json!({"headline": "Wind az", "body_html": "<p>x</p>"});
    let new = editor.put(&desk.text("az")).header("If-None-Match", "*").json(&text).expect(201).await.json();
    assert_eq!(new["embargo_until"], "2026-07-24T14:00:00Z");
    desk.step("az", "publish", &Value::Null).await;
    assert!(!desk.is_public("az").await);
    app.advance(HOUR);
    app.drain_jobs().await;
    assert!(desk.is_public("az").await);
    desk.step("kk", "publish", &Value::Null).await;
    assert!(desk.is_public("kk").await, "the embargo is over");
}

async fn an_end_that_failed_is_told(app: App) {
    let (writer, setter) = (app.staff("journalist@trend.example").await, app.staff("editor@platform.example").await);
    let new = json!({"original_language": "en", "headline": "Wind", "body_html": "<p>x</p>", "shared": true});
    let made = writer.post("/v1/articles").json(&new).expect(201).await.json();
    let desk = Desk { app: app.clone(), article: made["id"].as_str().unwrap().to_owned() };
    let etag = desk.editor().await.get(&desk.text("en")).expect(200).await.etag();
    let until = json!({"until": "2026-07-24T13:00:00Z"});
    setter.put(&format!("{}/embargo", desk.text("en"))).if_match(&etag).json(&until).expect(200).await;
    let job = EndEmbargo { article: desk.article.parse().unwrap(), language: serde_json::from_value(json!("en")).unwrap() };
    job.given_up(&app.state).await.unwrap();
    for person in [&writer, &setter, &desk.editor().await] {
        let query = app.state.db.query("SELECT count(*) FROM notices WHERE kind = 'job_failed' AND staff_id = $1").bind(person.id);
        assert_eq!(query.value::<i64>().await.unwrap(), 1);
    }
}
