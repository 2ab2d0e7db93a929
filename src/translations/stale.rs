//! What somebody is shown whose change comes too late: the text that they had, what became of it meanwhile, and what they sent.

use super::compare::{self, BlockChange, BlockOp, FieldChange};
use super::workflow::TextPath;
use super::{Text, Translation, revisions};
use crate::answer::Answer;
use crate::db::{Db, Reader, Timestamp};
use crate::error::{Code, Error, Problem, Result};
use crate::language::Tag;
use crate::precondition::Precondition;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Blocks of a side, and conflicts, that are shown.
const MOST: usize = 200;
/// Bytes of the words of a side's blocks that are shown.
const MOST_BYTES: usize = 32 << 10;
/// What the JSON of a run of words has beside them.
const RUN: usize = 32;

/// The problem document of a change of a text that comes too late.
#[derive(Serialize, ToSchema)]
pub(super) struct StaleText {
    #[serde(flatten)]
    problem: Problem,
    current: TextStanding,
    comparison: TextComparison,
}

/// The text as it is now.
#[derive(Serialize, ToSchema)]
struct TextStanding {
    /// For `If-Match`, once your change is on top of it.
    etag: String,
    updated_at: Timestamp,
    updated_by: Option<Uuid>,
}

/// Your change beside those of others, both from the text that you had.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TextComparison {
    /// The revision that you had, by your `If-Match`. `null` where it is not known; then what you sent is compared with the text as it is
    /// now, and everything that differs is a conflict.
    base: Option<RevisionMark>,
    theirs: TheirChanges,
    /// What you changed; `null` where what you sent is not a text that could be stored.
    yours: Option<TextDifference>,
    /// What both changed, and not alike. Everything else can be put together as it is.
    conflicts: Vec<TextConflict>,
    /// Whether there is more than is shown: blocks without their words, and blocks or conflicts beyond the first 200. Compare the revisions
    /// for the whole.
    cut: bool,
}

/// Which revision it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct RevisionMark {
    revision: i32,
    created_by: Uuid,
    created_at: Timestamp,
}

/// The newest revision, and what others changed.
#[derive(Debug, Serialize, ToSchema)]
struct TheirChanges {
    #[serde(flatten)]
    snapshot: RevisionMark,
    #[serde(flatten)]
    difference: TextDifference,
}

/// What differs from the text that you had. The address (`slug`) is not part of it.
#[derive(Debug, Default, Serialize, ToSchema)]
struct TextDifference {
    /// Members other than the body.
    fields: Vec<FieldChange>,
    /// Blocks of the body, without those that are equal.
    blocks: Vec<BlockChange>,
}

/// What both sides changed.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct TextConflict {
    /// `headline`, `body`, …
    #[schema(example = "body")]
    field: String,
    /// The `_key`, in the text that you had, of the block that both changed or deleted.
    block: Option<String>,
    /// Where both inserted blocks in one place: the `_key` of the block before it; `null` at the beginning.
    after: Option<String>,
}

/// The text that a writer found, who came too late.
#[derive(Clone, Copy)]
pub(super) struct Newest {
    revision: i32,
    version: i64,
}

impl From<&Translation> for Newest {
    fn from(text: &Translation) -> Self {
        Self { revision: text.revision, version: text.version }
    }
}

/// Adds the comparison to the problem of a change that came too late. It takes its time, and so comes after the transaction.
///
/// `yours` makes the text that was sent of the one that the writer had; `None` where it breaks a rule.
///
/// # Errors
/// The problem, and when the database fails.
pub(super) async fn explain(
    db: &Db,
    path: &TextPath,
    precondition: &Precondition,
    newest: Option<Newest>,
    outcome: Result<Answer>,
    yours: impl FnOnce(Text) -> Option<Text>,
) -> Result<Answer> {
    let (error, newest) = match (outcome, newest) {
        (Err(error), Some(newest)) if error.code == Code::StaleVersion => (error, newest),
        (outcome, _) => return outcome,
    };
    let theirs = revisions::read(db, path.id, &path.language, newest.revision).await?;
    let base = match precondition.seen().filter(|version| *version <= newest.version) {
        Some(version) => revision_at(db, path.id, &path.language, version).await?,
        None => None,
    };
    let base = match base {
        Some(revision) => Some(revisions::read(db, path.id, &path.language, revision).await?),
        None => None,
    };
    let snapshot = |of: &revisions::Revision| RevisionMark { revision: of.revision, created_by: of.created_by, created_at: of.created_at };
    let (known, snapshots) = (base.is_some(), (base.as_ref().map(snapshot), snapshot(&theirs)));
    let from = base.map_or_else(|| theirs.text.clone(), |base| base.text);
    let yours = yours(from.clone());
    let compared = move || three_way(snapshots, known, &from, &theirs.text, yours.as_ref());
    let comparison = actix_web::web::block(compared).await.map_err(Error::internal)??;
    Err(error.with("comparison", serde_json::to_value(comparison).map_err(Error::internal)?))
}

