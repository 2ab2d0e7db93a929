//! Who may do what: one table. The guard reads it, the OpenAPI document reads it, the tests walk it.
//!
//! A [`Rule`] says which roles and scopes may do a thing at all. What a caller may do to *this* record depends on
//! their [`Relation`] to it: [`decide`].

use crate::text_enum;
use uuid::Uuid;

text_enum! {
    /// What a staff member may do in their agency.
    pub enum Role {
        /// Writes and translates; edits and submits own and assigned work.
        Journalist = "journalist",
        /// Reviews, publishes and withdraws the work of the agency.
        Editor = "editor",
        /// As an editor, and manages staff, keys, offices and agreements.
        Admin = "admin",
    }
}

text_enum! {
    /// What an API key may do.
    pub enum Scope {
        /// Read what the agreement shares beyond the public.
        PartnerRead = "partner:read",
        /// Read back what was submitted with the key.
        ArticlesRead = "articles:read",
        /// Create drafts, edit them and submit them for review.
        ArticlesSubmit = "articles:submit",
        /// Review and publish what was submitted with the key.
        ArticlesPublish = "articles:publish",
    }
}

/// Who calls, as the database knows them at this moment.
#[derive(Clone, Debug)]
pub struct Actor {
    pub agency: Uuid,
    /// Whether that is the platform agency, whose staff work across agencies.
    pub platform: bool,
    pub who: Who,
}

#[derive(Clone, Debug)]
pub enum Who {
    Staff { id: Uuid, role: Role, session: Uuid },
    Key { id: Uuid, scopes: Vec<Scope> },
}

impl Actor {
    /// The staff member's or the key's.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self.who {
            Who::Staff { id, .. } | Who::Key { id, .. } => id,
        }
    }

    #[must_use]
    pub fn staff_id(&self) -> Option<Uuid> {
        match self.who {
            Who::Staff { id, .. } => Some(id),
            Who::Key { .. } => None,
        }
    }

    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match self.who {
            Who::Staff { role, .. } => Some(role),
            Who::Key { .. } => None,
        }
    }

    /// Whether they may do such a thing at all.
    #[must_use]
    pub fn may(&self, rule: &Rule) -> bool {
        match &self.who {
            Who::Staff { role, .. } => rule.roles.contains(role) && (self.platform || !rule.platform),
            Who::Key { scopes, .. } => rule.any_key || rule.scope.is_some_and(|scope| scopes.contains(&scope)),
        }
    }
}

/// Who may do a thing at all.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// `articles:publish`; what `GET /v1/me` lists.
    pub name: &'static str,
    pub roles: &'static [Role],
    /// The scope that lets a key do it, if any does.
    pub scope: Option<Scope>,
    /// Every key may, whatever its scopes.
    pub any_key: bool,
    /// Only for staff of the platform agency.
    pub platform: bool,
}

/// A rule as a type, for the parameter of a handler.
pub trait Permission: 'static {
    const RULE: &'static Rule;
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, [$($role:ident),*] $(, $what:ident $whom:ident)?;)+) => {
        $($(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl Permission for $name {
            const RULE: &'static Rule = &Rule {
                name: $text,
                roles: &[$(Role::$role),*],
                scope: permissions!(@scope $($what $whom)?),
                any_key: permissions!(@any_key $($what $whom)?),
                platform: permissions!(@platform $($what $whom)?),
            };
        })+

        /// Every rule.
        pub const RULES: &[&Rule] = &[$($name::RULE),+];
    };
    (@scope scope $scope:ident) => { Some(Scope::$scope) };
    (@scope $($other:tt)*) => { None };
    (@any_key any key) => { true };
    (@any_key $($other:tt)*) => { false };
    (@platform only platform) => { true };
    (@platform $($other:tt)*) => { false };
}

