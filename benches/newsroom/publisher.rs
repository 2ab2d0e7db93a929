//! An editor who publishes ten texts a second, by HTTP.

use crate::data::LIST_LANGUAGE;
use crate::http::Client;
use crate::server::House;
use crate::writes::{bodies, hire, sign_in_at};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(100);
/// Access tokens live longer.
const SESSION: Duration = Duration::from_mins(3);

pub struct Publisher {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<Result<String>>,
}

impl Publisher {
    /// Begins in the moment.
    pub fn start(house: &House, address: SocketAddr) -> Result<Self> {
        let (password, bodies, stopped) = (hire(house)?, bodies()?, Arc::new(AtomicBool::new(false)));
        let until = Arc::clone(&stopped);
        let thread = std::thread::spawn(move || publish(address, &password, &bodies, &until));
        Ok(Self { stopped, thread })
    }

    /// Ends, and says how much was published.
    pub fn stop(self) -> Result<String> {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.join().ok().context("the publisher has failed")?
    }
}

fn publish(address: SocketAddr, password: &str, bodies: &[String], stopped: &AtomicBool) -> Result<String> {
    let started = Instant::now();
    let mut client = Client::connect(address)?;
    let (mut token, mut renewed) = (sign_in_at(address, password)?, Instant::now());
    let mut count: u32 = 0;
    // In other languages than the list that is measured: its bytes stay what they are, though it is made again each time.
    let apart = format!("\"original_language\":\"{LIST_LANGUAGE}\"");
    for body in bodies.iter().filter(|body| !body.contains(&apart)).cycle() {
        if stopped.load(Ordering::Relaxed) {
            break;
        }
        if renewed.elapsed() > SESSION {
            (token, renewed) = (sign_in_at(address, password)?, Instant::now());
        }
        let authorization = format!("Authorization: Bearer {token}\r\n");
        let created = client.send("POST", "/v1/articles", &authorization, body)?;
        ensure!(created.status == 201, "nothing can be written: {}", created.body);
        let created: Value = serde_json::from_str(&created.body)?;
        let (id, language) = (created["id"].as_str().context("the story has no id")?, created["original_language"].as_str().context("no language")?);
        let text = format!("/v1/articles/{id}/translations/{language}");
        let etag = client.send("GET", &text, &authorization, "")?.header("etag").to_owned();
        let published = client.send("POST", &format!("{text}/publish"), &format!("{authorization}If-Match: {etag}\r\n"), "")?;
        ensure!(published.status == 200, "nothing can be published: {}", published.body);
        count += 1;
        let next = started + PAUSE * count;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(format!("{count} texts, {:.1} a second", f64::from(count) / started.elapsed().as_secs_f64()))
}
