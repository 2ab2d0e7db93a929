//! Work that is asked of agencies and people: the way of a piece of work from the request to the acceptance.

mod across;
mod changes;
mod claims;
mod lists;

use crate::on_both;
use crate::support::{Answer, App, Caller};
use newsroom::db::Reader;
use serde_json::{Value, json};
use uuid::Uuid;

on_both!(
    a_request_in_many_languages_is_all_or_nothing,
    work_follows_its_text,
    whoever_asked_hears_how_it_goes,
    returned_work_comes_back_with_the_reason,
    an_approval_taken_back_takes_the_acceptance_back,
    reviewing_is_work_too,
    declining_and_canceling_say_why,
    what_is_asked_is_changed_by_whoever_asked,
    illegal_steps_say_what_is_possible,
    without_the_text_there_is_no_work,
    nobody_is_asked_to_work_on_what_was_killed,
    who_leaves_hands_over_their_work,
    the_text_that_is_there_goes_to_the_claimer,
);

/// A story of Trend in Azerbaijani, and its people.
pub struct Desk {
    pub editor: Caller,
    pub journalist: Caller,
    pub id: String,
}

impl Desk {
    pub async fn new(app: &App) -> Self {
        let desk = Self { editor: app.staff("editor@trend.example").await, journalist: app.staff("journalist@trend.example").await, id: String::new() };
        Self { id: story(&desk.editor, "Külək").await, ..desk }
    }

    pub fn at(&self) -> String {
        format!("/v1/articles/{}", self.id)
    }

    pub fn text(&self, language: &str) -> String {
        format!("{}/translations/{language}", self.at())
    }

    pub async fn ask(&self, order: &Value) -> Answer {
        self.editor.post(&format!("{}/translation-requests", self.at())).json(order).send().await
    }

    /// Asks for one translation.
    pub async fn asked(&self, order: &Value) -> Work {
        let answer = self.ask(order).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        Work(answer.json()["data"][0]["id"].as_str().unwrap().to_owned())
    }

    /// One step of a text, with its newest version in hand.
    pub async fn step(&self, who: &Caller, language: &str, step: &str, order: &Value) -> Answer {
        step_of(who, &self.text(language), step, order).await
    }

    pub async fn add(&self, who: &Caller, language: &str) -> Answer {
        let text = json!({"headline": "Wind", "body_html": "<p>The wind is strong.</p>"});
        who.put(&self.text(language)).header("If-None-Match", "*").json(&text).send().await
    }

    pub async fn edit(&self, who: &Caller, language: &str, headline: &str) -> Answer {
        let etag = self.editor.get(&self.text(language)).expect(200).await.etag();
        who.patch(&self.text(language)).if_match(&etag).json(&json!({"headline": headline})).send().await
    }
}

pub async fn story(who: &Caller, headline: &str) -> String {
    let new = json!({"original_language": "az", "headline": headline, "body_html": "<p>Külək güclüdür.</p>"});
    who.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned()
}

pub async fn step_of(who: &Caller, path: &str, step: &str, order: &Value) -> Answer {
    let etag = who.get(path).expect(200).await.etag();
    let request = who.post(&format!("{path}/{step}")).if_match(&etag);
    let answer = if order.is_null() { request.send().await } else { request.json(order).send().await };
    assert_eq!(answer.status, 200, "{step}: {}", answer.text());
    answer
}

/// A piece of work.
pub struct Work(pub String);

impl Work {
    pub fn at(&self) -> String {
        format!("/v1/assignments/{}", self.0)
    }

    pub async fn read(&self, who: &Caller) -> Value {
        who.get(&self.at()).expect(200).await.json()
    }

    pub async fn state(&self, who: &Caller) -> String {
        self.read(who).await["state"].as_str().unwrap().to_owned()
    }

    pub async fn try_step(&self, who: &Caller, step: &str, order: &Value) -> Answer {
        let etag = who.get(&self.at()).expect(200).await.etag();
        let request = who.post(&format!("{}/{step}", self.at())).if_match(&etag);
        if order.is_null() { request.send().await } else { request.json(order).send().await }
    }

    pub async fn step(&self, who: &Caller, step: &str) -> Value {
        let answer = self.try_step(who, step, &Value::Null).await;
        assert_eq!(answer.status, 200, "{step}: {}", answer.text());
        answer.json()
    }
}

