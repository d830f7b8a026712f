//! The server: its folder, its port, its settings, and what can be done to it.
//!
//! Apart from `process`, one run of the program: a server keeps data and port over restarts and crashes.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::process::{self, Process, Shutdown};
use crate::programs::Programs;
use crate::{ROLE, SUPERUSER, client, template};

/// How a server is started. By default everything that makes a commit last is on.
#[derive(Clone, Debug, Default)]
pub struct Options {
    settings: Vec<(String, String)>,
    is_standby: bool,
}

impl Options {
    /// A server that keeps what it has committed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One setting of `postgresql.conf`, over ours and PostgreSQL's own.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A standby: it can be read and not written to. Its primary is nowhere.
    #[must_use]
    pub fn standby(mut self) -> Self {
        self.is_standby = true;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    /// No PostgreSQL on this machine, or one that does not start: with its own words.
    pub fn start(self) -> Result<Server> {
        let programs = Programs::find()?;
        let folder =
            tempfile::Builder::new().prefix("pg-").tempdir().context("could not make a temporary folder")?;
        programs.hand_over(folder.path())?;
        let data = folder.path().join("data");
        fs::create_dir(&data).context("could not make the data folder")?;
        fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        programs.hand_over(&data)?;
        template::copy_to(&programs, &data)?;
        if self.is_standby {
            fs::write(data.join("standby.signal"), "").context("could not make a standby")?;
        }
        let mut server = Server { programs, folder, port: free_port(0)?, options: self, process: None };
        for turn in 1.. {
            match server.launch() {
                // Somebody else has taken the port since we have looked.
                Err(error) if turn < 5 && error.to_string().contains("TCP/IP sockets") => {
                    server.port = free_port(turn)?;
                }
                launched => {
                    launched?;
                    break;
                }
            }
        }
        Ok(server)
    }
}

/// A private PostgreSQL. Dropping it ends it and takes its folder away.
pub struct Server {
    programs: Programs,
    folder: TempDir,
    port: u16,
    options: Options,
    process: Option<Process>,
}

impl Server {
    /// Starts one with the default options.
    ///
    /// # Errors
    /// As [`Options::start`].
    pub fn start() -> Result<Self> {
        Options::new().start()
    }

    /// The port on 127.0.0.1; the same over restarts.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database, as its owner sees it: over TCP.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}@127.0.0.1:{}/{database}", self.port)
    }

    /// The address of a database by the socket in the server's folder, which spares a quarter of the way.
    #[must_use]
    pub fn socket_url(&self, database: &str) -> String {
        let folder = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://{ROLE}@{folder}:{}/{database}", self.port)
    }

