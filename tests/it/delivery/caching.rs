//! What caches are told, and that they are told the truth: validators, 304, tokens to purge by, and the same answer for everybody.

use super::{ARTICLES, CORRIDOR, NOWRUZ, SAIGA, create, describe, edit, items, list, plain, published, read, step, story, text, translate};
use crate::on_both;
use crate::support::{Answer, App, Caller};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

on_both!(
    every_answer_can_be_kept,
    what_the_client_has_is_not_sent_again,
    dates_of_the_past_are_not_enough,
    head_is_get_without_a_body,
    etags_differ_where_bytes_do,
    etags_follow_the_text,
    errors_are_not_kept,
    tokens_to_purge_by,
    credentials_are_ignored,
    dates_do_not_hide_new_metadata,
    dates_do_not_hide_that_an_agency_is_gone,
    dates_do_not_hide_that_somebody_is_gone,
);

const FOREVER: &str = "Fri, 31 Dec 9999 23:59:59 GMT";

/// Puts a story on the home page in Kazakh.
async fn front_page(app: &App, article: &str) {
    let editor = app.staff("editor@platform.example").await;
    editor.post("/v1/front-pages").json(&json!({ "name": "home" })).expect(201).await;
    let slots = json!({ "slots": [{ "article_id": article }] });
    editor.put("/v1/front-pages/home/kk").header("If-None-Match", "*").json(&slots).expect(201).await;
}

/// One of each kind of read.
async fn reads(app: &App) -> Vec<String> {
    let id = story(app, SAIGA).await;
    let slug = text(&read(app, &format!("{ARTICLES}/{id}")).await.json()["slug"]);
    let somebody = text(&items(&read(app, "/v1/delivery/staff").await.json())[0]["id"]);
    front_page(app, &id).await;
    vec![
        "/v1/delivery/corrections".to_owned(),
        "/v1/delivery/corrections?language=kk&limit=2".to_owned(),
        "/v1/delivery/front-pages".to_owned(),
        "/v1/delivery/front-pages/home?language=kk".to_owned(),
        "/v1/delivery/front-pages/home?language=tk&fallback=ru,kk".to_owned(),
        "/v1/delivery/front-pages/home?language=auto&fallback=kk".to_owned(),
        format!("{ARTICLES}?urgency_max=3"),
        ARTICLES.to_owned(),
        format!("{ARTICLES}?limit=2&sort=published_at"),
        format!("{ARTICLES}?language=kk&agency=kazinform"),
        format!("{ARTICLES}?language=tk&fallback=ru,en"),
        format!("{ARTICLES}?language=auto"),
        format!("{ARTICLES}?language=tt"),
        format!("{ARTICLES}/{id}"),
        format!("{ARTICLES}/{id}?language=kk&body_format=html"),
        format!("{ARTICLES}/{id}?language=kk-Latn&body_format=text&include=related"),
        format!("{ARTICLES}/{id}?language=tt&fallback=auto"),
        format!("{ARTICLES}/{id}?language=auto"),
        format!("{ARTICLES}/kk/{slug}"),
        format!("{ARTICLES}/kk/{slug}?include=related"),
        "/v1/delivery/languages".to_owned(),
        "/v1/delivery/sections".to_owned(),
        "/v1/delivery/agencies".to_owned(),
        "/v1/delivery/agencies/trend".to_owned(),
        "/v1/delivery/staff".to_owned(),
        format!("/v1/delivery/staff/{somebody}"),
    ]
}

/// The headers that a cache lives by.
fn validators(answer: &Answer) -> Vec<Option<String>> {
    let names = ["ETag", "Last-Modified", "Cache-Control", "Surrogate-Key", "Content-Language", "Link", "Vary"];
    names.map(|name| answer.header(name).map(str::to_owned)).into()
}

fn tokens(answer: &Answer) -> BTreeSet<String> {
    answer.header("Surrogate-Key").unwrap().split(' ').map(str::to_owned).collect()
}

