//! Texts of a story: adding, replacing, changing and deleting them, and their revisions.

use crate::on_both;
use crate::support::{Answer, App, Caller, NOON};
use futures_util::future::join_all;
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

on_both!(
    put_adds_a_text_in_a_new_language,
    put_asks_what_was_seen,
    put_says_that_it_adds,
    who_adds_a_text_is_its_agency,
    a_text_is_made_from_the_original_as_it_is_public,
    put_replaces_a_text_by_a_new_revision,
    patch_changes_what_is_said_only,
    a_patch_that_changes_nothing_is_none,
    a_patch_is_merged_into_seo,
    texts_break_no_rule,
    a_body_is_told_where_it_is_wrong,
    html_is_stored_as_blocks,
    html_is_converted_without_being_stored,
    an_address_can_be_wished_for,
    what_was_never_public_is_deleted,
    the_original_and_what_was_public_stay,
    a_text_that_was_deleted_can_come_again,
    texts_have_etags_of_their_own,
    scripts_stand_side_by_side,
    texts_are_seen_with_their_story,
    journalists_write_their_own_texts,
    of_many_puts_with_one_etag_one_wins,
    of_many_first_texts_one_is_made,
    patch_and_put_lose_no_update,
    a_write_and_a_deletion_do_not_both_win,
    a_write_and_a_submission_do_not_both_win,
    a_late_editor_is_told_who_was_faster,
    revisions_are_listed_in_pages,
    revisions_are_read_as_they_were,
    revisions_are_compared,
    a_revision_is_restored_as_a_new_one,
    revisions_cannot_be_rewritten,
);

async fn id_of(app: &App, sql: &'static str, key: &str) -> String {
    let (id,): (Uuid,) = app.state.db.query(sql).bind(key).one().await.unwrap();
    id.to_string()
}

async fn agency(app: &App, slug: &str) -> String {
    id_of(app, "SELECT id FROM agencies WHERE slug = $1", slug).await
}

/// How many revisions a story has in all its languages.
async fn revisions(app: &App, id: &str) -> i64 {
    app.state.db.query("SELECT count(*) FROM revisions WHERE article_id = $1").bind(Uuid::try_parse(id).unwrap()).value().await.unwrap()
}

/// A story in English.
async fn create(caller: &Caller, members: &Value) -> String {
    let mut story = json!({"original_language": "en", "headline": "Wind over the Caspian", "body_html": "<p>The wind is strong here.</p>"});
    for (name, member) in members.as_object().unwrap() {
        story[name.as_str()] = member.clone();
    }
    caller.post("/v1/articles").json(&story).expect(201).await.json()["id"].as_str().unwrap().to_owned()
}

fn at(id: &str, language: &str) -> String {
    format!("/v1/articles/{id}/translations/{language}")
}

fn text(headline: &str) -> Value {
    json!({"headline": headline, "body_html": "<p>One two three.</p>"})
}

async fn add(caller: &Caller, id: &str, language: &str, headline: &str) -> Answer {
    caller.put(&at(id, language)).header("If-None-Match", "*").json(&text(headline)).expect(201).await
}

async fn etag(caller: &Caller, path: &str) -> String {
    caller.get(path).expect(200).await.etag()
}

/// Changes a text as it is.
async fn patch(caller: &Caller, path: &str, change: &Value) -> Answer {
    let etag = etag(caller, path).await;
    caller.patch(path).if_match(&etag).json(change).send().await
}

async fn publish(caller: &Caller, path: &str, order: &Value) -> Answer {
    let etag = etag(caller, path).await;
    caller.post(&format!("{path}/publish")).if_match(&etag).json(order).expect(200).await
}

fn assert_has(record: &Value, expected: &Value) {
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&record[member.as_str()], value, "{member} of {record}");
    }
}

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.code(), code);
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

/// The words of the spans of a block, with their marks.
fn spans(block: &Value) -> Vec<(String, Vec<String>)> {
    let words = |value: &Value| value.as_str().unwrap().to_owned();
    let spans = block["children"].as_array().unwrap().iter();
    spans.map(|span| (words(&span["text"]), span["marks"].as_array().unwrap().iter().map(words).collect())).collect()
}

/// The one that won, and all that lost as late.
fn the_only_winner(answers: Vec<Answer>, status: u16) -> Answer {
    let (mut won, lost): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == status);
    let told: Vec<String> = won.iter().chain(&lost).map(|answer| format!("{} {}", answer.status, answer.text())).collect();
    assert_eq!(won.len(), 1, "{told:#?}");
    for late in &lost {
        assert_refused(late, 412, "stale_version");
    }
    won.remove(0)
}

async fn put_adds_a_text_in_a_new_language(app: App) {
    let author = app.staff("journalist@trend.example").await;
    let editor = app.staff("admin@trend.example").await;
    let id = create(&author, &json!({})).await;
    app.advance(Duration::from_mins(1));
    let said = json!({
        "headline": "Жел Каспийде", "summary": "Қысқаша.", "dateline": "БАКУ, 24 шілде (Trend)", "byline": "Ләмен", "authors": [author.id],
        "seo": {"title": "Жел", "description": null}, "slug": "zhel-kaspiyde",
        "body": [{"_type": "block", "_key": "a", "style": "normal", "markDefs": [], "children": [{"_type": "span", "_key": "s", "text": "Жел күшті.", "marks": []}]}],
    });
    let added = editor.put(&at(&id, "kz")).header("If-None-Match", "*").json(&said).expect(201).await;
    assert_eq!(added.header("Location"), Some(app.state.url(&at(&id, "kk")).as_str()));
    assert_eq!(added.etag(), "\"v1\"");
    let record = added.record();
    assert_has(&record, &said);
    assert_has(
        &record,
        &json!({
            "article_id": id, "language": "kk", "direction": "ltr", "agency_id": agency(&app, "trend").await, "is_original": false,
            "publication": "unreleased", "review": "draft", "revision": 1, "published_revision": null, "base_revision": 1, "words": 2,
            "created_by": editor.id, "last_author": editor.id, "updated_by": editor.id, "created_at": "2026-07-24T12:01:00Z",
            "updated_at": "2026-07-24T12:01:00Z", "return_reason": null, "first_published_at": null, "published_at": null, "killed_at": null,
        }),
    );
    let read = editor.get(&at(&id, "kk")).expect(200).await;
    assert_eq!((read.etag().as_str(), read.json()), ("\"v1\"", record));
    let plain = editor.put(&at(&id, "az")).header("If-None-Match", "*").json(&json!({"headline": "Külək"})).expect(201).await.json();
    assert_has(&plain, &json!({"authors": [editor.id], "body": [], "words": 0, "slug": null, "summary": null, "seo": {"title": null, "description": null}}));
    let listed = editor.get(&format!("/v1/articles/{id}/translations")).expect(200).await.json();
    let languages: Vec<&str> = listed["data"].as_array().unwrap().iter().map(|text| text["language"].as_str().unwrap()).collect();
    assert_eq!(languages, ["en", "az", "kk"], "the original first");
    assert_eq!(app.anonymous().get(&format!("/v1/delivery/articles/{id}")).expect(404).await.code(), "not_found");
}

