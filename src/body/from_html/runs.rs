//! Runs of text with the same marks, and the block they become.

use super::super::{
    BlockStyle, LanguageMark, LanguageMarkType, LinkMark, LinkMarkType, MAX_MARK_DEFS, Mark, MarkDef, Span, SpanType, TextBlock, TextBlockType,
};
use super::writer::Format;

pub(super) struct Run {
    pub(super) text: String,
    /// Characters of the text.
    pub(super) length: usize,
    pub(super) formats: Vec<Format>,
}

/// Takes these characters off the end, and the runs that become empty.
pub(super) fn trim_end(runs: &mut Vec<Run>, characters: &[char]) {
    while let Some(run) = runs.last_mut() {
        let kept = run.text.trim_end_matches(characters).len();
        run.length -= run.text.get(kept..).map_or(0, |removed| removed.chars().count());
        run.text.truncate(kept);
        if !run.text.is_empty() {
            break;
        }
        runs.pop();
    }
}

/// A paragraph. Keys are made from that of the block.
pub(super) fn text_block(key: &str, runs: Vec<Run>) -> TextBlock {
    let mut mark_defs = Vec::new();
    let mut children = Vec::with_capacity(runs.len());
    for (index, run) in runs.into_iter().enumerate() {
        let marks = run.formats.iter().filter_map(|format| mark(format, key, &mut mark_defs)).collect();
        children.push(Span { kind: SpanType::Span, key: format!("{key}s{index}"), text: run.text, marks });
    }
    TextBlock { kind: TextBlockType::Block, key: key.to_owned(), style: BlockStyle::Normal, list_item: None, level: None, children, mark_defs }
}

/// The mark, with its definition added where there is none yet; `None` where there are too many.
fn mark(format: &Format, base: &str, mark_defs: &mut Vec<MarkDef>) -> Option<Mark> {
    let defined = mark_defs.iter().find(|def| match (format, def) {
        (Format::Link(href), MarkDef::Link(link)) => *href == link.href,
        (Format::Language(language), MarkDef::Language(mark)) => *language == mark.language,
        _ => false,
    });
    if let Some(def) = defined {
        return Some(Mark::Definition(def.key().to_owned()));
    }
    let key = format!("{base}m{}", mark_defs.len());
    let def = match format {
        Format::Decorator(decorator) => return Some(Mark::Decorator(*decorator)),
        Format::Link(href) => MarkDef::Link(LinkMark { kind: LinkMarkType::Link, key: key.clone(), href: href.clone() }),
        Format::Language(language) => {
            MarkDef::Language(LanguageMark { kind: LanguageMarkType::Language, key: key.clone(), language: language.clone(), translate: None })
        }
    };
    if mark_defs.len() >= MAX_MARK_DEFS {
        return None;
    }
    mark_defs.push(def);
    Some(Mark::Definition(key))
}
