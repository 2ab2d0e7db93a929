//! The table of notices.

use super::mails::NoticeMail;
use super::{Notice, NoticeKind};
use crate::articles;
use crate::db::{Db, Reader, Timestamp, Tx};
use crate::error::Result;
use crate::jobs;
use crate::language::Tag;
use crate::names::Names;
use crate::policy::Actor;
use crate::translations;
use serde::Serialize;
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;
use std::time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long a notice that was read is kept.
const KEPT: Duration = Duration::from_hours(90 * 24);

/// Something that you were told.
#[derive(Debug, Serialize, FromRow, ToSchema)]
#[schema(as = Notice)]
pub(super) struct Told {
    pub id: Uuid,
    pub kind: NoticeKind,
    pub article_id: Option<Uuid>,
    pub language: Option<Tag>,
    /// Of the text as it is now; `null` where you may not see it, or no longer.
    #[sqlx(default)]
    pub headline: Option<String>,
    /// Who did it: a staff member, or a key.
    pub by_id: Option<Uuid>,
    /// Their name, by language, where it was a staff member.
    #[schema(value_type = Option<Names>)]
    pub by_names: Option<Json<Names>>,
    /// What else there is to say, by kind: ids, times, and reasons that were given.
    #[schema(value_type = Object)]
    pub details: Json<Value>,
    pub created_at: Timestamp,
    pub read_at: Option<Timestamp>,
}

pub(super) const COLUMNS: &str = "SELECT n.id, n.kind, n.article_id, n.language, n.by_id, b.names AS by_names, n.details, n.created_at, n.read_at \
     FROM notices n LEFT JOIN staff b ON b.id = n.by_id WHERE n.staff_id = ";

/// Looks up the headlines of notices, of what somebody may see.
///
/// # Errors
/// When the database fails.
pub(super) async fn show(db: &Db, actor: &Actor, told: &mut [Told], now: Timestamp) -> Result<()> {
    let mut articles: Vec<Uuid> = told.iter().filter_map(|notice| notice.article_id).collect();
    articles.sort_unstable();
    articles.dedup();
    if articles.is_empty() {
        return Ok(());
    }
    let visible = articles::visible_among(db, actor, &articles, now).await?;
    let headlines = translations::headlines(db, &visible).await?;
    for notice in told {
        let text = headlines.iter().find(|(article, language, is_original, _)| {
            Some(*article) == notice.article_id && notice.language.as_ref().map_or(*is_original, |wanted| wanted == language)
        });
        notice.headline = text.map(|(.., headline)| headline.clone());
    }
    Ok(())
}

/// How many notices somebody has not read.
///
/// # Errors
/// When the database fails.
pub(super) async fn unread(on: impl Reader<'_>, staff: Uuid) -> Result<i64> {
    Ok(on.query("SELECT count(*) FROM notices WHERE staff_id = $1 AND read_at IS NULL").bind(staff).value().await?)
}

/// Notes that somebody read one of their notices. Says whether there is such a one.
///
/// # Errors
/// When the database fails.
pub(super) async fn read(tx: &mut Tx, staff: Uuid, id: Uuid, now: Timestamp) -> Result<bool> {
    let query = tx.query("UPDATE notices SET read_at = COALESCE(read_at, $3) WHERE id = $1 AND staff_id = $2");
    Ok(query.bind(id).bind(staff).bind(now).execute().await? > 0)
}

