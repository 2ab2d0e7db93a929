//! Translations on their way to the tools of translators, and back.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use serde_json::{Value, json};

on_both!(
    a_demo_text_comes_back_as_it_went,
    a_file_says_what_it_was_made_from,
    a_new_text_is_made_of_a_file,
    an_edited_file_makes_a_draft,
    a_file_older_than_the_original_is_refused_unless_accepted,
    a_file_older_than_the_text_is_refused_unless_accepted,
    a_text_of_its_own_way_does_not_mind_its_original,
    the_latest_original_can_be_asked_for,
    every_fault_is_told_with_its_line,
    files_of_other_texts_are_refused,
    what_is_not_finished_is_refused_unless_partial,
    bombs_and_other_types_are_refused,
    only_who_may_write_imports,
    the_original_is_no_translation,
);

const XLIFF: &str = "application/xliff+xml";

/// A story of one original, in English, and a translation into Russian.
struct Story {
    editor: Caller,
    at: String,
}

impl Story {
    async fn new(app: &App) -> Self {
        let editor = app.staff("editor@trend.example").await;
        let new = json!({"original_language": "en", "headline": "Wind", "body_html": "<p>The wind is <b>strong</b>.</p><p>It is cold.</p>"});
        let created = editor.post("/v1/articles").json(&new).expect(201).await.json();
        Self { at: format!("/v1/articles/{}", created["id"].as_str().unwrap()), editor }
    }

    async fn translated(app: &App) -> Self {
        let story = Self::new(app).await;
        let text = json!({"headline": "Ветер", "byline": "А. Б.", "body_html": "<p>Ветер <b>сильный</b>.</p><p>Холодно.</p>"});
        story.editor.put(&story.text("ru")).header("If-None-Match", "*").json(&text).expect(201).await;
        story
    }

    fn text(&self, language: &str) -> String {
        format!("{}/translations/{language}", self.at)
    }

    async fn read(&self, language: &str) -> Answer {
        self.editor.get(&self.text(language)).expect(200).await
    }

    async fn export(&self, language: &str, query: &str) -> Answer {
        self.editor.get(&format!("{}/xliff{query}", self.text(language))).header("Accept", XLIFF).expect(200).await
    }

    async fn import(&self, language: &str, query: &str, etag: &str, file: &str) -> Answer {
        let request = self.editor.post(&format!("{}/xliff{query}", self.text(language))).body(XLIFF, file);
        if etag == "*" { request.header("If-None-Match", "*").send().await } else { request.if_match(etag).send().await }
    }

    /// Another revision of the original, which readers see.
    async fn correct(&self) {
        let etag = self.read("en").await.etag();
        let etag = self.editor.post(&format!("{}/publish", self.text("en"))).if_match(&etag).expect(200).await.etag();
        let change = json!({"body_html": "<p>The wind is <b>strong</b>.</p><p>It is warm.</p>"});
        let etag = self.editor.patch(&self.text("en")).if_match(&etag).json(&change).expect(200).await.etag();
        let order = json!({"change_kind": "correction", "public_note": "It is warm."});
        self.editor.post(&format!("{}/publish", self.text("en"))).if_match(&etag).json(&order).expect(200).await;
    }
}

fn expect(answer: Answer, status: u16) -> Answer {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    answer
}

/// The code and the detail of each fault.
fn told(answer: &Answer) -> Vec<(String, String)> {
    let json = answer.json();
    let faults = json["errors"].as_array().cloned().unwrap_or_default();
    faults.iter().map(|fault| (fault["code"].as_str().unwrap().to_owned(), fault["detail"].as_str().unwrap().to_owned())).collect()
}

fn spans(text: &Value) -> Vec<(String, Value)> {
    let blocks = text["body"].as_array().unwrap();
    let spans = blocks.iter().flat_map(|block| block["children"].as_array().cloned().unwrap_or_default());
    spans.map(|span| (span["text"].as_str().unwrap().to_owned(), span["marks"].clone())).collect()
}

