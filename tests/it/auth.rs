//! Who somebody is: signing in and out, tokens, sessions, passwords, links that work once, API keys.

use crate::on_both;
use crate::support::{Answer, App, Caller, NOON, PASSWORD};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use newsroom::auth;
use newsroom::config::Config;
use newsroom::db::Reader;
use newsroom::secrets::Secrets;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

on_both!(
    signing_in_answers_tokens_and_oneself,
    refusals_do_not_say_why,
    addresses_are_one_whatever_their_case,
    only_good_credentials_are_taken,
    forged_tokens_are_refused,
    access_tokens_expire,
    the_public_keys_verify_our_tokens,
    refreshing_hands_out_the_next_pair,
    a_token_that_comes_late_ends_its_session,
    a_token_of_long_ago_ends_its_session,
    refreshing_at_once_gets_the_same_token,
    a_session_lives_thirty_days_without_use,
    what_is_no_refresh_token_is_refused_alike,
    signing_out_bites_at_once,
    suspension_bites_at_once,
    a_change_of_role_bites_at_once,
    suspension_of_the_agency_bites_at_once,
    a_change_of_agency_bites_at_once,
    ten_failures_close_an_account_for_a_network,
    no_more_than_ten_of_forty_at_once_are_verified,
    success_forgives_failures,
    changing_the_password_ends_other_sessions,
    a_stolen_session_cannot_try_passwords,
    a_reset_link_works_once,
    asking_for_a_reset_does_not_say_who_is_here,
    reset_links_expire_and_are_replaced,
    a_reset_link_does_not_lift_a_suspension,
    one_link_used_twice_at_once_works_once,
    an_invitation_leads_to_work,
    an_invitation_expires,
    sessions_are_listed_and_revoked,
    the_profile_is_changed_and_public,
    one_cannot_give_oneself_more_than_a_profile,
    two_changes_of_a_profile_at_once_are_one,
    api_keys_are_shown_once,
    api_keys_do_what_their_scopes_say,
    api_keys_end,
    altered_api_keys_are_refused,
    new_api_keys_are_checked,
    api_keys_are_the_agency_s_own,
);

const EDITOR: &str = "editor@trend.example";
const JOURNALIST: &str = "journalist@trend.example";
const ADMIN: &str = "admin@trend.example";
const PLATFORM: &str = "admin@platform.example";
const WRONG: &str = "wrong horse battery";
const NEW: &str = "a quite different mare";
const DAY: Duration = Duration::from_hours(24);

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, code), "{}", answer.text());
    assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer realm=\"newsroom\""));
}

/// Headers have no order.
fn sorted(headers: &[(String, String)]) -> Vec<(String, String)> {
    let mut sorted = headers.to_vec();
    sorted.sort();
    sorted
}

async fn log_in_from(app: &App, address: &str, email: &str, password: &str) -> Answer {
    app.anonymous().post("/v1/auth/login").from(address).json(&json!({"email": email, "password": password})).send().await
}

async fn log_in(app: &App, email: &str, password: &str) -> Answer {
    log_in_from(app, "127.0.0.1", email, password).await
}

async fn refresh(app: &App, token: &str) -> Answer {
    app.anonymous().post("/v1/auth/refresh").json(&json!({"refresh_token": token})).send().await
}

/// Whom an answer with tokens lets call, and the refresh token.
#[track_caller]
fn tokens(app: &App, answer: &Answer) -> (Caller, String) {
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    let json = answer.json();
    (app.with_token(json["access_token"].as_str().unwrap()), json["refresh_token"].as_str().unwrap().to_owned())
}

/// A session with its refresh token, without the cost of a password.
async fn open(app: &App, email: &str) -> (Caller, String) {
    let (id,): (Uuid,) = app.state.db.query("SELECT id FROM staff WHERE email_key = $1").bind(email).one().await.unwrap();
    let client = auth::Client { address: [127, 0, 0, 1].into(), user_agent: None };
    let now = app.state.clock.now();
    let mut tx = app.state.db.begin().await.unwrap();
    let opened = auth::open_session(&mut tx, id, &client, DAY * 30, now).await.unwrap();
    tx.commit().await.unwrap();
    let token = auth::issue_token(&app.state.secrets, &app.state.config.auth, id, opened.session, now).unwrap();
    (app.with_token(&token), opened.refresh_token)
}

/// Suspends somebody, takes them back, sees them off.
async fn staff_step(admin: &Caller, id: Uuid, step: &str) {
    let etag = admin.get(&format!("/v1/staff/{id}")).expect(200).await.etag();
    admin.post(&format!("/v1/staff/{id}/{step}")).if_match(&etag).expect(200).await;
}

async fn change_staff(admin: &Caller, id: Uuid, change: &Value) {
    let etag = admin.get(&format!("/v1/staff/{id}")).expect(200).await.etag();
    admin.patch(&format!("/v1/staff/{id}")).if_match(&etag).json(change).expect(200).await;
}

async fn agency_step(admin: &Caller, agency: &str, step: &str) {
    let etag = admin.get(&format!("/v1/agencies/{agency}")).expect(200).await.etag();
    admin.post(&format!("/v1/agencies/{agency}/{step}")).if_match(&etag).expect(200).await;
}

/// A draft of the caller's, by its id.
async fn draft(caller: &Caller) -> String {
    let story = json!({"original_language": "az", "headline": "Xəzərdə külək", "body_html": "<p>Külək güclüdür.</p>"});
    caller.post("/v1/articles").json(&story).expect(201).await.json()["id"].as_str().unwrap().to_owned()
}

async fn invite(admin: &Caller, email: &str) -> Answer {
    let new = json!({"email": email, "role": "journalist", "languages": ["az", "en"], "names": {"az": "Dənə Yeni", "en": "Dana New"}, "byline": true});
    admin.post("/v1/staff").json(&new).expect(201).await
}

async fn redeem(app: &App, what: &str, token: &str, password: &str) -> Answer {
    app.anonymous().post(&format!("/v1/auth/{what}")).json(&json!({"token": token, "password": password})).send().await
}

const ACCEPT: &str = "invitations/accept";
const RESET: &str = "password-resets/complete";

async fn ask_reset(app: &App, email: &str) -> Answer {
    app.anonymous().post("/v1/auth/password-resets").json(&json!({"email": email})).expect(202).await
}

/// What a message says, its transfer encoding undone (RFC 2045, section 6).
fn mail_text(message: &str) -> String {
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    let named = |line: &&str| line.to_ascii_lowercase().starts_with("content-transfer-encoding:");
    let encoding = head.lines().find(named).and_then(|line| line.split_once(':')).map_or("7bit", |(_, value)| value.trim());
    match encoding {
        "base64" => String::from_utf8(STANDARD.decode(body.split_whitespace().collect::<String>()).unwrap()).unwrap(),
        "quoted-printable" => unquoted(body),
        _ => body.to_owned(),
    }
}

fn unquoted(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut bytes = joined.bytes();
    let mut plain = vec![];
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
            plain.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            plain.push(byte);
        }
    }
    String::from_utf8(plain).unwrap()
}

