//! Texts in another script of their language, made of one that there is.
//!
//! A variant is a translation like any other, with where it comes from beside it. What the rules of its letters had to guess is listed for
//! a reviewer; what people said of a word is kept, and applied when the source changes. [`follow`] keeps it up with its source, part by
//! part, until it is detached; [`PublishVariants`] publishes it where its agency wants that.

mod doubts;
mod follow;
mod http;
mod make;
mod publish;
mod respell;
mod store;
mod units;

pub use http::routes;
pub use publish::PublishVariants;

pub(super) use follow::follow;
pub(super) use publish::{attached, leave, mark, note, with_source};
pub(super) use respell::{carry, prose, respell};
pub(super) use store::forget;

use super::Translation;
use crate::error::{Code, Error, Result};
use crate::language::{CONVERSIONS, Conversion, Tag, Trust, conversion};
use crate::publication::DerivationStatus;
use crate::text_enum;
use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// The version of our rules, which a variant keeps.
pub const ENGINE: &str = "1";
/// Doubtful words of a text that are listed; what is beyond them is counted.
const MOST_WARNINGS: usize = 2_000;

/// Which text a variant was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DerivedFrom {
    pub language: Tag,
    /// The revision of that text that it is up to.
    pub revision: i32,
    /// The version of the rules that made it first.
    pub engine: String,
}

text_enum! {
    /// Where a warning stands.
    pub enum WarningState {
        Open = "open",
        /// The word is right, or one of the alternatives was taken.
        Accepted = "accepted",
        /// The word was written otherwise.
        Corrected = "corrected",
        /// The text was reviewed or detached over it.
        Overruled = "overruled",
    }
}

/// A word of which the rules were not sure, or something else that was lost.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
pub struct VariantWarning {
    pub id: Uuid,
    /// The part of the text that it is in: `/headline`, `/seo/title`; of a block, `/body/` and its `_key`.
    pub pointer: String,
    /// Characters (Unicode code points) of that part of the source before the word, its texts counted one after the other.
    pub index: i32,
    /// Characters of the word in the source.
    pub length: i32,
    /// What stands before and after it in the source.
    pub before: String,
    pub after: String,
    pub source_word: String,
    /// What it has become; after a correction, what it was corrected to.
    pub word: String,
    pub rule: String,
    pub message: String,
    /// Other spellings of the word.
    #[schema(value_type = Vec<String>)]
    pub alternatives: Json<Vec<String>>,
    pub state: WarningState,
    #[serde(skip)]
    pub made_start: i32,
    #[serde(skip)]
    pub unit_order: i32,
}

/// What is known of a variant beside its text.
#[derive(Clone, Debug, FromRow)]
struct Variant {
    from_language: Tag,
    from_revision: i32,
    status: DerivationStatus,
    /// Of each part that was made, what it was: who edited it since can be told by that.
    made: Json<BTreeMap<String, String>>,
    /// What people said of words, in lower case.
    corrections: Json<BTreeMap<String, String>>,
    by_rule: bool,
    /// Whether it left readers with its source, and comes back with it.
    left_with_source: bool,
}

/// The alphabet that texts are written in where nothing else is said; `None` where there is one alone.
#[must_use]
pub fn usual_orthography(language: &Tag) -> Option<&'static str> {
    CONVERSIONS.iter().filter(|way| way.to == language.as_str()).find_map(|way| way.orthography)
}

/// The way to a variant.
///
/// # Errors
/// `validation_failed` with the ways that there are.
fn way(from: &Tag, to: &Tag, orthography: Option<&str>) -> Result<&'static Conversion> {
    let possible = || CONVERSIONS.iter().filter(|way| way.from == from.as_str() && way.to != way.from);
    if from != to
        && let Some(way) = conversion(from, to, orthography)
    {
        return Ok(way);
    }
    let known = possible().any(|way| way.to == to.as_str());
    let names: Vec<String> = possible().map(|way| way.orthography.map_or_else(|| way.to.to_owned(), |id| format!("{} ({id})", way.to))).collect();
    let targets: Vec<_> = possible().map(|way| serde_json::json!({ "language": way.to, "orthography": way.orthography })).collect();
    let list = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let (pointer, code) = if known { ("/orthography", "unknown_orthography") } else { ("/language", "no_way") };
    Err(Error::invalid(pointer, code, format!("a text in {from} can become: {list}")).with("possible", targets))
}

/// How a text stands that was just made: with an exact way and nothing doubtful it needs nobody.
const fn status_of(trust: Trust, open: usize) -> DerivationStatus {
    match (trust, open) {
        (Trust::Exact, 0) => DerivationStatus::Auto,
        _ => DerivationStatus::NeedsReview,
    }
}

/// A variant that still follows its source: neither of the two ways to let it go was taken.
fn is_attached(text: &Translation) -> bool {
    text.detached_at.is_none() && text.derivation_status.is_some_and(|status| status != DerivationStatus::Independent)
}

fn is_no_variant(path_language: &Tag) -> Error {
    Error::new(Code::Conflict, format!("The text is no variant of the one in {path_language}, or goes its own way."))
}
