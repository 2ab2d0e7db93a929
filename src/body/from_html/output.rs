//! HTML that is written within bounds.

use html5ever::Attribute;

/// Start tags that are written; the text of further ones stays.
const MAX_TAGS: usize = 20_000;
/// Depth of what is written; the text of what is deeper stays.
const MAX_DEPTH: usize = 64;

#[derive(Default)]
pub(super) struct Output {
    html: String,
    /// Start tags so far.
    tags: usize,
    /// Elements open, of those that do not end by themselves.
    depth: usize,
}

impl Output {
    pub(super) fn finish(self) -> String {
        self.html
    }

    pub(super) fn text(&mut self, text: &str) {
        push_escaped(&mut self.html, text);
    }

    /// Whether an element and a `span` around it can be written.
    pub(super) const fn fits(&self) -> bool {
        self.depth + 1 < MAX_DEPTH && self.tags + 1 < MAX_TAGS
    }

    /// Writes a start tag whose element counts for the depth, unless it is too deep.
    pub(super) fn start_deeper(&mut self, name: &str, attributes: &[Attribute]) -> bool {
        let written = self.depth < MAX_DEPTH && self.start(name, attributes);
        self.depth += usize::from(written);
        written
    }

    /// Writes a start tag, with what attributes matter, unless there are too many tags.
    pub(super) fn start(&mut self, name: &str, attributes: &[Attribute]) -> bool {
        if self.tags >= MAX_TAGS {
            return false;
        }
        self.tags += 1;
        self.html.push('<');
        self.html.push_str(name);
        let kept: &[&str] = match name {
            "a" => &["href"],
            "img" => &["src", "alt"],
            "span" => &["lang"],
            _ => &[],
        };
        for name in kept {
            if let Some(value) = attribute(attributes, name) {
                self.html.push(' ');
                self.html.push_str(name);
                self.html.push_str("=\"");
                push_escaped(&mut self.html, value);
                self.html.push('"');
            }
        }
        self.html.push('>');
        true
    }

    pub(super) fn end(&mut self, name: &str) {
        self.html.push_str("</");
        self.html.push_str(name);
        self.html.push('>');
    }

    /// Writes the end tag of an element that counts for the depth.
    pub(super) fn end_deeper(&mut self, name: &str) {
        self.shallower(1);
        self.end(name);
    }

    /// So many elements ended without an end tag.
    pub(super) fn shallower(&mut self, count: usize) {
        self.depth = self.depth.saturating_sub(count);
    }
}

pub(super) fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

/// Whether the style takes back what the element means.
pub(super) fn is_styled(attributes: &[Attribute], declarations: &[&str]) -> bool {
    let style: String = attribute(attributes, "style").unwrap_or_default().split_whitespace().collect();
    declarations.iter().any(|declaration| style.to_ascii_lowercase().contains(declaration))
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}
