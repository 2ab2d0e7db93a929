//! The language core: what a text's language and script mean for the rest of the newsroom.
//!
//! Pure functions over small tables of our own; no I/O, no clock, no configuration. Nothing outside
//! this module compares language tags as strings, changes the case of a text or makes a slug.
//!
//! - [`Tag`] names a language in one script (BCP 47) and knows its direction, name and fallbacks;
//! - [`negotiate()`] answers `Accept-Language`;
//! - [`lowercase`], [`uppercase`] and [`titlecase_first`] keep dotted and dotless i apart;
//! - [`conversion`] leads from one script of a language into another;
//! - [`common_turkic()`] shows a text of any Turkic language in the letters that all have in common;
//! - [`fold`], [`query_keys`], [`stem`] and [`language_stem`] make the keys that texts are found by;
//! - [`detect()`] tells which language and script a text is in;
//! - [`sort_key`] puts names into the order of an alphabet;
//! - [`guard`] finds what a second pair of eyes would stop at;
//! - [`slug()`] turns a headline into the last part of its address.

mod apostrophe;
mod casing;
mod common_turkic;
mod convert;
pub mod detect;
#[cfg(test)]
mod gold;
pub mod guard;
mod negotiate;
mod orthography;
mod romanise;
mod script;
mod search;
mod slug;
mod sort;
mod table;
mod tag;
mod wire;

pub use apostrophe::{has_apostrophes, normalise_apostrophes};
pub use casing::{lowercase, titlecase_first, uppercase};
pub use common_turkic::{COMMON_TURKIC, COMMON_TURKIC_LANGUAGES, common_turkic, common_turkic_tag, has_common_turkic};
pub use convert::{CONVERSIONS, Conversion, Converted, DoubtfulWord, LONGEST_WORD, Trust, Warning, conversion};
pub use detect::{Guess, detect};
pub use negotiate::negotiate;
pub use orthography::{OrthographyError, derived_tag, is_rather, orthographies, orthography};
pub use script::{Direction, Script};
pub use search::{Folder, fold, language_stem, query_keys, query_stems, stem};
pub use slug::slug;
pub use sort::{Sorter, sort_key};
pub use tag::{Tag, TagError};
