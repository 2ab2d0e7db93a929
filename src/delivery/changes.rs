//! The sequence of public events, to be followed: in pages, waiting for the next one, or as a stream (`stream.rs`).
//!
//! Numbers have no gaps, and what has a number is there: a consumer that replays the sequence from zero ends with the published set.

use super::conditional::{Public, answer, hash};
use super::list::ids;
use crate::cache::Source;
use crate::db::{Conn, Reader, TextEnum, Timestamp};
use crate::error::{Error, Result};
use crate::extract::{List, Query};
use crate::language::Tag;
use crate::publication::{ChangeKind, ChangeReason, ChangeType};
use crate::state::State;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_published_changes);
}

const DEFAULT_LIMIT: u16 = 100;
const MAX_LIMIT: u16 = 1000;
/// Seconds that somebody may wait for the next event.
const MAX_WAIT: u8 = 30;

/// Which events somebody follows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// The number of the last event that you have; 0, or nothing, from the first.
    #[param(minimum = 0)]
    pub after: Option<i64>,
    /// `published`, `updated`, `corrected`, `unpublished`, `killed`; without it, all.
    #[param(value_type = Option<String>, example = "published,killed")]
    pub types: Option<List<String>>,
    #[param(value_type = Option<String>, example = "kk,kk-Latn")]
    pub language: Option<List<Tag>>,
    /// Ids or slugs of the agencies whose texts they are.
    #[param(value_type = Option<String>, example = "kazinform")]
    pub agency: Option<List<String>>,
    /// Seconds to wait where there is nothing yet, up to 30.
    #[param(maximum = 30)]
    pub wait: Option<u8>,
    /// 1 to 1000; 100 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u16>,
}

/// Something that happened to a public text.
#[derive(Serialize, FromRow, ToSchema)]
pub struct PublishedChange {
    /// Its number. There are no gaps between all of them.
    pub seq: i64,
    pub r#type: ChangeType,
    pub article_id: Uuid,
    pub language: Tag,
    /// Whose text it is.
    pub agency_id: Uuid,
    pub revision: i32,
    /// Why it was published anew.
    pub change_kind: Option<ChangeKind>,
    /// What readers were told; of a text that is no longer public, only why it is not.
    pub public_note: Option<String>,
    /// Why it was unpublished, where the original's kill is behind it.
    pub reason: Option<ChangeReason>,
    pub at: Timestamp,
}

/// A page of the sequence.
#[derive(Serialize, ToSchema)]
struct PublishedChanges {
    data: Vec<PublishedChange>,
    meta: ChangesMeta,
}

#[derive(Serialize, ToSchema)]
struct ChangesMeta {
    limit: u16,
    /// Whether there are more already.
    has_more: bool,
    /// For `after=` of the next request. Events that your filters left out are passed over.
    next_after: i64,
    /// The newest event of all.
    latest: i64,
}

/// What of the sequence is read.
pub struct Selection {
    pub after: i64,
    types: Vec<ChangeType>,
    languages: Vec<Tag>,
    agencies: Vec<String>,
    limit: u16,
}

impl ChangesQuery {
    pub fn selection(&self) -> Result<Selection> {
        let after = self.after.unwrap_or(0);
        if after < 0 {
            return Err(Error::parameter("after", "must be 0 or the number of an event"));
        }
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::parameter("limit", format!("must be from 1 to {MAX_LIMIT}")));
        }
        let mut types = vec![];
        for name in self.types.iter().flat_map(|list| &list.0) {
            let known = ChangeType::ALL.iter().find(|known| known.as_str() == name);
            types.push(*known.ok_or_else(|| Error::parameter("types", format!("{name:?} is none of published, updated, corrected, unpublished, killed")))?);
        }
        let languages = self.language.clone().map_or_else(Vec::new, |list| list.0);
        let mut agencies = self.agency.clone().map_or_else(Vec::new, |list| list.0);
        agencies.sort_unstable();
        Ok(Selection { after, types, languages, agencies, limit })
    }
}

/// The number of the newest event of all; 0 where there is none.
pub async fn latest(on: &mut Conn) -> Result<i64> {
    let latest: Option<i64> = on.query("SELECT max(seq) FROM published_changes").value().await?;
    Ok(latest.unwrap_or(0))
}

impl Selection {
    pub fn key(&self) -> String {
        let types: Vec<&str> = self.types.iter().map(|kind| kind.as_str()).collect();
        format!("{} {types:?} {:?} {:?} {}", self.after, self.languages, self.agencies, self.limit)
    }

