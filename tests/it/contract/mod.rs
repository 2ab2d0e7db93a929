//! The contract is what is served: the committed document, the policy table, the routes, and examples that are true.

mod scenario;

use crate::support::App;
use newsroom::api;
use newsroom::policy::{Access, OPERATIONS, access};
use serde_json::{Map, Value};
use similar::TextDiff;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

const DOCUMENT: &str = "openapi/newsroom.json";
const EXAMPLES: &str = "openapi/examples.json";
/// Tells the tests to accept what is, by writing it down.
const ACCEPT: &str = "NEWSROOM_ACCEPT";

fn accepts() -> bool {
    std::env::var(ACCEPT).is_ok_and(|value| value == "1")
}

fn in_repository(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// Path, method and operation of everything in the document.
fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = api::document()["paths"].as_object().unwrap();
    let items =
        paths.iter().flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation)));
    items.filter(|(_, _, operation)| operation["operationId"].is_string()).collect()
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let file = in_repository(DOCUMENT);
    let served = format!("{}\n", serde_json::to_string_pretty(api::document()).unwrap());
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    if committed == served {
        return;
    }
    let diff = TextDiff::from_lines(&committed, &served).unified_diff().context_radius(2).header("committed", "served").to_string();
    let head: String = diff.lines().take(120).fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    });
    panic!("{DOCUMENT} differs from what is served:\n{head}\naccept it with: cargo run -q -- openapi > {DOCUMENT}");
}

#[test]
fn the_policy_table_and_the_document_name_the_same_operations() {
    let documented: BTreeSet<&str> = operations().iter().map(|(_, _, operation)| operation["operationId"].as_str().unwrap()).collect();
    let in_table: BTreeSet<&str> = OPERATIONS.iter().map(|(id, _)| *id).collect();
    assert_eq!(documented, in_table);
}

#[test]
fn every_operation_says_all_that_it_should() {
    for (path, method, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        let told = |member: &str| !operation[member].is_null();
        for member in ["summary", "tags", "security", "x-permissions", "responses"] {
            assert!(told(member), "{id} has no {member}");
        }
        assert!(!operation["summary"].as_str().unwrap().ends_with('.'), "{id}: a summary is a title");
        let needs = matches!(access(id), Some(Access::Needs(_)));
        assert_eq!(operation["security"].as_array().unwrap().is_empty(), !needs, "{id}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id} has no success");
        for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
            let problem = &response["content"]["application/problem+json"];
            // Texts are compared for whoever is late with them.
            let is_text = status == "412" && ["put_translation", "update_translation"].contains(&id);
            let schema = if is_text { "#/components/schemas/StaleText" } else { "#/components/schemas/Problem" };
            assert_eq!(problem["schema"]["$ref"], schema, "{id} {status}");
            assert!(!problem["examples"].as_object().unwrap().is_empty(), "{id} {status}");
        }
        if needs {
            assert!(responses.contains_key("401") && responses.contains_key("403"), "{id}");
        }
        let changes = matches!(method, "patch" | "put" | "delete");
        let exempt = [
            "put_translation",
            "announce_editing",
            "leave_editing",
            "put_front_page_edition",
            "cancel_front_page_change",
            "revoke_session",
            "revoke_other_sessions",
            "revoke_api_key",
            "revoke_preview_link",
        ];
        if changes && !exempt.contains(&id) {
            assert!(responses.contains_key("412") && responses.contains_key("428"), "{id} changes without a precondition");
        }
        assert!(path.starts_with("/v1/") || !needs, "{id}: {path}");
    }
}

/// A route that is not in the document would be served unseen: every handler has both attributes.
#[test]
fn every_registered_route_is_documented() {
    // The document itself, and the operators' listener.
    let undocumented = ["/openapi.json", "/metrics", "/health/ready"];
    let mut seen = 0;
    for file in rust_files(&in_repository("src")) {
        let source = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = source.lines().collect();
        for (i, line) in lines.iter().enumerate() {
            let verbs = ["#[get(", "#[post(", "#[put(", "#[patch(", "#[delete(", "#[head(", "#[options(", "#[route("];
            if !verbs.iter().any(|verb| line.trim_start().starts_with(verb)) {
                continue;
            }
            let path = line.split('"').nth(1).unwrap();
            let documented = lines[..i].iter().rev().take_while(|line| !line.is_empty() && !line.starts_with('}')).any(|line| line.contains("utoipa::path("));
            assert!(documented || undocumented.contains(&path), "{}: {line} is not documented", file.display());
            seen += usize::from(documented);
        }
        assert!(!source.contains(".route(\""), "{}: routes are registered by attributes alone", file.display());
    }
    assert_eq!(seen, operations().len());
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The same members of the same types; where one side has null, or an empty list, nothing is known.
fn same_shape(expected: &Value, found: &Value, at: &str, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            // Names by language, and the like, have what keys they have.
            if at.ends_with("names") || at.ends_with("bios") || at.ends_with("descriptions") {
                return;
            }
            for key in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                match (a.get(key), b.get(key)) {
                    (Some(x), Some(y)) => same_shape(x, y, &format!("{at}/{key}"), differences),
                    (Some(_), None) => differences.push(format!("{at}/{key} is no longer there")),
                    _ => differences.push(format!("{at}/{key} is new")),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            if let (Some(x), Some(y)) = (a.first(), b.first()) {
                same_shape(x, y, &format!("{at}/0"), differences);
            }
        }
        (Value::Null, _)
        | (_, Value::Null)
        | (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => {}
        _ => differences.push(format!("{at} has another type")),
    }
}

/// Every operation is really called, and answers what its example in the document says.
#[actix_web::test]
async fn examples_are_true() {
    let recorded = scenario::run(App::sqlite().await).await;
    compare(&recorded);
    if let Some(app) = App::postgres().await {
        let again = scenario::run(app).await;
        let mut differences = vec![];
        for (id, example) in &recorded {
            same_shape(example, &again[id], id, &mut differences);
        }
        assert!(differences.is_empty(), "PostgreSQL answers otherwise:\n{}", differences.join("\n"));
    }
}

fn compare(recorded: &Map<String, Value>) {
    let missing: Vec<&str> = OPERATIONS.iter().map(|(id, _)| *id).filter(|id| !recorded.contains_key(*id)).collect();
    assert!(missing.is_empty(), "these operations are never called: {missing:?}");
    let file = in_repository(EXAMPLES);
    if accepts() {
        std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(recorded).unwrap())).unwrap();
        return;
    }
    let committed: Map<String, Value> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let mut differences = vec![];
    for (id, example) in recorded {
        match committed.get(id) {
            Some(known) => same_shape(known, example, id, &mut differences),
            None => differences.push(format!("{id} has no example")),
        }
    }
    let accept = format!("accept it with: {ACCEPT}=1 cargo test contract && cargo run -q -- openapi > {DOCUMENT}");
    assert!(differences.is_empty(), "{EXAMPLES} is no longer true:\n{}\n{accept}", differences.join("\n"));
}
