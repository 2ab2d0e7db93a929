//! The texts of a story, one for each language and script: revisions, review, publication.
//!
//! The original is a translation too. Publication (what readers see) and review (what editors do) are two axes, and
//! [`after`] is the whole machine of both.

mod compare;
mod freshness;
mod http;
mod put;
mod revisions;
mod store;
mod text;
mod workflow;

pub use http::{CreateArticle, PutPrecondition, create, routes};
pub use put::{base_on, place, put};
pub use revisions::read as read_revision;
pub use store::{First, Translation, find, list, put_first};
pub use text::{NewText, SeoText, Text};
pub use workflow::{PublishOrder, TextPath, approve, kill, publish, submit, unpublish};

use crate::db::{TextEnum, Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::policy::Actor;
use crate::text_enum;

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
        (_, P::Withheld, _) | (Step::Publish, P::Published, R::Settled) => None,
        (Step::Edit, publication, _) | (Step::Return, publication, R::InReview | R::Approved) => Some((publication, R::Draft)),
        (Step::Submit, publication, R::Draft) => Some((publication, R::InReview)),
        (Step::Approve, publication, R::InReview) => Some((publication, R::Approved)),
        (Step::Publish, _, _) => Some((P::Published, R::Settled)),
        (Step::Unpublish, P::Published, review) => Some((P::Unpublished, review)),
        (Step::Delete, P::Unreleased, review) => Some((P::Unreleased, review)),
        _ => None,
    }
}

/// The steps that a state allows.
fn allowed(publication: Publication, review: Review) -> Vec<Step> {
    Step::ALL.iter().filter(|step| after(publication, review, **step).is_some()).copied().collect()
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
        for &step in Step::ALL {
            assert_eq!(after(Killed, Approved, step), None, "killed is the end");
        }
    }
}
