//! Speaks to the running proxy's operator listener: whoever settles something does so through the one process that writes.
//!
//! Apart so that every command fails in the same words when no proxy runs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde_json::Value;

use crate::config::{Config, Environment};
use crate::middleware::operator::OPERATOR;
use crate::store::operator::OperatorName;
use crate::transport::{Transport, TransportErrorKind, TransportLimits};

/// Who only looks and says no name: nothing of it goes into the audit.
const LOOKER: &str = "unnamed";
/// Variables that say who sits at the terminal, the first that is there.
const NAMES: [&str; 4] = ["LEAD_PROXY_OPERATOR", "SUDO_USER", "USER", "LOGNAME"];

/// Who acts, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// Your name for the audit, 1 to 64 visible ASCII characters; LEAD_PROXY_OPERATOR, or your user name, where left out.
    #[arg(long, value_name = "NAME")]
    operator: Option<String>,
}

impl Who {
    fn name(&self) -> anyhow::Result<Option<OperatorName>> {
        let environment = Environment::of_process();
        let given = self.operator.clone().or_else(|| NAMES.iter().find_map(|name| environment.get(name)));
        let Some(given) = given else { return Ok(None) };
        OperatorName::parse(&given)
            .map(Some)
            .context("the operator's name is not 1 to 64 visible ASCII characters: give --operator NAME")
    }
}

/// The way to the running proxy.
pub(super) struct Desk {
    base: String,
    /// None where nobody has said it: enough for looking.
    operator: Option<OperatorName>,
    transport: Transport,
    runtime: tokio::runtime::Runtime,
}

impl Desk {
    /// Readies the way; nothing is asked yet.
    pub(super) fn open(config: &Config, who: &Who) -> anyhow::Result<Self> {
        let limits = TransportLimits {
            connect_timeout: Duration::from_secs(3),
            exchange_timeout: Duration::from_secs(120),
            answer_bytes_max: 16 * 1024 * 1024,
            allow_loopback: true,
            authorities: Default::default(),
        };
        Ok(Self {
            base: format!("http://{}", address(config.operator.listen)?),
            operator: who.name()?,
            transport: Transport::build(limits)?,
            runtime: tokio::runtime::Runtime::new().context("could not start the runtime")?,
        })
    }

    /// What an address tells.
    pub(super) fn get(&self, path: &str) -> anyhow::Result<Value> {
        let name = self.operator.as_ref().map_or(LOOKER, OperatorName::as_str);
        self.ask(Method::GET, path, name, Bytes::new())
    }

    /// What becomes of a command.
    pub(super) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let name = self.operator.as_ref().context("nobody says who acts: give --operator NAME")?;
        self.ask(Method::POST, path, name.as_str(), Bytes::from(body.to_string()))
    }

    fn ask(&self, method: Method, path: &str, name: &str, body: Bytes) -> anyhow::Result<Value> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(OPERATOR, name)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .context("this can't be asked")?;
        match self.runtime.block_on(self.transport.exchange(request)) {
            Ok(answer) => read(&answer),
            Err(error) => Err(silent(&self.base, error.kind)),
        }
    }
}

/// Where commands find the listener.
fn address(listen: SocketAddr) -> anyhow::Result<SocketAddr> {
    if listen.port() == 0 {
        bail!(
            "operator.listen is {listen}, any free port: give it a port of its own, so that commands find the running \
             proxy"
        );
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(SocketAddr::new(ip, listen.port()))
}

/// Why there is no answer, and what to do.
fn silent(base: &str, kind: TransportErrorKind) -> anyhow::Error {
    match kind {
        TransportErrorKind::Connect => anyhow!(
            "no proxy runs at {base} (operator.listen): start it with `lead-proxy serve`; this command speaks to the \
             running proxy, which alone writes its store"
        ),
        TransportErrorKind::Blocked => {
            anyhow!("operator.listen is at {base}, where commands don't go: let it listen on loopback")
        }
        TransportErrorKind::TimedOut => anyhow!(
            "the proxy at {base} did not answer in time: look with `lead-proxy audit` whether it was done before you \
             try again"
        ),
        kind => anyhow!("what answers at {base} (operator.listen) does not speak as lead-proxy does: {kind}"),
    }
}

/// The answer's JSON, or what the proxy says against it.
fn read(answer: &Response<Bytes>) -> anyhow::Result<Value> {
    let body: Value = serde_json::from_slice(answer.body())
        .map_err(|_| anyhow!("what answers is not lead-proxy, or another version of it"))?;
    if answer.status().is_success() {
        return Ok(body);
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut said = text("title").unwrap_or_else(|| answer.status().to_string());
    if let Some(code) = text("code") {
        said += &format!(" ({code})");
    }
    if let Some(state) = text("state") {
        said += &format!(": it is {state}");
    }
    for problem in body.get("problems").and_then(Value::as_array).into_iter().flatten() {
        said += &format!("; {}", problem_line(problem));
    }
    Err(anyhow!(said))
}

/// Member, rule and what the rule wants, such as `limit too_large (max 10000)`.
fn problem_line(problem: &Value) -> String {
    let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default();
    let params = problem.get("params").and_then(Value::as_object).into_iter().flatten();
    let params: Vec<String> =
        params.map(|(name, value)| format!(" ({name} {})", value.as_str().unwrap_or_default())).collect();
    format!("{} {}{}", text("field"), text("code"), params.concat()).trim_start().to_owned()
}

/// One value of an answer as a column: `-` for none.
pub(super) fn column(row: &Value, name: &str) -> String {
    match row.get(name) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// Some of an answer's values.
pub(super) fn columns(row: &Value, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| column(row, name)).collect()
}

/// The rows of a list.
pub(super) fn rows<'v>(answer: &'v Value, name: &str) -> &'v [Value] {
    answer.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn command_goes_where_the_listener_is_and_never_to_any_free_port() {
        for (listen, wanted) in [
            ("127.0.0.1:9090", "127.0.0.1:9090"),
            ("0.0.0.0:9090", "127.0.0.1:9090"),
            ("[::]:9090", "[::1]:9090"),
        ] {
            assert_eq!(address(listen.parse().unwrap()).unwrap().to_string(), wanted);
        }
        let error = address("127.0.0.1:0".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("operator.listen"), "{error}");
    }

    #[test]
    fn refusal_is_said_in_one_line() {
        let body = json!({
            "title": "Some members can't be used", "code": "command_invalid",
            "problems": [{ "field": "limit", "code": "too_large", "params": { "max": "10000" } }],
        });
        let answer = Response::builder().status(422).body(Bytes::from(body.to_string())).unwrap();
        let said = read(&answer).unwrap_err().to_string();
        assert_eq!(said, "Some members can't be used (command_invalid); limit too_large (max 10000)");
        let body = json!({ "title": "The delivery stands elsewhere by now", "code": "delivery_conflict", "state": "waiting" });
        let answer = Response::builder().status(409).body(Bytes::from(body.to_string())).unwrap();
        let said = read(&answer).unwrap_err().to_string();
        assert_eq!(said, "The delivery stands elsewhere by now (delivery_conflict): it is waiting");
    }
}
