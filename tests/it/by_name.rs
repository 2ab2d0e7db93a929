//! Lists that people read by name, in the order of an alphabet.

use crate::on_both;
use crate::support::{App, Caller};
use serde_json::{Value, json};

on_both!(names_are_in_the_order_of_the_alphabet, pages_by_name_visit_everybody_once, readers_have_the_same_orders, an_order_needs_its_language);

/// Kazakh `і` comes after `ы`, Azerbaijani `x` after `h` and `q` after `k`; `ə` comes after `e`.
const NAMES: [&str; 5] = ["Қала", "Ілім", "Ырыс", "Әлем", "Бала"];
const SORTED: [&str; 5] = ["Әлем", "Бала", "Қала", "Ырыс", "Ілім"];
const AZ_NAMES: [&str; 6] = ["Qala", "Xəbər", "Həyat", "Kənd", "Əməkdaşlıq", "Ev"];
const AZ_SORTED: [&str; 6] = ["Ev", "Əməkdaşlıq", "Həyat", "Xəbər", "Kənd", "Qala"];

async fn sections(admin: &Caller) {
    for (i, name) in NAMES.iter().enumerate() {
        let new = json!({ "slug": format!("by-name-{i}"), "names": { "kk": name, "az": AZ_NAMES[i] } });
        admin.post("/v1/sections").json(&new).expect(201).await;
    }
    admin.post("/v1/sections").json(&json!({ "slug": "by-name-5", "names": { "az": AZ_NAMES[5], "kk": "Яқут" } })).expect(201).await;
}

/// The names of what the test made, in a language.
fn ours(page: &Value, language: &str, all: &[&str]) -> Vec<String> {
    let names = page["data"].as_array().unwrap().iter().filter_map(|item| item["names"][language].as_str());
    names.filter(|name| all.contains(name)).map(str::to_owned).collect()
}

async fn names_are_in_the_order_of_the_alphabet(app: App) {
    let admin = app.staff("admin@platform.example").await;
    sections(&admin).await;
    let kazakh = admin.get("/v1/sections?sort=name&sort_language=kk").expect(200).await.json();
    assert_eq!(ours(&kazakh, "kk", &NAMES), SORTED);
    let azerbaijani = admin.get("/v1/sections?sort=name&sort_language=az").expect(200).await.json();
    assert_eq!(ours(&azerbaijani, "az", &AZ_NAMES), AZ_SORTED);
    let usual = admin.get("/v1/sections").expect(200).await.json();
    assert_eq!(ours(&usual, "az", &AZ_NAMES), AZ_NAMES);
    let agencies = admin.get("/v1/agencies?sort=name&sort_language=en&limit=100").expect(200).await.json();
    let names: Vec<String> = agencies["data"].as_array().unwrap().iter().map(|agency| agency["names"]["en"].as_str().unwrap().to_owned()).collect();
    let mut sorted = names.clone();
    sorted.sort_by_key(|name| name.to_lowercase());
    assert!(names.len() > 3 && names == sorted, "{names:?}");
}

async fn everybody(caller: &Caller, path: &str, key: &str) -> Vec<String> {
    let mut found = vec![];
    let mut next = Some(path.to_owned());
    while let Some(address) = next {
        let page = caller.get(&address).expect(200).await.json();
        found.extend(page["data"].as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()));
        next = page["meta"]["next_cursor"].as_str().map(|cursor| format!("{path}&cursor={cursor}"));
    }
    found
}

async fn pages_by_name_visit_everybody_once(app: App) {
    let admin = app.staff("admin@platform.example").await;
    for (path, key) in [
        ("/v1/staff?sort=name&sort_language=kk", "id"),
        ("/v1/staff?role=editor&sort=name&sort_language=uz", "id"),
        ("/v1/agencies?sort=name&sort_language=tr", "slug"),
    ] {
        let whole = everybody(&admin, &format!("{path}&limit=100"), key).await;
        let paged = everybody(&admin, &format!("{path}&limit=2"), key).await;
        assert!(whole.len() > 2 && whole == paged, "{path}: {whole:?} {paged:?}");
    }
    let public = app.anonymous();
    let whole = everybody(&public, "/v1/delivery/staff?sort=name&sort_language=az&limit=100", "id").await;
    let paged = everybody(&public, "/v1/delivery/staff?sort=name&sort_language=az&limit=1", "id").await;
    assert!(whole.len() > 1 && whole == paged, "{whole:?}");
    // The same people as in the usual order, and a cursor is of its order.
    let mut usual = everybody(&public, "/v1/delivery/staff?limit=100", "id").await;
    let mut sorted = whole;
    usual.sort();
    sorted.sort();
    assert_eq!(usual, sorted);
    let page = admin.get("/v1/staff?sort=name&sort_language=kk&limit=1").expect(200).await.json();
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();
    for other in ["limit=1", "sort=name&sort_language=az&limit=1"] {
        assert_eq!(admin.get(&format!("/v1/staff?{other}&cursor={cursor}")).expect(400).await.code(), "invalid_cursor");
    }
}

async fn readers_have_the_same_orders(app: App) {
    let admin = app.staff("admin@platform.example").await;
    sections(&admin).await;
    let path = "/v1/delivery/sections";
    let kazakh = app.anonymous().get(&format!("{path}?sort=name&sort_language=kk")).expect(200).await;
    assert_eq!(ours(&kazakh.json(), "kk", &NAMES), SORTED);
    assert!(kazakh.header("Vary").is_none_or(|vary| !vary.contains("Accept-Language")));
    let azerbaijani = app.anonymous().get(&format!("{path}?sort=name&sort_language=az")).expect(200).await;
    assert_eq!(ours(&azerbaijani.json(), "az", &AZ_NAMES), AZ_SORTED);
    let usual = app.anonymous().get(path).expect(200).await;
    assert!(kazakh.etag() != azerbaijani.etag() && kazakh.etag() != usual.etag());
    app.anonymous().get(&format!("{path}?sort=name&sort_language=kk")).header("If-None-Match", &kazakh.etag()).expect(304).await;
    let agencies = app.anonymous().get("/v1/delivery/agencies?sort=name&sort_language=en").expect(200).await.json();
    let names: Vec<String> = agencies["data"].as_array().unwrap().iter().map(|agency| agency["names"]["en"].as_str().unwrap().to_lowercase()).collect();
    assert!(names.len() > 3 && names.is_sorted(), "{names:?}");
}

async fn an_order_needs_its_language(app: App) {
    let admin = app.staff("admin@platform.example").await;
    for path in ["/v1/agencies", "/v1/sections", "/v1/staff", "/v1/delivery/agencies", "/v1/delivery/sections", "/v1/delivery/staff"] {
        for (query, fault) in [
            ("sort=name", "sort_language"),
            ("sort_language=kk", "sort_language"),
            ("sort=name&sort_language=xx", "sort_language"),
            ("sort=age&sort_language=kk", "sort"),
        ] {
            assert_eq!(admin.get(&format!("{path}?{query}")).expect(400).await.faults(), [fault], "{path}?{query}");
        }
    }
}
