//! The steps of a text: submit, return, approve, publish, unpublish, kill, assign.

use super::store::{self, Moved};
use super::{EndEmbargo, Publication, Step, Translation, embargo, find, revisions, step, variants};
use crate::answer::Answer;
use crate::assignments::{self, Event};
use crate::audit::{self, Action, By, Changes, Entry};
use crate::auth::Caller;
use crate::config::Config;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, OptionalBody, Path};
use crate::idempotency::Write;
use crate::jobs;
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::{Actor, AssignWork, KillWork, Permission, PublishWork, ReviewWork, Rule, SubmitWork};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::{self, Change, ChangeKind, ChangeType, Rebuild, RebuildSelection};
use crate::schedule::{self, ScheduledStep};
use crate::staff;
use crate::state::State;
use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(submit_translation)
        .service(return_translation)
        .service(approve_translation)
        .service(publish_translation)
        .service(unpublish_translation)
        .service(kill_translation)
        .service(assign_translation);
}

/// Where a text is.
#[derive(Deserialize, IntoParams)]
pub struct TextPath {
    /// The article.
    pub id: Uuid,
    /// BCP 47: `kk`, `kk-Latn`.
    #[param(value_type = Tag, example = "kk")]
    pub language: Tag,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The figures in the second paragraph need a source."}))]
struct ReturnOrder {
    /// For the author.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"change_kind": "correction", "public_note": "An earlier version named the wrong port."}))]
pub struct PublishOrder {
    /// Why it is published anew; needed exactly when readers have seen an earlier revision.
    pub change_kind: Option<ChangeKind>,
    /// What readers are told; needed for a clarification or correction.
    #[schema(min_length = 1, max_length = 1000)]
    pub public_note: Option<String>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"public_note": "The text is being checked."}))]
