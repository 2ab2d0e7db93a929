//! From one script of a language into another: letter by letter, with what the neighbours say.
//!
//! A result is a proposal. What a rule had to guess comes with it as a [`Warning`], for a reviewer to walk through. Addresses, mail
//! addresses, handles and words that a lexicon knows are never converted by rule.
//!
//! The letters are facts about alphabets, typed anew.

mod common;
mod converted;
mod kazakh;
mod letters;
#[cfg(test)]
mod tests;
mod uzbek;
mod walk;

pub(super) use common::{into_common, newer_uzbek_into_common};
pub use converted::{Converted, DoubtfulWord, LONGEST_WORD, Warning};

use super::{Script, Tag};

/// How far a result can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Exact on the tables: good enough to be published after a spot check.
    Exact,
    /// Guesses now and then: somebody must read it.
    Review,
    /// A first draft for somebody who writes it anew.
    Draft,
}

/// What some letters at a place of a word become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Characters of the word that it takes.
    length: usize,
    text: &'static str,
    /// The name of the rule that guessed, and what it could be as well.
    guess: Option<(&'static str, &'static str)>,
}

impl Piece {
    const fn of(length: usize, text: &'static str) -> Self {
        Self { length, text, guess: None }
    }

    const fn guessed(length: usize, text: &'static str, rule: &'static str, other: &'static str) -> Self {
        Self { length, text, guess: Some((rule, other)) }
    }
}

/// A word, for the rules.
struct Word<'w> {
    /// In lower case.
    letters: &'w [char],
    written: &'w [char],
    harmony: kazakh::Harmony,
}

impl<'w> Word<'w> {
    fn new(letters: &'w [char], way: &Conversion, written: &'w [char]) -> Self {
        let harmony = if way.from == "kk-Arab" { kazakh::Harmony::of(letters) } else { kazakh::Harmony::default() };
        Self { letters, written, harmony }
    }

    /// The small letter at a place.
    fn get(&self, at: usize) -> Option<char> {
        self.letters.get(at).copied()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.get(at.checked_sub(1)?)
    }

    /// The letter as it stands in the text.
    fn written(&self, at: usize) -> Option<char> {
        self.written.get(at).copied()
    }
}

/// The piece at a place of a word; `None` for what is no letter of its alphabet.
type Rules = fn(&Word<'_>, usize) -> Option<Piece>;

/// A way from one script into another.
#[derive(Debug)]
pub struct Conversion {
    /// BCP 47.
    pub from: &'static str,
    pub to: &'static str,
    /// Of the result, where its script has several: `2026`.
    pub orthography: Option<&'static str>,
    pub trust: Trust,
    rules: Rules,
    /// Whether the capital `I` of the source is `ı`.
    dotless_i: bool,
    /// What a whole word gets before it.
    prefix: fn(&Word<'_>) -> &'static str,
}

const fn none(_: &Word<'_>) -> &'static str {
    ""
}

const fn way(from: &'static str, to: &'static str, orthography: Option<&'static str>, trust: Trust, rules: Rules) -> Conversion {
    Conversion { from, to, orthography, trust, rules, dotless_i: false, prefix: none }
}

/// All ways. Where several lead to one tag, the first is what is meant without an orthography.
pub const CONVERSIONS: &[Conversion] = &[
    way("az-Cyrl", "az", None, Trust::Exact, letters::azerbaijani),
    way("uz-Cyrl", "uz", Some("1995"), Trust::Exact, uzbek::to_latin),
    way("uz-Cyrl", "uz", Some("2026"), Trust::Exact, uzbek::to_latin_2026),
    way("uz", "uz-Cyrl", None, Trust::Review, uzbek::to_cyrillic),
    way("uz", "uz", Some("2026"), Trust::Exact, uzbek::newer),
    way("uz", "uz", Some("1995"), Trust::Exact, uzbek::older),
    way("kk", "kk-Latn", Some("2021"), Trust::Exact, kazakh::to_latin),
    Conversion { dotless_i: true, ..way("kk-Latn", "kk", None, Trust::Review, kazakh::from_latin) },
    Conversion { prefix: kazakh::hamza, ..way("kk", "kk-Arab", None, Trust::Review, kazakh::to_arabic) },
    way("kk-Arab", "kk", None, Trust::Draft, kazakh::from_arabic),
    way("tk-Cyrl", "tk", None, Trust::Exact, letters::turkmen),
    way("ky", "ky-Latn", None, Trust::Exact, letters::kyrgyz),
];

/// The way from one tag to another.
#[must_use]
pub fn conversion(from: &Tag, to: &Tag, orthography: Option<&str>) -> Option<&'static Conversion> {
    CONVERSIONS
        .iter()
        .find(|way| way.from == from.as_str() && way.to == to.as_str() && orthography.is_none_or(|wanted| way.orthography == Some(wanted)))
        // The alphabet of 1995 into itself is no way.
        .filter(|way| way.from != way.to || orthography.is_some())
}

impl Conversion {
    /// Converts a text. `lexicon` knows words that go their own way, in lower case.
    #[must_use]
    pub fn apply(&self, text: &str, lexicon: impl Fn(&str) -> Option<String>) -> Converted {
        walk::walk(self, text, &[], &lexicon)
    }

    /// Converts the spans of a paragraph, which words go over: [`Converted::spans`] are their texts. What is made of letters of two spans
    /// goes to the first of them, and so does a word that the lexicon knows. All places are those of the spans in one.
    #[must_use]
    pub fn apply_across(&self, spans: &[&str], lexicon: impl Fn(&str) -> Option<String>) -> Converted {
        let mut length = 0;
        let ends = spans.iter().map(|span| {
            length += span.chars().count();
            length
        });
        let borders: Vec<usize> = ends.take(spans.len().saturating_sub(1)).collect();
        walk::walk(self, &spans.concat(), &borders, &lexicon)
    }

    fn tag(name: &str) -> Option<Tag> {
        Tag::parse(name).ok()
    }

    fn has_case(&self) -> bool {
        Self::tag(self.to).is_none_or(|tag| tag.script() != Script::Arab)
    }

    /// The small form of a letter, in the alphabet that it is written in.
    fn lower(&self, c: char) -> char {
        match c {
            'I' if self.dotless_i => 'ı',
            'a'..='z' | 'а'..='џ' | 'ؠ'..='ي' => c,
            'İ' => 'i',
            _ => c.to_lowercase().next().unwrap_or(c),
        }
    }
}
