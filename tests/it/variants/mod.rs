//! Texts in another script of their language.

mod faults;
mod held;
mod lexicon;
mod others;
mod publishing;
mod rules;

use crate::on_both;
use crate::support::{Answer, App, Caller};
use serde_json::{Value, json};

on_both!(
    a_kazakh_story_gets_its_twins_in_one_request_each,
    what_is_no_prose_stays,
    where_there_is_no_way_the_ways_are_told,
    a_doubtful_word_is_accepted_or_corrected,
    people_s_words_stay_when_the_source_changes,
    an_edit_that_gives_way_is_told,
    a_variant_is_reviewed_or_let_go,
    odd_text_is_converted_or_refused,
);

pub struct Story {
    pub editor: Caller,
    pub at: String,
}

impl Story {
    pub async fn new(app: &App, who: &str, language: &str, headline: &str, html: &str) -> Self {
        let editor = app.staff(who).await;
        let new = json!({"original_language": language, "headline": headline, "body_html": html});
        let created = editor.post("/v1/articles").json(&new).expect(201).await.json();
        Self { at: format!("/v1/articles/{}", created["id"].as_str().unwrap()), editor }
    }

    pub fn text(&self, language: &str) -> String {
        format!("{}/translations/{language}", self.at)
    }

    pub async fn read(&self, language: &str) -> Answer {
        self.editor.get(&self.text(language)).expect(200).await
    }

    pub async fn make(&self, from: &str, order: Value) -> Answer {
        self.editor.post(&format!("{}/variants", self.text(from))).json(&order).send().await
    }

    pub async fn patch(&self, language: &str, change: Value) -> Answer {
        let etag = self.read(language).await.etag();
        self.editor.patch(&self.text(language)).if_match(&etag).json(&change).expect(200).await
    }

    pub async fn warnings(&self, from: &str, to: &str, query: &str) -> Vec<Value> {
        let page = self.editor.get(&format!("{}/variants/{to}/warnings{query}", self.text(from))).expect(200).await.json();
        page["data"].as_array().unwrap().clone()
    }

    /// A step with the variant: `review`, `warnings/{id}/accept`.
    pub async fn step(&self, from: &str, to: &str, step: &str, order: &Value) -> Answer {
        let etag = self.read(to).await.etag();
        let request = self.editor.post(&format!("{}/variants/{to}/{step}", self.text(from))).if_match(&etag);
        if order.is_null() { request.send().await } else { request.json(order).send().await }
    }