struct UnpublishOrder {
    /// What the change log says.
    #[schema(min_length = 1, max_length = 1000)]
    public_note: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The source has proved to be forged.", "public_note": "This text was withdrawn because it was not true."}))]
struct KillOrder {
    /// For the record of the house.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
    /// What its address says from now on.
    #[schema(min_length = 1, max_length = 1000)]
    public_note: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssignOrder {
    /// An active staff member of the text's agency; `null` for nobody.
    staff_id: Option<Uuid>,
}

pub(super) async fn at(tx: &mut Tx, caller: &Actor, rule: &Rule, path: &TextPath, precondition: &Precondition, now: Timestamp) -> Result<Translation> {
    let (text, _) = find(tx, caller, rule, path.id, &path.language, now).await?;
    precondition.check(text.standing())?;
    Ok(text)
}

pub(super) fn answer(text: &Translation) -> Result<Answer> {
    Ok(Answer::ok(text)?.version(text.version))
}

/// Where the agency asks for four eyes, nobody decides alone about their own words.
pub(super) fn four_eyes(actor: &Actor, text: &Translation) -> Result<()> {
    if text.four_eyes && text.last_author == actor.id() {
        return Err(Error::new(Code::FourEyesRequired, "You wrote the newest revision; the agency asks for a second person to decide about it."));
    }
    Ok(())
}

/// Submits the newest revision for review.
///
/// # Errors
/// `illegal_transition`, `validation_failed` for a text that is not complete, and when the database fails.
pub async fn submit(tx: &mut Tx, actor: &Actor, text: &Translation, now: Timestamp) -> Result<Translation> {
    let to = step(text.publication, text.review, Step::Submit)?;
    complete(text)?;
    follow(tx, actor, text, Event::Submitted, now).await?;
    store::advance(tx, actor, text, to, Moved::default(), now).await
}

/// Brings the work on a text along.
async fn follow(tx: &mut Tx, actor: &Actor, text: &Translation, event: Event<'_>, now: Timestamp) -> Result<()> {
    assignments::follow(tx, actor, (text.article_id, &text.language, text.revision), event, now).await
}

/// What must be there before others read it.
fn complete(text: &Translation) -> Result<()> {
    let mut faults = Faults::default();
    faults.check(!text.text.body.is_blank(), "/body", "required", "the text has no body yet");
    faults.finish()
}

/// Approves the newest revision.
///
/// # Errors
/// `illegal_transition`, `four_eyes_required`, and when the database fails.
pub async fn approve(tx: &mut Tx, actor: &Actor, text: &Translation, now: Timestamp) -> Result<Translation> {
    let to = step(text.publication, text.review, Step::Approve)?;
    four_eyes(actor, text)?;
    follow(tx, actor, text, Event::Approved, now).await?;
    let approved = store::advance(tx, actor, text, to, Moved::default(), now).await?;
    schedule::approved(tx, text.article_id, &text.language, now).await?;
    Ok(approved)
}

/// Publishes the newest revision.
///
/// # Errors
/// `illegal_transition`, `four_eyes_required`, `validation_failed`, `already_exists` for the address, `conflict` where the original, or the text that a variant
/// was made of, is under an embargo that the text is not, and when the database fails.
pub async fn publish(tx: &mut Tx, config: &Config, actor: &Actor, text: &Translation, order: PublishOrder, now: Timestamp) -> Result<Translation> {
    step(text.publication, text.review, Step::Publish)?;
    if matches!(text.review, super::Review::Draft | super::Review::InReview) {
        four_eyes(actor, text)?;
    }
    put_out(tx, config, actor, text, order, None, now).await
}

/// Publishes the newest revision of a variant as a rule of its agency wants it. The rule answers for it, and nobody in person.
///
/// # Errors
/// As [`publish`], without `four_eyes_required`.
pub(super) async fn publish_by_rule(
    tx: &mut Tx,
    config: &Config,
    actor: &Actor,
    text: &Translation,
    order: PublishOrder,
    now: Timestamp,
) -> Result<Translation> {
    let published = put_out(tx, config, actor, text, order, Some(Action::VariantPublished), now).await?;
    schedule::done_by_hand(tx, actor, text, ScheduledStep::Publish, now).await?;
    Ok(published)
}

/// `by_rule`: what it is called in the log where no person published it.
async fn put_out(
    tx: &mut Tx,
    config: &Config,
    actor: &Actor,
    text: &Translation,
    order: PublishOrder,
    by_rule: Option<Action>,
    now: Timestamp,
) -> Result<Translation> {
    let to = step(text.publication, text.review, Step::Publish)?;
    complete(text)?;
    let seen = text.seen(&mut *tx).await?;
    let shown = text.publication == Publication::Published && publication::is_public(tx, text.article_id, &text.language).await?;
    let change = change_of(text, &order, seen, shown)?;
    if !shown {
        embargo::keep_with_original(tx, text, now).await?;
    }
    embargo::keep_with_source(tx, text, text.embargo_until, now).await?;
    let own = text.slug.as_deref();
    let slug = publication::claim_slug(tx, text.article_id, &text.language, own, &text.text.headline, text.is_embargoed(now)).await?;
    store::put_state(tx, actor, text, to, Moved { published: Some(&slug), ..Moved::default() }, now).await?;
    if !text.is_original {
        store::pin(tx, text).await?;
    }
    if text.derived_from.is_some() {
        variants::mark(tx, text, by_rule.is_some()).await?;
    }
    follow(tx, actor, text, Event::Published, now).await?;
    if let Some(kind) = change.kind.filter(|_| text.is_original) {
        assignments::open_for_change(tx, actor, text.article_id, kind, change.public_note.as_deref(), now).await?;
    }
    let seq = publication::publish(tx, config, text.article_id, &text.language, &change, now).await?;
    if seq.is_some() && credits_change(tx, text, seen).await? {
        jobs::enqueue(&mut *tx, &Rebuild::of(RebuildSelection::Article(text.article_id)), now, now).await?;
    }
    let held = seq.is_none().then_some(text.embargo_until).flatten();
    keep_held(tx, text, held, now).await?;
    let details = json!({ "change": seq, "revision": text.revision, "type": change.r#type, "change_kind": change.kind, "embargo_until": held });
    let action = if change.r#type == ChangeType::Corrected { Action::TextCorrected } else { Action::TextPublished };
    if seq.is_some() {
        variants::note(tx, actor.id(), text, text.revision, now).await?;
    }
    let by = if by_rule.is_some() { By::Service } else { By::from(actor) };
    let entry = Entry { action: by_rule.unwrap_or(action), agency: Some(text.agency_id), subject: text.article_id, language: Some(&text.language), details };
    audit::record(tx, by, entry, now).await?;
    store::read(tx, text.article_id, &text.language).await?.ok_or_else(|| Error::internal("the text that was published is not there"))
}

/// Sees to it that readers get what an embargo keeps from them, also where its end came and found nothing.
///
/// # Errors
/// When the database fails.
pub(super) async fn keep_held(tx: &mut Tx, text: &Translation, until: Option<Timestamp>, now: Timestamp) -> Result<()> {
    if let Some(until) = until {
        jobs::enqueue(&mut *tx, &EndEmbargo { article: text.article_id, language: text.language.clone() }, until, now).await?;
    }
    Ok(())
}

/// Whether other public texts of the story now name other people who wrote it than those of the revision `seen` before.
async fn credits_change(tx: &mut Tx, text: &Translation, seen: Option<i32>) -> Result<bool> {
    if !text.is_original || seen == Some(text.revision) || !publication::has_translations(tx, text.article_id).await? {
        return Ok(false);
    }
    match seen {
        Some(before) => Ok(revisions::read(tx, text.article_id, &text.language, before).await?.text.authors != text.text.authors),
        None => Ok(true),
    }
}

/// What the change log says of a publication of a text of which readers saw the revision `seen` last, and which is `shown` now or not.
fn change_of(text: &Translation, order: &PublishOrder, seen: Option<i32>, shown: bool) -> Result<Change> {
    let seen = seen.is_some_and(|seen| seen != text.revision);
    let mut faults = Faults::default();
    match order.change_kind {
        None if seen => faults.add("/change_kind", "required", "readers have seen an earlier revision: say fix, update, clarification or correction"),
        Some(_) if !seen => faults.add("/change_kind", "not_allowed", "readers have seen no other revision: leave it out"),
        Some(ChangeKind::Clarification | ChangeKind::Correction) if order.public_note.as_deref().is_none_or(|note| note.trim().is_empty()) => {
            faults.add("/public_note", "required", "readers must be told what was clarified or corrected");
        }
        _ => {}
    }
    if let Some(note) = &order.public_note {
        faults.text("/public_note", note, 1, 1_000);
    }
    faults.finish()?;
    let r#type = match order.change_kind {
        _ if !shown => ChangeType::Published,
        Some(ChangeKind::Clarification | ChangeKind::Correction) => ChangeType::Corrected,
        _ => ChangeType::Updated,
    };
    Ok(Change { kind: order.change_kind, public_note: order.public_note.clone(), ..Change::of(r#type) })
}

/// Takes a text away from readers; it may be published again. What a rule published with it leaves with it.
///
/// # Errors
/// `illegal_transition`, and when the database fails.
pub async fn unpublish(tx: &mut Tx, actor: &Actor, text: &Translation, note: Option<String>, now: Timestamp) -> Result<Translation> {
    step(text.publication, text.review, Step::Unpublish)?;
    let variants = variants::with_source(tx, text, false).await?;
    if !variants.is_empty() {
        publication::hold_changes(tx).await?;
    }
    let moved = take_down(tx, actor, text, note.clone(), now).await?;
    for variant in &variants {
        variants::leave(tx, variant).await?;
        take_down(tx, actor, variant, note.clone(), now).await?;
    }
    for variant in &variants {
        schedule::done_by_hand(tx, actor, variant, ScheduledStep::Unpublish, now).await?;
    }
    Ok(moved)
}

async fn take_down(tx: &mut Tx, actor: &Actor, text: &Translation, note: Option<String>, now: Timestamp) -> Result<Translation> {
    let to = step(text.publication, text.review, Step::Unpublish)?;
    let moved = store::advance(tx, actor, text, to, Moved::default(), now).await?;
    let change = Change { public_note: note, ..Change::of(ChangeType::Unpublished) };
    let seq = publication::withdraw(tx, text.article_id, &text.language, &change, now).await?;
    record(tx, actor, Action::TextUnpublished, text, json!({ "change": seq, "revision": text.published_revision }), now).await?;
    Ok(moved)
}

/// Withdraws a text for good, and with it its variants in other scripts that its agency has: they say the same. What was never public is
/// frozen, without a tombstone.
///
/// # Errors
/// `illegal_transition`, `four_eyes_required`, and when the database fails.
pub async fn kill(tx: &mut Tx, actor: &Actor, text: &Translation, reason: &str, note: String, now: Timestamp) -> Result<Translation> {
    step(text.publication, text.review, Step::Kill)?;
    four_eyes(actor, text)?;
    let variants = variants::with_source(tx, text, true).await?;
    if !variants.is_empty() {
        publication::hold_changes(tx).await?;
    }
    let killed = bury(tx, actor, text, reason, note.clone(), now).await?;
    for variant in &variants {
        bury(tx, actor, variant, reason, note.clone(), now).await?;
    }
    Ok(killed)
}

async fn bury(tx: &mut Tx, actor: &Actor, text: &Translation, reason: &str, note: String, now: Timestamp) -> Result<Translation> {
    let to = step(text.publication, text.review, Step::Kill)?;
    let moved = store::advance(tx, actor, text, to, Moved { killed: Some(reason), ..Moved::default() }, now).await?;
    // Without its original a story has no work left.
    let language = (!text.is_original).then_some(&text.language);
    assignments::close(tx, actor, text.article_id, language, "The text was killed.", now).await?;
    let change = Change { public_note: Some(note), ..Change::of(ChangeType::Killed) };
    let seq = publication::withdraw(tx, text.article_id, &text.language, &change, now).await?;
    let people = notices::people_of(tx, text.article_id, &text.language).await?;
    let details = json!({ "reason": reason });
    let notice = Notice { kind: NoticeKind::Killed, article: Some(text.article_id), language: Some(&text.language), by: Some(actor.id()), details };
    notices::tell(tx, &people, &notice, now).await?;
    record(tx, actor, Action::TextKilled, text, json!({ "change": seq, "revision": text.published_revision }), now).await?;
    schedule::cancel_for(tx, actor, text.article_id, Some(&text.language), now).await?;
    Ok(moved)
}

/// Leaves a trace of what was done to a text.
pub(super) async fn record(tx: &mut Tx, actor: &Actor, action: Action, text: &Translation, details: Value, now: Timestamp) -> Result<()> {
    let entry = Entry { action, agency: Some(text.agency_id), subject: text.article_id, language: Some(&text.language), details };
    audit::record(tx, actor.into(), entry, now).await
}

/// Tells people what was done to a text of theirs.
async fn tell(tx: &mut Tx, actor: &Actor, kind: NoticeKind, people: &[Uuid], text: &Translation, now: Timestamp) -> Result<()> {
    let details = json!({ "revision": text.revision });
    let notice = Notice { kind, article: Some(text.article_id), language: Some(&text.language), by: Some(actor.id()), details };
    notices::tell(tx, people, &notice, now).await
}

/// Submit a text for review
#[utoipa::path(tag = "workflow", params(TextPath, IfMatch), responses((status = 200, description = "In review", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "validation_failed"]))))]
#[post("/articles/{id}/translations/{language}/submit")]
async fn submit_translation(
    state: Data<State>,
    caller: Caller<SubmitWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, SubmitWork::RULE, &path, &precondition, now).await?;
            answer(&submit(tx, &caller, &text, now).await?)
        })
        .await
}

/// Return a text to its author
#[utoipa::path(tag = "workflow", params(TextPath, IfMatch), request_body = ReturnOrder, responses((status = 200, description = "A draft again", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/articles/{id}/translations/{language}/return")]
async fn return_translation(
    state: Data<State>,
    caller: Caller<ReviewWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<ReturnOrder>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    faults.text("/reason", &order.reason, 1, 2_000);
    faults.finish()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, ReviewWork::RULE, &path, &precondition, now).await?;
            let to = step(text.publication, text.review, Step::Return)?;
            follow(tx, &caller, &text, Event::Returned(&order.reason), now).await?;
            let moved = store::advance(tx, &caller, &text, to, Moved { return_reason: Some(&order.reason), ..Moved::default() }, now).await?;
            let people = notices::people_of(tx, path.id, &path.language).await?;
            tell(tx, &caller, NoticeKind::Returned, &people, &text, now).await?;
            answer(&moved)
        })
        .await
}

