//! What operators do from the command line, where nobody can sign in yet.

use crate::audit::{self, Action, By, Entry, HOUSE};
use crate::clock::Clock;
use crate::config::{Config, Mode};
use crate::db::{Db, Reader, Timestamp, Tx};
use crate::error::Code;
use crate::language::Tag;
use crate::names::Names;
use crate::policy::Role;
use crate::secrets::{Secrets, random_text};
use crate::state::State;
use crate::{agencies, auth, staff};
use anyhow::{Context, ensure};
use serde_json::json;
use uuid::Uuid;

/// Makes an active staff member. Returns their password.
///
/// # Errors
/// When the agency is not there, the address is taken, or the database fails.
pub async fn create_staff(state: &State, email: &str, name: &str, agency: &str, role: Role) -> anyhow::Result<String> {
    let password = random_text::<15>()?;
    let hash = auth::hash_password(password.clone()).await?;
    let now = state.clock.now();
    let english = Tag::parse("en")?;
    let mut tx = state.db.begin().await?;
    let agency = match agencies::find_id(&mut tx, agency).await {
        Ok(id) => id,
        Err(error) if error.code == Code::NotFound && agency == "platform" => create_platform(&mut tx, &english, now).await?,
        Err(error) => return Err(error.into()),
    };
    let new = staff::NewStaff {
        agency: None,
        email: email.to_owned(),
        role,
        languages: vec![english.clone()],
        names: Names::from_iter([(english, name.to_owned())]),
        bios: Names::default(),
        byline: false,
    };
    staff::create(&mut tx, &new, agency, staff::Entry::Active { password_hash: hash }, None, now).await?;
    tx.commit().await?;
    Ok(password)
}

async fn create_platform(tx: &mut Tx, english: &Tag, now: Timestamp) -> anyhow::Result<Uuid> {
    let new = agencies::NewAgency {
        slug: "platform".to_owned(),
        country: "AZ".to_owned(),
        languages: vec![english.clone()],
        names: Names::from_iter([(english.clone(), "Platform".to_owned())]),
        descriptions: Names::default(),
        time_zone: "Asia/Baku".to_owned(),
        website: None,
        four_eyes: false,
    };
    Ok(agencies::create(tx, new, agencies::Kind::Platform, None, now).await?.id)
}

/// Gives somebody a new password and ends their sessions. Returns the password.
///
/// # Errors
/// When nobody has the address, or the database fails.
pub async fn reset_password(state: &State, email: &str) -> anyhow::Result<String> {
    let password = random_text::<15>()?;
    let hash = auth::hash_password(password.clone()).await?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let found: Option<(Uuid, Uuid)> = tx
        .query("UPDATE staff SET password_hash = $2, password_changed_at = $3, version = version + 1, updated_at = $3 WHERE email_key = $1 AND state = 'active' RETURNING id, agency_id")
        .bind(email.trim().to_lowercase())
        .bind(hash)
        .bind(now)
        .optional()
        .await?;
    let (id, agency) = found.with_context(|| format!("nobody who can sign in has the address {email}"))?;
    auth::revoke_all_sessions(&mut tx, id, None, now).await?;
    let entry = Entry { action: Action::PasswordReset, agency: Some(agency), subject: id, language: None, details: json!({}) };
    audit::record(&mut tx, By::Service, entry, now).await?;
    tx.commit().await?;
    Ok(password)
}

/// Makes a new signing key and makes it known to the database. Returns what was done.
///
/// # Errors
/// When the key cannot be written, or the database fails.
pub async fn rotate_keys(config: &Config) -> anyhow::Result<String> {
    let clock = Clock::System;
    let now = clock.now();
    let path = Secrets::add_signing_key(&config.data_dir, now.secs())?;
    let secrets = Secrets::open(&config.data_dir, config.mode == Mode::Production)?;
    let db = Db::open(&config.database_url(), 1).await?;
    db.migrate().await?;
    let key = secrets.signing.first().context("the new key is not there")?;
    ensure!(path.display().to_string().contains(&key.kid), "the clock runs behind the keys: another key is newer");
    let mut tx = db.begin().await?;
    tx.query("INSERT INTO signing_keys (kid, created_at) VALUES ($1, $2) ON CONFLICT (kid) DO NOTHING").bind(&key.kid).bind(now).execute().await?;
    let entry = Entry { action: Action::SigningKeyRotated, agency: None, subject: HOUSE, language: None, details: json!({ "kid": key.kid }) };
    audit::record(&mut tx, By::Service, entry, now).await?;
    tx.commit().await?;
    db.close().await;
    Ok(format!("{} signs from the next start on; tokens of the earlier keys still verify", key.kid))
}
