//! The OAuth half of a partner: who may have a token, what a test sets, what it can count.
//!
//! Used by every partner with tokens (`partnerportal.rs`, `octorate.rs`); each says in its own file which grants it
//! has and how its answers look, since their documents differ. Here lie the rules that they share: `tokens.rs` knows
//! which token is good, `params.rs` reads a request, `turn.rs` carries it through, `fault.rs` names what goes wrong,
//! `answer.rs` says lifetimes, `console.rs` lets people set faults over HTTP.
//! What no partner's document tells (rotation, reuse, grace) follows RFC 6749 and RFC 9700, and is off until set.

pub(crate) mod answer;
pub(crate) mod console;
mod fault;
pub(crate) mod params;
pub(crate) mod tokens;
pub(crate) mod turn;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::arrival::Arrival;
use crate::ledger::KeyCheck;
use crate::oauth::params::{Client, read_bearer};
use crate::oauth::tokens::{AccessCheck, Environment, Issued, Refusal, Rules, Tokens};

pub use crate::oauth::fault::TokenFault;

/// How long [`TokenFault::Slow`] takes unless a test says otherwise.
const SLOWNESS: Duration = Duration::from_secs(10);

/// What a client asks a token endpoint for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    ClientCredentials,
    Code,
    Refresh,
    ApiLogin,
    /// Anything else, or nothing that can be read.
    Other,
}

impl Grant {
    /// Names the operation as the ledger does.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::ApiLogin => "api_login",
            _ => "token",
        }
    }
}

/// How often tokens were asked for, by grant, whatever became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequests {
    /// With the client's own credentials (`grant_type=client_credentials`).
    pub client_credentials: u64,
    /// With a code.
    pub code: u64,
    /// With a refresh token.
    pub refresh: u64,
    /// With Octorate's api login.
    pub api_login: u64,
    /// With a grant that the partner does not have, or a request that could not be read.
    pub other: u64,
    /// How many of all these were given an access token, lost answers included.
    pub given: u64,
}

impl TokenRequests {
    /// Counts all of them, given or not.
    pub fn total(&self) -> u64 {
        self.client_credentials + self.code + self.refresh + self.api_login + self.other
    }
}

/// The tokens of one consent, as a test gets them without the dance.
#[derive(Clone)]
pub struct Consent {
    /// Good until its lifetime ends.
    pub access_token: String,
    /// Good until used (with rotation), revoked or withdrawn.
    pub refresh_token: String,
}

/// One partner's tokens: what a test sets and counts.
pub struct OAuth {
    client: Client,
    state: Mutex<State>,
}

struct State {
    tokens: Tokens,
    requests: TokenRequests,
    fault: TokenFault,
    /// How many requests the fault still meets; `None` for all.
    times: Option<u32>,
    slowness: Duration,
    audience: Option<String>,
    redirect_uris: Vec<String>,
}

impl OAuth {
    pub(crate) fn new(client_id: String, client_secret: String, lifetime: SignedDuration) -> Self {
        let rules = Rules { lifetime, rotation: false, reuse_detection: false, grace: SignedDuration::ZERO };
        let state = State {
            tokens: Tokens::new(rules),
            requests: TokenRequests::default(),
            fault: TokenFault::None,
            times: None,
            slowness: SLOWNESS,
            audience: None,
            redirect_uris: Vec::new(),
        };
        Self { client: Client { id: client_id, secret: client_secret }, state: Mutex::new(state) }
    }

    /// Counts the requests for tokens so far.
    pub fn token_requests(&self) -> TokenRequests {
        self.lock().requests
    }

    /// Sets a fault for so many requests for a token, or for all until it is changed.
    pub fn set_fault(&self, fault: TokenFault, times: Option<u32>) {
        let mut state = self.lock();
        (state.fault, state.times) = if times == Some(0) { (TokenFault::None, None) } else { (fault, times) };
    }

    /// Tells the fault that is set, and for how many requests more.
    pub fn fault(&self) -> (TokenFault, Option<u32>) {
        let state = self.lock();
        (state.fault, state.times)
    }

    /// Sets how long [`TokenFault::Slow`] takes; 10 seconds at first.
    pub fn set_slowness(&self, slowness: Duration) {
        self.lock().slowness = slowness;
    }

    /// Sets how long access tokens given from now on are good, and said to be.
    pub fn set_lifetime(&self, lifetime: Duration) {
        self.lock().tokens.rules.lifetime = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
    }

    /// Lets each refresh answer a new refresh token and use the old one up; off at first.
    pub fn set_rotation(&self, rotation: bool) {
        self.lock().tokens.rules.rotation = rotation;
    }

    /// Lets a used code or refresh token that comes again end every token of its consent; off at first.
    pub fn set_reuse_detection(&self, reuse_detection: bool) {
        self.lock().tokens.rules.reuse_detection = reuse_detection;
    }

    /// Lets a used refresh token be good for this long after its first use; not at all at first.
    pub fn set_grace(&self, grace: Duration) {
        self.lock().tokens.rules.grace = SignedDuration::try_from(grace).unwrap_or(SignedDuration::MAX);
    }

    /// Wants this `audience` with client credentials; `None`, as at first, takes any and none.
    pub fn set_audience(&self, audience: Option<&str>) {
        self.lock().audience = audience.map(str::to_owned);
    }

