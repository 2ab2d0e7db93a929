//! What front ends ask about words, the warnings that come with every save, and bad input of all kinds.

use crate::on_both;
use crate::support::{Answer, App, Caller, Request};
use newsroom::config::Config;
use serde_json::{Value, json};

on_both!(
    words_are_written_in_another_script,
    a_body_is_written_in_another_script,
    languages_slugs_and_order_are_told,
    any_key_and_any_staff_member_may_ask,
    every_save_brings_warnings,
    a_replay_has_the_same_warnings,
    a_stored_text_can_be_checked,
    apostrophes_are_put_right_however_a_text_comes,
    what_is_the_same_but_for_apostrophes_makes_no_revision,
    bad_input_is_a_clear_problem,
    a_megabyte_of_one_letter_is_no_matter,
    strange_texts_are_saved_with_warnings,
);

/// On both as well, with a small budget.
mod the_budget_is_the_caller_s {
    use crate::support::App;

    #[actix_web::test]
    async fn sqlite() {
        super::the_budget_is_the_caller_s(App::sqlite_with(super::two_requests_a_caller).await).await;
    }

    #[actix_web::test]
    async fn postgres() {
        if let Some(app) = App::postgres_with(super::two_requests_a_caller).await {
            super::the_budget_is_the_caller_s(app).await;
        }
    }
}

const EDITOR: &str = "editor@trend.example";

fn two_requests_a_caller(config: &mut Config) {
    config.rate_limit.enabled = true;
    config.rate_limit.editorial = 2;
}

fn ask(caller: &Caller, tool: &str, body: &Value) -> Request {
    caller.post(&format!("/v1/language/{tool}")).json(body)
}

async fn asked(app: &App, tool: &str, body: Value) -> Value {
    ask(&app.staff(EDITOR).await, tool, &body).expect(200).await.json()
}

/// Code, pointer and index of each warning.
fn warnings(answer: &Value) -> Vec<String> {
    let told = |warning: &Value| format!("{} {} {}", warning["code"].as_str().unwrap(), warning["pointer"].as_str().unwrap(), warning["index"]);
    answer["warnings"].as_array().unwrap().iter().map(told).collect()
}

async fn words_are_written_in_another_script(app: App) {
    let made = asked(&app, "transliterate", json!({"text": "Қазақстан Республикасы", "from": "kaz", "to": "kk-Latn"})).await;
    assert_eq!(
        made,
        json!({
            "text": "Qazaqstan Respublikasy", "body": null, "language": "kk-Latn", "direction": "ltr", "view": null, "orthography": "2021", "tag": "kk-Latn-t-kk-cyrl",
            "trust": "exact", "warnings": [], "warnings_left_out": 0
        })
    );
    let made = asked(&app, "transliterate", json!({"text": "bu aksiya", "from": "uz", "to": "uz-Cyrl"})).await;
    assert_eq!((made["text"].as_str(), made["trust"].as_str()), (Some("бу акция"), Some("review")));
    assert_eq!(
        (&made["warnings"][0]["pointer"], &made["warnings"][0]["index"], &made["warnings"][0]["alternatives"]),
        (&json!("/text"), &json!(5), &json!(["с"]))
    );
    let made = asked(&app, "transliterate", json!({"text": "Oʻzbekiston shahar", "from": "uz", "to": "uz", "orthography": "2026"})).await;
    assert_eq!((made["text"].as_str(), made["orthography"].as_str()), (Some("Özbekiston şahar"), Some("2026")));
}

async fn a_body_is_written_in_another_script(app: App) {
    let block = json!({"_type": "block", "_key": "a", "style": "normal", "markDefs": [{"_type": "language", "_key": "en", "language": "en", "translate": false}],
        "children": [{"_type": "span", "_key": "s", "text": "Тіл ", "marks": ["strong"]}, {"_type": "span", "_key": "t", "text": "Тіл", "marks": ["en"]}]});
    let made = asked(&app, "transliterate", json!({"body": [block], "from": "kk", "to": "kk-Arab"})).await;
    assert_eq!((made["direction"].as_str(), made["text"].is_null()), (Some("rtl"), true));
    let mut expected = block.clone();
    expected["children"][0]["text"] = json!("ءتىل ");
    assert_eq!(made["body"], json!([expected]));
}