async fn put_asks_what_was_seen(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    let (original, absent) = (at(&id, "en"), at(&id, "kk"));
    assert_refused(&editor.put(&original).json(&text("Blind")).send().await, 428, "precondition_required");
    add(&editor, &id, "kk", "Жел").await;
    for path in [&original, &absent] {
        let again = editor.put(path).header("If-None-Match", "*").json(&text("Again")).send().await;
        assert_refused(&again, 409, "already_exists");
        let stale = editor.put(path).if_match("\"v2\"").json(&text("Stale")).send().await;
        assert_refused(&stale, 412, "stale_version");
        assert_eq!(editor.get(path).expect(200).await.etag(), "\"v1\"");
    }
    assert_refused(&editor.patch(&original).json(&json!({"headline": "x"})).send().await, 428, "precondition_required");
    assert_refused(&editor.delete(&absent).send().await, 428, "precondition_required");
    assert_refused(&editor.delete(&absent).if_match("\"v7\"").send().await, 412, "stale_version");
    assert_refused(&editor.patch(&at(&id, "tr")).if_match("\"v1\"").json(&json!({"headline": "x"})).send().await, 404, "not_found");
    assert_eq!(revisions(&app, &id).await, 2);
}

/// Whoever names no precondition is told which it takes, whether or not there is a text.
async fn put_says_that_it_adds(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    assert_refused(&editor.put(&at(&id, "kk")).json(&text("Blind")).send().await, 428, "precondition_required");
    editor.get(&at(&id, "kk")).expect(404).await;
    assert_eq!(revisions(&app, &id).await, 1);
}

async fn who_adds_a_text_is_its_agency(app: App) {
    let owner = app.staff("editor@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let kazinform = app.staff("editor@kazinform.example").await;
    let id = create(&owner, &json!({"shared": true})).await;
    let russian = add(&platform, &id, "ru", "Ветер").await.json();
    assert_eq!(russian["agency_id"], agency(&app, "platform").await);
    assert_eq!(owner.get(&format!("/v1/articles/{id}")).expect(200).await.json()["agency_id"], agency(&app, "trend").await);
    // The story is Trend's, the text is not.
    assert_refused(&patch(&owner, &at(&id, "ru"), &json!({"headline": "x"})).await, 403, "forbidden");
    // Who has no part in a story knows nothing of it.
    let refused = kazinform.put(&at(&id, "kk")).header("If-None-Match", "*").json(&text("Жел")).send().await;
    assert_refused(&refused, 404, "not_found");

    let of_demo = id_of(&app, "SELECT id FROM articles WHERE slugline = $1", "MIDDLE-CORRIDOR").await;
    let latin = kazinform.put(&at(&of_demo, "kk-Latn")).header("If-None-Match", "*").json(&text("Orta däliz")).expect(201).await.json();
    assert_has(&latin, &json!({"agency_id": agency(&app, "kazinform").await, "created_by": kazinform.id, "language": "kk-Latn"}));
    assert_refused(&patch(&kazinform, &at(&of_demo, "az"), &json!({"headline": "x"})).await, 403, "forbidden");
    let again = kazinform.put(&at(&of_demo, "az")).header("If-None-Match", "*").json(&text("x")).send().await;
    assert_refused(&again, 409, "already_exists");
}

async fn a_text_is_made_from_the_original_as_it_is_public(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    let original = at(&id, "en");
    assert_eq!(patch(&editor, &original, &json!({"headline": "Second"})).await.json()["revision"], 2);
    let before = add(&editor, &id, "az", "Külək").await.json();
    assert_eq!(before["base_revision"], 2, "before the first publication, the newest");
    publish(&editor, &original, &json!({})).await;
    assert_eq!(patch(&editor, &original, &json!({"headline": "Third"})).await.json()["revision"], 3);
    let after = add(&editor, &id, "tr", "Rüzgâr").await.json();
    assert_eq!(after["base_revision"], 2, "what readers see, not what is being written");
    publish(&editor, &original, &json!({"change_kind": "update"})).await;
    assert_eq!(add(&editor, &id, "ru", "Ветер").await.json()["base_revision"], 3);
    for language in ["az", "tr"] {
        assert_eq!(editor.get(&at(&id, language)).expect(200).await.json()["base_revision"], 2, "it stays pinned: {language}");
    }
    assert_eq!(editor.get(&original).expect(200).await.json()["base_revision"], Value::Null);
}

async fn put_replaces_a_text_by_a_new_revision(app: App) {
    let author = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let id = create(&author, &json!({"summary": "Short.", "dateline": "BAKU", "slug": "the-address", "seo": {"title": "T"}})).await;
    let path = at(&id, "en");
    let submitted = author.post(&format!("{path}/submit")).if_match("\"v1\"").expect(200).await;
    app.advance(Duration::from_mins(1));
    let replaced = editor.put(&path).if_match(&submitted.etag()).json(&text("Replaced")).expect(200).await;
    assert_eq!((replaced.etag().as_str(), replaced.header("Location")), ("\"v3\"", None));
    let record = replaced.record();
    assert_has(
        &record,
        &json!({
            "headline": "Replaced", "summary": null, "dateline": null, "seo": {"title": null, "description": null}, "words": 3, "revision": 2,
            "review": "draft", "publication": "unreleased", "is_original": true, "created_by": author.id, "last_author": editor.id,
            "updated_by": editor.id, "created_at": NOON, "updated_at": "2026-07-24T12:01:00Z", "slug": "the-address",
        }),
    );
    let read = editor.get(&path).expect(200).await;
    assert_eq!((read.etag().as_str(), read.json()), ("\"v3\"", record));
    // The same again is said anew, and is a revision.
    let again = editor.put(&path).if_match("\"v3\"").json(&text("Replaced")).expect(200).await;
    assert_eq!((again.etag().as_str(), &again.json()["revision"]), ("\"v4\"", &json!(3)));
    assert_eq!(revisions(&app, &id).await, 3);
}

async fn patch_changes_what_is_said_only(app: App) {
    let author = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let id =
        create(&author, &json!({"summary": "Short.", "dateline": "BAKU", "byline": "L. Z.", "seo": {"title": "T", "description": "D"}, "slug": "wind"})).await;
    let path = at(&id, "en");
    let mut expected = author.get(&path).expect(200).await.json();
    app.advance(Duration::from_mins(1));
    let changed = patch(&editor, &path, &json!({"summary": null, "dateline": "SUMGAIT", "body_html": "<p>Four words are here.</p>"})).await;
    assert_eq!((changed.status.as_u16(), changed.etag().as_str()), (200, "\"v2\""), "{}", changed.text());
    let record = changed.record();
    assert_eq!(spans(&record["body"][0]), [("Four words are here.".to_owned(), vec![])]);
    for (member, value) in [
        ("summary", Value::Null),
        ("dateline", json!("SUMGAIT")),
        ("body", record["body"].clone()),
        ("words", json!(4)),
        ("revision", json!(2)),
        ("last_author", json!(editor.id)),
        ("updated_by", json!(editor.id)),
        ("updated_at", json!("2026-07-24T12:01:00Z")),
    ] {
        expected[member] = value;
    }
    assert_eq!(record, expected, "authors, headline, byline, seo, slug and all else stay");

    let emptied = patch(&editor, &path, &json!({"body": null, "byline": null, "authors": null, "slug": null, "seo": null})).await.json();
    assert_has(
        &emptied,
        &json!({
            "body": [], "words": 0, "byline": null, "authors": [], "slug": null, "seo": {"title": null, "description": null},
            "headline": "Wind over the Caspian", "dateline": "SUMGAIT", "revision": 3,
        }),
    );
    // An approved text that is changed is a draft again.
    patch(&editor, &path, &json!({"body_html": "<p>Text.</p>"})).await;
    for step in ["submit", "approve"] {
        let etag = etag(&editor, &path).await;
        editor.post(&format!("{path}/{step}")).if_match(&etag).expect(200).await;
    }
    assert_has(&patch(&editor, &path, &json!({"headline": "New"})).await.json(), &json!({"review": "draft", "revision": 5, "publication": "unreleased"}));
}

async fn a_patch_that_changes_nothing_is_none(app: App) {
    let author = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let id = create(&author, &json!({"summary": "Short.", "slug": "wind"})).await;
    let path = at(&id, "en");
    author.post(&format!("{path}/submit")).if_match("\"v1\"").expect(200).await;
    let before = author.get(&path).expect(200).await;
    app.advance(Duration::from_mins(1));
    let body = before.json()["body"].clone();
    for change in [json!({}), json!({"headline": "Wind over the Caspian"}), json!({"summary": "Short.", "slug": "wind", "dateline": null, "body": body})] {
        let same = patch(&editor, &path, &change).await;
        assert_eq!((same.status.as_u16(), same.etag(), same.record()), (200, before.etag(), before.json()), "{change}");
    }
    let after = author.get(&path).expect(200).await;
    assert_eq!((after.etag(), after.json()), (before.etag(), before.json()), "still in review, still the author's");
    assert_eq!(revisions(&app, &id).await, 1);
    assert_refused(&editor.patch(&path).if_match("\"v1\"").json(&json!({})).send().await, 412, "stale_version");
}

/// RFC 7396: an object in a patch is merged into the one there is.
async fn a_patch_is_merged_into_seo(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({"seo": {"title": "Title", "description": "Description"}})).await;
    let path = at(&id, "en");
    let changed = patch(&editor, &path, &json!({"seo": {"title": "Other"}})).await.json();
    assert_eq!(changed["seo"], json!({"title": "Other", "description": "Description"}));
    let emptied = patch(&editor, &path, &json!({"seo": {"description": null}})).await.json();
    assert_eq!(emptied["seo"], json!({"title": "Other", "description": null}));
}

