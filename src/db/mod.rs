//! One query API over two engines. Nothing outside this module knows which one it is talking to.

mod announce;
mod query;
mod sql;
mod statements;
mod types;

pub use announce::{Announced, Announcement, Notifications};
pub use query::{Query, Record, Value};
pub use sql::{Engine, Sql};
pub use statements::Statements;
pub use types::{TextEnum, Timestamp};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Error, PgPool, Postgres, Result, Sqlite, SqlitePool, Transaction};
use std::time::Duration;

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

const MIB: u32 = 1 << 20;
/// How long a request may wait for a connection; on SQLite, for the writer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Older SQLite can corrupt its write-ahead log.
const OLDEST_SQLITE: (i32, i32, i32) = (3, 51, 3);

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pub pools: Pools,
    announced: Announced,
    statements: Statements,
}

/// The connections of an engine.
#[derive(Clone, Debug)]
pub enum Pools {
    /// SQLite takes one writer at a time: a queue for it beats `SQLITE_BUSY`.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

/// A pooled connection, for a request that asks several questions.
pub struct Conn {
    on: Connections,
    statements: Statements,
}

enum Connections {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A write transaction. Rolls back unless committed.
pub struct Tx {
    on: Transactions,
    announcements: Vec<Announcement>,
    announced: Announced,
    statements: Statements,
}

enum Transactions {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A single statement that is its own transaction.
#[derive(Clone, Copy)]
pub struct Autocommit<'c>(&'c Db);

/// Where a query can run.
pub trait Reader<'c>: Send {
    fn query(self, sql: impl Into<Sql>) -> Query<'c>;
}

/// Where a query can run that changes something: [`Tx`] and [`Db::write`].
pub trait Writer<'c>: Reader<'c> {}

impl<'c> Writer<'c> for &'c mut Tx {}
impl<'c> Writer<'c> for Autocommit<'c> {}

impl<'c> Reader<'c> for &'c Db {
    fn query(self, sql: impl Into<Sql>) -> Query<'c> {
        match &self.pools {
            Pools::Sqlite { read, .. } => Query::new(sql.into(), read, &self.statements),
            Pools::Postgres(pool) => Query::new(sql.into(), pool, &self.statements),
        }
    }
}

impl<'c> Reader<'c> for Autocommit<'c> {
    fn query(self, sql: impl Into<Sql>) -> Query<'c> {
        match &self.0.pools {
            Pools::Sqlite { write, .. } => Query::new(sql.into(), write, &self.0.statements),
            Pools::Postgres(pool) => Query::new(sql.into(), pool, &self.0.statements),
        }
    }
}

impl<'c> Reader<'c> for &'c mut Conn {
    fn query(self, sql: impl Into<Sql>) -> Query<'c> {
        match &mut self.on {
            Connections::Sqlite(connection) => Query::new(sql.into(), &mut **connection, &self.statements),
            Connections::Postgres(connection) => Query::new(sql.into(), &mut **connection, &self.statements),
        }
    }
}

impl<'c> Reader<'c> for &'c mut Tx {
    fn query(self, sql: impl Into<Sql>) -> Query<'c> {
        match &mut self.on {
            Transactions::Sqlite(tx) => Query::new(sql.into(), &mut **tx, &self.statements),
            Transactions::Postgres(tx) => Query::new(sql.into(), &mut **tx, &self.statements),
        }
    }
}

impl Db {
    /// Opens `sqlite:…` or `postgres:…`, with at most `connections` to PostgreSQL. Creates the SQLite
    /// file where there is none; does not migrate.
    ///
    /// # Errors
    /// When the address is wrong, the database cannot be reached, or it does not keep what it acknowledges.
    pub async fn open(url: &str, connections: u32) -> Result<Self> {
        let pools = if url.starts_with("sqlite:") { sqlite(url.parse()?).await? } else { postgres(url.parse()?, connections).await? };
        Ok(Self { pools, announced: Announced::default(), statements: Statements::default() })
    }

