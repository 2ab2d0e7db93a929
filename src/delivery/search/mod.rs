//! Looking for public texts, and what to look for as one types.

mod postgres;
mod store;
mod suggestions;

use self::store::{Filter, Hit, Key};
use super::conditional::{Public, answer, hash};
use super::list::ids;
use super::schema::PublishedArticle;
use crate::cache::Source;
use crate::db::{Conn, Timestamp};
use crate::edge::address_of;
use crate::error::{Error, Result};
use crate::extract::{List, Query};
use crate::language::Tag;
use crate::names_desk;
use crate::page::{Asked, DEFAULT_LIMIT, Meta, next_link};
use crate::publication::NAMES;
use crate::search::{self, MatchClass, MatchPlace, Plain, Snippet, snippets};
use crate::state::State;
use crate::topics;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(search_published_articles).service(suggestions::suggest_published_articles);
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Words that must all be there, in any script or spelling; `"words in quotes"` stand one after the other, `word*` begins so. At most 16
    /// words.
    #[param(min_length = 1, max_length = 200, example = "Qazaqstan")]
    q: String,
    /// In these languages alone.
    #[param(value_type = Option<String>, example = "kk,kk-Latn")]
    language: Option<List<Tag>>,
    /// Ids or slugs of the agencies whose texts they are.
    #[param(value_type = Option<String>, example = "kazinform")]
    agency: Option<List<String>>,
    /// Ids or slugs of sections.
    #[param(value_type = Option<String>, example = "economy,culture")]
    section: Option<List<String>>,
    /// IPTC Media Topics.
    #[param(value_type = Option<String>, example = "medtop:20000344")]
    topic: Option<List<String>>,
    #[param(value_type = Option<Timestamp>)]
    published_after: Option<Timestamp>,
    #[param(value_type = Option<Timestamp>)]
    published_before: Option<Timestamp>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// How a text was found.
#[derive(Serialize, ToSchema)]
pub struct Match {
    pub class: MatchClass,
    #[serde(rename = "in")]
    pub place: MatchPlace,
}

/// A public text that was found.
#[derive(Serialize, ToSchema)]
pub struct FoundArticle {
    #[serde(flatten)]
    pub article: PublishedArticle,
    pub r#match: Match,
    /// The headline, and the part of summary or body that has the most of what was looked for.
    pub snippets: Vec<Snippet>,
}

/// What was found, the best first.
#[derive(Serialize, ToSchema)]
pub struct FoundArticlePage {
    pub data: Vec<FoundArticle>,
    pub meta: Meta,
}

/// Search public texts
///
/// In all languages and scripts at once: `Qazaqstan`, `Kazakstan`, `قازاقستان` and `қазақстан` find the same, and names are found as
/// other languages call them: `Baku` finds `Bakı` and `Баку`. First come texts with the words
/// as they were typed, then those with other spellings of them (another script, keyboard or apostrophe), then those with other endings; among
/// these, those with all of it in the headline; then the newest. A text that is public is found by the next request, and one that was withdrawn
/// no more. Of long texts, the first 6,000 words are found.
#[utoipa::path(tag = "delivery", params(SearchQuery), responses((status = 200, description = "A page of texts", body = FoundArticlePage),
    (status = 304, description = "You have it")), extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/search")]
async fn search_published_articles(state: Data<State>, request: HttpRequest, Query(query): Query<SearchQuery>) -> Result<HttpResponse> {
    let found = async |on: &mut Conn| {
        take_from_budget(&state, &request)?;
        found(on, &state, &request, &query).await
    };
    answer(&state, &request, query.key(), found).await
}

