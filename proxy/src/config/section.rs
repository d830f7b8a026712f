//! Reads one section's values into what a room needs, within bounds.
//!
//! Apart so that every bound is checked in one way and every finding is worded alike. Types are right already: the
//! layers hold each value against the reference.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::Finding;
use super::secret::SecretSource;

/// One section being read.
pub(super) struct Section<'a> {
    name: &'static str,
    table: Table,
    findings: &'a mut Vec<Finding>,
    read: BTreeSet<String>,
}

impl<'a> Section<'a> {
    pub(super) fn open(name: &'static str, layers: &Table, findings: &'a mut Vec<Finding>) -> Self {
        let table = layers.get(name).and_then(Value::as_table).cloned().unwrap_or_default();
        Self { name, table, findings, read: BTreeSet::new() }
    }

    /// The names that were asked for, so that a test can hold them against the reference.
    pub(super) fn read(self) -> BTreeSet<String> {
        self.read
    }

    pub(super) fn text(&mut self, key: &str) -> String {
        self.value(key).as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn address(&mut self, key: &str) -> SocketAddr {
        let text = self.text(key);
        text.parse().unwrap_or_else(|_| {
            self.wrong(key, format!("{text:?}"), "an address and port such as \"127.0.0.1:8080\"");
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<u32>) -> u32 {
        let number = self.value(key).as_integer().unwrap_or_default();
        match u32::try_from(number) {
            Ok(number) if range.contains(&number) => number,
            _ => {
                self.wrong(key, number.to_string(), &format!("{} to {}", range.start(), range.end()));
                *range.end()
            }
        }
    }

    pub(super) fn millis(&mut self, key: &str, range: RangeInclusive<u32>) -> Duration {
        Duration::from_millis(self.number(key, range).into())
    }

    pub(super) fn size(&mut self, key: &str, range: RangeInclusive<u32>) -> usize {
        usize::try_from(self.number(key, range)).unwrap_or(usize::MAX)
    }

    /// A path, relative to the configuration file's folder.
    pub(super) fn path(&mut self, key: &str, base_dir: &Path) -> PathBuf {
        let text = self.text(key);
        if text.is_empty() {
            self.wrong(key, "an empty path".to_owned(), "a path");
        }
        base_dir.join(text)
    }

    /// A path that may be left empty.
    pub(super) fn path_if_any(&mut self, key: &str, base_dir: &Path) -> Option<PathBuf> {
        let text = self.text(key);
        (!text.is_empty()).then(|| base_dir.join(text))
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key);
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let list: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            self.wrong(key, format!("{text:?}"), &format!("one of {}", list.join(", ")));
        }
        found
    }

    pub(super) fn secret(&mut self, key: &str) -> Option<SecretSource> {
        self.value(key).try_into().ok()
    }

    /// The whole section as another room's own struct, which knows its bounds itself.
    pub(super) fn whole<T: DeserializeOwned>(&mut self) -> Option<T> {
        self.read.extend(self.table.keys().cloned());
        match self.table.clone().try_into() {
            Ok(section) => Some(section),
            Err(error) => {
                let found = format!("a value out of range ({})", error.message());
                self.findings.push(Finding::new(self.name, found, "values as docs/config.md lists them"));
                None
            }
        }
    }

    pub(super) fn wrong(&mut self, key: &str, found: String, expected: &str) {
        self.findings.push(Finding::new(format!("{}.{key}", self.name), found, expected));
    }

    fn value(&mut self, key: &str) -> Value {
        self.read.insert(key.to_owned());
        self.table.get(key).cloned().unwrap_or(Value::Boolean(false))
    }
}
