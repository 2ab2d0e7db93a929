//! The forms of a text: its body, its scripts, what goes with it, where its links lead.

use super::{ARTICLES, MEMBERS, SAIGA, SAMARKAND, create, keys, list, members, plain, published, read, seeded, step, story, text, translate};
use crate::on_both;
use crate::support::App;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

on_both!(
    bodies_come_in_three_forms,
    other_scripts_are_texts_of_their_own,
    related_are_those_that_are_public_in_the_language,
    a_link_to_what_is_not_public_is_only_its_text,
    a_link_to_a_draft_does_not_tell_its_id,
);

async fn bodies_come_in_three_forms(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let told = "<script>alert(\"x\")</script> & more";
    let body = json!([
        { "_type": "block", "style": "h2", "children": [{ "_type": "span", "text": "Heading" }] },
        { "_type": "block", "children": [{ "_type": "span", "text": told }, { "_type": "span", "text": "strong", "marks": ["strong"] }] },
    ]);
    let id = published(&editor, &json!({ "original_language": "en", "headline": "Three forms", "body": body })).await;
    let path = format!("{ARTICLES}/{id}");
    let blocks = read(&app, &path).await;
    assert_eq!(blocks.json()["body"][1]["children"][0]["text"], told);
    let same = read(&app, &format!("{path}?body_format=portable_text")).await;
    assert_eq!((&same.body, same.etag()), (&blocks.body, blocks.etag()));
    let html = read(&app, &format!("{path}?body_format=html")).await;
    let rendered = text(&html.json()["body"]);
    assert!(rendered.starts_with("<div lang=\"en\" dir=\"ltr\"><h2>Heading</h2>"), "{rendered}");
    assert!(rendered.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more<strong>strong</strong>"), "{rendered}");
    assert!(!rendered.contains("<script"), "{rendered}");
    let bare = read(&app, &format!("{path}?body_format=text")).await;
    let rendered = text(&bare.json()["body"]);
    assert!(rendered.contains(told) && !rendered.contains("<strong>") && !rendered.contains("<h2>"), "{rendered}");
    assert_eq!(BTreeSet::from([blocks.etag(), html.etag(), bare.etag()]).len(), 3, "an ETag for each form");
    let wrong = app.anonymous().get(&format!("{path}?body_format=markdown")).expect(400).await;
    assert_eq!(wrong.faults(), ["body_format"]);
    // Right to left.
    translate(&editor, &id, "kk-Arab", "ءۇش فورما").await;
    step(&editor, &id, "kk-Arab", "publish", None).await;
    let arabic = read(&app, &format!("{path}?language=kk-Arab&body_format=html")).await.json();
    assert_eq!(arabic["direction"], "rtl");
    assert!(text(&arabic["body"]).starts_with("<div lang=\"kk-Arab\" dir=\"rtl\">"), "{}", arabic["body"]);
    let english = read(&app, &path).await.json();
    let directions: Vec<&Value> = english["available_languages"].as_array().unwrap().iter().map(|other| &other["direction"]).collect();
    assert_eq!(directions, ["ltr", "rtl"]);
}

async fn other_scripts_are_texts_of_their_own(app: App) {
    for (slugline, language, script, letters) in [(SAMARKAND, "uz", "uz-Cyrl", 'а'..='я'), (SAIGA, "kk", "kk-Latn", 'a'..='z')] {
        let id = story(&app, slugline).await;
        let document = read(&app, &format!("{ARTICLES}/{id}?language={script}&body_format=html")).await.json();
        assert_eq!((&document["language"], &document["direction"]), (&json!(script), &json!("ltr")));
        assert_eq!(document["headline"], seeded(slugline, script).headline.as_str());
        let body = text(&document["body"]);
        assert!(body.starts_with(&format!("<div lang=\"{script}\" dir=\"ltr\">")), "{body}");
        assert!(text(&document["headline"]).to_lowercase().chars().filter(|c| letters.contains(c)).count() > 5, "{}", document["headline"]);
        let sibling = read(&app, &format!("{ARTICLES}/{id}?language={language}")).await.json();
        assert_eq!(document["slug"], sibling["slug"], "scripts of a language share the address");
        assert_ne!(document["url"], sibling["url"]);
        assert_eq!(keys(&list(&app, &format!("language={script}")).await), [(id.clone(), script.to_owned())]);
        assert!(!keys(&list(&app, &format!("language={language}")).await).contains(&(id, script.to_owned())));
    }
}

async fn related_are_those_that_are_public_in_the_language(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let both = published(&editor, &plain("az", "Hər iki dildə")).await;
    translate(&editor, &both, "en", "In both languages").await;
    step(&editor, &both, "en", "publish", None).await;
    let english = published(&editor, &plain("en", "In English alone")).await;
    let draft = create(&editor, &plain("az", "Gizli qaralama")).await;
    let gone = published(&editor, &plain("az", "Geri götürülmüş")).await;
    step(&editor, &gone, "az", "unpublish", None).await;
    let mut new = plain("az", "Başqaları ilə bağlı");
    new["related"] = json!([draft, gone, english, both]);
    let id = published(&editor, &new).await;
    let path = format!("{ARTICLES}/{id}");
    let without = read(&app, &path).await;
    assert!(without.json().get("related").is_none());
    let with = read(&app, &format!("{path}?include=related")).await;
    let related = with.json()["related"].as_array().unwrap().clone();
    assert_eq!(keys(&related), [(both.clone(), "az".to_owned())]);
    assert_eq!(members(&related[0]), BTreeSet::from(MEMBERS));
    assert_ne!(with.etag(), without.etag());
    for query in ["", "?include=related", "?include=related&body_format=html", "?include=related&body_format=text", "?language=en&fallback=az&include=related"]
    {
        let answer = read(&app, &format!("{path}{query}")).await;
        for hidden in [&draft, &gone] {
            assert!(!answer.text().contains(hidden.as_str()), "{query}");
        }
    }
    // What is published later joins it, under another ETag.
    app.advance(Duration::from_mins(1));
    step(&editor, &draft, "az", "publish", None).await;
    let more = app.anonymous().get(&format!("{path}?include=related")).header("If-None-Match", &with.etag()).expect(200).await;
    let found: BTreeSet<String> = more.json()["related"].as_array().unwrap().iter().map(|item| text(&item["id"])).collect();
    assert_eq!(found, BTreeSet::from([both, draft]));
    let unrelated = read(&app, &format!("{ARTICLES}/{english}?include=related")).await;
    assert_eq!(unrelated.json()["related"], json!([]));
    let wrong = app.anonymous().get(&format!("{path}?include=ednote")).expect(400).await;
    assert_eq!(wrong.faults(), ["include"]);
}

/// A story in English whose only words link to another.
fn linking(to: &str) -> Value {
    let definitions = json!([{ "_type": "internal_link", "_key": "l", "article": to }]);
    let children = json!([{ "_type": "span", "text": "the other story", "marks": ["l"] }]);
    json!({ "original_language": "en", "headline": "With a link", "body": [{ "_type": "block", "children": children, "markDefs": definitions }] })
}

async fn a_link_to_what_is_not_public_is_only_its_text(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let draft = create(&editor, &plain("en", "Still hidden")).await;
    let id = published(&editor, &linking(&draft)).await;
    for form in ["html", "text"] {
        let answer = read(&app, &format!("{ARTICLES}/{id}?body_format={form}")).await;
        let body = text(&answer.json()["body"]);
        assert!(body.contains("the other story") && !body.contains("<a"), "{body}");
        assert!(!answer.text().contains(draft.as_str()), "{form}");
    }
    // It is a link as long as that story is public.
    let html = async || text(&read(&app, &format!("{ARTICLES}/{id}?body_format=html")).await.json()["body"]);
    step(&editor, &draft, "en", "publish", None).await;
    app.drain_jobs().await;
    let url = text(&read(&app, &format!("{ARTICLES}/{draft}")).await.json()["url"]);
    assert!(html().await.contains(&format!("<a href=\"{url}\">the other story</a>")));
    step(&editor, &draft, "en", "unpublish", None).await;
    app.drain_jobs().await;
    assert!(!html().await.contains("<a"));
    let target = published(&editor, &plain("en", "In the open")).await;
    let url = text(&read(&app, &format!("{ARTICLES}/{target}")).await.json()["url"]);
    let id = published(&editor, &linking(&target)).await;
    let body = text(&read(&app, &format!("{ARTICLES}/{id}?body_format=html")).await.json()["body"]);
    assert!(body.contains(&format!("<a href=\"{url}\">the other story</a>")), "{body}");
}

async fn a_link_to_a_draft_does_not_tell_its_id(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let draft = create(&editor, &plain("en", "Still hidden")).await;
    let id = published(&editor, &linking(&draft)).await;
    let answer = read(&app, &format!("{ARTICLES}/{id}")).await;
    assert!(answer.text().contains("the other story"));
    assert!(!answer.text().contains(draft.as_str()), "the blocks name an article that is not public");
}
