//! The body of a text: [Portable Text](https://github.com/portabletext/portabletext).
//!
//! A body is a list of blocks. Text blocks hold spans of plain text with marks; other blocks are pictures, embeds, pull quotes, fact boxes
//! and thematic breaks. JSON becomes a [`Body`] only through [`Body::parse`], which reports every fault with its place, and pasted HTML only
//! through [`Body::from_html`]; from there on nothing has to be checked again. HTML goes out rendered from the blocks, never as it came.

mod from_html;
mod html;
mod lists;
mod map;
mod parse;
mod prose;
mod tags;
mod text;
mod types;
mod urls;

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation as _;
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::html::Links;
pub use self::prose::Piece;
pub use self::types::{
    Block, BlockStyle, BreakBlock, BreakBlockType, Decorator, EmbedBlock, EmbedBlockType, FactBoxBlock, FactBoxBlockType, ImageBlock, ImageBlockType,
    InternalLinkMark, InternalLinkMarkType, LanguageMark, LanguageMarkType, LinkMark, LinkMarkType, ListKind, Mark, MarkDef, PullQuoteBlock,
    PullQuoteBlockType, Span, SpanType, TextBlock, TextBlockType,
};

/// Blocks of a body, and of a fact box.
const MAX_BLOCKS: usize = 2_000;
/// Spans of a block.
const MAX_SPANS: usize = 500;
/// Definitions of marks of a block.
const MAX_MARK_DEFS: usize = 500;
/// Marks of a span.
const MAX_MARKS: usize = 32;
/// Characters of a span or a pull quote.
const MAX_SPAN_TEXT: usize = 20_000;
/// Characters of a caption, a title, a credit.
const MAX_SHORT_TEXT: usize = 2_000;
/// Characters of all texts of a body together.
const MAX_TEXT: usize = 400_000;
/// Depth of a list item.
const MAX_LEVEL: u8 = 6;

/// The body of a text: Portable Text, a list of blocks of at most 400,000 characters together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(max_items = 2000)]
pub struct Body(Vec<Block>);

/// What is wrong with a body, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer (RFC 6901) from the body: `/0/children/1/text`; empty for the body itself.
    pub pointer: String,
    /// Name of the kind of fault: `unknown_member`.
    pub code: &'static str,
    /// What is wrong and what would do, for people.
    pub detail: String,
}

impl Body {
    /// Reads Portable Text. Missing `_key`s, styles, `marks` and `markDefs` are filled in, the keys from the positions, and language tags
    /// become canonical; what was read and written once reads and writes the same ever after.
    ///
    /// # Errors
    ///
    /// Every fault of the value, 50 at most. The codes are `wrong_type`, `missing_member`, `unknown_member` and `unknown_type` for the
    /// shape, and `unknown_value`, `unknown_mark`, `duplicate_mark`, `invalid_key`, `duplicate_key`, `invalid_level`, `invalid_url`,
    /// `invalid_language`, `nul`, `too_short`, `too_long` and `too_many` for the values.
    pub fn parse(value: &Value) -> Result<Self, Vec<Fault>> {
        parse::body(value).map(Self)
    }

    /// Makes a body of pasted HTML, from an editor, a word processor or another system. Never fails: what is dangerous, unknown or beyond
    /// the limits of a body is left out, and only the first megabyte is read.
    #[must_use]
    pub fn from_html(html: &str) -> Self {
        Self(from_html::blocks(html))
    }

    /// The blocks in order.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.0
    }

    /// Whether there is no block.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is nothing to read or see: no block, or blank ones alone, as editors send an empty text.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.iter().all(|block| !matches!(block, Block::Image(_) | Block::Embed(_)) && text::of_block(block).trim().is_empty())
    }

    /// Words by [UAX 29](https://www.unicode.org/reports/tr29/) in what [`Body::block_texts`] yields.
    #[must_use]
    pub fn word_count(&self) -> usize {
        self.block_texts().map(|text| text.unicode_words().count()).sum()
    }

    /// Ids of the articles linked to, in order, with repetitions.
    pub fn internal_links(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.0.iter().flat_map(Block::text_blocks).flat_map(|block| &block.mark_defs).filter_map(|definition| match definition {
            MarkDef::InternalLink(link) => Some(link.article),
            MarkDef::Link(_) | MarkDef::Language(_) => None,
        })
    }

    /// The body without its links to articles that are not `shown`; their words stay.
    #[must_use]
    pub fn with_links_to(mut self, shown: impl Fn(Uuid) -> bool) -> Self {
        for block in self.0.iter_mut().flat_map(Block::text_blocks_mut) {
            let hidden = |definition: &MarkDef| matches!(definition, MarkDef::InternalLink(link) if !shown(link.article));
            let keys: Vec<String> = block.mark_defs.iter().filter(|definition| hidden(definition)).map(|definition| definition.key().to_owned()).collect();
            block.mark_defs.retain(|definition| !hidden(definition));
            for span in &mut block.children {
                span.marks.retain(|mark| !matches!(mark, Mark::Definition(key) if keys.contains(key)));
            }
        }
        self
    }

    /// The plain text of each block, one for one: of spans, captions, titles and pull quotes; empty for a break.
    pub fn block_texts(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(text::of_block)
    }

    /// Plain text: blocks apart by an empty line, items of a list on lines of their own with `- ` or `1. ` before them, no markup.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::render(&self.0)
    }

    /// HTML, byte for byte as `@portabletext/to-html` 5 writes it for what it knows. Everything is escaped; nothing is loaded from elsewhere
    /// but pictures (embeds are links). `links` gives the URL of an article in a language (`None`: in whichever); where it has none the text
    /// of the link stays without a link.
    #[must_use]
    pub fn to_html(&self, links: &Links<'_>) -> String {
        html::render(&self.0, links)
    }

    /// [`Body::to_html`] within a `div` that states the language (BCP 47 tag) and the direction (`ltr` or `rtl`), to be put into a page of
    /// another language.
    #[must_use]
    pub fn to_html_fragment(&self, language: &str, direction: &str, links: &Links<'_>) -> String {
        html::render_fragment(&self.0, language, direction, links)
    }
}

