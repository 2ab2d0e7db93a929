//! One text in another alphabet: which are left alone, and what readers see of the others.

use super::store::{self, Told};
use super::{OrthographySwitch, SwitchOutcome};
use crate::audit::{self, Action, By, Entry};
use crate::config::Config;
use crate::db::{Timestamp, Tx};
use crate::error::{Error, Result};
use crate::jobs;
use crate::language::is_rather;
use crate::policy::{Actor, Who};
use crate::publication::{self, Change, ChangeKind, ChangeType, Rebuild, RebuildSelection};
use crate::translations::store::{self as texts, Moved};
use crate::translations::{Publication, Review, Translation, kill_is_pending, variants, workflow};
use serde_json::json;

/// Takes a text into the alphabet of a switch, or notes why not. The story is held.
///
/// # Errors
/// `validation_failed` where it would be too long, and when the database fails.
pub async fn respell(tx: &mut Tx, config: &Config, switch: &OrthographySwitch, text: &Translation, now: Timestamp) -> Result<()> {
    if let Some(reason) = left_alone(tx, switch, text).await? {
        let told = Told { outcome: SwitchOutcome::LeftAlone, reason: Some(reason.to_owned()), revision: text.revision, doubtful: 0 };
        return store::tell(tx, switch.id, text, &told, now).await;
    }
    // As nobody who works here: it claims no work, and is the author of nothing.
    let actor = Actor { agency: text.agency_id, platform: false, who: Who::Key { id: switch.created_by, scopes: vec![] } };
    let respelled = variants::respell(tx, text, &switch.to).await?;
    if respelled.text == text.text {
        store::set_orthography(tx, &actor, text, &switch.to, now).await?;
        if text.published_revision.is_some() {
            jobs::enqueue(&mut *tx, &Rebuild::of(RebuildSelection::Article(text.article_id)), now, now).await?;
        }
        let told = Told { outcome: SwitchOutcome::Unchanged, reason: None, revision: text.revision, doubtful: 0 };
        return store::tell(tx, switch.id, text, &told, now).await;
    }
    let is_shown = text.publication == Publication::Published;
    let goes_out = is_shown && text.review == Review::Settled;
    let review = if text.review == Review::InReview { Review::InReview } else { Review::Draft };
    store::put(tx, &actor, text, &respelled.text, &switch.to, review, now).await?;
    variants::carry(tx, text, &respelled).await?;
    let outcome = if goes_out { SwitchOutcome::Published } else { SwitchOutcome::Converted };
    let reason = (is_shown && !goes_out).then(|| "readers_see_earlier".to_owned());
    let told = Told { outcome, reason, revision: text.revision + 1, doubtful: respelled.doubtful };
    store::tell(tx, switch.id, text, &told, now).await?;
    if goes_out {
        let written = texts::read(&mut *tx, text.article_id, &text.language).await?;
        publish(tx, config, switch, &actor, &written.ok_or_else(|| Error::internal("the text that was converted is not there"))?, now).await?;
    }
    Ok(())
}

/// Why a text is left as it is, if it is.
async fn left_alone(tx: &mut Tx, switch: &OrthographySwitch, text: &Translation) -> Result<Option<&'static str>> {
    Ok(match text.publication {
        Publication::Killed => Some("killed"),
        Publication::Withheld => Some("withheld"),
        _ if kill_is_pending(&mut *tx, text.article_id).await? => Some("kill_pending"),
        // What somebody approved goes out as they saw it, or not at all.
        _ if text.review == Review::Approved => Some("approved"),
        _ if is_rather(&variants::prose(text), &text.language, &switch.to) => Some("written_otherwise"),
        _ => None,
    })
}

/// Shows readers the text in its new letters. Nothing else has changed: it is pinned to no later revision of its original, closes no work on
/// it, and asks for none.
async fn publish(tx: &mut Tx, config: &Config, switch: &OrthographySwitch, actor: &Actor, text: &Translation, now: Timestamp) -> Result<()> {
    let is_change = text.is_change(&mut *tx).await?;
    let shown = publication::is_public(tx, text.article_id, &text.language).await?;
    let kind = is_change.then_some(ChangeKind::Fix);
    let change = Change { kind, ..Change::of(if shown { ChangeType::Updated } else { ChangeType::Published }) };
    let slug = text.slug.as_deref().ok_or_else(|| Error::internal("a published text has no address"))?;
    let moved = Moved { published: Some(slug), ..Moved::default() };
    texts::put_state(tx, actor, text, (Publication::Published, Review::Settled), moved, now).await?;
    let seq = publication::publish(tx, config, text.article_id, &text.language, &change, now).await?;
    let held = seq.is_none().then_some(text.embargo_until).flatten();
    workflow::keep_held(tx, text, held, now).await?;
    let details =
        json!({ "switch": switch.id, "to": switch.to, "ordered_by": switch.created_by, "change": seq, "revision": text.revision, "change_kind": kind });
    let entry = Entry { action: Action::TextRespelled, agency: Some(text.agency_id), subject: text.article_id, language: Some(&text.language), details };
    audit::record(tx, By::Service, entry, now).await
}
