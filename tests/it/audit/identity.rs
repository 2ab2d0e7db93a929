//! Signing in and out, passwords and sessions leave one entry each; what was typed leaves none.

use super::{EDITOR, JOURNALIST, Log, PLATFORM, is_whole, mailed_link, step};
use crate::on_both;
use crate::support::{Answer, App, Caller, PASSWORD};
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    sessions_leave_one_entry_an_event,
    failed_sign_ins_are_those_of_known_accounts,
    a_stolen_token_leaves_one_entry,
    passwords_leave_one_entry_an_event,
    the_log_holds_no_secrets_and_no_addresses,
);

const NEW_PASSWORD: &str = "a quite different mare";

async fn log_in(app: &App, email: &str, password: &str) -> Answer {
    app.anonymous().post("/v1/auth/login").json(&json!({ "email": email, "password": password })).send().await
}

async fn sign_in(app: &App, email: &str) -> (Caller, Value) {
    let answer = log_in(app, email, PASSWORD).await.json();
    (app.with_token(answer["access_token"].as_str().unwrap()), answer)
}

async fn refresh(app: &App, token: &Value) -> Answer {
    app.anonymous().post("/v1/auth/refresh").json(&json!({ "refresh_token": token })).send().await
}

async fn sessions_leave_one_entry_an_event(app: App) {
    let mut log = Log::of(&app).await;
    let (editor, tokens) = sign_in(&app, EDITOR).await;
    let details = log.expect(&["session.opened"]).await;
    let sessions = editor.get("/v1/me/sessions").expect(200).await.json();
    assert_eq!(details, json!({ "session": sessions["data"][0]["id"] }));
    refresh(&app, &tokens["refresh_token"]).await;
    log.expect(&[]).await;
    let other = app.staff(EDITOR).await;
    let sessions = other.get("/v1/me/sessions").expect(200).await.json();
    let current = sessions["data"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    let path = format!("/v1/me/sessions/{}", current["id"].as_str().unwrap());
    editor.delete(&path).expect(204).await;
    log.expect(&["session.revoked"]).await;
    editor.delete(&path).expect(404).await;
    editor.delete("/v1/me/sessions").expect(204).await;
    log.expect(&[]).await;
    app.staff(EDITOR).await;
    app.staff(EDITOR).await;
    editor.delete("/v1/me/sessions").expect(204).await;
    assert_eq!(log.expect(&["session.revoked"]).await, json!({ "sessions": 2 }));
    editor.post("/v1/auth/logout").expect(204).await;
    log.expect(&["session.closed"]).await;
    editor.post("/v1/auth/logout").expect(401).await;
    log.expect(&[]).await;
    is_whole(&app).await;
}

async fn failed_sign_ins_are_those_of_known_accounts(app: App) {
    let mut log = Log::of(&app).await;
    assert_eq!(log_in(&app, EDITOR, "not the password").await.code(), "invalid_credentials");
    log.expect(&["session.refused"]).await;
    assert_eq!(log_in(&app, "nobody@trend.example", "not the password").await.code(), "invalid_credentials");
    log.expect(&[]).await;
    // As much is done for both before the answer: one job.
    let jobs = |app: App| async move { app.number("SELECT count(*) FROM jobs").await };
    let before = jobs(app.clone()).await;
    log_in(&app, EDITOR, "not the password").await;
    let known = jobs(app.clone()).await - before;
    log_in(&app, "nobody@trend.example", "not the password").await;
    assert_eq!((known, jobs(app.clone()).await - before), (1, 2));
    log.expect(&["session.refused"]).await;
    let platform = app.staff(PLATFORM).await;
    let journalist = app.staff(JOURNALIST).await.id;
    assert_eq!(step(&platform, &format!("/v1/staff/{journalist}"), "suspend", &Value::Null).await.status, 200);
    log.expect(&["staff.suspended"]).await;
    assert_eq!(log_in(&app, JOURNALIST, PASSWORD).await.code(), "invalid_credentials");
    log.expect(&["session.refused"]).await;
    let (subject, actor): (uuid::Uuid, String) =
        app.state.db.query("SELECT subject_id, actor_kind FROM audit_log ORDER BY seq DESC LIMIT 1").one().await.unwrap();
    assert_eq!((subject, actor.as_str()), (journalist, "anonymous"));
    is_whole(&app).await;
}

async fn a_stolen_token_leaves_one_entry(app: App) {
    let mut log = Log::of(&app).await;
    let (_, tokens) = sign_in(&app, EDITOR).await;
    log.expect(&["session.opened"]).await;
    refresh(&app, &tokens["refresh_token"]).await;
    app.advance(Duration::from_secs(11));
    assert_eq!(refresh(&app, &tokens["refresh_token"]).await.code(), "invalid_credentials");
    log.expect(&["session.token_reused"]).await;
    assert_eq!(refresh(&app, &tokens["refresh_token"]).await.code(), "invalid_credentials");
    log.expect(&[]).await;
    // One that was spent longer ago.
    let (_, tokens) = sign_in(&app, EDITOR).await;
    log.expect(&["session.opened"]).await;
    let second = refresh(&app, &tokens["refresh_token"]).await.json();
    refresh(&app, &second["refresh_token"]).await;
    assert_eq!(refresh(&app, &tokens["refresh_token"]).await.code(), "invalid_credentials");
    log.expect(&["session.token_reused"]).await;
    assert_eq!(refresh(&app, &json!("nwr_nonsense")).await.code(), "invalid_credentials");
    log.expect(&[]).await;
    is_whole(&app).await;
}

async fn passwords_leave_one_entry_an_event(app: App) {
    let mut log = Log::of(&app).await;
    let editor = app.staff(EDITOR).await;
    let wrong = json!({ "current_password": "not the password", "new_password": NEW_PASSWORD });
    editor.post("/v1/me/password").json(&wrong).expect(401).await;
    log.expect(&[]).await;
    let right = json!({ "current_password": PASSWORD, "new_password": NEW_PASSWORD });
    for _ in 0..2 {
        editor.post("/v1/me/password").header("Idempotency-Key", "once").json(&right).expect(204).await;
    }
    log.expect(&["password.changed"]).await;
    for email in [EDITOR, "nobody@trend.example"] {
        app.anonymous().post("/v1/auth/password-resets").json(&json!({ "email": email })).expect(202).await;
    }
    log.expect(&["password.reset_requested"]).await;
    let redeem = json!({ "token": mailed_link(&app), "password": PASSWORD });
    app.anonymous().post("/v1/auth/password-resets/complete").json(&redeem).expect(200).await;
    let details = log.expect(&["password.reset"]).await;
    assert!(details["session"].is_string());
    app.anonymous().post("/v1/auth/password-resets/complete").json(&redeem).expect(401).await;
    log.expect(&[]).await;
    is_whole(&app).await;
}

async fn the_log_holds_no_secrets_and_no_addresses(app: App) {
    let (editor, tokens) = sign_in(&app, EDITOR).await;
    log_in(&app, EDITOR, "typed in vain").await;
    log_in(&app, "typed@nowhere.example", "typed in vain").await;
    app.anonymous().post("/v1/auth/password-resets").json(&json!({ "email": EDITOR })).expect(202).await;
    refresh(&app, &tokens["refresh_token"]).await;
    editor.post("/v1/auth/logout").expect(204).await;
    app.drain_jobs().await;
    let rows: Vec<(String,)> = app.state.db.query("SELECT details FROM audit_log").all().await.unwrap();
    assert!(rows.len() > 50);
    for (details,) in rows {
        for secret in ["@", "typed", PASSWORD, "nwr_", "nwl_", "nwk_"] {
            assert!(!details.contains(secret), "{details}");
        }
    }
}
