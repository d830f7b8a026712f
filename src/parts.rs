//! What a form has beside its fields, and what every field has beside its control.

pub(crate) mod actions;
pub(crate) mod error_summary;
pub(crate) mod header;
pub(crate) mod label;
pub(crate) mod problem;
pub(crate) mod steps;
pub(crate) mod thanks;
