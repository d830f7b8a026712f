//! `cargo xtask bench accept`: the speed that was promised, as ratios where a machine's own speed would be in the way. `bench
//! web`, what a visitor sees of it, is `bench/web.rs`.
//!
//! A campaign behind its own command and no stage of the tests: on a busy machine a time says little. What is compared is
//! measured by turns in the same minutes, with the release build, and the table gives the median of several rounds.

mod accept;
mod claim;
mod due;
mod idle;
mod nginx;
mod partner;
mod process;
mod table;
mod web;
mod wrk;

use crate::{
    house::{
        self, House,
        database::Store,
        options::Options,
        ports::Ports,
        programs::{Build, Programs},
        stop::Stop,
    },
    sh,
    tools::{self, Need, Tools},
};
use anyhow::{Context, Result, bail, ensure};
use pg_server::Server;
use std::{path::PathBuf, time::Duration};
use table::{Row, Table};

/// The account that leads are sent to.
const ACCOUNT: &str = "takepayments";

/// One measure, as `--only` calls it.
struct Measure {
    name: &'static str,
    run: fn(&Bench) -> Result<Vec<Row>>,
}

/// Every measure, in the order in which they are taken.
const MEASURES: &[Measure] = &[
    Measure { name: "accept", run: accept::run },
    Measure { name: "partner", run: partner::run },
    Measure { name: "due", run: due::run },
    Measure { name: "idle", run: idle::run },
    Measure { name: "claim", run: claim::run },
];

/// What all measures have in common.
struct Bench {
    store: Store,
    rounds: usize,
    /// How long each turn of a round is.
    time: Duration,
    programs: Programs,
    tools: Tools,
    /// Where stores and logs lie.
    folder: PathBuf,
    stop: Stop,
}

/// `cargo xtask bench`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("accept") => accept(rest),
        Some("web") => web::main(rest),
        what => bail!("found `{}` after `bench`, expected `accept` or `web`", what.unwrap_or_default()),
    }
}

/// `cargo xtask bench accept`.
fn accept(arguments: &[String]) -> Result<()> {
    let values = ["--seconds", "--rounds", "--store", "--only"];
    let options = Options::read("bench accept", arguments, &["--no-build"], &values)?;
    let seconds = options.value("--seconds", "seconds of a turn, from 1 on")?.unwrap_or(3_u64);
    let rounds = options.value("--rounds", "a number of rounds, from 1 on")?.unwrap_or(5_usize);
    ensure!(
        seconds > 0 && rounds > 0,
        "found --seconds {seconds} --rounds {rounds}, expected 1 at least of both"
    );
    let store: Store = options.value("--store", "`sqlite` or `postgres`")?.unwrap_or(Store::Sqlite);
    let measures = chosen(options.value("--only", "names of measures")?)?;
    let bench = Bench {
        store,
        rounds,
        time: Duration::from_secs(seconds),
        programs: if options.has("--no-build") { Build::ReleaseAsTheyAre } else { Build::Release }
            .programs()?,
        tools: tools::ensure(&[Need::Bench])?,
        folder: sh::target().join("bench"),
        stop: Stop::listen()?,
    };
    // Two at once would measure each other, and have one folder.
    let _lock = tools::lock_file(&sh::target().join("bench.lock"), "measures")?;
    house::clear(&bench.folder)?;
    std::fs::create_dir_all(&bench.folder)
        .with_context(|| format!("could not make {}", bench.folder.display()))?;
    println!("bench: {} with {rounds} rounds; {}", store.name(), load());
    let mut table = Table(Vec::new());
    for Measure { name, run } in measures {
        table.0.extend(run(&bench).with_context(|| format!("could not measure `{name}`"))?);
    }
    println!("\n{table}\n{}", load());
    let missed = table.missed();
    if missed.is_empty() { Ok(()) } else { bail!("not reached: {}", missed.join("; ")) }
}

fn chosen(names: Option<String>) -> Result<Vec<&'static Measure>> {
    let Some(names) = names else { return Ok(MEASURES.iter().collect()) };
    let known = || MEASURES.iter().map(|measure| measure.name).collect::<Vec<_>>().join(", ");
    let find = |name: &str| {
        let found = MEASURES.iter().find(|measure| measure.name == name);
        found.with_context(|| format!("found the measure `{name}`, expected any of: {}", known()))
    };
    names.split(',').map(find).collect()
}

/// How busy the machine is, for whoever reads the table.
fn load() -> String {
    let average = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let average: Vec<&str> = average.split(' ').take(3).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, load average {}", average.join(" "))
}

impl Bench {
    /// A house with an empty store and a proxy that is ready; beside it the database where that is a server.
    fn house(&self, overrides: &[(&'static str, String)]) -> Result<(House, Option<Server>)> {
        self.house_in("house", overrides)
    }

    /// The same in a folder of this name, for several at once.
    fn house_in(&self, name: &str, overrides: &[(&'static str, String)]) -> Result<(House, Option<Server>)> {
        let folder = self.folder.join(name);
        house::clear(&folder)?;
        let server = self.store.start()?;
        let mut plan = house::Plan::new(folder, Ports::free()?, self.programs.clone());
        // The visitor is told at once that the lead is safe: what a partner takes is not part of an accept.
        plan.overrides = vec![("LEAD_PROXY__PUBLIC__INLINE_WAIT_MS", "0".to_owned())];
        plan.overrides.extend(overrides.iter().cloned());
        plan.database = server.as_ref().map(|server| server.url(pg_server::DATABASE));
        let mut house = House::open(plan, &self.stop)?;
        house.start_proxy()?;
        Ok((house, server))
    }

    /// What wrk sends.
    fn leads(&self) -> Result<wrk::Leads> {
        wrk::Leads::of(ACCOUNT, self.tools.program("wrk")?)
    }
}
