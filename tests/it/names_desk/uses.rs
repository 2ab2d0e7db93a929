//! What the list of names is used for: looking names up in texts, searches, conversions and the guard.

use super::{NAMES, create, encoded, place};
use crate::on_both;
use crate::support::{App, Caller};
use newsroom::db::{Engine, Reader};
use newsroom::language::{Tag, query_keys, titlecase_first};
use newsroom::names_desk::{Alternative, also_called, spelled, unusual};
use serde_json::{Value, json};
use std::collections::HashMap;

on_both!(
    a_name_is_looked_up_in_any_script,
    names_in_a_text_are_found_where_they_are,
    a_short_name_is_one_only_as_it_is_written,
    lookups_are_read_strictly,
    hostile_texts_find_nothing_and_break_nothing,
    a_search_learns_how_else_a_name_is_called,
    a_search_knows_names_of_several_words_and_with_endings,
    a_search_of_many_words_stays_small,
    delivery_reads_published_tables_alone,
    a_search_finds_a_name_beside_one_of_many_spellings,
    a_conversion_takes_listed_names_first,
    a_listed_name_replaces_no_words_of_others,
    words_that_names_disagree_about_are_left_to_rules,
    a_name_spelled_otherwise_is_told,
    public_texts_that_spell_a_name_otherwise_are_counted,
    texts_from_before_a_name_was_listed_are_counted,
    who_publishes_waits_for_nobody_who_changes_a_name,
    the_names_of_a_text_are_shown_beside_its_other_texts,
    the_names_of_a_text_are_for_those_who_see_it,
);

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

async fn editor(app: &App) -> Caller {
    app.staff("editor@trend.example").await
}

async fn lookup(caller: &Caller, text: &str, language: Option<&str>) -> Vec<Value> {
    let language = language.map(|language| format!("&language={language}")).unwrap_or_default();
    caller.get(&format!("{NAMES}/lookup?text={}{language}", encoded(text))).expect(200).await.json()["data"].as_array().unwrap().clone()
}

fn code_of(place: &Value) -> &str {
    place["names"][0]["code"].as_str().unwrap_or("-")
}

async fn a_name_is_looked_up_in_any_script(app: App) {
    let editor = editor(&app).await;
    for (text, language) in [
        ("Baku", None),
        ("Баку", None),
        ("Bakı", None),
        ("باكۋ", None),
        ("Bakü", Some("tr")),
        ("БАҠЫ", Some("ba")),
        ("baku", Some("en")),
        ("Bakıdan", Some("az")),
        ("Бакуден", Some("kk")),
        ("Boku", Some("uz")),
        ("Боку", None),
        ("Боку", Some("uz-Cyrl")),
    ] {
        let found = lookup(&editor, text, language).await;
        assert_eq!((found.len(), code_of(&found[0])), (1, "tz:Asia/Baku"), "{text}");
        assert_eq!(found[0]["names"][0]["spellings"]["az"]["name"], "Bakı");
    }
}

async fn names_in_a_text_are_found_where_they_are(app: App) {
    let editor = editor(&app).await;
    let found = lookup(&editor, "😀 Делегация из Баку прибыла в Соединенные Штаты, а потом в Бишкек.", Some("ru")).await;
    let places: Vec<(i64, i64, &str, &str)> = found
        .iter()
        .map(|place| (place["index"].as_i64().unwrap(), place["length"].as_i64().unwrap(), place["text"].as_str().unwrap(), code_of(place)))
        .collect();
    assert_eq!(places, [(15, 4, "Баку", "tz:Asia/Baku"), (30, 17, "Соединенные Штаты", "iso3166:US"), (59, 6, "Бишкек", "tz:Asia/Bishkek")]);
}

async fn a_short_name_is_one_only_as_it_is_written(app: App) {
    let editor = editor(&app).await;
    assert_eq!(code_of(&lookup(&editor, "Ош", Some("ky")).await[0]), "place:osh");
    // Its key is that of Osh, and it is written as the short name of a country.
    assert_eq!(code_of(&lookup(&editor, "US", Some("en")).await[0]), "iso3166:US");
    assert_eq!(lookup(&editor, "уш", Some("ru")).await, Vec::<Value>::new());
}

