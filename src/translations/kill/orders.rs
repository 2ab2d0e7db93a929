//! Kills that wait for a second person.

use crate::articles::Killing;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::policy::{Actor, KillWork, Permission};
use crate::text_enum;
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// What became of an order.
    pub enum Outcome {
        Confirmed = "confirmed",
        Canceled = "canceled",
    }
}

/// A kill that somebody ordered and another has to confirm.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct PendingKill {
    pub id: Uuid,
    pub article_id: Uuid,
    /// For the record of the house.
    pub reason: String,
    /// What its addresses will say.
    pub public_note: String,
    /// What partners will be asked to do.
    pub instruction: Option<String>,
    pub ordered_by: Uuid,
    pub ordered_at: Timestamp,
}

/// An order that was just given.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderedKill {
    #[serde(flatten)]
    pub order: PendingKill,
    /// How many people there are who can confirm it. With 0, somebody has to be found first: ask the administrators.
    pub confirmers: i64,
}

/// How many people other than `first` may kill a story of an agency.
pub async fn confirmers(tx: &mut Tx, agency: Uuid, shared: bool, first: Uuid) -> Result<i64> {
    let query = tx.query(
        "SELECT count(*) FROM staff s JOIN agencies g ON g.id = s.agency_id WHERE s.state = 'active' AND g.state = 'active' AND s.id <> $1 \
         AND (g.id = $2 OR ($3 AND g.kind = 'platform')) AND s.role IN (",
    );
    let roles = KillWork::RULE.roles.iter().copied();
    Ok(query.bind(first).bind(agency).bind(shared).push_list(roles).push(")").value().await?)
}

impl PendingKill {
    pub fn killing(&self) -> Killing<'_> {
        Killing { reason: &self.reason, public_note: &self.public_note, instruction: self.instruction.as_deref() }
    }
}

/// The order that a story has to wait for, if there is one.
pub async fn pending(on: impl Reader<'_>, article: Uuid) -> Result<Option<PendingKill>> {
    let query = on
        .query("SELECT id, article_id, reason, public_note, instruction, ordered_by, ordered_at FROM kill_orders WHERE article_id = $1 AND closed_at IS NULL");
    Ok(query.bind(article).optional().await?)
}

pub async fn place(tx: &mut Tx, actor: &Actor, article: Uuid, killing: Killing<'_>, now: Timestamp) -> Result<PendingKill> {
    let query = tx.query(
        "INSERT INTO kill_orders (id, article_id, reason, public_note, instruction, ordered_by, ordered_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         RETURNING id, article_id, reason, public_note, instruction, ordered_by, ordered_at",
    );
    let query = query.bind(Uuid::now_v7()).bind(article).bind(killing.reason).bind(killing.public_note).bind(killing.instruction);
    Ok(query.bind(actor.id()).bind(now).one().await?)
}

pub async fn close(tx: &mut Tx, actor: &Actor, order: Uuid, outcome: Outcome, reason: Option<&str>, now: Timestamp) -> Result<()> {
    tx.query("UPDATE kill_orders SET closed_by = $2, closed_at = $3, outcome = $4, cancel_reason = $5 WHERE id = $1")
        .bind(order)
        .bind(actor.id())
        .bind(now)
        .bind(outcome)
        .bind(reason)
        .execute()
        .await?;
    Ok(())
}
