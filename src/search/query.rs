//! What somebody looks for.
//!
//! `"words in quotes"` stand one after the other, `word*` begins so, and all of several words must be there.

use super::expression::Expression;
use super::tokens::{exact, or_itself, prepare, spelling, tokens};
use crate::language::{Tag, fold, query_keys, query_stems, stem};
use crate::text_enum;
use std::ops::Range;

/// Letters of a query.
const LONGEST: usize = 200;
/// Words of a query.
const WORDS: usize = 16;
/// Letters of a key that a prefix needs: with fewer, half of all words would do.
const SHORTEST_PREFIX: usize = 2;
/// Ways to read a phrase that are looked for.
const READINGS: usize = 32;

text_enum! {
    /// How a text was found.
    pub enum MatchClass {
        /// As it was typed, but for capitals.
        Exact = "exact",
        /// In another script or spelling; and all that a query with `word*` finds, which begins so in any spelling.
        Fold = "fold",
        /// With other endings.
        Stem = "stem",
    }
}

text_enum! {
    /// Where a text was found.
    pub enum MatchPlace {
        /// All of it in the headline.
        Headline = "headline",
        /// In headline, summary or body.
        Body = "body",
    }
}

/// The stages of a search: each finds what those before it do not.
pub const STAGES: [Stage; 6] = [
    Stage { class: MatchClass::Exact, place: MatchPlace::Headline },
    Stage { class: MatchClass::Exact, place: MatchPlace::Body },
    Stage { class: MatchClass::Fold, place: MatchPlace::Headline },
    Stage { class: MatchClass::Fold, place: MatchPlace::Body },
    Stage { class: MatchClass::Stem, place: MatchPlace::Headline },
    Stage { class: MatchClass::Stem, place: MatchPlace::Body },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    pub class: MatchClass,
    pub place: MatchPlace,
}

/// Why nothing can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("must have 1 to 200 characters")]
    Length,
    #[error("needs a word: letters or digits")]
    NoWord,
    #[error("must have at most 16 words")]
    TooManyWords,
}

/// A query: all of its groups must be there.
#[derive(Clone, Debug)]
pub struct Query {
    groups: Vec<Group>,
}

/// Words that must all be there, or be called otherwise.
#[derive(Clone, Debug)]
struct Group {
    parts: Vec<Part>,
    /// Keys of words one after the other.
    also: Vec<Vec<String>>,
}

#[derive(Clone, Debug)]
enum Part {
    Word(Word),
    Prefix(Word),
    Phrase(Vec<Word>),
}

/// A word in all its readings.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub exact: Vec<String>,
    /// Of [`exact`](Self::exact).
    spellings: Vec<String>,
    pub keys: Vec<String>,
    pub stems: Vec<String>,
}

impl Word {
    fn new(word: &str, languages: &[Tag]) -> Self {
        let mut found = Self { exact: vec![], spellings: vec![], keys: vec![], stems: vec![] };
        let add = |to: &mut Vec<String>, text: String| {
            if !text.is_empty() && !to.contains(&text) {
                to.push(text);
            }
        };
        // Capitals of Turkish and of all others; where languages are named, in those alone.
        let others: Vec<Tag> = ["en", "tr"].iter().filter_map(|tag| Tag::parse(tag).ok()).collect();
        for language in if languages.is_empty() { &others } else { languages } {
            add(&mut found.exact, exact(word, language));
        }
        found.spellings = found.exact.iter().map(|text| spelling(text)).collect();
        let keys: Vec<String> = query_keys(word).into_iter().chain(languages.iter().flat_map(|language| fold(word, language))).collect();
        for key in found.exact.first().map_or_else(Vec::new, |exact| or_itself(keys, exact)) {
            add(&mut found.stems, stem(&key).to_owned());
            add(&mut found.stems, key.clone());
            add(&mut found.keys, key);
        }
        for stem in found.exact.iter().flat_map(|word| query_stems(word)).collect::<Vec<_>>() {
            add(&mut found.stems, stem);
        }
        found
    }
}

