//! What is not public is not there: no byte, count, order or tag of it, on any address that anybody may read.
//!
//! A word that nobody writes is put into every field of work in progress; then all that is public is crawled, and compared with what
//! it was before.

use super::crawl::{Answers, Known, assert_same, assert_same_dates, assert_silent, crawl, leaks, seen};
use super::{ARTICLES, CORRIDOR, create, describe, edit, items, keys, list, place, plain, published, read, step, story, text};
use crate::on_both;
use crate::support::{App, Caller};
use newsroom::db::Reader;
use newsroom::seed;
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

on_both!(
    the_demo_shows_only_what_it_published,
    work_in_progress_cannot_be_seen,
    an_edit_after_publication_cannot_be_seen,
    what_was_unpublished_is_gone,
    notes_of_editors_are_never_public,
    rendering_anew_shows_the_published_revision,
    delivery_answers_without_any_other_table,
);

/// In every field of what must not be seen. Also good as part of an address.
const CANARY: &str = "zqkanaryqz";

/// A story that has the canary wherever something can be written.
fn canary(language: &str, n: usize) -> Value {
    let mut new = canary_text(n);
    let more = json!({
        "original_language": language, "slugline": format!("{CANARY}-{n}"), "ednote": format!("{CANARY} ednote"), "genre": format!("{CANARY} genre"),
        "rights": format!("{CANARY} rights"), "section": "culture", "topics": ["medtop:20000040"], "urgency": 1
    });
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    new
}

fn canary_text(n: usize) -> Value {
    json!({
        "headline": format!("{CANARY} headline {n}"), "summary": format!("{CANARY} summary"), "body_html": format!("<h2>{CANARY}</h2><p>{CANARY} body</p>"),
        "dateline": format!("{CANARY}, 24"), "byline": format!("{CANARY} byline"), "slug": format!("{CANARY}-{n}"),
        "seo": { "title": format!("{CANARY} title"), "description": format!("{CANARY} description") }
    })
}

/// Sets the front page of Trend in a language.
async fn set_front_page(editor: &Caller, language: &str, articles: &[String]) {
    editor.post("/v1/front-pages").json(&json!({ "name": "trend-home" })).send().await;
    let path = format!("/v1/front-pages/trend-home/{language}");
    let now = editor.get(&path).send().await;
    let request = editor.put(&path);
    let request = if now.status == 200 { request.if_match(&now.etag()) } else { request.header("If-None-Match", "*") };
    let slots: Vec<Value> = articles.iter().map(|id| json!({ "article_id": id, "pinned": true })).collect();
    let answer = request.json(&json!({ "slots": slots })).send().await;
    assert!(answer.status.is_success(), "{}", answer.text());
}

/// Makes a story for every state in which readers never saw it. Says what they are, and what nobody may be told.
async fn hide(app: &App, editor: &Caller) -> (Known, Vec<String>) {
    let mut hidden = Known { agencies: vec!["trend".to_owned()], ..Known::default() };
    // In a language that is public and in one that is not.
    for (n, (language, steps)) in
        [("az", vec![]), ("tt", vec![]), ("az", vec!["submit"]), ("tt", vec!["submit", "approve"]), ("az", vec!["submit", "approve"]), ("az", vec!["kill"])]
            .into_iter()
            .enumerate()
    {
        let id = create(editor, &canary(language, n)).await;
        for name in steps {
            let order = (name == "kill").then(|| json!({ "reason": format!("{CANARY} reason"), "public_note": format!("{CANARY} note") }));
            step(editor, &id, language, name, order).await;
        }
        hidden.articles.push(id);
        hidden.texts.push((language.to_owned(), format!("{CANARY}-{n}")));
    }
    let deleted = create(editor, &canary("az", 90)).await;
    let path = format!("/v1/articles/{deleted}");
    let etag = editor.get(&path).expect(200).await.etag();
    editor.delete(&path).if_match(&etag).expect(204).await;
    hidden.articles.push(deleted);
    hidden.texts.push(("az".to_owned(), format!("{CANARY}-90")));
    // A translation of what is public, and somebody who has not come yet.
    let corridor = story(app, CORRIDOR).await;
    editor.put(&place(&corridor, "tt")).header("If-None-Match", "*").json(&canary_text(91)).expect(201).await;
    hidden.texts.push(("tt".to_owned(), format!("{CANARY}-91")));
    let admin = app.staff("admin@trend.example").await;
    let new = json!({
        "email": format!("{CANARY}@trend.example"), "role": "journalist", "languages": ["az"], "names": { "az": format!("{CANARY} name") },
        "bios": { "az": format!("{CANARY} bio") }, "byline": true
    });
    hidden.staff.push(text(&admin.post("/v1/staff").json(&new).expect(201).await.json()["id"]));
    // On a front page, before, between and after what is public; in one language nothing is.
    let mut slots = hidden.articles.clone();
    // The one that is deleted is the last.
    slots.pop();
    slots.insert(3, corridor);
    for language in ["az", "tt"] {
        set_front_page(editor, language, &slots).await;
    }
    let mut secrets = hidden.articles.clone();
    secrets.extend(hidden.staff.iter().cloned());
    secrets.push(CANARY.to_owned());
    (hidden, secrets)
}

