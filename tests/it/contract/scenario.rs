//! One day in a newsroom, in which every operation succeeds once. What it looks like becomes the examples of the contract.

use crate::support::{Answer, App, Caller, PASSWORD};
use actix_web::http::Method;
use newsroom::api;
use serde_json::{Map, Value, json};

struct Scenario {
    app: App,
    recorded: Map<String, Value>,
}

/// Where an operation lives: its method and path, with its parameters filled in.
fn address(id: &str, parameters: &[&str]) -> (Method, String) {
    for (path, item) in api::document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["operationId"] == id {
                let mut values = parameters.iter();
                let filled: Vec<&str> = path.split('/').map(|segment| if segment.starts_with('{') { *values.next().unwrap() } else { segment }).collect();
                return (method.to_uppercase().parse().unwrap(), filled.join("/"));
            }
        }
    }
    panic!("{id} is not in the document");
}

/// Secrets of the day do not belong into a document.
fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "access_token" => *member = json!("eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.…"),
                    "refresh_token" => *member = json!("nwr_…"),
                    "key" if member.is_string() => *member = json!("nwk_…"),
                    "token" => *member = json!("nwl_…"),
                    "password" | "current_password" | "new_password" => *member = json!("correct horse battery"),
                    "next_cursor" if member.is_string() => *member = json!("eyJmIjoi…"),
                    "url" if member.as_str().is_some_and(|url| url.contains("/v1/preview/")) => *member = json!("http://127.0.0.1:8080/v1/preview/…"),
                    _ => redact(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

/// Long lists and texts say no more than short ones.
fn shorten(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(shorten),
        Value::Array(items) => {
            items.truncate(2);
            items.iter_mut().for_each(shorten);
        }
        Value::String(text) if text.chars().count() > 240 => *text = text.chars().take(239).chain(['…']).collect(),
        _ => {}
    }
}

