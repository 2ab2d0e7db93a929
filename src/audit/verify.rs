//! Walking the chain: every row that was edited, removed, inserted or moved breaks it, and what was signed cannot be taken back.

use super::chain::{Row, hex};
use super::checkpoints::Line;
use crate::db::{Db, Reader};
use sqlx::Result;

/// Rows that are read at once.
const BATCH: u16 = 1_000;
/// Findings that are kept; the rest is counted.
const MOST: usize = 100;

const COLUMNS: &str =
    "SELECT seq, at, actor_kind, actor_id, agency_id, action, subject_id, language, details, hash FROM audit_log WHERE seq >= $1 ORDER BY seq LIMIT ";
/// What the row before the first entry says, apart from its hash.
const BEGINNING: &str = r#"[0,0,"service",null,null,"log.begun","00000000-0000-0000-0000-000000000000",null,"{}"]"#;

/// An entry whose hash was signed.
#[derive(Clone, Debug)]
struct Mark {
    seq: i64,
    /// In hexadecimal digits.
    hash: String,
    /// What the checkpoint is called.
    name: String,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Report {
    /// The last entry of the log.
    pub last: i64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// The last entry that a checkpoint covers.
    pub signed: Option<i64>,
    /// What is wrong; empty for a log that is whole.
    pub findings: Vec<String>,
    /// Findings beyond those that are listed.
    pub further: usize,
}

impl Report {
    fn add(&mut self, finding: String) {
        if self.findings.len() < MOST {
            self.findings.push(finding);
        } else {
            self.further += 1;
        }
    }

    /// A line for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let signed = self.signed.map_or_else(|| "no checkpoint".to_owned(), |seq| format!("signed up to entry {seq}"));
        match self.findings.len() + self.further {
            0 => format!("the audit log is whole: {} entries, {signed}", self.last),
            n => format!("the audit log is NOT whole: {n} findings in {} entries, {signed}", self.last),
        }
    }
}

/// Walks the whole log, and holds it against the checkpoints.
///
/// # Errors
/// When the database fails; what is wrong with the log is in the report.
pub async fn whole(db: &Db, checkpoints: &[Line]) -> Result<Report> {
    let mut walk = Walk::new(0);
    walk.mark((1..).map(|line| format!("checkpoint {line}")).zip(checkpoints));
    // Also what was put before the beginning.
    walk.run(db, i64::MIN).await?;
    Ok(walk.report)
}

/// Walks the log from the last checkpoint on; not where that stands for nothing.
///
/// # Errors
/// When the database fails; what is wrong with the log is in the report.
pub async fn since(db: &Db, last: Option<Line>) -> Result<Report> {
    let from = last.as_ref().and_then(|line| line.as_ref().ok()).map_or(0, |line| line.seq);
    let mut walk = Walk::new(from);
    walk.mark(std::iter::once("the last checkpoint".to_owned()).zip(&last));
    if walk.report.findings.is_empty() {
        walk.run(db, from).await?;
    }
    Ok(walk.report)
}

#[derive(Debug)]
struct Walk {
    /// The entry that comes next in a log that is whole.
    next: i64,
    /// The hash that it hangs on; `None` where that is not known.
    before: Option<Vec<u8>>,
    marks: std::vec::IntoIter<Mark>,
    report: Report,
}

impl Walk {
    fn new(next: i64) -> Self {
        Self { next, before: None, marks: vec![].into_iter(), report: Report::default() }
    }

