//! What every campaign has in common: short waits, the consent, and the drain at its end.
//!
//! Apart from the house itself, which the demo lives in as well.

use super::{House, child::Child, stop::Stop, until};
use crate::sh;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    thread,
    time::{Duration, Instant},
};

/// Longest exchange with a partner, and so half a lease: long for a partner on the same machine, short for a campaign.
pub(crate) const EXCHANGE: Duration = Duration::from_millis(2_000);
/// The least that the configuration allows.
pub(crate) const LEASE: Duration = Duration::from_millis(4_000);
/// How often it is looked whether anything is still on its way.
const DRAIN_LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The waits of a campaign, and no bound on the rate: what it is after is the order of things, not their pace.
pub(crate) fn overrides() -> Vec<(&'static str, String)> {
    let millis = |time: Duration| time.as_millis().to_string();
    vec![
        ("LEAD_PROXY__DELIVERY__ACCOUNT_PER_MINUTE", "0".to_owned()),
        ("LEAD_PROXY__DELIVERY__ACCOUNT_CONCURRENT_MAX", "4".to_owned()),
        ("LEAD_PROXY__DELIVERY__BREAKER_WAIT_MS", "1000".to_owned()),
        ("LEAD_PROXY__DELIVERY__PROBE_WAIT_MS", "1000".to_owned()),
        ("LEAD_PROXY__DELIVERY__DOUBT_WAIT_MS", "500".to_owned()),
        ("LEAD_PROXY__DELIVERY__RETRY_WAITS_MS", "[200, 500, 1000]".to_owned()),
        ("LEAD_PROXY__DELIVERY__CONNECT_TIMEOUT_MS", "1000".to_owned()),
        ("LEAD_PROXY__DELIVERY__EXCHANGE_TIMEOUT_MS", millis(EXCHANGE)),
        ("LEAD_PROXY__DELIVERY__LEASE_MS", millis(LEASE)),
    ]
}

impl House {
    /// Connects Octorate's account as a person would: to the partner's page, who agrees, and back.
    pub(crate) fn connect(&self) -> Result<()> {
        let page = self.web.location(&format!("{}/connect/octorate", self.ports.operator_url()))?;
        let back = self.web.location(&format!("{page}&approve=true"))?;
        let status = self.web.status(&back);
        ensure!(status == Some(200), "the consent ended with {status:?}, expected 200");
        Ok(())
    }

    /// Lets the access tokens of a simulated partner expire now.
    pub(crate) fn expire_tokens(&self, account: &str) -> Result<()> {
        let url = format!("{}/{account}/oauth/expire", self.ports.simulator_url());
        let (status, _) = self.web.post(&url, &[], "")?;
        ensure!(status == 204, "{url} answered {status}, expected 204");
        Ok(())
    }

    /// Waits until no delivery is on its way any more; so long at most while their number does not go down.
    pub(crate) fn drain(&mut self, replicas: &mut [Child], limit: Duration, stop: &Stop) -> Result<()> {
        let (mut fewest, mut since) = (usize::MAX, Instant::now());
        loop {
            stop.check()?;
            self.check_alive()?;
            replicas.iter_mut().try_for_each(Child::check_alive)?;
            let moving = self.count_moving()?;
            if moving < fewest {
                (fewest, since) = (moving, Instant::now());
            }
            if moving == 0 || since.elapsed() >= limit {
                return Ok(());
            }
            thread::sleep(DRAIN_LOOK_AGAIN);
        }
    }

    /// Waits until at most so many are on their way, so long at most: a campaign shall not run away from its proxy.
    pub(crate) fn catch_up(&mut self, most: usize, limit: Duration, stop: &Stop) -> Result<()> {
        until(limit, stop, || {
            self.check_alive()?;
            Ok(self.count_moving()? <= most)
        })?;
        Ok(())
    }

    fn count_moving(&self) -> Result<usize> {
        let text = sh::output(&mut self.proxy_tool(&["deliveries", "list", "--json"]))?;
        let list: Value =
            serde_json::from_str(&text).context("`lead-proxy deliveries list --json` wrote no JSON")?;
        let list = list.as_array().context("`lead-proxy deliveries list --json` wrote no list")?;
        let state = |entry: &Value| entry.get("state").and_then(Value::as_str).map(str::to_owned);
        let moves = |entry: &&Value| matches!(state(entry).as_deref(), Some("waiting" | "leased") | None);
        Ok(list.iter().filter(moves).count())
    }
}
