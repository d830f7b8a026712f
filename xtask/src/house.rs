//! A running house: the simulators, the proxy and if wanted the partner's website, as real programs on loopback.
//!
//! Apart from the commands that live in it (`demo`, `crash`, `trace`), so that all of them run the same programs in
//! the same way, and none leaves one behind: every program that is started here is ended here, by its own process id.

pub(crate) mod campaign;
pub(crate) mod child;
pub(crate) mod database;
pub(crate) mod environment;
pub(crate) mod examples;
pub(crate) mod options;
pub(crate) mod ports;
pub(crate) mod programs;
pub(crate) mod random;
pub(crate) mod settings;
pub(crate) mod stop;
pub(crate) mod web;

use crate::sh;
use anyhow::{Context, Result, bail};
use child::Child;
use ports::Ports;
use programs::Programs;
use settings::Settings;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use stop::Stop;
use web::Web;

/// How long a program may take until it answers; a debug build on a busy machine needs a few seconds.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// How often a condition is looked at again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The running programs and where they are.
pub(crate) struct House {
    pub(crate) ports: Ports,
    pub(crate) web: Web,
    /// Configuration, database and logs of this house.
    pub(crate) folder: PathBuf,
    pub(crate) programs: Programs,
    pub(crate) simulator: Child,
    /// None while it is down.
    pub(crate) proxy: Option<Child>,
    settings: Settings,
    stop: Stop,
}

/// What to start.
pub(crate) struct Plan {
    /// Where configuration, database and logs lie; made if it is not there.
    pub(crate) folder: PathBuf,
    pub(crate) ports: Ports,
    pub(crate) programs: Programs,
    /// Whether the partner's website and the CRM run too.
    pub(crate) website: bool,
    /// Variables that change the proxy's configuration, beside those that every house sets.
    pub(crate) overrides: Vec<(&'static str, String)>,
    /// The address of a database that is the store; an SQLite file in the folder for none.
    pub(crate) database: Option<String>,
    /// Whether Octorate's account is connected by a person's consent, and not by its client's credentials alone, and the ring
    /// has a second key.
    pub(crate) campaign: bool,
}

impl Plan {
    /// The demo's configuration with an SQLite store, and no website.
    pub(crate) fn new(folder: PathBuf, ports: Ports, programs: Programs) -> Self {
        let overrides = Vec::new();
        Self { folder, ports, programs, website: false, overrides, database: None, campaign: false }
    }
}

impl House {
    /// Starts the simulators and waits until they answer; the proxy is not running yet.
    pub(crate) fn open(plan: Plan, stop: &Stop) -> Result<Self> {
        std::fs::create_dir_all(&plan.folder)
            .with_context(|| format!("could not make {}", plan.folder.display()))?;
        let settings = Settings::write(&plan)?;
        let Plan { folder, ports, programs, website, .. } = plan;
        let web = Web::new();
        let command = simulator(&programs, &ports, &settings, website);
        let mut simulator = Child::start("partner-sim", command, &folder.join("partner-sim.log"))?;
        await_ready(
            &web,
            &mut simulator,
            &format!("{}/takepayments/ledger.json", ports.simulator_url()),
            stop,
        )?;
        if website {
            await_ready(&web, &mut simulator, &format!("{}/", ports.website_url()), stop)?;
            await_ready(&web, &mut simulator, &format!("{}/", ports.crm_url()), stop)?;
        }
        Ok(Self { ports, web, folder, programs, simulator, proxy: None, settings, stop: stop.clone() })
    }

    /// Starts the proxy and waits until it says that it is ready.
    pub(crate) fn start_proxy(&mut self) -> Result<()> {
        let command = self.proxy_command(&[]);
        self.launch_proxy(command)?;
        self.await_proxy()
    }

    /// Starts the proxy by a command of the caller's and waits for nothing.
    pub(crate) fn launch_proxy(&mut self, command: Command) -> Result<()> {
        self.proxy = Some(Child::start("lead-proxy", command, &self.folder.join("lead-proxy.log"))?);
        Ok(())
    }

    /// Waits until the proxy says that it is ready.
    pub(crate) fn await_proxy(&mut self) -> Result<()> {
        let proxy = self.proxy.as_mut().context("the proxy was not started")?;
        await_ready(&self.web, proxy, &self.ports.ready_url(), &self.stop)
    }

    /// `lead-proxy serve` in the environment of this house; `overrides` win over the plan's.
    pub(crate) fn proxy_command(&self, overrides: &[(&str, String)]) -> Command {
        let mut command = sh::command(&self.programs.proxy);
        command.arg("serve").arg("--config").arg(self.settings.config());
        self.settings.set_environment(&mut command);
        command.envs(overrides.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Another command of `lead-proxy` with the same configuration.
    pub(crate) fn proxy_tool(&self, arguments: &[&str]) -> Command {
        let mut command = sh::command(&self.programs.proxy);
        command.args(arguments).arg("--config").arg(self.settings.config());
        self.settings.set_environment(&mut command);
        command
    }

    /// Says which program has ended by itself, with its last words.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        self.simulator.check_alive()?;
        self.proxy.as_mut().map_or(Ok(()), Child::check_alive)
    }

    /// Ends the proxy as an operator would, and then the simulators.
    pub(crate) fn close(mut self) -> Result<()> {
        if let Some(proxy) = self.proxy.take() {
            proxy.end()?;
        }
        self.simulator.end()
    }
}

/// The simulators' command line.
fn simulator(programs: &Programs, ports: &Ports, settings: &Settings, website: bool) -> Command {
    let mut command = sh::command(&programs.simulator);
    command.arg("--listen").arg(ports.simulator_address());
    command.arg("--takepayments-key-env").arg(settings::TAKEPAYMENTS_KEY);
    if website {
        command.arg("--site").arg(sh::root().join("demo/site"));
        command.arg("--site-listen").arg(ports.website_address());
        command.arg("--crm").arg(sh::root().join("demo/crm"));
        command.arg("--crm-listen").arg(ports.crm_address());
        command.arg("--crm-audience").arg(settings::PANEL_AUDIENCE);
        for (account, variable) in settings::PANELS {
            command.arg("--crm-key").arg(format!("{account}={variable}"));
        }
        command.arg("--proxy-url").arg(ports.proxy_url());
    }
    settings.set_environment(&mut command);
    command
}

/// Waits until the address answers 200, the program has ended, the limit is over or somebody wants to stop.
fn await_ready(web: &Web, child: &mut Child, url: &str, stop: &Stop) -> Result<()> {
    let started = Instant::now();
    let answered = until(READY_LIMIT, stop, || {
        child.check_alive()?;
        Ok(web.status(url) == Some(200))
    })?;
    if answered {
        return Ok(());
    }
    bail!(
        "{} did not answer 200 at {url} within {}. Its last words:\n{}",
        child.name(),
        sh::time(started.elapsed()),
        child.last_lines()
    )
}

/// Looks until the condition holds; false when it did not within the limit.
pub(crate) fn until(limit: Duration, stop: &Stop, mut holds: impl FnMut() -> Result<bool>) -> Result<bool> {
    let started = Instant::now();
    loop {
        stop.check()?;
        if holds()? {
            return Ok(true);
        }
        if started.elapsed() >= limit {
            return Ok(false);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Removes a folder of an earlier run, if it is there.
pub(crate) fn clear(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
