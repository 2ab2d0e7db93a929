//! Budgets beside that of all requests: searches, writes, attempts to sign in.

use crate::support::{Answer, App, PASSWORD};
use newsroom::config::Config;
use serde_json::{Value, json};

/// As `on_both!`, in a house with small budgets.
macro_rules! on_both_with {
    ($($settings:ident: $($name:ident),+;)+) => { $($(mod $name {
        #[actix_web::test]
        async fn sqlite() {
            super::$name(crate::support::App::sqlite_with(super::$settings).await).await;
        }
        #[actix_web::test]
        async fn postgres() {
            if let Some(app) = crate::support::App::postgres_with(super::$settings).await {
                super::$name(app).await;
            }
        }
    })+)+ };
}

on_both_with!(
    two_of_each: searches_have_a_budget_of_their_own, suggestions_are_searches, a_search_in_memory_costs_nothing,
        writes_have_a_budget_of_their_own, tools_of_the_language_write_nothing, attempts_to_sign_in_tell_their_budget;
);

const EDITOR: &str = "editor@trend.example";

fn two_of_each(config: &mut Config) {
    config.rate_limit.enabled = true;
    config.rate_limit.search = 2;
    config.rate_limit.write = 2;
    config.rate_limit.login = 2;
}

/// What the two headers say of a budget: its quota, and what is left.
fn told(answer: &Answer, budget: &str) -> Option<(u32, u32)> {
    let find = |header: &str, parameter: &str| {
        let items = answer.header(header)?.split(", ").map(str::to_owned).collect::<Vec<_>>();
        let item = items.iter().find_map(|item| item.strip_prefix(&format!("\"{budget}\"")))?;
        item.split(';').find_map(|part| part.strip_prefix(parameter)?.parse().ok())
    };
    Some((find("RateLimit-Policy", "q=")?, find("RateLimit", "r=")?))
}

#[track_caller]
fn refused(answer: &Answer, code: &str, policy: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (429, code));
    assert_eq!(answer.json()["policy"], policy);
    assert_eq!(told(answer, policy), Some((2, 0)), "{:?}", answer.headers);
    assert!(answer.header("Retry-After").unwrap().parse::<u64>().is_ok_and(|seconds| (1..=61).contains(&seconds)));
}

async fn searches_have_a_budget_of_their_own(app: App) {
    let search = async |q: &str| app.anonymous().get(&format!("/v1/delivery/search?q={q}")).send().await;
    for (q, left) in [("Baku", 1), ("Astana", 0)] {
        let answer = search(q).await;
        assert_eq!((answer.status.as_u16(), told(&answer, "search")), (200, Some((2, left))));
        assert!(told(&answer, "default").is_some_and(|(quota, left)| quota == 6000 && left < 6000), "{:?}", answer.headers);
    }
    refused(&search("Tashkent").await, "rate_limited", "search");
    let other = app.anonymous().get("/v1/delivery/search?q=Tashkent").from("203.0.113.9").expect(200).await;
    assert_eq!(told(&other, "search"), Some((2, 1)));
    let read = app.anonymous().get("/v1/delivery/articles").expect(200).await;
    assert_eq!((told(&read, "search"), told(&read, "default").is_some()), (None, true));
}

async fn suggestions_are_searches(app: App) {
    for q in ["Bak", "Ast"] {
        app.anonymous().get(&format!("/v1/delivery/search/suggestions?q={q}")).expect(200).await;
    }
    refused(&app.anonymous().get("/v1/delivery/search?q=Baku").send().await, "rate_limited", "search");
}

async fn a_search_in_memory_costs_nothing(app: App) {
    for _ in 0..5 {
        app.anonymous().get("/v1/delivery/search?q=Baku").expect(200).await;
        // The same, in other words.
        app.anonymous().get("/v1/delivery/search?limit=25&q=Baku").expect(200).await;
    }
    let answer = app.anonymous().get("/v1/delivery/search?q=Astana").expect(200).await;
    assert_eq!(told(&answer, "search"), Some((2, 0)));
}

fn story() -> Value {
    json!({"original_language": "az", "headline": "Xəzərdə külək"})
}

async fn writes_have_a_budget_of_their_own(app: App) {
    let editor = app.staff(EDITOR).await;
    for left in [1, 0] {
        let answer = editor.post("/v1/articles").json(&story()).expect(201).await;
        assert_eq!(told(&answer, "write"), Some((2, left)));
        assert_eq!(told(&answer, "default").unwrap().0, 600);
    }
    let articles = app.number("SELECT count(*) FROM articles").await;
    refused(&editor.post("/v1/articles").json(&story()).send().await, "rate_limited", "write");
    refused(&editor.delete("/v1/me/sessions").send().await, "rate_limited", "write");
    assert_eq!(app.number("SELECT count(*) FROM articles").await, articles);
    let read = editor.get("/v1/articles").expect(200).await;
    assert_eq!(told(&read, "write"), None, "whoever may write no more reads on");
    app.staff("journalist@trend.example").await.post("/v1/articles").json(&story()).expect(201).await;
}

async fn tools_of_the_language_write_nothing(app: App) {
    let editor = app.staff(EDITOR).await;
    for _ in 0..4 {
        editor.post("/v1/language/slug").json(&json!({"text": "x", "language": "en"})).expect(200).await;
    }
    editor.post("/v1/articles").json(&story()).expect(201).await;
}

async fn attempts_to_sign_in_tell_their_budget(app: App) {
    let log_in = async |password: &str| app.anonymous().post("/v1/auth/login").json(&json!({"email": EDITOR, "password": password})).send().await;
    let wrong = log_in("not the password").await;
    assert_eq!((wrong.status.as_u16(), told(&wrong, "login")), (401, Some((2, 1))));
    let right = log_in(PASSWORD).await;
    assert_eq!((right.status.as_u16(), told(&right, "login")), (200, Some((2, 0))));
    assert!(told(&right, "default").is_some(), "{:?}", right.headers);
    refused(&log_in(PASSWORD).await, "too_many_failures", "login");
}
