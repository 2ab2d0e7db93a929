//! What names are found by: the keys of their words, whatever script they are written in.

use super::Spellings;
use crate::language::{Tag, fold, query_keys, stem};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use unicode_segmentation::UnicodeSegmentation;
use uuid::Uuid;

/// Words of a name that is found in texts and queries. Longer ones are on the list, and found by their words there.
pub const LONGEST: usize = 6;
/// Readings of a spelling whose words have two keys.
const MOST_READINGS: usize = 8;
/// Of keys that short, too many are words as well: they count only as they are written on the list.
const SHORT: usize = 4;

/// The words of a text (UAX 29), with where they begin, in bytes.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.unicode_word_indices()
}

/// All readings of words of which each has some keys: one key for each word.
pub fn readings(words: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![vec![]];
    for keys in words {
        let longer = all.iter().flat_map(|reading| keys.iter().map(|key| reading.iter().chain([key]).cloned().collect()));
        all = longer.take(MOST_READINGS).collect();
    }
    all.retain(|reading| !reading.is_empty());
    all
}

/// The keys of the words of a spelling. Words without letters have none, and are left out.
fn word_keys(spelling: &str, language: &Tag) -> Vec<Vec<String>> {
    words(spelling).map(|(_, word)| fold(word, language)).filter(|keys| !keys.is_empty()).collect()
}

/// What a name is found by: all readings of its spellings of at most [`LONGEST`] words, none twice.
pub fn sequences(spellings: &Spellings) -> BTreeSet<Vec<String>> {
    let spelled = spellings.iter().flat_map(|(language, spelling)| spelling.all().map(move |text| word_keys(text, language)));
    spelled.filter(|words| words.len() <= LONGEST).flat_map(|words| readings(&words)).collect()
}

/// The keys of single words of a name, for looking it up by any of them.
pub fn single(spellings: &Spellings) -> BTreeSet<String> {
    let spelled = spellings.iter().flat_map(|(language, spelling)| spelling.all().flat_map(move |text| word_keys(text, language)));
    spelled.flatten().collect()
}

/// What brings a name to light: the stem of its first word, and for names of one word that of a form with an ending.
pub fn anchors(keys: &[String]) -> BTreeSet<String> {
    match keys {
        [only] => stems(only).into(),
        [first, ..] => BTreeSet::from([stem(first).to_owned()]),
        [] => BTreeSet::new(),
    }
}

/// The stems that forms of a word can have: where its own end looks like an ending (`Astana`), a form with one more loses only that.
fn stems(key: &str) -> [String; 2] {
    [stem(key).to_owned(), stem(&format!("{key}da")).to_owned()]
}

/// How a text has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// With an ending.
    Inflected,
    /// As it is listed, but for the script and what keys do not tell apart.
    Exact,
}

/// Whether the words of a text are a name, whose last word may have an ending. `text` has the keys of each word.
pub fn fit(text: &[Vec<String>], name: &[String]) -> Option<Fit> {
    let (last, before) = name.split_last()?;
    if text.len() != name.len() || !before.iter().zip(text).all(|(key, keys)| keys.contains(key)) {
        return None;
    }
    let keys = text.last()?;
    if keys.contains(last) {
        return Some(Fit::Exact);
    }
    let root = last.trim_end_matches(['a', 'e', 'i', 'u']);
    let inflected = |key: &String| last.len() >= SHORT && key.len() > last.len() && key.starts_with(root) && stems(last).iter().any(|root| root == stem(key));
    keys.iter().any(inflected).then_some(Fit::Inflected)
}

/// A word of a text.
#[derive(Clone, Debug)]
pub struct Word<'t> {
    /// Characters before it.
    pub index: usize,
    /// Bytes before it.
    pub start: usize,
    pub text: &'t str,
    pub keys: Vec<String>,
}

/// The words of a text with their keys: of its language, or of any.
pub fn read<'t>(text: &'t str, language: Option<&Tag>) -> Vec<Word<'t>> {
    let (mut index, mut counted) = (0, 0);
    let word = |(start, word): (usize, &'t str)| {
        index += text.get(counted..start).map_or(0, |between| between.chars().count());
        counted = start;
        let keys = language.map_or_else(|| query_keys(word), |language| fold(word, language));
        Word { index, start, text: word, keys }
    };
    words(text).map(word).filter(|word| !word.keys.is_empty()).collect()
}

/// A place of a text where names are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Characters of the text before it.
    pub index: usize,
    /// Its characters.
    pub length: usize,
    pub text: String,
    pub names: BTreeMap<Uuid, Fit>,
}

/// Names by their anchors, with their keys.
pub type Listed = HashMap<String, Vec<(Uuid, Vec<String>)>>;

