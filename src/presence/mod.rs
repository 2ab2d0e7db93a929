//! Who is in a text at the moment: a soft lease that others see and that holds nobody up. `If-Match` decides who writes.

mod http;
mod store;

pub use http::routes;
pub use store::tidy;

use std::time::Duration;

/// How long somebody counts as being in a text without saying so again.
pub const LEASE: Duration = Duration::from_mins(1);
