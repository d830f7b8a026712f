//! The compiler's own parts: the standard library for WebAssembly, clippy and rustfmt.
//!
//! `rust-toolchain.toml` names them, and rustup usually brings them; here is the check, and the mending where
//! automatic installation is switched off.

use super::{Found, Provider};
use crate::sh;
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;

/// The target that the form is compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The pinned toolchain with everything we use of it.
pub(super) struct Toolchain;

impl Provider for Toolchain {
    fn label(&self) -> String {
        format!("the Rust toolchain with {WASM}, clippy and rustfmt")
    }

    fn find(&self) -> Result<Found> {
        let libraries =
            sh::output(sh::command("rustc").args(["--print", "target-libdir", "--target", WASM]))?;
        let libraries = Path::new(libraries.trim());
        let has_core = std::fs::read_dir(libraries).is_ok_and(|files| {
            files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
        });
        ensure!(has_core, "found no standard library for {WASM} in {}", libraries.display());
        for part in ["clippy", "fmt"] {
            sh::output(sh::command("cargo").args([part, "--version"]))
                .with_context(|| format!("found no `cargo {part}`"))?;
        }
        let version = sh::output(sh::command("rustc").arg("--version"))?;
        let version = version.split_whitespace().nth(1).unwrap_or("of unknown version").to_owned();
        Ok(Found { says: format!("rust {version} with {WASM}"), programs: None })
    }

    fn install(&self) -> Result<()> {
        if sh::which("rustup").is_none() {
            bail!(
                "found no `rustup` on the PATH, expected it to bring {WASM}, clippy and rustfmt: \
                 install rustup (https://rustup.rs), or these three by the means your Rust came with"
            );
        }
        println!("rust: adding {WASM}, clippy and rustfmt by rustup, under a minute");
        sh::output(sh::command("rustup").args(["target", "add", WASM]))
            .context("remedy: run it by hand and see what rustup says")?;
        sh::output(sh::command("rustup").args(["component", "add", "clippy", "rustfmt"]))
            .context("remedy: run it by hand and see what rustup says")?;
        Ok(())
    }
}
