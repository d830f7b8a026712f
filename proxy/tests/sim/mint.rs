//! The token endpoints: access tokens that end, and refresh tokens that are good once.
//!
//! Apart from the partners, which only ask whether a token is good. A refresh token that comes twice ends everything that it
//! has brought, as a partner does that looks for thieves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::json;
use tokio::time::Instant;

use crate::faults::Treat;
use crate::partner::answer;

/// One account's endpoint.
pub struct Mint {
    life: Duration,
    issued: u64,
    good: BTreeMap<String, Instant>,
    refresh: Option<String>,
    spent: BTreeSet<String>,
    /// Refresh tokens that came again.
    pub reused: u64,
    /// Requests that were answered with tokens.
    pub given: u64,
}

impl Mint {
    /// Whose tokens live so long.
    pub fn new(life: Duration) -> Self {
        let (good, spent) = (BTreeMap::new(), BTreeSet::new());
        Self { life, issued: 0, good, refresh: None, spent, reused: 0, given: 0 }
    }

    /// Whether requests with this token are taken.
    pub fn knows(&self, access: &str) -> bool {
        self.good.get(access).is_some_and(|ends| Instant::now() < *ends)
    }

    /// Ends every access token before its time.
    pub fn forget_access(&mut self) {
        self.good.clear();
    }

    /// A request is there, whole.
    pub fn arrives(&mut self, body: &str, treat: Treat) -> Response<Bytes> {
        match treat {
            Treat::Take => self.ask(body),
            Treat::TakeAndFail(status) => {
                self.ask(body);
                answer(status, &[], json!({}))
            }
            Treat::TakeAndBabble => {
                self.ask(body);
                answer(200, &[("content-type", "text/html")], serde_json::Value::Null)
            }
            Treat::Fail(status) => answer(status, &[], json!({})),
            Treat::Later(seconds) => answer(429, &[("retry-after", &seconds.to_string())], json!({})),
            Treat::Unknown => answer(401, &[], json!({"error": "invalid_client"})),
            Treat::Reject => answer(400, &[], json!({"error": "invalid_request"})),
        }
    }

    fn ask(&mut self, body: &str) -> Response<Bytes> {
        let value = |name: &str| {
            body.split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, text)| text)
        };
        match (value("refresh_token"), value("code")) {
            (Some(token), _) if self.refresh.as_deref() != Some(token) => {
                if self.spent.contains(token) {
                    self.reused += 1;
                    self.refresh = None;
                    self.good.clear();
                }
                answer(400, &[], json!({"error": "invalid_grant"}))
            }
            (Some(_), _) => {
                self.spent.extend(self.refresh.take());
                self.give(true)
            }
            (None, Some(_)) => {
                // What an earlier consent has brought is no longer good, and says nothing of this one.
                self.spent.clear();
                self.give(true)
            }
            (None, None) => self.give(false),
        }
    }

    fn give(&mut self, refreshes: bool) -> Response<Bytes> {
        self.issued += 1;
        self.given += 1;
        let access = format!("access-{:04}", self.issued);
        self.good.insert(access.clone(), Instant::now() + self.life);
        let mut tokens =
            json!({"access_token": access, "expires_in": self.life.as_secs(), "token_type": "bearer"});
        if refreshes {
            let refresh = format!("refresh-{:04}", self.issued);
            tokens["refresh_token"] = json!(refresh);
            self.refresh = Some(refresh);
        }
        answer(200, &[], tokens)
    }
}
