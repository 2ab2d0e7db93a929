//! The audit log: what it holds, who reads it, and how tampering shows.

mod command;
mod events;
mod identity;
mod parallel;
mod reading;
mod tampering;

use crate::support::{Answer, App, Caller};
use newsroom::audit::checkpoints;
use newsroom::audit::verify::{self, Report};
use newsroom::db::Reader;
use serde_json::{Value, json};

pub const PLATFORM: &str = "admin@platform.example";
pub const ADMIN: &str = "admin@trend.example";
pub const EDITOR: &str = "editor@trend.example";
pub const JOURNALIST: &str = "journalist@trend.example";

/// Follows the log.
pub struct Log {
    app: App,
    seen: i64,
}

impl Log {
    pub async fn of(app: &App) -> Self {
        Self { app: app.clone(), seen: last(app).await }
    }

    /// What was recorded since the last time, background work included: action and details.
    pub async fn news(&mut self) -> Vec<(String, Value)> {
        self.app.drain_jobs().await;
        let rows: Vec<(i64, String, String)> =
            self.app.state.db.query("SELECT seq, action, details FROM audit_log WHERE seq > $1 ORDER BY seq").bind(self.seen).all().await.unwrap();
        self.seen = rows.last().map_or(self.seen, |row| row.0);
        rows.into_iter().map(|(_, action, details)| (action, serde_json::from_str(&details).unwrap())).collect()
    }

    /// Expects exactly these actions since the last time, and returns the details of the last.
    #[track_caller]
    pub fn expect<'a>(&'a mut self, actions: &'a [&'a str]) -> impl Future<Output = Value> + 'a {
        let place = std::panic::Location::caller();
        async move {
            let news = self.news().await;
            let found: Vec<&str> = news.iter().map(|(action, _)| action.as_str()).collect();
            assert_eq!(found, actions, "at {place}");
            news.last().map_or(Value::Null, |(_, details)| details.clone())
        }
    }
}

pub async fn last(app: &App) -> i64 {
    app.number("SELECT MAX(seq) FROM audit_log").await
}

/// Walks the whole log, with the checkpoints there are.
pub async fn walk(app: &App) -> Report {
    let known = checkpoints::all(&app.state.config.checkpoint_dir(), &app.state.secrets).unwrap();
    verify::whole(&app.state.db, &known).await.unwrap()
}

pub async fn is_whole(app: &App) {
    let report = walk(app).await;
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.last, last(app).await);
}

/// Changes a record as somebody who has just read it.
pub async fn patch(caller: &Caller, path: &str, change: &Value) -> Answer {
    let etag = caller.get(path).expect(200).await.etag();
    caller.patch(path).if_match(&etag).json(change).expect(200).await
}

/// Takes a step with a record that was just read.
pub async fn step(caller: &Caller, record: &str, step: &str, order: &Value) -> Answer {
    let etag = caller.get(record).expect(200).await.etag();
    let request = caller.post(&format!("{record}/{step}")).if_match(&etag);
    if order.is_null() { request.send().await } else { request.json(order).send().await }
}

pub fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// A draft of the caller, and the path of its text.
pub async fn draft(caller: &Caller) -> (String, String) {
    let new = json!({ "original_language": "az", "headline": "Külək", "body_html": "<p>Külək güclüdür.</p>" });
    let article = id(&caller.post("/v1/articles").json(&new).expect(201).await);
    let text = format!("/v1/articles/{article}/translations/az");
    (article, text)
}

/// The secret in the newest message.
pub fn mailed_link(app: &App) -> String {
    let mail = app.outbox().pop().unwrap();
    let (_, encoded) = mail.split_once("\r\n\r\n").unwrap();
    let body = if mail.contains("base64") {
        use base64::Engine;
        let joined: String = encoded.split_whitespace().collect();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(joined).unwrap()).unwrap()
    } else {
        encoded.replace("=\r\n", "").replace("=3D", "=")
    };
    body.split_whitespace().find(|word| word.starts_with("nwl_")).unwrap().to_owned()
}
