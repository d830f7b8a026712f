//! A proof of work as ALTCHA has it (its first version, SHA-256): a number that only trying finds, and our signature on what
//! was asked.
//!
//! Apart because its texts are a contract with every solver of that protocol, and so that nothing of it is remembered: what
//! comes back says by itself for which form and until when it is good. The few lines are ours
//! (docs/decisions/0016-robots-are-kept-back.md).

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::hex::hex;
use crate::ids;
use crate::keys::IndexKey;

/// How long a challenge is good for: as long as a slow and careful person takes.
pub(super) const LIFE: Duration = Duration::from_secs(30 * 60);
/// Whom the key for it belongs to.
const KEY_PURPOSE: &str = "proofs of work";
const ALGORITHM: &str = "SHA-256";
/// Longer than any proof of ours.
const PROOF_BYTES_MAX: usize = 1_024;

/// What is asked, under the names of the protocol.
#[derive(Debug, Serialize)]
pub(crate) struct Challenge {
    algorithm: &'static str,
    /// Hash over salt and number.
    challenge: String,
    /// The number is this at most.
    maxnumber: u32,
    salt: String,
    signature: String,
}

/// What comes back; solvers add how long it took, and more.
#[derive(Deserialize)]
struct Proof {
    algorithm: String,
    challenge: String,
    number: u32,
    salt: String,
    signature: String,
}

/// What became of a proof.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Solved {
    /// It is good.
    Well {
        /// The challenge's hash, by which it is known again.
        id: [u8; 32],
        /// From then on it is good no more.
        expires: Timestamp,
    },
    /// It was good once.
    TooLate,
    /// The number is wrong, or the challenge is none of ours for this form.
    Not,
}

/// Makes challenges, and tells its own from others.
pub(super) struct Challenges {
    key: hmac::Key,
}

impl Challenges {
    pub(super) fn new(index: &IndexKey) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, index.derive(KEY_PURPOSE).as_slice()) }
    }

    pub(super) fn issue(&self, form: &str, work: u32, now: Timestamp) -> Challenge {
        let mut random = [0; 20];
        ids::fill(&mut random);
        let [a, b, c, d, rest @ ..] = random;
        // The remainder favours a few numbers by less than one in four hundred: nothing to gain.
        let number = u32::from_be_bytes([a, b, c, d]) % work.saturating_add(1);
        let expires = now.after(LIFE).as_ms().div_euclid(1_000);
        // The ampersand at the end: else a digit could move from the number into the time, under the same hash.
        let salt = format!("{}?expires={expires}&form={form}&", hex(&rest));
        let challenge = hex(&hash(&salt, number));
        let signature = hex(hmac::sign(&self.key, challenge.as_bytes()).as_ref());
        Challenge { algorithm: ALGORITHM, challenge, maxnumber: work, salt, signature }
    }

    pub(super) fn check(&self, proof: &str, form: &str, now: Timestamp) -> Solved {
        match self.read(proof, form) {
            Some((id, expires)) if now < expires => Solved::Well { id, expires },
            Some(_) => Solved::TooLate,
            None => Solved::Not,
        }
    }

    /// Hash and end of a challenge of ours for this form that was solved.
    fn read(&self, proof: &str, form: &str) -> Option<([u8; 32], Timestamp)> {
        if proof.len() > PROOF_BYTES_MAX {
            return None;
        }
        let proof: Proof = serde_json::from_slice(&STANDARD.decode(proof).ok()?).ok()?;
        let id = hash(&proof.salt, proof.number);
        if proof.algorithm != ALGORITHM || hex(&id) != proof.challenge {
            return None;
        }
        // The library compares in constant time.
        hmac::verify(&self.key, proof.challenge.as_bytes(), &unhex(&proof.signature)?).ok()?;
        // Ours, so it is of our form.
        let (_, rest) = proof.salt.split_once("?expires=")?;
        let (expires, rest) = rest.split_once("&form=")?;
        let expires = Timestamp::from_ms(expires.parse::<i64>().ok()?.checked_mul(1_000)?);
        (rest.strip_suffix('&')? == form).then_some((id, expires))
    }
}

fn hash(salt: &str, number: u32) -> [u8; 32] {
    let mut id = [0; 32];
    let hash = digest(&SHA256, format!("{salt}{number}").as_bytes());
    id.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    id
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
