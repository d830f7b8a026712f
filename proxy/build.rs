//! Compiles folders in: the languages of forms and panel, and the built assets named by `LEAD_FORM_ASSETS_DIR`.
//!
//! Without that variable the bundle is empty: the proxy then serves plain HTML forms, or the folder named by
//! `[assets] dir`.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Names the folder that `cargo xtask assets` makes.
const ASSETS_DIR: &str = "LEAD_FORM_ASSETS_DIR";

#[expect(clippy::disallowed_methods, reason = "a build script is told everything by the environment")]
fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");

    let locales = here.join("../locales");
    println!("cargo::rerun-if-changed={}", locales.display());
    for (folder, table) in [(locales.clone(), "locales.rs"), (locales.join("panel"), "panel_locales.rs")] {
        let files =
            files_of(&folder)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "toml"));
        write_table(&out.join(table), "&str", "include_str!", files, |path| path.file_stem())?;
    }

    println!("cargo::rerun-if-env-changed={ASSETS_DIR}");
    let assets = match env::var_os(ASSETS_DIR).filter(|dir| !dir.is_empty()) {
        Some(dir) => {
            let dir = PathBuf::from(dir);
            if !dir.join("manifest.json").is_file() {
                return Err(format!(
                    "found no manifest.json in {}, which {ASSETS_DIR} names; run `cargo xtask assets`, or unset it",
                    dir.display()
                )
                .into());
            }
            println!("cargo::rerun-if-changed={}", dir.display());
            files_of(&dir)?
        }
        None => Vec::new(),
    };
    write_table(&out.join("assets.rs"), "&[u8]", "include_bytes!", assets.into_iter(), |path| {
        path.file_name()
    })
}

fn files_of(dir: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(|error| format!("could not list {}: {error}", dir.display()))? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path.canonicalize()?);
        }
    }
    files.sort();
    Ok(files)
}

/// Writes a table of names and contents as Rust.
fn write_table(
    to: &Path,
    kind: &str,
    include: &str,
    files: impl Iterator<Item = PathBuf>,
    name: impl Fn(&Path) -> Option<&std::ffi::OsStr>,
) -> Result<(), Box<dyn Error>> {
    let mut text = format!("pub(super) const COMPILED: &[(&str, {kind})] = &[\n");
    for path in files {
        let name = name(&path).and_then(|name| name.to_str()).ok_or("a file name that is not text")?;
        let path = path.to_str().ok_or("a path that is not text")?;
        writeln!(text, "    ({name:?}, {include}({path:?})),")?;
    }
    text.push_str("];\n");
    fs::write(to, text)?;
    Ok(())
}
