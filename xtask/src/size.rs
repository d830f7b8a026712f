//! `cargo xtask size`: compressed bytes against their budgets.
//!
//! The budgets are part of the product: a visitor on a slow line pays for every byte. Above a gate the command fails.

use crate::{
    assets, expect_no_arguments,
    house::settings,
    sh,
    tools::{self, Need},
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{fs, io::Write as _, path::PathBuf, process::Stdio};

/// Brotli bytes of everything before the form is visible: page with its CSS inside, and loader.
const VISIBLE_GATE: u64 = 9_000;
/// Brotli bytes of the loader.
const LOADER_GATE: u64 = 4_000;
/// Brotli bytes of `embed/more.js` with the styles that no form shows at first.
const MORE_GATE: u64 = 8_000;
/// Brotli bytes of Wasm and glue: above this the command fails.
const WASM_GATE: u64 = 64_000;
/// Brotli bytes of Wasm and glue: where we want to be.
const WASM_GOAL: u64 = 48_000;

/// Brotli bytes of the whole panel: its script, glue, Wasm and styles, and the largest language's page with its texts.
const PANEL_GATE: u64 = 120_000;

/// Bytes of one thing, as it is and compressed.
#[derive(Clone, Copy, Default)]
struct Size {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

impl std::ops::Add for Size {
    type Output = Size;

    fn add(self, other: Size) -> Size {
        Size { raw: self.raw + other.raw, gzip: self.gzip + other.gzip, brotli: self.brotli + other.brotli }
    }
}

/// `cargo xtask size`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    expect_no_arguments("size", arguments)?;
    measure(&assets::build()?)
}

/// Prints the table and fails above a gate.
fn measure(manifest: &Value) -> Result<()> {
    println!("{:<34} {:>9} {:>9} {:>9}", "bytes", "raw", "gzip", "brotli");
    let mut sizes = Vec::new();
    for part in assets::PARTS {
        let size = of_part(manifest, part)?;
        row(part, size);
        sizes.push(size);
    }
    let [loader, _first, more, _signed, glue, wasm, styles, _later] = sizes.try_into().unwrap_or_default();
    let mut verdicts = Vec::new();
    match largest_page()? {
        Some((form, page, quick)) => {
            row(&format!("page of `{form}`, CSS inside"), page);
            println!("{:<34} {:>29}", "the same as the proxy serves it", grouped(quick));
            row("before the form is visible", page + loader);
            verdicts.push(verdict("before the form is visible", (page + loader).brotli, VISIBLE_GATE, None));
        }
        None => {
            println!(
                "page: not measured, {} is not built yet (`cargo build -p lead-proxy`)",
                proxy().display()
            );
            verdicts.push(verdict(
                "styles and loader, without the page",
                (styles + loader).brotli,
                VISIBLE_GATE,
                None,
            ));
        }
    }
    row("wasm and glue", wasm + glue);
    verdicts.push(verdict("loader", loader.brotli, LOADER_GATE, None));
    verdicts.push(verdict("what accompanies a form", more.brotli, MORE_GATE, None));
    verdicts.push(verdict("wasm and glue", (wasm + glue).brotli, WASM_GATE, Some(WASM_GOAL)));
    verdicts.push(verdict("the panel", panel(manifest)?.brotli, PANEL_GATE, None));
    let failed: Vec<String> =
        verdicts.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

/// The panel, which no form brings along: everything that its page asks for, and the largest of its languages.
fn panel(manifest: &Value) -> Result<Size> {
    let mut all = Size::default();
    for part in assets::PANEL_PARTS {
        let size = of_part(manifest, part)?;
        row(part, size);
        all = all + size;
    }
    let folder = sh::root().join("locales/panel");
    let mut texts = Size::default();
    for entry in fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))? {
        let text = fs::read(entry.context("could not list the panel's languages")?.path())?;
        let (size, _) = compressed(&text)?;
        texts = if size.brotli > texts.brotli { size } else { texts };
    }
    row("the panel's texts, largest language", texts);
    row("the panel", all + texts);
    Ok(all + texts)
}

fn row(name: &str, size: Size) {
    println!("{name:<34} {:>9} {:>9} {:>9}", grouped(size.raw), grouped(size.gzip), grouped(size.brotli));
}