    fn mark<'a>(&mut self, checkpoints: impl Iterator<Item = (String, &'a Line)>) {
        let mut marks: Vec<Mark> = vec![];
        for (name, read) in checkpoints {
            match read {
                Err(why) => self.report.add(format!("{name} {why}")),
                Ok(read) if marks.last().is_some_and(|last| last.seq >= read.seq) => {
                    self.report.add(format!("{name} is of entry {}, which is not after the one before it", read.seq));
                }
                Ok(read) => marks.push(Mark { seq: read.seq, hash: read.hash.clone(), name }),
            }
        }
        self.report.signed = marks.last().map(|mark| mark.seq);
        self.marks = marks.into_iter();
    }

    async fn run(&mut self, db: &Db, from: i64) -> Result<()> {
        let mut cursor = from;
        loop {
            let rows: Result<Vec<Row>> = db.query(COLUMNS).push_limit(BATCH).bind(cursor).all().await;
            match rows {
                Ok(rows) if rows.is_empty() => break,
                Ok(rows) => {
                    for row in rows {
                        cursor = row.seq.saturating_add(1);
                        self.row(row);
                    }
                }
                Err(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => cursor = self.one(db, cursor).await?,
                Err(error) => return Err(error),
            }
        }
        self.end(db).await
    }

    /// Looks at one row alone, because one of many cannot be read. Returns where to go on.
    async fn one(&mut self, db: &Db, cursor: i64) -> Result<i64> {
        let (seq,): (i64,) = db.query("SELECT seq FROM audit_log WHERE seq >= $1 ORDER BY seq LIMIT 1").bind(cursor).one().await?;
        match db.query(COLUMNS).push_limit(1).bind(cursor).one::<Row>().await {
            Ok(row) => self.row(row),
            Err(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => {
                self.report.add(format!("entry {seq} was edited: it cannot be read"));
                self.before = None;
                self.next = seq.saturating_add(1);
            }
            Err(error) => return Err(error),
        }
        Ok(seq.saturating_add(1))
    }

    fn row(&mut self, row: Row) {
        let seq = row.seq;
        if seq < self.next {
            self.report.add(format!("entry {seq} was inserted before the beginning of the log"));
            return;
        }
        if seq > self.next {
            let gap = if seq == self.next + 1 { format!("entry {} is", self.next) } else { format!("entries {} to {} are", self.next, seq - 1) };
            self.report.add(format!("{gap} missing"));
            self.before = None;
        }
        match &self.before {
            None if seq == 0 && (row.hashed() != BEGINNING || row.hash.len() != 32) => {
                self.report.add("entry 0, the beginning of the log, was edited".to_owned());
            }
            Some(before) if row.hash_after(before).as_slice() != row.hash.as_slice() => {
                self.report.add(format!("entry {seq} does not follow from entry {}: one of them was edited, inserted or moved", seq - 1));
            }
            _ => {}
        }
        self.hold_against(seq, &row.hash);
        self.report.last = seq;
        self.report.hash.clone_from(&row.hash);
        self.before = Some(row.hash);
        self.next = seq.saturating_add(1);
    }

    /// Compares with what was signed up to this entry.
    fn hold_against(&mut self, seq: i64, hash: &[u8]) {
        while let Some(mark) = self.marks.as_slice().first() {
            if mark.seq > seq {
                return;
            }
            if mark.seq == seq && mark.hash != hex(hash) {
                self.report.add(format!("entry {seq} is not the one that {} signed: the log was rewritten", mark.name));
            } else if mark.seq < seq {
                self.report.add(format!("entry {}, which {} signed, is missing", mark.seq, mark.name));
            }
            self.marks.next();
        }
    }

    /// Looks at what must be there beyond the last row: the counter, and entries that were signed.
    async fn end(&mut self, db: &Db) -> Result<()> {
        // One statement sees one moment, also while others write.
        let (newest, counter): (Option<i64>, Option<i64>) =
            db.query("SELECT MAX(seq), (SELECT value FROM sequences WHERE name = 'audit') FROM audit_log").one().await?;
        let ends = newest.map_or_else(|| "the log is empty".to_owned(), |seq| format!("the log ends with entry {seq}"));
        if let Some(mark) = self.marks.as_slice().last() {
            self.report.add(format!("{ends}, but {} signed entry {}: its end was removed", mark.name, mark.seq));
        }
        match counter {
            None => self.report.add("the counter of the log is missing".to_owned()),
            Some(_) if counter == newest => {}
            Some(counter) => self.report.add(format!("{ends}, but its counter says {counter}")),
        }
        Ok(())
    }
}
