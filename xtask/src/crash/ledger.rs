//! The simulator's ledger, as far as the count needs it.

use crate::load::Moment;
use anyhow::{Context, Result};
use serde_json::Value;

/// One request that reached the partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) id: String,
    /// When the partner had read the whole request.
    pub(super) at: Moment,
}

/// One lead that the partner took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) id: String,
    pub(super) email: String,
}

/// Everything that arrived at the partner, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pub(super) requests: Vec<Asked>,
    pub(super) leads: Vec<Taken>,
}

impl Ledger {
    /// Reads `ledger.json`.
    pub(super) fn read(json: &Value) -> Result<Self> {
        let list = |name: &str| {
            json.get(name)
                .and_then(Value::as_array)
                .with_context(|| format!("found no `{name}` in the ledger"))
        };
        let text = |entry: &Value, path: &str| entry.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let requests = list("requests")?.iter().map(|entry| {
            let at = text(entry, "/received_at").as_deref().and_then(moment);
            let at = at.context("found a request in the ledger without a time that can be read")?;
            Ok(Asked { id: text(entry, "/id").unwrap_or_default(), at })
        });
        let leads = list("leads")?.iter().map(|entry| {
            let id = text(entry, "/id").context("found a lead in the ledger without an ID")?;
            Ok(Taken { id, email: text(entry, "/fields/Email").unwrap_or_default() })
        });
        Ok(Self { requests: requests.collect::<Result<_>>()?, leads: leads.collect::<Result<_>>()? })
    }
}

/// Reads `2026-11-21T08:04:07.123Z`, the one way in which the ledger writes a time.
fn moment(text: &str) -> Option<Moment> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(seconds, ':')?;
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let days = days_since_1970(year, month, day);
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + millis)
}

fn numbers(text: &str, between: char) -> Option<[i64; 3]> {
    let numbers: Option<Vec<i64>> = text.split(between).map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// Counted from the first of March, so that the leap day is a year's last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let months = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (months * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_to_the_millisecond() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.000Z", Some(0)),
            ("2000-02-29T23:59:59.999Z", Some(951_868_799_999)),
            ("2026-11-21T08:04:07.5Z", Some(1_795_248_247_500)),
            ("2026-11-21T08:04:07Z", Some(1_795_248_247_000)),
            ("2026-11-21 08:04:07", None),
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
    }

    #[test]
    fn ledger_is_read_and_a_strange_one_is_refused() {
        let ledger = json!({
            "requests": [{ "id": "A", "received_at": "1970-01-01T00:00:01.000Z" }, { "id": null, "received_at": "1970-01-01T00:00:02.000Z" }],
            "leads": [{ "id": "A", "fields": { "Email": "a@b.example" } }],
        });
        let ledger = Ledger::read(&ledger).unwrap();
        assert_eq!(ledger.requests.iter().map(|asked| asked.at).collect::<Vec<_>>(), [1_000, 2_000]);
        assert_eq!(ledger.leads, [Taken { id: "A".to_owned(), email: "a@b.example".to_owned() }]);
        assert!(Ledger::read(&json!({})).is_err());
    }
}