async fn texts_break_no_rule(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    let path = at(&id, "en");
    let before = editor.get(&path).expect(200).await;
    let nobody = Uuid::new_v4();
    let bad = json!({
        "headline": "", "summary": "x".repeat(2_001), "dateline": "x".repeat(201), "byline": "x".repeat(201), "authors": [editor.id, nobody, editor.id],
        "seo": {"title": "x".repeat(201), "description": "x".repeat(501)}, "slug": "-", "body": [], "body_html": "<p>x</p>",
    });
    let expected = ["/authors/1", "/authors/2", "/body_html", "/byline", "/dateline", "/headline", "/seo/description", "/seo/title", "/slug", "/summary"];
    let answers = [
        editor.put(&path).if_match("\"v1\"").json(&bad).send().await,
        editor.patch(&path).if_match("\"v1\"").json(&bad).send().await,
        editor.put(&at(&id, "az")).header("If-None-Match", "*").json(&bad).send().await,
    ];
    for refused in &answers {
        assert_refused(refused, 422, "validation_failed");
        assert_eq!(sorted(refused.faults()), expected);
    }
    let null = editor.patch(&path).if_match("\"v1\"").json(&json!({"headline": null, "slug": "A"})).send().await;
    assert_refused(&null, 422, "validation_failed");
    assert_eq!(sorted(null.faults()), ["/headline", "/slug"]);
    let long = json!({"headline": "ə".repeat(300), "summary": "x".repeat(2_000), "body": []});
    editor.put(&at(&id, "az")).header("If-None-Match", "*").json(&long).expect(201).await;
    for (members, pointer) in [
        (json!({"headline": "x", "review": "approved"}), "/review"),
        (json!({"headline": "x", "publication": "published"}), "/publication"),
        (json!({"headline": "x", "agency_id": nobody}), "/agency_id"),
        (json!({"headline": "x", "last_author": nobody}), "/last_author"),
        (json!({"headline": "x", "base_revision": 1}), "/base_revision"),
        (json!({"headline": "x", "language": "az"}), "/language"),
        (json!({"headline": "x", "urgency": 1}), "/urgency"),
        (json!({"headline": 1}), "/headline"),
        (json!({"headline": "x", "authors": ["nobody"]}), "/authors/0"),
    ] {
        for refused in [editor.put(&path).if_match("\"v1\"").json(&members).send().await, editor.patch(&path).if_match("\"v1\"").json(&members).send().await] {
            assert_refused(&refused, 400, "malformed_body");
            assert_eq!(refused.faults(), [pointer]);
        }
    }
    assert_eq!(editor.put(&path).if_match("\"v1\"").json(&json!({})).expect(400).await.faults(), ["/headline"]);
    let after = editor.get(&path).expect(200).await;
    assert_eq!((after.etag(), after.json()), (before.etag(), before.json()));
}

async fn a_body_is_told_where_it_is_wrong(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    let path = at(&id, "en");
    let span = |text: &str| json!({"_type": "span", "text": text});
    let body = json!([
        {"_type": "block", "children": []},
        {"_type": "block", "style": "h1", "children": [span("a")]},
        {"_type": "block", "level": 2, "children": [span("a")]},
        {"_type": "block", "_key": "k", "children": [{"_type": "span", "text": "a", "marks": ["strong", "l", "nowhere"]}],
         "markDefs": [{"_type": "link", "_key": "l", "href": "javascript:alert(1)"}]},
        {"_type": "block", "_key": "k", "children": [span("a")]},
        {"_type": "image", "url": "i.jpg", "alt": "x"},
        {"_type": "image", "url": "https://example.org/i.jpg"},
        {"_type": "embed", "url": "https://example.org/v", "html": "<script>"},
        {"_type": "fact_box", "title": " ", "content": [{"_type": "break"}]},
        {"_type": "script"},
        "text",
        {"_type": "block", "children": [{"_type": "span", "text": "a", "marks": ["i"]}],
         "markDefs": [{"_type": "internal_link", "_key": "i", "article": "nothing", "language": "kk-KZ"}]},
    ]);
    let expected = [
        "/body/0/children",
        "/body/1/style",
        "/body/10",
        "/body/11/markDefs/0/article",
        "/body/11/markDefs/0/language",
        "/body/2/level",
        "/body/3/children/0/marks/2",
        "/body/3/markDefs/0/href",
        "/body/4/_key",
        "/body/5/url",
        "/body/6/alt",
        "/body/7/html",
        "/body/8/content/0/_type",
        "/body/8/title",
        "/body/9/_type",
    ];
    let put = json!({"headline": "x", "body": body});
    let change = json!({"body": body});
    for refused in [
        editor.put(&path).if_match("\"v1\"").json(&put).send().await,
        editor.put(&at(&id, "az")).header("If-None-Match", "*").json(&put).send().await,
        editor.patch(&path).if_match("\"v1\"").json(&change).send().await,
    ] {
        assert_refused(&refused, 422, "validation_failed");
        assert_eq!(sorted(refused.faults()), expected);
    }
    assert_eq!(etag(&editor, &path).await, "\"v1\"");
    editor.get(&at(&id, "az")).expect(404).await;
    assert_eq!(revisions(&app, &id).await, 1);
    // What may be left out is filled in, and reads the same ever after.
    let written = patch(&editor, &path, &json!({"body": [{"_type": "block", "children": [span("a")]}]})).await.json();
    let block =
        json!({"_type": "block", "_key": "b0", "style": "normal", "children": [{"_type": "span", "_key": "b0s0", "text": "a", "marks": []}], "markDefs": []});
    assert_eq!(written["body"], json!([block]));
    assert_eq!(patch(&editor, &path, &json!({"body": [block]})).await.json(), written);
}

