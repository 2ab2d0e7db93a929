//! Front pages: listing, reading and making them.

use super::{FrontPage, admit, changes, editions, may_read, store};
use crate::agencies::{check_slug, find_managed};
use crate::answer::Answer;
use crate::audit::{self, Action, Entry};
use crate::auth::Caller;
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, Path};
use crate::idempotency::Write;
use crate::page::Page;
use crate::policy::{Decision, EditFrontPages, ReadFrontPages};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{get, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_front_pages).service(get_front_page).service(create_front_page).configure(editions::routes).configure(changes::routes);
}

#[derive(Deserialize, IntoParams)]
struct PagePath {
    #[param(example = "home")]
    name: String,
}

/// A front page to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "economy"}))]
struct NewFrontPage {
    /// For addresses, and public as soon as something is on the page; it can never be changed.
    #[schema(min_length = 2, max_length = 40, pattern = "^[a-z0-9-]{2,40}$")]
    name: String,
    /// Id or slug of the agency whose page it is. Without it, your agency's; of staff of the platform, the house's.
    agency: Option<String>,
}

/// List the front pages
///
/// The house's, your agency's, and for staff of the platform all.
#[utoipa::path(tag = "front-pages", responses((status = 200, description = "Front pages, by name", body = Page<FrontPage>)))]
#[get("/front-pages")]
async fn list_front_pages(state: Data<State>, caller: Caller<ReadFrontPages>) -> Result<Answer> {
    let pages = store::list(&mut state.db.acquire().await?).await?;
    Answer::ok(&Page::whole(pages.into_iter().filter(|page| may_read(&caller, page) == Decision::Allow).collect()))
}

/// Read a front page
///
/// Whose it is, and in which languages it was set.
#[utoipa::path(tag = "front-pages", params(PagePath), responses((status = 200, description = "The front page", body = FrontPage)))]
#[get("/front-pages/{name}")]
async fn get_front_page(state: Data<State>, caller: Caller<ReadFrontPages>, Path(path): Path<PagePath>) -> Result<Answer> {
    let page = store::find(&mut state.db.acquire().await?, &path.name).await?;
    admit(may_read(&caller, &page))?;
    Answer::ok(&page)
}

/// Make a front page
///
/// It is empty; its slots are set in each language.
#[utoipa::path(tag = "front-pages", request_body = NewFrontPage, responses((status = 201, description = "Made", body = FrontPage)),
    extensions(("x-problems" = json!(["already_exists"]))))]
#[post("/front-pages")]
async fn create_front_page(state: Data<State>, caller: Caller<EditFrontPages>, write: Write, Body(new): Body<NewFrontPage>) -> Result<Answer> {
    let mut faults = Faults::default();
    check_slug(&mut faults, "/name", &new.name);
    faults.finish()?;
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let agency_id = match &new.agency {
                Some(reference) => Some(find_managed(&mut *tx, &caller, reference).await.map_err(unknown_agency)?),
                None => (!caller.platform).then_some(caller.agency),
            };
            let page = FrontPage { id: Uuid::now_v7(), name: new.name, agency_id, languages: vec![], created_by: Some(caller.id()), created_at: now };
            store::insert(tx, &page).await?;
            let details = json!({ "name": page.name });
            let entry = Entry { action: Action::FrontPageCreated, agency: page.agency_id, subject: page.id, language: None, details };
            audit::record(tx, (&*caller).into(), entry, now).await?;
            Answer::created(state.url(&format!("/v1/front-pages/{}", page.name)), &page)
        })
        .await
}

fn unknown_agency(error: Error) -> Error {
    if error.code == Code::NotFound { Error::invalid("/agency", "unknown_agency", "is not an agency whose pages you may make") } else { error }
}
