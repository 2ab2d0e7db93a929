//! Lists of public texts: what is in them, in which order, and page by page.

use super::{ARTICLES, BASE, CORRIDOR, MEMBERS, NOWRUZ, edit, items, keys, list, members, next_page, plain, published, read, step, story, text};
use crate::on_both;
use crate::support::{App, Caller};
use newsroom::db::Timestamp;
use newsroom::seed;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

on_both!(
    a_list_shows_what_is_public_in_all_languages,
    the_newest_come_first,
    every_filter_holds_alone,
    filters_hold_together,
    what_is_urgent_is_found_alone,
    an_update_shows_in_updated_after,
    an_unknown_topic_is_named,
    values_that_are_wrong_are_named,
    unknown_parameters_are_named,
    a_page_has_25_texts_where_nothing_is_said,
    pages_visit_each_text_once_while_another_is_published,
    texts_of_one_instant_are_each_visited_once,
    pages_go_on_where_a_text_was_taken_away,
    a_cursor_belongs_to_its_list,
    the_next_page_has_an_absolute_address,
);

fn at(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().unwrap()).unwrap()
}

/// Language and headline of what the seed publishes.
fn seeded_texts() -> BTreeSet<(String, String)> {
    let stories = seed::stories().unwrap();
    let texts = stories.into_iter().flat_map(|story| story.texts);
    let public = texts.filter(|(_, text)| ["published", "published_edited"].contains(&text.state.as_str()));
    public.map(|(language, text)| (language.to_string(), text.headline)).collect()
}

async fn a_list_shows_what_is_public_in_all_languages(app: App) {
    let all = list(&app, "").await;
    let shown: BTreeSet<(String, String)> = all.iter().map(|item| (text(&item["language"]), text(&item["headline"]))).collect();
    assert_eq!(shown, seeded_texts());
    assert_eq!(shown.len(), all.len());
    for item in &all {
        assert_eq!(members(item), BTreeSet::from(MEMBERS), "no body, and nothing of the desk");
        let id = text(&item["id"]);
        assert_eq!(Uuid::parse_str(&id).unwrap().get_version_num(), 4, "{id} would tell when the story was prepared");
    }
    let page = read(&app, ARTICLES).await.json();
    assert_eq!(members(&page), BTreeSet::from(["data", "meta"]));
    assert_eq!(members(&page["meta"]), BTreeSet::from(["has_more", "limit", "next_cursor"]), "no totals");
}

async fn the_newest_come_first(app: App) {
    let newest = list(&app, "").await;
    assert!(newest.is_sorted_by(|a, b| at(&a["published_at"]) >= at(&b["published_at"])));
    assert_eq!(list(&app, "sort=-published_at").await, newest);
    let mut oldest = list(&app, "sort=published_at").await;
    oldest.reverse();
    assert_eq!(oldest, newest);
    let editor = app.staff("editor@trend.example").await;
    let id = published(&editor, &plain("az", "Ən yeni xəbər")).await;
    assert_eq!(items(&read(&app, &format!("{ARTICLES}?limit=1")).await.json())[0]["id"], id);
}

type Rule = Box<dyn Fn(&Value) -> bool>;

/// One way to use each filter, and what it lets through.
async fn rules(app: &App, all: &[Value]) -> Vec<(String, Rule)> {
    fn rule(query: String, rule: impl Fn(&Value) -> bool + 'static) -> (String, Rule) {
        (query, Box::new(rule))
    }
    let author = app.staff("editor@trend.example").await.id.to_string();
    let ids: Vec<String> = (0..12).map(|i| text(&all[i * 8]["id"])).collect();
    let (late, early) = (all[10]["published_at"].clone(), all[75]["published_at"].clone());
    let updated = all[80]["updated_at"].clone();
    let listed = ids.join(",");
    vec![
        rule("language=az,ru".to_owned(), |item| item["language"] == "az" || item["language"] == "ru"),
        rule("agency=trend,platform".to_owned(), |item| item["agency"]["slug"] == "trend" || item["agency"]["slug"] == "platform"),
        rule("section=culture,economy,society".to_owned(), |item| ["culture", "economy", "society"].iter().any(|slug| item["section"]["slug"] == *slug)),
        rule("topic=medtop:20000040,medtop:20000420".to_owned(), |item| {
            item["topics"].as_array().unwrap().iter().any(|topic| topic["id"] == "medtop:20000040" || topic["id"] == "medtop:20000420")
        }),
        rule(format!("author={author}"), move |item| item["authors"].as_array().unwrap().iter().any(|other| other["id"] == author.as_str())),
        rule(format!("id={listed}"), move |item| ids.iter().any(|id| item["id"] == id.as_str())),
        rule(format!("published_after={}", text(&early)), move |item| at(&item["published_at"]) > at(&early)),
        rule(format!("published_before={}", text(&late)), move |item| at(&item["published_at"]) < at(&late)),
        rule("urgency_max=5".to_owned(), |item| item["urgency"].as_i64().unwrap() <= 5),
        rule(format!("updated_after={}", text(&updated)), move |item| at(&item["updated_at"]) > at(&updated)),
    ]
}

