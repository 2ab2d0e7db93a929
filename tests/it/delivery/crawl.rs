//! All that anybody may read, asked for in every way that the contract knows.

use super::{ARTICLES, CORRIDOR, NOWRUZ, SAIGA, SAMARKAND, items, list, next_page, read, story, text};
use crate::support::{Answer, App};
use newsroom::api::document;
use newsroom::db::Reader;
use newsroom::policy::{Access, access};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Front pages that tests make, or do not.
const FRONT_PAGES: [&str; 3] = ["home", "trend-home", "hidden"];

/// What the crawl fills the addresses with.
#[derive(Clone, Default)]
pub struct Known {
    pub articles: Vec<String>,
    /// Language and slug.
    pub texts: Vec<(String, String)>,
    pub staff: Vec<String>,
    pub agencies: Vec<String>,
}

impl Known {
    /// A few stories of the demo in each of their languages, and everybody.
    pub async fn of(app: &App) -> Self {
        let mut known = Self::default();
        for slugline in [NOWRUZ, SAMARKAND, SAIGA, CORRIDOR] {
            known.articles.push(story(app, slugline).await);
        }
        for item in list(app, &format!("id={}&language=az,en,kk-Latn,uz-Cyrl", known.articles.join(","))).await {
            known.texts.push((text(&item["language"]), text(&item["slug"])));
        }
        for profile in items(&read(app, "/v1/delivery/agencies").await.json()) {
            known.agencies.extend([text(&profile["id"]), text(&profile["slug"])]);
        }
        let staff: Vec<(Uuid,)> = app.state.db.query("SELECT id FROM staff ORDER BY id").all().await.unwrap();
        known.staff.extend(staff.iter().map(|(id,)| id.to_string()));
        known
    }

    /// Only these, for what is asked about secrets.
    fn places(&self, path: &str) -> Vec<String> {
        match path {
            "/v1/delivery/articles/{id}" => self.articles.iter().map(|id| format!("{ARTICLES}/{id}")).collect(),
            "/v1/delivery/articles/{language}/{slug}" => self.texts.iter().map(|(language, slug)| format!("{ARTICLES}/{language}/{slug}")).collect(),
            "/v1/delivery/staff/{id}" => self.staff.iter().map(|id| format!("/v1/delivery/staff/{id}")).collect(),
            "/v1/delivery/agencies/{agency}" => self.agencies.iter().map(|agency| format!("/v1/delivery/agencies/{agency}")).collect(),
            "/v1/delivery/front-pages/{name}" => FRONT_PAGES.iter().map(|name| format!("/v1/delivery/front-pages/{name}")).collect(),
            // Whoever has an address that was given has it from an editor.
            "/v1/preview/{token}" => vec![format!("/v1/preview/{}", "A".repeat(64))],
            "/problems/{code}" => vec!["/problems/withdrawn".to_owned()],
            fixed if !fixed.contains('{') => vec![fixed.to_owned()],
            other => panic!("{other} can be read by anybody: say how the crawl fills it"),
        }
    }

    fn values(&self, path: &str, parameter: &str) -> Vec<String> {
        let of = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        match parameter {
            "language" => of(&["az", "tr", "kk", "kk-Latn", "ky", "uz", "uz-Cyrl", "tk", "tt", "ru", "en", "auto", "kk,tt"]),
            "fallback" => of(&["ru,en", "tt,az", "auto"]),
            "agency" => of(&["trend", "platform,kazinform,trend"]),
            "section" => of(&["culture", "economy,society"]),
            "topic" => of(&["medtop:20000040", "medtop:20000420,medtop:20000344"]),
            "author" => self.staff.clone(),
            "id" => self.articles.iter().cloned().chain([self.articles.join(",")]).collect(),
            "urgency_max" => of(&["1", "2", "9"]),
            "after" if ["/v1/delivery/changes", "/v1/delivery/stream"].contains(&path) => of(&["0", "7", "100000"]),
            "types" => of(&["killed", "published,unpublished"]),
            // An answer that somebody waited for is like any other.
            "wait" => of(&["0"]),
            "published_after" | "updated_after" | "after" => of(&["2026-07-23T00:00:00Z", "2026-07-24T11:59:59Z", "2030-01-01T00:00:00Z"]),
            "published_before" | "before" => of(&["2026-07-23T00:00:00Z", "2030-01-01T00:00:00Z"]),
            "q" => of(&["Qazaqstan", "%D3%99lem*", "%22x", "*"]),
            "sort" => of(&["published_at", "-published_at", "name"]),
            "sort_language" => of(&["kk"]),
            "view" => of(&["common-turkic"]),
            "limit" => of(&["1", "100"]),
            // The crawl follows those that it is given.
            "cursor" => vec![],
            "body_format" => of(&["portable_text", "html", "text"]),
            "include" => of(&["related"]),
            other => panic!("{other} can be asked by anybody: say what the crawl asks"),
        }
    }

