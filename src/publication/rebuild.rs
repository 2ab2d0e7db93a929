//! Rendering documents anew when what they name has changed: a section, an agency, the site's addresses.

use super::document::Rendering;
use super::{Change, ChangeKind, ChangeType, document, partner, store};
use crate::db::{Reader, Timestamp};
use crate::error::Result;
use crate::jobs::{self, Job};
use crate::language::Tag;
use crate::secrets::sha256;
use crate::state::State;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Documents of one transaction.
const BATCH: i64 = 50;

/// Which documents to render anew.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebuildSelection {
    All,
    Section(Uuid),
    Agency(Uuid),
    Article(Uuid),
    /// Those that link to an article.
    Linking(Uuid),
}

/// Renders documents anew, a batch at a time: each batch is a job that leaves the next one. Nothing enters the change log:
/// the texts are the same.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rebuild {
    pub selection: RebuildSelection,
    /// The last document of the batch before.
    #[serde(default)]
    after: i64,
}

impl Rebuild {
    /// From the first document on.
    #[must_use]
    pub fn of(selection: RebuildSelection) -> Self {
        Self { selection, after: 0 }
    }
}

impl Job for Rebuild {
    const KIND: &'static str = "publication.rebuild";

    async fn run(self, state: &State) -> anyhow::Result<()> {
        batch(state, self.selection, self.after).await
    }
}

type Row = (i64, Uuid, Tag);

async fn batch(state: &State, selection: RebuildSelection, after: i64) -> anyhow::Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let query = tx.query("SELECT id, article_id, language FROM published_documents WHERE id > ").push_bind(after);
    let query = match selection {
        RebuildSelection::All => query,
        RebuildSelection::Section(id) => query.push(" AND section_id = ").push_bind(id),
        RebuildSelection::Agency(id) => {
            query.push(" AND (agency_id = ").push_bind(id).push(" OR article_id IN (SELECT id FROM articles WHERE agency_id = ").push_bind(id).push("))")
        }
        RebuildSelection::Linking(id) => query
            .push(" AND EXISTS (SELECT 1 FROM body_links l WHERE l.article_id = published_documents.article_id AND l.language = published_documents.language AND l.target_id = ")
            .push_bind(id)
            .push(")"),
        RebuildSelection::Article(id) => query.push(" AND article_id = ").push_bind(id),
    };
    let mut rows: Vec<Row> = query.push(" ORDER BY id LIMIT ").push_bind(BATCH).all().await?;
    let last = rows.last().map(|(id, ..)| *id);
    // Whoever holds several stories takes them in this order.
    rows.sort_by_key(|(id, article, _)| (*article, *id));
    let mut changed = false;
    for (_, article, language) in &rows {
        store::hold(&mut tx, *article).await?;
        // It may have been published anew, or taken away, until the story was held.
        let Some((seq, slug)) = store::shown_as(&mut tx, *article, language).await? else { continue };
        // Its row may have a new address already, which nobody has published.
        let source = store::Source { slug, ..store::source(&mut tx, *article, language).await? };
        let change = last_change(&mut tx, *article, language).await?;
        let (change, at) = change.map_or((Change::of(ChangeType::Published), now), |logged| (logged.change, logged.at));
        let document = document::render(&mut tx, &state.config, &source, &change, Rendering { at, again: true }).await?;
        // What readers cannot see changed nothing for them.
        if store::is_shown_otherwise(&mut tx, &document).await? {
            store::put(&mut tx, &document, true, seq, now).await?;
            store::refresh_siblings(&mut tx, *article, now).await?;
            changed = true;
        } else {
            changed |= store::set_related(&mut tx, &document).await?;
        }
    }
    if let Some(last) = last {
        jobs::enqueue(&mut tx, &Rebuild { selection, after: last }, now, now).await?;
    } else {
        partner::rebuild(&mut tx, &state.config, selection, now).await?;
    }
    if changed {
        store::stamp(&mut tx, super::ARTICLES, None, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The newest entry of the change log about a text.
pub(super) struct Logged {
    pub change: Change,
    pub revision: i32,
    pub at: Timestamp,
}

type Entry = (ChangeType, i32, Option<ChangeKind>, Option<String>, Timestamp);

pub(super) async fn last_change(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<Option<Logged>> {
    let row: Option<Entry> = on
        .query("SELECT type, revision, change_kind, public_note, at FROM published_changes WHERE article_id = $1 AND language = $2 ORDER BY seq DESC LIMIT 1")
        .bind(article)
        .bind(language)
        .optional()
        .await?;
    Ok(row.map(|(r#type, revision, kind, public_note, at)| Logged { change: Change { kind, public_note, ..Change::of(r#type) }, revision, at }))
}

/// Grows when documents get another shape, so that those of an older version are rendered anew.
const SHAPE: i32 = 3;

/// Renders everything anew when the settings have changed that addresses are made of, or the shape of documents.
///
/// # Errors
/// When the database fails.
pub async fn follow_addresses(state: &State) -> anyhow::Result<()> {
    let settings = format!("{SHAPE} {} {:?}", state.config.public_url, state.config.site.article_url);
    let digest = sha256(settings.as_bytes());
    let now_in_force = digest.iter().take(7).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let known: Option<(i64,)> = tx.query("SELECT value FROM sequences WHERE name = 'addresses'").optional().await?;
    if known != Some((now_in_force,)) {
        tx.query("INSERT INTO sequences (name, value) VALUES ('addresses', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            .bind(now_in_force)
            .execute()
            .await?;
        if known.is_some() {
            jobs::enqueue(&mut tx, &Rebuild::of(RebuildSelection::All), now, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
