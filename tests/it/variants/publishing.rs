//! What goes out by itself, what comes back, and what readers are told.

use super::rules::{ask_for, with_twin};
use super::{Story, body};
use crate::assignments::hire;
use crate::on_both;
use crate::support::App;
use serde_json::{Value, json};

on_both!(
    what_nobody_approved_does_not_go_out,
    what_was_taken_down_by_hand_stays_down,
    readers_are_told_how_what_they_read_stands,
    a_correction_reaches_a_twin_although_work_goes_on,
    the_gravest_of_several_changes_is_told,
    the_desk_hears_of_a_twin_that_is_left_behind,
    a_taken_address_keeps_no_twin_back,
    a_twin_is_there_where_it_could_not_go_out,
    what_was_scheduled_for_a_twin_has_nothing_left_to_do,
    a_twin_that_goes_its_own_way_stays,
    a_suspended_agency_publishes_nothing,
);

/// The notices of an editor that a rule could not do its work.
pub async fn told(app: &App) -> i64 {
    app.number("SELECT count(*) FROM notices n JOIN staff s ON s.id = n.staff_id WHERE n.kind = 'job_failed' AND s.email = 'editor@kazinform.example'").await
}

async fn shown(app: &App, story: &Story, language: &str) -> Value {
    app.anonymous().get(&format!("{}?language={language}", story.at.replace("/v1/", "/v1/delivery/"))).expect(200).await.json()
}

async fn act(story: &Story, language: &str, step: &str, order: &Value) -> Value {
    let etag = story.read(language).await.etag();
    let request = story.editor.post(&format!("{}/{step}", story.text(language))).if_match(&etag);
    let answer = if order.is_null() { request.send().await } else { request.json(order).send().await };
    assert_eq!(answer.status, 200, "{step}: {}", answer.text());
    answer.json()
}

const CORRECTION: &str = "It is the language.";

async fn correct(story: &Story, headline: &str) {
    story.patch("kk", json!({"headline": headline})).await;
    story.publish("kk", &json!({"change_kind": "correction", "public_note": CORRECTION})).await;
}

async fn what_nobody_approved_does_not_go_out(app: App) {
    ask_for(&app, json!([{"from": "kk", "to": "kk-Latn", "auto_publish": true}])).await;
    let author = hire(&app, "kazinform", "dana@kazinform.example", "journalist").await.id;
    for change in ["less", "order", "slug", "authors"] {
        let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Бір тіл.</p><p>Екі тіл.</p>").await;
        story.make("kk", json!({"language": "kk-Latn"})).await;
        let mut blocks = story.read("kk-Latn").await.json()["body"].as_array().unwrap().clone();
        let patch = match change {
            "less" => json!({"body": [blocks.remove(0)]}),
            "order" => {
                blocks.reverse();
                json!({"body": blocks})
            }
            "slug" => json!({"slug": "nobody-approved-this"}),
            _ => json!({"authors": [author]}),
        };
        story.patch("kk-Latn", patch).await;
        story.publish("kk", &Value::Null).await;
        app.drain_jobs().await;
        assert_eq!(story.read("kk-Latn").await.json()["publication"], "unreleased", "{change}");
    }
}

async fn what_was_taken_down_by_hand_stays_down(app: App) {
    let story = with_twin(&app).await;
    act(&story, "kk-Latn", "unpublish", &Value::Null).await;
    correct(&story, "Қазақ тілі").await;
    app.drain_jobs().await;
    assert_eq!(story.read("kk-Latn").await.json()["publication"], "unpublished");
    act(&story, "kk", "unpublish", &Value::Null).await;
    story.publish("kk", &Value::Null).await;
    app.drain_jobs().await;
    assert_eq!(story.read("kk-Latn").await.json()["publication"], "unpublished", "it did not leave with its source");
}

