//! Reads of the published tables: one statement for one answer.

use crate::db::{Conn, Engine, Query, Reader, Sql, Timestamp};
use crate::error::{Code, Error, Result};
use crate::language::Tag;
use crate::publication::{self, BodyFormat};
use crate::sql;
use serde_json::json;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

/// A public text, as stored.
#[derive(FromRow)]
pub struct Document {
    pub id: i64,
    pub article_id: Uuid,
    pub rendition: i64,
    pub language: Tag,
    pub modified_at: Timestamp,
    pub surrogate_key: String,
    /// The JSON object without its body.
    pub card: String,
    pub links: String,
    pub related: Json<Vec<Uuid>>,
    pub body: String,
}

const fn columns(format: BodyFormat) -> &'static str {
    match format {
        BodyFormat::PortableText => {
            "SELECT id, article_id, rendition, language, modified_at, surrogate_key, card, links, related, body FROM published_documents WHERE "
        }
        BodyFormat::Html => {
            "SELECT id, article_id, rendition, language, modified_at, surrogate_key, card, links, related, body_html AS body \
             FROM published_documents WHERE "
        }
        BodyFormat::Text => {
            "SELECT id, article_id, rendition, language, modified_at, surrogate_key, card, links, related, body_text AS body \
             FROM published_documents WHERE "
        }
    }
}

/// The text at an address.
pub async fn by_slug(on: impl Reader<'_>, language: &Tag, slug: &str, format: BodyFormat) -> Result<Option<Document>> {
    Ok(on.query(columns(format)).push("language = ").push_bind(language).push(" AND slug = ").push_bind(slug).optional().await?)
}

/// The text of an article in one of the languages, the first that there is; with none given, the original.
pub async fn by_id(on: impl Reader<'_>, article: Uuid, languages: &[Tag], format: BodyFormat) -> Result<Option<Document>> {
    let query = on.query(columns(format)).push("article_id = ").push_bind(article);
    if languages.is_empty() {
        return Ok(query.push(" AND is_original").optional().await?);
    }
    let documents: Vec<Document> = query.push(" AND language IN (").push_list(languages).push(")").all().await?;
    let rank = |document: &Document| languages.iter().position(|language| *language == document.language);
    Ok(documents.into_iter().min_by_key(|document| rank(document).unwrap_or(usize::MAX)))
}

/// The languages in which an article is public.
pub async fn languages_of(on: impl Reader<'_>, article: Uuid) -> Result<Vec<Tag>> {
    let rows: Vec<(Tag,)> = on.query("SELECT language FROM published_documents WHERE article_id = $1 ORDER BY language").bind(article).all().await?;
    Ok(rows.into_iter().map(|(language,)| language).collect())
}

/// Where articles are read, in each language.
pub async fn addresses(on: impl Reader<'_>, articles: &[Uuid]) -> Result<Vec<(Uuid, Tag, String)>> {
    Ok(on.query("SELECT article_id, language, url FROM published_documents WHERE article_id IN (").push_list(articles.iter().copied()).push(")").all().await?)
}

/// Where the text went that once had this address.
pub async fn moved(on: impl Reader<'_>, language: &Tag, slug: &str) -> Result<Option<(Uuid, Option<String>)>> {
    Ok(on
        .query(
            "SELECT s.article_id, d.slug FROM published_slugs s LEFT JOIN published_documents d ON d.article_id = s.article_id AND d.language = s.language \
             WHERE s.language = $1 AND s.slug = $2",
        )
        .bind(language)
        .bind(slug)
        .optional()
        .await?)
}

/// The problem of a text that was withdrawn for good, if it was.
pub async fn withdrawn(on: &mut Conn, article: Uuid, language: Option<&Tag>) -> Result<Option<Error>> {
    let query = on.query("SELECT language, killed_at, public_note FROM published_tombstones WHERE article_id = $1").bind(article);
    let found: Option<(Tag, Timestamp, String)> =
        query.push_some(" AND language = ", language).push(" ORDER BY killed_at DESC, language LIMIT 1").optional().await?;
    let Some((language, killed_at, note)) = found else { return Ok(None) };
    let error = Error::new(Code::Withdrawn, "The text was withdrawn for good.")
        .with("language", language.as_str())
        .with("public_note", note)
        .with("withdrawn_at", killed_at.to_string());
    Ok(Some(match replacement(on, article, &language).await? {
        Some((id, url)) => error.with("replaced_by", json!({ "id": id, "url": url })),
        None => error,
    }))
}

