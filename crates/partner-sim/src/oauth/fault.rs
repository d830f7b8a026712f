//! What a token endpoint does wrong on purpose, by name.
//!
//! Apart from the partners' other faults, which meet operations on leads: a test that breaks the token must not break
//! the lead as well, nor use its fault up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Fault;

/// One thing that a token endpoint can do wrong. It meets every request that asks for a token, right or wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenFault {
    /// Nothing.
    #[default]
    None,
    /// Gives nothing, answers 503.
    Down,
    /// Gives nothing, answers 500.
    ServerError,
    /// Gives nothing, answers 429 with `Retry-After: 2`.
    RateLimited,
    /// Gives nothing, answers 200 with a log-in page.
    Html,
    /// Gives nothing, cuts the connection.
    Reset,
    /// Gives nothing and never answers.
    Silence,
    /// Gives the token (uses code or refresh token up), then cuts the connection without an answer.
    LostAnswer,
    /// Gives the token, sends half an answer.
    HalfAnswer,
    /// Gives the token, answers after the time of [`crate::oauth::OAuth::set_slowness`].
    Slow,
    /// Gives the token, says no lifetime.
    NoLifetime,
    /// Gives the token, says that it has expired as it is given.
    ZeroLifetime,
    /// Gives the token, says that it had expired before.
    NegativeLifetime,
    /// Gives the token, says its lifetime in the other JSON type: seconds as text, a date as a number.
    MistypedLifetime,
    /// Gives the token, says a lifetime that is no number and no date.
    NonsenseLifetime,
    /// Gives the token, says a lifetime longer than any clock counts.
    HugeLifetime,
    /// Gives the token, leaves out `token_type`.
    NoTokenType,
    /// Gives nothing, but says so with a 200 and everything else.
    NoAccessToken,
    /// Gives the token in a body of 10 MiB.
    HugeBody,
}

impl TokenFault {
    /// Every fault, `None` first.
    pub const ALL: [Self; 19] = [
        Self::None,
        Self::Down,
        Self::ServerError,
        Self::RateLimited,
        Self::Html,
        Self::Reset,
        Self::Silence,
        Self::LostAnswer,
        Self::HalfAnswer,
        Self::Slow,
        Self::NoLifetime,
        Self::ZeroLifetime,
        Self::NegativeLifetime,
        Self::MistypedLifetime,
        Self::NonsenseLifetime,
        Self::HugeLifetime,
        Self::NoTokenType,
        Self::NoAccessToken,
        Self::HugeBody,
    ];

    /// Names it as JSON does.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Down => "down",
            Self::ServerError => "server_error",
            Self::RateLimited => "rate_limited",
            Self::Html => "html",
            Self::Reset => "reset",
            Self::Silence => "silence",
            Self::LostAnswer => "lost_answer",
            Self::HalfAnswer => "half_answer",
            Self::Slow => "slow",
            Self::NoLifetime => "no_lifetime",
            Self::ZeroLifetime => "zero_lifetime",
            Self::NegativeLifetime => "negative_lifetime",
            Self::MistypedLifetime => "mistyped_lifetime",
            Self::NonsenseLifetime => "nonsense_lifetime",
            Self::HugeLifetime => "huge_lifetime",
            Self::NoTokenType => "no_token_type",
            Self::NoAccessToken => "no_access_token",
            Self::HugeBody => "huge_body",
        }
    }

    /// The fault of the connection that acts this one out; `None` for those that only shape the answer.
    pub(crate) fn on_the_wire(self) -> Fault {
        match self {
            Self::Down => Fault::Unavailable,
            Self::ServerError => Fault::ServerError,
            Self::RateLimited => Fault::RateLimited,
            Self::Html => Fault::Html200,
            Self::Reset => Fault::Reset,
            Self::Silence => Fault::Silence,
            Self::LostAnswer => Fault::AcceptsThenResets,
            Self::HalfAnswer => Fault::HalfAnswer,
            _ => Fault::None,
        }
    }

    /// Tells whether the endpoint does its work although it then breaks.
    pub(crate) fn gives_token(self) -> bool {
        let wire = self.on_the_wire();
        wire == Fault::None && self != Self::NoAccessToken || wire.takes_lead()
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TokenFault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|fault| fault.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|fault| fault.name()).collect();
            format!("no fault of a token endpoint is called {name:?}; there are: {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_one_name_in_rust_json_and_text() {
        for fault in TokenFault::ALL {
            assert_eq!(serde_json::json!(fault), serde_json::json!(fault.name()));
            assert_eq!(fault.name().parse(), Ok(fault));
        }
    }

    #[test]
    fn fault_gives_a_token_where_its_description_says_so() {
        use TokenFault as F;
        let giving_none =
            [F::Down, F::ServerError, F::RateLimited, F::Html, F::Reset, F::Silence, F::NoAccessToken];
        for fault in F::ALL {
            assert_eq!(fault.gives_token(), !giving_none.contains(&fault), "{fault}");
        }
    }
}
