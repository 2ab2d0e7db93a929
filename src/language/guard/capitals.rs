//! Dotted and dotless i, where programs that know only English have changed the case.

use super::{FindingCode, Findings, words::shown};
use crate::language::{Script, Tag, lowercase};
use std::collections::HashSet;

const DOT: char = '\u{307}';

/// Whether `i` and `ı` are two letters there, and `I` and `İ` their capitals.
fn has_two(declared: &Tag) -> bool {
    matches!((declared.language(), declared.script()), ("tr" | "az" | "gag" | "kk" | "tt" | "crh", Script::Latn))
}

fn words(letters: &[char]) -> impl Iterator<Item = (usize, &[char])> {
    let mut at = 0;
    let runs = letters.split(|c| !c.is_alphabetic() && *c != DOT);
    runs.map(move |word| {
        let start = at;
        at += word.len() + 1;
        (start, word)
    })
    .filter(|(_, word)| !word.is_empty())
}

/// Words with `i` or `ı` that are written in small letters somewhere.
pub(super) fn known<'t>(declared: &Tag, texts: impl IntoIterator<Item = &'t str>) -> HashSet<String> {
    let mut known = HashSet::new();
    if has_two(declared) {
        for text in texts {
            let letters: Vec<char> = text.chars().collect();
            // `Istanbul` is how others write it: its capital shows nothing.
            let small = words(&letters).filter(|(_, word)| word.first() != Some(&'I') && word.iter().skip(1).any(|c| c.is_lowercase()));
            known.extend(small.map(|(_, word)| lowercase(&word.iter().collect::<String>(), declared)).filter(|word| word.contains(['i', 'ı'])));
        }
    }
    known
}

pub(super) fn check(letters: &[char], declared: &Tag, known: &HashSet<String>, findings: &mut Findings) {
    dots(letters, findings);
    if !has_two(declared) {
        return;
    }
    for (start, word) in words(letters) {
        if let Some(right) = right(word, declared, known) {
            for (at, (c, right)) in word.iter().zip(right).enumerate().filter(|(_, (c, right))| **c != *right) {
                let message = || format!("“{c}” in “{}” should be “{right}”", shown(word));
                findings.add(FindingCode::CapitalI, (start + at, 1), message, Some(right.to_string()));
            }
        }
    }
}

/// `i̇`, which is what `İ` becomes where small letters are made as in English.
fn dots(letters: &[char], findings: &mut Findings) {
    for (at, pair) in letters.windows(2).enumerate() {
        if let [c @ ('i' | 'ı' | 'I' | 'İ'), DOT] = pair {
            let right = if c.is_uppercase() { "İ" } else { "i" };
            findings.add(FindingCode::StrayDot, (at, 2), || format!("The dot U+0307 after “{c}” is a letter too many"), Some(right.to_owned()));
        }
    }
}

/// A word of capitals as it should be, where it is certain enough that it is not.
fn right(word: &[char], declared: &Tag, known: &HashSet<String>) -> Option<Vec<char>> {
    let capitals = word.iter().filter(|c| c.is_uppercase()).count();
    let small = word.iter().filter(|c| matches!(c, 'i' | 'ı')).count();
    if word.len() < 3 || capitals + small < word.len() || capitals < 2 {
        return None;
    }
    // AZƏRBAYCANiN
    if small > 0 {
        return (word.len() > 3 && capitals > small).then(|| {
            word.iter()
                .map(|c| {
                    if *c == 'ı' {
                        'I'
                    } else if *c == 'i' {
                        'İ'
                    } else {
                        *c
                    }
                })
                .collect()
        });
    }
    if !word.contains(&'I') && !word.contains(&'İ') {
        return None;
    }
    let lower = |word: &[char]| lowercase(&word.iter().collect::<String>(), declared);
    let other = |from: char, to: char| -> Vec<char> { word.iter().map(|c| if *c == from { to } else { *c }).collect() };
    let (dotted, dotless) = (other('I', 'İ'), other('İ', 'I'));
    if known.contains(&lower(word)) {
        return None;
    }
    if let Some(right) = [dotted.clone(), dotless].into_iter().find(|other| other != word && known.contains(&lower(other))) {
        return Some(right);
    }
    // Vowels that never stand beside ı in one root; who has written İ knows where it belongs, and Kazakh has ı beside all of them.
    let front = word.iter().any(|c| matches!(c, 'E' | 'Ö' | 'Ü' | 'Ə' | 'Ä'));
    let back = word.iter().any(|c| matches!(c, 'A' | 'O' | 'U'));
    let is_told = declared.language() != "kk" && word.len() > 3 && word.contains(&'I') && !word.contains(&'İ');
    (is_told && front && !back).then_some(dotted)
}
