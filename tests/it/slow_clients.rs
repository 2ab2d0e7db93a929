//! Clients that take their time, over real sockets: nobody holds a connection for ever.

use crate::operations::{Service, start_with};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than the settings of these tests let anybody wait.
const LONG: Duration = Duration::from_secs(8);

fn service(folder: &TempDir) -> Service {
    start_with(&folder.path().join("data"), |command| {
        command.env("NEWSROOM_DEMO", "off");
        for (name, value) in [("HEAD_TIMEOUT", 1), ("KEEP_ALIVE", 2), ("BODY_TIMEOUT", 3), ("BODY_GRACE", 1), ("LEAST_RATE", 1000), ("WRITE_TIMEOUT", 1)] {
            command.env(format!("NEWSROOM_HTTP__{name}"), value.to_string());
        }
    })
}

#[test]
fn slow_clients_are_cut_off() {
    let folder = TempDir::new().unwrap();
    let service = service(&folder);
    let address = service.url.strip_prefix("http://").unwrap();
    let scenes: [fn(TcpStream); 8] = [
        a_first_head_has_a_deadline,
        a_later_head_has_one_too,
        a_body_that_stalls_is_ended,
        a_body_that_trickles_is_ended,
        a_body_has_a_deadline_however_fast_it_is,
        a_body_that_is_fast_enough_is_read,
        a_connection_without_requests_is_closed,
        whoever_takes_nothing_is_cut_off,
    ];
    std::thread::scope(|scope| {
        for scene in scenes {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(LONG)).unwrap();
            scope.spawn(move || scene(stream));
        }
    });
}

/// What comes until the connection ends, and how long that took.
#[track_caller]
fn until_closed(stream: &mut TcpStream) -> (String, Duration) {
    let (begun, mut text) = (Instant::now(), vec![]);
    match stream.read_to_end(&mut text) {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {}
        Err(error) => panic!("still open after {:?}: {error}; {}", begun.elapsed(), String::from_utf8_lossy(&text)),
    }
    (String::from_utf8_lossy(&text).into_owned(), begun.elapsed())
}

/// Asks, and reads the whole answer.
fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = vec![];
    let mut buffer = [0; 4096];
    while !text.ends_with(b"}") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "no answer: {}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&buffer[..read]);
    }
    assert!(text.starts_with(b"HTTP/1.1 200"));
}

fn a_first_head_has_a_deadline(mut stream: TcpStream) {
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost:").unwrap();
    let (text, took) = until_closed(&mut stream);
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
    assert!(took < Duration::from_secs(4), "{took:?}");
}

fn a_later_head_has_one_too(mut stream: TcpStream) {
    ask(&mut stream);
    let mut slowly = stream.try_clone().unwrap();
    let begun = Instant::now();
    std::thread::spawn(move || {
        let head = b"GET /health/live HTTP/1.1\r\nHost: a-name-that-is-longer-than-anybody-would-care-to-wait-for.example\r\n";
        for byte in head {
            if slowly.write_all(&[*byte]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let (text, _) = until_closed(&mut stream);
    assert_eq!(text, "");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

const LOGIN: &str = "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

#[track_caller]
fn ended(stream: &mut TcpStream, least: u64, most: u64) {
    let (text, took) = until_closed(stream);
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("\"code\":\"request_timeout\"") && text.contains("application/problem+json"), "{text}");
    assert!(took >= Duration::from_millis(least) && took < Duration::from_millis(most), "{took:?}");
}

fn a_body_that_stalls_is_ended(mut stream: TcpStream) {
    write!(stream, "{LOGIN}Content-Length: 100\r\n\r\n{{\"email\":").unwrap();
    ended(&mut stream, 500, 3500);
}

/// Sends bytes in the background until nobody takes them.
fn send(stream: &TcpStream, bytes: usize, pause: Duration) {
    let mut stream = stream.try_clone().unwrap();
    std::thread::spawn(move || {
        while stream.write_all(&vec![b' '; bytes]).is_ok() {
            std::thread::sleep(pause);
        }
    });
}

fn a_body_that_trickles_is_ended(mut stream: TcpStream) {
    write!(stream, "{LOGIN}Content-Length: 100000\r\n\r\n").unwrap();
    send(&stream, 1, Duration::from_millis(50));
    ended(&mut stream, 500, 3500);
}

fn a_body_has_a_deadline_however_fast_it_is(mut stream: TcpStream) {
    write!(stream, "{LOGIN}Content-Length: 1000000\r\n\r\n").unwrap();
    send(&stream, 500, Duration::from_millis(50));
    ended(&mut stream, 2500, 6000);
}

fn a_body_that_is_fast_enough_is_read(mut stream: TcpStream) {
    write!(stream, "{LOGIN}Content-Length: 2000\r\nConnection: close\r\n\r\n").unwrap();
    for _ in 0..8 {
        stream.write_all(&[b' '; 250]).unwrap();
        std::thread::sleep(Duration::from_millis(180));
    }
    let (text, _) = until_closed(&mut stream);
    assert!(text.starts_with("HTTP/1.1 400") && text.contains("malformed_body"), "{text}");
}

fn a_connection_without_requests_is_closed(mut stream: TcpStream) {
    ask(&mut stream);
    let (text, took) = until_closed(&mut stream);
    assert_eq!(text, "");
    assert!(took > Duration::from_millis(1500) && took < Duration::from_secs(5), "{took:?}");
}

fn whoever_takes_nothing_is_cut_off(mut stream: TcpStream) {
    stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    let begun = Instant::now();
    // Answers of a megabyte, until the buffers on the way are full and for as long as anybody listens.
    while begun.elapsed() < LONG {
        match stream.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n") {
            Ok(()) => std::thread::sleep(Duration::from_millis(10)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
                return;
            }
        }
    }
    panic!("still open");
}
