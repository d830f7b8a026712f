//! Sending: the body, the request, and what the answer means.
//!
//! The only room that fetches. It moves no state and touches no element: `live` gives it a key and a body, and gets an
//! [`Answer`](crate::state::machine::Answer).

pub(crate) mod body;
mod reply;

#[cfg(feature = "csr")]
mod fetch;
#[cfg(feature = "csr")]
pub(crate) use fetch::{receipt_state, send};
