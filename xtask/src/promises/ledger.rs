//! A simulator's ledger, by visitor: how often each one's lead was asked for, taken and kept.
//!
//! Apart because the partners write leads in six ways. Each carries the visitor's email, which no other visitor has.

use crate::load::Moment;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a partner has of one visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrived {
    /// When each request with the visitor's lead and a good credential had been read.
    pub(crate) asked: Vec<Moment>,
    /// How many of them made or changed a lead.
    pub(crate) taken: usize,
    /// How many leads there are of it.
    pub(crate) leads: usize,
}

/// Everything that arrived at one partner, by the visitor's number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) visitors: BTreeMap<u64, Arrived>,
}

impl Ledger {
    /// Reads `ledger.json`; `mark` is what the run's emails have in common.
    pub(crate) fn read(json: &Value, mark: &str) -> Result<Self> {
        let list = |name: &str| {
            json.get(name)
                .and_then(Value::as_array)
                .with_context(|| format!("found no `{name}` in the ledger"))
        };
        let mut ledger = Self::default();
        for request in list("requests")? {
            let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
            let Some(visitor) = visitor(text("body"), mark) else { continue };
            // A request with an old token is refused before it is looked at, and sent again with a new one.
            if text("credential") != "valid" {
                continue;
            }
            let at = moment(text("received_at"));
            let at = at.context("found a request in the ledger without a time that can be read")?;
            let arrived = ledger.visitors.entry(visitor).or_default();
            arrived.asked.push(at);
            arrived.taken += usize::from(request.get("lead").and_then(Value::as_bool).unwrap_or_default());
        }
        for lead in list("leads")? {
            let fields = lead.get("fields").map(Value::to_string).unwrap_or_default();
            if let Some(visitor) = visitor(&fields, mark) {
                ledger.visitors.entry(visitor).or_default().leads += 1;
            }
        }
        Ok(ledger)
    }
}

/// The number in `visitor-7@MARK.example`, also where the sign is written as forms have it.
fn visitor(text: &str, mark: &str) -> Option<u64> {
    let signs = ["@", "%40"].map(|sign| format!("{sign}{mark}.example"));
    let end = signs.iter().find_map(|sign| text.find(sign.as_str()))?;
    let before = text.get(..end)?;
    before.get(before.rfind("visitor-")? + "visitor-".len()..)?.parse().ok()
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
    fn visitor_is_found_wherever_the_email_stands_and_no_other_runs() {
        for (text, expected) in [
            (r#"{"Email":"visitor-12@m.example"}"#, Some(12)),
            ("a=b&email=visitor-7%40m.example&c=d", Some(7)),
            (r#"{"Email":"visitor-12@other.example"}"#, None),
            ("visitor-@m.example", None),
        ] {
            assert_eq!(visitor(text, "m"), expected, "{text}");
        }
    }

    #[test]
    fn ledger_is_read_by_visitor_and_a_strange_one_is_refused() {
        let request = |second: u32, credential: &str, lead: bool| {
            json!({
                "received_at": format!("1970-01-01T00:00:0{second}.000Z"), "credential": credential, "lead": lead,
                "body": r#"{"mail":"visitor-3@m.example"}"#,
            })
        };
        let other = json!({ "received_at": "1970-01-01T00:00:05.000Z", "credential": "valid", "body": "" });
        let json = json!({
            "requests": [request(1, "expired", false), request(2, "valid", false), request(3, "valid", true), other],
            "leads": [{ "id": "A", "fields": { "notes": "visitor-3@m.example" } }],
        });
        let ledger = Ledger::read(&json, "m").unwrap();
        let expected = Arrived { asked: vec![2_000, 3_000], taken: 1, leads: 1 };
        assert_eq!(ledger.visitors, BTreeMap::from([(3, expected)]));
        assert!(Ledger::read(&json!({}), "m").is_err());
    }
}
