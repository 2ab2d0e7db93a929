//! Claims that run out. They count for nothing from that moment on; this writes it down, and tells the people.

use super::{AssignmentKind, LEASE};
use crate::articles;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::jobs::{self, Job};
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::state::State;
use crate::translations;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// Takes a claim back that has run out and was not renewed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Lapse {
    pub assignment: Uuid,
}

impl Job for Lapse {
    const KIND: &'static str = "assignments.lapse";

    async fn run(self, state: &State) -> anyhow::Result<()> {
        let now = state.clock.now();
        let mut tx = state.db.begin().await?;
        take_back(&mut tx, self.assignment, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Lets a claim begin or go on. Returns when it runs out.
pub(super) async fn begin(tx: &mut Tx, assignment: Uuid, now: Timestamp) -> Result<Timestamp> {
    let until = now.plus(LEASE);
    jobs::enqueue(tx, &Lapse { assignment }, until, now).await?;
    Ok(until)
}

async fn take_back(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<()> {
    let story: Option<(Uuid,)> = tx.query("SELECT article_id FROM assignments WHERE id = $1").bind(id).optional().await?;
    let Some((article,)) = story else { return Ok(()) };
    articles::hold(tx, article).await?;
    let lapsed: Option<(Uuid, AssignmentKind, Tag, Uuid)> = tx
        .query(
            "SELECT agency_id, kind, language, assignee_id FROM assignments \
             WHERE id = $1 AND state = 'claimed' AND lease_expires_at <= $2 AND assignee_id IS NOT NULL",
        )
        .bind(id)
        .bind(now)
        .optional()
        .await?;
    let Some((agency, kind, language, claimer)) = lapsed else { return Ok(()) };
    tx.query(
        "UPDATE assignments SET state = 'requested', assignee_id = NULL, lease_expires_at = NULL, version = version + 1, updated_at = $2 \
         WHERE id = $1",
    )
    .bind(id)
    .bind(now)
    .execute()
    .await?;
    if kind != AssignmentKind::Review {
        translations::take_from(tx, claimer, article, &language, claimer, now).await?;
    }
    let mut people = notices::desk(tx, agency).await?;
    people.push(claimer);
    let details = json!({ "assignment_id": id, "assignee_id": claimer });
    notices::tell(tx, &people, &Notice { kind: NoticeKind::LeaseExpired, article: Some(article), language: Some(&language), by: None, details }, now).await
}