async fn a_demo_text_comes_back_as_it_went(app: App) {
    let editor = app.staff("editor@platform.example").await;
    let list = editor.get("/v1/articles?limit=100").expect(200).await.json();
    let mut seen = 0;
    for article in list["data"].as_array().unwrap() {
        let at = format!("/v1/articles/{}/translations", article["id"].as_str().unwrap());
        let texts = editor.get(&at).expect(200).await.json();
        for text in texts["data"].as_array().unwrap().iter().filter(|text| text["is_original"] == false && text["publication"] != "killed") {
            let path = format!("{at}/{}", text["language"].as_str().unwrap());
            let file = editor.get(&format!("{path}/xliff")).expect(200).await;
            let answer = editor.post(&format!("{path}/xliff")).if_match(&file.etag()).body(XLIFF, file.text()).send().await;
            // Texts of others may be read, and not written.
            if answer.status == 403 {
                continue;
            }
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.record(), *text, "nothing changes, and no revision is made");
            assert_eq!(answer.etag(), file.etag());
            seen += 1;
        }
    }
    assert!(seen > 5, "only {seen} texts went out and in");
}

async fn a_file_says_what_it_was_made_from(app: App) {
    let story = Story::translated(&app).await;
    let file = story.export("ru", "").await;
    assert_eq!(file.header("Content-Type"), Some("application/xliff+xml; charset=utf-8"));
    assert_eq!(file.header("Cache-Control"), Some("private, no-store"));
    assert_eq!(file.etag(), story.read("ru").await.etag());
    let id = story.at.rsplit('/').next().unwrap();
    for part in [
        "version=\"2.1\" srcLang=\"en\" trgLang=\"ru\"",
        "<source>The wind is <pc id=\"1\"",
        "<target>Ветер <pc id=\"1\"",
        "<mda:meta type=\"original_revision\">1</mda:meta>",
        "<mda:meta type=\"text_revision\">1</mda:meta>",
        &format!("original=\"{id}\""),
    ] {
        assert!(file.text().contains(part), "{part}\n{}", file.text());
    }
    let rtl = story.export("ug", "").await;
    assert!(rtl.text().contains("srcDir=\"ltr\" trgDir=\"rtl\""), "{}", rtl.text());
    assert!(!rtl.text().contains("<target>") && rtl.header("ETag").is_none());
}

async fn a_new_text_is_made_of_a_file(app: App) {
    let story = Story::new(&app).await;
    let mut file = story.export("tr", "").await.text();
    for (from, to) in [("Wind", "Rüzgâr"), ("It is cold.", "Hava soğuk.")] {
        file = file.replace(&format!("<source>{from}</source>"), &format!("<source>{from}</source><target>{to}</target>"));
    }
    let (before, source) = file.split_once("<source>The wind").unwrap();
    let (source, after) = source.split_once("</source>").unwrap();
    let target = source.replace("strong", "sert").replace(" is ", " ").replace('.', "!");
    let file = format!("{before}<source>The wind{source}</source><target>Rüzgâr{target}</target>{after}");
    assert_eq!(expect(story.import("tr", "", "\"v1\"", &file).await, 404).code(), "not_found");
    let added = expect(story.import("tr", "", "*", &file).await, 201);
    assert!(added.header("Location").unwrap().ends_with("/translations/tr"));
    let text = added.json();
    assert_eq!(
        (&text["headline"], &text["review"], &text["base_revision"], &text["freshness"]),
        (&json!("Rüzgâr"), &json!("draft"), &json!(1), &json!("current"))
    );
    assert_eq!(text["authors"], json!([story.editor.id]));
    let strong = json!(["strong"]);
    assert_eq!(
        spans(&text),
        [("Rüzgâr ".to_owned(), json!([])), ("sert".to_owned(), strong), ("!".to_owned(), json!([])), ("Hava soğuk.".to_owned(), json!([]))]
    );
    let again = story.import("tr", "", "*", &file).await;
    assert_eq!(expect(again, 409).code(), "already_exists");
}

