//! A text in parts, each of which is made, kept and edited as a whole: its fields, and the blocks of its body.

use super::super::text::{SeoText, Text};
use crate::body::{Block, Body, Decorator, Mark, MarkDef, TextBlock};
use crate::error::{Error, Faults, Result};
use crate::language::Tag;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
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

/// What every part of a text is, to tell later whether it is still that.
pub fn hashes(text: &Text) -> BTreeMap<String, String> {
    units(text).iter().map(|unit| (unit.name.clone(), hash(unit))).collect()
}

/// Whether a part is as it was made, words that people corrected among it.
pub fn is_as_made(made: &BTreeMap<String, String>, unit: &Unit) -> bool {
    made.get(&unit.name).is_some_and(|noted| noted.split(' ').next() == Some(hash(unit).as_str()))
}

/// Notes a part in which somebody has corrected a word: until another person has reviewed it, it is not as the rules made it.
pub fn note_corrected(made: &mut BTreeMap<String, String>, unit: &Unit, by: Uuid) {
    let people = made.get(&unit.name).and_then(|noted| noted.split_once(' ')).map_or_else(String::new, |(_, people)| format!("{people} "));
    made.insert(unit.name.clone(), format!("{} {people}{by}", hash(unit)));
}

/// Whether somebody has corrected words that nobody has reviewed since.
pub fn has_corrected(made: &BTreeMap<String, String>, who: Uuid) -> bool {
    let who = who.to_string();
    made.values().any(|noted| noted.split(' ').skip(1).any(|by| by == who))
}

/// Notes that the corrections were reviewed.
pub fn note_reviewed(made: &mut BTreeMap<String, String>) {
    for noted in made.values_mut() {
        noted.truncate(noted.find(' ').unwrap_or(noted.len()));
    }
}

/// A piece of the text of a part.
pub struct Piece<'a> {
    pub text: &'a mut String,
    /// Whether it is in the language of the text, and prose.
    pub prose: bool,
    /// The paragraph of the part that it is in.
    paragraph: usize,
}

impl Piece<'_> {
    /// Whether words may go on from one piece into the next.
    pub fn goes_on(&self, next: &Self) -> bool {
        self.paragraph == next.paragraph && self.prose == next.prose
    }
}

/// The texts of a part one after the other, as offsets count them.
pub fn pieces<'a>(content: &'a mut Content, language: &str) -> Vec<Piece<'a>> {
    let language = Tag::parse(language).ok();
    let prose = |(paragraph, text)| Piece { text, prose: true, paragraph };
    match content {
        Content::Field(text) => vec![prose((0, text))],
        Content::Block(block) => match &mut **block {
            Block::Text(block) => spans(block, 0, language.as_ref()),
            Block::Image(image) => [Some(&mut image.alt), image.caption.as_mut(), image.credit.as_mut()].into_iter().flatten().enumerate().map(prose).collect(),
            Block::Embed(embed) => embed.title.iter_mut().enumerate().map(prose).collect(),
            Block::PullQuote(quote) => [Some(&mut quote.text), quote.attribution.as_mut()].into_iter().flatten().enumerate().map(prose).collect(),
            Block::FactBox(fact_box) => {
                let content = fact_box.content.iter_mut().enumerate().flat_map(|(i, block)| spans(block, i + 1, language.as_ref()));
                std::iter::once(prose((0, &mut fact_box.title))).chain(content).collect()
            }
            Block::Break(_) => vec![],
        },
    }
}

/// The spans of a block; those that are code, in another language, or to be left as they are, are no prose.
fn spans<'a>(block: &'a mut TextBlock, paragraph: usize, language: Option<&Tag>) -> Vec<Piece<'a>> {
    let definitions = &block.mark_defs;
    let keeps = |mark: &Mark| match mark {
        Mark::Decorator(decorator) => *decorator == Decorator::Code,
        Mark::Definition(key) => definitions.iter().any(|definition| match definition {
            MarkDef::Language(mark) if mark.key == *key => mark.translate == Some(false) || Tag::parse(&mark.language).ok().as_ref() != language,
            _ => false,
        }),
    };
    block.children.iter_mut().map(|span| Piece { prose: !span.marks.iter().any(keeps), text: &mut span.text, paragraph }).collect()
}

