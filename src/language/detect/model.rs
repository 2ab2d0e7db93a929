//! The model: what n-grams say about labels. Its file is written by `examples/train_detection`.
//!
//! All numbers are little-endian. The file is `NRD1`, then for each script:
//! - its code (4 bytes), the number of rows (u8), the number of n-grams (u32), the step (f32);
//! - for each row: the length of its tag (u8), the tag, its prior penalty in steps (u8);
//! - the keys of the n-grams, ascending, each as the distance from the one before (u16);
//! - for each n-gram the penalties of the rows in steps, 4 bits each, the first row in the high half of the first byte.
//!
//! A row is one way to write a tag: a tag with two orthographies has two. A penalty of n steps says that the n-gram is `exp(-n × step)`
//! times as frequent in the row as in the row where it is most frequent. An n-gram that is not in the file says nothing.

use std::sync::LazyLock;

use super::super::{Script, Tag};

static MODEL: LazyLock<Vec<Table>> = LazyLock::new(|| read(include_bytes!("model.bin")).unwrap_or_default());

/// The high bits of a key by which it is looked for.
const BUCKET_BITS: u32 = 12;

/// What is known of one script.
pub struct Table {
    pub script: Script,
    pub rows: Vec<Row>,
    /// What one step of a penalty means: a natural logarithm.
    pub step: f32,
    /// Ascending.
    keys: Vec<u32>,
    /// Where the keys of each bucket begin, and an end.
    buckets: Vec<usize>,
    penalties: &'static [u8],
}

/// One way to write a tag.
pub struct Row {
    pub tag: Tag,
    pub prior: u8,
}

/// The table of a script, where the model has it.
pub fn table(script: Script) -> Option<&'static Table> {
    MODEL.iter().find(|table| table.script == script)
}

impl Table {
    /// Adds what an n-gram says to the penalties of the rows, in steps.
    pub fn add(&self, key: u32, sums: &mut [u32]) {
        let Some(position) = self.position(key) else { return };
        let width = self.rows.len().div_ceil(2);
        let Some(bytes) = self.penalties.get(position * width..(position + 1) * width) else { return };
        for (pair, byte) in sums.chunks_mut(2).zip(bytes) {
            for (sum, nibble) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                *sum += u32::from(nibble);
            }
        }
    }

    fn position(&self, key: u32) -> Option<usize> {
        let bucket = bucket(key);
        let (start, end) = (*self.buckets.get(bucket)?, *self.buckets.get(bucket + 1)?);
        let found = self.keys.get(start..end)?.iter().position(|known| *known == key)?;
        Some(start + found)
    }
}

const fn bucket(key: u32) -> usize {
    (key >> (super::words::KEY_BITS - BUCKET_BITS)) as usize
}

/// Reads a model; `None` where the bytes are none.
fn read(bytes: &'static [u8]) -> Option<Vec<Table>> {
    let mut rest = bytes.strip_prefix(b"NRD1")?;
    let mut tables = Vec::new();
    while !rest.is_empty() {
        tables.push(read_table(&mut rest)?);
    }
    (!tables.is_empty()).then_some(tables)
}

fn read_table(rest: &mut &'static [u8]) -> Option<Table> {
    let code = take::<4>(rest)?;
    let script = Script::ALL.into_iter().find(|script| script.as_str().as_bytes() == code)?;
    let [count] = take::<1>(rest)?;
    let length = usize::try_from(u32::from_le_bytes(take(rest)?)).ok()?;
    let step = f32::from_le_bytes(take(rest)?);
    let rows = (0..count).map(|_| read_row(rest)).collect::<Option<Vec<_>>>()?;
    let mut key = 0;
    let distances = split(rest, length.checked_mul(2)?)?.as_chunks::<2>().0;
    let keys: Vec<u32> = distances
        .iter()
        .map(|distance| {
            key += u32::from(u16::from_le_bytes(*distance));
            key
        })
        .collect();
    let penalties = split(rest, length.checked_mul(rows.len().div_ceil(2))?)?;
    let buckets = (0..=1 << BUCKET_BITS).map(|wanted| keys.partition_point(|key| bucket(*key) < wanted)).collect();
    Some(Table { script, rows, step, keys, buckets, penalties })
}

fn read_row(rest: &mut &'static [u8]) -> Option<Row> {
    let [length] = take::<1>(rest)?;
    let tag = std::str::from_utf8(split(rest, length.into())?).ok()?;
    let [prior] = take::<1>(rest)?;
    Some(Row { tag: Tag::parse(tag).ok()?, prior })
}

fn take<const N: usize>(rest: &mut &'static [u8]) -> Option<[u8; N]> {
    split(rest, N)?.try_into().ok()
}

fn split(rest: &mut &'static [u8], length: usize) -> Option<&'static [u8]> {
    let (start, end) = rest.split_at_checked(length)?;
    *rest = end;
    Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_reads_and_is_small() {
        let bytes = include_bytes!("model.bin");
        assert!(bytes.len() <= 512 * 1024, "{} bytes", bytes.len());
        let tables = read(bytes).unwrap();
        for wanted in
            ["kk", "kk-Latn", "kk-Arab", "ky", "uz", "uz-Cyrl", "az", "az-Cyrl", "tk", "tk-Cyrl", "tr", "ru", "en", "tt", "ba", "kaa", "kaa-Latn", "ug"]
        {
            assert!(tables.iter().any(|table| table.rows.iter().any(|row| row.tag.as_str() == wanted)), "{wanted}");
        }
        for table in &tables {
            assert!(table.rows.iter().all(|row| row.tag.script() == table.script));
            assert!(table.keys.is_sorted_by(|a, b| a < b));
            assert!(table.keys.iter().enumerate().all(|(index, key)| table.position(*key) == Some(index)));
        }
    }

    #[test]
    fn bytes_that_are_no_model_are_refused() {
        let bytes: &'static [u8] = include_bytes!("model.bin");
        for length in (0..200).chain([bytes.len() - 1]) {
            assert!(read(&bytes[..length]).is_none(), "{length}");
        }
    }
}
