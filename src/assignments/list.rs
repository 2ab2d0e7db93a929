//! Lists of work, what is due first at the head.

use super::store::{self, LAPSED};
use super::{Assignment, AssignmentKind, AssignmentState};
use crate::agencies;
use crate::articles::SHARED;
use crate::db::{Query, Timestamp};
use crate::error::{Error, Result};
use crate::extract::List;
use crate::language::Tag;
use crate::page::{Asked, Page};
use crate::policy::{Actor, Permission, ReviewWork};
use crate::state::State;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

/// Filters of the list of assignments.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssignmentFilter {
    /// `true` for what is not accepted, declined or canceled yet; `false` for what is.
    pub open: Option<bool>,
    /// `true` for what you can claim now.
    pub claimable: Option<bool>,
    #[param(value_type = Option<String>, example = "kk,kk-Latn")]
    pub language: Option<List<Tag>>,
    #[param(value_type = Option<String>, example = "requested,returned")]
    pub state: Option<List<AssignmentState>>,
    #[param(value_type = Option<String>, example = "translate")]
    pub kind: Option<List<AssignmentKind>>,
    /// The agencies that are asked: ids or slugs.
    #[param(value_type = Option<String>, example = "kazinform")]
    pub agency: Option<List<String>>,
    /// Who is asked or does it: `me`, or an id.
    #[param(example = "me")]
    pub assignee: Option<String>,
    pub article: Option<Uuid>,
    #[param(value_type = Option<Timestamp>)]
    pub due_before: Option<Timestamp>,
    /// `true` for what is open past its due time.
    pub overdue: Option<bool>,
    /// On stories as urgent as this or more: `2` finds flashes.
    #[param(minimum = 1, maximum = 9)]
    pub urgency_max: Option<i32>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
    pub cursor: Option<String>,
}

/// A filter with what it names found.
struct Resolved<'a> {
    filter: &'a AssignmentFilter,
    agencies: Option<Vec<Uuid>>,
    assignee: Option<Uuid>,
    after: Option<(i64, Uuid)>,
}

/// A page of the work that the caller may know of.
///
/// # Errors
/// For filters that name nothing, and when the database fails.
pub async fn list(state: &State, actor: &Actor, filter: &AssignmentFilter) -> Result<Page<Assignment>> {
    let now = state.clock.now();
    if filter.urgency_max.is_some_and(|urgency| !(1..=9).contains(&urgency)) {
        return Err(Error::parameter("urgency_max", "must be from 1 (flash) to 9"));
    }
    let plain = AssignmentFilter { limit: None, cursor: None, ..filter.clone() };
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &plain)?;
    let resolved = Resolved { agencies: agencies_of(state, filter).await?, assignee: assignee_of(actor, filter)?, filter, after: asked.after };
    let rows = asked.limit.saturating_add(1);
    let mut query = store::push_columns(store::start(&state.db, "SELECT ", actor, now)).push(" FROM (");
    let mut separator = "SELECT * FROM (";
    for part in parts(actor, &resolved) {
        query = query.push(separator).push("SELECT w.id FROM assignments w JOIN articles a ON a.id = w.article_id WHERE ");
        query = match part {
            Part::Known => store::push_visible(query),
            Part::Asked => query.push("w.agency_id = $2"),
            Part::Stories => query.push("w.story_agency_id = $2"),
            Part::Shared => query.push(SHARED),
        };
        query = filtered(query, actor, &resolved).push(" ORDER BY w.due_at, w.id LIMIT ").push_limit(rows).push(") p");
        separator = " UNION SELECT * FROM (";
    }
    query = query.push(") k JOIN assignments w ON w.id = k.id JOIN articles a ON a.id = w.article_id ORDER BY w.due_at, w.id LIMIT ").push_limit(rows);
    let found = store::all(query, now).await?;
    Ok(asked.page(found, |work: &Assignment| (work.due_at.unwrap_or_else(store::never).micros(), work.id)))
}

/// What a list is put together of: each part is read in its own order from an index, and no further than the page.
enum Part {
    /// All that the caller may know of; for what a better index leads to.
    Known,
    Asked,
    Stories,
    Shared,
}

fn parts(actor: &Actor, resolved: &Resolved<'_>) -> Vec<Part> {
    if resolved.assignee.is_some() || resolved.filter.article.is_some() {
        return vec![Part::Known];
    }
    let mut parts = vec![Part::Asked, Part::Stories];
    if actor.platform {
        parts.push(Part::Shared);
    }
    parts
}

fn filtered<'q>(mut query: Query<'q>, actor: &Actor, resolved: &Resolved<'_>) -> Query<'q> {
    let filter = resolved.filter;
    query = match filter.open {
        Some(true) => query.push(" AND w.closed_at IS NULL"),
        Some(false) => query.push(" AND w.closed_at IS NOT NULL"),
        None => query,
    };
    if let Some(claimable) = filter.claimable {
        let free = if claimable { " AND (" } else { " AND NOT (" };
        query = query.push(free).push("w.closed_at IS NULL AND w.agency_id = $2 AND (");
        query = query.push(LAPSED).push(" OR (w.state = 'requested' AND (w.assignee_id IS NULL OR w.assignee_id = ").push_bind(actor.id());
        query = query.push(if actor.may(ReviewWork::RULE) { "))))" } else { "))) AND w.kind <> 'review')" });
    }
    if let Some(languages) = &filter.language {
        query = query.push(" AND w.language IN (").push_list(languages.0.iter()).push(")");
    }
    if let Some(states) = &filter.state {
        query = query.push(" AND CASE WHEN ").push(LAPSED).push(" THEN 'requested' ELSE w.state END IN (").push_list(states.0.iter().copied()).push(")");
    }
    if let Some(kinds) = &filter.kind {
        query = query.push(" AND w.kind IN (").push_list(kinds.0.iter().copied()).push(")");
    }
    if let Some(agencies) = &resolved.agencies {
        query = query.push(" AND w.agency_id IN (").push_list(agencies.iter().copied()).push(")");
    }
    if let Some(person) = resolved.assignee {
        query = query.push(" AND w.assignee_id = ").push_bind(person).push(" AND NOT (").push(LAPSED).push(")");
    }
    query = query.push_some(" AND w.article_id = ", filter.article).push_some(" AND w.due_at < ", filter.due_before);
    if let Some(urgency) = filter.urgency_max {
        query = store::push_sees(query.push(" AND ")).push(" AND a.urgency <= ").push_bind(urgency);
    }
    query = match filter.overdue {
        Some(true) => query.push(" AND w.closed_at IS NULL AND w.due_at < $1"),
        Some(false) => query.push(" AND NOT (w.closed_at IS NULL AND w.due_at < $1)"),
        None => query,
    };
    match resolved.after {
        Some((at, id)) => query.push(" AND (w.due_at, w.id) > (").push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")"),
        None => query,
    }
}

fn assignee_of(actor: &Actor, filter: &AssignmentFilter) -> Result<Option<Uuid>> {
    match filter.assignee.as_deref() {
        None => Ok(None),
        Some("me") => Ok(Some(actor.id())),
        Some(id) => Uuid::try_parse(id).map(Some).map_err(|_| Error::parameter("assignee", "must be `me` or the id of a staff member")),
    }
}

async fn agencies_of(state: &State, filter: &AssignmentFilter) -> Result<Option<Vec<Uuid>>> {
    let Some(references) = &filter.agency else { return Ok(None) };
    Ok(Some(agencies::find_ids(&state.db, references).await?))
}
