//! The program that Trunk builds for the browser: the library and nothing else.
//!
//! Apart from the library because only a program is optimised as one piece. It starts nothing: `embed/panel.js` calls
//! the library's export.

#![cfg_attr(target_arch = "wasm32", no_main)]

use lead_panel as _;

/// Never runs; a program for the host must have one.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