/// `12345` as `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Says how one sum stands; an error above the gate.
fn verdict(name: &str, brotli: u64, gate: u64, goal: Option<u64>) -> Result<()> {
    if brotli > gate {
        bail!(
            "{name}: found {} bytes brotli, expected at most {}: {} too many. Make it smaller, or change the budget with a \
             reason in docs/decisions",
            grouped(brotli),
            grouped(gate),
            grouped(brotli - gate)
        );
    }
    let goal = match goal {
        Some(goal) if brotli <= goal => format!("; goal {} met", grouped(goal)),
        Some(goal) => format!("; goal {} not met by {}", grouped(goal), grouped(brotli - goal)),
        None => String::new(),
    };
    println!("{name}: {} of {} bytes brotli{goal}", grouped(brotli), grouped(gate));
    Ok(())
}

/// The sizes of one part of the manifest, from the files themselves.
fn of_part(manifest: &Value, part: &str) -> Result<Size> {
    let file = manifest.pointer(&format!("/{part}/file")).and_then(Value::as_str);
    let file = file.with_context(|| format!("found no {part} in the manifest"))?;
    let length = |suffix: &str| {
        let path = assets::folder().join(format!("{file}{suffix}"));
        Ok::<u64, anyhow::Error>(
            fs::metadata(&path).with_context(|| format!("found no {}", path.display()))?.len(),
        )
    };
    Ok(Size { raw: length("")?, gzip: length(".gz")?, brotli: length(".br")? })
}

fn proxy() -> PathBuf {
    sh::target().join("debug/lead-proxy")
}

/// The form whose hosted page is the largest, with its bytes as the proxy serves them; nothing while that is not built.
fn largest_page() -> Result<Option<(String, Size, u64)>> {
    if !proxy().is_file() {
        return Ok(None);
    }
    let mut largest: Option<(String, Size, u64)> = None;
    for form in forms()? {
        let (size, quick) = compressed(render(&form)?.as_bytes())?;
        if largest.as_ref().is_none_or(|(_, found, _)| size.brotli > found.brotli) {
            largest = Some((form, size, quick));
        }
    }
    ensure!(largest.is_some(), "found no form in forms/, expected at least one");
    Ok(largest)
}

/// The ids of the repository's forms: one file each.
fn forms() -> Result<Vec<String>> {
    let folder = sh::root().join("forms");
    let mut ids = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))? {
        let path = entry.context("could not list forms")?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            ids.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    ids.sort();
    Ok(ids)
}

/// The page as the browser gets it, made by the proxy itself from the demo's configuration.
fn render(form: &str) -> Result<String> {
    let mut command = sh::command(proxy());
    command.args(["render", form, "--config", "demo/lead-proxy.toml"]);
    command
        .env("LEAD_PROXY__FORMS__DIR", sh::root().join("forms"))
        .env("LEAD_PROXY__ASSETS__DIR", assets::folder());
    // Secrets that the configuration asks for; nothing is signed or sent with them here.
    command.envs(settings::secrets()?);
    sh::output(&mut command).with_context(|| format!("could not render the page of `{form}`"))
}

/// Compresses through the same code that makes the shipped files; beside it the bytes as a page is served.
fn compressed(bytes: &[u8]) -> Result<(Size, u64)> {
    tools::ensure(&[Need::Web])?;
    let mut child = sh::command("node")
        .arg("xtask/web/measure.mjs")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start node")?;
    child
        .stdin
        .take()
        .context("node has no standard input")?
        .write_all(bytes)
        .context("could not write to node")?;
    let answer = child.wait_with_output().context("could not read from node")?;
    let json: Value = serde_json::from_slice(&answer.stdout).context("node answered no JSON")?;
    let number = |name: &str| {
        json.get(name).and_then(Value::as_u64).with_context(|| format!("found no `{name}` in node's answer"))
    };
    Ok((Size { raw: number("raw")?, gzip: number("gzip")?, brotli: number("brotli")? }, number("quick")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_above_its_gate_fails_and_says_by_how_much() {
        let error =
            verdict("wasm and glue", WASM_GATE + 1_234, WASM_GATE, Some(WASM_GOAL)).unwrap_err().to_string();
        assert!(
            error.contains("65,234") && error.contains("64,000") && error.contains("1,234 too many"),
            "{error}"
        );
        assert!(verdict("wasm and glue", WASM_GATE, WASM_GATE, Some(WASM_GOAL)).is_ok());
    }

    #[test]
    fn numbers_are_grouped_in_threes() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
