//! A story is killed with all its texts: what it will touch, what it does, who decides, and that nothing comes back. Lifting,
//! the second person and replacements are beside this.

mod four_eyes;
mod lift;
mod replacement;

use crate::on_both;
use crate::support::{Answer, App, Caller};
use futures_util::future::join;
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

on_both!(
    a_preview_says_what_a_kill_does,
    a_preview_names_every_address_and_who_speaks_of_the_story,
    readers_lose_a_killed_story_at_once,
    the_change_log_tells_of_a_kill,
    people_and_the_audit_log_are_told,
    nothing_killed_comes_back,
    a_kill_is_for_those_who_may,
    orders_say_what_they_must,
    a_kill_and_a_publication_leave_one_outcome,
);

/// Of Trend, in texts of seven agencies.
const CORRIDOR: &str = "MIDDLE-CORRIDOR";
/// Of `UzA`, which asks for four eyes.
const SAMARKAND: &str = "SAMARKAND-PAPER";

/// A story with texts of two agencies, and the editor of its own.
struct Story {
    app: App,
    owner: Caller,
    partner: Caller,
    id: String,
}

fn order() -> Value {
    json!({"reason": "The source is forged.", "public_note": "This was not true.", "instruction": "Remove it everywhere."})
}

impl Story {
    /// Of Trend: the original `en` and `ru` are public, `az` is a draft; of the platform: `tr` is public, `kk` unpublished, `ky` a draft.
    async fn new(app: &App) -> Self {
        let (owner, partner) = (app.staff("editor@trend.example").await, app.staff("editor@platform.example").await);
        let new = json!({"original_language": "en", "headline": "Wind over the Caspian", "body_html": "<p>Wind.</p>", "shared": true});
        let created = owner.post("/v1/articles").json(&new).expect(201).await.json();
        let story = Self { app: app.clone(), owner, partner, id: created["id"].as_str().unwrap().to_owned() };
        story.step(&story.owner, "en", "publish", &Value::Null).await;
        for (caller, languages) in [(&story.owner, ["ru", "az"].as_slice()), (&story.partner, ["tr", "kk", "ky"].as_slice())] {
            for language in languages {
                let text = json!({"headline": format!("Wind in {language}"), "body_html": "<p>Wind.</p>"});
                caller.put(&story.text(language)).header("If-None-Match", "*").json(&text).expect(201).await;
                if matches!(*language, "ru" | "tr" | "kk") {
                    story.step(caller, language, "publish", &Value::Null).await;
                }
            }
        }
        story.step(&story.partner, "kk", "unpublish", &Value::Null).await;
        story
    }

    /// Of the demo.
    async fn demo(app: &App, slugline: &str, owner: &str, partner: &str) -> Self {
        let (id,): (Uuid,) = app.state.db.query("SELECT id FROM articles WHERE slugline = $1").bind(slugline).one().await.unwrap();
        Self { app: app.clone(), owner: app.staff(owner).await, partner: app.staff(partner).await, id: id.to_string() }
    }

    fn path(&self) -> String {
        format!("/v1/articles/{}", self.id)
    }

    fn text(&self, language: &str) -> String {
        format!("{}/translations/{language}", self.path())
    }

    async fn article(&self) -> Answer {
        self.owner.get(&self.path()).expect(200).await
    }

    async fn read(&self, language: &str) -> Answer {
        self.owner.get(&self.text(language)).expect(200).await
    }

    async fn try_step(&self, caller: &Caller, language: &str, step: &str, order: &Value) -> Answer {
        let request = caller.post(&format!("{}/{step}", self.text(language))).if_match(&self.read(language).await.etag());
        if order.is_null() { request.send().await } else { request.json(order).send().await }
    }

    async fn step(&self, caller: &Caller, language: &str, step: &str, order: &Value) -> Value {
        let answer = self.try_step(caller, language, step, order).await;
        assert_eq!(answer.status, 200, "{step}: {}", answer.text());
        answer.json()
    }

    /// An order about the whole story: `kill`, `kill/confirm`, `kill/cancel`.
    async fn act(&self, caller: &Caller, act: &str, order: &Value) -> Answer {
        let request = caller.post(&format!("{}/{act}", self.path())).if_match(&self.article().await.etag());
        if order.is_null() { request.send().await } else { request.json(order).send().await }
    }

    async fn kill(&self) -> Answer {
        let killed = self.act(&self.owner, "kill", &order()).await;
        assert_eq!(killed.status, 200, "{}", killed.text());
        killed
    }

