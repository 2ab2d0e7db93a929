//! What has changed reaches readers: at once where the cache is told of it, and within `s-maxage` where it is not.

use super::{ARTICLES, Behind, get, is_hit};
use crate::behind;
use crate::support::house::{Client, Reply};
use serde_json::json;
use std::time::{Duration, Instant};

behind!(Varnish;
    a_correction_and_a_kill_reach_readers_at_once as corrections_and_kills_reach_readers_behind_varnish_at_once,
    whatever_changes_reaches_readers_at_once as whatever_changes_reaches_readers_behind_varnish_at_once);
behind!(Nginx; a_correction_and_a_kill_reach_readers_within_ten_seconds as corrections_and_kills_reach_readers_behind_nginx_in_time);

/// Far more than a purge takes, and far less than the hour for which Varnish keeps what nobody purges.
const AT_ONCE: Duration = Duration::from_secs(5);
/// `s-maxage`.
const KEPT: Duration = Duration::from_secs(10);

/// Reads a path until an answer is right.
fn until(reader: &mut Client, path: &str, patience: Duration, is_right: impl Fn(&Reply) -> bool) -> Duration {
    let started = Instant::now();
    loop {
        let reply = get(reader, path);
        if is_right(&reply) {
            return started.elapsed();
        }
        assert!(started.elapsed() < patience, "{path} is still: {}", reply.text());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Reads a path until the cache has it: what was purged a moment ago is purged once more.
fn warm(reader: &mut Client, path: &str) {
    until(reader, path, AT_ONCE, is_hit);
}

fn headline(reply: &Reply) -> String {
    reply.json()["headline"].as_str().unwrap_or_default().to_owned()
}

async fn a_correction_and_a_kill_reach_readers_at_once(behind: Behind) {
    let mut editor = behind.editor().await;
    let mut reader = behind.reader();
    let (id, address) = editor.published("It was three");
    let (_, other) = editor.published("Another story");
    behind.settle().await;
    let article = format!("{ARTICLES}/{id}");
    let list = format!("{ARTICLES}?language=en&limit=5");
    for path in [&address, &article, &list, &other, &"/v1/delivery/corrections".to_owned(), &"/v1/delivery/languages".to_owned()] {
        warm(&mut reader, path);
    }
    editor.correct(&id, "It was four");
    for path in [&address, &article] {
        until(&mut reader, path, AT_ONCE, |reply| headline(reply) == "It was four");
    }
    until(&mut reader, &list, AT_ONCE, |reply| reply.text().contains("It was four"));
    until(&mut reader, "/v1/delivery/corrections", AT_ONCE, |reply| reply.text().contains("It was four"));
    assert!(is_hit(&get(&mut reader, &other)), "what has not changed stays");
    for path in [&address, &article, &list] {
        warm(&mut reader, path);
    }
    editor.kill(&id);
    for path in [&address, &article] {
        until(&mut reader, path, AT_ONCE, |reply| reply.status == 410);
        assert_eq!(get(&mut reader, path).json()["public_note"], "Not true.");
    }
    until(&mut reader, &list, AT_ONCE, |reply| !reply.text().contains("It was four"));
    behind.settle().await;
    assert_eq!(get(&mut reader, &address).status, 410, "it does not come back");
    assert!(is_hit(&get(&mut reader, &other)), "what has not changed stays");
    only_the_house_purges(&behind, &other);
}

fn only_the_house_purges(behind: &Behind, path: &str) {
    let mut reader = behind.reader();
    for (headers, status) in [(vec![("X-Forwarded-For", "203.0.113.7"), ("xkey-purge", "delivery")], 403), (vec![], 400)] {
        let reply = reader.send("PURGE", "/", &headers, None).unwrap();
        assert_eq!(reply.status, status, "{}", reply.text());
    }
    assert!(is_hit(&get(&mut behind.reader(), path)), "nothing was purged");
    assert_eq!(behind.reader().send("PURGE", "/", &[("xkey-purge", "delivery")], None).unwrap().status, 200);
    assert!(!is_hit(&get(&mut behind.reader(), path)), "now all is");
}

async fn whatever_changes_reaches_readers_at_once(behind: Behind) {
    let mut reader = behind.reader();
    let mut admin = super::Editor(behind.staff("admin@platform.example", behind.service.address).await);
    let mut editor = behind.editor().await;
    let (id, _) = editor.published("On the front page");
    admin.send("POST", "/v1/front-pages", &[], &json!({ "name": "home" }));
    let page = "/v1/delivery/front-pages/home?language=en";
    let slots = json!({ "slots": [{ "article_id": id }] });
    admin.send("PUT", "/v1/front-pages/home/en", &[("If-None-Match", "*")], &slots);
    behind.settle().await;
    let section = "/v1/delivery/sections";
    let agencies = "/v1/delivery/agencies";
    let by_agency = format!("{ARTICLES}?agency=trend&limit=2");
    for path in [page, section, agencies, by_agency.as_str()] {
        warm(&mut reader, path);
    }
    admin.change("PUT", "/v1/front-pages/home/en", "", &json!({ "slots": [] }));
    until(&mut reader, page, AT_ONCE, |reply| reply.status == 404);
    admin.change("PATCH", "/v1/agencies/trend", "", &json!({ "names": { "en": "Trend, renamed" } }));
    until(&mut reader, agencies, AT_ONCE, |reply| reply.text().contains("Trend, renamed"));
    // Its texts are rendered anew.
    until(&mut reader, &format!("{ARTICLES}/{id}"), 2 * AT_ONCE, |reply| reply.text().contains("Trend, renamed"));
    admin.change("PATCH", "/v1/sections/economy", "", &json!({ "names": { "en": "Economy, renamed" } }));
    until(&mut reader, section, AT_ONCE, |reply| reply.text().contains("Economy, renamed"));
}

async fn a_correction_and_a_kill_reach_readers_within_ten_seconds(behind: Behind) {
    let mut editor = behind.editor().await;
    let mut reader = behind.reader();
    let (corrected, address) = editor.published("It was three");
    let (killed, killed_at) = editor.published("It never was");
    for path in [&address, &killed_at] {
        get(&mut reader, path);
    }
    // Read in the same second: they are kept until the same moment.
    let kept = Instant::now();
    for path in [&address, &killed_at] {
        assert!(is_hit(&get(&mut reader, path)), "{path}");
    }
    editor.correct(&corrected, "It was four");
    editor.kill(&killed);
    let old = get(&mut reader, &address);
    assert!(kept.elapsed() > Duration::from_secs(8) || (is_hit(&old) && headline(&old) == "It was three"), "it is not told of changes: {}", old.text());
    // Seconds are counted whole.
    let patience = KEPT + Duration::from_secs(3);
    until(&mut reader, &address, patience, |reply| headline(reply) == "It was four");
    until(&mut reader, &killed_at, patience, |reply| reply.status == 410);
    assert!(kept.elapsed() <= patience, "{:?}", kept.elapsed());
}
