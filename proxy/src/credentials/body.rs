//! Puts a credential into a JSON body, as its last member.
//!
//! Apart and byte by byte, because every parsed copy would be one more place in memory that is never wiped.

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// The body is not a JSON object, so a member can't be put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not a JSON object")]
pub struct NotAnObject;

/// Copies a serialized JSON object with one more member. The copy is wiped when its last user drops it; what the
/// socket's and TLS's own buffers hold for a moment is theirs.
///
/// # Errors
/// When the body does not end as an object does.
pub fn put_in_body(body: &[u8], member: &str, secret: &SecretString) -> Result<Bytes, NotAnObject> {
    let open = body.strip_suffix(b"}").filter(|open| open.first() == Some(&b'{')).ok_or(NotAnObject)?;
    // Room for the longest escape of every byte, so that the buffer never grows and leaves a copy behind.
    let room = body.len() + member.len() * 6 + secret.expose_secret().len() * 6 + 8;
    let mut sealed = Zeroizing::new(Vec::with_capacity(room));
    sealed.extend_from_slice(open);
    if open.len() > 1 {
        sealed.push(b',');
    }
    write_json(&mut sealed, member);
    sealed.push(b':');
    write_json(&mut sealed, secret.expose_secret());
    sealed.push(b'}');
    Ok(Bytes::from_owner(Wiped(sealed)))
}

fn write_json(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a text always has a JSON form, and a vector takes every byte");
}

/// Bytes that are overwritten with zeros when dropped.
pub(super) struct Wiped(pub(super) Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(body: &str, secret: &str) -> Result<String, NotAnObject> {
        let sealed = put_in_body(body.as_bytes(), "ApiKey", &SecretString::from(secret))?;
        Ok(String::from_utf8(sealed.to_vec()).unwrap())
    }

    #[test]
    fn credential_becomes_the_last_member() {
        assert_eq!(put(r#"{"ID":"7"}"#, "k-1").unwrap(), r#"{"ID":"7","ApiKey":"k-1"}"#);
        assert_eq!(put("{}", "k-1").unwrap(), r#"{"ApiKey":"k-1"}"#);
    }

    #[test]
    fn credential_can_not_break_out_of_its_text() {
        let sealed = put("{}", "a\"},{\"b\\\u{1}\n").unwrap();
        let read: serde_json::Value = serde_json::from_str(&sealed).unwrap();
        assert_eq!(read["ApiKey"], "a\"},{\"b\\\u{1}\n");
    }

    #[test]
    fn body_that_is_no_object_is_refused() {
        for body in ["", "}", "[]", "\"}", "null"] {
            assert_eq!(put(body, "k-1"), Err(NotAnObject), "{body}");
        }
    }
}
