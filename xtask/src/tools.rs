//! `cargo xtask tools`: every pinned tool, and its way onto this machine.
//!
//! One table of versions for the whole repository. Nothing is installed globally except what only the system can
//! install (browsers, strace, PostgreSQL) and the compiler's own parts; the rest lies in the user's cache folder, keyed by
//! version, so that a second clone builds nothing again.

mod apt;
mod cargo;
mod npm;
mod rust;
mod wordpress;

use crate::{expect_no_arguments, sh};
use anyhow::{Context, Result, bail};
use std::{
    ffi::OsString,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    process::Command,
};

/// Trunk drives the build of the form. 0.22 wants a newer compiler than ours.
const TRUNK: cargo::Tool = cargo::Tool {
    package: "trunk",
    folder: "trunk",
    version: "0.21.14",
    binaries: &["trunk"],
    // No TLS, no update check: it works offline and finds its helpers on the PATH.
    arguments: &["--locked", "--no-default-features"],
    minutes: 6,
};

/// Must be the version of the crate in Cargo.toml: the two speak a private language.
const WASM_BINDGEN: cargo::Tool = cargo::Tool {
    package: "wasm-bindgen-cli",
    folder: "wasm-bindgen",
    version: "0.2.130",
    binaries: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    // Not `--locked`: its lock names a release that not every registry mirror has.
    arguments: &["--bin", "wasm-bindgen", "--bin", "wasm-bindgen-test-runner"],
    minutes: 3,
};

const CARGO_DENY: cargo::Tool = cargo::Tool {
    package: "cargo-deny",
    folder: "cargo-deny",
    version: "0.20.2",
    binaries: &["cargo-deny"],
    arguments: &["--locked"],
    minutes: 4,
};

/// The one on the PATH is used when it is at least this.
const CARGO_NEXTEST: cargo::Tool = cargo::Tool {
    package: "cargo-nextest",
    folder: "cargo-nextest",
    version: "0.9.143",
    binaries: &["cargo-nextest"],
    arguments: &["--locked"],
    minutes: 5,
};

/// Drives Firefox; Debian has the browser, not this. Any of the last years' Firefoxes understands it.
const GECKODRIVER: cargo::Tool = cargo::Tool {
    package: "geckodriver",
    folder: "geckodriver",
    version: "0.37.1",
    binaries: &["geckodriver"],
    arguments: &["--locked"],
    minutes: 3,
};

/// What a command can ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    /// The compiler's standard library for WebAssembly, clippy and rustfmt.
    Rust,
    /// Trunk.
    Trunk,
    /// The `wasm-bindgen` command and its test runner.
    WasmBindgen,
    /// The npm packages: wasm-opt, esbuild, axe-core, and what the wrappers are tried with.
    Web,
    /// cargo-deny.
    Deny,
    /// cargo-nextest.
    Nextest,
    /// Chromium and its driver.
    Browser,
    /// Firefox ESR.
    Firefox,
    /// What drives Firefox.
    Geckodriver,
    /// WebKitGTK's small browser, its driver, and a display for it.
    Webkit,
    /// WordPress' own code and PHP, to try the plugin in.
    Wordpress,
    /// strace, for `cargo xtask trace`.
    Strace,
    /// SQLite's own program, for `cargo xtask disk`.
    Sqlite,
    /// PostgreSQL, which tests start for themselves.
    Postgres,
    /// The npm packages of the forms that `cargo xtask bench web` measures against, and what drives the browser.
    WebPeers,
    /// nginx and wrk, for `cargo xtask bench` alone.
    Bench,
}

impl Need {
    /// What tests and builds need; not [`Need::Bench`] and [`Need::WebPeers`], which measuring alone wants.
    const ALL: &[Need] = &[
        Need::Rust,
        Need::Web,
        Need::WasmBindgen,
        Need::Trunk,
        Need::Deny,
        Need::Nextest,
        Need::Browser,
        Need::Firefox,
        Need::Geckodriver,
        Need::Webkit,
        Need::Wordpress,
        Need::Strace,
        Need::Sqlite,
        Need::Postgres,
    ];

    /// One way of asking and mending for every kind of tool.
    fn provider(self) -> Box<dyn Provider> {
        match self {
            Need::Rust => Box::new(rust::Toolchain),
            Need::Trunk => Box::new(TRUNK),
            Need::WasmBindgen => Box::new(WASM_BINDGEN),
            Need::Web => Box::new(npm::TOOLS),
            Need::WebPeers => Box::new(npm::PEERS),
            Need::Deny => Box::new(CARGO_DENY),
            Need::Nextest => Box::new(cargo::OnPathOr(CARGO_NEXTEST)),
            Need::Browser => Box::new(apt::BROWSER),
            Need::Firefox => Box::new(apt::FIREFOX),
            Need::Geckodriver => Box::new(GECKODRIVER),
            Need::Webkit => Box::new(apt::WEBKIT),
            Need::Wordpress => Box::new(wordpress::Wordpress),
            Need::Strace => Box::new(apt::STRACE),
            Need::Sqlite => Box::new(apt::SQLITE),
            Need::Postgres => Box::new(apt::POSTGRES),
            Need::Bench => Box::new(apt::BENCH),
        }
    }
}

