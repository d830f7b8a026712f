//! The whole house in a real browser: host pages of other origins, the proxy, the simulator, one lead at the end.
//!
//! Apart from the proxy's own tests because here nothing is called from inside: a person types, and what counts is what
//! the partner's ledger holds.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests; the bans are for what runs in a page, and this runs beside a browser"
)]

mod accessibility;
mod browser;
mod companion;
mod completion;
#[allow(dead_code, unreachable_pub, reason = "the proxy's own tests use the rest of it, and as a library")]
#[path = "../../proxy/tests/it/app/config_text.rs"]
mod config_text;
mod dialogs;
mod drawn;
mod drivers;
mod early;
mod embedding;
mod everywhere;
mod form;
mod gate;
mod house;
mod identity;
mod injection;
mod journey;
mod kindness;
mod leaks;
mod looks;
mod messages;
mod panel;
mod partners;
mod parts;
mod pinned;
mod playground;
mod policies;
mod presets;
mod privacy;
mod robots;
mod signed;
mod snippets;
mod tag;
mod themes;
mod tree;
mod workshop;
mod wrappers;