async fn lookups_are_read_strictly(app: App) {
    let editor = editor(&app).await;
    let long = "a".repeat(2001);
    for (query, parameter) in [
        ("", "text"),
        ("text=", "text"),
        ("text=%20", "text"),
        (format!("text={long}").as_str(), "text"),
        ("text=a&language=xx", "language"),
        ("text=a&q=b", "q"),
    ] {
        assert_eq!(editor.get(&format!("{NAMES}/lookup?{query}")).expect(400).await.faults(), [parameter], "{query}");
    }
    app.anonymous().get(&format!("{NAMES}/lookup?text=Baku")).expect(401).await;
}

async fn hostile_texts_find_nothing_and_break_nothing(app: App) {
    let editor = editor(&app).await;
    for text in [
        "ə".repeat(2000),
        "ə ".repeat(1000),
        "\u{202e}ikaB".to_owned(),
        "' OR 1=1 --".to_owned(),
        "\u{301}".repeat(500),
        "\u{ffff}\u{e000}".to_owned(),
        "%_\\".to_owned(),
        "a'b’c".repeat(300),
    ] {
        assert_eq!(lookup(&editor, &text, None).await, Vec::<Value>::new(), "{text}");
        assert_eq!(lookup(&editor, &text, Some("az")).await, Vec::<Value>::new(), "{text}");
    }
    let mut on = app.state.db.acquire().await.unwrap();
    let long = "Ə".repeat(100_000);
    assert_eq!(unusual(&mut on, &long, &tag("az")).await.unwrap(), []);
    assert!(spelled(&mut on, &tag("kk"), &tag("kk-Latn"), std::slice::from_ref(&long), &long).await.unwrap().is_empty());
}

/// What a search for some text would be told.
async fn called(app: &App, query: &str) -> Vec<Alternative> {
    let words: Vec<Vec<String>> = query.split(' ').map(query_keys).collect();
    also_called(&app.state.public, &words).await.unwrap()
}

fn spelling(words: &str) -> Vec<String> {
    words.split(' ').map(str::to_owned).collect()
}

async fn a_search_learns_how_else_a_name_is_called(app: App) {
    for query in ["Türkiye", "Турция", "Turkey", "تۈركىيە", "Turkiya"] {
        let found = called(&app, query).await;
        assert_eq!((found.len(), found[0].start, found[0].length), (1, 0, 1), "{query}");
        let keys = query_keys(query);
        for name in ["turkia", "tursia", "turkei"] {
            let own = keys.contains(&name.to_owned());
            assert_eq!(found[0].spellings.contains(&spelling(name)), !own, "{query}: {name} in {:?}", found[0].spellings);
        }
    }
    assert_eq!(called(&app, "külək").await, []);
    assert_eq!(called(&app, "us").await, [], "two letters are a word of every language");
    assert_eq!(also_called(&app.state.public, &[]).await.unwrap(), []);
    assert_eq!(also_called(&app.state.public, &[vec![]]).await.unwrap(), []);
    // Who is off the list is not known any more.
    let editor = editor(&app).await;
    let id = create(&editor, &place(&[("az", "Cəbrayıl"), ("ru", "Джебраил"), ("en", "Gabrieltown")])).await;
    assert!(called(&app, "Gabrieltown").await[0].spellings.contains(&spelling("cebrail")));
    editor.patch(&format!("{NAMES}/{id}")).if_match("\"v1\"").json(&json!({ "spellings": { "en": null } })).expect(200).await;
    assert_eq!(called(&app, "Gabrieltown").await, []);
    editor.delete(&format!("{NAMES}/{id}")).if_match("\"v2\"").expect(200).await;
    assert_eq!(called(&app, "Джебраил").await, []);
}

