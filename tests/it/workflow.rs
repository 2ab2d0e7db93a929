//! From draft to readers and back: review, publication, correction, withdrawal, and the change log of it all.

use crate::on_both;
use crate::support::{Answer, App, Caller, NOON, Request};
use futures_util::future::join_all;
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

on_both!(
    a_text_goes_from_draft_to_readers,
    what_a_state_does_not_allow_changes_nothing,
    every_step_has_seen_what_it_moves,
    orders_say_what_they_must,
    an_editor_publishes_without_detours,
    nobody_publishes_what_has_no_body,
    blank_paragraphs_are_no_body,
    publishing_answers_the_whole_record,
    steps_are_for_those_who_may,
    programs_publish_with_the_scope_only,
    the_platform_moves_what_is_shared,
    an_agency_moves_its_own_texts,
    four_eyes_look_at_every_text,
    four_eyes_look_again_after_every_edit,
    four_eyes_can_be_the_platforms,
    an_edit_after_publication_waits,
    a_change_kind_is_told_exactly_when_readers_saw_another,
    notes_are_for_readers,
    a_correction_says_so,
    languages_are_published_one_by_one,
    publishing_anew_pins_the_original_anew,
    the_first_publication_never_moves,
    what_is_unpublished_is_gone_and_can_come_back,
    what_is_killed_is_gone_for_good,
    killing_leaves_nothing_to_do,
    killing_what_was_never_public_leaves_no_trace,
    what_was_unpublished_can_be_killed,
    the_agency_of_a_story_kills_any_of_its_texts,
    a_new_address_waits_for_publication,
    an_address_is_one_texts_for_ever,
    made_addresses_are_numbered,
    work_is_given_to_people_of_the_agency,
    an_assignment_opens_the_text,
    the_change_log_tells_what_happened,
    the_change_log_has_no_gaps,
    the_change_log_cannot_be_rewritten,
    of_two_publications_one_is_made,
    a_publication_and_an_edit_do_not_both_win,
    a_publication_and_a_kill_do_not_both_win,
    languages_published_at_one_moment_know_each_other,
);

const BODY: &str = "<p>The wind is strong here.</p>";
/// An order that says nothing: there is no body.
static NOTHING: Value = Value::Null;

/// A text under way, and somebody who may read it.
#[derive(Clone)]
struct Text {
    id: String,
    at: String,
    reader: Caller,
}

impl Text {
    /// The original of a new story, in English.
    async fn new(author: &Caller, members: &Value) -> Self {
        let mut story = json!({"original_language": "en", "headline": "Wind over the Caspian", "body_html": BODY});
        for (name, member) in members.as_object().unwrap() {
            story[name.as_str()] = member.clone();
        }
        let created = author.post("/v1/articles").json(&story).expect(201).await.json();
        Self::at(author, created["id"].as_str().unwrap(), created["original_language"].as_str().unwrap())
    }

    /// A further text of the story.
    async fn add(&self, author: &Caller, language: &str, headline: &str) -> Self {
        let text = Self::at(author, &self.id, language);
        let content = json!({"headline": headline, "body_html": BODY});
        author.put(&text.at).header("If-None-Match", "*").json(&content).expect(201).await;
        text
    }

    fn at(reader: &Caller, id: &str, language: &str) -> Self {
        Self { id: id.to_owned(), at: format!("/v1/articles/{id}/translations/{language}"), reader: reader.clone() }
    }

    async fn read(&self) -> Answer {
        self.reader.get(&self.at).expect(200).await
    }

    /// Takes a step with the text as it is.
    async fn step(&self, caller: &Caller, step: &str, order: &Value) -> Answer {
        self.step_from(caller, step, order, &self.read().await.etag()).await
    }

    async fn step_from(&self, caller: &Caller, step: &str, order: &Value, etag: &str) -> Answer {
        self.request(caller, step, order).if_match(etag).send().await
    }

    fn request(&self, caller: &Caller, step: &str, order: &Value) -> Request {
        let request = caller.post(&format!("{}/{step}", self.at));
        if order.is_null() { request } else { request.json(order) }
    }

    /// Takes steps that work.
    async fn bring(&self, caller: &Caller, steps: &[&str]) {
        for step in steps {
            let answer = match *step {
                "edit" => self.edit(caller, &json!({"headline": format!("Edited {}", self.read().await.etag())})).await,
                step => self.step(caller, step, &order(step)).await,
            };
            assert_eq!(answer.status, 200, "{step}: {}", answer.text());
        }
    }

    async fn edit(&self, caller: &Caller, change: &Value) -> Answer {
        caller.patch(&self.at).if_match(&self.read().await.etag()).json(change).send().await
    }

    /// As the public sees it, by its article and language.
    async fn public(&self, app: &App) -> Answer {
        let language = self.at.rsplit('/').next().unwrap();
        app.anonymous().get(&format!("/v1/delivery/articles/{}?language={language}", self.id)).send().await
    }
}

/// What a step takes at least.
fn order(step: &str) -> Value {
    match step {
        "return" => json!({"reason": "The figures need a source."}),
        "kill" => json!({"reason": "The source is forged.", "public_note": "This text was withdrawn."}),
        "assign" => json!({"staff_id": null}),
        _ => Value::Null,
    }
}

async fn address(app: &App, path: &str) -> Answer {
    app.anonymous().get(&format!("/v1/delivery/articles/{path}")).send().await
}

async fn id_of(app: &App, sql: &'static str, key: &str) -> String {
    let (id,): (Uuid,) = app.state.db.query(sql).bind(key).one().await.unwrap();
    id.to_string()
}

async fn agency(app: &App, slug: &str) -> String {
    id_of(app, "SELECT id FROM agencies WHERE slug = $1", slug).await
}

/// A second editor of `UzA`, which asks for four eyes.
async fn second_editor(app: &App) -> Caller {
    let admin = app.staff("admin@platform.example").await;
    let new = json!({"email": "second@uza.example", "role": "editor", "agency": "uza", "languages": ["uz"], "names": {"uz": "Ikkinchi Muharrir"}});
    admin.post("/v1/staff").json(&new).expect(201).await;
    app.state.db.write().query("UPDATE staff SET state = 'active' WHERE email_key = 'second@uza.example'").execute().await.unwrap();
    app.staff("second@uza.example").await
}

/// A row of the change log: type, language, revision, kind, note.
type Change = (String, String, i32, Option<String>, Option<String>);

async fn changes(app: &App, id: &str) -> Vec<Change> {
    let sql = "SELECT type, language, revision, change_kind, public_note FROM published_changes WHERE article_id = $1 ORDER BY seq";
    app.state.db.query(sql).bind(Uuid::try_parse(id).unwrap()).all().await.unwrap()
}

fn change(r#type: &str, language: &str, revision: i32, kind: Option<&str>, note: Option<&str>) -> Change {
    (r#type.to_owned(), language.to_owned(), revision, kind.map(str::to_owned), note.map(str::to_owned))
}

async fn assert_gap_free(app: &App) {
    let first = app.number("SELECT min(seq) FROM published_changes").await;
    let last = app.number("SELECT max(seq) FROM published_changes").await;
    assert_eq!((first, last), (1, app.number("SELECT count(*) FROM published_changes").await));
    assert_eq!(app.number("SELECT value FROM sequences WHERE name = 'changes'").await, last);
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

fn assert_faults(answer: &Answer, faults: &[&str]) {
    assert_refused(answer, 422, "validation_failed");
    let mut found = answer.faults();
    found.sort();
    assert_eq!(found, faults, "{}", answer.text());
}

/// The one that won, where all others came late.
fn the_only_winner(answers: Vec<Answer>) -> Answer {
    let (mut won, lost): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 200);
    let told: Vec<String> = won.iter().chain(&lost).map(|answer| format!("{} {}", answer.status, answer.text())).collect();
    assert_eq!(won.len(), 1, "{told:#?}");
    for late in &lost {
        assert_refused(late, 412, "stale_version");
    }
    won.remove(0)
}

async fn a_text_goes_from_draft_to_readers(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&journalist, &json!({})).await;
    let reason = json!({"reason": "Дереккөз керек: \"Trend\"?"});
    let steps = [
        (&journalist, "submit", Value::Null, json!({"review": "in_review", "publication": "unreleased", "return_reason": null})),
        (&editor, "return", reason.clone(), json!({"review": "draft", "publication": "unreleased", "return_reason": reason["reason"]})),
        (&journalist, "submit", Value::Null, json!({"review": "in_review", "return_reason": null})),
        (&editor, "approve", Value::Null, json!({"review": "approved", "publication": "unreleased", "published_at": null, "slug": null})),
        (&editor, "publish", Value::Null, json!({"review": "settled", "publication": "published", "published_revision": 1, "slug": "wind-over-the-caspian"})),
    ];
    for (place, (caller, step, order, expected)) in steps.iter().enumerate() {
        assert_refused(&text.public(&app).await, 404, "not_found");
        assert_refused(&address(&app, "en/wind-over-the-caspian").await, 404, "not_found");
        app.advance(Duration::from_secs(10));
        let moved = text.step(caller, step, order).await;
        assert_eq!(moved.status, 200, "{step}: {}", moved.text());
        assert_eq!(moved.etag(), format!("\"v{}\"", place + 2), "{step}");
        let record = moved.json();
        assert_has(&record, expected);
        let seconds = 10 * (place + 1);
        assert_has(
            &record,
            &json!({"revision": 1, "updated_by": caller.id, "updated_at": format!("2026-07-24T12:00:{seconds}Z"), "created_by": journalist.id, "last_author": journalist.id}),
        );
        let read = text.read().await;
        assert_eq!((read.etag(), read.json()), (moved.etag(), record), "{step}");
    }
    let public = text.public(&app).await;
    assert_eq!(public.status, 200, "{}", public.text());
    assert_has(
        &public.json(),
        &json!({
            "id": text.id, "language": "en", "headline": "Wind over the Caspian", "slug": "wind-over-the-caspian", "published_at": "2026-07-24T12:00:50Z",
            "updated_at": "2026-07-24T12:00:50Z", "version": 1, "last_change": null,
        }),
    );
    assert_eq!(address(&app, "en/wind-over-the-caspian").await.json(), public.json());
    assert!(!public.text().contains("return_reason") && !public.text().contains("Дереккөз"), "what editors say stays in the house");
    assert_eq!(changes(&app, &text.id).await, [change("published", "en", 1, None, None)]);
    let read = journalist.get(&format!("/v1/articles/{}", text.id)).expect(200).await;
    assert_eq!(read.etag(), "\"v1\"", "the metadata are the same");
    assert_has(&read.json()["translations"][0], &json!({"publication": "published", "review": "settled", "published_at": "2026-07-24T12:00:50Z"}));
}

