//! The stream of public events: what it says, where it goes on, and when it ends.

use super::{edit, items, place, plain, published, read, step, text};
use crate::on_both;
use crate::support::App;
use crate::support::sse::{Event, Follower, Step};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

on_both!(
    what_happens_is_told_as_it_happens,
    whoever_comes_back_goes_on_where_they_were,
    what_filters_leave_out_moves_the_place,
    what_was_told_of_a_text_that_is_gone_is_not_told_again,
    what_cannot_be_is_refused,
    any_page_may_follow,
    a_head_has_an_end,
    whoever_hangs_up_is_forgotten,
    it_ends_when_the_process_stops,
    many_who_stand_at_one_place_are_read_for_once,
);

const STREAM: &str = "/v1/delivery/stream";
const CHANGES: &str = "/v1/delivery/changes";

async fn latest(app: &App) -> i64 {
    read(app, CHANGES).await.json()["meta"]["latest"].as_i64().unwrap()
}

/// The events that pages of the sequence have, as the stream has them.
async fn paged(app: &App, query: &str) -> Vec<Event> {
    let page = read(app, &format!("{CHANGES}?limit=1000&{query}")).await.json();
    let event = |data: Value| Event { id: data["seq"].to_string(), kind: text(&data["type"]), data };
    items(&page).into_iter().map(event).collect()
}

async fn what_happens_is_told_as_it_happens(app: App) {
    let (server, after) = (app.listen(), latest(&app).await);
    let mut follower = Follower::open(server.address, STREAM, None).await;
    for (name, value) in [
        ("Content-Type", Some("text/event-stream")),
        ("Cache-Control", Some("no-store")),
        ("X-Accel-Buffering", Some("no")),
        ("Access-Control-Allow-Origin", Some("*")),
        ("Content-Encoding", None),
        ("Content-Length", None),
        ("ETag", None),
    ] {
        assert_eq!(follower.header(name), value, "{name}");
    }
    // Where it is, also before anything has happened.
    assert_eq!(follower.step().await, Step::Moved(after.to_string()));
    assert_eq!(follower.step().await, Step::Comment);
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("en", "News")).await;
    assert_eq!(follower.event().await.data["article_id"], id.as_str());
    edit(&editor, &id, "en", &json!({ "headline": "Better news" })).await;
    step(&editor, &id, "en", "publish", Some(json!({ "change_kind": "correction", "public_note": "It was wrong." }))).await;
    let corrected = follower.event().await;
    assert_eq!((corrected.kind.as_str(), &corrected.data["public_note"]), ("corrected", &json!("It was wrong.")));
    assert_eq!(vec![corrected], paged(&app, &format!("after={}", after + 1)).await);
    let etag = editor.get(&place(&id, "en")).expect(200).await.etag();
    let order = json!({ "reason": "Wrong.", "public_note": "It was all wrong." });
    editor.post(&format!("{}/kill", place(&id, "en"))).if_match(&etag).json(&order).expect(200).await;
    let killed = follower.event().await;
    assert_eq!((killed.id, killed.kind), ((after + 3).to_string(), "killed".to_owned()));
}

async fn whoever_comes_back_goes_on_where_they_were(app: App) {
    let server = app.listen();
    let all = paged(&app, "after=0").await;
    assert!(all.len() > 10);
    let replayed = Follower::open(server.address, &format!("{STREAM}?after=0"), None).await.catch_up().await;
    assert_eq!(replayed, all);
    // What the browser remembers is newer than what the page had when it was opened.
    let rest = Follower::open(server.address, &format!("{STREAM}?after=2"), Some("7")).await.catch_up().await;
    assert_eq!(rest, all[7..]);
    let rest = Follower::open(server.address, &format!("{STREAM}?after=2"), Some("")).await.catch_up().await;
    assert_eq!(rest, all[2..]);
    // More than are sent at once.
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("en", "News")).await;
    for n in 0..55 {
        edit(&editor, &id, "en", &json!({ "headline": format!("News {n}") })).await;
        step(&editor, &id, "en", "publish", Some(json!({ "change_kind": "fix" }))).await;
    }
    let replayed = Follower::open(server.address, &format!("{STREAM}?after=0"), None).await.catch_up().await;
    assert_eq!(replayed, paged(&app, "after=0").await);
}

async fn what_filters_leave_out_moves_the_place(app: App) {
    let server = app.listen();
    for filter in ["language=kk,kk-Latn", "types=unpublished,killed", "agency=kazinform", "language=tt&types=killed"] {
        let mut follower = Follower::open(server.address, &format!("{STREAM}?after=0&{filter}"), None).await;
        assert_eq!(follower.catch_up().await, paged(&app, filter).await, "{filter}");
        assert_eq!(follower.last_id, latest(&app).await.to_string(), "{filter}");
    }
    let mut follower = Follower::open(server.address, &format!("{STREAM}?language=az"), None).await;
    assert_eq!(follower.catch_up().await, []);
    let editor = app.staff("editor@trend.example").await;
    published(&editor, &plain("en", "News")).await;
    let now = latest(&app).await.to_string();
    assert_eq!(follower.step().await, Step::Moved(now.clone()));
    let id = published(&editor, &plain("az", "Xəbər")).await;
    assert_eq!(follower.event().await.data["article_id"], id.as_str());
    let back = Follower::open(server.address, &format!("{STREAM}?language=az"), Some(&now)).await.catch_up().await;
    assert_eq!(back.len(), 1);
}