const PASTED: &str = "<h1 onclick=\"x()\">Title</h1><p>Some <b>bold</b> <a href=\"javascript:alert(1)\">text</a>.</p><script>alert(1)</script>\
    <ul><li>One</li></ul><img src=x onerror=alert(1)>";

async fn html_is_stored_as_blocks(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({"body_html": PASTED})).await;
    let path = at(&id, "en");
    let record = editor.get(&path).expect(200).await.json();
    let body = record["body"].as_array().unwrap();
    assert_eq!(body.len(), 3, "{body:?}");
    assert_eq!((&body[0]["style"], spans(&body[0])), (&json!("h2"), vec![("Title".to_owned(), vec![])]));
    let words: String = spans(&body[1]).into_iter().map(|(text, _)| text).collect();
    assert_eq!(words, "Some bold text.");
    assert!(spans(&body[1]).contains(&("bold".to_owned(), vec!["strong".to_owned()])));
    assert_eq!((&body[2]["listItem"], spans(&body[2])), (&json!("bullet"), vec![("One".to_owned(), vec![])]));
    assert!(record.get("body_html").is_none(), "HTML is not kept");
    for evil in ["alert", "javascript", "onclick", "script"] {
        assert!(!record["body"].to_string().contains(evil), "{evil}");
    }
    let converted = editor.post("/v1/body/convert").json(&json!({"html": PASTED})).expect(200).await.json();
    assert_eq!(converted["body"], record["body"], "pasting and converting are one");
    let put = editor.put(&at(&id, "az")).header("If-None-Match", "*").json(&json!({"headline": "x", "body_html": PASTED})).expect(201).await.json();
    assert_eq!(put["body"], record["body"]);
    publish(&editor, &path, &json!({})).await;
    let public = app.anonymous().get(&format!("/v1/delivery/articles/{id}?body_format=html")).expect(200).await.json();
    let html = public["body"].as_str().unwrap();
    assert!(html.contains("<h2>Title</h2>") && html.contains("<strong>bold</strong>") && html.contains("<li>One</li>"), "{html}");
    assert!(!html.contains("alert") && !html.contains("onclick"), "{html}");
}

async fn html_is_converted_without_being_stored(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let admin = app.staff("admin@trend.example").await;
    let before = app.number("SELECT count(*) FROM revisions").await;
    let html = json!({"html": "<h1>Title</h1><p>Some <b>bold</b> text.</p>"});
    let converted = journalist.post("/v1/body/convert").json(&html).expect(200).await;
    assert_eq!(converted.header("ETag"), None);
    let body = converted.json()["body"].clone();
    assert_eq!(body.as_array().unwrap().len(), 2);
    assert_eq!((&body[0]["style"], spans(&body[0])), (&json!("h2"), vec![("Title".to_owned(), vec![])]));
    let marked = |text: &str, marks: &[&str]| (text.to_owned(), marks.iter().map(|mark| (*mark).to_owned()).collect::<Vec<_>>());
    assert_eq!(spans(&body[1]), [marked("Some ", &[]), marked("bold", &["strong"]), marked(" text.", &[])]);
    assert_eq!(app.number("SELECT count(*) FROM revisions").await, before);
    // What comes out can go in.
    let id = create(&journalist, &json!({"body_html": null, "body": body})).await;
    assert_eq!(journalist.get(&at(&id, "en")).expect(200).await.json()["body"], body);
    let empty = journalist.post("/v1/body/convert").json(&json!({"html": "<script>alert(1)</script>"})).expect(200).await;
    assert_eq!(empty.json(), json!({"body": []}));
    for (wrong, pointer) in [(json!({}), "/html"), (json!({"html": 1}), "/html"), (json!({"html": "", "to": "text"}), "/to")] {
        assert_eq!(journalist.post("/v1/body/convert").json(&wrong).expect(400).await.faults(), [pointer]);
    }
    assert_refused(&app.anonymous().post("/v1/body/convert").json(&html).send().await, 401, "unauthenticated");
    for (scope, status) in [("articles:submit", 200), ("articles:read", 403), ("partner:read", 403)] {
        let made = admin.post("/v1/agencies/trend/api-keys").json(&json!({"name": scope, "scopes": [scope]})).expect(201).await.json();
        app.with_token(made["key"].as_str().unwrap()).post("/v1/body/convert").json(&html).expect(status).await;
    }
}

async fn an_address_can_be_wished_for(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    let path = at(&id, "az");
    let mut wish = text("Külək");
    wish["slug"] = json!("kulek-2026");
    let added = editor.put(&path).header("If-None-Match", "*").json(&wish).expect(201).await.json();
    assert_eq!((&added["slug"], &added["revision"]), (&json!("kulek-2026"), &json!(1)));
    assert_eq!(patch(&editor, &path, &json!({"slug": "kulek"})).await.json()["slug"], "kulek");
    let before = etag(&editor, &path).await;
    let long = "x".repeat(81);
    for wrong in ["", "-", "a--b", "-a", "a-", "A", "a_b", "a b", "külək", "жел", "a/b", "../a", long.as_str()] {
        let refused = patch(&editor, &path, &json!({"slug": wrong})).await;
        assert_refused(&refused, 422, "validation_failed");
        assert_eq!(refused.faults(), ["/slug"], "{wrong}");
    }
    assert_eq!(etag(&editor, &path).await, before);
    patch(&editor, &path, &json!({"slug": "x".repeat(80)})).await;
    // Replacing a text says nothing of its address.
    patch(&editor, &path, &json!({"slug": "kulek"})).await;
    let etag = etag(&editor, &path).await;
    assert_eq!(editor.put(&path).if_match(&etag).json(&text("Xəzri")).expect(200).await.json()["slug"], "kulek");
    assert_eq!(publish(&editor, &path, &json!({})).await.json()["slug"], "kulek");
    assert_eq!(app.anonymous().get("/v1/delivery/articles/az/kulek").expect(200).await.json()["headline"], "Xəzri");
    for never in ["az/kulek-2026", "az/xezri", "en/kulek"] {
        app.anonymous().get(&format!("/v1/delivery/articles/{never}")).expect(404).await;
    }
}

