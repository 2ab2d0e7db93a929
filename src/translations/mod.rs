//! The texts of a story, one for each language and script: revisions, review, publication.
//!
//! The original is a translation too. Publication (what readers see) and review (what editors do) are two axes, and
//! [`after`] is the whole machine of both.

mod compare;
mod embargo;
mod freshness;
mod http;
mod kill;
mod names;
mod put;
mod revisions;
mod saved;
mod stale;
mod store;
mod switches;
mod text;
mod variants;
mod workflow;

pub use embargo::EndEmbargo;
pub use http::{CreateArticle, PutPrecondition, create, routes};
pub use kill::kill_is_pending;
pub use put::{base_on, place, put};
pub use revisions::read as read_revision;
pub use saved::SavedTranslation;
pub use store::{First, Translation, find, headlines, list, look, put_first};
pub use switches::{OrthographySwitch, RunSwitch, SwitchOutcome, SwitchProgress, SwitchState, SwitchedText};
pub use text::{NewText, SeoText, Text};
pub use variants::{DerivedFrom, PublishVariants, VariantWarning, WarningState};
pub use workflow::{PublishOrder, TextPath, approve, kill, publish, submit, unpublish};

use crate::db::{Reader, TextEnum, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::language::Tag;
use crate::policy::Actor;
use crate::text_enum;
use uuid::Uuid;

text_enum! {
    /// What readers see of a text.
    pub enum Publication {
        Unreleased = "unreleased",
        Published = "published",
        Unpublished = "unpublished",
        /// Taken away because its original was killed; its own agency decides.
        Withheld = "withheld",
        /// Withdrawn for good.
        Killed = "killed",
    }
}

text_enum! {
    /// What editors have done with the newest revision.
    pub enum Review {
        Draft = "draft",
        InReview = "in_review",
        Approved = "approved",
        /// The newest revision is the published one.
        Settled = "settled",
    }
}

text_enum! {
    /// What can be done with a text.
    pub enum Step {
        Edit = "edit",
        Submit = "submit",
        Return = "return",
        Approve = "approve",
        Publish = "publish",
        Unpublish = "unpublish",
        Kill = "kill",
        Delete = "delete",
        /// What the kill of the story does to the texts of other agencies; nobody takes it by hand.
        Withhold = "withhold",
        Lift = "lift",
    }
}

impl Step {
    const fn participle(self) -> &'static str {
        match self {
            Self::Edit => "edited",
            Self::Submit => "submitted",
            Self::Return => "returned",
            Self::Approve => "approved",
            Self::Publish => "published",
            Self::Unpublish => "unpublished",
            Self::Kill => "killed",
            Self::Delete => "deleted",
            Self::Withhold => "withheld",
            Self::Lift => "lifted",
        }
    }
}

/// Where a text stands after a step; `None` where its state does not allow the step.
///
/// Publishing what is not approved includes the approval: the right to publish includes it, and the rule of four eyes
/// holds for both.
#[must_use]
pub const fn after(publication: Publication, review: Review, step: Step) -> Option<(Publication, Review)> {
    use {Publication as P, Review as R};
    match (step, publication, review) {
        (_, P::Killed, _) => None,
        (Step::Kill, _, review) => Some((P::Killed, review)),
        // A text that was being edited comes back as readers saw it; its newest revision is where it was.
        (Step::Lift, P::Withheld, review) => Some((P::Published, review)),
        (_, P::Withheld, _) | (Step::Publish, P::Published, R::Settled) => None,
        (Step::Edit, publication, _) | (Step::Return, publication, R::InReview | R::Approved) => Some((publication, R::Draft)),
        (Step::Submit, publication, R::Draft) => Some((publication, R::InReview)),
        (Step::Approve, publication, R::InReview) => Some((publication, R::Approved)),
        (Step::Publish, _, _) => Some((P::Published, R::Settled)),
        (Step::Unpublish, P::Published, review) => Some((P::Unpublished, review)),
        (Step::Withhold, P::Published | P::Unpublished, review) => Some((P::Withheld, review)),
        (Step::Delete, P::Unreleased, review) => Some((P::Unreleased, review)),
        _ => None,
    }
}

