//! The questions of a form definition: written down, or taken from the partner's own schema when the proxy has it.
//!
//! Apart because a definition is complete only once its fields are known, and here it is said which it is.

use core::fmt;
use core::ops::Deref;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::FieldDefinition;

/// What a definition says instead of a list.
pub const FROM_PARTNER_SCHEMA: &str = "from partner schema";

/// The questions, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    known: Vec<FieldDefinition>,
    from_partner_schema: bool,
}

impl Fields {
    /// These questions.
    pub fn new(known: Vec<FieldDefinition>) -> Self {
        Self { known, from_partner_schema: false }
    }

    /// Whether the partner's schema says them.
    pub fn from_partner_schema(&self) -> bool {
        self.from_partner_schema
    }
}

impl Deref for Fields {
    type Target = Vec<FieldDefinition>;

    fn deref(&self) -> &Self::Target {
        &self.known
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.from_partner_schema {
            true => serializer.serialize_str(FROM_PARTNER_SCHEMA),
            false => self.known.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of fields ([[fields]]), or the text {FROM_PARTNER_SCHEMA:?}")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Fields, E> {
                match text {
                    FROM_PARTNER_SCHEMA => Ok(Fields { known: Vec::new(), from_partner_schema: true }),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, fields: A) -> Result<Fields, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(fields)).map(Fields::new)
            }
        }

        deserializer.deserialize_any(FieldsVisitor)
    }
}
