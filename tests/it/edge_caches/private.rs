//! What no cache keeps: the editorial side, partners, signing in, problems, and what somebody waits for.

use super::programs::{Edge, Kind, free_address};
use super::{ARTICLES, Behind, EDITOR, get, is_hit};
use crate::behind;
use newsroom::api;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;
use uuid::Uuid;

behind!(Varnish; what_is_private_is_not_kept as varnish_keeps_nothing_private, problems_are_not_kept as varnish_keeps_no_problems);
behind!(Nginx; what_is_private_is_not_kept as nginx_keeps_nothing_private, problems_are_not_kept as nginx_keeps_no_problems);

/// Every address of the contract that can be read, but for delivery.
fn private_addresses(article: &str) -> Vec<String> {
    let document = serde_json::to_value(api::document()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter().filter(|(path, item)| item.get("get").is_some() && path.starts_with("/v1/"));
    let private = paths.filter(|(path, _)| !path.starts_with("/v1/delivery/")).map(|(path, _)| {
        let filled = path.replace("/v1/articles/{id}", &format!("/v1/articles/{article}")).replace("{language}", "en").replace("{agency}", "trend");
        let parts = filled.split('/').map(|part| if part.contains('{') { Uuid::nil().to_string() } else { part.to_owned() });
        parts.collect::<Vec<_>>().join("/")
    });
    private.collect()
}

async fn what_is_private_is_not_kept(behind: Behind) {
    let mut staff = behind.staff(EDITOR, behind.edge.address).await;
    let mut editor = behind.editor().await;
    let id = editor.draft("For the house alone");
    let addresses = private_addresses(&id);
    assert!(addresses.len() > 40, "{addresses:?}");
    let mut read = 0;
    for path in &addresses {
        let first = get(&mut staff, path);
        let again = get(&mut staff, path);
        let public = get(&mut behind.reader(), path);
        for reply in [&first, &again, &public] {
            assert!(!is_hit(reply), "{path}: {}", reply.head);
            assert_eq!(reply.header("Cache-Control"), Some("private, no-store"), "{path}: {}", reply.head);
        }
        assert_ne!((first.status, public.status), (200, 200), "{path} is not private");
        read += usize::from(first.status == 200);
    }
    assert!(read > 20, "an editor may read {read} of {addresses:?}");
    let place = format!("/v1/articles/{id}/translations/en");
    assert_eq!(get(&mut staff, &place).json()["headline"], "For the house alone", "what is passed arrives whole");
    let login = json!({ "email": EDITOR, "password": crate::support::PASSWORD });
    for _ in 0..2 {
        let reply = behind.reader().send("POST", "/v1/auth/login", &[], Some(&login)).unwrap();
        assert!(reply.status == 200 && !is_hit(&reply), "{}", reply.text());
    }
}

async fn problems_are_not_kept(behind: Behind) {
    let mut editor = behind.editor().await;
    let mut reader = behind.reader();
    let (killed, killed_at) = editor.published("Killed before anybody read it");
    editor.kill(&killed);
    let coming = format!("{ARTICLES}/en/yet-to-come");
    for (path, status) in [(coming.clone(), 404), (format!("{ARTICLES}/{killed}"), 410), (killed_at, 410), (format!("{ARTICLES}?limit=0"), 400)] {
        let replies = [get(&mut reader, &path), get(&mut reader, &path)];
        let ids: Vec<_> = replies.iter().map(|reply| reply.json()["request_id"].clone()).collect();
        assert!(ids[0] != ids[1] && replies.iter().all(|reply| reply.status == status && !is_hit(reply)), "{path}: {}", replies[1].text());
    }
    // What was missing is there in the moment in which it is published.
    let id = editor.draft("Yet to come");
    editor.text(&id, "/publish", &json!({}));
    let found = get(&mut reader, &coming);
    assert_eq!((found.status, found.json()["headline"].as_str()), (200, Some("Yet to come")), "{}", found.text());
    behind.settle().await;
    get(&mut reader, &coming);
    assert!(is_hit(&get(&mut reader, &coming)), "that it was missing does not keep it from being kept");
    let refused = reader.send("POST", ARTICLES, &[], Some(&json!({}))).unwrap();
    assert_eq!((refused.status, refused.header("Allow")), (405, Some("GET, HEAD, OPTIONS")));
    what_was_waited_for_is_not_kept(&behind, &mut editor);
}

fn what_was_waited_for_is_not_kept(behind: &Behind, editor: &mut super::Editor) {
    let mut reader = behind.reader();
    let latest = get(&mut reader, "/v1/delivery/changes?after=1000000").json()["meta"]["latest"].as_i64().unwrap();
    let path = format!("/v1/delivery/changes?after={latest}&wait=20");
    let (first, second) = std::thread::scope(|scope| {
        let others = [scope.spawn(|| get(&mut behind.reader(), &path)), scope.spawn(|| get(&mut behind.reader(), &path))];
        std::thread::sleep(Duration::from_millis(300));
        editor.published("What they wait for");
        let [first, second] = others.map(|other| other.join().unwrap());
        (first, second)
    });
    for reply in [first, second] {
        assert!(!is_hit(&reply) && reply.json()["data"][0]["type"] == "published", "{}", reply.text());
        assert_eq!(reply.header("Cache-Control"), Some("private, no-store"));
    }
}

/// Streams an event, and another when it is told to.
fn serve_events(listener: &TcpListener, told: &mpsc::Receiver<()>) {
    for stream in listener.incoming() {
        let mut stream = BufReader::new(stream.unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).is_ok_and(|read| read > 0) {}
        let out = stream.get_mut();
        if !head.starts_with("GET /v1/delivery/stream") {
            let _ = out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            continue;
        }
        assert!(!head.contains("secret"), "who follows is nobody: {head}");
        out.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        for event in ["data: 1\n\n", "data: 2\n\n"] {
            out.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).unwrap();
            out.flush().unwrap();
            told.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        let _ = out.write_all(b"0\r\n\r\n");
        return;
    }
}

fn read_until(stream: &mut TcpStream, text: &str) {
    let mut read = vec![];
    let mut some = [0; 1024];
    while !String::from_utf8_lossy(&read).contains(text) {
        let n = stream.read(&mut some).unwrap_or_else(|error| panic!("{error}: {text:?} does not come: {}", String::from_utf8_lossy(&read)));
        assert!(n > 0, "{text:?} does not come: {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&some[..n]);
    }
}

/// Events pass in the moment in which they are sent: the second is sent when the first has arrived.
fn events_pass(kind: Kind) {
    if !kind.is_installed() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let backend = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    let server = std::thread::spawn(move || serve_events(&listener, &told));
    let edge = (0..5).find_map(|_| Edge::start(kind, free_address(), backend)).unwrap();
    let mut stream = TcpStream::connect(edge.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /v1/delivery/stream?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nCookie: a=secret\r\n\r\n").unwrap();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        read_until(&mut stream, event);
        tell.send(()).unwrap();
    }
    server.join().unwrap();
}

#[test]
fn events_pass_through_varnish() {
    events_pass(Kind::Varnish);
}

#[test]
fn events_pass_through_nginx() {
    events_pass(Kind::Nginx);
}
