//! Texts: create a story with its original, read, write, change and delete.

use super::stale::{self, Newest, StaleText};
use super::store::First;
use super::text::{NewText, TextChange, convert, from_html};
use super::workflow::TextPath;
use super::{
    SavedTranslation, Translation, compare, embargo, find, freshness, kill, names, place, put, put_first, revisions, saved, store, switches, variants, workflow,
};
use crate::answer::Answer;
use crate::articles::{self, Article, NewArticle};
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Error, Faults, Result};
use crate::extract::{Body, Object, Path};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::language_tools::Checked;
use crate::page::Page;
use crate::policy::{Actor, Permission, ReadWork, WriteWork};
use crate::precondition::{IfMatch, Precondition};
use crate::schedule;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{delete, get, patch, post, put};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_article)
        .service(list_translations)
        .service(get_translation)
        .service(put_translation)
        .service(update_translation)
        .service(delete_translation)
        .service(convert_html)
        .configure(workflow::routes)
        .configure(kill::routes)
        .configure(compare::routes)
        .configure(names::routes)
        .configure(embargo::routes)
        .configure(freshness::routes)
        .configure(revisions::routes)
        .configure(switches::routes)
        .configure(saved::routes)
        .configure(variants::routes);
}

/// A story with its original text.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "original_language": "az",
    "headline": "Xəzər sahilində yaşıl enerji",
    "summary": "Xəzər sahilində külək və günəş enerjisi yan-yana inkişaf edir.",
    "body_html": "<p>Xəzər sahilində külək güclüdür.</p><p>Mühəndislər bundan istifadə edirlər.</p>",
    "section": "economy",
    "topics": ["medtop:20000344"],
    "urgency": 5,
    "dateline": "BAKI, 24 iyul (Trend)"
}))]
pub struct CreateArticle {
    /// BCP 47: `az`, `kk-Latn`.
    pub original_language: Tag,
    #[schema(min_length = 1, max_length = 300)]
    pub headline: String,
    #[schema(max_length = 2000)]
    pub summary: Option<String>,
    /// Portable Text.
    #[serde(default)]
    #[schema(value_type = Option<crate::body::Body>)]
    pub body: Option<serde_json::Value>,
    /// In place of `body`: HTML, as it comes from the clipboard.
    pub body_html: Option<String>,
    #[schema(max_length = 200)]
    pub dateline: Option<String>,
    #[schema(max_length = 200)]
    pub byline: Option<String>,
    /// Staff members; without it, you.
    #[schema(max_items = 20)]
    pub authors: Option<Vec<Uuid>>,
    #[schema(value_type = Option<super::text::SeoText>)]
    pub seo: Option<Object<super::text::SeoText>>,
    /// The address of the original.
    #[schema(max_length = 80)]
    pub slug: Option<String>,
    /// The editorial handle; without it, made of the headline.
    #[schema(min_length = 1, max_length = 100)]
    pub slugline: Option<String>,
    /// Id or slug.
    pub section: Option<String>,
    /// IPTC Media Topics.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub topics: Vec<String>,
    /// Articles to read with it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub related: Vec<Uuid>,
    /// 1 (flash) to 9; 5 where nothing is said.
    #[schema(minimum = 1, maximum = 9)]
    pub urgency: Option<i32>,
    #[schema(max_length = 100)]
    pub genre: Option<String>,
    #[schema(max_length = 1000)]
    pub rights: Option<String>,
    /// A note to editors; never public.
    #[schema(max_length = 2000)]
    pub ednote: Option<String>,
    /// Whether staff of the platform may work on it.
    #[serde(default)]
    pub shared: bool,
    /// An article of which something was killed, in whose place this one is.
    pub replaces: Option<Uuid>,
}

/// A story with its original text.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedArticle {
    #[serde(flatten)]
    pub article: Article,
    pub original: Translation,
}

/// A story that was made, and what to look at in its text.
#[derive(Debug, Serialize, ToSchema)]
struct SavedArticle {
    #[serde(flatten)]
    created: CreatedArticle,
    #[serde(flatten)]
    checked: Checked,
}

#[derive(Deserialize, IntoParams)]
struct ArticlePath {
    id: Uuid,
}

