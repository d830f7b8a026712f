//! `cargo xtask assets`: the files that a browser gets, in `target/lead-form-assets`.
//!
//! Trunk makes Wasm and glue, `xtask/web/build.mjs` makes the rest. The folder appears whole or not at all, and
//! nothing is done when nothing that goes into it has changed.

use crate::{
    expect_no_arguments, sh,
    tools::{self, Need, Tools},
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    time::Instant,
};

/// What building the assets needs; no browser is among it.
pub(crate) const NEEDS: &[Need] = &[Need::Rust, Need::Web, Need::WasmBindgen, Need::Trunk];

/// Everything that decides what comes out, relative to the root. A change of any byte builds again.
const INPUTS: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "crates/lead-model",
    "embed",
    "index.html",
    "locales",
    "panel",
    "rust-toolchain.toml",
    "src",
    "style",
    "xtask/src/tools.rs",
    "xtask/web",
];

/// The parts of the manifest that a form is made of.
pub(crate) const PARTS: &[&str] = &["loader", "first", "more", "signed", "glue", "wasm", "styles", "later"];

/// Those that the panel is made of.
pub(crate) const PANEL_PARTS: &[&str] = &["panel_boot", "panel_glue", "panel_wasm", "panel_styles"];

/// The hash of the inputs that a folder was made from.
const STAMP: &str = "inputs";

/// Where the files lie: the proxy and the tests are given this path.
pub(crate) fn folder() -> PathBuf {
    sh::target().join("lead-form-assets")
}

/// `cargo xtask assets`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    expect_no_arguments("assets", arguments)?;
    build()?;
    Ok(())
}

/// Builds what is out of date and returns the manifest.
pub(crate) fn build() -> Result<Value> {
    let started = Instant::now();
    let stamp = stamp()?;
    if let Ok(manifest) = up_to_date(&stamp) {
        println!("assets: unchanged in {}", folder().display());
        return Ok(manifest);
    }
    fs::create_dir_all(sh::target()).context("could not make the target folder")?;
    let _lock = tools::lock_file(&sh::target().join("lead-form-assets.lock"), "builds the assets")?;
    if let Ok(manifest) = up_to_date(&stamp) {
        println!("assets: built by another run in {}", folder().display());
        return Ok(manifest);
    }
    let partial = folder().with_extension("partial");
    remove_folder(&partial)?;
    let built = run_trunk()?;
    finish(&built, &partial)?;
    fs::write(partial.join(STAMP), &stamp).context("could not write the stamp")?;
    swap(&partial)?;
    let manifest = up_to_date(&stamp)?;
    println!("assets: built in {} into {}", sh::time(started.elapsed()), folder().display());
    Ok(manifest)
}

/// The manifest, if the folder was made from these inputs and is whole.
fn up_to_date(stamp: &str) -> Result<Value> {
    let found = fs::read_to_string(folder().join(STAMP)).context("not built yet")?;
    ensure!(found == stamp, "built from other inputs");
    read_manifest()
}

/// Reads the manifest and checks that every file it names is there with its size.
pub(crate) fn read_manifest() -> Result<Value> {
    let path = folder().join("manifest.json");
    let text = fs::read_to_string(&path).with_context(|| {
        format!("found no {}, expected the built assets: run `cargo xtask assets`", path.display())
    })?;
    let manifest: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    for part in PARTS.iter().chain(PANEL_PARTS) {
        let file = manifest.pointer(&format!("/{part}/file")).and_then(Value::as_str).unwrap_or_default();
        let bytes = manifest.pointer(&format!("/{part}/bytes")).and_then(Value::as_u64);
        let found = fs::metadata(folder().join(file)).ok().map(|found| found.len());
        ensure!(
            bytes.is_some() && found == bytes,
            "found {part} `{file}` with {found:?} bytes, expected {bytes:?}"
        );
    }
    Ok(manifest)
}

