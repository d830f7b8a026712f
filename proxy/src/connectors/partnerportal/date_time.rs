//! A moment as the partner wants it: date, `T`, time, offset.
//!
//! Apart because a form's date field knows only the day.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use validator::ValidationError;

/// Most UTF-16 units of a moment: nine digits of a second and an offset fit.
const LENGTH_MAX: u32 = 40;

/// A moment, or a day, which is sent as its first moment in UTC: no document says how a day is meant.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct DateTime(String);

/// Shows its length only: it is part of a lead.
impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DateTime({} bytes)", self.0.len())
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match is_day(&self.0) {
            true => serializer.serialize_str(&format!("{}T00:00:00Z", self.0)),
            false => serializer.serialize_str(&self.0),
        }
    }
}

impl JsonSchema for DateTime {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "DateTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "maxLength": LENGTH_MAX })
    }
}

/// Refuses what is neither a moment nor a day.
pub(super) fn check(value: &DateTime) -> Result<(), ValidationError> {
    let fits = is_day(&value.0) || is_moment(&value.0);
    fits.then_some(()).ok_or_else(|| ValidationError::new("date_time"))
}

/// `2026-03-01`, of the calendar.
fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// RFC 3339: jiff alone would also take a space for the `T`, an offset without its colon and a time zone's name.
fn is_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    let offset = |at: usize| {
        bytes.get(at).is_some_and(|sign| matches!(sign, b'+' | b'-')) && bytes.get(at + 3) == Some(&b':')
    };
    let ends = text.ends_with('Z') || bytes.len().checked_sub(6).is_some_and(offset);
    let fits = bytes.get(4) == Some(&b'-') && bytes.get(10) == Some(&b'T') && bytes.get(16) == Some(&b':');
    let plain = text.chars().all(|c| c.is_ascii_digit() || "-:.+TZ".contains(c));
    let short = text.len() <= usize::try_from(LENGTH_MAX).unwrap_or(usize::MAX);
    fits && ends && plain && short && text.parse::<jiff::Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moment_or_day_is_taken_and_anything_else_is_not() {
        for (text, sent) in [
            ("2026-03-01T09:30:00Z", Some("2026-03-01T09:30:00Z")),
            ("2026-03-01T09:30:00.250+01:00", Some("2026-03-01T09:30:00.250+01:00")),
            ("2026-03-01", Some("2026-03-01T00:00:00Z")),
            ("2026-02-30", None),
            ("2026-02-30T09:30:00Z", None),
            ("2026-03-01T09:30:00", None),
            ("2026-03-01 09:30:00Z", None),
            ("2026-03-01T09:30:00+0100", None),
            ("2026-03-01T09:30:00+01:00[Europe/Rome]", None),
            ("20260301T093000Z", None),
            ("01/03/2026", None),
            ("tomorrow", None),
            ("", None),
            ("ä", None),
        ] {
            let moment = DateTime(text.to_owned());
            let written = serde_json::to_value(&moment).unwrap();
            let written = check(&moment).is_ok().then(|| written.as_str().unwrap().to_owned());
            assert_eq!(written.as_deref(), sent, "{text}");
        }
    }
}
