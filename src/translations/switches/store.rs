//! The tables of switches.

use super::{OrthographySwitch, SwitchOutcome, SwitchProgress, SwitchState};
use crate::articles;
use crate::db::{Query, Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result, Unique};
use crate::language::Tag;
use crate::policy::Actor;
use crate::translations::{Review, Text, Translation, store as texts, variants};
use uuid::Uuid;

const COLUMNS: &str = "SELECT id, agency_id, language, to_orthography AS \"to\", run_at, state, started_at, finished_at, created_by, created_at, updated_at, \
     updated_by, version FROM orthography_switches WHERE ";

/// The alphabet that an agency writes a language in where nothing else is said: that of the switch that began last, or the usual one.
///
/// # Errors
/// When the database fails.
pub async fn usual(on: impl Reader<'_>, agency: Uuid, language: &Tag) -> Result<Option<String>> {
    let Some(usual) = variants::usual_orthography(language) else { return Ok(None) };
    let found: Option<(String,)> = on
        .query(
            "SELECT to_orthography FROM orthography_switches WHERE language = $1 AND (agency_id IS NULL OR agency_id = $2) \
             AND state IN ('running', 'done') ORDER BY started_at DESC, id DESC LIMIT 1",
        )
        .bind(language)
        .bind(agency)
        .optional()
        .await?;
    Ok(Some(found.map_or_else(|| usual.to_owned(), |(switched,)| switched)))
}

/// The switches that `actor` may see: of their agency and of all; staff of the platform see every one.
pub fn visible<'q>(on: impl Reader<'q>, actor: &Actor) -> Query<'q> {
    let query = on.query(COLUMNS);
    if actor.platform { query.push("TRUE") } else { query.push("(agency_id IS NULL OR agency_id = ").push_bind(actor.agency).push(")") }
}

pub async fn find(on: impl Reader<'_>, actor: &Actor, id: Uuid) -> Result<OrthographySwitch> {
    let found: Option<OrthographySwitch> = visible(on, actor).push(" AND id = ").push_bind(id).optional().await?;
    found.ok_or_else(|| Error::not_found("switch"))
}

pub async fn read(on: impl Reader<'_>, id: Uuid) -> Result<Option<OrthographySwitch>> {
    Ok(on.query(COLUMNS).push(" id = ").push_bind(id).optional().await?)
}

/// Keeps an order.
pub async fn insert(tx: &mut Tx, switch: &OrthographySwitch) -> Result<()> {
    let exists = || Error::new(Code::AlreadyExists, format!("A switch of {} waits or runs already: cancel it first.", switch.language));
    tx.query(
        "INSERT INTO orthography_switches (id, agency_id, language, to_orthography, run_at, state, created_by, version, created_at, updated_at, updated_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $7)",
    )
    .bind(switch.id)
    .bind(switch.agency_id)
    .bind(&switch.language)
    .bind(&switch.to)
    .bind(switch.run_at)
    .bind(switch.state)
    .bind(switch.created_by)
    .bind(switch.version)
    .bind(switch.created_at)
    .execute()
    .await
    .unique(exists)?;
    Ok(())
}

/// Moves a switch to another state, if it is in one of those from which that is possible.
pub async fn advance(tx: &mut Tx, id: Uuid, to: SwitchState, by: Uuid, now: Timestamp) -> Result<bool> {
    let from: &[SwitchState] = match to {
        SwitchState::Waiting => &[],
        SwitchState::Running => &[SwitchState::Waiting],
        SwitchState::Done => &[SwitchState::Running],
        SwitchState::Canceled => &[SwitchState::Waiting, SwitchState::Running],
    };
    let moved: Option<(i64,)> = tx
        .query(
            "UPDATE orthography_switches SET state = $2, started_at = CASE WHEN $3 THEN $5 ELSE started_at END, \
             finished_at = CASE WHEN $3 THEN NULL ELSE $5 END, version = version + 1, updated_at = $5, updated_by = $4 WHERE id = $1 AND state IN (",
        )
        .bind(id)
        .bind(to)
        .bind(to == SwitchState::Running)
        .bind(by)
        .bind(now)
        .push_list(from.iter().copied())
        .push(") RETURNING version")
        .optional()
        .await?;
    Ok(moved.is_some())
}

/// What is left of the texts of a switch: those in another alphabet of which nothing is noted.
fn push_left<'q>(query: Query<'q>, switch: &OrthographySwitch) -> Query<'q> {
    let usual = variants::usual_orthography(&switch.language).unwrap_or_default();
    query
        .push(" FROM translations t JOIN articles a ON a.id = t.article_id WHERE a.deleted_at IS NULL AND t.deleted_at IS NULL AND t.language = ")
        .push_bind(&switch.language)
        .push(" AND COALESCE(t.orthography, ")
        .push_bind(usual)
        .push(") <> ")
        .push_bind(&switch.to)
        .push_some(" AND t.agency_id = ", switch.agency_id)
        .push(" AND NOT EXISTS (SELECT 1 FROM orthography_switch_texts s WHERE s.article_id = t.article_id AND s.switch_id = ")
        .push_bind(switch.id)
        .push(")")
}

/// The next texts of a switch behind one of them.
pub async fn left(on: impl Reader<'_>, switch: &OrthographySwitch, after: Option<Uuid>, most: u16) -> Result<Vec<Uuid>> {
    let query = push_left(on.query("SELECT t.article_id"), switch).push_some(" AND t.article_id > ", after);
    let found: Vec<(Uuid,)> = query.push(" ORDER BY t.article_id LIMIT ").push_bind(i64::from(most)).all().await?;
    Ok(found.into_iter().map(|(article,)| article).collect())
}

