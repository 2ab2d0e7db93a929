//! The parts of a text that show why it was found.

use super::index::Plain;
use super::query::Query;
use super::tokens::{Token, prepare, reading, tokens};
use crate::language::{Tag, stem};
use crate::text_enum;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// Words of a text that are looked through.
const SEARCHED: usize = 1_000;
/// Words of a snippet, and how many of them stand before what was found.
const WORDS: usize = 30;
const BEFORE: usize = 6;
/// Characters of a snippet, whatever its words are.
const LONGEST: usize = 400;

text_enum! {
    pub enum SnippetField {
        Headline = "headline",
        Summary = "summary",
        Body = "body",
    }
}

/// A part of a text that shows why it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Snippet {
    pub field: SnippetField,
    /// Plain text: the whole headline, or a part of summary or body. `…` stands where something is left out.
    pub text: String,
    /// The words that were looked for, in their order.
    pub highlights: Vec<Highlight>,
}

/// A word in a snippet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Highlight {
    /// Where it begins in the text of the snippet, in code points.
    pub index: usize,
    /// Its length, in code points.
    pub length: usize,
}

/// Finds the words of a query.
struct Finder<'q> {
    exact: HashMap<&'q str, usize>,
    keys: HashMap<&'q str, usize>,
    stems: HashMap<&'q str, usize>,
    prefixes: Vec<(&'q str, usize)>,
    exact_prefixes: Vec<(&'q str, usize)>,
    words: usize,
}

impl<'q> Finder<'q> {
    fn new(query: &'q Query) -> Self {
        let mut finder = Self { exact: HashMap::new(), keys: HashMap::new(), stems: HashMap::new(), prefixes: vec![], exact_prefixes: vec![], words: 0 };
        for (n, (word, is_prefix)) in query.words().enumerate() {
            finder.words = n + 1;
            if is_prefix {
                finder.prefixes.extend(word.keys.iter().map(|key| (key.as_str(), n)));
                finder.exact_prefixes.extend(word.exact.iter().map(|text| (text.as_str(), n)));
            } else {
                finder.exact.extend(word.exact.iter().map(|text| (text.as_str(), n)));
                finder.keys.extend(word.keys.iter().map(|key| (key.as_str(), n)));
                finder.stems.extend(word.stems.iter().map(|key| (key.as_str(), n)));
            }
        }
        let others = finder.words;
        finder.keys.extend(query.other_keys().map(|key| (key.as_str(), others)));
        finder.stems.extend(query.other_keys().map(|key| (stem(key), others)));
        finder
    }

    /// Which word of the query it is.
    fn find(&self, word: &str, language: &Tag) -> Option<usize> {
        let reading = reading(word, language);
        let by_stem = || reading.language_stem.as_ref().and_then(|stem| self.stems.get(stem.as_str()).copied());
        let by_key = reading.keys.iter().zip(&reading.stems).find_map(|(key, stem)| {
            let begins = || self.prefixes.iter().find(|(prefix, _)| key.starts_with(prefix)).map(|(_, n)| *n);
            self.keys.get(key.as_str()).copied().or_else(begins).or_else(|| self.stems.get(stem.as_str()).copied())
        });
        by_key.or_else(by_stem).or_else(|| {
            let text = reading.exact.as_str();
            let begins = || self.exact_prefixes.iter().find(|(prefix, _)| text.starts_with(prefix)).map(|(_, n)| *n);
            self.exact.get(text).copied().or_else(begins)
        })
    }
}

/// The headline, and the part of summary or body with the most words of the query.
pub struct Snippets<'q>(Finder<'q>);

/// Makes snippets of several texts that one query has found.
#[must_use]
pub fn snippets(query: &Query) -> Snippets<'_> {
    Snippets(Finder::new(query))
}

impl Snippets<'_> {
    /// Of one text.
    pub fn of(&mut self, plain: &Plain, language: &Tag) -> Vec<Snippet> {
        let mut found = vec![self.whole(&plain.headline, language)];
        let mut best: Option<(usize, Snippet)> = None;
        for (field, text) in [(SnippetField::Summary, plain.summary.as_deref().unwrap_or_default()), (SnippetField::Body, plain.body.as_str())] {
            let part = self.part(field, text, language);
            if part.as_ref().is_some_and(|(words, _)| best.as_ref().is_none_or(|(most, _)| words > most)) {
                best = part;
            }
        }
        found.extend(best.map(|(_, snippet)| snippet));
        found
    }

    /// The words of a headline that the last word of the query begins, as they stand.
    pub fn completions(&mut self, headline: &str, language: &Tag) -> Vec<String> {
        let Some(last) = self.0.words.checked_sub(1) else { return vec![] };
        let headline = prepare(headline);
        tokens(&headline).filter(|token| self.0.find(token.word, language) == Some(last)).map(|token| token.word.to_owned()).collect()
    }

    fn whole(&mut self, text: &str, language: &Tag) -> Snippet {
        let prepared = prepare(text);
        let highlights = tokens(&prepared).filter(|token| self.0.find(token.word, language).is_some()).map(highlight).collect();
        Snippet { field: SnippetField::Headline, text: text.to_owned(), highlights }
    }

    /// The part with the most different words of the query, and how many; else the beginning.
    fn part(&mut self, field: SnippetField, text: &str, language: &Tag) -> Option<(usize, Snippet)> {
        let prepared = prepare(text);
        let all: Vec<Token> = tokens(&prepared).take(SEARCHED).collect();
        let mut hits: Vec<(usize, usize)> = vec![];
        let (mut first, mut most) = (0, 0);
        for (at, token) in all.iter().enumerate() {
            let Some(word) = self.0.find(token.word, language) else { continue };
            hits.push((at, word));
            let recent = hits.iter().rev().take_while(|(other, _)| at - other < WORDS - BEFORE);
            let different = recent.clone().map(|(_, word)| *word).collect::<HashSet<_>>().len();
            if different > most {
                most = different;
                first = recent.last().map_or(at, |(other, _)| *other);
            }
            if most >= self.0.words {
                break;
            }
        }
        let start = first.saturating_sub(BEFORE);
        let shown = all.get(start..(start + WORDS).min(all.len()))?;
        Some((most, cut(field, text, shown, start > 0, &mut |token| self.0.find(token.word, language).is_some())))
            .filter(|(_, snippet)| !snippet.text.is_empty())
    }
}

