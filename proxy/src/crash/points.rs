//! Every named point, in the order in which a campaign crashes there.
//!
//! Apart from what a point does, and without an import, because `cargo xtask crash --points` and the docs read this list:
//! there is no second one. A test reads the sources and holds each point against the one place where it stands.

/// A named place at which a development build ends itself when it is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its name.
    pub name: &'static str,
    /// What brings a proxy there.
    pub by: Brought,
    /// The one store that has it; empty for every store.
    pub store: &'static str,
    /// What has just been done, and what has not.
    pub when: &'static str,
}

/// What brings a proxy to a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// The start on a folder without a store.
    FirstStart,
    /// A lead of an account that has no good access token.
    Token,
    /// Any lead.
    Lead,
    /// A lead of a partner whose answers have a body.
    AnswerBody,
    /// The start after a crash that has left this behind.
    Recovery,
    /// A partner that takes longer than a third of a lease.
    Renewal,
    /// The start under another active key of the ring, by an account with tokens.
    TokenRotation,
    /// The same by any account.
    Rotation,
    /// SIGTERM.
    Stop,
}

use Brought::{AnswerBody, FirstStart, Lead, Recovery, Renewal, Rotation, Stop, Token, TokenRotation};

const fn point(name: &'static str, by: Brought, when: &'static str) -> Point {
    Point { name, by, store: "", when }
}

const fn sqlite(name: &'static str, by: Brought, when: &'static str) -> Point {
    Point { name, by, store: "sqlite", when }
}

/// The list.
pub const POINTS: &[Point] = &[
    sqlite("open.created", FirstStart, "the database is an empty file"),
    sqlite("open.stamped", FirstStart, "the file is marked as ours and has no table"),
    sqlite("open.migrated", FirstStart, "the tables are there, and the lock file does not say so yet"),
    point("token.leased", Token, "the right to renew is in the store, and the token endpoint was not asked"),
    point("token.answered", Token, "the token endpoint has given a token, and it is not stored"),
    point("token.saved", Token, "the new token is stored, and nobody has used it"),
    point("accept.checked", Lead, "a submission is read and good, and the store does not know it"),
    sqlite("accept.submission", Lead, "its row is in the transaction, and that of its delivery is not"),
    sqlite("accept.delivery", Lead, "both rows are in the transaction"),
    sqlite("commit.before", Lead, "a transaction is about to be committed"),
    sqlite("commit.after", Lead, "a transaction is synced, and nobody was told"),
    point("accept.stored", Lead, "a submission is stored, and neither worker nor visitor knows"),
    point("accept.answer", Lead, "the answer to the visitor is decided and not on its way"),
    point("answer.written", Lead, "bytes of an answer were handed to the system"),
    point("claim.leased", Lead, "a delivery is leased, and no attempt is made of it"),
    point("recover.leased", Recovery, "what a dead worker has left is leased anew, and not looked at"),
    point("release.written", Recovery, "a lease without an attempt is ended"),
    point("attempt.ready", Lead, "request and token are at hand, and the attempt is not written down"),
    point("begin.written", Lead, "the attempt is written down as sending, and no byte has left"),
    point("recover.taken_up", Recovery, "an attempt that was sending is written down as in doubt"),
    point("send.connect", Lead, "the partner is about to be connected to"),
    point("send.first_byte", Lead, "the connection stands and asks for the body's first byte"),
    point("send.half", Lead, "half of the body has left"),
    point("send.whole", Lead, "the whole body has left, and there is no answer"),
    point("send.head", Lead, "the head of the partner's answer was read"),
    point("send.half_answer", AnswerBody, "a piece of the answer's body was read"),
    point("send.answered", Lead, "the partner's answer is read, and its outcome not written down"),
    sqlite("finish.delivery", Lead, "the delivery's end is in the transaction, and its attempt's is not"),
    point("finish.written", Lead, "the outcome is written down, and nobody was told"),
    point("renew.asked", Renewal, "the leases of running attempts are about to be renewed"),
    point("renew.written", Renewal, "they are renewed, and the attempts do not know"),
    point(
        "rotation.secret",
        Rotation,
        "the store's own secret is wrapped by the active key, and nothing else is",
    ),
    point(
        "rotation.token",
        TokenRotation,
        "an account's tokens are sealed by the active key, and no lead is",
    ),
    point("rotation.batch", Rotation, "some leads are wrapped by the active key"),
    point("retention.batch", Rotation, "a step of erasing what is over is done"),
    point("stop.begun", Stop, "the proxy was told to stop and still listens"),
    point("stop.drained", Stop, "the worker has ended, and the store is open"),
    sqlite("stop.marked", Stop, "the lock file says closed, and the log is not yet in the database"),
];