async fn found(on: &mut Conn, state: &State, request: &HttpRequest, query: &SearchQuery) -> Result<Public> {
    let languages = query.language.as_ref().map_or(&[][..], |list| &list.0);
    let mut wanted = read(&query.q, languages)?;
    names_desk::call(&mut *on, &mut wanted).await?;
    let filter = filter(on, query).await?;
    let asked = Asked::<Key>::read(query.limit, query.cursor.as_deref(), &(query.q.trim(), &filter))?;
    let modified_at = super::store::changed_at(&mut *on, "articles").await?;
    let mut hits = store::find(on, &wanted, &filter, asked.limit + 1, asked.after).await?;
    let has_more = hits.len() > usize::from(asked.limit);
    hits.truncate(usize::from(asked.limit));
    let next = hits.last().filter(|_| has_more).map(|last| asked.cursor(last.key()));
    let mut body = String::from("{\"data\":[");
    push_found(&mut body, on, &hits, &wanted).await?;
    body.push_str("],\"meta\":");
    let meta = Meta { limit: asked.limit, has_more, next_cursor: next.clone(), count: None };
    body.push_str(&serde_json::to_string(&meta).map_err(Error::internal)?);
    body.push('}');
    let links = next.map(|cursor| next_link(&state.url("/v1/delivery/search"), request.query_string(), &cursor)).unwrap_or_default();
    let mut surrogate_key = "articles".to_owned();
    for language in languages {
        let _ = write!(surrogate_key, " language-{language}");
    }
    let language = match languages {
        [one] => Some(one.to_string()),
        _ => None,
    };
    Ok(Public { language, links, ..Public::of(hash(&body), body, modified_at, surrogate_key, sources()) })
}

/// What is found follows from the texts, from what agencies and sections are called, and from the names that words are known by.
fn sources() -> Vec<Source> {
    ["articles", "agency", "section", NAMES].map(Source::Part).into()
}

impl SearchQuery {
    /// The same for the same search.
    fn key(&self) -> String {
        format!("{:?}", Self { limit: Some(self.limit.unwrap_or(DEFAULT_LIMIT)), ..self.clone() })
    }
}

/// Searching costs more than reading: it has a budget of its own, beside that of all requests. What is in memory costs nothing.
fn take_from_budget(state: &State, request: &HttpRequest) -> Result<()> {
    let address = address_of(request);
    state.limits.search(address, &mut request.extensions_mut())
}

fn read(q: &str, languages: &[Tag]) -> Result<search::Query> {
    search::Query::parse(q, languages).map_err(|fault| Error::parameter("q", fault.to_string()))
}

async fn filter(on: &mut Conn, query: &SearchQuery) -> Result<Filter> {
    let topics = query.topic.as_ref().map_or(&[][..], |list| &list.0);
    if let Some(unknown) = topics.iter().find(|topic| topics::name(topic).is_none()) {
        return Err(Error::parameter("topic", format!("{unknown:?} is not an IPTC Media Topic")));
    }
    Ok(Filter {
        languages: query.language.as_ref().map_or_else(Vec::new, |list| list.0.clone()),
        agencies: ids(on, "agency", query.agency.as_ref()).await?,
        sections: ids(on, "section", query.section.as_ref()).await?,
        topics: topics.to_vec(),
        published_after: query.published_after,
        published_before: query.published_before,
    })
}

/// Writes what was found: cards as they are stored, with how they were found.
async fn push_found(body: &mut String, on: &mut Conn, hits: &[Hit], wanted: &search::Query) -> Result<()> {
    let documents = store::documents(on, hits).await?;
    let mut snippets = snippets(wanted);
    let mut separator = "";
    for hit in hits {
        // It may have been withdrawn since it was found.
        let Some(document) = documents.iter().find(|document| document.id == hit.id) else { continue };
        let plain = Plain::read(&document.card, &document.body_text).map_err(Error::internal)?;
        let found = snippets.of(&plain, &document.language);
        let how = Match { class: hit.stage.class, place: hit.stage.place };
        body.push_str(separator);
        body.push_str(document.card.strip_suffix('}').unwrap_or(&document.card));
        let json = |text: serde_json::Result<String>| text.map_err(Error::internal);
        let _ = write!(body, ",\"match\":{},\"snippets\":{}}}", json(serde_json::to_string(&how))?, json(serde_json::to_string(&found))?);
        separator = ",";
    }
    Ok(())
}