/// For the contract: the header that creates.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes")]
pub struct PutPrecondition {
    /// The ETag that you read, to replace a text.
    #[param(rename = "If-Match", example = "\"v1\"")]
    if_match: Option<String>,
    /// `*` to add a text in a new language.
    #[param(rename = "If-None-Match", example = "*")]
    if_none_match: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"html": "<h1>Title</h1><p>Some <b>bold</b> text.</p>"}))]
struct Html {
    html: String,
}

#[derive(Serialize, ToSchema)]
struct Converted {
    body: crate::body::Body,
}

/// Makes a story of the caller's agency with its original text.
///
/// # Errors
/// `validation_failed`, and when the database fails.
pub async fn create(tx: &mut Tx, actor: &Actor, new: CreateArticle, now: Timestamp) -> Result<CreatedArticle> {
    let mut faults = Faults::default();
    let language = new.original_language.clone();
    let text = NewText {
        headline: new.headline,
        summary: new.summary,
        body: new.body,
        body_html: new.body_html,
        dateline: new.dateline,
        byline: new.byline,
        authors: new.authors,
        seo: new.seo,
        slug: new.slug,
    };
    let (text, slug) = text.read(actor.staff_id(), &mut faults);
    store::check(tx, actor.agency, &text, &[], &mut faults).await?;
    let metadata = NewArticle {
        original_language: new.original_language,
        slugline: new.slugline,
        section: new.section,
        topics: new.topics,
        related: new.related,
        urgency: new.urgency,
        genre: new.genre,
        rights: new.rights,
        ednote: new.ednote,
        shared: new.shared,
        replaces: new.replaces,
    };
    let article = articles::insert(tx, actor, metadata, &text.headline, faults, now).await?;
    let first = First { article: article.id, language: &language, is_original: true, text: &text, slug: slug.as_deref(), orthography: None };
    let original = put_first(tx, actor, first, now).await?;
    Ok(CreatedArticle { article, original })
}

/// Create an article
///
/// Makes the story with its original text, as a draft of your agency. Nothing is published.
#[utoipa::path(tag = "articles", request_body = CreateArticle, responses((status = 201, description = "Created", body = SavedArticle)))]
#[post("/articles")]
async fn create_article(state: Data<State>, caller: Caller<WriteWork>, write: Write, Body(mut new): Body<CreateArticle>) -> Result<Answer> {
    convert(&mut new.body, &mut new.body_html).await?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let created = create(tx, &caller, new, now).await?;
            let (version, location) = (created.article.version, state.url(&format!("/v1/articles/{}", created.article.id)));
            let checked = saved::check(tx, &created.original.text, &created.original.language).await?;
            Ok(Answer::created(location, &SavedArticle { created, checked })?.version(version))
        })
        .await
}

/// List the texts of an article
#[utoipa::path(tag = "translations", params(ArticlePath), responses((status = 200, description = "Its texts, the original first", body = Page<Translation>)))]
#[get("/articles/{id}/translations")]
async fn list_translations(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<ArticlePath>) -> Result<Answer> {
    articles::reach(&state.db, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    Answer::ok(&Page::whole(store::list(&state.db, path.id).await?))
}

/// Read a text
///
/// Its newest revision, whether or not readers see it.
#[utoipa::path(tag = "translations", params(TextPath), responses((status = 200, description = "The text", body = Translation)))]
#[get("/articles/{id}/translations/{language}")]
async fn get_translation(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<TextPath>) -> Result<Answer> {
    articles::reach(&state.db, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    let text = store::read(&state.db, path.id, &path.language).await?.ok_or_else(|| Error::not_found("translation"))?;
    Ok(Answer::ok(&text)?.version(text.version))
}

/// Add or replace a text
///
/// With `If-None-Match: *` it adds a text in a new language, which is yours and your agency's; with `If-Match` it
/// replaces the one there is by a new revision, which is a draft. Nothing is published. Where somebody was asked for the text, only they
/// add it: to add it is to claim the work. Whoever is late with a change gets a comparison with those of others.
#[utoipa::path(tag = "translations", params(TextPath, PutPrecondition), request_body = NewText,
    responses((status = 200, description = "Replaced", body = SavedTranslation), (status = 201, description = "Added", body = SavedTranslation),
        (status = 412, description = "Stale", body = StaleText, content_type = "application/problem+json")),
    extensions(("x-problems" = json!(["already_exists", "conflict", "illegal_transition", "precondition_required", "stale_version"]))))]
