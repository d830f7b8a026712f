//! `lead-proxy`: takes leads from the form, keeps every credential, and gets each lead to its partner once.
//!
//! The road of a lead through these rooms, in order: `router` and `middleware` let a request in, `routes` read it,
//! `intake` checks and stores it, `delivery` sends it through a connector; `render` makes the pages on which the form
//! stands. Who may import whom is written in ARCHITECTURE.md and kept by `cargo xtask tidy`.

pub mod account;
pub mod alerts;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connectors;
pub mod consents;
pub mod crash;
pub mod credentials;
pub mod delivery;
pub mod exchange;
pub mod ids;
pub mod keys;
pub mod locales;
pub mod mapping;
pub mod problem;
pub mod signed;
pub mod snippets;
pub mod store;
pub mod tasks;
pub mod telemetry;
pub mod transport;
pub mod upkeep;

mod app;
mod assets;
mod entrance;
mod forms;
mod hex;
mod intake;
mod left_behind;
mod middleware;
mod notices;
mod render;
mod robots;
mod router;
mod routes;
mod running;
mod server;
mod token;

pub use config::{Config, ConfigError};
pub use running::{Running, serve, serve_by};
