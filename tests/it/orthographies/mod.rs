//! A language is written in another alphabet from a day on: Uzbek of 1995 in that of 2026.

mod orders;
mod states;

use crate::on_both;
use crate::support::{App, Caller};
use crate::variants::{Story, body};
use newsroom::db::Reader;
use newsroom::{app, jobs};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    the_archive_is_converted_and_addresses_stay,
    new_texts_take_the_new_alphabet,
    it_goes_back_when_the_law_does,
    a_stop_in_the_middle_loses_and_repeats_nothing,
    what_was_converted_by_a_cancel_stays,
    an_agency_switches_its_own_texts,
    a_twin_is_not_made_anew,
);

pub const PLATFORM: &str = "admin@platform.example";
/// Trend has no Uzbek texts of its own to begin with.
pub const ADMIN: &str = "admin@trend.example";
const TREND: &str = "editor@trend.example";

/// Orders a switch that begins in a minute.
pub async fn order(app: &App, who: &str, to: &str) -> String {
    let admin = app.staff(who).await;
    let at = app.state.clock.now().plus(Duration::from_mins(1)).to_string();
    let ordered = admin.post("/v1/orthography-switches").json(&json!({"language": "uz", "to": to, "at": at})).send().await;
    assert_eq!(ordered.status, 201, "{}", ordered.text());
    format!("/v1/orthography-switches/{}", ordered.json()["id"].as_str().unwrap())
}

/// Orders a switch and lets it come; what is known of it then.
pub async fn switch(app: &App, who: &str, to: &str) -> Value {
    let at = order(app, who, to).await;
    app.advance(Duration::from_mins(1));
    app.drain_jobs().await;
    app.staff(who).await.get(&at).expect(200).await.json()
}

pub async fn uzbek(app: &App, headline: &str) -> Story {
    four_eyes_off(app).await;
    Story::new(app, TREND, "uz", headline, "<p>Oʻzbekiston choʻllari.</p><p>Shahar bogʻi</p>").await
}

async fn four_eyes_off(app: &App) {
    let admin = app.staff(PLATFORM).await;
    let agency = admin.get("/v1/agencies/trend").expect(200).await;
    if agency.json()["four_eyes"] == json!(true) {
        admin.patch("/v1/agencies/trend").if_match(&agency.etag()).json(&json!({"four_eyes": false})).expect(200).await;
    }
}

pub async fn public(app: &App, headline: &str) -> Story {
    let story = uzbek(app, headline).await;
    story.publish("uz", &Value::Null).await;
    story
}

pub fn delivered(story: &Story) -> String {
    format!("{}?language=uz", story.at.replace("/v1/", "/v1/delivery/"))
}

async fn the_archive_is_converted_and_addresses_stay(app: App) {
    let story = uzbek(&app, "Choʻl shamoli").await;
    story.patch("uz", json!({"seo": {"title": "Choʻl", "description": "Shamol"}, "summary": "Gʻarbiy shamol"})).await;
    story.publish("uz", &Value::Null).await;
    let anyone = app.anonymous();
    let before = anyone.get(&delivered(&story)).expect(200).await.json();
    assert_eq!(before["orthography"], "1995");
    let done = switch(&app, ADMIN, "2026").await;
    assert_eq!((&done["state"], &done["progress"]["published"], &done["progress"]["failed"]), (&json!("done"), &json!(1), &json!(0)), "{done}");
    let after = anyone.get(&delivered(&story)).expect(200).await.json();
    assert_eq!((&after["headline"], &after["orthography"]), (&json!("Çöl şamoli"), &json!("2026")));
    assert_eq!(body(&after), ["Özbekiston çöllari.", "Şahar boği"]);
    assert_eq!((&after["summary"], &after["seo"]), (&json!("Ğarbiy şamol"), &json!({"title": "Çöl", "description": "Şamol"})));
    assert_eq!((&after["slug"], &after["url"]), (&before["slug"], &before["url"]));
    assert_eq!(after["last_change"]["kind"], "fix");
    let by_slug = format!("/v1/delivery/articles/uz/{}", before["slug"].as_str().unwrap());
    assert_eq!(anyone.get(&by_slug).expect(200).await.json()["headline"], "Çöl şamoli");
    assert_eq!(app.number("SELECT count(*) FROM published_changes WHERE type = 'updated' AND change_kind = 'fix' AND language = 'uz'").await, 1);
    let text = story.read("uz").await.json();
    assert_eq!((&text["publication"], &text["review"], &text["orthography"]), (&json!("published"), &json!("settled"), &json!("2026")));
    assert_eq!(text["last_author"], json!(story.editor.id), "whose words they are stays");
    let log = app.staff(PLATFORM).await.get("/v1/audit?action=text.respelled").expect(200).await.json();
    assert_eq!((log["data"].as_array().unwrap().len(), &log["data"][0]["actor"]["kind"]), (1, &json!("service")), "{log}");
    assert_eq!(log["data"][0]["details"]["ordered_by"], done["created_by"]);
    let log = app.staff(PLATFORM).await.get("/v1/audit?action=orthography.ordered,orthography.started,orthography.done").expect(200).await.json();
    assert_eq!(log["data"].as_array().unwrap().len(), 3, "{log}");
}

