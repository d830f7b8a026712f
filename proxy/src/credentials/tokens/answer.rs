//! Reads what a token endpoint answers: tokens, patience, or a refusal.
//!
//! Apart and pure, since what partners answer is the wildest part of it. Nothing of an answer is kept but the tokens:
//! reasons are codes of ours.

use std::time::Duration;

use http::{HeaderMap, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::connectors::{Answer, RetryAfter, Why};

/// Longest token that is taken: it has to go into a header.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// Longest life that is believed.
const LIFE_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The errors by which an endpoint refuses (RFC 6749 5.2 and 4.1.2.1, RFC 8707), in its spelling.
const REFUSALS: [&str; 8] = [
    INVALID_GRANT,
    INVALID_CLIENT,
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_request",
    "invalid_target",
    "access_denied",
];
pub(super) const INVALID_GRANT: &str = "invalid_grant";
const INVALID_CLIENT: &str = "invalid_client";

/// New tokens.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) access: SecretString,
    /// None where the one that was used stays good.
    pub(super) refresh: Option<SecretString>,
    pub(super) life: Life,
}

/// How long a token is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// So long.
    Known(Duration),
    /// The answer does not say.
    Unsaid,
    /// Not more than nothing, longer than anybody can promise, or not to be read.
    Unbelievable,
}

/// No tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoToken {
    /// Not now.
    Later {
        /// Why: a code.
        reason: String,
        /// For how long the endpoint asks for patience.
        wait: Option<Duration>,
    },
    /// Not for this client, or not with what it has shown.
    Refused {
        /// Why: a code.
        reason: String,
        /// Whether it is the client or its request, and not what it has shown, that is refused.
        is_client: bool,
    },
}

impl NoToken {
    pub(super) fn later(why: Why) -> Self {
        Self::Later { reason: why.to_string(), wait: None }
    }
}

/// Reads a complete answer.
pub(super) fn read(answer: &Answer, now: Timestamp) -> Result<Fresh, NoToken> {
    match answer.status {
        200 | 201 => read_success(answer, now),
        400 | 401 | 403 => Err(read_refusal(answer)),
        status => Err(NoToken::Later {
            reason: Why::Status(status).to_string(),
            wait: answer.retry_after().map(|asked| match asked {
                RetryAfter::Wait(wait) => wait,
                RetryAfter::At(seconds) => Timestamp::from_ms(seconds.saturating_mul(1_000)).since(now),
            }),
        }),
    }
}

fn read_success(answer: &Answer, now: Timestamp) -> Result<Fresh, NoToken> {
    if answer.is_html() {
        return Err(NoToken::later(Why::HtmlBody));
    }
    let Some(Value::Object(mut body)) = answer.json() else {
        return Err(NoToken::later(Why::UnreadableBody));
    };
    let Some(access) = take_token(&mut body, "access_token") else {
        // Some refuse with a 200.
        return Err(refusal_in(&body).unwrap_or_else(|| {
            NoToken::later(if body.contains_key("error") { Why::ErrorInBody } else { Why::UnreadableBody })
        }));
    };
    let refresh = take_text(&mut body, "refresh_token");
    Ok(Fresh { access, refresh, life: life_in(&body, &answer.headers, now) })
}

fn read_refusal(answer: &Answer) -> NoToken {
    let named = match answer.json() {
        Some(Value::Object(body)) => refusal_in(&body),
        _ => None,
    };
    let why = Why::Status(answer.status);
    named.unwrap_or_else(|| match answer.status {
        // Not a status of RFC 6749: quotas and firewalls speak so, too, and they pass.
        403 => NoToken::later(why),
        // Nobody knows whether the client or the refresh token is meant.
        _ => NoToken::Refused { reason: why.to_string(), is_client: false },
    })
}

fn refusal_in(body: &Map<String, Value>) -> Option<NoToken> {
    let error = body.get("error")?.as_str()?;
    let known = REFUSALS.into_iter().find(|known| *known == error)?;
    let is_client = !matches!(known, INVALID_GRANT | "access_denied");
    Some(NoToken::Refused { reason: known.to_owned(), is_client })
}

/// A token that can be sent in a header.
fn take_token(body: &mut Map<String, Value>, name: &str) -> Option<SecretString> {
    take_text(body, name).filter(|token| token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()))
}

