//! Pieces of work: reading and changing.

use super::list::{self, AssignmentFilter};
use super::store;
use super::{Assignment, AssignmentKind, AssignmentState, AssignmentStep, coverage, follow, request, steps};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path, Query};
use crate::idempotency::Write;
use crate::page::Page;
use crate::patch::Patch;
use crate::policy::{Actor, AssignWork, Permission, ReadAssignments, ReviewWork};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use crate::{staff, translations};
use actix_web::web::Data;
use actix_web::{HttpRequest, get, patch};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_assignments)
        .service(get_assignment)
        .service(update_assignment)
        .configure(steps::routes)
        .configure(request::routes)
        .configure(coverage::routes);
}

#[derive(Deserialize, IntoParams)]
pub(super) struct AssignmentPath {
    pub id: Uuid,
}

/// Changes of a piece of work.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"due_at": "2027-07-24T18:00:00Z"}))]
struct AssignmentChange {
    /// An active staff member of the agency that is asked; `null` for its desk.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    assignee_id: Patch<Uuid>,
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>)]
    due_at: Patch<Timestamp>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000)]
    note: Patch<String>,
}

pub(super) fn answer(work: &Assignment) -> Result<Answer> {
    Ok(Answer::ok(work)?.version(work.version))
}

pub(super) fn forbidden(detail: &'static str) -> Error {
    Error::new(Code::Forbidden, detail)
}

/// Says whose the text is, where there is one to be made.
pub(super) async fn give_text(tx: &mut Tx, actor: &Actor, work: &Assignment, now: Timestamp) -> Result<()> {
    if work.kind == AssignmentKind::Review {
        return Ok(());
    }
    translations::give(tx, actor, work.article_id, &work.language, work.assignee_id, now).await
}

/// Takes the text from who had the work, which was declined or canceled.
pub(super) async fn take_text(tx: &mut Tx, actor: &Actor, work: &Assignment, now: Timestamp) -> Result<()> {
    match work.assignee_id.filter(|_| work.kind != AssignmentKind::Review) {
        Some(person) => translations::take_from(tx, person, work.article_id, &work.language, actor.id(), now).await,
        None => Ok(()),
    }
}

/// List assignments
///
/// What is asked of your agency, what is asked for stories of your agency, and for the platform what is asked for shared stories; what is
/// due first comes first.
#[utoipa::path(tag = "assignments", params(AssignmentFilter), responses((status = 200, description = "A page of assignments", body = Page<Assignment>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/assignments")]
async fn list_assignments(state: Data<State>, request: HttpRequest, caller: Caller<ReadAssignments>, Query(filter): Query<AssignmentFilter>) -> Result<Answer> {
    list::list(&state, &caller, &filter).await?.answer(&state.url("/v1/assignments"), request.query_string())
}

/// Read an assignment
#[utoipa::path(tag = "assignments", params(AssignmentPath), responses((status = 200, description = "The assignment", body = Assignment)))]
#[get("/assignments/{id}")]
async fn get_assignment(state: Data<State>, caller: Caller<ReadAssignments>, Path(path): Path<AssignmentPath>) -> Result<Answer> {
    answer(&store::find(&state.db, &caller, path.id, state.clock.now()).await?)
}

/// Change an assignment
///
/// Whoever asked changes all of it; editors of the agency that is asked say who does it.
#[utoipa::path(tag = "assignments", params(AssignmentPath, IfMatch), request_body = AssignmentChange,
    responses((status = 200, description = "Changed", body = Assignment)), extensions(("x-problems" = json!(["illegal_transition"]))))]
#[patch("/assignments/{id}")]
async fn update_assignment(
    state: Data<State>,
    caller: Caller<AssignWork>,
    Path(path): Path<AssignmentPath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<AssignmentChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            // People before stories, as a departure locks them.
            let worker = match change.assignee_id {
                Patch::Value(id) => staff::find_worker(&mut *tx, id).await?,
                Patch::Absent | Patch::Null => None,
            };
            let work = store::hold(tx, &caller, path.id, now).await?;
            let gives = work.is_given_by(&caller);
            let plain = change.due_at == Patch::Absent && change.note == Patch::Absent;
            if !(gives || (plain && work.is_led_by(&caller))) {
                return Err(forbidden("Editors of the story's agency change this; those of the agency that is asked say who does it."));
            }
            precondition.check(work.standing())?;
            // What is closed can be canceled no more, nor changed.
            work.step(AssignmentStep::Cancel)?;
            let mut faults = Faults::default();
            if matches!(change.assignee_id, Patch::Value(_)) {
                let fits = worker.as_ref().is_some_and(|worker| worker.agency_id == work.agency_id);
                faults.check(fits, "/assignee_id", "unknown_staff", "is not an active staff member of the agency that is asked");
                let reviews = work.kind != AssignmentKind::Review || worker.is_none_or(|worker| ReviewWork::RULE.roles.contains(&worker.role));
                faults.check(reviews, "/assignee_id", "not_a_reviewer", "is a journalist; journalists do not review");
            }
            answer(&apply(tx, &caller, work, change, faults, now).await?)
        })
        .await
}

async fn apply(tx: &mut Tx, actor: &Actor, work: Assignment, change: AssignmentChange, mut faults: Faults, now: Timestamp) -> Result<Assignment> {
    if let Patch::Value(at) = change.due_at {
        faults.check(at > now, "/due_at", "past", "must be in the future");
    }
    if let Patch::Value(note) = &change.note {
        faults.text("/note", note, 1, 2_000);
    }
    faults.finish()?;
    let to = change.assignee_id.apply(work.assignee_id);
    let is_given = to != work.assignee_id;
    let had_it = work.state != AssignmentState::Requested;
    let changed = if is_given { work.given_to(to) } else { work.clone() };
    let changed = Assignment { due_at: change.due_at.apply(work.due_at), note: change.note.apply(work.note), ..changed };
    let changed = store::put(tx, actor, changed, now).await?;
    if is_given {
        if had_it {
            give_text(tx, actor, &changed, now).await?;
        }
        follow::ask(tx, actor, &changed, now).await?;
    }
    Ok(changed)
}
