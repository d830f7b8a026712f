//! The idempotency key: one for each lead that a visitor means to send, whatever happens on the way.
//!
//! It is made when the form is first shown and kept for the tab, so that a reload, the back button and every retry send
//! the same key, and the proxy makes one lead of them. Once the proxy has confirmed it, it is marked done: other details
//! after that are a new lead.

#[cfg(feature = "csr")]
mod kept;

#[cfg(feature = "csr")]
pub(crate) use kept::KeptKey;

/// Mark behind a key that the proxy has confirmed.
const DONE: &str = " done";

/// A key and whether the proxy has confirmed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) value: String,
    pub(crate) done: bool,
}

impl Key {
    /// A new key from the time (milliseconds since 1970) and random bytes: a UUID of version 7.
    pub(crate) fn new(now_ms: u64, random: [u8; 16]) -> Self {
        let mut bytes = random;
        for (byte, time) in bytes.iter_mut().zip(now_ms.to_be_bytes().iter().skip(2)) {
            *byte = *time;
        }
        // Version and variant, as RFC 9562 has them.
        let marks = [(6, 0x0f, 0x70), (8, 0x3f, 0x80)];
        for (at, keep, mark) in marks {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = *byte & keep | mark;
            }
        }
        let mut value = String::with_capacity(36);
        for (index, byte) in bytes.into_iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                value.push('-');
            }
            for digit in [byte >> 4, byte & 0x0f] {
                value.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        Self { value, done: false }
    }

    /// As it is kept.
    pub(crate) fn to_text(&self) -> String {
        [self.value.as_str(), if self.done { DONE } else { "" }].concat()
    }

    /// The key that was kept; `None` for anything that is not one, since other scripts can write there too.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (value, done) = match text.strip_suffix(DONE) {
            Some(value) => (value, true),
            None => (text, false),
        };
        let is_key = value.len() == 36 && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        is_key.then(|| Self { value: value.to_owned(), done })
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn key_is_a_uuid_of_version_seven_with_its_time_in_front() {
        let key = Key::new(0x0199_1234_5678, [0xff; 16]);
        assert_eq!(key.value, "01991234-5678-7fff-bfff-ffffffffffff");
        assert_eq!(Key::new(0, [0; 16]).value, "00000000-0000-7000-8000-000000000000");
    }

    #[test]
    fn key_is_read_as_it_was_kept() {
        let mut key = Key::new(1, [7; 16]);
        assert_eq!(Key::parse(&key.to_text()), Some(key.clone()));
        key.done = true;
        assert_eq!(Key::parse(&key.to_text()), Some(key));
    }

    #[test]
    fn anything_else_that_was_kept_is_no_key() {
        for text in ["", "done", " done", "x", "01991234-5678-7fff-bfff-fffffffffffg", &"a".repeat(400)] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }
}