impl Scenario {
    async fn call(&mut self, id: &str, caller: &Caller, parameters: &[&str], query: &str, etag: Option<&str>, body: Option<Value>) -> Answer {
        let (method, path) = address(id, parameters);
        let mut request = caller.request(method, &format!("{path}{query}"));
        if let Some(etag) = etag {
            request = request.if_match(etag);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await;
        assert!(answer.status.is_success(), "{id}: {} {}", answer.status, answer.text());
        self.record(id, body, &answer);
        answer
    }

    fn record(&mut self, id: &str, body: Option<Value>, answer: &Answer) {
        let mut response = if answer.body.is_empty() { Value::Null } else { answer.json() };
        let mut request = body.unwrap_or_default();
        redact(&mut response);
        redact(&mut request);
        shorten(&mut response);
        self.recorded.insert(id.to_owned(), json!({ "status": answer.status.as_u16(), "request": request, "response": response }));
    }
}

fn id_of(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// The secret of the link in the last message.
fn link(app: &App) -> String {
    let mail = app.outbox().pop().unwrap();
    let (_, encoded) = mail.split_once("\r\n\r\n").unwrap();
    let body = if mail.contains("base64") {
        use base64::Engine;
        let joined: String = encoded.split_whitespace().collect();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(joined).unwrap()).unwrap()
    } else {
        encoded.replace("=\r\n", "").replace("=3D", "=")
    };
    body.split_whitespace().find(|word| word.starts_with("nwl_")).unwrap().to_owned()
}

pub async fn run(app: App) -> Map<String, Value> {
    let mut day = Scenario { app: app.clone(), recorded: Map::new() };
    identity(&mut day).await;
    house(&mut day).await;
    people(&mut day).await;
    stories(&mut day).await;
    talk(&mut day).await;
    desk(&mut day).await;
    readers(&mut day).await;
    kills(&mut day).await;
    by_the_clock(&mut day).await;
    early_readers(&mut day).await;
    background(&mut day).await;
    front_ends(&mut day).await;
    search(&mut day).await;
    audit(&mut day).await;
    exchange(&mut day).await;
    names(&mut day).await;
    words(&mut day).await;
    scripts(&mut day).await;
    alphabets(&mut day).await;
    followers(&mut day).await;
    day.recorded
}

async fn identity(day: &mut Scenario) {
    let app = day.app.clone();
    let anyone = app.anonymous();
    let login = json!({ "email": "editor@trend.example", "password": PASSWORD });
    let tokens = day.call("log_in", &anyone, &[], "", None, Some(login)).await.json();
    let refreshed = day.call("refresh_token", &anyone, &[], "", None, Some(json!({ "refresh_token": tokens["refresh_token"] }))).await.json();
    let editor = app.with_token(refreshed["access_token"].as_str().unwrap());
    let me = day.call("get_me", &editor, &[], "", None, None).await;
    day.call("update_me", &editor, &[], "", Some(&me.etag()), Some(json!({ "bios": { "en": "Covers energy and transport." } }))).await;
    let sessions = day.call("list_sessions", &editor, &[], "", None, None).await.json();
    assert_eq!(sessions["data"][0]["current"], true);
    app.staff("editor@trend.example").await;
    let sessions = editor.get("/v1/me/sessions").expect(200).await.json();
    let other = sessions["data"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    day.call("revoke_session", &editor, &[&other], "", None, None).await;
    day.call("revoke_other_sessions", &editor, &[], "", None, None).await;
    let change = json!({ "current_password": PASSWORD, "new_password": "another horse battery" });
    day.call("change_password", &editor, &[], "", None, Some(change)).await;
    day.call("log_out", &editor, &[], "", None, None).await;
    day.call("request_password_reset", &anyone, &[], "", None, Some(json!({ "email": "editor@trend.example" }))).await;
    app.drain_jobs().await;
    let reset = json!({ "token": link(&app), "password": PASSWORD });
    day.call("reset_password", &anyone, &[], "", None, Some(reset)).await;
    day.call("get_jwks", &anyone, &[], "", None, None).await;
    day.call("get_problem", &anyone, &["stale_version"], "", None, None).await;
    day.call("get_live", &anyone, &[], "", None, None).await;
    day.call("get_ready", &anyone, &[], "", None, None).await;
}

async fn house(day: &mut Scenario) {
    let app = day.app.clone();
    let admin = app.staff("admin@platform.example").await;
    day.call("list_agencies", &admin, &[], "?limit=2", None, None).await;
    let new = json!({
        "slug": "aki", "country": "KZ", "languages": ["kk", "ru"], "names": { "en": "A third agency", "kk": "Үшінші агенттік" }, "descriptions": {},
        "time_zone": "Asia/Almaty", "website": "https://aki.example", "four_eyes": false
    });
    let created = day.call("create_agency", &admin, &[], "", None, Some(new)).await;
    let id = id_of(&created);
    day.call("get_agency", &admin, &[&id], "", None, None).await;
    let updated = day.call("update_agency", &admin, &[&id], "", Some(&created.etag()), Some(json!({ "four_eyes": true }))).await;
    let suspended = day.call("suspend_agency", &admin, &[&id], "", Some(&updated.etag()), None).await;
    day.call("reinstate_agency", &admin, &[&id], "", Some(&suspended.etag()), None).await;
    let office = json!({
        "names": { "en": "Almaty office" }, "country": "KZ", "city": "Алматы", "address": null, "time_zone": "Asia/Almaty", "opened_on": "2026-07-01", "head_office": true
    });
    let created = day.call("create_office", &admin, &[&id], "", None, Some(office)).await;
    let office = id_of(&created);
    day.call("list_offices", &admin, &[&id], "", None, None).await;
    day.call("get_office", &admin, &[&id, &office], "", None, None).await;
    let updated = day.call("update_office", &admin, &[&id, &office], "", Some(&created.etag()), Some(json!({ "city": "Астана" }))).await;
    day.call("delete_office", &admin, &[&id, &office], "", Some(&updated.etag()), None).await;
    let agreement = json!({
        "title": "Memorandum", "signed_on": "2026-07-01", "in_force_from": "2026-07-01", "in_force_to": null, "sharing": "flagged", "note": null
    });
    let created = day.call("create_agreement", &admin, &[&id], "", None, Some(agreement)).await;
    let agreement = id_of(&created);
    day.call("list_agreements", &admin, &[&id], "", None, None).await;
    day.call("get_agreement", &admin, &[&id, &agreement], "", None, None).await;
    day.call("update_agreement", &admin, &[&id, &agreement], "", Some(&created.etag()), Some(json!({ "sharing": "all" }))).await;
    let key = json!({ "name": "Wire import", "scopes": ["articles:submit", "articles:read"], "expires_in_days": 90 });
    let key = id_of(&day.call("create_api_key", &admin, &[&id], "", None, Some(key)).await);
    day.call("list_api_keys", &admin, &[&id], "", None, None).await;
    day.call("revoke_api_key", &admin, &[&id, &key], "", None, None).await;
    sections(day, &admin).await;
}

async fn sections(day: &mut Scenario, admin: &Caller) {
    let section = json!({ "slug": "energy", "names": { "en": "Energy", "kk": "Энергетика" } });
    let created = day.call("create_section", admin, &[], "", None, Some(section)).await;
    let id = id_of(&created);
    let list = day.call("list_sections", admin, &[], "", None, None).await.json();
    let mut order: Vec<Value> = list["data"].as_array().unwrap().iter().map(|section| section["id"].clone()).collect();
    order.rotate_right(1);
    day.call("order_sections", admin, &[], "", None, Some(json!({ "sections": order }))).await;
    let read = day.call("get_section", admin, &[&id], "", None, None).await;
    day.call("update_section", admin, &[&id], "", Some(&read.etag()), Some(json!({ "names": { "en": "Energy and power" } }))).await;
    day.call("list_topics", admin, &[], "?q=energy&limit=2", None, None).await;
}

async fn people(day: &mut Scenario) {
    let app = day.app.clone();
    let admin = app.staff("admin@trend.example").await;
    day.call("list_staff", &admin, &[], "?limit=2", None, None).await;
    let new = json!({ "email": "new@trend.example", "role": "journalist", "languages": ["az"], "names": { "az": "Yeni Jurnalist", "en": "New Journalist" } });
    let invited = day.call("invite_staff_member", &admin, &[], "", None, Some(new)).await;
    let id = id_of(&invited);
    day.call("renew_invitation", &admin, &[&id], "", None, None).await;
    app.drain_jobs().await;
    let accept = json!({ "token": link(&app), "password": "a first horse battery" });
    day.call("accept_invitation", &app.anonymous(), &[], "", None, Some(accept)).await;
    let read = day.call("get_staff_member", &admin, &[&id], "", None, None).await;
    let updated = day.call("update_staff_member", &admin, &[&id], "", Some(&read.etag()), Some(json!({ "role": "editor", "languages": ["az", "tr"] }))).await;
    day.call("reset_staff_password", &admin, &[&id], "", None, None).await;
    let suspended = day.call("suspend_staff_member", &admin, &[&id], "", Some(&updated.etag()), None).await;
    let back = day.call("reinstate_staff_member", &admin, &[&id], "", Some(&suspended.etag()), None).await;
    let successor = app.staff("journalist@trend.example").await.id;
    day.call("depart_staff_member", &admin, &[&id], "", Some(&back.etag()), Some(json!({ "successor": successor }))).await;
    let rows = json!([
        { "email": "one@trend.example", "role": "journalist", "languages": ["az"], "names": { "az": "Bir" } },
        { "email": "not an address", "role": "journalist", "languages": ["az"], "names": { "az": "İki" } }
    ]);
    day.call("import_staff", &admin, &[], "", None, Some(rows)).await;
}

async fn stories(day: &mut Scenario) {
    let app = day.app.clone();
    let editor = app.staff("editor@trend.example").await;
    let example = api::document()["components"]["schemas"]["CreateArticle"]["example"].clone();
    let created = day.call("create_article", &editor, &[], "", None, Some(example)).await;
    let id = id_of(&created);
    day.call("list_articles", &editor, &[], "?state=draft&limit=2", None, None).await;
    day.call("get_article", &editor, &[&id], "", None, None).await;
    let change = api::document()["components"]["schemas"]["ArticleChange"]["example"].clone();
    day.call("update_article", &editor, &[&id], "", Some(&created.etag()), Some(change)).await;
    let text = api::document()["components"]["schemas"]["NewText"]["example"].clone();
    let put = editor.put(&format!("/v1/articles/{id}/translations/kk")).header("If-None-Match", "*").json(&text).expect(201).await;
    day.record("put_translation", Some(text), &put);
    let change = api::document()["components"]["schemas"]["TextChange"]["example"].clone();
    let kk = day.call("update_translation", &editor, &[&id, "kk"], "", Some(&put.etag()), Some(change)).await;
    day.call("list_translations", &editor, &[&id], "", None, None).await;
    day.call("get_translation", &editor, &[&id, "kk"], "", None, None).await;
    day.call("list_revisions", &editor, &[&id, "kk"], "", None, None).await;
    day.call("get_revision", &editor, &[&id, "kk", "1"], "", None, None).await;
    day.call("compare_revisions", &editor, &[&id, "kk"], "?from=1&to=2", None, None).await;
    let kk = day.call("restore_revision", &editor, &[&id, "kk", "1"], "", Some(&kk.etag()), None).await;
    day.call("get_freshness", &editor, &[&id, "kk"], "", None, None).await;
    let kk = day.call("check_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), Some(json!({ "original_revision": 1 }))).await;
    let own = json!({ "reason": "Rewritten for readers in Astana." });
    let kk = day.call("detach_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), Some(own)).await;
    let follow = json!({ "reason": "It is the same story after all." });
    let kk = day.call("attach_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), Some(follow)).await;
    let kk = day.call("assign_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), Some(json!({ "staff_id": editor.id }))).await;
    let kk = day.call("submit_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), None).await;
    let reason = json!({ "reason": "The figures in the second paragraph need a source." });
    let kk = day.call("return_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), Some(reason)).await;
    let kk = editor.post(&format!("/v1/articles/{id}/translations/kk/submit")).if_match(&kk.etag()).expect(200).await;
    let kk = day.call("approve_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), None).await;
    let kk = editor.post(&format!("/v1/articles/{id}/translations/kk/publish")).if_match(&kk.etag()).expect(200).await;
    let kk = editor.patch(&format!("/v1/articles/{id}/translations/kk")).if_match(&kk.etag()).json(&json!({ "headline": "Жел" })).expect(200).await;
    let again = json!({ "change_kind": "correction", "public_note": "An earlier version named the wrong port." });
    let kk = day.call("publish_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), Some(again)).await;
    let note = json!({ "public_note": "The text is being checked." });
    let kk = day.call("unpublish_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), Some(note)).await;
    let kill = json!({ "reason": "The source has proved to be forged.", "public_note": "This text was withdrawn because it was not true." });
    day.call("kill_translation", &editor, &[&id, "kk"], "", Some(&kk.etag()), Some(kill)).await;
    let second = editor.put(&format!("/v1/articles/{id}/translations/tr")).header("If-None-Match", "*").json(&json!({ "headline": "x" })).expect(201).await;
    day.call("delete_translation", &editor, &[&id, "tr"], "", Some(&second.etag()), None).await;
    let draft = editor.post("/v1/articles").json(&json!({ "original_language": "az", "headline": "x" })).expect(201).await;
    day.call("delete_article", &editor, &[&id_of(&draft)], "", Some(&draft.etag()), None).await;
    day.call("convert_html", &editor, &[], "", None, Some(json!({ "html": "<h1>Title</h1><p>Some <b>bold</b> text.</p>" }))).await;
}

async fn readers(day: &mut Scenario) {
    let anyone = day.app.anonymous();
    let list = day.call("list_published_articles", &anyone, &[], "?language=kk&limit=2", None, None).await.json();
    let (id, slug) = (list["data"][0]["id"].as_str().unwrap().to_owned(), list["data"][0]["slug"].as_str().unwrap().to_owned());
    day.call("get_published_article", &anyone, &[&id], "?language=kk", None, None).await;
    day.call("get_published_article_by_slug", &anyone, &["kk", &slug], "?body_format=html", None, None).await;
    day.call("list_published_languages", &anyone, &[], "", None, None).await;
    day.call("list_published_sections", &anyone, &[], "", None, None).await;
    day.call("list_published_agencies", &anyone, &[], "", None, None).await;
    day.call("get_published_agency", &anyone, &["kazinform"], "", None, None).await;
    let staff = day.call("list_published_staff", &anyone, &[], "?limit=2", None, None).await.json();
    let id = staff["data"][0]["id"].as_str().unwrap().to_owned();
    day.call("get_published_staff_member", &anyone, &[&id], "", None, None).await;
}

async fn kills(day: &mut Scenario) {
    let app = day.app.clone();
    let (owner, partner) = (app.staff("editor@trend.example").await, app.staff("editor@kazinform.example").await);
    let story = async |caller: &Caller, slugline: &str| {
        let list = caller.get("/v1/articles?limit=100").expect(200).await.json();
        list["data"].as_array().unwrap().iter().find(|article| article["slugline"] == slugline).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let id = story(&owner, "MIDDLE-CORRIDOR").await;
    let preview = day.call("get_kill_preview", &owner, &[&id], "", None, None).await;
    let order = api::document()["components"]["schemas"]["StoryKill"]["example"].clone();
    day.call("kill_article", &owner, &[&id], "", Some(&preview.etag()), Some(order.clone())).await;
    let withheld = partner.get(&format!("/v1/articles/{id}/translations/kk")).expect(200).await;
    let reason = api::document()["components"]["schemas"]["LiftOrder"]["example"].clone();
    day.call("lift_translation", &partner, &[&id, "kk"], "", Some(&withheld.etag()), Some(reason)).await;

    // Its agency asks for four eyes.
    let (first, second) = (app.staff("editor@uza.example").await, app.staff("editor@platform.example").await);
    let id = story(&first, "SAMARKAND-PAPER").await;
    let path = format!("/v1/articles/{id}");
    let read = first.get(&path).expect(200).await;
    let ordered = first.post(&format!("{path}/kill")).if_match(&read.etag()).json(&order).expect(202).await;
    let reason = api::document()["components"]["schemas"]["KillCancellation"]["example"].clone();
    let canceled = day.call("cancel_kill", &second, &[&id], "", Some(&ordered.etag()), Some(reason)).await;
    let ordered = first.post(&format!("{path}/kill")).if_match(&canceled.etag()).json(&order).expect(202).await;
    day.call("confirm_kill", &second, &[&id], "", Some(&ordered.etag()), None).await;
}

/// A story of the editor's with a translation, both approved.
async fn approved_story(editor: &Caller) -> String {
    let new = json!({ "original_language": "en", "headline": "Wind over the Caspian", "body_html": "<p>The wind is strong.</p>" });
    let id = id_of(&editor.post("/v1/articles").json(&new).expect(201).await);
    let kk = json!({ "headline": "Каспий үстіндегі жел", "body_html": "<p>Жел күшті.</p>" });
    editor.put(&format!("/v1/articles/{id}/translations/kk")).header("If-None-Match", "*").json(&kk).expect(201).await;
    for language in ["en", "kk"] {
        for step in ["submit", "approve"] {
            let path = format!("/v1/articles/{id}/translations/{language}");
            let etag = editor.get(&path).expect(200).await.etag();
            editor.post(&format!("{path}/{step}")).if_match(&etag).expect(200).await;
        }
    }
    id
}

async fn by_the_clock(day: &mut Scenario) {
    let editor = day.app.staff("editor@trend.example").await;
    let id = approved_story(&editor).await;
    let order = api::document()["components"]["schemas"]["ScheduleOrder"]["example"].clone();
    let made = day.call("schedule_translation", &editor, &[&id, "en"], "", None, Some(order)).await;
    let entry = id_of(&made);
    day.call("list_schedule", &editor, &[], "?state=pending&limit=2", None, None).await;
    day.call("get_schedule_entry", &editor, &[&entry], "", None, None).await;
    let moved = day.call("update_schedule_entry", &editor, &[&entry], "", Some(&made.etag()), Some(json!({ "at": "2026-10-25T10:30" }))).await;
    day.call("cancel_schedule_entry", &editor, &[&entry], "", Some(&moved.etag()), None).await;
    let order = json!({ "languages": ["en", "kk"], "when": "deadline", "at": "2026-10-25T09:00", "time_zone": "Asia/Baku" });
    let made = day.call("create_release", &editor, &[&id], "", None, Some(order)).await;
    let release = id_of(&made);
    day.call("list_releases", &editor, &[&id], "", None, None).await;
    day.call("get_release", &editor, &[&release], "", None, None).await;
    day.call("cancel_release", &editor, &[&release], "", Some(&made.etag()), None).await;
}

async fn early_readers(day: &mut Scenario) {
    let app = day.app.clone();
    let editor = app.staff("editor@trend.example").await;
    let id = approved_story(&editor).await;
    let path = format!("/v1/articles/{id}/translations/kk");
    let order = api::document()["components"]["schemas"]["EmbargoOrder"]["example"].clone();
    let etag = editor.get(&path).expect(200).await.etag();
    let set = day.call("put_embargo", &editor, &[&id, "kk"], "", Some(&etag), Some(order.clone())).await;
    let freed = day.call("delete_embargo", &editor, &[&id, "kk"], "", Some(&set.etag()), None).await;
    let set = editor.put(&format!("{path}/embargo")).if_match(&freed.etag()).json(&order).expect(200).await;
    let published = editor.post(&format!("{path}/publish")).if_match(&set.etag()).expect(200).await;
    let admin = app.staff("admin@platform.example").await;
    let key = json!({ "name": "Early view", "scopes": ["partner:read"] });
    let key = admin.post("/v1/agencies/kazinform/api-keys").json(&key).expect(201).await.json()["key"].as_str().unwrap().to_owned();
    let partner = app.with_token(&key);
    day.call("list_partner_articles", &partner, &[], "?language=kk", None, None).await;
    day.call("get_partner_article", &partner, &[&id], "?language=kk&body_format=html", None, None).await;
    day.call("list_embargo_readers", &editor, &[&id, "kk"], "", None, None).await;
    let reason = api::document()["components"]["schemas"]["EmbargoLiftOrder"]["example"].clone();
    day.call("lift_embargo", &editor, &[&id, "kk"], "", Some(&published.etag()), Some(reason)).await;
}

async fn background(day: &mut Scenario) {
    use newsroom::db::Reader;
    let app = day.app.clone();
    app.drain_jobs().await;
    let admin = app.staff("admin@platform.example").await;
    let dead = "UPDATE jobs SET dead_at = created_at, attempts = 12, error_class = 'outside', error_code = 'unavailable'";
    let now = app.state.clock.now();
    let embargo = newsroom::translations::EndEmbargo { article: uuid::Uuid::nil(), language: newsroom::language::Tag::parse("kk").unwrap() };
    newsroom::jobs::enqueue(app.state.db.write(), &embargo, now, now).await.unwrap();
    app.state.db.write().query(dead).execute().await.unwrap();
    let list = day.call("list_jobs", &admin, &[], "?state=dead&limit=2", None, None).await.json();
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    day.call("retry_job", &admin, &[&id], "", None, None).await;
    app.state.db.write().query(dead).execute().await.unwrap();
    day.call("discard_job", &admin, &[&id], "", None, None).await;
}

async fn front_ends(day: &mut Scenario) {
    let (app, anyone) = (day.app.clone(), day.app.anonymous());
    let editor = app.staff("editor@platform.example").await;
    let new = json!({ "original_language": "en", "headline": "Wind on the coast", "body_html": "<p>The wind is strong.</p>", "urgency": 2 });
    let created = editor.post("/v1/articles").json(&new).expect(201).await;
    let id = id_of(&created);
    let made = day.call("create_preview_link", &editor, &[&id, "en"], "", None, Some(json!({ "expires_in_minutes": 120 }))).await.json();
    let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    day.call("get_preview", &anyone, &[&token], "?body_format=html", None, None).await;
    day.call("list_preview_links", &editor, &[&id, "en"], "", None, None).await;
    day.call("revoke_preview_link", &editor, &[made["id"].as_str().unwrap()], "", None, None).await;
    day.call("create_front_page", &editor, &[], "", None, Some(json!({ "name": "morning" }))).await;
    let slots = json!({ "slots": [{ "article_id": id, "pinned": true, "until": "2026-07-25T06:00:00Z" }] });
    let put = editor.put("/v1/front-pages/morning/en").header("If-None-Match", "*").json(&slots).expect(201).await;
    let slots = json!({ "slots": [{ "article_id": id, "pinned": true, "until": "2026-07-25T08:00:00Z" }] });
    let put = editor.put("/v1/front-pages/morning/en").if_match(&put.etag()).json(&slots).expect(200).await;
    day.record("put_front_page_edition", Some(slots), &put);
    day.call("list_published_changes", &anyone, &[], "?after=3&limit=2", None, None).await;
    day.call("list_front_pages", &editor, &[], "", None, None).await;
    day.call("get_front_page", &editor, &["morning"], "", None, None).await;
    day.call("get_front_page_edition", &editor, &["morning", "en"], "", None, None).await;
    let later = json!({ "at": "2026-07-25T06:00:00+05:00", "slots": [{ "article_id": id }] });
    let change = id_of(&day.call("schedule_front_page_change", &editor, &["morning", "en"], "", None, Some(later)).await);
    day.call("list_front_page_changes", &editor, &["morning", "en"], "", None, None).await;
    day.call("get_front_page_change", &editor, &["morning", "en", &change], "", None, None).await;
    day.call("cancel_front_page_change", &editor, &["morning", "en", &change], "", None, None).await;
    let place = format!("/v1/articles/{id}/translations/en");
    let published = editor.get(&place).expect(200).await;
    let published = editor.post(&format!("{place}/publish")).if_match(&published.etag()).expect(200).await;
    let edited = editor.patch(&place).if_match(&published.etag()).json(&json!({ "headline": "Wind on the western coast" })).expect(200).await;
    let order = json!({ "change_kind": "correction", "public_note": "An earlier version named the wrong coast." });
    editor.post(&format!("{place}/publish")).if_match(&edited.etag()).json(&order).expect(200).await;
    day.call("list_published_front_pages", &anyone, &[], "", None, None).await;
    day.call("get_published_front_page", &anyone, &["morning"], "?language=en", None, None).await;
    day.call("list_published_corrections", &anyone, &[], "?language=en", None, None).await;
}

/// Colleagues talk about a text, are told things, and see each other in it.
async fn talk(day: &mut Scenario) {
    let app = day.app.clone();
    let editor = app.staff("editor@trend.example").await;
    let journalist = app.staff("journalist@trend.example").await;
    let new = json!({ "original_language": "az", "headline": "Xəzərdə külək", "body_html": "<p>Külək güclüdür.</p>" });
    let created = journalist.post("/v1/articles").json(&new).expect(201).await.json();
    let id = created["id"].as_str().unwrap();
    let block = created["original"]["body"][0]["_key"].clone();
    let question = json!({ "text": "Where does this figure come from?", "block": block, "mentions": [journalist.id] });
    let said = day.call("create_comment", &editor, &[id, "az"], "", None, Some(question)).await;
    let comment = id_of(&said);
    let better = json!({ "text": "Where do these figures come from?" });
    day.call("update_comment", &editor, &[&comment], "", Some(&said.etag()), Some(better)).await;
    day.call("get_comment", &editor, &[&comment], "", None, None).await;
    day.call("resolve_comment", &journalist, &[&comment], "", None, None).await;
    day.call("reopen_comment", &journalist, &[&comment], "", None, None).await;
    let reply = json!({ "text": "From the ministry.", "thread": comment });
    let reply = journalist.post(&format!("/v1/articles/{id}/translations/az/comments")).json(&reply).expect(201).await;
    day.call("list_comments", &editor, &[id, "az"], "?state=open", None, None).await;
    day.call("delete_comment", &journalist, &[&id_of(&reply)], "", Some(&reply.etag()), None).await;
    let notices = day.call("list_notices", &journalist, &[], "?unread=true", None, None).await.json();
    let notice = notices["data"][0]["id"].as_str().unwrap().to_owned();
    day.call("read_notice", &journalist, &[&notice], "", None, None).await;
    day.call("read_notices", &journalist, &[], "", None, Some(json!({ "up_to": notice }))).await;
    journalist.put(&format!("/v1/articles/{id}/translations/az/editing")).expect(200).await;
    day.call("announce_editing", &editor, &[id, "az"], "", None, Some(json!({ "block": block }))).await;
    day.call("list_editing", &editor, &[id, "az"], "", None, None).await;
    day.call("leave_editing", &editor, &[id, "az"], "", None, None).await;
}

async fn audit(day: &mut Scenario) {
    let admin = day.app.staff("admin@trend.example").await;
    day.call("list_audit_entries", &admin, &[], "?action=text.corrected&limit=2", None, None).await;
    day.call("export_audit_entries", &admin, &[], "?limit=1", None, None).await;
}

async fn desk(day: &mut Scenario) {
    let app = day.app.clone();
    let (editor, journalist) = (app.staff("editor@trend.example").await, app.staff("journalist@trend.example").await);
    let story = json!({ "original_language": "az", "headline": "Külək enerjisi", "body_html": "<p>Külək güclüdür.</p>" });
    let id = id_of(&editor.post("/v1/articles").json(&story).expect(201).await);
    let order = json!({ "languages": ["en", "kk"], "due_at": "2027-07-24T18:00:00Z", "note": "Before the evening news, please." });
    let asked = day.call("request_translations", &editor, &[&id], "", None, Some(order)).await.json();
    let work = |n: usize| asked["data"][n]["id"].as_str().unwrap().to_owned();
    let review = json!({ "kind": "review", "language": "az", "note": "Please look at the figures." });
    day.call("create_assignment", &editor, &[&id], "", None, Some(review)).await;
    day.call("list_assignments", &journalist, &[], "?open=true&language=en&limit=2", None, None).await;
    let read = day.call("get_assignment", &journalist, &[&work(0)], "", None, None).await;
    let claimed = day.call("claim_assignment", &journalist, &[&work(0)], "", Some(&read.etag()), None).await;
    let renewed = day.call("renew_assignment", &journalist, &[&work(0)], "", Some(&claimed.etag()), None).await;
    let released = day.call("release_assignment", &journalist, &[&work(0)], "", Some(&renewed.etag()), None).await;
    let change = json!({ "due_at": "2027-07-24T20:00:00Z", "assignee_id": journalist.id });
    let changed = day.call("update_assignment", &editor, &[&work(0)], "", Some(&released.etag()), Some(change)).await;
    let reason = json!({ "reason": "Nobody at the desk is free today." });
    day.call("decline_assignment", &journalist, &[&work(0)], "", Some(&changed.etag()), Some(reason)).await;
    let reason = json!({ "reason": "The story is overtaken." });
    day.call("cancel_assignment", &editor, &[&work(1)], "", Some("\"v1\""), Some(reason)).await;
    day.call("get_coverage", &editor, &[], "?languages=az,en,kk,kk-Latn&limit=2", None, None).await;
}

async fn exchange(day: &mut Scenario) {
    let editor = day.app.staff("editor@trend.example").await;
    let new = json!({ "original_language": "az", "headline": "Xəzər sahilində yaşıl enerji", "body_html": "<p>Külək güclüdür.</p>" });
    let id = id_of(&editor.post("/v1/articles").json(&new).expect(201).await);
    let (method, path) = address("export_xliff", &[&id, "kk"]);
    let exported = editor.request(method, &path).expect(200).await;
    day.recorded.insert("export_xliff".to_owned(), json!({ "status": 200, "request": null, "response": null }));
    let file = exported.text().replacen("</source>", "</source><target>Каспий жағалауында жасыл энергия</target>", 1);
    let (method, path) = address("import_xliff", &[&id, "kk"]);
    let request = editor.request(method, &format!("{path}?partial=true")).header("If-None-Match", "*").body("application/xliff+xml", file);
    let imported = request.expect(201).await;
    day.record("import_xliff", None, &imported);
}

async fn names(day: &mut Scenario) {
    let editor = day.app.staff("editor@trend.example").await;
    let new = api::document()["components"]["schemas"]["NewName"]["example"].clone();
    let created = day.call("create_name", &editor, &[], "", None, Some(new)).await;
    let id = id_of(&created);
    day.call("list_names", &editor, &[], "?q=aghd&kind=place&language=az&sort=name&limit=2", None, None).await;
    day.call("get_name", &editor, &[&id], "", None, None).await;
    let change = api::document()["components"]["schemas"]["NameChange"]["example"].clone();
    let changed = day.call("update_name", &editor, &[&id], "", Some(&created.etag()), Some(change)).await;
    day.call("lookup_names", &editor, &[], "?text=A%C4%9Fdamda&language=az", None, None).await;
    let story = json!({ "original_language": "az", "headline": "Agdam bərpa olunur", "body_html": "<p>Ağdamda yeni yol açıldı.</p>" });
    let story = id_of(&editor.post("/v1/articles").json(&story).expect(201).await);
    let text = json!({ "headline": "Aghdam is rebuilt", "body_html": "<p>A road was opened in Aghdam.</p>" });
    editor.put(&format!("/v1/articles/{story}/translations/en")).header("If-None-Match", "*").json(&text).expect(201).await;
    day.call("get_translation_names", &editor, &[&story, "az"], "", None, None).await;
    day.call("delete_name", &editor, &[&id], "", Some(&changed.etag()), None).await;
}

/// Readers look for what has just been published.
async fn search(day: &mut Scenario) {
    let (editor, anyone) = (day.app.staff("editor@trend.example").await, day.app.anonymous());
    let new = json!({ "original_language": "az", "headline": "Şuşada xarıbülbül festivalı", "body_html": "<p>Xarıbülbül festivalı Şuşada açıldı.</p>" });
    let id = id_of(&editor.post("/v1/articles").json(&new).expect(201).await);
    let place = format!("/v1/articles/{id}/translations/az");
    let text = editor.get(&place).expect(200).await;
    editor.post(&format!("{place}/publish")).if_match(&text.etag()).expect(200).await;
    let query = "?q=%D1%85%D0%B0%D1%80%D1%8B%D0%B1%D2%AF%D0%BB%D0%B1%D2%AF%D0%BB&language=az";
    day.call("search_published_articles", &anyone, &[], query, None, None).await;
    day.call("suggest_published_articles", &anyone, &[], "?q=xarib", None, None).await;
}

async fn words(day: &mut Scenario) {
    let editor = day.app.staff("editor@trend.example").await;
    let new = json!({ "original_language": "uz-Cyrl", "headline": "Халқаpо кўргазма" });
    let id = id_of(&editor.post("/v1/articles").json(&new).expect(201).await);
    day.call("get_translation_warnings", &editor, &[&id, "uz-Cyrl"], "", None, None).await;
    let order = json!({ "text": "bu aksiya", "from": "uz", "to": "uz-Cyrl" });
    day.call("transliterate_text", &editor, &[], "", None, Some(order)).await;
    day.call("detect_language", &editor, &[], "", None, Some(json!({ "text": "Қазақстанда жаңа мектептер ашылды" }))).await;
    let order = json!({ "headline": "Халқаpо суд", "language": "uz-Cyrl" });
    day.call("check_text", &editor, &[], "", None, Some(order)).await;
    let order = json!({ "text": "Қазақстан Республикасы", "language": "kk" });
    day.call("make_slug", &editor, &[], "", None, Some(order)).await;
    let order = json!({ "items": ["Шымкент", "Әулиекөл", "Алматы"], "language": "kk" });
    day.call("sort_list", &editor, &[], "", None, Some(order)).await;
}

/// A text gets its twin in another script, and the house learns a word.
async fn scripts(day: &mut Scenario) {
    let editor = day.app.staff("editor@trend.example").await;
    let new = json!({ "original_language": "uz", "headline": "Yashil energiya", "body_html": "<p>Bu aksiya, u aksiya, shu aksiya.</p>" });
    let id = id_of(&editor.post("/v1/articles").json(&new).expect(201).await);
    let made = day.call("create_variant", &editor, &[&id, "uz"], "", None, Some(json!({ "language": "uz-Cyrl" }))).await;
    let list = day.call("list_variant_warnings", &editor, &[&id, "uz", "uz-Cyrl"], "?state=open&limit=2", None, None).await.json();
    let warning = |n: usize| list["data"][n]["id"].as_str().unwrap().to_owned();
    let accepted = day.call("accept_variant_warning", &editor, &[&id, "uz", "uz-Cyrl", &warning(0)], "", Some(&made.etag()), Some(json!({}))).await;
    let correction = json!({ "text": "аксия", "learn": "agency" });
    let corrected = day.call("correct_variant_warning", &editor, &[&id, "uz", "uz-Cyrl", &warning(1)], "", Some(&accepted.etag()), Some(correction)).await;
    let review = json!({ "overrule": true });
    let reviewed = day.call("review_variant", &editor, &[&id, "uz", "uz-Cyrl"], "", Some(&corrected.etag()), Some(review)).await;
    let reason = json!({ "reason": "The text is for readers of one country, and goes its own way." });
    day.call("detach_variant", &editor, &[&id, "uz", "uz-Cyrl"], "", Some(&reviewed.etag()), Some(reason)).await;
    let word = json!({ "from": "uz", "to": "uz-Cyrl", "word": "sirk", "replacement": "цирк" });
    let entry = day.call("create_lexicon_entry", &editor, &[], "", None, Some(word)).await;
    let entry_id = id_of(&entry);
    day.call("list_lexicon_entries", &editor, &[], "?from=uz&limit=2", None, None).await;
    day.call("get_lexicon_entry", &editor, &[&entry_id], "", None, None).await;
    let change = json!({ "replacement": "сирк" });
    let changed = day.call("update_lexicon_entry", &editor, &[&entry_id], "", Some(&entry.etag()), Some(change)).await;
    day.call("delete_lexicon_entry", &editor, &[&entry_id], "", Some(&changed.etag()), None).await;
}

/// An agency writes its language in another alphabet from a day on, and thinks better of it.
async fn alphabets(day: &mut Scenario) {
    let admin = day.app.staff("admin@trend.example").await;
    let order = json!({ "language": "uz", "to": "2026", "at": "2036-09-01T00:00", "time_zone": "Asia/Tashkent" });
    let ordered = day.call("create_orthography_switch", &admin, &[], "", None, Some(order)).await;
    let id = id_of(&ordered);
    day.call("list_orthography_switches", &admin, &[], "?state=waiting&limit=2", None, None).await;
    day.call("get_orthography_switch", &admin, &[&id], "", None, None).await;
    day.call("list_orthography_switch_texts", &admin, &[&id], "?outcome=left_alone,failed", None, None).await;
    day.call("cancel_orthography_switch", &admin, &[&id], "", Some(&ordered.etag()), None).await;
}

/// A program keeps a copy by the events.
async fn followers(day: &mut Scenario) {
    let (method, path) = address("stream_published_changes", &[]);
    let told = day.app.anonymous().request(method, &format!("{path}?after=3&types=published")).header("Last-Event-ID", "5").expect(200).await;
    assert!(told.text().contains("id: 6\n"), "{}", told.text());
    day.recorded.insert("stream_published_changes".to_owned(), json!({ "status": 200, "request": null, "response": null }));
}
