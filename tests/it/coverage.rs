//! The matrix of stories and languages.

use crate::assignments::{Desk, story};
use crate::on_both;
use crate::support::{App, Caller};
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_cell_says_how_far_a_text_is,
    the_columns_are_those_asked_for,
    the_matrix_is_filtered,
    it_shows_what_the_list_of_articles_shows,
    others_work_on_a_story_is_not_shown,
    work_shows_where_the_list_of_work_shows_it,
    a_database_that_fails_is_no_wrong_filter,
);

async fn matrix(who: &Caller, query: &str) -> Vec<Value> {
    who.get(&format!("/v1/coverage?limit=100&{query}")).expect(200).await.json()["data"].as_array().unwrap().clone()
}

async fn row(who: &Caller, id: &str, query: &str) -> Option<Value> {
    matrix(who, query).await.into_iter().find(|row| row["article_id"] == id)
}

async fn a_cell_says_how_far_a_text_is(app: App) {
    let desk = Desk::new(&app).await;
    desk.step(&desk.editor, "az", "publish", &Value::Null).await;
    desk.add(&desk.journalist, "en").await;
    let due = "2026-07-24T18:00:00Z";
    desk.asked(&json!({"languages": ["kk-Latn"], "agency": "kazinform", "due_at": due})).await;
    app.advance(Duration::from_mins(4));
    let row = row(&desk.editor, &desk.id, "languages=az,en,kk,kk-Latn").await.unwrap();
    assert_eq!((&row["original_language"], &row["slugline"]), (&json!("az"), &json!("KULEK")));
    let cells = row["cells"].as_array().unwrap();
    let of = |member: &str| cells.iter().map(|cell| cell[member].clone()).collect::<Vec<_>>();
    assert_eq!(of("language"), ["az", "en", "kk", "kk-Latn"]);
    assert_eq!(of("script"), ["Latn", "Latn", "Cyrl", "Latn"]);
    assert_eq!(of("publication"), [json!("published"), json!("unreleased"), Value::Null, Value::Null]);
    assert_eq!(of("review"), [json!("settled"), json!("draft"), Value::Null, Value::Null]);
    assert_eq!(of("freshness"), [Value::Null, json!("current"), Value::Null, Value::Null]);
    assert_eq!(of("age"), [json!(240), json!(240), Value::Null, json!(240)]);
    assert_eq!(of("assignee_id"), [json!(desk.editor.id), json!(desk.journalist.id), Value::Null, Value::Null]);
    assert_eq!(of("due_at"), [Value::Null, Value::Null, Value::Null, json!(due)]);
    assert_eq!((&cells[3]["assignment"]["state"], &cells[3]["assignment"]["kind"]), (&json!("requested"), &json!("translate")));
    desk.editor.post(&format!("{}/assignments", desk.at())).json(&json!({"kind": "review", "language": "en"})).expect(201).await;
    desk.asked(&json!({"languages": ["en"]})).await;
    let row = self::row(&desk.editor, &desk.id, "languages=en").await.unwrap();
    assert_eq!(row["cells"].as_array().unwrap().len(), 1, "a cell for each language, however much work there is");
    assert_eq!(row["cells"][0]["assignment"]["kind"], "translate");
}

async fn the_columns_are_those_asked_for(app: App) {
    let desk = Desk::new(&app).await;
    let row = row(&desk.editor, &desk.id, "").await.unwrap();
    let languages: Vec<&str> = row["cells"].as_array().unwrap().iter().map(|cell| cell["language"].as_str().unwrap()).collect();
    assert_eq!(languages, ["az", "tr", "kk", "ky", "uz", "tk", "ru", "en", "kk-Latn", "uz-Cyrl"], "those of the house");
    let twice = self::row(&desk.editor, &desk.id, "languages=kz,kk,kaz").await.unwrap();
    assert_eq!(twice["cells"].as_array().unwrap().len(), 1);
    assert_eq!(desk.editor.get("/v1/coverage?languages=xx").expect(400).await.faults(), ["languages"]);
}

