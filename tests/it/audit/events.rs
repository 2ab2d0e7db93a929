//! Every event leaves exactly one entry; what is refused, undone or repeated leaves none.

use super::{ADMIN, EDITOR, JOURNALIST, Log, PLATFORM, draft, id, is_whole, mailed_link, patch, step};
use crate::on_both;
use crate::support::App;
use newsroom::audit::{self, Action, By, Entry};
use serde_json::{Value, json};

on_both!(
    texts_leave_one_entry_an_event,
    people_leave_one_entry_an_event,
    whoever_moves_is_told_of_to_both_agencies,
    agencies_leave_one_entry_an_event,
    sections_leave_one_entry_an_event,
    what_is_refused_leaves_none,
    what_is_undone_leaves_none,
    what_is_repeated_leaves_one,
);

async fn texts_leave_one_entry_an_event(app: App) {
    let mut log = Log::of(&app).await;
    let editor = app.staff(EDITOR).await;
    let journalist = app.staff(JOURNALIST).await.id;
    let (article, text) = draft(&editor).await;
    log.expect(&[]).await;
    step(&editor, &text, "assign", &json!({ "staff_id": journalist })).await;
    assert_eq!(log.expect(&["text.assigned"]).await, json!({ "assignee": { "from": editor.id, "to": journalist } }));
    step(&editor, &text, "assign", &json!({ "staff_id": journalist })).await;
    log.expect(&[]).await;
    step(&editor, &text, "submit", &Value::Null).await;
    step(&editor, &text, "approve", &Value::Null).await;
    log.expect(&[]).await;
    step(&editor, &text, "publish", &Value::Null).await;
    let details = log.expect(&["text.published"]).await;
    assert_eq!((&details["revision"], &details["change_kind"]), (&json!(1), &Value::Null));
    for (kind, action) in [("fix", "text.published"), ("update", "text.published"), ("clarification", "text.corrected"), ("correction", "text.corrected")] {
        patch(&editor, &text, &json!({ "summary": kind })).await;
        step(&editor, &text, "publish", &json!({ "change_kind": kind, "public_note": "The port was wrong." })).await;
        let details = log.expect(&[action]).await;
        assert_eq!(details["change_kind"], kind);
        assert!(!details.to_string().contains("port"), "words of readers: {details}");
    }
    step(&editor, &text, "unpublish", &Value::Null).await;
    log.expect(&["text.unpublished"]).await;
    step(&editor, &text, "kill", &json!({ "reason": "Forged.", "public_note": "Not true." })).await;
    let details = log.expect(&["text.killed"]).await;
    assert!(!details.to_string().contains("Forged"), "{details}");
    let path = format!("/v1/articles/{article}");
    for (shared, actions) in [(true, &["article.shared"][..]), (true, &[]), (false, &["article.unshared"])] {
        patch(&editor, &path, &json!({ "shared": shared })).await;
        log.expect(actions).await;
    }
    is_whole(&app).await;
}

async fn people_leave_one_entry_an_event(app: App) {
    let mut log = Log::of(&app).await;
    let admin = app.staff(ADMIN).await;
    let new = json!({ "email": "dana@trend.example", "role": "journalist", "languages": ["en"], "names": { "en": "Dana" } });
    let dana = id(&admin.post("/v1/staff").json(&new).expect(201).await);
    assert_eq!(log.expect(&["staff.invited"]).await, json!({ "role": "journalist" }));
    let path = format!("/v1/staff/{dana}");
    admin.post(&format!("{path}/invitation")).expect(200).await;
    log.expect(&["staff.invitation_renewed"]).await;
    let redeem = json!({ "token": mailed_link(&app), "password": "a quite different mare" });
    app.anonymous().post("/v1/auth/invitations/accept").json(&redeem).expect(200).await;
    log.expect(&["staff.accepted"]).await;
    patch(&admin, &path, &json!({ "role": "editor", "names": { "az": "Dana" } })).await;
    let details = log.expect(&["staff.role_changed"]).await;
    assert_eq!(details, json!({ "role": { "from": "journalist", "to": "editor" }, "changed": ["names"] }));
    patch(&admin, &path, &json!({ "bios": { "en": "Writes." } })).await;
    assert_eq!(log.expect(&["staff.changed"]).await, json!({ "changed": ["bios"] }));
    patch(&admin, &path, &json!({ "role": "editor" })).await;
    log.expect(&[]).await;
    admin.post(&format!("{path}/password-reset")).expect(202).await;
    log.expect(&["password.reset_sent"]).await;
    for (taken, action) in [("suspend", "staff.suspended"), ("reinstate", "staff.reinstated"), ("depart", "staff.departed")] {
        assert_eq!(step(&admin, &path, taken, &Value::Null).await.status, 200);
        log.expect(&[action]).await;
    }
    let person = |email: &str| json!({ "email": email, "role": "journalist", "languages": ["az"], "names": { "az": "Bir" } });
    let rows = json!([person("one@trend.example"), person("no address"), person("two@trend.example"), person(EDITOR)]);
    admin.post("/v1/staff/import").json(&rows).expect(200).await;
    assert_eq!(log.expect(&["staff.invited", "staff.invited"]).await, json!({ "role": "journalist", "import": true }));
    admin.post("/v1/staff/import").json(&rows).expect(200).await;
    log.expect(&[]).await;
    is_whole(&app).await;
}

