//! Through a text, word by word: what is converted, what stays, and in which case.

use super::converted::{Converted, Count, DoubtfulWord, LONGEST_WORD, MOST_WARNINGS, Warning};
use super::{Conversion, Piece, Word};
use crate::language::search::is_apostrophe;
use crate::language::{Tag, titlecase_first, uppercase};

/// `borders`: where spans of the text end, in characters, but for the last one.
pub(super) fn walk(way: &Conversion, text: &str, borders: &[usize], lexicon: &dyn Fn(&str) -> Option<String>) -> Converted {
    let target = Conversion::tag(way.to);
    let mut walk = Walk {
        way,
        target: target.as_ref(),
        has_case: way.has_case(),
        lexicon,
        made: Converted::default(),
        index: 0,
        borders,
        count: Count::default(),
        buffers: Buffers::default(),
    };
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
    walk.cut(usize::MAX);
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
    target: Option<&'w Tag>,
    has_case: bool,
    lexicon: &'w dyn Fn(&str) -> Option<String>,
    made: Converted,
    /// Characters of the source that are behind.
    index: usize,
    /// Ends of spans that are still ahead.
    borders: &'w [usize],
    count: Count,
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
        let length = text.chars().count();
        if self.borders.first().is_some_and(|border| *border < self.index + length) {
            for (i, c) in text.chars().enumerate() {
                self.cut(self.index + i);
                self.made.text.push(c);
            }
        } else {
            self.made.text.push_str(text);
        }
        self.index += length;
    }

    /// Ends the spans that go as far as a place of the source.
    fn cut(&mut self, index: usize) {
        while let Some((border, ahead)) = self.borders.split_first()
            && *border <= index
        {
            self.made.cuts.push(self.made.text.len());
            self.borders = ahead;
        }
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
        self.cut(self.index);
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
        let case = if self.has_case { self.target.map(|tag| Case { tag, all_capital }) } else { None };
        self.cut(self.index);
        self.buffers.known.clear();
        self.buffers.known.extend(&lower);
        if let Some(known) = (self.lexicon)(&self.buffers.known) {
            let capital = word.first() != lower.first();
            self.made.text.push_str(&case.filter(|_| capital).map_or(known.clone(), |case| case.of_word(&known)));
        } else {
            self.spell(&Word::new(&lower, self.way, word), case);
        }
        self.index += word.len();
        self.buffers.lower = lower;
    }

    /// Converts a word by rule.
    fn spell(&mut self, word: &Word<'_>, case: Option<Case<'_>>) {
        let (start, first) = (self.made.text.len(), self.made.warnings.len());
        let is_listed = first < MOST_WARNINGS && word.letters.len() <= LONGEST_WORD;
        self.made.text.push_str((self.way.prefix)(word));
        let (mut at, mut guesses) = (0, 0);
        while let Some(c) = word.written(at) {
            self.cut(self.index + at);
            let Some(piece) = (self.way.rules)(word, at) else {
                self.made.text.push(c);
                at += 1;
                continue;
            };
            let before = self.made.text.len();
            match case {
                Some(case) if word.get(at) != Some(c) => self.made.text.push_str(&case.of_word(piece.text)),
                _ => self.made.text.push_str(piece.text),
            }
            if piece.guess.is_some() {
                guesses += 1;
                self.made.warnings.extend(piece.warning(word, at).filter(|_| is_listed).map(|warning| Warning {
                    index: self.index + at,
                    // Bytes, until they are counted.
                    made_index: before,
                    taken: self.made.text.get(before..).unwrap_or_default().to_owned(),
                    ..warning
                }));
            }
            at += piece.length.max(1);
        }
        if guesses > 0 {
            self.doubt(word.letters.len(), start, first, guesses);
        }
    }

    /// Lists a word that was guessed, with the warnings from the `first` on. `start`: bytes of the result before it.
    fn doubt(&mut self, length: usize, start: usize, first: usize, guesses: usize) {
        let is_long = length > LONGEST_WORD;
        if first >= MOST_WARNINGS {
            self.made.left_out += if is_long { 1 } else { guesses };
            self.made.words_left_out += 1;
            return;
        }
        if is_long {
            let message = format!("{guesses} letters of a word of {length} could be others as well");
            let warning = Warning { index: self.index, length, made_index: start, taken: String::new(), rule: "long_word", message, alternatives: vec![] };
            self.made.warnings.push(warning);
        }
        let Converted { text, warnings, words, .. } = &mut self.made;
        let made_index = self.count.until(text, start);
        for warning in warnings.iter_mut().skip(first) {
            warning.made_index = self.count.until(text, warning.made_index);
        }
        let made_length = self.count.until(text, text.len()) - made_index;
        words.push(DoubtfulWord { index: self.index, length, made_index, made_length, warnings: first..warnings.len() });
    }
}

impl Piece {
    /// What there is to say where it was guessed, but for where that is.
    fn warning(&self, word: &Word<'_>, at: usize) -> Option<Warning> {
        let (rule, other) = self.guess?;
        let source: String = (at..at + self.length).filter_map(|at| word.written(at)).collect();
        let message = format!("{source} could be {other} as well as {}", self.text);
        Some(Warning { index: at, length: self.length, made_index: 0, taken: String::new(), rule, message, alternatives: vec![other.to_owned()] })
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