async fn readers_are_told_how_what_they_read_stands(app: App) {
    let story = with_twin(&app).await;
    let mut twin = story.read("kk-Latn").await.json()["body"].clone();
    twin[0]["children"][0]["text"] = json!("Bır ğana tıl.");
    story.patch("kk-Latn", json!({"body": twin})).await;
    let mut blocks = story.read("kk").await.json()["body"].clone();
    blocks[0]["children"][0]["text"] = json!("Үш тіл.");
    story.patch("kk", json!({"body": blocks})).await;
    assert_eq!(story.read("kk-Latn").await.json()["derivation_status"], "needs_review");
    let admin = app.staff("admin@platform.example").await;
    let agency = admin.get("/v1/agencies/kazinform").expect(200).await;
    admin.patch("/v1/agencies/kazinform").if_match(&agency.etag()).json(&json!({"names": {"en": "Kazinform", "kk": "Kazinform anew"}})).expect(200).await;
    app.drain_jobs().await;
    let text = shown(&app, &story, "kk-Latn").await;
    assert_eq!((&text["agency"]["name"], &text["derivation_status"]), (&json!("Kazinform anew"), &json!("auto")));
    let reviewed = story.step("kk", "kk-Latn", "review", &json!({"overrule": true})).await;
    assert_eq!(reviewed.json()["derivation_status"], "reviewed", "{}", reviewed.text());
    app.drain_jobs().await;
    assert_eq!(shown(&app, &story, "kk-Latn").await["derivation_status"], "auto", "a draft was reviewed");
    story.publish("kk-Latn", &json!({"change_kind": "fix"})).await;
    assert_eq!(shown(&app, &story, "kk-Latn").await["derivation_status"], "reviewed");
}

async fn a_correction_reaches_a_twin_although_work_goes_on(app: App) {
    let story = with_twin(&app).await;
    correct(&story, "Қазақ тілі").await;
    story.patch("kk", json!({"headline": "Бір тіл"})).await;
    app.drain_jobs().await;
    let text = shown(&app, &story, "kk-Latn").await;
    assert_eq!((&text["headline"], &text["last_change"]["kind"]), (&json!("Qazaq tılı"), &json!("correction")));
    let draft = story.read("kk-Latn").await.json();
    assert_eq!((&draft["headline"], &draft["review"], &draft["derived_from"]["revision"]), (&json!("Bır tıl"), &json!("draft"), &json!(3)));
    // Also where there was none yet.
    let next = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Тіл.</p>").await;
    next.publish("kk", &Value::Null).await;
    next.patch("kk", json!({"headline": "Бір тіл"})).await;
    app.drain_jobs().await;
    assert_eq!(shown(&app, &next, "kk-Latn").await["headline"], "Tıl");
    assert_eq!(next.read("kk-Latn").await.json()["headline"], "Bır tıl");
}

async fn the_gravest_of_several_changes_is_told(app: App) {
    let story = with_twin(&app).await;
    correct(&story, "Қазақ тілі").await;
    story.patch("kk", json!({"headline": "Бір тіл"})).await;
    story.publish("kk", &json!({"change_kind": "fix"})).await;
    app.drain_jobs().await;
    let text = shown(&app, &story, "kk-Latn").await;
    let change = &text["last_change"];
    assert_eq!((&text["headline"], &change["kind"], &change["public_note"]), (&json!("Bır tıl"), &json!("correction"), &json!(CORRECTION)));
}

async fn the_desk_hears_of_a_twin_that_is_left_behind(app: App) {
    let story = with_twin(&app).await;
    let mut twin = story.read("kk-Latn").await.json()["body"].clone();
    twin[0]["children"][0]["text"] = json!("Bır ğana tıl.");
    story.patch("kk-Latn", json!({"body": twin})).await;
    assert_eq!(told(&app).await, 0);
    correct(&story, "Қазақ тілі").await;
    app.drain_jobs().await;
    assert_eq!(shown(&app, &story, "kk-Latn").await["headline"], "Qazaqstan tılı");
    assert_eq!(told(&app).await, 1);
    correct(&story, "Қазақстан тілі").await;
    story.patch("kk", json!({"headline": "Бір тіл"})).await;
    app.drain_jobs().await;
    assert_eq!(told(&app).await, 2, "also where the work on the source went on");
    assert_eq!(body(&story.read("kk-Latn").await.json()), ["Bır ğana tıl."], "what people wrote is left to them");
}