permissions! {
    /// What concerns oneself: profile, password, sessions.
    Myself = "me", [Journalist, Editor, Admin];
    /// Read agencies, sections and topics.
    ReadHouse = "house:read", [Journalist, Editor, Admin], scope ArticlesSubmit;
    /// Ask the language core: convert, detect, check, sort. Nothing is read or stored.
    UseLanguageTools = "language:use", [Journalist, Editor, Admin], any key;
    /// Read the staff list of the agency.
    ReadStaff = "staff:read", [Journalist, Editor, Admin];
    /// Invite, change, suspend and see off staff.
    ManageStaff = "staff:manage", [Admin];
    /// Change the agency, its offices and agreements.
    ManageAgency = "agency:manage", [Admin];
    /// Make and revoke API keys.
    ManageKeys = "keys:manage", [Admin];
    /// Create and suspend agencies.
    ManageAgencies = "agencies:manage", [Admin], only platform;
    /// Create and change sections.
    ManageSections = "sections:manage", [Admin], only platform;
    /// Read the names desk, and look names up.
    ReadNames = "names:read", [Journalist, Editor, Admin], scope ArticlesSubmit;
    /// Put names on the list of the house, change and retire them: editors of every agency.
    EditNames = "names:edit", [Editor, Admin];
    /// Read the audit log.
    ReadAudit = "audit:read", [Admin];
    /// Read work in progress.
    ReadWork = "articles:read", [Journalist, Editor, Admin], scope ArticlesRead;
    /// Create articles and translations, and edit drafts.
    WriteWork = "articles:write", [Journalist, Editor, Admin], scope ArticlesSubmit;
    /// Submit for review.
    SubmitWork = "articles:submit", [Journalist, Editor, Admin], scope ArticlesSubmit;
    /// Return and approve.
    ReviewWork = "articles:review", [Editor, Admin], scope ArticlesPublish;
    /// Publish and unpublish.
    PublishWork = "articles:publish", [Editor, Admin], scope ArticlesPublish;
    /// Withdraw for good.
    KillWork = "articles:kill", [Editor, Admin];
    /// Give back to readers what was taken from them because its original was killed.
    LiftWork = "articles:lift", [Editor, Admin];
    /// Keep a text from readers until a time, or lift that.
    ChangeEmbargo = "articles:embargo", [Editor, Admin];
    /// Read embargoed texts before readers do.
    ReadPartner = "partner:read", [], scope PartnerRead;
    /// See background work, and retry or discard what was given up.
    ManageJobs = "jobs:manage", [Admin], only platform;
    /// Show a text to somebody without a login.
    PreviewWork = "articles:preview", [Journalist, Editor, Admin];
    /// Read what stands on front pages, and what is to.
    ReadFrontPages = "front-pages:read", [Journalist, Editor, Admin];
    /// Say what stands on front pages: the house's for staff of the platform, an agency's for its own.
    EditFrontPages = "front-pages:edit", [Editor, Admin];
    /// Comment on texts, and see who is in them. Whoever sees a text may.
    DiscussWork = "articles:discuss", [Journalist, Editor, Admin];
    /// Let others know that one is editing a text.
    AnnounceWork = "articles:announce", [Journalist, Editor, Admin];
    /// Give work to somebody.
    AssignWork = "articles:assign", [Editor, Admin];
    /// See what work is asked for, and what is covered.
    ReadAssignments = "assignments:read", [Journalist, Editor, Admin];
    /// Take work that is asked of the agency, give it back, decline it.
    ClaimWork = "assignments:claim", [Journalist, Editor, Admin];
    /// Read the words that go their own way into another script.
    ReadLexicon = "lexicon:read", [Journalist, Editor, Admin];
    /// Teach such words: those of one's agency, and for staff of the platform everybody's.
    EditLexicon = "lexicon:edit", [Editor, Admin];
    /// Switch a language to another alphabet: for one's agency, and for staff of the platform for all.
    ManageOrthographies = "orthographies:manage", [Admin];
}

/// How a caller stands to a record.
#[expect(clippy::struct_excessive_bools, reason = "four independent facts")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// It belongs to the caller's agency.
    pub owner: bool,
    /// It is shared with the platform.
    pub shared: bool,
    /// The caller wrote it, works on it, or (a key) sent it in.
    pub involved: bool,
    /// The caller's agency has a part in the story, and so may read it.
    pub reader: bool,
}

