//! The two servers that newsroom is compared with: they send the same bytes, from one row and from memory.
//!
//! They are children of the benchmark: its own program, called with [`COMMAND`]. Pools and workers are newsroom's.

use crate::data::LIST_QUERY;
use crate::server::{CONNECTIONS, READY};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error, get, web};
use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use newsroom::db::{Db, Pools};
use sqlx::{PgPool, SqlitePool};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub const COMMAND: &str = "bare";

pub const TABLES: [&str; 2] = [
    "CREATE TABLE answers (language TEXT NOT NULL, slug TEXT NOT NULL, body TEXT NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL, \
     surrogate_key TEXT NOT NULL, content_language TEXT NOT NULL, link TEXT NOT NULL, PRIMARY KEY (language, slug))",
    "CREATE TABLE lists (query TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL, \
     surrogate_key TEXT NOT NULL, content_language TEXT NOT NULL, link TEXT NOT NULL)",
];
const ARTICLE: &str = "SELECT body, etag, last_modified, surrogate_key, content_language, link FROM answers WHERE language = $1 AND slug = $2";
const LIST: &str = "SELECT body, etag, last_modified, surrogate_key, content_language, link FROM lists WHERE query = $1";

#[derive(Parser)]
pub struct Options {
    #[arg(long, value_enum)]
    kind: Kind,
    #[arg(long)]
    url: String,
    #[arg(long)]
    bind: SocketAddr,
    #[arg(long)]
    workers: usize,
    /// Of articles, one a line.
    #[arg(long)]
    addresses: PathBuf,
    /// The headers that all answers have, one a line.
    #[arg(long)]
    headers: PathBuf,
}

/// The headers that all answers have.
struct Headers(Vec<(HeaderName, HeaderValue)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Row,
    Memory,
    /// Has nothing but its readiness.
    Nothing,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Memory => "memory",
            Self::Nothing => "nothing",
        }
    }
}

type Row = (String, String, String, String, String, String);

/// An answer, ready to send.
#[derive(Clone)]
struct Answer {
    body: Bytes,
    etag: HeaderValue,
    last_modified: HeaderValue,
    surrogate_key: HeaderValue,
    language: HeaderValue,
    link: HeaderValue,
}

enum Source {
    Rows(Rows),
    /// By address, and by query for the list.
    Memory(HashMap<String, Answer>),
}

enum Rows {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl TryFrom<Row> for Answer {
    type Error = anyhow::Error;

    fn try_from((body, etag, last_modified, surrogate_key, language, link): Row) -> Result<Self> {
        Ok(Self {
            body: body.into(),
            etag: etag.try_into()?,
            last_modified: last_modified.try_into()?,
            surrogate_key: surrogate_key.try_into()?,
            language: language.try_into()?,
            link: link.try_into()?,
        })
    }
}

impl Rows {
    /// With the pool that delivery reads through.
    async fn open(url: &str) -> Result<Self> {
        Ok(match Db::open(url, CONNECTIONS).await?.open_reader(url, CONNECTIONS).await?.pools {
            Pools::Sqlite { read, .. } => Self::Sqlite(read),
            Pools::Postgres(pool) => Self::Postgres(pool),
        })
    }

    async fn article(&self, language: &str, slug: &str) -> Result<Option<Answer>> {
        let row: Option<Row> = match self {
            Self::Sqlite(pool) => sqlx::query_as(ARTICLE).bind(language).bind(slug).fetch_optional(pool).await?,
            Self::Postgres(pool) => sqlx::query_as(ARTICLE).bind(language).bind(slug).fetch_optional(pool).await?,
        };
        row.map(Answer::try_from).transpose()
    }

    async fn list(&self, query: &str) -> Result<Option<Answer>> {
        let row: Option<Row> = match self {
            Self::Sqlite(pool) => sqlx::query_as(LIST).bind(query).fetch_optional(pool).await?,
            Self::Postgres(pool) => sqlx::query_as(LIST).bind(query).fetch_optional(pool).await?,
        };
        row.map(Answer::try_from).transpose()
    }

