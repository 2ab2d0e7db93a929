//! Who reads the log, its filters and pages, and the export that others verify.

use super::{ADMIN, EDITOR, JOURNALIST, PLATFORM, draft, last, step};
use crate::on_both;
use crate::support::{App, Caller};
use newsroom::db::Reader;
use newsroom::secrets::sha256;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    admins_read_what_is_their_agencys,
    an_entry_says_who_did_what_to_what,
    filters_leave_what_fits,
    what_cannot_be_asked_is_named,
    pages_hold_everything_once,
    an_export_can_be_verified_by_others,
    an_agency_exports_its_own_entries,
    an_export_is_a_table_too,
);

async fn items(caller: &Caller, query: &str) -> Vec<Value> {
    caller.get(&format!("/v1/audit{query}")).expect(200).await.json()["data"].as_array().unwrap().clone()
}

async fn agency(caller: &Caller, slug: &str) -> Value {
    caller.get(&format!("/v1/agencies/{slug}")).expect(200).await.json()["id"].clone()
}

async fn admins_read_what_is_their_agencys(app: App) {
    let (admin, platform) = (app.staff(ADMIN).await, app.staff(PLATFORM).await);
    let trend = agency(&platform, "trend").await;
    let own = items(&admin, "?limit=100").await;
    assert!(own.len() > 10 && own.iter().all(|entry| entry["agency_id"] == trend));
    let all = items(&platform, "?limit=100").await;
    assert!(all.iter().any(|entry| entry["agency_id"] != trend));
    assert!(items(&admin, "?agency=kazinform").await.is_empty());
    assert!(!items(&platform, "?agency=kazinform").await.is_empty());
    assert!(items(&platform, "?sort=seq&limit=1").await[0]["seq"] == 1, "the beginning of the log is no entry");
    let key = json!({ "name": "x", "scopes": ["partner:read", "articles:read", "articles:submit", "articles:publish"] });
    let key = admin.post("/v1/agencies/trend/api-keys").json(&key).expect(201).await.json()["key"].as_str().unwrap().to_owned();
    for caller in [app.staff(EDITOR).await, app.staff(JOURNALIST).await, app.staff("editor@platform.example").await, app.with_token(&key)] {
        for path in ["/v1/audit", "/v1/audit/export"] {
            assert_eq!(caller.get(path).expect(403).await.code(), "forbidden");
        }
    }
    assert_eq!(app.anonymous().get("/v1/audit").expect(401).await.code(), "unauthenticated");
}

async fn an_entry_says_who_did_what_to_what(app: App) {
    let (admin, editor) = (app.staff(ADMIN).await, app.staff(EDITOR).await);
    let (article, text) = draft(&editor).await;
    step(&editor, &text, "publish", &Value::Null).await;
    let entry = items(&admin, "?limit=1").await.remove(0);
    let name = admin.get(&format!("/v1/staff/{}", editor.id)).expect(200).await.json()["names"]["en"].clone();
    assert_eq!(entry["seq"], last(&app).await);
    assert_eq!(entry["at"], "2026-07-24T12:00:00Z");
    assert_eq!(entry["actor"], json!({ "kind": "staff", "id": editor.id, "name": name }));
    assert_eq!((&entry["action"], &entry["language"]), (&json!("text.published"), &json!("az")));
    assert_eq!(entry["subject"], json!({ "kind": "article", "id": article }));
    assert_eq!(entry["details"]["type"], "published");
    assert!(entry["hash"].as_str().is_some_and(|hash| hash.len() == 64));
}

async fn filters_leave_what_fits(app: App) {
    let (admin, editor, platform) = (app.staff(ADMIN).await, app.staff(EDITOR).await, app.staff(PLATFORM).await);
    app.advance(Duration::from_mins(1));
    let (article, text) = draft(&editor).await;
    step(&editor, &text, "publish", &Value::Null).await;
    app.advance(Duration::from_mins(1));
    step(&editor, &text, "unpublish", &Value::Null).await;
    let found = |entries: Vec<Value>| entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    for (query, expected) in [
        (format!("?subject={article}"), vec!["text.unpublished", "text.published"]),
        (format!("?subject={article}&sort=seq"), vec!["text.published", "text.unpublished"]),
        (format!("?subject={article}&action=text.published,text.killed"), vec!["text.published"]),
        (format!("?subject={article}&language=kk,tr"), vec![]),
        (format!("?subject={article}&language=az&actor={}", editor.id), vec!["text.unpublished", "text.published"]),
        (format!("?subject={article}&actor={}", admin.id), vec![]),
        (format!("?actor={}&after=2026-07-24T12:01:00Z", editor.id), vec!["text.unpublished"]),
        (format!("?actor={}&after=2026-07-24T12:00:30Z&before=2026-07-24T12:02:00Z", editor.id), vec!["text.published"]),
    ] {
        assert_eq!(found(items(&admin, &query).await), expected, "{query}");
        assert_eq!(found(items(&platform, &query).await), expected, "{query}");
    }
    let kinds = items(&platform, "?agency=trend,kazinform&limit=100").await;
    let (trend, kazinform) = (agency(&platform, "trend").await, agency(&platform, "kazinform").await);
    assert!(kinds.iter().all(|entry| entry["agency_id"] == trend || entry["agency_id"] == kazinform));
}

