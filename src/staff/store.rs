//! The table of staff.

use super::{Entry, NewStaff, StaffMember, StaffState};
use crate::agencies;
use crate::articles;
use crate::assignments;
use crate::auth::{self, InvitationMail, Purpose};
use crate::by_name::{ByName, NameKey, NameSort};
use crate::db::{Db, Query, Reader, Sql, Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::List;
use crate::jobs;
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::page::{Asked, Page};
use crate::policy::{Actor, Decision, Role, decide_agency};
use crate::schedule;
use crate::sql;
use crate::state::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;
use sqlx::types::Json;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

const COLUMNS: &str = "id, agency_id, email, role, state, languages, names, bios, byline, last_login_at, created_at, updated_at, updated_by, version";

/// Filters of the list of staff.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StaffFilter {
    /// Ids or slugs of agencies. Those whose staff you may not see add nobody.
    #[param(value_type = Option<String>, example = "kazinform")]
    pub agency: Option<List<String>>,
    #[param(value_type = Option<String>, example = "editor,admin")]
    pub role: Option<List<Role>>,
    #[param(value_type = Option<String>, example = "active,invited")]
    pub state: Option<List<StaffState>>,
    /// Who works in one of these languages.
    #[param(value_type = Option<String>, example = "kk,kk-Latn")]
    pub language: Option<List<Tag>>,
    /// A part of the e-mail address, whatever its case.
    #[param(max_length = 254)]
    pub q: Option<String>,
    /// `name`: by name, in the alphabet of `sort_language`. Else in the order in which they came.
    #[param(value_type = Option<NameSort>, inline)]
    pub sort: Option<NameSort>,
    /// The language by whose alphabet, and by whose names, `sort=name` sorts.
    #[param(value_type = Option<Tag>, example = "kk")]
    pub sort_language: Option<Tag>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
    pub cursor: Option<String>,
}

/// A page of the staff that the caller may see, in the order in which they came or by name.
pub(super) async fn list(db: &Db, actor: &Actor, filter: &StaffFilter) -> Result<Page<StaffMember>> {
    let (cursor, filters) = (filter.cursor.as_deref(), (&filter.agency, &filter.role, &filter.state, &filter.language, &filter.q));
    if let Some(by_name) = ByName::read(filter.sort, filter.sort_language.as_ref())? {
        let asked = Asked::<NameKey>::read(filter.limit, cursor, &(filters, &filter.sort_language))?;
        let found: Vec<StaffMember> = filtered(db, actor, filter).await?.all().await?;
        return Ok(by_name.page(found, &asked, |member| (&member.names.0, member.id)));
    }
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, cursor, &filters)?;
    let mut query = filtered(db, actor, filter).await?;
    if let Some((at, id)) = asked.after {
        query = query.push(" AND (created_at, id) > (").push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")");
    }
    let found: Vec<StaffMember> = query.push(" ORDER BY created_at, id LIMIT ").push_bind(asked.fetch()).all().await?;
    Ok(asked.page(found, |member: &StaffMember| (member.created_at.micros(), member.id)))
}

async fn filtered<'q>(db: &'q Db, actor: &Actor, filter: &StaffFilter) -> Result<Query<'q>> {
    let mut query = db.query("SELECT ").push(COLUMNS).push(" FROM staff WHERE 1 = 1");
    query = query.push_some(" AND agency_id = ", (!actor.platform).then_some(actor.agency));
    if let Some(references) = &filter.agency {
        query = query.push(" AND agency_id IN (").push_list(agencies::find_ids(db, references).await?).push(")");
    }
    if let Some(roles) = &filter.role {
        query = query.push(" AND role IN (").push_list(roles.0.iter().copied()).push(")");
    }
    if let Some(states) = &filter.state {
        query = query.push(" AND state IN (").push_list(states.0.iter().copied()).push(")");
    }
    if let Some(languages) = &filter.language {
        let mut separator = " AND (";
        for language in &languages.0 {
            query = query.push(separator).push("CAST(languages AS text) LIKE ").push_bind(format!("%\"{language}\"%"));
            separator = " OR ";
        }
        query = query.push(")");
    }
    if let Some(q) = &filter.q {
        query = query.push(" AND email_key LIKE ").push_bind(like(q)?).push(" ESCAPE '\\'");
    }
    Ok(query)
}

/// Contains the text.
fn like(text: &str) -> Result<String> {
    if text.chars().count() > 254 {
        return Err(Error::parameter("q", "has more than 254 characters"));
    }
    let mut pattern = String::from("%");
    for c in auth::email_key(text).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Ok(pattern)
}

/// Finds somebody that the caller may know of.
///
/// # Errors
/// `not_found`, and when the database fails.
pub async fn find(on: impl Reader<'_>, actor: &Actor, id: Uuid) -> Result<StaffMember> {
    let found: Option<StaffMember> = on.query("SELECT ").push(COLUMNS).push(" FROM staff WHERE id = ").push_bind(id).optional().await?;
    visible(actor, found)
}

