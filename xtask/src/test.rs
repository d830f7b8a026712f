//! `cargo xtask test`: everything that must hold, in stages, the cheapest first.
//!
//! The stages share builds on purpose: whatever runs on the host asks Cargo for the same thing (`--workspace`, with
//! tests), because another choice of packages is another choice of features and would compile the tree again.

use crate::{
    assets, chaos, crash, demo, disk, sh, simulate, size, tidy,
    tools::{self, Need, Tools},
    trace,
};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

/// The target that the form is compiled for.
const WASM: &str = "wasm32-unknown-unknown";

/// The journeys in a real browser, as nextest names their binary.
const BROWSER_TESTS: &str = "binary_id(lead-form::browser)";

/// The simulation, which has a stage of its own.
const SIMULATION: &str = "binary_id(lead-proxy::sim)";

/// How Chromium is started for component tests: alone, silent towards the network, also as root.
const CHROMIUM_ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// One stage.
struct Stage {
    name: &'static str,
    needs: &'static [Need],
    /// Cheap readers of the source: when one fails, the others of its kind still report.
    reads_source: bool,
    run: fn(&Tools) -> Result<()>,
}

/// Every stage, in order. A new one is a line here and a function below.
const STAGES: &[Stage] = &[
    Stage { name: "fmt", needs: &[Need::Rust], reads_source: true, run: fmt },
    Stage { name: "tidy", needs: &[], reads_source: true, run: |_| tidy::main(&[]) },
    Stage { name: "clippy", needs: &[Need::Rust], reads_source: true, run: clippy },
    Stage { name: "clippy-wasm", needs: &[Need::Rust], reads_source: true, run: clippy_wasm },
    Stage { name: "doc", needs: &[], reads_source: true, run: doc },
    Stage { name: "assets", needs: assets::NEEDS, reads_source: false, run: |_| assets::build().map(drop) },
    Stage { name: "build", needs: &[], reads_source: false, run: build },
    Stage { name: "size", needs: &[Need::Web], reads_source: false, run: |_| size::main(&[]) },
    Stage { name: "host", needs: &[Need::Nextest, Need::Postgres], reads_source: false, run: host },
    Stage { name: "doctest", needs: &[], reads_source: false, run: doctest },
    Stage { name: "demo", needs: &[], reads_source: false, run: demo_once },
    Stage { name: "trace", needs: &[Need::Strace], reads_source: false, run: trace_short },
    Stage { name: "disk", needs: disk::NEEDS, reads_source: false, run: disk_faults },
    Stage { name: "crash", needs: &[Need::Postgres], reads_source: false, run: crash_short },
    Stage { name: "chaos", needs: &[Need::Postgres], reads_source: false, run: chaos_short },
    Stage { name: "simulate", needs: &[], reads_source: false, run: simulate_short },
    Stage { name: "deny", needs: &[Need::Deny], reads_source: false, run: deny },
    Stage {
        name: "component",
        needs: &[Need::Rust, Need::WasmBindgen, Need::Browser],
        reads_source: false,
        run: component,
    },
    Stage {
        name: "browser",
        needs: &[
            Need::Nextest,
            Need::Web,
            Need::Browser,
            Need::Firefox,
            Need::Geckodriver,
            Need::Webkit,
            Need::Wordpress,
        ],
        reads_source: false,
        run: browser,
    },
];

/// The stages' names, in order.
pub(crate) fn stage_names() -> Vec<&'static str> {
    STAGES.iter().map(|stage| stage.name).collect()
}

/// How a stage ended.
struct Ending {
    name: &'static str,
    /// The time of the stage alone.
    took: Duration,
    /// The time for installing what it needed.
    installing: Duration,
    failure: Option<anyhow::Error>,
}

/// `cargo xtask test`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let stages = chosen(arguments)?;
    let started = Instant::now();
    let mut endings: Vec<Ending> = Vec::new();
    for stage in &stages {
        let failed_before = endings.iter().any(|ending| ending.failure.is_some());
        if failed_before && !stage.reads_source {
            break;
        }
        println!("\n== {}", stage.name);
        let ending = run(stage);
        match &ending.failure {
            None => println!("== {}: ok, {}", stage.name, sh::time(ending.took)),
            Some(error) => println!("== {}: FAILED, {}\n{error:#}", stage.name, sh::time(ending.took)),
        }
        endings.push(ending);
    }
    report(&stages, &endings, started.elapsed())
}

fn run(stage: &Stage) -> Ending {
    let started = Instant::now();
    let tools = tools::ensure(stage.needs);
    let installing = started.elapsed();
    let started = Instant::now();
    let failure = tools.and_then(|tools| (stage.run)(&tools)).err();
    Ending { name: stage.name, took: started.elapsed(), installing, failure }
}