async fn an_edited_file_makes_a_draft(app: App) {
    let story = Story::translated(&app).await;
    let before = story.read("ru").await;
    let file = story.export("ru", "").await;
    assert_eq!(expect(story.import("ru", "", "\"v9\"", &file.text()).await, 412).code(), "stale_version");
    let blind = story.editor.post(&format!("{}/xliff", story.text("ru"))).body(XLIFF, file.text()).send().await;
    assert_eq!(expect(blind, 428).code(), "precondition_required");
    let edited = file.text().replace("Холодно.", "Очень холодно.").replace("сильный", "очень сильный");
    let changed = expect(story.import("ru", "", &file.etag(), &edited).await, 200).json();
    assert_eq!((&changed["revision"], &changed["review"], &changed["byline"]), (&json!(2), &json!("draft"), &json!("А. Б.")));
    let mut expected = before.json()["body"].clone();
    expected[0]["children"][1]["text"] = json!("очень сильный");
    expected[1]["children"][0]["text"] = json!("Очень холодно.");
    assert_eq!(changed["body"], expected, "keys, styles and marks are as they were");
}

async fn a_file_older_than_the_original_is_refused_unless_accepted(app: App) {
    let story = Story::translated(&app).await;
    let file = story.export("ru", "").await;
    story.correct().await;
    let edited = file.text().replace("Холодно.", "Прохладно.");
    let refused = expect(story.import("ru", "", &file.etag(), &edited).await, 409);
    assert_eq!((refused.code().as_str(), &refused.json()["made_from"], &refused.json()["current"]), ("stale_source", &json!(1), &json!(2)));
    let taken = expect(story.import("ru", "?accept_stale=true", &file.etag(), &edited).await, 200).json();
    assert_eq!((&taken["base_revision"], &taken["freshness"], &taken["revision"]), (&json!(1), &json!("stale"), &json!(2)));
}

async fn a_file_older_than_the_text_is_refused_unless_accepted(app: App) {
    let story = Story::translated(&app).await;
    let file = story.export("ru", "").await;
    let etag = story.editor.patch(&story.text("ru")).if_match(&file.etag()).json(&json!({"summary": "Кратко", "byline": "В."})).expect(200).await.etag();
    let refused = expect(story.import("ru", "", &etag, &file.text()).await, 409);
    assert_eq!((refused.code().as_str(), &refused.json()["made_from"], &refused.json()["current"]), ("stale_source", &json!(1), &json!(2)));
    let taken = expect(story.import("ru", "?accept_stale=true", &etag, &file.text()).await, 200).json();
    assert_eq!(
        (&taken["revision"], &taken["summary"], &taken["byline"]),
        (&json!(3), &Value::Null, &json!("В.")),
        "the file is the text now; whose it is it does not say"
    );
}

async fn a_text_of_its_own_way_does_not_mind_its_original(app: App) {
    let story = Story::translated(&app).await;
    let etag = story.read("ru").await.etag();
    story.editor.post(&format!("{}/freshness/detach", story.text("ru"))).if_match(&etag).json(&json!({"reason": "Its own."})).expect(200).await;
    story.correct().await;
    let file = story.export("ru", "").await;
    let taken = expect(story.import("ru", "", &file.etag(), &file.text().replace("Холодно", "Свежо")).await, 200).json();
    assert_eq!((&taken["freshness"], &taken["base_revision"]), (&json!("detached"), &json!(1)));
}

