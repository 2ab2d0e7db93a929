//! The listener of clients.

use crate::app;
use crate::config::Http;
use crate::connection::{Connection, Patience};
use crate::slices;
use crate::state::State;
use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use anyhow::Context;
use std::future::ready;
use std::num::NonZero;
use std::time::Duration;

/// How long a client is listened to that was told to go.
const FAREWELL: Duration = Duration::from_secs(1);
/// Connections that wait to be taken.
const BACKLOG: u32 = 4096;
/// Files that are no clients' connections: the database, keys, logs.
const OTHER_FILES: u64 = 256;

/// Begins to listen. The server runs when it is awaited.
///
/// # Errors
/// When the address cannot be bound.
pub fn listen(state: &Data<State>) -> anyhow::Result<Server> {
    let settings = &state.config.http;
    let workers = match settings.workers {
        0 => std::thread::available_parallelism().map_or(2, NonZero::get),
        n => n,
    };
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(connections(settings.max_connections).div_ceil(workers))
        .backlog(BACKLOG)
        .shutdown_timeout(settings.shutdown_timeout)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let data = state.clone();
    let bound = builder.bind("newsroom", settings.bind, move || service(data.clone(), stopping.clone()));
    Ok(bound.with_context(|| format!("cannot listen on {}", settings.bind))?.run())
}

/// As many as are wanted, or as the system allows.
fn connections(wanted: usize) -> usize {
    let files = open_file_limit();
    let possible = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX).max(64);
    if possible < wanted {
        tracing::warn!(files, possible, wanted, "the system allows fewer open files than http.max_connections needs (ulimit -n, LimitNOFILE=)");
    }
    wanted.min(possible)
}

/// How many files the process may open, once it has asked for as many as it may have.
fn open_file_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).is_ok() {
        return limit.maximum.unwrap_or(u64::MAX);
    }
    limit.current.unwrap_or(u64::MAX)
}

fn patience(settings: &Http) -> Patience {
    Patience { head: Duration::from_secs(settings.head_timeout), write: Duration::from_secs(settings.write_timeout), least_rate: settings.least_rate }
}

/// The app, behind HTTP, behind deadlines.
fn service(
    data: Data<State>,
    stopping: GracefulShutdownSignal,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> {
    let settings = &data.config.http;
    let (patience, address, keep_alive) = (patience(settings), settings.bind, Duration::from_secs(settings.keep_alive));
    let http = HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .keep_alive(keep_alive)
        // Whoever hangs up is gone: without this, somebody who followed would be found out by writing, half a minute later.
        .h1_allow_half_closed(false)
        .client_request_timeout(patience.head)
        .client_disconnect_timeout(FAREWELL)
        .h1_write_buffer_size(slices::FLUSH_AT)
        .local_addr(address);
    let (open, counted) = (data.metrics.connections_of_clients.clone(), data.metrics.connections_of_clients.clone());
    let app = app::build(data).into_factory().map_err(|error: actix_web::Error| error.error_response());
    let app = app.map(move |answer: ServiceResponse| if open.get() > slices::MANY { answer.map_body(|_, body| slices::sliced(body)) } else { answer });
    fn_service(move |io: TcpStream| {
        let peer = io.peer_addr().ok();
        // What is answered whole goes at once.
        let _ = io.set_nodelay(true);
        ready(Ok((Connection::new(io, patience, counted.clone()), Protocol::Http1, peer)))
    })
    .and_then(http.finish(map_config(app, |()| AppConfig::default())))
}
