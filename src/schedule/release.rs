//! Joint releases: several texts of a story go out in one transaction, when all are approved, or at a deadline with what is ready then.

use super::jobs::{actor, fail};
use super::{EntryState, Failure, ScheduleEntry, is_ours, ready, store};
use crate::articles;
use crate::audit::{self, Action, By};
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::jobs::{self, Job};
use crate::language::Tag;
use crate::policy::{Actor, Permission, PublishWork};
use crate::precondition::Standing;
use crate::publication::{self, ChangeKind};
use crate::state::State;
use crate::text_enum;
use crate::translations::{self, Publication, PublishOrder, Review};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// When the texts go out.
    pub enum ReleaseMode {
        /// When all are approved; at its time at the latest, where it has one, with those that are approved then.
        AllApproved = "all_approved",
        /// At its time, with those that are approved then.
        Deadline = "deadline",
    }
}

/// Texts of a story that go out together.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct Release {
    pub id: Uuid,
    pub article_id: Uuid,
    #[serde(rename = "when")]
    pub mode: ReleaseMode,
    /// The deadline.
    pub run_at: Option<Timestamp>,
    /// The time of day in `time_zone`.
    pub local_time: Option<String>,
    pub time_zone: Option<String>,
    /// For those texts of which readers saw an earlier revision.
    pub change_kind: Option<ChangeKind>,
    pub public_note: Option<String>,
    /// `done` when at least one text went out; `texts` says which did not, and why.
    pub state: EntryState,
    pub finished_at: Option<Timestamp>,
    /// In whose name it happens.
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub updated_by: Uuid,
    #[serde(skip)]
    pub version: i64,
}

pub const COLUMNS: &str = "SELECT id, article_id, mode, run_at, local_time, time_zone, change_kind, public_note, state, finished_at, created_by, created_at, \
     updated_at, updated_by, version FROM releases";

impl Release {
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: Some(self.updated_by) }
    }
}

pub async fn read(on: impl Reader<'_>, id: Uuid) -> Result<Option<Release>> {
    Ok(on.query(COLUMNS).push(" WHERE id = ").push_bind(id).optional().await?)
}

/// Lets the texts of a release out.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunRelease {
    pub release: Uuid,
    pub article: Uuid,
    /// Because all are approved, not because of its time.
    pub approved: bool,
}

/// The job that waits for the deadline, or for nothing more.
pub fn key(release: Uuid, approved: bool) -> String {
    format!("release:{release}{}", if approved { ":approved" } else { "" })
}

impl Job for RunRelease {
    const KIND: &'static str = "release.run";
    const PROMPT: bool = true;

    fn key(&self) -> Option<String> {
        Some(key(self.release, self.approved))
    }

    async fn run(self, state: &State) -> anyhow::Result<()> {
        let mut left_out: Vec<(Uuid, Failure)> = vec![];
        loop {
            let mut tx = state.db.begin().await?;
            let now = state.clock.now();
            let Some(turn) = turn(&mut tx, &self, now).await? else { return Ok(()) };
            if translations::kill_is_pending(&mut tx, self.article).await? {
                jobs::put_off(&mut tx, &self, now).await?;
                return Ok(tx.commit().await?);
            }
            match let_out(&mut tx, state, &turn, &left_out, now).await {
                Ok(()) => return Ok(tx.commit().await?),
                // Whatever it wrote is undone; the next round does without it.
                Err((entry, error)) if !is_ours(&error) => {
                    tx.rollback().await?;
                    left_out.push((entry, Failure::from(&error)));
                }
                Err((_, error)) => return Err(error.into()),
            }
        }
    }

