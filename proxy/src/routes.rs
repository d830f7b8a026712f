//! The public listener's and the operator listener's handlers, one file a thing that is asked for.
//!
//! Apart from `router`, which is the table of addresses.

pub(crate) mod assets;
pub(crate) mod connect;
pub(crate) mod forms;
pub(crate) mod health;
pub(crate) mod leads;
pub(crate) mod operator;
pub(crate) mod pages;
pub(crate) mod panel;
pub(crate) mod receipts;
pub(crate) mod records;
pub(crate) mod submissions;
pub(crate) mod wanted;

use http::{HeaderMap, header};

use crate::problem::{ApiProblem, ApiReason};

/// For addresses at which nothing is served.
pub(crate) async fn nothing_here() -> ApiProblem {
    ApiReason::NotFound.into()
}

/// For methods that an address does not take.
pub(crate) async fn wrong_method() -> ApiProblem {
    ApiReason::MethodNotAllowed.into()
}

/// Whether the caller has this version already.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
