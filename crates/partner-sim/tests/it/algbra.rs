//! Algbra as its documents say: who may come in, and each operation.

mod caller;
mod operations;
mod signing;
