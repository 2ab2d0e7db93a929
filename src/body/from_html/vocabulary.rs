//! The elements that HTML is written anew in, and what becomes which of them.
//!
//! Elements that mean the same become one. Those with rules of their own for parsing, by which a small input becomes a large tree (tables,
//! forms), are not among them: a table is `main`, a row `section` and a cell `article`, which parse as plainly as `div`.

/// The elements that are written.
#[rustfmt::skip]
pub(super) const VOCABULARY: [&str; 27] = [
    "p", "h2", "h3", "h4", "blockquote", "div", "pre", "hr", "br", "img", "figure", "figcaption", "ul", "ol", "li", "main", "section", "article", "a",
    "strong", "em", "u", "del", "code", "sub", "sup", "span",
];

/// How an element is opened and closed.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Has no content.
    Void,
    /// Ends where the next block begins.
    Paragraph,
    Heading,
    List,
    Item,
    Table,
    Row,
    Cell,
    /// Any other block.
    Block,
    /// Part of a line of text.
    Inline,
}

/// What an element is written as.
pub(super) fn meaning(name: &str) -> Option<(&'static str, Shape)> {
    Some(match name {
        "p" | "dt" | "dd" | "caption" | "legend" | "summary" => ("p", Shape::Paragraph),
        "h1" | "h2" => ("h2", Shape::Heading),
        "h3" => ("h3", Shape::Heading),
        "h4" | "h5" | "h6" => ("h4", Shape::Heading),
        "ul" | "menu" | "dir" => ("ul", Shape::List),
        "ol" => ("ol", Shape::List),
        "li" => ("li", Shape::Item),
        "table" => ("main", Shape::Table),
        "tr" => ("section", Shape::Row),
        "td" | "th" => ("article", Shape::Cell),
        "blockquote" => ("blockquote", Shape::Block),
        "pre" | "listing" => ("pre", Shape::Block),
        "figure" => ("figure", Shape::Block),
        "figcaption" => ("figcaption", Shape::Block),
        "div" | "address" | "article" | "aside" | "center" | "details" | "dl" | "fieldset" | "footer" | "form" | "header" | "hgroup" | "main" | "nav"
        | "section" => ("div", Shape::Block),
        "hr" => ("hr", Shape::Void),
        "br" => ("br", Shape::Void),
        "img" => ("img", Shape::Void),
        "a" => ("a", Shape::Inline),
        "b" | "strong" => ("strong", Shape::Inline),
        "i" | "em" => ("em", Shape::Inline),
        "u" | "ins" => ("u", Shape::Inline),
        "s" | "strike" | "del" => ("del", Shape::Inline),
        "code" | "kbd" | "samp" | "tt" => ("code", Shape::Inline),
        "sub" => ("sub", Shape::Inline),
        "sup" => ("sup", Shape::Inline),
        "span" | "font" | "bdi" | "bdo" | "cite" | "dfn" | "mark" | "q" | "small" | "big" | "abbr" => ("span", Shape::Inline),
        _ => return None,
    })
}