/// The secret in a message.
fn link_in(message: &str) -> String {
    let text = mail_text(message);
    let at = text.find("nwl_").unwrap_or_else(|| panic!("no link in: {text}"));
    text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// The secret of the newest message, which goes to this address.
async fn mailed_link(app: &App, to: &str) -> String {
    app.drain_jobs().await;
    let message = app.outbox().pop().unwrap();
    assert!(message.contains(&format!("To: {to}\r\n")), "{message}");
    link_in(&message)
}

async fn signing_in_answers_tokens_and_oneself(app: App) {
    let answer = log_in(&app, EDITOR, PASSWORD).await;
    let (caller, refresh_token) = tokens(&app, &answer);
    assert_eq!(answer.header("Cache-Control"), Some("private, no-store"));
    assert!(answer.text().starts_with("{\"access_token\":\""), "{}", answer.text());
    let json = answer.json();
    assert_eq!(keys(&json), ["access_token", "token_type", "expires_in", "refresh_token", "staff"]);
    assert_eq!((&json["token_type"], &json["expires_in"]), (&json!("Bearer"), &json!(300)));
    assert!(refresh_token.starts_with("nwr_") && refresh_token.len() >= 4 + 43, "{refresh_token}");
    let staff = &json["staff"];
    let members = [
        "id",
        "email",
        "agency",
        "role",
        "languages",
        "names",
        "bios",
        "byline",
        "notice_mail",
        "permissions",
        "last_login_at",
        "password_changed_at",
        "created_at",
        "updated_at",
    ];
    assert_eq!(keys(staff), members);
    assert_eq!(keys(&staff["agency"]), ["id", "slug", "kind", "names"]);
    assert_eq!((&staff["email"], &staff["role"], &staff["byline"]), (&json!(EDITOR), &json!("editor"), &json!(true)));
    assert_eq!((&staff["agency"]["slug"], &staff["agency"]["kind"]), (&json!("trend"), &json!("member")));
    assert_eq!((&staff["languages"], &staff["last_login_at"]), (&json!(["az", "ru", "en"]), &json!(NOON)));
    let permissions = [
        "me",
        "house:read",
        "language:use",
        "staff:read",
        "names:read",
        "names:edit",
        "articles:read",
        "articles:write",
        "articles:submit",
        "articles:review",
        "articles:publish",
        "articles:kill",
        "articles:lift",
        "articles:embargo",
        "articles:preview",
        "front-pages:read",
        "front-pages:edit",
        "articles:discuss",
        "articles:announce",
        "articles:assign",
        "assignments:read",
        "assignments:claim",
        "lexicon:read",
        "lexicon:edit",
    ];
    assert_eq!(staff["permissions"], json!(permissions));
    assert_eq!(caller.get("/v1/me").expect(200).await.json(), *staff);
    let may = async |email: &str, what: &str| {
        let me = app.staff(email).await.get("/v1/me").expect(200).await.json();
        me["permissions"].as_array().unwrap().contains(&json!(what))
    };
    assert!(may(PLATFORM, "agencies:manage").await && !may(ADMIN, "agencies:manage").await);
    assert!(may(ADMIN, "keys:manage").await && !may(JOURNALIST, "articles:publish").await);
}

async fn refusals_do_not_say_why(app: App) {
    let platform = app.staff(PLATFORM).await;
    staff_step(&platform, app.staff("editor@uza.example").await.id, "suspend").await;
    staff_step(&platform, app.staff("editor@tdh.example").await.id, "depart").await;
    agency_step(&platform, "kabar", "suspend").await;
    invite(&app.staff(ADMIN).await, "dana.new@trend.example").await;
    let mut first = None;
    for (email, password) in [
        (EDITOR, WRONG),
        ("nobody@trend.example", PASSWORD),
        ("editor@uza.example", PASSWORD),
        ("editor@tdh.example", PASSWORD),
        ("editor@kabar.example", PASSWORD),
        ("dana.new@trend.example", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
    ] {
        let body = json!({"email": email, "password": password});
        let request = app.anonymous().post("/v1/auth/login").header("X-Request-Id", "01980000-0000-7000-8000-000000000000");
        let answer = request.json(&body).send().await;
        refused(&answer, "invalid_credentials");
        let seen = (sorted(&answer.headers), answer.text());
        assert_eq!(*first.get_or_insert_with(|| seen.clone()), seen, "{email}");
    }
}

async fn addresses_are_one_whatever_their_case(app: App) {
    for email in ["EDITOR@Trend.Example", " editor@trend.example "] {
        let answer = log_in(&app, email, PASSWORD).await;
        tokens(&app, &answer);
        assert_eq!(answer.json()["staff"]["email"], EDITOR);
    }
    refused(&log_in(&app, EDITOR, &PASSWORD.to_uppercase()).await, "invalid_credentials");
}

async fn only_good_credentials_are_taken(app: App) {
    let token = app.staff(EDITOR).await.token().to_owned();
    refused(&app.anonymous().get("/v1/me").send().await, "unauthenticated");
    let cut = &token[..token.len() - 1];
    let (message, _) = token.rsplit_once('.').unwrap();
    for value in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer a.b.c".to_owned(),
        "Bearer ..".to_owned(),
        "Bearer nwk_nonsense".to_owned(),
        token.clone(),
        format!("Basic {token}"),
        format!("Token {token}"),
        format!("Bearer {token}x"),
        format!("Bearer {cut}"),
        format!("Bearer {message}"),
        format!("Bearer {message}."),
        format!("Bearer {token} {token}"),
        format!("Bearer {}", "a".repeat(5_000)),
    ] {
        let answer = app.anonymous().get("/v1/me").header("Authorization", &value).send().await;
        refused(&answer, "unauthenticated");
        assert!(!answer.text().contains(&token), "a token is not told back");
    }
    app.anonymous().get("/v1/me").header("Authorization", &format!("bearer {token}")).expect(200).await;
}

fn part(token: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

fn signed(secrets: &Secrets, header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = EncodingKey::from_ed_der(&secrets.signing[0].pkcs8);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA).unwrap();
    format!("{message}.{signature}")
}

fn with(base: &Value, member: &str, value: Value) -> Value {
    let mut changed = base.clone();
    if value.is_null() {
        changed.as_object_mut().unwrap().remove(member);
    } else {
        changed[member] = value;
    }
    changed
}

async fn forged_tokens_are_refused(app: App) {
    let (editor, admin) = (app.staff(EDITOR).await, app.staff(ADMIN).await);
    let (header, claims) = (part(editor.token(), 0), part(editor.token(), 1));
    let ours = &app.state.secrets;
    let now = app.state.clock.now().secs();
    app.with_token(&signed(ours, &header, &claims)).get("/v1/me").expect(200).await;
    let of_claims = [
        ("iss", json!("another-house")),
        ("aud", json!("another-api")),
        ("aud", json!([claims["aud"], "another-api"])),
        // The session of one with the name of another.
        ("sub", json!(admin.id)),
        ("sub", json!(Uuid::nil())),
        ("sid", part(admin.token(), 1)["sid"].clone()),
        ("exp", json!(now + 601)),
        ("exp", json!(now - 6)),
        ("nbf", json!(now + 6)),
        ("iat", json!(now + 6)),
        ("iss", Value::Null),
        ("sid", Value::Null),
        ("exp", Value::Null),
        ("jti", Value::Null),
    ];
    let mut forged: Vec<String> = of_claims.into_iter().map(|(member, value)| signed(ours, &header, &with(&claims, member, value))).collect();
    let of_header =
        [("typ", json!("JWT")), ("typ", Value::Null), ("kid", json!("other")), ("kid", Value::Null), ("crit", json!(["exp"])), ("alg", json!("HS256"))];
    forged.extend(of_header.into_iter().map(|(member, value)| signed(ours, &with(&header, member, value), &claims)));
    // Our key's name, another's key.
    let theirs = Secrets::ephemeral().unwrap();
    forged.push(signed(&theirs, &header, &claims));
    // The public key taken for a shared secret.
    let shared = Header { typ: Some("at+jwt".to_owned()), kid: header["kid"].as_str().map(str::to_owned), ..Header::new(Algorithm::HS256) };
    forged.push(jsonwebtoken::encode(&shared, &claims, &EncodingKey::from_secret(&ours.signing[0].public)).unwrap());
    // No signature, and that of another message.
    let unsigned = signed(ours, &with(&header, "alg", json!("none")), &claims);
    forged.push(format!("{}.", unsigned.rsplit_once('.').unwrap().0));
    let other = signed(ours, &header, &with(&claims, "sub", json!(admin.id)));
    forged.push(format!("{}.{}", other.rsplit_once('.').unwrap().0, editor.token().rsplit_once('.').unwrap().1));
    for token in forged {
        let answer = app.with_token(&token).get("/v1/me").send().await;
        refused(&answer, "unauthenticated");
    }
}

async fn access_tokens_expire(app: App) {
    let editor = app.staff(EDITOR).await;
    app.advance(secs(304));
    editor.get("/v1/me").expect(200).await;
    app.advance(secs(2));
    refused(&editor.get("/v1/me").send().await, "unauthenticated");
    // A write is refused as well, and nothing is written.
    let articles = app.number("SELECT count(*) FROM articles").await;
    let story = json!({"original_language": "az", "headline": "Gec"});
    refused(&editor.post("/v1/articles").json(&story).send().await, "unauthenticated");
    assert_eq!(app.number("SELECT count(*) FROM articles").await, articles);
}

async fn the_public_keys_verify_our_tokens(app: App) {
    let token = app.staff(EDITOR).await.token().to_owned();
    let (header, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("EdDSA")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    let answer = app.anonymous().get("/.well-known/jwks.json").expect(200).await;
    assert_eq!(answer.header("Cache-Control"), Some("public, max-age=300"));
    let json = answer.json();
    assert_eq!(keys(&json), ["keys"]);
    let set = json["keys"].as_array().unwrap();
    for key in set {
        assert_eq!(keys(key), ["kty", "crv", "alg", "use", "kid", "x"], "and no private member");
        assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    }
    let key = set.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ED25519, public).verify(message.as_bytes(), &signature).unwrap();
}

async fn refreshing_hands_out_the_next_pair(app: App) {
    let (first, first_token) = open(&app, EDITOR).await;
    app.advance(secs(200));
    let answer = refresh(&app, &first_token).await;
    let (second, second_token) = tokens(&app, &answer);
    assert_eq!(keys(&answer.json()), ["access_token", "token_type", "expires_in", "refresh_token", "staff"]);
    assert_eq!(answer.json()["staff"]["email"], EDITOR);
    assert_ne!(first_token, second_token);
    second.get("/v1/me").expect(200).await;
    // Who lost the answer asks again.
    app.advance(secs(10));
    let (_, again) = tokens(&app, &refresh(&app, &first_token).await);
    assert_eq!(again, second_token);
    app.advance(secs(100));
    refused(&first.get("/v1/me").send().await, "unauthenticated");
    second.get("/v1/me").expect(200).await;
    let (third, third_token) = tokens(&app, &refresh(&app, &second_token).await);
    assert!(third_token != second_token && third_token != first_token);
    let sessions = third.get("/v1/me/sessions").expect(200).await.json();
    assert_eq!(sessions["data"].as_array().unwrap().len(), 1, "a session is one family: {sessions}");
}

async fn a_token_that_comes_late_ends_its_session(app: App) {
    let (elsewhere, elsewhere_token) = open(&app, EDITOR).await;
    let (first, first_token) = open(&app, EDITOR).await;
    let (second, second_token) = tokens(&app, &refresh(&app, &first_token).await);
    app.advance(secs(11));
    refused(&refresh(&app, &first_token).await, "invalid_credentials");
    refused(&refresh(&app, &second_token).await, "invalid_credentials");
    refused(&first.get("/v1/me").send().await, "unauthenticated");
    refused(&second.get("/v1/me").send().await, "unauthenticated");
    // Another session of the person has nothing to do with it.
    elsewhere.get("/v1/me").expect(200).await;
    tokens(&app, &refresh(&app, &elsewhere_token).await);
}

async fn a_token_of_long_ago_ends_its_session(app: App) {
    for generations in [2, 5] {
        let (first, first_token) = open(&app, EDITOR).await;
        let mut newest = first_token.clone();
        for _ in 0..generations {
            newest = tokens(&app, &refresh(&app, &newest).await).1;
        }
        refused(&refresh(&app, &first_token).await, "invalid_credentials");
        refused(&refresh(&app, &newest).await, "invalid_credentials");
        refused(&first.get("/v1/me").send().await, "unauthenticated");
    }
}

async fn refreshing_at_once_gets_the_same_token(app: App) {
    let (_, mut token) = open(&app, EDITOR).await;
    for _ in 0..3 {
        let answers = join_all((0..5).map(|_| refresh(&app, &token))).await;
        let next: Vec<String> = answers.iter().map(|answer| tokens(&app, answer).1).collect();
        assert!(next.iter().all(|other| *other == next[0]), "{next:?}");
        for answer in &answers {
            tokens(&app, answer).0.get("/v1/me").expect(200).await;
        }
        assert_ne!(next[0], token);
        token.clone_from(&next[0]);
    }
    assert_eq!(app.number("SELECT count(*) FROM sessions").await, 1);
}

async fn a_session_lives_thirty_days_without_use(app: App) {
    let (_, mut token) = open(&app, EDITOR).await;
    for _ in 0..2 {
        app.advance(DAY * 29);
        let (caller, next) = tokens(&app, &refresh(&app, &token).await);
        caller.get("/v1/me").expect(200).await;
        token = next;
    }
    app.advance(DAY * 30);
    refused(&refresh(&app, &token).await, "invalid_credentials");
}

async fn what_is_no_refresh_token_is_refused_alike(app: App) {
    let (caller, token) = open(&app, EDITOR).await;
    let long = "n".repeat(10_000);
    let mut details = vec![];
    for wrong in ["", "nwr_", "nwr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", caller.token(), &token[1..], &token.to_uppercase(), &long] {
        let answer = refresh(&app, wrong).await;
        refused(&answer, "invalid_credentials");
        details.push(answer.json()["detail"].clone());
    }
    details.dedup();
    assert_eq!(details.len(), 1);
    let more = json!({"refresh_token": token, "scope": "admin"});
    let answer = app.anonymous().post("/v1/auth/refresh").json(&more).expect(400).await;
    assert_eq!((answer.code(), answer.faults()), ("malformed_body".to_owned(), vec!["/scope".to_owned()]));
    // A refresh token is no access token.
    refused(&app.with_token(&token).get("/v1/me").send().await, "unauthenticated");
    tokens(&app, &refresh(&app, &token).await);
}

async fn signing_out_bites_at_once(app: App) {
    let (elsewhere, _) = open(&app, EDITOR).await;
    let (caller, token) = open(&app, EDITOR).await;
    let answer = caller.post("/v1/auth/logout").expect(204).await;
    assert!(answer.body.is_empty());
    refused(&caller.get("/v1/me").send().await, "unauthenticated");
    refused(&caller.post("/v1/auth/logout").send().await, "unauthenticated");
    refused(&refresh(&app, &token).await, "invalid_credentials");
    elsewhere.get("/v1/me").expect(200).await;
}

async fn suspension_bites_at_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    let (editor, token) = open(&app, EDITOR).await;
    let id = app.staff(EDITOR).await.id;
    editor.get("/v1/articles").expect(200).await;
    staff_step(&platform, id, "suspend").await;
    refused(&editor.get("/v1/articles").send().await, "unauthenticated");
    refused(&editor.post("/v1/articles").json(&json!({"original_language": "az", "headline": "Yox"})).send().await, "unauthenticated");
    refused(&refresh(&app, &token).await, "invalid_credentials");
    refused(&log_in(&app, EDITOR, PASSWORD).await, "invalid_credentials");
    app.staff(JOURNALIST).await.get("/v1/me").expect(200).await;
    staff_step(&platform, id, "reinstate").await;
    // What has ended stays so; the password is as it was.
    refused(&editor.get("/v1/articles").send().await, "unauthenticated");
    refused(&refresh(&app, &token).await, "invalid_credentials");
    tokens(&app, &log_in(&app, EDITOR, PASSWORD).await).0.get("/v1/articles").expect(200).await;
}