fn visible(actor: &Actor, found: Option<StaffMember>) -> Result<StaffMember> {
    found.filter(|member| decide_agency(actor, member.agency_id) == Decision::Allow).ok_or_else(|| Error::not_found("staff member"))
}

/// The agency first, and always: whoever counts its admins must not count those that another is about to demote.
const HOLD_AGENCY: Sql = sql!("SELECT id FROM agencies WHERE id = (SELECT agency_id FROM staff WHERE id = $1)"["" | " FOR NO KEY UPDATE"]);
const HOLD: Sql = sql!(["" | " FOR NO KEY UPDATE"]);

/// Finds somebody that the caller may change, and holds them until the end of the transaction.
///
/// # Errors
/// `not_found`, and when the database fails.
pub(super) async fn hold(tx: &mut Tx, actor: &Actor, id: Uuid) -> Result<StaffMember> {
    let _: Option<(Uuid,)> = tx.query(HOLD_AGENCY).bind(id).optional().await?;
    let found: Option<StaffMember> = tx.query("SELECT ").push(COLUMNS).push(" FROM staff WHERE id = ").push_bind(id).push(HOLD).optional().await?;
    visible(actor, found)
}

/// Somebody who can be given work.
#[derive(Clone, Debug, FromRow)]
pub struct Worker {
    pub agency_id: Uuid,
    pub role: Role,
    pub languages: Json<Vec<Tag>>,
}

const FIND_WORKER: Sql = sql!(
    "SELECT s.agency_id, s.role, s.languages FROM staff s JOIN agencies a ON a.id = s.agency_id WHERE s.id = $1 AND s.state = 'active' AND a.state = 'active'"
        ["" | " FOR SHARE OF s"]
);

/// The agency of somebody who can be given work; `None` for who cannot. In a transaction they stay so until its end.
///
/// # Errors
/// When the database fails.
pub async fn find_active(on: impl Reader<'_>, id: Uuid) -> Result<Option<Uuid>> {
    Ok(find_worker(on, id).await?.map(|worker| worker.agency_id))
}

/// Somebody who can be given work; `None` for who cannot. In a transaction they stay so until its end.
///
/// # Errors
/// When the database fails.
pub async fn find_worker(on: impl Reader<'_>, id: Uuid) -> Result<Option<Worker>> {
    Ok(on.query(FIND_WORKER).bind(id).optional().await?)
}

/// Whose an e-mail address is: the person and their agency.
pub(super) async fn find_email(on: impl Reader<'_>, email: &str) -> Result<Option<(Uuid, Uuid)>> {
    Ok(on.query("SELECT id, agency_id FROM staff WHERE email_key = $1").bind(auth::email_key(email)).optional().await?)
}

