//! Words that the house has learned.

use super::{Story, body, uzbek};
use crate::on_both;
use crate::support::App;
use serde_json::{Value, json};

on_both!(the_lexicon_learns_from_corrections, words_are_kept_by_those_they_belong_to);

async fn the_lexicon_learns_from_corrections(app: App) {
    let story = uzbek(&app).await;
    story.make("uz", json!({"language": "uz-Cyrl"})).await;
    let warning = story.warnings("uz", "uz-Cyrl", "").await[0]["id"].as_str().unwrap().to_owned();
    let step = format!("warnings/{warning}/correct");
    let refused = story.step("uz", "uz-Cyrl", &step, &json!({"text": "аксия", "learn": "all"})).await;
    assert_eq!(refused.code(), "forbidden", "an agency does not teach the others");
    let taught = story.step("uz", "uz-Cyrl", &step, &json!({"text": "аксия", "learn": "agency"})).await;
    assert_eq!(taught.status, 200, "{}", taught.text());
    let list = story.editor.get("/v1/lexicon?from=uz&to=uz-Cyrl&word=AKSIYA").expect(200).await.json();
    assert_eq!((&list["data"][0]["word"], &list["data"][0]["replacement"]), (&json!("aksiya"), &json!("аксия")));
    let next = Story::new(&app, "editor@trend.example", "uz", "Aksiya", "<p>AKSIYA</p>").await;
    let made = next.make("uz", json!({"language": "uz-Cyrl"})).await.json();
    assert_eq!((&made["headline"], body(&made), &made["open_warnings"]), (&json!("Аксия"), vec!["АКСИЯ".to_owned()], &json!(0)));
    let foreign = Story::new(&app, "editor@kazinform.example", "uz", "Aksiya", "<p>x</p>").await;
    assert_eq!(foreign.make("uz", json!({"language": "uz-Cyrl"})).await.json()["headline"], "Акция");
}

async fn words_are_kept_by_those_they_belong_to(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let word = |agency: Value| json!({"from": "kk", "to": "kk-Latn", "word": "Иран", "replacement": "iran", "agency": agency});
    editor.post("/v1/lexicon").json(&word(json!("all"))).expect(403).await;
    editor.post("/v1/lexicon").json(&word(json!("kazinform"))).expect(403).await;
    app.staff("journalist@trend.example").await.post("/v1/lexicon").json(&word(Value::Null)).expect(403).await;
    let own = editor.post("/v1/lexicon").json(&word(Value::Null)).expect(201).await;
    editor.post("/v1/lexicon").json(&word(Value::Null)).expect(409).await;
    let all = platform.post("/v1/lexicon").json(&word(json!("all"))).expect(201).await;
    assert_eq!((&all.json()["agency_id"], &all.json()["word"]), (&Value::Null, &json!("иран")));
    let at = |answer: &crate::support::Answer| format!("/v1/lexicon/{}", answer.json()["id"].as_str().unwrap());
    editor.patch(&at(&all)).if_match(&all.etag()).json(&json!({"replacement": "x"})).expect(403).await;
    app.staff("editor@kazinform.example").await.get(&at(&own)).expect(404).await;
    editor.patch(&at(&own)).if_match("\"v9\"").json(&json!({"replacement": "x"})).expect(412).await;
    let changed = editor.patch(&at(&own)).if_match(&own.etag()).json(&json!({"replacement": "ıran"})).expect(200).await;
    assert_eq!(changed.json()["replacement"], "ıran");
    let first = editor.get("/v1/lexicon?limit=1").expect(200).await.json();
    assert_eq!((&first["data"][0]["id"], &first["meta"]["has_more"]), (&all.json()["id"], &json!(true)));
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let second = editor.get(&format!("/v1/lexicon?limit=1&cursor={cursor}")).expect(200).await.json();
    assert_eq!(second["data"][0]["id"], own.json()["id"]);
    editor.delete(&at(&own)).if_match(&changed.etag()).expect(204).await;
    editor.get(&at(&own)).expect(404).await;
    let wrong = json!({"from": "kk", "to": "tr", "word": "екі сөз", "replacement": ""});
    let faults = editor.post("/v1/lexicon").json(&wrong).expect(422).await.json();
    let pointers: Vec<_> = faults["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/to", "/word", "/replacement"]);
}
