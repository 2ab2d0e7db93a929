//! What search, conversion and the guard ask of the list.

use super::keys::{self, Fit, Listed, Place, Word};
use super::lookup::is_written;
use super::published;
use crate::db::Reader;
use crate::error::Result;
use crate::language::{Tag, fold, lowercase, stem};
use crate::search::Query;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// Words of a query that are looked at.
const MOST_WORDS: usize = 16;
/// Other spellings of one run of words.
const MOST_SPELLINGS: usize = 24;
/// Names that the words of a query bring to light, the first of the list; and the keys of one of them.
const MOST_NAMES: u16 = 200;
const MOST_KEYS: i32 = 120;
/// Unusual spellings that are told of one text.
const MOST_UNUSUAL: usize = 100;
/// Values that one statement asks for.
pub(super) const BATCH: usize = 500;

/// Words of a query that name something on the list, and how else it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The first of the words, counted from 0.
    pub start: usize,
    /// How many there are.
    pub length: usize,
    /// The keys of the other spellings, word by word; none twice, and none that the query has already.
    pub spellings: Vec<Vec<String>>,
}

#[derive(sqlx::FromRow)]
struct KeysRow {
    name_id: Uuid,
    keys: String,
    /// Whether the query has a word that they begin with: 1 or 0.
    matched: i32,
}

fn split(keys: &str) -> Vec<String> {
    keys.split(' ').map(str::to_owned).collect()
}

/// How else the names are called that a query speaks of. `words` has, for each of its words, all keys that it can have
/// ([`query_keys`](crate::language::query_keys)). Runs of up to six words are looked at, in the first sixteen; endings of their last words
/// do not matter. Of a name, 120 readings of its spellings are known at most. One query, of `published_name_keys` alone.
///
/// # Errors
/// When the database fails.
pub async fn also_called(on: impl Reader<'_>, words: &[Vec<String>]) -> Result<Vec<Alternative>> {
    let words = words.get(..MOST_WORDS).unwrap_or(words);
    let anchors: BTreeSet<&str> = words.iter().flatten().map(|key| stem(key)).collect();
    if anchors.is_empty() {
        return Ok(vec![]);
    }
    let rows = keys_of(on, &anchors).await?;
    let mut names: BTreeMap<Uuid, (BTreeSet<&str>, BTreeSet<&str>)> = BTreeMap::new();
    for row in &rows {
        let (matched, others) = names.entry(row.name_id).or_default();
        if row.matched == 1 {
            matched.insert(&row.keys);
        }
        others.insert(&row.keys);
    }
    let names: Vec<(Vec<Vec<String>>, BTreeSet<&str>)> =
        names.into_values().map(|(matched, others)| (matched.into_iter().map(split).collect(), others)).collect();
    let mut found = vec![];
    for start in 0..words.len() {
        for length in 1..=keys::LONGEST.min(words.len() - start) {
            let run = words.get(start..start + length).unwrap_or_default();
            let spellings = others(run, &names);
            if !spellings.is_empty() {
                found.push(Alternative { start, length, spellings });
            }
        }
    }
    Ok(found)
}

/// Has names of a query found also where they are called otherwise: `Baku` finds `Bakı` and `Баку`.
///
/// # Errors
/// When the database fails.
pub async fn call(on: impl Reader<'_>, wanted: &mut Query) -> Result<()> {
    let keys: Vec<Vec<String>> = wanted.keys().into_iter().map(<[String]>::to_vec).collect();
    let mut names = also_called(on, &keys).await?;
    // Of names within each other, the longest is meant.
    names.sort_by_key(|name| (Reverse(name.length), name.start));
    let mut apart: Vec<Alternative> = vec![];
    for name in names {
        if apart.iter().all(|other| name.start + name.length <= other.start || other.start + other.length <= name.start) {
            apart.push(name);
        }
    }
    apart.sort_by_key(|name| Reverse(name.start));
    for name in apart {
        wanted.called(name.start..name.start + name.length, name.spellings);
    }
    Ok(())
}

