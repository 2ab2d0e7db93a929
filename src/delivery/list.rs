//! Lists of public texts.

use super::conditional::{Public, accepted_languages, answer, hash};
use super::negotiation::{self, Fallback};
use super::schema::PublishedArticlePage;
use super::store::{self, Filter};
use crate::cache::Source;
use crate::db::{Conn, Timestamp};
use crate::error::{Error, Result};
use crate::extract::{List, Query};
use crate::language::Tag;
use crate::page::{self, Asked, next_link};
use crate::state::State;
use crate::{text_enum, topics};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Deserializer};
use std::fmt::Write;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_published_articles);
}

text_enum! {
    pub enum Sort {
        NewestFirst = "-published_at",
        OldestFirst = "published_at",
    }
}

/// `kk`, `kk,ru` or `auto`.
#[derive(Clone, Debug)]
enum Languages {
    Auto,
    Are(Vec<Tag>),
}

impl<'de> Deserialize<'de> for Languages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let plain: serde::de::value::StrDeserializer<'_, D::Error> = serde::de::IntoDeserializer::into_deserializer(text.as_ref());
        List::<Tag>::deserialize(plain).map(|list| Self::Are(list.0))
    }
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Strictly these languages; `auto` negotiates one by `Accept-Language`. Without it, all texts in all languages.
    #[param(value_type = Option<String>, example = "kk")]
    language: Option<Languages>,
    /// With one `language`: those that take its place where an article has none in it, in this order; `auto` for the house's table.
    #[param(value_type = Option<String>, example = "ru,en")]
    fallback: Option<Fallback>,
    /// Ids or slugs of the agencies whose texts they are.
    #[param(value_type = Option<String>, example = "kazinform")]
    agency: Option<List<String>>,
    /// Ids or slugs of sections.
    #[param(value_type = Option<String>, example = "economy,culture")]
    section: Option<List<String>>,
    /// IPTC Media Topics.
    #[param(value_type = Option<String>, example = "medtop:20000344")]
    topic: Option<List<String>>,
    /// The staff member whose text it is.
    author: Option<Uuid>,
    /// Articles, by id.
    #[param(value_type = Option<String>)]
    id: Option<List<Uuid>>,
    /// As urgent as this or more: `2` finds flashes.
    #[param(minimum = 1, maximum = 9)]
    urgency_max: Option<i32>,
    #[param(value_type = Option<Timestamp>)]
    published_after: Option<Timestamp>,
    #[param(value_type = Option<Timestamp>)]
    published_before: Option<Timestamp>,
    #[param(value_type = Option<Timestamp>)]
    updated_after: Option<Timestamp>,
    #[param(value_type = Option<Sort>, inline)]
    sort: Option<Sort>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// List public texts
///
/// The newest first. Bodies are left out.
#[utoipa::path(tag = "delivery", params(ListQuery), responses((status = 200, description = "A page of texts", body = PublishedArticlePage),
    (status = 304, description = "You have it")), extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/articles")]
async fn list_published_articles(state: Data<State>, request: HttpRequest, Query(query): Query<ListQuery>) -> Result<HttpResponse> {
    let key = query.key(&request);
    let list = answer(&state, &request, key, async |on| {
        let (filter, varies) = filter(on, &request, &query).await?;
        let asked = Asked::<(i64, i64)>::read(query.limit, query.cursor.as_deref(), &query.filters(&filter))?;
        let cards = store::page(&mut *on, &filter, asked.limit, asked.after).await?;
        let has_more = cards.has_more;
        let modified_at = match cards.changed_at {
            Some(at) => at,
            None => store::changed_at(&mut *on, "articles").await?,
        };
        let next = cards.next().map(|key| asked.cursor(key));
        let cards_text = cards.joined.as_deref().unwrap_or_default();
        let mut body = String::with_capacity(cards_text.len() + 160);
        body.push_str("{\"data\":[");
        body.push_str(cards_text);
        let data_end = body.len();
        let _ = write!(body, "],\"meta\":{{\"limit\":{},\"has_more\":{has_more},\"next_cursor\":", asked.limit);
        match &next {
            // A cursor is base64url: nothing in it needs escaping.
            Some(cursor) => {
                let _ = write!(body, "\"{cursor}\"");
            }
            None => body.push_str("null"),
        }
        body.push_str("}}");
        let links = next.map(|cursor| next_link(&state.url("/v1/delivery/articles"), request.query_string(), &cursor)).unwrap_or_default();
        // Ids and renditions name the bytes of the texts; the languages, what is said of fallbacks; the end of the body, the rest.
        let mut version = cards.ids.unwrap_or_default();
        let _ = write!(version, " {}", cards.renditions.unwrap_or_default());
        for language in &filter.languages {
            version.push(' ');
            version.push_str(language.as_str());
        }
        version.push_str(body.get(data_end..).unwrap_or_default());
        let mut surrogate_key = "articles".to_owned();
        for language in &filter.languages {
            let _ = write!(surrogate_key, " language-{language}");
        }
        let language = match filter.languages.as_slice() {
            [one] => Some(one.to_string()),
            _ => None,
        };
        Ok(Public { language, links, varies, ..Public::of(hash(&version), body, modified_at, surrogate_key, sources(&query)) })
    });
    list.await
}

