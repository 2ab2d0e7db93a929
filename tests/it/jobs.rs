//! Background work: by lease, under keys, tried again, given up in the open.

use crate::on_both;
use crate::schedule::{Desk, HOUR, operators};
use crate::support::App;
use newsroom::app;
use newsroom::db::{Reader, Timestamp};
use newsroom::jobs::{self, Job, LEASE, Registry};
use newsroom::language::Tag;
use newsroom::state::State;
use newsroom::translations::EndEmbargo;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

on_both!(
    one_waits_under_a_key,
    what_a_dead_worker_had_is_taken_up,
    what_runs_long_stays_with_its_worker,
    what_fails_is_tried_again_and_given_up,
    the_administrator_retries_and_discards,
    nobody_else_sees_jobs,
    a_scheduled_step_that_is_given_up_is_told_and_can_be_retried,
    an_embargo_that_cannot_end_is_told,
);

/// Fails, with words that nobody outside may read.
#[derive(Serialize, Deserialize)]
struct Broken;

impl Job for Broken {
    const KIND: &'static str = "test.broken";

    async fn run(self, _: &State) -> anyhow::Result<()> {
        anyhow::bail!("the secret word is zqkanaryqz")
    }
}

/// Takes longer than the lease, by a clock that the test moves.
#[derive(Serialize, Deserialize)]
struct Slow;

impl Job for Slow {
    const KIND: &'static str = "test.slow";

    async fn run(self, state: &State) -> anyhow::Result<()> {
        // The sign of life comes every third of the lease of real time; the clock of the house jumps before it.
        state.clock.advance(LEASE / 2);
        tokio::time::sleep(LEASE / 3 + Duration::from_millis(300)).await;
        state.clock.advance(LEASE / 2 + Duration::from_secs(1));
        let taken = jobs::step(state, &Registry::default(), "thief").await?;
        anyhow::ensure!(!taken, "it was taken from its worker");
        Ok(())
    }
}

async fn enqueue<J: Job>(app: &App, job: &J, after: Duration) -> Uuid {
    let now = app.state.clock.now();
    jobs::enqueue(app.state.db.write(), job, now.plus(after), now).await.unwrap()
}

fn embargo(app: &App) -> EndEmbargo {
    let _ = app;
    EndEmbargo { article: Uuid::from_u128(1), language: Tag::parse("en").unwrap() }
}

async fn one_waits_under_a_key(app: App) {
    let first = enqueue(&app, &embargo(&app), HOUR).await;
    let second = enqueue(&app, &embargo(&app), HOUR * 2).await;
    assert_ne!(first, second, "who runs the first does not end the second");
    let (at,): (Timestamp,) = app.state.db.query("SELECT run_at FROM jobs WHERE kind = 'embargo.end'").one().await.unwrap();
    assert_eq!(at.to_string(), "2026-07-24T14:00:00Z");
    enqueue(&app, &Broken, HOUR).await;
    enqueue(&app, &Broken, HOUR).await;
    assert_eq!(app.number("SELECT count(*) FROM jobs").await, 3, "without a key, each is its own");
}

async fn what_a_dead_worker_had_is_taken_up(app: App) {
    enqueue(&app, &embargo(&app), Duration::ZERO).await;
    // Somebody took it and was killed.
    let until = app.state.clock.now().plus(LEASE);
    app.state.db.write().query("UPDATE jobs SET locked_by = 'dead', locked_until = $1, attempts = 1").bind(until).execute().await.unwrap();
    assert_eq!(app.drain_jobs().await, 0, "it may still live");
    app.advance(LEASE + Duration::from_micros(1));
    assert!(LEASE <= Duration::from_secs(8), "with the pauses of the worker, within ten seconds");
    assert_eq!(app.drain_jobs().await, 1);
}

async fn what_runs_long_stays_with_its_worker(app: App) {
    enqueue(&app, &Slow, Duration::ZERO).await;
    assert!(jobs::step(&app.state, &Registry::default().with::<Slow>(), "owner").await.unwrap());
    assert_eq!(app.number("SELECT count(*) FROM jobs").await, 0, "it was done, by one");
}

/// Lets it fail until it is given up.
async fn give_up(app: &App) {
    let registry = app::jobs().with::<Broken>();
    for _ in 0..12 {
        assert!(jobs::step(&app.state, &registry, "test").await.unwrap());
        app.advance(HOUR);
    }
    assert!(!jobs::step(&app.state, &registry, "test").await.unwrap(), "it is not tried for ever");
}

async fn what_fails_is_tried_again_and_given_up(app: App) {
    enqueue(&app, &Broken, Duration::ZERO).await;
    let registry = Registry::default().with::<Broken>();
    assert!(jobs::step(&app.state, &registry, "test").await.unwrap());
    assert!(!jobs::step(&app.state, &registry, "test").await.unwrap(), "not at once");
    app.advance(Duration::from_secs(2));
    assert!(jobs::step(&app.state, &registry, "test").await.unwrap());
    app.advance(Duration::from_secs(10));
    let details = operators(&app.state).await.0;
    assert_eq!((&details["jobs_waiting"], &details["jobs_overdue"], &details["jobs_oldest_seconds"]), (&json!(1), &json!(1), &json!(6)));
    app.advance(HOUR);
    app.state.db.write().query("UPDATE jobs SET attempts = 0").execute().await.unwrap();
    give_up(&app).await;
    let (details, metrics) = operators(&app.state).await;
    assert_eq!((&details["jobs_waiting"], &details["jobs_overdue"], &details["jobs_dead"]), (&json!(0), &json!(0), &json!(1)));
    assert!(metrics.contains("newsroom_jobs_dead 1\n") && metrics.contains("newsroom_jobs_overdue 0\n"), "{metrics}");
}

