//! The kill of a story: what it does to each of its texts, in one transaction.
//!
//! The texts of the story's own agency are killed. Those of other agencies are withheld from readers until their people confirm
//! the kill or lift the text, which then goes its own way.

mod http;
mod lift;
mod orders;
mod preview;

pub use http::routes;

use super::store::{self, Moved};
use super::workflow::record;
use super::{Publication, Step, Translation, step};
use crate::articles::{self, Article, Killing};
use crate::assignments;
use crate::audit::{self, Action, Entry};
use crate::db::{Reader, Timestamp, Tx};
use crate::error::Result;
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::Actor;
use crate::publication::{self, Change, ChangeReason, ChangeType};
use crate::schedule;
use crate::text_enum;
use serde_json::{Value, json};
use uuid::Uuid;

text_enum! {
    /// What the kill of a story does to one of its texts.
    pub enum Effect {
        /// It is withdrawn for good: its addresses answer 410 with the public note.
        Kill = "kill",
        /// It is taken from readers until its own agency kills or lifts it: its addresses answer 404.
        Withhold = "withhold",
        /// Readers never saw it, and never will.
        Freeze = "freeze",
        /// It was killed or withheld already.
        None = "none",
    }
}

/// What the kill of a story does to a text that is `own` to the story's agency, or not, and that readers have `seen` at some time,
/// or not: what an embargo keeps from them may be published, and yet nobody has seen it.
///
/// What another agency's readers saw, also if it is unpublished now, is left to that agency.
#[must_use]
pub const fn effect(publication: Publication, own: bool, seen: bool) -> Effect {
    use Publication as P;
    match (publication, own) {
        (P::Killed, _) | (P::Withheld, false) => Effect::None,
        (P::Unreleased, _) => Effect::Freeze,
        _ if !seen => Effect::Freeze,
        (P::Published | P::Unpublished | P::Withheld, true) => Effect::Kill,
        (P::Published | P::Unpublished, false) => Effect::Withhold,
    }
}

/// Whether somebody has ordered to kill a story, and nobody has confirmed or canceled that yet: what happens by itself waits until then.
///
/// # Errors
/// When the database fails.
pub async fn kill_is_pending(on: impl Reader<'_>, article: Uuid) -> Result<bool> {
    Ok(orders::pending(on, article).await?.is_some())
}

/// What the kill of a story of the agency `owner` does to a text.
fn effect_on(text: &Translation, owner: Uuid) -> Effect {
    effect(text.publication, text.agency_id == owner, text.first_published_at.is_some())
}

/// Kills a story. `details` are for the log of the house.
///
/// # Errors
/// When the database fails.
async fn kill_story(tx: &mut Tx, actor: &Actor, article: Article, killing: Killing<'_>, details: Value, now: Timestamp) -> Result<Article> {
    let owner = article.agency_id;
    let texts = store::list(&mut *tx, article.id).await?;
    let touched: Vec<(&Translation, Effect)> = texts.iter().map(|text| (text, effect_on(text, owner))).filter(|(_, effect)| *effect != Effect::None).collect();
    for (text, effect) in &touched {
        move_text(tx, actor, text, *effect, killing, now).await?;
    }
    let article = articles::kill(tx, actor, article, killing, now).await?;
    assignments::close(tx, actor, article.id, None, "The story was killed.", now).await?;
    for (text, effect) in &touched {
        tell(tx, actor, text, *effect, killing, now).await?;
    }
    let changes: Vec<(&Tag, Change)> =
        touched.iter().filter_map(|(text, effect)| change(text.publication, *effect, killing).map(|change| (&text.language, change))).collect();
    let borrowed: Vec<(&Tag, &Change)> = changes.iter().map(|(language, change)| (*language, change)).collect();
    let numbers = publication::withdraw_all(tx, article.id, &borrowed, now).await?;
    let seq_of = |text: &Translation| changes.iter().zip(&numbers).find(|((language, _), _)| **language == text.language).and_then(|(_, seq)| *seq);
    let entry = Entry { action: Action::ArticleKilled, agency: Some(owner), subject: article.id, language: None, details };
    audit::record(tx, actor.into(), entry, now).await?;
    for (text, effect) in &touched {
        let action = if *effect == Effect::Withhold { Action::TextWithheld } else { Action::TextKilled };
        record(tx, actor, action, text, json!({ "change": seq_of(text), "revision": text.published_revision, "with_story": true }), now).await?;
    }
    schedule::cancel_for(tx, actor, article.id, None, now).await?;
    Ok(article)
}