async fn what_was_never_public_is_deleted(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let journalist = app.staff("journalist@trend.example").await;
    let id = create(&editor, &json!({})).await;
    let path = at(&id, "az");
    add(&journalist, &id, "az", "Külək").await;
    let changes = app.number("SELECT count(*) FROM published_changes").await;
    let deleted = journalist.delete(&path).if_match("\"v1\"").expect(204).await;
    assert!(deleted.body.is_empty());
    for gone in [path.clone(), format!("{path}/revisions"), format!("{path}/revisions/1"), format!("{path}/revisions/compare?from=1&to=1")] {
        assert_refused(&editor.get(&gone).send().await, 404, "not_found");
    }
    assert_refused(&editor.patch(&path).if_match("*").json(&json!({"headline": "x"})).send().await, 404, "not_found");
    assert_refused(&editor.put(&path).if_match("\"v1\"").json(&text("x")).send().await, 404, "not_found");
    assert_refused(&editor.post(&format!("{path}/publish")).if_match("*").send().await, 404, "not_found");
    assert_refused(&editor.delete(&path).if_match("*").send().await, 404, "not_found");
    let article = editor.get(&format!("/v1/articles/{id}")).expect(200).await;
    assert_eq!((article.etag().as_str(), article.json()["translations"].as_array().unwrap().len()), ("\"v1\"", 1));
    assert_eq!(editor.get(&format!("/v1/articles/{id}/translations")).expect(200).await.json()["data"].as_array().unwrap().len(), 1);
    assert_eq!(revisions(&app, &id).await, 2, "deleting is soft");
    assert_eq!(app.number("SELECT count(*) FROM published_changes").await, changes);
}

async fn the_original_and_what_was_public_stay(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    assert_refused(&editor.delete(&at(&id, "en")).if_match("\"v1\"").send().await, 409, "conflict");
    assert_eq!(etag(&editor, &at(&id, "en")).await, "\"v1\"");
    let path = at(&id, "az");
    add(&editor, &id, "az", "Külək").await;
    let published = publish(&editor, &path, &json!({})).await;
    let refused = editor.delete(&path).if_match(&published.etag()).send().await;
    assert_refused(&refused, 409, "illegal_transition");
    let unpublished = editor.post(&format!("{path}/unpublish")).if_match(&published.etag()).expect(200).await;
    let refused = editor.delete(&path).if_match(&unpublished.etag()).send().await;
    assert_refused(&refused, 409, "illegal_transition");
    let stands = editor.get(&path).expect(200).await;
    assert_eq!((stands.etag(), stands.json()), (unpublished.etag(), unpublished.json()));
}

