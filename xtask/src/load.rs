//! Visitors: submissions over HTTP as the form makes them, each with an email and an idempotency key of its own.
//!
//! Apart from the campaigns that need them. Everything that a visitor learns is kept, since what was promised to
//! visitors is what the campaigns hold the partner's ledger against.

use crate::house::{examples::Example, stop::Stop, web::Web};
use anyhow::Result;
use serde_json::Value;
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Every so many visitors one has a form that sends again, with the same key, until there is an answer.
const PATIENT_EVERY: u64 = 3;
/// Every so many visitors one sends once more after the answer, as a reload or the back button does.
const REPEATING_EVERY: u64 = 10;
/// For how long a patient visitor's form goes on.
const PATIENCE: Duration = Duration::from_secs(15);
/// The pauses between its sends, the last one again and again.
const PAUSES_MS: [u64; 5] = [0, 50, 100, 250, 500];

/// Milliseconds since 1970 by the system's clock, which the simulator's ledger uses too.
pub(crate) type Moment = i64;

pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What visitors send, and how.
pub(crate) struct Load {
    /// The public address of the proxy, or of each of its replicas: visitors go to them in turn, and to the next one when
    /// they send again.
    pub(crate) proxy_urls: Vec<String>,
    /// The origin of the host page.
    pub(crate) origin: String,
    /// What is sent, in turn.
    pub(crate) examples: Vec<Example>,
    /// Makes emails and keys differ from those of another run.
    pub(crate) mark: String,
    /// How many send at the same time at most.
    pub(crate) threads: usize,
    /// The time from one submission to the next; zero sends as fast as answers come.
    pub(crate) pause: Duration,
    /// How many there are at most.
    pub(crate) count: u64,
    /// Whether every visitor's form sends again until there is an answer, and not only every third one's.
    pub(crate) all_patient: bool,
}

/// One submission and everything that its visitor learned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) number: u64,
    /// The account that gets the lead.
    pub(crate) account: String,
    pub(crate) email: String,
    /// Every 2xx, oldest first.
    pub(crate) promises: Vec<Promise>,
    /// The status of every other answer.
    pub(crate) refusals: Vec<u16>,
    /// How many sends had no complete answer.
    pub(crate) broken: u32,
    /// From when it was due to the end of its first send.
    pub(crate) waited: Duration,
}

/// What a 2xx says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    pub(crate) receipt: String,
    /// Whether it says that the partner has the lead, not only that it is safe.
    pub(crate) delivered: bool,
    /// When it had been read.
    pub(crate) at: Moment,
}