/// Reads a stored body, with [`Body::parse`]; the error names the first fault.
impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::parse(&value).map_err(|faults| match faults.first() {
            Some(fault) => D::Error::custom(fault),
            None => D::Error::custom("not a body"),
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "body at `{}`: {}", self.pointer, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use utoipa::PartialSchema as _;

    use super::*;

    #[test]
    fn a_body_is_written_as_it_was_read() {
        let written = r#"[{"_type":"block","_key":"a","style":"h2","listItem":"number","level":2,"children":[{"_type":"span","_key":"s","text":"x","marks":["strike-through","l"]}],"markDefs":[{"_type":"link","_key":"l","href":"https://example.org"}]},{"_type":"break","_key":"b"}]"#;
        let body: Body = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&body).unwrap(), written);
    }

    #[test]
    fn reading_a_stored_body_reports_the_first_fault() {
        let error = serde_json::from_str::<Body>(r#"[{"_type":"video"}]"#).unwrap_err();
        assert!(error.to_string().contains("`/0/_type`"), "{error}");
    }

    #[test]
    fn words_links_and_texts() {
        let article = "6f1b7a52-54b1-4b52-9d0e-0d6b2b1d4c11";
        let body = Body::parse(&json!([
            {"_type": "block", "children": [{"_type": "span", "text": "Қазақстан "}, {"_type": "span", "text": "Республикасы", "marks": ["i"]}],
             "markDefs": [{"_type": "internal_link", "_key": "i", "article": article}]},
            {"_type": "break"},
            {"_type": "fact_box", "title": "In brief", "content": [{"_type": "block", "children": [{"_type": "span", "text": "two words"}]}]},
        ]))
        .unwrap();
        assert_eq!(body.blocks().len(), 3);
        assert!(!body.is_empty());
        assert_eq!(body.word_count(), 6);
        assert_eq!(body.internal_links().collect::<Vec<_>>(), [article.parse::<Uuid>().unwrap()]);
        let texts: Vec<String> = body.block_texts().collect();
        assert_eq!(texts, ["Қазақстан Республикасы", "", "In brief\ntwo words"]);
    }

    /// The schema of each block names exactly the members that are written when all are there.
    #[test]
    fn the_schema_has_the_members_that_are_written() {
        let body = Body::parse(&json!([
            {"_type": "block", "listItem": "bullet", "level": 1, "children": [{"_type": "span", "text": "x"}]},
            {"_type": "image", "url": "https://example.org/i.jpg", "alt": "", "caption": "c", "credit": "d"},
            {"_type": "embed", "url": "https://example.org/v", "title": "t", "provider": "p"},
            {"_type": "pull_quote", "text": "q", "attribution": "a"},
            {"_type": "fact_box", "title": "t", "content": [{"_type": "block", "children": [{"_type": "span", "text": "x"}]}]},
            {"_type": "break"},
        ]))
        .unwrap();
        let schemas = [TextBlock::schema(), ImageBlock::schema(), EmbedBlock::schema(), PullQuoteBlock::schema(), FactBoxBlock::schema(), BreakBlock::schema()];
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        for (block, schema) in body.blocks().iter().zip(schemas) {
            let written = serde_json::to_value(block).unwrap();
            let schema = serde_json::to_value(schema).unwrap();
            assert_eq!(names(&written), names(&schema["properties"]), "{}", written["_type"]);
            assert_eq!(schema["properties"]["_type"]["enum"], json!([written["_type"]]));
            assert_eq!(schema["additionalProperties"], json!(false));
        }
    }
}
