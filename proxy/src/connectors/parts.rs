//! The values that every connector is made of.
//!
//! Apart from the connectors, which are one file a partner and know nothing of one another.

pub mod answer;
pub mod answers;
pub mod descriptor;
mod failure;
mod from_lead;
pub mod lead;
pub mod operation;
pub mod outcome;
pub mod payload;
pub mod schema;
pub mod seal;
pub mod setting;
pub mod text;
