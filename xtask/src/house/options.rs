//! What follows a command's name: switches, and names with a value.
//!
//! By hand: a handful of options does not ask for a library. Whatever is not expected is refused, all of it at once.

use anyhow::{Context, Result, bail};
use std::str::FromStr;

/// The options that were given.
#[derive(Debug)]
pub(crate) struct Options {
    found: Vec<(String, Option<String>)>,
}

impl Options {
    /// Reads them; `switches` stand alone, `values` are followed by one.
    pub(crate) fn read(
        command: &str,
        arguments: &[String],
        switches: &[&str],
        values: &[&str],
    ) -> Result<Self> {
        let mut found = Vec::new();
        let mut problems = Vec::new();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if switches.contains(&argument.as_str()) {
                found.push((argument.clone(), None));
            } else if values.contains(&argument.as_str()) {
                match rest.next() {
                    Some(value) => found.push((argument.clone(), Some(value.clone()))),
                    None => problems.push(format!("`{argument}` without a value")),
                }
            } else {
                problems.push(format!("`{argument}`"));
            }
        }
        if problems.is_empty() {
            return Ok(Self { found });
        }
        let values = values.iter().map(|name| format!("{name} VALUE"));
        let known: Vec<String> = switches.iter().map(|name| (*name).to_owned()).chain(values).collect();
        bail!("found {} after `{command}`, expected any of: {}", problems.join(" and "), known.join(", "))
    }

    /// Whether the switch was given.
    pub(crate) fn has(&self, switch: &str) -> bool {
        self.found.iter().any(|(name, _)| name == switch)
    }

    /// The value, the last one where it was given twice.
    pub(crate) fn value<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>> {
        let Some((_, Some(value))) = self.found.iter().rev().find(|(found, _)| found == name) else {
            return Ok(None);
        };
        let read = value.parse().ok();
        read.map(Some).with_context(|| format!("found `{name} {value}`, expected {expected}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read("crash", &arguments, &["--release"], &["--kills"])
    }

    #[test]
    fn switches_and_values_are_read_in_any_order() {
        let options = read("--kills 20 --release").unwrap();
        assert!(options.has("--release"));
        assert_eq!(options.value("--kills", "a number").unwrap(), Some(20_u32));
        assert_eq!(read("").unwrap().value::<u32>("--kills", "a number").unwrap(), None);
    }

    #[test]
    fn everything_unexpected_is_told_at_once() {
        let error = read("--kill 3 --kills").unwrap_err().to_string();
        assert_eq!(
            error,
            "found `--kill` and `3` and `--kills` without a value after `crash`, expected any of: --release, --kills VALUE"
        );
        let error =
            read("--kills many").unwrap().value::<u32>("--kills", "a number").unwrap_err().to_string();
        assert_eq!(error, "found `--kills many`, expected a number");
    }
}
