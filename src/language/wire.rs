//! How a tag is written down: a string in JSON, in the contract and in the database.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use super::tag::Tag;

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl utoipa::PartialSchema for Tag {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(super::table::VARIANTS.iter().map(|variant| variant.tag)))
            .description(Some(
                "Language and, where it is not the language's default one, script, as a BCP 47 tag. \
                 Aliases such as `kaz` or `uz-Latin` are accepted and never answered.",
            ))
            .examples(["kk"])
            .into()
    }
}

impl utoipa::ToSchema for Tag {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("LanguageTag")
    }
}

impl<DB: sqlx::Database> sqlx::Type<DB> for Tag
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

impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for Tag
where
    &'static str: sqlx::Encode<'q, DB>,
{
    fn encode_by_ref(&self, buf: &mut <DB as sqlx::Database>::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        <&'static str as sqlx::Encode<'q, DB>>::encode(self.as_str(), buf)
    }
}

impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for Tag
where
    &'r str: sqlx::Decode<'r, DB>,
{
    fn decode(value: <DB as sqlx::Database>::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Self::parse(<&'r str as sqlx::Decode<'r, DB>>::decode(value)?)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sqlx::{Connection, Database, Decode, Encode, Postgres, Sqlite, SqliteConnection};
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn json_is_a_string_and_refuses_with_the_message() {
        let tag: Tag = serde_json::from_value(json!("kaz-latin")).unwrap();
        assert_eq!(serde_json::to_value(&tag).unwrap(), "kk-Latn");
        let error = serde_json::from_value::<Tag>(json!("kk-KZ")).unwrap_err();
        assert_eq!(error.to_string(), Tag::parse("kk-KZ").unwrap_err().to_string());
    }

    #[test]
    fn the_contract_says_string() {
        let schema = serde_json::to_value(Tag::schema()).unwrap();
        assert_eq!(schema["type"], "string");
        assert_eq!(schema["examples"], json!(["kk"]));
    }

    fn is_a_column<DB: Database, T>()
    where
        T: sqlx::Type<DB> + for<'q> Encode<'q, DB> + for<'r> Decode<'r, DB>,
    {
    }

    #[tokio::test]
    async fn the_database_holds_the_text() {
        is_a_column::<Postgres, Tag>();
        is_a_column::<Sqlite, Tag>();
        let tag = Tag::parse("uz-Cyrl").unwrap();
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let stored: (String, Tag) = sqlx::query_as("SELECT ?1, ?1").bind(&tag).fetch_one(&mut db).await.unwrap();
        assert_eq!(stored, ("uz-Cyrl".to_owned(), tag));
    }
}