    pub async fn publish(&self, language: &str, order: &Value) {
        let etag = self.read(language).await.etag();
        let request = self.editor.post(&format!("{}/publish", self.text(language))).if_match(&etag);
        let answer = if order.is_null() { request.send().await } else { request.json(order).send().await };
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// The text of the blocks of a body.
pub fn body(text: &Value) -> Vec<String> {
    let spans = |block: &Value| block["children"].as_array().unwrap().iter().map(|span| span["text"].as_str().unwrap()).collect();
    text["body"].as_array().unwrap().iter().map(spans).collect()
}

async fn uzbek(app: &App) -> Story {
    Story::new(app, "editor@trend.example", "uz", "Bu aksiya", "<p>Bu aksiya.</p><p>Shahar katta.</p>").await
}

async fn a_kazakh_story_gets_its_twins_in_one_request_each(app: App) {
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Қазақстан жаңалықтары", "<p>Қазақстан Республикасы.</p>").await;
    let made = story.make("kk", json!({"language": "kk-Latn"})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(made.header("location").unwrap().ends_with("/translations/kk-Latn"));
    let latin = made.json();
    assert_eq!((latin["headline"].as_str(), body(&latin)), (Some("Qazaqstan jañalyqtary"), vec!["Qazaqstan Respublikasy.".to_owned()]));
    assert_eq!(latin["derived_from"], json!({"language": "kk", "revision": 1, "engine": "1"}));
    assert_eq!((&latin["derivation_status"], &latin["orthography"], &latin["open_warnings"]), (&json!("auto"), &json!("2021"), &json!(0)));
    assert_eq!((&latin["publication"], &latin["review"], &latin["freshness"]), (&json!("unreleased"), &json!("draft"), &json!("current")));
    let arabic = story.make("kk", json!({"language": "kk-Arab"})).await.json();
    assert_eq!((&arabic["direction"], &arabic["derivation_status"]), (&json!("rtl"), &json!("needs_review")));
    assert!(body(&arabic)[0].starts_with("قازاقستان"), "{arabic}");
    let again = story.make("kk", json!({"language": "kk-Latn"})).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "already_exists"));
    let chain = story.make("kk-Latn", json!({"language": "kk"})).await;
    assert_eq!((chain.status.as_u16(), chain.code().as_str()), (409, "conflict"), "a variant is made of its source");
    let outsider = app.staff("editor@trend.example").await;
    outsider.post(&format!("{}/variants", story.text("kk"))).json(&json!({"language": "kk-Latn"})).expect(404).await;
    assert_eq!(story.read("kk").await.json()["derived_from"], Value::Null);
}

async fn what_is_no_prose_stays(app: App) {
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Тіл</p>").await;
    let span = |key: &str, text: &str, marks: Value| json!({"_type": "span", "_key": key, "text": text, "marks": marks});
    let block = json!({"_type": "block", "_key": "b", "style": "normal", "markDefs": [
        {"_type": "language", "_key": "l", "language": "ru"}, {"_type": "language", "_key": "n", "language": "kk", "translate": false},
        {"_type": "link", "_key": "u", "href": "https://тіл.kz/тіл"}],
        "children": [span("1", "тіл ", json!(["strong"])), span("2", "язык ", json!(["l"])), span("3", "тіл ", json!(["n"])), span("4", "тіл ", json!(["code"])),
            span("5", "@тіл https://тіл.kz тіл", json!(["u"]))]});
    let image = json!({"_type": "image", "_key": "i", "url": "https://example.org/i.jpg", "alt": "тіл", "caption": "Тіл"});
    story.patch("kk", json!({"body": [block, image], "summary": "тіл", "seo": {"title": "Тіл"}})).await;
    let made = story.make("kk", json!({"language": "kk-Latn"})).await.json();
    assert_eq!(body(&json!({"body": [made["body"][0]]})), ["tıl язык тіл тіл @тіл https://тіл.kz tıl"]);
    assert_eq!(made["body"][0]["markDefs"][2]["href"], "https://тіл.kz/тіл");
    assert_eq!((&made["body"][1]["alt"], &made["body"][1]["caption"]), (&json!("tıl"), &json!("Tıl")));
    assert_eq!((&made["summary"], &made["seo"]["title"]), (&json!("tıl"), &json!("Tıl")));
}

async fn where_there_is_no_way_the_ways_are_told(app: App) {
    let story = uzbek(&app).await;
    let refused = story.make("uz", json!({"language": "kk"})).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["pointer"]), (422, &json!("/language")));
    assert_eq!(refused.json()["possible"], json!([{"language": "uz-Cyrl", "orthography": null}]));
    let refused = story.make("uz", json!({"language": "uz-Cyrl", "orthography": "1850"})).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["pointer"]), (422, &json!("/orthography")));
    assert_eq!(story.make("uz", json!({"language": "uz"})).await.status, 422);
    assert_eq!(story.make("tr", json!({"language": "uz"})).await.status, 404);
}

