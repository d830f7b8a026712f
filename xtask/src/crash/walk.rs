//! One house in which a development build ends itself at one point after the other, in the order of the list.
//!
//! The store stays the same from the first crash to the last, so that each start meets what the crash before has left.

use super::points::{Brought, POINTS, Plan, Point};
use crate::{
    house::{
        self, House, campaign, database::Store, examples, ports::Ports, programs::Programs, random::Random,
        settings::NEXT_KEY, stop::Stop,
    },
    load::{Load, Sent},
    promises::{Evidence, partners::Partner},
};
use anyhow::{Context, Result, ensure};
use std::{
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// As `crate::crash` in the proxy calls it.
const VARIABLE: &str = "LEAD_PROXY_CRASH_POINT";
/// How long a point may take to be reached: the lease of a delivery may have to run out before.
const REACH_LIMIT: Duration = Duration::from_secs(20);
/// The same where the right to renew a token may have to: an exchange, ten seconds of patience and thirty of slack.
const LEASED_TOKEN_LIMIT: Duration = Duration::from_secs(60);
/// 20 submissions a second.
const PAUSE: Duration = Duration::from_millis(50);
const THREADS: usize = 8;
/// How many passings are counted before the crash, at most, where every lead passes.
const PASSINGS: usize = 3;
/// How long deliveries may take after the last crash.
const DRAIN_LIMIT: Duration = Duration::from_secs(90);
/// What the system says of a process that has ended itself.
const SIGABRT: i32 = 6;

/// One house of the campaign.
pub(super) struct Walk {
    pub(super) partner: &'static Partner,
    pub(super) store: Store,
    folder: PathBuf,
    ports: Ports,
    programs: Programs,
    random: Random,
    mark: String,
}

/// What was seen.
pub(super) struct Walked {
    pub(super) crashed: usize,
    pub(super) missed: Vec<&'static Point>,
    pub(super) evidence: Evidence,
}

impl Walk {
    pub(super) fn new(plan: &Plan, partner: &'static Partner, ports: Ports, number: usize) -> Self {
        Self {
            partner,
            store: plan.store,
            folder: super::folder(plan.store).join(partner.kind),
            ports,
            programs: plan.programs.clone(),
            random: Random::new(plan.seed.wrapping_add(number as u64)),
            mark: format!("points-{:016x}-{number}", plan.seed),
        }
    }

    fn can_reach(&self, point: &Point) -> bool {
        let has_store = point.store.is_empty() || point.store == self.store.name();
        has_store
            && match point.by {
                Brought::Token | Brought::TokenRotation => self.partner.has_tokens,
                Brought::AnswerBody => self.partner.says_more,
                Brought::FirstStart
                | Brought::Lead
                | Brought::Recovery
                | Brought::Renewal
                | Brought::Rotation
                | Brought::Stop => true,
            }
    }

    /// How long the point may take to be reached: in a store that others may have as well, the lease of who crashed before has
    /// to run out.
    fn limit(&self, point: &Point) -> Duration {
        if self.store == Store::Postgres && point.by == Brought::Token {
            LEASED_TOKEN_LIMIT
        } else {
            REACH_LIMIT
        }
    }
}

/// Opens the house, crashes at each point that there is for its store and partner, and gathers what there is to see.
pub(super) fn run(walk: &Walk, stop: &Stop) -> Result<Walked> {
    house::clear(&walk.folder)?;
    let server = walk.store.start()?;
    let plan = house::Plan {
        overrides: campaign::overrides(),
        database: server.as_ref().map(|server| server.url(pg_server::DATABASE)),
        campaign: true,
        ..house::Plan::new(walk.folder.clone(), walk.ports, walk.programs.clone())
    };
    let mut house = House::open(plan, stop)?;
    let points = POINTS.iter().filter(|point| walk.can_reach(point));
    let (first, later): (Vec<&'static Point>, Vec<&'static Point>) =
        points.partition(|point| point.by == Brought::FirstStart);
    let (mut missed, mut random) = (Vec::new(), walk.random.clone());
    for point in &first {
        missed.extend(crash(&mut house, walk, point, &mut random, stop)?);
    }
    if walk.partner.kind == "consent" {
        house.start_proxy()?;
        house.connect()?;
        house.expire_tokens(walk.partner.account)?;
        house.proxy.take().context("the proxy was not started")?.end()?;
    }
    let load = load(walk, &house)?;
    let enough = AtomicBool::new(false);
    let (more, sent) = thread::scope(|scope| {
        let sending = scope.spawn(|| load.run(&enough, stop));
        let more = crash_everywhere(&mut house, walk, &later, &mut random, stop);
        enough.store(true, Ordering::Relaxed);
        let sent: Vec<Sent> = sending.join().unwrap_or_default();
        more.map(|more| (more, sent))
    })?;
    missed.extend(more);
    house.drain(&mut [], DRAIN_LIMIT, stop)?;
    let evidence = Evidence::gather(&house, sent, &walk.mark)?;
    house.close()?;
    Ok(Walked { crashed: first.len() + later.len() - missed.len(), missed, evidence })
}

fn load(walk: &Walk, house: &House) -> Result<Load> {
    Ok(Load {
        proxy_urls: vec![house.ports.proxy_url()],
        origin: house.ports.website_url(),
        examples: examples::of_accounts(&[walk.partner.account])?,
        mark: walk.mark.clone(),
        threads: THREADS,
        pause: PAUSE,
        count: u64::MAX,
        all_patient: true,
    })
}

/// Crashes at one point after the other, and leaves a proxy that is ready.
fn crash_everywhere(
    house: &mut House,
    walk: &Walk,
    points: &[&'static Point],
    random: &mut Random,
    stop: &Stop,
) -> Result<Vec<&'static Point>> {
    let mut missed = Vec::new();
    for point in points {
        missed.extend(crash(house, walk, point, random, stop)?);
    }
    house.start_proxy()?;
    Ok(missed)
}

/// Starts a proxy that ends itself at the point, and waits for its end; the point where it was not reached.
fn crash(
    house: &mut House,
    walk: &Walk,
    point: &'static Point,
    random: &mut Random,
    stop: &Stop,
) -> Result<Option<&'static Point>> {
    stop.check()?;
    let passing = if point.by == Brought::Lead { 1 + random.number(PASSINGS) } else { 1 };
    if point.by == Brought::Renewal {
        silence(house, walk.partner.account)?;
    }
    let mut overrides = vec![(VARIABLE, format!("{}:{passing}", point.name))];
    if matches!(point.by, Brought::Rotation | Brought::TokenRotation) {
        // Back again with the next start: what was rotated half is opened by both.
        overrides.push(("LEAD_PROXY__KEYS__ACTIVE", NEXT_KEY.to_owned()));
    }
    house.launch_proxy(house.proxy_command(&overrides))?;
    if point.by == Brought::Stop {
        house.await_proxy()?;
        house.proxy.as_ref().context("the proxy was not started")?.terminate()?;
    }
    let mut proxy = house.proxy.take().context("the proxy was not started")?;
    let ended = house::until(walk.limit(point), stop, || proxy.has_ended())?;
    if !ended {
        proxy.kill()?;
        return Ok(Some(point));
    }
    let status = proxy.await_end(REACH_LIMIT)?;
    let lines = proxy.last_lines();
    let by_itself = status.signal() == Some(SIGABRT) || point.by == Brought::Stop && status.success();
    ensure!(by_itself, "at {} the proxy ended with {status}. Its last words:\n{lines}", point.name);
    Ok((status.signal() != Some(SIGABRT)).then_some(point))
}

/// Lets the partner take nothing of the next request and never answer.
fn silence(house: &House, account: &str) -> Result<()> {
    let url = format!("{}/{account}/fault", house.ports.simulator_url());
    let (status, said) = house.web.post(&url, &[], r#"{"fault":"silence","times":1}"#)?;
    ensure!(status == 200, "{url} answered {status} {said}, expected 200");
    Ok(())
}
