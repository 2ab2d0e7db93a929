//! What anyone may read: one text, by its article or its address. Lists, languages, caching, the house and leaks are beside this.

mod caching;
mod house;
mod language;
mod leaks;
mod lists;

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
    bodies_come_in_three_forms,
    other_scripts_are_texts_of_their_own,
    related_are_those_that_are_public_in_the_language,
    a_link_to_what_is_not_public_is_only_its_text,
    a_link_to_a_draft_does_not_tell_its_id,
);

/// `public_url` where nothing is set.
const BASE: &str = "http://127.0.0.1:8080";
const ARTICLES: &str = "/v1/delivery/articles";
/// Of the platform, in every state: ru, en and (edited since) az are public.
const NOWRUZ: &str = "NOWRUZ-JOINT-COVERAGE";
/// Of UzA, also in `uz-Cyrl`.
const SAMARKAND: &str = "SAMARKAND-PAPER";
/// Of Kazinform, also in `kk-Latn`.
const SAIGA: &str = "SAIGA-STEPPE";
/// Of Trend.
const CORRIDOR: &str = "MIDDLE-CORRIDOR";
/// What a public text says of itself. Nothing else is: a new member is public on purpose, or a leak.
const MEMBERS: [&str; 26] = [
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
    "authors",
    "credit_line",
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
    assert_eq!(edited["credit_line"], "“Türk dünyası” platforması / Trend İnformasiya Agentliyi");
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
    app.advance(Duration::from_secs(60));
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
    app.advance(Duration::from_secs(60));
    step(&editor, &id, "en", "unpublish", None).await;
    let alone_again = read(&app, &path).await;
    assert_eq!(languages(&alone_again), ["az"]);
    assert!(alone_again.etag() != both.etag() && alone_again.etag() != alone.etag());
    assert_eq!(alone_again.json()["updated_at"], "2026-07-24T12:00:00Z");
    app.anonymous().get(&path).header("If-None-Match", &both.etag()).expect(200).await;
}

