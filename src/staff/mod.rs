//! People: how they come in, what they may do, how they leave.
//!
//! Nobody suspends, sees off, moves or demotes themselves, and no agency loses its last active admin. Whoever changes somebody
//! holds the row of their agency until the end of the transaction, so that two admins cannot do it to each other.

mod http;
mod import;
mod rows;
mod standing;
mod store;
mod table;

pub use http::routes;
pub use store::{Worker, find, find_active, find_worker};

use crate::audit::{self, Action, By, Changes};
use crate::db::TextEnum;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::language::Tag;
use crate::names::{self, Names, NamesChange};
use crate::patch::Patch;
use crate::policy::Role;
use crate::precondition::Standing;
use crate::{publication, text_enum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// Where somebody stands with the house.
    pub enum StaffState {
        /// Has an invitation, and no password yet.
        Invited = "invited",
        Active = "active",
        /// Cannot sign in for the time being.
        Suspended = "suspended",
        /// Has left for good.
        Departed = "departed",
    }
}

text_enum! {
    /// What is done with somebody.
    pub enum Step {
        /// Change role, languages, profile or agency.
        Change = "change",
        RenewInvitation = "renew the invitation",
        Suspend = "suspend",
        Reinstate = "reinstate",
        Depart = "depart",
        ResetPassword = "reset the password",
    }
}

impl StaffState {
    /// The state after a step; `None` where it is not possible. Accepting an invitation is a step of `auth`.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Invited, Step::Change | Step::RenewInvitation) => Some(Self::Invited),
            (Self::Active, Step::Change | Step::ResetPassword) | (Self::Suspended, Step::Reinstate) => Some(Self::Active),
            (Self::Active, Step::Suspend) | (Self::Suspended, Step::Change) => Some(Self::Suspended),
            (Self::Invited | Self::Active | Self::Suspended, Step::Depart) => Some(Self::Departed),
            _ => None,
        }
    }

    /// The state after a step.
    ///
    /// # Errors
    /// `illegal_transition`, with the steps that are possible.
    pub fn step(self, step: Step) -> Result<Self> {
        self.after(step).ok_or_else(|| {
            let possible: Vec<&str> = Step::ALL.iter().filter(|other| self.after(**other).is_some()).map(|other| other.as_str()).collect();
            let possible = if possible.is_empty() { "nothing more".to_owned() } else { possible.join(", ") };
            Error::new(Code::IllegalTransition, format!("With somebody who is {self} one cannot {step}; possible: {possible}.")).with("state", self.as_str())
        })
    }
}

/// Somebody with a login at an agency.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
pub struct StaffMember {
    pub id: Uuid,
    pub agency_id: Uuid,
    pub email: String,
    pub role: Role,
    pub state: StaffState,
    /// Working languages; messages are written in the first one.
    #[schema(value_type = Vec<Tag>)]
    pub languages: Json<Vec<Tag>>,
    /// The name, by language.
    #[schema(value_type = Names)]
    pub names: Json<Names>,
    /// A few sentences about the person, by language.
    #[schema(value_type = Names)]
    pub bios: Json<Names>,
    /// Whether there is a public profile, while they are active.
    pub byline: bool,
    pub last_login_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(skip)]
    pub updated_by: Option<Uuid>,
    #[serde(skip)]
    pub version: i64,
}

impl StaffMember {
    /// For the precondition of a change.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing { version: self.version, updated_at: self.updated_at, updated_by: self.updated_by }
    }
}

/// Somebody to hire.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "dana.sarsen@house.example", "role": "journalist", "languages": ["kk", "ru"],
    "names": {"kk": "Дана Сәрсен", "en": "Dana Sarsen"}, "byline": true}))]
pub struct NewStaff {
    /// One person's in the whole house, whatever its case.
    #[schema(min_length = 3, max_length = 254)]
    pub email: String,
    pub role: Role,
    /// Id or slug; one's own where nothing is said. Only admins of the platform may name another.
    pub agency: Option<String>,
    /// Working languages; the invitation is written in the first one.
    #[schema(min_items = 1, max_items = 20)]
    pub languages: Vec<Tag>,
    /// The name, in at least one language; 200 characters at most.
    pub names: Names,
    /// A few sentences about the person, by language; 2000 characters at most.
    #[serde(default)]
    pub bios: Names,
    /// Whether to have a public profile.
    #[serde(default)]
    pub byline: bool,
}

