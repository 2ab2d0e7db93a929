//! The newsroom through its front door: HTTP against the one app, each test on a database of its own, on both engines.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod agencies;
mod articles;
mod assignments;
mod audit;
mod auth;
mod by_name;
mod comments;
mod contract;
mod corrections;
mod coverage;
mod day;
mod delivery;
mod edge;
mod edge_caches;
mod embargo;
mod freshness;
mod front_pages;
mod fuzzed;
mod hostile;
mod idempotency;
mod jobs;
mod kill;
mod language_report;
mod language_tools;
mod lexicon;
mod matrix;
mod names_desk;
mod notices;
mod operations;
mod orthographies;
mod presence;
mod preview;
mod punctual;
mod releases;
mod schedule;
mod schema;
mod search;
mod sections;
mod staff;
mod support;
mod translations;
mod variants;
mod workflow;
mod xliff;