async fn the_matrix_is_filtered(app: App) {
    let desk = Desk::new(&app).await;
    desk.step(&desk.editor, "az", "publish", &Value::Null).await;
    desk.add(&desk.journalist, "en").await;
    desk.step(&desk.editor, "en", "publish", &Value::Null).await;
    let plain = story(&desk.editor, "Yağış").await;
    desk.asked(&json!({"languages": ["kk"], "due_at": "2026-07-24T12:10:00Z"})).await;
    desk.edit(&desk.editor, "az", "Güclü külək").await;
    desk.step(&desk.editor, "az", "publish", &json!({"change_kind": "correction", "public_note": "Qeyd."})).await;
    app.advance(Duration::from_mins(11));
    let editor = app.staff("editor@trend.example").await;
    for (query, stale, other) in [
        ("freshness=stale", true, false),
        ("freshness=stale&languages=en", true, false),
        ("freshness=stale&languages=ru", false, false),
        ("overdue=true", true, false),
        ("overdue=true&languages=kk", true, false),
        ("overdue=true&languages=en", false, false),
        ("overdue=false", false, true),
        ("missing_language=en", false, true),
        ("state=published&languages=en", true, false),
        ("state=draft&languages=az", false, true),
        ("agency=trend", true, true),
        ("agency=kabar", false, false),
        ("section=economy", false, false),
    ] {
        assert_eq!(row(&editor, &desk.id, query).await.is_some(), stale, "{query}");
        assert_eq!(row(&editor, &plain, query).await.is_some(), other, "{query}");
    }
    assert_eq!(row(&editor, &desk.id, "languages=kk").await.unwrap()["cells"][0]["overdue"], true);
}

async fn it_shows_what_the_list_of_articles_shows(app: App) {
    for email in ["editor@trend.example", "journalist@trend.example", "editor@platform.example", "editor@uza.example"] {
        let who = app.staff(email).await;
        let articles = who.get("/v1/articles?limit=100").expect(200).await.json();
        let articles: Vec<Value> = articles["data"].as_array().unwrap().iter().map(|article| article["id"].clone()).collect();
        let mut rows: Vec<Value> = vec![];
        let mut cursor = String::new();
        loop {
            let page = who.get(&format!("/v1/coverage?languages=az,ru&limit=3{cursor}")).expect(200).await.json();
            rows.extend(page["data"].as_array().unwrap().iter().map(|row| row["article_id"].clone()));
            let Some(next) = page["meta"]["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(rows, articles, "{email}");
    }
}

async fn others_work_on_a_story_is_not_shown(app: App) {
    let desk = Desk::new(&app).await;
    desk.asked(&json!({"requests": [{"language": "kk", "agency": "kazinform"}, {"language": "en"}]})).await;
    let theirs = app.staff("editor@kazinform.example").await;
    let row = row(&theirs, &desk.id, "languages=kk,en").await.unwrap();
    assert_eq!((row["cells"][0]["assignment"].is_object(), &row["cells"][1]["assignment"]), (true, &Value::Null));
}

async fn a_database_that_fails_is_no_wrong_filter(app: App) {
    let editor = app.staff("editor@trend.example").await;
    for query in ["coverage?agency=nobody", "articles?agency=trend,nobody", "assignments?agency=nobody", "schedule?agency=nobody"] {
        assert_eq!(editor.get(&format!("/v1/{query}")).expect(400).await.faults(), ["agency"], "{query}");
    }
    for list in ["coverage", "articles"] {
        assert_eq!(editor.get(&format!("/v1/{list}?section=nothing")).expect(400).await.faults(), ["section"], "{list}");
    }
    app.state.db.write().query("ALTER TABLE sections RENAME TO lost").execute().await.unwrap();
    editor.get("/v1/articles?section=economy").expect(500).await;
}

async fn work_shows_where_the_list_of_work_shows_it(app: App) {
    let desk = Desk::new(&app).await;
    let due = "2026-07-24T12:02:00Z";
    desk.asked(&json!({"requests": [{"language": "kk", "agency": "platform"}, {"language": "en", "due_at": due}]})).await;
    app.advance(Duration::from_mins(3));
    let platform = app.staff("editor@platform.example").await;
    let hidden = row(&platform, &desk.id, "languages=kk,en").await.unwrap();
    assert_eq!((hidden["cells"][0]["assignment"].is_object(), &hidden["cells"][1]["assignment"]), (true, &Value::Null));
    assert!(row(&platform, &desk.id, "languages=en&overdue=true").await.is_none());
    assert!(row(&platform, &desk.id, "languages=en&overdue=false").await.is_some());
    assert!(row(&desk.editor, &desk.id, "languages=en&overdue=true").await.is_some());
    let etag = desk.editor.get(&desk.at()).expect(200).await.etag();
    desk.editor.patch(&desk.at()).if_match(&etag).json(&json!({"shared": true})).expect(200).await;
    let shared = row(&platform, &desk.id, "languages=kk,en&overdue=true").await.unwrap();
    assert!(shared["cells"][1]["assignment"].is_object());
}
