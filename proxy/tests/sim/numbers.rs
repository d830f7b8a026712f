//! How a visitor, each of his leads and each time that he sends one are numbered: one number says all three.
//!
//! Apart because it stands in the lead's body and in its row: whoever has either knows which delivery it belongs to, also when
//! no visitor has heard of it.

/// What is added to the number of a visitor's lead for the one with other values.
pub const CORRECTED: u32 = 1_000;
/// What is added to a lead's number with each time that its visitor sends.
pub const NEXT_TIME: u32 = 2_000;

/// The lead that was sent under this number.
pub const fn lead_of(number: u32) -> u32 {
    number % NEXT_TIME
}

/// Who has sent it. His key is the same every time, and so he has one record at a partner at most.
pub const fn visitor_of(number: u32) -> u32 {
    number % CORRECTED
}
