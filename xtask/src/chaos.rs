//! `cargo xtask chaos`: several replicas on one PostgreSQL, and everything between them broken by turns.
//!
//! Replicas are killed, stopped past their leases and continued, told to end, cut from the database but not from the
//! partners; the database is restarted and its backends are killed. Then nothing is broken any more, and within a minute
//! every lead has to be at its partner or in somebody's sight. A replica whose lease is somebody else's by then must send
//! nothing and write no outcome: the partners' ledgers tell the one, a witness in the database the other.

mod fault;
mod replica;
mod witness;

use crate::{
    house::{
        self, House, campaign,
        database::Store,
        examples,
        options::Options,
        ports::Ports,
        programs::{Build, Programs},
        random::Random,
        stop::Stop,
    },
    load::Load,
    promises::{Evidence, count::Count, partners},
    sh,
};
use anyhow::{Context, Result, bail, ensure};
use fault::Scene;
use pg_server::Server;
use replica::Replica;
use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;
use witness::Witness;

/// 20 submissions a second.
const PAUSE: Duration = Duration::from_millis(50);
const THREADS: usize = 16;
/// After the last fault the oldest lead may wait so long.
const DRAIN_LIMIT: Duration = Duration::from_secs(60);
/// Between two faults: any time below this.
const PEACE_LIMIT: Duration = Duration::from_millis(1_500);

/// `cargo xtask chaos`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let values = ["--replicas", "--minutes", "--seed"];
    let options = Options::read("chaos", arguments, &["--release", "--no-build"], &values)?;
    let replicas = options.value("--replicas", "a number of replicas from 2 on")?.unwrap_or(4_usize);
    ensure!((2..=16).contains(&replicas), "found --replicas {replicas}, expected 2 to 16");
    let minutes: f64 = options.value("--minutes", "a number of minutes, such as 0.5")?.unwrap_or(5.0);
    let seed = options.value("--seed", "a number, such as an earlier run has printed")?;
    let seed: u64 = seed.unwrap_or_else(|| crate::load::now().unsigned_abs());
    let time = Duration::try_from_secs_f64(minutes * 60.0).context("expected minutes from 0 on")?;
    let programs = Build::chosen(&options)?.programs()?;
    println!("chaos: {replicas} replicas for {} with --seed {seed}", sh::time(time));
    let (scene_told, count) = run(programs, (replicas, time, seed), &Stop::listen()?)?;
    print!("{scene_told}{count}");
    let wrongs = count.wrongs();
    if wrongs.is_empty() {
        return Ok(());
    }
    bail!(
        "{}\nThe same faults again: `cargo xtask chaos --replicas {replicas} --minutes {minutes} --seed {seed}`; all logs \
         are in {}",
        wrongs.join("\n"),
        folder().display()
    )
}

fn folder() -> PathBuf {
    sh::target().join("chaos")
}

/// Runs it; what was done, and what came of it.
fn run(
    programs: Programs,
    (replicas, time, seed): (usize, Duration, u64),
    stop: &Stop,
) -> Result<(String, Count)> {
    house::clear(&folder())?;
    let server = Store::Postgres.start()?.context("PostgreSQL is a server")?;
    let plan = house::Plan {
        overrides: campaign::overrides(),
        database: Some(server.url(pg_server::DATABASE)),
        campaign: true,
        ..house::Plan::new(folder(), Ports::free()?, programs)
    };
    let mut house = House::open(plan, stop)?;
    let runtime = Runtime::new().context("could not start the relays' runtime")?;
    let mut scene = Scene::new(server, runtime, Random::new(seed), stop);
    for number in 0..replicas {
        let ports = if number == 0 { house.ports } else { Ports::free()? };
        let mut replica = Replica::open(number, ports, scene.server.port(), &scene.runtime)?;
        replica.start(&house, None)?;
        replica.await_ready(&house, stop)?;
        scene.replicas.push(replica);
    }
    let witness = Witness::call(&scene.server)?;
    house.connect()?;
    let mark = format!("chaos-{seed:016x}");
    let load = load(&scene, &house, &mark)?;
    let enough = AtomicBool::new(false);
    let (played, sent) = thread::scope(|scope| {
        let sending = scope.spawn(|| load.run(&enough, stop));
        let played = play(&mut scene, &house, time);
        enough.store(true, Ordering::Relaxed);
        let sent = sending.join();
        (played, sent.unwrap_or_default())
    });
    played?;
    let mut children =
        scene.replicas.iter_mut().filter_map(|replica| replica.child.take()).collect::<Vec<_>>();
    house.drain(&mut children, DRAIN_LIMIT.saturating_sub(scene.peace()), stop)?;
    let drained = scene.peace();
    let evidence = Evidence::gather(&house, sent, &mark)?;
    let mut count = Count::of(&evidence);
    for wrong in witness.ask(&scene.server)? {
        count.wrong("writes of a worker that had lost its lease", wrong);
    }
    for child in children {
        child.end()?;
    }
    let stale = stale(&house, replicas);
    house.close()?;
    let told = format!("{scene}{stale}{:<12} {:>7}  after the last fault\n", "at rest in", sh::time(drained));
    Ok((told, count))
}

fn load(scene: &Scene<'_>, house: &House, mark: &str) -> Result<Load> {
    let accounts: Vec<&str> = partners::PARTNERS.iter().map(|partner| partner.account).collect();
    Ok(Load {
        proxy_urls: scene.replicas.iter().map(|replica| replica.ports.proxy_url()).collect(),
        origin: house.ports.website_url(),
        examples: examples::of_accounts(&accounts)?,
        mark: mark.to_owned(),
        threads: THREADS,
        pause: PAUSE,
        count: u64::MAX,
        all_patient: false,
    })
}

/// Breaks one thing after the other until the time is over, and leaves everything whole.
fn play(scene: &mut Scene<'_>, house: &House, time: Duration) -> Result<()> {
    let (began, mut told) = (Instant::now(), Instant::now());
    while began.elapsed() < time {
        scene.act(house)?;
        scene.mend(house)?;
        thread::sleep(scene.random.below(PEACE_LIMIT));
        if told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            println!("chaos: {} faults in {}", scene.faults(), sh::time(began.elapsed()));
        }
    }
    scene.heal(house)
}

/// How often a worker found out in time that its lease was somebody else's: without any, nothing of that was tried.
fn stale(house: &House, replicas: usize) -> String {
    let logs = (0..replicas).map(|number| house.folder.join(format!("replica-{number}.log")));
    let logs: String = logs.map(|log| std::fs::read_to_string(log).unwrap_or_default()).collect();
    let said = |words: &str| logs.matches(words).count();
    let before = said("the lease was lost before the attempt");
    let (sending, outcome) = (said("why=\"lease_lost\""), said("so the outcome was not written"));
    format!(
        "{:<12} {:>7}  leases found lost: {before} before an attempt, {sending} at the first byte, {outcome} at the outcome\n",
        "stale",
        before + sending + outcome
    )
}

/// What the relays stand before.
fn database_address(server_port: u16) -> std::net::SocketAddr {
    std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, server_port))
}

/// The address of the leads' database through a relay.
fn url_through(addr: std::net::SocketAddr) -> String {
    format!("postgres://{}@{addr}/{}", pg_server::ROLE, pg_server::DATABASE)
}

/// Whether a server takes statements.
fn answers(server: &Server) -> bool {
    server.sql(pg_server::DATABASE, "SELECT 1").is_ok()
}
