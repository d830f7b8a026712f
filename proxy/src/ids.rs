//! The ids of a submission's road: receipt, idempotency key, delivery.
//!
//! Apart so that no id travels as a bare string, and so that what a receipt looks like is decided in one place.

use std::fmt;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::clock::{Clock, Timestamp};
use crate::problem::ApiReason;

/// Crockford's base 32: no I, L, O or U, so that a receipt can be read out over the phone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const RECEIPT_CHARS: usize = 20;
const GROUP_CHARS: usize = 5;
/// Chance in a receipt that has a time, below its 40 bits of milliseconds.
const CHANCE_BITS: u32 = 60;
/// Where a receipt's time begins, 2026 UTC; it lasts for 34 years.
const TIME_BEGINS_MS: i64 = 1_767_225_600_000;
const TIME_MAX: i64 = (1 << 40) - 1;

/// What a visitor gets for a submission that is safe, and the id under which the partner sees the lead.
///
/// 100 bits in four groups, such as `0T4E8-62JJ2-MM8TD-4VYBR`: the milliseconds of its making and 60 bits of chance. So a store
/// puts new ones at the end of its index, where a receipt of chance alone would change a page of its own. It tells its holder
/// when it was made, which he knows, and of no other: to hit one of a known millisecond takes 2^59 guesses, more than any listener answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receipt(String);

impl Receipt {
    /// Makes a receipt that nobody has, in the order of time.
    pub fn at(now: Timestamp) -> Self {
        let mut random = [0; 8];
        fill(&mut random);
        let ms = now.as_ms().saturating_sub(TIME_BEGINS_MS).clamp(0, TIME_MAX);
        let chance = u128::from(u64::from_be_bytes(random) >> (u64::BITS - CHANCE_BITS));
        Self::of_bits((u128::from(ms.unsigned_abs()) << CHANCE_BITS) | chance)
    }

    /// Makes one of nothing but chance, for what is named by one and is no lead.
    #[expect(clippy::new_without_default, reason = "a random value is no default")]
    pub fn new() -> Self {
        let mut random = [0; RECEIPT_CHARS];
        fill(&mut random);
        Self::grouped(random.into_iter().map(|byte| letter(byte & 31)))
    }