const EVERYTHING: &[&str] = &["submit", "return", "approve", "publish", "unpublish", "kill", "assign", "edit", "replace", "restore", "delete"];

async fn what_a_state_does_not_allow_changes_nothing(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let states: [(&[&str], &[&str]); 9] = [
        (&[], &["return", "approve", "unpublish"]),
        (&["submit"], &["submit", "unpublish"]),
        (&["submit", "approve"], &["submit", "approve", "unpublish"]),
        (&["publish"], &["submit", "return", "approve", "publish", "delete"]),
        (&["publish", "edit"], &["return", "approve", "delete"]),
        (&["publish", "unpublish"], &["submit", "return", "approve", "unpublish", "delete"]),
        (&["publish", "unpublish", "edit", "submit"], &["submit", "unpublish", "delete"]),
        (&["kill"], EVERYTHING),
        (&["publish", "kill"], EVERYTHING),
    ];
    for (steps, refused) in states {
        let text = Text::new(&editor, &json!({"headline": "The original"})).await.add(&editor, "ru", "Перевод").await;
        text.bring(&editor, steps).await;
        let (before, log) = (text.read().await, app.number("SELECT count(*) FROM published_changes").await);
        let seen = text.public(&app).await;
        for step in refused {
            let request = match *step {
                "edit" => editor.patch(&text.at).json(&json!({"headline": "Other"})),
                "replace" => editor.put(&text.at).json(&json!({"headline": "Other", "body_html": BODY})),
                "restore" => editor.post(&format!("{}/revisions/1/restore", text.at)),
                "delete" => editor.delete(&text.at),
                step => text.request(&editor, step, &order(step)),
            };
            let answer = request.if_match(&before.etag()).send().await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "illegal_transition"), "{step} after {steps:?}: {}", answer.text());
            let after = text.read().await;
            assert_eq!((after.etag(), after.json()), (before.etag(), before.json()), "{step} after {steps:?}");
        }
        assert_eq!(app.number("SELECT count(*) FROM published_changes").await, log, "after {steps:?}");
        let now = text.public(&app).await;
        assert_eq!((now.status, now.header("ETag")), (seen.status, seen.header("ETag")), "after {steps:?}");
    }
}

async fn every_step_has_seen_what_it_moves(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({})).await;
    app.advance(Duration::from_secs(5));
    text.bring(&editor, &["submit"]).await;
    let before = text.read().await;
    for step in ["submit", "return", "approve", "publish", "unpublish", "kill", "assign"] {
        assert_refused(&text.request(&editor, step, &order(step)).send().await, 428, "precondition_required");
        assert_refused(&text.step_from(&editor, step, &order(step), "nonsense").await, 400, "invalid_parameter");
        for etag in ["\"v1\"", "\"v3\"", "W/\"v2\""] {
            let stale = text.step_from(&editor, step, &order(step), etag).await;
            assert_refused(&stale, 412, "stale_version");
            assert_eq!(stale.json()["current"], json!({"etag": "\"v2\"", "updated_at": "2026-07-24T12:00:05Z", "updated_by": editor.id}), "{step}");
        }
    }
    let after = text.read().await;
    assert_eq!((after.etag(), after.json()), (before.etag(), before.json()));
    assert_eq!(text.step_from(&editor, "publish", &NOTHING, "\"v2\"").await.status, 200);
}

async fn orders_say_what_they_must(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({})).await;
    text.bring(&editor, &["submit"]).await;
    let before = text.read().await;
    let wrong: [(&str, Value, &[&str]); 6] = [
        ("return", json!({"reason": " "}), &["/reason"]),
        ("return", json!({"reason": "x".repeat(2_001)}), &["/reason"]),
        ("kill", json!({"reason": "", "public_note": "\n"}), &["/public_note", "/reason"]),
        ("kill", json!({"reason": "x".repeat(2_001), "public_note": "x".repeat(1_001)}), &["/public_note", "/reason"]),
        ("publish", json!({"public_note": " ", "change_kind": "fix"}), &["/change_kind", "/public_note"]),
        ("assign", json!({"staff_id": Uuid::new_v4()}), &["/staff_id"]),
    ];
    for (step, order, faults) in wrong {
        assert_faults(&text.step(&editor, step, &order).await, faults);
    }
    for (step, order, pointer) in [
        ("return", json!({}), "/reason"),
        ("return", json!({"reason": null}), "/reason"),
        ("return", json!({"reason": "x", "assignee": null}), "/assignee"),
        ("kill", json!({"reason": "x"}), "/public_note"),
        ("kill", json!({"public_note": "x"}), "/reason"),
        ("publish", json!({"change_kind": "typo"}), "/change_kind"),
        ("publish", json!({"at": NOON}), "/at"),
        ("publish", json!({"slug": "x"}), "/slug"),
        ("unpublish", json!({"reason": "x"}), "/reason"),
        ("assign", json!({"staff_id": "me"}), "/staff_id"),
        ("assign", json!({"assignee_id": null}), "/assignee_id"),
    ] {
        let refused = text.step(&editor, step, &order).await;
        assert_refused(&refused, 400, "malformed_body");
        assert_eq!(refused.faults(), [pointer], "{step} {order}");
    }
    for step in ["return", "kill"] {
        assert_refused(&text.step(&editor, step, &NOTHING).await, 415, "unsupported_media_type");
    }
    assert_eq!(text.read().await.json(), before.json());
    assert_eq!(text.read().await.etag(), before.etag());
    // An empty order is none.
    assert_eq!(text.step(&editor, "publish", &json!({})).await.status, 200);
    assert_faults(&text.step(&editor, "unpublish", &json!({"public_note": ""})).await, &["/public_note"]);
    assert_eq!(text.step(&editor, "unpublish", &NOTHING).await.status, 200);
}

async fn an_editor_publishes_without_detours(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    for (email, steps) in [("editor@trend.example", vec![]), ("admin@trend.example", vec!["submit"]), ("editor@trend.example", vec!["submit", "approve"])] {
        let editor = app.staff(email).await;
        for author in [&journalist, &editor] {
            let text = Text::new(author, &json!({})).await;
            text.bring(&editor, &steps).await;
            let published = text.step(&editor, "publish", &NOTHING).await;
            assert_eq!(published.status, 200, "{}", published.text());
            assert_has(&published.json(), &json!({"publication": "published", "review": "settled", "published_revision": 1}));
            assert_eq!(text.public(&app).await.status, 200);
        }
    }
}

async fn nobody_publishes_what_has_no_body(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({"body_html": null})).await;
    for step in ["submit", "publish"] {
        assert_faults(&text.step(&editor, step, &NOTHING).await, &["/body"]);
    }
    let log = app.number("SELECT count(*) FROM published_changes").await;
    assert_has(&text.read().await.json(), &json!({"review": "draft", "publication": "unreleased"}));
    assert_eq!(text.read().await.etag(), "\"v1\"");
    assert_eq!(text.edit(&editor, &json!({"body_html": BODY})).await.status, 200);
    text.bring(&editor, &["submit", "approve", "publish"]).await;
    // Nor is a text emptied in the eyes of readers.
    assert_eq!(text.edit(&editor, &json!({"body": []})).await.status, 200);
    assert_faults(&text.step(&editor, "publish", &json!({"change_kind": "fix"})).await, &["/body"]);
    assert_faults(&text.step(&editor, "submit", &NOTHING).await, &["/body"]);
    assert_eq!(text.public(&app).await.json()["version"], 1);
    assert_eq!(app.number("SELECT count(*) FROM published_changes").await, log + 1);
}

