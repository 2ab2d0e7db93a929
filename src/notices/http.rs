//! One's notices: list, and note as read.

use super::NoticeKind;
use super::store::{self, COLUMNS, Told};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::{Reader, Timestamp};
use crate::error::{Error, Result};
use crate::extract::{List, OptionalBody, Path, Query};
use crate::idempotency::Write;
use crate::page::{Asked, Meta, next_link};
use crate::policy::Myself;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_notices).service(read_notice).service(read_notices);
}

/// A page of notices.
#[derive(Serialize, ToSchema)]
struct Notices {
    data: Vec<Told>,
    meta: NoticesMeta,
}

/// Where a page stands in its list, and how many notices wait.
#[derive(Serialize, ToSchema)]
struct NoticesMeta {
    #[serde(flatten)]
    page: Meta,
    /// How many of your notices you have not read, whatever the filters.
    unread: i64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `true` for those that you have not read, `false` for those that you have.
    unread: Option<bool>,
    #[param(value_type = Option<String>, example = "assigned,returned")]
    kind: Option<List<NoticeKind>>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
struct NoticePath {
    id: Uuid,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct ReadNotices {
    /// The newest notice that you have seen: later ones stay unread.
    up_to: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct NoticesRead {
    /// How many were unread before.
    marked: u64,
    /// How many are unread now.
    unread: i64,
}

/// List one's notices
///
/// The newest first. `meta.unread` counts those that you have not read.
#[utoipa::path(tag = "me", params(Filter), responses((status = 200, description = "A page of notices", body = Notices)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/me/notices")]
async fn list_notices(state: Data<State>, request: HttpRequest, caller: Caller<Myself>, Query(filter): Query<Filter>) -> Result<Answer> {
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &(filter.unread, &filter.kind))?;
    let mut query = state.db.query(COLUMNS).push_bind(caller.id());
    query = match filter.unread {
        Some(true) => query.push(" AND n.read_at IS NULL"),
        Some(false) => query.push(" AND n.read_at IS NOT NULL"),
        None => query,
    };
    if let Some(kinds) = &filter.kind {
        query = query.push(" AND n.kind IN (").push_list(kinds.0.iter().copied()).push(")");
    }
    if let Some((at, id)) = asked.after {
        query = query.push(" AND (n.created_at, n.id) < (").push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")");
    }
    let found: Vec<Told> = query.push(" ORDER BY n.created_at DESC, n.id DESC LIMIT ").push_bind(asked.fetch()).all().await?;
    let mut page = asked.page(found, |told: &Told| (told.created_at.micros(), told.id));
    store::show(&state.db, &caller, &mut page.data, state.clock.now()).await?;
    let unread = store::unread(&state.db, caller.id()).await?;
    let link = page.meta.next_cursor.as_deref().map(|cursor| next_link(&state.url("/v1/me/notices"), request.query_string(), cursor));
    let answer = Answer::ok(&Notices { data: page.data, meta: NoticesMeta { page: page.meta, unread } })?;
    Ok(Answer { link, ..answer })
}

/// Note a notice as read
///
/// Once read, it stays so.
#[utoipa::path(tag = "me", params(NoticePath), responses((status = 204, description = "Read")))]
#[post("/me/notices/{id}/read")]
async fn read_notice(state: Data<State>, caller: Caller<Myself>, Path(path): Path<NoticePath>, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            if !store::read(tx, caller.id(), path.id, now).await? {
                return Err(Error::not_found("notice"));
            }
            Ok(Answer::no_content())
        })
        .await
}

/// Note all notices as read
///
/// With `up_to`, those up to that one: what came since you looked stays unread.
#[utoipa::path(tag = "me", request_body(content = Option<ReadNotices>, content_type = "application/json"),
    responses((status = 200, description = "Read", body = NoticesRead)))]
#[post("/me/notices/read")]
async fn read_notices(state: Data<State>, caller: Caller<Myself>, write: Write, OptionalBody(order): OptionalBody<ReadNotices>) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let marked = store::read_all(tx, caller.id(), order.up_to, now).await?;
            let marked = marked.ok_or_else(|| Error::invalid("/up_to", "unknown_notice", "is not a notice of yours"))?;
            Answer::ok(&NoticesRead { marked, unread: store::unread(&mut *tx, caller.id()).await? })
        })
        .await
}
