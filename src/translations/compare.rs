//! What changed between two revisions: by member, and in the body by block and word.

use super::Text;
use super::revisions::{self, Revision};
use crate::answer::Answer;
use crate::articles;
use crate::auth::Caller;
use crate::body::Body;
use crate::db::Db;
use crate::error::Result;
use crate::extract::{Path, Query};
use crate::language::Tag;
use crate::policy::{Permission, ReadWork};
use crate::state::State;
use actix_web::get;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff, capture_diff_slices_deadline};
use std::time::{Duration, Instant};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Longer comparisons get coarser, not slower.
const DEADLINE: Duration = Duration::from_millis(200);

pub fn routes(config: &mut ServiceConfig) {
    config.service(compare_revisions);
}

/// The difference between two revisions of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    pub from: i32,
    pub to: i32,
    /// Members other than the body that differ.
    pub fields: Vec<FieldChange>,
    /// The blocks of both bodies in order.
    pub blocks: Vec<BlockChange>,
}

/// A member with two values.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldChange {
    pub field: String,
    #[schema(value_type = Value)]
    pub from: Value,
    #[schema(value_type = Value)]
    pub to: Value,
    /// The words, where both values are texts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<WordChange>,
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockOp {
    Equal,
    Inserted,
    Deleted,
    /// Its words or marks differ.
    Changed,
}

/// A block of one or both bodies.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct BlockChange {
    pub op: BlockOp,
    /// Its `_key` in the second body; in the first, where it was deleted.
    pub key: Option<String>,
    /// Its place in the first body, from 0.
    pub from_index: Option<usize>,
    /// Its place in the second body, from 0.
    pub to_index: Option<usize>,
    /// The words, for everything but equal blocks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<WordChange>,
}

/// A run of words.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct WordChange {
    pub op: WordOp,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordOp {
    Equal,
    Inserted,
    Deleted,
}

#[derive(Deserialize, IntoParams)]
struct TextPath {
    /// The article.
    id: Uuid,
    /// BCP 47: `kk`, `kk-Latn`.
    #[param(value_type = Tag, example = "kk")]
    language: Tag,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Pair {
    /// The earlier revision.
    #[param(example = 1)]
    from: i32,
    /// The later revision.
    #[param(example = 2)]
    to: i32,
}

/// Compare two revisions
#[utoipa::path(tag = "revisions", params(TextPath, Pair), responses((status = 200, description = "What differs", body = Comparison)))]
#[get("/articles/{id}/translations/{language}/revisions/compare")]
async fn compare_revisions(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<TextPath>, Query(pair): Query<Pair>) -> Result<Answer> {
    articles::reach(&state.db, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    Answer::ok(&between(&state.db, path.id, &path.language, pair.from, pair.to).await?)
}

/// The difference between two revisions of a text.
///
/// # Errors
/// `not_found`, and when the database fails.
pub(super) async fn between(db: &Db, article: Uuid, language: &Tag, from: i32, to: i32) -> Result<Comparison> {
    let from = revisions::read(db, article, language, from).await?;
    let to = revisions::read(db, article, language, to).await?;
    actix_web::web::block(move || compare(&from, &to)).await.map_err(crate::error::Error::internal)?
}

/// # Errors
/// When a revision cannot be JSON.
fn compare(from: &Revision, to: &Revision) -> Result<Comparison> {
    let fields = fields(&from.text, &to.text)?;
    Ok(Comparison { from: from.revision, to: to.revision, fields, blocks: blocks(&from.text.body, &to.text.body)? })
}

/// The members other than the body that differ.
///
/// # Errors
/// When a text cannot be JSON.
pub(super) fn fields(from: &Text, to: &Text) -> Result<Vec<FieldChange>> {
    let deadline = Instant::now() + DEADLINE;
    let value = |text: &Text| serde_json::to_value(text).map_err(crate::error::Error::internal);
    let (Value::Object(from), Value::Object(to)) = (value(from)?, value(to)?) else { return Ok(vec![]) };
    Ok(from
        .into_iter()
        .filter(|(field, value)| field != "body" && to.get(field) != Some(value))
        .map(|(field, from)| {
            let to = to.get(&field).cloned().unwrap_or_default();
            let words = from.as_str().zip(to.as_str()).map(|(from, to)| words(from, to, deadline)).unwrap_or_default();
            FieldChange { field, from, to, words }
        })
        .collect())
}

/// A block as it is compared: its JSON without keys, and its words.
struct Comparable {
    form: String,
    key: String,
    text: String,
}

fn comparable(body: &Body) -> Result<Vec<Comparable>> {
    let texts = body.blocks().iter().map(|block| block.key().to_owned()).zip(body.block_texts());
    Ok(forms(body)?.into_iter().zip(texts).map(|(form, (key, text))| Comparable { form, key, text }).collect())
}

/// The JSON of each block without its keys: what is the same is written the same.
///
/// # Errors
/// When the body cannot be JSON.
pub(super) fn forms(body: &Body) -> Result<Vec<String>> {
    let Value::Array(blocks) = serde_json::to_value(body).map_err(crate::error::Error::internal)? else { return Ok(vec![]) };
    Ok(blocks.into_iter().map(|block| without_keys(block).to_string()).collect())
}

fn without_keys(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(name, _)| name != "_key").map(|(name, member)| (name, without_keys(member))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_keys).collect()),
        other => other,
    }
}

