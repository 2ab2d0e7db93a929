//! A word of its own in every field of what is secret is in no byte of what anybody gets who may not see it, nor in the log. Asked of the
//! program itself, by everybody who has no part in it, in every way that the contract knows.

use crate::matrix::body;
use crate::support::PASSWORD;
use crate::support::house::{Client, House, Reply};
use newsroom::api::document;
use newsroom::policy::{Access, access};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What has a word. Good as part of an address.
const FIELDS: [&str; 23] = [
    "headline",
    "summary",
    "body",
    "dateline",
    "byline",
    "title",
    "description",
    "slug",
    "slugline",
    "ednote",
    "rights",
    "genre",
    "sectionslug",
    "sectionname",
    "authorname",
    "authorbio",
    "authormail",
    "returnreason",
    "killreason",
    "killnote",
    "detachreason",
    "link",
    "orderly",
];
/// What editors find texts by.
const SEARCHED: [&str; 5] = ["headline", "summary", "body", "slugline", "ednote"];
/// Of people and places in the house, which those who work with them know.
const OF_THE_HOUSE: [&str; 2] = ["sectionslug", "sectionname"];
const OF_PEOPLE: [&str; 3] = ["authorname", "authorbio", "authormail"];

fn word(field: &str) -> String {
    assert!(FIELDS.contains(&field), "{field} is not listed");
    format!("zq{field}qz")
}

/// As much of a word as somebody may guess, without the word being told again by what quotes them.
fn guess(field: &str) -> String {
    word(field).strip_suffix("qz").unwrap().to_owned()
}

/// Somebody, and the words that they may know.
struct Person {
    name: &'static str,
    client: Client,
    knows: Vec<&'static str>,
}

/// What is secret, to fill addresses with.
#[derive(Default)]
struct Secret {
    articles: Vec<String>,
    /// Of those, one that is public in an earlier revision.
    public: BTreeSet<String>,
    staff: String,
}

struct Owner(Client);

impl Owner {
    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let body = Some(body).filter(|body| !body.is_null());
        let reply = self.0.send(method, path, headers, body).unwrap();
        assert!((200..300).contains(&reply.status), "{method} {path}: {}", reply.text());
        reply
    }

    fn id(&mut self, path: &str, new: &Value) -> String {
        self.send("POST", path, &[], new).json()["id"].as_str().unwrap().to_owned()
    }

    /// Takes a step, whatever the version.
    fn step(&mut self, article: &str, language: &str, step: &str, order: &Value) {
        self.send("POST", &format!("/v1/articles/{article}/translations/{language}/{step}"), &[("If-Match", "*")], order);
    }
}

/// A text with a word in every field. `n` makes its address its own.
fn text(n: usize, author: &str) -> Value {
    let block = json!([
        {"_type": "block", "_key": "a", "style": "h2", "markDefs": [{"_type": "link", "_key": "l", "href": format!("https://example.org/{}", word("link"))}],
         "children": [{"_type": "span", "_key": "a0", "text": word("body"), "marks": ["l"]}]},
        {"_type": "block", "_key": "b", "style": "normal", "listItem": "number", "level": 1, "markDefs": [],
         "children": [{"_type": "span", "_key": "b0", "text": word("orderly"), "marks": []}]}
    ]);
    json!({
        "headline": word("headline"), "summary": word("summary"), "body": block, "dateline": word("dateline"), "byline": word("byline"), "authors": [author],
        "seo": {"title": word("title"), "description": word("description")}, "slug": format!("{}-{n}", word("slug"))
    })
}

fn story(n: usize, author: &str) -> Value {
    let mut story = text(n, author);
    let more = json!({
        "original_language": "az", "slugline": word("slugline"), "ednote": word("ednote"), "rights": word("rights"), "genre": word("genre"),
        "section": word("sectionslug"), "urgency": 1
    });
    story.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    story
}

