//! The tree as text: which files there are, and which parts of a file are code, comment or test.
//!
//! Line by line and without a parser: rough, but quick and plain; what it gets wrong can be allowed with a reason.

use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// One text file of the repository.
pub(super) struct Source {
    /// Relative to the root, with `/` between folders.
    pub(super) path: PathBuf,
    /// The whole text.
    pub(super) text: String,
}

/// A part of a file that a rule looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Every line, comments included.
    Text,
    /// Code, tests included, without comments.
    Code,
    /// Code without its tests: what is shipped.
    Product,
    /// The code of tests alone.
    Tests,
}

/// A line that allows one rule to be broken on it or on the next line.
pub(super) struct Allowance {
    pub(super) rule: String,
    pub(super) reason: String,
    pub(super) line: usize,
}

impl Allowance {
    /// Whether this allowance is meant for that finding.
    pub(super) fn covers(&self, source: &Source, rule: &str, file: &Path, line: usize) -> bool {
        self.rule == rule && source.path == file && (line == self.line || line == self.line + 1)
    }
}

impl Source {
    /// Whether the file's path matches one of the patterns.
    pub(super) fn matches(&self, patterns: &[&str]) -> bool {
        let path = self.path.to_string_lossy();
        patterns.iter().any(|pattern| glob(pattern, &path))
    }

    /// The file name's extension.
    pub(super) fn extension(&self) -> &str {
        self.path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
    }

    /// The lines of one part, numbered from one.
    pub(super) fn lines(&self, part: Part) -> Vec<(usize, &str)> {
        let mut in_tests = self.matches(&["tests/*", "*/tests/*", "*/tests.rs", "benches/*", "*/benches/*"]);
        let mut in_block = false;
        let mut lines = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            // A test module is the last thing in a file, here as in most houses.
            in_tests |= self.extension() == "rs" && line.trim_start().starts_with("#[cfg(test)]");
            let wanted = match part {
                Part::Text | Part::Code => true,
                Part::Product => !in_tests,
                Part::Tests => in_tests,
            };
            let code = if part == Part::Text { line } else { self.code(line, &mut in_block) };
            if wanted && !code.is_empty() {
                lines.push((index + 1, code));
            }
        }
        lines
    }

    /// The line without its comment.
    fn code<'a>(&self, line: &'a str, in_block: &mut bool) -> &'a str {
        match self.extension() {
            "css" => css_code(line, in_block),
            "rs" | "js" | "mjs" | "ts" => before_comment(line, "//"),
            "toml" | "sh" => before_comment(line, "#"),
            _ => line,
        }
    }

    /// The lines that say `tidy-allow(rule): reason`.
    pub(super) fn allowances(&self) -> Vec<Allowance> {
        // Those who explain the mark do not use it.
        if self.extension() == "md" || self.matches(&["xtask/src/tidy*"]) {
            return Vec::new();
        }
        let read = |(index, line): (usize, &str)| {
            let (rule, reason) = line.split_once("tidy-allow(")?.1.split_once("):")?;
            let reason = reason.trim_end_matches("*/").trim().to_owned();
            Some(Allowance { rule: rule.to_owned(), reason, line: index + 1 })
        };
        self.text.lines().enumerate().filter_map(read).collect()
    }
}

/// The line up to a comment mark that starts the line or follows a space, so that `https://` is left whole.
fn before_comment<'a>(line: &'a str, mark: &str) -> &'a str {
    let mut starts = line.match_indices(mark).map(|(at, _)| at);
    let is_comment =
        |at: &usize| line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']));
    starts.find(is_comment).and_then(|at| line.get(..at)).unwrap_or(line).trim_end()
}

/// The line without `/* … */`, which may go on over lines.
fn css_code<'a>(line: &'a str, in_block: &mut bool) -> &'a str {
    if *in_block {
        *in_block = !line.contains("*/");
        return "";
    }
    let Some((code, comment)) = line.split_once("/*") else { return line };
    *in_block = !comment.contains("*/");
    code
}

/// Whether the path matches the pattern; `*` stands for any run of characters, slashes too.
pub(super) fn glob(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => path.strip_prefix(before).is_some_and(|rest| {
            after.is_empty()
                || rest.char_indices().any(|(at, _)| rest.get(at..).is_some_and(|tail| glob(after, tail)))
        }),
    }
}

/// Reads every text file that belongs to the repository.
pub(super) fn read(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    collect(root, root, &mut sources)?;
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<()> {
    const NOT_OURS: &[&str] = &["target", "node_modules", "dist"];
    const HIDDEN_BUT_OURS: &[&str] = &[".cargo", ".ci", ".config", ".github", ".gitignore", ".npmrc"];
    for entry in fs::read_dir(folder).with_context(|| format!("could not list {}", folder.display()))? {
        let path = entry.context("could not list a folder")?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if NOT_OURS.contains(&name.as_str())
            || (name.starts_with('.') && !HIDDEN_BUT_OURS.contains(&name.as_str()))
        {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, sources)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            // What is not UTF-8 is a picture or a database: nothing to read there.
            let path = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
            sources.push(Source { path, text });
        }
    }
    Ok(())
}
