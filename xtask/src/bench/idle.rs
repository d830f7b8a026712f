//! What a proxy costs that has nothing to do: memory, and time on a core.

use super::{
    Bench, process,
    table::{Goal, Row},
};
use anyhow::{Context, Result};
use std::{
    thread,
    time::{Duration, Instant},
};

/// What a start has to do is done by then.
const SETTLED: Duration = Duration::from_secs(3);
/// How many times as long as a turn it is looked at, since the system counts in hundredths of a second.
const LONGER: u32 = 7;

/// Measures once: the rounds of other measures make up for neighbours, who cannot be seen here.
pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let (house, _database) = bench.house(&[])?;
    let proxy = house.proxy.as_ref().context("the proxy was not started")?.id();
    wait(SETTLED, bench)?;
    let (before, began) = (process::cpu_us(proxy)?, Instant::now());
    wait(bench.time * LONGER, bench)?;
    let hundredths = (process::cpu_us(proxy)? - before) / began.elapsed().as_secs_f64() / 1e4;
    let memory = process::memory_mib(proxy)?;
    println!("idle: {memory:.1} MiB, {hundredths:.2} % of a core");
    house.close()?;
    let row = |measure: &str, found, unit, most| {
        let (measure, goal) = (measure.to_owned(), Some(Goal::AtMost(most)));
        Row { measure, found, unit, goal, note: "once".to_owned() }
    };
    Ok(vec![row("memory at rest", memory, " MiB", 40.0), row("of a core at rest", hundredths, " %", 1.0)])
}

fn wait(time: Duration, bench: &Bench) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < time {
        bench.stop.check()?;
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
