//! The tables of partners' early view.

use super::{EarlyRead, Fetched};
use crate::db::{Query, Reader, Timestamp, Tx};
use crate::error::Result;
use crate::language::Tag;
use crate::policy::Actor;
use crate::publication::BodyFormat;
use sqlx::FromRow;
use uuid::Uuid;

/// A text under embargo, as it was rendered.
#[derive(FromRow)]
pub struct Document {
    pub article_id: Uuid,
    pub language: Tag,
    pub revision: i32,
    pub embargo_until: Timestamp,
    pub slug: String,
    pub url: String,
    /// A JSON object without its closing brace.
    pub head: String,
    pub body: String,
}

/// Texts of agencies that are in the house; agreements that narrow this are to come.
fn documents<'c>(on: impl Reader<'c>, format: BodyFormat) -> Query<'c> {
    on.query("SELECT p.article_id, p.language, p.revision, p.embargo_until, p.slug, p.url, p.head, ")
        .push(match format {
            BodyFormat::PortableText => "p.body",
            BodyFormat::Html => "p.body_html",
            BodyFormat::Text => "p.body_text",
        })
        .push(" AS body FROM partner_documents p JOIN agencies g ON g.id = p.agency_id AND g.state = 'active' WHERE ")
}

/// The texts of articles, the original first.
pub async fn of_articles(on: impl Reader<'_>, articles: &[Uuid], format: BodyFormat) -> Result<Vec<Document>> {
    let query = documents(on, format).push("p.article_id IN (").push_list(articles.iter().copied());
    Ok(query.push(") ORDER BY p.article_id, p.is_original DESC, p.language").all().await?)
}

/// The key of the last text of a page.
pub type After = (i64, Uuid, String);

/// A page of texts, those that readers will see first at its head.
pub async fn page(on: impl Reader<'_>, languages: &[Tag], after: Option<&After>, fetch: i64) -> Result<Vec<Document>> {
    let mut query = documents(on, BodyFormat::Text).push("1 = 1");
    if !languages.is_empty() {
        query = query.push(" AND p.language IN (").push_list(languages.iter()).push(")");
    }
    if let Some((at, article, language)) = after {
        query = query.push(" AND (p.embargo_until, p.article_id, p.language) > (").push_bind(Timestamp::from_micros(*at)).push(", ");
        query = query.push_bind(*article).push(", ").push_bind(language).push(")");
    }
    Ok(query.push(" ORDER BY p.embargo_until, p.article_id, p.language LIMIT ").push_bind(fetch).all().await?)
}

/// Notes who fetched a text.
pub async fn record(tx: &mut Tx, key: &Actor, document: &Document, what: Fetched, now: Timestamp) -> Result<()> {
    tx.query(
        "INSERT INTO partner_reads (id, key_id, agency_id, article_id, language, revision, what, first_at, last_at, times) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1) ON CONFLICT (article_id, language, key_id, revision, what) \
         DO UPDATE SET last_at = excluded.last_at, times = partner_reads.times + 1",
    )
    .bind(Uuid::now_v7())
    .bind(key.id())
    .bind(key.agency)
    .bind(document.article_id)
    .bind(&document.language)
    .bind(document.revision)
    .bind(what)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Who fetched a text under embargo, the latest first.
///
/// # Errors
/// When the database fails.
pub async fn readers(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<Vec<EarlyRead>> {
    Ok(on
        .query(
            "SELECT r.key_id, k.name AS key_name, r.agency_id, r.revision, r.what, r.first_at, r.last_at, r.times FROM partner_reads r \
             LEFT JOIN api_keys k ON k.id = r.key_id WHERE r.article_id = $1 AND r.language = $2 ORDER BY r.last_at DESC, r.id DESC",
        )
        .bind(article)
        .bind(language)
        .all()
        .await?)
}
