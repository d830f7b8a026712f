//! `lead-proxy deliveries list`: what has not reached its partner, one delivery a line.
//!
//! Apart because it may run beside the proxy that has the store. It shows receipts and codes, nothing of a visitor.

use anyhow::Context as _;
use serde_json::json;

use crate::config::Config;
use crate::store::{OpenDelivery, StorePlace, postgres, sqlite};

pub(super) fn list(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("could not start the runtime")?;
    let deliveries = match &config.store {
        StorePlace::Sqlite(file) => runtime.block_on(sqlite::outbox::open_deliveries(file))?,
        StorePlace::Postgres(url) => runtime.block_on(postgres::outbox::open_deliveries(url))?,
    };
    if as_json {
        let list: Vec<_> = deliveries.iter().map(to_json).collect();
        super::say(&json!(list).to_string());
        return Ok(());
    }
    for delivery in &deliveries {
        super::say(&to_line(delivery));
    }
    Ok(())
}

fn to_json(delivery: &OpenDelivery) -> serde_json::Value {
    json!({
        "receipt": delivery.receipt,
        "form": delivery.form,
        "account": delivery.account,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "reason": delivery.reason,
        "received_at": delivery.received_at.to_string(),
        "due_at": due_at(delivery),
    })
}

/// The same columns, separated by tabs; `-` for none.
fn to_line(delivery: &OpenDelivery) -> String {
    let due_at = due_at(delivery).unwrap_or_else(|| "-".to_owned());
    let reason = delivery.reason.as_deref().unwrap_or("-");
    let OpenDelivery { receipt, form, account, state, attempts, received_at, .. } = delivery;
    format!("{receipt}\t{form}\t{account}\t{state}\t{attempts}\t{reason}\t{received_at}\t{due_at}")
}

/// When it is due, for one that waits.
fn due_at(delivery: &OpenDelivery) -> Option<String> {
    (delivery.state == "waiting").then(|| delivery.due_at.to_string())
}
