//! Threads and their comments: list, say, change, delete, resolve, reopen.

use super::store::{self, Head};
use super::{Comment, Step, Thread, ThreadState, check, is_there};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, List, Path, Query};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::page::{Asked, Page};
use crate::patch::Patch;
use crate::policy::{Actor, DiscussWork, Permission};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use crate::translations::{self, Translation};
use actix_web::web::Data;
use actix_web::{HttpRequest, delete, get, patch, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_comments)
        .service(create_comment)
        .service(get_comment)
        .service(update_comment)
        .service(delete_comment)
        .service(resolve_comment)
        .service(reopen_comment);
}

#[derive(Deserialize, IntoParams)]
struct TextPath {
    /// The article.
    id: Uuid,
    /// BCP 47: `kk`, `kk-Latn`.
    #[param(value_type = Tag, example = "kk")]
    language: Tag,
}

#[derive(Deserialize, IntoParams)]
struct CommentPath {
    id: Uuid,
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Where does this figure come from?", "block": "b1"}))]
struct NewComment {
    /// Plain text.
    #[schema(min_length = 1, max_length = 4000)]
    text: String,
    /// The thread that it answers; without it, it opens one.
    thread: Option<Uuid>,
    /// For a new thread: the `_key` of the block that it is about.
    #[schema(max_length = 64)]
    block: Option<String>,
    /// Staff members to tell, who may see the text.
    #[serde(default)]
    #[schema(max_items = 20)]
    mentions: Vec<Uuid>,
}

/// Changes of a comment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Where does the second figure come from?"}))]
struct CommentChange {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000)]
    text: Patch<String>,
    /// Replaces those who are named.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, max_items = 20)]
    mentions: Patch<Vec<Uuid>>,
}

fn answer(comment: &Comment) -> Result<Answer> {
    Ok(Answer::ok(comment)?.version(comment.version))
}

/// Whoever may not see a text knows nothing of its comments.
fn hidden(error: Error) -> Error {
    if error.code == Code::NotFound { Error::not_found("comment") } else { error }
}

/// The thread of a comment, with its text, whose story is held.
async fn find(tx: &mut Tx, actor: &Actor, comment: Uuid, now: Timestamp) -> Result<(Head, Translation)> {
    let head = store::head_of(&mut *tx, comment).await?;
    let found = translations::find(tx, actor, DiscussWork::RULE, head.article_id, &head.language, now).await;
    let (text, _) = found.map_err(hidden)?;
    // As it is now that others have finished with it.
    Ok((store::head_of(&mut *tx, comment).await?, text))
}

/// A comment of the caller's own that is still there.
async fn own(tx: &mut Tx, actor: &Actor, precondition: &Precondition, id: Uuid, now: Timestamp) -> Result<(Head, Comment)> {
    let (head, _) = find(tx, actor, id, now).await?;
    let comment = store::read(&mut *tx, id).await?;
    if comment.created_by != actor.id() {
        return Err(Error::new(Code::Forbidden, "Only who wrote a comment may change or delete it."));
    }
    precondition.check(comment.standing())?;
    if comment.deleted {
        return Err(Error::new(Code::Conflict, "The comment was deleted."));
    }
    Ok((head, comment))
}

/// Tells those who are named, and then the others who are concerned, where they may see the text.
async fn tell(tx: &mut Tx, head: &Head, comment: &Comment, named: &[Uuid], others: Vec<Uuid>, now: Timestamp) -> Result<()> {
    let details = json!({ "thread": head.id, "comment": comment.id, "block": head.block });
    let notice = |kind| Notice { kind, article: Some(head.article_id), language: Some(&head.language), by: Some(comment.created_by), details: details.clone() };
    notices::tell(tx, named, &notice(NoticeKind::Mentioned), now).await?;
    let others = others.into_iter().filter(|person| !named.contains(person)).collect();
    let others = store::who_see(tx, others, head.article_id, now).await?;
    notices::tell(tx, &others, &notice(NoticeKind::Commented), now).await
}

/// List the comments on a text
///
/// By threads, the oldest first, each with all its comments. Where the block of a thread is no longer in the newest revision, it is `outdated`.
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
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &(path.id, &path.language, &filter.state, &filter.block))?;
    let text = translations::look(&state.db, &caller, DiscussWork::RULE, path.id, &path.language, state.clock.now()).await?;
    let mut query = store::heads(&state.db, path.id, &path.language).push_some(" AND t.block = ", filter.block);
    if let Some(states) = &filter.state {
        query = query.push(" AND t.state IN (").push_list(states.0.iter().copied()).push(")");
    }
    if let Some((at, id)) = asked.after {
        query = query.push(" AND (t.created_at, t.id) > (").push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")");
    }
    let heads: Vec<Head> = query.push(" ORDER BY t.created_at, t.id LIMIT ").push_bind(asked.fetch()).all().await?;
    let page = asked.page(heads, |head: &Head| (head.created_at.micros(), head.id));
    let ids: Vec<Uuid> = page.data.iter().map(|head| head.id).collect();
    let comments = store::comments(&state.db, &ids).await?;
    let of = |id: Uuid| comments.iter().filter(|comment| comment.thread_id == id).cloned().collect();
    let threads = page.data.into_iter().map(|head| (of(head.id), head)).map(|(comments, head)| head.thread(&text.text.body, comments)).collect();
    let address = state.url(&format!("/v1/articles/{}/translations/{}/comments", path.id, path.language));
    Page { data: threads, meta: page.meta }.answer(&address, request.query_string())
}

