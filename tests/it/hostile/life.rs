//! The life of one text, by the rules of the house: facts, from which its two states follow.

use newsroom::translations::Step;

/// What editors have done with a revision that readers have not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Draft,
    Submitted,
    Approved,
}

#[expect(clippy::struct_excessive_bools, reason = "independent facts, from which the states follow")]
#[derive(Clone, Debug)]
pub struct Life {
    /// The newest revision; revisions are numbered from 1.
    pub newest: usize,
    pub stage: Stage,
    /// The revision that readers see, or saw last.
    pub seen: Option<usize>,
    /// Whether they see it now.
    pub public: bool,
    /// Taken away because its original was killed.
    pub withheld: bool,
    pub killed: bool,
    pub deleted: bool,
}

impl Life {
    pub fn new() -> Self {
        Self { newest: 1, stage: Stage::Draft, seen: None, public: false, withheld: false, killed: false, deleted: false }
    }

    /// The newest revision is the one that readers saw last: there is nothing to review.
    pub fn is_settled(&self) -> bool {
        self.seen == Some(self.newest)
    }

    pub fn publication(&self) -> &'static str {
        match self {
            Self { killed: true, .. } => "killed",
            Self { withheld: true, .. } => "withheld",
            Self { public: true, .. } => "published",
            Self { seen: Some(_), .. } => "unpublished",
            _ => "unreleased",
        }
    }

    pub fn review(&self) -> &'static str {
        match self.stage {
            _ if self.is_settled() => "settled",
            Stage::Draft => "draft",
            Stage::Submitted => "in_review",
            Stage::Approved => "approved",
        }
    }

    /// Whether a step is possible now.
    pub fn can(&self, step: Step) -> bool {
        if self.killed || self.deleted {
            return false;
        }
        match step {
            Step::Kill => true,
            Step::Lift => self.withheld,
            _ if self.withheld => false,
            Step::Edit => true,
            Step::Submit => !self.is_settled() && self.stage == Stage::Draft,
            Step::Return => !self.is_settled() && self.stage != Stage::Draft,
            Step::Approve => !self.is_settled() && self.stage == Stage::Submitted,
            Step::Publish => !(self.public && self.is_settled()),
            Step::Unpublish => self.public,
            Step::Withhold => self.seen.is_some(),
            Step::Delete => self.seen.is_none(),
        }
    }

    /// Takes a step that is possible.
    pub fn take(&mut self, step: Step) {
        assert!(self.can(step), "the model cannot {step:?} {self:?}");
        match step {
            Step::Edit => {
                self.newest += 1;
                self.stage = Stage::Draft;
            }
            Step::Submit => self.stage = Stage::Submitted,
            Step::Return => self.stage = Stage::Draft,
            Step::Approve => self.stage = Stage::Approved,
            Step::Publish => {
                self.seen = Some(self.newest);
                self.public = true;
                self.stage = Stage::Draft;
            }
            Step::Unpublish => self.public = false,
            Step::Withhold => {
                self.public = false;
                self.withheld = true;
            }
            Step::Lift => {
                self.public = true;
                self.withheld = false;
            }
            Step::Kill => {
                self.public = false;
                self.withheld = false;
                self.killed = true;
            }
            Step::Delete => self.deleted = true,
        }
    }

    /// All that somebody can do now. Withholding is done by the kill of the story alone.
    pub fn possible(&self) -> Vec<Step> {
        use newsroom::db::TextEnum;
        Step::ALL.iter().copied().filter(|step| *step != Step::Withhold && self.can(*step)).collect()
    }
}
