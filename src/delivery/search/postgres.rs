//! How PostgreSQL is asked: its index knows which texts have which terms, not where. Phrases are looked for in the terms themselves.

use super::store::{Filter, Hit, Key, Range, Row};
use crate::db::{Conn, Query, Reader, Timestamp};
use crate::error::Result;
use crate::search::{self, Expression, MatchClass, MatchPlace, Packed, STAGES, spelling_bytes};
use std::cmp::Reverse;

/// So few texts are read and put in order here: that is faster than to ask for one stage after the other.
const FEW: u16 = 60;
const INDEX: &str = " FROM published_search s WHERE published_terms(s.terms, s.spellings) @@ CAST(";
const ORDER: &str = " ORDER BY s.published_at DESC, s.document_id DESC";

/// The texts of all stages, where they are few.
pub async fn few(on: &mut Conn, wanted: &search::Query, filter: &Filter, limit: u16, after: Option<Key>) -> Result<Option<Vec<Hit>>> {
    let asked = filter.narrow(wanted.all(MatchClass::Stem, MatchPlace::Body));
    let range = Range { after: None, filter };
    let query = on.query("SELECT s.document_id").push(INDEX).push_bind(asked.loosened().for_postgres()).push(" AS tsquery)");
    let ids: Vec<(i64,)> = range.push(query).push(" LIMIT ").push_limit(FEW + 1).all().await?;
    if ids.len() > usize::from(FEW) {
        return Ok(None);
    }
    let query = on.query("SELECT document_id, published_at, terms, spellings FROM published_search WHERE document_id IN (");
    let rows: Vec<(i64, Timestamp, String, Vec<u8>)> = query.push_list(ids.into_iter().map(|(id,)| id)).push(")").all().await?;
    let stages = STAGES.map(|stage| wanted.all(stage.class, stage.place));
    let mut hits = vec![];
    for (id, published_at, terms, spellings) in rows {
        let packed = Packed::new(&terms, spellings);
        let found = stages.iter().zip(STAGES).enumerate().find(|(_, (asked, _))| packed.has(asked));
        hits.extend(found.map(|(number, (_, stage))| Hit { id, stage, number, published_at }));
    }
    let order = |(number, at, id): Key| (number, Reverse((at, id)));
    hits.sort_by_key(|hit| order(hit.key()));
    hits.retain(|hit| after.is_none_or(|after| order(hit.key()) > order(after)));
    hits.truncate(usize::from(limit));
    Ok(Some(hits))
}

/// The newest texts of a stage.
pub async fn rows(on: &mut Conn, asked: &Expression, range: &Range<'_>, limit: u16) -> Result<Vec<Row>> {
    if !asked.has_phrase() {
        let query = on.query("SELECT s.document_id, s.published_at").push(INDEX).push_bind(asked.for_postgres()).push(" AS tsquery)");
        return Ok(range.push(query).push(ORDER).push(" LIMIT ").push_limit(limit).all().await?);
    }
    // OFFSET keeps the parts apart: terms are read after sorting, once for each text, until there are enough.
    let query = on.query("SELECT s.document_id, s.published_at FROM (SELECT s.*, ' ' || replace(s.terms, '.', '') || ' ' AS text FROM (SELECT s.*");
    let query = range.push(query.push(INDEX).push_bind(asked.loosened().for_postgres()).push(" AS tsquery)")).push(ORDER);
    let query = query.push(" OFFSET 0) s").push(ORDER).push(" OFFSET 0) s WHERE ");
    Ok(push_phrases(query, asked).push(ORDER).push(" LIMIT ").push_limit(limit).all().await?)
}

/// What [loosening](Expression::loosened) has left out.
fn push_phrases<'q>(query: Query<'q>, asked: &Expression) -> Query<'q> {
    match asked {
        _ if !asked.has_phrase() => query.push("TRUE"),
        Expression::All(parts) => push_joined(query, parts, " AND ", push_phrases),
        Expression::Without(one, other) if other.has_phrase() => push_all(push_phrases(query, one).push(" AND NOT "), other),
        Expression::Without(one, _) => push_phrases(query, one),
        _ => push_all(query, asked),
    }
}

/// All that is asked, as [`Packed::has`].
fn push_all<'q>(query: Query<'q>, asked: &Expression) -> Query<'q> {
    let has = |query: Query<'q>, terms: String| query.push("strpos(s.text, ").push_bind(terms).push(") > 0");
    match asked {
        Expression::Term(term) => push_term(query, term),
        Expression::Prefix(term) => has(query, format!(" {term}")),
        Expression::Phrase(terms) => has(query, format!(" {} ", terms.join(" "))),
        Expression::All(parts) => push_joined(query, parts, " AND ", push_all),
        Expression::Any(parts) => push_joined(query, parts, " OR ", push_all),
        Expression::Without(one, other) => push_all(push_all(query.push("("), one).push(" AND NOT "), other).push(")"),
    }
}

fn push_term<'q>(query: Query<'q>, term: &str) -> Query<'q> {
    // A dot says where the stem of a key ends; other stems stand for themselves.
    let stem = |query: Query<'q>, kind: &str, stem: &str| {
        let query = query.push("(strpos(' ' || s.terms, ").push_bind(format!(" {kind}{stem}.")).push(") > 0 OR strpos(s.text, ");
        query.push_bind(format!(" {term} ")).push(") > 0)")
    };
    match term.split_at_checked(1) {
        Some(("s", rest)) => stem(query, "k", rest),
        Some(("z", rest)) => stem(query, "h", rest),
        Some(("x", digits)) => query.push("position(").push_bind(spelling_bytes(digits).to_vec()).push(" IN s.spellings) > 0"),
        _ => query.push("strpos(s.text, ").push_bind(format!(" {term} ")).push(") > 0"),
    }
}

fn push_joined<'q>(query: Query<'q>, parts: &[Expression], separator: &'static str, push: fn(Query<'q>, &Expression) -> Query<'q>) -> Query<'q> {
    let mut query = query.push("(");
    for (i, part) in parts.iter().enumerate() {
        query = push(if i > 0 { query.push(separator) } else { query }, part);
    }
    if parts.is_empty() { query.push("FALSE)") } else { query.push(")") }
}