async fn every_answer_can_be_kept(app: App) {
    for path in reads(&app).await {
        let answer = read(&app, &path).await;
        let etag = answer.etag();
        assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 4, "{path}: {etag} is not a strong ETag");
        assert_eq!(answer.header("Cache-Control"), Some("public, max-age=0, s-maxage=10"), "{path}");
        assert_eq!(answer.header("Content-Type"), Some("application/json"), "{path}");
        let modified = answer.header("Last-Modified").unwrap_or_else(|| panic!("{path} has no Last-Modified"));
        assert!(modified.ends_with(" GMT") && modified.contains(" 2026 "), "{path}: {modified}");
        for token in tokens(&answer) {
            assert!(!token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{path}: {token:?}");
        }
        assert!(answer.header("Set-Cookie").is_none(), "{path}");
        assert_eq!(read(&app, &path).await.etag(), etag, "{path}: the same twice");
    }
}

async fn what_the_client_has_is_not_sent_again(app: App) {
    let reader = app.anonymous();
    for path in reads(&app).await {
        let answer = read(&app, &path).await;
        let (etag, modified) = (answer.etag(), answer.header("Last-Modified").unwrap());
        let several = format!("\"other\", {etag}");
        let weak = format!("W/{etag}");
        for (name, value) in [
            ("If-None-Match", etag.as_str()),
            ("If-None-Match", several.as_str()),
            ("If-None-Match", weak.as_str()),
            ("If-None-Match", "*"),
            ("If-Modified-Since", modified),
            ("If-Modified-Since", FOREVER),
        ] {
            let unchanged = reader.get(&path).header(name, value).expect(304).await;
            assert!(unchanged.body.is_empty(), "{path}");
            assert_eq!(validators(&unchanged), validators(&answer), "{path} with {name}: {value}");
            assert!(unchanged.header("X-Request-Id").is_some());
        }
        for (name, value) in [
            ("If-None-Match", "\"other\""),
            ("If-None-Match", etag.trim_matches('"')),
            ("If-None-Match", ""),
            ("If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"),
            ("If-Modified-Since", "yesterday"),
            ("If-Modified-Since", "2026-07-24T12:00:00Z"),
        ] {
            let whole = reader.get(&path).header(name, value).expect(200).await;
            assert_eq!(whole.body, answer.body, "{path} with {name}: {value}");
        }
        // The ETag decides where there is one.
        let changed = reader.get(&path).header("If-None-Match", "\"other\"").header("If-Modified-Since", FOREVER).expect(200).await;
        assert_eq!(changed.body, answer.body, "{path}");
    }
}

async fn dates_of_the_past_are_not_enough(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("az", "Saniyələr")).await;
    let path = format!("{ARTICLES}/{id}");
    let reader = app.anonymous();
    for place in [path.as_str(), ARTICLES] {
        assert_eq!(read(&app, place).await.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:00:00 GMT"), "{place}");
        reader.get(place).header("If-Modified-Since", "Fri, 24 Jul 2026 12:00:00 GMT").expect(304).await;
        reader.get(place).header("If-Modified-Since", "Fri, 24 Jul 2026 11:59:59 GMT").expect(200).await;
    }
    app.advance(Duration::from_secs(1));
    edit(&editor, &id, "az", &json!({ "headline": "Bir saniyə sonra" })).await;
    reader.get(&path).header("If-Modified-Since", "Fri, 24 Jul 2026 12:00:00 GMT").expect(304).await;
    step(&editor, &id, "az", "publish", Some(json!({ "change_kind": "fix" }))).await;
    for place in [path.as_str(), ARTICLES, "/v1/delivery/languages"] {
        let answer = reader.get(place).header("If-Modified-Since", "Fri, 24 Jul 2026 12:00:00 GMT").expect(200).await;
        assert_eq!(answer.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:00:01 GMT"), "{place}");
    }
}

async fn head_is_get_without_a_body(app: App) {
    let reader = app.anonymous();
    for path in reads(&app).await {
        let get = read(&app, &path).await;
        let head = reader.request("HEAD".parse().unwrap(), &path).expect(200).await;
        assert_eq!(validators(&head), validators(&get), "{path}");
        assert_eq!(head.header("Content-Type"), Some("application/json"), "{path}");
        let unchanged = reader.request("HEAD".parse().unwrap(), &path).header("If-None-Match", &get.etag()).expect(304).await;
        assert_eq!(validators(&unchanged), validators(&get), "{path}");
    }
    let missing = reader.request("HEAD".parse().unwrap(), &format!("{ARTICLES}/kk/nowhere")).expect(404).await;
    assert_eq!(missing.header("Content-Type"), Some("application/problem+json"));
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let refused = reader.request(method.parse().unwrap(), ARTICLES).expect(405).await;
        assert_eq!(refused.code(), "method_not_allowed");
        assert_eq!(refused.header("Allow"), Some("GET, HEAD, OPTIONS"), "{method}");
    }
}

