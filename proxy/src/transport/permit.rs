//! Until when a body may begin to leave: as long as the worker's lease covers the whole exchange.
//!
//! Apart because it is asked at the last moment, when the connection wants the first byte: a process that was stopped for
//! longer than its lease must find out before it sends, not after.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A right to send that runs out unless it is renewed. By a clock that nobody sets.
#[derive(Clone, Debug)]
pub struct Permit {
    ends: Arc<Mutex<Instant>>,
    /// What must be left of it when the first byte leaves.
    needs: Duration,
}

impl Permit {
    /// Good until `ends`, for exchanges that take `needs` at most.
    pub fn new(ends: Instant, needs: Duration) -> Self {
        Self { ends: Arc::new(Mutex::new(ends)), needs }
    }

    /// Lets it last until then.
    pub fn renew(&self, ends: Instant) {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner) = ends;
    }

    /// Takes it away: the lease is somebody else's.
    pub fn revoke(&self) {
        self.renew(Instant::now());
    }

    /// Whether an exchange may begin now.
    pub fn is_good(&self) -> bool {
        let ends = *self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.saturating_duration_since(Instant::now()) >= self.needs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn permit_ends_while_there_is_still_time_for_a_whole_exchange() {
        let second = Duration::from_secs(1);
        let permit = Permit::new(Instant::now() + 60 * second, 20 * second);
        tokio::time::advance(40 * second).await;
        assert!(permit.is_good());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!permit.is_good());
        permit.clone().renew(Instant::now() + 60 * second);
        assert!(permit.is_good(), "whoever holds a copy");
        permit.revoke();
        assert!(!permit.is_good());
    }
}
