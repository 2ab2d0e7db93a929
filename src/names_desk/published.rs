//! How public texts spell the names of the list, so that a writer can be told what others do.

use super::keys::Fit;
use super::lookup::bare;
use super::uses;
use crate::db::{Reader, Tx};
use crate::error::Result;
use crate::language::Tag;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Spellings that are noted of one text.
const MOST_NOTED: usize = 200;
/// Texts are counted up to here: who reads "1000" knows enough.
const MOST_COUNTED: &str = "1000";

/// Notes how a text that readers see spells names: the exact forms of those that the list has in its language now. In the transaction
/// that shows it.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut Tx, article: Uuid, language: &Tag, text: &str) -> Result<()> {
    forget(tx, article, language).await?;
    let (places, _) = uses::find(tx, text, language).await?;
    let exact =
        places.iter().flat_map(|place| place.names.iter().filter(|(_, fit)| **fit == Fit::Exact).map(move |(id, _)| (*id, bare(&place.text, language))));
    let rows: BTreeSet<(Uuid, String)> = exact.take(MOST_NOTED).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut query = tx.query("INSERT INTO name_uses (name_id, language, article_id, form) VALUES ");
    for (n, (id, form)) in rows.iter().enumerate() {
        query = query.push(if n == 0 { "(" } else { ", (" }).push_bind(*id).push(", ").push_bind(language).push(", ").push_bind(article);
        query = query.push(", ").push_bind(form).push(")");
    }
    query.execute().await?;
    Ok(())
}

/// Forgets a text that readers do not see any more.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<()> {
    tx.query("DELETE FROM name_uses WHERE article_id = $1 AND language = $2").bind(article).bind(language).execute().await?;
    Ok(())
}

/// How many public texts in a language spell a name otherwise than `written`.
pub(super) async fn otherwise(on: impl Reader<'_>, name: Uuid, language: &Tag, written: &str) -> Result<i64> {
    let query = on.query("SELECT count(*) FROM (SELECT DISTINCT article_id FROM name_uses WHERE name_id = $1 AND language = $2 AND form <> $3 LIMIT ");
    Ok(query.push(MOST_COUNTED).push(") o").bind(name).bind(language).bind(bare(written, language)).value().await?)
}
