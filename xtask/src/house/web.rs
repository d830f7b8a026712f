//! Plain HTTP to our own programs on loopback.
//!
//! Apart so that one place says how long anything may take and that a refusal is an answer, not an error.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::time::Duration;
use ureq::Agent;

/// Longer than the proxy ever lets a visitor wait.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// A ledger of a long campaign has tens of thousands of requests with their bodies.
const BODY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Keeps connections open between requests, as a browser does.
#[derive(Clone)]
pub(crate) struct Web(Agent);

impl Web {
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(ANSWER_LIMIT));
        Self(config.build().into())
    }

    /// The status that a GET is answered with; none where nobody answers.
    pub(crate) fn status(&self, url: &str) -> Option<u16> {
        self.0.get(url).call().ok().map(|answer| answer.status().as_u16())
    }

    /// Status and text that a GET is answered with.
    pub(crate) fn text(&self, url: &str) -> Result<(u16, String)> {
        let mut answer = self.0.get(url).call().with_context(|| format!("no answer from {url}"))?;
        let text = answer.body_mut().read_to_string();
        Ok((answer.status().as_u16(), text.with_context(|| format!("the answer of {url} broke off"))?))
    }

    /// Where the answer to a GET sends a browser.
    pub(crate) fn location(&self, url: &str) -> Result<String> {
        let answer = self.0.get(url).call().with_context(|| format!("no answer from {url}"))?;
        let location = answer.headers().get("location").and_then(|location| location.to_str().ok());
        let location = location.map(str::to_owned);
        location.with_context(|| format!("{url} answered {} and sends nobody anywhere", answer.status()))
    }

    /// GETs JSON.
    pub(crate) fn json(&self, url: &str) -> Result<Value> {
        let mut answer = self.0.get(url).call().with_context(|| format!("no answer from {url}"))?;
        ensure!(answer.status() == 200, "{url} answered {}, expected 200", answer.status());
        let text = answer.body_mut().with_config().limit(BODY_BYTES_MAX).read_to_string();
        let text = text.with_context(|| format!("the answer of {url} broke off"))?;
        serde_json::from_str(&text).with_context(|| format!("the answer of {url} is not JSON"))
    }

    /// POSTs JSON with headers; status and body of a complete answer, an error for anything less.
    pub(crate) fn post(&self, url: &str, headers: &[(&str, &str)], body: &str) -> Result<(u16, String)> {
        let mut request = self.0.post(url).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = request.send(body).with_context(|| format!("no answer from {url}"))?;
        let text =
            answer.body_mut().read_to_string().with_context(|| format!("the answer of {url} broke off"))?;
        Ok((answer.status().as_u16(), text))
    }
}
