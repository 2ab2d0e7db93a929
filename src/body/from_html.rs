//! Pasted HTML to blocks.
//!
//! Four steps, none of which trusts the one before: `tokens` and `guard` write the HTML anew in a small vocabulary and within bounds (the
//! parser's work may grow with the square of the input, ammonia's too); ammonia cleans that until it no longer changes; html5ever parses what
//! is left; `walk` and `writer` turn the tree into blocks, in which only checked URLs and plain text remain.

mod guard;
mod output;
mod runs;
mod tokens;
mod vocabulary;
mod walk;
mod writer;

use std::collections::{HashMap, HashSet};

use ammonia::UrlRelative;
use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, QualName, local_name, ns, parse_fragment};
use markup5ever_rcdom::RcDom;

use super::{Block, urls};

/// Bytes that are read of the HTML.
const MAX_INPUT: usize = 1_000_000;
/// Times that ammonia cleans its own output: it is not idempotent, and two times usually do.
const MAX_ROUNDS: usize = 4;

/// See `Body::from_html`.
pub(super) fn blocks(html: &str) -> Vec<Block> {
    let html = html.get(..html.floor_char_boundary(MAX_INPUT)).unwrap_or(html);
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let parser = parse_fragment(RcDom::default(), ParseOpts::default(), context, Vec::new(), false);
    let dom = parser.one(cleaned(tokens::guarded(html)));
    walk::blocks(&dom.document)
}

/// The fixpoint of ammonia. When the rounds do not suffice, what is left is still its output, and only text and checked URLs are taken from it.
fn cleaned(mut html: String) -> String {
    let mut ammonia = ammonia::Builder::empty();
    ammonia
        .tags(HashSet::from(vocabulary::VOCABULARY))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("img", HashSet::from(["src", "alt"])), ("span", HashSet::from(["lang"]))]))
        .generic_attributes(HashSet::new())
        .url_schemes(urls::LINK.iter().copied().collect())
        .url_relative(UrlRelative::Deny)
        .link_rel(None);
    for _ in 0..MAX_ROUNDS {
        let cleaned = ammonia.clean(&html).to_string();
        if cleaned == html {
            break;
        }
        html = cleaned;
    }
    html
}

#[cfg(test)]
mod tests;