    /// Everything that will be asked for.
    async fn all(&self, addresses: &str) -> Result<HashMap<String, Answer>> {
        let mut answers = HashMap::new();
        for address in addresses.lines() {
            let mut parts = address.rsplit('/');
            let (Some(slug), Some(language)) = (parts.next(), parts.next()) else { continue };
            let answer = self.article(language, slug).await?.with_context(|| format!("{address} has no row"))?;
            answers.insert(address.to_owned(), answer);
        }
        answers.insert(LIST_QUERY.to_owned(), self.list(LIST_QUERY).await?.context("the list has no row")?);
        Ok(answers)
    }
}

impl Headers {
    fn read(text: &str) -> Result<Self> {
        let header = |line: &str| -> Result<(HeaderName, HeaderValue)> {
            let (name, value) = line.split_once(": ").with_context(|| format!("{line:?} is no header"))?;
            Ok((name.parse()?, value.parse()?))
        };
        text.lines().map(header).collect::<Result<_>>().map(Self)
    }
}

/// Serves until it is ended.
pub async fn serve(options: Options) -> Result<()> {
    let Options { kind, url, bind, workers, addresses, headers } = options;
    let source = Data::new(match kind {
        Kind::Row => Source::Rows(Rows::open(&url).await?),
        Kind::Memory => Source::Memory(Rows::open(&url).await?.all(&std::fs::read_to_string(addresses)?).await?),
        Kind::Nothing => Source::Memory(HashMap::new()),
    });
    let headers = Data::new(if kind == Kind::Nothing { Headers(vec![]) } else { Headers::read(&std::fs::read_to_string(headers)?)? });
    HttpServer::new(move || {
        App::new().app_data(source.clone()).app_data(headers.clone()).service(article).service(list).route(READY, web::get().to(HttpResponse::Ok))
    })
    .workers(workers)
    .client_request_timeout(Duration::from_secs(10))
    .keep_alive(Duration::from_secs(75))
    .bind(bind)?
    .run()
    .await?;
    Ok(())
}

#[get("/v1/delivery/articles/{language}/{slug}")]
async fn article(request: HttpRequest, source: Data<Source>, headers: Data<Headers>) -> actix_web::Result<HttpResponse> {
    let part = |name| request.match_info().get(name).unwrap_or_default();
    let answer = match &**source {
        Source::Memory(answers) => answers.get(request.path()).cloned(),
        Source::Rows(rows) => rows.article(part("language"), part("slug")).await.map_err(error::ErrorInternalServerError)?,
    };
    Ok(respond(&request, answer, &headers))
}

#[get("/v1/delivery/articles")]
async fn list(request: HttpRequest, source: Data<Source>, headers: Data<Headers>) -> actix_web::Result<HttpResponse> {
    let query = request.query_string();
    let answer = match &**source {
        Source::Memory(answers) => answers.get(query).cloned(),
        Source::Rows(rows) => rows.list(query).await.map_err(error::ErrorInternalServerError)?,
    };
    Ok(respond(&request, answer, &headers))
}

/// With the headers of newsroom; the benchmark compares them before it measures.
fn respond(request: &HttpRequest, answer: Option<Answer>, headers: &Headers) -> HttpResponse {
    let Some(answer) = answer else { return HttpResponse::NotFound().finish() };
    let is_known = request.headers().get(header::IF_NONE_MATCH) == Some(&answer.etag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    for (name, value) in &headers.0 {
        response.insert_header((name, value));
    }
    response
        .insert_header((header::ETAG, answer.etag))
        .insert_header((header::LAST_MODIFIED, answer.last_modified))
        .insert_header((HeaderName::from_static("surrogate-key"), answer.surrogate_key));
    for (name, value) in [(header::CONTENT_LANGUAGE, answer.language), (header::LINK, answer.link)] {
        if !value.is_empty() {
            response.insert_header((name, value));
        }
    }
    if is_known { response.finish() } else { response.content_type("application/json").body(answer.body) }
}
