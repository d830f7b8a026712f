//! `lead-proxy serve`: serves until the process is told to stop.
//!
//! Apart because only here signals are heard.

use anyhow::{Context as _, bail};

use crate::config::{Config, Environment};
use crate::notices::notices;
use crate::{crash, running, telemetry};

pub(super) fn run(config: Config) -> anyhow::Result<()> {
    // Before anything is opened: in a release build this ends the start.
    crash::arm(Environment::of_process().get(crash::VARIABLE).as_deref())?;
    telemetry::install(config.log);
    for notice in notices(&config) {
        tracing::warn!("{notice}");
    }
    let runtime = tokio::runtime::Runtime::new().context("could not start the runtime")?;
    runtime.block_on(async {
        let running = running::serve(config).await?;
        // One line for people and for the tasks that wait for it.
        super::say(&format!(
            "lead-proxy listens on http://{} (operators: http://{})",
            running.public_addr, running.operator_addr
        ));
        let broke = tokio::select! {
            told = told_to_stop() => {
                told?;
                false
            }
            () = running.broke() => true,
        };
        tracing::info!("stopping");
        running.stop().await;
        if broke {
            bail!("what delivers leads has ended by itself: the log above says why; every accepted lead is in the store");
        }
        Ok(())
    })
}

#[cfg(unix)]
async fn told_to_stop() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate()).context("could not listen for SIGTERM")?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("could not listen for SIGINT"),
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn told_to_stop() -> anyhow::Result<()> {
    tokio::signal::ctrl_c().await.context("could not listen for Ctrl-C")
}
