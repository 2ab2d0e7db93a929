//! The types of a body, in the shape of their JSON.
//!
//! They are made by `parse` and `from_html` only, so that what they hold keeps the rules there. The schema is derived from them: members
//! that `parse` fills in when they are missing are optional in it, although answers always have them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::language::Tag;

/// Makes the types of `_type`: each has one value, so that the schema names it.
macro_rules! type_names {
    ($($name:ident { $value:ident })*) => {$(
        /// Tells the type of the object.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            /// The only value.
            #[default]
            $value,
        }
    )*};
}

type_names! {
    TextBlockType { Block }
    SpanType { Span }
    ImageBlockType { Image }
    EmbedBlockType { Embed }
    PullQuoteBlockType { PullQuote }
    FactBoxBlockType { FactBox }
    BreakBlockType { Break }
    LinkMarkType { Link }
    InternalLinkMarkType { InternalLink }
    LanguageMarkType { Language }
}

/// A block of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(discriminator(property_name = "_type", mapping(
    ("block" = "#/components/schemas/TextBlock"),
    ("image" = "#/components/schemas/ImageBlock"),
    ("embed" = "#/components/schemas/EmbedBlock"),
    ("pull_quote" = "#/components/schemas/PullQuoteBlock"),
    ("fact_box" = "#/components/schemas/FactBoxBlock"),
    ("break" = "#/components/schemas/BreakBlock")
)))]
pub enum Block {
    /// `block`
    Text(TextBlock),
    /// `image`
    Image(ImageBlock),
    /// `embed`
    Embed(EmbedBlock),
    /// `pull_quote`
    PullQuote(PullQuoteBlock),
    /// `fact_box`
    FactBox(FactBoxBlock),
    /// `break`
    Break(BreakBlock),
}

/// A paragraph, a heading, a quotation or an item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextBlock {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: TextBlockType,
    /// Unique among the blocks beside it; made from the position when missing.
    #[serde(rename = "_key")]
    #[schema(required = false, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
    /// What the block is; `normal` when missing.
    #[schema(required = false)]
    pub style: BlockStyle,
    /// Makes the block an item of a list.
    #[serde(rename = "listItem", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub list_item: Option<ListKind>,
    /// Depth of the list item; 1 when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 6)]
    pub level: Option<u8>,
    /// The text, in runs of equal marks.
    #[schema(min_items = 1, max_items = 500)]
    pub children: Vec<Span>,
    /// What the marks of the spans refer to by `_key`.
    #[serde(rename = "markDefs")]
    #[schema(required = false, max_items = 500)]
    pub mark_defs: Vec<MarkDef>,
}

/// What a text block is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockStyle {
    /// A paragraph.
    #[default]
    Normal,
    /// A heading of the second level; the headline of the text is the first.
    H2,
    /// A heading of the third level.
    H3,
    /// A heading of the fourth level.
    H4,
    /// A quotation.
    Blockquote,
}

/// The kind of list an item belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// Unordered.
    Bullet,
    /// Ordered, counted from 1.
    Number,
}

/// A run of text with the same marks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: SpanType,
    /// Unique in its block; made from the position when missing.
    #[serde(rename = "_key")]
    #[schema(required = false, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
    /// Plain text; a line feed is a line break.
    #[schema(max_length = 20000)]
    pub text: String,
    /// Decorators (`strong`, `em`, `underline`, `strike-through`, `code`, `sub`, `sup`) and keys of `markDefs`, each at most once.
    #[schema(required = false, value_type = Vec<String>, max_items = 32)]
    pub marks: Vec<Mark>,
}

/// A mark of a span: a string in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Mark {
    /// One of the fixed names.
    Decorator(Decorator),
    /// The `_key` of one of the block's `markDefs`.
    Definition(String),
}

/// A mark that needs no definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decorator {
    /// Strong importance.
    Strong,
    /// Stress.
    Em,
    /// Underlined.
    Underline,
    /// Struck through.
    StrikeThrough,
    /// Code.
    Code,
    /// Subscript.
    Sub,
    /// Superscript.
    Sup,
}

/// What a mark refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(discriminator(property_name = "_type", mapping(
    ("link" = "#/components/schemas/LinkMark"),
    ("internal_link" = "#/components/schemas/InternalLinkMark"),
    ("language" = "#/components/schemas/LanguageMark")
)))]
pub enum MarkDef {
    /// `link`
    Link(LinkMark),
    /// `internal_link`
    InternalLink(InternalLinkMark),
    /// `language`
    Language(LanguageMark),
}

/// A link to a page or an address elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkMark {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: LinkMarkType,
    /// The name by which spans refer to it; not the name of a decorator.
    #[serde(rename = "_key")]
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
    /// An absolute `http`, `https` or `mailto` URL.
    #[schema(format = "uri", max_length = 2048)]
    pub href: String,
}

