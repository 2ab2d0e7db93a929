//! A text in parts, each of which is made, kept and edited as a whole: its fields, and the blocks of its body.

use super::super::text::{SeoText, Text};
use crate::body::{Block, Body};
use crate::error::{Error, Faults, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use uuid::Uuid;

/// What a part is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Content {
    Field(String),
    Block(Box<Block>),
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// `/headline`, `/seo/title`; of a block, `/body/` and its `_key`.
    pub name: String,
    pub content: Content,
}

const FIELDS: [&str; 6] = ["/headline", "/summary", "/dateline", "/byline", "/seo/title", "/seo/description"];

/// The parts of a text that it has, in reading order.
pub fn units(text: &Text) -> Vec<Unit> {
    let fields =
        [Some(&text.headline), text.summary.as_ref(), text.dateline.as_ref(), text.byline.as_ref(), text.seo.title.as_ref(), text.seo.description.as_ref()];
    let fields =
        FIELDS.iter().zip(fields).filter_map(|(name, field)| field.map(|field| Unit { name: (*name).to_owned(), content: Content::Field(field.clone()) }));
    let blocks = text.body.blocks().iter().map(|block| Unit { name: format!("/body/{}", block.key()), content: Content::Block(Box::new(block.clone())) });
    fields.chain(blocks).collect()
}

/// Whether a part is a block.
fn is_block(unit: &Unit) -> bool {
    matches!(unit.content, Content::Block(_))
}

/// The text of these parts.
///
/// # Errors
/// `validation_failed` where a part has become too long.
pub fn assemble(units: Vec<Unit>, authors: Vec<Uuid>) -> Result<Text> {
    let (blocks, fields): (Vec<Unit>, Vec<Unit>) = units.into_iter().partition(is_block);
    let field = |name: &str| {
        fields.iter().find(|unit| unit.name == name).and_then(|unit| match &unit.content {
            Content::Field(text) => Some(text.clone()),
            Content::Block(_) => None,
        })
    };
    let blocks = serde_json::to_value(blocks.into_iter().map(|unit| unit.content).collect::<Vec<_>>()).map_err(Error::internal)?;
    let mut faults = Faults::default();
    let body = Body::parse(&blocks).unwrap_or_else(|found| {
        for fault in found {
            faults.add(format!("/body{}", fault.pointer), fault.code, fault.detail);
        }
        Body::default()
    });
    let text = Text {
        headline: field("/headline").unwrap_or_default(),
        summary: field("/summary"),
        body,
        dateline: field("/dateline"),
        byline: field("/byline"),
        authors,
        seo: SeoText { title: field("/seo/title"), description: field("/seo/description") },
    };
    text.check(&mut faults);
    faults.finish()?;
    Ok(text)
}

/// Tells whether a part is still what it was.
pub fn hash(unit: &Unit) -> String {
    let bytes = serde_json::to_vec(&unit.content).unwrap_or_default();
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A piece of the text of a part.
pub struct Piece<'a> {
    pub text: &'a mut String,
    /// Whether it is in the language of the text, and prose.
    pub prose: bool,
}

/// The texts of a part one after the other, as offsets count them.
pub fn pieces<'a>(content: &'a mut Content, language: &str) -> Vec<Piece<'a>> {
    let prose = |text| Piece { text, prose: true };
    match content {
        Content::Field(text) => vec![prose(text)],
        Content::Block(block) => match &mut **block {
            Block::Text(block) => spans(block, language),
            Block::Image(image) => [Some(&mut image.alt), image.caption.as_mut(), image.credit.as_mut()].into_iter().flatten().map(prose).collect(),
            Block::Embed(embed) => embed.title.iter_mut().map(prose).collect(),
            Block::PullQuote(quote) => [Some(&mut quote.text), quote.attribution.as_mut()].into_iter().flatten().map(prose).collect(),
            Block::FactBox(fact_box) => {
                let content = fact_box.content.iter_mut().flat_map(|block| spans(block, language));
                std::iter::once(Piece { text: &mut fact_box.title, prose: true }).chain(content).collect()
            }
            Block::Break(_) => vec![],
        },
    }
}

/// The spans of a block; those that are code, in another language, or to be left as they are, are no prose.
fn spans<'a>(block: &'a mut crate::body::TextBlock, language: &str) -> Vec<Piece<'a>> {
    use crate::body::{Decorator, Mark, MarkDef};
    let definitions = &block.mark_defs;
    let keeps = |mark: &Mark| match mark {
        Mark::Decorator(decorator) => *decorator == Decorator::Code,
        Mark::Definition(key) => definitions.iter().any(|definition| match definition {
            MarkDef::Language(mark) if mark.key == *key => mark.translate == Some(false) || mark.language != language,
            _ => false,
        }),
    };
    block.children.iter_mut().map(|span| Piece { prose: !span.marks.iter().any(keeps), text: &mut span.text }).collect()
}

/// The plain text of a part, for people.
pub fn plain(unit: &Unit, most: usize) -> String {
    let mut content = unit.content.clone();
    let text = pieces(&mut content, "").into_iter().map(|piece| piece.text.as_str().to_owned()).collect::<Vec<_>>().join(" ");
    text.chars().take(most).collect()
}

/// Puts a word in the place of another in a part: where it stands, or the nearest of its kind. Says where that was; `None` where it is
/// not there any more. Places are characters of the texts one after the other.
pub fn replace_word(unit: &mut Unit, language: &str, at: usize, old: &str, new: &str) -> Option<usize> {
    let length = old.chars().count();
    let mut offset = 0;
    let mut found: Option<(usize, usize, usize)> = None;
    let mut pieces = pieces(&mut unit.content, language);
    for (i, piece) in pieces.iter().enumerate() {
        let letters: Vec<char> = piece.text.chars().collect();
        for place in words(&letters, old) {
            let distance = (offset + place).abs_diff(at);
            if found.is_none_or(|(_, before, _)| distance < before) {
                found = Some((i, distance, place));
            }
        }
        offset += letters.len();
    }
    let (i, _, place) = found?;
    let start: usize = pieces.iter().take(i).map(|piece| piece.text.chars().count()).sum();
    let piece = pieces.get_mut(i)?;
    let before: String = piece.text.chars().take(place).collect();
    let after: String = piece.text.chars().skip(place + length).collect();
    *piece.text = format!("{before}{new}{after}");
    Some(start + place)
}

/// Where a word stands in a text, not in the middle of another.
fn words(letters: &[char], word: &str) -> Vec<usize> {
    let wanted: Vec<char> = word.chars().collect();
    let is_letter = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphabetic());
    let places = letters.windows(wanted.len().max(1)).enumerate().filter(|(_, window)| *window == wanted.as_slice()).map(|(at, _)| at);
    places.filter(|at| !is_letter(at.checked_sub(1)) && !is_letter(Some(at + wanted.len()))).collect()
}
