//! Which story there is in which language and script, and how far the others are: one statement for a page.

use super::store::never;
use super::{AssignmentKind, AssignmentState};
use crate::agencies;
use crate::answer::Answer;
use crate::articles::{self, ArticleFilter, Freshness, SHARED, TextState, push_freshness, push_original};
use crate::auth::Caller;
use crate::db::{Query as Statement, Reader, Timestamp};
use crate::error::Result;
use crate::extract::{List, Query};
use crate::language::Tag;
use crate::page::{Asked, Page};
use crate::policy::{Actor, ReadAssignments};
use crate::sql;
use crate::state::State;
use crate::translations::{Publication, Review};
use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(get_coverage);
}

/// Filters of the matrix.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CoverageFilter {
    /// The columns. Without them, all languages of the agencies of the house. `state` and `freshness` speak of texts in these languages, and
    /// `overdue` of work on them.
    #[param(value_type = Option<String>, example = "az,kk,kk-Latn")]
    pub languages: Option<List<Tag>>,
    /// Stories with a text in one of these states.
    #[param(value_type = Option<String>, example = "in_review,approved")]
    pub state: Option<List<TextState>>,
    /// Stories with a translation that stands so to its original.
    #[param(value_type = Option<String>, example = "stale,orphaned")]
    pub freshness: Option<List<Freshness>>,
    /// Stories without a text in this language.
    #[param(value_type = Option<String>, example = "tk")]
    pub missing_language: Option<Tag>,
    /// `true` for stories with open work past its due time.
    pub overdue: Option<bool>,
    /// Whose story it is, or who has a text of it: ids or slugs.
    #[param(value_type = Option<String>, example = "trend,kazinform")]
    pub agency: Option<List<String>>,
    /// Ids or slugs of sections.
    #[param(value_type = Option<String>, example = "economy")]
    pub section: Option<List<String>>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
    pub cursor: Option<String>,
}

/// A story, and where it stands in each language.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageRow {
    pub article_id: Uuid,
    pub agency_id: Uuid,
    pub slugline: String,
    pub section_id: Option<Uuid>,
    pub original_language: Tag,
    /// 1 (flash) to 9.
    pub urgency: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// One for each language, in the order of the columns.
    pub cells: Vec<CoverageCell>,
}

/// A story in a language and script.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageCell {
    pub language: Tag,
    /// ISO 15924.
    pub script: &'static str,
    /// `null` where there is no text.
    pub publication: Option<Publication>,
    pub review: Option<Review>,
    pub is_original: bool,
    /// The agency that made the text or, while there is none, the one that is asked for it.
    pub agency_id: Option<Uuid>,
    pub freshness: Option<Freshness>,
    /// Since when it is as it is: the last change of the text or, while there is none, of the work.
    pub since: Option<Timestamp>,
    /// Seconds since then.
    pub age: Option<i64>,
    /// Who works on it.
    pub assignee_id: Option<Uuid>,
    /// The open work, as far as you may know of it: that of making the text before that of its review.
    pub assignment: Option<CoverageWork>,
    /// When that is due.
    pub due_at: Option<Timestamp>,
    pub overdue: bool,
}

/// Open work on a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageWork {
    pub id: Uuid,
    pub kind: AssignmentKind,
    pub state: AssignmentState,
    pub agency_id: Uuid,
}

#[derive(FromRow)]
struct Story {
    id: Uuid,
    agency_id: Uuid,
    slugline: String,
    section_id: Option<Uuid>,
    original_language: Tag,
    urgency: i32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(FromRow)]
struct Cell {
    #[sqlx(flatten)]
    story: Story,
    language: Tag,
    publication: Option<Publication>,
    review: Option<Review>,
    is_original: Option<bool>,
    text_agency_id: Option<Uuid>,
    freshness: Option<Freshness>,
    text_assignee_id: Option<Uuid>,
    text_updated_at: Option<Timestamp>,
    assignment_id: Option<Uuid>,
    kind: Option<AssignmentKind>,
    state: Option<AssignmentState>,
    asked_agency_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    due_at: Option<Timestamp>,
    work_updated_at: Option<Timestamp>,
}

