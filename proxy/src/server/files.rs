//! Whether the process may open as many files as its connections need, and what is said when it may not.
//!
//! Apart because a connection is a file to the system, whose limit nobody sees until callers are turned away.

use std::io;
use std::time::{Duration, Instant};

/// Files beside the connections: store, log, listeners, connections to partners.
const FILES_BESIDE: u64 = 64;
/// Shortest time between two lines on connections that were not accepted.
const LINES_APART: Duration = Duration::from_secs(1);

/// Warns when the limit of open files is too low for this many connections. Only Linux tells.
pub(crate) fn warn_if_too_few(connections_max: usize) {
    let Ok(limits) = std::fs::read_to_string("/proc/self/limits") else { return };
    let needed = u64::try_from(connections_max).unwrap_or(u64::MAX).saturating_add(FILES_BESIDE);
    if let Some(files_max) = soft_limit(&limits)
        && files_max < needed
    {
        tracing::warn!(
            files_max,
            connections_max,
            "the process may open fewer files than its connections need: allow at least connections_max + {FILES_BESIDE} \
             (ulimit -n, LimitNOFILE= of a systemd unit) or lower public.connections_max"
        );
    }
}

/// The soft limit of open files; none when there is no such limit or no such line.
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Connections that were not accepted: told at most once a second, with their number.
#[derive(Default)]
pub(super) struct Refusals {
    told: Option<Instant>,
    untold: u64,
}

impl Refusals {
    /// One more.
    pub(super) fn add(&mut self, error: &io::Error) {
        self.untold = self.untold.saturating_add(1);
        if self.told.is_none_or(|told| told.elapsed() >= LINES_APART) {
            // The system's own words, such as "Too many open files"; nothing of the caller is in them.
            tracing::warn!(error = %error, count = self.untold, "connection not accepted");
            (self.told, self.untold) = (Some(Instant::now()), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::soft_limit;

    #[test]
    fn soft_limit_is_read_from_what_linux_writes() {
        let head = "Limit                     Soft Limit           Hard Limit           Units     \n";
        let files = "Max open files            1024                 524288               files     \n";
        assert_eq!(soft_limit(&format!("{head}{files}")), Some(1_024));
        assert_eq!(soft_limit(&files.replace("1024  ", "unlimited")), None);
        assert_eq!(soft_limit(head), None);
        assert_eq!(soft_limit(""), None);
    }
}
