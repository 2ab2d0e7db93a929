//! What is to happen by itself, by the clock: at its time, once, in the name of whoever asked for it; and what is told when it cannot.

use crate::on_both;
use crate::support::{Answer, App, Caller};
use actix_web::web::Data;
use newsroom::db::Reader;
use newsroom::state::State;
use newsroom::{app, jobs};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_text_is_published_at_its_time_and_not_before,
    a_text_is_unpublished_at_its_time,
    times_are_told_with_their_zone,
    what_is_no_time_is_refused,
    only_what_is_approved_goes_out,
    four_eyes_hold_at_that_time_too,
    it_happens_with_the_rights_of_that_time,
    what_cannot_happen_is_told_everywhere,
    a_failed_entry_can_be_seen_to,
    entries_move_and_are_canceled,
    one_step_of_a_kind_waits,
    a_change_needs_its_kind,
    what_is_killed_or_deleted_waits_for_nothing,
    two_workers_publish_once,
    the_schedule_is_filtered_and_paged,
    others_do_not_see_it,
    a_forgotten_entry_puts_nothing_back,
);

/// A story of the agency Trend, and how its people work on it.
pub struct Desk {
    pub app: App,
    pub article: String,
}

impl Desk {
    /// In English, with translations into these languages.
    pub async fn new(app: &App, languages: &[&str]) -> Self {
        let editor = app.staff("editor@trend.example").await;
        let new = json!({"original_language": "en", "headline": "Wind over the sea", "body_html": "<p>The wind is strong.</p>", "shared": true});
        let created = editor.post("/v1/articles").json(&new).expect(201).await.json();
        let desk = Self { app: app.clone(), article: created["id"].as_str().unwrap().to_owned() };
        for language in languages {
            let text = json!({"headline": format!("Wind {language}"), "body_html": "<p>x</p>"});
            editor.put(&desk.text(language)).header("If-None-Match", "*").json(&text).expect(201).await;
        }
        desk
    }

    pub fn text(&self, language: &str) -> String {
        format!("/v1/articles/{}/translations/{language}", self.article)
    }

    pub async fn editor(&self) -> Caller {
        self.app.staff("editor@trend.example").await
    }

    pub async fn read(&self, language: &str) -> Value {
        self.editor().await.get(&self.text(language)).expect(200).await.json()
    }

    pub async fn try_step(&self, language: &str, step: &str, order: &Value) -> Answer {
        let editor = self.editor().await;
        let etag = editor.get(&self.text(language)).expect(200).await.etag();
        let request = editor.post(&format!("{}/{step}", self.text(language))).if_match(&etag);
        if order.is_null() { request.send().await } else { request.json(order).send().await }
    }

    pub async fn step(&self, language: &str, step: &str, order: &Value) -> Value {
        let answer = self.try_step(language, step, order).await;
        assert_eq!(answer.status, 200, "{step}: {}", answer.text());
        answer.json()
    }

    pub async fn approve(&self, language: &str) {
        self.step(language, "submit", &Value::Null).await;
        self.step(language, "approve", &Value::Null).await;
    }

    pub async fn edit(&self, language: &str, headline: &str) {
        let editor = self.editor().await;
        let etag = editor.get(&self.text(language)).expect(200).await.etag();
        editor.patch(&self.text(language)).if_match(&etag).json(&json!({"headline": headline})).expect(200).await;
    }

    pub async fn is_public(&self, language: &str) -> bool {
        self.app.anonymous().get(&format!("/v1/delivery/articles/{}?language={language}", self.article)).send().await.status == 200
    }

    async fn schedule(&self, language: &str, order: &Value) -> Answer {
        self.editor().await.post(&format!("{}/schedule", self.text(language))).json(order).send().await
    }

