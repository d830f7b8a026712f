//! Rules about what is linked: the form's Wasm and the simulators, asked of Cargo.

use super::Finding;
use crate::sh;
use anyhow::{Context, Result};
use std::{collections::BTreeSet, path::PathBuf};

/// One question to `cargo tree`, and the packages that may not be in the answer.
struct Limit {
    /// The package whose tree is asked for, and its manifest.
    package: &'static str,
    manifest: &'static str,
    arguments: &'static [&'static str],
    forbidden: &'static [&'static str],
    why: &'static str,
}

const LIMITS: &[Limit] = &[
    Limit {
        package: "lead-form",
        manifest: "Cargo.toml",
        arguments: &["--target", "wasm32-unknown-unknown", "--features", "csr", "--edges", "normal"],
        forbidden: &["tokio", "hyper", "axum", "mio", "reqwest", "sqlx", "lead-proxy", "partner-sim"],
        why: "it would be part of every visitor's download, or cannot run in a browser; keep it behind the proxy",
    },
    Limit {
        package: "lead-form",
        manifest: "Cargo.toml",
        arguments: &[
            "--target",
            "wasm32-unknown-unknown",
            "--features",
            "csr",
            "--edges",
            "normal",
            "--depth",
            "1",
        ],
        forbidden: &["serde_json", "validator", "regex", "url"],
        why: "measured to cost 20 to 230 KB of download; the browser has the same built in, or the proxy checks it",
    },
    Limit {
        package: "lead-model",
        manifest: "crates/lead-model/Cargo.toml",
        arguments: &["--target", "wasm32-unknown-unknown", "--edges", "normal"],
        forbidden: &[
            "leptos",
            "web-sys",
            "js-sys",
            "wasm-bindgen",
            "tokio",
            "getrandom",
            "rand",
            "serde_json",
            "lead-form",
        ],
        why: "lead-model is what both sides believe: no I/O, no clock, no randomness, few bytes; take it as a parameter",
    },
    Limit {
        package: "partner-sim",
        manifest: "crates/partner-sim/Cargo.toml",
        arguments: &["--edges", "normal,build,dev"],
        forbidden: &["lead-form", "lead-model", "lead-proxy", "xtask"],
        why: "a simulator that shares our code only proves that we agree with ourselves",
    },
    Limit {
        package: "fault-net",
        manifest: "crates/fault-net/Cargo.toml",
        arguments: &["--edges", "normal,build,dev"],
        forbidden: &["lead-form", "lead-model", "lead-proxy", "partner-sim", "hyper", "reqwest"],
        why: "what judges our bytes counts them itself, with tokio alone",
    },
    Limit {
        package: "xtask",
        manifest: "xtask/Cargo.toml",
        arguments: &["--edges", "normal,build,dev"],
        forbidden: &["lead-form", "lead-model", "lead-proxy", "partner-sim"],
        why: "xtask builds our crates and links none of them; run the program instead",
    },
];

/// Asks Cargo for each tree.
pub(super) fn check() -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for limit in LIMITS {
        let mut command = sh::command("cargo");
        command.args(["tree", "--locked", "--prefix", "none", "--format", "{p}", "--package", limit.package]);
        let tree = sh::output(command.args(limit.arguments))
            .with_context(|| format!("could not list what {} needs", limit.package))?;
        findings.extend(judge(limit, &tree));
    }
    Ok(findings)
}

fn judge(limit: &Limit, tree: &str) -> Vec<Finding> {
    // The first line is the package itself.
    let names: BTreeSet<&str> =
        tree.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    let found = limit.forbidden.iter().filter(|name| names.contains(**name));
    let finding = |name: &&str| Finding {
        file: PathBuf::from(limit.manifest),
        line: 1,
        rule: "dependencies",
        text: format!("found `{name}` among what {} needs: {}", limit.package, limit.why),
    };
    found.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forbidden_package_is_found_in_a_tree_that_has_it() {
        for limit in LIMITS {
            for name in limit.forbidden {
                let tree = format!("{} v0.1.0 (…)\nserde v1.0.0\n{name} v1.2.3\n", limit.package);
                let text: String = judge(limit, &tree).iter().map(ToString::to_string).collect();
                assert!(text.contains(name), "{} with {name} was not found: {text}", limit.package);
            }
            let clean = format!("{} v0.1.0 (…)\nserde v1.0.0\n", limit.package);
            assert!(judge(limit, &clean).is_empty());
        }
    }
}