/// Somebody new at an agency.
pub async fn hire(app: &App, agency: &str, email: &str, role: &str) -> Caller {
    let admin = app.staff("admin@platform.example").await;
    let new = json!({"email": email, "role": role, "agency": agency, "languages": ["kk", "en"], "names": {"en": email}});
    let id: Uuid = admin.post("/v1/staff").json(&new).expect(201).await.json()["id"].as_str().unwrap().parse().unwrap();
    app.state.db.write().query("UPDATE staff SET state = 'active' WHERE id = $1").bind(id).execute().await.unwrap();
    app.staff(email).await
}

/// The kinds of notices that somebody has got, the oldest first.
pub async fn notices(app: &App, who: &Caller) -> Vec<String> {
    let rows: Vec<(String,)> = app.state.db.query("SELECT kind FROM notices WHERE staff_id = $1 ORDER BY id").bind(who.id).all().await.unwrap();
    rows.into_iter().map(|(kind,)| kind).collect()
}

async fn a_request_in_many_languages_is_all_or_nothing(app: App) {
    let desk = Desk::new(&app).await;
    let made = desk.ask(&json!({"languages": ["kk", "ky"], "due_at": "2026-07-24T18:00:00Z", "note": "Soon."})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(made.header("Location").unwrap().ends_with(&format!("/v1/assignments?article={}", desk.id)));
    let data = made.json()["data"].clone();
    let of = |member: &str| data.as_array().unwrap().iter().map(|one| one[member].clone()).collect::<Vec<_>>();
    assert_eq!(of("language"), ["kk", "ky"]);
    assert_eq!(of("state"), ["requested", "requested"]);
    assert_eq!(of("due_at"), ["2026-07-24T18:00:00Z"; 2]);
    assert_eq!(data[0]["slugline"], "KULEK");
    let faulty = json!({"requests": [
        {"language": "tk"}, {"language": "az"}, {"language": "uz", "agency": "nobody"}, {"language": "tk"},
        {"language": "ru", "assignee": Uuid::now_v7()}, {"language": "en", "due_at": "2026-07-24T11:00:00Z", "note": " "}
    ]});
    let refused = desk.ask(&faulty).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "validation_failed".to_owned()));
    let expected = ["/requests/1", "/requests/2/agency", "/requests/3", "/requests/4/assignee", "/requests/5/due_at", "/requests/5/note"];
    assert_eq!(refused.faults(), expected, "{}", refused.text());
    assert!(refused.text().contains("uz: "), "faults name the language: {}", refused.text());
    let again = desk.ask(&json!({"languages": ["tk", "kk"]})).await;
    assert_eq!((again.status.as_u16(), again.code(), again.faults()), (409, "already_exists".to_owned(), vec!["/languages/1".to_owned()]));
    assert_eq!(app.number("SELECT count(*) FROM assignments").await, 2, "nothing of what was refused is there");
    for wrong in [json!({}), json!({"languages": []}), json!({"languages": ["kk"], "requests": []})] {
        assert_eq!(desk.ask(&wrong).await.status, 422);
    }
    let forbidden = desk.journalist.post(&format!("{}/translation-requests", desk.at())).json(&json!({"languages": ["ru"]})).expect(403).await;
    assert_eq!(forbidden.code(), "forbidden");
    let warned = desk.ask(&json!({"languages": ["ru"], "assignee": desk.journalist.id})).await.json();
    assert_eq!(warned["warnings"][0]["code"], "not_their_language");
    assert_eq!(notices(&app, &desk.journalist).await, ["assigned"]);
}

async fn work_follows_its_text(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    let claimed = work.step(&desk.journalist, "claim").await;
    assert_eq!((&claimed["state"], &claimed["assignee_id"]), (&json!("claimed"), &json!(desk.journalist.id)));
    assert_eq!(claimed["lease_expires_at"], "2026-07-24T14:00:00Z");
    let added = desk.add(&desk.journalist, "en").await;
    assert_eq!((added.status.as_u16(), &added.json()["assignee_id"]), (201, &json!(desk.journalist.id)));
    let begun = work.read(&desk.editor).await;
    assert_eq!((&begun["state"], &begun["lease_expires_at"]), (&json!("in_progress"), &Value::Null));
    desk.step(&desk.journalist, "en", "submit", &Value::Null).await;
    let handed_in = work.read(&desk.editor).await;
    assert_eq!((&handed_in["state"], &handed_in["revision"]), (&json!("submitted"), &json!(1)));
    desk.step(&desk.editor, "en", "approve", &Value::Null).await;
    let accepted = work.read(&desk.editor).await;
    assert_eq!((&accepted["state"], &accepted["allowed_transitions"]), (&json!("accepted"), &json!(["return"])));
    assert!(accepted["closed_at"].is_string());
    let published = desk.asked(&json!({"languages": ["ru"]})).await;
    desk.add(&desk.journalist, "ru").await;
    assert_eq!(published.state(&desk.editor).await, "in_progress", "to write is to claim");
    desk.step(&desk.editor, "ru", "publish", &Value::Null).await;
    assert_eq!(published.state(&desk.editor).await, "accepted", "to publish is to accept");
    assert_eq!(notices(&app, &desk.editor).await, ["handed_in"], "of what others did");
}

