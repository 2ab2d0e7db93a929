//! Embargoes: a text is kept from readers until a time, also where it is published; partners with the scope see it before.

use super::workflow::{TextPath, answer, at, four_eyes};
use super::{Publication, Step, Translation, kill_is_pending, step, store, variants};
use crate::answer::Answer;
use crate::audit::{self, Action, By, Entry};
use crate::auth::Caller;
use crate::config::Config;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::jobs::{self, Job};
use crate::language::Tag;
use crate::notices::{self, Notice, NoticeKind};
use crate::policy::{Actor, ChangeEmbargo, Permission, decide};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::{self, Rebuild, RebuildSelection};
use crate::state::State;
use crate::{articles, partner, staff, when};
use actix_web::web::Data;
use actix_web::{delete, get, post, put};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(put_embargo).service(delete_embargo).service(lift_embargo).service(list_embargo_readers);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"until": "2026-10-25T09:00", "time_zone": "Asia/Baku"}))]
struct EmbargoOrder {
    /// A time of day in `time_zone`, or an instant with its offset or `Z`.
    until: String,
    /// IANA.
    time_zone: Option<String>,
    /// Which of two, where the clocks are put back: `+03:00`.
    offset: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The ministry has published the figures early."}))]
struct EmbargoLiftOrder {
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Lets readers see a text when its embargo ends.
#[derive(Debug, Serialize, Deserialize)]
pub struct EndEmbargo {
    pub article: Uuid,
    pub language: Tag,
}

impl Job for EndEmbargo {
    const KIND: &'static str = "embargo.end";
    const PROMPT: bool = true;

    fn key(&self) -> Option<String> {
        Some(key(self.article, &self.language))
    }

    fn text(&self) -> Option<(Uuid, Tag)> {
        Some((self.article, self.language.clone()))
    }