async fn a_change_of_role_bites_at_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    let (editor, journalist) = (app.staff(EDITOR).await, app.staff(JOURNALIST).await);
    let article = draft(&journalist).await;
    let text = format!("/v1/articles/{article}/translations/az");
    let etag = journalist.get(&text).expect(200).await.etag();
    let publish = |caller: &Caller| caller.post(&format!("{text}/publish")).if_match(&etag);
    assert_eq!(publish(&journalist).expect(403).await.code(), "forbidden");
    change_staff(&platform, editor.id, &json!({"role": "journalist"})).await;
    change_staff(&platform, journalist.id, &json!({"role": "editor"})).await;
    assert_eq!(publish(&editor).expect(403).await.code(), "forbidden");
    app.anonymous().get(&format!("/v1/delivery/articles/{article}")).expect(404).await;
    let me = editor.get("/v1/me").expect(200).await.json();
    assert_eq!(me["role"], "journalist");
    assert!(!me["permissions"].as_array().unwrap().contains(&json!("articles:publish")), "{me}");
    publish(&journalist).expect(200).await;
    change_staff(&platform, journalist.id, &json!({"role": "admin"})).await;
    journalist.get("/v1/agencies/trend/api-keys").expect(200).await;
    assert_eq!(editor.get("/v1/agencies/trend/api-keys").expect(403).await.code(), "forbidden");
}

