//! Killing a story: look, order, confirm, cancel.

use super::orders::{self, OrderedKill, Outcome, PendingKill};
use super::preview::{self, KillPreview};
use super::{kill_story, lift};
use crate::agencies;
use crate::answer::Answer;
use crate::articles::{self, Article, ArticleWithTexts, Killing};
use crate::audit::{self, Action, Entry};
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::{Actor, KillWork, Permission};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{get, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(get_kill_preview).service(kill_article).service(confirm_kill).service(cancel_kill).configure(lift::routes);
}

#[derive(Deserialize, IntoParams)]
struct ArticlePath {
    id: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The source has proved to be forged.", "public_note": "This story was withdrawn because it was not true.",
    "instruction": "Remove it from all services and archives."}))]
struct StoryKill {
    /// For the record of the house.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
    /// What its addresses say from now on.
    #[schema(min_length = 1, max_length = 1000)]
    public_note: String,
    /// What partners are asked to do.
    #[schema(min_length = 1, max_length = 2000)]
    instruction: Option<String>,
}

impl StoryKill {
    fn killing(&self) -> Result<Killing<'_>> {
        let mut faults = Faults::default();
        faults.text("/reason", &self.reason, 1, 2_000);
        faults.text("/public_note", &self.public_note, 1, 1_000);
        if let Some(instruction) = &self.instruction {
            faults.text("/instruction", instruction, 1, 2_000);
        }
        faults.finish()?;
        Ok(Killing { reason: &self.reason, public_note: &self.public_note, instruction: self.instruction.as_deref() })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The source has confirmed every word."}))]
struct KillCancellation {
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// The story as it is, which the caller may kill, and which nobody else changes meanwhile.
async fn at(tx: &mut Tx, caller: &Actor, id: Uuid, precondition: &Precondition, now: Timestamp) -> Result<Article> {
    articles::hold(tx, id).await?;
    let article = articles::reach(&mut *tx, caller, KillWork::RULE, id, now).await?;
    precondition.check(article.standing())?;
    articles::must_live(&article)?;
    Ok(article)
}

async fn answer(tx: &mut Tx, article: Article) -> Result<Answer> {
    let version = article.version;
    Ok(Answer::ok(&articles::with_texts(tx, article).await?)?.version(version))
}

async fn ordered(tx: &mut Tx, article: &Article) -> Result<PendingKill> {
    orders::pending(tx, article.id).await?.ok_or_else(|| Error::new(Code::IllegalTransition, "Nobody has ordered to kill the story; possible: kill."))
}

async fn record(tx: &mut Tx, actor: &Actor, action: Action, article: &Article, order: &PendingKill, now: Timestamp) -> Result<()> {
    let details = json!({ "order": order.id });
    let entry = Entry { action, agency: Some(article.agency_id), subject: article.id, language: None, details };
    audit::record(tx, actor.into(), entry, now).await
}

/// Look at what a kill would touch
///
/// What it would do to each text of the story, every address that would answer otherwise, the public texts that speak of the
/// story, and the order that waits for a second person. Nothing is changed. The ETag is the article's.
#[utoipa::path(tag = "workflow", params(ArticlePath), responses((status = 200, description = "What a kill would touch", body = KillPreview,
    headers(("ETag" = String, description = "The version of the article; for If-Match.")))))]
#[get("/articles/{id}/kill-preview")]
async fn get_kill_preview(state: Data<State>, caller: Caller<KillWork>, Path(path): Path<ArticlePath>) -> Result<Answer> {
    let article = articles::reach(&state.db, &caller, KillWork::RULE, path.id, state.clock.now()).await?;
    Ok(Answer::ok(&preview::preview(&state.db, &article).await?)?.version(article.version))
}

