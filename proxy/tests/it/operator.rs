//! The operator's side: whatever has not reached its partner is seen, settled by one person at a time, and in the audit.

mod accounts;
mod alerts;
mod bulk;
mod commands;
mod duplicates;
mod guard;
pub mod house;
mod program;
mod robots;