#[put("/articles/{id}/translations/{language}")]
async fn put_translation(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(mut new): Body<NewText>,
) -> Result<Answer> {
    convert(&mut new.body, &mut new.body_html).await?;
    let now = state.clock.now();
    let mut faults = Faults::default();
    let (text, slug) = new.read(caller.staff_id(), &mut faults);
    let text = text.tidied(&path.language).into_owned();
    let (sound, mut newest) = (faults.is_empty(), None);
    let outcome = write
        .run(&caller, async |tx| {
            let old = place(tx, &caller, path.id, &path.language, &precondition, now).await?;
            if let Some(old) = &old {
                newest = Some(Newest::from(old));
                precondition.check(old.standing())?;
            }
            let written = put(tx, &caller, (path.id, &path.language), old.as_ref(), &text, slug.as_deref(), faults, now).await?;
            let (version, saved) = (written.version, SavedTranslation::of(tx, written).await?);
            if old.is_none() {
                let location = state.url(&format!("/v1/articles/{}/translations/{}", path.id, path.language));
                return Ok(Answer::created(location, &saved)?.version(version));
            }
            Ok(Answer::ok(&saved)?.version(version))
        })
        .await;
    stale::explain(&state.db, &path, &precondition, newest, outcome, |_| sound.then_some(text)).await
}

/// Change a text
///
/// Only the members that are sent change; the result is a new revision, which is a draft. Whoever is late with a change gets a comparison
/// with those of others.
#[utoipa::path(tag = "translations", params(TextPath, IfMatch), request_body = TextChange, responses((status = 200, description = "Changed", body = SavedTranslation),
        (status = 412, description = "Stale", body = StaleText, content_type = "application/problem+json")),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[patch("/articles/{id}/translations/{language}")]
async fn update_translation(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(mut change): Body<TextChange>,
) -> Result<Answer> {
    change.convert().await?;
    let now = state.clock.now();
    let (mut sent, mut newest) = (Some(change), None);
    let outcome = write
        .run(&caller, async |tx| {
            let (old, _) = find(tx, &caller, WriteWork::RULE, path.id, &path.language, now).await?;
            newest = Some(Newest::from(&old));
            precondition.check(old.standing())?;
            let change = sent.take().unwrap_or_default();
            let mut faults = Faults::default();
            let (text, slug) = change.apply(old.text.clone(), old.slug.clone(), &mut faults);
            store::check(tx, old.agency_id, &text, &old.text.authors, &mut faults).await?;
            faults.finish()?;
            // What was stored before apostrophes were put right stays as it is until somebody changes it.
            let is_same = text == old.text || *text.tidied(&path.language) == old.text;
            let changed = if is_same && slug == old.slug { old } else { store::put_next(tx, &caller, &old, &text, slug.as_deref(), None, now).await? };
            let version = changed.version;
            Ok(Answer::ok(&SavedTranslation::of(tx, changed).await?)?.version(version))
        })
        .await;
    let yours = |base| {
        let mut faults = Faults::default();
        let (text, _) = sent.take().unwrap_or_default().apply(base, None, &mut faults);
        faults.is_empty().then(|| text.tidied(&path.language).into_owned())
    };
    stale::explain(&state.db, &path, &precondition, newest, outcome, yours).await
}

/// Delete a text
///
/// Only while it was never public.
#[utoipa::path(tag = "translations", params(TextPath, IfMatch), responses((status = 204, description = "Deleted")),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[delete("/articles/{id}/translations/{language}")]
async fn delete_translation(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let (old, _) = find(tx, &caller, WriteWork::RULE, path.id, &path.language, now).await?;
            precondition.check(old.standing())?;
            store::delete(tx, &caller, &old, now).await?;
            schedule::cancel_for(tx, &caller, path.id, Some(&path.language), now).await?;
            Ok(Answer::no_content())
        })
        .await
}

/// Convert HTML
///
/// Turns pasted HTML into a body, without storing anything.
#[utoipa::path(tag = "translations", request_body = Html, responses((status = 200, description = "The body", body = Converted)))]
#[post("/body/convert")]
async fn convert_html(_caller: Caller<WriteWork>, Body(html): Body<Html>) -> Result<Answer> {
    Answer::ok(&Converted { body: from_html(html.html).await? })
}
