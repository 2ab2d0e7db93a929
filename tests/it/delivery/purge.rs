//! What caches in front of us are told: every change, by the keys of the answers that it makes untrue, and never at the cost of the change.

use super::{ARTICLES, NOWRUZ, SAIGA, edit, plain, published, read, step, story, text};
use crate::support::App;
use newsroom::config::{Config, PurgeKind};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

macro_rules! on_both_with_a_cache {
    ($($name:ident),+ $(,)?) => { $(mod $name {
        use super::{FakeCache, told};
        use crate::support::App;

        #[actix_web::test]
        async fn sqlite() {
            let cache = FakeCache::open();
            let app = App::sqlite_with(|config| told(config, &[&cache])).await;
            super::$name(app, cache).await;
        }
        #[actix_web::test]
        async fn postgres() {
            let cache = FakeCache::open();
            if let Some(app) = App::postgres_with(|config| told(config, &[&cache])).await {
                super::$name(app, cache).await;
            }
        }
    })+ };
}

on_both_with_a_cache!(
    a_change_is_told_by_the_keys_of_what_it_touches,
    what_waits_is_told_together,
    a_cache_that_fails_is_told_later_and_changes_go_on,
    answers_say_how_long_such_a_cache_may_keep_them,
);

/// Takes purges, and notes what it was told.
struct FakeCache {
    url: String,
    status: Arc<AtomicU16>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl FakeCache {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let cache = Self { url, status: Arc::new(AtomicU16::new(200)), heads: Arc::default() };
        let (status, heads) = (Arc::clone(&cache.status), Arc::clone(&cache.heads));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).is_ok_and(|read| read > 0) {}
                heads.lock().unwrap().push(head);
                let answer = format!("HTTP/1.1 {} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status.load(Ordering::SeqCst));
                let _ = stream.get_mut().write_all(answer.as_bytes());
            }
        });
        cache
    }

    /// The requests since the last time.
    fn heads(&self) -> Vec<String> {
        std::mem::take(&mut *self.heads.lock().unwrap())
    }

    /// The keys of each request since the last time.
    fn keys(&self) -> Vec<BTreeSet<String>> {
        let keys = |head: &String| {
            let line = head.lines().find_map(|line| line.strip_prefix("xkey-purge: ")).unwrap_or_else(|| panic!("no keys: {head}"));
            line.split(' ').map(str::to_owned).collect()
        };
        self.heads().iter().map(keys).collect()
    }
}

fn told(config: &mut Config, caches: &[&FakeCache]) {
    config.purge.urls = caches.iter().map(|cache| cache.url.clone()).collect();
    config.purge.header = Some(serde_json::from_value(json!("X-Secret: of the cache")).unwrap());
}

fn set(keys: &[&str]) -> BTreeSet<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// Does what is due, and what follows a second later.
async fn settle(app: &App) {
    app.drain_jobs().await;
    app.advance(Duration::from_secs(1));
    app.drain_jobs().await;
}

async fn a_change_is_told_by_the_keys_of_what_it_touches(app: App, cache: FakeCache) {
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("en", "News")).await;
    app.drain_jobs().await;
    let heads = cache.heads();
    assert!(heads.len() == 1 && heads[0].starts_with("PURGE / HTTP/1.1\r\n") && heads[0].contains("x-secret: of the cache\r\n"), "{heads:?}");
    assert!(heads[0].contains(&format!("xkey-purge: article-{id} articles\r\n")), "{heads:?}");
    app.drain_jobs().await;
    assert!(cache.heads().is_empty());
    app.advance(Duration::from_secs(1));
    app.drain_jobs().await;
    let of_text = set(&[&format!("article-{id}"), "articles"]);
    assert_eq!(cache.keys(), std::slice::from_ref(&of_text), "what was on its way to the cache is gone too");
    edit(&editor, &id, "en", &json!({ "headline": "Better news" })).await;
    settle(&app).await;
    assert!(cache.heads().is_empty(), "readers see no draft");
    step(&editor, &id, "en", "publish", Some(json!({ "change_kind": "correction", "public_note": "The name was wrong." }))).await;
    settle(&app).await;
    assert_eq!(cache.keys(), [of_text.clone(), of_text.clone()]);
    step(&editor, &id, "en", "unpublish", None).await;
    settle(&app).await;
    assert_eq!(cache.keys(), [of_text.clone(), of_text]);
    app.advance(Duration::from_mins(1));
    settle(&app).await;
    assert_eq!(app.number("SELECT count(*) FROM jobs").await, 0, "nothing is left to do");
    assert!(cache.heads().is_empty());
}

