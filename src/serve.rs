//! Opening the house and serving until asked to stop.

use crate::clock::Clock;
use crate::config::{Config, Mode};
use crate::db::Db;
use crate::secrets::{Secrets, make_folder, touch_private};
use crate::state::State;
use crate::{app, audit, auth, delivery, health, idempotency, jobs, mail, names_desk, notices, presence, publication, seed};
use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use anyhow::Context;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How often what has expired is forgotten.
const HOUSEKEEPING: Duration = Duration::from_mins(1);
/// How long a job in hand may take when we stop.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long balancers get to see that we are not ready, before connections are refused.
const FAREWELL: Duration = Duration::from_millis(500);

/// Opens the data directory, the keys and the database, and brings its tables up to date.
///
/// # Errors
/// Says what cannot be opened.
pub async fn open(config: Config) -> anyhow::Result<State> {
    make_folder(&config.data_dir)?;
    let secrets = Secrets::open(&config.data_dir, config.mode == Mode::Production)?;
    if config.database.url.is_none() {
        // SQLite gives the files beside it the same mode.
        touch_private(&config.data_dir.join("newsroom.db"))?;
    }
    let db = Db::open(&config.database_url(), config.connections()).await.context("the database cannot be opened")?;
    db.migrate().await.context("the database cannot be migrated")?;
    let public = db.open_reader(&config.delivery_url(), config.connections()).await.context("delivery cannot read the database")?;
    let clock = Clock::System;
    let mut tx = db.begin().await?;
    auth::register_keys(&mut tx, &secrets, clock.now()).await?;
    names_desk::begin(&mut tx, clock.now()).await?;
    tx.commit().await?;
    let mailer = mail::from_config(&config)?;
    Ok(State::new(config, db, public, clock, secrets, mailer))
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// When the address cannot be bound, or the house cannot be opened.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let state = Arc::new(open(config).await?);
    let demo = if state.config.wants_demo() { seed::ensure(&state).await? } else { None };
    publication::follow_addresses(&state).await?;
    publication::follow_search_version(&state).await?;
    let data = Data::from(Arc::clone(&state));
    let workers = match state.config.http.workers {
        0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
        n => n,
    };
    let server = HttpServer::new(move || app::build(data.clone()))
        .workers(workers)
        .client_request_timeout(Duration::from_secs(10))
        .keep_alive(Duration::from_secs(75))
        // Whoever hangs up is gone: without this, somebody who followed would be found out by writing, half a minute later.
        .h1_allow_half_closed(false)
        .shutdown_timeout(state.config.http.shutdown_timeout)
        .disable_signals()
        .bind(state.config.http.bind)
        .with_context(|| format!("cannot listen on {}", state.config.http.bind))?
        .run();
    let operators = operators(&state)?;
    let background = tokio::spawn(jobs::run(Arc::clone(&state), Arc::new(app::jobs())));
    tokio::spawn(keep_house(Arc::clone(&state)));
    tokio::spawn(delivery::follow(Arc::clone(&state)));
    announce(&state, demo.as_deref());
    tokio::spawn(stop_on_signal(Arc::clone(&state), server.handle(), operators));
    server.await?;
    // What a job has not finished by then, another process or the next start takes up.
    let _ = tokio::time::timeout(PATIENCE, background).await;
    let _ = tokio::time::timeout(PATIENCE, audit::look(&state)).await;
    state.db.close().await;
    state.public.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn operators(state: &Arc<State>) -> anyhow::Result<Option<ServerHandle>> {
    let Some(address) = state.config.metrics.bind else { return Ok(None) };
    let data = Data::from(Arc::clone(state));
    let bound = HttpServer::new(move || App::new().app_data(data.clone()).configure(health::operator_routes))
        .workers(1)
        .disable_signals()
        .bind(address)
        .with_context(|| format!("cannot listen on {address} for metrics; NEWSROOM_METRICS__BIND=off does without"))?;
    let server = bound.run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(Some(handle))
}

async fn stop_on_signal(state: Arc<State>, server: ServerHandle, operators: Option<ServerHandle>) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        tracing::error!("signals cannot be heard");
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tracing::info!("stopping");
    state.stop();
    tokio::time::sleep(FAREWELL).await;
    server.stop(true).await;
    if let Some(operators) = operators {
        operators.stop(false).await;
    }
}

async fn keep_house(state: Arc<State>) {
    loop {
        // Also at the start: what happened while we were away is told at once.
        audit::look(&state).await;
        tokio::time::sleep(HOUSEKEEPING).await;
        state.limits.tidy();
        if let Err(error) = tidy(&state).await {
            error.log("housekeeping");
        }
    }
}

async fn tidy(state: &State) -> crate::error::Result<()> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    idempotency::tidy(&mut tx, now).await?;
    auth::tidy(&mut tx, now).await?;
    notices::tidy(&mut tx, now).await?;
    presence::tidy(&mut tx, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells a new user where to begin.
fn announce(state: &State, demo: Option<&str>) {
    let url = &state.config.public_url;
    tracing::info!(url, "serving");
    let mut text = format!("\nnewsroom is serving {url}\nreference: {url}/docs   contract: {url}/openapi.json\n");
    if let Some(password) = demo {
        text.push_str(&seed::welcome(url, password));
    }
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
