//! Defects that are built in on purpose, so that tests can show that the simulation would find them.
//!
//! Apart because each is one line somewhere else; here they are listed.

/// One defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The store takes writes under a lost lease.
    FenceIgnored,
    /// A body leaves without asking its permit.
    PermitIgnored,
    /// A request for a token leaves without asking its permit.
    TokenPermitIgnored,
    /// What is held is sent again.
    HeldSentAgain,
    /// The store forgets that an attempt was sending.
    SendingForgotten,
    /// The store does not count doubts.
    DoubtsForgotten,
    /// A body that has left is said not to have.
    LeavingDenied,
    /// The store takes the same key for a new submission.
    KeyIgnored,
    /// The store takes other values under the same key for a correction, whatever became of the first.
    ReplacedUnrefused,
    /// The store says that it has kept a lead, and has not.
    AcceptLost,
    /// The store hands a leased delivery out again.
    LeasedTwice,
    /// The store never takes back the lease of a dead worker.
    LeaseNeverEnds,
    /// The store says that an attempt is written, and writes nothing.
    AttemptUnwritten,
    /// The store lets everybody renew a token.
    TokenLeaseShared,
    /// The store takes an older token over a newer one.
    TokenOverwritten,
    /// The store forgets a token that it has said to keep.
    TokenForgotten,
    /// The store sends no lead that was kept beside one that is given up.
    FollowersForgotten,
    /// The store does not notice that its clock was set back.
    StepBackIgnored,
}
