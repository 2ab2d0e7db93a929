//! What the audit log says of signing in.
//!
//! What somebody does who has not proved who they are is written by a job: as much is done for an account that is not there, so that time
//! tells nothing, and nobody who fails waits for the end of the log.

use super::store;
use crate::audit::{self, Action, By, Entry};
use crate::db::{Timestamp, Tx, Writer};
use crate::error::Result;
use crate::jobs::{self, Job};
use crate::state::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// Leaves a trace of what somebody did with their own account.
pub async fn record(tx: &mut Tx, by: By, action: Action, agency: Uuid, staff: Uuid, details: Value, now: Timestamp) -> Result<()> {
    audit::record(tx, by, Entry { action, agency: Some(agency), subject: staff, language: None, details }, now).await
}

/// Something that was tried with an account from outside.
#[derive(Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// Of this attempt: the job may run twice.
    id: Uuid,
    /// A staff member, or nobody.
    account: Uuid,
    action: Action,
    at: i64,
}

/// Notes an attempt. What was typed is not part of it; an account that is not known leaves no trace in the end.
///
/// # Errors
/// When the database fails.
pub async fn attempt(on: impl Writer<'_>, account: Option<Uuid>, action: Action, now: Timestamp) -> Result<()> {
    let attempt = Attempt { id: Uuid::now_v7(), account: account.unwrap_or_else(Uuid::now_v7), action, at: now.micros() };
    jobs::enqueue(on, &attempt, now, now).await?;
    Ok(())
}

impl Job for Attempt {
    const KIND: &'static str = "audit.attempt";

    async fn run(self, state: &State) -> anyhow::Result<()> {
        let Some(account) = store::account_by_id(&state.db, self.account).await? else { return Ok(()) };
        let details = json!({ "attempt": self.id });
        let entry = Entry { action: self.action, agency: Some(account.agency_id), subject: account.id, language: None, details };
        let mut tx = state.db.begin().await?;
        audit::record_once(&mut tx, By::Anonymous, entry, Timestamp::from_micros(self.at)).await?;
        tx.commit().await?;
        Ok(())
    }
}
