//! A partner's complete answer, and lenient ways to read it.
//!
//! Apart so that every connector reads bodies with the same patience: empty, text, HTML, huge or not JSON, none panics.

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::Value;

use crate::connectors::parts::failure::speaks_of_failure;

/// A complete answer: status, headers, whole body.
pub struct Answer {
    /// The status, whatever it is.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; transport has bounded its size.
    pub body: Vec<u8>,
}

/// Shows shape only: a partner may quote what we sent.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer(status {}, {} bytes)", self.status, self.body.len())
    }
}

/// When a partner wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so long.
    Wait(Duration),
    /// At this moment, in seconds since 1970 UTC.
    At(i64),
}

impl Answer {
    /// Whether the body is empty but for white space.
    pub fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// Whether the body is a web page, by its type or by its first bytes.
    pub fn is_html(&self) -> bool {
        let media_type = self.headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
        let start = self.body.trim_ascii_start().get(..9).map(<[u8]>::to_ascii_lowercase).unwrap_or_default();
        media_type
            .is_some_and(|value| value.starts_with(b"text/html") || value.starts_with(b"application/xhtml"))
            || start.starts_with(b"<!doctype")
            || start.starts_with(b"<html")
    }

    /// The body as JSON, if it is that.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The `Retry-After` header as seconds or as a date; nothing where it can't be read.
    pub fn retry_after(&self) -> Option<RetryAfter> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(RetryAfter::Wait(Duration::from_secs(seconds)));
        }
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(RetryAfter::At(date.as_second()))
    }

    /// Which of these names the text of a note holds as whole words, in the order of `names`.
    ///
    /// The note is read leniently: a JSON string, or the texts below `Message`, `message`, `error`, `errors` and
    /// `ModelState`, keys included. Nothing of it is kept.
    pub fn names_in_note<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut words = Vec::new();
        match self.json() {
            Some(Value::Object(object)) => {
                for key in ["Message", "message", "error", "errors", "ModelState"] {
                    collect_words(object.get(key), &mut words);
                }
            }
            other => collect_words(other.as_ref(), &mut words),
        }
        names.filter(|name| words.iter().any(|word| word == name)).map(str::to_owned).collect()
    }

    /// Whether the body is JSON that speaks of an error, or says false.
    pub fn speaks_of_error(&self) -> bool {
        self.json().is_some_and(|value| speaks_of_failure(&value))
    }
}

/// Collects the words of every text and key below a value. JSON's own reader bounds the depth.
fn collect_words(value: Option<&Value>, words: &mut Vec<String>) {
    match value {
        Some(Value::String(text)) => split_words(text, words),
        Some(Value::Array(items)) => items.iter().for_each(|item| collect_words(Some(item), words)),
        Some(Value::Object(members)) => {
            for (key, value) in members {
                split_words(key, words);
                collect_words(Some(value), words);
            }
        }
        _ => {}
    }
}

fn split_words(text: &str, words: &mut Vec<String>) {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.extend(parts.filter(|word| !word.is_empty()).map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(content_type: &str, body: &str) -> Answer {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]);
        Answer { status: 200, headers, body: body.into() }
    }

    #[test]
    fn web_page_is_seen_by_its_type_or_by_its_first_bytes() {
        for (content_type, body, html) in [
            ("text/html; charset=utf-8", "", true),
            ("TEXT/HTML", "{}", true),
            ("application/json", "\n <!DOCTYPE html>", true),
            ("application/json", "<html lang=en>", true),
            ("application/json", "{}", false),
            ("text/plain", "<htm", false),
        ] {
            assert_eq!(answer(content_type, body).is_html(), html, "{content_type} {body}");
        }
    }

    #[test]
    fn names_are_whole_words_of_the_note_in_their_own_case() {
        for (body, found) in [
            (r#"{"Message":"Email is required; ReferrerEmail too long"}"#, vec!["Email", "ReferrerEmail"]),
            (r#""FirstName has 201 characters""#, vec!["FirstName"]),
            (r#"{"ModelState":{"model.Email":["bad"]}}"#, vec!["Email"]),
            (r#"{"errors":[{"field":"Email"}]}"#, vec!["Email"]),
            (r#"{"error":"email is bad, EmailX too"}"#, vec![]),
            (r#"{"other":"Email"}"#, vec![]),
            ("Email", vec![]),
            ("", vec![]),
            ("{", vec![]),
        ] {
            let names = ["FirstName", "Email", "ReferrerEmail"];
            assert_eq!(answer("application/json", body).names_in_note(names.into_iter()), found, "{body}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_else_nothing() {
        for (value, expected) in [
            ("2", Some(RetryAfter::Wait(Duration::from_secs(2)))),
            (" 120 ", Some(RetryAfter::Wait(Duration::from_secs(120)))),
            ("Thu, 01 Jan 2026 00:00:00 GMT", Some(RetryAfter::At(1_767_225_600))),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("99999999999999999999999", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            let answer = Answer { status: 429, headers, body: Vec::new() };
            assert_eq!(answer.retry_after(), expected, "{value}");
        }
    }

    #[test]
    fn error_inside_a_success_is_seen() {
        for (body, error) in [
            (r#"{"error":"bad"}"#, true),
            (r#"{"errors":["bad"]}"#, true),
            (r#"{"success":false}"#, true),
            (r#"{"error":null,"errors":[]}"#, false),
            (r#"{"Message":"The lead was taken"}"#, false),
            (r#"{"a":{"b":{"c":{"error":"too deep to be about the lead"}}}}"#, false),
            (r#"{"a":[[{"b":[{"error":"bad"}]}]]}"#, true),
            (r#"{"Notes":"an error","flags":[false]}"#, false),
            (r#""error""#, true),
            ("error", false),
            ("", false),
        ] {
            assert_eq!(answer("application/json", body).speaks_of_error(), error, "{body}");
        }
    }
}
