//! Tools that come as crates: built once into the cache folder, each under its name and version.
//!
//! A cache can be wrong in every way (half-written, another version, a file of zero bytes), so a tool is only what
//! answers `--version` with the pinned number; everything else is installed again, beside, and then renamed into place.

use super::{Found, Provider, cache};
use crate::sh;
use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// One pinned crate with programs.
pub(super) struct Tool {
    /// The crate's name.
    pub(super) package: &'static str,
    /// The first part of the folder's name in the cache.
    pub(super) folder: &'static str,
    /// The exact version.
    pub(super) version: &'static str,
    /// The programs that must be there; each must answer `--version`.
    pub(super) binaries: &'static [&'static str],
    /// What else `cargo install` needs.
    pub(super) arguments: &'static [&'static str],
    /// How long it takes to build on two cores.
    pub(super) minutes: u32,
}

impl Tool {
    fn home(&self) -> Result<PathBuf> {
        Ok(cache()?.join(format!("{}-{}", self.folder, self.version)))
    }

    /// Checks every program below `home/bin`.
    fn check(&self, home: &Path) -> Result<Found> {
        let programs = home.join("bin");
        for binary in self.binaries {
            let program = programs.join(binary);
            let says = answer(&program)?;
            if !says.split_whitespace().any(|word| word == self.version) {
                bail!("{} says `{says}`, expected version {}", program.display(), self.version);
            }
        }
        Ok(Found { says: self.label(), programs: Some(programs) })
    }

    /// Asks a prebuilt-binary installer, where the machine has one. Whether it worked is for `check` to say.
    fn ready_made(&self, into: &Path, log: &Path) {
        let Some(binstall) = sh::which("cargo-binstall") else { return };
        println!("{}: asking cargo-binstall for a ready-made program", self.label());
        let mut command = sh::command(binstall);
        command.args(["--no-confirm", "--disable-strategies", "compile", "--root"]).arg(into);
        command.arg(format!("{}@{}", self.package, self.version));
        if let Err(error) = sh::run_logged(&mut command, log, &self.label(), "INFO") {
            println!(
                "{}: none to be had, so it is compiled ({})",
                self.label(),
                first_line(&error.to_string())
            );
        }
    }

    /// Compiles into `into`, with Cargo's own files below it too, so that a broken run leaves one folder to remove.
    fn compile(&self, into: &Path, log: &Path) -> Result<()> {
        println!("{}: building once, about {} minutes on two cores", self.label(), self.minutes);
        let started = Instant::now();
        let mut command = sh::command("cargo");
        command
            .args(["install", self.package, "--version"])
            .arg(format!("={}", self.version))
            .args(self.arguments);
        command.arg("--root").arg(into).env("CARGO_TARGET_DIR", into.join("build"));
        // A tool that runs for seconds is not worth the minutes that its optimisation takes.
        for (name, value) in [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("OPT_LEVEL", "1"), ("DEBUG", "0")] {
            command.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
        }
        sh::run_logged(&mut command, log, &self.label(), "Compiling ").with_context(|| {
            "remedy: see whether the package registry is reached (`cargo search trunk`) and the disk has 2 GB free, then run again"
        })?;
        println!("{}: built in {}", self.label(), sh::time(started.elapsed()));
        Ok(())
    }
}

impl Provider for Tool {
    fn label(&self) -> String {
        format!("{} {}", self.folder, self.version)
    }

    fn find(&self) -> Result<Found> {
        self.check(&self.home()?)
    }

    fn install(&self) -> Result<()> {
        let home = self.home()?;
        if let Err(why) = self.check(&home)
            && home.exists()
        {
            println!(
                "{}: the cached one is not usable and is replaced ({})",
                self.label(),
                first_line(&format!("{why:#}"))
            );
        }
        let partial = home.with_file_name(format!("{}-{}.partial", self.folder, self.version));
        remove(&partial)?;
        std::fs::create_dir_all(&partial).with_context(|| format!("could not make {}", partial.display()))?;
        let log = partial.join("install.log");
        self.ready_made(&partial, &log);
        if self.check(&partial).is_err() {
            self.compile(&partial, &log)?;
            self.check(&partial).context("what was built does not answer")?;
        }
        remove(&partial.join("build"))?;
        remove(&home)?;
        std::fs::rename(&partial, &home)
            .with_context(|| format!("could not rename {} into place", partial.display()))
    }
}

/// A tool that many machines have already: theirs is used when it is new enough.
pub(super) struct OnPathOr(pub(super) Tool);

impl Provider for OnPathOr {
    fn label(&self) -> String {
        self.0.label()
    }

    fn find(&self) -> Result<Found> {
        for binary in self.0.binaries {
            if let Some(says) = sh::which(binary).and_then(|program| answer(&program).ok())
                && let Some(version) = says.split_whitespace().nth(1)
                && at_least(version, self.0.version)
            {
                return Ok(Found { says: format!("{binary} {version}"), programs: None });
            }
        }
        self.0.find()
    }

    fn install(&self) -> Result<()> {
        self.0.install()
    }
}

/// Whether `found` is the version `wanted` or a later one. Versions are three numbers; anything else is too old.
fn at_least(found: &str, wanted: &str) -> bool {
    let numbers =
        |text: &str| text.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<u64>>>();
    matches!((numbers(found), numbers(wanted)), (Some(found), Some(wanted)) if found >= wanted)
}

/// The first line that a program prints when asked for its version.
pub(super) fn answer(program: &Path) -> Result<String> {
    let text = sh::output(sh::command(program).arg("--version"))?;
    Ok(first_line(&text).to_owned())
}

/// The first line, without the white space around it.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

/// Removes a file or a folder, whichever it is, if it is there.
pub(super) fn remove(path: &Path) -> Result<()> {
    let removed = match std::fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
    };
    removed.with_context(|| format!("could not remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_tool_on_the_path_is_taken_and_older_is_not() {
        assert!(
            at_least("0.9.143", "0.9.143") && at_least("0.10.0", "0.9.143") && at_least("1.0.0", "0.9.143")
        );
        assert!(
            !at_least("0.9.99", "0.9.143")
                && !at_least("0.9.143-rc.1", "0.9.143")
                && !at_least("", "0.9.143")
        );
    }

    #[test]
    fn remove_takes_files_folders_and_absence_alike() {
        let base = std::env::temp_dir().join(format!("lead-form-remove-{}", std::process::id()));
        std::fs::create_dir_all(base.join("deep/er")).unwrap();
        std::fs::write(base.join("file"), "x").unwrap();
        for name in ["deep", "file", "absent"] {
            remove(&base.join(name)).unwrap();
            assert!(!base.join(name).exists());
        }
        remove(&base).unwrap();
    }
}