/// A number that changes with any input's name or bytes.
fn stamp() -> Result<String> {
    let mut files = BTreeSet::new();
    for input in INPUTS {
        collect(&sh::root().join(input), &mut files)?;
    }
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(sh::root()).unwrap_or(&file).hash(&mut hasher);
        fs::read(&file).with_context(|| format!("could not read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    let Ok(found) = fs::metadata(path) else { return Ok(()) };
    if !found.is_dir() {
        files.insert(path.to_path_buf());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("could not list {}", path.display()))? {
        collect(&entry.context("could not list a folder")?.path(), files)?;
    }
    Ok(())
}

/// Cargo, wasm-bindgen and wasm-opt, by Trunk, for the form and for the panel. Returns the folders with their glue and Wasm.
fn run_trunk() -> Result<[PathBuf; 2]> {
    let tools = tools::ensure(NEEDS)?;
    // Trunk builds offline; on a fresh machine the crates come here.
    sh::output(sh::command("cargo").arg("fetch")).context("could not fetch the crates")?;
    println!("assets: Trunk builds the form for the browser, about 2 minutes the first time");
    let form = trunk(&tools, "trunk-release", None)?;
    println!("assets: Trunk builds the panel");
    let panel = trunk(&tools, "trunk-panel", Some("panel/Trunk.toml"))?;
    Ok([form, panel])
}

/// One of Trunk's targets, into a folder of its own.
fn trunk(tools: &Tools, folder: &str, config: Option<&str>) -> Result<PathBuf> {
    let dist = sh::target().join(folder);
    // wasm-bindgen's folder is kept between builds: a snippet that is gone must not come back.
    remove_folder(&sh::target().join("wasm-bindgen/release"))?;
    let mut command = sh::command("trunk");
    // A backtrace of Trunk's own would bury the compiler's message.
    command.env_remove("RUST_BACKTRACE").env_remove("RUST_LOG");
    if let Some(config) = config {
        command.arg("--config").arg(sh::root().join(config));
    }
    command.args(["build", "--release", "--skip-version-check", "--color", "never", "--dist"]).arg(&dist);
    command.env("CARGO_ENCODED_RUSTFLAGS", without_paths()?);
    sh::run_logged(
        tools.on_path(&mut command),
        &sh::target().join("lead-form-assets.log"),
        "assets",
        "Compiling ",
    )?;
    Ok(dist)
}

/// Compiler flags that cut the place of the crates' sources out of what panics say: a visitor's download must not tell
/// how the machine that built it is laid out, and two machines shall build the same bytes.
fn without_paths() -> Result<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("found no home folder")?;
    let sources = home.join("registry/src");
    let mut flags = Vec::new();
    for entry in fs::read_dir(&sources).with_context(|| format!("could not list {}", sources.display()))? {
        let folder = entry.context("could not list a folder")?.path();
        flags.push(format!("--remap-path-prefix={}/=", folder.display()));
    }
    // Between flags, so that a path may hold spaces.
    Ok(flags.join("\u{1f}"))
}

/// Minify, hash, compress, by Node.
fn finish([form, panel]: &[PathBuf; 2], into: &Path) -> Result<()> {
    let mut command = sh::command("node");
    command.arg("xtask/web/build.mjs");
    command.arg("--modules").arg(tools::web_folder()?.join("node_modules"));
    command.arg("--glue").arg(form.join("lead-form.js"));
    command.arg("--wasm").arg(form.join("lead-form_bg.wasm"));
    command.arg("--panel-glue").arg(panel.join("lead-panel.js"));
    command.arg("--panel-wasm").arg(panel.join("lead-panel_bg.wasm"));
    command.arg("--out").arg(into);
    sh::output(&mut command)?;
    Ok(())
}

/// Puts the finished folder in the old one's place; a reader sees the one or the other.
fn swap(partial: &Path) -> Result<()> {
    let old = folder().with_extension("old");
    remove_folder(&old)?;
    if folder().exists() {
        fs::rename(folder(), &old).context("could not move the old assets away")?;
    }
    fs::rename(partial, folder())
        .with_context(|| format!("could not rename {} into place", partial.display()))?;
    remove_folder(&old)
}

fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
