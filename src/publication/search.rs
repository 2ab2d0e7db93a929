//! The index of what is public: written in the transaction that publishes, gone with the document, and made anew in the background.

use super::store;
use crate::articles::ReindexWork;
use crate::db::{Engine, Reader, Sql, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::jobs::{self, Job};
use crate::language::Tag;
use crate::search::{Plain, Terms, VERSION};
use crate::sql;
use crate::state::State;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Documents of one transaction.
const BATCH: u16 = 50;
/// Between two places, so that texts of an earlier date find room.
const GAP: i64 = 16;

/// A document to index: as it is stored.
pub struct Entry<'d> {
    pub id: i64,
    pub language: &'d Tag,
    pub published_at: Timestamp,
    /// A JSON object with headline, summary, agency, section and topics.
    pub card: &'d str,
    /// A JSON string.
    pub body_text: &'d str,
}

/// Makes a document found by its words, from now on.
pub async fn put(tx: &mut Tx, entry: &Entry<'_>) -> Result<()> {
    let terms = terms(entry)?;
    if tx.engine() == Engine::Postgres {
        return put_in_postgres(tx, entry, &terms).await;
    }
    let known: Option<(i64, Timestamp)> = tx.query("SELECT place, published_at FROM published_search WHERE document_id = $1").bind(entry.id).optional().await?;
    let place = match known {
        Some((place, at)) if at == entry.published_at => place,
        Some(_) => {
            remove(tx, entry.id).await?;
            find_place(tx, entry).await?
        }
        None => find_place(tx, entry).await?,
    };
    write_in_sqlite(tx, entry, &terms, place).await
}

fn terms(entry: &Entry<'_>) -> Result<Terms> {
    Ok(Terms::of(&Plain::read(entry.card, entry.body_text).map_err(Error::internal)?, entry.language))
}

async fn put_in_postgres(tx: &mut Tx, entry: &Entry<'_>, terms: &Terms) -> Result<()> {
    let (text, spellings) = terms.packed();
    tx.query(
        "INSERT INTO published_search (document_id, published_at, terms, spellings) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (document_id) DO UPDATE SET published_at = excluded.published_at, terms = excluded.terms, spellings = excluded.spellings",
    )
    .bind(entry.id)
    .bind(entry.published_at)
    .bind(text)
    .bind(spellings)
    .execute()
    .await?;
    Ok(())
}

async fn write_in_sqlite(tx: &mut Tx, entry: &Entry<'_>, terms: &Terms, place: i64) -> Result<()> {
    tx.query("INSERT INTO published_search (document_id, published_at, place) VALUES ($1, $2, $3) ON CONFLICT (document_id) DO NOTHING")
        .bind(entry.id)
        .bind(entry.published_at)
        .bind(place)
        .execute()
        .await?;
    tx.query("INSERT OR REPLACE INTO published_search_terms (rowid, terms) VALUES ($1, $2)").bind(place).bind(terms.for_sqlite()).execute().await?;
    Ok(())
}

/// Between the texts that were published before and after it; a negative place where there is no room.
async fn find_place(tx: &mut Tx, entry: &Entry<'_>) -> Result<i64> {
    let (below, above): (Option<i64>, Option<i64>) = tx
        .query(
            "SELECT (SELECT place FROM published_search WHERE place > 0 AND (published_at, document_id) < ($1, $2) \
             ORDER BY published_at DESC, document_id DESC LIMIT 1), \
             (SELECT place FROM published_search WHERE place > 0 AND (published_at, document_id) > ($1, $2) ORDER BY published_at, document_id LIMIT 1)",
        )
        .bind(entry.published_at)
        .bind(entry.id)
        .one()
        .await?;
    let below = below.unwrap_or(0);
    Ok(match above {
        None => below + GAP,
        Some(above) if above - below > 1 => below + (above - below) / 2,
        Some(_) => -entry.id,
    })
}

/// Forgets a document; what becomes of it in the engine's index, the database knows.
async fn remove(tx: &mut Tx, id: i64) -> Result<()> {
    tx.query("DELETE FROM published_search WHERE document_id = $1").bind(id).execute().await?;
    Ok(())
}

/// Indexes all that is public anew, the newest first, a batch at a time: each batch is a job that leaves the next one. Whoever searches
/// meanwhile finds each text by its old terms or its new ones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reindex {
    /// The last document of the batch before: when it was published, and its id.
    #[serde(default)]
    after: Option<(i64, i64)>,
    /// The lowest place that was given, on SQLite.
    #[serde(default)]
    place: Option<i64>,
    /// Documents that are done.
    #[serde(default)]
    done: i64,
}

impl Job for Reindex {
    const KIND: &'static str = "search.reindex";

    async fn run(self, state: &State) -> anyhow::Result<()> {
        self.batch(state, Duration::ZERO).await?;
        Ok(())
    }

