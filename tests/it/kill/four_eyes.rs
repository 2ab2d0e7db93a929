//! Where the agency of a story asks for four eyes, one person alone kills nothing.

use super::{SAMARKAND, Story, last_change, order, refused};
use crate::on_both;
use crate::schedule::Desk;
use crate::support::{App, Caller};
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_kill_waits_for_a_second_person,
    an_order_can_be_canceled,
    whoever_confirms_has_seen_the_order,
    nobody_kills_or_lifts_their_own_words_alone,
    an_order_finds_who_can_confirm_it,
    nothing_goes_out_while_a_kill_is_ordered
);

/// A second editor of `UzA`.
async fn colleague(app: &App) -> Caller {
    let admin = app.staff("admin@platform.example").await;
    let new = json!({"email": "second@uza.example", "role": "editor", "agency": "uza", "languages": ["uz"], "names": {"uz": "Ikkinchi"}});
    admin.post("/v1/staff").json(&new).expect(201).await;
    app.state.db.write().query("UPDATE staff SET state = 'active' WHERE email_key = 'second@uza.example'").execute().await.unwrap();
    app.staff("second@uza.example").await
}

async fn notices(app: &App, kind: &str, person: &Caller) -> i64 {
    let query = app.state.db.query("SELECT count(*) FROM notices WHERE kind = $1 AND staff_id = $2");
    query.bind(kind).bind(person.id).value().await.unwrap()
}

async fn a_kill_waits_for_a_second_person(app: App) {
    let second = colleague(&app).await;
    let story = Story::demo(&app, SAMARKAND, "editor@uza.example", "editor@platform.example").await;
    let (before, log) = (story.states().await, last_change(&app).await);
    assert_eq!(story.preview().await["four_eyes"], true);
    refused(&story.act(&second, "kill/confirm", &Value::Null).await, 409, "illegal_transition");
    let ordered = story.act(&story.owner, "kill", &order()).await;
    assert_eq!(ordered.status, 202, "{}", ordered.text());
    let mut pending = ordered.json();
    // The colleague, and an editor and an admin of the platform.
    assert_eq!(pending.as_object_mut().unwrap().remove("confirmers"), Some(json!(3)));
    assert_eq!((&pending["reason"], &pending["public_note"]), (&json!("The source is forged."), &json!("This was not true.")));
    assert_eq!(pending["ordered_by"], json!(story.owner.id));
    assert_eq!((ordered.etag(), &story.preview().await["order"]), (story.article().await.etag(), &pending));
    assert_eq!((story.states().await, last_change(&app).await), (before, log), "nothing has happened yet");
    assert_eq!(story.article().await.json()["killed_at"], Value::Null);
    assert_eq!((notices(&app, "kill_ordered", &second).await, notices(&app, "kill_ordered", &story.owner).await), (1, 0));
    refused(&story.act(&story.owner, "kill/confirm", &Value::Null).await, 409, "four_eyes_required");
    for caller in [&story.owner, &second] {
        refused(&story.act(caller, "kill", &order()).await, 409, "conflict");
    }
    app.advance(Duration::from_secs(30));
    let killed = story.act(&second, "kill/confirm", &Value::Null).await;
    assert_eq!(killed.status, 200, "{}", killed.text());
    let killed = killed.json();
    assert_eq!((&killed["killed_at"], &killed["kill_reason"]), (&json!("2026-07-24T12:00:30Z"), &json!("The source is forged.")));
    refused(&story.public("").await, 410, "withdrawn");
    assert_eq!(story.preview().await["order"], Value::Null);
    let actions = app.number("SELECT count(*) FROM audit_log WHERE action IN ('article.kill_ordered', 'article.killed')").await;
    assert_eq!(actions, 2);
    assert_eq!(app.number("SELECT count(*) FROM kill_orders WHERE outcome = 'confirmed' AND closed_at IS NOT NULL").await, 1);
}

async fn an_order_finds_who_can_confirm_it(app: App) {
    let story = Story::demo(&app, SAMARKAND, "editor@uza.example", "editor@platform.example").await;
    let others = "UPDATE staff SET state = 'suspended' WHERE agency_id = (SELECT id FROM agencies WHERE slug = 'uza') AND email_key <> 'editor@uza.example'";
    app.state.db.write().query(others).execute().await.unwrap();
    let confirmers = async || {
        let ordered = story.act(&story.owner, "kill", &order()).await;
        assert_eq!(ordered.status, 202, "{}", ordered.text());
        ordered.json()["confirmers"].clone()
    };
    assert_eq!(confirmers().await, json!(2));
    assert_eq!(notices(&app, "kill_ordered", &story.partner).await, 1, "the platform's desk, where nobody else is there");
    assert_eq!(story.act(&story.partner, "kill/cancel", &json!({"reason": "x"})).await.status, 200);
    let platform = "UPDATE staff SET state = 'suspended' WHERE agency_id = (SELECT id FROM agencies WHERE kind = 'platform')";
    app.state.db.write().query(platform).execute().await.unwrap();
    assert_eq!(confirmers().await, json!(0));
}