impl NewStaff {
    /// Checks what can be seen without the database.
    pub fn check(&self, faults: &mut Faults) {
        check_email(faults, &self.email);
        check_profile(faults, &self.languages, &self.names, &self.bios);
    }
}

/// How somebody comes in.
pub enum Entry {
    /// By an invitation, which is sent apart from this.
    Invited,
    /// At once, with a password.
    Active { password_hash: String },
}

/// Changes of a staff member.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "editor", "languages": ["kk", "ru", "en"]}))]
pub struct StaffChange {
    #[serde(default)]
    #[schema(value_type = Option<Role>)]
    pub role: Patch<Role>,
    /// Replaces the working languages.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Tag>>, min_items = 1, max_items = 20)]
    pub languages: Patch<Vec<Tag>>,
    #[serde(default)]
    #[schema(value_type = Option<NamesChange>)]
    pub names: Patch<NamesChange>,
    #[serde(default)]
    #[schema(value_type = Option<NamesChange>)]
    pub bios: Patch<NamesChange>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    pub byline: Patch<bool>,
    /// Id or slug of the agency to work at from now on; only for admins of the platform.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub agency: Patch<String>,
}

impl StaffChange {
    /// The person as they would be. The agency is the caller's to find.
    #[must_use]
    pub fn apply(self, old: &StaffMember, faults: &mut Faults) -> StaffMember {
        let member = old.clone();
        let member = StaffMember {
            role: self.role.kept("/role", member.role, faults),
            languages: Json(self.languages.kept("/languages", member.languages.0, faults)),
            names: Json(names::merge(self.names, member.names.0)),
            bios: Json(names::merge(self.bios, member.bios.0)),
            byline: self.byline.kept("/byline", member.byline, faults),
            ..member
        };
        check_profile(faults, &member.languages, &member.names, &member.bios);
        member
    }
}

/// Whether mail can be sent there: one `@`, no blanks, a domain with a dot or `localhost`, at most 254 characters.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((_, domain)) = text.split_once('@') else { return false };
    let plain = text.chars().count() <= 254 && !domain.contains('@') && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    // The mailer has the last word: it refuses commas, brackets and the like.
    plain && (domain.contains('.') || domain.eq_ignore_ascii_case("localhost")) && text.parse::<lettre::Address>().is_ok()
}

fn check_email(faults: &mut Faults, email: &str) {
    faults.check(is_email(email.trim()), "/email", "invalid_email", "must be an e-mail address such as name@agency.example, with at most 254 characters");
}

fn check_profile(faults: &mut Faults, languages: &[Tag], names: &Names, bios: &Names) {
    faults.check(!languages.is_empty(), "/languages", "too_few", "needs at least one language");
    faults.check(languages.len() <= 20, "/languages", "too_many", "has more than 20 languages");
    for (i, language) in languages.iter().take(21).enumerate() {
        let again = languages.iter().take(i).any(|other| other == language);
        faults.check(!again, &format!("/languages/{i}"), "duplicate", "is there twice");
    }
    names::check(faults, "/names", names, 1, 200);
    names::check(faults, "/bios", bios, 0, 2_000);
}

/// What the audit log says of something that was done to somebody.
fn trace(member: &StaffMember, action: Action, details: Value) -> audit::Entry<'static> {
    audit::Entry { action, agency: Some(member.agency_id), subject: member.id, language: None, details }
}

/// What the audit log says of a change of somebody. Whoever moves is told of to both agencies.
fn traces(old: &StaffMember, new: &StaffMember) -> Vec<audit::Entry<'static>> {
    let changes = Changes::default()
        .small("role", &old.role, &new.role)
        .small("byline", &old.byline, &new.byline)
        .large("languages", &old.languages, &new.languages)
        .large("names", &old.names, &new.names)
        .large("bios", &old.bios, &new.bios);
    let mut entries = vec![];
    if old.agency_id != new.agency_id {
        let moved = Changes::default().small("agency", &old.agency_id, &new.agency_id).details();
        entries.push(trace(old, Action::StaffMovedOut, moved.clone()));
        entries.push(trace(new, Action::StaffMovedIn, moved));
    }
    if !changes.is_empty() {
        let action = if old.role == new.role { Action::StaffChanged } else { Action::RoleChanged };
        entries.push(trace(new, action, changes.details()));
    }
    entries
}

