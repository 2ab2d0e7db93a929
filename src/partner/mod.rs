//! What partners see before readers do: texts under embargo, by API key, from tables of their own. Who reads what is recorded.

mod http;
mod store;

pub use http::routes;
pub use store::readers;

use crate::db::Timestamp;
use crate::text_enum;
use serde::Serialize;
use sqlx::FromRow;
use utoipa::ToSchema;
use uuid::Uuid;

text_enum! {
    /// What of a text was fetched.
    pub enum Fetched {
        /// Its headline and summary, in a list.
        Card = "card",
        /// All of it.
        Text = "text",
    }
}

/// A key that fetched a text under embargo.
#[derive(Debug, FromRow, Serialize, ToSchema)]
pub struct EarlyRead {
    pub key_id: Uuid,
    pub key_name: Option<String>,
    /// Whose key it is.
    pub agency_id: Uuid,
    pub revision: i32,
    pub what: Fetched,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// How often.
    pub times: i64,
}
