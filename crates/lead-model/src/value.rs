//! What a visitor entered, as it came: before any rule was asked.
//!
//! Apart from `normal` so that nothing unchecked can be taken for checked: only [`crate::check`] turns one into the other.

use core::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};

/// One field's entry as it arrived: text as typed, or the state of a box.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RawValue {
    /// Typed or chosen text. Numbers and dates travel as text too, as the browser has them.
    Text(String),
    /// A checkbox or consent.
    Bool(bool),
}

/// Read by what it is, since trying one variant after the other makes an error of each box on the way.
impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawValueVisitor)
    }
}

struct RawValueVisitor;

impl Visitor<'_> for RawValueVisitor {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or true or false")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<RawValue, E> {
        Ok(RawValue::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<RawValue, E> {
        Ok(RawValue::Text(text))
    }

    fn visit_bool<E: Error>(self, ticked: bool) -> Result<RawValue, E> {
        Ok(RawValue::Bool(ticked))
    }
}

/// Shows shape and length only: an entry is personal data.
impl fmt::Debug for RawValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => debug_shape(f, Some(text)),
            Self::Bool(_) => debug_shape(f, None),
        }
    }
}

/// What may be shown of a value, checked or not: its kind, and a text's length.
pub(crate) fn debug_shape(f: &mut fmt::Formatter<'_>, text: Option<&str>) -> fmt::Result {
    match text {
        Some(text) => write!(f, "Text({} bytes)", text.len()),
        None => f.write_str("Bool(..)"),
    }
}

/// The entries of one submission by field name; each name at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(#[serde(with = "crate::pairs")] Vec<(String, RawValue)>);

impl Values {
    /// No entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// The entry of a field, if it has one.
    pub fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Sets a field's entry, replacing what it had.
    pub fn set(&mut self, name: &str, value: RawValue) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// All entries in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}
