//! Say that one is in a text, see who is, leave.

use super::store::{self, Editing};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::Timestamp;
use crate::error::{Faults, Result};
use crate::extract::{OptionalBody, Path};
use crate::language::Tag;
use crate::page::Page;
use crate::policy::{AnnounceWork, DiscussWork, Permission};
use crate::state::State;
use crate::translations::{self, Step};
use actix_web::web::Data;
use actix_web::{delete, get, put};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_editing).service(announce_editing).service(leave_editing);
}

#[derive(Deserialize, IntoParams)]
struct TextPath {
    /// The article.
    id: Uuid,
    /// BCP 47: `kk`, `kk-Latn`.
    #[param(value_type = Tag, example = "kk")]
    language: Tag,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"block": "b3"}))]
struct Announcement {
    /// The `_key` of the block that you are at.
    #[schema(min_length = 1, max_length = 64)]
    block: Option<String>,
}

/// What others see of you, and you of them.
#[derive(Serialize, ToSchema)]
struct Announced {
    /// Until when you count as being in the text; say it again before.
    until: Timestamp,
    /// Who else is in it, the first to come first.
    others: Vec<Editing>,
}

/// See who is editing a text
///
/// Oneself among them. Whoever has not said so for 60 seconds is gone.
#[utoipa::path(tag = "presence", params(TextPath), responses((status = 200, description = "Who is in it, the first to come first", body = Page<Editing>)))]
#[get("/articles/{id}/translations/{language}/editing")]
async fn list_editing(state: Data<State>, caller: Caller<DiscussWork>, Path(path): Path<TextPath>) -> Result<Answer> {
    let now = state.clock.now();
    translations::look(&mut state.db.acquire().await?, &caller, DiscussWork::RULE, path.id, &path.language, now).await?;
    Answer::ok(&Page::whole(store::list(&state.db, path.id, &path.language, now).await?))
}

/// Say that one is editing a text
///
/// Counts for 60 seconds: repeat it while you are there. It holds nobody up, and needs no `If-Match`; that decides who writes.
#[utoipa::path(tag = "presence", params(TextPath), request_body(content = Option<Announcement>, content_type = "application/json"),
    responses((status = 200, description = "Noted; who else is in it", body = Announced)), extensions(("x-problems" = json!(["illegal_transition"]))))]
#[put("/articles/{id}/translations/{language}/editing")]
async fn announce_editing(
    state: Data<State>,
    caller: Caller<AnnounceWork>,
    Path(path): Path<TextPath>,
    OptionalBody(announcement): OptionalBody<Announcement>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    if let Some(block) = &announcement.block {
        faults.text("/block", block, 1, 64);
    }
    faults.finish()?;
    let now = state.clock.now();
    let (text, _) = translations::look(&mut state.db.acquire().await?, &caller, AnnounceWork::RULE, path.id, &path.language, now).await?;
    translations::step(text.publication, text.review, Step::Edit)?;
    let until = store::put(state.db.write(), path.id, &path.language, caller.id(), announcement.block.as_deref(), now).await?;
    let mut others = store::list(&state.db, path.id, &path.language, now).await?;
    others.retain(|editing| editing.staff_id != caller.id());
    Answer::ok(&Announced { until, others })
}

/// Leave a text
///
/// Others no longer see you in it.
#[utoipa::path(tag = "presence", params(TextPath), responses((status = 204, description = "Left")))]
#[delete("/articles/{id}/translations/{language}/editing")]
async fn leave_editing(state: Data<State>, caller: Caller<AnnounceWork>, Path(path): Path<TextPath>) -> Result<Answer> {
    translations::look(&mut state.db.acquire().await?, &caller, AnnounceWork::RULE, path.id, &path.language, state.clock.now()).await?;
    store::delete(state.db.write(), path.id, &path.language, caller.id()).await?;
    Ok(Answer::no_content())
}
