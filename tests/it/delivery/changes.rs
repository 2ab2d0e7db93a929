//! The sequence of public events: without gaps, in order, and enough to keep a copy by.

use super::{ARTICLES, edit, items, place, plain, published, read, step, text};
use crate::on_both;
use crate::support::{App, Caller};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

on_both!(
    a_text_leaves_its_events,
    filters_pass_over_what_they_leave_out,
    whoever_waits_is_told,
    nobody_waits_for_ever,
    what_cannot_be_is_refused,
    a_copy_that_follows_has_what_is_public,
);

pub const CHANGES: &str = "/v1/delivery/changes";

pub async fn latest(app: &App) -> i64 {
    read(app, CHANGES).await.json()["meta"]["latest"].as_i64().unwrap()
}

async fn a_text_leaves_its_events(app: App) {
    let after = latest(&app).await;
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("en", "News")).await;
    edit(&editor, &id, "en", &json!({ "headline": "Better news" })).await;
    step(&editor, &id, "en", "publish", Some(json!({ "change_kind": "correction", "public_note": "It was wrong." }))).await;
    let noted = items(&read(&app, &format!("{CHANGES}?after={after}")).await.json())[1].clone();
    step(&editor, &id, "en", "unpublish", None).await;
    let answer = read(&app, &format!("{CHANGES}?after={after}")).await.json();
    let events = items(&answer);
    let told: Vec<_> = events.iter().map(|event| (event["seq"].as_i64().unwrap() - after, event["type"].as_str().unwrap())).collect();
    assert_eq!(told, [(1, "published"), (2, "corrected"), (3, "unpublished")]);
    assert_eq!(text(&events[1]["article_id"]), id);
    assert_eq!((&noted["public_note"], &events[1]["public_note"]), (&json!("It was wrong."), &Value::Null), "a text takes its notes with it");
    assert_eq!(answer["meta"], json!({ "limit": 100, "has_more": false, "next_after": after + 3, "latest": after + 3 }));
}

async fn filters_pass_over_what_they_leave_out(app: App) {
    let all = read(&app, &format!("{CHANGES}?limit=1000")).await.json();
    let wanted: Vec<i64> = items(&all).iter().filter(|event| event["language"] == "kk").map(|event| event["seq"].as_i64().unwrap()).collect();
    let (mut found, mut after) = (vec![], 0);
    loop {
        let page = read(&app, &format!("{CHANGES}?language=kk&types=published,updated,corrected,unpublished,killed&limit=2&after={after}")).await.json();
        found.extend(items(&page).iter().map(|event| event["seq"].as_i64().unwrap()));
        after = page["meta"]["next_after"].as_i64().unwrap();
        if !page["meta"]["has_more"].as_bool().unwrap() {
            break;
        }
    }
    assert_eq!((found, after), (wanted, all["meta"]["latest"].as_i64().unwrap()));
    let agency = read(&app, &format!("{CHANGES}?agency=kazinform&limit=1000")).await.json();
    let names: BTreeSet<String> = items(&agency).iter().map(|event| text(&event["agency_id"])).collect();
    assert_eq!(names.len(), 1);
}

async fn whoever_waits_is_told(app: App) {
    let after = latest(&app).await;
    let reader = app.anonymous();
    let path = format!("{CHANGES}?after={after}&wait=20");
    let publish = async {
        tokio::task::yield_now().await;
        published(&app.staff("editor@trend.example").await, &plain("en", "News")).await
    };
    let (told, id) = join(reader.get(&path).expect(200), publish).await;
    assert_eq!(text(&told.json()["data"][0]["article_id"]), id);
    assert_eq!(told.header("Cache-Control"), Some("private, no-store"));
}

async fn nobody_waits_for_ever(app: App) {
    let after = latest(&app).await;
    let path = format!("{CHANGES}?after={after}&wait=1");
    let empty = app.anonymous().get(&path).expect(200).await.json();
    assert_eq!((items(&empty).len(), &empty["meta"]["next_after"]), (0, &json!(after)));
    app.state.stop();
    let path = format!("{CHANGES}?after={after}&wait=30");
    let sent_away = tokio::time::timeout(Duration::from_secs(10), app.anonymous().get(&path).expect(200)).await.unwrap();
    assert_eq!(items(&sent_away.json()).len(), 0);
}