async fn etags_differ_where_bytes_do(app: App) {
    let id = story(&app, NOWRUZ).await;
    let mut seen: Vec<(String, Vec<u8>, String)> = vec![];
    for query in [
        "",
        "body_format=portable_text",
        "body_format=html",
        "body_format=text",
        "include=related",
        "include=related&body_format=html",
        "language=ru",
        "language=en",
        "language=en&body_format=html",
        "language=kk&fallback=en",
        "language=ky&fallback=en",
        "language=ky&fallback=ru",
        "language=ky&fallback=ru&body_format=text",
        "language=ky&fallback=ru&include=related",
    ] {
        let answer = read(&app, &format!("{ARTICLES}/{id}?{query}")).await;
        for (other, body, etag) in &seen {
            assert_eq!(*body == answer.body, *etag == answer.etag(), "{other:?} and {query:?}");
        }
        seen.push((query.to_owned(), answer.body.clone(), answer.etag()));
    }
    let lists = ["", "?limit=3", "?language=kk", "?language=tt", "?language=tt&fallback=kk", "?sort=published_at", "?limit=4"];
    let mut etags = BTreeSet::new();
    for query in lists {
        etags.insert(read(&app, &format!("{ARTICLES}{query}")).await.etag());
    }
    assert_eq!(etags.len(), lists.len());
}

async fn etags_follow_the_text(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("az", "Bir mətn")).await;
    let path = format!("{ARTICLES}/{id}");
    let mut etags = vec![read(&app, &path).await.etag()];
    // Nothing that readers do not see changes it: a draft, its review, a further draft.
    edit(&editor, &id, "az", &json!({ "headline": "Başqa mətn" })).await;
    step(&editor, &id, "az", "submit", None).await;
    step(&editor, &id, "az", "approve", None).await;
    assert_eq!(read(&app, &path).await.etag(), etags[0]);
    step(&editor, &id, "az", "publish", Some(json!({ "change_kind": "fix" }))).await;
    etags.push(read(&app, &path).await.etag());
    step(&editor, &id, "az", "unpublish", None).await;
    app.anonymous().get(&path).header("If-None-Match", &etags[1]).expect(404).await;
    step(&editor, &id, "az", "publish", None).await;
    etags.push(read(&app, &path).await.etag());
    assert_eq!(etags.iter().collect::<BTreeSet<_>>().len(), 3, "never the same again: {etags:?}");
}

async fn errors_are_not_kept(app: App) {
    let id = story(&app, NOWRUZ).await;
    for (path, status) in [
        (format!("{ARTICLES}/{id}?language=kk"), 404),
        (format!("{ARTICLES}/{id}?language=tk"), 410),
        (format!("{ARTICLES}/kk/nowhere"), 404),
        (format!("{ARTICLES}?limit=0"), 400),
        ("/v1/delivery/agencies/nobody".to_owned(), 404),
    ] {
        let answer = app.anonymous().get(&path).header("If-None-Match", "*").expect(status).await;
        assert_eq!(answer.header("Cache-Control"), Some("private, no-store"), "{path}");
        assert_eq!((answer.header("ETag"), answer.header("Last-Modified")), (None, None), "{path}");
    }
}

