//! `lead-proxy`: reads the command line and does what it says.
//!
//! Apart from the library so that nothing else lives in the program.

use std::process::ExitCode;

use clap::Parser as _;
use lead_proxy::cli::{Arguments, run};

fn main() -> ExitCode {
    run(Arguments::parse())
}
