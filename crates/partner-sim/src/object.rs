//! Reads a body as one JSON object, member by member, with each value as it was written.
//!
//! Apart because an ordinary map hides what a partner might stumble over: a member named twice, and where in the body
//! a value stands (which `redact.rs` needs).

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of a JSON object in the order sent; borrows the text it was read from.
pub(crate) struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads the whole text as one object, or says what it is instead. The words repeat nothing of the text.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            if error.is_data() {
                "the body is JSON, but not an object".to_owned()
            } else {
                format!("the body is not JSON (line {}, column {})", error.line(), error.column())
            }
        })
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// Finds the first name that is given twice.
    pub(crate) fn name_given_twice(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        self.members().map(|(name, _)| name).find(|name| !seen.insert(*name))
    }

    /// Gives the value of the last member of this name; `None` when it is absent or cannot be read.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        self.members().filter(|(member, _)| *member == name).last().and_then(|(_, raw)| read(raw))
    }
}

/// Reads one value; `None` for what is JSON by shape only (a lone surrogate, nesting without end).
pub(crate) fn read(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
