//! Reading: newsroom beside a server that reads one row, and one that answers from memory, at each size.
//!
//! All servers of an engine run at the same time, and get their load in turns, so that a slow minute of the machine is
//! slow for all of them.

use crate::bare::Kind;
use crate::data::{self, Address};
use crate::http::Client;
use crate::load::{Figures, Script, ratio, summary};
use crate::postgres::Cluster;
use crate::server::{ADDRESSES, HEADERS, House, Memory, Server};
use crate::{Engine, Options, Part};
use anyhow::{Result, ensure};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Seconds of load before the first round.
const WARM_UP: u64 = 2;
/// Answers that are compared byte by byte, of each size.
const COMPARED: usize = 50;
const SERVERS: [&str; 3] = ["newsroom", "one row", "memory"];

/// The three servers over the texts of one size.
struct Size {
    texts: usize,
    house: House,
    /// As [`SERVERS`]; none where only starts are timed.
    servers: Vec<Server>,
    articles: Script,
    list: Script,
}

/// The rounds of each server of a size.
type Rounds = [Vec<Figures>; 3];

pub async fn run(options: &Options, engine: Engine, cluster: Option<&Cluster>, folder: &Path) -> Result<()> {
    let mut sizes = vec![];
    for texts in &options.sizes {
        sizes.push(Size::make(options, engine, cluster, folder, *texts).await?);
    }
    if options.wants(Part::Delivery) {
        let connections = options.connections;
        println!("## {}: GET /v1/delivery/articles/{{language}}/{{slug}}, {connections} connections\n", engine.name());
        report(&sizes, &measure(options, &sizes, |size| &size.articles)?);
        println!("## {}: GET {}, {connections} connections\n", engine.name(), data::list_path());
        report(&sizes, &measure(options, &sizes, |size| &size.list)?);
        println!("## {}: memory of newsroom after that\n", engine.name());
        report_memory(&sizes)?;
    }
    if options.wants(Part::Start) {
        println!("## {}: from the start of the process to the first 200 of /health/ready, median of {}\n", engine.name(), options.starts);
        println!("| texts | seconds |\n|---|---|");
        for size in &mut sizes {
            size.servers.clear();
        }
        for size in &sizes {
            println!("| {} | {:.3} |", size.texts, size.house.time_to_ready(options.starts)?);
        }
        println!();
    }
    Ok(())
}

impl Size {
    async fn make(options: &Options, engine: Engine, cluster: Option<&Cluster>, folder: &Path, texts: usize) -> Result<Self> {
        let folder = folder.join(format!("{}-{texts}", engine.name().to_lowercase()));
        let (url, bare_url) = match cluster {
            None => (None, format!("sqlite:{}", folder.join("bare.db").display())),
            Some(cluster) => (Some(cluster.database(&format!("newsroom_{texts}")).await?), cluster.database(&format!("bare_{texts}")).await?),
        };
        let house = House::new(folder.clone(), url, options.workers())?;
        let started = Instant::now();
        let addresses = data::fill(&house, texts).await?;
        eprintln!("{}: {texts} texts made in {:.0} s", engine.name(), started.elapsed().as_secs_f64());
        let paths = data::spread(&addresses, options.addresses);
        let articles = Script::read(&folder, "articles", &paths)?;
        let list = Script::read(&folder, "list", &[data::list_path()])?;
        let mut servers = vec![];
        if options.wants(Part::Delivery) {
            servers = serve(&house, &addresses, &paths, &bare_url).await?;
        }
        Ok(Self { texts, house, servers, articles, list })
    }
}

/// Starts the servers, and makes sure that nobody could tell them apart.
async fn serve(house: &House, addresses: &[Address], paths: &[String], bare_url: &str) -> Result<Vec<Server>> {
    let source = house.serve()?;
    let mut client = Client::connect(source.address)?;
    data::copy_answers(&mut client, addresses, bare_url).await?;
    fs::write(house.folder.join(HEADERS), client.get(&data::list_path())?.constants(&data::VARYING))?;
    fs::write(house.folder.join(ADDRESSES), paths.join("\n"))?;
    drop(client);
    source.stop()?;
    let bare = |kind| Server::bare(kind, bare_url, house.workers, &house.folder);
    let servers = vec![house.serve()?, bare(Kind::Row)?, bare(Kind::Memory)?];
    let mut clients = servers.iter().map(|server| Client::connect(server.address)).collect::<Result<Vec<_>>>()?;
    for path in paths.iter().take(COMPARED).chain([&data::list_path()]) {
        let replies = clients.iter_mut().map(|client| client.get(path)).collect::<Result<Vec<_>>>()?;
        ensure!(replies.iter().all(|reply| reply.status == 200 && reply.is_like(&replies[0])), "the servers answer {path} differently");
    }
    Ok(servers)
}

/// Gives every server its load, in turns: forwards, then backwards.
fn measure(options: &Options, sizes: &[Size], script: impl Fn(&Size) -> &Script) -> Result<Vec<Rounds>> {
    let mut all: Vec<Rounds> = sizes.iter().map(|_| Rounds::default()).collect();
    let mut turns: Vec<(usize, usize)> = (0..sizes.len()).flat_map(|size| (0..SERVERS.len()).map(move |server| (size, server))).collect();
    let load = |(size, server): (usize, usize), seconds| {
        let size = &sizes[size];
        script(size).run(options, options.connections, seconds, size.servers[server].address)
    };
    for turn in &turns {
        load(*turn, WARM_UP)?;
    }
    for round in 1..=options.rounds {
        for (size, server) in &turns {
            let figures = load((*size, *server), options.seconds)?;
            all[*size][*server].push(figures);
        }
        turns.reverse();
        eprintln!("round {round} of {}", options.rounds);
    }
    Ok(all)
}

fn report(sizes: &[Size], all: &[Rounds]) {
    println!("| texts | server | answers/s | p50 ms | p99 ms | errors |\n|---|---|---|---|---|---|");
    for (size, rounds) in sizes.iter().zip(all) {
        for (name, rounds) in SERVERS.iter().zip(rounds) {
            let Figures { rate, p50, p99, errors } = summary(rounds);
            println!("| {} | {name} | {rate:.0} | {p50:.2} | {p99:.2} | {errors} |", size.texts);
        }
    }
    println!("\n| texts | newsroom to one row | newsroom to memory |\n|---|---|---|");
    for (size, [newsroom, row, memory]) in sizes.iter().zip(all) {
        println!("| {} | {:.2} | {:.2} |", size.texts, ratio(newsroom, row), ratio(newsroom, memory));
    }
    println!();
    if let ([smallest, .., largest], [small, .., large]) = (sizes, all) {
        let ratios: Vec<String> =
            SERVERS.iter().zip(large.iter().zip(small)).map(|(name, (large, small))| format!("{name} {:.2}", ratio(large, small))).collect();
        println!("{} texts to {}: {}\n", largest.texts, smallest.texts, ratios.join(", "));
    }
}

fn report_memory(sizes: &[Size]) -> Result<()> {
    println!("| texts | VmRSS MB | VmHWM MB | RssAnon MB | RssFile MB | Pss MB |\n|---|---|---|---|---|---|");
    for size in sizes {
        let Memory { resident, most, own, files, proportional } = size.servers[0].memory()?;
        println!("| {} | {resident:.0} | {most:.0} | {own:.0} | {files:.0} | {proportional:.0} |", size.texts);
    }
    println!();
    Ok(())
}
