//! Kills at random moments: load without a pause, a restart at once, and the drain at the end.

use super::stops::Stops;
use crate::{
    house::{
        self, House, campaign, child::Child, database::Store, examples, ports::Ports, programs::Programs,
        random::Random, stop::Stop,
    },
    load::{Load, now},
    promises::{Evidence, count::Count, partners::Partner},
    sh,
};
use anyhow::{Context, Result, bail};
use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// From a start to the next kill: any time below this, each as likely as the other, the start-up itself included.
const LIFE_LIMIT: Duration = Duration::from_millis(1_600);
/// 50 submissions a second.
const PAUSE: Duration = Duration::from_millis(20);
/// More than are under way at a time, so that patient visitors do not keep others from sending.
const THREADS: usize = 16;
/// How long none of the deliveries may arrive after the last kill.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);
/// Every so many kills a line says how far it is.
const TELL_EVERY: usize = 50;
/// How many leads may be on their way when the next kills begin, and how long the proxy is left alone to get there.
const BACKLOG_MAX: usize = 200;
const CATCH_UP_LIMIT: Duration = Duration::from_secs(60);
/// Every so many lives the proxy is asked to end and killed while it does.
const STOPPED_EVERY: usize = 5;
/// Every so many lives it is asked to end and left to it.
const ENDED_EVERY: usize = 12;
/// From that wish to the kill: any time below this.
const STOP_LIMIT: Duration = Duration::from_millis(20);

/// What to do.
pub(super) struct Plan {
    pub(super) kills: usize,
    pub(super) seed: u64,
    pub(super) store: Store,
    pub(super) partners: Vec<Partner>,
    pub(super) programs: Programs,
}

/// How the proxy was killed, and came up again.
#[derive(Debug, Default)]
pub(super) struct Killed {
    kills: usize,
    /// How many of the kills met a proxy that was not ready yet.
    while_starting: usize,
    /// How many met one that had been asked to end and was about to.
    while_stopping: usize,
    /// How long it took to be ready, for each start that got so far.
    starts: Vec<Duration>,
    /// The stops between the kills.
    stops: Stops,
}

/// Runs all of it at once, a house for each store, and prints each count; what must not be.
pub(super) fn run_all(plans: Vec<Plan>, stop: &Stop) -> Result<Vec<String>> {
    let ended = thread::scope(|scope| {
        let running: Vec<_> =
            plans.into_iter().map(|plan| (plan.store, scope.spawn(move || run(plan, stop)))).collect();
        running.into_iter().map(|(store, run)| (store, run.join())).collect::<Vec<_>>()
    });
    let mut wrongs = Vec::new();
    for (store, ended) in ended {
        let name = store.name();
        let Ok(counted) = ended else { bail!("the campaign on {name} broke off") };
        let (killed, count) = counted.with_context(|| format!("the campaign on {name} came to no end"))?;
        print!("\n{name}, killed at random\n{killed}{count}");
        wrongs.extend(count.wrongs().into_iter().map(|wrong| format!("{name}: {wrong}")));
    }
    Ok(wrongs)
}

/// Runs it, and counts.
fn run(plan: Plan, stop: &Stop) -> Result<(Killed, Count)> {
    let folder = super::folder(plan.store).join("kills");
    house::clear(&folder)?;
    let server = plan.store.start()?;
    let Plan { kills, seed, store, partners, programs } = plan;
    let opened = house::Plan {
        overrides: campaign::overrides(),
        database: server.as_ref().map(|server| server.url(pg_server::DATABASE)),
        campaign: true,
        ..house::Plan::new(folder, Ports::free()?, programs)
    };
    let mut house = House::open(opened, stop)?;
    house.start_proxy()?;
    house.connect()?;
    let accounts: Vec<&str> = partners.iter().map(|partner| partner.account).collect();
    let mark = format!("crash-{seed:016x}");
    let load = Load {
        proxy_urls: vec![house.ports.proxy_url()],
        origin: house.ports.website_url(),
        examples: examples::of_accounts(&accounts)?,
        mark: mark.clone(),
        threads: THREADS,
        pause: PAUSE,
        count: u64::MAX,
        all_patient: false,
    };
    let enough = AtomicBool::new(false);
    let (killed, sent) = thread::scope(|scope| {
        let sending = scope.spawn(|| load.run(&enough, stop));
        let killed = kill_often(&mut house, kills, Random::new(seed), (store, stop));
        enough.store(true, Ordering::Relaxed);
        let sent = sending.join();
        killed.map(|killed| (killed, sent.unwrap_or_default()))
    })?;
    house.drain(&mut [], DRAIN_LIMIT, stop)?;
    let evidence = Evidence::gather(&house, sent, &mark)?;
    house.close()?;
    let mut count = Count::of(&evidence);
    killed.stops.judge(&evidence.book, &mut count);
    Ok((killed, count))
}

