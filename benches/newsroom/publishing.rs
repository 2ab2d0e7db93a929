//! Publishing: one transaction with all that follows from it, beside bare commits of as many rows of the same bytes, and of one small row;
//! all durable and one at a time.

use crate::data::{self, Editors, Source};
use crate::load::{Figures, ratio, summary};
use crate::postgres::Cluster;
use crate::server::House;
use crate::{Engine, Options};
use anyhow::{Context, Result};
use newsroom::db::{Db, Reader, Tx};
use newsroom::state::State;
use std::path::Path;
use std::time::{Duration, Instant};

const TABLES: [&str; 2] = [
    "CREATE TABLE bare_commits (id bigint NOT NULL PRIMARY KEY, at bigint NOT NULL)",
    "CREATE TABLE bare_documents (id bigint NOT NULL PRIMARY KEY, card text NOT NULL, body text NOT NULL, body_html text NOT NULL, body_text text NOT NULL)",
];
/// The rows that a publication writes beside its document: the text, its story, the address, a topic, an author, the change and its number,
/// the stamp, the entry of the audit log and its number.
const SMALL_ROWS: i64 = 10;
/// Stories that are made in one transaction, before the clock runs.
const BATCH: usize = 200;

/// What readers are served of a text: card, body, HTML and plain text.
type Document = (String, String, String, String);

pub async fn run(options: &Options, engine: Engine, cluster: Option<&Cluster>, folder: &Path) -> Result<()> {
    let url = match cluster {
        None => None,
        Some(cluster) => Some(cluster.database("publishing").await?),
    };
    let house = House::new(folder.join(format!("publishing-{}", engine.name().to_lowercase())), url, options.workers())?;
    let state = data::open(&house).await?;
    for table in TABLES {
        state.db.write().query(table).execute().await?;
    }
    let editors = Editors::find(&state.db).await?;
    let sources = data::sources(&editors)?;
    let document: Document =
        state.db.query("SELECT card, body, body_html, body_text FROM published_documents WHERE is_original ORDER BY id LIMIT 1").one().await?;
    let (mut ours, mut same, mut small) = (vec![], vec![], vec![]);
    let (mut number, mut id) = (0, 0);
    for round in 0..=options.rounds {
        let span = Duration::from_secs(options.seconds);
        let publications = publications(&state, &editors, &sources, &mut number, span).await?;
        let as_many = commits(&state.db, Some(&document), &mut id, span).await?;
        let one = commits(&state.db, None, &mut id, span).await?;
        if round > 0 {
            ours.push(publications);
            same.push(as_many);
            small.push(one);
        }
        eprintln!("round {round} of {}", options.rounds);
    }
    data::close(&state).await;
    println!("## {}: publishing a text, one connection\n", engine.name());
    println!("| | transactions/s |\n|---|---|");
    println!("| publications | {:.0} |", summary(&ours).rate);
    println!("| bare commits of as many rows | {:.0} |", summary(&same).rate);
    println!("| bare commits of one small row | {:.0} |\n", summary(&small).rate);
    println!("publications to bare commits of as many rows: {:.2}, of one small row: {:.2}\n", ratio(&ours, &same), ratio(&ours, &small));
    Ok(())
}

/// Publishes originals, each in a transaction of its own. Making them does not count.
async fn publications(state: &State, editors: &Editors, sources: &[Source], number: &mut usize, span: Duration) -> Result<Figures> {
    let (mut took, mut count) = (Duration::ZERO, 0_u32);
    while took < span {
        let mut drafts = vec![];
        let mut tx = state.db.begin().await?;
        for source in sources.iter().cycle().take(BATCH) {
            *number += 1;
            drafts.push(data::draft(&mut tx, state, editors, source, *number).await?);
        }
        tx.commit().await?;
        let started = Instant::now();
        for (author, text) in &drafts {
            let mut tx = state.db.begin().await?;
            data::publish(&mut tx, state, editors, author, text).await?;
            tx.commit().await?;
            count += 1;
        }
        took += started.elapsed();
    }
    Ok(Figures { rate: f64::from(count) / took.as_secs_f64(), ..Figures::default() })
}

/// Writes and commits, one transaction after the other: a document and the rows that go with it, or one small row.
async fn commits(db: &Db, document: Option<&Document>, id: &mut i64, span: Duration) -> Result<Figures> {
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < span {
        let mut tx: Tx = db.begin().await.context("no transaction begins")?;
        for _ in 0..document.map_or(1, |_| SMALL_ROWS) {
            *id += 1;
            tx.query("INSERT INTO bare_commits (id, at) VALUES ($1, $2)").bind(*id).bind(*id).execute().await?;
        }
        if let Some((card, body, html, text)) = document {
            let insert = tx.query("INSERT INTO bare_documents (id, card, body, body_html, body_text) VALUES ($1, $2, $3, $4, $5)").bind(*id);
            insert.bind(card).bind(body).bind(html).bind(text).execute().await?;
        }
        tx.commit().await?;
        count += 1;
    }
    Ok(Figures { rate: f64::from(count) / started.elapsed().as_secs_f64(), ..Figures::default() })
}
