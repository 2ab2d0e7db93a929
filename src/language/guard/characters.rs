//! Characters that nobody sees: controls of direction, joiners, what fonts disagree about.

use super::{FindingCode, Findings, named, script_of};
use crate::language::{Direction, Script, Tag};

pub(super) fn check(letters: &[char], declared: &Tag, findings: &mut Findings) {
    if declared.direction() == Direction::Rtl {
        unbalanced(letters, findings);
    }
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        let length = letters.iter().skip(at).take_while(|other| **other == c).count().max(1);
        let place = (at, length);
        if is_control(c) {
            if declared.direction() == Direction::Ltr {
                let message = || format!("The control of direction {} has no place in a text from left to right", named(c));
                findings.add(FindingCode::BidiControl, place, message, Some(String::new()));
            }
        } else if is_invisible(c, declared) && !is_at_home(letters, at, length) {
            findings.add(FindingCode::Invisible, place, || format!("{} cannot be seen", named(c)), Some(String::new()));
        } else if is_private(c) {
            findings.add(FindingCode::PrivateUse, place, || format!("{} is for private use: readers see something else, or nothing", named(c)), None);
        }
        at += length;
    }
}

/// Embeddings, overrides and isolates, and what ends them (UAX 9, §2).
const fn is_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// In a text from right to left: what opens and is not closed in its paragraph, and what closes nothing.
fn unbalanced(letters: &[char], findings: &mut Findings) {
    let mut open: Vec<(usize, bool)> = vec![];
    let (mut isolates, mut loose) = (0usize, vec![]);
    for (at, c) in letters.iter().enumerate() {
        match c {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => open.push((at, false)),
            '\u{2066}'..='\u{2068}' => {
                isolates += 1;
                open.push((at, true));
            }
            '\u{202c}' if open.last().is_some_and(|(_, isolate)| !isolate) => drop(open.pop()),
            // An isolate closes what was opened in it; where none is open, nothing.
            '\u{2069}' if isolates > 0 => {
                isolates -= 1;
                while let Some((at, isolate)) = open.pop() {
                    if isolate {
                        break;
                    }
                    loose.push(at);
                }
            }
            '\u{202c}' | '\u{2069}' => loose.push(at),
            _ => {}
        }
    }
    loose.extend(open.into_iter().map(|(at, _)| at));
    for at in loose {
        let c = letters.get(at).copied().unwrap_or_default();
        findings.add(FindingCode::BidiControl, (at, 1), || format!("The control of direction {} has no counterpart", named(c)), Some(String::new()));
    }
}

fn is_invisible(c: char, declared: &Tag) -> bool {
    match c {
        // Marks of direction belong into texts from right to left.
        '\u{200e}' | '\u{200f}' | '\u{61c}' => declared.direction() == Direction::Ltr,
        '\n' | '\t' => false,
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'..='\u{2064}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => c.is_control(),
    }
}

/// Joiners between Arabic letters, and in and after emoji, are as they should be.
fn is_at_home(letters: &[char], at: usize, length: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| letters.get(before)).copied();
    let (c, after) = (letters.get(at).copied(), letters.get(at + length).copied());
    let arabic = |c: Option<char>| c.and_then(script_of) == Some(Script::Arab);
    let picture = |c: Option<char>| c.is_some_and(|c| matches!(c, '\u{2190}'..='\u{2bff}' | '\u{3030}'..='\u{303d}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}'));
    match c {
        Some('\u{200c}' | '\u{200d}') => length == 1 && ((arabic(before) && arabic(after)) || (picture(before) && picture(after))),
        Some('\u{fe0e}' | '\u{fe0f}') => picture(before) || before.is_some_and(|before| before.is_ascii_digit() || matches!(before, '#' | '*' | '©' | '®')),
        // Flags of regions.
        Some('\u{e0020}'..='\u{e007f}') => before.is_some_and(|before| matches!(before, '\u{1f3f4}' | '\u{e0020}'..='\u{e007f}')),
        _ => false,
    }
}

const fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}
