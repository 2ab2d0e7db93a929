//! Blocks to HTML.
//!
//! What `@portabletext/to-html` 5.0 has a default for is written byte for byte as it does, so that a site may take our HTML or render the
//! blocks itself and show the same; `tests/portable_text/corpus.json` holds it to that. The other types have a plain, semantic form.

mod escape;
mod marks;

use uuid::Uuid;

use self::escape::{push_attribute, push_lines};
use super::lists::{OpenLists, Placement};
use super::{Block, BlockStyle, Decorator, EmbedBlock, FactBoxBlock, ImageBlock, ListKind, Mark, MarkDef, PullQuoteBlock, TextBlock, tags};
use crate::language::Tag;

/// Gives the URL of an article, in a language (BCP 47 tag) or in whichever there is; `None` where there is nothing to link to.
pub type Links<'a> = dyn Fn(Uuid, Option<&str>) -> Option<String> + 'a;

/// See `Body::to_html`.
pub(super) fn render(blocks: &[Block], links: &Links<'_>) -> String {
    let mut renderer = Renderer { out: String::new(), lists: OpenLists::default(), items: Vec::new(), links };
    for block in blocks {
        renderer.block(block);
    }
    renderer.end_lists();
    renderer.out
}

/// See `Body::to_html_fragment`.
pub(super) fn render_fragment(blocks: &[Block], language: &str, direction: &str, links: &Links<'_>) -> String {
    let mut out = String::from("<div");
    push_attribute(&mut out, "lang", language);
    push_attribute(&mut out, "dir", direction);
    out.push('>');
    out.push_str(&render(blocks, links));
    out.push_str("</div>");
    out
}

struct Renderer<'a> {
    out: String,
    lists: OpenLists,
    /// The kind of each open list and the style of its open item.
    items: Vec<(ListKind, BlockStyle)>,
    links: &'a Links<'a>,
}

