//! Searching work in progress.

use super::{create, forget_version, place, publish, step};
use crate::assignments::hire;
use crate::on_both;
use crate::support::{App, Caller};
use newsroom::db::Reader;
use newsroom::{articles, publication};
use serde_json::{Value, json};
use std::time::Duration;

on_both!(
    drafts_are_found_in_every_script,
    a_story_is_found_by_all_that_its_texts_say,
    the_words_stand_in_one_text,
    nobody_finds_what_they_may_not_see,
    a_program_finds_its_own_stories_alone,
    edits_move_what_is_found,
    what_is_deleted_is_found_no_more,
    withdrawn_texts_are_found_by_the_house,
    other_filters_speak_of_the_same_text,
    pages_of_a_search_follow_the_list,
    what_cannot_be_looked_for_is_named,
    work_is_indexed_anew,
    work_is_indexed_anew_while_others_write,
);

fn list_path(q: &str, more: &str) -> String {
    let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
    format!("/v1/articles?q={q}&limit=100{more}")
}

/// The ids of stories, the newest first, as many as are counted.
async fn found(caller: &Caller, q: &str, more: &str) -> Vec<String> {
    let page = caller.get(&list_path(q, &format!("&count=exact{more}"))).expect(200).await.json();
    let ids = super::ids(page["data"].as_array().unwrap());
    assert_eq!(page["meta"]["count"], ids.len(), "{q}");
    ids
}

/// A story whose slugline does not say what its first headline says.
fn story(language: &str, headline: &str, body: &str) -> Value {
    let mut story = super::story(language, headline, body);
    story["slugline"] = json!("X");
    story
}

async fn patch(caller: &Caller, path: &str, change: &Value) {
    let etag = caller.get(path).expect(200).await.etag();
    caller.patch(path).if_match(&etag).json(change).expect(200).await;
}

async fn delete(caller: &Caller, path: &str) {
    let etag = caller.get(path).expect(200).await.etag();
    caller.delete(path).if_match(&etag).expect(204).await;
}

async fn add(caller: &Caller, article: &str, language: &str, headline: &str, body: &str) {
    let text = json!({ "headline": headline, "body_html": format!("<p>{body}</p>") });
    caller.put(&place(article, language)).header("If-None-Match", "*").json(&text).expect(201).await;
}

async fn drafts_are_found_in_every_script(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &story("kk", "Зымырықтың қанаты", "Сұңқарлы көтерілді")).await;
    for typed in ["зымырық", "Zymyryq", "زىمىرىق", "ЗЫМЫРЫҚТЫҢ", "suńqarly", "сұңқарлы зымырық", "zymyr*", "\"зымырықтың қанаты\""]
    {
        assert_eq!(found(&editor, typed, "").await, [id.as_str()], "{typed}");
    }
    for typed in ["\"қанаты зымырықтың\"", "зымырық теңіз", "\"қанаты сұңқарлы\""] {
        assert_eq!(found(&editor, typed, "").await, [""; 0], "{typed}");
    }
    let name = create(&editor, &story("ru", "В Гяндже прошёл снегопад", "…")).await;
    app.advance(Duration::from_secs(1));
    let other = create(&editor, &story("ru", "Снегопад в Баку", "…")).await;
    assert_eq!(found(&editor, "Bakı снегопад", "").await, [other.as_str()], "as other languages call it");
    assert_eq!(found(&editor, "снегопад", "").await, [other, name]);
}