    async fn scheduled(&self, language: &str, action: &str, at: &str) -> String {
        let answer = self.schedule(language, &json!({"action": action, "at": at})).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn entry(&self, id: &str) -> Answer {
        self.editor().await.get(&format!("/v1/schedule/{id}")).expect(200).await
    }

    /// The state and the failure of an entry.
    async fn outcome(&self, id: &str) -> (String, Value) {
        let entry = self.entry(id).await.json();
        (entry["state"].as_str().unwrap().to_owned(), entry["failure_code"].clone())
    }
}

pub const MICRO: Duration = Duration::from_micros(1);
pub const HOUR: Duration = Duration::from_hours(1);
/// An hour but for a microsecond.
pub const ALMOST_AN_HOUR: Duration = Duration::from_micros(3_599_999_999);

async fn a_text_is_published_at_its_time_and_not_before(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.approve("en").await;
    let id = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    app.advance(ALMOST_AN_HOUR);
    app.drain_jobs().await;
    assert_eq!((desk.is_public("en").await, desk.outcome(&id).await.0.as_str()), (false, "pending"), "one microsecond too early");
    app.advance(MICRO);
    app.drain_jobs().await;
    assert!(desk.is_public("en").await);
    let entry = desk.entry(&id).await.json();
    assert_eq!((&entry["state"], &entry["finished_at"]), (&json!("done"), &json!("2026-07-24T13:00:00Z")));
    let text = desk.read("en").await;
    assert_eq!((&text["publication"], &text["published_at"]), (&json!("published"), &json!("2026-07-24T13:00:00Z")));
    assert_eq!(text["updated_by"], desk.editor().await.id.to_string(), "in the name of whoever asked for it");
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action = 'schedule.done'").await, 1);
}

async fn a_text_is_unpublished_at_its_time(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.step("en", "publish", &Value::Null).await;
    let order = json!({"action": "unpublish", "at": "2026-07-24T13:00:00Z", "public_note": "Its rights have ended."});
    assert_eq!(desk.schedule("en", &order).await.status, 201);
    app.advance(HOUR);
    app.drain_jobs().await;
    assert!(!desk.is_public("en").await);
    assert_eq!(desk.read("en").await["publication"], "unpublished");
}

async fn times_are_told_with_their_zone(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let order = json!({"action": "publish", "at": "2026-10-25T02:30", "time_zone": "Europe/Istanbul"});
    let entry = desk.schedule("en", &order).await;
    assert_eq!(entry.header("Location").map(|at| at.contains("/v1/schedule/")), Some(true));
    let entry = entry.json();
    assert_eq!(entry["run_at"], "2026-10-24T23:30:00Z");
    assert_eq!((&entry["local_time"], &entry["time_zone"]), (&json!("2026-10-25T02:30:00"), &json!("Europe/Istanbul")));
    // The clocks of Berlin are put back that night: the time is there twice.
    let order = json!({"action": "publish", "at": "2026-10-25T02:30", "time_zone": "Europe/Berlin", "offset": "+01:00"});
    assert_eq!(desk.schedule("kk", &order).await.json()["run_at"], "2026-10-25T01:30:00Z");
}

async fn what_is_no_time_is_refused(app: App) {
    let desk = Desk::new(&app, &[]).await;
    for (at, zone, pointer) in [
        ("2026-10-25T02:30", Some("Europe/Berlin"), "/at"),
        ("2027-03-28T02:30", Some("Europe/Berlin"), "/at"),
        ("2026-07-24T12:00:00Z", None, "/at"),
        ("2026-07-24T15:59", Some("Asia/Baku"), "/at"),
        ("2026-10-25T02:30", None, "/time_zone"),
        ("2026-10-25T02:30", Some("Asia/Nowhere"), "/time_zone"),
        ("tomorrow", Some("Asia/Baku"), "/at"),
    ] {
        let answer = desk.schedule("en", &json!({"action": "publish", "at": at, "time_zone": zone})).await;
        assert_eq!((answer.status.as_u16(), answer.faults()), (422, vec![pointer.to_owned()]), "{at} {zone:?}");
    }
    assert_eq!(app.number("SELECT count(*) FROM schedule").await, 0);
}

async fn only_what_is_approved_goes_out(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    desk.approve("en").await;
    let edited = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    let draft = desk.scheduled("kk", "publish", "2026-07-24T13:00:00Z").await;
    desk.edit("en", "Words that nobody has read").await;
    app.advance(HOUR);
    app.drain_jobs().await;
    for (id, language) in [(edited, "en"), (draft, "kk")] {
        assert!(!desk.is_public(language).await);
        assert_eq!(desk.outcome(&id).await, ("failed".to_owned(), json!("not_approved")));
    }
}

async fn four_eyes_hold_at_that_time_too(app: App) {
    let desk = Desk::new(&app, &[]).await;
    app.state.db.write().query("UPDATE agencies SET four_eyes = TRUE WHERE slug = 'trend'").execute().await.unwrap();
    let id = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    desk.step("en", "submit", &Value::Null).await;
    assert_eq!(desk.try_step("en", "approve", &Value::Null).await.code(), "four_eyes_required");
    app.advance(HOUR);
    app.drain_jobs().await;
    assert_eq!((desk.is_public("en").await, desk.outcome(&id).await.0.as_str()), (false, "failed"));
}

async fn it_happens_with_the_rights_of_that_time(app: App) {
    for change in [
        "UPDATE staff SET role = 'journalist' WHERE email = 'editor@trend.example'",
        "UPDATE staff SET state = 'suspended' WHERE email = 'editor@trend.example'",
        "UPDATE staff SET agency_id = (SELECT id FROM agencies WHERE slug = 'kabar') WHERE email = 'editor@trend.example'",
    ] {
        let restore = "UPDATE staff SET role = 'editor', state = 'active', agency_id = (SELECT id FROM agencies WHERE slug = 'trend') \
                       WHERE email = 'editor@trend.example'";
        let desk = Desk::new(&app, &[]).await;
        desk.approve("en").await;
        let at = app.state.clock.now().plus(HOUR).to_string();
        let id = desk.scheduled("en", "publish", &at).await;
        app.state.db.write().query(change).execute().await.unwrap();
        app.advance(HOUR);
        app.drain_jobs().await;
        app.state.db.write().query(restore).execute().await.unwrap();
        let (state, code) = desk.outcome(&id).await;
        assert!(state == "failed" && (code == "forbidden" || code == "not_found"), "{change}: {state} {code}");
        assert!(!desk.is_public("en").await);
    }
}

async fn what_cannot_happen_is_told_everywhere(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let id = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    app.advance(HOUR);
    assert_eq!(app.drain_jobs().await, 1, "it is tried once");
    app.advance(HOUR);
    assert_eq!(app.drain_jobs().await, 0);
    let editor = desk.editor().await;
    let failed = editor.get("/v1/schedule?state=failed").expect(200).await.json();
    assert_eq!((&failed["data"][0]["id"], &failed["data"][0]["failure_code"]), (&json!(id), &json!("not_approved")));
    assert!(failed["data"][0]["failure_detail"].as_str().unwrap().contains("draft"), "{failed}");
    let notices: Vec<(String,)> =
        app.state.db.query("SELECT s.email FROM notices n JOIN staff s ON s.id = n.staff_id WHERE n.kind = 'job_failed' ORDER BY 1").all().await.unwrap();
    assert_eq!(notices, [("editor@trend.example".to_owned(),)], "the person, who is the desk too, once");
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action = 'schedule.failed'").await, 1);
    let (details, metrics) = operators(&app.state).await;
    assert_eq!((&details["schedule_failed"], &details["jobs_overdue"]), (&json!(1), &json!(0)));
    assert!(metrics.contains("newsroom_schedule_failed 1\n"), "{metrics}");
}

/// What the operators' listener tells.
pub async fn operators(state: &Data<State>) -> (Value, String) {
    use actix_web::test::{TestRequest, call_and_read_body, init_service};
    let service = init_service(actix_web::App::new().app_data(state.clone()).configure(newsroom::health::operator_routes)).await;
    let details = call_and_read_body(&service, TestRequest::with_uri("/health/ready").to_request()).await;
    let metrics = call_and_read_body(&service, TestRequest::with_uri("/metrics").to_request()).await;
    (serde_json::from_slice(&details).unwrap(), String::from_utf8(metrics.to_vec()).unwrap())
}

async fn a_failed_entry_can_be_seen_to(app: App) {
    let desk = Desk::new(&app, &[]).await;
    let id = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    app.advance(HOUR);
    app.drain_jobs().await;
    let entry = desk.entry(&id).await;
    let path = format!("/v1/schedule/{id}/cancel");
    let canceled = desk.editor().await.post(&path).if_match(&entry.etag()).expect(200).await.json();
    assert_eq!((&canceled["state"], &canceled["failure_code"]), (&json!("canceled"), &json!("not_approved")));
    assert_eq!(operators(&app.state).await.0["schedule_failed"], 0);
}

async fn entries_move_and_are_canceled(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.approve("en").await;
    let order = json!({"action": "publish", "at": "2026-07-24T17:00", "time_zone": "Asia/Baku"});
    let made = desk.schedule("en", &order).await;
    let path = format!("/v1/schedule/{}", made.json()["id"].as_str().unwrap());
    let editor = desk.editor().await;
    editor.patch(&path).json(&json!({"at": "2026-07-24T18:00"})).expect(428).await;
    let moved = editor.patch(&path).if_match(&made.etag()).json(&json!({"at": "2026-07-24T18:00"})).expect(200).await;
    assert_eq!((&moved.json()["run_at"], &moved.json()["time_zone"]), (&json!("2026-07-24T14:00:00Z"), &json!("Asia/Baku")), "in the same zone");
    assert_eq!(editor.patch(&path).if_match(&made.etag()).json(&json!({"at": "2026-07-24T19:00"})).expect(412).await.code(), "stale_version");
    assert_eq!(app.number("SELECT count(*) FROM jobs WHERE kind = 'schedule.run'").await, 1, "the job moves with it");
    app.advance(HOUR);
    app.drain_jobs().await;
    assert!(!desk.is_public("en").await, "it was moved");
    let etag = desk.entry(path.rsplit('/').next().unwrap()).await.etag();
    let canceled = desk.editor().await.post(&format!("{path}/cancel")).if_match(&etag).expect(200).await;
    assert_eq!(canceled.json()["state"], "canceled");
    app.advance(HOUR);
    assert_eq!((app.drain_jobs().await, desk.is_public("en").await), (0, false));
    let again = desk.editor().await.patch(&path).if_match(&canceled.etag()).json(&json!({"at": "2026-07-25T19:00"})).expect(409).await;
    assert_eq!(again.code(), "illegal_transition");
}

async fn one_step_of_a_kind_waits(app: App) {
    let desk = Desk::new(&app, &[]).await;
    let id = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    let second = desk.schedule("en", &json!({"action": "publish", "at": "2026-07-24T14:00:00Z"})).await;
    assert_eq!((second.status.as_u16(), second.code().as_str()), (409, "already_exists"));
    desk.scheduled("en", "unpublish", "2026-07-24T14:00:00Z").await;
    let etag = desk.entry(&id).await.etag();
    desk.editor().await.post(&format!("/v1/schedule/{id}/cancel")).if_match(&etag).expect(200).await;
    desk.scheduled("en", "publish", "2026-07-24T13:30:00Z").await;
}

async fn a_change_needs_its_kind(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.step("en", "publish", &Value::Null).await;
    desk.edit("en", "Wind, corrected").await;
    let order = json!({"action": "publish", "at": "2026-07-24T13:00:00Z"});
    let answer = desk.schedule("en", &order).await;
    assert_eq!((answer.status.as_u16(), answer.faults()), (422, vec!["/change_kind".to_owned()]));
    let order = json!({"action": "publish", "at": "2026-07-24T13:00:00Z", "change_kind": "correction"});
    assert_eq!(desk.schedule("en", &order).await.faults(), ["/public_note"]);
    let order = json!({"action": "publish", "at": "2026-07-24T13:00:00Z", "change_kind": "correction", "public_note": "It was the sea."});
    assert_eq!(desk.schedule("en", &order).await.status, 201);
    desk.approve("en").await;
    app.advance(HOUR);
    app.drain_jobs().await;
    let public = app.anonymous().get(&format!("/v1/delivery/articles/{}", desk.article)).expect(200).await.json();
    assert_eq!((&public["headline"], &public["last_change"]["public_note"]), (&json!("Wind, corrected"), &json!("It was the sea.")));
}

async fn what_is_killed_or_deleted_waits_for_nothing(app: App) {
    let desk = Desk::new(&app, &["kk"]).await;
    let killed = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    let deleted = desk.scheduled("kk", "publish", "2026-07-24T13:00:00Z").await;
    let editor = desk.editor().await;
    let etag = editor.get(&desk.text("kk")).expect(200).await.etag();
    editor.delete(&desk.text("kk")).if_match(&etag).expect(204).await;
    desk.step("en", "kill", &json!({"reason": "Forged.", "public_note": "Withdrawn."})).await;
    for id in [killed, deleted] {
        assert_eq!(desk.outcome(&id).await.0, "canceled");
    }
    app.advance(HOUR);
    assert_eq!(app.drain_jobs().await, 0);
    let again = desk.schedule("en", &json!({"action": "publish", "at": "2026-07-25T13:00:00Z"})).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "illegal_transition"));
}

