//! How an attempt ended, as a value and not as an error: a refusal is an outcome, and doubt is one too.
//!
//! Apart from `delivery/retry`, which alone decides what follows.

use std::fmt;

use crate::connectors::parts::answer::RetryAfter;

/// How an attempt ended. Only transport can know of [`Outcome::NotSent`]; the rest a connector reads from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The partner has the lead.
    Delivered {
        /// The partner's own id for it, where it gives one.
        reference: Option<String>,
    },
    /// No byte of the body left.
    NotSent {
        /// Why.
        why: Why,
    },
    /// Not taken now; the partner asks for patience.
    Throttled {
        /// When to come back, where it says so.
        retry_after: Option<RetryAfter>,
        /// Why.
        why: Why,
    },
    /// Not taken, and never will be as it is.
    Rejected {
        /// The partner fields that it names, in the document's order. Never its text: that may quote values.
        fields: Vec<String>,
        /// Why.
        why: Why,
    },
    /// The partner does not know our credential, or will not have this account at all.
    Credential {
        /// Whether a new access token may mend it.
        can_renew: bool,
        /// Why.
        why: Why,
    },
    /// A byte of the body left, and no complete, understood answer came.
    InDoubt {
        /// Why.
        why: Why,
    },
}

/// Why an attempt ended as it did: a code for the store, logs and the operator, without text of anybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The partner answered with this status.
    Status(u16),
    /// The partner answered with this status and this name for the error.
    Named {
        /// The status.
        status: u16,
        /// The name, in the partner's spelling.
        name: &'static str,
    },
    /// Success by its status, but a web page where none belongs, as of a log-in.
    HtmlBody,
    /// Success by its status, but neither empty nor JSON.
    UnreadableBody,
    /// Success by its status, but its JSON speaks of an error.
    ErrorInBody,
    /// The partner's name has no address.
    Dns,
    /// The address is private, or the scheme is not allowed.
    Blocked,
    /// The connection was refused or broke before it stood.
    Connect,
    /// The partner's certificate or handshake was not good.
    Tls,
    /// It took too long.
    TimedOut,
    /// The connection broke.
    Broken,
    /// The answer was larger than we read.
    AnswerTooLarge,
    /// The worker's lease ran out before anything left.
    LeaseLost,
    /// The access token could not be had now: the token endpoint is slow, down or not understood.
    Token,
    /// The token endpoint refuses our client or our refresh token: a person must act.
    TokenRefused,
    /// The partner was asked after a doubt and has the lead.
    Found,
    /// The partner was asked after a doubt and does not show the lead.
    NotFound,
    /// This process, or one before it, ended in the middle of the attempt.
    ProcessEnded,
    /// The store did not say whether the attempt was written, so nothing left.
    StoreFailed,
    /// The account's request can't be built: a setting or a credential does not fit.
    NotBuilt,
    /// The lead breaks a rule of the partner's payload.
    PayloadRules,
}

impl Why {
    /// Whether the partner says by its status that it is not able to answer.
    pub fn is_server_error(self) -> bool {
        matches!(self, Self::Status(500..) | Self::Named { status: 500.., .. })
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status(status) => return write!(f, "status_{status}"),
            Self::Named { status, name } => return write!(f, "status_{status}_{name}"),
            Self::HtmlBody => "html_body",
            Self::UnreadableBody => "unreadable_body",
            Self::ErrorInBody => "error_in_body",
            Self::Dns => "dns",
            Self::Blocked => "blocked",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::TimedOut => "timed_out",
            Self::Broken => "broken",
            Self::AnswerTooLarge => "answer_too_large",
            Self::LeaseLost => "lease_lost",
            Self::Token => "token",
            Self::TokenRefused => "token_refused",
            Self::Found => "found",
            Self::NotFound => "not_found",
            Self::ProcessEnded => "process_ended",
            Self::StoreFailed => "store_failed",
            Self::NotBuilt => "not_built",
            Self::PayloadRules => "payload_rules",
        })
    }
}
