//! How each of the three browsers is started: Chromium, Firefox, and WebKitGTK's MiniBrowser.
//!
//! Apart because what differs between browsers is here: programs, ports, profiles, colour schemes and a display. What a
//! journey does with a browser is in `browser.rs` and is the same for all.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::prelude::*;
use thirtyfour::{RequestData, SessionId};

/// A browser, and through it an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Engine {
    Chromium,
    Firefox,
    Webkit,
}

const CHROMIUM_ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
];

/// A driver asks for a port of IPv6 and wants the same of IPv4, or finds the free one taken: it ends then, and the next one
/// asks for another.
const TRIES: usize = 5;

/// A driver that answers, and what else must run as long as it does.
pub(crate) struct Driver {
    pub(crate) port: u16,
    // Dropped in this order: the browser goes before its display.
    _driver: Process,
    _display: Option<Process>,
}

/// A process that leads a group of its own: a journey that fails leaves no browser behind.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ended = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _reaped = self.0.wait();
    }
}

impl Process {
    /// Starts it and waits for the line in which it says where it is; else gives what it said before it ended.
    fn start(
        mut command: Command,
        remedy: &str,
        place: fn(&str) -> Option<u16>,
    ) -> Result<(Self, u16), String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut process = Self(child.unwrap_or_else(|error| panic!("{name}: {error}; {remedy}")));
        let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines();
        let mut said = name;
        while let Some(Ok(line)) = lines.next() {
            if let Some(place) = place(&line) {
                // Who can't write any more may end of it, so somebody goes on reading.
                std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
                return Ok((process, place));
            }
            said.push('\n');
            said.push_str(&line);
        }
        Err(said)
    }
}

impl Engine {
    /// Starts the driver; the scheme is what the visitor's system prefers.
    pub(crate) fn start(self, scheme: &str) -> Driver {
        let mut last = String::new();
        for _ in 0..TRIES {
            match self.try_start(scheme) {
                Ok(driver) => return driver,
                Err(said) => last = said,
            }
        }
        panic!("a driver of {self:?} ended {TRIES} times without saying its port: {last}");
    }

    fn try_start(self, scheme: &str) -> Result<Driver, String> {
        const REMEDY: &str = "`cargo xtask tools` installs it";
        match self {
            Self::Chromium => {
                let mut command = Command::new(program("CHROMEDRIVER", "chromedriver"));
                command.arg("--port=0");
                let (process, port) = Process::start(command, REMEDY, |line| {
                    after(line, "started successfully on port ")
                        .and_then(|port| port.trim_end_matches('.').parse().ok())
                })?;
                Ok(Driver { port, _driver: process, _display: None })
            }
            Self::Firefox => {
                let mut command = Command::new(program("GECKODRIVER", "geckodriver"));
                // For the width of a phone alone: see `Parent`.
                command.args(["--port=0", "--log=info", "--allow-system-access"]);
                let (process, port) = Process::start(command, REMEDY, |line| {
                    after(line, "Listening on 127.0.0.1:").and_then(|port| port.parse().ok())
                })?;
                Ok(Driver { port, _driver: process, _display: None })
            }
            Self::Webkit => webkit(scheme, REMEDY),
        }
    }

    /// What the driver is asked for: no window, nothing kept, nothing called home.
    pub(crate) fn capabilities(self, scheme: &str, profile: &Path) -> Capabilities {
        match self {
            Self::Chromium => {
                let mut chromium = DesiredCapabilities::chrome();
                for argument in CHROMIUM_ARGUMENTS {
                    chromium.add_arg(argument).unwrap();
                }
                chromium.add_arg(&format!("--user-data-dir={}", profile.display())).unwrap();
                if let Some(binary) = std::env::var_os("CHROMIUM") {
                    chromium.set_binary(&binary.to_string_lossy()).unwrap();
                }
                chromium.into()
            }
            Self::Firefox => {
                let options = json!({
                    "binary": program("FIREFOX", "/usr/bin/firefox-esr").to_string_lossy(),
                    "args": ["-headless"],
                    "prefs": {
                        "layout.css.prefers-color-scheme.content-override": i32::from(scheme == "light"),
                        "ui.prefersReducedMotion": 1,
                        "app.update.disabledForTesting": true,
                        "network.captive-portal-service.enabled": false,
                        "network.connectivity-service.enabled": false,
                    },
                });
                of("firefox", "moz:firefoxOptions", &options)
            }
            Self::Webkit => {
                // The driver knows where its own browser is.
                let mut arguments = vec!["--automation"];
                arguments.extend((scheme == "dark").then_some("--dark-mode"));
                of("MiniBrowser", "webkitgtk:browserOptions", &json!({ "args": arguments }))
            }
        }
    }
}

/// Whether Firefox runs scripts in its own window, where the page's frame can be made as narrow as a phone, or in the page.
/// Its window never is.
#[derive(Debug)]
struct Parent(bool);

impl FormatRequestData for Parent {
    fn format_request(&self, session: &SessionId) -> RequestData {
        let context = if self.0 { "chrome" } else { "content" };
        let path = format!("session/{session}/moz/context");
        RequestData::new(http::Method::POST, path).add_body(json!({ "context": context }))
    }
}

/// Makes Firefox's page this wide, or as wide as its window.
pub(crate) async fn narrow_firefox(driver: &WebDriver, width: Option<u32>) {
    driver.cmd(Parent(true)).await.unwrap();
    let narrow = "gBrowser.selectedBrowser.style.maxWidth = arguments[0]";
    let width = width.map_or(String::new(), |width| format!("{width}px"));
    driver.execute(narrow, vec![json!(width)]).await.unwrap();
    driver.cmd(Parent(false)).await.unwrap();
}

fn of(browser: &str, key: &str, options: &serde_json::Value) -> Capabilities {
    let mut capabilities = Capabilities::new();
    capabilities.set("browserName", browser).unwrap();
    capabilities.set(key, options).unwrap();
    capabilities
}

/// WebKitGTK's browser wants a screen, so it gets one that nobody sees; and its driver says nothing, so it is asked.
fn webkit(scheme: &str, remedy: &str) -> Result<Driver, String> {
    let mut command = Command::new(program("XVFB", "Xvfb"));
    command.args(["-displayfd", "1", "-screen", "0", "1400x1100x24", "-nolisten", "tcp"]);
    let (display, number) = Process::start(command, remedy, |line| line.trim().parse().ok())?;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(program("WEBKIT_DRIVER", "WebKitWebDriver"));
    command.arg(format!("--port={port}")).env("DISPLAY", format!(":{number}")).env_remove("WAYLAND_DISPLAY");
    // No graphics hardware, and none wanted; and as root there is no sandbox to be had.
    command.env("LIBGL_ALWAYS_SOFTWARE", "1").env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    command.env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1").env("GDK_BACKEND", "x11");
    if scheme == "dark" {
        command.env("GTK_THEME", "Adwaita:dark");
    }
    let started =
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut process = Process(started.unwrap_or_else(|error| panic!("WebKitWebDriver: {error}; {remedy}")));
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(25));
        if process.0.try_wait().unwrap().is_some() || Instant::now() > deadline {
            return Err("WebKitWebDriver did not listen".to_owned());
        }
    }
    Ok(Driver { port, _driver: process, _display: Some(display) })
}

fn program(variable: &str, otherwise: &str) -> std::ffi::OsString {
    std::env::var_os(variable).unwrap_or_else(|| otherwise.into())
}

fn after<'a>(line: &'a str, words: &str) -> Option<&'a str> {
    line.split_once(words).map(|(_, rest)| rest.trim())
}
