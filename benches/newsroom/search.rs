//! Searching: the answer of newsroom, with cards and snippets, beside the bare query of the engine's own full text over the same texts, which gives
//! ids alone; one after the other, in one process.
//!
//! The texts are made of the words of the demo, as frequent as there, with invented ones between, as real texts have words that are nowhere else.

use crate::data;
use crate::postgres::Cluster;
use crate::server::House;
use crate::{Engine, Options};
use actix_web::body::to_bytes;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Data;
use anyhow::{Context, Result, ensure};
use newsroom::db::{Db, Reader, Sql, Timestamp};
use newsroom::sql;
use newsroom::state::State;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Words of a text, on average.
const WORDS: usize = 250;
/// One word of so many is invented.
const INVENTED: usize = 25;
/// Texts of one transaction.
const BATCH: usize = 500;
/// Queries of each kind.
const QUERIES: usize = 300;
/// Between two publications, in microseconds: 100,000 in three years.
const BETWEEN: i64 = 946_000_000;

const DOCUMENT: &str = "INSERT INTO published_documents (article_id, language, agency_id, slug, urgency, published_at, updated_at, modified_at, url, surrogate_key, \
     card, related, body, body_html, body_text, seq, is_original, head_length, id, rendition, links) \
     SELECT $1, language, agency_id, $2, urgency, $3, $3, $3, url, surrogate_key, $4, related, body, body_html, $5, $6, is_original, $7, $6, 1, links \
     FROM published_documents WHERE id = $8";
const RAW: Sql =
    sql!(["CREATE VIRTUAL TABLE raw USING fts5(headline, text)"
        | "CREATE TABLE raw (id bigint NOT NULL PRIMARY KEY, text text NOT NULL, words tsvector NOT NULL)"]);
const FILL_RAW: Sql = sql!(["INSERT INTO raw (rowid, headline, text) VALUES ($1, $2, $3)"
    | "INSERT INTO raw (id, text, words) VALUES ($1, $2 || $3, to_tsvector('simple', $2 || ' ' || $3))"]);
const ASK_RAW: Sql = sql!(["SELECT rowid FROM raw WHERE raw MATCH $1 ORDER BY rank LIMIT 20"
    | "SELECT id FROM raw, to_tsquery('simple', $1) q WHERE words @@ q ORDER BY ts_rank(words, q) DESC LIMIT 20"]);
const SIZE: Sql = sql!(["SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'published_search%' OR name LIKE 'sqlite_autoindex_published_search%'"
    | "SELECT pg_total_relation_size('published_search')"]);

/// Numbers without a pattern, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (sides.max(1) as u64)).unwrap_or(0)
    }

    fn pick<'t>(&mut self, from: &'t [String]) -> &'t str {
        from.get(self.roll(from.len())).map_or("", String::as_str)
    }
}

/// A text of the demo, whose words and card others are made of.
struct Model {
    id: i64,
    card: Value,
    words: Vec<String>,
}

/// What is asked: of newsroom, and of the engine.
struct Question {
    q: String,
    raw: String,
}

pub async fn run(options: &Options, engine: Engine, cluster: Option<&Cluster>, folder: &Path) -> Result<()> {
    let url = match cluster {
        None => None,
        Some(cluster) => Some(cluster.database("search").await?),
    };
    let house = House::new(folder.join(format!("search-{}", engine.name().to_lowercase())), url, options.workers())?;
    let state = Data::new(data::open(&house).await?);
    let texts = options.sizes.last().copied().unwrap_or(0);
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let (bytes, questions) = fill(&state, texts, engine, &mut dice).await?;
    let started = Instant::now();
    newsroom::publication::reindex(&state).await?;
    let took = started.elapsed().as_secs();
    data::settle(&state.db).await?;
    let (size,): (i64,) = state.db.query(SIZE).one().await?;
    let (size, bytes) = (kilobytes(size), kilobytes(i64::try_from(bytes)?));
    println!("## {}: searching {texts} texts, the first 20\n", engine.name());
    println!("index: {:.1} MB for {:.1} MB of text, {:.2} times; made in {took} s\n", size / 1e3, bytes / 1e3, size / bytes);
    println!("| | newsroom p50 / p99 ms | raw p50 / p99 ms | p99 to p99 |\n|---|---|---|---|");
    for (kind, questions) in questions {
        let raw = raw(&state.db, &questions).await?;
        let ours = newsroom(&state, &questions).await?;
        println!("| {kind} | {:.2} / {:.2} | {:.2} / {:.2} | {:.2} |", ours.0, ours.1, raw.0, raw.1, ours.1 / raw.1);
    }
    println!();
    data::close(&state).await;
    Ok(())
}

fn kilobytes(bytes: i64) -> f64 {
    f64::from(u32::try_from(bytes / 1_000).unwrap_or(u32::MAX))
}

async fn models(db: &Db) -> Result<Vec<Model>> {
    let rows: Vec<(i64, String, String)> = db.query("SELECT id, card, body_text FROM published_documents ORDER BY id").all().await?;
    let mut models = vec![];
    for (id, card, text) in rows {
        let text: String = serde_json::from_str(&text)?;
        models.push(Model { id, card: serde_json::from_str(&card)?, words: text.split_whitespace().map(str::to_owned).collect() });
    }
    ensure!(!models.is_empty(), "the demo has no text");
    Ok(models)
}