/// The keys of the names that some anchors bring to light.
async fn keys_of(on: impl Reader<'_>, anchors: &BTreeSet<&str>) -> Result<Vec<KeysRow>> {
    // Of all keys that bring a name to light, those that the query has come first, so that no cap cuts them off.
    let rows = on
        .query(
            "SELECT name_id, keys, matched FROM (SELECT name_id, keys, matched, ROW_NUMBER() OVER (PARTITION BY name_id ORDER BY matched DESC, keys) AS place \
             FROM (SELECT name_id, keys, max(CASE WHEN anchor IN (",
        )
        .push_list(anchors.iter().copied())
        .push(") THEN 1 ELSE 0 END) AS matched FROM published_name_keys WHERE name_id IN (SELECT DISTINCT name_id FROM published_name_keys WHERE anchor IN (")
        .push_list(anchors.iter().copied())
        .push(") ORDER BY name_id LIMIT ")
        .push_limit(MOST_NAMES)
        .push(") GROUP BY name_id, keys) k) r WHERE place <= ")
        .push_bind(MOST_KEYS)
        .push(" ORDER BY name_id, place")
        .all()
        .await?;
    Ok(rows)
}

/// The other spellings of a run of words.
fn others(run: &[Vec<String>], names: &[(Vec<Vec<String>>, BTreeSet<&str>)]) -> Vec<Vec<String>> {
    // Two letters are a word of every language.
    if run.iter().flatten().all(|key| key.len() < 3) && run.len() == 1 {
        return vec![];
    }
    let called = names.iter().filter(|(matched, _)| matched.iter().any(|name| keys::fit(run, name).is_some()));
    let all: BTreeSet<&str> = called.flat_map(|(_, others)| others.iter().copied()).collect();
    let new = all.into_iter().map(split).filter(|name| keys::fit(run, name) != Some(Fit::Exact));
    new.take(MOST_SPELLINGS).collect()
}

/// How words of a text are spelled on the list, for its conversion from one script into another: by words in lower case, in lower case.
///
/// A word counts where it is a listed name of one word, or the word at its place of a name that has as many words in both; and only where
/// both spellings sound the same ([`fold`]), so that the list spells names and replaces no words. `text` is where the words are from: one
/// that it begins with a small letter anywhere is no name there, or not only. Only as it is listed, without endings; and not where names
/// disagree about it.
///
/// # Errors
/// When the database fails.
pub async fn spelled<C>(on: &mut C, from: &Tag, to: &Tag, words: &[String], text: &str) -> Result<HashMap<String, String>>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let proper = proper(text, from);
    let words: Vec<&String> = words.iter().filter(|word| proper.contains(*word)).collect();
    let mut whole: HashMap<String, BTreeSet<String>> = HashMap::new();
    let mut parts: HashMap<String, BTreeSet<String>> = HashMap::new();
    for batch in words.chunks(BATCH) {
        let query = on.query(
            "SELECT DISTINCT a.word, b.word, a.words FROM name_words a JOIN name_words b ON b.name_id = a.name_id AND b.ordinal = 0 \
             AND b.position = a.position AND b.words = a.words JOIN names n ON n.id = a.name_id \
             WHERE n.state = 'active' AND a.language = $1 AND b.language = $2 AND a.word IN (",
        );
        let rows: Vec<(String, String, i32)> = query.bind(from).bind(to).push_list(batch.iter().copied()).push(")").all().await?;
        for (word, spelling, count) in rows {
            let keys = fold(&spelling, to);
            if fold(&word, from).iter().any(|key| keys.contains(key)) {
                let known = if count == 1 { &mut whole } else { &mut parts };
                known.entry(word).or_default().insert(spelling);
            }
        }
    }
    for (word, spellings) in parts {
        whole.entry(word).or_insert(spellings);
    }
    let one = |(word, spellings): (String, BTreeSet<String>)| Some((word, spellings.into_iter().next()?));
    Ok(whole.into_iter().filter(|(_, spellings)| spellings.len() == 1).filter_map(one).collect())
}

/// The words of a text, in lower case, that begin with a capital wherever they stand, or are of a script without capitals.
fn proper(text: &str, language: &Tag) -> HashSet<String> {
    let (mut small, mut others) = (HashSet::new(), HashSet::new());
    for run in text.split(|c: char| !(c.is_alphabetic() || is_inner(c))) {
        let word = run.trim_matches(|c: char| is_inner(c) && !matches!(c, '\u{300}'..='\u{36f}'));
        let is_small = word.chars().next().is_some_and(char::is_lowercase);
        let known = if is_small { &mut small } else { &mut others };
        known.insert(lowercase(word, language));
    }
    others.retain(|word| !small.contains(word));
    others
}

/// What stands within words that is no letter: apostrophes, and marks above and below letters.
const fn is_inner(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´' | '′' | '＇' | '\u{300}'..='\u{36f}')
}