async fn tokens_to_purge_by(app: App) {
    let id = story(&app, CORRIDOR).await;
    front_page(&app, &id).await;
    let article = format!("article-{id}");
    let somebody = app.staff("editor@uza.example").await.id;
    let person = format!("staff-{somebody}");
    for (path, expected) in [
        (format!("{ARTICLES}/{id}"), vec![article.as_str(), "language-az", "agency-trend", "section-economy"]),
        (format!("{ARTICLES}/{id}?language=kk&body_format=html"), vec![article.as_str(), "language-kk", "agency-kazinform", "section-economy"]),
        (format!("{ARTICLES}/{id}?language=tt&fallback=ru"), vec![article.as_str(), "language-ru", "agency-platform", "section-economy"]),
        ("/v1/delivery/corrections?language=kk".to_owned(), vec!["corrections", "articles", "agencies", "sections", "language-kk"]),
        ("/v1/delivery/front-pages".to_owned(), vec!["front-pages", "articles"]),
        ("/v1/delivery/front-pages/home?language=kk".to_owned(), vec!["front-pages", "front-page-home", "articles", "language-kk"]),
        (ARTICLES.to_owned(), vec!["articles"]),
        (format!("{ARTICLES}?language=kk"), vec!["articles", "language-kk"]),
        (format!("{ARTICLES}?agency=kazinform&section=culture"), vec!["articles", "agencies", "sections"]),
        (format!("{ARTICLES}/{id}?include=related"), vec![article.as_str(), "language-az", "agency-trend", "section-economy", "articles"]),
        ("/v1/delivery/search?q=nowruz".to_owned(), vec!["articles", "agencies", "sections", "names"]),
        (format!("{ARTICLES}?language=tk&fallback=ru,en"), vec!["articles", "language-tk", "language-ru", "language-en"]),
        ("/v1/delivery/languages".to_owned(), vec!["languages", "articles"]),
        ("/v1/delivery/sections".to_owned(), vec!["sections"]),
        ("/v1/delivery/agencies".to_owned(), vec!["agencies"]),
        ("/v1/delivery/agencies/uza".to_owned(), vec!["agencies", "agency-uza"]),
        ("/v1/delivery/staff".to_owned(), vec!["staff"]),
        (format!("/v1/delivery/staff/{somebody}"), vec!["staff", person.as_str()]),
    ] {
        assert_eq!(tokens(&read(&app, &path).await), expected.into_iter().chain(["delivery"]).map(str::to_owned).collect::<BTreeSet<_>>(), "{path}");
    }
    let slug = text(&read(&app, &format!("{ARTICLES}/{id}")).await.json()["slug"]);
    let by_address = tokens(&read(&app, &format!("{ARTICLES}/az/{slug}")).await);
    assert!(by_address.contains(&article) && by_address.contains("language-az"));
    // Without a section there is no token for it.
    let trend = app.staff("editor@trend.example").await;
    let id = published(&trend, &plain("az", "Rubrikasız")).await;
    let expected = [format!("article-{id}"), "language-az".to_owned(), "agency-trend".to_owned(), "delivery".to_owned()];
    assert_eq!(tokens(&read(&app, &format!("{ARTICLES}/{id}")).await), BTreeSet::from(expected));
}

