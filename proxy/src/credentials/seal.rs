//! Seals a request: puts each credential where the connector says, with a new date and nonce every time.
//!
//! Apart from the ways of sealing, one file each: here is only their order. A sealed request is sent once and dropped.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret as _, SecretString};

use crate::account::Account;
use crate::clock::{Clock, Timestamp};
use crate::connectors::{PartnerRequest, Seal};
use crate::credentials::body::put_in_body;
use crate::credentials::signature::{Signed, sign};
use crate::credentials::webhook;
use crate::ids;

const NONCE: HeaderName = HeaderName::from_static("x-alg-nonce");
const SIGNATURE: HeaderName = HeaderName::from_static("x-alg-signature");
const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// The request can't be sealed: a setting or a credential does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request can't be sealed")]
pub struct SealFault;

/// Seals one request for one send.
///
/// # Errors
/// When a credential is missing or can't be used.
pub fn seal(
    account: &Account,
    request: &PartnerRequest,
    seals: &[Seal],
    token: Option<&SecretString>,
    clock: &Clock,
) -> Result<http::Request<Bytes>, SealFault> {
    let mut sealed = http::Request::new(Bytes::copy_from_slice(&request.body));
    *sealed.method_mut() = request.method.clone();
    *sealed.uri_mut() = request.url.parse().map_err(|_| SealFault)?;
    *sealed.headers_mut() = request.headers.clone();
    for seal in seals {
        apply(account, request, seal, token, clock, &mut sealed)?;
    }
    Ok(sealed)
}

fn apply(
    account: &Account,
    request: &PartnerRequest,
    seal: &Seal,
    token: Option<&SecretString>,
    clock: &Clock,
    sealed: &mut http::Request<Bytes>,
) -> Result<(), SealFault> {
    let secret = |slot: &str| account.credential(slot).ok_or(SealFault);
    match seal {
        Seal::BodyField { slot, member } => {
            let body = put_in_body(sealed.body(), member, secret(slot)?).map_err(|_| SealFault)?;
            *sealed.body_mut() = body;
        }
        Seal::Header { slot, name, prefix } => {
            sealed.headers_mut().insert(name, hidden(prefix, secret(slot)?)?);
        }
        Seal::Bearer(_) => {
            let value = hidden("Bearer ", token.ok_or(SealFault)?)?;
            sealed.headers_mut().insert(header::AUTHORIZATION, value);
        }
        Seal::Signature(plan) => {
            let (date, nonce) = (http_date(clock.now()).ok_or(SealFault)?, ids::uuid_v4().to_string());
            let token = secret(plan.token)?;
            let signed = Signed {
                method: request.method.as_str(),
                url: request.signed_url.as_deref().ok_or(SealFault)?,
                body: sealed.body(),
                date: &date,
                nonce: &nonce,
            };
            let mut signature =
                sign(plan, secret(plan.private_key)?, token, &signed).map_err(|_| SealFault)?;
            signature.set_sensitive(true);
            let headers = sealed.headers_mut();
            headers.insert(header::AUTHORIZATION, hidden("", token)?);
            headers.insert(header::DATE, HeaderValue::from_str(&date).map_err(|_| SealFault)?);
            headers.insert(NONCE, HeaderValue::from_str(&nonce).map_err(|_| SealFault)?);
            headers.insert(SIGNATURE, signature);
        }
        Seal::Webhook { slot } => {
            let id = sealed.headers().get(WEBHOOK_ID).and_then(|id| id.to_str().ok()).ok_or(SealFault)?;
            let at = clock.now().as_ms().div_euclid(1_000);
            let mut signature = webhook::sign(secret(slot)?, id, at, sealed.body()).map_err(|_| SealFault)?;
            signature.set_sensitive(true);
            let headers = sealed.headers_mut();
            headers.insert(WEBHOOK_TIMESTAMP, HeaderValue::from(at));
            headers.insert(WEBHOOK_SIGNATURE, signature);
        }
    }
    Ok(())
}

/// A header's value that nothing prints.
fn hidden(prefix: &str, secret: &SecretString) -> Result<HeaderValue, SealFault> {
    let text = zeroize::Zeroizing::new([prefix, secret.expose_secret()].concat());
    let mut value = HeaderValue::from_str(&text).map_err(|_| SealFault)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A moment as HTTP dates have it (RFC 7231): `Sat, 21 Nov 2026 10:34:16 GMT`.
pub fn http_date(at: Timestamp) -> Option<String> {
    let moment = jiff::Timestamp::from_millisecond(at.as_ms()).ok()?;
    Some(moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_that_of_http() {
        for (ms, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_795_257_256_999, "Sat, 21 Nov 2026 10:34:16 GMT"),
        ] {
            assert_eq!(http_date(Timestamp::from_ms(ms)).as_deref(), Some(date));
        }
    }
}