/// Whether a text of a switch has yet to be gone through, and the switch still runs.
pub async fn is_left(on: impl Reader<'_>, switch: &OrthographySwitch, article: Uuid) -> Result<bool> {
    let query = push_left(on.query("SELECT count(*)"), switch).push(" AND t.article_id = ").push_bind(article);
    let query = query.push(" AND EXISTS (SELECT 1 FROM orthography_switches o WHERE o.state = 'running' AND o.id = ").push_bind(switch.id).push(")");
    let found: i64 = query.value().await?;
    Ok(found > 0)
}

/// How many texts of a switch have yet to be gone through.
pub async fn count_left(on: impl Reader<'_>, switch: &OrthographySwitch) -> Result<i64> {
    Ok(push_left(on.query("SELECT count(*)"), switch).value().await?)
}

/// What became of a text.
pub struct Told {
    pub outcome: SwitchOutcome,
    pub reason: Option<String>,
    pub revision: i32,
    pub doubtful: usize,
}

pub async fn tell(tx: &mut Tx, switch: Uuid, text: &Translation, told: &Told, now: Timestamp) -> Result<()> {
    tx.query("INSERT INTO orthography_switch_texts (switch_id, article_id, agency_id, outcome, reason, revision, doubtful, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(switch)
        .bind(text.article_id)
        .bind(text.agency_id)
        .bind(told.outcome)
        .bind(told.reason.as_deref())
        .bind(told.revision)
        .bind(i32::try_from(told.doubtful).unwrap_or(i32::MAX))
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

type Row = (Uuid, SwitchOutcome, Option<String>, i64, i64);

/// Says of switches how far they are.
pub async fn count(on: impl Reader<'_>, switches: &mut [OrthographySwitch]) -> Result<()> {
    if switches.is_empty() {
        return Ok(());
    }
    let query =
        on.query("SELECT switch_id, outcome, reason, count(*), count(CASE WHEN doubtful > 0 THEN 1 END) FROM orthography_switch_texts WHERE switch_id IN (");
    let query = query.push_list(switches.iter().map(|switch| switch.id).collect::<Vec<_>>());
    let rows: Vec<Row> = query.push(") GROUP BY switch_id, outcome, reason").all().await?;
    for (id, outcome, reason, texts, doubtful) in rows {
        let Some(switch) = switches.iter_mut().find(|switch| switch.id == id) else { continue };
        add(&mut switch.progress, outcome, reason, texts, doubtful);
    }
    Ok(())
}

fn add(progress: &mut SwitchProgress, outcome: SwitchOutcome, reason: Option<String>, texts: i64, doubtful: i64) {
    let count = match outcome {
        SwitchOutcome::Published => &mut progress.published,
        SwitchOutcome::Converted => &mut progress.converted,
        SwitchOutcome::Unchanged => &mut progress.unchanged,
        SwitchOutcome::LeftAlone => &mut progress.left_alone,
        SwitchOutcome::Failed => &mut progress.failed,
    };
    *count += texts;
    progress.doubtful += doubtful;
    if let Some(reason) = reason {
        *progress.reasons.entry(reason).or_default() += texts;
    }
}

/// The texts of a switch of which something is noted, that `actor` may know of.
pub fn texts<'q>(on: impl Reader<'q>, actor: &Actor, switch: Uuid) -> Query<'q> {
    let own = (!actor.platform).then_some(actor.agency);
    on.query("SELECT article_id, agency_id, outcome, reason, revision, doubtful, at FROM orthography_switch_texts WHERE switch_id = ")
        .push_bind(switch)
        .push_some(" AND agency_id = ", own)
}

/// Notes that a text is of another alphabet, in which it reads the same.
pub async fn set_orthography(tx: &mut Tx, actor: &Actor, text: &Translation, to: &str, now: Timestamp) -> Result<()> {
    tx.query("UPDATE translations SET orthography = $3, version = version + 1, updated_at = $4, updated_by = $5 WHERE article_id = $1 AND language = $2")
        .bind(text.article_id)
        .bind(&text.language)
        .bind(to)
        .bind(now)
        .bind(actor.id())
        .execute()
        .await?;
    articles::touch(tx, text.article_id, actor.id(), now).await
}

/// Writes a further revision of a text, which is the same in another alphabet. Whose words they are stays, and so does the work on it.
pub async fn put(tx: &mut Tx, actor: &Actor, old: &Translation, new: &Text, to: &str, review: Review, now: Timestamp) -> Result<()> {
    let revision = old.revision + 1;
    tx.query(
        "UPDATE translations SET revision = $3, review = $4, headline = $5, headline_key = $6, orthography = $7, version = version + 1, updated_at = $8, \
         updated_by = $9 WHERE article_id = $1 AND language = $2",
    )
    .bind(old.article_id)
    .bind(&old.language)
    .bind(revision)
    .bind(review)
    .bind(&new.headline)
    .bind(articles::headline_key(&new.headline))
    .bind(to)
    .bind(now)
    .bind(actor.id())
    .execute()
    .await?;
    let written = texts::Written { revision, version: old.version + 1, restored_from: None };
    texts::insert_revision(tx, actor, old.article_id, &old.language, written, new, now).await?;
    articles::touch(tx, old.article_id, actor.id(), now).await
}