async fn suspension_of_the_agency_bites_at_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    let (editor, token) = open(&app, "editor@kabar.example").await;
    editor.get("/v1/articles").expect(200).await;
    agency_step(&platform, "kabar", "suspend").await;
    refused(&editor.get("/v1/articles").send().await, "unauthenticated");
    refused(&editor.get("/v1/me").send().await, "unauthenticated");
    refused(&refresh(&app, &token).await, "invalid_credentials");
    refused(&log_in(&app, "editor@kabar.example", PASSWORD).await, "invalid_credentials");
    let known = ask_reset(&app, "editor@kabar.example").await;
    assert_eq!(known.body, ask_reset(&app, "nobody@kabar.example").await.body);
    app.drain_jobs().await;
    assert!(app.outbox().is_empty());
    app.staff(EDITOR).await.get("/v1/articles").expect(200).await;
    agency_step(&platform, "kabar", "reinstate").await;
    tokens(&app, &log_in(&app, "editor@kabar.example", PASSWORD).await).0.get("/v1/articles").expect(200).await;
}

async fn a_change_of_agency_bites_at_once(app: App) {
    let platform = app.staff(PLATFORM).await;
    let (editor, journalist) = (app.staff(EDITOR).await, app.staff(JOURNALIST).await);
    let article = format!("/v1/articles/{}", draft(&journalist).await);
    editor.get(&article).expect(200).await;
    editor.get(&format!("/v1/staff/{}", journalist.id)).expect(200).await;
    change_staff(&platform, editor.id, &json!({"agency": "kazinform"})).await;
    assert_eq!(editor.get(&article).expect(404).await.code(), "not_found");
    assert_eq!(editor.get(&format!("/v1/staff/{}", journalist.id)).expect(404).await.code(), "not_found");
    let me = editor.get("/v1/me").expect(200).await.json();
    assert_eq!(me["agency"]["slug"], "kazinform");
    let own = editor.get(&format!("/v1/articles/{}", draft(&editor).await)).expect(200).await.json();
    assert_eq!(own["agency_id"], me["agency"]["id"]);
}

async fn ten_failures_close_an_account_for_a_network(app: App) {
    for n in 0..10 {
        let email = if n % 2 == 0 { EDITOR } else { "Editor@TREND.example" };
        refused(&log_in(&app, email, WRONG).await, "invalid_credentials");
    }
    let closed = log_in(&app, EDITOR, PASSWORD).await;
    assert_eq!((closed.status.as_u16(), closed.code().as_str()), (429, "too_many_failures"));
    let wait: u64 = closed.header("Retry-After").unwrap().parse().unwrap();
    assert!((899..=901).contains(&wait), "{wait}");
    // Nobody locks an editor out from elsewhere, nor anybody else from here.
    tokens(&app, &log_in_from(&app, "203.0.113.9", EDITOR, PASSWORD).await);
    tokens(&app, &log_in(&app, JOURNALIST, PASSWORD).await);
    assert_eq!(log_in(&app, EDITOR, PASSWORD).await.status.as_u16(), 429);
    app.advance(secs(15 * 60 - 1));
    let closed = log_in(&app, EDITOR, PASSWORD).await;
    assert_eq!(closed.status.as_u16(), 429);
    // Who waits as long as we say gets in.
    app.advance(secs(closed.header("Retry-After").unwrap().parse().unwrap()));
    tokens(&app, &log_in(&app, EDITOR, PASSWORD).await);
    assert_eq!(app.number("SELECT count(*) FROM login_attempts WHERE bucket LIKE '%trend%' OR bucket LIKE '%editor%'").await, 0);
}

async fn no_more_than_ten_of_forty_at_once_are_verified(app: App) {
    // One household of IPv6 has many addresses.
    let addresses: Vec<String> = (0..40).map(|n| format!("2001:db8:7:7::{n:x}")).collect();
    let answers = join_all(addresses.iter().map(|address| log_in_from(&app, address, EDITOR, WRONG))).await;
    let with_status = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
    // 503 is said to those who wait too long for a core.
    assert_eq!((with_status(429), with_status(401) + with_status(503)), (30, 10));
    assert!(with_status(401) > 0);
    assert!(answers.iter().filter(|answer| answer.status.as_u16() == 429).all(|answer| answer.header("Retry-After").is_some()));
    // Whether there is such an account makes no difference.
    let answers = join_all(addresses.iter().take(12).map(|address| log_in_from(&app, address, "nobody@trend.example", WRONG))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status.as_u16() == 429).count(), 2);
}

async fn success_forgives_failures(app: App) {
    for _ in 0..9 {
        refused(&log_in(&app, EDITOR, WRONG).await, "invalid_credentials");
    }
    tokens(&app, &log_in(&app, EDITOR, PASSWORD).await);
    for _ in 0..2 {
        refused(&log_in(&app, EDITOR, WRONG).await, "invalid_credentials");
    }
    tokens(&app, &log_in(&app, EDITOR, PASSWORD).await);
}