    async fn given_up(self, state: &State) -> anyhow::Result<()> {
        let mut tx = state.db.begin().await?;
        let now = state.clock.now();
        if let Some(turn) = turn(&mut tx, &self, now).await? {
            let failure = Failure { code: Code::Internal, detail: "It failed on our side, again and again; whoever runs the service can retry it.".to_owned() };
            for entry in &turn.entries {
                fail(&mut tx, entry, &failure, now).await?;
            }
            end(&mut tx, &turn.release, EntryState::Failed, now).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// A release whose turn it is.
struct Turn {
    release: Release,
    entries: Vec<ScheduleEntry>,
    /// Whether those that are not ready stay behind; else all go, or none.
    partly: bool,
}

/// Whether it is its turn; holds the story.
async fn turn(tx: &mut Tx, job: &RunRelease, now: Timestamp) -> Result<Option<Turn>> {
    articles::hold(tx, job.article).await?;
    let Some(release) = read(&mut *tx, job.release).await? else { return Ok(None) };
    let entries: Vec<ScheduleEntry> = store::of_release(&mut *tx, release.id).await?.into_iter().filter(ScheduleEntry::may_run).collect();
    let runs = release.state == EntryState::Pending || (release.state == EntryState::Failed && !entries.is_empty());
    let partly = release.run_at.is_some_and(|at| at <= now);
    let all = release.mode == ReleaseMode::AllApproved && all_approved(tx, release.id).await?;
    Ok((runs && (partly || all)).then_some(Turn { release, entries, partly: partly && !all }))
}

type Stopped = (Uuid, Error);

/// Publishes the texts of a release; says which one stands in the way.
async fn let_out(tx: &mut Tx, state: &State, turn: &Turn, left_out: &[(Uuid, Failure)], now: Timestamp) -> Result<(), Stopped> {
    let ours = |error: Error| (turn.release.id, error);
    publication::hold_changes(tx).await.map_err(ours)?;
    if !turn.partly && !left_out.is_empty() {
        return none_goes(tx, turn, left_out, now).await.map_err(ours);
    }
    let actor = actor(tx, turn.release.created_by, now).await;
    let (mut out, mut stay) = (vec![], left_out.to_vec());
    for entry in &turn.entries {
        if stay.iter().any(|(id, _)| *id == entry.id) {
            continue;
        }
        let published = match &actor {
            Ok(actor) => publish(tx, state, actor, &turn.release, entry, now).await,
            Err(error) if is_ours(error) => Err(Error::internal("who released cannot be read")),
            Err(error) => Err(Error::new(error.code, error.detail.clone())),
        };
        match published {
            Ok(()) => out.push(entry),
            // Nothing was written of it yet.
            Err(error) if turn.partly && matches!(error.code, Code::NotApproved | Code::Forbidden | Code::NotFound) => {
                stay.push((entry.id, Failure::from(&error)));
            }
            Err(error) => return Err((entry.id, error)),
        }
    }
    for entry in &out {
        store::finish(tx, actor.as_ref().map_or(entry.created_by, Actor::id), entry.id, EntryState::Done, None, now).await.map_err(ours)?;
    }
    for entry in &turn.entries {
        if let Some((_, failure)) = stay.iter().find(|(id, _)| *id == entry.id) {
            fail(tx, entry, failure, now).await.map_err(ours)?;
        }
    }
    let state = if out.is_empty() { EntryState::Failed } else { EntryState::Done };
    end(tx, &turn.release, state, now).await.map_err(ours)
}

/// Where all go or none, the one that cannot keeps the others.
async fn none_goes(tx: &mut Tx, turn: &Turn, left_out: &[(Uuid, Failure)], now: Timestamp) -> Result<()> {
    let other = Failure { code: Code::Conflict, detail: "Another text of its release could not go out, so that none did.".to_owned() };
    for entry in &turn.entries {
        let failure = left_out.iter().find(|(id, _)| *id == entry.id).map_or(&other, |(_, failure)| failure);
        fail(tx, entry, failure, now).await?;
    }
    end(tx, &turn.release, EntryState::Failed, now).await
}

async fn publish(tx: &mut Tx, state: &State, actor: &Actor, release: &Release, entry: &ScheduleEntry, now: Timestamp) -> Result<()> {
    let (text, _) = translations::find(tx, actor, PublishWork::RULE, entry.article_id, &entry.language, now).await?;
    ready(&text)?;
    if text.publication == Publication::Published && text.review == Review::Settled {
        // Somebody was quicker.
        return Ok(());
    }
    let changes = text.is_change(&mut *tx).await?;
    let order = PublishOrder { change_kind: release.change_kind.filter(|_| changes), public_note: release.public_note.clone().filter(|_| changes) };
    translations::publish(tx, &state.config, actor, &text, order, now).await.map(drop)
}

/// Ends a release.
pub async fn end(tx: &mut Tx, release: &Release, state: EntryState, now: Timestamp) -> Result<()> {
    finish(tx, release.created_by, release.id, state, now).await?;
    let action = if state == EntryState::Done { Action::ReleaseDone } else { Action::ReleaseFailed };
    let agency = articles_agency(tx, release.article_id).await?;
    let entry = audit::Entry { action, agency, subject: release.article_id, language: None, details: json!({ "release": release.id }) };
    audit::record(tx, By::Service, entry, now).await
}

pub async fn finish(tx: &mut Tx, by: Uuid, id: Uuid, state: EntryState, now: Timestamp) -> Result<()> {
    tx.query("UPDATE releases SET state = $2, finished_at = $3, version = version + 1, updated_at = $3, updated_by = $4 WHERE id = $1")
        .bind(id)
        .bind(state)
        .bind(now)
        .bind(by)
        .execute()
        .await?;
    jobs::forget(&mut *tx, &key(id, false)).await?;
    jobs::forget(&mut *tx, &key(id, true)).await
}

/// Leaves a trace of what somebody did to a release.
pub async fn record(tx: &mut Tx, actor: &Actor, action: Action, release: &Release, now: Timestamp) -> Result<()> {
    let agency = articles_agency(tx, release.article_id).await?;
    let details = json!({ "release": release.id, "when": release.mode, "run_at": release.run_at });
    let entry = audit::Entry { action, agency, subject: release.article_id, language: None, details };
    audit::record(tx, actor.into(), entry, now).await
}

async fn articles_agency(tx: &mut Tx, article: Uuid) -> Result<Option<Uuid>> {
    let found: Option<(Uuid,)> = tx.query("SELECT agency_id FROM articles WHERE id = $1").bind(article).optional().await?;
    Ok(found.map(|(agency,)| agency))
}

/// Whether all texts that a release waits for are approved, or out already.
async fn all_approved(tx: &mut Tx, release: Uuid) -> Result<bool> {
    let (waiting, unready): (i64, i64) = tx
        .query(
            "SELECT count(*), count(*) FILTER (WHERE t.review NOT IN ('approved', 'settled')) FROM schedule s \
             JOIN translations t ON t.article_id = s.article_id AND t.language = s.language WHERE s.release_id = $1 AND (s.state = 'pending' OR (s.state = 'failed' AND s.failure_code = 'internal'))",
        )
        .bind(release)
        .one()
        .await?;
    Ok(waiting > 0 && unready == 0)
}

/// Lets a release go whose texts are all approved. In the transaction that made them so.
pub async fn check(tx: &mut Tx, release: &Release, now: Timestamp) -> Result<()> {
    if release.state == EntryState::Pending && release.mode == ReleaseMode::AllApproved && all_approved(tx, release.id).await? {
        jobs::enqueue(&mut *tx, &RunRelease { release: release.id, article: release.article_id, approved: true }, now, now).await?;
    }
    Ok(())
}

/// A text was approved, or went out: releases that waited for it may go.
///
/// # Errors
/// When the database fails.
pub async fn approved(tx: &mut Tx, article: Uuid, language: &Tag, now: Timestamp) -> Result<()> {
    let waiting: Vec<(Option<Uuid>,)> = tx
        .query("SELECT release_id FROM schedule WHERE article_id = $1 AND language = $2 AND state = 'pending' AND release_id IS NOT NULL")
        .bind(article)
        .bind(language)
        .all()
        .await?;
    for release in waiting.into_iter().filter_map(|(id,)| id) {
        if let Some(release) = read(&mut *tx, release).await? {
            check(tx, &release, now).await?;
        }
    }
    Ok(())
}

/// A text was taken out of a release, or is out already: the release may wait for nothing more, or have nothing left.
pub async fn settle(tx: &mut Tx, actor: &Actor, id: Uuid, now: Timestamp) -> Result<()> {
    let Some(release) = read(&mut *tx, id).await?.filter(|release| release.state == EntryState::Pending) else { return Ok(()) };
    let entries = store::of_release(&mut *tx, id).await?;
    if entries.iter().any(|entry| entry.state == EntryState::Pending) {
        check(tx, &release, now).await
    } else if entries.iter().any(|entry| entry.state == EntryState::Done) {
        end(tx, &release, EntryState::Done, now).await
    } else {
        finish(tx, actor.id(), id, EntryState::Canceled, now).await?;
        record(tx, actor, Action::ReleaseCanceled, &release, now).await
    }
}
