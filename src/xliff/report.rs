//! What is wrong with a file, with the place of each fault.

use super::xml::Malformed;
use crate::error::{Code, Error, Fault, Faults};

/// Faults of a file, and the file, to tell lines by.
#[derive(Debug)]
pub(super) struct Report {
    bytes: Vec<u8>,
    pub faults: Faults,
}

impl Report {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, faults: Faults::default() }
    }

    /// Notes a fault of the element at `path`, which begins at byte `offset`.
    pub(super) fn add(&mut self, path: &str, offset: usize, code: &'static str, detail: impl AsRef<str>) {
        if self.faults.is_full() {
            return;
        }
        let place = place(&self.bytes, offset);
        self.faults.add(path, code, format!("{place}: {}", detail.as_ref()));
    }
}

/// `line 12, column 5`: both from 1, the column in characters.
fn place(bytes: &[u8], offset: usize) -> String {
    let before = String::from_utf8_lossy(bytes.get(..offset).unwrap_or(bytes));
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().trim_start_matches('\u{FEFF}').chars().count() + 1;
    format!("line {line}, column {column}")
}

/// The problem of a file that is not XML, or not XML that we read.
pub(super) fn malformed(bytes: &[u8], malformed: &Malformed) -> Error {
    let place = place(bytes, malformed.offset);
    let fault = Fault { pointer: Some(String::new()), parameter: None, code: "not_well_formed".into(), detail: format!("{place}: {}", malformed.detail) };
    Error { faults: vec![fault], ..Error::new(Code::MalformedBody, format!("The file {}, at {place}.", malformed.detail)) }
}