/// The steps that a state allows to people.
fn allowed(publication: Publication, review: Review) -> Vec<Step> {
    Step::ALL.iter().filter(|step| **step != Step::Withhold && after(publication, review, **step).is_some()).copied().collect()
}

/// As [`after`], with the problem that says what would be possible.
///
/// # Errors
/// `illegal_transition`.
pub fn step(publication: Publication, review: Review, step: Step) -> Result<(Publication, Review)> {
    after(publication, review, step).ok_or_else(|| {
        let allowed: Vec<&str> = allowed(publication, review).into_iter().map(Step::as_str).collect();
        let possible = if allowed.is_empty() { "nothing more".to_owned() } else { allowed.join(", ") };
        Error::new(Code::IllegalTransition, format!("A text that is {publication} and {review} cannot be {}; possible: {possible}.", step.participle()))
            .with("publication", publication.as_str())
            .with("review", review.as_str())
            .with("allowed_transitions", allowed)
    })
}

/// Writes a further revision of a text, which is a draft.
///
/// # Errors
/// `illegal_transition`, and when the database fails.
pub async fn edit(tx: &mut Tx, actor: &Actor, old: &Translation, text: &Text, now: Timestamp) -> Result<Translation> {
    store::put_next(tx, actor, old, text, old.slug.as_deref(), None, now).await
}

/// Says who works on a text, where there is one that can be worked on. The story is held.
///
/// # Errors
/// When the database fails.
pub async fn give(tx: &mut Tx, actor: &Actor, article: Uuid, language: &Tag, to: Option<Uuid>, now: Timestamp) -> Result<()> {
    let Some(text) = store::read(&mut *tx, article, language).await? else { return Ok(()) };
    if text.assignee_id != to && after(text.publication, text.review, Step::Edit).is_some() {
        store::assign(tx, actor, &text, to, now).await?;
    }
    Ok(())
}

/// Takes a text from somebody who works on it, if they do: it waits for somebody else. The story is held.
///
/// # Errors
/// When the database fails.
pub async fn take_from(tx: &mut Tx, person: Uuid, article: Uuid, language: &Tag, by: Uuid, now: Timestamp) -> Result<()> {
    tx.query(
        "UPDATE translations SET assignee_id = NULL, version = version + 1, updated_at = $4, updated_by = $5 \
         WHERE article_id = $1 AND language = $2 AND assignee_id = $3 AND deleted_at IS NULL AND publication <> 'killed'",
    )
    .bind(article)
    .bind(language)
    .bind(person)
    .bind(now)
    .bind(by)
    .execute()
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Publication::{Killed, Published, Unpublished, Unreleased, Withheld};
    use Review::{Approved, Draft, InReview, Settled};

    #[test]
    fn the_whole_machine() {
        let mut table = vec![];
        for &publication in Publication::ALL {
            for &review in Review::ALL {
                let steps: Vec<String> =
                    Step::ALL.iter().filter_map(|&step| after(publication, review, step).map(|(p, r)| format!("{}→{p}/{r}", step.as_str()))).collect();
                table.push(format!("{publication}/{review}: {}", steps.join(" ")));
            }
        }
        insta::assert_snapshot!(table.join("\n"));
    }

    #[test]
    fn promises() {
        assert_eq!(after(Unreleased, Draft, Step::Submit), Some((Unreleased, InReview)));
        assert_eq!(after(Published, Draft, Step::Publish), Some((Published, Settled)));
        assert_eq!(after(Unpublished, Settled, Step::Publish), Some((Published, Settled)));
        assert_eq!(after(Published, Settled, Step::Publish), None);
        assert_eq!(after(Published, Settled, Step::Delete), None);
        assert_eq!(after(Withheld, Settled, Step::Publish), None);
        for &review in Review::ALL {
            assert_eq!(allowed(Withheld, review), [Step::Kill, Step::Lift]);
            assert_eq!(after(Withheld, review, Step::Lift), Some((Published, review)));
            for &publication in Publication::ALL {
                assert!(!allowed(publication, review).contains(&Step::Withhold), "nobody withholds by hand");
            }
        }
        for &step in Step::ALL {
            assert_eq!(after(Killed, Approved, step), None, "killed is the end");
        }
    }
}
