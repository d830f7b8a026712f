//! The peer: nginx that passes every lead on to another nginx, which answers at once and keeps nothing.
//!
//! Apart because its configuration is the other half of the comparison: `proxy_pass` with connections kept open on both
//! sides, no access log, as many workers as the machine has cores.

use super::process;
use crate::{
    house::{child::Child, ports::Ports, stop::Stop, until},
    sh,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};

/// As long as the answer of the proxy, nearly.
const ANSWER: &str = r#"{"receipt":"7K3F9-0QXJ2-MM8TD-4VYBR","state":"received"}"#;
const READY_LIMIT: Duration = Duration::from_secs(10);
const END_LIMIT: Duration = Duration::from_secs(5);

/// Both, running.
pub(super) struct Nginx {
    pub(super) port: u16,
    front: Child,
    upstream: Child,
}

impl Nginx {
    /// Starts both and waits until they take connections.
    pub(super) fn start(program: &Path, folder: &Path, stop: &Stop) -> Result<Self> {
        let Ports { proxy: port, simulator: behind, .. } = Ports::free()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let upstream = format!(
            "server {{ listen 127.0.0.1:{behind}; location / {{ default_type application/json; return 202 '{ANSWER}'; }} }}"
        );
        let front = format!(
            "upstream behind {{ server 127.0.0.1:{behind}; keepalive 256; keepalive_requests 1000000000; }}\n\
             server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://behind; proxy_http_version 1.1; \
             proxy_set_header Connection ''; }} }}"
        );
        let upstream = launch(program, &folder.join("upstream"), 1, &upstream)?;
        let front = launch(program, &folder.join("nginx"), cores, &front)?;
        for port in [behind, port] {
            let listens = until(READY_LIMIT, stop, || Ok(TcpStream::connect(("127.0.0.1", port)).is_ok()))?;
            ensure!(listens, "nginx does not listen on port {port}. Its words:\n{}", front.last_lines());
        }
        Ok(Self { port, front, upstream })
    }

    /// The time on a core of the one that passes on, in microseconds.
    pub(super) fn cpu_us(&self) -> Result<f64> {
        process::cpu_us_with_children(self.front.id())
    }
}

impl Drop for Nginx {
    /// By the signal that ends its workers too: a master that is killed leaves them behind.
    fn drop(&mut self) {
        for child in [&mut self.front, &mut self.upstream] {
            let ended = child.terminate().and_then(|()| child.await_end(END_LIMIT));
            ended.map(drop).unwrap_or_default();
        }
    }
}

fn launch(program: &Path, folder: &Path, workers: usize, servers: &str) -> Result<Child> {
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let shown = folder.display();
    // The folders of other modules are named too, for nginx makes them all at its start.
    let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|module| format!("{module}_temp_path {shown}/{module};\n"))
        .concat();
    let text = format!(
        "daemon off; user {}; worker_processes {workers}; pid {shown}/pid; error_log {shown}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; keepalive_requests 1000000000;\n{folders}{servers}\n}}\n",
        sh::output(sh::command("id").arg("-un"))?.trim()
    );
    let config: PathBuf = folder.join("nginx.conf");
    fs::write(&config, text).with_context(|| format!("could not write {}", config.display()))?;
    let mut command = sh::command(program);
    command.arg("-c").arg(&config).arg("-e").arg(folder.join("error.log"));
    Child::start("nginx", command, &folder.join("nginx.log"))
}