/// What a caller may do to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// They may see it, but not do this: 403.
    Forbid,
    /// They may not know of it: 404.
    Hide,
}

/// Decides about a record; what the rule says of roles and scopes is part of it.
#[must_use]
pub fn decide(rule: &Rule, actor: &Actor, relation: Relation) -> Decision {
    let reach = relation.owner || (actor.platform && relation.shared);
    let (sees, acts) = match actor.who {
        Who::Key { .. } => (relation.involved && relation.owner, relation.involved && relation.owner),
        Who::Staff { role, .. } => {
            let sees = reach || relation.reader || relation.involved;
            let acts = if role == Role::Journalist { relation.involved } else { reach || relation.involved };
            (sees, acts || ([ReadWork::RULE, DiscussWork::RULE].contains(&rule) && sees))
        }
    };
    match (sees, acts && actor.may(rule)) {
        (false, _) => Decision::Hide,
        (true, true) => Decision::Allow,
        (true, false) => Decision::Forbid,
    }
}

/// Whether a caller may manage what belongs to `agency`: their own, or any for the platform.
#[must_use]
pub fn decide_agency(actor: &Actor, agency: Uuid) -> Decision {
    if actor.agency == agency || (actor.platform && actor.staff_id().is_some()) { Decision::Allow } else { Decision::Hide }
}

/// What an operation asks of its caller.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Nothing; credentials are ignored.
    Public,
    Needs(&'static Rule),
}

const fn needs<P: Permission>() -> Access {
    Access::Needs(P::RULE)
}