/// The plain text of a part, for people.
pub fn plain(unit: &Unit, most: usize) -> String {
    let mut content = unit.content.clone();
    let text = pieces(&mut content, "").into_iter().map(|piece| piece.text.as_str().to_owned()).collect::<Vec<_>>().join(" ");
    text.chars().take(most).collect()
}

/// Puts a word in the place of another in the prose of a part: where it stands, or the nearest of its kind. Says where that was; `None`
/// where it is not there any more. Places are characters of the texts one after the other.
pub fn replace_word(unit: &mut Unit, language: &str, at: usize, old: &str, new: &str) -> Option<usize> {
    let mut pieces = pieces(&mut unit.content, language);
    let (mut offset, mut places) = (0, vec![]);
    for run in pieces.chunk_by(Piece::goes_on) {
        let letters: Vec<char> = run.iter().flat_map(|piece| piece.text.chars()).collect();
        if run.first().is_some_and(|piece| piece.prose) {
            places.extend(words(&letters, old).into_iter().map(|place| offset + place));
        }
        offset += letters.len();
    }
    let place = places.into_iter().min_by_key(|place| place.abs_diff(at))?;
    let end = place + old.chars().count();
    let (mut start, mut letters) = (0, new.chars());
    for piece in &mut pieces {
        let length = piece.text.chars().count();
        let (from, to) = (place.max(start), end.min(start + length));
        if from < to {
            // Of a word in several spans, each keeps as many letters as it had, and the last one takes what is left.
            let count = if to == end { usize::MAX } else { to - from };
            let before = piece.text.chars().take(from - start);
            *piece.text = before.chain(letters.by_ref().take(count)).chain(piece.text.chars().skip(to - start)).collect();
        }
        start += length;
    }
    Some(place)
}

/// Where a word stands in a text, not in the middle of another.
fn words(letters: &[char], word: &str) -> Vec<usize> {
    let wanted: Vec<char> = word.chars().collect();
    let is_letter = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphabetic());
    let places = letters.windows(wanted.len().max(1)).enumerate().filter(|(_, window)| *window == wanted.as_slice()).map(|(at, _)| at);
    places.filter(|at| !is_letter(at.checked_sub(1)) && !is_letter(Some(at + wanted.len()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn unit(spans: &[(&str, &[&str])]) -> Unit {
        let spans: Vec<_> = spans.iter().map(|(text, marks)| json!({"_type": "span", "text": text, "marks": marks})).collect();
        let definitions = json!([{"_type": "language", "_key": "ru", "language": "ru"}, {"_type": "language", "_key": "uz", "language": "uz-cyrl"}]);
        let body = Body::parse(&json!([{"_type": "block", "_key": "b", "markDefs": definitions, "children": spans}])).unwrap();
        Unit { name: "/body/b".to_owned(), content: Content::Block(Box::new(body.blocks()[0].clone())) }
    }

    fn texts(mut unit: Unit) -> Vec<String> {
        pieces(&mut unit.content, "uz-Cyrl").into_iter().map(|piece| piece.text.clone()).collect()
    }

    #[test]
    fn words_are_replaced_in_prose_alone() {
        let mut part = unit(&[("акция ", &["code"]), ("акция ", &["ru"]), ("акция ", &["uz"]), ("ак", &["strong"]), ("ция", &[])]);
        assert_eq!(replace_word(&mut part, "uz-Cyrl", 0, "акция", "аксия"), Some(12));
        assert_eq!(replace_word(&mut part, "uz-Cyrl", 0, "акция", "аксиялар"), Some(18));
        assert_eq!(replace_word(&mut part, "uz-Cyrl", 0, "акция", "аксия"), None);
        assert_eq!(texts(part), ["акция ", "акция ", "аксия ", "ак", "сиялар"]);
    }

    #[test]
    fn a_corrected_part_is_a_persons_until_it_was_reviewed() {
        let (part, one, other) = (unit(&[("акция", &[])]), Uuid::from_u128(1), Uuid::from_u128(2));
        let mut made = BTreeMap::from([(part.name.clone(), hash(&part))]);
        note_corrected(&mut made, &part, one);
        note_corrected(&mut made, &part, other);
        assert!(is_as_made(&made, &part) && made.get(&part.name) != Some(&hash(&part)));
        assert!(has_corrected(&made, one) && has_corrected(&made, other) && !has_corrected(&made, Uuid::nil()));
        note_reviewed(&mut made);
        assert!(!has_corrected(&made, one) && made.get(&part.name) == Some(&hash(&part)));
    }
}
