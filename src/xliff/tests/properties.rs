//! Any body, and any bytes.

use super::{export, import, rich, translated, try_import, validator};
use crate::body::Body;
use crate::translations::{SeoText, Text};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Texts with everything that is difficult in XML.
fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zəқ ]{1,8}",
        1 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("<&>\"']]>".to_owned()),
        1 => Just("\u{1}\u{b}\u{FFFE}".to_owned()),
        1 => Just("&#x41;&amp;<!--".to_owned()),
        1 => Just("ئۇيغۇر\u{200F}".to_owned()),
        1 => Just("  \t".to_owned()),
        1 => any::<char>().prop_filter("NUL is refused", |c| *c != '\0').prop_map(String::from),
    ];
    vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn span() -> impl Strategy<Value = (String, Vec<&'static str>)> {
    let marks = vec(prop::sample::select(vec!["strong", "em", "code", "l1", "l2", "a1", "k1", "k2"]), 0..4);
    (words(), marks).prop_map(|(text, marks)| {
        let mut kept: Vec<&str> = vec![];
        for mark in marks {
            let definitions = kept.iter().filter(|mark| mark.ends_with(char::is_numeric)).count();
            if !kept.contains(&mark) && (definitions < 2 || !mark.ends_with(char::is_numeric)) {
                kept.push(mark);
            }
        }
        (text, kept)
    })
}

/// A text block without its key.
fn text_block() -> impl Strategy<Value = Value> {
    let style = prop::sample::select(vec!["normal", "h2", "blockquote"]);
    let list = option::weighted(0.3, prop::sample::select(vec!["bullet", "number"]));
    (vec(span(), 1..5), style, list).prop_map(|(spans, style, list)| {
        let children: Vec<Value> =
            spans.into_iter().enumerate().map(|(i, (text, marks))| json!({"_type": "span", "_key": format!("k{i}"), "text": text, "marks": marks})).collect();
        let mut block = json!({"_type": "block", "style": style, "children": children, "markDefs": [
            {"_type": "link", "_key": "l1", "href": "https://example.org/?a='b'&c=d"},
            {"_type": "link", "_key": "l2", "href": "https://example.org/?a='b'&c=d"},
            {"_type": "internal_link", "_key": "a1", "article": "6f1b7a52-54b1-4b52-9d0e-0d6b2b1d4c11", "language": "kk"},
            {"_type": "language", "_key": "k1", "language": "ar", "translate": false},
            {"_type": "language", "_key": "k2", "language": "la"},
        ]});
        if let Some(list) = list {
            block["listItem"] = json!(list);
        }
        block
    })
}

fn some(text: &str) -> String {
    format!("x{text}")
}

fn block() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => text_block(),
        1 => Just(json!({"_type": "break"})),
        1 => (words(), option::of(words()), option::of(words())).prop_map(|(alt, caption, credit)| {
            let mut block = json!({"_type": "image", "url": "https://example.org/i", "alt": alt});
            for (name, value) in [("caption", caption), ("credit", credit)] {
                if let Some(value) = value {
                    block[name] = json!(value);
                }
            }
            block
        }),
        1 => words().prop_map(|title| json!({"_type": "embed", "url": "https://example.org/v", "title": title})),
        1 => (words(), words()).prop_map(|(text, who)| json!({"_type": "pull_quote", "text": some(&text), "attribution": who})),
        1 => (words(), vec(text_block(), 1..4)).prop_map(|(title, content)| json!({"_type": "fact_box", "title": some(&title), "content": keyed(content)})),
    ]
}

/// Names of few, so that those of an original and its translation meet.
fn keyed(blocks: Vec<Value>) -> Vec<Value> {
    let name = |i: usize, block: &Value| format!("{}{}", ["a", "b", "c"][(i + block.to_string().len()) % 3], i);
    blocks
        .into_iter()
        .enumerate()
        .map(|(i, mut block)| {
            block["_key"] = json!(name(i, &block));
            block
        })
        .collect()
}

