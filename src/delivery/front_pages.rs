//! Front pages: what editors put on them, as far as it is public. A slot without a public text leaves no hole.

use super::conditional::{Public, accepted_languages, answer, hash};
use super::negotiation::{self, Fallback, Wanted};
use super::schema::PublishedArticle;
use crate::cache::Source;
use crate::db::{Conn, Query as Sql, Reader, Timestamp};
use crate::error::{Code, Error, Result};
use crate::extract::{Path, Query};
use crate::language::Tag;
use crate::page::Page;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::fmt::Write;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_published_front_pages).service(get_published_front_page);
}

#[derive(Deserialize, IntoParams)]
struct PagePath {
    #[param(example = "home")]
    name: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// Strictly this language; `auto` negotiates by `Accept-Language`, and takes any where nothing fits.
    #[param(value_type = String, example = "kk")]
    language: Wanted,
    /// Languages whose page to take where there is none in that one, in this order; `auto` for the house's table.
    #[param(value_type = Option<String>, example = "ru,en")]
    fallback: Option<Fallback>,
}

/// A front page with something on it.
#[derive(Serialize, ToSchema)]
struct PublishedFrontPage {
    name: String,
    /// The agency whose page it is; `null` for the house's.
    agency_id: Option<Uuid>,
    /// Those in which something is on it.
    languages: Vec<Tag>,
}

/// A public text on a front page.
#[derive(Serialize, ToSchema)]
struct PublishedFrontPageArticle {
    #[serde(flatten)]
    article: PublishedArticle,
    /// It keeps its place, whatever a front end does with the others.
    pinned: bool,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    rendition: i64,
    card: String,
    pinned: bool,
}

/// The slots `s` that readers see at a moment, with their texts `d`.
fn shown(query: Sql<'_>, now: Timestamp) -> Sql<'_> {
    query
        .push(
            " FROM published_front_page_slots s JOIN published_documents d ON d.article_id = s.article_id AND d.language = s.language \
             JOIN published_front_pages p ON p.name = s.name AND p.language = s.language WHERE (s.until IS NULL OR s.until > ",
        )
        .push_bind(now)
        .push(")")
}

/// When front pages last changed for readers, one of them or all, and when the next slot leaves its page by itself. Slots that ran out
/// count from then on.
async fn dates(on: &mut Conn, page: Option<(&str, &Tag)>, now: Timestamp) -> Result<(Timestamp, Option<Timestamp>)> {
    let (name, language) = page.unzip();
    let set = on.query("SELECT (SELECT max(modified_at) FROM published_front_pages WHERE TRUE").push_some(" AND name = ", name);
    let left = set
        .push_some(" AND language = ", language)
        .push(
            "), (SELECT max(s.until) FROM published_front_page_slots s \
             JOIN published_documents d ON d.article_id = s.article_id AND d.language = s.language WHERE s.until <= ",
        )
        .push_bind(now)
        .push_some(" AND s.name = ", name)
        .push_some(" AND s.language = ", language);
    let texts = left.push("), (SELECT at FROM published_stamps WHERE part = 'articles')");
    let next = texts.push(", (SELECT min(until) FROM published_front_page_slots WHERE until > ").push_bind(now).push(")");
    let (set, left, texts, next): (Option<Timestamp>, Option<Timestamp>, Option<Timestamp>, Option<Timestamp>) = next.one().await?;
    Ok(([set, left, texts].into_iter().flatten().max().unwrap_or(Timestamp::from_micros(0)), next))
}

fn sources() -> Vec<Source> {
    ["articles", "front_page"].map(Source::Part).to_vec()
}

/// List the front pages
///
/// Those with something on them, and in which languages.
#[utoipa::path(tag = "delivery", responses((status = 200, description = "Front pages", body = Page<PublishedFrontPage>), (status = 304, description = "You have it")))]
#[get("/front-pages")]
async fn list_published_front_pages(state: Data<State>, request: HttpRequest) -> Result<HttpResponse> {
    let now = state.clock.now();
    let found = answer(&state, &request, String::new(), async |on| {
        let (modified_at, expires) = dates(on, None, now).await?;
        let rows = shown(on.query("SELECT DISTINCT s.name, s.language, p.agency_id"), now);
        let rows: Vec<(String, Tag, Option<Uuid>)> = rows.push(" ORDER BY s.name, s.language").all().await?;
        let mut pages: Vec<PublishedFrontPage> = vec![];
        for (name, language, agency_id) in rows {
            match pages.last_mut() {
                Some(page) if page.name == name => page.languages.push(language),
                _ => pages.push(PublishedFrontPage { name, agency_id, languages: vec![language] }),
            }
        }
        let body = serde_json::to_string(&Page::whole(pages)).map_err(Error::internal)?;
        let surrogate_key = "front-pages articles".to_owned();
        Ok(Public { expires, ..Public::of(hash(&body), body, modified_at, surrogate_key, sources()) })
    });
    found.await
}

/// Read a front page
///
/// Its texts in the order that editors gave them, without their bodies. A page on which nothing is public is 404.
#[utoipa::path(tag = "delivery", params(PagePath, PageQuery),
    responses((status = 200, description = "What is on it", body = Page<PublishedFrontPageArticle>), (status = 304, description = "You have it")),
    extensions(("x-problems" = json!(["language_not_published"]))))]
