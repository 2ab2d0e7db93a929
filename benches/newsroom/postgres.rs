//! A PostgreSQL of our own for the time of the run, as in `tests/it/support/postgres.rs`.

use anyhow::{Context, Result, bail, ensure};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);
/// Ends with its standard input. Only reading is measured: what is written while the texts are made need not last.
const RUN: &str = r#""$0" -D "$1" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=400 \
    -c shared_buffers=256MB -c max_wal_size=4GB >"$2/log" 2>&1 & read -r _; kill -INT $!; wait $!"#;

/// A cluster that ends when it is dropped, or with this process.
pub struct Cluster {
    process: Child,
    folder: TempDir,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // The folder must not go before the server.
        let _ = self.process.wait();
    }
}

impl Cluster {
    /// `None` where no server is installed.
    pub async fn start(base: Option<&Path>) -> Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        let base = base.map_or_else(std::env::temp_dir, Path::to_owned);
        let folder = TempDir::new_in(&base)?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data)?;
        let owner = as_whom();
        if let Some((uid, gid)) = owner {
            chown(folder.path(), Some(uid), Some(gid))?;
            chown(&data, Some(uid), Some(gid))?;
        }
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let made = command(&programs.join("initdb"), owner)
            .args(["-A", "trust", "-U", "newsroom", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&data)
            .output()?;
        ensure!(made.status.success(), "initdb in {} (--postgres-folder names another): {}", base.display(), String::from_utf8_lossy(&made.stderr));
        let process = command(Path::new("/bin/sh"), owner)
            .args(["-c", RUN])
            .arg(programs.join("postgres"))
            .arg(&data)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let cluster = Self { process, folder };
        cluster.wait().await?;
        Ok(Some(cluster))
    }

    async fn wait(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match PgConnection::connect(&self.url("postgres")).await {
                Ok(connection) => {
                    connection.close().await?;
                    return Ok(());
                }
                Err(error) if Instant::now() > deadline => {
                    bail!("PostgreSQL does not answer: {error}\n{}", std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default())
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Makes a database, and says where it is. The name must be one that needs no quotes.
    pub async fn database(&self, name: &str) -> Result<String> {
        let mut admin = PgConnection::connect(&self.url("postgres")).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.with_context(|| name.to_owned())?;
        admin.close().await?;
        Ok(self.url(name))
    }

    fn url(&self, database: &str) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://newsroom@{socket}/{database}")
    }
}

/// Where the server's programs are: Debian's folders, or `PATH`.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

/// PostgreSQL refuses to run as root: then as the user `postgres`, else as ourselves.
fn as_whom() -> Option<(u32, u32)> {
    if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() != 0) {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    user("postgres").or_else(|| user("nobody"))
}

fn command(program: &Path, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some((uid, gid)) = owner {
        command.uid(uid).gid(gid);
    }
    command
}
