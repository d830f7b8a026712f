//! Signs a request with a private key: over exactly the bytes and the query that are sent, anew for every attempt.
//!
//! Apart because a signer is held against a third party's vectors, and because the key stays in this file and the one
//! below it.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::connectors::parts::seal::{SignatureAlgorithm, SignatureEncoding, SignaturePlan, SignedPart};
use crate::hex::hex;

mod key;

pub use key::{EXPECTED_KEY, check_key};

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

/// The value of `x-alg-signature`. The key is parsed for each, a third of the few milliseconds that one takes: so there is
/// no second copy of it that lives as long as the process.
///
/// # Errors
/// When the key can't be read, or the body is not UTF-8.
pub fn sign(
    plan: &SignaturePlan,
    key: &SecretString,
    token: &SecretString,
    signed: &Signed<'_>,
) -> Result<HeaderValue, SignatureFault> {
    let text = signed_text(plan, token, signed)?;
    let key = key::read_key(key).map_err(|_| SignatureFault::Key)?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(algorithm_of(plan.algorithm), &SystemRandom::new(), &text, &mut signature)
        .map_err(|_| SignatureFault::Key)?;
    let header = match plan.encoding {
        SignatureEncoding::Base64 => STANDARD.encode(&signature),
        SignatureEncoding::Base64Url => URL_SAFE_NO_PAD.encode(&signature),
        SignatureEncoding::Hex => hex(&signature),
    };
    HeaderValue::try_from(header).map_err(|_| SignatureFault::Key)
}

fn algorithm_of(algorithm: SignatureAlgorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => &RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha512 => &RSA_PKCS1_SHA512,
        SignatureAlgorithm::RsaPssSha256 => &RSA_PSS_SHA256,
    }
}

/// The text that is signed: compact JSON, with the body in it as one string. It holds the token, so it is wiped.
///
/// # Errors
/// When the body is not UTF-8.
pub fn signed_text(
    plan: &SignaturePlan,
    token: &SecretString,
    signed: &Signed<'_>,
) -> Result<Zeroizing<Vec<u8>>, SignatureFault> {
    let body = std::str::from_utf8(signed.body).map_err(|_| SignatureFault::Body)?;
    let token = token.expose_secret();
    let Signed { method, url, date, nonce, .. } = *signed;
    // Room for the longest escape of every byte, so that the buffer never grows and leaves a copy behind.
    let texts = [method, url, body, date, nonce, token];
    let room = texts.iter().map(|text| text.len() * 6).sum::<usize>() + 256;
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    write_object(&mut text, plan.order, |text, part| match part {
        SignedPart::Url => write_member(text, "url", url),
        SignedPart::Method => write_member(text, "method", method),
        SignedPart::Body => write_member(text, "body", body),
        SignedPart::Headers => {
            text.extend_from_slice(b"\"headers\":");
            let headers = [("authorization", token), ("date", date), ("x-alg-nonce", nonce)];
            write_object(text, headers, |text, (name, value)| write_member(text, name, value));
        }
    });
    Ok(text)
}

fn write_object<T, const N: usize>(text: &mut Vec<u8>, order: [T; N], write: impl Fn(&mut Vec<u8>, T)) {
    let mut before = b'{';
    for member in order {
        text.push(before);
        write(text, member);
        before = b',';
    }
    text.push(b'}');
}

fn write_member(text: &mut Vec<u8>, name: &str, value: &str) {
    write_json(text, name);
    text.push(b':');
    write_json(text, value);
}

fn write_json(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a text always has a JSON form, and a vector takes every byte");
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
