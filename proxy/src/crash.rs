//! Named points at which a development build ends itself, as `kill -9` would, to show that no lead is lost or doubled.
//!
//! Apart so that a point costs one line where it stands. A release build has no code at them, and does not start when
//! it is told of one: whoever sets the variable there believes in a test that does not take place.

mod points;

pub use points::{Brought, POINTS, Point};

/// The variable with the point: `NAME`, `NAME:N` for its N-th passing, or `NAME:N:linger` to wait there instead.
pub const VARIABLE: &str = "LEAD_PROXY_CRASH_POINT";

/// Why the variable's text is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotArmed {
    /// This build has no points.
    #[error(
        "LEAD_PROXY_CRASH_POINT is set, but this is a release build, which has no crash points: unset it, or run a \
         development build"
    )]
    Release,
    /// No point is called so.
    #[error(
        "LEAD_PROXY_CRASH_POINT names no crash point; expected NAME, NAME:N or NAME:N:linger with a NAME of the list in \
         docs/campaigns.md"
    )]
    Unknown,
}

/// What happens at which passing of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(debug_assertions), allow(dead_code, reason = "only read to be refused"))]
struct Order {
    name: &'static str,
    passing: u64,
    lingers: bool,
}

/// Readies the point that the variable names, if it names one.
///
/// # Errors
/// When this build has no points, or none of that name.
pub fn arm(text: Option<&str>) -> Result<(), NotArmed> {
    let Some(order) = read(text, cfg!(debug_assertions))? else { return Ok(()) };
    live::arm(order);
    Ok(())
}

fn read(text: Option<&str>, has_points: bool) -> Result<Option<Order>, NotArmed> {
    let Some(text) = text else { return Ok(None) };
    if !has_points {
        return Err(NotArmed::Release);
    }
    let mut parts = text.split(':');
    let name = parts.next().and_then(|name| POINTS.iter().find(|point| point.name == name));
    let passing = parts.next().map_or(Some(1), |number| number.parse().ok()).filter(|number| *number > 0);
    let lingers = match (parts.next(), parts.next()) {
        (None, _) => Some(false),
        (Some("linger"), None) => Some(true),
        _ => None,
    };
    match (name, passing, lingers) {
        (Some(point), Some(passing), Some(lingers)) => Ok(Some(Order { name: point.name, passing, lingers })),
        _ => Err(NotArmed::Unknown),
    }
}

/// Ends the process here if it was told to.
#[cfg(debug_assertions)]
pub(crate) fn point(name: &'static str) {
    live::pass(name);
}

/// Ends the process here if it was told to: never, in a release build.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) fn point(_: &'static str) {}

/// Whether this point is the one, for a place that has to be made before it can be passed.
pub(crate) fn is_armed(name: &str) -> bool {
    cfg!(debug_assertions) && live::is_armed(name)
}

#[cfg(debug_assertions)]
mod live {
    use std::io::Write as _;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::Order;

    /// Long enough that whoever reads the line has stopped us before we go on.
    const LINGER: Duration = Duration::from_millis(400);

    static ORDER: OnceLock<Order> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);

    pub(super) fn arm(order: Order) {
        // Only the first counts, and there is only one.
        ORDER.get_or_init(|| order);
    }

    pub(super) fn is_armed(name: &str) -> bool {
        ORDER.get().is_some_and(|order| order.name == name)
    }

    pub(super) fn pass(name: &'static str) {
        let Some(order) = ORDER.get().filter(|order| order.name == name) else { return };
        if PASSED.fetch_add(1, Ordering::Relaxed) + 1 != order.passing {
            return;
        }
        let what = if order.lingers { "lingers at" } else { "ends itself at" };
        // Whoever looks for it in the log finds it; when nobody can read, it happens all the same.
        writeln!(std::io::stderr(), "lead-proxy {what} the crash point {name}").ok();
        if order.lingers {
            linger();
        } else {
            std::process::abort();
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a thread that stands still is what is wanted here")]
    fn linger() {
        std::thread::sleep(LINGER);
    }
}

#[cfg(not(debug_assertions))]
mod live {
    pub(super) fn arm(_: super::Order) {}

    pub(super) fn is_armed(_: &str) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
