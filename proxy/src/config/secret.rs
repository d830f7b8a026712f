//! Where a secret lies: its name in the environment or its file, never the secret itself.
//!
//! Apart so that one place decides how a secret is written in configuration and refuses one that stands there as text.

use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// What to write in place of a secret.
pub(crate) const ADVICE: &str = "a place, never the secret itself: { env = \"NAME\" } or { file = \"path\" }";

/// Names the place of a secret, written `{ env = "NAME" }` or `{ file = "path" }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file, relative to the configuration file.
    File(PathBuf),
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "{{ env = {name:?} }}"),
            Self::File(path) => write!(f, "{{ file = {path:?} }}"),
        }
    }
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

struct SourceVisitor;

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ADVICE)
    }

    /// A secret written as text: refused without repeating a character of it.
    fn visit_str<E: Error>(self, _: &str) -> Result<SecretSource, E> {
        Err(E::custom(format_args!("found a text, expected {ADVICE}")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretSource, A::Error> {
        let wrong = || A::Error::custom(format_args!("found another table, expected {ADVICE}"));
        let source = match map.next_entry::<String, String>().map_err(|_| wrong())? {
            Some((key, name)) if key == "env" && !name.is_empty() => SecretSource::Env(name),
            Some((key, path)) if key == "file" && !path.is_empty() => SecretSource::File(path.into()),
            _ => return Err(wrong()),
        };
        match map.next_key::<String>().map_err(|_| wrong())? {
            None => Ok(source),
            Some(_) => Err(wrong()),
        }
    }
}
