//! The lists of work.

use super::{Desk, story};
use crate::on_both;
use crate::support::{App, Caller};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(lists_are_filtered, what_is_due_first_comes_first, every_page_has_its_place, wrong_filters_are_named, a_flash_is_seen_as_one);

async fn languages(who: &Caller, query: &str) -> Vec<String> {
    let list = who.get(&format!("/v1/assignments?{query}")).expect(200).await.json();
    list["data"].as_array().unwrap().iter().map(|work| work["language"].as_str().unwrap().to_owned()).collect()
}

async fn lists_are_filtered(app: App) {
    let desk = Desk::new(&app).await;
    desk.asked(&json!({"requests": [
        {"language": "en", "due_at": "2026-07-24T13:00:00Z"},
        {"language": "kk", "agency": "kazinform", "due_at": "2026-07-24T14:00:00Z"},
        {"language": "ru", "assignee": desk.journalist.id, "due_at": "2026-07-24T15:00:00Z"},
        {"language": "tr"}
    ]}))
    .await;
    desk.editor.post(&format!("{}/assignments", desk.at())).json(&json!({"kind": "review"})).expect(201).await;
    let all = ["en", "kk", "ru", "tr", "az"];
    assert_eq!(languages(&desk.editor, "").await, all);
    let canceled = desk.editor.get("/v1/assignments?language=tr").expect(200).await.json()["data"][0]["id"].clone();
    let path = format!("/v1/assignments/{}/cancel", canceled.as_str().unwrap());
    desk.editor.post(&path).if_match("\"v1\"").json(&json!({"reason": "x"})).expect(200).await;
    for (query, expected) in [
        ("open=true", vec!["en", "kk", "ru", "az"]),
        ("open=false", vec!["tr"]),
        ("open=true&language=kk,tr", vec!["kk"]),
        ("state=canceled", vec!["tr"]),
        ("kind=review", vec!["az"]),
        ("agency=kazinform", vec!["kk"]),
        ("due_before=2026-07-24T14:30:00Z", vec!["en", "kk"]),
        ("overdue=true", vec![]),
        (&format!("assignee={}", desk.journalist.id), vec!["ru"]),
        (&format!("article={}", desk.id), all.to_vec()),
        ("claimable=true", vec!["en", "az"]),
    ] {
        assert_eq!(languages(&desk.editor, query).await, expected, "{query}");
    }
    assert_eq!(languages(&desk.journalist, "assignee=me").await, ["ru"]);
    assert_eq!(languages(&desk.journalist, "claimable=true").await, ["en", "ru"], "journalists do not review");
    app.advance(Duration::from_mins(90));
    let editor = app.staff("editor@trend.example").await;
    assert_eq!(languages(&editor, "overdue=true").await, ["en"]);
    assert_eq!(languages(&editor, "overdue=false").await, ["kk", "ru", "tr", "az"]);
    assert_eq!(editor.get("/v1/assignments?language=en").expect(200).await.json()["data"][0]["overdue"], true);
}

async fn a_flash_is_seen_as_one(app: App) {
    let desk = Desk::new(&app).await;
    desk.asked(&json!({"languages": ["ru"]})).await;
    let flash = Desk { id: story(&desk.editor, "Zəlzələ").await, ..Desk::new(&app).await };
    let etag = flash.editor.get(&flash.at()).expect(200).await.etag();
    flash.editor.patch(&flash.at()).if_match(&etag).json(&json!({"urgency": 1})).expect(200).await;
    let work = flash.asked(&json!({"languages": ["kk"], "agency": "kazinform"})).await;
    let theirs = app.staff("editor@kazinform.example").await;
    for who in [&flash.editor, &theirs] {
        assert_eq!(languages(who, "urgency_max=2").await, ["kk"]);
        assert_eq!(work.read(who).await["urgency"], 1);
    }
    assert_eq!(languages(&flash.editor, "urgency_max=5").await.len(), 2);
    assert_eq!(flash.editor.get("/v1/assignments?urgency_max=0").expect(400).await.faults(), ["urgency_max"]);
    work.try_step(&theirs, "decline", &json!({"reason": "x"})).await;
    assert_eq!(work.read(&theirs).await["urgency"], serde_json::Value::Null, "of a story that one does not see");
    assert!(languages(&theirs, "urgency_max=9").await.is_empty());
}

async fn what_is_due_first_comes_first(app: App) {
    let desk = Desk::new(&app).await;
    desk.asked(
        &json!({"requests": [{"language": "en"}, {"language": "ru", "due_at": "2026-07-25T00:00:00Z"}, {"language": "tr", "due_at": "2026-07-24T13:00:00Z"}]}),
    )
    .await;
    assert_eq!(languages(&desk.editor, "").await, ["tr", "ru", "en"], "what has no time comes last");
}

async fn every_page_has_its_place(app: App) {
    let mut desk = Desk::new(&app).await;
    for n in 0..3 {
        desk.id = story(&desk.editor, &format!("Külək {n}")).await;
        desk.asked(&json!({"requests": [{"language": "en"}, {"language": "kk", "agency": "kazinform", "due_at": format!("2026-07-2{}T00:00:00Z", 5 + n)}]}))
            .await;
    }
    let mut seen: Vec<Value> = vec![];
    let mut path = "/v1/assignments?open=true&limit=2".to_owned();
    loop {
        let page = desk.editor.get(&path).expect(200).await;
        let link = page.header("Link").map(str::to_owned);
        seen.extend(page.json()["data"].as_array().unwrap().iter().map(|work| work["id"].clone()));
        let Some(next) = link else { break };
        path = format!("/v1{}", next.trim_start_matches('<').split('>').next().unwrap().split_once("/v1").unwrap().1);
    }
    let whole = desk.editor.get("/v1/assignments?open=true").expect(200).await.json();
    let whole: Vec<Value> = whole["data"].as_array().unwrap().iter().map(|work| work["id"].clone()).collect();
    assert_eq!((seen.len(), &seen), (6, &whole));
}

async fn wrong_filters_are_named(app: App) {
    let desk = Desk::new(&app).await;
    for (query, name) in [
        ("assignee=nobody", "assignee"),
        ("agency=nowhere", "agency"),
        ("language=xx", "language"),
        ("state=done", "state"),
        ("color=red", "color"),
        ("limit=0", "limit"),
    ] {
        let refused = desk.editor.get(&format!("/v1/assignments?{query}")).expect(400).await;
        assert_eq!((refused.code(), refused.faults()), ("invalid_parameter".to_owned(), vec![name.to_owned()]), "{query}");
    }
}
