//! Column types that sqlx does not already store alike.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Postgres, Sqlite, Type};
use std::fmt;
use std::time::Duration;

/// An instant, to the microsecond: `timestamptz` in PostgreSQL, integer microseconds in SQLite.
///
/// Spoken as RFC 3339 in UTC with at most six digits of fraction. sqlx would store a date in
/// SQLite as text with nanoseconds, and PostgreSQL keeps microseconds: the same value would differ
/// after a round trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// 0001-01-01 and 9999-12-31T23:59:59.999999Z: the years that RFC 3339 can write.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

impl Timestamp {
    /// `micros` since 1970; what RFC 3339 cannot write is brought to its nearest end.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(*RANGE.start(), *RANGE.end()))
    }

    /// `secs` since 1970, for constants.
    #[must_use]
    pub const fn of_secs(secs: u32) -> Self {
        Self(secs as i64 * 1_000_000)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// RFC 3339; `None` for what is not, or lies outside its years.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let micros = DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros();
        RANGE.contains(&micros).then_some(Self(micros))
    }

    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
    #[must_use]
    pub fn http_date(self) -> String {
        self.to_utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self::from_micros(at.timestamp_micros())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(at: Timestamp) -> Self {
        at.to_utc()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("is not a time: write it as 2026-07-24T09:30:00Z"))
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .description(Some("An instant in UTC (RFC 3339), with at most microseconds."))
            .examples([serde_json::json!("2026-07-24T09:30:00Z")])
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {
    fn name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
}

/// Stores `$column` in `$engine` as a `$stored`.
macro_rules! stored_as {
    ($column:ty, $engine:ty, $stored:ty, $encode:expr, $decode:expr) => {
        impl Type<$engine> for $column {
            fn type_info() -> <$engine as Database>::TypeInfo {
                <$stored as Type<$engine>>::type_info()
            }
            fn compatible(ty: &<$engine as Database>::TypeInfo) -> bool {
                <$stored as Type<$engine>>::compatible(ty)
            }
        }
        impl Encode<'_, $engine> for $column {
            fn encode_by_ref(&self, buf: &mut <$engine as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                Encode::<$engine>::encode($encode(*self), buf)
            }
        }
        impl<'r> Decode<'r, $engine> for $column {
            fn decode(value: <$engine as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
                <$stored as Decode<$engine>>::decode(value).map($decode)
            }
        }
    };
}

stored_as!(Timestamp, Sqlite, i64, Timestamp::micros, Timestamp::from_micros);
stored_as!(Timestamp, Postgres, DateTime<Utc>, DateTime::from, Timestamp::from);

/// An enum of [`text_enum!`](crate::text_enum).
pub trait TextEnum: Sized + 'static {
    /// Every value, in the order of its definition.
    const ALL: &'static [Self];
}

/// An enum stored and spoken as text.
///
/// `#[derive(sqlx::Type)]` would do, but asks PostgreSQL's catalogue about `text` on every connection.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant),+ }

        impl $crate::db::TextEnum for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
        }

        impl $name {
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                // The values themselves: a derive does not see through the macro's literals.
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($text),+]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl<DB: sqlx::Database> sqlx::Type<DB> for $name
        where
            str: sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <str as sqlx::Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <str as sqlx::Type<DB>>::compatible(ty)
            }
        }

        impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for $name
        where
            &'static str: sqlx::Encode<'q, DB>,
        {
            fn encode_by_ref(
                &self,
                buf: &mut <DB as sqlx::Database>::ArgumentBuffer,
            ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                self.as_str().encode(buf)
            }
        }

        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name
        where
            &'r str: sqlx::Decode<'r, DB>,
        {
            fn decode(value: <DB as sqlx::Database>::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                match <&str as sqlx::Decode<DB>>::decode(value)? {
                    $($text => Ok(Self::$variant),)+
                    other => Err(format!("unknown {}: {other:?}", stringify!($name)).into()),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spoken_in_utc_with_at_most_microseconds() {
        for (given, spoken) in [
            ("2026-07-24T09:30:00+04:00", "2026-07-24T05:30:00Z"),
            ("2026-07-24T09:30:00.5Z", "2026-07-24T09:30:00.500Z"),
            ("2026-07-24T09:30:00.123456789Z", "2026-07-24T09:30:00.123456Z"),
        ] {
            assert_eq!(Timestamp::parse(given).map(|at| at.to_string()).as_deref(), Some(spoken));
        }
        assert_eq!(Timestamp::parse("2026-07-24"), None);
        assert_eq!(Timestamp::from_micros(784_111_777_000_000).http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn no_span_overflows() {
        let end = Timestamp::from_micros(i64::MAX);
        assert_eq!(end.plus(Duration::MAX), end);
        assert_eq!(end.to_string(), "9999-12-31T23:59:59.999999Z");
    }
}