/// Approve a text
///
/// Where the agency asks for four eyes, not by whoever wrote the newest revision.
#[utoipa::path(tag = "workflow", params(TextPath, IfMatch), responses((status = 200, description = "Approved", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "four_eyes_required"]))))]
#[post("/articles/{id}/translations/{language}/approve")]
async fn approve_translation(
    state: Data<State>,
    caller: Caller<ReviewWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, ReviewWork::RULE, &path, &precondition, now).await?;
            answer(&approve(tx, &caller, &text, now).await?)
        })
        .await
}

/// Publish a text
///
/// Only this language; no other text of the story is touched. A draft is approved in the same act, under the same rule
/// of four eyes. While the original is under embargo, a text needs one that ends no earlier, or readers would know of the story; so does a
/// variant with the text that it was made of. The body may be left out for a first publication. What is scheduled to publish it has nothing left to do.
#[utoipa::path(tag = "workflow", params(TextPath, IfMatch), request_body(content = Option<PublishOrder>, content_type = "application/json"),
    responses((status = 200, description = "Published", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "four_eyes_required", "already_exists", "conflict", "validation_failed"]))))]
#[post("/articles/{id}/translations/{language}/publish")]
async fn publish_translation(
    state: Data<State>,
    caller: Caller<PublishWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    OptionalBody(order): OptionalBody<PublishOrder>,
) -> Result<Answer> {
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, PublishWork::RULE, &path, &precondition, state.clock.now()).await?;
            // An embargo may have ended while somebody else held the story.
            let now = state.clock.now();
            let published = publish(tx, &state.config, &caller, &text, order, now).await?;
            schedule::done_by_hand(tx, &caller, &text, ScheduledStep::Publish, now).await?;
            answer(&published)
        })
        .await
}

