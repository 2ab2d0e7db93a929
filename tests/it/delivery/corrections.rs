//! The public list of corrections.

use super::{create, edit, items, next_page, place, plain, published, read, step, text, translate};
use crate::on_both;
use crate::support::{App, Caller};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    the_newest_come_first_with_the_text_as_it_is_now,
    only_what_is_public_has_corrections,
    each_filter_holds,
    pages_visit_each_correction_once,
    caches_are_told_when_it_changes,
    values_that_are_wrong_are_named,
);

const CORRECTIONS: &str = "/v1/delivery/corrections";

async fn correct(caller: &Caller, article: &str, language: &str, kind: &str, note: &str) {
    edit(caller, article, language, &json!({ "headline": format!("After {note}") })).await;
    let order = if kind == "fix" { json!({ "change_kind": kind }) } else { json!({ "change_kind": kind, "public_note": note }) };
    step(caller, article, language, "publish", Some(order)).await;
}

async fn notes(app: &App, query: &str) -> Vec<String> {
    items(&read(app, &format!("{CORRECTIONS}?{query}")).await.json()).iter().map(|item| text(&item["public_note"])).collect()
}

async fn the_newest_come_first_with_the_text_as_it_is_now(app: App) {
    assert_eq!(read(&app, CORRECTIONS).await.json()["data"], json!([]));
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("az", "Bir mətn")).await;
    correct(&editor, &id, "az", "clarification", "one").await;
    app.advance(Duration::from_mins(1));
    correct(&editor, &id, "az", "correction", "two").await;
    correct(&editor, &id, "az", "fix", "three").await;
    let answer = read(&app, CORRECTIONS).await;
    let document = read(&app, &format!("/v1/delivery/articles/{id}")).await.json();
    let expected = |kind: &str, note: &str, at: &str| {
        json!({
            "article_id": id, "language": "az", "direction": "ltr", "kind": kind, "public_note": note, "at": at, "headline": "After three",
            "url": document["url"]
        })
    };
    assert_eq!(answer.json()["data"], json!([expected("correction", "two", "2026-07-24T12:01:00Z"), expected("clarification", "one", "2026-07-24T12:00:00Z")]));
    assert_eq!(answer.json()["meta"], json!({ "limit": 25, "has_more": false, "next_cursor": null }));
    assert_eq!(answer.header("Surrogate-Key"), Some("corrections articles agencies sections delivery"));
}

async fn only_what_is_public_has_corrections(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let (kept, gone, killed) = (
        published(&editor, &plain("az", "Qalan")).await,
        published(&editor, &plain("az", "Geri götürülən")).await,
        published(&editor, &plain("az", "Ləğv edilən")).await,
    );
    for (id, note) in [(&kept, "kept"), (&gone, "gone"), (&killed, "killed")] {
        correct(&editor, id, "az", "correction", note).await;
    }
    assert_eq!(notes(&app, "").await, ["killed", "gone", "kept"]);
    step(&editor, &gone, "az", "unpublish", None).await;
    step(&editor, &killed, "az", "kill", Some(json!({ "reason": "x", "public_note": "x" }))).await;
    assert_eq!(notes(&app, "").await, ["kept"]);
    // A correction that waits is not told.
    edit(&editor, &kept, "az", &json!({ "headline": "zqsecret" })).await;
    assert!(!read(&app, CORRECTIONS).await.text().contains("zqsecret"));
    step(&editor, &gone, "az", "publish", None).await;
    assert_eq!(notes(&app, "").await, ["gone", "kept"]);
}