/// Notes that somebody read all their notices, up to one of them where it is named. `None` where that is not one of theirs.
///
/// # Errors
/// When the database fails.
pub(super) async fn read_all(tx: &mut Tx, staff: Uuid, up_to: Option<Uuid>, now: Timestamp) -> Result<Option<u64>> {
    let last: Option<(Timestamp, Uuid)> = match up_to {
        Some(id) => tx.query("SELECT created_at, id FROM notices WHERE id = $1 AND staff_id = $2").bind(id).bind(staff).optional().await?,
        None => None,
    };
    if up_to.is_some() && last.is_none() {
        return Ok(None);
    }
    let mut query = tx.query("UPDATE notices SET read_at = $2 WHERE staff_id = $1 AND read_at IS NULL").bind(staff).bind(now);
    if let Some((at, id)) = last {
        query = query.push(" AND (created_at, id) <= (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    Ok(Some(query.execute().await?))
}

/// Forgets what was read and is old.
///
/// # Errors
/// When the database fails.
pub async fn tidy(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    Ok(tx.query("DELETE FROM notices WHERE read_at IS NOT NULL AND created_at < $1").bind(now.minus(KEPT)).execute().await?)
}

/// Tells something to people, each once, but not to who did it. Those who want a message of such things are sent one.
///
/// # Errors
/// When the database fails.
pub async fn tell(tx: &mut Tx, to: &[Uuid], notice: &Notice<'_>, now: Timestamp) -> Result<()> {
    let mut told = vec![];
    for (i, person) in to.iter().enumerate() {
        if Some(*person) == notice.by || to[..i].contains(person) {
            continue;
        }
        let id = Uuid::now_v7();
        told.push((*person, id));
        tx.query("INSERT INTO notices (id, staff_id, kind, article_id, language, by_id, details, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(id)
            .bind(*person)
            .bind(notice.kind)
            .bind(notice.article)
            .bind(notice.language)
            .bind(notice.by)
            .bind(Json(&notice.details))
            .bind(now)
            .execute()
            .await?;
    }
    send(tx, &told, notice.kind, now).await
}

/// Has messages sent to those of the people told who want them.
async fn send(tx: &mut Tx, told: &[(Uuid, Uuid)], kind: NoticeKind, now: Timestamp) -> Result<()> {
    if told.is_empty() {
        return Ok(());
    }
    let query = tx.query("SELECT id, notice_mail FROM staff WHERE state = 'active' AND id IN (").push_list(told.iter().map(|(person, _)| *person));
    // What another version of this program calls a kind is none of ours, and no fault.
    let people: Vec<(Uuid, Json<Vec<String>>)> = query.push(")").all().await?;
    for (person, notice) in told {
        if people.iter().any(|(id, kinds)| id == person && kinds.iter().any(|wanted| wanted == kind.as_str())) {
            jobs::enqueue(&mut *tx, &NoticeMail { notice: *notice }, now, now).await?;
        }
    }
    Ok(())
}

/// The active people of a text: who works on it and who wrote it last, as long as they are of its agency or of the platform; where there
/// is none, the editors of its agency.
///
/// # Errors
/// When the database fails.
pub async fn people_of(tx: &mut Tx, article: Uuid, language: &Tag) -> Result<Vec<Uuid>> {
    let people: Vec<(Uuid,)> = tx
        .query(
            "SELECT s.id FROM translations t JOIN staff s ON s.id IN (t.assignee_id, t.last_author) AND s.state = 'active' \
             JOIN agencies g ON g.id = s.agency_id AND (g.id = t.agency_id OR g.kind = 'platform') \
             WHERE t.article_id = $1 AND t.language = $2 AND t.deleted_at IS NULL ORDER BY s.id",
        )
        .bind(article)
        .bind(language)
        .all()
        .await?;
    if !people.is_empty() {
        return Ok(people.into_iter().map(|(id,)| id).collect());
    }
    let agency: Option<(Uuid,)> =
        tx.query("SELECT agency_id FROM translations WHERE article_id = $1 AND language = $2").bind(article).bind(language).optional().await?;
    match agency {
        Some((agency,)) => desk(tx, agency).await,
        None => Ok(vec![]),
    }
}

/// The active editors of an agency; where it has none, its administrators.
///
/// # Errors
/// When the database fails.
pub async fn desk(tx: &mut Tx, agency: Uuid) -> Result<Vec<Uuid>> {
    for role in ["editor", "admin"] {
        let people: Vec<(Uuid,)> =
            tx.query("SELECT id FROM staff WHERE agency_id = $1 AND state = 'active' AND role = $2 ORDER BY id").bind(agency).bind(role).all().await?;
        if !people.is_empty() {
            return Ok(people.into_iter().map(|(id,)| id).collect());
        }
    }
    Ok(vec![])
}

/// As [`desk`], of the platform.
///
/// # Errors
/// When the database fails.
pub async fn platform_desk(tx: &mut Tx) -> Result<Vec<Uuid>> {
    let platform: Option<(Uuid,)> = tx.query("SELECT id FROM agencies WHERE kind = 'platform'").optional().await?;
    match platform {
        Some((platform,)) => desk(tx, platform).await,
        None => Ok(vec![]),
    }
}

/// Who could be the second pair of eyes for somebody: the other active editors of an agency; where there are none, its other
/// administrators.
///
/// # Errors
/// When the database fails.
pub async fn seconds(tx: &mut Tx, agency: Uuid, first: Uuid) -> Result<Vec<Uuid>> {
    for role in ["editor", "admin"] {
        let people: Vec<(Uuid,)> = tx
            .query("SELECT id FROM staff WHERE agency_id = $1 AND state = 'active' AND role = $2 AND id <> $3 ORDER BY id")
            .bind(agency)
            .bind(role)
            .bind(first)
            .all()
            .await?;
        if !people.is_empty() {
            return Ok(people.into_iter().map(|(id,)| id).collect());
        }
    }
    Ok(vec![])
}
