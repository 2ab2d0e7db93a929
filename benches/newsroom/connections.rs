//! Connections that rest: readers who asked once, and followers of the stream of changes. What they cost is the memory of the server's process.

use crate::editor::Editor;
use crate::http::Client;
use crate::server::{House, Server};
use crate::{Options, data, writes};
use anyhow::{Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// What readers ask for once.
const READ: &str = "/v1/delivery/articles?limit=20";
const STREAM: &str = "/v1/delivery/stream";
/// Connections that come first, so that what the server needs for any is not counted.
const WARM_UP: usize = 200;
const PATIENCE: Duration = Duration::from_mins(1);

/// Somebody who waits for events.
struct Follower {
    stream: TcpStream,
    /// What came and was not looked at yet.
    rest: Vec<u8>,
}

pub async fn run(options: &Options, folder: &Path) -> Result<()> {
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files })?;
    let house = House::new(folder.join("connections"), None, options.workers())?;
    data::found(&house).await?;
    let count = options.idle;
    println!("## {count} connections that rest\n");
    println!("| | MB before | MB then | kB each |\n|---|---|---|---|");
    let server = house.serve()?;
    let ours = idle("newsroom, after a list of 20", &server, READ, count)?;
    server.stop()?;
    let server = Server::bare_without_data(options.workers(), &house.folder)?;
    let theirs = idle("bare actix-web, after its readiness", &server, crate::server::READY, count)?;
    server.stop()?;
    println!("\nnewsroom to bare: {:.2}\n", ours / theirs);
    follow(&house, count)
}

/// Opens them, and says how many kilobytes each takes.
fn idle(name: &str, server: &Server, path: &str, count: usize) -> Result<f64> {
    let connect = |_| -> Result<Client> {
        let mut client = Client::connect(server.address)?;
        ensure!(client.get(path)?.status == 200, "{path} cannot be read");
        Ok(client)
    };
    let _warm = (0..WARM_UP).map(connect).collect::<Result<Vec<_>>>()?;
    let before = server.memory()?.resident;
    let _open = (0..count).map(connect).collect::<Result<Vec<_>>>()?;
    row(name, before, server.memory()?.resident, count)
}

fn row(name: &str, before: f64, then: f64, count: usize) -> Result<f64> {
    let each = (then - before) * 1024.0 / f64::from(u32::try_from(count)?);
    println!("| {name} | {before:.0} | {then:.0} | {each:.1} |");
    Ok(each)
}

fn follow(house: &House, count: usize) -> Result<()> {
    let password = writes::hire(house)?;
    let server = house.serve()?;
    let mut editor = Editor::sign_in(server.address, &password)?;
    if Client::connect(server.address)?.status_of(STREAM)? != 200 {
        println!("{STREAM}: NOT MEASURED, it is not there\n");
        return server.stop();
    }
    let _warm = (0..WARM_UP).map(|_| Follower::begin(server.address)).collect::<Result<Vec<_>>>()?;
    let before = server.memory()?.resident;
    let mut followers = (0..count).map(|_| Follower::begin(server.address)).collect::<Result<Vec<_>>>()?;
    let then = server.memory()?.resident;
    println!("## {count} followers of {STREAM}\n");
    println!("| | MB before | MB then | kB each |\n|---|---|---|---|");
    row("newsroom", before, then, count)?;
    let body = json!({"original_language": "en", "headline": "All followers hear of this", "body_html": "<p>At once.</p>"}).to_string();
    let draft = editor.write(&body)?;
    let begun = Instant::now();
    editor.publish(draft)?;
    let published = begun.elapsed();
    for follower in &mut followers {
        follower.wait_for("event: published\n")?;
    }
    let all = begun.elapsed();
    println!("\na text was published in {:.0} ms; all have the event after {:.0} ms\n", published.as_secs_f64() * 1e3, all.as_secs_f64() * 1e3);
    println!("MB at the most: {:.0}\n", server.memory()?.most);
    server.stop()
}

impl Follower {
    /// Follows from here, once the server has said so.
    fn begin(address: SocketAddr) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET {STREAM} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n")?;
        let mut follower = Self { stream, rest: Vec::new() };
        follower.wait_for("HTTP/1.1 200 OK\r\n")?;
        follower.wait_for("\n\n")?;
        Ok(follower)
    }

    fn wait_for(&mut self, text: &str) -> Result<()> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = self.rest.windows(text.len()).position(|window| window == text.as_bytes()) {
                self.rest.drain(..at + text.len());
                return Ok(());
            }
            let read = self.stream.read(&mut buffer)?;
            ensure!(read > 0, "a follower was cut off");
            self.rest.extend_from_slice(&buffer[..read]);
        }
    }
}