/// What editors send where nothing was written yet.
async fn blank_paragraphs_are_no_body(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let blank =
        json!([{"_type": "block", "children": [{"_type": "span", "text": ""}]}, {"_type": "block", "children": [{"_type": "span", "text": " \n\u{a0}"}]}]);
    let text = Text::new(&editor, &json!({"body_html": null, "body": blank})).await;
    for step in ["submit", "publish"] {
        assert_faults(&text.step(&editor, step, &NOTHING).await, &["/body"]);
    }
    assert_eq!(text.public(&app).await.status, 404);
    // A picture says something.
    let picture = json!([{"_type": "image", "url": "https://example.org/i.jpg", "alt": ""}]);
    assert_eq!(text.edit(&editor, &json!({"body": picture})).await.status, 200);
    assert_eq!(text.step(&editor, "publish", &NOTHING).await.status, 200);
}

async fn publishing_answers_the_whole_record(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let said = json!({
        "headline": "Wind over the Caspian", "summary": "Short.", "dateline": "BAKU, July 24 (Trend)", "byline": "L. Z.", "authors": [journalist.id, editor.id],
        "seo": {"title": "Wind", "description": "Caspian wind."}, "slug": "caspian-wind", "body_html": null,
        "body": [{"_type": "block", "_key": "a", "style": "normal", "markDefs": [], "children": [{"_type": "span", "_key": "s", "text": "Strong wind.", "marks": []}]}],
    });
    let text = Text::new(&journalist, &said).await;
    app.advance(Duration::from_mins(1));
    let published = text.step(&editor, "publish", &NOTHING).await;
    assert_eq!((published.status.as_u16(), published.etag().as_str()), (200, "\"v2\""), "{}", published.text());
    let mut expected = json!({
        "article_id": text.id, "language": "en", "direction": "ltr", "agency_id": agency(&app, "trend").await, "is_original": true,
        "publication": "published", "review": "settled", "revision": 1, "published_revision": 1, "base_revision": null, "words": 2,
        "assignee_id": journalist.id, "created_by": journalist.id, "last_author": journalist.id, "return_reason": null, "kill_reason": null,
        "first_published_at": "2026-07-24T12:01:00Z", "published_at": "2026-07-24T12:01:00Z", "killed_at": null, "embargo_until": null, "created_at": NOON,
        "updated_at": "2026-07-24T12:01:00Z", "updated_by": editor.id, "allowed_transitions": ["edit", "unpublish", "kill"],
        "freshness": null, "detached_at": null, "freshness_reason": null, "correction_pending": false, "orthography": null,
        "derived_from": null, "derivation_status": null, "open_warnings": null,
    });
    for member in ["headline", "summary", "dateline", "byline", "authors", "seo", "slug", "body"] {
        expected[member] = said[member].clone();
    }
    assert_eq!(published.json(), expected, "all of it, and nothing more");
    let read = text.read().await;
    assert_eq!((read.etag().as_str(), read.json()), ("\"v2\"", expected));
    let (public, record) = (address(&app, "en/caspian-wind").await.json(), published.json());
    for member in ["headline", "summary", "dateline", "byline", "seo", "slug", "body", "words", "published_at"] {
        assert_eq!(public[member], record[member], "{member}");
    }
}

async fn steps_are_for_those_who_may(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&journalist, &json!({})).await;
    text.bring(&journalist, &["submit"]).await;
    let before = text.read().await;
    let callers = [
        (journalist.clone(), 403, "forbidden", "her own"),
        (app.staff("editor@kazinform.example").await, 404, "not_found", "foreign"),
        (app.staff("editor@platform.example").await, 404, "not_found", "not shared"),
        (app.staff("admin@platform.example").await, 404, "not_found", "not shared"),
        (app.staff("journalist@platform.example").await, 403, "forbidden", "no right, whatever it is"),
        (app.anonymous(), 401, "unauthenticated", "nobody"),
    ];
    for (caller, status, code, who) in &callers {
        for step in ["return", "approve", "publish", "unpublish", "kill", "assign"] {
            let answer = text.step_from(caller, step, &order(step), &before.etag()).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (*status, *code), "{step}, {who}");
            let answer = text.request(caller, step, &order(step)).send().await;
            assert_eq!(answer.status.as_u16(), *status, "without If-Match: {step}, {who}");
        }
    }
    let foreign = text.step_from(&callers[1].0, "submit", &NOTHING, &before.etag()).await;
    assert_refused(&foreign, 404, "not_found");
    let colleagues = Text::new(&editor, &json!({})).await;
    assert_refused(&colleagues.step(&journalist, "submit", &NOTHING).await, 403, "forbidden");
    let after = text.read().await;
    assert_eq!((after.etag(), after.json()), (before.etag(), before.json()));
    assert_eq!(text.public(&app).await.status, 404);
    // Once it is public, it is no less so.
    text.bring(&editor, &["publish"]).await;
    for step in ["unpublish", "kill"] {
        assert_refused(&text.step(&journalist, step, &order(step)).await, 403, "forbidden");
        assert_refused(&text.step(&callers[1].0, step, &order(step)).await, 404, "not_found");
    }
    assert_eq!(text.edit(&journalist, &json!({"headline": "Hers to edit"})).await.status, 200);
    assert_refused(&text.step(&journalist, "publish", &json!({"change_kind": "fix"})).await, 403, "forbidden");
    assert_eq!(text.public(&app).await.json()["headline"], "Wind over the Caspian");
}

async fn programs_publish_with_the_scope_only(app: App) {
    let admin = app.staff("admin@trend.example").await;
    let key = async |scopes: &[&str]| {
        let made = admin.post("/v1/agencies/trend/api-keys").json(&json!({"name": "Wire", "scopes": scopes})).expect(201).await.json();
        app.with_token(made["key"].as_str().unwrap())
    };
    let submits = key(&["articles:read", "articles:submit"]).await;
    let publishes = key(&["articles:read", "articles:submit", "articles:publish"]).await;
    let text = Text::new(&submits, &json!({})).await;
    text.bring(&submits, &["submit"]).await;
    for step in ["return", "approve", "publish", "kill", "assign"] {
        assert_refused(&text.step(&submits, step, &order(step)).await, 403, "forbidden");
    }
    for step in ["return", "approve", "publish"] {
        assert_refused(&text.step(&publishes, step, &order(step)).await, 404, "not_found");
    }
    assert_eq!(text.step(&admin, "approve", &NOTHING).await.status, 200, "the desk reviews what programs send");
    let own = Text::new(&publishes, &json!({})).await;
    let public = own.step(&publishes, "publish", &NOTHING).await;
    assert_eq!(public.status, 200, "{}", public.text());
    assert_refused(&own.step(&publishes, "kill", &order("kill")).await, 403, "forbidden");
    assert_eq!(own.step(&publishes, "unpublish", &NOTHING).await.status, 200);
}

async fn the_platform_moves_what_is_shared(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let platform_journalist = app.staff("journalist@platform.example").await;
    let foreign = app.staff("editor@kabar.example").await;
    let text = Text::new(&journalist, &json!({"shared": true})).await;
    text.bring(&journalist, &["submit"]).await;
    for step in ["return", "approve", "publish", "kill"] {
        assert_refused(&text.step(&platform_journalist, step, &order(step)).await, 403, "forbidden");
        assert_refused(&text.step(&foreign, step, &order(step)).await, 404, "not_found");
    }
    assert_refused(&text.edit(&platform_journalist, &json!({"headline": "x"})).await, 403, "forbidden");
    text.bring(&platform, &["return", "submit", "approve", "publish", "unpublish"]).await;
    assert_has(&text.read().await.json(), &json!({"agency_id": agency(&app, "trend").await, "publication": "unpublished", "updated_by": platform.id}));
    // By a term of the agreement, without a flag.
    let lake = Text::new(&foreign, &json!({"headline": "Lake"})).await;
    lake.bring(&platform, &["publish", "kill"]).await;
}