async fn bodies_come_in_three_forms(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let told = "<script>alert(\"x\")</script> & more";
    let body = json!([
        { "_type": "block", "style": "h2", "children": [{ "_type": "span", "text": "Heading" }] },
        { "_type": "block", "children": [{ "_type": "span", "text": told }, { "_type": "span", "text": "strong", "marks": ["strong"] }] },
    ]);
    let id = published(&editor, &json!({ "original_language": "en", "headline": "Three forms", "body": body })).await;
    let path = format!("{ARTICLES}/{id}");
    let blocks = read(&app, &path).await;
    assert_eq!(blocks.json()["body"][1]["children"][0]["text"], told);
    let same = read(&app, &format!("{path}?body_format=portable_text")).await;
    assert_eq!((&same.body, same.etag()), (&blocks.body, blocks.etag()));
    let html = read(&app, &format!("{path}?body_format=html")).await;
    let rendered = text(&html.json()["body"]);
    assert!(rendered.starts_with("<div lang=\"en\" dir=\"ltr\"><h2>Heading</h2>"), "{rendered}");
    assert!(rendered.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more<strong>strong</strong>"), "{rendered}");
    assert!(!rendered.contains("<script"), "{rendered}");
    let bare = read(&app, &format!("{path}?body_format=text")).await;
    let rendered = text(&bare.json()["body"]);
    assert!(rendered.contains(told) && !rendered.contains("<strong>") && !rendered.contains("<h2>"), "{rendered}");
    assert_eq!(BTreeSet::from([blocks.etag(), html.etag(), bare.etag()]).len(), 3, "an ETag for each form");
    let wrong = app.anonymous().get(&format!("{path}?body_format=markdown")).expect(400).await;
    assert_eq!(wrong.faults(), ["body_format"]);
    // Right to left.
    translate(&editor, &id, "kk-Arab", "ءۇش فورما").await;
    step(&editor, &id, "kk-Arab", "publish", None).await;
    let arabic = read(&app, &format!("{path}?language=kk-Arab&body_format=html")).await.json();
    assert_eq!(arabic["direction"], "rtl");
    assert!(text(&arabic["body"]).starts_with("<div lang=\"kk-Arab\" dir=\"rtl\">"), "{}", arabic["body"]);
    let english = read(&app, &path).await.json();
    let directions: Vec<&Value> = english["available_languages"].as_array().unwrap().iter().map(|other| &other["direction"]).collect();
    assert_eq!(directions, ["ltr", "rtl"]);
}

async fn other_scripts_are_texts_of_their_own(app: App) {
    for (slugline, language, script, letters) in [(SAMARKAND, "uz", "uz-Cyrl", 'а'..='я'), (SAIGA, "kk", "kk-Latn", 'a'..='z')] {
        let id = story(&app, slugline).await;
        let document = read(&app, &format!("{ARTICLES}/{id}?language={script}&body_format=html")).await.json();
        assert_eq!((&document["language"], &document["direction"]), (&json!(script), &json!("ltr")));
        assert_eq!(document["headline"], seeded(slugline, script).headline.as_str());
        let body = text(&document["body"]);
        assert!(body.starts_with(&format!("<div lang=\"{script}\" dir=\"ltr\">")), "{body}");
        assert!(text(&document["headline"]).to_lowercase().chars().filter(|c| letters.contains(c)).count() > 5, "{}", document["headline"]);
        let sibling = read(&app, &format!("{ARTICLES}/{id}?language={language}")).await.json();
        assert_eq!(document["slug"], sibling["slug"], "scripts of a language share the address");
        assert_ne!(document["url"], sibling["url"]);
        assert_eq!(keys(&list(&app, &format!("language={script}")).await), [(id.clone(), script.to_owned())]);
        assert!(!keys(&list(&app, &format!("language={language}")).await).contains(&(id, script.to_owned())));
    }
}

async fn related_are_those_that_are_public_in_the_language(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let both = published(&editor, &plain("az", "Hər iki dildə")).await;
    translate(&editor, &both, "en", "In both languages").await;
    step(&editor, &both, "en", "publish", None).await;
    let english = published(&editor, &plain("en", "In English alone")).await;
    let draft = create(&editor, &plain("az", "Gizli qaralama")).await;
    let gone = published(&editor, &plain("az", "Geri götürülmüş")).await;
    step(&editor, &gone, "az", "unpublish", None).await;
    let mut new = plain("az", "Başqaları ilə bağlı");
    new["related"] = json!([draft, gone, english, both]);
    let id = published(&editor, &new).await;
    let path = format!("{ARTICLES}/{id}");
    let without = read(&app, &path).await;
    assert!(without.json().get("related").is_none());
    let with = read(&app, &format!("{path}?include=related")).await;
    let related = with.json()["related"].as_array().unwrap().clone();
    assert_eq!(keys(&related), [(both.clone(), "az".to_owned())]);
    assert_eq!(members(&related[0]), BTreeSet::from(MEMBERS));
    assert_ne!(with.etag(), without.etag());
    for query in ["", "?include=related", "?include=related&body_format=html", "?include=related&body_format=text", "?language=en&fallback=az&include=related"]
    {
        let answer = read(&app, &format!("{path}{query}")).await;
        for hidden in [&draft, &gone] {
            assert!(!answer.text().contains(hidden.as_str()), "{query}");
        }
    }
    // What is published later joins it, under another ETag.
    app.advance(Duration::from_secs(60));
    step(&editor, &draft, "az", "publish", None).await;
    let more = app.anonymous().get(&format!("{path}?include=related")).header("If-None-Match", &with.etag()).expect(200).await;
    let found: BTreeSet<String> = more.json()["related"].as_array().unwrap().iter().map(|item| text(&item["id"])).collect();
    assert_eq!(found, BTreeSet::from([both, draft]));
    let unrelated = read(&app, &format!("{ARTICLES}/{english}?include=related")).await;
    assert_eq!(unrelated.json()["related"], json!([]));
    let wrong = app.anonymous().get(&format!("{path}?include=ednote")).expect(400).await;
    assert_eq!(wrong.faults(), ["include"]);
}

/// A story in English whose only words link to another.
fn linking(to: &str) -> Value {
    let definitions = json!([{ "_type": "internal_link", "_key": "l", "article": to }]);
    let children = json!([{ "_type": "span", "text": "the other story", "marks": ["l"] }]);
    json!({ "original_language": "en", "headline": "With a link", "body": [{ "_type": "block", "children": children, "markDefs": definitions }] })
}

async fn a_link_to_what_is_not_public_is_only_its_text(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let draft = create(&editor, &plain("en", "Still hidden")).await;
    let id = published(&editor, &linking(&draft)).await;
    for form in ["html", "text"] {
        let answer = read(&app, &format!("{ARTICLES}/{id}?body_format={form}")).await;
        let body = text(&answer.json()["body"]);
        assert!(body.contains("the other story") && !body.contains("<a"), "{body}");
        assert!(!answer.text().contains(draft.as_str()), "{form}");
    }
    let target = published(&editor, &plain("en", "In the open")).await;
    let url = text(&read(&app, &format!("{ARTICLES}/{target}")).await.json()["url"]);
    let id = published(&editor, &linking(&target)).await;
    let body = text(&read(&app, &format!("{ARTICLES}/{id}?body_format=html")).await.json()["body"]);
    assert!(body.contains(&format!("<a href=\"{url}\">the other story</a>")), "{body}");
}

async fn a_link_to_a_draft_does_not_tell_its_id(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let draft = create(&editor, &plain("en", "Still hidden")).await;
    let id = published(&editor, &linking(&draft)).await;
    let answer = read(&app, &format!("{ARTICLES}/{id}")).await;
    assert!(answer.text().contains("the other story"));
    assert!(!answer.text().contains(draft.as_str()), "the blocks name an article that is not public");
}
