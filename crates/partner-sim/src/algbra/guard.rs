//! Who may come in: token, date, nonce and signature of a request, and the settings a test may change about them.
//!
//! Apart because every operation asks it first, and because it alone remembers between requests: a nonce serves once.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use rsa::RsaPublicKey;

use super::prospect::Problem;
use super::scheme::Scheme;
use super::signature::{Signed, read_key, verify};
use crate::ledger::KeyCheck;

/// How far a request's date may be from now. The document says only that there must be one.
const SKEW: Duration = Duration::from_secs(300);

/// The headers that every operation wants.
const HEADERS: [&str; 4] = ["authorization", "date", NONCE, SIGNATURE];
const NONCE: &str = "x-alg-nonce";
const SIGNATURE: &str = "x-alg-signature";

/// What the partner knows of its one caller.
pub(super) struct Guard {
    token: String,
    rules: Mutex<Rules>,
}

struct Rules {
    /// None knows nobody: every signature is refused.
    key: Option<RsaPublicKey>,
    scheme: Scheme,
    skew: Duration,
    /// Of requests that came in.
    spent: HashSet<String>,
}

/// A request as far as its signature speaks of it.
pub(super) struct Caller<'a> {
    pub(super) method: &'a str,
    /// Path and query without the base URL.
    pub(super) url: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// Why a request stays outside.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) check: KeyCheck,
    pub(super) problems: Vec<Problem>,
}

impl Guard {
    pub(super) fn new(token: String, key: Option<RsaPublicKey>) -> Self {
        let rules = Rules { key, scheme: Scheme::default(), skew: SKEW, spent: HashSet::new() };
        Self { token, rules: Mutex::new(rules) }
    }

    pub(super) fn set_key(&self, pem: &str) -> anyhow::Result<()> {
        self.rules().key = Some(read_key(pem)?);
        Ok(())
    }

    pub(super) fn set_scheme(&self, scheme: Scheme) {
        self.rules().scheme = scheme;
    }

    pub(super) fn set_skew(&self, skew: Duration) {
        self.rules().skew = skew;
    }

    /// Lets a request in and spends its nonce, or tells everything that is wrong with it.
    pub(super) fn check(&self, caller: &Caller<'_>, now: Timestamp) -> Result<(), Refusal> {
        let mut refusal = Refusal { check: KeyCheck::Valid, problems: Vec::new() };
        let mut one = |name: &str| {
            let value = single(caller.headers, name);
            value.map_err(|problem| refusal.add(KeyCheck::Missing, name, problem)).ok()
        };
        let [authorization, date, nonce, signature] = HEADERS.map(&mut one);
        if authorization.is_some_and(|token| token != self.token) {
            refusal.add(KeyCheck::Wrong, "authorization", "is not the API token");
        }
        let mut rules = self.rules();
        if let Some(Err((check, problem))) = date.map(|date| check_date(date, now, rules.skew)) {
            refusal.add(check, "date", problem);
        }
        if nonce.is_some_and(str::is_empty) {
            refusal.add(KeyCheck::Missing, NONCE, "is empty");
        }
        if let (Some(authorization), Some(date), Some(nonce), Some(signature)) =
            (authorization, date, nonce, signature)
        {
            let signed = (authorization, date, nonce);
            if let Err(problem) = rules.verify(caller, signed, signature) {
                refusal.add(KeyCheck::Wrong, SIGNATURE, problem);
            }
            // Only what came in spends a nonce: else a stranger could spend ours.
            if refusal.problems.is_empty() && !rules.spent.insert(nonce.to_owned()) {
                refusal.add(KeyCheck::Wrong, NONCE, "has been used before");
            }
        }
        if refusal.problems.is_empty() { Ok(()) } else { Err(refusal) }
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rules {
    fn verify(
        &self,
        caller: &Caller<'_>,
        (authorization, date, nonce): (&str, &str, &str),
        signature: &str,
    ) -> Result<(), &'static str> {
        let key = self.key.as_ref().ok_or("no public key is known to check it with")?;
        let body =
            std::str::from_utf8(caller.body).map_err(|_| "the body is not UTF-8, so nothing can sign it")?;
        let Caller { method, url, .. } = *caller;
        verify(key, &self.scheme, &Signed { url, method, authorization, date, nonce, body }, signature)
    }
}

impl Refusal {
    fn add(&mut self, check: KeyCheck, header: &str, problem: &str) {
        if self.problems.is_empty() {
            self.check = check;
        }
        self.problems.push((header.to_owned(), problem.to_owned()));
    }
}

/// Gives the header's only value.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, &'static str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => std::str::from_utf8(value.as_bytes()).map_err(|_| "is not text"),
        (None, _) => Err("is missing"),
        (Some(_), Some(_)) => Err("is given twice"),
    }
}

/// Takes the one form that RFC 7231 has senders make: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn check_date(date: &str, now: Timestamp, skew: Duration) -> Result<(), (KeyCheck, &'static str)> {
    let parsed = DateTimeParser::new().parse_timestamp(date);
    let exact = |at: &Timestamp| {
        DateTimePrinter::new().timestamp_to_rfc9110_string(at).is_ok_and(|printed| printed == date)
    };
    match parsed.ok().filter(exact) {
        None => Err((KeyCheck::Wrong, "is not an HTTP date such as Sun, 06 Nov 1994 08:49:37 GMT")),
        Some(at) if at.duration_since(now).unsigned_abs() > skew => {
            Err((KeyCheck::Expired, "is too far from the partner's clock"))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(date: &str, fits: bool) {
        let now: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(check_date(date, now, SKEW).is_ok(), fits, "{date}");
    }

    #[test]
    fn date_is_taken_in_one_form_only() {
        check("Sun, 06 Nov 1994 08:49:37 GMT", true);
        for other in [
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 1994 09:49:37 +0100",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "1994-11-06T08:49:37Z",
            "",
        ] {
            check(other, false);
        }
    }

    #[test]
    fn date_may_be_five_minutes_off_and_not_a_second_more() {
        check("Sun, 06 Nov 1994 08:44:37 GMT", true);
        check("Sun, 06 Nov 1994 08:54:37 GMT", true);
        check("Sun, 06 Nov 1994 08:44:36 GMT", false);
        check("Sun, 06 Nov 1994 08:54:38 GMT", false);
    }
}
