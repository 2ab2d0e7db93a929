//! Work of people who leave.

use super::follow;
use super::store;
use super::{Assignment, AssignmentState};
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::policy::Actor;
use uuid::Uuid;

impl Assignment {
    /// The work, with somebody else or with nobody: who did not begin is only asked, and what nobody does is asked of the desk.
    pub(super) fn given_to(&self, to: Option<Uuid>) -> Self {
        let state = match (self.state, to) {
            (AssignmentState::Claimed, _) | (AssignmentState::InProgress | AssignmentState::Returned, None) => AssignmentState::Requested,
            (state, _) => state,
        };
        Self { state, assignee_id: to, lease_expires_at: None, ..self.clone() }
    }
}

/// The stories on which somebody has open work, to be held before it is handed over.
///
/// # Errors
/// When the database fails.
pub async fn stories_of(tx: &mut Tx, person: Uuid) -> Result<Vec<Uuid>> {
    let stories: Vec<(Uuid,)> = tx.query("SELECT DISTINCT article_id FROM assignments WHERE assignee_id = $1 AND closed_at IS NULL").bind(person).all().await?;
    Ok(stories.into_iter().map(|(story,)| story).collect())
}

/// Hands the open work of somebody to another, or back to the desk, and tells them. The stories are held. Says how much it was.
///
/// # Errors
/// When the database fails.
pub async fn hand_over(tx: &mut Tx, actor: &Actor, from: Uuid, to: Option<Uuid>, now: Timestamp) -> Result<usize> {
    let ids: Vec<(Uuid,)> = tx.query("SELECT id FROM assignments WHERE assignee_id = $1 AND closed_at IS NULL ORDER BY id").bind(from).all().await?;
    for (id,) in &ids {
        let work = store::find_again(tx, actor, *id, now).await?;
        let changed = store::put(tx, actor, work.given_to(to), now).await?;
        // Of work that was begun there is a text, which is handed over and told of by itself.
        if changed.state == AssignmentState::Requested {
            follow::ask(tx, actor, &changed, now).await?;
        }
    }
    Ok(ids.len())
}
