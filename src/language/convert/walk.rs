//! Through a text, word by word: what is converted, what stays, and in which case.

use super::{Conversion, Piece};
use crate::language::search::is_apostrophe;
use crate::language::{Tag, uppercase};
use serde::Serialize;
use utoipa::ToSchema;

/// A converted text, and what was guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    pub text: String,
    pub warnings: Vec<Warning>,
}

/// A place where the rules had to guess.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    /// Characters (Unicode code points) of the source before it.
    pub index: usize,
    /// Characters of the source that it is about.
    pub length: usize,
    pub rule: &'static str,
    pub message: String,
    /// What it could be as well.
    pub alternatives: Vec<String>,
}

pub(super) fn walk(way: &Conversion, text: &str, lexicon: &dyn Fn(&str) -> Option<String>) -> Converted {
    let letters: Vec<char> = text.chars().collect();
    let target = Conversion::tag(way.to);
    let mut made = Converted::default();
    let mut at = 0;
    while at < letters.len() {
        let end = at + run(&letters, at, |c| !c.is_whitespace());
        let token = letters.get(at..end).unwrap_or_default();
        if token.is_empty() {
            made.text.extend(letters.get(at));
            at += 1;
        } else if is_protected(token) {
            made.text.extend(token);
            at = end;
        } else {
            token_of(way, target.as_ref(), token, at, lexicon, &mut made);
            at = end;
        }
    }
    made
}

/// How many characters from `at` on are such.
fn run(letters: &[char], at: usize, is: impl Fn(char) -> bool) -> usize {
    letters.get(at..).unwrap_or_default().iter().take_while(|c| is(**c)).count()
}

/// Addresses, mail addresses and handles.
fn is_protected(token: &[char]) -> bool {
    let text: String = token.iter().collect();
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '@');
    text.contains("://") || text.starts_with("www.") || text.contains('@')
}

/// A run without spaces: its words, and what is between them.
fn token_of(way: &Conversion, target: Option<&Tag>, token: &[char], start: usize, lexicon: &dyn Fn(&str) -> Option<String>, made: &mut Converted) {
    let mut at = 0;
    while let Some(&c) = token.get(at) {
        if !c.is_alphabetic() && !is_hamza(c) {
            made.text.push(if way.has_case() { c } else { punctuation(c) });
            at += 1;
            continue;
        }
        let mut length = run(token, at, |c| c.is_alphabetic() || is_apostrophe(c) || is_hamza(c) || is_mark(c));
        // An apostrophe at the end closes a quotation, but after `o` and `g` of Uzbek.
        while let Some(last) = token.get(at + length - 1).filter(|last| length > 1 && is_apostrophe(**last)) {
            let before = token.get(at + length - 2).copied().unwrap_or_default();
            if matches!(before, 'o' | 'O' | 'g' | 'G') && !matches!(last, '’' | '\'') || matches!(last, 'ʼ') {
                break;
            }
            length -= 1;
        }
        word(way, target, token.get(at..at + length).unwrap_or_default(), start + at, lexicon, made);
        at += length;
    }
}

const fn is_hamza(c: char) -> bool {
    matches!(c, 'ء' | 'ٴ')
}

const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

const fn punctuation(c: char) -> char {
    match c {
        ',' => '،',
        ';' => '؛',
        '?' => '؟',
        other => other,
    }
}

fn word(way: &Conversion, target: Option<&Tag>, word: &[char], start: usize, lexicon: &dyn Fn(&str) -> Option<String>, made: &mut Converted) {
    let lower: Vec<char> = word.iter().map(|c| lower(*c, way)).collect();
    let all_capital = word.len() > 1 && word.iter().zip(&lower).all(|(c, low)| c != low || !c.is_alphabetic() || c.is_uppercase());
    let case = |part: &str, capital: bool| match target {
        Some(tag) if capital && way.has_case() && all_capital => uppercase(part, tag),
        Some(tag) if capital && way.has_case() => crate::language::titlecase_first(part, tag),
        _ => part.to_owned(),
    };
    let capital = |at: usize| word.get(at).zip(lower.get(at)).is_some_and(|(c, low)| c != low);
    if let Some(known) = lexicon(&lower.iter().collect::<String>()) {
        made.text.push_str(&case(&known, capital(0)));
        return;
    }
    made.text.push_str((way.prefix)(&lower));
    let mut at = 0;
    while let Some(&c) = word.get(at) {
        let Some(Piece { length, text, guess }) = (way.rules)(&lower, at) else {
            made.text.push(c);
            at += 1;
            continue;
        };
        made.text.push_str(&case(text, capital(at)));
        if let Some((rule, other)) = guess {
            let source: String = word.iter().skip(at).take(length).collect();
            let message = format!("{source} could be {other} as well as {text}");
            made.warnings.push(Warning { index: start + at, length, rule, message, alternatives: vec![other.to_owned()] });
        }
        at += length.max(1);
    }
}

/// The small form of a letter, in the alphabet that it is written in.
fn lower(c: char, way: &Conversion) -> char {
    match c {
        'I' if way.from == "kk-Latn" => 'ı',
        'İ' => 'i',
        _ => c.to_lowercase().next().unwrap_or(c),
    }
}
