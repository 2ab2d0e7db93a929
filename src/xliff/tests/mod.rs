//! Files out and in again, without a database.

mod faults;
mod properties;
mod validator;
mod xml;

use super::apply::{self, Job};
use super::plan::{self, Unit};
use super::write::{self, State};
use super::{Origin, claim, read};
use crate::body::Body;
use crate::error::Fault;
use crate::language::Tag;
use crate::translations::{SeoText, Text};
use serde_json::{Value, json};
use uuid::Uuid;

fn text(headline: &str, body: &Value) -> Text {
    Text {
        headline: headline.to_owned(),
        summary: None,
        body: Body::parse(body).unwrap(),
        dateline: None,
        byline: None,
        authors: vec![],
        seo: SeoText::default(),
    }
}

fn paragraph(key: &str, text: &str) -> Value {
    json!({"_type": "block", "_key": key, "children": [{"_type": "span", "_key": "s", "text": text}]})
}

fn export(source: &Text, target: Option<&Text>) -> String {
    let tag = |tag| Tag::parse(tag).unwrap();
    let origin = Origin { article: Uuid::nil(), source_language: tag("en"), target_language: tag("ug"), original_revision: 3, text: target.map(|_| (2, 5)) };
    write::file(&origin, &plan::units(source, target), |_| State::Translated)
}

/// The text that a file makes, or what is wrong with it.
fn try_import(file: &str, source: &Text, target: Option<&Text>, partial: bool) -> Result<Text, Vec<Fault>> {
    let (document, mut report) = read::document(file.as_bytes().to_vec()).map_err(|e| e.faults)?;
    let claimed = claim(&document, Uuid::nil(), &Tag::parse("en").unwrap(), &Tag::parse("ug").unwrap(), &mut report);
    if let Some(claimed) = claimed {
        assert_eq!((claimed.original_revision, claimed.text_revision), (3, target.map(|_| 2)));
    }
    let base = target.cloned().unwrap_or_else(|| Text { headline: String::new(), ..text("x", &json!([])) });
    let text = apply::text(&Job { source, target, partial }, base, &document, &mut report);
    match report.faults.finish() {
        Ok(()) => Ok(text),
        Err(e) => Err(e.faults),
    }
}

fn import(file: &str, source: &Text, target: Option<&Text>) -> Text {
    try_import(file, source, target, false).unwrap_or_else(|faults| panic!("{faults:#?}\n{file}"))
}

/// What a tool does that puts what `change` makes of a source into its target.
fn translated(file: &str, change: impl Fn(&str) -> String) -> String {
    let line = |line: &str| match line.rsplit_once("<source>") {
        Some((_, source)) => format!("{line}</source>\n<target>{}</target>", change(source)),
        None => line.to_owned(),
    };
    let lines: Vec<String> = file.split("</source>").map(line).collect();
    lines.concat().replace("<segment state=\"initial\">", "<segment state=\"translated\">")
}

fn rich() -> Text {
    let body = json!([
        {"_type": "block", "_key": "p", "children": [
            {"_type": "span", "_key": "a", "text": "See ", "marks": []},
            {"_type": "span", "_key": "b", "text": "the page", "marks": ["l"]},
            {"_type": "span", "_key": "c", "text": " of\nit", "marks": ["strong"]},
            {"_type": "span", "_key": "d", "text": "alma", "marks": ["strong", "z"]},
            {"_type": "span", "_key": "e", "text": ".", "marks": []},
        ], "markDefs": [
            {"_type": "link", "_key": "l", "href": "https://example.org/?a=1&b=2"},
            {"_type": "language", "_key": "z", "language": "kk", "translate": false},
            {"_type": "link", "_key": "unused", "href": "https://example.org/"},
        ]},
        {"_type": "break", "_key": "k"},
        {"_type": "image", "_key": "i", "url": "https://example.org/i", "alt": "A lake", "caption": "Lake <Issyk>", "credit": "A. B."},
        {"_type": "fact_box", "_key": "f", "title": "Facts", "content": [paragraph("x", "One"), {"_type": "block", "_key": "y", "listItem": "bullet", "level": 1, "children": [{"_type": "span", "text": "Two"}]}]},
        {"_type": "pull_quote", "_key": "q", "text": "So\nit is", "attribution": "C."},
        {"_type": "embed", "_key": "e", "url": "https://example.org/v", "title": "Video", "provider": "Tube"},
    ]);
    Text { summary: Some("In short".to_owned()), dateline: Some("BAKU, July 24".to_owned()), ..text("Headline & more", &body) }
}

