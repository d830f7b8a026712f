//! The load: wrk, which sends leads over so many connections as fast as answers come.
//!
//! Apart because what it prints is read here, and an answer that is not a 2xx makes a measure worthless.

use crate::{
    house::{examples, settings},
    sh,
};
use anyhow::{Context, Result, ensure};
use std::{path::PathBuf, time::Duration};

/// The length of every body, as the method in the research has it.
pub(super) const BODY_BYTES: usize = 600;
/// Where the script puts a number of twelve digits.
const NUMBER: &str = "000000000000";
const SCRIPT: &str = "xtask/src/bench/lead.lua";

/// What was sent, and how soon it was answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) requests: f64,
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// The leads that are sent.
pub(super) struct Leads {
    path: String,
    body: String,
    program: PathBuf,
}

impl Leads {
    /// A form's example, its notes filled up so that each body has [`BODY_BYTES`].
    pub(super) fn of(account: &str, program: PathBuf) -> Result<Self> {
        let mut examples = examples::of_accounts(&[account])?;
        examples.retain(|example| example.values.contains_key("notes"));
        let mut example = examples.pop().context("found no form of the account with notes")?;
        example.values.insert("email".to_owned(), format!("visitor-{NUMBER}@analytical.example").into());
        example.values.insert("notes".to_owned(), "".into());
        let missing = BODY_BYTES.checked_sub(example.body().len());
        let missing = missing.context("the form's example is longer than the bodies of this benchmark")?;
        let notes: String = "Two tills. Call after ten. ".chars().cycle().take(missing.max(1) - 1).collect();
        example.values.insert("notes".to_owned(), format!("{notes}.").into());
        let (path, body) = (format!("/v1/forms/{}/submissions", example.form), example.body());
        ensure!(body.len() == BODY_BYTES, "a body has {} bytes, expected {BODY_BYTES}", body.len());
        Ok(Self { path, body, program })
    }

    /// Sends to a port of this machine; an error unless every answer is a 2xx.
    pub(super) fn send(&self, port: u16, connections: usize, time: Duration) -> Result<Sent> {
        let mut command = sh::command(&self.program);
        command.args(["--threads", "1", "--connections", &connections.to_string(), "--timeout", "10s"]);
        command.args(["--duration", &format!("{}s", time.as_secs()), "--script", SCRIPT]);
        command.arg(format!("http://127.0.0.1:{port}"));
        let mark: String = settings::random()?.chars().take(20).collect();
        command.env("BENCH_MARK", mark).env("BENCH_BODY", &self.body).env("BENCH_PATH", &self.path);
        let said = sh::output(&mut command)?;
        let (sent, bad) = read(&said).with_context(|| format!("wrk said nothing of use:\n{said}"))?;
        ensure!(bad == 0.0, "{bad} of {} submissions had no 2xx, expected none:\n{said}", sent.requests);
        Ok(sent)
    }
}

/// Reads the line that the script writes; how many had no 2xx comes second.
fn read(said: &str) -> Option<(Sent, f64)> {
    let line = said.lines().find_map(|line| line.strip_prefix("SUMMARY "))?;
    let numbers: Vec<f64> = line.split(' ').map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let [requests, micros, p50_us, p99_us, bad] = numbers.try_into().ok()?;
    let per_second = requests / micros * 1e6;
    Some((Sent { requests, per_second, p50_ms: p50_us / 1e3, p99_ms: p99_us / 1e3 }, bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_the_script_is_read_and_another_is_not() {
        let (sent, bad) = read("Running 2s test\n\nSUMMARY 50000 2000000 1250 3500 7\n").unwrap();
        assert_eq!((sent.per_second, sent.p50_ms, sent.p99_ms, bad), (25_000.0, 1.25, 3.5, 7.0));
        assert!(read("SUMMARY 50000 2000000\n").is_none() && read("unable to connect").is_none());
    }

    #[test]
    fn every_body_has_its_length_and_room_for_a_number() {
        let leads = Leads::of(super::super::ACCOUNT, PathBuf::new()).unwrap();
        assert_eq!(leads.body.len(), BODY_BYTES);
        assert_eq!(leads.body.matches(NUMBER).count(), 1);
    }
}
