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
    readers(&mut day).await;
    exchange(&mut day).await;
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

/// Files are no JSON: the document has an example of its own for them.
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
