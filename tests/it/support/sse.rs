//! Server-sent events, read as the HTML Living Standard says (section 9.2.6), over a connection of their own.

use super::App;
use actix_web::HttpServer;
use actix_web::body::MessageBody;
use actix_web::dev::ServerHandle;
use newsroom::app;
use serde_json::Value;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long anything may take that should come at once.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the server says when it has sent all that there is.
pub const CAUGHT_UP: &str = ":";

/// Of an answer without end, what there is of it: up to the first comment.
pub async fn read_so_far(mut body: impl MessageBody + Unpin) -> Vec<u8> {
    let mut read = vec![];
    loop {
        let chunk = tokio::time::timeout(PATIENCE, poll_fn(|cx| Pin::new(&mut body).poll_next(cx))).await.unwrap();
        let Some(chunk) = chunk else { return read };
        read.extend_from_slice(&chunk.unwrap_or_else(|_| panic!("the stream breaks off")));
        if read.ends_with(b"\n\n:\n\n") {
            return read;
        }
    }
}

/// The app of a test, on a port. It stops with its owner.
pub struct Listening {
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl App {
    pub fn listen(&self) -> Listening {
        let state = self.state.clone();
        let server = HttpServer::new(move || app::build(state.clone())).workers(1).disable_signals().h1_allow_half_closed(false);
        let server = server.bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Listening { address, handle }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: String,
    pub kind: String,
    pub data: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Event(Event),
    /// The last id is this, without an event.
    Moved(String),
    Comment,
    /// The server has ended the stream in order.
    End,
    /// The connection is gone, or as many bytes were read as this follower wanted.
    Cut,
}

/// Somebody who follows.
pub struct Follower {
    connection: TcpStream,
    /// Bytes that it still wants to read.
    budget: usize,
    /// As it came: chunks (RFC 9112, section 7.1).
    wire: Vec<u8>,
    text: Vec<u8>,
    pub head: String,
    pub last_id: String,
}

impl Follower {
    /// Begins to follow; the answer must be a stream.
    pub async fn open(address: SocketAddr, path: &str, last_id: Option<&str>) -> Self {
        let follower = Self::request(address, "GET", path, last_id).await;
        assert!(follower.head.starts_with("HTTP/1.1 200"), "{path}: {}", follower.head);
        follower
    }

    pub async fn request(address: SocketAddr, method: &str, path: &str, last_id: Option<&str>) -> Self {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let last = last_id.map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
        let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nAccept-Encoding: gzip, br\r\n{last}\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let (wire, text, head) = (vec![], vec![], String::new());
        let mut follower = Self { connection, budget: usize::MAX, wire, text, head, last_id: last_id.unwrap_or_default().to_owned() };
        while follower.head.is_empty() {
            assert!(follower.read().await, "no answer");
            if let Some(end) = find(&follower.wire, b"\r\n\r\n") {
                follower.head = String::from_utf8(follower.wire.drain(..end + 4).collect()).unwrap();
            }
        }
        follower
    }

    /// Reads so many bytes more, and then hangs up, wherever that is.
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.budget = bytes;
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).filter_map(|line| line.split_once(": ")).find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The next event, whatever else comes before it.
    pub async fn event(&mut self) -> Event {
        loop {
            match self.step().await {
                Step::Event(event) => return event,
                Step::Moved(_) | Step::Comment => {}
                other => panic!("no event, but {other:?}"),
            }
        }
    }

    /// All events until the server says that there are no more yet.
    pub async fn catch_up(&mut self) -> Vec<Event> {
        let mut events = vec![];
        loop {
            match self.step().await {
                Step::Event(event) => events.push(event),
                Step::Moved(_) => {}
                Step::Comment => return events,
                other => panic!("no comment, but {other:?}"),
            }
        }
    }

    pub async fn step(&mut self) -> Step {
        loop {
            if let Some(end) = find(&self.text, b"\n\n") {
                let block = String::from_utf8(self.text.drain(..end + 2).collect()).unwrap();
                return self.dispatch(&block);
            }
            match self.chunk() {
                Some(chunk) if chunk.is_empty() => return Step::End,
                Some(chunk) => self.text.extend(chunk),
                None => {
                    if !self.read().await {
                        return Step::Cut;
                    }
                }
            }
        }
    }

    fn dispatch(&mut self, block: &str) -> Step {
        let (mut kind, mut data) = ("message".to_owned(), vec![]);
        for line in block.lines().filter(|line| !line.is_empty() && !line.starts_with(':')) {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => value.clone_into(&mut self.last_id),
                "event" => value.clone_into(&mut kind),
                "data" => data.push(value),
                "retry" => assert!(value.parse::<u32>().is_ok(), "{line}"),
                _ => panic!("{line}"),
            }
        }
        if !data.is_empty() {
            let data = serde_json::from_str(&data.join("\n")).unwrap();
            return Step::Event(Event { id: self.last_id.clone(), kind, data });
        }
        if block.trim_end() == CAUGHT_UP { Step::Comment } else { Step::Moved(self.last_id.clone()) }
    }

    /// The next chunk, if all of it is there.
    fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = find(&self.wire, b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&self.wire[..line]).unwrap(), 16).unwrap();
        let end = line + 2 + length;
        if self.wire.len() < end + 2 {
            return None;
        }
        let chunk = self.wire[line + 2..end].to_vec();
        self.wire.drain(..end + 2);
        Some(chunk)
    }

    /// Reads what has come. False when nothing comes any more.
    async fn read(&mut self) -> bool {
        if self.budget == 0 {
            return false;
        }
        let mut buffer = [0; 4096];
        let most = self.budget.min(buffer.len());
        let reading = tokio::time::timeout(PATIENCE, self.connection.read(&mut buffer[..most])).await;
        let count = reading.unwrap_or_else(|_| panic!("nothing comes, not even a comment")).unwrap_or(0);
        self.budget -= count;
        self.wire.extend_from_slice(&buffer[..count]);
        count > 0
    }

    /// Sends another request on the connection and reads the head of its answer.
    pub async fn again(&mut self, request: &str) -> String {
        self.connection.write_all(request.as_bytes()).await.unwrap();
        loop {
            if let Some(end) = find(&self.wire, b"\r\n\r\n") {
                return String::from_utf8(self.wire.drain(..end + 4).collect()).unwrap();
            }
            assert!(self.read().await, "no answer");
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
