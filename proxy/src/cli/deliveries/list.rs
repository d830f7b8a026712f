//! `lead-proxy deliveries list`: what has not reached its partner, one delivery a line.
//!
//! Apart because it reads the store itself, beside the proxy that has it or one that is stopped.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::Filter;
use crate::cli::table;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::store::{DeliveryState, OpenDelivery, StorePlace, postgres, sqlite};

pub(super) fn list(config: &Config, filter: &Filter, as_json: bool) -> anyhow::Result<()> {
    let wanted = Wanted::of(filter)?;
    let runtime = tokio::runtime::Runtime::new().context("could not start the runtime")?;
    let mut deliveries = match &config.store {
        StorePlace::Sqlite(file) => runtime.block_on(sqlite::outbox::open_deliveries(file))?,
        StorePlace::Postgres(url) => runtime.block_on(postgres::outbox::open_deliveries(url))?,
    };
    for delivery in &mut deliveries {
        name_account(config, delivery);
    }
    deliveries.retain(|delivery| wanted.takes(delivery));
    if as_json {
        let list: Vec<_> = deliveries.iter().map(to_json).collect();
        super::super::say(&json!(list).to_string());
        return Ok(());
    }
    let rows: Vec<_> = deliveries.iter().map(to_row).collect();
    table::print(&COLUMNS, &rows);
    Ok(())
}

/// The configuration's word on why one waits.
fn name_account(config: &Config, delivery: &mut OpenDelivery) {
    if delivery.state != DeliveryState::Waiting.as_str() {
        return;
    }
    let account = config.accounts.iter().find(|account| account.id() == delivery.account);
    match account.map(crate::account::Account::is_enabled) {
        None => delivery.reason = Some("account_unknown".to_owned()),
        Some(false) => delivery.reason = Some("account_disabled".to_owned()),
        Some(true) => {}
    }
}

/// A filter, read.
struct Wanted<'f> {
    states: Option<Vec<DeliveryState>>,
    filter: &'f Filter,
    received_until: Option<Timestamp>,
}

impl<'f> Wanted<'f> {
    fn of(filter: &'f Filter) -> anyhow::Result<Self> {
        let state = |name: &str| {
            DeliveryState::parse(name.trim()).filter(|state| DeliveryState::OPEN.contains(state))
        };
        let states = match &filter.state {
            None => None,
            Some(names) => match names.split(',').map(state).collect() {
                Some(states) => Some(states),
                None => {
                    let known: Vec<_> = DeliveryState::OPEN.iter().map(|state| state.as_str()).collect();
                    bail!("--state takes {}, with commas between them", known.join(", "));
                }
            },
        };
        let age = |hours: u32| Duration::from_secs(u64::from(hours) * 3_600);
        let received_until = filter.older_than.map(|hours| Clock::system().now().before(age(hours)));
        Ok(Self { states, filter, received_until })
    }

    fn takes(&self, delivery: &OpenDelivery) -> bool {
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let stands =
            |states: &Vec<DeliveryState>| states.iter().any(|state| state.as_str() == delivery.state);
        self.states.as_ref().is_none_or(stands)
            && is(&self.filter.account, &delivery.account)
            && is(&self.filter.form, &delivery.form)
            && self.filter.reason.as_deref().is_none_or(|wanted| has_reason(delivery, wanted))
            && self.received_until.is_none_or(|until| delivery.received_at <= until)
    }
}

/// Whether it has this reason, or one of this family: `robot` takes `robot:honeypot`.
fn has_reason(delivery: &OpenDelivery, wanted: &str) -> bool {
    let found = delivery.reason.as_deref().unwrap_or_default();
    found == wanted || found.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(':'))
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
        "duplicate_of": delivery.duplicate_of,
    })
}

/// What a list shows of each.
const COLUMNS: [&str; 9] =
    ["receipt", "form", "account", "state", "attempts", "reason", "received", "due", "duplicate of"];

/// The same, `-` for none.
fn to_row(delivery: &OpenDelivery) -> Vec<String> {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    vec![
        delivery.receipt.clone(),
        delivery.form.clone(),
        delivery.account.clone(),
        delivery.state.clone(),
        delivery.attempts.to_string(),
        or_none(delivery.reason.clone()),
        delivery.received_at.to_string(),
        or_none(due_at(delivery)),
        or_none(delivery.duplicate_of.clone()),
    ]
}

/// When it is due, for one that waits.
fn due_at(delivery: &OpenDelivery) -> Option<String> {
    (delivery.state == "waiting").then(|| delivery.due_at.to_string())
}
