//! `cargo xtask crash`: ends the proxy again and again under load, and counts what became of every promise.
//!
//! The real programs, the real disk: `kill -9` at random moments, also while the proxy is starting or stopping, or
//! (`--points`) a development build that ends itself at each of its named points. It shows that no lead is lost or sent
//! twice when the process dies. It can't show what a power cut does, since what the system holds in memory outlives the
//! process: that is `cargo xtask trace`.

mod kills;
mod points;
mod stops;
mod walk;

use crate::{
    house::{database::Store, options::Options, programs::Build, stop::Stop},
    promises::partners,
    sh,
};
use anyhow::{Result, bail, ensure};
use std::path::PathBuf;

/// Without a word on how many.
const KILLS: usize = 200;

/// `cargo xtask crash`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let switches = ["--points", "--release", "--no-build"];
    let options = Options::read("crash", arguments, &switches, &["--store", "--kinds", "--kills", "--seed"])?;
    let stores: Option<String> = options.value("--store", "`sqlite`, `postgres`, or both with a comma")?;
    let stores: Vec<Store> =
        stores.as_deref().unwrap_or("sqlite").split(',').map(str::parse).collect::<Result<_>>()?;
    let kinds: Option<String> = options.value("--kinds", "kinds of credentials with commas between")?;
    let partners = partners::chosen(kinds.as_deref())?;
    let seed = options.value("--seed", "a number, such as an earlier run has printed")?;
    let seed: u64 = seed.unwrap_or_else(|| crate::load::now().unsigned_abs());
    let kills: Option<usize> = options.value("--kills", "a number of kills")?;
    let has_points = options.has("--points");
    ensure!(
        !(has_points && options.has("--release")),
        "found --release with --points, expected one of them: a release build has no crash points"
    );
    let programs = Build::chosen(&options)?.programs()?;
    let stop = Stop::listen()?;
    let mut wrongs = Vec::new();
    if let Some(kills) = kills.or(Some(KILLS).filter(|_| !has_points)) {
        println!("crash: {kills} kills with --seed {seed}");
        let partners = partners::PARTNERS.to_vec();
        let plan = |store| kills::Plan {
            kills,
            seed,
            store,
            partners: partners.clone(),
            programs: programs.clone(),
        };
        wrongs.extend(kills::run_all(stores.iter().copied().map(plan).collect(), &stop)?);
    }
    for store in stores.iter().copied().filter(|_| has_points) {
        println!("\ncrash: every named point of {} with --seed {seed}", store.name());
        let plan = points::Plan { seed, store, partners: partners.clone(), programs: programs.clone() };
        wrongs.extend(points::run(&plan, &stop)?);
    }
    if wrongs.is_empty() {
        return Ok(());
    }
    bail!(
        "{}\nThe same once more: with --seed {seed} and what else was asked for; the stores and all logs are in {}",
        wrongs.join("\n"),
        sh::target().join("crash-*").display()
    )
}

/// Where the campaign's store and logs lie.
fn folder(store: Store) -> PathBuf {
    sh::target().join(format!("crash-{}", store.name()))
}
