//! The job of a switch: a batch of texts, each in a transaction of its own, and then the next batch.

use super::respell;
use super::store::{self, Told};
use super::{OrthographySwitch, SwitchOutcome, SwitchState};
use crate::articles;
use crate::audit::{self, Action, By, Entry};
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::jobs::{self, Job};
use crate::state::State;
use crate::translations::store as texts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Texts of one run of the job.
const BATCH: u16 = 20;

/// Takes texts of a switch into its alphabet, from its time on.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunSwitch {
    switch: Uuid,
    /// The last text of the batch before.
    after: Option<Uuid>,
}

pub fn key(switch: Uuid) -> String {
    format!("orthography:{switch}")
}

impl RunSwitch {
    #[must_use]
    pub const fn of(switch: Uuid) -> Self {
        Self { switch, after: None }
    }
}

impl Job for RunSwitch {
    const KIND: &'static str = "orthography.switch";

    fn key(&self) -> Option<String> {
        Some(key(self.switch))
    }

    async fn run(self, state: &State) -> anyhow::Result<()> {
        let Some(switch) = begin(state, self.switch).await? else { return Ok(()) };
        let batch = store::left(&state.db, &switch, self.after, BATCH).await?;
        for article in &batch {
            attempt(state, &switch, *article).await?;
        }
        let now = state.clock.now();
        let mut tx = state.db.begin().await?;
        match (batch.last(), self.after) {
            (None, None) => finish(&mut tx, &switch, now).await?,
            // What was written behind our back while we went through it is found from the beginning.
            (last, _) => {
                jobs::enqueue(&mut tx, &Self { after: last.copied(), ..self }, now, now).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }
}

/// The switch, where it runs; one whose time has come begins.
async fn begin(state: &State, id: Uuid) -> Result<Option<OrthographySwitch>> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let found = store::read(&mut tx, id).await?;
    if let Some(switch) = found.as_ref().filter(|switch| switch.run_at <= now)
        && store::advance(&mut tx, id, SwitchState::Running, switch.created_by, now).await?
    {
        record(&mut tx, By::Service, Action::OrthographySwitchStarted, switch, json!({}), now).await?;
    }
    let switch = store::read(&mut tx, id).await?;
    tx.commit().await?;
    Ok(switch.filter(|switch| switch.state == SwitchState::Running))
}

async fn finish(tx: &mut Tx, switch: &OrthographySwitch, now: Timestamp) -> Result<()> {
    if !store::advance(tx, switch.id, SwitchState::Done, switch.created_by, now).await? {
        return Ok(());
    }
    let mut done = [switch.clone()];
    store::count(&mut *tx, &mut done).await?;
    let [done] = done;
    let progress = &done.progress;
    let details = json!({ "published": progress.published, "converted": progress.converted, "left_alone": progress.left_alone, "failed": progress.failed });
    record(tx, By::Service, Action::OrthographySwitchDone, switch, details, now).await
}

/// Goes through one text. What is wrong with it is noted, and holds up no other; what is wrong with the house is tried again.
async fn attempt(state: &State, switch: &OrthographySwitch, article: Uuid) -> Result<()> {
    let mut tx = state.db.begin().await?;
    match convert(&mut tx, state, switch, article).await {
        Ok(()) => tx.commit().await,
        Err(error) if matches!(error.code, Code::Unavailable | Code::DiskFull) => Err(error),
        Err(error) => {
            tx.rollback().await?;
            fail(state, switch, article, &error).await
        }
    }
}

async fn convert(tx: &mut Tx, state: &State, switch: &OrthographySwitch, article: Uuid) -> Result<()> {
    articles::hold(tx, article).await?;
    if !store::is_left(&mut *tx, switch, article).await? {
        return Ok(());
    }
    let Some(text) = texts::read(&mut *tx, article, &switch.language).await? else { return Ok(()) };
    respell::respell(tx, &state.config, switch, &text, state.clock.now()).await
}

async fn fail(state: &State, switch: &OrthographySwitch, article: Uuid, error: &Error) -> Result<()> {
    tracing::warn!(switch = %switch.id, %article, language = %switch.language, code = error.code.as_str(), %error, "a text was not converted");
    let mut tx = state.db.begin().await?;
    articles::hold(&mut tx, article).await?;
    if store::is_left(&mut tx, switch, article).await?
        && let Some(text) = texts::read(&mut tx, article, &switch.language).await?
    {
        let reason = Some(error.code.as_str().to_owned());
        let told = Told { outcome: SwitchOutcome::Failed, reason, revision: text.revision, doubtful: 0 };
        store::tell(&mut tx, switch.id, &text, &told, state.clock.now()).await?;
    }
    tx.commit().await
}

/// Leaves a trace of what was done with a switch, and who ordered it.
pub async fn record(tx: &mut Tx, by: By, action: Action, switch: &OrthographySwitch, mut details: Value, now: Timestamp) -> Result<()> {
    if let Some(details) = details.as_object_mut() {
        details.insert("to".to_owned(), json!(switch.to));
        details.insert("run_at".to_owned(), json!(switch.run_at));
        details.insert("ordered_by".to_owned(), json!(switch.created_by));
    }
    let entry = Entry { action, agency: switch.agency_id, subject: switch.id, language: Some(&switch.language), details };
    audit::record(tx, by, entry, now).await
}
