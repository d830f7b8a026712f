//! Which codes, access tokens and refresh tokens are good, and what using one does to the others.
//!
//! A state machine without HTTP or clock: the caller says what time it is, so that each rule is tested alone.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

/// How long a code is good, as Octorate's own page says: it must be redeemed within a minute.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(1);

/// How long the text of a code or a token is.
const TEXT_LENGTH: usize = 64;

/// Which side of a partner a token is good on; a partner without a test mode knows production only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Environment {
    Production,
    Test,
}

/// What a test may change while the simulator runs.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) lifetime: SignedDuration,
    /// Whether a refresh answers a new refresh token and uses the old one up.
    pub(crate) rotation: bool,
    /// Whether a refresh token that comes again ends everything that came from the same consent.
    pub(crate) reuse_detection: bool,
    /// How long a used refresh token is still good.
    pub(crate) grace: SignedDuration,
}

/// What a grant gives.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) lifetime: SignedDuration,
    pub(crate) expires_at: Timestamp,
}

/// Why a code or a refresh token gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    CodeUnknown,
    CodeUsed,
    CodeOld,
    RedirectDiffers,
    RefreshUnknown,
    RefreshUsed,
    RefreshEnded,
    OtherEnvironment,
}

impl Refusal {
    /// Says it in words that repeat nothing of the request.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CodeUnknown => "the code is not one that was given",
            Self::CodeUsed => "the code has been used",
            Self::CodeOld => "the code is older than a minute",
            Self::RedirectDiffers => "redirect_uri is not the one that the code was sent to",
            Self::RefreshUnknown => "the refresh token is not one that was given",
            Self::RefreshUsed => "the refresh token has been used",
            Self::RefreshEnded => "the refresh token has been revoked",
            Self::OtherEnvironment => "the token belongs to the other environment",
        }
    }
}

/// What an access token is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessCheck {
    Good(Environment),
    Expired,
    Unknown,
}

/// Everything that one partner's token endpoint has given.
pub(crate) struct Tokens {
    pub(crate) rules: Rules,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    codes: HashMap<String, Code>,
    families_total: u64,
    families_ended: HashSet<u64>,
}

struct Access {
    family: u64,
    environment: Environment,
    expires_at: Timestamp,
}

struct Refresh {
    family: u64,
    environment: Environment,
    used_at: Option<Timestamp>,
}

struct Code {
    redirect_uri: String,
    given_at: Timestamp,
    /// The family that it was redeemed for.
    family: Option<u64>,
}

