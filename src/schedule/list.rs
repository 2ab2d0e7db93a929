//! The schedule in the order of its time.

use super::store::COLUMNS;
use super::{EntryState, ScheduleEntry};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::{Reader, Timestamp};
use crate::error::Result;
use crate::extract::{List, Query};
use crate::language::Tag;
use crate::page::{Asked, Page};
use crate::policy::ReadWork;
use crate::state::State;
use crate::{agencies, articles};
use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_schedule);
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

/// List the schedule
///
/// What waits, what was done and what failed, in the order of its time, as far as you may see the articles.
#[utoipa::path(tag = "schedule", params(ScheduleFilter), responses((status = 200, description = "A page of the schedule", body = Page<ScheduleEntry>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/schedule")]
async fn list_schedule(state: Data<State>, request: HttpRequest, caller: Caller<ReadWork>, Query(filter): Query<ScheduleFilter>) -> Result<Answer> {
    let plain = ScheduleFilter { limit: None, cursor: None, ..filter.clone() };
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &plain)?;
    let agencies = match &filter.agency {
        Some(references) => agencies::find_ids(&state.db, references).await?,
        None => vec![],
    };
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
