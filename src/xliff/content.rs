//! The text of a unit as XLIFF sees it: pieces of text and codes, and how spans become these and back.

use crate::body::{Mark, MarkDef, Span, SpanType, TextBlock};

/// A piece of a source or target. Numbers are those of the unit's codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Open(usize),
    Close(usize),
    Void(usize),
}

/// An inline code of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub meaning: Meaning,
    /// The `_key` of its definition there, if it has one.
    pub in_source: Option<String>,
    pub in_target: Option<String>,
}

/// What a code does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    LineBreak,
    Decorator(crate::body::Decorator),
    /// Its `_key` is left empty: equal definitions may have several names.
    Definition(MarkDef),
}

impl Meaning {
    pub(super) fn is_link(&self) -> bool {
        matches!(self, Self::Definition(MarkDef::Link(_) | MarkDef::InternalLink(_)))
    }
}

/// Which side of a unit is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Target,
}

/// A definition under another name.
fn renamed(definition: &MarkDef, name: &str) -> MarkDef {
    let mut definition = definition.clone();
    let key = match &mut definition {
        MarkDef::Link(mark) => &mut mark.key,
        MarkDef::InternalLink(mark) => &mut mark.key,
        MarkDef::Language(mark) => &mut mark.key,
    };
    name.clone_into(key);
    definition
}

/// Makes pieces, and the codes that they need.
pub(super) struct Writer<'c> {
    codes: &'c mut Vec<Code>,
    side: Side,
    pieces: Vec<Piece>,
    /// The codes before this one are no line breaks to answer to.
    breaks: usize,
}

impl<'c> Writer<'c> {
    pub(super) const fn new(codes: &'c mut Vec<Code>, side: Side) -> Self {
        Self { codes, side, pieces: vec![], breaks: 0 }
    }

    /// Plain text; line feeds become codes.
    pub(super) fn plain(mut self, text: &str) -> Vec<Piece> {
        self.text(text);
        self.pieces
    }

    /// The spans of a block. A mark stays open from one span to the next as long as the marks before it do.
    pub(super) fn block(mut self, block: &TextBlock) -> Vec<Piece> {
        let mut open: Vec<(usize, &Mark)> = vec![];
        for span in &block.children {
            let common = open.iter().zip(&span.marks).take_while(|((_, mark), other)| *mark == *other).count();
            self.close(&mut open, common);
            for mark in span.marks.iter().skip(common) {
                let Some((meaning, key)) = meaning(mark, &block.mark_defs) else { continue };
                let code = self.code(meaning, key);
                self.pieces.push(Piece::Open(code));
                open.push((code, mark));
            }
            self.text(&span.text);
        }
        self.close(&mut open, 0);
        self.pieces
    }

    fn close(&mut self, open: &mut Vec<(usize, &Mark)>, left: usize) {
        while open.len() > left {
            if let Some((code, _)) = open.pop() {
                self.pieces.push(Piece::Close(code));
            }
        }
    }

    fn text(&mut self, text: &str) {
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                let code = self.code(Meaning::LineBreak, String::new());
                self.pieces.push(Piece::Void(code));
            }
            push_text(&mut self.pieces, line);
        }
    }

    /// A new code, or the one of the source that it answers to.
    fn code(&mut self, meaning: Meaning, key: String) -> usize {
        if self.side == Side::Source {
            self.codes.push(Code { meaning, in_source: Some(key), in_target: None });
            return self.codes.len() - 1;
        }
        // There may be very many line breaks, and they come in order.
        let is_break = meaning == Meaning::LineBreak;
        let start = if is_break { self.breaks } else { 0 };
        let mut codes = self.codes.iter_mut().enumerate().skip(start);
        let answered = codes.find(|(_, code)| code.in_target.is_none() && code.meaning == meaning);
        let found = answered.map(|(i, code)| {
            code.in_target = Some(key.clone());
            i
        });
        if is_break {
            self.breaks = found.map_or(self.codes.len(), |i| i + 1);
        }
        if let Some(i) = found {
            return i;
        }
        self.codes.push(Code { meaning, in_source: None, in_target: Some(key) });
        self.codes.len() - 1
    }
}