async fn new_texts_take_the_new_alphabet(app: App) {
    let earlier = uzbek(&app, "Eski bogʻ").await;
    assert_eq!(earlier.read("uz").await.json()["orthography"], "1995");
    switch(&app, PLATFORM, "2026").await;
    let new = Story::new(&app, TREND, "uz", "Yangi boğ", "<p>Boğ</p>").await;
    assert_eq!(new.read("uz").await.json()["orthography"], "2026");
    let cyrillic = Story::new(&app, TREND, "uz-Cyrl", "Чўл шамоли", "<p>Шаҳар</p>").await;
    let twin = cyrillic.make("uz-Cyrl", json!({"language": "uz"})).await.json();
    assert_eq!((&twin["orthography"], &twin["headline"]), (&json!("2026"), &json!("Çöl şamoli")));
    let twin = Story::new(&app, TREND, "uz-Cyrl", "Чўл", "<p>Шаҳар</p>").await;
    let twin = twin.make("uz-Cyrl", json!({"language": "uz", "orthography": "1995"})).await.json();
    assert_eq!((&twin["orthography"], &twin["headline"]), (&json!("1995"), &json!("Choʻl")));
    // What is restored is as it was written.
    let text = earlier.read("uz").await;
    assert_eq!((&text.json()["orthography"], &text.json()["headline"]), (&json!("2026"), &json!("Eski boğ")));
    let back = earlier.editor.post(&format!("{}/revisions/1/restore", earlier.text("uz"))).if_match(&text.etag()).expect(200).await.json();
    assert_eq!((&back["orthography"], &back["headline"]), (&json!("1995"), &json!("Eski bogʻ")));
}

async fn it_goes_back_when_the_law_does(app: App) {
    let story = public(&app, "Choʻl shamoli").await;
    switch(&app, ADMIN, "2026").await;
    let back = switch(&app, ADMIN, "1995").await;
    assert_eq!(back["progress"]["published"], 1, "{back}");
    let text = app.anonymous().get(&delivered(&story)).expect(200).await.json();
    assert_eq!((&text["headline"], &text["orthography"]), (&json!("Choʻl shamoli"), &json!("1995")));
    assert_eq!(Story::new(&app, TREND, "uz", "Yangi", "<p>x</p>").await.read("uz").await.json()["orthography"], "1995");
}

/// Does jobs until the switch has gone through some texts.
async fn some(app: &App) {
    let registry = app::jobs();
    while app.number("SELECT count(*) FROM orthography_switch_texts").await == 0 {
        assert!(jobs::step(&app.state, &registry, "test").await.unwrap());
    }
}

async fn many(app: &App) -> Caller {
    let story = uzbek(app, "Choʻl").await;
    for n in 0..24 {
        Story { editor: app.staff(TREND).await, at: Story::new(app, TREND, "uz", &format!("Choʻl {n}"), "<p>Bogʻ</p>").await.at }
            .publish("uz", &Value::Null)
            .await;
    }
    story.editor
}

async fn a_stop_in_the_middle_loses_and_repeats_nothing(app: App) {
    many(&app).await;
    let at = order(&app, ADMIN, "2026").await;
    app.advance(Duration::from_mins(1));
    some(&app).await;
    let admin = app.staff(ADMIN).await;
    let half = admin.get(&at).expect(200).await.json();
    assert_eq!((&half["state"], &half["progress"]["remaining"]), (&json!("running"), &json!(5)), "{half}");
    // A crash after the texts and before the next batch: the same batch is done again.
    let mut tx = app.state.db.begin().await.unwrap();
    let payload = json!({"switch": half["id"], "after": null});
    tx.query("UPDATE jobs SET payload = $1 WHERE kind = 'orthography.switch'").bind(sqlx::types::Json(payload)).execute().await.unwrap();
    tx.commit().await.unwrap();
    app.drain_jobs().await;
    let done = admin.get(&at).expect(200).await.json();
    assert_eq!((&done["state"], &done["progress"]["published"], &done["progress"]["converted"]), (&json!("done"), &json!(24), &json!(1)), "{done}");
    assert_eq!(app.number("SELECT count(*) FROM published_changes WHERE type = 'updated' AND change_kind = 'fix'").await, 24);
    assert_eq!(app.number("SELECT count(*) FROM translations WHERE language = 'uz' AND orthography = '2026'").await, 25);
    assert_eq!(app.number("SELECT count(*) FROM translations WHERE language = 'uz' AND orthography = '2026' AND revision = 2").await, 25);
}

