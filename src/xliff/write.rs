//! A plan as an XLIFF 2.1 file.

use super::content::{Code, Meaning, Piece, is_blank};
use super::plan::Unit;
use super::xml::{CORE, METADATA, is_legal};
use super::{CATEGORY, Origin};
use crate::body::{Decorator, MarkDef};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Something that is being written. Writing to a `String` cannot fail.
struct Out(String);

/// How far the work on a target is, for `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Initial,
    Translated,
    Reviewed,
    Final,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Translated => "translated",
            Self::Reviewed => "reviewed",
            Self::Final => "final",
        }
    }
}

/// Writes the file. `state` tells how far the target of a unit is, if it has one.
pub(super) fn file(origin: &Origin, units: &[Unit], state: impl Fn(&Unit) -> State) -> String {
    let mut out = Out(String::new());
    let (source, target) = (&origin.source_language, &origin.target_language);
    out.line(0, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    out.line(0, &format!("<xliff xmlns=\"{CORE}\" xmlns:mda=\"{METADATA}\" version=\"2.1\" srcLang=\"{source}\" trgLang=\"{target}\">"));
    let directions = format!("srcDir=\"{}\" trgDir=\"{}\"", source.direction().as_str(), target.direction().as_str());
    out.line(1, &format!("<file id=\"text\" original=\"{}\" {directions} xml:space=\"preserve\">", origin.article));
    out.line(2, "<mda:metadata>");
    out.line(3, &format!("<mda:metaGroup category=\"{CATEGORY}\">"));
    for (name, value) in origin.metadata() {
        out.line(4, &format!("<mda:meta type=\"{name}\">{value}</mda:meta>"));
    }
    out.line(3, "</mda:metaGroup>");
    out.line(2, "</mda:metadata>");
    out.line(2, "<notes>");
    out.line(3, &format!("<note category=\"{CATEGORY}\">{}</note>", origin.note()));
    out.line(2, "</notes>");
    for unit in units {
        out.unit(unit, state(unit));
    }
    out.line(1, "</file>");
    out.line(0, "</xliff>");
    out.0
}

impl Out {
    fn line(&mut self, depth: usize, text: &str) {
        self.0.push_str(&"  ".repeat(depth));
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn unit(&mut self, unit: &Unit, state: State) {
        self.line(2, &format!("<unit id=\"{}\" type=\"{CATEGORY}:{}\">", unit.id, unit.kind.replace('.', "-")));
        let data = data(&unit.codes);
        if !data.is_empty() {
            self.line(3, "<originalData>");
            for (i, text) in data.iter().enumerate() {
                let _ = write!(self.0, "        <data id=\"{}\">", data_id(i));
                self.text(text);
                self.0.push_str("</data>\n");
            }
            self.line(3, "</originalData>");
        }
        let data: HashMap<String, usize> = data.into_iter().enumerate().map(|(i, text)| (text, i)).collect();
        let state = if unit.target.is_none() { State::Initial } else { state };
        self.line(3, &format!("<segment state=\"{}\">", state.as_str()));
        self.side("source", unit, &data, &unit.source);
        if let Some(target) = &unit.target {
            self.side("target", unit, &data, target);
        }
        self.line(3, "</segment>");
        self.line(2, "</unit>");
    }

    fn side(&mut self, name: &str, unit: &Unit, data: &HashMap<String, usize>, pieces: &[Piece]) {
        let _ = write!(self.0, "        <{name}>");
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.text(text),
                Piece::Void(code) => self.code("ph", "/>", unit, data, *code),
                Piece::Open(code) => {
                    self.code("pc", ">", unit, data, *code);
                    if is_kept(unit, *code) {
                        let _ = write!(self.0, "<mrk id=\"{}m\" translate=\"no\">", code_id(*code));
                    }
                }
                Piece::Close(code) => self.0.push_str(if is_kept(unit, *code) { "</mrk></pc>" } else { "</pc>" }),
            }
        }
        let _ = writeln!(self.0, "</{name}>");
    }

    fn code(&mut self, element: &str, end: &str, unit: &Unit, data: &HashMap<String, usize>, number: usize) {
        let Some(code) = unit.codes.get(number) else { return };
        let _ = write!(self.0, "<{element} id=\"{}\"", code_id(number));
        let (kind, sub) = kind(&code.meaning);
        let _ = write!(self.0, " type=\"{kind}\"");
        if !sub.is_empty() {
            let _ = write!(self.0, " subType=\"{sub}\"");
        }
        if !can_delete(unit, code) {
            self.0.push_str(" canDelete=\"no\"");
        }
        let (start, finish) = original(&code.meaning);
        let id = |text: &str| data.get(text).copied().map(data_id).unwrap_or_default();
        if finish.is_empty() {
            let _ = write!(self.0, " dataRef=\"{}\"", id(&start));
        } else {
            let _ = write!(self.0, " dataRefStart=\"{}\" dataRefEnd=\"{}\"", id(&start), id(finish));
        }
        self.0.push_str(end);
    }

    /// Text, with what XML cannot hold as `cp` elements. A carriage return is written as a reference, or it would be read as a line feed.
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '\r' => self.0.push_str("&#xD;"),
                c if is_legal(c) => self.0.push(c),
                c => {
                    let _ = write!(self.0, "<cp hex=\"{:04X}\"/>", u32::from(c));
                }
            }
        }
    }
}