/// What is read in place of a killed story: in that language where there is such, else the original.
async fn replacement(on: &mut Conn, killed: Uuid, language: &Tag) -> Result<Option<(Uuid, String)>> {
    let query = on.query(
        "SELECT article_id, url FROM published_documents WHERE replaces = $1 \
         ORDER BY CASE WHEN language = $2 THEN 0 WHEN is_original THEN 1 ELSE 2 END, published_at DESC, id DESC LIMIT 1",
    );
    Ok(query.bind(killed).bind(language).optional().await?)
}

/// Whether a text of an article was ever public.
pub async fn was_public(on: impl Reader<'_>, article: Uuid, language: &Tag) -> Result<bool> {
    let query = on.query("SELECT article_id FROM published_slugs WHERE article_id = $1 AND language = $2 LIMIT 1");
    Ok(query.bind(article).bind(language).optional::<(Uuid,)>().await?.is_some())
}

/// Filters of the list; each is a set of which one must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// With more than one, the first that an article has counts.
    pub languages: Vec<Tag>,
    /// Whether the later languages stand in for the first.
    pub fallback: bool,
    pub agencies: Vec<Uuid>,
    pub sections: Vec<Uuid>,
    pub topics: Vec<String>,
    pub author: Option<Uuid>,
    pub published_after: Option<Timestamp>,
    pub published_before: Option<Timestamp>,
    pub updated_after: Option<Timestamp>,
    /// As urgent as this or more.
    pub urgency_max: Option<i32>,
    pub oldest_first: bool,
    pub ids: Vec<Uuid>,
}

/// A page, already JSON.
#[derive(Default, FromRow)]
pub struct Cards {
    /// The texts, with commas between.
    pub joined: Option<String>,
    /// Which texts they are, with commas between.
    pub ids: Option<String>,
    /// The sum of their renditions, which only grow: for the same texts, another sum says that one has changed.
    pub renditions: Option<i64>,
    pub has_more: bool,
    pub last_at: Option<Timestamp>,
    /// When something last changed in delivery; not always there for a page without texts.
    pub changed_at: Option<Timestamp>,
}

impl Cards {
    /// The key of the last text, where more follow it.
    pub fn next(&self) -> Option<(i64, i64)> {
        let last = self.ids.as_deref()?.rsplit(',').next()?.parse().ok()?;
        self.last_at.filter(|_| self.has_more).map(|at| (at.micros(), last))
    }
}

#[derive(FromRow)]
struct Row {
    card: String,
    id: i64,
    rendition: i64,
    published_at: Timestamp,
    changed_at: Option<Timestamp>,
}

/// A page of texts.
///
/// What a list costs are rows on SQLite, each of which crosses threads, and copies on PostgreSQL, whose aggregates grow by copying.
pub async fn page(on: impl Reader<'_>, filter: &Filter, limit: u16, after: Option<(i64, i64)>) -> Result<Cards> {
    let select = on.query("SELECT ");
    match select.engine() {
        Engine::Sqlite => one_row(select, filter, limit, after).await,
        Engine::Postgres => rows(select, filter, limit, after).await,
    }
}

/// SQLite aggregates the rows of the ordered page within as they come; sorting them again would copy all their bytes.
async fn one_row(select: Query<'_>, filter: &Filter, limit: u16, after: Option<(i64, i64)>) -> Result<Cards> {
    let mut query = select
        .push("string_agg(card, ',') AS joined, string_agg(CAST(id AS text), ',') AS ids, sum(rendition) AS renditions, ")
        .push(if filter.oldest_first { "max" } else { "min" })
        .push("(published_at) AS last_at, ")
        .push(CHANGED_AT)
        .push(", EXISTS (SELECT 1 FROM published_documents d");
    query = from_page(matching(query, filter), filter, after).push(" LIMIT 1 OFFSET ").push_limit(limit).push(") AS has_more FROM (SELECT ");
    query = card(query, filter).push(" AS card, d.id, d.rendition, d.published_at FROM published_documents d");
    Ok(ordered(query, filter, limit, after).push(") AS page").one().await?)
}

