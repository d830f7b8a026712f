//! The model from outside: definitions as they lie in `forms/`, and what is said of broken ones.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod definitions;
mod docs;
mod submissions;