async fn the_latest_original_can_be_asked_for(app: App) {
    let story = Story::translated(&app).await;
    story.correct().await;
    assert!(story.export("ru", "").await.text().contains("It is cold."));
    let file = story.export("ru", "?source=latest").await;
    let (_, changed) = file.text().split_once("It is warm.").map(|(before, after)| (before.to_owned(), after.to_owned())).unwrap();
    assert!(changed.contains("Холодно."));
    assert_eq!(file.text().matches("state=\"initial\"").count(), 1, "only what has changed is to be looked at:\n{}", file.text());
    // Looked at, and nothing to change: it counts as made from there, without a revision.
    let same = expect(story.import("ru", "", &file.etag(), &file.text()).await, 200).json();
    assert_eq!((&same["revision"], &same["base_revision"], &same["freshness"]), (&json!(1), &json!(2), &json!("current")));
    let file = story.export("ru", "").await;
    let changed = expect(story.import("ru", "", &file.etag(), &file.text().replace("Холодно.", "Тепло.")).await, 200).json();
    assert_eq!((&changed["revision"], &changed["base_revision"], &changed["freshness"]), (&json!(2), &json!(2), &json!("current")));
    let wrong = story.editor.get(&format!("{}/xliff?source=newest", story.text("ru"))).send().await;
    assert_eq!(expect(wrong, 400).faults(), ["source"]);
}

async fn every_fault_is_told_with_its_line(app: App) {
    let story = Story::translated(&app).await;
    let file = story.export("ru", "").await;
    let spoilt = file
        .text()
        .replace("version=\"2.1\"", "version=\"2.3\"")
        .replace("<unit id=\"headline\" type=\"newsroom:headline\">", "<unit id=\"title\" type=\"headline\">")
        .replace("<target>Ветер <pc id=\"1\"", "<target>Ветер <ph id=\"7\"/><pc id=\"1\"")
        .replace("<target>Холодно.", "<target>Холодно<b/>.");
    let refused = expect(story.import("ru", "", &file.etag(), &spoilt).await, 422);
    assert_eq!(refused.code(), "validation_failed");
    let codes: Vec<String> = told(&refused).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["wrong_version", "invalid_attribute", "unknown_element", "unknown_unit", "missing_unit", "unknown_code"], "{}", refused.text());
    for (_, detail) in told(&refused) {
        assert!(detail.starts_with("line "), "{detail}");
    }
    let lines: Vec<&str> = spoilt.lines().collect();
    let line = lines.iter().position(|line| line.contains("<b/>")).unwrap() + 1;
    let (_, detail) = told(&refused).into_iter().find(|(code, _)| code == "unknown_element").unwrap();
    assert!(detail.starts_with(&format!("line {line}, column ")), "{detail}");
    assert!(refused.faults().iter().all(|pointer| pointer.starts_with("/xliff")), "{:?}", refused.faults());
    let broken = expect(story.import("ru", "", &file.etag(), "<xliff>\n  <file>\n</xliff>").await, 400);
    assert_eq!(broken.code(), "malformed_body");
    assert_eq!(told(&broken), [("not_well_formed".to_owned(), "line 3, column 1: closes `xliff` where `file` is open".to_owned())]);
    assert_eq!(story.read("ru").await.etag(), file.etag(), "nothing has changed");
}

async fn files_of_other_texts_are_refused(app: App) {
    let (story, other) = (Story::translated(&app).await, Story::translated(&app).await);
    let file = story.export("ru", "").await;
    let refused = expect(other.import("ru", "", &other.read("ru").await.etag(), &file.text()).await, 422);
    assert_eq!(told(&refused).into_iter().map(|(code, _)| code).collect::<Vec<_>>(), ["wrong_article"]);
    let refused = expect(story.import("tr", "", "*", &file.text()).await, 422);
    assert_eq!(told(&refused).into_iter().map(|(code, _)| code).collect::<Vec<_>>(), ["wrong_language"]);
    let unknown = file.text().replace("original_revision\">1", "original_revision\">7");
    assert_eq!(expect(story.import("ru", "", &file.etag(), &unknown).await, 409).code(), "conflict");
}

