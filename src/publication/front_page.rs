//! Front pages as readers see them. The slots are written whole; delivery shows those whose texts are public.

use super::store;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::language::Tag;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

/// A place on a front page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FrontPageSlot {
    pub article_id: Uuid,
    /// It keeps its place, whatever a front end does with the others.
    #[serde(default)]
    pub pinned: bool,
    /// When it leaves the page by itself.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// A front page in one language, for readers.
pub struct FrontPageView<'a> {
    pub name: &'a str,
    pub language: &'a Tag,
    /// Whose it is; `None` for the house's.
    pub agency: Option<Uuid>,
    pub slots: &'a [FrontPageSlot],
}

/// The part of what is public that front pages are.
const FRONT_PAGES: &str = "front_page";

/// What readers see of a slot.
type Seen = (Uuid, bool);

/// Puts slots in place of those there were.
///
/// The date of the page moves only when readers see something else: what is hidden in it cannot be told from its headers.
///
/// # Errors
/// When the database fails.
pub async fn set_front_page(tx: &mut Tx, view: &FrontPageView<'_>, now: Timestamp) -> Result<()> {
    let before = seen(tx, view, now).await?;
    let left = last_left(tx, view, now).await?;
    tx.query("DELETE FROM published_front_page_slots WHERE name = $1 AND language = $2").bind(view.name).bind(view.language).execute().await?;
    for (position, slot) in (0_i32..).zip(view.slots) {
        tx.query("INSERT INTO published_front_page_slots (name, language, position, article_id, pinned, until) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(view.name)
            .bind(view.language)
            .bind(position)
            .bind(slot.article_id)
            .bind(slot.pinned)
            .bind(slot.until)
            .execute()
            .await?;
    }
    let changed = (seen(tx, view, now).await? != before).then_some(now);
    let known: Option<(Timestamp,)> =
        tx.query("SELECT modified_at FROM published_front_pages WHERE name = $1 AND language = $2").bind(view.name).bind(view.language).optional().await?;
    // A slot whose time was over has left the page then: its row said so until now.
    let modified_at = [changed, left, known.map(|(at,)| at)].into_iter().flatten().max().unwrap_or(Timestamp::from_micros(0));
    tx.query(
        "INSERT INTO published_front_pages (name, language, agency_id, modified_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (name, language) DO UPDATE SET agency_id = excluded.agency_id, modified_at = excluded.modified_at",
    )
    .bind(view.name)
    .bind(view.language)
    .bind(view.agency)
    .bind(modified_at)
    .execute()
    .await?;
    store::stamp(tx, FRONT_PAGES, None, now).await
}

async fn seen(tx: &mut Tx, view: &FrontPageView<'_>, now: Timestamp) -> Result<Vec<Seen>> {
    Ok(tx
        .query(
            "SELECT s.article_id, s.pinned FROM published_front_page_slots s \
             JOIN published_documents d ON d.article_id = s.article_id AND d.language = s.language \
             WHERE s.name = $1 AND s.language = $2 AND (s.until IS NULL OR s.until > $3) ORDER BY s.position",
        )
        .bind(view.name)
        .bind(view.language)
        .bind(now)
        .all()
        .await?)
}

/// When a slot that readers saw last left the page by itself.
async fn last_left(tx: &mut Tx, view: &FrontPageView<'_>, now: Timestamp) -> Result<Option<Timestamp>> {
    Ok(tx
        .query(
            "SELECT max(s.until) FROM published_front_page_slots s JOIN published_documents d ON d.article_id = s.article_id AND d.language = s.language \
             WHERE s.name = $1 AND s.language = $2 AND s.until <= $3",
        )
        .bind(view.name)
        .bind(view.language)
        .bind(now)
        .value()
        .await?)
}

/// Those of the articles of which something is public.
///
/// # Errors
/// When the database fails.
pub async fn public_among(on: impl Reader<'_>, articles: &[Uuid]) -> Result<Vec<Uuid>> {
    let query = on.query("SELECT DISTINCT article_id FROM published_documents WHERE article_id IN (").push_list(articles.iter().copied());
    let rows: Vec<(Uuid,)> = query.push(")").all().await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What everybody may know of a text.
pub struct PublicText {
    pub article_id: Uuid,
    pub headline: String,
}

#[derive(FromRow)]
struct Row {
    article_id: Uuid,
    card: String,
}

#[derive(Deserialize)]
struct Card {
    headline: String,
}

/// Those of the articles that are public in a language.
///
/// # Errors
/// When the database fails.
pub async fn public_texts(on: impl Reader<'_>, articles: &[Uuid], language: &Tag) -> Result<Vec<PublicText>> {
    let query = on.query("SELECT article_id, card FROM published_documents WHERE language = ").push_bind(language);
    let rows: Vec<Row> = query.push(" AND article_id IN (").push_list(articles.iter().copied()).push(")").all().await?;
    rows.into_iter()
        .map(|row| {
            let card: Card = serde_json::from_str(&row.card).map_err(Error::internal)?;
            Ok(PublicText { article_id: row.article_id, headline: card.headline })
        })
        .collect()
}
