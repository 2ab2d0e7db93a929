//! XML as a small tree with places, read strictly: UTF-8, no DTD, no entities but the five of XML, bounded depth.

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};

/// Of XLIFF 2.0 and 2.1 alike.
pub(super) const CORE: &str = "urn:oasis:names:tc:xliff:document:2.0";
/// Of the Metadata module.
pub(super) const METADATA: &str = "urn:oasis:names:tc:xliff:metadata:2.0";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// How deep elements may nest: an export has a dozen levels.
const MOST_DEPTH: usize = 64;
/// Attributes of an element, declarations of namespaces included. XLIFF has twenty of its own at most.
const MOST_ATTRIBUTES: usize = 64;

/// Whose name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// No namespace: attributes of the element's own vocabulary.
    None,
    Core,
    Metadata,
    Xml,
    Other,
}

#[derive(Debug)]
pub(super) struct Element {
    pub space: Space,
    pub name: String,
    /// Byte in the file.
    pub offset: usize,
    pub attributes: Vec<Attribute>,
    /// Empty for elements that are not of XLIFF: nothing in them is for us.
    pub children: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub space: Space,
    pub name: String,
    pub value: String,
}

#[derive(Debug)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

/// Why a file is not XML, or not XML that we read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// Byte in the file.
    pub offset: usize,
    /// What is wrong: "has …", "is …".
    pub detail: String,
}

impl Element {
    /// The value of an attribute without a prefix.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.space == Space::None && attribute.name == name).map(|attribute| attribute.value.as_str())
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    pub(super) fn is(&self, space: Space, name: &str) -> bool {
        self.space == space && self.name == name
    }

    /// The text directly within.
    pub(super) fn text(&self) -> String {
        let texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }
}

/// Whether XML 1.0 can hold the character (production 2, `Char`).
pub(super) const fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Reads a file to its root element.
pub(super) fn read(bytes: &[u8]) -> Result<Element, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|e| Malformed { offset: e.valid_up_to(), detail: "is not UTF-8".to_owned() })?;
    let start = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    if let Some((offset, c)) = text.char_indices().find(|(_, c)| !is_legal(*c)) {
        return Err(Malformed { offset, detail: format!("has the character U+{:04X}, which XML cannot hold", u32::from(c)) });
    }
    let mut reader = NsReader::from_str(text.get(start..).unwrap_or_default());
    let config = reader.config_mut();
    config.expand_empty_elements = true;
    config.check_comments = true;
    let mut tree = Tree { beginning: start, ..Tree::default() };
    loop {
        tree.offset = start + usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|e| {
            let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
            Malformed { offset: start + at, detail: explain(&e) }
        })?;
        if matches!(event, Event::Eof) {
            return tree.finish();
        }
        tree.take(&event, reader.resolver())?;
    }
}

#[derive(Default)]
struct Tree {
    /// Elements that are open, the outermost first.
    open: Vec<Element>,
    /// Elements that are open within one that is not of XLIFF.
    skipped: usize,
    root: Option<Element>,
    offset: usize,
    /// Where the file begins: behind its byte order mark.
    beginning: usize,
}

impl Tree {
    fn fault<T>(&self, detail: impl Into<String>) -> Result<T, Malformed> {
        Err(Malformed { offset: self.offset, detail: detail.into() })
    }

