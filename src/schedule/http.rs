//! Entries of the schedule: make, see, move, cancel.

use super::store::{self, COLUMNS, NewEntry};
use super::{EntryState, RunEntry, ScheduleEntry, ScheduledStep, check_order, is_change, jobs, record, release, release_http};
use crate::answer::Answer;
use crate::audit::Action;
use crate::auth::Caller;
use crate::db::Reader;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, List, Path, Query};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::page::{Asked, Page};
use crate::patch::Patch;
use crate::policy::{Permission, PublishWork, ReadWork};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::ChangeKind;
use crate::state::State;
use crate::translations::{self, Publication, Step, TextPath};
use crate::{agencies, articles, when};
use actix_web::web::Data;
use actix_web::{HttpRequest, get, patch, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(schedule_translation)
        .service(list_schedule)
        .service(get_schedule_entry)
        .service(update_schedule_entry)
        .service(cancel_schedule_entry)
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

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ScheduleFilter {
    /// Due at this instant or later.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// Due before this instant.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
    #[param(value_type = Option<String>, example = "pending,failed")]
    state: Option<List<EntryState>>,
    /// Whose story or text it is: ids or slugs.
    #[param(value_type = Option<String>, example = "trend")]
    agency: Option<List<String>>,
    #[param(value_type = Option<String>, example = "kk,ru")]
    language: Option<List<Tag>>,
    article: Option<Uuid>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
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
            let told = order.action == ScheduledStep::Unpublish || order.change_kind.is_some() || !is_change(&text);
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

/// List the schedule
///
/// What waits, what was done and what failed, in the order of its time, as far as you may see the articles.
#[utoipa::path(tag = "schedule", params(ScheduleFilter), responses((status = 200, description = "A page of the schedule", body = Page<ScheduleEntry>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/schedule")]
async fn list_schedule(state: Data<State>, request: HttpRequest, caller: Caller<ReadWork>, Query(filter): Query<ScheduleFilter>) -> Result<Answer> {
    let plain = ScheduleFilter { limit: None, cursor: None, ..filter.clone() };
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &plain)?;
    let mut agencies = vec![];
    for reference in filter.agency.iter().flat_map(|list| &list.0) {
        let id = agencies::find_id(&state.db, reference).await.map_err(|_| Error::parameter("agency", "names nothing that there is"))?;
        agencies.push(id);
    }
    let start = state.db.query(COLUMNS).push(
        " JOIN articles a ON a.id = s.article_id JOIN translations x ON x.article_id = s.article_id AND x.language = s.language \
         WHERE a.deleted_at IS NULL AND $1 = $1 AND $2 = $2 AND $3 = $3",
    );
    let start = start.bind(caller.id()).bind(caller.agency).bind(state.clock.now().to_utc().date_naive());
    let mut query = articles::push_visible(start, &caller).push_some(" AND s.run_at >= ", filter.from).push_some(" AND s.run_at < ", filter.to);
    if let Some(states) = &filter.state {
        query = query.push(" AND s.state IN (").push_list(states.0.iter().copied()).push(")");
    }
    if let Some(languages) = &filter.language {
        query = query.push(" AND s.language IN (").push_list(languages.0.iter()).push(")");
    }
    if filter.agency.is_some() {
        query = query.push(" AND (a.agency_id IN (").push_list(agencies.iter().copied()).push(") OR x.agency_id IN (");
        query = query.push_list(agencies.iter().copied()).push("))");
    }
    query = query.push_some(" AND s.article_id = ", filter.article);
    if let Some((at, id)) = asked.after {
        query = query.push(" AND (s.run_at, s.id) > (").push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")");
    }
    let rows: Vec<ScheduleEntry> = query.push(" ORDER BY s.run_at, s.id LIMIT ").push_bind(asked.fetch()).all().await?;
    asked.page(rows, |entry| (entry.run_at.micros(), entry.id)).answer(&state.url("/v1/schedule"), request.query_string())
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
            let mut faults = Faults::default();
            let said = change.at.as_deref();
            faults.check(said.is_some() || (change.time_zone.is_none() && change.offset.is_none()), "/at", "required", "says the time");
            if let Some(at) = said {
                let time_zone = change.time_zone.as_deref().or(entry.time_zone.as_deref());
                if let Some(moment) = when::read(when::Said { at, time_zone, offset: change.offset.as_deref() }, "/at", &state.clock, &mut faults) {
                    (entry.run_at, entry.local_time, entry.time_zone) = (moment.at, moment.local, moment.time_zone);
                }
            }
            entry.change_kind = change.change_kind.apply(entry.change_kind);
            entry.public_note = change.public_note.apply(entry.public_note);
            check_order(&mut faults, entry.change_kind, entry.public_note.as_deref());
            let allowed = entry.action == ScheduledStep::Publish || entry.change_kind.is_none();
            faults.check(allowed, "/change_kind", "not_allowed", "is of what is published");
            faults.finish()?;
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
                release::settle(tx, caller.id(), release, now).await?;
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
