//! Variants between people: who was asked for them, and whose words they are.

use super::Story;
use super::publishing::told;
use super::rules::ask_for;
use crate::assignments::hire;
use crate::on_both;
use crate::support::{App, Caller};
use serde_json::{Value, json};

on_both!(
    what_another_agency_was_asked_for_is_left_to_it,
    others_variants_are_not_written,
    whoever_edited_a_variant_stays_its_author,
    a_save_of_the_source_takes_up_no_work,
);

async fn ask_trend(story: &Story) {
    let order = json!({"languages": ["kk-Latn"], "agency": "trend"});
    story.editor.post(&format!("{}/translation-requests", story.at)).json(&order).expect(201).await;
}

async fn what_another_agency_was_asked_for_is_left_to_it(app: App) {
    ask_for(&app, json!([{"from": "kk", "to": "kk-Latn", "auto_create": true, "auto_publish": true}])).await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Тіл.</p>").await;
    ask_trend(&story).await;
    story.publish("kk", &Value::Null).await;
    app.drain_jobs().await;
    story.editor.get(&story.text("kk-Latn")).expect(404).await;
    assert_eq!(told(&app).await, 1);
}

async fn others_variants_are_not_written(app: App) {
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Тіл.</p>").await;
    story.publish("kk", &Value::Null).await;
    ask_trend(&story).await;
    let trend = Story { editor: app.staff("editor@trend.example").await, at: story.at.clone() };
    let made = trend.make("kk", json!({"language": "kk-Latn"})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    story.patch("kk", json!({"headline": "Бір тіл"})).await;
    story.publish("kk", &json!({"change_kind": "update"})).await;
    let text = trend.read("kk-Latn").await.json();
    assert_eq!((&text["revision"], &text["headline"], &text["freshness"]), (&json!(1), &json!("Tıl"), &json!("stale")));
}

async fn patch(story: &Story, who: &Caller, language: &str, change: Value) {
    let etag = story.read(language).await.etag();
    who.patch(&story.text(language)).if_match(&etag).json(&change).expect(200).await;
}

async fn whoever_edited_a_variant_stays_its_author(app: App) {
    let writer = hire(&app, "kazinform", "dana@kazinform.example", "editor").await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Бір тіл.</p>").await;
    story.make("kk", json!({"language": "kk-Latn"})).await;
    patch(&story, &writer, "kk", json!({"headline": "Бір тіл"})).await;
    assert_eq!(story.read("kk-Latn").await.json()["last_author"], json!(writer.id), "they are the words of the source");
    patch(&story, &story.editor, "kk-Latn", json!({"summary": "Tıl turaly."})).await;
    patch(&story, &writer, "kk", json!({"headline": "Үш тіл"})).await;
    let text = story.read("kk-Latn").await.json();
    assert_eq!((&text["headline"], &text["summary"]), (&json!("Üş tıl"), &json!("Tıl turaly.")));
    assert_eq!(text["last_author"], json!(story.editor.id), "for whoever edited it, somebody else has to approve it");
}

async fn a_save_of_the_source_takes_up_no_work(app: App) {
    let writer = hire(&app, "kazinform", "dana@kazinform.example", "editor").await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Бір тіл.</p>").await;
    story.make("kk", json!({"language": "kk-Latn"})).await;
    story.editor.post(&format!("{}/assignments", story.at)).json(&json!({"kind": "write", "language": "kk-Latn"})).expect(201).await;
    patch(&story, &writer, "kk", json!({"headline": "Бір тіл"})).await;
    assert_eq!(app.number("SELECT count(*) FROM assignments WHERE assignee_id IS NOT NULL").await, 0);
}