fn highlight(token: Token<'_>) -> Highlight {
    Highlight { index: token.index, length: token.length }
}

/// The text around some of its words, as it stands, with the words in it that `is_found` knows.
fn cut(field: SnippetField, text: &str, shown: &[Token<'_>], is_later: bool, is_found: &mut dyn FnMut(&Token<'_>) -> bool) -> Snippet {
    let Some(first) = shown.first() else { return Snippet { field, text: String::new(), highlights: vec![] } };
    let from = if is_later { first.index } else { 0 };
    let end = shown.iter().map(|token| token.index + token.length).take_while(|end| end - from <= LONGEST).last().unwrap_or(from + LONGEST);
    let mut letters = text.chars().skip(from);
    let mut part = String::new();
    if is_later {
        part.push('…');
    }
    // A line break is one character, and so is the space in its place.
    part.extend(letters.by_ref().take(end - from).map(|c| if c.is_whitespace() { ' ' } else { c }));
    let mut rest = letters.skip_while(|c| !c.is_alphanumeric());
    let is_last = rest.next().is_none();
    if is_last {
        part.extend(text.chars().skip(end).take(3).take_while(|c| !c.is_whitespace()));
    } else {
        part.push('…');
    }
    let before = usize::from(is_later);
    let within = shown.iter().filter(|token| token.index + token.length <= end);
    let highlights = within.filter(|token| is_found(token)).map(|token| Highlight { index: token.index - from + before, length: token.length }).collect();
    Snippet { field, text: part, highlights }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(snippet: &Snippet) -> Vec<String> {
        snippet.highlights.iter().map(|mark| snippet.text.chars().skip(mark.index).take(mark.length).collect()).collect()
    }

    fn plain(headline: &str, summary: &str, body: &str) -> Plain {
        Plain { headline: headline.to_owned(), summary: Some(summary.to_owned()), body: body.to_owned(), ..Plain::default() }
    }

    fn tag(text: &str) -> Tag {
        Tag::parse(text).unwrap()
    }

    #[test]
    fn highlights_are_where_the_words_are() {
        let query = Query::parse("Qazaqstan tenge", &[]).unwrap();
        let body = format!("{}\n\nБүгін Қазақстанда теңге бағамы өзгерді. {}", "сөз ".repeat(50), "соңы ".repeat(50));
        let found = snippets(&query).of(&plain("«Қазақстан» темір жолы", "Қысқаша", &body), &tag("kk"));
        assert_eq!(marked(&found[0]), ["Қазақстан"]);
        assert_eq!((found[1].field, marked(&found[1])), (SnippetField::Body, vec!["Қазақстанда".to_owned(), "теңге".to_owned()]));
        assert!(found[1].text.starts_with('…') && found[1].text.ends_with('…') && !found[1].text.contains('\n'), "{}", found[1].text);
    }

    #[test]
    fn a_short_text_is_shown_whole() {
        let query = Query::parse("жол", &[]).unwrap();
        let found = snippets(&query).of(&plain("Жаңа жол", "", "«Жол ашылды.»"), &tag("kk"));
        assert_eq!(found[1].text, "«Жол ашылды.»");
        let nothing = snippets(&query).of(&plain("Жаңа жол", "", ""), &tag("kk"));
        assert_eq!(nothing.len(), 1);
    }

    proptest! {
        #[test]
        fn snippets_of_any_text_stay_short_and_within(text in any::<String>(), words in "[а-яA-Z*\" ]{1,20}") {
            if let Ok(query) = Query::parse(&words, &[]) {
                for snippet in snippets(&query).of(&plain("a", &text, &format!("{text} жол {words}")), &tag("kk")) {
                    let length = snippet.text.chars().count();
                    prop_assert!(length <= 410);
                    prop_assert!(snippet.highlights.iter().all(|mark| mark.index + mark.length <= length));
                }
            }
        }
    }
}
