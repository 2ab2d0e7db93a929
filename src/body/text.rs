//! Blocks to plain text.

use super::lists::{OpenLists, Placement};
use super::{Block, ListKind, TextBlock};

/// The plain text of one block, without marks of lists: what the word count and comparisons see.
pub(super) fn of_block(block: &Block) -> String {
    match block {
        Block::Text(block) => of_text_block(block),
        Block::Image(image) => image.caption.clone().unwrap_or_default(),
        Block::Embed(embed) => embed.title.clone().unwrap_or_default(),
        Block::PullQuote(quote) => quote.text.clone(),
        Block::FactBox(fact_box) => {
            let mut text = fact_box.title.clone();
            for block in &fact_box.content {
                text.push('\n');
                text.push_str(&of_text_block(block));
            }
            text
        }
        Block::Break(_) => String::new(),
    }
}

fn of_text_block(block: &TextBlock) -> String {
    block.children.iter().map(|span| span.text.as_str()).collect()
}

/// Blocks as plain text for people; see `Body::to_text`.
pub(super) fn render(blocks: &[Block]) -> String {
    let mut renderer = Renderer::default();
    for block in blocks {
        match block {
            Block::Text(block) => renderer.text_block(block),
            Block::Image(image) => {
                let lines = [image.caption.as_deref(), image.credit.as_deref()];
                renderer.paragraph(&joined(lines, " "));
            }
            Block::Embed(embed) => renderer.paragraph(&joined([embed.title.as_deref(), Some(embed.url.as_str())], "\n")),
            Block::PullQuote(quote) => {
                let attribution = quote.attribution.as_deref().filter(|name| !name.is_empty()).map(|name| format!("— {name}"));
                renderer.paragraph(&joined([Some(quote.text.as_str()), attribution.as_deref()], "\n"));
            }
            Block::FactBox(fact_box) => {
                renderer.paragraph(&fact_box.title);
                for block in &fact_box.content {
                    renderer.text_block(block);
                }
                renderer.end_lists();
            }
            Block::Break(_) => renderer.end_lists(),
        }
    }
    renderer.out
}

/// The texts that are there and not empty.
fn joined<const N: usize>(texts: [Option<&str>; N], separator: &str) -> String {
    let texts: Vec<&str> = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    texts.join(separator)
}

#[derive(Default)]
struct Renderer {
    out: String,
    lists: OpenLists,
    /// The number of the last item of each open list.
    numbers: Vec<usize>,
}

impl Renderer {
    fn text_block(&mut self, block: &TextBlock) {
        let text = of_text_block(block);
        match block.list_item {
            Some(kind) => self.item(kind, block.level.unwrap_or(1), &text),
            None => self.paragraph(&text),
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.end_lists();
        if text.trim().is_empty() {
            return;
        }
        self.separate("\n\n");
        self.out.push_str(text);
    }

    fn item(&mut self, kind: ListKind, level: u8, text: &str) {
        let placement = self.lists.place(level, kind);
        match placement {
            Placement::Next => {}
            Placement::Nested => self.numbers.push(0),
            Placement::Back(closed) => self.numbers.truncate(self.numbers.len().saturating_sub(closed)),
            Placement::Fresh(_) => self.numbers = vec![0],
        }
        if let Some(number) = self.numbers.last_mut() {
            *number += 1;
        }
        let marker = match kind {
            ListKind::Bullet => "- ".to_owned(),
            ListKind::Number => format!("{}. ", self.numbers.last().copied().unwrap_or(1)),
        };
        let indent = "  ".repeat(self.numbers.len().saturating_sub(1));
        let next_line = format!("\n{indent}{}", " ".repeat(marker.len()));
        self.separate(if matches!(placement, Placement::Fresh(_)) { "\n\n" } else { "\n" });
        self.out.push_str(&indent);
        self.out.push_str(&marker);
        self.out.push_str(&text.replace('\n', &next_line));
    }

    fn end_lists(&mut self) {
        self.lists.close();
        self.numbers.clear();
    }

    fn separate(&mut self, separator: &str) {
        if !self.out.is_empty() {
            self.out.push_str(separator);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Body;

    fn item(kind: &str, level: u8, text: &str) -> Value {
        json!({"_type": "block", "listItem": kind, "level": level, "children": [{"_type": "span", "text": text}]})
    }

    fn paragraph(text: &str) -> Value {
        json!({"_type": "block", "children": [{"_type": "span", "text": text}]})
    }

    #[test]
    fn bodies_as_text() {
        let bodies = [
            (json!([]), ""),
            (json!([paragraph("One & <two>"), paragraph(" "), paragraph("a\nb")]), "One & <two>\n\na\nb"),
            (
                json!([
                    paragraph("p"),
                    item("number", 1, "a"),
                    item("bullet", 2, "b"),
                    item("number", 1, "c\nd"),
                    item("bullet", 1, "e"),
                    paragraph("q"),
                    item("number", 1, "f"),
                ]),
                "p\n\n1. a\n  - b\n2. c\n   d\n\n- e\n\nq\n\n1. f",
            ),
            (
                json!([
                    {"_type": "image", "url": "https://example.org/i", "alt": "A", "caption": "C", "credit": "D"},
                    {"_type": "image", "url": "https://example.org/i", "alt": "A"},
                    {"_type": "embed", "url": "https://example.org/v", "title": "T"},
                    {"_type": "break"},
                    {"_type": "pull_quote", "text": "Q", "attribution": "W"},
                    {"_type": "fact_box", "title": "F", "content": [item("bullet", 1, "x"), item("bullet", 1, "y")]},
                    item("bullet", 1, "z"),
                ]),
                "C D\n\nT\nhttps://example.org/v\n\nQ\n— W\n\nF\n\n- x\n- y\n\n- z",
            ),
        ];
        for (body, expected) in bodies {
            assert_eq!(Body::parse(&body).unwrap().to_text(), expected);
        }
    }
}