/// One row more than wanted says whether there is one.
async fn rows(select: Query<'_>, filter: &Filter, limit: u16, after: Option<(i64, i64)>) -> Result<Cards> {
    let query = card(select, filter).push(" AS card, d.id, d.rendition, d.published_at, ").push(CHANGED_AT);
    let query = query.push(" FROM published_documents d");
    let mut found: Vec<Row> = ordered(query, filter, limit + 1, after).all().await?;
    let has_more = found.len() > usize::from(limit);
    found.truncate(usize::from(limit));
    let Some(last) = found.last() else { return Ok(Cards::default()) };
    let mut cards = Cards { has_more, last_at: Some(last.published_at), changed_at: last.changed_at, ..Cards::default() };
    let (mut joined, mut ids) = (String::with_capacity(found.iter().map(|found| found.card.len() + 1).sum()), String::new());
    for found in &found {
        if !joined.is_empty() {
            joined.push(',');
            ids.push(',');
        }
        joined.push_str(&found.card);
        ids.push_str(&found.id.to_string());
    }
    cards.renditions = Some(found.iter().map(|found| found.rendition).sum());
    (cards.joined, cards.ids) = (Some(joined), Some(ids));
    Ok(cards)
}

const CHANGED_AT: &str = "(SELECT at FROM published_stamps WHERE part = 'articles') AS changed_at";

/// The JSON of a text in the list.
fn card<'q>(query: Query<'q>, filter: &Filter) -> Query<'q> {
    match (filter.fallback, filter.languages.first()) {
        (true, Some(wanted)) => query
            .push("CASE WHEN d.language = ")
            .push_bind(wanted)
            .push(" THEN d.card ELSE substr(d.card, 1, length(d.card) - 1) || ',\"requested_language\":\"' || CAST(")
            .push_bind(wanted)
            .push(" AS text) || '\",\"fallback\":true}' END"),
        _ => query.push("d.card"),
    }
}

fn ordered<'q>(query: Query<'q>, filter: &Filter, limit: u16, after: Option<(i64, i64)>) -> Query<'q> {
    let query = from_page(matching(query, filter), filter, after);
    query.push(if filter.oldest_first { " ORDER BY d.published_at, d.id LIMIT " } else { " ORDER BY d.published_at DESC, d.id DESC LIMIT " }).push_limit(limit)
}

fn from_page<'q>(query: Query<'q>, filter: &Filter, after: Option<(i64, i64)>) -> Query<'q> {
    let Some((at, id)) = after else { return query };
    query
        .push(if filter.oldest_first { " AND (d.published_at, d.id) > (" } else { " AND (d.published_at, d.id) < (" })
        .push_bind(Timestamp::from_micros(at))
        .push(", ")
        .push_bind(id)
        .push(")")
}

/// SQLite knows nothing of how rare urgent texts are: it is told which index to read. PostgreSQL has statistics.
const URGENT: Sql = sql!([" INDEXED BY published_documents_urgent" | ""] " WHERE d.urgency <= 3");

fn matching<'q>(query: Query<'q>, filter: &Filter) -> Query<'q> {
    let mut query = match filter.urgency_max {
        Some(urgency) if urgency <= publication::URGENT => query.push(URGENT).push(" AND d.urgency <= ").push_bind(urgency),
        Some(urgency) => query.push(" WHERE d.urgency <= ").push_bind(urgency),
        None => query.push(" WHERE TRUE"),
    };
    if filter.fallback {
        let mut separator = " AND (";
        for (i, language) in filter.languages.iter().enumerate() {
            query = query.push(separator).push("(d.language = ").push_bind(language);
            let better = filter.languages.get(..i).unwrap_or_default();
            if !better.is_empty() {
                query = query
                    .push(" AND NOT EXISTS (SELECT 1 FROM published_documents x WHERE x.article_id = d.article_id AND x.language IN (")
                    .push_list(better)
                    .push("))");
            }
            query = query.push(")");
            separator = " OR ";
        }
        query = query.push(")");
    } else if !filter.languages.is_empty() {
        query = query.push(" AND d.language IN (").push_list(&filter.languages).push(")");
    }
    if !filter.agencies.is_empty() {
        query = query.push(" AND d.agency_id IN (").push_list(filter.agencies.iter().copied()).push(")");
    }
    if !filter.sections.is_empty() {
        query = query.push(" AND d.section_id IN (").push_list(filter.sections.iter().copied()).push(")");
    }
    if !filter.ids.is_empty() {
        query = query.push(" AND d.article_id IN (").push_list(filter.ids.iter().copied()).push(")");
    }
    if !filter.topics.is_empty() {
        query = query.push(" AND EXISTS (SELECT 1 FROM published_topics p WHERE p.document_id = d.id AND p.topic IN (").push_list(&filter.topics).push("))");
    }
    if let Some(author) = filter.author {
        query = query.push(" AND EXISTS (SELECT 1 FROM published_authors p WHERE p.document_id = d.id AND p.staff_id = ").push_bind(author).push(")");
    }
    query
        .push_some(" AND d.published_at > ", filter.published_after)
        .push_some(" AND d.published_at < ", filter.published_before)
        .push_some(" AND d.updated_at > ", filter.updated_after)
}

