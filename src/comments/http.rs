//! Comments: say, read, change, delete.

use super::store::{self, Head};
use super::{Comment, Step, ThreadState, check, is_there, threads};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::patch::Patch;
use crate::policy::{Actor, DiscussWork, Permission};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use crate::translations::{self, Translation};
use actix_web::web::Data;
use actix_web::{delete, get, patch, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(create_comment).service(get_comment).service(update_comment).service(delete_comment).configure(threads::routes);
}

#[derive(Deserialize, IntoParams)]
pub(super) struct TextPath {
    /// The article.
    pub id: Uuid,
    /// BCP 47: `kk`, `kk-Latn`.
    #[param(value_type = Tag, example = "kk")]
    pub language: Tag,
}

#[derive(Deserialize, IntoParams)]
pub(super) struct CommentPath {
    pub id: Uuid,
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
pub(super) async fn find(tx: &mut Tx, actor: &Actor, comment: Uuid, now: Timestamp) -> Result<(Head, Translation)> {
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
    translations::look(&mut state.db.acquire().await?, &caller, DiscussWork::RULE, head.article_id, &head.language, now).await.map_err(hidden)?;
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
