//! What became of the original since a translation was made, and what its people say to that.

use super::compare::{self, Comparison};
use super::workflow::{TextPath, answer, at};
use super::{Step, Translation, revisions, step, store};
use crate::answer::Answer;
use crate::articles::{self, Freshness};
use crate::assignments::{self, Event};
use crate::auth::Caller;
use crate::db::{Reader, Timestamp};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::policy::{Permission, ReadWork, ReviewWork, WriteWork};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::{ChangeKind, ChangeType};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(get_freshness).service(check_translation).service(detach_translation).service(attach_translation);
}

/// How a translation stands to its original, and why.
#[derive(Debug, Serialize, ToSchema)]
struct FreshnessReport {
    /// `null` for the original.
    freshness: Option<Freshness>,
    /// When it ceased to be current.
    since: Option<Timestamp>,
    /// The gravest that readers of the original have been told since; `null` where it changed before they saw it.
    severity: Option<ChangeKind>,
    original_language: Option<Tag>,
    /// The revision of the original that it was made from.
    base_revision: Option<i32>,
    /// The revision of the original that it is measured by: the published one; before the first publication, the newest.
    original_revision: Option<i32>,
    /// Why it was detached, or attached again.
    reason: Option<String>,
    /// What happened to the original since, the oldest first.
    changes: Vec<OriginalChange>,
    /// The original then and now, where there is a difference.
    difference: Option<Comparison>,
}

/// A public event of the original.
#[derive(Debug, FromRow, Serialize, ToSchema)]
struct OriginalChange {
    r#type: ChangeType,
    revision: i32,
    change_kind: Option<ChangeKind>,
    public_note: Option<String>,
    at: Timestamp,
}

impl OriginalChange {
    fn is_withdrawal(&self) -> bool {
        matches!(self.r#type, ChangeType::Unpublished | ChangeType::Killed)
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"original_revision": 2}))]
struct CheckOrder {
    /// The revision of the original that you compared the text with, as its freshness told.
    #[schema(minimum = 1)]
    original_revision: i32,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The text is for readers in one country, and goes its own way."}))]
struct FreshnessOrder {
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

impl FreshnessOrder {
    fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        faults.text("/reason", &self.reason, 1, 1_000);
        faults.finish()
    }
}

/// Compare a translation with its original
///
/// Whether the original has moved on since the translation was made, since when, how gravely, and what differs by block and word.
#[utoipa::path(tag = "translations", params(TextPath), responses((status = 200, description = "Its freshness", body = FreshnessReport)))]
#[get("/articles/{id}/translations/{language}/freshness")]
async fn get_freshness(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<TextPath>) -> Result<Answer> {
    articles::reach(&state.db, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    let texts = store::list(&state.db, path.id).await?;
    let text = texts.iter().find(|text| text.language == path.language).ok_or_else(|| Error::not_found("translation"))?;
    let original = texts.iter().find(|original| original.is_original && !text.is_original);
    let mut report = FreshnessReport {
        freshness: text.freshness,
        since: None,
        severity: None,
        original_language: original.map(|original| original.language.clone()),
        base_revision: text.base_revision,
        original_revision: original.map(|original| original.published_revision.unwrap_or(original.revision)),
        reason: text.freshness_reason.clone(),
        changes: vec![],
        difference: None,
    };
    let (Some(original), Some(base)) = (original, text.base_revision) else { return Answer::ok(&report) };
    report.changes = changes(&state.db, path.id, &original.language, base).await?;
    let first = report.changes.iter().find(|change| change.revision > base && !change.is_withdrawal());
    // Before its first publication, an original changes without a kind.
    let from_draft = first.is_none_or(|change| change.change_kind.is_none());
    report.severity = report.changes.iter().filter_map(|change| change.change_kind).max().filter(|kind| !from_draft || *kind > ChangeKind::Fix);
    if let Some(newer) = report.original_revision.filter(|revision| *revision > base) {
        report.difference = Some(compare::between(&state.db, path.id, &original.language, base, newer).await?);
    }
    report.since = match text.freshness {
        None | Some(Freshness::Current) => None,
        Some(Freshness::Detached) => text.detached_at,
        Some(Freshness::Orphaned) => {
            let withdrawals = report.changes.iter().rev().take_while(|change| change.is_withdrawal());
            withdrawals.last().map(|change| change.at).or(original.killed_at)
        }
        Some(Freshness::Drifted | Freshness::Stale) => match first {
            Some(change) if !from_draft => Some(change.at),
            _ => Some(revisions::read(&state.db, path.id, &original.language, base + 1).await?.created_at),
        },
    };
    Answer::ok(&report)
}

/// The public events of a text after a revision, and its withdrawals that are in force.
async fn changes(on: impl Reader<'_>, article: Uuid, language: &Tag, after: i32) -> Result<Vec<OriginalChange>> {
    let query = on
        .query("SELECT c.type, c.revision, c.change_kind, c.public_note, c.at FROM published_changes c WHERE c.article_id = ")
        .push_bind(article)
        .push(" AND c.language = ")
        .push_bind(language)
        .push(" AND (c.revision > ")
        .push_bind(after)
        .push(
            " OR (c.type IN ('unpublished', 'killed') AND NOT EXISTS (SELECT 1 FROM published_changes p WHERE p.article_id = c.article_id \
             AND p.language = c.language AND p.seq > c.seq AND p.type NOT IN ('unpublished', 'killed')))) ORDER BY c.seq",
        );
    Ok(query.all().await?)
}

/// Say that nothing needs to change
///
/// The translation counts as made from that revision of the original, without a new revision of its own. Refused where the original has
/// moved on meanwhile.
#[utoipa::path(tag = "translations", params(TextPath, IfMatch), request_body = CheckOrder, responses((status = 200, description = "Current", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/articles/{id}/translations/{language}/freshness/check")]
async fn check_translation(
    state: Data<State>,
    caller: Caller<WriteWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<CheckOrder>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, WriteWork::RULE, &path, &precondition, now).await?;
            follows(&text)?;
            match text.freshness {
                Some(Freshness::Orphaned) => return Err(Error::new(Code::Conflict, "The original is not public any more: there is nothing to follow.")),
                Some(Freshness::Detached) => return Err(Error::new(Code::Conflict, "The text goes its own way: attach it first.")),
                _ => {}
            }
            let original = store::original_revision(&mut *tx, path.id).await?;
            if original != Some(order.original_revision) {
                return Err(
                    Error::new(Code::Conflict, "Readers have another revision of the original: compare with that one.").with("original_revision", original)
                );
            }
            assignments::follow(tx, &caller, (path.id, &path.language, text.revision), Event::Checked, now).await?;
            if text.base_revision == original && !text.correction_pending {
                return answer(&text);
            }
            answer(&store::check_off(tx, &caller, &text, now).await?)
        })
        .await
}

