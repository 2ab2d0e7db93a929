//! People: how they come in, what is changed of them, how they leave; and hiring many at once.

use crate::on_both;
use crate::support::{Answer, App, Caller, NOON, PASSWORD, Request};
use futures_util::future::join_all;
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

on_both!(
    lists_show_one_s_own_agency,
    lists_of_staff_are_filtered,
    lists_of_staff_are_read_strictly,
    staff_come_in_pages,
    a_colleague_is_read_and_nobody_else,
    an_invitation_is_sent_once,
    an_address_is_one_person_s,
    all_faults_of_an_invitation_are_told_at_once,
    only_the_platform_hires_for_others,
    staff_are_managed_by_their_admins,
    a_renewed_invitation_replaces_the_one_before,
    a_patch_changes_what_it_names,
    a_patch_of_staff_breaks_no_rule,
    a_patch_of_staff_has_seen_it,
    the_platform_moves_people,
    who_is_suspended_is_out_until_taken_back,
    steps_with_staff_have_an_order,
    steps_with_staff_have_seen_them,
    nobody_does_it_to_themselves,
    an_agency_keeps_an_active_admin,
    of_the_last_two_admins_one_stays,
    admins_do_not_demote_each_other_at_once,
    open_work_goes_to_the_successor,
    open_work_without_a_successor_is_nobody_s,
    a_successor_is_an_active_colleague,
    who_has_departed_is_gone_for_good,
    who_departs_before_coming_cannot_come,
    a_departure_and_edits_at_once_succeed,
    nobody_is_given_work_while_they_depart,
    a_successor_does_not_leave_at_once,
    an_admin_has_a_password_reset,
    the_public_profile_follows_the_byline,
    fifty_are_hired_by_one_file,
    a_file_sent_again_changes_nothing,
    spreadsheets_are_read_as_they_are_saved,
    fifty_are_hired_by_one_json,
    rows_of_a_file_fail_one_by_one,
    rows_of_json_fail_one_by_one,
    a_file_does_not_tell_who_works_elsewhere,
    the_platform_imports_for_others,
    an_import_has_its_limits,
    what_is_no_table_is_refused,
    faults_of_a_header_have_a_place,
    imports_are_for_admins,
    one_file_sent_twice_at_once_hires_once,
);

const STAFF: &str = "/v1/staff";
const IMPORT: &str = "/v1/staff/import";
const PUBLIC: &str = "/v1/delivery/staff";
const PLATFORM: &str = "admin@platform.example";
const ADMIN: &str = "admin@trend.example";
const EDITOR: &str = "editor@trend.example";
const JOURNALIST: &str = "journalist@trend.example";
const NEW_PASSWORD: &str = "a quite different mare";

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}

fn items(page: &Value) -> Vec<Value> {
    page["data"].as_array().unwrap().clone()
}

fn emails(page: &Value) -> Vec<String> {
    items(page).iter().map(|member| text(&member["email"])).collect()
}

/// The value with further members, or others.
fn with(mut value: Value, members: &Value) -> Value {
    for (name, member) in members.as_object().unwrap() {
        value[name.as_str()] = member.clone();
    }
    value
}

fn at(id: impl std::fmt::Display) -> String {
    format!("{STAFF}/{id}")
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.text());
}

/// Refused for values of the body, here and nowhere else.
#[track_caller]
fn invalid(answer: &Answer, pointers: &[&str]) {
    refused(answer, 422, "validation_failed");
    assert_eq!(answer.faults(), pointers, "{}", answer.text());
}

#[track_caller]
fn malformed(answer: &Answer, pointer: &str) {
    refused(answer, 400, "malformed_body");
    assert_eq!(answer.faults(), [pointer], "{}", answer.text());
}