async fn the_demo_shows_only_what_it_published(app: App) {
    let mut known = Known::of(&app).await;
    known.articles.clear();
    for story in seed::stories().unwrap() {
        known.articles.push(self::story(&app, &story.slugline).await);
    }
    let mut secrets: Vec<String> = ["Shown in the demo", "@platform.example", "@trend.example", "argon2", "(2)"].map(str::to_owned).into();
    for story in seed::stories().unwrap() {
        for (_, text) in story.texts {
            if !text.state.starts_with("published") {
                secrets.extend([text.headline, text.summary]);
            }
        }
    }
    assert!(secrets.len() > 20);
    let answers = crawl(&app, &known).await;
    assert_silent(&answers, &secrets);
    // In capitals: addresses may have the same words.
    for story in seed::stories().unwrap() {
        let told = answers.values().find(|answer| answer.text().contains(&story.slugline));
        assert!(told.is_none(), "{} is told", story.slugline);
    }
}

async fn work_in_progress_cannot_be_seen(app: App) {
    let known = Known::of(&app).await;
    let editor = app.staff("editor@trend.example").await;
    let corridor = story(&app, CORRIDOR).await;
    set_front_page(&editor, "az", &[corridor]).await;
    let before = crawl(&app, &known).await;
    assert_eq!(before["/v1/delivery/front-pages/trend-home?language=az"].status.as_u16(), 200);
    app.advance(std::time::Duration::from_secs(90));
    let (hidden, secrets) = hide(&app, &editor).await;
    app.drain_jobs().await;
    let after = crawl(&app, &known).await;
    assert_silent(&after, &secrets);
    assert_same(&before, &after);
    assert_same_dates(&before, &after);
    // Asked for by name, they are what was never there.
    let reader = app.anonymous();
    let nothing = seen(&reader.get(&format!("{ARTICLES}/{}", Uuid::new_v4())).expect(404).await).1;
    for (path, is_text) in hidden_places(&hidden) {
        let answer = reader.get(&path).expect(404).await;
        assert_eq!(answer.code(), "not_found", "{path}");
        if is_text {
            assert_eq!(seen(&answer).1, nothing, "{path}");
        }
    }
    assert_eq!(list(&app, &format!("id={}", hidden.articles.join(","))).await, Vec::<Value>::new());
    assert_silent(&crawl(&app, &hidden).await, &secrets);
}

/// Addresses of what is hidden, and whether they are of texts.
fn hidden_places(hidden: &Known) -> Vec<(String, bool)> {
    let articles = hidden.articles.iter().map(|id| (format!("{ARTICLES}/{id}"), true));
    let texts = hidden.texts.iter().map(|(language, slug)| (format!("{ARTICLES}/{language}/{slug}"), true));
    let staff = hidden.staff.iter().map(|id| (format!("/v1/delivery/staff/{id}"), false));
    articles.chain(texts).chain(staff).collect()
}

async fn an_edit_after_publication_cannot_be_seen(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let (hidden, secrets) = hide(&app, &editor).await;
    let mut new = plain("az", "Hamının gördüyü");
    new["slug"] = json!("haminin-gorduyu");
    new["section"] = json!("culture");
    new["related"] = json!(hidden.articles[..5]);
    let id = published(&editor, &new).await;
    let mut known = Known::of(&app).await;
    known.staff.extend(hidden.staff.iter().cloned());
    known.articles.push(id.clone());
    known.texts.extend([("az".to_owned(), "haminin-gorduyu".to_owned()), ("az".to_owned(), format!("{CANARY}-0"))]);
    let before = crawl(&app, &known).await;
    assert_eq!(before[&format!("{ARTICLES}/{id}?include=related")].json()["related"], json!([]));
    assert_silent(&before, &secrets);
    // Only the newest revision has it: as a draft, in review, returned, approved.
    edit(&editor, &id, "az", &canary_text(50)).await;
    for (name, order) in [("submit", None), ("return", Some(json!({ "reason": format!("{CANARY} reason") }))), ("submit", None), ("approve", None)] {
        let after = crawl(&app, &known).await;
        assert_silent(&after, &secrets);
        assert_same(&before, &after);
        assert_same_dates(&before, &after);
        step(&editor, &id, "az", name, order).await;
    }
    let after = crawl(&app, &known).await;
    assert_silent(&after, &secrets);
    assert_same(&before, &after);
    app.anonymous().get(&format!("{ARTICLES}/az/{CANARY}-50")).expect(404).await;
}

