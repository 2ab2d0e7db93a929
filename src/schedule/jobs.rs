//! The job of an entry: it takes the step, or says why it cannot.

use super::{EntryState, Failure, ScheduleEntry, ScheduledStep, is_ours, ready, record, store};
use crate::audit::{Action, By};
use crate::config::Config;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::jobs::Job;
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::{Actor, Permission, PublishWork};
use crate::state::State;
use crate::translations::{self, PublishOrder};
use crate::{articles, auth};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// Takes the step of an entry at its time.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunEntry {
    pub entry: Uuid,
    pub article: Uuid,
    pub language: Tag,
}

pub fn key(entry: Uuid) -> String {
    format!("schedule:{entry}")
}

impl From<&ScheduleEntry> for RunEntry {
    fn from(entry: &ScheduleEntry) -> Self {
        Self { entry: entry.id, article: entry.article_id, language: entry.language.clone() }
    }
}

impl Job for RunEntry {
    const KIND: &'static str = "schedule.run";
    const PROMPT: bool = true;

    fn key(&self) -> Option<String> {
        Some(key(self.entry))
    }

    fn text(&self) -> Option<(Uuid, Tag)> {
        Some((self.article, self.language.clone()))
    }

    async fn run(self, state: &State) -> anyhow::Result<()> {
        match attempt(state, &self).await {
            Err(error) if !is_ours(&error) => Ok(give_up(state, &self, &Failure::from(&error)).await?),
            outcome => Ok(outcome?),
        }
    }

    async fn given_up(self, state: &State) -> anyhow::Result<()> {
        let failure = Failure { code: Code::Internal, detail: "It failed on our side, again and again; whoever runs the service can retry it.".to_owned() };
        Ok(give_up(state, &self, &failure).await?)
    }
}

/// The entry, where it is its turn; holds its story.
async fn hold(tx: &mut Tx, job: &RunEntry, now: Timestamp) -> Result<Option<ScheduleEntry>> {
    articles::hold(tx, job.article).await?;
    Ok(store::read(tx, job.entry).await?.filter(|entry| entry.may_run() && entry.run_at <= now))
}

async fn attempt(state: &State, job: &RunEntry) -> Result<()> {
    let mut tx = state.db.begin().await?;
    let outcome = take(&mut tx, state, job).await;
    match &outcome {
        Ok(()) => tx.commit().await?,
        Err(_) => tx.rollback().await?,
    }
    outcome
}

async fn take(tx: &mut Tx, state: &State, job: &RunEntry) -> Result<()> {
    let now = state.clock.now();
    let Some(entry) = hold(tx, job, now).await? else { return Ok(()) };
    if translations::kill_is_pending(&mut *tx, job.article).await? {
        crate::jobs::put_off(&mut *tx, job, now).await?;
        return Ok(());
    }
    let actor = actor(tx, entry.created_by, now).await?;
    let order = PublishOrder { change_kind: entry.change_kind, public_note: entry.public_note.clone() };
    act(tx, &state.config, &actor, &entry, order, now).await?;
    store::finish(tx, actor.id(), entry.id, EntryState::Done, None, now).await?;
    record(tx, By::Service, Action::ScheduleDone, &entry, json!({ "entry": entry.id, "action": entry.action }), now).await
}

/// Who ordered a step, with the rights that they have now.
pub async fn actor(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<Actor> {
    let actor = auth::act_as(tx, id, now).await?;
    actor.ok_or_else(|| Error::new(Code::Forbidden, "Whoever scheduled it does not work here any more, or their key has ended."))
}

/// Takes the step as its person would by hand.
async fn act(tx: &mut Tx, config: &Config, actor: &Actor, entry: &ScheduleEntry, order: PublishOrder, now: Timestamp) -> Result<()> {
    let (text, _) = translations::find(tx, actor, PublishWork::RULE, entry.article_id, &entry.language, now).await?;
    match entry.action {
        ScheduledStep::Publish => {
            ready(&text)?;
            translations::publish(tx, config, actor, &text, order, now).await?;
        }
        ScheduledStep::Unpublish => {
            translations::unpublish(tx, actor, &text, order.public_note, now).await?;
        }
    }
    Ok(())
}

async fn give_up(state: &State, job: &RunEntry, failure: &Failure) -> Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    if let Some(entry) = hold(&mut tx, job, now).await? {
        fail(&mut tx, &entry, failure, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Marks an entry as failed, and tells its person and the desk of its text.
pub async fn fail(tx: &mut Tx, entry: &ScheduleEntry, failure: &Failure, now: Timestamp) -> Result<()> {
    store::finish(tx, entry.created_by, entry.id, EntryState::Failed, Some(failure), now).await?;
    tracing::warn!(entry = %entry.id, article = %entry.article_id, language = %entry.language, code = failure.code.as_str(), "what was scheduled did not happen");
    let mut people = active(tx, entry.created_by).await?;
    if let Some(agency) = store::agency_of(&mut *tx, entry.article_id, &entry.language).await? {
        people.extend(notices::desk(tx, agency).await?);
    }
    let details = json!({
        "entry": entry.id, "release": entry.release_id, "action": entry.action, "code": failure.code.as_str(), "detail": failure.detail
    });
    let notice = Notice { kind: NoticeKind::JobFailed, article: Some(entry.article_id), language: Some(&entry.language), by: None, details };
    notices::tell(tx, &people, &notice, now).await?;
    let details = json!({ "entry": entry.id, "action": entry.action, "code": failure.code.as_str() });
    record(tx, By::Service, Action::ScheduleFailed, entry, details, now).await
}

/// The person, where it is one who still works here.
async fn active(tx: &mut Tx, id: Uuid) -> Result<Vec<Uuid>> {
    let found: Option<(Uuid,)> = tx.query("SELECT id FROM staff WHERE id = $1 AND state = 'active'").bind(id).optional().await?;
    Ok(found.map(|(id,)| id).into_iter().collect())
}
