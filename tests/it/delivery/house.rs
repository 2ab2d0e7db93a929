//! Languages, sections, agencies and people, as the public may know them; and where the site has its texts.

use super::{ARTICLES, BASE, CORRIDOR, SAMARKAND, create, describe, items, keys, list, members, next_page, plain, read, step, story, text, translate};
use crate::on_both;
use crate::support::{App, Caller};
use newsroom::config::{ArticleUrl, Config};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

on_both!(
    languages_are_counted_as_the_list_has_them,
    a_language_comes_and_goes_with_its_texts,
    sections_are_listed_in_their_order,
    agencies_are_found_by_id_and_slug,
    a_suspended_agency_has_no_profile,
    only_bylined_staff_have_profiles,
    staff_come_in_pages,
    who_is_suspended_has_no_profile,
);

const LANGUAGES: &str = "/v1/delivery/languages";
const SECTIONS: &str = "/v1/delivery/sections";
const AGENCIES: &str = "/v1/delivery/agencies";
const STAFF: &str = "/v1/delivery/staff";

/// The house of the demo, as it lies in the seed.
fn seeded_house() -> Value {
    serde_json::from_str(include_str!("../../../src/seed/house.json")).unwrap()
}

/// A list that comes whole.
async fn whole(app: &App, path: &str) -> Vec<Value> {
    let page = read(app, path).await.json();
    let data = items(&page);
    assert_eq!(page["meta"], json!({ "limit": data.len(), "has_more": false, "next_cursor": null }));
    data
}

/// Changes a record as somebody who has just read it.
async fn change(caller: &Caller, path: &str, step: &str) {
    let etag = caller.get(path).expect(200).await.etag();
    caller.post(&format!("{path}/{step}")).if_match(&etag).expect(200).await;
}

async fn languages_are_counted_as_the_list_has_them(app: App) {
    let texts = list(&app, "").await;
    let languages = whole(&app, LANGUAGES).await;
    let named: Vec<String> = languages.iter().map(|language| text(&language["language"])).collect();
    assert_eq!(named, ["az", "en", "kk", "kk-Latn", "ky", "ru", "tk", "tr", "uz", "uz-Cyrl"]);
    let mut total = 0;
    for language in &languages {
        assert_eq!(members(language), BTreeSet::from(["autonym", "count", "direction", "language", "latest_published_at"]));
        let tag = text(&language["language"]);
        let listed = list(&app, &format!("language={tag}")).await;
        assert_eq!(language["count"], listed.len(), "{tag}");
        assert_eq!(language["count"], texts.iter().filter(|item| item["language"] == language["language"]).count(), "{tag}");
        assert_eq!(language["latest_published_at"], listed[0]["published_at"], "{tag}");
        assert_eq!(language["direction"], "ltr", "{tag}");
        total += listed.len();
    }
    assert_eq!(total, texts.len());
    assert_eq!(languages[2]["autonym"], "Қазақша");
    let unknown = app.anonymous().get(&format!("{LANGUAGES}?limit=3")).expect(400).await;
    assert_eq!((unknown.code(), unknown.faults()), ("invalid_parameter".to_owned(), vec!["limit".to_owned()]));
}

async fn a_language_comes_and_goes_with_its_texts(app: App) {
    let count = async |tag: &str| {
        let languages = whole(&app, LANGUAGES).await;
        languages.iter().find(|language| language["language"] == tag).map(|language| language["count"].clone())
    };
    assert_eq!(count("uz-Cyrl").await, Some(json!(1)));
    let uza = app.staff("editor@uza.example").await;
    step(&uza, &story(&app, SAMARKAND).await, "uz-Cyrl", "unpublish", None).await;
    assert_eq!(count("uz-Cyrl").await, None);
    assert_eq!(list(&app, "language=uz-Cyrl").await, Vec::<Value>::new());
    let trend = app.staff("editor@trend.example").await;
    let id = create(&trend, &plain("tt", "Беренче татар тексты")).await;
    assert_eq!(count("tt").await, None, "a draft is not counted");
    step(&trend, &id, "tt", "publish", None).await;
    assert_eq!(count("tt").await, Some(json!(1)));
    assert_eq!(keys(&list(&app, "language=tt").await), [(id, "tt".to_owned())]);
}

async fn sections_are_listed_in_their_order(app: App) {
    let sections = whole(&app, SECTIONS).await;
    let seeded = seeded_house()["sections"].as_array().unwrap().clone();
    assert_eq!(sections.len(), seeded.len());
    for (section, seeded) in sections.iter().zip(&seeded) {
        assert_eq!(members(section), BTreeSet::from(["id", "names", "position", "slug"]));
        assert_eq!((&section["slug"], &section["names"]), (&seeded["slug"], &seeded["names"]));
        assert_eq!(members(&section["names"]).len(), 8, "named in all languages of the house");
    }
    let positions: Vec<i64> = sections.iter().map(|section| section["position"].as_i64().unwrap()).collect();
    assert!(positions.is_sorted() && positions.first() < positions.last(), "{positions:?}");
}

