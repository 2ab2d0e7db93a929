//! A day in the newsroom, from the flash to the kill, through HTTP alone.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(a_day_in_the_newsroom);

/// What is asked for beside the original, in Azerbaijani. Kazinform makes the Kazakh text, Trend the others.
const LANGUAGES: [&str; 7] = ["kk", "tr", "ky", "uz", "tk", "ru", "en"];

struct Day {
    app: App,
    /// `/v1/articles/{id}`.
    story: String,
    id: String,
}

impl Day {
    async fn who(&self, person: &str) -> Caller {
        self.app.staff(&format!("{person}.example")).await
    }

    fn text(&self, language: &str) -> String {
        format!("{}/translations/{language}", self.story)
    }

    async fn read(&self, who: &Caller, language: &str) -> Value {
        who.get(&self.text(language)).expect(200).await.json()
    }

    async fn step(&self, who: &Caller, language: &str, step: &str, order: &Value) -> Value {
        let etag = who.get(&self.text(language)).expect(200).await.etag();
        let request = who.post(&format!("{}/{step}", self.text(language))).if_match(&etag);
        let request = if order.is_null() { request } else { request.json(order) };
        request.expect(200).await.json()
    }

    async fn edit(&self, who: &Caller, language: &str, headline: &str) {
        let etag = who.get(&self.text(language)).expect(200).await.etag();
        who.patch(&self.text(language)).if_match(&etag).json(&json!({"headline": headline})).expect(200).await;
    }

    /// What readers get who ask for the story in a language.
    async fn reader(&self, language: &str) -> Answer {
        self.app.anonymous().get(&format!("/v1/delivery/articles/{}?language={language}", self.id)).send().await
    }

    async fn shown(&self, language: &str) -> Value {
        let answer = self.reader(language).await;
        assert_eq!(answer.status, 200, "{language}: {}", answer.text());
        answer.json()
    }

    /// The open work on the text of a language.
    async fn work(&self, who: &Caller, language: &str) -> Value {
        let list = who.get(&format!("/v1/assignments?open=true&language={language}&article={}", self.id)).expect(200).await.json();
        list["data"][0].clone()
    }

    /// Claims the work on a text, writes it and hands it in.
    async fn translate(&self, who: &Caller, language: &str, headline: &str) {
        let work = self.work(who, language).await;
        let path = format!("/v1/assignments/{}", work["id"].as_str().unwrap());
        let etag = who.get(&path).expect(200).await.etag();
        who.post(&format!("{path}/claim")).if_match(&etag).expect(200).await;
        let text = json!({"headline": headline, "body_html": "<p>4,7.</p>"});
        who.put(&self.text(language)).header("If-None-Match", "*").json(&text).expect(201).await;
        self.step(who, language, "submit", &Value::Null).await;
        assert_eq!(who.get(&path).expect(200).await.json()["state"], "submitted");
    }

    async fn cell(&self, who: &Caller, language: &str) -> Value {
        let matrix = who.get(&format!("/v1/coverage?languages={language}&limit=100")).expect(200).await.json();
        let row = matrix["data"].as_array().unwrap().iter().find(|row| row["article_id"] == self.id.as_str()).unwrap().clone();
        row["cells"][0].clone()
    }

    async fn notices(&self, who: &Caller) -> Vec<String> {
        let list = who.get("/v1/me/notices?unread=true").expect(200).await.json();
        list["data"].as_array().unwrap().iter().map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
    }
}

async fn a_day_in_the_newsroom(app: App) {
    let day = flash_in_baku(app).await;
    seven_translations_are_requested(&day).await;
    two_agencies_translate(&day).await;
    a_typo_is_fixed(&day).await;
    a_correction_travels(&day).await;
    the_story_is_killed(&day).await;
    all_of_it_is_on_record(&day).await;
}

/// Noon: an earthquake. The flash is out in one language within a minute.
async fn flash_in_baku(app: App) -> Day {
    let editor = app.staff("editor@trend.example").await;
    let new = json!({
        "original_language": "az", "headline": "Bakıda zəlzələ oldu", "body_html": "<p>Bakıda 4,7 bal gücündə zəlzələ oldu.</p>", "urgency": 1, "shared": true
    });
    let id = editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    let day = Day { app, story: format!("/v1/articles/{id}"), id };
    day.step(&editor, "az", "publish", &Value::Null).await;
    let flashes = day.app.anonymous().get("/v1/delivery/articles?language=az&urgency_max=2").expect(200).await.json();
    assert_eq!(flashes["data"][0]["id"], day.id.as_str());
    day
}