/// Makes a story of Trend in every state that readers have not seen, with a translation each.
fn hide(owner: &mut Owner, platform: &mut Owner) -> Secret {
    platform.id("/v1/sections", &json!({"slug": word("sectionslug"), "names": {"en": word("sectionname"), "az": word("sectionname")}}));
    let staff = owner.id(
        "/v1/staff",
        &json!({
            "email": format!("{}@trend.example", word("authormail")), "role": "journalist", "languages": ["az"], "names": {"az": word("authorname")},
            "bios": {"az": word("authorbio")}, "byline": false
        }),
    );
    let author = owner.send("GET", "/v1/me", &[], &Value::Null).json()["id"].as_str().unwrap().to_owned();
    let mut secret = Secret { staff, ..Secret::default() };
    let returned = json!({"reason": word("returnreason")});
    let killed = json!({"reason": word("killreason"), "public_note": word("killnote")});
    let states: [&[(&str, &Value)]; 6] = [
        &[],
        &[("submit", &Value::Null)],
        &[("submit", &Value::Null), ("return", &returned)],
        &[("submit", &Value::Null), ("approve", &Value::Null)],
        &[("kill", &killed)],
        &[("publish", &Value::Null), ("unpublish", &Value::Null)],
    ];
    for (n, steps) in states.into_iter().enumerate() {
        let article = owner.id("/v1/articles", &story(n, &author));
        owner.send("PUT", &format!("/v1/articles/{article}/translations/tt"), &[("If-None-Match", "*")], &text(n, &author));
        owner.step(&article, "tt", "freshness/detach", &json!({"reason": word("detachreason")}));
        for (step, order) in steps {
            owner.step(&article, "az", step, order);
        }
        secret.articles.push(article);
    }
    // One that readers see, in the words that it had before.
    let plain = json!({"original_language": "az", "headline": "Hamı oxuyur", "body_html": "<p>x</p>", "slugline": word("slugline"), "ednote": word("ednote")});
    let public = owner.id("/v1/articles", &plain);
    owner.step(&public, "az", "publish", &Value::Null);
    owner.send("PATCH", &format!("/v1/articles/{public}/translations/az"), &[("If-Match", "*")], &text(9, &author));
    owner.step(&public, "az", "submit", &Value::Null);
    secret.public.insert(public.clone());
    secret.articles.push(public);
    let path = format!("/v1/sections/{}", word("sectionslug"));
    platform.send("PATCH", &path, &[("If-Match", "*")], &json!({"state": "retired"}));
    secret
}

/// What a parameter of an address is filled with.
fn places(secret: &Secret, path: &str) -> Vec<String> {
    let mut filled = vec![path.to_owned()];
    let mut fill = |name: &str, values: &[String]| {
        if path.contains(name) {
            filled = filled.iter().flat_map(|path| values.iter().map(|value| path.replace(name, value)).collect::<Vec<_>>()).collect();
        }
    };
    let of = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    fill("{language}", &of(&["az", "tt"]));
    fill("{tag}", &of(&["az-Cyrl"]));
    fill("{warning}", &of(&["01980000-0000-7000-8000-000000000000"]));
    fill("{slug}", &(0..10).map(|n| format!("{}-{n}", word("slug"))).collect::<Vec<_>>());
    fill("{revision}", &of(&["1", "2"]));
    fill("{agency}", &of(&["trend"]));
    fill("{section}", &[word("sectionslug")]);
    fill("{code}", &of(&["withdrawn"]));
    fill("{name}", &of(&["home"]));
    fill("{token}", &of(&["nwp_guess"]));
    fill("{tag}", &of(&["az-Cyrl"]));
    fill("{warning}", &of(&["00000000-0000-7000-8000-000000000000"]));
    let staff = std::slice::from_ref(&secret.staff);
    fill("{id}", if path.contains("/staff/") { staff } else { &secret.articles });
    assert!(filled.iter().all(|path| !path.contains('{')), "{path}: say what the walk fills it with");
    filled
}

/// What a parameter is asked with, and whether it is a guess at a word.
fn values(secret: &Secret, name: &str) -> Vec<String> {
    let of = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    match name {
        "language" | "original_language" => of(&["az", "tt"]),
        "author" | "staff" | "assignee" | "staff_id" | "assignee_id" => vec![secret.staff.clone()],
        "id" | "article" | "related" => vec![secret.articles.join(",")],
        "agency" => of(&["trend"]),
        "section" => vec![word("sectionslug")],
        "limit" => of(&["100"]),
        "from" | "to" => of(&["1"]),
        "published_after" | "updated_after" | "changed_after" => of(&["2020-01-01T00:00:00Z"]),
        "q" => SEARCHED.map(|field| format!("{}*", guess(field))).into(),
        // Whatever else there is or will be: every guess. Most are refused, none may be told more than nonsense is.
        _ => ["headline", "slugline", "slug", "authormail"].map(guess).into(),
    }
}

