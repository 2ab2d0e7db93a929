//! What an export is made of: the units of an original and its translation.
//!
//! A plan depends on nothing but two revisions, which never change. So a file needs to say only which revisions it was made from, and an
//! import makes the same plan again: nothing of the structure is taken from the file.

use super::content::{Code, Piece, Side, Writer, is_blank};
use crate::body::{Block, TextBlock};
use crate::translations::Text;

/// Something to translate.
#[derive(Debug)]
pub(super) struct Unit {
    /// Unique in the file: `headline`, `body.b3`, `body.b5.caption`, `target.x1` for what the translation has beyond the original.
    pub id: String,
    /// `paragraph`, `caption`.
    pub kind: &'static str,
    pub codes: Vec<Code>,
    pub source: Vec<Piece>,
    pub target: Option<Vec<Piece>>,
}

/// A block of the original and the one of the translation that stands for it, by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub source: Option<usize>,
    pub target: Option<usize>,
}

/// The units of a text, in the order of the original; what only the translation has comes last.
pub(super) fn units(source: &Text, target: Option<&Text>) -> Vec<Unit> {
    let mut units = vec![];
    let given = target.map(fields);
    for (i, (name, text)) in fields(source).into_iter().enumerate() {
        let translated = given.as_ref().and_then(|fields| fields.get(i)?.1);
        units.extend(plain_unit(name.to_owned(), name, text, translated));
    }
    let blocks = source.body.blocks();
    let translated = target.map(|target| target.body.blocks()).unwrap_or_default();
    for pair in pairs(blocks, translated) {
        let (source, target) = (pair.source.and_then(|i| blocks.get(i)), pair.target.and_then(|i| translated.get(i)));
        block_units(&id_of("", source.map(key), target.map(key)), source, target, &mut units);
    }
    units
}

fn block_units(id: &str, source: Option<&Block>, target: Option<&Block>, units: &mut Vec<Unit>) {
    let Some(block) = source.or(target) else { return };
    if let Block::Text(_) = block {
        units.extend(text_unit(id.to_owned(), text_of(source), text_of(target)));
    }
    for (i, (name, _)) in parts(block).into_iter().enumerate() {
        let part = |block: Option<&Block>| block.and_then(|block| parts(block).get(i).and_then(|(_, text)| text.map(str::to_owned)));
        units.extend(plain_unit(format!("{id}.{name}"), name, part(source).as_deref(), part(target).as_deref()));
    }
    let (facts, translated) = (facts(source), facts(target));
    for pair in fact_pairs(facts, translated) {
        let (source, target) = (pair.source.and_then(|i| facts.get(i)), pair.target.and_then(|i| translated.get(i)));
        let id = id_of(&format!("{id}."), source.map(|fact| fact.key.as_str()), target.map(|fact| fact.key.as_str()));
        units.extend(text_unit(id, source, target));
    }
}

/// The id of the unit of a block, within another or not.
pub(super) fn id_of(within: &str, source: Option<&str>, target: Option<&str>) -> String {
    match (source, target) {
        (Some(key), _) => format!("{within}body.{key}"),
        (None, key) => format!("{within}target.{}", key.unwrap_or_default()),
    }
}

fn plain_unit(id: String, kind: &'static str, source: Option<&str>, target: Option<&str>) -> Option<Unit> {
    let mut codes = vec![];
    let source = Writer::new(&mut codes, Side::Source).plain(source.unwrap_or_default());
    let target = target.map(|target| Writer::new(&mut codes, Side::Target).plain(target));
    unit(Unit { id, kind, codes, source, target })
}

fn text_unit(id: String, source: Option<&TextBlock>, target: Option<&TextBlock>) -> Option<Unit> {
    let kind = source.or(target).map_or("paragraph", kind_of);
    let mut codes = vec![];
    let source = source.map(|block| Writer::new(&mut codes, Side::Source).block(block)).unwrap_or_default();
    let target = target.map(|block| Writer::new(&mut codes, Side::Target).block(block));
    unit(Unit { id, kind, codes, source, target })
}

/// What has nothing to read on either side is no unit.
fn unit(unit: Unit) -> Option<Unit> {
    let is_there = !is_blank(&unit.source) || unit.target.as_deref().is_some_and(|target| !is_blank(target));
    is_there.then_some(unit)
}

