//! What every request passes before and after its route.
//!
//! Apart from the routes so that no route can forget an id, a deadline, an origin or a header.

pub(crate) mod host;
pub(crate) mod limits;
pub(crate) mod operator;
pub(crate) mod origin_allowlist;
pub(crate) mod request_id;
pub(crate) mod security_headers;
pub(crate) mod surround;
