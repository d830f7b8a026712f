//! The token of the form that works without JavaScript: our own word, signed, on which form was shown when and under
//! which idempotency key.
//!
//! Apart because it is the only thing that we sign. The key rides in it, so that reload and back button repeat one
//! submission instead of making a second.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::{Clock, Timestamp};
use crate::ids::{IdempotencyKey, uuid_v7};
use crate::keys::IndexKey;

/// How long a token is good for.
const TOKEN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// How far ahead another replica's clock may be.
const CLOCK_SKEW_MAX: Duration = Duration::from_secs(300);
/// Stands before everything that is signed, so that a signature of ours means this and nothing else.
const PURPOSE: &str = "lead-form token v1";
/// Whom the key for it belongs to.
const KEY_PURPOSE: &str = "form tokens";
/// Longer than any token that we make.
const TOKEN_BYTES_MAX: usize = 512;

/// Stands behind the time in a token for a page that was shown before.
const SHOWN_BEFORE: &str = "again";

/// What a token of ours says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The idempotency key of what is sent with it.
    pub(crate) key: IdempotencyKey,
    /// How long ago the visitor first saw the form; none where it was shown before, and only sent once more.
    pub(crate) ago: Option<Duration>,
}

/// Makes tokens and tells its own from others.
pub(crate) struct Tokens {
    key: hmac::Key,
    clock: Clock,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// None came, or one that we did not make for this form.
    Invalid,
    /// Ours, but too old.
    Expired,
}

impl Tokens {
    /// Signs by a key of the store's own secret: the same in every replica and after every rotation.
    pub(crate) fn new(index: &IndexKey, clock: Clock) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, index.derive(KEY_PURPOSE).as_slice()), clock }
    }

    /// A token for this form under a new idempotency key.
    pub(crate) fn issue(&self, form: &str) -> String {
        self.sign(format!("{form}.{}.{}", uuid_v7(&self.clock), self.clock.now().as_ms()))
    }

    /// The same for a form that the visitor has filled in already.
    pub(crate) fn issue_again(&self, form: &str) -> String {
        let now = self.clock.now().as_ms();
        self.sign(format!("{form}.{}.{now}.{SHOWN_BEFORE}", uuid_v7(&self.clock)))
    }

    fn sign(&self, payload: String) -> String {
        let tag = hmac::sign(&self.key, &signed(&payload));
        [URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(tag)].join(".")
    }

    /// What a token says that is ours, for this form, and young enough.
    pub(crate) fn check(&self, token: &str, form: &str) -> Result<Shown, TokenFault> {
        let (key, issued_at, is_first) = self.read(token, form).ok_or(TokenFault::Invalid)?;
        let now = self.clock.now();
        if issued_at > now.after(CLOCK_SKEW_MAX) {
            return Err(TokenFault::Invalid);
        }
        let ago = now.since(issued_at);
        if ago > TOKEN_LIFE {
            return Err(TokenFault::Expired);
        }
        Ok(Shown { key, ago: is_first.then_some(ago) })
    }

    fn read(&self, token: &str, form: &str) -> Option<(IdempotencyKey, Timestamp, bool)> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (payload, tag) = token.split_once('.')?;
        let payload = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        // The library compares in constant time.
        hmac::verify(&self.key, &signed(&payload), &tag).ok()?;
        let mut parts = payload.split('.');
        let (shown, key, issued_at) = (parts.next()?, parts.next()?, parts.next()?);
        let is_first = match parts.next() {
            None => true,
            Some(SHOWN_BEFORE) => false,
            Some(_) => return None,
        };
        let key = IdempotencyKey::parse(key).ok()?;
        (shown == form).then_some((key, Timestamp::from_ms(issued_at.parse().ok()?), is_first))
    }
}

fn signed(payload: &str) -> Vec<u8> {
    [PURPOSE, payload].join("\n").into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn tokens() -> (Tokens, crate::clock::ClockHand) {
        let (clock, hand) = Clock::manual(Timestamp::from_ms(1_800_000_000_000));
        (Tokens::new(&IndexKey::new([1; 32].into()), clock), hand)
    }

    #[test]
    fn token_gives_its_key_back_for_its_own_form_only() {
        let (tokens, _hand) = tokens();
        let token = tokens.issue("quote");
        let key = tokens.check(&token, "quote").unwrap().key;
        assert_eq!(tokens.check(&token, "quote").unwrap().key, key, "a reload repeats the same key");
        assert_eq!(tokens.check(&token, "callback"), Err(TokenFault::Invalid));
        assert_ne!(
            tokens.check(&tokens.issue("quote"), "quote").unwrap().key,
            key,
            "a new page has a new key"
        );
    }

    #[test]
    fn token_tells_how_long_the_form_was_seen_but_not_of_a_page_that_was_shown_before() {
        let (tokens, hand) = tokens();
        let (first, again) = (tokens.issue("quote"), tokens.issue_again("quote"));
        hand.advance(Duration::from_secs(7));
        let ago = |token: &str| tokens.check(token, "quote").unwrap().ago;
        assert_eq!((ago(&first), ago(&again)), (Some(Duration::from_secs(7)), None));
    }

    #[test]
    fn token_is_good_for_a_day() {
        let (tokens, hand) = tokens();
        let token = tokens.issue("quote");
        hand.advance(TOKEN_LIFE);
        assert!(tokens.check(&token, "quote").is_ok());
        hand.advance(Duration::from_millis(1));
        assert_eq!(tokens.check(&token, "quote"), Err(TokenFault::Expired));
    }

    #[test]
    fn changed_token_is_not_ours() {
        let (tokens, _hand) = tokens();
        let token = tokens.issue("quote");
        for (at, _) in token.char_indices() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            if changed != token {
                assert_eq!(tokens.check(&changed, "quote"), Err(TokenFault::Invalid), "byte {at}");
            }
        }
        for token in ["", ".", "a.b", &"x".repeat(100_000)] {
            assert_eq!(tokens.check(token, "quote"), Err(TokenFault::Invalid));
        }
    }

    #[test]
    fn token_of_another_key_is_not_ours() {
        let (ours, _hand) = tokens();
        let (clock, _hand) = Clock::manual(Timestamp::from_ms(1_800_000_000_000));
        let other = Tokens::new(&IndexKey::new([2; 32].into()), clock);
        assert_eq!(ours.check(&other.issue("quote"), "quote"), Err(TokenFault::Invalid));
    }
}
