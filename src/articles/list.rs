//! Lists of work in progress, as far as the caller may see it.

use super::search::{END, STORIES, push_found};
use super::store::COLUMNS;
use super::{Article, Freshness, push_freshness, push_original};
use crate::db::{Db, Query, Reader, Sql, Timestamp};
use crate::error::{Error, Result};
use crate::extract::List;
use crate::language::{Tag, lowercase};
use crate::page::{Asked, Page};
use crate::policy::Actor;
use crate::state::State;
use crate::{agencies, names_desk, search, sections, topics};
use crate::{sql, text_enum};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

text_enum! {
    /// States of a text, of its publication or its review.
    pub enum TextState {
        Unreleased = "unreleased",
        Published = "published",
        Unpublished = "unpublished",
        Withheld = "withheld",
        Killed = "killed",
        Draft = "draft",
        InReview = "in_review",
        Approved = "approved",
        Settled = "settled",
    }
}

text_enum! {
    pub enum Sort {
        NewestFirst = "-updated_at",
        OldestFirst = "updated_at",
    }
}

text_enum! {
    pub enum Count {
        Exact = "exact",
    }
}

/// Filters of the list of articles.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ArticleFilter {
    /// Words that one and the same text has, or its story in slugline or note, in any script or spelling and with any endings;
    /// `"words in quotes"` stand one after the other, `word*` begins so. At most 16 words. It is the newest revision that is searched.
    #[param(min_length = 1, max_length = 200, example = "Qazaqstan")]
    pub q: Option<String>,
    /// With a text in one of these states.
    #[param(value_type = Option<String>, example = "in_review,approved")]
    pub state: Option<List<TextState>>,
    /// With a translation that stands so to its original.
    #[param(value_type = Option<String>, example = "stale,orphaned")]
    pub freshness: Option<List<Freshness>>,
    /// Whose story it is, or who has a text of it: ids or slugs.
    #[param(value_type = Option<String>, example = "trend,kazinform")]
    pub agency: Option<List<String>>,
    /// With a text in one of these languages. `q`, `state`, `freshness`, `author` and `assignee` then speak of that text.
    #[param(value_type = Option<String>, example = "kk,kk-Latn")]
    pub language: Option<List<Tag>>,
    /// Without a text in this language.
    #[param(value_type = Option<String>, example = "tk")]
    pub missing_language: Option<Tag>,
    /// With a text that this person or key began or wrote last.
    pub author: Option<Uuid>,
    /// With a text that this person works on.
    pub assignee: Option<Uuid>,
    /// Ids or slugs of sections.
    #[param(value_type = Option<String>, example = "economy")]
    pub section: Option<List<String>>,
    /// IPTC Media Topics.
    #[param(value_type = Option<String>, example = "medtop:20000344")]
    pub topic: Option<List<String>>,
    /// As urgent as this or more: `2` finds flashes.
    #[param(minimum = 1, maximum = 9)]
    pub urgency_max: Option<i32>,
    #[param(value_type = Option<Timestamp>)]
    pub updated_after: Option<Timestamp>,
    #[param(value_type = Option<Timestamp>)]
    pub updated_before: Option<Timestamp>,
    /// Words that a headline contains, in this order, whatever their case.
    #[param(max_length = 200)]
    pub headline: Option<String>,
    #[param(value_type = Option<Sort>, inline)]
    pub sort: Option<Sort>,
    /// `exact` counts them all.
    #[param(value_type = Option<Count>, inline)]
    pub count: Option<Count>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
    pub cursor: Option<String>,
}

/// An article with an overview of its texts.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArticleWithTexts {
    #[serde(flatten)]
    pub article: Article,
    pub translations: Vec<TextOverview>,
}