async fn whoever_moves_is_told_of_to_both_agencies(app: App) {
    let mut log = Log::of(&app).await;
    let platform = app.staff(PLATFORM).await;
    let journalist = app.staff(JOURNALIST).await.id;
    patch(&platform, &format!("/v1/staff/{journalist}"), &json!({ "agency": "kazinform" })).await;
    log.expect(&["staff.moved_out", "staff.moved_in"]).await;
    let moved = platform.get(&format!("/v1/audit?subject={journalist}&limit=2")).expect(200).await.json();
    let trend = platform.get("/v1/agencies/trend").expect(200).await.json()["id"].clone();
    let kazinform = platform.get("/v1/agencies/kazinform").expect(200).await.json()["id"].clone();
    assert_eq!((&moved["data"][0]["agency_id"], &moved["data"][1]["agency_id"]), (&kazinform, &trend));
    assert_eq!(moved["data"][0]["details"], json!({ "agency": { "from": trend, "to": kazinform } }));
}

async fn agencies_leave_one_entry_an_event(app: App) {
    let mut log = Log::of(&app).await;
    let platform = app.staff(PLATFORM).await;
    let new = json!({ "slug": "steppe-news", "country": "KZ", "languages": ["kk"], "names": { "kk": "Дала" }, "time_zone": "Asia/Aqtau" });
    platform.post("/v1/agencies").json(&new).expect(201).await;
    log.expect(&["agency.created"]).await;
    let agency = "/v1/agencies/steppe-news";
    patch(&platform, agency, &json!({ "four_eyes": true, "names": { "en": "Steppe" } })).await;
    assert_eq!(log.expect(&["agency.changed"]).await, json!({ "four_eyes": { "from": false, "to": true }, "changed": ["names"] }));
    patch(&platform, agency, &json!({ "four_eyes": true })).await;
    log.expect(&[]).await;
    let office = json!({ "names": { "en": "Aktau" }, "country": "KZ", "city": "Aktau", "time_zone": "Asia/Aqtau" });
    let office = id(&platform.post(&format!("{agency}/offices")).json(&office).expect(201).await);
    log.expect(&["office.created"]).await;
    let path = format!("{agency}/offices/{office}");
    let changed = patch(&platform, &path, &json!({ "city": "Ақтау", "head_office": true })).await;
    log.expect(&["office.changed"]).await;
    platform.delete(&path).if_match(&changed.etag()).expect(204).await;
    log.expect(&["office.deleted"]).await;
    let agreement = json!({ "title": "Memorandum", "sharing": "flagged" });
    let agreement = id(&platform.post(&format!("{agency}/agreements")).json(&agreement).expect(201).await);
    log.expect(&["agreement.created"]).await;
    patch(&platform, &format!("{agency}/agreements/{agreement}"), &json!({ "sharing": "all", "in_force_to": "2027-02-28" })).await;
    let details = log.expect(&["agreement.changed"]).await;
    assert_eq!(details, json!({ "sharing": { "from": "flagged", "to": "all" }, "in_force_to": { "from": null, "to": "2027-02-28" } }));
    let key = json!({ "name": "Wire", "scopes": ["articles:read"] });
    let key = id(&platform.post(&format!("{agency}/api-keys")).json(&key).expect(201).await);
    assert_eq!(log.expect(&["api_key.created"]).await["scopes"], json!(["articles:read"]));
    let path = format!("{agency}/api-keys/{key}");
    platform.delete(&path).expect(204).await;
    log.expect(&["api_key.revoked"]).await;
    platform.delete(&path).expect(204).await;
    log.expect(&[]).await;
    for (taken, action) in [("suspend", "agency.suspended"), ("reinstate", "agency.reinstated")] {
        assert_eq!(step(&platform, agency, taken, &Value::Null).await.status, 200);
        log.expect(&[action]).await;
    }
    is_whole(&app).await;
}

