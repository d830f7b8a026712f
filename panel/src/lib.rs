//! The panel inside a CRM: a person finds, opens, mends and adds a partner's records, and sees what became of our leads.
//!
//! Who calls whom: `start` (the page's script) makes one `app::App`, which is all that the panel knows, in signals.
//! `act` asks the proxy through `client` and writes into those signals; `shell`, `list`, `record`, `edit`, `leads` and
//! `notice` show what is in them, written with `view`, our one view type; `messages` speaks with the CRM's page, `keys` hears
//! the keyboard. `wire`, `values`, `draft` and `texts` know no browser, so they are tested natively.

pub mod draft;
pub mod texts;
pub mod values;
pub mod wire;

#[cfg(target_arch = "wasm32")]
mod act;
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod client;
#[cfg(target_arch = "wasm32")]
mod control;
#[cfg(target_arch = "wasm32")]
mod edit;
#[cfg(target_arch = "wasm32")]
mod keys;
#[cfg(target_arch = "wasm32")]
mod leads;
#[cfg(target_arch = "wasm32")]
mod list;
#[cfg(target_arch = "wasm32")]
mod messages;
#[cfg(target_arch = "wasm32")]
mod notice;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod record;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(target_arch = "wasm32")]
pub mod start;
#[cfg(target_arch = "wasm32")]
mod view;