/// Where a text of an article stands.
#[derive(Clone, Debug, Serialize, FromRow, ToSchema)]
pub struct TextOverview {
    #[serde(skip)]
    pub article_id: Uuid,
    pub language: Tag,
    pub agency_id: Uuid,
    pub is_original: bool,
    pub publication: String,
    pub review: String,
    /// How it stands to its original; `null` for the original, and for what was killed.
    pub freshness: Option<Freshness>,
    pub headline: String,
    pub slug: Option<String>,
    pub revision: i32,
    pub published_revision: Option<i32>,
    pub assignee_id: Option<Uuid>,
    pub published_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

/// Whether the article `a` is shared with the platform on the day `$3`.
pub const SHARED: &str = "(a.shared OR EXISTS (SELECT 1 FROM agreements g WHERE g.agency_id = a.agency_id AND g.sharing = 'all' \
     AND (g.in_force_from IS NULL OR g.in_force_from <= $3) AND (g.in_force_to IS NULL OR g.in_force_to >= $3)))";

/// That the agency `$2` owns the article `a`, has a text of it or is asked to work on it, which ends with the work. The offset keeps
/// PostgreSQL from reading all texts there are beforehand.
const HAS_A_PART: Sql = sql!(
    " AND (a.agency_id = $2 OR EXISTS (SELECT 1 FROM translations t WHERE t.article_id = a.id AND t.deleted_at IS NULL AND t.agency_id = $2"
        ["" | " OFFSET 0"] ") OR EXISTS (SELECT 1 FROM assignments w WHERE w.article_id = a.id AND w.agency_id = $2 AND w.closed_at IS NULL"
        ["" | " OFFSET 0"] ")"
);

/// Appends what a caller may see of the articles `a`, the actor `$1` of the agency `$2` on the day `$3`: their agency's, what their agency has
/// a text of or is asked to work on, and for the platform what is shared.
pub fn push_visible<'q>(query: Query<'q>, actor: &Actor) -> Query<'q> {
    if actor.staff_id().is_none() {
        return query.push(" AND a.agency_id = $2 AND a.created_by = $1");
    }
    let query = query.push(HAS_A_PART);
    let query = if actor.platform { query.push(" OR ").push(SHARED) } else { query };
    query.push(")")
}

/// Those of the articles that the caller may see.
///
/// # Errors
/// When the database fails.
pub async fn visible_among(on: impl Reader<'_>, actor: &Actor, articles: &[Uuid], now: Timestamp) -> Result<Vec<Uuid>> {
    let start = on.query("SELECT a.id FROM articles a WHERE a.deleted_at IS NULL AND $1 = $1 AND $2 = $2 AND $3 = $3");
    let query = push_visible(start.bind(actor.id()).bind(actor.agency).bind(now.to_utc().date_naive()), actor);
    let rows: Vec<(Uuid,)> = query.push(" AND a.id IN (").push_list(articles.iter().copied()).push(")").all().await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether an article is shared with the platform.
///
/// # Errors
/// When the database fails.
pub async fn is_shared(on: impl Reader<'_>, id: Uuid, now: Timestamp) -> Result<bool> {
    // The day is `$3` there.
    let query = on.query("SELECT ").push(SHARED).push(" FROM articles a WHERE a.id = $1 AND a.id = $2").bind(id).bind(id);
    let found: Option<(bool,)> = query.bind(now.to_utc().date_naive()).optional().await?;
    Ok(found.is_some_and(|(is_shared,)| is_shared))
}

/// What a filter names, found.
pub struct Resolved {
    agencies: Option<Vec<Uuid>>,
    sections: Option<Vec<Uuid>>,
    wanted: Option<search::Query>,
}

/// Appends what the actor `$1` of the agency `$2` may see on the day `$3` of the articles `a`, and what the filter asks of them.
pub fn push_filters<'q>(query: Query<'q>, actor: &Actor, filter: &ArticleFilter, resolved: &Resolved) -> Query<'q> {
    let mut query = push_visible(query, actor);
    if let Some(agencies) = &resolved.agencies {
        query = query
            .push(" AND (a.agency_id IN (")
            .push_list(agencies.iter().copied())
            .push(") OR EXISTS (SELECT 1 FROM translations t WHERE t.article_id = a.id AND t.deleted_at IS NULL AND t.agency_id IN (")
            .push_list(agencies.iter().copied())
            .push(")))");
    }
    if let Some(sections) = &resolved.sections {
        query = query.push(" AND a.section_id IN (").push_list(sections.iter().copied()).push(")");
    }
    if let Some(topics) = &filter.topic {
        let mut separator = " AND (";
        for topic in &topics.0 {
            query = query.push(separator).push("CAST(a.topics AS text) LIKE ").push_bind(format!("%\"{topic}\"%"));
            separator = " OR ";
        }
        query = query.push(")");
    }
    if let Some(language) = &filter.missing_language {
        query = query
            .push(" AND NOT EXISTS (SELECT 1 FROM translations t WHERE t.article_id = a.id AND t.deleted_at IS NULL AND t.language = ")
            .push_bind(language)
            .push(")");
    }
    if let Some(urgency) = filter.urgency_max {
        // There is an index of those alone.
        let query_so_far = if urgency <= crate::publication::URGENT { query.push(" AND a.urgency <= 3") } else { query };
        query = query_so_far.push(" AND a.urgency <= ").push_bind(urgency);
    }
    query = query.push_some(" AND a.updated_at > ", filter.updated_after).push_some(" AND a.updated_at < ", filter.updated_before);
    of_texts(query, filter, resolved.wanted.as_ref())
}

