//! What connections cost that are open and ask nothing, in the server's own process.

use crate::operations::{Service, start_with};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tempfile::TempDir;

const CONNECTIONS: usize = 1_000;
/// Kilobytes of memory for each: ten thousand take less than 300 MB.
const EACH: usize = 29;

fn service(folder: &TempDir) -> Service {
    start_with(&folder.path().join("data"), |command| {
        command.env("NEWSROOM_DEMO", "off");
    })
}

/// Kilobytes of the process in memory.
fn resident(service: &Service) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A connection on which something was asked once.
fn connect(service: &Service) -> TcpStream {
    let mut stream = TcpStream::connect(service.url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    ask(&mut stream);
    stream
}

fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET /v1/delivery/languages HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let (mut text, mut buffer) = (vec![], [0; 4096]);
    while !text.ends_with(b"}}") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "no answer: {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&buffer[..read]);
    }
    assert!(text.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&text));
}

#[test]
fn a_thousand_idle_connections_take_little_memory() {
    let folder = TempDir::new().unwrap();
    let service = service(&folder);
    let warm: Vec<TcpStream> = (0..20).map(|_| connect(&service)).collect();
    let before = resident(&service);
    let mut idle: Vec<TcpStream> = (0..CONNECTIONS).map(|_| connect(&service)).collect();
    let grown = resident(&service).saturating_sub(before);
    assert!(grown < CONNECTIONS * EACH, "{grown} kB more for {CONNECTIONS} connections");
    // They are still there.
    for stream in idle.iter_mut().step_by(100) {
        ask(stream);
    }
    drop(warm);
}
