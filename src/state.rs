//! What may be going on with a form, as the visitor sees it.
//!
//! Apart from `machine`, which moves from one phase to the next, because the view needs only the phases, natively too.
//! No DOM, no clock, no network here or below.

#[cfg(any(test, feature = "csr"))]
pub(crate) mod machine;
#[cfg(any(test, feature = "csr"))]
mod retry;

/// How far a form has come.
#[cfg_attr(not(any(test, feature = "csr")), expect(dead_code, reason = "natively a form is idle or safe"))]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Being filled in.
    #[default]
    Idle,
    /// A submission is on its way and its answer awaited.
    Sending,
    /// The proxy can't be reached, or asks to try later. Nothing typed is lost.
    Offline {
        /// The visitor pressed "try now" and waits for it; the tries on our own account are silent.
        asked: bool,
    },
    /// An answer that trying again will not change.
    Refused(Refusal),
    /// Safe, and on its way to the partner.
    Received {
        /// What the visitor may quote.
        receipt: String,
    },
    /// The partner has it.
    Delivered {
        /// What the visitor may quote.
        receipt: String,
    },
}

/// Why a submission was refused.
#[cfg_attr(not(any(test, feature = "csr")), expect(dead_code, reason = "natively nothing is refused"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The key was used before, with other details, and those were received. The visitor may send these as new.
    Reused,
    /// The proxy does not take submissions from here, or knows this form no more.
    NotTaken,
    /// The proxy could not make sense of it, or we of the answer: ours to mend, nothing the visitor did.
    NotUnderstood,
}

impl Phase {
    /// The name in `data-state`.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Sending => "sending",
            Self::Offline { .. } => "offline",
            Self::Refused(_) => "refused",
            Self::Received { .. } => "received",
            Self::Delivered { .. } => "delivered",
        }
    }

    /// The receipt of a lead that is safe.
    pub(crate) fn receipt(&self) -> Option<&str> {
        match self {
            Self::Received { receipt } | Self::Delivered { receipt } => Some(receipt),
            _ => None,
        }
    }
}