/// What a list tells of: names of agencies and sections are looked up.
fn sources(query: &ListQuery) -> Vec<Source> {
    let mut sources = vec![Source::Part("articles")];
    sources.extend(query.agency.as_ref().map(|_| Source::Part("agency")));
    sources.extend(query.section.as_ref().map(|_| Source::Part("section")));
    sources
}

impl ListQuery {
    /// The same for all lists that are the same, however they are asked for.
    fn plain(&self) -> Self {
        let mut plain = self.clone();
        plain.limit = Some(self.limit.unwrap_or(page::DEFAULT_LIMIT));
        plain.sort = Some(self.sort.unwrap_or(Sort::NewestFirst));
        for names in [&mut plain.agency, &mut plain.section, &mut plain.topic].into_iter().flatten() {
            names.0.sort_unstable();
        }
        if let Some(ids) = &mut plain.id {
            ids.0.sort_unstable();
        }
        if let Some(Languages::Are(tags)) = &mut plain.language {
            tags.sort_unstable();
        }
        plain
    }

    fn key(&self, request: &HttpRequest) -> String {
        let negotiated = if matches!(self.language, Some(Languages::Auto)) { accepted_languages(request) } else { "" };
        format!("{:?} {negotiated}", self.plain())
    }

    /// What decides which texts are in the list: the query but for the page, and what was negotiated.
    fn filters(&self, filter: &Filter) -> String {
        format!("{:?} {:?}", Self { limit: None, cursor: None, ..self.plain() }, filter.languages)
    }
}

async fn filter(on: &mut Conn, request: &HttpRequest, query: &ListQuery) -> Result<(Filter, bool)> {
    let mut filter = Filter {
        topics: query.topic.clone().map_or_else(Vec::new, |list| list.0),
        author: query.author,
        ids: query.id.clone().map_or_else(Vec::new, |list| list.0),
        published_after: query.published_after,
        published_before: query.published_before,
        updated_after: query.updated_after,
        urgency_max: query.urgency_max,
        oldest_first: query.sort == Some(Sort::OldestFirst),
        ..Filter::default()
    };
    if let Some(unknown) = filter.topics.iter().find(|topic| topics::name(topic).is_none()) {
        return Err(Error::parameter("topic", format!("{unknown:?} is not an IPTC Media Topic")));
    }
    if filter.urgency_max.is_some_and(|urgency| !(1..=9).contains(&urgency)) {
        return Err(Error::parameter("urgency_max", "must be from 1 (flash) to 9"));
    }
    let mut varies = false;
    match &query.language {
        None => {}
        Some(Languages::Are(tags)) => {
            filter.languages.clone_from(tags);
            // In whatever order they are asked for: a page and its cursor are the same.
            filter.languages.sort_unstable();
        }
        Some(Languages::Auto) => {
            varies = true;
            let available: Vec<Tag> = store::languages(&mut *on).await?.into_iter().map(|(tag, ..)| tag).collect();
            filter.languages.extend(negotiation::best(request, &available));
        }
    }
    if let Some(fallback) = &query.fallback {
        match filter.languages.as_slice() {
            [one] => {
                let others = fallback.after(one);
                filter.languages.extend(others);
                filter.fallback = filter.languages.len() > 1;
            }
            // Nothing of what the reader accepts is there: all languages are shown.
            [] if varies => {}
            _ => return Err(Error::parameter("fallback", "needs one `language`, from which to fall back")),
        }
    }
    filter.agencies = ids(on, "agency", query.agency.as_ref()).await?;
    filter.sections = ids(on, "section", query.section.as_ref()).await?;
    Ok((filter, varies))
}

pub async fn ids(on: &mut Conn, kind: &'static str, references: Option<&List<String>>) -> Result<Vec<Uuid>> {
    let mut ids = vec![];
    for reference in references.map_or(&[][..], |list| &list.0) {
        let profile = store::profile(&mut *on, kind, reference).await?;
        ids.push(profile.ok_or_else(|| Error::parameter(kind, format!("{reference:?} is not one that is public")))?.id);
    }
    Ok(ids)
}
