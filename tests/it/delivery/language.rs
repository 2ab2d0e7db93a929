//! In which language somebody reads: strictly the one asked for, unless they ask otherwise, and the answer says so.

use super::{ARTICLES, BASE, NOWRUZ, SAIGA, SAMARKAND, create, items, keys, list, next_page, plain, published, read, seeded, step, story, text, translate};
use crate::on_both;
use crate::support::{Answer, App};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

on_both!(
    a_language_is_strict,
    what_is_not_public_looks_alike,
    unknown_languages_are_named,
    aliases_are_taken_and_never_given,
    fallback_is_explicit_and_says_so,
    fallback_of_the_house,
    fallback_never_shows_what_is_not_public,
    fallback_needs_a_language,
    auto_asks_the_reader,
    a_list_with_auto_asks_the_reader,
    a_list_with_auto_keeps_its_filters,
    a_list_is_in_several_languages,
    a_list_with_fallback_has_one_text_of_each_story,
    a_list_with_the_fallback_of_the_house,
);

fn varies_by_language(answer: &Answer) -> bool {
    let names = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("vary"));
    names.flat_map(|(_, value)| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case("accept-language"))
}

/// A problem without what differs from request to request.
fn problem(answer: &Answer) -> Value {
    let mut problem = answer.json();
    problem.as_object_mut().unwrap().remove("request_id").unwrap();
    problem
}

async fn a_language_is_strict(app: App) {
    let id = story(&app, NOWRUZ).await;
    for language in ["ru", "en", "az"] {
        let answer = read(&app, &format!("{ARTICLES}/{id}?language={language}")).await;
        assert_eq!(answer.header("Content-Language"), Some(language));
        let document = answer.json();
        assert_eq!(document["language"], language);
        assert_eq!(document["headline"], seeded(NOWRUZ, language).headline.as_str());
        assert!(document.get("fallback").is_none() && document.get("requested_language").is_none());
    }
    // Unpublished, approved, in review, a draft, and none at all.
    for language in ["tr", "kk", "ky", "uz", "kk-Latn", "tt"] {
        let answer = app.anonymous().get(&format!("{ARTICLES}/{id}?language={language}")).expect(404).await;
        assert_eq!(answer.code(), "language_not_published", "{language}");
        assert_eq!(answer.json()["available_languages"], json!(["az", "en", "ru"]), "{language}");
    }
    let killed = app.anonymous().get(&format!("{ARTICLES}/{id}?language=tk")).expect(410).await;
    assert_eq!(killed.code(), "withdrawn");
    // Scripts are not taken for one another.
    let samarkand = story(&app, SAMARKAND).await;
    assert_eq!(read(&app, &format!("{ARTICLES}/{samarkand}?language=uz")).await.json()["language"], "uz");
    let latin = app.anonymous().get(&format!("{ARTICLES}/{samarkand}?language=kk-Latn")).expect(404).await;
    assert_eq!(latin.code(), "language_not_published");
}

async fn what_is_not_public_looks_alike(app: App) {
    let id = story(&app, NOWRUZ).await;
    let reader = app.anonymous();
    let nothing = problem(&reader.get(&format!("{ARTICLES}/{id}?language=tt")).expect(404).await);
    for language in ["tr", "kk", "ky", "uz"] {
        let answer = reader.get(&format!("{ARTICLES}/{id}?language={language}")).expect(404).await;
        assert_eq!(problem(&answer), nothing, "{language}");
    }
    let editor = app.staff("editor@trend.example").await;
    let draft = create(&editor, &plain("az", "Qaralama")).await;
    for query in ["", "?language=az", "?language=az&fallback=ru,en", "?language=auto", "?include=related"] {
        let unknown = reader.get(&format!("{ARTICLES}/{}{query}", Uuid::new_v4())).expect(404).await;
        let hidden = reader.get(&format!("{ARTICLES}/{draft}{query}")).expect(404).await;
        assert_eq!(problem(&hidden), problem(&unknown), "{query}");
        assert_eq!(hidden.code(), "not_found");
    }
}

