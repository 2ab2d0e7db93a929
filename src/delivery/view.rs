//! A public text in other letters: computed when it is read, from what was published, and kept nowhere.

use super::store::{self, Document};
use crate::body::Body;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::language::{COMMON_TURKIC_LANGUAGES, Direction, Tag, common_turkic, common_turkic_tag, has_common_turkic};
use crate::publication::BodyFormat;
use crate::text_enum;
use serde_json::{Map, Value};

text_enum! {
    /// How a text is shown.
    pub enum View {
        /// In the 34 letters that the Turkic languages have in common (Baku, 2024).
        CommonTurkic = "common-turkic",
    }
}

/// The members that are shown in other letters, beside the body.
const SHOWN: [&str; 3] = ["headline", "summary", "dateline"];

/// The document in a view, with its body, which is Portable Text, in the form asked for.
///
/// # Errors
/// `invalid_parameter` for a language that has no such view.
pub async fn apply(on: &mut Conn, view: View, document: Document, format: BodyFormat) -> Result<Document> {
    let language = document.language.clone();
    if !has_common_turkic(&language) {
        let detail = format!("is not there for {language}: texts in {} have it, in Cyrillic and Latin letters", COMMON_TURKIC_LANGUAGES.join(", "));
        return Err(Error::parameter("view", detail).with("languages", COMMON_TURKIC_LANGUAGES));
    }
    let convert = |text: &str| common_turkic(text, &language).unwrap_or_else(|| text.to_owned());
    let mut card: Map<String, Value> = serde_json::from_str(&document.card).map_err(Error::internal)?;
    for member in SHOWN {
        if let Some(Value::String(text)) = card.get_mut(member) {
            *text = convert(text);
        }
    }
    card.insert("direction".to_owned(), Direction::Ltr.as_str().into());
    card.insert("view".to_owned(), view.as_str().into());
    card.insert("derived".to_owned(), true.into());
    let body: Body = serde_json::from_str(&document.body).map_err(Error::internal)?;
    let body = body.map_texts(&language, convert);
    let body = match format {
        BodyFormat::PortableText => serde_json::to_string(&body),
        BodyFormat::Html => serde_json::to_string(&html(on, &body, &language).await?),
        BodyFormat::Text => serde_json::to_string(&body.to_text()),
    };
    Ok(Document { card: serde_json::to_string(&card).map_err(Error::internal)?, body: body.map_err(Error::internal)?, ..document })
}

async fn html(on: &mut Conn, body: &Body, language: &Tag) -> Result<String> {
    let links: Vec<_> = body.internal_links().collect();
    let known = if links.is_empty() { vec![] } else { store::addresses(on, &links).await? };
    let resolve = |article, wanted: Option<&str>| {
        let wanted = wanted.unwrap_or_else(|| language.as_str());
        known.iter().find(|(id, tag, _)| *id == article && tag.as_str() == wanted).map(|(_, _, url)| url.clone())
    };
    Ok(body.to_html_fragment(&common_turkic_tag(language), Direction::Ltr.as_str(), &resolve))
}
