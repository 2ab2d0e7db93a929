//! The newsroom through its front door: HTTP against the one app, each test on a database of its own, on both engines.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod agencies;
mod articles;
mod auth;
mod contract;
mod delivery;
mod edge;
mod freshness;
mod idempotency;
mod matrix;
mod operations;
mod schema;
mod sections;
mod staff;
mod support;
mod translations;
mod workflow;
mod xliff;
