//! Feeding HTML to the tokenizer, piece by piece.

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tokenizer, TokenizerOpts};

use super::guard::Guard;

/// Bytes fed at a time.
const PIECE: usize = 4_096;
/// Bytes that may pass without a tag or a text. The tokenizer compares each attribute of a tag with all before it, so that one tag of a
/// megabyte would take it minutes; no tag that people write is nearly as long, once pictures in `data:` URLs are left out.
const MAX_TAG: usize = 16_384;
/// Bytes of a `data:` URL that stay.
const MAX_DATA: usize = 1_000;

/// The HTML, written anew by the guard. Ends at a tag that is too long.
pub(super) fn guarded(html: &str) -> String {
    let html = without_data(&without_comments(html));
    let tokenizer = Tokenizer::new(Guard::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    let (mut rest, mut tokens, mut silent) = (html.as_str(), 0, 0);
    while !rest.is_empty() && silent <= MAX_TAG {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        input.push_back(StrTendril::from_slice(piece));
        while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
        let seen = tokenizer.sink.tokens();
        silent = if seen == tokens { silent + piece.len() } else { 0 };
        tokens = seen;
        rest = after;
    }
    if rest.is_empty() {
        tokenizer.end();
    }
    tokenizer.sink.written()
}

/// Without comments, in which word processors put whole style sheets.
fn without_comments(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        out.push_str(before);
        let ended_at_once = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->"));
        rest = ended_at_once.unwrap_or_else(|| comment.split_once("-->").map_or("", |(_, after)| after));
    }
    out.push_str(rest);
    out
}

/// Without pictures in `data:` URLs: none can be kept, and each may be large.
fn without_data(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, data)) = rest.split_once("data:") {
        out.push_str(before);
        out.push_str("data:");
        let in_url = |c: char| c.is_ascii_alphanumeric() || "+/=,;:%._~-".contains(c);
        let end = data.find(|c: char| !in_url(c)).unwrap_or(data.len());
        rest = if end > MAX_DATA { data.get(end..).unwrap_or_default() } else { data };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_data_are_left_out() {
        let data = "A".repeat(2_000);
        let html = format!("a<!-- b -->c<img src=\"data:image/png;base64,{data}\">data: d<!---->e<!-->f<!-- g");
        let html = without_data(&without_comments(&html));
        assert_eq!(html, "ac<img src=\"data:\">data: def");
    }

    #[test]
    fn a_tag_that_is_too_long_ends_the_reading() {
        let attributes = (0..200_000).map(|n| format!(" a{n}")).collect::<Vec<_>>().concat();
        assert_eq!(guarded(&format!("<p>a</p><p{attributes}>b</p>")), "<p>a</p>");
        let fitting = (0..500).map(|n| format!(" a{n}")).collect::<Vec<_>>().concat();
        assert_eq!(guarded(&format!("<p{fitting}>b</p>")), "<p>b</p>");
    }

    #[test]
    fn pieces_do_not_show() {
        let html = "<p>Қазақстан &amp; <b>Түркия</b></p>".repeat(1_000);
        assert_eq!(guarded(&html), html.replace("<b>", "<strong>").replace("</b>", "</strong>"));
    }
}
