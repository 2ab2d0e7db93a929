//! Who did what: a log in which every row is chained to the one before by its hash.
//!
//! [`record`] writes in the transaction of the deed. The end of the chain stays locked until that transaction ends, so it comes last:
//! after the change log and its stamps, always in this order. [`verify`] walks the chain; [`checkpoints`] are signed statements of where
//! it stood, kept outside the database, so that nobody who has only the database can shorten or rewrite it unseen.

mod chain;
mod changes;
pub mod checkpoints;
mod export;
mod http;
mod store;
pub mod verify;
mod watch;

pub use chain::{Entry, record, record_all, record_once};
pub use changes::Changes;
pub use http::routes;
pub use watch::{command_checkpoint, command_verify, look};

use crate::policy::{Actor, Who};
use crate::text_enum;
use uuid::Uuid;

text_enum! {
    /// What was done.
    pub enum Action {
        TextPublished = "text.published",
        /// A clarification or correction was published.
        TextCorrected = "text.corrected",
        /// A variant in another script went out with its source, as a rule of its agency wants it.
        VariantPublished = "text.variant_published",
        /// A text went out in another alphabet, as a switch of its agency or of the house wants it.
        TextRespelled = "text.respelled",
        TextUnpublished = "text.unpublished",
        TextKilled = "text.killed",
        TextWithheld = "text.withheld",
        TextLifted = "text.lifted",
        ArticleKilled = "article.killed",
        KillOrdered = "article.kill_ordered",
        KillCanceled = "article.kill_canceled",
        EmbargoSet = "embargo.set",
        EmbargoLifted = "embargo.lifted",
        /// Its time came, and readers see the text.
        EmbargoEnded = "embargo.ended",
        Scheduled = "schedule.created",
        ScheduleMoved = "schedule.moved",
        ScheduleCanceled = "schedule.canceled",
        /// What was scheduled was done; the step itself has an entry of its own.
        ScheduleDone = "schedule.done",
        ScheduleFailed = "schedule.failed",
        ReleaseCreated = "release.created",
        ReleaseCanceled = "release.canceled",
        ReleaseDone = "release.done",
        ReleaseFailed = "release.failed",
        JobRetried = "job.retried",
        JobDiscarded = "job.discarded",
        PreviewCreated = "preview.created",
        PreviewRevoked = "preview.revoked",
        FrontPageCreated = "front_page.created",
        FrontPageChanged = "front_page.changed",
        FrontPageScheduled = "front_page.scheduled",
        FrontPageCanceled = "front_page.canceled",
        TextAssigned = "text.assigned",
        /// From now on the platform may work on it.
        ArticleShared = "article.shared",
        ArticleUnshared = "article.unshared",
        /// On the command line, with a password.
        StaffCreated = "staff.created",
        StaffInvited = "staff.invited",
        InvitationRenewed = "staff.invitation_renewed",
        /// The person set a first password, and is signed in.
        InvitationAccepted = "staff.accepted",
        StaffChanged = "staff.changed",
        RoleChanged = "staff.role_changed",
        /// For the agency that somebody left for another one.
        StaffMovedOut = "staff.moved_out",
        /// For the agency that somebody came to from another one.
        StaffMovedIn = "staff.moved_in",
        StaffSuspended = "staff.suspended",
        StaffReinstated = "staff.reinstated",
        StaffDeparted = "staff.departed",
        /// Somebody who was not signed in asked for a link.
        ResetRequested = "password.reset_requested",
        /// An admin had a link sent, and ended the sessions.
        ResetSent = "password.reset_sent",
        /// By such a link, which signs in, or on the command line.
        PasswordReset = "password.reset",
        PasswordChanged = "password.changed",
        SessionOpened = "session.opened",
        /// A sign-in with a wrong password, or to an account that is closed.
        SessionRefused = "session.refused",
        SessionClosed = "session.closed",
        SessionRevoked = "session.revoked",
        /// A refresh token came a second time: its session ended.
        TokenReused = "session.token_reused",
        KeyCreated = "api_key.created",
        KeyRevoked = "api_key.revoked",
        /// The key that signs access tokens, on the command line.
        SigningKeyRotated = "signing_key.rotated",
        AgencyCreated = "agency.created",
        AgencyChanged = "agency.changed",
        AgencySuspended = "agency.suspended",
        AgencyReinstated = "agency.reinstated",
        OfficeCreated = "office.created",
        OfficeChanged = "office.changed",
        OfficeDeleted = "office.deleted",
        AgreementCreated = "agreement.created",
        AgreementChanged = "agreement.changed",
        SectionCreated = "section.created",
        SectionChanged = "section.changed",
        SectionRetired = "section.retired",
        /// It is in use again.
        SectionRestored = "section.restored",
        SectionsOrdered = "section.ordered",
        NameCreated = "name.created",
        NameChanged = "name.changed",
        NameRetired = "name.retired",
        /// It is in use again.
        NameRestored = "name.restored",
        /// A language is to be written in another alphabet from a time on.
        OrthographySwitchOrdered = "orthography.ordered",
        /// Its time came.
        OrthographySwitchStarted = "orthography.started",
        OrthographySwitchDone = "orthography.done",
        /// Before it ran, or in the middle.
        OrthographySwitchCanceled = "orthography.canceled",
        /// Also by the correction of a doubtful word.
        LexiconEntryCreated = "lexicon_entry.created",
        LexiconEntryChanged = "lexicon_entry.changed",
        LexiconEntryDeleted = "lexicon_entry.deleted",
    }
}

