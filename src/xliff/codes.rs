//! The codes of a target by what its unit knows of them.

use super::content::{Piece, push_text};
use super::inline::{Named, Token};
use super::plan::Unit;
use super::read::FoundUnit;
use super::report::Report;
use super::write::{self, can_delete, code_id, data_id, original};
use super::xml::short;
use std::collections::{HashMap, HashSet};

/// Codes within one another. A span has nine marks at most.
const MOST_OPEN: usize = 64;

/// What a target says, in the codes of the unit. What it has too many of, too few, or not nested, goes into the report.
pub(super) fn resolve(unit: &Unit, found: &FoundUnit, report: &mut Report) -> Vec<Piece> {
    let mut resolver = Resolver { unit, found, known: Known::of(unit), pieces: vec![], open: vec![], used: HashSet::new() };
    for token in &found.target {
        match token {
            Token::Text(text) => push_text(&mut resolver.pieces, text),
            Token::Void(named) => {
                if let Some(number) = resolver.number(named, true, report) {
                    resolver.pieces.push(Piece::Void(number));
                }
            }
            Token::Open(named) => {
                if resolver.open.len() == MOST_OPEN {
                    report.add(&found.path, named.offset, "unpaired_code", format!("more than {MOST_OPEN} codes begin within one another"));
                    return resolver.pieces;
                }
                let number = resolver.number(named, false, report);
                resolver.pieces.extend(number.map(Piece::Open));
                resolver.open.push((named, number));
            }
            Token::Close { id, offset } => resolver.close(id, *offset, report),
        }
    }
    resolver.finish(report)
}

/// The names by which a target can speak of the codes of its unit.
struct Known {
    by_id: HashMap<String, usize>,
    by_data: HashMap<String, usize>,
}

impl Known {
    fn of(unit: &Unit) -> Self {
        let data: HashMap<String, usize> = write::data(&unit.codes).into_iter().enumerate().map(|(i, text)| (text, i)).collect();
        let by_data = |(number, code): (usize, &super::content::Code)| Some((data_id(*data.get(&original(&code.meaning).0)?), number));
        Self {
            by_id: (0..unit.codes.len()).map(|number| (code_id(number), number)).collect(),
            by_data: unit.codes.iter().enumerate().rev().filter_map(by_data).collect(),
        }
    }

    /// A code of the unit, or the one that this is a copy of: tools say so by `copyOf`, or by the original data.
    fn number(&self, named: &Named) -> Option<usize> {
        let copied = || named.copy_of.as_ref().and_then(|id| self.by_id.get(id));
        let number = self.by_id.get(&named.id).or_else(copied).or_else(|| self.by_data.get(named.data.as_ref()?));
        number.copied()
    }
}

struct Resolver<'a> {
    unit: &'a Unit,
    found: &'a FoundUnit,
    known: Known,
    pieces: Vec<Piece>,
    /// The codes that have begun, with their numbers where they have one.
    open: Vec<(&'a Named, Option<usize>)>,
    used: HashSet<usize>,
}

impl Resolver<'_> {
    fn number(&mut self, named: &Named, stands_alone: bool, report: &mut Report) -> Option<usize> {
        let id = short(&named.id);
        let Some(number) = self.known.number(named) else {
            report.add(&self.found.path, named.offset, "unknown_code", format!("`{id}` is not a code of this unit, and not a copy of one"));
            return None;
        };
        if self.unit.codes.get(number).is_some_and(|code| original(&code.meaning).1.is_empty() != stands_alone) {
            report.add(&self.found.path, named.offset, "wrong_code", format!("`{id}` is a code of the other kind: `ph` stands alone, `pc` holds text"));
            return None;
        }
        self.used.insert(number);
        Some(number)
    }

    fn close(&mut self, id: &str, offset: usize, report: &mut Report) {
        let Some(place) = self.open.iter().rposition(|(named, _)| named.id == id) else {
            report.add(&self.found.path, offset, "unpaired_code", format!("the code `{}` ends without a beginning", short(id)));
            return;
        };
        if place + 1 < self.open.len() {
            report.add(&self.found.path, offset, "overlapping_codes", format!("the code `{}` ends before one that began within it", short(id)));
        }
        let (_, number) = self.open.remove(place);
        self.pieces.extend(number.map(Piece::Close));
    }

    fn finish(self, report: &mut Report) -> Vec<Piece> {
        for (named, _) in &self.open {
            report.add(&self.found.path, named.offset, "unpaired_code", format!("the code `{}` does not end", short(&named.id)));
        }
        let missing = self.unit.codes.iter().enumerate().filter(|(number, code)| !self.used.contains(number) && !can_delete(self.unit, code));
        for (number, code) in missing {
            let detail = format!("the code `{}`, {}, is not in the target", code_id(number), original(&code.meaning).0);
            report.add(&self.found.path, self.found.offset, "missing_code", detail);
        }
        self.pieces
    }
}
