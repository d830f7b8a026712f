//! Words that stand nowhere else, and the search for them in every coding in which they might slip through.
//!
//! Apart so that the search is itself tested: one that finds nothing would let everything pass.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A word made for this run.
#[derive(Clone, Debug)]
pub struct Canary(pub String);

impl Canary {
    /// Forty letters and digits, beginning with a letter.
    pub fn word() -> Self {
        let random = || RandomState::new().hash_one("canary");
        Self(format!("c{:016x}{:016x}zq7k3fx", random(), random()))
    }

    /// A key of 32 bytes in hexadecimal.
    pub fn key() -> Self {
        Self((0..4).map(|_| format!("{:016x}", RandomState::new().hash_one("key"))).collect())
    }

    /// Eight digits, as the end of a phone number.
    pub fn digits() -> Self {
        Self(format!("7{:07}", RandomState::new().hash_one("digits") % 10_000_000))
    }
}

/// The bytes as they are, and in the codings in which they might slip through.
fn codings(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let each = |write: &dyn Fn(&u8) -> String| bytes.iter().map(write).collect::<String>().into_bytes();
    let mut forms = vec![
        ("raw", bytes.to_vec()),
        ("hex", each(&|byte| format!("{byte:02x}"))),
        ("HEX", each(&|byte| format!("{byte:02X}"))),
        ("percent", each(&|byte| format!("%{byte:02X}"))),
        ("JSON escape", each(&|byte| format!("\\u{byte:04x}"))),
        ("list of numbers", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ").into_bytes()),
        ("UTF-16", bytes.iter().flat_map(|byte| [*byte, 0]).collect()),
        ("reversed", bytes.iter().rev().copied().collect()),
    ];
    // As a form or an address has it: only what must be is coded.
    let part: String = url::form_urlencoded::byte_serialize(bytes).collect();
    if part.as_bytes() != bytes {
        forms.push(("form", part.into_bytes()));
    }
    // In base64 a word looks different at each of three offsets; what both neighbours have a part in is cut off.
    for offset in 0..3 {
        let padded = ["\0".repeat(offset).as_bytes(), bytes].concat();
        let whole = padded.len() / 3 * 4;
        let skip = if offset == 0 { 0 } else { 4 };
        forms.push(("base64", STANDARD_NO_PAD.encode(&padded).as_bytes()[skip..whole].to_vec()));
        forms.push(("base64url", URL_SAFE_NO_PAD.encode(&padded).as_bytes()[skip..whole].to_vec()));
    }
    forms
}

/// Which words are there, and in which coding.
pub fn find<'a>(bytes: &[u8], canaries: impl Iterator<Item = &'a Canary>) -> Vec<String> {
    let mut hunt = Hunt::default();
    canaries.for_each(|canary| hunt.add(&canary.0, canary.0.as_bytes()));
    hunt.find(bytes)
}

/// How many bytes of a form are looked at first: no form is shorter.
const HEAD_BYTES: usize = 8;
/// Heads are told from each other by so many bits at first.
const SIEVE_BITS: u32 = 20;

/// Seeks any number of words in one pass: quick enough for megabytes in a test build.
pub struct Hunt {
    /// By the place of a form's head: whether there is any such form.
    sieve: Vec<bool>,
    /// By a form's head: name, coding, form.
    forms: HashMap<u64, Vec<Form>>,
}

struct Form {
    name: String,
    coding: &'static str,
    bytes: Vec<u8>,
}

impl Default for Hunt {
    fn default() -> Self {
        Self { sieve: vec![false; 1 << SIEVE_BITS], forms: HashMap::new() }
    }
}

impl Hunt {
    /// Seeks these bytes as well, in every coding, and tells of them by this name.
    pub fn add(&mut self, name: &str, word: &[u8]) {
        for (coding, bytes) in codings(word) {
            assert!(bytes.len() >= HEAD_BYTES, "{name} is too short to be told from other words");
            let head = bytes.iter().take(HEAD_BYTES).fold(0, push);
            self.sieve[place(head)] = true;
            self.forms.entry(head).or_default().push(Form { name: name.to_owned(), coding, bytes });
        }
    }

    /// Which words are there, and in which coding.
    pub fn find(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = BTreeSet::new();
        let mut head = 0;
        for (at, byte) in bytes.iter().enumerate() {
            head = push(head, byte);
            if !self.sieve[place(head)] {
                continue;
            }
            let Some(start) = (at + 1).checked_sub(HEAD_BYTES) else { continue };
            let here = self.forms.get(&head).into_iter().flatten();
            for form in here.filter(|form| bytes[start..].starts_with(&form.bytes)) {
                found.insert(format!("{} as {}", form.name, form.coding));
            }
        }
        found.into_iter().collect()
    }
}

fn push(head: u64, byte: &u8) -> u64 {
    head << 8 | u64::from(*byte)
}

fn place(head: u64) -> usize {
    usize::try_from(head.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SIEVE_BITS)).unwrap()
}

#[test]
fn word_is_found_in_every_coding() {
    let (canary, other) = (Canary::word(), Canary::word());
    for (coding, form) in codings(canary.0.as_bytes()) {
        let text = [b"x".as_slice(), &form, b"y"].concat();
        assert!(
            find(&text, [&canary].into_iter()).iter().any(|found| found.ends_with(&format!("as {coding}"))),
            "{coding}"
        );
        assert_eq!(find(&text, [&other].into_iter()), [""; 0]);
    }
    for before in ["", "a", "ab"] {
        let coded = STANDARD_NO_PAD.encode(format!("{before}{} and more", canary.0));
        assert_ne!(find(coded.as_bytes(), [&canary].into_iter()), [""; 0], "behind {before:?}");
    }
}
