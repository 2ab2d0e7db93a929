//! Servers that get the same load in turns, so that a slow minute of the machine is slow for all of them.

use crate::Options;
use crate::load::{Figures, Script, ratio, summary};
use crate::server::Server;
use anyhow::Result;

/// Seconds of load before the first round.
const WARM_UP: u64 = 2;

/// Servers over the texts of one size, and what they are called.
pub struct Lane<'s> {
    pub texts: usize,
    pub script: &'s Script,
    pub servers: &'s [(&'static str, Server)],
}

/// The rounds of each server of a lane.
pub type Rounds = Vec<Vec<Figures>>;

/// Gives every server its load: forwards, then backwards.
pub fn measure(options: &Options, lanes: &[Lane<'_>]) -> Result<Vec<Rounds>> {
    let mut all: Vec<Rounds> = lanes.iter().map(|lane| vec![vec![]; lane.servers.len()]).collect();
    let mut turns: Vec<(usize, usize)> = lanes.iter().enumerate().flat_map(|(n, lane)| (0..lane.servers.len()).map(move |server| (n, server))).collect();
    let load = |(lane, server): (usize, usize), seconds| {
        let lane = &lanes[lane];
        lane.script.run(options, options.connections, seconds, lane.servers[server].1.address)
    };
    for turn in &turns {
        load(*turn, WARM_UP)?;
    }
    for round in 1..=options.rounds {
        for (lane, server) in &turns {
            let figures = load((*lane, *server), options.seconds)?;
            all[*lane][*server].push(figures);
        }
        turns.reverse();
        eprintln!("round {round} of {}", options.rounds);
    }
    Ok(all)
}

/// Prints the figures, how the first server of each lane stands to the others, and how the largest lane stands to the smallest.
pub fn report(lanes: &[Lane<'_>], all: &[Rounds]) {
    println!("| texts | server | answers/s | p50 ms | p99 ms | errors |\n|---|---|---|---|---|---|");
    for (lane, rounds) in lanes.iter().zip(all) {
        for ((name, _), rounds) in lane.servers.iter().zip(rounds) {
            let Figures { rate, p50, p99, errors } = summary(rounds);
            println!("| {} | {name} | {rate:.0} | {p50:.2} | {p99:.2} | {errors} |", lane.texts);
        }
    }
    println!("\n| texts | newsroom to | rate | p99 |\n|---|---|---|---|");
    for (lane, rounds) in lanes.iter().zip(all) {
        let Some((newsroom, others)) = rounds.split_first() else { continue };
        for ((name, _), other) in lane.servers.iter().skip(1).zip(others) {
            println!("| {} | {name} | {:.2} | {:.2} |", lane.texts, ratio(newsroom, other), summary(newsroom).p99 / summary(other).p99);
        }
    }
    println!();
    if let ([smallest, .., largest], [small, .., large]) = (lanes, all) {
        let ratios: Vec<String> =
            smallest.servers.iter().zip(large.iter().zip(small)).map(|((name, _), (large, small))| format!("{name} {:.2}", ratio(large, small))).collect();
        println!("{} texts to {}: {}\n", largest.texts, smallest.texts, ratios.join(", "));
    }
}
