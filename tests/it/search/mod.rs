//! Searching what is public.

mod editors;
mod engines;
mod reindex;
mod suggestions;

use crate::on_both;
use crate::support::{Answer, App, Caller};
use newsroom::db::Reader;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    one_name_is_found_in_every_script_and_spelling,
    what_must_match_is_found,
    a_name_is_found_as_other_languages_call_it,
    the_better_match_comes_first,
    a_phrase_stands_together_and_a_prefix_begins,
    filters_narrow_what_is_found,
    highlights_are_where_the_words_are,
    what_is_not_public_is_never_found,
    a_text_is_found_as_it_was_last_published,
    the_pages_of_a_search_stay_while_others_publish,
    answers_can_be_kept,
    what_cannot_be_looked_for_is_named,
);

const SEARCH: &str = "/v1/delivery/search";

pub fn search_path(q: &str, more: &str) -> String {
    let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
    format!("{SEARCH}?q={q}{more}")
}

pub async fn find(app: &App, q: &str, more: &str) -> Vec<Value> {
    let answer = app.anonymous().get(&search_path(q, more)).expect(200).await;
    answer.json()["data"].as_array().unwrap().clone()
}

pub fn ids(found: &[Value]) -> Vec<String> {
    found.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

pub async fn headlines(app: &App, q: &str, more: &str) -> Vec<String> {
    find(app, q, more).await.iter().map(|item| item["headline"].as_str().unwrap().to_owned()).collect()
}

pub fn story(language: &str, headline: &str, body: &str) -> Value {
    json!({ "original_language": language, "headline": headline, "body_html": format!("<p>{body}</p>") })
}

pub fn place(article: &str, language: &str) -> String {
    format!("/v1/articles/{article}/translations/{language}")
}

pub async fn create(caller: &Caller, new: &Value) -> String {
    caller.post("/v1/articles").json(new).expect(201).await.json()["id"].as_str().unwrap().to_owned()
}

pub async fn step(caller: &Caller, article: &str, language: &str, step: &str, order: &Value) -> Answer {
    let path = place(article, language);
    let etag = caller.get(&path).expect(200).await.etag();
    caller.post(&format!("{path}/{step}")).if_match(&etag).json(order).expect(200).await
}

pub async fn publish(caller: &Caller, new: &Value) -> String {
    let id = create(caller, new).await;
    step(caller, &id, new["original_language"].as_str().unwrap(), "publish", &json!({})).await;
    id
}

async fn one_name_is_found_in_every_script_and_spelling(app: App) {
    let expected = ids(&find(&app, "қазақстан", "&limit=100").await);
    assert!(expected.len() > 3, "{}", expected.len());
    for typed in ["Qazaqstan", "Kazakstan", "قازاقستان", "ҚАЗАҚСТАН", "Қазақстан", "qazaqstan"] {
        let mut found = ids(&find(&app, typed, "&limit=100").await);
        let mut all = expected.clone();
        found.sort();
        all.sort();
        assert_eq!(found, all, "{typed}");
    }
}

async fn a_name_is_found_as_other_languages_call_it(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let az = publish(&editor, &story("az", "Bakıda yağış yağdı", "…")).await;
    let ru = publish(&editor, &story("ru", "В Баку прошёл дождь", "…")).await;
    for typed in ["Baku", "Bakı", "Баку", "باكۋ"] {
        let found = ids(&find(&app, typed, "&limit=100").await);
        assert!(found.contains(&az) && found.contains(&ru), "{typed}");
    }
    let found = find(&app, "Baku дождь", "").await;
    assert_eq!((ids(&found), &found[0]["match"]["class"]), (vec![ru], &json!("fold")));
    let highlights = &found[0]["snippets"][0]["highlights"];
    assert_eq!(highlights.as_array().map(Vec::len), Some(2), "{highlights}");
    let house = publish(&editor, &story("en", "Turkmen State News Agency opens an office", "…")).await;
    assert_eq!(ids(&find(&app, "Türkmen döwlet habarlar agentligi", "").await)[0], house);
}

async fn what_must_match_is_found(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let table = include_str!("../../data/lang/must_match.tsv");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).filter(|row: &Vec<&str>| row[0] != "hu").collect();
    let mut published = std::collections::BTreeMap::new();
    let mut misses = vec![];
    for row in &rows {
        if !published.contains_key(row[1]) {
            let id = publish(&editor, &story(row[0], &format!("{} 1", row[1]), "…")).await;
            published.insert(row[1], id);
        }
        if !ids(&find(&app, row[2], &format!("&limit=100&language={}", row[0])).await).contains(&published[row[1]]) {
            misses.push(row.join(" "));
        }
    }
    assert!(misses.len() * 100 <= rows.len() * 4, "{} of {}: {misses:?}", misses.len(), rows.len());
}

