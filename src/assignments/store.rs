//! The table of assignments.

use super::{Assignment, AssignmentKind, AssignmentState};
use crate::articles::{self, SHARED};
use crate::db::{Query, Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result, Unique};
use crate::language::Tag;
use crate::policy::Actor;
use crate::publication::ChangeKind;
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    article_id: Uuid,
    slugline: Option<String>,
    urgency: Option<i32>,
    language: Tag,
    kind: AssignmentKind,
    state: AssignmentState,
    story_agency_id: Uuid,
    agency_id: Uuid,
    requested_by: Uuid,
    requested_agency_id: Uuid,
    assignee_id: Option<Uuid>,
    lease_expires_at: Option<Timestamp>,
    due_at: Timestamp,
    note: Option<String>,
    reason: Option<String>,
    change_kind: Option<ChangeKind>,
    revision: Option<i32>,
    created_at: Timestamp,
    updated_at: Timestamp,
    updated_by: Uuid,
    closed_at: Option<Timestamp>,
    version: i64,
    is_shared: bool,
}

/// The end of time, where there is no due time.
pub(super) fn never() -> Timestamp {
    Timestamp::from_micros(i64::MAX)
}

impl Row {
    fn at(self, now: Timestamp) -> Assignment {
        Assignment {
            id: self.id,
            article_id: self.article_id,
            slugline: self.slugline,
            urgency: self.urgency,
            language: self.language,
            kind: self.kind,
            state: self.state,
            allowed_transitions: Assignment::allowed(self.kind, self.state),
            story_agency_id: self.story_agency_id,
            agency_id: self.agency_id,
            requested_by: self.requested_by,
            requested_agency_id: self.requested_agency_id,
            assignee_id: self.assignee_id,
            lease_expires_at: self.lease_expires_at,
            due_at: Some(self.due_at).filter(|at| *at != never()),
            overdue: self.closed_at.is_none() && self.due_at < now,
            note: self.note,
            reason: self.reason,
            change_kind: self.change_kind,
            revision: self.revision,
            created_at: self.created_at,
            updated_at: self.updated_at,
            updated_by: self.updated_by,
            closed_at: self.closed_at,
            version: self.version,
            shared: self.is_shared,
        }
    }
}

/// Whether the claim of `w` has run out at the moment `$1`.
pub(super) const LAPSED: &str = "w.state = 'claimed' AND w.lease_expires_at <= $1";

/// Begins a statement whose `$1` is the moment, `$2` the caller's agency, `$3` the day, and `$4` whether it is the platform.
pub(super) fn start<'q>(on: impl Reader<'q>, sql: &'static str, actor: &Actor, now: Timestamp) -> Query<'q> {
    let platform = actor.platform && actor.staff_id().is_some();
    on.query(sql).bind(now).bind(actor.agency).bind(now.to_utc().date_naive()).bind(platform)
}

