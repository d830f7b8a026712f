//! Resolves a partner's name and drops every address that is not public.
//!
//! Apart because this is asked at dial time: a name that pointed elsewhere when it was checked is caught here.

use std::fmt;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::transport::address::is_allowed;

/// The system's resolver, without private addresses.
pub(crate) struct PublicResolver {
    allow_loopback: bool,
}

impl PublicResolver {
    pub(crate) fn new(allow_loopback: bool) -> Self {
        Self { allow_loopback }
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_loopback = self.allow_loopback;
        Box::pin(async move {
            let found =
                tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| ResolveError::NoAddress)?;
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() {
                return Err(ResolveError::NoAddress.into());
            }
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| is_allowed(address.ip(), allow_loopback)).collect();
            if allowed.is_empty() {
                return Err(ResolveError::Blocked.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Why a name leads nowhere. Names nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ResolveError {
    NoAddress,
    Blocked,
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAddress => "the name has no address",
            Self::Blocked => "the name has only addresses that are not public",
        })
    }
}

impl std::error::Error for ResolveError {}
