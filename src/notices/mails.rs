//! Notices as messages, for those who want them.

use super::NoticeKind;
use super::store::{self, COLUMNS, Told};
use crate::auth;
use crate::db::Reader;
use crate::jobs::Job;
use crate::language::Tag;
use crate::mail::Mail;
use crate::names::{self, Names};
use crate::state::State;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

/// Brings somebody a notice.
#[derive(Debug, Serialize, Deserialize)]
pub struct NoticeMail {
    pub notice: Uuid,
}

impl Job for NoticeMail {
    const KIND: &'static str = "mail.notice";

    async fn run(self, state: &State) -> anyhow::Result<()> {
        let recipient: Option<(Uuid, String, Json<Names>)> = state
            .db
            .query("SELECT s.id, s.email, s.names FROM notices n JOIN staff s ON s.id = n.staff_id WHERE n.id = $1 AND n.read_at IS NULL")
            .bind(self.notice)
            .optional()
            .await?;
        // What was read meanwhile needs no message, nor do those who have left.
        let Some((id, to, names)) = recipient else { return Ok(()) };
        let Some(actor) = auth::actor_of(&state.db, id).await? else { return Ok(()) };
        let told: Option<Told> = state.db.query(COLUMNS).push_bind(id).push(" AND n.id = ").push_bind(self.notice).optional().await?;
        let mut told: Vec<Told> = told.into_iter().collect();
        store::show(&state.db, &actor, &mut told, state.clock.now()).await?;
        let Some(told) = told.first() else { return Ok(()) };
        let subject = subject(told.kind).to_owned();
        let text = text(state, told, &subject, names::pick(&names, &Tag::parse("en")?));
        state.mailer.send(Mail { to, subject, text }).await
    }
}

/// What happened, by kind. Those without words of their own get some that suit all.
const SUBJECTS: &[(NoticeKind, &str)] = &[
    (NoticeKind::Assigned, "A text was assigned to you"),
    (NoticeKind::Declined, "Work that you asked for was declined"),
    (NoticeKind::HandedIn, "Work that you asked for was handed in"),
    (NoticeKind::Accepted, "Work that you asked for was accepted"),
    (NoticeKind::Canceled, "Work that was asked of you is not needed any more"),
    (NoticeKind::LeaseExpired, "A claim has run out"),
    (NoticeKind::Returned, "A text of yours was returned"),
    (NoticeKind::Corrected, "The original of a text of yours was corrected"),
    (NoticeKind::Killed, "A text of yours was killed"),
    (NoticeKind::Withheld, "A text of yours was taken from readers"),
    (NoticeKind::Lifted, "A text that was taken from readers is public again"),
    (NoticeKind::Commented, "Somebody commented on a text"),
    (NoticeKind::Mentioned, "Somebody named you in a comment"),
    (NoticeKind::JobFailed, "Something that you scheduled did not happen"),
    (NoticeKind::ScheduleOrphaned, "A colleague has left who had scheduled something"),
];

fn subject(kind: NoticeKind) -> &'static str {
    SUBJECTS.iter().find(|(other, _)| *other == kind).map_or("There is news in the newsroom", |(_, subject)| subject)
}

fn text(state: &State, told: &Told, subject: &str, name: &str) -> String {
    let headline = told.headline.as_deref().map(|headline| format!("\"{headline}\"\n")).unwrap_or_default();
    let address = match (told.article_id, &told.language) {
        (Some(article), Some(language)) => state.url(&format!("/v1/articles/{article}/translations/{language}")),
        (Some(article), None) => state.url(&format!("/v1/articles/{article}")),
        _ => state.url("/v1/me/notices"),
    };
    format!(
        "{name}\n\n{subject}.\n{headline}{address}\n\nYou asked for messages of this kind (`{}`). To stop them, change `notice_mail` of your profile: {}\n",
        told.kind,
        state.url("/v1/me")
    )
}
