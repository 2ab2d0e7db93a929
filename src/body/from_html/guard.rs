//! The tokenizer's sink: writes HTML anew in the small vocabulary, with few attributes, and with as many elements and as deep as the parser can
//! take. Every end tag has its start tag, though they may still cross; the parser knows what to do then.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;

use html5ever::Attribute;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};

use super::super::tags;
use super::output::{Output, attribute, is_styled};
use super::vocabulary::{Shape, meaning};

/// The elements that the parser opens again after a block in which they were not closed.
const CONTAGIOUS: [&str; 5] = ["a", "strong", "em", "u", "code"];

/// Open lists that are remembered, written or not.
const MAX_LISTS: usize = 256;

/// What was written for a start tag, and so has to be closed: the element, a `span` with its language around it, both or nothing.
#[derive(Clone, Copy)]
struct Written {
    element: bool,
    span: bool,
}

struct List {
    name: &'static str,
    written: bool,
    in_item: bool,
}

struct Table {
    written: bool,
    in_row: bool,
    in_cell: bool,
    /// How many of the contagious elements were open where the cell began.
    open: [usize; CONTAGIOUS.len()],
}

/// The sink.
#[derive(Default)]
pub(super) struct Guard(RefCell<State>);

#[derive(Default)]
struct State {
    out: Output,
    /// Tags and texts seen.
    tokens: usize,
    /// The element whose content is left out.
    skipped: Option<String>,
    in_paragraph: bool,
    heading: Option<&'static str>,
    lists: Vec<List>,
    tables: Vec<Table>,
    /// The other elements that are open, by the name they are written as.
    open: HashMap<&'static str, Vec<Written>>,
}

impl Guard {
    pub(super) fn tokens(&self) -> usize {
        self.0.borrow().tokens
    }

    pub(super) fn written(self) -> String {
        self.0.into_inner().out.finish()
    }
}

