//! `cargo xtask demo --once`: one lead through every form, and whether all of them arrived.
//!
//! Apart from the demo that people look at: here nobody looks, the ports are any free ones, and the store is new.

use crate::{
    house::{self, House, Plan, examples, examples::Example, ports::Ports, programs::Build, stop::Stop},
    sh,
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// How long the leads may take to the partner.
const ARRIVE_LIMIT: Duration = Duration::from_secs(30);
/// The simulators' ledgers.
const LEDGERS: &[&str] = &["/takepayments/ledger.json"];

/// One lead on its way.
struct Lead {
    form: String,
    receipt: String,
    sent: Instant,
}

/// Starts everything, sends, waits for the ledgers.
pub(super) fn run(build: Build) -> Result<()> {
    let programs = build.programs()?;
    let folder = sh::target().join("demo-once");
    house::clear(&folder)?;
    let stop = Stop::listen()?;
    let plan = Plan { folder, ports: Ports::free()?, programs, website: true, overrides: Vec::new() };
    let mut house = House::open(plan, &stop)?;
    house.start_proxy()?;

    let examples = examples::all()?;
    let mut under_way = Vec::new();
    for example in &examples {
        match send(&house, example) {
            Ok(lead) => under_way.push(lead),
            Err(error) => println!("{:<20} NOT ACCEPTED: {error:#}", example.form),
        }
    }
    house::until(ARRIVE_LIMIT, &stop, || {
        house.check_alive()?;
        let arrived = arrived(&house)?;
        under_way.retain(|lead| {
            let here = arrived.contains(&lead.receipt);
            if here {
                let time = sh::time(lead.sent.elapsed());
                println!("{:<20} {} delivered in {time}", lead.form, lead.receipt);
            }
            !here
        });
        Ok(under_way.is_empty())
    })?;
    for lead in &under_way {
        println!("{:<20} {} NOT DELIVERED within {}", lead.form, lead.receipt, sh::time(ARRIVE_LIMIT));
    }
    let delivered = arrived(&house)?.len();
    let words = house.folder.join("lead-proxy.log");
    house.close()?;
    println!("{delivered} of {} delivered", examples.len());
    if delivered != examples.len() {
        bail!("not every form's lead reached its partner; the proxy's words are in {}", words.display());
    }
    Ok(())
}

/// Submits the form's example as a browser on the partner's website would.
fn send(house: &House, example: &Example) -> Result<Lead> {
    let url = format!("{}/v1/forms/{}/submissions", house.ports.proxy_url(), example.form);
    let origin = house.ports.website_url();
    let key = format!("demo-once-{:0>16}", example.form);
    let headers = [("origin", origin.as_str()), ("idempotency-key", &key)];
    let sent = Instant::now();
    let (status, body) = house.web.post(&url, &headers, &example.body())?;
    let answer: Value = serde_json::from_str(&body).unwrap_or_default();
    match (status, answer.get("receipt").and_then(Value::as_str)) {
        (200 | 202, Some(receipt)) => {
            Ok(Lead { form: example.form.clone(), receipt: receipt.to_owned(), sent })
        }
        _ => bail!("found the answer {status} {body}, expected 200 or 202 with a receipt"),
    }
}

/// The ids of all leads that the partners took.
fn arrived(house: &House) -> Result<HashSet<String>> {
    let mut ids = HashSet::new();
    for ledger in LEDGERS {
        let ledger = house.web.json(&format!("{}{ledger}", house.ports.simulator_url()))?;
        let leads =
            ledger.get("leads").and_then(Value::as_array).context("found no `leads` in the ledger")?;
        ids.extend(leads.iter().filter_map(|lead| lead.get("id")?.as_str().map(str::to_owned)));
    }
    Ok(ids)
}