/// The letters that terms of keys, words and stems begin with, of a headline or of a whole text.
const fn kinds(place: MatchPlace) -> [&'static str; 3] {
    match place {
        MatchPlace::Headline => ["h", "y", "z"],
        MatchPlace::Body => ["k", "x", "s"],
    }
}

impl Query {
    /// Reads a query. Words are read in all languages, and in those that are named.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str, languages: &[Tag]) -> Result<Self, Fault> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > LONGEST {
            return Err(Fault::Length);
        }
        let mut parts = vec![];
        // What is not closed ends with the query.
        for (i, piece) in text.split(['"', '“', '”', '„', '«', '»']).enumerate() {
            if i % 2 == 1 {
                add_phrase(&mut parts, read(piece, languages));
            } else {
                piece.split_whitespace().for_each(|chunk| add_chunk(&mut parts, chunk, languages));
            }
        }
        let words: usize = parts.iter().map(Part::words).sum();
        match words {
            0 => Err(Fault::NoWord),
            1..=WORDS => Ok(Self { groups: parts.into_iter().map(|part| Group { parts: vec![part], also: vec![] }).collect() }),
            _ => Err(Fault::TooManyWords),
        }
    }

    /// With its last word as the beginning of one, for somebody who types still. `None` where that is too short to tell.
    #[must_use]
    pub fn unfinished(mut self) -> Option<Self> {
        let last = self.groups.last_mut()?.parts.last_mut()?;
        match last {
            Part::Word(word) if is_long_enough(word) => *last = Part::Prefix(word.clone()),
            Part::Word(_) => return None,
            Part::Prefix(_) | Part::Phrase(_) => {}
        }
        Some(self)
    }

    /// The keys of each word that is not part of a phrase, to look up what else it may be called; see [`called`](Self::called).
    #[must_use]
    pub fn keys(&self) -> Vec<&[String]> {
        self.groups
            .iter()
            .map(|group| match group.parts.as_slice() {
                [Part::Word(word)] => word.keys.as_slice(),
                _ => &[],
            })
            .collect()
    }

    /// A run of its parts is also called otherwise: what is found by the keys, one after the other, is found too, as in another spelling.
    /// Runs must not overlap, and those at the end come first.
    pub fn called(&mut self, run: Range<usize>, also: Vec<Vec<String>>) {
        let is_of_words = |group: &Group| group.parts.iter().all(|part| matches!(part, Part::Word(_)));
        if run.is_empty() || !self.groups.get(run.clone()).is_some_and(|groups| groups.iter().all(is_of_words)) {
            return;
        }
        let merged: Vec<Group> = self.groups.drain(run.clone()).collect();
        let mut group = Group { parts: vec![], also };
        for other in merged {
            group.parts.extend(other.parts);
            group.also.extend(other.also);
        }
        self.groups.insert(run.start, group);
    }

    /// What a stage of the search asks for: nothing where none before it leaves anything.
    #[must_use]
    pub fn stage(&self, stage: Stage) -> Option<Expression> {
        let (class, place) = (stage.class, stage.place);
        let is_asked = match class {
            MatchClass::Exact => !self.has_prefix(),
            MatchClass::Fold => true,
            MatchClass::Stem => self.parts().any(|part| matches!(part, Part::Word(_))),
        };
        let mut found = is_asked.then(|| self.all(class, place))?;
        if let Some(better) = self.better(class) {
            found = found.without(better);
        }
        Some(if place == MatchPlace::Body { found.without(self.all(class, MatchPlace::Headline)) } else { found })
    }

    /// What tells a text that was found before from one that is found by this class first. Phrases do not: they are in both.
    fn better(&self, class: MatchClass) -> Option<Expression> {
        let better: Vec<Expression> = match class {
            MatchClass::Exact => return None,
            MatchClass::Fold if self.has_prefix() => return None,
            MatchClass::Fold => self.parts().map(|part| part.spelled(MatchPlace::Body)).collect(),
            MatchClass::Stem => {
                let groups = self.groups.iter().filter(|group| group.parts.iter().any(|part| !matches!(part, Part::Phrase(_))));
                groups.map(|group| group.expression(MatchClass::Fold, MatchPlace::Body)).collect()
            }
        };
        Some(Expression::All(better))
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.groups.iter().flat_map(|group| &group.parts)
    }

    fn has_prefix(&self) -> bool {
        self.parts().any(|part| matches!(part, Part::Prefix(_)))
    }

    /// What is found so or better.
    #[must_use]
    pub fn all(&self, class: MatchClass, place: MatchPlace) -> Expression {
        Expression::All(self.groups.iter().map(|group| group.expression(class, place)).collect())
    }

    /// Its words, for highlights.
    pub(super) fn words(&self) -> impl Iterator<Item = (&Word, bool)> {
        self.parts().flat_map(|part| match part {
            Part::Word(word) => vec![(word, false)],
            Part::Prefix(word) => vec![(word, true)],
            Part::Phrase(words) => words.iter().map(|word| (word, false)).collect(),
        })
    }

    /// Keys of what its words are also called.
    pub(super) fn other_keys(&self) -> impl Iterator<Item = &String> {
        self.groups.iter().flat_map(|group| group.also.iter().flatten())
    }
}