/// Seven languages are asked for; Kazinform sees this story, and only Kazinform.
async fn seven_translations_are_requested(day: &Day) {
    let (trend, kazinform, kabar) = (day.who("editor@trend").await, day.who("editor@kazinform").await, day.who("editor@kabar").await);
    let mut requests = vec![json!({"language": "kk", "agency": "kazinform"})];
    requests.extend(LANGUAGES[1..].iter().map(|language| json!({"language": language})));
    let order = json!({"requests": requests, "due_at": "2026-07-24T13:00:00Z", "note": "Before one o'clock, please."});
    let asked = trend.post(&format!("{}/translation-requests", day.story)).json(&order).expect(201).await.json();
    assert_eq!(asked["data"].as_array().unwrap().len(), LANGUAGES.len());
    assert_eq!(day.work(&kazinform, "kk").await["article_id"], day.id.as_str());
    assert_eq!(day.read(&kazinform, "az").await["headline"], "Bakıda zəlzələ oldu");
    kabar.get(&day.story).expect(404).await;
    let cell = day.cell(&trend, "kk").await;
    assert_eq!((&cell["publication"], &cell["assignment"]["state"]), (&Value::Null, &json!("requested")));
    assert_eq!(cell["due_at"], "2026-07-24T13:00:00Z");
    assert!(day.notices(&kazinform).await.contains(&"assigned".to_owned()));
    // They go out together, when the last is approved. The platform's editor reaches the texts of both agencies.
    let platform = day.who("editor@platform").await;
    for language in LANGUAGES {
        assert_eq!(day.reader(language).await.status, 404, "{language}");
    }
    platform.get(&day.story).expect(200).await;
}

/// Both agencies claim, write, hand in and approve; the release waits for the last of them.
async fn two_agencies_translate(day: &Day) {
    day.app.advance(Duration::from_mins(10));
    let (journalist, trend) = (day.who("journalist@trend").await, day.who("editor@trend").await);
    for language in &LANGUAGES[1..] {
        day.translate(&journalist, language, &format!("Earthquake ({language})")).await;
    }
    let kazinform = day.who("editor@kazinform").await;
    day.translate(&kazinform, "kk", "Бакуде жер сілкінді").await;
    let release = json!({"languages": LANGUAGES, "when": "all_approved"});
    let platform = day.who("editor@platform").await;
    let release = platform.post(&format!("{}/releases", day.story)).json(&release).expect(201).await.json();
    // One comes back, with the reason.
    day.step(&trend, "ru", "return", &json!({"reason": "The figure is missing."})).await;
    assert!(day.notices(&journalist).await.contains(&"returned".to_owned()));
    day.edit(&journalist, "ru", "В Баку произошло землетрясение").await;
    day.step(&journalist, "ru", "submit", &Value::Null).await;
    for language in &LANGUAGES[1..] {
        day.step(&trend, language, "approve", &Value::Null).await;
    }
    day.app.drain_jobs().await;
    assert_eq!(day.reader("tr").await.status, 404, "the Kazakh text is still to come");
    day.step(&kazinform, "kk", "approve", &Value::Null).await;
    day.app.drain_jobs().await;
    let done = platform.get(&format!("/v1/releases/{}", release["id"].as_str().unwrap())).expect(200).await.json();
    assert_eq!(done["state"], "done");
    let kazakh = day.shown("kk").await;
    assert_eq!(kazakh["available_languages"].as_array().unwrap().len(), 8);
    let credit = kazakh["credit_line"].as_str().unwrap();
    assert!(credit.contains(" / "), "both agencies are credited: {credit}");
    assert_eq!(kazakh["translators"].as_array().unwrap().len(), 1);
    assert_eq!(day.work(&trend, "tr").await, Value::Null, "what is approved is accepted");
}

/// Nothing but a letter: the translations have drifted, and nobody is bothered.
async fn a_typo_is_fixed(day: &Day) {
    day.app.advance(Duration::from_mins(20));
    let trend = day.who("editor@trend").await;
    day.edit(&trend, "az", "Bakıda zəlzələ olub").await;
    day.step(&trend, "az", "publish", &json!({"change_kind": "fix"})).await;
    assert_eq!(day.read(&trend, "kk").await["freshness"], "drifted");
    assert_eq!(day.shown("kk").await["correction_pending"], false);
    assert_eq!(day.work(&trend, "kk").await, Value::Null);
}

