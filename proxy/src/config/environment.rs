//! The process's environment: the only place that reads it.
//!
//! Apart so that everything else takes the environment as a value, and a test can write its own.

use std::collections::BTreeMap;

use super::Finding;
use super::layers::{defaults, unknown, variable};

/// Marks a variable as ours.
const PREFIX: &str = "LEAD_PROXY__";

/// Variables by name.
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process that are text.
    #[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
    pub fn of_process() -> Self {
        let text = |name: std::ffi::OsString| name.into_string().ok();
        Self(std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect())
    }

    /// Variables written by a test or another caller.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// Variables that look like ours and set nothing: a misspelt one would otherwise be silently without effect.
    pub(super) fn strays(&self) -> Vec<Finding> {
        let known: Vec<String> = defaults()
            .iter()
            .flat_map(|(section, keys)| {
                keys.as_table()
                    .into_iter()
                    .flat_map(|keys| keys.keys())
                    .map(move |key| variable(section, key))
            })
            .collect();
        let ours = self.0.keys().filter(|name| name.starts_with(PREFIX));
        ours.filter(|name| !known.contains(name))
            .map(|name| unknown("environment".to_owned(), "variable", name, known.iter().cloned()))
            .collect()
    }
}