impl Renderer<'_> {
    fn block(&mut self, block: &Block) {
        if !matches!(block, Block::Text(_)) {
            self.end_lists();
        }
        match block {
            Block::Text(block) => self.text_block(block),
            Block::Image(image) => self.image(image),
            Block::Embed(embed) => self.embed(embed),
            Block::PullQuote(quote) => self.pull_quote(quote),
            Block::FactBox(fact_box) => self.fact_box(fact_box),
            Block::Break(_) => self.out.push_str("<hr />"),
        }
    }

    fn text_block(&mut self, block: &TextBlock) {
        if let Some(kind) = block.list_item {
            return self.item(kind, block);
        }
        self.end_lists();
        let (open, close) = style_tags(block.style);
        self.out.push_str(open);
        self.spans(block);
        self.out.push_str(close);
    }

    fn item(&mut self, kind: ListKind, block: &TextBlock) {
        let style = block.style;
        match self.lists.place(block.level.unwrap_or(1), kind) {
            Placement::Next => self.next_item(style),
            Placement::Nested => self.open_list(kind, style),
            Placement::Back(closed) => {
                self.close_lists(closed);
                self.next_item(style);
            }
            Placement::Fresh(closed) => {
                self.close_lists(closed);
                self.open_list(kind, style);
            }
        }
        self.out.push_str("<li>");
        self.out.push_str(item_tags(style).0);
        self.spans(block);
    }

    /// Closes the item before this one.
    fn next_item(&mut self, style: BlockStyle) {
        if let Some((_, last)) = self.items.last_mut() {
            self.out.push_str(item_tags(*last).1);
            self.out.push_str("</li>");
            *last = style;
        }
    }

    fn open_list(&mut self, kind: ListKind, style: BlockStyle) {
        self.out.push_str(list_tags(kind).0);
        self.items.push((kind, style));
    }

    fn close_lists(&mut self, count: usize) {
        for _ in 0..count {
            if let Some((kind, style)) = self.items.pop() {
                self.out.push_str(item_tags(style).1);
                self.out.push_str("</li>");
                self.out.push_str(list_tags(kind).1);
            }
        }
    }

    fn end_lists(&mut self) {
        let open = self.lists.close();
        self.close_lists(open);
    }

    fn spans(&mut self, block: &TextBlock) {
        let mut open: Vec<(&Mark, &'static str)> = Vec::new();
        for (span, mut needed) in block.children.iter().zip(marks::nesting(&block.children)) {
            let mut kept = 0;
            for (mark, _) in &open {
                let Some(position) = needed.iter().position(|other| other == mark) else { break };
                needed.remove(position);
                kept += 1;
            }
            self.close_marks(&mut open, kept);
            for mark in needed {
                let close = self.open_mark(mark, block);
                open.push((mark, close));
            }
            push_lines(&mut self.out, &span.text);
        }
        self.close_marks(&mut open, 0);
    }

    fn close_marks(&mut self, open: &mut Vec<(&Mark, &'static str)>, kept: usize) {
        while open.len() > kept {
            if let Some((_, close)) = open.pop() {
                self.out.push_str(close);
            }
        }
    }

    /// Writes the start of a mark and gives its end.
    fn open_mark(&mut self, mark: &Mark, block: &TextBlock) -> &'static str {
        match mark {
            Mark::Decorator(decorator) => {
                let (open, close) = decorator_tags(*decorator);
                self.out.push_str(open);
                close
            }
            Mark::Definition(key) => match block.mark_defs.iter().find(|definition| definition.key() == key) {
                Some(definition) => self.open_definition(definition),
                None => "",
            },
        }
    }

    fn open_definition(&mut self, definition: &MarkDef) -> &'static str {
        match definition {
            MarkDef::Link(link) => self.open_link(&link.href),
            MarkDef::InternalLink(link) => {
                let language = link.language.as_ref().map(Tag::as_str);
                match (self.links)(link.article, language) {
                    Some(url) => self.open_link(&url),
                    None => "",
                }
            }
            MarkDef::Language(mark) => {
                self.out.push_str("<span");
                push_attribute(&mut self.out, "lang", &mark.language);
                if let Some(direction) = tags::direction(&mark.language) {
                    push_attribute(&mut self.out, "dir", direction.as_str());
                }
                if mark.translate == Some(false) {
                    push_attribute(&mut self.out, "translate", "no");
                }
                self.out.push('>');
                "</span>"
            }
        }
    }

    fn open_link(&mut self, url: &str) -> &'static str {
        self.out.push_str("<a");
        push_attribute(&mut self.out, "href", url);
        self.out.push('>');
        "</a>"
    }

    fn image(&mut self, image: &ImageBlock) {
        self.out.push_str("<figure class=\"image\"><img");
        push_attribute(&mut self.out, "src", &image.url);
        push_attribute(&mut self.out, "alt", &image.alt);
        self.out.push_str(" loading=\"lazy\" />");
        let caption = image.caption.as_deref().unwrap_or_default();
        let credit = image.credit.as_deref().unwrap_or_default();
        if !caption.is_empty() || !credit.is_empty() {
            self.out.push_str("<figcaption>");
            push_lines(&mut self.out, caption);
            if !caption.is_empty() && !credit.is_empty() {
                self.out.push(' ');
            }
            self.wrapped("<span class=\"credit\">", credit, "</span>");
            self.out.push_str("</figcaption>");
        }
        self.out.push_str("</figure>");
    }

    fn embed(&mut self, embed: &EmbedBlock) {
        let title = embed.title.as_deref().filter(|title| !title.is_empty());
        self.out.push_str("<figure class=\"embed\">");
        let close = self.open_link(&embed.url);
        push_lines(&mut self.out, title.unwrap_or(&embed.url));
        self.out.push_str(close);
        self.wrapped("<figcaption>", embed.provider.as_deref().unwrap_or_default(), "</figcaption>");
        self.out.push_str("</figure>");
    }

    fn pull_quote(&mut self, quote: &PullQuoteBlock) {
        self.out.push_str("<aside class=\"pull-quote\"><blockquote>");
        self.wrapped("<p>", &quote.text, "</p>");
        self.out.push_str("</blockquote>");
        self.wrapped("<p class=\"attribution\">", quote.attribution.as_deref().unwrap_or_default(), "</p>");
        self.out.push_str("</aside>");
    }

    fn fact_box(&mut self, fact_box: &FactBoxBlock) {
        self.out.push_str("<aside class=\"fact-box\">");
        self.wrapped("<h2>", &fact_box.title, "</h2>");
        for block in &fact_box.content {
            self.text_block(block);
        }
        self.end_lists();
        self.out.push_str("</aside>");
    }

    /// The text between its tags, nothing where it is empty.
    fn wrapped(&mut self, open: &str, text: &str, close: &str) {
        if !text.is_empty() {
            self.out.push_str(open);
            push_lines(&mut self.out, text);
            self.out.push_str(close);
        }
    }
}