/// The revision that was the newest when a text had this version; `None` where that was not noted.
async fn revision_at(on: impl Reader<'_>, article: Uuid, language: &Tag, version: i64) -> Result<Option<i32>> {
    let found: Option<(i32,)> = on
        .query("SELECT revision FROM revisions WHERE article_id = $1 AND language = $2 AND text_version <= $3 ORDER BY revision DESC LIMIT 1")
        .bind(article)
        .bind(language)
        .bind(version)
        .optional()
        .await?;
    Ok(found.map(|(revision,)| revision))
}

fn three_way((base, newest): (Option<RevisionMark>, RevisionMark), known: bool, from: &Text, theirs: &Text, yours: Option<&Text>) -> Result<TextComparison> {
    let mut their_side = difference(from, theirs)?;
    let mut your_side = yours.map(|yours| difference(from, yours)).transpose()?;
    let mut conflicts = match (&your_side, yours) {
        (Some(side), Some(yours)) => {
            let keys: Vec<&str> = from.body.blocks().iter().map(crate::body::Block::key).collect();
            let mut conflicts = field_conflicts(&their_side.fields, &side.fields, known);
            let (one, other) = (touched(&their_side.blocks, &compare::forms(&theirs.body)?), touched(&side.blocks, &compare::forms(&yours.body)?));
            let both = other.iter().filter(|(place, forms)| !known || one.get(place).is_some_and(|theirs| theirs != *forms));
            conflicts.extend(both.map(|(place, _)| place.conflict(&keys)));
            conflicts
        }
        _ => vec![],
    };
    let cut = fit(&mut their_side) | your_side.as_mut().is_some_and(fit) | (conflicts.len() > MOST);
    conflicts.truncate(MOST);
    Ok(TextComparison { base, theirs: TheirChanges { snapshot: newest, difference: their_side }, yours: your_side, conflicts, cut })
}

fn difference(from: &Text, to: &Text) -> Result<TextDifference> {
    Ok(TextDifference { fields: compare::fields(from, to)?, blocks: compare::blocks(&from.body, &to.body)? })
}

fn field_conflicts(theirs: &[FieldChange], yours: &[FieldChange], known: bool) -> Vec<TextConflict> {
    let both = yours.iter().filter(|change| !known || theirs.iter().any(|other| other.field == change.field && other.to != change.to));
    both.map(|change| TextConflict { field: change.field.clone(), block: None, after: None }).collect()
}

/// A place in the body that both sides started from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Before the block of this index.
    Gap(usize),
    Block(usize),
}

impl Place {
    fn conflict(self, keys: &[&str]) -> TextConflict {
        let key = |i: usize| keys.get(i).map(|key| (*key).to_owned());
        let (block, after) = match self {
            Self::Gap(i) => (None, i.checked_sub(1).and_then(key)),
            Self::Block(i) => (key(i), None),
        };
        TextConflict { field: "body".to_owned(), block, after }
    }
}

/// Where a side changed the body, and into what.
fn touched(changes: &[BlockChange], forms: &[String]) -> BTreeMap<Place, Vec<String>> {
    let mut touched: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    let mut next = 0;
    for change in changes {
        let form = change.to_index.and_then(|j| forms.get(j)).cloned();
        let place = change.from_index.map_or(Place::Gap(next), Place::Block);
        if change.op != BlockOp::Equal {
            touched.entry(place).or_default().extend(form);
        }
        next = change.from_index.map_or(next, |i| i + 1);
    }
    touched
}

