//! What can go wrong with the disk of a running proxy, how it is brought about and how it goes away.
//!
//! Apart so that the list can be read beside what `/readyz` has to say of each.

use crate::{house::child::Child, sh};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

/// A piece of the ballast that fills the disk, and the least one.
const BALLAST_BYTES: [usize; 2] = [1 << 20, 1 << 12];

/// Where the store lies, and what breaks it.
pub(super) struct Place {
    pub(super) mount: PathBuf,
    pub(super) strace: PathBuf,
    pub(super) sqlite: PathBuf,
}

impl Place {
    /// The store's file.
    pub(super) fn store(&self) -> PathBuf {
        self.mount.join("leads.sqlite")
    }

    fn beside(&self) -> PathBuf {
        self.mount.join("moved-away")
    }

    fn ballast(&self) -> PathBuf {
        self.mount.join("ballast")
    }
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No byte more has room.
    Full,
    /// No sync succeeds.
    Sync,
    /// No write succeeds.
    Write,
    /// No write is allowed, as on a disk that the system has made read-only after an error.
    ReadOnly,
    /// Another program holds SQLite's lock.
    Locked,
    /// Another file has the place of the store's.
    Replaced,
}

/// What is there as long as the fault is.
pub(super) enum Held {
    Nothing,
    Tracer(Child),
    Locker(std::process::Child),
}

impl Fault {
    pub(super) const ALL: [Self; 6] =
        [Self::Full, Self::Sync, Self::Write, Self::ReadOnly, Self::Locked, Self::Replaced];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Sync => "sync fails",
            Self::Write => "write fails",
            Self::ReadOnly => "read-only",
            Self::Locked => "locked",
            Self::Replaced => "replaced",
        }
    }

    /// What `/readyz` has to say.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Full => "the disk is full",
            Self::Sync | Self::Write | Self::ReadOnly => "the disk reports an error",
            Self::Locked => "another program holds it locked",
            Self::Replaced => "one of its files was removed or replaced",
        }
    }

    /// Brings it about.
    pub(super) fn bring(self, place: &Place, proxy: u32, log: &Path) -> Result<Held> {
        match self {
            Self::Full => fill(&place.ballast()).map(|()| Held::Nothing),
            Self::Sync => trace(place, proxy, log, "fdatasync,fsync", "EIO"),
            Self::Write => trace(place, proxy, log, "pwrite64", "EIO"),
            Self::ReadOnly => trace(place, proxy, log, "pwrite64", "EROFS"),
            Self::Locked => lock(place),
            Self::Replaced => {
                fs::rename(place.store(), place.beside()).context("could not move the store away")?;
                fs::copy(place.beside(), place.store()).context("could not put another in its place")?;
                Ok(Held::Nothing)
            }
        }
    }

    /// Ends it.
    pub(super) fn heal(self, place: &Place, held: Held) -> Result<()> {
        match (self, held) {
            (_, Held::Tracer(tracer)) => tracer.end()?,
            (_, Held::Locker(mut locker)) => {
                // Without more to read it ends, and with it its transaction.
                drop(locker.stdin.take());
                let status = locker.wait().context("could not wait for sqlite3")?;
                ensure!(status.success(), "sqlite3 ended with {status}, expected that it held the lock");
            }
            (Self::Full, Held::Nothing) => {
                fs::remove_file(place.ballast()).context("could not empty the disk")?;
            }
            (_, Held::Nothing) => {
                fs::rename(place.beside(), place.store()).context("could not put the store back")?;
            }
        }
        Ok(())
    }
}

/// Writes until nothing more has room.
fn fill(ballast: &Path) -> Result<()> {
    let mut file = fs::File::create(ballast).context("could not make the ballast")?;
    for piece in BALLAST_BYTES.map(|bytes| vec![b'x'; bytes]) {
        loop {
            match file.write_all(&piece) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => return Err(error).context("could not fill the disk"),
            }
        }
    }
    Ok(())
}

/// Lets strace fail these calls of the running proxy, until it is ended.
fn trace(place: &Place, proxy: u32, log: &Path, calls: &str, error: &str) -> Result<Held> {
    let mut command = sh::command(&place.strace);
    command.args(["-f", "-q", "-e", &format!("trace={calls}"), "-e", "signal=none"]);
    command.args(["-e", &format!("inject={calls}:error={error}"), "-o", "/dev/null"]);
    command.arg("-p").arg(proxy.to_string());
    let mut tracer = Child::start("strace", command, log)?;
    // One that may not trace ends at once; when it begins is seen by what it does.
    std::thread::sleep(Duration::from_millis(300));
    tracer.check_alive()?;
    Ok(Held::Tracer(tracer))
}

/// Lets another program begin a write and not end it.
fn lock(place: &Place) -> Result<Held> {
    let mut command = sh::command(&place.sqlite);
    let mut locker = command
        .arg("-bail")
        .arg(place.store())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .context("could not start sqlite3")?;
    let input = locker.stdin.as_mut().context("sqlite3 takes no input")?;
    input.write_all(b".timeout 10000\nBEGIN IMMEDIATE;\n").context("could not tell sqlite3 to lock")?;
    Ok(Held::Locker(locker))
}