async fn what_cannot_be_is_refused(app: App) {
    for (query, parameter) in
        [("after=-1", "after"), ("after=x", "after"), ("types=born", "types"), ("wait=31", "wait"), ("limit=1001", "limit"), ("agency=nobody", "agency")]
    {
        let refused = app.anonymous().get(&format!("{CHANGES}?{query}")).expect(400).await.json();
        assert_eq!(refused["errors"][0]["parameter"], parameter, "{query}");
    }
}

/// Publishes, corrects, withdraws and kills, as chance has it.
pub async fn work(app: &App, editor: &Caller, seed: usize) {
    for n in 0..3 {
        let id = published(editor, &plain("en", &format!("News {seed} {n}"))).await;
        match (seed + n) % 4 {
            0 => {}
            1 => {
                edit(editor, &id, "en", &json!({ "headline": format!("Better {seed} {n}") })).await;
                step(editor, &id, "en", "publish", Some(json!({ "change_kind": "fix" }))).await;
            }
            2 => {
                step(editor, &id, "en", "unpublish", None).await;
            }
            _ => {
                let order = json!({ "reason": "Wrong.", "public_note": "It was wrong." });
                let etag = editor.get(&place(&id, "en")).expect(200).await.etag();
                editor.post(&format!("{}/kill", place(&id, "en"))).if_match(&etag).json(&order).expect(200).await;
            }
        }
        app.drain_jobs().await;
    }
}

type Text = (String, String);

/// A copy kept by events, in pages of changing size, from one process or the other.
async fn follow(processes: &[App; 2], until: &tokio::sync::Notify, copy: &mut BTreeSet<Text>) -> i64 {
    let (mut after, mut round, mut ending) = (0, 0_usize, false);
    loop {
        let app = &processes[round % 2];
        newsroom::delivery::look(&app.state).await.unwrap();
        let page = read(app, &format!("{CHANGES}?after={after}&limit={}", 1 + round % 7)).await.json();
        for event in items(&page) {
            let seq = event["seq"].as_i64().unwrap();
            assert_eq!(seq, after + 1, "an event is missing, or told twice");
            after = seq;
            let name = (text(&event["article_id"]), text(&event["language"]));
            match event["type"].as_str().unwrap() {
                "unpublished" | "killed" => assert!(copy.remove(&name), "{event}"),
                _ => {
                    copy.insert(name);
                }
            }
        }
        round += 1;
        if items(&page).is_empty() {
            if ending {
                return after;
            }
            ending = tokio::time::timeout(Duration::from_millis(5), until.notified()).await.is_ok();
        }
    }
}

pub async fn public(app: &App) -> BTreeSet<Text> {
    let (mut found, mut path) = (BTreeSet::new(), format!("{ARTICLES}?limit=100"));
    loop {
        let page = read(app, &path).await.json();
        found.extend(items(&page).iter().map(|card: &Value| (text(&card["id"]), text(&card["language"]))));
        match page["meta"]["next_cursor"].as_str() {
            Some(cursor) => path = format!("{ARTICLES}?limit=100&cursor={cursor}"),
            None => return found,
        }
    }
}

async fn a_copy_that_follows_has_what_is_public(app: App) {
    let processes = [app.clone(), app.beside().await];
    let editor = app.staff("editor@trend.example").await;
    let done = tokio::sync::Notify::new();
    let mut copy = BTreeSet::new();
    let publishing = async {
        join_all((0..6).map(|seed| work(&app, &editor, seed))).await;
        done.notify_one();
    };
    let (seen, ()) = join(follow(&processes, &done, &mut copy), publishing).await;
    assert_eq!(seen, latest(&app).await);
    assert_eq!(copy, public(&app).await);
    assert!(!copy.is_empty());
    processes[1].state.db.close().await;
}