async fn languages_slugs_and_order_are_told(app: App) {
    let found = asked(&app, "detect", json!({"text": "ئۇيغۇرچە خەۋەرلەر تورى بۈگۈن ئېچىلدى"})).await;
    assert_eq!(found["guesses"][0]["direction"], "rtl", "{found}");
    assert!(found["guesses"][0]["confidence"].as_f64().is_some_and(|share| share > 0.0 && share <= 1.0), "{found}");
    assert_eq!(asked(&app, "detect", json!({"text": "123 …"})).await, json!({"guesses": []}));
    assert_eq!(asked(&app, "slug", json!({"text": "Қазақстан Республикасы!", "language": "kk"})).await, json!({"slug": "qazaqstan-respublikasy"}));
    let items = json!(["Шымкент", {"key": "Әулиекөл", "id": "7"}, "Алматы"]);
    let sorted = asked(&app, "sort", json!({"items": items, "language": "kk"})).await;
    assert_eq!(sorted, json!({"items": ["Алматы", {"key": "Әулиекөл", "id": "7"}, "Шымкент"], "order": [2, 1, 0]}));
    let checked = asked(&app, "check", json!({"headline": "Халқаpо суд", "text": "o\u{200b}", "language": "uz-Cyrl"})).await;
    assert_eq!(warnings(&checked), ["invisible_character /text 1", "homoglyph /headline 5"]);
    assert_eq!(checked["warnings"][1]["suggestions"], json!(["р"]));
}

