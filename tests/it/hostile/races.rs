//! Many at once: what may happen once happens once, and what may happen together is whole.

use super::invariants::assert_whole;
use crate::on_both;
use crate::support::{Answer, App, Caller};
use futures_util::future::join_all;
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

on_both!(
    sixteen_publications_of_one_text_are_one,
    sixteen_publications_under_one_key_are_one,
    sixteen_languages_published_at_once_all_know_each_other,
    of_all_that_is_done_to_one_revision_one_thing_is,
    what_is_done_blindly_is_done_in_some_order,
    one_address_is_one_texts,
    addresses_made_of_one_headline_are_all_different,
    one_language_is_added_once,
);

const MANY: usize = 16;
/// Sixteen, the original first.
const LANGUAGES: [&str; MANY] =
    ["en", "az", "tr", "kk", "ky", "uz", "tk", "ru", "tt", "kk-Latn", "uz-Cyrl", "az-Cyrl", "ky-Latn", "tk-Cyrl", "kk-Arab", "az-Arab"];

struct Text {
    id: String,
    at: String,
}

/// The original of a new story, in English.
async fn text(editor: &Caller, members: &Value) -> Text {
    let mut new = json!({"original_language": "en", "headline": "Wind", "body_html": "<p>x</p>"});
    new.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let id = editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    Text { at: format!("/v1/articles/{id}/translations/en"), id }
}

/// Two people of one agency, by turns.
async fn editors(app: &App) -> [Caller; 2] {
    [app.staff("editor@trend.example").await, app.staff("admin@trend.example").await]
}

/// Rows that a publication leaves.
async fn counted(app: &App) -> [i64; 4] {
    [
        app.number("SELECT count(*) FROM published_changes").await,
        app.number("SELECT count(*) FROM published_documents").await,
        app.number("SELECT count(*) FROM audit_log").await,
        app.number("SELECT count(*) FROM revisions").await,
    ]
}

fn statuses(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for answer in answers {
        let name = if answer.status.is_success() { answer.status.as_u16().to_string() } else { answer.code() };
        *found.entry(name).or_default() += 1;
    }
    found
}

fn some(entries: &[(&str, usize)]) -> BTreeMap<String, usize> {
    entries.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

async fn sixteen_publications_of_one_text_are_one(app: App) {
    let editors = editors(&app).await;
    let text = text(&editors[0], &json!({})).await;
    let before = counted(&app).await;
    let publish = |n: usize, etag: &'static str, order: Value| editors[n % 2].post(&format!("{}/publish", text.at)).if_match(etag).json(&order).send();
    let first = join_all((0..MANY).map(|n| publish(n, "\"v1\"", json!({})))).await;
    assert_eq!(statuses(&first), some(&[("200", 1), ("stale_version", MANY - 1)]));
    assert_eq!(counted(&app).await, [before[0] + 1, before[1] + 1, before[2] + 1, before[3]]);
    // Without having looked, too, it is published once.
    editors[0].patch(&text.at).if_match("\"v2\"").json(&json!({"headline": "Storm"})).expect(200).await;
    let again = join_all((0..MANY).map(|n| publish(n, "*", json!({"change_kind": "update"})))).await;
    assert_eq!(statuses(&again), some(&[("200", 1), ("illegal_transition", MANY - 1)]));
    assert_eq!(counted(&app).await, [before[0] + 2, before[1] + 1, before[2] + 2, before[3] + 1]);
    assert_whole(&app.state.db).await;
}

async fn sixteen_publications_under_one_key_are_one(app: App) {
    let [editor, _] = editors(&app).await;
    let text = text(&editor, &json!({})).await;
    let before = counted(&app).await;
    let publish = || editor.post(&format!("{}/publish", text.at)).if_match("\"v1\"").header("Idempotency-Key", "publish it").send();
    let answers = join_all((0..MANY).map(|_| publish())).await;
    for answer in &answers {
        assert!(answer.status == 200 || answer.code() == "idempotency_in_progress", "{}", answer.text());
    }
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200 && answer.header("Idempotency-Replayed").is_none()).collect();
    assert_eq!(made.len(), 1);
    assert!(answers.iter().filter(|answer| answer.status == 200).all(|answer| answer.body == made[0].body));
    assert_eq!(publish().await.body, made[0].body);
    assert_eq!(counted(&app).await, [before[0] + 1, before[1] + 1, before[2] + 1, before[3]]);
    assert_whole(&app.state.db).await;
}