async fn agencies_are_found_by_id_and_slug(app: App) {
    let agencies = whole(&app, AGENCIES).await;
    let slugs: Vec<String> = agencies.iter().map(|agency| text(&agency["slug"])).collect();
    assert_eq!(slugs, ["platform", "albayrak", "kabar", "kazinform", "tdh", "trend", "uza"]);
    let known = BTreeSet::from(["country", "descriptions", "id", "kind", "languages", "names", "offices", "slug", "website"]);
    for agency in &agencies {
        assert_eq!(members(agency), known, "nothing of agreements or rules of the house");
        let by_slug = read(&app, &format!("{AGENCIES}/{}", text(&agency["slug"]))).await;
        let by_id = read(&app, &format!("{AGENCIES}/{}", text(&agency["id"]))).await;
        assert_eq!(by_slug.body, by_id.body);
        assert_eq!(by_slug.etag(), by_id.etag());
        assert_eq!(by_slug.json(), *agency);
    }
    let platform = &agencies[0];
    assert_eq!(platform["kind"], "platform");
    let office = &platform["offices"][0];
    assert_eq!((&office["opened_on"], &office["head_office"]), (&json!("2023-07-24"), &json!(true)));
    let office_members = BTreeSet::from(["address", "city", "country", "head_office", "names", "opened_on", "time_zone"]);
    assert_eq!(members(office), office_members);
    for unknown in ["nobody".to_owned(), Uuid::now_v7().to_string()] {
        assert_eq!(app.anonymous().get(&format!("{AGENCIES}/{unknown}")).expect(404).await.code(), "not_found");
    }
}

async fn a_suspended_agency_has_no_profile(app: App) {
    let admin = app.staff("admin@platform.example").await;
    let before = whole(&app, AGENCIES).await;
    let tdh = before.iter().find(|agency| agency["slug"] == "tdh").unwrap().clone();
    let places = [format!("{AGENCIES}/tdh"), format!("{AGENCIES}/{}", text(&tdh["id"]))];
    change(&admin, "/v1/agencies/tdh", "suspend").await;
    for place in &places {
        assert_eq!(app.anonymous().get(place).expect(404).await.code(), "not_found");
    }
    let after = whole(&app, AGENCIES).await;
    assert_eq!(after, before.iter().filter(|agency| **agency != tdh).cloned().collect::<Vec<_>>());
    change(&admin, "/v1/agencies/tdh", "reinstate").await;
    for place in &places {
        assert_eq!(read(&app, place).await.json(), tdh);
    }
    assert_eq!(whole(&app, AGENCIES).await, before);
}

async fn only_bylined_staff_have_profiles(app: App) {
    let seeded = seeded_house()["staff"].as_array().unwrap().clone();
    let answer = read(&app, &format!("{STAFF}?limit=100")).await;
    let profiles = items(&answer.json());
    assert_eq!(profiles.len(), seeded.iter().filter(|member| member["byline"] == true).count());
    for member in &seeded {
        let shown = profiles.iter().any(|profile| profile["names"] == member["names"]);
        assert_eq!(member["byline"], shown, "{}", member["names"]);
    }
    assert!(!answer.text().contains('@'), "no addresses");
    for profile in &profiles {
        assert_eq!(members(profile), BTreeSet::from(["agency_id", "agency_slug", "bios", "id", "languages", "names"]));
        assert_eq!(read(&app, &format!("{STAFF}/{}", text(&profile["id"]))).await.json(), *profile);
    }
    let editor = app.staff("editor@trend.example").await;
    let profile = read(&app, &format!("{STAFF}/{}", editor.id)).await.json();
    assert_eq!((&profile["agency_slug"], &profile["names"]["en"]), (&json!("trend"), &json!("Vugar Hamzali")));
    let hidden = app.staff("admin@trend.example").await;
    for id in [hidden.id, Uuid::now_v7()] {
        assert_eq!(app.anonymous().get(&format!("{STAFF}/{id}")).expect(404).await.code(), "not_found");
    }
    let malformed = app.anonymous().get(&format!("{STAFF}/nobody")).expect(400).await;
    assert_eq!(malformed.faults(), ["id"]);
}

async fn staff_come_in_pages(app: App) {
    let all = read(&app, &format!("{STAFF}?limit=100")).await;
    let (all, links) = (items(&all.json()), all.header("Link").map(str::to_owned));
    assert_eq!(links, None);
    let mut next = Some(format!("{STAFF}?limit=4"));
    let mut seen = vec![];
    while let Some(path) = next {
        let answer = read(&app, &path).await;
        let page = answer.json();
        assert_eq!(page["meta"]["limit"], 4);
        assert!(items(&page).len() == 4 || page["meta"]["has_more"] == false);
        seen.extend(items(&page));
        next = next_page(&answer);
        assert_eq!(next.is_some(), page["meta"]["has_more"] == true);
    }
    assert_eq!(seen, all);
    let reader = app.anonymous();
    for limit in ["0", "101", "x"] {
        assert_eq!(reader.get(&format!("{STAFF}?limit={limit}")).expect(400).await.faults(), ["limit"]);
    }
    let foreign = text(&read(&app, &format!("{ARTICLES}?limit=2")).await.json()["meta"]["next_cursor"]);
    for cursor in ["nonsense", foreign.as_str()] {
        let wrong = reader.get(&format!("{STAFF}?cursor={cursor}")).expect(400).await;
        assert_eq!((wrong.code(), wrong.faults()), ("invalid_cursor".to_owned(), vec!["cursor".to_owned()]));
    }
}

