//! Writing: `POST /v1/articles` on SQLite beside bare commits of the same rows into a copy of the same database.

use crate::Options;
use crate::data;
use crate::http::Client;
use crate::load::{Figures, Script, ratio, summary};
use crate::server::{House, Server, free_address};
use anyhow::{Context, Result, bail, ensure};
use newsroom::db::{Db, Pools};
use newsroom::seed;
use serde_json::{Value, json};
use sqlx::{FromRow, SqlitePool};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use uuid::Uuid;

const EMAIL: &str = "bench@newsroom.example";
const PATH: &str = "/v1/articles";
const WARM_UP: u64 = 2;
/// Stories that the bare commits write over and over.
const TEMPLATES: i64 = 100;

/// What a story takes in the three tables, as newsroom has written it.
#[derive(FromRow)]
struct Rows {
    agency_id: Vec<u8>,
    language: String,
    slugline: String,
    section_id: Option<Vec<u8>>,
    topics: String,
    related: String,
    urgency: i64,
    shared: i64,
    created_by: Vec<u8>,
    created_at: i64,
    headline: String,
    headline_key: String,
    assignee_id: Option<Vec<u8>>,
    summary: Option<String>,
    body: String,
    dateline: Option<String>,
    authors: String,
    seo: String,
    words: i64,
}

const WRITTEN: &str = "SELECT a.agency_id, a.original_language AS language, a.slugline, a.section_id, a.topics, a.related, a.urgency, a.shared, a.created_by, \
     a.created_at, t.headline, t.headline_key, t.assignee_id, r.summary, r.body, r.dateline, r.authors, r.seo, r.words FROM articles a \
     JOIN translations t ON t.article_id = a.id JOIN revisions r ON r.article_id = t.article_id AND r.language = t.language \
     WHERE a.created_by = (SELECT id FROM staff WHERE email_key = $1) ORDER BY a.id LIMIT $2";
const ARTICLE: &str = "INSERT INTO articles (id, agency_id, original_language, slugline, section_id, topics, related, urgency, shared, created_by, version, \
     created_at, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11, $10)";
const TRANSLATION: &str = "INSERT INTO translations (article_id, language, agency_id, is_original, publication, review, revision, headline, headline_key, \
     assignee_id, created_by, last_author, version, created_at, updated_at, updated_by) \
     VALUES ($1, $2, $3, 1, 'unreleased', 'draft', 1, $4, $5, $6, $7, $7, 1, $8, $8, $7)";
const REVISION: &str = "INSERT INTO revisions (article_id, language, revision, headline, summary, body, dateline, authors, seo, words, created_by, created_at) \
     VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

pub async fn run(options: &Options, folder: &Path) -> Result<()> {
    let house = House::new(folder.join("writes"), None, options.workers())?;
    data::found(&house).await?;
    let password = hire(&house)?;
    let bare = bare_copy(&house).await?;
    let server = house.serve()?;
    let bodies = bodies()?;
    let post = || -> Result<Script> { Script::post(&house.folder, "post", PATH, &sign_in(&server, &password)?, &bodies) };
    // Access tokens live for minutes: each round signs in anew.
    post()?.run(options, options.writers, WARM_UP, server.address)?;
    let rows = written(&house).await?;
    commits(&bare, &rows, Duration::from_secs(WARM_UP)).await?;
    let (mut ours, mut theirs) = (vec![], vec![]);
    for round in 1..=options.rounds {
        ours.push(post()?.run(options, options.writers, options.seconds, server.address)?);
        theirs.push(commits(&bare, &rows, Duration::from_secs(options.seconds)).await?);
        eprintln!("round {round} of {}", options.rounds);
    }
    bare.close().await;
    server.stop()?;
    println!("## SQLite: POST /v1/articles, synchronous=FULL, {} connections\n", options.writers);
    println!("| | stories/s | p50 ms | p99 ms | errors |\n|---|---|---|---|---|");
    let Figures { rate, p50, p99, errors } = summary(&ours);
    println!("| newsroom | {rate:.0} | {p50:.2} | {p99:.2} | {errors} |");
    println!("| bare commits, one connection | {:.0} | | | |\n", summary(&theirs).rate);
    println!("newsroom to bare commits: {:.2}\n", ratio(&ours, &theirs));
    Ok(())
}

