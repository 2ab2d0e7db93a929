//! A newsroom for a test: the demo house on a database of its own, a clock that stands, and callers.

pub mod house;
pub mod postgres;
pub mod sse;

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::Service;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Data;
use newsroom::clock::Clock;
use newsroom::config::Config;
use newsroom::db::{Db, Reader, Timestamp};
use newsroom::secrets::Secrets;
use newsroom::state::State;
use newsroom::{app, auth, jobs, mail, names_desk, seed};
use serde_json::Value;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Everybody's, in the demo house of the tests.
pub const PASSWORD: &str = "correct horse battery";
/// What the clock says when a test begins.
pub const NOON: &str = "2026-07-24T12:00:00Z";

/// Declares `async fn name(app: App)` as `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => { $(mod $name {
        #[actix_web::test]
        async fn sqlite() {
            super::$name($crate::support::App::sqlite().await).await;
        }
        #[actix_web::test]
        async fn postgres() {
            if let Some(app) = $crate::support::App::postgres().await {
                super::$name(app).await;
            }
        }
    })+ };
}

type Answering = Pin<Box<dyn Future<Output = Answer>>>;

/// A running newsroom.
#[derive(Clone)]
pub struct App {
    pub state: Data<State>,
    call: Rc<dyn Fn(TestRequest) -> Answering>,
    folder: Rc<TempDir>,
    url: String,
    database: Rc<Option<postgres::Database>>,
}

/// An answer, read to its end; a stream of events, up to the newest.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Somebody who calls.
#[derive(Clone)]
pub struct Caller {
    app: App,
    token: Option<String>,
    pub id: Uuid,
}

/// A request to send.
pub struct Request {
    app: App,
    request: TestRequest,
}

fn settings(folder: PathBuf, url: String) -> Config {
    let mut config = Config::load(std::iter::empty()).unwrap();
    config.data_dir = folder;
    config.rate_limit.enabled = false;
    config.database.url = Some(serde_json::from_value(Value::String(url)).unwrap());
    config
}

/// Keys, and the files that they lie in.
struct Keys {
    secrets: Secrets,
    files: Vec<(String, Vec<u8>)>,
}

/// One set of keys for all tests of the process: making them takes time.
fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let secrets = Secrets::open(folder.path(), false).unwrap();
        let files = std::fs::read_dir(folder.path().join("keys")).unwrap().map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        });
        Keys { secrets, files: files.collect() }
    })
}

fn secrets() -> Secrets {
    keys().secrets.clone()
}

async fn password_hash() -> &'static str {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_init(|| async { auth::hash_password(PASSWORD.to_owned()).await.unwrap() }).await
}

fn state(config: Config, db: Db) -> State {
    let mailer = mail::from_config(&config).unwrap();
    let clock = Clock::manual(Timestamp::parse(NOON).unwrap());
    State::new(config, db.clone(), db, clock, secrets(), mailer)
}

/// Migrates and fills a database, from which those of the tests are copied.
async fn fill(url: &str) {
    let folder = TempDir::new().unwrap();
    let db = Db::open(url, 2).await.unwrap();
    db.migrate().await.unwrap();
    let state = state(settings(folder.path().to_owned(), url.to_owned()), db);
    let mut tx = state.db.begin().await.unwrap();
    auth::register_keys(&mut tx, &state.secrets, state.clock.now()).await.unwrap();
    names_desk::begin(&mut tx, state.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    seed::fill(&state, password_hash().await).await.unwrap();
    state.db.close().await;
}

/// The file of a filled database, in memory: a folder of a static would outlive the tests.
async fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("template.db");
            fill(&format!("sqlite:{}", path.display())).await;
            std::fs::read(path).unwrap()
        })
        .await
}

impl App {
    pub async fn sqlite() -> Self {
        Self::sqlite_with(|_| {}).await
    }

