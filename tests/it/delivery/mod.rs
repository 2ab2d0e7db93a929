//! What anyone may read: one text, by its article or its address. The forms of a text, lists, languages, caching, the house and leaks
//! are beside this.

mod cache;
mod caching;
mod changes;
mod corrections;
pub mod crawl;
mod documents;
mod house;
mod language;
mod leaks;
mod lists;
mod processes;
mod purge;
mod replay;
mod stream;
mod thousand;
mod view;

use crate::on_both;
use crate::support::{Answer, App, Caller};
use newsroom::db::Reader;
use newsroom::language::Tag;
use newsroom::seed;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

on_both!(
    by_its_article_a_text_is_the_original,
    a_story_whose_original_is_not_public_has_none_to_show,
    by_its_address_a_text_is_the_same,
    an_old_address_leads_to_the_new_one,
    what_was_withdrawn_says_how,
    every_text_names_all_languages_of_its_story,
    siblings_follow_what_is_published_and_unpublished,
);

/// `public_url` where nothing is set.
const BASE: &str = "http://127.0.0.1:8080";
const ARTICLES: &str = "/v1/delivery/articles";
/// Of the platform, in every state: ru, en and (edited since) az are public.
const NOWRUZ: &str = "NOWRUZ-JOINT-COVERAGE";
/// Of `uza`, also in `uz-Cyrl`.
const SAMARKAND: &str = "SAMARKAND-PAPER";
/// Of Kazinform, also in `kk-Latn`.
const SAIGA: &str = "SAIGA-STEPPE";
/// Of Trend.
const CORRIDOR: &str = "MIDDLE-CORRIDOR";
/// What a public text says of itself. Nothing else is: a new member is public on purpose, or a leak.
const MEMBERS: [&str; 34] = [
    "orthography",
    "derived_from",
    "derivation_status",
    "noindex",
    "replaces",
    "correction_pending",
    "id",
    "language",
    "direction",
    "is_original",
    "original_language",
    "slug",
    "url",
    "headline",
    "summary",
    "dateline",
    "byline",
    "corrections",
    "authors",
    "credit_line",
    "translators",
    "agency",
    "section",
    "topics",
    "urgency",
    "genre",
    "rights",
    "words",
    "seo",
    "published_at",
    "updated_at",
    "version",
    "last_change",
    "available_languages",
];

/// The article of a demo story.
async fn story(app: &App, slugline: &str) -> String {
    let (id,): (Uuid,) = app.state.db.query("SELECT id FROM articles WHERE slugline = $1").bind(slugline).one().await.unwrap();
    id.to_string()
}

