//! An editor who publishes ten texts a second, by HTTP.

use crate::data::LIST_LANGUAGE;
use crate::editor::Editor;
use crate::server::House;
use crate::writes::{bodies, hire};
use anyhow::{Context, Result};
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
    let (mut editor, mut since) = (Editor::sign_in(address, password)?, Instant::now());
    let mut count: u32 = 0;
    // In other languages than the list that is measured: its bytes stay what they are, though it is made again each time.
    let apart = format!("\"original_language\":\"{LIST_LANGUAGE}\"");
    for body in bodies.iter().filter(|body| !body.contains(&apart)).cycle() {
        if stopped.load(Ordering::Relaxed) {
            break;
        }
        if since.elapsed() > SESSION {
            (editor, since) = (Editor::sign_in(address, password)?, Instant::now());
        }
        let draft = editor.write(body)?;
        editor.publish(draft)?;
        count += 1;
        let next = started + PAUSE * count;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(format!("{count} texts, {:.1} a second", f64::from(count) / started.elapsed().as_secs_f64()))
}