/// A place of a text where a name is spelled otherwise than on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unusual {
    /// Characters (Unicode code points) of the text before it.
    pub index: usize,
    /// Its characters.
    pub length: usize,
    pub word: String,
    /// As it is on the list.
    pub usual: String,
    pub name_id: Uuid,
    /// Public texts of the language that have the name, in whatever case and without an ending, but nowhere as this one spells it; 1000 at
    /// most. Counted for the first 20 spellings of a text.
    pub otherwise_in: i64,
}

/// Where a text spells names otherwise than the list has them in its language: what sounds like a listed name and begins with a capital
/// letter, but is not written as it. Forms with endings, and names of fewer than four sounds, are left alone, and so is what two names of the
/// list spell differently.
///
/// # Errors
/// When the database fails.
pub async fn unusual<C>(on: &mut C, text: &str, language: &Tag) -> Result<Vec<Unusual>>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let (places, names) = find(on, text, language).await?;
    let mut found: Vec<Unusual> = places.into_iter().filter_map(|place| judge(place, &names, language)).take(MOST_UNUSUAL).collect();
    published::count(on, &mut found, &names, language).await?;
    Ok(found)
}

/// Where a text has names that the list has in its language, which begin with a capital letter; and how they are spelled in it.
async fn find<C>(on: &mut C, text: &str, language: &Tag) -> Result<(Vec<Place>, InOneLanguage)>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let words = keys::read(text, Some(language));
    let names = spellings_of(on, &words, language).await?;
    let mut listed = Listed::new();
    for (id, spellings) in &names {
        let readings = spellings.iter().flat_map(|(_, text)| {
            let words: Vec<Vec<String>> = keys::read(text, Some(language)).into_iter().map(|word| word.keys).collect();
            keys::readings(&words)
        });
        for keys in readings.collect::<BTreeSet<_>>() {
            for anchor in keys::anchors(&keys) {
                listed.entry(anchor).or_default().push((*id, keys.clone()));
            }
        }
    }
    Ok((keys::places(text, &words, &listed, true), names))
}

/// The spellings of names in one language, the one of the house first.
pub(super) type InOneLanguage = BTreeMap<Uuid, BTreeSet<(i32, String)>>;

async fn spellings_of<C>(on: &mut C, words: &[Word<'_>], language: &Tag) -> Result<InOneLanguage>
where
    for<'c> &'c mut C: Reader<'c>,
{
    let anchors: Vec<&str> = words.iter().flat_map(|word| &word.keys).map(|key| stem(key)).collect::<BTreeSet<_>>().into_iter().collect();
    let mut names = InOneLanguage::new();
    for batch in anchors.chunks(BATCH) {
        let query = on.query(
            "SELECT DISTINCT s.name_id, s.ordinal, s.written FROM published_name_keys k JOIN name_spellings s ON s.name_id = k.name_id \
             WHERE s.language = $1 AND k.anchor IN (",
        );
        let rows: Vec<(Uuid, i32, String)> = query.bind(language).push_list(batch.iter().copied()).push(")").all().await?;
        for (id, ordinal, written) in rows {
            names.entry(id).or_default().insert((ordinal, written));
        }
    }
    Ok(names)
}

fn judge(place: Place, names: &InOneLanguage, language: &Tag) -> Option<Unusual> {
    let exact: Vec<Uuid> = place.names.iter().filter(|(_, fit)| **fit == Fit::Exact).map(|(id, _)| *id).collect();
    let spellings = || exact.iter().filter_map(|id| names.get(id));
    let is_usual = spellings().flatten().any(|(_, written)| is_written(&place.text, written, language));
    if is_usual || keys::is_short(&place.text, Some(language)) {
        return None;
    }
    let usual: BTreeSet<&str> = spellings().filter_map(|spellings| spellings.first()).map(|(_, written)| written.as_str()).collect();
    let only = usual.first().filter(|_| usual.len() == 1)?;
    Some(Unusual { index: place.index, length: place.length, word: place.text, usual: (*only).to_owned(), name_id: *exact.first()?, otherwise_in: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_a_small_letter_anywhere_is_no_name() {
        let found = proper("Роза: «РОЗА», Гүл және гүл. Маʼно, O‘zbek ‘Quyosh’ қазақстан-Астана 2-Ел", &Tag::parse("kk").unwrap());
        let mut found: Vec<&str> = found.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        found.sort_unstable();
        assert_eq!(found, ["o‘zbek", "quyosh", "астана", "ел", "маʼно", "роза"]);
        assert!(proper("قازاقستان", &Tag::parse("kk-Arab").unwrap()).contains("قازاقستان"));
    }
}