/// A text of a demo story, as it lies in the seed.
fn seeded(slugline: &str, language: &str) -> seed::StoryText {
    let story = seed::stories().unwrap().into_iter().find(|story| story.slugline == slugline).unwrap();
    story.texts[&Tag::parse(language).unwrap()].clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Article and language of each.
fn keys(items: &[Value]) -> Vec<(String, String)> {
    items.iter().map(|item| (text(&item["id"]), text(&item["language"]))).collect()
}

fn items(page: &Value) -> Vec<Value> {
    page["data"].as_array().unwrap().clone()
}

/// What an anonymous reader gets.
async fn read(app: &App, path: &str) -> Answer {
    app.anonymous().get(path).expect(200).await
}

/// Where the absolute `Link` to the next page leads, without the host.
fn next_page(answer: &Answer) -> Option<String> {
    let address = answer.header("Link")?.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    Some(address.strip_prefix(BASE).unwrap_or_else(|| panic!("{address} is not at {BASE}")).to_owned())
}

/// Every text of a list, page after page.
async fn list(app: &App, query: &str) -> Vec<Value> {
    let mut next = Some(format!("{ARTICLES}?limit=100{}{query}", if query.is_empty() { "" } else { "&" }));
    let mut found = vec![];
    while let Some(path) = next {
        let answer = read(app, &path).await;
        found.extend(items(&answer.json()));
        next = next_page(&answer);
    }
    found
}

async fn create(caller: &Caller, new: &Value) -> String {
    text(&caller.post("/v1/articles").json(new).expect(201).await.json()["id"])
}

fn plain(language: &str, headline: &str) -> Value {
    json!({ "original_language": language, "headline": headline, "body_html": "<p>One paragraph.</p>" })
}

fn place(article: &str, language: &str) -> String {
    format!("/v1/articles/{article}/translations/{language}")
}

/// Takes a step with a text, as somebody who has just read it.
async fn step(caller: &Caller, article: &str, language: &str, step: &str, order: Option<Value>) -> Answer {
    let path = place(article, language);
    let etag = caller.get(&path).expect(200).await.etag();
    let mut request = caller.post(&format!("{path}/{step}")).if_match(&etag);
    if let Some(order) = order {
        request = request.json(&order);
    }
    request.expect(200).await
}

async fn edit(caller: &Caller, article: &str, language: &str, change: &Value) {
    let path = place(article, language);
    let etag = caller.get(&path).expect(200).await.etag();
    caller.patch(&path).if_match(&etag).json(change).expect(200).await;
}

/// Changes the metadata of a story and renders anew what is public of it.
async fn describe(app: &App, caller: &Caller, article: &str, change: &Value) {
    let path = format!("/v1/articles/{article}");
    let etag = caller.get(&path).expect(200).await.etag();
    caller.patch(&path).if_match(&etag).json(change).expect(200).await;
    app.drain_jobs().await;
    assert_eq!(app.number("SELECT count(*) FROM jobs").await, 0, "a job failed");
}

async fn translate(caller: &Caller, article: &str, language: &str, headline: &str) {
    let new = json!({ "headline": headline, "body_html": "<p>One paragraph.</p>" });
    caller.put(&place(article, language)).header("If-None-Match", "*").json(&new).expect(201).await;
}

/// A story that is public in its original language.
async fn published(caller: &Caller, new: &Value) -> String {
    let id = create(caller, new).await;
    step(caller, &id, &text(&new["original_language"]), "publish", None).await;
    id
}

async fn by_its_article_a_text_is_the_original(app: App) {
    let id = story(&app, NOWRUZ).await;
    let answer = read(&app, &format!("{ARTICLES}/{id}")).await;
    let (document, expected) = (answer.json(), seeded(NOWRUZ, "ru"));
    assert_eq!(members(&document), BTreeSet::from(MEMBERS).into_iter().chain(["body"]).collect::<BTreeSet<_>>());
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.header("Content-Language"), Some("ru"));
    assert_eq!(document["id"], id.as_str());
    assert_eq!((&document["language"], &document["original_language"]), (&json!("ru"), &json!("ru")));
    assert_eq!((&document["is_original"], &document["direction"]), (&json!(true), &json!("ltr")));
    assert_eq!(document["headline"], expected.headline.as_str());
    assert_eq!(document["summary"], expected.summary.as_str());
    assert_eq!(document["dateline"], expected.dateline.unwrap().as_str());
    assert_eq!(document["agency"]["slug"], "platform");
    assert_eq!(document["credit_line"], "Платформа «Тюркский мир»");
    assert_eq!(document["section"]["name"], "Культура");
    assert!(!document["body"].as_array().unwrap().is_empty());
    // Edited since it was published: readers keep what was published.
    let edited = read(&app, &format!("{ARTICLES}/{id}?language=az")).await.json();
    assert_eq!(edited["headline"], seeded(NOWRUZ, "az").headline.as_str());
    assert_eq!((&edited["version"], &edited["is_original"]), (&json!(1), &json!(false)));
    assert_eq!(edited["agency"]["slug"], "trend");
    assert_eq!(edited["credit_line"], "“Türk dünyası” platforması (Tural Şəmsizadə) / Trend İnformasiya Agentliyi (Vüqar Həmzəli)");
    let reader = app.anonymous();
    let unknown = reader.get(&format!("{ARTICLES}/{}", Uuid::new_v4())).expect(404).await;
    assert_eq!(unknown.code(), "not_found");
    let malformed = reader.get(&format!("{ARTICLES}/nonsense")).expect(400).await;
    assert_eq!((malformed.code(), malformed.faults()), ("invalid_parameter".to_owned(), vec!["id".to_owned()]));
}