text_enum! {
    /// What an entry is about.
    pub enum SubjectKind {
        Article = "article",
        StaffMember = "staff_member",
        ApiKey = "api_key",
        Agency = "agency",
        Office = "office",
        Agreement = "agreement",
        Section = "section",
        Name = "name",
        LexiconEntry = "lexicon_entry",
        FrontPage = "front_page",
        OrthographySwitch = "orthography_switch",
        Job = "job",
        /// The house as a whole.
        House = "house",
    }
}

impl Action {
    /// What the subject of such an entry is: the first word of the action says it.
    #[must_use]
    pub fn subject(self) -> SubjectKind {
        match self.as_str().split('.').next() {
            Some("text" | "article" | "embargo" | "schedule" | "release" | "preview") => SubjectKind::Article,
            Some("staff" | "password" | "session") => SubjectKind::StaffMember,
            Some("api_key") => SubjectKind::ApiKey,
            Some("agency") => SubjectKind::Agency,
            Some("office") => SubjectKind::Office,
            Some("agreement") => SubjectKind::Agreement,
            Some("front_page") => SubjectKind::FrontPage,
            Some("orthography") => SubjectKind::OrthographySwitch,
            Some("job") => SubjectKind::Job,
            Some("name") => SubjectKind::Name,
            Some("lexicon_entry") => SubjectKind::LexiconEntry,
            Some("section") if self != Self::SectionsOrdered => SubjectKind::Section,
            _ => SubjectKind::House,
        }
    }
}

/// The subject of an entry about the house as a whole.
pub const HOUSE: Uuid = Uuid::nil();

text_enum! {
    /// What kind of somebody did it.
    pub enum ActorKind {
        Staff = "staff",
        /// An API key.
        Key = "key",
        /// The service itself, or whoever runs it.
        Service = "service",
        /// Somebody who was not signed in.
        Anonymous = "anonymous",
    }
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Staff(Uuid),
    Key(Uuid),
    /// The service itself, or whoever runs it.
    Service,
    /// Somebody who was not signed in.
    Anonymous,
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        match actor.who {
            Who::Staff { id, .. } => Self::Staff(id),
            Who::Key { id, .. } => Self::Key(id),
        }
    }
}

/// A staff member; `None` is the service.
impl From<Option<Uuid>> for By {
    fn from(staff: Option<Uuid>) -> Self {
        staff.map_or(Self::Service, Self::Staff)
    }
}

impl By {
    const fn parts(self) -> (ActorKind, Option<Uuid>) {
        match self {
            Self::Staff(id) => (ActorKind::Staff, Some(id)),
            Self::Key(id) => (ActorKind::Key, Some(id)),
            Self::Service => (ActorKind::Service, None),
            Self::Anonymous => (ActorKind::Anonymous, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::TextEnum;

    #[test]
    fn every_action_has_a_subject_of_its_own() {
        for action in Action::ALL {
            let house = matches!(action, Action::SigningKeyRotated | Action::SectionsOrdered);
            assert_eq!(action.subject() == SubjectKind::House, house, "{action}");
        }
    }
}
