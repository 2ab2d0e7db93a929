//! The program itself over the demo house of the tests, and a small client for it: for what only a real process can show.

use super::{fill, keys, postgres, settings, sqlite_template};
use newsroom::auth;
use newsroom::clock::Clock;
use newsroom::config::Config;
use newsroom::db::{Db, Reader};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use uuid::Uuid;

/// A data directory and a database, which outlive the program.
pub struct House {
    folder: TempDir,
    url: String,
    _database: Option<postgres::Database>,
}

/// The program. It is killed with its owner.
pub struct Service {
    process: Child,
    pub address: SocketAddr,
    log: PathBuf,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    pub body: Vec<u8>,
}

/// A client with a connection that it keeps.
pub struct Client {
    address: SocketAddr,
    token: String,
    patience: Duration,
    connection: Option<BufReader<TcpStream>>,
}

impl House {
    pub async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("newsroom.db");
        std::fs::write(&path, sqlite_template().await).unwrap();
        Self::over(folder, format!("sqlite:{}", path.display()), None)
    }

    /// `None`, and a line that says so, where there is no PostgreSQL.
    pub async fn postgres() -> Option<Self> {
        let database = postgres::database(|url| async move { fill(&url).await }).await?;
        Some(Self::over(TempDir::new().unwrap(), database.url.clone(), Some(database)))
    }

    /// On a cluster to itself.
    pub async fn on(cluster: &postgres::Cluster) -> Self {
        let url = cluster.create("newsroom").await;
        fill(&url).await;
        Self::over(TempDir::new().unwrap(), url, None)
    }

    fn over(folder: TempDir, url: String, database: Option<postgres::Database>) -> Self {
        let place = folder.path().join("keys");
        std::fs::create_dir(&place).unwrap();
        for (name, bytes) in &keys().files {
            std::fs::write(place.join(name), bytes).unwrap();
        }
        Self { folder, url, _database: database }
    }

    fn settings(&self) -> Config {
        settings(self.folder.path().to_owned(), self.url.clone())
    }

    /// Where the database is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database, past the program.
    pub async fn db(&self) -> Db {
        Db::open(&self.url, 2).await.unwrap()
    }

    /// An access token of somebody, without the cost of a password. It is good for five minutes.
    pub async fn token(&self, email: &str) -> String {
        let (db, now) = (self.db().await, Clock::System.now());
        let (staff,): (Uuid,) = db.query("SELECT id FROM staff WHERE email_key = $1").bind(email).one().await.unwrap();
        let client = auth::Client { address: [127, 0, 0, 1].into(), user_agent: None };
        let mut tx = db.begin().await.unwrap();
        let opened = auth::open_session(&mut tx, staff, &client, Duration::from_hours(720), now).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        auth::issue_token(&keys().secrets, &self.settings().auth, staff, opened.session, now).unwrap()
    }

    /// Starts the program and waits until it is ready.
    pub fn serve(&self, settings: &[(&str, &str)]) -> Service {
        for _ in 0..5 {
            if let Some(service) = Service::start(self.folder.path(), &self.url, settings) {
                return service;
            }
        }
        panic!("the service does not start:\n{}", std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default())
    }
}

impl Service {
    /// `None` when it has ended at once, as it does when somebody else has taken its port.
    fn start(data: &Path, url: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = data.join("log");
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_newsroom"));
        command.env_clear().env("NEWSROOM_METRICS__BIND", "off").env("NEWSROOM_DEMO", "off").env("NEWSROOM_RATE_LIMIT__ENABLED", "false");
        command.env("NEWSROOM_DATABASE__URL", url).envs(settings.iter().copied()).args(["--bind", &address.to_string(), "--data-dir"]).arg(data);
        let process = command.current_dir(data).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn().unwrap();
        let mut service = Self { process, address, log };
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if service.process.try_wait().unwrap().is_some() {
                return None;
            }
            if service.client("").send("GET", "/health/ready", &[], None).is_ok_and(|reply| reply.status == 200) {
                return Some(service);
            }
            assert!(Instant::now() < deadline, "the service is not ready:\n{}", service.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn client(&self, token: &str) -> Client {
        Client::of(self.address, token)
    }

    /// SIGKILL: nothing of it can do anything any more.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap().success());
    }

    /// Bytes of memory that are its own at the moment.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        format!("{}{}", self.head, String::from_utf8_lossy(&self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).filter_map(|line| line.split_once(':')).find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

impl Client {
    /// One of whoever stands at an address.
    pub fn of(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.to_owned(), patience: Duration::from_secs(20), connection: None }
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// When there is no connection, or it breaks before the answer is there: then nobody knows whether the request was heard.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> std::io::Result<Reply> {
        let outcome = self.exchange(method, path, headers, body);
        if outcome.is_err() {
            self.connection = None;
        }
        outcome
    }

    fn exchange(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> std::io::Result<Reply> {
        use std::fmt::Write as _;
        if self.connection.is_none() {
            let stream = TcpStream::connect(self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(self.patience))?;
            self.connection = Some(BufReader::new(stream));
        }
        let connection = self.connection.as_mut().unwrap();
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if !self.token.is_empty() {
            let _ = write!(request, "Authorization: Bearer {}\r\n", self.token);
        }
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        if !body.is_empty() {
            request.push_str("Content-Type: application/json\r\n");
        }
        let _ = write!(request, "Content-Length: {}\r\n\r\n{body}", body.len());
        connection.get_mut().write_all(request.as_bytes())?;
        let reply = read(connection, method == "HEAD")?;
        // A stream has no end: whoever has read enough hangs up.
        if reply.header("Connection") == Some("close") || reply.header("Transfer-Encoding").is_some() {
            self.connection = None;
        }
        Ok(reply)
    }
}

fn read(connection: &mut BufReader<TcpStream>, is_head: bool) -> std::io::Result<Reply> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if connection.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(std::io::ErrorKind::InvalidData)?;
    let mut reply = Reply { status, head, body: vec![] };
    if reply.header("Content-Type") == Some("text/event-stream") {
        if !is_head {
            reply.body = read_events(connection)?;
        }
        return Ok(reply);
    }
    let length = reply.header("Content-Length").map_or(Ok(0), str::parse).map_err(|_| std::io::ErrorKind::InvalidData)?;
    assert!(reply.header("Transfer-Encoding").is_none(), "the client reads whole bodies only");
    if !is_head && status != 304 {
        reply.body.resize(length, 0);
        connection.read_exact(&mut reply.body)?;
    }
    Ok(reply)
}

/// Of a stream of events, in chunks, what there is of it: up to the first comment.
fn read_events(connection: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut events = vec![];
    while !events.ends_with(b"\n\n:\n\n") {
        let mut line = String::new();
        connection.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim_end(), 16).map_err(|_| std::io::ErrorKind::InvalidData)?;
        let mut chunk = vec![0; length + 2];
        connection.read_exact(&mut chunk)?;
        if length == 0 {
            break;
        }
        events.extend_from_slice(&chunk[..length]);
    }
    Ok(events)
}