impl Tokens {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            access: HashMap::new(),
            refresh: HashMap::new(),
            codes: HashMap::new(),
            families_total: 0,
            families_ended: HashSet::new(),
        }
    }

    /// Starts a family: what a client gets for its own credentials, or for a consent (then `lasting`).
    pub(crate) fn issue(&mut self, environment: Environment, lasting: bool, now: Timestamp) -> Issued {
        self.families_total += 1;
        let family = self.families_total;
        let refresh_token = lasting.then(|| self.add_refresh(family, environment));
        self.add_access(family, environment, refresh_token, now)
    }

    /// Gives a code for a consent, to be sent to this address.
    pub(crate) fn give_code(&mut self, redirect_uri: &str, now: Timestamp) -> String {
        let code = random_text();
        let redirect_uri = redirect_uri.to_owned();
        self.codes.insert(code.clone(), Code { redirect_uri, given_at: now, family: None });
        code
    }

    /// Redeems a code, once; a second time ends what the first gave, if reuse is detected.
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        environment: Environment,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let known = self.codes.get(code).ok_or(Refusal::CodeUnknown)?;
        if let Some(family) = known.family {
            self.end_if_detecting(family);
            return Err(Refusal::CodeUsed);
        }
        if now.duration_since(known.given_at) > CODE_LIFETIME {
            return Err(Refusal::CodeOld);
        }
        if known.redirect_uri != redirect_uri {
            return Err(Refusal::RedirectDiffers);
        }
        let issued = self.issue(environment, true, now);
        if let Some(known) = self.codes.get_mut(code) {
            known.family = Some(self.families_total);
        }
        Ok(issued)
    }

    /// Gives a new access token, and with rotation a new refresh token in place of the one that came.
    pub(crate) fn refresh(
        &mut self,
        token: &str,
        environment: Environment,
        now: Timestamp,
    ) -> Result<Issued, Refusal> {
        let known = self.refresh.get_mut(token).ok_or(Refusal::RefreshUnknown)?;
        let family = known.family;
        if self.families_ended.contains(&family) {
            return Err(Refusal::RefreshEnded);
        }
        if known.environment != environment {
            return Err(Refusal::OtherEnvironment);
        }
        if known.used_at.is_some_and(|used_at| now.duration_since(used_at) > self.rules.grace) {
            self.end_if_detecting(family);
            return Err(Refusal::RefreshUsed);
        }
        let mut refresh_token = None;
        if self.rules.rotation {
            // The grace counts from the first use, else it would never end.
            known.used_at = known.used_at.or(Some(now));
            refresh_token = Some(self.add_refresh(family, environment));
        }
        Ok(self.add_access(family, environment, refresh_token, now))
    }

    pub(crate) fn check(&self, access_token: &str, now: Timestamp) -> AccessCheck {
        match self.access.get(access_token) {
            None => AccessCheck::Unknown,
            Some(access) if self.families_ended.contains(&access.family) => AccessCheck::Unknown,
            Some(access) if access.expires_at <= now => AccessCheck::Expired,
            Some(access) => AccessCheck::Good(access.environment),
        }
    }

    /// Finds everything in a text that was given as a code or a token, good or not.
    pub(crate) fn find_in(&self, text: &str) -> Vec<String> {
        let words = text.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() == TEXT_LENGTH);
        let given = words.filter(|word| {
            self.access.contains_key(*word)
                || self.refresh.contains_key(*word)
                || self.codes.contains_key(*word)
        });
        given.map(str::to_owned).collect()
    }

    /// Everything that was given as a code or a token, good or not.
    pub(crate) fn given(&self) -> Vec<String> {
        self.access.keys().chain(self.refresh.keys()).chain(self.codes.keys()).cloned().collect()
    }

    /// Lets every access token that there is expire.
    pub(crate) fn expire_all(&mut self) {
        self.access.values_mut().for_each(|access| access.expires_at = Timestamp::MIN);
    }

    /// Ends every consent, as a user who withdraws it does: with it all its tokens.
    pub(crate) fn end_all(&mut self) {
        self.families_ended.extend(1..=self.families_total);
    }

    /// Counts the access tokens that are good at this time.
    pub(crate) fn count_good(&self, now: Timestamp) -> usize {
        self.access.keys().filter(|token| matches!(self.check(token, now), AccessCheck::Good(_))).count()
    }

    pub(crate) fn count_ended(&self) -> usize {
        self.families_ended.len()
    }

    fn end_if_detecting(&mut self, family: u64) {
        if self.rules.reuse_detection {
            self.families_ended.insert(family);
        }
    }

    fn add_access(
        &mut self,
        family: u64,
        environment: Environment,
        refresh_token: Option<String>,
        now: Timestamp,
    ) -> Issued {
        let access_token = random_text();
        let lifetime = self.rules.lifetime;
        let expires_at = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
        self.access.insert(access_token.clone(), Access { family, environment, expires_at });
        Issued { access_token, refresh_token, lifetime, expires_at }
    }

    fn add_refresh(&mut self, family: u64, environment: Environment) -> String {
        let token = random_text();
        self.refresh.insert(token.clone(), Refresh { family, environment, used_at: None });
        token
    }
}

/// Makes 256 bits that nobody can guess, as hexadecimal text.
pub(crate) fn random_text() -> String {
    let mut bytes = [0; TEXT_LENGTH / 2];
    getrandom::fill(&mut bytes).expect("the system has a source of randomness");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
