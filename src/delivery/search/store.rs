//! What the index answers, stage by stage, until a page is full.

use super::postgres;
use crate::db::{Conn, Engine, Query, Reader, Record, Timestamp};
use crate::error::Result;
use crate::language::Tag;
use crate::search::{self, Expression, Facet, STAGES, Stage};
use sqlx::FromRow;
use uuid::Uuid;

/// Filters of a search; each is a set of which one must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub languages: Vec<Tag>,
    pub agencies: Vec<Uuid>,
    pub sections: Vec<Uuid>,
    pub topics: Vec<String>,
    pub published_after: Option<Timestamp>,
    pub published_before: Option<Timestamp>,
}

/// Where a hit stands among all: its stage, when it was published, and its id.
pub type Key = (usize, i64, i64);

/// A text that was found.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    pub id: i64,
    pub stage: Stage,
    pub(super) number: usize,
    pub(super) published_at: Timestamp,
}

impl Hit {
    pub fn key(&self) -> Key {
        (self.number, self.published_at.micros(), self.id)
    }
}

/// A document that was found.
#[derive(FromRow)]
pub struct Document {
    pub id: i64,
    pub language: Tag,
    pub card: String,
    pub body_text: String,
}

impl Filter {
    /// What is asked, within what it is narrowed to.
    pub(super) fn narrow(&self, asked: Expression) -> Expression {
        let any = |terms: Vec<String>| (!terms.is_empty()).then(|| Expression::Any(terms.into_iter().map(Expression::Term).collect()));
        let facets = [
            any(self.languages.iter().map(|tag| Facet::Language(tag).term()).collect()),
            any(self.agencies.iter().map(|id| Facet::Agency(*id).term()).collect()),
            any(self.sections.iter().map(|id| Facet::Section(*id).term()).collect()),
            any(self.topics.iter().map(|id| Facet::Topic(id).term()).collect()),
        ];
        Expression::All(std::iter::once(asked).chain(facets.into_iter().flatten()).collect())
    }
}

/// The texts that a query finds, the best first, after one that was found before.
pub async fn find(on: &mut Conn, wanted: &search::Query, filter: &Filter, limit: u16, after: Option<Key>) -> Result<Vec<Hit>> {
    if on.engine() == Engine::Postgres
        && let Some(hits) = postgres::few(on, wanted, filter, limit, after).await?
    {
        return Ok(hits);
    }
    let mut found: Vec<Hit> = vec![];
    let is_mixed = has_negative_places(on).await?;
    let first = after.map_or(0, |(stage, ..)| stage);
    for (number, stage) in STAGES.into_iter().enumerate().skip(first) {
        let left = limit.saturating_sub(u16::try_from(found.len()).unwrap_or(limit));
        if left == 0 {
            break;
        }
        let Some(asked) = wanted.stage(stage) else { continue };
        let after = after.filter(|(stage, ..)| *stage == number).map(|(_, at, id)| (Timestamp::from_micros(at), id));
        let range = Range { after, filter };
        let rows = rows(on, &filter.narrow(asked), &range, left, is_mixed).await?;
        found.extend(rows.into_iter().map(|(id, published_at)| Hit { id, stage, number, published_at }));
    }
    Ok(found)
}

/// The newest texts that are found so or better.
pub async fn newest(on: &mut Conn, wanted: &search::Query, filter: &Filter, stage: Stage, limit: u16) -> Result<Vec<Hit>> {
    let is_mixed = has_negative_places(on).await?;
    let asked = wanted.all(stage.class, stage.place);
    let rows = rows(on, &filter.narrow(asked), &Range { after: None, filter }, limit, is_mixed).await?;
    Ok(rows.into_iter().map(|(id, published_at)| Hit { id, stage, number: 0, published_at }).collect())
}

pub(super) type Row = (i64, Timestamp);

/// Which part of the order is asked for.
pub(super) struct Range<'f> {
    pub(super) after: Option<(Timestamp, i64)>,
    pub(super) filter: &'f Filter,
}