/// Every operation of the API, by its id.
pub const OPERATIONS: &[(&str, Access)] = &[
    ("log_in", Access::Public),
    ("refresh_token", Access::Public),
    ("accept_invitation", Access::Public),
    ("request_password_reset", Access::Public),
    ("reset_password", Access::Public),
    ("get_jwks", Access::Public),
    ("get_problem", Access::Public),
    ("get_live", Access::Public),
    ("get_ready", Access::Public),
    ("list_published_articles", Access::Public),
    ("get_published_article", Access::Public),
    ("get_published_article_by_slug", Access::Public),
    ("list_published_languages", Access::Public),
    ("list_published_sections", Access::Public),
    ("list_published_agencies", Access::Public),
    ("get_published_agency", Access::Public),
    ("list_published_staff", Access::Public),
    ("get_published_staff_member", Access::Public),
    ("list_published_corrections", Access::Public),
    ("search_published_articles", Access::Public),
    ("suggest_published_articles", Access::Public),
    ("list_published_front_pages", Access::Public),
    ("get_published_front_page", Access::Public),
    ("list_published_changes", Access::Public),
    ("stream_published_changes", Access::Public),
    ("get_preview", Access::Public),
    ("log_out", needs::<Myself>()),
    ("get_me", needs::<Myself>()),
    ("update_me", needs::<Myself>()),
    ("change_password", needs::<Myself>()),
    ("list_sessions", needs::<Myself>()),
    ("revoke_session", needs::<Myself>()),
    ("revoke_other_sessions", needs::<Myself>()),
    ("list_notices", needs::<Myself>()),
    ("read_notice", needs::<Myself>()),
    ("read_notices", needs::<Myself>()),
    ("list_agencies", needs::<ReadHouse>()),
    ("get_agency", needs::<ReadHouse>()),
    ("create_agency", needs::<ManageAgencies>()),
    ("update_agency", needs::<ManageAgency>()),
    ("suspend_agency", needs::<ManageAgencies>()),
    ("reinstate_agency", needs::<ManageAgencies>()),
    ("list_offices", needs::<ReadHouse>()),
    ("get_office", needs::<ReadHouse>()),
    ("create_office", needs::<ManageAgency>()),
    ("update_office", needs::<ManageAgency>()),
    ("delete_office", needs::<ManageAgency>()),
    ("list_agreements", needs::<ManageAgency>()),
    ("get_agreement", needs::<ManageAgency>()),
    ("create_agreement", needs::<ManageAgency>()),
    ("update_agreement", needs::<ManageAgency>()),
    ("list_api_keys", needs::<ManageKeys>()),
    ("create_api_key", needs::<ManageKeys>()),
    ("revoke_api_key", needs::<ManageKeys>()),
    ("list_staff", needs::<ReadStaff>()),
    ("get_staff_member", needs::<ReadStaff>()),
    ("invite_staff_member", needs::<ManageStaff>()),
    ("renew_invitation", needs::<ManageStaff>()),
    ("import_staff", needs::<ManageStaff>()),
    ("update_staff_member", needs::<ManageStaff>()),
    ("suspend_staff_member", needs::<ManageStaff>()),
    ("reinstate_staff_member", needs::<ManageStaff>()),
    ("depart_staff_member", needs::<ManageStaff>()),
    ("reset_staff_password", needs::<ManageStaff>()),
    ("list_sections", needs::<ReadHouse>()),
    ("get_section", needs::<ReadHouse>()),
    ("create_section", needs::<ManageSections>()),
    ("update_section", needs::<ManageSections>()),
    ("order_sections", needs::<ManageSections>()),
    ("list_audit_entries", needs::<ReadAudit>()),
    ("export_audit_entries", needs::<ReadAudit>()),
    ("list_topics", needs::<ReadHouse>()),
    ("list_names", needs::<ReadNames>()),
    ("lookup_names", needs::<ReadNames>()),
    ("get_name", needs::<ReadNames>()),
    ("create_name", needs::<EditNames>()),
    ("update_name", needs::<EditNames>()),
    ("delete_name", needs::<EditNames>()),
    ("get_translation_names", needs::<ReadWork>()),
    ("list_articles", needs::<ReadWork>()),
    ("get_article", needs::<ReadWork>()),
    ("create_article", needs::<WriteWork>()),
    ("update_article", needs::<WriteWork>()),
    ("delete_article", needs::<WriteWork>()),
    ("list_translations", needs::<ReadWork>()),
    ("get_translation", needs::<ReadWork>()),
    ("put_translation", needs::<WriteWork>()),
    ("update_translation", needs::<WriteWork>()),
    ("delete_translation", needs::<WriteWork>()),
    ("list_revisions", needs::<ReadWork>()),
    ("get_revision", needs::<ReadWork>()),
    ("compare_revisions", needs::<ReadWork>()),
    ("restore_revision", needs::<WriteWork>()),
    ("get_freshness", needs::<ReadWork>()),
    ("check_translation", needs::<WriteWork>()),
    ("detach_translation", needs::<ReviewWork>()),
    ("attach_translation", needs::<ReviewWork>()),
    ("export_xliff", needs::<ReadWork>()),
    ("import_xliff", needs::<WriteWork>()),
    ("assign_translation", needs::<AssignWork>()),
    ("submit_translation", needs::<SubmitWork>()),
    ("return_translation", needs::<ReviewWork>()),
    ("approve_translation", needs::<ReviewWork>()),
    ("publish_translation", needs::<PublishWork>()),
    ("unpublish_translation", needs::<PublishWork>()),
    ("kill_translation", needs::<KillWork>()),
    ("lift_translation", needs::<LiftWork>()),
    ("get_kill_preview", needs::<KillWork>()),
    ("kill_article", needs::<KillWork>()),
    ("confirm_kill", needs::<KillWork>()),
    ("cancel_kill", needs::<KillWork>()),
    ("create_preview_link", needs::<PreviewWork>()),
    ("list_preview_links", needs::<PreviewWork>()),
    ("revoke_preview_link", needs::<PreviewWork>()),
    ("list_front_pages", needs::<ReadFrontPages>()),
    ("get_front_page", needs::<ReadFrontPages>()),
    ("create_front_page", needs::<EditFrontPages>()),
    ("get_front_page_edition", needs::<ReadFrontPages>()),
    ("put_front_page_edition", needs::<EditFrontPages>()),
    ("list_front_page_changes", needs::<ReadFrontPages>()),
    ("get_front_page_change", needs::<ReadFrontPages>()),
    ("schedule_front_page_change", needs::<EditFrontPages>()),
    ("cancel_front_page_change", needs::<EditFrontPages>()),
    ("list_comments", needs::<DiscussWork>()),
    ("create_comment", needs::<DiscussWork>()),
    ("get_comment", needs::<DiscussWork>()),
    ("update_comment", needs::<DiscussWork>()),
    ("delete_comment", needs::<DiscussWork>()),
    ("resolve_comment", needs::<DiscussWork>()),
    ("reopen_comment", needs::<DiscussWork>()),
    ("list_editing", needs::<DiscussWork>()),
    ("announce_editing", needs::<AnnounceWork>()),
    ("leave_editing", needs::<AnnounceWork>()),
    ("convert_html", needs::<WriteWork>()),
    ("get_translation_warnings", needs::<ReadWork>()),
    ("transliterate_text", needs::<UseLanguageTools>()),
    ("detect_language", needs::<UseLanguageTools>()),
    ("check_text", needs::<UseLanguageTools>()),
    ("make_slug", needs::<UseLanguageTools>()),
    ("sort_list", needs::<UseLanguageTools>()),
    ("list_schedule", needs::<ReadWork>()),
    ("get_schedule_entry", needs::<ReadWork>()),
    ("schedule_translation", needs::<PublishWork>()),
    ("update_schedule_entry", needs::<PublishWork>()),
    ("cancel_schedule_entry", needs::<PublishWork>()),
    ("list_releases", needs::<ReadWork>()),
    ("get_release", needs::<ReadWork>()),
    ("create_release", needs::<PublishWork>()),
    ("cancel_release", needs::<PublishWork>()),
    ("put_embargo", needs::<ChangeEmbargo>()),
    ("delete_embargo", needs::<ChangeEmbargo>()),
    ("lift_embargo", needs::<ChangeEmbargo>()),
    ("list_embargo_readers", needs::<ChangeEmbargo>()),
    ("list_partner_articles", needs::<ReadPartner>()),
    ("get_partner_article", needs::<ReadPartner>()),
    ("list_jobs", needs::<ManageJobs>()),
    ("retry_job", needs::<ManageJobs>()),
    ("discard_job", needs::<ManageJobs>()),
    ("request_translations", needs::<AssignWork>()),
    ("create_assignment", needs::<AssignWork>()),
    ("list_assignments", needs::<ReadAssignments>()),
    ("get_assignment", needs::<ReadAssignments>()),
    ("update_assignment", needs::<AssignWork>()),
    ("claim_assignment", needs::<ClaimWork>()),
    ("renew_assignment", needs::<ClaimWork>()),
    ("release_assignment", needs::<ClaimWork>()),
    ("decline_assignment", needs::<ClaimWork>()),
    ("cancel_assignment", needs::<AssignWork>()),
    ("get_coverage", needs::<ReadAssignments>()),
    ("create_variant", needs::<WriteWork>()),
    ("list_variant_warnings", needs::<ReadWork>()),
    ("accept_variant_warning", needs::<WriteWork>()),
    ("correct_variant_warning", needs::<WriteWork>()),
    ("review_variant", needs::<ReviewWork>()),
    ("detach_variant", needs::<ReviewWork>()),
    ("list_lexicon_entries", needs::<ReadLexicon>()),
    ("create_lexicon_entry", needs::<EditLexicon>()),
    ("get_lexicon_entry", needs::<ReadLexicon>()),
    ("update_lexicon_entry", needs::<EditLexicon>()),
    ("delete_lexicon_entry", needs::<EditLexicon>()),
    ("list_orthography_switches", needs::<ManageOrthographies>()),
    ("create_orthography_switch", needs::<ManageOrthographies>()),
    ("get_orthography_switch", needs::<ManageOrthographies>()),
    ("list_orthography_switch_texts", needs::<ManageOrthographies>()),
    ("cancel_orthography_switch", needs::<ManageOrthographies>()),
];

