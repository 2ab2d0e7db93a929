//! The public list of corrections.

use super::conditional::{Public, answer, hash};
use super::list::ids;
use super::store;
use crate::cache::Source;
use crate::db::{Reader, Timestamp};
use crate::error::{Error, Result};
use crate::extract::{List, Query};
use crate::language::{Direction, Tag};
use crate::page::{Asked, Page, next_link};
use crate::publication::ChangeKind;
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
    config.service(list_published_corrections);
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CorrectionsQuery {
    /// Of texts in these languages.
    #[param(value_type = Option<String>, example = "kk,ru")]
    language: Option<List<Tag>>,
    /// Ids or slugs of the agencies whose texts they are.
    #[param(value_type = Option<String>, example = "kazinform")]
    agency: Option<List<String>>,
    /// Ids or slugs of sections.
    #[param(value_type = Option<String>, example = "economy,culture")]
    section: Option<List<String>>,
    /// Published after this.
    #[param(value_type = Option<Timestamp>)]
    after: Option<Timestamp>,
    /// Published before this.
    #[param(value_type = Option<Timestamp>)]
    before: Option<Timestamp>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// A clarification or correction, with its text as it is now.
#[derive(Serialize, ToSchema)]
struct PublishedCorrection {
    article_id: Uuid,
    language: Tag,
    direction: Direction,
    kind: ChangeKind,
    /// What readers were told.
    public_note: Option<String>,
    /// When it was published.
    at: Timestamp,
    headline: String,
    /// Where readers find the text.
    url: String,
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    article_id: Uuid,
    language: Tag,
    kind: ChangeKind,
    public_note: Option<String>,
    at: Timestamp,
    url: String,
    card: String,
    /// When something last changed in delivery.
    changed_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Card {
    headline: String,
}

impl Row {
    fn read(self) -> Result<PublishedCorrection> {
        let card: Card = serde_json::from_str(&self.card).map_err(Error::internal)?;
        Ok(PublishedCorrection {
            article_id: self.article_id,
            direction: self.language.direction(),
            language: self.language,
            kind: self.kind,
            public_note: self.public_note,
            at: self.at,
            headline: card.headline,
            url: self.url,
        })
    }
}

/// List corrections
///
/// Clarifications and corrections of the texts that are public now, the newest first.
#[utoipa::path(tag = "delivery", params(CorrectionsQuery), responses((status = 200, description = "A page of corrections", body = Page<PublishedCorrection>),
    (status = 304, description = "You have it")), extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/corrections")]
async fn list_published_corrections(state: Data<State>, request: HttpRequest, Query(query): Query<CorrectionsQuery>) -> Result<HttpResponse> {
    let plain = CorrectionsQuery { limit: None, cursor: None, ..query.clone() };
    let asked = Asked::<i64>::read(query.limit, query.cursor.as_deref(), &plain)?;
    let languages = query.language.as_ref().map_or(&[][..], |list| &list.0);
    let key = format!("{plain:?} {} {:?}", asked.limit, asked.after);
    let found = answer(&state, &request, key, async |on| {
        let agencies = ids(&mut *on, "agency", query.agency.as_ref()).await?;
        let sections = ids(&mut *on, "section", query.section.as_ref()).await?;
        // CROSS keeps SQLite from turning the two around: it reads the index of corrections from its end.
        let mut rows = on.query(
            "SELECT c.seq, c.article_id, c.language, c.change_kind AS kind, c.public_note, c.at, d.url, d.card, \
             (SELECT at FROM published_stamps WHERE part = 'articles') AS changed_at FROM published_changes c CROSS JOIN published_documents d \
             WHERE c.change_kind IN ('clarification', 'correction') AND d.article_id = c.article_id AND d.language = c.language",
        );
        for (column, found) in [(" AND d.agency_id IN (", agencies), (" AND d.section_id IN (", sections)] {
            if !found.is_empty() {
                rows = rows.push(column).push_list(found).push(")");
            }
        }
        if !languages.is_empty() {
            rows = rows.push(" AND c.language IN (").push_list(languages).push(")");
        }
        let rows = rows.push_some(" AND c.at > ", query.after).push_some(" AND c.at < ", query.before).push_some(" AND c.seq < ", asked.after);
        let rows: Vec<Row> = rows.push(" ORDER BY c.seq DESC LIMIT ").push_bind(asked.fetch()).all().await?;
        let modified_at = match rows.first().and_then(|row| row.changed_at) {
            Some(at) => at,
            None => store::changed_at(&mut *on, "articles").await?,
        };
        let page = asked.page(rows, |row| row.seq);
        let links = page.meta.next_cursor.as_deref().map(|cursor| next_link(&state.url("/v1/delivery/corrections"), request.query_string(), cursor));
        let data = page.data.into_iter().map(Row::read).collect::<Result<Vec<_>>>()?;
        let body = serde_json::to_string(&Page { data, meta: page.meta }).map_err(Error::internal)?;
        let mut surrogate_key = "corrections articles".to_owned();
        for language in languages {
            let _ = write!(surrogate_key, " language-{language}");
        }
        let language = match languages {
            [one] => Some(one.to_string()),
            _ => None,
        };
        let sources = ["articles", "agency", "section"].map(Source::Part).to_vec();
        Ok(Public { language, links: links.unwrap_or_default(), ..Public::of(hash(&body), body, modified_at, surrogate_key, sources) })
    });
    found.await
}
