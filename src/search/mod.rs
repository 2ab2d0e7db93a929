//! What texts are found by, and how they are asked for: the same on both engines. Pure functions, no I/O.
//!
//! A text is indexed as *terms*: the keys of its words ([`fold`](crate::language::fold)) in their order, the stems of those, and the words as they
//! stand in lower case, shortened to six letters and digits; each once for the whole text and once for its headline. A query asks for terms in six *stages*, one after the other: exact, key, stem,
//! and in each the headline before the rest. No engine ever splits, stems or scores anything.
//!
//! Terms begin with a letter that says what they are and go on with letters and digits alone: nothing in them means anything to an engine.

mod expression;
mod index;
mod otherwise;
mod packed;
mod query;
mod snippet;
mod tokens;

pub use expression::Expression;
pub use index::{Facet, Plain, Terms};
pub use otherwise::otherwise;
pub use packed::{Packed, spelling_bytes};
pub use query::{Fault, MatchClass, MatchPlace, Query, STAGES, Stage};
pub use snippet::{Highlight, Snippet, snippets};

/// Grows when texts are to be indexed otherwise: with the tables of [`fold`](crate::language::fold) and [`stem`](crate::language::stem), or with
/// the terms. What an older version has indexed is indexed anew in the background.
pub const VERSION: i64 = 2;