    /// Sends codes to this address; while none was named, to any.
    pub fn allow_redirect(&self, redirect_uri: &str) {
        self.lock().redirect_uris.push(redirect_uri.to_owned());
    }

    /// Lets every access token that there is expire; refresh tokens stay good.
    pub fn expire_now(&self) {
        self.lock().tokens.expire_all();
    }

    /// Ends every token of either kind, as when the user withdraws the consent.
    pub fn withdraw_consents(&self) {
        self.lock().tokens.end_all();
    }

    /// Counts the access tokens that are good now.
    pub fn good_access_tokens(&self) -> usize {
        self.lock().tokens.count_good(Timestamp::now())
    }

    /// Counts the consents that have ended, by reuse of a token or by the user.
    pub fn ended_consents(&self) -> usize {
        self.lock().tokens.count_ended()
    }

    /// Gives a good access token without asking for it, so that a test can begin after the dance.
    pub fn give_access_token(&self) -> String {
        self.issue(Environment::Production, false).access_token
    }

    /// Gives the tokens of a new consent without the dance.
    pub fn give_consent(&self) -> Consent {
        let Issued { access_token, refresh_token, .. } = self.issue(Environment::Production, true);
        Consent { access_token, refresh_token: refresh_token.unwrap_or_default() }
    }

    /// Gives a code for a consent without the page, good for a minute.
    pub fn give_code(&self, redirect_uri: &str) -> String {
        self.lock().tokens.give_code(redirect_uri, Timestamp::now())
    }

    /// Lists every code, access token and refresh token given so far, good or not, for a test that seeks them where
    /// they must not be.
    pub fn given(&self) -> Vec<String> {
        self.lock().tokens.given()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Counts a request and takes the fault that it meets.
    pub(crate) fn meet(&self, grant: Grant) -> TokenFault {
        let mut state = self.lock();
        let requests = &mut state.requests;
        *match grant {
            Grant::ClientCredentials => &mut requests.client_credentials,
            Grant::Code => &mut requests.code,
            Grant::Refresh => &mut requests.refresh,
            Grant::ApiLogin => &mut requests.api_login,
            Grant::Other => &mut requests.other,
        } += 1;
        let fault = state.fault;
        match &mut state.times {
            Some(0 | 1) => (state.fault, state.times) = (TokenFault::None, None),
            Some(left) => *left -= 1,
            None => {}
        }
        fault
    }

    pub(crate) fn slowness(&self) -> Duration {
        self.lock().slowness
    }

    /// Tells whether client credentials may be used for this audience.
    pub(crate) fn knows_audience(&self, audience: Option<&str>) -> bool {
        self.lock().audience.as_deref().is_none_or(|known| audience == Some(known))
    }

    /// Tells whether a code may be sent to this address.
    pub(crate) fn may_redirect_to(&self, redirect_uri: &str) -> bool {
        let known = &self.lock().redirect_uris;
        known.is_empty() || known.iter().any(|known| known == redirect_uri)
    }

    pub(crate) fn issue(&self, environment: Environment, lasting: bool) -> Issued {
        self.lock().tokens.issue(environment, lasting, Timestamp::now())
    }

    pub(crate) fn redeem(
        &self,
        code: &str,
        redirect_uri: &str,
        environment: Environment,
    ) -> Result<Issued, Refusal> {
        self.lock().tokens.redeem(code, redirect_uri, environment, Timestamp::now())
    }

    pub(crate) fn refresh(&self, token: &str, environment: Environment) -> Result<Issued, Refusal> {
        self.lock().tokens.refresh(token, environment, Timestamp::now())
    }

    /// What a request gets whose work is not done.
    pub(crate) fn nothing(&self) -> Issued {
        let lifetime = self.lock().tokens.rules.lifetime;
        let expires_at = Timestamp::now().checked_add(lifetime).unwrap_or(Timestamp::MAX);
        Issued { access_token: String::new(), refresh_token: None, lifetime, expires_at }
    }

    /// Notes that the endpoint gave a token.
    pub(crate) fn note_given(&self) {
        self.lock().requests.given += 1;
    }

    /// Says what an `Authorization` header is worth, and where its token belongs.
    pub(crate) fn check_bearer(&self, authorization: Option<&str>) -> (KeyCheck, Option<Environment>) {
        let Some(header) = authorization else { return (KeyCheck::Missing, None) };
        let Some(token) = read_bearer(header) else { return (KeyCheck::Wrong, None) };
        match self.lock().tokens.check(token, Timestamp::now()) {
            AccessCheck::Good(environment) => (KeyCheck::Valid, Some(environment)),
            AccessCheck::Expired => (KeyCheck::Expired, None),
            AccessCheck::Unknown => (KeyCheck::Wrong, None),
        }
    }

    /// Finds the tokens and codes of this partner in a request, wherever they stand, for the redaction.
    pub(crate) fn find_in(&self, arrival: &Arrival) -> Vec<String> {
        let body = String::from_utf8_lossy(&arrival.body);
        let texts = [arrival.path.as_str(), arrival.query.as_deref().unwrap_or_default(), &body];
        let headers = arrival.headers.values().filter_map(|value| value.to_str().ok());
        let tokens = &self.lock().tokens;
        texts.into_iter().chain(headers).flat_map(|text| tokens.find_in(text)).collect()
    }

    /// No rule leaves the state half done, so a panic elsewhere takes nothing from it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
