//! `cargo xtask disk`: takes the disk away from the running proxy in every way there is, and counts every promise.
//!
//! The real program on a real, small file system: full, failing to sync or to write, locked by another program, with
//! another file in the store's place; and at the start read-only, damaged or cut short. The file system is mounted in a
//! namespace of our own, so that nothing of it is left whatever happens.

mod course;
mod fault;
mod start;

use crate::{
    house::{
        self, House, Plan, campaign, examples, options::Options, ports::Ports, programs::Build,
        random::Random, stop::Stop,
    },
    load::Load,
    promises::{Evidence, count::Count},
    sh,
    tools::{self, Need, Tools},
};
use anyhow::{Context, Result, bail};
use fault::{Fault, Place};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// What it takes beside our own programs.
pub(crate) const NEEDS: &[Need] = &[Need::Strace, Need::Sqlite];
/// Set for the one that runs inside of its own namespace.
const INSIDE: &str = "XTASK_DISK_INSIDE";
/// Room for the store, its log and the load; little enough to be filled in no time.
const SIZE: &str = "size=48m,mode=0700";
/// 30 submissions a second.
const PAUSE: Duration = Duration::from_millis(33);
const THREADS: usize = 8;
/// One partner that is asked once more after a doubt, and one that may be asked as often as it takes.
const ACCOUNTS: [&str; 2] = ["takepayments", "webhook"];
/// How long deliveries may take after the last fault.
const DRAIN_LIMIT: Duration = Duration::from_secs(60);

/// `cargo xtask disk`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let options = Options::read("disk", arguments, &["--release", "--no-build"], &["--seed"])?;
    let seed = options.value("--seed", "a number, such as an earlier run has printed")?;
    let seed: u64 = seed.unwrap_or_else(|| crate::load::now().unsigned_abs());
    let tools = tools::ensure(NEEDS)?;
    let programs = Build::chosen(&options)?.programs()?;
    if std::env::var_os(INSIDE).is_none() {
        return go_inside(options.has("--release"), seed);
    }
    let folder = sh::target().join("disk");
    house::clear(&folder)?;
    let began = Instant::now();
    println!("disk: {} faults under load and {} at the start, --seed {seed}", Fault::ALL.len(), start::CASES);
    let plan = house::Plan {
        overrides: overrides(&folder.join("mount")),
        campaign: true,
        ..Plan::new(folder.clone(), Ports::free()?, programs)
    };
    let wrongs = run(plan, seed, &tools)?;
    println!("in all {}", sh::time(began.elapsed()));
    if wrongs.is_empty() {
        return Ok(());
    }
    bail!(
        "{}\nThe same once more: with --seed {seed}; the proxy's words are in {}",
        wrongs.join("\n"),
        folder.display()
    )
}

/// The same command in a mount namespace of its own: a person's rights are enough where the system lets users have them.
fn go_inside(release: bool, seed: u64) -> Result<()> {
    let is_root = sh::output(sh::command("id").arg("-u"))?.trim() == "0";
    let ways: &[&[&str]] =
        if is_root { &[&["--mount"]] } else { &[&["--user", "--map-root-user", "--mount"]] };
    let may = |way: &&&[&str]| {
        let tried =
            sh::output(sh::command("unshare").args(**way).args(["mount", "-t", "tmpfs", "none", "/mnt"]));
        tried.is_ok()
    };
    let Some(way) = ways.iter().find(may) else {
        bail!(
            "found that nothing may be mounted here, which a small disk needs. Run it as root, allow users their own \
             namespaces (`sysctl kernel.unprivileged_userns_clone=1`; on Ubuntu also \
             `sysctl kernel.apparmor_restrict_unprivileged_userns=0`), or give the container `--cap-add SYS_ADMIN` and \
             `--security-opt apparmor=unconfined`"
        );
    };
    // By its place, not as this process: a stage before may have built it anew, and what runs here is then no file any more.
    let program = sh::target().join("debug/xtask");
    let mut command = sh::command("unshare");
    command.args(*way).arg(program).args(["disk", "--seed", &seed.to_string()]);
    command.arg(if release { "--release" } else { "--no-build" });
    sh::run(command.env(INSIDE, "1"))
}

/// Short waits, an answer as soon as the lead is safe, and the store on the small disk.
fn overrides(mount: &std::path::Path) -> Vec<(&'static str, String)> {
    let store = mount.join("leads.sqlite").to_string_lossy().into_owned();
    let mut overrides = campaign::overrides();
    overrides.push(("LEAD_PROXY__STORE__PATH", store));
    overrides.push(("LEAD_PROXY__PUBLIC__INLINE_WAIT_MS", "0".to_owned()));
    overrides
}

/// Everything on one store, one after the other; what must not be.
fn run(plan: Plan, seed: u64, tools: &Tools) -> Result<Vec<String>> {
    let stop = Stop::listen()?;
    let place = Place {
        mount: plan.folder.join("mount"),
        strace: tools.program("strace")?,
        sqlite: tools.program("sqlite3")?,
    };
    mount(&place.mount)?;
    let mut random = Random::new(seed);
    let mut house = House::open(plan, &stop)?;
    house.start_proxy()?;
    let mark = format!("disk-{seed:016x}");
    let load = load(&house, &mark)?;
    let enough = AtomicBool::new(false);
    let (mut wrongs, sent) = thread::scope(|scope| {
        let sending = scope.spawn(|| load.run(&enough, &stop));
        let wrongs = course::run(&mut house, &place, &mut random, &stop);
        enough.store(true, Ordering::Relaxed);
        let sent = sending.join();
        wrongs.map(|wrongs| (wrongs, sent.unwrap_or_default()))
    })?;
    // What only the process held in its hands is gone now: only what lies on the disk counts.
    house.proxy.take().context("the proxy was not started")?.kill()?;
    house.start_proxy()?;
    house.drain(&mut [], DRAIN_LIMIT, &stop)?;
    let evidence = Evidence::gather(&house, sent, &mark)?;
    let count = Count::of(&evidence);
    print!("{count}");
    wrongs.extend(count.wrongs());
    wrongs.extend(start::run(&mut house, &place, &mut random, &stop)?);
    house.close()?;
    Ok(wrongs)
}

fn load(house: &House, mark: &str) -> Result<Load> {
    Ok(Load {
        proxy_urls: vec![house.ports.proxy_url()],
        origin: house.ports.website_url(),
        examples: examples::of_accounts(&ACCOUNTS)?,
        mark: mark.to_owned(),
        threads: THREADS,
        pause: PAUSE,
        count: u64::MAX,
        all_patient: false,
    })
}

fn mount(folder: &PathBuf) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let mut command = sh::command("mount");
    sh::output(command.args(["-t", "tmpfs", "-o", SIZE, "lead-proxy-disk"]).arg(folder)).map(drop)
}
