//! Who somebody is: passwords, access tokens, sessions, one-time links and API keys.
//!
//! A handler names what it needs as a parameter: `caller: Caller<PublishTranslations>`.

pub mod api_keys;
mod caller;
mod common_passwords;
mod http;
mod links;
mod mails;
mod password;
mod session;
mod store;
mod throttle;
mod token;
mod traces;

pub use caller::{Caller, act_as, actor_of, identify};
pub use http::{keys, routes};
pub use links::{Purpose, make as make_link};
pub use mails::{InvitationMail, ResetMail};
pub use password::{check as check_password, hash as hash_password};
pub use session::{Client, open as open_session, revoke_all as revoke_all_sessions, tidy};
pub use store::{Me, email_key};
pub use token::{Claims, issue as issue_token, register_keys};
pub use traces::Attempt;
