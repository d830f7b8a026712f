//! What a relay is told, and what it tells.
//!
//! Apart because every connection reads it, and only the handle writes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Which way nothing passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From those who connect to the target.
    ToTarget,
    /// From the target to those who connect.
    ToClient,
    /// Both.
    Both,
}

/// One way through the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    ToTarget,
    ToClient,
}

/// What the relay does now.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    pub(super) delay: Duration,
    pub(super) refuses: bool,
    /// Goes up by one with every cut.
    pub(super) cuts: u64,
    pub(super) trap: Option<Trap>,
    pub(super) holds_to_target: bool,
    pub(super) holds_to_client: bool,
}

impl Rule {
    pub(super) fn hold(&mut self, direction: Direction) {
        self.holds_to_target |= direction != Direction::ToClient;
        self.holds_to_client |= direction != Direction::ToTarget;
    }

    pub(super) fn holds(&self, flow: Flow) -> bool {
        match flow {
            Flow::ToTarget => self.holds_to_target,
            Flow::ToClient => self.holds_to_client,
        }
    }
}

/// Bytes at which a connection is cut, once.
#[derive(Clone, Debug)]
pub(super) struct Trap {
    bytes: Arc<[u8]>,
    sprung: Arc<AtomicBool>,
}

impl Trap {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), sprung: Arc::default() }
    }

    /// Whether these bytes, with the end of those before, spring it: only the first time.
    pub(super) fn springs(&self, before: &mut Vec<u8>, come: &[u8]) -> bool {
        before.extend_from_slice(come);
        let found = before.windows(self.bytes.len()).any(|window| window == &*self.bytes);
        let kept = before.len().min(self.bytes.len() - 1);
        before.drain(..before.len() - kept);
        found && !self.sprung.swap(true, Ordering::AcqRel)
    }
}

/// What has passed through a relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Connections taken.
    pub taken: u64,
    /// Connections that stand.
    pub open: u64,
    /// Connections cut, by order or by a trap.
    pub cut: u64,
    /// Bytes written to the target.
    pub to_target: u64,
    /// Bytes written to those who connected.
    pub to_client: u64,
    /// Whether new connections are taken.
    pub listens: bool,
}

impl Passed {
    pub(super) fn add(&mut self, flow: Flow, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        match flow {
            Flow::ToTarget => self.to_target += count,
            Flow::ToClient => self.to_client += count,
        }
    }
}