    async fn preview(&self) -> Value {
        self.owner.get(&format!("{}/kill-preview", self.path())).expect(200).await.json()
    }

    /// What each text is, by its language.
    async fn states(&self) -> BTreeMap<String, String> {
        let article = self.article().await.json();
        let texts = article["translations"].as_array().unwrap().iter();
        texts.map(|text| (text["language"].as_str().unwrap().to_owned(), text["publication"].as_str().unwrap().to_owned())).collect()
    }

    async fn public(&self, query: &str) -> Answer {
        self.app.anonymous().get(&format!("/v1/delivery/articles/{}{query}", self.id)).send().await
    }

    async fn address(&self, path: &str) -> Answer {
        self.app.anonymous().get(&format!("/v1/delivery/articles/{path}")).send().await
    }

    /// The change log since a number: type, language, reason, note, instruction.
    async fn changes_after(&self, seq: i64) -> Vec<(String, String, Option<String>, Option<String>, Option<String>)> {
        let sql = "SELECT type, language, reason, public_note, instruction FROM published_changes WHERE article_id = $1 AND seq > $2 ORDER BY language";
        self.app.state.db.query(sql).bind(Uuid::try_parse(&self.id).unwrap()).bind(seq).all().await.unwrap()
    }
}

async fn last_change(app: &App) -> i64 {
    app.number("SELECT value FROM sequences WHERE name = 'changes'").await
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.text());
}

async fn a_preview_says_what_a_kill_does(app: App) {
    for story in [Story::new(&app).await, Story::demo(&app, CORRIDOR, "editor@trend.example", "editor@kazinform.example").await] {
        let (before, log) = (story.article().await, last_change(&app).await);
        let preview = story.preview().await;
        assert_eq!((&preview["four_eyes"], &preview["killed_at"], &preview["order"]), (&json!(false), &Value::Null, &Value::Null));
        assert_eq!((story.article().await.json(), last_change(&app).await), (before.json(), log), "looking changes nothing");
        story.kill().await;
        let after = story.states().await;
        for text in preview["texts"].as_array().unwrap() {
            let language = text["language"].as_str().unwrap();
            let expected = match text["effect"].as_str().unwrap() {
                "kill" | "freeze" => "killed",
                "withhold" => "withheld",
                other => panic!("{other}"),
            };
            assert_eq!(after[language], expected, "{language}");
            let query = format!("?language={language}");
            // For what was never public, the story as a whole answers.
            let status = if text["effect"] == "withhold" { 404 } else { 410 };
            assert_eq!(story.public(&query).await.status, status, "{language}");
        }
        assert_eq!(preview["texts"].as_array().unwrap().len(), after.len());
        let none = story.preview().await;
        assert!(none["texts"].as_array().unwrap().iter().all(|text| text["effect"] == "none"), "{none}");
        assert!(none["killed_at"].is_string());
    }
    let story = Story::new(&app).await;
    let effects: Vec<(Value, Value)> =
        story.preview().await["texts"].as_array().unwrap().iter().map(|text| (text["language"].clone(), text["effect"].clone())).collect();
    let expected = [("en", "kill"), ("az", "freeze"), ("kk", "withhold"), ("ky", "freeze"), ("ru", "kill"), ("tr", "withhold")];
    assert_eq!(effects, expected.map(|(language, effect)| (json!(language), json!(effect))));
}

