//! Bytes as hexadecimal text.
//!
//! Apart because a lead's consents are written so on its way in: digit by digit, where formatting each byte by itself took a
//! twentieth of what an accept costs beside the store.

/// Two small letters or digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |four_bits: u8| char::from_digit(u32::from(four_bits), 16).unwrap_or_default();
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn each_byte_has_two_digits() {
        assert_eq!(hex(&[0x00, 0x0a, 0xa0, 0x7f, 0xff]), "000aa07fff");
        assert_eq!(hex(&[]), "");
    }
}
