//! A headless newsroom for agencies that publish together, in many languages and scripts.
//!
//! The kernel knows nothing of the slices: settings, database, errors, paging, jobs. A slice is a folder of types and
//! rules (`mod.rs`), routes (`http.rs`) and SQL (`store.rs`). [`api`] is the route table and [`policy`] says who may do what.

pub mod answer;
pub mod api;
pub mod app;
pub mod cache;
pub mod clock;
pub mod config;
mod connection;
pub mod cors;
pub mod db;
pub mod docs;
pub mod edge;
pub mod error;
pub mod extract;
pub mod idempotency;
pub mod jobs;
pub mod limits;
mod listen;
pub mod mail;
pub mod names;
pub mod page;
pub mod patch;
pub mod policy;
pub mod precondition;
pub mod problems;
pub mod routes;
pub mod secrets;
mod slices;
pub mod state;
pub mod telemetry;
pub mod when;

pub mod admin;
pub mod agencies;
pub mod articles;
pub mod assignments;
pub mod audit;
pub mod auth;
pub mod backup;
pub mod body;
pub mod by_name;
pub mod comments;
pub mod delivery;
pub mod front_pages;
pub mod health;
pub mod language;
pub mod language_tools;
pub mod lexicon;
pub mod names_desk;
pub mod notices;
pub mod partner;
pub mod presence;
pub mod preview;
pub mod publication;
pub mod purge;
pub mod schedule;
pub mod search;
pub mod sections;
pub mod seed;
pub mod serve;
pub mod staff;
pub mod topics;
pub mod translations;
pub mod xliff;
