//! One real Chromium, driven over WebDriver, with a fresh profile and nothing to call home to.
//!
//! Apart so that journeys speak of pages and forms, not of sessions and processes. Waiting happens inside the page, for
//! a condition, with a limit; nowhere for a time.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;

/// How long a condition in the page may take.
const LIMIT_MS: u64 = 20_000;

const ARGUMENTS: &[&str] = &[
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

/// Looks in the page again and again until the script says something true, and gives that.
const WAIT: &str = r"
    const done = arguments[arguments.length - 1], limit = arguments[arguments.length - 2];
    const given = Array.from(arguments).slice(0, -2), from = performance.now();
    const look = new Function(given.shift());
    (function again() {
        let seen = null;
        try { seen = look(...given); } catch (error) { seen = null; }
        if (seen) done(seen);
        else if (performance.now() - from > limit) done(null);
        else setTimeout(again, 25);
    })();
";

pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
    // After the session, so that it can still be closed in good order.
    _chromedriver: Chromedriver,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let (chromedriver, port) = start_chromedriver();
        let profile = tempfile::tempdir().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in ARGUMENTS {
            capabilities.add_arg(argument).unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        if let Some(binary) = std::env::var_os("CHROMIUM") {
            capabilities.set_binary(&binary.to_string_lossy()).unwrap();
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await.unwrap();
        driver.set_script_timeout(Duration::from_millis(LIMIT_MS + 5_000)).await.unwrap();
        Self { driver, _chromedriver: chromedriver, _profile: profile }
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// Waits in the page for the script to return something true. `what` names it in the failure.
    pub(crate) async fn until(&self, what: &str, script: &str, arguments: &[Value]) -> Value {
        let mut all = vec![Value::from(script)];
        all.extend_from_slice(arguments);
        all.push(json!(LIMIT_MS));
        let seen = self.driver.execute_async(WAIT, all).await.unwrap().json().clone();
        if seen.is_null() {
            let source = self.driver.execute(DUMP, vec![]).await.unwrap().json().clone();
            panic!("waited {LIMIT_MS} ms in vain for: {what}\n{source:#}\n{:#?}", self.console().await);
        }
        seen
    }

    /// Runs a script now and gives what it returns.
    pub(crate) async fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.driver.execute(script, arguments.to_vec()).await.unwrap().json().clone()
    }

    /// A command of Chromium's own protocol.
    pub(crate) async fn cdp(&self, command: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(command, parameters).await.unwrap()
    }

    pub(crate) async fn set_offline(&self, offline: bool) {
        let conditions =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.cdp("Network.enable", json!({})).await;
        self.cdp("Network.emulateNetworkConditions", conditions).await;
    }

    /// Shows the page as a screen of this size and scheme would, with nothing moving.
    pub(crate) async fn show_as(&self, width: u32, height: u32, scheme: &str) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 600 });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
        let still = json!({ "name": "prefers-reduced-motion", "value": "reduce" });
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }, still] });
        self.cdp("Emulation.setEmulatedMedia", features).await;
    }

    /// Keeps what the screen shows, the whole page down to `height_max` CSS pixels.
    pub(crate) async fn screenshot(&self, path: &Path, width: u32, height_max: u32) {
        let height =
            self.run("return document.documentElement.scrollHeight", &[]).await.as_u64().unwrap_or(0);
        let height = u32::try_from(height).unwrap_or(height_max).clamp(400, height_max);
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let shot = self
            .cdp(
                "Page.captureScreenshot",
                json!({ "format": "png", "clip": clip, "captureBeyondViewport": true }),
            )
            .await;
        let png = decode_base64(shot["data"].as_str().unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, png).unwrap();
    }

    /// What the page said in its console, refusals of a policy included.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.unwrap_or_default();
        entries.into_iter().map(|entry| entry.message).collect()
    }

    pub(crate) async fn stop(self) {
        self.driver.clone().quit().await.unwrap();
    }
}

/// A journey that fails does not wait for its session to be closed in good order: the driver's end ends it.
impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _known = self.driver.clone().leak();
        }
    }
}

/// The driver's process, which leads a process group of its own: a journey that fails leaves no browser behind.
struct Chromedriver(Child);

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ended = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _reaped = self.0.wait();
    }
}

/// What a person would want to see of a page that disappoints: its text, and that of every shadow root.
const DUMP: &str = r"
    const roots = [document, ...Array.from(document.querySelectorAll('*')).map(e => e.shadowRoot).filter(Boolean)];
    return roots.map(root => (root.body || root).innerHTML || Array.from(root.children).map(c => c.outerHTML).join('')).map(html => html.slice(0, 6000));
";

/// A driver on a port of its own. It asks for one of IPv6 and wants the same of IPv4, where another may have it: it ends then,
/// and the next one asks for another.
fn start_chromedriver() -> (Chromedriver, u16) {
    const TRIES: usize = 5;
    let mut last = String::new();
    for _ in 0..TRIES {
        match try_chromedriver() {
            Ok(started) => return started,
            Err(said) => last = said,
        }
    }
    panic!("chromedriver ended {TRIES} times without saying its port: {last}");
}

/// The driver and its port, or what it said before it ended.
fn try_chromedriver() -> Result<(Chromedriver, u16), String> {
    let program = std::env::var_os("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into());
    let child = Command::new(&program)
        .arg("--port=0")
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{}: {error}; `cargo xtask tools` installs it", program.to_string_lossy())
        });
    let mut driver = Chromedriver(child);
    let mut said = String::new();
    for line in BufReader::new(driver.0.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return Ok((driver, port.trim_end_matches('.').trim().parse().unwrap()));
        }
        said.push_str(&line);
        said.push('\n');
    }
    Err(said)
}

/// WebDriver hands pictures over as base64; the tests have no other use for it.
fn decode_base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for quad in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = quad.iter().fold(0, |bits, byte| bits << 6 | value(*byte)) << (6 * (4 - quad.len()));
        out.extend_from_slice(&bits.to_be_bytes()[1..quad.len()]);
    }
    out
}
