//! What a switch does to texts in each state.

use super::{ADMIN, delivered, public, switch, uzbek};
use crate::on_both;
use crate::support::App;
use crate::variants::Story;
use serde_json::{Value, json};

on_both!(
    drafts_stay_drafts_and_reviews_go_on,
    a_draft_over_what_is_public_changes_nothing_for_readers,
    what_is_gone_is_left_alone,
    under_an_embargo_nobody_sees_it,
    what_is_in_the_other_alphabet_is_left_alone,
    the_same_in_both_is_no_change_for_readers,
    a_translation_stays_as_stale_as_it_was,
    the_lexicon_has_a_say,
    what_would_be_too_long_is_told,
);

async fn step(story: &Story, step: &str, order: &Value) {
    let etag = story.read("uz").await.etag();
    let request = story.editor.post(&format!("{}/{step}", story.text("uz"))).if_match(&etag);
    let answer = if order.is_null() { request.send().await } else { request.json(order).send().await };
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn drafts_stay_drafts_and_reviews_go_on(app: App) {
    let draft = uzbek(&app, "Choʻl").await;
    let in_review = uzbek(&app, "Choʻl").await;
    step(&in_review, "submit", &Value::Null).await;
    let approved = uzbek(&app, "Choʻl").await;
    step(&approved, "submit", &Value::Null).await;
    step(&approved, "approve", &Value::Null).await;
    let seen = in_review.read("uz").await.etag();
    let done = switch(&app, ADMIN, "2026").await;
    assert_eq!((&done["progress"]["converted"], &done["progress"]["reasons"]), (&json!(2), &json!({"approved": 1})), "{done}");
    for (story, review, headline) in [(&draft, "draft", "Çöl"), (&in_review, "in_review", "Çöl"), (&approved, "approved", "Choʻl")] {
        let text = story.read("uz").await.json();
        assert_eq!((text["review"].as_str(), text["headline"].as_str(), &text["publication"]), (Some(review), Some(headline), &json!("unreleased")));
    }
    // Nobody approves what they have not seen.
    in_review.editor.post(&format!("{}/approve", in_review.text("uz"))).if_match(&seen).expect(412).await;
    let at = format!("/v1/orthography-switches/{}/texts", done["id"].as_str().unwrap());
    let left = app.staff(ADMIN).await.get(&format!("{at}?outcome=left_alone")).expect(200).await.json();
    assert_eq!(left["data"].as_array().unwrap().len(), 1);
    assert_eq!((&left["data"][0]["reason"], left["data"][0]["article_id"].as_str()), (&json!("approved"), approved.at.rsplit('/').next()));
    assert_eq!(app.staff(ADMIN).await.get(&format!("{at}?doubtful=true")).expect(200).await.json()["data"], json!([]));
}

async fn a_draft_over_what_is_public_changes_nothing_for_readers(app: App) {
    let story = public(&app, "Choʻl").await;
    story.patch("uz", json!({"headline": "Choʻl shamoli"})).await;
    let done = switch(&app, ADMIN, "2026").await;
    assert_eq!(done["progress"]["reasons"], json!({"readers_see_earlier": 1}), "{done}");
    let text = story.read("uz").await.json();
    assert_eq!((&text["headline"], &text["review"]), (&json!("Çöl şamoli"), &json!("draft")));
    let shown = app.anonymous().get(&delivered(&story)).expect(200).await.json();
    assert_eq!((&shown["headline"], &shown["orthography"]), (&json!("Choʻl"), &json!("1995")));
    story.publish("uz", &json!({"change_kind": "update"})).await;
    let shown = app.anonymous().get(&delivered(&story)).expect(200).await.json();
    assert_eq!((&shown["headline"], &shown["orthography"]), (&json!("Çöl şamoli"), &json!("2026")));
}

async fn what_is_gone_is_left_alone(app: App) {
    let killed = public(&app, "Choʻl").await;
    step(&killed, "kill", &json!({"reason": "x", "public_note": "x"})).await;
    let unpublished = public(&app, "Choʻl").await;
    step(&unpublished, "unpublish", &Value::Null).await;
    let deleted = uzbek(&app, "Choʻl").await;
    let etag = deleted.editor.get(&deleted.at).expect(200).await.etag();
    deleted.editor.delete(&deleted.at).if_match(&etag).expect(204).await;
    let done = switch(&app, ADMIN, "2026").await;
    assert_eq!((&done["progress"]["converted"], &done["progress"]["reasons"]), (&json!(1), &json!({"killed": 1})), "{done}");
    assert_eq!(killed.read("uz").await.json()["headline"], "Choʻl");
    let text = unpublished.read("uz").await.json();
    assert_eq!((&text["headline"], &text["publication"], &text["review"]), (&json!("Çöl"), &json!("unpublished"), &json!("draft")));
    app.anonymous().get(&delivered(&unpublished)).expect(404).await;
}

async fn under_an_embargo_nobody_sees_it(app: App) {
    let story = uzbek(&app, "Choʻl").await;
    let etag = story.read("uz").await.etag();
    let until = json!({"until": "2026-07-24T12:03:00Z"});
    story.editor.put(&format!("{}/embargo", story.text("uz"))).if_match(&etag).json(&until).expect(200).await;
    story.publish("uz", &Value::Null).await;
    let done = switch(&app, ADMIN, "2026").await;
    assert_eq!(done["progress"]["published"], 1, "{done}");
    app.anonymous().get(&delivered(&story)).expect(404).await;
    app.advance(std::time::Duration::from_mins(3));
    app.drain_jobs().await;
    let shown = app.anonymous().get(&delivered(&story)).expect(200).await.json();
    assert_eq!((&shown["headline"], &shown["orthography"], &shown["last_change"]), (&json!("Çöl"), &json!("2026"), &Value::Null));
}

async fn what_is_in_the_other_alphabet_is_left_alone(app: App) {
    let story = Story::new(&app, "editor@trend.example", "uz", "Çöl şamoli Ishoq", "<p>Şahar</p>").await;
    let done = switch(&app, ADMIN, "2026").await;
    assert_eq!(done["progress"]["reasons"], json!({"written_otherwise": 1}), "{done}");
    let text = story.read("uz").await.json();
    assert_eq!((&text["headline"], &text["revision"], &text["orthography"]), (&json!("Çöl şamoli Ishoq"), &json!(1), &json!("1995")));
}

async fn the_same_in_both_is_no_change_for_readers(app: App) {
    let story = Story::new(&app, "editor@trend.example", "uz", "Katta bino", "<p>Yangi bino</p>").await;
    drop(uzbek(&app, "x").await);
    story.publish("uz", &Value::Null).await;
    let done = switch(&app, ADMIN, "2026").await;
    assert_eq!((&done["progress"]["unchanged"], &done["progress"]["published"]), (&json!(1), &json!(0)), "{done}");
    let shown = app.anonymous().get(&delivered(&story)).expect(200).await.json();
    assert_eq!(shown["orthography"], "2026");
    assert_eq!(story.read("uz").await.json()["revision"], 1);
    assert_eq!(app.number("SELECT count(*) FROM published_changes WHERE type = 'updated' AND change_kind = 'fix'").await, 0);
}

async fn a_translation_stays_as_stale_as_it_was(app: App) {
    drop(uzbek(&app, "x").await);
    let story = Story::new(&app, "editor@trend.example", "az", "Xəbər", "<p>Xəbər</p>").await;
    story.publish("az", &Value::Null).await;
    let put = json!({"headline": "Choʻl", "body_html": "<p>Choʻl</p>"});
    story.editor.put(&story.text("uz")).header("If-None-Match", "*").json(&put).expect(201).await;
    story.publish("uz", &Value::Null).await;
    story.patch("az", json!({"headline": "Başqa xəbər"})).await;
    story.publish("az", &json!({"change_kind": "update"})).await;
    let before = story.read("uz").await.json();
    assert_eq!(before["base_revision"], 1);
    switch(&app, ADMIN, "2026").await;
    let after = story.read("uz").await.json();
    assert_eq!((&after["headline"], &after["base_revision"], &after["freshness"]), (&json!("Çöl"), &json!(1), &before["freshness"]));
}

async fn the_lexicon_has_a_say(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let word = json!({"from": "uz", "to": "uz", "orthography": "2026", "word": "ishoq", "replacement": "ishoq"});
    editor.post("/v1/lexicon").json(&word).expect(201).await;
    let story = uzbek(&app, "Ishoq choʻlda").await;
    switch(&app, ADMIN, "2026").await;
    assert_eq!(story.read("uz").await.json()["headline"], "Ishoq çölda");
}

async fn what_would_be_too_long_is_told(app: App) {
    let story = uzbek(&app, "x").await;
    switch(&app, ADMIN, "2026").await;
    let longest = "ş".repeat(300);
    story.patch("uz", json!({"headline": longest})).await;
    let done = switch(&app, ADMIN, "1995").await;
    assert_eq!(
        (&done["state"], &done["progress"]["failed"], &done["progress"]["reasons"]),
        (&json!("done"), &json!(1), &json!({"validation_failed": 1})),
        "{done}"
    );
    let text = story.read("uz").await.json();
    assert_eq!((&text["headline"], &text["orthography"]), (&json!(longest), &json!("2026")));
}