/// A link to another article of the house.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InternalLinkMark {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: InternalLinkMarkType,
    /// The name by which spans refer to it; not the name of a decorator.
    #[serde(rename = "_key")]
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
    /// Id of the article.
    pub article: Uuid,
    /// The translation meant; whichever the reader would get when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub language: Option<Tag>,
}

/// Text in another language than its surroundings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LanguageMark {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: LanguageMarkType,
    /// The name by which spans refer to it; not the name of a decorator.
    #[serde(rename = "_key")]
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
    /// BCP 47 tag of any language, one the house does not publish in as well.
    #[schema(max_length = 35)]
    pub language: String,
    /// `false` keeps the text as it is in translations and in other scripts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub translate: Option<bool>,
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageBlock {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: ImageBlockType,
    /// Unique among the blocks beside it; made from the position when missing.
    #[serde(rename = "_key")]
    #[schema(required = false, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
    /// An absolute `http` or `https` URL.
    #[schema(format = "uri", max_length = 2048)]
    pub url: String,
    /// What the picture shows, for who cannot see it; empty when it only decorates.
    #[schema(max_length = 2000)]
    pub alt: String,
    /// Shown below the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000)]
    pub caption: Option<String>,
    /// Who made it or owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000)]
    pub credit: Option<String>,
}

/// Something shown from elsewhere: a video, a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbedBlock {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: EmbedBlockType,
    /// Unique among the blocks beside it; made from the position when missing.
    #[serde(rename = "_key")]
    #[schema(required = false, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
    /// An absolute `https` URL of its page.
    #[schema(format = "uri", max_length = 2048)]
    pub url: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000)]
    pub title: Option<String>,
    /// Whose it is, as shown: `YouTube`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000)]
    pub provider: Option<String>,
}

/// A sentence of the text shown large beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PullQuoteBlock {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: PullQuoteBlockType,
    /// Unique among the blocks beside it; made from the position when missing.
    #[serde(rename = "_key")]
    #[schema(required = false, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
    /// Plain text; a line feed is a line break.
    #[schema(min_length = 1, max_length = 20000)]
    pub text: String,
    /// Who said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000)]
    pub attribution: Option<String>,
}

/// A box of facts beside the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactBoxBlock {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: FactBoxBlockType,
    /// Unique among the blocks beside it; made from the position when missing.
    #[serde(rename = "_key")]
    #[schema(required = false, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
    /// Its heading.
    #[schema(min_length = 1, max_length = 2000)]
    pub title: String,
    /// Its text: no other blocks.
    #[schema(min_items = 1, max_items = 2000)]
    pub content: Vec<TextBlock>,
}

/// A thematic break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakBlock {
    #[serde(rename = "_type")]
    #[schema(inline)]
    pub kind: BreakBlockType,
    /// Unique among the blocks beside it; made from the position when missing.
    #[serde(rename = "_key")]
    #[schema(required = false, pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub key: String,
}

impl Block {
    /// Names it among the blocks beside it.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Text(block) => &block.key,
            Self::Image(block) => &block.key,
            Self::Embed(block) => &block.key,
            Self::PullQuote(block) => &block.key,
            Self::FactBox(block) => &block.key,
            Self::Break(block) => &block.key,
        }
    }

    /// The text blocks in this block: itself, or the content of a fact box.
    #[must_use]
    pub fn text_blocks(&self) -> &[TextBlock] {
        match self {
            Self::Text(block) => std::slice::from_ref(block),
            Self::FactBox(fact_box) => &fact_box.content,
            Self::Image(_) | Self::Embed(_) | Self::PullQuote(_) | Self::Break(_) => &[],
        }
    }
}

impl Block {
    /// As [`Block::text_blocks`], to be changed.
    pub(super) fn text_blocks_mut(&mut self) -> &mut [TextBlock] {
        match self {
            Self::Text(block) => std::slice::from_mut(block),
            Self::FactBox(fact_box) => &mut fact_box.content,
            Self::Image(_) | Self::Embed(_) | Self::PullQuote(_) | Self::Break(_) => &mut [],
        }
    }
}

impl Mark {
    /// The string in JSON.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Decorator(decorator) => decorator.name(),
            Self::Definition(key) => key,
        }
    }
}

impl Decorator {
    /// Every decorator.
    pub const ALL: [Self; 7] = [Self::Strong, Self::Em, Self::Underline, Self::StrikeThrough, Self::Code, Self::Sub, Self::Sup];

    /// The string in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Em => "em",
            Self::Underline => "underline",
            Self::StrikeThrough => "strike-through",
            Self::Code => "code",
            Self::Sub => "sub",
            Self::Sup => "sup",
        }
    }

    /// The decorator with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decorator| decorator.name() == name)
    }
}

impl MarkDef {
    /// The name by which spans refer to it.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Link(mark) => &mark.key,
            Self::InternalLink(mark) => &mark.key,
            Self::Language(mark) => &mark.key,
        }
    }
}