/// Attempts of an address, whatever the account.
async fn an_address_has_few_attempts(app: App) {
    for n in 0..3 {
        refused(&log_in_from(&app, "2001:db8:1:1::1", &format!("nobody{n}@trend.example"), WRONG).await, "invalid_credentials");
    }
    let closed = log_in_from(&app, "2001:db8:1:1:ffff::2", EDITOR, PASSWORD).await;
    assert_eq!((closed.status.as_u16(), closed.code().as_str()), (429, "too_many_failures"));
    let wait: u64 = closed.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    let reset = app.anonymous().post("/v1/auth/password-resets").from("2001:db8:1:1::1").json(&json!({"email": EDITOR})).send().await;
    assert_eq!((reset.status.as_u16(), reset.code().as_str()), (429, "too_many_failures"));
    tokens(&app, &log_in_from(&app, "2001:db8:1:2::1", EDITOR, PASSWORD).await);
    app.advance(secs(wait));
    tokens(&app, &log_in_from(&app, "2001:db8:1:1::1", EDITOR, PASSWORD).await);
}

fn few_logins(config: &mut Config) {
    config.rate_limit.enabled = true;
    config.rate_limit.login = 3;
}

mod few_attempts {
    use super::{App, an_address_has_few_attempts, few_logins};

    #[actix_web::test]
    async fn sqlite() {
        an_address_has_few_attempts(App::sqlite_with(few_logins).await).await;
    }

    #[actix_web::test]
    async fn postgres() {
        if let Some(app) = App::postgres_with(few_logins).await {
            an_address_has_few_attempts(app).await;
        }
    }
}

async fn change_password(caller: &Caller, current: &str, new: &str) -> Answer {
    caller.post("/v1/me/password").json(&json!({"current_password": current, "new_password": new})).send().await
}

async fn changing_the_password_ends_other_sessions(app: App) {
    let (own, own_token) = open(&app, EDITOR).await;
    let (other, other_token) = open(&app, EDITOR).await;
    refused(&change_password(&own, WRONG, NEW).await, "invalid_credentials");
    let (long, local) = ("x1y2z3 ".repeat(40), "editor-is-my-name");
    for (weak, code) in [
        ("short", "password_length"),
        (long.as_str(), "password_length"),
        ("Password1234", "password_common"),
        ("abababababababab", "password_common"),
        (EDITOR, "password_personal"),
        (local, "password_personal"),
    ] {
        let answer = change_password(&own, PASSWORD, weak).await;
        assert_eq!((answer.status.as_u16(), answer.code(), answer.faults()), (422, "validation_failed".to_owned(), vec!["/new_password".to_owned()]), "{weak}");
        assert_eq!(answer.json()["errors"][0]["code"], code, "{weak}");
        assert!(!answer.text().contains(weak), "a password is not told back");
    }
    other.get("/v1/me").expect(200).await;
    let answer = change_password(&own, PASSWORD, NEW).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0), "{}", answer.text());
    assert_eq!(own.get("/v1/me").expect(200).await.json()["password_changed_at"], NOON);
    refused(&other.get("/v1/me").send().await, "unauthenticated");
    refused(&refresh(&app, &other_token).await, "invalid_credentials");
    tokens(&app, &refresh(&app, &own_token).await);
    refused(&log_in(&app, EDITOR, PASSWORD).await, "invalid_credentials");
    tokens(&app, &log_in(&app, EDITOR, NEW).await);
    let hash: String = app.state.db.query("SELECT password_hash FROM staff WHERE email_key = $1").bind(EDITOR).value().await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"), "{hash}");
}

async fn a_stolen_session_cannot_try_passwords(app: App) {
    let editor = app.staff(EDITOR).await;
    for _ in 0..10 {
        refused(&change_password(&editor, WRONG, NEW).await, "invalid_credentials");
    }
    let closed = change_password(&editor, PASSWORD, NEW).await;
    assert_eq!((closed.status.as_u16(), closed.code().as_str()), (429, "too_many_failures"));
    assert!(closed.header("Retry-After").is_some());
}