async fn any_key_and_any_staff_member_may_ask(app: App) {
    let order = json!({"text": "x", "language": "en"});
    let admin = app.staff("admin@trend.example").await;
    for scope in ["partner:read", "articles:read", "articles:submit"] {
        let key = admin.post("/v1/agencies/trend/api-keys").json(&json!({"name": scope, "scopes": [scope]})).expect(201).await.json();
        ask(&app.with_token(key["key"].as_str().unwrap()), "slug", &order).expect(200).await;
    }
    for email in ["journalist@trend.example", "admin@platform.example"] {
        ask(&app.staff(email).await, "slug", &order).expect(200).await;
    }
    ask(&app.anonymous(), "slug", &order).expect(401).await;
    let replayable = ask(&admin, "slug", &order).header("Idempotency-Key", "k").expect(200).await;
    assert_eq!((replayable.text(), app.number("SELECT count(*) FROM idempotency_keys").await), (r#"{"slug":"x"}"#.to_owned(), 0));
}

fn at(article: &Value, language: &str) -> String {
    format!("/v1/articles/{}/translations/{language}", article["id"].as_str().unwrap())
}

fn span(text: &str) -> Value {
    json!([{"_type": "block", "_key": "b", "children": [{"_type": "span", "_key": "s", "text": text}]}])
}

async fn every_save_brings_warnings(app: App) {
    let editor = app.staff(EDITOR).await;
    let new = json!({"original_language": "en", "headline": "Wind\u{200b}", "body": span("The wind is ѕtrong.")});
    let made = editor.post("/v1/articles").json(&new).expect(201).await.json();
    assert_eq!(warnings(&made), ["invisible_character /headline 4", "homoglyph /body/0/children/0/text 12"]);
    assert_eq!((&made["warnings"][1]["block"], &made["warnings"][1]["span"], &made["warnings_left_out"]), (&json!("b"), &json!("s"), &json!(0)));
    assert!(made["original"]["warnings"].is_null());
    let text = at(&made, "kk");
    let added = editor.put(&text).header("If-None-Match", "*").json(&json!({"headline": "Жел", "body": span("Жeл \u{202e}күшті")})).expect(201).await;
    assert_eq!(warnings(&added.json()), ["homoglyph /body/0/children/0/text 1", "bidi_control /body/0/children/0/text 4"]);
    let replaced = editor.put(&text).if_match(&added.etag()).json(&json!({"headline": "Жел"})).expect(200).await;
    assert_eq!(replaced.json()["warnings"], json!([]));
    let changed = editor.patch(&text).if_match(&replaced.etag()).json(&json!({"summary": "Жел\u{fffd}"})).expect(200).await;
    assert_eq!(warnings(&changed.json()), ["damaged_text /summary 3"]);
    let same = editor.patch(&text).if_match(&changed.etag()).json(&json!({})).expect(200).await;
    assert_eq!((same.etag(), warnings(&same.json())), (changed.etag(), vec!["damaged_text /summary 3".to_owned()]));
    let restored = editor.post(&format!("{text}/revisions/1/restore")).if_match(&changed.etag()).expect(200).await;
    assert_eq!(warnings(&restored.json()).len(), 2);
    assert!(editor.get(&text).expect(200).await.json()["warnings"].is_null(), "reading brings none");
}

async fn a_replay_has_the_same_warnings(app: App) {
    let editor = app.staff(EDITOR).await;
    let new = json!({"original_language": "en", "headline": "Wind\u{200b}"});
    let send = || editor.post("/v1/articles").header("Idempotency-Key", "once").json(&new).expect(201);
    let (first, again) = (send().await, send().await);
    assert_eq!((again.header("Idempotency-Replayed"), again.text()), (Some("true"), first.text()));
    assert_eq!(warnings(&again.json()), ["invisible_character /headline 4"]);
}

async fn a_stored_text_can_be_checked(app: App) {
    let editor = app.staff(EDITOR).await;
    let new = json!({"original_language": "kk-Latn", "headline": "Қазақстан жаңалықтары", "summary": "Қазақстан Республикасының жаңалықтары"});
    let made = editor.post("/v1/articles").json(&new).expect(201).await.json();
    let checked = editor.get(&format!("{}/check", at(&made, "kk-Latn"))).expect(200).await.json();
    assert_eq!((&checked["language"], &checked["revision"]), (&json!("kk-Latn"), &json!(1)));
    assert_eq!(warnings(&checked), ["script_contradicted  0"]);
    assert_eq!(checked["warnings"], made["warnings"]);
    editor.get(&format!("{}/check", at(&made, "en"))).expect(404).await;
    app.staff("editor@kazinform.example").await.get(&format!("{}/check", at(&made, "kk-Latn"))).expect(404).await;
}

async fn apostrophes_are_put_right_however_a_text_comes(app: App) {
    let editor = app.staff(EDITOR).await;
    let typed = json!({"headline": "O'zbekiston", "summary": "ma'no", "dateline": "TOG'", "seo": {"title": "g`alaba"}, "body": [
        {"_type": "block", "_key": "b", "children": [
            {"_type": "span", "_key": "s", "text": "San'at o", "marks": []}, {"_type": "span", "_key": "t", "text": "'zi https://x.uz/o'z", "marks": ["em"]},
            {"_type": "span", "_key": "u", "text": "o'z", "marks": ["code"]}
        ]}
    ]});
    let is_right = |answer: &Value| {
        assert_eq!(answer["headline"], "Oʻzbekiston");
        assert_eq!((&answer["summary"], &answer["dateline"], &answer["seo"]["title"]), (&json!("maʼno"), &json!("TOGʻ"), &json!("gʻalaba")));
        let spans = &answer["body"][0]["children"];
        assert_eq!((&spans[0]["text"], &spans[1]["text"], &spans[2]["text"]), (&json!("Sanʼat o"), &json!("ʻzi https://x.uz/o'z"), &json!("o'z")));
        assert_eq!(answer["byline"], Value::Null);
    };
    let mut original = typed.clone();
    original["original_language"] = json!("uz");
    let made = editor.post("/v1/articles").json(&original).expect(201).await.json();
    is_right(&made["original"]);
    assert_eq!(made["warnings"], json!([]));
    let text = at(&made, "uz");
    let patched = editor.patch(&text).if_match("\"v1\"").json(&json!({"headline": "bog'", "body": span("g'oz")})).expect(200).await;
    assert_eq!((&patched.json()["headline"], &patched.json()["body"][0]["children"][0]["text"]), (&json!("bogʻ"), &json!("gʻoz")));
    let put = editor.put(&text).if_match(&patched.etag()).json(&typed).expect(200).await;
    is_right(&put.json());
    is_right(&editor.get(&text).expect(200).await.json());

    let english = editor.post("/v1/articles").json(&json!({"original_language": "en", "headline": "It's"})).expect(201).await.json();
    assert_eq!(english["original"]["headline"], "It's");
    let xliff = format!("{}/xliff", at(&english, "uz"));
    let file = editor.get(&xliff).expect(200).await.text().replace("</source>", "</source><target>Bu o'sha</target>");
    let imported = editor.post(&xliff).header("If-None-Match", "*").body("application/xliff+xml", file).expect(201).await.json();
    assert_eq!((&imported["headline"], &imported["warnings"]), (&json!("Bu oʻsha"), &json!([])));
}

async fn what_is_the_same_but_for_apostrophes_makes_no_revision(app: App) {
    let editor = app.staff(EDITOR).await;
    let made = editor.post("/v1/articles").json(&json!({"original_language": "uz", "headline": "o'zi"})).expect(201).await.json();
    let same = editor.patch(&at(&made, "uz")).if_match("\"v1\"").json(&json!({"headline": "o’zi"})).expect(200).await;
    assert_eq!((same.etag().as_str(), &same.json()["revision"]), ("\"v1\"", &json!(1)));
}

/// The status, the code and the first fault of a problem.
fn problem(answer: &Answer) -> (u16, String, String) {
    (answer.status.as_u16(), answer.code(), answer.faults().into_iter().next().unwrap_or_default())
}

async fn bad_input_is_a_clear_problem(app: App) {
    let editor = app.staff(EDITOR).await;
    for (tool, body, status, code, fault) in [
        ("slug", r#"{"text": "x", "language": "xx"}"#, 400, "malformed_body", "/language"),
        ("check", r#"{"text": "x", "language": "kk-KZ"}"#, 400, "malformed_body", "/language"),
        ("check", r#"{"language": "kk"}"#, 422, "validation_failed", "/text"),
        ("check", r#"{"body": {}, "language": "kk"}"#, 422, "validation_failed", "/body"),
        ("detect", r#"{"text": "\ud800"}"#, 400, "malformed_body", ""),
        ("detect", r#"{"text": "\udc00\ud800"}"#, 400, "malformed_body", ""),
        ("detect", r#"{"text": "a\u0000"}"#, 422, "validation_failed", "/text"),
        ("detect", r#"{"text": 1}"#, 400, "malformed_body", "/text"),
        ("transliterate", r#"{"text": "x", "from": "kk", "to": "tr"}"#, 422, "validation_failed", "/to"),
        ("transliterate", r#"{"text": "x", "from": "kk", "to": "kk-Latn", "orthography": "1929"}"#, 422, "validation_failed", "/orthography"),
        ("transliterate", r#"{"from": "kk", "to": "kk-Latn"}"#, 422, "validation_failed", "/text"),
        ("sort", r#"{"items": [1], "language": "kk"}"#, 400, "malformed_body", "/items/0"),
        ("sort", r#"{"items": [{"id": "x"}], "language": "kk"}"#, 400, "malformed_body", "/items/0"),
        ("sort", r#"{"items": [{"key": "x", "name": "x"}], "language": "kk"}"#, 400, "malformed_body", "/items/0"),
    ] {
        let answer = editor.post(&format!("/v1/language/{tool}")).body("application/json", body).send().await;
        assert_eq!(problem(&answer), (status, code.to_owned(), fault.to_owned()), "{tool} {body}: {}", answer.text());
    }
    let many = ask(&editor, "sort", &json!({"items": vec!["a"; 10_001], "language": "kk"})).expect(422).await;
    assert_eq!(many.faults(), ["/items"]);
    let long = ask(&editor, "sort", &json!({"items": ["a".repeat(1_001)], "language": "kk"})).expect(422).await;
    assert_eq!(long.faults(), ["/items/0"]);

    let articles = app.number("SELECT count(*) FROM articles").await;
    for (body, status, code, fault) in [
        (r#"{"original_language": "en", "headline": "a\u0000b"}"#, 422, "validation_failed", "/headline"),
        (r#"{"original_language": "en", "headline": "\ud800"}"#, 400, "malformed_body", ""),
        (r#"{"original_language": "qq", "headline": "x"}"#, 400, "malformed_body", "/original_language"),
        (
            r#"{"original_language": "en", "headline": "x", "body": [{"_type": "block", "children": [{"_type": "span", "text": "\udfff"}]}]}"#,
            400,
            "malformed_body",
            "",
        ),
    ] {
        let answer = editor.post("/v1/articles").body("application/json", body).send().await;
        assert_eq!(problem(&answer), (status, code.to_owned(), fault.to_owned()), "{body}: {}", answer.text());
    }
    assert_eq!(app.number("SELECT count(*) FROM articles").await, articles);
}

async fn a_megabyte_of_one_letter_is_no_matter(app: App) {
    let editor = app.staff(EDITOR).await;
    for letter in ["a", "ع", "'", "\u{202e}"] {
        // As much as a body may have, with room for what is around it.
        let text = letter.repeat(((1 << 20) - 200) / letter.len());
        let checked = ask(&editor, "check", &json!({"text": text, "language": "uz"})).expect(200).await.json();
        assert!(checked["warnings"].as_array().unwrap().len() <= 100);
        ask(&editor, "detect", &json!({"text": text})).expect(200).await;
        ask(&editor, "slug", &json!({"text": text, "language": "az"})).expect(200).await;
        for (from, to) in [("uz", "uz-Cyrl"), ("kk", "kk-Arab")] {
            ask(&editor, "transliterate", &json!({"text": text, "from": from, "to": to})).expect(200).await;
        }
        ask(&editor, "sort", &json!({"items": [text], "language": "kk"})).expect(422).await;
        let headline = editor.post("/v1/articles").json(&json!({"original_language": "uz", "headline": text})).expect(422).await;
        assert_eq!(headline.faults(), ["/headline"]);
        let body = editor.post("/v1/articles").json(&json!({"original_language": "uz", "headline": "x", "body": span(&text)})).expect(422).await;
        assert_eq!(body.faults().first().map(String::as_str), Some("/body/0/children/0/text"));
    }
    let too_much = json!({"text": "a".repeat(1 << 20)});
    assert_eq!(ask(&editor, "detect", &too_much).expect(413).await.code(), "body_too_large");
}

async fn strange_texts_are_saved_with_warnings(app: App) {
    let editor = app.staff(EDITOR).await;
    for (headline, code) in [
        ("халқаpо", "homoglyph"),
        ("a\u{202e}b", "bidi_control"),
        ("\u{feff}x", "invisible_character"),
        ("\u{e000}x", "private_use"),
        ("x\u{fffd}", "damaged_text"),
        ("пhиvет", "mixed_scripts"),
    ] {
        let made = editor.post("/v1/articles").json(&json!({"original_language": "en", "headline": headline})).expect(201).await.json();
        assert_eq!(made["original"]["headline"], headline);
        assert_eq!(made["warnings"][0]["code"], code, "{headline}");
    }
}

async fn the_budget_is_the_caller_s(app: App) {
    let editor = app.staff(EDITOR).await;
    let order = json!({"text": "x", "language": "en"});
    for left in ["r=1;", "r=0;"] {
        let answer = ask(&editor, "slug", &order).expect(200).await;
        assert!(answer.header("RateLimit").is_some_and(|header| header.contains(left)), "{:?}", answer.headers);
    }
    let refused = ask(&editor, "detect", &json!({"text": "x"})).expect(429).await;
    assert_eq!((refused.code().as_str(), refused.header("Retry-After").is_some()), ("rate_limited", true));
    ask(&app.staff("journalist@trend.example").await, "slug", &order).expect(200).await;
}