#[test]
fn an_export_reads_as_it_should() {
    insta::assert_snapshot!(export(&rich(), None));
}

#[test]
fn an_export_keeps_the_rules_of_oasis() {
    let source = rich();
    let target = text("Başlık", &json!([paragraph("p", "Тек мәтін"), paragraph("extra", "Ещё"), {"_type": "break"}]));
    for file in [export(&source, None), export(&source, Some(&source)), export(&source, Some(&target))] {
        assert_eq!(validator::faults(&file), Vec::<String>::new(), "{file}");
    }
    let example = include_str!("../example.xlf");
    assert_eq!(validator::faults(example), Vec::<String>::new());
    let (_, report) = read::document(example.as_bytes().to_vec()).unwrap();
    assert!(report.faults.is_empty(), "{report:?}");
}

#[test]
fn a_new_text_has_the_form_of_the_original() {
    let source = rich();
    let file = translated(&export(&source, None), Uppercase::to_uppercase_text);
    let made = import(&file, &source, None);
    assert_eq!((made.headline.as_str(), made.summary.as_deref()), ("HEADLINE & MORE", Some("IN SHORT")));
    let mut expected = serde_json::to_value(&source.body).unwrap();
    for pointer in [
        "/0/children/0/text",
        "/0/children/1/text",
        "/0/children/2/text",
        "/0/children/3/text",
        "/2/alt",
        "/2/caption",
        "/2/credit",
        "/3/title",
        "/3/content/0/children/0/text",
        "/3/content/1/children/0/text",
        "/4/text",
        "/4/attribution",
        "/5/title",
        "/5/provider",
    ] {
        let place = expected.pointer_mut(pointer).unwrap();
        *place = json!(place.as_str().unwrap().to_uppercase());
    }
    assert_eq!(serde_json::to_value(&made.body).unwrap(), expected);
}

/// Capital letters, but not in markup.
trait Uppercase {
    fn to_uppercase_text(&self) -> String;
}

impl Uppercase for str {
    fn to_uppercase_text(&self) -> String {
        let (mut out, mut markup) = (String::new(), false);
        for c in self.chars() {
            markup = (markup || matches!(c, '<' | '&')) && !matches!(c, '>' | ';');
            if markup { out.push(c) } else { out.extend(c.to_uppercase()) }
        }
        out
    }
}

#[test]
fn tools_may_cut_units_and_pairs_and_copy_codes() {
    let source = rich();
    let file = export(&source, None);
    let file = translated(&file, str::to_owned);
    let (before, rest) = file.split_once("<unit id=\"body.p\"").unwrap();
    let (unit, after) = rest.split_once("</unit>").unwrap();
    let (head, _) = unit.split_once("<segment").unwrap();
    let link = "type=\"link\" canDelete=\"no\"";
    let cut = format!(
        "{head}<segment id=\"s1\" state=\"translated\"><source>See <sc id=\"1\" {link} dataRef=\"d1\"/>the</source>\
         <target order=\"3\"><pc id=\"9\" copyOf=\"4\">z</pc><pc id=\"10\" type=\"fmt\" dataRefStart=\"d3\" dataRefEnd=\"d4\">y</pc></target></segment>\
         <ignorable><source> </source></ignorable>\
         <segment id=\"s2\" state=\"translated\"><source>page<ec startRef=\"1\" canDelete=\"no\" dataRef=\"d2\"/> of it alma.</source>\
         <target order=\"1\"><mrk id=\"m\" type=\"term\"><sc id=\"1\" {link} dataRef=\"d1\"/>Page<cp hex=\"0007\"/></mrk><ec startRef=\"1\" dataRef=\"d2\"/></target></segment>"
    );
    let made = import(&format!("{before}<unit id=\"body.p\"{cut}</unit>{after}"), &source, None);
    let block = &serde_json::to_value(&made.body).unwrap()[0];
    let spans: Vec<(&str, &Value)> = block["children"].as_array().unwrap().iter().map(|span| (span["text"].as_str().unwrap(), &span["marks"])).collect();
    assert_eq!(spans, [("Page\u{7}", &json!(["l"])), (" ", &json!([])), ("z", &json!(["z"])), ("y", &json!(["strong"]))]);
}

