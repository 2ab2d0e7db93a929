//! Entries of the schedule: make, see, move, cancel.

use super::store::{self, NewEntry};
use super::{EntryState, RunEntry, ScheduleEntry, ScheduledStep, check_order, jobs, list, record, release, release_http};
use crate::answer::Answer;
use crate::audit::Action;
use crate::auth::Caller;
use crate::clock::Clock;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::patch::Patch;
use crate::policy::{Permission, PublishWork, ReadWork};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::ChangeKind;
use crate::state::State;
use crate::translations::{self, Publication, Step, TextPath};
use crate::{articles, when};
use actix_web::web::Data;
use actix_web::{get, patch, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(schedule_translation)
        .service(get_schedule_entry)
        .service(update_schedule_entry)
        .service(cancel_schedule_entry)
        .configure(list::routes)
        .configure(release_http::routes);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"action": "publish", "at": "2026-10-25T09:00", "time_zone": "Asia/Almaty"}))]
struct ScheduleOrder {
    action: ScheduledStep,
    /// A time of day in `time_zone`, or an instant with its offset or `Z`.
    at: String,
    /// IANA.
    time_zone: Option<String>,
    /// Which of two, where the clocks are put back: `+03:00`.
    offset: Option<String>,
    /// Why it is published anew; needed when readers have seen an earlier revision by then.
    change_kind: Option<ChangeKind>,
    /// What readers are told; needed for a clarification or correction.
    #[schema(min_length = 1, max_length = 1000)]
    public_note: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"at": "2026-10-25T10:30"}))]
struct EntryChange {
    /// Another time; in the same time zone, where none is said.
    at: Option<String>,
    time_zone: Option<String>,
    offset: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<ChangeKind>)]
    change_kind: Patch<ChangeKind>,
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    public_note: Patch<String>,
}

impl EntryChange {
    fn apply(self, entry: &mut ScheduleEntry, clock: &Clock) -> Result<()> {
        let mut faults = Faults::default();
        match self.at.as_deref() {
            Some(at) => {
                let time_zone = self.time_zone.as_deref().or(entry.time_zone.as_deref());
                if let Some(moment) = when::read(when::Said { at, time_zone, offset: self.offset.as_deref() }, "/at", clock, &mut faults) {
                    (entry.run_at, entry.local_time, entry.time_zone) = (moment.at, moment.local, moment.time_zone);
                }
            }
            None => faults.check(self.time_zone.is_none() && self.offset.is_none(), "/at", "required", "says the time"),
        }
        entry.change_kind = self.change_kind.apply(entry.change_kind);
        entry.public_note = self.public_note.apply(entry.public_note.take());
        check_order(&mut faults, entry.change_kind, entry.public_note.as_deref());
        let allowed = entry.action == ScheduledStep::Publish || entry.change_kind.is_none();
        faults.check(allowed, "/change_kind", "not_allowed", "is of what is published");
        faults.finish()
    }
}

#[derive(Deserialize, IntoParams)]
struct EntryPath {
    id: Uuid,
}

/// Schedule a step of a text
///
/// At its time the text is published or unpublished in your name, with the rights that you have then. Only an approved revision goes out by
/// itself. What cannot happen is marked as failed, and you and the desk are told. One step of each kind can wait for a text.
#[utoipa::path(tag = "schedule", params(TextPath), request_body = ScheduleOrder, responses((status = 201, description = "It waits", body = ScheduleEntry)),
    extensions(("x-problems" = json!(["illegal_transition", "already_exists"]))))]
#[post("/articles/{id}/translations/{language}/schedule")]
async fn schedule_translation(
    state: Data<State>,
    caller: Caller<PublishWork>,
    Path(path): Path<TextPath>,
    write: Write,
    Body(order): Body<ScheduleOrder>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    let said = when::Said { at: &order.at, time_zone: order.time_zone.as_deref(), offset: order.offset.as_deref() };
    let moment = when::read(said, "/at", &state.clock, &mut faults);
    check_order(&mut faults, order.change_kind, order.public_note.as_deref());
    let allowed = order.action == ScheduledStep::Publish || order.change_kind.is_none();
    faults.check(allowed, "/change_kind", "not_allowed", "is of what is published");
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            let (text, _) = translations::find(tx, &caller, PublishWork::RULE, path.id, &path.language, now).await?;
            if matches!(text.publication, Publication::Killed | Publication::Withheld) {
                translations::step(text.publication, text.review, Step::Publish)?;
            }
            let told = order.action == ScheduledStep::Unpublish || order.change_kind.is_some() || !text.is_change(&mut *tx).await?;
            faults.check(told, "/change_kind", "required", "readers have seen an earlier revision: say fix, update, clarification or correction");
            faults.finish()?;
            let new = NewEntry {
                article: path.id,
                language: &path.language,
                action: order.action,
                moment: moment.as_ref(),
                change_kind: order.change_kind,
                public_note: order.public_note.as_deref(),
                release: None,
            };
            let entry = store::insert(tx, caller.id(), new, now).await?;
            crate::jobs::enqueue(&mut *tx, &RunEntry::from(&entry), entry.run_at, now).await?;
            let details = json!({ "entry": entry.id, "action": entry.action, "run_at": entry.run_at });
            record(tx, (&*caller).into(), Action::Scheduled, &entry, details, now).await?;
            Ok(Answer::created(state.url(&format!("/v1/schedule/{}", entry.id)), &entry)?.version(entry.version))
        })
        .await
}

