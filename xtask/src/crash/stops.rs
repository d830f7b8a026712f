//! A stop as an operator asks for it, under load: not ready at once, nothing begun any more, an end in good order.
//!
//! Apart from the kills between which it happens: here nothing may be left in doubt at all.

use crate::{
    house::{self, House, stop::Stop},
    load::{Moment, now},
    promises::{book::Book, count::Count},
    sh,
};
use anyhow::{Context, Result, ensure};
use std::{
    fmt, thread,
    time::{Duration, Instant},
};

/// How long it may be called ready after SIGTERM. On an idle machine it is a few milliseconds.
const UNREADY_MAX: Duration = Duration::from_secs(1);
/// An attempt may be under way between its last look and its row.
const BEGUN_MAX_MS: i64 = 1_000;
/// How long it may take to end: as long as its open requests, and then its attempts, may take.
const END_MAX: Duration = Duration::from_secs(40);

/// `delivery.stop_wait_ms`, as the campaign leaves it: attempts that have not ended by then stay for the next start.
const STOP_WAIT_MS: Moment = 25_000;

/// Every stop so far.
#[derive(Debug, Default)]
pub(super) struct Stops {
    /// The start, SIGTERM, and the end.
    times: Vec<[Moment; 3]>,
    /// How long it was called ready after SIGTERM.
    ready: Vec<Duration>,
}

impl Stops {
    /// Stops the proxy once it is ready, and waits for its end.
    pub(super) fn stop(&mut self, house: &mut House, launched_at: Moment, stop: &Stop) -> Result<()> {
        house.await_proxy()?;
        let mut proxy = house.proxy.take().context("the proxy was not started")?;
        let (asked_at, began) = (now(), Instant::now());
        proxy.terminate()?;
        let (web, url) = (house.web.clone(), house.ports.ready_url());
        let watching = thread::spawn(move || {
            while web.status(&url) == Some(200) {
                thread::sleep(Duration::from_millis(2));
            }
            began.elapsed()
        });
        house::until(END_MAX, stop, || proxy.has_ended())?;
        let status = proxy.await_end(Duration::ZERO.max(house::LOOK_AGAIN))?;
        let lines = proxy.last_lines();
        ensure!(status.success(), "the proxy ended with {status} after SIGTERM. Its last words:\n{lines}");
        self.times.push([launched_at, asked_at, now()]);
        self.ready.push(watching.join().unwrap_or(Duration::MAX));
        Ok(())
    }

    /// Tells the count of what must not be: attempts that were begun after the word, or left in doubt by the end.
    pub(super) fn judge(&self, book: &Book, count: &mut Count) {
        for ready in self.ready.iter().filter(|ready| **ready > UNREADY_MAX) {
            count.wrong("stops after which it was still called ready", sh::time(*ready));
        }
        for (receipt, entry) in &book.entries {
            for attempt in &entry.attempts {
                let within = |from: Moment, to: Moment| (from..=to).contains(&attempt.started_at);
                for [launched_at, asked_at, ended_at] in &self.times {
                    if within(asked_at + BEGUN_MAX_MS, *ended_at) {
                        count.wrong("attempts that were begun after SIGTERM", receipt.clone());
                    }
                    // Those of the process before it, which was killed, are not its own.
                    // Nor is what was left when the time to stop was over.
                    let had_time = ended_at - asked_at < STOP_WAIT_MS;
                    if had_time
                        && within(*launched_at, *ended_at)
                        && attempt.ended_at.is_none_or(|at| at > *ended_at)
                    {
                        count.wrong("attempts that a stop in good order has left behind", receipt.clone());
                    }
                }
            }
        }
    }
}

impl fmt::Display for Stops {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest =
            self.times.iter().map(|[_, asked_at, ended_at]| ended_at - asked_at).max().unwrap_or_default();
        let longest = Duration::from_millis(u64::try_from(longest).unwrap_or_default());
        let ready = self.ready.iter().max().copied().unwrap_or_default().as_millis();
        let note =
            format!("in good order, ready for {ready} ms more at most, ended after {}", sh::time(longest));
        writeln!(out, "{:<12} {:>7}  {note} at most", "stops", self.times.len())
    }
}