async fn an_agency_moves_its_own_texts(app: App) {
    let owner = app.staff("editor@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let original = Text::new(&owner, &json!({"shared": true})).await;
    let russian = original.add(&platform, "ru", "Ветер над Каспием").await;
    let shared = owner.get(&format!("/v1/articles/{}", original.id)).expect(200).await;
    owner.patch(&format!("/v1/articles/{}", original.id)).if_match(&shared.etag()).json(&json!({"shared": false})).expect(200).await;
    for step in ["submit", "publish", "assign"] {
        assert_refused(&russian.step(&owner, step, &order(step)).await, 403, "forbidden");
        assert_refused(&original.step(&platform, step, &order(step)).await, 403, "forbidden");
    }
    assert_refused(&original.step(&platform, "kill", &order("kill")).await, 403, "forbidden");
    russian.bring(&platform, &["submit", "approve", "publish"]).await;
    let public = russian.public(&app).await.json();
    assert_eq!(public["agency"]["slug"], "platform");
    for step in ["unpublish", "return"] {
        assert_refused(&russian.step(&owner, step, &order(step)).await, 403, "forbidden");
    }
    assert_eq!(russian.public(&app).await.status, 200);
    assert_eq!(original.public(&app).await.status, 404, "a translation can be public before its original");
}

async fn four_eyes_look_at_every_text(app: App) {
    let author = app.staff("editor@uza.example").await;
    let second = second_editor(&app).await;
    let text = Text::new(&author, &json!({"original_language": "uz", "headline": "Kaspiy ustida shamol"})).await;
    let refuses = async |steps: &[&str]| {
        let before = text.read().await;
        for step in steps {
            let refused = text.step(&author, step, &NOTHING).await;
            assert_refused(&refused, 409, "four_eyes_required");
        }
        let after = text.read().await;
        assert_eq!((after.etag(), after.json()), (before.etag(), before.json()));
        assert_eq!(text.public(&app).await.status, 404);
    };
    refuses(&["publish"]).await;
    text.bring(&author, &["submit"]).await;
    refuses(&["approve", "publish"]).await;
    // Whoever did not write it approves; then its author may publish.
    text.bring(&second, &["approve"]).await;
    assert_eq!(text.step(&author, "publish", &NOTHING).await.status, 200);
    assert_eq!(text.public(&app).await.status, 200);

    let draft = Text::new(&author, &json!({"original_language": "uz", "headline": "Ikkinchi"})).await;
    assert_eq!(draft.step(&second, "publish", &NOTHING).await.status, 200, "publishing includes the approval");
    // It does not stand in the way of withdrawing.
    draft.bring(&author, &["unpublish", "publish"]).await;
    // Other agencies do not ask for it.
    let trend = app.staff("editor@trend.example").await;
    Text::new(&trend, &json!({})).await.bring(&trend, &["submit", "approve", "publish"]).await;
}

async fn four_eyes_look_again_after_every_edit(app: App) {
    let author = app.staff("editor@uza.example").await;
    let second = second_editor(&app).await;
    let text = Text::new(&author, &json!({"original_language": "uz", "headline": "Shamol"})).await;
    text.bring(&author, &["submit"]).await;
    text.bring(&second, &["approve"]).await;
    // An approval is of the words that were there.
    assert_eq!(text.edit(&author, &json!({"headline": "Boshqa shamol"})).await.json()["review"], "draft");
    assert_refused(&text.step(&author, "publish", &NOTHING).await, 409, "four_eyes_required");
    // Who writes on it is its author.
    assert_eq!(text.edit(&second, &json!({"headline": "Uchinchi shamol"})).await.json()["last_author"], json!(second.id));
    text.bring(&second, &["submit"]).await;
    for step in ["approve", "publish"] {
        assert_refused(&text.step(&second, step, &NOTHING).await, 409, "four_eyes_required");
    }
    // So is who takes back an earlier revision.
    let etag = text.read().await.etag();
    author.post(&format!("{}/revisions/1/restore", text.at)).if_match(&etag).expect(200).await;
    assert_refused(&text.step(&author, "publish", &NOTHING).await, 409, "four_eyes_required");
    text.bring(&second, &["publish"]).await;
    assert_eq!(text.public(&app).await.json()["headline"], "Shamol");
    // And after publication.
    assert_eq!(text.edit(&author, &json!({"headline": "Tuzatilgan"})).await.status, 200);
    let correction = json!({"change_kind": "correction", "public_note": "Tuzatildi."});
    assert_refused(&text.step(&author, "publish", &correction).await, 409, "four_eyes_required");
    assert_eq!(text.public(&app).await.json()["headline"], "Shamol");
    assert_eq!(text.step(&second, "publish", &correction).await.status, 200);
    assert_eq!(text.public(&app).await.json()["headline"], "Tuzatilgan");
}

async fn four_eyes_can_be_the_platforms(app: App) {
    let author = app.staff("editor@uza.example").await;
    let platform = app.staff("editor@platform.example").await;
    let hidden = Text::new(&author, &json!({"original_language": "uz", "headline": "Yashirin"})).await;
    hidden.bring(&author, &["submit"]).await;
    assert_refused(&hidden.step(&platform, "approve", &NOTHING).await, 404, "not_found");
    let joint = Text::new(&author, &json!({"original_language": "uz", "headline": "Birgalikda", "shared": true})).await;
    joint.bring(&author, &["submit"]).await;
    joint.bring(&platform, &["approve"]).await;
    assert_eq!(joint.step(&author, "publish", &NOTHING).await.status, 200);
    // The platform's own words are looked at by the agency.
    assert_eq!(joint.edit(&platform, &json!({"headline": "Birgalikda 2"})).await.status, 200);
    assert_refused(&joint.step(&platform, "publish", &json!({"change_kind": "fix"})).await, 409, "four_eyes_required");
    assert_eq!(joint.step(&author, "publish", &json!({"change_kind": "fix"})).await.status, 200);
}

async fn an_edit_after_publication_waits(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&journalist, &json!({})).await;
    text.bring(&editor, &["publish"]).await;
    let before = text.public(&app).await;
    let listed = app.anonymous().get("/v1/delivery/articles?language=en&limit=100").expect(200).await;
    app.advance(Duration::from_mins(1));
    let edited = text.edit(&journalist, &json!({"headline": "A better headline", "body_html": "<p>Better words.</p>"})).await;
    assert_has(
        &edited.json(),
        &json!({
            "publication": "published", "review": "draft", "revision": 2, "published_revision": 1, "published_at": NOON, "first_published_at": NOON,
            "slug": "wind-over-the-caspian", "last_author": journalist.id,
        }),
    );
    let unchanged = async |when: &str| {
        let now = text.public(&app).await;
        assert_eq!((now.etag(), now.text()), (before.etag(), before.text()), "{when}");
        let list = app.anonymous().get("/v1/delivery/articles?language=en&limit=100").expect(200).await;
        assert_eq!((list.etag(), list.text()), (listed.etag(), listed.text()), "{when}");
        assert_eq!(changes(&app, &text.id).await.len(), 1, "{when}");
    };
    unchanged("edited").await;
    for (caller, step) in [(&journalist, "submit"), (&editor, "return"), (&journalist, "submit"), (&editor, "approve")] {
        text.bring(caller, &[step]).await;
        assert_has(&text.read().await.json(), &json!({"publication": "published", "published_revision": 1, "published_at": NOON}));
        unchanged(step).await;
    }
    app.drain_jobs().await;
    unchanged("jobs done").await;
    let published = text.step(&editor, "publish", &json!({"change_kind": "update"})).await;
    assert_has(
        &published.json(),
        &json!({
            "publication": "published", "review": "settled", "revision": 2, "published_revision": 2, "published_at": "2026-07-24T12:01:00Z",
            "first_published_at": NOON, "slug": "wind-over-the-caspian",
        }),
    );
    let after = text.public(&app).await;
    assert_ne!(after.etag(), before.etag());
    assert_has(
        &after.json(),
        &json!({
            "headline": "A better headline", "slug": "wind-over-the-caspian", "version": 2, "published_at": NOON, "updated_at": "2026-07-24T12:01:00Z",
            "last_change": {"kind": "update", "public_note": null, "at": "2026-07-24T12:01:00Z"},
        }),
    );
    assert_eq!(after.json()["body"][0]["children"][0]["text"], "Better words.");
}

async fn a_change_kind_is_told_exactly_when_readers_saw_another(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({})).await;
    for kind in ["fix", "update", "clarification", "correction"] {
        let refused = text.step(&editor, "publish", &json!({"change_kind": kind, "public_note": "Note."})).await;
        assert_refused(&refused, 422, "validation_failed");
        assert!(refused.faults().contains(&"/change_kind".to_owned()), "{kind} at the first publication: {}", refused.text());
    }
    assert_eq!(text.read().await.etag(), "\"v1\"");
    // Edits before it are no change to readers.
    assert_eq!(text.edit(&editor, &json!({"headline": "Second"})).await.status, 200);
    text.bring(&editor, &["publish", "edit"]).await;
    let before = text.read().await;
    for order in [Value::Null, json!({}), json!({"change_kind": null}), json!({"public_note": "A note."})] {
        assert_faults(&text.step(&editor, "publish", &order).await, &["/change_kind"]);
    }
    let after = text.read().await;
    assert_eq!((after.etag(), after.json()), (before.etag(), before.json()));
    assert_eq!(text.public(&app).await.json()["headline"], "Second");
    assert_eq!(text.step(&editor, "publish", &json!({"change_kind": "fix"})).await.status, 200);

    // Away and back with the same words: readers have seen no other.
    text.bring(&editor, &["unpublish"]).await;
    assert_faults(&text.step(&editor, "publish", &json!({"change_kind": "fix"})).await, &["/change_kind"]);
    text.bring(&editor, &["publish", "unpublish", "edit"]).await;
    // Away and back with others.
    assert_faults(&text.step(&editor, "publish", &json!({})).await, &["/change_kind"]);
    assert_eq!(text.step(&editor, "publish", &json!({"change_kind": "update"})).await.status, 200);
}

