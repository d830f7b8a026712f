//! The signature's sums: the text that is signed, and whether a signature signs it.
//!
//! Apart because it is pure, and because the fixed vectors of another tool (`tests/vectors/algbra.json`) are held
//! against exactly this. Written on RustCrypto, from the document's description alone.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use rsa::RsaPublicKey;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::sha2::{Sha256, Sha512};
use rsa::signature::Verifier as _;
use rsa::{pkcs1v15, pss};
use serde_json::{Map, Value, json};

use super::scheme::{Algorithm, Encoding, Order, Scheme};

/// What of a request is signed, as it came.
pub(super) struct Signed<'a> {
    /// Path and query without the base URL, as sent.
    pub(super) url: &'a str,
    pub(super) method: &'a str,
    pub(super) authorization: &'a str,
    pub(super) date: &'a str,
    pub(super) nonce: &'a str,
    pub(super) body: &'a str,
}

impl Signed<'_> {
    /// Writes the text that is signed: compact JSON, the body in it as a string.
    pub(super) fn payload(&self, order: &Order) -> String {
        let headers =
            json!({ "authorization": self.authorization, "date": self.date, "x-alg-nonce": self.nonce });
        let member = |name: &str| match name {
            "url" => json!(self.url),
            "method" => json!(self.method),
            "headers" => headers.clone(),
            _ => json!(self.body),
        };
        let members = order.0.map(|name| (name.to_owned(), member(name)));
        Value::from(Map::from_iter(members)).to_string()
    }
}

/// Reads a public key, PEM in SPKI as `openssl pkey -pubout` writes it.
pub(super) fn read_key(pem: &str) -> anyhow::Result<RsaPublicKey> {
    RsaPublicKey::from_public_key_pem(pem).map_err(|error| {
        anyhow::anyhow!("the Algbra public key cannot be read ({error}): expected PEM with BEGIN PUBLIC KEY and an RSA key")
    })
}

/// Says why the signature does not sign the request, if it does not.
pub(super) fn verify(
    key: &RsaPublicKey,
    scheme: &Scheme,
    signed: &Signed<'_>,
    signature: &str,
) -> Result<(), &'static str> {
    let signature = decode(scheme.encoding, signature)?;
    let payload = signed.payload(&scheme.order);
    let (payload, signature) = (payload.as_bytes(), signature.as_slice());
    let verified = match scheme.algorithm {
        Algorithm::Pkcs1v15Sha256 => pkcs1v15::Signature::try_from(signature).and_then(|signature| {
            pkcs1v15::VerifyingKey::<Sha256>::new(key.clone()).verify(payload, &signature)
        }),
        Algorithm::Pkcs1v15Sha512 => pkcs1v15::Signature::try_from(signature).and_then(|signature| {
            pkcs1v15::VerifyingKey::<Sha512>::new(key.clone()).verify(payload, &signature)
        }),
        Algorithm::PssSha256 => pss::Signature::try_from(signature)
            .and_then(|signature| pss::VerifyingKey::<Sha256>::new(key.clone()).verify(payload, &signature)),
    };
    verified.map_err(|_| "it does not sign this request")
}

fn decode(encoding: Encoding, text: &str) -> Result<Vec<u8>, &'static str> {
    match encoding {
        Encoding::Base64 => Base64::decode_vec(text).map_err(|_| "it is not base64 with padding"),
        Encoding::Base64Url => {
            Base64UrlUnpadded::decode_vec(text).map_err(|_| "it is not base64url without padding")
        }
        Encoding::Hex => hex(text).ok_or("it is not hexadecimal in lower case"),
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