/// Makes the editor who writes, from the command line. Returns the password.
pub fn hire(house: &House) -> Result<String> {
    let mut command: Command = house.command(free_address()?);
    let output = command.args(["staff", "create", "--email", EMAIL, "--name", "Bench", "--agency", "platform", "--role", "editor"]).output()?;
    ensure!(output.status.success(), "nobody can be hired: {}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout)?;
    told.split_whitespace().last().map(str::to_owned).context("there is no password")
}

pub fn sign_in(server: &Server, password: &str) -> Result<String> {
    sign_in_at(server.address, password)
}

pub fn sign_in_at(address: SocketAddr, password: &str) -> Result<String> {
    let reply = Client::connect(address)?.post("/v1/auth/login", &json!({ "email": EMAIL, "password": password }).to_string())?;
    let answer: Value = serde_json::from_str(&reply.body)?;
    answer["access_token"].as_str().map(str::to_owned).with_context(|| format!("nobody can sign in: {}", reply.body))
}

/// The originals of the demo, as an editor's tool would send them.
pub fn bodies() -> Result<Vec<String>> {
    let body = |story: seed::Story| -> Result<String> {
        let text = story.texts.get(&story.original_language).context("a demo story has no original")?;
        Ok(json!({
            "original_language": story.original_language,
            "headline": text.headline,
            "summary": text.summary,
            "body_html": text.html,
            "dateline": text.dateline,
            "slugline": story.slugline,
            "section": story.section,
            "topics": story.topics,
            "urgency": story.urgency,
            "shared": true,
        })
        .to_string())
    };
    seed::stories()?.into_iter().map(body).collect()
}

/// A copy of the database as it is now, and the connection that newsroom would write to it by.
async fn bare_copy(house: &House) -> Result<SqlitePool> {
    let file = house.folder.join("bare.db");
    let db = Db::open(&house.url, 1).await?;
    db.copy_to(&file).await?;
    db.close().await;
    match Db::open(&format!("sqlite:{}", file.display()), 1).await?.pools {
        Pools::Sqlite { write, .. } => Ok(write),
        Pools::Postgres(_) => bail!("SQLite was asked for"),
    }
}

async fn written(house: &House) -> Result<Vec<Rows>> {
    let db = Db::open(&house.url, 1).await?;
    let Pools::Sqlite { read, .. } = &db.pools else { bail!("SQLite was asked for") };
    let rows: Vec<Rows> = sqlx::query_as(WRITTEN).bind(EMAIL).bind(TEMPLATES).fetch_all(read).await?;
    ensure!(!rows.is_empty(), "newsroom has written nothing");
    db.close().await;
    Ok(rows)
}

/// Writes and commits one story after the other.
async fn commits(pool: &SqlitePool, rows: &[Rows], span: Duration) -> Result<Figures> {
    let started = Instant::now();
    let mut count: u32 = 0;
    for row in rows.iter().cycle() {
        if started.elapsed() >= span {
            break;
        }
        commit(pool, row, row.created_at + i64::from(count)).await?;
        count += 1;
    }
    Ok(Figures { rate: f64::from(count) / started.elapsed().as_secs_f64(), ..Figures::default() })
}

/// `at` in microseconds; it must move on, as it does for newsroom, because an index is ordered by it.
async fn commit(pool: &SqlitePool, row: &Rows, at: i64) -> Result<()> {
    let id = Uuid::new_v4();
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(ARTICLE)
        .bind(id)
        .bind(&row.agency_id)
        .bind(&row.language)
        .bind(&row.slugline)
        .bind(&row.section_id)
        .bind(&row.topics)
        .bind(&row.related)
        .bind(row.urgency)
        .bind(row.shared)
        .bind(&row.created_by)
        .bind(at)
        .execute(&mut *tx)
        .await?;
    sqlx::query(TRANSLATION)
        .bind(id)
        .bind(&row.language)
        .bind(&row.agency_id)
        .bind(&row.headline)
        .bind(&row.headline_key)
        .bind(&row.assignee_id)
        .bind(&row.created_by)
        .bind(at)
        .execute(&mut *tx)
        .await?;
    sqlx::query(REVISION)
        .bind(id)
        .bind(&row.language)
        .bind(&row.headline)
        .bind(&row.summary)
        .bind(&row.body)
        .bind(&row.dateline)
        .bind(&row.authors)
        .bind(&row.seo)
        .bind(row.words)
        .bind(&row.created_by)
        .bind(at)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
