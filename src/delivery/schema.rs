//! The shapes of delivery's answers, for the contract. The bytes themselves were made when they were published.

use super::view::View;
use crate::body::Body;
use crate::db::Timestamp;
use crate::language::{Direction, Tag};
use crate::page::Meta;
use crate::publication::Head;
use serde::Serialize;
use utoipa::ToSchema;

/// A public text in a list.
#[derive(Serialize, ToSchema)]
pub struct PublishedArticle {
    #[serde(flatten)]
    pub head: Head,
    /// Whether the original has been clarified or corrected, and this text not yet.
    pub correction_pending: bool,
    /// All languages in which the article is public.
    pub available_languages: Vec<Alternate>,
    /// The language that was asked for, where another was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_language: Option<Tag>,
    /// `true` where another language than the one asked for was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<bool>,
}

/// A public text with its body.
#[derive(Serialize, ToSchema)]
pub struct PublishedArticleWithBody {
    #[serde(flatten)]
    pub article: PublishedArticle,
    /// The view that was asked for. `language` is still that of the text; `Content-Language` says which letters these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub view: Option<View>,
    /// `true` in a view: headline, summary, dateline and body were converted by rule when they were read, and nobody has seen them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub derived: Option<bool>,
    pub body: BodyForm,
    /// With `include=related`: those that are public in the language of this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related: Option<Vec<PublishedArticle>>,
}

/// Portable Text, or a string for `body_format=html` and `text`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum BodyForm {
    Blocks(Body),
    Rendered(String),
}

/// The article in another language.
#[derive(Serialize, ToSchema)]
pub struct Alternate {
    pub language: Tag,
    pub direction: Direction,
    pub slug: String,
    /// Where readers find it.
    pub url: String,
    pub updated_at: Timestamp,
}

/// A language in which something is public.
#[derive(Serialize, ToSchema)]
pub struct PublishedLanguage {
    pub language: Tag,
    pub direction: Direction,
    /// Its name in itself.
    pub autonym: String,
    /// How many texts are public in it.
    pub count: i64,
    pub latest_published_at: Timestamp,
}

/// A page of public texts.
#[derive(Serialize, ToSchema)]
pub struct PublishedArticlePage {
    pub data: Vec<PublishedArticle>,
    pub meta: Meta,
}
