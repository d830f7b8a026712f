//! What a customer's server signs for us: panel tokens, by which a person of a CRM reaches an account's records, links, by
//! which somebody completes one record, and prefill tokens, which fill in a form.
//!
//! Apart from the proxy's own form tokens: these are JSON Web Tokens, so that a server in any language can make them, with
//! keys of the account's own. HS256 and nothing else; two keys at most, so that one can take the other's place.

mod prefill;

pub use prefill::{
    PREFILL_LIFE_MAX, PREFILL_SENDING_MAX, PrefillClaims, PrefillUse, read_prefill, sign_prefill,
};

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::clock::Timestamp;

/// Longest life of a panel token.
pub const PANEL_TOKEN_LIFE_MAX: Duration = Duration::from_secs(15 * 60);
/// Longest life of a link.
pub const LINK_LIFE_MAX: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How far apart the two clocks may be.
const CLOCK_SKEW_MAX_S: i64 = 30;
/// Longer than any token that has a use.
const TOKEN_BYTES_MAX: usize = 4_096;
/// Longest text of a claim.
const CLAIM_BYTES_MAX: usize = 256;

/// Who a panel token is for.
const PANEL_AUDIENCE: &str = "lead-proxy/panel";
/// Who a link is for.
const LINK_AUDIENCE: &str = "lead-proxy/link";

/// What a panel token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To list and read records.
    Read,
    /// To make and change them, too.
    Write,
}

/// The claims of a panel token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanelClaims {
    /// Always `lead-proxy/panel`.
    pub aud: String,
    /// The account.
    pub account: String,
    /// What is allowed.
    pub scope: Scope,
    /// Who the person is, for the record of changes: an id of the CRM's, no name.
    pub sub: String,
    /// The only record that may be reached, by the partner's id; all of them where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// When it was made, in seconds since 1970 UTC.
    pub iat: i64,
    /// When it ends, in seconds since 1970 UTC; at most 15 minutes later.
    pub exp: i64,
}

/// The claims of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkClaims {
    /// Always `lead-proxy/link`.
    pub aud: String,
    /// The account.
    pub account: String,
    /// The form that it opens.
    pub form: String,
    /// Our reference of the record that it completes, as the partner has it.
    pub reference: String,
    /// When it was made, in seconds since 1970 UTC.
    pub iat: i64,
    /// When it ends, in seconds since 1970 UTC; at most 90 days later.
    pub exp: i64,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedFault {
    /// Not signed with a key of this account, or not a token of this kind at all.
    #[error("the token is not valid")]
    Invalid,
    /// Good once, but over.
    #[error("the token has expired")]
    Expired,
    /// It lives longer than it may.
    #[error("the token lives too long")]
    TooLong,
}

/// Reads a panel token for this account.
///
/// # Errors
/// Why it is not taken.
pub fn read_panel_token(account: &Account, token: &str, now: Timestamp) -> Result<PanelClaims, SignedFault> {
    let claims: PanelClaims = read(account.panel_keys(), token, PANEL_AUDIENCE)?;
    let texts = [Some(&claims.sub), claims.record.as_ref()];
    if claims.account != account.id() || !texts.into_iter().flatten().all(|text| is_plain(text)) {
        return Err(SignedFault::Invalid);
    }
    check_times((claims.iat, claims.exp), PANEL_TOKEN_LIFE_MAX, Duration::ZERO, now).map(|()| claims)
}

/// Reads a link for this account's form.
///
/// # Errors
/// Why it is not taken.
pub fn read_link(
    account: &Account,
    form: &str,
    token: &str,
    now: Timestamp,
) -> Result<LinkClaims, SignedFault> {
    let claims: LinkClaims = read(account.panel_keys(), token, LINK_AUDIENCE)?;
    if claims.account != account.id() || claims.form != form || !is_plain(&claims.reference) {
        return Err(SignedFault::Invalid);
    }
    check_times((claims.iat, claims.exp), LINK_LIFE_MAX, Duration::ZERO, now).map(|()| claims)
}

/// Signs a panel token, as a CRM's server would; none where the account has no key.
pub fn sign_panel_token(
    account: &Account,
    scope: Scope,
    sub: &str,
    record: Option<&str>,
    now: Timestamp,
    life: Duration,
) -> Option<String> {
    let (iat, exp) = times(now, life);
    let claims = PanelClaims {
        aud: PANEL_AUDIENCE.to_owned(),
        account: account.id().to_owned(),
        scope,
        sub: sub.to_owned(),
        record: record.map(str::to_owned),
        iat,
        exp,
    };
    sign(account, &claims)
}

/// Signs a link, as a CRM's server would; none where the account has no key.
pub fn sign_link(
    account: &Account,
    form: &str,
    reference: &str,
    now: Timestamp,
    life: Duration,
) -> Option<String> {
    let (iat, exp) = times(now, life);
    let claims = LinkClaims {
        aud: LINK_AUDIENCE.to_owned(),
        account: account.id().to_owned(),
        form: form.to_owned(),
        reference: reference.to_owned(),
        iat,
        exp,
    };
    sign(account, &claims)
}

fn sign(account: &Account, claims: &impl Serialize) -> Option<String> {
    let key = EncodingKey::from_secret(account.panel_keys().first()?.expose_secret().as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).ok()
}

fn times(now: Timestamp, life: Duration) -> (i64, i64) {
    (now.as_ms().div_euclid(1_000), now.after(life).as_ms().div_euclid(1_000))
}

fn read<T: serde::de::DeserializeOwned>(
    keys: &[SecretString],
    token: &str,
    audience: &str,
) -> Result<T, SignedFault> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(SignedFault::Invalid);
    }
    let mut wanted = Validation::new(Algorithm::HS256);
    wanted.set_audience(&[audience]);
    wanted.set_required_spec_claims(&["aud", "exp"]);
    // By our own clock, below: the library would ask the machine's.
    wanted.validate_exp = false;
    let read = |key: &SecretString| {
        let key = DecodingKey::from_secret(key.expose_secret().as_bytes());
        decode::<T>(token, &key, &wanted).ok().map(|read| read.claims)
    };
    keys.iter().find_map(read).ok_or(SignedFault::Invalid)
}

/// Whether a token made at `iat` and ending at `exp` is taken now, or has ended no longer ago than `grace`.
fn check_times(
    (iat, exp): (i64, i64),
    life_max: Duration,
    grace: Duration,
    now: Timestamp,
) -> Result<(), SignedFault> {
    let now = now.as_ms().div_euclid(1_000);
    let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    let life = seconds(life_max);
    match exp.checked_sub(iat) {
        Some(lives) if lives > life => return Err(SignedFault::TooLong),
        Some(lives) if lives > 0 => {}
        _ => return Err(SignedFault::Invalid),
    }
    if iat > now.saturating_add(CLOCK_SKEW_MAX_S) {
        return Err(SignedFault::Invalid);
    }
    let end = exp.saturating_add(CLOCK_SKEW_MAX_S).saturating_add(seconds(grace));
    if now > end { Err(SignedFault::Expired) } else { Ok(()) }
}

/// Not empty, not long, without a control character: it stands in a log line or in an address.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= CLAIM_BYTES_MAX && !text.chars().any(char::is_control)
}
