//! The proxy from outside: over HTTP, with the partner's simulator and a store on disk.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "tests"
)]

mod addresses;
mod app;
mod archive;
mod check;
mod config;
mod connections;
mod connectors;
mod consents;
mod delivery;
mod docs;
mod email;
mod fragment;
mod keys;
mod malformed;
mod mapping;
mod network;
mod operator;
mod origins;
mod outage;
mod pages;
mod panel;
mod partners;
mod playground;
mod prefill;
mod privacy;
mod records;
mod signatures;
mod store;
mod submissions;
mod tag;
mod tls;
mod tokens;
mod transport;

/// The simulation's own store: it must keep the same promises as the drivers.
#[path = "../sim"]
#[allow(dead_code, reason = "worlds use all of it, and break it on purpose")]
mod sim {
    pub(crate) mod model;
    pub(crate) mod sabotage;
}

use sim::{model, sabotage};