async fn whoever_asked_hears_how_it_goes(app: App) {
    let desk = Desk::new(&app).await;
    desk.asked(&json!({"languages": ["en"]})).await;
    desk.add(&desk.journalist, "en").await;
    desk.step(&desk.journalist, "en", "submit", &Value::Null).await;
    let admin = app.staff("admin@trend.example").await;
    desk.step(&admin, "en", "approve", &Value::Null).await;
    assert_eq!(notices(&app, &desk.editor).await, ["handed_in", "accepted"]);
    assert!(notices(&app, &admin).await.is_empty());
}

async fn returned_work_comes_back_with_the_reason(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"], "assignee": desk.journalist.id})).await;
    desk.add(&desk.journalist, "en").await;
    desk.step(&desk.journalist, "en", "submit", &Value::Null).await;
    desk.step(&desk.editor, "en", "return", &json!({"reason": "A source is missing."})).await;
    let returned = work.read(&desk.journalist).await;
    assert_eq!((&returned["state"], &returned["reason"]), (&json!("returned"), &json!("A source is missing.")));
    assert_eq!(notices(&app, &desk.journalist).await, ["assigned", "returned"]);
    desk.edit(&desk.journalist, "en", "Wind, says the ministry").await;
    assert_eq!(work.state(&desk.journalist).await, "in_progress");
}

async fn an_approval_taken_back_takes_the_acceptance_back(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    desk.add(&desk.journalist, "en").await;
    desk.step(&desk.journalist, "en", "submit", &Value::Null).await;
    desk.step(&desk.editor, "en", "approve", &Value::Null).await;
    desk.step(&desk.editor, "en", "return", &json!({"reason": "Once more."})).await;
    let back = work.read(&desk.editor).await;
    assert_eq!((&back["state"], &back["closed_at"], &back["assignee_id"]), (&json!("returned"), &Value::Null, &json!(desk.journalist.id)));
}

async fn reviewing_is_work_too(app: App) {
    let desk = Desk::new(&app).await;
    let path = format!("{}/assignments", desk.at());
    let wrong = desk.editor.post(&path).json(&json!({"kind": "review", "assignee": desk.journalist.id})).expect(422).await;
    assert_eq!(wrong.faults(), ["/assignee"]);
    assert_eq!(desk.editor.post(&path).json(&json!({"kind": "review", "language": "kk"})).expect(422).await.faults(), [""]);
    let made = desk.editor.post(&path).json(&json!({"kind": "review"})).expect(201).await;
    assert_eq!((&made.json()["language"], made.etag()), (&json!("az"), "\"v1\"".to_owned()));
    let work = Work(made.json()["id"].as_str().unwrap().to_owned());
    assert_eq!(work.try_step(&desk.journalist, "claim", &Value::Null).await.status, 403);
    let admin = app.staff("admin@trend.example").await;
    work.step(&admin, "claim").await;
    assert_ne!(admin.get(&desk.text("az")).expect(200).await.json()["assignee_id"], json!(admin.id), "to review is not to write");
    desk.step(&desk.editor, "az", "submit", &Value::Null).await;
    assert_eq!(work.state(&admin).await, "claimed");
    desk.step(&admin, "az", "approve", &Value::Null).await;
    assert_eq!(work.state(&admin).await, "accepted");
    let writing = desk.editor.post(&path).json(&json!({"kind": "write", "assignee": desk.journalist.id})).expect(201).await.json();
    assert_eq!((&writing["kind"], &writing["language"]), (&json!("write"), &json!("az")));
}

