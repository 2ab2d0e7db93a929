//! The terms of a text as PostgreSQL keeps them, read again.

use super::expression::Expression;

/// The terms of a text, as [`Terms::packed`](super::Terms::packed) writes them.
#[derive(Debug)]
pub struct Packed {
    /// With a space on either side of each term.
    dotted: String,
    plain: String,
    spellings: Vec<u8>,
}

impl Packed {
    #[must_use]
    pub fn new(terms: &str, spellings: Vec<u8>) -> Self {
        let dotted = format!(" {terms} ");
        Self { plain: dotted.replace('.', ""), dotted, spellings }
    }

    /// Whether the text is found by an expression.
    #[must_use]
    pub fn has(&self, asked: &Expression) -> bool {
        match asked {
            Expression::Term(term) => self.has_term(term),
            Expression::Prefix(term) => self.plain.contains(&format!(" {term}")),
            Expression::Phrase(terms) => self.plain.contains(&format!(" {} ", terms.join(" "))),
            Expression::All(parts) => !parts.is_empty() && parts.iter().all(|part| self.has(part)),
            Expression::Any(parts) => parts.iter().any(|part| self.has(part)),
            Expression::Without(one, other) => self.has(one) && !self.has(other),
        }
    }

    fn has_term(&self, term: &str) -> bool {
        match term.split_at_checked(1) {
            Some(("s", stem)) => self.dotted.contains(&format!(" k{stem}.")),
            Some(("z", stem)) => self.dotted.contains(&format!(" h{stem}.")),
            Some(("x", digits)) => {
                let wanted = spelling_bytes(digits);
                self.spellings.chunks_exact(wanted.len()).any(|bytes| bytes == wanted)
            }
            _ => self.plain.contains(&format!(" {term} ")),
        }
    }
}

/// The digits of a word as it stands, as they are packed.
#[must_use]
pub fn spelling_bytes(digits: &str) -> [u8; 4] {
    u32::from_str_radix(digits, 16).unwrap_or_default().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Tag;
    use crate::search::MatchClass::{Exact, Fold, Stem};
    use crate::search::MatchPlace::{Body, Headline};
    use crate::search::{Plain, Query, Terms};

    #[test]
    fn what_is_packed_is_found_again() {
        let plain =
            Plain { headline: "Жаңа жол".to_owned(), body: "Қалада жаңа мектеп ашылды. 北京".to_owned(), ..Plain::default() };
        let (terms, spellings) = Terms::of(&plain, &Tag::parse("kk").unwrap()).packed();
        let packed = Packed::new(&terms, spellings);
        for (q, class, place, expected) in [
            ("жаңа", Exact, Headline, true),
            ("jana", Exact, Body, false),
            ("jana", Fold, Headline, true),
            ("қалаға", Fold, Body, false),
            ("қалаға", Stem, Body, true),
            ("қалаға", Stem, Headline, false),
            ("\"қалада жаңа\"", Exact, Body, true),
            ("\"жаңа қалада\"", Fold, Body, false),
            ("mek*", Fold, Body, true),
            ("mek*", Exact, Body, false),
            ("北京", Exact, Body, true),
            ("北", Exact, Body, true),
        ] {
            let asked = Query::parse(q, &[]).unwrap().all(class, place);
            assert_eq!(packed.has(&asked), expected, "{q} {class:?} {place:?}");
        }
    }
}