/// Kill an article
///
/// Withdraws the whole story for good, for legal or factual reasons. The texts of its own agency answer 410 with the public note,
/// under every address that they ever had; those of other agencies are withheld from readers until their people kill or lift
/// them; what was never public is frozen. Where the agency of the story asks for four eyes, this only records the order, and
/// another person has to confirm it.
#[utoipa::path(tag = "workflow", params(ArticlePath, IfMatch), request_body = StoryKill,
    responses((status = 200, description = "Killed", body = ArticleWithTexts), (status = 202, description = "Ordered: another person has to confirm it", body = OrderedKill)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/articles/{id}/kill")]
async fn kill_article(
    state: Data<State>,
    caller: Caller<KillWork>,
    Path(path): Path<ArticlePath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<StoryKill>,
) -> Result<Answer> {
    let killing = order.killing()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let article = at(tx, &caller, path.id, &precondition, now).await?;
            if let Some(order) = orders::pending(&mut *tx, article.id).await? {
                return Err(Error::new(Code::Conflict, "Somebody has ordered to kill it already: confirm or cancel that.").with("order", order.id.to_string()));
            }
            if agencies::asks_for_four_eyes(&mut *tx, article.agency_id).await? {
                return place(tx, &caller, article, killing, now).await;
            }
            let article = kill_story(tx, &caller, article, killing, json!({}), now).await?;
            answer(tx, article).await
        })
        .await
}

/// Records the order and tells who could confirm it.
async fn place(tx: &mut Tx, actor: &Actor, article: Article, killing: Killing<'_>, now: Timestamp) -> Result<Answer> {
    let order = orders::place(tx, actor, article.id, killing, now).await?;
    let article = articles::note_order(tx, actor, article, now).await?;
    let shared = articles::is_shared(&mut *tx, article.id, now).await?;
    let mut people = notices::seconds(tx, article.agency_id, actor.id()).await?;
    if people.is_empty() && shared {
        people = notices::platform_desk(tx).await?;
    }
    let confirmers = orders::confirmers(tx, article.agency_id, shared, actor.id()).await?;
    let details = json!({ "order": order.id, "reason": order.reason });
    let notice = Notice { kind: NoticeKind::KillOrdered, article: Some(article.id), language: None, by: Some(actor.id()), details };
    notices::tell(tx, &people, &notice, now).await?;
    record(tx, actor, Action::KillOrdered, &article, &order, now).await?;
    Ok(Answer::accepted(&OrderedKill { order, confirmers })?.version(article.version))
}

/// Confirm the kill of an article
///
/// As somebody else than who ordered it. The story is killed in the same act.
#[utoipa::path(tag = "workflow", params(ArticlePath, IfMatch), responses((status = 200, description = "Killed", body = ArticleWithTexts)),
    extensions(("x-problems" = json!(["illegal_transition", "four_eyes_required"]))))]
#[post("/articles/{id}/kill/confirm")]
async fn confirm_kill(state: Data<State>, caller: Caller<KillWork>, Path(path): Path<ArticlePath>, precondition: Precondition, write: Write) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let article = at(tx, &caller, path.id, &precondition, now).await?;
            let order = ordered(tx, &article).await?;
            if order.ordered_by == caller.id() {
                return Err(Error::new(Code::FourEyesRequired, "You ordered the kill; a second person has to confirm it."));
            }
            orders::close(tx, &caller, order.id, Outcome::Confirmed, None, now).await?;
            let details = json!({ "order": order.id, "ordered_by": order.ordered_by });
            let article = kill_story(tx, &caller, article, order.killing(), details, now).await?;
            answer(tx, article).await
        })
        .await
}

/// Cancel the kill of an article
///
/// Takes back an order that nobody has confirmed yet.
#[utoipa::path(tag = "workflow", params(ArticlePath, IfMatch), request_body = KillCancellation,
    responses((status = 200, description = "As it was", body = ArticleWithTexts)), extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/articles/{id}/kill/cancel")]
async fn cancel_kill(
    state: Data<State>,
    caller: Caller<KillWork>,
    Path(path): Path<ArticlePath>,
    precondition: Precondition,
    write: Write,
    Body(cancellation): Body<KillCancellation>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    faults.text("/reason", &cancellation.reason, 1, 2_000);
    faults.finish()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let article = at(tx, &caller, path.id, &precondition, now).await?;
            let order = ordered(tx, &article).await?;
            orders::close(tx, &caller, order.id, Outcome::Canceled, Some(&cancellation.reason), now).await?;
            let article = articles::note_order(tx, &caller, article, now).await?;
            let details = json!({ "order": order.id, "reason": cancellation.reason });
            let notice = Notice { kind: NoticeKind::KillCanceled, article: Some(article.id), language: None, by: Some(caller.id()), details };
            notices::tell(tx, &[order.ordered_by], &notice, now).await?;
            record(tx, &caller, Action::KillCanceled, &article, &order, now).await?;
            answer(tx, article).await
        })
        .await
}
