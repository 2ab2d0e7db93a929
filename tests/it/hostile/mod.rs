//! Hostile conditions: random histories against a model, races, killed processes, a killed database, canaries.
//!
//! [`life`] is the model of one text and [`model`] that of a story, its people and its readers: the rules of the house, written down a
//! second time. [`invariants`] is what must be true of every database at every moment.
//!
//! `NEWSROOM_TEST_SEED=…` plays a history again that a failure has printed; `NEWSROOM_TEST_ROUNDS=50` makes the rounds of killing more.

mod canaries;
mod crash;
pub mod dice;
mod invariants;
mod life;
mod machine;
mod model;
mod postgres_down;
mod races;
mod sequences;
mod writers;