async fn each_filter_holds(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut new = plain("az", "Bir mətn");
    new["section"] = json!("culture");
    let id = published(&editor, &new).await;
    translate(&editor, &id, "en", "A text").await;
    step(&editor, &id, "en", "publish", None).await;
    let kazakh = app.staff("editor@kazinform.example").await;
    let other = published(&kazakh, &plain("kk", "Мәтін")).await;
    correct(&editor, &id, "az", "correction", "az").await;
    app.advance(Duration::from_mins(1));
    correct(&editor, &id, "en", "correction", "en").await;
    app.advance(Duration::from_mins(1));
    correct(&kazakh, &other, "kk", "clarification", "kk").await;
    for (query, expected) in [
        ("", vec!["kk", "en", "az"]),
        ("language=az", vec!["az"]),
        ("language=kk,en", vec!["kk", "en"]),
        ("language=tt", vec![]),
        ("agency=trend", vec!["en", "az"]),
        ("agency=kazinform,uza", vec!["kk"]),
        ("section=culture", vec!["en", "az"]),
        ("section=culture&language=en&agency=trend", vec!["en"]),
        ("after=2026-07-24T12:00:00Z", vec!["kk", "en"]),
        ("before=2026-07-24T12:02:00Z", vec!["en", "az"]),
        ("after=2026-07-24T12:00:00Z&before=2026-07-24T12:02:00Z", vec!["en"]),
    ] {
        assert_eq!(notes(&app, query).await, expected, "{query}");
    }
    let answer = read(&app, &format!("{CORRECTIONS}?language=en")).await;
    assert_eq!(
        (answer.header("Content-Language"), answer.header("Surrogate-Key")),
        (Some("en"), Some("corrections articles language-en agencies sections delivery"))
    );
}

async fn pages_visit_each_correction_once(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("az", "Bir mətn")).await;
    for n in 0..5 {
        correct(&editor, &id, "az", "correction", &n.to_string()).await;
    }
    let mut next = Some(format!("{CORRECTIONS}?limit=2&language=az"));
    let (mut seen, mut pages) = (vec![], 0);
    while let Some(path) = next {
        let answer = read(&app, &path).await;
        seen.extend(items(&answer.json()).iter().map(|item| text(&item["public_note"])));
        next = next_page(&answer);
        pages += 1;
        if pages == 1 {
            correct(&editor, &id, "az", "correction", "new").await;
        }
    }
    assert_eq!((seen, pages), (["4", "3", "2", "1", "0"].map(str::to_owned).to_vec(), 3));
    let cursor = text(&read(&app, &format!("{CORRECTIONS}?limit=2&language=az")).await.json()["meta"]["next_cursor"]);
    let refused = app.anonymous().get(&format!("{CORRECTIONS}?cursor={cursor}")).expect(400).await;
    assert_eq!(refused.code(), "invalid_cursor");
}

async fn caches_are_told_when_it_changes(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("az", "Bir mətn")).await;
    correct(&editor, &id, "az", "correction", "one").await;
    let before = read(&app, CORRECTIONS).await;
    let date = before.header("Last-Modified").unwrap().to_owned();
    app.anonymous().get(CORRECTIONS).header("If-None-Match", &before.etag()).expect(304).await;
    app.anonymous().get(CORRECTIONS).header("If-Modified-Since", &date).expect(304).await;
    app.advance(Duration::from_mins(1));
    let draft = create(&editor, &plain("az", "Qaralama")).await;
    app.anonymous().get(CORRECTIONS).header("If-Modified-Since", &date).expect(304).await;
    editor.get(&place(&draft, "az")).expect(200).await;
    step(&editor, &id, "az", "unpublish", None).await;
    let after = app.anonymous().get(CORRECTIONS).header("If-Modified-Since", &date).expect(200).await;
    assert_ne!(after.etag(), before.etag());
    assert_eq!(after.json()["data"], Value::Array(vec![]));
}

async fn values_that_are_wrong_are_named(app: App) {
    for (query, name) in [
        ("language=xx", "language"),
        ("agency=nobody", "agency"),
        ("section=nowhere", "section"),
        ("after=yesterday", "after"),
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
        ("kind=fix", "kind"),
    ] {
        assert_eq!(app.anonymous().get(&format!("{CORRECTIONS}?{query}")).expect(400).await.faults(), [name], "{query}");
    }
}