/// Leaves out what is equal, and what would be too much. Says whether something is missing.
fn fit(side: &mut TextDifference) -> bool {
    side.blocks.retain(|block| block.op != BlockOp::Equal);
    let mut cut = side.blocks.len() > MOST;
    side.blocks.truncate(MOST);
    let mut left = MOST_BYTES;
    for block in &mut side.blocks {
        let bytes = block.words.iter().map(|run| run.text.len() + RUN).sum();
        if let Some(rest) = left.checked_sub(bytes) {
            left = rest;
        } else {
            block.words.clear();
            cut = true;
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Body;
    use serde_json::json;

    fn text(headline: &str, blocks: &[&str]) -> Text {
        let block = |(i, words): (usize, &&str)| json!({"_type": "block", "_key": format!("k{i}"), "children": [{"_type": "span", "text": words}]});
        let body = Body::parse(&blocks.iter().enumerate().map(block).collect()).unwrap();
        let seo = crate::translations::text::SeoText::default();
        Text { headline: headline.to_owned(), summary: None, body, dateline: None, byline: None, authors: vec![], seo }
    }

    fn compared(known: bool, from: &Text, theirs: &Text, yours: &Text) -> TextComparison {
        let snapshot = RevisionMark { revision: 1, created_by: Uuid::nil(), created_at: Timestamp::from_micros(0) };
        three_way((known.then(|| snapshot.clone()), snapshot), known, from, theirs, Some(yours)).unwrap()
    }

    fn told(comparison: &TextComparison) -> Vec<(&str, Option<&str>, Option<&str>)> {
        comparison.conflicts.iter().map(|conflict| (conflict.field.as_str(), conflict.block.as_deref(), conflict.after.as_deref())).collect()
    }

    #[test]
    fn only_what_both_changed_otherwise_is_a_conflict() {
        let base = text("Wind", &["one", "two", "three"]);
        for (theirs, yours, conflicts) in [
            (text("Wind!", &["one", "two", "three"]), text("Wind", &["one", "2", "three"]), vec![]),
            (text("Wind!", &["one", "two", "three"]), text("Wind?", &["one", "two", "three"]), vec![("headline", None, None)]),
            (text("Wind!", &["1", "two", "three"]), text("Wind!", &["1", "two", "three"]), vec![]),
            (text("Wind", &["1", "two", "three"]), text("Wind", &["one", "two", "3"]), vec![]),
            (text("Wind", &["one", "2", "three"]), text("Wind", &["one", "II", "three"]), vec![("body", Some("k1"), None)]),
            (text("Wind", &["one", "three"]), text("Wind", &["one", "II", "three"]), vec![("body", Some("k1"), None)]),
            (text("Wind", &["one", "two", "three", "4"]), text("Wind", &["one", "two", "three", "IV"]), vec![("body", None, Some("k2"))]),
            (text("Wind", &["0", "one", "two", "three"]), text("Wind", &["zero", "one", "two", "three"]), vec![("body", None, None)]),
            (text("Wind", &["0", "one", "two", "three"]), text("Wind", &["one", "two", "three", "4"]), vec![]),
        ] {
            let comparison = compared(true, &base, &theirs, &yours);
            assert_eq!(told(&comparison), conflicts, "{comparison:?}");
            assert!(!comparison.cut);
        }
    }

    #[test]
    fn without_a_base_everything_that_differs_is_a_conflict() {
        let theirs = text("Wind", &["one", "two"]);
        let comparison = compared(false, &theirs, &theirs, &text("Storm", &["one", "2"]));
        assert_eq!(told(&comparison), [("headline", None, None), ("body", Some("k1"), None)]);
    }

    #[test]
    fn a_long_comparison_is_cut_and_says_so() {
        let long = "word ".repeat(250);
        let many: Vec<&str> = vec![&long; 300];
        let comparison = compared(true, &text("x", &["one"]), &text("x", &["one"]), &text("x", &many));
        let size = serde_json::to_string(&comparison).unwrap().len();
        assert!(comparison.cut && size < 100_000, "{size}");
    }
}
