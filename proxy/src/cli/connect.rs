//! `lead-proxy connect ACCOUNT`: the address at which a person consents that we act for an account.
//!
//! Apart because a consent is given in a browser, on the operator's listener; this only says where.

use anyhow::bail;

use crate::config::Config;
use crate::connectors::parts::seal::Grant;
use crate::credentials::tokens::plan_of;

pub(super) fn run(config: &Config, account: &str) -> anyhow::Result<()> {
    let account = super::find_account(config, account)?;
    if !plan_of(account).is_some_and(|plan| matches!(plan.grant, Grant::Consent { .. })) {
        let consenting = |known: &&crate::account::Account| {
            plan_of(known).is_some_and(|plan| matches!(plan.grant, Grant::Consent { .. }))
        };
        let known: Vec<&str> = config.accounts.iter().filter(consenting).map(|known| known.id()).collect();
        let expected = if known.is_empty() { "there is none".to_owned() } else { known.join(", ") };
        bail!(
            "found the account {:?}, whose credentials are in the configuration, expected one that needs a consent: {expected}",
            account.id()
        );
    }
    super::say(&format!("http://{}/connect/{}", config.operator.listen, account.id()));
    Ok(())
}
