//! The tables of threads and comments.

use super::{Comment, MOST_COMMENTS, MOST_MENTIONS, MOST_OF_PAGE, Step, Thread, ThreadState, is_there};
use crate::articles;
use crate::auth;
use crate::body::Body;
use crate::db::{Query, Reader, Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::language::Tag;
use sqlx::FromRow;
use sqlx::types::Json;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A row of a thread.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Head {
    pub id: Uuid,
    pub article_id: Uuid,
    pub language: Tag,
    pub block: Option<String>,
    pub state: ThreadState,
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub resolved_by: Option<Uuid>,
    pub resolved_at: Option<Timestamp>,
}

impl Head {
    /// `body` is of the newest revision of the text.
    pub fn thread(self, body: &Body, comments: Vec<Comment>) -> Thread {
        let outdated = self.block.as_deref().is_some_and(|block| !is_there(body, block));
        Thread {
            id: self.id,
            article_id: self.article_id,
            language: self.language,
            block: self.block,
            outdated,
            state: self.state,
            created_by: self.created_by,
            created_at: self.created_at,
            resolved_by: self.resolved_by,
            resolved_at: self.resolved_at,
            comments,
        }
    }
}

const HEADS: &str = "SELECT t.id, t.article_id, t.language, t.block, t.state, t.created_by, t.created_at, t.resolved_by, t.resolved_at FROM comment_threads t";

const COMMENTS: &str = "SELECT c.id, c.thread_id, CASE WHEN c.deleted_at IS NULL THEN c.text END AS text, c.mentions, c.deleted_at IS NOT NULL AS deleted, \
     c.created_by, s.names AS author_names, c.created_at, c.updated_at, c.version FROM comments c JOIN staff s ON s.id = c.created_by";

/// The threads of a text.
pub(super) fn heads<'q>(on: impl Reader<'q>, article: Uuid, language: &Tag) -> Query<'q> {
    on.query(HEADS).push(" WHERE t.article_id = ").push_bind(article).push(" AND t.language = ").push_bind(language)
}

/// The thread of a comment, which may be any of its comments.
///
/// # Errors
/// `not_found`, and when the database fails.
pub(super) async fn head_of(on: impl Reader<'_>, comment: Uuid) -> Result<Head> {
    let found: Option<Head> = on.query(HEADS).push(" JOIN comments c ON c.thread_id = t.id WHERE c.id = ").push_bind(comment).optional().await?;
    found.ok_or_else(|| Error::not_found("comment"))
}

/// The comments of threads, the oldest first.
///
/// # Errors
/// When the database fails.
pub(super) async fn comments(on: impl Reader<'_>, threads: &[Uuid]) -> Result<Vec<Comment>> {
    let query = on.query(COMMENTS).push(" WHERE c.thread_id IN (").push_list(threads.iter().copied());
    Ok(query.push(") ORDER BY c.created_at, c.id").all().await?)
}

/// How many threads at the head have so few comments together that they fit on a page; at least one.
///
/// # Errors
/// When the database fails.
pub(super) async fn fitting(on: impl Reader<'_>, threads: &[Uuid]) -> Result<usize> {
    let query = on.query("SELECT thread_id, count(*) FROM comments WHERE thread_id IN (").push_list(threads.iter().copied());
    let counts: Vec<(Uuid, i64)> = query.push(") GROUP BY thread_id").all().await?;
    let mut room = MOST_OF_PAGE;
    let fitting = threads.iter().take_while(|thread| {
        room -= counts.iter().find(|(id, _)| id == *thread).map_or(0, |(_, count)| *count);
        room >= 0
    });
    Ok(fitting.count().max(1))
}

/// # Errors
/// `not_found`, and when the database fails.
pub(super) async fn read(on: impl Reader<'_>, id: Uuid) -> Result<Comment> {
    let found: Option<Comment> = on.query(COMMENTS).push(" WHERE c.id = ").push_bind(id).optional().await?;
    found.ok_or_else(|| Error::not_found("comment"))
}