async fn the_better_match_comes_first(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut expected = vec![];
    for (headline, body, class, place) in [
        ("Бірінші", "Мұнда жырауларда жоқ.", "stem", "body"),
        ("Жыраулар", "Екінші.", "stem", "headline"),
        ("Екінші", "Jırau keldi.", "fold", "body"),
        ("JIRAU", "Үшінші.", "fold", "headline"),
        ("Үшінші", "Кеше жырау келді.", "exact", "body"),
        ("Жырау", "Төртінші.", "exact", "headline"),
        ("Ол — ЖЫРАУ", "Соңғы.", "exact", "headline"),
    ] {
        app.advance(Duration::from_secs(1));
        let id = publish(&editor, &story("kk", headline, body)).await;
        expected.insert(0, (id, json!({ "class": class, "in": place })));
    }
    let found = find(&app, "жырау", "").await;
    let found: Vec<_> = ids(&found).into_iter().zip(found.iter().map(|item| item["match"].clone())).collect();
    // The demo has a word with the same stem.
    assert_eq!(found[..expected.len()], expected);
}

async fn a_phrase_stands_together_and_a_prefix_begins(app: App) {
    let editor = app.staff("editor@trend.example").await;
    publish(&editor, &story("kk", "Зымырық бөрі туралы", "Ертегі")).await;
    publish(&editor, &story("kk", "Бөрі мен зымырық аспан", "Ертегі")).await;
    publish(&editor, &story("az", "Gəncə şəhərində", "Əhali")).await;
    assert_eq!(headlines(&app, "зымырық бөрі", "").await.len(), 2);
    assert_eq!(headlines(&app, "\"зымырық бөрі\"", "").await, ["Зымырық бөрі туралы"]);
    assert_eq!(headlines(&app, "«zymyryq bóri", "").await, ["Зымырық бөрі туралы"]);
    assert_eq!(headlines(&app, "зымырық-бөрі", "").await, ["Зымырық бөрі туралы"], "what is typed together stands together");
    for typed in ["\"gence seherinde\"", "\"ganca saharinda\"", "\"Gəncə şəhərində\"", "\"Ҝәнҹә шәһәриндә\""] {
        assert_eq!(headlines(&app, typed, "").await, ["Gəncə şəhərində"], "{typed}");
    }
    assert_eq!(headlines(&app, "gence seherind*", "").await[0], "Gəncə şəhərində");
    assert_eq!(headlines(&app, "\"şəhərində gəncə\"", "").await, [""; 0]);
    assert_eq!(headlines(&app, "ертег* аспан", "").await, ["Бөрі мен зымырық аспан"]);
    // Not over the end of the headline.
    assert_eq!(headlines(&app, "\"туралы ертегі\"", "").await, [""; 0]);
}

type Rule = Box<dyn Fn(&Value) -> bool>;

async fn filters_narrow_what_is_found(app: App) {
    let all = find(&app, "қазақстан", "&limit=100").await;
    let at = |item: &Value| newsroom::db::Timestamp::parse(item["published_at"].as_str().unwrap()).unwrap();
    let middle = all[all.len() / 2]["published_at"].as_str().unwrap().to_owned();
    let topic = all.iter().find_map(|item| item["topics"][0]["id"].as_str()).unwrap().to_owned();
    let agency = all[0]["agency"]["id"].as_str().unwrap().to_owned();
    let section = all[0]["section"]["slug"].as_str().unwrap().to_owned();
    let moment = newsroom::db::Timestamp::parse(&middle).unwrap();
    let rules: Vec<(String, Rule)> = vec![
        ("&language=kk,kk-Latn".to_owned(), Box::new(|item| item["language"] == "kk" || item["language"] == "kk-Latn")),
        (format!("&agency={agency}"), Box::new(move |item| item["agency"]["id"] == agency.as_str())),
        (format!("&section={section}"), Box::new(move |item| item["section"]["slug"] == section.as_str())),
        (format!("&topic={topic}"), Box::new(move |item| item["topics"].as_array().unwrap().iter().any(|other| other["id"] == topic.as_str()))),
        (format!("&published_after={middle}"), Box::new(move |item| at(item) > moment)),
        (format!("&published_before={middle}"), Box::new(move |item| at(item) < moment)),
    ];
    for (i, (one, rule)) in rules.iter().enumerate() {
        for (other, second) in &rules[i..] {
            let more = if one == other { one.clone() } else { format!("{one}{other}") };
            let expected: Vec<Value> = all.iter().filter(|item| rule(item) && second(item)).cloned().collect();
            assert_eq!(find(&app, "қазақстан", &format!("{more}&limit=100")).await, expected, "{more}");
        }
        let kept = all.iter().filter(|item| rule(item)).count();
        assert!(kept > 0 && kept < all.len(), "{one} proves nothing: {kept} of {}", all.len());
    }
}