async fn a_text_that_was_deleted_can_come_again(app: App) {
    let owner = app.staff("editor@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let id = create(&owner, &json!({"shared": true})).await;
    let path = at(&id, "ru");
    add(&platform, &id, "ru", "Ветер").await;
    assert_eq!(patch(&platform, &path, &json!({"slug": "veter"})).await.etag(), "\"v2\"");
    platform.delete(&path).if_match("\"v2\"").expect(204).await;
    app.advance(Duration::from_mins(1));
    let again = add(&owner, &id, "ru", "Бриз").await;
    let record = again.json();
    assert_has(
        &record,
        &json!({
            "headline": "Бриз", "revision": 3, "agency_id": agency(&app, "trend").await, "created_by": owner.id, "last_author": owner.id, "review": "draft",
            "publication": "unreleased", "slug": null, "is_original": false, "created_at": "2026-07-24T12:01:00Z", "published_revision": null,
        }),
    );
    for seen in ["\"v1\"", "\"v2\""] {
        assert_refused(&owner.put(&path).if_match(seen).json(&text("Late")).send().await, 412, "stale_version");
    }
    assert_eq!(etag(&owner, &path).await, again.etag());
    let listed = owner.get(&format!("{path}/revisions")).expect(200).await.json();
    assert_eq!((&listed["data"][0]["revision"], &listed["data"][0]["headline"]), (&json!(3), &json!("Бриз")));
    assert_eq!(owner.get(&format!("/v1/articles/{id}")).expect(200).await.json()["translations"].as_array().unwrap().len(), 2);
    assert_refused(&patch(&app.staff("journalist@platform.example").await, &path, &json!({"headline": "x"})).await, 403, "forbidden");
    assert_eq!(publish(&owner, &path, &json!({})).await.json()["published_revision"], 3);
}

/// A text without what is computed of others: how it stands to its original.
fn itself(answer: &Answer) -> Value {
    let mut text = answer.record();
    text.as_object_mut().unwrap().remove("freshness");
    text
}

async fn texts_have_etags_of_their_own(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    for (language, headline) in [("az", "Külək"), ("ru", "Ветер"), ("tr", "Rüzgâr")] {
        add(&editor, &id, language, headline).await;
    }
    let languages = ["en", "az", "ru", "tr"];
    let state = async || {
        let mut texts = vec![];
        for language in languages {
            let read = editor.get(&at(&id, language)).expect(200).await;
            texts.push((read.etag(), itself(&read)));
        }
        texts
    };
    let mut before = state().await;
    app.advance(Duration::from_mins(1));
    for (place, language) in languages.into_iter().enumerate() {
        let changed = patch(&editor, &at(&id, language), &json!({"summary": "New."})).await;
        assert_eq!(changed.etag(), "\"v2\"");
        before[place] = (changed.etag(), itself(&changed));
        assert_eq!(state().await, before, "only {language} has changed");
    }
    editor.delete(&at(&id, "tr")).if_match("\"v2\"").expect(204).await;
    for (place, language) in languages[..3].iter().enumerate() {
        let read = editor.get(&at(&id, language)).expect(200).await;
        assert_eq!((read.etag(), itself(&read)), before[place]);
    }
    assert_eq!(editor.get(&format!("/v1/articles/{id}")).expect(200).await.etag(), "\"v1\"", "the metadata are the same");
    // The ETag of one is none of another.
    assert_eq!(patch(&editor, &at(&id, "az"), &json!({"summary": "Newer."})).await.etag(), "\"v3\"");
    assert_refused(&editor.patch(&at(&id, "ru")).if_match("\"v3\"").json(&json!({"summary": "x"})).send().await, 412, "stale_version");
}

async fn scripts_stand_side_by_side(app: App) {
    let editor = app.staff("editor@kazinform.example").await;
    let id = create(&editor, &json!({"original_language": "kk", "headline": "Қазақстан желі"})).await;
    let latin = editor.put(&at(&id, "kk_latin")).header("If-None-Match", "*").json(&text("Qazaqstan jelı")).expect(201).await;
    assert_eq!(latin.header("Location"), Some(app.state.url(&at(&id, "kk-Latn")).as_str()));
    assert_has(&latin.json(), &json!({"language": "kk-Latn", "is_original": false, "direction": "ltr", "base_revision": 1}));
    let arabic = add(&editor, &id, "kk-Arab", "قازاقستان جەلى").await;
    assert_eq!(arabic.json()["direction"], "rtl");
    let cyrillic = editor.put(&at(&id, "kk-Cyrl")).header("If-None-Match", "*").json(&text("x")).send().await;
    assert_refused(&cyrillic, 409, "already_exists");
    patch(&editor, &at(&id, "kk-Latn"), &json!({"summary": "Jañalyq."})).await;
    assert_eq!(editor.get(&at(&id, "kk")).expect(200).await.json()["summary"], Value::Null);

    let kk = publish(&editor, &at(&id, "kk"), &json!({})).await.json();
    let kk_latn = publish(&editor, &at(&id, "kk-Latn"), &json!({})).await.json();
    assert_eq!((&kk["slug"], &kk_latn["slug"]), (&json!("qazaqstan-jeli"), &kk["slug"]), "scripts of a language share an address");
    for (language, headline) in [("kk", "Қазақстан желі"), ("kk-Latn", "Qazaqstan jelı")] {
        let path = format!("/v1/delivery/articles/{language}/{}", kk["slug"].as_str().unwrap());
        let public = app.anonymous().get(&path).expect(200).await;
        assert_eq!((&public.json()["headline"], public.header("Content-Language")), (&json!(headline), Some(language)));
        let by_id = app.anonymous().get(&format!("/v1/delivery/articles/{id}?language={language}")).expect(200).await.json();
        assert_eq!(by_id["headline"], headline);
    }
    app.anonymous().get(&format!("/v1/delivery/articles/{id}?language=kk-Arab")).expect(404).await;
}

async fn texts_are_seen_with_their_story(app: App) {
    let owner = app.staff("editor@trend.example").await;
    let platform = app.staff("journalist@platform.example").await;
    let foreign = app.staff("editor@kabar.example").await;
    let id = create(&owner, &json!({})).await;
    let paths = [
        at(&id, "en"),
        format!("/v1/articles/{id}/translations"),
        format!("{}/revisions", at(&id, "en")),
        format!("{}/revisions/1", at(&id, "en")),
        format!("{}/revisions/compare?from=1&to=1", at(&id, "en")),
    ];
    for path in &paths {
        owner.get(path).expect(200).await;
        app.staff("journalist@trend.example").await.get(path).expect(200).await;
        assert_refused(&app.anonymous().get(path).send().await, 401, "unauthenticated");
        for stranger in [&platform, &foreign] {
            assert_refused(&stranger.get(path).send().await, 404, "not_found");
        }
    }
    let shared = owner.patch(&format!("/v1/articles/{id}")).if_match("\"v1\"").json(&json!({"shared": true})).expect(200).await;
    assert_eq!(shared.etag(), "\"v2\"");
    for path in &paths {
        platform.get(path).expect(200).await;
        assert_refused(&foreign.get(path).send().await, 404, "not_found");
    }
    for stranger in [&foreign, &app.anonymous()] {
        let status = if stranger.id.is_nil() { 401 } else { 404 };
        stranger.put(&at(&id, "en")).if_match("*").json(&text("Mine")).expect(status).await;
        stranger.put(&at(&id, "kk")).header("If-None-Match", "*").json(&text("Mine")).expect(status).await;
        stranger.patch(&at(&id, "en")).if_match("*").json(&json!({"headline": "Mine"})).expect(status).await;
        stranger.delete(&at(&id, "en")).if_match("*").expect(status).await;
        stranger.post(&format!("{}/revisions/1/restore", at(&id, "en"))).if_match("*").expect(status).await;
    }
    for absent in [at(&id, "kk"), at(&Uuid::new_v4().to_string(), "en")] {
        assert_refused(&owner.get(&absent).send().await, 404, "not_found");
    }
    assert_eq!(etag(&owner, &at(&id, "en")).await, "\"v1\"");
}

async fn journalists_write_their_own_texts(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let journalist = app.staff("journalist@trend.example").await;
    let id = create(&editor, &json!({})).await;
    let path = at(&id, "en");
    let change = json!({"headline": "Not mine"});
    let refused = [
        journalist.put(&path).if_match("\"v1\"").json(&change).send().await,
        journalist.patch(&path).if_match("\"v1\"").json(&change).send().await,
        journalist.delete(&path).if_match("\"v1\"").send().await,
        journalist.post(&format!("{path}/revisions/1/restore")).if_match("\"v1\"").send().await,
        journalist.post(&format!("{path}/submit")).if_match("\"v1\"").send().await,
    ];
    for refused in &refused {
        assert_refused(refused, 403, "forbidden");
    }
    let own = add(&journalist, &id, "az", "Mənim").await.json();
    assert_has(&own, &json!({"authors": [journalist.id], "created_by": journalist.id, "agency_id": agency(&app, "trend").await}));
    assert_eq!(patch(&journalist, &at(&id, "az"), &json!({"headline": "Yenə mənim"})).await.status, 200);
    // Also after an editor wrote on it.
    assert_eq!(patch(&editor, &at(&id, "az"), &json!({"headline": "Redaktorun"})).await.status, 200);
    assert_eq!(patch(&journalist, &at(&id, "az"), &json!({"headline": "Birlikdə"})).await.status, 200);
    assert_eq!(etag(&editor, &path).await, "\"v1\"");
}

async fn of_many_puts_with_one_etag_one_wins(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    let path = at(&id, "en");
    let puts = (0..6).map(|n| editor.put(&path).if_match("\"v1\"").json(&text(&format!("Writer {n}"))).send());
    let won = the_only_winner(join_all(puts).await, 200);
    let read = editor.get(&path).expect(200).await;
    assert_eq!((read.etag().as_str(), read.json()), ("\"v2\"", won.record()));
    assert_eq!(read.json()["revision"], 2);
    assert_eq!(revisions(&app, &id).await, 2, "nothing of the losers is stored");
}

async fn of_many_first_texts_one_is_made(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    let path = at(&id, "az");
    let first = async || {
        let puts = (0..5).map(|n| editor.put(&path).header("If-None-Match", "*").json(&text(&format!("Writer {n}"))).send());
        let (mut made, refused): (Vec<Answer>, Vec<Answer>) = join_all(puts).await.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((made.len(), refused.len()), (1, 4), "{made:?} {refused:?}");
        for answer in &refused {
            assert_refused(answer, 409, "already_exists");
        }
        made.remove(0)
    };
    let made = first().await;
    assert_eq!(editor.get(&path).expect(200).await.json(), made.record());
    assert_eq!(revisions(&app, &id).await, 2);
    editor.delete(&path).if_match("\"v1\"").expect(204).await;
    let again = first().await;
    assert_eq!(again.json()["revision"], 2);
    assert_eq!(editor.get(&path).expect(200).await.json(), again.record());
    assert_eq!(revisions(&app, &id).await, 3);
}

async fn patch_and_put_lose_no_update(app: App) {
    let one = app.staff("editor@trend.example").await;
    let other = app.staff("admin@trend.example").await;
    let id = create(&one, &json!({})).await;
    let path = at(&id, "en");
    // Both read, both write: the second has not seen the first.
    let seen = etag(&one, &path).await;
    one.patch(&path).if_match(&seen).json(&json!({"summary": "Of the one."})).expect(200).await;
    assert_refused(&other.put(&path).if_match(&seen).json(&text("Of the other")).send().await, 412, "stale_version");
    let seen = etag(&one, &path).await;
    other.put(&path).if_match(&seen).json(&text("Of the other")).expect(200).await;
    assert_refused(&one.patch(&path).if_match(&seen).json(&json!({"summary": "Lost?"})).send().await, 412, "stale_version");
    // Both at one moment, several times.
    for round in 0..4 {
        let seen = etag(&one, &path).await;
        let revision = one.get(&path).expect(200).await.json()["revision"].as_i64().unwrap();
        let (summary, whole, headline) =
            (json!({"summary": format!("Round {round}")}), text(&format!("Round {round}")), json!({"headline": format!("Patched {round}")}));
        let answers = join_all([
            one.patch(&path).if_match(&seen).json(&summary).send(),
            other.put(&path).if_match(&seen).json(&whole).send(),
            other.patch(&path).if_match(&seen).json(&headline).send(),
        ]);
        let won = the_only_winner(answers.await, 200).record();
        assert_eq!(won["revision"], revision + 1);
        assert_eq!(one.get(&path).expect(200).await.json(), won);
    }
    assert_eq!(revisions(&app, &id).await, 7);
}

async fn a_write_and_a_deletion_do_not_both_win(app: App) {
    let one = app.staff("editor@trend.example").await;
    let other = app.staff("admin@trend.example").await;
    let id = create(&one, &json!({})).await;
    for language in ["az", "ru", "tr"] {
        add(&one, &id, language, "x").await;
        let path = at(&id, language);
        let whole = text("Written");
        let (written, deleted) = tokio::join!(one.put(&path).if_match("\"v1\"").json(&whole).send(), other.delete(&path).if_match("\"v1\"").send());
        let outcome = (written.status.as_u16(), deleted.status.as_u16());
        assert!(outcome == (200, 412) || matches!(outcome, (404 | 412, 204)), "{outcome:?} {} {}", written.text(), deleted.text());
        let stands = one.get(&path).send().await;
        assert_eq!(stands.status.as_u16(), if outcome.0 == 200 { 200 } else { 404 });
    }
}

async fn a_write_and_a_submission_do_not_both_win(app: App) {
    let author = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    for _ in 0..3 {
        let id = create(&author, &json!({})).await;
        let path = at(&id, "en");
        let change = json!({"headline": "Changed while it was handed in"});
        let answers = join_all([author.post(&format!("{path}/submit")).if_match("\"v1\"").send(), editor.patch(&path).if_match("\"v1\"").json(&change).send()]);
        let won = the_only_winner(answers.await, 200);
        let read = author.get(&path).expect(200).await;
        assert_eq!((read.etag(), read.json()), (won.etag(), won.record()), "nobody reviews what they have not seen");
    }
}

async fn a_late_editor_is_told_who_was_faster(app: App) {
    let author = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let id = create(&author, &json!({})).await;
    let path = at(&id, "en");
    app.advance(Duration::from_secs(30));
    patch(&editor, &path, &json!({"headline": "Faster"})).await;
    app.advance(Duration::from_secs(30));
    let current = json!({"etag": "\"v2\"", "updated_at": "2026-07-24T12:00:30Z", "updated_by": editor.id});
    for late in [
        author.put(&path).if_match("\"v1\"").json(&text("Late")).send().await,
        author.patch(&path).if_match("\"v1\"").json(&json!({"headline": "Late"})).send().await,
        author.delete(&path).if_match("\"v1\"").send().await,
        author.post(&format!("{path}/submit")).if_match("\"v1\"").send().await,
        author.post(&format!("{path}/revisions/1/restore")).if_match("\"v1\"").send().await,
    ] {
        assert_refused(&late, 412, "stale_version");
        assert_eq!(late.json()["current"], current);
    }
    author.put(&path).if_match("\"v1\", \"v2\"").json(&text("On time")).expect(200).await;
}

async fn revisions_are_listed_in_pages(app: App) {
    let author = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let id = create(&author, &json!({})).await;
    let path = at(&id, "en");
    for n in 2..=5 {
        app.advance(Duration::from_secs(10));
        patch(&editor, &path, &json!({"headline": format!("Revision {n}"), "body_html": "<p>word </p>".repeat(n)})).await;
    }
    let whole = author.get(&format!("{path}/revisions")).expect(200).await.json();
    let numbers: Vec<i64> = whole["data"].as_array().unwrap().iter().map(|revision| revision["revision"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1], "the newest first");
    assert_eq!(whole["meta"], json!({"limit": 25, "has_more": false, "next_cursor": null}));
    assert_eq!(
        whole["data"][0],
        json!({"revision": 5, "headline": "Revision 5", "words": 5, "restored_from": null, "created_by": editor.id, "created_at": "2026-07-24T12:00:40Z"})
    );
    assert_has(&whole["data"][4], &json!({"revision": 1, "headline": "Wind over the Caspian", "created_by": author.id, "created_at": NOON}));

    let (mut seen, mut cursor) = (vec![], String::new());
    for has_more in [true, true, false] {
        let answer = author.get(&format!("{path}/revisions?limit=2{cursor}")).expect(200).await;
        let page = answer.json();
        seen.extend(page["data"].as_array().unwrap().clone());
        assert_eq!(page["meta"]["has_more"], has_more);
        if let Some(next) = page["meta"]["next_cursor"].as_str() {
            let link = format!("<{}?limit=2&cursor={next}>; rel=\"next\"", app.state.url(&format!("{path}/revisions")));
            assert_eq!(answer.header("Link"), Some(link.as_str()));
            cursor = format!("&cursor={next}");
        }
    }
    assert_eq!(seen, *whole["data"].as_array().unwrap());
    add(&editor, &id, "az", "Külək").await;
    for foreign in [format!("{}/revisions?limit=2{cursor}", at(&id, "az")), format!("{path}/revisions?cursor=nonsense")] {
        let refused = author.get(&foreign).expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("invalid_cursor", vec!["cursor".to_owned()]));
    }
    for (query, parameter) in [("limit=0", "limit"), ("limit=101", "limit"), ("sort=revision", "sort")] {
        assert_eq!(author.get(&format!("{path}/revisions?{query}")).expect(400).await.faults(), [parameter]);
    }
}