async fn what_was_unpublished_is_gone(app: App) {
    let known = Known::of(&app).await;
    let editor = app.staff("editor@trend.example").await;
    let before = crawl(&app, &known).await;
    let id = create(&editor, &canary("az", 7)).await;
    editor.put(&place(&id, "tt")).header("If-None-Match", "*").json(&canary_text(8)).expect(201).await;
    for language in ["az", "tt"] {
        step(&editor, &id, language, "publish", None).await;
    }
    // The crawl sees what is public: it would see a leak.
    let public = crawl(&app, &known).await;
    for word in [CANARY, id.as_str()] {
        let found = leaks(&public, &[word.to_owned()]);
        assert!(found.len() > 20, "{found:#?}");
    }
    for language in ["az", "tt"] {
        step(&editor, &id, language, "unpublish", Some(json!({ "public_note": format!("{CANARY} note") }))).await;
    }
    // The sequence goes on: it tells that the text is gone, and what was to be told of that.
    let without_sequence = |mut answers: Answers| {
        answers.retain(|address, _| !["/v1/delivery/changes", "/v1/delivery/stream"].iter().any(|sequence| address.starts_with(sequence)));
        answers
    };
    let told = read(&app, "/v1/delivery/changes?agency=trend&limit=1000").await.json();
    let told: Vec<_> =
        items(&told).iter().filter(|event| event["article_id"] == id.as_str()).map(|event| (text(&event["type"]), event["public_note"].clone())).collect();
    let gone = ("unpublished".to_owned(), json!(format!("{CANARY} note")));
    let published = ("published".to_owned(), Value::Null);
    assert_eq!(told, [published.clone(), published, gone.clone(), gone]);
    let after = without_sequence(crawl(&app, &known).await);
    let secrets = [CANARY.to_owned(), id.clone()];
    assert_silent(&after, &secrets);
    assert_same(&without_sequence(before), &after);
    let texts = [("az".to_owned(), format!("{CANARY}-7")), ("tt".to_owned(), format!("{CANARY}-8"))];
    let hidden = Known { articles: vec![id], texts: texts.into(), agencies: vec!["trend".to_owned()], staff: vec![editor.id.to_string()] };
    assert_silent(&without_sequence(crawl(&app, &hidden).await), &secrets);
    for (path, _) in hidden_places(&Known { staff: vec![], ..hidden }) {
        assert_eq!(app.anonymous().get(&path).expect(404).await.code(), "not_found", "{path}");
    }
}

async fn notes_of_editors_are_never_public(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut new = plain("az", "Adi xəbər");
    new["ednote"] = json!(format!("{CANARY} ednote"));
    new["slugline"] = json!(format!("{CANARY}-slugline"));
    let id = published(&editor, &new).await;
    let mut known = Known::of(&app).await;
    let slug = text(&read(&app, &format!("{ARTICLES}/{id}")).await.json()["slug"]);
    known.articles.push(id.clone());
    known.texts.push(("az".to_owned(), slug));
    let secrets = [CANARY.to_owned()];
    assert_silent(&crawl(&app, &known).await, &secrets);
    // Nor when they change, nor when the text is published anew.
    describe(&app, &editor, &id, &json!({ "ednote": format!("{CANARY} more"), "slugline": format!("{CANARY}-OTHER"), "genre": "News" })).await;
    let after = crawl(&app, &known).await;
    assert_eq!(after[&format!("{ARTICLES}/{id}")].json()["genre"], "News");
    assert_silent(&after, &secrets);
    edit(&editor, &id, "az", &json!({ "headline": "Adi xəbər, düzəlişlə" })).await;
    step(&editor, &id, "az", "submit", None).await;
    step(&editor, &id, "az", "return", Some(json!({ "reason": format!("{CANARY} reason") }))).await;
    step(&editor, &id, "az", "publish", Some(json!({ "change_kind": "fix" }))).await;
    assert_silent(&crawl(&app, &known).await, &secrets);
    assert_eq!(keys(&list(&app, "published_after=2026-07-24T11:59:59Z").await), [(id, "az".to_owned())]);
}

