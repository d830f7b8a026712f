//! The one company that the simulator has: its leads, its schemas, and how it answers.
//!
//! Apart so that a test's switches and a request's work meet in one place, under one lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::records::Records;
use super::schema;

/// The company and the partner organisation that there are.
pub(super) const COMPANY_ID: &str = "company-1";
pub(super) const ORGANIZATION_ID: &str = "organization-1";

/// How many leads a page holds where `limit` is left out, and at most. Neither is documented.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 100;

pub(super) struct Company(Mutex<State>);

pub(super) struct State {
    pub(super) records: Records,
    pub(super) schema: Value,
    pub(super) partner_schema: Value,
    /// Whether every nullable union is answered as `{}`, as the document's samples print it.
    pub(super) objects: bool,
    pub(super) limit_max: usize,
}

impl State {
    /// How many leads a page holds, whatever was asked for.
    pub(super) fn limit(&self, asked: Option<usize>) -> usize {
        asked.unwrap_or(LIMIT).min(self.limit_max)
    }
}

impl Company {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            records: Records::default(),
            schema: schema::standard(),
            partner_schema: schema::standard(),
            objects: false,
            limit_max: LIMIT_MAX,
        }))
    }

    /// No change is left half done, so a panic elsewhere takes nothing from it.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