/// The table at the end, and the verdict.
fn report(stages: &[&Stage], endings: &[Ending], took: Duration) -> Result<()> {
    println!("\n{:<12} {:<8} {:>14}", "stage", "verdict", "time");
    for ending in endings {
        let verdict = if ending.failure.is_some() { "FAILED" } else { "ok" };
        println!("{:<12} {verdict:<8} {:>14}", ending.name, sh::time(ending.took));
    }
    for stage in stages.iter().skip(endings.len()) {
        println!("{:<12} {:<8}", stage.name, "not run");
    }
    let installing: Duration = endings.iter().map(|ending| ending.installing).sum();
    println!("{:<12} {:<8} {:>14}", "tools", "", sh::time(installing));
    println!("{:<12} {:<8} {:>14}\n", "in all", "", sh::time(took));
    let failed: Vec<&str> =
        endings.iter().filter(|ending| ending.failure.is_some()).map(|ending| ending.name).collect();
    let skipped = stages.len() - endings.len();
    println!("stages: {} passed, {} failed, {skipped} skipped", endings.len() - failed.len(), failed.len());
    if failed.is_empty() {
        return Ok(());
    }
    bail!("failed: {}. Run one again with `cargo xtask test --only {}`", failed.join(", "), failed.join(","))
}

/// The stages that the arguments ask for, in their order.
fn chosen(arguments: &[String]) -> Result<Vec<&'static Stage>> {
    let known = |name: &str| match STAGES.iter().position(|stage| stage.name == name) {
        Some(at) => Ok(at),
        None => bail!("found no stage `{name}`, expected one of: {}", stage_names().join(", ")),
    };
    match arguments {
        [] => Ok(STAGES.iter().collect()),
        [flag, name] if flag == "--from" => {
            let first = known(name)?;
            Ok(STAGES.iter().skip(first).collect())
        }
        [flag, names] if flag == "--only" => {
            let wanted = names.split(',').map(known).collect::<Result<Vec<usize>>>()?;
            Ok(STAGES
                .iter()
                .enumerate()
                .filter(|(at, _)| wanted.contains(at))
                .map(|(_, stage)| stage)
                .collect())
        }
        found => {
            bail!("found `{}` after `test`, expected `--only STAGE,…` or `--from STAGE`", found.join(" "))
        }
    }
}

/// Cargo, with what it shall do.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = sh::command("cargo");
    command.args(arguments);
    command
}

fn fmt(_: &Tools) -> Result<()> {
    sh::run(&mut cargo(&["fmt", "--all", "--check"])).context("remedy: `cargo fmt --all`")
}

