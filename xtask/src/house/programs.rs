//! The two programs of a house, built.
//!
//! By Cargo in the development profile unless asked otherwise: it builds sooner, and is quick enough for all of this.

use crate::sh;
use anyhow::{Result, bail};
use std::{path::PathBuf, time::Instant};

/// Where the programs lie.
#[derive(Clone)]
pub(crate) struct Programs {
    pub(crate) proxy: PathBuf,
    pub(crate) simulator: PathBuf,
}

/// How they are come by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// Built by the development profile.
    Debug,
    /// Built by the release profile.
    Release,
    /// Taken as an earlier build of the development profile has left them.
    AsTheyAre,
    /// The same of the release profile.
    ReleaseAsTheyAre,
}

impl Build {
    /// By the switches `--release` and `--no-build`.
    pub(crate) fn chosen(options: &super::options::Options) -> Result<Self> {
        match (options.has("--release"), options.has("--no-build")) {
            (true, true) => bail!("found --release with --no-build, expected one of them"),
            (true, false) => Ok(Build::Release),
            (false, true) => Ok(Build::AsTheyAre),
            (false, false) => Ok(Build::Debug),
        }
    }

    /// Builds what is to be built and names the programs.
    pub(crate) fn programs(self) -> Result<Programs> {
        let is_release = matches!(self, Build::Release | Build::ReleaseAsTheyAre);
        let folder = sh::target().join(if is_release { "release" } else { "debug" });
        if matches!(self, Build::Release | Build::Debug) {
            cargo(is_release)?;
        }
        let [proxy, simulator] = ["lead-proxy", "partner-sim"].map(|name| folder.join(name));
        for program in [&proxy, &simulator] {
            if !program.is_file() {
                bail!("found no {}, expected it built: run again without --no-build", program.display());
            }
        }
        Ok(Programs { proxy, simulator })
    }
}

fn cargo(release: bool) -> Result<()> {
    let started = Instant::now();
    let profile = if release { "release" } else { "development" };
    println!(
        "programs: Cargo builds lead-proxy and partner-sim ({profile} profile), some minutes the first time"
    );
    let mut command = sh::command("cargo");
    command.args([
        "build",
        "--locked",
        "--color",
        "never",
        "--package",
        "lead-proxy",
        "--package",
        "partner-sim",
    ]);
    command.arg("--bins");
    if release {
        command.arg("--release");
    }
    std::fs::create_dir_all(sh::target())?;
    sh::run_logged(&mut command, &sh::target().join("programs.log"), "programs", "Compiling ")?;
    println!("programs: built in {}", sh::time(started.elapsed()));
    Ok(())
}