/// Appends the columns of the assignment `w` of the story `a`: a claim that has run out is none. Needs what [`start`] binds.
pub(super) fn push_columns(query: Query<'_>) -> Query<'_> {
    let query = query
        .push("w.id, w.article_id, w.language, w.kind, CASE WHEN ")
        .push(LAPSED)
        .push(" THEN 'requested' ELSE w.state END AS state, CASE WHEN ")
        .push(LAPSED)
        .push(" THEN NULL ELSE w.assignee_id END AS assignee_id, CASE WHEN ")
        .push(LAPSED)
        .push(
            " THEN NULL ELSE w.lease_expires_at END AS lease_expires_at, w.story_agency_id, w.agency_id, w.requested_by, w.requested_agency_id, \
             w.due_at, w.note, w.reason, w.change_kind, w.revision, w.created_at, w.updated_at, w.updated_by, w.closed_at, w.version, ",
        )
        .push(SHARED)
        .push(" AS is_shared, CASE WHEN ");
    let query = push_sees(query).push(" THEN a.slugline END AS slugline, CASE WHEN ");
    push_sees(query).push(" THEN a.urgency END AS urgency")
}

/// Appends that the caller may see the story `a` of the assignment `w`.
pub(super) fn push_sees(query: Query<'_>) -> Query<'_> {
    query
        .push(
            "a.deleted_at IS NULL AND (w.story_agency_id = $2 OR (w.agency_id = $2 AND w.closed_at IS NULL) \
             OR EXISTS (SELECT 1 FROM translations t WHERE t.article_id = a.id AND t.agency_id = $2 AND t.deleted_at IS NULL) OR ($4 AND ",
        )
        .push(SHARED)
        .push("))")
}

/// Appends that the caller may know of the assignment `w` of the story `a`.
pub(super) fn push_visible(query: Query<'_>) -> Query<'_> {
    query.push("(w.agency_id = $2 OR w.story_agency_id = $2 OR ($4 AND ").push(SHARED).push("))")
}

const FROM: &str = " FROM assignments w JOIN articles a ON a.id = w.article_id";

pub(super) async fn all(query: Query<'_>, now: Timestamp) -> Result<Vec<Assignment>> {
    let rows: Vec<Row> = query.all().await?;
    Ok(rows.into_iter().map(|row| row.at(now)).collect())
}

/// Finds an assignment that the caller may know of.
///
/// # Errors
/// `not_found`, and when the database fails.
pub(super) async fn find(on: impl Reader<'_>, actor: &Actor, id: Uuid, now: Timestamp) -> Result<Assignment> {
    let query = push_columns(start(on, "SELECT ", actor, now)).push(FROM).push(" WHERE w.id = ").push_bind(id).push(" AND ");
    let found = all(push_visible(query), now).await?.pop();
    found.ok_or_else(|| Error::not_found("assignment"))
}

/// As [`find`], and holds its story until the end of the transaction.
pub(super) async fn hold(tx: &mut Tx, actor: &Actor, id: Uuid, now: Timestamp) -> Result<Assignment> {
    let story: Option<(Uuid,)> = tx.query("SELECT article_id FROM assignments WHERE id = $1").bind(id).optional().await?;
    let (story,) = story.ok_or_else(|| Error::not_found("assignment"))?;
    articles::hold(tx, story).await?;
    find(tx, actor, id, now).await
}

/// The open assignments of a story, or of one of its languages.
pub(super) async fn open(tx: &mut Tx, actor: &Actor, article: Uuid, language: Option<&Tag>, now: Timestamp) -> Result<Vec<Assignment>> {
    let query = push_columns(start(tx, "SELECT ", actor, now)).push(FROM).push(" WHERE w.closed_at IS NULL AND w.article_id = ").push_bind(article);
    all(query.push_some(" AND w.language = ", language).push(" ORDER BY w.language, w.kind"), now).await
}

/// The work whose acceptance was the approval of this revision.
pub(super) async fn accepted_with(tx: &mut Tx, actor: &Actor, article: Uuid, language: &Tag, revision: i32, now: Timestamp) -> Result<Option<Assignment>> {
    let query = push_columns(start(tx, "SELECT ", actor, now)).push(FROM).push(" WHERE w.state = 'accepted' AND w.kind <> 'review' AND w.article_id = ");
    let query = query.push_bind(article).push(" AND w.language = ").push_bind(language).push(" AND w.revision = ").push_bind(revision);
    let query = query.push(
        " AND NOT EXISTS (SELECT 1 FROM assignments n WHERE n.article_id = w.article_id AND n.language = w.language AND n.kind = w.kind \
         AND n.closed_at IS NULL) ORDER BY w.closed_at DESC LIMIT 1",
    );
    Ok(all(query, now).await?.pop())
}

/// Work to be asked for.
pub(super) struct New<'a> {
    pub article: Uuid,
    pub story_agency: Uuid,
    pub language: &'a Tag,
    pub kind: AssignmentKind,
    pub agency: Uuid,
    pub assignee: Option<Uuid>,
    pub due_at: Option<Timestamp>,
    pub note: Option<&'a str>,
    pub change_kind: Option<ChangeKind>,
}

/// Writes a new row.
///
/// # Errors
/// `already_exists` while there is an open one for the same, and when the database fails.
pub(super) async fn insert(tx: &mut Tx, actor: &Actor, new: &New<'_>, now: Timestamp) -> Result<Uuid> {
    let id = Uuid::now_v7();
    tx.query(
        "INSERT INTO assignments (id, article_id, language, kind, state, story_agency_id, agency_id, requested_agency_id, requested_by, assignee_id, \
         due_at, note, change_kind, version, created_at, updated_at, updated_by) \
         VALUES ($1, $2, $3, $4, 'requested', $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $13, $8)",
    )
    .bind(id)
    .bind(new.article)
    .bind(new.language)
    .bind(new.kind)
    .bind(new.story_agency)
    .bind(new.agency)
    .bind(actor.agency)
    .bind(actor.id())
    .bind(new.assignee)
    .bind(new.due_at.unwrap_or_else(never))
    .bind(new.note)
    .bind(new.change_kind)
    .bind(now)
    .execute()
    .await
    .unique(|| Error::new(Code::AlreadyExists, format!("There is an open assignment to {} in {} already.", new.kind, new.language)))?;
    Ok(id)
}

/// Writes a row anew, closed where its state is.
pub(super) async fn put(tx: &mut Tx, actor: &Actor, changed: Assignment, now: Timestamp) -> Result<Assignment> {
    let closed_at = changed.state.is_closed().then(|| changed.closed_at.unwrap_or(now));
    tx.query(
        "UPDATE assignments SET state = $2, assignee_id = $3, lease_expires_at = $4, due_at = $5, note = $6, reason = $7, change_kind = $8, revision = $9, \
         closed_at = $10, version = version + 1, updated_at = $11, updated_by = $12 WHERE id = $1",
    )
    .bind(changed.id)
    .bind(changed.state)
    .bind(changed.assignee_id)
    .bind(changed.lease_expires_at)
    .bind(changed.due_at.unwrap_or_else(never))
    .bind(&changed.note)
    .bind(&changed.reason)
    .bind(changed.change_kind)
    .bind(changed.revision)
    .bind(closed_at)
    .bind(now)
    .bind(actor.id())
    .execute()
    .await?;
    find_again(tx, actor, changed.id, now).await
}

/// As [`find`], whatever the caller may know of.
pub(super) async fn find_again(tx: &mut Tx, actor: &Actor, id: Uuid, now: Timestamp) -> Result<Assignment> {
    let query = push_columns(start(tx, "SELECT ", actor, now)).push(FROM).push(" WHERE w.id = ").push_bind(id);
    all(query, now).await?.pop().ok_or_else(|| Error::internal("the assignment that was written is not there"))
}
