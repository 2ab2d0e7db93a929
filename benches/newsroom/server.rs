//! Servers as child processes: newsroom itself, and the bare ones.

use crate::bare::{self, Kind};
use crate::http::Client;
use crate::median;
use anyhow::{Context, Result, bail, ensure};
use newsroom::config::Config;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Connections to PostgreSQL: what newsroom takes where nothing is set, and the bare servers too.
pub const CONNECTIONS: u32 = 16;
/// What every server answers when it can serve.
pub const READY: &str = "/health/ready";
/// Of the articles that are asked for, for the bare servers.
pub const ADDRESSES: &str = "addresses";
/// Those that all answers have, for the bare servers.
pub const HEADERS: &str = "headers";
const PATIENCE: Duration = Duration::from_mins(1);

/// A data directory and its database.
pub struct House {
    pub folder: PathBuf,
    pub url: String,
    pub workers: usize,
}

/// A server that ends when it is dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    log: PathBuf,
}

/// Megabytes that a process has in memory, as Linux counts them.
pub struct Memory {
    /// `VmRSS`; a page of a file that is mapped by several connections counts for each.
    pub resident: f64,
    /// `VmHWM`: the most there ever was.
    pub most: f64,
    /// `RssAnon`: what is its own.
    pub own: f64,
    /// `RssFile`: pages of files, which the system can take back.
    pub files: f64,
    /// `Pss`: each page once.
    pub proportional: f64,
}

impl House {
    /// In a new folder; on SQLite where no address is given.
    pub fn new(folder: PathBuf, url: Option<String>, workers: usize) -> Result<Self> {
        fs::create_dir_all(&folder)?;
        // Keeps a newsroom.toml of the working directory out of it.
        fs::write(folder.join("bench.toml"), "")?;
        let url = url.unwrap_or_else(|| format!("sqlite:{}", folder.join("newsroom.db").display()));
        Ok(Self { folder, url, workers })
    }

    /// The settings, as the environment of the service.
    fn settings(&self, address: SocketAddr) -> Vec<(String, String)> {
        let settings = [
            ("CONFIG", self.folder.join("bench.toml").display().to_string()),
            ("DATA_DIR", self.folder.display().to_string()),
            ("DATABASE__URL", self.url.clone()),
            ("DATABASE__CONNECTIONS", CONNECTIONS.to_string()),
            ("DEMO", "off".to_owned()),
            ("RATE_LIMIT__ENABLED", "false".to_owned()),
            ("METRICS__BIND", "off".to_owned()),
            ("HTTP__BIND", address.to_string()),
            ("HTTP__WORKERS", self.workers.to_string()),
            // Addresses in answers must not depend on the port of the run.
            ("PUBLIC_URL", "http://127.0.0.1:8080".to_owned()),
        ];
        settings.into_iter().map(|(name, value)| (format!("NEWSROOM_{name}"), value)).collect()
    }

    pub fn config(&self) -> Result<Config> {
        Config::load(self.settings(free_address()?).into_iter())
    }

    /// The release binary, with these settings and no others.
    pub fn command(&self, address: SocketAddr) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_newsroom"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("NEWSROOM_")) {
            command.env_remove(name);
        }
        command.envs(self.settings(address)).current_dir(&self.folder);
        command
    }

    /// Starts newsroom, and waits until it is ready.
    pub fn serve(&self) -> Result<Server> {
        self.serve_with(&[])
    }

    /// As [`Self::serve`], with some more settings.
    pub fn serve_with(&self, settings: &[(&str, &str)]) -> Result<Server> {
        let address = free_address()?;
        let mut command = self.command(address);
        command.envs(settings.iter().map(|(name, value)| (format!("NEWSROOM_{name}"), value)));
        command.arg("serve");
        Server::start(command, address, self.folder.join("newsroom.log"))
    }

    /// Seconds from the start of the process to the first 200 of `/health/ready`: the median of some starts.
    pub fn time_to_ready(&self, starts: usize) -> Result<f64> {
        let mut times = vec![];
        for _ in 0..starts {
            let started = Instant::now();
            let server = self.serve()?;
            times.push(started.elapsed().as_secs_f64());
            server.stop()?;
        }
        Ok(median(times))
    }
}

impl Server {
    /// Starts this program as a bare server over the database at `url`.
    /// `folder` has the files [`ADDRESSES`] and [`HEADERS`].
    pub fn bare(kind: Kind, url: &str, workers: usize, folder: &Path) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(bare::COMMAND).args(["--kind", kind.name(), "--url", url, "--bind", &address.to_string(), "--workers", &workers.to_string()]);
        command.arg("--addresses").arg(folder.join(ADDRESSES)).arg("--headers").arg(folder.join(HEADERS));
        Self::start(command, address, folder.join(format!("{}.log", kind.name())))
    }

    /// Starts this program as a bare server that has nothing but its readiness.
    pub fn bare_without_data(workers: usize, folder: &Path) -> Result<Self> {
        Self::bare(Kind::Nothing, "", workers, folder)
    }

    /// Waits until it answers [`READY`].
    pub fn start(mut command: Command, address: SocketAddr, log: PathBuf) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?).spawn().context("a server cannot be started")?;
        let mut server = Self { child, address, log };
        server.wait()?;
        Ok(server)
    }

    fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = Client::connect(self.address).and_then(|mut client| client.get(READY)).map(|reply| reply.status);
            if matches!(status, Ok(200)) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("a server ended with {status}: {}", fs::read_to_string(&self.log)?);
            }
            ensure!(Instant::now() < deadline, "a server is not ready: {status:?}, {}", fs::read_to_string(&self.log)?);
            sleep(Duration::from_millis(1));
        }
    }

    /// As an operator stops it: what it does at its end is done.
    pub fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        ensure!(Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status()?.success(), "a server cannot be asked to stop");
        self.child.wait()?;
        Ok(())
    }

    pub fn memory(&self) -> Result<Memory> {
        let process = PathBuf::from("/proc").join(self.child.id().to_string());
        let status = fs::read_to_string(process.join("status"))?;
        let sums = fs::read_to_string(process.join("smaps_rollup"))?;
        let megabytes = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()).map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
        };
        Ok(Memory {
            resident: megabytes(&status, "VmRSS"),
            most: megabytes(&status, "VmHWM"),
            own: megabytes(&status, "RssAnon"),
            files: megabytes(&status, "RssFile"),
            proportional: megabytes(&sums, "Pss"),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // In order: killed at once, nginx would leave its workers behind.
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// An address of this machine that nobody listens at.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
