//! The simulators over real HTTP, and where it matters over a bare TCP stream.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod algbra;
mod console;
mod crm;
mod document;
mod documented;
mod faults;
mod house;
mod octorate;
mod partnerportal;
mod site;
mod spotcap;
mod webhook;
