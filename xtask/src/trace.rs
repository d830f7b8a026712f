//! `cargo xtask trace`: shows from the system calls that a promise is on the disk before it is made.
//!
//! No `kill -9` can show that: what the system holds in memory outlives the process, and only a power cut takes it.
//! So the real proxy runs under strace, and every accept's write, sync and answer are looked up in the trace.

mod calls;
mod order;
#[cfg(test)]
mod tests;

use crate::{
    house::{
        self, House, Plan,
        child::{self, Child},
        examples,
        options::Options,
        ports::Ports,
        programs::Build,
        stop::Stop,
    },
    load::{Load, Sent},
    sh,
    tools::{self, Need},
};
use anyhow::{Context, Result, bail, ensure};
use calls::Reader;
use order::{Order, Report};
use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    sync::atomic::AtomicBool,
    time::Duration,
};

/// Connections that submit at the same time, so that commits share a sync.
const CONNECTIONS: usize = 8;
/// The calls that hand bytes to a file or a socket, and those that bring a file to the disk.
const CALLS: &str =
    "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,fdatasync,fsync,sync_file_range,msync";
/// A page of SQLite's log is 4,096 bytes; strace must not cut it.
const BYTES_SHOWN: &str = "8192";
/// How many faults are shown.
const SHOWN: usize = 10;
/// strace slows a program down a good deal.
const END_LIMIT: Duration = Duration::from_secs(60);

/// `cargo xtask trace`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let options = Options::read("trace", arguments, &["--release", "--no-build"], &["--accepts"])?;
    let accepts: u64 = options.value("--accepts", "a number of accepts")?.unwrap_or(1_000);
    let tools = tools::ensure(&[Need::Strace])?;
    let strace = tools.program("strace")?;
    let programs = Build::chosen(&options)?.programs()?;
    let folder = sh::target().join("trace");
    house::clear(&folder)?;
    println!("trace: {accepts} accepts over {CONNECTIONS} connections, lead-proxy under strace");

    // No wait for the partner: the answer follows the store at once, which is the hardest case.
    let overrides = vec![("LEAD_PROXY__PUBLIC__INLINE_WAIT_MS", "0".to_owned())];
    let plan = Plan { overrides, ..Plan::new(folder.clone(), Ports::free()?, programs) };
    let trace = folder.join("calls.strace");
    let receipts = record(plan, &strace, &trace, accepts)?;
    ensure!(
        receipts.len() as u64 == accepts,
        "found {} answers with a receipt, expected {accepts}; the proxy's words are in {}",
        receipts.len(),
        folder.display()
    );
    judge(&check(&trace, &receipts)?, &trace)
}

/// Runs the proxy under strace while the submissions are made; the receipts that visitors got.
fn record(plan: Plan, strace: &Path, trace: &Path, accepts: u64) -> Result<Vec<String>> {
    let stop = Stop::listen()?;
    let mut house = House::open(plan, &stop)?;
    let traced = house.proxy_command(&[]);
    let mut command = sh::command(strace);
    command.args(["-f", "-yy", "--seccomp-bpf", "-s", BYTES_SHOWN, "-e"]).arg(format!("trace={CALLS}"));
    command.arg("-e").arg("signal=none").arg("-o").arg(trace);
    // strace knows threads, and takes no SIGTERM while it writes to a file: the proxy's own id is what ends both.
    let id = house.folder.join("lead-proxy.pid");
    command.args(["sh", "-c", "echo $$ >\"$0\" && exec \"$@\""]).arg(&id);
    command.arg(traced.get_program()).args(traced.get_args());
    for (name, value) in traced.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    house.launch_proxy(command)?;
    house.await_proxy()?;
    let load = Load {
        proxy_urls: vec![house.ports.proxy_url()],
        origin: house.ports.website_url(),
        examples: examples::of_accounts(&["takepayments"])?,
        mark: "trace-trace-trace".to_owned(),
        threads: CONNECTIONS,
        pause: Duration::ZERO,
        count: accepts,
        all_patient: false,
    };
    let sent = load.run(&AtomicBool::new(false), &stop);
    stop.check()?;
    if let Some(proxy) = house.proxy.take() {
        end(proxy, &id)?;
    }
    house.close()?;
    Ok(sent.iter().filter_map(Sent::receipt).map(str::to_owned).collect())
}

/// Ends the traced proxy, and waits for strace, which ends after it.
fn end(mut strace: Child, id: &Path) -> Result<()> {
    let text = std::fs::read_to_string(id).with_context(|| format!("could not read {}", id.display()))?;
    let process = text.trim().parse().with_context(|| format!("found no process id in {}", id.display()))?;
    child::terminate(process)?;
    strace.await_end(END_LIMIT)?;
    Ok(())
}

/// Reads the trace and follows every receipt through it.
fn check(trace: &Path, receipts: &[String]) -> Result<Report> {
    let file = File::open(trace).with_context(|| format!("found no trace at {}", trace.display()))?;
    let mut reader = Reader::default();
    let mut order = Order::new(receipts);
    for line in BufReader::new(file).split(b'\n') {
        let line = line.context("could not read the trace")?;
        if let Some(call) = reader.read(&String::from_utf8_lossy(&line)) {
            order.take(&call);
        }
    }
    reader.rest().for_each(|call| order.take(&call));
    Ok(order.report())
}

/// Prints what was found; an error unless every accept was in order.
fn judge(report: &Report, trace: &Path) -> Result<()> {
    let all = report.in_order + report.flaws.len();
    println!("{} of {all} accepts were synced before their answer", report.in_order);
    let syncs: Vec<String> = report.syncs.iter().map(|(call, count)| format!("{count} {call}")).collect();
    let syncs = if syncs.is_empty() { "no sync".to_owned() } else { syncs.join(" and ") };
    println!("{syncs} of the log; at most {} accepts in one", report.most_in_one_sync);
    if report.flaws.is_empty() {
        // The trace holds every visitor's details and hundreds of megabytes; only a failure is worth keeping.
        return std::fs::remove_file(trace).context("could not remove the trace");
    }
    for (receipt, flaw) in report.flaws.iter().take(SHOWN) {
        println!("  {receipt}: {flaw}");
    }
    bail!("{} of {all} accepts were not in order; the trace is {}", report.flaws.len(), trace.display())
}
