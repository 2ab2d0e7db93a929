//! Changes of a front page that happen at their time.

use super::editions::{EditionPath, articles_of, hold, record, set};
use super::{FrontPage, FrontPageChange, FrontPageChangeState, MOST_WAITING, admit, check, may_edit, may_read, store};
use crate::agencies;
use crate::answer::Answer;
use crate::audit::{Action, By};
use crate::auth::{self, Caller};
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::extract::{Body, Object, Path};
use crate::idempotency::Write;
use crate::jobs::{self, Job};
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::page::Page;
use crate::policy::{Decision, EditFrontPages, Permission, ReadFrontPages};
use crate::publication::FrontPageSlot;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{delete, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::types::Json;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_front_page_changes).service(get_front_page_change).service(schedule_front_page_change).service(cancel_front_page_change);
}

/// How far ahead a change can be scheduled.
const FARTHEST: Duration = Duration::from_hours(24 * 366);

#[derive(Deserialize, IntoParams)]
struct ChangePath {
    #[param(example = "home")]
    name: String,
    /// BCP 47: `kk`, `kk-Latn`.
    #[param(value_type = Tag, example = "kk")]
    language: Tag,
    id: Uuid,
}

/// A change to schedule.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewFrontPageChange {
    /// With its offset: `2026-07-25T06:00:00+05:00`. Within a year.
    at: Timestamp,
    /// What is to stand on the page from then on, whole.
    #[schema(value_type = Vec<FrontPageSlot>, max_items = 100)]
    slots: Vec<Object<FrontPageSlot>>,
}

/// Does the changes of a front page that are due.
#[derive(Debug, Serialize, Deserialize)]
pub struct CarryOut {
    change: Uuid,
}

impl Job for CarryOut {
    const KIND: &'static str = "front_pages.carry_out";
    const PROMPT: bool = true;

