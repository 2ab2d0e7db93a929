//! What a second pair of eyes would stop at: letters of another script in a word, wrong apostrophes, damaged or invisible characters, a
//! paragraph in another language than the text says.
//!
//! Everything is a warning: the guard may be wrong, and nothing is refused for it. Whatever is not to be read as the text's language (code,
//! addresses, quotations marked as another language) is replaced by spaces before, so that offsets stay as they are. All of it is linear
//! in the text.

mod capitals;
mod characters;
mod damage;
mod lookalikes;
mod script;
mod whole;
mod words;

pub use script::script_of;

use super::apostrophe::is_address;
use super::detect::Guess;
use super::{Tag, normalise_apostrophes};
use crate::text_enum;
use std::collections::HashSet;

/// Warnings of one text that are told; the others are counted.
pub const MOST_FINDINGS: usize = 100;

/// Who says which language a text may be in, best first.
pub type Detector = fn(&str) -> Vec<Guess>;

text_enum! {
    /// What a warning is about.
    pub enum FindingCode {
        /// The text as a whole seems to be in another language.
        LanguageContradicted = "language_contradicted",
        /// Most letters of the text are of another script.
        ScriptContradicted = "script_contradicted",
        /// A paragraph seems to be in another language than the text.
        OtherLanguage = "other_language",
        /// Most letters of a paragraph are of another script than the text.
        OtherScript = "other_script",
        /// A letter that looks like the right one and is of another script.
        Homoglyph = "homoglyph",
        /// Letters of several scripts in one word.
        MixedScripts = "mixed_scripts",
        /// An apostrophe of Uzbek that is another character.
        Apostrophe = "apostrophe",
        /// A dot that was left behind when an `İ` lost its case.
        StrayDot = "stray_dot",
        /// `I` where `İ` is meant, or the other way round, in a word of capitals.
        CapitalI = "capital_i",
        /// A control of direction that is not closed, or has no place in a text from left to right.
        BidiControl = "bidi_control",
        /// A character that nobody sees.
        Invisible = "invisible_character",
        /// What is left of a text that was read in the wrong encoding.
        Damaged = "damaged_text",
        /// A character that only some fonts show, each in its own way.
        PrivateUse = "private_use",
        /// A name that the house spells otherwise.
        UnusualName = "unusual_name",
    }
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: FindingCode,
    /// For people.
    pub message: String,
    /// Characters (Unicode code points) of the text before it.
    pub index: usize,
    /// Characters that it is about.
    pub length: usize,
    /// What could stand in place of these characters, best first; an empty one leaves them out.
    pub suggestions: Vec<String>,
}

/// What was found, and how much more there was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub found: Vec<Finding>,
    pub left_out: usize,
}

impl Findings {
    fn add(&mut self, code: FindingCode, (index, length): (usize, usize), message: impl FnOnce() -> String, suggestion: Option<String>) {
        if self.found.len() < MOST_FINDINGS {
            self.found.push(Finding { code, message: message(), index, length, suggestions: suggestion.into_iter().collect() });
        } else {
            self.left_out += 1;
        }
    }
}

/// Looks at the texts of one document, which belong together: what one of them has right shows what another has wrong.
pub struct Guard<'a> {
    declared: &'a Tag,
    detector: Detector,
    /// Words with `i` or `ı` as they are written in small letters.
    known: HashSet<String>,
}

impl<'a> Guard<'a> {
    pub fn new<'t>(declared: &'a Tag, detector: Detector, texts: impl IntoIterator<Item = &'t str>) -> Self {
        Self { declared, detector, known: capitals::known(declared, texts) }
    }

    /// What is wrong with the letters and characters of a text, in their order.
    #[must_use]
    pub fn letters(&self, text: &str) -> Findings {
        let letters = without_addresses(text);
        let mut findings = Findings::default();
        characters::check(&letters, self.declared, &mut findings);
        damage::check(&letters, &mut findings);
        words::check(&letters, self.declared, &mut findings);
        capitals::check(&letters, self.declared, &self.known, &mut findings);
        apostrophes(&letters, self.declared, &mut findings);
        findings.found.sort_by_key(|finding| finding.index);
        findings
    }

    /// The language or script that a text seems to have in place of the declared one.
    #[must_use]
    pub fn language(&self, text: &str) -> Option<Finding> {
        whole::judge(&without_addresses(text), self.declared, self.detector)
    }
}

/// The warnings of one text. `declared` is what it says that it is.
#[must_use]
pub fn check(text: &str, declared: &Tag, detector: Detector) -> Findings {
    let guard = Guard::new(declared, detector, [text]);
    let mut findings = guard.letters(text);
    if let Some(finding) = guard.language(text) {
        findings.found.insert(0, finding);
        if findings.found.len() > MOST_FINDINGS {
            findings.found.truncate(MOST_FINDINGS);
            findings.left_out += 1;
        }
    }
    findings
}

/// The characters of a text, with spaces for addresses and handles.
fn without_addresses(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    for token in letters.split_mut(|c| c.is_whitespace()).filter(|token| is_address(token)) {
        token.fill(' ');
    }
    letters
}

fn apostrophes(letters: &[char], declared: &Tag, findings: &mut Findings) {
    if !super::has_apostrophes(declared) {
        return;
    }
    let text: String = letters.iter().collect();
    let right = normalise_apostrophes(&text, declared);
    for (index, (typed, right)) in letters.iter().zip(right.chars()).enumerate().filter(|(_, (typed, right))| *typed != right) {
        let message = || format!("The apostrophe {} should be {}", named(*typed), named(right));
        findings.add(FindingCode::Apostrophe, (index, 1), message, Some(right.to_string()));
    }
}

/// A character as people can look it up: “a” (U+0061), or its number alone where it shows nothing.
fn named(c: char) -> String {
    let number = u32::from(c);
    if c.is_alphanumeric() || c.is_ascii_graphic() { format!("“{c}” (U+{number:04X})") } else { format!("U+{number:04X}") }
}

#[cfg(test)]
mod tests;
