//! Preview links: making, listing and revoking them, and what they show.

use super::{MINUTE, MOST_LINKS, MOST_MINUTES, PreviewLink, USUAL_MINUTES, parse, store};
use crate::answer::Answer;
use crate::articles;
use crate::audit::{self, Action, Entry};
use crate::auth::{self, Caller};
use crate::db::{Conn, Timestamp, Tx};
use crate::delivery::PublishedArticleWithBody;
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{OptionalBody, Path, Query};
use crate::idempotency::Write;
use crate::page::Page;
use crate::policy::{Actor, Permission, PreviewWork, ReadWork};
use crate::publication::{self, BodyFormat};
use crate::state::State;
use crate::translations::{self, Publication, TextPath};
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpResponse, delete, get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(create_preview_link).service(list_preview_links).service(revoke_preview_link).service(get_preview);
}

/// A preview link to make.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"expires_in_minutes": 120}))]
struct NewPreviewLink {
    /// How long it lives; a day where nothing is said, a week at most.
    #[schema(minimum = 1, maximum = 10080)]
    expires_in_minutes: Option<u32>,
    /// The revision to show; without it, the newest at the time of reading.
    #[schema(minimum = 1)]
    revision: Option<i32>,
}

/// A new preview link, with its address.
#[derive(Serialize, ToSchema)]
struct CreatedPreviewLink {
    #[serde(flatten)]
    link: PreviewLink,
    /// Whoever has it sees the text. Shown only this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Deserialize, IntoParams)]
struct LinkPath {
    id: Uuid,
}

#[derive(Deserialize, IntoParams)]
struct TokenPath {
    /// As the address of the link has it.
    token: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PreviewQuery {
    #[param(value_type = Option<BodyFormat>, inline)]
    body_format: Option<BodyFormat>,
}

impl NewPreviewLink {
    fn minutes(&self) -> u32 {
        self.expires_in_minutes.unwrap_or(USUAL_MINUTES)
    }

    fn validate(&self) -> Result<()> {
        let mut faults = Faults::default();
        faults.check((1..=MOST_MINUTES).contains(&self.minutes()), "/expires_in_minutes", "out_of_range", "must be from 1 to 10080, which is a week");
        faults.finish()
    }
}

/// Make a preview link
///
/// Whoever has its address sees the text as readers would, without signing in, until the link expires or is revoked, or whoever
/// made it may no longer see the text. The answer is the only place where the address is shown.
#[utoipa::path(tag = "previews", params(TextPath), request_body(content = Option<NewPreviewLink>, content_type = "application/json"),
    responses((status = 201, description = "Made", body = CreatedPreviewLink)), extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/articles/{id}/translations/{language}/preview-links")]
async fn create_preview_link(
    state: Data<State>,
    caller: Caller<PreviewWork>,
    Path(path): Path<TextPath>,
    write: Write,
    OptionalBody(new): OptionalBody<NewPreviewLink>,
) -> Result<Answer> {
    new.validate()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let (text, _) = translations::find(tx, &caller, PreviewWork::RULE, path.id, &path.language, now).await?;
            if matches!(text.publication, Publication::Killed | Publication::Withheld) {
                let detail = format!("The text was {}: nobody is shown it.", text.publication);
                return Err(Error::new(Code::IllegalTransition, detail).with("publication", text.publication.as_str()));
            }
            if new.revision.is_some_and(|revision| !(1..=text.revision).contains(&revision)) {
                return Err(Error::invalid("/revision", "unknown_revision", format!("is not a revision of the text; the newest is {}", text.revision)));
            }
            if store::list(&mut *tx, path.id, &path.language, now).await?.len() >= MOST_LINKS {
                return Err(Error::new(Code::Conflict, format!("The text has {MOST_LINKS} links that are good: revoke one, or let it expire.")));
            }
            let link = PreviewLink {
                id: Uuid::now_v7(),
                article_id: text.article_id,
                language: text.language.clone(),
                revision: new.revision,
                created_by: caller.id(),
                created_at: now,
                expires_at: now.plus(MINUTE * new.minutes()),
                revoked_at: None,
            };
            store::insert(tx, &link).await?;
            record(tx, &caller, Action::PreviewCreated, &link, text.agency_id, now).await?;
            let url = state.url(&format!("/v1/preview/{}", link.token(&state.secrets.refresh)));
            let location = state.url(&format!("/v1/preview-links/{}", link.id));
            let stored = CreatedPreviewLink { link: link.clone(), url: None };
            Answer::created(location, &CreatedPreviewLink { link, url: Some(url) })?.stored_as(&stored)
        })
        .await
}

