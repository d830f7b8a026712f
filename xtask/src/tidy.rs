//! `cargo xtask tidy`: the house rules that no compiler checks.
//!
//! Works on the text of the tree, so it takes a second and needs nothing built. All findings are shown at once, each
//! as `file:line: what was found: why it matters; remedy`. Each rule carries a sample that breaks it, and a test
//! proves with it that the rule can fail.

mod bans;
mod dependencies;
mod shape;
#[cfg(test)]
mod tests;
mod tree;

use crate::{expect_no_arguments, sh};
use anyhow::{Result, bail};
use std::{fmt, path::PathBuf, time::Instant};
use tree::Source;

/// One broken rule at one place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    /// The file, relative to the root.
    file: PathBuf,
    /// The line, counted from one.
    line: usize,
    /// The rule's name, as `tidy-allow(NAME): reason` would name it.
    rule: &'static str,
    /// What was found, why that is not wanted, and what to do instead.
    text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: [{}] {}", self.file.display(), self.line, self.rule, self.text)
    }
}

/// `cargo xtask tidy`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    expect_no_arguments("tidy", arguments)?;
    let started = Instant::now();
    let sources = tree::read(sh::root())?;
    let mut findings = check(&sources);
    findings.extend(dependencies::check()?);
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: {} files in {}", sources.len(), sh::time(started.elapsed())),
        count => {
            bail!("tidy found {count} broken {}, listed above", if count == 1 { "rule" } else { "rules" })
        }
    }
    Ok(())
}

/// Every rule over every file, with those findings left out that the file itself allows with a reason.
fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = shape::check(sources);
    for source in sources {
        findings.extend(bans::check(source));
    }
    let mut unused = Vec::new();
    for source in sources {
        for allowance in source.allowances() {
            let before = findings.len();
            findings.retain(|finding| !allowance.covers(source, finding.rule, &finding.file, finding.line));
            if findings.len() == before || allowance.reason.is_empty() {
                unused.push(Finding {
                    file: source.path.clone(),
                    line: allowance.line,
                    rule: "allowance",
                    text: format!(
                        "found `tidy-allow({})`, expected it to have a reason and to be needed: write the reason after \
                         the colon, or remove it",
                        allowance.rule
                    ),
                });
            }
        }
    }
    findings.extend(unused);
    findings
}
