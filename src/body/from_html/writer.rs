//! Blocks from text and the begins and ends of elements.
//!
//! White space collapses as in HTML. Text gathers in runs until a block ends; what a block is follows from the elements that are open then.
//! A list item, a table row and a caption are one block each, so that blocks within them are only apart by a line break or a space.

use std::mem;

use super::super::{
    Block, BlockStyle, BreakBlock, BreakBlockType, Decorator, ImageBlock, ImageBlockType, ListKind, MAX_BLOCKS, MAX_LEVEL, MAX_SHORT_TEXT, MAX_SPAN_TEXT,
    MAX_SPANS, MAX_TEXT,
};
use super::runs::{self, Run};

/// A mark that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Decorator(Decorator),
    /// An absolute URL.
    Link(String),
    /// A canonical tag.
    Language(String),
}

/// A figure that is open.
struct Figure {
    /// Number of blocks before it.
    first: usize,
    caption: Vec<Run>,
}

#[derive(Default)]
pub(super) struct Writer {
    blocks: Vec<Block>,
    /// Text of the block that is being written.
    runs: Vec<Run>,
    /// Pictures that come after it.
    images: Vec<ImageBlock>,
    /// Marks that are open; `None` for an element that means nothing.
    formats: Vec<Option<Format>>,
    /// Whether the last run may have other marks than what comes next.
    formats_changed: bool,
    /// Characters written in all.
    characters: usize,
    headings: Vec<BlockStyle>,
    lists: Vec<ListKind>,
    quotes: usize,
    preformatted: usize,
    /// Cells so far, of each row that is open.
    rows: Vec<usize>,
    figures: Vec<Figure>,
    /// Depth of cells and captions: their content stays in one line.
    inline: usize,
    /// A block ended within a list item: a line break is due before more text.
    break_due: bool,
    /// The block holds separators of cells.
    is_row: bool,
}

/// What separates the cells of a row.
const SEPARATOR: char = '|';

impl Writer {
    pub(super) fn finish(mut self) -> Vec<Block> {
        self.flush();
        self.blocks
    }