async fn every_filter_holds_alone(app: App) {
    let all = list(&app, "").await;
    let mut rules = rules(&app, &all).await;
    // As ids, alone, and in another offset of time.
    let kazinform = all.iter().find(|item| item["agency"]["slug"] == "kazinform").unwrap()["agency"]["id"].clone();
    rules.push((format!("agency={}", text(&kazinform)), Box::new(move |item: &Value| item["agency"]["id"] == kazinform)));
    let sport = all.iter().find(|item| item["section"]["slug"] == "sport").unwrap()["section"]["id"].clone();
    rules.push((
        format!("section={},travel", text(&sport)),
        Box::new(move |item: &Value| item["section"]["id"] == sport || item["section"]["slug"] == "travel"),
    ));
    let noon = at(&json!("2026-07-23T12:00:00Z"));
    rules.push(("published_after=2026-07-23T16:00:00%2B04:00".to_owned(), Box::new(move |item: &Value| at(&item["published_at"]) > noon)));
    for (query, rule) in rules {
        let expected: Vec<Value> = all.iter().filter(|item| rule(item)).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{query} would prove nothing");
        assert_eq!(keys(&list(&app, &query).await), keys(&expected), "{query}");
    }
    for query in [format!("author={}", Uuid::now_v7()), format!("id={}", Uuid::new_v4()), "published_after=2030-01-01T00:00:00Z".to_owned()] {
        assert_eq!(list(&app, &query).await, Vec::<Value>::new(), "{query}");
    }
}

async fn filters_hold_together(app: App) {
    let all = list(&app, "").await;
    let rules = rules(&app, &all).await;
    let mut found_something = 0;
    for (i, (first, first_rule)) in rules.iter().enumerate() {
        for (second, second_rule) in &rules[..i] {
            let expected: Vec<Value> = all.iter().filter(|item| first_rule(item) && second_rule(item)).cloned().collect();
            found_something += usize::from(!expected.is_empty());
            assert_eq!(keys(&list(&app, &format!("{first}&{second}")).await), keys(&expected), "{first} with {second}");
        }
    }
    assert!(found_something > 25, "{found_something} pairs let something through");
    let rules: Vec<_> = rules.into_iter().filter(|(query, _)| !query.starts_with("id=")).collect();
    let query: Vec<&str> = rules.iter().map(|(query, _)| query.as_str()).collect();
    let mut expected: Vec<Value> = all.iter().filter(|item| rules.iter().all(|(_, rule)| rule(item))).cloned().collect();
    assert!(!expected.is_empty());
    assert_eq!(keys(&list(&app, &query.join("&")).await), keys(&expected));
    expected.reverse();
    assert_eq!(keys(&list(&app, &format!("{}&sort=published_at", query.join("&"))).await), keys(&expected));
}