async fn declining_and_canceling_say_why(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"], "assignee": desk.journalist.id})).await;
    let other = hire(&app, "trend", "other@trend.example", "journalist").await;
    let reason = json!({"reason": "I do not read it."});
    assert_eq!(work.try_step(&other, "decline", &reason).await.status, 403);
    assert_eq!(work.try_step(&desk.journalist, "decline", &json!({"reason": " "})).await.faults(), ["/reason"]);
    let declined = work.try_step(&desk.journalist, "decline", &reason).await.json();
    assert_eq!((&declined["state"], &declined["reason"]), (&json!("declined"), &json!("I do not read it.")));
    assert_eq!(notices(&app, &desk.editor).await, ["declined"]);
    let work = desk.asked(&json!({"languages": ["en"], "assignee": desk.journalist.id})).await;
    assert_eq!(work.try_step(&desk.journalist, "cancel", &reason).await.status, 403);
    assert_eq!(work.try_step(&desk.editor, "cancel", &reason).await.json()["state"], "canceled");
    assert_eq!(notices(&app, &desk.journalist).await, ["assigned", "assigned", "canceled"]);
}

async fn what_is_asked_is_changed_by_whoever_asked(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    let blind = desk.editor.patch(&work.at()).json(&json!({"note": "x"})).expect(428).await;
    assert_eq!(blind.code(), "precondition_required");
    let change = json!({"note": "Short.", "due_at": "2026-07-25T06:00:00Z", "assignee_id": desk.journalist.id});
    let changed = desk.editor.patch(&work.at()).if_match("\"v1\"").json(&change).expect(200).await;
    for member in ["note", "due_at", "assignee_id"] {
        assert_eq!(changed.json()[member], change[member]);
    }
    assert_eq!(notices(&app, &desk.journalist).await, ["assigned"]);
    let stale = desk.editor.patch(&work.at()).if_match("\"v1\"").json(&json!({"note": "x"})).expect(412).await;
    assert_eq!(stale.code(), "stale_version");
    let stranger = app.staff("editor@kabar.example").await;
    let wrong = desk.editor.patch(&work.at()).if_match("\"v2\"").json(&json!({"assignee_id": stranger.id, "due_at": "2026-07-24T12:00:00Z"})).expect(422).await;
    assert_eq!(wrong.faults(), ["/assignee_id", "/due_at"]);
    work.step(&desk.journalist, "claim").await;
    let freed = desk.editor.patch(&work.at()).if_match("\"v3\"").json(&json!({"assignee_id": null, "due_at": null})).expect(200).await.json();
    assert_eq!((&freed["state"], &freed["assignee_id"], &freed["due_at"]), (&json!("requested"), &Value::Null, &Value::Null));
    assert_eq!(desk.journalist.patch(&work.at()).if_match("\"v4\"").json(&json!({"note": "x"})).expect(403).await.code(), "forbidden");
}

async fn illegal_steps_say_what_is_possible(app: App) {
    let desk = Desk::new(&app).await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    for step in ["renew", "release"] {
        let refused = work.try_step(&desk.editor, step, &Value::Null).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "illegal_transition".to_owned()), "{step}");
        let problem = refused.json();
        assert_eq!(problem["state"], "requested");
        assert_eq!(problem["allowed_transitions"], work.read(&desk.editor).await["allowed_transitions"]);
    }
    work.try_step(&desk.editor, "cancel", &json!({"reason": "x"})).await;
    for (step, order) in [("claim", Value::Null), ("decline", json!({"reason": "x"})), ("cancel", json!({"reason": "x"}))] {
        let refused = work.try_step(&desk.editor, step, &order).await;
        assert_eq!((refused.code(), &refused.json()["allowed_transitions"]), ("illegal_transition".to_owned(), &json!([])), "{step}");
    }
}

