//! Export and import.

use super::apply::{self, Job};
use super::write::{self, State as Work};
use super::{Claim, Origin, claim, plan, read};
use crate::answer::{Answer, etag};
use crate::articles;
use crate::auth::Caller;
use crate::db::Tx;
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Path, Query, Raw};
use crate::idempotency::Write;
use crate::policy::{Actor, Decision, Permission, ReadWork, WriteWork, decide};
use crate::precondition::Precondition;
use crate::state::State;
use crate::translations::{self, PutPrecondition, Review, SavedTranslation, SeoText, Text, TextPath, Translation, read_revision};
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

const MEDIA_TYPE: &str = "application/xliff+xml";
const MEDIA_TYPES: &[&str] = &[MEDIA_TYPE, "application/xml", "text/xml"];
/// What a file looks like, for the contract.
const EXAMPLE: &str = include_str!("example.xlf");

pub fn routes(config: &mut ServiceConfig) {
    config.service(export_xliff).service(import_xliff);
}

/// Which revision of the original a file is made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SourceRevision {
    /// The one that the text was made from; for a text that is not there yet, as `latest`.
    #[default]
    Pinned,
    /// The published one; before the first publication, the newest.
    Latest,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// Which revision of the original to translate from; `pinned` where nothing is said.
    #[serde(default)]
    #[param(inline, required = false)]
    source: SourceRevision,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Takes a file that was made from an older revision of the original, or of the text, than there is now.
    #[serde(default)]
    #[param(required = false)]
    accept_stale: bool,
    /// Takes a file that is not finished: units without a target keep what the text has, or are left out.
    #[serde(default)]
    #[param(required = false)]
    partial: bool,
}

/// Export a text as XLIFF
///
/// XLIFF 2.1 for the tools of translators: the original as the source, the newest revision of the text as the target, block by block. Where
/// there is no text in the language yet, the targets are empty: translate, and import with `If-None-Match: *`. The ETag is that of the text,
/// for the `If-Match` of the import.
#[utoipa::path(tag = "translations", params(TextPath, ExportQuery),
    responses((status = 200, description = "The file", content_type = "application/xliff+xml", body = String,
        headers(("ETag" = String, description = "The version of the text, where there is one; for the If-Match of the import.")),
        example = json!(EXAMPLE))),
    extensions(("x-problems" = json!(["conflict"]))))]
#[get("/articles/{id}/translations/{language}/xliff")]
async fn export_xliff(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<TextPath>, Query(query): Query<ExportQuery>) -> Result<HttpResponse> {
    let now = state.clock.now();
    articles::reach(&state.db, &caller, ReadWork::RULE, path.id, now).await?;
    let texts = translations::list(&state.db, path.id).await?;
    let original = original(&texts, &path)?;
    let text = texts.iter().find(|text| text.language == path.language);
    if text.is_none() {
        let found = articles::find(&state.db, &caller, path.id, now).await?;
        if decide(WriteWork::RULE, &caller, found.takes_translations_of(&caller)) != Decision::Allow {
            return Err(Error::not_found("translation"));
        }
    }
    let latest = measure(original);
    let pinned = text.and_then(|text| text.base_revision);
    let revision = pinned.filter(|_| query.source == SourceRevision::Pinned).unwrap_or(latest);
    let source = read_revision(&state.db, path.id, &original.language, revision).await?.text;
    let then = match pinned.filter(|pinned| *pinned != revision) {
        Some(pinned) => Some(read_revision(&state.db, path.id, &original.language, pinned).await?.text),
        None => None,
    };
    let origin = Origin {
        article: path.id,
        source_language: original.language.clone(),
        target_language: path.language.clone(),
        original_revision: revision,
        text: text.map(|text| (text.revision, text.version)),
    };
    let work = text.map_or(Work::Initial, |text| work(text.review));
    let target = text.map(|text| text.text.clone());
    let file = actix_web::web::block(move || file(&origin, &source, then.as_ref(), target.as_ref(), work)).await.map_err(Error::internal)?;
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/xliff+xml; charset=utf-8");
    answer.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{}.xlf\"", path.id, path.language)));
    if let Some(text) = text {
        answer.insert_header((header::ETAG, etag(text.version)));
    }
    Ok(answer.body(file))
}

/// `then` is the original that the text was made from, where that is another revision.
fn file(origin: &Origin, source: &Text, then: Option<&Text>, target: Option<&Text>, work: Work) -> String {
    let units = plan::units(source, target);
    let then: Option<std::collections::HashMap<String, plan::Unit>> =
        then.map(|then| plan::units(then, None).into_iter().map(|unit| (unit.id.clone(), unit)).collect());
    write::file(origin, &units, |unit| then.as_ref().map_or(work, |then| write::state_of(unit, then.get(&unit.id), work)))
}

const fn work(review: Review) -> Work {
    match review {
        Review::Draft | Review::InReview => Work::Translated,
        Review::Approved => Work::Reviewed,
        Review::Settled => Work::Final,
    }
}

/// The original of a translation.
fn original<'a>(texts: &'a [Translation], path: &TextPath) -> Result<&'a Translation> {
    let original = texts.iter().find(|text| text.is_original).ok_or_else(|| Error::not_found("translation"))?;
    if original.language == path.language {
        return Err(Error::new(Code::Conflict, "This is the original: it is translated from nothing."));
    }
    Ok(original)
}

