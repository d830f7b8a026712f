//! The wish to stop: Ctrl-C, SIGTERM or a closed terminal, noted instead of obeyed at once.
//!
//! Apart because a program that dies of the signal leaves its children running.

use anyhow::{Context, Result, bail};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether somebody wants us to stop.
#[derive(Clone)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let wanted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&wanted))
                .context("could not listen for Ctrl-C and SIGTERM")?;
        }
        Ok(Self(wanted))
    }

    /// Whether a signal has come.
    pub(crate) fn wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// An error once a signal has come, to leave whatever is under way.
    pub(crate) fn check(&self) -> Result<()> {
        if self.wanted() {
            bail!("stopped by a signal before the end");
        }
        Ok(())
    }

    /// One that nobody ever wants, for tests.
    #[cfg(test)]
    pub(crate) fn never() -> Self {
        Self(Arc::default())
    }
}
