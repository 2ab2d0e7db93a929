//! Sections: lists, reading, adding, changing, ordering.

use super::{NewSection, Section, SectionChange, SectionState, arrange, create, place, record, store, traced};
use crate::answer::Answer;
use crate::audit::{Action, By, HOUSE};
use crate::auth::Caller;
use crate::by_name::{ByName, NameSort};
use crate::error::{Faults, Result};
use crate::extract::{Body, List, Path, Query};
use crate::idempotency::Write;
use crate::jobs;
use crate::language::Tag;
use crate::page::Page;
use crate::policy::{ManageSections, ReadHouse};
use crate::precondition::{IfMatch, Precondition};
use crate::publication::{self, Rebuild, RebuildSelection};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{get, patch, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_sections).service(create_section).service(order_sections).service(get_section).service(update_section);
}

#[derive(Deserialize, IntoParams)]
struct SectionPath {
    /// Id or slug of the section.
    section: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SectionFilter {
    #[param(value_type = Option<String>, example = "active")]
    state: Option<List<SectionState>>,
    /// `name`: by name, in the alphabet of `sort_language`. Else in their order.
    #[param(value_type = Option<NameSort>, inline)]
    sort: Option<NameSort>,
    /// The language by whose alphabet, and by whose names, `sort=name` sorts.
    #[param(value_type = Option<Tag>, example = "kk")]
    sort_language: Option<Tag>,
}

/// The order of the sections.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sections": ["politics", "economy", "society", "culture", "science", "environment", "sport", "travel"]}))]
struct SectionOrder {
    /// Ids or slugs of all sections in use, each once.
    #[schema(max_items = 500)]
    sections: Vec<String>,
}

fn answer(section: &Section) -> Result<Answer> {
    Ok(Answer::ok(section)?.version(section.version))
}

/// List sections
///
/// In their order, or by name in the alphabet of a language.
#[utoipa::path(tag = "sections", params(SectionFilter), responses((status = 200, description = "All sections", body = Page<Section>)))]
#[get("/sections")]
async fn list_sections(state: Data<State>, _caller: Caller<ReadHouse>, Query(filter): Query<SectionFilter>) -> Result<Answer> {
    let states = filter.state.as_ref().map(|states| states.0.as_slice());
    let by_name = ByName::read(filter.sort, filter.sort_language.as_ref())?;
    let found = store::list(&state.db, states).await?;
    Answer::ok(&Page::whole(match by_name {
        Some(by_name) => by_name.sort(found, |section| (&section.names.0, section.id)),
        None => found,
    }))
}

/// Read a section
#[utoipa::path(tag = "sections", params(SectionPath), responses((status = 200, description = "The section", body = Section)))]
#[get("/sections/{section}")]
async fn get_section(state: Data<State>, _caller: Caller<ReadHouse>, Path(path): Path<SectionPath>) -> Result<Answer> {
    answer(&store::find(&state.db, &path.section).await?)
}

/// Add a section
///
/// After all others.
#[utoipa::path(tag = "sections", request_body = NewSection, responses((status = 201, description = "Added", body = Section)),
    extensions(("x-problems" = json!(["already_exists"]))))]
#[post("/sections")]
async fn create_section(state: Data<State>, caller: Caller<ManageSections>, write: Write, Body(new): Body<NewSection>) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let section = create(tx, new, Some(caller.id()), now).await?;
            let location = state.url(&format!("/v1/sections/{}", section.id));
            Ok(Answer::created(location, &section)?.version(section.version))
        })
        .await
}

/// Change a section
///
/// Rename it, retire it, or take it into use again. The slug stays. Public texts that name the section are rendered anew.
#[utoipa::path(tag = "sections", params(SectionPath, IfMatch), request_body = SectionChange,
    responses((status = 200, description = "Changed", body = Section)))]
#[patch("/sections/{section}")]
async fn update_section(
    state: Data<State>,
    caller: Caller<ManageSections>,
    Path(path): Path<SectionPath>,
    precondition: Precondition,
    write: Write,
    Body(change): Body<SectionChange>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let all = store::hold_all(tx).await?;
            let old = store::hold(tx, &path.section).await?;
            precondition.check(old.standing())?;
            let mut faults = Faults::default();
            let mut new = change.apply(&old, &mut faults);
            faults.finish()?;
            if old.state == SectionState::Retired && new.state == SectionState::Active {
                new.position = place(&all, &old);
            }
            let section = store::update(tx, new, caller.id(), now).await?;
            publication::refresh_section(tx, section.id, now).await?;
            if section.names != old.names {
                jobs::enqueue(&mut *tx, &Rebuild::of(RebuildSelection::Section(section.id)), now, now).await?;
            }
            if let Some((action, details)) = traced(&old, &section) {
                record(tx, By::from(&*caller), action, section.id, details, now).await?;
            }
            answer(&section)
        })
        .await
}

/// Order the sections
///
/// Names all sections in use, each once, in their new order. Those that move get a new ETag. The answer is the whole list.
#[utoipa::path(tag = "sections", request_body = SectionOrder, responses((status = 200, description = "All sections in their order", body = Page<Section>)))]
#[post("/sections/order")]
async fn order_sections(state: Data<State>, caller: Caller<ManageSections>, write: Write, Body(order): Body<SectionOrder>) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let sections = store::hold_all(tx).await?;
            let mut moved = 0;
            for (position, section) in (1..).zip(arrange(&sections, &order.sections)?) {
                if section.position != position {
                    store::update(tx, Section { position, ..section.clone() }, caller.id(), now).await?;
                    publication::refresh_section(tx, section.id, now).await?;
                    moved += 1;
                }
            }
            if moved > 0 {
                record(tx, By::from(&*caller), Action::SectionsOrdered, HOUSE, json!({ "moved": moved }), now).await?;
            }
            Answer::ok(&Page::whole(store::list(tx, None).await?))
        })
        .await
}