/// Every way of reading that the contract knows, with what is secret in it.
fn readings(secret: &Secret) -> Vec<String> {
    let mut found = vec![];
    for (path, item) in document()["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        let parameters = operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query");
        let (required, optional): (Vec<&Value>, Vec<&Value>) = parameters.partition(|parameter| parameter["required"] == true);
        let ask = |parameters: &[&Value]| {
            let mut query = String::new();
            for parameter in parameters {
                let name = parameter["name"].as_str().unwrap();
                let _ = write!(query, "{}{name}={}", if query.is_empty() { "?" } else { "&" }, values(secret, name)[0]);
            }
            query
        };
        let places = places(secret, path);
        found.extend(places.iter().map(|place| format!("{place}{}", ask(&required))));
        for parameter in optional {
            let name = parameter["name"].as_str().unwrap();
            let separator = if required.is_empty() { "?" } else { "&" };
            for value in values(secret, name) {
                found.push(format!("{}{}{separator}{name}={value}", places[0], ask(&required)));
            }
        }
    }
    found.extend(["/openapi.json", "/docs/", "/v1/no-such-thing"].map(str::to_owned));
    assert!(found.len() > 150, "only {} addresses", found.len());
    found
}

/// Every way of changing a story, with a body that is right: method, address, body.
fn changes(secret: &Secret) -> Vec<(String, String, Option<Value>)> {
    let mut found = vec![];
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(method, _)| *method != "get") {
            if !path.starts_with("/v1/articles/{id}") {
                continue;
            }
            let id = operation["operationId"].as_str().unwrap();
            assert!(matches!(access(id), Some(Access::Needs(_))), "{id}");
            found.extend(places(secret, path).into_iter().map(|place| (method.to_uppercase(), place, body(id, 0))));
        }
    }
    assert!(found.len() > 150, "only {} changes", found.len());
    found
}

/// The words and ids of an answer that somebody should not have got.
fn leaks(person: &Person, secret: &Secret, address: &str, reply: &Reply) -> Vec<String> {
    let told = reply.text().to_lowercase();
    let words = FIELDS.iter().filter(|field| !person.knows.contains(field)).map(|field| word(field));
    // Who asks for an id may get it back.
    // The sequence of public events tells that something was public once; not what it said.
    let is_sequence = ["/v1/delivery/changes", "/v1/delivery/stream"].iter().any(|sequence| address.starts_with(sequence));
    let ids = secret.articles.iter().filter(|id| !is_sequence && !secret.public.contains(*id) && !address.contains(*id)).cloned();
    let asked = address.to_lowercase();
    words
        .chain(ids)
        .filter(|secret| told.contains(secret) && !asked.contains(secret))
        .map(|secret| format!("{} gets {secret} from {address}", person.name))
        .collect()
}

/// An answer without what is its request's own, and with what was asked taken out.
fn without_echo(reply: &Reply, asked: &str) -> String {
    let mut body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
    }
    format!("{} {}", reply.status, body.to_string().replace(asked, ""))
}

/// Guesses at secret words are answered as nonsense is.
fn assert_no_oracle(person: &mut Person, readings: &[String]) {
    for field in BTreeSet::from(["slug", "authormail"]).union(&BTreeSet::from(SEARCHED)) {
        if person.knows.contains(field) {
            continue;
        }
        let (guess, nonsense) = (guess(field), format!("zq{}", "x".repeat(field.len())));
        for address in readings.iter().filter(|address| address.trim_end_matches('*').ends_with(&format!("={guess}"))) {
            let of_guess = person.client.send("GET", address, &[], None).unwrap();
            let of_nonsense = person.client.send("GET", &address.replace(&guess, &nonsense), &[], None).unwrap();
            assert_eq!(without_echo(&of_guess, &guess), without_echo(&of_nonsense, &nonsense), "{} asks {address}", person.name);
        }
    }
}

fn people(service: &crate::support::house::Service, tokens: &BTreeMap<&'static str, String>, platform: &mut Owner) -> Vec<Person> {
    let mut key = |agency: &str, scopes: &Value| {
        let made = platform.send("POST", &format!("/v1/agencies/{agency}/api-keys"), &[], &json!({"name": "canary", "scopes": scopes})).json();
        made["key"].as_str().unwrap().to_owned()
    };
    let all = json!(["partner:read", "articles:read", "articles:submit", "articles:publish"]);
    let (foreign, own) = (key("kazinform", &all), key("trend", &all));
    let house = OF_THE_HOUSE.to_vec();
    let of_platform = [&OF_THE_HOUSE[..], &OF_PEOPLE[..]].concat();
    vec![
        Person { name: "a reader", client: service.client(""), knows: vec![] },
        Person { name: "a forger", client: service.client("nonsense"), knows: vec![] },
        Person { name: "an editor of another agency", client: service.client(&tokens["editor@kazinform.example"]), knows: house.clone() },
        Person { name: "an editor of the platform", client: service.client(&tokens["editor@platform.example"]), knows: of_platform },
        Person { name: "a partner", client: service.client(&foreign), knows: house.clone() },
        Person { name: "a key of the agency", client: service.client(&own), knows: house },
    ]
}

