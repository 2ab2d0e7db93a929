//! Variants: make one, walk through its doubtful words, review it, let it go.

use super::doubts::{self, Learn, Ruling};
use super::follow;
use super::store;
use super::units::{has_corrected, note_reviewed};
use super::{VariantWarning, WarningState};
use crate::answer::Answer;
use crate::articles;
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, List, OptionalBody, Path, Query};
use crate::idempotency::Write;
use crate::jobs;
use crate::language::Tag;
use crate::lexicon::check_word;
use crate::page::{Asked, Page};
use crate::policy::{Actor, Permission, ReadWork, ReviewWork, Rule, WriteWork};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::{DerivationStatus, Rebuild, RebuildSelection};
use crate::state::State;
use crate::translations::workflow::{TextPath, answer, four_eyes};
use crate::translations::{Translation, find, put, store as texts};
use actix_web::web::Data;
use actix_web::{HttpRequest, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Doubtful words that come with a variant that was made.
const MOST_SHOWN: u16 = 100;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_variant)
        .service(list_variant_warnings)
        .service(accept_variant_warning)
        .service(correct_variant_warning)
        .service(review_variant)
        .service(detach_variant);
}

#[derive(Deserialize, IntoParams)]
struct VariantPath {
    /// The article.
    id: Uuid,
    /// Of the text that the variant was made of.
    #[param(value_type = Tag, example = "kk")]
    language: Tag,
    /// Of the variant.
    #[param(value_type = Tag, example = "kk-Latn")]
    tag: Tag,
}

#[derive(Deserialize, IntoParams)]
struct WarningPath {
    /// The article.
    id: Uuid,
    /// Of the text that the variant was made of.
    #[param(value_type = Tag, example = "kk")]
    language: Tag,
    /// Of the variant.
    #[param(value_type = Tag, example = "kk-Latn")]
    tag: Tag,
    warning: Uuid,
}

impl WarningPath {
    fn text(&self) -> VariantPath {
        VariantPath { id: self.id, language: self.language.clone(), tag: self.tag.clone() }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"language": "kk-Latn"}))]
struct NewVariant {
    /// The same language in another script.
    language: Tag,
    /// The alphabet, where the script has several: `1995` or `2026` of Uzbek. Without it, the usual one.
    #[schema(max_length = 40)]
    orthography: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WarningFilter {
    #[param(value_type = Option<String>, example = "open")]
    state: Option<List<WarningState>>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({}))]
struct Acceptance {
    /// One of the alternatives, to be taken instead.
    alternative: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "акция", "learn": "agency"}))]
struct Correction {
    /// The word as it is to stand in the text.
    #[schema(min_length = 1, max_length = 100)]
    text: String,
    /// Whether the lexicon learns it for the next texts; `none` where nothing is said.
    learn: Option<Learn>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"overrule": true}))]
struct VariantReview {
    /// Settles the warnings that are still open.
    overrule: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The text is for readers of one country, and goes its own way."}))]
struct VariantDetachment {
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// A variant that was made, and what to look at in it.
#[derive(Serialize, ToSchema)]
struct MadeVariant {
    #[serde(flatten)]
    translation: Translation,
    doubts: Doubts,
}

/// Words of which the rules were not sure.
#[derive(Serialize, ToSchema)]
struct Doubts {
    /// How many there are.
    count: i64,
    /// The first 100 of them, as the list of warnings has them.
    #[schema(max_items = 100)]
    data: Vec<VariantWarning>,
}

impl MadeVariant {
    async fn of(tx: &mut Tx, translation: Translation) -> Result<Self> {
        let query = store::warnings(&mut *tx, translation.article_id, &translation.language);
        let data = query.push(" ORDER BY unit_order, start, id LIMIT ").push_limit(MOST_SHOWN).all().await?;
        Ok(Self { doubts: Doubts { count: translation.open_warnings.unwrap_or_default(), data }, translation })
    }
}

/// Make a text in another script
///
/// Converts the newest revision of a text, as a draft of your agency. Addresses, handles, code and what is marked as of another language or
/// not to be translated stay as they are. Words of which the rules were not sure come with it, and are listed for a reviewer. From then on
/// the variant follows its source: parts that change are made anew with what people said of their words.
#[utoipa::path(tag = "variants", params(TextPath), request_body = NewVariant, responses((status = 201, description = "Made", body = MadeVariant)),
    extensions(("x-problems" = json!(["already_exists", "conflict", "illegal_transition"]))))]