/// Opens a thread, which waits for its first comment under the same id.
///
/// # Errors
/// When the database fails.
pub(super) async fn open(tx: &mut Tx, head: &Head) -> Result<()> {
    tx.query("INSERT INTO comment_threads (id, article_id, language, block, state, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(head.id)
        .bind(head.article_id)
        .bind(&head.language)
        .bind(&head.block)
        .bind(head.state)
        .bind(head.created_by)
        .bind(head.created_at)
        .execute()
        .await?;
    Ok(())
}

/// Writes a comment.
///
/// # Errors
/// `conflict` for a thread that is full, and when the database fails.
pub(super) async fn insert(tx: &mut Tx, id: Uuid, thread: Uuid, (text, mentions): (&str, &[Uuid]), by: Uuid, now: Timestamp) -> Result<Comment> {
    let there: i64 = tx.query("SELECT count(*) FROM comments WHERE thread_id = $1").bind(thread).value().await?;
    if there >= MOST_COMMENTS {
        return Err(Error::new(Code::Conflict, format!("The thread has {MOST_COMMENTS} comments already: open another.")));
    }
    tx.query("INSERT INTO comments (id, thread_id, text, mentions, version, created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, 1, $5, $6, $6)")
        .bind(id)
        .bind(thread)
        .bind(text)
        .bind(Json(mentions))
        .bind(by)
        .bind(now)
        .execute()
        .await?;
    read(tx, id).await
}

/// Writes a comment anew.
///
/// # Errors
/// When the database fails.
pub(super) async fn update(tx: &mut Tx, id: Uuid, text: &str, mentions: &[Uuid], now: Timestamp) -> Result<Comment> {
    let query = tx.query("UPDATE comments SET text = $2, mentions = $3, version = version + 1, updated_at = $4 WHERE id = $1");
    query.bind(id).bind(text).bind(Json(mentions)).bind(now).execute().await?;
    read(tx, id).await
}

/// Leaves a gap where a comment was; its words are gone.
///
/// # Errors
/// When the database fails.
pub(super) async fn delete(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<()> {
    let query = tx.query("UPDATE comments SET text = '', mentions = $2, version = version + 1, updated_at = $3, deleted_at = $3 WHERE id = $1");
    query.bind(id).bind(Json(Vec::<Uuid>::new())).bind(now).execute().await?;
    Ok(())
}

/// Takes a step with a thread.
///
/// # Errors
/// `illegal_transition`, and when the database fails.
pub(super) async fn advance(tx: &mut Tx, head: &Head, step: Step, by: Uuid, now: Timestamp) -> Result<Head> {
    let state = head.state.step(step)?;
    let resolved = (state == ThreadState::Resolved).then_some((by, now));
    let moved = Head { state, resolved_by: resolved.map(|(by, _)| by), resolved_at: resolved.map(|(_, at)| at), ..head.clone() };
    tx.query("UPDATE comment_threads SET state = $2, resolved_by = $3, resolved_at = $4 WHERE id = $1")
        .bind(head.id)
        .bind(moved.state)
        .bind(moved.resolved_by)
        .bind(moved.resolved_at)
        .execute()
        .await?;
    Ok(moved)
}

/// Who takes part in a thread: who said something, and who was named.
///
/// # Errors
/// When the database fails.
pub(super) async fn participants(tx: &mut Tx, thread: Uuid) -> Result<Vec<Uuid>> {
    let said: Vec<(Uuid, Json<Vec<Uuid>>)> =
        tx.query("SELECT created_by, mentions FROM comments WHERE thread_id = $1 AND deleted_at IS NULL ORDER BY id").bind(thread).all().await?;
    let people: BTreeSet<Uuid> = said.into_iter().flat_map(|(author, mentions)| std::iter::once(author).chain(mentions.0)).collect();
    Ok(people.into_iter().collect())
}

/// Those of the people who may see the article.
///
/// # Errors
/// When the database fails.
pub(super) async fn who_see(tx: &mut Tx, people: Vec<Uuid>, article: Uuid, now: Timestamp) -> Result<Vec<Uuid>> {
    let mut seeing = vec![];
    for person in people {
        if let Some(actor) = auth::actor_of(&mut *tx, person).await?
            && !articles::visible_among(&mut *tx, &actor, &[article], now).await?.is_empty()
        {
            seeing.push(person);
        }
    }
    Ok(seeing)
}

/// Notes a fault for each of the people who may not see the article, but for those who were named before. Those who do not exist are told
/// as those.
///
/// # Errors
/// When the database fails.
pub(super) async fn check_mentions(tx: &mut Tx, article: Uuid, mentions: &[Uuid], before: &[Uuid], faults: &mut Faults, now: Timestamp) -> Result<()> {
    let new: Vec<(usize, Uuid)> = mentions.iter().copied().enumerate().take(MOST_MENTIONS).filter(|(_, person)| !before.contains(person)).collect();
    let seeing = who_see(tx, new.iter().map(|(_, person)| *person).collect(), article, now).await?;
    for (i, person) in new {
        faults.check(seeing.contains(&person), &format!("/mentions/{i}"), "cannot_see", "cannot see this text");
    }
    Ok(())
}