/// Where names are in a text: the longest at each place, and none within another. With `capitals`, only what begins with a capital letter,
/// where its script has such.
pub fn places(text: &str, words: &[Word<'_>], listed: &Listed, capitals: bool) -> Vec<Place> {
    let mut found = vec![];
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let small = capitals && word.text.chars().next().is_some_and(char::is_lowercase);
        match if small { None } else { longest(text, words, at, listed) } {
            Some((length, place)) => {
                found.push(place);
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

fn longest(text: &str, words: &[Word<'_>], at: usize, listed: &Listed) -> Option<(usize, Place)> {
    let first = words.get(at)?;
    let anchors: BTreeSet<&str> = first.keys.iter().map(|key| stem(key)).collect();
    let names: Vec<&(Uuid, Vec<String>)> = anchors.iter().filter_map(|anchor| listed.get(*anchor)).flatten().collect();
    (1..=LONGEST).rev().find_map(|length| {
        let run = words.get(at..at + length)?;
        let keys: Vec<Vec<String>> = run.iter().map(|word| word.keys.clone()).collect();
        let mut fits: BTreeMap<Uuid, Fit> = BTreeMap::new();
        for (id, name) in names.iter().filter(|(_, name)| name.len() == length) {
            if let Some(fit) = fit(&keys, name) {
                fits.entry(*id).and_modify(|best| *best = fit.max(*best)).or_insert(fit);
            }
        }
        let last = run.last()?;
        let written = text.get(first.start..last.start + last.text.len())?;
        let place = Place { index: first.index, length: written.chars().count(), text: written.to_owned(), names: fits };
        (!place.names.is_empty()).then_some((length, place))
    })
}

/// Whether a text is a spelling of its language by their keys, with or without an ending.
pub fn is_like(text: &str, spelling: &str, language: &Tag) -> bool {
    let text = word_keys(text, language);
    readings(&word_keys(spelling, language)).iter().any(|name| fit(&text, name).is_some())
}

/// Whether a key is so short that it must be written as on the list to count.
pub fn is_short(text: &str, language: Option<&Tag>) -> bool {
    let mut keys = words(text).flat_map(|(_, word)| language.map_or_else(|| query_keys(word), |language| fold(word, language)));
    keys.all(|key| key.len() < SHORT) && words(text).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn tag(text: &str) -> Tag {
        Tag::parse(text).unwrap()
    }

    fn spellings(value: serde_json::Value) -> Spellings {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_name_has_one_sequence_for_spellings_that_sound_alike() {
        let name = spellings(json!({
            "kk": { "name": "Қазақстан Республикасы", "also": ["Қазақстан"] }, "kk-Latn": { "name": "Qazaqstan" }, "az": { "name": "Gəncə" }, "en": { "name": "a b c d e f g" }
        }));
        let found: Vec<String> = sequences(&name).iter().map(|keys| keys.join(" ")).collect();
        assert_eq!(found, ["kanca", "kazakstan", "kazakstan respublikasi", "kence"]);
        assert!(single(&name).contains("respublikasi") && single(&name).contains("f"));
    }

    #[test]
    fn readings_are_bounded() {
        let twice = vec!["a".to_owned(), "e".to_owned()];
        assert_eq!(readings(&vec![twice.clone(); 2]).len(), 4);
        assert_eq!(readings(&vec![twice; 30]).len(), MOST_READINGS);
        assert!(readings(&[]).is_empty());
    }

    #[test]
    fn endings_of_the_last_word_do_not_hide_a_name() {
        for (language, text, name, expected) in [
            ("kk", "Қазақстанда", "kazakstan", Some(Fit::Inflected)),
            ("kk", "Қазақстан", "kazakstan", Some(Fit::Exact)),
            ("az", "Bakıdan", "baki", Some(Fit::Inflected)),
            ("kk", "Астанада", "astana", Some(Fit::Inflected)),
            ("ru", "Баку", "baku", Some(Fit::Exact)),
            ("en", "Irlan", "irlanda", None),
            ("en", "Bakery", "baki", None),
            ("ky", "Ош", "us", Some(Fit::Exact)),
            ("ky", "Ошто", "us", None),
        ] {
            assert_eq!(fit(&[fold(text, &tag(language))], &[name.to_owned()]), expected, "{text}");
        }
        let two = [vec!["kazakstan".to_owned()], vec!["respublikasinda".to_owned()]];
        assert_eq!(fit(&two, &["kazakstan".to_owned(), "respublikasi".to_owned()]), Some(Fit::Inflected));
        assert_eq!(fit(&two, &["kazakstan".to_owned()]), None);
        assert_eq!(fit(&[], &[]), None);
    }

    fn listed(names: &[&[&str]]) -> Listed {
        let mut listed = Listed::new();
        for (n, keys) in (1..).zip(names) {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            for anchor in anchors(&keys) {
                listed.entry(anchor).or_default().push((Uuid::from_u128(n), keys.clone()));
            }
        }
        listed
    }

    #[test]
    fn the_longest_name_at_a_place_is_found_where_it_is() {
        let listed = listed(&[&["kazakstan"], &["kazakstan", "respublikasi"], &["baki"]]);
        let text = "«Қазақстан Республикасының» жері, Bakı, қазақстан.";
        let kazakh = tag("kk");
        let find = |capitals| places(text, &read(text, Some(&kazakh)), &listed, capitals);
        let found: Vec<(usize, usize, String)> = find(true).into_iter().map(|place| (place.index, place.length, place.text)).collect();
        assert_eq!(found, [(1, 25, "Қазақстан Республикасының".to_owned()), (34, 4, "Bakı".to_owned())]);
        assert_eq!(find(false).len(), 3);
        assert_eq!(find(false)[0].names.values().collect::<Vec<_>>(), [&Fit::Inflected]);
    }

    proptest! {
        #[test]
        fn places_are_pieces_of_the_text(text in any::<String>()) {
            let listed = listed(&[&["a"], &["a", "a"], &["kazakstan"]]);
            let letters: Vec<char> = text.chars().collect();
            for place in places(&text, &read(&text, None), &listed, false) {
                let piece: String = letters.iter().skip(place.index).take(place.length).collect();
                prop_assert_eq!(piece, place.text);
            }
        }
    }
}
