//! What partners see before readers do: the documents of texts under embargo, in a table of their own.

use super::document::{self, Rendering};
use super::store::{self, Document, Source};
use super::{Change, ChangeKind, ChangeType, RebuildSelection};
use crate::config::Config;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::language::Tag;
use sqlx::FromRow;
use uuid::Uuid;

/// What waits for readers: the change that they will be told of, and the address that it shall have.
#[derive(FromRow)]
pub struct Held {
    change_kind: Option<ChangeKind>,
    public_note: Option<String>,
    pub slug: String,
}

impl Held {
    /// As it enters the log.
    pub fn change(&self) -> Change {
        Change { kind: self.change_kind, public_note: self.public_note.clone(), ..Change::of(ChangeType::Published) }
    }
}

/// What waits for readers under an embargo, if anything does.
pub async fn held(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<Option<Held>> {
    let query = tx.query("SELECT change_kind, public_note, slug FROM partner_documents WHERE article_id = $1 AND language = $2");
    Ok(query.bind(article).bind(language).optional().await?)
}

/// Shows the published revision of a text to partners, as readers will see it when its embargo ends.
///
/// Of several changes under one embargo, the gravest is told.
pub async fn put(tx: &mut Tx, config: &Config, mut source: Source, change: &Change, until: Timestamp, now: Timestamp) -> Result<()> {
    let before = held(tx, source.article_id, &source.language).await?;
    let graver = before.filter(|before| before.change_kind > change.kind);
    let (kind, note) = graver.map_or_else(|| (change.kind, change.public_note.clone()), |before| (before.change_kind, before.public_note));
    source.published_at = until;
    let change = Change { kind, public_note: note, ..Change::of(ChangeType::Published) };
    let document = document::render(tx, config, &source, &change, Rendering { at: until, again: false }).await?;
    write(tx, &document, source.revision, &change, until, now).await
}

async fn write(tx: &mut Tx, document: &Document, revision: i32, change: &Change, until: Timestamp, now: Timestamp) -> Result<()> {
    remove(tx, document.article_id, &document.language).await?;
    tx.query(
        "INSERT INTO partner_documents (article_id, language, agency_id, is_original, embargo_until, revision, change_kind, public_note, slug, url, head, \
         body, body_html, body_text, written_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(document.article_id)
    .bind(&document.language)
    .bind(document.agency_id)
    .bind(document.is_original)
    .bind(until)
    .bind(revision)
    .bind(change.kind)
    .bind(&change.public_note)
    .bind(&document.slug)
    .bind(&document.url)
    .bind(&document.head)
    .bind(&document.body)
    .bind(&document.body_html)
    .bind(&document.body_text)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Takes a text away from partners. Says whether they saw it.
pub async fn remove(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<bool> {
    let gone = tx.query("DELETE FROM partner_documents WHERE article_id = $1 AND language = $2").bind(article).bind(language).execute().await?;
    Ok(gone > 0)
}

/// Renders what partners see anew, when what it names has changed.
pub async fn rebuild(tx: &mut Tx, config: &Config, selection: RebuildSelection, now: Timestamp) -> Result<()> {
    let query = tx.query("SELECT p.article_id, p.language, p.embargo_until FROM partner_documents p JOIN articles a ON a.id = p.article_id WHERE ");
    let query = match selection {
        RebuildSelection::All => query.push("1 = 1"),
        RebuildSelection::Section(id) => query.push("a.section_id = ").push_bind(id),
        RebuildSelection::Agency(id) => query.push("(p.agency_id = ").push_bind(id).push(" OR a.agency_id = ").push_bind(id).push(")"),
        RebuildSelection::Article(id) => query.push("a.id = ").push_bind(id),
        // Links are told when readers see the text.
        RebuildSelection::Linking(_) => return Ok(()),
    };
    let texts: Vec<(Uuid, Tag, Timestamp)> = query.push(" ORDER BY p.article_id, p.language").all().await?;
    for (article, language, until) in texts {
        store::hold(tx, article).await?;
        refresh(tx, config, article, &language, until, now).await?;
    }
    Ok(())
}

/// Renders what partners see of a text anew, under an embargo until `until`.
pub async fn refresh(tx: &mut Tx, config: &Config, article: Uuid, language: &Tag, until: Timestamp, now: Timestamp) -> Result<()> {
    let Some(held) = held(tx, article, language).await? else { return Ok(()) };
    // Its row may have another address already, which nobody has approved.
    let source = Source { slug: held.slug.clone(), ..store::source(tx, article, language).await? };
    put(tx, config, source, &held.change(), until, now).await
}