async fn move_text(tx: &mut Tx, actor: &Actor, text: &Translation, effect: Effect, killing: Killing<'_>, now: Timestamp) -> Result<()> {
    if effect == Effect::Withhold {
        let to = step(text.publication, text.review, Step::Withhold)?;
        let slug = publication::slug_of(&mut *tx, text.article_id, &text.language).await?;
        store::advance(tx, actor, text, to, Moved { withheld: slug.as_deref(), ..Moved::default() }, now).await?;
    } else {
        let to = step(text.publication, text.review, Step::Kill)?;
        store::advance(tx, actor, text, to, Moved { killed: Some(killing.reason), ..Moved::default() }, now).await?;
    }
    Ok(())
}

/// What the change log says of a text; nothing where nothing changes for readers.
fn change(publication: Publication, effect: Effect, killing: Killing<'_>) -> Option<Change> {
    let instruction = killing.instruction.map(str::to_owned);
    match effect {
        Effect::Kill => Some(Change { public_note: Some(killing.public_note.to_owned()), instruction, ..Change::of(ChangeType::Killed) }),
        Effect::Withhold if publication == Publication::Published => {
            Some(Change { reason: Some(ChangeReason::Withheld), instruction, ..Change::of(ChangeType::Unpublished) })
        }
        Effect::Withhold | Effect::Freeze | Effect::None => None,
    }
}

/// Tells the people of a text; where it waits for their agency's decision, its desk too.
async fn tell(tx: &mut Tx, actor: &Actor, text: &Translation, effect: Effect, killing: Killing<'_>, now: Timestamp) -> Result<()> {
    let mut people = notices::people_of(tx, text.article_id, &text.language).await?;
    let kind = if effect == Effect::Withhold {
        people.extend(notices::desk(tx, text.agency_id).await?);
        NoticeKind::Withheld
    } else {
        NoticeKind::Killed
    };
    let details = json!({ "reason": killing.reason, "instruction": killing.instruction });
    let notice = Notice { kind, article: Some(text.article_id), language: Some(&text.language), by: Some(actor.id()), details };
    notices::tell(tx, &people, &notice, now).await
}

#[cfg(test)]
mod tests {
    use super::super::after;
    use super::*;
    use crate::db::TextEnum;
    use crate::translations::Review;
    use Publication::{Killed, Published, Unpublished, Unreleased, Withheld};

    #[test]
    fn what_a_kill_does_to_each_text() {
        let table = [
            (Unreleased, Effect::Freeze, Effect::Freeze),
            (Published, Effect::Kill, Effect::Withhold),
            (Unpublished, Effect::Kill, Effect::Withhold),
            (Withheld, Effect::Kill, Effect::None),
            (Killed, Effect::None, Effect::None),
        ];
        assert_eq!(table.len(), Publication::ALL.len());
        for (publication, own, other) in table {
            assert_eq!((effect(publication, true, true), effect(publication, false, true)), (own, other), "{publication}");
        }
        for (publication, other) in [(Published, Effect::Freeze), (Unpublished, Effect::Freeze), (Withheld, Effect::None), (Killed, Effect::None)] {
            assert_eq!(effect(publication, false, false), other, "{publication}, which nobody saw");
        }
    }

    /// The cascade takes no step that the machine refuses, and leaves nothing that could be published.
    #[test]
    fn the_machine_allows_what_a_kill_does() {
        for &publication in Publication::ALL {
            for &review in Review::ALL {
                for (own, seen) in [(true, true), (true, false), (false, true), (false, false)] {
                    let left = match effect(publication, own, seen) {
                        Effect::None => (publication, review),
                        Effect::Withhold => after(publication, review, Step::Withhold).unwrap(),
                        Effect::Kill | Effect::Freeze => after(publication, review, Step::Kill).unwrap(),
                    };
                    assert_eq!(after(left.0, left.1, Step::Publish), None, "{publication}/{review}, own: {own}");
                }
            }
        }
    }
}