#[post("/articles/{id}/translations/{language}/variants")]
async fn create_variant(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<TextPath>,
    write: Write,
    Body(new): Body<NewVariant>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            articles::hold(tx, path.id).await?;
            put::admit_new(tx, &caller, path.id, &new.language, now).await?;
            let source = texts::read(&mut *tx, path.id, &path.language).await?.ok_or_else(|| Error::not_found("translation"))?;
            let made = follow::create(tx, &caller, &source, &new.language, new.orthography.as_deref(), now).await?;
            let location = state.url(&format!("/v1/articles/{}/translations/{}", path.id, made.language));
            let version = made.version;
            Ok(Answer::created(location, &MadeVariant::of(tx, made).await?)?.version(version))
        })
        .await
}

/// List the doubtful words of a variant
///
/// In reading order, each with its place in the source and what stands around it.
#[utoipa::path(tag = "variants", params(VariantPath, WarningFilter), responses((status = 200, description = "A page of warnings", body = Page<VariantWarning>)),
    extensions(("x-problems" = json!(["invalid_cursor", "conflict"]))))]
#[get("/articles/{id}/translations/{language}/variants/{tag}/warnings")]
async fn list_variant_warnings(
    state: Data<State>,
    request: HttpRequest,
    caller: Caller<ReadWork>,
    Path(path): Path<VariantPath>,
    Query(filter): Query<WarningFilter>,
) -> Result<Answer> {
    let asked = Asked::<(i32, i32, Uuid)>::read(filter.limit, filter.cursor.as_deref(), &(path.id, &path.tag, &filter.state))?;
    articles::reach(&state.db, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    let variant = store::variant(&state.db, path.id, &path.tag).await?;
    if variant.is_none_or(|variant| variant.from_language != path.language) {
        return Err(Error::new(Code::Conflict, "The text is not a variant of that one."));
    }
    let mut query = store::warnings(&state.db, path.id, &path.tag);
    if let Some(states) = &filter.state {
        query = query.push(" AND state IN (").push_list(states.0.iter().copied()).push(")");
    }
    if let Some((order, start, id)) = asked.after {
        query = query.push(" AND (unit_order, start, id) > (").push_bind(order).push(", ").push_bind(start).push(", ").push_bind(id).push(")");
    }
    let warnings: Vec<VariantWarning> = query.push(" ORDER BY unit_order, start, id LIMIT ").push_bind(asked.fetch()).all().await?;
    let address = state.url(&format!("/v1/articles/{}/translations/{}/variants/{}/warnings", path.id, path.language, path.tag));
    asked.page(warnings, |warning| (warning.unit_order, warning.index, warning.id)).answer(&address, request.query_string())
}

/// The variant, to which the caller may do what the rule says, as they have seen it.
async fn at(tx: &mut Tx, caller: &Actor, rule: &Rule, path: &VariantPath, precondition: &Precondition, now: Timestamp) -> Result<Translation> {
    let (text, _) = find(tx, caller, rule, path.id, &path.tag, now).await?;
    precondition.check(text.standing())?;
    Ok(text)
}

/// Accept a doubtful word
///
/// As it was made, or, with `alternative`, in another spelling that was proposed. It is spelled so also where parts of the text are made
/// anew.
#[utoipa::path(tag = "variants", params(WarningPath, IfMatch), request_body(content = Option<Acceptance>, content_type = "application/json"),
    responses((status = 200, description = "Accepted", body = Translation)), extensions(("x-problems" = json!(["illegal_transition", "conflict", "validation_failed"]))))]
#[post("/articles/{id}/translations/{language}/variants/{tag}/warnings/{warning}/accept")]
async fn accept_variant_warning(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<WarningPath>,
    precondition: Precondition,
    write: Write,
    OptionalBody(order): OptionalBody<Acceptance>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, WriteWork::RULE, &path.text(), &precondition, now).await?;
            let warning = doubts::warning(tx, &text, &path.language, path.warning).await?;
            if let Some(wanted) = order.alternative.as_ref().filter(|wanted| !warning.alternatives.contains(wanted)) {
                let detail = format!("{wanted:?} is none of the alternatives: {}; correct the word instead", warning.alternatives.join(", "));
                return Err(Error::invalid("/alternative", "unknown_alternative", detail));
            }
            let ruling = Ruling { state: WarningState::Accepted, word: order.alternative.as_deref(), learn: Learn::None };
            answer(&doubts::rule(tx, &caller, &text, &path.language, &warning, ruling, now).await?)
        })
        .await
}

