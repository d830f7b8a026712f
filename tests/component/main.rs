//! Component.
fn main() {}
