//! The terms of a text.

use super::expression::lexeme;
use super::packed::spelling_bytes;
use super::tokens::{Reading, prepare, reading, tokens};
use crate::language::{Tag, stem};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::rc::Rc;
use uuid::Uuid;

/// Words of a text that are found; of a headline, of a text. PostgreSQL keeps 16,383 positions.
const WORDS: usize = 6_000;
const HEADLINE_WORDS: usize = 60;
/// Places of one term in a text: PostgreSQL keeps 256.
const PLACES: usize = 255;
/// Bytes of all terms of a text: PostgreSQL takes less than a megabyte.
const BYTES: usize = 700_000;
/// The kinds of terms of a whole text.
const WHOLE: [&str; 3] = ["k", "x", "s"];
/// Where a phrase ends, and where a term has too many places.
const BREAK: &str = "0";

/// What is searched of a published document, as its card and its text say.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Plain {
    pub headline: String,
    pub summary: Option<String>,
    #[serde(skip)]
    pub body: String,
    pub(super) agency: Option<Record>,
    pub(super) section: Option<Record>,
    #[serde(default)]
    pub(super) topics: Vec<Topic>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Record {
    id: Uuid,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Topic {
    id: String,
}

/// What a search can be narrowed to.
#[derive(Clone, Debug)]
pub enum Facet<'f> {
    Language(&'f Tag),
    Agency(Uuid),
    Section(Uuid),
    Topic(&'f str),
}

impl Facet<'_> {
    /// The term of texts that have it.
    #[must_use]
    pub fn term(&self) -> String {
        match self {
            Self::Language(tag) => format!("l{}", tag.as_str().replace('-', "").to_ascii_lowercase()),
            Self::Agency(id) => format!("a{}", id.simple()),
            Self::Section(id) => format!("c{}", id.simple()),
            Self::Topic(id) => format!("t{}", id.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()),
        }
    }
}

/// The terms of a text: those that have an order, and those that have none.
#[derive(Debug, Default)]
pub struct Terms {
    stream: Vec<String>,
    set: BTreeSet<String>,
    places: HashMap<String, usize>,
    bytes: usize,
}

impl Plain {
    /// Reads a card and a text as they are stored, both JSON.
    ///
    /// # Errors
    /// When they are not what publication writes.
    pub fn read(card: &str, text: &str) -> serde_json::Result<Self> {
        let plain: Self = serde_json::from_str(card)?;
        Ok(Self { body: serde_json::from_str(text)?, ..plain })
    }

    fn facets(&self, language: &Tag) -> Vec<String> {
        let mut facets = vec![Facet::Language(language).term()];
        facets.extend(self.agency.as_ref().map(|agency| Facet::Agency(agency.id).term()));
        facets.extend(self.section.as_ref().map(|section| Facet::Section(section.id).term()));
        facets.extend(self.topics.iter().map(|topic| Facet::Topic(&topic.id).term()));
        facets
    }
}

impl Terms {
    /// The terms of a text. The first 6,000 words of it are found.
    #[must_use]
    pub fn of(plain: &Plain, language: &Tag) -> Self {
        let mut terms = Self { set: plain.facets(language).into_iter().collect(), ..Self::default() };
        let headline = words(&plain.headline, language);
        let summary = words(plain.summary.as_deref().unwrap_or_default(), language);
        let body = words(&plain.body, language);
        terms.add(&[&headline], HEADLINE_WORDS, ["h", "y", "z"]);
        terms.add(&[&headline, &summary, &body], WORDS, WHOLE);
        terms
    }

    /// The terms of a text that has no headline of its own: its parts, the first 6,000 words of them.
    #[must_use]
    pub fn of_parts(parts: &[&str], language: &Tag) -> Self {
        let parts: Vec<Vec<Rc<Reading>>> = parts.iter().map(|part| words(part, language)).collect();
        let parts: Vec<&[Rc<Reading>]> = parts.iter().map(Vec::as_slice).collect();
        let mut terms = Self::default();
        terms.add(&parts, WORDS, WHOLE);
        terms
    }

    /// Adds words in order, once with their first keys and, where some have two, once with their second. The kinds are those of keys, of words
    /// as they stand, and of stems.
    fn add(&mut self, parts: &[&[Rc<Reading>]], most: usize, [key, exact, stemmed]: [&str; 3]) {
        let two = parts.iter().copied().flatten().take(most).any(|word| word.keys.len() > 1);
        for pass in 0..=usize::from(two) {
            let mut left = most;
            for part in parts {
                for word in part.iter().take(left) {
                    let Some(text) = word.keys.get(pass).or(word.keys.first()) else { continue };
                    self.place(format!("{key}{text}"));
                    let stem = word.stems.get(pass).or(word.stems.first());
                    for stem in stem.into_iter().chain(&word.language_stem).filter(|stem| *stem != text) {
                        self.insert(format!("{stemmed}{stem}"));
                    }
                    self.insert(format!("{exact}{}", word.spelling));
                }
                left = left.saturating_sub(part.len());
                self.stream.push(BREAK.to_owned());
            }
        }
    }

    fn place(&mut self, term: String) {
        let known = self.places.get(&term).copied().unwrap_or(0);
        if known >= PLACES || (known == 0 && !self.has_room(&term)) {
            self.stream.push(BREAK.to_owned());
            return;
        }
        self.places.insert(term.clone(), known + 1);
        self.stream.push(term);
    }

    fn insert(&mut self, term: String) {
        if !self.set.contains(&term) && self.has_room(&term) {
            self.set.insert(term);
        }
    }

    fn has_room(&mut self, term: &str) -> bool {
        let fits = self.bytes + term.len() <= BYTES;
        if fits {
            self.bytes += term.len();
        }
        fits
    }

    /// For the tokenizer `ascii` of FTS5: terms with spaces between.
    #[must_use]
    pub fn for_sqlite(&self) -> String {
        let mut text = self.stream.join(" ");
        for term in self.set.iter().filter(|term| !self.places.contains_key(*term)) {
            text.push(' ');
            text.push_str(term);
        }
        text
    }

    /// In little room, for `published_terms` of PostgreSQL: terms with spaces between, where a dot in a key says that its stem ends there; other
    /// stems; and four bytes for each word as it stands.
    #[must_use]
    pub fn packed(&self) -> (String, Vec<u8>) {
        let mut text = String::new();
        let mut dotted = HashSet::new();
        for term in &self.stream {
            let end = 1 + term.get(1..).map_or(0, |key| stem(key).len());
            let (kept, ending) = term.split_at_checked(end).unwrap_or((term, ""));
            text.extend([kept, if ending.is_empty() { "" } else { "." }, ending, " "]);
            if !ending.is_empty() {
                dotted.insert(kept);
            }
        }
        let mut spellings = vec![];
        for term in &self.set {
            match term.split_at_checked(1) {
                Some(("s", stem)) if dotted.contains(format!("k{stem}").as_str()) => {}
                Some(("z", stem)) if dotted.contains(format!("h{stem}").as_str()) => {}
                Some(("x", digits)) => spellings.extend(spelling_bytes(digits)),
                _ => text.extend([term, " "]),
            }
        }
        text.pop();
        (text, spellings)
    }

    /// A `tsvector`, with its places.
    #[must_use]
    pub fn for_postgres(&self) -> String {
        let mut places: BTreeMap<&str, Vec<usize>> = self.set.iter().map(|term| (term.as_str(), vec![])).collect();
        for (place, term) in (1..).zip(&self.stream) {
            if term != BREAK {
                places.entry(term).or_default().push(place);
            }
        }
        let mut text = String::new();
        for (term, places) in places {
            if !text.is_empty() {
                text.push(' ');
            }
            lexeme(&mut text, term);
            for (i, place) in places.iter().enumerate() {
                let _ = write!(text, "{}{place}", if i == 0 { ':' } else { ',' });
            }
        }
        text
    }
}

fn words(text: &str, language: &Tag) -> Vec<Rc<Reading>> {
    let text = prepare(text);
    tokens(&text).take(WORDS).map(|token| reading(token.word, language)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(headline: &str, summary: &str, body: &str, language: &str) -> Terms {
        let plain = Plain { headline: headline.to_owned(), summary: Some(summary.to_owned()), body: body.to_owned(), ..Plain::default() };
        Terms::of(&plain, &Tag::parse(language).unwrap())
    }

    #[test]
    fn a_text_has_words_keys_and_stems() {
        let terms = terms("Қазақстанда", "", "Алматы 北京", "kk");
        let spelt = |word: &str| super::super::tokens::spelling(word);
        let (almaty, kazakstan) = (spelt("алматы"), spelt("қазақстанда"));
        let text = terms.for_sqlite();
        assert!(text.starts_with("hkazakstanda 0 kkazakstanda 0 0 kalmati k北 k京 0 lkk salma skazakstan x"), "{text}");
        assert!(text.contains(&format!(" x{almaty}")) && text.contains(&format!(" y{kazakstan} zkazakstan")), "{text}");
        let vector = terms.for_postgres();
        assert!(vector.starts_with("'hkazakstanda':1 'kalmati':6 'kkazakstanda':3 'k京':8 'k北':7 'lkk' 'salma' 'skazakstan' 'x"), "{vector}");
        let (packed, spellings) = terms.packed();
        assert_eq!(packed, format!("hkazakstan.da 0 kkazakstan.da 0 0 kalma.ti k北 k京 0 lkk y{kazakstan}"));
        assert_eq!(spellings.len(), 16, "four words");
        assert!(spellings.chunks(4).any(|bytes| bytes == u32::from_str_radix(&almaty, 16).unwrap().to_be_bytes()));
    }

    #[test]
    fn a_word_with_two_keys_gives_a_second_reading() {
        let terms = terms("", "", "Gəncə şəhəri", "az");
        assert!(terms.for_sqlite().contains("kkanca ksahari 0 0 0 kkence ksehri") || terms.for_sqlite().contains("kkanca ksahari 0 0 0 kkence kseheri"));
    }

    #[test]
    fn the_limits_of_postgres_hold() {
        let long = (0..20_000).map(|n| format!("сөз{n} және")).collect::<Vec<_>>().join(" ");
        let terms = terms(&long, &long, &long, "kk");
        assert!(terms.stream.len() < 16_000, "{}", terms.stream.len());
        assert!(terms.stream.iter().filter(|term| *term == "kcane").count() <= 255);
        let wide = (0..20_000).map(|n| format!("{}{n}", "ж".repeat(40 - n.to_string().len()))).collect::<Vec<_>>().join(" ");
        let terms = super::tests::terms("", "", &wide, "kk");
        assert!(terms.bytes <= 700_000);
    }
}