/// What is asked of one and the same text.
fn of_texts<'q>(mut query: Query<'q>, filter: &ArticleFilter, wanted: Option<&search::Query>) -> Query<'q> {
    let any = wanted.is_some()
        || filter.state.is_some()
        || filter.freshness.is_some()
        || filter.language.is_some()
        || filter.author.is_some()
        || filter.assignee.is_some()
        || filter.headline.is_some();
    if !any {
        return query;
    }
    query = if wanted.is_some() { query.push(STORIES) } else { query.push(" AND EXISTS (SELECT 1 FROM translations t") };
    if filter.freshness.is_some() {
        query = push_original(query);
    }
    query = query.push(" WHERE t.deleted_at IS NULL");
    query = match wanted {
        Some(wanted) => push_found(query, wanted),
        None => query.push(" AND t.article_id = a.id"),
    };
    if let Some(wanted) = &filter.freshness {
        query = push_freshness(query.push(" AND ")).push(" IN (").push_list(wanted.0.iter().copied()).push(")");
    }
    if let Some(states) = &filter.state {
        query = query
            .push(" AND (t.publication IN (")
            .push_list(states.0.iter().copied())
            .push(") OR t.review IN (")
            .push_list(states.0.iter().copied())
            .push("))");
    }
    if let Some(languages) = &filter.language {
        query = query.push(" AND t.language IN (").push_list(languages.0.iter()).push(")");
    }
    if let Some(author) = filter.author {
        query = query.push(" AND (t.created_by = ").push_bind(author).push(" OR t.last_author = ").push_bind(author).push(")");
    }
    query = query.push_some(" AND t.assignee_id = ", filter.assignee);
    if let Some(text) = &filter.headline {
        query = query.push(" AND t.headline_key LIKE ").push_bind(like(text)).push(" ESCAPE '\\'");
    }
    if wanted.is_some() { query.push(END) } else { query.push(")") }
}

/// Contains the text, in lower case.
fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in headline_key(text).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// What headlines are compared by: lower case, in which the four Turkic and Latin i are one.
#[must_use]
pub fn headline_key(text: &str) -> String {
    let language = Tag::parse("en");
    let lower = language.map_or_else(|_| text.to_lowercase(), |tag| lowercase(text, &tag));
    lower.chars().filter(|c| *c != '\u{307}').map(|c| if c == 'ı' { 'i' } else { c }).collect()
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    article: Article,
}