async fn two_workers_publish_once(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.approve("en").await;
    let id = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    // The same job twice, as when its first worker was thought dead.
    app.state
        .db
        .write()
        .query("INSERT INTO jobs (id, kind, payload, run_at, attempts, created_at) SELECT article_id, kind, payload, run_at, 0, created_at FROM jobs WHERE kind = 'schedule.run'")
        .execute()
        .await
        .unwrap();
    let before = app.number("SELECT count(*) FROM published_changes").await;
    app.advance(HOUR);
    let registry = app::jobs();
    let (one, two) = tokio::join!(jobs::step(&app.state, &registry, "one"), jobs::step(&app.state, &registry, "two"));
    assert!(one.unwrap() && two.unwrap());
    app.drain_jobs().await;
    assert_eq!(app.number("SELECT count(*) FROM published_changes").await, before + 1);
    assert_eq!(desk.outcome(&id).await, ("done".to_owned(), Value::Null));
}

async fn the_schedule_is_filtered_and_paged(app: App) {
    let desk = Desk::new(&app, &["kk", "ru"]).await;
    for (language, hour) in [("en", 15), ("kk", 13), ("ru", 14)] {
        desk.scheduled(language, "publish", &format!("2026-07-24T{hour}:00:00Z")).await;
    }
    let editor = desk.editor().await;
    let list = async |query: &str| {
        let page = editor.get(&format!("/v1/schedule?article={}&{query}", desk.article)).expect(200).await.json();
        page["data"].as_array().unwrap().iter().map(|entry| entry["language"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("limit=10").await, ["kk", "ru", "en"]);
    assert_eq!(list("from=2026-07-24T14:00:00Z").await, ["ru", "en"]);
    assert_eq!(list("to=2026-07-24T14:00:00Z").await, ["kk"]);
    assert_eq!(list("language=en,ru&state=pending").await, ["ru", "en"]);
    assert_eq!(list("agency=kazinform").await, [""; 0]);
    assert_eq!(list("agency=trend&state=failed").await, [""; 0]);
    let first = editor.get(&format!("/v1/schedule?article={}&limit=2", desk.article)).expect(200).await.json();
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    assert_eq!(list(&format!("limit=2&cursor={cursor}")).await, ["en"]);
    assert_eq!(editor.get("/v1/schedule?agency=nobody").expect(400).await.code(), "invalid_parameter");
}

async fn others_do_not_see_it(app: App) {
    let desk = Desk::new(&app, &[]).await;
    let id = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    let path = format!("/v1/schedule/{id}");
    let other = app.staff("editor@kazinform.example").await;
    assert_eq!(other.get(&path).expect(404).await.code(), "not_found");
    other.post(&format!("{path}/cancel")).if_match("\"v1\"").expect(404).await;
    assert!(!other.get("/v1/schedule?limit=100").expect(200).await.text().contains(&id));
    let platform = app.staff("editor@platform.example").await;
    assert_eq!(platform.get(&path).expect(200).await.json()["id"], id.as_str(), "the story is shared");
    let journalist = app.staff("journalist@trend.example").await;
    journalist.get(&path).expect(200).await;
    journalist.post(&format!("{path}/cancel")).if_match("\"v1\"").expect(403).await;
    journalist.post(&format!("{}/schedule", desk.text("en"))).json(&json!({"action": "publish", "at": "2026-07-25T13:00:00Z"})).expect(403).await;
}

async fn a_forgotten_entry_puts_nothing_back(app: App) {
    let desk = Desk::new(&app, &[]).await;
    desk.approve("en").await;
    let publish = desk.scheduled("en", "publish", "2026-07-24T13:00:00Z").await;
    let unpublish = desk.scheduled("en", "unpublish", "2026-07-24T14:00:00Z").await;
    desk.step("en", "publish", &Value::Null).await;
    assert_eq!((desk.outcome(&publish).await.0.as_str(), desk.outcome(&unpublish).await.0.as_str()), ("canceled", "pending"));
    desk.step("en", "unpublish", &Value::Null).await;
    assert_eq!(desk.outcome(&unpublish).await.0, "canceled");
    app.advance(HOUR);
    app.drain_jobs().await;
    assert!(!desk.is_public("en").await, "an editor took it down");
    assert_eq!(app.number("SELECT count(*) FROM audit_log WHERE action = 'schedule.canceled' AND details LIKE '%published by hand%'").await, 2);
}
