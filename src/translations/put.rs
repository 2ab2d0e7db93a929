//! A whole text written at once, whichever way it came.

use super::store::{self, First};
use super::{Step, Text, Translation, find, step};
use crate::articles;
use crate::assignments;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::language::Tag;
use crate::policy::{Actor, Permission, WriteWork, decide};
use crate::precondition::Precondition;
use uuid::Uuid;

/// Where a text is to be written: over the one that there is, which the caller must have seen, or as a first one (`None`) where they want that.
///
/// # Errors
/// `not_found`, `forbidden`, `precondition_required`, `conflict` where somebody else is asked for the text, and when the database fails.
pub async fn place(tx: &mut Tx, actor: &Actor, article: Uuid, language: &Tag, precondition: &Precondition, now: Timestamp) -> Result<Option<Translation>> {
    if precondition.wants_new() || precondition.is_blind() {
        articles::hold(tx, article).await?;
        let works = may_add(tx, actor, article, language, now).await?;
        if precondition.is_blind() {
            let detail = "Send If-None-Match: * to add a text, or If-Match with the ETag that you read to replace it.";
            return Err(Error::new(Code::PreconditionRequired, detail));
        }
        for work in &works {
            work.admit_writer(actor)?;
        }
        return Ok(None);
    }
    let (old, _) = find(tx, actor, WriteWork::RULE, article, language, now).await?;
    Ok(Some(old))
}

/// The work that is asked for in a language, to which the caller may add a text.
async fn may_add(tx: &mut Tx, actor: &Actor, article: Uuid, language: &Tag, now: Timestamp) -> Result<Vec<assignments::Assignment>> {
    let found = articles::find(&mut *tx, actor, article, now).await?;
    let works = assignments::making(tx, actor, article, language, now).await?;
    let mut relation = found.takes_translations_of(actor);
    // Who is asked for this text has a part in the story, as far as this text goes.
    relation.involved |= actor.staff_id().is_some() && works.iter().any(|work| work.is_asked_of(actor));
    articles::admit(decide(WriteWork::RULE, actor, relation), "article")?;
    Ok(works)
}

/// Lets whoever may add a text in a language. The story is held.
///
/// # Errors
/// `not_found`, `forbidden`, `conflict` where somebody else is asked for the text, and when the database fails.
pub(super) async fn admit_new(tx: &mut Tx, actor: &Actor, article: Uuid, language: &Tag, now: Timestamp) -> Result<()> {
    for work in may_add(tx, actor, article, language, now).await? {
        work.admit_writer(actor)?;
    }
    Ok(())
}

/// Writes a text to its [`place`], as a draft. Without a slug it keeps the one that it has.
///
/// # Errors
/// `validation_failed` with what is wrong beside the faults given, `already_exists`, `illegal_transition`, and when the database fails.
#[expect(clippy::too_many_arguments, reason = "what is written, where, and by whom")]
pub async fn put(
    tx: &mut Tx,
    actor: &Actor,
    (article, language): (Uuid, &Tag),
    old: Option<&Translation>,
    text: &Text,
    slug: Option<&str>,
    mut faults: Faults,
    now: Timestamp,
) -> Result<Translation> {
    let Some(old) = old else {
        store::check(tx, actor.agency, text, &[], &mut faults).await?;
        faults.finish()?;
        return store::put_first(tx, actor, First { article, language, is_original: false, text, slug, orthography: None }, now).await;
    };
    store::check(tx, old.agency_id, text, &old.text.authors, &mut faults).await?;
    faults.finish()?;
    store::put_next(tx, actor, old, text, slug.or(old.slug.as_deref()), None, now).await
}

/// Pins a translation to a revision of its original. What goes its own way is left as it is, and so is what is pinned there.
///
/// # Errors
/// `illegal_transition`, and when the database fails.
pub async fn base_on(tx: &mut Tx, actor: &Actor, text: Translation, original_revision: i32, now: Timestamp) -> Result<Translation> {
    if text.is_original || text.detached_at.is_some() || text.base_revision == Some(original_revision) {
        return Ok(text);
    }
    step(text.publication, text.review, Step::Edit)?;
    store::rebase(tx, actor, &text, original_revision, now).await
}