/// The id of a code in its unit.
pub(super) fn code_id(number: usize) -> String {
    format!("{}", number + 1)
}

/// The id of original data in its unit.
pub(super) fn data_id(number: usize) -> String {
    format!("d{}", number + 1)
}

/// The original data of the codes, each text once, in the order of their ids.
pub(super) fn data(codes: &[Code]) -> Vec<String> {
    let mut data: Vec<String> = vec![];
    let mut seen = HashSet::new();
    for code in codes {
        let (start, end) = original(&code.meaning);
        for text in [start, end.to_owned()] {
            if !text.is_empty() && seen.insert(text.clone()) {
                data.push(text);
            }
        }
    }
    data
}

/// Whether a translation may do without it: a link that is there is to stay.
pub(super) fn can_delete(unit: &Unit, code: &Code) -> bool {
    let is_there = code.in_source.is_some() && (unit.target.is_none() || code.in_target.is_some());
    !(code.meaning.is_link() && is_there)
}

/// Whether the text within is to stay as it is.
fn is_kept(unit: &Unit, code: usize) -> bool {
    unit.codes.get(code).is_some_and(|code| matches!(&code.meaning, Meaning::Definition(MarkDef::Language(mark)) if mark.translate == Some(false)))
}

const fn kind(meaning: &Meaning) -> (&'static str, &'static str) {
    match meaning {
        Meaning::LineBreak => ("fmt", "xlf:lb"),
        Meaning::Decorator(Decorator::Strong) => ("fmt", "xlf:b"),
        Meaning::Decorator(Decorator::Em) => ("fmt", "xlf:i"),
        Meaning::Decorator(Decorator::Underline) => ("fmt", "xlf:u"),
        Meaning::Decorator(Decorator::StrikeThrough) => ("fmt", "newsroom:strike-through"),
        Meaning::Decorator(Decorator::Code) => ("fmt", "newsroom:code"),
        Meaning::Decorator(Decorator::Sub) => ("fmt", "newsroom:sub"),
        Meaning::Decorator(Decorator::Sup) => ("fmt", "newsroom:sup"),
        Meaning::Definition(MarkDef::Link(_)) => ("link", ""),
        Meaning::Definition(MarkDef::InternalLink(_)) => ("link", "newsroom:article"),
        Meaning::Definition(MarkDef::Language(_)) => ("other", "newsroom:language"),
    }
}

/// What a code stands for, as HTML: for people, and for the previews of their tools.
pub(super) fn original(meaning: &Meaning) -> (String, &'static str) {
    let plain = |start: &str, end| (start.to_owned(), end);
    match meaning {
        Meaning::LineBreak => plain("<br>", ""),
        Meaning::Decorator(Decorator::Strong) => plain("<strong>", "</strong>"),
        Meaning::Decorator(Decorator::Em) => plain("<em>", "</em>"),
        Meaning::Decorator(Decorator::Underline) => plain("<u>", "</u>"),
        Meaning::Decorator(Decorator::StrikeThrough) => plain("<s>", "</s>"),
        Meaning::Decorator(Decorator::Code) => plain("<code>", "</code>"),
        Meaning::Decorator(Decorator::Sub) => plain("<sub>", "</sub>"),
        Meaning::Decorator(Decorator::Sup) => plain("<sup>", "</sup>"),
        Meaning::Definition(MarkDef::Link(mark)) => (format!("<a href=\"{}\">", mark.href), "</a>"),
        Meaning::Definition(MarkDef::InternalLink(mark)) => {
            let language = mark.language.as_ref().map(|language| format!(" hreflang=\"{language}\"")).unwrap_or_default();
            (format!("<a data-article=\"{}\"{language}>", mark.article), "</a>")
        }
        Meaning::Definition(MarkDef::Language(mark)) => {
            let translate = mark.translate.map(|translate| if translate { " translate=\"yes\"" } else { " translate=\"no\"" }).unwrap_or_default();
            (format!("<span lang=\"{}\"{translate}>", mark.language), "</span>")
        }
    }
}

/// How far the target of a unit is: what the original has changed since is to be looked at again.
pub(super) fn state_of(unit: &Unit, then: Option<&Unit>, reviewed: State) -> State {
    let is_changed = !is_blank(&unit.source) && then.is_none_or(|then| super::content::plain(&then.source) != super::content::plain(&unit.source));
    if is_changed { State::Initial } else { reviewed }
}