    /// Every address of the contract that anybody may read, with every filter, alone and within a language.
    fn addresses(&self) -> Vec<String> {
        let mut found = vec![];
        for (path, item) in document()["paths"].as_object().unwrap() {
            let operation = &item["get"];
            let Some(id) = operation["operationId"].as_str() else { continue };
            if !matches!(access(id), Some(Access::Public)) {
                continue;
            }
            let parameters = operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query");
            let names: Vec<&str> = parameters.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            for place in self.places(path) {
                found.push(place.clone());
                for name in &names {
                    for value in self.values(path, name) {
                        found.push(format!("{place}?{name}={value}"));
                        if *name != "language" && names.contains(&"language") {
                            found.push(format!("{place}?language=az&{name}={value}"));
                        }
                    }
                }
            }
        }
        found
    }
}

pub type Answers = BTreeMap<String, Answer>;

pub async fn crawl(app: &App, known: &Known) -> Answers {
    let reader = app.anonymous();
    let mut answers = Answers::new();
    for mut address in known.addresses() {
        loop {
            let answer = reader.get(&address).send().await;
            assert!([200, 308, 400, 404, 410].contains(&answer.status.as_u16()), "{address}: {}", answer.text());
            let next = next_page(&answer).filter(|next| next.contains("limit=100"));
            answers.insert(address, answer);
            match next {
                Some(next) => address = next,
                None => break,
            }
        }
    }
    for operation in ["list_published_articles", "get_published_article_by_slug", "get_jwks", "get_ready"] {
        assert!(matches!(access(operation), Some(Access::Public)));
    }
    assert!(answers.len() > 80 && answers.contains_key("/.well-known/jwks.json"), "only {} addresses", answers.len());
    answers
}

/// Where one of the words is told, in the body or a header.
pub fn leaks(answers: &Answers, secrets: &[String]) -> Vec<String> {
    let mut leaks = vec![];
    for (address, answer) in answers {
        let headers = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        let told = headers.chain([answer.text()]).collect::<Vec<_>>().concat().to_lowercase();
        leaks.extend(secrets.iter().filter(|secret| told.contains(&secret.to_lowercase())).map(|secret| format!("{address} tells {secret}")));
    }
    leaks
}

pub fn assert_silent(answers: &Answers, secrets: &[String]) {
    let leaks = leaks(answers, secrets);
    assert!(leaks.is_empty(), "{leaks:#?}");
}

/// The status, the body but for the request's own id, and the ETag.
pub fn seen(answer: &Answer) -> (u16, Value, Option<&str>) {
    if answer.header("Content-Type") == Some("text/event-stream") {
        // When to come back is left to chance.
        let events: Vec<String> = answer.text().lines().filter(|line| !line.starts_with("retry:")).map(str::to_owned).collect();
        return (answer.status.as_u16(), events.into(), None);
    }
    let mut body = answer.json();
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
    }
    (answer.status.as_u16(), body, answer.header("ETag"))
}

pub fn assert_same(before: &Answers, after: &Answers) {
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "as many pages");
    for (address, old) in before {
        assert_eq!(seen(&after[address]), seen(old), "{address}");
    }
}

pub fn assert_same_dates(before: &Answers, after: &Answers) {
    for (address, old) in before {
        assert_eq!(after[address].header("Last-Modified"), old.header("Last-Modified"), "{address}");
    }
}
