//! Refuses requests that do not name exactly one host, or that name another protocol's address.
//!
//! Apart because hyper lets them through, though RFC 9112 (section 3.2) asks for a 400: what stands before the proxy may
//! understand such a request in another way than we do.

use http::uri::{Authority, Scheme};
use http::{HeaderMap, Method, Request, Uri, Version, header};

/// Whether a request names exactly one host, and nothing but an address of the web.
pub(crate) fn is_right<B>(request: &Request<B>) -> bool {
    names_one_host(request.version(), request.headers()) && is_ours(request.method(), request.uri())
}

fn names_one_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        // Before 1.1 there was no such header, and balancers still ask for health in 1.0.
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => {
            // An authority may have a user before the host, a Host header may not.
            let host = host.to_str().ok().filter(|host| !host.contains('@'));
            host.and_then(|host| host.parse::<Authority>().ok()).is_some_and(|host| !host.host().is_empty())
        }
        (Some(_), Some(_)) => false,
    }
}

/// Whether the request's target is a path, or an address of the web; CONNECT names a host and finds no route.
fn is_ours(method: &Method, uri: &Uri) -> bool {
    match uri.scheme() {
        Some(scheme) => *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS,
        None => uri.authority().is_none() || method == Method::CONNECT,
    }
}
