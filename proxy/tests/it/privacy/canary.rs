//! Words that stand nowhere else, and the search for them in every coding in which they might slip through.
//!
//! Apart so that the search is itself tested: one that finds nothing would let everything pass.

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

    /// Eight digits, as the end of a phone number.
    pub fn digits() -> Self {
        Self(format!("7{:07}", RandomState::new().hash_one("digits") % 10_000_000))
    }

    /// The word as it is, and in the codings in which it might slip through.
    fn forms(&self) -> Vec<(&'static str, Vec<u8>)> {
        let bytes = self.0.as_bytes();
        let each = |write: &dyn Fn(&u8) -> String| bytes.iter().map(write).collect::<String>().into_bytes();
        let mut forms = vec![
            ("raw", bytes.to_vec()),
            ("hex", each(&|byte| format!("{byte:02x}"))),
            ("HEX", each(&|byte| format!("{byte:02X}"))),
            ("percent", each(&|byte| format!("%{byte:02X}"))),
            ("JSON escape", each(&|byte| format!("\\u{byte:04x}"))),
            ("list of numbers", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ").into_bytes()),
            ("UTF-16", self.0.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            ("reversed", bytes.iter().rev().copied().collect()),
        ];
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
}

/// Which words are there, and in which coding.
pub fn find<'a>(bytes: &[u8], canaries: impl Iterator<Item = &'a Canary>) -> Vec<String> {
    let mut found = Vec::new();
    for canary in canaries {
        for (coding, form) in canary.forms() {
            if contains(bytes, &form) {
                found.push(format!("{} as {coding}", canary.0));
            }
        }
    }
    found
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let Some(first) = part.first() else { return false };
    // By the first byte alone, then the rest: quick enough for megabytes in a test build.
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        if bytes[from + at..].starts_with(part) {
            return true;
        }
        from += at + 1;
    }
    false
}

#[test]
fn word_is_found_in_every_coding() {
    let (canary, other) = (Canary::word(), Canary::word());
    for (coding, form) in canary.forms() {
        let text = [b"x".as_slice(), &form, b"y"].concat();
        assert!(find(&text, [&canary].into_iter()).iter().any(|found| found.ends_with(coding)), "{coding}");
        assert_eq!(find(&text, [&other].into_iter()), [""; 0]);
    }
    for before in ["", "a", "ab"] {
        let coded = STANDARD_NO_PAD.encode(format!("{before}{} and more", canary.0));
        assert_ne!(find(coded.as_bytes(), [&canary].into_iter()), [""; 0], "behind {before:?}");
    }
}
