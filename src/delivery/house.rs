//! Public languages, sections, agencies and people.

use super::conditional::{Public, answer, hash};
use super::schema::PublishedLanguage;
use super::store::{self, Profile};
use crate::cache::Source;
use crate::db::Timestamp;
use crate::error::{Error, Result};
use crate::extract::{Path, Query};
use crate::page::{Asked, DEFAULT_LIMIT, Page, next_link};
use crate::publication::{AgencyProfile, SectionProfile, StaffProfile};
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_published_languages)
        .service(list_published_sections)
        .service(list_published_agencies)
        .service(get_published_agency)
        .service(list_published_staff)
        .service(get_published_staff_member);
}

#[derive(Deserialize, IntoParams)]
struct AgencyPath {
    /// Id or slug.
    agency: String,
}

#[derive(Deserialize, IntoParams)]
struct StaffPath {
    id: Uuid,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Paging {
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

fn public(body: String, modified_at: Timestamp, surrogate_key: &str, links: String, part: &'static str) -> Public {
    let surrogate_key = surrogate_key.to_owned();
    Public { etag: hash(&body), body, modified_at, surrogate_key, language: None, links, varies: false, sources: vec![Source::Part(part)], expires: None }
}

fn whole(profiles: &[Profile], modified_at: Timestamp, surrogate_key: &str, part: &'static str) -> Public {
    let documents: Vec<&str> = profiles.iter().map(|profile| profile.document.as_str()).collect();
    let body = format!("{{\"data\":[{}],\"meta\":{{\"limit\":{},\"has_more\":false,\"next_cursor\":null}}}}", documents.join(","), documents.len());
    public(body, modified_at, surrogate_key, String::new(), part)
}

/// List the languages in which something is public
#[utoipa::path(tag = "delivery", responses((status = 200, description = "Languages", body = Page<PublishedLanguage>), (status = 304, description = "You have it")))]
#[get("/languages")]
async fn list_published_languages(state: Data<State>, request: HttpRequest) -> Result<HttpResponse> {
    let found = answer(&state, &request, String::new(), async |on| {
        let languages = store::languages(&mut *on).await?;
        let page = Page::whole(
            languages
                .into_iter()
                .map(|(language, count, latest_published_at)| PublishedLanguage {
                    direction: language.direction(),
                    autonym: language.autonym().to_owned(),
                    language,
                    count,
                    latest_published_at,
                })
                .collect(),
        );
        let body = serde_json::to_string(&page).map_err(Error::internal)?;
        let modified_at = store::changed_at(&mut *on, "articles").await?;
        Ok(public(body, modified_at, "languages articles", String::new(), "articles"))
    });
    found.await
}

/// List the sections
///
/// In their order.
#[utoipa::path(tag = "delivery", responses((status = 200, description = "Sections", body = Page<SectionProfile>), (status = 304, description = "You have it")))]
#[get("/sections")]
async fn list_published_sections(state: Data<State>, request: HttpRequest) -> Result<HttpResponse> {
    let found = answer(&state, &request, String::new(), async |on| {
        let profiles = store::profiles(&mut *on, "section").await?;
        Ok(whole(&profiles, store::changed_at(&mut *on, "section").await?, "sections", "section"))
    });
    found.await
}

/// List the agencies
#[utoipa::path(tag = "delivery", responses((status = 200, description = "Agencies", body = Page<AgencyProfile>), (status = 304, description = "You have it")))]
#[get("/agencies")]
async fn list_published_agencies(state: Data<State>, request: HttpRequest) -> Result<HttpResponse> {
    let found = answer(&state, &request, String::new(), async |on| {
        let profiles = store::profiles(&mut *on, "agency").await?;
        Ok(whole(&profiles, store::changed_at(&mut *on, "agency").await?, "agencies", "agency"))
    });
    found.await
}

/// Read an agency's public profile
#[utoipa::path(tag = "delivery", params(AgencyPath), responses((status = 200, description = "The agency", body = AgencyProfile), (status = 304, description = "You have it")))]
#[get("/agencies/{agency}")]
async fn get_published_agency(state: Data<State>, request: HttpRequest, Path(path): Path<AgencyPath>) -> Result<HttpResponse> {
    let key = path.agency.clone();
    let found = answer(&state, &request, key, async |on| {
        let profile = store::profile(&mut *on, "agency", &path.agency).await?.ok_or_else(|| Error::not_found("agency"))?;
        let key = format!("agencies agency-{}", profile.slug);
        Ok(public(profile.document, profile.updated_at, &key, String::new(), "agency"))
    });
    found.await
}

/// List the people whose names stand over texts
#[utoipa::path(tag = "delivery", params(Paging), responses((status = 200, description = "A page of profiles", body = Page<StaffProfile>), (status = 304, description = "You have it")),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/staff")]
async fn list_published_staff(state: Data<State>, request: HttpRequest, Query(paging): Query<Paging>) -> Result<HttpResponse> {
    let key = format!("{} {:?}", paging.limit.unwrap_or(DEFAULT_LIMIT), paging.cursor);
    let found = answer(&state, &request, key, async |on| {
        let asked = Asked::<String>::read(paging.limit, paging.cursor.as_deref(), &"staff")?;
        let mut profiles = store::profiles_after(&mut *on, "staff", asked.after.clone(), asked.fetch()).await?;
        let has_more = profiles.len() > usize::from(asked.limit);
        profiles.truncate(usize::from(asked.limit));
        let next = profiles.last().filter(|_| has_more).map(|last| asked.cursor(last.slug.clone()));
        let documents: Vec<&str> = profiles.iter().map(|profile| profile.document.as_str()).collect();
        let cursor = serde_json::to_string(&next).map_err(Error::internal)?;
        let body = format!("{{\"data\":[{}],\"meta\":{{\"limit\":{},\"has_more\":{has_more},\"next_cursor\":{cursor}}}}}", documents.join(","), asked.limit);
        let modified_at = store::changed_at(&mut *on, "staff").await?;
        let links = next.map(|cursor| next_link(&state.url("/v1/delivery/staff"), request.query_string(), &cursor)).unwrap_or_default();
        Ok(public(body, modified_at, "staff", links, "staff"))
    });
    found.await
}

/// Read somebody's public profile
#[utoipa::path(tag = "delivery", params(StaffPath), responses((status = 200, description = "The profile", body = StaffProfile), (status = 304, description = "You have it")))]
#[get("/staff/{id}")]
async fn get_published_staff_member(state: Data<State>, request: HttpRequest, Path(path): Path<StaffPath>) -> Result<HttpResponse> {
    let key = path.id.to_string();
    let found = answer(&state, &request, key, async |on| {
        let profile = store::profile(&mut *on, "staff", &path.id.to_string()).await?.ok_or_else(|| Error::not_found("staff member"))?;
        let key = format!("staff staff-{}", profile.id);
        Ok(public(profile.document, profile.updated_at, &key, String::new(), "staff"))
    });
    found.await
}