fn is_long_enough(word: &Word) -> bool {
    word.keys.iter().any(|key| begins_words(key))
}

fn begins_words(key: &str) -> bool {
    key.chars().nth(SHORTEST_PREFIX - 1).is_some()
}

fn read(text: &str, languages: &[Tag]) -> Vec<Word> {
    tokens(&prepare(text)).map(|token| Word::new(token.word, languages)).filter(|word| !word.exact.is_empty()).collect()
}

fn add_phrase(parts: &mut Vec<Part>, words: Vec<Word>) {
    if !words.is_empty() {
        parts.push(Part::Phrase(words));
    }
}

/// What stands between spaces: a word, or several that belong together (`нур-султан`).
fn add_chunk(parts: &mut Vec<Part>, chunk: &str, languages: &[Tag]) {
    let mut words = read(chunk, languages);
    if chunk.ends_with('*')
        && let Some(last) = words.pop()
    {
        match words.len() {
            0 => {}
            1 => parts.extend(words.drain(..).map(Part::Word)),
            _ => add_phrase(parts, words),
        }
        parts.push(if is_long_enough(&last) { Part::Prefix(last) } else { Part::Word(last) });
        return;
    }
    match words.len() {
        1 => parts.extend(words.drain(..).map(Part::Word)),
        _ => add_phrase(parts, words),
    }
}

impl Group {
    fn expression(&self, class: MatchClass, place: MatchPlace) -> Expression {
        let all = Expression::All(self.parts.iter().map(|part| part.expression(class, place)).collect());
        if class == MatchClass::Exact || self.also.is_empty() {
            return all;
        }
        let [key, _, stemmed] = kinds(place);
        let others = self.also.iter().filter_map(|keys| {
            let (last, before) = keys.split_last()?;
            let mut terms: Vec<String> = before.iter().map(|text| format!("{key}{text}")).collect();
            if class == MatchClass::Fold {
                terms.push(format!("{key}{last}"));
                return Some(Expression::row(terms));
            }
            // The last word of a name takes the endings.
            let endings = [format!("{key}{last}"), format!("{stemmed}{}", stem(last))].map(Expression::Term);
            Some(Expression::All(terms.into_iter().map(Expression::Term).chain([Expression::Any(endings.to_vec())]).collect()))
        });
        Expression::Any(std::iter::once(all).chain(others).collect())
    }
}

