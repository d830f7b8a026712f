//! How soon an accept is answered while its partner is quick, slow or dead: it must make no difference.
//!
//! Leads come at an even pace, and the time counts from when each was due, so that one slow answer hides no other. Three
//! proxies are sent to in the same seconds, one for each kind of partner: a hundredth of the answers is the machine's other
//! work as much as ours, and so meets all three.

use super::{
    ACCOUNT, Bench,
    table::{Goal, Row, over, percentile},
};
use crate::{
    house::{House, examples},
    load::{Load, Sent},
};
use anyhow::{Result, bail, ensure};
use pg_server::Server;
use std::{sync::atomic::AtomicBool, thread, time::Duration};

/// 100 leads a second to each of three.
const PAUSE: Duration = Duration::from_millis(10);
const THREADS: usize = 16;
/// A turn is so many times as long as one under full load: there are fewer leads to take a hundredth of.
const LONGER: u32 = 5;

/// How a partner is.
#[derive(Clone, Copy, Debug)]
enum Partner {
    Quick,
    Slow,
    Dead,
}

/// Measures, and tells each round as it goes.
pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let (mut quick, mut slow, mut dead) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let [of_quick, of_slow, of_dead] = round(bench)?;
        println!(
            "partner: p99 of an accept {of_quick:.1} ms while it is quick, {of_slow:.1} slow, {of_dead:.1} dead"
        );
        quick.push(of_quick);
        slow.push(of_slow / of_quick);
        dead.push(of_dead / of_quick);
    }
    let row = |measure: &str, unit, goal, rounds: &[f64]| {
        let (found, note) = over(rounds);
        Row { measure: measure.to_owned(), found, unit, goal, note }
    };
    Ok(vec![
        row("p99 of an accept at 100 a second, the partner quick", " ms", None, &quick),
        row("the same, the partner slow, of it", "", Some(Goal::AtMost(1.1)), &slow),
        row("the same, the partner dead, of it", "", Some(Goal::AtMost(1.1)), &dead),
    ])
}

/// The 99th hundredth for each kind of partner.
fn round(bench: &Bench) -> Result<[f64; 3]> {
    let quick = open(bench, Partner::Quick)?;
    let slow = open(bench, Partner::Slow)?;
    let dead = open(bench, Partner::Dead)?;
    let sent = thread::scope(|scope| {
        let sending = [&quick, &slow, &dead]
            .map(|(house, _)| scope.spawn(|| send(house, PAUSE, bench.time * LONGER, bench)));
        sending.map(|sending| sending.join().unwrap_or_else(|_| bail!("a sender has panicked")))
    });
    for (house, _) in [quick, slow, dead] {
        house.close()?;
    }
    let [quick, slow, dead] = sent.map(|sent| {
        let waited: Vec<f64> = sent?.iter().map(|sent| sent.waited.as_secs_f64() * 1e3).collect();
        Ok::<_, anyhow::Error>(percentile(&waited, 99.0))
    });
    Ok([quick?, slow?, dead?])
}

/// A proxy whose partner is so.
fn open(bench: &Bench, partner: Partner) -> Result<(House, Option<Server>)> {
    let unbounded = ("LEAD_PROXY__DELIVERY__ACCOUNT_PER_MINUTE", "0".to_owned());
    let (house, database) = bench.house_in(&format!("{partner:?}"), &[unbounded])?;
    match partner {
        Partner::Quick => {}
        Partner::Slow => {
            let url = format!("{}/{ACCOUNT}/fault", house.ports.simulator_url());
            let (status, _) = house.web.post(&url, &[], r#"{"fault":"slow"}"#)?;
            ensure!(status == 200, "{url} answered {status}, expected 200");
        }
        Partner::Dead => house.simulator.signal("KILL")?,
    }
    Ok((house, database))
}

/// Sends at this pace for so long; an error unless every lead got a 2xx at once.
pub(super) fn send(house: &House, pause: Duration, time: Duration, bench: &Bench) -> Result<Vec<Sent>> {
    let load = Load {
        proxy_urls: vec![house.ports.proxy_url()],
        origin: house.ports.website_url(),
        examples: examples::of_accounts(&[ACCOUNT])?,
        mark: MARK.to_owned(),
        threads: THREADS,
        pause,
        count: (time.as_millis() / pause.as_millis().max(1)).try_into().unwrap_or(u64::MAX),
        all_patient: false,
    };
    let sent = load.run(&AtomicBool::new(false), &bench.stop);
    bench.stop.check()?;
    let bad = sent.iter().filter(|sent| sent.promises.is_empty() || sent.broken > 0).count();
    ensure!(bad == 0, "{bad} of {} submissions had no 2xx at once, expected none", sent.len());
    Ok(sent)
}

/// What the visitors' emails have in common.
pub(super) const MARK: &str = "bench-of-the-day";
