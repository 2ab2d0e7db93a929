//! Through a text, word by word: what is converted, what stays, and in which case.

use super::{Conversion, Piece, Word};
use crate::language::search::is_apostrophe;
use crate::language::{Tag, titlecase_first, uppercase};
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
    let mut walk =
        Walk { way, target: Conversion::tag(way.to), has_case: way.has_case(), lexicon, made: Converted::default(), index: 0, buffers: Buffers::default() };
    walk.made.text.reserve(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (token, doubtful) = next_token(rest);
        if doubtful && is_protected(token) {
            walk.keep(token);
        } else {
            walk.token(token);
        }
        rest = rest.get(token.len()..).unwrap_or_default();
        let space = rest.len() - rest.trim_start().len();
        walk.keep(rest.get(..space).unwrap_or_default());
        rest = rest.get(space..).unwrap_or_default();
    }
    walk.made
}

/// What comes before the next space, and whether it has a character that addresses have.
fn next_token(rest: &str) -> (&str, bool) {
    let mut doubtful = false;
    let end = rest.char_indices().find(|(_, c)| {
        doubtful |= matches!(c, ':' | '@' | 'w');
        c.is_whitespace()
    });
    (end.and_then(|(end, _)| rest.get(..end)).unwrap_or(rest), doubtful)
}

/// Addresses, mail addresses and handles.
fn is_protected(token: &str) -> bool {
    let text = token.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '@');
    text.contains("://") || text.starts_with("www.") || text.contains('@')
}

/// On the way through a text.
struct Walk<'w> {
    way: &'w Conversion,
    target: Option<Tag>,
    has_case: bool,
    lexicon: &'w dyn Fn(&str) -> Option<String>,
    made: Converted,
    /// Characters of the source that are behind.
    index: usize,
    buffers: Buffers,
}

/// Memory for one word, used again for the next.
#[derive(Default)]
struct Buffers {
    token: Vec<char>,
    lower: Vec<char>,
    known: String,
}

impl Walk<'_> {
    fn keep(&mut self, text: &str) {
        self.made.text.push_str(text);
        self.index += text.chars().count();
    }

    /// A run without spaces: its words, and what is between them.
    fn token(&mut self, token: &str) {
        let mut letters = std::mem::take(&mut self.buffers.token);
        letters.clear();
        letters.extend(token.chars());
        let mut rest = letters.as_slice();
        while let Some(&c) = rest.first() {
            let behind = if is_letter(c) || is_hamza(c) {
                let run = rest.iter().position(|c| !(is_letter(*c) || is_apostrophe(*c) || is_hamza(*c) || is_mark(*c))).unwrap_or(rest.len());
                let length = without_quotation(rest.get(..run).unwrap_or_default());
                self.word(rest.get(..length).unwrap_or_default());
                // What closed a quotation is none of the word, nor of another one.
                for quote in rest.get(length..run).unwrap_or_default() {
                    if is_letter(*quote) { self.word(std::slice::from_ref(quote)) } else { self.between(*quote) }
                }
                run
            } else {
                self.between(c);
                1
            };
            rest = rest.get(behind..).unwrap_or_default();
        }
        self.buffers.token = letters;
    }

    fn between(&mut self, c: char) {
        self.made.text.push(if self.has_case { c } else { punctuation(c) });
        self.index += 1;
    }

    fn word(&mut self, word: &[char]) {
        let mut lower = std::mem::take(&mut self.buffers.lower);
        lower.clear();
        let mut all_capital = word.len() > 1;
        for c in word {
            let low = self.way.lower(*c);
            all_capital &= *c != low || !is_letter(*c) || c.is_uppercase();
            lower.push(low);
        }
        let case = if self.has_case { self.target.as_ref().map(|tag| Case { tag, all_capital }) } else { None };
        self.buffers.known.clear();
        self.buffers.known.extend(&lower);
        if let Some(known) = (self.lexicon)(&self.buffers.known) {
            let capital = word.first() != lower.first();
            self.made.text.push_str(&case.filter(|_| capital).map_or(known.clone(), |case| case.of_word(&known)));
        } else {
            let word = Word::new(&lower, self.way, word);
            spell(self.way, &word, case, self.index, &mut self.made);
        }
        self.index += word.len();
        self.buffers.lower = lower;
    }
}

/// Capitals of the target alphabet.
#[derive(Clone, Copy)]
struct Case<'t> {
    tag: &'t Tag,
    /// Of the whole word, not of its first letter alone.
    all_capital: bool,
}

impl Case<'_> {
    fn of_word(self, text: &str) -> String {
        if self.all_capital { uppercase(text, self.tag) } else { titlecase_first(text, self.tag) }
    }
}

/// The length of a run of letters and apostrophes without the apostrophes that close a quotation; after `o` and `g` of Uzbek they are letters.
fn without_quotation(run: &[char]) -> usize {
    let mut length = run.len();
    while let Some((last, before)) = run.get(..length).and_then(<[char]>::split_last)
        && let Some(before) = before.last()
        && is_apostrophe(*last)
        && !(matches!(before, 'o' | 'O' | 'g' | 'G') && !matches!(last, '’' | '\'') || *last == 'ʼ')
    {
        length -= 1;
    }
    length
}

/// Whether it is a letter of any script: for those of our alphabets without a search.
fn is_letter(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | 'Ѐ'..='ҁ' | 'Ҋ'..='ԯ' | 'ؠ'..='ي' => true,
        '\0'..='\u{7f}' | '‐'..='‧' => false,
        _ => c.is_alphabetic(),
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

/// Converts a word by rule. `start` are the characters of the text before it.
fn spell(way: &Conversion, word: &Word<'_>, case: Option<Case<'_>>, start: usize, made: &mut Converted) {
    made.text.push_str((way.prefix)(word));
    let mut at = 0;
    while let Some(c) = word.written(at) {
        let Some(Piece { length, text, guess }) = (way.rules)(word, at) else {
            made.text.push(c);
            at += 1;
            continue;
        };
        match case {
            Some(case) if word.get(at) != Some(c) => made.text.push_str(&case.of_word(text)),
            _ => made.text.push_str(text),
        }
        if let Some((rule, other)) = guess {
            let source: String = (at..at + length).filter_map(|at| word.written(at)).collect();
            let message = format!("{source} could be {other} as well as {text}");
            made.warnings.push(Warning { index: start + at, length, rule, message, alternatives: vec![other.to_owned()] });
        }
        at += length.max(1);
    }
}
