//! The promises that worlds hold the delivery to, and how often each was broken.
//!
//! Apart so that a campaign can say what it has asked, not only that nothing was found.

/// One promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    NothingLost,
    NothingDoubled,
    OneReceipt,
    LeaseHeld,
    WrittenAhead,
    OneRenewal,
    TokensStored,
    Ends,
    InTime,
    NoPanic,
}

impl Promise {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::NothingLost,
        Self::NothingDoubled,
        Self::OneReceipt,
        Self::LeaseHeld,
        Self::WrittenAhead,
        Self::OneRenewal,
        Self::TokensStored,
        Self::Ends,
        Self::InTime,
        Self::NoPanic,
    ];

    /// What is promised.
    pub fn text(self) -> &'static str {
        match self {
            Self::NothingLost => {
                "what a visitor hears to be safe is stored; what is called delivered is at its partner"
            }
            Self::NothingDoubled => {
                "one record of a lead at its partner, and no body that the partner's rule does not allow"
            }
            Self::OneReceipt => {
                "a visitor who sends again hears of the same receipt, and nothing that is not so"
            }
            Self::LeaseHeld => "a body leaves under its sender's own lease, with room for the exchange",
            Self::WrittenAhead => "a body leaves in an attempt that is written down, the same one each time",
            Self::OneRenewal => {
                "one at a time asks for a token, under the lease for it, with the stored refresh token"
            }
            Self::TokensStored => {
                "a token is used after it is stored, and each takes the place of the one before it"
            }
            Self::Ends => "every lead, attempt, visitor and replica comes to an end",
            Self::InTime => "nothing is late once nothing goes wrong",
            Self::NoPanic => "nothing panics",
        }
    }
}

/// What broke one.
#[derive(Clone, Debug)]
pub struct Wrong {
    pub promise: Promise,
    pub what: String,
}
