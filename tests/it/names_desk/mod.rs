//! The names desk: the list and its rules. What it is used for is in `uses`.

mod uses;

use crate::on_both;
use crate::support::{App, Caller};
use newsroom::db::Reader;
use newsroom::names_desk;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    a_house_begins_with_countries_and_cities,
    beginning_again_changes_nothing,
    a_name_goes_on_the_list_and_is_changed,
    a_patch_leaves_what_it_does_not_name,
    nobody_overwrites_what_they_have_not_seen,
    editors_of_every_agency_write_the_list,
    partners_read_the_list,
    what_is_wrong_is_told_at_once,
    strange_spellings_are_refused_or_kept,
    a_name_is_on_the_list_once,
    names_that_are_called_alike_stand_side_by_side,
    a_retired_name_is_not_found_and_comes_back,
    names_are_found_by_the_starts_of_their_words,
    names_are_filtered,
    names_are_sorted_by_an_alphabet_and_come_in_pages,
    the_list_is_read_strictly,
    changes_of_names_are_in_the_log,
);

pub const NAMES: &str = "/v1/names";
const EDITOR: &str = "editor@trend.example";

/// A place called so in some languages.
pub fn place(spellings: &[(&str, &str)]) -> Value {
    let spellings: serde_json::Map<String, Value> = spellings.iter().map(|(tag, name)| ((*tag).to_owned(), json!({ "name": name }))).collect();
    json!({ "kind": "place", "spellings": spellings })
}

pub async fn create(caller: &Caller, name: &Value) -> String {
    caller.post(NAMES).json(name).expect(201).await.json()["id"].as_str().unwrap().to_owned()
}

/// Percent-encodes a value of a query.
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

async fn list(caller: &Caller, query: &str) -> Vec<Value> {
    caller.get(&format!("{NAMES}?{query}")).expect(200).await.json()["data"].as_array().unwrap().clone()
}

async fn codes(caller: &Caller, query: &str) -> Vec<String> {
    list(caller, query).await.iter().map(|name| name["code"].as_str().unwrap_or("-").to_owned()).collect()
}

async fn by_code(caller: &Caller, code: &str) -> Value {
    let found = list(caller, &format!("code={}&state=active,retired", encoded(code))).await;
    assert_eq!(found.len(), 1, "{code}");
    found[0].clone()
}

fn path(name: &Value) -> String {
    format!("{NAMES}/{}", name["id"].as_str().unwrap())
}

async fn a_house_begins_with_countries_and_cities(app: App) {
    let editor = app.staff(EDITOR).await;
    let kazakhstan = by_code(&editor, "iso3166:KZ").await;
    assert_eq!(kazakhstan["kind"], "place");
    assert_eq!(kazakhstan["created_by"], Value::Null);
    for (language, name) in [
        ("az", "Qazaxıstan"),
        ("tr", "Kazakistan"),
        ("kk", "Қазақстан"),
        ("kk-Latn", "Qazaqstan"),
        ("uz-Cyrl", "Қозоғистон"),
        ("ug", "قازاقىستان"),
        ("en", "Kazakhstan"),
    ] {
        assert_eq!(kazakhstan["spellings"][language]["name"], name);
    }
    assert_eq!(by_code(&editor, "tz:Asia/Baku").await["spellings"]["kk-Arab"]["name"], "باكۋ");
    assert_eq!(by_code(&editor, "agency:uza").await["kind"], "body");
    assert!(app.number("SELECT count(*) FROM names").await > 600);
}