/// The blocks of both bodies in order.
///
/// # Errors
/// When a body cannot be JSON.
pub(super) fn blocks(from: &Body, to: &Body) -> Result<Vec<BlockChange>> {
    let deadline = Instant::now() + DEADLINE;
    let (old, new) = (comparable(from)?, comparable(to)?);
    let forms = |blocks: &[Comparable]| blocks.iter().map(|block| block.form.clone()).collect::<Vec<_>>();
    let change = |op, from_index: Option<usize>, to_index: Option<usize>, words| {
        let block = to_index.and_then(|j| new.get(j)).or_else(|| from_index.and_then(|i| old.get(i)));
        BlockChange { op, key: block.map(|block| block.key.clone()), from_index, to_index, words }
    };
    let mut changes = vec![];
    for op in capture_diff_slices_deadline(Algorithm::Myers, &forms(&old), &forms(&new), Some(deadline)) {
        let (old_range, new_range) = (op.old_range(), op.new_range());
        if matches!(op, DiffOp::Equal { .. }) {
            changes.extend(old_range.zip(new_range).map(|(i, j)| change(BlockOp::Equal, Some(i), Some(j), vec![])));
            continue;
        }
        let both = old_range.len().min(new_range.len());
        for (i, j) in old_range.clone().zip(new_range.clone()) {
            let words = match (old.get(i), new.get(j)) {
                (Some(old), Some(new)) => words(&old.text, &new.text, deadline),
                _ => vec![],
            };
            changes.push(change(BlockOp::Changed, Some(i), Some(j), words));
        }
        let whole = |op, text: Option<&Comparable>| vec![WordChange { op, text: text.map(|block| block.text.clone()).unwrap_or_default() }];
        changes.extend(old_range.skip(both).map(|i| change(BlockOp::Deleted, Some(i), None, whole(WordOp::Deleted, old.get(i)))));
        changes.extend(new_range.skip(both).map(|j| change(BlockOp::Inserted, None, Some(j), whole(WordOp::Inserted, new.get(j)))));
    }
    Ok(changes)
}

fn words(old: &str, new: &str, deadline: Instant) -> Vec<WordChange> {
    let diff = TextDiff::configure().deadline(deadline).diff_unicode_words(old, new);
    let mut changes: Vec<WordChange> = vec![];
    for change in diff.iter_all_changes() {
        let op = match change.tag() {
            ChangeTag::Equal => WordOp::Equal,
            ChangeTag::Insert => WordOp::Inserted,
            ChangeTag::Delete => WordOp::Deleted,
        };
        match changes.last_mut() {
            Some(last) if last.op == op => last.text.push_str(change.value()),
            _ => changes.push(WordChange { op, text: change.value().to_owned() }),
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Timestamp;
    use crate::translations::text::Text;

    fn revision(number: i32, headline: &str, html: &str) -> Revision {
        let text = Text {
            headline: headline.to_owned(),
            summary: None,
            body: Body::from_html(html),
            dateline: None,
            byline: None,
            authors: vec![],
            seo: super::super::text::SeoText::default(),
        };
        Revision { revision: number, text, words: 0, restored_from: None, created_by: Uuid::nil(), created_at: Timestamp::from_micros(0) }
    }

    #[test]
    fn words_and_blocks_are_told_apart() {
        let old = revision(1, "Бір", "<p>one</p><p>the quick fox</p><p>three</p>");
        let new = revision(2, "Екі", "<p>one</p><p>the slow fox</p><p>three</p><p>four</p>");
        let comparison = compare(&old, &new).unwrap();
        let words = [(WordOp::Deleted, "Бір"), (WordOp::Inserted, "Екі")].map(|(op, text)| WordChange { op, text: text.to_owned() });
        assert_eq!(comparison.fields, [FieldChange { field: "headline".into(), from: "Бір".into(), to: "Екі".into(), words: words.into() }]);
        let ops: Vec<BlockOp> = comparison.blocks.iter().map(|block| block.op).collect();
        assert_eq!(ops, [BlockOp::Equal, BlockOp::Changed, BlockOp::Equal, BlockOp::Inserted]);
        let told: Vec<(WordOp, &str)> = comparison.blocks[1].words.iter().map(|word| (word.op, word.text.as_str())).collect();
        assert_eq!(told, [(WordOp::Equal, "the "), (WordOp::Deleted, "quick"), (WordOp::Inserted, "slow"), (WordOp::Equal, " fox")]);
        assert!(compare(&old, &old).unwrap().blocks.iter().all(|block| block.op == BlockOp::Equal));
    }
}