/// A step that was taken.
#[track_caller]
fn taken(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn etag(caller: &Caller, path: &str) -> String {
    caller.get(path).expect(200).await.etag()
}

/// Changes a record as somebody who has just read it.
async fn patch(caller: &Caller, path: &str, change: &Value) -> Answer {
    let etag = etag(caller, path).await;
    caller.patch(path).if_match(&etag).json(change).send().await
}

/// Takes a step with a record as somebody who has just read it.
async fn step(caller: &Caller, path: &str, step: &str) -> Answer {
    let etag = etag(caller, path).await;
    caller.post(&format!("{path}/{step}")).if_match(&etag).send().await
}

async fn agency(app: &App, slug: &str) -> String {
    let (id,): (Uuid,) = app.state.db.query("SELECT id FROM agencies WHERE slug = $1").bind(slug).one().await.unwrap();
    id.to_string()
}

/// An admin of an agency that has only an editor.
async fn foreign_admin(app: &App) -> Caller {
    let platform = app.staff(PLATFORM).await;
    let foreign = app.staff("editor@kazinform.example").await;
    taken(&patch(&platform, &at(foreign.id), &json!({"role": "admin"})).await);
    foreign
}

fn dana() -> Value {
    json!({"email": "dana.new@post.example", "role": "journalist", "languages": ["en"], "names": {"en": "Dana New"}})
}

async fn invite(caller: &Caller, new: &Value) -> Answer {
    caller.post(STAFF).json(new).expect(201).await
}

fn id(record: &Value) -> String {
    text(&record["id"])
}

async fn log_in(app: &App, email: &str, password: &str) -> Answer {
    app.anonymous().post("/v1/auth/login").json(&json!({"email": email, "password": password})).send().await
}

async fn redeem(app: &App, what: &str, token: &str) -> Answer {
    app.anonymous().post(&format!("/v1/auth/{what}")).json(&json!({"token": token, "password": NEW_PASSWORD})).send().await
}

const ACCEPT: &str = "invitations/accept";
const COMPLETE: &str = "password-resets/complete";

/// To whom a message goes.
fn recipient(message: &str) -> String {
    message.lines().find_map(|line| line.strip_prefix("To: ")).unwrap_or_else(|| panic!("{message}")).trim().to_owned()
}

/// The secret in a message in English, which has a line of its own.
fn link_in(message: &str) -> String {
    message.lines().find(|line| line.starts_with("nwl_")).unwrap_or_else(|| panic!("no link in: {message}")).trim().to_owned()
}

/// The messages that background work sends now.
async fn sent(app: &App) -> Vec<String> {
    let before = app.outbox().len();
    app.drain_jobs().await;
    assert_eq!(jobs(app).await, 0, "a job failed");
    app.outbox().split_off(before)
}

async fn jobs(app: &App) -> i64 {
    app.number("SELECT count(*) FROM jobs").await
}

/// Everything that an invitation leaves.
async fn traces(app: &App) -> [i64; 3] {
    [app.number("SELECT count(*) FROM staff").await, app.number("SELECT count(*) FROM links").await, jobs(app).await]
}

async fn lists_show_one_s_own_agency(app: App) {
    for (email, expected) in
        [(JOURNALIST, vec![EDITOR, JOURNALIST, ADMIN]), (ADMIN, vec![EDITOR, JOURNALIST, ADMIN]), ("editor@kabar.example", vec!["editor@kabar.example"])]
    {
        let page = app.staff(email).await.get(STAFF).expect(200).await;
        assert_eq!(emails(&page.json()), expected, "{email}: in the order in which they came");
        assert_eq!(page.json()["meta"], json!({"limit": 25, "has_more": false, "next_cursor": null}));
    }
    let everybody = emails(&app.staff("journalist@platform.example").await.get(STAFF).expect(200).await.json());
    assert_eq!((everybody.len(), everybody[0].as_str(), everybody[10].as_str()), (11, PLATFORM, "editor@albayrak.example"));
    let admin = app.staff(ADMIN).await;
    let made = json!({"name": "Wire", "scopes": ["articles:read", "articles:submit", "articles:publish", "partner:read"]});
    let key = text(&admin.post("/v1/agencies/trend/api-keys").json(&made).expect(201).await.json()["key"]);
    for path in [STAFF, at(admin.id).as_str()] {
        refused(&app.with_token(&key).get(path).send().await, 403, "forbidden");
        refused(&app.anonymous().get(path).send().await, 401, "unauthenticated");
    }
    // Those who are not active are listed too.
    let invited = invite(&admin, &dana()).await.json();
    taken(&step(&admin, &at(app.staff(JOURNALIST).await.id), "depart").await);
    let page = admin.get(STAFF).expect(200).await.json();
    let states: Vec<(String, String)> = items(&page).iter().map(|member| (text(&member["email"]), text(&member["state"]))).collect();
    let expected = [(EDITOR, "active"), (JOURNALIST, "departed"), (ADMIN, "active"), ("dana.new@post.example", "invited")];
    assert_eq!(states, expected.map(|(email, state)| (email.to_owned(), state.to_owned())));
    assert_eq!(items(&page)[3]["id"], invited["id"]);
}

async fn lists_of_staff_are_filtered(app: App) {
    let platform = app.staff(PLATFORM).await;
    taken(&step(&platform, &at(app.staff("editor@uza.example").await.id), "suspend").await);
    invite(&platform, &with(dana(), &json!({"agency": "uza", "languages": ["uz-Cyrl"], "names": {"en": "Dana"}, "role": "editor"}))).await;
    let trend = agency(&app, "trend").await;
    let kk = vec!["editor@platform.example", "editor@kazinform.example"];
    let uza = vec!["editor@uza.example", "dana.new@post.example"];
    for (query, expected) in [
        ("agency=trend".to_owned(), vec![EDITOR, JOURNALIST, ADMIN]),
        (format!("agency={trend}"), vec![EDITOR, JOURNALIST, ADMIN]),
        ("agency=kabar,%20uza".to_owned(), ["editor@kabar.example"].into_iter().chain(uza.clone()).collect()),
        ("role=admin".to_owned(), vec![PLATFORM, ADMIN]),
        ("role=journalist,admin&agency=platform".to_owned(), vec![PLATFORM, "journalist@platform.example"]),
        ("state=suspended".to_owned(), vec!["editor@uza.example"]),
        ("state=invited".to_owned(), vec!["dana.new@post.example"]),
        ("state=invited,suspended".to_owned(), uza.clone()),
        ("state=departed".to_owned(), vec![]),
        ("language=kk".to_owned(), kk.clone()),
        ("language=kaz".to_owned(), kk),
        ("language=kk-Latn".to_owned(), vec!["editor@kazinform.example"]),
        ("language=uz-Cyrl".to_owned(), uza),
        ("language=tk,kk-Latn&role=editor".to_owned(), vec!["editor@platform.example", "editor@kazinform.example", "editor@tdh.example"]),
        ("q=TREND".to_owned(), vec![EDITOR, JOURNALIST, ADMIN]),
        ("q=Journalist%40".to_owned(), vec!["journalist@platform.example", JOURNALIST]),
        ("q=dana.new".to_owned(), vec!["dana.new@post.example"]),
        ("q=dana_new".to_owned(), vec![]),
        ("q=%25".to_owned(), vec![]),
        ("q=editor&state=active&agency=uza".to_owned(), vec![]),
    ] {
        assert_eq!(emails(&platform.get(&format!("{STAFF}?{query}")).expect(200).await.json()), expected, "{query}");
    }
    // A filter opens nothing.
    let admin = app.staff(ADMIN).await;
    for (query, expected) in [
        ("agency=kazinform", vec![]),
        ("agency=kazinform,trend&role=admin", vec![ADMIN]),
        ("q=kazinform", vec![]),
        ("language=kk", vec![]),
        ("state=suspended", vec![]),
    ] {
        assert_eq!(emails(&admin.get(&format!("{STAFF}?{query}")).expect(200).await.json()), expected, "{query}");
    }
}

async fn lists_of_staff_are_read_strictly(app: App) {
    let admin = app.staff(ADMIN).await;
    let long = format!("q={}", "a".repeat(255));
    for (query, name) in [
        ("agency=nobody", "agency"),
        ("role=boss", "role"),
        ("role=", "role"),
        ("role=editor&role=admin", "role"),
        ("state=gone", "state"),
        ("language=xx", "language"),
        (long.as_str(), "q"),
        ("email=admin", "email"),
        ("password_hash=a", "password_hash"),
        ("sort=email", "sort"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
    ] {
        let answer = admin.get(&format!("{STAFF}?{query}")).send().await;
        refused(&answer, 400, "invalid_parameter");
        assert_eq!(answer.faults(), [name], "{query}");
    }
}

async fn staff_come_in_pages(app: App) {
    let platform = app.staff(PLATFORM).await;
    let all = emails(&platform.get(&format!("{STAFF}?limit=100")).expect(200).await.json());
    let mut path = format!("{STAFF}?state=active,invited&limit=4");
    let mut seen = vec![];
    let mut cursors = vec![];
    loop {
        let answer = platform.get(&path).expect(200).await;
        let page = answer.json();
        seen.extend(emails(&page));
        if cursors.is_empty() {
            // Who comes meanwhile comes last.
            invite(&platform, &dana()).await;
        }
        assert_eq!(page["meta"]["has_more"], page["meta"]["next_cursor"].is_string());
        let Some(link) = answer.header("Link") else { break };
        assert_eq!(items(&page).len(), 4);
        cursors.push(text(&page["meta"]["next_cursor"]));
        let address = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        path = address.strip_prefix(app.state.url("").as_str()).unwrap().to_owned();
        assert!(path.contains("state=active%2Cinvited&limit=4&cursor="), "{path}");
    }
    assert_eq!(cursors.len(), 2, "three pages of four");
    assert_eq!(seen, [all, vec!["dana.new@post.example".to_owned()]].concat());
    let cursor = &cursors[0];
    for query in [format!("cursor={cursor}"), format!("state=active&cursor={cursor}"), "cursor=x".to_owned()] {
        let answer = platform.get(&format!("{STAFF}?{query}")).send().await;
        refused(&answer, 400, "invalid_cursor");
        assert_eq!(answer.faults(), ["cursor"]);
    }
    // Somebody else's cursor shows nobody else's staff.
    let admin = app.staff(ADMIN).await;
    let rest = admin.get(&format!("{STAFF}?state=active,invited&cursor={cursor}")).expect(200).await.json();
    let own = BTreeSet::from([EDITOR, JOURNALIST, ADMIN]);
    assert!(emails(&rest).iter().all(|email| own.contains(email.as_str())), "{rest}");
}

async fn a_colleague_is_read_and_nobody_else(app: App) {
    let (journalist, editor) = (app.staff(JOURNALIST).await, app.staff(EDITOR).await);
    let read = journalist.get(&at(editor.id)).expect(200).await;
    assert_eq!((read.etag().as_str(), read.header("Cache-Control")), ("\"v1\"", Some("private, no-store")));
    let expected = json!({
        "id": editor.id, "agency_id": agency(&app, "trend").await, "email": EDITOR, "role": "editor", "state": "active", "languages": ["az", "ru", "en"],
        "names": {"az": "Vüqar Həmzəli", "ru": "Вугар Гамзали", "en": "Vugar Hamzali"}, "bios": read.json()["bios"], "byline": true,
        "last_login_at": null, "created_at": "2026-06-24T12:00:00Z", "updated_at": "2026-06-24T12:00:00Z",
    });
    assert_eq!(read.json(), expected, "and nothing of passwords");
    let foreign = at(app.staff("editor@kazinform.example").await.id);
    for caller in [&journalist, &editor, &app.staff(ADMIN).await] {
        refused(&caller.get(&foreign).send().await, 404, "not_found");
        refused(&caller.get(&at(Uuid::now_v7())).send().await, 404, "not_found");
    }
    assert_eq!(app.staff("journalist@platform.example").await.get(&foreign).expect(200).await.json()["email"], "editor@kazinform.example");
    let odd = editor.get(&at("nobody")).send().await;
    refused(&odd, 400, "invalid_parameter");
    assert_eq!(odd.faults(), ["id"]);
}

async fn an_invitation_is_sent_once(app: App) {
    let admin = app.staff(ADMIN).await;
    let new = json!({
        "email": " Dana.New@Post.example ", "role": "editor", "languages": ["en", "kaz"], "names": {"en": "Dana New", "kaz": "Дана"},
        "bios": {"en": "Covers the sea."}, "byline": true,
    });
    let created = invite(&admin, &new).await;
    let json = created.json();
    let path = at(id(&json));
    let member = json!({
        "id": json["id"], "agency_id": agency(&app, "trend").await, "email": "Dana.New@Post.example", "role": "editor", "state": "invited",
        "languages": ["en", "kk"], "names": {"en": "Dana New", "kk": "Дана"}, "bios": {"en": "Covers the sea."}, "byline": true, "last_login_at": null,
        "created_at": NOON, "updated_at": NOON,
    });
    assert_eq!(json, with(member.clone(), &json!({"invitation": {"expires_at": "2026-07-31T12:00:00Z"}})));
    assert_eq!((created.header("Location"), created.etag().as_str()), (Some(app.state.url(&path).as_str()), "\"v1\""));
    assert_eq!(admin.get(&path).expect(200).await.json(), member);
    assert_eq!(app.number("SELECT count(*) FROM jobs WHERE kind = 'mail.invitation'").await, 1);
    assert!(app.outbox().is_empty(), "not within the request");
    assert_eq!(log_in(&app, "dana.new@post.example", PASSWORD).await.code(), "invalid_credentials");
    let mails = sent(&app).await;
    assert_eq!(mails.iter().map(|mail| recipient(mail)).collect::<Vec<_>>(), ["Dana.New@Post.example"]);
    assert_eq!(sent(&app).await.len(), 0);
    let link = link_in(&mails[0]);
    let accepted = redeem(&app, ACCEPT, &link).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    assert_eq!(accepted.json()["staff"]["id"], json["id"]);
    let active = admin.get(&path).expect(200).await;
    assert_eq!((active.etag().as_str(), &active.json()["state"]), ("\"v2\"", &json!("active")));
    refused(&redeem(&app, ACCEPT, &link).await, 401, "invalid_credentials");
}

async fn an_address_is_one_person_s(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = traces(&app).await;
    for taken in ["editor@trend.example", " EDITOR@Trend.EXAMPLE ", "Editor@Kazinform.Example", "admin@platform.example"] {
        let answer = admin.post(STAFF).json(&with(dana(), &json!({"email": taken}))).send().await;
        refused(&answer, 409, "already_exists");
        assert!(!answer.text().contains("azinform"), "where somebody works does not concern the caller: {}", answer.text());
    }
    assert_eq!(traces(&app).await, before);
    // Several at once, in whatever case.
    let spelled = ["dana.new@post.example", "DANA.NEW@post.example", "Dana.New@Post.Example"];
    let answers = join_all(spelled.map(|email| admin.post(STAFF).json(&with(dana(), &json!({"email": email}))).send())).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        refused(answer, 409, "already_exists");
    }
    assert_eq!(traces(&app).await, [before[0] + 1, before[1] + 1, before[2] + 1]);
    // The same request again is one invitation.
    let new = with(dana(), &json!({"email": "twice@post.example"}));
    let first = admin.post(STAFF).header("Idempotency-Key", "k").json(&new).expect(201).await;
    let again = admin.post(STAFF).header("Idempotency-Key", "k").json(&new).expect(201).await;
    assert_eq!((again.header("Idempotency-Replayed"), again.json()), (Some("true"), first.json()));
    refused(&admin.post(STAFF).header("Idempotency-Key", "k").json(&dana()).send().await, 422, "idempotency_key_reused");
    assert_eq!(traces(&app).await, [before[0] + 2, before[1] + 2, before[2] + 2]);
    assert_eq!(sent(&app).await.len(), 2);
}

async fn all_faults_of_an_invitation_are_told_at_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    let before = traces(&app).await;
    let wrong = json!({"email": "nobody", "role": "editor", "languages": [], "names": {"kk": " "}, "bios": {"en": ""}, "agency": "nowhere"});
    invalid(&platform.post(STAFF).json(&wrong).send().await, &["/email", "/languages", "/names/kk", "/bios/en", "/agency"]);
    let post = async |change: Value| platform.post(STAFF).json(&with(dana(), &change)).send().await;
    for (change, pointer) in [
        (json!({"email": ""}), "/email"),
        (json!({"email": "a@b"}), "/email"),
        (json!({"email": "a@b.example, c@d.example"}), "/email"),
        (json!({"email": "a@b.example\r\nBcc: c@d.example"}), "/email"),
        (json!({"email": format!("{}@b.example", "a".repeat(250))}), "/email"),
        (json!({"email": "a@b.exa\u{0}mple"}), "/email"),
        (json!({"languages": ["kk", "en", "kaz"]}), "/languages/2"),
        (json!({"names": {}}), "/names"),
        (json!({"names": {"kk": "ә".repeat(201)}}), "/names/kk"),
        (json!({"bios": {"kk": "ә".repeat(2_001)}}), "/bios/kk"),
        (json!({"agency": ""}), "/agency"),
    ] {
        invalid(&post(change).await, &[pointer]);
    }
    for (change, pointer) in [
        (json!({"role": "boss"}), "/role"),
        (json!({"role": "partner"}), "/role"),
        (json!({"role": null}), "/role"),
        (json!({"languages": ["kk", "xx"]}), "/languages/1"),
        (json!({"names": {"xx": "a"}}), "/names/xx"),
        (json!({"byline": "yes"}), "/byline"),
        (json!({"state": "active"}), "/state"),
        (json!({"password": PASSWORD}), "/password"),
        (json!({"id": Uuid::nil()}), "/id"),
    ] {
        malformed(&post(change).await, pointer);
    }
    for member in ["email", "role", "languages", "names"] {
        let mut new = dana();
        new.as_object_mut().unwrap().shift_remove(member);
        malformed(&platform.post(STAFF).json(&new).send().await, &format!("/{member}"));
    }
    assert_eq!(traces(&app).await, before);
    assert_eq!(post(json!({"names": {"kk": "ә".repeat(200)}, "bios": {"kk": "ә".repeat(2_000)}})).await.status, 201);
}