async fn beginning_again_changes_nothing(app: App) {
    let editor = app.staff(EDITOR).await;
    let (baku, osh, semey) = (by_code(&editor, "tz:Asia/Baku").await, by_code(&editor, "place:osh").await, by_code(&editor, "place:semey").await);
    let changed = editor.patch(&path(&baku)).if_match("\"v1\"").json(&json!({ "spellings": { "az": { "name": "Bakı şəhəri" } } })).expect(200).await;
    editor.patch(&path(&semey)).if_match("\"v1\"").json(&json!({ "code": "wikidata:Q485203" })).expect(200).await;
    editor.delete(&path(&osh)).if_match("\"v1\"").expect(200).await;
    let counts = async || {
        let names = app.number("SELECT count(*) FROM names").await;
        (names, app.number("SELECT count(*) FROM published_name_keys").await, app.number("SELECT count(*) FROM name_words").await)
    };
    let before = counts().await;
    for _ in 0..2 {
        app.advance(Duration::from_mins(1));
        let mut tx = app.state.db.begin().await.unwrap();
        names_desk::begin(&mut tx, app.state.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(counts().await, before);
    assert_eq!(editor.get(&path(&baku)).expect(200).await.json(), changed.json());
    assert_eq!(by_code(&editor, "place:osh").await["state"], "retired");
    // A name that is gone altogether is one that the house has not had; and keys of older rules are made anew.
    let country = by_code(&editor, "iso3166:KG").await;
    app.state.db.write().query("UPDATE names SET key_version = 0").execute().await.unwrap();
    app.state.db.write().query("DELETE FROM published_name_keys").execute().await.unwrap();
    let mut tx = app.state.db.begin().await.unwrap();
    names_desk::begin(&mut tx, app.state.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(counts().await, before);
    assert_eq!(by_code(&editor, "iso3166:KG").await, country);
}

async fn a_name_goes_on_the_list_and_is_changed(app: App) {
    let editor = app.staff(EDITOR).await;
    let new = json!({
        "kind": "person", "code": "wikidata:Q1", "note": "The writer.",
        "spellings": { "kaz": { "name": " Әлия  Сапарова " }, "ru": { "name": "Алия Сапарова", "also": ["А. Сапарова", "А. Сапарова"] } }
    });
    let created = editor.post(NAMES).json(&new).expect(201).await;
    let name = created.json();
    assert_eq!(created.header("Location"), Some(format!("http://127.0.0.1:8080{}", path(&name)).as_str()));
    let spellings = json!({ "kk": { "name": "Әлия Сапарова", "also": [] }, "ru": { "name": "Алия Сапарова", "also": ["А. Сапарова"] } });
    assert_eq!((&name["spellings"], &name["state"], &name["note"]), (&spellings, &json!("active"), &json!("The writer.")));
    assert_eq!((&name["created_by"], &name["updated_by"]), (&json!(editor.id), &json!(editor.id)));
    let read = editor.get(&path(&name)).expect(200).await;
    assert_eq!((read.json(), read.etag()), (name.clone(), "\"v1\"".to_owned()));
    let colleague = app.staff("editor@kazinform.example").await;
    app.advance(Duration::from_secs(9));
    let change = json!({ "kind": "body", "code": null, "note": null });
    let changed = colleague.patch(&path(&name)).if_match("\"v1\"").json(&change).expect(200).await;
    let json = changed.json();
    assert_eq!((&json["kind"], &json["code"], &json["note"]), (&json!("body"), &Value::Null, &Value::Null));
    assert_eq!((&json["created_by"], &json["updated_by"], &json["updated_at"]), (&json!(editor.id), &json!(colleague.id), &json!("2026-07-24T12:00:09Z")));
    assert_eq!((changed.etag(), json["spellings"].clone()), ("\"v2\"".to_owned(), spellings));
    let same = colleague.patch(&path(&name)).if_match("\"v2\"").json(&json!({ "kind": "body" })).expect(200).await;
    assert_eq!(same.etag(), "\"v2\"", "what changes nothing makes no version");
}

async fn a_patch_leaves_what_it_does_not_name(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = create(&editor, &place(&[("az", "Ağdərə"), ("ru", "Агдере"), ("en", "Aghdara")])).await;
    let at = format!("{NAMES}/{id}");
    let change = json!({ "spellings": { "ru": null, "en": { "also": ["Agdere"] }, "tr": { "name": "Ağdere" } } });
    let changed = editor.patch(&at).if_match("\"v1\"").json(&change).expect(200).await.json();
    let expected = json!({ "az": { "name": "Ağdərə", "also": [] }, "en": { "name": "Aghdara", "also": ["Agdere"] }, "tr": { "name": "Ağdere", "also": [] } });
    assert_eq!(changed["spellings"], expected);
    for (change, pointer) in [
        (json!({ "spellings": null }), "/spellings"),
        (json!({ "spellings": { "kk": { "also": ["x"] } } }), "/spellings/kk/name"),
        (json!({ "spellings": { "az": { "name": null } } }), "/spellings/az/name"),
        (json!({ "state": null }), "/state"),
        (json!({ "kind": null }), "/kind"),
        (json!({ "code": "nonsense" }), "/code"),
        (json!({ "note": "" }), "/note"),
    ] {
        assert_eq!(editor.patch(&at).if_match("\"v2\"").json(&change).expect(422).await.faults(), [pointer], "{change}");
    }
    let wrong = editor.patch(&at).if_match("\"v2\"").json(&json!({ "seed": "x" })).expect(400).await;
    assert_eq!((wrong.code(), wrong.faults()), ("malformed_body".to_owned(), vec!["/seed".to_owned()]));
}

async fn nobody_overwrites_what_they_have_not_seen(app: App) {
    let editor = app.staff(EDITOR).await;
    let baku = by_code(&editor, "tz:Asia/Baku").await;
    let change = json!({ "note": "The capital." });
    assert_eq!(editor.patch(&path(&baku)).json(&change).expect(428).await.code(), "precondition_required");
    assert_eq!(editor.delete(&path(&baku)).expect(428).await.code(), "precondition_required");
    editor.patch(&path(&baku)).if_match("\"v1\"").json(&change).expect(200).await;
    let stale = editor.patch(&path(&baku)).if_match("\"v1\"").json(&change).expect(412).await;
    assert_eq!((stale.code(), &stale.json()["current"]["updated_by"]), ("stale_version".to_owned(), &json!(editor.id)));
    editor.delete(&path(&baku)).if_match("\"v1\"").expect(412).await;
    let none = format!("{NAMES}/00000000-0000-7000-8000-000000000000");
    editor.get(&none).expect(404).await;
    editor.patch(&none).if_match("*").json(&change).expect(404).await;
    editor.delete(&none).if_match("*").expect(404).await;
    editor.get(&format!("{NAMES}/baku")).expect(400).await;
}

async fn editors_of_every_agency_write_the_list(app: App) {
    let baku = by_code(&app.staff(EDITOR).await, "tz:Asia/Baku").await;
    for (n, (email, may)) in (0u32..).zip([
        ("journalist@trend.example", false),
        ("journalist@platform.example", false),
        ("editor@kabar.example", true),
        ("admin@trend.example", true),
        ("editor@platform.example", true),
    ]) {
        let caller = app.staff(email).await;
        caller.get(&path(&baku)).expect(200).await;
        list(&caller, "q=bak").await;
        let new = place(&[("en", &format!("Place {n}"))]);
        let status = if may { 201 } else { 403 };
        caller.post(NAMES).json(&new).expect(status).await;
        let etag = caller.get(&path(&baku)).expect(200).await.etag();
        let note = json!({ "note": format!("by {email}") });
        caller.patch(&path(&baku)).if_match(&etag).json(&note).expect(if may { 200 } else { 403 }).await;
    }
    app.anonymous().get(NAMES).expect(401).await;
    app.anonymous().post(NAMES).json(&place(&[("en", "x")])).expect(401).await;
}

async fn partners_read_the_list(app: App) {
    let admin = app.staff("admin@platform.example").await;
    for (scope, status) in [("articles:submit", 200), ("partner:read", 403)] {
        let key = json!({ "name": scope, "scopes": [scope] });
        let key = admin.post("/v1/agencies/kazinform/api-keys").json(&key).expect(201).await.json()["key"].as_str().unwrap().to_owned();
        let partner = app.with_token(&key);
        partner.get(&format!("{NAMES}?q=baku")).expect(status).await;
        partner.get(&format!("{NAMES}/lookup?text=Baku")).expect(status).await;
        partner.post(NAMES).json(&place(&[("en", "x")])).expect(403).await;
    }
}

async fn what_is_wrong_is_told_at_once(app: App) {
    let editor = app.staff(EDITOR).await;
    let long = "a".repeat(121);
    let new = json!({ "kind": "place", "code": "iso3166:Azerbaijan", "note": " ", "spellings": { "az": { "name": long, "also": ["", "a\u{202e}b"] }, "ru": { "name": "!" } } });
    let refused = editor.post(NAMES).json(&new).expect(422).await;
    assert_eq!(refused.faults(), ["/spellings/az/name", "/spellings/az/also/0", "/spellings/az/also/1", "/spellings/ru/name", "/code", "/note"]);
    for (new, pointer) in [
        (json!({ "kind": "ship", "spellings": {} }), "/kind"),
        (json!({ "kind": "place" }), "/spellings"),
        (json!({ "kind": "place", "spellings": { "az": "Bakı" } }), "/spellings/az"),
        (json!({ "kind": "place", "spellings": { "az": ["Bakı"] } }), "/spellings/az"),
        (json!({ "kind": "place", "spellings": { "az": { "name": "Bakı", "short": "B" } } }), "/spellings/az/short"),
    ] {
        let refused = editor.post(NAMES).json(&new).expect(400).await;
        assert_eq!((refused.code(), refused.faults()), ("malformed_body".to_owned(), vec![pointer.to_owned()]), "{new}");
    }
    let unknown = editor.post(NAMES).json(&json!({ "kind": "place", "spellings": { "xx": { "name": "x" } } })).expect(400).await;
    assert_eq!(unknown.code(), "malformed_body");
    assert_eq!(editor.post(NAMES).json(&json!({ "kind": "place", "spellings": {} })).expect(422).await.faults(), ["/spellings"]);
}

async fn strange_spellings_are_refused_or_kept(app: App) {
    let editor = app.staff(EDITOR).await;
    for (name, status) in [
        ("a\u{0}b", 422),
        ("a\nb", 201),
        ("\u{7f}", 422),
        ("a\u{200b}b", 422),
        ("\u{2066}x\u{2069}", 422),
        ("نەۋائى\u{200c}", 201),
        ("😀", 422),
        ("😀 Bakı", 201),
        ("'; DROP TABLE names; --", 201),
        ("%_\\", 422),
        ("O\u{300}\u{301}\u{302}\u{303}", 201),
        ("北京", 422),
        ("2026", 201),
    ] {
        let answer = editor.post(NAMES).json(&place(&[("ug", name)])).send().await;
        assert_eq!(answer.status, status, "{name:?}: {}", answer.text());
    }
}

async fn a_name_is_on_the_list_once(app: App) {
    let editor = app.staff(EDITOR).await;
    let new = place(&[("az", "Xocalı"), ("ru", "Ходжалы")]);
    let id = create(&editor, &new).await;
    let twice = editor.post(NAMES).json(&new).expect(409).await;
    assert_eq!((twice.code(), &twice.json()["name_id"]), ("already_exists".to_owned(), &json!(id)));
    let mut coded = place(&[("en", "Republic of Azerbaijan")]);
    coded["code"] = json!("iso3166:AZ");
    let azerbaijan = by_code(&editor, "iso3166:AZ").await;
    assert_eq!(editor.post(NAMES).json(&coded).expect(409).await.json()["name_id"], azerbaijan["id"]);
    let other = create(&editor, &place(&[("az", "Xocalı")])).await;
    let change = json!({ "spellings": { "ru": { "name": "Ходжалы" } } });
    assert_eq!(editor.patch(&format!("{NAMES}/{other}")).if_match("\"v1\"").json(&change).expect(409).await.code(), "already_exists");
}

async fn names_that_are_called_alike_stand_side_by_side(app: App) {
    let editor = app.staff(EDITOR).await;
    let mut state = place(&[("en", "Georgia"), ("ru", "Джорджия")]);
    state["code"] = json!("wikidata:Q1428");
    create(&editor, &state).await;
    let found = editor.get(&format!("{NAMES}/lookup?text=Georgia&language=en")).expect(200).await.json();
    let mut codes: Vec<&str> = found["data"][0]["names"].as_array().unwrap().iter().map(|name| name["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["iso3166:GE", "wikidata:Q1428"]);
    // Two people whose names nothing tells apart are told apart by their codes.
    let person = |code: &str| json!({ "kind": "person", "code": code, "spellings": { "az": { "name": "Əli Əliyev" } } });
    for code in ["wikidata:Q2", "wikidata:Q3"] {
        create(&editor, &person(code)).await;
    }
}

async fn a_retired_name_is_not_found_and_comes_back(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = create(&editor, &place(&[("az", "Zəngəzur"), ("ru", "Зангезур")])).await;
    let at = format!("{NAMES}/{id}");
    let retired = editor.delete(&at).if_match("\"v1\"").expect(200).await;
    assert_eq!((&retired.json()["state"], retired.etag()), (&json!("retired"), "\"v2\"".to_owned()));
    assert_eq!(editor.delete(&at).if_match("\"v2\"").expect(200).await.etag(), "\"v2\"", "once is enough");
    let ids = async |query: &str| list(&editor, query).await.iter().map(|name| name["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let lookup = async || editor.get(&format!("{NAMES}/lookup?text={}", encoded("Зангезур"))).expect(200).await.json()["data"].as_array().unwrap().len();
    let q = format!("q={}", encoded("зангез"));
    assert_eq!((ids(&q).await, lookup().await), (vec![], 0));
    assert_eq!(ids(&format!("{q}&state=retired")).await, [id.as_str()]);
    assert_eq!(editor.get(&at).expect(200).await.json()["state"], "retired");
    editor.patch(&at).if_match("\"v2\"").json(&json!({ "state": "active" })).expect(200).await;
    assert_eq!((ids(&q).await, lookup().await), (vec![id], 1));
}

async fn names_are_found_by_the_starts_of_their_words(app: App) {
    let editor = app.staff(EDITOR).await;
    for q in ["qazaqst", "Kazakst", "قازاقس", "ҚАЗАҚСТАН", "Қазақс", "qazaxıs"] {
        assert!(codes(&editor, &format!("q={}", encoded(q))).await.contains(&"iso3166:KZ".to_owned()), "{q}");
    }
    let code = json!({ "kind": "person", "code": "wikidata:Q4", "spellings": { "az": { "name": "Üzeyir Hacıbəyov" }, "ru": { "name": "Узеир Гаджибеков" } } });
    create(&editor, &code).await;
    for q in ["Hacıb", "гаджибеков узеир", "Uzeyir"] {
        assert_eq!(codes(&editor, &format!("q={}", encoded(q))).await, ["wikidata:Q4"], "{q}");
    }
    for q in ["zzzz", "!", "北京", "%", "' OR 1=1"] {
        assert_eq!(codes(&editor, &format!("q={}&kind=person", encoded(q))).await, Vec::<String>::new(), "{q}");
    }
}

async fn names_are_filtered(app: App) {
    let editor = app.staff(EDITOR).await;
    assert_eq!(codes(&editor, "kind=body&q=turks").await, ["body:turksoy"]);
    assert_eq!(codes(&editor, "kind=person").await, Vec::<String>::new());
    assert_eq!(codes(&editor, "code=tz:Asia/Baku").await, ["tz:Asia/Baku"]);
    assert_eq!(codes(&editor, "code=place:shusha&language=az").await, ["place:shusha"]);
    assert_eq!(codes(&editor, "code=place:shusha&language=ug").await, Vec::<String>::new());
    assert_eq!(codes(&editor, "code=place:shusha&missing_language=ug").await, ["place:shusha"]);
    assert_eq!(codes(&editor, "code=place:shusha&missing_language=az").await, Vec::<String>::new());
}

async fn names_are_sorted_by_an_alphabet_and_come_in_pages(app: App) {
    let editor = app.staff(EDITOR).await;
    let (mut names, mut query) = (vec![], "sort=name&language=kk-Latn&limit=7".to_owned());
    loop {
        let page = editor.get(&format!("{NAMES}?{query}")).expect(200).await;
        let json = page.json();
        names.extend(json["data"].as_array().unwrap().iter().map(|name| name["spellings"]["kk-Latn"]["name"].as_str().unwrap().to_owned()));
        let Some(cursor) = json["meta"]["next_cursor"].as_str() else { break };
        assert!(page.header("Link").unwrap().contains("rel=\"next\""));
        query = format!("sort=name&language=kk-Latn&limit=7&cursor={cursor}");
    }
    let mut once = names.clone();
    once.sort();
    once.dedup();
    let spelled = app.number("SELECT count(*) FROM name_spellings WHERE language = 'kk-Latn' AND ordinal = 0").await;
    assert_eq!((names.len(), i64::try_from(once.len()).unwrap()), (once.len(), spelled));
    let at = |name: &str| names.iter().position(|other| other == name).unwrap();
    assert!(at("Almaty") < at("Astana") && at("Astana") < at("Baku") && at("Baku") < at("Semei"));
    let (mut seen, mut query) = (vec![], "sort=updated_at&limit=100".to_owned());
    loop {
        let page = editor.get(&format!("{NAMES}?{query}")).expect(200).await.json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|name| name["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["meta"]["next_cursor"].as_str() else { break };
        query = format!("sort=updated_at&limit=100&cursor={cursor}");
    }
    let all = app.number("SELECT count(*) FROM names").await;
    assert_eq!(i64::try_from(seen.len()).unwrap(), all);
    seen.reverse();
    let newest = editor.get(NAMES).expect(200).await.json();
    assert_eq!(newest["data"][0]["id"].as_str().unwrap(), seen[0]);
}

async fn the_list_is_read_strictly(app: App) {
    let editor = app.staff(EDITOR).await;
    for (query, parameter) in [
        ("q=", "q"),
        ("q=%20", "q"),
        ("q=%00", "q"),
        ("kind=ship", "kind"),
        ("state=deleted", "state"),
        ("sort=name", "sort"),
        ("sort=created_at", "sort"),
        ("language=xx", "language"),
        ("missing_language=und", "missing_language"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
        ("offset=1", "offset"),
    ] {
        assert_eq!(editor.get(&format!("{NAMES}?{query}")).expect(400).await.faults(), [parameter], "{query}");
    }
    let page = editor.get(&format!("{NAMES}?limit=1&sort=updated_at")).expect(200).await.json();
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();
    let other = editor.get(&format!("{NAMES}?limit=1&cursor={cursor}")).expect(400).await;
    assert_eq!(other.code(), "invalid_cursor");
    editor.get(&format!("{NAMES}?q={}", encoded(&"a ".repeat(60)))).expect(200).await;
    editor.get(&format!("{NAMES}?q={}", "a".repeat(121))).expect(400).await;
}

async fn changes_of_names_are_in_the_log(app: App) {
    let editor = app.staff(EDITOR).await;
    let id = create(&editor, &place(&[("az", "Qubadlı")])).await;
    let at = format!("{NAMES}/{id}");
    editor.patch(&at).if_match("\"v1\"").json(&json!({ "spellings": { "ru": { "name": "Губадлы" } } })).expect(200).await;
    editor.delete(&at).if_match("\"v2\"").expect(200).await;
    editor.patch(&at).if_match("\"v3\"").json(&json!({ "state": "active" })).expect(200).await;
    let admin = app.staff("admin@trend.example").await;
    let log = admin.get("/v1/audit?action=name.created,name.changed,name.retired,name.restored").expect(200).await.json();
    let mut actions: Vec<&str> = log["data"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["name.changed", "name.created", "name.restored", "name.retired"]);
}