/// Unpublish a text
///
/// Readers get 404; it may be published again, under the same address. What is scheduled to unpublish it has nothing left to do.
#[utoipa::path(tag = "workflow", params(TextPath, IfMatch), request_body(content = Option<UnpublishOrder>, content_type = "application/json"),
    responses((status = 200, description = "Unpublished", body = Translation)), extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/articles/{id}/translations/{language}/unpublish")]
async fn unpublish_translation(
    state: Data<State>,
    caller: Caller<PublishWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    OptionalBody(order): OptionalBody<UnpublishOrder>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    if let Some(note) = &order.public_note {
        faults.text("/public_note", note, 1, 1_000);
    }
    faults.finish()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, PublishWork::RULE, &path, &precondition, now).await?;
            let unpublished = unpublish(tx, &caller, &text, order.public_note, now).await?;
            schedule::done_by_hand(tx, &caller, &text, ScheduledStep::Unpublish, now).await?;
            answer(&unpublished)
        })
        .await
}

/// Kill a text
///
/// Withdraws this one text for good: readers get 410 with the public note, under every address it ever had. It cannot be
/// edited or published again. Where the agency asks for four eyes, not by whoever wrote the newest revision.
#[utoipa::path(tag = "workflow", params(TextPath, IfMatch), request_body = KillOrder, responses((status = 200, description = "Killed", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "four_eyes_required"]))))]
#[post("/articles/{id}/translations/{language}/kill")]
async fn kill_translation(
    state: Data<State>,
    caller: Caller<KillWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<KillOrder>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    faults.text("/reason", &order.reason, 1, 2_000);
    faults.text("/public_note", &order.public_note, 1, 1_000);
    faults.finish()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let text = at(tx, &caller, KillWork::RULE, &path, &precondition, now).await?;
            answer(&kill(tx, &caller, &text, &order.reason, order.public_note, now).await?)
        })
        .await
}