impl Part {
    fn words(&self) -> usize {
        match self {
            Self::Word(_) | Self::Prefix(_) => 1,
            Self::Phrase(words) => words.len(),
        }
    }

    /// With its words as they were typed.
    fn spelled(&self, place: MatchPlace) -> Expression {
        let [_, exact, _] = kinds(place);
        match self {
            Self::Word(word) => Expression::Any(terms(exact, &word.spellings).collect()),
            Self::Prefix(_) => Expression::Any(vec![]),
            Self::Phrase(words) => Expression::All(words.iter().map(|word| Expression::Any(terms(exact, &word.spellings).collect())).collect()),
        }
    }

    fn expression(&self, class: MatchClass, place: MatchPlace) -> Expression {
        let [key, exact, stemmed] = kinds(place);
        match (self, class) {
            (Self::Word(_) | Self::Prefix(_), MatchClass::Exact) => self.spelled(place),
            (Self::Word(word), MatchClass::Fold) => Expression::Any(terms(exact, &word.spellings).chain(terms(key, &word.keys)).collect()),
            (Self::Word(word), MatchClass::Stem) => {
                // What has no ending is its own stem.
                let bare: Vec<String> = word.stems.iter().filter(|stem| !word.keys.contains(stem)).cloned().collect();
                let any = terms(exact, &word.spellings).chain(terms(key, &word.keys)).chain(terms(stemmed, &word.stems));
                Expression::Any(any.chain(terms(key, &bare)).collect())
            }
            (Self::Prefix(word), _) => {
                let long = word.keys.iter().filter(|text| begins_words(text));
                Expression::Any(long.map(|text| Expression::Prefix(format!("{key}{text}"))).collect())
            }
            (Self::Phrase(words), MatchClass::Exact) => Expression::All(vec![self.spelled(place), phrase(words, key)]),
            (Self::Phrase(words), _) => phrase(words, key),
        }
    }
}

fn terms(kind: &'static str, texts: &[String]) -> impl Iterator<Item = Expression> {
    texts.iter().map(move |text| Expression::Term(format!("{kind}{text}")))
}

fn phrase(words: &[Word], kind: &'static str) -> Expression {
    Expression::Any(readings(words, kind).into_iter().map(Expression::row).collect())
}