/// Correct a doubtful word
///
/// Puts another word in its place: a new revision, which is a draft. It is spelled so also where parts of the text are made anew; with
/// `learn`, in the next texts too.
#[utoipa::path(tag = "variants", params(WarningPath, IfMatch), request_body = Correction, responses((status = 200, description = "Corrected", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/articles/{id}/translations/{language}/variants/{tag}/warnings/{warning}/correct")]
async fn correct_variant_warning(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<WarningPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<Correction>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    check_word(&mut faults, "/text", &order.text);
    faults.finish()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, WriteWork::RULE, &path.text(), &precondition, now).await?;
            let warning = doubts::warning(tx, &text, &path.language, path.warning).await?;
            let ruling = Ruling { state: WarningState::Corrected, word: Some(&order.text), learn: order.learn.unwrap_or(Learn::None) };
            answer(&doubts::rule(tx, &caller, &text, &path.language, &warning, ruling, now).await?)
        })
        .await
}

/// Review a variant
///
/// Says that somebody has read it. Warnings that are open have to be settled before, or are overruled with it. Where the agency asks for
/// four eyes, it is not who wrote the newest revision, nor who corrected words since the last review. To approve and publish the text is
/// another matter.
#[utoipa::path(tag = "variants", params(VariantPath, IfMatch), request_body(content = Option<VariantReview>, content_type = "application/json"),
    responses((status = 200, description = "Reviewed", body = Translation)), extensions(("x-problems" = json!(["conflict", "four_eyes_required"]))))]
#[post("/articles/{id}/translations/{language}/variants/{tag}/review")]
async fn review_variant(
    state: Data<State>,
    caller: Caller<ReviewWork>,
    Path(path): Path<VariantPath>,
    precondition: Precondition,
    write: Write,
    OptionalBody(order): OptionalBody<VariantReview>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, ReviewWork::RULE, &path, &precondition, now).await?;
            let mut variant = doubts::attached(&mut *tx, &text, &path.language).await?;
            four_eyes(&caller, &text)?;
            if text.four_eyes && has_corrected(&variant.made, caller.id()) {
                return Err(Error::new(Code::FourEyesRequired, "You corrected words of it; the agency asks for a second person to review them."));
            }
            let open = store::open(&mut *tx, path.id, &path.tag).await?;
            if open > 0 && !order.overrule {
                return Err(Error::new(Code::Conflict, "Warnings are open: settle them, or overrule them with `overrule`.").with("open_warnings", open));
            }
            note_reviewed(&mut variant.made);
            store::update(tx, path.id, &path.tag, &variant).await?;
            answer(&settle(tx, &caller, &text, DerivationStatus::Reviewed, None, now).await?)
        })
        .await
}

/// Detach a variant
///
/// From now on it is a translation like any other, and its source changes without it.
#[utoipa::path(tag = "variants", params(VariantPath, IfMatch), request_body = VariantDetachment, responses((status = 200, description = "Detached", body = Translation)),
    extensions(("x-problems" = json!(["conflict"]))))]
#[post("/articles/{id}/translations/{language}/variants/{tag}/detach")]
async fn detach_variant(
    state: Data<State>,
    caller: Caller<ReviewWork>,
    Path(path): Path<VariantPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<VariantDetachment>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    faults.text("/reason", &order.reason, 1, 1_000);
    faults.finish()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, ReviewWork::RULE, &path, &precondition, now).await?;
            doubts::attached(&mut *tx, &text, &path.language).await?;
            answer(&settle(tx, &caller, &text, DerivationStatus::Independent, Some(&order.reason), now).await?)
        })
        .await
}

/// Sets how a variant stands, for readers too. What was open is overruled.
async fn settle(tx: &mut Tx, actor: &Actor, text: &Translation, status: DerivationStatus, reason: Option<&str>, now: Timestamp) -> Result<Translation> {
    store::overrule(tx, text, actor.id(), now).await?;
    store::set_status(tx, text, status, reason).await?;
    store::touch(tx, text, actor.id(), now).await?;
    articles::touch(tx, text.article_id, actor.id(), now).await?;
    if text.published_revision.is_some() {
        jobs::enqueue(&mut *tx, &Rebuild::of(RebuildSelection::Article(text.article_id)), now, now).await?;
    }
    follow::read(tx, text).await
}
