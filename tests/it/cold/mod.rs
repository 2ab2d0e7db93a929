//! What is asked of the database for each answer: once when it is first made, never again.

mod plans;

use crate::on_both;
use crate::support::{App, Caller};
use serde_json::{Value, json};

on_both!(delivery_asks_as_often_as_it_must, the_desk_asks_little, statements_are_told_to_operators);

/// A public text of the demo that has related ones.
async fn a_text(app: &App) -> Value {
    let list = app.anonymous().get("/v1/delivery/articles?language=kk&limit=1").expect(200).await.json();
    list["data"][0].clone()
}

async fn cost(app: &App, caller: &Caller, path: &str) -> u64 {
    let before = app.state.db.statements().run();
    caller.get(path).expect(200).await;
    app.state.db.statements().run() - before
}

/// Operations of delivery, with the statements of the first answer.
pub async fn reads(app: &App) -> Vec<(String, u64)> {
    let text = a_text(app).await;
    let (id, slug) = (text["id"].as_str().unwrap(), text["slug"].as_str().unwrap());
    let staff = app.anonymous().get("/v1/delivery/staff?limit=1").expect(200).await.json();
    let person = staff["data"][0]["id"].as_str().unwrap().to_owned();
    let reads = [
        (format!("/articles/kk/{slug}"), 1),
        (format!("/articles/kk/{slug}?body_format=html"), 1),
        (format!("/articles/{id}"), 1),
        (format!("/articles/{id}?language=kk&fallback=ru,en"), 1),
        // It has none.
        (format!("/articles/{id}?language=kk&include=related"), 1),
        ("/articles?limit=5".to_owned(), 1),
        ("/articles?language=kk&limit=20".to_owned(), 1),
        ("/articles?language=kk&fallback=ru,en&section=economy".to_owned(), 2),
        ("/articles?agency=trend,kazinform".to_owned(), 3),
        ("/languages".to_owned(), 1),
        ("/sections".to_owned(), 1),
        ("/sections?sort=name&sort_language=kk".to_owned(), 1),
        ("/agencies".to_owned(), 1),
        ("/agencies/trend".to_owned(), 1),
        ("/staff?limit=2".to_owned(), 1),
        (format!("/staff/{person}"), 1),
        // Nothing is there: the second is for its date.
        ("/corrections".to_owned(), 2),
        ("/changes".to_owned(), 2),
        ("/front-pages".to_owned(), 2),
    ];
    reads.into_iter().map(|(path, statements)| (format!("/v1/delivery{path}"), statements)).collect()
}

/// Those that look in several places, one after the other, with the most statements that they may take.
pub const SEARCHES: [(&str, u64); 2] = [("/v1/delivery/search?q=Baku", 12), ("/v1/delivery/search/suggestions?q=Bak", 5)];

async fn delivery_asks_as_often_as_it_must(app: App) {
    let mut wrong = vec![];
    for (path, statements) in reads(&app).await {
        let cold = cost(&app, &app.anonymous(), &path).await;
        let hot = cost(&app, &app.anonymous(), &path).await;
        if (cold, hot) != (statements, 0) {
            wrong.push(format!("{path}: {cold} statements in place of {statements}, then {hot}"));
        }
    }
    for (path, most) in SEARCHES {
        let cold = cost(&app, &app.anonymous(), path).await;
        let hot = cost(&app, &app.anonymous(), path).await;
        if cold > most || hot > 0 {
            wrong.push(format!("{path}: {cold} statements, {most} at most, then {hot}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The statement that finds who calls is one of them.
async fn the_desk_asks_little(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let made = json!({"original_language": "az", "headline": "Xəzərdə külək", "body_html": "<p>Bakı.</p>"});
    let id = editor.post("/v1/articles").json(&made).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    let mut wrong = vec![];
    for (path, most) in [
        ("/v1/me".to_owned(), 3),
        ("/v1/articles".to_owned(), 3),
        ("/v1/articles?limit=100".to_owned(), 3),
        (format!("/v1/articles/{id}"), 4),
        (format!("/v1/articles/{id}/translations/az"), 4),
        (format!("/v1/articles/{id}/translations/az/revisions"), 4),
        ("/v1/assignments".to_owned(), 3),
        ("/v1/me/notices".to_owned(), 3),
    ] {
        let statements = cost(&app, &editor, &path).await;
        if statements > most {
            wrong.push(format!("{path}: {statements} statements, {most} at most"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn statements_are_told_to_operators(app: App) {
    let told = || {
        let text = app.state.metrics.render(newsroom::telemetry::Gauges::default());
        let line = text.lines().find_map(|line| line.strip_prefix("newsroom_database_statements_total ")).unwrap().to_owned();
        line.parse::<u64>().unwrap()
    };
    let before = told();
    cost(&app, &app.anonymous(), "/v1/delivery/agencies/trend").await;
    assert_eq!(told() - before, 1);
}