/// Assign a text
///
/// Says who works on it, from now on with the rights of an author.
#[utoipa::path(tag = "workflow", params(TextPath, IfMatch), request_body = AssignOrder, responses((status = 200, description = "Assigned", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/articles/{id}/translations/{language}/assign")]
async fn assign_translation(
    state: Data<State>,
    caller: Caller<AssignWork>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<AssignOrder>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            // People before stories, as a departure locks them.
            let agency = match order.staff_id {
                Some(id) => staff::find_active(&mut *tx, id).await?,
                None => None,
            };
            let text = at(tx, &caller, AssignWork::RULE, &path, &precondition, now).await?;
            step(text.publication, text.review, Step::Edit)?;
            if order.staff_id.is_some() && agency != Some(text.agency_id) {
                return Err(Error::invalid("/staff_id", "unknown_staff", "is not an active staff member of the text's agency"));
            }
            assignments::given(tx, &caller, path.id, &path.language, order.staff_id, now).await?;
            let assigned = store::assign(tx, &caller, &text, order.staff_id, now).await?;
            let people: Vec<Uuid> = order.staff_id.filter(|_| order.staff_id != text.assignee_id).into_iter().collect();
            tell(tx, &caller, NoticeKind::Assigned, &people, &text, now).await?;
            let changes = Changes::default().small("assignee", &text.assignee_id, &order.staff_id);
            if !changes.is_empty() {
                record(tx, &caller, Action::TextAssigned, &text, changes.details(), now).await?;
            }
            answer(&assigned)
        })
        .await
}
