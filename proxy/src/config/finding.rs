//! One thing wrong in configuration or cover, said so that the operator can mend it.
//!
//! Apart because every room that checks its part at start speaks of what it found in this one shape.

use std::fmt;

/// Names where, what was found and what is right. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path into the configuration or into a form, such as `public.listen` or `forms/quote.toml fields[2].name`.
    pub path: String,
    /// What was found there.
    pub found: String,
    /// What is expected and what to do.
    pub expected: String,
}

impl Finding {
    /// Makes a finding of its three parts.
    pub fn new(path: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { path: path.into(), found: found.into(), expected: expected.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, expected {}", self.path, self.found, self.expected)
    }
}