async fn a_search_knows_names_of_several_words_and_with_endings(app: App) {
    let found = called(&app, "news United States today").await;
    let states = found.iter().find(|found| (found.start, found.length) == (1, 2)).unwrap();
    assert!(states.spellings.contains(&spelling("amerika kusma statlari")), "{:?}", states.spellings);
    assert!(!states.spellings.contains(&spelling("united states")));
    let found = called(&app, "Америка Құрама Штаттарында").await;
    assert!(found.iter().any(|found| (found.start, found.length) == (0, 3) && found.spellings.contains(&spelling("united states"))), "{found:?}");
    let found = called(&app, "Грузияда").await;
    assert!(found[0].spellings.contains(&spelling("kurcustan")), "{found:?}");
}

async fn a_search_of_many_words_stays_small(app: App) {
    let words = vec![query_keys("Азербайджан"); 5000];
    let found = also_called(&app.state.public, &words).await.unwrap();
    assert!(found.len() <= 16 && found.iter().all(|found| found.spellings.len() <= 24));
}

async fn a_search_finds_a_name_beside_one_of_many_spellings(app: App) {
    let editor = editor(&app).await;
    let second = |n: usize| {
        ["ba", "do", "fu", "gi", "le", "mo", "nu", "ri", "so", "ta", "vi"]
            .map(|end| format!("Karakand {}{end}", ["be", "di", "fo", "gu", "la", "me", "ni", "ro"][n]))
    };
    let languages = ["az", "tr", "uz", "tk", "en", "tt", "crh", "gag"];
    let spellings: serde_json::Map<String, Value> = languages
        .iter()
        .enumerate()
        .map(|(n, language)| {
            let all = second(n);
            ((*language).to_owned(), json!({ "name": all[0], "also": all[1..] }))
        })
        .collect();
    create(&editor, &json!({ "kind": "place", "spellings": spellings })).await;
    let found = called(&app, "Karakand Turkey").await;
    assert!(found.iter().any(|found| (found.start, found.length) == (1, 1) && found.spellings.contains(&spelling("turkia"))), "{found:?}");
    let found = called(&app, "Karakand rovi").await;
    assert!(found.iter().any(|found| (found.start, found.length) == (0, 2) && found.spellings.contains(&spelling("karakand beba"))), "{found:?}");
}

async fn delivery_reads_published_tables_alone(app: App) {
    if app.state.db.engine() == Engine::Sqlite {
        return;
    }
    let role = format!("reader_{}", uuid::Uuid::now_v7().simple());
    // A role of delivery: it may read what is published, and nothing else.
    let mut tx = app.state.db.begin().await.unwrap();
    let create: &'static str = format!("CREATE ROLE {role}").leak();
    let grant: &'static str = format!("GRANT SELECT ON published_name_keys TO {role}").leak();
    let become_it: &'static str = format!("SET LOCAL ROLE {role}").leak();
    for sql in [create, grant, become_it] {
        tx.query(sql).execute().await.unwrap();
    }
    let found = also_called(&mut tx, &[query_keys("Turkey")]).await.unwrap();
    assert_eq!(found.len(), 1);
    tx.query("SELECT id FROM names").all::<(uuid::Uuid,)>().await.unwrap_err();
    tx.rollback().await.unwrap();
}

/// How words are spelled that a text has with capitals.
async fn spell(app: &App, from: &str, to: &str, words: &[&str]) -> HashMap<String, String> {
    let text: Vec<String> = words.iter().map(|word| titlecase_first(word, &tag(from))).collect();
    spell_in(app, from, to, words, &text.join(" ")).await
}

async fn spell_in(app: &App, from: &str, to: &str, words: &[&str], text: &str) -> HashMap<String, String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let mut on = app.state.db.acquire().await.unwrap();
    spelled(&mut on, &tag(from), &tag(to), &words, text).await.unwrap()
}

fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(word, spelling)| ((*word).to_owned(), (*spelling).to_owned())).collect()
}

