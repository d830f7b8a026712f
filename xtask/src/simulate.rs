//! `cargo xtask simulate`: worlds of the deterministic simulation, as many seeds as are asked for, or one with its course.
//!
//! Apart from the simulation itself, `proxy/tests/sim`, which is a test like any other: here is only how it is built and
//! what it is told.

use crate::{house::options::Options, sh};
use anyhow::{Context as _, Result};

/// The tests that run seeds, and with these those that show that they could fail.
const SEEDS: &str = "every_seed_keeps_every_promise";

/// `cargo xtask simulate`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let switches = ["--sabotage", "--optimized"];
    let options = Options::read("simulate", arguments, &switches, &["--seeds", "--from", "--seed"])?;
    let number = |name| options.value::<u64>(name, "a number");
    let mut command = sh::command("cargo");
    // Of the workspace's one build, or of one of its own that is five times as quick and takes minutes to make.
    command.args(["test", "--quiet", "--locked", "--workspace", "--test", "sim"]);
    if options.has("--optimized") {
        command.args(["--profile", "simulate"]);
    }
    if !options.has("--sabotage") {
        command.arg(SEEDS);
    }
    command.args(["--", "--nocapture"]);
    command.env("SEEDS", number("--seeds")?.unwrap_or(10_000).to_string());
    command.env("FROM", number("--from")?.unwrap_or(0).to_string());
    if let Some(seed) = number("--seed")? {
        command.env("SEED", seed.to_string());
    }
    sh::run(&mut command)
        .context("a seed that is named above repeats with `cargo xtask simulate --seed SEED`")
}
