//! Backups of a house on SQLite, made while it is written to. For PostgreSQL its own tools are the right ones.

use crate::audit::checkpoints;
use crate::config::Config;
use crate::db::Db;
use crate::secrets::{make_folder, write_private};
use anyhow::{bail, ensure};
use std::fs;
use std::path::Path;

const DATABASE: &str = "newsroom.db";

fn check(config: &Config) -> anyhow::Result<()> {
    if config.database.url.is_some() {
        bail!(
            "the database is not the one in the data directory: use pg_dump and pg_restore, and copy the folders audit (before the dump) and keys beside it (README, Operations)"
        );
    }
    Ok(())
}

/// Copies the checkpoints of the audit log, the database as it is at one moment, and the keys into a folder that is made for it.
///
/// # Errors
/// When the house is on PostgreSQL, the folder exists, or something cannot be copied.
pub async fn backup(config: &Config, folder: &Path) -> anyhow::Result<()> {
    check(config)?;
    ensure!(config.data_dir.join(DATABASE).exists(), "there is no database in {}", config.data_dir.display());
    ensure!(!folder.exists(), "{} exists already", folder.display());
    make_folder(folder)?;
    // Before the database: a copy of the log must not be behind its checkpoints.
    copy_checkpoints(&config.checkpoint_dir(), &folder.join("audit"))?;
    let db = Db::open(&config.database_url(), 1).await?;
    db.copy_to(&folder.join(DATABASE)).await?;
    db.close().await;
    fs::File::open(folder.join(DATABASE))?.sync_all()?;
    copy_keys(&config.data_dir, folder)
}

/// Brings a backup into a data directory that has no database yet.
///
/// # Errors
/// When the house is on PostgreSQL, has a database already, or something cannot be copied.
pub fn restore(config: &Config, folder: &Path) -> anyhow::Result<()> {
    check(config)?;
    let target = config.data_dir.join(DATABASE);
    for left in [DATABASE, "newsroom.db-wal", "newsroom.db-shm", "keys"] {
        let path = config.data_dir.join(left);
        ensure!(!path.exists(), "{} exists already: stop the service and move the data directory away first", path.display());
    }
    let checkpoints = config.checkpoint_dir().join(checkpoints::FILE);
    ensure!(!checkpoints.exists(), "{} exists already: move it away first", checkpoints.display());
    ensure!(folder.join(DATABASE).exists(), "there is no backup in {}", folder.display());
    make_folder(&config.data_dir)?;
    copy_keys(folder, &config.data_dir)?;
    copy_checkpoints(&folder.join("audit"), &config.checkpoint_dir())?;
    write_private(&target, &fs::read(folder.join(DATABASE))?)
}

fn copy_checkpoints(from: &Path, to: &Path) -> anyhow::Result<()> {
    let file = from.join(checkpoints::FILE);
    if file.exists() {
        make_folder(to)?;
        write_private(&to.join(checkpoints::FILE), &fs::read(file)?)?;
    }
    Ok(())
}

fn copy_keys(from: &Path, to: &Path) -> anyhow::Result<()> {
    make_folder(&to.join("keys"))?;
    for entry in fs::read_dir(from.join("keys"))? {
        let entry = entry?;
        write_private(&to.join("keys").join(entry.file_name()), &fs::read(entry.path())?)?;
    }
    Ok(())
}