async fn an_order_can_be_canceled(app: App) {
    let second = colleague(&app).await;
    let story = Story::demo(&app, SAMARKAND, "editor@uza.example", "editor@platform.example").await;
    refused(&story.act(&second, "kill/cancel", &json!({"reason": "x"})).await, 409, "illegal_transition");
    for canceller in [&second, &story.owner] {
        assert_eq!(story.act(&story.owner, "kill", &order()).await.status, 202);
        let canceled = story.act(canceller, "kill/cancel", &json!({"reason": "Every word is right."})).await;
        assert_eq!(canceled.status, 200, "{}", canceled.text());
        assert_eq!(story.preview().await["order"], Value::Null);
        refused(&story.act(&second, "kill/confirm", &Value::Null).await, 409, "illegal_transition");
    }
    assert_eq!(notices(&app, "kill_canceled", &story.owner).await, 1, "not of one's own");
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action = 'article.kill_canceled'").await, 2);
    assert_eq!(story.public("").await.status, 200);
}

async fn whoever_confirms_has_seen_the_order(app: App) {
    let second = colleague(&app).await;
    let story = Story::demo(&app, SAMARKAND, "editor@uza.example", "editor@platform.example").await;
    let seen = story.act(&story.owner, "kill", &order()).await.etag();
    story.act(&story.owner, "kill/cancel", &json!({"reason": "x"})).await;
    let other = json!({"reason": "Another reason.", "public_note": "Another note."});
    assert_eq!(story.act(&story.owner, "kill", &other).await.status, 202);
    let path = format!("{}/kill/confirm", story.path());
    refused(&second.post(&path).if_match(&seen).send().await, 412, "stale_version");
    refused(&second.post(&path).send().await, 428, "precondition_required");
    // The platform's editor is a second person too, on what is shared.
    assert_eq!(story.act(&story.partner, "kill/confirm", &Value::Null).await.status, 200);
    assert_eq!(story.article().await.json()["kill_public_note"], "Another note.");
}

async fn nobody_kills_or_lifts_their_own_words_alone(app: App) {
    let second = colleague(&app).await;
    let first = app.staff("editor@uza.example").await;
    let story = Story { owner: first.clone(), ..Story::new(&app).await };
    let made = first.post("/v1/articles").json(&json!({"original_language": "uz", "headline": "Shamol", "body_html": "<p>x</p>"})).expect(201).await.json();
    let alone = Story { id: made["id"].as_str().unwrap().to_owned(), ..story };
    let kill = json!({"reason": "x", "public_note": "x"});
    refused(&alone.try_step(&first, "uz", "kill", &kill).await, 409, "four_eyes_required");
    alone.step(&second, "uz", "kill", &kill).await;

    // UzA's text of a story of Trend.
    let corridor = Story::demo(&app, super::CORRIDOR, "editor@trend.example", "editor@uza.example").await;
    corridor.kill().await;
    let reason = json!({"reason": "Ours is right."});
    refused(&corridor.try_step(&corridor.partner, "uz", "lift", &reason).await, 409, "four_eyes_required");
    refused(&corridor.try_step(&corridor.partner, "uz", "kill", &kill).await, 409, "four_eyes_required");
    assert_eq!(corridor.states().await["uz"], "withheld");
    corridor.step(&second, "uz", "lift", &reason).await;
}

async fn nothing_goes_out_while_a_kill_is_ordered(app: App) {
    let desk = Desk::new(&app, &["kk", "ru"]).await;
    let editor = desk.editor().await;
    desk.approve("kk").await;
    editor.post(&format!("{}/schedule", desk.text("kk"))).json(&json!({"action": "publish", "at": "2026-07-24T13:00:00Z"})).expect(201).await;
    let release = json!({"languages": ["ru"], "when": "deadline", "at": "2026-07-24T13:00:00Z"});
    editor.post(&format!("/v1/articles/{}/releases", desk.article)).json(&release).expect(201).await;
    desk.approve("ru").await;
    let etag = editor.get(&desk.text("en")).expect(200).await.etag();
    let until = json!({"until": "2026-07-24T13:00:00Z"});
    editor.put(&format!("{}/embargo", desk.text("en"))).if_match(&etag).json(&until).expect(200).await;
    desk.step("en", "publish", &Value::Null).await;
    app.state.db.write().query("UPDATE agencies SET four_eyes = TRUE WHERE slug = 'trend'").execute().await.unwrap();
    let article = format!("/v1/articles/{}", desk.article);
    let etag = editor.get(&article).expect(200).await.etag();
    editor.post(&format!("{article}/kill")).if_match(&etag).json(&order()).expect(202).await;
    app.advance(Duration::from_hours(1));
    app.drain_jobs().await;
    for language in ["en", "kk", "ru"] {
        assert!(!desk.is_public(language).await, "{language}");
    }
    let editor = desk.editor().await;
    let etag = editor.get(&article).expect(200).await.etag();
    editor.post(&format!("{article}/kill/cancel")).if_match(&etag).json(&json!({"reason": "True."})).expect(200).await;
    app.advance(Duration::from_mins(1));
    app.drain_jobs().await;
    for language in ["en", "kk", "ru"] {
        assert!(desk.is_public(language).await, "{language}");
    }
}