async fn only_the_platform_hires_for_others(app: App) {
    let (platform, admin) = (app.staff(PLATFORM).await, app.staff(ADMIN).await);
    let (house, trend, uza) = (agency(&app, "platform").await, agency(&app, "trend").await, agency(&app, "uza").await);
    let before = traces(&app).await;
    for agency in ["uza", uza.as_str(), "platform"] {
        refused(&admin.post(STAFF).json(&with(dana(), &json!({"agency": agency}))).send().await, 403, "forbidden");
    }
    invalid(&admin.post(STAFF).json(&with(dana(), &json!({"agency": "nowhere"}))).send().await, &["/agency"]);
    assert_eq!(traces(&app).await, before);
    let cases = [
        (&admin, Value::Null, &trend),
        (&admin, json!("trend"), &trend),
        (&admin, json!(trend), &trend),
        (&platform, Value::Null, &house),
        (&platform, json!("uza"), &uza),
        (&platform, json!(uza), &uza),
    ];
    for (n, (caller, named, expected)) in cases.into_iter().enumerate() {
        let new = with(dana(), &json!({"email": format!("person{n}@post.example"), "agency": named}));
        assert_eq!(invite(caller, &new).await.json()["agency_id"], expected.as_str(), "{n}");
    }
}

async fn staff_are_managed_by_their_admins(app: App) {
    let admin = app.staff(ADMIN).await;
    let journalist = at(app.staff(JOURNALIST).await.id);
    let invited = at(id(&invite(&admin, &dana()).await.json()));
    let before = traces(&app).await;
    for (caller, status, code) in [
        (app.staff(EDITOR).await, 403, "forbidden"),
        (app.staff(JOURNALIST).await, 403, "forbidden"),
        (app.staff("editor@platform.example").await, 403, "forbidden"),
        (foreign_admin(&app).await, 404, "not_found"),
        (app.anonymous(), 401, "unauthenticated"),
    ] {
        for request in [
            caller.patch(&journalist).if_match("\"v1\"").json(&json!({"role": "admin"})),
            caller.post(&format!("{journalist}/suspend")).if_match("\"v1\""),
            caller.post(&format!("{journalist}/reinstate")).if_match("\"v1\""),
            caller.post(&format!("{journalist}/depart")).if_match("\"v1\""),
            caller.post(&format!("{journalist}/password-reset")),
            caller.post(&format!("{invited}/invitation")),
        ] {
            refused(&request.send().await, status, code);
        }
        if status != 404 {
            refused(&caller.post(STAFF).json(&with(dana(), &json!({"email": "other@post.example"}))).send().await, status, code);
        }
    }
    assert_eq!(traces(&app).await, before);
    let untouched = admin.get(&journalist).expect(200).await;
    assert_eq!((untouched.etag().as_str(), &untouched.json()["role"]), ("\"v1\"", &json!("journalist")));
    app.staff(JOURNALIST).await.get("/v1/me").expect(200).await;
    for step in ["suspend", "reinstate", "depart"] {
        refused(&admin.post(&format!("{}/{step}", at(Uuid::now_v7()))).if_match("*").send().await, 404, "not_found");
    }
    // The platform's admins manage everybody.
    let platform = app.staff(PLATFORM).await;
    assert_eq!(taken(&patch(&platform, &journalist, &json!({"role": "editor"})).await)["role"], "editor");
    platform.post(&format!("{invited}/invitation")).expect(200).await;
}

async fn a_renewed_invitation_replaces_the_one_before(app: App) {
    let admin = app.staff(ADMIN).await;
    let member = id(&invite(&admin, &dana()).await.json());
    let renewal = format!("{}/invitation", at(&member));
    let first = link_in(&sent(&app).await[0]);
    app.advance(secs(60));
    let renewed = admin.post(&renewal).expect(200).await;
    let json = renewed.json();
    assert_eq!(json["invitation"], json!({"expires_at": "2026-07-31T12:01:00Z"}));
    assert_eq!((&json["id"], &json["state"], renewed.etag().as_str()), (&json!(member), &json!("invited"), "\"v1\""), "the person is the same");
    assert!(!renewed.text().contains("nwl_"), "the secret goes by mail alone");
    refused(&redeem(&app, ACCEPT, &first).await, 401, "invalid_credentials");
    let mails = sent(&app).await;
    assert_eq!(mails.iter().map(|mail| recipient(mail)).collect::<Vec<_>>(), ["dana.new@post.example"]);
    let second = link_in(&mails[0]);
    assert_ne!(first, second);
    assert_eq!(redeem(&app, ACCEPT, &second).await.status, 200);
    // Who has come needs none.
    let late = admin.post(&renewal).send().await;
    refused(&late, 409, "illegal_transition");
    assert_eq!(late.json()["state"], "active");
    assert_eq!(jobs(&app).await, 0);
    // Renewed before the first message went, there is one message, and its link works.
    let other = id(&invite(&admin, &with(dana(), &json!({"email": "other@post.example"}))).await.json());
    for _ in 0..2 {
        admin.post(&format!("{}/invitation", at(&other))).expect(200).await;
    }
    let mails = sent(&app).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(redeem(&app, ACCEPT, &link_in(&mails[0])).await.json()["staff"]["id"], other.as_str());
}

async fn a_patch_changes_what_it_names(app: App) {
    let (admin, journalist) = (app.staff(ADMIN).await, app.staff(JOURNALIST).await);
    let path = at(journalist.id);
    let before = admin.get(&path).expect(200).await.json();
    app.advance(secs(5));
    let change = json!({"role": "editor", "languages": ["en", "kaz"], "names": {"en": null, "tr": "Leman Zülfükarova"}, "bios": null, "byline": false});
    let changed = patch(&admin, &path, &change).await;
    let expected = with(
        before.clone(),
        &json!({
            "role": "editor", "languages": ["en", "kk"], "bios": {}, "byline": false, "updated_at": "2026-07-24T12:00:05Z",
            "names": {"az": before["names"]["az"], "ru": before["names"]["ru"], "tr": "Leman Zülfükarova"},
        }),
    );
    assert_eq!((taken(&changed), changed.etag().as_str()), (expected.clone(), "\"v2\""));
    assert_eq!(admin.get(&path).expect(200).await.json(), expected);
    // From the next request on.
    let me = journalist.get("/v1/me").expect(200).await.json();
    assert_eq!((&me["role"], &me["languages"]), (&json!("editor"), &json!(["en", "kk"])));
    assert!(me["permissions"].as_array().unwrap().contains(&json!("articles:publish")));
    let one = patch(&admin, &path, &json!({"bios": {"az": "Yazır."}})).await;
    assert_eq!((taken(&one), one.etag().as_str()), (with(expected, &json!({"bios": {"az": "Yazır."}})), "\"v3\""));
    // Who is not active is changed too.
    taken(&step(&admin, &path, "suspend").await);
    let suspended = taken(&patch(&admin, &path, &json!({"role": "journalist"})).await);
    assert_eq!((&suspended["role"], &suspended["state"]), (&json!("journalist"), &json!("suspended")));
    let invited = at(id(&invite(&admin, &dana()).await.json()));
    assert_eq!(taken(&patch(&admin, &invited, &json!({"role": "admin"})).await)["state"], "invited");
}

async fn a_patch_of_staff_breaks_no_rule(app: App) {
    let (admin, journalist) = (app.staff(ADMIN).await, app.staff(JOURNALIST).await);
    let path = at(journalist.id);
    let before = admin.get(&path).expect(200).await;
    let nulls = json!({"agency": null, "role": null, "languages": null, "names": null, "byline": null});
    invalid(&patch(&admin, &path, &nulls).await, &["/agency", "/role", "/languages", "/byline", "/names"]);
    let wrong = json!({"agency": "nowhere", "languages": ["az", "aze"], "names": {"az": " "}, "bios": {"en": "a".repeat(2_001)}});
    invalid(&patch(&admin, &path, &wrong).await, &["/agency", "/languages/1", "/names/az", "/bios/en"]);
    invalid(&patch(&admin, &path, &json!({"languages": [], "names": {"az": null, "ru": null, "en": null}})).await, &["/languages", "/names"]);
    for (change, pointer) in [
        (json!({"email": "a@b.example"}), "/email"),
        (json!({"state": "suspended"}), "/state"),
        (json!({"agency_id": Uuid::nil()}), "/agency_id"),
        (json!({"password_hash": "x"}), "/password_hash"),
        (json!({"role": "boss"}), "/role"),
        (json!({"languages": ["xx"]}), "/languages/0"),
        (json!({"names": {"az": 1}}), "/names/az"),
        (json!({"byline": 1}), "/byline"),
    ] {
        malformed(&patch(&admin, &path, &change).await, pointer);
    }
    let after = admin.get(&path).expect(200).await;
    assert_eq!((after.json(), after.etag()), (before.json(), before.etag()));
}

async fn a_patch_of_staff_has_seen_it(app: App) {
    let (admin, platform, journalist) = (app.staff(ADMIN).await, app.staff(PLATFORM).await, app.staff(JOURNALIST).await);
    let path = at(journalist.id);
    let change = json!({"role": "editor"});
    refused(&admin.patch(&path).json(&change).send().await, 428, "precondition_required");
    app.advance(secs(1));
    platform.patch(&path).if_match("\"v1\"").json(&json!({"byline": false})).expect(200).await;
    let late = admin.patch(&path).if_match("\"v1\"").json(&change).send().await;
    refused(&late, 412, "stale_version");
    assert_eq!(late.json()["current"], json!({"etag": "\"v2\"", "updated_at": "2026-07-24T12:00:01Z", "updated_by": platform.id}));
    assert_eq!(admin.get(&path).expect(200).await.json()["role"], "journalist");
    // What a person changes of themselves counts too.
    let own = etag(&journalist, "/v1/me").await;
    journalist.patch("/v1/me").if_match(&own).json(&json!({"bios": {"en": "Writes."}})).expect(200).await;
    refused(&admin.patch(&path).if_match("\"v2\"").json(&change).send().await, 412, "stale_version");
    let changes = [json!({"role": "editor"}), json!({"role": "admin"}), json!({"byline": true})];
    let answers = join_all(changes.iter().map(|change| admin.patch(&path).if_match("\"v3\"").json(change).send())).await;
    let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        refused(answer, 412, "stale_version");
    }
    let now = admin.get(&path).expect(200).await;
    assert_eq!((now.json(), now.etag().as_str()), (won[0].json(), "\"v4\""));
}

async fn the_platform_moves_people(app: App) {
    let (admin, platform, journalist) = (app.staff(ADMIN).await, app.staff(PLATFORM).await, app.staff(JOURNALIST).await);
    let path = at(journalist.id);
    let uza = agency(&app, "uza").await;
    for reference in ["uza", uza.as_str(), "platform"] {
        refused(&patch(&admin, &path, &json!({"agency": reference})).await, 403, "forbidden");
    }
    assert_eq!(etag(&admin, &path).await, "\"v1\"");
    assert_eq!(taken(&patch(&admin, &path, &json!({"agency": "trend"})).await)["agency_id"], agency(&app, "trend").await.as_str());
    let moved = taken(&patch(&platform, &path, &json!({"agency": "uza", "role": "editor"})).await);
    assert_eq!((&moved["agency_id"], &moved["role"]), (&json!(uza), &json!("editor")));
    refused(&admin.get(&path).send().await, 404, "not_found");
    refused(&admin.post(&format!("{path}/suspend")).if_match("*").send().await, 404, "not_found");
    assert!(!emails(&admin.get(STAFF).expect(200).await.json()).contains(&JOURNALIST.to_owned()));
    let there = app.staff("editor@uza.example").await;
    assert_eq!(emails(&there.get(STAFF).expect(200).await.json()), [JOURNALIST, "editor@uza.example"]);
    assert_eq!(journalist.get("/v1/me").expect(200).await.json()["agency"]["slug"], "uza");
    let public = app.anonymous().get(&format!("{PUBLIC}/{}", journalist.id)).expect(200).await.json();
    assert_eq!((&public["agency_id"], &public["agency_slug"]), (&json!(uza), &json!("uza")));
}

