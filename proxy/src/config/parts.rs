//! The sections: what each holds and within which bounds.
//!
//! Apart from `config.rs`, which puts them together, so that a key is added here and in the reference and nowhere else.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lead_model::Origin;
use secrecy::ExposeSecret as _;
use toml::Table;

use super::Finding;
use super::authorities;
use super::section::Section;
use super::vault::Vault;
use crate::delivery::DeliveryConfig;
use crate::store::{DatabaseUrl, Retention, StoreConfig, StorePlace};

/// The section `[public]`.
#[derive(Clone, Debug)]
pub struct PublicConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The public origin; none means http and the bound address.
    pub origin: Option<Origin>,
    /// How long an answer waits for the first attempt.
    pub inline_wait: Duration,
    /// Largest body, in bytes.
    pub body_bytes_max: usize,
    /// Deepest nesting of a body.
    pub json_depth_max: usize,
    /// Deadline of a request's head.
    pub headers_max: Duration,
    /// Deadline of a request's body.
    pub body_max: Duration,
    /// Deadline of the whole request.
    pub request_max: Duration,
    /// Longest time without a byte taken by the caller, while an answer waits to be written.
    pub write_stall_max: Duration,
    /// Longest life of a connection before it is ended in good order.
    pub connection_max: Duration,
    /// Most open connections.
    pub connections_max: usize,
}

/// The section `[operator]`.
#[derive(Clone, Debug)]
pub struct OperatorConfig {
    /// Where to listen.
    pub listen: SocketAddr,
}

/// The section `[log]`.
#[derive(Clone, Copy, Debug)]
pub struct LogConfig {
    /// Least level of our own lines.
    pub level: tracing::Level,
    /// For people or for machines.
    pub format: LogFormat,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What was read, and the keys that were asked for.
pub(super) type Part<T> = (T, BTreeSet<String>);

pub(super) fn public(table: &Table, findings: &mut Vec<Finding>) -> Part<PublicConfig> {
    let mut section = Section::open("public", table, findings);
    let listen = section.address("listen");
    let origin = match section.text("origin") {
        text if text.is_empty() => {
            if !listen.ip().is_loopback() {
                let expected =
                    "the public origin, such as \"https://forms.example\", since listen is not on loopback";
                section.wrong("origin", "nothing".to_owned(), expected);
            }
            None
        }
        text => {
            let origin = Origin::parse(&text);
            if origin.is_none() {
                let expected =
                    "an origin such as \"https://forms.example\": lower case, no path, no trailing slash";
                section.wrong("origin", format!("{text:?}"), expected);
            }
            origin
        }
    };
    let public = PublicConfig {
        listen,
        origin,
        inline_wait: section.millis("inline_wait_ms", 0..=10_000),
        body_bytes_max: section.size("body_bytes_max", 1_024..=1_048_576),
        json_depth_max: section.size("json_depth_max", 4..=64),
        headers_max: section.millis("headers_ms_max", 100..=60_000),
        body_max: section.millis("body_ms_max", 100..=60_000),
        request_max: section.millis("request_ms_max", 1_000..=120_000),
        write_stall_max: section.millis("write_stall_ms_max", 100..=60_000),
        connection_max: section.millis("connection_ms_max", 1_000..=3_600_000),
        connections_max: section.size("connections_max", 1..=65_536),
    };
    if public.request_max < public.body_max + public.inline_wait {
        let found = format!("{} ms", public.request_max.as_millis());
        section.wrong("request_ms_max", found, "at least body_ms_max and inline_wait_ms together");
    }
    (public, section.read())
}

pub(super) fn operator(table: &Table, findings: &mut Vec<Finding>) -> Part<OperatorConfig> {
    let mut section = Section::open("operator", table, findings);
    let listen = section.address("listen");
    (OperatorConfig { listen }, section.read())
}

pub(super) fn forms(
    table: &Table,
    base_dir: &Path,
    findings: &mut Vec<Finding>,
) -> Part<(PathBuf, Duration)> {
    let mut section = Section::open("forms", table, findings);
    let dir = section.path("dir", base_dir);
    let schema_life = section.millis("schema_ms_max", 60_000..=604_800_000);
    ((dir, schema_life), section.read())
}

/// Folder and archive.
pub(super) fn assets(
    table: &Table,
    base_dir: &Path,
    findings: &mut Vec<Finding>,
) -> Part<[Option<PathBuf>; 2]> {
    let mut section = Section::open("assets", table, findings);
    let dirs = ["dir", "archive"].map(|key| section.path_if_any(key, base_dir));
    (dirs, section.read())
}

pub(super) fn store(
    table: &Table,
    vault: &Vault<'_>,
    findings: &mut Vec<Finding>,
) -> Part<Option<StorePlace>> {
    let mut section = Section::open("store", table, findings);
    let (path, url) = (section.text("path"), section.secret("url"));
    let Some(url) = url else {
        if path.is_empty() {
            section.wrong("path", "nothing".to_owned(), "a file, or store.url in its place");
        }
        let path = vault.base_dir.join(path);
        return (Some(StorePlace::Sqlite(StoreConfig { path })), section.read());
    };
    let default = super::layers::defaults();
    if default.get("store").and_then(|store| store.get("path")).and_then(toml::Value::as_str) != Some(&path) {
        let expected = "one place: leave out store.path for PostgreSQL, or store.url for SQLite";
        section.wrong("path", "a file beside store.url".to_owned(), expected);
    }
    let read = vault.fetch(&url).and_then(|text| DatabaseUrl::parse(text.expose_secret()));
    let place = match read {
        Ok(url) => Some(StorePlace::Postgres(url)),
        Err((found, expected)) => {
            section.wrong("url", found, &expected);
            None
        }
    };
    (place, section.read())
}

pub(super) fn delivery(
    table: &Table,
    base_dir: &Path,
    findings: &mut Vec<Finding>,
) -> Part<Option<DeliveryConfig>> {
    let mut section = Section::open("delivery", table, findings);
    let mut delivery = section.whole::<DeliveryConfig>();
    let read = section.read();
    if let Some(delivery) = &mut delivery {
        findings.extend(delivery.findings());
        match authorities::read(&delivery.ca_file, base_dir) {
            Ok(authorities) => delivery.authorities = authorities,
            Err(finding) => findings.push(finding),
        }
    }
    (delivery, read)
}

pub(super) fn retention(table: &Table, findings: &mut Vec<Finding>) -> Part<Retention> {
    let mut section = Section::open("retention", table, findings);
    let retention = Retention {
        delivered_days: section.number("delivered_days", 1..=3_650),
        dead_days: section.number("dead_days", 0..=3_650),
    };
    (retention, section.read())
}

pub(super) fn log(table: &Table, findings: &mut Vec<Finding>) -> Part<Option<LogConfig>> {
    use tracing::Level;

    let levels = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    let mut section = Section::open("log", table, findings);
    let level = section.word("level", &levels);
    let format = section.word("format", &[("text", LogFormat::Text), ("json", LogFormat::Json)]);
    let log = level.zip(format).map(|(level, format)| LogConfig { level, format });
    (log, section.read())
}
