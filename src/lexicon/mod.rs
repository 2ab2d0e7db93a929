//! The lexicon of the house: words that go their own way from one script into another, where rules would get them wrong.
//!
//! An agency's entry goes before everybody's, and one for an alphabet before one for any. It knows nothing of texts.

mod http;
mod store;

pub use http::routes;
pub use store::{known, learn};

use crate::db::Timestamp;
use crate::error::{Code, Error, Faults, Result};
use crate::language::{CONVERSIONS, Tag, conversion, lowercase, normalise_apostrophes};
use crate::policy::{Actor, EditLexicon, Permission};
use crate::precondition::Standing;
use serde::Serialize;
use sqlx::FromRow;
use std::cell::RefCell;
use utoipa::ToSchema;
use uuid::Uuid;

/// Characters of a word.
const LONGEST: usize = 100;

/// A word, and what it becomes in another script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow, ToSchema)]
pub struct LexiconEntry {
    pub id: Uuid,
    /// Whose entry it is; `null` for everybody's.
    pub agency_id: Option<Uuid>,
    pub from: Tag,
    pub to: Tag,
    /// For this alphabet of the result alone; `null` for any.
    pub orthography: Option<String>,
    /// In lower case, with the apostrophes of stored texts.
    pub word: String,
    /// As it is written within a sentence; a capital of the source is given to it.
    pub replacement: String,
    pub created_at: Timestamp,
    pub created_by: Uuid,
    pub updated_at: Timestamp,
    pub updated_by: Uuid,
    #[serde(skip)]
    pub version: i64,
}

impl LexiconEntry {
    fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: Some(self.updated_by) }
    }
}

/// Where a word is taught.
#[derive(Clone, Copy, Debug)]
pub struct Direction<'a> {
    pub from: &'a Tag,
    pub to: &'a Tag,
    pub orthography: Option<&'a str>,
}

impl Direction<'_> {
    fn check(self, faults: &mut Faults) {
        let mut ways = CONVERSIONS.iter().filter(|way| way.from == self.from.as_str() && way.to == self.to.as_str()).peekable();
        if ways.peek().is_none() {
            let all: Vec<String> = CONVERSIONS.iter().map(|way| format!("{} to {}", way.from, way.to)).collect();
            faults.add("/to", "no_way", format!("no text is converted from {} to it; known are {}", self.from, all.join(", ")));
        } else if self.orthography.is_some_and(|wanted| !ways.any(|way| way.orthography == Some(wanted))) {
            faults.add("/orthography", "unknown_orthography", "is not an alphabet of the result");
        }
    }
}

/// Notes what cannot be one word: spaces, controls, more than 100 characters.
pub fn check_word(faults: &mut Faults, pointer: &str, word: &str) {
    faults.text(pointer, word, 1, LONGEST);
    faults.check(!word.chars().any(char::is_whitespace), pointer, "malformed", "must be one word, without spaces");
    faults.check(!word.chars().any(is_control), pointer, "malformed", "has a character that is no part of a word");
}

fn is_word(word: &str) -> bool {
    let mut faults = Faults::default();
    check_word(&mut faults, "", word);
    faults.is_empty()
}

/// A word as conversions ask for it: in lower case, with the apostrophes that texts are stored with. Notes what is
/// several words to it, or none, and would never be found.
fn read_word(faults: &mut Faults, pointer: &str, direction: Direction<'_>, word: &str) -> String {
    let text = normalise_apostrophes(word, direction.from);
    let lower = lowercase(&text, direction.from);
    if let Some(way) = conversion(direction.from, direction.to, direction.orthography).filter(|_| is_word(&lower)) {
        let asked = RefCell::new(vec![]);
        // What is left of it is between words, and kept as it is.
        let between = way.apply(&text, |word| {
            asked.borrow_mut().push(word.to_owned());
            Some(String::new())
        });
        match asked.into_inner().as_slice() {
            [only] if between.text.is_empty() => return only.clone(),
            _ => faults.add(pointer, "malformed", "must be one word of letters: what hyphens, digits and signs part is converted word by word"),
        }
    } else {
        check_word(faults, pointer, &lower);
    }
    lower
}

/// What a word becomes, with the apostrophes that texts are stored with.
fn read_replacement(faults: &mut Faults, pointer: &str, to: &Tag, replacement: &str) -> String {
    check_word(faults, pointer, replacement);
    normalise_apostrophes(replacement, to).into_owned()
}

/// Controls, also those that only turn the direction of a line.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Lets whoever may teach pass: their own agency, or, for staff of the platform, everybody (`None`).
///
/// # Errors
/// `forbidden`.
pub fn admit(actor: &Actor, agency: Option<Uuid>) -> Result<()> {
    let reaches = agency.map_or(actor.platform, |agency| agency == actor.agency || actor.platform);
    if actor.may(EditLexicon::RULE) && reaches {
        return Ok(());
    }
    let who = if agency.is_some() { "editors and admins of the agency" } else { "editors and admins of the platform" };
    Err(Error::new(Code::Forbidden, format!("Only {who} may change these words of the lexicon.")))
}
