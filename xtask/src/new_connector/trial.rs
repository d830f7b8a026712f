//! `cargo xtask new trial`: a new connector in a copy of the whole tree, built, linted and asked the contract's questions.
//!
//! Apart from `cargo xtask test`, since it takes minutes and only a change of the contract or of the templates can break
//! it.

use super::write;
use crate::{house, sh};
use anyhow::{Context, Result, ensure};
use std::{fs, path::Path, process::Output};

/// Nobody has such a partner.
const NAME: &str = "acme_loans";

/// Writes, builds, asks; and takes the copy away where all is well.
pub(super) fn run() -> Result<()> {
    let folder = sh::target().join("new-connector");
    let mut list = sh::command("git");
    list.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let tree = sh::output(&mut list)?;
    let files: Vec<&str> = tree.lines().filter(|file| sh::root().join(file).is_file()).collect();
    copy(&folder, &files)?;
    write(&folder, NAME)?;

    // What is wrong elsewhere in the tree is told by other stages: here only the new files count.
    println!("new connector: its format, and what clippy says");
    let packages = ["--package", "lead-proxy", "--package", "partner-sim"];
    let formatted = cargo(&folder, &[&["fmt", "--check"][..], &packages].concat())?;
    ensure!(!names_it(&formatted), "the new files are not as rustfmt has them:\n{}", told(&formatted));
    let lints = cargo(&folder, &[&["clippy", "--locked"][..], &packages].concat())?;
    ensure!(lints.status.success() && !names_it(&lints), "the new files do not please:\n{}", told(&lints));

    println!("new connector: the contract suite");
    let suite = ["test", "--locked", "--package", "lead-proxy", "--test", "it", "connectors"];
    // The first run writes docs/connectors.md anew and fails to say so.
    cargo(&folder, &suite)?;
    let second = cargo(&folder, &suite)?;
    ensure!(second.status.success(), "the contract suite fails:\n{}", told(&second));
    let docs =
        fs::read_to_string(folder.join("docs/connectors.md")).context("found no docs/connectors.md")?;
    ensure!(docs.contains(NAME), "found no section of the new connector in docs/connectors.md");
    println!("new connector: builds, and passes");
    house::clear(&folder)
}

/// These files of the repository in a folder that has nothing else.
pub(super) fn copy(folder: &Path, files: &[&str]) -> Result<()> {
    house::clear(folder)?;
    for file in files {
        let place = folder.join(file);
        let parent = place.parent().context("a file stands in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("could not make {}", parent.display()))?;
        fs::copy(sh::root().join(file), &place).with_context(|| format!("could not copy {file}"))?;
    }
    Ok(())
}

/// With the target folder of the repository: what others have built need not be built again.
fn cargo(folder: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = sh::command("cargo");
    command.args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", sh::target());
    command.output().context("could not start cargo")
}

fn names_it(output: &Output) -> bool {
    told(output).contains(&format!("{NAME}."))
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}
