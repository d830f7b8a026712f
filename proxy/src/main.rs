//! `lead-proxy`: reads the command line and does what it says.
//!
//! Apart from the library so that nothing else lives in the program.

use std::process::ExitCode;

use clap::Parser as _;
use lead_proxy::cli::{Arguments, run};
use mimalloc::MiMalloc;

/// A lead is a few hundred small pieces of memory, which the C library's own allocator made a quarter of an accept's cost
/// (docs/decisions/0012).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    run(Arguments::parse())
}
