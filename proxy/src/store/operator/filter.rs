//! Which deliveries an operator means.
//!
//! Apart because a list and a replay in bulk mean the same by the same words.

use std::fmt;
use std::time::Duration;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryState {
    /// For its next attempt, or for its account.
    Waiting,
    /// An attempt is under way.
    Leased,
    /// The partner has the lead.
    Delivered,
    /// In doubt, for a person to decide.
    Held,
    /// Given up, kept for a person.
    DeadLetter,
    /// The visitor has corrected it.
    Replaced,
    /// Kept beside an earlier one of the same person.
    Merged,
    /// Given up by a person.
    Dropped,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Leased,
        Self::Delivered,
        Self::Held,
        Self::DeadLetter,
        Self::Replaced,
        Self::Merged,
        Self::Dropped,
    ];
    /// Those of what has not reached its partner.
    pub const OPEN: [Self; 5] = [Self::Waiting, Self::Leased, Self::Held, Self::DeadLetter, Self::Merged];
    /// Those of what is left to a person.
    pub const LEFT: [Self; 3] = [Self::Held, Self::DeadLetter, Self::Merged];

    /// The stable name, as stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Leased => "leased",
            Self::Delivered => "delivered",
            Self::Held => "held",
            Self::DeadLetter => "dead_letter",
            Self::Replaced => "replaced",
            Self::Merged => "merged",
            Self::Dropped => "dropped",
        }
    }

    /// Reads the stable name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether it is left to a person.
    pub fn is_left(self) -> bool {
        Self::LEFT.contains(&self)
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the deliveries have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// They stand in one of these.
    pub states: Vec<DeliveryState>,
    /// Their account.
    pub account: Option<String>,
    /// Their form.
    pub form: Option<String>,
    /// They were received so long ago at least, by the store's clock.
    pub min_age: Option<Duration>,
    /// Their reason, as it is shown.
    pub reason: Option<String>,
}

/// The accounts of the configuration: the store knows those of its rows alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownAccounts {
    /// All of them.
    pub known: Vec<String>,
    /// Those among them that are disabled.
    pub disabled: Vec<String>,
}

/// A page of one account's deliveries, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadQuery {
    /// The account.
    pub account: String,
    /// The one of this receipt.
    pub receipt: Option<String>,
    /// Those that the partner has under this id.
    pub reference: Option<String>,
    /// Those that stand in one of these; all of them where it is empty.
    pub states: Vec<DeliveryState>,
    /// By which the reason of one that waits is told.
    pub accounts: KnownAccounts,
    /// Those before this one alone.
    pub before: Option<i64>,
    /// Most of them.
    pub limit: u32,
}

/// A page of the deliveries of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// Which.
    pub filter: DeliveryFilter,
    /// By which the reason of one that waits is told: `account_unknown`, `account_disabled`.
    pub accounts: KnownAccounts,
    /// Those behind this one alone.
    pub after: Option<i64>,
    /// Most of them.
    pub limit: u32,
}
