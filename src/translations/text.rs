//! What a text says: the content of a revision.

use crate::body::Body;
use crate::error::{Error, Faults, Result};
use crate::extract::Object;
use crate::patch::Patch;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// People whose text it can be.
pub(super) const MOST_AUTHORS: usize = 20;

/// The content of a text.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Text {
    pub headline: String,
    pub summary: Option<String>,
    pub body: Body,
    /// `BAKU, July 24 (Trend)`
    pub dateline: Option<String>,
    /// Who wrote it, as it is to be printed; without it, the names of the authors.
    pub byline: Option<String>,
    /// Staff members whose text it is.
    pub authors: Vec<Uuid>,
    pub seo: SeoText,
}

/// For search engines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SeoText {
    #[schema(max_length = 200)]
    pub title: Option<String>,
    #[schema(max_length = 500)]
    pub description: Option<String>,
}

/// Changes of what search engines are told.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeoChange {
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub title: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 500)]
    pub description: Patch<String>,
}

/// A text to write. The body is Portable Text, or HTML that is converted to it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "headline": "Жасыл энергия Каспийден басталады",
    "summary": "Каспий жағалауында жел мен күн энергиясы қатар дамып келеді.",
    "body": [{"_type": "block", "_key": "a", "style": "normal", "markDefs": [], "children": [{"_type": "span", "_key": "a0", "text": "Каспий жағалауында жел күшті.", "marks": []}]}],
    "dateline": "АҚТАУ, 24 шілде (Kazinform)"
}))]
pub struct NewText {
    #[schema(min_length = 1, max_length = 300)]
    pub headline: String,
    #[schema(max_length = 2000)]
    pub summary: Option<String>,
    /// Portable Text.
    #[serde(default)]
    #[schema(value_type = Option<Body>)]
    pub body: Option<Value>,
    /// In place of `body`: HTML, as it comes from the clipboard.
    pub body_html: Option<String>,
    #[schema(max_length = 200)]
    pub dateline: Option<String>,
    #[schema(max_length = 200)]
    pub byline: Option<String>,
    /// Staff members; without it, you.
    #[schema(max_items = 20)]
    pub authors: Option<Vec<Uuid>>,
    #[schema(value_type = Option<SeoText>)]
    pub seo: Option<Object<SeoText>>,
    /// The address that it should get when it is published: letters a to z, digits and single hyphens.
    #[schema(max_length = 80, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    pub slug: Option<String>,
}

/// Changes of a text.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"headline": "Жасыл энергия Каспий жағалауынан басталады", "summary": null}))]
pub struct TextChange {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    pub headline: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub summary: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<Body>)]
    pub body: Patch<Value>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub body_html: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub dateline: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub byline: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, max_items = 20)]
    pub authors: Patch<Vec<Uuid>>,
    #[serde(default)]
    #[schema(value_type = Option<SeoChange>)]
    pub seo: Patch<Object<SeoChange>>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 80)]
    pub slug: Patch<String>,
}

impl NewText {
    /// The text, and the address it wants. `author` is whoever writes it, if that is a person.
    pub fn read(self, author: Option<Uuid>, faults: &mut Faults) -> (Text, Option<String>) {
        let body = body(self.body, self.body_html, faults).unwrap_or_default();
        let text = Text {
            headline: self.headline,
            summary: self.summary,
            body,
            dateline: self.dateline,
            byline: self.byline,
            authors: self.authors.unwrap_or_else(|| author.into_iter().collect()),
            seo: self.seo.map(|Object(seo)| seo).unwrap_or_default(),
        };
        text.check(faults);
        check_slug(self.slug.as_deref(), faults);
        (text, self.slug)
    }
}

impl TextChange {
    /// As [`convert`].
    pub(super) async fn convert(&mut self) -> Result<()> {
        if !matches!(self.body, Patch::Value(_))
            && let Patch::Value(html) = std::mem::take(&mut self.body_html)
        {
            self.body = Patch::Value(serde_json::to_value(from_html(html).await?).map_err(Error::internal)?);
        }
        Ok(())
    }