async fn notes_are_for_readers(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({})).await;
    text.bring(&editor, &["publish", "edit"]).await;
    let (before, long) = (text.read().await.etag(), "x".repeat(1_001));
    for kind in ["clarification", "correction"] {
        for note in [json!({"change_kind": kind}), json!({"change_kind": kind, "public_note": null})] {
            assert_faults(&text.step(&editor, "publish", &note).await, &["/public_note"]);
        }
        for note in ["", " \n", long.as_str()] {
            let refused = text.step(&editor, "publish", &json!({"change_kind": kind, "public_note": note})).await;
            assert_refused(&refused, 422, "validation_failed");
            assert!(refused.faults().iter().all(|pointer| pointer == "/public_note"), "{}", refused.text());
        }
    }
    assert_faults(&text.step(&editor, "publish", &json!({"change_kind": "fix", "public_note": long})).await, &["/public_note"]);
    assert_eq!(text.read().await.etag(), before);
    assert_eq!(text.step(&editor, "publish", &json!({"change_kind": "clarification", "public_note": "Ə".repeat(1_000)})).await.status, 200);
    // A note may be given with a fix or an update.
    for kind in ["fix", "update"] {
        assert_eq!(text.edit(&editor, &json!({"headline": kind})).await.status, 200);
        assert_eq!(text.step(&editor, "publish", &json!({"change_kind": kind, "public_note": "A note."})).await.status, 200);
        assert_eq!(text.public(&app).await.json()["last_change"]["public_note"], "A note.");
    }
}

async fn a_correction_says_so(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({})).await;
    text.bring(&editor, &["publish"]).await;
    app.advance(Duration::from_mins(1));
    assert_eq!(text.edit(&editor, &json!({"headline": "Corrected"})).await.status, 200);
    let note = "An earlier version named the wrong port.";
    let corrected = text.step(&editor, "publish", &json!({"change_kind": "correction", "public_note": note})).await;
    assert_eq!(corrected.status, 200, "{}", corrected.text());
    let public = text.public(&app).await;
    assert_has(
        &public.json(),
        &json!({
            "headline": "Corrected", "version": 2, "published_at": NOON, "updated_at": "2026-07-24T12:01:00Z",
            "last_change": {"kind": "correction", "public_note": note, "at": "2026-07-24T12:01:00Z"},
        }),
    );
    // What is said of it stays when something else renders it anew.
    app.advance(Duration::from_mins(1));
    let path = format!("/v1/articles/{}", text.id);
    let etag = editor.get(&path).expect(200).await.etag();
    editor.patch(&path).if_match(&etag).json(&json!({"urgency": 1})).expect(200).await;
    app.drain_jobs().await;
    let rendered = text.public(&app).await.json();
    assert_eq!((&rendered["urgency"], &rendered["last_change"]), (&json!(1), &public.json()["last_change"]));
    assert_eq!(changes(&app, &text.id).await, [change("published", "en", 1, None, None), change("corrected", "en", 2, Some("correction"), Some(note))]);
}

async fn languages_are_published_one_by_one(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let english = Text::new(&editor, &json!({})).await;
    let azeri = english.add(&editor, "az", "Xəzər üzərində külək").await;
    let russian = english.add(&editor, "ru", "Ветер над Каспием").await;
    let state = async |text: &Text| {
        let read = text.read().await;
        (read.etag(), read.json())
    };
    let (en, ru) = (state(&english).await, state(&russian).await);
    app.advance(Duration::from_mins(1));
    azeri.bring(&editor, &["publish"]).await;
    assert_eq!((state(&english).await, state(&russian).await), (en, ru), "publishing one touches no other");
    assert_eq!((english.public(&app).await.status.as_u16(), russian.public(&app).await.status.as_u16()), (404, 404));
    let az = state(&azeri).await;
    let public = azeri.public(&app).await.json();
    app.advance(Duration::from_mins(1));
    russian.bring(&editor, &["publish"]).await;
    english.bring(&editor, &["publish"]).await;
    assert_eq!(state(&azeri).await, az);
    let now = azeri.public(&app).await.json();
    for member in ["published_at", "updated_at", "version", "slug", "headline", "last_change"] {
        assert_eq!(now[member], public[member], "{member}");
    }
    let available: Vec<&str> = now["available_languages"].as_array().unwrap().iter().map(|other| other["language"].as_str().unwrap()).collect();
    assert_eq!(available, ["en", "az", "ru"], "each names the others, the original first");
    // Correcting, unpublishing and killing one leaves the others as they are.
    let (az, en) = (state(&azeri).await, state(&english).await);
    app.advance(Duration::from_mins(1));
    assert_eq!(russian.edit(&editor, &json!({"headline": "Поправка"})).await.status, 200);
    assert_eq!(russian.step(&editor, "publish", &json!({"change_kind": "correction", "public_note": "Исправлено."})).await.status, 200);
    russian.bring(&editor, &["unpublish", "kill"]).await;
    assert_eq!((state(&azeri).await, state(&english).await), (az, en));
    assert_refused(&russian.public(&app).await, 410, "withdrawn");
    for text in [&azeri, &english] {
        let public = text.public(&app).await.json();
        assert_eq!(public["available_languages"].as_array().unwrap().len(), 2);
    }
    let log = changes(&app, &english.id).await;
    let told: Vec<(&str, &str)> = log.iter().map(|(r#type, language, ..)| (r#type.as_str(), language.as_str())).collect();
    let expected = [("published", "az"), ("published", "ru"), ("published", "en"), ("corrected", "ru"), ("unpublished", "ru"), ("killed", "ru")];
    assert_eq!(told, expected);
}

async fn publishing_anew_pins_the_original_anew(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let original = Text::new(&editor, &json!({})).await;
    let text = original.add(&editor, "ru", "Ветер").await;
    assert_eq!(text.read().await.json()["base_revision"], 1);
    text.bring(&editor, &["publish"]).await;
    original.bring(&editor, &["publish", "edit"]).await;
    assert_eq!(original.step(&editor, "publish", &json!({"change_kind": "update"})).await.status, 200);
    assert_eq!(text.read().await.json()["base_revision"], 1, "it was made from the first");
    assert_eq!(text.edit(&editor, &json!({"headline": "Ветер 2"})).await.json()["base_revision"], 1);
    let published = text.step(&editor, "publish", &json!({"change_kind": "update"})).await.json();
    assert_eq!(published["base_revision"], 2);
    assert_eq!(original.read().await.json()["base_revision"], Value::Null);
}

async fn the_first_publication_never_moves(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({})).await;
    app.advance(Duration::from_secs(30));
    let first = "2026-07-24T12:00:30Z";
    let steps: [(&str, Value); 8] = [
        ("publish", Value::Null),
        ("edit", Value::Null),
        ("publish", json!({"change_kind": "correction", "public_note": "Corrected."})),
        ("unpublish", Value::Null),
        ("publish", Value::Null),
        ("unpublish", Value::Null),
        ("edit", Value::Null),
        ("publish", json!({"change_kind": "update"})),
    ];
    for (place, (step, order)) in steps.iter().enumerate() {
        let answer =
            if *step == "edit" { text.edit(&editor, &json!({"headline": format!("Edit {place}")})).await } else { text.step(&editor, step, order).await };
        assert_eq!(answer.status, 200, "{step}: {}", answer.text());
        let record = answer.json();
        assert_eq!(record["first_published_at"], first, "{step}");
        if *step == "publish" {
            assert_eq!(record["published_at"], record["updated_at"], "the latest publication is now");
            assert_has(&text.public(&app).await.json(), &json!({"published_at": first, "updated_at": record["published_at"]}));
        }
        app.advance(Duration::from_secs(10));
    }
    let killed = text.step(&editor, "kill", &order("kill")).await.json();
    assert_has(&killed, &json!({"first_published_at": first, "published_at": "2026-07-24T12:01:40Z", "killed_at": "2026-07-24T12:01:50Z"}));
}

async fn what_is_unpublished_is_gone_and_can_come_back(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({})).await;
    text.bring(&editor, &["publish"]).await;
    let public = text.public(&app).await.json();
    app.advance(Duration::from_mins(1));
    let note = "The text is being checked.";
    let unpublished = text.step(&editor, "unpublish", &json!({"public_note": note})).await;
    assert_has(
        &unpublished.json(),
        &json!({
            "publication": "unpublished", "review": "settled", "revision": 1, "published_revision": 1, "published_at": NOON, "first_published_at": NOON,
            "slug": "wind-over-the-caspian", "killed_at": null,
        }),
    );
    assert_refused(&text.public(&app).await, 404, "not_found");
    assert_refused(&address(&app, &text.id).await, 404, "not_found");
    assert_refused(&address(&app, "en/wind-over-the-caspian").await, 404, "not_found");
    assert!(!app.anonymous().get("/v1/delivery/articles?limit=100&language=en").expect(200).await.text().contains(&text.id));
    let again = text.step(&editor, "publish", &NOTHING).await;
    assert_has(&again.json(), &json!({"publication": "published", "review": "settled", "slug": "wind-over-the-caspian", "first_published_at": NOON}));
    let back = address(&app, "en/wind-over-the-caspian").await.json();
    for member in ["id", "headline", "slug", "url", "published_at", "body", "version"] {
        assert_eq!(back[member], public[member], "{member}");
    }
    assert_eq!(
        changes(&app, &text.id).await,
        [change("published", "en", 1, None, None), change("unpublished", "en", 1, None, Some(note)), change("published", "en", 1, None, None)]
    );
    assert_gap_free(&app).await;
}

