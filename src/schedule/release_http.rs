//! Joint releases: make, see, cancel.

use super::release::{self, COLUMNS, Release, ReleaseMode, RunRelease};
use super::store::{self, NewEntry};
use super::{EntryState, ScheduleEntry, ScheduledStep, check_order, jobs};
use crate::answer::Answer;
use crate::articles;
use crate::audit::Action;
use crate::auth::Caller;
use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::page::Page;
use crate::policy::{Permission, PublishWork, ReadWork};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::ChangeKind;
use crate::state::State;
use crate::translations::{self, Publication, Step};
use crate::when::{self, Moment};
use actix_web::web::Data;
use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Texts of a release at most.
const MOST: usize = 50;

pub fn routes(config: &mut ServiceConfig) {
    config.service(create_release).service(list_releases).service(get_release).service(cancel_release);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"languages": ["az", "kk", "ru"], "when": "all_approved", "at": "2026-10-25T09:00", "time_zone": "Asia/Baku"}))]
struct ReleaseOrder {
    #[schema(min_items = 1, max_items = 50)]
    languages: Vec<Tag>,
    when: ReleaseMode,
    /// The deadline: a time of day in `time_zone`, or an instant. Needed for `deadline`.
    at: Option<String>,
    /// IANA.
    time_zone: Option<String>,
    /// Which of two, where the clocks are put back: `+03:00`.
    offset: Option<String>,
    /// Why texts are published anew of which readers saw an earlier revision.
    change_kind: Option<ChangeKind>,
    #[schema(min_length = 1, max_length = 1000)]
    public_note: Option<String>,
}

/// A joint release, and what becomes of each of its texts.
#[derive(Serialize, ToSchema)]
struct ReleaseWithTexts {
    #[serde(flatten)]
    release: Release,
    texts: Vec<ScheduleEntry>,
}

#[derive(Deserialize, IntoParams)]
struct ArticlePath {
    id: Uuid,
}

#[derive(Deserialize, IntoParams)]
struct ReleasePath {
    id: Uuid,
}

impl ReleaseOrder {
    fn check(&self, state: &State, faults: &mut Faults) -> Option<Moment> {
        faults.check((1..=MOST).contains(&self.languages.len()), "/languages", "out_of_range", "needs 1 to 50 languages");
        for (i, language) in self.languages.iter().take(MOST).enumerate() {
            faults.check(!self.languages[..i].contains(language), &format!("/languages/{i}"), "duplicate", "is there twice");
        }
        check_order(faults, self.change_kind, self.public_note.as_deref());
        let Some(at) = &self.at else {
            faults.check(self.when == ReleaseMode::AllApproved, "/at", "required", "is the deadline");
            return None;
        };
        when::read(when::Said { at, time_zone: self.time_zone.as_deref(), offset: self.offset.as_deref() }, "/at", &state.clock, faults)
    }
}

/// Each of its texts must be one that the caller may publish.
async fn check_texts(tx: &mut Tx, caller: &Caller<PublishWork>, article: Uuid, order: &ReleaseOrder, faults: &mut Faults, now: Timestamp) -> Result<()> {
    for (i, language) in order.languages.iter().take(MOST).enumerate() {
        let found = translations::find(tx, caller, PublishWork::RULE, article, language, now).await;
        let text = match found {
            Ok((text, _)) => text,
            Err(error) if error.code == Code::NotFound => {
                faults.add(format!("/languages/{i}"), "unknown_text", format!("the story has no text in {language}"));
                continue;
            }
            Err(error) => return Err(error.with("language", language.as_str())),
        };
        if matches!(text.publication, Publication::Killed | Publication::Withheld) {
            translations::step(text.publication, text.review, Step::Publish)?;
        }
        if order.change_kind.is_none() && text.is_change(&mut *tx).await? {
            faults.add(
                "/change_kind",
                "required",
                format!("readers have seen an earlier revision in {language}: say fix, update, clarification or correction"),
            );
        }
    }
    Ok(())
}

async fn insert(tx: &mut Tx, by: Uuid, article: Uuid, order: &ReleaseOrder, moment: Option<&Moment>, now: Timestamp) -> Result<Release> {
    let id = Uuid::now_v7();
    tx.query(
        "INSERT INTO releases (id, article_id, mode, run_at, local_time, time_zone, change_kind, public_note, state, created_by, version, created_at, \
         updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, 1, $10, $10, $9)",
    )
    .bind(id)
    .bind(article)
    .bind(order.when)
    .bind(moment.map(|moment| moment.at))
    .bind(moment.and_then(|moment| moment.local.as_deref()))
    .bind(moment.and_then(|moment| moment.time_zone.as_deref()))
    .bind(order.change_kind)
    .bind(order.public_note.as_deref())
    .bind(by)
    .bind(now)
    .execute()
    .await?;
    for language in &order.languages {
        let entry = NewEntry {
            article,
            language,
            action: ScheduledStep::Publish,
            moment,
            change_kind: order.change_kind,
            public_note: order.public_note.as_deref(),
            release: Some(id),
        };
        store::insert(tx, by, entry, now).await?;
    }
    release::read(tx, id).await?.ok_or_else(|| Error::internal("the release that was written is not there"))
}

