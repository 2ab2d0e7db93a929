//! Threads: list, resolve, reopen.

use super::http::{CommentPath, TextPath, find};
use super::store::{self, Head};
use super::{Step, Thread, ThreadState};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::Timestamp;
use crate::error::{Error, Result};
use crate::extract::{List, Path, Query};
use crate::idempotency::Write;
use crate::page::{Asked, Page};
use crate::policy::{DiscussWork, Permission};
use crate::state::State;
use crate::translations;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, post};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_comments).service(resolve_comment).service(reopen_comment);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    #[param(value_type = Option<String>, example = "open")]
    state: Option<List<ThreadState>>,
    /// The `_key` of a block.
    #[param(max_length = 64)]
    block: Option<String>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// List the comments on a text
///
/// By threads, the oldest first, each with all its comments. A page ends before its limit where its threads have more than 100
/// comments together. Where the block of a thread is no longer in the newest revision, it is `outdated`.
#[utoipa::path(tag = "comments", params(TextPath, Filter), responses((status = 200, description = "A page of threads", body = Page<Thread>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/articles/{id}/translations/{language}/comments")]
async fn list_comments(
    state: Data<State>,
    request: HttpRequest,
    caller: Caller<DiscussWork>,
    Path(path): Path<TextPath>,
    Query(filter): Query<Filter>,
) -> Result<Answer> {
    if filter.block.as_ref().is_some_and(|block| block.chars().count() > 64) {
        return Err(Error::parameter("block", "has more than 64 characters"));
    }
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &(path.id, &path.language, &filter.state, &filter.block))?;
    let (text, _) = translations::look(&mut state.db.acquire().await?, &caller, DiscussWork::RULE, path.id, &path.language, state.clock.now()).await?;
    let mut query = store::heads(&state.db, path.id, &path.language).push_some(" AND t.block = ", filter.block);
    if let Some(states) = &filter.state {
        query = query.push(" AND t.state IN (").push_list(states.0.iter().copied()).push(")");
    }
    if let Some((at, id)) = asked.after {
        query = query.push(" AND (t.created_at, t.id) > (").push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")");
    }
    let heads: Vec<Head> = query.push(" ORDER BY t.created_at, t.id LIMIT ").push_bind(asked.fetch()).all().await?;
    let key = |head: &Head| (head.created_at.micros(), head.id);
    let mut page = asked.page(heads, key);
    let mut ids: Vec<Uuid> = page.data.iter().map(|head| head.id).collect();
    let fitting = store::fitting(&state.db, &ids).await?;
    if fitting < ids.len() {
        ids.truncate(fitting);
        page.data.truncate(fitting);
        page.meta.has_more = true;
        page.meta.next_cursor = page.data.last().map(|head| asked.cursor(key(head)));
    }
    let comments = store::comments(&state.db, &ids).await?;
    let of = |id: Uuid| comments.iter().filter(|comment| comment.thread_id == id).cloned().collect();
    let threads = page.data.into_iter().map(|head| (of(head.id), head)).map(|(comments, head)| head.thread(&text.text.body, comments)).collect();
    let address = state.url(&format!("/v1/articles/{}/translations/{}/comments", path.id, path.language));
    Page { data: threads, meta: page.meta }.answer(&address, request.query_string())
}

async fn advance(state: &State, caller: Caller<DiscussWork>, id: Uuid, step: Step, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let (head, text) = find(tx, &caller, id, now).await?;
            let moved = store::advance(tx, &head, step, caller.id(), now).await?;
            let comments = store::comments(&mut *tx, &[head.id]).await?;
            Answer::ok(&moved.thread(&text.text.body, comments))
        })
        .await
}

/// Resolve a thread
///
/// The id is of any of its comments. A thread has no ETag: nothing of it is overwritten.
#[utoipa::path(tag = "comments", params(CommentPath), responses((status = 200, description = "Resolved", body = Thread)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/comments/{id}/resolve")]
async fn resolve_comment(state: Data<State>, caller: Caller<DiscussWork>, Path(path): Path<CommentPath>, write: Write) -> Result<Answer> {
    advance(&state, caller, path.id, Step::Resolve, write).await
}

/// Reopen a thread
///
/// The id is of any of its comments.
#[utoipa::path(tag = "comments", params(CommentPath), responses((status = 200, description = "Open again", body = Thread)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/comments/{id}/reopen")]
async fn reopen_comment(state: Data<State>, caller: Caller<DiscussWork>, Path(path): Path<CommentPath>, write: Write) -> Result<Answer> {
    advance(&state, caller, path.id, Step::Reopen, write).await
}
