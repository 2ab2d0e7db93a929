//! Claims: one person at a time, for a time.

use super::{Desk, hire, notices};
use crate::on_both;
use crate::support::App;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    of_many_who_claim_one_wins,
    who_comes_second_is_told_who_was_first,
    a_claim_that_runs_out_counts_for_nothing,
    a_claim_that_ends_gives_the_text_back,
    a_claim_is_renewed,
    nobody_does_the_work_of_others
);

const HOUR: Duration = Duration::from_hours(1);

async fn of_many_who_claim_one_wins(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    let mut people = vec![desk.editor.clone(), desk.journalist.clone()];
    for n in 0..6 {
        people.push(hire(&app, "trend", &format!("j{n}@trend.example"), "journalist").await);
    }
    let path = format!("{}/claim", work.at());
    let answers = join_all(people.iter().map(|person| person.post(&path).if_match("\"v1\"").send())).await;
    let won: Vec<usize> = (0..people.len()).filter(|i| answers[*i].status == 200).collect();
    assert_eq!(won.len(), 1, "exactly one");
    let winner = &people[won[0]];
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((answer.status.as_u16(), answer.code()), (409, "conflict".to_owned()), "{}", answer.text());
        assert_eq!(answer.json()["assignee_id"], json!(winner.id));
    }
    assert_eq!(work.read(winner).await["assignee_id"], json!(winner.id));
}

async fn who_comes_second_is_told_who_was_first(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    work.step(&desk.journalist, "claim").await;
    for etag in ["\"v1\"", "\"v2\""] {
        let late = desk.editor.post(&format!("{}/claim", work.at())).if_match(etag).expect(409).await;
        let problem = late.json();
        assert_eq!((late.code(), &problem["assignee_id"]), ("conflict".to_owned(), &json!(desk.journalist.id)));
        assert_eq!(problem["lease_expires_at"], "2026-07-24T14:00:00Z");
    }
    assert_eq!(desk.editor.post(&format!("{}/claim", work.at())).expect(428).await.code(), "precondition_required");
    let free = work.step(&desk.journalist, "release").await;
    assert_eq!((&free["state"], &free["assignee_id"], &free["lease_expires_at"]), (&json!("requested"), &Value::Null, &Value::Null));
    work.step(&desk.editor, "claim").await;
}

async fn a_claim_that_runs_out_counts_for_nothing(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    work.step(&desk.journalist, "claim").await;
    app.advance(HOUR * 2);
    let editor = app.staff("editor@trend.example").await;
    let free = work.read(&editor).await;
    assert_eq!((&free["state"], &free["assignee_id"]), (&json!("requested"), &Value::Null), "at once, before any job");
    let mine = app.staff("journalist@trend.example").await.get("/v1/assignments?assignee=me").expect(200).await.json();
    assert_eq!(mine["data"], json!([]));
    for query in ["state=requested", "claimable=true"] {
        let list = editor.get(&format!("/v1/assignments?{query}")).expect(200).await.json();
        assert_eq!(list["data"].as_array().unwrap().len(), 1, "{query}");
    }
    let cells = editor.get("/v1/coverage?languages=en&limit=1").expect(200).await.json();
    assert_eq!((&cells["data"][0]["cells"][0]["assignment"]["state"], &cells["data"][0]["cells"][0]["assignee_id"]), (&json!("requested"), &Value::Null));
    app.drain_jobs().await;
    assert_eq!(app.number("SELECT count(*) FROM assignments WHERE state = 'requested' AND assignee_id IS NULL").await, 1, "it is written down");
    assert_eq!(notices(&app, &desk.journalist).await, ["lease_expired"]);
    assert_eq!(notices(&app, &desk.editor).await, ["lease_expired"]);
    work.step(&editor, "claim").await;
}

async fn a_claim_that_ends_gives_the_text_back(app: App) {
    let desk = Desk::new(&app).await;
    desk.add(&desk.editor, "en").await;
    let assignee = async |expected: Value, why: &str| {
        let editor = app.staff("editor@trend.example").await;
        assert_eq!(editor.get(&desk.text("en")).expect(200).await.json()["assignee_id"], expected, "{why}");
    };
    for step in ["decline", "cancel"] {
        let work = desk.asked(&json!({"languages": ["en"]})).await;
        work.step(&desk.journalist, "claim").await;
        assignee(json!(desk.journalist.id), "claimed").await;
        let who = if step == "decline" { &desk.journalist } else { &desk.editor };
        assert_eq!(work.try_step(who, step, &json!({"reason": "x"})).await.status, 200);
        assignee(Value::Null, step).await;
    }
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    work.step(&desk.journalist, "claim").await;
    app.advance(HOUR * 2);
    app.drain_jobs().await;
    assignee(Value::Null, "run out").await;
    let journalist = app.staff("journalist@trend.example").await;
    assert_eq!(work.state(&journalist).await, "requested");
    let editor = app.staff("editor@trend.example").await;
    let etag = editor.get(&desk.text("en")).expect(200).await.etag();
    journalist.patch(&desk.text("en")).if_match(&etag).json(&json!({"headline": "Not mine"})).expect(403).await;
}

async fn a_claim_is_renewed(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    work.step(&desk.journalist, "claim").await;
    app.advance(HOUR);
    let journalist = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    assert_eq!(work.try_step(&editor, "renew", &Value::Null).await.status, 403);
    assert_eq!(work.step(&journalist, "renew").await["lease_expires_at"], "2026-07-24T15:00:00Z");
    app.advance(HOUR + Duration::from_mins(30));
    app.drain_jobs().await;
    let journalist = app.staff("journalist@trend.example").await;
    assert_eq!(work.state(&journalist).await, "claimed", "the first term is over, the second is not");
    app.advance(HOUR);
    app.drain_jobs().await;
    let journalist = app.staff("journalist@trend.example").await;
    assert_eq!(work.state(&journalist).await, "requested");
    assert_eq!(notices(&app, &journalist).await, ["lease_expired"], "once");
}

async fn nobody_does_the_work_of_others(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    work.step(&desk.journalist, "claim").await;
    let refused = desk.add(&desk.editor, "en").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "conflict".to_owned()), "{}", refused.text());
    assert_eq!(refused.json()["assignee_id"], json!(desk.journalist.id));
    assert_eq!(desk.add(&desk.journalist, "en").await.status, 201);
}