async fn a_reset_link_works_once(app: App) {
    let (before, refresh_token) = open(&app, EDITOR).await;
    let asked = ask_reset(&app, "Editor@Trend.EXAMPLE").await;
    let link = mailed_link(&app, EDITOR).await;
    assert!(!asked.text().contains("nwl_"));
    assert_eq!(app.outbox().len(), 1);
    for (weak, status) in [("short", 422), ("editor@trend.example", 422)] {
        let answer = redeem(&app, RESET, &link, weak).await;
        assert_eq!((answer.status.as_u16(), answer.code(), answer.faults()), (status, "validation_failed".to_owned(), vec!["/password".to_owned()]));
    }
    refused(&redeem(&app, RESET, "nwl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NEW).await, "invalid_credentials");
    // It is no invitation.
    refused(&redeem(&app, ACCEPT, &link, NEW).await, "invalid_credentials");
    before.get("/v1/me").expect(200).await;
    let done = redeem(&app, RESET, &link, NEW).await;
    let (now, _) = tokens(&app, &done);
    assert_eq!(keys(&done.json()), ["access_token", "token_type", "expires_in", "refresh_token", "staff"]);
    now.get("/v1/me").expect(200).await;
    refused(&before.get("/v1/me").send().await, "unauthenticated");
    refused(&refresh(&app, &refresh_token).await, "invalid_credentials");
    refused(&redeem(&app, RESET, &link, "yet another password").await, "invalid_credentials");
    refused(&log_in(&app, EDITOR, PASSWORD).await, "invalid_credentials");
    tokens(&app, &log_in(&app, EDITOR, NEW).await);
}

async fn asking_for_a_reset_does_not_say_who_is_here(app: App) {
    let platform = app.staff(PLATFORM).await;
    staff_step(&platform, app.staff("editor@uza.example").await.id, "suspend").await;
    invite(&app.staff(ADMIN).await, "dana.new@trend.example").await;
    app.drain_jobs().await;
    assert_eq!(app.outbox().len(), 1, "the invitation");
    let known = ask_reset(&app, EDITOR).await;
    for email in ["nobody@trend.example", "editor@uza.example", "dana.new@trend.example", "no address", ""] {
        let answer = ask_reset(&app, email).await;
        assert_eq!((answer.status, answer.text()), (known.status, known.text()), "{email}");
    }
    app.drain_jobs().await;
    let outbox = app.outbox();
    assert_eq!(outbox.len(), 2, "{outbox:?}");
    assert!(outbox[1].contains("To: editor@trend.example\r\n"));
    // Nobody fills the mailbox of another, known or not.
    for email in ["journalist@trend.example", "nobody2@trend.example"] {
        for _ in 0..10 {
            ask_reset(&app, email).await;
        }
        let answer = app.anonymous().post("/v1/auth/password-resets").json(&json!({"email": email})).expect(429).await;
        assert_eq!(answer.code(), "too_many_failures", "{email}");
    }
}

async fn reset_links_expire_and_are_replaced(app: App) {
    ask_reset(&app, EDITOR).await;
    let first = mailed_link(&app, EDITOR).await;
    ask_reset(&app, EDITOR).await;
    let second = mailed_link(&app, EDITOR).await;
    assert_ne!(first, second);
    refused(&redeem(&app, RESET, &first, NEW).await, "invalid_credentials");
    app.advance(secs(30 * 60));
    refused(&redeem(&app, RESET, &second, NEW).await, "invalid_credentials");
    ask_reset(&app, EDITOR).await;
    let third = mailed_link(&app, EDITOR).await;
    app.advance(secs(30 * 60 - 1));
    tokens(&app, &redeem(&app, RESET, &third, NEW).await);
    // A message that would come too late is not sent.
    ask_reset(&app, EDITOR).await;
    let sent = app.outbox().len();
    app.advance(secs(30 * 60));
    app.drain_jobs().await;
    assert_eq!(app.outbox().len(), sent);
}

async fn a_reset_link_does_not_lift_a_suspension(app: App) {
    ask_reset(&app, EDITOR).await;
    let link = mailed_link(&app, EDITOR).await;
    let platform = app.staff(PLATFORM).await;
    let id = app.staff(EDITOR).await.id;
    staff_step(&platform, id, "suspend").await;
    refused(&redeem(&app, RESET, &link, NEW).await, "invalid_credentials");
    staff_step(&platform, id, "reinstate").await;
    // The password was not changed behind the suspension.
    refused(&log_in(&app, EDITOR, NEW).await, "invalid_credentials");
    tokens(&app, &log_in(&app, EDITOR, PASSWORD).await);
}

async fn one_link_used_twice_at_once_works_once(app: App) {
    ask_reset(&app, EDITOR).await;
    let link = mailed_link(&app, EDITOR).await;
    let (one, two) = tokio::join!(redeem(&app, RESET, &link, NEW), redeem(&app, RESET, &link, "another new password"));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "{} {}", one.text(), two.text());
    let (right, wrong) = if one.status.is_success() { (NEW, "another new password") } else { ("another new password", NEW) };
    tokens(&app, &log_in(&app, EDITOR, right).await);
    refused(&log_in(&app, EDITOR, wrong).await, "invalid_credentials");
}

async fn an_invitation_leads_to_work(app: App) {
    let admin = app.staff(ADMIN).await;
    let invited = invite(&admin, "Dana.New@trend.example").await;
    let json = invited.json();
    let id = json["id"].as_str().unwrap().to_owned();
    assert_eq!(json["state"], "invited");
    assert!(!invited.text().contains("nwl_"), "the secret goes by mail alone");
    assert!(app.outbox().is_empty(), "mail is sent after the commit");
    let link = mailed_link(&app, "Dana.New@trend.example").await;
    let profile = format!("/v1/delivery/staff/{id}");
    app.anonymous().get(&profile).expect(404).await;
    refused(&log_in(&app, "dana.new@trend.example", PASSWORD).await, "invalid_credentials");
    for weak in ["short", "dana.new@trend.example", "my name is dana.new"] {
        let answer = redeem(&app, ACCEPT, &link, weak).await;
        assert_eq!((answer.status.as_u16(), answer.faults()), (422, vec!["/password".to_owned()]), "{weak}");
    }
    refused(&redeem(&app, RESET, &link, NEW).await, "invalid_credentials");
    let accepted = redeem(&app, ACCEPT, &link, NEW).await;
    let (dana, refresh_token) = tokens(&app, &accepted);
    assert_eq!((&accepted.json()["staff"]["id"], &accepted.json()["staff"]["role"]), (&json!(id), &json!("journalist")));
    let article = dana.get(&format!("/v1/articles/{}", draft(&dana).await)).expect(200).await.json();
    assert_eq!(article["created_by"], json!(id));
    assert_eq!(dana.get("/v1/agencies/trend/api-keys").expect(403).await.code(), "forbidden");
    tokens(&app, &refresh(&app, &refresh_token).await);
    assert_eq!(app.anonymous().get(&profile).expect(200).await.json()["names"]["en"], "Dana New");
    refused(&redeem(&app, ACCEPT, &link, "yet another password").await, "invalid_credentials");
    refused(&log_in(&app, "dana.new@trend.example", "yet another password").await, "invalid_credentials");
    tokens(&app, &log_in(&app, "dana.new@trend.example", NEW).await);
    assert_eq!(admin.get(&format!("/v1/staff/{id}")).expect(200).await.json()["state"], "active");
}

async fn an_invitation_expires(app: App) {
    let admin = app.staff(ADMIN).await;
    let invited = invite(&admin, "dana.new@trend.example").await.json();
    assert_eq!(invited["invitation"], json!({"expires_at": "2026-07-31T12:00:00Z"}));
    let link = mailed_link(&app, "dana.new@trend.example").await;
    app.advance(DAY * 7);
    refused(&redeem(&app, ACCEPT, &link, NEW).await, "invalid_credentials");
    refused(&log_in(&app, "dana.new@trend.example", NEW).await, "invalid_credentials");
}

async fn sessions_are_listed_and_revoked(app: App) {
    let sign_in = async |agent: &str, address: &str| {
        let request = app.anonymous().post("/v1/auth/login").from(address).header("User-Agent", agent);
        tokens(&app, &request.json(&json!({"email": EDITOR, "password": PASSWORD})).expect(200).await).0
    };
    let desk = sign_in("Desk/1.0", "203.0.113.9").await;
    app.advance(secs(1));
    let phone = sign_in("Phone/2.0", "2001:db8::5").await;
    let journalist = app.staff(JOURNALIST).await;
    let list = desk.get("/v1/me/sessions").expect(200).await;
    let data = list.json()["data"].as_array().unwrap().clone();
    assert_eq!(data.len(), 2, "{}", list.text());
    for session in &data {
        assert_eq!(keys(session), ["id", "user_agent", "address", "created_at", "last_used_at", "expires_at", "current"]);
    }
    let seen: Vec<_> = data.iter().map(|session| (&session["user_agent"], &session["address"], &session["current"])).collect();
    let (phone_agent, desk_agent) = (json!("Phone/2.0"), json!("Desk/1.0"));
    assert_eq!(seen, [(&phone_agent, &json!("2001:db8::5"), &json!(false)), (&desk_agent, &json!("203.0.113.9"), &json!(true))]);
    let phone_id = data[0]["id"].as_str().unwrap().to_owned();
    // Another's session is none of theirs.
    assert_eq!(journalist.delete(&format!("/v1/me/sessions/{phone_id}")).expect(404).await.code(), "not_found");
    phone.get("/v1/me").expect(200).await;
    desk.delete(&format!("/v1/me/sessions/{phone_id}")).expect(204).await;
    refused(&phone.get("/v1/me").send().await, "unauthenticated");
    assert_eq!(desk.delete(&format!("/v1/me/sessions/{phone_id}")).expect(404).await.code(), "not_found");
    assert_eq!(desk.delete("/v1/me/sessions/none").expect(400).await.faults(), ["id"]);
    let (others, _) = (open(&app, EDITOR).await, open(&app, EDITOR).await);
    desk.delete("/v1/me/sessions").expect(204).await;
    refused(&others.0.get("/v1/me").send().await, "unauthenticated");
    refused(&refresh(&app, &others.1).await, "invalid_credentials");
    journalist.get("/v1/me").expect(200).await;
    let left = desk.get("/v1/me/sessions").expect(200).await.json();
    assert_eq!((left["data"].as_array().unwrap().len(), &left["data"][0]["current"]), (1, &json!(true)));
}

async fn the_profile_is_changed_and_public(app: App) {
    let editor = app.staff(EDITOR).await;
    let profile = format!("/v1/delivery/staff/{}", editor.id);
    let (before, public) = (editor.get("/v1/me").expect(200).await, app.anonymous().get(&profile).expect(200).await);
    assert_eq!(public.json()["bios"], before.json()["bios"]);
    let change = json!({"bios": {"az": null, "ru": null, "en": "Covers energy and transport."}});
    let bios = json!({"en": "Covers energy and transport."});
    assert_eq!(editor.patch("/v1/me").json(&change).expect(428).await.code(), "precondition_required");
    app.advance(secs(1));
    let changed = editor.patch("/v1/me").if_match(&before.etag()).json(&change).expect(200).await;
    assert_ne!(changed.etag(), before.etag());
    assert_eq!((&changed.json()["bios"], &changed.json()["names"]), (&bios, &before.json()["names"]));
    let read = editor.get("/v1/me").expect(200).await;
    assert_eq!((read.json(), read.etag()), (changed.json(), changed.etag()));
    let now_public = app.anonymous().get(&profile).expect(200).await;
    assert_eq!((&now_public.json()["bios"], &now_public.json()["names"]), (&bios, &before.json()["names"]));
    assert_ne!(now_public.etag(), public.etag());
    let late = editor.patch("/v1/me").if_match(&before.etag()).json(&json!({"bios": null})).expect(412).await;
    assert_eq!((late.code().as_str(), &late.json()["current"]["etag"]), ("stale_version", &json!(changed.etag())));
    let faulty = json!({"names": {"en": " "}, "bios": {"en": "x".repeat(2_001)}});
    let answer = editor.patch("/v1/me").if_match(&changed.etag()).json(&faulty).expect(422).await;
    assert_eq!(answer.faults(), ["/names/en", "/bios/en"]);
    for nameless in [json!({"names": {"az": null, "en": null, "ru": null}}), json!({"names": null})] {
        assert_eq!(editor.patch("/v1/me").if_match(&changed.etag()).json(&nameless).expect(422).await.faults(), ["/names"], "{nameless}");
    }
    let emptied = editor.patch("/v1/me").if_match(&changed.etag()).json(&json!({"bios": null})).expect(200).await;
    assert_eq!(emptied.json()["bios"], json!({}));
    assert_eq!(app.anonymous().get(&profile).expect(200).await.json()["bios"], json!({}));
    // Who has no byline has no public profile, whatever they write.
    let admin = app.staff(ADMIN).await;
    let etag = admin.get("/v1/me").expect(200).await.etag();
    admin.patch("/v1/me").if_match(&etag).json(&change).expect(200).await;
    app.anonymous().get(&format!("/v1/delivery/staff/{}", admin.id)).expect(404).await;
}

async fn one_cannot_give_oneself_more_than_a_profile(app: App) {
    let journalist = app.staff(JOURNALIST).await;
    let before = journalist.get("/v1/me").expect(200).await;
    for (member, value) in [
        ("role", json!("admin")),
        ("agency", json!("platform")),
        ("agency_id", before.json()["agency"]["id"].clone()),
        ("email", json!("boss@trend.example")),
        ("state", json!("active")),
        ("byline", json!(true)),
        ("languages", json!(["en"])),
        ("permissions", json!(["articles:publish"])),
        ("password_hash", json!("x")),
        ("version", json!(7)),
    ] {
        let answer = journalist.patch("/v1/me").if_match(&before.etag()).json(&json!({ member: value })).expect(400).await;
        assert_eq!((answer.code(), answer.faults()), ("malformed_body".to_owned(), vec![format!("/{member}")]));
    }
    let after = journalist.get("/v1/me").expect(200).await;
    assert_eq!((after.json(), after.etag()), (before.json(), before.etag()));
}

async fn two_changes_of_a_profile_at_once_are_one(app: App) {
    let editor = app.staff(EDITOR).await;
    let etag = editor.get("/v1/me").expect(200).await.etag();
    let change = |bio: String| editor.patch("/v1/me").if_match(&etag).json(&json!({"bios": {"en": bio}})).send();
    let answers = join_all((0..4).map(|n| change(format!("Bio {n}.")))).await;
    let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status.is_success()).collect();
    assert_eq!(won.len(), 1, "{:?}", answers.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>());
    assert!(answers.iter().filter(|answer| !answer.status.is_success()).all(|answer| answer.code() == "stale_version"));
    assert_eq!(editor.get("/v1/me").expect(200).await.json()["bios"], won[0].json()["bios"]);
}

