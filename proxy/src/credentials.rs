//! Puts credentials on a request at the last moment.
//!
//! Apart because between here and the socket is the only stretch of the road on which a credential travels.

pub mod body;
pub mod seal;
pub mod sealed;
pub mod signature;
pub mod tokens;
pub mod webhook;
