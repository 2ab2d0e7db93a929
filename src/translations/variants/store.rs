//! The tables of variants and their warnings.

use super::make::Doubt;
use super::{MOST_WARNINGS, Variant, VariantWarning, WarningState};
use crate::db::{Query, Reader, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::language::Tag;
use crate::publication::DerivationStatus;
use crate::translations::Translation;
use sqlx::types::Json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Rows of a statement.
const AT_ONCE: usize = 500;

/// What is known of a variant; `None` for a text that is none.
pub(super) async fn variant(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<Option<Variant>> {
    let query = on.query(
        "SELECT from_language, from_revision, status, made, corrections, by_rule, left_with_source FROM variants WHERE article_id = $1 AND language = $2",
    );
    Ok(query.bind(article).bind(language).optional().await?)
}

/// The tags of the variants that follow a text: neither of the two ways to let one go was taken.
pub(super) async fn of_source(on: impl Reader<'_>, article: Uuid, source: &Tag) -> Result<Vec<Tag>> {
    let query = on.query(
        "SELECT v.language FROM variants v JOIN translations t ON t.article_id = v.article_id AND t.language = v.language WHERE v.article_id = $1 \
         AND v.from_language = $2 AND v.status <> 'independent' AND t.detached_at IS NULL AND t.deleted_at IS NULL ORDER BY v.language",
    );
    let found: Vec<(Tag,)> = query.bind(article).bind(source).all().await?;
    Ok(found.into_iter().map(|(language,)| language).collect())
}

/// Notes that a text is a variant.
pub(super) async fn insert(tx: &mut Tx, article: Uuid, language: &Tag, variant: &Variant) -> Result<()> {
    tx.query(
        "INSERT INTO variants (article_id, language, from_language, from_revision, engine, status, made, corrections, by_rule, left_with_source) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(article)
    .bind(language)
    .bind(&variant.from_language)
    .bind(variant.from_revision)
    .bind(super::ENGINE)
    .bind(variant.status)
    .bind(&variant.made)
    .bind(&variant.corrections)
    .bind(variant.by_rule)
    .bind(variant.left_with_source)
    .execute()
    .await?;
    Ok(())
}

/// Writes what is known of a variant anew.
pub(super) async fn update(tx: &mut Tx, article: Uuid, language: &Tag, variant: &Variant) -> Result<()> {
    tx.query("UPDATE variants SET from_revision = $3, status = $4, made = $5, corrections = $6, by_rule = $7 WHERE article_id = $1 AND language = $2")
        .bind(article)
        .bind(language)
        .bind(variant.from_revision)
        .bind(variant.status)
        .bind(&variant.made)
        .bind(&variant.corrections)
        .bind(variant.by_rule)
        .execute()
        .await?;
    Ok(())
}

/// Forgets that a text is a variant: it was deleted.
pub async fn forget(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<()> {
    tx.query("DELETE FROM variant_warnings WHERE article_id = $1 AND language = $2").bind(article).bind(language).execute().await?;
    tx.query("DELETE FROM variants WHERE article_id = $1 AND language = $2").bind(article).bind(language).execute().await?;
    Ok(())
}

/// Notes of which revision of the original a variant is; another version of the text.
pub(super) async fn set_base(tx: &mut Tx, text: &Translation, base: Option<i32>, now: Timestamp) -> Result<()> {
    tx.query(
        "UPDATE translations SET base_revision = $3, version = version + 1, updated_at = $4 \
         WHERE article_id = $1 AND language = $2 AND detached_at IS NULL",
    )
    .bind(text.article_id)
    .bind(&text.language)
    .bind(base)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Another version of a text of which something changed that is not in its revisions.
pub(super) async fn touch(tx: &mut Tx, text: &Translation, by: Uuid, now: Timestamp) -> Result<()> {
    tx.query("UPDATE translations SET version = version + 1, updated_at = $3, updated_by = $4 WHERE article_id = $1 AND language = $2")
        .bind(text.article_id)
        .bind(&text.language)
        .bind(now)
        .bind(by)
        .execute()
        .await?;
    Ok(())
}

/// Sets how a variant stands, and why; for readers too, where they see the newest revision.
pub(super) async fn set_status(tx: &mut Tx, text: &Translation, status: DerivationStatus, reason: Option<&str>) -> Result<()> {
    tx.query(
        "UPDATE variants SET status = $3, reason = $4, published_status = CASE WHEN $5 THEN $3 ELSE published_status END \
         WHERE article_id = $1 AND language = $2",
    )
    .bind(text.article_id)
    .bind(&text.language)
    .bind(status)
    .bind(reason)
    .bind(text.published_revision == Some(text.revision))
    .execute()
    .await?;
    Ok(())
}

/// Notes that a variant is published as it stands now, and whether a rule did it.
pub(super) async fn publish(tx: &mut Tx, text: &Translation, by_rule: bool) -> Result<()> {
    let query = tx.query("UPDATE variants SET by_rule = $3, left_with_source = $4, published_status = status WHERE article_id = $1 AND language = $2");
    query.bind(text.article_id).bind(&text.language).bind(by_rule).bind(false).execute().await?;
    Ok(())
}

/// Notes that a variant leaves readers with its source.
pub(super) async fn leave(tx: &mut Tx, text: &Translation) -> Result<()> {
    let query = tx.query("UPDATE variants SET left_with_source = $3 WHERE article_id = $1 AND language = $2");
    query.bind(text.article_id).bind(&text.language).bind(true).execute().await?;
    Ok(())
}

/// A warning to write: the part that it is in, its place among the parts, and the word.
pub(super) type NewWarning = (String, usize, Doubt);

/// Writes the doubtful words of a text; of those beyond [`MOST_WARNINGS`], how many they are.
pub(super) async fn warn(tx: &mut Tx, article: Uuid, language: &Tag, warnings: Vec<NewWarning>) -> Result<()> {
    let (mut warnings, uncounted): (Vec<_>, Vec<_>) = warnings.into_iter().partition(|(.., doubt)| doubt.more == 0);
    let more = uncounted.iter().map(|(.., doubt)| doubt.more).sum::<usize>() + warnings.len().saturating_sub(MOST_WARNINGS);
    warnings.truncate(MOST_WARNINGS);
    if more > 0 {
        let doubt = Doubt { rule: "more".to_owned(), message: format!("{more} more words are doubtful"), ..Doubt::default() };
        warnings.push(("/body".to_owned(), usize::MAX, doubt));
    }
    for batch in warnings.chunks(AT_ONCE) {
        let mut query = tx.query(
            "INSERT INTO variant_warnings (id, article_id, language, unit, unit_order, start, length, made_start, source_word, made_word, \
             context_before, context_after, rule, message, alternatives, state) VALUES ",
        );
        let mut separator = "(";
        for (unit, order, doubt) in batch {
            query = row(query.push(separator), article, language, unit, *order, doubt).push(", 'open')");
            separator = ", (";
        }
        query.execute().await?;
    }
    Ok(())
}

fn number(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn row<'c>(query: Query<'c>, article: Uuid, language: &Tag, unit: &str, order: usize, doubt: &Doubt) -> Query<'c> {
    let comma = ", ";
    query
        .push_bind(Uuid::now_v7())
        .push(comma)
        .push_bind(article)
        .push(comma)
        .push_bind(language)
        .push(comma)
        .push_bind(unit)
        .push(comma)
        .push_bind(number(order))
        .push(comma)
        .push_bind(number(doubt.start))
        .push(comma)
        .push_bind(number(doubt.length))
        .push(comma)
        .push_bind(number(doubt.made_start))
        .push(comma)
        .push_bind(&doubt.source_word)
        .push(comma)
        .push_bind(&doubt.made_word)
        .push(comma)
        .push_bind(&doubt.before)
        .push(comma)
        .push_bind(&doubt.after)
        .push(comma)
        .push_bind(&doubt.rule)
        .push(comma)
        .push_bind(&doubt.message)
        .push(comma)
        .push_bind(Json(&doubt.alternatives))
}

/// The warnings of a text.
pub(super) fn warnings<'q>(on: impl Reader<'q>, article: Uuid, language: &Tag) -> Query<'q> {
    on.query(
        "SELECT id, unit AS pointer, start AS \"index\", length, context_before AS before, context_after AS after, source_word, made_word AS word, \
         rule, message, alternatives, state, made_start, unit_order FROM variant_warnings WHERE article_id = ",
    )
    .push_bind(article)
    .push(" AND language = ")
    .push_bind(language)
}

pub(super) async fn warning(tx: &mut Tx, text: &Translation, id: Uuid) -> Result<VariantWarning> {
    let found: Option<VariantWarning> = warnings(&mut *tx, text.article_id, &text.language).push(" AND id = ").push_bind(id).optional().await?;
    found.ok_or_else(|| Error::not_found("warning"))
}

/// How many warnings of a text are open.
pub(super) async fn open(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<i64> {
    let query = on.query("SELECT count(*) FROM variant_warnings WHERE article_id = $1 AND language = $2 AND state = 'open'");
    Ok(query.bind(article).bind(language).value().await?)
}

/// Settles a warning, with the word that it is about from now on.
pub(super) async fn settle(tx: &mut Tx, id: Uuid, state: WarningState, word: &str, by: Uuid, now: Timestamp) -> Result<()> {
    tx.query("UPDATE variant_warnings SET state = $2, made_word = $3, settled_by = $4, settled_at = $5 WHERE id = $1")
        .bind(id)
        .bind(state)
        .bind(word)
        .bind(by)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Settles all that are open.
pub(super) async fn overrule(tx: &mut Tx, text: &Translation, by: Uuid, now: Timestamp) -> Result<()> {
    tx.query("UPDATE variant_warnings SET state = 'overruled', settled_by = $3, settled_at = $4 WHERE article_id = $1 AND language = $2 AND state = 'open'")
        .bind(text.article_id)
        .bind(&text.language)
        .bind(by)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Moves the words of a part behind a place that grew or shrank.
pub(super) async fn shift(tx: &mut Tx, text: &Translation, unit: &str, after: i32, by: i32) -> Result<()> {
    tx.query("UPDATE variant_warnings SET made_start = made_start + $5 WHERE article_id = $1 AND language = $2 AND unit = $3 AND made_start > $4")
        .bind(text.article_id)
        .bind(&text.language)
        .bind(unit)
        .bind(after)
        .bind(by)
        .execute()
        .await?;
    Ok(())
}

/// Forgets the warnings of parts that were made anew or are gone.
pub(super) async fn clear(tx: &mut Tx, text: &Translation, units: &[String]) -> Result<()> {
    for units in units.chunks(AT_ONCE) {
        let query = tx.query("DELETE FROM variant_warnings WHERE article_id = $1 AND language = $2 AND unit IN (").bind(text.article_id).bind(&text.language);
        query.push_list(units.iter()).push(")").execute().await?;
    }
    Ok(())
}

/// Puts the warnings of the parts that stay into their new order.
pub(super) async fn reorder(tx: &mut Tx, text: &Translation, order: &BTreeMap<&str, usize>) -> Result<()> {
    let query = tx.query("SELECT DISTINCT unit, unit_order FROM variant_warnings WHERE article_id = $1 AND language = $2");
    let there: Vec<(String, i32)> = query.bind(text.article_id).bind(&text.language).all().await?;
    for (unit, old) in there {
        let Some(new) = order.get(unit.as_str()).map(|order| number(*order)).filter(|new| *new != old) else { continue };
        tx.query("UPDATE variant_warnings SET unit_order = $4 WHERE article_id = $1 AND language = $2 AND unit = $3")
            .bind(text.article_id)
            .bind(&text.language)
            .bind(&unit)
            .bind(new)
            .execute()
            .await?;
    }
    Ok(())
}

/// The variants that were up to a revision of their source are up to a later one that says the same.
pub(super) async fn repin(tx: &mut Tx, source: &Translation, revision: i32) -> Result<()> {
    if source.is_original {
        tx.query(
            "UPDATE translations SET base_revision = $4, version = version + 1 WHERE article_id = $1 AND base_revision = $3 AND detached_at IS NULL \
             AND language IN (SELECT v.language FROM variants v WHERE v.article_id = $1 AND v.from_language = $2 AND v.from_revision = $3 \
             AND v.status <> 'independent')",
        )
        .bind(source.article_id)
        .bind(&source.language)
        .bind(source.revision)
        .bind(revision)
        .execute()
        .await?;
    }
    tx.query("UPDATE variants SET from_revision = $4 WHERE article_id = $1 AND from_language = $2 AND from_revision = $3")
        .bind(source.article_id)
        .bind(&source.language)
        .bind(source.revision)
        .bind(revision)
        .execute()
        .await?;
    Ok(())
}

/// Spells the doubtful words of a text as the text is spelled now, so that they are found in it.
pub(super) async fn respell_open(tx: &mut Tx, text: &Translation, spelled: impl Fn(&str) -> String) -> Result<()> {
    let words: Vec<(Uuid, String)> = tx
        .query("SELECT id, made_word FROM variant_warnings WHERE article_id = $1 AND language = $2 AND state = 'open'")
        .bind(text.article_id)
        .bind(&text.language)
        .all()
        .await?;
    for (id, word) in words {
        tx.query("UPDATE variant_warnings SET made_word = $2 WHERE id = $1").bind(id).bind(spelled(&word)).execute().await?;
    }
    Ok(())
}