async fn unknown_languages_are_named(app: App) {
    let id = story(&app, NOWRUZ).await;
    let reader = app.anonymous();
    for language in ["xx", "de", "kk-KZ", "tr-Cyrl", "kk,", "", "und", "kk%20", "..", "auto,kk"] {
        let answer = reader.get(&format!("{ARTICLES}/{id}?language={language}")).expect(400).await;
        assert_eq!((answer.code(), answer.faults()), ("invalid_parameter".to_owned(), vec!["language".to_owned()]), "{language:?}");
    }
    for language in ["xx", "kk,xx", "kk-KZ", "", ",", "kk,auto"] {
        let answer = reader.get(&format!("{ARTICLES}?language={language}")).expect(400).await;
        assert_eq!((answer.code(), answer.faults()), ("invalid_parameter".to_owned(), vec!["language".to_owned()]), "{language:?}");
    }
    for place in [format!("{ARTICLES}/{id}"), ARTICLES.to_owned()] {
        for fallback in ["xx", "ru,xx", "auto,ru", "", "ru-RU"] {
            let answer = reader.get(&format!("{place}?language=kk&fallback={fallback}")).expect(400).await;
            assert_eq!((answer.code(), answer.faults()), ("invalid_parameter".to_owned(), vec!["fallback".to_owned()]), "{fallback:?}");
        }
    }
}

async fn aliases_are_taken_and_never_given(app: App) {
    let id = story(&app, SAMARKAND).await;
    for (alias, tag) in [("kz", "kk"), ("kaz", "kk"), ("KK_cyrl", "kk"), ("oz", "uz"), ("uz-Latin", "uz"), ("uzn-cyrl", "uz-Cyrl")] {
        let (given, canonical) = (read(&app, &format!("{ARTICLES}/{id}?language={alias}")).await, read(&app, &format!("{ARTICLES}/{id}?language={tag}")).await);
        assert_eq!(given.body, canonical.body, "{alias}");
        assert_eq!(given.header("Content-Language"), Some(tag));
        let (given, canonical) = (read(&app, &format!("{ARTICLES}?language={alias}")).await, read(&app, &format!("{ARTICLES}?language={tag}")).await);
        assert_eq!(given.body, canonical.body, "{alias}");
        assert_eq!(given.header("Content-Language"), Some(tag));
    }
    let fallback = read(&app, &format!("{ARTICLES}/{id}?language=kaz-Latin&fallback=kir")).await.json();
    assert_eq!((&fallback["requested_language"], &fallback["language"]), (&json!("kk-Latn"), &json!("ky")));
}

async fn fallback_is_explicit_and_says_so(app: App) {
    let id = story(&app, NOWRUZ).await;
    let place = format!("{ARTICLES}/{id}");
    for (query, language) in [
        ("language=kk&fallback=ru,en", "ru"),
        ("language=kk&fallback=en,ru", "en"),
        ("language=kk&fallback=tr,tt,az,ru", "az"),
        ("language=kk&fallback=kk,en", "en"),
        ("language=tk&fallback=ru", "ru"),
    ] {
        let answer = read(&app, &format!("{place}?{query}")).await;
        let document = answer.json();
        assert_eq!(document["language"], language, "{query}");
        assert_eq!(document["requested_language"], &query[9..11], "{query}");
        assert_eq!(document["fallback"], true, "{query}");
        assert_eq!(answer.header("Content-Language"), Some(language), "{query}");
        assert_eq!(document["headline"], seeded(NOWRUZ, language).headline.as_str());
        assert!(!varies_by_language(&answer), "{query}");
        let plain = read(&app, &format!("{place}?language={language}")).await;
        assert_ne!(answer.etag(), plain.etag(), "{query}: other bytes, another ETag");
        app.anonymous().get(&format!("{place}?{query}")).header("If-None-Match", &plain.etag()).expect(200).await;
        app.anonymous().get(&format!("{place}?{query}")).header("If-None-Match", &answer.etag()).expect(304).await;
        // The rest is that text, word for word.
        let mut rest = document;
        for mark in ["requested_language", "fallback"] {
            rest.as_object_mut().unwrap().remove(mark).unwrap();
        }
        assert_eq!(rest, plain.json(), "{query}");
    }
    // Two readers who asked for different languages have different answers.
    let (kazakh, kyrgyz) = (read(&app, &format!("{place}?language=kk&fallback=ru")).await, read(&app, &format!("{place}?language=ky&fallback=ru")).await);
    assert_ne!(kazakh.etag(), kyrgyz.etag());
    // Where the language is there, nothing is said of fallback.
    let strict = read(&app, &format!("{place}?language=az")).await;
    let not_needed = read(&app, &format!("{place}?language=az&fallback=ru,en")).await;
    assert_eq!((&not_needed.body, not_needed.etag()), (&strict.body, strict.etag()));
}

