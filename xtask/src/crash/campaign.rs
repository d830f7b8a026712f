//! The campaign itself: load without a pause, kills at random moments, a restart at once, and the drain at the end.

use super::{count::Evidence, ledger::Ledger, random::Random};
use crate::{
    house::{self, House, examples, ports::Ports, programs::Programs, stop::Stop},
    load::{self, Load, Sent},
    sh,
};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// From a start to the next kill: any time below this, each as likely as the other, the start-up itself included.
const LIFE_LIMIT: Duration = Duration::from_millis(2_400);
/// 50 submissions a second.
const PAUSE: Duration = Duration::from_millis(20);
/// More than are under way at a time, so that patient visitors do not keep others from sending.
const THREADS: usize = 16;
/// How long deliveries may take after the last kill.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);
/// Attempts under way at a time, so that the count knows how many of them a kill can leave in doubt.
const ATTEMPTS_AT_ONCE: usize = 4;
/// The wait before the one more try after doubt: short, so that later kills meet it too.
const DOUBT_WAIT_MS: usize = 500;
/// A ledger of thousands is read at this pace.
const DRAIN_LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Every so many kills a line says how far it is.
const TELL_EVERY: usize = 20;
/// Every so many lives the proxy is asked to end and killed while it does.
const STOPPED_EVERY: usize = 5;
/// From that wish to the kill: any time below this.
const STOP_LIMIT: Duration = Duration::from_millis(20);

/// What to do.
pub(super) struct Plan {
    pub(super) kills: usize,
    pub(super) seed: u64,
    pub(super) programs: Programs,
}

/// Where the campaign's store and logs lie.
pub(super) fn folder() -> PathBuf {
    sh::target().join("crash")
}

/// Runs it and gathers what there is to see.
pub(super) fn run(plan: Plan, stop: &Stop) -> Result<Evidence> {
    house::clear(&folder())?;
    let ports = Ports::free()?;
    let Plan { kills, seed, programs } = plan;
    let overrides = vec![
        ("LEAD_PROXY__DELIVERY__ACCOUNT_CONCURRENT_MAX", ATTEMPTS_AT_ONCE.to_string()),
        ("LEAD_PROXY__DELIVERY__DOUBT_WAIT_MS", DOUBT_WAIT_MS.to_string()),
    ];
    let plan = house::Plan { folder: folder(), ports, programs, website: false, overrides };
    let mut house = House::open(plan, stop)?;
    house.start_proxy()?;
    let load = Load {
        proxy_url: house.ports.proxy_url(),
        origin: house.ports.website_url(),
        examples: examples::of_account("takepayments")?,
        mark: format!("crash-{seed:016x}"),
        threads: THREADS,
        pause: PAUSE,
        count: u64::MAX,
    };
    let mut evidence = Evidence { attempts_at_once: ATTEMPTS_AT_ONCE, ..Evidence::default() };
    let enough = AtomicBool::new(false);
    let killed = thread::scope(|scope| {
        let sending = scope.spawn(|| load.run(&enough, stop));
        let killed = kill_often(&mut house, kills, Random::new(seed), stop, &mut evidence);
        enough.store(true, Ordering::Relaxed);
        let sent = sending.join();
        killed.map(|()| sent.unwrap_or_default())
    });
    evidence.sent = killed?;
    drain(&mut house, &mut evidence, stop)?;
    house.close()?;
    Ok(evidence)
}

/// Kills and restarts, and leaves a proxy that is ready.
fn kill_often(
    house: &mut House,
    kills: usize,
    mut random: Random,
    stop: &Stop,
    evidence: &mut Evidence,
) -> Result<()> {
    let began = Instant::now();
    let mut lives = 0;
    while evidence.kills.len() < kills {
        lives += 1;
        let ready = live(house, random.below(LIFE_LIMIT), lives == 1, stop, evidence)?;
        let mut proxy = house.proxy.take().context("the proxy was not started")?;
        let stopping = lives % STOPPED_EVERY == 0;
        if stopping {
            proxy.terminate()?;
            thread::sleep(random.below(STOP_LIMIT));
        }
        // One that was quicker than its kill is started again like the others, and counts as no kill.
        if !(stopping && proxy.has_ended()?) {
            evidence.kills.push(load::now());
            evidence.killed_while_starting += usize::from(!ready);
            evidence.killed_while_stopping += usize::from(stopping);
            proxy.kill()?;
            if evidence.kills.len().is_multiple_of(TELL_EVERY) {
                println!("crash: {} of {kills} kills, {}", evidence.kills.len(), sh::time(began.elapsed()));
            }
        }
        // Half of the lives answer when the lead is safe, the others wait for the partner first: different work is
        // under way when the kill comes.
        let wait_ms = if lives % 2 == 0 { "0" } else { "2000" };
        let command = house.proxy_command(&[("LEAD_PROXY__PUBLIC__INLINE_WAIT_MS", wait_ms.to_owned())]);
        house.launch_proxy(command)?;
    }
    let started = Instant::now();
    house.await_proxy()?;
    evidence.starts.push(started.elapsed());
    Ok(())
}

/// Lets the proxy live for so long, and notes when it was ready; whether it ever was.
fn live(
    house: &mut House,
    life: Duration,
    mut ready: bool,
    stop: &Stop,
    evidence: &mut Evidence,
) -> Result<bool> {
    let started = Instant::now();
    while started.elapsed() < life {
        stop.check()?;
        house.check_alive()?;
        if !ready && house.web.status(&house.ports.ready_url()) == Some(200) {
            ready = true;
            evidence.starts.push(started.elapsed());
        }
        thread::sleep(house::LOOK_AGAIN.min(life.saturating_sub(started.elapsed())));
    }
    Ok(ready)
}

/// Waits until every promise is at the partner or with a person and nothing else is on its way.
fn drain(house: &mut House, evidence: &mut Evidence, stop: &Stop) -> Result<()> {
    println!(
        "crash: {} submissions sent; waiting until the proxy has delivered what it took",
        evidence.sent.len()
    );
    let url = format!("{}/takepayments/ledger.json", house.ports.simulator_url());
    house::until(DRAIN_LIMIT, stop, || {
        house.check_alive()?;
        evidence.ledger = Ledger::read(&house.web.json(&url)?)?;
        evidence.open = open_deliveries(house)?;
        let done = is_drained(&evidence.sent, &evidence.ledger, &evidence.open);
        if !done {
            thread::sleep(DRAIN_LOOK_AGAIN);
        }
        Ok(done)
    })?;
    Ok(())
}

fn is_drained(sent: &[Sent], ledger: &Ledger, open: &HashMap<String, String>) -> bool {
    let at_the_partner: HashSet<&str> = ledger.leads.iter().map(|lead| lead.id.as_str()).collect();
    let moving = open.values().any(|state| !matches!(state.as_str(), "held" | "dead_letter"));
    let mut receipts = sent.iter().filter_map(Sent::receipt);
    !moving && receipts.all(|receipt| at_the_partner.contains(receipt) || open.contains_key(receipt))
}

/// The deliveries that the store has not ended: state by receipt.
fn open_deliveries(house: &House) -> Result<HashMap<String, String>> {
    let text = sh::output(&mut house.proxy_tool(&["deliveries", "list", "--json"]))?;
    let list: Value =
        serde_json::from_str(&text).context("`lead-proxy deliveries list --json` wrote no JSON")?;
    let list = list.as_array().context("`lead-proxy deliveries list --json` wrote no list")?;
    let pair = |entry: &Value| {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
        text("receipt").zip(text("state")).context("found a delivery without receipt or state")
    };
    list.iter().map(pair).collect()
}
