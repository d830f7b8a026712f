//! Values in their normal form: checked, and written in the one way that everybody after us may rely on.
//!
//! Apart from `value` so that the type says that the rules were asked.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::value::debug_shape;

/// One checked value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Normal {
    /// Text, e-mail with a lower-case domain, phone as E.164, URL with its scheme, number as a plain decimal, date as
    /// `YYYY-MM-DD`, or the value of the chosen option.
    Text(String),
    /// A checkbox or consent.
    Bool(bool),
}

impl Normal {
    /// The text of a text value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bool(_) => None,
        }
    }
}

/// Shows shape and length only: a value is personal data.
impl fmt::Debug for Normal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_shape(f, self.as_text())
    }
}

/// The checked values of one submission, in the form's field order. A field left empty is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NormalValues(#[serde(with = "crate::pairs")] Vec<(String, Normal)>);

impl NormalValues {
    /// The value of a field, if it was filled in.
    pub fn get(&self, name: &str) -> Option<&Normal> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// All values in the form's field order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Normal)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Only the checks of this crate make values.
    pub(crate) fn push(&mut self, name: &str, value: Normal) {
        self.0.push((name.to_owned(), value));
    }
}
