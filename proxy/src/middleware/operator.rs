//! Who may speak to the operator listener's commands: a program of this machine that says who acts, and no browser's page.
//!
//! Apart because nothing else guards them: whoever reaches the listener may settle any delivery. A page can't send the header
//! `Lead-Proxy-Operator` to another origin, for there is no CORS; and a page whose name was made to lead here (DNS rebinding)
//! would be of the same origin, but under a name.

use std::net::IpAddr;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::uri::Authority;
use http::{HeaderMap, header};

use crate::problem::{ApiProblem, ApiReason};
use crate::store::operator::OperatorName;

/// Says who acts.
pub(crate) const OPERATOR: &str = "lead-proxy-operator";
/// What a browser says of every request to an address that it trusts.
const FETCH_SITE: &str = "sec-fetch-site";

/// Stands around every command; handlers find the operator's name among the request's extensions.
pub(crate) async fn layer(mut request: Request, next: Next) -> Response {
    match operator_of(request.headers()) {
        Ok(name) => {
            request.extensions_mut().insert(name);
            next.run(request).await
        }
        Err(reason) => ApiProblem::from(reason).into_response(),
    }
}

fn operator_of(headers: &HeaderMap) -> Result<OperatorName, ApiReason> {
    let from_page = headers.contains_key(header::ORIGIN) || headers.contains_key(FETCH_SITE);
    if from_page || !names_an_address(headers) {
        return Err(ApiReason::NotForBrowsers);
    }
    let mut names = headers.get_all(OPERATOR).iter();
    let (Some(name), None) = (names.next(), names.next()) else { return Err(ApiReason::OperatorMissing) };
    name.to_str().ok().and_then(OperatorName::parse).ok_or(ApiReason::OperatorMissing)
}

/// Whether the listener is asked for by an IP address or as `localhost`, which no stranger's name is.
fn names_an_address(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    host.is_some_and(|host| {
        let name = host.host().trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn of(headers: &[(&'static str, &'static str)]) -> Result<OperatorName, ApiReason> {
        operator_of(
            &headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect(),
        )
    }

    #[test]
    fn program_that_names_its_operator_and_an_address_is_let_in() {
        for host in ["127.0.0.1:9090", "[::1]:9090", "localhost:9090", "LOCALHOST", "10.0.0.7"] {
            assert_eq!(of(&[("host", host), (OPERATOR, "ana")]).unwrap().as_str(), "ana", "{host}");
        }
        assert!(of(&[(OPERATOR, "ana@ops.example")]).is_ok(), "before HTTP 1.1 there was no host");
    }

    #[test]
    fn page_is_refused_whatever_it_sends() {
        for more in [
            ("origin", "http://127.0.0.1:9090"),
            ("origin", "null"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("host", "rebound.example:9090"),
            ("host", "127.0.0.1.rebound.example"),
        ] {
            let host = if more.0 == "host" { more } else { ("host", "127.0.0.1:9090") };
            assert_eq!(of(&[host, more, (OPERATOR, "ana")]), Err(ApiReason::NotForBrowsers), "{more:?}");
        }
    }

    #[test]
    fn nobody_in_particular_is_refused() {
        let host = ("host", "127.0.0.1:9090");
        for names in
            [&[][..], &[(OPERATOR, "")], &[(OPERATOR, "ana ops")], &[(OPERATOR, "ana"), (OPERATOR, "eve")]]
        {
            let headers: Vec<_> = std::iter::once(host).chain(names.iter().copied()).collect();
            assert_eq!(of(&headers), Err(ApiReason::OperatorMissing), "{names:?}");
        }
    }
}