    fn take(&mut self, event: &Event<'_>, names: &NamespaceResolver) -> Result<(), Malformed> {
        match event {
            Event::Start(start) => self.start(start, names),
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let c = self.character(reference)?;
                self.text(c.encode_utf8(&mut [0; 4]))
            }
            Event::DocType(_) => self.fault("has a DOCTYPE; XLIFF has no DTD, and none is read"),
            Event::Decl(declaration) => {
                let is_first = self.open.is_empty() && self.root.is_none() && self.offset == self.beginning;
                let is_1_0 = declaration.version().is_ok_and(|version| version == "1.0");
                let is_utf_8 = declaration.encoding().is_none_or(|encoding| encoding.is_ok_and(|name| name.eq_ignore_ascii_case("utf-8")));
                if is_first && is_1_0 && is_utf_8 {
                    Ok(())
                } else {
                    self.fault("has an XML declaration that is not the first thing, or not of XML 1.0 in UTF-8")
                }
            }
            Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, names: &NamespaceResolver) -> Result<(), Malformed> {
        if self.open.len() + self.skipped >= MOST_DEPTH {
            return self.fault(format!("nests deeper than {MOST_DEPTH} levels"));
        }
        if self.open.is_empty() && self.root.is_some() {
            return self.fault("has a second root element");
        }
        let (space, name) = names.resolve_element(start.name());
        let space = self.space(&space)?;
        let mut element = Element { space, name: name.as_ref().to_owned(), offset: self.offset, attributes: vec![], children: vec![] };
        for (i, attribute) in start.attributes().enumerate() {
            if i >= MOST_ATTRIBUTES {
                return self.fault(format!("has an element with more than {MOST_ATTRIBUTES} attributes"));
            }
            let Ok(attribute) = attribute else { return self.fault("has an attribute without a value, without quotes, or twice in one element") };
            if attribute.value.contains('<') {
                return self.fault("has `<` in the value of an attribute");
            }
            let Ok(value) = attribute.normalized_value(XmlVersion::Explicit1_0) else {
                return self.fault("has an entity in an attribute that is not one of the five of XML");
            };
            if !value.chars().all(is_legal) {
                return self.fault("has a reference in an attribute to a character that XML cannot hold");
            }
            let (space, name) = names.resolve_attribute(attribute.key);
            let space = self.space(&space)?;
            if attribute.key.as_namespace_binding().is_none() {
                element.attributes.push(Attribute { space, name: name.as_ref().to_owned(), value: value.into_owned() });
            }
        }
        // Not for us, and so not kept.
        let foreign = self.open.last().is_some_and(|parent| !matches!(parent.space, Space::Core | Space::Metadata));
        if foreign {
            self.skipped += 1;
        } else {
            self.open.push(element);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Malformed> {
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(());
        }
        let Some(element) = self.open.pop() else { return self.fault("closes an element that is not open") };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Malformed> {
        let Some(parent) = self.open.last_mut() else {
            return if text.trim().is_empty() { Ok(()) } else { self.fault("has text outside of its root element") };
        };
        if self.skipped > 0 || !matches!(parent.space, Space::Core | Space::Metadata) {
            return Ok(());
        }
        match parent.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => parent.children.push(Node::Text(text.to_owned())),
        }
        Ok(())
    }

    fn character(&self, reference: &BytesRef<'_>) -> Result<char, Malformed> {
        let name: &str = reference;
        let c = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => reference.resolve_char_ref().ok().flatten(),
        };
        match c.filter(|c| is_legal(*c)) {
            Some(c) => Ok(c),
            None => self.fault("has an entity that is not one of the five of XML, or a reference to a character that XML cannot hold"),
        }
    }

    fn space(&self, found: &ResolveResult<'_>) -> Result<Space, Malformed> {
        match found {
            ResolveResult::Unbound => Ok(Space::None),
            ResolveResult::Bound(namespace) => Ok(match namespace.as_ref() {
                CORE => Space::Core,
                METADATA => Space::Metadata,
                XML => Space::Xml,
                _ => Space::Other,
            }),
            ResolveResult::Unknown(_) => self.fault("uses a prefix that is not declared"),
        }
    }

    fn finish(self) -> Result<Element, Malformed> {
        if !self.open.is_empty() {
            return self.fault("ends before its elements are closed");
        }
        match self.root {
            Some(root) => Ok(root),
            None => Err(Malformed { offset: self.offset, detail: "has no element".to_owned() }),
        }
    }
}

/// What the parser says, in our words.
fn explain(error: &quick_xml::Error) -> String {
    use quick_xml::Error as E;
    use quick_xml::errors::IllFormedError as I;
    match error {
        E::IllFormed(I::MismatchedEndTag { expected, found }) => format!("closes `{}` where `{}` is open", short(found), short(expected)),
        E::IllFormed(I::UnmatchedEndTag(found)) => format!("closes `{}`, which is not open", short(found)),
        E::IllFormed(I::DoubleHyphenInComment) => "has `--` in a comment".to_owned(),
        E::IllFormed(I::UnclosedReference) => "has `&` without an entity; write `&amp;`".to_owned(),
        E::Syntax(_) => "has a tag, comment or section that is not closed".to_owned(),
        E::Namespace(_) => "has a namespace that cannot be declared so, or too many of them".to_owned(),
        _ => "is not well-formed".to_owned(),
    }
}

/// The start of what was sent, for messages.
pub(super) fn short(text: &str) -> String {
    let mut start: String = text.chars().take(60).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}
