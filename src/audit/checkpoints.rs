//! Signed statements of where the log stood, in a file outside the database: a JSON object a line.
//!
//! A line is signed by the key that signs access tokens, and stands for itself: it says that up to entry `seq` the log is the one whose
//! last hash is `hash`. Lines are only ever appended, with their `seq` rising.

use super::chain::hex;
use crate::db::Timestamp;
use crate::secrets::{Secrets, make_folder};
use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The file, in the folder of the settings.
pub const FILE: &str = "checkpoints.jsonl";
/// Why a line stands for nothing, when its key is another's, or newer than we are.
pub const UNKNOWN_KEY: &str = "is signed by a key that is not there";
/// More than a line has.
const TAIL: u64 = 4_096;

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The last entry that it covers.
    pub seq: i64,
    /// Of that entry, in hexadecimal digits.
    pub hash: String,
    /// When it was made, RFC 3339.
    pub at: String,
    /// The key that signed it.
    pub kid: String,
    /// Ed25519 over [`Checkpoint::message`], as base64url.
    pub signature: String,
}

/// What a line stands for; `Err` says why it stands for nothing.
pub type Line = Result<Checkpoint, &'static str>;

impl Checkpoint {
    fn sign(secrets: &Secrets, seq: i64, hash: &[u8], now: Timestamp) -> anyhow::Result<Self> {
        let key = secrets.signing.first().context("there is no signing key")?;
        let unsigned = Self { seq, hash: hex(hash), at: now.to_string(), kid: key.kid.clone(), signature: String::new() };
        let signature = URL_SAFE_NO_PAD.encode(key.sign(&unsigned.message())?);
        Ok(Self { signature, ..unsigned })
    }

    /// The bytes that are signed: `newsroom audit checkpoint`, `seq`, `hash` and `at`, each with a line feed after it.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        format!("newsroom audit checkpoint\n{}\n{}\n{}\n", self.seq, self.hash, self.at).into_bytes()
    }

    fn read(secrets: &Secrets, line: &[u8]) -> Line {
        let read: Self = serde_json::from_slice(line).map_err(|_| "cannot be read")?;
        let key = secrets.signing.iter().find(|key| key.kid == read.kid).ok_or(UNKNOWN_KEY)?;
        let signature = URL_SAFE_NO_PAD.decode(&read.signature).map_err(|_| "cannot be read")?;
        if key.verifies(&read.message(), &signature) { Ok(read) } else { Err("does not bear its signature") }
    }
}

/// All lines, and what each stands for. A part of a line at the end, as a crash leaves it, is none.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn all(folder: &Path, secrets: &Secrets) -> anyhow::Result<Vec<Line>> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(vec![]);
    }
    let mut file = BufReader::new(File::open(&path).with_context(|| format!("cannot read {}", path.display()))?);
    let (mut lines, mut line) = (vec![], vec![]);
    while file.read_until(b'\n', &mut line)? > 0 {
        if line.ends_with(b"\n") {
            lines.push(Checkpoint::read(secrets, &line));
        }
        line.clear();
    }
    Ok(lines)
}

/// The last line, and what it stands for.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn last(folder: &Path, secrets: &Secrets) -> anyhow::Result<Option<Line>> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(None);
    }
    let mut file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (line, _) = last_line(&mut file)?;
    Ok(line.map(|line| Checkpoint::read(secrets, &line)))
}

/// The last whole line, and where it ends.
fn last_line(file: &mut File) -> anyhow::Result<(Option<Vec<u8>>, u64)> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = vec![];
    file.take(TAIL).read_to_end(&mut tail)?;
    let Some(end) = tail.iter().rposition(|byte| *byte == b'\n') else { return Ok((None, start)) };
    let whole = tail.get(..end).unwrap_or_default();
    let line = whole.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().to_vec();
    let end = start + u64::try_from(end + 1)?;
    Ok((Some(line), end))
}

/// Signs where the log stands, unless the file is as far already. Says whether a line was added; then it is on the disk.
///
/// # Errors
/// When the file cannot be written.
pub fn append(folder: &Path, secrets: &Secrets, seq: i64, hash: &[u8], now: Timestamp) -> anyhow::Result<bool> {
    make_folder(folder)?;
    let path = folder.join(FILE);
    let mut file = open(&path).with_context(|| format!("cannot write {}", path.display()))?;
    // Another process of the house, or the command line, may do the same at this moment.
    file.lock()?;
    let (line, end) = last_line(&mut file)?;
    if let Some(line) = line {
        let known = serde_json::from_slice::<Checkpoint>(&line).with_context(|| format!("the last line of {} cannot be read", path.display()))?;
        if known.seq >= seq {
            return Ok(false);
        }
    }
    if file.metadata()?.len() > end {
        // What a crash left of a line that was never acknowledged.
        file.set_len(end)?;
    }
    let mut line = serde_json::to_vec(&Checkpoint::sign(secrets, seq, hash, now)?)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()?;
    Ok(true)
}

fn open(path: &PathBuf) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::of_secs(1_800_000_000);

    #[test]
    fn the_file_only_grows() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::ephemeral().unwrap();
        let add = |seq, byte| append(folder.path(), &secrets, seq, &[byte; 32], NOW).unwrap();
        assert_eq!(last(folder.path(), &secrets).unwrap(), None);
        assert_eq!([add(0, 1), add(5, 2), add(5, 2), add(4, 3), add(9, 4)], [true, true, false, false, true]);
        let lines = all(folder.path(), &secrets).unwrap();
        let seqs: Vec<i64> = lines.iter().map(|line| line.as_ref().unwrap().seq).collect();
        assert_eq!(seqs, [0, 5, 9]);
        assert_eq!(last(folder.path(), &secrets).unwrap().as_ref(), lines.last());
    }

    #[test]
    fn a_torn_line_is_none_and_goes() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::ephemeral().unwrap();
        append(folder.path(), &secrets, 3, &[1; 32], NOW).unwrap();
        let path = folder.path().join(FILE);
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend_from_slice(b"{\"seq\":7,\"ha\0\0");
        std::fs::write(&path, torn).unwrap();
        assert_eq!(last(folder.path(), &secrets).unwrap().unwrap().unwrap().seq, 3);
        assert!(append(folder.path(), &secrets, 8, &[2; 32], NOW).unwrap());
        let seqs: Vec<i64> = all(folder.path(), &secrets).unwrap().into_iter().map(|line| line.unwrap().seq).collect();
        assert_eq!(seqs, [3, 8]);
    }

    #[test]
    fn a_line_that_was_touched_stands_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::ephemeral().unwrap();
        append(folder.path(), &secrets, 3, &[1; 32], NOW).unwrap();
        let path = folder.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        for (from, to) in [("\"seq\":3", "\"seq\":2"), ("\"hash\":\"01", "\"hash\":\"02"), ("2027", "2028"), ("\"signature\":\"", "\"signature\":\"AAAA")] {
            assert!(text.contains(from), "{text}");
            std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
            assert!(last(folder.path(), &secrets).unwrap().unwrap().is_err(), "{from} → {to}");
        }
        std::fs::write(&path, text).unwrap();
        let others = Secrets::ephemeral().unwrap();
        assert_eq!(last(folder.path(), &others).unwrap(), Some(Err(UNKNOWN_KEY)));
    }
}