/// Writes texts until there are so many. Returns their bytes, and what to ask.
async fn fill(state: &State, texts: usize, engine: Engine, dice: &mut Dice) -> Result<(usize, Vec<(&'static str, Vec<Question>)>)> {
    let models = models(&state.db).await?;
    let now = state.clock.now().micros();
    state.db.write().query(RAW).execute().await?;
    let mut bytes = 0;
    let mut questions: Vec<(&str, Vec<Question>)> = ["one word", "two words", "phrase", "prefix"].map(|kind| (kind, vec![])).into();
    let mut next = models.len();
    while next < texts {
        let mut tx = state.db.begin().await?;
        for number in next..(next + BATCH).min(texts) {
            let model = models.get(dice.roll(models.len())).context("there is no model")?;
            let all: Vec<&Model> = models.iter().filter(|other| other.card["language"] == model.card["language"]).collect();
            let words: Vec<String> = (0..WORDS / 2 + dice.roll(WORDS)).map(|_| word(dice, &all)).collect();
            let headline: String = (0..8).map(|_| word(dice, &all)).collect::<Vec<_>>().join(" ");
            let text = words.join(" ");
            bytes += headline.len() + text.len();
            let mut card = model.card.clone();
            (card["headline"], card["summary"]) = (headline.clone().into(), Value::Null);
            let card = card.to_string();
            let id = 1_000_000 + i64::try_from(number)?;
            let at = Timestamp::from_micros(now - BETWEEN * i64::try_from(texts - number)?);
            let insert =
                tx.query(DOCUMENT).bind(Uuid::new_v4()).bind(format!("bench-{number}")).bind(at).bind(&card).bind(Value::from(text.as_str()).to_string());
            insert.bind(id).bind(i32::try_from(card.len())?).bind(model.id).execute().await?;
            tx.query(FILL_RAW).bind(id).bind(&headline).bind(&text).execute().await?;
            if number % (texts / QUERIES).max(1) == 0 {
                ask_about(&mut questions, &words, engine, dice);
            }
        }
        tx.commit().await?;
        next += BATCH;
    }
    if engine == Engine::Postgres {
        state.db.write().query("CREATE INDEX raw_words ON raw USING gin (words)").execute().await?;
    }
    Ok((bytes, questions))
}

/// A word of the demo in that language, or one that nobody has heard of.
fn word(dice: &mut Dice, models: &[&Model]) -> String {
    if dice.roll(INVENTED) == 0 {
        const SYLLABLES: [&str; 16] = ["ba", "du", "ke", "li", "mo", "na", "pi", "ra", "se", "ta", "vo", "za", "gu", "hy", "me", "to"];
        return (0..4).filter_map(|_| SYLLABLES.get(dice.roll(16))).copied().collect();
    }
    models.get(dice.roll(models.len())).map_or_else(String::new, |model| dice.pick(&model.words).to_owned())
}

fn ask_about(questions: &mut [(&'static str, Vec<Question>)], words: &[String], engine: Engine, dice: &mut Dice) {
    let plain: Vec<String> = words.iter().map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect()).collect();
    let from = dice.roll(plain.len().saturating_sub(1));
    let Some((one, next)) = plain.get(from).zip(plain.get(from + 1)) else { return };
    let other = dice.pick(&plain).to_owned();
    if [one, next, &other].iter().any(|word| word.chars().count() < 2) {
        return;
    }
    let begin: String = one.chars().take(4).collect();
    let raw = |sqlite: String, postgres: String| if engine == Engine::Sqlite { sqlite } else { postgres };
    let asked = [
        Question { q: one.clone(), raw: raw(format!("\"{one}\""), format!("'{one}'")) },
        Question { q: format!("{one} {other}"), raw: raw(format!("\"{one}\" \"{other}\""), format!("'{one}' & '{other}'")) },
        Question { q: format!("\"{one} {next}\""), raw: raw(format!("\"{one} {next}\""), format!("'{one}' <-> '{next}'")) },
        Question { q: format!("{begin}*"), raw: raw(format!("\"{begin}\"*"), format!("'{begin}':*")) },
    ];
    for ((_, list), question) in questions.iter_mut().zip(asked) {
        list.push(question);
    }
}

async fn raw(db: &Db, questions: &[Question]) -> Result<(f64, f64)> {
    let mut took = vec![];
    for round in 0..2 {
        for question in questions {
            let started = Instant::now();
            db.query(ASK_RAW).bind(&question.raw).all::<(i64,)>().await?;
            if round > 0 {
                took.push(started.elapsed());
            }
        }
    }
    Ok(percentiles(took))
}

async fn newsroom(state: &Data<State>, questions: &[Question]) -> Result<(f64, f64)> {
    let service = init_service(newsroom::app::build(state.clone())).await;
    let mut took = vec![];
    for round in 0..2 {
        for question in questions {
            let q: String = url::form_urlencoded::byte_serialize(question.q.as_bytes()).collect();
            let request =
                TestRequest::with_uri(&format!("/v1/delivery/search?limit=20&q={q}")).peer_addr(SocketAddr::from(([127, 0, 0, 1], 40_000))).to_request();
            let started = Instant::now();
            let response = actix_web::dev::Service::call(&service, request).await.map_err(|error| anyhow::anyhow!("{error}"))?;
            let status = response.status();
            let body = to_bytes(response.into_body()).await.map_err(|error| anyhow::anyhow!("{error}"))?;
            if round > 0 {
                took.push(started.elapsed());
            }
            ensure!(status == 200 && body.len() > 20, "{}: {status}", question.q);
        }
    }
    Ok(percentiles(took))
}

/// The middle and the 99th of a hundred, in milliseconds.
fn percentiles(mut took: Vec<Duration>) -> (f64, f64) {
    took.sort_unstable();
    let at = |part: usize| took.get(took.len() * part / 100).map_or(f64::NAN, |took| took.as_secs_f64() * 1e3);
    (at(50), at(99))
}
