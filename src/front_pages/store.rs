//! The tables of front pages.

use super::{FrontPage, FrontPageChange, FrontPageChangeState};
use crate::db::{Reader, Sql, Timestamp, Tx};
use crate::error::{Code, Error, Result, Unique};
use crate::language::Tag;
use crate::precondition::Standing;
use crate::publication::FrontPageSlot;
use crate::sql;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    agency_id: Option<Uuid>,
    created_by: Option<Uuid>,
    created_at: Timestamp,
}

impl Row {
    fn with(self, languages: Vec<Tag>) -> FrontPage {
        FrontPage { id: self.id, name: self.name, agency_id: self.agency_id, languages, created_by: self.created_by, created_at: self.created_at }
    }
}

const PAGE: &str = "SELECT id, name, agency_id, created_by, created_at FROM front_pages";
const HOLD: Sql = sql!(""["" | " FOR UPDATE"]);

/// A page in one language.
#[derive(FromRow)]
pub struct Edition {
    pub slots: Json<Vec<FrontPageSlot>>,
    pub version: i64,
    pub updated_at: Timestamp,
    pub updated_by: Uuid,
}

impl Edition {
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: Some(self.updated_by) }
    }
}

pub async fn insert(tx: &mut Tx, page: &FrontPage) -> Result<()> {
    tx.query("INSERT INTO front_pages (id, name, agency_id, created_by, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(page.id)
        .bind(&page.name)
        .bind(page.agency_id)
        .bind(page.created_by)
        .bind(page.created_at)
        .execute()
        .await
        .unique(|| Error::new(Code::AlreadyExists, format!("There is a front page {} already.", page.name)))?;
    Ok(())
}

/// All pages, by name.
pub async fn list<C>(on: &mut C) -> Result<Vec<FrontPage>>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let rows: Vec<Row> = on.query(PAGE).push(" ORDER BY name").all().await?;
    let languages: Vec<(Uuid, Tag)> = on.query("SELECT front_page_id, language FROM front_page_editions ORDER BY language").all().await?;
    let of = |id: Uuid| languages.iter().filter(|(page, _)| *page == id).map(|(_, language)| language.clone()).collect();
    Ok(rows.into_iter().map(|row| (of(row.id), row)).map(|(languages, row)| row.with(languages)).collect())
}

pub async fn find<C>(on: &mut C, name: &str) -> Result<FrontPage>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let row: Option<Row> = on.query(PAGE).push(" WHERE name = ").push_bind(name).optional().await?;
    let row = row.ok_or_else(|| Error::not_found("front page"))?;
    let languages: Vec<(Tag,)> = on.query("SELECT language FROM front_page_editions WHERE front_page_id = $1 ORDER BY language").bind(row.id).all().await?;
    Ok(row.with(languages.into_iter().map(|(language,)| language).collect()))
}

/// A page that nobody else changes until the end of the transaction.
pub async fn hold(tx: &mut Tx, id: Uuid) -> Result<FrontPage> {
    let row: Option<Row> = tx.query(PAGE).push(" WHERE id = ").push_bind(id).push(HOLD).optional().await?;
    row.map(|row| row.with(vec![])).ok_or_else(|| Error::not_found("front page"))
}

pub async fn edition(on: impl Reader<'_>, page: Uuid, language: &Tag) -> Result<Option<Edition>> {
    let query = on.query("SELECT slots, version, updated_at, updated_by FROM front_page_editions WHERE front_page_id = $1 AND language = $2");
    Ok(query.bind(page).bind(language).optional().await?)
}

/// Writes what stands on a page in one language, in place of what did.
pub async fn put(tx: &mut Tx, page: Uuid, language: &Tag, slots: &[FrontPageSlot], by: Uuid, now: Timestamp) -> Result<()> {
    tx.query(
        "INSERT INTO front_page_editions (front_page_id, language, slots, version, updated_at, updated_by) VALUES ($1, $2, $3, 1, $4, $5) \
         ON CONFLICT (front_page_id, language) DO UPDATE SET slots = excluded.slots, version = front_page_editions.version + 1, \
         updated_at = excluded.updated_at, updated_by = excluded.updated_by",
    )
    .bind(page)
    .bind(language)
    .bind(Json(slots))
    .bind(now)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

const CHANGE: &str = "SELECT id, front_page_id, language, at, slots, state, created_by, created_at, ended_at FROM front_page_changes WHERE ";

pub async fn insert_change(tx: &mut Tx, change: &FrontPageChange) -> Result<()> {
    tx.query("INSERT INTO front_page_changes (id, front_page_id, language, at, slots, state, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(change.id)
        .bind(change.front_page_id)
        .bind(&change.language)
        .bind(change.at)
        .bind(&change.slots)
        .bind(change.state)
        .bind(change.created_by)
        .bind(change.created_at)
        .execute()
        .await?;
    Ok(())
}

pub async fn find_change(on: impl Reader<'_>, id: Uuid) -> Result<Option<FrontPageChange>> {
    Ok(on.query(CHANGE).push("id = ").push_bind(id).optional().await?)
}

/// The changes of a page in one language that wait, in the order of their times; with `until`, those that are due by then.
pub async fn waiting(on: impl Reader<'_>, page: Uuid, language: &Tag, until: Option<Timestamp>) -> Result<Vec<FrontPageChange>> {
    let query = on.query(CHANGE).push("state = 'waiting' AND front_page_id = ").push_bind(page).push(" AND language = ").push_bind(language);
    Ok(query.push_some(" AND at <= ", until).push(" ORDER BY at, id").all().await?)
}

/// Ends a change that waits. Says whether it did.
pub async fn end_change(tx: &mut Tx, id: Uuid, state: FrontPageChangeState, now: Timestamp) -> Result<bool> {
    let query = tx.query("UPDATE front_page_changes SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'waiting'");
    Ok(query.bind(id).bind(state).bind(now).execute().await? > 0)
}
