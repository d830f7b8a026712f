//! Whether a submission looks like a robot's: points with named reasons, so that somebody can look at it before it is sent.
//!
//! Apart from the intake because it refuses nothing: whatever the points, the lead is stored and the visitor hears the same.
//! What a robot's maker could learn from stands in no answer.

mod challenge;
mod used;

use std::time::Duration;

use lead_model::Robots as Rules;

use crate::clock::Clock;
use crate::ids::IdempotencyKey;
use crate::keys::IndexKey;

pub(crate) use challenge::Challenge;

use challenge::{Challenges, Solved};
use used::Used;

/// Stands before the reasons of a lead that is kept back, in the store and wherever an operator reads it.
pub(crate) const QUARANTINE: &str = "robot";

/// What a submission brings that tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signs {
    /// Something stood in the field that no person sees.
    pub(crate) is_trapped: bool,
    pub(crate) filling: Filling,
    /// The solved challenge, as it came.
    pub(crate) proof: Option<String>,
}

/// How long the form was filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Filling {
    /// Nobody knows.
    #[default]
    Unknown,
    /// So long, by our own signed word.
    Took(Duration),
    /// It was shown once more with everything in it, so that it takes no time.
    ShownAgain,
}

/// Why a submission has points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Honeypot,
    TooFast,
    Untimed,
    NoProof,
    ProofExpired,
    BadProof,
    ProofUsed,
}

impl Reason {
    /// The stable name, as stored and logged.
    fn as_str(self) -> &'static str {
        match self {
            Self::Honeypot => "honeypot",
            Self::TooFast => "too_fast",
            Self::Untimed => "untimed",
            Self::NoProof => "no_proof",
            Self::ProofExpired => "proof_expired",
            Self::BadProof => "bad_proof",
            Self::ProofUsed => "proof_used",
        }
    }

    fn points(self, rules: &Rules) -> u32 {
        match self {
            Self::Honeypot => rules.honeypot,
            Self::TooFast => rules.too_fast,
            Self::Untimed => rules.untimed,
            Self::NoProof | Self::ProofExpired => rules.no_proof,
            Self::BadProof | Self::ProofUsed => rules.bad_proof,
        }
    }
}

/// Gives challenges, and points.
pub(crate) struct Robots {
    challenges: Challenges,
    used: Used,
    clock: Clock,
}

impl Robots {
    /// Signs by a key of the store's own secret: the same in every replica and at every start.
    pub(crate) fn new(index: &IndexKey, clock: Clock) -> Self {
        Self { challenges: Challenges::new(index), used: Used::default(), clock }
    }

    /// A new challenge for this form.
    pub(crate) fn challenge(&self, form: &str, rules: &Rules) -> Challenge {
        self.challenges.issue(form, rules.work, self.clock.now())
    }

    /// Why a checked submission is to be kept back, where it is. Its proof, if it is good, is used with it.
    pub(crate) fn quarantine(
        &self,
        (form, rules): (&str, &Rules),
        key: &IdempotencyKey,
        signs: &Signs,
    ) -> Option<String> {
        let reasons = [
            signs.is_trapped.then_some(Reason::Honeypot),
            filled(rules, signs.filling),
            if rules.proof { self.proof(form, key, signs.proof.as_deref()) } else { None },
        ];
        let (mut points, mut names) = (0_u32, Vec::new());
        for reason in reasons.into_iter().flatten() {
            let adds = reason.points(rules);
            if adds > 0 {
                points = points.saturating_add(adds);
                names.push(reason.as_str());
            }
        }
        let is_kept = rules.quarantine_at > 0 && points >= rules.quarantine_at;
        is_kept.then(|| format!("{QUARANTINE}:{}", names.join("+")))
    }

    fn proof(&self, form: &str, key: &IdempotencyKey, proof: Option<&str>) -> Option<Reason> {
        let Some(proof) = proof.filter(|proof| !proof.is_empty()) else { return Some(Reason::NoProof) };
        let now = self.clock.now();
        match self.challenges.check(proof, form, now) {
            Solved::Well { id, expires } => {
                // A retry under the same key is the same submission.
                (!self.used.take(id, expires, (form, key), now)).then_some(Reason::ProofUsed)
            }
            Solved::TooLate => Some(Reason::ProofExpired),
            Solved::Not => Some(Reason::BadProof),
        }
    }
}

fn filled(rules: &Rules, filling: Filling) -> Option<Reason> {
    match filling {
        Filling::Unknown => Some(Reason::Untimed),
        Filling::Took(time) if time < Duration::from_secs(rules.fill_seconds.into()) => Some(Reason::TooFast),
        Filling::Took(_) | Filling::ShownAgain => None,
    }
}

#[cfg(test)]
mod tests;
