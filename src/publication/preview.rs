//! The document of a text as it would be, for those who may see it before readers do. Nothing is written.

use super::document::{self, Rendering};
use super::rebuild::last_change;
use super::store::{self, Sibling, Source};
use super::{Change, ChangeType};
use crate::config::Config;
use crate::db::{Conn, Timestamp};
use crate::error::Result;
use crate::language::{Tag, slug};
use crate::text_enum;
use uuid::Uuid;

text_enum! {
    /// In which form the body is wanted.
    pub enum BodyFormat {
        PortableText = "portable_text",
        Html = "html",
        Text = "text",
    }
}

/// Renders a revision of a text, its newest where none is named, in the shape of delivery. `None` for what was killed, deleted or is not there.
///
/// # Errors
/// When the database fails.
pub async fn preview(
    on: &mut Conn,
    config: &Config,
    (article, language): (Uuid, &Tag),
    revision: Option<i32>,
    format: BodyFormat,
    now: Timestamp,
) -> Result<Option<String>> {
    let Some(source) = store::draft(&mut *on, article, language, revision, now).await? else { return Ok(None) };
    let source = Source { slug: address_of(&source), ..source };
    let facts = document::gather(on, &source).await?;
    let (change, at) = as_published(on, &source, now).await?;
    let document = document::compose(config, &source, facts, &change, Rendering { at, again: true })?;
    let mut siblings = store::siblings(&mut *on, article).await?;
    let pending = siblings.iter().any(|text| text.language == document.language && text.correction_pending);
    let own = Sibling { language: document.language, slug: document.slug, url: document.url, updated_at: document.updated_at, correction_pending: pending };
    match siblings.iter_mut().find(|text| text.language == own.language) {
        Some(text) => *text = own,
        None if document.is_original => siblings.insert(0, own),
        None => {
            // The original first, the others in the order of their tags.
            let skipped = usize::from(siblings.first().is_some_and(|text| text.language == source.original_language));
            let others = siblings.iter().skip(skipped).take_while(|text| text.language < own.language).count();
            siblings.insert(skipped + others, own);
        }
    }
    let mut text = document.head;
    text.push_str(&store::tail_of(&siblings, pending)?);
    text.pop();
    text.push_str(",\"body\":");
    text.push_str(match format {
        BodyFormat::PortableText => &document.body,
        BodyFormat::Html => &document.body_html,
        BodyFormat::Text => &document.body_text,
    });
    text.push('}');
    Ok(Some(text))
}

/// The address it has, or would get if that is free.
fn address_of(source: &Source) -> String {
    if !source.slug.is_empty() {
        return source.slug.clone();
    }
    let made = slug(&source.headline, &source.language);
    if made.is_empty() { source.article_id.simple().to_string() } else { made }
}

/// Why the revision was published last; nothing is known of one that was not.
async fn as_published(on: &mut Conn, source: &Source, now: Timestamp) -> Result<(Change, Timestamp)> {
    let logged = last_change(&mut *on, source.article_id, &source.language).await?;
    let own = logged.filter(|logged| logged.revision == source.revision && logged.change.kind.is_some());
    Ok(own.map_or((Change::of(ChangeType::Published), now), |logged| (logged.change, logged.at)))
}
