//! What the public has seen of a story: its addresses, and the texts that speak of it.

use crate::db::Reader;
use crate::error::Result;
use crate::language::Tag;
use crate::text_enum;
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

/// Mentions that are told at once.
const MOST_MENTIONS: u16 = 200;

/// An address that a text has or had.
#[derive(Debug, FromRow)]
pub struct Trace {
    pub language: Tag,
    pub slug: String,
    /// Where readers find the text, where this is its address now.
    pub url: Option<String>,
}

text_enum! {
    /// How a text speaks of a story.
    pub enum MentionKind {
        /// Its body links to it.
        Link = "link",
        /// It is listed as related.
        Related = "related",
    }
}

/// A public text that speaks of another story.
#[derive(Debug, FromRow, Serialize, ToSchema)]
pub struct Mention {
    pub article_id: Uuid,
    pub language: Tag,
    pub agency_id: Uuid,
    pub url: String,
    pub kind: MentionKind,
}

/// The address under which readers find a text now.
///
/// # Errors
/// When the database fails.
pub async fn slug_of(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<Option<String>> {
    let query = on.query("SELECT slug FROM published_documents WHERE article_id = $1 AND language = $2");
    let found: Option<(String,)> = query.bind(article).bind(language).optional().await?;
    Ok(found.map(|(slug,)| slug))
}

/// Every address that the texts of a story ever had.
///
/// # Errors
/// When the database fails.
pub async fn traces(on: impl Reader<'_>, article: Uuid) -> Result<Vec<Trace>> {
    let query = on.query(
        "SELECT s.language, s.slug, d.url FROM published_slugs s LEFT JOIN published_documents d \
         ON d.article_id = s.article_id AND d.language = s.language AND d.slug = s.slug WHERE s.article_id = $1 ORDER BY s.language, s.slug",
    );
    Ok(query.bind(article).all().await?)
}

/// The public texts that link to a story or list it as related, at most 200.
///
/// # Errors
/// When the database fails.
pub async fn mentions(on: impl Reader<'_>, article: Uuid) -> Result<Vec<Mention>> {
    let query = on
        .query(
            "SELECT d.article_id, d.language, d.agency_id, d.url, 'link' AS kind FROM body_links l \
             JOIN published_documents d ON d.article_id = l.article_id AND d.language = l.language WHERE l.target_id = $1 AND d.article_id <> $1 \
             UNION ALL SELECT d.article_id, d.language, d.agency_id, d.url, 'related' AS kind FROM articles a \
             JOIN published_documents d ON d.article_id = a.id WHERE CAST(a.related AS text) LIKE $2 ORDER BY 1, 2, 5 LIMIT ",
        )
        .bind(article)
        .bind(format!("%\"{article}\"%"));
    Ok(query.push_limit(MOST_MENTIONS).all().await?)
}
