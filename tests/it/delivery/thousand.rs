//! Thousands who follow one process: all are told at once, none of them costs much, and all are sent away in order.

use super::text;
use crate::support::house::{Client, House, Service};
use crate::support::sse::{Follower, Step};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const FOLLOWERS: usize = 1000;
/// Ten thousand are to fit into 300 MB, with the house itself.
const BYTES_EACH: u64 = 20_000;
/// How long an event may take to all of them. It takes a fraction of a second; this is a build for tests, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(10);
const STREAM: &str = "/v1/delivery/stream";

fn publish(client: &mut Client, headline: &str) -> String {
    let new = json!({ "original_language": "en", "headline": headline, "body_html": "<p>It is small.</p>" });
    let created = client.send("POST", "/v1/articles", &[], Some(&new)).unwrap();
    let id = text(&created.json()["id"]);
    let path = format!("/v1/articles/{id}/translations/en/publish");
    let published = client.send("POST", &path, &[("If-Match", "*")], Some(&Value::Null)).unwrap();
    assert_eq!(published.status, 200, "{}", published.text());
    id
}

async fn follow(service: &Service, count: usize) -> Vec<Follower> {
    let mut followers = vec![];
    while followers.len() < count {
        followers.extend(join_all((0..50).map(|_| Follower::open(service.address, STREAM, None))).await);
    }
    for follower in &mut followers {
        assert_eq!(follower.catch_up().await, []);
    }
    followers
}

async fn all_are_told(house: House) {
    let service = house.serve(&[]);
    let mut editor = service.client(&house.token("editor@trend.example").await);
    publish(&mut editor, "The first");
    // The first thousand have room in what the start has used and let go: only the second shows what one costs.
    let mut followers = follow(&service, FOLLOWERS).await;
    let before = service.memory();
    followers.extend(follow(&service, FOLLOWERS).await);
    let first: i64 = followers[0].last_id.parse().unwrap();
    for n in 1..=3 {
        let id = publish(&mut editor, &format!("News {n}"));
        let published = Instant::now();
        let events = join_all(followers.iter_mut().map(Follower::event)).await;
        let took = published.elapsed();
        assert!(took < PATIENCE, "{took:?}");
        assert!(events.iter().all(|event| event.data["article_id"] == id.as_str() && event.id == (first + n).to_string()));
    }
    let each = service.memory().saturating_sub(before) / FOLLOWERS as u64;
    assert!(each < BYTES_EACH, "each who follows costs {each} bytes");
    service.terminate();
    let stopping = Instant::now();
    for follower in &mut followers {
        while follower.step().await != Step::End {}
    }
    assert!(stopping.elapsed() < PATIENCE, "{:?}", stopping.elapsed());
}

#[actix_web::test]
async fn a_thousand_are_told_on_sqlite() {
    all_are_told(House::sqlite().await).await;
}

#[actix_web::test]
async fn a_thousand_are_told_on_postgres() {
    if let Some(house) = House::postgres().await {
        all_are_told(house).await;
    }
}
