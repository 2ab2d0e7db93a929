//! Work that a change of the original opens by itself: its translations have to follow.

use super::store::{self, New};
use super::{Assignment, AssignmentKind, follow};
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::language::Tag;
use crate::notices::NoticeKind;
use crate::policy::Actor;
use crate::publication::ChangeKind;
use std::time::Duration;
use uuid::Uuid;

/// How long the translations have to follow; `None` where nothing is to be done.
const fn time_for(kind: ChangeKind) -> Option<Duration> {
    match kind {
        ChangeKind::Fix => None,
        ChangeKind::Correction => Some(Duration::from_hours(2)),
        ChangeKind::Clarification => Some(Duration::from_hours(8)),
        ChangeKind::Update => Some(Duration::from_hours(24)),
    }
}

/// Opens work on every translation that is public and follows the original, which was just published anew. Where there is open work
/// already, it is due no later.
///
/// # Errors
/// When the database fails.
pub async fn open_for_change(tx: &mut Tx, actor: &Actor, article: Uuid, kind: ChangeKind, note: Option<&str>, now: Timestamp) -> Result<()> {
    let Some(time) = time_for(kind) else { return Ok(()) };
    let due = now.plus(time);
    let texts: Vec<(Tag, Uuid, Uuid, Option<Uuid>)> = tx
        .query(
            "SELECT t.language, t.agency_id, a.agency_id, s.id FROM translations t JOIN articles a ON a.id = t.article_id \
             LEFT JOIN staff s ON s.id = t.assignee_id AND s.state = 'active' AND s.agency_id = t.agency_id \
             WHERE t.article_id = $1 AND NOT t.is_original AND t.publication = 'published' AND t.detached_at IS NULL AND t.deleted_at IS NULL \
             ORDER BY t.language",
        )
        .bind(article)
        .all()
        .await?;
    let open = store::open(tx, actor, article, None, now).await?;
    for (language, agency, story_agency, assignee) in &texts {
        let known = open.iter().find(|work| work.language == *language && work.kind == AssignmentKind::Translate);
        let work = if let Some(work) = known {
            let due_at = Some(work.due_at.map_or(due, |at| at.min(due)));
            let change_kind = work.change_kind.map(|known| known.max(kind));
            store::put(tx, actor, Assignment { due_at, change_kind, ..work.clone() }, now).await?
        } else {
            let new = New {
                article,
                story_agency: *story_agency,
                language,
                kind: AssignmentKind::Translate,
                agency: *agency,
                assignee: *assignee,
                due_at: Some(due),
                note,
                change_kind: Some(kind),
            };
            let id = store::insert(tx, actor, &new, now).await?;
            store::find_again(tx, actor, id, now).await?
        };
        let people = follow::asked(tx, &work).await?;
        let notice = if kind == ChangeKind::Update { NoticeKind::Assigned } else { NoticeKind::Corrected };
        follow::tell(tx, actor, &people, notice, &work, now).await?;
    }
    Ok(())
}
