//! What connections cost that are open and ask nothing, in the server's own process.

use crate::operations::{Service, start_with};
use crate::support::PASSWORD;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tempfile::TempDir;

const CONNECTIONS: usize = 1_000;
/// Kilobytes of memory for each: ten thousand take less than 300 MB.
const EACH: usize = 25;

/// Kilobytes of the process in memory.
fn resident(service: &Service) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A connection on which something was asked once.
fn connect(service: &Service, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(service.url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    ask(&mut stream, path);
    stream
}

/// Asks, and reads the whole answer. Returns its length.
fn ask(stream: &mut TcpStream, path: &str) -> usize {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let (mut answer, mut buffer) = (vec![], [0; 8192]);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "no answer: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let length: usize = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()).unwrap();
        if answer.len() == head.len() + 4 + length {
            return length;
        }
    }
}

/// Kilobytes for each of a thousand connections, where some are open already.
fn each(service: &Service, path: &str, open: usize) -> usize {
    let before: Vec<TcpStream> = (0..open).map(|_| connect(service, path)).collect();
    let resident_before = resident(service);
    let mut idle: Vec<TcpStream> = (0..CONNECTIONS).map(|_| connect(service, path)).collect();
    let grown = resident(service).saturating_sub(resident_before);
    // They are still there.
    for stream in idle.iter_mut().step_by(100) {
        ask(stream, path);
    }
    drop(before);
    grown / CONNECTIONS
}

#[test]
fn a_thousand_idle_connections_take_little_memory() {
    let folder = TempDir::new().unwrap();
    let service = start_with(&folder.path().join("data"), |command| {
        command.env("NEWSROOM_DEMO", "off").env("NEWSROOM_RATE_LIMIT__ENABLED", "false");
    });
    let each = each(&service, "/v1/delivery/languages", 20);
    assert!(each < EACH, "{each} kB for each connection");
}

/// Where there are many, what was sent to them last is not kept with them.
#[test]
fn they_take_no_more_after_long_answers() {
    let folder = TempDir::new().unwrap();
    let service = start_with(&folder.path().join("data"), |command| {
        command.env("NEWSROOM_DEMO_PASSWORD", PASSWORD).env("NEWSROOM_RATE_LIMIT__ENABLED", "false");
    });
    let path = "/v1/delivery/articles?limit=20";
    let length = ask(&mut connect(&service, path), path);
    assert!(length > 30_000, "{length}");
    let each = each(&service, path, 600);
    assert!(each < EACH, "{each} kB for each connection");
}
