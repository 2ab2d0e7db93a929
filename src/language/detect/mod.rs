//! Which language and script a text is in.

use super::guard::script_of;
use super::{Script, Tag};

/// A language that a text may be in.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    pub language: Tag,
    /// Its share of what is thought possible, 0 to 1.
    pub confidence: f32,
}

/// The languages that a text may be in, best first; their shares sum to 1. Empty where the text has no letter of our scripts.
#[must_use]
pub fn detect(text: &str) -> Vec<Guess> {
    let mut counts = [(Script::Arab, 0usize), (Script::Cyrl, 0), (Script::Latn, 0)];
    for script in text.chars().filter_map(script_of) {
        for (other, count) in &mut counts {
            *count += usize::from(*other == script);
        }
    }
    let most = counts.iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0);
    let names: &[&str] = most.map_or(&[], |(script, _)| match script {
        Script::Latn => &["az", "en", "tr", "uz"],
        Script::Cyrl => &["kk", "ky", "ru", "uz-Cyrl"],
        Script::Arab => &["kk-Arab", "ug"],
    });
    #[expect(clippy::cast_precision_loss, reason = "four at most")]
    let confidence = 1.0 / names.len().max(1) as f32;
    names.iter().filter_map(|name| Tag::parse(name).ok()).map(|language| Guess { language, confidence }).collect()
}
