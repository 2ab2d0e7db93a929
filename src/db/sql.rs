//! What the engines spell differently.

/// The engine behind a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// SQL in both spellings. A plain `&'static str` is the same on both; see [`sql!`](crate::sql) for the rest.
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

impl Sql {
    #[must_use]
    pub const fn on(self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

impl From<&'static str> for Sql {
    fn from(sql: &'static str) -> Self {
        Self { sqlite: sql, postgres: sql }
    }
}

/// One statement for both engines; `["sqlite" | "postgres"]` marks where they part.
///
/// ```
/// # use newsroom::sql;
/// let like = sql!("SELECT id FROM tags WHERE name " ["LIKE" | "ILIKE"] " $1");
/// assert_eq!(like.sqlite, "SELECT id FROM tags WHERE name LIKE $1");
/// assert_eq!(like.postgres, "SELECT id FROM tags WHERE name ILIKE $1");
/// ```
#[macro_export]
macro_rules! sql {
    (@sqlite $same:literal) => { $same };
    (@sqlite [$sqlite:literal | $postgres:literal]) => { $sqlite };
    (@postgres $same:literal) => { $same };
    (@postgres [$sqlite:literal | $postgres:literal]) => { $postgres };
    ($($part:tt)+) => {
        $crate::db::Sql {
            sqlite: concat!($($crate::sql!(@sqlite $part)),+),
            postgres: concat!($($crate::sql!(@postgres $part)),+),
        }
    };
}
