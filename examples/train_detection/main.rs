//! Trains the model of language detection and writes it.
//!
//! ```text
//! cargo run --release --example train_detection -- FOLDER src/language/detect/model.bin
//! ```
//!
//! `FOLDER/<label>/<source>.txt` holds the texts: one folder for each label (`kk`, `uz-Cyrl`), UTF-8, one sentence, phrase or word a line.
//! `udhr.txt` is a text of the Universal Declaration of Human Rights, `*.words.txt` are lists of words without frequencies, all others
//! are running text. The three kinds have a fixed say each, so that a long list does not drown a short text. `gather.py` beside this file
//! lays the folder out and says which packages the texts are from. Only the statistics of n-grams get into the model, no text.
//!
//! Texts that nobody publishes in some script are made from another one, by the conversions of the newsroom or the tables in
//! `derived.rs`.

#![expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "small numbers all")]

mod derived;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use newsroom::language::Script;
use newsroom::language::detect::words::{KEY_BITS, LONGEST, grams, words};

use derived::{ROWS, Row};

/// A word and how often it occurs. In order, so that sums are the same in every run.
type Words = BTreeMap<String, f64>;

/// The share of each n-gram among those of its length.
type Shares = HashMap<u32, f64>;

/// The say of the declaration, of running text and of lists of words.
const SAY: [f64; 3] = [0.25, 0.40, 0.35];

/// To what power the frequency of a word counts in each kind: manuals and catalogues repeat their terms too often.
const DAMPING: [f64; 3] = [1.0, 0.8, 1.0];

/// What an n-gram of 1, 2, 3 and 4 letters gets where it was never seen.
const UNSEEN: [f64; LONGEST] = [1.5e-5, 5e-6, 1.5e-6, 7.5e-7];

/// The least share of an n-gram that is looked at.
const LEAST: f64 = 1e-5;

/// How many n-grams each script keeps: those that say most.
const KEPT: [(Script, usize); 3] = [(Script::Latn, 30_000), (Script::Cyrl, 32_000), (Script::Arab, 5_000)];

/// What one of the 15 steps of a penalty is, as a natural logarithm.
const STEP: f64 = 0.4;

/// The share of dotless i that is read as i: in capitals the two cannot be told apart.
const DOTTED: f64 = 0.25;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().context("name the folder of texts")?;
    let target = arguments.next().context("name the file to write")?;
    let mut model = b"NRD1".to_vec();
    for (script, kept) in KEPT {
        let rows: Vec<&Row> = ROWS.iter().filter(|row| row.script == script).collect();
        let shares = rows.iter().map(|row| shares_of(row, &folder)).collect::<Result<Vec<_>>>()?;
        write_table(&mut model, script, &rows, &best(&shares, kept))?;
    }
    fs::write(&target, &model)?;
    eprintln!("{} bytes", model.len());
    Ok(())
}

/// The words of a label's texts by kind: declaration, running text, lists.
fn read(folder: &Path, script: Script) -> Result<[Words; 3]> {
    let mut kinds: [Words; 3] = Default::default();
    let Ok(files) = fs::read_dir(folder) else { return Ok(kinds) };
    for file in files {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kind = if name == "udhr.txt" {
            &mut kinds[0]
        } else if name.ends_with(".words.txt") {
            &mut kinds[2]
        } else {
            &mut kinds[1]
        };
        words(&fs::read_to_string(&path)?, |found, word| {
            if found == script {
                *kind.entry(word.iter().collect()).or_default() += 1.0;
            }
        });
    }
    Ok(kinds)
}