#[test]
fn unfinished_files_are_taken_in_parts() {
    let source = text("H", &json!([paragraph("a", "One"), paragraph("b", "Two"), {"_type": "break", "_key": "k"}, paragraph("c", "Three")]));
    let file = export(&source, None)
        .replace("<source>H</source>", "<source>H</source><target>Ha</target>")
        .replace("<source>Two</source>", "<source>Two</source><target>Eki</target>");
    let faults = try_import(&file, &source, None, false).unwrap_err();
    let told: Vec<(&str, &str)> = faults.iter().map(|fault| (fault.pointer.as_deref().unwrap(), fault.code.as_ref())).collect();
    assert_eq!(told, [("/xliff/file[@id='text']/unit[@id='body.a']", "unfinished"), ("/xliff/file[@id='text']/unit[@id='body.c']", "unfinished")]);
    let made = try_import(&file, &source, None, true).unwrap();
    assert_eq!(made.body, Body::parse(&json!([paragraph("b", "Eki"), {"_type": "break", "_key": "k"}])).unwrap());
    // Later, over what there is: what is new comes to its place.
    let later = export(&source, Some(&made));
    let faults = try_import(&later, &source, Some(&made), false).unwrap_err();
    assert_eq!(faults.len(), 2);
    assert_eq!(try_import(&later, &source, Some(&made), true).unwrap(), made);
    let later = later
        .replace("<source>Three</source>", "<source>Three</source><target>Üç</target>")
        .replace("<source>One</source>", "<source>One</source><target>Bir</target>");
    let whole = json!([paragraph("a", "Bir"), paragraph("b", "Eki"), {"_type": "break", "_key": "k"}, paragraph("c", "Üç")]);
    assert_eq!(import(&later, &source, Some(&made)).body, Body::parse(&whole).unwrap());
}

#[test]
fn what_the_original_has_changed_is_to_be_looked_at() {
    let then = text("H", &json!([paragraph("a", "One"), paragraph("b", "Two")]));
    let now = text("H", &json!([paragraph("a", "One"), paragraph("b", "Two more")]));
    let target = text("Ha", &json!([paragraph("a", "Bir"), paragraph("b", "Eki")]));
    let old: std::collections::HashMap<String, Unit> = plan::units(&then, None).into_iter().map(|unit| (unit.id.clone(), unit)).collect();
    let states: Vec<State> = plan::units(&now, Some(&target)).iter().map(|unit| write::state_of(unit, old.get(&unit.id), State::Final)).collect();
    assert_eq!(states, [State::Final, State::Final, State::Initial]);
}

#[test]
fn blocks_without_a_counterpart_stay_and_can_go() {
    let source = text("H", &json!([paragraph("a", "One")]));
    let target = text(
        "Ha",
        &json!([paragraph("b", "Bir"), {"_type": "block", "_key": "x", "style": "h2", "children": [{"_type": "span", "_key": "s", "text": "Own"}]}]),
    );
    let file = export(&source, Some(&target));
    assert!(file.contains("<unit id=\"target.x\""), "{file}");
    assert_eq!(import(&file, &source, Some(&target)), target);
    let without = file.replace("<target>Own</target>", "<target/>");
    assert_eq!(import(&without, &source, Some(&target)).body, Body::parse(&json!([paragraph("b", "Bir")])).unwrap());
}