async fn highlights_are_where_the_words_are(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let body = format!("{}Бүгін Ақтауда <b>кеме</b>жай ашылды, кемелер келді.{}", "Сөз. ".repeat(80), " Соңы.".repeat(80));
    publish(&editor, &story("kk", "«Кеме» <туралы> 🚢 кеме", &body)).await;
    let found = find(&app, "keme", "").await;
    let marked = |snippet: &Value| -> Vec<String> {
        let text: Vec<char> = snippet["text"].as_str().unwrap().chars().collect();
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let marks = snippet["highlights"].as_array().unwrap();
        marks.iter().map(|mark| text[number(&mark["index"])..][..number(&mark["length"])].iter().collect()).collect()
    };
    let snippets = &found[0]["snippets"];
    assert_eq!((&snippets[0]["field"], &snippets[1]["field"]), (&json!("headline"), &json!("body")));
    assert_eq!(snippets[0]["text"], "«Кеме» <туралы> 🚢 кеме", "text, not HTML");
    assert_eq!(marked(&snippets[0]), ["Кеме", "кеме"]);
    assert_eq!(marked(&snippets[1]), ["кемелер"]);
    assert!(snippets[1]["text"].as_str().unwrap().starts_with('…'));
}

async fn what_is_not_public_is_never_found(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let word = "зымыранхана";
    let id = create(&editor, &story("kk", word, word)).await;
    assert_eq!(headlines(&app, word, "").await, [""; 0], "a draft");
    step(&editor, &id, "kk", "publish", &json!({})).await;
    assert_eq!(headlines(&app, word, "").await, [word], "at once");
    step(&editor, &id, "kk", "unpublish", &json!({})).await;
    assert_eq!(headlines(&app, word, "").await, [""; 0], "unpublished");
    step(&editor, &id, "kk", "publish", &json!({})).await;
    assert_eq!(headlines(&app, word, "").await, [word], "published again");
    let order = json!({ "reason": "It was wrong.", "public_note": "Withdrawn." });
    step(&editor, &id, "kk", "kill", &order).await;
    assert_eq!(headlines(&app, word, "").await, [""; 0], "killed");
    let held = create(&editor, &story("kk", word, word)).await;
    let etag = editor.get(&place(&held, "kk")).expect(200).await.etag();
    let until = json!({ "until": "2026-07-25T12:00:00Z" });
    editor.put(&format!("{}/embargo", place(&held, "kk"))).if_match(&etag).json(&until).expect(200).await;
    step(&editor, &held, "kk", "publish", &json!({})).await;
    assert_eq!(headlines(&app, word, "").await, [""; 0], "under embargo");
    let left = app.number("SELECT count(*) FROM published_search").await;
    assert_eq!(left, app.number("SELECT count(*) FROM published_documents").await);
}

async fn a_text_is_found_as_it_was_last_published(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = publish(&editor, &story("kk", "Тозаңқұрт", "бірдеңе")).await;
    let path = place(&id, "kk");
    let etag = editor.get(&path).expect(200).await.etag();
    editor.patch(&path).if_match(&etag).json(&json!({ "headline": "Бұлбұлгүл" })).expect(200).await;
    assert_eq!(headlines(&app, "бұлбұлгүл", "").await, [""; 0], "nobody has published it");
    step(&editor, &id, "kk", "publish", &json!({ "change_kind": "fix" })).await;
    assert_eq!(headlines(&app, "бұлбұлгүл", "").await, ["Бұлбұлгүл"]);
    assert_eq!(headlines(&app, "тозаңқұрт", "").await, [""; 0]);
    // What a card says of its story changes what it is found by.
    assert_eq!(headlines(&app, "бұлбұлгүл", "&section=sport").await, [""; 0]);
    let path = format!("/v1/articles/{id}");
    let etag = editor.get(&path).expect(200).await.etag();
    editor.patch(&path).if_match(&etag).json(&json!({ "section": "sport" })).expect(200).await;
    app.drain_jobs().await;
    assert_eq!(headlines(&app, "бұлбұлгүл", "&section=sport").await, ["Бұлбұлгүл"]);
}

