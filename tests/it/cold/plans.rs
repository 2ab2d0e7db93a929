//! How the engines read what is not in memory: by an index, always.

use crate::support::App;
use newsroom::db::Pools;
use sqlx::{AssertSqlSafe, Row};
use std::fmt::Write;

/// The different statements of the first answers of delivery, with the path that each is from.
async fn statements(app: &App) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = vec![];
    let reads = super::reads(app).await;
    let paths = reads.into_iter().map(|(path, _)| path).chain(super::SEARCHES.map(|(path, _)| path.to_owned()));
    app.state.db.statements().keep_texts();
    // Front pages are few, and all of them are asked for.
    for path in paths.filter(|path| !path.ends_with("/front-pages")) {
        app.anonymous().get(&path).expect(200).await;
        for sql in app.state.db.statements().take_texts() {
            if !found.iter().any(|(_, known)| *known == sql) {
                found.push((path.clone(), sql));
            }
        }
    }
    found
}

#[actix_web::test]
async fn sqlite_reads_by_an_index() {
    let app = App::sqlite().await;
    let Pools::Sqlite { read, .. } = &app.state.db.pools else { unreachable!() };
    let mut wrong = String::new();
    let statements = statements(&app).await;
    assert!(statements.len() >= 15, "{}", statements.len());
    for (path, sql) in statements {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(read).await.unwrap();
        for step in plan.iter().map(|row| row.get::<String, _>("detail")) {
            let scanned = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
            // What was just found is read whole.
            let is_table = scanned.is_some_and(|name| !name.starts_with('(') && !["page", "k", "r", "t", "CONSTANT"].contains(&name));
            if is_table && !step.contains(" INDEX ") {
                writeln!(wrong, "{path}: {step}\n    {sql}").unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[actix_web::test]
async fn postgres_reads_by_an_index() {
    let Some(app) = App::postgres().await else { return };
    let Pools::Postgres(pool) = &app.state.db.pools else { unreachable!() };
    let mut wrong = String::new();
    let statements = statements(&app).await;
    assert!(statements.len() >= 15, "{}", statements.len());
    // The tables of a test are small: an index is shown to be there by forbidding to do without.
    let mut connection = pool.acquire().await.unwrap();
    sqlx::raw_sql("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan").execute(&mut *connection).await.unwrap();
    for (n, (path, sql)) in statements.into_iter().enumerate() {
        let arguments = (1..=100).take_while(|n| sql.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>().join(", ");
        let arguments = if arguments.is_empty() { arguments } else { format!("({arguments})") };
        sqlx::raw_sql(AssertSqlSafe(format!("PREPARE s{n} AS {sql}"))).execute(&mut *connection).await.unwrap();
        let plan = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN EXECUTE s{n}{arguments}"))).fetch_all(&mut *connection).await.unwrap();
        for step in plan.iter().map(|row| row.get::<String, _>(0)).filter(|step| step.contains("Seq Scan")) {
            writeln!(wrong, "{path}: {step}\n    {sql}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
