//! How soon a lead is at its partner at 100 leads a second: the worker's way from due to the first byte, and more.
//!
//! Counted from when the visitor was to send until the partner has read the whole request, as its own ledger has it: that
//! holds the accept with its synced commit and the request's way as well, so it is longer than what was promised.

use super::{
    ACCOUNT, Bench,
    partner::{MARK, send},
    table::{Goal, Row, over, percentile},
};
use crate::{load::Sent, promises::ledger::Ledger};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// 100 leads a second.
const PAUSE: Duration = Duration::from_millis(10);
/// A turn is so many times as long as one under full load.
const LONGER: u32 = 3;
/// The last lead is at its partner by then.
const ARRIVE_LIMIT: Duration = Duration::from_secs(10);

/// Measures, and tells each round as it goes.
pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let (mut halves, mut hundredths) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let waits = waits_ms(bench)?;
        let (half, hundredth) = (percentile(&waits, 50.0), percentile(&waits, 99.0));
        println!("due: {} leads at the partner, p50 {half:.0} ms, p99 {hundredth:.0} ms", waits.len());
        halves.push(half);
        hundredths.push(hundredth);
    }
    let row = |measure: &str, goal, rounds: &[f64]| {
        let (found, note) = over(rounds);
        Row { measure: measure.to_owned(), found, unit: " ms", goal, note }
    };
    Ok(vec![
        row("p50 from due to at the partner, 100 leads a second", None, &halves),
        row("p99 from due to at the partner, 100 leads a second", Some(Goal::AtMost(250.0)), &hundredths),
    ])
}

fn waits_ms(bench: &Bench) -> Result<Vec<f64>> {
    // A partner that gets a hundred a second has allowed many at once.
    let (house, _database) = bench.house(&[
        ("LEAD_PROXY__DELIVERY__ACCOUNT_PER_MINUTE", "0".to_owned()),
        ("LEAD_PROXY__DELIVERY__ACCOUNT_CONCURRENT_MAX", "32".to_owned()),
    ])?;
    let sent = send(&house, PAUSE, bench.time * LONGER, bench)?;
    let ended = Instant::now();
    let url = format!("{}/{ACCOUNT}/ledger.json", house.ports.simulator_url());
    let ledger = loop {
        bench.stop.check()?;
        let ledger = Ledger::read(&house.web.json(&url)?, MARK)?;
        if ledger.visitors.len() == sent.len() || ended.elapsed() > ARRIVE_LIMIT {
            break ledger;
        }
    };
    let waits = sent.iter().map(|sent| wait_ms(sent, &ledger)).collect::<Option<_>>();
    house.close()?;
    waits.context("found a lead that was promised and not at its partner within ten seconds")
}

/// From when the visitor was to send to when the partner had read it.
fn wait_ms(sent: &Sent, ledger: &Ledger) -> Option<f64> {
    let arrived = ledger.visitors.get(&sent.number)?.asked.first()?;
    let answered = sent.promises.first()?.at;
    Some((arrived - answered) as f64 + sent.waited.as_secs_f64() * 1e3)
}