/// The revision that translations are measured by.
fn measure(original: &Translation) -> i32 {
    original.published_revision.unwrap_or(original.revision)
}

/// Import a text from XLIFF
///
/// Makes a new revision, a draft, of the targets of a file that was exported here; a file that changes nothing makes none. With
/// `If-None-Match: *` it adds the text. The translation then counts as made from the revision of the original that the file was made from.
/// Units may have been cut into segments. All faults of a file are told at once, each with its line.
#[utoipa::path(tag = "translations", params(TextPath, PutPrecondition, ImportQuery),
    request_body(description = "The file", content(
        (String = "application/xliff+xml", example = json!(EXAMPLE)), (String = "application/xml"), (String = "text/xml"))),
    responses((status = 200, description = "Replaced", body = SavedTranslation), (status = 201, description = "Added", body = SavedTranslation)),
    extensions(("x-problems" = json!(["already_exists", "conflict", "illegal_transition", "precondition_required", "stale_source", "stale_version"]))))]
#[post("/articles/{id}/translations/{language}/xliff")]
async fn import_xliff(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<TextPath>,
    Query(query): Query<ImportQuery>,
    precondition: Precondition,
    write: Write,
    raw: Raw,
) -> Result<Answer> {
    if !MEDIA_TYPES.contains(&raw.media_type.as_str()) {
        return Err(Error::new(Code::UnsupportedMediaType, format!("The body must be sent as {MEDIA_TYPE}.")));
    }
    let (document, mut report) = actix_web::web::block(move || read::document(raw.bytes)).await.map_err(Error::internal)??;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let old = translations::place(tx, &caller, path.id, &path.language, &precondition, now).await?;
            if let Some(old) = &old {
                precondition.check(old.standing())?;
            }
            let texts = translations::list(&mut *tx, path.id).await?;
            let original = original(&texts, &path)?;
            let Some(claim) = claim(&document, path.id, &original.language, &path.language, &mut report) else {
                return Err(report.faults.finish().err().unwrap_or_else(|| Error::internal("a file that does not fit has faults")));
            };
            if !query.accept_stale {
                fresh(claim, original, old.as_ref())?;
            }
            let (source, target) = revisions(tx, &path, original, claim).await?;
            let job = Job { source: &source, target: target.as_ref(), partial: query.partial };
            let base = base(target.clone(), old.as_ref(), &caller);
            let text = apply::text(&job, base, &document, &mut report);
            report.faults.finish()?;
            let written = match old.as_ref().filter(|old| old.text == text || *text.tidied(&path.language) == old.text) {
                Some(old) => old.clone(),
                None => translations::put(tx, &caller, (path.id, &path.language), old.as_ref(), &text, None, Faults::default(), now).await?,
            };
            let written = translations::base_on(tx, &caller, written, claim.original_revision, now).await?;
            let (version, saved) = (written.version, SavedTranslation::of(tx, written).await?);
            if old.is_none() {
                let location = state.url(&format!("/v1/articles/{}/translations/{}", path.id, path.language));
                return Ok(Answer::created(location, &saved)?.version(version));
            }
            Ok(Answer::ok(&saved)?.version(version))
        })
        .await
}

/// Refuses a file that is older than what there is. Where a text goes its own way, what became of the original is no matter.
fn fresh(claim: Claim, original: &Translation, old: Option<&Translation>) -> Result<()> {
    let current = measure(original);
    let stale = |what: &str, made_from: Option<i32>, current: Option<i32>| {
        let detail = format!("The file was made from an older revision of {what}: export it anew, or send it with accept_stale=true.");
        Err(Error::new(Code::StaleSource, detail).with("made_from", made_from).with("current", current))
    };
    if claim.original_revision < current && old.is_none_or(|old| old.detached_at.is_none()) {
        return stale("the original", Some(claim.original_revision), Some(current));
    }
    let revision = old.map(|old| old.revision);
    if claim.text_revision < revision {
        return stale("the text", claim.text_revision, revision);
    }
    Ok(())
}

/// What the file was made from.
async fn revisions(tx: &mut Tx, path: &TextPath, original: &Translation, claim: Claim) -> Result<(Text, Option<Text>)> {
    let gone = |e: Error| {
        if e.code == Code::NotFound { Error::new(Code::Conflict, "There is no such revision as the file was made from: export it anew.") } else { e }
    };
    let source = read_revision(&mut *tx, path.id, &original.language, claim.original_revision).await.map_err(gone)?.text;
    let target = match claim.text_revision {
        Some(revision) => Some(read_revision(&mut *tx, path.id, &path.language, revision).await.map_err(gone)?.text),
        None => None,
    };
    Ok((source, target))
}

/// What the file changes: the text that it was made from, or one that says nothing yet. Whose text it is the file does not know.
fn base(target: Option<Text>, old: Option<&Translation>, actor: &Actor) -> Text {
    let nothing = Text {
        headline: String::new(),
        summary: None,
        body: crate::body::Body::default(),
        dateline: None,
        byline: None,
        authors: actor.staff_id().into_iter().collect(),
        seo: SeoText::default(),
    };
    let base = target.unwrap_or(nothing);
    match old {
        Some(old) => Text { byline: old.text.byline.clone(), authors: old.text.authors.clone(), ..base },
        None => base,
    }
}