impl Range<'_> {
    /// By the columns of `published_search`.
    pub(super) fn push<'q>(&self, query: Query<'q>) -> Query<'q> {
        let query = match self.after {
            Some((at, id)) => query.push(" AND (s.published_at, s.document_id) < (").push_bind(at).push(", ").push_bind(id).push(")"),
            None => query,
        };
        query.push_some(" AND s.published_at > ", self.filter.published_after).push_some(" AND s.published_at < ", self.filter.published_before)
    }

    /// By places: below the lowest of those that are too new, above the highest of those that are too old.
    fn push_places<'q>(&self, query: Query<'q>) -> Query<'q> {
        let mut query = query.push(" AND rowid > ");
        query = match self.filter.published_after {
            Some(at) => {
                let query = query.push("COALESCE((SELECT place FROM published_search WHERE place > 0 AND published_at <= ").push_bind(at);
                query.push(" ORDER BY published_at DESC, document_id DESC LIMIT 1), 0)")
            }
            None => query.push("0"),
        };
        let before = self.filter.published_before.map(|at| (at, i64::MIN));
        for (at, id) in [self.after, before].into_iter().flatten() {
            query = query.push(" AND rowid < COALESCE((SELECT place FROM published_search WHERE place > 0 AND (published_at, document_id) >= (");
            query = query.push_bind(at).push(", ").push_bind(id);
            query = query.push(") ORDER BY published_at, document_id LIMIT 1), 9223372036854775807)");
        }
        query
    }
}

async fn rows(on: &mut Conn, asked: &Expression, range: &Range<'_>, limit: u16, is_mixed: bool) -> Result<Vec<Row>> {
    if on.engine() == Engine::Postgres {
        return postgres::rows(on, asked, range, limit).await;
    }
    let text = asked.for_sqlite();
    let query = on.query("SELECT s.document_id, s.published_at FROM (SELECT rowid AS place FROM published_search_terms WHERE published_search_terms MATCH ");
    let query = query.push_bind(&text);
    let query = range.push_places(query).push(" ORDER BY rowid DESC LIMIT ").push_limit(limit).push(") AS t JOIN published_search s ON s.place = t.place");
    let mut found: Vec<Row> = query.push(" ORDER BY t.place DESC").all().await?;
    if is_mixed {
        let query = on.query(
            "SELECT s.document_id, s.published_at FROM published_search_terms CROSS JOIN published_search s ON s.place = published_search_terms.rowid \
             WHERE published_search_terms MATCH ",
        );
        let query = range.push(query.push_bind(&text).push(" AND published_search_terms.rowid < 0"));
        let others: Vec<Row> = query.push(" ORDER BY s.published_at DESC, s.document_id DESC LIMIT ").push_limit(limit).all().await?;
        found.extend(others);
        found.sort_by_key(|(id, at)| std::cmp::Reverse((*at, *id)));
        found.truncate(usize::from(limit));
    }
    Ok(found)
}

/// Whether some texts found no place in the order of SQLite's index.
async fn has_negative_places(on: &mut Conn) -> Result<bool> {
    if on.engine() == Engine::Postgres {
        return Ok(false);
    }
    Ok(on.query("SELECT document_id FROM published_search WHERE place < 0 LIMIT 1").optional::<(i64,)>().await?.is_some())
}

/// The documents of some hits, in no order.
pub async fn documents(on: &mut Conn, hits: &[Hit]) -> Result<Vec<Document>> {
    if hits.is_empty() {
        return Ok(vec![]);
    }
    let query = on.query("SELECT id, language, card, body_text FROM published_documents WHERE id IN (");
    Ok(query.push_list(hits.iter().map(|hit| hit.id)).push(")").all().await?)
}

/// The cards of some hits, in no order.
pub async fn headlines<T: Record>(on: &mut Conn, hits: &[Hit]) -> Result<Vec<T>> {
    if hits.is_empty() {
        return Ok(vec![]);
    }
    let query = on.query("SELECT id, article_id, language, url, card FROM published_documents WHERE id IN (");
    Ok(query.push_list(hits.iter().map(|hit| hit.id)).push(")").all().await?)
}