/// Detach a translation
///
/// From now on it goes its own way: whatever becomes of the original, it does not grow stale.
#[utoipa::path(tag = "translations", params(TextPath, IfMatch), request_body = FreshnessOrder, responses((status = 200, description = "Detached", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/articles/{id}/translations/{language}/freshness/detach")]
async fn detach_translation(
    state: Data<State>,
    caller: Caller<ReviewWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<FreshnessOrder>,
) -> Result<Answer> {
    decide(&state, caller, &path, &precondition, write, &order, true).await
}

/// Attach a translation
///
/// It follows its original again, from the revision that it was made from.
#[utoipa::path(tag = "translations", params(TextPath, IfMatch), request_body = FreshnessOrder, responses((status = 200, description = "Attached", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict"]))))]
#[post("/articles/{id}/translations/{language}/freshness/attach")]
async fn attach_translation(
    state: Data<State>,
    caller: Caller<ReviewWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<FreshnessOrder>,
) -> Result<Answer> {
    decide(&state, caller, &path, &precondition, write, &order, false).await
}

async fn decide(
    state: &State,
    caller: Caller<ReviewWork>,
    path: &TextPath,
    precondition: &Precondition,
    write: Write,
    order: &FreshnessOrder,
    detached: bool,
) -> Result<Answer> {
    order.check()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, ReviewWork::RULE, path, precondition, now).await?;
            follows(&text)?;
            if text.detached_at.is_some() == detached {
                return Err(Error::new(Code::Conflict, if detached { "The text goes its own way already." } else { "The text follows its original already." }));
            }
            if detached {
                assignments::follow(tx, &caller, (path.id, &path.language, text.revision), Event::Detached, now).await?;
            }
            answer(&store::detach(tx, &caller, &text, detached.then_some(now), &order.reason, now).await?)
        })
        .await
}

/// Only what can still be edited, and has an original, follows it.
fn follows(text: &Translation) -> Result<()> {
    if text.is_original {
        return Err(Error::new(Code::Conflict, "This is the original: it follows nothing."));
    }
    step(text.publication, text.review, Step::Edit).map(|_| ())
}
