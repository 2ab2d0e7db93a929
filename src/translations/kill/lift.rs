//! Giving a withheld text back to readers: it goes its own way from then on.

use crate::answer::Answer;
use crate::articles::{self, Found};
use crate::audit::Action;
use crate::auth::Caller;
use crate::config::Config;
use crate::db::{Timestamp, Tx};
use crate::error::{Error, Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::{Actor, LiftWork, Permission};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::{self, Change, ChangeType};
use crate::state::State;
use crate::translations::workflow::{TextPath, answer, four_eyes, keep_held, record};
use crate::translations::{Step, Translation, find, step, store};
use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(lift_translation);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Our text rests on another source, which we have checked."}))]
struct LiftOrder {
    /// For the record of the house.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Lift a withheld text
///
/// Gives back to readers, under its address, what was taken from them because the story was killed: the revision that they saw
/// last. From then on the text goes its own way. Only the agency of the text decides that, also where the story is shared with the
/// platform; to confirm the kill in place of it, kill the text.
#[utoipa::path(tag = "workflow", params(TextPath, IfMatch), request_body = LiftOrder, responses((status = 200, description = "Public again", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "four_eyes_required"]))))]
#[post("/articles/{id}/translations/{language}/lift")]
async fn lift_translation(
    state: Data<State>,
    caller: Caller<LiftWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<LiftOrder>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    faults.text("/reason", &order.reason, 1, 1_000);
    faults.finish()?;
    write
        .run(&caller, async |tx| {
            let (text, found) = find(tx, &caller, LiftWork::RULE, path.id, &path.language, state.clock.now()).await?;
            precondition.check(text.standing())?;
            let now = state.clock.now();
            answer(&lift(tx, &state.config, &caller, &text, &found, &order.reason, now).await?)
        })
        .await
}

async fn lift(tx: &mut Tx, config: &Config, actor: &Actor, text: &Translation, found: &Found, reason: &str, now: Timestamp) -> Result<Translation> {
    let to = step(text.publication, text.review, Step::Lift)?;
    four_eyes(actor, text)?;
    let slug = match &text.withheld_slug {
        Some(slug) => slug.clone(),
        None => publication::claim_slug(tx, text.article_id, &text.language, text.slug.as_deref(), &text.text.headline, text.is_embargoed(now)).await?,
    };
    store::lift(tx, actor, text, to, reason, now).await?;
    let people = notices::desk(tx, found.article.agency_id).await?;
    let details = json!({ "reason": reason });
    let notice = Notice { kind: NoticeKind::Lifted, article: Some(text.article_id), language: Some(&text.language), by: Some(actor.id()), details };
    notices::tell(tx, &people, &notice, now).await?;
    let seq = publication::publish_at(tx, config, text.article_id, &text.language, slug, &Change::of(ChangeType::Published), now).await?;
    keep_held(tx, text, seq.is_none().then_some(text.embargo_until).flatten(), now).await?;
    articles::touch(tx, text.article_id, actor.id(), now).await?;
    record(tx, actor, Action::TextLifted, text, json!({ "change": seq, "revision": text.published_revision }), now).await?;
    store::read(tx, text.article_id, &text.language).await?.ok_or_else(|| Error::internal("the text that was lifted is not there"))
}
