//! One running `postgres`: started, asked whether it answers, signalled, and ended.
//!
//! Apart from `server`, which knows folders and settings and outlives many of these.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::programs::{Programs, run};

/// How long a server may take to answer: after a crash it first reads its log.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long a server may take to end before it is killed.
const END_LIMIT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How a server is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Connections are broken off, everything is written, then it ends.
    Fast,
    /// At once: the next start has to read the log, as after a crash.
    Immediate,
}

impl Shutdown {
    fn signal(self) -> &'static str {
        match self {
            Self::Fast => "INT",
            Self::Immediate => "QUIT",
        }
    }
}

/// A running postmaster, and the guard that ends it when we are killed.
pub(crate) struct Process {
    child: Child,
    guard: Child,
}

impl Process {
    /// Starts the server and waits until it takes connections.
    pub(crate) fn start(programs: &Programs, folder: &Path, arguments: &[String]) -> Result<Self> {
        let log = folder.join("log");
        let started = Instant::now();
        loop {
            let before = fs::metadata(&log).map_or(0, |found| found.len());
            let words =
                OpenOptions::new().create(true).append(true).open(&log).context("could not open the log")?;
            let mut command = programs.command("postgres");
            command.args(arguments).stdout(words.try_clone()?).stderr(words);
            // A group of its own: Ctrl-C in the terminal reaches only us.
            let child = command.process_group(0).spawn().context("could not start postgres")?;
            let guard = guard(programs, child.id(), folder)?;
            let mut process = Self { child, guard };
            if process.answers(&folder.join("data/postmaster.pid"), started)? {
                return Ok(process);
            }
            process.drop_guard();
            let all = fs::read(&log).unwrap_or_default();
            let said =
                String::from_utf8_lossy(all.get(usize::try_from(before)?..).unwrap_or_default()).into_owned();
            // What a killed postmaster leaves: its backends end by themselves within moments.
            let leftover =
                said.contains("shared memory block") || said.contains("another server might be running");
            if !leftover || started.elapsed() > START_LIMIT {
                bail!("postgres ended at its start. Its words:\n{said}");
            }
            sleep(LOOK_AGAIN);
        }
    }

    /// Waits until the server notes that it is ready; false where it ended instead.
    fn answers(&mut self, note: &Path, started: Instant) -> Result<bool> {
        loop {
            if self.child.try_wait().context("could not ask for the server's state")?.is_some() {
                return Ok(false);
            }
            // Line 1 is its number, line 8 how far it is: what pg_ctl looks at, too.
            let text = fs::read_to_string(note).unwrap_or_default();
            let mut lines = text.lines().map(str::trim);
            if lines.next() == Some(self.child.id().to_string().as_str()) && lines.nth(6) == Some("ready") {
                return Ok(true);
            }
            if started.elapsed() > START_LIMIT {
                bail!("postgres does not take connections after {} s", START_LIMIT.as_secs());
            }
            sleep(LOOK_AGAIN);
        }
    }

    /// The postmaster's process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it; killed when it takes too long.
    pub(crate) fn end(mut self, programs: &Programs, how: Shutdown) -> Result<()> {
        signal(programs, how.signal(), self.child.id())?;
        let asked = Instant::now();
        while asked.elapsed() < END_LIMIT {
            if self.child.try_wait().context("could not ask for the server's state")?.is_some() {
                self.drop_guard();
                return Ok(());
            }
            sleep(LOOK_AGAIN);
        }
        bail!("postgres was asked to end and has not within {} s; it was killed", END_LIMIT.as_secs())
    }

    /// `kill -9`, and its end. Its backends end by themselves, a moment later.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill().context("could not kill postgres")?;
        self.child.wait().context("could not wait for postgres")?;
        self.drop_guard();
        Ok(())
    }

    fn drop_guard(&mut self) {
        // Both fail only for a child that has already been waited for.
        self.guard.kill().unwrap_or_default();
        self.guard.wait().map(drop).unwrap_or_default();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The guard first: it must not signal a number that is somebody else's by then.
        self.drop_guard();
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// Sends a signal by `kill`, since a system call of our own would be unsafe code.
pub(crate) fn signal(programs: &Programs, name: &str, process: u32) -> Result<()> {
    let mut kill = programs.shell("kill -s \"$0\" \"$1\"");
    run(kill.arg(name).arg(process.to_string())).map(drop)
}

/// Waits at a pipe that is closed when we end, however we end, and then ends the server and takes its folder away. A test
/// that is killed runs no destructor.
fn guard(programs: &Programs, postmaster: u32, folder: &Path) -> Result<Child> {
    let script =
        "read -r _; kill -s QUIT \"$0\"; while kill -s 0 \"$0\"; do sleep 0.1; done; rm -rf -- \"$1\"";
    let mut command = programs.shell(script);
    command.arg(postmaster.to_string()).arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.process_group(0).spawn().context("could not start the server's guard")
}
