//! Looking topics up.

use super::{Key, Topic, is_known, search};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::extract::Query;
use crate::page::{Asked, Page};
use crate::policy::ReadHouse;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_topics);
}

/// Filters of the list of topics.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TopicFilter {
    /// What the words of the English name begin with, whatever its case.
    #[param(min_length = 1, max_length = 100, example = "climate")]
    q: Option<String>,
    /// Those that are a part of this topic, one level down.
    #[param(example = "medtop:06000000")]
    broader: Option<String>,
    /// `true` to have those too that IPTC has retired.
    retired: Option<bool>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

impl TopicFilter {
    fn validate(&self) -> Result<()> {
        if self.q.as_deref().is_some_and(|q| q.trim().is_empty() || q.chars().count() > 100) {
            return Err(Error::parameter("q", "must have 1 to 100 characters that are not blank"));
        }
        if self.broader.as_deref().is_some_and(|id| !is_known(id)) {
            return Err(Error::parameter("broader", "must be the id of an IPTC Media Topic, such as medtop:06000000"));
        }
        Ok(())
    }
}

/// List topics
///
/// IPTC Media Topics, used under CC BY 4.0. With `q`, those whose names fit best come first; else they are in the order of their names.
#[utoipa::path(tag = "topics", params(TopicFilter), responses((status = 200, description = "A page of topics", body = Page<Topic>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/topics")]
async fn list_topics(state: Data<State>, request: HttpRequest, _caller: Caller<ReadHouse>, Query(filter): Query<TopicFilter>) -> Result<Answer> {
    filter.validate()?;
    let retired = filter.retired.unwrap_or(false);
    let asked = Asked::<Key>::read(filter.limit, filter.cursor.as_deref(), &(&filter.q, &filter.broader, retired))?;
    let mut found = search(filter.q.as_deref(), filter.broader.as_deref(), retired);
    if let Some(after) = &asked.after {
        found.retain(|(key, _)| key > after);
    }
    let page = asked.page(found, |(key, _)| key.clone());
    let data: Vec<Topic> = page.data.into_iter().map(|(_, topic)| topic).collect();
    Page { data, meta: page.meta }.answer(&state.url("/v1/topics"), request.query_string())
}
