//! Causes of an alert: a closed list of codes, each with what to do.
//!
//! Apart because whoever is called at night reads the sentence, and his programs the code.

/// Why a person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Leads are held.
    LeadHeld,
    /// Leads are dead letters.
    LeadDead,
    /// The partner refuses the account.
    AccountPaused,
    /// The partner does not answer.
    AccountBroken,
    /// Leads wait for an account that is not in the configuration.
    AccountUnknown,
    /// The store takes no lead.
    StoreUnavailable,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 6] = [
        Self::LeadHeld,
        Self::LeadDead,
        Self::AccountPaused,
        Self::AccountBroken,
        Self::AccountUnknown,
        Self::StoreUnavailable,
    ];

    /// The stable name, as logged and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeadHeld => "lead_held",
            Self::LeadDead => "lead_dead",
            Self::AccountPaused => "account_paused",
            Self::AccountBroken => "account_broken",
            Self::AccountUnknown => "account_unknown",
            Self::StoreUnavailable => "store_unavailable",
        }
    }

    /// What happened and what to do, in one sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::LeadHeld => {
                "nobody knows whether the partner has these leads; ask it, then settle each with `lead-proxy deliveries`"
            }
            Self::LeadDead => {
                "these leads were given up; read their reasons with `lead-proxy deliveries list`, mend what they name, \
                 then send them again or drop them"
            }
            Self::AccountPaused => {
                "the partner refuses the account and its leads wait; mend what the log's `why` names, then restart or \
                 `lead-proxy accounts resume`"
            }
            Self::AccountBroken => {
                "the partner does not answer and the account's leads wait; one is tried now and then, so only look \
                 whether the partner is up"
            }
            Self::AccountUnknown => {
                "leads wait for an account that is not in the configuration; put it back, or drop them"
            }
            Self::StoreUnavailable => {
                "the store can't be written to, so no lead is taken; the log names what was found"
            }
        }
    }

    /// Whether it may come and go by itself, so that one that is back in a few minutes is still the same.
    pub(super) fn flaps(self) -> bool {
        matches!(self, Self::AccountPaused | Self::AccountBroken | Self::StoreUnavailable)
    }
}

/// A cause, and the account it is about.
pub(super) type Subject = (Cause, Option<String>);
