//! What anyone may read: published documents and nothing else, the same for every caller.
//!
//! It reads `published_*` tables through a handle that cannot write, and sends the bytes that publication made.

mod articles;
mod changes;
mod conditional;
mod corrections;
mod follow;
mod front_pages;
mod house;
mod list;
mod negotiation;
mod schema;
mod search;
mod store;
mod stream;
mod view;

pub use follow::{follow, look};
pub use schema::{Alternate, BodyForm, PublishedArticleWithBody};

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounted under `/v1/delivery`.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(list::routes)
        .configure(articles::routes)
        .configure(search::routes)
        .configure(house::routes)
        .configure(corrections::routes)
        .configure(front_pages::routes)
        .configure(changes::routes)
        .configure(stream::routes);
}
