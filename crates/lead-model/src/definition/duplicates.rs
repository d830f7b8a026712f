//! What becomes of a second submission of one person: a setting of the form that only the proxy knows.
//!
//! Apart because nothing of it travels to a browser: [`crate::Form`] has no field for it.

use serde::{Deserialize, Serialize};

/// Longest time within which a second submission of one person counts as a duplicate: a quarter of a year.
pub const WINDOW_HOURS_MAX: u32 = 2_160;

/// When a submission is a duplicate of an earlier one, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duplicates {
    /// So many hours after the first one a second counts as a duplicate; with 0 none does.
    #[serde(default = "window_hours")]
    pub window_hours: u32,
    /// What becomes of it.
    #[serde(default)]
    pub action: DuplicateAction,
}

/// What becomes of a duplicate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateAction {
    /// It is sent like any lead, and marked for the operator.
    #[default]
    Flag,
    /// It is kept beside the first one and not sent, until an operator says otherwise.
    Merge,
}

fn window_hours() -> u32 {
    24
}

impl Default for Duplicates {
    fn default() -> Self {
        Self { window_hours: window_hours(), action: DuplicateAction::default() }
    }
}
