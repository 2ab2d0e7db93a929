//! What front ends ask of the language core, so that an editor's tool needs no tables of its own, and the warnings that come with every save
//! of a text. Nothing is stored.

mod check;
mod http;
mod sort;
mod transliterate;

pub use check::{Checked, Checker, TextWarning};
pub use http::routes;
