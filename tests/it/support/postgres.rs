//! A PostgreSQL of our own: a temporary cluster for the run, a database for each test, copied from a template. A test that kills its server has
//! a cluster to itself.

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

/// A server of our own with its files. It ends with its owner, or with this process: the shell around it waits for its standard input to
/// close. A line on it starts a server that has died again.
pub struct Cluster {
    folder: PathBuf,
    shell: Child,
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
    let cluster = CLUSTER.get_or_init(|| shared(fill)).await.as_ref()?;
    let name = format!("t{}", Uuid::now_v7().simple());
    let done = std::mem::take(&mut *DONE.lock().unwrap());
    let mut admin = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
    for name in done {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut admin).await.unwrap();
    }
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE filled"))).execute(&mut admin).await.unwrap();
    Some(Database { url: cluster.url(&name), name })
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

impl Cluster {
    /// Makes a cluster and starts its server. `None`, and a line that says so, where there is no PostgreSQL.
    pub async fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var(REQUIRE).as_deref() != Ok("1"), "{REQUIRE}=1, but no PostgreSQL server is installed");
            // Past the capture of the test runner, so that it is seen.
            let _ = writeln!(std::io::stderr(), "\nno PostgreSQL server is installed: the tests run on SQLite alone");
            return None;
        };
        let owner = as_whom();
        let folder = folder_of(owner);
        let data = folder.join("data");
        let made = command(&programs.join("initdb"), owner)
            .args(["-A", "trust", "-U", "newsroom", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&data)
            .current_dir("/")
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let shell = command(Path::new("/bin/sh"), owner)
            .args(["-c", SCRIPT])
            .arg(programs.join("postgres"))
            .arg(&data)
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cluster = Self { folder, shell };
        cluster.admin().await;
        Some(cluster)
    }

    pub fn url(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://newsroom@{socket}/{database}")
    }

    /// Connects, as soon as the server answers.
    pub async fn admin(&self) -> PgConnection {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match PgConnection::connect(&self.url("postgres")).await {
                Ok(connection) => return connection,
                Err(error) if Instant::now() > deadline => {
                    panic!("PostgreSQL does not answer: {error}\n{}", std::fs::read_to_string(self.folder.join("log")).unwrap_or_default())
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Makes a database.
    pub async fn create(&self, name: &str) -> String {
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut self.admin().await).await.unwrap();
        self.url(name)
    }

    /// Sends a signal to the server: `QUIT` ends it without a checkpoint, and `KILL`, which its processes get too, without a word.
    pub fn signal(&self, name: &str) {
        let pid = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let postmaster: u32 = pid.lines().next().unwrap().trim().parse().unwrap();
        let mut processes = vec![postmaster];
        if name == "KILL" {
            processes.extend(children(postmaster));
        }
        // Some may have ended meanwhile.
        let _ = Command::new("kill").arg(format!("-{name}")).args(processes.iter().map(u32::to_string)).stderr(Stdio::null()).status().unwrap();
    }

    /// Starts the server again, once it has died.
    pub fn again(&mut self) {
        self.shell.stdin.as_mut().unwrap().write_all(b"again\n").unwrap();
    }
}

/// Servers that were killed leave memory behind for a moment, so that the next may have to try more than once.
const SCRIPT: &str = r#"serve() {
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    "$1" -D "$2" -k "$3" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=400 -c shared_buffers=64MB -c max_wal_size=128MB -c min_wal_size=32MB >>"$3/log" 2>&1 &
    server=$!; sleep 0.1
    kill -0 $server 2>/dev/null && return
  done
}
serve "$0" "$1" "$2"
while read -r _; do wait $server; serve "$0" "$1" "$2"; done
kill -INT $server; wait $server; rm -rf "$2""#;

/// The processes that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let stats = std::fs::read_dir("/proc").unwrap().filter_map(|entry| std::fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    let parsed = stats.filter_map(|stat| {
        // The name, in brackets, may hold anything.
        let of = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()?;
        Some((stat.split_whitespace().next()?.parse().ok()?, of))
    });
    parsed.filter(|(_, of)| *of == parent).map(|(pid, _)| pid).collect()
}

/// A folder for the user who runs the server.
fn folder_of(owner: Option<(u32, u32)>) -> PathBuf {
    let folder = TempDir::new().unwrap().keep();
    let data = folder.join("data");
    std::fs::create_dir(&data).unwrap();
    if let Some((uid, gid)) = owner {
        std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).unwrap();
        std::os::unix::fs::chown(&data, Some(uid), Some(gid)).unwrap();
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
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

/// The cluster of all tests, with the database that theirs are copied from.
async fn shared<F: Future<Output = ()>>(fill: impl FnOnce(String) -> F) -> Option<Cluster> {
    let cluster = Cluster::start().await?;
    fill(cluster.create("filled").await).await;
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
