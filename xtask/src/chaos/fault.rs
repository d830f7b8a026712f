//! What is broken, one thing at a time and by the seed, and how it is mended.

use super::{answers, replica::Replica};
use crate::house::{self, House, campaign::LEASE, random::Random, stop::Stop};
use anyhow::{Context, Result, ensure};
use fault_net::Direction;
use pg_server::{DATABASE, Server, Shutdown};
use std::{
    collections::BTreeMap,
    fmt, thread,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// How much longer than a lease a replica is stopped or cut off, at most.
const PAST_LEASE: Duration = Duration::from_millis(2_000);
/// How long a replica may take to come to a point and wait there.
const LINGER_LIMIT: Duration = Duration::from_secs(10);
/// How long a replica that is told to end may take.
const END_LIMIT: Duration = Duration::from_secs(40);
const DATABASE_LIMIT: Duration = Duration::from_secs(30);
/// Where a replica is stopped on purpose: before its attempt is written down, between that and the first byte, at that,
/// and between the answer and its outcome.
const POINTS: [&str; 5] =
    ["claim.leased", "attempt.ready", "begin.written", "send.first_byte", "send.answered"];

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Kill,
    Stop,
    StopAtPoint,
    Terminate,
    BlackHole,
    Cut,
    RestartFast,
    RestartImmediate,
    KillBackend,
    Disconnect,
}

const ALL: [Fault; 10] = [
    Fault::Kill,
    Fault::StopAtPoint,
    Fault::BlackHole,
    Fault::Stop,
    Fault::RestartImmediate,
    Fault::Terminate,
    Fault::Cut,
    Fault::KillBackend,
    Fault::RestartFast,
    Fault::Disconnect,
];

/// Everything that can be broken.
pub(super) struct Scene<'a> {
    pub(super) server: Server,
    pub(super) runtime: Runtime,
    pub(super) replicas: Vec<Replica>,
    pub(super) random: Random,
    stop: &'a Stop,
    /// What comes next: each kind once before any comes again.
    next: Vec<Fault>,
    done: BTreeMap<Fault, usize>,
    /// How often a replica that was to wait at a point never came there.
    missed: usize,
    /// When the last thing was broken, and broken no more.
    last: Instant,
}

impl<'a> Scene<'a> {
    pub(super) fn new(server: Server, runtime: Runtime, random: Random, stop: &'a Stop) -> Self {
        let (replicas, next, done) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { server, runtime, replicas, random, stop, next, done, missed: 0, last: Instant::now() }
    }

    /// How long nothing has been broken any more.
    pub(super) fn peace(&self) -> Duration {
        self.last.elapsed()
    }

    pub(super) fn faults(&self) -> usize {
        self.done.values().sum()
    }

    /// Breaks the next thing.
    pub(super) fn act(&mut self, house: &House) -> Result<()> {
        self.stop.check()?;
        if self.next.is_empty() {
            self.next = ALL.to_vec();
        }
        let fault = self.next.remove(self.random.number(self.next.len()));
        let which = self.random.number(self.replicas.len());
        let past_lease = LEASE + self.random.below(PAST_LEASE);
        let replica = self.replicas.get_mut(which).context("there is no such replica")?;
        match fault {
            Fault::Kill => replica.child.take().context("it is down")?.kill()?,
            Fault::Stop => stop_for(replica, past_lease)?,
            Fault::StopAtPoint => {
                let point = POINTS.get(self.random.number(POINTS.len())).copied().unwrap_or("begin.written");
                replica.child.take().context("it is down")?.kill()?;
                replica.start(house, Some((point, 1 + self.random.number(4))))?;
                if house::until(LINGER_LIMIT, self.stop, || Ok(replica.lingers(house)))? {
                    stop_for(replica, past_lease)?;
                } else {
                    self.missed += 1;
                }
            }
            Fault::Terminate => {
                let mut child = replica.child.take().context("it is down")?;
                child.terminate()?;
                let status = child.await_end(END_LIMIT)?;
                ensure!(status.success(), "replica {which} ended with {status} after SIGTERM");
            }
            Fault::BlackHole => {
                replica.relay.black_hole(Direction::Both);
                thread::sleep(past_lease);
                self.runtime.block_on(replica.relay.heal());
            }
            Fault::Cut => {
                self.runtime.block_on(replica.relay.refuse());
                replica.relay.cut();
                thread::sleep(past_lease);
                self.runtime.block_on(replica.relay.heal());
            }
            Fault::RestartFast => self.server.restart(Shutdown::Fast)?,
            Fault::RestartImmediate => self.server.restart(Shutdown::Immediate)?,
            Fault::KillBackend => _ = self.server.kill_backend(DATABASE)?,
            Fault::Disconnect => _ = self.server.disconnect(DATABASE)?,
        }
        *self.done.entry(fault).or_default() += 1;
        self.last = Instant::now();
        Ok(())
    }

    /// Starts whoever is down, and waits for the database where it recovers.
    pub(super) fn mend(&mut self, house: &House) -> Result<()> {
        let server = &self.server;
        let up = house::until(DATABASE_LIMIT, self.stop, || Ok(answers(server)))?;
        ensure!(up, "PostgreSQL did not come up again; its last words:\n{}", last_words(server));
        for replica in &mut self.replicas {
            replica.is_ready(house);
            replica.raise(house)?;
        }
        Ok(())
    }

    /// Leaves everything whole and everybody ready.
    pub(super) fn heal(&mut self, house: &House) -> Result<()> {
        self.mend(house)?;
        for replica in &mut self.replicas {
            self.runtime.block_on(replica.relay.heal());
            replica.await_ready(house, self.stop)?;
        }
        Ok(())
    }
}

/// Stops every thread of the process, and lets them go on after so long.
fn stop_for(replica: &Replica, time: Duration) -> Result<()> {
    let child = replica.child.as_ref().context("it is down")?;
    child.signal("STOP")?;
    thread::sleep(time);
    child.signal("CONT")
}

fn last_words(server: &Server) -> String {
    let log = server.log();
    let skipped = log.lines().count().saturating_sub(15);
    log.lines().skip(skipped).collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Scene<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> =
            self.done.iter().map(|(fault, count)| format!("{fault:?} x {count}")).collect();
        writeln!(out, "{:<12} {:>7}  {}", "faults", self.faults(), each.join(", "))?;
        if self.missed > 0 {
            writeln!(
                out,
                "{:<12} {:>7}  stops at a point that no lead came to in time",
                "missed", self.missed
            )?;
        }
        Ok(())
    }
}
