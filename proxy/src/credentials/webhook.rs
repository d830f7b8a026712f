//! Signs a body as Standard Webhooks has it: HMAC with SHA-256 over id, moment and body.
//!
//! Apart because any receiver's library can check it, and so can a test with a vector that is not ours.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// What stands before a secret in base64.
const PREFIX: &str = "whsec_";

/// The value of `webhook-signature` for this id, this moment (seconds since 1970 UTC) and these bytes.
///
/// # Errors
/// When the secret begins with `whsec_` and is no base64 behind it.
pub fn sign(secret: &SecretString, id: &str, at: i64, body: &[u8]) -> Result<HeaderValue, BadSecret> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &read_secret(secret)?);
    let mut context = hmac::Context::with_key(&key);
    for part in [id.as_bytes(), b".", at.to_string().as_bytes(), b".", body] {
        context.update(part);
    }
    let signature = STANDARD.encode(context.sign());
    HeaderValue::from_str(&format!("v1,{signature}")).map_err(|_| BadSecret)
}

/// Whether a secret can be read, so that no lead finds out that it can't.
///
/// # Errors
/// When the secret begins with `whsec_` and is no base64 behind it.
pub fn check_secret(secret: &SecretString) -> Result<(), BadSecret> {
    read_secret(secret).map(|_| ())
}

/// The key: what the base64 behind `whsec_` stands for, or the text itself.
fn read_secret(secret: &SecretString) -> Result<Zeroizing<Vec<u8>>, BadSecret> {
    let text = secret.expose_secret();
    let key = match text.strip_prefix(PREFIX) {
        Some(base64) => STANDARD.decode(base64).map_err(|_| BadSecret)?,
        None => text.as_bytes().to_vec(),
    };
    if key.is_empty() { Err(BadSecret) } else { Ok(Zeroizing::new(key)) }
}

/// The secret can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret begins with whsec_ and is no base64 behind it")]
pub struct BadSecret;

#[cfg(test)]
mod tests {
    use super::*;

    // Made by openssl: printf '%s' 'ID.AT.BODY' | openssl dgst -sha256 -mac HMAC \
    //   -macopt key:an-obviously-fake-webhook-secret -binary | base64
    const ID: &str = "7K3F9-0QXJ2-MM8TD-4VYBR";
    const BODY: &str =
        r#"{"id":"7K3F9-0QXJ2-MM8TD-4VYBR","type":"lead.created","data":{"first_name":"Zoë"}}"#;
    const RAW: &str = "an-obviously-fake-webhook-secret";
    const IN_BASE64: &str = "whsec_YW4tb2J2aW91c2x5LWZha2Utd2ViaG9vay1zZWNyZXQ=";

    fn signed(secret: &str, id: &str, at: i64, body: &str) -> Result<String, BadSecret> {
        let value = sign(&SecretString::from(secret), id, at, body.as_bytes())?;
        Ok(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn signature_is_the_one_that_openssl_makes_of_the_same_secret_in_either_form() {
        for (id, at, body, signature) in [
            (ID, 1_795_257_256, BODY, "v1,ty8mXK5GFkdr8MJimkbc8JtmKW7scbphlEvk8bs+hho="),
            (ID, 1_795_257_257, BODY, "v1,OO+nnmkUPpap95whlGtvKvlWmBum5x7ELkaRJtDbwgA="),
            ("msg_1", 0, "", "v1,mKQtWi2BCcPqdTxzWDpXk7smWfSeY32Z+yIahRIrbEc="),
        ] {
            for secret in [RAW, IN_BASE64] {
                assert_eq!(signed(secret, id, at, body).as_deref(), Ok(signature), "{id} {at}");
            }
        }
    }

    #[test]
    fn signature_changes_with_every_part() {
        let whole = signed(RAW, ID, 7, BODY);
        let others = [
            signed("another-obviously-fake-secret", ID, 7, BODY),
            signed(RAW, "msg_1", 7, BODY),
            signed(RAW, ID, 8, BODY),
            signed(RAW, ID, 7, "{}"),
        ];
        for other in others {
            assert_ne!(other, whole);
        }
    }

    #[test]
    fn secret_that_is_no_base64_behind_its_prefix_is_refused() {
        for secret in ["whsec_", "whsec_an obviously fake one", "whsec_YW4", ""] {
            assert_eq!(signed(secret, ID, 7, BODY), Err(BadSecret), "{secret}");
            assert_eq!(check_secret(&SecretString::from(secret)), Err(BadSecret), "{secret}");
        }
        assert_eq!(check_secret(&SecretString::from(IN_BASE64)), Ok(()));
    }
}