fn clippy(_: &Tools) -> Result<()> {
    sh::run(&mut cargo(&[
        "clippy",
        "--quiet",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn clippy_wasm(_: &Tools) -> Result<()> {
    let form = ["--package", "lead-form", "--package", "lead-model", "--features", "lead-form/csr"];
    for packages in [&form[..], &["--package", "lead-panel"]] {
        let mut command =
            cargo(&["clippy", "--quiet", "--locked", "--target", WASM, "--lib", "--bins", "--tests"]);
        sh::run(command.args(packages).args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

fn doc(_: &Tools) -> Result<()> {
    let mut command = cargo(&["doc", "--quiet", "--locked", "--workspace", "--no-deps"]);
    sh::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn deny(tools: &Tools) -> Result<()> {
    let mut command = sh::command(tools.program("cargo-deny")?);
    sh::run(command.args(["--locked", "check", "licenses", "bans", "sources"]))
}

/// Everything that later stages run on the host, compiled once.
fn build(_: &Tools) -> Result<()> {
    sh::run(&mut cargo(&["build", "--locked", "--workspace", "--bins", "--tests"]))
}

fn host(tools: &Tools) -> Result<()> {
    nextest(tools, &format!("not ({BROWSER_TESTS} or {SIMULATION})"), &[])
}

fn doctest(_: &Tools) -> Result<()> {
    sh::run(&mut cargo(&["test", "--quiet", "--locked", "--workspace", "--doc"]))
}

/// One lead through every form.
fn demo_once(tools: &Tools) -> Result<()> {
    as_built(tools, demo::main, &["--once"])
}

/// The order of sync and answer, for fewer accepts than `cargo xtask trace` takes by itself.
fn trace_short(tools: &Tools) -> Result<()> {
    as_built(tools, trace::main, &["--accepts", "200"])
}

/// Every way in which a disk fails.
fn disk_faults(tools: &Tools) -> Result<()> {
    as_built(tools, disk::main, &[])
}

/// A quarter of the kills that `cargo xtask crash` takes by itself, on both stores at a time; and every named point for two
/// of the kinds of credentials.
fn crash_short(tools: &Tools) -> Result<()> {
    as_built(tools, crash::main, &["--kills", "50", "--store", "sqlite,postgres"])?;
    as_built(tools, crash::main, &["--points", "--kinds", "body-key,client-credentials"])
}

/// Two replicas, every fault once or twice.
fn chaos_short(tools: &Tools) -> Result<()> {
    as_built(tools, chaos::main, &["--replicas", "2", "--minutes", "0.4"])
}

/// Ten thousand seeds; the same seed twice; and defects that must be found.
fn simulate_short(_: &Tools) -> Result<()> {
    simulate::main(&["--seeds", "10000", "--sabotage"].map(str::to_owned))
}

/// Another command with the programs of the workspace's one build.
fn as_built(tools: &Tools, command: fn(&[String]) -> Result<()>, arguments: &[&str]) -> Result<()> {
    build(tools)?;
    let arguments: Vec<String> =
        arguments.iter().chain(&["--no-build"]).map(|&argument| argument.to_owned()).collect();
    command(&arguments)
}

/// Where Chromium's two programs lie, under the names that WebDriver crates know.
fn chromium_paths(tools: &Tools) -> Result<[(&'static str, PathBuf); 2]> {
    Ok([("CHROMIUM", tools.program("chromium")?), ("CHROMEDRIVER", tools.program("chromedriver")?)])
}

/// Where the programs of all three browsers lie. WebKit's driver knows its browser.
fn browser_paths(tools: &Tools) -> Result<Vec<(&'static str, PathBuf)>> {
    const OTHERS: [(&str, &str); 4] = [
        ("FIREFOX", "firefox-esr"),
        ("GECKODRIVER", "geckodriver"),
        ("WEBKIT_DRIVER", "WebKitWebDriver"),
        ("XVFB", "Xvfb"),
    ];
    let mut paths = chromium_paths(tools)?.to_vec();
    for (variable, program) in OTHERS {
        paths.push((variable, tools.program(program)?));
    }
    paths.push(("LEAD_FORM_WORDPRESS", tools::wordpress()?));
    Ok(paths)
}

fn component(tools: &Tools) -> Result<()> {
    let browser = chromium_paths(tools)?;
    let capabilities =
        json!({ "goog:chromeOptions": { "binary": browser[0].1, "args": CHROMIUM_ARGUMENTS } });
    let settings = sh::target().join("webdriver.json");
    std::fs::write(&settings, capabilities.to_string())
        .with_context(|| format!("could not write {}", settings.display()))?;
    let mut command = component_tests();
    sh::run(command.arg("--no-run"))?;
    let mut command = component_tests();
    command.envs(browser);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tools.program("wasm-bindgen-test-runner")?);
    command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", settings).env("WASM_BINDGEN_TEST_ONLY_WEB", "1");
    let said = sh::output(&mut command)?;
    print!("{said}");
    // The runner is content with a binary that holds no test at all.
    ensure!(said.contains("test result: ok"), "found no test in tests/component, expected some");
    Ok(())
}

fn component_tests() -> Command {
    cargo(&[
        "test",
        "--locked",
        "--target",
        WASM,
        "--package",
        "lead-form",
        "--features",
        "csr",
        "--test",
        "component",
    ])
}

fn browser(tools: &Tools) -> Result<()> {
    nextest(tools, BROWSER_TESTS, &browser_paths(tools)?)
}

/// Host tests that match the filter, all from the one build of the workspace.
fn nextest(tools: &Tools, filter: &str, environment: &[(&str, PathBuf)]) -> Result<()> {
    let mut command = cargo(&["nextest", "run", "--locked", "--workspace", "--filterset", filter]);
    command.env("LEAD_FORM_ASSETS", assets::folder()).env("LEAD_FORM_AXE", tools::axe()?);
    command.envs(environment.iter().map(|(name, path)| (name, path)));
    sh::run(tools.on_path(&mut command))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Result<Vec<&'static str>> {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Ok(chosen(&arguments)?.iter().map(|stage| stage.name).collect())
    }

    #[test]
    fn stages_are_chosen_by_name_and_keep_their_order() {
        assert_eq!(names(&["--only", "tidy,fmt"]).unwrap(), ["fmt", "tidy"]);
        assert_eq!(names(&["--from", "browser"]).unwrap().first(), Some(&"browser"));
        assert_eq!(names(&[]).unwrap(), stage_names());
    }

    #[test]
    fn unknown_stage_is_refused_with_the_list_of_known_ones() {
        let error = names(&["--only", "fmt,clipy"]).unwrap_err().to_string();
        assert!(error.contains("clipy") && error.contains("clippy-wasm"), "{error}");
    }
}