async fn sixteen_languages_published_at_once_all_know_each_other(app: App) {
    let editors = editors(&app).await;
    let text = text(&editors[0], &json!({})).await;
    let place = |language: &str| format!("/v1/articles/{}/translations/{language}", text.id);
    for language in &LANGUAGES[1..] {
        let new = json!({"headline": format!("Wind {language}"), "body_html": "<p>x</p>"});
        editors[0].put(&place(language)).header("If-None-Match", "*").json(&new).expect(201).await;
    }
    let before = counted(&app).await;
    for (step, etag, public) in [("publish", "\"v1\"", MANY), ("unpublish", "\"v2\"", 0), ("publish", "\"v3\"", MANY)] {
        let steps = LANGUAGES.iter().enumerate().map(|(n, language)| editors[n % 2].post(&format!("{}/{step}", place(language))).if_match(etag).send());
        let answers = join_all(steps).await;
        assert_eq!(statuses(&answers), some(&[("200", MANY)]), "{step}");
        // The sequence, the alternates and the rest.
        assert_whole(&app.state.db).await;
        let list = app.anonymous().get(&format!("/v1/delivery/articles?limit=100&id={}", text.id)).expect(200).await.json();
        let cards = list["data"].as_array().unwrap();
        assert_eq!(cards.len(), public, "{step}");
        assert!(cards.iter().all(|card| card["available_languages"].as_array().unwrap().len() == MANY));
    }
    assert_eq!(counted(&app).await[0], before[0] + 3 * 16);
}

/// Everything that can be done to a text that was edited after its publication.
fn deeds<'a>(editors: &'a [Caller; 2], at: &'a str, etag: &'a str, round: usize) -> impl Iterator<Item = crate::support::Request> + 'a {
    (0..MANY).map(move |n| {
        let editor = &editors[n % 2];
        let post = |step: &str| editor.post(&format!("{at}/{step}")).if_match(etag);
        match (n + round) % 5 {
            0 => post("publish").json(&json!({"change_kind": "fix"})),
            1 => post("unpublish"),
            2 => editor.patch(at).if_match(etag).json(&json!({"headline": format!("Edited {round} {n}")})),
            3 => post("submit"),
            _ if round.is_multiple_of(3) => post("kill").json(&json!({"reason": "Forged.", "public_note": "Not true."})),
            _ => post("approve"),
        }
    })
}

async fn prepared(editor: &Caller, round: usize) -> Text {
    let text = text(editor, &json!({"headline": format!("Round {round}")})).await;
    editor.post(&format!("{}/publish", text.at)).if_match("\"v1\"").expect(200).await;
    editor.patch(&text.at).if_match("\"v2\"").json(&json!({"headline": format!("Round {round}, edited")})).expect(200).await;
    text
}

async fn of_all_that_is_done_to_one_revision_one_thing_is(app: App) {
    let editors = editors(&app).await;
    for round in 0..6 {
        let text = prepared(&editors[0], round).await;
        let answers = join_all(deeds(&editors, &text.at, "\"v3\"", round).map(crate::support::Request::send)).await;
        let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(won.len(), 1, "{:?}", statuses(&answers));
        // `approve` of a draft has seen the right version where it came first.
        assert!(answers.iter().filter(|answer| answer.status != 200).all(|answer| ["stale_version", "illegal_transition"].contains(&answer.code().as_str())));
        let read = editors[0].get(&text.at).expect(200).await;
        assert_eq!((read.etag(), read.json()), (won[0].etag(), won[0].record()));
        assert_whole(&app.state.db).await;
    }
}

