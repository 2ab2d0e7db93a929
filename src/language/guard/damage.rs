//! What is left of a text that was read in the wrong encoding.

use super::{FindingCode, Findings, words::shown};

/// What Windows-1252 has at 0x80 to 0x9F; the five that it leaves out stay controls.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š',
    '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// What a damaged text was, character by character, is one of these.
const LETTERS: &str = "çÇöÖüÜşŞğĞıİəƏäÄňŇýÝžŽñÑáÁéÉíÍóÓúÚâÂîÎûÛūŪ«»—–“”„‘’…№ʻʼ";

pub(super) fn check(letters: &[char], findings: &mut Findings) {
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        let lost = letters.iter().skip(at).take_while(|c| **c == '\u{fffd}').count();
        let mut decoded = String::new();
        let mut length = 0;
        while let Some((right, bytes)) = decode(letters, at + length) {
            decoded.push(right);
            length += bytes;
        }
        if lost > 0 {
            let message = || "U+FFFD stands for what was lost when the text was read in the wrong encoding".to_owned();
            findings.add(FindingCode::Damaged, (at, lost), message, None);
        } else if length > 0 {
            let damaged = letters.get(at..at + length).unwrap_or_default();
            let message = || format!("“{}” is UTF-8 that was read in another encoding", shown(damaged));
            findings.add(FindingCode::Damaged, (at, length), message, Some(decoded));
        } else if c == '?' && is_within_word(letters, at) {
            findings.add(FindingCode::Damaged, (at, 1), || "A question mark in a word may stand for a letter that was lost".to_owned(), None);
        }
        at += lost.max(length).max(1);
    }
}

fn is_within_word(letters: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| letters.get(before));
    before.is_some_and(|c| c.is_alphabetic()) && letters.get(at + 1).is_some_and(|c| c.is_lowercase())
}

/// The byte that was read as this character.
fn byte(c: char) -> Option<u8> {
    let windows = || WINDOWS.iter().position(|other| *other == c).and_then(|at| u8::try_from(0x80 + at).ok());
    u8::try_from(u32::from(c)).ok().filter(|byte| *byte >= 0x80).or_else(windows)
}

/// The character whose bytes these characters were, and how many they are.
fn decode(letters: &[char], at: usize) -> Option<(char, usize)> {
    let first = letters.get(at).copied().and_then(byte)?;
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => return None,
    };
    let bytes: Option<Vec<u8>> = letters.get(at..at + length)?.iter().map(|c| byte(*c)).collect();
    let text = String::from_utf8(bytes?).ok()?;
    let c = text.chars().next()?;
    let known = LETTERS.contains(c) || matches!(c, 'Ѐ'..='џ' | 'Ґ'..='ӹ' | '\u{621}'..='\u{64a}' | '\u{671}'..='\u{6d5}');
    known.then_some((c, length))
}