    async fn run(self, state: &State) -> anyhow::Result<()> {
        let mut tx = state.db.begin().await?;
        articles::hold(&mut tx, self.article).await?;
        let now = state.clock.now();
        if kill_is_pending(&mut tx, self.article).await? {
            jobs::put_off(&mut tx, &self, now).await?;
        } else {
            end(&mut tx, state, &self, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn given_up(self, state: &State) -> anyhow::Result<()> {
        let mut tx = state.db.begin().await?;
        let mut people = notices::people_of(&mut tx, self.article, &self.language).await?;
        let query = tx.query("SELECT agency_id, embargo_by FROM translations WHERE article_id = $1 AND language = $2");
        let found: Option<(Uuid, Option<Uuid>)> = query.bind(self.article).bind(&self.language).optional().await?;
        if let Some((agency, set_by)) = found {
            people.extend(notices::desk(&mut tx, agency).await?);
            if let Some(by) = set_by
                && staff::find_active(&mut tx, by).await?.is_some()
            {
                people.push(by);
            }
        }
        let details = json!({ "job": Self::KIND, "code": Code::Internal.as_str() });
        let notice = Notice { kind: NoticeKind::JobFailed, article: Some(self.article), language: Some(&self.language), by: None, details };
        notices::tell(&mut tx, &people, &notice, state.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Shows readers the text of a job, and the original before it, and what a variant was made of, where that is due too. The story is held.
async fn end(tx: &mut Tx, state: &State, job: &EndEmbargo, now: Timestamp) -> Result<()> {
    let mut due = vec![];
    let texts = store::list(&mut *tx, job.article).await?;
    let of = texts.iter().find(|text| text.language == job.language).and_then(|text| text.derived_from.as_ref()).map(|source| source.language.clone());
    for text in texts {
        let is_first = text.is_original || of.as_ref() == Some(&text.language);
        let is_due = text.embargo_until.is_some_and(|until| until <= now) && (is_first || text.language == job.language);
        // What is not published is left alone: somebody may be writing.
        if is_due && publication::is_held(tx, text.article_id, &text.language).await? {
            due.push(text);
        }
    }
    let mut opened = vec![];
    for text in due {
        let by = set_by(tx, &text).await?.unwrap_or(text.updated_by);
        if let Some(seq) = open(tx, &state.config, by, &text, now).await? {
            opened.push((text, seq));
        }
    }
    for (text, seq) in opened {
        record(tx, By::Service, Action::EmbargoEnded, &text, json!({ "change": seq, "until": text.embargo_until }), now).await?;
    }
    Ok(())
}

fn key(article: Uuid, language: &Tag) -> String {
    format!("embargo:{article}:{language}")
}

async fn set_by(tx: &mut Tx, text: &Translation) -> Result<Option<Uuid>> {
    let query = tx.query("SELECT embargo_by FROM translations WHERE article_id = $1 AND language = $2");
    let (by,): (Option<Uuid>,) = query.bind(text.article_id).bind(&text.language).one().await?;
    Ok(by)
}

/// The embargo that keeps the original of a story from readers, and who set it.
pub(super) async fn of_original(tx: &mut Tx, article: Uuid, now: Timestamp) -> Result<Option<(Timestamp, Option<Uuid>)>> {
    let query = tx.query(
        "SELECT embargo_until, embargo_by FROM translations \
         WHERE article_id = $1 AND is_original AND deleted_at IS NULL AND publication <> 'killed' AND embargo_until > $2",
    );
    Ok(query.bind(article).bind(now).optional().await?)
}

/// A translation does not go before its original that is under embargo.
pub(super) async fn keep_with_original(tx: &mut Tx, text: &Translation, now: Timestamp) -> Result<()> {
    if text.is_original {
        return Ok(());
    }
    match of_original(tx, text.article_id, now).await? {
        Some((until, _)) if text.embargo_until.is_none_or(|own| own < until) => {
            let detail = format!("The original is under embargo until {until}: set the same embargo on this text, or lift that of the original.");
            Err(Error::new(Code::Conflict, detail).with("embargo_until", until.to_string()))
        }
        _ => Ok(()),
    }
}

/// A variant does not go before the text that it was made of, which says the same; `until` is the embargo that it has or will have.
pub(super) async fn keep_with_source(tx: &mut Tx, text: &Translation, until: Option<Timestamp>, now: Timestamp) -> Result<()> {
    let Some(of) = &text.derived_from else { return Ok(()) };
    let query = tx.query(
        "SELECT embargo_until FROM translations WHERE article_id = $1 AND language = $2 AND deleted_at IS NULL AND publication <> 'killed' AND embargo_until > $3",
    );
    match query.bind(text.article_id).bind(&of.language).bind(now).optional::<(Timestamp,)>().await? {
        Some((source,)) if until.is_none_or(|own| own < source) => {
            let language = &of.language;
            let detail = format!("The text in {language} that this one was made of is under embargo until {source}: wait for it, or lift it.");
            Err(Error::new(Code::Conflict, detail).with("embargo_until", source.to_string()))
        }
        _ => Ok(()),
    }
}

/// Puts a new translation under the embargo of its original, where that is under one.
pub(super) async fn inherit(tx: &mut Tx, article: Uuid, language: &Tag, now: Timestamp) -> Result<()> {
    match of_original(tx, article, now).await? {
        Some((until, by)) => begin(tx, article, language, (until, by), now).await,
        None => Ok(()),
    }
}

/// Puts a new variant under the embargo of the text that it was made of, where that is longer than its own.
pub(super) async fn inherit_from(tx: &mut Tx, source: &Translation, variant: &Translation, now: Timestamp) -> Result<()> {
    match source.embargo_until.filter(|until| *until > now && variant.embargo_until.is_none_or(|own| own < *until)) {
        Some(until) => {
            let by = set_by(tx, source).await?;
            begin(tx, variant.article_id, &variant.language, (until, by), now).await
        }
        None => Ok(()),
    }
}

async fn begin(tx: &mut Tx, article: Uuid, language: &Tag, (until, by): (Timestamp, Option<Uuid>), now: Timestamp) -> Result<()> {
    tx.query("UPDATE translations SET embargo_until = $3, embargo_by = $4 WHERE article_id = $1 AND language = $2")
        .bind(article)
        .bind(language)
        .bind(until)
        .bind(by)
        .execute()
        .await?;
    jobs::enqueue(&mut *tx, &EndEmbargo { article, language: language.clone() }, until, now).await?;
    Ok(())
}

async fn set(tx: &mut Tx, text: &Translation, until: Option<Timestamp>, by: Uuid, now: Timestamp) -> Result<()> {
    tx.query(
        "UPDATE translations SET embargo_until = $3, embargo_by = $4, version = version + 1, updated_at = $5, updated_by = $6 \
         WHERE article_id = $1 AND language = $2",
    )
    .bind(text.article_id)
    .bind(&text.language)
    .bind(until)
    .bind(until.map(|_| by))
    .bind(now)
    .bind(by)
    .execute()
    .await?;
    articles::touch(tx, text.article_id, by, now).await
}

/// Ends an embargo. What was published under it reaches readers; the number of that change.
async fn open(tx: &mut Tx, config: &Config, by: Uuid, text: &Translation, now: Timestamp) -> Result<Option<i64>> {
    set(tx, text, None, by, now).await?;
    if text.publication != Publication::Published || !publication::is_held(tx, text.article_id, &text.language).await? {
        return Ok(None);
    }
    tx.query("UPDATE translations SET published_at = $3, first_published_at = COALESCE(first_published_at, $3) WHERE article_id = $1 AND language = $2")
        .bind(text.article_id)
        .bind(&text.language)
        .bind(now)
        .execute()
        .await?;
    let Some(opened) = publication::open(tx, config, text.article_id, &text.language, now).await? else { return Ok(None) };
    if text.is_original && publication::has_translations(tx, text.article_id).await? {
        // They name who wrote it.
        jobs::enqueue(&mut *tx, &Rebuild::of(RebuildSelection::Article(text.article_id)), now, now).await?;
    }
    tx.query("UPDATE translations SET slug = $3 WHERE article_id = $1 AND language = $2 AND slug = $4")
        .bind(text.article_id)
        .bind(&text.language)
        .bind(&opened.slug)
        .bind(&opened.planned)
        .execute()
        .await?;
    variants::note(tx, by, text, text.published_revision.unwrap_or(text.revision), now).await?;
    Ok(Some(opened.seq))
}

/// Puts the variants of a text under its new embargo, where they had the same before, or a shorter one. What readers see stays.
async fn put_variants(tx: &mut Tx, config: &Config, source: &Translation, until: Timestamp, by: Uuid, now: Timestamp) -> Result<Vec<Translation>> {
    let until = of_original(tx, source.article_id, now).await?.map_or(until, |(original, _)| original.max(until));
    let mut changed = vec![];
    for text in variants::attached(tx, source).await? {
        let goes_along = text.embargo_until == source.embargo_until || text.embargo_until.is_none_or(|own| own < until);
        let may = step(text.publication, text.review, Step::Edit).is_ok() && !publication::is_public(tx, text.article_id, &text.language).await?;
        if goes_along && may {
            set(tx, &text, Some(until), by, now).await?;
            publication::refresh_held(tx, config, text.article_id, &text.language, until, now).await?;
            jobs::enqueue(&mut *tx, &EndEmbargo { article: text.article_id, language: text.language.clone() }, until, now).await?;
            changed.push(text);
        }
    }
    Ok(changed)
}

/// Ends the embargo of those variants of a text's agency that had the same as the text. Those that are published follow it to readers only
/// where `shows` says so.
async fn open_variants(tx: &mut Tx, config: &Config, source: &Translation, shows: bool, by: Uuid, now: Timestamp) -> Result<Vec<(Translation, Option<i64>)>> {
    let mut opened = vec![];
    for text in variants::attached(tx, source).await? {
        let goes_along = text.agency_id == source.agency_id && text.embargo_until == source.embargo_until;
        if goes_along && (shows || !publication::is_held(tx, text.article_id, &text.language).await?) {
            jobs::forget(&mut *tx, &key(text.article_id, &text.language)).await?;
            let seq = open(tx, config, by, &text, now).await?;
            opened.push((text, seq));
        }
    }
    Ok(opened)
}

async fn record(tx: &mut Tx, by: By, action: Action, text: &Translation, details: Value, now: Timestamp) -> Result<()> {
    let entry = Entry { action, agency: Some(text.agency_id), subject: text.article_id, language: Some(&text.language), details };
    audit::record(tx, by, entry, now).await
}

/// The text as it is now.
async fn changed(tx: &mut Tx, text: &Translation) -> Result<Answer> {
    let text = store::read(tx, text.article_id, &text.language).await?.ok_or_else(|| Error::internal("the text under embargo is not there"))?;
    answer(&text)
}

/// Set, prolong or shorten an embargo
///
/// Until then, readers do not see the text, also where it is published; then, or when somebody lifts it, it enters delivery by itself.
/// What readers already see cannot be kept from them. Variants of the text go along. Where the agency asks for four eyes, whoever wrote the newest revision does not
/// shorten it alone.
#[utoipa::path(tag = "embargo", params(TextPath, IfMatch), request_body = EmbargoOrder, responses((status = 200, description = "Under embargo", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict", "four_eyes_required"]))))]
#[put("/articles/{id}/translations/{language}/embargo")]
async fn put_embargo(
    state: Data<State>,
    caller: Caller<ChangeEmbargo>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<EmbargoOrder>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    let said = when::Said { at: &order.until, time_zone: order.time_zone.as_deref(), offset: order.offset.as_deref() };
    let moment = when::read(said, "/until", &state.clock, &mut faults);
    faults.finish()?;
    let until = moment.map(|moment| moment.at).ok_or_else(|| Error::internal("a moment without faults is not there"))?;
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            let text = at(tx, &caller, ChangeEmbargo::RULE, &path, &precondition, now).await?;
            step(text.publication, text.review, Step::Edit)?;
            if text.embargo_until.is_some_and(|before| until < before) {
                four_eyes(&caller, &text)?;
            }
            if publication::is_public(tx, text.article_id, &text.language).await? {
                return Err(Error::new(Code::Conflict, "Readers see the text already: unpublish it, or leave it."));
            }
            keep_with_source(tx, &text, Some(until), now).await?;
            set(tx, &text, Some(until), caller.id(), now).await?;
            publication::refresh_held(tx, &state.config, text.article_id, &text.language, until, now).await?;
            jobs::enqueue(&mut *tx, &EndEmbargo { article: text.article_id, language: text.language.clone() }, until, now).await?;
            let mut set = put_variants(tx, &state.config, &text, until, caller.id(), now).await?;
            set.insert(0, text.clone());
            for text in set {
                let details = json!({ "until": until, "before": text.embargo_until });
                record(tx, (&*caller).into(), Action::EmbargoSet, &text, details, now).await?;
            }
            changed(tx, &text).await
        })
        .await
}

async fn lift(tx: &mut Tx, config: &Config, actor: &Actor, text: &Translation, reason: Option<&str>, now: Timestamp) -> Result<Answer> {
    four_eyes(actor, text)?;
    keep_with_source(tx, text, None, now).await?;
    jobs::forget(&mut *tx, &key(text.article_id, &text.language)).await?;
    let seq = open(tx, config, actor.id(), text, now).await?;
    let mut opened = open_variants(tx, config, text, reason.is_some(), actor.id(), now).await?;
    opened.insert(0, (text.clone(), seq));
    for (text, seq) in opened {
        let details = json!({ "until": text.embargo_until, "reason": reason, "change": seq });
        record(tx, actor.into(), Action::EmbargoLifted, &text, details, now).await?;
    }
    changed(tx, text).await
}

fn needs_embargo(text: &Translation) -> Result<()> {
    step(text.publication, text.review, Step::Edit)?;
    text.embargo_until.map(drop).ok_or_else(|| Error::new(Code::Conflict, "The text is under no embargo."))
}

/// Take an embargo back
///
/// While the text is not published; what is published is lifted, with a reason. Where the agency asks for four eyes, not by whoever wrote
/// the newest revision.
#[utoipa::path(tag = "embargo", params(TextPath, IfMatch), responses((status = 200, description = "Under no embargo", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict", "four_eyes_required"]))))]
#[delete("/articles/{id}/translations/{language}/embargo")]
async fn delete_embargo(
    state: Data<State>,
    caller: Caller<ChangeEmbargo>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            let text = at(tx, &caller, ChangeEmbargo::RULE, &path, &precondition, now).await?;
            needs_embargo(&text)?;
            if publication::is_held(tx, text.article_id, &text.language).await? {
                return Err(Error::new(Code::Conflict, "The text is published: lifting its embargo shows it to readers, and needs a reason."));
            }
            lift(tx, &state.config, &caller, &text, None, now).await
        })
        .await
}

/// Lift an embargo
///
/// What is published under it reaches readers at once, and with it those variants that your agency published under the same embargo. Where the agency asks for four eyes, not by whoever wrote the newest revision.
#[utoipa::path(tag = "embargo", params(TextPath, IfMatch), request_body = EmbargoLiftOrder, responses((status = 200, description = "Under no embargo", body = Translation)),
    extensions(("x-problems" = json!(["illegal_transition", "conflict", "four_eyes_required"]))))]
#[post("/articles/{id}/translations/{language}/embargo/lift")]
async fn lift_embargo(
    state: Data<State>,
    caller: Caller<ChangeEmbargo>,
    Path(path): Path<TextPath>,
    precondition: Precondition,
    write: Write,
    Body(order): Body<EmbargoLiftOrder>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    faults.text("/reason", &order.reason, 1, 1_000);
    faults.finish()?;
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            let text = at(tx, &caller, ChangeEmbargo::RULE, &path, &precondition, now).await?;
            needs_embargo(&text)?;
            lift(tx, &state.config, &caller, &text, Some(&order.reason), now).await
        })
        .await
}

/// See who read a text under embargo
///
/// Which keys of partners fetched it before readers could, and when.
#[utoipa::path(tag = "embargo", params(TextPath), responses((status = 200, description = "Who read it, the latest first", body = crate::page::Page<partner::EarlyRead>)))]
#[get("/articles/{id}/translations/{language}/embargo/readers")]
async fn list_embargo_readers(state: Data<State>, caller: Caller<ChangeEmbargo>, Path(path): Path<TextPath>) -> Result<Answer> {
    let found = articles::find(&state.db, &caller, path.id, state.clock.now()).await?;
    let text = store::read(&state.db, path.id, &path.language).await?.ok_or_else(|| Error::not_found("translation"))?;
    articles::admit(decide(ChangeEmbargo::RULE, &caller, text.relation(&caller, &found)), "translation")?;
    Answer::ok(&crate::page::Page::whole(partner::readers(&state.db, path.id, &path.language).await?))
}