fn meaning(mark: &Mark, definitions: &[MarkDef]) -> Option<(Meaning, String)> {
    match mark {
        Mark::Decorator(decorator) => Some((Meaning::Decorator(*decorator), String::new())),
        Mark::Definition(key) => {
            let definition = definitions.iter().find(|definition| definition.key() == key)?;
            Some((Meaning::Definition(renamed(definition, "")), key.clone()))
        }
    }
}

/// Adds text, to the text before it if there is some.
pub(super) fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// Whether there is nothing to read.
pub(super) fn is_blank(pieces: &[Piece]) -> bool {
    pieces.iter().all(|piece| !matches!(piece, Piece::Text(text) if !text.trim().is_empty()))
}

/// The text without its codes.
pub(super) fn plain(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Void(_) => text.push('\n'),
            Piece::Open(_) | Piece::Close(_) => {}
        }
    }
    text
}

/// The block with another text: the spans made anew, their names and those of the definitions kept where they can be.
pub(super) fn rewrite(block: &TextBlock, side: Side, codes: &[Code], pieces: &[Piece]) -> TextBlock {
    let mut rewritten = TextBlock { children: vec![], ..block.clone() };
    let mut names: Vec<String> = block.children.iter().map(|span| span.key.clone()).collect();
    let mut open: Vec<usize> = vec![];
    for piece in pieces {
        match piece {
            Piece::Open(code) => open.push(*code),
            Piece::Close(_) => {
                open.pop();
            }
            Piece::Text(text) => push_span(&mut rewritten, side, codes, &open, text, &mut names),
            Piece::Void(_) => push_span(&mut rewritten, side, codes, &open, "\n", &mut names),
        }
    }
    if rewritten.children.is_empty() {
        push_span(&mut rewritten, side, codes, &[], "", &mut names);
    }
    let uses =
        |block: &TextBlock, key: &str| block.children.iter().any(|span| span.marks.iter().any(|mark| matches!(mark, Mark::Definition(name) if name == key)));
    let gone = |definition: &MarkDef| uses(block, definition.key()) && !uses(&rewritten, definition.key());
    let kept = rewritten.mark_defs.iter().filter(|definition| !gone(definition)).cloned().collect();
    rewritten.mark_defs = kept;
    rewritten
}

fn push_span(block: &mut TextBlock, side: Side, codes: &[Code], open: &[usize], text: &str, names: &mut Vec<String>) {
    let mut marks: Vec<Mark> = vec![];
    for code in open.iter().filter_map(|code| codes.get(*code)) {
        let mark = match &code.meaning {
            Meaning::LineBreak => continue,
            Meaning::Decorator(decorator) => Mark::Decorator(*decorator),
            Meaning::Definition(definition) => {
                let known = if side == Side::Source { &code.in_source } else { &code.in_target };
                let known = known.clone().filter(|key| block.mark_defs.iter().any(|other| other.key() == key));
                Mark::Definition(known.unwrap_or_else(|| name_of(block, definition, code.in_source.as_deref())))
            }
        };
        if !marks.contains(&mark) {
            marks.push(mark);
        }
    }
    if let Some(last) = block.children.last_mut()
        && last.marks == marks
    {
        last.text.push_str(text);
        return;
    }
    let n = block.children.len();
    while names.len() <= n {
        let fresh = fresh_name(&format!("s{}", names.len()), |name| names.iter().any(|other| other == name));
        names.push(fresh);
    }
    let key = names.get(n).cloned().unwrap_or_default();
    block.children.push(Span { kind: SpanType::Span, key, text: text.to_owned(), marks });
}

/// The name of a definition in a block, which is given one if it has none.
fn name_of(block: &mut TextBlock, definition: &MarkDef, wanted: Option<&str>) -> String {
    if let Some(known) = block.mark_defs.iter().find(|other| renamed(other, "") == *definition) {
        return known.key().to_owned();
    }
    let name = fresh_name(wanted.filter(|name| !name.is_empty()).unwrap_or("m0"), |name| block.mark_defs.iter().any(|other| other.key() == name));
    block.mark_defs.push(renamed(definition, &name));
    name
}

/// The name, or one made of it that is free. Names have 64 characters at most.
pub(super) fn fresh_name(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let base: String = wanted.chars().take(56).collect();
    let numbered = (1..).map(|number: u32| format!("{base}x{number}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(base)
}