async fn a_taken_address_keeps_no_twin_back(app: App) {
    let first = Story::new(&app, "editor@kazinform.example", "kk-Latn", "Tıl", "<p>Tıl.</p>").await;
    first.patch("kk-Latn", json!({"slug": "til"})).await;
    ask_for(&app, json!([{"from": "kk", "to": "kk-Latn", "auto_create": true, "auto_publish": true}])).await;
    first.publish("kk-Latn", &Value::Null).await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Тіл.</p>").await;
    story.patch("kk", json!({"slug": "til"})).await;
    story.publish("kk", &Value::Null).await;
    app.drain_jobs().await;
    assert_eq!(shown(&app, &story, "kk-Latn").await["slug"], "til-2");
}

async fn a_twin_is_there_where_it_could_not_go_out(app: App) {
    ask_for(&app, json!([{"from": "kk", "to": "kk-Latn", "auto_create": true, "auto_publish": true}])).await;
    let first = Story::new(&app, "editor@kazinform.example", "kk-Latn", "Tıl", "<p>Tıl.</p>").await;
    first.patch("kk-Latn", json!({"slug": "til"})).await;
    first.publish("kk-Latn", &Value::Null).await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Тіл.</p>").await;
    story.make("kk", json!({"language": "kk-Latn"})).await;
    for language in ["kk", "kk-Latn"] {
        story.patch(language, json!({"slug": "til"})).await;
    }
    story.publish("kk", &Value::Null).await;
    app.drain_jobs().await;
    assert_eq!((&story.read("kk-Latn").await.json()["publication"], told(&app).await), (&json!("unreleased"), 1));
}

async fn what_was_scheduled_for_a_twin_has_nothing_left_to_do(app: App) {
    ask_for(&app, json!([{"from": "kk", "to": "kk-Latn", "auto_publish": true}])).await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Тіл.</p>").await;
    story.make("kk", json!({"language": "kk-Latn"})).await;
    let schedule = async |action: &str| {
        let order = json!({"action": action, "at": "2026-07-24T18:00:00Z"});
        let entry = story.editor.post(&format!("{}/schedule", story.text("kk-Latn"))).json(&order).expect(201).await.json();
        format!("/v1/schedule/{}", entry["id"].as_str().unwrap())
    };
    act(&story, "kk-Latn", "submit", &Value::Null).await;
    act(&story, "kk-Latn", "approve", &Value::Null).await;
    let publish = schedule("publish").await;
    story.publish("kk", &Value::Null).await;
    app.drain_jobs().await;
    assert_eq!(story.read("kk-Latn").await.json()["publication"], "published");
    assert_eq!(story.editor.get(&publish).expect(200).await.json()["state"], "canceled");
    let unpublish = schedule("unpublish").await;
    act(&story, "kk", "unpublish", &Value::Null).await;
    assert_eq!(story.editor.get(&unpublish).expect(200).await.json()["state"], "canceled");
}

async fn a_twin_that_goes_its_own_way_stays(app: App) {
    let story = with_twin(&app).await;
    act(&story, "kk-Latn", "freshness/detach", &json!({"reason": "Other readers."})).await;
    let before = story.read("kk-Latn").await.json()["revision"].clone();
    correct(&story, "Қазақ тілі").await;
    app.drain_jobs().await;
    act(&story, "kk", "unpublish", &Value::Null).await;
    let text = story.read("kk-Latn").await.json();
    assert_eq!((&text["revision"], &text["publication"]), (&before, &json!("published")));
}

async fn a_suspended_agency_publishes_nothing(app: App) {
    ask_for(&app, json!([{"from": "kk", "to": "kk-Latn", "auto_create": true, "auto_publish": true}])).await;
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Тіл.</p>").await;
    story.publish("kk", &Value::Null).await;
    let admin = app.staff("admin@platform.example").await;
    let agency = admin.get("/v1/agencies/kazinform").expect(200).await;
    admin.post("/v1/agencies/kazinform/suspend").if_match(&agency.etag()).expect(200).await;
    app.drain_jobs().await;
    let made = app.number("SELECT count(*) FROM translations WHERE language = 'kk-Latn' AND headline = 'Tıl'").await;
    assert_eq!((made, told(&app).await), (0, 1));
}
