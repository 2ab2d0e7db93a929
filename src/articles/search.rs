//! What work in progress is found by: the words of the newest revision of each text, and of its story. Readers' search has tables of its own.

use crate::body::Body;
use crate::db::{Engine, Query, Reader, Sql, Tx};
use crate::error::Result;
use crate::jobs::{self, Job};
use crate::language::Tag;
use crate::search::{self, MatchClass, MatchPlace, Terms};
use crate::sql;
use crate::state::State;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use std::time::Duration;
use uuid::Uuid;

/// Stories of one transaction, for which their writers wait meanwhile.
const BATCH: u16 = 20;

/// What a text is found by.
#[derive(Clone, Copy, Debug)]
pub struct Searched<'t> {
    pub article: Uuid,
    pub language: &'t Tag,
    pub headline: &'t str,
    pub summary: Option<&'t str>,
    pub body: &'t Body,
    /// Of its story, as the note.
    pub slugline: &'t str,
    pub ednote: Option<&'t str>,
}

/// Makes a text found by its words, from now on. The story is held.
///
/// # Errors
/// When the database fails.
pub async fn index(tx: &mut Tx, text: Searched<'_>) -> Result<()> {
    let body = text.body.to_text();
    // The body is last: of long texts, its end is not found.
    let parts = [text.headline, text.slugline, text.ednote.unwrap_or_default(), text.summary.unwrap_or_default(), &body];
    let terms = Terms::of_parts(&parts, text.language);
    if tx.engine() == Engine::Postgres {
        tx.query(
            "INSERT INTO work_search (article_id, language, terms) VALUES ($1, $2, CAST($3 AS tsvector)) \
             ON CONFLICT (article_id, language) DO UPDATE SET terms = excluded.terms",
        )
        .bind(text.article)
        .bind(text.language)
        .bind(terms.for_postgres())
        .execute()
        .await?;
        return Ok(());
    }
    // What changes nothing says the number of the row that is there.
    let (row,): (i64,) = tx
        .query(
            "INSERT INTO work_search (article_id, language) VALUES ($1, $2) \
             ON CONFLICT (article_id, language) DO UPDATE SET language = excluded.language RETURNING id",
        )
        .bind(text.article)
        .bind(text.language)
        .one()
        .await?;
    tx.query("INSERT OR REPLACE INTO work_search_terms (rowid, terms) VALUES ($1, $2)").bind(row).bind(terms.for_sqlite()).execute().await?;
    Ok(())
}

/// Forgets a text that was deleted, or all of a story.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, article: Uuid, language: Option<&Tag>) -> Result<()> {
    let query = tx.query("DELETE FROM work_search WHERE article_id = ").push_bind(article);
    query.push_some(" AND language = ", language).execute().await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    article_id: Uuid,
    language: Tag,
    headline: String,
    summary: Option<String>,
    body: Json<Body>,
    slugline: String,
    ednote: Option<String>,
}

/// Indexes the texts of stories, which are held, as they are.
pub(super) async fn index_stories(tx: &mut Tx, stories: &[Uuid]) -> Result<i64> {
    let query = tx.query(
        "SELECT t.article_id, t.language, r.headline, r.summary, r.body, a.slugline, a.ednote FROM articles a \
         JOIN translations t ON t.article_id = a.id AND t.deleted_at IS NULL \
         JOIN revisions r ON r.article_id = t.article_id AND r.language = t.language AND r.revision = t.revision WHERE a.id IN (",
    );
    let rows: Vec<Row> = query.push_list(stories.iter().copied()).push(")").all().await?;
    let mut done = 0;
    for row in &rows {
        let text = Searched {
            article: row.article_id,
            language: &row.language,
            headline: &row.headline,
            summary: row.summary.as_deref(),
            body: &row.body.0,
            slugline: &row.slugline,
            ednote: row.ednote.as_deref(),
        };
        index(tx, text).await?;
        done += 1;
    }
    Ok(done)
}

/// The stories of texts that are found. The engine's index comes first, and is asked once: walking through all stories instead would find
/// rare words last.
pub(super) const STORIES: Sql = sql!(
    " AND a.id IN (SELECT t.article_id FROM " ["work_search_terms CROSS JOIN work_search s ON s.id = work_search_terms.rowid CROSS JOIN"
    | "work_search s JOIN"] " translations t ON t.article_id = s.article_id AND t.language = s.language"
);
/// The end of those. The offset keeps PostgreSQL from looking up the words of one story after the other.
pub(super) const END: Sql = sql!(["" | " OFFSET 0"] ")");

const FOUND: Sql = sql!(" AND "["work_search_terms MATCH " | "s.terms @@ CAST("]);
const FOUND_END: Sql = sql!(["" | " AS tsquery)"]);

/// Appends that the text `t` is found, in whatever class. Whoever sees a story reads all of its texts.
pub(super) fn push_found<'q>(query: Query<'q>, wanted: &search::Query) -> Query<'q> {
    let asked = wanted.all(MatchClass::Stem, MatchPlace::Body);
    let asked = if query.engine() == Engine::Postgres { asked.for_postgres() } else { asked.for_sqlite() };
    query.push(FOUND).push_bind(asked).push(FOUND_END)
}

/// Indexes all work in progress anew, a batch of stories at a time: each batch is a job that leaves the next one. Whoever searches meanwhile
/// finds each text by its old terms or its new ones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ReindexWork {
    /// The last story of the batch before.
    #[serde(default)]
    after: Option<Uuid>,
    /// Texts that are done.
    #[serde(default)]
    done: i64,
}

impl Job for ReindexWork {
    const KIND: &'static str = "search.reindex_work";

    async fn run(self, state: &State) -> anyhow::Result<()> {
        self.batch(state, Duration::ZERO).await?;
        Ok(())
    }

    fn key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

const LOCKED: Sql = sql!(["" | " FOR UPDATE"]);

impl ReindexWork {
    /// Does a batch, and leaves the next one as a job that waits for so long; none at the end. Says how many texts are done.
    async fn batch(self, state: &State, wait: Duration) -> anyhow::Result<(i64, Option<Self>)> {
        let now = state.clock.now();
        let mut tx = state.db.begin().await?;
        let query = tx.query("SELECT id FROM articles WHERE deleted_at IS NULL").push_some(" AND id > ", self.after);
        // Whoever holds several stories takes them in this order. They are read once they are held.
        let rows: Vec<(Uuid,)> = query.push(" ORDER BY id LIMIT ").push_limit(BATCH).push(LOCKED).all().await?;
        let stories: Vec<Uuid> = rows.into_iter().map(|(id,)| id).collect();
        let done = self.done + index_stories(&mut tx, &stories).await?;
        let left = (stories.len() == usize::from(BATCH)).then(|| Self { after: stories.last().copied(), done });
        if let Some(next) = &left {
            jobs::enqueue(&mut tx, next, now.plus(wait), now).await?;
        } else {
            jobs::forget(&mut tx, Self::KIND).await?;
        }
        tx.commit().await?;
        Ok((done, left))
    }
}

/// Indexes all work in progress anew, now, while the service runs or not; what is left when this is broken off, the service does. Says how
/// many texts there were.
///
/// # Errors
/// When the database fails.
pub async fn reindex(state: &State) -> anyhow::Result<i64> {
    let (mut next, mut done) = (Some(ReindexWork::default()), 0);
    while let Some(batch) = next {
        (done, next) = batch.batch(state, Duration::from_mins(1)).await?;
    }
    Ok(done)
}