async fn a_story_whose_original_is_not_public_has_none_to_show(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &plain("az", "Hələ qaralama")).await;
    let reader = app.anonymous();
    let nothing = reader.get(&format!("{ARTICLES}/{id}")).expect(404).await;
    assert_eq!(nothing.code(), "not_found");
    translate(&editor, &id, "en", "Public before its original").await;
    step(&editor, &id, "en", "publish", None).await;
    for query in ["", "?language=az"] {
        let answer = reader.get(&format!("{ARTICLES}/{id}{query}")).expect(404).await;
        assert_eq!(answer.code(), "language_not_published", "{query}");
        assert_eq!(answer.json()["available_languages"], json!(["en"]), "{query}");
    }
    let english = read(&app, &format!("{ARTICLES}/{id}?language=az&fallback=en")).await.json();
    assert_eq!((&english["language"], &english["is_original"]), (&json!("en"), &json!(false)));
}

async fn by_its_address_a_text_is_the_same(app: App) {
    let id = story(&app, SAMARKAND).await;
    let mut slugs = BTreeMap::new();
    for language in ["uz", "uz-Cyrl", "kk", "en"] {
        let by_article = read(&app, &format!("{ARTICLES}/{id}?language={language}")).await;
        let slug = text(&by_article.json()["slug"]);
        let by_address = read(&app, &format!("{ARTICLES}/{language}/{slug}")).await;
        assert_eq!(by_address.body, by_article.body, "{language}");
        assert_eq!(by_address.etag(), by_article.etag(), "{language}");
        assert_eq!(by_address.header("Content-Language"), Some(language));
        slugs.insert(language, slug);
    }
    let alias = read(&app, &format!("{ARTICLES}/uz-Cyrillic/{}", slugs["uz-Cyrl"])).await;
    assert_eq!(alias.json()["language"], "uz-Cyrl", "aliases are taken and never given");
    let reader = app.anonymous();
    for path in [format!("{ARTICLES}/kk/no-such-address"), format!("{ARTICLES}/en/{}", slugs["kk"]), format!("{ARTICLES}/tt/{}", slugs["kk"])] {
        assert_eq!(reader.get(&path).expect(404).await.code(), "not_found", "{path}");
    }
    let unknown = reader.get(&format!("{ARTICLES}/xx/{}", slugs["kk"])).expect(400).await;
    assert_eq!((unknown.code(), unknown.faults()), ("invalid_parameter".to_owned(), vec!["language".to_owned()]));
    for name in ["language", "fallback", "cursor"] {
        let answer = reader.get(&format!("{ARTICLES}/kk/{}?{name}=kk", slugs["kk"])).expect(400).await;
        assert_eq!(answer.faults(), [name], "the address says the language");
    }
}

async fn an_old_address_leads_to_the_new_one(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut new = plain("en", "A story that moves");
    new["slug"] = json!("first-address");
    let id = published(&editor, &new).await;
    edit(&editor, &id, "en", &json!({ "slug": "second-address" })).await;
    let reader = app.anonymous();
    read(&app, &format!("{ARTICLES}/en/first-address")).await;
    reader.get(&format!("{ARTICLES}/en/second-address")).expect(404).await;
    step(&editor, &id, "en", "publish", Some(json!({ "change_kind": "fix" }))).await;
    let moved = reader.get(&format!("{ARTICLES}/en/first-address?body_format=html")).expect(308).await;
    let location = format!("{BASE}{ARTICLES}/en/second-address?body_format=html");
    assert_eq!(moved.header("Location"), Some(location.as_str()));
    assert_eq!(moved.json()["moved_to"], location.as_str());
    assert_eq!(moved.header("Cache-Control"), Some("public, max-age=0, s-maxage=10"));
    let document = read(&app, location.strip_prefix(BASE).unwrap()).await.json();
    assert_eq!((&document["slug"], &document["id"]), (&json!("second-address"), &json!(id)));
    step(&editor, &id, "en", "unpublish", None).await;
    for slug in ["first-address", "second-address"] {
        assert_eq!(reader.get(&format!("{ARTICLES}/en/{slug}")).expect(404).await.code(), "not_found");
    }
}