    pub async fn sqlite_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("newsroom.db");
        std::fs::write(&path, sqlite_template().await).unwrap();
        Self::over(folder, format!("sqlite:{}", path.display()), None, change).await
    }

    /// `None`, and a line that says so, where there is no PostgreSQL.
    pub async fn postgres() -> Option<Self> {
        Self::postgres_with(|_| {}).await
    }

    pub async fn postgres_with(change: impl FnOnce(&mut Config)) -> Option<Self> {
        let database = postgres::database(|url| async move { fill(&url).await }).await?;
        Some(Self::over(TempDir::new().unwrap(), database.url.clone(), Some(database), change).await)
    }

    async fn over(folder: TempDir, url: String, database: Option<postgres::Database>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = settings(folder.path().to_owned(), url.clone());
        change(&mut config);
        let db = Db::open(&url, 8).await.unwrap();
        Self::serving(state(config, db), Rc::new(folder), url, Rc::new(database)).await
    }

    /// Another process on the same database, with the same clock.
    pub async fn beside(&self) -> Self {
        let config = settings(self.data_dir().to_owned(), self.url.clone());
        let mut state = state(config, Db::open(&self.url, 4).await.unwrap());
        state.clock = self.state.clock.clone();
        Self::serving(state, Rc::clone(&self.folder), self.url.clone(), Rc::clone(&self.database)).await
    }

    async fn serving(state: State, folder: Rc<TempDir>, url: String, database: Rc<Option<postgres::Database>>) -> Self {
        let state = Data::new(state);
        let service = Rc::new(init_service(app::build(state.clone())).await);
        let call = Rc::new(move |request: TestRequest| {
            let service = Rc::clone(&service);
            let future: Answering = Box::pin(async move {
                let response = service.call(request.to_request()).await.unwrap();
                let status = response.status();
                let headers =
                    response.headers().iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
                let is_stream = response.headers().get("Content-Type").is_some_and(|value| value == "text/event-stream");
                let body = response.into_body().boxed();
                let body = if is_stream { sse::read_so_far(body).await } else { to_bytes(body).await.unwrap().to_vec() };
                Answer { status, headers, body }
            });
            future
        });
        Self { state, call, folder, url, database }
    }

    /// Where the database is.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn data_dir(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn anonymous(&self) -> Caller {
        Caller { app: self.clone(), token: None, id: Uuid::nil() }
    }

    pub fn with_token(&self, token: &str) -> Caller {
        Caller { app: self.clone(), token: Some(token.to_owned()), id: Uuid::nil() }
    }

    /// Somebody who has signed in, without the cost of a password.
    pub async fn staff(&self, email: &str) -> Caller {
        let found: (Uuid,) = self.state.db.query("SELECT id FROM staff WHERE email_key = $1").bind(email).one().await.unwrap();
        let client = auth::Client { address: [127, 0, 0, 1].into(), user_agent: None };
        let now = self.state.clock.now();
        let mut tx = self.state.db.begin().await.unwrap();
        let opened = auth::open_session(&mut tx, found.0, &client, Duration::from_hours(720), now).await.unwrap();
        tx.commit().await.unwrap();
        let token = auth::issue_token(&self.state.secrets, &self.state.config.auth, found.0, opened.session, now).unwrap();
        Caller { app: self.clone(), token: Some(token), id: found.0 }
    }

    /// Does all background work that is due.
    pub async fn drain_jobs(&self) -> usize {
        let registry = app::jobs();
        let mut done = 0;
        while jobs::step(&self.state, &registry, "test").await.unwrap() {
            done += 1;
        }
        done
    }

    /// The messages sent so far, whole, the oldest first.
    pub fn outbox(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.data_dir().join("outbox")) else { return vec![] };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
    }

    /// One number, such as a count of rows.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let (number,): (i64,) = self.state.db.query(sql).one().await.unwrap();
        number
    }

    pub fn advance(&self, span: Duration) {
        self.state.clock.advance(span);
    }
}

impl Caller {
    pub fn request(&self, method: Method, path: &str) -> Request {
        let mut request = TestRequest::with_uri(path).method(method).peer_addr(SocketAddr::from(([127, 0, 0, 1], 40_000)));
        if let Some(token) = &self.token {
            request = request.insert_header(("Authorization", format!("Bearer {token}")));
        }
        Request { app: self.app.clone(), request }
    }

    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    pub fn put(&self, path: &str) -> Request {
        self.request(Method::PUT, path)
    }

    pub fn patch(&self, path: &str) -> Request {
        self.request(Method::PATCH, path)
    }

    pub fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }

    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }
}

impl Request {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.insert_header((name, value));
        self
    }

    pub fn from(mut self, address: &str) -> Self {
        self.request = self.request.peer_addr(SocketAddr::new(address.parse().unwrap(), 40_000));
        self
    }

    pub fn if_match(self, etag: &str) -> Self {
        self.header("If-Match", etag)
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.insert_header(("Content-Type", "application/json")).set_payload(body.to_string());
        self
    }

    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.insert_header(("Content-Type", media_type)).set_payload(body.into());
        self
    }

    pub async fn send(self) -> Answer {
        (self.app.call)(self.request).await
    }

    /// Sends it and expects this status.
    pub async fn expect(self, status: u16) -> Answer {
        let answer = self.send().await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
        answer
    }
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// The text that an answer to a write has, as reading it would give it: without the warnings of the guard.
    pub fn record(&self) -> Value {
        let mut json = self.json();
        for member in ["warnings", "warnings_left_out"] {
            json.as_object_mut().unwrap().shift_remove(member);
        }
        json
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn etag(&self) -> String {
        self.header("ETag").unwrap_or_else(|| panic!("no ETag: {}", self.text())).to_owned()
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        assert_eq!(self.header("Content-Type"), Some("application/problem+json"), "{}", self.text());
        self.json()["code"].as_str().unwrap().to_owned()
    }

    /// The pointers and parameters of a problem's errors.
    pub fn faults(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().or(error["parameter"].as_str()).unwrap().to_owned()).collect()
    }
}
