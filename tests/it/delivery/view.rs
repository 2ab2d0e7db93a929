//! A text in the letters that the Turkic languages share.

use super::{ARTICLES, SAIGA, place, published, read, step, story, text, translate};
use crate::on_both;
use crate::support::App;
use serde_json::json;
use std::collections::BTreeSet;

on_both!(a_text_is_read_in_common_letters, what_is_not_of_the_language_stays, a_view_is_an_answer_of_its_own, languages_without_the_view_say_which_have_it);

const VIEW: &str = "view=common-turkic";

async fn a_text_is_read_in_common_letters(app: App) {
    let id = story(&app, SAIGA).await;
    let path = format!("{ARTICLES}/{id}?language=kk");
    let plain = read(&app, &path).await;
    let shown = read(&app, &format!("{path}&{VIEW}")).await;
    assert_eq!(shown.header("Content-Language"), Some("kk-Latn-t-kk-cyrl"));
    let (before, after) = (plain.json(), shown.json());
    assert_eq!((&after["language"], &after["view"], &after["derived"]), (&json!("kk"), &json!("common-turkic"), &json!(true)));
    assert!(before.get("view").is_none() && before.get("derived").is_none());
    let cyrillic = |text: &str| text.chars().any(|c| ('а'..='я').contains(&c));
    for member in ["headline", "summary", "dateline"] {
        let Some(text) = before[member].as_str() else { continue };
        assert!(cyrillic(text) && !cyrillic(after[member].as_str().unwrap()), "{}", after[member]);
    }
    for member in before.as_object().unwrap().keys().filter(|member| !["headline", "summary", "dateline", "body"].contains(&member.as_str())) {
        assert_eq!(before[member], after[member], "{member}");
    }
    for format in ["portable_text", "html", "text"] {
        let body = read(&app, &format!("{path}&{VIEW}&body_format={format}")).await.json()["body"].to_string();
        assert!(body.contains("Qazaqstan") && !cyrillic(&body), "{body}");
    }
    let html = text(&read(&app, &format!("{path}&{VIEW}&body_format=html")).await.json()["body"]);
    assert!(html.starts_with("<div lang=\"kk-Latn-t-kk-cyrl\" dir=\"ltr\">"), "{html}");
    let address = format!("{ARTICLES}/kk/{}?{VIEW}", text(&before["slug"]));
    assert_eq!(read(&app, &address).await.body, shown.body);
}

async fn what_is_not_of_the_language_stays(app: App) {
    let editor = app.staff("editor@kazinform.example").await;
    let other = published(&editor, &json!({ "original_language": "kk", "headline": "Басқа мақала", "body_html": "<p>Мәтін.</p>" })).await;
    let span = |text: &str, marks: serde_json::Value| json!({ "_type": "span", "text": text, "marks": marks });
    let body = json!([{ "_type": "block", "markDefs": [
        { "_type": "link", "_key": "l", "href": "https://kz.example/жаңалық" },
        { "_type": "internal_link", "_key": "i", "article": other },
        { "_type": "language", "_key": "ru", "language": "ru" },
        { "_type": "language", "_key": "no", "language": "kk", "translate": false },
    ], "children": [
        span("Ұлы дала ", json!(["l"])), span("мақала ", json!(["i"])), span("Степь ", json!(["ru"])), span("Атау ", json!(["no"])), span("код ", json!(["code"])),
        span("https://kz.example/дала @дала", json!([])),
    ] }]);
    let id = published(&editor, &json!({ "original_language": "kk", "headline": "Ұлы дала", "body": body })).await;
    let path = format!("{ARTICLES}/{id}?{VIEW}");
    let blocks = read(&app, &path).await.json()["body"].clone();
    let texts: Vec<&str> = blocks[0]["children"].as_array().unwrap().iter().map(|span| span["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Ûlı dala ", "maqala ", "Степь ", "Атау ", "код ", "https://kz.example/дала @дала"]);
    assert_eq!(blocks[0]["markDefs"][0]["href"], "https://kz.example/жаңалық");
    let plain = text(&read(&app, &format!("{ARTICLES}/{id}?body_format=html")).await.json()["body"]);
    let html = text(&read(&app, &format!("{path}&body_format=html")).await.json()["body"]);
    let links = |html: &str| html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((links(&html), links(&html).len()), (links(&plain), 2), "{html}");
}

async fn a_view_is_an_answer_of_its_own(app: App) {
    let editor = app.staff("editor@kazinform.example").await;
    let id = published(&editor, &json!({ "original_language": "kk", "headline": "Ұлы дала", "body_html": "<p>Ұлы дала.</p>" })).await;
    let path = format!("{ARTICLES}/{id}");
    let mut etags = BTreeSet::new();
    for query in ["", "?view=common-turkic", "?view=common-turkic&body_format=html", "?view=common-turkic&body_format=text"] {
        etags.insert(read(&app, &format!("{path}{query}")).await.etag());
    }
    assert_eq!(etags.len(), 4, "{etags:?}");
    let shown = read(&app, &format!("{path}?{VIEW}")).await;
    for header in ["Cache-Control", "Surrogate-Key", "Last-Modified"] {
        assert_eq!(shown.header(header), read(&app, &path).await.header(header), "{header}");
    }
    app.anonymous().get(&format!("{path}?{VIEW}")).header("If-None-Match", &shown.etag()).expect(304).await;
    // Right to left becomes left to right.
    translate(&editor, &id, "kk-Arab", "ۇلى دالا").await;
    step(&editor, &id, "kk-Arab", "publish", None).await;
    let arabic = read(&app, &format!("{path}?language=kk-Arab&{VIEW}")).await;
    assert_eq!(arabic.header("Content-Language"), Some("kk-Latn-t-kk-arab"));
    assert_eq!((&arabic.json()["language"], &arabic.json()["direction"]), (&json!("kk-Arab"), &json!("ltr")));
    // A new revision is seen at once.
    let place = place(&id, "kk");
    let standing = editor.get(&place).expect(200).await;
    editor.patch(&place).if_match(&standing.etag()).json(&json!({ "headline": "Жаңа дала" })).expect(200).await;
    step(&editor, &id, "kk", "publish", Some(json!({ "change_kind": "fix" }))).await;
    let again = read(&app, &format!("{path}?{VIEW}")).await;
    assert_eq!(again.json()["headline"], "Jaña dala");
    assert_ne!(again.etag(), shown.etag());
}

async fn languages_without_the_view_say_which_have_it(app: App) {
    let editor = app.staff("editor@kazinform.example").await;
    let id = published(&editor, &json!({ "original_language": "ru", "headline": "Степь", "body_html": "<p>Степь.</p>" })).await;
    let wrong = app.anonymous().get(&format!("{ARTICLES}/{id}?{VIEW}")).expect(400).await;
    assert_eq!(wrong.faults(), ["view"]);
    assert_eq!(wrong.json()["languages"], json!(["az", "tr", "kk", "ky", "uz", "tk"]));
    let wrong = app.anonymous().get(&format!("{ARTICLES}/{id}?view=braille")).expect(400).await;
    assert_eq!(wrong.faults(), ["view"]);
}
