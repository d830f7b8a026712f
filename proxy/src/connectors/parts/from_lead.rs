//! Makes a payload type of a lead where it lies.
//!
//! Apart because each lead goes this way before it is accepted: a copy as JSON between the two would cost more than every
//! rule of the payload.

use serde::de::value::{BoolDeserializer, MapDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Error;

use crate::connectors::{Lead, PartnerValue};

/// The payload of a lead whose names are the type's members.
///
/// # Errors
/// The first thing that does not fit the type. It may quote a value, and is for nobody's eyes.
pub(super) fn from_lead<T: DeserializeOwned>(lead: &Lead) -> Result<T, Error> {
    T::deserialize(MapDeserializer::new(lead.iter().map(|(name, value)| (name, Told(value)))))
}

/// A value of a lead, on its way into a payload.
struct Told<'a>(&'a PartnerValue);

impl<'de> IntoDeserializer<'de, Error> for Told<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// As `serde_json::Value` does it that holds the same.
impl<'de> Deserializer<'de> for Told<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            PartnerValue::Text(text) => visitor.visit_str(text),
            PartnerValue::Bool(value) => BoolDeserializer::new(*value).deserialize_any(visitor),
            PartnerValue::Number(number) => number.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            PartnerValue::Text(text) => StrDeserializer::new(text).deserialize_enum(name, variants, visitor),
            PartnerValue::Bool(_) | PartnerValue::Number(_) => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::{Map, Number, Value};

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        Green,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(String);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Payload {
        text: String,
        wrapped: Option<Wrapped>,
        colour: Option<Colour>,
        count: Option<u32>,
        exact: Option<Number>,
        ticked: Option<bool>,
    }

    fn lead(fields: &[(&str, PartnerValue)]) -> Lead {
        Lead::new(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect::<BTreeMap<_, _>>(),
        )
    }

    fn text(text: &str) -> PartnerValue {
        PartnerValue::Text(text.to_owned())
    }

    #[test]
    fn payload_is_what_it_is_by_way_of_json() {
        let number = |text: &str| PartnerValue::Number(text.parse().unwrap());
        for fields in [
            &[("text", text("é"))][..],
            &[("text", text("a")), ("wrapped", text("b")), ("colour", text("green"))],
            &[
                ("text", text("a")),
                ("count", number("7")),
                ("exact", number("0.5")),
                ("ticked", PartnerValue::Bool(true)),
            ],
            &[("text", PartnerValue::Bool(true))],
            &[("text", text("a")), ("colour", text("red"))],
            &[("text", text("a")), ("colour", PartnerValue::Bool(true))],
            &[("text", text("a")), ("count", number("-7"))],
            &[("text", text("a")), ("count", text("7"))],
            &[("text", text("a")), ("more", text("b"))],
            &[],
        ] {
            let lead = lead(fields);
            let json: Map<String, Value> =
                lead.iter().map(|(name, value)| (name.to_owned(), value.to_json())).collect();
            let by_json: Option<Payload> = serde_json::from_value(Value::Object(json)).ok();
            assert_eq!(from_lead::<Payload>(&lead).ok(), by_json, "{fields:?}");
        }
    }
}