async fn what_is_urgent_is_found_alone(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut found = vec![];
    for (n, urgency) in [1, 2, 3, 4, 2, 1].into_iter().enumerate() {
        let mut new = plain(if n % 2 == 0 { "az" } else { "ru" }, &format!("Təcili {n}"));
        new["urgency"] = json!(urgency);
        new["section"] = json!("culture");
        found.push((urgency, published(&editor, &new).await));
    }
    found.reverse();
    let all = list(&app, "").await.len();
    for (query, most) in [("urgency_max=1", 1), ("urgency_max=2", 2), ("urgency_max=3", 3)] {
        let expected: Vec<&String> = found.iter().filter(|(urgency, _)| *urgency <= most).map(|(_, id)| id).collect();
        let mut ids: Vec<String> = list(&app, query).await.iter().map(|item| text(&item["id"])).collect();
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected, "{query}");
        let oldest: Vec<String> = list(&app, &format!("{query}&sort=published_at")).await.iter().map(|item| text(&item["id"])).collect();
        ids.reverse();
        assert_eq!(oldest, ids, "{query}");
    }
    assert_eq!(list(&app, "urgency_max=9").await.len(), all);
    // With other filters, and page by page.
    for (query, count) in [
        ("urgency_max=2&language=az", 2),
        ("urgency_max=2&language=ru&fallback=az", 4),
        ("urgency_max=2&section=culture&agency=trend", 4),
        ("urgency_max=3&section=economy", 0),
        ("urgency_max=2&topic=medtop:20000040", 0),
    ] {
        assert_eq!(list(&app, query).await.len(), count, "{query}");
    }
    let first = read(&app, &format!("{ARTICLES}?urgency_max=2&limit=3")).await;
    let second = read(&app, &next_page(&first).unwrap()).await;
    assert_eq!((items(&first.json()).len(), items(&second.json()).len(), next_page(&second)), (3, 1, None));
    let cursor = text(&first.json()["meta"]["next_cursor"]);
    let refused = app.anonymous().get(&format!("{ARTICLES}?urgency_max=3&limit=3&cursor={cursor}")).expect(400).await;
    assert_eq!(refused.code(), "invalid_cursor");
}

async fn an_update_shows_in_updated_after(app: App) {
    let id = story(&app, CORRIDOR).await;
    let trend = app.staff("editor@trend.example").await;
    let before = list(&app, "").await;
    assert_eq!(list(&app, "updated_after=2026-07-24T11:59:59Z").await, Vec::<Value>::new());
    edit(&trend, &id, "az", &json!({ "headline": "Yeni faktlar" })).await;
    step(&trend, &id, "az", "publish", Some(json!({ "change_kind": "update", "public_note": "New facts." }))).await;
    let updated = list(&app, "updated_after=2026-07-24T11:59:59Z").await;
    assert_eq!(keys(&updated), [(id.clone(), "az".to_owned())]);
    assert_eq!((&updated[0]["headline"], &updated[0]["updated_at"]), (&json!("Yeni faktlar"), &json!("2026-07-24T12:00:00Z")));
    assert_eq!(updated[0]["last_change"], json!({ "kind": "update", "public_note": "New facts.", "at": "2026-07-24T12:00:00Z" }));
    assert_eq!(list(&app, "published_after=2026-07-24T11:59:59Z").await, Vec::<Value>::new(), "it was published long ago");
    assert_eq!(keys(&list(&app, "").await), keys(&before), "and keeps its place");
}

async fn an_unknown_topic_is_named(app: App) {
    for topic in ["nonsense", "medtop:99999999", "medtop:20000040,nonsense"] {
        let answer = app.anonymous().get(&format!("{ARTICLES}?topic={topic}")).expect(400).await;
        assert_eq!((answer.code(), answer.faults()), ("invalid_parameter".to_owned(), vec!["topic".to_owned()]), "{topic}");
    }
}

async fn values_that_are_wrong_are_named(app: App) {
    let reader = app.anonymous();
    for (name, value) in [
        ("agency", "nobody"),
        ("agency", "trend,nobody"),
        ("agency", "culture"),
        ("section", "nowhere"),
        ("section", "trend"),
        ("author", "editor"),
        ("id", "1"),
        ("id", ","),
        ("published_after", "yesterday"),
        ("published_before", "2026-07-24"),
        ("updated_after", ""),
        ("urgency_max", "0"),
        ("urgency_max", "10"),
        ("urgency_max", "flash"),
        ("sort", "headline"),
        ("sort", "-urgency"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "x"),
        ("limit", "70000"),
    ] {
        let answer = reader.get(&format!("{ARTICLES}?{name}={value}")).expect(400).await;
        assert_eq!((answer.code(), answer.faults()), ("invalid_parameter".to_owned(), vec![name.to_owned()]), "{name}={value}");
    }
    let twice = reader.get(&format!("{ARTICLES}?language=kk&language=az")).expect(400).await;
    assert_eq!((twice.code(), twice.faults()), ("invalid_parameter".to_owned(), vec!["language".to_owned()]));
}

