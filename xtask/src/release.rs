//! `cargo xtask release`: the one program that an operator installs, with the browser's files inside.
//!
//! Apart from a plain `cargo build --release`, which knows nothing of the form and makes a proxy of plain HTML pages.

use anyhow::{Result, ensure};
use std::time::Instant;

use crate::{assets, sh};

pub(crate) fn main(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "found `{}`, expected nothing after `release`", arguments.join(" "));
    assets::build()?;
    let started = Instant::now();
    println!("release: Cargo builds lead-proxy with the browser's files inside, some minutes the first time");
    let mut command = sh::command("cargo");
    command.args(["build", "--release", "--locked", "--package", "lead-proxy"]);
    command.env("LEAD_FORM_ASSETS_DIR", assets::folder());
    sh::run_logged(&mut command, &sh::target().join("lead-proxy-release.log"), "release", "Compiling ")?;
    println!("release: built in {}", sh::time(started.elapsed()));
    println!("{}", sh::target().join("release/lead-proxy").display());
    Ok(())
}
