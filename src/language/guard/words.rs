//! Words with letters of several scripts.

use super::lookalikes::lookalike;
use super::{FindingCode, Findings, named, script_of};
use crate::language::{Script, Tag};

pub(super) fn check(letters: &[char], declared: &Tag, findings: &mut Findings) {
    let mut at = 0;
    while at < letters.len() {
        let length = letters.iter().skip(at).take_while(|c| is_of_word(**c)).count();
        if let Some(word) = letters.get(at..at + length).filter(|word| !word.is_empty()) {
            if length == 1 {
                alone(letters, at, declared, findings);
            } else {
                mixed(word, at, declared, findings);
            }
        }
        at += length.max(1);
    }
}

/// Letters and the marks on them. What stands after an apostrophe or a hyphen may be an ending on a foreign name.
fn is_of_word(c: char) -> bool {
    c.is_alphabetic() && !matches!(c, '\u{2b0}'..='\u{2ff}') || matches!(c, '\u{300}'..='\u{36f}')
}

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3ff}')
}

fn mixed(word: &[char], start: usize, declared: &Tag, findings: &mut Findings) {
    let count = |script| word.iter().filter(|c| script_of(**c) == Some(script)).count();
    let (latin, cyrillic, arabic) = (count(Script::Latn), count(Script::Cyrl), count(Script::Arab));
    let greek = word.iter().filter(|c| is_greek(**c)).count();
    if [latin, cyrillic, arabic, greek].iter().filter(|count| **count > 0).count() < 2 {
        return;
    }
    let most = latin.max(cyrillic).max(arabic);
    let leaders = [(Script::Latn, latin), (Script::Cyrl, cyrillic), (Script::Arab, arabic)];
    let is_leader = |script: Script| leaders.contains(&(script, most));
    let script = leaders.iter().map(|(script, _)| *script).find(|script| is_leader(*script));
    let Some(script) = Some(declared.script()).filter(|script| is_leader(*script)).or(script) else { return };
    let is_wrong = |c: char| is_greek(c) || script_of(c).is_some_and(|other| other != script);
    if word.iter().filter(|c| is_wrong(**c)).all(|c| lookalike(*c, script).is_some()) {
        homoglyphs(word, start, script, is_wrong, findings);
    } else if boundaries(word) > 1 {
        let message = || format!("“{}” has letters of several scripts", shown(word));
        findings.add(FindingCode::MixedScripts, (start, word.len()), message, None);
    }
}

/// How often the script changes: once is a foreign name with an ending.
fn boundaries(word: &[char]) -> usize {
    let scripts: Vec<Option<Script>> = word.iter().filter(|c| c.is_alphabetic()).map(|c| script_of(*c)).collect();
    scripts.windows(2).filter(|pair| pair.first() != pair.last()).count()
}

/// One warning for each run of wrong letters.
fn homoglyphs(word: &[char], start: usize, script: Script, is_wrong: impl Fn(char) -> bool, findings: &mut Findings) {
    let mut at = 0;
    while at < word.len() {
        let wrong: Vec<char> = word.iter().skip(at).take_while(|c| is_wrong(**c)).copied().collect();
        if let Some(first) = wrong.first() {
            let right: String = wrong.iter().filter_map(|c| lookalike(*c, script)).collect();
            let message = || format!("{} in “{}” is not {}, as the rest of the word is", named(*first), shown(word), name(script));
            findings.add(FindingCode::Homoglyph, (start + at, wrong.len()), message, Some(right));
        }
        at += wrong.len().max(1);
    }
}

/// A word of one letter that has slipped in from the other keyboard: “c” for “с”.
fn alone(letters: &[char], at: usize, declared: &Tag, findings: &mut Findings) {
    let is_free = |place: Option<usize>| place.and_then(|place| letters.get(place)).is_some_and(|c| *c == ' ');
    let Some(&c) = letters.get(at).filter(|c| c.is_lowercase()) else { return };
    let script = declared.script();
    if script_of(c).is_some_and(|other| other != script)
        && is_free(at.checked_sub(1))
        && is_free(Some(at + 1))
        && let Some(right) = lookalike(c, script)
    {
        findings.add(FindingCode::Homoglyph, (at, 1), || format!("{} is not {}, as the text is", named(c), name(script)), Some(right.to_string()));
    }
}

const fn name(script: Script) -> &'static str {
    match script {
        Script::Latn => "Latin",
        Script::Cyrl => "Cyrillic",
        Script::Arab => "Arabic",
    }
}

/// The start of a word, to be quoted.
pub(super) fn shown(word: &[char]) -> String {
    word.iter().take(40).collect()
}
