use serde_json::{Value, json};

use super::super::{Block, Body, Fault, MAX_TEXT};

#[expect(clippy::needless_pass_by_value, reason = "reads as JSON does")]
fn block(children: Value, mark_defs: Value) -> Value {
    json!({"_type": "block", "children": children, "markDefs": mark_defs})
}

fn span(text: &str) -> Value {
    json!({"_type": "span", "text": text})
}

fn faults(body: &Value) -> Vec<Fault> {
    Body::parse(body).expect_err("there are faults")
}

#[test]
fn what_is_missing_is_filled_in() {
    let body = json!([
        block(json!([span("a"), {"_type": "span", "_key": "b0s2", "text": "b"}, span("c")]), json!([])),
        {"_type": "break", "_key": "b0"},
        {"_type": "fact_box", "title": "t", "content": [{"_type": "block", "children": [span("d")]}]},
        {"_type": "break", "_key": "b4"},
        {"_type": "break"},
        {"_type": "image", "url": "https://example.org/i", "alt": ""},
    ]);
    let written = serde_json::to_value(Body::parse(&body).unwrap()).unwrap();
    let filled = json!([
        {"_type": "block", "_key": "b0x1", "style": "normal", "children": [
            {"_type": "span", "_key": "b0s0", "text": "a", "marks": []},
            {"_type": "span", "_key": "b0s2", "text": "b", "marks": []},
            {"_type": "span", "_key": "b0s2x1", "text": "c", "marks": []},
        ], "markDefs": []},
        {"_type": "break", "_key": "b0"},
        {"_type": "fact_box", "_key": "b2", "title": "t", "content": [{"_type": "block", "_key": "b2c0", "style": "normal", "children": [
            {"_type": "span", "_key": "b2c0s0", "text": "d", "marks": []},
        ], "markDefs": []}]},
        {"_type": "break", "_key": "b4"},
        {"_type": "break", "_key": "b4x1"},
        {"_type": "image", "_key": "b5", "url": "https://example.org/i", "alt": ""},
    ]);
    assert_eq!(written, filled);
    assert_eq!(serde_json::to_value(Body::parse(&filled).unwrap()).unwrap(), filled, "twice is once");
}

#[test]
fn languages_become_canonical() {
    let body = block(
        json!([{"_type": "span", "text": "x", "marks": ["l", "i"]}]),
        json!([
            {"_type": "language", "_key": "l", "language": "AR-arab", "translate": false},
            {"_type": "internal_link", "_key": "i", "article": "6F1B7A52-54B1-4B52-9D0E-0D6B2B1D4C11", "language": "kaz"},
        ]),
    );
    let body = Body::parse(&json!([body])).unwrap();
    let written = serde_json::to_value(&body).unwrap();
    assert_eq!(
        written[0]["markDefs"],
        json!([
            {"_type": "language", "_key": "l", "language": "ar-Arab", "translate": false},
            {"_type": "internal_link", "_key": "i", "article": "6f1b7a52-54b1-4b52-9d0e-0d6b2b1d4c11", "language": "kk"},
        ])
    );
}

#[test]
fn what_is_not_used_is_kept() {
    let body = json!([block(json!([span("x")]), json!([{"_type": "link", "_key": "l", "href": "mailto:a@example.org"}]))]);
    let body = Body::parse(&body).unwrap();
    let Some(Block::Text(block)) = body.blocks().first() else { panic!("a text block") };
    assert_eq!(block.mark_defs.len(), 1);
}