async fn without_the_text_there_is_no_work(app: App) {
    let desk = Desk::new(&app).await;
    let deleted = desk.asked(&json!({"languages": ["en"]})).await;
    desk.add(&desk.journalist, "en").await;
    let etag = desk.editor.get(&desk.text("en")).expect(200).await.etag();
    desk.editor.delete(&desk.text("en")).if_match(&etag).expect(204).await;
    assert_eq!(deleted.state(&desk.editor).await, "canceled");
    let killed = desk.asked(&json!({"languages": ["ru"]})).await;
    desk.add(&desk.journalist, "ru").await;
    let kill = json!({"reason": "Forged.", "public_note": "Withdrawn."});
    desk.step(&desk.editor, "ru", "kill", &kill).await;
    assert_eq!(killed.state(&desk.editor).await, "canceled");
    assert_eq!(desk.ask(&json!({"languages": ["ru"]})).await.faults(), ["/languages/0"], "what was killed is not translated again");
    let last = desk.asked(&json!({"languages": ["kk"]})).await;
    desk.step(&desk.editor, "az", "kill", &kill).await;
    assert_eq!(last.state(&desk.editor).await, "canceled", "a story without its original");
    let other = story(&desk.editor, "Yağış").await;
    let other = Desk { id: other, ..desk };
    let work = other.asked(&json!({"languages": ["kk"]})).await;
    let etag = other.editor.get(&other.at()).expect(200).await.etag();
    other.editor.delete(&other.at()).if_match(&etag).expect(204).await;
    let gone = work.read(&other.editor).await;
    assert_eq!((&gone["state"], &gone["slugline"]), (&json!("canceled"), &Value::Null));
}

async fn nobody_is_asked_to_work_on_what_was_killed(app: App) {
    let desk = Desk::new(&app).await;
    let kabar = app.staff("editor@kabar.example").await;
    let kill = json!({"reason": "Forged.", "public_note": "Withdrawn."});
    desk.step(&desk.editor, "az", "kill", &kill).await;
    let whole = Desk { id: story(&desk.editor, "Yağış").await, ..Desk::new(&app).await };
    step_of(&whole.editor, &whole.at(), "kill", &kill).await;
    for desk in [&desk, &whole] {
        let refused = desk.ask(&json!({"languages": ["ky"], "agency": "kabar"})).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "illegal_transition".to_owned()), "{}", refused.text());
        let review = desk.editor.post(&format!("{}/assignments", desk.at())).json(&json!({"kind": "review", "agency": "kabar"})).expect(409).await;
        assert_eq!(review.code(), "illegal_transition");
        kabar.get(&desk.at()).expect(404).await;
    }
}

async fn who_leaves_hands_over_their_work(app: App) {
    let desk = Desk::new(&app).await;
    let leaver = hire(&app, "trend", "leaver@trend.example", "journalist").await;
    let (claimed, begun) = (desk.asked(&json!({"languages": ["en"]})).await, desk.asked(&json!({"languages": ["ru"]})).await);
    claimed.step(&leaver, "claim").await;
    desk.add(&leaver, "ru").await;
    let admin = app.staff("admin@trend.example").await;
    let path = format!("/v1/staff/{}", leaver.id);
    let etag = admin.get(&path).expect(200).await.etag();
    admin.post(&format!("{path}/depart")).if_match(&etag).json(&json!({"successor": desk.journalist.id})).expect(200).await;
    let (first, second) = (claimed.read(&desk.editor).await, begun.read(&desk.editor).await);
    assert_eq!((&first["state"], &first["assignee_id"]), (&json!("requested"), &json!(desk.journalist.id)));
    assert_eq!((&second["state"], &second["assignee_id"]), (&json!("in_progress"), &json!(desk.journalist.id)));
    assert_eq!(notices(&app, &desk.journalist).await, ["assigned", "assigned"]);
    let etag = admin.get(&format!("/v1/staff/{}", desk.journalist.id)).expect(200).await.etag();
    admin.post(&format!("/v1/staff/{}/depart", desk.journalist.id)).if_match(&etag).expect(200).await;
    let freed = begun.read(&desk.editor).await;
    assert_eq!((&freed["state"], &freed["assignee_id"]), (&json!("requested"), &Value::Null), "without a successor it is the desk's");
}

async fn the_text_that_is_there_goes_to_the_claimer(app: App) {
    let desk = Desk::new(&app).await;
    desk.add(&desk.editor, "en").await;
    let work = desk.asked(&json!({"languages": ["en"]})).await;
    assert_eq!(desk.edit(&desk.journalist, "en", "Not mine yet").await.status, 403);
    work.step(&desk.journalist, "claim").await;
    assert_eq!(desk.edit(&desk.journalist, "en", "Mine").await.status, 200);
    assert_eq!(work.state(&desk.editor).await, "in_progress");
    work.step(&desk.journalist, "release").await;
    assert_eq!(desk.editor.get(&desk.text("en")).expect(200).await.json()["assignee_id"], Value::Null);
}