async fn a_conversion_takes_listed_names_first(app: App) {
    let editor = editor(&app).await;
    create(&editor, &place(&[("kk", "Нью-Йорк"), ("kk-Latn", "Niu-İork"), ("kk-Arab", "نيۋ-يورك")])).await;
    create(&editor, &place(&[("kk", "Мәңгілік Ел"), ("kk-Latn", "Mäñgılık El Allanğan")])).await;
    let words = ["қазақстан", "қазақстанда", "нью", "йорк", "мәңгілік", "жел"];
    assert_eq!(spell(&app, "kk", "kk-Latn", &words).await, map(&[("қазақстан", "qazaqstan"), ("нью", "niu"), ("йорк", "iork")]));
    assert_eq!(spell(&app, "kk", "kk-Arab", &["қазақстан"]).await, map(&[("қазақстан", "قازاقستان")]));
    assert_eq!(spell(&app, "uz", "uz-Cyrl", &["toshkent", "boku"]).await, map(&[("toshkent", "тошкент"), ("boku", "боку")]));
    // Into another language, those alone that sound the same.
    assert_eq!(spell(&app, "kk", "ru", &["түркия", "құрама", "баку"]).await, map(&[("баку", "баку")]));
    // With the apostrophes that texts have.
    create(&editor, &place(&[("uz", "Ma'nosoy"), ("uz-Cyrl", "Маъносой")])).await;
    assert_eq!(spell(&app, "uz", "uz-Cyrl", &["maʼnosoy"]).await, map(&[("maʼnosoy", "маъносой")]));
    assert_eq!(spell(&app, "kk", "kk-Latn", &[]).await, HashMap::new());
    let many: Vec<String> = (0..2000).map(|n| format!("сөз{n}")).chain(["астана".to_owned()]).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(spell(&app, "kk", "kk-Latn", &many).await, map(&[("астана", "astana")]));
}

async fn a_listed_name_replaces_no_words_of_others(app: App) {
    let editor = editor(&app).await;
    create(&editor, &place(&[("kk", "және"), ("kk-Latn", "x")])).await;
    create(&editor, &place(&[("kk", "Мектеп"), ("kk-Latn", "Internat")])).await;
    create(&editor, &place(&[("kk", "Қала"), ("kk-Latn", "Kala")])).await;
    assert_eq!(spell(&app, "kk", "kk-Latn", &["және", "мектеп"]).await, HashMap::new(), "they do not sound the same");
    assert_eq!(spell(&app, "kk", "kk-Latn", &["қала"]).await, map(&[("қала", "kala")]));
    for text in ["қала", "Қала, қала", "ҚАЛА мен қала"] {
        assert_eq!(spell_in(&app, "kk", "kk-Latn", &["қала"], text).await, HashMap::new(), "{text}");
    }
    // What another agency publishes is as it was.
    let other = app.staff("editor@kazinform.example").await;
    let new = json!({ "original_language": "kk", "headline": "Мектеп және қала", "body_html": "<p>Мектеп және қала.</p>" });
    let id = other.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    let made = other.post(&format!("/v1/articles/{id}/translations/kk/variants")).json(&json!({ "language": "kk-Latn" })).expect(201).await.json();
    assert_eq!(made["headline"], "Mektep jäne qala");
}

async fn words_that_names_disagree_about_are_left_to_rules(app: App) {
    let editor = editor(&app).await;
    create(&editor, &place(&[("kk", "Аққайың"), ("kk-Latn", "Aqqaiyñ")])).await;
    assert_eq!(spell(&app, "kk", "kk-Latn", &["аққайың"]).await, map(&[("аққайың", "aqqaiyñ")]));
    let other = create(&editor, &place(&[("kk", "Аққайың"), ("kk-Latn", "Aqqayiñ")])).await;
    assert_eq!(spell(&app, "kk", "kk-Latn", &["аққайың"]).await, HashMap::new());
    editor.delete(&format!("{NAMES}/{other}")).if_match("\"v1\"").expect(200).await;
    assert_eq!(spell(&app, "kk", "kk-Latn", &["аққайың"]).await, map(&[("аққайың", "aqqaiyñ")]));
}

