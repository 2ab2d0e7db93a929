//! Portable Text from JSON: everything that is not right is found in one go, with its place.

mod reader;

use std::collections::HashSet;

use serde_json::Value;
use uuid::Uuid;

use self::reader::{At, Object, Range, Reader, shown};
use super::{
    Block, BlockStyle, BreakBlock, BreakBlockType, Decorator, EmbedBlock, EmbedBlockType, FactBoxBlock, FactBoxBlockType, Fault, ImageBlock, ImageBlockType,
    InternalLinkMark, InternalLinkMarkType, LanguageMark, LanguageMarkType, LinkMark, LinkMarkType, ListKind, MAX_BLOCKS, MAX_LEVEL, MAX_MARK_DEFS, MAX_MARKS,
    MAX_SHORT_TEXT, MAX_SPAN_TEXT, MAX_SPANS, MAX_TEXT, Mark, MarkDef, PullQuoteBlock, PullQuoteBlockType, Span, SpanType, TextBlock, TextBlockType, tags,
    urls,
};
use crate::language::Tag;

const STYLES: &[(&str, BlockStyle)] =
    &[("normal", BlockStyle::Normal), ("h2", BlockStyle::H2), ("h3", BlockStyle::H3), ("h4", BlockStyle::H4), ("blockquote", BlockStyle::Blockquote)];
const LISTS: &[(&str, ListKind)] = &[("bullet", ListKind::Bullet), ("number", ListKind::Number)];

/// Reads the blocks of a body; see `Body::parse`.
pub(super) fn body(value: &Value) -> Result<Vec<Block>, Vec<Fault>> {
    let mut reader = Reader::default();
    let at = At::ROOT;
    let items = reader.items(value, &at, Range { min: 0, max: MAX_BLOCKS });
    let keys = reader.keys(items, &at, "b");
    let mut blocks = Vec::with_capacity(items.len());
    for (index, (item, key)) in items.iter().zip(keys).enumerate() {
        blocks.extend(block(&mut reader, item, &at.item(index), key, &format!("b{index}")));
    }
    if reader.characters > MAX_TEXT {
        let detail = format!("has {} characters; at most {MAX_TEXT} are allowed", reader.characters);
        reader.fault(&at, "too_long", detail);
    }
    reader.finish(blocks)
}

/// `base` is what keys made within the block begin with.
fn block(reader: &mut Reader, value: &Value, at: &At<'_>, key: String, base: &str) -> Option<Block> {
    let object = reader.object(value, at)?;
    match reader.kind(object)? {
        "block" => text_block(reader, object, key, base).map(Block::Text),
        "image" => image(reader, object, key).map(Block::Image),
        "embed" => embed(reader, object, key).map(Block::Embed),
        "pull_quote" => pull_quote(reader, object, key).map(Block::PullQuote),
        "fact_box" => fact_box(reader, object, key, base).map(Block::FactBox),
        "break" => {
            reader.only(object, &["_type", "_key"]);
            Some(Block::Break(BreakBlock { kind: BreakBlockType::Break, key }))
        }
        other => {
            reader.unknown_kind(object, other, "block, image, embed, pull_quote, fact_box or break");
            None
        }
    }
}

fn image(reader: &mut Reader, object: Object<'_, '_>, key: String) -> Option<ImageBlock> {
    reader.only(object, &["_type", "_key", "url", "alt", "caption", "credit"]);
    let url = url(reader, object, "url", urls::IMAGE);
    let alt = reader.text(object, "alt", Range { min: 0, max: MAX_SHORT_TEXT });
    let caption = reader.optional_text(object, "caption", MAX_SHORT_TEXT);
    let credit = reader.optional_text(object, "credit", MAX_SHORT_TEXT);
    Some(ImageBlock { kind: ImageBlockType::Image, key, url: url?, alt: alt?, caption, credit })
}

fn embed(reader: &mut Reader, object: Object<'_, '_>, key: String) -> Option<EmbedBlock> {
    reader.only(object, &["_type", "_key", "url", "title", "provider"]);
    let url = url(reader, object, "url", urls::EMBED);
    let title = reader.optional_text(object, "title", MAX_SHORT_TEXT);
    let provider = reader.optional_text(object, "provider", MAX_SHORT_TEXT);
    Some(EmbedBlock { kind: EmbedBlockType::Embed, key, url: url?, title, provider })
}

fn pull_quote(reader: &mut Reader, object: Object<'_, '_>, key: String) -> Option<PullQuoteBlock> {
    reader.only(object, &["_type", "_key", "text", "attribution"]);
    let text = reader.text(object, "text", Range { min: 1, max: MAX_SPAN_TEXT });
    let attribution = reader.optional_text(object, "attribution", MAX_SHORT_TEXT);
    Some(PullQuoteBlock { kind: PullQuoteBlockType::PullQuote, key, text: text?, attribution })
}