async fn who_is_suspended_is_out_until_taken_back(app: App) {
    let admin = app.staff(ADMIN).await;
    let signed_in = log_in(&app, JOURNALIST, PASSWORD).await.json();
    let journalist = app.with_token(&text(&signed_in["access_token"]));
    let path = at(text(&signed_in["staff"]["id"]));
    let refresh = async || app.anonymous().post("/v1/auth/refresh").json(&json!({"refresh_token": signed_in["refresh_token"]})).send().await;
    for (order, status, pointer) in
        [(json!({"reason": " "}), 422, "/reason"), (json!({"reason": "a".repeat(501)}), 422, "/reason"), (json!({"until": 1}), 400, "/until")]
    {
        let answer = admin.post(&format!("{path}/suspend")).if_match("\"v1\"").json(&order).expect(status).await;
        assert_eq!(answer.faults(), [pointer]);
    }
    journalist.get("/v1/me").expect(200).await;
    app.advance(secs(5));
    let order = json!({"reason": "On leave until September."});
    let suspended = admin.post(&format!("{path}/suspend")).if_match("\"v1\"").json(&order).expect(200).await;
    assert_eq!((suspended.etag().as_str(), &suspended.json()["state"]), ("\"v2\"", &json!("suspended")));
    assert_eq!(suspended.json()["updated_at"], "2026-07-24T12:00:05Z");
    refused(&journalist.get("/v1/me").send().await, 401, "unauthenticated");
    refused(&refresh().await, 401, "invalid_credentials");
    refused(&log_in(&app, JOURNALIST, PASSWORD).await, 401, "invalid_credentials");
    refused(&app.anonymous().get(&format!("{PUBLIC}{}", path.strip_prefix(STAFF).unwrap())).send().await, 404, "not_found");
    let back = admin.post(&format!("{path}/reinstate")).if_match("\"v2\"").expect(200).await;
    assert_eq!((back.etag().as_str(), &back.json()["state"]), ("\"v3\"", &json!("active")));
    refused(&journalist.get("/v1/me").send().await, 401, "unauthenticated");
    refused(&refresh().await, 401, "invalid_credentials");
    let again = log_in(&app, JOURNALIST, PASSWORD).await;
    assert_eq!(again.status, 200, "with the password they had: {}", again.text());
    app.anonymous().get(&format!("{PUBLIC}{}", path.strip_prefix(STAFF).unwrap())).expect(200).await;
    // The sign-in that failed leaves its trace in the audit log by a job.
    app.drain_jobs().await;
    assert!(app.outbox().is_empty() && jobs(&app).await == 0, "nothing is sent");
}

async fn steps_with_staff_have_an_order(app: App) {
    let admin = app.staff(ADMIN).await;
    let invited = at(id(&invite(&admin, &dana()).await.json()));
    let departed = at(id(&invite(&admin, &with(dana(), &json!({"email": "gone@post.example"}))).await.json()));
    taken(&step(&admin, &departed, "depart").await);
    let (active, suspended) = (at(app.staff(JOURNALIST).await.id), at(app.staff(EDITOR).await.id));
    taken(&step(&admin, &suspended, "suspend").await);
    let before = traces(&app).await;
    for (path, state, steps) in [
        (&invited, "invited", vec!["suspend", "reinstate", "password-reset"]),
        (&active, "active", vec!["reinstate", "invitation"]),
        (&suspended, "suspended", vec!["suspend", "invitation", "password-reset"]),
        (&departed, "departed", vec!["suspend", "reinstate", "depart", "invitation", "password-reset"]),
    ] {
        let etag = etag(&admin, path).await;
        for step in steps {
            let answer = admin.post(&format!("{path}/{step}")).if_match("*").send().await;
            refused(&answer, 409, "illegal_transition");
            assert_eq!(answer.json()["state"], state, "{step}");
        }
        let unchanged = admin.get(path).expect(200).await;
        assert_eq!((unchanged.etag(), &unchanged.json()["state"]), (etag, &json!(state)));
    }
    refused(&patch(&admin, &departed, &json!({"byline": true})).await, 409, "illegal_transition");
    assert_eq!(traces(&app).await, before);
    // The end is for everybody.
    for path in [&invited, &active, &suspended] {
        assert_eq!(taken(&step(&admin, path, "depart").await)["state"], "departed");
    }
}

async fn steps_with_staff_have_seen_them(app: App) {
    let admin = app.staff(ADMIN).await;
    let path = at(app.staff(JOURNALIST).await.id);
    for step in ["suspend", "reinstate", "depart"] {
        let place = format!("{path}/{step}");
        refused(&admin.post(&place).send().await, 428, "precondition_required");
        refused(&admin.post(&place).if_match("\"v2\"").send().await, 412, "stale_version");
        refused(&admin.post(&place).if_match("W/\"v1\"").send().await, 412, "stale_version");
    }
    assert_eq!(etag(&admin, &path).await, "\"v1\"");
    let both = join_all(["suspend", "depart"].map(|step| admin.post(&format!("{path}/{step}")).if_match("\"v1\"").send())).await;
    let mut statuses: Vec<u16> = both.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    assert_eq!(etag(&admin, &path).await, "\"v2\"");
}

async fn nobody_does_it_to_themselves(app: App) {
    let (platform, admin, editor) = (app.staff(PLATFORM).await, app.staff(ADMIN).await, app.staff(EDITOR).await);
    let other = app.staff("editor@platform.example").await;
    // So that it is not for being the last.
    for second in [&editor, &other] {
        taken(&patch(&platform, &at(second.id), &json!({"role": "admin"})).await);
    }
    for caller in [&admin, &platform] {
        let path = at(caller.id);
        for step in ["suspend", "depart"] {
            refused(&caller.post(&format!("{path}/{step}")).if_match("\"v1\"").send().await, 409, "conflict");
        }
        for role in ["editor", "journalist"] {
            refused(&patch(caller, &path, &json!({"role": role})).await, 409, "conflict");
        }
        assert_eq!(etag(caller, &path).await, "\"v1\"");
        caller.get("/v1/me").expect(200).await;
    }
    refused(&patch(&platform, &at(platform.id), &json!({"agency": "trend"})).await, 409, "conflict");
    // What takes nothing from them is theirs to do.
    let harmless = taken(&patch(&admin, &at(admin.id), &json!({"role": "admin", "byline": true, "agency": "trend"})).await);
    assert_eq!((&harmless["role"], &harmless["byline"]), (&json!("admin"), &json!(true)));
    // Others do it.
    assert_eq!(taken(&patch(&editor, &at(admin.id), &json!({"role": "editor"})).await)["role"], "editor");
    assert_eq!(taken(&step(&other, &at(platform.id), "suspend").await)["state"], "suspended");
    refused(&platform.get("/v1/me").send().await, 401, "unauthenticated");
}

async fn an_agency_keeps_an_active_admin(app: App) {
    let (platform, admin, editor) = (app.staff(PLATFORM).await, app.staff(ADMIN).await, app.staff(EDITOR).await);
    let path = at(admin.id);
    let cannot_go = async || {
        for step in ["suspend", "depart"] {
            refused(&platform.post(&format!("{path}/{step}")).if_match("\"v1\"").send().await, 409, "conflict");
        }
        for change in [json!({"role": "editor"}), json!({"role": "journalist"}), json!({"agency": "uza"}), json!({"agency": "platform", "role": "admin"})] {
            refused(&platform.patch(&path).if_match("\"v1\"").json(&change).send().await, 409, "conflict");
        }
        assert_eq!(etag(&platform, &path).await, "\"v1\"");
        admin.get("/v1/me").expect(200).await;
    };
    cannot_go().await;
    // Neither who has not come yet nor who is out for now takes their place.
    invite(&admin, &with(dana(), &json!({"role": "admin"}))).await;
    taken(&patch(&admin, &at(editor.id), &json!({"role": "admin"})).await);
    taken(&step(&admin, &at(editor.id), "suspend").await);
    cannot_go().await;
    taken(&step(&admin, &at(editor.id), "reinstate").await);
    assert_eq!(taken(&step(&platform, &path, "suspend").await)["state"], "suspended");
    let editor = app.staff(EDITOR).await;
    for step in ["suspend", "depart"] {
        refused(&platform.post(&format!("{}/{step}", at(editor.id))).if_match("*").send().await, 409, "conflict");
    }
    // Who is no active admin can go.
    assert_eq!(taken(&patch(&editor, &path, &json!({"role": "journalist"})).await)["role"], "journalist");
    taken(&step(&editor, &at(app.staff(JOURNALIST).await.id), "depart").await);
    // An agency that has no admin has none to keep.
    taken(&step(&platform, &at(app.staff("editor@kabar.example").await.id), "suspend").await);
}

const TREND_ADMINS: &str =
    "SELECT count(*) FROM staff s JOIN agencies a ON a.id = s.agency_id WHERE a.slug = 'trend' AND s.role = 'admin' AND s.state = 'active'";

async fn of_the_last_two_admins_one_stays(app: App) {
    let platform = app.staff(PLATFORM).await;
    let both = [at(app.staff(ADMIN).await.id), at(app.staff(EDITOR).await.id)];
    let demote = |path: &str| platform.patch(path).if_match("*").json(&json!({"role": "editor"}));
    let step = |path: &str, step: &str| platform.post(&format!("{path}/{step}")).if_match("*");
    for round in 0..4 {
        for path in &both {
            if platform.get(path).expect(200).await.json()["state"] == "suspended" {
                step(path, "reinstate").expect(200).await;
            }
            taken(&patch(&platform, path, &json!({"role": "admin"})).await);
        }
        assert_eq!(app.number(TREND_ADMINS).await, 2);
        let requests = match round {
            0 => [demote(&both[0]), demote(&both[1])],
            1 => [step(&both[0], "suspend"), demote(&both[1])],
            2 => [demote(&both[0]), step(&both[1], "suspend")],
            _ => [step(&both[0], "depart"), platform.patch(&both[1]).if_match("*").json(&json!({"agency": "uza"}))],
        };
        let answers = join_all(requests.map(Request::send)).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "round {round}");
        refused(answers.iter().find(|answer| answer.status != 200).unwrap(), 409, "conflict");
        assert_eq!(app.number(TREND_ADMINS).await, 1, "round {round}");
    }
}

