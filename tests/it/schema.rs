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

#[actix_web::test]
async fn migrations_agree() {
    let sqlite = App::sqlite().await;
    let Some(postgres) = App::postgres().await else { return };
    assert_eq!(columns(&sqlite.state.db).await, columns(&postgres.state.db).await);
    assert_eq!(indexes(&sqlite.state.db).await, indexes(&postgres.state.db).await);
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