/// Writes that fail in ways that could make somebody quote them.
fn fail(owner: &mut Owner) {
    for (path, body) in [
        ("/v1/articles", json!({"original_language": "az", "headline": [word("headline")]})),
        ("/v1/articles", json!({"original_language": "az", word("headline"): 1, "headline": word("headline")})),
        ("/v1/articles", json!({"original_language": word("headline"), "headline": word("headline")})),
        ("/v1/articles", json!({"original_language": "az", "headline": word("headline").repeat(100), "section": word("headline")})),
        ("/v1/auth/login", json!({"email": format!("{}@trend.example", word("authormail")), "password": word("headline")})),
    ] {
        let reply = owner.0.send("POST", path, &[], Some(&body)).unwrap();
        assert!((400..500).contains(&reply.status), "{path}: {}", reply.text());
    }
    let path = format!("/v1/{}?{}={}", word("slug"), word("title"), word("body"));
    assert_eq!(owner.0.send("GET", &path, &[], None).unwrap().status, 404);
}

async fn nobody_hears_the_canary(house: House) {
    let service = house.serve(&[("NEWSROOM_LOG__FILTER", "debug")]);
    let mut tokens = BTreeMap::new();
    for email in ["admin@trend.example", "admin@platform.example", "editor@kazinform.example", "editor@platform.example"] {
        tokens.insert(email, house.token(email).await);
    }
    let (mut owner, mut platform) = (Owner(service.client(&tokens["admin@trend.example"])), Owner(service.client(&tokens["admin@platform.example"])));
    let secret = hide(&mut owner, &mut platform);
    let (readings, changes) = (readings(&secret), changes(&secret));
    // Those who may see it find every word: so would the walk of the others.
    let mut heard = BTreeSet::new();
    for address in &readings {
        let told = owner.0.send("GET", address, &[], None).unwrap().text();
        heard.extend(FIELDS.into_iter().filter(|field| told.contains(&word(field))));
    }
    for field in SEARCHED {
        let found = owner.send("GET", &format!("/v1/articles?q={}*&count=exact", guess(field)), &[], &Value::Null).json();
        assert!(found["meta"]["count"].as_u64() > Some(0), "{field} is found by those who may see it: {found}");
    }
    let unheard: Vec<&str> = FIELDS.into_iter().filter(|field| !heard.contains(field) && *field != "killnote").collect();
    assert!(unheard.is_empty(), "the walk does not come to {unheard:?}");
    let mut leaking = vec![];
    for person in &mut people(&service, &tokens, &mut platform) {
        for address in &readings {
            for method in ["GET", "HEAD"] {
                let reply = person.client.send(method, address, &[], None).unwrap();
                assert!(reply.status < 500, "{address}: {}", reply.text());
                leaking.extend(leaks(person, &secret, address, &reply));
            }
        }
        assert_no_oracle(person, &readings);
        for (method, address, body) in &changes {
            let reply = person.client.send(method, address, &[("If-Match", "*")], body.as_ref()).unwrap();
            // An import looks at the media type before anything else.
            let is_json_to_xliff = reply.status == 415 && address.ends_with("/xliff");
            assert!(is_json_to_xliff || [401, 403, 404].contains(&reply.status), "{} may {method} {address}: {}", person.name, reply.text());
            leaking.extend(leaks(person, &secret, address, &reply));
        }
    }
    assert!(leaking.is_empty(), "{} leaks:\n{}", leaking.len(), leaking.join("\n"));
    fail(&mut owner);
    let log = service.log().to_lowercase();
    assert!(log.contains("list_articles") || log.contains("/v1/articles"), "the log tells what is asked");
    let words = FIELDS.map(word).into_iter().chain(tokens.into_values()).chain([PASSWORD.to_owned()]);
    let told: Vec<String> = words.filter(|word| log.contains(&word.to_lowercase())).collect();
    assert!(told.is_empty(), "the log tells {told:?}");
}

#[actix_web::test]
async fn nobody_hears_the_canary_on_sqlite() {
    nobody_hears_the_canary(House::sqlite().await).await;
}

#[actix_web::test]
async fn nobody_hears_the_canary_on_postgres() {
    if let Some(house) = House::postgres().await {
        nobody_hears_the_canary(house).await;
    }
}
