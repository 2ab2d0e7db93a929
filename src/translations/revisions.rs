//! Earlier revisions of a text: list, read, restore.

use super::text::{SeoText, Text};
use super::{SavedTranslation, find, store};
use crate::answer::Answer;
use crate::articles;
use crate::auth::Caller;
use crate::body::Body;
use crate::db::{Reader, Timestamp};
use crate::error::{Error, Result};
use crate::extract::{Path, Query};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::page::{Asked, Page};
use crate::policy::{Permission, ReadWork, WriteWork};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, post};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_revisions).service(get_revision).service(restore_revision);
}

/// A snapshot of a text. It never changes.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "its number is called so everywhere")]
pub struct Revision {
    pub revision: i32,
    #[serde(flatten)]
    pub text: Text,
    pub words: i32,
    /// The revision that it repeats.
    pub restored_from: Option<i32>,
    pub created_by: Uuid,
    pub created_at: Timestamp,
}

/// A revision in a list.
#[derive(Debug, Serialize, FromRow, ToSchema)]
pub struct RevisionOverview {
    pub revision: i32,
    pub headline: String,
    pub words: i32,
    pub restored_from: Option<i32>,
    pub created_by: Uuid,
    pub created_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    revision: i32,
    headline: String,
    summary: Option<String>,
    body: Json<Body>,
    dateline: Option<String>,
    byline: Option<String>,
    authors: Json<Vec<Uuid>>,
    seo: Json<SeoText>,
    words: i32,
    restored_from: Option<i32>,
    created_by: Uuid,
    created_at: Timestamp,
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
struct RevisionPath {
    /// The article.
    id: Uuid,
    /// BCP 47: `kk`, `kk-Latn`.
    #[param(value_type = Tag, example = "kk")]
    language: Tag,
    /// 1, 2, 3, …
    revision: i32,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// A revision of a text.
///
/// # Errors
/// `not_found`, and when the database fails.
pub async fn read(on: impl Reader<'_>, article: Uuid, language: &Tag, revision: i32) -> Result<Revision> {
    let row: Option<Row> = on
        .query(
            "SELECT r.revision, r.headline, r.summary, r.body, r.dateline, r.byline, r.authors, r.seo, r.words, r.restored_from, r.created_by, r.created_at \
             FROM revisions r JOIN translations t ON t.article_id = r.article_id AND t.language = r.language \
             WHERE r.article_id = $1 AND r.language = $2 AND r.revision = $3 AND t.deleted_at IS NULL",
        )
        .bind(article)
        .bind(language)
        .bind(revision)
        .optional()
        .await?;
    let row = row.ok_or_else(|| Error::not_found("revision"))?;
    Ok(Revision {
        revision: row.revision,
        text: Text {
            headline: row.headline,
            summary: row.summary,
            body: row.body.0,
            dateline: row.dateline,
            byline: row.byline,
            authors: row.authors.0,
            seo: row.seo.0,
        },
        words: row.words,
        restored_from: row.restored_from,
        created_by: row.created_by,
        created_at: row.created_at,
    })
}

/// List the revisions of a text
///
/// The newest first.
#[utoipa::path(tag = "revisions", params(TextPath, Paging), responses((status = 200, description = "A page of revisions", body = Page<RevisionOverview>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/articles/{id}/translations/{language}/revisions")]
async fn list_revisions(
    state: Data<State>,
    request: HttpRequest,
    caller: Caller<ReadWork>,
    Path(path): Path<TextPath>,
    Query(paging): Query<Paging>,
) -> Result<Answer> {
    let asked = Asked::<i32>::read(paging.limit, paging.cursor.as_deref(), &(path.id, &path.language))?;
    articles::reach(&state.db, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    let query = state
        .db
        .query(
            "SELECT r.revision, r.headline, r.words, r.restored_from, r.created_by, r.created_at FROM revisions r \
             JOIN translations t ON t.article_id = r.article_id AND t.language = r.language \
             WHERE r.article_id = $1 AND r.language = $2 AND t.deleted_at IS NULL",
        )
        .bind(path.id)
        .bind(&path.language)
        .push_some(" AND r.revision < ", asked.after);
    let rows: Vec<RevisionOverview> = query.push(" ORDER BY r.revision DESC LIMIT ").push_bind(asked.fetch()).all().await?;
    if rows.is_empty() && asked.after.is_none() {
        return Err(Error::not_found("translation"));
    }
    let address = state.url(&format!("/v1/articles/{}/translations/{}/revisions", path.id, path.language));
    asked.page(rows, |row| row.revision).answer(&address, request.query_string())
}

/// Read a revision
#[utoipa::path(tag = "revisions", params(RevisionPath), responses((status = 200, description = "The revision", body = Revision)))]
#[get("/articles/{id}/translations/{language}/revisions/{revision}")]
async fn get_revision(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<RevisionPath>) -> Result<Answer> {
    articles::reach(&state.db, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    Answer::ok(&read(&state.db, path.id, &path.language, path.revision).await?)
}

/// Restore a revision
///
/// Makes a new revision with the content of an earlier one.
#[utoipa::path(tag = "revisions", params(RevisionPath, IfMatch), responses((status = 200, description = "Restored", body = SavedTranslation)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/articles/{id}/translations/{language}/revisions/{revision}/restore")]
async fn restore_revision(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<RevisionPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let (old, _) = find(tx, &caller, WriteWork::RULE, path.id, &path.language, now).await?;
            precondition.check(old.standing())?;
            let earlier = read(&mut *tx, path.id, &path.language, path.revision).await?;
            let restored = store::put_next(tx, &caller, &old, &earlier.text, old.slug.as_deref(), Some(earlier.revision), now).await?;
            let version = restored.version;
            Ok(Answer::ok(&SavedTranslation::of(tx, restored).await?)?.version(version))
        })
        .await
}
