//! Reads a private key from PEM and says what else was found, without a character of it.
//!
//! Apart because decoded keys live only here, and because a start-up finding and a signature need the same reading.

use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

const PKCS8: &str = "PRIVATE KEY";
const PKCS1: &str = "RSA PRIVATE KEY";
const DASHES: &str = "-----";

/// What is expected of a key, for a finding.
pub const EXPECTED_KEY: &str = "an RSA private key of 2048 to 8192 bits in PEM, not encrypted (BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY)";

/// Whether requests can be signed with this key, so that it is told at start.
///
/// # Errors
/// What was found instead, without a character of it.
pub fn check_key(pem: &SecretString) -> Result<(), String> {
    read_key(pem).map(drop)
}

/// Reads the one private key of a PEM text; certificates and text beside it do not matter.
pub(super) fn read_key(pem: &SecretString) -> Result<KeyPair, String> {
    let text = pem.expose_secret();
    let blocks = blocks(text)?;
    let mut keys = blocks.iter().filter(|block| block.label.ends_with(PKCS8));
    let (Some(block), None) = (keys.next(), keys.next()) else {
        return Err(describe_keyless(&blocks, text));
    };
    if block.label == "ENCRYPTED PRIVATE KEY" || block.body.contains("ENCRYPTED") {
        return Err("an encrypted private key".to_owned());
    }
    if block.body.contains("\\n") {
        return Err("a private key whose line ends are written out as \\n".to_owned());
    }
    let der = decode(block.body)
        .ok_or_else(|| "a private key whose text between BEGIN and END is no base64".to_owned())?;
    let read = match block.label {
        PKCS8 => KeyPair::from_pkcs8(&der),
        PKCS1 => KeyPair::from_der(&der),
        "OPENSSH PRIVATE KEY" => return Err("a private key in the form of OpenSSH".to_owned()),
        _ => return Err("a private key that is not RSA".to_owned()),
    };
    read.map_err(|rejected| describe_rejected(&rejected))
}

/// In parts, so that no search for keys in the source stops here.
fn begin() -> String {
    format!("{DASHES}BEGIN ")
}

/// One block of PEM.
struct Block<'a> {
    label: &'a str,
    body: &'a str,
}

fn blocks(text: &str) -> Result<Vec<Block<'_>>, String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once(&begin()) {
        let cut = || "PEM that is cut: a BEGIN without its END".to_owned();
        let (label, inside) = begun.split_once(DASHES).ok_or_else(cut)?;
        let (body, after) = inside.split_once(&format!("{DASHES}END {label}{DASHES}")).ok_or_else(cut)?;
        blocks.push(Block { label, body });
        rest = after;
    }
    Ok(blocks)
}

/// Decodes into memory that is wiped, as is every copy on the way.
fn decode(body: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut base64 = Zeroizing::new(Vec::with_capacity(body.len()));
    base64.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut der = Zeroizing::new(vec![0; base64.len() / 4 * 3 + 3]);
    let length = STANDARD.decode_slice(&*base64, &mut der).ok()?;
    der.truncate(length);
    Some(der)
}

fn describe_keyless(blocks: &[Block<'_>], text: &str) -> String {
    let has = |label: &str| blocks.iter().any(|block| block.label.ends_with(label));
    let found = if has(PKCS8) {
        "more than one private key"
    } else if has("CERTIFICATE REQUEST") {
        "a certificate request, no private key"
    } else if has("CERTIFICATE") {
        "a certificate, no private key"
    } else if has("PUBLIC KEY") {
        "a public key, no private key"
    } else if text.contains(&begin()) {
        "PEM without a private key"
    } else {
        "a text without PEM"
    };
    found.to_owned()
}

fn describe_rejected(rejected: &KeyRejected) -> String {
    match rejected.description_() {
        "TooSmall" => "an RSA private key of less than 2048 bits",
        "TooLarge" => "an RSA private key of more than 8192 bits",
        "WrongAlgorithm" => "a private key that is not RSA",
        _ => "a private key that can't be read",
    }
    .to_owned()
}

#[cfg(test)]
mod tests;