async fn a_preview_names_every_address_and_who_speaks_of_the_story(app: App) {
    let story = Story::new(&app).await;
    let change = json!({"slug": "wind-moved"});
    story.owner.patch(&story.text("en")).if_match(&story.read("en").await.etag()).json(&change).expect(200).await;
    story.step(&story.owner, "en", "publish", &json!({"change_kind": "fix"})).await;
    let mark = json!({"_type": "internal_link", "_key": "l", "article": story.id});
    let link = json!({"_type": "block", "markDefs": [mark], "children": [{"_type": "span", "text": "There", "marks": ["l"]}]});
    let mut speakers = vec![];
    for (headline, about) in [
        ("Linking", json!({"body": [link]})),
        ("Listing", json!({"body_html": "<p>x</p>", "related": [story.id]})),
        ("Only a draft", json!({"body_html": "<p>x</p>", "related": [story.id]})),
    ] {
        let mut new = json!({"original_language": "en", "headline": headline});
        new.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
        let made = story.owner.post("/v1/articles").json(&new).expect(201).await.json();
        let id = made["id"].as_str().unwrap().to_owned();
        if headline != "Only a draft" {
            story.owner.post(&format!("/v1/articles/{id}/translations/en/publish")).if_match("\"v1\"").expect(200).await;
            speakers.push(id);
        }
    }
    let preview = story.preview().await;
    let english = &preview["texts"][0];
    assert_eq!(english["slugs"], json!(["wind-moved", "wind-over-the-caspian"]));
    assert_eq!(english["url"], app.state.url("/v1/delivery/articles/en/wind-moved"));
    let of = |language: &str| preview["texts"].as_array().unwrap().iter().find(|text| text["language"] == language).unwrap().clone();
    assert_eq!((of("ky")["url"].clone(), of("ky")["slugs"].clone()), (Value::Null, json!([])));
    assert_eq!((of("kk")["url"].clone(), of("kk")["slugs"].as_array().unwrap().len()), (Value::Null, 1));
    let mut mentions: Vec<(String, String)> = preview["mentions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mention| (mention["article_id"].as_str().unwrap().to_owned(), mention["kind"].as_str().unwrap().to_owned()))
        .collect();
    mentions.sort();
    let mut expected: Vec<(String, String)> = speakers.into_iter().zip(["link".to_owned(), "related".to_owned()]).collect();
    expected.sort();
    assert_eq!(mentions, expected);
}

async fn readers_lose_a_killed_story_at_once(app: App) {
    let story = Story::new(&app).await;
    let list = async || app.anonymous().get("/v1/delivery/articles?limit=100").expect(200).await.text();
    assert!(list().await.contains(&story.id));
    let killed = story.kill().await.json();
    for (member, value) in [
        ("kill_reason", "The source is forged."),
        ("kill_public_note", "This was not true."),
        ("kill_instruction", "Remove it everywhere."),
        ("killed_at", "2026-07-24T12:00:00Z"),
    ] {
        assert_eq!(killed[member], value, "{member}");
        assert_eq!(story.article().await.json()[member], value, "{member}");
    }
    assert!(!list().await.contains(&story.id));
    for (path, status, code) in [
        (story.id.as_str(), 410, "withdrawn"),
        ("en/wind-over-the-caspian", 410, "withdrawn"),
        ("ru/wind-in-ru", 410, "withdrawn"),
        ("tr/wind-in-tr", 404, "not_found"),
        ("kk/wind-in-kk", 404, "not_found"),
    ] {
        let gone = story.address(path).await;
        refused(&gone, status, code);
        assert!(!gone.text().contains("forged"), "reasons are for the house");
        if status == 410 {
            assert_eq!(gone.json()["public_note"], "This was not true.");
        }
    }
    refused(&story.public("?language=tr").await, 404, "not_found");
    refused(&story.public("?language=ru").await, 410, "withdrawn");
    assert_eq!(app.number("SELECT count(*) FROM published_tombstones WHERE public_note = 'This was not true.'").await, 2);
}

async fn the_change_log_tells_of_a_kill(app: App) {
    let story = Story::new(&app).await;
    let before = last_change(&app).await;
    story.kill().await;
    let (note, instruction) = (Some("This was not true.".to_owned()), Some("Remove it everywhere.".to_owned()));
    let killed = |language: &str| ("killed".to_owned(), language.to_owned(), None, note.clone(), instruction.clone());
    let withheld = ("unpublished".to_owned(), "tr".to_owned(), Some("withheld".to_owned()), None, instruction.clone());
    assert_eq!(story.changes_after(before).await, [killed("en"), killed("ru"), withheld]);
    assert_eq!(last_change(&app).await, before + 3, "nothing changed for readers of the others");
}

async fn people_and_the_audit_log_are_told(app: App) {
    let story = Story::demo(&app, CORRIDOR, "editor@trend.example", "editor@kazinform.example").await;
    story.kill().await;
    let told: Vec<(String, String)> =
        app.state.db.query("SELECT n.kind, n.language FROM notices n WHERE n.staff_id = $1 ORDER BY n.language").bind(story.partner.id).all().await.unwrap();
    assert_eq!(told, [("withheld".to_owned(), "kk".to_owned())]);
    let details = app.number("SELECT count(*) FROM notices WHERE CAST(details AS text) LIKE '%Remove it everywhere.%'").await;
    assert_eq!(details, app.number("SELECT count(*) FROM notices").await);
    assert_eq!(app.number("SELECT count(*) FROM notices n JOIN staff s ON s.id = n.staff_id WHERE s.email_key = 'editor@trend.example'").await, 0);
    let log: Vec<(String, Option<String>)> = app
        .state
        .db
        .query("SELECT action, language FROM audit_log WHERE subject_id = $1 AND actor_id = $2 ORDER BY seq DESC LIMIT 9")
        .bind(Uuid::try_parse(&story.id).unwrap())
        .bind(story.owner.id)
        .all()
        .await
        .unwrap();
    let mut log: Vec<(&str, &str)> = log.iter().map(|(action, language)| (action.as_str(), language.as_deref().unwrap_or_default())).collect();
    log.reverse();
    let withheld = ["en", "kk", "ky", "ru", "tk", "tr", "uz"].map(|language| ("text.withheld", language));
    assert_eq!(log[..2], [("article.killed", ""), ("text.killed", "az")]);
    assert_eq!(log[2..], withheld);
    // One text alone.
    let other = Story::new(&app).await;
    other.step(&other.owner, "tr", "kill", &json!({"reason": "x", "public_note": "x"})).await;
    let told = app
        .number("SELECT count(*) FROM notices n JOIN staff s ON s.id = n.staff_id WHERE n.kind = 'killed' AND n.language = 'tr' AND s.email_key = 'editor@platform.example'")
        .await;
    assert_eq!(told, 1);
}

async fn nothing_killed_comes_back(app: App) {
    let story = Story::new(&app).await;
    story.kill().await;
    let (states, log) = (story.states().await, last_change(&app).await);
    let texts = [
        ("en", &story.owner, "killed"),
        ("ru", &story.owner, "killed"),
        ("az", &story.owner, "killed"),
        ("tr", &story.partner, "withheld"),
        ("kk", &story.partner, "withheld"),
        ("ky", &story.partner, "killed"),
    ];
    for (language, caller, state) in texts {
        assert_eq!(states[language], state);
        let read = story.read(language).await;
        let allowed = if state == "killed" { json!([]) } else { json!(["kill", "lift"]) };
        assert_eq!(read.json()["allowed_transitions"], allowed, "{language}");
        let (at, etag) = (story.text(language), read.etag());
        let reason = json!({"reason": "x"});
        let requests = [
            ("edit", caller.patch(&at).json(&json!({"headline": "x"}))),
            ("replace", caller.put(&at).json(&json!({"headline": "x", "body_html": "<p>x</p>"}))),
            ("restore", caller.post(&format!("{at}/revisions/1/restore"))),
            ("delete", caller.delete(&at)),
            ("submit", caller.post(&format!("{at}/submit"))),
            ("return", caller.post(&format!("{at}/return")).json(&reason)),
            ("approve", caller.post(&format!("{at}/approve"))),
            ("publish", caller.post(&format!("{at}/publish"))),
            ("unpublish", caller.post(&format!("{at}/unpublish"))),
            ("assign", caller.post(&format!("{at}/assign")).json(&json!({"staff_id": null}))),
        ];
        for (what, request) in requests {
            let answer = request.if_match(&etag).send().await;
            refused(&answer, 409, "illegal_transition");
            assert_eq!(answer.json()["allowed_transitions"], allowed, "{what} of {language}");
        }
        if state == "killed" {
            refused(&story.try_step(caller, language, "lift", &reason).await, 409, "illegal_transition");
            refused(&story.try_step(caller, language, "kill", &json!({"reason": "x", "public_note": "x"})).await, 409, "illegal_transition");
        }
    }
    for (caller, language) in [(&story.owner, "uz"), (&story.partner, "tk")] {
        let added = caller.put(&story.text(language)).header("If-None-Match", "*").json(&json!({"headline": "x"})).send().await;
        refused(&added, 409, "illegal_transition");
    }
    let etag = story.article().await.etag();
    refused(&story.owner.patch(&story.path()).if_match(&etag).json(&json!({"urgency": 1})).send().await, 409, "illegal_transition");
    refused(&story.owner.delete(&story.path()).if_match(&etag).send().await, 409, "illegal_transition");
    for act in ["kill", "kill/confirm", "kill/cancel"] {
        let order = match act {
            "kill" => order(),
            "kill/cancel" => json!({"reason": "x"}),
            _ => Value::Null,
        };
        refused(&story.act(&story.owner, act, &order).await, 409, "illegal_transition");
    }
    app.drain_jobs().await;
    assert_eq!((story.states().await, last_change(&app).await), (states, log));
    refused(&story.public("").await, 410, "withdrawn");
}

async fn a_kill_is_for_those_who_may(app: App) {
    let story = Story::new(&app).await;
    let callers = [
        (app.anonymous(), 401, "unauthenticated"),
        (app.staff("journalist@trend.example").await, 403, "forbidden"),
        (app.staff("editor@kazinform.example").await, 404, "not_found"),
    ];
    for (caller, status, code) in &callers {
        refused(&caller.get(&format!("{}/kill-preview", story.path())).send().await, *status, code);
        for (act, order) in [("kill", order()), ("kill/confirm", Value::Null), ("kill/cancel", json!({"reason": "x"}))] {
            refused(&story.act(caller, act, &order).await, *status, code);
        }
    }
    // Whose text is part of the story may see it, but does not decide about it.
    let corridor = Story::demo(&app, CORRIDOR, "editor@trend.example", "editor@kazinform.example").await;
    refused(&corridor.act(&corridor.partner, "kill", &order()).await, 403, "forbidden");
    refused(&corridor.partner.get(&format!("{}/kill-preview", corridor.path())).send().await, 403, "forbidden");
    // The platform does, on what is shared with it.
    assert_eq!(story.act(&story.partner, "kill", &order()).await.status, 200);
    assert_eq!(story.states().await["tr"], "withheld", "its own text is not of the story's agency");
}

async fn orders_say_what_they_must(app: App) {
    let story = Story::new(&app).await;
    let before = story.article().await;
    let wrong = json!({"reason": " ", "public_note": "x".repeat(1_001), "instruction": ""});
    let answer = story.act(&story.owner, "kill", &wrong).await;
    refused(&answer, 422, "validation_failed");
    assert_eq!(answer.faults(), ["/reason", "/public_note", "/instruction"]);
    refused(&story.act(&story.owner, "kill", &json!({"reason": "x"})).await, 400, "malformed_body");
    refused(&story.act(&story.owner, "kill/cancel", &json!({"reason": ""})).await, 422, "validation_failed");
    let path = format!("{}/kill", story.path());
    refused(&story.owner.post(&path).json(&order()).send().await, 428, "precondition_required");
    refused(&story.owner.post(&path).if_match("\"v9\"").json(&order()).send().await, 412, "stale_version");
    assert_eq!(story.article().await.json(), before.json());
    // A repetition under one key kills once.
    let kill = || story.owner.post(&path).header("Idempotency-Key", "once").if_match(&before.etag()).json(&order());
    let (first, again) = (kill().expect(200).await, kill().expect(200).await);
    assert_eq!((first.json(), again.header("Idempotency-Replayed")), (again.json(), Some("true")));
}

async fn a_kill_and_a_publication_leave_one_outcome(app: App) {
    for round in 0..6 {
        let story = Story::new(&app).await;
        let (article, draft, log) = (story.article().await.etag(), story.read("ky").await.etag(), last_change(&app).await);
        let kill = story.owner.post(&format!("{}/kill", story.path())).if_match(&article).json(&order());
        let publish = story.partner.post(&format!("{}/publish", story.text("ky"))).if_match(&draft);
        let (killed, published) = if round % 2 == 0 {
            join(kill.send(), publish.send()).await
        } else {
            let (published, killed) = join(publish.send(), kill.send()).await;
            (killed, published)
        };
        assert_eq!(killed.status, 200, "{}", killed.text());
        let changes = story.changes_after(log).await;
        let of_text: Vec<&str> = changes.iter().filter(|(_, language, ..)| language == "ky").map(|(r#type, ..)| r#type.as_str()).collect();
        if published.status == 200 {
            assert_eq!(story.states().await["ky"], "withheld", "what came first was taken away");
            assert_eq!(of_text.len(), 2, "{changes:?}");
        } else {
            assert!(matches!(published.code().as_str(), "stale_version" | "illegal_transition"), "{}", published.text());
            assert_eq!((story.states().await["ky"].as_str(), of_text.len()), ("killed", 0));
        }
        refused(&story.public("").await, 410, "withdrawn");
        let id = Uuid::try_parse(&story.id).unwrap();
        let (left,): (i64,) = app.state.db.query("SELECT count(*) FROM published_documents WHERE article_id = $1").bind(id).one().await.unwrap();
        assert_eq!(left, 0);
    }
}