async fn the_pages_of_a_search_stay_while_others_publish(app: App) {
    let editor = app.staff("editor@trend.example").await;
    for n in 0..9 {
        app.advance(Duration::from_micros(u64::from(n % 3 == 0)));
        publish(&editor, &story("kk", &format!("Балқаш {n}"), "су")).await;
        publish(&editor, &story("kk", &format!("Көл {n}"), "Balqash суы")).await;
    }
    let before = ids(&find(&app, "балқаш", "&limit=100").await);
    assert!(before.len() >= 18);
    let (mut seen, mut next) = (vec![], Some(search_path("балқаш", "&limit=4")));
    while let Some(path) = next {
        let answer = app.anonymous().get(&path).expect(200).await;
        let page = answer.json();
        seen.extend(ids(page["data"].as_array().unwrap()));
        assert_eq!(page["meta"]["limit"], 4);
        assert_eq!(page["meta"]["has_more"], !page["meta"]["next_cursor"].is_null());
        app.advance(Duration::from_secs(1));
        publish(&editor, &story("kk", "Балқаш жаңа", "Балқаш")).await;
        next = page["meta"]["next_cursor"].as_str().map(|cursor| search_path("балқаш", &format!("&limit=4&cursor={cursor}")));
        assert_eq!(answer.header("Link").is_some(), next.is_some());
    }
    // In a stage that was not reached yet, what is new comes first.
    seen.retain(|id| before.contains(id));
    assert_eq!(seen, before, "each once, in the same order");
    let page = app.anonymous().get(&search_path("балқаш", "&limit=4")).expect(200).await.json();
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();
    let other = app.anonymous().get(&search_path("Каспий", &format!("&cursor={cursor}"))).expect(400).await;
    assert_eq!((other.code(), other.faults()), ("invalid_cursor".to_owned(), vec!["cursor".to_owned()]));
}

async fn answers_can_be_kept(app: App) {
    let path = search_path("қазақстан", "&language=kk");
    let first = app.anonymous().get(&path).expect(200).await;
    assert_eq!(first.header("Cache-Control"), Some("public, max-age=0, s-maxage=10"));
    assert_eq!((first.header("Content-Language"), first.header("Surrogate-Key")), (Some("kk"), Some("articles language-kk agencies sections names delivery")));
    assert_eq!(app.anonymous().get(&path).header("If-None-Match", &first.etag()).expect(304).await.body, b"");
    let editor = app.staff("editor@trend.example").await;
    publish(&editor, &story("kk", "Қазақстан бүгін", "су")).await;
    app.anonymous().get(&path).header("If-None-Match", &first.etag()).expect(200).await;
}

async fn what_cannot_be_looked_for_is_named(app: App) {
    let reader = app.anonymous();
    for q in ["", "   ", "*", "\"", "…", "\0", "\u{202e}", &"a".repeat(201), &"a ".repeat(17)] {
        let answer = reader.get(&search_path(q, "")).expect(400).await;
        assert_eq!((answer.code(), answer.faults()), ("invalid_parameter".to_owned(), vec!["q".to_owned()]), "{q:?}");
    }
    reader.get(SEARCH).expect(400).await;
    for (more, parameter) in [
        ("&language=xx", "language"),
        ("&agency=nobody", "agency"),
        ("&section=nowhere", "section"),
        ("&topic=medtop:1", "topic"),
        ("&published_after=yesterday", "published_after"),
        ("&limit=0", "limit"),
        ("&sort=published_at", "sort"),
    ] {
        assert_eq!(reader.get(&search_path("су", more)).expect(400).await.faults(), [parameter]);
    }
    let strange =
        ["\"unbalanced", "a\"b", "NOT", "a AND b", "NEAR(a b)", "terms:a", "^a", "a:*b", "'; DROP TABLE", "a\0b", "\u{202e}abc", "a* \"b* c\"*", "{x}", "\\"];
    for q in strange.iter().map(|q| (*q).to_owned()).chain(["a".repeat(200), "ə".repeat(200), "əə ".repeat(16), "\"əa əa əa əa əa əa əa əa\"".to_owned()])
    {
        let status = reader.get(&search_path(&q, "")).send().await.status.as_u16();
        assert!(status == 200 || q == "\\" || q.contains('\0'), "{q:?}: {status}");
    }
}

/// As if an earlier program had made the index.
pub async fn forget_version(app: &App) {
    let older = "INSERT INTO sequences (name, value) VALUES ('search', 0) ON CONFLICT (name) DO UPDATE SET value = 0";
    app.state.db.write().query(older).execute().await.unwrap();
}