fn kind_of(block: &TextBlock) -> &'static str {
    use crate::body::BlockStyle as Style;
    match (block.list_item, block.style) {
        (Some(_), _) => "list-item",
        (None, Style::Normal) => "paragraph",
        (None, Style::H2) => "heading-2",
        (None, Style::H3) => "heading-3",
        (None, Style::H4) => "heading-4",
        (None, Style::Blockquote) => "quotation",
    }
}

/// The texts of a text outside of its body.
pub(super) fn fields(text: &Text) -> [(&'static str, Option<&str>); 5] {
    [
        ("headline", Some(&text.headline)),
        ("summary", text.summary.as_deref()),
        ("dateline", text.dateline.as_deref()),
        ("seo.title", text.seo.title.as_deref()),
        ("seo.description", text.seo.description.as_deref()),
    ]
}

/// The plain texts of a block.
pub(super) fn parts(block: &Block) -> Vec<(&'static str, Option<&str>)> {
    match block {
        Block::Text(_) | Block::Break(_) => vec![],
        Block::Image(image) => vec![("alt", Some(&image.alt)), ("caption", image.caption.as_deref()), ("credit", image.credit.as_deref())],
        Block::Embed(embed) => vec![("title", embed.title.as_deref()), ("provider", embed.provider.as_deref())],
        Block::PullQuote(quote) => vec![("text", Some(&quote.text)), ("attribution", quote.attribution.as_deref())],
        Block::FactBox(fact_box) => vec![("title", Some(&fact_box.title))],
    }
}

fn text_of(block: Option<&Block>) -> Option<&TextBlock> {
    match block {
        Some(Block::Text(block)) => Some(block),
        _ => None,
    }
}

/// The blocks of a fact box.
pub(super) fn facts(block: Option<&Block>) -> &[TextBlock] {
    match block {
        Some(Block::FactBox(fact_box)) => &fact_box.content,
        _ => &[],
    }
}

pub(super) fn key(block: &Block) -> &str {
    match block {
        Block::Text(block) => &block.key,
        Block::Image(block) => &block.key,
        Block::Embed(block) => &block.key,
        Block::PullQuote(block) => &block.key,
        Block::FactBox(block) => &block.key,
        Block::Break(block) => &block.key,
    }
}

/// Which blocks stand for which: those with the same `_key` and of one kind, then those at the same place that are alike.
pub(super) fn pairs(source: &[Block], target: &[Block]) -> Vec<Pair> {
    let same_kind = |a: &Block, b: &Block| std::mem::discriminant(a) == std::mem::discriminant(b);
    let alike = |a: &Block, b: &Block| match (a, b) {
        (Block::Text(a), Block::Text(b)) => are_alike(a, b),
        _ => same_kind(a, b),
    };
    pair(source, target, |a, b| key(a) == key(b) && same_kind(a, b), alike)
}

/// As [`pairs`], within a fact box.
pub(super) fn fact_pairs(source: &[TextBlock], target: &[TextBlock]) -> Vec<Pair> {
    pair(source, target, |a, b| a.key == b.key, are_alike)
}

fn are_alike(a: &TextBlock, b: &TextBlock) -> bool {
    a.style == b.style && a.list_item == b.list_item
}

fn pair<T>(source: &[T], target: &[T], same: impl Fn(&T, &T) -> bool, alike: impl Fn(&T, &T) -> bool) -> Vec<Pair> {
    let mut found: Vec<Option<usize>> = source.iter().map(|block| target.iter().position(|other| same(block, other))).collect();
    for (i, block) in source.iter().enumerate() {
        let is_free = !found.contains(&Some(i));
        if let Some(slot) = found.get_mut(i)
            && slot.is_none()
            && is_free
            && target.get(i).is_some_and(|other| alike(block, other))
        {
            *slot = Some(i);
        }
    }
    let alone = (0..target.len()).filter(|i| !found.contains(&Some(*i))).map(|i| Pair { source: None, target: Some(i) });
    let alone: Vec<Pair> = alone.collect();
    found.into_iter().enumerate().map(|(i, target)| Pair { source: Some(i), target }).chain(alone).collect()
}
