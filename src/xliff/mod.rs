//! Translations for the tools of translators, and back: [XLIFF 2.1](http://docs.oasis-open.org/xliff/xliff-core/v2.1/xliff-core-v2.1.html).
//!
//! An export has a unit for each text of a story: its headline, summary and the like, and each block of its body. Marks and links are inline
//! codes. The file says which revisions it was made from; an import makes the same units again from these, so that what the file does not
//! hold (styles, addresses of pictures, names of spans) cannot be lost or forged.

mod apply;
mod codes;
mod content;
mod http;
mod inline;
mod plan;
mod read;
mod report;
#[cfg(test)]
mod tests;
mod vocabulary;
mod write;
mod xml;

pub use http::routes;

use self::read::Document;
use self::report::Report;
use crate::language::Tag;
use uuid::Uuid;

/// Whose metadata and types it is.
const CATEGORY: &str = "newsroom";

/// What a file is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    article: Uuid,
    source_language: Tag,
    target_language: Tag,
    /// The revision of the original.
    original_revision: i32,
    /// The revision of the text, and the version that its ETag names; none where there was no text yet.
    text: Option<(i32, i64)>,
}

impl Origin {
    fn metadata(&self) -> Vec<(&'static str, String)> {
        let mut metadata = vec![("article", self.article.to_string()), ("original_revision", self.original_revision.to_string())];
        if let Some((revision, version)) = self.text {
            metadata.extend([("text_revision", revision.to_string()), ("text_version", version.to_string())]);
        }
        metadata
    }

    /// The same for people.
    fn note(&self) -> String {
        let text = self.text.map_or_else(|| "no text yet".to_owned(), |(revision, version)| format!("revision {revision} of the text (version {version})"));
        format!("Article {}: revision {} of the original ({}), {text} ({})", self.article, self.original_revision, self.source_language, self.target_language)
    }
}

/// The revisions that a file says it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    original_revision: i32,
    text_revision: Option<i32>,
}

/// Whether the file belongs here; `None`, with the faults in the report, where it does not.
fn claim(document: &Document, article: Uuid, source: &Tag, target: &Tag, report: &mut Report) -> Option<Claim> {
    let (path, offset) = (document.path.clone(), document.offset);
    let mut fits = true;
    for (name, given, wanted) in [("srcLang", &document.source_language, source), ("trgLang", &document.target_language, target)] {
        let code = match given {
            Some(given) if Tag::parse(given).is_ok_and(|tag| tag == *wanted) => continue,
            Some(_) => "wrong_language",
            // That of the source is told to be missing already.
            None if name == "trgLang" => "missing_attribute",
            None => {
                fits = false;
                continue;
            }
        };
        report.add("/xliff", offset, code, format!("`{name}` must be `{wanted}` here"));
        fits = false;
    }
    match document.metadata.get("article") {
        Some(id) if *id == article.to_string() => {}
        Some(_) => {
            report.add(&path, offset, "wrong_article", "the file was made from another article");
            fits = false;
        }
        None => fits = false,
    }
    let number = |name: &str| document.metadata.get(name).map(|value| value.parse::<i32>().ok().filter(|number| *number > 0));
    let (original, text) = (number("original_revision").flatten(), number("text_revision"));
    if !document.metadata.contains_key("article") || original.is_none() || text == Some(None) {
        report.add(&path, offset, "missing_metadata", "`mda:metadata` of the file must say `article` and `original_revision` as in the export");
        return None;
    }
    original.filter(|_| fits).map(|original_revision| Claim { original_revision, text_revision: text.flatten() })
}