async fn admins_do_not_demote_each_other_at_once(app: App) {
    let (admin, editor) = (app.staff(ADMIN).await, app.staff(EDITOR).await);
    taken(&patch(&admin, &at(editor.id), &json!({"role": "admin"})).await);
    let pairs = [(&admin, at(editor.id)), (&editor, at(admin.id))];
    let answers = join_all(pairs.iter().map(|(caller, path)| caller.patch(path).if_match("*").json(&json!({"role": "journalist"})).send())).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let other = answers.iter().find(|answer| answer.status != 200).unwrap();
    let told = (other.status.as_u16(), other.code());
    assert!(told == (409, "conflict".to_owned()) || told == (403, "forbidden".to_owned()), "{}", other.text());
    assert_eq!(app.number(TREND_ADMINS).await, 1);
}

/// A draft of the caller's, and where its text is.
async fn draft(caller: &Caller, headline: &str) -> (String, String) {
    let story = json!({"original_language": "az", "headline": headline, "body_html": "<p>Mətn.</p>"});
    let article = id(&caller.post("/v1/articles").json(&story).expect(201).await.json());
    let path = format!("/v1/articles/{article}/translations/az");
    (article, path)
}

/// Takes a step with a text as somebody who has just read it.
async fn move_text(caller: &Caller, path: &str, step: &str, order: &Value) -> Value {
    let etag = etag(caller, path).await;
    let request = caller.post(&format!("{path}/{step}")).if_match(&etag);
    let request = if order.is_null() { request } else { request.json(order) };
    request.expect(200).await.json()
}

/// Texts in every state, all of which the journalist works on: first those that are open.
async fn work(journalist: &Caller, editor: &Caller) -> (Vec<(String, String)>, Vec<(String, String)>) {
    let (first, second, third) = (draft(journalist, "Qaralama").await, draft(journalist, "Yoxlamada").await, draft(journalist, "Yenidən").await);
    move_text(journalist, &second.1, "submit", &Value::Null).await;
    move_text(editor, &third.1, "publish", &Value::Null).await;
    let edited = etag(journalist, &third.1).await;
    journalist.patch(&third.1).if_match(&edited).json(&json!({"headline": "Yenidən, yeni"})).expect(200).await;
    let translation = (first.0.clone(), format!("/v1/articles/{}/translations/tr", first.0));
    let turkish = json!({"headline": "Taslak", "body_html": "<p>Metin.</p>"});
    journalist.put(&translation.1).header("If-None-Match", "*").json(&turkish).expect(201).await;
    let given = draft(editor, "Tapşırılıb").await;
    move_text(editor, &given.1, "assign", &json!({"staff_id": journalist.id})).await;
    let (settled, killed, handed) = (draft(journalist, "Dərc olunub").await, draft(journalist, "Geri çağırılıb").await, draft(journalist, "Verilib").await);
    move_text(editor, &settled.1, "publish", &Value::Null).await;
    move_text(editor, &killed.1, "kill", &json!({"reason": "x", "public_note": "x"})).await;
    move_text(editor, &handed.1, "assign", &json!({"staff_id": null})).await;
    (vec![first, second, third, translation, given], vec![settled, killed, handed])
}

/// What a departure lists, as it must be: by article and language.
fn listed(texts: &[(String, String)]) -> Value {
    let mut keys: Vec<(&str, &str)> = texts.iter().map(|(article, path)| (article.as_str(), path.rsplit('/').next().unwrap())).collect();
    keys.sort_unstable();
    keys.iter().map(|(article, language)| json!({"article_id": article, "language": language})).collect()
}

async fn open_work_goes_to_the_successor(app: App) {
    let (admin, editor, journalist) = (app.staff(ADMIN).await, app.staff(EDITOR).await, app.staff(JOURNALIST).await);
    let (open, closed) = work(&journalist, &editor).await;
    let read = async |texts: &[(String, String)]| join_all(texts.iter().map(|(_, path)| admin.get(path).expect(200))).await;
    let (before, kept) = (read(&open).await, read(&closed).await);
    let metadata = etag(&admin, &format!("/v1/articles/{}", open[0].0)).await;
    let public = app.number("SELECT count(*) FROM published_changes").await;
    app.advance(secs(60));
    let order = json!({"successor": editor.id});
    let gone = admin.post(&format!("{}/depart", at(journalist.id))).if_match("\"v1\"").json(&order).expect(200).await;
    assert_eq!((gone.etag().as_str(), &gone.json()["state"], &gone.json()["email"]), ("\"v2\"", &json!("departed"), &json!(JOURNALIST)));
    assert_eq!(gone.json()["handed_over"], listed(&open));
    for (old, new) in before.iter().zip(read(&open).await) {
        let (was, now) = (old.json(), new.json());
        let expected = json!({"assignee_id": editor.id, "updated_by": admin.id, "updated_at": "2026-07-24T12:01:00Z"});
        assert_eq!(now, with(was.clone(), &expected), "what the person wrote stays theirs");
        assert_eq!(was["assignee_id"], json!(journalist.id));
        assert_ne!(old.etag(), new.etag());
        let article = admin.get(&format!("/v1/articles/{}", text(&now["article_id"]))).expect(200).await;
        assert_eq!(article.json()["updated_at"], "2026-07-24T12:01:00Z", "lists are sorted by it");
    }
    for (old, new) in kept.iter().zip(read(&closed).await) {
        assert_eq!((old.json(), old.etag()), (new.json(), new.etag()), "what is done or another's is left alone");
    }
    assert_eq!(etag(&admin, &format!("/v1/articles/{}", open[0].0)).await, metadata, "metadata are the same");
    assert_eq!(app.number("SELECT count(*) FROM published_changes").await, public, "readers see nothing of it");
    let found = editor.get(&format!("/v1/articles?limit=100&assignee={}&state=draft,in_review", editor.id)).expect(200).await.json();
    let found: BTreeSet<String> = items(&found).iter().map(id).collect();
    assert!(open.iter().all(|(article, _)| found.contains(article)), "{found:?}");
    let left = editor.get(&format!("/v1/articles?limit=100&assignee={}", journalist.id)).expect(200).await.json();
    let left: BTreeSet<String> = items(&left).iter().map(id).collect();
    assert_eq!(left, BTreeSet::from([closed[0].0.clone(), closed[1].0.clone()]), "what they finished");
    // The successor goes on with it.
    let etag = etag(&editor, &open[0].1).await;
    editor.patch(&open[0].1).if_match(&etag).json(&json!({"headline": "Davam"})).expect(200).await;
}

async fn open_work_without_a_successor_is_nobody_s(app: App) {
    let (admin, editor, journalist) = (app.staff(ADMIN).await, app.staff(EDITOR).await, app.staff(JOURNALIST).await);
    let (open, _) = work(&journalist, &editor).await;
    let gone = admin.post(&format!("{}/depart", at(journalist.id))).if_match("\"v1\"").json(&json!({"successor": null})).expect(200).await;
    assert_eq!(gone.json()["handed_over"], listed(&open));
    for (_, path) in &open {
        let text = editor.get(path).expect(200).await.json();
        assert_eq!(text["assignee_id"], Value::Null);
        move_text(&editor, path, "assign", &json!({"staff_id": editor.id})).await;
    }
    // Who has no work leaves none, and needs no body.
    let idle = step(&admin, &at(id(&invite(&admin, &dana()).await.json())), "depart").await;
    assert_eq!(taken(&idle)["handed_over"], json!([]));
}

async fn a_successor_is_an_active_colleague(app: App) {
    let (admin, editor, journalist) = (app.staff(ADMIN).await, app.staff(EDITOR).await, app.staff(JOURNALIST).await);
    let (_, path) = draft(&journalist, "Qaralama").await;
    let invited = text(&invite(&admin, &dana()).await.json()["id"]);
    let gone = text(&invite(&admin, &with(dana(), &json!({"email": "gone@post.example"}))).await.json()["id"]);
    taken(&step(&admin, &at(&gone), "depart").await);
    taken(&step(&admin, &at(editor.id), "suspend").await);
    let foreign = app.staff("editor@kabar.example").await.id.to_string();
    let platform = app.staff(PLATFORM).await;
    let place = format!("{}/depart", at(journalist.id));
    let (own, suspended, unknown) = (journalist.id.to_string(), editor.id.to_string(), Uuid::now_v7().to_string());
    for successor in [own, suspended, invited, gone, foreign, platform.id.to_string(), unknown] {
        for caller in [&admin, &platform] {
            let answer = caller.post(&place).if_match("\"v1\"").json(&json!({"successor": successor})).send().await;
            invalid(&answer, &["/successor"]);
        }
    }
    malformed(&admin.post(&place).if_match("\"v1\"").json(&json!({"successor": EDITOR})).send().await, "/successor");
    malformed(&admin.post(&place).if_match("\"v1\"").json(&json!({"heir": admin.id})).send().await, "/heir");
    let unchanged = admin.get(&at(journalist.id)).expect(200).await;
    assert_eq!((unchanged.etag().as_str(), &unchanged.json()["state"]), ("\"v1\"", &json!("active")));
    let text = journalist.get(&path).expect(200).await;
    assert_eq!((text.etag().as_str(), &text.json()["assignee_id"]), ("\"v1\"", &json!(journalist.id)), "and still signed in");
    admin.post(&place).if_match("\"v1\"").json(&json!({"successor": admin.id})).expect(200).await;
    assert_eq!(admin.get(&path).expect(200).await.json()["assignee_id"], json!(admin.id));
}

async fn who_has_departed_is_gone_for_good(app: App) {
    let admin = app.staff(ADMIN).await;
    let signed_in = log_in(&app, JOURNALIST, PASSWORD).await.json();
    let journalist = app.with_token(&text(&signed_in["access_token"]));
    let member = text(&signed_in["staff"]["id"]);
    taken(&step(&admin, &at(&member), "depart").await);
    refused(&journalist.get("/v1/me").send().await, 401, "unauthenticated");
    let refresh = app.anonymous().post("/v1/auth/refresh").json(&json!({"refresh_token": signed_in["refresh_token"]})).send().await;
    refused(&refresh, 401, "invalid_credentials");
    refused(&log_in(&app, JOURNALIST, PASSWORD).await, 401, "invalid_credentials");
    app.anonymous().post("/v1/auth/password-resets").json(&json!({"email": JOURNALIST})).expect(202).await;
    assert_eq!(sent(&app).await.len(), 0);
    refused(&app.anonymous().get(&format!("{PUBLIC}/{member}")).send().await, 404, "not_found");
    // The record stays, and the address is theirs.
    assert_eq!(admin.get(&at(&member)).expect(200).await.json()["state"], "departed");
    refused(&admin.post(STAFF).json(&with(dana(), &json!({"email": JOURNALIST}))).send().await, 409, "already_exists");
    let row = json!([with(dana(), &json!({"email": JOURNALIST}))]);
    let imported = admin.post(IMPORT).json(&row).expect(200).await.json();
    assert_eq!((&imported["items"][0]["outcome"], &imported["items"][0]["id"]), (&json!("exists"), &json!(member)));
    assert_eq!(admin.get(&at(&member)).expect(200).await.json()["state"], "departed");
    let (_, path) = draft(&admin, "Yeni").await;
    let assigned = admin.post(&format!("{path}/assign")).if_match("*").json(&json!({"staff_id": member})).send().await;
    invalid(&assigned, &["/staff_id"]);
    for step in ["reinstate", "suspend", "depart"] {
        refused(&admin.post(&format!("{}/{step}", at(&member))).if_match("*").send().await, 409, "illegal_transition");
    }
}