/// One fault each: what, where, and its code.
#[test]
fn faults_have_a_place_and_a_code() {
    let long = "x".repeat(20_001);
    let text = |member: &str, value: Value| {
        let mut body = block(json!([span("x")]), json!([]));
        body[member] = value;
        body
    };
    let link = |def: Value| block(json!([{"_type": "span", "text": "x", "marks": ["l"]}]), json!([def]));
    let marked = |marks: Value| block(json!([{"_type": "span", "text": "x", "marks": marks}]), json!([]));
    let of_span = |span: Value| block(json!([span]), json!([]));
    let cases = [
        (json!("x"), "/0", "wrong_type"),
        (json!(null), "/0", "wrong_type"),
        (json!({}), "/0/_type", "missing_member"),
        (json!({"_type": 1}), "/0/_type", "wrong_type"),
        (json!({"_type": "video"}), "/0/_type", "unknown_type"),
        (json!({"_type": "break", "x": 1}), "/0/x", "unknown_member"),
        (json!({"_type": "break", "a/b~c": 1}), "/0/a~1b~0c", "unknown_member"),
        (json!({"_type": "break", "_key": 1}), "/0/_key", "wrong_type"),
        (json!({"_type": "break", "_key": ""}), "/0/_key", "invalid_key"),
        (json!({"_type": "break", "_key": "a b"}), "/0/_key", "invalid_key"),
        (json!({"_type": "block"}), "/0/children", "missing_member"),
        (text("style", json!("h1")), "/0/style", "unknown_value"),
        (text("style", json!(null)), "/0/style", "wrong_type"),
        (text("listItem", json!("dash")), "/0/listItem", "unknown_value"),
        (text("level", json!(1)), "/0/level", "invalid_level"),
        (text("markDefs", json!({})), "/0/markDefs", "wrong_type"),
        (text("children", json!("x")), "/0/children", "wrong_type"),
        (text("children", json!([])), "/0/children", "too_short"),
        (text("children", json!(vec![span("x"); 501])), "/0/children", "too_many"),
        (json!({"_type": "block", "listItem": "bullet", "level": 7, "children": [span("x")]}), "/0/level", "invalid_level"),
        (json!({"_type": "block", "listItem": "bullet", "level": 0, "children": [span("x")]}), "/0/level", "invalid_level"),
        (json!({"_type": "block", "listItem": "bullet", "level": "1", "children": [span("x")]}), "/0/level", "wrong_type"),
        (of_span(json!([])), "/0/children/0", "wrong_type"),
        (of_span(json!({"_type": "image"})), "/0/children/0/_type", "unknown_type"),
        (of_span(json!({"_type": "span"})), "/0/children/0/text", "missing_member"),
        (of_span(json!({"_type": "span", "text": 1})), "/0/children/0/text", "wrong_type"),
        (of_span(span("a\0b")), "/0/children/0/text", "nul"),
        (of_span(span(&long)), "/0/children/0/text", "too_long"),
        (of_span(json!({"_type": "span", "text": "x", "href": ""})), "/0/children/0/href", "unknown_member"),
        (marked(json!("strong")), "/0/children/0/marks", "wrong_type"),
        (marked(json!([1])), "/0/children/0/marks/0", "wrong_type"),
        (marked(json!(["strong", "blink"])), "/0/children/0/marks/1", "unknown_mark"),
        (marked(json!(["em", "strong", "em"])), "/0/children/0/marks/2", "duplicate_mark"),
        (text("markDefs", json!([{"_type": "link", "href": "https://example.org"}])), "/0/markDefs/0/_key", "missing_member"),
        (link(json!({"_type": "link", "_key": "l"})), "/0/markDefs/0/href", "missing_member"),
        (link(json!({"_type": "link", "_key": "l", "href": "/news"})), "/0/markDefs/0/href", "invalid_url"),
        (link(json!({"_type": "link", "_key": "l", "href": "javascript:alert(1)"})), "/0/markDefs/0/href", "invalid_url"),
        (link(json!({"_type": "note", "_key": "l"})), "/0/markDefs/0/_type", "unknown_type"),
        (link(json!({"_type": "internal_link", "_key": "l", "article": "1"})), "/0/markDefs/0/article", "wrong_type"),
        (link(json!({"_type": "language", "_key": "l", "language": "und"})), "/0/markDefs/0/language", "invalid_language"),
        (link(json!({"_type": "language", "_key": "l", "language": "ar", "translate": 0})), "/0/markDefs/0/translate", "wrong_type"),
        (json!({"_type": "image", "url": "https://example.org/i"}), "/0/alt", "missing_member"),
        (json!({"_type": "image", "url": "data:image/png;base64,", "alt": ""}), "/0/url", "invalid_url"),
        (json!({"_type": "image", "url": "https://example.org/i", "alt": "", "credit": null}), "/0/credit", "wrong_type"),
        (json!({"_type": "embed", "url": "http://example.org/v"}), "/0/url", "invalid_url"),
        (json!({"_type": "pull_quote", "text": " "}), "/0/text", "too_short"),
        (json!({"_type": "fact_box", "title": "t"}), "/0/content", "missing_member"),
        (json!({"_type": "fact_box", "title": "t", "content": []}), "/0/content", "too_short"),
        (json!({"_type": "fact_box", "title": "t", "content": [{"_type": "break"}]}), "/0/content/0/_type", "unknown_type"),
        (json!({"_type": "fact_box", "title": "t", "content": [{"_type": "fact_box", "title": "t", "content": []}]}), "/0/content/0/_type", "unknown_type"),
    ];
    for (block, pointer, code) in cases {
        let found = faults(&json!([block]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].pointer.as_str(), found[0].code), (pointer, code), "{found:?}");
        assert!(!found[0].detail.is_empty());
    }
}

