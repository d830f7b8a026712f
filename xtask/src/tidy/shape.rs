//! Rules about a file as a whole: its first line, its length, what it must name, where its links lead.

use super::{
    Finding,
    tree::{Part, Source},
};
use std::path::{Component, Path, PathBuf};

/// No hand-written file is longer.
const LINES_MAX: usize = 500;

/// Every rule of this file over the whole tree.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        findings.extend(module_docs(source));
        findings.extend(length(source));
        findings.extend(shared_lints(source));
        findings.extend(lock_names_no_host(source));
        findings.extend(links(source, sources));
        findings.extend(connectors_apart(source, sources));
        findings.extend(sleeps(source));
    }
    findings
}

fn finding(source: &Source, line: usize, rule: &'static str, text: String) -> Finding {
    Finding { file: source.path.clone(), line, rule, text }
}

/// Every Rust file says first what it is.
fn module_docs(source: &Source) -> Option<Finding> {
    let missing = source.extension() == "rs" && !source.text.starts_with("//!");
    missing.then(|| {
        let found = source.text.lines().next().unwrap_or_default();
        let text = format!(
            "found `{found}` as the first line, expected `//!`: a file says what it is and why it is apart; write that sentence"
        );
        finding(source, 1, "docs", text)
    })
}

/// No code file outgrows one sitting.
fn length(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    let too_long = matches!(source.extension(), "rs" | "js" | "mjs" | "css") && lines > LINES_MAX;
    too_long.then(|| {
        let text = format!("found {lines} lines, expected at most {LINES_MAX}: it holds more than one thing; give each its file");
        finding(source, lines, "length", text)
    })
}

/// Every package takes the workspace's lints.
fn shared_lints(source: &Source) -> Option<Finding> {
    let is_package =
        source.path.ends_with("Cargo.toml") && source.text.lines().any(|line| line.trim() == "[package]");
    let mut lines =
        source.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let has = lines.any(|line| line == "[lints]") && lines.next() == Some("workspace = true");
    (is_package && !has).then(|| {
        let text = "found no `[lints] workspace = true`: without it none of the shared lints hold here; add these two lines";
        finding(source, 1, "lints", text.to_owned())
    })
}

/// The npm lock names packages and hashes, never the host that one machine asked.
fn lock_names_no_host(source: &Source) -> Option<Finding> {
    if !source.path.ends_with("package-lock.json") {
        return None;
    }
    let (index, _) =
        source.text.lines().enumerate().find(|(_, line)| line.trim_start().starts_with("\"resolved\""))?;
    let text = "found `resolved` in a lock file: it ties every machine to one registry's host; remove node_modules and the lock, \
                and run `npm install --package-lock-only` beside its .npmrc";
    Some(finding(source, index + 1, "lock", text.to_owned()))
}

/// Relative links in Markdown lead to files that exist.
fn links(source: &Source, sources: &[Source]) -> Vec<Finding> {
    if source.extension() != "md" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut in_code = false;
    for (index, line) in source.text.lines().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        for link in targets(line) {
            if !leads_somewhere(source, link, sources) {
                let text = format!(
                    "found a link to `{link}`, expected a file of this repository: correct the path or remove the link"
                );
                findings.push(finding(source, index + 1, "links", text));
            }
        }
    }
    findings
}

/// What a line links to: `](target)`, `src="target"`, `href="target"`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let between = |open: &'static str, close: char| {
        line.split(open).skip(1).filter_map(move |rest| rest.split_once(close)).map(|(target, _)| target)
    };
    between("](", ')').chain(between("src=\"", '"')).chain(between("href=\"", '"'))
}

fn leads_somewhere(source: &Source, link: &str, sources: &[Source]) -> bool {
    let path = link.split(['#', ' ']).next().unwrap_or_default();
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
        return true;
    }
    let base = source.path.parent().unwrap_or(Path::new(""));
    let wanted = normal(&base.join(path));
    let listed = sources.iter().any(|other| other.path == wanted || other.path.starts_with(&wanted));
    // Pictures are not among the sources.
    listed || crate::sh::root().join(&wanted).exists()
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                parts.pop();
            }
            Component::CurDir => {}
            other => parts.push(other),
        }
    }
    parts
}

/// A connector knows its own partner and no other. What several share lies in `parts`.
fn connectors_apart(source: &Source, sources: &[Source]) -> Vec<Finding> {
    const SHARED: &str = "parts";
    let room = Path::new("proxy/src/connectors");
    let name_of = |source: &Source| {
        let inner = source.path.strip_prefix(room).ok()?.components().next()?;
        Some(Path::new(inner.as_os_str()).file_stem()?.to_string_lossy().into_owned())
    };
    let Some(own) = name_of(source) else { return Vec::new() };
    let mut others: Vec<String> =
        sources.iter().filter_map(name_of).filter(|other| *other != own && other != SHARED).collect();
    others.sort();
    others.dedup();
    let mut findings = Vec::new();
    for (number, line) in source.lines(Part::Code) {
        for other in &others {
            if line.contains(&format!("super::{other}")) || line.contains(&format!("connectors::{other}")) {
                let text = format!(
                    "found `{other}` in the connector `{own}`: connectors never use one another; what two share belongs to connectors/parts"
                );
                findings.push(finding(source, number, "connectors", text));
            }
        }
    }
    findings
}

/// A test waits for conditions, not for time. Between two looks at a condition it may pause: the first line of a `while`.
/// Where time is paused, as in the simulation, sleeping takes none of it.
fn sleeps(source: &Source) -> Vec<Finding> {
    if source.extension() != "rs" || source.matches(&["xtask/src/tidy*", "proxy/tests/sim/*"]) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let (mut before, mut is_paused) = ("", false);
    for (number, line) in source.lines(Part::Tests) {
        if line.trim_start().starts_with("#[tokio::test") {
            is_paused = line.contains("start_paused = true");
        }
        let polls = before.trim_start().starts_with("while ") && before.ends_with('{');
        if line.contains("sleep(") && !polls && !is_paused {
            let text = "found `sleep(`: a test that sleeps is slow on a good day and fails on a bad one; await the condition \
                        with a deadline, pausing at most in `while !condition {`";
            findings.push(finding(source, number, "sleep", text.to_owned()));
        }
        before = line;
    }
    findings
}