async fn a_story_is_found_by_all_that_its_texts_say(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let new = json!({
        "original_language": "en", "headline": "Zqheadline", "summary": "A zqsummary", "slugline": "ZQSLUG-LINE", "ednote": "Ask zqnote first.",
        "body_html": "<p>One</p><blockquote><p>zqquote</p></blockquote><ul><li>zqitem</li></ul>"
    });
    let id = create(&editor, &new).await;
    add(&editor, &id, "tr", "Zqbaslik", "Zqgövde").await;
    for typed in ["zqheadline", "zqsummary", "zqslug", "\"zqslug line\"", "zqnote", "zqquote", "zqitem", "zqbaşlık", "zqgovde", "zqslug zqbaslik"] {
        assert_eq!(found(&editor, typed, "").await, [id.as_str()], "{typed}");
    }
    // As often as it changes.
    patch(&editor, &format!("/v1/articles/{id}"), &json!({ "slugline": "ZQOTHER", "ednote": null })).await;
    for typed in ["zqother", "zqother zqheadline", "zqother zqgovde"] {
        assert_eq!(found(&editor, typed, "").await, [id.as_str()], "{typed}");
    }
    for typed in ["zqslug", "zqnote"] {
        assert_eq!(found(&editor, typed, "").await, [""; 0], "{typed}");
    }
}

async fn the_words_stand_in_one_text(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &story("en", "Zqalpha", "zqbeta")).await;
    add(&editor, &id, "tr", "Zqgamma", "zqdelta").await;
    assert_eq!(found(&editor, "zqalpha zqbeta", "").await, [id.as_str()]);
    assert_eq!(found(&editor, "zqalpha zqgamma", "").await, [""; 0]);
    assert_eq!(found(&editor, "zqgamma", "&language=tr").await, [id.as_str()]);
    assert_eq!(found(&editor, "zqgamma", "&language=en").await, [""; 0]);
}

async fn nobody_finds_what_they_may_not_see(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &story("az", "Zqgizli xəbər", "mətn")).await;
    let colleague = app.staff("journalist@trend.example").await;
    let platform = app.staff("editor@platform.example").await;
    let other = app.staff("editor@kazinform.example").await;
    let journalist = hire(&app, "kazinform", "dana@kazinform.example", "journalist").await;
    let finds = async |caller: &Caller| found(caller, "zqgizli", "").await == [id.clone()];
    assert!(finds(&editor).await && finds(&colleague).await);
    for stranger in [&platform, &other, &journalist] {
        assert!(!finds(stranger).await);
        let blank = |page: &Value| json!([page["data"], page["meta"]]);
        let secret = stranger.get(&list_path("zqgizli", "&count=exact")).expect(200).await.json();
        let nonsense = stranger.get(&list_path("zqheçnə", "&count=exact")).expect(200).await.json();
        assert_eq!(blank(&secret), blank(&nonsense));
    }
    app.anonymous().get(&list_path("zqgizli", "")).expect(401).await;
    patch(&editor, &format!("/v1/articles/{id}"), &json!({ "shared": true })).await;
    assert!(finds(&platform).await && !finds(&other).await, "shared with the platform");
    patch(&editor, &format!("/v1/articles/{id}"), &json!({ "shared": false })).await;
    assert!(!finds(&platform).await);
    // Who is asked to work on it finds it, in the words of the original.
    let order = json!({ "languages": ["kk"], "agency": "kazinform" });
    editor.post(&format!("/v1/articles/{id}/translation-requests")).json(&order).expect(201).await;
    assert!(finds(&other).await && finds(&journalist).await && !finds(&platform).await, "asked for a translation");
    add(&other, &id, "kk", "Зққұпия", "мәтін").await;
    assert_eq!(found(&editor, "зққұпия", "").await, [id.as_str()], "whose story it is finds the translations");
}

