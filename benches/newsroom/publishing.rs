//! Publishing: one transaction with all that follows from it, beside transactions that write one small row, both durable and one at a time.

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

const TABLE: &str = "CREATE TABLE bare_commits (id bigint NOT NULL PRIMARY KEY, at bigint NOT NULL)";
/// Stories that are made in one transaction, before the clock runs.
const BATCH: usize = 200;

pub async fn run(options: &Options, engine: Engine, cluster: Option<&Cluster>, folder: &Path) -> Result<()> {
    let url = match cluster {
        None => None,
        Some(cluster) => Some(cluster.database("publishing").await?),
    };
    let house = House::new(folder.join(format!("publishing-{}", engine.name().to_lowercase())), url, options.workers())?;
    let state = data::open(&house).await?;
    state.db.write().query(TABLE).execute().await?;
    let editors = Editors::find(&state.db).await?;
    let sources = data::sources(&editors)?;
    let (mut ours, mut theirs) = (vec![], vec![]);
    let (mut number, mut id) = (0, 0);
    for round in 0..=options.rounds {
        let span = Duration::from_secs(options.seconds);
        let publications = publications(&state, &editors, &sources, &mut number, span).await?;
        let commits = commits(&state.db, &mut id, span).await?;
        if round > 0 {
            ours.push(publications);
            theirs.push(commits);
        }
        eprintln!("round {round} of {}", options.rounds);
    }
    data::close(&state).await;
    println!("## {}: publishing a text, one connection\n", engine.name());
    println!("| | transactions/s |\n|---|---|");
    println!("| publications | {:.0} |", summary(&ours).rate);
    println!("| bare commits | {:.0} |\n", summary(&theirs).rate);
    println!("publications to bare commits: {:.2}\n", ratio(&ours, &theirs));
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

/// Writes and commits one row after the other.
async fn commits(db: &Db, id: &mut i64, span: Duration) -> Result<Figures> {
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < span {
        *id += 1;
        let mut tx: Tx = db.begin().await.context("no transaction begins")?;
        tx.query("INSERT INTO bare_commits (id, at) VALUES ($1, $2)").bind(*id).bind(*id).execute().await?;
        tx.commit().await?;
        count += 1;
    }
    Ok(Figures { rate: f64::from(count) / started.elapsed().as_secs_f64(), ..Figures::default() })
}
