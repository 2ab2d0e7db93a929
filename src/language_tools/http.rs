//! `POST /v1/language/…`: nothing of it is stored, and so nothing is kept for a replay.

use super::check::{Checked, Checker};
use super::sort::{self, SortOrder, Sorted};
use super::transliterate::{self, Transliterated, Transliteration, read_body};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::error::{Error, Faults, Result};
use crate::extract::{Body, Object};
use crate::language::{self, Direction, Tag};
use crate::policy::UseLanguageTools;
use crate::translations::SeoText;
use actix_web::post;
use actix_web::web::block;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(transliterate_text).service(detect_language).service(check_text).service(make_slug).service(sort_list);
}

/// Write words in another script
///
/// A text or a body, by the rules and without a lexicon; `warnings` are the places where the rules had to guess. Addresses, code and what is
/// marked as another language stay as they are. Nothing is stored.
#[utoipa::path(tag = "language", request_body = Transliteration, responses((status = 200, description = "The words", body = Transliterated)))]
#[post("/language/transliterate")]
async fn transliterate_text(_caller: Caller<UseLanguageTools>, Body(order): Body<Transliteration>) -> Result<Answer> {
    Answer::ok(&block(move || transliterate::transliterate(order)).await.map_err(Error::internal)??)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Қазақстанда жаңа мектептер ашылды"}))]
struct DetectOrder {
    text: String,
}

/// Languages that a text may be in.
#[derive(Serialize, ToSchema)]
struct Detected {
    /// Best first; empty for a text without letters of our scripts.
    guesses: Vec<LanguageGuess>,
}

/// A language that a text may be in.
#[derive(Serialize, ToSchema)]
struct LanguageGuess {
    language: Tag,
    direction: Direction,
    /// Its share of what is thought possible, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f32,
}

/// Find the language of a text
///
/// Among the languages and scripts of the newsroom. Nothing is stored.
#[utoipa::path(tag = "language", request_body = DetectOrder, responses((status = 200, description = "The languages", body = Detected)))]
#[post("/language/detect")]
async fn detect_language(_caller: Caller<UseLanguageTools>, Body(order): Body<DetectOrder>) -> Result<Answer> {
    let guesses = block(move || language::detect(&order.text)).await.map_err(Error::internal)?;
    let guesses =
        guesses.into_iter().map(|guess| LanguageGuess { direction: guess.language.direction(), language: guess.language, confidence: guess.confidence });
    Answer::ok(&Detected { guesses: guesses.collect() })
}

/// A text, or the parts of one, and the language that it says it is in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"headline": "Халқаpо суд", "language": "uz-Cyrl"}))]
struct GuardOrder {
    text: Option<String>,
    headline: Option<String>,
    summary: Option<String>,
    /// Portable Text.
    #[serde(default)]
    #[schema(value_type = Option<crate::body::Body>)]
    body: Option<Value>,
    dateline: Option<String>,
    byline: Option<String>,
    #[schema(value_type = Option<SeoText>)]
    seo: Option<Object<SeoText>>,
    language: Tag,
}

/// Check a text
///
/// What the guard would say of it when it is saved: letters of another script in a word, wrong apostrophes, damaged or invisible characters,
/// paragraphs in another language. Code, addresses and what is marked as another language are left alone. Nothing is stored.
#[utoipa::path(tag = "language", request_body = GuardOrder, responses((status = 200, description = "The warnings", body = Checked)))]
#[post("/language/check")]
async fn check_text(_caller: Caller<UseLanguageTools>, Body(order): Body<GuardOrder>) -> Result<Answer> {
    Answer::ok(&block(move || check(&order)).await.map_err(Error::internal)??)
}

fn check(order: &GuardOrder) -> Result<Checked> {
    let mut faults = Faults::default();
    let parts = [&order.text, &order.headline, &order.summary, &order.dateline, &order.byline];
    let has_parts = order.seo.is_some() || parts.iter().any(|part| part.is_some());
    let body = if order.body.is_some() || !has_parts { read_body(order.body.as_ref(), false, &mut faults) } else { None };
    if let Some(Object(seo)) = &order.seo {
        for (pointer, text, most) in [("/seo/title", &seo.title, 200), ("/seo/description", &seo.description, 500)] {
            if let Some(text) = text {
                faults.text(pointer, text, 0, most);
            }
        }
    }
    faults.finish()?;
    let mut checker = Checker::new(&order.language)
        .field("/text", order.text.as_deref())
        .field("/headline", order.headline.as_deref())
        .field("/summary", order.summary.as_deref());
    if let Some(body) = &body {
        checker = checker.body("/body", body);
    }
    checker = checker.names("/dateline", order.dateline.as_deref()).names("/byline", order.byline.as_deref());
    if let Some(Object(seo)) = &order.seo {
        checker = checker.field("/seo/title", seo.title.as_deref()).field("/seo/description", seo.description.as_deref());
    }
    Ok(checker.finish())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Қазақстан Республикасы", "language": "kk"}))]
struct SlugOrder {
    text: String,
    language: Tag,
}

#[derive(Serialize, ToSchema)]
struct Slug {
    /// Letters a to z, digits and single hyphens, at most 80; empty where nothing of the text can be written so.
    slug: String,
}

/// Make a slug
///
/// The last part of an address, as a headline in this language gets it. Whether somebody has it already is not looked up.
#[utoipa::path(tag = "language", request_body = SlugOrder, responses((status = 200, description = "The slug", body = Slug)))]
#[post("/language/slug")]
async fn make_slug(_caller: Caller<UseLanguageTools>, Body(order): Body<SlugOrder>) -> Result<Answer> {
    let slug = block(move || language::slug(&order.text, &order.language)).await.map_err(Error::internal)?;
    Answer::ok(&Slug { slug })
}

/// Sort a list
///
/// By the alphabet of a language.
#[utoipa::path(tag = "language", request_body = SortOrder, responses((status = 200, description = "The list in order", body = Sorted)))]
#[post("/language/sort")]
async fn sort_list(_caller: Caller<UseLanguageTools>, Body(order): Body<SortOrder>) -> Result<Answer> {
    Answer::ok(&block(move || sort::sort(order)).await.map_err(Error::internal)??)
}