async fn fallback_of_the_house(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let turkish = published(&editor, &plain("tr", "Yalnız türkçe")).await;
    let (nowruz, samarkand, saiga) = (story(&app, NOWRUZ).await, story(&app, SAMARKAND).await, story(&app, SAIGA).await);
    for (id, wanted, found) in [
        // Another script of the language comes first.
        (&saiga, "kk-Arab", "kk"),
        (&samarkand, "uz-Arab", "uz"),
        (&samarkand, "tk-Cyrl", "tk"),
        // kk: ky, kaa, ru, en; ky: kk, ru, en; uz: kaa, ru, en; tr: az, en; tt: ba, ru, tr.
        (&nowruz, "kk", "ru"),
        (&nowruz, "uz", "ru"),
        (&nowruz, "tr", "az"),
        (&nowruz, "tt", "ru"),
        (&samarkand, "kaa", "kk"),
        (&turkish, "az", "tr"),
        (&turkish, "tk", "tr"),
    ] {
        let answer = read(&app, &format!("{ARTICLES}/{id}?language={wanted}&fallback=auto")).await;
        let document = answer.json();
        assert_eq!(document["language"], found, "{wanted}");
        assert_eq!((&document["requested_language"], &document["fallback"]), (&json!(wanted), &json!(true)), "{wanted}");
        assert_eq!(answer.header("Content-Language"), Some(found), "{wanted}");
    }
    // The table is not silent, and not endless: Russian falls back to English alone.
    let none = app.anonymous().get(&format!("{ARTICLES}/{turkish}?language=ru&fallback=auto")).expect(404).await;
    assert_eq!((none.code(), &none.json()["available_languages"]), ("language_not_published".to_owned(), &json!(["tr"])));
}

async fn fallback_never_shows_what_is_not_public(app: App) {
    let id = story(&app, NOWRUZ).await;
    for fallback in ["kk", "ky,uz", "kk,ky,uz,tt"] {
        let answer = app.anonymous().get(&format!("{ARTICLES}/{id}?language=tr&fallback={fallback}")).expect(404).await;
        assert_eq!(answer.code(), "language_not_published", "{fallback}");
        assert_eq!(answer.json()["available_languages"], json!(["az", "en", "ru"]));
    }
    for (item, count) in [("language=tt&fallback=kaa,ba", 0), ("language=tt&fallback=uz-Cyrl", 1)] {
        assert_eq!(list(&app, item).await.len(), count, "{item}");
    }
}

async fn fallback_needs_a_language(app: App) {
    let id = story(&app, NOWRUZ).await;
    for path in [
        format!("{ARTICLES}/{id}?fallback=ru"),
        format!("{ARTICLES}/{id}?fallback=auto"),
        format!("{ARTICLES}?fallback=ru"),
        format!("{ARTICLES}?fallback=auto"),
        format!("{ARTICLES}?language=kk,ky&fallback=ru"),
    ] {
        let answer = app.anonymous().get(&path).expect(400).await;
        assert_eq!((answer.code(), answer.faults()), ("invalid_parameter".to_owned(), vec!["fallback".to_owned()]), "{path}");
    }
}

