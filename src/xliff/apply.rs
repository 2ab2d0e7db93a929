//! The targets of a file put into a text.

use super::codes::resolve;
use super::content::{Piece, Side, fresh_name, is_blank, plain, rewrite};
use super::plan::{self, Pair, Unit, fact_pairs, facts, id_of, pairs, parts};
use super::read::{Document, FoundUnit};
use super::report::Report;
use super::xml::short;
use crate::body::{Block, Body, TextBlock};
use crate::error::Faults;
use crate::translations::Text;
use std::collections::{HashMap, HashSet};

/// What a file makes of a text.
pub(super) struct Job<'a> {
    pub source: &'a Text,
    pub target: Option<&'a Text>,
    /// Whether what is not finished keeps what it has, or is left out.
    pub partial: bool,
}

/// What a file says of the units of a plan.
struct Said<'a> {
    document: &'a Document,
    found: HashMap<&'a str, &'a FoundUnit>,
    units: HashMap<&'a str, &'a Unit>,
    /// Of the units that are finished.
    targets: HashMap<&'a str, Vec<Piece>>,
}

impl Said<'_> {
    fn add(&self, report: &mut Report, id: &str, code: &'static str, detail: &str) {
        match self.found.get(id) {
            Some(unit) => report.add(&unit.path, unit.offset, code, detail),
            None => report.add(&self.document.path, self.document.offset, code, format!("`{id}`: {detail}")),
        }
    }
}

/// The text that the file makes; `base` is the text that there is, or one that says nothing yet. What is wrong goes into the report.
pub(super) fn text(job: &Job<'_>, base: Text, document: &Document, report: &mut Report) -> Text {
    let units = plan::units(job.source, job.target);
    let said = said(&units, document, job.partial, report);
    let mut text = base;
    for (name, _) in plan::fields(job.source) {
        let Some((unit, pieces)) = said.units.get(name).zip(said.targets.get(name)) else { continue };
        if unit.target.as_ref() != Some(pieces) {
            set_field(&mut text, name, plain(pieces));
        }
    }
    text.body = body(job, &said, report);
    let mut faults = Faults::default();
    text.check(&mut faults);
    for fault in faults.finish().err().into_iter().flat_map(|e| e.faults) {
        let id = fault.pointer.unwrap_or_default().trim_start_matches('/').replace('/', ".");
        let is_told = id == "headline" && !said.targets.contains_key("headline") && !job.partial;
        if !is_told {
            said.add(report, &id, "invalid_text", &fault.detail);
        }
    }
    text
}

fn said<'a>(units: &'a [Unit], document: &'a Document, partial: bool, report: &mut Report) -> Said<'a> {
    let mut said = Said { document, found: HashMap::new(), units: units.iter().map(|unit| (unit.id.as_str(), unit)).collect(), targets: HashMap::new() };
    for found in &document.units {
        said.found.entry(&found.id).or_insert(found);
        if !said.units.contains_key(found.id.as_str()) {
            report.add(
                &found.path,
                found.offset,
                "unknown_unit",
                format!("`{}` is not a unit of this text as it was when the file was made", short(&found.id)),
            );
        }
    }
    for unit in units {
        match said.found.get(unit.id.as_str()) {
            Some(found) if found.is_finished => {
                let pieces = resolve(unit, found, report);
                said.targets.insert(&unit.id, pieces);
            }
            _ if partial => {}
            Some(_) => said.add(report, &unit.id, "unfinished", "has no target; translate it, or send the file with `partial=true`"),
            None => said.add(report, &unit.id, "missing_unit", "the unit is not in the file; keep it, or send the file with `partial=true`"),
        }
    }
    said
}

fn set_field(text: &mut Text, name: &str, value: String) {
    let some = |value: String| Some(value).filter(|value| !value.is_empty());
    match name {
        "headline" => text.headline = value,
        "summary" => text.summary = some(value),
        "dateline" => text.dateline = some(value),
        "seo.title" => text.seo.title = some(value),
        "seo.description" => text.seo.description = some(value),
        _ => {}
    }
}

fn set_part(block: &mut Block, name: &str, value: String) {
    let some = |value: String| Some(value).filter(|value| !value.is_empty());
    match (block, name) {
        (Block::Image(image), "alt") => image.alt = value,
        (Block::Image(image), "caption") => image.caption = some(value),
        (Block::Image(image), "credit") => image.credit = some(value),
        (Block::Embed(embed), "title") => embed.title = some(value),
        (Block::Embed(embed), "provider") => embed.provider = some(value),
        (Block::PullQuote(quote), "text") => quote.text = value,
        (Block::PullQuote(quote), "attribution") => quote.attribution = some(value),
        (Block::FactBox(fact_box), "title") => fact_box.title = value,
        _ => {}
    }
}