/// The ways to read a phrase: each word in each of its readings, as far as they are few; else all words in their first readings, in their second, ….
fn readings(words: &[Word], kind: &'static str) -> Vec<Vec<String>> {
    let each: Vec<Vec<String>> = words.iter().map(|word| word.keys.iter().map(|text| format!("{kind}{text}")).collect()).collect();
    let count = each.iter().map(Vec::len).fold(1_usize, usize::saturating_mul);
    if count > READINGS {
        let most = each.iter().map(Vec::len).max().unwrap_or(0);
        return (0..most).map(|n| each.iter().filter_map(|texts| texts.get(n).or(texts.first()).cloned()).collect()).collect();
    }
    each.iter().fold(vec![vec![]], |found, texts| {
        found.iter().flat_map(|start| texts.iter().map(move |text| start.iter().chain([text]).cloned().collect::<Vec<String>>())).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stage(query: &Query, class: MatchClass, place: MatchPlace) -> String {
        query.stage(Stage { class, place }).map_or_else(|| "-".to_owned(), |expression| expression.for_sqlite())
    }

    #[test]
    fn words_are_looked_for_as_they_stand_then_by_key_then_by_stem() {
        let query = Query::parse(" Қалада ", &[]).unwrap();
        let typed = spelling("қалада");
        assert_eq!(stage(&query, MatchClass::Exact, MatchPlace::Headline), format!(r#""y{typed}""#));
        assert_eq!(stage(&query, MatchClass::Exact, MatchPlace::Body), format!(r#"("x{typed}" NOT "y{typed}")"#));
        assert_eq!(stage(&query, MatchClass::Fold, MatchPlace::Headline), format!(r#"(("y{typed}" OR "hkalada") NOT "x{typed}")"#));
        let fold = format!(r#"("x{typed}" OR "kkalada")"#);
        let last = format!(
            r#"((("x{typed}" OR "kkalada" OR "skala" OR "skalada" OR "skalad" OR "kkala" OR "kkalad") NOT {fold}) NOT ("y{typed}" OR "hkalada" OR "zkala" OR "zkalada" OR "zkalad" OR "hkala" OR "hkalad"))"#
        );
        assert_eq!(stage(&query, MatchClass::Stem, MatchPlace::Body), last);
    }

    #[test]
    fn phrases_and_prefixes_work_on_keys() {
        let query = Query::parse("\"жаңа қала", &[]).unwrap();
        let [new, town] = ["жаңа", "қала"].map(spelling);
        assert_eq!(stage(&query, MatchClass::Exact, MatchPlace::Headline), format!(r#"(("y{new}" AND "y{town}") AND "hcana hkala")"#));
        let fold = format!(r#"(("kcana kkala" NOT ("x{new}" AND "x{town}")) NOT "hcana hkala")"#);
        assert_eq!(stage(&query, MatchClass::Fold, MatchPlace::Body), fold, "no phrase twice");
        assert_eq!(stage(&query, MatchClass::Stem, MatchPlace::Headline), "-", "no endings in a phrase");
        let query = Query::parse("нур-султан қаз*", &[]).unwrap();
        assert_eq!(stage(&query, MatchClass::Exact, MatchPlace::Headline), "-", "prefixes are keys");
        assert_eq!(stage(&query, MatchClass::Fold, MatchPlace::Headline), r#"("hnur hsultan" AND "hkaz"*)"#);
        // Too short to begin with: a word.
        assert_eq!(stage(&Query::parse("қ*", &[]).unwrap(), MatchClass::Exact, MatchPlace::Headline), format!(r#""y{}""#, spelling("қ")));
    }

    #[test]
    fn a_run_of_words_may_be_called_otherwise() {
        let mut query = Query::parse("Heydar Aliyev vəfat", &[]).unwrap();
        assert_eq!(query.keys().len(), 3);
        query.called(0..2, vec![vec!["keidar".to_owned(), "aliev".to_owned()]]);
        let found = stage(&query, MatchClass::Fold, MatchPlace::Headline);
        assert!(found.contains(r#" OR "hkeidar haliev") AND "#), "{found}");
        assert!(!stage(&query, MatchClass::Exact, MatchPlace::Headline).contains("keidar"), "another name is another spelling, not the same");
        query.called(1..9, vec![]);
        query.called(0..2, vec![]);
        assert_eq!(query.keys().len(), 1);
    }

    #[test]
    fn what_cannot_be_looked_for_says_why() {
        for (text, fault) in [("", Fault::Length), (" \n", Fault::Length), ("*", Fault::NoWord), ("\"\" — \u{0}\u{202e}", Fault::NoWord)] {
            assert_eq!(Query::parse(text, &[]).unwrap_err(), fault, "{text:?}");
        }
        assert_eq!(Query::parse(&"a ".repeat(17), &[]).unwrap_err(), Fault::TooManyWords);
        assert_eq!(Query::parse(&"a".repeat(201), &[]).unwrap_err(), Fault::Length);
        assert!(Query::parse(&"a".repeat(200), &[]).is_ok());
        assert!(Query::parse(&"a ".repeat(16), &[]).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_a_query_of_few_terms_or_none(text in any::<String>()) {
            if let Ok(query) = Query::parse(&text, &[]) {
                for stage in STAGES {
                    let asked = query.stage(stage).map(|expression| expression.for_sqlite()).unwrap_or_default();
                    prop_assert!(asked.len() < 60_000 && !asked.contains('\0'));
                }
            }
        }
    }
}