/// Makes a staff member of an agency, without sending anything. `new.agency` is not looked at.
///
/// # Errors
/// `validation_failed`, `already_exists`, and when the database fails.
pub async fn create(tx: &mut Tx, new: &NewStaff, agency: Uuid, entry: Entry, by: Option<Uuid>, now: Timestamp) -> Result<StaffMember> {
    let mut faults = Faults::default();
    new.check(&mut faults);
    faults.finish()?;
    let member = store::insert(tx, new, agency, entry, by, now).await?.ok_or_else(taken)?;
    publication::refresh_staff(tx, member.id, now).await?;
    audit::record(tx, By::from(by), trace(&member, Action::StaffCreated, json!({ "role": member.role })), now).await?;
    Ok(member)
}

fn taken() -> Error {
    Error::new(Code::AlreadyExists, "Somebody in the house has this e-mail address already.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_machine() {
        let steps = |state: StaffState| {
            let steps: Vec<String> = Step::ALL.iter().filter_map(|step| state.after(*step).map(|to| format!("{step} → {to}"))).collect();
            format!("{state}: {}\n", steps.join(", "))
        };
        let table = StaffState::ALL.iter().map(|state| steps(*state)).collect::<Vec<_>>().concat();
        let expected = "\
            invited: change → invited, renew the invitation → invited, depart → departed\n\
            active: change → active, suspend → suspended, depart → departed, reset the password → active\n\
            suspended: change → suspended, reinstate → active, depart → departed\n\
            departed: \n";
        assert_eq!(table, expected);
    }

    #[test]
    fn a_refusal_says_what_is_possible() {
        let error = StaffState::Suspended.step(Step::Suspend).unwrap_err();
        assert_eq!(error.code, Code::IllegalTransition);
        assert_eq!(error.detail, "With somebody who is suspended one cannot suspend; possible: change, reinstate, depart.");
        assert!(StaffState::Departed.step(Step::Change).unwrap_err().detail.ends_with("possible: nothing more."));
    }

    #[test]
    fn addresses_that_mail_can_reach() {
        for good in ["a@b.example", "Aigül.Nur+desk@kazinform.example", "root@localhost", "müxbir@xəbər.az"] {
            assert!(is_email(good), "{good}");
        }
        let long = format!("{}@b.example", "a".repeat(250));
        for bad in [
            "",
            "a",
            "@b.example",
            "a@",
            "a@b",
            "a b@c.example",
            "a@b@c.example",
            "a@b..example",
            "a,b@c.example",
            "<a@b.example>",
            "a@b.example\r\nBcc: c",
            long.as_str(),
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    fn member() -> StaffMember {
        StaffMember {
            id: Uuid::from_u128(1),
            agency_id: Uuid::from_u128(2),
            email: "a@b.example".to_owned(),
            role: Role::Editor,
            state: StaffState::Active,
            languages: Json(vec![Tag::parse("kk").unwrap()]),
            names: Json(Names::from_iter([(Tag::parse("kk").unwrap(), "Дана".to_owned())])),
            bios: Json(Names::from_iter([(Tag::parse("kk").unwrap(), "Жазады.".to_owned())])),
            byline: true,
            last_login_at: None,
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            updated_by: None,
            version: 1,
        }
    }

    #[test]
    fn only_the_bios_can_be_emptied() {
        for (patch, faults) in [
            ("{}", vec![]),
            (r#"{"bios": null, "byline": false, "role": "admin"}"#, vec![]),
            (r#"{"role": null, "languages": null, "names": null, "byline": null}"#, vec!["/role", "/languages", "/byline", "/names"]),
            (r#"{"languages": [], "names": {"kk": null}}"#, vec!["/languages", "/names"]),
            (r#"{"languages": ["kk", "kaz"], "names": {"kk": " "}}"#, vec!["/languages/1", "/names/kk"]),
        ] {
            let change: StaffChange = serde_json::from_str(patch).unwrap();
            let mut found = Faults::default();
            let _ = change.apply(&member(), &mut found);
            let found = found.finish().map_or_else(|e| e.faults, |()| vec![]);
            let found: Vec<&str> = found.iter().filter_map(|fault| fault.pointer.as_deref()).collect();
            assert_eq!(found, faults, "{patch}");
        }
    }
}