async fn what_was_told_of_a_text_that_is_gone_is_not_told_again(app: App) {
    let (server, after) = (app.listen(), latest(&app).await);
    let path = format!("{STREAM}?after={after}");
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("en", "News")).await;
    edit(&editor, &id, "en", &json!({ "headline": "Better news" })).await;
    step(&editor, &id, "en", "publish", Some(json!({ "change_kind": "correction", "public_note": "The minister did not say it." }))).await;
    let told = Follower::open(server.address, &path, None).await.catch_up().await;
    assert_eq!(told[1].data["public_note"], "The minister did not say it.");
    step(&editor, &id, "en", "unpublish", None).await;
    let told = Follower::open(server.address, &path, None).await.catch_up().await;
    assert_eq!((told.len(), &told[1].data["public_note"]), (3, &Value::Null));
}

async fn what_cannot_be_is_refused(app: App) {
    let reader = app.anonymous();
    for (query, parameter) in
        [("after=-1", "after"), ("after=x", "after"), ("types=born", "types"), ("agency=nobody", "agency"), ("wait=1", "wait"), ("limit=5", "limit")]
    {
        let refused = reader.get(&format!("{STREAM}?{query}")).header("Accept", "text/event-stream").expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("invalid_parameter", vec![parameter.to_owned()]), "{query}");
    }
    for id in ["x", "-1", "+1", "1.5", "1 2", "99999999999999999999"] {
        let refused = reader.get(STREAM).header("Last-Event-ID", id).expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("invalid_parameter", vec!["Last-Event-ID".to_owned()]), "{id}");
    }
    assert_eq!(reader.get(STREAM).header("Accept", "text/html").expect(406).await.code(), "not_acceptable");
    // Nothing else answers events.
    assert_eq!(reader.get(CHANGES).header("Accept", "text/event-stream").expect(406).await.code(), "not_acceptable");
}

async fn any_page_may_follow(app: App) {
    let ask = app.anonymous().request(actix_web::http::Method::OPTIONS, STREAM).header("Origin", "https://reader.example");
    let ask = ask.header("Access-Control-Request-Method", "GET").header("Access-Control-Request-Headers", "last-event-id,cache-control");
    let allowed = ask.send().await;
    assert!(allowed.status.is_success(), "{}", allowed.text());
    assert_eq!(allowed.header("Access-Control-Allow-Origin"), Some("*"));
}

async fn a_head_has_an_end(app: App) {
    let server = app.listen();
    let mut head = Follower::request(server.address, "HEAD", STREAM, None).await;
    assert_eq!((&head.head[..12], head.header("Content-Type")), ("HTTP/1.1 200", Some("text/event-stream")));
    let next = head.again(&format!("GET {CHANGES} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
    assert!(next.starts_with("HTTP/1.1 200") && next.contains("application/json"), "{next}");
}

async fn whoever_hangs_up_is_forgotten(app: App) {
    let server = app.listen();
    let mut followers = vec![];
    for _ in 0..20 {
        let mut follower = Follower::open(server.address, STREAM, None).await;
        follower.catch_up().await;
        followers.push(follower);
    }
    assert_eq!(app.state.answers.stamps.followers(), 20);
    drop(followers);
    // At once: not when the next comment is due.
    let deadline = Instant::now() + Duration::from_secs(10);
    while app.state.answers.stamps.followers() > 0 {
        assert!(Instant::now() < deadline, "{} are still there", app.state.answers.stamps.followers());
        tokio::task::yield_now().await;
    }
}

async fn it_ends_when_the_process_stops(app: App) {
    let server = app.listen();
    let mut follower = Follower::open(server.address, STREAM, None).await;
    follower.catch_up().await;
    let asked = Instant::now();
    app.state.stop();
    assert_eq!(follower.step().await, Step::End);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    // Whoever comes now is sent away with a place to go on from: a refusal would keep browsers away for good.
    let mut late = Follower::open(server.address, STREAM, None).await;
    assert_eq!((late.step().await, late.step().await), (Step::Moved(latest(&app).await.to_string()), Step::End));
}

async fn many_who_stand_at_one_place_are_read_for_once(app: App) {
    let server = app.listen();
    let mut followers = vec![];
    for n in 0..100 {
        let path = if n % 2 == 0 { STREAM.to_owned() } else { format!("{STREAM}?language=en") };
        let mut follower = Follower::open(server.address, &path, None).await;
        follower.catch_up().await;
        followers.push(follower);
    }
    let editor = app.staff("editor@trend.example").await;
    let before = app.state.answers.misses.get();
    for n in 0..5 {
        let id = published(&editor, &plain("en", &format!("News {n}"))).await;
        for follower in &mut followers {
            assert_eq!(follower.event().await.data["article_id"], id.as_str());
        }
    }
    // For each event and each of two filters: once for what came, once for what comes after. Some are read again where both cross.
    let made = app.state.answers.misses.get() - before;
    assert!((10..60).contains(&made), "{made} were made for 500 that were sent");
}
