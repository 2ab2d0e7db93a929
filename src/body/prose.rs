//! The words of a body with their places, for what reads or changes words and nothing else.

use super::Body;
use super::types::{Block, Decorator, Mark, MarkDef, Span, TextBlock};
use crate::language::Tag;
use std::mem::take;

/// Words of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// JSON pointer (RFC 6901) from the body: `/0/children/1/text`, `/3/caption`.
    pub pointer: String,
    /// `_key` of the block, of the one in a fact box where it is one.
    pub block: String,
    /// `_key` of the span, where it is in one.
    pub span: Option<String>,
    pub text: String,
    /// Code, and what is marked as another language or not to be translated: to be left as it is.
    pub is_kept: bool,
}

impl Body {
    /// The paragraphs of a body in `language`, each as its spans; captions, titles and pull quotes are paragraphs too. Who made a picture or
    /// said a sentence, and what embeds are called, is not among them.
    #[must_use]
    pub fn paragraphs(&self, language: &Tag) -> Vec<Vec<Piece>> {
        let mut body = self.clone();
        let mut paragraphs = vec![];
        walk(&mut body.0, language, &mut |pieces| {
            paragraphs.push(pieces.to_vec());
            None
        });
        paragraphs
    }

    /// The body with other words. `change` is given the spans of a paragraph, as [`Body::paragraphs`] has them, and answers the text of each,
    /// or `None` where nothing changes.
    #[must_use]
    pub fn with_words(mut self, language: &Tag, mut change: impl FnMut(&[Piece]) -> Option<Vec<String>>) -> Self {
        walk(&mut self.0, language, &mut change);
        self
    }
}

type Change<'c> = &'c mut dyn FnMut(&[Piece]) -> Option<Vec<String>>;

fn walk(blocks: &mut [Block], language: &Tag, change: Change<'_>) {
    for (i, block) in blocks.iter_mut().enumerate() {
        match block {
            Block::Text(block) => text_block(&format!("/{i}"), block, language, change),
            Block::Image(image) => {
                one(format!("/{i}/alt"), &image.key, &mut image.alt, change);
                if let Some(caption) = &mut image.caption {
                    one(format!("/{i}/caption"), &image.key, caption, change);
                }
            }
            Block::PullQuote(quote) => one(format!("/{i}/text"), &quote.key, &mut quote.text, change),
            Block::FactBox(fact_box) => {
                one(format!("/{i}/title"), &fact_box.key, &mut fact_box.title, change);
                for (j, block) in fact_box.content.iter_mut().enumerate() {
                    text_block(&format!("/{i}/content/{j}"), block, language, change);
                }
            }
            Block::Embed(_) | Block::Break(_) => {}
        }
    }
}

fn text_block(pointer: &str, block: &mut TextBlock, language: &Tag, change: Change<'_>) {
    let TextBlock { key, children, mark_defs, .. } = block;
    let pieces: Vec<Piece> = children
        .iter_mut()
        .enumerate()
        .map(|(i, span)| Piece {
            pointer: format!("{pointer}/children/{i}/text"),
            block: key.clone(),
            span: Some(span.key.clone()),
            is_kept: is_kept(span, mark_defs, language),
            text: take(&mut span.text),
        })
        .collect();
    let changed = change(&pieces).filter(|changed| changed.len() == pieces.len());
    let texts = changed.unwrap_or_else(|| pieces.into_iter().map(|piece| piece.text).collect());
    for (span, text) in children.iter_mut().zip(texts) {
        span.text = text;
    }
}

fn one(pointer: String, block: &str, text: &mut String, change: Change<'_>) {
    let piece = Piece { pointer, block: block.to_owned(), span: None, text: take(text), is_kept: false };
    let changed = change(std::slice::from_ref(&piece)).and_then(|mut changed| changed.pop());
    *text = changed.unwrap_or(piece.text);
}

fn is_kept(span: &Span, mark_defs: &[MarkDef], language: &Tag) -> bool {
    span.marks.iter().any(|mark| match mark {
        Mark::Decorator(decorator) => *decorator == Decorator::Code,
        Mark::Definition(key) => mark_defs.iter().any(|definition| match definition {
            MarkDef::Language(mark) if mark.key == *key => mark.translate == Some(false) || Tag::parse(&mark.language).as_ref() != Ok(language),
            _ => false,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn body() -> Body {
        Body::parse(&json!([
            {"_type": "block", "_key": "a", "markDefs": [
                {"_type": "language", "_key": "ru", "language": "ru"},
                {"_type": "language", "_key": "uz", "language": "uz-Latn"},
                {"_type": "language", "_key": "no", "language": "uz", "translate": false},
                {"_type": "link", "_key": "l", "href": "https://example.org/o'z"}
            ], "children": [
                {"_type": "span", "_key": "a0", "text": "o", "marks": ["l"]},
                {"_type": "span", "_key": "a1", "text": "'z", "marks": ["strong", "uz"]},
                {"_type": "span", "_key": "a2", "text": "o'z", "marks": ["code"]},
                {"_type": "span", "_key": "a3", "text": "o'z", "marks": ["ru"]},
                {"_type": "span", "_key": "a4", "text": "o'z", "marks": ["no"]}
            ]},
            {"_type": "image", "_key": "b", "url": "https://example.org/i.jpg", "alt": "x", "caption": "y", "credit": "z"},
            {"_type": "fact_box", "_key": "c", "title": "t", "content": [{"_type": "block", "_key": "d", "children": [{"_type": "span", "_key": "d0", "text": "f"}]}]},
            {"_type": "pull_quote", "_key": "e", "text": "q", "attribution": "w"},
            {"_type": "break"}
        ]))
        .unwrap()
    }

    #[test]
    fn words_have_places() {
        let paragraphs = body().paragraphs(&Tag::parse("uz").unwrap());
        let places: Vec<Vec<String>> = paragraphs
            .iter()
            .map(|paragraph| {
                let place = |piece: &Piece| format!("{} {} {}{}", piece.pointer, piece.block, piece.text, if piece.is_kept { " kept" } else { "" });
                paragraph.iter().map(place).collect()
            })
            .collect();
        assert_eq!(
            places,
            [
                vec![
                    "/0/children/0/text a o",
                    "/0/children/1/text a 'z",
                    "/0/children/2/text a o'z kept",
                    "/0/children/3/text a o'z kept",
                    "/0/children/4/text a o'z kept"
                ],
                vec!["/1/alt b x"],
                vec!["/1/caption b y"],
                vec!["/2/title c t"],
                vec!["/2/content/0/children/0/text d f"],
                vec!["/3/text e q"],
            ]
        );
        assert_eq!(paragraphs[0][1].span.as_deref(), Some("a1"));
    }

    #[test]
    fn only_words_change() {
        let uzbek = Tag::parse("uz").unwrap();
        assert_eq!(body().with_words(&uzbek, |_| None), body());
        assert_eq!(body().with_words(&uzbek, |_| Some(vec![])), body());
        let louder = body().with_words(&uzbek, |pieces| Some(pieces.iter().map(|piece| format!("{}!", piece.text)).collect()));
        assert_eq!(louder.to_text(), "o!'z!o'z!o'z!o'z!\n\ny! z\n\nt!\n\nf!\n\nq!\n— w");
    }
}
