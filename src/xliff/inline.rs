//! What stands within a source or target: text and codes in a row.

use super::report::Report;
use super::vocabulary::steps;
use super::xml::{Element, Node, Space, short};
use std::collections::HashSet;

/// A piece of text, or the place of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Text(String),
    Open(Named),
    /// The end of the code with that id.
    Close {
        id: String,
        offset: usize,
    },
    Void(Named),
}

/// Which code it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub id: String,
    /// The code that it is a copy of.
    pub copy_of: Option<String>,
    /// The original data that it stands for.
    pub data: Option<String>,
    pub offset: usize,
}

/// Whether there is nothing to read; codes alone say nothing.
pub(super) fn is_blank(tokens: &[Token]) -> bool {
    tokens.iter().all(|token| !matches!(token, Token::Text(text) if !text.trim().is_empty()))
}

/// Reads what is within `element`. `data` has the ids of the unit's original data, `ids` those of its codes so far.
pub(super) fn read(element: &Element, path: &str, data: &HashSet<String>, ids: &mut HashSet<String>, report: &mut Report) -> Vec<Token> {
    let mut tokens = vec![];
    Reading { data, ids, report, tokens: &mut tokens }.within(element, path);
    tokens
}

struct Reading<'r> {
    data: &'r HashSet<String>,
    ids: &'r mut HashSet<String>,
    report: &'r mut Report,
    tokens: &'r mut Vec<Token>,
}

impl Reading<'_> {
    fn within(&mut self, element: &Element, path: &str) {
        let mut places = steps(path, element).into_iter();
        for node in &element.children {
            match node {
                Node::Text(text) => self.text(text),
                Node::Element(child) => {
                    let place = places.next().map(|(place, _)| place).unwrap_or_default();
                    if child.space == Space::Core {
                        self.element(child, &place);
                    }
                }
            }
        }
    }

    fn element(&mut self, element: &Element, path: &str) {
        match element.name.as_str() {
            "cp" => self.code_point(element, path),
            "ph" => {
                let named = self.named(element, path, &["dataRef"]);
                self.tokens.push(Token::Void(named));
            }
            "pc" => {
                let named = self.named(element, path, &["dataRefStart", "dataRefEnd"]);
                let close = Token::Close { id: named.id.clone(), offset: element.offset };
                self.tokens.push(Token::Open(named));
                self.within(element, path);
                self.tokens.push(close);
            }
            "sc" => {
                self.whole(element, path);
                let named = self.named(element, path, &["dataRef"]);
                self.tokens.push(Token::Open(named));
            }
            "ec" => {
                self.whole(element, path);
                self.references(element, path, &["dataRef"]);
                match element.get("startRef") {
                    Some(id) => self.tokens.push(Token::Close { id: id.to_owned(), offset: element.offset }),
                    None => self.report.add(path, element.offset, "missing_attribute", "`ec` needs the attribute `startRef`"),
                }
            }
            // Annotations are the business of the tools that made them.
            "mrk" => {
                self.id(element, path);
                self.within(element, path);
            }
            "sm" => {
                self.id(element, path);
            }
            _ => {}
        }
    }

    /// A code whose other end is in another unit would be cut in two here.
    fn whole(&mut self, element: &Element, path: &str) {
        if element.get("isolated") == Some("yes") {
            self.report.add(path, element.offset, "unpaired_code", "the other end of the code must be in the same unit");
        }
    }

    fn id(&mut self, element: &Element, path: &str) -> String {
        let id = element.get("id").unwrap_or_default().to_owned();
        if !id.is_empty() && !self.ids.insert(id.clone()) {
            self.report.add(
                path,
                element.offset,
                "duplicate_code",
                format!("the code `{}` is there twice; a copy takes an id of its own and `copyOf`", short(&id)),
            );
        }
        id
    }

    fn named(&mut self, element: &Element, path: &str, references: &[&str]) -> Named {
        let id = self.id(element, path);
        self.references(element, path, references);
        let data = references.first().and_then(|name| element.get(name)).map(str::to_owned);
        Named { id, copy_of: element.get("copyOf").map(str::to_owned), data, offset: element.offset }
    }

    fn references(&mut self, element: &Element, path: &str, references: &[&str]) {
        for name in references {
            if let Some(data) = element.get(name).filter(|data| !self.data.contains(*data)) {
                let detail = format!("`{name}` is `{}`, and the unit has no such original data", short(data));
                self.report.add(path, element.offset, "unknown_data", detail);
            }
        }
    }

    fn code_point(&mut self, element: &Element, path: &str) {
        let Some(hex) = element.get("hex") else { return };
        match u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) {
            Some('\0') => self.report.add(path, element.offset, "nul", "the character U+0000 cannot be stored"),
            Some(c) => self.text(c.encode_utf8(&mut [0; 4])),
            None => self.report.add(path, element.offset, "invalid_attribute", "`hex` must be the number of a character, in hexadecimal"),
        }
    }

    fn text(&mut self, text: &str) {
        match self.tokens.last_mut() {
            Some(Token::Text(before)) => before.push_str(text),
            _ => self.tokens.push(Token::Text(text.to_owned())),
        }
    }
}