/// List the preview links of a text
///
/// Those that are good, the newest first; their addresses are not told again.
#[utoipa::path(tag = "previews", params(TextPath), responses((status = 200, description = "Its links", body = Page<PreviewLink>)))]
#[get("/articles/{id}/translations/{language}/preview-links")]
async fn list_preview_links(state: Data<State>, caller: Caller<PreviewWork>, Path(path): Path<TextPath>) -> Result<Answer> {
    let now = state.clock.now();
    let mut on = state.db.acquire().await?;
    translations::look(&mut on, &caller, PreviewWork::RULE, path.id, &path.language, now).await?;
    Answer::ok(&Page::whole(store::list(&mut on, path.id, &path.language, now).await?))
}

/// Revoke a preview link
///
/// It shows nothing from the next request on.
#[utoipa::path(tag = "previews", params(LinkPath), responses((status = 204, description = "Revoked")))]
#[delete("/preview-links/{id}")]
async fn revoke_preview_link(state: Data<State>, caller: Caller<PreviewWork>, Path(path): Path<LinkPath>, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let missing = |error: Error| if error.code == Code::NotFound { Error::not_found("preview link") } else { error };
            let link = store::find(&mut *tx, path.id).await?.ok_or_else(|| Error::not_found("preview link"))?;
            // Their own, as long as they see the text; another's, where they could make one.
            let rule = if link.created_by == caller.id() { ReadWork::RULE } else { PreviewWork::RULE };
            let (text, _) = translations::find(tx, &caller, rule, link.article_id, &link.language, now).await.map_err(missing)?;
            if store::revoke(tx, link.id, now).await? {
                record(tx, &caller, Action::PreviewRevoked, &link, text.agency_id, now).await?;
            }
            Ok(Answer::no_content())
        })
        .await
}

async fn record(tx: &mut Tx, actor: &Actor, action: Action, link: &PreviewLink, agency: Uuid, now: Timestamp) -> Result<()> {
    let details = json!({ "link": link.id, "revision": link.revision, "expires_at": link.expires_at });
    audit::record(tx, actor.into(), Entry { action, agency: Some(agency), subject: link.article_id, language: Some(&link.language), details }, now).await
}

/// Preview a text
///
/// Answers in the shape of delivery what readers would get if the text were published now. A link that has expired or was revoked,
/// and one that was never given, are all 404.
#[utoipa::path(tag = "previews", params(TokenPath, PreviewQuery), responses((status = 200, description = "The text", body = PublishedArticleWithBody)))]
#[get("/preview/{token}")]
async fn get_preview(state: Data<State>, Path(path): Path<TokenPath>, Query(query): Query<PreviewQuery>) -> Result<HttpResponse> {
    let format = query.body_format.unwrap_or(BodyFormat::PortableText);
    let mut on = state.db.acquire().await?;
    let found = show(&state, &mut on, &path.token, format).await?;
    let (link, text) = found.ok_or_else(|| Error::not_found("preview"))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header(("X-Robots-Tag", "noindex"))
        .insert_header((header::CONTENT_LANGUAGE, link.language.to_string()))
        .content_type("application/json")
        .body(text))
}

/// What a token shows: nothing when anything about it is not as it was.
async fn show(state: &State, on: &mut Conn, token: &str, format: BodyFormat) -> Result<Option<(PreviewLink, String)>> {
    let now = state.clock.now();
    let Some((id, signature)) = parse(token) else { return Ok(None) };
    let link = store::find(&mut *on, id).await?.filter(|link| link.admits(&state.secrets.refresh, &signature, now));
    let Some(link) = link else { return Ok(None) };
    let Some(maker) = auth::actor_of(&mut *on, link.created_by).await? else { return Ok(None) };
    match articles::reach(&mut *on, &maker, ReadWork::RULE, link.article_id, now).await {
        Ok(_) => {}
        Err(error) if matches!(error.code, Code::NotFound | Code::Forbidden) => return Ok(None),
        Err(error) => return Err(error),
    }
    let text = publication::preview(on, &state.config, (link.article_id, &link.language), link.revision, format, now).await?;
    Ok(text.map(|text| (link, text)))
}
