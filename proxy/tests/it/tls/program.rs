//! The real program, for what only a process of its own can have: other authorities of the system.
//!
//! Apart because everything else is tested in this process.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::app::config_text::{API_KEY_VARIABLE, RING_KEY_VARIABLE, partner_variables};
use crate::app::{API_KEY, Answer, HOST_ORIGIN, PATIENCE, RING_KEY, client, good_values, key};

/// A proxy in a process of its own; killed when it is dropped.
pub(crate) struct Program {
    process: Child,
    base: String,
    /// Read from as long as the process writes.
    _out: BufReader<ChildStdout>,
}

impl Program {
    /// Starts it on a machine whose system trusts what this file says.
    pub(crate) async fn start(config: &Path, system_ca_file: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_lead-proxy"))
            .arg("serve")
            .arg("--config")
            .arg(config)
            .env_clear()
            .env("SSL_CERT_FILE", system_ca_file)
            .env(API_KEY_VARIABLE, API_KEY)
            .env(RING_KEY_VARIABLE, RING_KEY)
            .envs(partner_variables())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        timeout(PATIENCE, out.read_line(&mut line)).await.unwrap().unwrap();
        let (_, rest) = line.split_once("listens on ").unwrap_or_else(|| panic!("it said {line:?}"));
        let base = rest.split_whitespace().next().unwrap().to_owned();
        Self { process, base, _out: out }
    }

    /// What becomes of a lead at its first attempt.
    pub(crate) async fn submit(&self) -> String {
        let body = json!({ "form_version": 1, "locale": "en", "values": good_values() });
        let request = client()
            .post(format!("{}/v1/forms/card-machines/submissions", self.base))
            .header("origin", HOST_ORIGIN)
            .header("content-type", "application/json")
            .header("idempotency-key", key("program"))
            .body(body.to_string());
        let answer = Answer::read(request.send().await.unwrap()).await;
        answer.json()["state"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}
