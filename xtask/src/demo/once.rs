//! `cargo xtask demo --once`: one lead through every form, and whether all of them arrived.
//!
//! Apart from the demo that people look at: here nobody looks, the ports are any free ones, and the store is new.

use super::lead::{Lead, find, send};
use crate::{
    house::{self, House, Plan, examples, examples::Example, ports::Ports, programs::Build, stop::Stop},
    sh,
};
use anyhow::{Context as _, Result, bail};
use std::time::Duration;

/// How long the leads may take to their partners.
const ARRIVE_LIMIT: Duration = Duration::from_secs(30);

/// Starts everything, sends, waits for the ledgers; forms that complete a record last, since it must be there.
pub(super) fn run(build: Build) -> Result<()> {
    let programs = build.programs()?;
    let folder = sh::target().join("demo-once");
    house::clear(&folder)?;
    let stop = Stop::listen()?;
    let plan = Plan { website: true, ..Plan::new(folder.clone(), Ports::free()?, programs.clone()) };
    let mut house = House::open(plan, &stop)?;
    house.start_proxy()?;

    let examples = examples::all()?;
    let (completing, making): (Vec<_>, Vec<_>) = examples.iter().partition(|example| example.completes);
    let mut delivered = deliver(&mut house, &stop, &making, &[])?;
    let more = deliver(&mut house, &stop, &completing, &delivered)?;
    delivered.extend(more);
    let words = house.folder.join("lead-proxy.log");
    house.close()?;
    println!("{} of {} delivered", delivered.len(), examples.len());
    if delivered.len() != examples.len() {
        bail!("not every form's lead reached its partner; the proxy's words are in {}", words.display());
    }
    // As who runs the demo a second time: what this run has sealed is opened again.
    let mut again = House::open(Plan::new(folder, Ports::free()?, programs), &stop)?;
    again.start_proxy().context("the demo does not start a second time")?;
    again.close()
}

/// Sends each example and waits until its partner's ledger shows it; those that arrived.
fn deliver(house: &mut House, stop: &Stop, examples: &[&Example], before: &[Lead]) -> Result<Vec<Lead>> {
    let mut under_way = Vec::new();
    for example in examples {
        match send(house, example, &format!("demo-once-{:0>16}", example.form), before) {
            Ok(lead) => under_way.push(lead),
            Err(error) => println!("{:<17} {:<14} NOT ACCEPTED: {error:#}", example.form, example.account),
        }
    }
    let mut delivered = Vec::new();
    house::until(ARRIVE_LIMIT, stop, || {
        house.check_alive()?;
        for lead in std::mem::take(&mut under_way) {
            match find(house, &lead)? {
                Some(id) => {
                    tell(&lead, &format!("delivered in {} as {id}", sh::time(lead.sent.elapsed())));
                    delivered.push(lead);
                }
                None => under_way.push(lead),
            }
        }
        Ok(under_way.is_empty())
    })?;
    for lead in &under_way {
        tell(lead, &format!("NOT DELIVERED within {}", sh::time(ARRIVE_LIMIT)));
    }
    Ok(delivered)
}

fn tell(lead: &Lead, what: &str) {
    println!("{:<17} {:<14} {} {what}", lead.form, lead.account, lead.receipt);
}