fn body(job: &Job<'_>, said: &Said<'_>, report: &mut Report) -> Body {
    let source = job.source.body.blocks();
    let target = job.target.map(|target| target.body.blocks());
    let pairs = pairs(source, target.unwrap_or_default());
    let blocks = merge(source, target, &pairs, |source, target| {
        let id = id_of("", source.map(plan::key), target.map(plan::key));
        let within = |unit: &&str| unit.strip_prefix(id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let first = said.units.keys().copied().filter(within).min();
        let block = said.block(&id, source, target);
        if let Some(Err(faults)) = block.as_ref().map(|block| Body::parse(&serde_json::json!([block]))) {
            for fault in faults {
                said.add(report, first.unwrap_or(&id), fault.code, &format!("{} (at {})", fault.detail, fault.pointer));
            }
        }
        Built { block, is_work: first.is_some() }
    });
    let is_fine = report.faults.is_empty();
    let body = serde_json::to_value(blocks).map_or_else(|_| Ok(Body::default()), |value| Body::parse(&value));
    body.unwrap_or_else(|faults| {
        for fault in faults.into_iter().filter(|_| is_fine) {
            report.add(&said.document.path, said.document.offset, fault.code, format!("the body {} (at {})", fault.detail, fault.pointer));
        }
        Body::default()
    })
}

impl Said<'_> {
    /// A block of the new text; `None` where there is none to be.
    fn block(&self, id: &str, source: Option<&Block>, target: Option<&Block>) -> Option<Block> {
        let text_of = |block: Option<&'_ Block>| match block {
            Some(Block::Text(block)) => Some(block.clone()),
            _ => None,
        };
        let mut block = target.or(source)?.clone();
        if let Block::Text(_) = block {
            return self.text_block(id, text_of(source).as_ref(), text_of(target).as_ref()).map(Block::Text);
        }
        let names: Vec<&str> = parts(&block).into_iter().map(|(name, _)| name).collect();
        for name in names {
            let id = format!("{id}.{name}");
            let Some(unit) = self.units.get(id.as_str()) else { continue };
            match self.targets.get(id.as_str()) {
                Some(pieces) if unit.target.as_ref() != Some(pieces) => set_part(&mut block, name, plain(pieces)),
                None if target.is_none() => return None,
                _ => {}
            }
        }
        if let Block::FactBox(fact_box) = &mut block {
            fact_box.content = self.facts(id, facts(source), target.map(|target| facts(Some(target))));
            if fact_box.content.is_empty() && target.is_none() {
                return None;
            }
        }
        Some(block)
    }

    fn facts(&self, id: &str, source: &[TextBlock], target: Option<&[TextBlock]>) -> Vec<TextBlock> {
        let pairs = fact_pairs(source, target.unwrap_or_default());
        merge(source, target, &pairs, |source, target| {
            let id = id_of(&format!("{id}."), source.map(|block| block.key.as_str()), target.map(|block| block.key.as_str()));
            Built { block: self.text_block(&id, source, target), is_work: self.units.contains_key(id.as_str()) }
        })
    }

    fn text_block(&self, id: &str, source: Option<&TextBlock>, target: Option<&TextBlock>) -> Option<TextBlock> {
        let base = target.or(source)?;
        let Some(unit) = self.units.get(id) else { return Some(base.clone()) };
        let Some(pieces) = self.targets.get(id) else { return target.cloned() };
        if pieces == unit.target.as_ref().unwrap_or(&unit.source) {
            return Some(base.clone());
        }
        // Who empties what only the translation has wants it gone.
        if source.is_none() && is_blank(pieces) {
            return None;
        }
        let side = if target.is_some() { Side::Target } else { Side::Source };
        Some(rewrite(base, side, &unit.codes, pieces))
    }
}

/// A block of the new text, and whether there was something to translate in it.
struct Built<T> {
    block: Option<T>,
    is_work: bool,
}

/// What has a name among those beside it.
trait Keyed {
    fn key_mut(&mut self) -> &mut String;
}

impl Keyed for TextBlock {
    fn key_mut(&mut self) -> &mut String {
        &mut self.key
    }
}

impl Keyed for Block {
    fn key_mut(&mut self) -> &mut String {
        match self {
            Self::Text(block) => &mut block.key,
            Self::Image(block) => &mut block.key,
            Self::Embed(block) => &mut block.key,
            Self::PullQuote(block) => &mut block.key,
            Self::FactBox(block) => &mut block.key,
            Self::Break(block) => &mut block.key,
        }
    }
}

/// The blocks of the new text: those of the translation in their order, and what is new after the block that stands before it in the original.
/// A text that is new has the order of the original.
fn merge<T: Keyed + Clone>(source: &[T], target: Option<&[T]>, pairs: &[Pair], mut build: impl FnMut(Option<&T>, Option<&T>) -> Built<T>) -> Vec<T> {
    let mut build = |pair: &Pair| build(pair.source.and_then(|i| source.get(i)), pair.target.and_then(|i| target?.get(i)));
    let Some(target) = target else { return pairs.iter().filter_map(|pair| build(pair).block).collect() };
    let mut present: Vec<&Pair> = pairs.iter().filter(|pair| pair.target.is_some()).collect();
    present.sort_by_key(|pair| pair.target);
    let mut out: Vec<(Option<usize>, T)> = present.into_iter().filter_map(|pair| build(pair).block.map(|block| (pair.source, block))).collect();
    let mut names: HashSet<String> = target.iter().cloned().map(|mut block| std::mem::take(block.key_mut())).collect();
    for pair in pairs.iter().filter(|pair| pair.target.is_none()) {
        let Built { block: Some(mut block), is_work: true } = build(pair) else { continue };
        let name = fresh_name(block.key_mut(), |name| names.contains(name));
        names.insert(name.clone());
        *block.key_mut() = name;
        let before = out.iter().enumerate().filter(|(_, (place, _))| *place < pair.source && place.is_some()).max_by_key(|(_, (place, _))| *place);
        let at = before.map_or(0, |(i, _)| i + 1);
        out.insert(at, (pair.source, block));
    }
    out.into_iter().map(|(_, block)| block).collect()
}