/// The agency that a request names for somebody to work at, the caller's own where it names none. `None` is a fault noted.
///
/// # Errors
/// `forbidden` when it is another's and the caller not the platform's, and when the database fails.
pub(super) async fn place(tx: &mut Tx, actor: &Actor, reference: Option<&str>, faults: &mut Faults) -> Result<Option<Uuid>> {
    let Some(reference) = reference else { return Ok(Some(actor.agency)) };
    match agencies::find_id(&mut *tx, reference).await {
        Ok(id) if id == actor.agency || actor.platform => Ok(Some(id)),
        Ok(_) => Err(Error::new(Code::Forbidden, "Only admins of the platform say that somebody works at another agency than their own.")),
        Err(error) if error.code == Code::NotFound => {
            faults.add("/agency", "unknown_agency", "is not an agency; GET /v1/agencies lists them");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Writes a new row; `None` when somebody has the e-mail address.
pub(super) async fn insert(tx: &mut Tx, new: &NewStaff, agency: Uuid, entry: Entry, by: Option<Uuid>, now: Timestamp) -> Result<Option<StaffMember>> {
    let (state, password_hash) = match entry {
        Entry::Invited => (StaffState::Invited, None),
        Entry::Active { password_hash } => (StaffState::Active, Some(password_hash)),
    };
    let password_changed_at = password_hash.is_some().then_some(now);
    let inserted = tx
        .query(
            "INSERT INTO staff (id, agency_id, email, email_key, role, state, languages, names, bios, byline, password_hash, password_changed_at, \
             version, created_at, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $13, $14) \
             ON CONFLICT (email_key) DO NOTHING RETURNING ",
        )
        .bind(Uuid::now_v7())
        .bind(agency)
        .bind(new.email.trim())
        .bind(auth::email_key(&new.email))
        .bind(new.role)
        .bind(state)
        .bind(Json(&new.languages))
        .bind(Json(&new.names))
        .bind(Json(&new.bios))
        .bind(new.byline)
        .bind(password_hash)
        .bind(password_changed_at)
        .bind(now)
        .bind(by)
        .push(COLUMNS)
        .optional()
        .await?;
    Ok(inserted)
}

/// Writes a row anew.
pub(super) async fn update(tx: &mut Tx, member: &StaffMember, by: Uuid, now: Timestamp) -> Result<StaffMember> {
    let updated = tx
        .query(
            "UPDATE staff SET agency_id = $2, role = $3, state = $4, languages = $5, names = $6, bios = $7, byline = $8, version = version + 1, \
             updated_at = $9, updated_by = $10 WHERE id = $1 RETURNING ",
        )
        .bind(member.id)
        .bind(member.agency_id)
        .bind(member.role)
        .bind(member.state)
        .bind(&member.languages)
        .bind(&member.names)
        .bind(&member.bios)
        .bind(member.byline)
        .bind(now)
        .bind(by)
        .push(COLUMNS)
        .one()
        .await?;
    Ok(updated)
}

/// Makes an invitation in place of earlier ones, and has it sent. Returns when it expires.
pub(super) async fn send_invitation(tx: &mut Tx, state: &State, id: Uuid, now: Timestamp) -> Result<Timestamp> {
    let life = Duration::from_secs(u64::from(state.config.auth.invitation_hours) * 60 * 60);
    let (link, expires_at) = auth::make_link(tx, &state.secrets.refresh, id, Purpose::Invitation, life, now).await?;
    jobs::enqueue(&mut *tx, &InvitationMail { link }, now, now).await?;
    Ok(expires_at)
}

/// Lets somebody go from where they are only when it is another who says so, and their agency keeps an admin. They are held.
///
/// # Errors
/// `conflict`, and when the database fails.
pub(super) async fn check_can_go(tx: &mut Tx, actor: &Actor, member: &StaffMember) -> Result<()> {
    if actor.id() == member.id {
        return Err(Error::new(Code::Conflict, "Nobody suspends, sees off, moves or demotes themselves; ask another admin."));
    }
    if member.role != Role::Admin || member.state != StaffState::Active {
        return Ok(());
    }
    let others: i64 = tx
        .query("SELECT count(*) FROM staff WHERE agency_id = $1 AND id <> $2 AND role = 'admin' AND state = 'active'")
        .bind(member.agency_id)
        .bind(member.id)
        .value()
        .await?;
    if others == 0 {
        return Err(Error::new(Code::Conflict, "This is the last active admin of the agency; make somebody else an admin first."));
    }
    Ok(())
}

/// A text that somebody else has to finish.
#[derive(Debug, Serialize, FromRow, ToSchema)]
pub struct HandedOver {
    pub article_id: Uuid,
    pub language: Tag,
}

/// Hands the open work of somebody to another, or to nobody, and what they scheduled with it.
pub(super) async fn hand_over(tx: &mut Tx, from: Uuid, to: Option<Uuid>, actor: &Actor, now: Timestamp) -> Result<Vec<HandedOver>> {
    let by = actor.id();
    let texts: Vec<(Uuid,)> = tx.query("SELECT article_id FROM translations WHERE assignee_id = $1 AND deleted_at IS NULL").bind(from).all().await?;
    let mut stories: Vec<Uuid> = texts.into_iter().map(|(story,)| story).chain(assignments::stories_of(tx, from).await?).collect();
    stories.extend(schedule::stories_of(tx, from).await?);
    // Stories before their texts, in one order, as everybody does.
    stories.sort_unstable();
    stories.dedup();
    for story in stories {
        articles::hold(tx, story).await?;
    }
    assignments::hand_over(tx, actor, from, to, now).await?;
    schedule::hand_over(tx, actor, from, to, now).await?;
    let mut work: Vec<HandedOver> = tx
        .query(
            "UPDATE translations SET assignee_id = $2, version = version + 1, updated_at = $3, updated_by = $4 WHERE assignee_id = $1 \
             AND deleted_at IS NULL AND review <> 'settled' AND publication <> 'killed' RETURNING article_id, language",
        )
        .bind(from)
        .bind(to)
        .bind(now)
        .bind(by)
        .all()
        .await?;
    work.sort_by_key(|text| (text.article_id, text.language.clone()));
    for texts in work.chunk_by(|one, other| one.article_id == other.article_id) {
        if let Some(text) = texts.first() {
            articles::touch(tx, text.article_id, by, now).await?;
        }
    }
    if let (Some(to), Some(first)) = (to, work.first()) {
        let only = Some(first).filter(|_| work.len() == 1);
        let (article, language) = (only.map(|text| text.article_id), only.map(|text| &text.language));
        let details = json!({ "texts": work.len(), "from": from });
        notices::tell(tx, &[to], &Notice { kind: NoticeKind::Assigned, article, language, by: Some(by), details }, now).await?;
    }
    Ok(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_taken_as_it_is() {
        assert_eq!(like(" Dana_S%").unwrap(), "%dana\\_s\\%%");
        assert!(like(&"a".repeat(255)).is_err());
    }
}