async fn a_name_spelled_otherwise_is_told(app: App) {
    let mut on = app.state.db.acquire().await.unwrap();
    let text = "😀 Bişkek və Bakı. Gürcüstən, Gürcüstan, GÜRCÜSTAN, gürcüstən, Gürcüstəndə, Oş, Os.";
    let found = unusual(&mut on, text, &tag("az")).await.unwrap();
    let told: Vec<(usize, usize, &str, &str)> = found.iter().map(|found| (found.index, found.length, found.word.as_str(), found.usual.as_str())).collect();
    assert_eq!(told, [(18, 9, "Gürcüstən", "Gürcüstan")]);
    let id = app.state.db.query("SELECT id FROM names WHERE code = 'iso3166:GE'").value::<uuid::Uuid>().await.unwrap();
    assert_eq!(found[0].name_id, id);
    // What is listed beside the spelling of the house is right as well, and so is any apostrophe.
    for (language, text) in [("ru", "Туркмения и Туркменистан"), ("uz", "O'zbekiston, Oʻzbekiston, O‘zbekiston"), ("kk-Arab", "باكۋ")]
    {
        assert_eq!(unusual(&mut on, text, &tag(language)).await.unwrap(), [], "{text}");
    }
    let found = unusual(&mut on, "Бишкэк", &tag("ru")).await.unwrap();
    assert_eq!(found[0].usual, "Бишкек");
}

async fn public_texts_that_spell_a_name_otherwise_are_counted(app: App) {
    let editor = editor(&app).await;
    let text = "Xocavəndda görüş. Füzulı şəhəri.";
    create(&editor, &place(&[("az", "Füzuli"), ("ru", "Физули")])).await;
    let count = async || {
        let mut on = app.state.db.acquire().await.unwrap();
        let found = unusual(&mut on, text, &tag("az")).await.unwrap();
        assert_eq!((found.len(), found[0].word.as_str()), (1, "Füzulı"));
        found[0].otherwise_in
    };
    assert_eq!(count().await, 0);
    let mut stories = vec![];
    for (headline, publish) in
        [("Füzuli bərpa olunur, FÜZULİ gözəldir", true), ("Yeni yol: Füzuli", true), ("Füzulı haqqında", true), ("Füzuli layihəsi", false)]
    {
        let new = json!({ "original_language": "az", "headline": headline, "body_html": "<p>Füzulidə iş gedir.</p>" });
        let id = editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
        let at = format!("/v1/articles/{id}/translations/az");
        if publish {
            editor.post(&format!("{at}/publish")).if_match("\"v1\"").expect(200).await;
        }
        stories.push(at);
    }
    assert_eq!(count().await, 2, "drafts are nobody else's business");
    let first = editor.get(&stories[0]).expect(200).await.etag();
    let edited = editor.patch(&stories[0]).if_match(&first).json(&json!({ "headline": "Bərpa" })).expect(200).await;
    assert_eq!(count().await, 2);
    let fix = json!({ "change_kind": "fix" });
    editor.post(&format!("{}/publish", stories[0])).if_match(&edited.etag()).json(&fix).expect(200).await;
    assert_eq!(count().await, 1);
    let second = editor.get(&stories[1]).expect(200).await.etag();
    editor.post(&format!("{}/unpublish", stories[1])).if_match(&second).expect(200).await;
    assert_eq!(count().await, 0);
}

async fn texts_from_before_a_name_was_listed_are_counted(app: App) {
    let editor = editor(&app).await;
    for headline in ["Zəngilan və Qubadlı", "Qubadlı bərpa olunur", "Sübhanov Qubadlıda"] {
        let new = json!({ "original_language": "az", "headline": headline, "body_html": "<p>Yol.</p>" });
        let id = editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
        editor.post(&format!("/v1/articles/{id}/translations/az/publish")).if_match("\"v1\"").expect(200).await;
    }
    create(&editor, &place(&[("az", "Qubadlı"), ("ru", "Губадлы")])).await;
    create(&editor, &place(&[("az", "Zəngilan"), ("ru", "Зангелан")])).await;
    let mut on = app.state.db.acquire().await.unwrap();
    let found = unusual(&mut on, "Qubadli yolu, Zengilan yolu, Qubadli kəndi.", &tag("az")).await.unwrap();
    let told: Vec<(&str, i64)> = found.iter().map(|found| (found.word.as_str(), found.otherwise_in)).collect();
    assert_eq!(told, [("Qubadli", 2), ("Zengilan", 1), ("Qubadli", 2)]);
}

