//! Reading: newsroom from its database beside a server that reads one row, and from memory beside one that does nothing else and nginx.

use crate::bare::Kind;
use crate::data::{self, Address};
use crate::http::Client;
use crate::load::Script;
use crate::nginx;
use crate::postgres::Cluster;
use crate::publisher::Publisher;
use crate::rounds::{Lane, measure, report};
use crate::server::{ADDRESSES, HEADERS, House, Memory, Server};
use crate::{Engine, Options, Part};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Answers that are compared byte by byte, of each size.
const COMPARED: usize = 50;
/// Articles that everybody reads.
const HOT: usize = 100;
/// Events of a page of the sequence.
const PAGE: usize = 1000;
const NO_CACHE: (&str, &str) = ("DELIVERY__CACHE_MIB", "0");

type Servers = Vec<(&'static str, Server)>;

/// The texts of one size, and who serves them.
struct Size {
    texts: usize,
    house: House,
    /// Of articles: from everywhere, and those that everybody reads.
    paths: Vec<String>,
    hot: Vec<String>,
    bare_url: String,
    servers: Servers,
}

pub async fn run(options: &Options, engine: Engine, cluster: Option<&Cluster>, folder: &Path) -> Result<()> {
    let mut sizes = vec![];
    for texts in &options.sizes {
        sizes.push(Size::make(options, engine, cluster, folder, *texts).await?);
    }
    let name = engine.name();
    if options.wants(Part::Delivery) {
        for size in &mut sizes {
            size.servers = size.cold()?;
        }
        compare(&sizes, "articles, from the database", options, |size| Script::read(&size.house.folder, "articles", &size.paths), name)?;
        compare(&sizes, "the list of 20, from the database", options, list, name)?;
        println!("## {name}: the sequence of changes from zero, {PAGE} to a page, from the database\n\n| texts | events/s |\n|---|---|");
        for size in &sizes {
            println!("| {} | {:.0} |", size.texts, replay(size.servers[0].1.address, size.texts)?);
        }
        println!();
    }
    if options.wants(Part::Hot) {
        for size in &mut sizes {
            size.servers = size.hot(options)?;
        }
        hot(options, &sizes, name)?;
    }
    if options.wants(Part::Start) {
        println!("## {name}: from the start of the process to the first 200 of /health/ready, median of {}\n\n| texts | seconds |\n|---|---|", options.starts);
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

fn hot(options: &Options, sizes: &[Size], name: &str) -> Result<()> {
    let articles = |size: &Size| Script::read(&size.house.folder, "hot", &size.hot);
    compare(sizes, &format!("{HOT} articles, from memory"), options, articles, name)?;
    compare(sizes, "the list of 20, from memory", options, list, name)?;
    let unchanged = |size: &Size| {
        let mut client = Client::connect(size.servers[0].1.address)?;
        let tagged = size.hot.iter().map(|path| Ok((path.clone(), client.get(path)?.header("etag").to_owned()))).collect::<Result<Vec<_>>>()?;
        Script::revalidate(&size.house.folder, "unchanged", &tagged)
    };
    compare(sizes, &format!("{HOT} articles that the client has (304), from memory"), options, unchanged, name)?;
    println!("## {name}: memory of newsroom, the cache full\n\n| texts | VmRSS MB | VmHWM MB | RssAnon MB | RssFile MB | Pss MB |\n|---|---|---|---|---|---|");
    for size in sizes {
        let newsroom = &size.servers[0].1;
        let mut client = Client::connect(newsroom.address)?;
        for path in &size.paths {
            ensure!(client.get(path)?.status == 200, "{path} is not there");
        }
        let Memory { resident, most, own, files, proportional } = newsroom.memory()?;
        println!("| {} | {resident:.0} | {most:.0} | {own:.0} | {files:.0} | {proportional:.0} |", size.texts);
    }
    println!();
    let publishers = sizes.iter().map(|size| Publisher::start(&size.house, size.servers[0].1.address)).collect::<Result<Vec<_>>>()?;
    compare(sizes, &format!("{HOT} articles, while ten texts a second are published"), options, articles, name)?;
    compare(sizes, "the list of 20, while ten texts a second are published", options, list, name)?;
    for publisher in publishers {
        println!("published: {}", publisher.stop()?);
    }
    println!();
    Ok(())
}

fn compare(sizes: &[Size], what: &str, options: &Options, script: impl Fn(&Size) -> Result<Script>, engine: &str) -> Result<()> {
    println!("## {engine}: {what}, {} connections\n", options.connections);
    let scripts = sizes.iter().map(script).collect::<Result<Vec<_>>>()?;
    let lanes: Vec<Lane<'_>> = sizes.iter().zip(&scripts).map(|(size, script)| Lane { texts: size.texts, script, servers: &size.servers }).collect();
    report(&lanes, &measure(options, &lanes)?);
    Ok(())
}

fn list(size: &Size) -> Result<Script> {
    Script::read(&size.house.folder, "list", &[data::list_path()])
}

/// Events a second, for somebody who reads them all.
fn replay(address: std::net::SocketAddr, texts: usize) -> Result<f64> {
    let mut client = Client::connect(address)?;
    let started = Instant::now();
    let (mut after, mut pages) = (String::from("0"), 0);
    loop {
        let reply = client.get(&format!("/v1/delivery/changes?after={after}&limit={PAGE}"))?;
        let (_, meta) = reply.body.rsplit_once("\"meta\":").context("there is no page")?;
        let next = meta.split_once("\"next_after\":").and_then(|(_, rest)| rest.split_once(',')).context("the page does not say where it ends")?;
        next.0.clone_into(&mut after);
        pages += 1;
        if !meta.contains("\"has_more\":true") {
            break;
        }
    }
    ensure!(pages >= texts / PAGE, "{pages} pages are not all");
    Ok(after.parse::<f64>()? / started.elapsed().as_secs_f64())
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
        let hot = paths.iter().take(HOT).cloned().collect();
        let size = Self { texts, house, paths, hot, bare_url, servers: vec![] };
        if options.wants(Part::Delivery) || options.wants(Part::Hot) {
            size.copy(&addresses).await?;
        }
        Ok(size)
    }

    /// Gives the bare servers what newsroom answers.
    async fn copy(&self, addresses: &[Address]) -> Result<()> {
        let source = self.house.serve()?;
        let mut client = Client::connect(source.address)?;
        data::copy_answers(&mut client, addresses, &self.bare_url).await?;
        fs::write(self.house.folder.join(HEADERS), client.get(&data::list_path())?.constants(&data::VARYING))?;
        fs::write(self.house.folder.join(ADDRESSES), self.hot.join("\n"))?;
        drop(client);
        source.stop()
    }

    fn bare(&self, kind: Kind) -> Result<Server> {
        Server::bare(kind, &self.bare_url, self.house.workers, &self.house.folder)
    }

    fn cold(&self) -> Result<Servers> {
        let servers = vec![("newsroom", self.house.serve_with(&[NO_CACHE])?), ("one row", self.bare(Kind::Row)?)];
        self.check(&servers, &self.paths)?;
        Ok(servers)
    }

    fn hot(&self, options: &Options) -> Result<Servers> {
        let mut servers = vec![("newsroom", self.house.serve()?), ("memory", self.bare(Kind::Memory)?)];
        self.check(&servers, &self.hot)?;
        if let Some(nginx) = nginx::serve(&self.house.folder, servers[0].1.address, &self.hot, options.workers())? {
            servers.push(("nginx", nginx));
        }
        Ok(servers)
    }

    /// Makes sure that nobody could tell the servers apart.
    fn check(&self, servers: &Servers, paths: &[String]) -> Result<()> {
        let mut clients = servers.iter().map(|(_, server)| Client::connect(server.address)).collect::<Result<Vec<_>>>()?;
        for path in paths.iter().take(COMPARED).chain([&data::list_path()]) {
            let replies = clients.iter_mut().map(|client| client.get(path)).collect::<Result<Vec<_>>>()?;
            ensure!(replies.iter().all(|reply| reply.status == 200 && reply.is_like(&replies[0])), "{} servers answer {path} differently", self.texts);
        }
        Ok(())
    }
}
