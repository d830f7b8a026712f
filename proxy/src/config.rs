//! Configuration: defaults, file and environment merged, and everything wrong with them found at once.
//!
//! Apart because this is the only room that reads the environment and files at start; every other room is handed its
//! own part and keeps nothing else.

mod finding;
mod secret;

pub use finding::Finding;
pub use secret::SecretSource;
