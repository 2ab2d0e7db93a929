//! How often detection is right: measured on windows of held-out texts.

use super::super::Tag;

/// What was measured for one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accuracy {
    pub language: Tag,
    pub windows: usize,
    pub right: usize,
    /// What was said instead, and how often, the most frequent first.
    pub mistakes: Vec<(Option<Tag>, usize)>,
}

impl Accuracy {
    /// The share of the windows that were recognised, 0 to 1; 1 of none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "thousands of windows")]
    pub fn share(&self) -> f64 {
        if self.windows == 0 { 1.0 } else { self.right as f64 / self.windows as f64 }
    }
}

/// Every window of `size` characters that begins at a word's start. Lines are joined by a space first, so that a window may run from one
/// sentence into the next, as in a text.
#[must_use]
pub fn windows(text: &str, size: usize) -> Vec<String> {
    let letters: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    let starts = letters.iter().enumerate().filter(|(_, letter)| **letter == ' ').map(|(index, _)| index + 1);
    std::iter::once(0).chain(starts).filter_map(|start| Some(letters.get(start..start.checked_add(size)?)?.iter().collect())).collect()
}

/// Detects the language of every window of `size` characters of a text that is known to be in `language`.
#[must_use]
pub fn accuracy(language: &Tag, text: &str, size: usize) -> Accuracy {
    let mut measured = Accuracy { language: language.clone(), windows: 0, right: 0, mistakes: Vec::new() };
    for window in windows(text, size) {
        let found = super::detect(&window).into_iter().next().map(|guess| guess.language);
        measured.windows += 1;
        if found.as_ref() == Some(language) {
            measured.right += 1;
        } else {
            match measured.mistakes.iter_mut().find(|(said, _)| *said == found) {
                Some((_, count)) => *count += 1,
                None => measured.mistakes.push((found, 1)),
            }
        }
    }
    measured.mistakes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    measured
}
