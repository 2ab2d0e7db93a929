//! What a conversion tells: the text, and what was guessed in it.

use std::ops::Range;

/// Letters of a word that is doubtful letter by letter; of a longer one it is said that it is doubtful, and no more.
pub const LONGEST_WORD: usize = 100;
/// Guesses of a text that are listed, give or take a word; what is beyond them is counted.
pub(super) const MOST_WARNINGS: usize = 2_000;

/// A converted text, and what was guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    pub text: String,
    pub warnings: Vec<Warning>,
    /// How many more there are.
    pub left_out: usize,
    /// The words in which the warnings are.
    pub words: Vec<DoubtfulWord>,
    /// How many more there are.
    pub words_left_out: usize,
    /// Where the spans of the text end, but for the last one: bytes.
    pub(super) cuts: Vec<usize>,
}

impl Converted {
    /// The texts of the spans that were converted together.
    #[must_use]
    pub fn spans(&self) -> Vec<&str> {
        let mut start = 0;
        let ends = self.cuts.iter().copied().chain([self.text.len()]);
        ends.map(|end| self.text.get(std::mem::replace(&mut start, end)..end).unwrap_or_default()).collect()
    }
}

/// A word of which something was guessed. All are characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoubtfulWord {
    /// Of the source before it.
    pub index: usize,
    pub length: usize,
    /// Of the result before it.
    pub made_index: usize,
    pub made_length: usize,
    /// Those of [`Converted::warnings`] that are about it.
    pub warnings: Range<usize>,
}

/// A place where the rules had to guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Characters (Unicode code points) of the source before it.
    pub index: usize,
    /// Characters of the source that it is about.
    pub length: usize,
    /// Characters of the result before it.
    pub made_index: usize,
    /// What was put there.
    pub taken: String,
    pub rule: &'static str,
    pub message: String,
    /// What it could be as well.
    pub alternatives: Vec<String>,
}

/// Counts the characters of a text that grows, each once.
#[derive(Default)]
pub(super) struct Count {
    bytes: usize,
    letters: usize,
}

impl Count {
    /// The characters of the first bytes of a text; they never get fewer.
    pub(super) fn until(&mut self, text: &str, bytes: usize) -> usize {
        self.letters += text.get(self.bytes..bytes).map_or(0, |text| text.chars().count());
        self.bytes = bytes;
        self.letters
    }
}
