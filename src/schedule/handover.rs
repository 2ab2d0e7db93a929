//! What waits in the name of people who leave.

use super::{EntryState, ScheduleEntry, store};
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::{Actor, Permission, PublishWork, Role};
use serde_json::json;
use uuid::Uuid;

/// The stories for which something waits in the name of somebody, to be held before it is handed over.
///
/// # Errors
/// When the database fails.
pub async fn stories_of(tx: &mut Tx, person: Uuid) -> Result<Vec<Uuid>> {
    let query = tx.query(
        "SELECT article_id FROM schedule WHERE created_by = $1 AND state = 'pending' \
         UNION SELECT article_id FROM releases WHERE created_by = $1 AND state = 'pending'",
    );
    let stories: Vec<(Uuid,)> = query.bind(person).all().await?;
    Ok(stories.into_iter().map(|(story,)| story).collect())
}

/// Lets what waits in the name of somebody happen in that of another, where that is one who may publish. Otherwise the desk of their
/// agency is told at once, as it will fail. The stories are held.
///
/// # Errors
/// When the database fails.
pub async fn hand_over(tx: &mut Tx, actor: &Actor, from: Uuid, to: Option<Uuid>, now: Timestamp) -> Result<()> {
    if let Some(to) = to
        && may_publish(tx, to).await?
    {
        for table in ["UPDATE schedule", "UPDATE releases"] {
            let query = tx.query(table).push(" SET created_by = $2, version = version + 1, updated_at = $3, updated_by = $4");
            query.push(" WHERE created_by = $1 AND state = 'pending'").bind(from).bind(to).bind(now).bind(actor.id()).execute().await?;
        }
        return Ok(());
    }
    let query = tx.query(store::COLUMNS).push(" WHERE s.created_by = ").push_bind(from).push(" AND s.state = ").push_bind(EntryState::Pending);
    let entries: Vec<ScheduleEntry> = query.push(" ORDER BY s.run_at, s.id").all().await?;
    let agency: Option<(Uuid,)> = tx.query("SELECT agency_id FROM staff WHERE id = $1").bind(from).optional().await?;
    let (Some((agency,)), false) = (agency, entries.is_empty()) else { return Ok(()) };
    let people = notices::seconds(tx, agency, from).await?;
    for entry in &entries {
        // Not by whoever sees them off: that person has to see to it as well.
        let details = json!({ "entry": entry.id, "release": entry.release_id, "action": entry.action, "from": from });
        let notice = Notice { kind: NoticeKind::ScheduleOrphaned, article: Some(entry.article_id), language: Some(&entry.language), by: None, details };
        notices::tell(tx, &people, &notice, now).await?;
    }
    Ok(())
}

async fn may_publish(tx: &mut Tx, person: Uuid) -> Result<bool> {
    let role: Option<(Role,)> = tx.query("SELECT role FROM staff WHERE id = $1 AND state = 'active'").bind(person).optional().await?;
    Ok(role.is_some_and(|(role,)| PublishWork::RULE.roles.contains(&role)))
}
