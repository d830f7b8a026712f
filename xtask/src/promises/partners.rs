//! The simulated partners as far as a campaign has to know them: how each is spoken to, and what may follow a doubt.
//!
//! Apart because this is written from the partners' documents and decisions/0005, not from the connectors: a connector
//! that sends again what it must not is told here.

use crate::load::Sent;
use anyhow::{Result, bail};

/// One partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partner {
    /// The account, which in the demo has the name of its simulator.
    pub(crate) account: &'static str,
    /// The kind of its credential, as `--kinds` calls it.
    pub(crate) kind: &'static str,
    /// What may follow an attempt that nobody knows the end of.
    pub(crate) repeat: Repeat,
    /// Whether its requests carry an access token.
    pub(crate) has_tokens: bool,
    /// Whether its answer to a lead has a body.
    pub(crate) says_more: bool,
}

/// What may follow an attempt in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Nothing: it is held, unless the partner is asked and has it.
    Never,
    /// The same once more, when the partner was asked and does not have it.
    AfterAsking,
    /// The same once more with the same id, then held.
    Once,
    /// The same with the same id, until there is an answer.
    Always,
}

const fn partner(
    account: &'static str,
    kind: &'static str,
    repeat: Repeat,
    has_tokens: bool,
    says_more: bool,
) -> Partner {
    Partner { account, kind, repeat, has_tokens, says_more }
}

/// Each kind of credential, and each way after a doubt.
pub(crate) const PARTNERS: &[Partner] = &[
    partner("takepayments", "body-key", Repeat::Once, false, false),
    partner("partnerportal", "client-credentials", Repeat::Never, true, true),
    partner("spotcap", "header-key", Repeat::Never, false, true),
    partner("octorate", "consent", Repeat::Never, true, true),
    partner("algbra", "signed", Repeat::AfterAsking, false, true),
    partner("webhook", "signed-webhook", Repeat::Always, false, true),
];

/// The partner of an account.
pub(crate) fn of_account(account: &str) -> Option<&'static Partner> {
    PARTNERS.iter().find(|partner| partner.account == account)
}

/// The partners that submissions went to.
pub(crate) fn of(sent: &[Sent]) -> impl Iterator<Item = &'static Partner> {
    PARTNERS.iter().filter(|partner| sent.iter().any(|sent| sent.account == partner.account))
}

/// Those of a comma-separated list of kinds; all of them for none.
pub(crate) fn chosen(kinds: Option<&str>) -> Result<Vec<&'static Partner>> {
    let Some(kinds) = kinds else { return Ok(PARTNERS.iter().collect()) };
    let known = |kind: &str| PARTNERS.iter().find(|partner| partner.kind == kind);
    let mut chosen = Vec::new();
    for kind in kinds.split(',') {
        match known(kind) {
            Some(partner) => chosen.push(partner),
            None => {
                let all: Vec<_> = PARTNERS.iter().map(|partner| partner.kind).collect();
                bail!("found no kind `{kind}`, expected any of: {}", all.join(", "))
            }
        }
    }
    Ok(chosen)
}