async fn revisions_are_read_as_they_were(app: App) {
    let author = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let id = create(&author, &json!({"summary": "First.", "seo": {"title": "One"}})).await;
    let path = at(&id, "en");
    let first = author.get(&path).expect(200).await.json();
    app.advance(Duration::from_mins(1));
    let second = patch(&editor, &path, &json!({"headline": "Second", "body_html": "<p>Quite other words.</p>"})).await.json();
    publish(&editor, &path, &json!({})).await;
    for (number, text, by, when) in [(1, &first, author.id, NOON), (2, &second, editor.id, "2026-07-24T12:01:00Z")] {
        let read = author.get(&format!("{path}/revisions/{number}")).expect(200).await.json();
        assert_has(&read, &json!({"revision": number, "restored_from": null, "created_by": by, "created_at": when}));
        for member in ["headline", "summary", "body", "dateline", "byline", "authors", "seo", "words"] {
            assert_eq!(read[member], text[member], "{member} of {number}");
        }
    }
    for absent in ["3", "0", "-1"] {
        assert_refused(&author.get(&format!("{path}/revisions/{absent}")).send().await, 404, "not_found");
    }
    let refused = author.get(&format!("{path}/revisions/first")).expect(400).await;
    assert_eq!((refused.code().as_str(), refused.faults()), ("invalid_parameter", vec!["revision".to_owned()]));
    assert_refused(&author.get(&format!("{}/revisions/1", at(&id, "az"))).send().await, 404, "not_found");
}

