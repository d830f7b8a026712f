//! `cargo xtask crash`: kills the proxy again and again under load, and counts what became of every promise.
//!
//! The real programs, the real disk, `kill -9` at random moments, also while the proxy is starting. It shows that
//! no lead is lost or sent twice when the process dies. It can't show what a power cut does, since what the system
//! holds in memory outlives the process: that is `cargo xtask trace`.

mod campaign;
mod count;
mod ledger;
mod random;
#[cfg(test)]
mod tests;

use crate::house::{options::Options, programs::Build, stop::Stop};
use anyhow::{Result, bail};
use campaign::Plan;
use count::Count;

/// `cargo xtask crash`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let options = Options::read("crash", arguments, &["--release", "--no-build"], &["--kills", "--seed"])?;
    let kills = options.value("--kills", "a number of kills")?.unwrap_or(200);
    let seed = options.value("--seed", "a number, such as an earlier run has printed")?;
    let seed = seed.unwrap_or_else(|| crate::load::now().unsigned_abs());
    let programs = Build::chosen(&options)?.programs()?;
    println!("crash: {kills} kills with --seed {seed}");
    let evidence = campaign::run(Plan { kills, seed, programs }, &Stop::listen()?)?;
    let count = Count::of(&evidence);
    println!("{count}");
    let wrongs = count.wrongs();
    if wrongs.is_empty() {
        return Ok(());
    }
    bail!(
        "{}\nThe same kills again: `cargo xtask crash --kills {kills} --seed {seed}`; the store and all logs are in {}",
        wrongs.join("\n"),
        campaign::folder().display()
    )
}
