//! The API of a partner's records, from outside: a CRM's panel on one side, the partners' simulators on the other.
//!
//! Apart from submissions because who may is another question, and what is asked is the partner's own.

mod audit;
mod change;
mod create;
mod failure;
mod list;
mod origin;
pub mod panel;
mod schema;
mod tokens;
