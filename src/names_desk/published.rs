//! How public texts spell the names of the list, so that a writer can be told what others do. The index of the search knows it.

use super::keys;
use super::uses::{InOneLanguage, Unusual};
use crate::db::{Engine, Query, Reader};
use crate::error::Result;
use crate::language::{Tag, fold};
use crate::search::otherwise;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Spellings of a text that are counted.
const MOST_ASKED: usize = 20;
/// Texts are counted up to here: who reads "1000" knows enough.
const MOST_COUNTED: u16 = 1000;

/// Counts, with one query, in how many public texts of the language each name is spelled otherwise.
///
/// # Errors
/// When the database fails.
pub async fn count<C>(on: &mut C, found: &mut [Unusual], names: &InOneLanguage, language: &Tag) -> Result<()>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let asked: BTreeSet<(Uuid, String)> = found.iter().map(|unusual| (unusual.name_id, unusual.word.clone())).take(MOST_ASKED).collect();
    let asked: Vec<(Uuid, String)> = asked.into_iter().collect();
    if asked.is_empty() {
        return Ok(());
    }
    let mut query = on.query("");
    for (n, (name, word)) in (0_i32..).zip(&asked) {
        let expression = otherwise(&readings(names, *name, language), word, language);
        query = query.push(if n == 0 { "SELECT " } else { " UNION ALL SELECT " }).push_bind(n).push(" AS asked, count(*) AS texts FROM (");
        query = push_matches(query, &expression).push(" LIMIT ").push_limit(MOST_COUNTED).push(") t");
    }
    let rows: Vec<(i32, i64)> = query.all().await?;
    let counts: BTreeMap<&(Uuid, String), i64> = rows.into_iter().filter_map(|(n, count)| Some((asked.get(usize::try_from(n).ok()?)?, count))).collect();
    for unusual in found {
        unusual.otherwise_in = counts.get(&(unusual.name_id, unusual.word.clone())).copied().unwrap_or(0);
    }
    Ok(())
}

fn push_matches<'c>(query: Query<'c>, expression: &crate::search::Expression) -> Query<'c> {
    match query.engine() {
        Engine::Postgres => query
            .push("SELECT 1 AS one FROM published_search s WHERE published_terms(s.terms, s.spellings) @@ CAST(")
            .push_bind(expression.for_postgres())
            .push(" AS tsquery)"),
        Engine::Sqlite => query.push("SELECT 1 AS one FROM published_search_terms WHERE published_search_terms MATCH ").push_bind(expression.for_sqlite()),
    }
}

/// The keys of all that a name is called in a language.
fn readings(names: &InOneLanguage, name: Uuid, language: &Tag) -> Vec<Vec<String>> {
    let spelled = names.get(&name).into_iter().flatten().flat_map(|(_, written)| {
        let words: Vec<Vec<String>> = keys::words(written).map(|(_, word)| fold(word, language)).filter(|keys| !keys.is_empty()).collect();
        keys::readings(&words)
    });
    spelled.collect::<BTreeSet<_>>().into_iter().collect()
}