impl TokenSink for Guard {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => {
                state.tokens += 1;
                if tag.kind == TagKind::StartTag {
                    return state.start(&tag);
                }
                state.end(&tag.name);
            }
            Token::CharacterTokens(text) => {
                state.tokens += 1;
                state.text(&text);
            }
            Token::DoctypeToken(_) | Token::CommentToken(_) | Token::NullCharacterToken | Token::EOFToken | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn text(&mut self, text: &str) {
        if self.skipped.is_none() {
            self.out.text(text);
        }
    }

    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let meant = meaning(name);
        if self.skipped.is_some() {
            // As in a browser, HTML ends `svg` and `math`. What is raw has no tags in it.
            if meant.is_none() {
                return TokenSinkResult::Continue;
            }
            self.skipped = None;
        }
        match name {
            "script" => return self.skip(name, Some(RawKind::ScriptData)),
            "style" | "iframe" | "noembed" | "noframes" | "xmp" => return self.skip(name, Some(RawKind::Rawtext)),
            "title" | "textarea" => return self.skip(name, Some(RawKind::Rcdata)),
            "svg" | "math" | "select" if !tag.self_closing => return self.skip(name, None),
            _ => {}
        }
        if let Some((written, shape)) = meant {
            self.open(written, shape, &tag.attrs);
        }
        TokenSinkResult::Continue
    }

    /// Leaves out the content of an element. The tokenizer has to know which of them hold raw text.
    fn skip(&mut self, name: &str, raw: Option<RawKind>) -> TokenSinkResult<()> {
        self.skipped = Some(name.to_owned());
        raw.map_or(TokenSinkResult::Continue, TokenSinkResult::RawData)
    }

    fn open(&mut self, name: &'static str, shape: Shape, attributes: &[Attribute]) {
        match shape {
            Shape::Void => {
                self.out.start(name, attributes);
            }
            Shape::Paragraph => self.open_paragraph(),
            Shape::Heading => {
                self.end_heading();
                self.heading = self.out.start(name, &[]).then_some(name);
            }
            Shape::List => {
                if self.lists.len() < MAX_LISTS {
                    let written = self.out.start_deeper(name, &[]);
                    self.lists.push(List { name, written, in_item: false });
                }
            }
            Shape::Item => self.open_item(),
            Shape::Table => {
                let written = self.out.start_deeper(name, &[]);
                self.tables.push(Table { written, in_row: false, in_cell: false, open: [0; CONTAGIOUS.len()] });
            }
            Shape::Row => self.open_row(),
            Shape::Cell => self.open_cell(),
            Shape::Block => {
                let element = self.out.start_deeper(name, &[]);
                self.open.entry(name).or_default().push(Written { element, span: false });
            }
            Shape::Inline => self.open_inline(name, attributes),
        }
    }

    fn open_paragraph(&mut self) {
        self.in_paragraph = self.out.start("p", &[]);
    }

    fn open_item(&mut self) {
        match self.lists.last_mut() {
            Some(list) if list.written => {
                if mem::replace(&mut list.in_item, true) {
                    self.out.end("li");
                }
                self.out.start("li", &[]);
            }
            _ => self.open_paragraph(),
        }
    }

    fn open_row(&mut self) {
        if !self.tables.last().is_some_and(|table| table.written) {
            return self.open_paragraph();
        }
        self.end_row();
        self.out.start("section", &[]);
        if let Some(table) = self.tables.last_mut() {
            table.in_row = true;
        }
    }

    fn open_cell(&mut self) {
        let Some(table) = self.tables.last().filter(|table| table.written) else {
            return self.text(" ");
        };
        if !table.in_row {
            self.open_row();
        }
        self.end_cell();
        self.out.start("article", &[]);
        let open = CONTAGIOUS.map(|name| self.open.get(name).map_or(0, Vec::len));
        if let Some(table) = self.tables.last_mut() {
            table.in_cell = true;
            table.open = open;
        }
    }

    fn open_inline(&mut self, name: &'static str, attributes: &[Attribute]) {
        let fits = self.out.fits();
        let span = fits && attribute(attributes, "lang").is_some_and(|language| tags::canonical(language).is_some());
        let element = fits
            && match name {
                "span" => false,
                "a" => attribute(attributes, "href").is_some(),
                // So begins what is copied from Google Docs.
                "strong" => !is_styled(attributes, &["font-weight:normal", "font-weight:400"]),
                "em" => !is_styled(attributes, &["font-style:normal"]),
                _ => true,
            };
        if span {
            self.out.start_deeper("span", attributes);
        }
        if element {
            self.out.start_deeper(name, attributes);
        }
        self.open.entry(name).or_default().push(Written { element, span });
    }

    fn end(&mut self, name: &str) {
        if let Some(skipped) = &self.skipped {
            if skipped == name {
                self.skipped = None;
            }
            return;
        }
        let Some((written, shape)) = meaning(name) else { return };
        match shape {
            Shape::Void => {}
            Shape::Paragraph => self.end_paragraph(),
            Shape::Heading => self.end_heading(),
            Shape::List => self.end_list(written),
            Shape::Item => self.end_item(),
            Shape::Table => self.end_table(),
            Shape::Row => self.end_row(),
            Shape::Cell => self.end_cell(),
            Shape::Block | Shape::Inline => self.end_element(written),
        }
    }

    fn end_paragraph(&mut self) {
        if mem::take(&mut self.in_paragraph) {
            self.out.end("p");
        }
    }

    fn end_heading(&mut self) {
        if let Some(name) = self.heading.take() {
            self.out.end(name);
        }
    }

    fn end_list(&mut self, name: &'static str) {
        let Some(index) = self.lists.iter().rposition(|list| list.name == name) else { return };
        let closed = self.lists.split_off(index);
        self.out.shallower(closed.iter().filter(|list| list.written).count());
        if closed.first().is_some_and(|list| list.written) {
            self.out.end(name);
        }
    }

    fn end_item(&mut self) {
        match self.lists.last_mut() {
            Some(list) if list.written => {
                if mem::take(&mut list.in_item) {
                    self.out.end("li");
                }
            }
            _ => self.end_paragraph(),
        }
    }

    fn end_table(&mut self) {
        self.end_row();
        if self.tables.pop().is_some_and(|table| table.written) {
            self.out.end_deeper("main");
        }
    }

    fn end_row(&mut self) {
        self.end_cell();
        if self.tables.last_mut().is_some_and(|table| mem::take(&mut table.in_row)) {
            self.out.end("section");
        }
    }

    fn end_cell(&mut self) {
        let Some(table) = self.tables.last_mut().filter(|table| table.in_cell) else { return };
        table.in_cell = false;
        for (name, open) in CONTAGIOUS.into_iter().zip(table.open) {
            while self.open.get(name).is_some_and(|elements| elements.len() > open) {
                self.end_element(name);
            }
        }
        self.out.end("article");
    }

    fn end_element(&mut self, name: &'static str) {
        let Some(written) = self.open.get_mut(name).and_then(Vec::pop) else { return };
        if written.element {
            self.out.end_deeper(name);
        }
        if written.span {
            self.out.end_deeper("span");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::guarded;

    #[test]
    fn html_is_written_anew() {
        let cases = [
            ("a &lt; b &amp; \"c\"", "a &lt; b &amp; &quot;c&quot;"),
            ("<B onclick=x>a</B><o:p>b</o:p>", "<strong>a</strong>b"),
            ("<script>if (a<b) '</p>'</script>x<STYLE>p{}</STYLE>y<title>t</title>", "xy"),
            ("<svg><style><a title='</style>'>z</svg>a<svg/>b", "zab"),
            ("<svg><text>x</text><p>y", "<p>y"),
            ("<select><option>x</select>y", "y"),
            ("<a name=x>a</a><a href='https://e.org/?a&quot;b' title=t>b</a>", "a<a href=\"https://e.org/?a&quot;b\">b</a>"),
            ("<img src=a alt='b<' onerror=x>", "<img src=\"a\" alt=\"b&lt;\">"),
            ("<span>a<span lang=ru>b</span>c</span></span>", "a<span lang=\"ru\">b</span>c"),
            ("<i lang=la>a</i><i lang='x y'>b</i>", "<span lang=\"la\"><em>a</em></span><em>b</em>"),
            ("<b style='font-weight: NORMAL'>a<b>b</b></b>c", "a<strong>b</strong>c"),
            ("</p></b></div></td></ul>a", "a"),
            ("<h1>a<h2>b</h1>c</h2>", "<h2>a</h2><h2>b</h2>c"),
            ("<ul><li>a<li>b<ol><li>c</ul>d", "<ul><li>a</li><li>b<ol><li>c</ul>d"),
            ("<li>a</li>b", "<p>a</p>b"),
            (
                "<table><thead><tr><th>a<td><b>b<tr><td>c</table>d",
                "<main><section><article>a</article><article><strong>b</strong></article></section><section><article>c</article></section></main>d",
            ),
            ("<tr>a<td>b", "<p>a b"),
        ];
        for (html, expected) in cases {
            assert_eq!(guarded(html), expected, "{html}");
        }
    }

    #[test]
    fn number_and_depth_are_bounded() {
        let deep = guarded(&"<div>".repeat(100_000));
        assert_eq!(deep, "<div>".repeat(64));
        let text = guarded(&"<blockquote>a</blockquote>".repeat(30_000));
        assert_eq!(text.matches("<blockquote>").count(), 20_000);
        assert_eq!(text.matches("</blockquote>").count(), 20_000);
        assert_eq!(text.matches('a').count(), 30_000);
        let again = format!("{}{}<p>x</p>", "<div>".repeat(100), "</div>".repeat(100));
        assert_eq!(guarded(&again), format!("{}{}<p>x</p>", "<div>".repeat(64), "</div>".repeat(64)));
    }
}