async fn what_is_killed_is_gone_for_good(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({"slug": "first"})).await;
    text.bring(&editor, &["publish"]).await;
    for slug in ["second", "third"] {
        assert_eq!(text.edit(&editor, &json!({"slug": slug})).await.status, 200);
        assert_eq!(text.step(&editor, "publish", &json!({"change_kind": "fix"})).await.status, 200);
    }
    assert_eq!(text.edit(&editor, &json!({"slug": "never"})).await.status, 200);
    app.advance(Duration::from_mins(1));
    let killed = text.step(&editor, "kill", &json!({"reason": "Secret: the source is forged.", "public_note": "Withdrawn: not true."})).await;
    assert_eq!(killed.status, 200, "{}", killed.text());
    let when = "2026-07-24T12:01:00Z";
    assert_has(
        &killed.json(),
        &json!({"publication": "killed", "killed_at": when, "revision": 4, "published_revision": 3, "published_at": NOON, "updated_by": editor.id}),
    );
    for path in [text.id.clone(), format!("{}?language=en", text.id), "en/first".to_owned(), "en/second".to_owned(), "en/third".to_owned()] {
        let gone = address(&app, &path).await;
        assert_refused(&gone, 410, "withdrawn");
        assert_has(&gone.json(), &json!({"public_note": "Withdrawn: not true.", "language": "en", "withdrawn_at": when}));
        assert!(!gone.text().contains("Secret"), "the reason is the house's: {}", gone.text());
    }
    assert_refused(&address(&app, "en/never").await, 404, "not_found");
    for list in ["/v1/delivery/articles?limit=100", "/v1/delivery/articles?limit=100&language=en&agency=trend"] {
        assert!(!app.anonymous().get(list).expect(200).await.text().contains(&text.id));
    }
    assert_eq!(app.number("SELECT count(*) FROM published_topics WHERE document_id NOT IN (SELECT id FROM published_documents)").await, 0);
    assert_eq!(app.number("SELECT count(*) FROM published_authors WHERE document_id NOT IN (SELECT id FROM published_documents)").await, 0);
    assert_eq!(changes(&app, &text.id).await.last(), Some(&change("killed", "en", 3, None, Some("Withdrawn: not true."))));
    // Nobody gets its addresses.
    for slug in ["first", "second", "third"] {
        let other = Text::new(&editor, &json!({"slug": slug})).await;
        assert_refused(&other.step(&editor, "publish", &NOTHING).await, 409, "already_exists");
    }
}

async fn killing_leaves_nothing_to_do(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&journalist, &json!({})).await;
    text.bring(&editor, &["publish", "kill"]).await;
    let (before, log) = (text.read().await, app.number("SELECT count(*) FROM published_changes").await);
    let etag = before.etag();
    let whole = json!({"headline": "Again", "body_html": BODY});
    for caller in [&journalist, &editor] {
        for answer in [
            caller.patch(&text.at).if_match(&etag).json(&json!({"headline": "Again"})).send().await,
            caller.put(&text.at).if_match(&etag).json(&whole).send().await,
            caller.post(&format!("{}/revisions/1/restore", text.at)).if_match(&etag).send().await,
            caller.post(&format!("{}/submit", text.at)).if_match(&etag).send().await,
            caller.delete(&text.at).if_match(&etag).send().await,
        ] {
            assert_refused(&answer, 409, "illegal_transition");
        }
        let anew = caller.put(&text.at).header("If-None-Match", "*").json(&whole).send().await;
        assert_refused(&anew, 409, "illegal_transition");
    }
    let article = format!("/v1/articles/{}", text.id);
    let deleted = editor.delete(&article).if_match(&editor.get(&article).expect(200).await.etag()).send().await;
    assert_refused(&deleted, 409, "illegal_transition");
    let after = text.read().await;
    assert_eq!((after.etag(), after.json()), (before.etag(), before.json()));
    app.drain_jobs().await;
    assert_refused(&text.public(&app).await, 410, "withdrawn");
    assert_eq!(app.number("SELECT count(*) FROM published_changes").await, log);
    // What was said is kept for the house.
    assert_eq!(editor.get(&format!("{}/revisions/1", text.at)).expect(200).await.json()["headline"], "Wind over the Caspian");
}

async fn killing_what_was_never_public_leaves_no_trace(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let counts = async || {
        [
            app.number("SELECT count(*) FROM published_tombstones").await,
            app.number("SELECT count(*) FROM published_changes").await,
            app.number("SELECT count(*) FROM published_slugs").await,
            app.number("SELECT value FROM sequences WHERE name = 'changes'").await,
        ]
    };
    let before = counts().await;
    for steps in [vec![], vec!["submit"], vec!["submit", "approve"]] {
        let text = Text::new(&editor, &json!({"slug": "never-public"})).await;
        text.bring(&editor, &steps).await;
        let killed = text.step(&editor, "kill", &order("kill")).await;
        assert_eq!(killed.status, 200, "{}", killed.text());
        assert_has(&killed.json(), &json!({"publication": "killed", "killed_at": NOON, "first_published_at": null, "published_revision": null}));
        assert_refused(&text.public(&app).await, 404, "not_found");
        assert_refused(&address(&app, "en/never-public").await, 404, "not_found");
        assert_refused(&text.edit(&editor, &json!({"headline": "x"})).await, 409, "illegal_transition");
        assert_refused(&text.step(&editor, "publish", &NOTHING).await, 409, "illegal_transition");
    }
    assert_eq!(counts().await, before);
    // Its address was never its own.
    let other = Text::new(&editor, &json!({"slug": "never-public"})).await;
    other.bring(&editor, &["publish"]).await;
}

