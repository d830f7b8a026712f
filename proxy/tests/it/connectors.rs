//! The contract suite: the same questions to every registered connector, with no list to edit. No socket, no clock.

mod answers;
mod docs;
pub(crate) mod fixture;
mod requests;
mod settings;
mod sweep;
