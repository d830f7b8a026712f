//! What the store says of every delivery and attempt, as `lead-proxy deliveries history` tells it.
//!
//! Apart because it is the proxy's own word: the count holds it against the partners', and believes it in nothing that they
//! can tell as well.

use crate::{house::House, load::Moment, sh};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::HashMap;

/// Every delivery by its receipt.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) entries: HashMap<String, Entry>,
}

/// A delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) account: String,
    pub(crate) state: String,
    /// First to last.
    pub(crate) attempts: Vec<Attempt>,
}

/// An attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) number: i64,
    pub(crate) class: String,
    pub(crate) started_at: Moment,
    /// None while it is written down as sending.
    pub(crate) ended_at: Option<Moment>,
    /// Whether who made it ended it himself, because the partner took too long.
    pub(crate) timed_out: bool,
}

impl Entry {
    /// How many of its attempts ended so that nobody knew what became of them.
    pub(crate) fn doubts(&self) -> usize {
        self.attempts.iter().filter(|attempt| attempt.class == "in_doubt").count()
    }
}

impl Book {
    /// Asks the program; the proxy may run meanwhile or not.
    pub(crate) fn of(house: &House) -> Result<Self> {
        Self::read(&sh::output(&mut house.proxy_tool(&["deliveries", "history"]))?)
    }

    /// Reads what it says, an object a line.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let mut entries = HashMap::new();
        for line in text.lines() {
            let (receipt, entry) =
                entry(line).context("found a line of `deliveries history` that can't be read")?;
            entries.insert(receipt, entry);
        }
        Ok(Self { entries })
    }
}

fn entry(line: &str) -> Option<(String, Entry)> {
    let json: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| json.get(name)?.as_str().map(str::to_owned);
    let attempts = json.get("attempts")?.as_array()?.iter().map(attempt).collect::<Option<_>>()?;
    Some((text("receipt")?, Entry { account: text("account")?, state: text("state")?, attempts }))
}

fn attempt(json: &Value) -> Option<Attempt> {
    Some(Attempt {
        number: json.get("number")?.as_i64()?,
        class: json.get("state")?.as_str()?.to_owned(),
        started_at: json.get("started_at_ms")?.as_i64()?,
        ended_at: json.get("ended_at_ms")?.as_i64(),
        timed_out: json.get("why").and_then(Value::as_str) == Some("timed_out"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_read_with_its_attempts_and_a_strange_one_is_told() {
        let line = concat!(
            r#"{"receipt":"A","account":"spotcap","state":"held","reason":"timed_out","attempts":["#,
            r#"{"number":1,"state":"in_doubt","why":"timed_out","started_at_ms":5,"ended_at_ms":9}]}"#
        );
        let book = Book::read(line).unwrap();
        let entry = &book.entries["A"];
        let class = "in_doubt".to_owned();
        assert_eq!(
            entry.attempts,
            [Attempt { number: 1, class, started_at: 5, ended_at: Some(9), timed_out: true }]
        );
        assert_eq!((entry.doubts(), entry.state.as_str()), (1, "held"));
        assert!(Book::read("{}").is_err());
    }
}