async fn what_was_unpublished_can_be_killed(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({})).await;
    text.bring(&editor, &["publish", "unpublish", "kill"]).await;
    for path in [text.id.as_str(), "en/wind-over-the-caspian"] {
        let gone = address(&app, path).await;
        assert_refused(&gone, 410, "withdrawn");
        assert_eq!(gone.json()["public_note"], "This text was withdrawn.");
    }
    let log: Vec<String> = changes(&app, &text.id).await.into_iter().map(|(r#type, ..)| r#type).collect();
    assert_eq!(log, ["published", "unpublished", "killed"]);
}

async fn the_agency_of_a_story_kills_any_of_its_texts(app: App) {
    let owner = app.staff("editor@trend.example").await;
    let journalist = app.staff("journalist@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let original = Text::new(&owner, &json!({"shared": true})).await;
    let russian = original.add(&platform, "ru", "Ветер над Каспием").await;
    original.bring(&owner, &["publish"]).await;
    russian.bring(&platform, &["publish"]).await;
    assert_refused(&russian.step(&owner, "unpublish", &NOTHING).await, 403, "forbidden");
    assert_refused(&russian.edit(&owner, &json!({"headline": "x"})).await, 403, "forbidden");
    assert_refused(&russian.step(&journalist, "kill", &order("kill")).await, 403, "forbidden");
    let stranger = app.staff("editor@kazinform.example").await;
    assert_refused(&russian.step(&stranger, "kill", &order("kill")).await, 404, "not_found");
    let killed = russian.step(&owner, "kill", &order("kill")).await;
    assert_eq!(killed.status, 200, "{}", killed.text());
    assert_has(&killed.json(), &json!({"publication": "killed", "agency_id": agency(&app, "platform").await, "updated_by": owner.id}));
    assert_refused(&russian.public(&app).await, 410, "withdrawn");
    assert_eq!(original.public(&app).await.status, 200);
    assert_refused(&russian.step(&platform, "publish", &NOTHING).await, 409, "illegal_transition");
    let row = changes(&app, &original.id).await.pop().unwrap();
    assert_eq!(row, change("killed", "ru", 1, None, Some("This text was withdrawn.")));

    // The other way round there is no such right: in the demo, Kazinform translated a story of Trend.
    let id = id_of(&app, "SELECT id FROM articles WHERE slugline = $1", "MIDDLE-CORRIDOR").await;
    let theirs = Text::at(&owner, &id, "az");
    assert_refused(&theirs.step(&stranger, "kill", &order("kill")).await, 403, "forbidden");
    assert_eq!(theirs.public(&app).await.status, 200);
    assert_eq!(Text::at(&owner, &id, "kk").step(&owner, "kill", &order("kill")).await.status, 200);
}

async fn a_new_address_waits_for_publication(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let text = Text::new(&editor, &json!({"slug": "old"})).await;
    text.bring(&editor, &["publish"]).await;
    assert_eq!(text.edit(&editor, &json!({"slug": "new"})).await.json()["slug"], "new");
    assert_eq!(address(&app, "en/old").await.json()["slug"], "old");
    assert_refused(&address(&app, "en/new").await, 404, "not_found");
    let published = text.step(&editor, "publish", &json!({"change_kind": "fix"})).await;
    assert_eq!(published.json()["slug"], "new");
    assert_eq!(address(&app, "en/new").await.json()["slug"], "new");
    let moved = address(&app, "en/old?body_format=html").await;
    assert_eq!(moved.status, 308, "{}", moved.text());
    assert_eq!(moved.header("Location"), Some(app.state.url("/v1/delivery/articles/en/new?body_format=html").as_str()));

    // From both to a third one, and back to the first.
    for (slug, others) in [("third", ["old", "new"]), ("old", ["new", "third"])] {
        assert_eq!(text.edit(&editor, &json!({"slug": slug})).await.status, 200);
        assert_eq!(text.step(&editor, "publish", &json!({"change_kind": "fix"})).await.status, 200);
        assert_eq!(address(&app, &format!("en/{slug}")).await.json()["slug"], slug);
        for other in others {
            let moved = address(&app, &format!("en/{other}")).await;
            assert_eq!((moved.status.as_u16(), moved.header("Location")), (308, Some(app.state.url(&format!("/v1/delivery/articles/en/{slug}")).as_str())));
        }
    }
    // A new headline keeps the address.
    assert_eq!(text.edit(&editor, &json!({"headline": "Quite another headline"})).await.status, 200);
    assert_eq!(text.step(&editor, "publish", &json!({"change_kind": "update"})).await.json()["slug"], "old");
    text.bring(&editor, &["unpublish"]).await;
    for slug in ["old", "new", "third"] {
        assert_refused(&address(&app, &format!("en/{slug}")).await, 404, "not_found");
    }
}

async fn an_address_is_one_texts_for_ever(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let holder = Text::new(&editor, &json!({"slug": "wind"})).await;
    holder.bring(&editor, &["publish"]).await;
    assert_eq!(holder.edit(&editor, &json!({"slug": "storm"})).await.status, 200);
    assert_eq!(holder.step(&editor, "publish", &json!({"change_kind": "fix"})).await.status, 200);
    let foreign = app.staff("editor@kazinform.example").await;
    for (author, slug) in [(&editor, "wind"), (&editor, "storm"), (&foreign, "wind")] {
        let text = Text::new(author, &json!({"slug": slug})).await;
        let before = text.read().await;
        assert_refused(&text.step(author, "publish", &NOTHING).await, 409, "already_exists");
        let after = text.read().await;
        assert_eq!((after.etag(), after.json()), (before.etag(), before.json()), "nothing happened");
        assert_eq!(text.public(&app).await.status, 404);
        // With another one, it goes.
        assert_eq!(text.edit(author, &json!({"slug": format!("{slug}-{}", author.id)})).await.status, 200);
        assert_eq!(text.step(author, "publish", &NOTHING).await.status, 200);
    }
    assert_eq!(address(&app, "en/storm").await.json()["id"], holder.id.as_str());
    // In another language it is another address.
    let azeri = Text::new(&editor, &json!({"original_language": "az", "headline": "Külək", "slug": "wind"})).await;
    azeri.bring(&editor, &["publish"]).await;
    assert_eq!(address(&app, "az/wind").await.json()["id"], azeri.id.as_str());
    assert_gap_free(&app).await;
}

async fn made_addresses_are_numbered(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut made = vec![];
    for _ in 0..3 {
        let text = Text::new(&editor, &json!({})).await;
        made.push(text.step(&editor, "publish", &NOTHING).await.json()["slug"].as_str().unwrap().to_owned());
    }
    assert_eq!(made, ["wind-over-the-caspian", "wind-over-the-caspian-2", "wind-over-the-caspian-3"]);
    // All at one moment.
    let texts = [
        Text::new(&editor, &json!({})).await,
        Text::new(&editor, &json!({})).await,
        Text::new(&editor, &json!({})).await,
        Text::new(&editor, &json!({})).await,
    ];
    let answers = join_all(texts.iter().map(|text| text.step_from(&editor, "publish", &NOTHING, "\"v1\""))).await;
    let mut slugs = BTreeSet::new();
    for (text, answer) in texts.iter().zip(&answers) {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let slug = answer.json()["slug"].as_str().unwrap().to_owned();
        assert_eq!(address(&app, &format!("en/{slug}")).await.json()["id"], text.id.as_str());
        slugs.insert(slug);
    }
    let expected: BTreeSet<String> = (4..8).map(|n| format!("wind-over-the-caspian-{n}")).collect();
    assert_eq!(slugs, expected);
    // Where no letter can be written so, the id stands in.
    let text = Text::new(&editor, &json!({"headline": "日本"})).await;
    let slug = text.step(&editor, "publish", &NOTHING).await.json()["slug"].as_str().unwrap().to_owned();
    assert_eq!(slug, text.id.replace('-', ""));
    assert_eq!(address(&app, &format!("en/{slug}")).await.status, 200);
    assert_gap_free(&app).await;
}

async fn work_is_given_to_people_of_the_agency(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let admin = app.staff("admin@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let journalist = app.staff("journalist@trend.example").await.id;
    let text = Text::new(&editor, &json!({"shared": true})).await;
    let assigned = text.step(&editor, "assign", &json!({"staff_id": journalist})).await;
    assert_eq!((assigned.status.as_u16(), assigned.etag().as_str()), (200, "\"v2\""), "{}", assigned.text());
    assert_has(&assigned.json(), &json!({"assignee_id": journalist, "revision": 1, "review": "draft", "last_author": editor.id, "updated_by": editor.id}));
    assert_eq!((text.read().await.etag(), text.read().await.json()), (assigned.etag(), assigned.json()));
    assert_eq!(text.step(&platform, "assign", &json!({"staff_id": null})).await.json()["assignee_id"], Value::Null);
    assert_eq!(text.step(&platform, "assign", &json!({"staff_id": journalist})).await.json()["assignee_id"], json!(journalist));
    for stranger in [app.staff("editor@kazinform.example").await.id, platform.id, Uuid::new_v4(), Uuid::nil()] {
        assert_faults(&text.step(&editor, "assign", &json!({"staff_id": stranger})).await, &["/staff_id"]);
    }
    let new = json!({"email": "new@trend.example", "role": "journalist", "languages": ["az"], "names": {"az": "Yeni"}});
    let invited = admin.post("/v1/staff").json(&new).expect(201).await.json();
    assert_faults(&text.step(&editor, "assign", &json!({"staff_id": invited["id"]})).await, &["/staff_id"]);
    let path = format!("/v1/staff/{journalist}");
    let etag = admin.get(&path).expect(200).await.etag();
    admin.post(&format!("{path}/suspend")).if_match(&etag).expect(200).await;
    assert_faults(&text.step(&editor, "assign", &json!({"staff_id": journalist})).await, &["/staff_id"]);
    // Of the text's agency, not of the story's.
    let russian = text.add(&platform, "ru", "Ветер").await;
    assert_faults(&russian.step(&platform, "assign", &json!({"staff_id": editor.id})).await, &["/staff_id"]);
    let colleague = app.staff("journalist@platform.example").await.id;
    assert_eq!(russian.step(&platform, "assign", &json!({"staff_id": colleague})).await.json()["assignee_id"], json!(colleague));
}

async fn an_assignment_opens_the_text(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let journalist = app.staff("journalist@trend.example").await;
    let text = Text::new(&editor, &json!({})).await;
    let azeri = text.add(&editor, "az", "Külək").await;
    let refused = async |text: &Text| {
        assert_refused(&text.edit(&journalist, &json!({"headline": "x"})).await, 403, "forbidden");
        assert_refused(&text.step(&journalist, "submit", &NOTHING).await, 403, "forbidden");
    };
    refused(&text).await;
    let give = json!({"staff_id": journalist.id});
    assert_eq!(text.step(&editor, "assign", &give).await.status, 200);
    refused(&azeri).await;
    assert_eq!(text.step(&editor, "assign", &json!({"staff_id": null})).await.status, 200);
    refused(&text).await;
    assert_eq!(text.step(&editor, "assign", &give).await.status, 200);
    let edited = text.edit(&journalist, &json!({"headline": "By the assignee"})).await;
    assert_has(&edited.json(), &json!({"revision": 2, "last_author": journalist.id, "created_by": editor.id, "assignee_id": journalist.id}));
    text.bring(&journalist, &["submit"]).await;
    for step in ["approve", "publish", "return", "kill", "assign"] {
        assert_refused(&text.step(&journalist, step, &order(step)).await, 403, "forbidden");
    }
    let article = format!("/v1/articles/{}", text.id);
    let refused = journalist.patch(&article).if_match("\"v1\"").json(&json!({"urgency": 1})).send().await;
    assert_refused(&refused, 403, "forbidden");
    // It stays hers through publication.
    text.bring(&editor, &["publish"]).await;
    assert_eq!(text.read().await.json()["assignee_id"], json!(journalist.id));
    let mine = journalist.get(&format!("/v1/articles?assignee={}&updated_after=2026-07-24T11:59:59Z", journalist.id)).expect(200).await.json();
    assert_eq!((mine["data"].as_array().unwrap().len(), &mine["data"][0]["id"]), (1, &json!(text.id)));
}

async fn the_change_log_tells_what_happened(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let english = Text::new(&editor, &json!({})).await;
    let azeri = english.add(&editor, "az", "Külək").await;
    let publish = async |text: &Text, kind: &str, note: Option<&str>| {
        assert_eq!(text.edit(&editor, &json!({"headline": format!("Now {kind}")})).await.status, 200);
        assert_eq!(text.step(&editor, "publish", &json!({"change_kind": kind, "public_note": note})).await.status, 200);
    };
    azeri.bring(&editor, &["publish"]).await;
    english.bring(&editor, &["submit", "return", "submit", "approve", "publish"]).await;
    publish(&azeri, "fix", None).await;
    publish(&azeri, "update", None).await;
    publish(&azeri, "clarification", Some("Made clear.")).await;
    publish(&azeri, "correction", Some("Corrected.")).await;
    english.bring(&editor, &["unpublish", "publish", "unpublish"]).await;
    publish(&english, "update", Some("Back, and new.")).await;
    azeri.bring(&editor, &["edit", "submit"]).await;
    azeri.bring(&editor, &["kill"]).await;
    let expected = [
        change("published", "az", 1, None, None),
        change("published", "en", 1, None, None),
        change("updated", "az", 2, Some("fix"), None),
        change("updated", "az", 3, Some("update"), None),
        change("corrected", "az", 4, Some("clarification"), Some("Made clear.")),
        change("corrected", "az", 5, Some("correction"), Some("Corrected.")),
        change("unpublished", "en", 1, None, None),
        change("published", "en", 1, None, None),
        change("unpublished", "en", 1, None, None),
        change("published", "en", 2, Some("update"), Some("Back, and new.")),
        change("killed", "az", 5, None, Some("This text was withdrawn.")),
    ];
    assert_eq!(changes(&app, &english.id).await, expected);
    let sql = "SELECT agency_id FROM published_changes WHERE article_id = $1";
    let agencies: Vec<(Uuid,)> = app.state.db.query(sql).bind(Uuid::try_parse(&english.id).unwrap()).all().await.unwrap();
    let trend = agency(&app, "trend").await;
    assert!(agencies.iter().all(|(agency,)| agency.to_string() == trend));
    assert_gap_free(&app).await;
}

async fn the_change_log_has_no_gaps(app: App) {
    let trend = app.staff("editor@trend.example").await;
    let kabar = app.staff("editor@kabar.example").await;
    assert_gap_free(&app).await;
    let before = app.number("SELECT max(seq) FROM published_changes").await;
    let mut texts = vec![];
    for n in 0..4 {
        for author in [&trend, &kabar] {
            let text = Text::new(author, &json!({"headline": format!("Story {n}")})).await;
            texts.push((text.clone(), author));
            texts.push((text.add(author, "ru", &format!("Рассказ {n}")).await, author));
        }
    }
    // Among them some that fail: the address is taken.
    let holder = Text::new(&trend, &json!({"slug": "taken"})).await;
    holder.bring(&trend, &["publish"]).await;
    let bad = [Text::new(&trend, &json!({"slug": "taken"})).await, Text::new(&kabar, &json!({"slug": "taken"})).await];
    let good = texts.iter().map(|(text, author)| text.step_from(author, "publish", &NOTHING, "\"v1\""));
    let failing = bad.iter().zip([&trend, &kabar]).map(|(text, author)| text.step_from(author, "publish", &NOTHING, "\"v1\""));
    let (good, failed) = tokio::join!(join_all(good), join_all(failing));
    assert!(failed.iter().all(|answer| answer.status == 409), "{failed:?}");
    for answer in &good {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_gap_free(&app).await;
    assert_eq!(app.number("SELECT max(seq) FROM published_changes").await, before + 1 + 16);

    // All kinds of events at once.
    let steps = ["unpublish", "kill"];
    let mixed = texts.iter().enumerate().map(|(place, (text, author))| {
        let step = steps[place % 2];
        async move { text.step_from(author, step, &order(step), "\"v2\"").await }
    });
    for answer in join_all(mixed).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_gap_free(&app).await;
    assert_eq!(app.number("SELECT max(seq) FROM published_changes").await, before + 1 + 32);
    for (text, _) in &texts {
        assert_ne!(text.public(&app).await.status, 200);
    }
}

async fn the_change_log_cannot_be_rewritten(app: App) {
    let before = app.number("SELECT count(*) FROM published_changes").await;
    for sql in [
        "UPDATE published_changes SET type = 'published'",
        "UPDATE published_changes SET seq = seq + 1000",
        "DELETE FROM published_changes",
        "DELETE FROM published_changes WHERE seq = 1",
    ] {
        let refused = app.state.db.write().query(sql).execute().await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    assert_eq!(app.number("SELECT count(*) FROM published_changes").await, before);
    assert_gap_free(&app).await;
}

async fn of_two_publications_one_is_made(app: App) {
    let one = app.staff("editor@trend.example").await;
    let other = app.staff("admin@trend.example").await;
    let text = Text::new(&one, &json!({})).await;
    let steps = [&one, &other, &one, &other].map(|caller| text.step_from(caller, "publish", &NOTHING, "\"v1\""));
    let won = the_only_winner(join_all(steps).await);
    assert_eq!((text.read().await.etag().as_str(), text.read().await.json()), ("\"v2\"", won.json()));
    assert_eq!(changes(&app, &text.id).await.len(), 1, "one publication, one event");
    let update = json!({"change_kind": "update"});
    assert_eq!(text.edit(&one, &json!({"headline": "Second"})).await.status, 200);
    let steps = [&one, &other].map(|caller| text.step_from(caller, "publish", &update, "\"v3\""));
    the_only_winner(join_all(steps).await);
    assert_eq!(changes(&app, &text.id).await.len(), 2);
    assert_gap_free(&app).await;
}

async fn a_publication_and_an_edit_do_not_both_win(app: App) {
    let one = app.staff("editor@trend.example").await;
    let other = app.staff("journalist@trend.example").await;
    for round in 0..3 {
        let text = Text::new(&other, &json!({"headline": format!("Round {round}")})).await;
        let change = json!({"headline": "Not approved by anybody"});
        let answers =
            join_all([one.post(&format!("{}/publish", text.at)).if_match("\"v1\"").send(), other.patch(&text.at).if_match("\"v1\"").json(&change).send()]);
        let won = the_only_winner(answers.await).record();
        assert_eq!(text.read().await.json(), won);
        let public = text.public(&app).await;
        if won["publication"] == "published" {
            assert_eq!(public.json()["headline"], format!("Round {round}"));
        } else {
            assert_eq!(public.status, 404, "{}", public.text());
        }
    }
    assert_gap_free(&app).await;
}

async fn a_publication_and_a_kill_do_not_both_win(app: App) {
    let one = app.staff("editor@trend.example").await;
    let other = app.staff("admin@trend.example").await;
    for round in 0..3 {
        let text = Text::new(&one, &json!({"headline": format!("Round {round}")})).await;
        let kill = order("kill");
        let answers = join_all([text.step_from(&one, "publish", &NOTHING, "\"v1\""), text.step_from(&other, "kill", &kill, "\"v1\"")]);
        let won = the_only_winner(answers.await).json();
        assert_eq!(text.read().await.json(), won);
        let public = text.public(&app).await;
        assert_eq!(public.status.as_u16(), if won["publication"] == "published" { 200 } else { 404 }, "{}", public.text());
    }
}

async fn languages_published_at_one_moment_know_each_other(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let english = Text::new(&editor, &json!({})).await;
    let mut texts = vec![english.clone()];
    for (language, headline) in [("az", "Külək"), ("ru", "Ветер"), ("tr", "Rüzgâr"), ("kk", "Жел"), ("kk-Latn", "Jel")] {
        texts.push(english.add(&editor, language, headline).await);
    }
    for answer in join_all(texts.iter().map(|text| text.step_from(&editor, "publish", &NOTHING, "\"v1\""))).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    for text in &texts {
        let public = text.public(&app).await.json();
        let available: Vec<&str> = public["available_languages"].as_array().unwrap().iter().map(|other| other["language"].as_str().unwrap()).collect();
        assert_eq!(available, ["en", "az", "kk", "kk-Latn", "ru", "tr"]);
        assert_eq!(text.read().await.etag(), "\"v2\"");
    }
    assert_eq!(changes(&app, &english.id).await.len(), 6);
    assert_gap_free(&app).await;
}