/// Read an entry of the schedule
#[utoipa::path(tag = "schedule", params(EntryPath), responses((status = 200, description = "The entry", body = ScheduleEntry)))]
#[get("/schedule/{id}")]
async fn get_schedule_entry(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<EntryPath>) -> Result<Answer> {
    let absent = || Error::not_found("entry of the schedule");
    let entry = store::read(&state.db, path.id).await?.ok_or_else(absent)?;
    articles::reach(&state.db, &caller, ReadWork::RULE, entry.article_id, state.clock.now()).await.map_err(|error| match error.code {
        Code::NotFound => absent(),
        _ => error,
    })?;
    Ok(Answer::ok(&entry)?.version(entry.version))
}

/// The entry, for somebody who may publish its text; holds its story.
async fn find(tx: &mut Tx, caller: &Caller<PublishWork>, id: Uuid, precondition: &Precondition, now: Timestamp) -> Result<ScheduleEntry> {
    let absent = || Error::not_found("entry of the schedule");
    let entry = store::read(&mut *tx, id).await?.ok_or_else(absent)?;
    translations::find(tx, caller, PublishWork::RULE, entry.article_id, &entry.language, now).await.map_err(|error| match error.code {
        Code::NotFound => absent(),
        _ => error,
    })?;
    let entry = store::read(tx, id).await?.ok_or_else(absent)?;
    precondition.check(entry.standing())?;
    Ok(entry)
}

fn wrong_state(entry: &ScheduleEntry, step: &str) -> Error {
    Error::new(Code::IllegalTransition, format!("An entry that is {} cannot be {step}.", entry.state)).with("state", entry.state.as_str())
}

/// Move an entry of the schedule
///
/// To another time, or with another order. It still happens in the name of whoever made it.
#[utoipa::path(tag = "schedule", params(EntryPath, IfMatch), request_body = EntryChange, responses((status = 200, description = "Moved", body = ScheduleEntry)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[patch("/schedule/{id}")]
async fn update_schedule_entry(
    state: Data<State>,
    caller: Caller<PublishWork>,
    Path(path): Path<EntryPath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<EntryChange>,
) -> Result<Answer> {
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            let mut entry = find(tx, &caller, path.id, &precondition, now).await?;
            if entry.state != EntryState::Pending {
                return Err(wrong_state(&entry, "moved"));
            }
            if entry.release_id.is_some() {
                return Err(Error::new(Code::Conflict, "It is part of a joint release: cancel it there, or the release."));
            }
            let before = entry.run_at;
            change.apply(&mut entry, &state.clock)?;
            store::update(tx, caller.id(), &entry, now).await?;
            crate::jobs::enqueue(&mut *tx, &RunEntry::from(&entry), entry.run_at, now).await?;
            let details = json!({ "entry": entry.id, "action": entry.action, "run_at": entry.run_at, "before": before });
            record(tx, (&*caller).into(), Action::ScheduleMoved, &entry, details, now).await?;
            answer(tx, entry.id).await
        })
        .await
}

/// Cancel an entry of the schedule
///
/// It does not happen. One that failed counts as seen to.
#[utoipa::path(tag = "schedule", params(EntryPath, IfMatch), responses((status = 200, description = "Canceled", body = ScheduleEntry)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/schedule/{id}/cancel")]
async fn cancel_schedule_entry(
    state: Data<State>,
    caller: Caller<PublishWork>,
    Path(path): Path<EntryPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            let entry = find(tx, &caller, path.id, &precondition, now).await?;
            if !matches!(entry.state, EntryState::Pending | EntryState::Failed) {
                return Err(wrong_state(&entry, "canceled"));
            }
            store::finish(tx, caller.id(), entry.id, EntryState::Canceled, None, now).await?;
            crate::jobs::forget(&mut *tx, &jobs::key(entry.id)).await?;
            if let Some(release) = entry.release_id {
                release::settle(tx, &caller, release, now).await?;
            }
            record(tx, (&*caller).into(), Action::ScheduleCanceled, &entry, json!({ "entry": entry.id, "action": entry.action }), now).await?;
            answer(tx, entry.id).await
        })
        .await
}

async fn answer(tx: &mut Tx, id: Uuid) -> Result<Answer> {
    let entry = store::read(tx, id).await?.ok_or_else(|| Error::internal("the entry that was changed is not there"))?;
    Ok(Answer::ok(&entry)?.version(entry.version))
}