async fn unknown_parameters_are_named(app: App) {
    let id = story(&app, NOWRUZ).await;
    let reader = app.anonymous();
    for (place, name) in [
        (ARTICLES.to_owned(), "offset"),
        (ARTICLES.to_owned(), "count"),
        (ARTICLES.to_owned(), "state"),
        (ARTICLES.to_owned(), "slugline"),
        (ARTICLES.to_owned(), "body_format"),
        (ARTICLES.to_owned(), "include"),
        (ARTICLES.to_owned(), "Language"),
        (format!("{ARTICLES}/{id}"), "lang"),
        (format!("{ARTICLES}/{id}"), "revision"),
        (format!("{ARTICLES}/{id}"), "limit"),
        ("/v1/delivery/sections".to_owned(), "limit"),
        ("/v1/delivery/agencies".to_owned(), "cursor"),
        ("/v1/delivery/agencies/trend".to_owned(), "include"),
        ("/v1/delivery/staff".to_owned(), "role"),
    ] {
        let answer = reader.get(&format!("{place}?{name}=1")).expect(400).await;
        assert_eq!((answer.code(), answer.faults()), ("invalid_parameter".to_owned(), vec![name.to_owned()]), "{place}?{name}=1");
    }
}

async fn a_page_has_25_texts_where_nothing_is_said(app: App) {
    let all = list(&app, "").await;
    assert!(all.len() > 90, "the demo has {}", all.len());
    for (query, length) in [("", 25), ("?limit=1", 1), ("?limit=25", 25), ("?limit=90", 90), ("?limit=100", all.len().min(100))] {
        let answer = read(&app, &format!("{ARTICLES}{query}")).await;
        let page = answer.json();
        assert_eq!(items(&page), all[..length], "{query}");
        let limit = if query.is_empty() { "25" } else { &query[7..] };
        assert_eq!(page["meta"]["limit"].to_string(), limit, "{query}");
        let more = length < all.len();
        assert_eq!(page["meta"]["has_more"], more, "{query}");
        assert_eq!((page["meta"]["next_cursor"].is_string(), next_page(&answer).is_some()), (more, more), "{query}");
    }
    // A page that is full, and the last.
    let language = list(&app, "language=kk").await;
    let page = read(&app, &format!("{ARTICLES}?language=kk&limit={}", language.len())).await.json();
    assert_eq!((items(&page).len(), &page["meta"]["has_more"]), (language.len(), &json!(false)));
    assert_eq!(page["meta"]["next_cursor"], Value::Null);
}

/// Goes through the pages of a list, with something happening after the one with this number.
async fn walk(app: &App, query: &str, after: usize, happens: impl AsyncFnOnce(&[Value])) -> Vec<Value> {
    let mut happens = Some(happens);
    let mut next = Some(format!("{ARTICLES}?{query}"));
    let mut seen = vec![];
    let mut pages = 0;
    while let Some(path) = next {
        let answer = read(app, &path).await;
        seen.extend(items(&answer.json()));
        next = next_page(&answer);
        pages += 1;
        if pages == after
            && let Some(happens) = happens.take()
        {
            happens(&seen).await;
        }
    }
    assert!(pages > after, "there were {pages} pages");
    seen
}

async fn pages_visit_each_text_once_while_another_is_published(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let before = list(&app, "").await;
    let seen = walk(&app, "limit=7", 3, async |_| {
        published(&editor, &plain("az", "Yolda çıxan xəbər")).await;
    })
    .await;
    assert_eq!(keys(&seen), keys(&before), "what came in front is not in the pages that follow");
    let before = list(&app, "sort=published_at").await;
    let mut last = String::new();
    let seen = walk(&app, "limit=7&sort=published_at", 3, async |_| {
        last = published(&editor, &plain("az", "Daha bir xəbər")).await;
    })
    .await;
    let mut expected = keys(&before);
    expected.push((last, "az".to_owned()));
    assert_eq!(keys(&seen), expected, "what came at the end is the last");
}

async fn several(editor: &Caller, count: usize) -> Vec<String> {
    let mut ids = vec![];
    for n in 0..count {
        ids.push(published(editor, &plain("tt", &format!("Хәбәр {n}"))).await);
    }
    ids
}

