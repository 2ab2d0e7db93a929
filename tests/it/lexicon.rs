//! The lexicon: what its words must be, what the log says of them, and who teaches them at once.

use crate::on_both;
use crate::support::App;
use newsroom::db::{Engine, Reader};
use newsroom::language::Tag;
use newsroom::lexicon::{self, Direction};
use newsroom::policy::{Actor, Role, Who};
use serde_json::{Value, json};
use uuid::Uuid;

on_both!(
    a_word_is_kept_as_texts_ask_for_it,
    what_is_not_one_word_to_a_conversion_is_refused,
    changes_of_the_lexicon_are_in_the_log,
    two_who_teach_a_word_at_once_both_do,
);

const EDITOR: &str = "editor@trend.example";

async fn a_word_is_kept_as_texts_ask_for_it(app: App) {
    let editor = app.staff(EDITOR).await;
    let new = json!({ "from": "uz", "to": "uz-Cyrl", "word": "Ma'no", "replacement": "сўз" });
    let entry = editor.post("/v1/lexicon").json(&new).expect(201).await.json();
    assert_eq!(entry["word"], "maʼno");
    for word in ["MA%27NO", "ma%E2%80%99no", "ma%CA%BCno"] {
        let found = editor.get(&format!("/v1/lexicon?from=uz&word={word}")).expect(200).await.json();
        assert_eq!(found["data"][0]["id"], entry["id"], "{word}");
    }
    let back = json!({ "from": "uz-Cyrl", "to": "uz", "word": "ўз", "replacement": "o'zi" });
    assert_eq!(editor.post("/v1/lexicon").json(&back).expect(201).await.json()["replacement"], "oʻzi");
    let new = json!({ "original_language": "uz", "headline": "Bu ma'no", "body_html": "<p>Ma’no.</p>" });
    let id = editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    let made = editor.post(&format!("/v1/articles/{id}/translations/uz/variants")).json(&json!({ "language": "uz-Cyrl" })).expect(201).await.json();
    assert_eq!((&made["headline"], &made["body"][0]["children"][0]["text"]), (&json!("Бу сўз"), &json!("Сўз.")));
}

async fn what_is_not_one_word_to_a_conversion_is_refused(app: App) {
    let editor = app.staff(EDITOR).await;
    for word in ["нью-йорк", "үй2", "үй.", "«үй»", "@үй", "www.үй", "екі сөз", "", "12", "'"] {
        let new = json!({ "from": "kk", "to": "kk-Latn", "word": word, "replacement": "x" });
        assert_eq!(editor.post("/v1/lexicon").json(&new).expect(422).await.faults(), ["/word"], "{word}");
    }
    for word in ["йорк", "Йорк", "ЙОРК"] {
        let new = json!({ "from": "kk", "to": "kk-Latn", "word": word, "replacement": "york" });
        let status = editor.post("/v1/lexicon").json(&new).send().await.status.as_u16();
        assert_eq!(status, if word == "йорк" { 201 } else { 409 }, "{word}");
    }
}

async fn changes_of_the_lexicon_are_in_the_log(app: App) {
    let editor = app.staff(EDITOR).await;
    let new = json!({ "from": "kk", "to": "kk-Latn", "word": "үй", "replacement": "ui" });
    let entry = editor.post("/v1/lexicon").json(&new).expect(201).await;
    let at = format!("/v1/lexicon/{}", entry.json()["id"].as_str().unwrap());
    let changed = editor.patch(&at).if_match(&entry.etag()).json(&json!({ "replacement": "x" })).expect(200).await;
    editor.delete(&at).if_match(&changed.etag()).expect(204).await;
    // By corrections: a word that is new, and one that is known.
    let new = json!({ "original_language": "uz", "headline": "Bu aksiya", "body_html": "<p>Aksiya.</p>" });
    let id = editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    let variants = format!("/v1/articles/{id}/translations/uz/variants");
    let mut etag = editor.post(&variants).json(&json!({ "language": "uz-Cyrl" })).expect(201).await.etag();
    let warnings = editor.get(&format!("{variants}/uz-Cyrl/warnings")).expect(200).await.json();
    for (warning, text) in warnings["data"].as_array().unwrap().iter().zip(["аксия", "Аксийа"]) {
        let step = format!("{variants}/uz-Cyrl/warnings/{}/correct", warning["id"].as_str().unwrap());
        etag = editor.post(&step).if_match(&etag).json(&json!({ "text": text, "learn": "agency" })).expect(200).await.etag();
    }
    let actions = "lexicon_entry.created,lexicon_entry.changed,lexicon_entry.deleted";
    let log = app.staff("admin@trend.example").await.get(&format!("/v1/audit?action={actions}")).expect(200).await.json();
    let mut told: Vec<(&str, &Value, &Value)> = log["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), &entry["details"]["word"], &entry["details"]["replacement"]))
        .collect();
    told.sort_by_key(|(action, word, _)| (*action, word.to_string()));
    let (home, promotion) = (json!("үй"), json!("aksiya"));
    assert_eq!(
        told,
        [
            ("lexicon_entry.changed", &promotion, &json!("аксийа")),
            ("lexicon_entry.changed", &home, &json!({ "from": "ui", "to": "x" })),
            ("lexicon_entry.created", &promotion, &json!("аксия")),
            ("lexicon_entry.created", &home, &json!("ui")),
            ("lexicon_entry.deleted", &home, &json!("x")),
        ]
    );
    assert!(log["data"].as_array().unwrap().iter().all(|entry| entry["subject"]["kind"] == "lexicon_entry"), "{log}");
}

async fn two_who_teach_a_word_at_once_both_do(app: App) {
    let editor = app.staff(EDITOR).await;
    let agency: Uuid = app.state.db.query("SELECT id FROM agencies WHERE slug = 'trend'").value().await.unwrap();
    let who = Who::Staff { id: editor.id, role: Role::Editor, session: Uuid::now_v7() };
    let actor = Actor { agency, platform: false, who };
    let (from, to) = (Tag::parse("kk").unwrap(), Tag::parse("kk-Latn").unwrap());
    let direction = Direction { from: &from, to: &to, orthography: None };
    let now = app.state.clock.now();
    for whose in [Some(agency), None] {
        let mut first = app.state.db.begin().await.unwrap();
        lexicon::learn(&mut first, &actor, whose, direction, ("сөз", "a"), now).await.unwrap();
        let second = async {
            let mut second = app.state.db.begin().await.unwrap();
            lexicon::learn(&mut second, &actor, whose, direction, ("сөз", "b"), now).await.unwrap();
            second.commit().await.unwrap();
        };
        let commit = async {
            let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while app.state.db.engine() == Engine::Postgres && app.number(waits).await == 0 {
                tokio::task::yield_now().await;
            }
            first.commit().await.unwrap();
        };
        tokio::join!(second, commit);
    }
    let entries = editor.get("/v1/lexicon?from=kk&word=%D1%81%D3%A9%D0%B7").expect(200).await;
    let entries: Vec<Value> = entries.json()["data"].as_array().unwrap().clone();
    let kept: Vec<(bool, &str)> = entries.iter().map(|entry| (entry["agency_id"].is_null(), entry["replacement"].as_str().unwrap())).collect();
    assert_eq!(kept, [(true, "b"), (false, "b")]);
}
