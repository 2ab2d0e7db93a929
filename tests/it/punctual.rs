//! By the clock of the machine: what is scheduled happens at its moment, also when the program was killed meanwhile.

use crate::operations::{Service, curl, signal, start, token};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An editor at the shell.
struct Editor<'a> {
    service: &'a Service,
    token: String,
}

impl<'a> Editor<'a> {
    fn of(service: &'a Service, data: &Path) -> Self {
        Self { service, token: token(service, data) }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let line = format!(
            "curl -sf {}{path} -X POST -H 'Authorization: Bearer {}' -H 'If-Match: *' -H 'Content-Type: application/json' -d '{body}'",
            self.service.url, self.token
        );
        serde_json::from_str(&curl(&line).unwrap_or_else(|| panic!("{line}"))).unwrap()
    }

    /// A story that is approved, and is to be published by itself after a while. Its id, and when it is due.
    fn schedule(&self, after: Duration) -> (String, i64) {
        let new = json!({"original_language": "en", "headline": "On time", "body_html": "<p>x</p>"});
        let id = self.post("/v1/articles", &new)["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/articles/{id}/translations/en");
        for step in ["submit", "approve"] {
            self.post(&format!("{path}/{step}"), &Value::Null);
        }
        let due = millis() + i64::try_from(after.as_millis()).unwrap();
        let at = newsroom::db::Timestamp::from_micros(due * 1_000).to_string();
        self.post(&format!("{path}/schedule"), &json!({"action": "publish", "at": at}));
        (id, due)
    }
}

/// The time, as `date` tells it.
fn millis() -> i64 {
    curl("date +%s%3N").unwrap().trim().parse().unwrap()
}

/// Waits until readers see it. When they first did, and when it says that it was published.
fn published(service: &Service, id: &str) -> (i64, i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        assert!(Instant::now() < deadline, "it is not published");
        if let Some(text) = curl(&format!("curl -sf {}/v1/delivery/articles/{id}", service.url)) {
            let seen = millis();
            let document: Value = serde_json::from_str(&text).unwrap();
            let at = newsroom::db::Timestamp::parse(document["published_at"].as_str().unwrap()).unwrap();
            return (seen, at.micros() / 1_000);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_is_scheduled_happens_soon_and_never_early() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let service = start(&data);
    let editor = Editor::of(&service, &data);
    let (id, due) = editor.schedule(Duration::from_secs(2));
    let (seen, at) = published(&service, &id);
    assert!(at >= due, "{} ms early", due - at);
    // Two seconds are promised; a machine that runs all tests at once gets more.
    assert!(seen - due <= 6_000, "{} ms late", seen - due);
}

#[test]
fn what_came_due_while_the_program_was_dead_happens_after_the_start() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let service = start(&data);
    let (id, due) = Editor::of(&service, &data).schedule(Duration::from_millis(1_500));
    // Killed when it may have the job in hand.
    std::thread::sleep(Duration::from_millis(u64::try_from((due - millis()).max(0)).unwrap()));
    signal(&service.process, "KILL");
    drop(service);
    let restarted = millis();
    let service = start(&data);
    let (seen, _) = published(&service, &id);
    // Ten seconds are promised.
    assert!(seen - restarted <= 15_000, "{} ms after the restart", seen - restarted);
    let changes = format!("curl -sf {}/v1/delivery/articles/{id}", service.url);
    assert_eq!(serde_json::from_str::<Value>(&curl(&changes).unwrap()).unwrap()["version"], 1, "once");
}
