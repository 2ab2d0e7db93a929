//! The sequence of public events as it grows: server-sent events (HTML Living Standard, section 9.2).
//!
//! Thousands may follow, and most of them stand at the same place. What follows a place is read and written down once, kept with the answers
//! of delivery, and sent to all who stand there as the same bytes. A follower is a place in the sequence and a timer: no task, no buffer.

use super::changes::{ChangesQuery, PublishedChange, Selection, latest};
use crate::cache::{Made, Source};
use crate::db::{Conn, Timestamp};
use crate::error::{Error, Result};
use crate::extract::{List, Query};
use crate::language::Tag;
use crate::state::State;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(stream_published_changes);
}

/// Where it is.
pub const PATH: &str = "/v1/delivery/stream";
const LAST_EVENT_ID: &str = "Last-Event-ID";
/// How often somebody hears of us at least.
const HEARTBEAT: Duration = Duration::from_secs(15);
const COMMENT: Bytes = Bytes::from_static(b":\n\n");
/// Events that are sent at once. Of what a follower does not read, this and what the server buffers is all that is kept.
const EVENTS: u16 = 50;
/// Milliseconds until a follower comes back, at least; others take up to [`RETRY_SPREAD`] more, so that they do not come all at once.
const RETRY: u32 = 1000;
const RETRY_SPREAD: u32 = 3000;

/// Which events somebody follows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// The number of the last event that you have; 0 for all from the first. Without it, and without `Last-Event-ID`, the stream begins with what
    /// happens from now on.
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
}

/// Be told what happens to public texts
///
/// Server-sent events: `id` is the number of the event, `event` its type, `data` the event as `GET /v1/delivery/changes` has it. The stream goes on
/// after the event that `Last-Event-ID` names, which browsers send by themselves when they come back, else after `after`; without either it begins
/// with what happens from now on. Where your filters leave events out, the id moves on without an event. A comment comes when all that there is
/// has been sent, and every 15 seconds. The stream ends when the server stops: come back with the last id, and nothing is missed or repeated.
#[utoipa::path(tag = "delivery", params(StreamQuery,
    ("Last-Event-ID" = Option<i64>, Header, minimum = 0, description = "The id of the last event that you have; it wins over `after`")),
    responses((status = 200, description = "Events, without end", content_type = "text/event-stream", body = String,
        example = "retry: 2500\nid: 41\n\nid: 42\nevent: killed\ndata: {\"seq\":42,\"type\":\"killed\",…}\n\n:\n\n")))]
#[get("/stream")]
async fn stream_published_changes(state: Data<State>, request: HttpRequest, Query(query): Query<StreamQuery>) -> Result<HttpResponse> {
    let StreamQuery { after, types, language, agency } = query;
    let after = last_event_id(request.headers())?.or(after);
    let mut selection = ChangesQuery { after, types, language, agency, wait: None, limit: Some(EVENTS) }.selection()?;
    // Before anything is read: what happens meanwhile is not missed.
    let changed = state.answers.stamps.changed();
    if after.is_none() {
        selection.after = newest(&state).await?;
    }
    let mut opening = opening(selection.after);
    let (events, next) = follow_up(&state, &selection).await?;
    opening.push_str(std::str::from_utf8(&events).map_err(Error::internal)?);
    selection.after = next;
    let mut beat = interval(HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let follower = Follower { state, selection, changed, beat, is_behind: !events.is_empty() };
    let rest = stream::unfold(follower, |mut follower| async move { Some((follower.next().await?, follower)) });
    let bytes = stream::once(async { Bytes::from(opening) }).chain(rest).map(Ok::<_, Infallible>);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // nginx would keep events back until there are enough of them.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(bytes))
}

/// What the client has seen, as it says. An empty value is none: that is what clients begin with.
fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()) else { return Ok(None) };
    let number = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit())).and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| Error::parameter(LAST_EVENT_ID, "must be the id of an event of this stream"))
}

/// How long to wait before coming back, and from where: whoever is cut off before the first event knows the place.
fn opening(after: i64) -> String {
    let [chance, ..] = Uuid::new_v4().into_bytes();
    format!("retry: {}\nid: {after}\n\n", RETRY + u32::from(chance) * RETRY_SPREAD / u32::from(u8::MAX))
}

/// Somebody who follows.
struct Follower {
    state: Data<State>,
    selection: Selection,
    changed: watch::Receiver<()>,
    /// Due at once, then every now and then.
    beat: Interval,
    /// Whether there may be something that was not read yet.
    is_behind: bool,
}

impl Follower {
    /// What to send next, when there is something. `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.state.is_stopping() {
                return None;
            }
            if self.is_behind {
                self.changed.mark_unchanged();
                // On the heap: it is large, and those who only wait do not need it.
                match Box::pin(follow_up(&self.state, &self.selection)).await {
                    Ok((events, next)) if !events.is_empty() => {
                        self.selection.after = next;
                        return Some(events);
                    }
                    Ok(_) => self.is_behind = false,
                    // Such as an agency that is no longer there: the client is told when it comes back.
                    Err(error) if error.code.status().is_client_error() => return None,
                    // A browser that comes back and is told 503 does not come again. Whoever stays is served when the database is back.
                    Err(_) => {}
                }
            }
            tokio::select! {
                _ = self.changed.changed() => self.is_behind = true,
                _ = self.beat.tick() => return Some(COMMENT),
            }
        }
    }
}

/// What follows a place, as it is sent, and the place after that. Nothing where there is nothing yet.
async fn follow_up(state: &State, selection: &Selection) -> Result<(Bytes, i64)> {
    kept(state, &selection.key(), async |on| {
        let (found, has_more, latest) = selection.read(on).await?;
        let next = selection.next(&found, has_more, latest);
        Ok((write(&found, selection.after, next)?, next))
    })
    .await
}

async fn newest(state: &State) -> Result<i64> {
    Ok(kept(state, "newest", async |on| Ok((String::new(), latest(on).await?))).await?.1)
}

/// Bytes and the place that they lead to, from memory or made once for all who ask.
async fn kept(state: &State, what: &str, read: impl AsyncFnOnce(&mut Conn) -> Result<(String, i64)>) -> Result<(Bytes, i64)> {
    let key: Arc<str> = format!("{PATH} {what}").into();
    let made = async || {
        let mut on = state.public.acquire().await?;
        let (body, place) = read(&mut on).await?;
        let sources = vec![Source::Part("articles"), Source::Part("agency")];
        // The place names what leads to it.
        let etag = place.to_string();
        Ok(Made { route: PATH.to_owned(), etag, modified_at: Timestamp::from_micros(0), varies: false, headers: vec![], body, sources, expires: None })
    };
    let answer = state.answers.get(&key, state.clock.now(), made).await?;
    Ok((answer.body.clone(), answer.etag.parse().map_err(Error::internal)?))
}

/// Events as the standard has them. What was left out moves the id on: without data, nothing happens but that.
fn write(found: &[PublishedChange], after: i64, next: i64) -> Result<String> {
    let mut text = String::new();
    for event in found {
        let data = serde_json::to_string(event).map_err(Error::internal)?;
        let _ = write!(text, "id: {}\nevent: {}\ndata: {data}\n\n", event.seq, event.r#type.as_str());
    }
    if found.last().map_or(after, |last| last.seq) < next {
        let _ = write!(text, "id: {next}\n\n");
    }
    Ok(text)
}
