//! Broken networks on loopback, for tests: [`FaultPartner`] breaks an exchange at a chosen [`Position`], [`Relay`] breaks
//! the connection between two programs, [`RefusingPort`] and [`FullPort`] are where no connection comes about.
//!
//! A crate of its own because it knows nothing of leads: what it says about an exchange are counted bytes, and whoever
//! claims that nothing was sent is held against them. Nothing here waits but for the delays that a test asks for, and all of
//! it ends when its handle is dropped.

mod answer;
mod arrival;
mod fault;
mod partner;
mod port;
mod relay;
mod socket;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Answers};
pub use arrival::{Arrival, Request};
pub use fault::{Fault, Plan, Position};
pub use partner::FaultPartner;
pub use port::{FullPort, RefusingPort};
pub use relay::{Direction, Passed, Relay};