    async fn run(self, state: &State) -> anyhow::Result<()> {
        let now = state.clock.now();
        let mut tx = state.db.begin().await?;
        if let Some(change) = store::find_change(&mut tx, self.change).await? {
            let page = store::hold(&mut tx, change.front_page_id).await?;
            carry_out(&mut tx, &page, &change.language, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn given_up(self, state: &State) -> anyhow::Result<()> {
        let mut tx = state.db.begin().await?;
        if let Some(change) = store::find_change(&mut tx, self.change).await?.filter(|change| change.state == FrontPageChangeState::Waiting) {
            let page = store::hold(&mut tx, change.front_page_id).await?;
            tell(&mut tx, &page, &change, Code::Internal, state.clock.now()).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Tells whoever made a change, if they still work here, and the desk of the page that it did not happen.
async fn tell(tx: &mut Tx, page: &FrontPage, change: &FrontPageChange, code: Code, now: Timestamp) -> Result<()> {
    let mut people: Vec<Uuid> = auth::actor_of(&mut *tx, change.created_by).await?.map(|_| change.created_by).into_iter().collect();
    let agency = match page.agency_id {
        Some(agency) => Some(agency),
        None => agencies::platform(&mut *tx).await?,
    };
    if let Some(agency) = agency {
        people.extend(notices::desk(tx, agency).await?);
    }
    let details = json!({ "job": CarryOut::KIND, "code": code.as_str(), "name": page.name, "language": change.language, "change": change.id });
    let notice = Notice { kind: NoticeKind::JobFailed, article: None, language: Some(&change.language), by: None, details };
    notices::tell(tx, &people, &notice, now).await
}

/// Whether whoever made a change may still edit the page.
async fn may_still(tx: &mut Tx, page: &FrontPage, change: &FrontPageChange) -> Result<bool> {
    let actor = auth::actor_of(tx, change.created_by).await?;
    Ok(actor.is_some_and(|actor| actor.may(EditFrontPages::RULE) && may_edit(&actor, page) == Decision::Allow))
}

/// Does the changes of a page in one language that are due, one after the other, whichever of them was asked for: a job that comes
/// late does not come over a newer one. What its maker may not do any more is canceled, and told.
pub(super) async fn carry_out(tx: &mut Tx, page: &FrontPage, language: &Tag, now: Timestamp) -> Result<()> {
    let due = store::waiting(&mut *tx, page.id, language, Some(now)).await?;
    let mut traces = vec![];
    for change in due {
        let (state, action) = if may_still(tx, page, &change).await? {
            set(tx, page, language, &change.slots.0, change.created_by, now).await?;
            (FrontPageChangeState::Done, Action::FrontPageChanged)
        } else {
            tell(tx, page, &change, Code::Forbidden, now).await?;
            (FrontPageChangeState::Canceled, Action::FrontPageCanceled)
        };
        store::end_change(tx, change.id, state, now).await?;
        traces.push((change, action));
    }
    for (change, action) in traces {
        let details = json!({ "name": page.name, "change": change.id, "ordered_by": change.created_by, "articles": articles_of(&change.slots.0) });
        record(tx, By::Service, action, page, language, details, now).await?;
    }
    Ok(())
}

/// List what is to change on a front page
///
/// The changes that wait, in the order of their times.
#[utoipa::path(tag = "front-pages", params(EditionPath), responses((status = 200, description = "Changes", body = Page<FrontPageChange>)))]
#[get("/front-pages/{name}/{language}/changes")]
async fn list_front_page_changes(state: Data<State>, caller: Caller<ReadFrontPages>, Path(path): Path<EditionPath>) -> Result<Answer> {
    let mut on = state.db.acquire().await?;
    let page = store::find(&mut on, &path.name).await?;
    admit(may_read(&caller, &page))?;
    Answer::ok(&Page::whole(store::waiting(&mut on, page.id, &path.language, None).await?))
}

/// Read a scheduled change
#[utoipa::path(tag = "front-pages", params(ChangePath), responses((status = 200, description = "The change", body = FrontPageChange)))]
#[get("/front-pages/{name}/{language}/changes/{id}")]
async fn get_front_page_change(state: Data<State>, caller: Caller<ReadFrontPages>, Path(path): Path<ChangePath>) -> Result<Answer> {
    let mut on = state.db.acquire().await?;
    let page = store::find(&mut on, &path.name).await?;
    admit(may_read(&caller, &page))?;
    let change = store::find_change(&mut on, path.id).await?;
    Answer::ok(&of_page(change, &page, &path)?)
}

fn of_page(change: Option<FrontPageChange>, page: &FrontPage, path: &ChangePath) -> Result<FrontPageChange> {
    change.filter(|change| change.front_page_id == page.id && change.language == path.language).ok_or_else(|| Error::not_found("change of the front page"))
}

/// Schedule a change of a front page
///
/// At its time the slots take the place of those that stand on the page then; never before, and seconds after at most. If you may not edit
/// the page any more at that time it is canceled, and the desk is told.
#[utoipa::path(tag = "front-pages", params(EditionPath), request_body = NewFrontPageChange,
    responses((status = 201, description = "Scheduled", body = FrontPageChange)), extensions(("x-problems" = json!(["conflict"]))))]
#[post("/front-pages/{name}/{language}/changes")]
async fn schedule_front_page_change(
    state: Data<State>,
    caller: Caller<EditFrontPages>,
    Path(path): Path<EditionPath>,
    write: Write,
    Body(new): Body<NewFrontPageChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let page = hold(tx, &caller, &path.name).await?;
            if new.at <= now || new.at > now.plus(FARTHEST) {
                return Err(Error::invalid("/at", "out_of_range", "must be after now, and within a year"));
            }
            if store::waiting(&mut *tx, page.id, &path.language, None).await?.len() >= MOST_WAITING {
                return Err(Error::new(Code::Conflict, format!("{MOST_WAITING} changes of the page wait already; cancel some.")));
            }
            let known = store::edition(&mut *tx, page.id, &path.language).await?.map(|edition| edition.slots.0).unwrap_or_default();
            let slots = check(tx, &caller, new.slots, &known, new.at, now).await?;
            let change = FrontPageChange {
                id: Uuid::now_v7(),
                front_page_id: page.id,
                language: path.language.clone(),
                at: new.at,
                slots: Json(slots),
                state: FrontPageChangeState::Waiting,
                created_by: caller.id(),
                created_at: now,
                ended_at: None,
            };
            store::insert_change(tx, &change).await?;
            jobs::enqueue(&mut *tx, &CarryOut { change: change.id }, change.at, now).await?;
            let details = json!({ "name": page.name, "change": change.id, "at": change.at, "articles": articles_of(&change.slots.0) });
            record(tx, (&*caller).into(), Action::FrontPageScheduled, &page, &path.language, details, now).await?;
            Answer::created(state.url(&format!("/v1/front-pages/{}/{}/changes/{}", page.name, path.language, change.id)), &change)
        })
        .await
}

/// Cancel a scheduled change
///
/// As long as it waits.
#[utoipa::path(tag = "front-pages", params(ChangePath), responses((status = 204, description = "Canceled")),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[delete("/front-pages/{name}/{language}/changes/{id}")]
async fn cancel_front_page_change(state: Data<State>, caller: Caller<EditFrontPages>, Path(path): Path<ChangePath>, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let page = hold(tx, &caller, &path.name).await?;
            let change = of_page(store::find_change(&mut *tx, path.id).await?, &page, &path)?;
            if change.state == FrontPageChangeState::Done {
                return Err(Error::new(Code::IllegalTransition, "The change was done already.").with("state", change.state.as_str()));
            }
            if store::end_change(tx, change.id, FrontPageChangeState::Canceled, now).await? {
                let details = json!({ "name": page.name, "change": change.id, "at": change.at });
                record(tx, (&*caller).into(), Action::FrontPageCanceled, &page, &path.language, details, now).await?;
            }
            Ok(Answer::no_content())
        })
        .await
}
