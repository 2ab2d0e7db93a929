//! Answers that are kept in memory: never older than what was published, made once, in every encoding, within bounds.

use super::{ARTICLES, NOWRUZ, SAIGA, plain, published, read, step, story, text};
use crate::on_both;
use crate::support::App;
use actix_web::http::Method;
use futures_util::future::join_all;
use newsroom::delivery;
use std::io::Read;

on_both!(
    what_was_asked_before_is_not_made_again,
    requests_that_mean_the_same_share_an_answer,
    many_who_ask_at_once_wait_for_one,
    bodies_come_in_the_encoding_that_is_asked_for,
    a_publication_is_read_at_once,
    a_publication_of_another_process_is_read_after_a_look,
    another_story_stays_in_memory,
    memory_is_bounded,
);

fn made(app: &App) -> u64 {
    app.state.answers.misses.get()
}

async fn what_was_asked_before_is_not_made_again(app: App) {
    let id = story(&app, SAIGA).await;
    let path = format!("{ARTICLES}/{id}");
    let first = read(&app, &path).await;
    let before = made(&app);
    let again = read(&app, &path).await;
    assert_eq!((&again.body, again.etag()), (&first.body, first.etag()));
    let reader = app.anonymous();
    let head = reader.request(Method::HEAD, &path).expect(200).await;
    assert_eq!(head.etag(), first.etag());
    reader.get(&path).header("If-None-Match", &first.etag()).expect(304).await;
    reader.get(&path).header("Origin", "https://reader.example").expect(200).await;
    assert_eq!(made(&app), before);
}

async fn requests_that_mean_the_same_share_an_answer(app: App) {
    let same = [
        "?language=kk&agency=kazinform,trend",
        "?agency=trend,kazinform&language=kk",
        "?agency=kazinform,trend&language=kaz&limit=25&sort=-published_at",
        "?language=KK&agency=kazinform%2Ctrend",
    ];
    let before = made(&app);
    let mut etags = vec![];
    for query in same {
        etags.push(read(&app, &format!("{ARTICLES}{query}")).await.etag());
    }
    assert_eq!(made(&app), before + 1);
    etags.dedup();
    assert_eq!(etags.len(), 1);
    for other in ["?language=kk&agency=kazinform", "?language=kk&agency=kazinform,trend&limit=24", "?language=kk-Latn&agency=kazinform,trend"] {
        read(&app, &format!("{ARTICLES}{other}")).await;
    }
    assert_eq!(made(&app), before + 4);
    let reader = app.anonymous();
    for accepted in ["kk", "ru", "kk"] {
        let found = reader.get(&format!("{ARTICLES}?language=auto")).header("Accept-Language", accepted).expect(200).await;
        assert_eq!(found.header("Content-Language"), Some(accepted), "who negotiates is not taken for somebody else");
    }
    assert_eq!(made(&app), before + 6);
}

async fn many_who_ask_at_once_wait_for_one(app: App) {
    let before = made(&app);
    let reader = app.anonymous();
    let path = format!("{ARTICLES}?language=ru&limit=7");
    let answers = join_all((0..50).map(|_| reader.get(&path).expect(200))).await;
    assert_eq!(made(&app), before + 1);
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
}

async fn bodies_come_in_the_encoding_that_is_asked_for(app: App) {
    let path = format!("{ARTICLES}/{}", story(&app, SAIGA).await);
    let plain = read(&app, &path).await;
    assert_eq!((plain.header("Content-Encoding"), plain.header("Vary")), (None, Some("Accept-Encoding")));
    let reader = app.anonymous();
    for (accepted, coding) in [("gzip, deflate, br", "br"), ("gzip", "gzip")] {
        let answer = reader.get(&path).header("Accept-Encoding", accepted).expect(200).await;
        assert_eq!(answer.header("Content-Encoding"), Some(coding));
        assert_ne!(answer.etag(), plain.etag(), "a strong validator names bytes");
        assert!(answer.body.len() < plain.body.len());
        let mut decoded = vec![];
        match coding {
            "br" => brotli::Decompressor::new(&*answer.body, 4096).read_to_end(&mut decoded).unwrap(),
            _ => flate2::read::GzDecoder::new(&*answer.body).read_to_end(&mut decoded).unwrap(),
        };
        assert_eq!(decoded, plain.body);
        reader.get(&path).header("Accept-Encoding", accepted).header("If-None-Match", &answer.etag()).expect(304).await;
        reader.get(&path).header("Accept-Encoding", accepted).header("If-None-Match", &plain.etag()).expect(200).await;
    }
}

async fn a_publication_is_read_at_once(app: App) {
    let lists = [format!("{ARTICLES}?language=en"), "/v1/delivery/languages".to_owned()];
    for list in &lists {
        read(&app, list).await;
    }
    let editor = app.staff("editor@trend.example").await;
    for n in 0..20 {
        let id = published(&editor, &plain("en", &format!("News {n}"))).await;
        let newest = read(&app, &lists[0]).await.json()["data"][0].clone();
        assert_eq!(text(&newest["id"]), id);
        read(&app, &format!("{ARTICLES}/{id}")).await;
        step(&editor, &id, "en", "unpublish", None).await;
        app.anonymous().get(&format!("{ARTICLES}/{id}")).expect(404).await;
    }
}

async fn a_publication_of_another_process_is_read_after_a_look(app: App) {
    let other = app.beside().await;
    delivery::look(&other.state).await.unwrap();
    let list = format!("{ARTICLES}?language=en&limit=1");
    let old = read(&other, &list).await;
    let id = published(&app.staff("editor@trend.example").await, &plain("en", "News")).await;
    assert_eq!(read(&other, &list).await.body, old.body, "nobody has told it, or this test shows nothing");
    delivery::look(&other.state).await.unwrap();
    assert_eq!(text(&read(&other, &list).await.json()["data"][0]["id"]), id);
    other.state.db.close().await;
}

async fn another_story_stays_in_memory(app: App) {
    let path = format!("{ARTICLES}/{}", story(&app, NOWRUZ).await);
    read(&app, &path).await;
    let before = made(&app);
    published(&app.staff("editor@trend.example").await, &plain("en", "Other news")).await;
    read(&app, &path).await;
    assert_eq!(made(&app), before);
}

async fn memory_is_bounded(app: App) {
    let bounded = newsroom::cache::Answers::new(1 << 20);
    let now = app.state.clock.now();
    for n in 0..500 {
        let key = format!("{n}").into();
        let made = async || {
            Ok(newsroom::cache::Made {
                route: String::new(),
                etag: String::new(),
                modified_at: now,
                varies: false,
                headers: vec![],
                body: "x".repeat(10_000),
                sources: vec![],
                expires: None,
            })
        };
        bounded.get(&key, now, made).await.unwrap();
        bounded.note(&key, &key);
    }
    let (answers, bytes) = bounded.size();
    assert!(answers > 10 && bytes <= 1 << 20, "{answers} answers of {bytes} bytes");
}