async fn rendering_anew_shows_the_published_revision(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut new = plain("en", "As it was published");
    new["slug"] = json!("as-it-was-published");
    let id = published(&editor, &new).await;
    let path = format!("{ARTICLES}/{id}");
    let mut expected = read(&app, &path).await.json();
    edit(&editor, &id, "en", &canary_text(60)).await;
    describe(&app, &editor, &id, &json!({ "urgency": 2, "ednote": format!("{CANARY} ednote") })).await;
    let after = read(&app, &path).await;
    expected["urgency"] = json!(2);
    assert_eq!(after.json(), expected, "nothing but the urgency has changed");
    assert!(!after.text().contains(CANARY));
    assert_eq!(read(&app, &format!("{ARTICLES}/en/as-it-was-published")).await.json(), expected);
    app.anonymous().get(&format!("{ARTICLES}/en/{CANARY}-60")).expect(404).await;
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The words that SQL has where a table must be.
fn tables_named(source: &str) -> Vec<String> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.');
    let mut words = source.split(|c: char| c.is_whitespace() || c == '"' || c == '\\').filter(|word| !word.is_empty()).peekable();
    let mut tables = vec![];
    while let Some(keyword) = words.next() {
        if !["FROM", "JOIN", "INTO", "UPDATE", "TABLE"].contains(&keyword.trim_start_matches('(')) {
            continue;
        }
        // A list of tables, or a query in brackets.
        while let Some(next) = words.next_if(|next| !next.starts_with('(')) {
            tables.push(next.split(ends).next().unwrap().to_owned());
            if !next.ends_with(',') {
                break;
            }
        }
    }
    tables
}

/// Every table that the migrations make.
fn tables_made() -> Vec<String> {
    let mut migrations = vec![];
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite"), &mut migrations);
    let lines = migrations.iter().flat_map(|(_, sql)| sql.lines());
    lines
        .filter_map(|line| Some(line.strip_prefix("CREATE TABLE ").or(line.strip_prefix("CREATE VIRTUAL TABLE "))?.split([' ', '(']).next()?.to_owned()))
        .collect()
}

#[test]
fn delivery_names_no_other_table() {
    let sql = "SELECT 1 FROM articles a JOIN (SELECT 2 FROM revisions) r; \" FROM staff, agencies WHERE\" INSERT INTO jobs(x); UPDATE links SET";
    assert_eq!(tables_named(sql), ["articles", "revisions", "staff", "agencies", "jobs", "links"]);
    let made = tables_made();
    assert!(made.len() > 20 && made.contains(&"articles".to_owned()) && made.contains(&"published_documents".to_owned()), "{made:?}");
    let mut files = vec![];
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/delivery"), &mut files);
    let mut named = 0;
    for (file, source) in files {
        for table in tables_named(&source) {
            assert!(table.starts_with("published_") && made.contains(&table), "{file} reads {table}");
            named += 1;
        }
        // Neither the other handle, nor those who have it.
        for other in ["state.db", ".begin(", "crate::articles", "crate::translations", "crate::staff", "crate::agencies", "crate::sections", "crate::auth"] {
            assert!(!source.contains(other), "{file} has {other}");
        }
    }
    assert!(named >= 10, "{named} tables were found");
}

async fn delivery_answers_without_any_other_table(app: App) {
    let mut known = Known::of(&app).await;
    known.staff.truncate(3);
    let before = crawl(&app, &known).await;
    let mut tx = app.state.db.begin().await.unwrap();
    for table in tables_made().into_iter().filter(|table| !table.starts_with("published_")) {
        let sql: &'static str = format!("ALTER TABLE {table} RENAME TO gone_{table}").leak();
        tx.query(sql).execute().await.unwrap();
    }
    tx.commit().await.unwrap();
    let reader = app.anonymous();
    for (address, old) in before.iter().filter(|(address, _)| address.starts_with("/v1/delivery")) {
        let answer = reader.get(address).send().await;
        assert_eq!(seen(&answer), seen(old), "{address}");
    }
    assert_eq!(reader.get("/health/ready").send().await.status.as_u16(), 503, "the tables are gone indeed");
}
