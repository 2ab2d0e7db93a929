//! The program itself, started as a user starts it: first start, five pasted lines, stopping, backups, killing.

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A service that ends with its owner.
pub struct Service {
    pub process: Child,
    pub url: String,
    /// What it printed until it was ready to be used.
    welcome: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn newsroom(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_newsroom"));
    command.env_clear().env("NEWSROOM_METRICS__BIND", "off").arg("--data-dir").arg(data).current_dir(data.parent().unwrap());
    command
}

pub fn run(data: &Path, arguments: &[&str]) -> Output {
    newsroom(data).args(arguments).output().unwrap()
}

pub fn start(data: &Path) -> Service {
    start_with(data, |_| {})
}

pub fn start_with(data: &Path, change: impl FnOnce(&mut Command)) -> Service {
    let port = free_port();
    let mut command = newsroom(data);
    command.args(["--bind", &format!("127.0.0.1:{port}")]).stdout(Stdio::piped()).stderr(Stdio::null());
    change(&mut command);
    let mut process = command.spawn().unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let deadline = Instant::now() + Duration::from_secs(30);
    while curl(&format!("curl -sf {url}/health/ready")).is_none() {
        assert!(Instant::now() < deadline, "the service is not ready");
        assert!(process.try_wait().unwrap().is_none(), "the service has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    let welcome = read_welcome(&mut process);
    Service { process, url, welcome }
}

fn read_welcome(process: &mut Child) -> String {
    let mut out = BufReader::new(process.stdout.take().unwrap());
    let mut text = String::new();
    // The welcome ends with its last line, or, without a demo, with the line of the reference.
    while !(text.contains("body_format=html\"\n") || (text.contains("reference:") && !text.contains("Demo logins") && no_more(&mut out))) {
        if out.read_line(&mut text).unwrap() == 0 {
            break;
        }
    }
    std::thread::spawn(move || out.read_to_end(&mut vec![]));
    text
}

/// Everything is written at once: what is not in the buffer does not come.
fn no_more(out: &mut BufReader<impl Read>) -> bool {
    out.buffer().is_empty()
}

/// What a shell line prints; `None` when it fails.
pub fn curl(line: &str) -> Option<String> {
    let output = Command::new("bash").args(["-c", line]).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

pub fn signal(process: &Child, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &process.id().to_string()]).status().unwrap().success());
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_first_start_tells_five_lines_that_work() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let service = start(&data);
    let lines: Vec<&str> = service.welcome.lines().filter(|line| line.starts_with("curl") || line.contains("=$(curl")).collect();
    assert_eq!(lines.len(), 5, "{}", service.welcome);
    let printed = curl(&format!("set -e\n{}", lines.join("\necho\n"))).unwrap();
    let answers: Vec<Value> = serde_json::Deserializer::from_str(&printed).into_iter::<Value>().map(Result::unwrap).collect();
    let [list, translated, published, read] = answers.as_slice() else { panic!("{printed}") };
    assert_eq!(list["data"].as_array().unwrap().len(), 3);
    assert!(list["data"].as_array().unwrap().iter().all(|item| item["language"] == "kk"));
    assert_eq!((translated["language"].as_str(), translated["review"].as_str()), (Some("kk"), Some("draft")));
    assert_eq!(published["publication"], "published");
    assert_eq!(read["headline"], "Каспий үстіндегі жел");
    assert!(read["body"].as_str().unwrap().contains("lang=\"kk\""));
    for file in ["demo-credentials", "keys/refresh.key", "keys/api-keys.key"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&data.join("keys")), 0o700);
    drop(service);
    let again = start(&data);
    let password = fs::read_to_string(data.join("demo-credentials")).unwrap();
    assert!(again.welcome.contains(password.trim()), "the second start tells the password again");
}

#[test]
fn without_a_demo_the_house_is_empty_and_staff_come_by_command() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let made = run(&data, &["staff", "create", "--email", "first@example.org", "--name", "First"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let password = String::from_utf8(made.stdout).unwrap().trim().rsplit(' ').next().unwrap().to_owned();
    let service = start_with(&data, |command| {
        command.env("NEWSROOM_DEMO", "off");
    });
    assert!(!service.welcome.contains("Demo"));
    let login = |password: &str| {
        curl(&format!(
            "curl -sf {}/v1/auth/login -H 'Content-Type: application/json' -d '{{\"email\":\"first@example.org\",\"password\":\"{password}\"}}'",
            service.url
        ))
    };
    let answer: Value = serde_json::from_str(&login(&password).unwrap()).unwrap();
    assert_eq!(answer["staff"]["role"], "admin");
    assert_eq!(answer["staff"]["agency"]["kind"], "platform");
    let reset = run(&data, &["staff", "reset-password", "--email", "FIRST@example.org"]);
    let new = String::from_utf8(reset.stdout).unwrap().trim().rsplit(' ').next().unwrap().to_owned();
    assert!(login(&password).is_none() && login(&new).is_some());
}

#[test]
fn settings_are_told_without_secrets_and_refused_when_weak() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let told = newsroom(&data).arg("config").env("NEWSROOM_DEMO_PASSWORD", "a long secret here").output().unwrap();
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains("issuer") && !text.contains("a long secret"), "{text}");
    let weak = newsroom(&data).env("NEWSROOM_MODE", "production").output().unwrap();
    let text = String::from_utf8(weak.stderr).unwrap();
    assert!(!weak.status.success());
    for named in ["public_url", "mail.smtp_url", "site.token_url"] {
        assert!(text.contains(named), "{named}: {text}");
    }
}

#[test]
fn openapi_needs_no_database() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let printed = run(&data, &["openapi"]);
    let document: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(!data.exists());
}

