//! One program that runs beside us, with its words in a file.
//!
//! In a process group of its own: Ctrl-C in the terminal reaches only us, and we end our children in order.

use crate::sh;
use anyhow::{Context, Result, bail};
use std::{
    fs::OpenOptions,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

/// How long a program may take to end after SIGTERM before it is killed.
const END_LIMIT: Duration = Duration::from_secs(15);
/// How many of its last lines are shown when it has ended by itself.
const LINES_SHOWN: usize = 15;

/// A running program; dropping it kills it.
pub(crate) struct Child {
    name: &'static str,
    process: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts it, its words added to the log.
    pub(crate) fn start(name: &'static str, mut command: Command, log: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(log);
        let file = file.with_context(|| format!("could not write the log {}", log.display()))?;
        let error = file.try_clone().context("could not share the log")?;
        let process = command.process_group(0).stdout(file).stderr(error).spawn();
        let process = process
            .with_context(|| format!("could not start {}", command.get_program().to_string_lossy()))?;
        Ok(Self { name, process, log: log.to_path_buf() })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// An error with its last words when it has ended by itself.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        match self.process.try_wait().context("could not ask for a child's state")? {
            None => Ok(()),
            Some(status) => bail!(
                "{} ended by itself with {status}. Its last words (all in {}):\n{}",
                self.name,
                self.log.display(),
                self.last_lines()
            ),
        }
    }

    /// The end of its log, set off for people.
    pub(crate) fn last_lines(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let skipped = text.lines().count().saturating_sub(LINES_SHOWN);
        text.lines().skip(skipped).map(|line| format!("  | {line}\n")).collect()
    }

    /// `kill -9`, and its end.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.process.kill().with_context(|| format!("could not kill {}", self.name))?;
        self.process.wait().with_context(|| format!("could not wait for {}", self.name)).map(drop)
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.process.try_wait().context("could not ask for a child's state")?.is_some())
    }

    /// Asks it to end, and waits for nothing.
    pub(crate) fn terminate(&self) -> Result<()> {
        terminate(self.process.id())
    }

    /// Sends it a signal by its name.
    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        signal(self.process.id(), name)
    }

    /// SIGTERM, and its end; killed when it does not end.
    pub(crate) fn end(mut self) -> Result<()> {
        if self.has_ended()? {
            return Ok(());
        }
        self.terminate()?;
        self.await_end(END_LIMIT)?;
        Ok(())
    }

    /// Waits for its own end, however that is brought about.
    pub(crate) fn await_end(&mut self, limit: Duration) -> Result<ExitStatus> {
        let started = Instant::now();
        while started.elapsed() < limit {
            if let Some(status) = self.process.try_wait().context("could not ask for a child's state")? {
                return Ok(status);
            }
            std::thread::sleep(super::LOOK_AGAIN);
        }
        bail!(
            "{} was asked to end and has not within {}; it was killed. Its last words:\n{}",
            self.name,
            sh::time(limit),
            self.last_lines()
        )
    }
}

/// Asks a process to end.
pub(crate) fn terminate(process: u32) -> Result<()> {
    signal(process, "TERM")
}

/// By `kill`, since a system call of our own would be unsafe code.
fn signal(process: u32, name: &str) -> Result<()> {
    let mut command = sh::command("sh");
    command.args(["-c", "kill -s \"$1\" \"$0\""]).arg(process.to_string()).arg(name);
    sh::output(&mut command).map(drop)
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only for a child that has already been waited for.
        self.process.kill().unwrap_or_default();
        self.process.wait().map(drop).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, log: &str) -> Child {
        let mut command = sh::command("sh");
        command.args(["-c", script]);
        let log = std::env::temp_dir().join(format!("xtask-{}-{log}", std::process::id()));
        Child::start("shell", command, &log).unwrap()
    }

    #[test]
    fn program_that_ends_by_itself_is_told_with_its_last_words() {
        let mut child = shell("echo the port is taken >&2; exit 7", "ends");
        child.await_end(END_LIMIT).unwrap();
        let error = child.check_alive().unwrap_err().to_string();
        assert!(error.contains("exit status: 7") && error.contains("the port is taken"), "{error}");
        std::fs::remove_file(&child.log).unwrap();
    }

    #[test]
    fn running_program_ends_by_the_signal_it_can_answer() {
        let child =
            shell("trap 'echo good night; exit 0' TERM; echo up; while :; do sleep 0.05; done", "traps");
        let log = child.log.clone();
        let text = || std::fs::read_to_string(&log).unwrap();
        super::super::until(END_LIMIT, &super::super::stop::Stop::never(), || Ok(text().contains("up")))
            .unwrap();
        child.end().unwrap();
        assert!(text().contains("good night"), "{}", text());
        std::fs::remove_file(&log).unwrap();
    }
}