/// Release texts together
///
/// They go out in one transaction: when all of them are approved, or at a deadline with those that are approved then; the rest stays, and
/// `texts` says why. You must be allowed to publish each of them.
#[utoipa::path(tag = "schedule", params(ArticlePath), request_body = ReleaseOrder, responses((status = 201, description = "It waits", body = ReleaseWithTexts)),
    extensions(("x-problems" = json!(["illegal_transition", "already_exists"]))))]
#[post("/articles/{id}/releases")]
async fn create_release(
    state: Data<State>,
    caller: Caller<PublishWork>,
    Path(path): Path<ArticlePath>,
    write: Write,
    Body(order): Body<ReleaseOrder>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    let moment = order.check(&state, &mut faults);
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            articles::hold(tx, path.id).await?;
            articles::find(&mut *tx, &caller, path.id, now).await?;
            check_texts(tx, &caller, path.id, &order, &mut faults, now).await?;
            faults.finish()?;
            let release = insert(tx, caller.id(), path.id, &order, moment.as_ref(), now).await?;
            if let Some(at) = release.run_at {
                crate::jobs::enqueue(&mut *tx, &RunRelease { release: release.id, article: path.id, approved: false }, at, now).await?;
            }
            release::check(tx, &release, now).await?;
            release::record(tx, &caller, Action::ReleaseCreated, &release, now).await?;
            let location = state.url(&format!("/v1/releases/{}", release.id));
            let texts = store::of_release(tx, release.id).await?;
            let version = release.version;
            Ok(Answer::created(location, &ReleaseWithTexts { release, texts })?.version(version))
        })
        .await
}

/// List the joint releases of an article
///
/// The newest 100.
#[utoipa::path(tag = "schedule", params(ArticlePath), responses((status = 200, description = "Its releases, the newest first", body = Page<ReleaseWithTexts>)))]
#[get("/articles/{id}/releases")]
async fn list_releases(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<ArticlePath>) -> Result<Answer> {
    articles::reach(&state.db, &caller, ReadWork::RULE, path.id, state.clock.now()).await?;
    let releases: Vec<Release> = state.db.query(COLUMNS).push(" WHERE article_id = ").push_bind(path.id).push(" ORDER BY id DESC LIMIT 100").all().await?;
    let mut data = vec![];
    for release in releases {
        let texts = store::of_release(&state.db, release.id).await?;
        data.push(ReleaseWithTexts { release, texts });
    }
    Answer::ok(&Page::whole(data))
}

fn absent() -> Error {
    Error::not_found("release")
}

/// Read a joint release
#[utoipa::path(tag = "schedule", params(ReleasePath), responses((status = 200, description = "The release", body = ReleaseWithTexts)))]
#[get("/releases/{id}")]
async fn get_release(state: Data<State>, caller: Caller<ReadWork>, Path(path): Path<ReleasePath>) -> Result<Answer> {
    let release = release::read(&state.db, path.id).await?.ok_or_else(absent)?;
    let reached = articles::reach(&state.db, &caller, ReadWork::RULE, release.article_id, state.clock.now()).await;
    reached.map_err(|error| if error.code == Code::NotFound { absent() } else { error })?;
    let texts = store::of_release(&state.db, release.id).await?;
    let version = release.version;
    Ok(Answer::ok(&ReleaseWithTexts { release, texts })?.version(version))
}

/// Cancel a joint release
///
/// None of its texts goes out by itself. You must be allowed to publish each of those that wait.
#[utoipa::path(tag = "schedule", params(ReleasePath, IfMatch), responses((status = 200, description = "Canceled", body = ReleaseWithTexts)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/releases/{id}/cancel")]
async fn cancel_release(
    state: Data<State>,
    caller: Caller<PublishWork>,
    Path(path): Path<ReleasePath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            let release = release::read(&mut *tx, path.id).await?.ok_or_else(absent)?;
            articles::hold(tx, release.article_id).await?;
            let hidden = |error: Error| if error.code == Code::NotFound { absent() } else { error };
            articles::find(&mut *tx, &caller, release.article_id, now).await.map_err(hidden)?;
            let mut entries = store::of_release(&mut *tx, release.id).await?;
            // What is deleted or done concerns nobody more.
            entries.retain(|entry| entry.state == EntryState::Pending);
            for entry in &entries {
                let found = translations::find(tx, &caller, PublishWork::RULE, entry.article_id, &entry.language, now).await;
                found.map_err(hidden)?;
            }
            let release = release::read(&mut *tx, path.id).await?.ok_or_else(absent)?;
            precondition.check(release.standing())?;
            if release.state != EntryState::Pending {
                let detail = format!("A release that is {} cannot be canceled.", release.state);
                return Err(Error::new(Code::IllegalTransition, detail).with("state", release.state.as_str()));
            }
            for entry in &entries {
                store::finish(tx, caller.id(), entry.id, EntryState::Canceled, None, now).await?;
                crate::jobs::forget(&mut *tx, &jobs::key(entry.id)).await?;
            }
            release::finish(tx, caller.id(), release.id, EntryState::Canceled, now).await?;
            release::record(tx, &caller, Action::ReleaseCanceled, &release, now).await?;
            let release = release::read(&mut *tx, path.id).await?.ok_or_else(absent)?;
            let texts = store::of_release(tx, release.id).await?;
            let version = release.version;
            Ok(Answer::ok(&ReleaseWithTexts { release, texts })?.version(version))
        })
        .await
}
