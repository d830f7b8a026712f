//! Tools that come from npm: wasm-opt (in `binaryen`), esbuild, axe-core, TypeScript, and React for the wrapper's tests.
//!
//! They lie in the cache folder under the hash of the lock file, so that two clones with the same lock share them and
//! a changed lock never meets old packages.

use super::{
    Found, Provider, cache,
    cargo::{answer, first_line, remove},
};
use crate::sh;
use anyhow::{Context, Result, bail, ensure};
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

/// The oldest Node that esbuild and our build script run on.
const NODE_MAJOR_MIN: u32 = 18;

/// The files that decide what is installed.
const INPUTS: &[&str] = &["package.json", "package-lock.json", ".npmrc"];

/// Those that something here asks for by name.
const PACKAGES: &[&str] = &["binaryen", "esbuild", "axe-core", "react", "react-dom", "typescript"];

/// All packages of `xtask/web/package-lock.json`, as one tool.
pub(super) struct Packages;

/// Where the packages of this checkout's lock file lie.
pub(super) fn folder() -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    for name in INPUTS {
        read(&sources().join(name))?.hash(&mut hasher);
    }
    Ok(cache()?.join(format!("web-{:016x}", hasher.finish())))
}

fn sources() -> PathBuf {
    sh::root().join("xtask/web")
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))
}

/// The version that `package.json` pins.
fn pinned(package: &str) -> Result<String> {
    let text = read(&sources().join("package.json"))?;
    let json: serde_json::Value =
        serde_json::from_str(&text).context("xtask/web/package.json is not JSON")?;
    let version = json.pointer(&format!("/dependencies/{package}")).and_then(|version| version.as_str());
    version
        .map(str::to_owned)
        .with_context(|| format!("found no version of {package} in xtask/web/package.json, expected one"))
}

/// Checks that each package below `home` is there, is the pinned one, and that the programs run.
fn check(home: &Path) -> Result<Found> {
    let modules = home.join("node_modules");
    let mut says = Vec::new();
    for package in PACKAGES {
        let wanted = pinned(package)?;
        let manifest = read(&modules.join(package).join("package.json"))?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest)
            .with_context(|| format!("{package}'s package.json is not JSON"))?;
        let found = manifest.get("version").and_then(|version| version.as_str()).unwrap_or("none");
        ensure!(found == wanted, "{} has {package} {found}, expected {wanted}", modules.display());
        says.push(format!("{package} {wanted}"));
    }
    let programs = modules.join(".bin");
    for (program, package) in [("wasm-opt", "binaryen"), ("esbuild", "esbuild")] {
        let answered = answer(&programs.join(program))?;
        let wanted = pinned(package)?;
        // wasm-opt says its major version only: `wasm-opt version 132 (version_132)`.
        let major = wanted.split('.').next().unwrap_or_default();
        let right = answered.split_whitespace().any(|word| word == wanted || word == major);
        ensure!(right, "{program} says `{answered}`, expected {wanted}");
    }
    let axe = modules.join("axe-core/axe.min.js");
    ensure!(
        axe.metadata().is_ok_and(|found| found.len() > 100_000),
        "{} is missing or cut short",
        axe.display()
    );
    Ok(Found { says: says.join(", "), programs: Some(programs) })
}

/// Node and npm are the one thing that must be on the machine beforehand, besides rustup.
fn expect_node() -> Result<()> {
    let remedy = "install Node.js with npm (https://nodejs.org, or `apt-get install nodejs npm`)";
    let Some(node) = sh::which("node") else {
        bail!("found no `node` on the PATH, expected {NODE_MAJOR_MIN} or later: {remedy}")
    };
    let says = answer(&node)?;
    let major = says.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    ensure!(major >= Some(NODE_MAJOR_MIN), "found Node {says}, expected {NODE_MAJOR_MIN} or later: {remedy}");
    ensure!(sh::which("npm").is_some(), "found `node` but no `npm` on the PATH: {remedy}");
    Ok(())
}

impl Provider for Packages {
    fn label(&self) -> String {
        format!("the npm packages ({})", PACKAGES.join(", "))
    }

    fn find(&self) -> Result<Found> {
        expect_node()?;
        check(&folder()?)
    }

    fn install(&self) -> Result<()> {
        expect_node()?;
        let home = folder()?;
        if let Err(why) = check(&home)
            && home.exists()
        {
            println!(
                "npm packages: the cached ones are not usable and are replaced ({})",
                first_line(&format!("{why:#}"))
            );
        }
        println!("npm packages: installing by `npm ci`, a few seconds");
        let partial = home.with_extension("partial");
        remove(&partial)?;
        std::fs::create_dir_all(&partial).with_context(|| format!("could not make {}", partial.display()))?;
        for name in INPUTS {
            std::fs::copy(sources().join(name), partial.join(name))
                .with_context(|| format!("could not copy {name}"))?;
        }
        // No scripts: esbuild's and binaryen's programs lie in the packages themselves.
        let mut command = sh::command("npm");
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&partial);
        sh::output(&mut command)
            .context("remedy: see whether npm reaches its registry (`npm ping`), then run again")?;
        check(&partial).context("what npm installed is not what the lock file names")?;
        remove(&home)?;
        std::fs::rename(&partial, &home)
            .with_context(|| format!("could not rename {} into place", partial.display()))
    }
}