async fn a_program_finds_its_own_stories_alone(app: App) {
    let admin = app.staff("admin@trend.example").await;
    let new = json!({ "name": "Wire", "scopes": ["articles:submit", "articles:read"] });
    let made = admin.post("/v1/agencies/trend/api-keys").json(&new).expect(201).await.json();
    let wire = app.with_token(made["key"].as_str().unwrap());
    let id = create(&wire, &story("en", "Zqwire", "zqsent")).await;
    app.advance(Duration::from_secs(1));
    let desk = create(&admin, &story("en", "Zqdesk", "zqsent")).await;
    assert_eq!(found(&wire, "zqsent", "").await, [id.as_str()]);
    assert_eq!(found(&admin, "zqsent", "").await, [desk, id.clone()]);
    add(&admin, &id, "tr", "Zqmasa", "zqyazı").await;
    wire.get(&place(&id, "tr")).expect(200).await;
    assert_eq!(found(&wire, "zqyazı", "").await, [id.as_str()], "what it may read");
}

async fn edits_move_what_is_found(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = publish(&editor, &story("kk", "Тозаңқұрт", "бірдеңе")).await;
    let path = place(&id, "kk");
    patch(&editor, &path, &json!({ "headline": "Бұлбұлгүл" })).await;
    assert_eq!(found(&editor, "bulbulgul", "").await, [id.as_str()], "the pending revision");
    assert_eq!(found(&editor, "тозаңқұрт", "").await, [""; 0], "the published one is not what is worked on");
    assert_eq!(super::headlines(&app, "тозаңқұрт", "").await, ["Тозаңқұрт"], "but what readers find");
    assert_eq!(super::headlines(&app, "бұлбұлгүл", "").await, [""; 0]);
    let etag = editor.get(&path).expect(200).await.etag();
    editor.post(&format!("{path}/revisions/1/restore")).if_match(&etag).expect(200).await;
    assert_eq!(found(&editor, "тозаңқұрт", "").await, [id.as_str()]);
    assert_eq!(found(&editor, "bulbulgul", "").await, [""; 0]);
}

async fn what_is_deleted_is_found_no_more(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let before = app.number("SELECT count(*) FROM work_search").await;
    let id = create(&editor, &story("en", "Zqstory", "x")).await;
    add(&editor, &id, "tr", "Zqçeviri", "x").await;
    delete(&editor, &place(&id, "tr")).await;
    assert_eq!(found(&editor, "zqçeviri", "").await, [""; 0]);
    assert_eq!(found(&editor, "zqstory", "").await, [id.as_str()]);
    add(&editor, &id, "tr", "Zqbaşka", "x").await;
    assert_eq!(found(&editor, "zqçeviri", "").await, [""; 0], "a text that comes back is another one");
    assert_eq!(found(&editor, "zqbaşka", "").await, [id.as_str()]);
    delete(&editor, &format!("/v1/articles/{id}")).await;
    for typed in ["zqstory", "zqbaşka"] {
        assert_eq!(found(&editor, typed, "").await, [""; 0]);
    }
    assert_eq!(app.number("SELECT count(*) FROM work_search").await, before, "nothing of it is kept");
}

async fn withdrawn_texts_are_found_by_the_house(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = publish(&editor, &story("az", "Zqsəhv", "x")).await;
    let other = app.staff("editor@kazinform.example").await;
    let order = json!({ "languages": ["kk"], "agency": "kazinform" });
    editor.post(&format!("/v1/articles/{id}/translation-requests")).json(&order).expect(201).await;
    add(&other, &id, "kk", "Зққате", "x").await;
    step(&other, &id, "kk", "publish", &json!({})).await;
    let order = json!({ "reason": "It was wrong.", "public_note": "Withdrawn." });
    let etag = editor.get(&format!("/v1/articles/{id}")).expect(200).await.etag();
    editor.post(&format!("/v1/articles/{id}/kill")).if_match(&etag).json(&order).expect(200).await;
    let withheld = other.get(&place(&id, "kk")).expect(200).await.json();
    assert_eq!(withheld["publication"], "withheld");
    for (caller, typed, state) in [(&editor, "zqsəhv", "killed"), (&other, "зққате", "withheld"), (&editor, "зққате", "withheld")] {
        assert_eq!(found(caller, typed, "").await, [id.as_str()], "{typed}");
        assert_eq!(found(caller, typed, &format!("&state={state}")).await, [id.as_str()]);
        assert_eq!(found(caller, typed, "&state=published").await, [""; 0]);
    }
    assert_eq!(super::headlines(&app, "zqsəhv", "").await, [""; 0]);
    let stranger = app.staff("editor@uza.example").await;
    assert_eq!(found(&stranger, "zqsəhv", "").await, [""; 0]);
}

