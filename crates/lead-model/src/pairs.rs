//! Name-value pairs that travel as a JSON object.
//!
//! Apart because a short list of pairs costs the browser fewer bytes than a map, keeps the order in which it was
//! written, and lets a name that stands twice be refused instead of silently overwritten.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Writes the pairs as the members of one object.
///
/// # Errors
/// The serializer's own.
pub fn serialize<S: Serializer, T: Serialize>(
    pairs: &[(String, T)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(pairs.len()))?;
    for (name, value) in pairs {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

/// Reads the members of an object, in their order.
///
/// # Errors
/// For anything but an object, and for a name that stands twice.
pub fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<(String, T)>, D::Error> {
    deserializer.deserialize_map(PairsVisitor(PhantomData))
}

struct PairsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
    type Value = Vec<(String, T)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with each name once")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs: Vec<(String, T)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, T>()? {
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("a name stands twice in one object"));
            }
            pairs.push((name, value));
        }
        Ok(pairs)
    }
}