    /// The text with the changes, and the address it wants.
    pub fn apply(self, mut text: Text, slug: Option<String>, faults: &mut Faults) -> (Text, Option<String>) {
        text.headline = self.headline.kept("/headline", text.headline, faults);
        let given = |patch: Patch<Value>| match patch {
            Patch::Value(body) => Some(body),
            Patch::Absent | Patch::Null => None,
        };
        let nulls_body = self.body == Patch::Null;
        let html = match self.body_html {
            Patch::Value(html) => Some(html),
            Patch::Absent | Patch::Null => None,
        };
        if nulls_body && html.is_none() {
            text.body = Body::default();
        } else if let Some(body) = body(given(self.body), html, faults) {
            text.body = body;
        }
        text.summary = self.summary.apply(text.summary);
        text.dateline = self.dateline.apply(text.dateline);
        text.byline = self.byline.apply(text.byline);
        text.authors = self.authors.apply(Some(text.authors)).unwrap_or_default();
        text.seo = match self.seo {
            Patch::Absent => text.seo,
            Patch::Null => SeoText::default(),
            Patch::Value(Object(change)) => SeoText { title: change.title.apply(text.seo.title), description: change.description.apply(text.seo.description) },
        };
        let slug = self.slug.apply(slug);
        text.check(faults);
        check_slug(slug.as_deref(), faults);
        (text, slug)
    }
}

/// Converts HTML where it keeps nobody waiting: not in a transaction, and not between requests.
///
/// # Errors
/// When the body cannot be JSON.
pub(super) async fn from_html(html: String) -> Result<Body> {
    actix_web::web::block(move || Body::from_html(&html)).await.map_err(Error::internal)
}

/// Puts a body in place of HTML that came without one.
///
/// # Errors
/// As [`from_html`].
pub(super) async fn convert(body: &mut Option<Value>, html: &mut Option<String>) -> Result<()> {
    if body.is_none()
        && let Some(html) = html.take()
    {
        *body = Some(serde_json::to_value(from_html(html).await?).map_err(Error::internal)?);
    }
    Ok(())
}

/// The body that was given, in either form.
fn body(body: Option<Value>, html: Option<String>, faults: &mut Faults) -> Option<Body> {
    match (body, html) {
        (Some(_), Some(_)) => {
            faults.add("/body_html", "conflict", "cannot be given beside `body`");
            None
        }
        (None, Some(html)) => Some(Body::from_html(&html)),
        (Some(value), None) => match Body::parse(&value) {
            Ok(body) => Some(body),
            Err(found) => {
                for fault in found {
                    faults.add(format!("/body{}", fault.pointer), fault.code, fault.detail);
                }
                None
            }
        },
        (None, None) => None,
    }
}

fn check_slug(slug: Option<&str>, faults: &mut Faults) {
    let Some(slug) = slug else { return };
    let words = slug.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    faults.check(words && slug.len() <= 80, "/slug", "malformed", "must have 1 to 80 letters a to z and digits, with single hyphens between");
}

impl Text {
    /// Notes what breaks a rule, apart from the body, which keeps its rules by itself.
    pub fn check(&self, faults: &mut Faults) {
        faults.text("/headline", &self.headline, 1, 300);
        let texts = [
            ("/summary", &self.summary, 2_000),
            ("/dateline", &self.dateline, 200),
            ("/byline", &self.byline, 200),
            ("/seo/title", &self.seo.title, 200),
            ("/seo/description", &self.seo.description, 500),
        ];
        for (pointer, text, max) in texts {
            if let Some(text) = text {
                faults.text(pointer, text, 0, max);
            }
        }
        faults.check(self.authors.len() <= MOST_AUTHORS, "/authors", "too_many", "has more than 20 authors");
        for (i, author) in self.authors.iter().take(MOST_AUTHORS).enumerate() {
            faults.check(!self.authors[..i].contains(author), &format!("/authors/{i}"), "duplicate", "is there twice");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn faults_of(new: Value) -> Vec<String> {
        let mut faults = Faults::default();
        let _ = serde_json::from_value::<NewText>(new).unwrap().read(None, &mut faults);
        faults.finish().err().map_or_else(Vec::new, |e| e.faults.into_iter().filter_map(|fault| fault.pointer).collect())
    }

    #[test]
    fn all_faults_are_told_at_once() {
        assert!(faults_of(json!({"headline": "x", "body_html": "<p>y</p>", "slug": "a-1"})).is_empty());
        let told = faults_of(json!({"headline": " ", "body": [{"_type": "nonsense"}], "slug": "A b", "byline": "x".repeat(201)}));
        for pointer in ["/headline", "/slug", "/byline"] {
            assert!(told.iter().any(|other| other == pointer), "{pointer} in {told:?}");
        }
        assert!(told.iter().any(|pointer| pointer.starts_with("/body/0")), "{told:?}");
        assert_eq!(faults_of(json!({"headline": "x", "body": [], "body_html": ""})), ["/body_html"]);
    }
}