async fn who_departs_before_coming_cannot_come(app: App) {
    let admin = app.staff(ADMIN).await;
    let member = id(&invite(&admin, &dana()).await.json());
    let link = link_in(&sent(&app).await[0]);
    taken(&step(&admin, &at(&member), "depart").await);
    refused(&redeem(&app, ACCEPT, &link).await, 401, "invalid_credentials");
    let still = admin.get(&at(&member)).expect(200).await;
    assert_eq!((still.etag().as_str(), &still.json()["state"]), ("\"v2\"", &json!("departed")));
    refused(&log_in(&app, "dana.new@post.example", NEW_PASSWORD).await, 401, "invalid_credentials");
}

async fn a_departure_and_edits_at_once_succeed(app: App) {
    let (admin, editor, journalist) = (app.staff(ADMIN).await, app.staff(EDITOR).await, app.staff(JOURNALIST).await);
    let mut paths = vec![];
    for n in 0..6 {
        paths.push(draft(&journalist, &format!("Qaralama {n}")).await.1);
    }
    let edit = |path: &String| editor.patch(path).if_match("*").json(&json!({"headline": "Redaktə olunub"})).send();
    let mut sending: Vec<_> = paths[..3].iter().map(edit).collect();
    sending.push(admin.post(&format!("{}/depart", at(journalist.id))).if_match("*").json(&json!({"successor": editor.id})).send());
    sending.extend(paths[3..].iter().map(edit));
    for answer in join_all(sending).await {
        assert_eq!(answer.status, 200, "neither stands in the other's way: {}", answer.text());
    }
    for path in &paths {
        let text = editor.get(path).expect(200).await.json();
        assert_eq!((&text["headline"], &text["assignee_id"], &text["revision"]), (&json!("Redaktə olunub"), &json!(editor.id), &json!(2)), "both count");
    }
}

/// Open texts of those who have left.
const ORPHANS: &str = "SELECT count(*) FROM translations t JOIN staff s ON s.id = t.assignee_id \
    WHERE s.state = 'departed' AND t.deleted_at IS NULL AND t.review <> 'settled' AND t.publication <> 'killed'";

async fn nobody_is_given_work_while_they_depart(app: App) {
    let (admin, editor, journalist) = (app.staff(ADMIN).await, app.staff(EDITOR).await, app.staff(JOURNALIST).await);
    draft(&journalist, "Özünün").await;
    let mut paths = vec![];
    for n in 0..4 {
        paths.push(draft(&editor, &format!("Qaralama {n}")).await.1);
    }
    let give = |path: &String| editor.post(&format!("{path}/assign")).if_match("*").json(&json!({"staff_id": journalist.id})).send();
    let mut sending: Vec<_> = paths[..2].iter().map(give).collect();
    sending.push(admin.post(&format!("{}/depart", at(journalist.id))).if_match("*").json(&json!({"successor": admin.id})).send());
    sending.extend(paths[2..].iter().map(give));
    let answers = join_all(sending).await;
    assert_eq!(answers[2].status, 200, "{}", answers[2].text());
    let handed = answers[2].json()["handed_over"].as_array().unwrap().len();
    let mut given = 0;
    for (n, answer) in answers.iter().enumerate().filter(|(n, _)| *n != 2) {
        if answer.status == 200 {
            given += 1;
        } else {
            invalid(answer, &["/staff_id"]);
        }
        let path = &paths[if n > 2 { n - 1 } else { n }];
        let assignee = editor.get(path).expect(200).await.json()["assignee_id"].clone();
        assert_eq!(assignee, if answer.status == 200 { json!(admin.id) } else { json!(editor.id) }, "{path}");
    }
    assert_eq!(handed, given + 1);
    assert_eq!(app.number(ORPHANS).await, 0);
}

async fn a_successor_does_not_leave_at_once(app: App) {
    let (admin, editor, journalist) = (app.staff(ADMIN).await, app.staff(EDITOR).await, app.staff(JOURNALIST).await);
    draft(&journalist, "Qaralama").await;
    let answers = join_all([
        admin.post(&format!("{}/depart", at(journalist.id))).if_match("*").json(&json!({"successor": editor.id})).send(),
        admin.post(&format!("{}/depart", at(editor.id))).if_match("*").json(&json!({"successor": admin.id})).send(),
    ])
    .await;
    assert_eq!(answers[1].status, 200, "{}", answers[1].text());
    if answers[0].status != 200 {
        invalid(&answers[0], &["/successor"]);
    }
    assert_eq!(app.number(ORPHANS).await, 0);
}

async fn an_admin_has_a_password_reset(app: App) {
    let (admin, journalist) = (app.staff(ADMIN).await, app.staff(JOURNALIST).await);
    let path = at(journalist.id);
    // So that the message is in English.
    taken(&patch(&admin, &path, &json!({"languages": ["en"]})).await);
    let asked = admin.post(&format!("{path}/password-reset")).expect(202).await;
    assert_eq!(asked.json(), json!({"expires_at": "2026-07-24T12:30:00Z"}), "the secret goes by mail alone");
    refused(&journalist.get("/v1/me").send().await, 401, "unauthenticated");
    assert_eq!(log_in(&app, JOURNALIST, PASSWORD).await.status, 200, "the old one is good until then");
    assert!(app.outbox().is_empty());
    let mails = sent(&app).await;
    assert_eq!(mails.iter().map(|mail| recipient(mail)).collect::<Vec<_>>(), [JOURNALIST]);
    let link = link_in(&mails[0]);
    refused(&redeem(&app, ACCEPT, &link).await, 401, "invalid_credentials");
    assert_eq!(redeem(&app, COMPLETE, &link).await.json()["staff"]["id"], json!(journalist.id));
    refused(&redeem(&app, COMPLETE, &link).await, 401, "invalid_credentials");
    refused(&log_in(&app, JOURNALIST, PASSWORD).await, 401, "invalid_credentials");
    assert_eq!(log_in(&app, JOURNALIST, NEW_PASSWORD).await.status, 200);
    // A link that is out of date, and one for somebody who is out.
    admin.post(&format!("{path}/password-reset")).expect(202).await;
    let late = link_in(&sent(&app).await[0]);
    app.advance(secs(30 * 60));
    refused(&redeem(&app, COMPLETE, &late).await, 401, "invalid_credentials");
    let admin = app.staff(ADMIN).await;
    admin.post(&format!("{path}/password-reset")).expect(202).await;
    let link = link_in(&sent(&app).await[0]);
    taken(&step(&admin, &path, "suspend").await);
    refused(&redeem(&app, COMPLETE, &link).await, 401, "invalid_credentials");
    assert_eq!(admin.get(&path).expect(200).await.json()["state"], "suspended");
}

async fn the_public_profile_follows_the_byline(app: App) {
    let (admin, journalist) = (app.staff(ADMIN).await, app.staff(JOURNALIST).await);
    let (path, place) = (at(journalist.id), format!("{PUBLIC}/{}", journalist.id));
    let public = async |place: &str| app.anonymous().get(place).send().await;
    let shown = async || {
        let page = app.anonymous().get(&format!("{PUBLIC}?limit=100")).expect(200).await.json();
        items(&page).iter().map(id).collect::<BTreeSet<String>>()
    };
    let (before, all) = (public(&place).await, shown().await);
    assert!(before.status == 200 && all.contains(&journalist.id.to_string()));
    taken(&patch(&admin, &path, &json!({"byline": false})).await);
    refused(&public(&place).await, 404, "not_found");
    assert_eq!(shown().await.len(), all.len() - 1);
    app.advance(secs(60));
    let change = json!({"byline": true, "names": {"en": "L. Zulfugarova"}, "bios": {"az": null}, "languages": ["az"]});
    let member = taken(&patch(&admin, &path, &change).await);
    let after = public(&place).await;
    let expected = with(before.json(), &json!({"names": member["names"], "bios": member["bios"], "languages": ["az"]}));
    assert_eq!(after.json(), expected);
    assert_eq!(after.json()["names"]["en"], "L. Zulfugarova");
    assert_ne!(after.etag(), before.etag());
    assert_eq!(after.header("Last-Modified"), Some("Fri, 24 Jul 2026 12:01:00 GMT"));
    assert_eq!(shown().await, all);
    // Who had none gets one; who is only invited waits.
    taken(&patch(&admin, &at(admin.id), &json!({"byline": true})).await);
    assert_eq!(public(&format!("{PUBLIC}/{}", admin.id)).await.status, 200);
    let invited = id(&invite(&admin, &with(dana(), &json!({"byline": true}))).await.json());
    refused(&public(&format!("{PUBLIC}/{invited}")).await, 404, "not_found");
    assert_eq!(redeem(&app, ACCEPT, &link_in(&sent(&app).await[0])).await.status, 200);
    let profile = public(&format!("{PUBLIC}/{invited}")).await.json();
    assert_eq!((&profile["names"], &profile["agency_slug"]), (&json!({"en": "Dana New"}), &json!("trend")));
    taken(&step(&admin, &path, "depart").await);
    refused(&public(&place).await, 404, "not_found");
    assert_eq!(shown().await.len(), all.len() + 1);
}

fn sheet(header: &str, rows: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<String> = std::iter::once(header.to_owned()).chain(rows).collect();
    format!("{}\n", lines.join("\n"))
}

/// Fifty people, as a spreadsheet has them.
fn fifty() -> String {
    let row = |n: u32| {
        let role = if n.is_multiple_of(5) { "editor" } else { "journalist" };
        format!("person{n:02}@trend.example,{role},kk ru,\"Сәрсен, Дана «{n:02}»\",\"Sarsen, Dana \"\"{n:02}\"\"\",{}", n.is_multiple_of(2))
    };
    sheet("email,role,languages,name,name:en,byline", (1..=50).map(row))
}

async fn import(caller: &Caller, file: &str) -> Answer {
    caller.post(IMPORT).body("text/csv; charset=utf-8", file).send().await
}

/// What became of the rows.
fn outcomes(imported: &Value) -> Vec<String> {
    imported["items"].as_array().unwrap().iter().map(|item| text(&item["outcome"])).collect()
}

