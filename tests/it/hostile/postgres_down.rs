//! PostgreSQL killed under load: what was acknowledged is there, nothing is half there, and the service recovers by itself.

use super::dice::{Dice, histories, rounds};
use super::invariants::assert_whole;
use super::writers::{Sent, all_write, hire, wait_for};
use crate::support::App;
use crate::support::house::{House, Service};
use crate::support::postgres::Cluster;
use newsroom::db::Reader;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long the database may be back before writing works again.
const RECOVERY: Duration = Duration::from_secs(10);
/// How long anybody may wait for an answer: five seconds for a connection, and what a busy machine adds.
const LONGEST: Duration = Duration::from_secs(7);

/// Without its database, the service says so to everybody, and lives.
fn assert_away(service: &Service, token: &str) {
    let live = service.client(token).send("GET", "/health/live", &[], None).unwrap();
    assert_eq!(live.status, 200, "{}", live.text());
    std::thread::scope(|scope| {
        for path in ["/health/ready", "/v1/delivery/articles", "/v1/articles"] {
            scope.spawn(move || {
                let started = Instant::now();
                let reply = service.client(token).send("GET", path, &[], None).unwrap();
                assert_eq!(reply.status, 503, "{path}: {}", reply.text());
                assert_eq!((reply.header("Content-Type"), &reply.json()["code"]), (Some("application/problem+json"), &"unavailable".into()), "{path}");
                assert!(reply.header("Retry-After").is_some() && started.elapsed() < LONGEST, "{path}: {:?} {}", started.elapsed(), reply.text());
            });
        }
    });
}

/// Waits until a page is served again. Meanwhile nothing but 503 is answered.
fn recovers(service: &Service, path: &str) {
    let (mut client, deadline) = (service.client(""), Instant::now() + RECOVERY);
    loop {
        let reply = client.send("GET", path, &[], None).unwrap();
        if reply.status == 200 {
            return;
        }
        assert_eq!(reply.status, 503, "{path}: {}", reply.text());
        assert!(Instant::now() < deadline, "{path} does not recover:\n{}", service.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_was_acknowledged_outlives_the_database() {
    let system = actix_web::rt::System::new();
    let Some(mut cluster) = system.block_on(Cluster::start()) else { return };
    let house = system.block_on(House::on(&cluster));
    let (seed, _) = histories(1);
    let mut dice = Dice::new(seed, 0);
    let mut service = house.serve(&[]);
    let mut writers = system.block_on(hire(&house, &service, &mut dice, "p"));
    let token = system.block_on(house.token("editor@trend.example"));
    let [refused, lost] = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let go_on = |sent| {
        let count = match sent {
            Sent::Acknowledged => return true,
            Sent::Refused => &refused,
            Sent::Lost => &lost,
        };
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(10));
        true
    };
    all_write(&mut writers, go_on, |acknowledged| {
        for round in 0..rounds(5, 20) {
            assert!(wait_for(acknowledged, 16, Duration::from_secs(30)), "nobody can write in round {round}:\n{}", service.log());
            std::thread::sleep(Duration::from_millis(dice.below(100)));
            // By turns without a word, and as a server ends that must not write anything more.
            cluster.signal(if round % 2 == 0 { "KILL" } else { "QUIT" });
            if round == 0 {
                assert_away(&service, &token);
            } else {
                std::thread::sleep(Duration::from_millis(dice.below(300)));
            }
            cluster.again();
            drop(system.block_on(cluster.admin()));
            assert!(wait_for(acknowledged, 1, RECOVERY), "nobody can write again in round {round}:\n{}", service.log());
            recovers(&service, "/health/ready");
            recovers(&service, "/v1/delivery/articles");
        }
    });
    assert!(service.is_running(), "it was never started again");
    assert!(refused.load(Ordering::SeqCst) > 0, "nobody noticed that the database was away; {lost:?} were lost");
    system.block_on(async {
        let db = house.db().await;
        for writer in &mut writers {
            assert!(writer.wrong.is_empty(), "{:#?}", writer.wrong);
            assert!(writer.slowest < LONGEST, "an answer took {:?}", writer.slowest);
            writer.resolve(service.client(&house.token(writer.email()).await));
            writer.check(&db).await;
        }
        assert_whole(&db).await;
        db.close().await;
    });
}

/// A constraint that ends its own connection when the transaction is committed.
const END_AT_COMMIT: [&str; 2] = [
    "CREATE FUNCTION end_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'",
    "CREATE CONSTRAINT TRIGGER end_it AFTER INSERT ON articles DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION end_it()",
];

/// Nobody is told that nothing was changed when nobody knows.
#[actix_web::test]
async fn a_commit_that_was_lost_is_said_to_be_unknown() {
    let Some(app) = App::postgres().await else { return };
    let editor = app.staff("editor@trend.example").await;
    for sql in END_AT_COMMIT {
        app.state.db.write().query(sql).execute().await.unwrap();
    }
    let new = json!({"original_language": "en", "headline": "Lost", "body_html": "<p>x</p>"});
    let lost = editor.post("/v1/articles").header("Idempotency-Key", "lost").json(&new).expect(503).await;
    assert_eq!((lost.code().as_str(), &lost.json()["outcome"]), ("unavailable", &json!("unknown")));
    assert!(lost.header("Retry-After").is_some());
    app.state.db.write().query("DROP TRIGGER end_it ON articles").execute().await.unwrap();
    editor.post("/v1/articles").header("Idempotency-Key", "lost").json(&new).expect(201).await;
    assert_eq!(app.number("SELECT count(*) FROM translations WHERE headline = 'Lost'").await, 1);
}