/// A tool that answers: what it is and where its programs lie.
pub(crate) struct Found {
    /// Name and version as the tool itself says them.
    says: String,
    /// The folder of its programs; `None` when they are on the PATH anyway.
    programs: Option<PathBuf>,
}

/// How one kind of tool is found and installed.
trait Provider {
    /// Name and pinned version, for people.
    fn label(&self) -> String;
    /// The tool, if it is there and answers with the pinned version; else what was found instead.
    fn find(&self) -> Result<Found>;
    /// Installs it. Called under the lock; must leave either the whole tool or nothing.
    fn install(&self) -> Result<()>;
}

/// The tools that were asked for, ready to be put on a child's PATH.
pub(crate) struct Tools {
    folders: Vec<PathBuf>,
}

impl Tools {
    /// Puts the tools first on the child's PATH.
    pub(crate) fn on_path<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("PATH", self.path())
    }

    fn path(&self) -> OsString {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.folders.iter().cloned().chain(std::env::split_paths(&inherited));
        std::env::join_paths(folders).unwrap_or(inherited)
    }

    /// The program with this name among the tools, else on the PATH.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        let ours = self.folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file());
        ours.or_else(|| sh::which(name))
            .with_context(|| format!("found no program `{name}` among the tools or on the PATH"))
    }
}

/// Sees to it that everything needed is installed and answers.
pub(crate) fn ensure(needs: &[Need]) -> Result<Tools> {
    let mut folders = Vec::new();
    for need in needs {
        folders.extend(ensure_one(need.provider().as_ref())?.programs);
    }
    Ok(Tools { folders })
}

/// Finds one tool, and installs it when it is missing, broken or of another version.
fn ensure_one(tool: &dyn Provider) -> Result<Found> {
    if let Ok(found) = tool.find() {
        return Ok(found);
    }
    let _lock = lock()?;
    // Another run may have installed it while we waited for the lock.
    if let Ok(found) = tool.find() {
        return Ok(found);
    }
    tool.install().with_context(|| format!("could not install {}", tool.label()))?;
    tool.find().with_context(|| format!("{} was installed, but does not answer", tool.label()))
}

/// The cache folder for built tools: `$XDG_CACHE_HOME` or `~/.cache`, then `lead-form/tools`.
fn cache() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".cache")));
    let Some(base) = base else {
        bail!(
            "found neither XDG_CACHE_HOME nor HOME in the environment, expected one: built tools are kept below it"
        )
    };
    Ok(base.join("lead-form/tools"))
}

/// One installing run at a time; the lock goes with the process, however it ends.
fn lock() -> Result<File> {
    let folder = cache()?;
    std::fs::create_dir_all(&folder).with_context(|| {
        format!("could not make the folder {}: set XDG_CACHE_HOME to one you can write", folder.display())
    })?;
    let path = folder.join(".lock");
    lock_file(&path, "installs tools")
}

/// Takes the lock file, saying so when that means waiting.
pub(crate) fn lock_file(path: &Path, who: &str) -> Result<File> {
    let file = File::create(path).with_context(|| format!("could not write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            println!("  waiting for another run that {who} ({})", path.display())
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("could not lock {}", path.display()));
        }
    }
    file.lock().with_context(|| format!("could not lock {}", path.display()))?;
    Ok(file)
}

/// axe-core's script, which the browser journeys put into each page.
pub(crate) fn axe() -> Result<PathBuf> {
    Ok(npm::TOOLS.folder()?.join("node_modules/axe-core/axe.min.js"))
}

/// WordPress' own files, in which the plugin is tried.
pub(crate) fn wordpress() -> Result<PathBuf> {
    wordpress::folder()
}

/// The folder that holds `node_modules`.
pub(crate) fn web_folder() -> Result<PathBuf> {
    npm::TOOLS.folder()
}

/// The same of the peers.
pub(crate) fn web_peers_folder() -> Result<PathBuf> {
    npm::PEERS.folder()
}

/// `cargo xtask tools`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    expect_no_arguments("tools", arguments)?;
    let mut rows = Vec::new();
    for need in Need::ALL {
        let tool = need.provider();
        let found = ensure_one(tool.as_ref())?;
        let place =
            found.programs.map_or_else(|| "on the PATH".to_owned(), |folder| folder.display().to_string());
        rows.push((found.says, place));
    }
    let width = rows.iter().map(|(says, _)| says.chars().count()).max().unwrap_or(0);
    for (says, place) in rows {
        println!("{says:<width$}  {place}");
    }
    Ok(())
}