    /// The address of a database for the superuser.
    #[must_use]
    pub fn superuser_url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The folder of the data files, for whoever wants to look into them.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the server has written to its log so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read(self.folder.path().join("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// One more empty database of the ordinary role; its address.
    ///
    /// # Errors
    /// The server's own, such as that there is one of that name.
    pub fn database(&self, name: &str) -> Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\" OWNER {ROLE} TEMPLATE postgres"))?;
        Ok(self.url(name))
    }

    /// Runs statements as the superuser; rows as lines, columns parted by `|`.
    ///
    /// # Errors
    /// The server's own, and none there.
    pub fn sql(&self, database: &str, statements: &str) -> Result<String> {
        client::sql(&self.programs, self.port, database, statements)
    }

    /// Changes a setting from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.options.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Starts it again after [`Server::stop`] or [`Server::kill`]; answers when it takes connections.
    ///
    /// # Errors
    /// The server's own words.
    pub fn launch(&mut self) -> Result<()> {
        if self.process.is_none() {
            self.process = Some(Process::start(&self.programs, self.folder.path(), &self.arguments())?);
        }
        Ok(())
    }

    /// Ends it. Its data stays.
    ///
    /// # Errors
    /// It did not end, and was killed.
    pub fn stop(&mut self, how: Shutdown) -> Result<()> {
        self.process.take().map_or(Ok(()), |process| process.end(&self.programs, how))
    }

    /// Ends it and starts it again.
    ///
    /// # Errors
    /// As [`Server::stop`] and [`Server::launch`].
    pub fn restart(&mut self, how: Shutdown) -> Result<()> {
        self.stop(how)?;
        self.launch()
    }

    /// `kill -9` of the postmaster.
    ///
    /// # Errors
    /// It could not be killed.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), Process::kill)
    }

    /// `kill -9` of one backend of a database, the oldest; whether there was one. The server then drops every connection
    /// and recovers, as it does when one of its processes has crashed.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn kill_backend(&self, database: &str) -> Result<bool> {
        Ok(self.kill_of(database, 1)? > 0)
    }

    /// `kill -9` of every backend of a database; how many there were.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn kill_backends(&self, database: &str) -> Result<usize> {
        self.kill_of(database, usize::MAX)
    }

    /// Ends every connection to a database the orderly way, as an administrator does; how many there were.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn disconnect(&self, database: &str) -> Result<usize> {
        let ended = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{database}' AND pid <> pg_backend_pid()"
        );
        self.sql("postgres", &ended)?.parse().context("expected a count")
    }

    fn kill_of(&self, database: &str, most: usize) -> Result<usize> {
        if self.process.is_none() {
            bail!("the server does not run");
        }
        let backends = format!(
            "SELECT pid FROM pg_stat_activity WHERE datname = '{database}' AND backend_type = 'client backend' \
             ORDER BY backend_start, pid"
        );
        let found = self.sql("postgres", &backends)?;
        let mut killed = 0;
        for process in found.lines().take(most) {
            // The second one may be gone already: the server ends them all when one has crashed.
            let gone = process::signal(&self.programs, "KILL", process.parse().context("expected a number")?)
                .is_err();
            killed += usize::from(!gone);
        }
        Ok(killed)
    }

    /// The number of the postmaster's process, while it runs.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    fn arguments(&self) -> Vec<String> {
        let folder = self.folder.path();
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        let mut arguments = vec!["-D".to_owned(), shown(&self.data()), "-k".to_owned(), shown(folder)];
        arguments.extend(["-p".to_owned(), self.port.to_string()]);
        let ours = [
            ("listen_addresses", "127.0.0.1"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("max_connections", "200"),
            ("shared_buffers", "64MB"),
            ("max_wal_size", "256MB"),
        ];
        let ours = ours.iter().map(|(name, value)| format!("{name}={value}"));
        let theirs = self.options.settings.iter().map(|(name, value)| format!("{name}={value}"));
        arguments.extend(ours.chain(theirs).flat_map(|setting| ["-c".to_owned(), setting]));
        arguments
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            // One that does not end is killed; there is nobody left to tell.
            process.end(&self.programs, Shutdown::Immediate).unwrap_or_default();
        }
        // What a killed postmaster has left may write for a moment yet.
        for _ in 0..20 {
            if fs::remove_dir_all(self.folder.path()).is_ok() || !self.folder.path().exists() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

/// A port that nobody listens on now, below those that systems take for outgoing connections: a client that knocks again
/// and again on a closed port of that range ends up connected to itself, and the server has to find it free at a restart.
fn free_port(turn: u32) -> Result<u16> {
    const FREE: std::ops::Range<u16> = 10_000..20_000;
    let span = u32::from(FREE.end - FREE.start);
    // Each process looks from a place of its own, so that two that start together do not meet.
    let first = u16::try_from(std::process::id().wrapping_mul(37).wrapping_add(turn * 1_009) % span)?;
    let mut ports = FREE.cycle().skip(usize::from(first)).take(usize::from(FREE.end - FREE.start));
    let found = ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    found.with_context(|| format!("found no free port on 127.0.0.1 between {} and {}", FREE.start, FREE.end))
}