async fn other_filters_speak_of_the_same_text(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let draft = create(&editor, &story("en", "Zqwind one", "zqsea")).await;
    app.advance(Duration::from_secs(1));
    let urgent = json!({ "original_language": "en", "headline": "Zqwind two", "body_html": "<p>x</p>", "slugline": "X", "urgency": 2, "section": "sport" });
    let urgent = create(&editor, &urgent).await;
    add(&editor, &urgent, "tr", "Zqrüzgâr", "x").await;
    step(&editor, &urgent, "en", "submit", &json!({})).await;
    let me = editor.id;
    let all = [urgent.clone(), draft.clone()];
    assert_eq!(found(&editor, "zqwind", "").await, all);
    for (more, expected) in [
        ("&state=draft".to_owned(), &all[1..]),
        ("&state=in_review".to_owned(), &all[..1]),
        ("&urgency_max=3".to_owned(), &all[..1]),
        ("&section=sport".to_owned(), &all[..1]),
        ("&section=culture".to_owned(), &[]),
        ("&language=en".to_owned(), &all[..]),
        ("&language=tr".to_owned(), &[]),
        ("&missing_language=tr".to_owned(), &all[1..]),
        ("&agency=trend".to_owned(), &all[..]),
        ("&agency=kazinform".to_owned(), &[]),
        (format!("&author={me}&assignee={me}"), &all[..]),
        ("&updated_before=2020-01-01T00:00:00Z".to_owned(), &[]),
        ("&freshness=current".to_owned(), &[]),
    ] {
        assert_eq!(found(&editor, "zqwind", &more).await, expected, "{more}");
    }
    assert_eq!(found(&editor, "zqruzgar", "&freshness=current,stale").await, [urgent.as_str()]);
    assert_eq!(found(&editor, "zqruzgar", "&state=in_review").await, [""; 0], "the other text of it is");
    app.advance(Duration::from_secs(1));
    patch(&editor, &format!("/v1/articles/{draft}"), &json!({ "urgency": 4 })).await;
    assert_eq!(found(&editor, "zqwind", "").await, [draft.as_str(), &urgent], "the list is sorted as ever");
    assert_eq!(found(&editor, "zqwind", "&sort=updated_at").await, [urgent, draft]);
}

async fn pages_of_a_search_follow_the_list(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut expected = vec![];
    for n in 0..7 {
        app.advance(Duration::from_micros(u64::from(n % 2 == 0)));
        expected.push(create(&editor, &story("kk", "Зқбет", "x")).await);
        create(&editor, &story("kk", "Басқа", "x")).await;
    }
    let all = found(&editor, "зқбет", "").await;
    assert_eq!(all.len(), 7);
    let path = |more: &str| list_path("зқбет", more).replace("limit=100", "limit=3");
    let (mut seen, mut next) = (vec![], Some(path("")));
    while let Some(address) = next {
        let answer = editor.get(&address).expect(200).await;
        let page = answer.json();
        seen.extend(super::ids(page["data"].as_array().unwrap()));
        next = page["meta"]["next_cursor"].as_str().map(|cursor| path(&format!("&cursor={cursor}")));
        assert_eq!(answer.header("Link").is_some(), next.is_some());
    }
    assert_eq!(seen, all);
    let page = editor.get(&path("")).expect(200).await.json();
    let cursor = page["meta"]["next_cursor"].as_str().unwrap();
    let other = editor.get(&list_path("басқа", &format!("&cursor={cursor}"))).expect(400).await;
    assert_eq!((other.code(), other.faults()), ("invalid_cursor".to_owned(), vec!["cursor".to_owned()]));
}