fn take_text(body: &mut Map<String, Value>, name: &str) -> Option<SecretString> {
    let Some(Value::String(text)) = body.get_mut(name).map(Value::take) else { return None };
    let token = SecretString::from(text);
    (1..=TOKEN_BYTES_MAX).contains(&token.expose_secret().len()).then_some(token)
}

fn life_in(body: &Map<String, Value>, headers: &HeaderMap, now: Timestamp) -> Life {
    let said = |name: &str| body.get(name).filter(|value| !value.is_null());
    let seconds = match (said("expires_in"), said("expireDate").or_else(|| said("expires_at"))) {
        (Some(span), _) => seconds_of(span),
        // The two clocks may differ, so the partner's date is held against the partner's clock.
        (None, Some(date)) => {
            let now = date_of(headers).unwrap_or_else(|| now.as_ms().div_euclid(1_000));
            moment_of(date).map(|at| at.saturating_sub(now))
        }
        (None, None) => return Life::Unsaid,
    };
    let life = seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
    life.filter(|life| !life.is_zero() && *life <= LIFE_MAX).map_or(Life::Unbelievable, Life::Known)
}

fn seconds_of(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok().or_else(|| whole(text.trim().parse().ok()?)),
        _ => None,
    }
}

/// A number of seconds with a fraction, as some write it.
fn whole(seconds: f64) -> Option<i64> {
    let longest = LIFE_MAX.as_secs_f64();
    // Beyond the longest life it does not matter how far.
    Duration::try_from_secs_f64(seconds.min(longest * 2.0))
        .ok()
        .and_then(|span| span.as_secs().try_into().ok())
}

/// A date as RFC 3339 has it, also with the zone's name behind it; or seconds or milliseconds since 1970 UTC.
fn moment_of(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            let date =
                text.strip_suffix(']').and_then(|text| text.rsplit_once('[')).map_or(text, |(date, _)| date);
            date.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
        }
        Value::Number(number) => {
            let number = number.as_i64()?;
            // As seconds, this is the year 5138; as milliseconds, 1973.
            Some(if number > 100_000_000_000 { number / 1_000 } else { number })
        }
        _ => None,
    }
}