/// The figure was wrong: every translation is stale, says so to readers, and is work until it is corrected too.
async fn a_correction_travels(day: &Day) {
    day.app.advance(Duration::from_mins(30));
    let trend = day.who("editor@trend").await;
    day.edit(&trend, "az", "Bakıda 4,2 bal gücündə zəlzələ olub").await;
    let order = json!({"change_kind": "correction", "public_note": "An earlier version gave the magnitude as 4.7."});
    day.step(&trend, "az", "publish", &order).await;
    let stale = trend.get("/v1/articles?freshness=stale&language=kk").expect(200).await.json();
    assert_eq!(stale["data"][0]["id"], day.id.as_str());
    for language in LANGUAGES {
        assert_eq!(day.shown(language).await["correction_pending"], true, "{language}");
    }
    let kazinform = day.who("editor@kazinform").await;
    assert!(day.notices(&kazinform).await.contains(&"corrected".to_owned()));
    let work = day.work(&kazinform, "kk").await;
    assert_eq!((&work["kind"], &work["change_kind"]), (&json!("translate"), &json!("correction")));
    day.edit(&kazinform, "kk", "Бакуде 4,2 балл жер сілкінді").await;
    let order = json!({"change_kind": "correction", "public_note": "Алдыңғы нұсқада магнитуда 4,7 деп көрсетілген."});
    day.step(&kazinform, "kk", "publish", &order).await;
    assert_eq!(day.read(&kazinform, "kk").await["freshness"], "current");
    assert_eq!(day.work(&kazinform, "kk").await, Value::Null);
    assert_eq!(day.shown("kk").await["correction_pending"], false);
    assert_eq!(day.shown("tr").await["correction_pending"], true);
    let corrections = day.app.anonymous().get("/v1/delivery/corrections?language=kk").expect(200).await.json();
    assert_eq!(corrections["data"][0]["public_note"], order["public_note"]);
}

/// There was no earthquake. Trend's texts are gone for good; Kazinform decides about its own, and confirms.
async fn the_story_is_killed(day: &Day) {
    day.app.advance(Duration::from_mins(40));
    let trend = day.who("editor@trend").await;
    let preview = trend.get(&format!("{}/kill-preview", day.story)).expect(200).await;
    let effects: Vec<(String, String)> = preview.json()["texts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| (text["language"].as_str().unwrap().to_owned(), text["effect"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(effects.len(), 8);
    let order = json!({"reason": "The report was forged.", "public_note": "There was no earthquake.", "instruction": "Delete all copies."});
    trend.post(&format!("{}/kill", day.story)).if_match(&preview.etag()).json(&order).expect(200).await;
    for (language, effect) in effects {
        let answer = day.reader(&language).await;
        let expected = if language == "kk" { ("withhold", 404) } else { ("kill", 410) };
        assert_eq!((effect.as_str(), answer.status.as_u16()), expected, "{language}: {}", answer.text());
    }
    assert_eq!(day.reader("az").await.json()["public_note"], "There was no earthquake.");
    let kazinform = day.who("editor@kazinform").await;
    assert!(day.notices(&kazinform).await.contains(&"withheld".to_owned()));
    assert_eq!(day.read(&kazinform, "kk").await["allowed_transitions"], json!(["kill", "lift"]));
    day.step(&kazinform, "kk", "kill", &json!({"reason": "Confirmed.", "public_note": "Жер сілкінісі болған жоқ."})).await;
    assert_eq!(day.reader("kk").await.status, 410);
    let again = trend.put(&day.text("crh")).header("If-None-Match", "*").json(&json!({"headline": "x"})).send().await;
    assert_eq!(again.code(), "illegal_transition");
    let list = day.app.anonymous().get(&format!("/v1/delivery/articles?id={}", day.id)).expect(200).await.json();
    assert_eq!(list["data"], json!([]));
}

/// Who did what is in a log in which every entry hangs on the one before.
async fn all_of_it_is_on_record(day: &Day) {
    let admin = day.who("admin@platform").await;
    let log = admin.get(&format!("/v1/audit?subject={}&sort=seq&limit=100", day.id)).expect(200).await.json();
    let actions: Vec<&str> = log["data"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let count = |action: &str| actions.iter().filter(|other| **other == action).count();
    assert_eq!(actions[0], "text.published");
    for (action, times) in [("text.published", 9), ("text.corrected", 2), ("release.done", 1), ("article.killed", 1), ("text.killed", 8), ("text.withheld", 1)]
    {
        assert_eq!(count(action), times, "{action} in {actions:?}");
    }
}