async fn the_administrator_retries_and_discards(app: App) {
    let id = enqueue(&app, &Broken, Duration::ZERO).await;
    let admin = app.staff("admin@platform.example").await;
    let waiting = admin.get("/v1/jobs?state=waiting").expect(200).await.json();
    assert_eq!((&waiting["data"][0]["id"], &waiting["data"][0]["kind"]), (&json!(id), &json!("test.broken")));
    assert_eq!(admin.post(&format!("/v1/jobs/{id}/retry")).expect(409).await.code(), "illegal_transition");
    give_up(&app).await;
    let admin = app.staff("admin@platform.example").await;
    let dead = admin.get("/v1/jobs?state=dead").expect(200).await;
    assert!(!dead.text().contains("zqkanaryqz"), "what failed inside stays in the log");
    let job = &dead.json()["data"][0];
    assert_eq!(
        (&job["state"], &job["attempts"], &job["error_class"], &job["error_code"]),
        (&json!("dead"), &json!(12), &json!("outside"), &json!("unavailable"))
    );
    let again = admin.post(&format!("/v1/jobs/{id}/retry")).expect(200).await.json();
    assert_eq!((&again["state"], &again["attempts"], &again["dead_at"]), (&json!("waiting"), &json!(0), &Value::Null));
    give_up(&app).await;
    let admin = app.staff("admin@platform.example").await;
    admin.post(&format!("/v1/jobs/{id}/discard")).expect(204).await;
    admin.post(&format!("/v1/jobs/{id}/discard")).expect(404).await;
    assert_eq!(app.number("SELECT count(*) FROM jobs").await, 0);
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action IN ('job.retried', 'job.discarded')").await, 2);
}

async fn nobody_else_sees_jobs(app: App) {
    for email in ["admin@trend.example", "editor@platform.example"] {
        app.staff(email).await.get("/v1/jobs").expect(403).await;
    }
    app.anonymous().get("/v1/jobs").expect(401).await;
}

/// As if the program had not been able to do them, twelve times.
async fn break_down(app: &App, kind: &'static str) {
    app.state.db.write().query("UPDATE jobs SET attempts = 12 WHERE kind = $1").bind(kind).execute().await.unwrap();
    for table in ["published_changes", "partner_documents"] {
        rename(app, &format!("ALTER TABLE {table} RENAME TO gone_{table}")).await;
    }
    app.drain_jobs().await;
    for table in ["published_changes", "partner_documents"] {
        rename(app, &format!("ALTER TABLE gone_{table} RENAME TO {table}")).await;
    }
}

async fn rename(app: &App, sql: &str) {
    let sql: &'static str = sql.to_owned().leak();
    app.state.db.write().query(sql).execute().await.unwrap();
}

async fn a_scheduled_step_that_is_given_up_is_told_and_can_be_retried(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.approve("en").await;
    let order = json!({"action": "publish", "at": "2026-07-24T13:00:00Z"});
    let entry = desk.editor().await.post(&format!("{}/schedule", desk.text("en"))).json(&order).expect(201).await.json()["id"].clone();
    app.advance(HOUR);
    break_down(&app, "schedule.run").await;
    let path = format!("/v1/schedule/{}", entry.as_str().unwrap());
    let failed = desk.editor().await.get(&path).expect(200).await.json();
    assert_eq!((&failed["state"], &failed["failure_code"]), (&json!("failed"), &json!("internal")));
    assert_eq!(app.number("SELECT count(*) FROM notices WHERE kind = 'job_failed'").await, 1);
    let admin = app.staff("admin@platform.example").await;
    let dead = admin.get("/v1/jobs?state=dead").expect(200).await.json();
    assert_eq!((&dead["data"][0]["article_id"], &dead["data"][0]["language"]), (&json!(desk.article), &json!("en")));
    admin.post(&format!("/v1/jobs/{}/retry", dead["data"][0]["id"].as_str().unwrap())).expect(200).await;
    app.drain_jobs().await;
    assert!(desk.is_public("en").await);
    let done = desk.editor().await.get(&path).expect(200).await.json();
    assert_eq!((&done["state"], &done["failure_code"]), (&json!("done"), &Value::Null));
}

async fn an_embargo_that_cannot_end_is_told(app: App) {
    let desk = Desk::new(&app, &[]).await;
    let editor = desk.editor().await;
    let etag = editor.get(&desk.text("en")).expect(200).await.etag();
    editor.put(&format!("{}/embargo", desk.text("en"))).if_match(&etag).json(&json!({"until": "2026-07-24T13:00:00Z"})).expect(200).await;
    desk.step("en", "publish", &Value::Null).await;
    app.advance(HOUR);
    break_down(&app, "embargo.end").await;
    assert_eq!(app.number("SELECT count(*) FROM notices WHERE kind = 'job_failed'").await, 1);
    assert!(!desk.is_public("en").await);
    let admin = app.staff("admin@platform.example").await;
    let dead = admin.get("/v1/jobs?state=dead").expect(200).await.json();
    admin.post(&format!("/v1/jobs/{}/retry", dead["data"][0]["id"].as_str().unwrap())).expect(200).await;
    app.drain_jobs().await;
    assert!(desk.is_public("en").await);
}