#[get("/front-pages/{name}")]
async fn get_published_front_page(
    state: Data<State>,
    request: HttpRequest,
    Path(path): Path<PagePath>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse> {
    let now = state.clock.now();
    let varies = query.language == Wanted::Auto;
    let negotiated = if varies { accepted_languages(&request) } else { "" };
    let key = format!("{} {:?} {:?} {negotiated}", path.name, query.language, query.fallback);
    let found = answer(&state, &request, key, async |on| {
        let rows = shown(on.query("SELECT DISTINCT s.language"), now).push(" AND s.name = ").push_bind(&path.name);
        let available: Vec<(Tag,)> = rows.push(" ORDER BY s.language").all().await?;
        let available: Vec<Tag> = available.into_iter().map(|(language,)| language).collect();
        let wanted = match query.language {
            Wanted::Is(tag) => Some(tag),
            Wanted::Auto => negotiation::best(&request, &available),
        };
        let Some(language) = choose(wanted.as_ref(), query.fallback.as_ref(), &available) else { return Err(missing(&available)) };
        let requested = wanted.filter(|wanted| *wanted != language);
        send(on, &path.name, &language, requested.as_ref(), varies, now).await
    });
    found.await
}

/// The language to send: the one wanted, or the first of the others that may take its place. Whoever wants none takes any.
fn choose(wanted: Option<&Tag>, fallback: Option<&Fallback>, available: &[Tag]) -> Option<Tag> {
    let candidates: Vec<Tag> = match (wanted, fallback) {
        (Some(wanted), fallback) => [wanted.clone()].into_iter().chain(fallback.map_or_else(Vec::new, |fallback| fallback.after(wanted))).collect(),
        (None, Some(Fallback::To(tags))) => tags.iter().chain(available).cloned().collect(),
        (None, _) => available.to_vec(),
    };
    candidates.into_iter().find(|language| available.contains(language))
}

/// Why there is nothing to send.
fn missing(available: &[Tag]) -> Error {
    if available.is_empty() {
        return Error::not_found("front page");
    }
    let tags: Vec<&str> = available.iter().map(Tag::as_str).collect();
    let detail = format!("There is a page in {}, but not in the language asked for.", tags.join(", "));
    Error::new(Code::LanguageNotPublished, detail).with("available_languages", tags)
}

async fn send(on: &mut Conn, name: &str, language: &Tag, requested: Option<&Tag>, varies: bool, now: Timestamp) -> Result<Public> {
    let (modified_at, expires) = dates(on, Some((name, language)), now).await?;
    let rows = shown(on.query("SELECT d.id, d.rendition, d.card, s.pinned"), now).push(" AND s.name = ").push_bind(name);
    let rows: Vec<Row> = rows.push(" AND s.language = ").push_bind(language).push(" ORDER BY s.position").all().await?;
    let mut body = String::with_capacity(rows.iter().map(|row| row.card.len() + 80).sum::<usize>() + 80);
    // Ids and renditions name the bytes of the texts.
    let mut version = format!("{language} {}", requested.map_or("", Tag::as_str));
    body.push_str("{\"data\":[");
    for (i, row) in rows.iter().enumerate() {
        if i > 0 {
            body.push(',');
        }
        // What follows goes before the closing brace.
        body.push_str(row.card.strip_suffix('}').unwrap_or(&row.card));
        if let Some(requested) = requested {
            let _ = write!(body, ",\"requested_language\":\"{requested}\",\"fallback\":true");
        }
        let _ = write!(body, ",\"pinned\":{}}}", row.pinned);
        let _ = write!(version, " {}.{}.{}", row.id, row.rendition, row.pinned);
    }
    let _ = write!(body, "],\"meta\":{{\"limit\":{},\"has_more\":false,\"next_cursor\":null}}}}", rows.len());
    let surrogate_key = format!("front-pages front-page-{name} articles language-{language}");
    Ok(Public { language: Some(language.to_string()), varies, expires, ..Public::of(hash(&version), body, modified_at, surrogate_key, sources()) })
}