    fn key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

/// What renders documents anew takes no number of the change log.
const LOCKED: Sql = sql!(""["" | " FOR UPDATE"]);

type Row = (i64, Tag, Timestamp, String, String);

impl Reindex {
    /// Does a batch, and leaves the next one as a job that waits for so long; none at the end. Says how many
    /// documents are done.
    async fn batch(self, state: &State, wait: Duration) -> anyhow::Result<(i64, Option<Self>)> {
        let now = state.clock.now();
        let mut tx = state.db.begin().await?;
        // Nobody publishes meanwhile: what is read here is what is written.
        store::hold_seq(&mut tx).await?;
        let query = tx.query("SELECT id, language, published_at, card, body_text FROM published_documents WHERE TRUE");
        let query = match self.after {
            None => query,
            Some((at, id)) => query.push(" AND (published_at, id) < (").push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")"),
        };
        let rows: Vec<Row> = query.push(" ORDER BY published_at DESC, id DESC LIMIT ").push_limit(BATCH).push(LOCKED).all().await?;
        let mut next = self;
        for (id, language, published_at, card, body_text) in &rows {
            next.index(&mut tx, &Entry { id: *id, language, published_at: *published_at, card, body_text }).await?;
        }
        let done = next.done;
        let left = (rows.len() == usize::from(BATCH)).then_some(next);
        if let Some(next) = &left {
            jobs::enqueue(&mut tx, next, now.plus(wait), now).await?;
        } else {
            jobs::forget(&mut tx, Self::KIND).await?;
            store::stamp(&mut tx, super::ARTICLES, None, now).await?;
        }
        tx.commit().await?;
        Ok((done, left))
    }

    async fn index(&mut self, tx: &mut Tx, entry: &Entry<'_>) -> Result<()> {
        let terms = terms(entry)?;
        if tx.engine() == Engine::Postgres {
            put_in_postgres(tx, entry, &terms).await?;
        } else {
            let place = match self.place {
                Some(place) => place,
                None => top(tx).await?,
            } - GAP;
            remove(tx, entry.id).await?;
            write_in_sqlite(tx, entry, &terms, place).await?;
            self.place = Some(place);
        }
        self.after = Some((entry.published_at.micros(), entry.id));
        self.done += 1;
        Ok(())
    }
}

/// A place above all, from which there is room downwards for all: those that have one already stay below them in the meantime.
async fn top(tx: &mut Tx) -> Result<i64> {
    let (highest, count): (i64, i64) =
        tx.query("SELECT COALESCE((SELECT max(place) FROM published_search WHERE place > 0), 0), (SELECT count(*) FROM published_documents)").one().await?;
    Ok(highest + (count + i64::from(BATCH)) * 2 * GAP)
}

/// Has everything indexed anew in the background, work in progress too, when this program makes other terms than the one before, or the
/// first ones.
///
/// # Errors
/// When the database fails.
pub async fn follow_search_version(state: &State) -> anyhow::Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let known: Option<(i64,)> = tx.query("SELECT value FROM sequences WHERE name = 'search'").optional().await?;
    if known != Some((VERSION,)) {
        note_version(&mut tx).await?;
        if known.is_some() || is_incomplete(&mut tx).await? {
            jobs::enqueue(&mut tx, &Reindex::default(), now, now).await?;
            jobs::enqueue(&mut tx, &ReindexWork::default(), now, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Whether something was written or published before there was an index.
async fn is_incomplete(tx: &mut Tx) -> Result<bool> {
    let missing = tx.query(
        "SELECT EXISTS (SELECT 1 FROM published_documents d WHERE NOT EXISTS (SELECT 1 FROM published_search s WHERE s.document_id = d.id)) \
         OR EXISTS (SELECT 1 FROM translations t WHERE t.deleted_at IS NULL AND NOT EXISTS \
         (SELECT 1 FROM work_search s WHERE s.article_id = t.article_id AND s.language = t.language))",
    );
    Ok(missing.value().await?)
}

async fn note_version(tx: &mut Tx) -> Result<()> {
    tx.query("INSERT INTO sequences (name, value) VALUES ('search', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        .bind(VERSION)
        .execute()
        .await?;
    Ok(())
}

/// Indexes everything anew, now, while the service runs or not; what is left when this is broken off, the service does. Says how
/// many texts there were.
///
/// # Errors
/// When the database fails.
pub async fn reindex(state: &State) -> anyhow::Result<i64> {
    let mut tx = state.db.begin().await?;
    note_version(&mut tx).await?;
    tx.commit().await?;
    let (mut next, mut done) = (Some(Reindex::default()), 0);
    while let Some(batch) = next {
        (done, next) = batch.batch(state, Duration::from_mins(1)).await?;
    }
    Ok(done)
}