    pub(super) fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.preformatted > 0 => self.line_break(),
                ' ' | '\t' if self.preformatted > 0 && self.inline == 0 => self.put(c),
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.space(),
                c if c.is_control() => {}
                c => self.put(c),
            }
        }
    }

    /// The edge of a block without a name of its own.
    pub(super) fn boundary(&mut self) {
        if self.inline > 0 {
            self.space();
        } else if self.lists.is_empty() {
            self.flush();
        } else {
            self.break_due = true;
        }
    }

    /// A second one in a row ends a paragraph, as it is meant.
    pub(super) fn line_break(&mut self) {
        if self.inline > 0 {
            return self.space();
        }
        if self.break_due {
            return;
        }
        if self.preformatted == 0 {
            runs::trim_end(&mut self.runs, &[' ']);
            self.formats_changed = true;
        }
        match self.last() {
            None => {}
            Some('\n') if self.preformatted == 0 && self.lists.is_empty() => self.flush(),
            Some(_) => self.push('\n'),
        }
    }

    pub(super) fn thematic_break(&mut self) {
        if self.inline == 0 {
            self.flush();
            let key = self.key();
            self.add(Block::Break(BreakBlock { kind: BreakBlockType::Break, key }));
        }
    }

    /// A picture, to come after the block it stands in.
    pub(super) fn image(&mut self, url: &str, alt: &str) {
        let alt: String = alt.split_whitespace().collect::<Vec<_>>().join(" ");
        let alt: String = alt.chars().filter(|c| !c.is_control()).take(MAX_SHORT_TEXT).collect();
        let characters = self.characters + alt.chars().count();
        if characters <= MAX_TEXT {
            self.characters = characters;
            let image = ImageBlock { kind: ImageBlockType::Image, key: String::new(), url: url.to_owned(), alt, caption: None, credit: None };
            self.images.push(image);
        }
    }

    pub(super) fn enter_format(&mut self, format: Option<Format>) {
        self.formats.push(format);
        self.formats_changed = true;
    }

    pub(super) fn leave_format(&mut self) {
        self.formats.pop();
        self.formats_changed = true;
    }

    pub(super) fn enter_heading(&mut self, style: BlockStyle) {
        self.boundary();
        self.headings.push(style);
    }

    pub(super) fn leave_heading(&mut self) {
        self.boundary();
        self.headings.pop();
    }

    pub(super) fn enter_quote(&mut self) {
        self.boundary();
        self.quotes += 1;
    }

    pub(super) fn leave_quote(&mut self) {
        self.boundary();
        self.quotes = self.quotes.saturating_sub(1);
    }

    pub(super) fn enter_preformatted(&mut self) {
        self.boundary();
        self.preformatted += 1;
    }

    pub(super) fn leave_preformatted(&mut self) {
        self.boundary();
        self.preformatted = self.preformatted.saturating_sub(1);
    }

    pub(super) fn enter_list(&mut self, kind: ListKind) {
        self.item();
        if self.inline == 0 {
            self.lists.push(kind);
        }
    }

    pub(super) fn leave_list(&mut self) {
        self.item();
        if self.inline == 0 {
            self.lists.pop();
        }
    }

    /// The edge of a list item.
    pub(super) fn item(&mut self) {
        if self.inline > 0 {
            self.space();
        } else {
            self.flush();
        }
    }

    pub(super) fn enter_row(&mut self) {
        self.boundary();
        self.rows.push(0);
    }

    pub(super) fn leave_row(&mut self) {
        self.boundary();
        self.rows.pop();
    }

    pub(super) fn enter_cell(&mut self) {
        let before = self.rows.last_mut().map_or(0, |cells| {
            *cells += 1;
            *cells - 1
        });
        if self.inline > 0 {
            self.space();
        } else if before > 0 {
            self.space();
            self.put(SEPARATOR);
            self.space();
            self.is_row = true;
        }
        self.inline += 1;
    }

    pub(super) fn leave_cell(&mut self) {
        self.inline = self.inline.saturating_sub(1);
    }

    pub(super) fn enter_figure(&mut self) {
        if self.inline > 0 {
            return self.space();
        }
        self.flush();
        self.figures.push(Figure { first: self.blocks.len(), caption: Vec::new() });
    }

    /// The caption goes to the picture, or is a paragraph where there is none or where it is long.
    pub(super) fn leave_figure(&mut self) {
        if self.inline > 0 {
            return self.space();
        }
        self.flush();
        let Some(figure) = self.figures.pop() else { return };
        let text: String = figure.caption.iter().map(|run| run.text.as_str()).collect();
        let image = self.blocks.iter_mut().skip(figure.first).find_map(|block| match block {
            Block::Image(image) if image.caption.is_none() => Some(image),
            _ => None,
        });
        match image {
            Some(image) if text.chars().count() <= MAX_SHORT_TEXT => image.caption = Some(text).filter(|text| !text.is_empty()),
            _ => self.add_text(figure.caption),
        }
    }

    /// Begins a caption, where there is a figure for it.
    pub(super) fn enter_caption(&mut self) -> bool {
        if self.inline > 0 || self.figures.is_empty() {
            self.boundary();
            return false;
        }
        self.flush();
        self.inline += 1;
        true
    }

    pub(super) fn leave_caption(&mut self) {
        self.inline = self.inline.saturating_sub(1);
        let caption = self.take_runs();
        let before = self.figures.last_mut().map(|figure| mem::replace(&mut figure.caption, caption));
        self.add_text(before.unwrap_or_default());
    }

    /// White space: one space, but none where a line begins.
    fn space(&mut self) {
        if !self.break_due && self.last().is_some_and(|last| !matches!(last, ' ' | '\n')) {
            self.push(' ');
        }
    }

    fn put(&mut self, c: char) {
        if mem::take(&mut self.break_due) && self.last().is_some() {
            runs::trim_end(&mut self.runs, &[' ']);
            self.formats_changed = true;
            self.push('\n');
        }
        self.push(c);
    }

    fn last(&self) -> Option<char> {
        self.runs.last().and_then(|run| run.text.chars().next_back())
    }

    fn push(&mut self, c: char) {
        if self.characters >= MAX_TEXT {
            return;
        }
        if self.formats_changed || self.runs.last().is_none_or(|run| run.length >= MAX_SPAN_TEXT) {
            self.begin_run();
        }
        if let Some(run) = self.runs.last_mut() {
            run.text.push(c);
            run.length += 1;
            self.characters += 1;
        }
    }

    /// Begins a run with the marks that are open, unless the last one has them and room; a block with too many runs ends first.
    fn begin_run(&mut self) {
        let formats = self.open_formats();
        self.formats_changed = false;
        if self.runs.last().is_some_and(|run| run.formats == formats && run.length < MAX_SPAN_TEXT) {
            return;
        }
        if self.runs.len() >= MAX_SPANS {
            let runs = mem::take(&mut self.runs);
            self.add_text(runs);
        }
        self.runs.push(Run { text: String::new(), length: 0, formats });
    }

    /// Each decorator once, the innermost link and the innermost language.
    fn open_formats(&self) -> Vec<Format> {
        let open = || self.formats.iter().flatten();
        let decorators = Decorator::ALL.into_iter().map(Format::Decorator).filter(|format| open().any(|other| other == format));
        let link = open().rfind(|format| matches!(format, Format::Link(_)));
        let language = open().rfind(|format| matches!(format, Format::Language(_)));
        decorators.chain(link.cloned()).chain(language.cloned()).collect()
    }

    /// Ends the block, and adds what there is of it.
    fn flush(&mut self) {
        let is_row = mem::take(&mut self.is_row);
        let runs = self.take_runs();
        let is_separator = |c: char| c == SEPARATOR || c.is_whitespace();
        if !is_row || runs.iter().any(|run| !run.text.chars().all(is_separator)) {
            self.add_text(runs);
        }
        for mut image in mem::take(&mut self.images) {
            image.key = self.key();
            self.add(Block::Image(image));
        }
    }

    /// The text of the block, which begins anew.
    fn take_runs(&mut self) -> Vec<Run> {
        self.break_due = false;
        self.formats_changed = true;
        let mut runs = mem::take(&mut self.runs);
        runs::trim_end(&mut runs, &[' ', '\n']);
        runs
    }

    fn add_text(&mut self, runs: Vec<Run>) {
        if runs.iter().all(|run| run.text.trim().is_empty()) {
            return;
        }
        let mut block = runs::text_block(&self.key(), runs);
        block.list_item = self.lists.last().copied();
        if block.list_item.is_some() {
            block.level = Some(u8::try_from(self.lists.len()).unwrap_or(MAX_LEVEL).min(MAX_LEVEL));
        } else if let Some(style) = self.headings.last() {
            block.style = *style;
        } else if self.quotes > 0 {
            block.style = BlockStyle::Blockquote;
        }
        self.add(Block::Text(block));
    }

    fn add(&mut self, block: Block) {
        if self.blocks.len() < MAX_BLOCKS {
            self.blocks.push(block);
        }
    }

    fn key(&self) -> String {
        format!("b{}", self.blocks.len())
    }
}
