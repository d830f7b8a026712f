//! What a process costs, as the system counts it under `/proc`: time on a core, and memory.
//!
//! Apart because nothing else reads `/proc`, and both a single program and one with children are asked for.

use anyhow::{Context, Result};
use std::fs;

/// A tick of the times in `stat`: the system tells them in hundredths of a second on every machine that Linux runs on.
const TICK_US: f64 = 10_000.0;

/// User and system time of one process, in microseconds.
pub(super) fn cpu_us(process: u32) -> Result<f64> {
    let stat = stat(process)?;
    stat.map(|stat| stat.ticks * TICK_US).with_context(|| format!("process {process} has ended"))
}

/// The same with all that it has started and that still run.
pub(super) fn cpu_us_with_children(process: u32) -> Result<f64> {
    let mut sum = cpu_us(process)?;
    for entry in fs::read_dir("/proc").context("could not list /proc")? {
        let name = entry.context("could not list /proc")?.file_name();
        let Some(child) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that has ended since it was listed is left out.
        if let Some(stat) = stat(child)?.filter(|stat| stat.parent == process) {
            sum += stat.ticks * TICK_US;
        }
    }
    Ok(sum)
}

/// Memory of its own in MiB: what the system holds for it now.
pub(super) fn memory_mib(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))
        .with_context(|| format!("could not read the memory of process {process}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: Option<f64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kib.map(|kib| kib / 1024.0).context("found no `VmRSS` in the process's status")
}

struct Stat {
    parent: u32,
    ticks: f64,
}

/// None where there is no such process any more.
fn stat(process: u32) -> Result<Option<Stat>> {
    let Ok(text) = fs::read_to_string(format!("/proc/{process}/stat")) else { return Ok(None) };
    read(&text).map(Some).with_context(|| format!("could not read the times of process {process}"))
}

/// After the name, which may hold anything: state, parent, and as the 12th and 13th user and system time.
fn read(stat: &str) -> Option<Stat> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    let mut times = fields.skip(9).map(str::parse::<f64>);
    let ticks = times.next()?.ok()? + times.next()?.ok()?;
    Some(Stat { parent, ticks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = read("71 (a) b (c) S 7 71 71 0 -1 4194560 1 2 3 4 150 50 6 7 20 0 9").unwrap();
        assert_eq!((stat.parent, stat.ticks), (7, 200.0));
        assert!(read("71 (a) S 7").is_none());
    }

    #[test]
    fn own_process_has_memory_and_one_that_is_not_there_is_told() {
        assert!(memory_mib(std::process::id()).unwrap() > 0.1);
        assert!(cpu_us(u32::MAX).is_err() && memory_mib(u32::MAX).is_err());
    }
}