fn fact_box(reader: &mut Reader, object: Object<'_, '_>, key: String, base: &str) -> Option<FactBoxBlock> {
    reader.only(object, &["_type", "_key", "title", "content"]);
    let title = reader.text(object, "title", Range { min: 1, max: MAX_SHORT_TEXT });
    let at = object.at.member("content");
    let content = reader.required(object, "content")?;
    let items = reader.items(content, &at, Range { min: 1, max: MAX_BLOCKS });
    let prefix = format!("{base}c");
    let keys = reader.keys(items, &at, &prefix);
    let mut content = Vec::with_capacity(items.len());
    for (index, (item, key)) in items.iter().zip(keys).enumerate() {
        content.extend(fact(reader, item, &at.item(index), key, &format!("{prefix}{index}")));
    }
    Some(FactBoxBlock { kind: FactBoxBlockType::FactBox, key, title: title?, content })
}

/// A block of a fact box.
fn fact(reader: &mut Reader, value: &Value, at: &At<'_>, key: String, base: &str) -> Option<TextBlock> {
    let object = reader.object(value, at)?;
    match reader.kind(object)? {
        "block" => text_block(reader, object, key, base),
        other => {
            reader.unknown_kind(object, other, "block: a fact box holds no other blocks");
            None
        }
    }
}

fn text_block(reader: &mut Reader, object: Object<'_, '_>, key: String, base: &str) -> Option<TextBlock> {
    reader.only(object, &["_type", "_key", "style", "listItem", "level", "children", "markDefs"]);
    let style = reader.choice(object, "style", STYLES).unwrap_or_default();
    let list_item = reader.choice(object, "listItem", LISTS);
    let level = level(reader, object);
    let (mark_defs, names) = mark_defs(reader, object);
    let at = object.at.member("children");
    let children = reader.required(object, "children")?;
    let items = reader.items(children, &at, Range { min: 1, max: MAX_SPANS });
    let keys = reader.keys(items, &at, &format!("{base}s"));
    let mut children = Vec::with_capacity(items.len());
    for (index, (item, key)) in items.iter().zip(keys).enumerate() {
        children.extend(span(reader, item, &at.item(index), key, &names));
    }
    Some(TextBlock { kind: TextBlockType::Block, key, style, list_item, level, children, mark_defs })
}

fn level(reader: &mut Reader, object: Object<'_, '_>) -> Option<u8> {
    let value = Reader::optional(object, "level")?;
    let at = object.at.member("level");
    let Value::Number(number) = value else {
        reader.fault(&at, "wrong_type", "must be a whole number");
        return None;
    };
    let level = number.as_u64().and_then(|level| u8::try_from(level).ok()).filter(|level| (1..=MAX_LEVEL).contains(level));
    if level.is_none() {
        reader.fault(&at, "invalid_level", format!("must be a whole number from 1 to {MAX_LEVEL}"));
    } else if Reader::optional(object, "listItem").is_none() {
        reader.fault(&at, "invalid_level", "is for list items only: give `listItem` as well, or leave it out");
    }
    level
}

/// The definitions, and the keys that spans may use: those of faulty ones as well, so that a fault is told once.
fn mark_defs<'v>(reader: &mut Reader, object: Object<'v, '_>) -> (Vec<MarkDef>, HashSet<&'v str>) {
    let (mut defs, mut names) = (Vec::new(), HashSet::new());
    let Some(value) = Reader::optional(object, "markDefs") else { return (defs, names) };
    let at = object.at.member("markDefs");
    for (index, item) in reader.items(value, &at, Range { min: 0, max: MAX_MARK_DEFS }).iter().enumerate() {
        let here = at.item(index);
        let Some(object) = reader.object(item, &here) else { continue };
        let Some(key) = mark_key(reader, object) else { continue };
        if !names.insert(key) {
            reader.fault(&here.member("_key"), "duplicate_key", format!("`{key}` is the key of a definition before this one"));
        }
        defs.extend(mark_def(reader, object, key.to_owned()));
    }
    (defs, names)
}

fn mark_key<'v>(reader: &mut Reader, object: Object<'v, '_>) -> Option<&'v str> {
    reader.required(object, "_key")?;
    let key = reader.key(object)?;
    if Decorator::from_name(key).is_some() {
        reader.fault(&object.at.member("_key"), "invalid_key", format!("`{key}` is the name of a decorator; use another key"));
    }
    Some(key)
}