impl Cell {
    fn at(&self, now: Timestamp) -> CoverageCell {
        let since = self.text_updated_at.or(self.work_updated_at);
        let due_at = self.due_at.filter(|at| *at != never());
        let work = (self.assignment_id, self.kind, self.state, self.asked_agency_id);
        CoverageCell {
            language: self.language.clone(),
            script: self.language.script().as_str(),
            publication: self.publication,
            review: self.review,
            is_original: self.is_original == Some(true),
            agency_id: self.text_agency_id.or(self.asked_agency_id),
            freshness: self.freshness,
            since,
            age: since.map(|since| now.secs().saturating_sub(since.secs()).max(0)),
            assignee_id: self.assignee_id.or(self.text_assignee_id),
            assignment: match work {
                (Some(id), Some(kind), Some(state), Some(agency_id)) => Some(CoverageWork { id, kind, state, agency_id }),
                _ => None,
            },
            due_at,
            overdue: due_at.is_some_and(|at| at < now),
        }
    }
}

/// Read the coverage matrix
///
/// A row for each story that you may see, the one that changed last first, and in it a cell for each language and script: how far the
/// text is, how it stands to its original, who works on it and until when.
#[utoipa::path(tag = "assignments", params(CoverageFilter), responses((status = 200, description = "A page of stories", body = Page<CoverageRow>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/coverage")]
async fn get_coverage(state: Data<State>, request: HttpRequest, caller: Caller<ReadAssignments>, Query(filter): Query<CoverageFilter>) -> Result<Answer> {
    list(&state, &caller, &filter).await?.answer(&state.url("/v1/coverage"), request.query_string())
}

async fn list(state: &State, actor: &Actor, filter: &CoverageFilter) -> Result<Page<CoverageRow>> {
    let now = state.clock.now();
    let plain = CoverageFilter { limit: None, cursor: None, ..filter.clone() };
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &plain)?;
    let languages = match &filter.languages {
        Some(List(tags)) => unique(tags),
        None => unique(&agencies::languages(&state.db).await?),
    };
    let of_texts = filter.state.is_some() || filter.freshness.is_some();
    let stories = ArticleFilter {
        state: filter.state.clone(),
        freshness: filter.freshness.clone(),
        language: filter.languages.clone().filter(|_| of_texts),
        missing_language: filter.missing_language.clone(),
        agency: filter.agency.clone(),
        section: filter.section.clone(),
        ..ArticleFilter::default()
    };
    let resolved = articles::resolve(&state.db, &stories).await?;
    let start = state.db.query(CELLS).bind(actor.id()).bind(actor.agency).bind(now.to_utc().date_naive()).bind(now);
    let start = push_freshness(start)
        .push(" AS freshness FROM (SELECT a.id, a.agency_id, a.slugline, a.section_id, a.original_language, a.urgency, a.created_at, a.updated_at, ")
        .push(SHARED)
        .push(" AS is_shared FROM articles a WHERE a.deleted_at IS NULL AND $1 = $1 AND $3 = $3");
    let query = overdue(articles::push_filters(start, actor, &stories, &resolved), actor, filter, &languages);
    let query = match asked.after {
        Some((at, id)) => query.push(" AND (a.updated_at, a.id) < (").push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")"),
        None => query,
    };
    let query = query.push(" ORDER BY a.updated_at DESC, a.id DESC LIMIT ").push_limit(asked.limit.saturating_add(1)).push(") p CROSS JOIN (");
    let query = columns(query, &languages).push(") l LEFT JOIN translations t ON t.article_id = p.id AND t.language = l.tag AND t.deleted_at IS NULL");
    let query = push_original(query)
        .push(" LEFT JOIN assignments w ON w.article_id = p.id AND w.language = l.tag AND w.closed_at IS NULL AND (w.agency_id = $2 OR w.story_agency_id = $2");
    let query = query.push(if actor.platform { " OR p.is_shared)" } else { ")" }).push(" ORDER BY p.updated_at DESC, p.id DESC, l.place, w.kind DESC");
    let rows = assemble(query.all().await?, now);
    Ok(asked.page(rows, |row: &CoverageRow| (row.updated_at.micros(), row.article_id)))
}

