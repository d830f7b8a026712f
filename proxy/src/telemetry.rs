//! Log lines: where they go, which are shown, and what a panic may say.
//!
//! Apart because nothing but names, numbers and codes may pass here: no value, no secret, no header of a stranger.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::config::{LogConfig, LogFormat};

/// Sends log lines to standard error for the rest of the process's life. A second call changes nothing.
pub fn install(log: LogConfig) {
    // Other crates' lines may hold what we never log (addresses, frames); their warnings are worth that care.
    let ours = format!("lead_proxy={}", log.level).parse();
    let mut filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).parse_lossy("");
    if let Ok(ours) = ours {
        filter = filter.add_directive(ours);
    }
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    let installed = match log.format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if installed.is_ok() {
        std::panic::set_hook(Box::new(log_panic));
    }
}

/// The place alone: a panic's message may hold what was being worked on.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    tracing::error!(panic.place = place, "panic");
}
