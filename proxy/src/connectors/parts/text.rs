//! Text whose length is counted as partners on .NET, Java and JavaScript count it: in UTF-16 units.
//!
//! Apart because `validator` counts a `String` in characters, and an emoji would then pass here and fail there.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use validator::ValidateLength;

/// Text of a payload.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// Takes the text as it is.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing of it can be seen.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// Shows its length only: it is personal data.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl ValidateLength<u64> for Text {
    fn length(&self) -> Option<u64> {
        Some(u64::from(utf16_length(&self.0)))
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// Length in UTF-16 units.
pub fn utf16_length(text: &str) -> u32 {
    let length = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    u32::try_from(length).unwrap_or(u32::MAX)
}
