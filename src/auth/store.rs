//! What identity needs of the staff table.

use crate::db::{Reader, Timestamp, Tx};
use crate::error::{Error, Result};
use crate::language::Tag;
use crate::names::Names;
use crate::notices::NoticeKind;
use crate::policy::{RULES, Role};
use crate::sql;
use serde::Serialize;
use sqlx::FromRow;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who one is, and what one may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub id: Uuid,
    pub email: String,
    pub agency: MyAgency,
    pub role: Role,
    /// Working languages.
    pub languages: Vec<Tag>,
    /// The name, by language.
    pub names: Names,
    /// A few sentences about oneself, by language.
    pub bios: Names,
    /// Whether there is a public profile.
    pub byline: bool,
    /// The kinds of notices that come as messages too.
    pub notice_mail: Vec<NoticeKind>,
    /// What the role allows, as `x-permissions` of the operations name it.
    pub permissions: Vec<&'static str>,
    pub last_login_at: Option<Timestamp>,
    pub password_changed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(skip)]
    pub updated_by: Option<Uuid>,
    #[serde(skip)]
    pub version: i64,
}

/// The agency one works for.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyAgency {
    pub id: Uuid,
    pub slug: String,
    /// `platform` or `member`.
    pub kind: String,
    pub names: Names,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    email: String,
    agency_id: Uuid,
    agency_slug: String,
    agency_kind: String,
    agency_names: Json<Names>,
    role: Role,
    languages: Json<Vec<Tag>>,
    names: Json<Names>,
    bios: Json<Names>,
    byline: bool,
    notice_mail: Json<Vec<NoticeKind>>,
    last_login_at: Option<Timestamp>,
    password_changed_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    updated_by: Option<Uuid>,
    version: i64,
}

/// Locks somebody's row until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut Tx, id: Uuid) -> Result<()> {
    tx.query(sql!("SELECT version FROM staff WHERE id = $1"["" | " FOR NO KEY UPDATE"])).bind(id).optional::<(i64,)>().await?;
    Ok(())
}

/// # Errors
/// `not_found`, and when the database fails.
pub async fn me(on: impl Reader<'_>, id: Uuid) -> Result<Me> {
    let row: Option<Row> = on
        .query(
            "SELECT s.id, s.email, s.agency_id, a.slug AS agency_slug, a.kind AS agency_kind, a.names AS agency_names, s.role, s.languages, \
             s.names, s.bios, s.byline, s.notice_mail, s.last_login_at, s.password_changed_at, s.created_at, s.updated_at, s.updated_by, s.version \
             FROM staff s JOIN agencies a ON a.id = s.agency_id WHERE s.id = $1",
        )
        .bind(id)
        .optional()
        .await?;
    let row = row.ok_or_else(|| Error::not_found("staff member"))?;
    let platform = row.agency_kind == "platform";
    let permissions = RULES.iter().filter(|rule| rule.roles.contains(&row.role) && (platform || !rule.platform)).map(|rule| rule.name).collect();
    Ok(Me {
        id: row.id,
        email: row.email,
        agency: MyAgency { id: row.agency_id, slug: row.agency_slug, kind: row.agency_kind, names: row.agency_names.0 },
        role: row.role,
        languages: row.languages.0,
        names: row.names.0,
        bios: row.bios.0,
        byline: row.byline,
        notice_mail: row.notice_mail.0,
        permissions,
        last_login_at: row.last_login_at,
        password_changed_at: row.password_changed_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        updated_by: row.updated_by,
        version: row.version,
    })
}

/// What signing in compares with.
#[derive(Clone, FromRow)]
pub struct Account {
    pub id: Uuid,
    pub agency_id: Uuid,
    pub email: String,
    pub password_hash: Option<String>,
    /// Whether the person and the agency are active.
    pub open: bool,
}

/// # Errors
/// When the database fails.
pub async fn account(on: impl Reader<'_>, email: &str) -> Result<Option<Account>> {
    Ok(on
        .query(
            "SELECT s.id, s.agency_id, s.email, s.password_hash, s.state = 'active' AND a.state = 'active' AS open \
             FROM staff s JOIN agencies a ON a.id = s.agency_id WHERE s.email_key = $1",
        )
        .bind(email_key(email))
        .optional()
        .await?)
}

/// # Errors
/// When the database fails.
pub async fn account_by_id(on: impl Reader<'_>, id: Uuid) -> Result<Option<Account>> {
    Ok(on
        .query(
            "SELECT s.id, s.agency_id, s.email, s.password_hash, s.state = 'active' AND a.state = 'active' AS open \
             FROM staff s JOIN agencies a ON a.id = s.agency_id WHERE s.id = $1",
        )
        .bind(id)
        .optional()
        .await?)
}

/// E-mail addresses that differ in case are one person's.
#[must_use]
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Sets a password; who was invited is active from now on.
///
/// # Errors
/// When the database fails.
pub async fn set_password(tx: &mut Tx, id: Uuid, hash: &str, now: Timestamp) -> Result<()> {
    tx.query(
        "UPDATE staff SET password_hash = $2, password_changed_at = $3, state = CASE WHEN state = 'invited' THEN 'active' ELSE state END, \
         version = version + 1, updated_at = $3, updated_by = $1 WHERE id = $1",
    )
    .bind(id)
    .bind(hash)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Notes that somebody signed in, and hashes that were weak anew.
///
/// # Errors
/// When the database fails.
///
/// Says whether the password that was verified is still theirs, and they may still sign in.
pub async fn note_login(tx: &mut Tx, account: &Account, rehashed: Option<String>, now: Timestamp) -> Result<bool> {
    let noted = tx
        .query("UPDATE staff SET last_login_at = $2, password_hash = COALESCE($3, password_hash) WHERE id = $1 AND state = 'active' AND password_hash = $4")
        .bind(account.id)
        .bind(now)
        .bind(rehashed)
        .bind(&account.password_hash)
        .execute()
        .await?;
    Ok(noted > 0)
}

/// # Errors
/// When the database fails.
pub async fn update_profile(tx: &mut Tx, me: &Me, now: Timestamp) -> Result<()> {
    tx.query("UPDATE staff SET names = $2, bios = $3, notice_mail = $4, version = version + 1, updated_at = $5, updated_by = $1 WHERE id = $1")
        .bind(me.id)
        .bind(Json(&me.names))
        .bind(Json(&me.bios))
        .bind(Json(&me.notice_mail))
        .bind(now)
        .execute()
        .await?;
    Ok(())
}
