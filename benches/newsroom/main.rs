//! Benchmarks: `cargo bench --bench newsroom`, arguments after `--`. What the figures mean is in `benches/README.md`.
//!
//! Nothing here passes or fails: ratios are printed, and a time is never asserted.

#![expect(clippy::print_stdout, reason = "the figures go to standard output")]

mod bare;
mod connections;
mod data;
mod delivery;
mod desk;
mod editor;
mod http;
mod language;
mod load;
mod nginx;
mod postgres;
mod publisher;
mod publishing;
mod rounds;
mod search;
mod server;
mod writes;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use postgres::Cluster;
use std::path::{Path, PathBuf};

/// What is measured, and how long.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench newsroom --")]
pub struct Options {
    /// What to measure.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "delivery,hot,write,publish,desk,start,search,connections,language")]
    only: Vec<Part>,
    /// On which databases.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite,postgres")]
    engines: Vec<Engine>,
    /// Published texts, the smallest number first.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    sizes: Vec<usize>,
    /// Rounds, of which the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of load on one server in one round.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections that read.
    #[arg(long, default_value_t = 32)]
    connections: u16,
    /// Connections that write.
    #[arg(long, default_value_t = 16)]
    writers: u16,
    /// Threads of wrk.
    #[arg(long, default_value_t = 2)]
    threads: u16,
    /// Threads of each server; 0 for one per core.
    #[arg(long, default_value_t = 0)]
    workers: usize,
    /// Different addresses of articles that are asked for, spread over all.
    #[arg(long, default_value_t = 20_000)]
    addresses: usize,
    /// How many starts are timed.
    #[arg(long, default_value_t = 10)]
    starts: usize,
    /// Connections that rest, and followers.
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// Where the data go, for the time of the run: on the disk that is meant, not in memory. Without it, under target/.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Where the temporary PostgreSQL goes: its user must reach it. Without it, where temporary files go.
    #[arg(long)]
    postgres_folder: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Reading an article, the list of 20 and the sequence of changes, from the database.
    Delivery,
    /// Reading what is in memory, also while texts are published.
    Hot,
    /// Creating articles, on SQLite.
    Write,
    /// Publishing a text, with all that follows.
    Publish,
    /// The coverage matrix and the lists of assignments.
    Desk,
    /// Searching what is public, at the largest size.
    Search,
    /// From the start of the process to the first answer.
    Start,
    /// Memory for connections that rest and for followers of the stream, on SQLite.
    Connections,
    /// Folding and conversion; no database.
    Language,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.contains(&part)
    }

    fn workers(&self) -> usize {
        match self.workers {
            0 => cores(),
            n => n,
        }
    }

    fn check(&mut self) -> Result<()> {
        self.sizes.sort_unstable();
        self.sizes.dedup();
        ensure!(!self.sizes.is_empty() && self.rounds > 0 && self.seconds > 0 && self.starts > 0, "there is nothing to measure");
        ensure!(self.threads > 0 && self.connections >= self.threads && self.writers >= self.threads, "wrk needs a connection for each thread");
        ensure!(self.addresses > 0, "there must be an address to ask for");
        if [Part::Delivery, Part::Hot, Part::Write, Part::Desk].into_iter().any(|part| self.wants(part)) {
            load::check_installed()?;
        }
        Ok(())
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

#[actix_web::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|first| first == bare::COMMAND) {
        return bare::serve(bare::Options::parse_from(arguments.into_iter().skip(1))).await;
    }
    // Cargo says --bench when it is asked for benchmarks; test runners call the program without it.
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("this is no test: cargo bench --bench newsroom");
        return Ok(());
    }
    let mut options = Options::parse_from(arguments.into_iter().filter(|argument| argument != "--bench"));
    options.check()?;
    let base = options.folder.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")));
    std::fs::create_dir_all(&base)?;
    // Children work in folders of their own.
    let base = std::fs::canonicalize(base)?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&base).with_context(|| format!("nothing can be written to {}", base.display()))?;
    println!("{} cores, {} workers, {} rounds of {} s; data in {}\n", cores(), options.workers(), options.rounds, options.seconds, base.display());
    run(&options, folder.path()).await
}

async fn run(options: &Options, folder: &Path) -> Result<()> {
    if [Part::Delivery, Part::Hot, Part::Start, Part::Publish, Part::Desk, Part::Search].into_iter().any(|part| options.wants(part)) {
        for engine in &options.engines {
            let cluster = match engine {
                Engine::Sqlite => None,
                Engine::Postgres => {
                    if let Some(cluster) = Cluster::start(options.postgres_folder.as_deref()).await? {
                        Some(cluster)
                    } else {
                        println!("PostgreSQL: NOT MEASURED, no server is installed (Debian: apt-get install postgresql)\n");
                        continue;
                    }
                }
            };
            if [Part::Delivery, Part::Hot, Part::Start].into_iter().any(|part| options.wants(part)) {
                delivery::run(options, *engine, cluster.as_ref(), folder).await?;
            }
            if options.wants(Part::Publish) {
                publishing::run(options, *engine, cluster.as_ref(), folder).await?;
            }
            if options.wants(Part::Desk) {
                desk::run(options, *engine, cluster.as_ref(), folder).await?;
            }
            if options.wants(Part::Search) {
                search::run(options, *engine, cluster.as_ref(), folder).await?;
            }
        }
    }
    if options.wants(Part::Write) {
        writes::run(options, folder).await?;
    }
    if options.wants(Part::Connections) {
        connections::run(options, folder).await?;
    }
    if options.wants(Part::Language) {
        language::run(options)?;
    }
    Ok(())
}

/// The value in the middle; `NaN` of none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