async fn what_cannot_be_looked_for_is_named(app: App) {
    let editor = app.staff("editor@trend.example").await;
    for q in ["", "   ", "*", "\"", "…", "\0", "\u{202e}", &"a".repeat(201), &"a ".repeat(17)] {
        let answer = editor.get(&list_path(q, "")).expect(400).await;
        assert_eq!((answer.code(), answer.faults()), ("invalid_parameter".to_owned(), vec!["q".to_owned()]), "{q:?}");
    }
    let id = create(&editor, &story("en", "Zqone NOT zqtwo", "terms")).await;
    let strange = ["\"zqone", "NOT zqtwo", "zqone NOT zqtwo", "^zqone", "zqone:*", "(zqone", "zqone'--", "zqone\" OR \"zqthree", "zqone & !", "{zqone}"];
    for q in strange {
        let expected = if q.contains("three") { vec![] } else { vec![id.clone()] };
        assert_eq!(found(&editor, q, "").await, expected, "{q}");
    }
    for q in ["NEAR(a b)", "a* \"b* c\"*", "'; DROP TABLE work_search", "a:b", "terms:zqone", &"ə".repeat(200), &"əə ".repeat(16), "\"əa əa əa əa əa əa əa\""]
    {
        editor.get(&list_path(q, "")).expect(200).await;
    }
}

async fn work_is_indexed_anew(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &story("kk", "Зқескі", "x")).await;
    add(&editor, &id, "tr", "Zqsilinen", "x").await;
    delete(&editor, &place(&id, "tr")).await;
    patch(&editor, &place(&id, "kk"), &json!({ "headline": "Зқжаңа" })).await;
    let demo = found(&editor, "қазақстан", "").await;
    assert!(!demo.is_empty(), "the demo house is indexed");
    let texts = app.number("SELECT count(*) FROM translations WHERE deleted_at IS NULL").await;
    let forget_all = async || app.state.db.write().query("DELETE FROM work_search").execute().await.unwrap();
    for round in 0..3 {
        if round > 0 {
            forget_all().await;
            assert_eq!(found(&editor, "зқжаңа", "").await, [""; 0]);
        }
        if round < 2 {
            assert_eq!(articles::reindex(&app.state).await.unwrap(), texts);
            assert_eq!(app.number("SELECT count(*) FROM jobs WHERE kind = 'search.reindex_work'").await, 0, "nothing is left to do");
        } else {
            // A house that an earlier program filled.
            forget_version(&app).await;
            publication::follow_search_version(&app.state).await.unwrap();
            assert!(app.drain_jobs().await > 1, "batch by batch");
        }
        assert_eq!(app.number("SELECT count(*) FROM work_search").await, texts);
        assert_eq!(found(&editor, "зқжаңа", "").await, [id.as_str()]);
        assert_eq!(found(&editor, "қазақстан", "").await, demo);
        for gone in ["зқескі", "zqsilinen"] {
            assert_eq!(found(&editor, gone, "").await, [""; 0], "{gone}");
        }
    }
}

async fn work_is_indexed_anew_while_others_write(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let id = create(&editor, &story("kk", "Зқ0", "x")).await;
    forget_version(&app).await;
    publication::follow_search_version(&app.state).await.unwrap();
    let registry = newsroom::app::jobs();
    let mut n = 0;
    while newsroom::jobs::step(&app.state, &registry, "test").await.unwrap() {
        n += 1;
        patch(&editor, &place(&id, "kk"), &json!({ "headline": format!("Зқ{n}") })).await;
        assert_eq!(found(&editor, &format!("зқ{n}"), "").await, [id.as_str()]);
        assert_eq!(found(&editor, &format!("зқ{}", n - 1), "").await, [""; 0]);
    }
    assert!(n > 2);
}