async fn auto_asks_the_reader(app: App) {
    let id = story(&app, NOWRUZ).await;
    let path = format!("{ARTICLES}/{id}?language=auto");
    let reader = app.anonymous();
    for (header, language) in [
        ("az", "az"),
        ("ky-KG,ky;q=0.9,ru;q=0.8,en;q=0.7", "ru"),
        ("en-GB, az;q=0.9", "en"),
        ("az;q=0.1, en;q=0.2", "en"),
        ("kk, tr, uz", "ru"),
        ("de-DE", "ru"),
        (";;nonsense,,", "ru"),
    ] {
        let answer = reader.get(&path).header("Accept-Language", header).expect(200).await;
        let document = answer.json();
        assert_eq!(document["language"], language, "{header}");
        assert_eq!(answer.header("Content-Language"), Some(language), "{header}");
        assert!(varies_by_language(&answer), "{header}");
        assert!(document.get("fallback").is_none() && document.get("requested_language").is_none());
        let same = reader.get(&path).header("Accept-Language", header).header("If-None-Match", &answer.etag()).expect(304).await;
        assert!(varies_by_language(&same), "{header}");
    }
    let without = read(&app, &path).await;
    assert_eq!(without.json()["language"], "ru", "the original");
    assert!(varies_by_language(&without));
    // Nobody who did not ask is negotiated with.
    for path in [format!("{ARTICLES}/{id}"), format!("{ARTICLES}/{id}?language=ru")] {
        let answer = reader.get(&path).header("Accept-Language", "az").expect(200).await;
        assert_eq!(answer.json()["language"], "ru");
        assert!(!varies_by_language(&answer));
    }
}

async fn a_list_with_auto_asks_the_reader(app: App) {
    let reader = app.anonymous();
    let path = format!("{ARTICLES}?language=auto&limit=3");
    for (header, language) in [("ky-KG,ru;q=0.5", "ky"), ("uz-Cyrl", "uz-Cyrl"), ("tt, tr;q=0.5", "tr")] {
        let answer = reader.get(&path).header("Accept-Language", header).expect(200).await;
        assert!(varies_by_language(&answer), "{header}");
        assert_eq!(answer.header("Content-Language"), Some(language));
        let strict = read(&app, &format!("{ARTICLES}?language={language}&limit=3")).await;
        assert_eq!(answer.json()["data"], strict.json()["data"], "{header}");
    }
    let any = reader.get(&path).header("Accept-Language", "de").expect(200).await;
    assert!(varies_by_language(&any));
    assert_eq!(any.json()["data"], read(&app, &format!("{ARTICLES}?limit=3")).await.json()["data"], "all languages");
    assert!(!varies_by_language(&reader.get(ARTICLES).header("Accept-Language", "ky").expect(200).await));
    // The pages that follow are in the language of the first.
    let first = reader.get(&path).header("Accept-Language", "ky").expect(200).await;
    let next = next_page(&first).unwrap();
    let second = reader.get(&next).header("Accept-Language", "ky").expect(200).await;
    assert!(items(&second.json()).iter().all(|item| item["language"] == "ky"));
    let other = reader.get(&next).header("Accept-Language", "tr").expect(400).await;
    assert_eq!(other.code(), "invalid_cursor");
}

async fn a_list_with_auto_keeps_its_filters(app: App) {
    let reader = app.anonymous();
    for fallback in ["", "&fallback=en", "&fallback=auto"] {
        for accepted in ["de", "az"] {
            let path = format!("{ARTICLES}?language=auto&agency=trend&section=economy,society&limit=100{fallback}");
            let answer = reader.get(&path).header("Accept-Language", accepted).expect(200).await;
            let found = items(&answer.json());
            assert!(!found.is_empty());
            for item in found {
                assert_eq!(item["agency"]["slug"], "trend", "{accepted}{fallback}");
                assert!(["economy", "society"].contains(&item["section"]["slug"].as_str().unwrap()), "{accepted}{fallback}");
            }
        }
    }
}

async fn a_list_is_in_several_languages(app: App) {
    let all = list(&app, "").await;
    let languages: BTreeSet<String> = all.iter().map(|item| text(&item["language"])).collect();
    for language in ["az", "tr", "kk", "ky", "uz", "tk", "ru", "en", "uz-Cyrl", "kk-Latn"] {
        assert!(languages.contains(language), "{language}");
        let answer = read(&app, &format!("{ARTICLES}?language={language}")).await;
        assert_eq!(answer.header("Content-Language"), Some(language));
        let expected: Vec<Value> = all.iter().filter(|item| item["language"] == language).cloned().collect();
        assert_eq!(list(&app, &format!("language={language}")).await, expected);
    }
    let expected: Vec<Value> = all.iter().filter(|item| item["language"] == "kk" || item["language"] == "kk-Latn").cloned().collect();
    assert_eq!(list(&app, "language=kk,kk-Latn").await, expected);
    assert_eq!(read(&app, &format!("{ARTICLES}?language=kk,kk-Latn")).await.header("Content-Language"), None);
    assert_eq!(read(&app, ARTICLES).await.header("Content-Language"), None);
    assert_eq!(list(&app, "language=tt").await, Vec::<Value>::new());
}

