//! Public languages, sections, agencies and people.

use super::conditional::{Public, answer, hash};
use super::schema::PublishedLanguage;
use super::store::{self, Profile};
use crate::by_name::{ByName, NameKey, NameOrder, NameSort};
use crate::cache::Source;
use crate::db::Timestamp;
use crate::error::{Error, Result};
use crate::extract::{Path, Query};
use crate::language::Tag;
use crate::names::Names;
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
    /// `name`: by name, in the alphabet of `sort_language`. Else in an order of no meaning.
    #[param(value_type = Option<NameSort>, inline)]
    sort: Option<NameSort>,
    /// The language by whose alphabet, and by whose names, `sort=name` sorts.
    #[param(value_type = Option<Tag>, example = "kk")]
    sort_language: Option<Tag>,
}

fn public(body: String, modified_at: Timestamp, surrogate_key: &str, links: String, part: &'static str) -> Public {
    let surrogate_key = surrogate_key.to_owned();
    Public { links, ..Public::of(hash(&body), body, modified_at, surrogate_key, vec![Source::Part(part)]) }
}

fn whole(profiles: &[Profile], modified_at: Timestamp, surrogate_key: &str, part: &'static str) -> Public {
    let documents: Vec<&str> = profiles.iter().map(|profile| profile.document.as_str()).collect();
    let body = format!("{{\"data\":[{}],\"meta\":{{\"limit\":{},\"has_more\":false,\"next_cursor\":null}}}}", documents.join(","), documents.len());
    public(body, modified_at, surrogate_key, String::new(), part)
}

#[derive(Deserialize)]
struct Named {
    names: Names,
}

/// Profiles with what they are called.
fn named(profiles: Vec<Profile>) -> Result<Vec<(Profile, Names)>> {
    let read = |profile: Profile| {
        let Named { names } = serde_json::from_str(&profile.document).map_err(Error::internal)?;
        Ok((profile, names))
    };
    profiles.into_iter().map(read).collect()
}

fn ordered(profiles: Vec<Profile>, by_name: Option<&ByName>) -> Result<Vec<Profile>> {
    let Some(by_name) = by_name else { return Ok(profiles) };
    let sorted = by_name.sort(named(profiles)?, |(profile, names)| (names, profile.id));
    Ok(sorted.into_iter().map(|(profile, _)| profile).collect())
}

/// List the languages in which something is public
#[utoipa::path(tag = "delivery", responses((status = 200, description = "Languages", body = Page<PublishedLanguage>), (status = 304, description = "You have it")))]
#[get("/languages")]
async fn list_published_languages(state: Data<State>, request: HttpRequest) -> Result<HttpResponse> {
    let found = answer(&state, &request, String::new(), async |on| {
        let languages = store::languages(&mut *on).await?;
        let modified_at = match languages.first().and_then(|(.., changed_at)| *changed_at) {
            Some(at) => at,
            None => store::changed_at(&mut *on, "articles").await?,
        };
        let page = Page::whole(
            languages
                .into_iter()
                .map(|(language, count, latest_published_at, _)| PublishedLanguage {
                    direction: language.direction(),
                    autonym: language.autonym().to_owned(),
                    language,
                    count,
                    latest_published_at,
                })
                .collect(),
        );
        let body = serde_json::to_string(&page).map_err(Error::internal)?;
        Ok(public(body, modified_at, "languages articles", String::new(), "articles"))
    });
    found.await
}

/// List the sections
///
/// In their order, or by name in the alphabet of a language.
#[utoipa::path(tag = "delivery", params(NameOrder), responses((status = 200, description = "Sections", body = Page<SectionProfile>), (status = 304, description = "You have it")))]
#[get("/sections")]
async fn list_published_sections(state: Data<State>, request: HttpRequest, Query(order): Query<NameOrder>) -> Result<HttpResponse> {
    let by_name = ByName::read(order.sort, order.sort_language.as_ref())?;
    let found = answer(&state, &request, order.key(), async |on| {
        let (profiles, modified_at) = store::profiles(on, "section").await?;
        Ok(whole(&ordered(profiles, by_name.as_ref())?, modified_at, "sections", "section"))
    });
    found.await
}

/// List the agencies
///
/// The platform first, or by name in the alphabet of a language.
#[utoipa::path(tag = "delivery", params(NameOrder), responses((status = 200, description = "Agencies", body = Page<AgencyProfile>), (status = 304, description = "You have it")))]
#[get("/agencies")]
async fn list_published_agencies(state: Data<State>, request: HttpRequest, Query(order): Query<NameOrder>) -> Result<HttpResponse> {
    let by_name = ByName::read(order.sort, order.sort_language.as_ref())?;
    let found = answer(&state, &request, order.key(), async |on| {
        let (profiles, modified_at) = store::profiles(on, "agency").await?;
        Ok(whole(&ordered(profiles, by_name.as_ref())?, modified_at, "agencies", "agency"))
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
    let (cursor, by_name) = (paging.cursor.as_deref(), ByName::read(paging.sort, paging.sort_language.as_ref())?);
    let key = format!("{} {cursor:?} {:?} {:?}", paging.limit.unwrap_or(DEFAULT_LIMIT), paging.sort, paging.sort_language);
    let found = answer(&state, &request, key, async |on| {
        let (page, modified_at) = if let Some(by_name) = by_name {
            let asked = Asked::<NameKey>::read(paging.limit, cursor, &("staff", &paging.sort_language))?;
            let (profiles, modified_at) = store::profiles(on, "staff").await?;
            (by_name.page(named(profiles)?, &asked, |(profile, names)| (names, profile.id)).map(|(profile, _)| profile), modified_at)
        } else {
            let asked = Asked::<String>::read(paging.limit, cursor, &"staff")?;
            let (profiles, modified_at) = store::profiles_after(on, "staff", asked.after.clone(), asked.fetch()).await?;
            (asked.page(profiles, |last: &Profile| last.slug.clone()), modified_at)
        };
        let documents: Vec<&str> = page.data.iter().map(|profile| profile.document.as_str()).collect();
        let meta = serde_json::to_string(&page.meta).map_err(Error::internal)?;
        let body = format!("{{\"data\":[{}],\"meta\":{meta}}}", documents.join(","));
        let links = page.meta.next_cursor.map(|cursor| next_link(&state.url("/v1/delivery/staff"), request.query_string(), &cursor)).unwrap_or_default();
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