async fn what_cannot_be_asked_is_named(app: App) {
    let platform = app.staff(PLATFORM).await;
    for (query, parameter) in [
        ("action=text.burnt", "action"),
        ("actor=me", "actor"),
        ("agency=nowhere", "agency"),
        ("language=xx-yy-zz", "language"),
        ("after=yesterday", "after"),
        ("sort=at", "sort"),
        ("limit=101", "limit"),
        ("subjects=1", "subjects"),
    ] {
        let answer = platform.get(&format!("/v1/audit?{query}")).expect(400).await;
        assert_eq!(answer.faults(), [parameter], "{query}");
    }
    for (query, parameter) in [("limit=0", "limit"), ("limit=5001", "limit"), ("format=xml", "format"), ("after_seq=x", "after_seq")] {
        let answer = platform.get(&format!("/v1/audit/export?{query}")).expect(400).await;
        assert_eq!(answer.faults(), [parameter], "{query}");
    }
    platform.get("/v1/audit/export").header("Accept", "application/x-ndjson").expect(200).await;
    platform.get("/v1/audit").header("Accept", "text/csv").expect(406).await;
}

async fn pages_hold_everything_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    let newest = last(&app).await;
    let mut seen = vec![];
    let mut cursor = String::new();
    loop {
        let page = platform.get(&format!("/v1/audit?limit=30{cursor}")).expect(200).await.json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|entry| entry["seq"].as_i64().unwrap()));
        let Some(next) = page["meta"]["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, (1..=newest).rev().collect::<Vec<_>>());
    let page = platform.get("/v1/audit?limit=1").expect(200).await.json();
    let next = page["meta"]["next_cursor"].as_str().unwrap();
    let other = platform.get(&format!("/v1/audit?limit=1&sort=seq&cursor={next}")).expect(400).await;
    assert_eq!(other.code(), "invalid_cursor");
}

fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// Does what the description of the operation says.
fn verify(line: &Value) {
    let bytes = [unhex(&line["previous_hash"]), line["hashed"].as_str().unwrap().as_bytes().to_vec()].concat();
    assert_eq!(sha256(&bytes).to_vec(), unhex(&line["hash"]), "{line}");
    let hashed: Value = serde_json::from_str(line["hashed"].as_str().unwrap()).unwrap();
    assert_eq!((&hashed[0], &hashed[2], &hashed[3]), (&line["seq"], &line["actor"]["kind"], &line["actor"]["id"]));
    assert_eq!((&hashed[4], &hashed[5], &hashed[7]), (&line["agency_id"], &line["action"], &line["language"]));
    assert_eq!(serde_json::from_str::<Value>(hashed[8].as_str().unwrap()).unwrap(), line["details"]);
}

fn lines(body: &str) -> Vec<Value> {
    body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn an_export_can_be_verified_by_others(app: App) {
    let platform = app.staff(PLATFORM).await;
    let mut path = "/v1/audit/export?limit=40".to_owned();
    let mut all: Vec<Value> = vec![];
    loop {
        let answer = platform.get(&path).expect(200).await;
        assert_eq!(answer.header("Content-Type"), Some("application/x-ndjson"));
        all.extend(lines(&answer.text()));
        let Some(link) = answer.header("Link") else { break };
        let (address, _) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
        path = address.strip_prefix(&app.state.config.public_url).unwrap().to_owned();
    }
    assert_eq!(i64::try_from(all.len()).unwrap(), last(&app).await);
    for line in &all {
        verify(line);
    }
    for pair in all.windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["previous_hash"]);
        assert_eq!(pair[0]["seq"].as_i64().unwrap() + 1, pair[1]["seq"].as_i64().unwrap());
    }
    let rest = platform.get(&format!("/v1/audit/export?after_seq={}", all.len() - 3)).expect(200).await;
    assert_eq!(lines(&rest.text()), all[all.len() - 3..]);
}

async fn an_agency_exports_its_own_entries(app: App) {
    let admin = app.staff(ADMIN).await;
    let trend = agency(&admin, "trend").await;
    let own = lines(&admin.get("/v1/audit/export").expect(200).await.text());
    assert!(own.len() > 10);
    for line in &own {
        assert_eq!(line["agency_id"], trend);
        verify(line);
    }
}

async fn an_export_is_a_table_too(app: App) {
    let platform = app.staff(PLATFORM).await;
    let asked = platform.get("/v1/audit/export?format=csv").expect(200).await;
    let accepted = platform.get("/v1/audit/export").header("Accept", "text/csv").expect(200).await;
    assert_eq!(asked.text(), accepted.text());
    assert_eq!(asked.header("Content-Type"), Some("text/csv; charset=utf-8"));
    let mut table = csv::Reader::from_reader(asked.body.as_slice());
    let header = table.headers().unwrap().clone();
    assert_eq!(header.iter().next(), Some("seq"));
    let json = lines(&platform.get("/v1/audit/export").expect(200).await.text());
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), json.len());
    for (row, line) in rows.iter().zip(&json) {
        assert_eq!((&row[10], &row[12]), (line["hashed"].as_str().unwrap(), line["hash"].as_str().unwrap()));
    }
    let (count,): (i64,) = app.state.db.query("SELECT count(*) FROM audit_log WHERE seq > 0").one().await.unwrap();
    assert_eq!(i64::try_from(rows.len()).unwrap(), count);
}