fn date_of(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(date.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_767_225_600_500);

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    fn life(members: &str) -> Life {
        read(&answer(200, &format!(r#"{{"access_token":"a"{members}}}"#)), NOW).unwrap().life
    }

    fn no_token(status: u16, body: &str) -> NoToken {
        read(&answer(status, body), NOW).unwrap_err()
    }

    #[test]
    fn tokens_are_read_with_and_without_what_is_optional() {
        let body = r#"{"access_token":"a.b-c","token_type":"bearer","expires_in":3600,"refresh_token":"r"}"#;
        let fresh = read(&answer(201, body), NOW).unwrap();
        assert_eq!(fresh.access.expose_secret(), "a.b-c");
        assert_eq!(fresh.refresh.unwrap().expose_secret(), "r");
        assert_eq!(fresh.life, Life::Known(Duration::from_secs(3_600)));
        let fresh = read(&answer(200, r#"{"access_token":"a","refresh_token":""}"#), NOW).unwrap();
        assert!(fresh.refresh.is_none(), "an empty refresh token is none");
        assert_eq!(fresh.life, Life::Unsaid);
    }

    #[test]
    fn life_is_read_as_partners_write_it() {
        let known = |seconds| Life::Known(Duration::from_secs(seconds));
        for (members, expected) in [
            (r#","expires_in":60"#, known(60)),
            (r#","expires_in":"60""#, known(60)),
            (r#","expires_in":60.9"#, known(60)),
            (r#","expires_in":0"#, Life::Unbelievable),
            (r#","expires_in":-5"#, Life::Unbelievable),
            (r#","expires_in":"soon""#, Life::Unbelievable),
            (r#","expires_in":true"#, Life::Unbelievable),
            (r#","expires_in":1e300"#, Life::Unbelievable),
            (r#","expires_in":18446744073709551615"#, Life::Unbelievable),
            (r#","expires_in":31622400"#, known(31_622_400)),
            (r#","expires_in":31622401"#, Life::Unbelievable),
            (r#","expires_in":null"#, Life::Unsaid),
            (r#","expireDate":"2026-01-01T00:10:00Z""#, known(600)),
            (r#","expireDate":"2026-01-01T00:10:00Z[UTC]""#, known(600)),
            (r#","expires_at":"2026-01-01T01:10:00.5+01:00""#, known(600)),
            (r#","expireDate":1767226200000"#, known(600)),
            (r#","expires_at":1767226200"#, known(600)),
            (r#","expireDate":"2025-12-31T23:59:59Z[UTC]""#, Life::Unbelievable),
            (r#","expireDate":"999999999-12-31T23:59:59Z[UTC]""#, Life::Unbelievable),
            (r#","expireDate":"soon""#, Life::Unbelievable),
            (r#","expires_in":60,"expireDate":"2026-01-01T00:10:00Z""#, known(60)),
        ] {
            assert_eq!(life(members), expected, "{members}");
        }
    }

    #[test]
    fn date_is_held_against_the_clock_of_whoever_wrote_it() {
        let mut answer = answer(200, r#"{"access_token":"a","expireDate":"2026-01-01T02:10:00Z[UTC]"}"#);
        let date = http::HeaderValue::from_static("Thu, 01 Jan 2026 02:00:00 GMT");
        answer.headers.insert(header::DATE, date);
        assert_eq!(read(&answer, NOW).unwrap().life, Life::Known(Duration::from_secs(600)));
    }

    #[test]
    fn success_without_a_usable_token_is_none() {
        let long = format!(r#"{{"access_token":"{}"}}"#, "a".repeat(TOKEN_BYTES_MAX + 1));
        for (body, reason) in [
            ("", "unreadable_body"),
            ("null", "unreadable_body"),
            ("[]", "unreadable_body"),
            ("{}", "unreadable_body"),
            (r#"{"access_token":"a""#, "unreadable_body"),
            (r#"{"access_token":""}"#, "unreadable_body"),
            (r#"{"access_token":7}"#, "unreadable_body"),
            (r#"{"access_token":"a b"}"#, "unreadable_body"),
            (r#"{"access_token":"a\r\nX: y"}"#, "unreadable_body"),
            (r#"{"access_token":"é"}"#, "unreadable_body"),
            (&long, "unreadable_body"),
            ("<html>log in</html>", "html_body"),
            (r#"{"error":"try_later"}"#, "error_in_body"),
        ] {
            let expected = NoToken::Later { reason: reason.to_owned(), wait: None };
            assert_eq!(no_token(200, body), expected, "{body:.60}");
        }
    }

    #[test]
    fn refusals_are_told_from_trouble_that_passes() {
        let refused = |reason: &str, is_client| NoToken::Refused { reason: reason.to_owned(), is_client };
        let later = |reason: &str| NoToken::Later { reason: reason.to_owned(), wait: None };
        for (status, body, expected) in [
            (400, r#"{"error":"invalid_grant"}"#, refused("invalid_grant", false)),
            (401, r#"{"error":"invalid_client"}"#, refused("invalid_client", true)),
            (403, r#"{"error":"unauthorized_client"}"#, refused("unauthorized_client", true)),
            (200, r#"{"error":"invalid_grant"}"#, refused("invalid_grant", false)),
            (400, "", refused("status_400", false)),
            (401, "<html>", refused("status_401", false)),
            (400, r#"{"error":"a secret in a name"}"#, refused("status_400", false)),
            (403, r#"{"type":"ApiQuotaException"}"#, later("status_403")),
            (404, "", later("status_404")),
            (302, "", later("status_302")),
            (500, r#"{"error":"invalid_grant"}"#, later("status_500")),
            (999, "", later("status_999")),
        ] {
            assert_eq!(no_token(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn patience_that_is_asked_for_is_read() {
        for (text, seconds) in [("120", 120), ("Thu, 01 Jan 2026 00:02:00 GMT", 119)] {
            let mut answer = answer(429, "");
            answer.headers.insert(header::RETRY_AFTER, http::HeaderValue::from_static(text));
            let NoToken::Later { wait: Some(wait), .. } = read(&answer, NOW).unwrap_err() else { panic!() };
            assert_eq!(wait.as_secs(), seconds);
        }
    }
}