async fn what_is_done_blindly_is_done_in_some_order(app: App) {
    let editors = editors(&app).await;
    for round in 0..6 {
        let text = prepared(&editors[0], round).await;
        let before = counted(&app).await;
        let answers = join_all(deeds(&editors, &text.at, "*", round).map(crate::support::Request::send)).await;
        let done: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert!(
            answers.iter().filter(|answer| answer.status != 200).all(|answer| ["illegal_transition", "validation_failed"].contains(&answer.code().as_str()))
        );
        // Each that was done has a version of its own, from the first to the last.
        let versions: BTreeSet<u32> = done.iter().map(|answer| answer.etag().trim_matches(['"', 'v']).parse().unwrap()).collect();
        assert!(versions.iter().copied().eq(4..4 + u32::try_from(done.len()).unwrap()), "{versions:?}");
        let last = done.iter().find(|answer| answer.etag() == format!("\"v{}\"", versions.last().unwrap())).unwrap();
        assert_eq!(editors[0].get(&text.at).expect(200).await.json(), last.record());
        let events = app.number("SELECT count(*) FROM published_changes").await - before[0];
        assert_eq!(events, app.number("SELECT count(*) FROM audit_log").await - before[2]);
        let public = app.anonymous().get(&format!("/v1/delivery/articles/{}", text.id)).send().await;
        let expected = match last.json()["publication"].as_str().unwrap() {
            "published" => 200,
            "killed" => 410,
            _ => 404,
        };
        assert_eq!(public.status.as_u16(), expected);
        assert_whole(&app.state.db).await;
    }
}

async fn one_address_is_one_texts(app: App) {
    let editors = editors(&app).await;
    let mut texts = vec![];
    for n in 0..MANY {
        texts.push(text(&editors[n % 2], &json!({"slug": "the-only-one", "headline": format!("Story {n}")})).await);
    }
    let before = counted(&app).await;
    let answers = join_all(texts.iter().enumerate().map(|(n, text)| editors[n % 2].post(&format!("{}/publish", text.at)).if_match("\"v1\"").send())).await;
    assert_eq!(statuses(&answers), some(&[("200", 1), ("already_exists", MANY - 1)]));
    assert_eq!(counted(&app).await[..3], [before[0] + 1, before[1] + 1, before[2] + 1]);
    let winner = answers.iter().position(|answer| answer.status == 200).unwrap();
    let public = app.anonymous().get("/v1/delivery/articles/en/the-only-one").expect(200).await.json();
    assert_eq!(public["id"], texts[winner].id.as_str());
    assert_whole(&app.state.db).await;
}

async fn addresses_made_of_one_headline_are_all_different(app: App) {
    let editors = editors(&app).await;
    let mut texts = vec![];
    for n in 0..MANY {
        texts.push(text(&editors[n % 2], &json!({"headline": "Wind again"})).await);
    }
    let answers = join_all(texts.iter().enumerate().map(|(n, text)| editors[n % 2].post(&format!("{}/publish", text.at)).if_match("\"v1\"").send())).await;
    assert_eq!(statuses(&answers), some(&[("200", MANY)]));
    let slugs: BTreeSet<String> = answers.iter().map(|answer| answer.json()["slug"].as_str().unwrap().to_owned()).collect();
    let expected: BTreeSet<String> = (1..=MANY).map(|n| if n == 1 { "wind-again".to_owned() } else { format!("wind-again-{n}") }).collect();
    assert_eq!(slugs, expected);
    assert_whole(&app.state.db).await;
}

async fn one_language_is_added_once(app: App) {
    let editors = editors(&app).await;
    let text = text(&editors[0], &json!({})).await;
    let path = format!("/v1/articles/{}/translations/az", text.id);
    let add =
        |n: usize| editors[n % 2].put(&path).header("If-None-Match", "*").json(&json!({"headline": format!("Külək {n}"), "body_html": "<p>x</p>"})).send();
    let answers = join_all((0..MANY).map(add)).await;
    assert_eq!(statuses(&answers), some(&[("201", 1), ("already_exists", MANY - 1)]));
    let winner = answers.iter().find(|answer| answer.status == 201).unwrap().record();
    assert_eq!(editors[0].get(&path).expect(200).await.json(), winner);
    let sql = "SELECT count(*) FROM revisions WHERE article_id = $1 AND language = 'az'";
    let (revisions,): (i64,) = app.state.db.query(sql).bind(text.id.parse::<Uuid>().unwrap()).one().await.unwrap();
    assert_eq!(revisions, 1);
    assert_whole(&app.state.db).await;
}
