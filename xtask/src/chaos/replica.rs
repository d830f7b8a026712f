//! One replica: its process, its way to the database, its log.
//!
//! Apart from the faults, which only say what is done to it.

use super::{database_address, url_through};
use crate::{
    house::{self, House, child::Child, ports::Ports, settings::DATABASE_URL, stop::Stop},
    sh,
};
use anyhow::{Context, Result, ensure};
use fault_net::Relay;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// As `crate::crash` in the proxy calls it.
const VARIABLE: &str = "LEAD_PROXY_CRASH_POINT";
/// A debug build on a busy machine, before a database that is just coming up.
const READY_LIMIT: Duration = Duration::from_secs(30);

/// One replica.
pub(super) struct Replica {
    pub(super) number: usize,
    pub(super) ports: Ports,
    pub(super) relay: Relay,
    /// None while it is down.
    pub(super) child: Option<Child>,
    /// Whether it has been ready since its last start.
    pub(super) was_ready: bool,
    /// How long its log was then.
    log_begins: u64,
}

impl Replica {
    /// Its relay; the process is not there yet.
    pub(super) fn open(number: usize, ports: Ports, database: u16, runtime: &Runtime) -> Result<Self> {
        let entered = runtime.enter();
        let relay = Relay::start(database_address(database)).context("could not start a relay")?;
        drop(entered);
        Ok(Self { number, ports, relay, child: None, was_ready: false, log_begins: 0 })
    }

    /// Starts the process; it waits once at the `passing` of a crash point, where one is named.
    pub(super) fn start(&mut self, house: &House, lingers_at: Option<(&str, usize)>) -> Result<()> {
        let listen = |port: u16| format!("127.0.0.1:{port}");
        let mut overrides = vec![
            ("LEAD_PROXY__PUBLIC__LISTEN", listen(self.ports.proxy)),
            ("LEAD_PROXY__OPERATOR__LISTEN", listen(self.ports.operator)),
            (DATABASE_URL, url_through(self.relay.addr())),
        ];
        if let Some((point, passing)) = lingers_at {
            overrides.push((VARIABLE, format!("{point}:{passing}:linger")));
        }
        let log = house.folder.join(format!("replica-{}.log", self.number));
        self.log_begins = log.metadata().map(|metadata| metadata.len()).unwrap_or_default();
        self.child = Some(Child::start("a replica", house.proxy_command(&overrides), &log)?);
        self.was_ready = false;
        Ok(())
    }

    /// Whether it says that it is ready now.
    pub(super) fn is_ready(&mut self, house: &House) -> bool {
        let ready = house.web.status(&self.ports.ready_url()) == Some(200);
        self.was_ready |= ready;
        ready
    }

    /// Waits until it is; where it ends before that, because the database was away, it is started again.
    pub(super) fn await_ready(&mut self, house: &House, stop: &Stop) -> Result<()> {
        let began = Instant::now();
        let ready = house::until(READY_LIMIT, stop, || {
            self.raise(house)?;
            Ok(self.is_ready(house))
        })?;
        let time = sh::time(began.elapsed());
        let lines = self.child.as_ref().map(Child::last_lines).unwrap_or_default();
        ensure!(ready, "replica {} was not ready within {time}. Its last words:\n{lines}", self.number);
        Ok(())
    }

    /// Starts it again where it is down; an error where it ended by itself after it had been ready.
    pub(super) fn raise(&mut self, house: &House) -> Result<()> {
        let ended = match &mut self.child {
            None => true,
            Some(child) => {
                if self.was_ready {
                    child.check_alive()?;
                }
                child.has_ended()?
            }
        };
        if ended { self.start(house, None) } else { Ok(()) }
    }

    /// Whether it has said since its start that it waits at a point.
    pub(super) fn lingers(&self, house: &House) -> bool {
        let log =
            std::fs::read(house.folder.join(format!("replica-{}.log", self.number))).unwrap_or_default();
        let begins = usize::try_from(self.log_begins).unwrap_or(usize::MAX);
        let new = String::from_utf8_lossy(log.get(begins..).unwrap_or_default()).into_owned();
        new.contains("lingers at the crash point")
    }
}