async fn credentials_are_ignored(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let draft = create(&editor, &plain("az", "Öz qaralamam")).await;
    let ended = app.staff("journalist@trend.example").await;
    ended.post("/v1/auth/logout").send().await;
    let callers: [(&str, Caller); 6] = [
        ("an editor", editor.clone()),
        ("an admin of the platform", app.staff("admin@platform.example").await),
        ("whose session has ended", ended),
        ("garbage", app.with_token("garbage")),
        ("a key that is none", app.with_token("nwk_00000000_00000000_00000000")),
        ("nothing after the scheme", app.with_token("")),
    ];
    for path in reads(&app).await {
        let anonymous = read(&app, &path).await;
        for (who, caller) in &callers {
            let answer = caller.get(&path).expect(200).await;
            assert_eq!(answer.body, anonymous.body, "{path} for {who}");
            assert_eq!(validators(&answer), validators(&anonymous), "{path} for {who}");
        }
        let basic = app.anonymous().get(&path).header("Authorization", "Basic Zm9vOmJhcg==").header("Cookie", "session=1").expect(200).await;
        assert_eq!((&basic.body, basic.etag()), (&anonymous.body, anonymous.etag()), "{path}");
    }
    for (who, caller) in &callers {
        let hidden = caller.get(&format!("{ARTICLES}/{draft}")).expect(404).await;
        assert_eq!(hidden.code(), "not_found", "{who} sees their drafts elsewhere");
    }
}

/// What a client that goes by dates has kept.
async fn dated(app: &App, paths: &[String]) -> Vec<(String, String)> {
    let mut kept = vec![];
    for path in paths {
        let answer = read(app, path).await;
        kept.push((path.clone(), answer.header("Last-Modified").unwrap().to_owned()));
    }
    kept
}

async fn dates_do_not_hide_new_metadata(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let other = published(&editor, &plain("az", "Bağlı xəbər")).await;
    let mut new = plain("az", "Əsas xəbər");
    new["related"] = json!([other]);
    let id = published(&editor, &new).await;
    translate(&editor, &id, "en", "The main story").await;
    step(&editor, &id, "en", "publish", None).await;
    let paths = [
        format!("{ARTICLES}/{id}"),
        format!("{ARTICLES}/{id}?language=en"),
        format!("{ARTICLES}/{id}?include=related"),
        format!("{ARTICLES}?id={id}"),
        format!("{ARTICLES}?language=az&limit=5"),
    ];
    let kept = dated(&app, &paths).await;
    app.advance(Duration::from_mins(1));
    describe(&app, &editor, &id, &json!({ "urgency": 1, "genre": "Analysis" })).await;
    assert_eq!(list(&app, &format!("id={id}")).await[0]["urgency"], 1);
    for (path, date) in kept {
        let answer = app.anonymous().get(&path).header("If-Modified-Since", &date).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{path} has changed since {date}");
        assert!(answer.text().contains("\"urgency\":1,\"genre\":\"Analysis\""), "{path}");
    }
}

async fn dates_do_not_hide_that_an_agency_is_gone(app: App) {
    let admin = app.staff("admin@platform.example").await;
    let kept = dated(&app, &["/v1/delivery/agencies".to_owned()]).await;
    app.advance(Duration::from_mins(1));
    let etag = admin.get("/v1/agencies/uza").expect(200).await.etag();
    admin.post("/v1/agencies/uza/suspend").if_match(&etag).expect(200).await;
    for (path, date) in kept {
        let answer = app.anonymous().get(&path).header("If-Modified-Since", &date).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{path} has changed since {date}");
        assert!(!answer.text().contains("\"uza\""), "{path}");
    }
}

async fn dates_do_not_hide_that_somebody_is_gone(app: App) {
    let admin = app.staff("admin@trend.example").await;
    let journalist = app.staff("journalist@trend.example").await.id;
    let pages = ["/v1/delivery/staff".to_owned(), "/v1/delivery/staff?limit=100".to_owned()];
    let kept = dated(&app, &pages).await;
    app.advance(Duration::from_mins(1));
    let path = format!("/v1/staff/{journalist}");
    let etag = admin.get(&path).expect(200).await.etag();
    admin.patch(&path).if_match(&etag).json(&json!({ "byline": false })).expect(200).await;
    for (path, date) in kept {
        let answer = app.anonymous().get(&path).header("If-Modified-Since", &date).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{path} has changed since {date}");
        assert!(!answer.text().contains(&journalist.to_string()), "{path}");
    }
}
