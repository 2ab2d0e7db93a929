//! A body with other words in it.

use super::{Block, Body, Decorator, LanguageMark, Mark, MarkDef, TextBlock};
use crate::language::Tag;

impl Body {
    /// The body with each of its texts changed: spans, captions, titles, pull quotes. Addresses, code, and spans that are marked as another
    /// language or `translate: false` stay as they are, and so do keys and marks. `language` is that of the body.
    #[must_use]
    pub fn map_texts(mut self, language: &Tag, mut change: impl FnMut(&str) -> String) -> Self {
        let change: &mut dyn FnMut(&str) -> String = &mut change;
        for block in &mut self.0 {
            match block {
                Block::Text(block) => spans(block, language, change),
                Block::Image(image) => {
                    apply(&mut image.alt, change);
                    image.caption.iter_mut().chain(&mut image.credit).for_each(|text| apply(text, change));
                }
                Block::Embed(embed) => embed.title.iter_mut().for_each(|text| apply(text, change)),
                Block::PullQuote(quote) => {
                    apply(&mut quote.text, change);
                    quote.attribution.iter_mut().for_each(|text| apply(text, change));
                }
                Block::FactBox(fact_box) => {
                    apply(&mut fact_box.title, change);
                    fact_box.content.iter_mut().for_each(|block| spans(block, language, change));
                }
                Block::Break(_) => {}
            }
        }
        self
    }
}

fn apply(text: &mut String, change: &mut dyn FnMut(&str) -> String) {
    *text = change(text);
}

fn spans(block: &mut TextBlock, language: &Tag, change: &mut dyn FnMut(&str) -> String) {
    let definitions = &block.mark_defs;
    for span in &mut block.children {
        if !span.marks.iter().any(|mark| keeps(mark, definitions, language)) {
            apply(&mut span.text, change);
        }
    }
}

/// Whether what is marked so is none of the language, or is not to be changed.
fn keeps(mark: &Mark, definitions: &[MarkDef], language: &Tag) -> bool {
    match mark {
        Mark::Decorator(decorator) => *decorator == Decorator::Code,
        Mark::Definition(key) => definitions.iter().any(|definition| match definition {
            MarkDef::Language(LanguageMark { key: own, language: other, translate, .. }) => {
                own == key && (*translate == Some(false) || Tag::parse(other).as_ref() != Ok(language))
            }
            MarkDef::Link(_) | MarkDef::InternalLink(_) => false,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_change_and_nothing_else() {
        let body = json!([
            {"_type": "block", "_key": "a", "style": "normal", "markDefs": [
                {"_type": "link", "_key": "l", "href": "https://a.example/b"},
                {"_type": "language", "_key": "ru", "language": "ru"},
                {"_type": "language", "_key": "own", "language": "kk"},
                {"_type": "language", "_key": "no", "language": "kk", "translate": false},
            ], "children": [
                {"_type": "span", "_key": "1", "text": "a", "marks": []},
                {"_type": "span", "_key": "2", "text": "b", "marks": ["l", "strong"]},
                {"_type": "span", "_key": "3", "text": "c", "marks": ["ru"]},
                {"_type": "span", "_key": "4", "text": "d", "marks": ["own"]},
                {"_type": "span", "_key": "5", "text": "e", "marks": ["no"]},
                {"_type": "span", "_key": "6", "text": "f", "marks": ["code"]},
            ]},
            {"_type": "image", "_key": "b", "url": "https://a.example/i", "alt": "g", "caption": "h", "credit": "i"},
            {"_type": "embed", "_key": "c", "url": "https://a.example/v", "title": "j", "provider": "k"},
            {"_type": "pull_quote", "_key": "d", "text": "l", "attribution": "m"},
            {"_type": "fact_box", "_key": "e", "title": "n", "content": [
                {"_type": "block", "_key": "0", "style": "normal", "children": [{"_type": "span", "_key": "0", "text": "o", "marks": []}], "markDefs": []}]},
            {"_type": "break", "_key": "f"},
        ]);
        let mut expected = body.to_string();
        for text in ["a", "b", "d", "g", "h", "i", "j", "l", "m", "n", "o"] {
            for member in ["text", "alt", "caption", "credit", "title", "attribution"] {
                expected = expected.replace(&format!("\"{member}\":\"{text}\""), &format!("\"{member}\":\"{}\"", text.to_uppercase()));
            }
        }
        let changed = Body::parse(&body).unwrap().map_texts(&Tag::parse("kk").unwrap(), str::to_uppercase);
        assert_eq!(serde_json::to_value(&changed).unwrap(), serde_json::from_str::<serde_json::Value>(&expected).unwrap());
    }
}
