//! The language and script of a text as a whole.

use super::{Detector, Finding, FindingCode, script_of};
use crate::language::{Script, Tag};

/// Letters below which nothing is said of the script, and of the language.
const ENOUGH_FOR_SCRIPT: usize = 12;
const ENOUGH_FOR_LANGUAGE: usize = 40;
/// Characters that are read for the language.
const SAMPLE: usize = 2_000;
/// How sure the detector must be of another language, and of the declared one at most.
const SURE: f32 = 0.9;
const DOUBT: f32 = 0.05;

/// Languages that the detector knows. Of the others it would always say that they are something else.
const DETECTED: [&str; 8] = ["az", "tr", "kk", "ky", "uz", "tk", "ru", "en"];

/// The language or script that a text seems to have in place of the declared one. The finding is about all of the text.
pub(super) fn judge(letters: &[char], declared: &Tag, detector: Detector) -> Option<Finding> {
    let count = |script| letters.iter().filter(|c| script_of(**c) == Some(script)).count();
    let counts = [Script::Latn, Script::Cyrl, Script::Arab].map(|script| (script, count(script)));
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    if all < ENOUGH_FOR_SCRIPT {
        return None;
    }
    let finding = |code, message| Finding { code, message, index: 0, length: letters.len(), suggestions: vec![] };
    if let Some((script, _)) = counts.iter().find(|(script, count)| *script != declared.script() && count * 3 > all * 2) {
        let message = format!("Most letters are {}; {} is written in {}", script.as_str(), told(declared), declared.script().as_str());
        return Some(finding(FindingCode::ScriptContradicted, message));
    }
    if all < ENOUGH_FOR_LANGUAGE || !DETECTED.contains(&declared.language()) {
        return None;
    }
    let sample: String = letters.iter().take(SAMPLE).collect();
    let guesses = detector(&sample);
    let best = guesses.first().filter(|best| best.language.language() != declared.language() && best.confidence >= SURE)?;
    let share: f32 = guesses.iter().filter(|guess| guess.language.language() == declared.language()).map(|guess| guess.confidence).sum();
    let message = format!("This seems to be {}, not {}", told(&best.language), told(declared));
    (share <= DOUBT).then(|| finding(FindingCode::LanguageContradicted, message))
}

fn told(tag: &Tag) -> String {
    format!("{} ({tag})", tag.autonym())
}