async fn what_was_converted_by_a_cancel_stays(app: App) {
    many(&app).await;
    let at = order(&app, PLATFORM, "2026").await;
    app.advance(Duration::from_mins(1));
    some(&app).await;
    let admin = app.staff(PLATFORM).await;
    let etag = admin.get(&at).expect(200).await.etag();
    let canceled = admin.post(&format!("{at}/cancel")).if_match(&etag).expect(200).await;
    app.drain_jobs().await;
    let after = admin.get(&at).expect(200).await.json();
    assert_eq!((&after["state"], &after["progress"]["published"]), (&json!("canceled"), &canceled.json()["progress"]["published"]));
    assert_eq!(app.number("SELECT count(*) FROM translations WHERE language = 'uz' AND orthography = '2026'").await, 20);
    let again = admin.post(&format!("{at}/cancel")).if_match(&canceled.etag()).expect(409).await;
    assert_eq!(again.code(), "illegal_transition");
    assert_eq!(Story::new(&app, TREND, "uz", "Yangi", "<p>x</p>").await.read("uz").await.json()["orthography"], "1995");
    let rest = switch(&app, PLATFORM, "2026").await;
    assert_eq!(rest["state"], "done");
    assert_eq!(app.number("SELECT count(*) FROM translations WHERE language = 'uz' AND orthography = '1995'").await, 0);
}

async fn an_agency_switches_its_own_texts(app: App) {
    let own = public(&app, "Choʻl").await;
    let other = Story::new(&app, "editor@kazinform.example", "uz", "Bogʻ", "<p>Bogʻ</p>").await;
    let done = switch(&app, "admin@trend.example", "2026").await;
    assert_eq!((&done["progress"]["published"], done["agency_id"].is_string()), (&json!(1), true), "{done}");
    assert_eq!(own.read("uz").await.json()["headline"], "Çöl");
    assert_eq!(other.read("uz").await.json()["headline"], "Bogʻ");
    assert_eq!(Story::new(&app, TREND, "uz", "Yangi", "<p>x</p>").await.read("uz").await.json()["orthography"], "2026");
    assert_eq!(Story::new(&app, "editor@kazinform.example", "uz", "Yangi", "<p>x</p>").await.read("uz").await.json()["orthography"], "1995");
}

async fn a_twin_is_not_made_anew(app: App) {
    let story = public(&app, "Choʻl shamoli").await;
    story.make("uz", json!({"language": "uz-Cyrl"})).await;
    story.patch("uz-Cyrl", json!({"headline": "Чўл шамоли бор"})).await;
    let before = story.read("uz-Cyrl").await.json();
    switch(&app, PLATFORM, "2026").await;
    let twin = story.read("uz-Cyrl").await.json();
    assert_eq!((&twin["revision"], &twin["headline"], &twin["freshness"]), (&before["revision"], &before["headline"], &json!("current")));
    assert_eq!((&twin["derived_from"]["revision"], &twin["open_warnings"]), (&json!(2), &before["open_warnings"]));
    // A later edit makes anew what it changed, and nothing else.
    story.patch("uz", json!({"summary": "Şamol"})).await;
    let twin = story.read("uz-Cyrl").await.json();
    assert_eq!((&twin["headline"], &twin["summary"]), (&json!("Чўл шамоли бор"), &json!("Шамол")));
    // The other way round: a Latin twin is spelled anew, with what people corrected in it.
    let story = Story::new(&app, TREND, "uz-Cyrl", "Чўл", "<p>Шаҳар.</p><p>Боғ</p>").await;
    story.make("uz-Cyrl", json!({"language": "uz", "orthography": "1995"})).await;
    story.patch("uz", json!({"headline": "Choʻlda"})).await;
    switch(&app, PLATFORM, "2026").await;
    let twin = story.read("uz").await.json();
    assert_eq!((&twin["headline"], &twin["orthography"], body(&twin)), (&json!("Çölda"), &json!("2026"), vec!["Şahar.".to_owned(), "Boğ".to_owned()]));
    story.patch("uz-Cyrl", json!({"summary": "Чўл"})).await;
    let twin = story.read("uz").await.json();
    assert_eq!((&twin["headline"], &twin["summary"], &twin["open_warnings"]), (&json!("Çölda"), &json!("Çöl"), &json!(0)));
}