#[test]
fn keys_rotate_and_other_keys_are_refused() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let kid = |output: Output| String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let first = kid(run(&data, &["keys", "create"]));
    assert!(run(&data, &["keys", "rotate"]).status.success());
    let second = kid(run(&data, &["keys", "create"]));
    assert_ne!(first, second);
    fs::remove_dir_all(data.join("keys")).unwrap();
    let refused = run(&data, &["migrate"]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("key files"));
    assert!(run(&data, &["keys", "rotate"]).status.success());
    assert!(run(&data, &["migrate"]).status.success());
}

/// Keeps writing through the API; counts what was acknowledged.
fn write_until(url: &str, token: &str, stop: &AtomicBool, acknowledged: &AtomicUsize) {
    let mut n = 0;
    while !stop.load(Ordering::SeqCst) {
        n += 1;
        let line = format!(
            "curl -sf {url}/v1/articles -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' \
             -d '{{\"original_language\":\"en\",\"headline\":\"Kept {n}\",\"body_html\":\"<p>x</p>\"}}'"
        );
        if curl(&line).is_some() {
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }
}

pub fn token(service: &Service, data: &Path) -> String {
    let password = fs::read_to_string(data.join("demo-credentials")).unwrap();
    let line = format!(
        "curl -sf {}/v1/auth/login -H 'Content-Type: application/json' -d '{{\"email\":\"editor@trend.example\",\"password\":\"{}\"}}'",
        service.url,
        password.trim()
    );
    let answer: Value = serde_json::from_str(&curl(&line).unwrap()).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// The headlines "Kept …" that a house has.
fn kept(service: &Service, token: &str) -> usize {
    let line = format!("curl -sf '{}/v1/articles?headline=kept&count=exact&limit=1' -H 'Authorization: Bearer {token}'", service.url);
    let answer: Value = serde_json::from_str(&curl(&line).unwrap()).unwrap();
    usize::try_from(answer["meta"]["count"].as_u64().unwrap()).unwrap()
}

/// Runs `during` while somebody writes. Returns how many writes were acknowledged before it began, and in all.
fn while_writing(service: &Service, token: &str, during: impl FnOnce()) -> (usize, usize) {
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writer = {
        let (url, token, stop, acknowledged) = (service.url.clone(), token.to_owned(), Arc::clone(&stop), Arc::clone(&acknowledged));
        std::thread::spawn(move || write_until(&url, &token, &stop, &acknowledged))
    };
    while acknowledged.load(Ordering::SeqCst) < 5 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let before = acknowledged.load(Ordering::SeqCst);
    during();
    stop.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    (before, acknowledged.load(Ordering::SeqCst))
}

#[test]
fn a_backup_under_writing_is_whole() {
    let folder = TempDir::new().unwrap();
    let (data, copy, restored) = (folder.path().join("data"), folder.path().join("copy"), folder.path().join("restored"));
    let service = start(&data);
    let token = token(&service, &data);
    let (before, all) = while_writing(&service, &token, || {
        let made = run(&data, &["backup", copy.to_str().unwrap()]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    });
    assert_eq!(kept(&service, &token), all);
    let brought = run(&restored, &["restore", copy.to_str().unwrap()]);
    assert!(brought.status.success(), "{}", String::from_utf8_lossy(&brought.stderr));
    let second = start(&restored);
    // The keys came along: the token of the first house is good in the second.
    let found = kept(&second, &token);
    assert!((before..=all).contains(&found), "{before} <= {found} <= {all}");
    assert!(!run(&restored, &["restore", copy.to_str().unwrap()]).status.success(), "what is there is not overwritten");
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut expected = 0;
    for _ in 0..3 {
        let service = start(&data);
        let token = token(&service, &data);
        let found = kept(&service, &token);
        assert!(found >= expected, "{expected} were acknowledged, {found} are there");
        let (_, all) = while_writing(&service, &token, || {
            std::thread::sleep(Duration::from_millis(50));
            signal(&service.process, "KILL");
        });
        expected = found + all;
    }
    let service = start(&data);
    assert!(kept(&service, &token(&service, &data)) >= expected);
}

#[test]
fn it_stops_gracefully() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut service = start(&data);
    signal(&service.process, "TERM");
    let mut seen_unready = false;
    let deadline = Instant::now() + Duration::from_secs(30);
    let status = loop {
        if let Some(status) = service.process.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it does not stop");
        let code = Command::new("curl").args(["-s", "-o", "/dev/null", "-w", "%{http_code}", &format!("{}/health/ready", service.url)]).output().unwrap();
        seen_unready |= code.stdout == b"503";
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success() && seen_unready);
}

#[test]
fn operators_see_metrics_and_readiness() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let port = free_port();
    let service = start_with(&data, |command| {
        command.env("NEWSROOM_METRICS__BIND", format!("127.0.0.1:{port}"));
    });
    curl(&format!("curl -sf '{}/v1/delivery/articles?language=kk'", service.url)).unwrap();
    let metrics = curl(&format!("curl -sf http://127.0.0.1:{port}/metrics")).unwrap();
    assert!(metrics.contains(r#"newsroom_http_requests_total{method="GET",route="/v1/delivery/articles",status="200"} 1"#), "{metrics}");
    assert!(metrics.contains("newsroom_jobs_waiting 0") && metrics.trim_end().ends_with("# EOF"));
    let details: Value = serde_json::from_str(&curl(&format!("curl -sf http://127.0.0.1:{port}/health/ready")).unwrap()).unwrap();
    assert_eq!((details["ready"].as_bool(), details["database"].as_bool()), (Some(true), Some(true)));
    assert!(curl(&format!("curl -sf {}/metrics", service.url)).is_none(), "not on the public listener");
}