/// What an operation asks; `None` for one that is not in the table.
#[must_use]
pub fn access(operation: &str) -> Option<Access> {
    OPERATIONS.iter().find(|(id, _)| *id == operation).map(|(_, access)| *access)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Allow, Forbid, Hide};

    fn staff(role: Role, platform: bool) -> Actor {
        Actor { agency: Uuid::nil(), platform, who: Who::Staff { id: Uuid::nil(), role, session: Uuid::nil() } }
    }

    fn key(scopes: &[Scope]) -> Actor {
        Actor { agency: Uuid::nil(), platform: false, who: Who::Key { id: Uuid::nil(), scopes: scopes.to_vec() } }
    }

    #[test]
    fn the_table_of_the_house() {
        let own = Relation { owner: true, ..Relation::default() };
        let mine = Relation { involved: true, ..own };
        let foreign = Relation::default();
        let shared = Relation { shared: true, ..foreign };
        let assigned = Relation { involved: true, ..foreign };
        let part = Relation { reader: true, ..foreign };
        let publish = PublishWork::RULE;
        for (actor, rule, relation, expected) in [
            (staff(Role::Journalist, false), ReadWork::RULE, own, Allow),
            (staff(Role::Journalist, false), WriteWork::RULE, own, Forbid),
            (staff(Role::Journalist, false), WriteWork::RULE, mine, Allow),
            (staff(Role::Journalist, false), publish, mine, Forbid),
            (staff(Role::Journalist, false), ReadWork::RULE, foreign, Hide),
            (staff(Role::Journalist, false), WriteWork::RULE, assigned, Allow),
            (staff(Role::Editor, false), publish, own, Allow),
            (staff(Role::Editor, false), publish, foreign, Hide),
            (staff(Role::Editor, false), publish, shared, Hide),
            (staff(Role::Editor, false), publish, part, Forbid),
            (staff(Role::Editor, false), ReadWork::RULE, part, Allow),
            (staff(Role::Journalist, false), DiscussWork::RULE, own, Allow),
            (staff(Role::Journalist, false), DiscussWork::RULE, foreign, Hide),
            (staff(Role::Journalist, false), AnnounceWork::RULE, own, Forbid),
            (staff(Role::Editor, false), DiscussWork::RULE, part, Allow),
            (staff(Role::Editor, true), publish, shared, Allow),
            (staff(Role::Editor, true), publish, foreign, Hide),
            (staff(Role::Journalist, true), ReadWork::RULE, shared, Allow),
            (staff(Role::Journalist, true), WriteWork::RULE, shared, Forbid),
            (staff(Role::Admin, false), KillWork::RULE, own, Allow),
            (key(&[Scope::ArticlesSubmit]), WriteWork::RULE, mine, Allow),
            (key(&[Scope::ArticlesSubmit]), WriteWork::RULE, own, Hide),
            (key(&[Scope::ArticlesSubmit]), publish, mine, Forbid),
            (key(&[Scope::ArticlesPublish]), publish, mine, Allow),
            (key(&[Scope::PartnerRead]), ReadWork::RULE, mine, Forbid),
            (key(&[Scope::ArticlesRead, Scope::ArticlesSubmit]), DiscussWork::RULE, mine, Forbid),
        ] {
            assert_eq!(decide(rule, &actor, relation), expected, "{actor:?} {} {relation:?}", rule.name);
        }
    }

    #[test]
    fn only_the_platform_admin_makes_agencies() {
        assert!(staff(Role::Admin, true).may(ManageAgencies::RULE));
        assert!(!staff(Role::Admin, false).may(ManageAgencies::RULE));
        assert!(!staff(Role::Editor, true).may(ManageAgencies::RULE));
    }

    #[test]
    fn operations_are_named_once() {
        for (i, (id, _)) in OPERATIONS.iter().enumerate() {
            assert!(!OPERATIONS[..i].iter().any(|(other, _)| other == id), "{id} is there twice");
        }
    }
}
