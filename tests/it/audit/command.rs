//! The program itself: `newsroom audit`, signing at the start and the end, backups.

use crate::operations::{curl, free_port, run, signal, start, start_with};
use newsroom::db::{Db, Reader};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn checkpoints(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("checkpoints.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn tamper(data: &Path, statements: &[&'static str]) {
    let db = Db::open(&format!("sqlite:{}", data.join("newsroom.db").display()), 1).await.unwrap();
    for sql in statements {
        db.write().query(*sql).execute().await.unwrap();
    }
    db.close().await;
}

#[actix_web::test]
async fn verify_tells_what_is_wrong_and_fails() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let nothing = run(&data, &["audit", "verify"]);
    assert!(!nothing.status.success() && text(&nothing).contains("no database") && !data.exists(), "{}", text(&nothing));
    assert!(run(&data, &["seed"]).status.success());
    let whole = run(&data, &["audit", "verify"]);
    assert!(whole.status.success() && text(&whole).contains("is whole") && text(&whole).contains("no checkpoint"), "{}", text(&whole));
    let signed = run(&data, &["audit", "checkpoint"]);
    assert!(signed.status.success(), "{}", text(&signed));
    let last = checkpoints(&data.join("audit"))[0]["seq"].as_i64().unwrap();
    assert!(run(&data, &["keys", "rotate"]).status.success());
    assert!(run(&data, &["audit", "checkpoint"]).status.success());
    let lines = checkpoints(&data.join("audit"));
    assert_eq!((lines[1]["seq"].as_i64(), lines[0]["kid"] == lines[1]["kid"]), (Some(last + 1), false), "the rotation is an entry, signed by the new key");
    let whole = run(&data, &["audit", "verify"]);
    assert!(whole.status.success() && text(&whole).contains(&format!("signed up to entry {}", last + 1)), "{}", text(&whole));
    tamper(&data, &["DROP TRIGGER audit_log_no_update", "UPDATE audit_log SET details = '{}' WHERE seq = 4"]).await;
    let found = run(&data, &["audit", "verify"]);
    assert_eq!(found.status.code(), Some(1));
    assert!(text(&found).contains("entry 4 does not follow from entry 3") && text(&found).contains("NOT whole: 1 finding"), "{}", text(&found));
}

#[test]
fn the_commands_are_in_the_help() {
    let folder = TempDir::new().unwrap();
    let help = run(&folder.path().join("data"), &["help", "audit"]);
    assert!(text(&help).contains("verify") && text(&help).contains("checkpoint"), "{}", text(&help));
}

#[actix_web::test]
async fn the_service_signs_at_its_start_and_its_end_and_tells_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let (data, outside, port) = (folder.path().join("data"), folder.path().join("outside"), free_port());
    let launch = || {
        start_with(&data, |command| {
            command.env("NEWSROOM_METRICS__BIND", format!("127.0.0.1:{port}")).env("NEWSROOM_AUDIT__CHECKPOINT_DIR", &outside);
        })
    };
    let mut service = launch();
    wait_for(|| checkpoints(&outside).len() == 1);
    let verified = run(&data, &["audit", "verify"]);
    assert!(verified.status.success(), "while it runs: {}", text(&verified));
    let password = fs::read_to_string(data.join("demo-credentials")).unwrap();
    let login = format!("-H 'Content-Type: application/json' -d '{{\"email\":\"editor@trend.example\",\"password\":\"{}\"}}'", password.trim());
    curl(&format!("curl -sf {}/v1/auth/login {login}", service.url)).unwrap();
    signal(&service.process, "TERM");
    assert!(service.process.wait().unwrap().success());
    let lines = checkpoints(&outside);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["seq"].as_i64().unwrap() + 1, lines[1]["seq"].as_i64().unwrap());
    let details = || curl(&format!("curl -sf http://127.0.0.1:{port}/health/ready")).and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let metrics = || curl(&format!("curl -sf http://127.0.0.1:{port}/metrics")).unwrap_or_default();
    let cut = ["DROP TRIGGER audit_log_no_delete", "DELETE FROM audit_log WHERE seq > 20", "UPDATE sequences SET value = 20 WHERE name = 'audit'"];
    tamper(&data, &cut).await;
    let service = launch();
    wait_for(|| metrics().contains("newsroom_audit_whole 0"));
    let told = details().unwrap();
    assert!(told["audit_fault"].as_str().unwrap().contains("its end was removed") && told["ready"] == true, "{told}");
    assert_eq!(checkpoints(&outside).len(), 2);
    drop(service);
}

fn wait_for(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "it does not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_backup_takes_the_checkpoints_along() {
    let folder = TempDir::new().unwrap();
    let (data, copy, restored) = (folder.path().join("data"), folder.path().join("copy"), folder.path().join("restored"));
    drop(start(&data));
    assert!(run(&data, &["audit", "checkpoint"]).status.success());
    assert!(run(&data, &["backup", copy.to_str().unwrap()]).status.success());
    let brought = run(&restored, &["restore", copy.to_str().unwrap()]);
    assert!(brought.status.success(), "{}", text(&brought));
    assert_eq!(checkpoints(&restored.join("audit")), checkpoints(&data.join("audit")));
    let whole = run(&restored, &["audit", "verify"]);
    assert!(whole.status.success() && text(&whole).contains("signed up to"), "{}", text(&whole));
    // A log that is gone does not come back over what was signed of it.
    fs::remove_file(restored.join("newsroom.db")).unwrap();
    fs::remove_dir_all(restored.join("keys")).unwrap();
    let refused = run(&restored, &["restore", copy.to_str().unwrap()]);
    assert!(!refused.status.success() && text(&refused).contains("checkpoints.jsonl"), "{}", text(&refused));
}
