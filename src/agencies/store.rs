//! The table of agencies.

use super::{Agency, AgencyState, VariantRule, countries};
use crate::by_name::{ByName, NameKey, NameSort};
use crate::db::{Db, Query, Reader, Sql, Timestamp, Tx};
use crate::error::{Code, Error, Result, Unique};
use crate::extract::List;
use crate::language::Tag;
use crate::page::{Asked, Page};
use crate::policy::{Actor, Decision, decide_agency};
use crate::sql;
use serde::Deserialize;
use sqlx::types::Json;
use utoipa::IntoParams;
use uuid::Uuid;

const AGENCY: &str = "SELECT id, slug, kind, state, country, languages, names, descriptions, time_zone, website, four_eyes, variant_rules, created_at, \
     updated_at, updated_by, version FROM agencies";
/// What hangs on the agency can go on: only its own row waits.
const HOLD: Sql = sql!(["" | " FOR NO KEY UPDATE"]);

/// Filters of the list of agencies.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AgencyFilter {
    #[param(value_type = Option<String>, example = "active")]
    pub state: Option<List<AgencyState>>,
    /// ISO 3166-1 alpha-2 codes.
    #[param(value_type = Option<String>, example = "KZ,KG")]
    pub country: Option<List<String>>,
    /// `name`: by name, in the alphabet of `sort_language`. Else by slug.
    #[param(value_type = Option<NameSort>, inline)]
    pub sort: Option<NameSort>,
    /// The language by whose alphabet, and by whose names, `sort=name` sorts.
    #[param(value_type = Option<Tag>, example = "kk")]
    pub sort_language: Option<Tag>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u16>,
    pub cursor: Option<String>,
}

/// A page of agencies, by slug or by name.
pub(super) async fn list(db: &Db, filter: &AgencyFilter) -> Result<Page<Agency>> {
    let (cursor, filters) = (filter.cursor.as_deref(), (&filter.state, &filter.country));
    if let Some(by_name) = ByName::read(filter.sort, filter.sort_language.as_ref())? {
        let asked = Asked::<NameKey>::read(filter.limit, cursor, &(filters, &filter.sort_language))?;
        let found: Vec<Agency> = filtered(db, filter)?.all().await?;
        return Ok(by_name.page(found, &asked, |agency| (&agency.names.0, agency.id)));
    }
    let asked = Asked::<String>::read(filter.limit, cursor, &filters)?;
    let query = filtered(db, filter)?.push_some(" AND slug > ", asked.after.as_deref());
    let found = query.push(" ORDER BY slug LIMIT ").push_bind(asked.fetch()).all().await?;
    Ok(asked.page(found, |agency: &Agency| agency.slug.clone()))
}

fn filtered<'q>(db: &'q Db, filter: &AgencyFilter) -> Result<Query<'q>> {
    let mut query = db.query(AGENCY).push(" WHERE 1 = 1");
    if let Some(states) = &filter.state {
        query = query.push(" AND state IN (").push_list(states.0.iter().copied()).push(")");
    }
    if let Some(codes) = &filter.country {
        if let Some(wrong) = codes.0.iter().find(|code| !countries::exists(code)) {
            return Err(Error::parameter("country", format!("has {wrong:?}, which is not an ISO 3166-1 alpha-2 code in capitals, such as AZ")));
        }
        query = query.push(" AND country IN (").push_list(codes.0.iter().map(String::as_str)).push(")");
    }
    Ok(query)
}

fn by_reference<'c>(query: Query<'c>, reference: &str) -> Query<'c> {
    match Uuid::try_parse(reference) {
        Ok(id) => query.push(" WHERE id = ").push_bind(id),
        Err(_) => query.push(" WHERE slug = ").push_bind(reference),
    }
}

/// An agency by id or slug.
pub(super) async fn find(on: impl Reader<'_>, reference: &str) -> Result<Agency> {
    let found: Option<Agency> = by_reference(on.query(AGENCY), reference).optional().await?;
    found.ok_or_else(|| Error::not_found("agency"))
}

/// The id of an agency, by id or slug.
///
/// # Errors
/// `not_found`, and when the database fails.
pub async fn find_id(on: impl Reader<'_>, reference: &str) -> Result<Uuid> {
    let found: Option<(Uuid,)> = by_reference(on.query("SELECT id FROM agencies"), reference).optional().await?;
    found.map(|(id,)| id).ok_or_else(|| Error::not_found("agency"))
}

/// The ids of what the filter `agency` of a list names, each by id or slug.
///
/// # Errors
/// `invalid_parameter` for a name of nothing, and when the database fails.
pub async fn find_ids(db: &Db, references: &List<String>) -> Result<Vec<Uuid>> {
    let mut ids = vec![];
    for reference in &references.0 {
        ids.push(find_id(db, reference).await.map_err(|error| match error.code {
            Code::NotFound => Error::parameter("agency", format!("has {reference:?}, which names no agency that there is")),
            _ => error,
        })?);
    }
    Ok(ids)
}