/// Where the faults of each row are.
fn faults(imported: &Value) -> Vec<Vec<(String, String)>> {
    let of_row = |item: &Value| {
        let errors = item["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
    };
    imported["items"].as_array().unwrap().iter().map(of_row).collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

/// The people who were invited, in the order of their addresses.
async fn invited(caller: &Caller) -> Vec<Value> {
    let mut people = items(&caller.get(&format!("{STAFF}?state=invited&limit=100")).expect(200).await.json());
    people.sort_by_key(|member| text(&member["email"]));
    people
}

async fn fifty_are_hired_by_one_file(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = traces(&app).await;
    let imported = import(&admin, &fifty()).await;
    let json = taken(&imported);
    assert_eq!(json["totals"], json!({"invited": 50, "exists": 0, "failed": 0}));
    let rows = json["items"].as_array().unwrap();
    assert_eq!(rows.len(), 50);
    let people = invited(&admin).await;
    assert_eq!(people.len(), 50);
    let trend = agency(&app, "trend").await;
    for ((n, row), member) in (1u32..).zip(rows).zip(&people) {
        let email = format!("person{n:02}@trend.example");
        assert_eq!(*row, json!({"row": n, "email": email, "outcome": "invited", "id": member["id"]}));
        let expected = json!({
            "id": member["id"], "agency_id": trend, "email": email, "role": if n.is_multiple_of(5) { "editor" } else { "journalist" }, "state": "invited",
            "languages": ["kk", "ru"], "names": {"kk": format!("Сәрсен, Дана «{n:02}»"), "en": format!("Sarsen, Dana \"{n:02}\"")}, "bios": {},
            "byline": n.is_multiple_of(2), "last_login_at": null, "created_at": NOON, "updated_at": NOON,
        });
        assert_eq!(*member, expected);
    }
    assert_eq!(traces(&app).await, [before[0] + 50, before[1] + 50, before[2] + 50]);
    assert!(app.outbox().is_empty(), "not within the request");
    let mut recipients: Vec<String> = sent(&app).await.iter().map(|mail| recipient(mail)).collect();
    recipients.sort();
    let addresses: Vec<String> = people.iter().map(|member| text(&member["email"])).collect();
    assert_eq!(recipients, addresses, "one message to each");
}

async fn a_file_sent_again_changes_nothing(app: App) {
    let admin = app.staff(ADMIN).await;
    let file = fifty();
    let first = taken(&import(&admin, &file).await);
    sent(&app).await;
    let (people, before) = (invited(&admin).await, traces(&app).await);
    app.advance(secs(60));
    let changed = file.replace("journalist", "admin").replace("Сәрсен", "Басқа").replace("@trend", "@TREND");
    for again in [&file, &changed] {
        let json = taken(&import(&admin, again).await);
        assert_eq!(json["totals"], json!({"invited": 0, "exists": 50, "failed": 0}));
        for (old, new) in first["items"].as_array().unwrap().iter().zip(json["items"].as_array().unwrap()) {
            assert_eq!((&new["id"], &new["row"], &new["outcome"]), (&old["id"], &old["row"], &json!("exists")));
        }
    }
    assert_eq!(traces(&app).await, before);
    assert_eq!(invited(&admin).await, people);
    assert_eq!(etag(&admin, &at(id(&people[0]))).await, "\"v1\"");
    assert_eq!((sent(&app).await.len(), app.outbox().len()), (0, 50), "no new messages");
    // A row more is a person more.
    let longer = format!("{file}one.more@trend.example,editor,kk,Дана,Dana,\n");
    assert_eq!(taken(&import(&admin, &longer).await)["totals"], json!({"invited": 1, "exists": 50, "failed": 0}));
    assert_eq!(sent(&app).await.iter().map(|mail| recipient(mail)).collect::<Vec<_>>(), ["one.more@trend.example"]);
    // Sent twice under one key, it is the same answer.
    let other = longer.replace("person", "people");
    let send = async || admin.post(IMPORT).header("Idempotency-Key", "k").body("text/csv", other.clone()).expect(200).await;
    let (one, two) = (send().await, send().await);
    assert_eq!((two.header("Idempotency-Replayed"), two.json()), (Some("true"), one.json()));
    assert_eq!(one.json()["totals"], json!({"invited": 50, "exists": 1, "failed": 0}));
}

async fn spreadsheets_are_read_as_they_are_saved(app: App) {
    let admin = app.staff(ADMIN).await;
    let row = |n: u32| {
        format!(
            "p{n:02}@trend.example; Editor ;\"kk;uz-Cyrl\";\"Сәрсен; Дана \"\"{n:02}\"\"\";Дана, Сарсен;{};\"Екі\r\nжол\"\r",
            if n == 1 { "yes" } else { "" }
        )
    };
    let file = sheet("\u{feff}Email;Role;Languages;Name:KK;name:uz_Cyrl;Byline;Bio\r", (1..=50).map(row));
    let json = taken(&import(&admin, &format!("{file};;;;;;\r\n\r\n")).await);
    assert_eq!(json["totals"], json!({"invited": 50, "exists": 0, "failed": 0}), "lines of empty cells are none: {json}");
    let people = invited(&admin).await;
    assert_eq!(people.len(), 50);
    for (n, member) in (1..).zip(&people) {
        assert_eq!((&member["email"], &member["role"]), (&json!(format!("p{n:02}@trend.example")), &json!("editor")));
        assert_eq!((&member["languages"], &member["byline"]), (&json!(["kk", "uz-Cyrl"]), &json!(n == 1)));
        assert_eq!(member["names"], json!({"kk": format!("Сәрсен; Дана \"{n:02}\""), "uz-Cyrl": "Дана, Сарсен"}));
        assert_eq!(member["bios"], json!({"kk": "Екі\r\nжол"}), "in the first language");
    }
    // Columns in another order, some that nobody needs left out; the plain name where a language has none of its own.
    let file = "name:en,name,languages,email,role\nDana,Дана,\"kk, en\",q1@trend.example,journalist\nDana,Дана,en ru,q2@trend.example,JOURNALIST\n";
    assert_eq!(taken(&import(&admin, file).await)["totals"]["invited"], 2);
    let people = invited(&admin).await;
    assert_eq!((&people[50]["names"], &people[51]["names"]), (&json!({"kk": "Дана", "en": "Dana"}), &json!({"en": "Dana"})));
}

/// People as JSON has them.
fn people(name: &str, count: u32) -> Vec<Value> {
    (1..=count)
        .map(|n| {
            json!({
                "email": format!("{name}{n:02}@trend.example"), "role": "journalist", "languages": ["kk", "ru"], "names": {"kk": format!("Дана {n:02}")},
                "bios": {"kk": "Жазады."}, "byline": true,
            })
        })
        .collect()
}

async fn fifty_are_hired_by_one_json(app: App) {
    let admin = app.staff(ADMIN).await;
    let list = people("person", 50);
    let json = taken(&admin.post(IMPORT).json(&json!(list)).send().await);
    assert_eq!(json["totals"], json!({"invited": 50, "exists": 0, "failed": 0}));
    for (new, member) in list.iter().zip(invited(&admin).await) {
        for name in ["email", "role", "languages", "names", "bios", "byline"] {
            assert_eq!(new[name], member[name], "{name}");
        }
    }
    let mut recipients: Vec<String> = sent(&app).await.iter().map(|mail| recipient(mail)).collect();
    recipients.sort();
    assert_eq!(recipients, list.iter().map(|new| text(&new["email"])).collect::<Vec<_>>());
    // In an object it is the same, and what the other form brought is there.
    let again = taken(&admin.post(IMPORT).json(&json!({"staff": list})).send().await);
    assert_eq!(again["totals"], json!({"invited": 0, "exists": 50, "failed": 0}));
    let other = taken(&admin.post(IMPORT).json(&json!({"staff": people("other", 3)})).send().await);
    assert_eq!(other["totals"], json!({"invited": 3, "exists": 0, "failed": 0}));
    assert_eq!(sent(&app).await.len(), 3);
    assert_eq!(taken(&import(&admin, "email,role,languages,name\nPERSON07@trend.example,admin,kk,Дана\n").await)["totals"]["exists"], 1);
}

async fn rows_of_a_file_fail_one_by_one(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = traces(&app).await;
    let rows = [
        "good@post.example,editor,kk,Дана,,",
        "bad,boss,xx kk,,,",
        "EDITOR@trend.example,admin,kk,Дана,,",
        "GOOD@post.example,editor,kk,Дана,,",
        "short@post.example,editor",
        "long@post.example,editor,kk,Дана,,,more",
        ",editor,kk,Дана,,",
        "uza@post.example,editor,kk,Дана,uza,",
        "nowhere@post.example,editor,kk,Дана,nowhere,",
        "odd@post.example,,kk kaz,Дана,,perhaps",
        "own@post.example,editor,kk,Дана,trend,true",
    ];
    let file = sheet("email,role,languages,name,agency,byline", rows.map(str::to_owned));
    let json = taken(&import(&admin, &file).await);
    assert_eq!(json["totals"], json!({"invited": 2, "exists": 1, "failed": 8}));
    let expected = ["invited", "failed", "exists", "failed", "failed", "failed", "failed", "failed", "failed", "failed", "invited"];
    assert_eq!(outcomes(&json), expected);
    let expected = [
        owned(&[]),
        owned(&[("/role", "unknown_value"), ("/languages/0", "invalid"), ("/email", "invalid_email")]),
        owned(&[]),
        owned(&[("/email", "duplicate")]),
        owned(&[("/languages", "too_few"), ("/names", "too_few")]),
        owned(&[("", "too_many")]),
        owned(&[("/email", "invalid_email")]),
        owned(&[("/agency", "forbidden")]),
        owned(&[("/agency", "unknown_agency")]),
        owned(&[("/byline", "wrong_type"), ("/role", "missing_member"), ("/languages/1", "duplicate")]),
        owned(&[]),
    ];
    assert_eq!(faults(&json), expected);
    for (n, item) in (1..).zip(json["items"].as_array().unwrap()) {
        assert_eq!(item["row"], n);
        assert_eq!(item["id"].is_string(), item["outcome"] != "failed", "{item}");
        assert_eq!(item["errors"].is_array(), item["outcome"] == "failed", "{item}");
    }
    assert_eq!((&json["items"][6]["email"], &json["items"][3]["email"]), (&Value::Null, &json!("GOOD@post.example")));
    assert_eq!(traces(&app).await, [before[0] + 2, before[1] + 2, before[2] + 2]);
    let editor = admin.get(&at(text(&json["items"][2]["id"]))).expect(200).await;
    assert_eq!((&editor.json()["email"], &editor.json()["role"], editor.etag().as_str()), (&json!(EDITOR), &json!("editor"), "\"v1\""));
    assert_eq!(sent(&app).await.len(), 2);
    // The file put right brings those who are missing, and nobody twice.
    let right = "email,role,languages,name\ngood@post.example,editor,kk,Дана\nshort@post.example,editor,kk,Дана\n";
    assert_eq!(outcomes(&taken(&import(&admin, right).await)), ["exists", "invited"]);
    assert_eq!(sent(&app).await.iter().map(|mail| recipient(mail)).collect::<Vec<_>>(), ["short@post.example"]);
}

async fn rows_of_json_fail_one_by_one(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = traces(&app).await;
    let row = |members: Value| with(dana(), &members);
    let rows = json!([
        row(json!({"email": "a@post.example"})),
        row(json!({"email": "b@post.example", "role": "boss"})),
        row(json!({"email": "c@post.example", "phone": "1"})),
        row(json!({"email": "d@post.example", "languages": ["kk", "xx"]})),
        7,
        {},
        {"email": 5},
        row(json!({"email": "e", "languages": [], "names": {"en": " "}, "bios": {"en": ""}})),
        row(json!({"email": "A@POST.example"})),
        row(json!({"email": "f@post.example", "agency": "kazinform"})),
        row(json!({"email": "g@post.example", "state": "active"})),
        row(json!({"email": "h@post.example", "agency": "trend", "byline": true})),
    ]);
    let json = taken(&admin.post(IMPORT).json(&rows).send().await);
    assert_eq!(json["totals"], json!({"invited": 2, "exists": 0, "failed": 10}));
    let expected = [
        owned(&[]),
        owned(&[("/role", "unknown_value")]),
        owned(&[("/phone", "unknown_member")]),
        owned(&[("/languages/1", "invalid")]),
        owned(&[("", "wrong_type")]),
        owned(&[("/email", "missing_member")]),
        owned(&[("/email", "wrong_type")]),
        owned(&[("/email", "invalid_email"), ("/languages", "too_few"), ("/names/en", "too_short"), ("/bios/en", "too_short")]),
        owned(&[("/email", "duplicate")]),
        owned(&[("/agency", "forbidden")]),
        owned(&[("/state", "unknown_member")]),
        owned(&[]),
    ];
    assert_eq!(faults(&json), expected);
    let addresses: Vec<&Value> = json["items"].as_array().unwrap().iter().map(|item| &item["email"]).collect();
    assert_eq!((addresses[1], addresses[4], addresses[6], addresses[8]), (&json!("b@post.example"), &Value::Null, &Value::Null, &json!("A@POST.example")));
    assert_eq!(traces(&app).await, [before[0] + 2, before[1] + 2, before[2] + 2]);
    assert_eq!(invited(&admin).await.iter().map(|member| text(&member["email"])).collect::<Vec<_>>(), ["a@post.example", "h@post.example"]);
}

async fn a_file_does_not_tell_who_works_elsewhere(app: App) {
    let platform = app.staff(PLATFORM).await;
    let elsewhere = invite(&platform, &with(dana(), &json!({"agency": "kazinform"}))).await.json();
    sent(&app).await;
    let admin = app.staff(ADMIN).await;
    let before = traces(&app).await;
    let file = "email,role,languages,name\nDANA.new@post.example,editor,kk,Дана\nother@post.example,editor,kk,Дана\n";
    for round in ["invited", "exists"] {
        let answer = import(&admin, file).await;
        let json = taken(&answer);
        assert_eq!(outcomes(&json), ["failed", round]);
        assert_eq!(faults(&json)[0], owned(&[("/email", "already_exists")]));
        assert_eq!(json["items"][0]["id"], Value::Null);
        for secret in ["azinform", "Қазинформ", elsewhere["id"].as_str().unwrap(), elsewhere["agency_id"].as_str().unwrap()] {
            assert!(!answer.text().contains(secret), "{}", answer.text());
        }
    }
    assert_eq!(traces(&app).await, [before[0] + 1, before[1] + 1, before[2] + 1]);
    let theirs = platform.get(&at(id(&elsewhere))).expect(200).await;
    assert_eq!((theirs.etag().as_str(), &theirs.json()["names"]), ("\"v1\"", &json!({"en": "Dana New"})));
    assert_eq!(sent(&app).await.iter().map(|mail| recipient(mail)).collect::<Vec<_>>(), ["other@post.example"]);
}

async fn the_platform_imports_for_others(app: App) {
    let platform = app.staff(PLATFORM).await;
    let (house, uza) = (agency(&app, "platform").await, agency(&app, "uza").await);
    let rows = [
        "one@post.example,editor,uz,Дана,uza".to_owned(),
        format!("two@post.example,editor,uz,Дана,{uza}"),
        "three@post.example,editor,uz,Дана,".to_owned(),
        "editor@uza.example,editor,uz,Дана,uza".to_owned(),
        "editor@uza.example.org,editor,uz,Дана,nowhere".to_owned(),
        "editor@trend.example,editor,uz,Дана,uza".to_owned(),
        "journalist@trend.example,editor,uz,Дана,".to_owned(),
    ];
    let json = taken(&import(&platform, &sheet("email,role,languages,name,agency", rows)).await);
    assert_eq!(outcomes(&json), ["invited", "invited", "invited", "exists", "failed", "failed", "failed"]);
    assert_eq!(faults(&json)[4], owned(&[("/agency", "unknown_agency")]));
    for row in [5, 6] {
        assert_eq!(faults(&json)[row], owned(&[("/email", "already_exists")]), "of another agency than the row says");
    }
    for (row, agency) in [(0usize, &uza), (1, &uza), (2, &house), (3, &uza)] {
        let member = platform.get(&at(text(&json["items"][row]["id"]))).expect(200).await.json();
        assert_eq!(member["agency_id"], agency.as_str(), "{row}");
    }
    assert_eq!(sent(&app).await.len(), 3);
}

async fn an_import_has_its_limits(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = traces(&app).await;
    let many = |n: u32| sheet("email,role,languages,name", (1..=n).map(|n| format!("p{n}@post.example,boss,kk,Дана")));
    let too_many = import(&admin, &many(501)).await;
    invalid(&too_many, &[""]);
    assert_eq!(too_many.json()["errors"][0]["code"], "too_many");
    let list = |n: usize| json!(vec![json!({"email": "x"}); n]);
    invalid(&admin.post(IMPORT).json(&list(501)).send().await, &[""]);
    invalid(&admin.post(IMPORT).json(&json!({"staff": list(501)})).send().await, &["/staff"]);
    assert_eq!(taken(&import(&admin, &many(500)).await)["totals"], json!({"invited": 0, "exists": 0, "failed": 500}));
    assert_eq!(taken(&admin.post(IMPORT).json(&list(500)).send().await)["totals"]["failed"], 500);
    // None is not too few.
    let none = json!({"items": [], "totals": {"invited": 0, "exists": 0, "failed": 0}});
    assert_eq!(taken(&import(&admin, "email,role,languages,name\n").await), none);
    assert_eq!(taken(&admin.post(IMPORT).json(&json!([])).send().await), none);
    refused(&import(&admin, &"x".repeat((1 << 20) + 1)).await, 413, "body_too_large");
    // Nobody of a file that is refused as a whole is invited.
    let good = sheet("email,role,languages,name", (1..=501).map(|n| format!("p{n}@post.example,editor,kk,Дана")));
    invalid(&import(&admin, &good).await, &[""]);
    assert_eq!(traces(&app).await, before);
}

async fn what_is_no_table_is_refused(app: App) {
    let admin = app.staff(ADMIN).await;
    let before = traces(&app).await;
    for media_type in ["text/plain", "application/xml", "application/vnd.ms-excel", "application/x-www-form-urlencoded", ""] {
        refused(&admin.post(IMPORT).body(media_type, fifty()).send().await, 415, "unsupported_media_type");
    }
    refused(&admin.post(IMPORT).header("Content-Encoding", "gzip").body("text/csv", fifty()).send().await, 415, "unsupported_media_type");
    for body in ["{}", "7", "null", "\"email\"", "[", "", "{\"staff\": {}}", "{\"staff\": [], \"force\": true}", "{\"people\": []}"] {
        refused(&admin.post(IMPORT).body("application/json", body).send().await, 400, "malformed_body");
    }
    // Of another encoding, of another kind, without a header, with one that says other things.
    for file in [b"\xff\xfee\0m\0a\0i\0l\0".to_vec(), b"PK\x03\x04\xf0\x9f\x92".to_vec(), b"email,role,languages,name\n\xe9,editor,kk,a\n".to_vec()] {
        refused(&admin.post(IMPORT).body("text/csv", file).send().await, 400, "malformed_body");
    }
    for file in ["", "\n", "garbage", "a@post.example,editor,kk,Dana\n", "<html><body>email</body></html>", "[{\"email\": \"a@post.example\"}]"] {
        refused(&import(&admin, file).await, 400, "malformed_body");
    }
    for (header, codes) in [
        ("email,role,languages,name,phone", vec!["unknown_member"]),
        ("email,role,languages,name:xx", vec!["unknown_member", "missing_member"]),
        ("email,role,languages,name:kk,name:kaz", vec!["duplicate_member"]),
        ("email,email,role", vec!["duplicate_member", "missing_member", "missing_member"]),
        ("role,languages,name,agency,byline", vec!["missing_member"]),
    ] {
        let answer = import(&admin, &format!("{header}\na@post.example,editor,kk,Dana,Dana\n")).await;
        refused(&answer, 400, "malformed_body");
        let told: Vec<String> = answer.json()["errors"].as_array().unwrap().iter().map(|error| text(&error["code"])).collect();
        assert_eq!(told, codes, "{header}: {}", answer.text());
    }
    assert_eq!(traces(&app).await, before);
}

async fn faults_of_a_header_have_a_place(app: App) {
    let answer = import(&app.staff(ADMIN).await, "email,role,phone\n").await;
    refused(&answer, 400, "malformed_body");
    for error in answer.json()["errors"].as_array().unwrap() {
        assert!(error["pointer"].is_string() || error["parameter"].is_string(), "every error has one or the other: {error}");
    }
}

async fn imports_are_for_admins(app: App) {
    let before = traces(&app).await;
    let admin = app.staff(ADMIN).await;
    let made = json!({"name": "Wire", "scopes": ["articles:read", "articles:submit", "articles:publish", "partner:read"]});
    let key = text(&admin.post("/v1/agencies/trend/api-keys").json(&made).expect(201).await.json()["key"]);
    for (caller, status, code) in [
        (app.staff(JOURNALIST).await, 403, "forbidden"),
        (app.staff(EDITOR).await, 403, "forbidden"),
        (app.staff("editor@platform.example").await, 403, "forbidden"),
        (app.with_token(&key), 403, "forbidden"),
        (app.anonymous(), 401, "unauthenticated"),
    ] {
        refused(&import(&caller, &fifty()).await, status, code);
        refused(&import(&caller, "garbage").await, status, code);
        refused(&caller.post(IMPORT).json(&json!(people("person", 2))).send().await, status, code);
        refused(&caller.post(IMPORT).body("text/plain", "x").send().await, status, code);
    }
    assert_eq!(traces(&app).await, before);
}

async fn one_file_sent_twice_at_once_hires_once(app: App) {
    let (admin, platform) = (app.staff(ADMIN).await, app.staff(PLATFORM).await);
    let rows = (1..=20).map(|n| format!("p{n:02}@post.example,editor,kk,Дана,trend"));
    let file = sheet("email,role,languages,name,agency", rows);
    let before = traces(&app).await;
    let answers = join_all([&admin, &platform, &admin].map(|caller| import(caller, &file))).await;
    let totals: Vec<Value> = answers.iter().map(|answer| taken(answer)["totals"].clone()).collect();
    assert_eq!(totals.iter().filter(|totals| **totals == json!({"invited": 20, "exists": 0, "failed": 0})).count(), 1, "{totals:?}");
    assert_eq!(totals.iter().filter(|totals| **totals == json!({"invited": 0, "exists": 20, "failed": 0})).count(), 2, "{totals:?}");
    let ids = |answer: &Answer| answer.json()["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>();
    assert!(answers.iter().all(|answer| ids(answer) == ids(&answers[0])), "the same people");
    assert_eq!(traces(&app).await, [before[0] + 20, before[1] + 20, before[2] + 20]);
    assert_eq!(sent(&app).await.len(), 20);
}
