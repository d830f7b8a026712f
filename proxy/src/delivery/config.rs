//! The section `[delivery]` and its bounds.
//!
//! Apart because transport and accounts take their parts of it, and none of them keeps the whole.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::account::{AccountLimits, PER_MINUTE_MAX};
use crate::config::Finding;
use crate::store::FlowRule;
use crate::transport::{Authorities, TransportLimits};

/// How leads are delivered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryConfig {
    /// Whether partners may be on loopback, also by plain http: for demos and tests.
    pub allow_loopback: bool,
    /// File of certificate authorities in PEM, trusted besides the system's; empty for the system's alone. ("")
    pub ca_file: PathBuf,
    /// What stands in `ca_file`, read by whoever reads the configuration.
    #[serde(skip)]
    pub authorities: Authorities,
    /// Most attempts at once over all accounts, 1 to 1000. (64)
    pub concurrent_max: u32,
    /// Most attempts at once for one account, 1 to 1000. (4)
    pub account_concurrent_max: u32,
    /// Most attempts in a minute for one account, 0 for no bound, to 60000; an account may have its own. (1200)
    pub account_per_minute: u32,
    /// How many of them may go at once after a rest, 1 to 1000. (100)
    pub account_burst: u32,
    /// So many attempts in a row that the partner did not answer open the account's circuit breaker, 1 to 1000. (5)
    pub breaker_failures: u32,
    /// How often one lead is tried while the breaker is open, 1000 to 86400000 ms. (30000)
    pub breaker_wait_ms: u64,
    /// Longest wait for a connection, TLS included, 100 to 60000 ms. (5000)
    pub connect_timeout_ms: u64,
    /// Longest wait for a whole exchange with a partner, 100 to 120000 ms. (20000)
    pub exchange_timeout_ms: u64,
    /// Most bytes of an answer's body that are read, 1024 to 1048576. (1048576: a page of 100
    /// records)
    pub answer_bytes_max: usize,
    /// Waits between attempts that did not reach the partner, each 1 to 86400000 ms; the last one repeats.
    /// (1000, 5000, 30000, 120000, 600000, 3600000)
    pub retry_waits_ms: Vec<u64>,
    /// Age of a lead after which retries end and it becomes a dead letter, 0 to 2592000000 ms. (259200000, three days)
    pub retry_horizon_ms: u64,
    /// Wait before the one more try after doubt, where the connector allows one, 1 to 86400000 ms. (5000)
    pub doubt_wait_ms: u64,
    /// How often a paused account tries one of its leads, to see whether its credential is known again, 1000 to
    /// 86400000 ms. (900000, a quarter of an hour)
    pub probe_wait_ms: u64,
    /// How long a worker's right to a delivery lasts; twice `exchange_timeout_ms` at least. (60000)
    pub lease_ms: u64,
    /// Longest wait for running attempts when the proxy stops, 0 to 120000 ms. (25000)
    pub stop_wait_ms: u64,
}

impl DeliveryConfig {
    /// What is out of its bounds.
    pub fn findings(&self) -> Vec<Finding> {
        const DAY_MS: u64 = 86_400_000;
        let answer_bytes_max = u64::try_from(self.answer_bytes_max).unwrap_or(u64::MAX);
        let longest_wait = self.retry_waits_ms.iter().copied().max().unwrap_or(0);
        let shortest_wait = self.retry_waits_ms.iter().copied().min().unwrap_or(0);
        let bounds = [
            ("concurrent_max", u64::from(self.concurrent_max), 1, 1_000),
            ("account_concurrent_max", u64::from(self.account_concurrent_max), 1, 1_000),
            ("account_per_minute", u64::from(self.account_per_minute), 0, u64::from(PER_MINUTE_MAX)),
            ("account_burst", u64::from(self.account_burst), 1, 1_000),
            ("breaker_failures", u64::from(self.breaker_failures), 1, 1_000),
            ("breaker_wait_ms", self.breaker_wait_ms, 1_000, DAY_MS),
            ("connect_timeout_ms", self.connect_timeout_ms, 100, 60_000),
            ("exchange_timeout_ms", self.exchange_timeout_ms, 100, 120_000),
            ("answer_bytes_max", answer_bytes_max, 1_024, 1_048_576),
            ("retry_waits_ms", longest_wait, 1, DAY_MS),
            ("retry_waits_ms", shortest_wait, 1, DAY_MS),
            ("retry_horizon_ms", self.retry_horizon_ms, 0, 30 * DAY_MS),
            ("doubt_wait_ms", self.doubt_wait_ms, 1, DAY_MS),
            ("probe_wait_ms", self.probe_wait_ms, 1_000, DAY_MS),
            ("lease_ms", self.lease_ms, self.exchange_timeout_ms.saturating_mul(2), DAY_MS),
            ("stop_wait_ms", self.stop_wait_ms, 0, 120_000),
        ];
        let broken = bounds.into_iter().filter(|(_, value, min, max)| value < min || value > max);
        let mut findings: Vec<Finding> = broken
            .map(|(key, value, min, max)| {
                Finding::new(format!("delivery.{key}"), value.to_string(), format!("{min} to {max}"))
            })
            .collect();
        findings.dedup();
        findings
    }

    /// What transport needs of it.
    pub fn transport_limits(&self) -> TransportLimits {
        TransportLimits {
            connect_timeout: Duration::from_millis(self.connect_timeout_ms),
            exchange_timeout: Duration::from_millis(self.exchange_timeout_ms),
            answer_bytes_max: self.answer_bytes_max,
            allow_loopback: self.allow_loopback,
            authorities: self.authorities.clone(),
        }
    }

    /// What accounts need of it.
    pub fn account_limits(&self) -> AccountLimits {
        AccountLimits { allow_loopback: self.allow_loopback }
    }

    /// Most attempts at once for one account.
    pub(super) fn account_room(&self) -> u32 {
        self.account_concurrent_max.min(self.concurrent_max)
    }

    /// What an account's gate keeps to; its own rate, if it has one, goes before the common one.
    pub fn flow(&self, per_minute: Option<u32>) -> FlowRule {
        FlowRule {
            per_minute: Some(per_minute.unwrap_or(self.account_per_minute)).filter(|bound| *bound > 0),
            burst: self.account_burst,
            breaker_failures: self.breaker_failures,
            broken_wait: Duration::from_millis(self.breaker_wait_ms),
            paused_wait: Duration::from_millis(self.probe_wait_ms),
        }
    }

    /// Longest exchange with a partner.
    pub(super) fn exchange(&self) -> Duration {
        Duration::from_millis(self.exchange_timeout_ms)
    }

    pub(super) fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }
}