const fn style_tags(style: BlockStyle) -> (&'static str, &'static str) {
    match style {
        BlockStyle::Normal => ("<p>", "</p>"),
        BlockStyle::H2 => ("<h2>", "</h2>"),
        BlockStyle::H3 => ("<h3>", "</h3>"),
        BlockStyle::H4 => ("<h4>", "</h4>"),
        BlockStyle::Blockquote => ("<blockquote>", "</blockquote>"),
    }
}

const fn item_tags(style: BlockStyle) -> (&'static str, &'static str) {
    match style {
        BlockStyle::Normal => ("", ""),
        _ => style_tags(style),
    }
}

const fn list_tags(kind: ListKind) -> (&'static str, &'static str) {
    match kind {
        ListKind::Bullet => ("<ul>", "</ul>"),
        ListKind::Number => ("<ol>", "</ol>"),
    }
}

const fn decorator_tags(decorator: Decorator) -> (&'static str, &'static str) {
    match decorator {
        Decorator::Strong => ("<strong>", "</strong>"),
        Decorator::Em => ("<em>", "</em>"),
        Decorator::Underline => ("<span style=\"text-decoration:underline\">", "</span>"),
        Decorator::StrikeThrough => ("<del>", "</del>"),
        Decorator::Code => ("<code>", "</code>"),
        Decorator::Sub => ("<sub>", "</sub>"),
        Decorator::Sup => ("<sup>", "</sup>"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::super::Body;

    /// As in `corpus.mjs`.
    fn house(article: Uuid, language: Option<&str>) -> Option<String> {
        let url = format!("https://news.example/{}/{article}?a&b", language.unwrap_or("auto"));
        (!article.is_nil()).then_some(url)
    }

    /// Each body of the corpus becomes what `@portabletext/to-html` made of it.
    #[test]
    fn the_corpus_is_rendered_byte_for_byte() {
        let corpus: Vec<Value> = serde_json::from_str(include_str!("../../tests/portable_text/corpus.json")).unwrap();
        assert!(corpus.len() >= 40);
        for case in corpus {
            let body = Body::parse(&case["body"]).unwrap_or_else(|faults| panic!("{}: {faults:?}", case["name"]));
            assert_eq!(body.to_html(&house), case["html"].as_str().unwrap(), "{}", case["name"]);
        }
    }

    #[test]
    fn a_fragment_states_language_and_direction() {
        let body = Body::parse(&json!([{"_type": "block", "children": [{"_type": "span", "text": "سلام"}]}])).unwrap();
        let html = body.to_html_fragment("ug", "rtl", &|_, _| None);
        assert_eq!(html, "<div lang=\"ug\" dir=\"rtl\"><p>سلام</p></div>");
        assert_eq!(Body::default().to_html_fragment("\"><script>", "ltr", &|_, _| None), "<div lang=\"&quot;&gt;&lt;script&gt;\" dir=\"ltr\"></div>");
    }
}
