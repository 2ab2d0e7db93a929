//! What once went wrong with variants.

use super::{Story, body};
use crate::on_both;
use crate::support::{App, Caller};
use newsroom::db::Reader;
use serde_json::{Value, json};

on_both!(nobody_reviews_their_own_words_alone, apostrophes_put_right_are_no_edit, a_word_goes_over_spans, floods_of_doubts_are_counted);

/// An agency that asks for four eyes.
async fn second(app: &App) -> Caller {
    let admin = app.staff("admin@platform.example").await;
    let new = json!({"email": "second@uza.example", "role": "editor", "agency": "uza", "languages": ["uz"], "names": {"uz": "Ikkinchi"}});
    admin.post("/v1/staff").json(&new).expect(201).await;
    app.state.db.write().query("UPDATE staff SET state = 'active' WHERE email_key = 'second@uza.example'").execute().await.unwrap();
    app.staff("second@uza.example").await
}

async fn nobody_reviews_their_own_words_alone(app: App) {
    let second = second(&app).await;
    let first = Story::new(&app, "editor@uza.example", "uz", "Bu aksiya", "<p>Bu aksiya.</p>").await;
    let other = Story { editor: second, at: first.at.clone() };
    first.make("uz", json!({"language": "uz-Cyrl"})).await;
    let overrule = json!({"overrule": true});
    let refused = async |who: &Story| {
        let answer = who.step("uz", "uz-Cyrl", "review", &overrule).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "four_eyes_required"), "{}", answer.text());
    };
    refused(&first).await;
    let warning = first.warnings("uz", "uz-Cyrl", "").await[1]["id"].as_str().unwrap().to_owned();
    let corrected = other.step("uz", "uz-Cyrl", &format!("warnings/{warning}/correct"), &json!({"text": "аксия"})).await;
    assert_eq!(corrected.status, 200, "{}", corrected.text());
    refused(&other).await;
    // The newest revision is another's, but for the word.
    first.patch("uz", json!({"headline": "Bu katta aksiya"})).await;
    assert_eq!(body(&first.read("uz-Cyrl").await.json()), ["Бу аксия."]);
    refused(&other).await;
    other.patch("uz", json!({"headline": "Bu aksiya!"})).await;
    let reviewed = first.step("uz", "uz-Cyrl", "review", &overrule).await;
    assert_eq!((reviewed.status.as_u16(), &reviewed.json()["derivation_status"]), (200, &json!("reviewed")), "{}", reviewed.text());
    // Read by the one, the word is no longer a matter of the other.
    first.patch("uz", json!({"headline": "Bu aksiya?"})).await;
    let reviewed = other.step("uz", "uz-Cyrl", "review", &overrule).await;
    assert_eq!(reviewed.status, 200, "{}", reviewed.text());
}

async fn apostrophes_put_right_are_no_edit(app: App) {
    let story = Story::new(&app, "editor@trend.example", "uz-Cyrl", "YouTube'да", "<p>YouTube'да шаҳар.</p>").await;
    let made = story.make("uz-Cyrl", json!({"language": "uz"})).await.json();
    assert_eq!((&made["headline"], body(&made)), (&json!("YouTubeʼda"), vec!["YouTubeʼda shahar.".to_owned()]));
    for text in ["YouTube'да катта шаҳар.", "YouTube'да шаҳар."] {
        let mut blocks = story.read("uz-Cyrl").await.json()["body"].clone();
        blocks[0]["children"][0]["text"] = json!(text);
        story.patch("uz-Cyrl", json!({"body": blocks})).await;
        let made = story.read("uz").await.json();
        assert_eq!((&made["open_warnings"], &made["derivation_status"]), (&json!(0), &json!("auto")), "nobody has edited it: {made}");
    }
}

async fn a_word_goes_over_spans(app: App) {
    let story = Story::new(&app, "editor@trend.example", "uz", "Sarlavha", "<p><b>S</b>hahar a<b>k</b>siya</p>").await;
    let made = story.make("uz", json!({"language": "uz-Cyrl"})).await.json();
    let spans: Vec<_> = made["body"][0]["children"].as_array().unwrap().iter().map(|span| span["text"].as_str().unwrap()).collect();
    assert_eq!(spans, ["Ш", "аҳар а", "к", "ция"]);
    let warning = &made["doubts"]["data"][0];
    assert_eq!((&warning["source_word"], &warning["word"], &warning["index"], &warning["length"]), (&json!("aksiya"), &json!("акция"), &json!(7), &json!(6)));
    let id = warning["id"].as_str().unwrap();
    let corrected = story.step("uz", "uz-Cyrl", &format!("warnings/{id}/correct"), &json!({"text": "аксия"})).await.json();
    assert_eq!(body(&corrected), ["Шаҳар аксия"]);
    assert_eq!(corrected["body"][0]["children"][3]["text"], "сия");
}

async fn floods_of_doubts_are_counted(app: App) {
    for (language, to, letter) in [("kk-Latn", "kk", "h"), ("kk-Arab", "kk", "ا")] {
        let html = format!("<p>{}</p><p>{}</p><p>{}</p>", letter.repeat(19_000), format!("{letter} ").repeat(9_000), format!("{letter} ").repeat(9_000));
        let story = Story::new(&app, "editor@kazinform.example", language, "A", &html).await;
        let made = story.make(language, json!({"language": to})).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        assert_eq!((made["doubts"]["data"].as_array().unwrap().len(), &made["doubts"]["count"]), (100, &json!(2_001)));
        let long = &made["doubts"]["data"][0];
        assert_eq!((&long["rule"], &long["length"], &long["alternatives"]), (&json!("long_word"), &json!(19_000), &json!([])));
        let more = story.editor.get(&format!("{}/variants/{to}/warnings?limit=100&state=open", story.text(language))).expect(200).await.json();
        assert_eq!(more["data"].as_array().unwrap().len(), 100);
        let id = long["id"].as_str().unwrap();
        let refused = story.step(language, to, &format!("warnings/{id}/correct"), &json!({"text": "а"})).await;
        assert_eq!(refused.code(), "conflict", "it is about no single word");
        let accepted = story.step(language, to, &format!("warnings/{id}/accept"), &Value::Null).await;
        assert_eq!(accepted.status, 200, "{}", accepted.text());
    }
}
