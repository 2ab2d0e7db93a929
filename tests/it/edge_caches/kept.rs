//! What a cache keeps is the same for everybody: whoever asked first, in whatever encoding, language and method.

use super::{ARTICLES, Behind, EDITOR, get, get_with, is_hit};
use crate::behind;
use crate::support::house::Reply;
use serde_json::json;
use std::io::Read;

behind!(Varnish; what_is_kept_is_the_same_for_everybody as varnish_keeps_the_same_for_everybody);
behind!(Nginx; what_is_kept_is_the_same_for_everybody as nginx_keeps_the_same_for_everybody);

async fn what_is_kept_is_the_same_for_everybody(behind: Behind) {
    let mut editor = behind.editor().await;
    let (id, address) = editor.published("Kept by everybody");
    let draft = editor.draft("Kept by nobody");
    behind.settle().await;
    hits_are_hits(&behind, &address);
    credentials_make_no_difference(&behind, &id, &draft).await;
    encodings_do_not_cross(&behind, &id);
    languages_do_not_cross(&behind);
    head_and_validators_work(&behind, &id);
    old_addresses_are_kept(&behind, &mut editor).await;
}

/// What has to be the same where the bytes are.
fn told(reply: &Reply) -> Vec<Option<String>> {
    let names =
        ["Content-Type", "Content-Encoding", "Content-Language", "ETag", "Last-Modified", "Cache-Control", "Vary", "Link", "Access-Control-Allow-Origin"];
    names.iter().map(|name| reply.header(name).map(str::to_owned)).collect()
}

fn assert_same(one: &Reply, other: &Reply) {
    assert_eq!((one.status, &one.body), (other.status, &other.body), "{}\n{}", one.text(), other.text());
    assert_eq!(told(one), told(other));
}

fn hits_are_hits(behind: &Behind, address: &str) {
    let direct = get(&mut behind.service.client(""), address);
    let first = get(&mut behind.reader(), address);
    assert!(!is_hit(&first) && direct.header("RateLimit").is_some(), "{}", first.text());
    let second = get(&mut behind.reader(), address);
    assert!(is_hit(&second), "{}", second.text());
    assert_same(&first, &second);
    assert_same(&direct, &second);
    for reply in [&first, &second] {
        for name in ["X-Request-Id", "RateLimit", "RateLimit-Policy", "Surrogate-Control", "xkey"] {
            assert_eq!(reply.header(name), None, "{name} is of somebody else: {}", reply.head);
        }
    }
}

async fn credentials_make_no_difference(behind: &Behind, id: &str, draft: &str) {
    let mut editor = behind.staff(EDITOR, behind.edge.address).await;
    let session = [("Cookie", "session=secret")];
    let (privileged_first, public_first) = (format!("{ARTICLES}/{id}?body_format=text"), format!("{ARTICLES}/{id}?body_format=html"));
    let first = get_with(&mut editor, &privileged_first, &session);
    let then = get(&mut behind.reader(), &privileged_first);
    assert!(!is_hit(&first) && is_hit(&then), "{}", then.head);
    assert_same(&first, &then);
    let first = get(&mut behind.reader(), &public_first);
    let then = get_with(&mut editor, &public_first, &session);
    assert!(!is_hit(&first) && is_hit(&then), "{}", then.head);
    assert_same(&first, &then);
    for _ in 0..2 {
        for client in [&mut editor, &mut behind.reader()] {
            let hidden = get(client, &format!("{ARTICLES}/{draft}"));
            assert!(hidden.status == 404 && !is_hit(&hidden) && !hidden.text().contains("Kept by nobody"), "{}", hidden.text());
        }
    }
}

fn decoded(reply: &Reply) -> Vec<u8> {
    let mut read = vec![];
    match reply.header("Content-Encoding") {
        Some("br") => brotli::Decompressor::new(&*reply.body, 4096).read_to_end(&mut read).unwrap(),
        Some("gzip") => flate2::read::GzDecoder::new(&*reply.body).read_to_end(&mut read).unwrap(),
        None => return reply.body.clone(),
        other => panic!("{other:?}"),
    };
    read
}

fn encodings_do_not_cross(behind: &Behind, id: &str) {
    let path = format!("{ARTICLES}/{id}?include=related");
    let plain = get(&mut behind.service.client(""), &path);
    let asked = [("gzip, deflate, br", Some("br")), ("", None), ("gzip", Some("gzip")), ("br;q=0, gzip", Some("gzip")), ("br", Some("br")), ("deflate", None)];
    for round in 0..2 {
        for (accepted, coding) in asked {
            let reply = get_with(&mut behind.reader(), &path, &[("Accept-Encoding", accepted)]);
            assert_eq!((reply.header("Content-Encoding"), decoded(&reply) == plain.body), (coding, true), "{accepted:?}: {}", reply.head);
            let etag = reply.header("ETag").unwrap();
            let tail = coding.map_or("\"".to_owned(), |coding| format!("-{coding}\""));
            assert!(etag.ends_with(&tail) && etag.starts_with('"'), "{accepted:?}: {etag}");
            assert!(round == 0 || is_hit(&reply), "{accepted:?}: {}", reply.head);
            let known = get_with(&mut behind.reader(), &path, &[("Accept-Encoding", accepted), ("If-None-Match", etag)]);
            assert_eq!((known.status, is_hit(&known)), (304, true), "{accepted:?}: {}", known.head);
        }
    }
}

fn languages_do_not_cross(behind: &Behind) {
    let path = format!("{ARTICLES}?language=auto&limit=3");
    for round in 0..2 {
        for language in ["kk", "ru", "az"] {
            let reply = get_with(&mut behind.reader(), &path, &[("Accept-Language", language)]);
            assert_eq!((reply.header("Content-Language"), is_hit(&reply)), (Some(language), round == 1), "{}", reply.head);
            assert!(reply.json()["data"].as_array().unwrap().iter().all(|text| text["language"] == language));
        }
    }
}

fn head_and_validators_work(behind: &Behind, id: &str) {
    let path = format!("{ARTICLES}?id={id}");
    let mut reader = behind.reader();
    let head = reader.send("HEAD", &path, &[], None).unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    let whole = get(&mut reader, &path);
    assert!(is_hit(&whole) && whole.json()["data"][0]["id"] == id, "HEAD was not kept as an answer without a body: {}", whole.text());
    let head = reader.send("HEAD", &path, &[], None).unwrap();
    assert!(is_hit(&head));
    assert_eq!(told(&head), told(&whole));
    for (name, of) in [("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")] {
        let known = get_with(&mut reader, &path, &[(name, whole.header(of).unwrap())]);
        assert_eq!((known.status, known.body.len(), is_hit(&known)), (304, 0, true), "{}", known.head);
        assert_eq!(known.header("ETag"), whole.header("ETag"));
    }
    let other = get_with(&mut reader, &path, &[("If-None-Match", "\"other\"")]);
    assert_same(&other, &whole);
}

async fn old_addresses_are_kept(behind: &Behind, editor: &mut super::Editor) {
    let (id, old) = editor.published("A text that moves");
    editor.change("PATCH", &format!("/v1/articles/{id}/translations/en"), "", &json!({ "slug": "moved-to" }));
    editor.text(&id, "/publish", &json!({ "change_kind": "fix" }));
    behind.settle().await;
    let mut reader = behind.reader();
    let first = get(&mut reader, &old);
    let second = get(&mut reader, &old);
    assert_eq!((first.status, second.status, is_hit(&second)), (308, 308, true), "{}", second.head);
    assert!(second.header("Location").unwrap().ends_with("/v1/delivery/articles/en/moved-to"));
}
