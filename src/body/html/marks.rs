//! In which order the marks of a span nest: as `buildMarksTree` of `@portabletext/toolkit` has it.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::super::{Decorator, Mark, Span};

/// The marks of each span, outermost first. The mark that goes on over more of the following spans is outside; among equals come those that
/// the toolkit has no place for, by name, then its own in its order.
pub(super) fn nesting(spans: &[Span]) -> Vec<Vec<&Mark>> {
    // How many spans in a row, from the one looked at, have the mark.
    let mut runs: HashMap<&str, usize> = HashMap::new();
    let mut nested = Vec::with_capacity(spans.len());
    for span in spans.iter().rev() {
        let counted = span.marks.iter().map(|mark| (mark.name(), run(&runs, mark) + 1));
        runs = counted.collect();
        let mut marks: Vec<&Mark> = span.marks.iter().collect();
        marks.sort_by(|a, b| run(&runs, b).cmp(&run(&runs, a)).then_with(|| by_name(a, b)));
        nested.push(marks);
    }
    nested.reverse();
    nested
}

fn run(runs: &HashMap<&str, usize>, mark: &Mark) -> usize {
    runs.get(mark.name()).copied().unwrap_or_default()
}

fn by_name(a: &Mark, b: &Mark) -> Ordering {
    place(a).cmp(&place(b)).then_with(|| collate(a.name(), b.name()))
}

/// The place in the toolkit's list of decorators, 0 for what is not in it.
fn place(mark: &Mark) -> u8 {
    match mark {
        Mark::Decorator(Decorator::Strong) => 1,
        Mark::Decorator(Decorator::Em) => 2,
        Mark::Decorator(Decorator::Code) => 3,
        Mark::Decorator(Decorator::Underline) => 4,
        Mark::Decorator(Decorator::StrikeThrough) => 5,
        Mark::Decorator(Decorator::Sub | Decorator::Sup) | Mark::Definition(_) => 0,
    }
}

/// `String.prototype.localeCompare` for what keys are made of: `_`, `-`, digits, letters; small letters before great ones only where
/// nothing else differs (the root collation of CLDR).
fn collate(a: &str, b: &str) -> Ordering {
    a.bytes().map(weight).cmp(b.bytes().map(weight)).then_with(|| b.cmp(a))
}

fn weight(byte: u8) -> (u8, u8) {
    match byte {
        b'_' => (0, 0),
        b'-' => (1, 0),
        b'0'..=b'9' => (2, byte),
        other => (3, other.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_in_javascript() {
        let mut keys = ["B", "a", "b", "A", "ab", "a-b", "a_b", "aB", "Ab", "a0", "10", "9", "-", "_"];
        keys.sort_by(|a, b| collate(a, b));
        assert_eq!(keys, ["_", "-", "10", "9", "a", "A", "a_b", "a-b", "a0", "ab", "aB", "Ab", "b", "B"]);
    }
}
