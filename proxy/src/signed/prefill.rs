//! Prefill tokens: what a customer's server knows of a visitor already, and vouches for.
//!
//! Apart from links and panel tokens because this one carries values, and because a form that was opened with it in time
//! may still be sent for a while: nobody types against a clock.

use std::time::Duration;

use lead_model::Values;
use serde::{Deserialize, Serialize};

use super::{SignedFault, check_times, read, sign, times};
use crate::account::Account;
use crate::clock::Timestamp;

/// Longest life of a prefill token. It names a person, and what it vouches for was so on the day it was signed: long enough
/// for an e-mail that is opened after a holiday, too short to lie about in archives and still be taken.
pub const PREFILL_LIFE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// For how long a form that was opened with a token may be sent after the token's end: as long as the form's own token.
pub const PREFILL_SENDING_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Who a prefill token is for.
const PREFILL_AUDIENCE: &str = "lead-proxy/prefill";

/// The claims of a prefill token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefillClaims {
    /// Always `lead-proxy/prefill`.
    pub aud: String,
    /// The account.
    pub account: String,
    /// The form.
    pub form: String,
    /// What its fields hold, by name.
    pub values: Values,
    /// The names of those that the visitor cannot change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// When it was made, in seconds since 1970 UTC.
    pub iat: i64,
    /// When it ends, in seconds since 1970 UTC; at most 7 days later.
    pub exp: i64,
}

/// What a prefill token is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefillUse {
    /// To fill in a form that is just opened.
    Opening,
    /// To vouch for a form that was opened with it.
    Sending,
}

/// Reads a prefill token for this account's form.
///
/// # Errors
/// Why it is not taken.
pub fn read_prefill(
    account: &Account,
    form: &str,
    token: &str,
    now: Timestamp,
    wanted: PrefillUse,
) -> Result<PrefillClaims, SignedFault> {
    let claims: PrefillClaims = read(account.panel_keys(), token, PREFILL_AUDIENCE)?;
    if claims.account != account.id() || claims.form != form {
        return Err(SignedFault::Invalid);
    }
    let grace = match wanted {
        PrefillUse::Opening => Duration::ZERO,
        PrefillUse::Sending => PREFILL_SENDING_MAX,
    };
    check_times((claims.iat, claims.exp), PREFILL_LIFE_MAX, grace, now).map(|()| claims)
}

/// Signs a prefill token, as a customer's server would; none where the account has no key.
pub fn sign_prefill(
    account: &Account,
    form: &str,
    (values, fixed): (Values, Vec<String>),
    now: Timestamp,
    life: Duration,
) -> Option<String> {
    let (iat, exp) = times(now, life);
    let claims = PrefillClaims {
        aud: PREFILL_AUDIENCE.to_owned(),
        account: account.id().to_owned(),
        form: form.to_owned(),
        values,
        fixed,
        iat,
        exp,
    };
    sign(account, &claims)
}
