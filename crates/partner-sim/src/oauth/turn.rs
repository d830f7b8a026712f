//! One request for a token, from the moment its grant is known: counted, broken if a fault is set, given or refused.
//!
//! Apart because every partner does the same here, however differently its document asks and answers.

use std::time::Duration;

use crate::answer::Answer;
use crate::desk::{Desk, Verdict};
use crate::fault::Fault;
use crate::ledger::KeyCheck;
use crate::oauth::tokens::{Issued, Refusal};
use crate::oauth::{Grant, OAuth, TokenFault};

/// What becomes of one request for a token.
pub(crate) struct Turn<'a> {
    oauth: &'a OAuth,
    grant: Grant,
    fault: TokenFault,
    /// Whether codes and refresh tokens are used up and tokens made.
    gives: bool,
    /// Whether the partner's other faults leave it alone.
    spared: bool,
}

impl<'a> Turn<'a> {
    /// Counts the request and takes the fault that it meets. The partner's other faults meet it only when they were
    /// set for this very operation.
    pub(crate) fn begin(oauth: &'a OAuth, desk: &Desk, grant: Grant) -> Self {
        let fault = oauth.meet(grant);
        let setting = desk.setting();
        let aimed = fault == TokenFault::None && setting.operation.as_deref() == Some(grant.operation());
        let breaks_first = aimed && setting.fault != Fault::None && !setting.fault.takes_lead();
        Self { oauth, grant, fault, gives: fault.gives_token() && !breaks_first, spared: !aimed }
    }

    pub(crate) fn fault(&self) -> TokenFault {
        self.fault
    }

    /// How long the answer waits.
    pub(crate) fn wait(&self) -> Duration {
        if self.fault == TokenFault::Slow { self.oauth.slowness() } else { Duration::ZERO }
    }

    /// Does the work, unless a fault comes before it: then tokens are empty texts, which nobody gets to see.
    pub(crate) fn give(
        &self,
        work: impl FnOnce(&OAuth) -> Result<Issued, Refusal>,
    ) -> Result<Issued, Refusal> {
        if !self.gives {
            return Ok(self.oauth.nothing());
        }
        let issued = work(self.oauth)?;
        self.oauth.note_given();
        Ok(issued)
    }

    /// Says what the ledger says of it.
    pub(crate) fn verdict(&self, answer: Answer, credential: KeyCheck) -> Verdict {
        let own_fault =
            (self.fault != TokenFault::None).then(|| (self.fault.on_the_wire(), self.fault.name()));
        let spared = self.spared;
        Verdict { own_fault, spared, ..Verdict::new(self.grant.operation(), answer, credential) }
    }
}