/// What a list with `language=wanted` and these replacements must have: of each story the first that is public.
fn first_of_each(all: &[Value], wanted: &str, fallbacks: &[&str]) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for language in [wanted].iter().chain(fallbacks) {
        for item in all.iter().filter(|item| item["language"] == *language) {
            found.entry(text(&item["id"])).or_insert_with(|| (*language).to_owned());
        }
    }
    found
}

fn assert_marked(items: &[Value], wanted: &str) {
    for item in items {
        if item["language"] == wanted {
            assert!(item.get("fallback").is_none() && item.get("requested_language").is_none(), "{item}");
        } else {
            assert_eq!((&item["fallback"], &item["requested_language"]), (&json!(true), &json!(wanted)));
        }
    }
}

async fn a_list_with_fallback_has_one_text_of_each_story(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let english = published(&editor, &plain("en", "In English alone")).await;
    let azerbaijani = published(&editor, &plain("az", "Yalnız azərbaycanca")).await;
    let all = list(&app, "").await;
    let expected = first_of_each(&all, "tk", &["ru", "en"]);
    assert_eq!((expected.get(&english).map(String::as_str), expected.get(&azerbaijani)), (Some("en"), None));
    let found = list(&app, "language=tk&fallback=ru,en").await;
    assert_eq!(found.len(), expected.len());
    assert_eq!(keys(&found).into_iter().collect::<BTreeMap<_, _>>(), expected);
    assert_marked(&found, "tk");
    let languages: BTreeSet<String> = expected.into_values().collect();
    assert_eq!(languages, BTreeSet::from(["en", "ru", "tk"].map(str::to_owned)));
    assert!(found.is_sorted_by(|a, b| text(&a["published_at"]) >= text(&b["published_at"])));
    // In pages it is the same list.
    let mut next = Some(format!("{ARTICLES}?language=tk&fallback=ru,en&limit=4"));
    let mut seen = vec![];
    while let Some(path) = next {
        let answer = read(&app, &path).await;
        seen.extend(items(&answer.json()));
        next = next_page(&answer);
    }
    assert_eq!(seen, found);
    // Unmarked but for the marks: each is the document of its language.
    let mut item = found.iter().find(|item| item["fallback"] == true).unwrap().clone();
    for mark in ["requested_language", "fallback"] {
        item.as_object_mut().unwrap().remove(mark).unwrap();
    }
    assert!(all.contains(&item));
    // A translation takes the place of its replacement when it is published.
    translate(&editor, &english, "tk", "Türkmençe hem").await;
    assert_eq!(list(&app, "language=tk&fallback=ru,en").await, found, "a draft takes no place");
    step(&editor, &english, "tk", "publish", None).await;
    let after = list(&app, "language=tk&fallback=ru,en").await;
    assert_eq!(after.len(), found.len());
    assert!(keys(&after).contains(&(english, "tk".to_owned())));
}

async fn a_list_with_the_fallback_of_the_house(app: App) {
    let all = list(&app, "").await;
    for (wanted, fallbacks) in [
        ("kk-Latn", vec!["kk", "kk-Arab", "ky", "kaa", "ru", "en"]),
        ("uz", vec!["uz-Cyrl", "uz-Arab", "kaa", "ru", "en"]),
        ("tr", vec!["az", "en"]),
        ("en", vec![]),
    ] {
        let found = list(&app, &format!("language={wanted}&fallback=auto")).await;
        let expected = first_of_each(&all, wanted, &fallbacks);
        assert_eq!(found.len(), expected.len(), "{wanted}");
        assert_eq!(keys(&found).into_iter().collect::<BTreeMap<_, _>>(), expected, "{wanted}");
        assert_marked(&found, wanted);
        for item in &found {
            assert!(text(&item["url"]).starts_with(BASE));
        }
    }
}