    /// Reads a receipt as people type it: any case, groups or none, `O` for 0, `I` and `L` for 1.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 2 * RECEIPT_CHARS {
            return None;
        }
        let letters: Option<Vec<char>> =
            text.chars().filter(|c| !matches!(c, '-' | ' ')).map(read_letter).collect();
        letters
            .filter(|letters| letters.len() == RECEIPT_CHARS)
            .map(|letters| Self::grouped(letters.into_iter()))
    }

    /// The receipt as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The receipt as a UUID, for partners that want one: its 100 bits in a UUID of version 8.
    pub fn to_uuid(&self) -> Uuid {
        let mut bits: u128 = 0;
        for place in self.0.bytes().filter_map(|byte| ALPHABET.iter().position(|letter| *letter == byte)) {
            bits = (bits << 5) | u128::try_from(place).unwrap_or(0);
        }
        // 48 bits before the version, 12 behind it, 40 behind the variant.
        let (high, middle, low) = (bits >> 52, (bits >> 40) & 0xFFF, bits & 0xFF_FFFF_FFFF);
        let placed = (high << 80) | (0x8 << 76) | (middle << 64) | (0b10 << 62) | low;
        Uuid::from_u128(placed)
    }

    /// The receipt that a UUID was made of; none for a UUID that was not.
    pub fn from_uuid(uuid: Uuid) -> Option<Self> {
        let placed = uuid.as_u128();
        let bits = ((placed >> 80) << 52) | (((placed >> 64) & 0xFFF) << 40) | (placed & 0xFF_FFFF_FFFF);
        let receipt = Self::of_bits(bits);
        (receipt.to_uuid() == uuid).then_some(receipt)
    }

    /// The receipt that these 100 bits are.
    fn of_bits(bits: u128) -> Self {
        let places = (0..RECEIPT_CHARS).rev();
        Self::grouped(places.map(|place| letter(u8::try_from((bits >> (place * 5)) & 31).unwrap_or(0))))
    }

    fn grouped(letters: impl Iterator<Item = char>) -> Self {
        let mut text = String::with_capacity(RECEIPT_CHARS + RECEIPT_CHARS / GROUP_CHARS);
        for (place, letter) in letters.enumerate() {
            if place > 0 && place % GROUP_CHARS == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        Self(text)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn letter(five_bits: u8) -> char {
    ALPHABET.get(usize::from(five_bits)).copied().map_or('0', char::from)
}

fn read_letter(typed: char) -> Option<char> {
    let letter = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.iter().any(|known| char::from(*known) == letter).then_some(letter)
}

/// A new UUID of version 7: in the order of time, and beyond guessing.
pub(crate) fn uuid_v7(clock: &Clock) -> Uuid {
    let mut random = [0; 10];
    fill(&mut random);
    let ms = u64::try_from(clock.now().as_ms()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
}

/// A new UUID of version 4: nothing but chance.
pub(crate) fn uuid_v4() -> Uuid {
    let mut random = [0; 16];
    fill(&mut random);
    uuid::Builder::from_random_bytes(random).into_uuid()
}

/// Fills with bytes that nobody can foretell.
pub(crate) fn fill(bytes: &mut [u8]) {
    rand::fill(bytes)
        .expect("the library ends the process itself where the system has no randomness to give");
}

/// The caller's word that two sends are one submission.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads the header's value: 16 to 64 visible ASCII characters.
    ///
    /// # Errors
    /// [`ApiReason::IdempotencyKeyInvalid`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ApiReason> {
        let fits = (16..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(ApiReason::IdempotencyKeyInvalid) }
    }

    /// The key that stands for one: 43 characters.
    pub fn of_hash(hash: &[u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(hash))
    }

    /// The key as text, for the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows only that it is one: with the key a stranger could ask what became of a submission.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

/// One delivery in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(i64);

impl DeliveryId {
    /// The id of a stored row.
    pub fn new(row: i64) -> Self {
        Self(row)
    }

    /// The number in the store.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod receipt_tests {
    use super::*;

    #[test]
    fn receipt_comes_back_from_its_uuid() {
        for receipt in (0..1_000).map(|_| Receipt::new()) {
            let uuid = receipt.to_uuid();
            assert_eq!((uuid.get_version_num(), uuid.get_variant()), (8, uuid::Variant::RFC4122));
            assert_eq!(Receipt::from_uuid(uuid), Some(receipt));
        }
    }

    #[test]
    fn receipts_sort_by_their_times_and_differ_within_one() {
        let begins = TIME_BEGINS_MS;
        let times = [0, begins, begins + 1, begins + 40_000_000_000, begins + TIME_MAX];
        let receipts = times.map(|ms| Receipt::at(Timestamp::from_ms(ms)));
        assert!(receipts.windows(2).skip(1).all(|pair| pair[0].as_str() < pair[1].as_str()), "{receipts:?}");
        let places =
            |receipt: &Receipt| receipt.as_str().chars().filter(|c| *c != '-').take(8).collect::<String>();
        assert_eq!(
            receipts.each_ref().map(places),
            ["00000000", "00000000", "00000001", "1582Z400", "ZZZZZZZZ"]
        );
        let later = Receipt::at(Timestamp::from_ms(i64::MAX));
        assert_eq!(places(&later), "ZZZZZZZZ", "after its time it is still a receipt");

        let now = Timestamp::from_ms(begins + 1);
        let of_one: std::collections::HashSet<_> = (0..1_000).map(|_| Receipt::at(now)).collect();
        assert_eq!(of_one.len(), 1_000);
        for receipt in of_one {
            assert_eq!(Receipt::parse(receipt.as_str()).as_ref(), Some(&receipt));
            assert_eq!(Receipt::from_uuid(receipt.to_uuid()), Some(receipt));
        }
    }

    #[test]
    fn uuid_of_others_is_no_receipt() {
        assert_eq!(Receipt::from_uuid(Uuid::from_u128(0x1234_5678_9abc_4def_8012_3456_789a_bcde)), None);
        assert_eq!(Receipt::from_uuid(Uuid::nil()), None);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn receipt_has_four_groups_and_reads_back() {
        let receipt = Receipt::new();
        assert_eq!(receipt.as_str().split('-').map(str::len).collect::<Vec<_>>(), [5, 5, 5, 5], "{receipt}");
        assert_eq!(Receipt::parse(receipt.as_str()), Some(receipt));
    }

    #[test]
    fn receipt_is_read_as_people_type_it() {
        let read = Receipt::parse(" 7k3f9 oqxj2-MM8TDilybR").map(|receipt| receipt.to_string());
        assert_eq!(read.as_deref(), Some("7K3F9-0QXJ2-MM8TD-11YBR"));
    }

    #[test]
    fn what_is_no_receipt_is_not_read() {
        for text in [
            "",
            "7K3F9",
            "7K3F9-0QXJ2-MM8TD-4VYBU",
            "7K3F9-0QXJ2-MM8TD-4VYB",
            "7K3F9-0QXJ2-MM8TD-4VYBRR",
            "é",
        ] {
            assert_eq!(Receipt::parse(text), None, "{text}");
        }
        assert_eq!(Receipt::parse(&"-".repeat(1_000_000)), None);
    }

    #[test]
    fn receipts_differ() {
        let receipts: HashSet<Receipt> = (0..1_000).map(|_| Receipt::new()).collect();
        assert_eq!(receipts.len(), 1_000);
    }

    #[test]
    fn idempotency_key_is_sixteen_to_sixty_four_visible_characters() {
        for (text, fits) in [
            ("0190a1b2-0000-7000-8000-000000000000", true),
            (&"x".repeat(16), true),
            (&"x".repeat(64), true),
            (&"x".repeat(15), false),
            (&"x".repeat(65), false),
            ("sixteen with space", false),
            ("sixteen-with-é-----", false),
            ("", false),
        ] {
            assert_eq!(IdempotencyKey::parse(text).is_ok(), fits, "{text}");
        }
    }
}