    /// The events, whether there are more, and the newest of all.
    pub async fn read(&self, on: &mut Conn) -> Result<(Vec<PublishedChange>, bool, i64)> {
        let agencies = ids(on, "agency", Some(&List(self.agencies.clone()))).await?;
        // First: an event that comes in between is not passed over.
        let latest = latest(on).await?;
        let mut query = on
            .query(
                "SELECT seq, type, article_id, language, agency_id, revision, change_kind, reason, at, \
                 CASE WHEN public_note IS NULL OR type IN ('unpublished', 'killed') OR EXISTS (SELECT 1 FROM published_documents d \
                 WHERE d.article_id = c.article_id AND d.language = c.language) THEN public_note END AS public_note \
                 FROM published_changes c WHERE seq > ",
            )
            .push_bind(self.after)
            .push(" AND seq <= ")
            .push_bind(latest);
        if !self.types.is_empty() {
            query = query.push(" AND type IN (").push_list(self.types.iter().copied()).push(")");
        }
        if !self.languages.is_empty() {
            query = query.push(" AND language IN (").push_list(&self.languages).push(")");
        }
        if !agencies.is_empty() {
            query = query.push(" AND agency_id IN (").push_list(agencies).push(")");
        }
        let mut found: Vec<PublishedChange> = query.push(" ORDER BY seq LIMIT ").push_bind(i64::from(self.limit) + 1).all().await?;
        let has_more = found.len() > usize::from(self.limit);
        found.truncate(usize::from(self.limit));
        Ok((found, has_more, latest))
    }

    /// From where to go on.
    pub fn next(&self, found: &[PublishedChange], has_more: bool, latest: i64) -> i64 {
        match found.last() {
            Some(last) if has_more => last.seq,
            _ => latest.max(self.after),
        }
    }

    async fn page(&self, on: &mut Conn) -> Result<Public> {
        let (data, has_more, latest) = self.read(on).await?;
        let modified_at = data.last().map_or(Timestamp::from_micros(0), |last| last.at);
        let next_after = self.next(&data, has_more, latest);
        let page = PublishedChanges { data, meta: ChangesMeta { limit: self.limit, has_more, next_after, latest } };
        let body = serde_json::to_string(&page).map_err(Error::internal)?;
        let sources = vec![Source::Part("articles"), Source::Part("agency")];
        Ok(Public::of(hash(&body), body, modified_at, "changes articles".to_owned(), sources))
    }
}

/// Follow what happens to public texts
///
/// Events in their order, from the one after `after` on: ask again with `meta.next_after`. With `wait`, the answer comes when there is something,
/// or after so many seconds without. A killed text says `killed`; one that is no longer public, `unpublished`. The sequence has no gaps: a copy
/// that applies all events from 0 on has exactly what is public.
#[utoipa::path(tag = "delivery", params(ChangesQuery), responses((status = 200, description = "A page of events", body = PublishedChanges),
    (status = 304, description = "You have it")))]
#[get("/changes")]
async fn list_published_changes(state: Data<State>, request: HttpRequest, Query(query): Query<ChangesQuery>) -> Result<HttpResponse> {
    let selection = query.selection()?;
    let wait = query.wait.unwrap_or(0);
    if wait > MAX_WAIT {
        return Err(Error::parameter("wait", format!("must be at most {MAX_WAIT}")));
    }
    if wait == 0 {
        return answer(&state, &request, selection.key(), async |on| selection.page(on).await).await;
    }
    // Others may not be given what somebody has waited for.
    let mut changed = state.answers.stamps.changed();
    let patience = tokio::time::sleep(Duration::from_secs(wait.into()));
    tokio::pin!(patience);
    loop {
        changed.mark_unchanged();
        let mut on = state.public.acquire().await?;
        let (found, has_more, latest) = selection.read(&mut on).await?;
        drop(on);
        let is_over = patience.is_elapsed() || state.is_stopping();
        if !found.is_empty() || is_over {
            let meta = ChangesMeta { limit: selection.limit, has_more, next_after: selection.next(&found, has_more, latest), latest };
            let mut response = HttpResponse::Ok().json(PublishedChanges { data: found, meta });
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            return Ok(response);
        }
        tokio::select! {
            () = &mut patience => {}
            _ = changed.changed() => {}
        }
    }
}
