//! One real browser, Chromium unless a journey asks for another, driven over WebDriver, with a fresh profile and nothing to call home to.
//!
//! Apart so that journeys speak of pages and forms, not of sessions and processes. Waiting happens inside the page, for
//! a condition, with a limit; nowhere for a time.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;

use crate::drivers::{Driver, Engine, narrow_firefox};

/// How long a condition in the page may take.
const LIMIT_MS: u64 = 20_000;

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
    engine: Engine,
    /// Whether conditions are looked at from outside, again and again: where a page's policy keeps even a test from
    /// making a function of a text, and in browsers whose drivers share the page's own rules.
    pub(crate) from_outside: bool,
    // After the session, so that it can still be closed in good order.
    _driver: Driver,
    _profile: TempDir,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        Self::of(Engine::Chromium, "light").await
    }

    /// A browser of this engine, on a system that prefers this color scheme.
    pub(crate) async fn of(engine: Engine, scheme: &str) -> Self {
        let started = engine.start(scheme);
        let profile = tempfile::tempdir().unwrap();
        let capabilities = engine.capabilities(scheme, profile.path());
        let driver =
            WebDriver::new(format!("http://127.0.0.1:{}", started.port), capabilities).await.unwrap();
        driver.set_script_timeout(Duration::from_millis(LIMIT_MS + 5_000)).await.unwrap();
        let from_outside = engine != Engine::Chromium;
        Self { driver, engine, from_outside, _driver: started, _profile: profile }
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// Waits in the page for the script to return something true. `what` names it in the failure.
    pub(crate) async fn until(&self, what: &str, script: &str, arguments: &[Value]) -> Value {
        let seen = if self.from_outside {
            self.look(script, arguments).await
        } else {
            let mut all = vec![Value::from(script)];
            all.extend_from_slice(arguments);
            all.push(json!(LIMIT_MS));
            self.driver.execute_async(WAIT, all).await.unwrap().json().clone()
        };
        if seen.is_null() {
            let source = self.driver.execute(DUMP, vec![]).await.map(|dump| dump.json().clone());
            let source = source.unwrap_or_else(|error| json!(error.to_string()));
            panic!("waited {LIMIT_MS} ms in vain for: {what}\n{source:#}\n{:#?}", self.console().await);
        }
        seen
    }

    /// Asks the page until the script says something true. A page that is just being left answers with an error.
    async fn look(&self, script: &str, arguments: &[Value]) -> Value {
        let deadline = Instant::now() + Duration::from_millis(LIMIT_MS);
        let mut seen = Value::Null;
        while !is_something(&seen) && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(25)).await;
            let said = self.driver.execute(script, arguments.to_vec()).await;
            seen = said.map_or(Value::Null, |said| said.json().clone());
        }
        if is_something(&seen) { seen } else { Value::Null }
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

    /// A phone held upright, or a desk's screen. MiniBrowser's window gets no narrower than its buttons are,
    /// which is narrow enough for the form to be as on a phone.
    pub(crate) async fn be_screen(&self, screen: &str, scheme: &str) {
        let (width, height) = if screen == "phone" { (390, 844) } else { (1280, 900) };
        if self.engine == Engine::Chromium {
            return self.show_as(width, height, scheme).await;
        }
        self.driver.set_window_rect(0, 0, width, height).await.unwrap();
        if self.engine == Engine::Firefox {
            narrow_firefox(&self.driver, (screen == "phone").then_some(width)).await;
        }
        let as_wished = format!("return (innerWidth < 480) === {}", screen == "phone");
        self.until(&format!("a page as wide as a {screen}"), &as_wished, &[]).await;
    }

    /// Goes into the iframe of the page's first form, once it is there.
    pub(crate) async fn enter_form_frame(&self) {
        const FIND: &str = "const e = document.querySelector('lead-form'), frame = e && (e.shadowRoot || e).querySelector('iframe');";
        self.until("the form's iframe", &format!("{FIND} return frame ? 1 : 0"), &[]).await;
        let frame =
            self.driver.execute(format!("{FIND} return frame"), vec![]).await.unwrap().element().unwrap();
        frame.enter_frame().await.unwrap();
    }

    /// Keeps what the screen shows, the whole page down to `height_max` CSS pixels.
    pub(crate) async fn screenshot(&self, path: &Path, width: u32, height_max: u32) {
        let height =
            self.run("return document.documentElement.scrollHeight", &[]).await.as_u64().unwrap_or(0);
        let height = u32::try_from(height).unwrap_or(height_max).clamp(400, height_max);
        self.capture(path, (width, height), json!({ "format": "png" }), 1.0).await;
    }

    /// Keeps a page of many forms as a small picture.
    pub(crate) async fn sheet(&self, path: &Path, width: u32) {
        let height = self.run("return document.body.scrollHeight", &[]).await.as_u64().unwrap_or(0);
        let size = (width, u32::try_from(height).unwrap_or(1_600));
        self.capture(path, size, json!({ "format": "webp", "quality": 80 }), 0.35).await;
    }

    async fn capture(&self, path: &Path, (width, height): (u32, u32), mut how: Value, scale: f64) {
        how["clip"] = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": scale });
        how["captureBeyondViewport"] = json!(true);
        let shot = self.cdp("Page.captureScreenshot", how).await;
        let picture = decode_base64(shot["data"].as_str().unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, picture).unwrap();
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

/// What a person would want to see of a page that disappoints: its text, and that of every shadow root.
const DUMP: &str = r"
    const roots = [document, ...Array.from(document.querySelectorAll('*')).map(e => e.shadowRoot).filter(Boolean)];
    return roots.map(root => (root.body || root).innerHTML || Array.from(root.children).map(c => c.outerHTML).join('')).map(html => html.slice(0, 6000));
";

/// What a page's script calls true.
fn is_something(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && *value != json!(0) && *value != json!("")
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