fn any_text() -> impl Strategy<Value = Text> {
    (words(), option::of(words()), option::of(words()), option::of(words()), vec(block(), 0..6)).prop_map(|(headline, summary, dateline, title, blocks)| Text {
        headline: some(&headline),
        summary,
        body: Body::parse(&Value::Array(keyed(blocks))).unwrap(),
        dateline,
        byline: Some("By".to_owned()),
        authors: vec![],
        seo: SeoText { title, description: None },
    })
}

/// What a new text has of a field: nothing, where there is nothing to read.
fn unless_blank(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty()).cloned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn out_and_in_again_is_the_same(source in any_text(), target in any_text()) {
        let file = export(&source, Some(&target));
        let faults = validator::faults(&file);
        prop_assert!(faults.is_empty(), "{:#?}\n{}", faults, file);
        // What the original has and the translation has not is not finished.
        prop_assert_eq!(try_import(&file, &source, Some(&target), true).unwrap(), target);
    }

    #[test]
    fn copied_sources_make_the_original_again(source in any_text()) {
        let file = export(&source, None);
        let faults = validator::faults(&file);
        prop_assert!(faults.is_empty(), "{:#?}\n{}", faults, file);
        let made = import(&translated(&file, str::to_owned), &source, None);
        prop_assert_eq!(&made.body, &source.body);
        prop_assert_eq!(made.headline, source.headline);
        prop_assert_eq!(made.summary, unless_blank(source.summary.as_ref()));
        prop_assert_eq!(made.seo.title, unless_blank(source.seo.title.as_ref()));
    }

    /// A change of one unit changes nothing else, and keeps the marks.
    #[test]
    fn other_words_keep_the_marks(source in any_text(), target in any_text()) {
        let file = export(&source, Some(&target)).replace("<target>", "<target>!");
        let made = try_import(&file, &source, Some(&target), true).unwrap();
        let marks = |body: &Body| {
            let blocks = serde_json::to_value(body).unwrap();
            let spans = blocks.as_array().unwrap().iter().flat_map(|block| block["children"].as_array().cloned().unwrap_or_default());
            let characters = |span: &Value| span["text"].as_str().unwrap().chars().map(|c| (c, span["marks"].to_string())).collect::<Vec<_>>();
            spans.flat_map(|span| characters(&span)).filter(|(c, _)| *c != '!').collect::<Vec<_>>()
        };
        prop_assert_eq!(marks(&made.body), marks(&target.body));
    }

    #[test]
    fn any_bytes_are_taken_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        let _ = super::super::read::document(bytes);
    }

    #[test]
    fn damaged_files_are_taken_or_refused(cuts in vec((any::<prop::sample::Index>(), 0usize..20, "[<>/&;a-z\"='! ]{0,6}"), 1..6)) {
        let source = rich();
        let mut file = translated(&export(&source, None), str::to_owned);
        for (at, length, insert) in cuts {
            let mut chars: Vec<char> = file.chars().collect();
            let at = at.index(chars.len());
            let end = (at + length).min(chars.len());
            chars.splice(at..end, insert.chars());
            file = chars.into_iter().collect();
        }
        let _ = try_damaged(&file, &source);
    }

    #[test]
    fn shuffled_elements_are_taken_or_refused(parts in vec(prop::sample::select(vec![
        "<unit id='headline'>", "</unit>", "<segment>", "</segment>", "<source>", "</source>", "<target>", "</target>", "<pc id='1'>", "</pc>", "<ph id='2'/>",
        "<sc id='3'/>", "<ec startRef='3'/>", "<mrk id='4' translate='no'>", "</mrk>", "<group id='g'>", "</group>", "x", "<ignorable>", "</ignorable>",
    ]), 0..40)) {
        let file = format!("<xliff xmlns='urn:oasis:names:tc:xliff:document:2.0' version='2.1' srcLang='en' trgLang='ug'><file id='f'>{}</file></xliff>", parts.concat());
        let _ = try_damaged(&file, &rich());
    }
}

/// Takes what of a file can be taken.
pub fn try_damaged(file: &str, source: &Text) -> Option<Text> {
    use super::super::apply::{self, Job};
    let (document, mut report) = super::super::read::document(file.as_bytes().to_vec()).ok()?;
    let text = apply::text(&Job { source, target: None, partial: true }, source.clone(), &document, &mut report);
    report.faults.is_empty().then_some(text)
}