/// Kills and restarts, and leaves a proxy that is ready.
fn kill_often(
    house: &mut House,
    kills: usize,
    mut random: Random,
    (store, stop): (Store, &Stop),
) -> Result<Killed> {
    let (began, mut killed) = (Instant::now(), Killed::default());
    let (mut lives, mut launched_at) = (0, now());
    while killed.kills < kills {
        lives += 1;
        let ready = live(house, random.below(LIFE_LIMIT), lives == 1, stop, &mut killed)?;
        let proxy = house.proxy.take().context("the proxy was not started")?;
        if lives % ENDED_EVERY == 0 {
            house.proxy = Some(proxy);
            killed.stops.stop(house, launched_at, stop)?;
            launched_at = now();
            house.launch_proxy(house.proxy_command(&[]))?;
            continue;
        }
        let stopping = lives % STOPPED_EVERY == 0;
        // One that was quicker than its kill is started again like the others, and counts as no kill.
        if end(proxy, stopping.then(|| random.below(STOP_LIMIT)))? {
            killed.kills += 1;
            killed.while_starting += usize::from(!ready);
            killed.while_stopping += usize::from(stopping);
            if killed.kills.is_multiple_of(TELL_EVERY) {
                let (done, time) = (killed.kills, sh::time(began.elapsed()));
                println!("crash: {done} of {kills} kills on {}, {time}", store.name());
                // Lives of a second send less than visitors bring.
                house.launch_proxy(house.proxy_command(&[]))?;
                house.await_proxy()?;
                house.catch_up(BACKLOG_MAX, CATCH_UP_LIMIT, stop)?;
                house.proxy.take().context("the proxy was not started")?.kill()?;
            }
        }
        // Half of the lives answer when the lead is safe, the others wait for the partner first: different work is
        // under way when the kill comes.
        let wait_ms = if lives % 2 == 0 { "0" } else { "2000" };
        let command = house.proxy_command(&[("LEAD_PROXY__PUBLIC__INLINE_WAIT_MS", wait_ms.to_owned())]);
        launched_at = now();
        house.launch_proxy(command)?;
    }
    let started = Instant::now();
    house.await_proxy()?;
    killed.starts.push(started.elapsed());
    killed.starts.sort();
    Ok(killed)
}

/// Kills the proxy, so long after it was asked to end where it was; whether it was still there to be killed.
fn end(mut proxy: Child, asked_before: Option<Duration>) -> Result<bool> {
    if let Some(time) = asked_before {
        proxy.terminate()?;
        thread::sleep(time);
        if proxy.has_ended()? {
            return Ok(false);
        }
    }
    proxy.kill()?;
    Ok(true)
}

/// Lets the proxy live for so long, and notes when it was ready; whether it ever was.
fn live(
    house: &mut House,
    life: Duration,
    mut ready: bool,
    stop: &Stop,
    killed: &mut Killed,
) -> Result<bool> {
    let started = Instant::now();
    while started.elapsed() < life {
        stop.check()?;
        house.check_alive()?;
        if !ready && house.web.status(&house.ports.ready_url()) == Some(200) {
            ready = true;
            killed.starts.push(started.elapsed());
        }
        thread::sleep(house::LOOK_AGAIN.min(life.saturating_sub(started.elapsed())));
    }
    Ok(ready)
}

impl fmt::Display for Killed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, while_starting, while_stopping, starts, .. } = self;
        let half = starts.get(starts.len() / 2).copied().unwrap_or_default();
        let most = starts.last().copied().unwrap_or_default();
        writeln!(
            out,
            "{:<12} {kills:>7}  {while_starting} of them while it was starting, {while_stopping} while it was stopping",
            "kills"
        )?;
        let (half, most) = (sh::time(half), sh::time(most));
        let count = starts.len();
        writeln!(out, "{:<12} {count:>7}  ready after {half} at the median, {most} at most", "starts")?;
        self.stops.fmt(out)
    }
}
