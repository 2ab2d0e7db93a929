//! The two folders of migrations describe the same tables, and both engines keep the same promises.

use crate::on_both;
use crate::support::App;
use newsroom::db::{Db, Engine, Reader};
use std::collections::BTreeSet;

on_both!(history_cannot_be_changed, json_and_instants_come_back);

type Column = (String, String, bool);

async fn columns(db: &Db) -> BTreeSet<Column> {
    let sql = match db.engine() {
        Engine::Sqlite => {
            "SELECT t.name || '.' || c.name, c.type, c.\"notnull\" FROM pragma_table_list t, pragma_table_info(t.name) c \
             WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Engine::Postgres => {
            "SELECT CAST(table_name || '.' || column_name AS text), CAST(data_type AS text), is_nullable = 'NO' \
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
    };
    let columns: Vec<Column> = db.query(sql).all().await.unwrap();
    columns.into_iter().filter(|(name, ..)| !name.starts_with("_sqlx")).map(|(name, ty, required)| (name, stored_in_sqlite(&ty).to_owned(), required)).collect()
}

fn stored_in_sqlite(ty: &str) -> &str {
    match ty {
        "uuid" | "bytea" => "BLOB",
        "text" | "jsonb" | "date" => "TEXT",
        "timestamp with time zone" | "integer" | "bigint" | "boolean" => "INTEGER",
        same => same,
    }
}

async fn indexes(db: &Db) -> BTreeSet<String> {
    let sql = match db.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        Engine::Postgres => {
            "SELECT CAST(indexname AS text) FROM pg_indexes WHERE schemaname = current_schema() \
             AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key'"
        }
    };
    let names: Vec<(String,)> = db.query(sql).all().await.unwrap();
    names.into_iter().map(|(name,)| name).collect()
}

/// What only one engine has: full text is indexed in a table of its own on SQLite, whose rows have an order, and in a column on PostgreSQL.
fn is_of_one_engine(name: &str) -> bool {
    let shadows = ["_config", "_content", "_data", "_docsize", "_idx"];
    let table = name.split('.').next().unwrap_or_default();
    let is_shadow_of = |of: &str| table.strip_prefix(of).is_some_and(|rest| rest.is_empty() || shadows.contains(&rest));
    is_shadow_of("published_search_terms")
        || is_shadow_of("work_search_terms")
        || ["published_search.place", "published_search.terms", "published_search.spellings", "published_search_order", "work_search.id", "work_search.terms"]
            .contains(&name)
}

#[actix_web::test]
async fn migrations_agree() {
    let sqlite = App::sqlite().await;
    let Some(postgres) = App::postgres().await else { return };
    let same = |columns: BTreeSet<Column>| -> BTreeSet<Column> { columns.into_iter().filter(|(name, ..)| !is_of_one_engine(name)).collect() };
    assert_eq!(same(columns(&sqlite.state.db).await), same(columns(&postgres.state.db).await));
    let same = |indexes: BTreeSet<String>| -> BTreeSet<String> { indexes.into_iter().filter(|name| !is_of_one_engine(name)).collect() };
    assert_eq!(same(indexes(&sqlite.state.db).await), same(indexes(&postgres.state.db).await));
}

async fn history_cannot_be_changed(app: App) {
    for sql in [
        "UPDATE revisions SET headline = 'forged'",
        "DELETE FROM revisions",
        "UPDATE published_changes SET public_note = 'forged'",
        "DELETE FROM published_changes",
    ] {
        let error = app.state.db.write().query(sql).execute().await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{sql}: {error}");
    }
}

async fn json_and_instants_come_back(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let me = editor.get("/v1/me").expect(200).await.json();
    assert_eq!(me["languages"], serde_json::json!(["az", "ru", "en"]));
    assert_eq!(me["created_at"], "2026-06-24T12:00:00Z");
}

/// The type system asks writes for a writer; the readers of SQLite refuse them too.
#[actix_web::test]
async fn readers_cannot_write() {
    let app = App::sqlite().await;
    let error = app.state.db.query("DELETE FROM links").execute().await.unwrap_err();
    assert!(error.to_string().contains("readonly"), "{error}");
}