/// Languages with the number of their texts and the newest of each, and when a text last changed.
pub async fn languages(on: impl Reader<'_>) -> Result<Vec<(Tag, i64, Timestamp, Option<Timestamp>)>> {
    Ok(on
        .query(
            "SELECT language, count(*), max(published_at), (SELECT at FROM published_stamps WHERE part = 'articles') \
             FROM published_documents GROUP BY language ORDER BY language",
        )
        .all()
        .await?)
}

/// When a part of delivery last changed: `articles`, or a kind of profile.
pub async fn changed_at(on: impl Reader<'_>, part: &'static str) -> Result<Timestamp> {
    let at: Option<(Timestamp,)> = on.query("SELECT at FROM published_stamps WHERE part = $1").bind(part).optional().await?;
    Ok(at.map_or(Timestamp::from_micros(0), |(at,)| at))
}

/// How often each part of delivery has changed.
pub async fn versions(on: impl Reader<'_>) -> Result<Vec<(String, i64)>> {
    Ok(on.query("SELECT part, version FROM published_stamps").all().await?)
}

/// A public profile, as stored.
#[derive(FromRow)]
pub struct Profile {
    pub id: Uuid,
    pub slug: String,
    pub document: String,
    pub updated_at: Timestamp,
}

/// A profile in a list, with when the list last changed.
#[derive(FromRow)]
struct Listed {
    #[sqlx(flatten)]
    profile: Profile,
    changed_at: Option<Timestamp>,
}

const LISTED: &str = "SELECT id, slug, document, updated_at, (SELECT at FROM published_stamps WHERE part = $1) AS changed_at \
    FROM published_profiles WHERE kind = $1";

/// All profiles of a kind, in their order, and when they last changed.
pub async fn profiles(on: &mut Conn, kind: &'static str) -> Result<(Vec<Profile>, Timestamp)> {
    let found = on.query(LISTED).bind(kind).push(" ORDER BY position, slug").all().await?;
    with_date(on, kind, found).await
}

/// A page of profiles, by slug, and when any last changed.
pub async fn profiles_after(on: &mut Conn, kind: &'static str, after: Option<String>, fetch: i64) -> Result<(Vec<Profile>, Timestamp)> {
    let query = on.query(LISTED).bind(kind).push_some(" AND slug > ", after);
    let found = query.push(" ORDER BY slug LIMIT ").push_bind(fetch).all().await?;
    with_date(on, kind, found).await
}

async fn with_date(on: &mut Conn, kind: &'static str, found: Vec<Listed>) -> Result<(Vec<Profile>, Timestamp)> {
    let at = match found.first().and_then(|first| first.changed_at) {
        Some(at) => at,
        None => changed_at(on, kind).await?,
    };
    Ok((found.into_iter().map(|listed| listed.profile).collect(), at))
}

/// A profile by id or slug.
pub async fn profile(on: impl Reader<'_>, kind: &'static str, reference: &str) -> Result<Option<Profile>> {
    let query = on.query("SELECT id, slug, document, updated_at FROM published_profiles WHERE kind = $1").bind(kind);
    Ok(match Uuid::try_parse(reference) {
        Ok(id) => query.push(" AND id = ").push_bind(id).optional().await?,
        Err(_) => query.push(" AND slug = ").push_bind(reference).optional().await?,
    })
}
