//! Load on a server, made by `wrk`.

use crate::{Options, median};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// wrk calls this in every thread. Each thread begins at another place of the same list.
const SCRIPT: &str = r#"
@HEADERS@
local requests, turn, threads = {}, 0, 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(args)
    for line in io.lines([[@LINES@]]) do
        requests[#requests + 1] = @REQUEST@
    end
    turn = number * 7919
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function done(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("figures %.3f %.4f %.4f %d\n", summary.requests * 1e6 / summary.duration,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
"#;

/// What one run of wrk found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Answers a second.
    pub rate: f64,
    /// Milliseconds within which half of the answers came.
    pub p50: f64,
    pub p99: f64,
    /// Connections that broke, and statuses of 400 and above: with any, the other figures mean nothing.
    pub errors: u32,
}

/// Requests to send.
pub struct Script(PathBuf);

/// # Errors
/// Where there is no wrk.
pub fn check_installed() -> Result<()> {
    // It ends with 1 when it is asked for its version.
    Command::new("wrk").arg("-v").output().map(|_| ()).context("wrk, which makes the load, is NOT INSTALLED (Debian: apt-get install wrk)")
}

impl Script {
    /// Reads the addresses one after the other, and again from the first.
    pub fn read(folder: &Path, name: &str, paths: &[String]) -> Result<Self> {
        Self::write(folder, name, paths, "", r#"wrk.format("GET", line)"#)
    }

    /// As [`Self::read`], for somebody who has signed in.
    pub fn read_as(folder: &Path, name: &str, token: &str, paths: &[String]) -> Result<Self> {
        Self::write(folder, name, paths, &format!("wrk.headers[\"Authorization\"] = \"Bearer {token}\""), r#"wrk.format("GET", line)"#)
    }

    /// As [`Self::read`], by somebody who has what an ETag names.
    pub fn revalidate(folder: &Path, name: &str, tagged: &[(String, String)]) -> Result<Self> {
        let lines: Vec<String> = tagged.iter().map(|(path, etag)| format!("{path} {etag}")).collect();
        Self::write(folder, name, &lines, "", r#"wrk.format("GET", line:match("^%S+"), {["If-None-Match"] = line:match(" (.*)$")})"#)
    }

    /// Posts the JSON texts, each of one line, one after the other.
    pub fn post(folder: &Path, name: &str, path: &str, token: &str, bodies: &[String]) -> Result<Self> {
        let headers = format!("wrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.headers[\"Authorization\"] = \"Bearer {token}\"");
        Self::write(folder, name, bodies, &headers, &format!("wrk.format(\"POST\", \"{path}\", nil, line)"))
    }

    fn write(folder: &Path, name: &str, lines: &[String], headers: &str, request: &str) -> Result<Self> {
        ensure!(lines.iter().all(|line| !line.contains('\n')), "a request would be cut in two");
        let data = folder.join(format!("{name}.txt"));
        fs::write(&data, lines.join("\n"))?;
        let script = SCRIPT.replace("@HEADERS@", headers).replace("@LINES@", &data.display().to_string()).replace("@REQUEST@", request);
        let file = folder.join(format!("{name}.lua"));
        fs::write(&file, script)?;
        Ok(Self(file))
    }

    /// Loads a server for some seconds.
    pub fn run(&self, options: &Options, connections: u16, seconds: u64, address: SocketAddr) -> Result<Figures> {
        let output = Command::new("wrk")
            .args(["-t", &options.threads.to_string(), "-c", &connections.to_string(), "-d", &format!("{seconds}s"), "--timeout", "10s", "-s"])
            .arg(&self.0)
            .arg(format!("http://{address}"))
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let Some(line) = text.lines().find_map(|line| line.strip_prefix("figures ")) else {
            bail!("wrk failed: {text}{}", String::from_utf8_lossy(&output.stderr));
        };
        let mut words = line.split(' ');
        let mut next = || words.next().and_then(|word| word.parse::<f64>().ok()).with_context(|| format!("{line:?} is not what wrk was asked for"));
        let (rate, p50, p99) = (next()?, next()?, next()?);
        let errors = line.rsplit(' ').next().and_then(|word| word.parse::<u32>().ok()).unwrap_or(u32::MAX);
        ensure!(rate > 0.0, "wrk had no answer: {text}");
        Ok(Figures { rate, p50, p99, errors })
    }
}

/// The median of one figure.
pub fn median_of(rounds: &[Figures], figure: impl Fn(&Figures) -> f64) -> f64 {
    median(rounds.iter().map(figure))
}

/// The median of each figure, and all errors.
pub fn summary(rounds: &[Figures]) -> Figures {
    Figures {
        rate: median(rounds.iter().map(|round| round.rate)),
        p50: median(rounds.iter().map(|round| round.p50)),
        p99: median(rounds.iter().map(|round| round.p99)),
        errors: rounds.iter().fold(0, |sum, round| sum.saturating_add(round.errors)),
    }
}

/// How the rates of two stand to each other: the median over the rounds, in which they took turns.
pub fn ratio(of: &[Figures], to: &[Figures]) -> f64 {
    median(of.iter().zip(to).map(|(of, to)| of.rate / to.rate))
}