async fn texts_of_one_instant_are_each_visited_once(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let ids = several(&editor, 5).await;
    for limit in [1, 2, 3] {
        let seen = walk(&app, &format!("language=tt&limit={limit}"), 1, async |_| {}).await;
        let found: Vec<String> = seen.iter().map(|item| text(&item["id"])).collect();
        assert_eq!(found, ids.iter().rev().cloned().collect::<Vec<_>>(), "{limit}");
        let seen = walk(&app, &format!("language=tt&limit={limit}&sort=published_at"), 1, async |_| {}).await;
        let found: Vec<String> = seen.iter().map(|item| text(&item["id"])).collect();
        assert_eq!(found, ids, "{limit}");
    }
}

async fn pages_go_on_where_a_text_was_taken_away(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let ids = several(&editor, 6).await;
    // The text on which the cursor stands, and one that is still to come.
    let seen = walk(&app, "language=tt&limit=2&sort=published_at", 1, async |seen| {
        assert_eq!(seen[1]["id"], ids[1]);
        for gone in [&ids[1], &ids[3]] {
            step(&editor, gone, "tt", "unpublish", None).await;
        }
    })
    .await;
    let found: Vec<String> = seen.iter().map(|item| text(&item["id"])).collect();
    assert_eq!(found, [&ids[0], &ids[1], &ids[2], &ids[4], &ids[5]].map(String::clone));
}

async fn a_cursor_belongs_to_its_list(app: App) {
    let query = "language=kk&section=culture,science&limit=2";
    let cursor = text(&read(&app, &format!("{ARTICLES}?{query}")).await.json()["meta"]["next_cursor"]);
    let reader = app.anonymous();
    let other_limit = reader.get(&format!("{ARTICLES}?language=kk&section=culture,science&limit=1&cursor={cursor}")).expect(200).await;
    let expected = list(&app, "language=kk&section=culture,science").await;
    assert_eq!(items(&other_limit.json())[0], expected[2], "a page may have another length");
    let mut tampered = cursor.clone();
    tampered.replace_range(3..4, if &cursor[3..4] == "A" { "B" } else { "A" });
    let staff = text(&read(&app, "/v1/delivery/staff?limit=2").await.json()["meta"]["next_cursor"]);
    for other in [
        format!("cursor={cursor}"),
        format!("language=az&section=culture,science&cursor={cursor}"),
        format!("language=kk&cursor={cursor}"),
        format!("language=kk&section=culture&cursor={cursor}"),
        format!("language=kk&section=culture,science&sort=published_at&cursor={cursor}"),
        format!("language=kk&section=culture,science&agency=trend&cursor={cursor}"),
        format!("language=kk&section=culture,science&published_after=2020-01-01T00:00:00Z&cursor={cursor}"),
        format!("language=kk&section=culture,science&fallback=ru&cursor={cursor}"),
        format!("{query}&cursor={tampered}"),
        format!("{query}&cursor={staff}"),
        format!("{query}&cursor=nonsense"),
        format!("{query}&cursor="),
        format!("{query}&cursor=%00"),
    ] {
        let answer = reader.get(&format!("{ARTICLES}?{other}")).expect(400).await;
        let expected = if other.ends_with("%00") { "invalid_parameter" } else { "invalid_cursor" };
        assert_eq!((answer.code(), answer.faults()), (expected.to_owned(), vec!["cursor".to_owned()]), "{other}");
    }
}

async fn the_next_page_has_an_absolute_address(app: App) {
    let reader = app.anonymous();
    let path = format!("{ARTICLES}?language=kk,ru&limit=3&sort=published_at");
    let answer = reader.get(&path).header("Host", "evil.example").header("X-Forwarded-Host", "evil.example").expect(200).await;
    let link = answer.header("Link").unwrap();
    assert!(link.starts_with(&format!("<{BASE}{ARTICLES}?")) && link.ends_with(">; rel=\"next\""), "{link}");
    assert!(!answer.text().contains("evil.example"));
    let next = next_page(&answer).unwrap();
    let cursor = text(&answer.json()["meta"]["next_cursor"]);
    let parameters: BTreeSet<(String, String)> = url::form_urlencoded::parse(next.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
    let expected = [("cursor", cursor.as_str()), ("language", "kk,ru"), ("limit", "3"), ("sort", "published_at")];
    assert_eq!(parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect::<BTreeSet<_>>());
    let all = list(&app, "language=kk,ru&sort=published_at").await;
    assert_eq!(items(&read(&app, &next).await.json()), all[3..6]);
    let last = read(&app, &format!("{ARTICLES}?language=uz-Cyrl")).await;
    assert_eq!((last.header("Link"), &last.json()["meta"]["next_cursor"]), (None, &Value::Null));
}