/// A page of articles with their texts.
///
/// # Errors
/// For filters that name nothing, and when the database fails.
pub async fn list(state: &State, actor: &Actor, filter: &ArticleFilter) -> Result<Page<ArticleWithTexts>> {
    let db = &state.db;
    let plain = ArticleFilter { limit: None, cursor: None, count: None, ..filter.clone() };
    let asked = Asked::<(i64, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &plain)?;
    if filter.headline.as_ref().is_some_and(|text| text.chars().count() > 200) {
        return Err(Error::parameter("headline", "has more than 200 characters"));
    }
    if filter.urgency_max.is_some_and(|urgency| !(1..=9).contains(&urgency)) {
        return Err(Error::parameter("urgency_max", "must be from 1 (flash) to 9"));
    }
    let resolved = resolve(db, filter).await?;
    let today = state.clock.now().to_utc().date_naive();
    let start = db.query("SELECT ").push(COLUMNS).push(" FROM articles a WHERE a.deleted_at IS NULL AND $1 = $1 AND $2 = $2 AND $3 = $3");
    let start = start.bind(actor.id()).bind(actor.agency).bind(today);
    let mut query = push_filters(start, actor, filter, &resolved);
    let oldest_first = filter.sort == Some(Sort::OldestFirst);
    if let Some((at, id)) = asked.after {
        let compare = if oldest_first { " AND (a.updated_at, a.id) > (" } else { " AND (a.updated_at, a.id) < (" };
        query = query.push(compare).push_bind(Timestamp::from_micros(at)).push(", ").push_bind(id).push(")");
    }
    query = query.push(if oldest_first { " ORDER BY a.updated_at, a.id LIMIT " } else { " ORDER BY a.updated_at DESC, a.id DESC LIMIT " });
    let rows: Vec<Row> = query.push_bind(asked.fetch()).all().await?;
    let page = asked.page(rows.into_iter().map(|row| row.article).collect(), |article: &Article| (article.updated_at.micros(), article.id));
    let count = match filter.count {
        Some(Count::Exact) => {
            let start = db.query("SELECT count(*) FROM articles a WHERE a.deleted_at IS NULL AND $1 = $1 AND $2 = $2 AND $3 = $3");
            Some(push_filters(start.bind(actor.id()).bind(actor.agency).bind(today), actor, filter, &resolved).value().await?)
        }
        None => None,
    };
    let ids: Vec<Uuid> = page.data.iter().map(|article| article.id).collect();
    let texts = overviews(db, &ids).await?;
    let data = page
        .data
        .into_iter()
        .map(|article| {
            let translations = texts.iter().filter(|text| text.article_id == article.id).cloned().collect();
            ArticleWithTexts { article, translations }
        })
        .collect();
    Ok(Page { data, meta: page.meta }.counted(count))
}

/// Finds what a filter names.
///
/// # Errors
/// For names of nothing, and when the database fails.
pub async fn resolve(db: &Db, filter: &ArticleFilter) -> Result<Resolved> {
    let mut resolved = Resolved { agencies: None, sections: None, wanted: None };
    if let Some(q) = &filter.q {
        let languages = filter.language.as_ref().map_or(&[][..], |list| &list.0);
        let mut wanted = search::Query::parse(q, languages).map_err(|fault| Error::parameter("q", fault.to_string()))?;
        names_desk::call(db, &mut wanted).await?;
        resolved.wanted = Some(wanted);
    }
    if let Some(references) = &filter.agency {
        resolved.agencies = Some(agencies::find_ids(db, references).await?);
    }
    if let Some(references) = &filter.section {
        resolved.sections = Some(sections::find_ids(db, references).await?);
    }
    if let Some(wanted) = &filter.topic
        && let Some(unknown) = wanted.0.iter().find(|topic| topics::name(topic).is_none())
    {
        return Err(Error::parameter("topic", format!("{unknown:?} is not an IPTC Media Topic")));
    }
    Ok(resolved)
}

/// An article with the overview of its texts.
///
/// # Errors
/// When the database fails.
pub async fn with_texts(on: impl Reader<'_>, article: Article) -> Result<ArticleWithTexts> {
    let translations = overviews(on, &[article.id]).await?;
    Ok(ArticleWithTexts { article, translations })
}

/// The texts of articles, the original first.
///
/// # Errors
/// When the database fails.
pub async fn overviews(on: impl Reader<'_>, articles: &[Uuid]) -> Result<Vec<TextOverview>> {
    let query = on.query(
        "SELECT t.article_id, t.language, t.agency_id, t.is_original, t.publication, t.review, t.headline, t.slug, t.revision, t.published_revision, \
         t.assignee_id, t.published_at, t.updated_at, ",
    );
    let query = push_original(push_freshness(query).push(" AS freshness FROM translations t"));
    let query = query.push(" WHERE t.deleted_at IS NULL AND t.article_id IN (").push_list(articles.iter().copied());
    Ok(query.push(") ORDER BY t.article_id, t.is_original DESC, t.language").all().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headlines_are_found_whatever_their_case() {
        assert_eq!(like("100% İSTANBUL_Iğdır"), "%100\\% istanbul\\_iğdir%");
        assert_eq!(headline_key("ҚАЗАҚСТАН"), "қазақстан");
    }
}
