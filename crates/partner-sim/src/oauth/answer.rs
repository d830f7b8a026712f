//! Says a token's lifetime, truly or as the fault says, and dresses the answer that carries it.
//!
//! Apart because the two partners say a lifetime in two ways (seconds, a date) and every fault has a form in each.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::oauth::TokenFault;
use crate::oauth::tokens::Issued;

/// How much is put before the token by [`TokenFault::HugeBody`].
const PADDING_BYTES: usize = 10 * 1024 * 1024;

/// Says the lifetime in seconds, as RFC 6749 does.
pub(crate) fn expires_in(issued: &Issued, fault: TokenFault) -> Option<Value> {
    let seconds = issued.lifetime.as_secs();
    match fault {
        TokenFault::NoLifetime => None,
        TokenFault::ZeroLifetime => Some(json!(0)),
        TokenFault::NegativeLifetime => Some(json!(-3600)),
        TokenFault::MistypedLifetime => Some(json!(seconds.to_string())),
        TokenFault::NonsenseLifetime => Some(json!("soon")),
        TokenFault::HugeLifetime => Some(json!(u64::MAX)),
        _ => Some(json!(seconds)),
    }
}

/// Says when the token expires, with the zone's name behind, as Octorate does.
pub(crate) fn expire_date(issued: &Issued, now: Timestamp, fault: TokenFault) -> Option<Value> {
    match fault {
        TokenFault::NoLifetime => None,
        TokenFault::ZeroLifetime => Some(json!(date(now))),
        TokenFault::NegativeLifetime => Some(json!("2001-01-01T00:00:00Z[UTC]")),
        TokenFault::MistypedLifetime => Some(json!(issued.expires_at.as_millisecond())),
        TokenFault::NonsenseLifetime => Some(json!("soon")),
        TokenFault::HugeLifetime => Some(json!("999999999-12-31T23:59:59Z[UTC]")),
        _ => Some(json!(date(issued.expires_at))),
    }
}

fn date(time: Timestamp) -> String {
    format!("{time:.0}[UTC]")
}

/// Takes out or puts in what the fault wants besides the lifetime.
pub(crate) fn dress(mut body: Map<String, Value>, fault: TokenFault) -> Map<String, Value> {
    match fault {
        TokenFault::NoTokenType => drop(body.shift_remove("token_type")),
        TokenFault::NoAccessToken => drop(body.shift_remove("access_token")),
        TokenFault::HugeBody => {
            // Before everything else, so that nobody has the token without reading that far.
            let padding = ("padding".to_owned(), Value::from(" ".repeat(PADDING_BYTES)));
            body = std::iter::once(padding).chain(body).collect();
        }
        _ => {}
    }
    body
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn issued() -> Issued {
        let expires_at = "2030-01-02T03:04:05.678Z".parse().unwrap();
        let lifetime = SignedDuration::from_secs(600);
        Issued { access_token: String::new(), refresh_token: None, lifetime, expires_at }
    }

    #[test]
    fn lifetime_is_said_in_seconds_and_as_a_date_with_its_zone() {
        let now = "2030-01-02T02:54:05.678Z".parse().unwrap();
        let rows = [
            (TokenFault::None, Some(json!(600)), Some(json!("2030-01-02T03:04:05Z[UTC]"))),
            (TokenFault::NoLifetime, None, None),
            (TokenFault::ZeroLifetime, Some(json!(0)), Some(json!("2030-01-02T02:54:05Z[UTC]"))),
            (TokenFault::NegativeLifetime, Some(json!(-3600)), Some(json!("2001-01-01T00:00:00Z[UTC]"))),
            (TokenFault::MistypedLifetime, Some(json!("600")), Some(json!(1_893_553_445_678_i64))),
            (TokenFault::NonsenseLifetime, Some(json!("soon")), Some(json!("soon"))),
            (
                TokenFault::HugeLifetime,
                Some(json!(18_446_744_073_709_551_615_u64)),
                Some(json!("999999999-12-31T23:59:59Z[UTC]")),
            ),
        ];
        for (fault, seconds, date) in rows {
            assert_eq!(expires_in(&issued(), fault), seconds, "{fault}");
            assert_eq!(expire_date(&issued(), now, fault), date, "{fault}");
        }
    }
}
