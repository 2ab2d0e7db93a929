//! What stands on a front page in one language: reading and setting it.

use super::store::Edition;
use super::{FrontPage, admit, changes, check, may_edit, may_read, store, view};
use crate::answer::Answer;
use crate::audit::{self, Action, By, Entry};
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Result};
use crate::extract::{Body, Object, Path};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::policy::{Actor, EditFrontPages, ReadFrontPages};
use crate::precondition::Precondition;
use crate::publication::{self, FrontPageSlot, FrontPageView};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{get, put};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;
use view::FrontPageEdition;

pub fn routes(config: &mut ServiceConfig) {
    config.service(get_front_page_edition).service(put_front_page_edition);
}

/// A front page in one language.
#[derive(Deserialize, IntoParams)]
pub struct EditionPath {
    #[param(example = "home")]
    pub name: String,
    /// BCP 47: `kk`, `kk-Latn`.
    #[param(value_type = Tag, example = "kk")]
    pub language: Tag,
}

/// For the contract: the header that creates.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes")]
struct PutPrecondition {
    /// The ETag that you read, to replace what stands on the page.
    #[param(rename = "If-Match", example = "\"v1\"")]
    if_match: Option<String>,
    /// `*` to set the page in this language for the first time.
    #[param(rename = "If-None-Match", example = "*")]
    if_none_match: Option<String>,
}

/// What is to stand on a front page.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FrontPageOrder {
    /// In their order; each article once. Articles may be there before they are public: readers see them from then on.
    #[schema(value_type = Vec<FrontPageSlot>, max_items = 100)]
    slots: Vec<Object<FrontPageSlot>>,
}

/// Finds a page that the caller may edit, and holds it.
pub(super) async fn hold(tx: &mut Tx, actor: &Actor, name: &str) -> Result<FrontPage> {
    let page = store::find(tx, name).await?;
    admit(may_edit(actor, &page))?;
    store::hold(tx, page.id).await
}

/// Puts slots on a page, for editors and readers.
pub(super) async fn set(tx: &mut Tx, page: &FrontPage, language: &Tag, slots: &[FrontPageSlot], by: Uuid, now: Timestamp) -> Result<()> {
    store::put(tx, page.id, language, slots, by, now).await?;
    let view = FrontPageView { name: &page.name, language, agency: page.agency_id, slots };
    publication::set_front_page(tx, &view, now).await
}

/// Leaves a trace of what was done to a page.
pub(super) async fn record(tx: &mut Tx, by: By, action: Action, page: &FrontPage, language: &Tag, details: Value, now: Timestamp) -> Result<()> {
    audit::record(tx, by, Entry { action, agency: page.agency_id, subject: page.id, language: Some(language), details }, now).await
}

/// The articles of slots, for the log.
pub(super) fn articles_of(slots: &[FrontPageSlot]) -> Vec<Uuid> {
    slots.iter().map(|slot| slot.article_id).collect()
}

fn missing() -> Error {
    Error::new(Code::NotFound, "The front page was never set in this language.")
}

/// Read a front page in one language
///
/// Every slot, with the headline and state of its text as far as you may see them, and whether readers see it now.
#[utoipa::path(tag = "front-pages", params(EditionPath), responses((status = 200, description = "What stands on it", body = FrontPageEdition)))]
#[get("/front-pages/{name}/{language}")]
async fn get_front_page_edition(state: Data<State>, caller: Caller<ReadFrontPages>, Path(path): Path<EditionPath>) -> Result<Answer> {
    let mut on = state.db.acquire().await?;
    let page = store::find(&mut on, &path.name).await?;
    admit(may_read(&caller, &page))?;
    let edition = store::edition(&mut on, page.id, &path.language).await?.ok_or_else(missing)?;
    view::answer(&mut on, &caller, &page, &path.language, edition, state.clock.now()).await
}

/// Set a front page in one language
///
/// The slots take the place of those there were; readers see them at once, as far as their texts are public in this language.
#[utoipa::path(tag = "front-pages", params(EditionPath, PutPrecondition), request_body = FrontPageOrder,
    responses((status = 200, description = "Set", body = FrontPageEdition), (status = 201, description = "Set for the first time", body = FrontPageEdition)),
    extensions(("x-problems" = json!(["already_exists", "precondition_required", "stale_version"]))))]
#[put("/front-pages/{name}/{language}")]
async fn put_front_page_edition(
    state: Data<State>,
    caller: Caller<EditFrontPages>,
    Path(path): Path<EditionPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<FrontPageOrder>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let page = hold(tx, &caller, &path.name).await?;
            // What is due comes first: it was not seen, and would come over this afterwards.
            changes::carry_out(tx, &page, &path.language, now).await?;
            let old = store::edition(&mut *tx, page.id, &path.language).await?;
            let first = old.is_none();
            permit(&precondition, old.as_ref())?;
            let known = old.map(|old| old.slots.0).unwrap_or_default();
            let slots = check(tx, &caller, order.slots, &known, now, now).await?;
            set(tx, &page, &path.language, &slots, caller.id(), now).await?;
            let details = json!({ "name": page.name, "articles": articles_of(&slots) });
            record(tx, (&*caller).into(), Action::FrontPageChanged, &page, &path.language, details, now).await?;
            let edition = store::edition(&mut *tx, page.id, &path.language).await?.ok_or_else(missing)?;
            let answer = view::answer(tx, &caller, &page, &path.language, edition, now).await?;
            let location = first.then(|| state.url(&format!("/v1/front-pages/{}/{}", page.name, path.language)));
            Ok(match location {
                Some(location) => Answer { status: actix_web::http::StatusCode::CREATED, location: Some(location), ..answer },
                None => answer,
            })
        })
        .await
}

/// Whether a write has seen what stands on the page.
fn permit(precondition: &Precondition, old: Option<&Edition>) -> Result<()> {
    match old {
        _ if precondition.is_blind() => {
            let detail = "Send If-None-Match: * to set the page for the first time, or If-Match with the ETag that you read.";
            Err(Error::new(Code::PreconditionRequired, detail))
        }
        Some(_) if precondition.wants_new() => Err(Error::new(Code::AlreadyExists, "The front page was set in this language already.")),
        Some(old) => precondition.check(old.standing()),
        None if precondition.wants_new() => Ok(()),
        None => Err(missing()),
    }
}
