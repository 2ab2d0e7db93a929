//! Suggestions while one types.

use super::{create, publish, story};
use crate::on_both;
use crate::support::App;
use serde_json::{Value, json};

on_both!(the_last_word_is_completed, only_what_is_public_is_suggested);

async fn suggest(app: &App, q: &str) -> Value {
    let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
    app.anonymous().get(&format!("/v1/delivery/search/suggestions?q={q}")).expect(200).await.json()
}

fn completions(suggestions: &Value) -> Vec<&str> {
    suggestions["completions"].as_array().unwrap().iter().map(|completion| completion["q"].as_str().unwrap()).collect()
}

async fn the_last_word_is_completed(app: App) {
    let editor = app.staff("editor@trend.example").await;
    publish(&editor, &story("kk", "Зейнолла ақын", "…")).await;
    publish(&editor, &story("kk", "Зейнолла мен Зейнеп", "…")).await;
    let found = suggest(&app, "зейн").await;
    assert_eq!(completions(&found), ["зейнолла", "зейнеп"]);
    assert_eq!(found["headlines"][0]["headline"], "Зейнолла мен Зейнеп", "the newest first");
    assert_eq!(found["headlines"][0]["highlights"], json!([{ "index": 0, "length": 8 }, { "index": 13, "length": 6 }]));
    assert!(found["headlines"][0]["url"].is_string());
    assert_eq!(completions(&suggest(&app, "zeyn").await), ["зейнолла", "зейнеп"], "in any script");
    assert_eq!(completions(&suggest(&app, "ақын зей").await), ["ақын зейнолла"]);
    assert_eq!(completions(&suggest(&app, "з").await), [""; 0], "too early to tell");
    let answer = app.anonymous().get("/v1/delivery/search/suggestions?q=*").expect(400).await;
    assert_eq!(answer.faults(), ["q"]);
}

async fn only_what_is_public_is_suggested(app: App) {
    let editor = app.staff("editor@trend.example").await;
    create(&editor, &story("kk", "Жасырынсөз", "Жасырынсөз")).await;
    let found = suggest(&app, "жасырынс").await;
    assert_eq!(found, json!({ "completions": [], "headlines": [] }));
}
