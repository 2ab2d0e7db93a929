//! A PostgreSQL of our own: a temporary cluster for the run, a database for each test, copied from a template.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::future::Future;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

const REQUIRE: &str = "NEWSROOM_TEST_REQUIRE_POSTGRES";

/// A cluster that ends with this process, and its files with it: the shell around it waits for its standard input to close.
struct Cluster {
    folder: PathBuf,
    _process: Child,
}

static CLUSTER: OnceCell<Option<Cluster>> = OnceCell::const_new();

/// Databases that nobody needs any more. The next test that wants one drops them: hundreds of them would fill a disk.
static DONE: Mutex<Vec<String>> = Mutex::new(vec![]);

/// A database of a test's own.
pub struct Database {
    name: String,
    pub url: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        DONE.lock().unwrap().push(std::mem::take(&mut self.name));
    }
}

/// A new database, filled by `fill` the first time.
pub async fn database<F: Future<Output = ()>>(fill: impl FnOnce(String) -> F) -> Option<Database> {
    let cluster = CLUSTER.get_or_init(|| start(fill)).await.as_ref()?;
    let name = format!("t{}", Uuid::now_v7().simple());
    let done = std::mem::take(&mut *DONE.lock().unwrap());
    let mut admin = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
    for name in done {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut admin).await.unwrap();
    }
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE filled"))).execute(&mut admin).await.unwrap();
    Some(Database { url: cluster.url(&name), name })
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://newsroom@{socket}/{database}")
    }
}

/// Where the server's programs are: `PATH`, or Debian's folders.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let mut debian: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    debian.sort();
    debian.reverse();
    folders.splice(0..0, debian);
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

async fn start<F: Future<Output = ()>>(fill: impl FnOnce(String) -> F) -> Option<Cluster> {
    let Some(programs) = programs() else {
        assert!(std::env::var(REQUIRE).as_deref() != Ok("1"), "{REQUIRE}=1, but no PostgreSQL server is installed");
        // Past the capture of the test runner, so that it is seen.
        let _ = writeln!(std::io::stderr(), "\nno PostgreSQL server is installed: the tests run on SQLite alone");
        return None;
    };
    let folder = TempDir::new().unwrap().keep();
    let data = folder.join("data");
    std::fs::create_dir(&data).unwrap();
    let owner = as_whom();
    if let Some((uid, gid)) = owner {
        std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).unwrap();
        std::os::unix::fs::chown(&data, Some(uid), Some(gid)).unwrap();
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let made = command(&programs.join("initdb"), owner)
        .args(["-A", "trust", "-U", "newsroom", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "-D"])
        .arg(&data)
        .current_dir("/")
        .output()
        .unwrap();
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    let script = r#""$0" -D "$1" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=400 -c shared_buffers=64MB -c max_wal_size=128MB -c min_wal_size=32MB >"$2/log" 2>&1 & read -r _; kill -INT $!; wait $!; rm -rf "$2""#;
    let process = command(Path::new("/bin/sh"), owner)
        .args(["-c", script])
        .arg(programs.join("postgres"))
        .arg(&data)
        .arg(&folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let cluster = Cluster { folder, _process: process };
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut admin = loop {
        match PgConnection::connect(&cluster.url("postgres")).await {
            Ok(connection) => break connection,
            Err(error) if Instant::now() > deadline => {
                panic!("PostgreSQL does not answer: {error}\n{}", std::fs::read_to_string(cluster.folder.join("log")).unwrap_or_default())
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    sqlx::raw_sql("CREATE DATABASE filled").execute(&mut admin).await.unwrap();
    fill(cluster.url("filled")).await;
    Some(cluster)
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
    if let Some((uid, gid)) = owner {
        command.uid(uid).gid(gid);
    }
    command
}