#[test]
fn the_key_of_a_definition_is_not_a_decorator() {
    let body = block(json!([{"_type": "span", "text": "x", "marks": ["em"]}]), json!([{"_type": "link", "_key": "em", "href": "https://example.org"}]));
    let found = faults(&json!([body]));
    assert_eq!((found[0].pointer.as_str(), found[0].code), ("/0/markDefs/0/_key", "invalid_key"));
}

#[test]
fn keys_are_unique_among_siblings() {
    let key = |key: &str| json!({"_type": "span", "_key": key, "text": "x"});
    let def = json!({"_type": "link", "_key": "l", "href": "https://example.org"});
    let body = json!([
        {"_type": "break", "_key": "a"},
        {"_type": "block", "_key": "a", "children": [key("a"), key("b"), key("a")], "markDefs": [def, def]},
    ]);
    let found: Vec<_> = faults(&body).into_iter().map(|fault| (fault.pointer, fault.code)).collect();
    let expected = ["/1/_key", "/1/markDefs/1/_key", "/1/children/2/_key"].map(|pointer| (pointer.to_owned(), "duplicate_key"));
    assert_eq!(found, expected);
}

#[test]
fn all_faults_are_told_up_to_fifty() {
    let found = faults(&json!(vec![json!({"_type": "image", "x": 1}); 10]));
    assert_eq!(found.len(), 30);
    let found = faults(&json!(vec![json!({"_type": "image", "x": 1}); 100]));
    assert_eq!(found.len(), 50);
}

#[test]
fn a_body_is_an_array_within_limits() {
    for body in [json!({}), json!("x"), json!(null)] {
        let found = faults(&body);
        assert_eq!((found[0].pointer.as_str(), found[0].code), ("", "wrong_type"));
    }
    let found = faults(&json!(vec![json!({"_type": "break"}); 2_001]));
    assert_eq!((found[0].pointer.as_str(), found[0].code), ("", "too_many"));
    let full = block(json!([span(&"ə".repeat(20_000))]), json!([]));
    let mut blocks = vec![full; MAX_TEXT / 20_000];
    assert!(Body::parse(&json!(blocks)).is_ok());
    blocks.push(block(json!([span("x")]), json!([])));
    let found = faults(&json!(blocks));
    assert_eq!((found[0].pointer.as_str(), found[0].code), ("", "too_long"));
}