async fn who_is_suspended_has_no_profile(app: App) {
    let journalist = app.staff("journalist@trend.example").await;
    let path = format!("{STAFF}/{}", journalist.id);
    let before = read(&app, &path).await.json();
    let admin = app.staff("admin@trend.example").await;
    let member = format!("/v1/staff/{}", journalist.id);
    change(&admin, &member, "suspend").await;
    assert_eq!(app.anonymous().get(&path).expect(404).await.code(), "not_found");
    assert!(!read(&app, &format!("{STAFF}?limit=100")).await.text().contains(&journalist.id.to_string()));
    change(&admin, &member, "reinstate").await;
    assert_eq!(read(&app, &path).await.json(), before);
}

/// A site of its own for Kazakh, one for all other languages.
fn with_site(config: &mut Config) {
    config.site.article_url = ArticleUrl(BTreeMap::from([
        (String::new(), "https://news.example/{language}/{section}/{slug}".to_owned()),
        ("kk".to_owned(), "https://kk.example/{language}/{id}/{slug}".to_owned()),
    ]));
}

mod addresses_are_those_of_the_site {
    use crate::support::App;

    #[actix_web::test]
    async fn sqlite() {
        super::addresses_are_those_of_the_site(App::sqlite_with(super::with_site).await).await;
    }

    #[actix_web::test]
    async fn postgres() {
        if let Some(app) = App::postgres_with(super::with_site).await {
            super::addresses_are_those_of_the_site(app).await;
        }
    }
}

async fn addresses_are_those_of_the_site(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut new = plain("az", "Saytdakı ünvan");
    new["section"] = json!("economy");
    let id = create(&editor, &new).await;
    for (language, headline) in [("kk", "Сайттағы мекенжай"), ("kk-Latn", "Saittaǵy mekenjai"), ("ru", "Адрес на сайте")] {
        translate(&editor, &id, language, headline).await;
    }
    for language in ["az", "kk", "kk-Latn", "ru"] {
        step(&editor, &id, language, "publish", None).await;
    }
    let mut expected = vec![];
    for language in ["az", "kk", "kk-Latn", "ru"] {
        let document = read(&app, &format!("{ARTICLES}/{id}?language={language}")).await.json();
        let slug = text(&document["slug"]);
        let url = match language {
            "az" | "ru" => format!("https://news.example/{language}/economy/{slug}"),
            _ => format!("https://kk.example/{language}/{id}/{slug}"),
        };
        assert_eq!(document["url"], url);
        read(&app, &format!("{ARTICLES}/{language}/{slug}")).await;
        expected.push((language.to_owned(), url));
    }
    let links: Vec<String> = expected.iter().map(|(language, url)| format!("<{url}>; rel=\"alternate\"; hreflang=\"{language}\"")).collect();
    let named = |document: &Value| -> Vec<(String, String)> {
        document["available_languages"].as_array().unwrap().iter().map(|other| (text(&other["language"]), text(&other["url"]))).collect()
    };
    for language in ["az", "kk", "kk-Latn", "ru"] {
        let answer = read(&app, &format!("{ARTICLES}/{id}?language={language}")).await;
        assert_eq!(answer.header("Link"), Some(links.join(", ").as_str()));
        assert_eq!(named(&answer.json()), expected);
    }
    for item in list(&app, &format!("id={id}")).await {
        assert_eq!(named(&item), expected);
    }
    // Without a section.
    let id = create(&editor, &plain("az", "Rubrikasız")).await;
    step(&editor, &id, "az", "publish", None).await;
    let document = read(&app, &format!("{ARTICLES}/{id}")).await.json();
    assert_eq!(document["url"], format!("https://news.example/az/news/{}", text(&document["slug"])));
    // What was published before there was a site has its new address once it is rendered anew.
    let id = story(&app, CORRIDOR).await;
    let old = read(&app, &format!("{ARTICLES}/{id}")).await.json();
    assert!(text(&old["url"]).starts_with(BASE));
    describe(&app, &editor, &id, &json!({ "urgency": 3 })).await;
    let new = read(&app, &format!("{ARTICLES}/{id}?language=tr")).await.json();
    assert_eq!(new["url"], format!("https://news.example/tr/economy/{}", text(&new["slug"])));
    for (language, url) in named(&new) {
        let sibling = read(&app, &format!("{ARTICLES}/{id}?language={language}")).await.json();
        assert_eq!((sibling["url"].as_str(), url.contains(".example/")), (Some(url.as_str()), true), "{language}");
    }
}