/// The agency that is the joint desk.
///
/// # Errors
/// When the database fails.
pub async fn platform(on: impl Reader<'_>) -> Result<Option<Uuid>> {
    let found: Option<(Uuid,)> = on.query("SELECT id FROM agencies WHERE kind = 'platform'").optional().await?;
    Ok(found.map(|(id,)| id))
}

/// Whether an agency asks for a second person to decide.
///
/// # Errors
/// When the database fails.
pub async fn asks_for_four_eyes(on: impl Reader<'_>, id: Uuid) -> Result<bool> {
    let found: Option<(bool,)> = on.query("SELECT four_eyes FROM agencies WHERE id = $1").bind(id).optional().await?;
    Ok(found.is_some_and(|(four_eyes,)| four_eyes))
}

/// What an agency wants to happen with texts in other scripts by itself.
///
/// # Errors
/// When the database fails.
pub async fn variant_rules(on: impl Reader<'_>, id: Uuid) -> Result<Vec<VariantRule>> {
    let found: Option<(Json<Vec<VariantRule>>,)> = on.query("SELECT variant_rules FROM agencies WHERE id = $1").bind(id).optional().await?;
    Ok(found.map(|(rules,)| rules.0).unwrap_or_default())
}

/// Whether an agency is not suspended.
///
/// # Errors
/// When the database fails.
pub async fn is_active(on: impl Reader<'_>, id: Uuid) -> Result<bool> {
    let found: Option<(AgencyState,)> = on.query("SELECT state FROM agencies WHERE id = $1").bind(id).optional().await?;
    Ok(found.is_some_and(|(state,)| state == AgencyState::Active))
}

/// As [`find_id`], of an agency that is not suspended.
///
/// # Errors
/// `not_found`, and when the database fails.
pub async fn find_active(on: impl Reader<'_>, reference: &str) -> Result<Uuid> {
    let found = find(on, reference).await?;
    if found.state == AgencyState::Active { Ok(found.id) } else { Err(Error::not_found("agency")) }
}

/// The languages of all active agencies, those of the platform first; some more than once.
///
/// # Errors
/// When the database fails.
pub async fn languages(on: impl Reader<'_>) -> Result<Vec<Tag>> {
    let rows: Vec<(Json<Vec<Tag>>,)> = on.query("SELECT languages FROM agencies WHERE state = 'active' ORDER BY kind DESC, created_at, id").all().await?;
    Ok(rows.into_iter().flat_map(|(languages,)| languages.0).collect())
}

/// The id of an agency that the caller manages, by id or slug: their own, or any for the platform.
///
/// # Errors
/// `not_found`, and when the database fails.
pub async fn find_managed(on: impl Reader<'_>, actor: &Actor, reference: &str) -> Result<Uuid> {
    let id = find_id(on, reference).await?;
    match decide_agency(actor, id) {
        Decision::Allow => Ok(id),
        Decision::Forbid | Decision::Hide => Err(Error::not_found("agency")),
    }
}

/// An agency that nobody else changes until the end of the transaction.
pub(super) async fn hold(tx: &mut Tx, id: Uuid) -> Result<Agency> {
    let found: Option<Agency> = tx.query(AGENCY).push(" WHERE id = ").push_bind(id).push(HOLD).optional().await?;
    found.ok_or_else(|| Error::not_found("agency"))
}

/// Writes a new row.
pub(super) async fn insert(tx: &mut Tx, agency: &Agency) -> Result<()> {
    tx.query(
        "INSERT INTO agencies (id, slug, kind, state, country, languages, names, descriptions, time_zone, website, four_eyes, created_at, \
         updated_at, updated_by, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(agency.id)
    .bind(&agency.slug)
    .bind(agency.kind)
    .bind(agency.state)
    .bind(&agency.country)
    .bind(&agency.languages)
    .bind(&agency.names)
    .bind(&agency.descriptions)
    .bind(&agency.time_zone)
    .bind(&agency.website)
    .bind(agency.four_eyes)
    .bind(agency.created_at)
    .bind(agency.updated_at)
    .bind(agency.updated_by)
    .bind(agency.version)
    .execute()
    .await
    .unique(|| Error::new(Code::AlreadyExists, "There is an agency with this slug already."))?;
    Ok(())
}

/// Writes a row anew. The agency is held.
pub(super) async fn update(tx: &mut Tx, agency: Agency, by: Uuid, now: Timestamp) -> Result<Agency> {
    let agency = Agency { version: agency.version + 1, updated_at: now, updated_by: Some(by), ..agency };
    tx.query(
        "UPDATE agencies SET state = $2, country = $3, languages = $4, names = $5, descriptions = $6, time_zone = $7, website = $8, four_eyes = $9, \
         updated_at = $10, updated_by = $11, version = $12, variant_rules = $13 WHERE id = $1",
    )
    .bind(agency.id)
    .bind(agency.state)
    .bind(&agency.country)
    .bind(&agency.languages)
    .bind(&agency.names)
    .bind(&agency.descriptions)
    .bind(&agency.time_zone)
    .bind(&agency.website)
    .bind(agency.four_eyes)
    .bind(agency.updated_at)
    .bind(agency.updated_by)
    .bind(agency.version)
    .bind(&agency.variant_rules)
    .execute()
    .await?;
    Ok(agency)
}