async fn what_was_withdrawn_says_how(app: App) {
    let id = story(&app, NOWRUZ).await;
    let sql = "SELECT language, slug FROM published_slugs WHERE article_id = $1";
    let slugs: Vec<(String, String)> = app.state.db.query(sql).bind(id.parse::<Uuid>().unwrap()).all().await.unwrap();
    let slug = |language: &str| slugs.iter().find(|(other, _)| other == language).map(|(_, slug)| slug.clone()).unwrap();
    let reader = app.anonymous();
    for path in [format!("{ARTICLES}/{id}?language=tk"), format!("{ARTICLES}/tk/{}", slug("tk"))] {
        let killed = reader.get(&path).expect(410).await;
        assert_eq!(killed.code(), "withdrawn", "{path}");
        let problem = killed.json();
        assert_eq!((&problem["language"], &problem["public_note"]), (&json!("tk"), &json!("This text was withdrawn.")));
        assert!(problem["withdrawn_at"].is_string());
        assert!(!killed.text().contains("Shown in the demo"), "the reason is for the record of the house");
    }
    assert_eq!(reader.get(&format!("{ARTICLES}/tr/{}", slug("tr"))).expect(404).await.code(), "not_found");
    // The article lives on in other languages.
    read(&app, &format!("{ARTICLES}/{id}")).await;
}

async fn every_text_names_all_languages_of_its_story(app: App) {
    let texts = list(&app, "").await;
    let mut stories: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for item in &texts {
        stories.entry(text(&item["id"])).or_default().push(item);
    }
    assert_eq!(stories.len(), seed::stories().unwrap().len());
    for (id, mut texts) in stories {
        texts.sort_by_key(|item| (item["is_original"] != true, text(&item["language"])));
        let mut alternates = vec![];
        let mut links = vec![];
        for item in &texts {
            alternates.push(json!({
                "language": item["language"], "direction": item["direction"], "slug": item["slug"], "url": item["url"], "updated_at": item["updated_at"]
            }));
            links.push(format!("<{}>; rel=\"alternate\"; hreflang=\"{}\"", text(&item["url"]), text(&item["language"])));
            assert_eq!(item["url"], format!("{BASE}{ARTICLES}/{}/{}", text(&item["language"]), text(&item["slug"])));
        }
        let alternates = Value::Array(alternates);
        for item in texts {
            assert_eq!(item["available_languages"], alternates);
            let answer = read(&app, &format!("{ARTICLES}/{id}?language={}", text(&item["language"]))).await;
            assert_eq!(answer.json()["available_languages"], alternates);
            assert_eq!(answer.header("Link"), Some(links.join(", ").as_str()));
        }
    }
}

async fn siblings_follow_what_is_published_and_unpublished(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("az", "Üç dildə")).await;
    let path = format!("{ARTICLES}/{id}?language=az");
    let languages = |answer: &Answer| -> Vec<String> {
        let named = answer.json()["available_languages"].as_array().unwrap().iter().map(|other| text(&other["language"])).collect::<Vec<_>>();
        let linked = answer.header("Link").unwrap().matches("hreflang=").count();
        assert_eq!(named.len(), linked, "{:?}", answer.header("Link"));
        named
    };
    let alone = read(&app, &path).await;
    assert_eq!(languages(&alone), ["az"]);
    app.advance(Duration::from_mins(1));
    translate(&editor, &id, "en", "In three languages").await;
    let unchanged = read(&app, &path).await;
    assert_eq!((unchanged.etag(), unchanged.header("Last-Modified")), (alone.etag(), alone.header("Last-Modified")), "a draft changes nothing");
    step(&editor, &id, "en", "publish", None).await;
    let both = read(&app, &path).await;
    assert_eq!(languages(&both), ["az", "en"]);
    assert_ne!(both.etag(), alone.etag());
    assert_eq!(alone.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:00:00 GMT"));
    assert_eq!(both.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"));
    assert_eq!(both.json()["updated_at"], "2026-07-24T12:00:00Z", "the text itself has not changed");
    assert_eq!(both.json()["version"], alone.json()["version"]);
    app.advance(Duration::from_mins(1));
    step(&editor, &id, "en", "unpublish", None).await;
    let alone_again = read(&app, &path).await;
    assert_eq!(languages(&alone_again), ["az"]);
    assert!(alone_again.etag() != both.etag() && alone_again.etag() != alone.etag());
    assert_eq!(alone_again.json()["updated_at"], "2026-07-24T12:00:00Z");
    app.anonymous().get(&path).header("If-None-Match", &both.etag()).expect(200).await;
}