async fn a_doubtful_word_is_accepted_or_corrected(app: App) {
    let story = uzbek(&app).await;
    let made = story.make("uz", json!({"language": "uz-Cyrl"})).await.json();
    assert_eq!((&made["headline"], &made["open_warnings"], &made["doubts"]["count"]), (&json!("Бу акция"), &json!(2), &json!(2)));
    assert_eq!(made["doubts"]["data"], json!(story.warnings("uz", "uz-Cyrl", "").await));
    let all = story.warnings("uz", "uz-Cyrl", "").await;
    let told: Vec<_> = all.iter().map(|w| (w["pointer"].as_str().unwrap().len() > 9, w["index"].clone(), w["length"].clone(), w["word"].clone())).collect();
    assert_eq!(told, [(false, json!(3), json!(6), json!("акция")), (told[1].0, json!(3), json!(6), json!("акция"))]);
    assert_eq!((&all[0]["source_word"], &all[0]["before"], &all[1]["after"]), (&json!("aksiya"), &json!("Bu "), &json!(".")));
    assert_eq!((&all[0]["alternatives"], &all[0]["rule"], &all[0]["state"]), (&json!(["аксия"]), &json!("ts"), &json!("open")));
    let (first, second) = (all[0]["id"].as_str().unwrap(), all[1]["id"].as_str().unwrap());
    let wrong = story.step("uz", "uz-Cyrl", &format!("warnings/{first}/accept"), &json!({"alternative": "акса"})).await;
    assert_eq!((wrong.status.as_u16(), &wrong.json()["errors"][0]["pointer"]), (422, &json!("/alternative")));
    let taken = story.step("uz", "uz-Cyrl", &format!("warnings/{first}/accept"), &json!({"alternative": "аксия"})).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["headline"], &taken.json()["open_warnings"]), (200, &json!("Бу аксия"), &json!(1)), "{}", taken.text());
    let again = story.step("uz", "uz-Cyrl", &format!("warnings/{first}/accept"), &Value::Null).await;
    assert_eq!(again.code(), "illegal_transition");
    let stale = story.editor.post(&format!("{}/variants/uz-Cyrl/warnings/{second}/accept", story.text("uz"))).if_match("\"v1\"").expect(412).await;
    assert_eq!(stale.code(), "stale_version");
    let corrected = story.step("uz", "uz-Cyrl", &format!("warnings/{second}/correct"), &json!({"text": "АКЦИЯси"})).await.json();
    assert_eq!((body(&corrected)[0].as_str(), &corrected["open_warnings"]), ("Бу АКЦИЯси.", &json!(0)));
    assert!(story.warnings("uz", "uz-Cyrl", "?state=open").await.is_empty());
    assert_eq!(story.warnings("uz", "uz-Cyrl", "?state=corrected").await[0]["word"], "АКЦИЯси");
    let elsewhere = story.editor.get(&format!("{}/variants/uz-Cyrl/warnings", story.text("kk"))).send().await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.code().as_str()), (409, "conflict"));
    let of_none = story.editor.get(&format!("{}/variants/uz/warnings", story.text("uz"))).send().await;
    assert_eq!((of_none.status.as_u16(), of_none.code().as_str()), (409, "conflict"));
}

async fn people_s_words_stay_when_the_source_changes(app: App) {
    let story = uzbek(&app).await;
    story.make("uz", json!({"language": "uz-Cyrl"})).await;
    let warning = story.warnings("uz", "uz-Cyrl", "").await[1]["id"].as_str().unwrap().to_owned();
    story.step("uz", "uz-Cyrl", &format!("warnings/{warning}/correct"), &json!({"text": "аксия"})).await;
    let source = story.read("uz").await.json();
    let mut blocks = source["body"].clone();
    // The second block is edited by hand in the variant, and stays as it is in the source.
    let mut twin = story.read("uz-Cyrl").await.json()["body"].clone();
    twin[1]["children"][0]["text"] = json!("Шаҳар жуда катта.");
    story.patch("uz-Cyrl", json!({"body": twin})).await;
    blocks[0]["children"][0]["text"] = json!("Aksiya bu, bu aksiya.");
    story.patch("uz", json!({"body": blocks})).await;
    let text = story.read("uz-Cyrl").await.json();
    assert_eq!(body(&text), ["Аксия бу, бу аксия.", "Шаҳар жуда катта."]);
    assert_eq!((&text["headline"], &text["derived_from"]["revision"], &text["freshness"]), (&json!("Бу акция"), &json!(2), &json!("current")));
    assert_eq!(text["open_warnings"], 1, "that of the headline");
    let revision = text["revision"].clone();
    story.patch("uz", json!({"slug": "aksiya"})).await;
    assert_eq!(story.read("uz-Cyrl").await.json()["revision"], revision, "nothing to write");
}

