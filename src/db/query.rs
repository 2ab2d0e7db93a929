//! A statement, its arguments and where it runs.

use super::sql::{Engine, Sql};
use super::statements::Statements;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Encode, Error, FromRow, PgPool, Postgres, Result, Sqlite, SqlitePool, Type};
use std::borrow::Cow;

/// A value both engines can store.
pub trait Value<'q>: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> {}
impl<'q, T: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres>> Value<'q> for T {}

/// What a row of either engine can become: anything that derives [`FromRow`], and tuples.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Record for T {}

/// Built like sqlx's own query, for either engine.
///
/// `$1`, `$2`… are bound in order. SQL is always `&'static str`, and the numbers of limits: data can only be bound.
#[must_use = "a query does nothing until it is run"]
pub struct Query<'c> {
    sql: Cow<'static, str>,
    target: Target<'c>,
    error: Option<BoxDynError>,
    statements: &'c Statements,
}

pub(super) enum Target<'c> {
    SqlitePool(&'c SqlitePool, SqliteArguments),
    Sqlite(&'c mut SqliteConnection, SqliteArguments),
    PgPool(&'c PgPool, PgArguments),
    Postgres(&'c mut PgConnection, PgArguments),
}

impl<'c> From<&'c SqlitePool> for Target<'c> {
    fn from(pool: &'c SqlitePool) -> Self {
        Self::SqlitePool(pool, SqliteArguments::default())
    }
}
impl<'c> From<&'c mut SqliteConnection> for Target<'c> {
    fn from(connection: &'c mut SqliteConnection) -> Self {
        Self::Sqlite(connection, SqliteArguments::default())
    }
}
impl<'c> From<&'c PgPool> for Target<'c> {
    fn from(pool: &'c PgPool) -> Self {
        Self::PgPool(pool, PgArguments::default())
    }
}
impl<'c> From<&'c mut PgConnection> for Target<'c> {
    fn from(connection: &'c mut PgConnection) -> Self {
        Self::Postgres(connection, PgArguments::default())
    }
}

/// Runs `$body` with the driver's own types.
macro_rules! run {
    ($query:ident, |$sql:ident, $args:ident, $on:ident| $body:expr) => {{
        if let Some(error) = $query.error {
            return Err(Error::Encode(error));
        }
        $query.statements.note(&$query.sql);
        // Only `&'static str`, numbers and our own placeholders ever reach `sql`.
        let $sql = AssertSqlSafe($query.sql);
        match $query.target {
            Target::SqlitePool($on, $args) => $body,
            Target::Sqlite($on, $args) => $body,
            Target::PgPool($on, $args) => $body,
            Target::Postgres($on, $args) => $body,
        }
    }};
}

impl<'c> Query<'c> {
    pub(super) fn new(sql: Sql, target: impl Into<Target<'c>>, statements: &'c Statements) -> Self {
        let target = target.into();
        Self { sql: Cow::Borrowed(sql.on(target.engine())), target, error: None, statements }
    }

    #[must_use]
    pub fn engine(&self) -> Engine {
        self.target.engine()
    }

    /// Binds the next `$n` of the SQL so far.
    pub fn bind<'q>(mut self, value: impl Value<'q>) -> Self {
        self.add(value);
        self
    }

    /// Appends SQL.
    pub fn push(mut self, sql: impl Into<Sql>) -> Self {
        let sql = sql.into().on(self.engine());
        self.sql.to_mut().push_str(sql);
        self
    }

    /// Appends a number as it stands: PostgreSQL makes one plan for all calls only where it sees how few rows are wanted.
    pub fn push_limit(mut self, rows: u16) -> Self {
        self.sql.to_mut().push_str(&rows.to_string());
        self
    }

    /// Appends a placeholder and binds it.
    pub fn push_bind<'q>(mut self, value: impl Value<'q>) -> Self {
        let n = self.add(value);
        let sql = self.sql.to_mut();
        sql.push('$');
        sql.push_str(&n.to_string());
        self
    }

    /// Appends SQL and the value it ends on, if there is one.
    pub fn push_some<'q>(self, sql: impl Into<Sql>, value: Option<impl Value<'q>>) -> Self {
        match value {
            Some(value) => self.push(sql).push_bind(value),
            None => self,
        }
    }

    /// Appends placeholders for all the values, with commas between: `IN (` … `)`. For none: `NULL`.
    pub fn push_list<'q, T: Value<'q>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        let mut separator = "";
        for value in values {
            self = self.push(separator).push_bind(value);
            separator = ", ";
        }
        if separator.is_empty() { self.push("NULL") } else { self }
    }

    fn add<'q>(&mut self, value: impl Value<'q>) -> usize {
        let (added, n) = match &mut self.target {
            Target::SqlitePool(_, args) | Target::Sqlite(_, args) => (Arguments::add(args, value), args.len()),
            Target::PgPool(_, args) | Target::Postgres(_, args) => (args.add(value), args.len()),
        };
        self.error = self.error.take().or(added.err());
        n
    }

    /// Runs the statement and says how many rows it changed.
    ///
    /// # Errors
    /// When the engine refuses it.
    pub async fn execute(self) -> Result<u64> {
        run!(self, |sql, args, on| Ok(sqlx::query_with(sql, args).execute(on).await?.rows_affected()))
    }

    /// All rows.
    ///
    /// # Errors
    /// When the engine refuses the statement, or a row does not fit.
    pub async fn all<T: Record>(self) -> Result<Vec<T>> {
        run!(self, |sql, args, on| sqlx::query_as_with(sql, args).fetch_all(on).await)
    }

    /// The row, if there is one.
    ///
    /// # Errors
    /// When the engine refuses the statement, or a row does not fit.
    pub async fn optional<T: Record>(self) -> Result<Option<T>> {
        run!(self, |sql, args, on| sqlx::query_as_with(sql, args).fetch_optional(on).await)
    }

    /// The only row.
    ///
    /// # Errors
    /// When the engine refuses the statement, or a row does not fit.
    pub async fn one<T: Record>(self) -> Result<T> {
        run!(self, |sql, args, on| sqlx::query_as_with(sql, args).fetch_one(on).await)
    }

    /// The only column of the only row.
    ///
    /// # Errors
    /// When the engine refuses the statement, or the row does not fit.
    pub async fn value<T>(self) -> Result<T>
    where
        (T,): Record,
    {
        self.one::<(T,)>().await.map(|(value,)| value)
    }
}

impl Target<'_> {
    fn engine(&self) -> Engine {
        match self {
            Self::SqlitePool(..) | Self::Sqlite(..) => Engine::Sqlite,
            Self::PgPool(..) | Self::Postgres(..) => Engine::Postgres,
        }
    }
}
