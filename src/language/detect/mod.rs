//! Which language and script a text is in: Naive Bayes over character n-grams.
//!
//! The script comes first: only labels of the script that most letters are in compete. Then every word's n-grams of one to four letters,
//! with the word's edges, speak for the labels in which they are frequent. The model is trained by `examples/train_detection`, which says
//! from which texts. It knows the languages of the newsroom and no others: a text in German gets the nearest of ours.

pub mod measure;
mod model;
#[cfg(test)]
mod tests;
pub mod words;

use super::{Script, Tag};

/// How many letters of each script are read for their n-grams. More would not change the answer; all letters count for the script.
const ENOUGH: usize = 10_000;

/// The most guesses that are given.
const MOST: usize = 5;

/// By how much the n-grams of a text repeat each other: their common evidence is divided by it, so that confidence means what it says.
/// Fitted on windows of 20 and 40 characters.
const REPETITION: f32 = 7.0;

/// A language that a text may be in.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    pub language: Tag,
    /// Its share of what is thought possible, 0 to 1.
    pub confidence: f32,
}

/// The languages that a text may be in, best first, at most five; their shares sum to 1. Empty where the text has no letter of our
/// scripts.
///
/// A text in several scripts is judged by the one with the most letters. Capitals, digits, addresses and punctuation say nothing; the
/// apostrophes of Uzbek may be any. Time is linear in the text: its script is counted to the end, its language is judged by the
/// first 10,000 letters of the script.
#[must_use]
pub fn detect(text: &str) -> Vec<Guess> {
    let mut tallies = Script::ALL.map(Tally::new);
    words::words(text, |script, word| {
        if let Some(tally) = tallies.iter_mut().find(|tally| tally.script == script) {
            tally.add(word);
        }
    });
    let most = tallies.iter().rev().max_by_key(|tally| tally.letters).filter(|tally| tally.letters > 0);
    most.map(Tally::guesses).unwrap_or_default()
}

/// What the words of one script say.
struct Tally {
    script: Script,
    table: Option<&'static model::Table>,
    letters: usize,
    /// Of each row of the table, in steps.
    penalties: Vec<u32>,
}

impl Tally {
    fn new(script: Script) -> Self {
        let table = model::table(script);
        let penalties = table.map(|table| table.rows.iter().map(|row| row.prior.into()).collect()).unwrap_or_default();
        Self { script, table, letters: 0, penalties }
    }

    fn add(&mut self, word: &[char]) {
        if let Some(table) = self.table
            && let left @ 1.. = ENOUGH.saturating_sub(self.letters)
        {
            let word = word.get(..left).unwrap_or(word);
            words::grams(word, |_, key| table.add(key, &mut self.penalties));
        }
        self.letters += word.len();
    }

    fn guesses(&self) -> Vec<Guess> {
        let Some(table) = self.table else { return Vec::new() };
        let least = self.penalties.iter().min().copied().unwrap_or_default();
        let mut guesses: Vec<Guess> = Vec::new();
        for (row, penalty) in table.rows.iter().zip(&self.penalties) {
            // Steps beyond any float's reach are as good as the last one within it.
            let behind = f32::from(u16::try_from(penalty - least).unwrap_or(u16::MAX));
            let share = (-behind * table.step / REPETITION).exp();
            match guesses.iter_mut().find(|guess| guess.language == row.tag) {
                Some(guess) => guess.confidence += share,
                None => guesses.push(Guess { language: row.tag.clone(), confidence: share }),
            }
        }
        guesses.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        guesses.truncate(MOST);
        let sum: f32 = guesses.iter().map(|guess| guess.confidence).sum();
        for guess in &mut guesses {
            guess.confidence /= sum;
        }
        guesses
    }
}
