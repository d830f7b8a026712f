//! One fault after the other under load: felt by a visitor, named, and over as soon as its cause is.
//!
//! Apart from the count at the end, which holds whatever happened here against the partners' ledgers.

use super::fault::{Fault, Place};
use crate::{
    house::{
        self, House,
        examples::{self, Example},
        random::Random,
        stop::Stop,
    },
    sh,
};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    thread,
    time::{Duration, Instant},
};

/// How long it may take until a visitor is refused and `/readyz` tells why, and until all is well again.
const LIMIT: Duration = Duration::from_secs(10);
/// How long a fault lasts after it is seen: up to as much more.
const HOLD: Duration = Duration::from_millis(800);
/// The time between two faults.
const REST: Duration = Duration::from_millis(700);

/// Brings each fault once, in the order that the seed has; what must not be.
pub(super) fn run(house: &mut House, place: &Place, random: &mut Random, stop: &Stop) -> Result<Vec<String>> {
    let mut left = Fault::ALL.to_vec();
    let mut wrongs = Vec::new();
    let mut visitor = Visitor::new(house)?;
    while !left.is_empty() {
        let fault = left.swap_remove(random.number(left.len()));
        thread::sleep(REST);
        let told = strike(house, place, fault, HOLD + random.below(HOLD), &mut visitor, stop);
        wrongs.extend(told.with_context(|| format!("the disk was to be struck: {}", fault.name()))?);
    }
    Ok(wrongs)
}

/// One fault, from its beginning to its end.
fn strike(
    house: &mut House,
    place: &Place,
    fault: Fault,
    hold: Duration,
    visitor: &mut Visitor,
    stop: &Stop,
) -> Result<Vec<String>> {
    let mut wrongs = Vec::new();
    let proxy = house.proxy.as_ref().context("the proxy was not started")?.id();
    let began = Instant::now();
    let held = fault.bring(place, proxy, &house.folder.join("strace.log"))?;
    let refused =
        house::until(LIMIT, stop, || Ok(visitor.send(house)? == (503, "store_unavailable".to_owned())))?;
    let felt = began.elapsed();
    let mut said = String::new();
    let named = house::until(LIMIT, stop, || {
        let (status, text) = house.web.text(&house.ports.ready_url())?;
        said = format!("{status} {}", text.trim());
        Ok(status == 503 && text.contains(fault.reason()))
    })?;
    thread::sleep(hold);
    house.check_alive()?;
    let ended = Instant::now();
    fault.heal(place, held)?;
    let healed = house::until(LIMIT, stop, || {
        house.check_alive()?;
        Ok(house.web.status(&house.ports.ready_url()) == Some(200) && visitor.send(house)?.0 < 300)
    })?;
    let (name, reason) = (fault.name(), fault.reason());
    println!(
        "{name:<12} refused after {}, /readyz {said:?}, well again after {}",
        sh::time(felt),
        sh::time(ended.elapsed())
    );
    for (held, wrong) in [
        (refused, "no visitor was refused with 503 `store_unavailable`".to_owned()),
        (named, format!("/readyz said {said:?}, expected 503 and {reason:?}")),
        (healed, format!("it was not well again within {}", sh::time(LIMIT))),
    ] {
        if !held {
            wrongs.push(format!("{name}: {wrong}"));
        }
    }
    Ok(wrongs)
}

/// Somebody who looks how it is, beside the load.
struct Visitor {
    example: Example,
    sent: u32,
}

impl Visitor {
    fn new(house: &House) -> Result<Self> {
        let examples = examples::of_accounts(&["webhook"])?;
        let example = examples.into_iter().next();
        let place = house.folder.display();
        Ok(Self { example: example.with_context(|| format!("found no form for {place}"))?, sent: 0 })
    }

    /// The status of one more submission, and the code of its problem.
    fn send(&mut self, house: &House) -> Result<(u16, String)> {
        self.sent += 1;
        let url = format!("{}/v1/forms/{}/submissions", house.ports.proxy_url(), self.example.form);
        let (origin, key) = (house.ports.website_url(), format!("look-at-the-disk-{:06}", self.sent));
        let headers = [("origin", origin.as_str()), ("idempotency-key", &key)];
        let body = self.example.by(&format!("look-{}@disk.example", self.sent)).body();
        let (status, answer) = house.web.post(&url, &headers, &body)?;
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        Ok((status, answer.get("code").and_then(Value::as_str).unwrap_or_default().to_owned()))
    }
}
