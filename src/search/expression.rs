//! What is asked of an engine: terms, and how they hang together.

use std::fmt::Write;

/// An expression over terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    Term(String),
    /// Any term that begins so.
    Prefix(String),
    /// Terms one after the other.
    Phrase(Vec<String>),
    /// All; nothing is asked for by none.
    All(Vec<Expression>),
    /// Any; nothing is found by none.
    Any(Vec<Expression>),
    /// The first, but not the second.
    Without(Box<Expression>, Box<Expression>),
}

/// A term that no text has.
const NOTHING: &str = "n";

impl Expression {
    /// Without what has been found by `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self::Without(Box::new(self), Box::new(other))
    }

    /// Terms one after the other; one alone is no phrase.
    #[must_use]
    pub fn row(mut terms: Vec<String>) -> Self {
        if terms.len() == 1 { terms.pop().map_or(Self::Any(vec![]), Self::Term) } else { Self::Phrase(terms) }
    }

    #[must_use]
    pub fn has_phrase(&self) -> bool {
        match self {
            Self::Term(_) | Self::Prefix(_) => false,
            Self::Phrase(_) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::has_phrase),
            Self::Without(one, other) => one.has_phrase() || other.has_phrase(),
        }
    }

    /// Without the order of words: finds all that this finds, and more where it [has phrases](Self::has_phrase).
    #[must_use]
    pub fn loosened(&self) -> Self {
        let each = |parts: &[Self]| parts.iter().map(Self::loosened).collect();
        match self {
            Self::Term(_) | Self::Prefix(_) => self.clone(),
            Self::Phrase(terms) => Self::All(terms.iter().cloned().map(Self::Term).collect()),
            Self::All(parts) => Self::All(each(parts)),
            Self::Any(parts) => Self::Any(each(parts)),
            Self::Without(one, other) if other.has_phrase() => one.loosened(),
            Self::Without(one, other) => one.loosened().without(other.as_ref().clone()),
        }
    }

    /// For `MATCH` of FTS5.
    #[must_use]
    pub fn for_sqlite(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, &SQLITE);
        text
    }

    /// A `tsquery`.
    #[must_use]
    pub fn for_postgres(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, &POSTGRES);
        text
    }

    fn write(&self, text: &mut String, syntax: &Syntax) {
        match self {
            Self::Term(term) => (syntax.term)(text, term),
            Self::Prefix(term) => {
                (syntax.term)(text, term);
                text.push_str(syntax.prefix);
            }
            Self::Phrase(terms) => (syntax.phrase)(text, terms),
            Self::All(parts) => join(text, parts, syntax.and, syntax),
            Self::Any(parts) => join(text, parts, syntax.or, syntax),
            Self::Without(one, other) => {
                text.push('(');
                one.write(text, syntax);
                text.push_str(syntax.and_not);
                other.write(text, syntax);
                text.push(')');
            }
        }
    }
}

fn join(text: &mut String, parts: &[Expression], separator: &str, syntax: &Syntax) {
    match parts {
        [] => (syntax.term)(text, NOTHING),
        [one] => one.write(text, syntax),
        [first, others @ ..] => {
            text.push('(');
            first.write(text, syntax);
            for other in others {
                text.push_str(separator);
                other.write(text, syntax);
            }
            text.push(')');
        }
    }
}

struct Syntax {
    term: fn(&mut String, &str),
    phrase: fn(&mut String, &[String]),
    prefix: &'static str,
    and: &'static str,
    or: &'static str,
    and_not: &'static str,
}

/// <https://www.sqlite.org/fts5.html#full_text_query_syntax>
const SQLITE: Syntax = Syntax {
    term: |text, term| {
        let _ = write!(text, "\"{}\"", term.replace('"', ""));
    },
    phrase: |text, terms| {
        let _ = write!(text, "\"{}\"", terms.join(" ").replace('"', ""));
    },
    prefix: "*",
    and: " AND ",
    or: " OR ",
    and_not: " NOT ",
};

/// PostgreSQL, section 8.11.2.
const POSTGRES: Syntax = Syntax {
    term: lexeme,
    phrase: |text, terms| {
        text.push('(');
        for (i, term) in terms.iter().enumerate() {
            if i > 0 {
                text.push_str(" <-> ");
            }
            lexeme(text, term);
        }
        text.push(')');
    },
    prefix: ":*",
    and: " & ",
    or: " | ",
    and_not: " & !",
};

/// A quoted lexeme, in a `tsquery` or a `tsvector`.
pub(super) fn lexeme(text: &mut String, term: &str) {
    let _ = write!(text, "'{}'", term.replace(['\'', '\\'], ""));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_asked_in_their_own_words() {
        let term = |text: &str| Expression::Term(text.to_owned());
        let phrase = Expression::Phrase(vec!["ka".to_owned(), "kb".to_owned()]);
        let all = Expression::All(vec![phrase, Expression::Any(vec![term("xc"), Expression::Prefix("kd".to_owned())])]);
        let expression = all.without(Expression::Any(vec![]));
        assert_eq!(expression.for_sqlite(), r#"(("ka kb" AND ("xc" OR "kd"*)) NOT "n")"#);
        assert_eq!(expression.for_postgres(), "((('ka' <-> 'kb') & ('xc' | 'kd':*)) & !'n')");
    }

    #[test]
    fn what_is_loosened_finds_no_less() {
        let term = |text: &str| Expression::Term(text.to_owned());
        let phrase = Expression::row(vec!["ka".to_owned(), "kb".to_owned()]);
        assert!(phrase.has_phrase() && !Expression::row(vec!["ka".to_owned()]).has_phrase());
        let headline = Expression::row(vec!["ha".to_owned(), "hb".to_owned()]);
        let expression = Expression::Any(vec![phrase, term("xc")]).without(term("xd")).without(headline);
        assert_eq!(expression.loosened().for_sqlite(), r#"((("ka" AND "kb") OR "xc") NOT "xd")"#);
    }
}