async fn new_key(admin: &Caller, agency: &str, scopes: &[&str]) -> (String, String) {
    let new = json!({"name": "Wire import", "scopes": scopes});
    let made = admin.post(&format!("/v1/agencies/{agency}/api-keys")).json(&new).expect(201).await.json();
    (made["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
}

async fn api_keys_are_shown_once(app: App) {
    let admin = app.staff(ADMIN).await;
    let new = json!({"name": "Wire import", "scopes": ["articles:submit", "articles:read", "articles:submit"]});
    let create = || admin.post("/v1/agencies/trend/api-keys").header("Idempotency-Key", "k-1").json(&new);
    let made = create().expect(201).await;
    let json = made.json();
    let members = ["id", "name", "scopes", "created_by", "created_at", "expires_at", "revoked_at", "last_used_at", "key"];
    assert_eq!(keys(&json), members);
    assert_eq!((&json["scopes"], &json["created_by"]), (&json!(["articles:read", "articles:submit"]), &json!(admin.id)));
    assert_eq!((&json["created_at"], &json["expires_at"]), (&json!(NOON), &json!("2027-07-24T12:00:00Z")));
    assert_eq!((&json["revoked_at"], &json["last_used_at"]), (&Value::Null, &Value::Null));
    assert!(made.header("Location").unwrap().ends_with(&format!("/api-keys/{}", json["id"].as_str().unwrap())));
    let key = json["key"].as_str().unwrap();
    let parts: Vec<&str> = key.split('_').collect();
    assert_eq!((parts.len(), parts[0], parts[1].len(), parts[2].len(), parts[3].len()), (4, "nwk", 32, 64, 8), "nwk_<id>_<secret>_<crc>");
    let secret = parts[2];
    let replay = create().expect(201).await;
    assert_eq!((replay.header("Idempotency-Replayed"), &replay.json()["id"]), (Some("true"), &json["id"]));
    assert_eq!(keys(&replay.json()), members[..8]);
    app.with_token(key).get("/v1/articles").expect(200).await;
    let list = admin.get("/v1/agencies/trend/api-keys").expect(200).await;
    let data = list.json()["data"].as_array().unwrap().clone();
    assert_eq!((data.len(), keys(&data[0])), (1, members[..8].to_vec()));
    assert_eq!(data[0]["last_used_at"], NOON);
    for answer in [&replay, &list] {
        assert!(!answer.text().contains(secret) && !answer.text().contains("nwk_"), "{}", answer.text());
    }
}

async fn api_keys_do_what_their_scopes_say(app: App) {
    let admin = app.staff(ADMIN).await;
    let (id, submit) = new_key(&admin, "trend", &["articles:submit"]).await;
    let submit = app.with_token(&submit);
    let article = draft(&submit).await;
    let stored = admin.get(&format!("/v1/articles/{article}")).expect(200).await.json();
    assert_eq!((&stored["created_by"], &stored["agency_id"]), (&json!(id), &admin.get("/v1/me").expect(200).await.json()["agency"]["id"]));
    let (_, reader) = new_key(&admin, "trend", &["articles:read", "partner:read"]).await;
    let reader = app.with_token(&reader);
    reader.get("/v1/articles").expect(200).await;
    assert_eq!(reader.get(&format!("/v1/articles/{article}")).expect(404).await.code(), "not_found", "another key's submission");
    let text = format!("/v1/articles/{article}/translations/az");
    let etag = admin.get(&text).expect(200).await.etag();
    let articles = app.number("SELECT count(*) FROM articles").await;
    for request in [
        submit.get("/v1/articles"),
        submit.get(&text),
        submit.post(&format!("{text}/publish")).if_match(&etag),
        submit.post(&format!("{text}/kill")).if_match(&etag).json(&json!({"reason": "x", "public_note": "x"})),
        reader.post("/v1/articles").json(&json!({"original_language": "az", "headline": "Yox"})),
        submit.get("/v1/me"),
        submit.get("/v1/staff"),
        submit.post("/v1/auth/logout"),
        submit.get("/v1/agencies/trend/api-keys"),
        submit.post("/v1/agencies/trend/api-keys").json(&json!({"name": "More", "scopes": ["articles:publish"]})),
    ] {
        assert_eq!(request.expect(403).await.code(), "forbidden");
    }
    assert_eq!(app.number("SELECT count(*) FROM articles").await, articles);
    assert_eq!(app.number("SELECT count(*) FROM api_keys").await, 2);
}

async fn api_keys_end(app: App) {
    let admin = app.staff(ADMIN).await;
    let (id, key) = new_key(&admin, "trend", &["articles:read"]).await;
    let revoked = app.with_token(&key);
    revoked.get("/v1/articles").expect(200).await;
    let at = format!("/v1/agencies/trend/api-keys/{id}");
    admin.delete(&at).expect(204).await;
    refused(&revoked.get("/v1/articles").send().await, "unauthenticated");
    app.advance(secs(60));
    admin.delete(&at).expect(204).await;
    let list = admin.get("/v1/agencies/trend/api-keys").expect(200).await.json();
    assert_eq!(list["data"][0]["revoked_at"], NOON, "the first time counts");
    assert_eq!(admin.delete(&format!("/v1/agencies/trend/api-keys/{}", Uuid::nil())).expect(404).await.code(), "not_found");

    let key = app.with_token(&new_key(&admin, "trend", &["articles:read"]).await.1);
    let platform = app.staff(PLATFORM).await;
    agency_step(&platform, "trend", "suspend").await;
    refused(&key.get("/v1/articles").send().await, "unauthenticated");
    agency_step(&platform, "trend", "reinstate").await;
    key.get("/v1/articles").expect(200).await;
    app.advance(DAY * 364);
    key.get("/v1/articles").expect(200).await;
    app.advance(DAY * 2);
    refused(&key.get("/v1/articles").send().await, "unauthenticated");
}

/// With another last digit.
fn turned(text: &str) -> String {
    let (rest, last) = text.split_at(text.len() - 1);
    format!("{rest}{}", if last == "0" { '1' } else { '0' })
}

async fn altered_api_keys_are_refused(app: App) {
    let admin = app.staff(ADMIN).await;
    let (_, key) = new_key(&admin, "trend", &["articles:read"]).await;
    let (_, other) = new_key(&admin, "trend", &["articles:read", "articles:submit", "articles:publish"]).await;
    let (signed, crc) = key.rsplit_once('_').unwrap();
    let sealed = |text: &str| format!("{text}_{:08x}", crc32fast::hash(text.as_bytes()));
    let mixed = format!("{}_{}", other.rsplitn(3, '_').nth(2).unwrap(), signed.rsplit_once('_').unwrap().1);
    let unknown = format!("nwk_{}_{}", Uuid::nil().simple(), signed.rsplit_once('_').unwrap().1);
    assert_eq!(sealed(signed), key, "the test seals as the house does");
    for wrong in [
        format!("{signed}_{}", turned(crc)),
        format!("{}_{crc}", turned(signed)),
        sealed(&turned(signed)),
        sealed(&mixed),
        sealed(&unknown),
        sealed(signed.rsplit_once('_').unwrap().0),
        sealed(&format!("{}_", signed.rsplit_once('_').unwrap().0)),
        signed.to_owned(),
        format!("{key}0"),
    ] {
        refused(&app.with_token(&wrong).get("/v1/articles").send().await, "unauthenticated");
    }
    app.with_token(&key).get("/v1/articles").expect(200).await;
}

async fn new_api_keys_are_checked(app: App) {
    let admin = app.staff(ADMIN).await;
    let create = |new: Value| admin.post("/v1/agencies/trend/api-keys").json(&new);
    let faulty = create(json!({"name": " ", "scopes": [], "expires_in_days": 366})).expect(422).await;
    assert_eq!((faulty.code(), faulty.faults()), ("validation_failed".to_owned(), ["/name", "/scopes", "/expires_in_days"].map(str::to_owned).to_vec()));
    let endless = create(json!({"name": "Wire", "scopes": ["articles:read"], "expires_in_days": 0})).expect(422).await;
    assert_eq!(endless.faults(), ["/expires_in_days"]);
    let unknown = create(json!({"name": "Wire", "scopes": ["articles:read", "keys:manage"]})).expect(400).await;
    assert_eq!((unknown.code(), unknown.faults()), ("malformed_body".to_owned(), vec!["/scopes/1".to_owned()]));
    let foreign = create(json!({"name": "Wire", "scopes": ["articles:read"], "agency_id": Uuid::nil()})).expect(400).await;
    assert_eq!(foreign.faults(), ["/agency_id"]);
    assert_eq!(app.number("SELECT count(*) FROM api_keys").await, 0);
    let short = create(json!({"name": "Wire", "scopes": ["articles:read"], "expires_in_days": 1})).expect(201).await.json();
    assert_eq!(short["expires_at"], "2026-07-25T12:00:00Z");
    let key = app.with_token(short["key"].as_str().unwrap());
    app.advance(DAY.checked_sub(secs(1)).unwrap());
    key.get("/v1/articles").expect(200).await;
    app.advance(secs(1));
    refused(&key.get("/v1/articles").send().await, "unauthenticated");
}

async fn api_keys_are_the_agency_s_own(app: App) {
    let (platform, admin, editor) = (app.staff(PLATFORM).await, app.staff(ADMIN).await, app.staff(EDITOR).await);
    let (id, key) = new_key(&platform, "kazinform", &["articles:read"]).await;
    let new = json!({"name": "Wire import", "scopes": ["articles:read"]});
    for request in [
        admin.get("/v1/agencies/kazinform/api-keys"),
        admin.post("/v1/agencies/kazinform/api-keys").json(&new),
        admin.delete(&format!("/v1/agencies/kazinform/api-keys/{id}")),
        // Nor through the door of one's own house.
        admin.delete(&format!("/v1/agencies/trend/api-keys/{id}")),
        admin.get("/v1/agencies/nowhere/api-keys"),
    ] {
        assert_eq!(request.expect(404).await.code(), "not_found");
    }
    for request in [
        editor.get("/v1/agencies/trend/api-keys"),
        editor.post("/v1/agencies/trend/api-keys").json(&new),
        editor.delete(&format!("/v1/agencies/trend/api-keys/{id}")),
    ] {
        assert_eq!(request.expect(403).await.code(), "forbidden");
    }
    refused(&app.anonymous().get("/v1/agencies/trend/api-keys").send().await, "unauthenticated");
    assert_eq!(app.number("SELECT count(*) FROM api_keys").await, 1);
    app.with_token(&key).get("/v1/articles").expect(200).await;
    assert_eq!(admin.get("/v1/agencies/trend/api-keys").expect(200).await.json()["data"], json!([]));
    platform.delete(&format!("/v1/agencies/kazinform/api-keys/{id}")).expect(204).await;
    refused(&app.with_token(&key).get("/v1/articles").send().await, "unauthenticated");
}
