//! What time it is: the database's, so that several replicas keep one time; in tests, their own.
//!
//! Apart because every statement takes its time here, and none from the machine that sends it.

use std::time::Duration;

use crate::clock::Clock;

/// A hundred years: longer waits are as good, and no sum of them leaves the range of a column.
const WAIT_MAX: Duration = Duration::from_secs(100 * 366 * 86_400);

/// Whose time counts.
#[derive(Clone)]
pub(super) enum Time {
    /// `clock_timestamp()`.
    Database,
    /// A test's clock.
    Given(Clock),
}

impl Time {
    /// The first argument of every statement that [`at`](crate::store::postgres::time::at) begins.
    pub(super) fn given(&self) -> Option<i64> {
        match self {
            Self::Database => None,
            Self::Given(clock) => Some(clock.now().as_ms()),
        }
    }
}

/// A wait as a number of milliseconds to add.
pub(super) fn wait_ms(wait: Duration) -> i64 {
    i64::try_from(wait.min(WAIT_MAX).as_millis()).unwrap_or(i64::MAX)
}

/// Puts before a statement the table `t` with one row and one column: `now`. Its first argument is [`Time::given`].
macro_rules! at {
    ($($sql:literal),+ $(,)?) => {
        concat!(
            "WITH t AS MATERIALIZED (SELECT coalesce($1::bigint, \
             floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS now) ",
            $($sql),+
        )
    };
}
pub(super) use at;
