//! A lead in a partner's words: partner field to value, as the mapping made it of a submission.
//!
//! Apart so that connectors see neither forms nor mappings.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Number, Value};

use crate::connectors::parts::text::Text;

/// One value on its way to a partner.
#[derive(Clone, PartialEq, Eq)]
pub enum PartnerValue {
    /// Text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
}

impl PartnerValue {
    /// The value as JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
        }
    }
}

/// Shows shape and length only: a value is personal data.
impl fmt::Debug for PartnerValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Bool(_) => f.write_str("Bool(..)"),
            Self::Number(_) => f.write_str("Number(..)"),
        }
    }
}

/// A lead by partner field. Carries its receipt under the partner's name for it, and no credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lead(BTreeMap<String, PartnerValue>);

impl Lead {
    /// A lead of these partner fields.
    pub fn new(fields: BTreeMap<String, PartnerValue>) -> Self {
        Self(fields)
    }

    /// The value of a partner field.
    pub fn get(&self, partner_field: &str) -> Option<&PartnerValue> {
        self.0.get(partner_field)
    }

    /// The names that have a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The text of a field, where it has one. A true or false is no text.
    pub fn text(&self, partner_field: &str) -> Option<Text> {
        match self.get(partner_field)? {
            PartnerValue::Text(text) => Some(Text::new(text.clone())),
            PartnerValue::Bool(_) | PartnerValue::Number(_) => None,
        }
    }

    /// The true or false of a field, where it has one. A text is neither.
    pub fn bool(&self, partner_field: &str) -> Option<bool> {
        match self.get(partner_field)? {
            PartnerValue::Bool(value) => Some(*value),
            PartnerValue::Text(_) | PartnerValue::Number(_) => None,
        }
    }

    /// The number of a field, where it has one.
    pub fn number(&self, partner_field: &str) -> Option<Number> {
        match self.get(partner_field)? {
            PartnerValue::Number(number) => Some(number.clone()),
            PartnerValue::Text(_) | PartnerValue::Bool(_) => None,
        }
    }

    /// The fields and their values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PartnerValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The fields whose names begin so, under the rest of their names.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a PartnerValue)> {
        self.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
    }
}

/// One broken rule of one partner field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The partner's name of the field.
    pub partner_field: String,
    /// Which rule.
    pub fault: Fault,
}

/// Which rule of a partner field is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Required, but absent or blank.
    Missing,
    /// More UTF-16 units than this.
    TooLong {
        /// Most UTF-16 units.
        max: u32,
    },
    /// Text where true or false is expected, or the other way round.
    WrongType,
    /// The partner does not know this field, or not for this operation.
    Unknown,
    /// A text that is not of the form that the partner wants, such as a date.
    WrongForm,
}
