//! Looking after the log while the house is open, and from the command line.

use super::checkpoints::{self, Line, UNKNOWN_KEY};
use super::verify::{self, Report};
use crate::clock::Clock;
use crate::config::{Config, Mode};
use crate::db::{Db, Timestamp};
use crate::secrets::Secrets;
use crate::state::{AuditStanding, State};
use anyhow::{bail, ensure};

/// Walks what is new since the last checkpoint, and signs it. Where something is wrong nothing is signed, and everybody who watches is told.
pub async fn look(state: &State) {
    let folder = state.config.checkpoint_dir();
    let standing = match sign(&state.db, &keys(state), &folder, state.clock.now()).await {
        Ok(report) => {
            for finding in &report.findings {
                tracing::error!(finding, "the audit log is not whole: see newsroom audit verify");
            }
            AuditStanding { fault: report.findings.first().cloned(), signed: report.signed }
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the audit log could not be signed");
            AuditStanding { fault: Some("the log could not be signed".to_owned()), signed: state.audit_standing().signed }
        }
    };
    state.note_audit(standing);
}

/// The keys that we opened the house with; where a line was signed by another, those that there are now.
fn keys(state: &State) -> Secrets {
    let config = &state.config;
    let last = checkpoints::last(&config.checkpoint_dir(), &state.secrets);
    if matches!(last, Ok(Some(Err(UNKNOWN_KEY)))) && config.data_dir.join("keys").exists() {
        return Secrets::open(&config.data_dir, config.mode == Mode::Production).unwrap_or_else(|_| state.secrets.clone());
    }
    state.secrets.clone()
}

async fn sign(db: &Db, secrets: &Secrets, folder: &std::path::Path, now: Timestamp) -> anyhow::Result<Report> {
    let last: Option<Line> = checkpoints::last(folder, secrets)?;
    let mut report = verify::since(db, last).await?;
    if report.findings.is_empty() {
        checkpoints::append(folder, secrets, report.last, &report.hash, now)?;
        report.signed = report.signed.max(Some(report.last));
    }
    Ok(report)
}

/// `newsroom audit verify`: looks, and changes nothing.
///
/// # Errors
/// When the house cannot be opened.
pub async fn command_verify(config: &Config) -> anyhow::Result<Report> {
    let (db, secrets) = open(config).await?;
    let known = checkpoints::all(&config.checkpoint_dir(), &secrets)?;
    let report = verify::whole(&db, &known).await?;
    db.close().await;
    Ok(report)
}

/// `newsroom audit checkpoint`: what housekeeping does every minute. Returns the entry up to which the log is signed.
///
/// # Errors
/// When the log is not whole, or cannot be signed.
pub async fn command_checkpoint(config: &Config) -> anyhow::Result<i64> {
    let (db, secrets) = open(config).await?;
    let report = sign(&db, &secrets, &config.checkpoint_dir(), Clock::System.now()).await?;
    db.close().await;
    if let Some(finding) = report.findings.first() {
        bail!("nothing was signed: {finding}");
    }
    Ok(report.last)
}

/// Opens a house that is there; makes and migrates nothing.
async fn open(config: &Config) -> anyhow::Result<(Db, Secrets)> {
    let data = &config.data_dir;
    ensure!(config.database.url.is_some() || data.join("newsroom.db").exists(), "there is no database in {}", data.display());
    ensure!(data.join("keys").exists(), "there are no keys in {}", data.display());
    let secrets = Secrets::open(data, config.mode == Mode::Production)?;
    Ok((Db::open(&config.database_url(), 2).await?, secrets))
}