async fn what_waits_is_told_together(app: App, cache: FakeCache) {
    let editor = app.staff("editor@trend.example").await;
    let mut expected = set(&["articles"]);
    for n in 0..5 {
        expected.insert(format!("article-{}", published(&editor, &plain("en", &format!("News {n}"))).await));
    }
    settle(&app).await;
    assert_eq!(cache.keys(), [expected.clone(), expected]);
    // A new name of an agency stands in its profile and, a moment later, in its texts.
    let admin = app.staff("admin@trend.example").await;
    let etag = admin.get("/v1/agencies/trend").expect(200).await.etag();
    admin.patch("/v1/agencies/trend").if_match(&etag).json(&json!({ "names": { "en": "Trend News" } })).expect(200).await;
    app.drain_jobs().await;
    let keys: BTreeSet<String> = cache.keys().into_iter().flatten().collect();
    assert!(keys.contains("delivery"), "{keys:?}");
    let named = read(&app, "/v1/delivery/agencies/trend").await;
    assert!(named.header("Surrogate-Key").unwrap().split(' ').any(|key| key == "delivery"));
    assert_eq!(named.json()["names"]["en"], "Trend News");
}

async fn a_cache_that_fails_is_told_later_and_changes_go_on(app: App, cache: FakeCache) {
    cache.status.store(503, Ordering::SeqCst);
    let id = story(&app, SAIGA).await;
    let editor = app.staff("editor@kazinform.example").await;
    step(&editor, &id, "kk", "unpublish", None).await;
    app.anonymous().get(&format!("{ARTICLES}/{id}?language=kk")).expect(404).await;
    app.drain_jobs().await;
    assert_eq!(cache.heads().len(), 1);
    let operator = app.staff("admin@platform.example").await;
    let job = operator.get("/v1/jobs").expect(200).await.json()["data"][0].clone();
    assert_eq!((text(&job["kind"]), text(&job["error_class"]), job["attempts"].as_i64()), ("purge".to_owned(), "outside".to_owned(), Some(1)));
    cache.status.store(200, Ordering::SeqCst);
    app.advance(Duration::from_secs(2));
    app.drain_jobs().await;
    assert_eq!(cache.keys(), [set(&[&format!("article-{id}"), "articles"])]);
    let metrics = app.state.metrics.render(newsroom::telemetry::Gauges::default());
    assert!(metrics.contains(r#"newsroom_jobs_total{kind="purge",outcome="failed"} 1"#), "{metrics}");
}

async fn answers_say_how_long_such_a_cache_may_keep_them(app: App, _cache: FakeCache) {
    let id = story(&app, NOWRUZ).await;
    for path in [format!("{ARTICLES}/{id}"), ARTICLES.to_owned(), "/v1/delivery/agencies".to_owned()] {
        let answer = read(&app, &path).await;
        assert_eq!(answer.header("Surrogate-Control"), Some("max-age=60"), "{path}");
        assert_eq!(answer.header("Cache-Control"), Some("public, max-age=0, s-maxage=10"), "{path}");
    }
    let missing = app.anonymous().get(&format!("{ARTICLES}/en/nowhere")).expect(404).await;
    assert_eq!((missing.header("Surrogate-Control"), missing.header("Cache-Control")), (None, Some("private, no-store")));
    // A front page whose slot ends by itself: nobody tells a cache of that.
    let editor = app.staff("editor@platform.example").await;
    editor.post("/v1/front-pages").json(&json!({ "name": "home" })).expect(201).await;
    let slots = json!({ "slots": [{ "article_id": id, "until": "2026-07-24T12:01:00Z" }] });
    editor.put("/v1/front-pages/home/ru").header("If-None-Match", "*").json(&slots).expect(201).await;
    assert_eq!(read(&app, "/v1/delivery/front-pages/home?language=ru").await.header("Surrogate-Control"), None);
}

#[actix_web::test]
async fn without_caches_nothing_is_written() {
    let app = App::sqlite().await;
    published(&app.staff("editor@trend.example").await, &plain("en", "News")).await;
    assert_eq!(app.number("SELECT count(*) FROM jobs").await, 0);
    assert_eq!(read(&app, ARTICLES).await.header("Surrogate-Control"), None);
}

#[actix_web::test]
async fn others_are_told_by_post() {
    let caches = [FakeCache::open(), FakeCache::open()];
    let app = App::sqlite_with(|config| {
        told(config, &caches.each_ref());
        config.purge.kind = PurgeKind::Http;
    });
    let app = app.await;
    let id = story(&app, SAIGA).await;
    let editor = app.staff("editor@kazinform.example").await;
    step(&editor, &id, "kk", "unpublish", None).await;
    app.drain_jobs().await;
    for cache in &caches {
        let heads = cache.heads();
        assert!(heads[0].starts_with("POST / HTTP/1.1\r\n") && heads[0].contains("surrogate-key: "), "{heads:?}");
    }
}
