//! What texts are found by, whatever script, keyboard or apostrophe they were written with.
//!
//! [`fold`] turns a word of any of our languages into one or two keys of plain letters; [`query_keys`] does the same for a word of
//! which nobody knows the language; [`stem`] cuts the usual Turkic endings from a key, [`language_stem`] those of English, Russian and Turkish
//! from a word.
//!
//! The tables are facts about alphabets, typed anew.

mod fold;
mod letters;
mod snowball;
mod stem;

pub use fold::{Folder, fold, query_keys};
pub(super) use letters::is_apostrophe;
pub use snowball::{language_stem, query_stems};
pub use stem::stem;
