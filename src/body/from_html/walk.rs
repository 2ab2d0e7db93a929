//! From the tree to the writer, with a stack of our own: however deep the tree, nothing recurses.

use html5ever::Attribute;
use markup5ever_rcdom::{Handle, NodeData};

use super::super::{Block, BlockStyle, Decorator, ListKind, tags, urls};
use super::writer::{Format, Writer};

enum Visit {
    Enter(Handle),
    Leave(Element),
}

/// What an element of the vocabulary is for the writer. `br`, `hr` and `img` are over when they begin.
#[derive(Clone, Copy)]
enum Element {
    Block,
    Heading,
    Quote,
    List,
    Item,
    Preformatted,
    Row,
    Cell,
    Figure,
    Caption,
    Format,
}

pub(super) fn blocks(root: &Handle) -> Vec<Block> {
    let mut writer = Writer::default();
    let mut visits = vec![Visit::Enter(root.clone())];
    while let Some(visit) = visits.pop() {
        match visit {
            Visit::Leave(element) => leave(&mut writer, element),
            Visit::Enter(node) => {
                match &node.data {
                    NodeData::Text { contents } => writer.text(&contents.borrow()),
                    NodeData::Element { name, attrs, .. } => {
                        let element = enter(&mut writer, &name.local, &attrs.borrow());
                        visits.extend(element.map(Visit::Leave));
                    }
                    NodeData::Document | NodeData::Doctype { .. } | NodeData::Comment { .. } | NodeData::ProcessingInstruction { .. } => {}
                }
                visits.extend(node.children.borrow().iter().rev().cloned().map(Visit::Enter));
            }
        }
    }
    writer.finish()
}

/// Begins an element, and tells what is to be left when its content is over.
fn enter(writer: &mut Writer, name: &str, attributes: &[Attribute]) -> Option<Element> {
    let attribute = |name: &str| attributes.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value);
    let format = match name {
        "p" | "div" | "main" => {
            writer.boundary();
            return Some(Element::Block);
        }
        "h2" => return Some(heading(writer, BlockStyle::H2)),
        "h3" => return Some(heading(writer, BlockStyle::H3)),
        "h4" => return Some(heading(writer, BlockStyle::H4)),
        "blockquote" => {
            writer.enter_quote();
            return Some(Element::Quote);
        }
        "ul" => return Some(list(writer, ListKind::Bullet)),
        "ol" => return Some(list(writer, ListKind::Number)),
        "li" => {
            writer.item();
            return Some(Element::Item);
        }
        "pre" => {
            writer.enter_preformatted();
            return Some(Element::Preformatted);
        }
        "section" => {
            writer.enter_row();
            return Some(Element::Row);
        }
        "article" => {
            writer.enter_cell();
            return Some(Element::Cell);
        }
        "figure" => {
            writer.enter_figure();
            return Some(Element::Figure);
        }
        "figcaption" => return Some(if writer.enter_caption() { Element::Caption } else { Element::Block }),
        "br" => {
            writer.line_break();
            return None;
        }
        "hr" => {
            writer.thematic_break();
            return None;
        }
        "img" => {
            let src = attribute("src").map(str::trim).filter(|src| urls::is_absolute(src, urls::IMAGE));
            if let Some(src) = src {
                writer.image(src, attribute("alt").unwrap_or_default());
            }
            return None;
        }
        "a" => attribute("href").map(str::trim).filter(|href| urls::is_absolute(href, urls::LINK)).map(|href| Format::Link(href.to_owned())),
        "strong" => Some(Format::Decorator(Decorator::Strong)),
        "em" => Some(Format::Decorator(Decorator::Em)),
        "u" => Some(Format::Decorator(Decorator::Underline)),
        "del" => Some(Format::Decorator(Decorator::StrikeThrough)),
        "code" => Some(Format::Decorator(Decorator::Code)),
        "sub" => Some(Format::Decorator(Decorator::Sub)),
        "sup" => Some(Format::Decorator(Decorator::Sup)),
        "span" => attribute("lang").and_then(tags::canonical).map(Format::Language),
        _ => return None,
    };
    writer.enter_format(format);
    Some(Element::Format)
}

fn heading(writer: &mut Writer, style: BlockStyle) -> Element {
    writer.enter_heading(style);
    Element::Heading
}

fn list(writer: &mut Writer, kind: ListKind) -> Element {
    writer.enter_list(kind);
    Element::List
}

fn leave(writer: &mut Writer, element: Element) {
    match element {
        Element::Block => writer.boundary(),
        Element::Heading => writer.leave_heading(),
        Element::Quote => writer.leave_quote(),
        Element::List => writer.leave_list(),
        Element::Item => writer.item(),
        Element::Preformatted => writer.leave_preformatted(),
        Element::Row => writer.leave_row(),
        Element::Cell => writer.leave_cell(),
        Element::Figure => writer.leave_figure(),
        Element::Caption => writer.leave_caption(),
        Element::Format => writer.leave_format(),
    }
}