impl Load {
    /// Sends until the count is reached, `enough` is set or somebody wants to stop; gives all submissions in order.
    pub(crate) fn run(&self, enough: &AtomicBool, stop: &Stop) -> Vec<Sent> {
        let next = AtomicU64::new(0);
        let all = Mutex::new(Vec::new());
        let started = Instant::now();
        let ended = || enough.load(Ordering::Relaxed) || stop.wanted();
        thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| {
                    let web = Web::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.count || !wait_for_turn(started, self.due(number), &ended) {
                            break;
                        }
                        let due = started + self.due(number);
                        let sent = self.send(&web, number, due, &ended);
                        all.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
                    }
                });
            }
        });
        let mut all: Vec<Sent> = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.sort_by_key(|sent| sent.number);
        all
    }

    fn due(&self, number: u64) -> Duration {
        self.pause.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// One visitor, from the first send to the last.
    fn send(&self, web: &Web, number: u64, due: Instant, ended: &impl Fn() -> bool) -> Sent {
        let turn = usize::try_from(number).unwrap_or_default();
        let Some(example) = self.examples.get(turn % self.examples.len().max(1)) else {
            return Sent::default();
        };
        let (account, email) = (example.account.clone(), format!("visitor-{number}@{}.example", self.mark));
        let mut sent = Sent { number, account, email, ..Sent::default() };
        let path = format!("/v1/forms/{}/submissions", example.form);
        let urls: Vec<String> = self.proxy_urls.iter().map(|url| format!("{url}{path}")).collect();
        // By another number than the form's, so that every form meets every replica.
        let first = turn / self.examples.len().max(1) % urls.len().max(1);
        let mut urls = urls.iter().cycle().skip(first);
        let mut post = |headers: &[(&str, &str)], body: &str| match urls.next() {
            Some(url) => web.post(url, headers, body),
            None => anyhow::bail!("nobody to send to"),
        };
        let key = format!("{}-{number:012}", self.mark);
        let body = example.by(&sent.email).body();
        let headers = [("origin", self.origin.as_str()), ("idempotency-key", &key)];

        let began = Instant::now();
        let mut pauses = PAUSES_MS.iter().copied();
        let answer = post(&headers, &body);
        sent.waited = due.elapsed();
        let mut is_over = sent.take(answer);
        while !is_over
            && (self.all_patient || number.is_multiple_of(PATIENT_EVERY))
            && began.elapsed() < PATIENCE
            && !ended()
        {
            thread::sleep(Duration::from_millis(pauses.next().unwrap_or(500)));
            is_over = sent.take(post(&headers, &body));
        }
        if number % REPEATING_EVERY == 1 && !sent.promises.is_empty() {
            sent.take(post(&headers, &body));
        }
        sent
    }
}

impl Sent {
    /// Notes what came of a send; whether the form would leave it at that.
    fn take(&mut self, answer: Result<(u16, String)>) -> bool {
        let Ok((status, body)) = answer else {
            self.broken += 1;
            return false;
        };
        match promise(status, &body) {
            Some(promise) => self.promises.push(promise),
            None => self.refusals.push(status),
        }
        (400..500).contains(&status) && status != 409 || (200..300).contains(&status)
    }

    /// The receipt, once there was a 2xx.
    pub(crate) fn receipt(&self) -> Option<&str> {
        self.promises.first().map(|promise| promise.receipt.as_str())
    }
}

/// Reads a 2xx; none for other answers, and for a 2xx without receipt, which promises nothing that could be held.
fn promise(status: u16, body: &str) -> Option<Promise> {
    if !matches!(status, 200 | 202) {
        return None;
    }
    let body: Value = serde_json::from_str(body).ok()?;
    let receipt = body.get("receipt")?.as_str()?.to_owned();
    let delivered = body.get("state").and_then(Value::as_str) == Some("delivered");
    Some(Promise { receipt, delivered, at: now() })
}

/// Sleeps in small pieces; false when it is over before the turn has come.
fn wait_for_turn(started: Instant, due: Duration, ended: &impl Fn() -> bool) -> bool {
    loop {
        if ended() {
            return false;
        }
        let left = due.saturating_sub(started.elapsed());
        if left.is_zero() {
            return true;
        }
        thread::sleep(left.min(Duration::from_millis(50)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_2xx_with_a_receipt_is_a_promise() {
        let body = r#"{"receipt":"7K3F9","state":"delivered"}"#;
        assert!(promise(200, body).is_some_and(|promise| promise.delivered && promise.receipt == "7K3F9"));
        assert!(
            promise(202, r#"{"receipt":"7K3F9","state":"received"}"#)
                .is_some_and(|promise| !promise.delivered)
        );
        for (status, body) in [(503, body), (200, "{}"), (202, "")] {
            assert_eq!(promise(status, body), None, "{status} {body}");
        }
    }

    #[test]
    fn form_leaves_it_at_an_answer_and_goes_on_at_anything_less() {
        let goes_on = |status: u16| !Sent::default().take(Ok((status, "{}".to_owned())));
        assert!([409, 500, 503].into_iter().all(goes_on));
        assert!(![200, 202, 400, 422].into_iter().any(goes_on));
        assert!(!Sent::default().take(Err(anyhow::anyhow!("connection reset"))));
    }
}