/// The shares of a row's n-grams, over the texts that it has and those that are made for it.
fn shares_of(row: &Row, folder: &Path) -> Result<Shares> {
    let mut kinds = if row.own { read(&folder.join(row.tag), row.script)? } else { Default::default() };
    if let Some((source, script, rewrite)) = row.from {
        for (kind, read) in kinds.iter_mut().zip(read(&folder.join(source), script)?) {
            for (word, count) in read {
                *kind.entry(rewrite(&word)).or_default() += count;
            }
        }
    }
    let say: f64 = kinds.iter().zip(SAY).filter(|(kind, _)| !kind.is_empty()).map(|(_, say)| say).sum();
    ensure!(say > 0.0, "{}: no text", row.tag);
    let mut shares = Shares::new();
    for ((kind, weight), damping) in kinds.iter_mut().zip(SAY).zip(DAMPING) {
        for count in kind.values_mut() {
            *count = count.powf(damping);
        }
        add_grams(&mut shares, kind, weight / say);
    }
    Ok(shares)
}

fn add_grams(shares: &mut Shares, kind: &Words, weight: f64) {
    let mut counts: HashMap<u32, (usize, f64)> = HashMap::new();
    let mut sums = [0.0; LONGEST];
    let mut add = |word: &str, count: f64| {
        grams(&word.chars().collect::<Vec<_>>(), |length, key| {
            counts.entry(key).or_insert((length, 0.0)).1 += count;
            sums[length - 1] += count;
        });
    };
    for (word, count) in kind {
        if word.contains('ı') {
            add(word, count * (1.0 - DOTTED));
            add(&word.replace('ı', "i"), count * DOTTED);
        } else {
            add(word, *count);
        }
    }
    for (key, (length, count)) in counts {
        *shares.entry(with_length(length, key)).or_default() += weight * count / sums[length - 1];
    }
}

/// A key with the length of its n-gram in the bits above.
const fn with_length(length: usize, key: u32) -> u32 {
    ((length as u32) << KEY_BITS) | key
}

/// The n-grams that say most (mutual information with the rows), by key, with each row's penalty in steps.
fn best(rows: &[Shares], kept: usize) -> Vec<(u32, Vec<u8>)> {
    let mut keys: Vec<u32> = rows.iter().flat_map(|row| row.iter().filter(|(_, share)| **share > LEAST).map(|(key, _)| *key)).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut weighed: Vec<(f64, u32, Vec<u8>)> = keys.into_iter().map(|key| weigh(rows, key)).collect();
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    weighed.truncate(kept);
    let mut best: Vec<(u32, Vec<u8>)> = weighed.into_iter().map(|(_, key, penalties)| (key & ((1 << KEY_BITS) - 1), penalties)).collect();
    best.sort_by_key(|(key, _)| *key);
    best.dedup_by_key(|(key, _)| *key);
    best
}

fn weigh(rows: &[Shares], key: u32) -> (f64, u32, Vec<u8>) {
    let unseen = UNSEEN[(key >> KEY_BITS) as usize - 1];
    let shares: Vec<f64> = rows.iter().map(|row| row.get(&key).copied().unwrap_or_default() + unseen).collect();
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let most = shares.iter().copied().fold(0.0, f64::max);
    let says = shares.iter().map(|share| share * (share / mean).ln()).sum();
    let penalties = shares.iter().map(|share| ((most / share).ln() / STEP).round().min(15.0) as u8).collect();
    (says, key, penalties)
}

/// Writes a script's table as `src/language/detect/model.rs` describes it.
fn write_table(model: &mut Vec<u8>, script: Script, rows: &[&Row], best: &[(u32, Vec<u8>)]) -> Result<()> {
    model.extend(script.as_str().as_bytes());
    model.push(rows.len().try_into()?);
    model.extend(u32::try_from(best.len())?.to_le_bytes());
    model.extend((STEP as f32).to_le_bytes());
    for row in rows {
        model.push(row.tag.len().try_into()?);
        model.extend(row.tag.as_bytes());
        model.push((row.rarity / STEP).round() as u8);
    }
    let mut last = 0;
    for (key, _) in best {
        model.extend(u16::try_from(key - last).context("n-grams lie too far apart")?.to_le_bytes());
        last = *key;
    }
    for (_, penalties) in best {
        model.extend(penalties.chunks(2).map(|pair| (pair[0] << 4) | pair.get(1).copied().unwrap_or_default()));
    }
    Ok(())
}