async fn revisions_are_compared(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({"headline": "Бір", "summary": "Short.", "body_html": "<p>one</p><p>the quick fox</p><p>three</p>"})).await;
    let path = at(&id, "en");
    patch(&editor, &path, &json!({"headline": "Екі", "summary": null, "body_html": "<p>one</p><p>the slow fox</p><p>three</p><p>four</p>"})).await;
    let compare = async |from: i32, to: i32| editor.get(&format!("{path}/revisions/compare?from={from}&to={to}")).expect(200).await.json();
    let difference = compare(1, 2).await;
    assert_has(&difference, &json!({"from": 1, "to": 2}));
    let fields = difference["fields"].as_array().unwrap();
    assert_eq!(fields.len(), 2, "{fields:?}");
    let word = |op: &str, text: &str| json!({"op": op, "text": text});
    let words = [word("deleted", "Бір"), word("inserted", "Екі")];
    for expected in [json!({"field": "headline", "from": "Бір", "to": "Екі", "words": words}), json!({"field": "summary", "from": "Short.", "to": null})]
    {
        assert!(fields.contains(&expected), "{expected} in {fields:?}");
    }
    assert_eq!(
        difference["blocks"],
        json!([
            {"op": "equal", "key": "b0", "from_index": 0, "to_index": 0},
            {"op": "changed", "key": "b1", "from_index": 1, "to_index": 1,
             "words": [word("equal", "the "), word("deleted", "quick"), word("inserted", "slow"), word("equal", " fox")]},
            {"op": "equal", "key": "b2", "from_index": 2, "to_index": 2},
            {"op": "inserted", "key": "b3", "from_index": null, "to_index": 3, "words": [word("inserted", "four")]},
        ])
    );
    let back = compare(2, 1).await;
    assert_eq!(back["blocks"][3], json!({"op": "deleted", "key": "b3", "from_index": 3, "to_index": null, "words": [word("deleted", "four")]}));
    let words = [word("deleted", "Екі"), word("inserted", "Бір")];
    assert_eq!(back["fields"][0], json!({"field": "headline", "from": "Екі", "to": "Бір", "words": words}));
    let same = compare(2, 2).await;
    assert_eq!(same["fields"], json!([]));
    assert!(same["blocks"].as_array().unwrap().iter().all(|block| block["op"] == "equal" && block.get("words").is_none()));

    // A mark that changes is a change, though the words are the same.
    patch(&editor, &path, &json!({"body_html": "<p>one</p><p>the <b>slow</b> fox</p><p>three</p><p>four</p>"})).await;
    let marked = compare(2, 3).await;
    let ops: Vec<&str> = marked["blocks"].as_array().unwrap().iter().map(|block| block["op"].as_str().unwrap()).collect();
    assert_eq!((ops, &marked["blocks"][1]["words"]), (vec!["equal", "changed", "equal", "equal"], &json!([word("equal", "the slow fox")])));
    assert_eq!(compare(1, 3).await["to"], 3, "any two");

    for (query, parameter) in [("", "from"), ("from=1", "to"), ("from=a&to=2", "from"), ("from=1&to=2&words=no", "words")] {
        let refused = editor.get(&format!("{path}/revisions/compare?{query}")).expect(400).await;
        assert_eq!((refused.code().as_str(), refused.faults()), ("invalid_parameter", vec![parameter.to_owned()]), "{query}");
    }
    for query in ["from=1&to=9", "from=0&to=1"] {
        assert_refused(&editor.get(&format!("{path}/revisions/compare?{query}")).send().await, 404, "not_found");
    }
}

async fn a_revision_is_restored_as_a_new_one(app: App) {
    let author = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let id = create(&author, &json!({"summary": "First.", "byline": "L. Z.", "slug": "wind", "seo": {"title": "One"}})).await;
    let path = at(&id, "en");
    let first = author.get(&path).expect(200).await.json();
    patch(&editor, &path, &json!({"headline": "Second", "summary": null, "slug": "storm", "body_html": "<p>Other.</p>", "seo": null})).await;
    let submitted = author.post(&format!("{path}/submit")).if_match("\"v2\"").expect(200).await;
    assert_refused(&editor.post(&format!("{path}/revisions/1/restore")).send().await, 428, "precondition_required");
    assert_refused(&editor.post(&format!("{path}/revisions/1/restore")).if_match("\"v2\"").send().await, 412, "stale_version");
    assert_refused(&editor.post(&format!("{path}/revisions/9/restore")).if_match("\"v3\"").send().await, 404, "not_found");
    assert_eq!(etag(&editor, &path).await, submitted.etag());

    let restored = editor.post(&format!("{path}/revisions/1/restore")).if_match("\"v3\"").expect(200).await;
    assert_eq!(restored.etag(), "\"v4\"");
    let record = restored.json();
    for member in ["headline", "summary", "body", "dateline", "byline", "authors", "seo", "words"] {
        assert_eq!(record[member], first[member], "{member}");
    }
    assert_has(&record, &json!({"revision": 3, "review": "draft", "last_author": editor.id, "created_by": author.id, "slug": "storm"}));
    let read = editor.get(&format!("{path}/revisions/3")).expect(200).await.json();
    assert_has(&read, &json!({"restored_from": 1, "created_by": editor.id, "headline": "Wind over the Caspian"}));
    let listed = editor.get(&format!("{path}/revisions")).expect(200).await.json();
    let from: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|revision| &revision["restored_from"]).collect();
    assert_eq!(from, [&json!(1), &Value::Null, &Value::Null]);
    let same = editor.get(&format!("{path}/revisions/compare?from=1&to=3")).expect(200).await.json();
    assert_eq!((&same["fields"], &same["blocks"][0]["op"]), (&json!([]), &json!("equal")));
    assert_eq!(editor.get(&format!("{path}/revisions/2")).expect(200).await.json()["headline"], "Second", "what was is kept");
}

async fn revisions_cannot_be_rewritten(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &json!({})).await;
    patch(&editor, &at(&id, "en"), &json!({"headline": "Second"})).await;
    let read = async || editor.get(&format!("{}/revisions/1", at(&id, "en"))).expect(200).await.json();
    let before = (app.number("SELECT count(*) FROM revisions").await, read().await);
    for sql in [
        "UPDATE revisions SET headline = 'forged'",
        "UPDATE revisions SET revision = revision + 100",
        "UPDATE revisions SET created_by = article_id",
        "DELETE FROM revisions",
        "DELETE FROM revisions WHERE revision = 2",
        "DELETE FROM articles",
        "DELETE FROM translations",
    ] {
        let refused = app.state.db.write().query(sql).execute().await;
        let told = refused.unwrap_err().to_string();
        assert!(!sql.contains("revisions") || told.contains("append-only"), "{sql}: {told}");
    }
    assert_eq!((app.number("SELECT count(*) FROM revisions").await, read().await), before);
}