    /// A second handle for delivery, which can only read. On PostgreSQL it has a pool of its own, whose
    /// `url` may log in as a role that may read the `published_*` tables alone.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open_reader(&self, url: &str, connections: u32) -> Result<Self> {
        let pools = match &self.pools {
            Pools::Sqlite { read, .. } => Pools::Sqlite { read: read.clone(), write: read.clone() },
            Pools::Postgres(_) => {
                let options: PgConnectOptions = url.parse()?;
                let options = options.options([("default_transaction_read_only", "on")]).statement_cache_capacity(256);
                Pools::Postgres(postgres_pool(connections).connect_with(options).await?)
            }
        };
        Ok(Self { pools, announced: self.announced.clone(), statements: self.statements.clone() })
    }

    /// Brings the tables to the version of this program.
    ///
    /// # Errors
    /// When a migration fails, or the database is of a newer program.
    pub async fn migrate(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { write, .. } => SQLITE.run(write).await?,
            Pools::Postgres(pool) => POSTGRES.run(pool).await?,
        }
        Ok(())
    }

    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// One connection for several reads: cheaper than a trip to the pool for each.
    ///
    /// # Errors
    /// When none comes free in time.
    pub async fn acquire(&self) -> Result<Conn> {
        let on = match &self.pools {
            Pools::Sqlite { read, .. } => Connections::Sqlite(read.acquire().await?),
            Pools::Postgres(pool) => Connections::Postgres(pool.acquire().await?),
        };
        Ok(Conn { on, statements: self.statements.clone() })
    }

    /// Begins a transaction that may write. Do not begin another before it ends: on SQLite it
    /// would wait for itself.
    ///
    /// # Errors
    /// When no connection comes free in time.
    pub async fn begin(&self) -> Result<Tx> {
        let on = match &self.pools {
            // A deferred transaction fails when it turns to writing after someone else wrote.
            Pools::Sqlite { write, .. } => Transactions::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Transactions::Postgres(pool.begin().await?),
        };
        Ok(Tx { on, announcements: vec![], announced: self.announced.clone(), statements: self.statements.clone() })
    }

    /// Writes with one statement, without the round trips of a transaction.
    #[must_use]
    pub fn write(&self) -> Autocommit<'_> {
        Autocommit(self)
    }

    /// Writes a copy of the whole database, as it is at one moment, to a file that is not there yet. SQLite only.
    ///
    /// # Errors
    /// When it cannot be written, and on PostgreSQL.
    pub async fn copy_to(&self, file: &std::path::Path) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { write, .. } => {
                sqlx::query("VACUUM INTO $1").bind(file.display().to_string()).execute(write).await?;
                Ok(())
            }
            Pools::Postgres(_) => Err(Error::Configuration("PostgreSQL is backed up by pg_dump".into())),
        }
    }

    /// What was asked through this handle, the transactions and connections of it, and its reader.
    #[must_use]
    pub fn statements(&self) -> &Statements {
        &self.statements
    }

    /// What transactions of this process announced: see [`Tx::announce`].
    #[must_use]
    pub fn announced(&self) -> &Announced {
        &self.announced
    }

    /// What the transactions of all processes announce. `None` on SQLite, which has no way to tell.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn listen(&self) -> Result<Option<Notifications>> {
        match &self.pools {
            Pools::Sqlite { .. } => Ok(None),
            Pools::Postgres(pool) => Notifications::open(pool).await.map(Some),
        }
    }

    /// Connections open and idle, for the metrics.
    #[must_use]
    pub fn connections(&self) -> (u32, usize) {
        match &self.pools {
            Pools::Sqlite { read, write } => (read.size() + write.size(), read.num_idle() + write.num_idle()),
            Pools::Postgres(pool) => (pool.size(), pool.num_idle()),
        }
    }

    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Conn {
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.on {
            Connections::Sqlite(_) => Engine::Sqlite,
            Connections::Postgres(_) => Engine::Postgres,
        }
    }
}

impl Tx {
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.on {
            Transactions::Sqlite(_) => Engine::Sqlite,
            Transactions::Postgres(_) => Engine::Postgres,
        }
    }

    /// # Errors
    /// When the engine cannot promise that the changes will last: then none of them is made, or the error says that nobody knows.
    pub async fn commit(mut self) -> crate::error::Result<()> {
        let outcome = match self.on {
            Transactions::Sqlite(tx) => tx.commit().await,
            Transactions::Postgres(tx) => tx.commit().await,
        };
        // Also after a failure: nobody may know whether it happened. Its numbers may be given again, and do not count as heard.
        if outcome.is_err() {
            for announcement in &mut self.announcements {
                announcement.version = 0;
            }
        }
        self.announced.tell(&self.announcements);
        outcome.map_err(crate::error::Error::of_commit)
    }

    /// Tells this process, when the transaction has been committed, that something changed for readers.
    pub fn announce(&mut self, announcement: Announcement) {
        self.announcements.push(announcement);
    }

    /// Whether caches in front of us are to be told as well, in the transaction of the change.
    #[must_use]
    pub fn has_caches(&self) -> bool {
        self.announced.has_caches()
    }

    /// Undoes everything at once, and lets go of what is locked.
    ///
    /// # Errors
    /// When the connection is lost; then the engine does it.
    pub async fn rollback(self) -> Result<()> {
        match self.on {
            Transactions::Sqlite(tx) => tx.rollback().await,
            Transactions::Postgres(tx) => tx.rollback().await,
        }
    }
}

async fn sqlite(options: SqliteConnectOptions) -> Result<Pools> {
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL loses acknowledged commits when the power goes.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .statement_cache_capacity(256)
        // For each connection; a memory map would count as often as there are connections.
        .pragma("cache_size", "-4096")
        .pragma("temp_store", "memory")
        .pragma("journal_size_limit", (64 * MIB).to_string());
    let pool = || SqlitePoolOptions::new().acquire_timeout(PATIENCE).test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    // The writer comes first: it creates the file and switches it to WAL.
    let write = pool().max_connections(1).connect_with(options.clone()).await?;
    let (version, synchronous): (String, i64) = sqlx::query_as("SELECT sqlite_version(), synchronous FROM pragma_synchronous").fetch_one(&write).await?;
    if parse_version(&version) < OLDEST_SQLITE || synchronous != 2 {
        return Err(Error::Configuration(format!("SQLite {version} with synchronous={synchronous} cannot keep what it acknowledges").into()));
    }
    let readers = std::thread::available_parallelism().map_or(8, |n| (4 * n.get()).clamp(4, 32));
    let read = pool().max_connections(u32::try_from(readers).unwrap_or(32)).connect_with(options.pragma("query_only", "on")).await?;
    Ok(Pools::Sqlite { read, write })
}

async fn postgres(options: PgConnectOptions, connections: u32) -> Result<Pools> {
    let pool = postgres_pool(connections).connect_with(options.statement_cache_capacity(256)).await?;
    let (durable,): (String,) = sqlx::query_as("SELECT current_setting('synchronous_commit')").fetch_one(&pool).await?;
    if !matches!(durable.as_str(), "on" | "remote_apply") {
        return Err(Error::Configuration(format!("PostgreSQL runs with synchronous_commit={durable} and could lose what it acknowledges").into()));
    }
    Ok(Pools::Postgres(pool))
}

fn postgres_pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        // A ping before each query costs a sixth of the throughput: only ask a connection that has rested.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > Duration::from_secs(10) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

fn parse_version(text: &str) -> (i32, i32, i32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}
