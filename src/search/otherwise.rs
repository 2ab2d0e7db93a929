//! Names that texts spell otherwise.

use super::expression::Expression;
use super::index::Facet;
use super::tokens::{exact, prepare, spelling, tokens};
use crate::language::Tag;

/// Asks for the texts of a language that have one of some names, each by the keys of its words, but nowhere all words of `written` as they
/// stand there.
#[must_use]
pub fn otherwise(names: &[Vec<String>], written: &str, language: &Tag) -> Expression {
    let phrase = |keys: &Vec<String>| Expression::Phrase(keys.iter().map(|key| format!("k{key}")).collect());
    let text = prepare(written);
    let words = tokens(&text).map(|token| Expression::Term(format!("x{}", spelling(&exact(token.word, language))))).collect();
    let asked = Expression::All(vec![Expression::Term(Facet::Language(language).term()), Expression::Any(names.iter().map(phrase).collect())]);
    // The index of PostgreSQL does not know where words stand.
    asked.without(Expression::All(words)).loosened()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_for_by_its_keys_without_what_is_written() {
        let names = [vec!["fuzuli".to_owned()], vec!["fuzuli".to_owned(), "sahari".to_owned()]];
        let asked = otherwise(&names, "Füzulı şəhəri", &Tag::parse("az").unwrap());
        let [one, other] = ["füzulı", "şəhəri"].map(|word| format!("x{}", spelling(word)));
        let expected = format!(r#"(("laz" AND ("kfuzuli" OR ("kfuzuli" AND "ksahari"))) NOT ("{one}" AND "{other}"))"#);
        assert_eq!(asked.for_sqlite(), expected);
    }
}
