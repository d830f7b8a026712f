//! `lead-proxy deliveries history`: every delivery with its attempts, one JSON object a line.
//!
//! Apart because it may run beside the proxy that has the store. It shows receipts, codes and times, nothing of a visitor.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::config::Config;
use crate::store::{AttemptHistory, DeliveryHistory, tell_history};

pub(super) fn run(config: &Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("could not start the runtime")?;
    runtime
        .block_on(tell_history(&config.store, &mut |history| super::say(&to_json(&history).to_string())))?;
    Ok(())
}

fn to_json(history: &DeliveryHistory) -> Value {
    let DeliveryHistory { receipt, account, state, reason, attempts } = history;
    let attempts: Vec<Value> = attempts.iter().map(attempt_to_json).collect();
    json!({ "receipt": receipt, "account": account, "state": state, "reason": reason, "attempts": attempts })
}

fn attempt_to_json(attempt: &AttemptHistory) -> Value {
    let AttemptHistory { number, state, why, started_at, ended_at } = attempt;
    json!({ "number": number, "state": state, "why": why, "started_at_ms": started_at, "ended_at_ms": ended_at })
}
