//! Stories: lists, reading, metadata, deletion. They are made with their original text in `translations`.

use super::list::{self, ArticleFilter, ArticleWithTexts};
use super::{ArticleChange, must_live, store, with_texts};
use crate::answer::Answer;
use crate::assignments;
use crate::audit::{self, Action, By, Entry};
use crate::auth::Caller;
use crate::error::Result;
use crate::extract::{Body, Path, Query};
use crate::idempotency::Write;
use crate::jobs;
use crate::page::Page;
use crate::policy::{Permission, PublishWork, ReadWork, WriteWork};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::{Rebuild, RebuildSelection};
use crate::schedule;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, delete, get, patch};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_articles).service(get_article).service(update_article).service(delete_article);
}

#[derive(Deserialize, IntoParams)]
struct ArticlePath {
    id: Uuid,
}

/// List articles
///
/// Work in progress and what was published, as far as you may see it: your agency's, what your agency has a text of or is asked to work on, what
/// you work on, and for staff of the platform what is shared with it.
#[utoipa::path(tag = "articles", params(ArticleFilter), responses((status = 200, description = "A page of articles", body = Page<ArticleWithTexts>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/articles")]
async fn list_articles(state: Data<State>, request: HttpRequest, caller: Caller<ReadWork>, Query(filter): Query<ArticleFilter>) -> Result<Answer> {
    list::list(&state, &caller, &filter).await?.answer(&state.url("/v1/articles"), request.query_string())
}

/// Read an article
///
/// Its metadata and where each of its texts stands.
#[utoipa::path(tag = "articles", params(ArticlePath), responses((status = 200, description = "The article", body = ArticleWithTexts)))]
#[get("/articles/{id}")]
async fn get_article(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<ArticlePath>) -> Result<Answer> {
    let article = store::reach(&state.db, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    let version = article.version;
    Ok(Answer::ok(&with_texts(&state.db, article).await?)?.version(version))
}

/// Change an article's metadata
///
/// The texts are changed one by one, under their languages. Once something of it is public, this needs the right to
/// publish, and what is public is rendered anew. What was killed stays as it is.
#[utoipa::path(tag = "articles", params(ArticlePath, IfMatch), request_body = ArticleChange,
    responses((status = 200, description = "Changed", body = ArticleWithTexts)), extensions(("x-problems" = json!(["illegal_transition"]))))]
#[patch("/articles/{id}")]
async fn update_article(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<ArticlePath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<ArticleChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            store::hold(tx, path.id).await?;
            let article = store::reach(&mut *tx, &caller, WriteWork::RULE, path.id, now).await?;
            precondition.check(article.standing())?;
            must_live(&article)?;
            let is_public = store::is_public(&mut *tx, article.id).await?;
            if is_public {
                store::reach(&mut *tx, &caller, PublishWork::RULE, path.id, now).await?;
            }
            let was_shared = article.shared;
            let article = store::update(tx, &caller, article, change, now).await?;
            if is_public {
                jobs::enqueue(&mut *tx, &Rebuild::of(RebuildSelection::Article(article.id)), now, now).await?;
            }
            if article.shared != was_shared {
                let action = if article.shared { Action::ArticleShared } else { Action::ArticleUnshared };
                let entry = Entry { action, agency: Some(article.agency_id), subject: article.id, language: None, details: json!({}) };
                audit::record(tx, By::from(&*caller), entry, now).await?;
            }
            let version = article.version;
            Ok(Answer::ok(&with_texts(tx, article).await?)?.version(version))
        })
        .await
}

/// Delete an article
///
/// With its texts; only while nothing of it was ever public.
#[utoipa::path(tag = "articles", params(ArticlePath, IfMatch), responses((status = 204, description = "Deleted")),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[delete("/articles/{id}")]
async fn delete_article(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<ArticlePath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            store::hold(tx, path.id).await?;
            let article = store::reach(&mut *tx, &caller, WriteWork::RULE, path.id, now).await?;
            precondition.check(article.standing())?;
            assignments::close(tx, &caller, article.id, None, "The article was deleted.", now).await?;
            store::delete(tx, &caller, &article, now).await?;
            schedule::cancel_for(tx, &caller, article.id, None, now).await?;
            Ok(Answer::no_content())
        })
        .await
}
