//! What a change of the original asks of its translations.

use super::{Desk, Work, notices};
use crate::on_both;
use crate::support::App;
use serde_json::{Value, json};

on_both!(
    a_correction_opens_work_on_every_translation_that_follows,
    each_kind_of_change_has_its_time,
    a_second_change_opens_no_second_work,
    publishing_again_closes_it,
    checking_closes_it,
    going_its_own_way_closes_it,
);

/// A story whose texts are public, in Azerbaijani and English.
async fn public(app: &App) -> Desk {
    let desk = Desk::new(app).await;
    desk.step(&desk.editor, "az", "publish", &Value::Null).await;
    desk.add(&desk.journalist, "en").await;
    desk.step(&desk.editor, "en", "publish", &Value::Null).await;
    desk
}

async fn republish(desk: &Desk, kind: &str) {
    desk.edit(&desk.editor, "az", &format!("Külək: {kind} {}", uuid::Uuid::now_v7())).await;
    desk.step(&desk.editor, "az", "publish", &json!({"change_kind": kind, "public_note": "Bir qeyd."})).await;
}

async fn open(desk: &Desk) -> Vec<Value> {
    let list = desk.editor.get(&format!("/v1/assignments?article={}&open=true", desk.id)).expect(200).await.json();
    list["data"].as_array().unwrap().clone()
}

async fn a_correction_opens_work_on_every_translation_that_follows(app: App) {
    let desk = public(&app).await;
    for (language, publish, detach) in [("ru", true, true), ("tr", false, false)] {
        desk.add(&desk.editor, language).await;
        if publish {
            desk.step(&desk.editor, language, "publish", &Value::Null).await;
        }
        if detach {
            desk.step(&desk.editor, language, "freshness/detach", &json!({"reason": "Own readers."})).await;
        }
    }
    republish(&desk, "correction").await;
    let work = open(&desk).await;
    assert_eq!(work.len(), 1, "what is public and follows: {work:?}");
    let work = &work[0];
    assert_eq!((&work["language"], &work["kind"], &work["state"]), (&json!("en"), &json!("translate"), &json!("requested")));
    assert_eq!((&work["assignee_id"], &work["change_kind"], &work["note"]), (&json!(desk.journalist.id), &json!("correction"), &json!("Bir qeyd.")));
    assert_eq!(work["due_at"], "2026-07-24T14:00:00Z");
    assert_eq!(notices(&app, &desk.journalist).await, ["corrected"]);
    desk.edit(&desk.journalist, "en", "Wind, corrected").await;
    assert_eq!(open(&desk).await[0]["state"], "in_progress");
}

async fn each_kind_of_change_has_its_time(app: App) {
    for (kind, due) in [("fix", None), ("update", Some("2026-07-25T12:00:00Z")), ("clarification", Some("2026-07-24T20:00:00Z"))] {
        let desk = public(&app).await;
        republish(&desk, kind).await;
        let work = open(&desk).await;
        assert_eq!(work.first().map(|work| work["due_at"].clone()), due.map(|due| json!(due)), "{kind}");
    }
}

async fn a_second_change_opens_no_second_work(app: App) {
    let desk = public(&app).await;
    republish(&desk, "update").await;
    republish(&desk, "correction").await;
    let work = open(&desk).await;
    assert_eq!(work.len(), 1);
    assert_eq!((&work[0]["due_at"], &work[0]["change_kind"]), (&json!("2026-07-24T14:00:00Z"), &json!("correction")), "but it is due no later");
    republish(&desk, "clarification").await;
    assert_eq!(open(&desk).await[0]["change_kind"], "correction", "the gravest counts");
    assert_eq!(notices(&app, &desk.journalist).await, ["assigned", "corrected", "corrected"]);
}

async fn publishing_again_closes_it(app: App) {
    let desk = public(&app).await;
    republish(&desk, "correction").await;
    let work = Work(open(&desk).await[0]["id"].as_str().unwrap().to_owned());
    desk.edit(&desk.editor, "en", "Wind, corrected").await;
    desk.step(&desk.editor, "en", "publish", &json!({"change_kind": "correction", "public_note": "Corrected."})).await;
    assert_eq!(work.state(&desk.editor).await, "accepted");
}

async fn checking_closes_it(app: App) {
    let desk = public(&app).await;
    republish(&desk, "clarification").await;
    let work = Work(open(&desk).await[0]["id"].as_str().unwrap().to_owned());
    desk.step(&desk.editor, "en", "freshness/check", &json!({"original_revision": 2})).await;
    assert_eq!(work.state(&desk.editor).await, "accepted");
}

async fn going_its_own_way_closes_it(app: App) {
    let desk = public(&app).await;
    republish(&desk, "clarification").await;
    let work = Work(open(&desk).await[0]["id"].as_str().unwrap().to_owned());
    desk.step(&desk.editor, "en", "freshness/detach", &json!({"reason": "Own readers."})).await;
    assert_eq!(work.state(&desk.editor).await, "canceled");
}