/// Comment on a text
///
/// Without `thread` it opens one, on the whole text or on a block; who works on the text is told. With `thread` it answers there; who
/// takes part is told, and a thread that was resolved is open again. Who is named is told in any case. Comments are never public.
#[utoipa::path(tag = "comments", params(TextPath), request_body = NewComment, responses((status = 201, description = "Said", body = Comment)),
    extensions(("x-problems" = json!(["conflict"]))))]
#[post("/articles/{id}/translations/{language}/comments")]
async fn create_comment(
    state: Data<State>,
    caller: Caller<DiscussWork>,
    Path(path): Path<TextPath>,
    write: Write,
    Body(new): Body<NewComment>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let (text, _) = translations::find(tx, &caller, DiscussWork::RULE, path.id, &path.language, now).await?;
            let id = Uuid::now_v7();
            let mut faults = Faults::default();
            check(&mut faults, &new.text, &new.mentions);
            store::check_mentions(tx, path.id, &new.mentions, &[], &mut faults, now).await?;
            let known = known_thread(tx, &path, &new, &text, &mut faults).await?;
            faults.finish()?;
            let (head, others) = match known {
                Some(head) => (store::advance(tx, &head, Step::Reply, caller.id(), now).await?, store::participants(tx, head.id).await?),
                None => (open(tx, &path, id, new.block.clone(), caller.id(), now).await?, notices::people_of(tx, path.id, &path.language).await?),
            };
            let comment = store::insert(tx, id, head.id, (&new.text, &new.mentions), caller.id(), now).await?;
            tell(tx, &head, &comment, &new.mentions, others, now).await?;
            Ok(Answer::created(state.url(&format!("/v1/comments/{id}")), &comment)?.version(comment.version))
        })
        .await
}

/// The thread that a comment answers, if it does.
async fn known_thread(tx: &mut Tx, path: &TextPath, new: &NewComment, text: &Translation, faults: &mut Faults) -> Result<Option<Head>> {
    let Some(thread) = new.thread else {
        let known = new.block.as_deref().is_none_or(|block| is_there(&text.text.body, block));
        faults.check(known, "/block", "unknown_block", "is not the `_key` of a block of the newest revision");
        return Ok(None);
    };
    faults.check(new.block.is_none(), "/block", "not_allowed", "is said by the thread already");
    let head: Option<Head> = store::heads(&mut *tx, path.id, &path.language).push(" AND t.id = ").push_bind(thread).optional().await?;
    faults.check(head.is_some(), "/thread", "unknown_thread", "is not a thread of this text");
    Ok(head)
}

async fn open(tx: &mut Tx, path: &TextPath, id: Uuid, block: Option<String>, by: Uuid, now: Timestamp) -> Result<Head> {
    let (article_id, language) = (path.id, path.language.clone());
    let head = Head { id, article_id, language, block, state: ThreadState::Open, created_by: by, created_at: now, resolved_by: None, resolved_at: None };
    store::open(tx, &head).await?;
    Ok(head)
}

/// Read a comment
#[utoipa::path(tag = "comments", params(CommentPath), responses((status = 200, description = "The comment", body = Comment)))]
#[get("/comments/{id}")]
async fn get_comment(state: Data<State>, caller: Caller<DiscussWork>, Path(path): Path<CommentPath>) -> Result<Answer> {
    let head = store::head_of(&state.db, path.id).await?;
    let now = state.clock.now();
    translations::look(&state.db, &caller, DiscussWork::RULE, head.article_id, &head.language, now).await.map_err(hidden)?;
    answer(&store::read(&state.db, path.id).await?)
}

/// Change a comment of one's own
///
/// Who is named for the first time is told.
#[utoipa::path(tag = "comments", params(CommentPath, IfMatch), request_body = CommentChange, responses((status = 200, description = "Changed", body = Comment)),
    extensions(("x-problems" = json!(["conflict"]))))]
#[patch("/comments/{id}")]
async fn update_comment(
    state: Data<State>,
    caller: Caller<DiscussWork>,
    Path(path): Path<CommentPath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<CommentChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let (head, old) = own(tx, &caller, &precondition, path.id, now).await?;
            let mut faults = Faults::default();
            let text = change.text.kept("/text", old.text.clone().unwrap_or_default(), &mut faults);
            let mentions = change.mentions.apply(Some(old.mentions.0.clone())).unwrap_or_default();
            check(&mut faults, &text, &mentions);
            let named: Vec<Uuid> = mentions.iter().filter(|person| !old.mentions.contains(person)).copied().collect();
            store::check_mentions(tx, head.article_id, &mentions, &old.mentions, &mut faults, now).await?;
            faults.finish()?;
            if old.text.as_ref() == Some(&text) && old.mentions.0 == mentions {
                return answer(&old);
            }
            let comment = store::update(tx, path.id, &text, &mentions, now).await?;
            tell(tx, &head, &comment, &named, vec![], now).await?;
            answer(&comment)
        })
        .await
}

/// Delete a comment of one's own
///
/// A gap marked as deleted remains; its words are gone.
#[utoipa::path(tag = "comments", params(CommentPath, IfMatch), responses((status = 204, description = "Deleted")),
    extensions(("x-problems" = json!(["conflict"]))))]
#[delete("/comments/{id}")]
async fn delete_comment(
    state: Data<State>,
    caller: Caller<DiscussWork>,
    Path(path): Path<CommentPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            own(tx, &caller, &precondition, path.id, now).await?;
            store::delete(tx, path.id, now).await?;
            Ok(Answer::no_content())
        })
        .await
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
