//! One lead of the demo's own: sent as a visitor would, and found again at its partner's simulator.
//!
//! Apart because `demo --once` sends one through every form, and the demo for people one, for a record to complete.

mod arrived;

use crate::house::{House, examples::Example};
use crate::sh;
use anyhow::{Context, Result, bail};
use arrived::{Ours, uuid_of};
use serde_json::Value;
use std::time::Instant;

/// One lead on its way.
pub(super) struct Lead {
    pub(super) form: String,
    pub(super) account: String,
    email: String,
    /// The record that it completes, where it is no new one.
    completes: Option<String>,
    pub(super) receipt: String,
    pub(super) sent: Instant,
}

impl Lead {
    /// Our reference of its record, as its partner has it.
    fn reference(&self) -> Option<String> {
        uuid_of(&self.receipt)
    }
}

/// Submits the form's example as a browser on the partner's website would.
pub(super) fn send(house: &House, example: &Example, key: &str, before: &[Lead]) -> Result<Lead> {
    let mut url = format!("{}/v1/forms/{}/submissions", house.ports.proxy_url(), example.form);
    let mut completes = None;
    if example.completes {
        let first = before.iter().find(|lead| lead.account == example.account);
        let reference = first
            .and_then(Lead::reference)
            .with_context(|| format!("found no record of the account {} to complete", example.account))?;
        let address = link(house, &example.form, &reference)?;
        let (_, link) = address.split_once("?link=").with_context(|| {
            format!("found {address:?} from `lead-proxy link`, expected an address with ?link=")
        })?;
        url = format!("{url}?link={link}");
        completes = Some(reference);
    }
    let origin = house.ports.website_url();
    let headers = [("origin", origin.as_str()), ("idempotency-key", key)];
    let sent = Instant::now();
    let (status, body) = house.web.post(&url, &headers, &example.body())?;
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    match (status, answer.get("receipt").and_then(Value::as_str)) {
        (200 | 202, Some(receipt)) => Ok(Lead {
            form: example.form.clone(),
            account: example.account.clone(),
            email: example.text("email").to_owned(),
            completes,
            receipt: receipt.to_owned(),
            sent,
        }),
        _ => bail!("found the answer {status} {body}, expected 200 or 202 with a receipt"),
    }
}

/// The address at which a form completes the record of this reference, signed, as an operator gets it.
fn link(house: &House, form: &str, reference: &str) -> Result<String> {
    let address = sh::output(&mut house.proxy_tool(&["link", form, "--reference", reference]))?;
    Ok(address.trim().to_owned())
}

/// The same for the record of a lead that is there.
pub(super) fn link_for(house: &House, form: &str, lead: &Lead) -> Result<String> {
    link(house, form, &lead.reference().context("found a receipt that no reference can be made of")?)
}

/// The id that a lead has at its partner, once it is there.
pub(super) fn find(house: &House, lead: &Lead) -> Result<Option<String>> {
    let ledger = format!("{}/{}/ledger.json", house.ports.simulator_url(), lead.account);
    let ours = Ours {
        account: &lead.account,
        receipt: &lead.receipt,
        email: &lead.email,
        completes: lead.completes.as_deref(),
    };
    Ok(ours.find(&house.web.json(&ledger)?))
}