/// The text `t` and the work `w` of the story `p` in the language `l`, for the actor `$1` of the agency `$2`, on the day `$3`, at `$4`.
const CELLS: &str = "SELECT p.id, p.agency_id, p.slugline, p.section_id, p.original_language, p.urgency, p.created_at, p.updated_at, l.tag AS language, \
     t.publication, t.review, t.is_original, t.agency_id AS text_agency_id, t.assignee_id AS text_assignee_id, t.updated_at AS text_updated_at, \
     w.id AS assignment_id, w.kind, CASE WHEN w.state = 'claimed' AND w.lease_expires_at <= $4 THEN 'requested' ELSE w.state END AS state, \
     w.agency_id AS asked_agency_id, CASE WHEN w.state = 'claimed' AND w.lease_expires_at <= $4 THEN NULL ELSE w.assignee_id END AS assignee_id, \
     w.due_at, w.updated_at AS work_updated_at, ";

fn unique(tags: &[Tag]) -> Vec<Tag> {
    let mut languages: Vec<Tag> = vec![];
    for tag in tags {
        if !languages.contains(tag) {
            languages.push(tag.clone());
        }
    }
    languages
}

/// Appends the columns of the matrix as a table.
fn columns<'q>(mut query: Statement<'q>, languages: &[Tag]) -> Statement<'q> {
    let mut separator = "SELECT ";
    for (place, language) in (0_i32..).zip(languages) {
        query = query.push(separator).push("CAST(").push_bind(language).push(sql!(" AS text) " ["" | "COLLATE \"C\" "] "AS tag, CAST("));
        query = query.push_bind(place).push(" AS integer) AS place");
        separator = " UNION ALL SELECT ";
    }
    query
}

/// Appends whether there is work past its due time that the caller may know of.
fn overdue<'q>(query: Statement<'q>, actor: &Actor, filter: &CoverageFilter, languages: &[Tag]) -> Statement<'q> {
    let Some(overdue) = filter.overdue else { return query };
    let query = query.push(if overdue { " AND EXISTS (" } else { " AND NOT EXISTS (" });
    let query = query.push("SELECT 1 FROM assignments w WHERE w.article_id = a.id AND w.closed_at IS NULL AND w.due_at < $4 AND w.language IN (");
    let query = query.push_list(languages.iter()).push(") AND (w.agency_id = $2 OR w.story_agency_id = $2");
    let query = if actor.platform { query.push(" OR ").push(SHARED) } else { query };
    query.push("))")
}

/// Puts rows and cells together; of several pieces of work on a text the first counts.
fn assemble(cells: Vec<Cell>, now: Timestamp) -> Vec<CoverageRow> {
    let mut rows: Vec<CoverageRow> = vec![];
    for cell in cells {
        let made = cell.at(now);
        match rows.last_mut() {
            Some(row) if row.article_id == cell.story.id => {
                if row.cells.last().is_none_or(|last| last.language != made.language) {
                    row.cells.push(made);
                }
            }
            _ => rows.push(CoverageRow {
                article_id: cell.story.id,
                agency_id: cell.story.agency_id,
                slugline: cell.story.slugline,
                section_id: cell.story.section_id,
                original_language: cell.story.original_language,
                urgency: cell.story.urgency,
                created_at: cell.story.created_at,
                updated_at: cell.story.updated_at,
                cells: vec![made],
            }),
        }
    }
    rows
}
