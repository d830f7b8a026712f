//! What comes from npm: the tools (wasm-opt in `binaryen`, esbuild, axe-core, TypeScript, React for its wrapper), and the peers of `bench web`.
//!
//! Each set lies in the cache folder under the hash of its lock file, so that two clones with the same lock share it and
//! a changed lock never meets old packages.

use super::{
    Found, Provider, cache,
    cargo::{answer, first_line, remove},
};
use crate::sh;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

/// The oldest Node that esbuild and our build script run on.
const NODE_MAJOR_MIN: u32 = 18;

/// The files that decide what is installed.
const INPUTS: &[&str] = &["package.json", "package-lock.json", ".npmrc"];

/// All packages of one lock file, as one tool.
pub(super) struct Packages {
    /// The folder of the lock file in the repository.
    sources: &'static str,
    /// What the folder in the cache is called before the hash.
    prefix: &'static str,
    /// Whether they answer, once each is known to be the pinned one.
    answers: fn(&Packages, &Path) -> Result<()>,
}

/// What builds and tests the form.
pub(super) const TOOLS: Packages = Packages { sources: "xtask/web", prefix: "web", answers: tools_answer };

/// What the form is measured against, and what drives the browser meanwhile.
pub(super) const PEERS: Packages =
    Packages { sources: "benches/web", prefix: "bench-web", answers: |_, _| Ok(()) };

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))
}

fn read_json(path: &Path) -> Result<Value> {
    serde_json::from_str(&read(path)?).with_context(|| format!("{} is not JSON", path.display()))
}

impl Packages {
    /// Where the packages of this checkout's lock file lie.
    pub(super) fn folder(&self) -> Result<PathBuf> {
        let mut hasher = DefaultHasher::new();
        for name in INPUTS {
            read(&self.sources().join(name))?.hash(&mut hasher);
        }
        Ok(cache()?.join(format!("{}-{:016x}", self.prefix, hasher.finish())))
    }

    fn sources(&self) -> PathBuf {
        sh::root().join(self.sources)
    }

    /// Every package that `package.json` names, with its pinned version.
    fn pinned(&self) -> Result<Vec<(String, String)>> {
        let json = read_json(&self.sources().join("package.json"))?;
        let named = json.get("dependencies").and_then(Value::as_object);
        let named =
            named.with_context(|| format!("found no dependencies in {}/package.json", self.sources))?;
        Ok(named
            .iter()
            .map(|(package, version)| (package.clone(), version.as_str().unwrap_or_default().to_owned()))
            .collect())
    }

    /// Checks that each package below `home` is there, is the pinned one, and that the programs run.
    fn check(&self, home: &Path) -> Result<Found> {
        let modules = home.join("node_modules");
        let mut says = Vec::new();
        for (package, wanted) in self.pinned()? {
            let manifest = read_json(&modules.join(&package).join("package.json"))?;
            let found = manifest.get("version").and_then(Value::as_str).unwrap_or("none");
            ensure!(found == wanted, "{} has {package} {found}, expected {wanted}", modules.display());
            says.push(format!("{package} {wanted}"));
        }
        (self.answers)(self, &modules)?;
        Ok(Found { says: says.join(", "), programs: Some(modules.join(".bin")) })
    }
}

/// Runs the programs, and looks at the one file that is put into pages.
fn tools_answer(packages: &Packages, modules: &Path) -> Result<()> {
    let programs = modules.join(".bin");
    let pinned = packages.pinned()?;
    for (program, package) in [("wasm-opt", "binaryen"), ("esbuild", "esbuild")] {
        let answered = answer(&programs.join(program))?;
        let wanted = pinned.iter().find(|(name, _)| name == package).map_or("none", |(_, version)| version);
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
    Ok(())
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
        format!("the npm packages of {}", self.sources)
    }

    fn find(&self) -> Result<Found> {
        expect_node()?;
        self.check(&self.folder()?)
    }

    fn install(&self) -> Result<()> {
        expect_node()?;
        let home = self.folder()?;
        if let Err(why) = self.check(&home)
            && home.exists()
        {
            println!(
                "npm packages: the cached ones are not usable and are replaced ({})",
                first_line(&format!("{why:#}"))
            );
        }
        println!("npm packages: installing those of {} by `npm ci`, a few seconds", self.sources);
        let partial = home.with_extension("partial");
        remove(&partial)?;
        std::fs::create_dir_all(&partial).with_context(|| format!("could not make {}", partial.display()))?;
        for name in INPUTS {
            std::fs::copy(self.sources().join(name), partial.join(name))
                .with_context(|| format!("could not copy {name}"))?;
        }
        // No scripts: esbuild's and binaryen's programs lie in the packages themselves.
        let mut command = sh::command("npm");
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&partial);
        sh::output(&mut command)
            .context("remedy: see whether npm reaches its registry (`npm ping`), then run again")?;
        self.check(&partial).context("what npm installed is not what the lock file names")?;
        remove(&home)?;
        std::fs::rename(&partial, &home)
            .with_context(|| format!("could not rename {} into place", partial.display()))
    }
}
