//! What agencies want to happen with other scripts by itself, and what readers see of it.

use super::{Story, body};
use crate::on_both;
use crate::support::App;
use serde_json::{Value, json};

on_both!(
    only_exact_ways_publish_by_themselves,
    a_twin_goes_out_with_its_source,
    a_doubtful_twin_waits,
    a_twin_leaves_with_its_source,
    a_twin_dies_with_its_source
);

pub async fn ask_for(app: &App, rules: Value) {
    let admin = app.staff("admin@platform.example").await;
    let agency = admin.get("/v1/agencies/kazinform").expect(200).await;
    admin.patch("/v1/agencies/kazinform").if_match(&agency.etag()).json(&json!({"four_eyes": false, "variant_rules": rules})).expect(200).await;
}

async fn only_exact_ways_publish_by_themselves(app: App) {
    let admin = app.staff("admin@platform.example").await;
    let agency = admin.get("/v1/agencies/kazinform").expect(200).await;
    assert_eq!(agency.json()["variant_rules"], json!([]));
    let rules = json!([{"from": "kk", "to": "kk-Arab", "auto_publish": true}, {"from": "kk", "to": "tr"}, {"from": "kk", "to": "kk-Arab"}]);
    let refused = admin.patch("/v1/agencies/kazinform").if_match(&agency.etag()).json(&json!({"variant_rules": rules})).expect(422).await.json();
    let told: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
    assert_eq!(told, ["/variant_rules/0/auto_publish", "/variant_rules/1", "/variant_rules/2"]);
}

/// A public story of Kazinform with its Latin twin.
pub async fn with_twin(app: &App) -> Story {
    ask_for(app, json!([{"from": "kk", "to": "kk-Latn", "auto_create": true, "auto_publish": true, "noindex": true}])).await;
    let story = Story::new(app, "editor@kazinform.example", "kk", "Қазақстан тілі", "<p>Бір тіл.</p>").await;
    story.publish("kk", &Value::Null).await;
    app.drain_jobs().await;
    story
}

async fn a_twin_goes_out_with_its_source(app: App) {
    let story = with_twin(&app).await;
    let anyone = app.anonymous();
    let at = story.at.replace("/v1/", "/v1/delivery/");
    let shown = anyone.get(&format!("{at}?language=kk-Latn")).expect(200).await;
    let text = shown.json();
    assert_eq!((&text["headline"], body(&text)), (&json!("Qazaqstan tılı"), vec!["Bır tıl.".to_owned()]));
    assert_eq!((&text["derived_from"], &text["derivation_status"], &text["noindex"]), (&json!({"language": "kk"}), &json!("auto"), &json!(true)));
    assert_eq!((shown.header("x-robots-tag"), shown.header("content-language")), (Some("noindex"), Some("kk-Latn")));
    let source = anyone.get(&format!("{at}?language=kk")).expect(200).await;
    assert_eq!(source.json()["slug"], text["slug"], "the scripts of a language share their address");
    assert_eq!((source.header("x-robots-tag"), &source.json()["noindex"]), (None, &json!(false)));
    assert_eq!(source.json()["available_languages"].as_array().unwrap().len(), 2);
    story.patch("kk", json!({"headline": "Қазақ тілі"})).await;
    assert_eq!(anyone.get(&format!("{at}?language=kk-Latn")).expect(200).await.json()["headline"], "Qazaqstan tılı", "a draft changes nothing for readers");
    story.publish("kk", &json!({"change_kind": "correction", "public_note": "It is the language."})).await;
    app.drain_jobs().await;
    let text = anyone.get(&format!("{at}?language=kk-Latn")).expect(200).await.json();
    assert_eq!((&text["headline"], &text["last_change"]["kind"]), (&json!("Qazaq tılı"), &json!("correction")));
    assert_eq!(text["last_change"]["public_note"], "It is the language.");
    let reviewed = story.step("kk", "kk-Latn", "review", &Value::Null).await;
    assert_eq!(reviewed.status, 200, "{}", reviewed.text());
    app.drain_jobs().await;
    let text = anyone.get(&format!("{at}?language=kk-Latn")).expect(200).await;
    assert_eq!((text.header("x-robots-tag"), &text.json()["derivation_status"]), (None, &json!("reviewed")));
    let admin = app.staff("admin@platform.example").await;
    let log = admin.get("/v1/audit?action=text.variant_published").expect(200).await.json();
    assert_eq!((log["data"].as_array().unwrap().len(), &log["data"][0]["actor"]["kind"]), (2, &json!("service")), "{log}");
}

async fn a_doubtful_twin_waits(app: App) {
    ask_for(&app, json!([{"from": "kk", "to": "kk-Latn", "auto_publish": true}, {"from": "kk", "to": "kk-Arab", "auto_create": true}])).await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Бір тіл.</p>").await;
    story.make("kk", json!({"language": "kk-Latn"})).await;
    story.patch("kk-Latn", json!({"headline": "Tıl!"})).await;
    story.publish("kk", &Value::Null).await;
    app.drain_jobs().await;
    let latin = story.read("kk-Latn").await.json();
    assert_eq!(latin["publication"], "unreleased", "somebody has edited it, and nobody approved that");
    assert_eq!(story.read("kk-Arab").await.json()["publication"], "unreleased", "its letters are not exact");
}

async fn a_twin_leaves_with_its_source(app: App) {
    let story = with_twin(&app).await;
    let etag = story.read("kk").await.etag();
    story.editor.post(&format!("{}/unpublish", story.text("kk"))).if_match(&etag).expect(200).await;
    assert_eq!(story.read("kk-Latn").await.json()["publication"], "unpublished");
    app.anonymous().get(&format!("{}?language=kk-Latn", story.at.replace("/v1/", "/v1/delivery/"))).expect(404).await;
    story.publish("kk", &Value::Null).await;
    app.drain_jobs().await;
    app.anonymous().get(&format!("{}?language=kk-Latn", story.at.replace("/v1/", "/v1/delivery/"))).expect(200).await;
}

async fn a_twin_dies_with_its_source(app: App) {
    let story = with_twin(&app).await;
    let etag = story.read("kk").await.etag();
    let order = json!({"reason": "It was forged.", "public_note": "It was not true."});
    story.editor.post(&format!("{}/kill", story.text("kk"))).if_match(&etag).json(&order).expect(200).await;
    assert_eq!(story.read("kk-Latn").await.json()["publication"], "killed");
    app.anonymous().get(&format!("{}?language=kk-Latn", story.at.replace("/v1/", "/v1/delivery/"))).expect(410).await;
}