fn mark_def(reader: &mut Reader, object: Object<'_, '_>, key: String) -> Option<MarkDef> {
    match reader.kind(object)? {
        "link" => {
            reader.only(object, &["_type", "_key", "href"]);
            let href = url(reader, object, "href", urls::LINK)?;
            Some(MarkDef::Link(LinkMark { kind: LinkMarkType::Link, key, href }))
        }
        "internal_link" => {
            reader.only(object, &["_type", "_key", "article", "language"]);
            let language = Reader::optional(object, "language").and_then(|value| house_tag(reader, value, object));
            let article = article(reader, object)?;
            Some(MarkDef::InternalLink(InternalLinkMark { kind: InternalLinkMarkType::InternalLink, key, article, language }))
        }
        "language" => {
            reader.only(object, &["_type", "_key", "language", "translate"]);
            let translate = translate(reader, object);
            let language = any_tag(reader, object)?;
            Some(MarkDef::Language(LanguageMark { kind: LanguageMarkType::Language, key, language, translate }))
        }
        other => {
            reader.unknown_kind(object, other, "link, internal_link or language");
            None
        }
    }
}

/// Marks with a definition that a span can have.
const MAX_DEFINITIONS: usize = 2;

fn span(reader: &mut Reader, value: &Value, at: &At<'_>, key: String, names: &HashSet<&str>) -> Option<Span> {
    let object = reader.object(value, at)?;
    let kind = reader.kind(object)?;
    if kind != "span" {
        reader.unknown_kind(object, kind, "span");
        return None;
    }
    reader.only(object, &["_type", "_key", "text", "marks"]);
    let text = reader.text(object, "text", Range { min: 0, max: MAX_SPAN_TEXT });
    let marks = marks(reader, object, names);
    Some(Span { kind: SpanType::Span, key, text: text?, marks })
}

fn marks(reader: &mut Reader, object: Object<'_, '_>, names: &HashSet<&str>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let Some(value) = Reader::optional(object, "marks") else { return marks };
    let at = object.at.member("marks");
    for (index, item) in reader.items(value, &at, Range { min: 0, max: MAX_MARKS }).iter().enumerate() {
        let here = at.item(index);
        let Some(name) = reader.string(item, &here) else { continue };
        let mark = match Decorator::from_name(name) {
            Some(decorator) => Mark::Decorator(decorator),
            None if names.contains(name) => Mark::Definition(name.to_owned()),
            None => {
                let detail = format!("`{}` is neither a decorator nor the `_key` of one of the block's `markDefs`", shown(name));
                reader.fault(&here, "unknown_mark", detail);
                continue;
            }
        };
        if marks.contains(&mark) {
            reader.fault(&here, "duplicate_mark", format!("`{name}` is there already"));
        }
        // A link within a link is no HTML, and would be written anew at every span.
        if matches!(mark, Mark::Definition(_)) && marks.iter().filter(|other| matches!(other, Mark::Definition(_))).count() >= MAX_DEFINITIONS {
            reader.fault(&here, "too_many", format!("a span takes {MAX_DEFINITIONS} marks with a definition: a link and a language"));
        }
        marks.push(mark);
    }
    marks
}

fn url(reader: &mut Reader, object: Object<'_, '_>, name: &str, schemes: &[&str]) -> Option<String> {
    let value = reader.required(object, name)?;
    let at = object.at.member(name);
    let text = reader.string(value, &at)?;
    if !urls::is_absolute(text, schemes) {
        let detail = format!("must be an absolute URL ({}) of at most {} characters", schemes.join(", "), urls::MAX_URL);
        reader.fault(&at, "invalid_url", detail);
        return None;
    }
    Some(text.to_owned())
}

fn article(reader: &mut Reader, object: Object<'_, '_>) -> Option<Uuid> {
    let value = reader.required(object, "article")?;
    let at = object.at.member("article");
    let text = reader.string(value, &at)?;
    // The other forms that the parser knows (braces, `urn:uuid:`) are longer or shorter.
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    if id.is_none() {
        reader.fault(&at, "wrong_type", "must be a UUID, the id of an article");
    }
    id
}

/// One of the languages that texts are published in.
fn house_tag(reader: &mut Reader, value: &Value, object: Object<'_, '_>) -> Option<Tag> {
    let at = object.at.member("language");
    let text = reader.string(value, &at)?;
    match Tag::parse(text) {
        Ok(tag) => Some(tag),
        Err(error) => {
            reader.fault(&at, "invalid_language", error.to_string());
            None
        }
    }
}

/// Any language.
fn any_tag(reader: &mut Reader, object: Object<'_, '_>) -> Option<String> {
    let value = reader.required(object, "language")?;
    let at = object.at.member("language");
    let text = reader.string(value, &at)?;
    let tag = tags::canonical(text);
    if tag.is_none() {
        reader.fault(&at, "invalid_language", "must be a BCP 47 language tag such as `ar` or `uz-Cyrl`");
    }
    tag
}

fn translate(reader: &mut Reader, object: Object<'_, '_>) -> Option<bool> {
    let value = Reader::optional(object, "translate")?;
    let translate = value.as_bool();
    if translate.is_none() {
        reader.fault(&object.at.member("translate"), "wrong_type", "must be true or false");
    }
    translate
}

#[cfg(test)]
mod tests;