async fn sections_leave_one_entry_an_event(app: App) {
    let mut log = Log::of(&app).await;
    let platform = app.staff(PLATFORM).await;
    platform.post("/v1/sections").json(&json!({ "slug": "radio", "names": { "en": "Radio" } })).expect(201).await;
    log.expect(&["section.created"]).await;
    let path = "/v1/sections/radio";
    for (change, actions) in [
        (json!({ "names": { "az": "Radio" } }), &["section.changed"][..]),
        (json!({ "names": { "az": "Radio" } }), &[]),
        (json!({ "state": "retired" }), &["section.retired"]),
        (json!({ "state": "active" }), &["section.restored"]),
    ] {
        patch(&platform, path, &change).await;
        log.expect(actions).await;
    }
    let list = platform.get("/v1/sections?state=active").expect(200).await.json();
    let mut order: Vec<String> = list["data"].as_array().unwrap().iter().map(|section| section["slug"].as_str().unwrap().to_owned()).collect();
    platform.post("/v1/sections/order").json(&json!({ "sections": order })).expect(200).await;
    log.expect(&[]).await;
    order.swap(0, 1);
    platform.post("/v1/sections/order").json(&json!({ "sections": order })).expect(200).await;
    assert_eq!(log.expect(&["section.ordered"]).await, json!({ "moved": 2 }));
    is_whole(&app).await;
}

async fn what_is_refused_leaves_none(app: App) {
    let mut log = Log::of(&app).await;
    let (editor, journalist) = (app.staff(EDITOR).await, app.staff(JOURNALIST).await);
    let (admin, foreign) = (app.staff(ADMIN).await, app.staff("editor@kazinform.example").await);
    let (article, text) = draft(&editor).await;
    let publish = format!("{text}/publish");
    for (caller, etag, status) in [(&journalist, "\"v1\"", 403), (&foreign, "\"v1\"", 404), (&editor, "\"v0\"", 412)] {
        caller.post(&publish).if_match(etag).expect(status).await;
    }
    editor.post(&publish).expect(428).await;
    assert_eq!(step(&editor, &text, "unpublish", &Value::Null).await.code(), "illegal_transition");
    assert_eq!(step(&editor, &text, "publish", &json!({ "change_kind": "fix" })).await.code(), "validation_failed");
    assert_eq!(step(&editor, &text, "assign", &json!({ "staff_id": foreign.id })).await.code(), "validation_failed");
    editor.patch(&format!("/v1/articles/{article}")).if_match("\"v9\"").json(&json!({ "shared": true })).expect(412).await;
    // The last admin of the agency stays.
    assert_eq!(step(&admin, &format!("/v1/staff/{}", admin.id), "depart", &Value::Null).await.code(), "conflict");
    admin.post("/v1/agencies/kazinform/api-keys").json(&json!({ "name": "x", "scopes": ["articles:read"] })).expect(404).await;
    admin.post("/v1/sections").json(&json!({ "slug": "radio", "names": { "en": "Radio" } })).expect(403).await;
    admin.delete(&format!("/v1/agencies/trend/api-keys/{article}")).expect(404).await;
    log.expect(&[]).await;
    is_whole(&app).await;
}

async fn what_is_undone_leaves_none(app: App) {
    let mut log = Log::of(&app).await;
    let entry = || Entry { action: Action::SectionsOrdered, agency: None, subject: audit::HOUSE, language: None, details: json!({}) };
    let now = app.state.clock.now();
    for commit in [false, true, false] {
        let mut tx = app.state.db.begin().await.unwrap();
        audit::record(&mut tx, By::Service, entry(), now).await.unwrap();
        if commit {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
        }
    }
    log.expect(&["section.ordered"]).await;
    // A job that runs twice.
    for _ in 0..2 {
        let mut tx = app.state.db.begin().await.unwrap();
        audit::record_once(&mut tx, By::Service, Entry { details: json!({ "attempt": 1 }), ..entry() }, now).await.unwrap();
        tx.commit().await.unwrap();
    }
    log.expect(&["section.ordered"]).await;
    is_whole(&app).await;
}

async fn what_is_repeated_leaves_one(app: App) {
    let mut log = Log::of(&app).await;
    let (platform, editor) = (app.staff(PLATFORM).await, app.staff(EDITOR).await);
    for _ in 0..3 {
        let new = json!({ "slug": "radio", "names": { "en": "Radio" } });
        platform.post("/v1/sections").header("Idempotency-Key", "a").json(&new).expect(201).await;
    }
    log.expect(&["section.created"]).await;
    let (_, text) = draft(&editor).await;
    let etag = editor.get(&text).expect(200).await.etag();
    for _ in 0..3 {
        editor.post(&format!("{text}/publish")).header("Idempotency-Key", "b").if_match(&etag).expect(200).await;
    }
    log.expect(&["text.published"]).await;
}
