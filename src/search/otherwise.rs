//! Names that texts spell otherwise.

use super::expression::Expression;
use super::index::Facet;
use super::tokens::{exact, prepare, tokens};
use crate::language::Tag;

/// Asks for the texts of a language that have one of some names, each by the keys of its words, but nowhere all words of `written` as they
/// stand there.
#[must_use]
pub fn otherwise(names: &[Vec<String>], written: &str, language: &Tag) -> Expression {
    let phrase = |keys: &Vec<String>| Expression::Phrase(keys.iter().map(|key| format!("k{key}")).collect());
    let text = prepare(written);
    let words = tokens(&text).map(|token| Expression::Term(format!("x{}", exact(token.word, language)))).collect();
    let named = Expression::All(vec![Expression::Term(Facet::Language(language).term()), Expression::Any(names.iter().map(phrase).collect())]);
    named.without(Expression::All(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_for_by_its_keys_without_what_is_written() {
        let names = [vec!["fuzuli".to_owned()], vec!["fuzuli".to_owned(), "sahari".to_owned()]];
        let asked = otherwise(&names, "Füzulı şəhəri", &Tag::parse("az").unwrap());
        assert_eq!(asked.for_sqlite(), r#"(("laz" AND ("kfuzuli" OR "kfuzuli ksahari")) NOT ("xfüzulı" AND "xşəhəri"))"#);
    }
}
