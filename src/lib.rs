//! The lead form: one Leptos view, shown twice.
//!
//! The proxy renders it natively (feature `ssr`) to a plain HTML form that works without any script; in the browser
//! (feature `csr`, compiled to WebAssembly) `embed::mount` takes that form over and brings it to life. A crate
//! of its own because it is all that a visitor downloads: it knows nothing of accounts, partners or the proxy's inside.
//!
//! Who calls whom: `embed` (the host page) starts `live` (one form at work), which listens to the visitor, asks
//! `lead-model` for problems, moves `state`, lets `submit` fetch, and tells the host page through `events`. What is
//! shown follows from `shown`: `form` lays it out of `fields` and `parts`, which are written with `view`, our one view
//! type. `form`, `fields`, `parts` and `view` never touch network or page: they must render natively too.

mod fields;
pub mod form;
mod parts;
mod shown;
mod state;
mod view;

pub use shown::{Plain, Shown};

/// The name of the field that no person sees. No field of a form begins so, and no browser knows what to fill in there.
pub const TRAP: &str = "_homepage";

#[cfg(any(test, feature = "csr"))]
mod key;
#[cfg(any(test, feature = "csr"))]
mod submit;

#[cfg(feature = "ssr")]
mod first_paint;
#[cfg(feature = "ssr")]
pub use first_paint::{FirstPaint, first_paint, first_paint_tree, thanks};

#[cfg(feature = "csr")]
mod controls;
#[cfg(feature = "csr")]
pub mod embed;
#[cfg(feature = "csr")]
mod events;
#[cfg(feature = "csr")]
mod js;
#[cfg(feature = "csr")]
mod live;
#[cfg(feature = "csr")]
mod panic;
#[cfg(feature = "csr")]
pub mod read;
#[cfg(feature = "csr")]
mod take_over;
