//! The form in one real browser, without a network; and the rules, natively and in the browser from one table.
//!
//! `cargo test --test component` runs what needs no browser. For the rest: `--target wasm32-unknown-unknown --features csr`
//! with `wasm-bindgen-test-runner` as the target's runner.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod rules;

#[cfg(all(target_arch = "wasm32", feature = "csr"))]
mod embedding;
#[cfg(all(target_arch = "wasm32", feature = "csr"))]
mod page;
#[cfg(all(target_arch = "wasm32", feature = "csr"))]
mod problems;
#[cfg(all(target_arch = "wasm32", feature = "csr"))]
mod sending;
#[cfg(all(target_arch = "wasm32", feature = "csr"))]
mod take_over;
#[cfg(all(target_arch = "wasm32", feature = "csr"))]
mod wire;

#[cfg(all(target_arch = "wasm32", feature = "csr"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