async fn who_publishes_waits_for_nobody_who_changes_a_name(app: App) {
    if app.state.db.engine() == Engine::Sqlite {
        return;
    }
    let editor = editor(&app).await;
    let new = json!({ "original_language": "az", "headline": "Bakı və Bişkek", "body_html": "<p>Yol.</p>" });
    let id = editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    let mut tx = app.state.db.begin().await.unwrap();
    tx.query("UPDATE names SET code = 'x1:baku' WHERE code = 'tz:Asia/Baku'").execute().await.unwrap();
    let publish = editor.post(&format!("/v1/articles/{id}/translations/az/publish")).if_match("\"v1\"").expect(200);
    tokio::time::timeout(std::time::Duration::from_secs(20), publish).await.unwrap();
    tx.rollback().await.unwrap();
}

async fn story(app: &App) -> (Caller, String) {
    let editor = editor(app).await;
    let new = json!({
        "original_language": "az", "headline": "Baküdə görüş", "summary": "Bakü və Bişkek",
        "body_html": "<p>Nümayəndə heyəti Bakıdan Bişkekə uçdu. Gürcüstan da dəvət olunub.</p>"
    });
    let id = editor.post("/v1/articles").json(&new).expect(201).await.json()["id"].as_str().unwrap().to_owned();
    for (language, headline) in [("ru", "Баку и Бишкэк"), ("kk", "Бакудегі кездесу")] {
        let text = json!({ "headline": headline, "body_html": "<p>…</p>" });
        editor.put(&format!("/v1/articles/{id}/translations/{language}")).header("If-None-Match", "*").json(&text).expect(201).await;
    }
    (editor, id)
}

async fn the_names_of_a_text_are_shown_beside_its_other_texts(app: App) {
    let (editor, id) = story(&app).await;
    let names = editor.get(&format!("/v1/articles/{id}/translations/az/names")).expect(200).await.json();
    let names = names["data"].as_array().unwrap();
    assert_eq!(names.len(), 3, "{names:?}");
    let (baku, bishkek, georgia) = (&names[0], &names[1], &names[2]);
    assert_eq!((&baku["listed"], &baku["differs"], &baku["kind"]), (&json!("Bakı"), &json!(true), &json!("place")));
    assert_eq!(baku["forms"], json!(["Baküdə", "Bakü", "Bakıdan"]));
    let kazakh = json!({ "language": "kk", "listed": "Баку", "forms": ["Бакудегі"], "differs": false });
    let russian = json!({ "language": "ru", "listed": "Баку", "forms": ["Баку"], "differs": false });
    assert_eq!(baku["others"], json!([kazakh, russian]));
    assert_eq!((&bishkek["listed"], &bishkek["differs"]), (&json!("Bişkek"), &json!(false)));
    assert_eq!(bishkek["others"][1], json!({ "language": "ru", "listed": "Бишкек", "forms": ["Бишкэк"], "differs": true }));
    assert_eq!(georgia["others"][1], json!({ "language": "ru", "listed": "Грузия", "forms": [], "differs": false }));
    editor.get(&format!("/v1/articles/{id}/translations/tr/names")).expect(404).await;
}

async fn the_names_of_a_text_are_for_those_who_see_it(app: App) {
    let (_, id) = story(&app).await;
    let at = format!("/v1/articles/{id}/translations/az/names");
    app.staff("editor@kazinform.example").await.get(&at).expect(404).await;
    app.staff("journalist@trend.example").await.get(&at).expect(200).await;
    app.anonymous().get(&at).expect(401).await;
}