async fn an_edit_that_gives_way_is_told(app: App) {
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Бір тіл.</p><p>Екі тіл.</p>").await;
    story.make("kk", json!({"language": "kk-Latn"})).await;
    let mut twin = story.read("kk-Latn").await.json()["body"].clone();
    twin[0]["children"][0]["text"] = json!("Bır ğana tıl.");
    story.patch("kk-Latn", json!({"body": twin})).await;
    let mut blocks = story.read("kk").await.json()["body"].clone();
    blocks[0]["children"][0]["text"] = json!("Үш тіл.");
    story.patch("kk", json!({"body": blocks})).await;
    let text = story.read("kk-Latn").await.json();
    assert_eq!(body(&text), ["Üş tıl.", "Ekı tıl."]);
    assert_eq!((&text["derivation_status"], &text["open_warnings"]), (&json!("needs_review"), &json!(1)));
    let told = story.warnings("kk", "kk-Latn", "").await;
    assert_eq!(told[0]["rule"], "edit_lost");
    assert!(told[0]["message"].as_str().unwrap().ends_with("Bır ğana tıl."), "{told:?}");
    let id = told[0]["id"].as_str().unwrap();
    let accepted = story.step("kk", "kk-Latn", &format!("warnings/{id}/accept"), &Value::Null).await;
    assert_eq!((accepted.status.as_u16(), &accepted.json()["open_warnings"]), (200, &json!(0)), "{}", accepted.text());
}

async fn a_variant_is_reviewed_or_let_go(app: App) {
    let story = uzbek(&app).await;
    story.make("uz", json!({"language": "uz-Cyrl"})).await;
    let refused = story.step("uz", "uz-Cyrl", "review", &Value::Null).await;
    assert_eq!((refused.code().as_str(), &refused.json()["open_warnings"]), ("conflict", &json!(2)));
    let reviewed = story.step("uz", "uz-Cyrl", "review", &json!({"overrule": true})).await.json();
    assert_eq!((&reviewed["derivation_status"], &reviewed["open_warnings"]), (&json!("reviewed"), &json!(0)));
    assert_eq!(story.warnings("uz", "uz-Cyrl", "").await[0]["state"], "overruled");
    story.patch("uz", json!({"headline": "Shahar"})).await;
    assert_eq!(story.read("uz-Cyrl").await.json()["derivation_status"], "needs_review", "nobody has read the new headline");
    let alone = story.step("uz", "uz-Cyrl", "detach", &json!({"reason": "It has readers of its own."})).await.json();
    assert_eq!(alone["derivation_status"], "independent");
    story.patch("uz", json!({"headline": "Katta shahar"})).await;
    let text = story.read("uz-Cyrl").await.json();
    assert_eq!((&text["headline"], &text["freshness"]), (&json!("Шаҳар"), &json!("stale")));
    let late = story.step("uz", "uz-Cyrl", "review", &Value::Null).await;
    assert_eq!(late.code(), "conflict");
}

async fn odd_text_is_converted_or_refused(app: App) {
    let story = Story::new(&app, "editor@kazinform.example", "kk", "Tіл халқаро o'zbek", "<p>\u{202e}тіл\u{202c} \u{feff}ءا ь ъ ‎ 👩‍👩‍👧 İ ß</p>").await;
    for to in ["kk-Latn", "kk-Arab"] {
        let made = story.make("kk", json!({"language": to})).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let long = "ы".repeat(299);
    let huge = Story::new(&app, "editor@kazinform.example", "kk", &"щ".repeat(290), &format!("<p>{long}</p>")).await;
    let refused = huge.make("kk", json!({"language": "kk-Latn"})).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["errors"][0]["pointer"]), (422, &json!("/headline")), "ş t ş are three letters");
    let uzbek = uzbek(&app).await;
    uzbek.make("uz", json!({"language": "uz-Cyrl"})).await;
    let id = uzbek.warnings("uz", "uz-Cyrl", "").await[0]["id"].as_str().unwrap().to_owned();
    for text in ["", "два слова", "а\u{0}б", "а\u{202e}б", &"а".repeat(101)] {
        let refused = uzbek.step("uz", "uz-Cyrl", &format!("warnings/{id}/correct"), &json!({"text": text})).await;
        assert!([400, 422].contains(&refused.status.as_u16()), "{text:?}: {}", refused.text());
    }
    // A source whose words grow too long is edited all the same.
    let grown = Story::new(&app, "editor@kazinform.example", "kk", "Тіл", "<p>Тіл</p>").await;
    grown.make("kk", json!({"language": "kk-Latn"})).await;
    grown.patch("kk", json!({"headline": "щ".repeat(290)})).await;
    let text = grown.read("kk-Latn").await.json();
    assert_eq!((&text["headline"], &text["open_warnings"]), (&json!("Tıl"), &json!(1)));
}