async fn what_is_not_finished_is_refused_unless_partial(app: App) {
    let story = Story::new(&app).await;
    let file = story.export("kk", "").await.text().replace("<source>Wind</source>", "<source>Wind</source><target>Жел</target>");
    let refused = expect(story.import("kk", "", "*", &file).await, 422);
    assert_eq!(told(&refused).into_iter().map(|(code, _)| code).collect::<Vec<_>>(), ["unfinished", "unfinished"]);
    let added = expect(story.import("kk", "?partial=true", "*", &file).await, 201);
    assert_eq!((added.json()["headline"].as_str(), added.json()["body"].as_array().unwrap().len()), (Some("Жел"), 0));
    let nothing = story.export("tr", "").await.text();
    let refused = expect(story.import("tr", "?partial=true", "*", &nothing).await, 422);
    assert_eq!(told(&refused).into_iter().map(|(code, _)| code).collect::<Vec<_>>(), ["invalid_text"], "a text has a headline");
}

async fn bombs_and_other_types_are_refused(app: App) {
    let story = Story::translated(&app).await;
    let file = story.export("ru", "").await;
    let post = |media_type: &str, file: String| {
        let request = story.editor.post(&format!("{}/xliff", story.text("ru"))).if_match("*").body(media_type, file);
        async move { request.send().await }
    };
    for media_type in ["application/json", "text/plain", "application/x-xliff+xml"] {
        assert_eq!(expect(post(media_type, file.text()).await, 415).code(), "unsupported_media_type");
    }
    for media_type in ["application/xml; charset=utf-8", "text/xml"] {
        expect(post(media_type, file.text()).await, 200);
    }
    let entities: Vec<String> = (1..10).map(|n| format!("<!ENTITY e{n} \"&e{};&e{};\">", n - 1, n - 1)).collect();
    let entities = entities.concat();
    let bombs = [
        format!("<!DOCTYPE xliff [<!ENTITY e0 'ha'>{entities}]><xliff>&e9;</xliff>"),
        "<!DOCTYPE xliff SYSTEM 'file:///etc/passwd'><xliff/>".to_owned(),
        "<xliff>&e0;</xliff>".to_owned(),
        "<a>".repeat(200_000),
        format!("<a {}/>", (0..100_000).map(|n| format!("a{n}=''")).collect::<Vec<_>>().join(" ")),
    ];
    for bomb in bombs {
        assert_eq!(expect(post(XLIFF, bomb).await, 400).code(), "malformed_body");
    }
    assert_eq!(expect(post(XLIFF, "x".repeat((1 << 20) + 1)).await, 413).code(), "body_too_large");
    let refused = story.editor.get(&format!("{}/xliff", story.text("ru"))).header("Accept", "image/png").send().await;
    assert_eq!(expect(refused, 406).code(), "not_acceptable");
}

async fn only_who_may_write_imports(app: App) {
    let story = Story::translated(&app).await;
    let file = story.export("ru", "").await;
    let path = format!("{}/xliff", story.text("ru"));
    let journalist = app.staff("journalist@trend.example").await;
    journalist.get(&path).expect(200).await;
    assert_eq!(journalist.post(&path).if_match(&file.etag()).body(XLIFF, file.text()).expect(403).await.code(), "forbidden");
    let stranger = app.staff("editor@kazinform.example").await;
    for path in [path, format!("{}/xliff", story.text("kk"))] {
        stranger.get(&path).expect(404).await;
        stranger.post(&path).if_match(&file.etag()).body(XLIFF, file.text()).expect(404).await;
    }
}

async fn the_original_is_no_translation(app: App) {
    let story = Story::translated(&app).await;
    assert_eq!(story.editor.get(&format!("{}/xliff", story.text("en"))).expect(409).await.code(), "conflict");
    let etag = story.read("en").await.etag();
    assert_eq!(expect(story.import("en", "", &etag, &story.export("ru", "").await.text()).await, 409).code(), "conflict");
}
