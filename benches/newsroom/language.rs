//! The language core beside `icu_casemap`, which makes the same text lower-case; and the time per megabyte as texts grow.

use crate::{Options, median};
use anyhow::{Context, Result};
use icu_casemap::CaseMapperBorrowed;
use icu_locale::LanguageIdentifier;
use newsroom::language::{CONVERSIONS, Conversion, Folder, Tag, common_turkic, conversion, query_keys, slug, sort_key, stem};
use newsroom::seed;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;
use unicode_segmentation::UnicodeSegmentation;

/// Bytes of a text, about.
const SIZE: usize = 1_000_000;
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// Runs of which the fastest counts.
const RUNS: usize = 5;

pub fn run(options: &Options) -> Result<()> {
    let texts = texts()?;
    beside_casemap(options, &texts);
    growing(texts.get("kk").map_or("", String::as_str))
}

/// A megabyte of the demo in each language, and in the scripts that there are ways into.
fn texts() -> Result<BTreeMap<&'static str, String>> {
    let mut texts: BTreeMap<&'static str, String> = BTreeMap::new();
    for story in seed::stories()? {
        for (tag, text) in &story.texts {
            let own = texts.entry(tag.as_str()).or_default();
            let body = text.html.replace("<p>", "").replace("</p>", "\n");
            *own = format!("{own}{}\n{}\n{body}\n", text.headline, text.summary);
        }
    }
    for (from, to) in [("uz", "uz-Cyrl"), ("kk", "kk-Latn"), ("kk", "kk-Arab")] {
        let way = conversion(&Tag::parse(from)?, &Tag::parse(to)?, None).context("there is no such way")?;
        let made = texts.get(from).map(|text| way.apply(text, |_| None).text).unwrap_or_default();
        texts.insert(to, made);
    }
    Ok(texts.into_iter().map(|(tag, text)| (tag, text.repeat(SIZE / text.len().max(1) + 1))).collect())
}

/// Megabytes a second of something that reads all of a text.
fn speed(bytes: usize, mut work: impl FnMut() -> usize) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let started = Instant::now();
        black_box(work());
        best = best.min(started.elapsed().as_secs_f64());
    }
    megabytes(bytes) / best
}

fn megabytes(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::NAN, f64::from) / 1e6
}

fn folded(words: &[&str], language: &Tag) -> usize {
    let mut folder = Folder::default();
    words.iter().map(|word| folder.fold(word, language).map(str::len).sum::<usize>()).sum()
}

fn beside_casemap(options: &Options, texts: &BTreeMap<&'static str, String>) {
    println!("## Folding and conversion beside `icu_casemap`\n\n| | MB/s | `icu_casemap` | to that |\n|---|---|---|---|");
    for (name, text) in texts {
        let Ok(tag) = Tag::parse(name) else { continue };
        let words: Vec<&str> = text.unicode_words().collect();
        let lower = || speed(text.len(), || CaseMapperBorrowed::new().lowercase_to_string(text, &LanguageIdentifier::UNKNOWN).len());
        row(options, &format!("{name}, fold"), &lower, &|| speed(text.len(), || folded(&words, &tag)));
        for way in CONVERSIONS.iter().filter(|way| way.from == *name) {
            let into = way.orthography.map_or_else(|| way.to.to_owned(), |orthography| format!("{} {orthography}", way.to));
            row(options, &format!("{name} → {into}"), &lower, &|| speed(text.len(), || converted(way, text)));
        }
        if common_turkic("", &tag).is_some() {
            row(options, &format!("{name} → common Turkic"), &lower, &|| speed(text.len(), || common_turkic(text, &tag).map_or(0, |text| text.len())));
        }
    }
    println!();
}

/// Both in turns, in every round; the ratio is the median of those of the rounds.
fn row(options: &Options, name: &str, lower: &dyn Fn() -> f64, ours: &dyn Fn() -> f64) {
    let rounds: Vec<(f64, f64)> = (0..options.rounds).map(|_| (ours(), lower())).collect();
    let of = |pick: fn(&(f64, f64)) -> f64| median(rounds.iter().map(pick));
    println!("| {name} | {:.0} | {:.0} | {:.2} |", of(|(ours, _)| *ours), of(|(_, lower)| *lower), of(|(ours, lower)| ours / lower));
}

fn converted(way: &Conversion, text: &str) -> usize {
    way.apply(text, |_| None).text.len()
}

/// Time per megabyte at each size: what is linear has the same.
fn growing(kazakh: &str) -> Result<()> {
    let kk = Tag::parse("kk")?;
    let ways: Vec<&Conversion> = CONVERSIONS.iter().collect();
    println!("## Milliseconds per megabyte as a text grows\n\n| | 10 kB | 100 kB | 1 MB | 1 MB to 10 kB |\n|---|---|---|---|---|");
    for (name, unit) in [
        ("news in Kazakh", kazakh),
        ("one letter", "ж"),
        ("one letter of ASCII", "s"),
        ("apostrophes", "ʻ"),
        ("quotation marks", "'"),
        ("accents", "\u{301}"),
        ("one word", "қазақстандықтар"),
    ] {
        let texts: Vec<String> = SIZES.iter().map(|size| cut(&unit.repeat(size / unit.len() + 1), *size)).collect();
        let line = |what: &str, work: &dyn Fn(&str) -> usize| {
            let times: Vec<f64> = texts.iter().map(|text| 1_000.0 / speed(text.len(), || work(text))).collect();
            if let [small, middle, large] = times[..] {
                println!("| {name}: {what} | {small:.1} | {middle:.1} | {large:.1} | {:.2} |", large / small);
            }
        };
        line("fold", &|text| folded(&[text], &kk));
        line("query keys", &|text| query_keys(text).len());
        line("stem", &|text| stem(text).len());
        line("all conversions", &|text| ways.iter().map(|way| converted(way, text)).sum());
        line("common Turkic", &|text| common_turkic(text, &kk).map_or(0, |text| text.len()));
        line("sort key", &|text| sort_key(text, &kk).len());
        line("slug", &|text| slug(text, &kk).len());
    }
    println!();
    Ok(())
}

/// The beginning of a text.
fn cut(text: &str, bytes: usize) -> String {
    text.char_indices().take_while(|(at, _)| *at < bytes).map(|(_, c)| c).collect()
}
